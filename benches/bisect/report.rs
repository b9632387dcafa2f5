//! Trials added up, as a table and as JSON.

use super::cases::{Case, Machine};
use serde_json::json;
use trainscope::diagnose::effect_frac;
use trainscope::protocol::Decision;

pub const LEGEND: &str = "right: the planted transform named first and nobody else, or, where nothing is to be gained, \
nobody. false: somebody else accused. cleared: it was said that nobody costs anything. named: seconds until the planted one \
was; ended: until the bisect was. covered: of trials with an interval around the planted transform's effect, those that \
hold the measured truth. predicted: median error of what the laws said beforehand, in percent, and how often their band held. \
naive: each off once, one after another, for as long as the bisect took; self time: the stage that takes the most (of each: \
right, false; for real and short steps only).";

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

    fn is_right(self, planted: bool) -> bool {
        if planted { self.planted_first && !self.other } else { !self.anybody }
    }

    fn is_false(self, planted: bool) -> bool {
        if planted { self.other } else { self.anybody }
    }
}

/// What the operational laws said before the trial that switching the planted transform off would bring.
#[derive(Debug, Clone, Copy)]
pub struct Guess {
    pub effect_frac: f64,
    pub low: f64,
    pub high: f64,
}

/// One trial.
pub struct Score {
    pub bisect: Accused,
    pub decision: Option<Decision>,
    pub interval: Option<(f64, f64)>,
    /// Nobody is accused or undecided.
    pub cleared: bool,
    /// When the planted one was decided to cost something, if that stood at the end.
    pub named_secs: Option<f64>,
    pub secs: f64,
    pub noise_floor_frac: Option<f64>,
    pub sentence: String,
    pub guess: Option<Guess>,
    /// Naive and self time.
    pub rivals: Option<[Accused; 2]>,
}

impl Score {
    pub fn json(&self, case: &Case, simulated: bool, trial: u64) -> serde_json::Value {
        let accused = |a: Accused| json!({ "planted_first": a.planted_first, "other": a.other, "anybody": a.anybody });
        json!({
            "kind": "trial",
            "case": case.name(),
            "simulated": simulated,
            "trial": trial,
            "bisect": accused(self.bisect),
            "decision": self.decision,
            "low": self.interval.map(|interval| interval.0),
            "high": self.interval.map(|interval| interval.1),
            "named_secs": self.named_secs,
            "secs": self.secs,
            "noise_floor_frac": self.noise_floor_frac,
            "sentence": self.sentence,
            "predicted": self.guess.map(|guess| [guess.effect_frac, guess.low, guess.high]),
            "naive": self.rivals.map(|rivals| accused(rivals[0])),
            "self_time": self.rivals.map(|rivals| accused(rivals[1])),
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

/// A case, or several.
pub struct Tally {
    name: String,
    simulated: bool,
    trials: usize,
    step_secs: f64,
    truth: Truth,
    right: usize,
    wrong: usize,
    cleared: usize,
    covered: usize,
    intervals: usize,
    /// Infinite where the planted one was not named.
    named_secs: Vec<f64>,
    secs: Vec<f64>,
    /// |predicted / measured - 1| of the rates, and whether the band held.
    guesses: Vec<(f64, bool)>,
    /// Right and false, of naive and self time; of so many trials.
    rivals: [(usize, usize); 2],
    rival_trials: usize,
}

impl Tally {
    pub fn of(case: &Case, simulated: bool, step_secs: f64, truth: Truth, scores: &[Score]) -> Self {
        let planted = case.is_planted();
        let count = |what: &dyn Fn(&Score) -> bool| scores.iter().filter(|score| what(score)).count();
        let holds = |score: &Score| score.interval.is_some_and(|(low, high)| (low..=high).contains(&truth.effect_frac));
        let guesses = scores.iter().filter_map(|score| score.guess).filter(|_| case.effect_frac > 0.0);
        let guess = |g: Guess| {
            let error = (1.0 + g.effect_frac) / (1.0 + truth.effect_frac) - 1.0;
            (error.abs(), (g.low..=g.high).contains(&truth.effect_frac))
        };
        let rival = |which: usize| {
            let of = |score: &Score| score.rivals.and_then(|rivals| rivals.get(which).copied());
            let count = |what: fn(Accused, bool) -> bool| {
                scores.iter().filter_map(of).filter(|accused| what(*accused, planted)).count()
            };
            (count(Accused::is_right), count(Accused::is_false))
        };
        Self {
            name: case.name(),
            simulated,
            trials: scores.len(),
            step_secs,
            right: count(&|score| score.bisect.is_right(planted)),
            wrong: count(&|score| score.bisect.is_false(planted)),
            cleared: count(&|score| score.cleared),
            covered: count(&holds),
            intervals: count(&|score| score.interval.is_some()),
            named_secs: scores.iter().map(|score| score.named_secs.unwrap_or(f64::INFINITY)).collect(),
            secs: scores.iter().map(|score| score.secs).collect(),
            guesses: guesses.map(guess).collect(),
            rivals: [rival(0), rival(1)],
            rival_trials: count(&|score| score.rivals.is_some()),
            truth,
        }
    }

    pub fn row(&self) -> String {
        let truth = format!("{:.1} ± {:.1}", 100.0 * self.truth.effect_frac, 100.0 * self.truth.error_frac);
        let covered = format!("{} of {}", self.covered, self.intervals);
        let secs = |secs: f64| if secs.is_finite() { format!("{secs:.1}") } else { "-".to_owned() };
        let guess = match median(self.guesses.iter().map(|guess| guess.0).collect()) {
            Some(error) => {
                let held = self.guesses.iter().filter(|guess| guess.1).count();
                format!("{:.0} {held}/{}", 100.0 * error, self.guesses.len())
            }
            None => "-".to_owned(),
        };
        let rivals = match self.rival_trials {
            0 => "-".to_owned(),
            _ => self.rivals.map(|(right, wrong)| format!("{right} {wrong}")).join(" | "),
        };
        format!(
            "| {} | {} | {} | {:.1} | {truth} | {} | {} | {} | {} | {} | {} | {covered} | {guess} | {rivals} |",
            self.name,
            if self.simulated { "sim" } else { "real" },
            self.trials,
            1e3 * self.step_secs,
            self.right,
            self.wrong,
            self.cleared,
            secs(median(self.named_secs.clone()).unwrap_or(f64::INFINITY)),
            secs(self.named_secs.iter().copied().fold(0.0, f64::max)),
            secs(median(self.secs.clone()).unwrap_or_default()),
        )
    }

    pub fn json(&self) -> serde_json::Value {
        let finite = |secs: Option<f64>| secs.filter(|secs| secs.is_finite());
        json!({
            "kind": "case",
            "case": self.name,
            "simulated": self.simulated,
            "trials": self.trials,
            "step_secs": self.step_secs,
            "truth_frac": self.truth.effect_frac,
            "truth_error_frac": self.truth.error_frac,
            "right": self.right,
            "false_alarms": self.wrong,
            "cleared": self.cleared,
            "covered": self.covered,
            "intervals": self.intervals,
            "named_median_secs": finite(median(self.named_secs.clone())),
            "named_most_secs": finite(Some(self.named_secs.iter().copied().fold(0.0, f64::max))),
            "median_secs": median(self.secs.clone()),
            "predicted_error": median(self.guesses.iter().map(|guess| guess.0).collect()),
            "predicted_held": self.guesses.iter().filter(|guess| guess.1).count(),
            "predicted": self.guesses.len(),
            "naive": self.rivals[0],
            "self_time": self.rivals[1],
            "rival_trials": self.rival_trials,
        })
    }
}

/// The upper of the two in the middle; `None` of none.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The table's first lines.
pub fn heading() -> String {
    let names = "| case | how | trials | step ms | truth % | right | false | cleared | named s | latest s | ended s | covered | \
                 predicted: off by %, held | naive | self time |";
    format!("{names}\n{}", "|---".repeat(names.matches('|').count() - 1) + "|")
}

/// What is asked of the bisect, and whether these trials give it.
struct Aim {
    effect_frac: f64,
    most_step_secs: f64,
    machine: Option<Machine>,
    /// Median and latest time until it is named, in seconds.
    median_secs: f64,
    within_secs: f64,
    share: f64,
}

/// Times are until the planted one is named; of nothing, until all are cleared.
const AIMS: [Aim; 7] = [
    Aim { effect_frac: 9.0, most_step_secs: 1.0, machine: None, median_secs: 20.0, within_secs: 40.0, share: 1.0 },
    Aim { effect_frac: 1.0, most_step_secs: 1.0, machine: None, median_secs: 30.0, within_secs: 60.0, share: 0.98 },
    Aim {
        effect_frac: 0.3,
        most_step_secs: 0.3,
        machine: Some(Machine::Idle),
        median_secs: 60.0,
        within_secs: 60.0,
        share: 0.95,
    },
    Aim {
        effect_frac: 0.3,
        most_step_secs: 0.3,
        machine: Some(Machine::Neighbour),
        median_secs: 60.0,
        within_secs: 60.0,
        share: 0.9,
    },
    Aim {
        effect_frac: 0.1,
        most_step_secs: 0.05,
        machine: Some(Machine::Idle),
        median_secs: 30.0,
        within_secs: 30.0,
        share: 0.98,
    },
    Aim {
        effect_frac: 0.1,
        most_step_secs: 0.05,
        machine: Some(Machine::Neighbour),
        median_secs: 30.0,
        within_secs: 30.0,
        share: 0.95,
    },
    Aim { effect_frac: 0.0, most_step_secs: 0.05, machine: None, median_secs: 60.0, within_secs: 60.0, share: 0.95 },
];

/// All trials, for the aims.
#[derive(Default)]
pub struct Trials(Vec<(Case, bool, bool, f64, bool)>);

impl Trials {
    pub fn add(&mut self, case: &Case, simulated: bool, scores: &[Score]) {
        for score in scores {
            let planted = case.is_planted();
            let done = if planted { score.bisect.is_right(true) } else { score.cleared };
            let secs = if planted { score.named_secs.unwrap_or(f64::INFINITY) } else { score.secs };
            self.0.push((*case, simulated, done, secs, score.bisect.is_false(planted)));
        }
    }

    /// A line for each aim, of real and of simulated trials, and one for false alarms.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            "| effect | steps up to | machine | how | trials | within | of trials | aimed at | median s |".to_owned(),
            "|---|---|---|---|---|---|---|---|---|".to_owned(),
        ];
        for aim in &AIMS {
            for simulated in [false, true] {
                let fits = |case: &Case| {
                    case.effect_frac == aim.effect_frac
                        && case.step_secs <= aim.most_step_secs
                        && aim.machine.is_none_or(|machine| case.machine == machine)
                        && (case.is_planted() || case.effect_frac == 0.0)
                };
                let trials: Vec<_> = self.0.iter().filter(|(case, sim, ..)| fits(case) && *sim == simulated).collect();
                if trials.is_empty() {
                    continue;
                }
                let within = trials.iter().filter(|(_, _, done, secs, _)| *done && *secs <= aim.within_secs).count();
                let middle = median(trials.iter().map(|trial| trial.3).collect()).unwrap_or_default();
                lines.push(format!(
                    "| {:.0} % | {} s | {} | {} | {} | {:.0} s | {:.1} % | {:.0} %, median {:.0} s | {middle:.1} |",
                    100.0 * aim.effect_frac,
                    aim.most_step_secs,
                    aim.machine.map_or("any", |machine| if machine == Machine::Idle { "idle" } else { "beside" }),
                    if simulated { "sim" } else { "real" },
                    trials.len(),
                    aim.within_secs,
                    100.0 * within as f64 / trials.len() as f64,
                    100.0 * aim.share,
                    aim.median_secs,
                ));
            }
        }
        for simulated in [false, true] {
            let trials = self.0.iter().filter(|trial| trial.1 == simulated);
            let (all, wrong) = (trials.clone().count(), trials.filter(|trial| trial.4).count());
            let how = if simulated { "simulated" } else { "real" };
            lines.push(format!("False alarms: {wrong} of {all} {how} trials."));
        }
        lines
    }
}
