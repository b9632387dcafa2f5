//! What a step and the waiting for its batch take: on the wall, and of the processors.

use super::super::clock::{Mark, RunClock};
use crate::protocol::StepCpu;
use std::time::Duration;

/// A moment, with the CPU time of the process by then and, of it, that of the loader's threads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    at: Mark,
    /// `None` where the system does not tell.
    cpu: Option<[Duration; 2]>,
}

/// What passed between two moments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Took {
    pub secs: f64,
    /// CPU seconds of the process and, of them, of the loader's threads. `None` also where something of the time was left out: the
    /// loader works on in a pause.
    cpu_secs: Option<[f64; 2]>,
}

impl Moment {
    /// `loader` is the CPU time of its threads so far.
    pub fn now(clock: &RunClock, loader: Duration) -> Self {
        Self { at: clock.mark(), cpu: clock.process_cpu().map(|all| [all, loader]) }
    }

    /// What passed until now, from which on the next lap is.
    pub fn lap(&mut self, clock: &RunClock, loader: Duration) -> Took {
        let begun = *self;
        let secs = clock.lap(&mut self.at).as_secs_f64();
        self.cpu = clock.process_cpu().map(|all| [all, loader]);
        let whole = self.at.left_out_nothing_since(begun.at);
        let cpu = begun.cpu.zip(self.cpu).filter(|_| whole);
        let passed = |[from, to]: [Duration; 2]| to.saturating_sub(from).as_secs_f64();
        let cpu_secs = cpu.map(|(from, to)| [passed([from[0], to[0]]), passed([from[1], to[1]])]);
        Took { secs, cpu_secs }
    }
}

impl Took {
    /// Of a step, in which it was waited so long.
    pub fn step_cpu(&self, waited: &Self) -> Option<StepCpu> {
        let ([all, loader_secs], [wait_secs, _]) = self.cpu_secs.zip(waited.cpu_secs)?;
        // To the microsecond: every step is recorded.
        let [wait_secs, busy_secs, loader_secs] =
            [wait_secs, (all - wait_secs).max(0.0), loader_secs].map(|secs| (1e6 * secs).round() / 1e6);
        Some(StepCpu { wait_secs, busy_secs, loader_secs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Waits for 30 ms in which the loader computes 20, trains for 50 in which both compute 60; a pause may come before that.
    fn step_with(pause: bool) -> (Took, Option<StepCpu>) {
        let clock = RunClock::played();
        let mut step = Moment::now(&clock, 5 * MS);
        let mut wait = Moment::now(&clock, 5 * MS);
        clock.advance(30 * MS);
        clock.compute(20 * MS);
        if pause {
            let paused = clock.mark();
            clock.advance(40 * MS);
            clock.compute(10 * MS);
            clock.leave_out_since(paused);
        }
        let waited = wait.lap(&clock, 25 * MS);
        clock.advance(50 * MS);
        clock.compute(60 * MS);
        let step = step.lap(&clock, 40 * MS);
        (step, step.step_cpu(&waited))
    }

    #[test]
    fn a_step_s_cpu_time_is_told_by_what_the_trainer_did() {
        let (step, cpu) = step_with(false);
        let cpu = cpu.unwrap();
        let near = |is: f64, ms: f64| assert!((1e3 * is - ms).abs() < 1e-6, "{is} {ms}");
        near(step.secs, 80.0);
        near(cpu.wait_secs, 20.0);
        near(cpu.busy_secs, 60.0);
        near(cpu.loader_secs, 35.0);
    }

    #[test]
    fn what_a_loader_does_in_a_pause_is_in_no_step() {
        let (step, cpu) = step_with(true);
        assert!((step.secs - 0.08).abs() < 1e-9, "{step:?}");
        assert_eq!(cpu, None);
    }
}
