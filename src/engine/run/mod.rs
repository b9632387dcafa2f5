//! A run from `Start` to its last event: folder, scan, split, chain, device, network, training, test.

mod folder;
mod images;
mod telemetry;
pub(super) mod wanted;

pub(super) use images::Images;

use super::door::Door;
use super::evaluate::{Evaluating, evaluate};
use super::mailbox::Mailbox;
use super::recorder::Recorder;
use super::session::{Session, SessionEnd, take_early_changes};
use super::stalls::{RunFile, Watchdog, Watched};
use super::trace::Doing;
use super::{RunError, devices, prepare, stalls};
use crate::config::DataConfig;
use crate::console::show_path;
use crate::data::{Dataset, scan_around, split};
use crate::loader::{LoaderJob, batches_per_epoch};
use crate::protocol::{
    ClassReport, Event, Finished, PROTOCOL_VERSION, RunPhase, RunStatus, StartRun, Started, TestReport, Trying,
};
use crate::train::{Evaluator, Trainer, TrainerSpec};
use crate::transform::Chain;
use folder::{HeldLock, RunFolder};
use images::{own_cache_dir, sample_cache};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry::TelemetryThread;

const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// Between two looks at whether a pause is over.
const POLL: Duration = Duration::from_millis(50);

/// Runs what the client asked for; its last event is `Finished` or `Failed`.
pub(super) fn run(mailbox: &Mailbox, start: StartRun) {
    let held = HeldLock::default();
    let run_dir = start.run_dir.clone();
    let telemetry = TelemetryThread::start(mailbox, held.clone());
    let watched = Arc::default();
    let watchdog = Watchdog::start(mailbox, &watched);
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
        }))),
        Err(error) => mailbox.send(Event::Failed { kind: error.kind(), error: error.to_string() }),
    }
    drop((telemetry, watchdog));
    mailbox.tracing().close();
    mailbox.stop_recording();
    if let Some(recorder) = recorder {
        recorder.finish();
    }
    held.release(&run_dir);
}

/// Says how the run ended, once it is known what of it is on the disk.
fn finish(mailbox: &Mailbox, mut finished: Finished) {
    let outbox = mailbox.outbox();
    match mailbox.flush_record() {
        Ok(0) => {}
        Ok(lost) => finished.missing.push(format!("{lost} events of the run found no room and are not in its record")),
        Err(why) => finished.missing.push(format!("the last events of the run are not in its record: {why}")),
    }
    let recorded = Event::Finished(Box::new(finished.clone()));
    outbox.record(&recorded);
    if finished.missing.is_empty()
        && let Err(why) = mailbox.flush_record()
    {
        finished.missing.push(format!("the run's end is not in its record: {why}"));
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
    let config = folder.config(&start)?;
    let dir = config.data.dir.clone().unwrap_or_default();
    let dataset = Arc::new(scan_with_progress(mailbox, &dir, &config.data)?);
    let split = split(&dataset, &config.data)?;
    let mut config = prepare::complete_chain(config, &dataset);
    let chain = Arc::new(Chain::build(&config.transforms)?);
    config.transforms = chain.specs().to_vec();
    let identity = folder::identity_of(&dataset, &split, &config);
    let beginning = folder.beginning(mailbox, &identity)?;
    let channels = dataset.channels(config.data.channels);
    let (quarantine, unknown_names) = stalls::quarantined(&dataset, &config.data.quarantine);
    let cache = sample_cache(&config.loader, &folder.dir);
    let tracing = mailbox.tracing();
    tracing.images(&dataset, config.train.seed);
    let images = Images { dataset, split, channels, cache, quarantine, watched: Arc::clone(watched), tracing };
    let (dataset, split) = (&images.dataset, &images.split);
    mailbox.phase(RunPhase::Probing);
    let probes = images.probes(mailbox, config.data.max_pixels);
    let sample = probes.sample(&chain)?;
    let shape = sample.shape();
    let classes = dataset.class_names.len();
    prepare::check_fits(&config, shape, classes, split.train.len())?;
    prepare::check_range(mailbox, &probes, &chain, &sample);

    let device = devices::open(mailbox, &config.train.device)?;
    config.train.device.clone_from(&device.info.id);
    mailbox.phase(RunPhase::WarmingUp);
    let spec = TrainerSpec {
        model: config.model.name.clone(),
        in_channels: shape[0],
        classes,
        lr: config.optimizer.lr,
        seed: config.train.seed,
    };
    let mut trainer = Trainer::new(spec, device)?;
    if let Some(checkpoint) = &beginning.checkpoint {
        trainer.load(checkpoint)?;
    }
    let state = beginning.state;
    // What was changed while all this went on holds from the first batch.
    let chain = take_early_changes(mailbox, &images, &trainer, &mut config, chain)?;
    mailbox.clock().set_secs(state.secs);
    let started = Started {
        run_id: run_id(&folder.dir),
        device: trainer.device().info.clone(),
        class_names: dataset.class_names.clone(),
        train_count: split.train.len(),
        val_count: split.val.len(),
        test_count: split.test.len(),
        bad_file_count: dataset.bad_files.len(),
        sample_shape: shape,
        parameter_count: trainer.parameter_count(),
        steps_per_epoch: batches_per_epoch(split.train.len(), config.loader.batch_size, config.loader.drop_last),
        first_step: state.step,
        resumed: folder.resume,
        config: config.clone(),
        run_dir: folder.dir.clone(),
    };
    let notes = run_notes(&started);
    let (record, gap) = folder.open(&notes, &config, &beginning, &identity)?;
    watched.set_run(RunFile { run_dir: folder.dir.clone(), notes, config: config.clone() });
    let (running, sender) = Recorder::start(record, mailbox.outbox())
        .map_err(|e| RunError::Device(format!("the recorder's thread could not be started: {e}")))?;
    *recorder = Some(running);
    mailbox.record_to(sender);
    mailbox.send(Event::Started(Box::new(started.clone())));
    let _door = start.detached.then(|| open_door(mailbox, &folder.dir)).flatten();
    if mailbox.edits() > 0 {
        // The client's copy of the chain may be another than what runs.
        let running = config.transforms.clone();
        let trying = Trying { secs: state.secs, label: None, running, edits: mailbox.edits() };
        mailbox.send(Event::Trying(Box::new(trying)));
    }
    let mut missing = Vec::new();
    if let Some((first, last)) = gap {
        missing.push(format!("steps {first} to {last} are not in the record, as the checkpoint was ahead of it"));
        mailbox.warn(missing[0].clone());
    }
    warn_of_bad_files(mailbox, dataset);
    unknown_names.into_iter().for_each(|warning| mailbox.warn(warning));
    if prepare::leaves_many_sizes(dataset, &config.transforms) {
        mailbox.warn("the images differ in size and no transform brings them to one: those that differ from the first of a batch are left out; add Resize");
    }
    mailbox.phase(RunPhase::WarmingUp);

    let mut session = Session::new(mailbox, &mut trainer, &images, config, chain, folder.checkpoints.clone(), state)?;
    let end = session.train();
    images.tracing.send_at_end();
    let end = end?;
    missing.extend(session.missing());
    let (state, eval_job) = (session.state(), session.eval_job(Arc::from(images.split.test.as_slice())));

    let mut status = match end {
        SessionEnd::Completed => RunStatus::Completed,
        SessionEnd::Stopped => RunStatus::Stopped,
    };
    let mut test = None;
    if status == RunStatus::Completed && !images.split.test.is_empty() {
        let best = session.best_weights(&mut missing)?;
        drop(session);
        mailbox.phase(RunPhase::Testing);
        test = run_test(mailbox, &best, &images, eval_job, state.step)?;
        if test.is_none() {
            // A resume has nothing to train, and tests.
            status = RunStatus::Stopped;
        }
    }
    if status == RunStatus::Completed {
        drop(images);
        // The run's own cache is of no use to another; there is none as a rule.
        let _ = std::fs::remove_dir_all(own_cache_dir(&folder.dir));
    }
    Ok(Finished {
        secs: mailbox.clock().secs(),
        status,
        steps: state.step,
        best_epoch: state.best_epoch,
        best_val_auc: state.best_val_auc,
        test,
        missing,
    })
}

/// A run that goes on without its client can be attached to.
fn open_door(mailbox: &Mailbox, run_dir: &Path) -> Option<Door> {
    match Door::open(run_dir, mailbox.outbox(), mailbox.command_reader()) {
        Ok(door) => Some(door),
        Err(error) => {
            mailbox.warn(format!("nobody can attach to this run: {error}"));
            None
        }
    }
}

fn scan_with_progress(mailbox: &Mailbox, dir: &Path, config: &DataConfig) -> Result<Dataset, RunError> {
    mailbox.phase(RunPhase::Scanning);
    let mut reported = Instant::now();
    let mut stopped = false;
    // What hung once is not to hang the next engine before its first step.
    let found = scan_around(dir, &config.quarantine, config.max_pixels, &mut |progress| {
        if reported.elapsed() >= PROGRESS_EVERY {
            reported = Instant::now();
            mailbox.send(Event::Progress { phase: RunPhase::Scanning, done: progress.files_seen, total: 0 });
            stopped |= mailbox.stop_wanted();
        }
        if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if stopped { Err(RunError::Stopped) } else { Ok(found?) }
}

/// The folder's name: it holds time and model where the program chose it.
fn run_id(run_dir: &Path) -> String {
    run_dir.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// What stands in `run.toml` above the configuration.
fn run_notes(started: &Started) -> Vec<String> {
    vec![
        format!(
            "{}; start it again with: trainscope train --config run.toml --run NEWDIR",
            crate::about::version_line()
        ),
        format!("device: {} ({}, {})", started.device.id, started.device.name, started.device.driver),
        format!(
            "{} training, {} validation and {} test images of {} classes; sample {:?}; {} parameters",
            started.train_count,
            started.val_count,
            started.test_count,
            started.class_names.len(),
            started.sample_shape,
            started.parameter_count
        ),
    ]
}

fn warn_of_bad_files(mailbox: &Mailbox, dataset: &Dataset) {
    const SHOWN: usize = 5;
    for bad in dataset.bad_files.iter().take(SHOWN) {
        mailbox.warn(format!("left out: {}: {}", bad.reason, show_path(&bad.path)));
    }
    if dataset.bad_files.len() > SHOWN {
        mailbox.warn(format!("left out: {} more files; `trainscope scan` lists them", dataset.bad_files.len() - SHOWN));
    }
}

fn run_test(
    mailbox: &Mailbox,
    best: &Evaluator,
    images: &Images,
    job: LoaderJob,
    step: u64,
) -> Result<Option<TestReport>, RunError> {
    let dataset = &images.dataset;
    let classes = dataset.class_names.len();
    let total = job.indices.len() as u64;
    let loader = images.start(job, RunPhase::Testing)?;
    let _testing = images.tracing.begin(Doing::Test);
    let mut interrupted = || {
        while mailbox.pause_wanted() && !mailbox.stop_wanted() {
            mailbox.tell_pause(true, step);
            mailbox.wait_for_news(POLL);
        }
        mailbox.tell_pause(false, step);
        mailbox.stop_wanted()
    };
    let of = Evaluating { phase: RunPhase::Testing, total, classes };
    let Some(evaluation) = evaluate(mailbox, of, best, loader, &mut interrupted)? else {
        return Ok(None);
    };
    let report = evaluation.class_reports();
    Ok(Some(TestReport {
        loss: evaluation.loss(),
        accuracy: evaluation.accuracy(),
        auc: evaluation.roc_auc_macro(),
        confusion: evaluation.confusion().to_vec(),
        classes: dataset
            .class_names
            .iter()
            .zip(report)
            .map(|(name, r)| ClassReport {
                name: name.clone(),
                precision: r.precision,
                recall: r.recall,
                f1: r.f1,
                support: r.support,
            })
            .collect(),
    }))
}
