//! The ends of epochs and the looks at the validation images: what comes of them for the best weights, the schedule and the run's end.

use super::super::RunError;
use super::super::evaluate::{Evaluating, Pass, evaluate, is_partial};
use super::super::trace::Doing;
use super::super::trains::Trains;
use super::Session;
use super::reports::warn_of_failures;
use crate::metrics::Evaluation;
use crate::protocol::{EpochEvent, Event, RunPhase, ValidationEvent};
use crate::store::CheckpointState;
use std::cmp::Ordering;
use std::sync::Arc;

/// What is judged: by its loss the schedule, by its score the weights.
struct Judged {
    epoch: u64,
    loss: f64,
    score: f64,
    val_auc: Option<f64>,
    /// It was of so few of the images that nothing is to come of it.
    is_partial: bool,
}

impl Judged {
    /// The tutorial's rule: the best ROC AUC; where there is none, accuracy.
    fn of(Validated { evaluation, is_partial }: &Validated, epoch: u64) -> Self {
        let val_auc = evaluation.roc_auc_macro();
        let score = val_auc.unwrap_or(evaluation.accuracy());
        Self { epoch, loss: evaluation.loss(), score, val_auc, is_partial: *is_partial }
    }

    /// Whether it is better than the best so far: by the score, and where that is the same by the loss. An accuracy and a ROC AUC
    /// are not compared: who has none is no better than who has one.
    fn is_best(&self, so_far: &CheckpointState) -> bool {
        if self.is_partial || !self.score.is_finite() {
            return false;
        }
        let Some(best) = so_far.best_score else { return true };
        match (self.val_auc, so_far.best_val_auc) {
            (Some(_), None) => true,
            (None, Some(_)) => false,
            _ => match self.score.total_cmp(&best) {
                Ordering::Equal => so_far.best_loss.is_some_and(|best| self.loss < best),
                order => order == Ordering::Greater,
            },
        }
    }
}

/// What a validation came to.
struct Validated {
    evaluation: Evaluation,
    /// As in [`Judged`].
    is_partial: bool,
}

impl<T: Trains> Session<'_, T> {
    /// The validation images are to be looked at after this step, within its epoch.
    pub(super) fn is_due_within_epoch(&self) -> bool {
        let (every, step) = (self.config.train.validate_every_steps as u64, self.state.step);
        !self.images.split.val.is_empty()
            && every > 0
            && step > 0
            && step.is_multiple_of(every)
            && self.state.validated_step < step
    }

    /// So many validations were no better that the run ends.
    pub(super) fn is_stopped_early(&self) -> bool {
        let patience = self.config.train.early_stopping as u64;
        patience > 0 && self.state.no_better >= patience
    }

    /// Validates, and writes a checkpoint of it; a stop leaves it to the resume.
    pub(super) fn validate_within_epoch(&mut self) -> Result<(), RunError> {
        let clock = self.mailbox.clock();
        let begun = clock.mark();
        let Some(validated) = self.validate()? else { return Ok(()) };
        let judged = Judged::of(&validated, self.state.next_epoch);
        let best = self.judge(&judged);
        let took = clock.since(begun);
        self.validating += took;
        self.mailbox.send(Event::Validation(ValidationEvent {
            secs: clock.secs(),
            step: self.state.step,
            epoch: judged.epoch,
            loss: judged.loss,
            accuracy: validated.evaluation.accuracy(),
            auc: judged.val_auc,
            best,
            val_secs: took.as_secs_f64(),
        }));
        self.keep(best, &judged)
    }

    /// Validates where that is due, reports the epoch and writes its checkpoint.
    pub(super) fn end_epoch(&mut self, epoch: u64) -> Result<(), RunError> {
        // Its last batch may not have come; gradients do not go over its end.
        self.finish_update();
        let train_loss = match self.state.epoch_loss_count {
            0 => f64::NAN,
            count => self.state.epoch_loss_sum / count as f64,
        };
        let clock = self.mailbox.clock();
        let begun = clock.mark();
        let train = &self.config.train;
        let every = train.validate_every_epochs as u64;
        let is_due = epoch >= train.epochs as u64 || every > 0 && epoch.is_multiple_of(every);
        let mut validated = None;
        if !self.images.split.val.is_empty() && (is_due || self.is_due_within_epoch()) {
            validated = self.validate()?;
            if validated.is_none() {
                // Stopped: the epoch's end is done again on resume.
                return Ok(());
            }
        }
        let judged = match &validated {
            Some(validated) => Some(Judged::of(validated, epoch)),
            // Without validation, the lowest loss.
            None if self.images.split.val.is_empty() => {
                Some(Judged { epoch, loss: train_loss, score: -train_loss, val_auc: None, is_partial: false })
            }
            None => None,
        };
        let best = judged.as_ref().is_some_and(|judged| self.judge(judged));
        let evaluation = validated.as_ref().map(|validated| &validated.evaluation);
        self.mailbox.send(Event::Epoch(EpochEvent {
            secs: clock.secs(),
            step: self.state.step,
            epoch,
            train_loss,
            val_loss: evaluation.map(Evaluation::loss),
            val_accuracy: evaluation.map(Evaluation::accuracy),
            val_auc: judged.as_ref().and_then(|judged| judged.val_auc),
            epoch_secs: clock.lap(&mut self.epoch_begun).as_secs_f64(),
            best,
            val_secs: (clock.since(begun) + std::mem::take(&mut self.validating)).as_secs_f64(),
        }));
        (self.state.next_epoch, self.state.next_batch) = (epoch + 1, 0);
        (self.state.epoch_loss_sum, self.state.epoch_loss_count) = (0.0, 0);
        match judged {
            Some(judged) => self.keep(best, &judged),
            None => self.save(),
        }
    }

    /// Looks at the validation images; `None` where that was stopped.
    fn validate(&mut self) -> Result<Option<Validated>, RunError> {
        self.mailbox.phase(RunPhase::Validating);
        let job = self.eval_job(Arc::from(self.images.split.val.as_slice()));
        let classes = self.images.dataset.class_names.len();
        let of = Evaluating { phase: RunPhase::Validating, total: job.indices.len() as u64, classes };
        let loader = self.images.start(job, RunPhase::Validating)?;
        let _validating = self.images.tracing.begin(Doing::Validation);
        let weights = self.trainer.weights()?;
        let mailbox = self.mailbox;
        let mut interrupted = || {
            self.answer_commands();
            mailbox.stop_wanted()
        };
        let Some(Pass { evaluation, failures, wanted }) = evaluate(mailbox, of, &weights, loader, &mut interrupted)?
        else {
            return Ok(None);
        };
        warn_of_failures(mailbox, self.images, &failures);
        let loaded = evaluation.images();
        // Some may be bad for good, and that is no reason to judge nothing ever: a validation is held against the fullest
        // before it, and the first is judged by what it has.
        let first = self.state.most_validated == 0 && self.state.best_score.is_none();
        // A checkpoint of an older program does not say how many the best was judged by.
        let fullest = if self.state.most_validated == 0 && !first { wanted } else { self.state.most_validated };
        let is_short = !first && is_partial(loaded, fullest.min(wanted));
        if is_short {
            mailbox.warn(msg!("engine-validation-partial", loaded, images = wanted));
        } else if first && is_partial(loaded, wanted) {
            mailbox.warn(msg!("engine-validation-first-partial", loaded, images = wanted));
        }
        if !first && is_partial(fullest, loaded) {
            self.forget_judged();
        }
        self.state.most_validated = loaded.max(fullest);
        Ok(Some(Validated { evaluation, is_partial: is_short }))
    }

    /// What was judged so far was judged by fewer images than there are now, and is not to be compared with.
    fn forget_judged(&mut self) {
        let state = &mut self.state;
        (state.best_score, state.best_loss, state.best_val_auc) = (None, None, None);
        state.plateau.best = None;
    }

    /// Takes in what was judged; whether it is the best so far.
    fn judge(&mut self, judged: &Judged) -> bool {
        self.state.validated_step = self.state.step;
        if judged.is_partial {
            return false;
        }
        self.schedule.judge(judged.loss, &mut self.state.plateau);
        let best = judged.is_best(&self.state);
        self.state.no_better = if best { 0 } else { self.state.no_better + 1 };
        best
    }

    /// Writes the checkpoint behind what was judged.
    fn keep(&mut self, best: bool, judged: &Judged) -> Result<(), RunError> {
        if best {
            (self.state.best_score, self.state.best_loss) = (Some(judged.score), Some(judged.loss));
            (self.state.best_epoch, self.state.best_step) = (Some(judged.epoch), Some(self.state.step));
            self.state.best_val_auc = judged.val_auc;
            self.keep_best()?;
        }
        self.save()?;
        if self.is_stopped_early() {
            self.mailbox.warn(msg!(
                "engine-stopped-early",
                validations = self.state.no_better,
                epoch = self.state.best_epoch.unwrap_or_default()
            ));
        }
        self.mailbox.phase(RunPhase::Training);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(val_auc: Option<f64>, accuracy: f64, loss: f64) -> Judged {
        Judged { epoch: 2, loss, score: val_auc.unwrap_or(accuracy), val_auc, is_partial: false }
    }

    #[test]
    fn the_best_has_the_highest_score_and_of_these_the_lowest_loss() {
        let best_of = |first: &Judged| CheckpointState {
            best_score: Some(first.score),
            best_val_auc: first.val_auc,
            best_loss: Some(first.loss),
            ..CheckpointState::begin()
        };
        let auc = |auc, loss| judged(Some(auc), 0.7, loss);
        let accuracy = |accuracy, loss| judged(None, accuracy, loss);
        for (later, first, is_best) in [
            (auc(0.9, 2.0), auc(0.8, 1.0), true),
            (auc(0.8, 1.0), auc(0.9, 2.0), false),
            // All in order from the first epoch on, and the network goes on to learn.
            (auc(1.0, 0.1), auc(1.0, 0.8), true),
            (auc(1.0, 0.8), auc(1.0, 0.8), false),
            (auc(1.0, f64::NAN), auc(1.0, 0.8), false),
            (accuracy(0.9, 2.0), accuracy(0.8, 1.0), true),
            (accuracy(0.8, 1.0), accuracy(0.8, 2.0), true),
            // An accuracy is no AUC.
            (accuracy(0.99, 0.1), auc(0.9, 0.5), false),
            (auc(0.6, 0.5), accuracy(0.99, 0.5), true),
            (auc(f64::NAN, 0.5), accuracy(0.99, 0.5), false),
        ] {
            let words = format!("{:?} after {:?}", (later.val_auc, later.score), (first.val_auc, first.score));
            assert_eq!(later.is_best(&best_of(&first)), is_best, "{words}");
        }
    }

    #[test]
    fn the_first_is_the_best_but_where_most_images_are_missing() {
        let nothing = CheckpointState::begin();
        assert!(judged(None, 0.0, 9.0).is_best(&nothing));
        assert!(!judged(Some(f64::NAN), 0.0, 9.0).is_best(&nothing));
        assert!(!Judged { is_partial: true, ..judged(Some(1.0), 1.0, 0.1) }.is_best(&nothing));
        // A checkpoint of before has no loss: as then, only a higher score is better.
        let older = CheckpointState { best_score: Some(1.0), best_val_auc: Some(1.0), ..nothing };
        assert!(!judged(Some(1.0), 1.0, 0.1).is_best(&older));
    }
}
