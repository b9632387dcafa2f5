//! A run from `Start` to its last event: folder, scan, split, chain, device, network, training, test.

mod folder;
mod images;
mod left_out;
mod scanning;
mod telemetry;
pub(super) mod wanted;

pub(super) use images::Images;

use super::door::Door;
use super::mailbox::Mailbox;
use super::outbox::FLUSH_PATIENCE;
use super::recorder::Recorder;
use super::session::{self, take_early_changes};
use super::stalls::{RunFile, Watched, start_watchdog};
use super::{RunError, devices, prepare};
use crate::config::{Freeze, RunConfig};
use crate::console::show_path;
use crate::data::{leak_note, split, split_doubts};
use crate::language::Message;
use crate::loader::batches_per_epoch;
use crate::protocol::{
    ChangeMark, DeviceInfo, DeviceKind, Event, Finished, PROTOCOL_VERSION, RunPhase, RunStatus, StartRun, Started,
    Trying,
};
use crate::store::{Checkpoint, CheckpointState, RunPlace};
use crate::train::{Trainer, TrainerSpec};
use crate::transform::Chain;
use folder::{HeldLock, Opened, RunFolder};
use images::own_cache_dir;
use scanning::scan_with_progress;
use std::path::Path;
use std::sync::Arc;

/// Runs what the client asked for; its last event is `Finished` or `Failed`.
pub(super) fn run(mailbox: &Mailbox, start: StartRun) {
    let held = HeldLock::default();
    let telemetry = telemetry::start(mailbox, held.clone());
    let watched = Arc::default();
    let watchdog = start_watchdog(mailbox, &watched);
    mailbox.tracing().open(mailbox.outbox());
    let mut recorder = None;
    match run_recorded(mailbox, start, &watched, &held, &mut recorder) {
        Ok(finished) => finish(mailbox, finished),
        Err(RunError::Stopped) => mailbox.send(Event::Finished(Box::new(Finished {
            secs: mailbox.clock().secs(),
            status: RunStatus::Stopped,
            steps: 0,
            best_epoch: None,
            best_val_auc: None,
            test: None,
            missing: Vec::new(),
            stopped_early: false,
        }))),
        Err(error) => mailbox.send(Event::Failed { kind: error.kind(), error: error.message() }),
    }
    drop((telemetry, watchdog));
    mailbox.tracing().close();
    mailbox.stop_recording();
    if let Some(recorder) = recorder {
        // What is lost has been told with the run's end.
        recorder.finish(FLUSH_PATIENCE);
    }
    held.release();
}

/// Before anything is allocated.
fn warn_of_memory(
    mailbox: &Mailbox,
    config: &RunConfig,
    sample: [usize; 3],
    classes: usize,
    device: &DeviceInfo,
) -> Result<(), RunError> {
    let cost = prepare::cost_of(config, sample, classes, device.kind == DeviceKind::Cpu)?;
    let free = prepare::free_memory(device, mailbox.readings().last());
    if let Some(warning) = prepare::memory_warning(&cost, config, &device.name, free) {
        mailbox.warn(warning);
    }
    Ok(())
}

/// Says how the run ended, once it is known what of it is on the disk.
fn finish(mailbox: &Mailbox, mut finished: Finished) {
    let outbox = mailbox.outbox();
    match mailbox.flush_record() {
        Ok(0) => {}
        Ok(lost) => finished.missing.push(msg!("engine-events-lost", events = lost)),
        Err(why) => finished.missing.push(msg!("engine-last-events-missing", why)),
    }
    let recorded = Event::Finished(Box::new(finished.clone()));
    outbox.record(&recorded);
    if finished.missing.is_empty()
        && let Err(why) = mailbox.flush_record()
    {
        finished.missing.push(msg!("engine-end-missing", why));
    }
    mailbox.tell(Event::Finished(Box::new(finished)));
}

fn run_recorded(
    mailbox: &Mailbox,
    start: StartRun,
    watched: &Arc<Watched>,
    held: &HeldLock,
    recorder: &mut Option<Recorder>,
) -> Result<Finished, RunError> {
    if start.protocol != PROTOCOL_VERSION {
        return Err(RunError::Protocol { client: start.protocol });
    }
    let mut folder = RunFolder::take(mailbox, &start, held)?;
    let mut config = folder.config(&start)?;
    let dir = config.data.dir.clone().unwrap_or_default();
    let dataset = Arc::new(scan_with_progress(mailbox, watched, &dir, &mut config.data)?);
    let split = split(&dataset, &config.data)?;
    let mut config = prepare::complete_chain(config, &dataset);
    let chain = Arc::new(Chain::build(&config.transforms)?);
    config.transforms = chain.specs().to_vec();
    let identity = folder::identity_of(&dataset, &split, &config);
    let beginning = folder.beginning(mailbox, &identity)?;
    let (images, unknown_names) = Images::new(mailbox, dataset, split, &config, &folder.place, watched);
    mailbox.phase(RunPhase::Probing);
    let probes = images.probes(mailbox, config.data.max_pixels);
    let sample = probes.sample(&chain)?;
    let shape = sample.shape();
    prepare::check_fits(&config, shape, images.dataset.class_names.len(), images.split.train.len())?;
    let mut unscaled = prepare::range_fault(&probes, &chain, &sample);

    let (mut trainer, of_weights) = make_trainer(mailbox, &mut config, &images, shape, beginning.checkpoint.as_ref())?;
    let state = beginning.state;
    // What was changed while all this went on holds from the first batch.
    let chain = take_early_changes(mailbox, &images, &trainer, &mut config, chain, &mut unscaled)?;
    mailbox.clock().set_secs(state.secs);
    let started = started(&folder, &config, &images, &trainer, shape, &state);
    let notes = run_notes(&started);
    let Opened { record, gap, changed } = folder.open(&notes, &config, &beginning, &identity)?;
    watched.set_run(RunFile { place: folder.place.clone(), notes, config: config.clone() });
    let (running, sender) = Recorder::start(record, mailbox.outbox())
        .map_err(|e| RunError::Device(msg!("engine-no-recorder", error = e.to_string())))?;
    *recorder = Some(running);
    mailbox.record_to(sender);
    mailbox.send(Event::Started(Box::new(started.clone())));
    mailbox.record_early_warnings();
    let _door = start.detached.then(|| open_door(mailbox, &folder.dir)).flatten();
    if mailbox.edits() > 0 {
        // The client's copy of the chain may be another than what runs.
        let running = config.transforms.clone();
        let trying = Trying { secs: state.secs, label: None, running, edits: mailbox.edits() };
        mailbox.send(Event::Trying(Box::new(trying)));
    }
    if let Some(label) = changed {
        let (secs, step) = (state.secs, state.step + 1);
        let mark = ChangeMark { secs, step, config_version: 0, label, experiment: false, switched_off: Vec::new() };
        mailbox.send(Event::Changed(mark));
    }
    let mut range_word = prepare::RangeWord::default();
    range_word.tell(mailbox, unscaled.as_ref());
    let mut missing = Vec::new();
    if let Some((first, last)) = gap {
        missing.push(msg!("engine-steps-missing", first, last));
        mailbox.warn(missing[0].clone());
    }
    of_weights.into_iter().chain(unknown_names).for_each(|warning| mailbox.warn(warning));
    warn_of_images(mailbox, &images, &config, &folder.place);
    mailbox.phase(RunPhase::WarmingUp);

    let checkpoints = folder.checkpoints.clone();
    let beginning = session::Beginning { config, chain, checkpoints, state, range_word };
    let ended = session::train_and_test(mailbox, &mut trainer, &images, beginning);
    tell_left_out(mailbox, &images, &folder.place);
    let mut finished = ended?;
    missing.append(&mut finished.missing);
    finished.missing = missing;
    if finished.status == RunStatus::Completed && folder.place.check().is_ok() {
        drop(images);
        // The run's own cache is of no use to another; there is none as a rule.
        let _ = std::fs::remove_dir_all(own_cache_dir(&folder.dir));
    }
    Ok(finished)
}

/// The network on its device, both checked: new, with the weights of a file, or as it is in the checkpoint; and what is to be
/// said of these weights. What of the configuration was left to the program is filled in.
fn make_trainer(
    mailbox: &Mailbox,
    config: &mut RunConfig,
    images: &Images,
    sample: [usize; 3],
    checkpoint: Option<&Checkpoint>,
) -> Result<(Trainer, Vec<Message>), RunError> {
    let device = devices::open(mailbox, &config.train.device)?;
    let precision = config.train.precision;
    prepare::check_precision(precision, &device.info, device.computes_in(precision))?;
    config.train.device.clone_from(&device.info.id);
    let classes = images.dataset.class_names.len();
    warn_of_memory(mailbox, config, sample, classes, &device.info)?;
    mailbox.phase(RunPhase::WarmingUp);
    let spec = TrainerSpec {
        model: config.model.clone(),
        optimizer: config.optimizer.clone(),
        loss: prepare::loss_of(&config.train, &images.dataset, &images.split.train)?,
        in_channels: sample[0],
        classes,
        seed: config.train.seed,
    };
    let mut trainer = Trainer::new(spec, device)?;
    let mut of_weights = Vec::new();
    if let Some(checkpoint) = checkpoint {
        trainer.load(checkpoint)?;
    } else if let Some(path) = &mut config.model.weights {
        of_weights = trainer.take_weights(path)?.sentences();
        // run.toml is to mean the same from any folder.
        if let Ok(absolute) = std::path::absolute(&path) {
            *path = absolute;
        }
    } else if config.model.freeze == Freeze::Body {
        of_weights.push(msg!("engine-frozen-without-weights"));
    }
    Ok((trainer, of_weights))
}

fn started(
    folder: &RunFolder,
    config: &RunConfig,
    images: &Images,
    trainer: &Trainer,
    sample_shape: [usize; 3],
    from: &CheckpointState,
) -> Started {
    let (dataset, split) = (&images.dataset, &images.split);
    Started {
        run_id: run_id(&folder.dir),
        device: trainer.device().info.clone(),
        class_names: dataset.class_names.clone(),
        train_count: split.train.len(),
        val_count: split.val.len(),
        test_count: split.test.len(),
        bad_file_count: dataset.bad_files.len(),
        sample_shape,
        parameter_count: trainer.parameter_count(),
        steps_per_epoch: batches_per_epoch(split.train.len(), config.loader.batch_size, config.loader.drop_last),
        first_step: from.step,
        resumed: folder.resume,
        resumed_from: folder.resume.then(|| from.resume_point()),
        config: config.clone(),
        run_dir: folder.dir.clone(),
    }
}

/// What of the dataset and its split a person should know when the run begins.
fn warn_of_images(mailbox: &Mailbox, images: &Images, config: &RunConfig, place: &RunPlace) {
    let (dataset, split) = (&images.dataset, &images.split);
    dataset.notes.iter().take(MAX_NOTES).for_each(|note| mailbox.warn(note.clone()));
    split_doubts(dataset, split).into_iter().for_each(|doubt| mailbox.warn(doubt));
    leak_note(dataset, split, &config.data).into_iter().for_each(|note| mailbox.warn(note));
    warn_of_bad_files(mailbox, images, place);
    if prepare::leaves_many_sizes(dataset, &config.transforms) {
        mailbox.warn(msg!("engine-many-sizes"));
    }
}

/// A run that goes on without its client can be attached to.
fn open_door(mailbox: &Mailbox, run_dir: &Path) -> Option<Door> {
    match Door::open(run_dir, mailbox.outbox(), mailbox.command_reader()) {
        Ok(door) => Some(door),
        Err(error) => {
            mailbox.warn(msg!("engine-no-door", error = error.to_string()));
            None
        }
    }
}

/// The folder's name: it holds time and model where the program chose it.
fn run_id(run_dir: &Path) -> String {
    run_dir.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// What stands in `run.toml` above the configuration.
fn run_notes(started: &Started) -> Vec<String> {
    vec![
        tr!("engine-note-again", version = crate::about::version_line()),
        tr!(
            "engine-note-device",
            id = &started.device.id,
            name = &started.device.name,
            driver = &started.device.driver
        ),
        tr!(
            "engine-note-data",
            train = started.train_count,
            val = started.val_count,
            test = started.test_count,
            classes = started.class_names.len(),
            shape = format!("{:?}", started.sample_shape),
            parameters = started.parameter_count
        ),
    ]
}

/// Of a dataset's notes, those said when a run begins.
const MAX_NOTES: usize = 20;

fn warn_of_bad_files(mailbox: &Mailbox, images: &Images, place: &RunPlace) {
    const SHOWN: usize = 5;
    let bad_files = &images.dataset.bad_files;
    for bad in bad_files.iter().take(SHOWN) {
        mailbox.warn(msg!("engine-file-left-out", reason = &bad.reason, file = show_path(&bad.path)));
    }
    if bad_files.len() > SHOWN {
        let (files, list) = (bad_files.len() - SHOWN, words_of_list(images, place));
        mailbox.warn(msg!("engine-files-left-out", files, list));
    }
}

/// Where all that are left out are listed, or why they are not.
fn words_of_list(images: &Images, place: &RunPlace) -> Message {
    match images.left_out.write(place, &images.dataset) {
        Ok(list) => msg!("engine-all-listed", file = show_path(&list)),
        Err(error) => msg!("engine-no-list", error),
    }
}

/// What could not be loaded in training, validations and test is counted and listed when they are over.
fn tell_left_out(mailbox: &Mailbox, images: &Images, place: &RunPlace) {
    let count = images.left_out.len();
    if count > 0 {
        mailbox.warn(msg!("engine-images-left-out", images = count, list = words_of_list(images, place)));
    }
}
