//! One turn of a value: steps washed out, then steps measured.
//!
//! Whoever trains anew finds a full queue after a validation, a batch or two after a pause, and after a change of workers what
//! others filled: what the loader costs is hidden until it has run empty or been filled as it would be. So the first step is always left out
//! (it holds the pause), and more of them until the trainer finds the queue empty or `settle_steps` have gone by, as in
//! `diagnose`'s bisect. What a queue still hides while it is measured is put back by [`drained_factor`]. The last batch of an
//! epoch is left out where it is short.

use crate::diagnose::{WAITED_FRAC, drained_factor, usual_step_secs};
use crate::protocol::StepEvent;

/// No turn measures more steps than this.
const MOST_STEPS: usize = 400;

/// What a turn is to hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SegmentPlan {
    /// The most steps to leave out when the turn begins, and after a validation in it, which fills the queue.
    pub settle_steps: u32,
    pub settle_steps_validated: u32,
    /// Steps measured at least, a multiple of `train.loss_every_steps`: only then does the host wait for the device.
    pub least_steps: usize,
    /// Seconds measured at least.
    pub least_secs: f64,
    /// Every so many steps one is of a short batch, the last of its epoch; `None` where none is.
    pub short_every: Option<u64>,
}

/// The queue was empty: it hides nothing any more.
pub(super) fn found_nothing(step: &StepEvent) -> bool {
    step.queue_len == 0 && step.data_wait_frac >= WAITED_FRAC
}

/// A turn under way.
#[derive(Debug)]
pub(super) struct Segment {
    plan: SegmentPlan,
    /// The most to leave out now.
    settle_steps: u32,
    begun: bool,
    /// Steps left out since the last interruption; `None` while steps are measured.
    washed: Option<u32>,
    /// Of the stretch under way: seconds an image, and the queue at each step.
    stretch: Vec<f64>,
    queue: Vec<usize>,
    /// Seconds an image of the stretches before.
    times: Vec<f64>,
    steps: usize,
    secs: f64,
}

impl Segment {
    /// `fresh` is false where the same value has trained on without a break.
    pub fn new(plan: SegmentPlan, fresh: bool) -> Self {
        let washed = fresh.then_some(0);
        Self {
            plan,
            settle_steps: plan.settle_steps,
            begun: !fresh,
            washed,
            stretch: Vec::new(),
            queue: Vec::new(),
            times: Vec::new(),
            steps: 0,
            secs: 0.0,
        }
    }

    /// Takes a step in. `first` is the first after a pause or a validation; `quiet` says that nobody else's loader is at
    /// work any more.
    pub fn observe(&mut self, step: &StepEvent, step_secs: f64, first: bool, quiet: bool) {
        let begins = !std::mem::replace(&mut self.begun, true);
        if first {
            self.settle_steps = if begins { self.plan.settle_steps } else { self.plan.settle_steps_validated };
            self.interrupt();
            return;
        }
        if quiet && self.settle_steps == 0 {
            self.washed = None;
        }
        if self.plan.short_every.is_some_and(|every| step.step.is_multiple_of(every)) {
            return;
        }
        let image_secs = 1.0 / step.images_per_sec;
        match &mut self.washed {
            Some(steps) => {
                *steps += 1;
                if quiet && (found_nothing(step) || *steps >= self.settle_steps) {
                    self.washed = None;
                }
            }
            None if image_secs.is_finite() && image_secs > 0.0 => {
                self.stretch.push(image_secs);
                self.queue.push(step.queue_len);
                self.steps += 1;
                self.secs += step_secs;
            }
            None => {}
        }
    }

    /// The training was interrupted: what was measured counts, what comes is washed out first.
    pub fn interrupt(&mut self) {
        let factor = drained_factor(&self.queue);
        self.times.extend(self.stretch.drain(..).map(|secs| secs * factor));
        self.queue.clear();
        self.washed = Some(0);
    }

    pub fn is_done(&self) -> bool {
        self.steps >= MOST_STEPS || self.steps >= self.plan.least_steps && self.secs >= self.plan.least_secs
    }

    /// Seconds measured so far.
    pub fn secs(&self) -> f64 {
        self.secs
    }

    /// The usual seconds an image.
    pub fn image_secs(mut self) -> Option<f64> {
        self.interrupt();
        usual_step_secs(&self.times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::StepPhases;

    fn step(image_secs: f64, wait: f64, queue_len: usize) -> StepEvent {
        StepEvent {
            secs: 0.0,
            step: 1,
            epoch: 1,
            loss: None,
            lr: 1e-3,
            images_per_sec: 1.0 / image_secs,
            images: None,
            data_wait_frac: wait,
            phases: StepPhases::default(),
            queue_len,
            config_version: 0,
        }
    }

    const PLAN: SegmentPlan =
        SegmentPlan { settle_steps: 5, settle_steps_validated: 5, least_steps: 4, least_secs: 0.0, short_every: None };

    #[test]
    fn a_full_queue_s_steps_are_left_out() {
        let mut segment = Segment::new(PLAN, true);
        segment.observe(&step(9.0, 0.9, 3), 9.0, true, true);
        for queue in [2, 1] {
            segment.observe(&step(0.1, 0.0, queue), 0.1, false, true);
        }
        segment.observe(&step(0.5, 0.5, 0), 0.5, false, true);
        while !segment.is_done() {
            segment.observe(&step(1.0, 0.9, 0), 1.0, false, true);
        }
        assert!((segment.image_secs().unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn where_nothing_is_to_settle_the_second_step_counts_and_short_batches_never_do() {
        let mut segment = Segment::new(SegmentPlan { settle_steps: 0, short_every: Some(5), ..PLAN }, true);
        segment.observe(&step(9.0, 0.0, 3), 9.0, true, true);
        segment.observe(&step(5.0, 0.0, 3), 5.0, false, false);
        while !segment.is_done() {
            segment.observe(&StepEvent { images: Some(1), step: 5, ..step(20.0, 0.0, 3) }, 20.0, false, true);
            // Half of its images could not be read.
            segment.observe(&StepEvent { images: Some(32), ..step(1.0, 0.0, 3) }, 1.0, false, true);
            assert!(segment.secs() > 0.0, "measured at once");
        }
        assert!((segment.image_secs().unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_validation_fills_a_longer_queue_than_a_pause() {
        let mut segment = Segment::new(SegmentPlan { settle_steps: 1, ..PLAN }, true);
        let mut step_of = |image_secs: f64, first: bool| {
            segment.observe(&step(image_secs, 0.0, 2), image_secs, first, true);
            segment.secs()
        };
        assert_eq!([step_of(9.0, true), step_of(9.0, false), step_of(1.0, false)], [0.0, 0.0, 1.0]);
        step_of(9.0, true);
        (0..5).for_each(|_| assert_eq!(step_of(9.0, false), 1.0));
        assert_eq!(step_of(1.0, false), 2.0);
    }

    #[test]
    fn another_s_loader_at_work_prolongs_the_washout() {
        let mut segment = Segment::new(PLAN, true);
        for _ in 0..20 {
            segment.observe(&step(5.0, 0.0, 4), 5.0, false, false);
        }
        assert!(!segment.is_done());
        for _ in 0..5 {
            segment.observe(&step(1.0, 0.0, 4), 1.0, false, true);
        }
        assert!((segment.image_secs().unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_interruption_is_washed_out_and_a_queue_that_drains_is_reckoned_with() {
        let mut segment = Segment::new(PLAN, false);
        for _ in 0..2 {
            segment.observe(&step(1.0, 0.0, 4), 1.0, false, true);
        }
        segment.observe(&step(7.0, 0.9, 4), 7.0, true, true);
        for _ in 0..5 {
            segment.observe(&step(0.3, 0.0, 4), 0.3, false, true);
        }
        for _ in 0..2 {
            segment.observe(&step(1.0, 0.0, 4), 1.0, false, true);
        }
        assert!(segment.is_done());
        assert!((segment.image_secs().unwrap() - 1.0).abs() < 1e-12);

        let mut drained = Segment::new(PLAN, false);
        for queue in [4, 3, 2, 2] {
            drained.observe(&step(1.0, 0.0, queue), 1.0, false, true);
        }
        assert!((drained.image_secs().unwrap() - 2.0).abs() < 1e-12);
        assert_eq!(Segment::new(PLAN, true).image_secs(), None);
    }
}
