//! What a checkpoint says of its run: where it stood, in `state.json`.

use super::RunId;
use crate::language::Message;
use crate::protocol::ResumePoint;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// In a checkpoint's folder.
pub(super) const STATE: &str = "state.json";

/// Where a run stands at a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct CheckpointState {
    /// Steps done.
    pub step: u64,
    /// The epoch the next batch belongs to, 1-based, and that batch's place in it, 0-based.
    pub next_epoch: u64,
    pub next_batch: u64,
    /// Sum of the losses read in this epoch and how many, so that a resumed epoch reports its mean.
    pub epoch_loss_sum: f64,
    pub epoch_loss_count: u64,
    /// The best epoch so far, the step it ended with and its score.
    pub best_epoch: Option<u64>,
    #[serde(default)]
    pub best_step: Option<u64>,
    pub best_score: Option<f64>,
    pub best_val_auc: Option<f64>,
    /// Its loss; not there in checkpoints of before.
    #[serde(default)]
    pub best_loss: Option<f64>,
    /// The shares that the batches since the optimiser's last step have in its next one; not there in checkpoints of before.
    #[serde(default)]
    pub gathered: Option<f64>,
    /// Validations in a row that were no better than the best.
    #[serde(default)]
    pub no_better: u64,
    /// The step after which the validation images were last looked at within an epoch; 0 before.
    #[serde(default)]
    pub validated_step: u64,
    /// Images that the fullest validation so far judged; 0 before the first.
    #[serde(default)]
    pub most_validated: u64,
    /// Of the schedule that falls on a plateau.
    #[serde(default)]
    pub plateau: PlateauState,
    /// The weights of this checkpoint are that best epoch's.
    pub is_best: bool,
    /// It can be gone on from; else only the weights are kept.
    #[serde(default = "yes")]
    pub is_whole: bool,
    /// Seconds the run has lasted.
    pub secs: f64,
}

/// What a learning rate that falls on a plateau has seen.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PlateauState {
    /// The lowest loss so far.
    pub best: Option<f64>,
    /// Losses since that were no lower.
    pub waited: u64,
    /// Losses that are not counted yet, after a fall.
    pub cooldown: u64,
    /// Times that the rate fell.
    pub falls: u64,
}

fn yes() -> bool {
    true
}

impl CheckpointState {
    /// Before the first step.
    pub fn begin() -> Self {
        Self { next_epoch: 1, is_whole: true, ..Self::default() }
    }

    /// Where a run that goes on from it does so.
    pub fn resume_point(&self) -> ResumePoint {
        let Self { step, next_epoch, validated_step, secs, .. } = *self;
        ResumePoint { step, next_epoch, validated_step, secs }
    }

    /// Whether the other one is of the same weights, with as much said of them.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let place = |state: &Self| {
            (state.step, state.next_epoch, state.next_batch, state.best_epoch, state.best_step, state.validated_step)
        };
        place(self) == place(other) && self.is_best >= other.is_best && self.is_whole >= other.is_whole
    }
}

/// `state.json`: the state, and its floats to the bit. JSON's reader may be off by the last one, and then a resumed epoch's
/// mean is another, or a tie a new best.
#[derive(Serialize, Deserialize)]
pub(super) struct StateFile {
    #[serde(flatten)]
    state: CheckpointState,
    /// Not there in checkpoints of before.
    #[serde(default)]
    bits: Option<StateBits>,
    /// The run that it is of; not there in checkpoints of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
}

#[derive(Serialize, Deserialize)]
struct StateBits {
    epoch_loss_sum: u64,
    best_score: Option<u64>,
    best_val_auc: Option<u64>,
    #[serde(default)]
    best_loss: Option<u64>,
    #[serde(default)]
    gathered: Option<u64>,
    #[serde(default)]
    plateau_best: Option<u64>,
    secs: u64,
}

impl StateFile {
    pub(super) fn of(state: CheckpointState, run: Option<RunId>) -> Self {
        let bits = StateBits {
            epoch_loss_sum: state.epoch_loss_sum.to_bits(),
            best_score: state.best_score.map(f64::to_bits),
            best_val_auc: state.best_val_auc.map(f64::to_bits),
            best_loss: state.best_loss.map(f64::to_bits),
            gathered: state.gathered.map(f64::to_bits),
            plateau_best: state.plateau.best.map(f64::to_bits),
            secs: state.secs.to_bits(),
        };
        Self { state, bits: Some(bits), run }
    }

    /// It is of another run than that one; where either does not say, it is not.
    pub(super) fn is_of_another(&self, run: Option<&RunId>) -> bool {
        self.run.as_ref().zip(run).is_some_and(|(its, ours)| its != ours)
    }

    pub(super) fn state(self) -> CheckpointState {
        let Some(bits) = self.bits else { return self.state };
        CheckpointState {
            epoch_loss_sum: f64::from_bits(bits.epoch_loss_sum),
            best_score: bits.best_score.map(f64::from_bits),
            best_val_auc: bits.best_val_auc.map(f64::from_bits),
            best_loss: bits.best_loss.map(f64::from_bits),
            gathered: bits.gathered.map(f64::from_bits),
            plateau: PlateauState { best: bits.plateau_best.map(f64::from_bits), ..self.state.plateau },
            secs: f64::from_bits(bits.secs),
            ..self.state
        }
    }
}

/// Why that checkpoint cannot be believed.
pub(super) fn damaged(path: &Path, why: &Message) -> Message {
    let name = path.file_name().unwrap_or_default();
    msg!("store-checkpoint-damaged", checkpoint = crate::console::show_name(name), why)
}

/// What the checkpoint in that folder says.
///
/// # Errors
/// It cannot be read, in words.
pub(super) fn read_state(path: &Path) -> Result<StateFile, Message> {
    let bytes =
        super::folder::read_small(&path.join(STATE)).map_err(|e| damaged(path, &format!("{STATE}: {e}").into()))?;
    serde_json::from_slice(&bytes).map_err(|e| damaged(path, &format!("{STATE}: {e}").into()))
}
