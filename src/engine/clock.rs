//! The run's clock: seconds since it began, over interruptions, and what of them is no step's time.
//!
//! Cheap to clone, and all clones show the same. Every thread stamps events with it; only the trainer's marks and leaves
//! out. It is the one place where the engine's training waits and looks at the time, so that tests play it.

use crate::loader::process_cpu_time;
use crossbeam_channel::Receiver;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The watchdog looks once a second. Where two looks lie so far apart the machine slept in between, or the process was stopped.
pub(super) const SLEPT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub(crate) struct RunClock {
    time: Time,
    begun: Instant,
    /// Milliseconds of earlier sessions of a resumed run.
    offset_ms: Arc<AtomicU64>,
    /// Nanoseconds on the trainer's thread that are no step's: a pause, a measurement, a chain tried on one image, a machine's
    /// sleep.
    aside_ns: Arc<AtomicU64>,
    /// Of these, the sleep.
    slept_ns: Arc<AtomicU64>,
    /// When the watchdog or the trainer was last here; `None` where there is no watchdog.
    looked: Arc<Mutex<Option<Instant>>>,
}

#[derive(Debug, Clone)]
enum Time {
    System,
    #[cfg(test)]
    Played(Arc<played::Time>),
}

/// A moment, with what had been left out by then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    at: Instant,
    aside_ns: u64,
}

impl Mark {
    /// All that passed since that earlier moment counts.
    pub(super) fn left_out_nothing_since(&self, earlier: Self) -> bool {
        self.aside_ns == earlier.aside_ns
    }
}

impl RunClock {
    pub(crate) fn new() -> Self {
        Self::over(Time::System)
    }

    fn over(time: Time) -> Self {
        Self {
            time,
            begun: Instant::now(),
            offset_ms: Arc::default(),
            aside_ns: Arc::default(),
            slept_ns: Arc::default(),
            looked: Arc::default(),
        }
    }

    /// This moment; what other moments are compared with.
    pub(crate) fn now(&self) -> Instant {
        match &self.time {
            Time::System => Instant::now(),
            #[cfg(test)]
            Time::Played(time) => self.begun + time.now(),
        }
    }

    pub(crate) fn elapsed(&self, since: Instant) -> Duration {
        self.now().saturating_duration_since(since)
    }

    /// Waits for a message, at most so long.
    pub(crate) fn wait_for<T>(&self, messages: &Receiver<T>, timeout: Duration) -> Option<T> {
        match &self.time {
            Time::System => messages.recv_timeout(timeout).ok(),
            #[cfg(test)]
            Time::Played(time) => {
                time.advance(timeout);
                messages.try_recv().ok()
            }
        }
    }

    /// The run's time is `secs` now.
    pub(crate) fn set_secs(&self, secs: f64) {
        let offset = (secs - self.elapsed(self.begun).as_secs_f64()).max(0.0);
        self.offset_ms.store((offset * 1e3) as u64, Relaxed);
    }

    pub(crate) fn secs(&self) -> f64 {
        self.elapsed(self.begun).as_secs_f64() + self.offset_ms.load(Relaxed) as f64 / 1e3
    }

    /// The same in nanoseconds.
    pub(crate) fn ns(&self) -> u64 {
        self.elapsed(self.begun).as_nanos() as u64 + self.offset_ms.load(Relaxed) * 1_000_000
    }

    /// What it showed at that moment of the past.
    pub(crate) fn ns_of(&self, moment: Instant) -> u64 {
        self.ns().saturating_sub(self.elapsed(moment).as_nanos() as u64)
    }

    /// CPU time of the process so far, of all its threads; `None` where the system does not tell.
    pub(super) fn process_cpu(&self) -> Option<Duration> {
        match &self.time {
            Time::System => process_cpu_time(),
            #[cfg(test)]
            Time::Played(time) => Some(time.cpu()),
        }
    }

    pub(crate) fn mark(&self) -> Mark {
        let at = self.now();
        self.leave_out_sleep(&mut self.looked(), at);
        Mark { at, aside_ns: self.aside_ns.load(Relaxed) }
    }

    fn looked(&self) -> MutexGuard<'_, Option<Instant>> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The watchdog was here, as once a second; how long the machine has slept so far.
    pub(super) fn look(&self) -> Duration {
        self.looked().get_or_insert(self.now());
        self.slept()
    }

    /// How long the machine has slept so far, as far as there was a watchdog to tell.
    pub(super) fn slept(&self) -> Duration {
        let mut looked = self.looked();
        if looked.is_some() {
            let at = self.now();
            self.leave_out_sleep(&mut looked, at);
        }
        Duration::from_nanos(self.slept_ns.load(Relaxed))
    }

    /// There is no watchdog any more: a long time without a look means nothing.
    pub(super) fn unwatched(&self) {
        *self.looked() = None;
    }

    /// A sleep is no step's time (on Windows the clock runs on in it). Whoever wakes first finds it, so that it is left out once
    /// and before anything is measured with it.
    fn leave_out_sleep(&self, looked: &mut Option<Instant>, at: Instant) {
        let Some(before) = looked else { return };
        let gap = at.saturating_duration_since(*before);
        *before = at.max(*before);
        if gap > SLEPT {
            self.aside_ns.fetch_add(gap.as_nanos() as u64, Relaxed);
            self.slept_ns.fetch_add(gap.as_nanos() as u64, Relaxed);
        }
    }

    /// The time since that moment that counts.
    pub(crate) fn since(&self, mark: Mark) -> Duration {
        self.counted(mark, self.mark())
    }

    /// As [`Self::since`], and the mark is of this moment.
    pub(crate) fn lap(&self, mark: &mut Mark) -> Duration {
        let now = self.mark();
        self.counted(std::mem::replace(mark, now), now)
    }

    fn counted(&self, from: Mark, to: Mark) -> Duration {
        let aside = Duration::from_nanos(to.aside_ns.saturating_sub(from.aside_ns));
        to.at.saturating_duration_since(from.at).saturating_sub(aside)
    }

    /// Nothing since that moment counts. What fell into it and was left out before is not left out twice.
    pub(crate) fn leave_out_since(&self, mark: Mark) {
        self.aside_ns.fetch_add(self.since(mark).as_nanos() as u64, Relaxed);
    }
}

#[cfg(test)]
pub(crate) mod played {
    use super::RunClock;
    use std::collections::VecDeque;
    use std::fmt;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    type Happens = Box<dyn FnOnce() + Send>;

    /// Time that passes when a test says so, and what happens meanwhile.
    #[derive(Default)]
    pub(crate) struct Time {
        ns: AtomicU64,
        /// Passes at each look.
        tick_ns: AtomicU64,
        /// Of the process.
        cpu_ns: AtomicU64,
        /// What the trial of an edit takes; 0 has threads try it.
        trial_ns: AtomicU64,
        /// By the moment, the next first.
        script: Mutex<VecDeque<(Duration, Happens)>>,
    }

    impl fmt::Debug for Time {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:?}", self.ns)
        }
    }

    impl Time {
        pub(super) fn now(&self) -> Duration {
            Duration::from_nanos(self.ns.fetch_add(self.tick_ns.load(Relaxed), Relaxed))
        }

        pub(super) fn cpu(&self) -> Duration {
            Duration::from_nanos(self.cpu_ns.load(Relaxed))
        }

        pub(super) fn advance(&self, by: Duration) {
            let now = self.ns.fetch_add(by.as_nanos() as u64, Relaxed) + by.as_nanos() as u64;
            assert!(now < 3_600_000_000_000, "it waits for ever");
            while let Some((_, happens)) = {
                let mut script = self.script.lock().unwrap();
                script.pop_front_if(|(at, _)| at.as_nanos() as u64 <= now)
            } {
                happens();
            }
        }
    }

    impl RunClock {
        pub(crate) fn played() -> Self {
            Self::over(super::Time::Played(Arc::default()))
        }

        fn time(&self) -> Option<&Time> {
            match &self.time {
                super::Time::System => None,
                super::Time::Played(time) => Some(time),
            }
        }

        pub(crate) fn advance(&self, by: Duration) {
            self.time().unwrap().advance(by);
        }

        /// Its threads compute so much; no time passes.
        pub(crate) fn compute(&self, takes: Duration) {
            self.time().unwrap().cpu_ns.fetch_add(takes.as_nanos() as u64, Relaxed);
        }

        /// At that moment this happens; later ones come later.
        pub(crate) fn at(&self, moment: Duration, happens: impl FnOnce() + Send + 'static) {
            self.time().unwrap().script.lock().unwrap().push_back((moment, Box::new(happens)));
        }

        /// From now on so much passes at each look, for what waits for time alone.
        pub(crate) fn tick(&self, by: Duration) {
            self.time().unwrap().tick_ns.store(by.as_nanos() as u64, Relaxed);
        }

        /// A trial takes so long from now on.
        pub(crate) fn set_trials_take(&self, takes: Duration) {
            self.time().unwrap().trial_ns.store(takes.as_nanos() as u64, Relaxed);
        }

        /// `None` where threads try it.
        pub(crate) fn trials_take(&self) -> Option<Duration> {
            let takes = self.time()?.trial_ns.load(Relaxed);
            (takes > 0).then(|| Duration::from_nanos(takes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(clock: &RunClock, ms: u64) -> Mark {
        clock.advance(Duration::from_millis(ms));
        clock.mark()
    }

    #[test]
    fn what_is_left_out_is_missing_where_it_fell_and_nowhere_else() {
        let ms = Duration::from_millis;
        let clock = RunClock::played();
        // A step begins, a chain is tried for 30 ms, then the trainer waits for 50 ms, 20 of them in a pause.
        let mut step = clock.mark();
        let trial = after(&clock, 10);
        after(&clock, 30);
        clock.leave_out_since(trial);
        let wait = clock.mark();
        let pause = after(&clock, 20);
        after(&clock, 20);
        clock.leave_out_since(pause);
        after(&clock, 10);
        assert_eq!(clock.since(wait), ms(30), "the trial was before it");
        after(&clock, 10);
        assert_eq!(clock.lap(&mut step), ms(50));
        after(&clock, 10);
        assert_eq!(clock.lap(&mut step), ms(10));
        assert_eq!(clock.secs(), 0.11, "the run's time goes on all the same");
    }

    #[test]
    fn a_machine_s_sleep_is_in_no_step_s_time_whoever_wakes_first() {
        let (second, night) = (1000, 3_000_000);
        for watchdog_first in [true, false] {
            let clock = RunClock::played();
            let mut step = clock.mark();
            clock.look();
            after(&clock, second);
            clock.look();
            let pause = clock.mark();
            clock.advance(Duration::from_millis(night));
            if watchdog_first {
                clock.look();
            }
            // Left out once, though a pause was under way too.
            clock.leave_out_since(pause);
            clock.look();
            assert_eq!(clock.lap(&mut step), Duration::from_secs(1));
            after(&clock, second);
            assert_eq!(clock.lap(&mut step), Duration::from_secs(1));
            // Nobody looks any more: it may be a long step.
            clock.unwatched();
            after(&clock, 20 * second);
            assert_eq!(clock.lap(&mut step), Duration::from_secs(20));
        }
    }

    #[test]
    fn one_within_another_counts_once() {
        let clock = RunClock::played();
        let step = clock.mark();
        let pause = after(&clock, 10);
        let trial = after(&clock, 10);
        after(&clock, 30);
        clock.leave_out_since(trial);
        after(&clock, 40);
        clock.leave_out_since(pause);
        after(&clock, 10);
        assert_eq!(clock.since(step), Duration::from_millis(20));
    }

    #[test]
    fn a_resumed_run_s_time_goes_on_where_it_was() {
        let clock = RunClock::played();
        after(&clock, 500);
        clock.set_secs(100.0);
        let then = after(&clock, 250);
        assert_eq!((clock.secs(), clock.ns()), (100.25, 100_250_000_000));
        after(&clock, 250);
        assert_eq!(clock.ns_of(then.at), 100_250_000_000);
    }
}
