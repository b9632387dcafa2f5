//! Trials added up, as a table and as JSON.

use super::cases::{Bound, Case};
use serde_json::json;
use trainscope::diagnose::effect_frac;
use trainscope::protocol::Decision;

pub const LEGEND: &str = "right: the planted transform alone accused first (input, cpu), or nobody (0 %, compute). false: \
somebody else accused, or anybody where nothing is to be gained. covered: of trials with an interval around the planted \
transform's effect, those that hold the measured truth. naive: each off once, one after another, for as long as the bisect \
took. self time: the stage that takes the most.";

/// Whom a method accused.
#[derive(Debug, Clone, Copy)]
pub struct Accused {
    pub planted_first: bool,
    pub other: bool,
    pub anybody: bool,
}

impl Accused {
    pub fn of(culprits: impl Iterator<Item = usize>, planted: usize) -> Self {
        let culprits: Vec<usize> = culprits.collect();
        Self {
            planted_first: culprits.first() == Some(&planted),
            other: culprits.iter().any(|index| *index != planted),
            anybody: !culprits.is_empty(),
        }
    }
}

/// One trial.
pub struct Score {
    pub bisect: Accused,
    pub decision: Option<Decision>,
    pub interval: Option<(f64, f64)>,
    pub secs: f64,
    pub noise_floor_frac: Option<f64>,
    pub sentence: String,
    pub naive: Accused,
    pub self_time: Accused,
}

impl Score {
    pub fn json(&self, case: &str, trial: u64) -> serde_json::Value {
        let accused = |a: Accused| json!({ "planted_first": a.planted_first, "other": a.other, "anybody": a.anybody });
        json!({
            "kind": "trial",
            "case": case,
            "trial": trial,
            "bisect": accused(self.bisect),
            "decision": self.decision,
            "low": self.interval.map(|interval| interval.0),
            "high": self.interval.map(|interval| interval.1),
            "secs": self.secs,
            "noise_floor_frac": self.noise_floor_frac,
            "sentence": self.sentence,
            "naive": accused(self.naive),
            "self_time": accused(self.self_time),
        })
    }
}

/// What the planted transform costs, measured at length; and the standard error of that.
pub struct Truth {
    pub effect_frac: f64,
    pub error_frac: f64,
}

impl Truth {
    pub fn of(differences: &[f64]) -> Self {
        let n = differences.len() as f64;
        let mean = differences.iter().sum::<f64>() / n;
        let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self { effect_frac: effect_frac(mean), error_frac: (variance / n).sqrt() }
    }
}

/// A case.
pub struct Tally {
    name: &'static str,
    trials: usize,
    step_secs: f64,
    planted_frac: f64,
    truth_frac: f64,
    truth_error_frac: f64,
    covered: usize,
    intervals: usize,
    undecided: usize,
    median_secs: f64,
    most_secs: f64,
    /// Right and false, of the bisect, naive and self time.
    methods: [(usize, usize); 3],
}

impl Tally {
    pub fn of(case: &Case, step_secs: f64, truth: &Truth, scores: &[Score]) -> Self {
        let something = case.delay_frac > 0.0 && case.bound != Bound::Compute;
        let count = |what: &dyn Fn(&Score) -> bool| scores.iter().filter(|score| what(score)).count();
        let method = |accused: fn(&Score) -> Accused| {
            let right = |a: Accused| if something { a.planted_first && !a.other } else { !a.anybody };
            let wrong = |a: Accused| if something { a.other } else { a.anybody };
            (count(&|score| right(accused(score))), count(&|score| wrong(accused(score))))
        };
        let holds = |score: &Score| score.interval.is_some_and(|(low, high)| (low..=high).contains(&truth.effect_frac));
        let mut secs: Vec<f64> = scores.iter().map(|score| score.secs).collect();
        secs.sort_by(f64::total_cmp);
        let quantile = |share: f64| secs.get((share * secs.len() as f64) as usize).copied().unwrap_or_default();
        Self {
            name: case.name,
            trials: scores.len(),
            step_secs,
            planted_frac: case.delay_frac,
            truth_frac: truth.effect_frac,
            truth_error_frac: truth.error_frac,
            covered: count(&holds),
            intervals: count(&|score| score.interval.is_some()),
            undecided: count(&|score| score.decision == Some(Decision::Undecided)),
            median_secs: quantile(0.5),
            most_secs: quantile(0.9),
            methods: [method(|s| s.bisect), method(|s| s.naive), method(|s| s.self_time)],
        }
    }

    pub fn row(&self) -> String {
        let truth = format!("{:.1} ± {:.1}", 100.0 * self.truth_frac, 100.0 * self.truth_error_frac);
        let covered = format!("{} of {}", self.covered, self.intervals);
        let [bisect, naive, self_time] = self.methods;
        format!(
            "{:<20}{:>7}{:>9.1}{truth:>13}{:>7}{:>7}{:>11}{covered:>12}{:>8.1}{:>7.1}{:>9}{:>7}{:>9}{:>7}",
            self.name,
            self.trials,
            1e3 * self.step_secs,
            bisect.0,
            bisect.1,
            self.undecided,
            self.median_secs,
            self.most_secs,
            naive.0,
            naive.1,
            self_time.0,
            self_time.1
        )
    }

    pub fn json(&self) -> serde_json::Value {
        let method = |(right, wrong): (usize, usize)| json!({ "right": right, "false_alarms": wrong });
        json!({
            "kind": "case",
            "case": self.name,
            "trials": self.trials,
            "step_secs": self.step_secs,
            "planted_frac": self.planted_frac,
            "truth_frac": self.truth_frac,
            "truth_error_frac": self.truth_error_frac,
            "covered": self.covered,
            "intervals": self.intervals,
            "undecided": self.undecided,
            "median_secs": self.median_secs,
            "p90_secs": self.most_secs,
            "bisect": method(self.methods[0]),
            "naive": method(self.methods[1]),
            "self_time": method(self.methods[2]),
        })
    }
}

/// The table's first line.
pub fn heading() -> String {
    format!(
        "{:<20}{:>7}{:>9}{:>13}{:>7}{:>7}{:>11}{:>12}{:>8}{:>7}{:>9}{:>7}{:>9}{:>7}",
        "case",
        "trials",
        "step ms",
        "truth %",
        "right",
        "false",
        "undecided",
        "covered",
        "secs",
        "p90",
        "naive",
        "false",
        "self t.",
        "false"
    )
}
