//! Checkpoints as training goes on: when one is due, whether it was written, and the best weights until they are on the disk.

use super::super::RunError;
use super::super::outbox::not_written;
use super::super::trace::Doing;
use super::super::trains::{Evaluates as _, Trains};
use super::{POLL, Session};
use crate::language::Message;
use crate::store::{CheckpointState, Checkpoints, StoreError};
use std::time::{Duration, Instant};

/// A checkpoint within an epoch is due after this long, and after so many times what the last one took: it must stay
/// under a hundredth of the time.
const EVERY: Duration = Duration::from_secs(60);
const COST_FACTOR: u32 = 100;
/// ... but no later than this: a disk that was slow once is no reason to lose hours.
const AT_LAST: Duration = Duration::from_secs(600);

/// At the run's end nothing comes after: what the disk refuses is tried again for so long, as often.
const LAST_TRIES: Duration = Duration::from_secs(6);
const TRY_EVERY: Duration = Duration::from_secs(1);

/// When the next one is due after one that took so long.
fn until_next(took: Duration, written: bool) -> Duration {
    if written { (took * COST_FACTOR).clamp(EVERY, AT_LAST) } else { EVERY }
}

/// How the run's checkpoints stand.
pub(super) struct Saving<W> {
    pub checkpoints: Checkpoints,
    due: Instant,
    /// The step that the newest one stands at.
    saved_step: Option<u64>,
    /// The best epoch's weights: the test is of them, whatever the disk holds. None before an epoch was the best of this
    /// engine's.
    best: Option<Best<W>>,
    /// Why the last one could not be written.
    trouble: Option<Message>,
}

struct Best<W> {
    weights: W,
    state: CheckpointState,
    on_disk: bool,
}

impl<W> Saving<W> {
    pub fn new(checkpoints: Checkpoints, state: &CheckpointState, now: Instant) -> Self {
        Self { checkpoints, due: now + EVERY, saved_step: Some(state.step), best: None, trouble: None }
    }

    /// The step that the last whole checkpoint stands at; none before the first.
    pub fn last_step(&self) -> Option<u64> {
        self.saved_step.filter(|step| *step > 0)
    }

    pub fn is_due(&self, now: Instant) -> bool {
        now >= self.due
    }

    /// The disk refused the last one. A folder that is gone does not come back in a moment.
    fn may_yet_be_written(&self) -> bool {
        self.trouble.as_ref().is_some_and(|why| !why.is(StoreError::FOLDER_GONE))
    }
}

impl<T: Trains> Session<'_, T> {
    /// These weights are the best so far; the state says so.
    pub(super) fn keep_best(&mut self) -> Result<(), RunError> {
        let weights = self.trainer.weights()?;
        let state = CheckpointState { is_best: true, is_whole: false, ..self.state };
        self.saving.best = Some(Best { weights, state, on_disk: false });
        Ok(())
    }

    /// Writes a checkpoint. A disk that refuses costs a warning, not the run: it is tried again the next time.
    ///
    /// # Errors
    /// The run is to end where weights are no numbers, and they are.
    pub(super) fn save(&mut self) -> Result<(), RunError> {
        self.check_weights()?;
        let clock = self.mailbox.clock();
        let begun = clock.now();
        let _saving = self.images.tracing.begin(Doing::Checkpoint);
        self.state.is_best = self.state.best_step == Some(self.state.step);
        self.state.is_whole = true;
        self.state.secs = clock.secs();
        let (checkpoints, state) = (&self.saving.checkpoints, self.state);
        let saved = self.mailbox.write_checkpoint(state.step, || {
            self.trainer.save(checkpoints, &state)?;
            match &mut self.saving.best {
                // It is this one, or the disk refused it before.
                Some(best) if !best.on_disk => {
                    if !state.is_best {
                        best.weights.save(checkpoints, &best.state)?;
                    }
                    best.on_disk = true;
                    Ok(())
                }
                _ => Ok(()),
            }
        });
        self.saving.due = clock.now() + until_next(clock.elapsed(begun), saved.is_ok());
        match saved {
            Ok(()) => {
                self.saving.saved_step = Some(state.step);
                if self.saving.trouble.take().is_some() {
                    self.mailbox.warn(msg!("engine-checkpoints-again"));
                }
            }
            Err(error) => {
                if self.saving.trouble.is_none() {
                    self.mailbox.warn(not_written(error.clone(), msg!("engine-checkpoint-tried-again")));
                }
                self.saving.trouble = Some(error);
            }
        }
        Ok(())
    }

    /// At the run's end: what is not on the disk yet is tried again for some seconds. Whoever holds up a file lets go of it soon.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub(super) fn save_what_is_missing(&mut self) -> Result<(), RunError> {
        let clock = self.mailbox.clock();
        let until = clock.now() + LAST_TRIES;
        while self.saving.may_yet_be_written() && clock.now() < until {
            let next = clock.now() + TRY_EVERY;
            while clock.now() < next {
                self.mailbox.wait_for_news(POLL);
            }
            self.save()?;
        }
        Ok(())
    }

    /// What of the weights is not on the disk, a sentence each.
    pub(super) fn missing(&self) -> Vec<Message> {
        let why = |missing: Message| match &self.saving.trouble {
            Some(why) => msg!("engine-missing-because", missing, why),
            None => missing,
        };
        let last = (self.saving.saved_step != Some(self.state.step))
            .then(|| why(msg!("engine-last-step-not-saved", step = self.state.step)));
        let best = self.saving.best.as_ref().filter(|best| !best.on_disk).map(|best| {
            let epoch = best.state.best_epoch.unwrap_or_default();
            why(msg!("engine-best-not-saved", epoch))
        });
        last.into_iter().chain(best).collect()
    }

    /// The weights to test: the best epoch's. Where they are lost, the last ones, and that is `missing`.
    ///
    /// # Errors
    /// A checkpoint is of another network, or the device failed.
    pub(super) fn best_weights(&mut self, missing: &mut Vec<Message>) -> Result<T::Weights, RunError> {
        if let Some(best) = self.saving.best.take() {
            return Ok(best.weights);
        }
        let Some(step) = self.state.best_step else { return Ok(self.trainer.weights()?) };
        match self.saving.checkpoints.best(step) {
            Ok(checkpoint) => Ok(self.trainer.weights_of(&checkpoint)?),
            Err(why) => {
                let epoch = self.state.best_epoch.unwrap_or_default();
                missing.push(msg!("engine-best-gone", epoch, why));
                Ok(self.trainer.weights()?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_or_failed_checkpoint_does_not_put_the_next_off_for_long() {
        let secs = Duration::from_secs;
        for (took, written, next) in [
            (Duration::from_millis(100), true, secs(60)),
            (secs(2), true, secs(200)),
            (secs(120), true, secs(600)),
            (secs(120), false, secs(60)),
        ] {
            assert_eq!(until_next(took, written), next, "{took:?}");
        }
    }
}
