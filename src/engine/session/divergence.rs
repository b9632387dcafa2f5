//! Losses that are no number, and what is done about them.

use super::super::RunError;
use super::super::trains::Trains;
use super::Session;
use crate::config::OnDivergence;
use crate::language::{Message, paragraph};

/// Stretches of steps whose loss is no number that are told; more are only shown.
const MAX_TOLD: u32 = 3;
/// Files of a batch that are named.
const MAX_FILES: usize = 5;

/// How it stands.
#[derive(Default)]
pub(super) struct Divergence {
    /// The last loss that was read is no number.
    pub now: bool,
    /// Stretches of that so far.
    stretches: u32,
    /// Images of the last batch.
    batch: Vec<u32>,
}

impl Divergence {
    /// Keeps which images the last batch had.
    pub fn batch(&mut self, samples: &[u32]) {
        self.batch.clear();
        self.batch.extend_from_slice(samples);
    }
}

impl<T: Trains> Session<'_, T> {
    /// Adds a loss to its epoch's; says where it begins to be no number, and where it is one again.
    ///
    /// # Errors
    /// It is none, and the run is to end then.
    pub(super) fn take_loss(&mut self, loss: f64) -> Result<(), RunError> {
        if loss.is_finite() {
            self.state.epoch_loss_sum += loss;
            self.state.epoch_loss_count += 1;
        }
        let diverged = !loss.is_finite();
        if std::mem::replace(&mut self.divergence.now, diverged) == diverged {
            return Ok(());
        }
        if diverged {
            self.divergence.stretches += 1;
            let words = self.words_of_divergence(msg!("engine-loss-not-a-number"));
            if self.config.train.on_divergence == OnDivergence::Stop {
                return Err(RunError::Diverged(words));
            }
            if self.divergence.stretches <= MAX_TOLD {
                self.mailbox
                    .warn(paragraph([msg!("language-sentence", clause = words), msg!("engine-divergence-goes-on")]));
            }
        }
        self.tell_spans();
        Ok(())
    }

    /// Before a checkpoint: where the run is to end on divergence, every one of its checkpoints has weights to go on from.
    pub(super) fn check_weights(&self) -> Result<(), RunError> {
        if self.config.train.on_divergence == OnDivergence::Stop && !self.trainer.is_finite()? {
            return Err(RunError::Diverged(self.words_of_divergence(msg!("engine-weights-not-numbers"))));
        }
        Ok(())
    }

    fn words_of_divergence(&self, what: Message) -> Message {
        let (batch, dataset) = (&self.divergence.batch, &self.images.dataset);
        let mut files: Vec<Message> =
            batch.iter().take(MAX_FILES).map(|i| dataset.name_of(*i as usize).into()).collect();
        if batch.len() > MAX_FILES {
            files.push(msg!("engine-more-files", more = batch.len() - MAX_FILES));
        }
        let checkpoint = match self.saving.last_step() {
            Some(step) => msg!("engine-checkpoint-before", step),
            None => msg!("engine-no-checkpoint-before"),
        };
        msg!(
            "engine-diverged",
            what,
            step = self.state.step,
            files,
            checkpoint,
            lr = self.config.optimizer.lr.to_string()
        )
    }
}
