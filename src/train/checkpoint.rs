//! Checkpoints: one folder each, written under a temporary name, synced, then renamed.
//!
//! `checkpoints/step-0000000042/` holds `model.bpk` and `optimizer.bpk` (burnpack) and `state.json`.

use super::trainer::adam;
use super::{TrainError, Trainer};
use burn::module::Module;
use burn::store::ModuleRecord;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

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
    /// The best epoch so far and its score.
    pub best_epoch: Option<u64>,
    pub best_score: Option<f64>,
    pub best_val_auc: Option<f64>,
    /// This checkpoint is that best epoch's.
    pub is_best: bool,
    /// Seconds the run has lasted.
    pub secs: f64,
}

/// A checkpoint on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub path: PathBuf,
    pub state: CheckpointState,
}

const PREFIX: &str = "step-";

/// The newest checkpoint in `checkpoints/`, if there is a whole one.
pub fn last_checkpoint(checkpoints: &Path) -> Option<Checkpoint> {
    list(checkpoints).into_iter().max_by_key(|c| c.state.step)
}

/// The newest checkpoint of a best epoch.
pub fn best_checkpoint(checkpoints: &Path) -> Option<Checkpoint> {
    list(checkpoints).into_iter().filter(|c| c.state.is_best).max_by_key(|c| c.state.step)
}

/// Every whole checkpoint; what is half written or not readable is passed over.
fn list(checkpoints: &Path) -> Vec<Checkpoint> {
    let Ok(entries) = fs::read_dir(checkpoints) else { return Vec::new() };
    let read = |entry: fs::DirEntry| {
        let path = entry.path();
        path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
        let state = serde_json::from_slice(&fs::read(path.join("state.json")).ok()?).ok()?;
        Some(Checkpoint { path, state })
    };
    entries.filter_map(Result::ok).filter_map(read).collect()
}

impl Trainer {
    /// Writes a checkpoint and then removes those that neither a resume nor the test needs.
    ///
    /// # Errors
    /// The disk is full or refuses; what was there before is left as it was.
    pub fn save(&self, checkpoints: &Path, state: &CheckpointState) -> Result<Checkpoint, TrainError> {
        let name = format!("{PREFIX}{:010}", state.step);
        let path = checkpoints.join(&name);
        let temporary = checkpoints.join(format!(".writing-{name}"));
        let fail = |reason: String| TrainError::Checkpoint { action: "written", reason, path: path.clone() };
        let io = |e: std::io::Error| fail(format!("{e}; is the disk full, or the folder read-only?"));

        let network = self.network.clone().ok_or_else(|| fail("an earlier step did not end".to_owned()))?;
        fs::create_dir_all(checkpoints).map_err(io)?;
        remove_if_there(&temporary).map_err(io)?;
        fs::create_dir(&temporary).map_err(io)?;
        network.into_record().save(temporary.join("model.bpk")).map_err(|e| fail(e.to_string()))?;
        self.optimizer.save(temporary.join("optimizer.bpk")).map_err(|e| fail(e.to_string()))?;
        let text = serde_json::to_vec_pretty(state).map_err(|e| fail(e.to_string()))?;
        fs::write(temporary.join("state.json"), text).map_err(io)?;
        for entry in fs::read_dir(&temporary).map_err(io)? {
            fs::File::open(entry.map_err(io)?.path()).and_then(|f| f.sync_all()).map_err(io)?;
        }
        remove_if_there(&path).map_err(io)?;
        fs::rename(&temporary, &path).map_err(io)?;
        sync_folder(checkpoints);
        prune(checkpoints);
        Ok(Checkpoint { path, state: *state })
    }

    /// Takes the weights, running statistics and the optimiser's state from a checkpoint.
    ///
    /// # Errors
    /// It is not readable, or of another model.
    pub fn load(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let fail = |reason: String| TrainError::Checkpoint { action: "read", reason, path: checkpoint.path.clone() };
        let record = ModuleRecord::load(checkpoint.path.join("model.bpk")).map_err(|e| fail(e.to_string()))?;
        let network = self.network.take().ok_or_else(|| fail("an earlier step did not end".to_owned()))?;
        let network = network.try_load_record(record).map_err(|e| fail(e.to_string()))?;
        self.network = Some(network.train());
        self.optimizer = adam().load(checkpoint.path.join("optimizer.bpk")).map_err(|e| fail(e.to_string()))?;
        Ok(())
    }
}

fn remove_if_there(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// The rename itself must survive a power cut. Not every system lets a folder be opened for this; then the rename
/// still stands, only less surely.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Keeps the newest checkpoint and the newest best one. What cannot be removed only costs room.
fn prune(checkpoints: &Path) {
    let keep: Vec<PathBuf> =
        [last_checkpoint(checkpoints), best_checkpoint(checkpoints)].into_iter().flatten().map(|c| c.path).collect();
    for old in list(checkpoints) {
        if !keep.contains(&old.path) {
            let _ = fs::remove_dir_all(&old.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{OpenDevice, Pixels, Samples, TrainerSpec};

    fn trainer(seed: u64) -> Trainer {
        let spec = TrainerSpec { model: "small_cnn".to_owned(), in_channels: 1, classes: 2, lr: 1e-2, seed };
        Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap()
    }

    fn losses(trainer: &mut Trainer, steps: usize) -> Vec<f64> {
        let images: Vec<f32> = (0..4 * 256).map(|i| (i * 37 % 101) as f32 / 101.0).collect();
        let pixels = Pixels::Floats(&images);
        let samples = Samples { pixels, shape: [4, 1, 16, 16], labels: &[0, 1, 1, 0], mixed: None };
        let step = |_| trainer.step(samples, false, true).unwrap().loss.unwrap();
        (0..steps).map(step).collect()
    }

    #[test]
    fn a_resumed_run_takes_the_steps_it_would_have_taken() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = trainer(5);
        losses(&mut first, 3);
        let state = CheckpointState { step: 3, ..CheckpointState::default() };
        first.save(folder.path(), &state).unwrap();
        let expected = losses(&mut first, 3);

        let mut second = trainer(99);
        second.load(&last_checkpoint(folder.path()).unwrap()).unwrap();
        let got = losses(&mut second, 3);
        for (e, g) in expected.iter().zip(&got) {
            assert!((e - g).abs() < 1e-5, "{expected:?} {got:?}");
        }
    }

    #[test]
    fn the_best_and_the_last_are_kept_and_half_written_ones_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let trainer = trainer(5);
        for (step, is_best) in [(1, false), (2, true), (3, false), (4, false)] {
            let state = CheckpointState { step, is_best, ..CheckpointState::default() };
            trainer.save(folder.path(), &state).unwrap();
        }
        fs::create_dir(folder.path().join("step-0000000009")).unwrap();
        assert_eq!(last_checkpoint(folder.path()).unwrap().state.step, 4);
        assert_eq!(best_checkpoint(folder.path()).unwrap().state.step, 2);
        assert_eq!(list(folder.path()).len(), 2);
        let missing = Path::new("not there");
        assert!(last_checkpoint(missing).is_none());
    }
}
