//! A run from `Start` to its last event: scan, split, chain, device, network, training, test.

use super::evaluate::{Evaluating, evaluate};
use super::mailbox::Mailbox;
use super::recorder::Recorder;
use super::session::{Session, SessionEnd};
use super::stalls::{RunFile, Watchdog, Watched};
use super::trace::{Doing, Tracing};
use super::{Probes, RunError, devices, prepare, stalls};
use crate::config::{DataConfig, LoaderConfig};
use crate::data::{Dataset, Split, scan_around, split};
use crate::loader::{Loader, LoaderError, LoaderJob, Quarantine, SampleCache, batches_per_epoch};
use crate::protocol::{
    ClassReport, Command, Event, Finished, RunPhase, RunStatus, StartRun, Started, Telemetry, TestReport,
};
use crate::store::{RunStore, checkpoints_dir, write_config};
use crate::train::{CheckpointState, Trainer, TrainerSpec, best_checkpoint, last_checkpoint};
use crate::transform::Chain;
use crossbeam_channel::{Sender, bounded};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const TELEMETRY_EVERY: Duration = Duration::from_secs(1);
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Runs what the client asked for; its last event is `Finished` or `Failed`.
pub(super) fn run(mailbox: &Mailbox, start: StartRun) {
    let telemetry = TelemetryThread::start(mailbox);
    let watched = Arc::default();
    let watchdog = Watchdog::start(mailbox, &watched);
    mailbox.tracing().open(mailbox.outbox());
    let mut recorder = None;
    match run_recorded(mailbox, start, &watched, &mut recorder) {
        Ok(()) => {}
        Err(RunError::Stopped) => mailbox.send(Event::Finished(Box::new(Finished {
            secs: mailbox.clock().secs(),
            status: RunStatus::Stopped,
            steps: 0,
            best_epoch: None,
            best_val_auc: None,
            test: None,
        }))),
        Err(error) => mailbox.send(Event::Failed { kind: error.kind(), error: error.to_string() }),
    }
    drop((telemetry, watchdog));
    mailbox.tracing().close();
    mailbox.stop_recording();
    if let Some(recorder) = recorder {
        recorder.finish();
    }
}

fn run_recorded(
    mailbox: &Mailbox,
    start: StartRun,
    watched: &Arc<Watched>,
    recorder: &mut Option<Recorder>,
) -> Result<(), RunError> {
    let StartRun { config, run_dir, resume } = start;
    let dir = config.data.dir.clone().unwrap_or_default();
    let dataset = Arc::new(scan_with_progress(mailbox, &dir, &config.data)?);
    let split = split(&dataset, &config.data)?;
    let mut config = prepare::complete_chain(config, &dataset);
    let chain = Arc::new(Chain::build(&config.transforms)?);
    config.transforms = chain.specs().to_vec();
    let channels = dataset.channels(config.data.channels);
    let (quarantine, unknown_names) = stalls::quarantined(&dataset, &config.data.quarantine);
    let cache = sample_cache(&config.loader, &run_dir);
    let tracing = mailbox.tracing();
    tracing.images(&dataset, config.train.seed);
    let images = Images { dataset, split, channels, cache, quarantine, watched: Arc::clone(watched), tracing };
    let (dataset, split) = (&images.dataset, &images.split);
    mailbox.phase(RunPhase::Probing);
    let shape = images.probes(mailbox, config.data.max_pixels).sample_shape(&chain)?;
    let classes = dataset.class_names.len();
    prepare::check_fits(&config, shape, classes, split.train.len())?;

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

    let checkpoints = checkpoints_dir(&run_dir);
    let mut state = CheckpointState { next_epoch: 1, ..CheckpointState::default() };
    let store = if resume {
        if let Some(checkpoint) = last_checkpoint(&checkpoints) {
            trainer.load(&checkpoint)?;
            state = checkpoint.state;
        }
        RunStore::resume(&run_dir, state.step, state.secs)?
    } else {
        RunStore::create(&run_dir)?
    };
    mailbox.clock().set_secs(state.secs);
    let started = Started {
        run_id: run_id(&run_dir),
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
        resumed: resume,
        config: config.clone(),
        run_dir: run_dir.clone(),
    };
    let notes = run_notes(&started);
    write_config(&run_dir, &notes, &config)?;
    watched.set_run(RunFile { run_dir: run_dir.clone(), notes, config: config.clone() });
    let (running, sender) = Recorder::start(store, mailbox.outbox())
        .map_err(|e| RunError::Device(format!("the recorder's thread could not be started: {e}")))?;
    *recorder = Some(running);
    mailbox.record_to(sender);
    mailbox.send(Event::Started(Box::new(started.clone())));
    warn_of_bad_files(mailbox, dataset);
    unknown_names.into_iter().for_each(|warning| mailbox.warn(warning));
    if prepare::leaves_many_sizes(dataset, &config.transforms) {
        mailbox.warn("the images differ in size and no transform brings them to one: those that differ from the first of a batch are left out; add Resize");
    }
    mailbox.phase(RunPhase::WarmingUp);

    let mut session = Session::new(mailbox, &mut trainer, &images, config, chain, checkpoints.clone(), state)?;
    let end = session.train();
    images.tracing.send_at_end();
    let end = end?;
    let (state, eval_job) = (session.state(), session.eval_job(Arc::from(images.split.test.as_slice())));
    drop(session);

    let status = match end {
        SessionEnd::Completed => RunStatus::Completed,
        SessionEnd::Stopped => RunStatus::Stopped,
    };
    let mut test = None;
    if status == RunStatus::Completed && !images.split.test.is_empty() {
        if let Some(best) = best_checkpoint(&checkpoints) {
            trainer.load(&best)?;
        }
        mailbox.phase(RunPhase::Testing);
        test = run_test(mailbox, &trainer, &images, eval_job)?;
    }
    if status == RunStatus::Completed {
        drop(images);
        // The run's own cache is of no use to another; there is none as a rule.
        let _ = std::fs::remove_dir_all(own_cache_dir(&run_dir));
    }
    mailbox.send(Event::Finished(Box::new(Finished {
        secs: mailbox.clock().secs(),
        status,
        steps: state.step,
        best_epoch: state.best_epoch,
        best_val_auc: state.best_val_auc,
        test,
    })));
    Ok(())
}

/// The images of a run and their parts.
pub(super) struct Images {
    pub dataset: Arc<Dataset>,
    pub split: Split,
    pub channels: usize,
    /// What training, validation and test keep of them.
    cache: Arc<SampleCache>,
    /// ... and what they leave out.
    quarantine: Arc<Quarantine>,
    watched: Arc<Watched>,
    pub tracing: Tracing,
}

impl Images {
    /// Starts a loader over these images, for that part of the run.
    pub fn start(&self, job: LoaderJob, phase: RunPhase) -> Result<Loader, LoaderError> {
        let loader = Loader::start_with(job, Arc::clone(&self.cache), Arc::clone(&self.quarantine))?;
        self.watched.add(loader.watch());
        self.tracing.loader(phase, loader.recorder());
        Ok(loader)
    }

    /// Training images to try a chain on, without those that hung once.
    pub fn probes(&self, mailbox: &Mailbox, max_pixels: u64) -> Probes<'_> {
        Probes::new(&self.dataset, self.probe_samples(), self.channels, max_pixels).watched(mailbox)
    }

    /// Their indices.
    pub fn probe_samples(&self) -> Vec<u32> {
        let train = self.split.train.iter().copied();
        train.filter(|image| !self.quarantine.holds(*image)).take(prepare::PROBES).collect()
    }

    /// A loader's job over these images; the caller sets what differs.
    pub fn job(&self, indices: Arc<[u32]>, chain: Arc<Chain>, config: &crate::config::RunConfig) -> LoaderJob {
        LoaderJob {
            dataset: Arc::clone(&self.dataset),
            indices,
            chain,
            config: config.loader.clone(),
            channels: self.channels,
            max_pixels: config.data.max_pixels,
            seed: config.train.seed,
            shuffle: false,
            first_epoch: 1,
            first_batch: 0,
            epochs: 1,
        }
    }
}

fn own_cache_dir(run_dir: &Path) -> PathBuf {
    run_dir.join("cache")
}

/// The run's cache; on disk in the run's folder where no other is named.
fn sample_cache(config: &LoaderConfig, run_dir: &Path) -> Arc<SampleCache> {
    let cache_dir = config.cache_dir.clone().unwrap_or_else(|| own_cache_dir(run_dir));
    SampleCache::new(&LoaderConfig { cache_dir: Some(cache_dir), ..config.clone() })
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
            stopped |=
                mailbox.client_gone() || matches!(mailbox.try_command(), Some(Command::Stop | Command::Shutdown));
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
        mailbox.warn(format!("left out: {}: {}", bad.reason, bad.path.display()));
    }
    if dataset.bad_files.len() > SHOWN {
        mailbox.warn(format!("left out: {} more files; `trainscope scan` lists them", dataset.bad_files.len() - SHOWN));
    }
}

fn run_test(
    mailbox: &Mailbox,
    trainer: &Trainer,
    images: &Images,
    job: LoaderJob,
) -> Result<Option<TestReport>, RunError> {
    let dataset = &images.dataset;
    let classes = dataset.class_names.len();
    let total = job.indices.len() as u64;
    let loader = images.start(job, RunPhase::Testing)?;
    let _testing = images.tracing.begin(Doing::Test);
    let mut interrupted =
        || mailbox.client_gone() || matches!(mailbox.try_command(), Some(Command::Stop | Command::Shutdown));
    let of = Evaluating { phase: RunPhase::Testing, total, classes };
    let Some(evaluation) = evaluate(mailbox, of, &trainer.evaluator()?, loader, &mut interrupted)? else {
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

/// Reads the hardware once a second and is the engine's heartbeat.
struct TelemetryThread {
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl TelemetryThread {
    fn start(mailbox: &Mailbox) -> Self {
        let (stop, stopped) = bounded::<()>(1);
        let outbox = mailbox.outbox();
        let work = move || {
            let mut sampler = crate::telemetry::Sampler::new();
            while stopped.recv_timeout(TELEMETRY_EVERY).is_err_and(|e| e.is_timeout()) {
                let secs = outbox.clock.secs();
                outbox.send(Event::Heartbeat { secs });
                let reading: Telemetry = sampler.sample(secs);
                outbox.send(Event::Telemetry(Box::new(reading)));
                for note in sampler.take_notes() {
                    outbox.warn(note);
                }
            }
        };
        let thread = std::thread::Builder::new().name("engine-telemetry".to_owned()).spawn(work);
        if let Err(error) = &thread {
            mailbox.warn(format!("no hardware readings: their thread could not be started: {error}"));
        }
        Self { stop, thread: thread.ok() }
    }
}

impl Drop for TelemetryThread {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.stop.try_send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
