//! What is known of one value: its turns as paired tests, its losses, and its point of the report.

use super::report::{Interval, LossPoint, Standing, SweepPoint};
use super::runner::Runner;
use crate::diagnose::{PairedTest, PairedTestSettings, Stop};
use crate::language::Message;
use std::path::PathBuf;

/// A rate whose interval reaches no further than this to either side is known well enough.
const PRECISE_FRAC: f64 = 0.03;

#[derive(Debug)]
pub(super) struct Arm {
    pub value: String,
    pub standing: Standing,
    pub against: Option<String>,
    pub note: Option<Message>,
    pub run_dir: Option<PathBuf>,
    pub steps: u64,
    pub losses: Vec<LossPoint>,
    /// ln(images a second).
    rate: PairedTest,
    /// ln(seconds an image / the baseline's).
    ratio: PairedTest,
    settings: PairedTestSettings,
}

impl Arm {
    /// One of so many values.
    pub fn new(value: &str, values: usize, alpha: f64, margin_frac: f64) -> Self {
        let comparisons = values.saturating_sub(1).max(1);
        let settings = PairedTestSettings { alpha, comparisons, margin_frac, max_blocks: u32::MAX };
        Self {
            value: value.to_owned(),
            standing: Standing::Waiting,
            against: None,
            note: None,
            run_dir: None,
            steps: 0,
            losses: Vec::new(),
            rate: PairedTest::new(PairedTestSettings { comparisons: values.max(1), ..settings }),
            ratio: PairedTest::new(settings),
            settings,
        }
    }

    /// A turn's seconds an image.
    pub fn push_rate(&mut self, image_secs: f64) {
        self.rate.push(-image_secs.ln());
    }

    /// A round's seconds an image, and the baseline's in the same round.
    pub fn push_pair(&mut self, image_secs: f64, baseline_secs: f64) {
        self.ratio.push((image_secs / baseline_secs).ln());
        // What was decided may come to be open again: it says what the interval beside it does.
        if matches!(self.standing, Standing::Measuring | Standing::Faster | Standing::Slower | Standing::Same) {
            // Two processes of one configuration may differ by a percent or two for as long as they live (where memory
            // and threads happen to lie), which no number of blocks averages out: what is within the margin is no
            // difference.
            self.standing = match self.ratio.stop(Some(self.settings.margin_frac)) {
                Some(Stop::Effect) if self.ratio.estimate().is_some_and(|e| e.log_ratio > 0.0) => Standing::Slower,
                Some(Stop::Effect) => Standing::Faster,
                Some(Stop::Nothing) => Standing::Same,
                Some(Stop::Budget) | None => Standing::Measuring,
            };
        }
    }

    pub fn begin(&mut self, standing: Standing, against: Option<&str>) {
        self.standing = standing;
        self.against = against.map(str::to_owned);
        self.ratio = PairedTest::new(self.settings);
    }

    /// Its engine does not go on.
    pub fn fail(&mut self, note: Message) {
        self.note = Some(note);
        if matches!(self.standing, Standing::Waiting | Standing::Measuring | Standing::Baseline) {
            self.standing = Standing::Failed;
        }
    }

    /// No more turns come.
    pub fn close(&mut self) {
        if matches!(self.standing, Standing::Waiting | Standing::Measuring) {
            self.standing = Standing::Undecided;
        }
    }

    pub fn rate(&self) -> Option<Interval> {
        let e = self.rate.estimate()?;
        Some(interval(e.log_ratio, e.low, e.high))
    }

    pub fn time_ratio(&self) -> Option<Interval> {
        let e = self.ratio.estimate()?;
        Some(interval(e.log_ratio, e.low, e.high))
    }

    pub fn rate_is_precise(&self) -> bool {
        self.rate().and_then(|rate| rate.half_width_frac()).is_some_and(|frac| frac <= PRECISE_FRAC)
    }

    /// Takes over what its engine has come to.
    pub fn look_at(&mut self, runner: &Runner) {
        self.steps = runner.steps;
        self.losses = runner.losses();
        self.run_dir = Some(runner.run_dir.clone());
    }

    pub fn point(&self) -> SweepPoint {
        SweepPoint {
            value: self.value.clone(),
            standing: self.standing,
            images_per_sec: self.rate(),
            time_ratio: self.time_ratio(),
            against: self.against.clone(),
            blocks: self.ratio.blocks().max(if self.against.is_none() { self.rate.blocks() } else { 0 }),
            steps: self.steps,
            losses: self.losses.clone(),
            loss_against: None,
            run_dir: self.run_dir.clone(),
            note: self.note.clone(),
            sentence: None,
        }
    }
}

fn interval(estimate: f64, low: f64, high: f64) -> Interval {
    let end = |log: f64| Some(log.exp()).filter(|v| log.is_finite() && v.is_finite());
    Interval { estimate: estimate.exp(), low: end(low), high: end(high) }
}

/// The mean loss over the last tenth of so many steps, and where it was that many had been taken; `None` before.
pub(super) fn loss_after(losses: &[LossPoint], steps: f64) -> Option<f64> {
    if losses.last().is_none_or(|last| last.step < steps) {
        return None;
    }
    let from = steps - (steps / 10.0).max(5.0);
    let near: Vec<f64> = losses.iter().filter(|p| p.step > from && p.step <= steps).map(|p| p.loss).collect();
    if near.is_empty() {
        // Thinned out: each point stands for many steps around it.
        let distance = |point: &LossPoint| (point.step - steps).abs();
        return losses.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|point| point.loss);
    }
    Some(near.iter().sum::<f64>() / near.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_says_what_its_interval_says_at_last() {
        let mut arm = Arm::new("4", 2, 0.05, 0.02);
        arm.begin(Standing::Measuring, Some("2"));
        (0..10).for_each(|i| arm.push_pair(0.5 + 0.001 * f64::from(i), 1.0));
        assert_eq!(arm.standing, Standing::Faster);
        (0..10).for_each(|i| arm.push_pair(2.0 + 0.001 * f64::from(i), 1.0));
        let ratio = arm.time_ratio().unwrap();
        assert!(ratio.low.unwrap() < 1.0 && ratio.high.unwrap() > 1.0, "{ratio:?}");
        assert_eq!(arm.standing, Standing::Measuring);
    }

    #[test]
    fn a_loss_is_the_mean_of_the_last_tenth() {
        let at = |step: u32| LossPoint { step: f64::from(step), secs: 0.0, loss: f64::from(step) };
        let losses: Vec<LossPoint> = (1..=200).map(at).collect();
        assert_eq!(loss_after(&losses, 100.0), Some(95.5));
        assert_eq!(loss_after(&losses, 201.0), None);
        assert_eq!(loss_after(&[], 1.0), None);
        let thin: Vec<LossPoint> = (1..10).map(|i| at(i * 256)).collect();
        assert_eq!(loss_after(&thin, 600.0), Some(512.0));
    }
}
