//! The bisect in place against a simulated training.

use super::conclusion::Candidate;
use super::quantile::{median, quantile};
use super::schedule::{BISECT_DEPTH, Bisect, BisectSettings, Known, StepSeen, Toggle};
use super::sim::{Sim, Weather};
use crate::protocol::{BisectVerdict, Decision, Trial};

fn candidates(count: usize) -> Vec<Candidate> {
    (0..count).map(|i| Candidate { index: i + 2, name: format!("T{}", i + 2) }).collect()
}

/// As the bisect wants it; transform `i` costs `costs[i]` of a loader's second an image, of `whole` in all.
fn plan(sim: &mut Sim, toggle: &Toggle, whole: f64, costs: &[f64]) -> u64 {
    let image_secs = whole - toggle.off.iter().map(|index| costs[index - 2]).sum::<f64>();
    if toggle.at_once { sim.set(image_secs, 0.0, toggle.batches) } else { sim.plan(image_secs, 0.0, toggle.batches) }
}

fn observed(sim: &mut Sim) -> StepSeen {
    let step = sim.step();
    let wait_frac = step.wait_secs / step.step_secs;
    let (step_secs, queue_len) = (step.step_secs, step.queue_len);
    StepSeen { config_version: step.version, step_secs, short: false, wait_frac, queue_len }
}

/// Steps of a simulated run until the bisect ends.
fn drive(bisect: &mut Bisect, sim: &mut Sim, costs: &[f64]) -> BisectVerdict {
    let whole = sim.image_secs();
    for _ in 0..1_000_000 {
        while let Some(toggle) = bisect.next() {
            let version = plan(sim, &toggle, whole, costs);
            bisect.applied(version);
        }
        if let Some(verdict) = bisect.finished() {
            assert_eq!(bisect.next(), None);
            assert_eq!(sim.image_secs(), whole, "the chain is whole again");
            return verdict;
        }
        bisect.observe(observed(sim));
    }
    panic!("it never ends");
}

/// A loader with two workers whose queue holds two batches; its pace over the trainer's.
fn known(loader_over_trainer: Option<f64>) -> Known {
    Known { workers: 2, queue_capacity: 2, loader_over_trainer, ..Known::default() }
}

/// What a bisect over six transforms is tried on.
#[derive(Debug, Clone)]
struct Planted {
    weather: Weather,
    workers: usize,
    /// The laws name it.
    hinted: bool,
    /// Of the loader's time, that each of them takes, and one of them.
    each: f64,
    share: f64,
    image_secs: f64,
    train_secs: f64,
}

const INPUT_BOUND: Planted = Planted {
    weather: Weather::Idle,
    workers: 2,
    hinted: true,
    each: 0.0,
    share: 0.0,
    image_secs: 0.002,
    train_secs: 0.0005,
};
/// The loader is twice as fast as the trainer.
const COMPUTE_BOUND: Planted = Planted { image_secs: 0.001, train_secs: 0.001, ..INPUT_BOUND };
const BUDGET_SECS: f64 = 60.0;

/// What many trials came to.
#[derive(Debug, Default)]
struct Tally {
    found: usize,
    wrong: usize,
    covered: usize,
    none: usize,
    highest: Vec<f64>,
    secs: Vec<f64>,
}

impl Tally {
    /// `truth` of the planted one, `others` of each other; effects.
    fn of(case: &Planted, truth: f64, others: f64, trials: u64) -> Self {
        let mut tally = Self::default();
        for seed in 0..trials {
            let (verdict, at, trials) = planted(seed, case);
            let of = |index: usize| if index == at { truth } else { others };
            tally.found += usize::from(verdict.culprits.first().is_some_and(|c| c.index == at));
            tally.wrong += usize::from(verdict.culprits.iter().any(|c| of(c.index) < 0.005));
            let decided = trials.iter().filter(|t| matches!(t.decision, Decision::Effect | Decision::Nothing));
            // With the culprit left off, the others cost a larger share of what is left.
            let of = |t: &Trial| if t.without.is_empty() { of(t.index) } else { others * (1.0 + truth) };
            let holds = |t: &Trial| (t.low.unwrap()..=t.high.unwrap()).contains(&of(t));
            tally.covered += usize::from(decided.into_iter().all(holds));
            tally.none += usize::from(verdict.sentence.to_string().starts_with("No single culprit: "));
            tally.highest.push(trials.iter().map(|t| t.high.unwrap_or(f64::INFINITY)).fold(0.0, f64::max));
            tally.secs.push(verdict.secs);
        }
        println!(
            "{case:?}: found {}, wrong {}, covered {}, none {}, none costs more than {:.3}; {:.1} s, 90 % within {:.1} s",
            tally.found,
            tally.wrong,
            tally.covered,
            tally.none,
            median(tally.highest.clone()),
            median(tally.secs.clone()),
            quantile(&mut tally.secs.clone(), 0.9)
        );
        tally
    }
}

/// The verdict, the index of the one, and all trials.
fn planted(seed: u64, case: &Planted) -> (BisectVerdict, usize, Vec<Trial>) {
    let mut sim = Sim::new(seed, case.workers, 2, case.image_secs, case.train_secs);
    sim.weather = case.weather.clone();
    let at = (seed % 6) as usize;
    let mut costs = [case.each * case.image_secs; 6];
    costs[at] = case.share.max(case.each) * case.image_secs;
    let ratio = case.workers.max(1) as f64 * case.train_secs / case.image_secs;
    let step_secs = 32.0 * (case.image_secs / case.workers.max(1) as f64).max(case.train_secs);
    // The laws see what stages take, and know that a slower trainer hides it.
    let expected = if ratio < 1.0 { case.share.max(case.each) / (1.0 - case.share) } else { 0.0 };
    let known = Known {
        workers: case.workers,
        queue_capacity: if case.workers == 0 { 0 } else { 2 },
        loader_over_trainer: Some(ratio),
        step_secs: Some(step_secs),
        expected: if case.hinted { vec![(at + 2, expected)] } else { Vec::new() },
    };
    let settings = BisectSettings::new(candidates(6), known, BUDGET_SECS, seed);
    let mut bisect = Bisect::new(settings, 0);
    let verdict = drive(&mut bisect, &mut sim, &costs);
    (verdict, at + 2, bisect.report())
}

fn effect_of(share: f64) -> f64 {
    1.0 / (1.0 - share) - 1.0
}

/// Steps of 32 ms, six transforms of which one costs a share of them.
#[test]
fn the_planted_transform_is_found_and_no_other() {
    for weather in [Weather::Idle, Weather::Drift, Weather::Neighbour, Weather::TwoSpeeds] {
        for share in [0.0, 0.01, 0.03, 0.1, 0.3] {
            let tally =
                Tally::of(&Planted { weather: weather.clone(), share, ..INPUT_BOUND }, effect_of(share), 0.0, 100);
            assert!(tally.wrong <= 5, "{weather:?} {share}: {tally:?}");
            assert!(tally.covered >= 93, "{weather:?} {share}: {tally:?}");
            if weather == Weather::Idle && share >= 0.1 {
                assert!(tally.found >= 98, "{share}: {tally:?}");
                assert!(median(tally.secs.clone()) < 20.0, "{share}: {tally:?}");
            }
        }
    }
}

/// Of steps of a fifth of a second some 300 fit into the budget.
#[test]
fn slow_steps_leave_time_for_a_culprit_that_stands_out() {
    let with_workers = Planted { image_secs: 0.0125, train_secs: 0.003, ..INPUT_BOUND };
    let without = Planted { workers: 0, image_secs: 0.006, train_secs: 0.001, ..INPUT_BOUND };
    for (case, loading) in [(with_workers, 1.0), (without, 6.0 / 7.0)] {
        for weather in [Weather::Idle, Weather::Drift, Weather::Neighbour] {
            for share in [0.0, 0.3] {
                let tally = Tally::of(
                    &Planted { weather: weather.clone(), share, ..case.clone() },
                    effect_of(share * loading),
                    0.0,
                    100,
                );
                assert!(tally.wrong <= 5 && tally.covered >= 93, "{case:?} {weather:?} {share}: {tally:?}");
                assert!(share == 0.0 || weather != Weather::Idle || tally.found >= 98, "{case:?}: {tally:?}");
            }
        }
    }
}

/// The others cost as much as a transform may without being a culprit, or are all of them.
#[test]
fn among_others_that_cost_something_too_the_costliest_is_named() {
    for (each, share) in [(0.01, 0.1), (0.05, 0.2), (0.1, 0.3), (0.08, 0.08)] {
        let case = Planted { each, share, ..INPUT_BOUND };
        let tally = Tally::of(&case, effect_of(share), effect_of(each), 100);
        assert!(tally.covered >= 93, "{case:?}: {tally:?}");
        assert!(share == each || tally.found >= 95, "{case:?}: {tally:?}");
    }
}

/// It takes a third of the loader's time, and the loader is twice as fast as the trainer.
#[test]
fn a_costly_transform_that_costs_training_nothing_is_let_go() {
    for weather in [Weather::Idle, Weather::Drift, Weather::Neighbour] {
        let tally = Tally::of(&Planted { weather: weather.clone(), share: 0.33, ..COMPUTE_BOUND }, 0.0, 0.0, 100);
        assert!(tally.wrong <= 5 && tally.covered >= 93, "{weather:?}: {tally:?}");
        assert!(weather != Weather::Idle || tally.none >= 90, "{weather:?}: {tally:?}");
    }
}

/// With it the loader is a tenth slower than the trainer, without it faster: the queue hides it for a while.
#[test]
fn what_a_queue_hides_for_a_while_is_found_whole() {
    let (mut found, mut covered) = (0, 0);
    for seed in 0..50 {
        let mut sim = Sim::new(seed, 2, 2, 0.0022, 0.001);
        let known = Known { expected: vec![(2, 0.1)], ..known(Some(0.001 / 0.0011)) };
        let settings = BisectSettings::new(candidates(2), known, 200.0, seed);
        let verdict = drive(&mut Bisect::new(settings, 0), &mut sim, &[0.0007, 0.0]);
        found += usize::from(verdict.culprits.iter().any(|c| c.index == 2));
        // The two sides are a little slower than the slower of loader and trainer, where these are so near.
        covered += usize::from(verdict.culprits.iter().any(|c| c.low < 0.1 && c.high > 0.08));
    }
    assert!(found >= 48 && covered >= 46, "{found} found and {covered} covered of 50");
}

fn seen(config_version: u64, step_secs: f64) -> StepSeen {
    StepSeen { config_version, step_secs, short: false, wait_frac: 0.0, queue_len: 1 }
}

#[test]
fn the_same_seed_takes_the_same_way() {
    let way = |seed| {
        let settings =
            BisectSettings { max_blocks: 20, ..BisectSettings::new(candidates(4), known(Some(2.0)), 1e9, seed) };
        let mut bisect = Bisect::new(settings, 0);
        let mut toggles = Vec::new();
        let mut sim = Sim::new(9, 2, 2, 0.002, 0.001);
        while bisect.finished().is_none() {
            while let Some(toggle) = bisect.next() {
                let version = plan(&mut sim, &toggle, 0.002, &[0.0; 4]);
                toggles.push(toggle);
                bisect.applied(version);
            }
            bisect.observe(observed(&mut sim));
        }
        toggles
    };
    let first = way(1);
    assert_eq!(first, way(1));
    assert_ne!(first, way(2));
    // The control sets the chain anew without a change.
    assert!(first.windows(2).any(|pair| pair.iter().all(|toggle| toggle.off.is_empty())), "{first:?}");
}

/// Batches made before the change, or while the queue still hides what it holds, take a hundred times as long.
#[test]
fn steps_of_batches_in_flight_and_of_the_washout_do_not_count() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), known(Some(2.0)), 1e9, 4), 0);
    let (mut version, mut planned) = (0, std::collections::VecDeque::new());
    for _ in 0..400 {
        while let Some(toggle) = bisect.next() {
            version += 1;
            if toggle.at_once {
                // Two were begun before it.
                planned = [(0, 2, true)].into();
            }
            planned.push_back((version, toggle.batches, false));
            bisect.applied(version);
        }
        let (version, batches, old) = planned.pop_front().unwrap();
        for batch in 0..batches.max(4) {
            bisect.observe(seen(version, if old || batch < 3 { 100.0 } else { 1.0 }));
        }
    }
    let trial = &bisect.report()[0];
    assert!(trial.blocks > 2, "{trial:?}");
    assert!(trial.effect_frac.unwrap().abs() < 1e-12, "{trial:?}");
}

/// Every third batch is the last of its epoch, of an image or two.
#[test]
fn a_short_batch_s_time_is_the_budget_s_only() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), Known::default(), 1e9, 4), 0);
    let (mut version, mut steps, mut spent_secs) = (0, 0, 0.0);
    let mut planned = std::collections::VecDeque::new();
    while bisect.finished().is_none() {
        while let Some(toggle) = bisect.next() {
            version += 1;
            if toggle.at_once {
                planned.clear();
            }
            planned.push_back((version, toggle.batches));
            bisect.applied(version);
        }
        let (version, batches) = planned.pop_front().unwrap();
        for _ in 0..batches {
            steps += 1;
            let short = steps % 3 == 0;
            let step_secs = if short { 0.01 } else { 1.0 };
            spent_secs += if bisect.finished().is_none() { step_secs } else { 0.0 };
            bisect.observe(StepSeen { short, ..seen(version, step_secs) });
        }
        assert!(steps < 1000, "it comes to no end");
    }
    let trial = &bisect.report()[0];
    assert!(trial.blocks > 2 && trial.effect_frac.unwrap().abs() < 1e-12, "{trial:?}");
    assert!((bisect.spent_secs() - spent_secs).abs() < 1e-9);
}

/// Where the trainer waited for the last batch before a change, the queue hides nothing: nothing is left out.
#[test]
fn of_a_starving_trainer_every_step_counts() {
    let known = Known { workers: 1, queue_capacity: 2, loader_over_trainer: Some(0.1), ..Known::default() };
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), known, 60.0, 4), 0);
    let mut sim = Sim::new(4, 1, 2, 0.03, 0.002);
    let (mut steps, mut toggles) = (0, Vec::new());
    while bisect.finished().is_none() {
        while let Some(toggle) = bisect.next() {
            let version = plan(&mut sim, &toggle, 0.03, &[0.015]);
            toggles.push(toggle);
            bisect.applied(version);
        }
        bisect.observe(observed(&mut sim));
        steps += 1;
    }
    let trial = &bisect.report()[0];
    assert_eq!((trial.decision, trial.transform.as_str()), (Decision::Effect, "T2"));
    // Steps of a second: segments of one, two to a round, and those begun before the first change.
    assert!(toggles.iter().filter(|toggle| toggle.batches == 1).count() > 10, "{toggles:?}");
    assert!(steps <= 2 * trial.blocks + 5, "{steps} steps for {} rounds", trial.blocks);
}

/// With it steps take a second, without it a tenth: eight rounds and the look at the others.
#[test]
fn a_tenfold_culprit_of_slow_steps_is_named_within_the_time() {
    for workers in [0, 1, 2, 4] {
        for weather in [Weather::Idle, Weather::Drift, Weather::Neighbour] {
            let loading = if workers == 0 { 1.0 / 1.04 } else { 1.0 };
            let image_secs = loading * workers.max(1) as f64 / 32.0;
            let case = Planted {
                weather,
                workers,
                share: 0.9 / loading,
                image_secs,
                train_secs: 0.04 * loading / 32.0,
                ..INPUT_BOUND
            };
            let tally = Tally::of(&case, 9.0, 0.0, 40);
            assert_eq!((tally.found, tally.wrong), (40, 0), "{case:?}: {tally:?}");
            assert!(median(tally.secs.clone()) < 26.0, "{case:?}: {tally:?}");
            assert!(tally.covered >= 34, "{case:?}: {tally:?}");
        }
    }
}

/// Twice as fast without it, at a step a second.
#[test]
fn a_twofold_culprit_of_slow_steps_is_named_within_the_time() {
    for workers in [0, 2] {
        for weather in [Weather::Idle, Weather::Neighbour] {
            let loading = if workers == 0 { 1.0 / 1.2 } else { 1.0 };
            let image_secs = loading * workers.max(1) as f64 / 32.0;
            let case = Planted {
                weather,
                workers,
                share: 0.5 / loading,
                image_secs,
                train_secs: 0.2 * loading / 32.0,
                ..INPUT_BOUND
            };
            let tally = Tally::of(&case, 1.0, 0.0, 100);
            assert!(tally.found >= 98 && tally.wrong == 0, "{case:?}: {tally:?}");
            assert!(tally.covered >= 93, "{case:?}: {tally:?}");
        }
    }
}

/// Without it the loader is five times as fast as the trainer, and fills the queue in a moment: what the queue holds then
/// hides the delay for some steps.
#[test]
fn what_a_fast_loaders_queue_hides_is_found() {
    for (step_secs, effect, workers) in [(0.3, 1.0, 1), (0.3, 1.0, 3), (1.0, 9.0, 2), (0.3, 0.3, 2)] {
        let base_secs = step_secs / (1.0 + effect);
        let (image_secs, train_secs) = (0.2 * base_secs * f64::from(workers) / 32.0, base_secs / 32.0);
        let delay_secs = step_secs * f64::from(workers) / 32.0 - image_secs;
        let (mut found, mut covered) = (0, 0);
        for seed in 0..20 {
            let mut sim = Sim::new(seed, workers as usize, BISECT_DEPTH, image_secs + delay_secs, train_secs);
            let known = Known {
                workers: workers as usize,
                queue_capacity: BISECT_DEPTH,
                loader_over_trainer: Some(base_secs / step_secs),
                step_secs: Some(step_secs),
                expected: vec![(3, effect)],
            };
            let settings = BisectSettings::new(candidates(6), known, BUDGET_SECS, seed);
            let verdict = drive(&mut Bisect::new(settings, 0), &mut sim, &[0.0, delay_secs, 0.0, 0.0, 0.0, 0.0]);
            found += usize::from(verdict.culprits.first().is_some_and(|c| c.index == 3));
            covered += usize::from(verdict.culprits.iter().all(|c| c.low <= effect && effect <= c.high));
        }
        assert!(found >= 19 && covered >= 18, "{step_secs} {effect} {workers}: {found} found, {covered} covered");
    }
}

/// The costliest is left off, so that the second costs twice the share of what is left.
#[test]
fn a_second_culprit_is_found_beside_the_first() {
    let costs = [0.0, 0.002, 0.0, 0.0008, 0.0];
    for seed in 0..20 {
        let mut sim = Sim::new(seed, 2, 2, 0.004, 0.0003);
        let expected = vec![(3, 1.0), (5, 0.25)];
        let known = Known { expected, ..known(Some(0.15)) };
        let settings = BisectSettings { thorough: true, ..BisectSettings::new(candidates(5), known, 120.0, seed) };
        let mut bisect = Bisect::new(settings, 0);
        let verdict = drive(&mut bisect, &mut sim, &costs);
        let found: Vec<(&str, &[String])> =
            verdict.culprits.iter().map(|c| (c.transform.as_str(), c.without.as_slice())).collect();
        assert_eq!(
            found,
            [("T3", [].as_slice()), ("T5", ["T3".to_owned()].as_slice())],
            "{seed}: {}",
            verdict.sentence
        );
        let second = &verdict.culprits[1];
        assert!(second.low < 0.667 && second.high > 0.667, "{seed}: {second:?}");
        assert!((verdict.predicted_speedup.unwrap() / (0.004 / 0.0012) - 1.0).abs() < 0.1, "{verdict:?}");
        assert!(verdict.sentence.to_string().contains("with that off, T5 too: "), "{}", verdict.sentence);
    }
}

/// More time goes on from where it stands.
#[test]
fn an_undecided_one_may_be_given_more_time() {
    let mut sim = Sim::new(1, 2, 2, 0.02, 0.002);
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), known(Some(0.2)), 3.0, 1), 0);
    let costs = [0.004];
    let first = drive(&mut bisect, &mut sim, &costs);
    let blocks = bisect.report()[0].blocks;
    assert_eq!((first.undecided.len(), first.culprits.len()), (1, 0));
    assert!(blocks > 0 && first.sentence.to_string().starts_with("Not decided"), "{}", first.sentence);
    bisect.go_on(60.0, 1_000);
    sim = Sim::new(2, 2, 2, 0.02, 0.002);
    (0..1_001).for_each(|_| {
        sim.set(0.02, 0.0, 0);
    });
    let second = drive(&mut bisect, &mut sim, &costs);
    assert_eq!(second.culprits.len(), 1, "{}", second.sentence);
    assert!(second.secs > 3.0 && bisect.report()[0].blocks > blocks);
}

#[test]
fn a_budget_that_is_spent_leaves_undecided_and_restores_the_chain() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(3), known(None), 10.0, 1), 0);
    let mut version = 0;
    while bisect.finished().is_none() {
        while bisect.next().is_some() {
            version += 1;
            bisect.applied(version);
        }
        bisect.observe(seen(version, 0.1));
    }
    let restored = Toggle { off: Vec::new(), batches: 0, at_once: true };
    assert_eq!(bisect.next(), Some(restored));
    bisect.applied(version + 1);
    assert_eq!(bisect.next(), None);
    let verdict = bisect.finished().unwrap();
    assert_eq!(verdict.undecided.len(), 3);
    assert!((verdict.secs - 10.0).abs() < 0.2);
}

#[test]
fn a_transform_that_cannot_be_off_is_left_and_the_others_go_on() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(3), known(None), 60.0, 1), 0);
    let mut sim = Sim::new(3, 2, 2, 0.002, 0.001);
    while bisect.finished().is_none() {
        match bisect.next() {
            Some(toggle) if toggle.off == [3] => bisect.refused(),
            Some(toggle) => {
                let version = plan(&mut sim, &toggle, 0.002, &[0.0; 3]);
                bisect.applied(version);
            }
            None => bisect.observe(observed(&mut sim)),
        }
    }
    let report = bisect.report();
    assert_eq!(report[1].decision, Decision::CannotSwitch);
    assert!(report[0].blocks > 5 && report[2].blocks > 5, "{report:?}");
}

/// No two may be off at once: each is tried alone.
#[test]
fn where_sets_are_refused_the_culprit_is_found_all_the_same() {
    let costs = [0.0, 0.0, 0.0005, 0.0];
    let (mut bisect, mut sim) =
        (Bisect::new(BisectSettings::new(candidates(4), known(None), 200.0, 1), 0), Sim::new(3, 2, 2, 0.002, 0.0005));
    let mut refusals = 0;
    let verdict = loop {
        match bisect.next() {
            Some(toggle) if toggle.off.len() > 1 => {
                refusals += 1;
                bisect.refused();
            }
            Some(toggle) => {
                let version = plan(&mut sim, &toggle, 0.002, &costs);
                bisect.applied(version);
            }
            None => {
                if let Some(verdict) = bisect.finished() {
                    break verdict;
                }
                bisect.observe(observed(&mut sim));
            }
        }
    };
    assert_eq!(refusals, 1);
    let names: Vec<&str> = verdict.culprits.iter().map(|c| c.transform.as_str()).collect();
    assert_eq!(names, ["T4"], "{}", verdict.sentence);
    assert!(verdict.culprits[0].low < 1.0 / 3.0 && verdict.culprits[0].high > 1.0 / 3.0, "{verdict:?}");
}

/// Screened first, then off only all at once: what is known is of them together.
#[test]
fn of_what_was_tried_only_together_nothing_is_said_alone() {
    for seed in 0..5 {
        let settings = BisectSettings::new(candidates(4), known(None), BUDGET_SECS, seed);
        let mut bisect = Bisect::new(settings, 0);
        drive(&mut bisect, &mut Sim::new(seed, 2, 2, 0.001, 0.001), &[0.0; 4]);
        let trials = bisect.report();
        let joint: Vec<&Trial> = trials.iter().filter(|trial| trial.together > 0).collect();
        assert!(joint.len() > 1, "{seed}: {trials:?}");
        let said = |trial: &Trial| (trial.effect_frac, trial.low, trial.high, trial.blocks);
        assert!(joint.iter().all(|trial| said(trial) == said(joint[0])), "{seed}: {joint:?}");
    }
}

/// One costs what another spares: all off together changes nothing.
#[test]
fn what_makes_training_faster_does_not_hide_a_culprit() {
    for seed in 0..20 {
        let mut sim = Sim::new(seed, 2, 2, 0.002, 0.0005);
        let settings =
            BisectSettings { thorough: true, ..BisectSettings::new(candidates(6), known(None), 120.0, seed) };
        let mut bisect = Bisect::new(settings, 0);
        let verdict = drive(&mut bisect, &mut sim, &[0.0, -0.0004, 0.0, 0.0004, 0.0, 0.0]);
        let names: Vec<&str> = verdict.culprits.iter().map(|c| c.transform.as_str()).collect();
        assert_eq!(names, ["T5"], "{seed}: {}", verdict.sentence);
        assert!(verdict.sentence.to_string().contains("without T3, training is "), "{seed}: {}", verdict.sentence);
    }
}

#[test]
fn a_change_by_somebody_else_throws_the_rounds_away() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), known(None), 1e9, 1), 0);
    let mut version = 0;
    for step in 0..400 {
        while bisect.next().is_some() {
            version += 1;
            bisect.applied(version);
        }
        if step % 10 == 9 {
            version += 1;
        }
        bisect.observe(seen(version, 1.0));
    }
    // Whatever was planned, only the version planned last was ever seen.
    assert_eq!(bisect.report()[0].blocks, 0);
}

#[test]
fn what_is_off_when_somebody_else_changes_the_run_is_restored_in_the_end() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), known(None), 1e9, 1), 0);
    let mut version = 0;
    while let Some(toggle) = bisect.next() {
        version += 1;
        bisect.applied(version);
        assert_eq!(bisect.off_in(version), Some(toggle.off.as_slice()));
    }
    bisect.observe(seen(version + 1, 1.0));
    bisect.stop();
    assert_eq!(bisect.next(), Some(Toggle { off: Vec::new(), batches: 0, at_once: true }));
    bisect.applied(version + 2);
    assert_eq!(bisect.next(), None);
}
