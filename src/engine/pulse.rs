//! Whether the trainer's thread moves: every event that it sends and every look that it takes at its commands is a beat.
//! It does either between any two steps, and every 50 ms while it waits for data or is paused; so what shows here is a
//! step, a batch of an evaluation or a checkpoint that does not come to its end.

use super::clock::RunClock;
use crate::protocol::{Event, RunPhase, Stall, Staller};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// No gap is called a stall before this.
const PATIENCE: Duration = Duration::from_secs(30);
/// ... nor before so many times the longest gap so far.
const FACTOR: u32 = 20;
/// Where shaders are compiled and kernels tuned: the first step, and the first batch of an evaluation.
const FIRST_PATIENCE: Duration = Duration::from_secs(600);
/// A batch of another size (an epoch's last) may be compiled for anew, which takes about as long as the first did.
const AGAIN_FACTOR: u32 = 2;
/// A scan speaks ten times a second, and a checkpoint is some megabytes.
const DISK_PATIENCE: Duration = Duration::from_secs(60);

/// What the trainer's thread does, each with the longest gap so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Scanning,
    Preparing,
    WarmingUp,
    Training,
    Saving,
    Validating,
    Testing,
}

const DOINGS: usize = 8;

#[derive(Debug)]
pub(crate) struct Pulse {
    clock: RunClock,
    state: Mutex<State>,
}

/// A moment, and how long the machine had slept by then.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: Instant,
    slept: Duration,
}

#[derive(Debug)]
struct State {
    beat: Moment,
    doing: Doing,
    /// Where saving is to go back to.
    before: Doing,
    /// The last step that was done.
    step: u64,
    /// The file that a chain is tried on.
    probing: Option<String>,
    longest: [Duration; DOINGS],
    /// A batch of each evaluation has come through.
    evaluated: [bool; DOINGS],
}

impl Pulse {
    pub(crate) fn new(clock: RunClock) -> Self {
        let state = Mutex::new(State {
            beat: Moment { at: Instant::now(), slept: clock.slept() },
            doing: Doing::Nothing,
            before: Doing::Nothing,
            step: 0,
            probing: None,
            longest: [Duration::ZERO; DOINGS],
            evaluated: [false; DOINGS],
        });
        Self { clock, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        Moment { slept: self.clock.slept(), at: Instant::now() }
    }

    pub(crate) fn beat(&self) {
        self.state().beat(self.now());
    }

    /// The trainer's thread is about to send this.
    pub(crate) fn note(&self, event: &Event) {
        self.state().note(event, self.now());
    }

    /// A checkpoint begins to be written, or is.
    pub(crate) fn saving(&self, on: bool) {
        self.state().saving(on, self.now());
    }

    /// A chain begins to be tried on this file, or has been.
    pub(crate) fn probing(&self, file: Option<String>) {
        let mut state = self.state();
        state.beat(self.now());
        state.probing = file;
    }

    /// The trainer, where it has not moved for longer than ever before.
    pub(crate) fn stall(&self) -> Option<Stall> {
        self.state().stall(self.now())
    }
}

impl State {
    /// Since the last beat; while the machine slept the trainer did not hang.
    fn gap(&self, now: Moment) -> Duration {
        let asleep = now.slept.saturating_sub(self.beat.slept);
        now.at.saturating_duration_since(self.beat.at).saturating_sub(asleep)
    }

    fn beat(&mut self, now: Moment) {
        let gap = self.gap(now);
        let longest = &mut self.longest[self.doing as usize];
        *longest = gap.max(*longest);
        self.beat = now;
    }

    fn note(&mut self, event: &Event, now: Moment) {
        self.beat(now);
        match event {
            Event::Phase(phase) => self.doing = doing_of(*phase),
            Event::Step(step) => self.step = step.step,
            Event::Started(started) => self.step = started.first_step,
            Event::Progress { done, .. } => self.evaluated[self.doing as usize] |= *done > 0,
            Event::Finished(_) | Event::Failed { .. } => self.doing = Doing::Nothing,
            _ => {}
        }
    }

    fn saving(&mut self, on: bool, now: Moment) {
        self.beat(now);
        if on {
            self.before = std::mem::replace(&mut self.doing, Doing::Saving);
        } else {
            self.doing = self.before;
        }
    }

    fn stall(&self, now: Moment) -> Option<Stall> {
        let elapsed = self.gap(now);
        let longest = self.longest[self.doing as usize];
        let again = self.longest[Doing::WarmingUp as usize] * AGAIN_FACTOR;
        let usual = PATIENCE.max(longest * FACTOR).max(again);
        let (limit, stage) = match self.doing {
            Doing::Nothing => return None,
            _ if self.probing.is_some() => {
                let file = self.probing.as_deref().unwrap_or_default();
                (PATIENCE, msg!("engine-doing-trial", file))
            }
            Doing::Scanning => (DISK_PATIENCE, msg!("engine-doing-scan")),
            Doing::Preparing => (FIRST_PATIENCE, msg!("engine-doing-device")),
            Doing::WarmingUp => (FIRST_PATIENCE, msg!("engine-doing-first-step")),
            Doing::Training => (usual, msg!("engine-doing-step", step = self.step + 1)),
            Doing::Saving => (DISK_PATIENCE.max(longest * FACTOR), msg!("engine-doing-checkpoint")),
            Doing::Validating | Doing::Testing => {
                let first = !self.evaluated[self.doing as usize];
                let testing = self.doing == Doing::Testing;
                let stage = if testing { msg!("engine-doing-test") } else { msg!("engine-doing-validation") };
                (if first { FIRST_PATIENCE } else { usual }, stage)
            }
        };
        (elapsed > limit).then(|| Stall {
            who: Staller::Trainer,
            file: None,
            stage,
            elapsed_secs: elapsed.as_secs_f64(),
            p999_secs: None,
            slowest_secs: (!longest.is_zero()).then_some(longest.as_secs_f64()),
            images: 0,
        })
    }
}

fn doing_of(phase: RunPhase) -> Doing {
    match phase {
        RunPhase::Scanning | RunPhase::Probing => Doing::Scanning,
        RunPhase::CheckingDevice => Doing::Preparing,
        RunPhase::WarmingUp => Doing::WarmingUp,
        // While it pauses it looks at its commands; after a stop it finishes the step.
        RunPhase::Training | RunPhase::Paused | RunPhase::Measuring | RunPhase::Stopping => Doing::Training,
        RunPhase::Validating => Doing::Validating,
        RunPhase::Testing => Doing::Testing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A trainer on a clock of the test's own.
    struct Played {
        state: State,
        now: Moment,
    }

    impl Played {
        fn new() -> Self {
            let state = Pulse::new(RunClock::played()).state.into_inner().unwrap();
            Self { now: state.beat, state }
        }

        fn after(&mut self, secs: u64) -> &mut Self {
            self.now.at += Duration::from_secs(secs);
            self
        }

        fn sleep(&mut self, secs: u64) {
            self.after(secs).now.slept += Duration::from_secs(secs);
        }

        fn say(&mut self, event: &Event) {
            self.state.note(event, self.now);
        }

        /// The stage, where it counts as a stall `secs` after the last beat.
        fn stall(&self, secs: u64) -> Option<String> {
            let then = Moment { at: self.now.at + Duration::from_secs(secs), ..self.now };
            self.state.stall(then).map(|stall| stall.stage.to_string())
        }
    }

    #[test]
    fn the_first_step_is_waited_for_longer_than_the_others() {
        let mut trainer = Played::new();
        assert_eq!(trainer.stall(100_000), None, "nothing runs");
        trainer.say(&Event::Phase(RunPhase::Scanning));
        assert_eq!((trainer.stall(50), trainer.stall(70)), (None, Some("reading the dataset".to_owned())));
        trainer.after(5).say(&Event::Phase(RunPhase::WarmingUp));
        assert_eq!(trainer.stall(590), None);
        assert!(trainer.stall(610).is_some());
        trainer.after(10).say(&Event::Phase(RunPhase::Training));
        trainer.state.step = 811;
        assert_eq!((trainer.stall(25), trainer.stall(35)), (None, Some("step 812".to_owned())));
        // Steps of four seconds: a gap of over 80 s is one.
        trainer.after(4);
        trainer.state.beat(trainer.now);
        assert_eq!((trainer.stall(75), trainer.stall(85)), (None, Some("step 812".to_owned())));
    }

    #[test]
    fn a_chain_that_never_returns_is_named_with_its_image() {
        let mut trainer = Played::new();
        trainer.say(&Event::Phase(RunPhase::Probing));
        trainer.state.probing = Some("Hand/000012.jpeg".to_owned());
        let stage = "trying the transforms on one image, Hand/000012.jpeg";
        assert_eq!((trainer.stall(25), trainer.stall(35)), (None, Some(stage.to_owned())));
    }

    #[test]
    fn a_slow_compilation_is_allowed_again() {
        let mut trainer = Played::new();
        trainer.say(&Event::Phase(RunPhase::WarmingUp));
        trainer.after(100).say(&Event::Phase(RunPhase::Training));
        assert_eq!(trainer.stall(190), None);
        assert!(trainer.stall(210).is_some());
    }

    #[test]
    fn a_machine_that_slept_does_not_blind_the_watch() {
        let mut trainer = Played::new();
        trainer.say(&Event::Phase(RunPhase::Training));
        trainer.sleep(8 * 3600);
        assert_eq!((trainer.stall(25), trainer.stall(35)), (None, Some("step 1".to_owned())));
        trainer.state.beat(trainer.now);
        assert_eq!((trainer.stall(25), trainer.stall(35)), (None, Some("step 1".to_owned())));
    }

    #[test]
    fn a_checkpoint_and_an_evaluation_are_named() {
        let mut trainer = Played::new();
        trainer.say(&Event::Phase(RunPhase::Training));
        trainer.state.saving(true, trainer.now);
        assert_eq!(trainer.stall(70).as_deref(), Some("writing a checkpoint"));
        trainer.state.saving(false, trainer.now);
        assert_eq!(trainer.stall(70).as_deref(), Some("step 1"));
        let phase = RunPhase::Validating;
        trainer.say(&Event::Phase(phase));
        trainer.say(&Event::Progress { phase, done: 0, total: 9 });
        assert_eq!(trainer.stall(500), None, "its first batch compiles");
        trainer.say(&Event::Progress { phase, done: 3, total: 9 });
        assert_eq!(trainer.stall(35).as_deref(), Some("validating"));
    }
}
