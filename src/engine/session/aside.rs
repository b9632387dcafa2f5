//! Time that passes on the trainer's thread and is no step's: a pause, a measurement, a chain tried on one image.

use std::time::{Duration, Instant};

/// Counts what is not to count, so that it can be left out of any stretch of time that it falls into.
#[derive(Debug, Default)]
pub(super) struct Aside {
    total: Duration,
}

/// A moment, with what had been left out by then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    at: Instant,
    aside: Duration,
}

impl Aside {
    pub fn mark(&self, now: Instant) -> Mark {
        Mark { at: now, aside: self.total }
    }

    /// The time since that moment that counts.
    pub fn since(&self, mark: Mark, now: Instant) -> Duration {
        now.saturating_duration_since(mark.at).saturating_sub(self.total.saturating_sub(mark.aside))
    }

    /// Nothing since that moment counts. What fell into it and was left out before is not left out twice.
    pub fn leave_out_since(&mut self, mark: Mark, now: Instant) {
        self.total += self.since(mark, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_missing_where_it_fell_and_nowhere_else() {
        let origin = Instant::now();
        let at = |ms: u64| origin + Duration::from_millis(ms);
        let ms = Duration::from_millis;
        let mut aside = Aside::default();
        // A step begins, a chain is tried for 30 ms, then the trainer waits for 50 ms, 20 of them in a pause.
        let step = aside.mark(at(0));
        let trial = aside.mark(at(10));
        aside.leave_out_since(trial, at(40));
        let wait = aside.mark(at(40));
        let pause = aside.mark(at(60));
        aside.leave_out_since(pause, at(80));
        assert_eq!(aside.since(wait, at(90)), ms(30), "the trial was before it");
        assert_eq!(aside.since(step, at(100)), ms(50));
        assert_eq!(aside.since(aside.mark(at(100)), at(110)), ms(10));
    }

    #[test]
    fn one_within_another_counts_once() {
        let origin = Instant::now();
        let at = |ms: u64| origin + Duration::from_millis(ms);
        let mut aside = Aside::default();
        let step = aside.mark(at(0));
        let pause = aside.mark(at(10));
        let trial = aside.mark(at(20));
        aside.leave_out_since(trial, at(50));
        aside.leave_out_since(pause, at(90));
        assert_eq!(aside.since(step, at(100)), Duration::from_millis(20));
    }
}
