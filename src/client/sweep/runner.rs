//! One engine of a sweep: its start, its turns, its pauses and its end, and the losses on the way.

use super::desk::{Desk, Halt, POLL};
use super::report::LossPoint;
use super::segment::{Segment, SegmentPlan, found_nothing};
use crate::client::{ClientEvent, EngineLink, History};
use crate::config::RunConfig;
use crate::diagnose::{WAITED_FRAC, settle_steps};
use crate::language::Arg;
use crate::protocol::{
    Command, DeviceKind, Event, PAUSED_DEPTH, RunPhase, RunStatus, StartRun, Started, StepEvent, Telemetry, Verdict,
};
use std::path::PathBuf;
use std::time::Duration;

/// An engine sends a heartbeat once a second; one that says nothing for so long is gone.
const SILENT_SECS: f64 = 60.0;
/// Looks lie a moment apart; where it is longer than this the machine slept, and the engine with it.
const SLEPT_SECS: f64 = 10.0;
/// A run has warmed up after so many steps, or after so many seconds of training and a few steps; a processor has nothing to
/// compile, only caches to warm.
const WARM_STEPS: u64 = 20;
const WARM_SECS: f64 = 20.0;
const WARM_SECS_ON_CPU: f64 = 2.0;
const FEW_STEPS: u64 = 5;
/// Where there is no time for that: one more than the first, so that there is a pace.
const LEAST_STEPS: u64 = 2;
/// Engines asked to stop get so long to write their checkpoint.
const STOP_SECS: f64 = 20.0;
/// A client that was interrupted hears of it a moment after its engines do.
const INTERRUPT_SECS: f64 = 0.5;
/// Steps that one weighs in the running means.
const PACE_STEPS: f64 = 20.0;
/// A turn measures at least so long, and never longer than this for switching's sake.
const TURN_SECS: [f64; 2] = [0.4, 5.0];
const TURN_STEPS: usize = 8;
/// Of the quick phase.
const QUICK_STEPS: usize = 3;
/// Steps of a turn that are not measured: the one in hand when it ends, the first, and a few until the queue hides nothing.
const IDLE_STEPS: f64 = 4.0;

/// What a turn measures at least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TurnLength {
    pub steps: usize,
    pub secs: f64,
}

impl TurnLength {
    /// It ends by the steps of its run.
    pub const TO_A_STEP: Self = Self { steps: 1, secs: 0.0 };

    /// Of the quick phase, whose turns of such step times each are to fit into that time.
    pub fn quick(secs: f64, step_secs: impl IntoIterator<Item = f64>) -> Self {
        Self { steps: steps_that_fit(secs, step_secs.into_iter().sum(), QUICK_STEPS), secs: TURN_SECS[0] }
    }

    /// Of a round, of which so many with turns of such step times are to fit into that time: as long as changing turns
    /// takes, where there is time for that.
    pub fn of_round(secs: f64, rounds: u32, step_secs: impl IntoIterator<Item = f64>, switch_secs: f64) -> Self {
        let a_step_each = f64::from(rounds) * step_secs.into_iter().sum::<f64>();
        match steps_that_fit(secs, a_step_each, TURN_STEPS) {
            TURN_STEPS => Self { steps: TURN_STEPS, secs: switch_secs.clamp(TURN_SECS[0], TURN_SECS[1]) },
            steps => Self { steps, secs: TURN_SECS[0] },
        }
    }
}

/// Steps to measure in each turn, where one in all of them together takes so long.
fn steps_that_fit(secs: f64, a_step_each_secs: f64, most: usize) -> usize {
    let fit = secs / a_step_each_secs.max(1e-9) - IDLE_STEPS;
    (fit as usize).clamp(1, most)
}

/// What a turn of the quick phase takes, of steps that long.
pub(super) fn quick_turn_secs(step_secs: f64) -> f64 {
    IDLE_STEPS * step_secs + (QUICK_STEPS as f64 * step_secs).max(TURN_SECS[0])
}

/// What one look at an engine brought.
pub(super) enum Heard {
    Step {
        step: StepEvent,
        /// Of training, pauses left out.
        secs: f64,
        /// The first after a pause or a validation.
        first: bool,
    },
    /// The step's batch is the first with a change; its version.
    Changed(u64),
    Verdict(Box<Verdict>),
    Other,
}

/// What a turn brought.
pub(super) struct Measured {
    /// On the clock, when its first step that counts began.
    pub settled_at: f64,
    /// The usual seconds an image.
    pub image_secs: Option<f64>,
}

/// Means over the last steps that were not the first after something.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pace {
    pub step_secs: f64,
    pub wait_frac: f64,
    pub queue_len: f64,
    weight: f64,
}

impl Pace {
    fn push(&mut self, step: &StepEvent, step_secs: f64) {
        self.weight = (self.weight + 1.0).min(PACE_STEPS);
        let towards = |mean: &mut f64, value: f64| *mean += (value - *mean) / self.weight;
        towards(&mut self.step_secs, step_secs);
        towards(&mut self.wait_frac, step.data_wait_frac);
        towards(&mut self.queue_len, step.queue_len as f64);
    }
}

pub(super) struct Runner {
    link: Box<dyn EngineLink>,
    pub config: RunConfig,
    pub run_dir: PathBuf,
    pub started: Option<Started>,
    pub telemetry: Option<Telemetry>,
    paused: bool,
    /// Its run was stopped, and not by this sweep.
    stopped: bool,
    /// Its process has ended.
    gone: bool,
    /// The next step is the first after something.
    broken: bool,
    /// Its queue holds nothing of the time before it trained.
    settled: bool,
    pub steps: u64,
    /// Seconds of training, pauses left out.
    pub train_secs: f64,
    pub pace: Pace,
    loss_by_step: History,
    loss_by_secs: History,
    /// After which steps it was validated, and its accuracy there.
    pub accuracies: Vec<(u64, f64)>,
    /// The step since which its loss is no number.
    pub diverged_at: Option<u64>,
    heard_at: f64,
    looked_at: f64,
}

impl Runner {
    /// Starts the engine and its run; returns before it trains.
    pub fn launch(desk: &mut Desk<'_>, config: RunConfig, run_dir: PathBuf) -> Result<Self, Halt> {
        desk.check()?;
        let lost = |e: crate::client::ClientError| Halt::Lost(e.message());
        let link = (desk.tools.start)().map_err(lost)?;
        let start = StartRun::new(config.clone(), run_dir.clone());
        link.send(Command::Start(Box::new(start))).map_err(lost)?;
        Ok(Self {
            link,
            config,
            run_dir,
            started: None,
            telemetry: None,
            paused: false,
            stopped: false,
            gone: false,
            broken: true,
            settled: false,
            steps: 0,
            train_secs: 0.0,
            pace: Pace::default(),
            loss_by_step: History::default(),
            loss_by_secs: History::default(),
            accuracies: Vec::new(),
            diverged_at: None,
            heard_at: desk.now(),
            looked_at: desk.now(),
        })
    }

    /// Trains until shaders are compiled, caches are warm and the pace is known; from `until` on, by the clock, the pace
    /// must do.
    pub fn warm_up(&mut self, desk: &mut Desk<'_>, until: f64) -> Result<(), Halt> {
        while !self.is_warm(desk.now() >= until) {
            self.hear(desk)?;
        }
        Ok(())
    }

    fn is_warm(&self, in_haste: bool) -> bool {
        let enough_secs = if self.is_on_gpu() { WARM_SECS } else { WARM_SECS_ON_CPU };
        let enough = |steps: u64| self.steps >= steps;
        enough(WARM_STEPS) || enough(FEW_STEPS) && self.train_secs >= enough_secs || enough(LEAST_STEPS) && in_haste
    }

    fn is_on_gpu(&self) -> bool {
        self.started.as_ref().is_some_and(|started| !matches!(started.device.kind, DeviceKind::Cpu))
    }

    pub fn send(&self, command: Command) -> Result<(), Halt> {
        self.link.send(command).map_err(|e| Halt::Lost(e.message()))
    }

    /// The next event, if one comes within a moment.
    pub fn hear(&mut self, desk: &mut Desk<'_>) -> Result<Option<Heard>, Halt> {
        desk.check()?;
        let now = desk.now();
        if now - std::mem::replace(&mut self.looked_at, now) > SLEPT_SECS {
            self.heard_at = now;
        }
        let Some(event) = self.link.recv_timeout(POLL) else {
            if now - self.heard_at > SILENT_SECS {
                self.link.kill();
                return Err(Halt::Lost(msg!("client-sweep-engine-silent", time = Arg::duration(SILENT_SECS))));
            }
            return Ok(None);
        };
        self.heard_at = now;
        match self.take(event) {
            Err(halt) => {
                // Ctrl-C reaches the engines too, and they may be quicker.
                while self.stopped && !self.gone && desk.now() < now + INTERRUPT_SECS {
                    desk.check()?;
                    self.gone = matches!(self.link.recv_timeout(POLL), Some(ClientEvent::Exited(_)));
                }
                desk.check()?;
                Err(halt)
            }
            heard => heard.map(Some),
        }
    }

    /// Takes in what waits, of an engine that has not its turn: its pipes must not fill up.
    pub fn drain(&mut self, now: f64) -> Result<(), Halt> {
        while let Some(event) = self.link.recv_timeout(Duration::ZERO) {
            self.heard_at = now;
            self.take(event)?;
        }
        Ok(())
    }

    fn take(&mut self, event: ClientEvent) -> Result<Heard, Halt> {
        let event = match event {
            ClientEvent::Event(event) => event,
            ClientEvent::Exited(exit) => {
                self.gone = true;
                let how = &exit.how;
                return Err(Halt::Lost(match exit.last_words.last() {
                    Some(words) => msg!("client-sweep-engine-died-saying", how, words),
                    None => msg!("client-sweep-engine-died", how),
                }));
            }
        };
        match event {
            Event::Failed { error, .. } => Err(Halt::Lost(error)),
            Event::Finished(finished) => {
                self.stopped = finished.status == RunStatus::Stopped;
                Err(Halt::Lost(match self.stopped {
                    true => msg!("client-sweep-run-stopped"),
                    false => msg!("client-sweep-run-ended"),
                }))
            }
            Event::Started(started) => {
                self.started = Some(*started);
                Ok(Heard::Other)
            }
            Event::Telemetry(telemetry) => {
                self.telemetry = Some(*telemetry);
                Ok(Heard::Other)
            }
            Event::Phase(phase) => {
                self.paused = phase == RunPhase::Paused;
                // Where a validation comes after each step, there are no others.
                self.broken |= self.paused || phase == RunPhase::Validating && self.stretch() > 1;
                Ok(Heard::Other)
            }
            Event::Changed(mark) => Ok(Heard::Changed(mark.config_version)),
            Event::Verdict(verdict) => Ok(Heard::Verdict(verdict)),
            Event::Step(step) => Ok(self.take_step(step)),
            Event::Epoch(epoch) => {
                self.accuracies.extend(epoch.val_accuracy.map(|accuracy| (epoch.step, accuracy)));
                Ok(Heard::Other)
            }
            Event::Validation(validation) => {
                self.accuracies.push((validation.step, validation.accuracy));
                Ok(Heard::Other)
            }
            _ => Ok(Heard::Other),
        }
    }

    fn take_step(&mut self, step: StepEvent) -> Heard {
        let first = std::mem::take(&mut self.broken);
        let secs = if first { self.pace.step_secs } else { step.step_secs(self.full_batch()) };
        self.steps = step.step;
        self.train_secs += secs;
        if !first {
            self.pace.push(&step, secs);
            self.settled |= found_nothing(&step);
        }
        match step.loss.filter(|loss| loss.is_finite()) {
            Some(loss) => {
                self.loss_by_step.push(step.step as f64, Some(loss));
                self.loss_by_secs.push(self.train_secs, Some(loss));
                self.diverged_at = None;
            }
            // One that was read and is no number is not told.
            None if step.step.is_multiple_of(self.config.train.loss_every_steps as u64) => {
                self.diverged_at.get_or_insert(step.step);
            }
            None => {}
        }
        Heard::Step { step, secs, first }
    }

    /// The losses so far.
    pub fn losses(&self) -> Vec<LossPoint> {
        // Both were given the same readings, so that they were thinned out alike.
        let both = self.loss_by_step.points().iter().zip(self.loss_by_secs.points());
        both.map(|(by_step, by_secs)| LossPoint { step: by_step[0], secs: by_secs[0], loss: by_step[1] }).collect()
    }

    /// Images of a full batch.
    pub fn full_batch(&self) -> usize {
        self.started.as_ref().map_or(self.config.loader.batch_size, Started::full_batch)
    }

    /// Steps of full batches between two validations, at least.
    fn stretch(&self) -> u64 {
        let Some(started) = self.started.as_ref().filter(|started| started.val_count > 0) else { return u64::MAX };
        let train = &started.config.train;
        let (epochs, steps) = (train.validate_every_epochs as u64, train.validate_every_steps as u64);
        let between = |steps: u64| if steps > 0 { steps } else { u64::MAX };
        let all = between(started.steps_per_epoch.saturating_mul(epochs)).min(between(steps));
        // Of several epochs there are more, and then it does not matter.
        all.saturating_sub(u64::from(started.ends_short()))
    }

    /// Batches that may wait in the queue.
    pub fn queue_capacity(&self, workers: usize) -> usize {
        if workers == 0 { 0 } else { self.config.loader.prefetch }
    }

    /// Batches that may wait after a pause, and hide what the loader costs.
    pub fn filled_in_pause(&self) -> usize {
        let capacity = self.queue_capacity(self.config.loader.workers);
        if self.settled { capacity.min(PAUSED_DEPTH) } else { capacity }
    }

    /// The loader of so many workers is ahead of the trainer: the queue was full lately.
    pub fn is_ahead(&self, workers: usize) -> bool {
        let capacity = self.queue_capacity(workers);
        capacity > 0 && self.pace.wait_frac < WAITED_FRAC && self.pace.queue_len > 0.5 * capacity as f64
    }

    /// What a turn is to hold, where so many batches may wait before it, by a loader that may be known to be ahead of the
    /// trainer.
    pub fn plan(&self, waiting: usize, ahead: bool, length: TurnLength) -> SegmentPlan {
        // Of a queue that is full anyhow nothing is hidden by a pause.
        let ahead = ahead.then_some(1.1);
        let stretch = self.stretch();
        // A few steps between validations must leave some to be measured, beside the first.
        let most_settling = u32::try_from((stretch / 2).min(stretch.saturating_sub(2))).unwrap_or(u32::MAX);
        let every = self.config.train.loss_every_steps.clamp(1, 64);
        let full = if waiting == 0 { 0 } else { self.config.loader.prefetch };
        SegmentPlan {
            settle_steps: settle_steps(waiting, ahead).min(most_settling),
            settle_steps_validated: settle_steps(full, ahead).min(most_settling),
            least_steps: length.steps.next_multiple_of(every),
            least_secs: length.secs,
            short_every: self.started.as_ref().filter(|s| s.ends_short()).map(|s| s.steps_per_epoch),
        }
    }

    /// A turn of a run whose loader stays as it is; `fresh` where it has paused before.
    pub fn begin_turn(&self, length: TurnLength, fresh: bool) -> Segment {
        let ahead = self.is_ahead(self.config.loader.workers);
        Segment::new(self.plan(self.filled_in_pause(), ahead, length), fresh)
    }

    /// Hears what comes next, for a turn under way: seconds of the step, if it was one. `version` leaves out steps of batches
    /// made under another; until `quiet_at` another engine's loader is at work.
    pub fn hear_turn(
        &mut self,
        desk: &mut Desk<'_>,
        segment: &mut Segment,
        version: Option<u64>,
        quiet_at: f64,
    ) -> Result<Option<f64>, Halt> {
        let Some(Heard::Step { step, secs, first }) = self.hear(desk)? else { return Ok(None) };
        if version.is_some_and(|version| step.config_version != version) {
            return Ok(None);
        }
        segment.observe(&step, secs, first, desk.now() >= quiet_at);
        self.settled |= segment.secs() > 0.0;
        Ok(Some(secs))
    }

    /// One turn; the engine trains already. The rest as in [`Self::hear_turn`].
    pub fn measure(
        &mut self,
        desk: &mut Desk<'_>,
        mut segment: Segment,
        version: Option<u64>,
        quiet_at: f64,
    ) -> Result<Measured, Halt> {
        let mut settled_at = None;
        while !segment.is_done() {
            if let Some(secs) = self.hear_turn(desk, &mut segment, version, quiet_at)?
                && segment.secs() > 0.0
            {
                settled_at.get_or_insert(desk.now() - secs);
            }
        }
        Ok(Measured { settled_at: settled_at.unwrap_or_else(|| desk.now()), image_secs: segment.image_secs() })
    }

    /// Lets it train on.
    pub fn resume(&mut self, desk: &mut Desk<'_>) -> Result<(), Halt> {
        self.heard_at = desk.now();
        if self.paused {
            self.send(Command::Resume)?;
            while self.paused {
                self.hear(desk)?;
            }
        }
        Ok(())
    }

    /// Rests after the step in hand. Gives the seconds that its loader may go on to work, filling the queue.
    pub fn pause(&mut self, desk: &mut Desk<'_>) -> Result<f64, Halt> {
        if !self.paused {
            self.send(Command::Pause)?;
            while !self.paused {
                self.hear(desk)?;
            }
        }
        let workers = self.config.loader.workers;
        // One is begun beyond those that may wait.
        let begun = self.queue_capacity(workers).min(PAUSED_DEPTH) + 1;
        let missing = begun as f64 - self.pace.queue_len;
        Ok(if workers == 0 { 0.0 } else { (missing.max(1.0) * self.pace.step_secs).min(TURN_SECS[1]) })
    }

    /// Engines of this size that fit beside it, by what it takes of the memory; `None` where that is not known.
    pub fn room_beside(&self) -> Option<usize> {
        let telemetry = self.telemetry.as_ref()?;
        let beside = |free: u64, own: u64| free.checked_div(own).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let free = |total: u64, used: u64| (total.saturating_sub(used) / 5).saturating_mul(4);
        let host =
            beside(free(telemetry.memory_total_bytes?, telemetry.memory_used_bytes?), telemetry.engine_memory_bytes?);
        // Whose the GPU's memory is the driver does not always tell: all of it is taken for this engine's.
        let gpus = telemetry.gpus.iter().filter(|_| self.is_on_gpu());
        let gpus = gpus.filter_map(|gpu| {
            let used = gpu.memory_used_bytes?;
            beside(free(gpu.memory_total_bytes?, used), used)
        });
        gpus.chain(host).min()
    }
}

/// Ends them all: each is told to stop, then waited for together; whoever does not come to an end is killed.
pub(super) fn stop_all(clock: &dyn Fn() -> f64, runners: Vec<Runner>) {
    for runner in &runners {
        // One that is gone has stopped.
        let _ = runner.link.send(Command::Stop);
    }
    let deadline = clock() + STOP_SECS;
    for runner in runners.into_iter().filter(|runner| !runner.gone) {
        loop {
            match runner.link.recv_timeout(POLL) {
                Some(ClientEvent::Exited(_)) => break,
                _ if clock() >= deadline => {
                    runner.link.kill();
                    break;
                }
                _ => {}
            }
        }
    }
}
