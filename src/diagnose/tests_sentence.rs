//! That sentence, table, buttons and ceilings say the same: over thousands of runs, possible and impossible ones.

use super::laws::{RunFacts, steps_needed};
use super::sim::Dice;
use super::tests_queue::{BATCH, FineSim, stages_event, step};
use super::trouble::troubles;
use super::verdict::verdict;
use crate::language::{Language, Message};
use crate::protocol::{
    Bound, Gain, Prediction, Pressure, RunChange, StageCost, StagesEvent, StepCpu, StepEvent, StepPhases, Telemetry,
    Verdict,
};
use std::collections::{BTreeMap, HashSet};

fn prediction<'a>(verdict: &'a Verdict, change: &RunChange) -> &'a Prediction {
    verdict.predictions.iter().find(|p| p.change == *change).unwrap()
}

/// The words of a change in the sentence, said here once more.
fn words(change: &RunChange) -> String {
    match change {
        RunChange::TransformOff(name) => format!("with {name} off"),
        RunChange::Workers(0) => "without workers".to_owned(),
        RunChange::Workers(1) => "with 1 worker".to_owned(),
        RunChange::Workers(workers) => format!("with {workers} workers"),
        RunChange::Cache => "with a cache".to_owned(),
        RunChange::BatchSize(size) => format!("with batches of {size}"),
    }
}

/// In Chinese a message has the figures that it has in English, and no English words but names.
pub(super) fn same_in_chinese(message: &Message) {
    let [english, chinese] = Language::ALL.map(|language| message.render(language));
    let figures = |text: &str| {
        let mut figures: Vec<String> = text
            .split(|c: char| !c.is_ascii_digit() && c != '.' && c != '-')
            .map(|figure| figure.trim_matches(['.', '-']).to_owned())
            .filter(|figure| !figure.is_empty())
            .collect();
        figures.sort();
        figures
    };
    assert_eq!(figures(&english), figures(&chinese), "{english}\n{chinese}");
    let words = chinese.split(|c: char| !c.is_ascii_alphabetic() && c != '_' && c != '.');
    let ours = |word: &str| word.is_empty() || word == "." || word.starts_with(|c: char| c.is_ascii_uppercase());
    let known = ["loader.cache", "cache", "s"];
    let left: Vec<&str> = words.filter(|word| !ours(word) && !known.contains(word)).collect();
    assert!(left.is_empty(), "{left:?} in {chinese}");
}

/// That nothing of a verdict contradicts anything else in it.
fn hold_together(verdict: &Verdict, facts: &RunFacts) {
    let sentence = verdict.sentence.to_string();
    same_in_chinese(&verdict.sentence);
    verdict.troubles.iter().for_each(same_in_chinese);
    let Some(now) = verdict.images_per_sec else {
        assert!(verdict.predictions.is_empty() && verdict.ceilings.is_empty(), "{verdict:?}");
        assert!(matches!(verdict.bound, Bound::NotEnough | Bound::Stalled), "{verdict:?}");
        return;
    };
    let wait = verdict.evidence.iter().find(|e| e.name.is("diagnose-evidence-waiting")).unwrap().value;
    // A bound says what the trainer does.
    match verdict.bound {
        Bound::Input => assert!(wait >= 9.99, "{verdict:?}"),
        Bound::Compute | Bound::Transfer | Bound::Launch => assert!(wait < 10.0 || facts.workers == 0, "{verdict:?}"),
        _ => {}
    }
    // Bands are bands, limits and their names agree.
    for p in &verdict.predictions {
        assert!(p.low > 0.0 && p.low <= p.images_per_sec && p.images_per_sec <= p.high && p.high.is_finite(), "{p:?}");
        let limit = p.next_limit.to_string();
        same_in_chinese(&p.next_limit);
        let loader = limit.starts_with("the loader");
        match p.next_bound {
            Bound::Input => assert!(loader && !limit.contains("alike"), "{p:?}"),
            Bound::Balanced => assert!(loader && limit.contains("alike"), "{p:?}"),
            Bound::Compute | Bound::Transfer | Bound::Launch => assert!(!loader, "{p:?}"),
            _ => panic!("{p:?}"),
        }
        assert!(!matches!(&p.change, RunChange::TransformOff(name) if limit.contains(name.as_str())), "{p:?}");
        if p.change == RunChange::Workers(facts.workers) {
            assert!(p.low <= now && now <= p.high, "{now} {p:?}");
        }
    }
    // Each kind that the table marks is named, its best with the table's numbers, and no other.
    let kind = |p: &Prediction| std::mem::discriminant(&p.change);
    let changes = |p: &&Prediction| p.change != RunChange::Workers(facts.workers) && p.is_worth(now);
    let worthy: Vec<&Prediction> = verdict.predictions.iter().filter(changes).collect();
    let kinds: HashSet<_> = worthy.iter().map(|p| kind(p)).collect();
    assert_eq!(sentence.matches("times as fast (").count(), kinds.len(), "{verdict:?}");
    for of_kind in kinds {
        let of_kind: Vec<&&Prediction> = worthy.iter().filter(|p| kind(p) == of_kind).collect();
        let most = of_kind.iter().map(|p| p.images_per_sec).fold(0.0, f64::max);
        let named = of_kind.iter().filter(|p| {
            let [middle, low, high] = [p.images_per_sec, p.low, p.high].map(|rate| format!("{:.2}", rate / now));
            let uncertain = format!("about {middle} times as fast ({low} to {high}, uncertain) {}", words(&p.change));
            let certain = format!("{middle} times as fast ({low} to {high}) {}", words(&p.change));
            let measured = format!("{middle} times as fast ({low} to {high}, measured) {}", words(&p.change));
            let ends = |part: &String| {
                sentence.split(part.as_str()).skip(1).any(|rest| rest.is_empty() || rest.starts_with(','))
            };
            match p.measured {
                true => ends(&measured),
                false => ends(&certain) && p.is_certain(now) || ends(&uncertain),
            }
        });
        let named: Vec<_> = named.collect();
        assert!(named.len() == 1 && 1.0301 * named[0].images_per_sec >= most, "{named:?} {verdict:?}");
    }
    // Other programs are named with what the table has of them, and only where nearly all cores are busy.
    let others = verdict.evidence.iter().find(|e| e.name.is("diagnose-evidence-others-cores")).map(|e| e.value);
    let taken = others.map(|others| format!("other programs take {others:.1} of {} core", facts.cores));
    let are_named = sentence.contains("other programs");
    assert!(!are_named || taken.is_some_and(|taken| sentence.contains(&taken)), "{verdict:?}");
    let is_busy = facts.busy_cores.is_some_and(|busy| busy > 0.9 * facts.cores as f64);
    assert_eq!(are_named, is_busy && others.is_some_and(|others| others >= 0.25 * facts.cores as f64), "{verdict:?}");
    // What could be done alone is no less than what is done beside each other, and is said to be beside others where these are named.
    for found in &verdict.evidence {
        if ["diagnose-evidence-trainer-alone", "diagnose-evidence-loader-alone"].iter().any(|id| found.name.is(id)) {
            assert!(found.value >= 0.999 * now, "{verdict:?}");
            assert_eq!(found.name.to_string().contains("beside the other programs"), are_named, "{verdict:?}");
        }
    }
    // Nothing is said to be of no use that the table marks, or where the trainer waits.
    let nothing = sentence.contains("would change much");
    assert_eq!(nothing, worthy.is_empty() && wait < 3.0 && !verdict.predictions.is_empty(), "{verdict:?}");
    assert!(!sentence.contains("is known to help") || worthy.is_empty(), "{verdict:?}");
    assert!(!sentence.contains("only both together") || worthy.is_empty(), "{verdict:?}");
    assert!(worthy.is_empty() || sentence.contains("; training would be "), "{verdict:?}");
    // Ceilings are no lower than what is done, and the lowest is.
    let known: Vec<f64> = verdict.ceilings.iter().filter_map(|c| c.images_per_sec).collect();
    assert!(known.iter().all(|rate| *rate >= now && rate.is_finite()), "{verdict:?}");
    let lowest: Vec<f64> = verdict.ceilings.iter().filter(|c| c.lowest).filter_map(|c| c.images_per_sec).collect();
    assert_eq!(lowest.len(), usize::from(!known.is_empty()), "{verdict:?}");
    assert!(lowest.iter().all(|l| known.iter().all(|k| l <= k)), "{verdict:?}");
    // What is wrong around a run is no advice about workers: that is the table's.
    let pressure = Pressure {
        cpu_stall_frac: Some(0.6),
        memory_stall_frac: Some(0.3),
        swap_bytes_per_sec: Some(if now < 100.0 { 5e6 } else { 0.0 }),
        ..Pressure::default()
    };
    let readings = vec![Telemetry { cpu_percent: vec![97.0; 2], pressure, ..Telemetry::default() }; 5];
    for trouble in troubles(&readings, facts, None) {
        same_in_chinese(&trouble);
        let trouble = trouble.to_string();
        assert!(!["fewer", "more workers"].iter().any(|advice| trouble.contains(advice)), "{trouble}");
    }
}

/// Anything that could come over the wire, whether or not a machine could do it.
fn arbitrary(dice: &mut Dice) -> (Vec<StepEvent>, Vec<StagesEvent>, RunFacts) {
    let mut pick = |count: usize| (count as f64 * dice.uniform()) as usize;
    let (cores, workers, capacity) = (1 + pick(16), pick(9), pick(6));
    let (count, version) = (pick(90), pick(3));
    let stage_count = pick(7);
    let (on_cpu, synced, cached) = (pick(2) == 0, pick(4), pick(3) == 0);
    let stalled_secs = (pick(40) == 0).then_some(42.0);
    let mut spread = |low: f64, high: f64| (low.ln() + dice.uniform() * (high / low).ln()).exp();
    let (step_secs, wait) = (spread(1e-3, 3.0), spread(1e-3, 1.0));
    let (upload_share, read_share) = (spread(0.01, 5.0), spread(0.01, 1.0));
    let names = ["read", "decode", "SimulateDelay", "RandRotate", "Resize", "collate"];
    let costs: Vec<StageCost> = names
        .iter()
        .take(stage_count)
        .map(|name| {
            let wall_us = 1e6 * workers.max(1) as f64 * step_secs / BATCH as f64 * spread(1e-3, 0.6);
            let cpu_us = wall_us * spread(0.01, 2.0).min(1.0);
            StageCost { stage: (*name).into(), images: 500, wall_us, cpu_us }
        })
        .collect();
    let steps: Vec<StepEvent> = (0..count)
        .map(|i| {
            let secs = step_secs * spread(0.8, 1.3);
            let mut event = step(secs, secs * (wait * spread(0.7, 1.4)).min(0.99), capacity / 2);
            event.config_version = u64::from(i >= count / 4 && version > 0);
            event.phases.read_secs = read_share * (secs - event.phases.wait_secs);
            event.phases.forward_secs = (1.0 - read_share) * (secs - event.phases.wait_secs);
            let waited = event.phases.wait_secs;
            let (wait_secs, busy_secs) = (upload_share * waited, 8.0 * read_share * (secs - waited));
            let loader_secs = read_share * (wait_secs + busy_secs);
            event.phases.cpu = (count % 2 == 0).then_some(StepCpu { wait_secs, busy_secs, loader_secs });
            if i % 4 < synced {
                let part = 0.3 * (secs - event.phases.wait_secs);
                event.phases = StepPhases {
                    synced: true,
                    upload_secs: part * upload_share,
                    forward_secs: part,
                    backward_secs: part,
                    optimizer_secs: part * spread(0.01, 1.0),
                    ..event.phases
                };
            }
            event
        })
        .collect();
    let version = steps.last().map_or(0, |s| s.config_version);
    let event = StagesEvent { config_version: version, ..stages_event(costs, workers, capacity) };
    let cacheable = if cached { Vec::new() } else { vec!["read".into(), "decode".into()] };
    let effect_frac = 0.25 * (cores % 8) as f64 - 0.5;
    let gain = Gain { effect_frac, low: effect_frac - 0.02, high: effect_frac + 0.05 };
    let tried = [RunChange::TransformOff("RandRotate".to_owned()), RunChange::Workers(workers + 1)];
    let facts = RunFacts {
        batch_size: BATCH,
        cores,
        device_is_cpu: on_cpu,
        oversubscribed: capacity == 0,
        busy_cores: (count % 3 == 0).then_some(0.95 * cores as f64),
        workers,
        switchable: ["SimulateDelay", "RandRotate"].map(str::to_owned).to_vec(),
        cacheable,
        measured: tried.into_iter().filter(|_| count % 8 == 1).map(|change| (change, gain)).collect(),
        stalled_secs,
        ..RunFacts::default()
    };
    (steps, vec![event], facts)
}

#[test]
fn sentence_table_buttons_and_ceilings_agree_in_simulated_runs() {
    let mut dice = Dice::new(12);
    for run in 0..1000 {
        let sim = FineSim::drawn(&mut dice);
        let window = sim.run(run, 4, 22);
        hold_together(&verdict(&window.steps, &window.stages, &sim.facts()), &sim.facts());
    }
}

#[test]
fn sentence_table_buttons_and_ceilings_agree_whatever_comes() {
    let mut dice = Dice::new(11);
    let mut seen = BTreeMap::<String, usize>::new();
    for _ in 0..3000 {
        let (steps, stages, facts) = arbitrary(&mut dice);
        let verdict = verdict(&steps, &stages, &facts);
        hold_together(&verdict, &facts);
        *seen.entry(verdict.bound.to_string()).or_default() += 1;
        let named =
            ["would change much", "is known to help", "times as fast (", "uncertain", "measured", "other programs"];
        for words in named {
            *seen.entry(words.to_owned()).or_default() += usize::from(verdict.sentence.to_string().contains(words));
        }
    }
    println!("{seen:?}");
    assert!(seen.len() >= 13 && seen.values().all(|count| *count >= 10), "{seen:?}");
}

/// Two workers that sleep 20 ms an image on two cores; the trainer computes 80 ms of a step of 0.34 s.
fn sleeping(workers: usize, step_secs: f64, train_secs: f64) -> (Verdict, RunFacts) {
    let wall_us = 1e6 * workers as f64 * (step_secs - 0.002) / BATCH as f64;
    let cost = |name: &str, wall_us: f64, cpu_us: f64| StageCost { stage: name.into(), images: 500, wall_us, cpu_us };
    let stages = vec![
        cost("read", 60.0, 40.0),
        cost("decode", 120.0, 90.0),
        cost("SimulateDelay", wall_us - 210.0, 60.0),
        cost("collate", 30.0, 20.0),
    ];
    let facts = RunFacts {
        batch_size: BATCH,
        cores: 2,
        device_is_cpu: true,
        workers,
        switchable: vec!["SimulateDelay".to_owned()],
        cacheable: vec!["read".into(), "decode".into()],
        stalled_secs: None,
        ..RunFacts::default()
    };
    let steps = vec![step(step_secs, step_secs - train_secs, 0); 30];
    (verdict(&steps, &[stages_event(stages, workers, 4)], &facts), facts)
}

#[test]
fn a_stage_that_sleeps_is_named_with_what_its_absence_brings() {
    for (step_secs, train_secs, off_rate) in [(0.49, 0.093, 362.0), (0.34, 0.065, 471.0), (0.34, 0.08, 400.0)] {
        let (verdict, facts) = sleeping(2, step_secs, train_secs);
        hold_together(&verdict, &facts);
        println!("{}", verdict.sentence);
        let off = prediction(&verdict, &RunChange::TransformOff("SimulateDelay".to_owned()));
        assert!((off.low..=off.high).contains(&off_rate), "{off:?}");
        assert!((off.images_per_sec / off_rate - 1.0).abs() < 0.15 && off.high < 2.8 * off.low, "{off:?}");
        assert!(verdict.sentence.to_string().contains("with SimulateDelay off"), "{}", verdict.sentence);
        assert_eq!(off.next_bound, Bound::Compute);
        // Sleeping threads are in nobody's way: more of them than cores.
        let [two, four, eight] = [2, 4, 8].map(|n| prediction(&verdict, &RunChange::Workers(n)).images_per_sec);
        assert!(four > 1.7 * two && eight > 1.4 * four, "{:?}", verdict.predictions);
        assert!(
            verdict.sentence.to_string().contains("workers")
                && !verdict.sentence.to_string().contains("would change much")
        );
    }
}

#[test]
fn three_sleeping_workers_are_not_told_to_be_fewer() {
    let (verdict, facts) = sleeping(3, BATCH as f64 / 93.0, 0.08);
    hold_together(&verdict, &facts);
    println!("{}", verdict.sentence);
    let now = verdict.images_per_sec.unwrap();
    assert!(verdict.ceilings.iter().filter_map(|c| c.images_per_sec).all(|rate| rate >= now));
    let worth: Vec<usize> = verdict
        .predictions
        .iter()
        .filter(|p| p.is_worth(now))
        .filter_map(|p| if let RunChange::Workers(n) = p.change { Some(n) } else { None })
        .collect();
    assert!(!worth.is_empty() && worth.iter().all(|n| *n > 3), "{worth:?}");
}

#[test]
fn slow_steps_are_enough_sooner() {
    assert_eq!([0.01, 0.5, 0.6, 1.0, 1.7, 30.0].map(steps_needed), [20, 20, 17, 10, 6, 6]);
}
