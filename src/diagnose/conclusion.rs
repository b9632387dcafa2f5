//! From trials to one answer: who costs speed, how much together, and the sentence that says so.

use super::paired::{Estimate, PairedTestSettings, Stop, effect_frac};
use crate::language::{Arg, Message, clauses, enumeration};
use crate::protocol::{BisectVerdict, Culprit, Decision, Measure, OffMethod, Trial};

/// A transform that an experiment may switch off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the chain.
    pub index: usize,
    /// As the loader's stages call it.
    pub name: String,
}

/// What several transforms were found to cost, off together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Together {
    pub transforms: usize,
    /// All that may be switched off, not just those beside a culprit.
    pub all: bool,
    pub effect_frac: f64,
    pub low: f64,
    pub high: f64,
}

/// A trial as the wire has it; `without` are transforms that were off on both sides.
pub(super) fn trial_of(
    candidate: &Candidate,
    method: OffMethod,
    measure: Measure,
    estimate: Option<Estimate>,
    decision: Decision,
    without: Vec<String>,
) -> Trial {
    let bounded = |v: f64| v.is_finite().then(|| effect_frac(v)).filter(|v| v.is_finite());
    Trial {
        transform: candidate.name.clone(),
        index: candidate.index,
        method,
        measure,
        effect_frac: estimate.and_then(|e| bounded(e.log_ratio)),
        low: estimate.and_then(|e| bounded(e.low)),
        high: estimate.and_then(|e| bounded(e.high)),
        blocks: estimate.map_or(0, |e| e.blocks),
        decision,
        without,
        together: 0,
    }
}

impl From<Stop> for Decision {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Effect => Self::Effect,
            Stop::Nothing => Self::Nothing,
            Stop::Budget => Self::Undecided,
        }
    }
}

/// What a transform's effect means to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Off, the run is faster by more than the margin.
    Culprit,
    /// It costs something, but too little to matter.
    Small,
    /// Off, the run is slower.
    Spares,
}

/// `None` for what is no effect, or no longer: more blocks may bring back to 0 an interval that had left it.
fn weight(trial: &Trial, margin_frac: f64) -> Option<Weight> {
    let (effect_frac, low, high) = (trial.effect_frac?, trial.low?, trial.high?);
    match trial.decision {
        Decision::Effect if low > 0.0 && effect_frac >= margin_frac => Some(Weight::Culprit),
        Decision::Effect if low > 0.0 => Some(Weight::Small),
        Decision::Effect if high < 0.0 => Some(Weight::Spares),
        _ => None,
    }
}

/// What the trials come to. Of a transform's two trials (CPU and wall time) the wall's counts where it accuses, as people wait by that
/// clock; it can accuse only, as it takes too long to clear anyone. `ended_by` is what ended it before its time.
pub(super) fn conclude(
    trials: &[Trial],
    together: Option<Together>,
    margin_frac: f64,
    noise_floor_frac: Option<f64>,
    secs: f64,
    ended_by: Option<&Message>,
) -> BisectVerdict {
    let mut culprits: Vec<Culprit> = Vec::new();
    for trial in trials.iter().filter(|trial| weight(trial, margin_frac) == Some(Weight::Culprit)) {
        let (Some(effect_frac), Some(low), Some(high)) = (trial.effect_frac, trial.low, trial.high) else { continue };
        let (transform, without) = (trial.transform.clone(), trial.without.clone());
        let culprit = Culprit { transform, index: trial.index, effect_frac, low, high, without };
        match culprits.iter_mut().find(|c| c.index == trial.index) {
            Some(known) if trial.measure == Measure::LoaderWall || known.effect_frac < effect_frac => *known = culprit,
            Some(_) => {}
            None => culprits.push(culprit),
        }
    }
    // One that others were tried without came first for being the costliest.
    let by_cost = |a: &Culprit, b: &Culprit| b.effect_frac.total_cmp(&a.effect_frac);
    culprits.sort_by(|a, b| a.without.len().cmp(&b.without.len()).then(by_cost(a, b)));
    let mut undecided: Vec<String> = Vec::new();
    for trial in trials {
        let open = trial.decision != Decision::Nothing
            && weight(trial, margin_frac).is_none()
            && trial.measure != Measure::LoaderWall;
        let accused = culprits.iter().any(|c| c.index == trial.index);
        if open && !accused && !undecided.contains(&trial.transform) {
            undecided.push(trial.transform.clone());
        }
    }
    let all: Vec<&Culprit> = culprits.iter().collect();
    let mut verdict = BisectVerdict {
        predicted_speedup: speedup(&all, |culprit| culprit.effect_frac),
        culprits,
        noise_floor_frac,
        undecided,
        secs,
        sentence: Message::default(),
    };
    verdict.sentence = sentence(&verdict, trials, together, margin_frac, ended_by);
    verdict
}

/// The verdict with what was predicted of those that it did not come to (`expected`: by index into the chain, as a share), where that
/// is more than the margin: who may be looked at next.
pub fn with_expected(mut verdict: BisectVerdict, trials: &[Trial], expected: &[(usize, f64)]) -> BisectVerdict {
    let is_open = |trial: &&Trial| {
        trial.blocks == 0 && trial.decision != Decision::CannotSwitch && verdict.undecided.contains(&trial.transform)
    };
    let gain = |trial: &Trial| {
        let (_, frac) = expected.iter().find(|(index, _)| *index == trial.index)?;
        Some(*frac).filter(|frac| frac.is_finite() && *frac > PairedTestSettings::default().margin_frac)
    };
    let untried = trials.iter().filter(is_open);
    let mut gains: Vec<(&str, f64)> =
        untried.filter_map(|trial| Some((trial.transform.as_str(), gain(trial)?))).collect();
    gains.sort_by(|a, b| b.1.total_cmp(&a.1));
    if !gains.is_empty() {
        let one =
            |(transform, frac): (&str, f64)| msg!("diagnose-expected-share", transform, share = faster_about(frac));
        let list = enumeration(gains.into_iter().map(one));
        verdict.sentence = clauses([verdict.sentence, msg!("diagnose-expected", list)]);
    }
    verdict
}

/// Times as fast without all of these; `None` of none. Of culprits measured against the same chain the shares of the time
/// add up; those measured with others off already come on top.
pub fn speedup(culprits: &[&Culprit], of: fn(&Culprit) -> f64) -> Option<f64> {
    let deepest = culprits.iter().map(|culprit| culprit.without.len()).max()?;
    let level = |depth: usize| {
        let beside = culprits.iter().filter(|culprit| culprit.without.len() == depth);
        let spared: f64 = beside.map(|culprit| of(culprit) / (1.0 + of(culprit))).sum();
        1.0 / (1.0 - spared.min(0.99))
    };
    match culprits {
        [one] => Some(1.0 + of(one)),
        _ => Some((0..=deepest).map(level).product()),
    }
}

/// What can be said while trials go on, for a person; `suspect` is tried alone now.
pub(super) fn so_far(trials: &[Trial], suspect: Option<&str>, margin_frac: f64) -> Message {
    let known = trials.iter().filter_map(|trial| Some((trial, trial.low.filter(|low| *low > margin_frac)?)));
    if let Some((trial, low)) = known.max_by(|a, b| a.1.total_cmp(&b.1)) {
        let share = faster_about(trial.effect_frac.unwrap_or(low));
        return msg!("diagnose-so-far", transform = &trial.transform, share, least = times(low));
    }
    let tried = |name: &str| trials.iter().find(|trial| trial.transform == name);
    match suspect.and_then(tried) {
        // What was found of several together is not said of it alone.
        Some(Trial { transform, effect_frac: Some(effect), blocks, together: 0, .. }) if *blocks > 0 => {
            msg!("diagnose-trying-seems", transform, share = faster_about(*effect), rounds = *blocks)
        }
        Some(trial) => msg!("diagnose-trying", transform = &trial.transform),
        None if trials.iter().any(|trial| trial.blocks > 1) => msg!("diagnose-none-stands-out"),
        None => Message::default(),
    }
}

fn sentence(
    verdict: &BisectVerdict,
    trials: &[Trial],
    together: Option<Together>,
    margin_frac: f64,
    ended_by: Option<&Message>,
) -> Message {
    let in_place = trials.iter().any(|t| t.measure == Measure::StepTime);
    let what = || if in_place { msg!("diagnose-of-training") } else { msg!("diagnose-of-loader-alone") };
    let ended = ended_by.map(|why| msg!("diagnose-ended-by", time = Arg::duration(verdict.secs), why));
    let mut said: Vec<Message> = ended.into_iter().collect();
    let tried = |name: &String| trials.iter().any(|trial| trial.transform == *name && trial.blocks > 0);
    let (open, untried): (Vec<&String>, Vec<&String>) = verdict.undecided.iter().partition(|name| tried(name));
    let answer = answer(verdict, trials, together, margin_frac, &what);
    // Where there is no other answer than what is open, that is named in it.
    let is_only_open = answer.is("diagnose-not-decided") && !open.is_empty();
    said.push(if is_only_open { msg!("diagnose-only-undecided", transforms = Arg::names(&open)) } else { answer });
    if let Some(together) = together.filter(|t| t.transforms > 1) {
        let count = together.transforms;
        if together.low > 0.0 {
            let (what, share) = (what(), faster(together.effect_frac, together.low, together.high));
            said.push(match together.all {
                true => msg!("diagnose-all-off", count, what, share),
                false => msg!("diagnose-others-off", count, what, share),
            });
        } else if together.high < MOST_BOUND_SAID {
            let most = percent(together.high.max(0.0));
            said.push(match together.all {
                true => msg!("diagnose-all-cost-at-most", count, most),
                false => msg!("diagnose-others-cost-at-most", count, most),
            });
        }
    }
    for trial in trials.iter().filter(|trial| trial.measure != Measure::LoaderWall) {
        let accused = verdict.culprits.iter().any(|c| c.index == trial.index);
        let (Some(weight), false, Some(effect), Some(low), Some(high)) =
            (weight(trial, margin_frac), accused, trial.effect_frac, trial.low, trial.high)
        else {
            continue;
        };
        let transform = &trial.transform;
        said.push(match weight {
            Weight::Spares => {
                let (percent, low, high) = (percent(-effect), percent(-high), percent(-low));
                msg!("diagnose-spares-time", transform, what = what(), percent, low, high)
            }
            _ => {
                let (percent, low, high) = (percent(effect), percent(low), percent(high));
                msg!("diagnose-costs-little", transform, percent, low, high)
            }
        });
    }
    if !open.is_empty() && !is_only_open {
        said.push(msg!("diagnose-undecided", transforms = Arg::names(open)));
    }
    if !untried.is_empty() {
        said.push(msg!("diagnose-not-measured", transforms = Arg::names(untried)));
    }
    clauses(said)
}

/// Who holds back `what`, if anybody.
fn answer(
    verdict: &BisectVerdict,
    trials: &[Trial],
    together: Option<Together>,
    margin_frac: f64,
    what: &dyn Fn() -> Message,
) -> Message {
    let share = |c: &Culprit| share_of(c, trials, margin_frac);
    match verdict.culprits.as_slice() {
        [] if verdict.undecided.is_empty() => {
            let small = trials.iter().filter(|trial| weight(trial, margin_frac) == Some(Weight::Small));
            let most = percent(small.filter_map(|trial| trial.high).fold(margin_frac, f64::max));
            msg!("diagnose-no-single-culprit", what = what(), most)
        }
        // Together they matter, alone none was found to.
        [] if together.is_some_and(|t| t.all && t.low > margin_frac) => msg!("diagnose-none-alone-found"),
        [] => match (bounded_by(trials).filter(|most| *most < MOST_BOUND_SAID), suspected(trials, margin_frac)) {
            (Some(most), _) => msg!("diagnose-none-found", what = what(), most = percent(most)),
            (None, Some((transform, share))) => msg!("diagnose-suspected", transform, what = what(), share),
            (None, None) => msg!("diagnose-not-decided"),
        },
        [one] => msg!("diagnose-culprit", transform = &one.transform, what = what(), share = share(one)),
        [first, rest @ ..] if rest.iter().all(|culprit| !culprit.without.is_empty()) => {
            let then = |c: &Culprit| msg!("diagnose-culprit-too", transform = &c.transform, share = share(c));
            let rest: Vec<Message> = rest.iter().map(then).collect();
            msg!(
                "diagnose-culprits-in-turn",
                transform = &first.transform,
                what = what(),
                share = share(first),
                rest = enumeration(rest),
                times = Arg::number(verdict.predicted_speedup.unwrap_or(1.0), 1)
            )
        }
        many => {
            let one = |c: &Culprit| msg!("diagnose-culprit-share", transform = &c.transform, share = share(c));
            let list: Vec<Message> = many.iter().map(one).collect();
            msg!(
                "diagnose-culprits",
                what = what(),
                list = enumeration(list),
                times = Arg::number(verdict.predicted_speedup.unwrap_or(1.0), 1)
            )
        }
    }
}

/// How much faster it is without the culprit, and by which clock where it is not the one that people wait by.
fn share_of(culprit: &Culprit, trials: &[Trial], margin_frac: f64) -> Message {
    let share = faster(culprit.effect_frac, culprit.low, culprit.high);
    let accuses = |measure: Measure| {
        let mut of_it = trials.iter().filter(|trial| trial.index == culprit.index && trial.measure == measure);
        of_it.any(|trial| weight(trial, margin_frac) == Some(Weight::Culprit))
    };
    if accuses(Measure::LoaderCpu) && !accuses(Measure::LoaderWall) {
        return msg!("diagnose-by-cpu-time", share);
    }
    share
}

const FEWEST_ROUNDS_SAID: u32 = 3;
/// A bound beyond this (a share) says nothing to a person.
const MOST_BOUND_SAID: f64 = 0.5;

/// Who seems to cost most of those tried alone, and how much, where none could be convicted.
fn suspected(trials: &[Trial], margin_frac: f64) -> Option<(&str, Message)> {
    // Of fewer rounds nothing is said.
    let alone = trials.iter().filter(|trial| trial.together == 0 && trial.blocks >= FEWEST_ROUNDS_SAID);
    let open = alone.filter(|trial| trial.decision == Decision::Undecided);
    let costs = open.filter_map(|trial| Some((trial, trial.effect_frac.filter(|effect| *effect >= margin_frac)?)));
    let costs: Vec<(&Trial, f64)> = costs.collect();
    let of_wall =
        |cpu: &Trial| costs.iter().any(|(trial, _)| trial.index == cpu.index && trial.measure == Measure::LoaderWall);
    let counted = costs.iter().filter(|(trial, _)| trial.measure != Measure::LoaderCpu || !of_wall(trial));
    let (trial, effect) = counted.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let share = match (trial.low, trial.high) {
        (Some(low), Some(high)) => faster(*effect, low, high),
        _ => faster_about(*effect),
    };
    let by_cpu = trial.measure == Measure::LoaderCpu;
    Some((&trial.transform, if by_cpu { msg!("diagnose-by-cpu-time", share) } else { share }))
}

/// `2.5 times as fast (2.1 to 3.0)`, `12 % faster (8.0 to 16)`.
fn faster(effect_frac: f64, low: f64, high: f64) -> Message {
    if effect_frac < 1.0 {
        let (percent, low, high) = (percent(effect_frac), percent(low), percent(high));
        return msg!("diagnose-faster-within", percent, low, high);
    }
    msg!("diagnose-as-fast-within", times = times(effect_frac), low = times(low), high = times(high))
}

/// The same where no interval is known.
fn faster_about(effect_frac: f64) -> Message {
    match effect_frac {
        // With one decimal it would be 0.
        effect if effect.abs() < 0.0005 => msg!("diagnose-no-faster"),
        effect if effect < 0.0 => msg!("diagnose-slower", percent = percent(-effect)),
        effect if effect < 1.0 => msg!("diagnose-faster", percent = percent(effect)),
        effect => msg!("diagnose-as-fast", times = times(effect)),
    }
}

/// How many times as fast, with a decimal where it is few.
fn times(effect_frac: f64) -> Arg {
    let times = 1.0 + effect_frac;
    Arg::number(times, if times < 9.95 { 1 } else { 0 })
}

/// A share in percent, with a decimal where it is small.
fn percent(frac: f64) -> Arg {
    let percent = 100.0 * frac;
    if percent.abs() < 9.95 { Arg::number(percent + 0.0, 1) } else { Arg::number(percent, 0) }
}

/// No effect is larger, by the intervals of all trials; `None` where one is without bound.
fn bounded_by(trials: &[Trial]) -> Option<f64> {
    let switched = trials.iter().filter(|t| t.decision != Decision::CannotSwitch && t.measure != Measure::LoaderWall);
    switched.map(|t| t.high).try_fold(0.0, |most: f64, high| Some(most.max(high?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::played;

    fn trial(index: usize, effect: f64, measure: Measure, decision: Decision) -> Trial {
        Trial { measure, decision, ..played::trial(index, effect, 0.05) }
    }

    #[test]
    fn culprits_come_costliest_first_and_their_shares_add_up() {
        let trials = [
            trial(1, 0.25, Measure::StepTime, Decision::Effect),
            trial(2, -0.3, Measure::StepTime, Decision::Effect),
            trial(3, 1.0, Measure::StepTime, Decision::Effect),
            trial(4, 0.0, Measure::StepTime, Decision::Nothing),
            trial(5, 0.06, Measure::StepTime, Decision::Undecided),
        ];
        let verdict = conclude(&trials, None, 0.02, Some(0.01), 12.0, None);
        let names: Vec<&str> = verdict.culprits.iter().map(|c| c.transform.as_str()).collect();
        assert_eq!(names, ["T3", "T1"]);
        // 1/2 and 1/5 of the time are spared.
        assert!((verdict.predicted_speedup.unwrap() - 1.0 / 0.3).abs() < 1e-12);
        assert_eq!(verdict.undecided, ["T5"]);
        assert!(verdict.sentence.to_string().contains("T3 2.0 times as fast (1.9 to 2.0)"), "{}", verdict.sentence);
        assert!(verdict.sentence.to_string().ends_with("undecided: T5"), "{}", verdict.sentence);
    }

    #[test]
    fn no_culprit_and_undecided_are_answers() {
        let nothing = trial(1, 0.0, Measure::LoaderCpu, Decision::Nothing);
        let none = conclude(std::slice::from_ref(&nothing), None, 0.02, None, 1.0, None);
        assert_eq!((none.culprits.len(), none.predicted_speedup), (0, None));
        assert!(none.sentence.to_string().starts_with("No single culprit"), "{}", none.sentence);
        assert!(none.sentence.to_string().contains("the loader alone"), "{}", none.sentence);
        let open = conclude(
            &[nothing, trial(2, 0.1, Measure::LoaderCpu, Decision::CannotSwitch)],
            None,
            0.02,
            None,
            1.0,
            None,
        );
        assert_eq!(
            open.sentence.to_string(),
            "No culprit was found, and none costs the loader alone more than 5.0 %; undecided: T2"
        );
    }

    #[test]
    fn what_is_open_is_named_once() {
        let open = |index: usize, blocks: u32| Trial {
            high: None,
            blocks,
            ..trial(index, 0.0, Measure::StepTime, Decision::Undecided)
        };
        let said = |trials: &[Trial]| conclude(trials, None, 0.02, None, 9.0, None).sentence.to_string();
        let trials = [open(1, 1), open(2, 0), open(3, 0)];
        assert_eq!(said(&trials), "Not decided in this time: T1; not measured: T2 and T3");
        assert_eq!(said(&trials[1..]), "Not decided; not measured: T2 and T3");
    }

    #[test]
    fn what_was_not_tried_has_its_prediction() {
        let untried = |index: usize, decision: Decision| Trial {
            effect_frac: None,
            low: None,
            high: None,
            blocks: 0,
            ..trial(index, 0.0, Measure::StepTime, decision)
        };
        let trials = [
            trial(1, 1.0, Measure::StepTime, Decision::Effect),
            untried(2, Decision::Undecided),
            untried(3, Decision::Undecided),
            untried(4, Decision::CannotSwitch),
            untried(5, Decision::Undecided),
        ];
        let said = |expected: &[(usize, f64)]| {
            let verdict = conclude(&trials, None, 0.02, None, 60.0, None);
            with_expected(verdict, &trials, expected).sentence.to_string()
        };
        let known = said(&[(1, 0.9), (2, 0.12), (3, 1.5), (4, 3.0), (5, 0.01)]);
        let expected = "; not measured: T2, T3, T4 and T5; by the predictions, training would be 2.5 times as fast with T3 off, \
            12 % faster with T2 off";
        assert!(known.ends_with(expected), "{known}");
        let too_little = said(&[(1, 0.9), (2, 0.02)]);
        assert!(too_little.ends_with("; not measured: T2, T3, T4 and T5"), "{too_little}");
        assert_eq!(said(&[]), too_little);
    }

    /// A step that sleeps costs no CPU time, and of one that does both the clock on the wall is what people wait by.
    #[test]
    fn of_two_trials_the_walls_counts_where_it_accuses() {
        let said = |cpu: (f64, Decision), wall: (f64, Decision)| {
            let trials = [trial(1, cpu.0, Measure::LoaderCpu, cpu.1), trial(1, wall.0, Measure::LoaderWall, wall.1)];
            let verdict = conclude(&trials, None, 0.02, None, 1.0, None);
            assert_eq!(verdict.culprits.len(), 1);
            assert!(verdict.undecided.is_empty());
            verdict.sentence.to_string()
        };
        let asleep = said((0.0, Decision::Undecided), (0.5, Decision::Effect));
        assert_eq!(asleep, "T1 holds the loader alone back: off, the loader alone is 50 % faster (45 to 55)");
        let busy = said((0.6, Decision::Effect), (0.5, Decision::Effect));
        assert_eq!(busy, asleep);
        let noisy = said((0.6, Decision::Effect), (0.5, Decision::Undecided));
        assert!(noisy.ends_with("60 % faster (55 to 65) by its CPU time"), "{noisy}");
    }

    /// So wide that no bound is worth a word.
    #[test]
    fn who_is_suspected_is_so_by_the_wall_too() {
        let open = |measure: Measure, effect: f64| Trial {
            high: Some(effect + 2.0),
            ..trial(1, effect, measure, Decision::Undecided)
        };
        let said = |trials: &[Trial]| conclude(trials, None, 0.02, None, 1.0, None).sentence.to_string();
        let by_wall = said(&[open(Measure::LoaderCpu, 2.6), open(Measure::LoaderWall, 1.5)]);
        assert!(by_wall.contains("seems to be 2.5 times as fast") && !by_wall.contains("CPU"), "{by_wall}");
        let by_cpu = said(&[open(Measure::LoaderCpu, 2.6)]);
        assert!(by_cpu.contains("3.6 times as fast") && by_cpu.contains("by its CPU time"), "{by_cpu}");
    }

    #[test]
    fn what_seems_slower_or_nothing_is_not_said_to_be_faster() {
        let said = |effect: f64| {
            let trials = [trial(1, effect, Measure::StepTime, Decision::Measuring)];
            so_far(&trials, Some("T1"), 0.02).to_string()
        };
        assert!(said(-0.009).contains("training seems to be 0.9 % slower (9 rounds)"), "{}", said(-0.009));
        for nothing in [-0.0004, 0.0, 0.0004] {
            assert!(said(nothing).contains("training seems to be no faster"), "{}", said(nothing));
        }
        assert!(said(0.01).contains("training seems to be 1.0 % faster"), "{}", said(0.01));
    }

    fn together(low: f64, high: f64, all: bool) -> Option<Together> {
        Some(Together { transforms: 3, all, effect_frac: 0.5 * (low + high), low, high })
    }

    #[test]
    fn what_is_small_or_spares_time_is_said_and_what_came_back_to_nothing_is_open() {
        let effect = |index: usize, low: f64, high: f64| Trial {
            effect_frac: Some(0.5 * (low + high)),
            low: Some(low),
            high: Some(high),
            ..trial(index, 0.0, Measure::StepTime, Decision::Effect)
        };
        let trials = [effect(1, 0.008, 0.016), effect(2, -0.11, -0.05), effect(3, -0.001, 0.05)];
        let verdict = conclude(&trials, None, 0.02, Some(0.01), 9.0, None);
        assert!(verdict.culprits.is_empty());
        assert_eq!(verdict.undecided, ["T3"]);
        assert!(
            verdict.sentence.to_string().contains("T1 costs 1.2 % (0.8 to 1.6), too little to matter"),
            "{}",
            verdict.sentence
        );
        assert!(
            verdict.sentence.to_string().contains("without T2, training is 8.0 % slower (5.0 to 11)"),
            "{}",
            verdict.sentence
        );
        let decided = conclude(&trials[..2], None, 0.02, Some(0.01), 9.0, None);
        assert!(
            decided.sentence.to_string().starts_with("No single culprit: no transform costs training more than 2.0 %;")
        );
    }

    #[test]
    fn what_the_others_cost_together_is_said() {
        let trials =
            [trial(1, 0.3, Measure::StepTime, Decision::Effect), trial(2, 0.0, Measure::StepTime, Decision::Nothing)];
        let words = |together| conclude(&trials, together, 0.02, Some(0.01), 9.0, None).sentence.to_string();
        assert!(words(together(-0.01, 0.015, false)).ends_with("; the other 3 together cost at most 1.5 %"));
        let cost = words(together(0.04, 0.08, false));
        assert!(cost.ends_with("; with the other 3 off at once, training is 6.0 % faster (4.0 to 8.0)"), "{cost}");
        let none =
            conclude(&trials[1..], together(-0.01, 0.015, true), 0.02, Some(0.01), 9.0, None).sentence.to_string();
        assert!(none.ends_with("; all 3 together cost at most 1.5 %"), "{none}");
        let diffuse = [trial(1, 0.03, Measure::StepTime, Decision::Undecided)];
        let diffuse = conclude(&diffuse, together(0.2, 0.3, true), 0.02, Some(0.01), 9.0, None).sentence.to_string();
        assert_eq!(
            diffuse,
            "No single culprit was found; with all 3 off at once, training is 25 % faster (20 to 30); undecided: T1"
        );
    }
}
