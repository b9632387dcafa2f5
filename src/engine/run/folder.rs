//! A run's folder as the engine takes it: its lock first, then what stands in it, and where a resume begins.

use super::super::RunError;
use super::super::mailbox::Mailbox;
use super::super::session;
use crate::config::{ParamInfo, RunConfig};
use crate::data::{Dataset, Split};
use crate::diagnose::Setup;
use crate::language::{Message, clauses, enumeration};
use crate::protocol::{OnChangedData, StartRun};
use crate::store::{
    self, Checkpoint, CheckpointState, Checkpoints, ClassIdentity, Identity, ListIdentity, Record, RunLock, RunPlace,
    StoreError,
};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The lock on a run's folder, or none yet; for all threads that have to do with it.
#[derive(Clone, Default)]
pub(super) struct HeldLock(Arc<Mutex<Option<RunLock>>>);

impl HeldLock {
    fn hold(&self, lock: Option<RunLock>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = lock;
    }

    pub fn note_ending(&self) {
        if let Some(lock) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            lock.note_ending();
        }
    }

    /// Another may train there from now on. A folder of which no run was made goes.
    pub fn release(&self) {
        if let Some(lock) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            lock.leave();
        }
    }
}

/// A folder that is this engine's alone until its lock is released.
pub(super) struct RunFolder {
    pub dir: PathBuf,
    /// As it was taken: before anything is written there, it is to be the same still.
    pub place: RunPlace,
    pub checkpoints: Checkpoints,
    /// The run in it is gone on with.
    pub resume: bool,
    on_changed_data: OnChangedData,
}

/// Where training begins.
pub(super) struct StartingPoint {
    pub state: CheckpointState,
    /// To be loaded; none at the very beginning.
    pub checkpoint: Option<Checkpoint>,
    /// The run's own folder tells nothing of it, or something else: [`Identity`] is to be written.
    pub new_identity: bool,
}

impl RunFolder {
    /// Takes the folder. One whose engine is just ending is waited for.
    ///
    /// # Errors
    /// Another engine trains there; it holds a run and is to have a new one, or the reverse; it cannot be written.
    pub fn take(mailbox: &Mailbox, start: &StartRun, held: &HeldLock) -> Result<Self, RunError> {
        let dir = start.run_dir.clone();
        if start.resume && !store::is_run(&dir) {
            return Err(StoreError::NoRun(dir).into());
        }
        store::make(&dir)?;
        let mut told = false;
        let lock = RunLock::take(&dir, &mut || {
            if !std::mem::replace(&mut told, true) {
                mailbox.warn(match store::trained_by(&dir) {
                    Some(who) => msg!("engine-folder-held-by", who),
                    None => msg!("engine-folder-held"),
                });
            }
            !mailbox.stop_wanted()
        });
        let lock = match lock {
            Err(StoreError::Locked { .. }) if mailbox.stop_wanted() => return Err(RunError::Stopped),
            lock => lock?,
        };
        if lock.is_none() {
            mailbox.warn(msg!("engine-no-locks"));
        }
        let place = match &lock {
            Some(lock) => lock.place().clone(),
            None => RunPlace::of(&dir)?,
        };
        held.hold(lock);
        store::sweep(&dir);
        if !start.resume && store::is_run(&dir) {
            return Err(StoreError::RunExists(dir).into());
        }
        let checkpoints = Checkpoints::of(&dir);
        Ok(Self { dir, place, checkpoints, resume: start.resume, on_changed_data: start.on_changed_data })
    }

    /// The configuration to train with, checked as if it came from a file.
    ///
    /// # Errors
    /// A value out of its range, or a `run.toml` that cannot be read.
    pub fn config(&self, start: &StartRun) -> Result<RunConfig, RunError> {
        let (config, sets) = match &start.keep_config {
            Some(sets) => (store::read_config(&self.dir)?, sets.as_slice()),
            None => (start.config.clone(), [].as_slice()),
        };
        config.with_sets(sets).map_err(RunError::Config)
    }

    /// Where training is to begin over what is there `now`. A run that is to begin anew is set aside.
    ///
    /// # Errors
    /// The data changed and nothing was said about that, or no checkpoint is as it was written.
    pub fn beginning(&mut self, mailbox: &Mailbox, now: &Identity) -> Result<StartingPoint, RunError> {
        let anew = || StartingPoint { state: CheckpointState::begin(), checkpoint: None, new_identity: true };
        if !self.resume {
            return Ok(anew());
        }
        let before = store::read_identity(&self.dir);
        let changes = before.as_ref().map(|before| before.changes(now)).unwrap_or_default();
        if !changes.is_empty() {
            let what = clauses(changes.clone());
            match self.on_changed_data {
                OnChangedData::Refuse => return Err(RunError::ChangedData(what)),
                OnChangedData::Restart => {
                    self.set_aside(mailbox)?;
                    return Ok(anew());
                }
                OnChangedData::Keep => {
                    if before.as_ref().is_some_and(|before| !before.fits(now)) {
                        return Err(RunError::CannotKeep(what));
                    }
                    mailbox.warn(msg!("engine-other-data", what = what));
                }
            }
        } else if before.is_none() {
            mailbox.warn(msg!("engine-no-identity"));
        }
        let newest = self.checkpoints.newest();
        let Some(checkpoint) = newest.checkpoint else {
            if newest.passed_over.is_empty() {
                return Ok(StartingPoint { new_identity: before.is_none() || !changes.is_empty(), ..anew() });
            }
            if self.on_changed_data == OnChangedData::Restart {
                self.set_aside(mailbox)?;
                return Ok(anew());
            }
            let reasons = clauses(newest.passed_over);
            return Err(StoreError::NoWholeCheckpoint { reasons, path: self.dir.clone() }.into());
        };
        for why in newest.passed_over {
            mailbox.warn(msg!("engine-checkpoint-passed-over", why, checkpoint = file_name(&checkpoint.path)));
        }
        let mut state = checkpoint.state;
        if !changes.is_empty() && state.next_batch > 0 {
            // Its place was in a stream of other batches.
            (state.next_batch, state.epoch_loss_sum, state.epoch_loss_count) = (0, 0.0, 0);
            mailbox.warn(msg!("engine-epoch-anew", epoch = state.next_epoch));
        }
        Ok(StartingPoint { state, checkpoint: Some(checkpoint), new_identity: before.is_none() || !changes.is_empty() })
    }

    fn set_aside(&mut self, mailbox: &Mailbox) -> Result<(), RunError> {
        self.place.check()?;
        let aside = store::set_aside(&self.dir)?;
        self.resume = false;
        mailbox.warn(msg!("engine-run-anew", folder = crate::console::show_path(&aside)));
        Ok(())
    }

    /// Writes what makes the folder a run, in the order in which a kill may come between; gives the record, and the steps
    /// that it lacks. From now on record and checkpoints are this run's, and in this folder alone.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(
        &mut self,
        notes: &[String],
        config: &RunConfig,
        beginning: &StartingPoint,
        identity: &Identity,
    ) -> Result<Opened, RunError> {
        let before = if self.resume { store::read_config(&self.dir).ok() } else { None };
        // Before the configuration is written anew, whose own time may be all that tells when an older run began.
        let began = store::began_at(&self.dir);
        self.place.check()?;
        store::write_config(&self.dir, notes, config)?;
        let run = if self.resume {
            store::keep_began(&self.dir, began.unwrap_or_else(SystemTime::now))?;
            store::run_id(&self.dir)
        } else {
            Some(store::begin_run(&self.dir)?)
        };
        if beginning.new_identity {
            store::write_identity(&self.dir, identity)?;
        }
        let (record, gap) = match self.resume {
            true => Record::resume(&self.dir, &beginning.state)?,
            false => (Record::create(&self.dir)?, None),
        };
        self.checkpoints = self.checkpoints.clone().within(self.place.clone(), run);
        // What a run trained with when it was cut off, it goes on with, and with what was changed since.
        let since = before.map(|before| session::describe_setup(&Setup::of(&before), &Setup::of(config)));
        let changes = record.changes_taken_back().iter().cloned().chain(since);
        let changes: Vec<Message> = changes.filter(|label| !label.is_empty()).collect();
        let changed = (beginning.state.step > 0 && !changes.is_empty()).then(|| enumeration(changes));
        Ok(Opened { record: record.within(self.place.clone()), gap, changed })
    }
}

/// A run's record, to go on with.
pub(super) struct Opened {
    pub record: Record,
    /// First and last step that the checkpoint stands on and the record does not have.
    pub gap: Option<(u64, u64)>,
    /// What is otherwise from the first step on than it was at the checkpoint.
    pub changed: Option<Message>,
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What a run over these images is, for a later resume to compare.
pub(super) fn identity_of(dataset: &Dataset, split: &Split, config: &RunConfig) -> Identity {
    let (mut path, mut name) = (PathBuf::new(), Vec::new());
    let mut list = |images: &mut dyn Iterator<Item = usize>| {
        let mut hasher = blake3::Hasher::new();
        let mut count = 0;
        for image in images {
            dataset.key_into(image, &mut path, &mut name);
            hasher.update(&(name.len() as u64).to_le_bytes()).update(&name);
            count += 1;
        }
        ListIdentity { count, names: hasher.finalize().to_hex().to_string() }
    };
    let classes = dataset.class_names.iter().enumerate().map(|(class, name)| ClassIdentity {
        name: name.clone(),
        images: list(&mut (0..dataset.len()).filter(|image| dataset.class_of(*image) == class)),
    });
    let classes = classes.collect();
    let parts = [&split.train, &split.val, &split.test].map(|part| list(&mut part.iter().map(|image| *image as usize)));
    let fixed = [
        ("data.split_seed", config.data.split_seed.to_string()),
        ("data.val_frac", config.data.val_frac.to_string()),
        ("data.test_frac", config.data.test_frac.to_string()),
        ("data.limit", config.data.limit.to_string()),
        ("data.group", config.data.group.clone()),
        ("data.orientation", config.data.orientation.name().to_owned()),
        ("data.slice_axis", config.data.slice_axis.name().to_owned()),
        ("data.dicom_window", config.data.dicom_window.clone()),
        (Identity::CHANNELS, dataset.channels(config.data.channels).to_string()),
        ("loader.batch_size", config.loader.batch_size.to_string()),
        ("loader.drop_last", config.loader.drop_last.to_string()),
        ("train.sampling", config.train.sampling.name().to_owned()),
        ("train.seed", config.train.seed.to_string()),
    ];
    // The network by its name and its parameters.
    let network = config.keys().into_iter().filter(|key| Identity::is_of_network(&key.path()));
    let network = network.map(|key| (key.path(), ParamInfo::show_text(&config.value(&key))));
    let settings = fixed.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(network).collect();
    Identity { classes, parts, settings }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SETTINGS, Setting};
    use crate::data::{sample_images::write_sample_dataset, scan, split};
    use std::collections::BTreeSet;
    use std::ops::ControlFlow;

    /// Settings of images, loader and training that may differ while a run goes on over the same batches, and why.
    const NOT_COMPARED: &[(&str, &[&str])] = &[
        (
            "the images themselves are compared, by class and part",
            &[
                "data.dir",
                "data.labels",
                "data.image_column",
                "data.label_column",
                "data.part_column",
                "data.max_pixels",
            ],
        ),
        ("a file that is left out keeps its place", &["data.quarantine"]),
        (
            "it says who makes the same batches, and what is kept of them",
            &[
                "loader.workers",
                "loader.prefetch",
                "loader.cache",
                "loader.cache_mb",
                "loader.cache_dir",
                "loader.pin",
                "loader.low_priority",
                "loader.bytes_to_device",
                "loader.instrument",
            ],
        ),
        ("as the chain, which may change at any batch", &["loader.fuse", "loader.scaled_decode"]),
        (
            "it says what is made of a batch",
            &[
                "train.device",
                "train.label_smoothing",
                "train.class_weights",
                "train.class_weight_values",
                "train.on_divergence",
                "train.precision",
            ],
        ),
        (
            "it says for how long, and what is looked at",
            &[
                "train.epochs",
                "train.loss_every_steps",
                "train.time_every_steps",
                "train.validate_every_epochs",
                "train.validate_every_steps",
                "train.early_stopping",
            ],
        ),
    ];

    /// One that is in neither would have a run go on in the midst of other batches, and nothing said.
    #[test]
    fn a_resume_compares_every_setting_but_those_named_here() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("images");
        write_sample_dataset(&dir, 3, 1, &mut |_, _| ControlFlow::Continue(())).unwrap();
        let dataset = scan(&dir, 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap();
        let config = RunConfig::default();
        let parts = split(&dataset, &config.data).unwrap();
        let compared = identity_of(&dataset, &parts, &config).settings;
        let rows = SETTINGS.iter().filter(|row| ["data", "loader", "train"].contains(&row.section));
        let others: BTreeSet<String> = rows.map(Setting::path).filter(|path| !compared.contains_key(path)).collect();
        let named = NOT_COMPARED.iter().flat_map(|(_, paths)| paths.iter().copied());
        let named: BTreeSet<String> = named.map(str::to_owned).collect();
        assert_eq!(others, named);
        assert!(compared.keys().all(|path| config.key(path).is_some()), "{compared:?}");
    }
}
