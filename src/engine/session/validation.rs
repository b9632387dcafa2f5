//! The ends of epochs and the looks at the validation images: what comes of them for the best weights, the schedule and the run's end.

use super::super::RunError;
use super::super::evaluate::{Evaluating, evaluate};
use super::super::trace::Doing;
use super::super::trains::Trains;
use super::Session;
use crate::metrics::Evaluation;
use crate::protocol::{EpochEvent, Event, RunPhase, ValidationEvent};
use std::sync::Arc;

/// What is judged: by its loss the schedule, by its score the weights.
struct Judged {
    epoch: u64,
    loss: f64,
    score: f64,
    val_auc: Option<f64>,
}

impl Judged {
    /// The tutorial's rule: the best ROC AUC; where there is none, accuracy.
    fn of(evaluation: &Evaluation, epoch: u64) -> Self {
        let val_auc = evaluation.roc_auc_macro();
        Self { epoch, loss: evaluation.loss(), score: val_auc.unwrap_or(evaluation.accuracy()), val_auc }
    }
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
        let Some(evaluation) = self.validate()? else { return Ok(()) };
        let judged = Judged::of(&evaluation, self.state.next_epoch);
        let best = self.judge(&judged);
        let took = clock.since(begun);
        self.validating += took;
        self.mailbox.send(Event::Validation(ValidationEvent {
            secs: clock.secs(),
            step: self.state.step,
            epoch: judged.epoch,
            loss: judged.loss,
            accuracy: evaluation.accuracy(),
            auc: judged.val_auc,
            best,
            val_secs: took.as_secs_f64(),
        }));
        self.keep(best, &judged)
    }

    /// Validates where that is due, reports the epoch and writes its checkpoint.
    pub(super) fn end_epoch(&mut self, epoch: u64) -> Result<(), RunError> {
        let train_loss = match self.state.epoch_loss_count {
            0 => f64::NAN,
            count => self.state.epoch_loss_sum / count as f64,
        };
        let clock = self.mailbox.clock();
        let begun = clock.mark();
        let train = &self.config.train;
        let every = train.validate_every_epochs as u64;
        let is_due = epoch >= train.epochs as u64 || every > 0 && epoch.is_multiple_of(every);
        let mut evaluation = None;
        if !self.images.split.val.is_empty() && (is_due || self.is_due_within_epoch()) {
            evaluation = self.validate()?;
            if evaluation.is_none() {
                // Stopped: the epoch's end is done again on resume.
                return Ok(());
            }
        }
        let judged = match &evaluation {
            Some(evaluation) => Some(Judged::of(evaluation, epoch)),
            // Without validation, the lowest loss.
            None if self.images.split.val.is_empty() => {
                Some(Judged { epoch, loss: train_loss, score: -train_loss, val_auc: None })
            }
            None => None,
        };
        let best = judged.as_ref().is_some_and(|judged| self.judge(judged));
        self.mailbox.send(Event::Epoch(EpochEvent {
            secs: clock.secs(),
            step: self.state.step,
            epoch,
            train_loss,
            val_loss: evaluation.as_ref().map(Evaluation::loss),
            val_accuracy: evaluation.as_ref().map(Evaluation::accuracy),
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
    fn validate(&mut self) -> Result<Option<Evaluation>, RunError> {
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
        evaluate(mailbox, of, &weights, loader, &mut interrupted)
    }

    /// Takes in what was judged; whether it is the best so far.
    fn judge(&mut self, judged: &Judged) -> bool {
        self.state.validated_step = self.state.step;
        self.schedule.judge(judged.loss, &mut self.state.plateau);
        // What is no number is better than nothing.
        let best = judged.score.is_finite() && self.state.best_score.is_none_or(|best| judged.score > best);
        self.state.no_better = if best { 0 } else { self.state.no_better + 1 };
        best
    }

    /// Writes the checkpoint behind what was judged.
    fn keep(&mut self, best: bool, judged: &Judged) -> Result<(), RunError> {
        if best {
            self.state.best_score = Some(judged.score);
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
