//! What a sweep found, as plain data: `sweep.json`, the command line and the window read it. `docs/sweeps.md` explains it.
//!
//! `None` is "not known", never 0; an interval's end that is `None` is without bound.

use crate::config::described;
use crate::language::{Arg, Message};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::PathBuf;

/// Losses are compared from so many steps on.
pub(super) const FEWEST_LOSSES: f64 = 10.0;

/// A budget is too short for certain where so many times as much is needed.
const CLEARLY: f64 = 1.2;

/// An estimate and the interval around it, which holds at whatever moment it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub estimate: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

impl Interval {
    /// Half its width over the estimate; `None` while it is without bound.
    pub fn half_width_frac(&self) -> Option<f64> {
        Some((self.high? - self.low?) / (2.0 * self.estimate))
    }
}

/// How a sweep goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SweepKind {
    /// One engine whose workers change while it trains; its prediction is held against what comes of it.
    Threads,
    /// An engine for each value, taking turns.
    SideBySide,
}

/// What can be said of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its turn has not come.
    Waiting,
    Measuring,
    /// The others are compared with it.
    Baseline,
    Faster,
    Slower,
    /// The interval lies within the margin.
    Same,
    /// The time was spent before anything could be said.
    Undecided,
    /// Its engine failed or died; the point's note says how.
    Failed,
}

/// A loss on the way: means over neighbours where there are many.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LossPoint {
    pub step: f64,
    /// Seconds of training, without the time in which others had their turn.
    pub secs: f64,
    pub loss: f64,
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

/// Two losses at the same place of the training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LossAgainst {
    /// Steps of the value itself; where batch sizes differ the baseline had seen as many images after others.
    pub steps: f64,
    /// Means over the last tenth of those steps.
    pub loss: f64,
    pub baseline_loss: f64,
}

/// Two accuracies on the validation images at the same place of the training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AccuracyAgainst {
    /// Of the last validation that both have come to.
    pub steps: u64,
    pub accuracy: f64,
    pub baseline_accuracy: f64,
}

/// One value of the key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    pub value: String,
    pub standing: Standing,
    /// Of training, over all its turns.
    pub images_per_sec: Option<Interval>,
    /// Seconds an image over the baseline's in the same round; above 1 is slower.
    pub time_ratio: Option<Interval>,
    /// The value that it was compared with.
    pub against: Option<String>,
    /// Rounds in which both had their turn.
    pub blocks: u32,
    /// Training steps taken, washed out ones too.
    pub steps: u64,
    pub losses: Vec<LossPoint>,
    /// The step since which its loss is no number.
    #[serde(default)]
    pub diverged_at: Option<u64>,
    /// `None` too where the values' losses are not of one kind.
    pub loss_against: Option<LossAgainst>,
    /// In the place of losses that are not of one kind.
    #[serde(default)]
    pub accuracy_against: Option<AccuracyAgainst>,
    /// The run's folder, which opens as any other.
    pub run_dir: Option<PathBuf>,
    /// What went wrong, as a sentence.
    pub note: Option<Message>,
    /// The comparison in words, once there is one.
    pub sentence: Option<Message>,
}

/// Images a second that were predicted for a number of workers, and the band they were expected in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PredictedRate {
    pub workers: usize,
    pub images_per_sec: f64,
    pub low: f64,
    pub high: f64,
}

/// What was predicted before anything was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictedCurve {
    /// The workers that the prediction was made with.
    pub from_workers: usize,
    pub rates: Vec<PredictedRate>,
    /// `None` before another number of workers was measured.
    pub hold_out: Option<HoldOut>,
}

/// How far the prediction was off, over numbers of workers other than its own: |measured - predicted| / measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HoldOut {
    /// Numbers of workers measured and predicted.
    pub counts: usize,
    pub median_frac: f64,
    pub worst_frac: f64,
    /// Where it was worst.
    pub worst_workers: usize,
    /// Measured rates that lie in the predicted band.
    pub in_band: usize,
}

impl PredictedCurve {
    /// For so many workers, those among them that it was made with.
    pub(super) fn rate(&self, workers: usize) -> Option<PredictedRate> {
        self.rates.iter().copied().find(|rate| rate.workers == workers)
    }

    /// Holds the measured (workers, images a second) against it.
    pub fn hold_out_of(&self, measured: &[(usize, f64)]) -> Option<HoldOut> {
        let mut errors: Vec<(f64, usize)> = Vec::new();
        let mut in_band = 0;
        for (workers, rate) in measured.iter().filter(|(workers, rate)| *workers != self.from_workers && *rate > 0.0) {
            let Some(predicted) = self.rate(*workers) else { continue };
            errors.push(((rate - predicted.images_per_sec).abs() / rate, *workers));
            in_band += usize::from((predicted.low..=predicted.high).contains(rate));
        }
        errors.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (worst_frac, worst_workers) = *errors.last()?;
        let middle = |i: usize| errors.get(i).map_or(0.0, |e| e.0);
        let median_frac = f64::midpoint(middle((errors.len() - 1) / 2), middle(errors.len() / 2));
        Some(HoldOut { counts: errors.len(), median_frac, worst_frac, worst_workers, in_band })
    }
}

/// How a sweep stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SweepState {
    Running,
    /// Everything was decided.
    Done,
    BudgetSpent,
    Cancelled,
}

/// A sweep, under way or over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    /// Such as `optimizer.lr`.
    pub key: String,
    pub kind: SweepKind,
    pub state: SweepState,
    /// In the order asked for.
    pub points: Vec<SweepPoint>,
    /// Of a sweep over threads.
    pub curve: Option<PredictedCurve>,
    /// Differences within this share count as none.
    pub margin_frac: f64,
    /// What goes on now; empty when it is over.
    pub now: Message,
    pub secs: f64,
    pub budget_secs: f64,
    /// What it will need in all to tell large differences and to come to the losses, as reckoned by the steps so far; `None`
    /// before there are any.
    #[serde(default)]
    pub needed_secs: Option<f64>,
    /// Warnings that concern the whole.
    pub notes: Vec<Message>,
    /// The verdict for a person; empty before there is one.
    pub sentence: Message,
    /// Holds `sweep.json` and a run's folder for each engine.
    pub dir: PathBuf,
}

impl SweepReport {
    /// What forms call the key; the key itself where they have no name for it.
    pub fn title(&self) -> Cow<'static, str> {
        described(&self.key).map_or_else(|| self.key.clone().into(), |info| info.title())
    }

    /// What was predicted of a value that was still to be measured; that which the prediction was made with has none.
    pub fn predicted(&self, value: &str) -> Option<PredictedRate> {
        let curve = self.curve.as_ref().filter(|_| self.kind == SweepKind::Threads)?;
        let workers = value.parse::<usize>().ok().filter(|workers| *workers != curve.from_workers)?;
        curve.rate(workers)
    }

    /// A step does the same work with each value: only what comes of the training tells them apart.
    pub fn is_by_loss(&self) -> bool {
        described(&self.key).is_some_and(|info| info.same_work)
    }

    /// Steps that each value has come to which trains, and the loss of each there: those before ten steps have none, nor has one
    /// whose loss is no number any more. `None` where fewer than two can be told apart.
    pub fn losses_beside(&self) -> Option<(f64, Vec<Option<f64>>)> {
        // One that was trained on for its time's sake is compared where losses were asked for.
        let reached = |point: &SweepPoint| {
            let learns = point.standing != Standing::Failed && point.diverged_at.is_none();
            let last = point.losses.last().filter(|_| learns)?.step;
            let steps = point.loss_against.map_or(last, |against| last.min(against.steps));
            (steps >= FEWEST_LOSSES).then_some(steps)
        };
        let steps = self.points.iter().filter_map(reached).fold(f64::INFINITY, f64::min);
        let loss = |point: &SweepPoint| {
            reached(point).and_then(|_| loss_after(&point.losses, steps)).filter(|loss| loss.is_finite())
        };
        let losses: Vec<Option<f64>> = self.points.iter().map(loss).collect();
        let diverged = self.points.iter().filter(|point| point.diverged_at.is_some()).count();
        let compared = losses.iter().flatten().count();
        (compared > 0 && compared + diverged > 1).then_some((steps, losses))
    }

    /// Its accuracy after the last validation that it has in common with the baseline; the baseline's is that beside another value.
    pub fn accuracy(&self, point: &SweepPoint) -> Option<f64> {
        let beside = |other: &SweepPoint| {
            let is_against = other.against.as_ref() == Some(&point.value);
            other.accuracy_against.filter(|_| is_against).map(|found| found.baseline_accuracy)
        };
        let own = point.accuracy_against.map(|found| found.accuracy);
        own.or_else(|| self.points.iter().find_map(beside))
    }

    /// The budget was spent before everything was decided; what is decided may have had the rest of it for its rate.
    pub fn is_left_open(&self) -> bool {
        let undecided = |point: &SweepPoint| point.standing == Standing::Undecided;
        self.state == SweepState::BudgetSpent && (self.is_by_loss() || self.points.iter().any(undecided))
    }

    /// Seconds that may still be spent.
    pub fn left_secs(&self) -> f64 {
        (self.budget_secs - self.secs).max(0.0)
    }

    /// Some value has been beside the baseline.
    pub fn compares(&self) -> bool {
        let is_compared = |point: &SweepPoint| {
            point.time_ratio.is_some() || point.loss_against.is_some() || point.accuracy_against.is_some()
        };
        self.points.iter().any(is_compared)
    }

    /// Says so where the budget is clearly too short.
    pub fn too_short(&self) -> Option<Message> {
        let needed = self.needed_secs.filter(|needed| *needed > CLEARLY * self.budget_secs)?;
        let (needed, budget) = (Arg::duration(needed), Arg::duration(self.budget_secs));
        Some(msg!("client-sweep-too-short", values = self.points.len(), needed, budget))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_is_clearly_too_short_is_said_to_be() {
        let mut report = made::report(SweepKind::SideBySide, "optimizer.lr");
        assert_eq!((report.too_short(), report.compares()), (None, false));
        (report.budget_secs, report.needed_secs) = (60.0, Some(70.0));
        assert_eq!(report.too_short(), None, "it may do");
        report.needed_secs = Some(130.0);
        let said = report.too_short().unwrap().to_string();
        assert_eq!(said, "2 values need about 2 min 10 s, more than the budget of 1 min 00 s");
    }

    #[test]
    fn the_hold_out_error_leaves_its_own_count_out() {
        let rate = |workers, images_per_sec| PredictedRate { workers, images_per_sec, low: 90.0, high: 210.0 };
        let curve = PredictedCurve {
            from_workers: 1,
            rates: vec![rate(0, 100.0), rate(1, 150.0), rate(2, 200.0), rate(3, 400.0)],
            hold_out: None,
        };
        assert_eq!(curve.hold_out_of(&[(1, 10.0), (9, 10.0)]), None);
        let found = curve.hold_out_of(&[(0, 80.0), (1, 10.0), (2, 200.0), (3, 200.0)]).unwrap();
        assert_eq!((found.counts, found.worst_workers, found.in_band), (3, 3, 2));
        assert!((found.median_frac - 0.25).abs() < 1e-12 && (found.worst_frac - 1.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn nothing_is_predicted_of_what_the_prediction_was_made_with() {
        let report = made::report(SweepKind::Threads, "loader.workers");
        let predicted = ["4", "0", "7", "auto"].map(|value| report.predicted(value).map(|rate| rate.images_per_sec));
        assert_eq!(predicted, [Some(50.0), None, None, None]);
        assert_eq!(made::report(SweepKind::SideBySide, "loader.prefetch").predicted("4"), None);
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

/// A report that nothing was measured for.
#[cfg(test)]
pub(crate) mod made {
    use super::*;

    pub(crate) fn report(kind: SweepKind, key: &str) -> SweepReport {
        let point = |value: &str, rate: f64| SweepPoint {
            value: value.to_owned(),
            standing: Standing::Measuring,
            images_per_sec: Some(Interval { estimate: rate, low: Some(rate - 1.0), high: None }),
            time_ratio: None,
            against: None,
            blocks: 1,
            steps: 2,
            losses: vec![LossPoint { step: 1.0, secs: 0.5, loss: 2.0 }],
            diverged_at: None,
            loss_against: None,
            accuracy_against: None,
            run_dir: None,
            note: None,
            sentence: None,
        };
        let rate = |workers, images_per_sec| PredictedRate { workers, images_per_sec, low: 1.0, high: 99.0 };
        SweepReport {
            key: key.to_owned(),
            kind,
            state: SweepState::Running,
            points: vec![point("4", 40.0), point("0", 10.0)],
            curve: Some(PredictedCurve { from_workers: 0, rates: vec![rate(0, 9.0), rate(4, 50.0)], hold_out: None }),
            margin_frac: 0.02,
            now: Message::default(),
            secs: 1.0,
            budget_secs: 2.0,
            needed_secs: None,
            notes: Vec::new(),
            sentence: Message::default(),
            dir: PathBuf::new(),
        }
    }
}
