//! The training loop: batches in, steps, events out; commands are looked at between steps and while data is late.

mod divergence;
mod edits;
mod fitting;
mod live;
mod reports;
mod saving;
mod step_time;
mod test_part;
mod trial;
mod validation;

#[cfg(test)]
mod played;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_ends;

use super::RunError;
use super::clock::Mark;
use super::evaluate::pixels_of;
use super::experiment::Experiments;
use super::mailbox::Mailbox;
use super::prepare::RangeWord;
use super::run::Images;
use super::trace::{Doing, traced};
use super::trains::Trains;
use crate::config::{RunConfig, Sampling};
use crate::loader::{Batch, EpochOrder, Loader, LoaderJob, Next, batches_per_epoch};
use crate::protocol::{Event, PAUSED_DEPTH, RunPhase, StepEvent, ends_short, full_batch};
use crate::store::{CheckpointState, Checkpoints};
use crate::train::{MixedLabels, Samples, Schedule, StepMode};
use crate::transform::Chain;
use divergence::Divergence;
pub(super) use edits::{describe_setup, take_early_changes};
use live::LiveChanges;
use reports::{Reports, warn_of_failures};
use saving::Saving;
use std::sync::Arc;
use std::time::{Duration, Instant};
use step_time::{Moment, Took};
pub(super) use test_part::train_and_test;
use trial::Trials;

const POLL: Duration = Duration::from_millis(50);

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SessionEnd {
    Completed,
    Stopped,
}

/// What training begins with.
pub(super) struct Beginning {
    pub config: RunConfig,
    pub chain: Arc<Chain>,
    pub checkpoints: Checkpoints,
    /// The checkpoint's that the trainer was loaded from.
    pub state: CheckpointState,
    pub range_word: RangeWord,
}

/// A run in training.
struct Session<'a, T: Trains> {
    mailbox: &'a Mailbox,
    trainer: &'a mut T,
    images: &'a Images,
    config: RunConfig,
    chain: Arc<Chain>,
    state: CheckpointState,
    saving: Saving<T::Weights>,
    loader: Loader,
    steps_per_epoch: u64,
    epoch_begun: Mark,
    /// Of the learning rate.
    schedule: Schedule,
    /// When the trainer last got a batch.
    batch_came: Instant,
    /// A person's change of the chain that is being tried.
    trials: Trials,
    range_word: RangeWord,
    live: LiveChanges,
    reports: Reports,
    divergence: Divergence,
    /// What validations within this epoch took.
    validating: Duration,
    /// They are measured between two steps.
    ceilings_wanted: bool,
}

impl<'a, T: Trains> Session<'a, T> {
    fn new(
        mailbox: &'a Mailbox,
        trainer: &'a mut T,
        images: &'a Images,
        Beginning { config, chain, checkpoints, mut state, range_word }: Beginning,
    ) -> Result<Self, RunError> {
        let train: Arc<[u32]> = Arc::from(images.split.train.as_slice());
        let steps_per_epoch = batches_per_epoch(train.len(), config.loader.batch_size, config.loader.drop_last);
        let epochs = config.train.epochs as u64;
        let job = LoaderJob {
            order: match config.train.sampling {
                Sampling::Shuffled => EpochOrder::Shuffled,
                Sampling::Balanced => EpochOrder::Balanced,
            },
            first_epoch: state.next_epoch,
            first_batch: state.next_batch,
            epochs: (epochs + 1).saturating_sub(state.next_epoch),
            ..images.job(train, Arc::clone(&chain), &config)
        };
        // Checkpoints of before do not say it.
        state.gathered.get_or_insert_with(|| {
            let together = config.optimizer.batches_together();
            let (share, _) = share_of_update(state.next_batch.saturating_sub(1), steps_per_epoch, together);
            if state.next_batch < steps_per_epoch { (state.next_batch % together) as f64 * share } else { 0.0 }
        });
        let schedule = Schedule::new(&config.schedule, &config.optimizer, epochs, steps_per_epoch)?;
        let loader = images.start(job, RunPhase::Training)?;
        let snapshot = loader.stats().snapshot();
        let full_batch = full_batch(config.loader.batch_size, images.split.train.len());
        let experiments = Experiments::new(full_batch, loader.queue_capacity());
        let clock = mailbox.clock();
        let now = clock.now();
        Ok(Self {
            mailbox,
            trainer,
            images,
            config,
            chain,
            state,
            saving: Saving::new(checkpoints, &state, now),
            loader,
            steps_per_epoch,
            schedule,
            epoch_begun: clock.mark(),
            batch_came: now,
            trials: Trials::default(),
            range_word,
            live: LiveChanges::new(experiments),
            reports: Reports::new(snapshot, now),
            divergence: Divergence::default(),
            validating: Duration::ZERO,
            ceilings_wanted: false,
        })
    }

    /// A pass over `indices` with the deterministic part of the chain as it now is.
    fn eval_job(&self, indices: Arc<[u32]>) -> LoaderJob {
        let mut job = self.images.job(indices, Arc::new(self.chain.deterministic()), &self.config);
        job.config.drop_last = false;
        job
    }

    /// Trains to the last epoch or to a stop; a checkpoint stands behind either.
    fn train(&mut self) -> Result<SessionEnd, RunError> {
        let end = self.train_on();
        let unsaved = self.state.step > self.saving.last_step().unwrap_or_default();
        if unsaved && matches!(end, Err(RunError::Loader(_) | RunError::Metrics(_))) {
            // Nothing is wrong with device and weights: a resume goes on from here. Where that cannot be written it is warned of.
            let _ = self.save();
        }
        if self.take_back() {
            self.mailbox.warn(edits::not_made(msg!("engine-trial-unfinished")));
        }
        self.live.experiments.end(self.mailbox);
        self.mailbox.tell_pause(false, self.state.step);
        self.divergence.now = false;
        self.tell_spans();
        end
    }

    fn train_on(&mut self) -> Result<SessionEnd, RunError> {
        let clock = self.mailbox.clock();
        let mut first = true;
        if self.is_stopped_early() {
            return Ok(SessionEnd::Completed);
        }
        // A stop came in its midst. That of an epoch's end is made with the end.
        if (1..self.steps_per_epoch).contains(&self.state.next_batch) && self.is_due_within_epoch() {
            self.validate_within_epoch()?;
        }
        let mut step_begun = self.moment();
        loop {
            let mut waiting = self.moment();
            let Some(batch) = self.next_batch()? else {
                if self.mailbox.stop_wanted() {
                    return self.stopped();
                }
                warn_of_failures(self.mailbox, self.images, &self.loader.take_failures());
                // Batches that were all unreadable leave the last epoch's end to here.
                if self.state.next_epoch <= self.config.train.epochs as u64 {
                    self.end_epoch(self.state.next_epoch)?;
                }
                // A stop within that validation leaves it to be done again.
                let completed = self.state.next_epoch > self.config.train.epochs as u64;
                return if completed { Ok(SessionEnd::Completed) } else { self.stopped() };
            };
            let waited = waiting.lap(clock, self.loader.stats().cpu_time());
            if batch.epoch > self.state.next_epoch && self.state.next_batch > 0 {
                self.untimed(|session| session.end_epoch(session.state.next_epoch))?;
                if self.mailbox.stop_wanted() {
                    // It may have come before that end was made: the resume makes it, and gets this batch again.
                    return self.stopped();
                }
                if self.is_stopped_early() {
                    return Ok(SessionEnd::Completed);
                }
            }
            self.finish_update_before(&batch);
            warn_of_failures(self.mailbox, self.images, &batch.failures);
            self.mark_changes(batch.config_version);
            self.step(&batch, waited, &mut step_begun)?;
            let epoch = batch.epoch;
            let epoch_ended = batch.index + 1 >= self.steps_per_epoch;
            (self.state.next_epoch, self.state.next_batch) = (epoch, batch.index + 1);
            self.loader.recycle(batch);
            if std::mem::take(&mut first) {
                self.mailbox.phase(RunPhase::Training);
            }
            if epoch_ended {
                self.end_epoch(epoch)?;
                step_begun = self.moment();
            } else if self.is_due_within_epoch() {
                self.validate_within_epoch()?;
                step_begun = self.moment();
            } else if self.saving.is_due(clock.now()) {
                self.save()?;
            }
            if self.is_stopped_early() {
                return Ok(SessionEnd::Completed);
            }
            if std::mem::take(&mut self.ceilings_wanted) {
                self.untimed(Self::measure_ceilings);
            }
            self.send_stages();
        }
    }

    fn moment(&self) -> Moment {
        Moment::now(self.mailbox.clock(), self.loader.stats().cpu_time())
    }

    /// A checkpoint stands behind a stop.
    fn stopped(&mut self) -> Result<SessionEnd, RunError> {
        self.mailbox.phase(RunPhase::Stopping);
        self.save()?;
        Ok(SessionEnd::Stopped)
    }

    /// The next batch; `None` at the end of the stream or at a stop. Answers commands while it waits.
    fn next_batch(&mut self) -> Result<Option<Batch>, RunError> {
        self.images.tracing.enter(Doing::Waiting);
        loop {
            self.answer_commands();
            if self.mailbox.stop_wanted() {
                return Ok(None);
            }
            match self.loader.next_timeout(POLL)? {
                Next::Batch(batch) => {
                    self.batch_came = self.mailbox.clock().now();
                    return Ok(Some(batch));
                }
                Next::End => return Ok(None),
                Next::NotYet => {
                    self.send_stages();
                }
            }
        }
    }

    fn step(&mut self, batch: &Batch, waited: Took, step_begun: &mut Moment) -> Result<(), RunError> {
        let every = self.config.train.time_every_steps as u64;
        let together = self.config.optimizer.batches_together();
        let sync = is_timed(self.state.step, every, together);
        self.state.step += 1;
        let last_of_epoch = batch.index + 1 >= self.steps_per_epoch;
        let read_loss =
            sync || last_of_epoch || self.state.step.is_multiple_of(self.config.train.loss_every_steps as u64);
        let mixed = batch.mixed.as_ref().map(|m| MixedLabels { share: m.share, partners: &m.partner_labels });
        let samples = Samples { pixels: pixels_of(batch), shape: batch.shape, labels: &batch.labels, mixed };
        self.images.tracing.enter(Doing::Step);
        let lr = self.schedule.lr(self.state.step, &self.state.plateau);
        self.trainer.set_lr(lr);
        let (share, update) = share_of_update(batch.index, self.steps_per_epoch, together);
        let gathered = self.state.gathered.unwrap_or_default() + share;
        let outcome = self.trainer.step(samples, StepMode { sync, read_loss, share, update, gathered })?;
        self.state.gathered = Some(if update { 0.0 } else { gathered });
        self.divergence.batch(&batch.samples);
        let mut phases = outcome.phases;
        phases.wait_secs = waited.secs;
        self.images.tracing.step(traced(self.state.step, batch, phases.synced), self.batch_came, &phases);
        let clock = self.mailbox.clock();
        let secs = clock.secs();
        let took = step_begun.lap(clock, self.loader.stats().cpu_time());
        let step_secs = took.secs.max(1e-9);
        // Elsewhere the device computes while the trainer waits for data.
        phases.cpu = took.step_cpu(&waited).filter(|_| phases.synced);
        if let Some(loss) = outcome.loss {
            self.take_loss(loss)?;
        }
        let event = StepEvent {
            secs,
            step: self.state.step,
            epoch: batch.epoch,
            loss: outcome.loss.filter(|l| l.is_finite()),
            lr,
            images_per_sec: batch.labels.len() as f64 / step_secs,
            images: Some(batch.labels.len()),
            data_wait_frac: (waited.secs / step_secs).clamp(0.0, 1.0),
            phases,
            queue_len: self.loader.queue_len(),
            config_version: batch.config_version,
        };
        self.mailbox.send(Event::Step(event.clone()));
        let bisecting = self.live.experiments.bisecting();
        let short = last_of_epoch && ends_short(&self.config.loader, self.images.split.train.len());
        self.live.experiments.observe(self.mailbox, &event, short);
        if bisecting {
            self.go_on_bisecting();
        } else {
            self.reports.observer.step(&event);
        }
        Ok(())
    }

    /// Makes the step of the optimiser that still waits for batches, where this one is not among them: none of those could be loaded.
    fn finish_update_before(&mut self, batch: &Batch) {
        let together = self.config.optimizer.batches_together();
        let group = |index: u64| index / together;
        let last = (self.state.next_epoch, group(self.state.next_batch.saturating_sub(1)));
        if (batch.epoch, group(batch.index)) != last {
            self.finish_update();
        }
    }

    /// Makes the step of the optimiser that still waits for batches, with those that came.
    fn finish_update(&mut self) {
        if let Some(gathered) = self.state.gathered.replace(0.0).filter(|gathered| *gathered > 0.0) {
            self.trainer.update(gathered);
        }
    }

    /// Does something whose time is no step's.
    fn untimed<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        let begun = self.mailbox.clock().mark();
        let done = work(self);
        self.mailbox.clock().leave_out_since(begun);
        done
    }

    /// Does what the client wants changed; while paused, waits for more.
    fn answer_commands(&mut self) {
        let mut since: Option<Mark> = None;
        loop {
            self.make_changes();
            self.go_on_trying();
            let paused = self.mailbox.pause_wanted() && !self.mailbox.stop_wanted();
            self.mailbox.tell_pause(paused, self.state.step);
            if !paused {
                if let Some(since) = since {
                    self.loader.set_depth(self.depth());
                    self.mailbox.clock().leave_out_since(since);
                }
                return;
            }
            // Each time: a bisect that ends within the pause sets it anew.
            self.loader.set_depth(PAUSED_DEPTH);
            if since.is_none() {
                since = Some(self.mailbox.clock().mark());
            }
            self.mailbox.wait_for_news(POLL);
        }
    }

    fn make_changes(&mut self) {
        let changes = self.mailbox.take_changes();
        if changes.stop_bisect {
            self.live.bisect_wanted = None;
            self.live.experiments.stop_bisect(msg!("engine-on-request"));
            self.go_on_bisecting();
        }
        changes.workers.into_iter().for_each(|workers| self.set_workers(workers));
        changes.transforms.into_iter().for_each(|specs| self.set_transforms(specs));
        changes.bisect.into_iter().for_each(|request| self.begin_bisect(request));
        self.ceilings_wanted |= changes.ceilings;
        self.tell_spans();
    }
}

/// Whether the step after so many is timed, where one in `every` is to be and `together` batches make a step of the optimiser: all
/// of these or none, or its time would hardly ever be among what is timed; and, unless it is to be seldom, some in each two hundred
/// where half of all is enough for that, as the verdict looks at the last two hundred.
fn is_timed(step: u64, every: u64, together: u64) -> bool {
    const SELDOM: u64 = 100;
    let apart = if every > SELDOM { every } else { every.min((2 * SELDOM / together).max(2)) };
    every > 0 && (step / together).is_multiple_of(apart)
}

/// The share that the batch of that place in its epoch has in a step of the optimiser that `together` batches make, and whether
/// it is the last of them. The last step of an epoch has what is left.
fn share_of_update(index: u64, steps_per_epoch: u64, together: u64) -> (f64, bool) {
    let first = index - index % together.max(1);
    let count = together.max(1).min(steps_per_epoch.saturating_sub(first)).max(1);
    (1.0 / count as f64, index + 1 >= first + count)
}
