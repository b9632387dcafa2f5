//! A bisect in place: an engine trains, its verdict comes, the experiment runs, and the culprits' gain is checked.

use super::super::outcome::{engine_gone, failure_code};
use super::super::{EXIT_DEVICE, EXIT_OTHER, Failure};
use super::{BisectArgs, Outcome, nothing_to_switch};
use crate::client::{ClientEvent, Engine, EngineCommand};
use crate::diagnose::ChangeWatch;
use crate::language::{Arg, Message};
use crate::protocol::{
    BisectProgress, BisectRequest, BisectVerdict, Bound, ChangeEffect, Command, Decision, Event, Gain, StartRun,
    Started, StepEvent,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(100);
/// Steps after the bisect that the culprits' gain is compared with; after so many seconds, or so much of what it may take,
/// as few of them as will do.
const STEPS_BEFORE: usize = 60;
const SECS_BEFORE: f64 = 10.0;
const SHARE_BEFORE: f64 = 0.25;
/// The verdict is waited for so long; then the bisect begins without.
const VERDICT_WAIT: Duration = Duration::from_secs(60);
/// A bisect that tells nothing for so long has steps that take minutes.
const PROGRESS_WAIT: Duration = Duration::from_secs(300);

/// Where the run is kept that is trained meanwhile.
enum RunFolder {
    Kept(PathBuf),
    /// Gone with this value.
    Thrown(tempfile::TempDir),
}

impl RunFolder {
    fn of(args: &BisectArgs) -> std::io::Result<Self> {
        Ok(match &args.run {
            Some(dir) => Self::Kept(std::path::absolute(dir)?),
            None => Self::Thrown(tempfile::Builder::new().prefix("trainscope-bisect-").tempdir()?),
        })
    }

    /// The run's own folder, not made yet.
    fn run_dir(&self) -> PathBuf {
        match self {
            Self::Kept(path) => path.clone(),
            Self::Thrown(dir) => dir.path().join("run"),
        }
    }
}

/// What the bisect waits for.
enum Stage {
    /// The verdict on the chain as it is.
    Verdict,
    Bisecting,
    /// Steps of the whole chain again, to compare with.
    Before(Before),
    /// The measured gain.
    Gain,
}

/// Steps of one configuration, the newest.
#[derive(Default)]
struct Before {
    config_version: u64,
    steps: usize,
}

impl Before {
    /// Takes in a step; whether there are enough, and if they take long at least as few as will do. Short batches take part in no
    /// comparison.
    fn is_enough(&mut self, step: &StepEvent, full_batch: usize, take_long: bool) -> bool {
        if step.config_version != self.config_version {
            *self = Self { config_version: step.config_version, steps: 0 };
        }
        self.steps += usize::from(4 * step.images_or(full_batch) >= 3 * full_batch);
        self.steps >= if take_long { ChangeWatch::fewest_steps() } else { STEPS_BEFORE }
    }
}

/// Why the gain is not waited for: as few steps as tell it, each of so many seconds before and so many times as fast after,
/// take longer than it may take.
fn too_slow(step_secs: f64, speedup: f64, limit_secs: f64) -> Option<Message> {
    let steps = ChangeWatch::fewest_steps();
    let secs = steps as f64 * step_secs * (1.0 + 1.0 / speedup);
    let [time, limit] = [secs, limit_secs].map(Arg::duration);
    (secs > limit_secs).then(|| msg!("command-bisect-not-confirmed-slow", steps, time, limit))
}

struct Watcher<'a> {
    args: &'a BisectArgs,
    engine: Engine,
    stage: Stage,
    /// When the stage began to count; of steps before and the gain, the first of these.
    since: Option<Instant>,
    started: Option<Started>,
    bound: Option<Bound>,
    /// Of a step, by the verdict on the chain as it is.
    step_secs: Option<f64>,
    last: Option<BisectProgress>,
    confirmed: Option<Gain>,
    /// Why nothing is confirmed.
    too_slow: Option<Message>,
    said_blocks: u32,
}

pub(super) fn bisect(args: &BisectArgs, interrupted: &AtomicBool) -> Result<Outcome, Failure> {
    let mut config = args.config.read_with_data(Some(&args.data), false)?;
    config.train.endless();
    let folder = RunFolder::of(args)
        .map_err(|e| Failure::new(EXIT_OTHER, msg!("command-no-run-folder", reason = e.to_string())))?;
    let other = |e: crate::client::ClientError| Failure::new(EXIT_OTHER, e);
    let engine = Engine::start(&EngineCommand::Local, || {}).map_err(other)?;
    let start = StartRun::new(config, folder.run_dir());
    engine.send(Command::Start(Box::new(start))).map_err(other)?;
    let mut watcher = Watcher {
        args,
        engine,
        stage: Stage::Verdict,
        since: None,
        started: None,
        bound: None,
        step_secs: None,
        last: None,
        confirmed: None,
        too_slow: None,
        said_blocks: 0,
    };
    let watched = watcher.watch(interrupted);
    let Watcher { engine, last, bound, confirmed, too_slow, .. } = watcher;
    // Whatever came of it.
    end(engine, &folder);
    let stopping = watched?;
    let nothing = || Failure::new(EXIT_OTHER, msg!("command-bisect-without-verdict"));
    let progress = last.ok_or_else(nothing)?;
    let verdict = progress.verdict.ok_or_else(nothing)?;
    let too_few = || match stopping {
        true => msg!("command-bisect-not-confirmed-interrupted"),
        false => msg!("command-bisect-not-confirmed-late", limit = Arg::duration(args.budget)),
    };
    let confirmation = match confirmed {
        _ if verdict.culprits.is_empty() => None,
        Some(gain) => Some(Ok(gain)),
        None => Some(Err(too_slow.unwrap_or_else(too_few))),
    };
    Ok(Outcome { trials: progress.trials, verdict, bound, confirmation, an_image: None, interrupted: stopping })
}

impl Watcher<'_> {
    /// An engine that is gone is reported by its exit.
    fn send(&self, command: Command) {
        let _ = self.engine.send(command);
    }

    /// To its end; true where it was interrupted.
    fn watch(&mut self, interrupted: &AtomicBool) -> Result<bool, Failure> {
        let mut stopping = false;
        loop {
            if interrupted.load(Relaxed) && !stopping {
                stopping = true;
                match self.stage {
                    Stage::Bisecting => self.send(Command::StopBisect),
                    Stage::Verdict => {
                        return Err(Failure::new(super::EXIT_INTERRUPTED, msg!("command-bisect-not-begun")));
                    }
                    Stage::Before(_) | Stage::Gain => return Ok(stopping),
                }
            }
            let done = match self.engine.recv_timeout(POLL) {
                Some(ClientEvent::Event(event)) => self.take(&event, stopping)?,
                Some(ClientEvent::Exited(exit)) => return Err(Failure::new(EXIT_DEVICE, engine_gone(&exit))),
                None => self.overdue(),
            };
            if done {
                return Ok(stopping);
            }
        }
    }

    /// True when there is nothing more to wait for.
    fn take(&mut self, event: &Event, stopping: bool) -> Result<bool, Failure> {
        match event {
            Event::Started(started) => {
                let (model, device) = (&started.config.model.name, &started.device.name);
                let secs = Arg::number(self.args.budget, 0);
                say!("{}", msg!("command-bisect-started", model, device, images = started.train_count, secs));
                self.started = Some((**started).clone());
            }
            Event::Step(step) => {
                self.since.get_or_insert_with(Instant::now);
                let full_batch = self.full_batch();
                let take_long = self.waited().as_secs_f64() >= SECS_BEFORE.min(SHARE_BEFORE * self.args.budget);
                if let Stage::Before(before) = &mut self.stage
                    && before.is_enough(step, full_batch, take_long)
                {
                    self.switch_culprits_off();
                }
            }
            Event::Verdict(verdict) if verdict.bound != Bound::NotEnough => {
                if matches!(self.stage, Stage::Verdict) {
                    say!("{}", verdict.sentence);
                    self.bound = Some(verdict.bound);
                    let rate = verdict.images_per_sec.filter(|rate| *rate > 0.0);
                    self.step_secs = rate.map(|rate| self.full_batch() as f64 / rate);
                    self.begin();
                }
            }
            Event::Bisect(progress) => return Ok(self.take_progress(progress, stopping)),
            Event::Effect(effect) if matches!(self.stage, Stage::Gain) => return Ok(self.take_effect(effect)),
            Event::Warning { message, .. } if message.is("engine-nothing-to-bisect") => {
                let specs = self.started.as_ref().map(|started| started.config.transforms.as_slice());
                return Err(nothing_to_switch(specs.unwrap_or_default()));
            }
            Event::Warning { message, .. } => {
                say!("{}", msg!("command-warning", message = crate::console::one_line(&message.to_string())))
            }
            Event::Failed { error, kind } => return Err(Failure::new(failure_code(*kind), error)),
            Event::Finished(_) => return Ok(true),
            _ => {}
        }
        Ok(self.overdue())
    }

    fn begin(&mut self) {
        let request = BisectRequest { budget_secs: self.args.budget, thorough: self.args.thorough, go_on: false };
        self.send(Command::Bisect(request));
        self.stage = Stage::Bisecting;
        self.since = Some(Instant::now());
    }

    fn take_progress(&mut self, progress: &BisectProgress, stopping: bool) -> bool {
        let blocks = progress.trials.iter().map(|t| t.blocks).sum();
        if blocks >= self.said_blocks + 10 {
            self.said_blocks = blocks;
            let so_far = &progress.so_far;
            let [spent, budget] = [progress.spent_secs, progress.budget_secs].map(|secs| Arg::number(secs, 0));
            say!("{}", msg!("command-bisect-progress", spent, budget, blocks = super::blocks(blocks), so_far));
        }
        self.last = Some(progress.clone());
        self.since = Some(Instant::now());
        let Some(verdict) = &progress.verdict else { return false };
        verdict.culprits.is_empty() || stopping || !self.begin_confirming(verdict)
    }

    /// False where it is not worth a try.
    fn begin_confirming(&mut self, verdict: &BisectVerdict) -> bool {
        let limit_secs = self.args.budget;
        let speedup = verdict.predicted_speedup.unwrap_or(1.0);
        self.too_slow = self.step_secs.and_then(|step_secs| too_slow(step_secs, speedup, limit_secs));
        if self.too_slow.is_some() {
            return false;
        }
        let transforms = Arg::names(verdict.culprits.iter().map(|culprit| &culprit.transform));
        say!("{}", msg!("command-bisect-confirming", transforms, limit = Arg::duration(limit_secs)));
        self.stage = Stage::Before(Before::default());
        true
    }

    fn switch_culprits_off(&mut self) {
        let verdict = self.last.as_ref().and_then(|progress| progress.verdict.as_ref());
        let (Some(started), Some(verdict)) = (&self.started, verdict) else { return };
        let mut specs = started.config.transforms.clone();
        for culprit in &verdict.culprits {
            if let Some(spec) = specs.get_mut(culprit.index) {
                spec.enabled = false;
            }
        }
        self.send(Command::SetTransforms(specs));
        self.stage = Stage::Gain;
    }

    fn take_effect(&mut self, effect: &ChangeEffect) -> bool {
        if let (Some(effect_frac), Some(low), Some(high)) = (effect.effect_frac, effect.low, effect.high) {
            self.confirmed = Some(Gain { effect_frac, low, high });
        }
        effect.decision != Decision::Measuring
    }

    /// What was waited for did not come in time: goes on without; true where nothing is left to be waited for.
    fn overdue(&mut self) -> bool {
        let waited = self.waited();
        match self.stage {
            Stage::Verdict if waited > VERDICT_WAIT => self.begin(),
            Stage::Bisecting => return waited > PROGRESS_WAIT,
            Stage::Before(_) | Stage::Gain => return waited.as_secs_f64() > self.args.budget,
            Stage::Verdict => {}
        }
        false
    }

    fn waited(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn full_batch(&self) -> usize {
        self.started.as_ref().map_or(1, Started::full_batch)
    }
}

/// A run that is kept gets its last checkpoint.
fn end(engine: Engine, folder: &RunFolder) {
    match folder {
        // An engine that is gone has ended.
        RunFolder::Kept(_) => drop(engine.send(Command::Stop)),
        RunFolder::Thrown(_) => engine.kill(),
    }
    engine.wait(Duration::from_secs(30));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::played;

    /// After how many steps of a full batch of 10 there are enough.
    fn enough_after(take_long: bool, step: impl Fn(u64) -> StepEvent) -> Option<u64> {
        let mut before = Before::default();
        (1..200).find(|n| before.is_enough(&step(*n), 10, take_long))
    }

    #[test]
    fn slow_steps_are_as_many_as_an_estimate_needs_however_long_they_take() {
        let fewest = ChangeWatch::fewest_steps() as u64;
        assert!(fewest < 60);
        assert_eq!([false, true].map(|take_long| enough_after(take_long, played::step)), [Some(60), Some(fewest)]);
    }

    #[test]
    fn steps_of_what_ran_before_and_short_ones_do_not_count() {
        let fewest = ChangeWatch::fewest_steps() as u64;
        let of_bisect = |n: u64| StepEvent { config_version: u64::from(n > 5), ..played::step(n) };
        assert_eq!(enough_after(true, of_bisect), Some(5 + fewest));
        let every_second =
            |n: u64| StepEvent { images: Some(if n.is_multiple_of(2) { 8 } else { 7 }), ..played::step(n) };
        assert_eq!(enough_after(true, every_second), Some(2 * fewest));
    }

    #[test]
    fn a_gain_that_takes_too_long_to_check_is_not_waited_for() {
        // 28 steps of 2 s, and as many of 1 s.
        assert_eq!(too_slow(2.0, 2.0, 90.0), None);
        let why = too_slow(2.0, 2.0, 60.0).unwrap().to_string();
        assert!(why.contains("28 steps before and as many after, 1 min 24 s, and it may take 1 min 00 s"), "{why}");
    }
}
