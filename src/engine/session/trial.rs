//! A person's change of the chain, tried on one image by a thread of its own: a transform may take minutes over it, or
//! never return, and training goes on meanwhile.
//!
//! A thread cannot be killed. One whose change is not wanted any more is told so, which it hears between two images, and is
//! left behind; what it comes back with is dropped.

use super::super::clock::RunClock;
use crate::config::TransformSpec;
use crate::language::Message;
use crate::transform::{Chain, RangeFault};
use crossbeam_channel::{Receiver, TryRecvError, bounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// With so many threads left behind, the newest change waits until one of them has come back.
const MAX_LEFT_BEHIND: usize = 4;
/// A trial that is over sooner is not spoken of.
const TELL_AFTER: Duration = Duration::from_millis(300);
/// At the end of training a thread has so long to come back before it is left behind.
const GRACE: Duration = Duration::from_millis(500);

/// A chain that batches and network can take.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub chain: Arc<Chain>,
    /// Images come out of it in the units of files.
    pub unscaled: Option<RangeFault>,
}

/// The chain, or why it cannot be.
pub(super) type Outcome = Result<Tried, Message>;
/// Tries a chain; may look at whether it is still wanted.
pub(super) type Try = Box<dyn FnOnce(&Arc<AtomicBool>) -> Outcome + Send>;

/// A change that a person asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edit {
    pub specs: Vec<TransformSpec>,
    /// Such as `RandRotate off`.
    pub label: Message,
}

/// What is new about a trial.
#[derive(Debug)]
pub(super) enum News {
    /// It takes long, and is spoken of from now on.
    Slow,
    /// With how long it took, whenever that is looked at.
    Over(Edit, Outcome, Duration),
}

/// The change that is being tried, one at a time, and the threads of those before it.
#[derive(Default)]
pub(super) struct Trials {
    current: Option<Trial>,
    left_behind: Vec<Running>,
}

struct Trial {
    edit: Edit,
    begun: Instant,
    told: bool,
    work: Work,
}

enum Work {
    /// For a thread to be free.
    Waiting(Option<Try>),
    Running(Running),
    /// It takes so long, and is over at that moment.
    #[cfg(test)]
    Played(Option<Outcome>, Duration, Instant),
    /// There can be no thread.
    Failed(Message),
}

struct Running {
    unwanted: Arc<AtomicBool>,
    outcome: Receiver<(Outcome, Duration)>,
    thread: JoinHandle<()>,
}

impl Trials {
    /// Tries this change from now on, and no longer the one before it.
    pub fn begin(&mut self, edit: Edit, work: Try, clock: &RunClock) {
        // Who has waited for so long is still waiting, for another change.
        let told = self.current.as_ref().is_some_and(|trial| trial.told);
        self.cancel();
        self.current = Some(Trial { edit, begun: clock.now(), told, work: Work::Waiting(Some(work)) });
        self.find_thread(clock);
    }

    /// The change under way, and when it began.
    pub fn current(&self) -> Option<(&Edit, Instant)> {
        self.current.as_ref().map(|trial| (&trial.edit, trial.begun))
    }

    /// It has been spoken of.
    pub fn told(&self) -> bool {
        self.current.as_ref().is_some_and(|trial| trial.told)
    }

    /// Gives up the change under way; `None` where there is none.
    pub fn cancel(&mut self) -> Option<Edit> {
        let Trial { edit, work, .. } = self.current.take()?;
        if let Work::Running(running) = work {
            running.unwanted.store(true, Relaxed);
            self.left_behind.push(running);
        }
        Some(edit)
    }

    /// Looks how the change under way fares; never waits.
    pub fn look(&mut self, clock: &RunClock) -> Option<News> {
        self.find_thread(clock);
        let trial = self.current.as_mut()?;
        let outcome = match &mut trial.work {
            Work::Waiting(_) => None,
            Work::Failed(error) => Some((Err(std::mem::take(error)), Duration::ZERO)),
            #[cfg(test)]
            Work::Played(outcome, took, over) => {
                outcome.take_if(|_| clock.now() >= *over).map(|outcome| (outcome, *took))
            }
            Work::Running(running) => match running.outcome.try_recv() {
                Ok(outcome) => Some(outcome),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some((Err(msg!("engine-trial-panicked")), Duration::ZERO)),
            },
        };
        match outcome {
            Some((outcome, took)) => {
                let Trial { edit, work, .. } = self.current.take()?;
                if let Work::Running(running) = work {
                    // It has said its last word; its panic, if it was one, stands on stderr.
                    let _ = running.thread.join();
                }
                Some(News::Over(edit, outcome, took))
            }
            None if !trial.told && clock.elapsed(trial.begun) >= TELL_AFTER => {
                trial.told = true;
                Some(News::Slow)
            }
            None => None,
        }
    }

    /// Ends the threads that have come back, and begins what waited for that.
    fn find_thread(&mut self, clock: &RunClock) {
        for running in std::mem::take(&mut self.left_behind) {
            if running.thread.is_finished() {
                let _ = running.thread.join();
            } else {
                self.left_behind.push(running);
            }
        }
        if self.left_behind.len() < MAX_LEFT_BEHIND
            && let Some(trial) = &mut self.current
            && let Work::Waiting(waiting) = &mut trial.work
            && let Some(work) = waiting.take()
        {
            trial.work = start(work, clock);
        }
    }
}

#[cfg_attr(not(test), expect(unused_variables, reason = "only a played clock says how long a trial takes"))]
fn start(work: Try, clock: &RunClock) -> Work {
    let unwanted = Arc::new(AtomicBool::new(false));
    #[cfg(test)]
    if let Some(takes) = clock.trials_take() {
        return Work::Played(Some(work(&unwanted)), takes, clock.now() + takes);
    }
    let (sender, outcome) = bounded(1);
    let seen = Arc::clone(&unwanted);
    let body = move || {
        let begun = Instant::now();
        let outcome = work(&seen);
        // Nobody may be left who wants it.
        let _ = sender.send((outcome, begun.elapsed()));
    };
    match std::thread::Builder::new().name("engine-trial".to_owned()).spawn(body) {
        Ok(thread) => Work::Running(Running { unwanted, outcome, thread }),
        Err(error) => Work::Failed(msg!("engine-no-trial-thread", error = error.to_string())),
    }
}

impl Drop for Trials {
    fn drop(&mut self) {
        self.cancel();
        let deadline = Instant::now() + GRACE;
        for running in self.left_behind.drain(..) {
            let came_back = match running.outcome.recv_deadline(deadline) {
                Ok(_) => true,
                Err(error) => !error.is_timeout(),
            };
            if came_back {
                let _ = running.thread.join();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::Sender;

    /// A trial that ends when the test says how.
    struct Played {
        trials: Trials,
        clock: RunClock,
    }

    impl Played {
        fn new() -> Self {
            Self { trials: Trials::default(), clock: RunClock::played() }
        }

        fn begin(&mut self, label: &str) -> Sender<Outcome> {
            let (say, said) = bounded::<Outcome>(1);
            let edit = Edit { specs: vec![TransformSpec::new(label)], label: label.into() };
            let work = move |_: &Arc<AtomicBool>| said.recv().unwrap_or_else(|_| Err("never returned".into()));
            self.trials.begin(edit, Box::new(work), &self.clock);
            say
        }

        /// What is new once the thread under way has ended.
        fn ended(&mut self) -> News {
            if let Some(Trial { work: Work::Running(running), .. }) = &self.trials.current {
                while !running.thread.is_finished() {
                    std::thread::yield_now();
                }
            }
            self.trials.look(&self.clock).unwrap()
        }

        fn after(&mut self, ms: u64) -> Option<News> {
            self.clock.advance(Duration::from_millis(ms));
            self.trials.look(&self.clock)
        }
    }

    fn tried() -> Tried {
        Tried { chain: Arc::new(Chain::build(&[TransformSpec::new("LoadImage")]).unwrap()), unscaled: None }
    }

    #[test]
    fn a_slow_trial_is_spoken_of_once_and_comes_to_its_end() {
        let mut played = Played::new();
        let say = played.begin("slow");
        assert!(played.after(299).is_none());
        assert!(matches!(played.after(1), Some(News::Slow)));
        assert!(played.after(100_000).is_none() && played.trials.told());
        let made = tried();
        say.send(Ok(made.clone())).unwrap();
        let News::Over(edit, Ok(tried), _) = played.ended() else { panic!("it did not end well") };
        assert!(edit.label.to_string() == "slow" && Arc::ptr_eq(&tried.chain, &made.chain));
        assert!(played.trials.current().is_none() && played.after(1).is_none());
    }

    #[test]
    fn a_failure_says_why_and_a_panic_is_one() {
        let mut played = Played::new();
        played.begin("wrong").send(Err("too small".into())).unwrap();
        assert!(matches!(played.ended(), News::Over(_, Err(why), _) if why.to_string() == "too small"));
        let edit = Edit { specs: Vec::new(), label: "odd".into() };
        played.trials.begin(edit, Box::new(|_| panic!("on purpose")), &played.clock);
        assert!(matches!(played.ended(), News::Over(edit, Err(_), _) if edit.label.to_string() == "odd"));
    }

    #[test]
    fn a_newer_change_takes_its_place_and_the_older_s_result_is_dropped() {
        let mut played = Played::new();
        let first = played.begin("first");
        assert!(matches!(played.after(300), Some(News::Slow)));
        let second = played.begin("second");
        assert!(played.trials.told(), "whoever watches hears of the second at once");
        first.send(Ok(tried())).unwrap();
        second.send(Ok(tried())).unwrap();
        assert!(matches!(played.ended(), News::Over(edit, Ok(_), _) if edit.label.to_string() == "second"));
        assert!(played.after(1).is_none());
    }

    #[test]
    fn a_change_that_is_taken_back_is_told_so_and_never_made() {
        let mut played = Played::new();
        let (heard, hears) = bounded(1);
        let edit = Edit { specs: Vec::new(), label: "unwanted".into() };
        let work = move |unwanted: &Arc<AtomicBool>| {
            while !unwanted.load(Relaxed) {
                std::thread::yield_now();
            }
            heard.send(()).unwrap();
            Ok(tried())
        };
        played.trials.begin(edit, Box::new(work), &played.clock);
        assert_eq!(played.trials.cancel().map(|edit| edit.label.to_string()).as_deref(), Some("unwanted"));
        hears.recv().unwrap();
        assert!(played.after(1000).is_none() && played.trials.cancel().is_none());
    }

    #[test]
    fn threads_that_never_return_are_bounded() {
        let mut played = Played::new();
        let hanging: Vec<Sender<Outcome>> = (0..MAX_LEFT_BEHIND).map(|n| played.begin(&format!("{n}"))).collect();
        let last = played.begin("last");
        last.send(Ok(tried())).unwrap();
        assert!(matches!(played.after(300), Some(News::Slow)), "there is no thread for it");
        assert_eq!(played.trials.left_behind.len(), MAX_LEFT_BEHIND);
        drop(hanging);
        while !played.trials.left_behind.iter().all(|running| running.thread.is_finished()) {
            std::thread::yield_now();
        }
        assert!(played.after(0).is_none_or(|news| matches!(news, News::Over(..))));
        if played.trials.current().is_some() {
            assert!(matches!(played.ended(), News::Over(edit, Ok(_), _) if edit.label.to_string() == "last"));
        }
        assert!(played.trials.left_behind.is_empty());
    }
}
