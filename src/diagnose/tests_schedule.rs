//! The bisect in place against a simulated training.

use super::conclusion::Candidate;
use super::paired::{median, quantile};
use super::schedule::{Bisect, BisectSettings, StepSeen, Toggle};
use super::tests_sim::{Sim, Weather};
use crate::protocol::{BisectVerdict, Decision, Trial};

fn candidates(count: usize) -> Vec<Candidate> {
    (0..count).map(|i| Candidate { index: i + 2, name: format!("T{}", i + 2) }).collect()
}

/// Steps of a simulated run until the bisect ends; transform `i` costs `costs[i]` of a loader's second an image.
fn drive(bisect: &mut Bisect, sim: &mut Sim, costs: &[f64]) -> BisectVerdict {
    let whole = sim.image_secs;
    for _ in 0..1_000_000 {
        if let Some(toggle) = bisect.next() {
            sim.version += 1;
            sim.image_secs = whole - toggle.off.iter().map(|index| costs[index - 2]).sum::<f64>();
            bisect.applied(sim.version);
        }
        if let Some(verdict) = bisect.finished() {
            assert_eq!(bisect.next(), None);
            assert_eq!(sim.image_secs, whole, "the chain is whole again");
            return verdict;
        }
        let step = sim.step();
        bisect.observe(StepSeen {
            config_version: step.version,
            step_secs: step.step_secs,
            wait_frac: step.wait_secs / step.step_secs,
            queue_len: step.queue_len,
        });
    }
    panic!("it never ends");
}

/// What a bisect over six transforms is tried on.
#[derive(Debug, Clone, Copy)]
struct Planted {
    weather: Weather,
    workers: usize,
    /// Of the loader's time, that each of them takes, and one of them.
    each: f64,
    share: f64,
    image_secs: f64,
    train_secs: f64,
}

const INPUT_BOUND: Planted =
    Planted { weather: Weather::Idle, workers: 2, each: 0.0, share: 0.0, image_secs: 0.002, train_secs: 0.0005 };
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
    fn of(case: Planted, truth: f64, others: f64, trials: u64) -> Self {
        let mut tally = Self::default();
        for seed in 0..trials {
            let (verdict, at, trials) = planted(seed, case);
            let of = |index: usize| if index == at { truth } else { others };
            tally.found += usize::from(verdict.culprits.first().is_some_and(|c| c.index == at));
            tally.wrong += usize::from(verdict.culprits.iter().any(|c| of(c.index) < 0.005));
            let decided = trials.iter().filter(|t| matches!(t.decision, Decision::Effect | Decision::Nothing));
            let holds = |t: &Trial| (t.low.unwrap()..=t.high.unwrap()).contains(&of(t.index));
            tally.covered += usize::from(decided.into_iter().all(holds));
            tally.none += usize::from(verdict.sentence.starts_with("No single culprit: "));
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
fn planted(seed: u64, case: Planted) -> (BisectVerdict, usize, Vec<Trial>) {
    let mut sim = Sim::new(seed, case.workers, 2, case.image_secs, case.train_secs);
    sim.weather = case.weather;
    let at = (seed % 6) as usize;
    let mut costs = [case.each * case.image_secs; 6];
    costs[at] = case.share.max(case.each) * case.image_secs;
    let ratio = case.workers.max(1) as f64 * case.train_secs / case.image_secs;
    let capacity = if case.workers == 0 { 0 } else { 2 };
    let settings = BisectSettings::new(candidates(6), capacity, Some(ratio), BUDGET_SECS, seed);
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
            let tally = Tally::of(Planted { weather, share, ..INPUT_BOUND }, effect_of(share), 0.0, 200);
            assert!(tally.wrong <= 10, "{weather:?} {share}: {tally:?}");
            assert!(tally.covered >= 186, "{weather:?} {share}: {tally:?}");
            if weather == Weather::Idle && share >= 0.1 {
                assert!(tally.found >= 196, "{share}: {tally:?}");
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
                let tally = Tally::of(Planted { weather, share, ..case }, effect_of(share * loading), 0.0, 100);
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
        let tally = Tally::of(case, effect_of(share), effect_of(each), 100);
        assert!(tally.covered >= 93, "{case:?}: {tally:?}");
        assert!(share == each || tally.found >= 95, "{case:?}: {tally:?}");
    }
}

/// It takes a third of the loader's time, and the loader is twice as fast as the trainer.
#[test]
fn a_costly_transform_that_costs_training_nothing_is_let_go() {
    for weather in [Weather::Idle, Weather::Drift, Weather::Neighbour] {
        let tally = Tally::of(Planted { weather, share: 0.33, ..COMPUTE_BOUND }, 0.0, 0.0, 100);
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
        let settings = BisectSettings::new(candidates(2), 2, Some(0.001 / 0.0011), 200.0, seed);
        let verdict = drive(&mut Bisect::new(settings, 0), &mut sim, &[0.0007, 0.0]);
        found += usize::from(verdict.culprits.iter().any(|c| c.index == 2));
        // The two sides are a little slower than the slower of loader and trainer, where these are so near.
        covered += usize::from(verdict.culprits.iter().any(|c| c.low < 0.1 && c.high > 0.08));
    }
    assert!(found >= 48 && covered >= 46, "{found} found and {covered} covered of 50");
}

fn seen(config_version: u64, step_secs: f64) -> StepSeen {
    StepSeen { config_version, step_secs, wait_frac: 0.0, queue_len: 1 }
}

#[test]
fn the_same_seed_takes_the_same_way() {
    let way = |seed| {
        let settings = BisectSettings { max_blocks: 20, ..BisectSettings::new(candidates(4), 2, None, 1e9, seed) };
        let mut bisect = Bisect::new(settings, 0);
        let (mut version, mut toggles) = (0, Vec::new());
        let mut sim = Sim::new(9, 2, 2, 0.002, 0.001);
        while bisect.finished().is_none() {
            if let Some(toggle) = bisect.next() {
                toggles.push(toggle);
                version += 1;
                bisect.applied(version);
            }
            bisect.observe(seen(version, sim.step().step_secs));
        }
        toggles
    };
    let first = way(1);
    assert_eq!(first, way(1));
    assert_ne!(first, way(2));
    // The control sets the chain anew without a change.
    assert!(first.windows(2).any(|pair| pair.iter().all(|toggle| toggle.off.is_empty())), "{first:?}");
}

#[test]
fn steps_of_batches_in_flight_and_of_the_washout_do_not_count() {
    let settings = BisectSettings { segment_steps: 2, ..BisectSettings::new(candidates(1), 2, None, 1e9, 4) };
    let mut bisect = Bisect::new(settings, 0);
    let mut version = 0;
    // Each step that should not count takes a hundred times as long.
    for _ in 0..200 {
        if bisect.next().is_some() {
            version += 1;
            bisect.applied(version);
            (0..3).for_each(|_| bisect.observe(seen(version - 1, 100.0)));
            (0..4).for_each(|_| bisect.observe(seen(version, 100.0)));
        }
        bisect.observe(seen(version, 1.0));
    }
    let trial = &bisect.report()[0];
    assert!(trial.blocks > 2, "{trial:?}");
    assert_eq!(trial.effect_frac, Some(0.0));
}

#[test]
fn a_budget_that_is_spent_leaves_undecided_and_restores_the_chain() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(3), 2, None, 10.0, 1), 0);
    let mut version = 0;
    let mut off = false;
    while bisect.finished().is_none() {
        if let Some(toggle) = bisect.next() {
            off = !toggle.off.is_empty();
            version += 1;
            bisect.applied(version);
        }
        bisect.observe(seen(version, 0.1));
    }
    if let Some(toggle) = bisect.next() {
        assert!(toggle.off.is_empty());
        bisect.applied(version + 1);
    } else {
        assert!(!off);
    }
    assert_eq!(bisect.next(), None);
    let verdict = bisect.finished().unwrap();
    assert_eq!(verdict.undecided.len(), 3);
    assert!((verdict.secs - 10.0).abs() < 0.2);
}

#[test]
fn a_transform_that_cannot_be_off_is_left_and_the_others_go_on() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(3), 2, None, 60.0, 1), 0);
    let mut sim = Sim::new(3, 2, 2, 0.002, 0.001);
    while bisect.finished().is_none() {
        match bisect.next() {
            Some(toggle) if toggle.off == [3] => bisect.refused(),
            Some(_) => {
                sim.version += 1;
                bisect.applied(sim.version);
            }
            None => {
                let step = sim.step();
                bisect.observe(StepSeen { config_version: step.version, ..seen(0, step.step_secs) });
            }
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
        (Bisect::new(BisectSettings::new(candidates(4), 2, None, 200.0, 1), 0), Sim::new(3, 2, 2, 0.002, 0.0005));
    let mut refusals = 0;
    let verdict = loop {
        match bisect.next() {
            Some(toggle) if toggle.off.len() > 1 => {
                refusals += 1;
                bisect.refused();
            }
            Some(toggle) => {
                sim.version += 1;
                sim.image_secs = 0.002 - toggle.off.iter().map(|index| costs[index - 2]).sum::<f64>();
                bisect.applied(sim.version);
            }
            None => {
                if let Some(verdict) = bisect.finished() {
                    break verdict;
                }
                let step = sim.step();
                bisect.observe(StepSeen { config_version: step.version, ..seen(0, step.step_secs) });
            }
        }
    };
    assert_eq!(refusals, 1);
    let names: Vec<&str> = verdict.culprits.iter().map(|c| c.transform.as_str()).collect();
    assert_eq!(names, ["T4"], "{}", verdict.sentence);
    assert!(verdict.culprits[0].low < 1.0 / 3.0 && verdict.culprits[0].high > 1.0 / 3.0, "{verdict:?}");
}

/// One costs what another spares: all off together changes nothing.
#[test]
fn what_makes_training_faster_does_not_hide_a_culprit() {
    for seed in 0..20 {
        let mut sim = Sim::new(seed, 2, 2, 0.002, 0.0005);
        let settings = BisectSettings { thorough: true, ..BisectSettings::new(candidates(6), 2, None, 120.0, seed) };
        let mut bisect = Bisect::new(settings, 0);
        let verdict = drive(&mut bisect, &mut sim, &[0.0, -0.0004, 0.0, 0.0004, 0.0, 0.0]);
        let names: Vec<&str> = verdict.culprits.iter().map(|c| c.transform.as_str()).collect();
        assert_eq!(names, ["T5"], "{seed}: {}", verdict.sentence);
        assert!(verdict.sentence.contains("without T3, training is "), "{seed}: {}", verdict.sentence);
    }
}

#[test]
fn a_change_by_somebody_else_throws_the_block_away() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), 2, None, 1e9, 1), 0);
    let mut version = 0;
    for step in 0..400 {
        if bisect.next().is_some() {
            version += 1;
            bisect.applied(version);
        }
        if step % 10 == 9 {
            version += 1;
        }
        bisect.observe(seen(version, 1.0));
    }
    // A block takes more than ten steps.
    assert_eq!(bisect.report()[0].blocks, 0);
}

#[test]
fn what_is_off_when_somebody_else_changes_the_run_is_restored_in_the_end() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), 2, None, 1e9, 1), 0);
    let mut version = 0;
    loop {
        if let Some(toggle) = bisect.next() {
            version += 1;
            bisect.applied(version);
            if !toggle.off.is_empty() {
                break;
            }
        }
        bisect.observe(seen(version, 1.0));
    }
    bisect.observe(seen(version + 1, 1.0));
    bisect.stop();
    assert_eq!(bisect.next(), Some(Toggle { off: Vec::new() }));
    bisect.applied(version + 2);
    assert_eq!(bisect.next(), None);
}
