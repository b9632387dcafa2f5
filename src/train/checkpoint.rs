//! What a checkpoint holds of the trainer, as burnpack: `model.bpk` and `optimizer.bpk`, `average.bpk` where a moving average is
//! kept, `gradients.bpk` between batches that share a step of the optimiser. Its folder is `store`'s.

use super::model::Network;
use super::trainer::Evaluator;
use super::update::{Kept, Updater};
use super::{TrainError, Trainer, optimizer};
use crate::language::Message;
use crate::store::{Checkpoint, CheckpointState, Checkpoints, StoreError};
use crate::system::refused_to_write;
use burn::module::Module;
use burn::store::ModuleRecord;
use std::ops::Deref;
use std::path::Path;

const MODEL: &str = "model.bpk";
const OPTIMIZER: &str = "optimizer.bpk";
const AVERAGE: &str = "average.bpk";
const GRADIENTS: &str = "gradients.bpk";

impl Trainer {
    /// Writes a checkpoint of the whole state.
    ///
    /// # Errors
    /// The disk is full or refuses; what was there before is left as it was.
    pub fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        checkpoints.write(state, |dir| {
            // `valid` takes in the running statistics of the last step, which are pending until then.
            let network = self.network().map_err(|e| e.message())?;
            let Kept { average, pending } = self.updater.kept(network);
            write(Some(network.valid()), dir, MODEL)?;
            write(average, dir, AVERAGE)?;
            write(pending, dir, GRADIENTS)?;
            put(self.updater.optimizer.into_bytes(), dir, OPTIMIZER)
        })
    }

    /// Takes the weights, running statistics and the optimiser's state from a checkpoint.
    ///
    /// # Errors
    /// It is not readable, or of another model.
    pub fn load(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let network = self.read_network(checkpoint, MODEL)?.in_training(self.spec.model.freeze);
        let optimizer = optimizer::build(&self.spec.optimizer)?
            .load(checkpoint.path.join(OPTIMIZER))
            .map_err(|e| unreadable(checkpoint, &e))?;
        let kept = Kept {
            average: self.read_if_there(checkpoint, AVERAGE)?,
            pending: self.read_if_there(checkpoint, GRADIENTS)?,
        };
        self.steps = checkpoint.state.step;
        self.updater = Updater::resumed(&self.spec.optimizer, &network, optimizer, kept);
        self.network = Some(network);
        Ok(())
    }

    /// The network of a checkpoint, for an evaluation: its moving average, where it has one. This trainer's own stays as it is.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn evaluator_of(&self, checkpoint: &Checkpoint) -> Result<Evaluator, TrainError> {
        let average = self.read_if_there(checkpoint, AVERAGE)?;
        Ok(self.evaluator_with(average.map_or_else(|| self.read_network(checkpoint, MODEL), Ok)?))
    }

    fn read_if_there(&self, checkpoint: &Checkpoint, file: &str) -> Result<Option<Network>, TrainError> {
        checkpoint.path.join(file).exists().then(|| self.read_network(checkpoint, file)).transpose()
    }

    /// Without gradients. Into a network made anew: burn leaves an old one's pending running statistics beside those it
    /// loads, and takes them in later.
    fn read_network(&self, checkpoint: &Checkpoint, file: &str) -> Result<Network, TrainError> {
        let record = ModuleRecord::load(checkpoint.path.join(file)).map_err(|e| unreadable(checkpoint, &e))?;
        self.fresh_network()?.valid().try_load_record(record).map_err(|e| unreadable(checkpoint, &e))
    }
}

impl Evaluator {
    /// Writes the weights alone.
    ///
    /// # Errors
    /// As [`Trainer::save`].
    pub fn save(&self, checkpoints: &Checkpoints, state: &CheckpointState) -> Result<Checkpoint, StoreError> {
        checkpoints.write(state, |dir| write(Some(self.network().clone()), dir, MODEL))
    }
}

fn write(network: Option<Network>, dir: &Path, file: &str) -> Result<(), Message> {
    network.map_or(Ok(()), |network| put(network.into_record().into_bytes(), dir, file))
}

/// Not as burn saves them, beside its place and renamed: the folder takes its place as a whole, and on Windows whoever looks at a new
/// file holds up its renaming.
fn put(
    bytes: Result<impl Deref<Target = [u8]>, impl std::fmt::Display>,
    dir: &Path,
    file: &str,
) -> Result<(), Message> {
    let bytes = bytes.map_err(|e| Message::from(one_line(&e)))?;
    let path = dir.join(file);
    std::fs::write(&path, &*bytes).map_err(|e| refused_to_write(&e, &path))
}

fn unreadable(checkpoint: &Checkpoint, error: &dyn std::fmt::Display) -> TrainError {
    TrainError::Checkpoint { reason: one_line(error).into(), path: checkpoint.path.clone() }
}

fn one_line(error: &dyn std::fmt::Display) -> String {
    crate::console::one_line(&error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelConfig, OptimizerConfig};
    use crate::train::{LossSpec, OpenDevice, Pixels, Samples, StepMode, TrainerSpec};

    fn trainer(model: &str, seed: u64) -> Trainer {
        trainer_with(model, seed, OptimizerConfig { lr: 1e-2, ..OptimizerConfig::default() })
    }

    fn trainer_with(model: &str, seed: u64, optimizer: OptimizerConfig) -> Trainer {
        let spec = TrainerSpec {
            model: ModelConfig::named(model),
            optimizer,
            loss: LossSpec { smoothing: 0.1, class_weights: vec![1.5, 0.5] },
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
        let step = |_| {
            // Three batches make a step of the optimiser where several do.
            let parts = trainer.spec.optimizer.accumulate_batches as u64;
            let update = (trainer.steps + 1).is_multiple_of(parts);
            let mode = StepMode { update, share: 1.0 / parts as f64, ..StepMode::whole(false, true) };
            trainer.step(samples, mode).unwrap().loss.unwrap()
        };
        (0..steps).map(step).collect()
    }

    /// Every optimiser, with all that is between gradients and weights.
    #[test]
    fn averages_gathered_gradients_and_rates_go_on_to_the_bit() {
        for item in crate::config::OPTIMIZERS {
            let optimizer = OptimizerConfig {
                lr: 1e-3,
                params: [("weight_decay".to_owned(), crate::config::ParamValue::Float(0.1))].into(),
                head_lr_factor: 3.0,
                decay_norms: false,
                clip_norm: 0.5,
                accumulate_batches: 3,
                ema_decay: 0.6,
                ..OptimizerConfig::named(item.name)
            };
            for steps in [2, 3, 7] {
                let folder = tempfile::tempdir().unwrap();
                let checkpoints = Checkpoints::of(folder.path());
                let mut first = trainer_with("small_cnn", 5, optimizer.clone());
                losses(&mut first, steps);
                let saved = first.save(&checkpoints, &state(steps as u64)).unwrap();
                let evaluated = logits(&first.evaluator().unwrap());
                let kept = first.evaluator().unwrap();
                let mut second = trainer_with("small_cnn", 99, optimizer.clone());
                losses(&mut second, 4);
                second.load(&saved).unwrap();
                let what = (item.name, steps);
                assert_eq!(logits(&second.evaluator().unwrap()), evaluated, "{what:?}");
                assert_eq!(logits(&second.evaluator_of(&saved).unwrap()), evaluated, "{what:?}");
                assert_eq!(losses(&mut second, 5), losses(&mut first, 5), "{what:?}");
                let later = logits(&first.evaluator().unwrap());
                assert_eq!(logits(&second.evaluator().unwrap()), later, "{what:?}");
                // An evaluator keeps the average that it was made with.
                assert_ne!(later, evaluated, "{what:?}");
                assert_eq!(logits(&kept), evaluated, "{what:?}");
                assert!(first.is_finite().unwrap());
            }
        }
    }

    #[test]
    fn weights_that_are_no_numbers_are_told() {
        let mut trainer = trainer_with("small_cnn", 5, OptimizerConfig { lr: 1e38, ..OptimizerConfig::named("sgd") });
        assert!(trainer.is_finite().unwrap());
        losses(&mut trainer, 4);
        assert!(!trainer.is_finite().unwrap());
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
