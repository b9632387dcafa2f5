//! A bisect in place: an engine trains, its verdict comes, the experiment runs, and the culprits' gain is checked.

use super::super::train::{engine_gone, failure_code};
use super::super::{EXIT_DEVICE, EXIT_OTHER, Failure};
use super::{BisectArgs, Outcome};
use crate::client::{ClientEvent, Engine, EngineCommand};
use crate::language::Arg;
use crate::protocol::{
    BisectProgress, BisectRequest, Bound, ChangeEffect, Command, Decision, Event, Gain, StartRun, Started,
};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(100);
/// Steps after the bisect that the culprits' gain is compared with, beside those before it; fewer where they take long.
const STEPS_BEFORE: u64 = 60;
const SECS_BEFORE: Duration = Duration::from_secs(10);
/// The verdict is waited for so long; then the bisect begins without.
const VERDICT_WAIT: Duration = Duration::from_secs(60);
/// A bisect that tells nothing for so long was refused, or its steps take minutes.
const PROGRESS_WAIT: Duration = Duration::from_secs(300);
/// The gain is waited for so long.
const GAIN_WAIT: Duration = Duration::from_secs(60);

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
    /// Steps of the whole chain again, to compare with, up to this one.
    Before(u64),
    /// The measured gain.
    Gain,
}

struct Watcher<'a> {
    args: &'a BisectArgs,
    engine: Engine,
    stage: Stage,
    /// When the stage began to count.
    since: Option<Instant>,
    started: Option<Started>,
    bound: Option<Bound>,
    last: Option<BisectProgress>,
    confirmed: Option<Gain>,
    step: u64,
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
        last: None,
        confirmed: None,
        step: 0,
        said_blocks: 0,
    };
    let watched = watcher.watch(interrupted);
    let Watcher { engine, last, bound, confirmed, .. } = watcher;
    // Whatever came of it.
    end(engine, &folder);
    let stopping = watched?;
    let nothing = || Failure::new(EXIT_OTHER, msg!("command-bisect-without-verdict"));
    let progress = last.ok_or_else(nothing)?;
    let verdict = progress.verdict.ok_or_else(nothing)?;
    Ok(Outcome { trials: progress.trials, verdict, bound, confirmed, an_image: None, interrupted: stopping })
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
                self.step = step.step;
                let long = || self.since.is_some_and(|since| since.elapsed() > SECS_BEFORE);
                if let Stage::Before(until) = self.stage
                    && (step.step >= until || long())
                {
                    self.switch_culprits_off();
                }
            }
            Event::Verdict(verdict) if verdict.bound != Bound::NotEnough => {
                if matches!(self.stage, Stage::Verdict) {
                    say!("{}", verdict.sentence);
                    self.bound = Some(verdict.bound);
                    self.begin();
                }
            }
            Event::Bisect(progress) => return Ok(self.take_progress(progress, stopping)),
            Event::Effect(effect) if matches!(self.stage, Stage::Gain) => return Ok(self.take_effect(effect)),
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
        self.stage = Stage::Before(self.step + STEPS_BEFORE);
        verdict.culprits.is_empty() || stopping
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
        self.since = Some(Instant::now());
    }

    fn take_effect(&mut self, effect: &ChangeEffect) -> bool {
        if let (Some(effect_frac), Some(low), Some(high)) = (effect.effect_frac, effect.low, effect.high) {
            self.confirmed = Some(Gain { effect_frac, low, high });
        }
        effect.decision != Decision::Measuring
    }

    /// What was waited for did not come in time: goes on without; true where nothing is left to be waited for.
    fn overdue(&mut self) -> bool {
        let waited = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        match self.stage {
            Stage::Verdict if waited > VERDICT_WAIT => self.begin(),
            Stage::Bisecting => return waited > PROGRESS_WAIT,
            Stage::Before(_) | Stage::Gain if waited > GAIN_WAIT => return true,
            _ => {}
        }
        false
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
