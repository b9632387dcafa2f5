//! What a checkpoint holds of the trainer: `model.bpk` and `optimizer.bpk` (burnpack). Its folder is `store`'s.

use super::model::Network;
use super::trainer::Evaluator;
use super::{TrainError, Trainer};
use crate::store::{Checkpoint, CheckpointState, Checkpoints, StoreError};
use burn::module::Module;
use burn::store::ModuleRecord;

const MODEL: &str = "model.bpk";
const OPTIMIZER: &str = "optimizer.bpk";

impl Trainer {
    /// Writes a checkpoint of the whole state.
    ///
    /// # Errors
    /// The disk is full or refuses; what was there before is left as it was.
    pub fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        checkpoints.write(state, |dir| {
            // `valid` takes in the running statistics of the last step, which are pending until then.
            let network = self.network().map_err(|e| e.to_string())?.valid();
            network.into_record().save(dir.join(MODEL)).map_err(|e| e.to_string())?;
            self.optimizer.save(dir.join(OPTIMIZER)).map_err(|e| e.to_string())
        })
    }

    /// Takes the weights, running statistics and the optimiser's state from a checkpoint.
    ///
    /// # Errors
    /// It is not readable, or of another model.
    pub fn load(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let network = self.read_network(checkpoint)?;
        let optimizer =
            self.fresh_optimizer()?.load(checkpoint.path.join(OPTIMIZER)).map_err(|e| unreadable(checkpoint, &e))?;
        self.steps = checkpoint.state.step;
        (self.network, self.optimizer) = (Some(network.in_training(self.spec.model.freeze)), optimizer);
        Ok(())
    }

    /// The network of a checkpoint, for an evaluation; this trainer's own stays as it is.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn evaluator_of(&self, checkpoint: &Checkpoint) -> Result<Evaluator, TrainError> {
        Ok(self.evaluator_with(self.read_network(checkpoint)?))
    }

    /// Without gradients. Into a network made anew: burn leaves an old one's pending running statistics beside those it
    /// loads, and takes them in later.
    fn read_network(&self, checkpoint: &Checkpoint) -> Result<Network, TrainError> {
        let record = ModuleRecord::load(checkpoint.path.join(MODEL)).map_err(|e| unreadable(checkpoint, &e))?;
        self.fresh_network()?.valid().try_load_record(record).map_err(|e| unreadable(checkpoint, &e))
    }
}

impl Evaluator {
    /// Writes the weights alone.
    ///
    /// # Errors
    /// As [`Trainer::save`].
    pub fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        checkpoints
            .write(state, |dir| self.network().clone().into_record().save(dir.join(MODEL)).map_err(|e| e.to_string()))
    }
}

fn unreadable(checkpoint: &Checkpoint, error: &dyn std::fmt::Display) -> TrainError {
    TrainError::Checkpoint { reason: one_line(error), path: checkpoint.path.clone() }
}

fn one_line(error: &dyn std::fmt::Display) -> String {
    crate::console::one_line(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelConfig, OptimizerConfig};
    use crate::train::{OpenDevice, Pixels, Samples, TrainerSpec};

    fn trainer(model: &str, seed: u64) -> Trainer {
        let spec = TrainerSpec {
            model: ModelConfig::named(model),
            optimizer: OptimizerConfig { lr: 1e-2, ..OptimizerConfig::default() },
            in_channels: 1,
            classes: 2,
            seed,
        };
        Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap()
    }

    const SHAPE: [usize; 4] = [4, 1, 32, 32];

    fn images() -> Vec<f32> {
        (0..SHAPE.iter().product()).map(|i| (i * 37 % 101) as f32 / 101.0).collect()
    }

    fn losses(trainer: &mut Trainer, steps: usize) -> Vec<f64> {
        let images = images();
        let samples = Samples { pixels: Pixels::Floats(&images), shape: SHAPE, labels: &[0, 1, 1, 0], mixed: None };
        let step = |_| trainer.step(samples, false, true).unwrap().loss.unwrap();
        (0..steps).map(step).collect()
    }

    fn logits(evaluator: &Evaluator) -> Vec<f32> {
        evaluator.logits(Pixels::Floats(&images()), SHAPE).unwrap()
    }

    fn state(step: u64) -> CheckpointState {
        CheckpointState { step, ..CheckpointState::begin() }
    }

    /// Losses, and with batch norm what an evaluation says too, in mid-epoch as at its end: to the bit.
    #[test]
    fn a_resumed_run_computes_what_it_would_have_computed() {
        for model in ["small_cnn", "densenet121"] {
            let folder = tempfile::tempdir().unwrap();
            let checkpoints = Checkpoints::of(folder.path());
            let mut first = trainer(model, 5);
            losses(&mut first, 2);
            let saved = first.save(&checkpoints, &state(2)).unwrap();
            let evaluated = logits(&first.evaluator().unwrap());

            // Its own running statistics are pending when it loads.
            let mut second = trainer(model, 99);
            losses(&mut second, 1);
            second.load(&checkpoints.newest().checkpoint.unwrap()).unwrap();
            assert_eq!(logits(&second.evaluator().unwrap()), evaluated, "{model}");
            assert_eq!(losses(&mut second, 2), losses(&mut first, 2), "{model}");
            assert_eq!(logits(&second.evaluator().unwrap()), logits(&first.evaluator().unwrap()), "{model}");
            // ... and the checkpoint can be evaluated beside what trains on.
            assert_eq!(logits(&second.evaluator_of(&saved).unwrap()), evaluated, "{model}");
        }
    }

    #[test]
    fn an_evaluator_keeps_the_weights_it_was_made_with_and_can_be_saved() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(folder.path());
        let mut trainer = trainer("small_cnn", 5);
        losses(&mut trainer, 2);
        let best = trainer.evaluator().unwrap();
        let evaluated = logits(&best);
        losses(&mut trainer, 2);
        assert_eq!(logits(&best), evaluated);
        let of_best = CheckpointState { is_best: true, best_step: Some(2), is_whole: false, ..state(2) };
        let saved = best.save(&checkpoints, &of_best).unwrap();
        assert_eq!(logits(&trainer.evaluator_of(&saved).unwrap()), evaluated);
    }

    #[test]
    fn another_model_s_checkpoint_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(folder.path());
        let saved = trainer("small_cnn", 5).save(&checkpoints, &state(1)).unwrap();
        let mut other = trainer("densenet121", 5);
        let error = other.load(&saved).unwrap_err().to_string();
        assert!(error.contains("step-0000000001"), "{error}");
        losses(&mut other, 1);
    }

    #[test]
    fn a_disk_that_refuses_leaves_nothing_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("checkpoints");
        std::fs::write(&place, "a file in its place").unwrap();
        let checkpoints = Checkpoints::of(folder.path());
        assert!(trainer("small_cnn", 5).save(&checkpoints, &state(1)).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(place.is_file());
    }
}
