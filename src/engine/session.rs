//! The training loop: batches in, steps, events out; commands are looked at between steps and while data is late.

mod aside;
mod edits;
mod fitting;
mod live;
mod reports;
mod trial;

use super::RunError;
use super::evaluate::{Evaluating, evaluate, pixels_of};
use super::experiment::Experiments;
use super::mailbox::Mailbox;
use super::observer::Observer;
use super::run::Images;
use super::trace::{Doing, traced};
use crate::config::RunConfig;
use crate::loader::{Batch, Loader, LoaderJob, Next, StageSnapshot, batches_per_epoch};
use crate::protocol::{BisectRequest, Command, EpochEvent, Event, RunPhase, SlowSamples, StepEvent, Verdict};
use crate::train::{CheckpointState, MixedLabels, Samples, Trainer};
use crate::transform::Chain;
use aside::{Aside, Mark};
use live::{Pending, Tried};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use trial::Trials;

const POLL: Duration = Duration::from_millis(50);
/// A checkpoint within an epoch is due after this long, and after so many times what the last one took: it must stay
/// under a hundredth of the time.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);
const CHECKPOINT_COST_FACTOR: u32 = 100;

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
    /// Pauses, measurements and the like, which are no step's time and nobody's waiting for data.
    aside: Aside,
    /// A person's change of the chain that is being tried.
    trials: Trials,
    /// Changes of the chain that were asked for so far.
    edits: u64,
    /// It begins when what is being tried has been.
    bisect_wanted: Option<BisectRequest>,
    /// Chains that the bisect under way has tried.
    tried: Tried,
    /// Whether a bisect and a pause are known to be under way.
    spans_told: [bool; 2],
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
            aside: Aside::default(),
            trials: Trials::default(),
            edits: 0,
            bisect_wanted: None,
            tried: Tried::default(),
            spans_told: [false; 2],
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
        if self.take_back() {
            self.mailbox.warn("the change of transforms was not made: it was still being tried when training ended");
        }
        self.experiments.end(self.mailbox);
        self.paused = false;
        self.tell_spans();
        end
    }

    fn train_on(&mut self) -> Result<SessionEnd, RunError> {
        let mut first = true;
        let mut step_begun = self.aside.mark(Instant::now());
        loop {
            let waiting = self.aside.mark(Instant::now());
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
            let wait_secs = self.aside.since(waiting, Instant::now()).as_secs_f64();
            if batch.epoch > self.state.next_epoch && self.state.next_batch > 0 {
                self.untimed(|session| session.end_epoch(session.state.next_epoch))?;
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
                step_begun = self.aside.mark(Instant::now());
            } else if Instant::now() >= self.checkpoint_due {
                self.save(false);
            }
            if std::mem::take(&mut self.ceilings_wanted) {
                self.untimed(Self::measure_ceilings)?;
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

    fn step(&mut self, batch: &Batch, wait_secs: f64, step_begun: &mut Mark) -> Result<(), RunError> {
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
        let now = Instant::now();
        let step_secs = self.aside.since(*step_begun, now).as_secs_f64().max(1e-9);
        *step_begun = self.aside.mark(now);
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

    /// Does something whose time is no step's.
    fn untimed<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let begun = self.aside.mark(Instant::now());
        let done = work(self);
        self.aside.leave_out_since(begun, Instant::now());
        done
    }

    /// Takes in what the client sent; while paused, waits for more.
    fn answer_commands(&mut self) {
        let mut since: Option<Mark> = None;
        loop {
            while let Some(command) = self.mailbox.try_command() {
                self.answer(command);
            }
            self.go_on_trying();
            self.stop |= self.mailbox.client_gone();
            if !self.paused || self.stop {
                if let Some(since) = since {
                    self.aside.leave_out_since(since, Instant::now());
                }
                return;
            }
            since.get_or_insert_with(|| self.aside.mark(Instant::now()));
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
            Command::SetTransforms(specs) => self.set_transforms(specs),
            Command::Bisect(request) => self.begin_bisect(request),
            Command::MeasureCeilings => self.ceilings_wanted = true,
            Command::StopBisect => {
                self.bisect_wanted = None;
                self.experiments.stop_bisect("request");
                self.go_on_bisecting();
            }
            Command::Start(_) => self.mailbox.warn("a run is under way in this engine: stop it first"),
            // Answered where commands are read.
            Command::TakeTrace { .. } | Command::TraceAtEnd { .. } => {}
            Command::ListDevices => self.mailbox.warn("devices are not listed while a run is under way"),
            // The watchdog's: they do not come this way.
            Command::AnswerStall(_) => {}
        }
        self.tell_spans();
    }
}
