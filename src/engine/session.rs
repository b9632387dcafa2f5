//! The training loop: batches in, steps, events out; commands are looked at between steps and while data is late.

mod live;

use super::RunError;
use super::evaluate::{Evaluating, evaluate, pixels_of};
use super::experiment::Experiments;
use super::mailbox::Mailbox;
use super::observer::{Observer, slow_samples};
use super::run::Images;
use super::trace::{Doing, traced};
use crate::config::{CacheMode, RunConfig};
use crate::diagnose::{RunFacts, switchable};
use crate::loader::{
    Batch, FIRST_STEP, Loader, LoaderJob, Next, QUARANTINE, SampleFailure, StageSnapshot, batches_per_epoch,
    stage_names,
};
use crate::protocol::{Command, DeviceKind, EpochEvent, Event, RunPhase, SlowSamples, StagesEvent, StepEvent, Verdict};
use crate::train::{CheckpointState, MixedLabels, Samples, Trainer};
use crate::transform::Chain;
use live::Pending;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(50);
const STAGES_EVERY: Duration = Duration::from_secs(1);
const SLOW_EVERY: Duration = Duration::from_secs(10);
/// A checkpoint within an epoch is due after this long, and after so many times what the last one took: it must stay
/// under a hundredth of the time.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);
const CHECKPOINT_COST_FACTOR: u32 = 100;
/// Warnings of files that cannot be loaded, each once; more are only counted.
const MAX_FILE_WARNINGS: usize = 20;

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionEnd {
    Completed,
    Stopped,
}

/// A run in training.
pub(super) struct Session<'a> {
    mailbox: &'a Mailbox,
    trainer: &'a mut Trainer,
    images: &'a Images,
    config: RunConfig,
    chain: Arc<Chain>,
    checkpoints: PathBuf,
    state: CheckpointState,
    loader: Loader,
    steps_per_epoch: u64,
    pending_marks: VecDeque<Pending>,
    stop: bool,
    paused: bool,
    /// How long it was paused since the step now under way began.
    paused_for: Duration,
    stages_sent: (Instant, StageSnapshot),
    /// The slowest files and draws, and when they were sent.
    slow_sent: (Instant, SlowSamples),
    checkpoint_due: Instant,
    epoch_begun_secs: f64,
    file_warnings: usize,
    observer: Observer,
    /// The last one that was sent.
    verdict: Option<Verdict>,
    experiments: Experiments,
    /// They are measured between two steps.
    ceilings_wanted: bool,
    /// When the trainer last got a batch.
    batch_came: Instant,
    /// Whether cache trouble, a full cache, pinning, priority and bytes were told.
    loader_said: [bool; 5],
}

impl<'a> Session<'a> {
    pub(super) fn new(
        mailbox: &'a Mailbox,
        trainer: &'a mut Trainer,
        images: &'a Images,
        config: RunConfig,
        chain: Arc<Chain>,
        checkpoints: PathBuf,
        state: CheckpointState,
    ) -> Result<Self, RunError> {
        let train: Arc<[u32]> = Arc::from(images.split.train.as_slice());
        let steps_per_epoch = batches_per_epoch(train.len(), config.loader.batch_size, config.loader.drop_last);
        let epochs = config.train.epochs as u64;
        let job = LoaderJob {
            shuffle: true,
            first_epoch: state.next_epoch,
            first_batch: state.next_batch,
            epochs: (epochs + 1).saturating_sub(state.next_epoch),
            ..images.job(train, Arc::clone(&chain), &config)
        };
        let loader = images.start(job, RunPhase::Training)?;
        let snapshot = loader.stats().snapshot();
        let experiments = Experiments::new(config.loader.batch_size, loader.queue_capacity());
        let now = Instant::now();
        Ok(Self {
            mailbox,
            trainer,
            images,
            config,
            chain,
            checkpoints,
            state,
            loader,
            steps_per_epoch,
            pending_marks: VecDeque::new(),
            stop: false,
            paused: false,
            paused_for: Duration::ZERO,
            stages_sent: (now, snapshot),
            slow_sent: (now, SlowSamples::default()),
            checkpoint_due: now + CHECKPOINT_EVERY,
            epoch_begun_secs: mailbox.clock().secs(),
            file_warnings: 0,
            observer: Observer::default(),
            verdict: None,
            experiments,
            ceilings_wanted: false,
            batch_came: now,
            loader_said: [false; 5],
        })
    }

    pub(super) fn state(&self) -> CheckpointState {
        self.state
    }

    /// A pass over `indices` with the deterministic part of the chain as it now is.
    pub(super) fn eval_job(&self, indices: Arc<[u32]>) -> LoaderJob {
        let mut job = self.images.job(indices, Arc::new(self.chain.deterministic()), &self.config);
        job.config.drop_last = false;
        job
    }

    /// Trains to the last epoch or to a stop; a checkpoint stands behind either.
    pub(super) fn train(&mut self) -> Result<SessionEnd, RunError> {
        let end = self.train_on();
        self.experiments.end(self.mailbox);
        end
    }

    fn train_on(&mut self) -> Result<SessionEnd, RunError> {
        let mut first = true;
        let mut step_begun = Instant::now();
        loop {
            let waited = Instant::now();
            let Some(batch) = self.next_batch()? else {
                if self.stop {
                    self.mailbox.phase(RunPhase::Stopping);
                    self.save(false);
                    return Ok(SessionEnd::Stopped);
                }
                let failures = self.loader.take_failures();
                self.warn_of_failures(&failures);
                // Batches that were all unreadable leave the last epoch's end to here.
                if self.state.next_epoch <= self.config.train.epochs as u64 {
                    self.end_epoch(self.state.next_epoch)?;
                }
                return Ok(if self.stop { SessionEnd::Stopped } else { SessionEnd::Completed });
            };
            // A pause is nobody's waiting for data.
            let paused = std::mem::take(&mut self.paused_for);
            step_begun += paused;
            let wait_secs = waited.elapsed().saturating_sub(paused).as_secs_f64();
            if batch.epoch > self.state.next_epoch && self.state.next_batch > 0 {
                self.end_epoch(self.state.next_epoch)?;
            }
            self.warn_of_failures(&batch.failures);
            self.mark_changes(batch.config_version);
            self.step(&batch, wait_secs, &mut step_begun)?;
            let epoch = batch.epoch;
            let epoch_ended = batch.index + 1 >= self.steps_per_epoch;
            (self.state.next_epoch, self.state.next_batch) = (epoch, batch.index + 1);
            self.loader.recycle(batch);
            if std::mem::take(&mut first) {
                self.mailbox.phase(RunPhase::Training);
            }
            if epoch_ended {
                self.end_epoch(epoch)?;
                step_begun = Instant::now();
            } else if Instant::now() >= self.checkpoint_due {
                self.save(false);
            }
            if std::mem::take(&mut self.ceilings_wanted) {
                let begun = Instant::now();
                self.measure_ceilings()?;
                self.paused_for += begun.elapsed();
            }
            self.send_stages();
        }
    }

    /// The next batch; `None` at the end of the stream or at a stop. Answers commands while it waits.
    fn next_batch(&mut self) -> Result<Option<Batch>, RunError> {
        self.images.tracing.enter(Doing::Waiting);
        loop {
            self.answer_commands();
            if self.stop {
                return Ok(None);
            }
            match self.loader.next_timeout(POLL)? {
                Next::Batch(batch) => {
                    self.batch_came = Instant::now();
                    return Ok(Some(batch));
                }
                Next::End => return Ok(None),
                Next::NotYet => {
                    self.send_stages();
                }
            }
        }
    }

    fn step(&mut self, batch: &Batch, wait_secs: f64, step_begun: &mut Instant) -> Result<(), RunError> {
        let every = self.config.train.time_every_steps as u64;
        let sync = every > 0 && self.state.step.is_multiple_of(every);
        self.state.step += 1;
        let last_of_epoch = batch.index + 1 >= self.steps_per_epoch;
        let read_loss =
            sync || last_of_epoch || self.state.step.is_multiple_of(self.config.train.loss_every_steps as u64);
        let mixed = batch.mixed.as_ref().map(|m| MixedLabels { share: m.share, partners: &m.partner_labels });
        let samples = Samples { pixels: pixels_of(batch), shape: batch.shape, labels: &batch.labels, mixed };
        self.images.tracing.enter(Doing::Step);
        let outcome = self.trainer.step(samples, sync, read_loss)?;
        let mut phases = outcome.phases;
        phases.wait_secs = wait_secs;
        self.images.tracing.step(traced(self.state.step, batch, phases.synced), self.batch_came, &phases);
        let secs = self.mailbox.clock().secs();
        let step_secs = std::mem::replace(step_begun, Instant::now()).elapsed().as_secs_f64().max(1e-9);
        if let Some(loss) = outcome.loss {
            if loss.is_finite() {
                self.state.epoch_loss_sum += loss;
                self.state.epoch_loss_count += 1;
            } else {
                self.mailbox.warn(format!(
                    "the loss is not a number at step {}: try a smaller optimizer.lr (it is {})",
                    self.state.step, self.config.optimizer.lr
                ));
            }
        }
        let event = StepEvent {
            secs,
            step: self.state.step,
            epoch: batch.epoch,
            loss: outcome.loss.filter(|l| l.is_finite()),
            lr: self.config.optimizer.lr,
            images_per_sec: batch.labels.len() as f64 / step_secs,
            data_wait_frac: (wait_secs / step_secs).clamp(0.0, 1.0),
            phases,
            queue_len: self.loader.queue_len(),
            config_version: batch.config_version,
        };
        self.mailbox.send(Event::Step(event.clone()));
        let bisecting = self.experiments.bisecting();
        self.experiments.observe(self.mailbox, &event);
        if bisecting {
            self.go_on_bisecting();
        } else {
            self.observer.step(&event);
        }
        Ok(())
    }

    /// Validates, reports the epoch and writes its checkpoint.
    fn end_epoch(&mut self, epoch: u64) -> Result<(), RunError> {
        let mean = |state: &CheckpointState| state.epoch_loss_sum / state.epoch_loss_count as f64;
        let train_loss = if self.state.epoch_loss_count > 0 { mean(&self.state) } else { f64::NAN };
        let evaluation = if self.images.split.val.is_empty() {
            None
        } else {
            self.mailbox.phase(RunPhase::Validating);
            let job = self.eval_job(Arc::from(self.images.split.val.as_slice()));
            let classes = self.images.dataset.class_names.len();
            let of = Evaluating { phase: RunPhase::Validating, total: job.indices.len() as u64, classes };
            let loader = self.images.start(job, RunPhase::Validating)?;
            let _validating = self.images.tracing.begin(Doing::Validation);
            let evaluator = self.trainer.evaluator()?;
            let mailbox = self.mailbox;
            let mut interrupted = || {
                self.answer_commands();
                self.stop
            };
            let evaluation = evaluate(mailbox, of, &evaluator, loader, &mut interrupted)?;
            if evaluation.is_none() {
                // Stopped: the epoch's end is done again on resume.
                return Ok(());
            }
            evaluation
        };
        let val_accuracy = evaluation.as_ref().map(crate::metrics::Evaluation::accuracy);
        let val_auc = evaluation.as_ref().and_then(crate::metrics::Evaluation::roc_auc_macro);
        // The tutorial's rule: the best ROC AUC; where there is none, accuracy; without validation, the lowest loss.
        let score = val_auc.or(val_accuracy).unwrap_or(-train_loss);
        let best = self.state.best_score.is_none_or(|best| score > best);
        if best {
            self.state.best_score = Some(score);
            self.state.best_epoch = Some(epoch);
            self.state.best_val_auc = val_auc;
        }
        let secs = self.mailbox.clock().secs();
        self.mailbox.send(Event::Epoch(EpochEvent {
            secs,
            step: self.state.step,
            epoch,
            train_loss,
            val_loss: evaluation.as_ref().map(crate::metrics::Evaluation::loss),
            val_accuracy,
            val_auc,
            epoch_secs: secs - self.epoch_begun_secs,
            best,
        }));
        (self.state.next_epoch, self.state.next_batch) = (epoch + 1, 0);
        (self.state.epoch_loss_sum, self.state.epoch_loss_count) = (0.0, 0);
        self.epoch_begun_secs = secs;
        self.save(best);
        self.mailbox.phase(RunPhase::Training);
        Ok(())
    }

    /// Writes a checkpoint. A disk that refuses costs a warning, not the run.
    fn save(&mut self, is_best: bool) {
        let begun = Instant::now();
        let _saving = self.images.tracing.begin(Doing::Checkpoint);
        self.state.is_best = is_best;
        self.state.secs = self.mailbox.clock().secs();
        let saved = self.mailbox.while_saving(|| self.trainer.save(&self.checkpoints, &self.state));
        if let Err(error) = saved {
            self.mailbox.warn(format!("{error}. Training goes on without this checkpoint"));
        }
        let took = begun.elapsed();
        self.checkpoint_due = Instant::now() + CHECKPOINT_EVERY.max(took * CHECKPOINT_COST_FACTOR);
    }

    /// Takes in what the client sent; while paused, waits for more.
    fn answer_commands(&mut self) {
        let mut since: Option<Instant> = None;
        loop {
            while let Some(command) = self.mailbox.try_command() {
                self.answer(command);
            }
            self.stop |= self.mailbox.client_gone();
            if !self.paused || self.stop {
                self.paused_for += since.map_or(Duration::ZERO, |since| since.elapsed());
                return;
            }
            since.get_or_insert_with(Instant::now);
            if let Some(command) = self.mailbox.command_within(POLL) {
                self.answer(command);
            }
        }
    }

    fn answer(&mut self, command: Command) {
        match command {
            Command::Stop | Command::Shutdown => {
                self.stop = true;
                self.mailbox.phase(RunPhase::Stopping);
            }
            Command::Pause => {
                self.paused = true;
                self.mailbox.phase(RunPhase::Paused);
            }
            Command::Resume => {
                self.paused = false;
                self.mailbox.phase(RunPhase::Training);
            }
            Command::SetWorkers(workers) => self.set_workers(workers),
            Command::SetTransforms(specs) => self.set_transforms(&specs),
            Command::Bisect(request) => self.begin_bisect(request),
            Command::MeasureCeilings => self.ceilings_wanted = true,
            Command::StopBisect => {
                self.experiments.stop_bisect();
                self.go_on_bisecting();
            }
            Command::Start(_) => self.mailbox.warn("a run is under way in this engine: stop it first"),
            // Answered where commands are read.
            Command::TakeTrace { .. } | Command::TraceAtEnd { .. } => {}
            Command::ListDevices => self.mailbox.warn("devices are not listed while a run is under way"),
            // The watchdog's: they do not come this way.
            Command::AnswerStall(_) => {}
        }
    }

    fn send_stages(&mut self) {
        let (sent, before) = &self.stages_sent;
        if sent.elapsed() < STAGES_EVERY {
            return;
        }
        let snapshot = self.loader.stats().snapshot();
        let stages = snapshot.since(before);
        let event = StagesEvent {
            secs: self.mailbox.clock().secs(),
            config_version: self.loader.config_version(),
            workers: self.config.loader.workers,
            stages,
            queue_len: self.loader.queue_len(),
            queue_capacity: self.loader.queue_capacity(),
            cache: self.loader.stats().cache(),
        };
        if self.experiments.bisecting() {
            // Its stages are of several chains: what held before it stands.
            self.mailbox.send(Event::Stages(event));
        } else {
            self.observer.stages(&event);
            self.mailbox.send(Event::Stages(event));
            let verdict = self.observer.verdict(&self.facts(), &self.mailbox.readings());
            self.mailbox.send(Event::Verdict(Box::new(verdict.clone())));
            self.verdict = Some(verdict);
        }
        self.stages_sent = (Instant::now(), snapshot);
        self.send_slow();
        self.warn_of_loader();
    }

    fn send_slow(&mut self) {
        if self.slow_sent.0.elapsed() < SLOW_EVERY {
            return;
        }
        let slow = slow_samples(&self.loader.stats().slowest(), &self.images.dataset);
        if slow != self.slow_sent.1 {
            self.mailbox.send(Event::Slow(Box::new(slow.clone())));
        }
        self.slow_sent = (Instant::now(), slow);
    }

    /// The circumstances that the verdict is to know.
    fn facts(&self) -> RunFacts {
        let stages = stage_names(&self.chain);
        let one_size = self.images.dataset.one_size().is_some();
        let cacheable = match self.config.loader.cache {
            // Reading, decoding and the steps before the first random one.
            CacheMode::Off => stages.iter().take(FIRST_STEP + self.chain.fixed_steps()).cloned().collect(),
            CacheMode::Ram | CacheMode::Disk => Vec::new(),
        };
        let stalled = !self.loader.watchdog().is_empty();
        RunFacts {
            batch_size: self.config.loader.batch_size,
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            device_is_cpu: matches!(self.trainer.device().info.kind, DeviceKind::Cpu | DeviceKind::SoftwareGpu),
            workers: self.config.loader.workers,
            switchable: switchable(&self.chain, one_size).into_iter().map(|candidate| candidate.name).collect(),
            cacheable,
            stalled_secs: stalled.then(|| self.batch_came.elapsed().as_secs_f64()),
        }
    }

    /// What the loader could not do as asked, each once.
    fn warn_of_loader(&mut self) {
        let stats = self.loader.stats();
        let cache = stats.cache().unwrap_or_default();
        let full = || {
            format!(
                "the cache is full with {} of its {} MiB: the images not kept are loaded each time; loader.cache_mb is its limit",
                cache.bytes >> 20,
                cache.limit_bytes >> 20
            )
        };
        let words = [
            cache.trouble.clone(),
            (cache.full && cache.trouble.is_none()).then(full),
            (stats.not_pinned() > 0).then(|| "workers could not be pinned to cores: the system refuses".to_owned()),
            stats.bytes_refused().then(|| {
                "batches go to the device as floats though loader.bytes_to_device is set: a transform before the last scale and shift needs floats, batches are mixed, or the files are not of 8 bits".to_owned()
            }),
            (stats.not_lowered() > 0)
                .then(|| "the workers' priority could not be lowered: the system refuses".to_owned()),
        ];
        for (said, words) in self.loader_said.iter_mut().zip(words) {
            if let (false, Some(words)) = (*said, words) {
                *said = true;
                self.mailbox.warn(words);
            }
        }
    }

    fn warn_of_failures(&mut self, failures: &[SampleFailure]) {
        // Those in quarantine were named when they came there.
        for failure in failures.iter().filter(|failure| failure.stage != QUARANTINE) {
            self.file_warnings += 1;
            if self.file_warnings <= MAX_FILE_WARNINGS {
                self.mailbox.warn(format!(
                    "left out of its batch in {}: {}: {}",
                    failure.stage,
                    failure.reason,
                    failure.path.display()
                ));
            } else if self.file_warnings == MAX_FILE_WARNINGS + 1 {
                self.mailbox.warn("more images could not be loaded; they are left out without further words");
            }
        }
    }
}
