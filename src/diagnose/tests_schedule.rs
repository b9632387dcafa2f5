//! The bisect in place against a simulated training.

use super::conclusion::Candidate;
use super::paired::median;
use super::schedule::{Bisect, BisectSettings, BlockOrder, StepSeen, Toggle, settle_steps};
use super::tests_sim::Sim;
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
#[derive(Clone, Copy)]
struct Planted {
    order: BlockOrder,
    /// Of the loader's time, that one of them takes.
    share: f64,
    image_secs: f64,
    train_secs: f64,
    budget_secs: f64,
}

/// The verdict, the index of the one, and all trials.
fn planted(seed: u64, case: Planted) -> (BisectVerdict, usize, Vec<Trial>) {
    let mut sim = Sim::new(seed, 2, 2, case.image_secs, case.train_secs);
    let at = (seed % 6) as usize;
    let mut costs = [0.0; 6];
    costs[at] = case.share * case.image_secs;
    let settle_steps = settle_steps(2, Some(2.0 * case.train_secs / case.image_secs));
    let settings = BisectSettings {
        order: case.order,
        settle_steps,
        ..BisectSettings::new(candidates(6), 2, case.budget_secs, seed)
    };
    let mut bisect = Bisect::new(settings, 0);
    let verdict = drive(&mut bisect, &mut sim, &costs);
    (verdict, at + 2, bisect.report())
}

/// Steps of 32 ms, 200 trials each.
#[test]
fn the_planted_transform_is_found_and_no_other() {
    for order in [BlockOrder::Abba, BlockOrder::Pair] {
        for share in [0.0, 0.01, 0.03, 0.1, 0.3] {
            let (mut found, mut wrong, mut covered, mut secs) = (0, 0, 0, Vec::new());
            for seed in 0..200 {
                let (verdict, at, _) =
                    planted(seed, Planted { order, share, image_secs: 0.002, train_secs: 0.0005, budget_secs: 60.0 });
                let accused: Vec<usize> = verdict.culprits.iter().map(|c| c.index).collect();
                found += usize::from(accused.contains(&at));
                wrong += usize::from(accused.iter().any(|index| *index != at || share == 0.0));
                let truth = 1.0 / (1.0 - share) - 1.0;
                covered +=
                    usize::from(verdict.culprits.iter().all(|c| c.index != at || (c.low..=c.high).contains(&truth)));
                secs.push(verdict.secs);
            }
            let median = median(secs);
            println!("{order:?} {share}: found {found}, wrong {wrong}, covered {covered} of 200, median {median:.1} s");
            assert!(wrong <= 10, "{order:?} {share}: {wrong} wrong");
            assert!(covered >= 190, "{order:?} {share}: {covered} covered");
            assert!(share < 0.1 || found >= 196, "{order:?} {share}: {found} found");
        }
    }
}

/// It takes a third of the loader's time, and the loader is twice as fast as the trainer.
#[test]
fn a_costly_transform_that_costs_training_nothing_is_let_go() {
    let mut highest = Vec::new();
    for seed in 0..50 {
        let case =
            Planted { order: BlockOrder::Pair, share: 0.33, image_secs: 0.001, train_secs: 0.001, budget_secs: 60.0 };
        let (verdict, _, trials) = planted(seed, case);
        assert!(verdict.culprits.is_empty(), "{verdict:?}");
        highest.push(trials.iter().map(|t| t.high.unwrap_or(f64::INFINITY)).fold(0.0, f64::max));
    }
    let median = median(highest);
    println!("compute-bound: no culprit, and after 60 s none costs more than {:.1} % (median)", 100.0 * median);
    assert!(median < 0.05, "{median}");
}

/// With it the loader is a tenth slower than the trainer, without it faster: the queue hides it for a while.
#[test]
fn what_a_queue_hides_for_a_while_is_found_whole() {
    let (mut found, mut covered) = (0, 0);
    for seed in 0..50 {
        let mut sim = Sim::new(seed, 2, 2, 0.0022, 0.001);
        let settings = BisectSettings {
            settle_steps: settle_steps(2, Some(0.001 / 0.0011)),
            ..BisectSettings::new(candidates(2), 2, 200.0, seed)
        };
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
fn all_get_on_alike_and_the_same_seed_takes_the_same_way() {
    let way = |seed| {
        let settings = BisectSettings { max_blocks: 20, ..BisectSettings::new(candidates(4), 2, 1e9, seed) };
        let mut bisect = Bisect::new(settings, 0);
        let (mut version, mut toggles) = (0, Vec::new());
        let mut sim = Sim::new(9, 2, 2, 0.002, 0.001);
        while bisect.finished().is_none() {
            if let Some(toggle) = bisect.next() {
                toggles.push(toggle);
                version += 1;
                bisect.applied(version);
            }
            let blocks: Vec<u32> =
                bisect.report().iter().filter(|t| t.decision == Decision::Measuring).map(|t| t.blocks).collect();
            if let (Some(most), Some(fewest)) = (blocks.iter().max(), blocks.iter().min()) {
                assert!(most - fewest <= 1, "{blocks:?}");
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
    let settings =
        BisectSettings { segment_steps: 2, order: BlockOrder::Pair, ..BisectSettings::new(candidates(1), 2, 1e9, 4) };
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
    assert!(trial.blocks > 5, "{trial:?}");
    assert_eq!(trial.effect_frac, Some(0.0));
}

#[test]
fn a_budget_that_is_spent_leaves_undecided_and_restores_the_chain() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(3), 2, 10.0, 1), 0);
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
    let mut bisect = Bisect::new(BisectSettings::new(candidates(3), 2, 60.0, 1), 0);
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

#[test]
fn a_change_by_somebody_else_throws_the_block_away() {
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), 2, 1e9, 1), 0);
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
    let mut bisect = Bisect::new(BisectSettings::new(candidates(1), 2, 1e9, 1), 0);
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
