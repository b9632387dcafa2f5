//! The verdict against runs made by hand, and against the simulated loader and trainer.

use super::laws::{Demands, RunFacts};
use super::sim::Sim;
use super::trouble::troubles;
use super::verdict::verdict;
use crate::protocol::{
    Bound, Gain, Prediction, Pressure, RunChange, StageCost, StagesEvent, StepEvent, StepPhases, Telemetry, Verdict,
};

const BATCH: usize = 32;

fn step(step_secs: f64, wait_secs: f64, queue_len: usize) -> StepEvent {
    StepEvent {
        secs: 0.0,
        step: 1,
        epoch: 1,
        loss: Some(1.0),
        lr: 1e-3,
        images_per_sec: BATCH as f64 / step_secs,
        images: Some(BATCH),
        data_wait_frac: wait_secs / step_secs,
        phases: StepPhases { wait_secs, read_secs: 0.8 * (step_secs - wait_secs), ..StepPhases::default() },
        queue_len,
        config_version: 0,
    }
}

/// Shares of the loader's time.
const STAGES: [(&str, f64); 5] =
    [("read", 0.1), ("decode", 0.3), ("RandRotate", 0.4), ("RandZoom", 0.15), ("collate", 0.05)];

fn stages(image_secs: f64) -> Vec<StagesEvent> {
    let cost = |(name, share): (&str, f64)| StageCost {
        stage: name.into(),
        images: 1000,
        wall_us: 1e6 * share * image_secs,
        cpu_us: 1e6 * share * image_secs,
    };
    vec![StagesEvent {
        secs: 0.0,
        config_version: 0,
        workers: 2,
        stages: STAGES.map(cost).to_vec(),
        queue_len: 0,
        queue_capacity: 4,
        cache: None,
    }]
}

fn facts(workers: usize) -> RunFacts {
    RunFacts {
        batch_size: BATCH,
        cores: 16,
        workers,
        switchable: vec!["RandRotate".to_owned(), "RandZoom".to_owned()],
        cacheable: vec!["read".into(), "decode".into()],
        ..RunFacts::default()
    }
}

fn of<'a>(verdict: &'a Verdict, change: &RunChange) -> &'a Prediction {
    verdict.predictions.iter().find(|p| p.change == *change).unwrap()
}

fn off(name: &str) -> RunChange {
    RunChange::TransformOff(name.to_owned())
}

/// Two workers, 4 ms an image; the device takes 0.5 ms: 500 images/s of 2000.
#[test]
fn a_slow_loader_is_named_with_its_costliest_stage_and_what_it_costs() {
    let steps = vec![step(0.064, 0.048, 0); 40];
    let verdict = verdict(&steps, &stages(0.004), &facts(2));
    assert_eq!(verdict.bound, Bound::Input);
    assert!(
        verdict
            .sentence
            .to_string()
            .starts_with("Input-bound: the trainer waits for data 75 % of each step; RandRotate is 40 %")
    );
    let rotate = of(&verdict, &off("RandRotate"));
    assert!((rotate.images_per_sec - 500.0 / 0.6).abs() < 20.0, "{rotate:?}");
    assert!(rotate.low < 500.0 / 0.6 && rotate.high > 500.0 / 0.6);
    assert_eq!((rotate.next_bound, rotate.next_limit.to_string().as_str()), (Bound::Input, "the loader, decode first"));
    let eight = of(&verdict, &RunChange::Workers(8));
    assert!((eight.low..eight.high).contains(&1900.0), "{eight:?}");
    assert_eq!(eight.next_bound, Bound::Balanced);
    assert_eq!(of(&verdict, &RunChange::Workers(16)).next_bound, Bound::Compute);
    let none = of(&verdict, &RunChange::Workers(0));
    assert!((none.images_per_sec - 1.0 / 0.0045).abs() < 5.0, "{none:?}");
    // 0.6 of the time stays, and a copy.
    let cached = of(&verdict, &RunChange::Cache);
    assert!((cached.images_per_sec - 500.0 / 0.65).abs() < 20.0, "{cached:?}");
    // A larger batch does not make the loader faster.
    let larger = of(&verdict, &RunChange::BatchSize(2 * BATCH));
    assert!(larger.high < 530.0 && larger.low < 500.0, "{larger:?}");
    let lowest: Vec<&str> = verdict.ceilings.iter().filter(|c| c.lowest).map(|c| c.name.as_str()).collect();
    assert_eq!(lowest, ["RandRotate"]);
    let ceiling = |name: &str| verdict.ceilings.iter().find(|c| c.name == name).unwrap().images_per_sec;
    assert!((ceiling("RandRotate").unwrap() - 2.0 / 0.0016).abs() < 1.0);
    assert_eq!(ceiling("forward"), None);
}

/// Two workers and the trainer's thread have at most 3 of the 16 cores.
#[test]
fn before_a_device_other_programs_are_named_where_the_loader_leaves_them_the_cores() {
    let said = |busy: f64| {
        let facts = RunFacts { busy_cores: Some(busy), ..facts(2) };
        verdict(&vec![step(0.064, 0.048, 0); 40], &stages(0.004), &facts).sentence.to_string()
    };
    assert!(said(15.5).contains("; other programs take 12.5 of 16 cores; "), "{}", said(15.5));
    assert!(!said(12.0).contains("other programs"), "{}", said(12.0));
}

/// Its readings say that all 16 cores are busy; the loader's threads keep 12 of them so, or 3.
#[test]
fn before_a_device_too_the_loader_s_own_threads_are_not_taken_for_other_programs() {
    let pressure = Pressure { cpu_stall_frac: Some(0.6), ..Pressure::default() };
    let readings = vec![Telemetry { cpu_percent: vec![99.0; 16], pressure, ..Telemetry::default() }; 5];
    let said = |cpu_secs: f64| {
        let facts = RunFacts { busy_cores: Some(15.5), ..facts(14) };
        let demands = Demands::of(&vec![step(0.064, 0.048, 0); 40], &stages(cpu_secs), &facts).unwrap();
        troubles(&readings, &facts, Some(&demands)).iter().map(ToString::to_string).collect::<String>()
    };
    assert!(said(0.025).ends_with("the run's own threads want more of them than there are."), "{}", said(0.025));
    assert!(said(0.006).contains("other programs take 11.5 of 16 cores"), "{}", said(0.006));
}

/// What a bisect found of RandRotate, and what 16 workers were found to bring before they were taken back.
#[test]
fn what_was_measured_takes_the_place_of_what_is_predicted() {
    let gain = |effect_frac: f64| Gain { effect_frac, low: effect_frac - 0.04, high: effect_frac + 0.05 };
    let measured = vec![(off("RandRotate"), gain(0.5)), (RunChange::Workers(16), gain(0.0))];
    let facts = RunFacts { measured, ..facts(2) };
    let verdict = verdict(&vec![step(0.064, 0.048, 0); 40], &stages(0.004), &facts);
    let sentence = verdict.sentence.to_string();
    assert!(sentence.contains("1.50 times as fast (1.46 to 1.55, measured) with RandRotate off"), "{sentence}");
    assert!(sentence.contains(" workers") && !sentence.contains("16 workers"), "{sentence}");
    let rotate = of(&verdict, &off("RandRotate"));
    assert!(rotate.measured && (rotate.images_per_sec - 750.0).abs() < 1e-6, "{rotate:?}");
    let eight = of(&verdict, &RunChange::Workers(8));
    assert!(!eight.measured && eight.images_per_sec > 1000.0, "the loader is the limit without it: {eight:?}");
}

/// 500 images/s; the device takes 1.5 ms an image, and without RandRotate the loader could do 833.
#[test]
fn more_workers_bring_no_more_than_the_trainer_was_measured_to_do() {
    let eight = |measured: Vec<(RunChange, Gain)>| {
        let facts = RunFacts { measured, ..facts(2) };
        let verdict = verdict(&vec![step(0.064, 0.016, 0); 40], &stages(0.004), &facts);
        assert_eq!(of(&verdict, &off("RandRotate")).next_bound, Bound::Compute);
        of(&verdict, &RunChange::Workers(8)).clone()
    };
    let predicted = eight(Vec::new());
    assert!(predicted.images_per_sec > 620.0, "{predicted:?}");
    let gain = |effect_frac: f64| Gain { effect_frac, low: effect_frac - 0.04, high: effect_frac + 0.05 };
    let held = eight(vec![(off("RandRotate"), gain(0.15))]);
    assert!((held.images_per_sec - 575.0).abs() < 1e-6 && held.low <= 555.1, "{held:?}");
    assert_eq!(held.high, predicted.high);
    // That nothing was found says nothing of the trainer.
    assert_eq!(eight(vec![(off("RandRotate"), gain(0.0))]), predicted);
}

/// The trainer waits for 5 % of the step; the loader could do 4000 images/s, or about as many as are trained.
#[test]
fn a_batch_that_comes_late_now_and_then_makes_no_balance() {
    let bound = |image_secs: f64| verdict(&vec![step(0.064, 0.0032, 4); 40], &stages(image_secs), &facts(2)).bound;
    assert_eq!([0.0005, 0.0038].map(bound), [Bound::Compute, Bound::Balanced]);
}

/// The device takes 4 ms an image, the loader 0.25 on each of two threads.
#[test]
fn a_costly_transform_before_a_slow_device_is_said_to_cost_nothing() {
    let steps = vec![step(0.128, 0.0, 4); 40];
    let verdict = verdict(&steps, &stages(0.0005), &facts(2));
    assert_eq!(verdict.bound, Bound::Compute);
    let rotate = of(&verdict, &off("RandRotate"));
    assert!(rotate.high < 250.0 * 1.06 && rotate.low > 250.0 * 0.9, "{rotate:?}");
    assert!(rotate.next_limit.is("diagnose-limit-device"), "{rotate:?}");
    assert!(verdict.sentence.to_string().contains("no transform"), "{}", verdict.sentence);
}

#[test]
fn the_trainers_own_time_is_told_apart() {
    let judged = |phases: StepPhases, loss: bool| {
        let mut step = step(0.128, 0.0, 4);
        step.phases = phases;
        step.loss = loss.then_some(1.0);
        verdict(&vec![step; 40], &stages(0.0005), &facts(2))
    };
    let with = |phases, loss| judged(phases, loss).bound;
    let synced = StepPhases { synced: true, ..StepPhases::default() };
    let phases =
        StepPhases { upload_secs: 0.08, forward_secs: 0.02, backward_secs: 0.02, optimizer_secs: 0.008, ..synced };
    assert_eq!(with(phases, true), Bound::Transfer);
    assert_eq!(with(StepPhases { upload_secs: 0.01, forward_secs: 0.09, ..phases }, true), Bound::Compute);
    let launch = StepPhases { forward_secs: 0.05, backward_secs: 0.06, optimizer_secs: 0.01, ..StepPhases::default() };
    assert_eq!(with(StepPhases { read_secs: 0.005, ..launch }, true), Bound::Launch);
    // 250 images/s, each step mostly the handing out: twice the batch is twice as fast, or not at all.
    let larger = judged(StepPhases { read_secs: 0.005, ..launch }, true);
    let larger = of(&larger, &RunChange::BatchSize(2 * BATCH));
    assert!((larger.images_per_sec - 500.0).abs() < 1.0 && larger.low < 250.0, "{larger:?}");
    assert_eq!(with(StepPhases { read_secs: 0.5, ..launch }, true), Bound::Compute);
    // Without the loss nothing waits for the device, so nothing can be said of it.
    assert_eq!(with(launch, false), Bound::Compute);
}

#[test]
fn too_few_steps_and_a_stall_are_said() {
    let mut steps = vec![step(0.064, 0.048, 0); 40];
    steps[25..].iter_mut().for_each(|s| s.config_version = 1);
    let few = verdict(&steps, &stages(0.004), &facts(2));
    assert_eq!((few.bound, few.sentence.to_string().as_str()), (Bound::NotEnough, "Collecting 20 steps (15 of 20)"));
    assert_eq!(verdict(&[], &[], &facts(2)).bound, Bound::NotEnough);
    let stalled = verdict(&steps, &[], &RunFacts { stalled_secs: Some(33.0), ..facts(2) });
    assert_eq!(
        (stalled.bound, stalled.sentence.to_string().as_str()),
        (Bound::Stalled, "Stalled: nothing has moved for 33 s")
    );
    // Without a word of the stages there still is a verdict, and no prediction.
    let bare = verdict(&steps[..25], &[], &facts(2));
    assert_eq!((bare.bound, bare.predictions.len()), (Bound::Input, 0));
}

/// Epochs of seven batches, the last of one image.
#[test]
fn a_short_batch_counts_with_its_own_images_and_seconds() {
    let full = step(0.064, 0.048, 0);
    let short = StepEvent { images: Some(1), images_per_sec: 1.0 / 0.02, ..step(0.02, 0.0, 0) };
    let steps: Vec<StepEvent> = (1..=42).map(|i| if i % 7 == 0 { short.clone() } else { full.clone() }).collect();
    let demands = Demands::of(&steps, &[], &facts(2)).unwrap();
    let secs = 6.0 * 0.064 + 0.02;
    assert!((demands.images_per_sec * secs / (6 * BATCH + 1) as f64 - 1.0).abs() < 1e-9, "{demands:?}");
    assert!((demands.wait_frac - 6.0 * 0.048 / secs).abs() < 1e-9, "{demands:?}");
    assert!(demands.unsure_frac < 0.1, "its time is as it is to be: {demands:?}");
    // An older record tells no images: each batch counts as a full one.
    let steps: Vec<StepEvent> = steps.into_iter().map(|step| StepEvent { images: None, ..step }).collect();
    let few = RunFacts { batch_size: 64, train_images: Some(BATCH), ..facts(2) };
    let rate = Demands::of(&steps[..6], &[], &few).unwrap().images_per_sec;
    assert!((rate * 0.064 / BATCH as f64 - 1.0).abs() < 1e-9, "{rate}");
}

#[test]
fn a_step_of_the_optimiser_that_eight_batches_share_is_no_hiccup() {
    let timed = |i: usize| {
        let optimizer_secs = if i % 8 == 7 { 0.08 } else { 0.0 };
        let phases = StepPhases { synced: true, forward_secs: 0.05, optimizer_secs, ..StepPhases::default() };
        StepEvent { phases, ..step(0.064, 0.0, 4) }
    };
    let steps: Vec<StepEvent> = (0..80).map(timed).collect();
    let optimizer_secs = |steps: &[StepEvent], accumulate_batches| {
        let facts = RunFacts { accumulate_batches, ..facts(2) };
        Demands::of(steps, &[], &facts).unwrap().phases_secs.unwrap()[3] * BATCH as f64
    };
    let secs = optimizer_secs(&steps, 8);
    assert!((secs - 0.01).abs() < 1e-9, "{secs}");
    // An hour in one of them is, as it is where each batch has a step of its own.
    let mut slept = steps;
    slept[39].phases.optimizer_secs = 3600.0;
    assert!(optimizer_secs(&slept, 8) < 0.013);
    slept.iter_mut().enumerate().for_each(|(i, step)| step.phases.optimizer_secs = if i == 39 { 3600.0 } else { 0.01 });
    assert!(optimizer_secs(&slept, 1) < 0.011);
}

#[test]
fn steps_made_before_a_change_say_nothing_of_the_run_after_it() {
    let steps = vec![step(0.064, 0.048, 0); 40];
    let changed = RunFacts { config_version: 1, ..facts(8) };
    assert_eq!(verdict(&steps, &stages(0.004), &changed).bound, Bound::NotEnough);
    let steps = vec![StepEvent { config_version: 1, ..step(0.064, 0.048, 0) }; 40];
    assert_eq!(verdict(&steps, &stages(0.004), &changed).bound, Bound::Input);
}

#[test]
fn a_batch_of_more_images_than_there_are_is_not_advised() {
    let advised = |train_images| {
        let facts = RunFacts { train_images, ..facts(2) };
        let verdict = verdict(&vec![step(0.064, 0.048, 0); 40], &stages(0.004), &facts);
        verdict.predictions.iter().any(|p| matches!(p.change, RunChange::BatchSize(_)))
    };
    assert_eq!([None, Some(2 * BATCH), Some(2 * BATCH - 1)].map(advised), [true, true, false]);
}

/// Workers that sleep for nineteen twentieths of their time.
#[test]
fn where_cores_are_fought_over_no_more_workers_than_cores_are_looked_at() {
    let mut sleeping = stages(0.004);
    sleeping[0].stages.iter_mut().for_each(|stage| stage.cpu_us *= 0.05);
    let most = |oversubscribed| {
        let facts = RunFacts { cores: 4, oversubscribed, ..facts(2) };
        let verdict = verdict(&vec![step(0.064, 0.048, 0); 40], &sleeping, &facts);
        let counts = verdict.predictions.iter().filter_map(|p| match p.change {
            RunChange::Workers(workers) => Some(workers),
            _ => None,
        });
        counts.max()
    };
    assert_eq!([false, true].map(most), [Some(16), Some(4)]);
}

/// 2 cores: two workers of 1 ms an image, and a training of 4 ms an image beside them.
#[test]
fn on_a_cpu_the_band_spans_what_is_not_known_of_the_cores() {
    let steps = vec![step(0.128, 0.0, 4); 40];
    let cpu = RunFacts { cores: 2, device_is_cpu: true, ..facts(2) };
    let verdict = verdict(&steps, &stages(0.001), &cpu);
    assert_eq!(verdict.bound, Bound::Compute);
    assert!(verdict.sentence.to_string().contains("share 2 cores"), "{}", verdict.sentence);
    // Nothing is gained if training uses one core, 0.4 ms / 2 of 4 ms if it uses both.
    let rotate = of(&verdict, &off("RandRotate"));
    assert!(rotate.low < 250.0 && rotate.high > 263.0 && rotate.high < 290.0, "{rotate:?}");
    assert!(rotate.images_per_sec > 250.0);
}

/// What the simulated run's window says.
fn window(sim: &mut Sim, workers: usize, image_secs: f64) -> Verdict {
    sim.run(50);
    let steps: Vec<StepEvent> = (0..60)
        .map(|_| {
            let s = sim.step();
            step(s.step_secs, s.wait_secs, s.queue_len)
        })
        .collect();
    verdict(&steps, &stages(image_secs), &facts(workers))
}

fn simulated_rate(workers: usize, image_secs: f64, train_secs: f64) -> f64 {
    let mut sim = Sim::new(99, workers, 4, image_secs, train_secs);
    sim.run(50);
    let begun = sim.now;
    sim.run(400);
    400.0 * BATCH as f64 / (sim.now - begun)
}

#[test]
fn predictions_hold_in_a_simulated_run() {
    let (mut all, mut held, mut near) = (0, 0, 0);
    for workers in [0, 1, 2, 4] {
        for ratio in [0.2, 0.5, 0.8, 1.0, 1.25, 2.0, 5.0] {
            // The loader alone over the trainer alone.
            let train_secs = 0.001;
            let image_secs = train_secs * f64::from(workers.max(1)) / ratio;
            let workers = workers as usize;
            let mut sim = Sim::new(7, workers, 4, image_secs, train_secs);
            let verdict = window(&mut sim, workers, image_secs);
            let measured = verdict.evidence.iter().find(|e| e.name.is("diagnose-evidence-training")).unwrap().value;
            let bound = if workers == 0 {
                1.0 / (image_secs + train_secs)
            } else {
                (workers as f64 / image_secs).min(1.0 / train_secs)
            };
            assert!(measured < 1.03 * bound, "{workers} {ratio}: {measured} {bound}");
            let expected = match ratio {
                r if r < 0.75 => [Bound::Input; 2],
                r if r > 1.5 => [Bound::Compute; 2],
                r if r < 1.0 => [Bound::Input, Bound::Balanced],
                _ => [Bound::Compute, Bound::Balanced],
            };
            assert!(expected.contains(&verdict.bound), "{workers} {ratio}: {:?}", verdict.bound);
            for prediction in &verdict.predictions {
                let truth = match &prediction.change {
                    RunChange::TransformOff(name) => {
                        let share = STAGES.iter().find(|s| s.0 == name).unwrap().1;
                        simulated_rate(workers, image_secs * (1.0 - share), train_secs)
                    }
                    RunChange::Workers(workers) => simulated_rate(*workers, image_secs, train_secs),
                    RunChange::Cache => simulated_rate(workers, image_secs * 0.65, train_secs),
                    // A step of the simulation costs nothing but its images.
                    RunChange::BatchSize(_) => simulated_rate(workers, image_secs, train_secs),
                };
                all += 1;
                // Beyond half of the cores little is known, and of another size of batch as well.
                let known = !matches!(prediction.change, RunChange::Workers(9..) | RunChange::BatchSize(_));
                assert!(!known || prediction.high < 1.4 * prediction.low, "it says nothing: {prediction:?}");
                held += u32::from((prediction.low..=prediction.high).contains(&truth));
                near += u32::from((prediction.images_per_sec / truth - 1.0).abs() < 0.1);
                if !(prediction.low..=prediction.high).contains(&truth) {
                    println!("{workers} {ratio}: {truth:.0} not within {prediction:?}");
                }
            }
        }
    }
    println!("{held} of {all} predictions within their band, {near} within 10 %");
    assert!(f64::from(held) >= 0.97 * f64::from(all), "{held} of {all}");
    assert!(f64::from(near) >= 0.95 * f64::from(all), "{near} of {all}");
}
