//! What is known of one value: its turns as paired tests, its losses, and its point of the report.

use super::report::{FEWEST_LOSSES, Interval, LossPoint, Standing, SweepPoint};
use super::runner::Runner;
use crate::diagnose::{Estimate, PairedTest, PairedTestSettings, Stop};
use crate::language::Message;
use std::path::PathBuf;

/// A rate whose interval reaches no further than this to either side is known well enough.
const PRECISE_FRAC: f64 = 0.03;
/// What the quick phase may have of the error; the rounds have the rest.
const QUICK_FRAC: f64 = 0.5;

/// Comparisons of so many values, one of which is the baseline.
fn comparisons(values: usize) -> usize {
    values.saturating_sub(1).max(1)
}

/// The quick phase's chance of error in one comparison.
pub(super) fn quick_alpha(values: usize, alpha: f64) -> f64 {
    QUICK_FRAC * alpha / comparisons(values) as f64
}

#[derive(Debug)]
pub(super) struct Arm {
    pub value: String,
    pub standing: Standing,
    pub against: Option<String>,
    pub note: Option<Message>,
    pub run_dir: Option<PathBuf>,
    pub steps: u64,
    pub losses: Vec<LossPoint>,
    /// As its [`Runner::accuracies`].
    pub accuracies: Vec<(u64, f64)>,
    diverged_at: Option<u64>,
    /// ln(images a second).
    rate: PairedTest,
    /// ln(seconds an image / the baseline's).
    ratio: PairedTest,
    /// The same by the quick phase, once it is over.
    by_lot: Option<Estimate>,
    /// The same by the two rates, which prove nothing.
    guess: Option<f64>,
    settings: PairedTestSettings,
}

impl Arm {
    /// One of so many values.
    pub fn new(value: &str, values: usize, alpha: f64, margin_frac: f64) -> Self {
        let of_rounds = (1.0 - QUICK_FRAC) * alpha;
        let settings = PairedTestSettings {
            alpha: of_rounds,
            comparisons: comparisons(values),
            margin_frac,
            max_blocks: u32::MAX,
        };
        Self {
            value: value.to_owned(),
            standing: Standing::Waiting,
            against: None,
            note: None,
            run_dir: None,
            steps: 0,
            losses: Vec::new(),
            accuracies: Vec::new(),
            diverged_at: None,
            rate: PairedTest::new(PairedTestSettings { alpha, comparisons: values.max(1), ..settings }),
            ratio: PairedTest::new(settings),
            by_lot: None,
            guess: None,
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
        self.decide();
    }

    /// What the quick phase came to, and ln(seconds an image / the baseline's) of its turns in pairs that the lot made, which
    /// count as rounds do.
    pub fn push_lot(&mut self, by_lot: Estimate, differences: impl IntoIterator<Item = f64>) {
        self.by_lot = Some(by_lot);
        differences.into_iter().for_each(|difference| self.ratio.push(difference));
        self.decide();
    }

    /// What its rate is against the baseline's, ln(images a second), over turns of which the clock chose the last, not the lot: shown
    /// where there is nothing better.
    fn guess(&mut self, baseline_rate: f64) {
        self.guess = self.rate.estimate().map(|rate| baseline_rate - rate.log_ratio);
    }

    fn decide(&mut self) {
        // What was decided may come to be open again: it says what the interval beside it does.
        if matches!(self.standing, Standing::Measuring | Standing::Faster | Standing::Slower | Standing::Same) {
            // Two processes of one configuration may differ by a percent or two for as long as they live (where memory
            // and threads happen to lie), which no number of blocks averages out: what is within the margin is no
            // difference.
            let margin_frac = self.settings.margin_frac;
            let estimate = self.estimate();
            self.standing = match estimate.and_then(|e| e.judge(margin_frac, Some(margin_frac))) {
                Some(Stop::Effect) if estimate.is_some_and(|e| e.log_ratio > 0.0) => Standing::Slower,
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
        (self.by_lot, self.guess) = (None, None);
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
        let estimate = self.estimate();
        // Beside two rates a ratio of fewer turns than theirs would speak against them, and proves as little.
        let guess = self.guess.filter(|_| estimate.is_none_or(|e| e.low.is_infinite() && e.high.is_infinite()));
        match guess {
            Some(guess) => Some(interval(guess, f64::NEG_INFINITY, f64::INFINITY)),
            None => estimate.map(|e| interval(e.log_ratio, e.low, e.high)),
        }
    }

    /// What quick phase and rounds hold both.
    fn estimate(&self) -> Option<Estimate> {
        let by_rounds = self.ratio.estimate();
        let Some(by_lot) = &self.by_lot else { return by_rounds };
        let bounded = by_rounds.filter(|_| self.rounds_to_interval() == 0);
        Some(bounded.map_or(*by_lot, |by_rounds| by_rounds.cut_to(by_lot)))
    }

    /// Rounds that are missing before they can decide anything.
    pub fn rounds_to_interval(&self) -> u32 {
        self.ratio.fewest_blocks().saturating_sub(self.ratio.blocks())
    }

    pub fn rate_is_precise(&self) -> bool {
        self.rate().and_then(|rate| rate.half_width_frac()).is_some_and(|frac| frac <= PRECISE_FRAC)
    }

    /// More steps of it would tell something: its loss is a number, or was lately.
    pub fn learns(&self) -> bool {
        self.diverged_at.is_none_or(|at| (self.steps.saturating_sub(at) as f64) < FEWEST_LOSSES)
    }

    /// Takes over what its engine has come to.
    pub fn look_at(&mut self, runner: &Runner) {
        self.steps = runner.steps;
        self.losses = runner.losses();
        self.accuracies.clone_from(&runner.accuracies);
        self.diverged_at = runner.diverged_at;
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
            diverged_at: self.diverged_at,
            loss_against: None,
            accuracy_against: None,
            run_dir: self.run_dir.clone(),
            note: self.note.clone(),
            sentence: None,
        }
    }
}

/// Takes in a round's seconds an image, by value. One that was broken off proves nothing.
pub(super) fn take_round(arms: &mut [Arm], baseline: usize, secs: &[Option<f64>], whole: bool) {
    let baseline_secs = secs.get(baseline).copied().flatten();
    for (i, (arm, secs)) in arms.iter_mut().zip(secs).enumerate() {
        let Some(secs) = *secs else { continue };
        arm.push_rate(secs);
        match baseline_secs {
            Some(baseline_secs) if i != baseline && whole => arm.push_pair(secs, baseline_secs),
            _ => {}
        }
    }
    guess_by_rates(arms, baseline);
}

/// Holds the rates so far against the baseline's.
pub(super) fn guess_by_rates(arms: &mut [Arm], baseline: usize) {
    let Some(baseline_rate) = arms.get(baseline).and_then(|arm| arm.rate.estimate()) else { return };
    for (_, arm) in arms.iter_mut().enumerate().filter(|(i, _)| *i != baseline) {
        arm.guess(baseline_rate.log_ratio);
    }
}

fn interval(estimate: f64, low: f64, high: f64) -> Interval {
    let end = |log: f64| Some(log.exp()).filter(|v| log.is_finite() && v.is_finite());
    Interval { estimate: estimate.exp(), low: end(low), high: end(high) }
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
    fn what_the_quick_phase_decided_stands_beside_rounds_that_say_nothing_yet() {
        let mut arm = Arm::new("4", 2, 0.05, 0.02);
        arm.begin(Standing::Measuring, Some("2"));
        let lot = |log_ratio: f64, low: f64, high: f64| Estimate { log_ratio, low, high, blocks: 4 };
        arm.push_lot(lot(6f64.ln(), 4f64.ln(), 8f64.ln()), [6f64.ln(); 4]);
        assert_eq!((arm.standing, arm.point().blocks), (Standing::Slower, 4));
        let ratio = arm.time_ratio().unwrap();
        assert!((ratio.estimate - 6.0).abs() < 1e-9 && (ratio.low.unwrap() - 4.0).abs() < 1e-9, "{ratio:?}");
        (0..10).for_each(|i| arm.push_pair(6.0 + 0.01 * f64::from(i), 1.0));
        let ratio = arm.time_ratio().unwrap();
        assert_eq!(arm.standing, Standing::Slower);
        assert!(ratio.low.unwrap() > 5.5 && ratio.high.unwrap() < 6.5, "{ratio:?}");
        // One that leaves it open goes on by rounds, and these count its turns.
        arm.begin(Standing::Measuring, Some("2"));
        arm.push_lot(lot(0.1, -0.2, 0.5), [0.1; 4]);
        assert_eq!((arm.standing, arm.rounds_to_interval()), (Standing::Measuring, 4));
        (0..4).for_each(|i| arm.push_pair(1.1 + 0.001 * f64::from(i), 1.0));
        assert_eq!(arm.standing, Standing::Slower);
    }

    #[test]
    fn a_round_that_was_broken_off_is_an_estimate_and_no_proof() {
        let mut arms = ["2", "4", "8"].map(|value| Arm::new(value, 3, 0.05, 0.02));
        arms[0].begin(Standing::Baseline, None);
        arms[1..].iter_mut().for_each(|arm| arm.begin(Standing::Measuring, Some("2")));
        take_round(&mut arms, 0, &[Some(1.0), Some(6.0), None], false);
        arms.iter_mut().for_each(Arm::close);
        let points = arms.each_ref().map(Arm::point);
        assert_eq!((points[1].standing, points[1].blocks), (Standing::Undecided, 0));
        let ratio = points[1].time_ratio.unwrap();
        assert!((ratio.estimate - 6.0).abs() < 1e-9 && (ratio.low, ratio.high) == (None, None), "{ratio:?}");
        assert!(points[0].images_per_sec.is_some() && points[1].images_per_sec.is_some());
        assert_eq!((points[2].time_ratio, points[2].images_per_sec), (None, None));
        // What is shown is what the two rates amount to, whoever had more turns.
        take_round(&mut arms, 0, &[Some(2.0), None, None], false);
        let points = arms.each_ref().map(Arm::point);
        let [rate, base] = [1, 0].map(|i: usize| points[i].images_per_sec.unwrap().estimate);
        assert!((points[1].time_ratio.unwrap().estimate - base / rate).abs() < 1e-9, "{points:?}");
        // Whole ones do.
        (0..12).for_each(|i| take_round(&mut arms, 0, &[Some(1.0), Some(6.0 + 0.01 * f64::from(i)), None], true));
        assert_eq!(arms[1].point().blocks, 12);
    }
}
