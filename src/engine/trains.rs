//! What a session asks of the network in training: the seam at which tests play one.

use crate::protocol::DeviceInfo;
use crate::store::{Checkpoint, CheckpointState, Checkpoints, StoreError};
use crate::train::{Evaluator, Pixels, Samples, StepMode, StepOutcome, TrainError, Trainer};

/// A network in training. See [`Trainer`] for each of these.
pub(super) trait Trains: Sized {
    type Weights: Evaluates;

    fn set_lr(&mut self, lr: f64);
    fn step(&mut self, samples: Samples<'_>, mode: StepMode) -> Result<StepOutcome, TrainError>;
    fn update(&mut self, gathered: f64);
    /// Its weights as they are now, for an evaluation.
    fn weights(&self) -> Result<Self::Weights, TrainError>;
    fn weights_of(&self, checkpoint: &Checkpoint) -> Result<Self::Weights, TrainError>;
    fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError>;
    fn twin(&self) -> Result<Self, TrainError>;
    /// Whether every weight is a number.
    fn is_finite(&self) -> Result<bool, TrainError>;
    fn in_channels(&self) -> usize;
    fn device(&self) -> &DeviceInfo;
}

/// Weights that stay as they are.
pub(super) trait Evaluates {
    fn logits(&self, pixels: Pixels<'_>, shape: [usize; 4]) -> Result<Vec<f32>, TrainError>;
    fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError>;
}

impl Trains for Trainer {
    type Weights = Evaluator;

    fn set_lr(&mut self, lr: f64) {
        self.set_lr(lr);
    }

    fn step(&mut self, samples: Samples<'_>, mode: StepMode) -> Result<StepOutcome, TrainError> {
        self.step(samples, mode)
    }

    fn update(&mut self, gathered: f64) {
        self.update(gathered);
    }

    fn weights(&self) -> Result<Evaluator, TrainError> {
        self.evaluator()
    }

    fn weights_of(&self, checkpoint: &Checkpoint) -> Result<Evaluator, TrainError> {
        self.evaluator_of(checkpoint)
    }

    fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        self.save(checkpoints, state)
    }

    fn twin(&self) -> Result<Self, TrainError> {
        self.twin()
    }

    fn is_finite(&self) -> Result<bool, TrainError> {
        self.is_finite()
    }

    fn in_channels(&self) -> usize {
        self.in_channels()
    }

    fn device(&self) -> &DeviceInfo {
        &self.device().info
    }
}

impl Evaluates for Evaluator {
    fn logits(&self, pixels: Pixels<'_>, shape: [usize; 4]) -> Result<Vec<f32>, TrainError> {
        self.logits(pixels, shape)
    }

    fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        self.save(checkpoints, state)
    }
}
