//! Sweeps over engines in simulated time, where the truth is known.

use super::desk::Tools;
use super::tests_sim::{Behaviour, Shared, SimEngine};
use super::*;
use crate::config::RunConfig;
use std::cell::Cell;

struct Bench {
    dir: tempfile::TempDir,
    shared: Shared,
    behave: fn(&RunConfig) -> Behaviour,
    cancel: Cell<bool>,
}

impl Bench {
    fn new(behave: fn(&RunConfig) -> Behaviour) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir, shared: Shared::default(), behave, cancel: Cell::new(false) }
    }

    fn spec(&self, key: &str, values: &[&str]) -> SweepSpec {
        let values = values.iter().map(|v| (*v).to_owned()).collect();
        let mut spec = SweepSpec::new(RunConfig::default(), key, values, self.dir.path().join("sweep"));
        spec.budget_secs = 2000.0;
        spec
    }

    fn run(&self, spec: &SweepSpec) -> Result<SweepReport, SweepError> {
        self.watch(spec, &mut |_| {})
    }

    fn watch(&self, spec: &SweepSpec, tell: &mut dyn FnMut(&SweepReport)) -> Result<SweepReport, SweepError> {
        let tools = Tools {
            start: &|| Ok(Box::new(SimEngine::new(&self.shared, self.behave))),
            cancelled: &|| self.cancel.get(),
            clock: &|| self.shared.world().now,
            tell,
        };
        let report = sweep_with(spec, tools);
        let world = self.shared.world();
        assert_eq!(world.alive, 0, "engines were left behind");
        assert!(world.most_training <= 1, "{} engines trained at once", world.most_training);
        report
    }
}

fn ratio(report: &SweepReport, at: usize) -> (f64, f64, f64) {
    let ratio = report.points[at].time_ratio.unwrap();
    (ratio.estimate, ratio.low.unwrap(), ratio.high.unwrap())
}

fn holds(interval: (f64, f64, f64), truth: f64) -> bool {
    (interval.1..=interval.2).contains(&truth)
}

/// One interval in twenty may miss, but not by much.
fn nearly_holds((estimate, low, high): (f64, f64, f64), truth: f64) -> bool {
    holds((estimate, low / 1.02, high * 1.02), truth)
}

#[test]
fn equal_speeds_are_the_same_and_losses_lie_beside_each_other() {
    let bench = Bench::new(|config| Behaviour {
        loss: if config.optimizer.lr > 1e-4 { |step| 2.0 / (1.0 + step as f64 * 0.05) } else { |_| 1.62 },
        ..Behaviour::default()
    });
    let report = bench.run(&bench.spec("optimizer.lr", &["1e-3", "1e-5"])).unwrap();
    assert_eq!(report.state, SweepState::Done);
    assert_eq!(report.points[0].standing, Standing::Baseline);
    // The stages are rounds too.
    assert!(report.points[1].blocks >= 8 && nearly_holds(ratio(&report, 1), 1.0), "{:?}", report.points[1].time_ratio);
    let loss = report.points[1].loss_against.unwrap();
    assert_eq!(loss.steps, 200.0);
    assert!((loss.loss - 1.62).abs() < 1e-9 && (loss.baseline_loss - 2.0 / 10.5).abs() < 0.02, "{loss:?}");
    assert!(report.points.iter().all(|p| (200..=201).contains(&p.steps) && p.losses.len() as u64 == p.steps));
    let sentence = report.sentence.to_string();
    // A rate changes nothing of a step's work.
    assert_eq!(
        sentence,
        "Learning rate: 1e-3 has the lowest loss after 200 steps, 0.19; 1e-5 hardly learns: 1.62; the speed is the same by \
         construction."
    );
    let beside = report.points[1].sentence.as_ref().unwrap().to_string();
    assert_eq!(beside, "1e-5 beside 1e-3: after 200 steps its loss is 1.62 against 0.19");
    // The others' turns are not this run's training.
    let (point, step_secs) = (&report.points[1], 0.1);
    let last = point.losses.last().unwrap();
    assert!((last.secs / (point.steps as f64 * step_secs) - 1.0).abs() < 0.05, "{last:?}");
    let kept: SweepReport = serde_json::from_slice(&std::fs::read(report.dir.join(SWEEP_FILE)).unwrap()).unwrap();
    assert_eq!((kept.state, kept.sentence.to_string(), &kept.dir), (report.state, sentence, &report.dir));
    assert_eq!(kept.points[1].losses.len(), report.points[1].losses.len());
    // Beside what is read back in any language stand its words.
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(report.dir.join(SWEEP_FILE)).unwrap()).unwrap();
    assert_eq!(file["sentence_text"], report.sentence.to_string());
    assert_eq!(file["points"][1]["sentence_text"], beside);
    assert!(file["points"][1]["time_ratio"].is_null() && file["points"][0]["note_text"].is_null());
}

/// A smoothed label leaves no loss of 0, so that the two are told apart by their accuracies, if there are any.
#[test]
fn losses_of_another_kind_are_not_held_against_each_other() {
    let behave: [fn(&RunConfig) -> Behaviour; 2] = [
        |config| Behaviour {
            train_count: 640,
            val_secs: 0.1,
            loss: if config.train.label_smoothing > 0.0 { |_| 0.9 } else { |_| 0.2 },
            accuracy: if config.train.label_smoothing > 0.0 { 0.84 } else { 0.81 },
            ..Behaviour::default()
        },
        |_| Behaviour::default(),
    ];
    let [validated, not_validated] = behave.map(|behave| {
        let bench = Bench::new(behave);
        bench.run(&bench.spec("train.label_smoothing", &["0", "0.1"])).unwrap()
    });
    let (point, sentence) = (&validated.points[1], validated.sentence.to_string());
    let found = point.accuracy_against.unwrap();
    assert_eq!((point.loss_against, found.accuracy, found.baseline_accuracy), (None, 0.84, 0.81));
    assert!(found.steps >= 200 && found.steps.is_multiple_of(10), "{found:?}");
    let beside = sentence.contains("0.1 beside 0: after ") && sentence.contains("accuracy is 84.0 % against 81.0 %");
    assert!(beside, "{sentence}");
    assert!(!sentence.contains("its loss is") && !sentence.contains("faster"), "{sentence}");
    assert!(validated.points.iter().all(|point| point.steps < 210), "no more than were asked for");
    let why = "`train.label_smoothing` changes what a loss measures";
    assert!(sentence.contains(&format!("Losses are not compared, validation accuracies are: {why}")), "{sentence}");
    let (point, sentence) = (&not_validated.points[1], not_validated.sentence.to_string());
    assert_eq!((point.loss_against, point.accuracy_against), (None, None));
    assert!(sentence.contains(&format!("Losses are not compared: {why}")), "{sentence}");
}

/// What differs in its losses alone is trained to the steps asked for, all equally far, and no longer.
#[test]
fn a_budget_that_ends_before_the_losses_leaves_all_values_equally_far() {
    let bench = Bench::new(|config| Behaviour {
        train_secs: 0.5,
        loss: if config.optimizer.lr > 1e-4 { |step| 2.0 / (1.0 + step as f64 * 0.05) } else { |_| 1.62 },
        ..Behaviour::default()
    });
    let mut spec = bench.spec("optimizer.lr", &["1e-3", "1e-4", "1e-5"]);
    spec.budget_secs = 150.0;
    let report = bench.run(&spec).unwrap();
    assert_eq!(report.state, SweepState::BudgetSpent);
    let steps: Vec<u64> = report.points.iter().map(|p| p.steps).collect();
    let (least, most) = (steps.iter().min().unwrap(), steps.iter().max().unwrap());
    assert!((60..100).contains(least) && most - least <= 22, "a stage of 20 steps apart: {steps:?}");
    let sentence = report.sentence.to_string();
    assert!(sentence.contains("Learning rate: 1e-3 has the lowest loss after "), "{sentence}");
    assert!(sentence.ends_with(" would do."), "{sentence}");
    spec.budget_secs = report.needed_secs.unwrap();
    spec.dir = bench.dir.path().join("again");
    let report = bench.run(&spec).unwrap();
    assert_eq!(report.state, SweepState::Done, "{} of {} s", report.secs, report.budget_secs);
    assert!(report.points.iter().all(|p| (200..=201).contains(&p.steps)), "{}", report.sentence);
}

/// And is not what the others are compared at.
#[test]
fn a_value_whose_loss_is_no_number_any_more_is_said_to_diverge() {
    let behave = |config: &RunConfig| Behaviour {
        loss: match config.optimizer.lr {
            lr if lr > 1e-2 => |step| if step < 12 { 2.0 } else { f64::NAN },
            lr if lr > 1e-4 => |step| 2.0 / (1.0 + step as f64 * 0.05),
            _ => |_| 1.62,
        },
        ..Behaviour::default()
    };
    let run = |values: &[&str]| {
        let bench = Bench::new(behave);
        bench.run(&bench.spec("optimizer.lr", values)).unwrap()
    };
    let report = run(&["1e-3", "1e-1"]);
    assert_eq!((report.points[0].diverged_at, report.points[1].diverged_at), (None, Some(12)));
    assert!((200..=201).contains(&report.points[0].steps) && report.points[1].steps < 50, "no more is to be told");
    assert_eq!(report.state, SweepState::Done);
    let diverged = "1e-1 diverged: its loss is no number from step 12 on";
    assert_eq!(report.points[1].sentence.as_ref().unwrap().to_string(), diverged);
    let sentence = report.sentence.to_string();
    assert!(
        sentence.starts_with("Learning rate: 1e-3 has the lowest loss after ") && sentence.contains(diverged),
        "{sentence}"
    );
    let report = run(&["1e-5", "1e-3", "1e-1"]);
    let sentence = report.sentence.to_string();
    assert!(sentence.contains("after 200 steps, 0.19; 1e-5 hardly learns: 1.62; 1e-1 diverged"), "{sentence}");
}

/// Over many sweeps: how often a difference is claimed, and how often the interval that it ended with holds the truth.
fn claims_and_holds(behave: fn(&RunConfig) -> Behaviour, truth: f64) -> (usize, usize) {
    let (mut claims, mut held) = (0, 0);
    for salt in 0..SWEEPS {
        let bench = Bench::new(behave);
        bench.shared.world().salt = salt as u64;
        let mut spec = bench.spec("loader.pin", &["false", "true"]);
        spec.seed = salt as u64;
        let report = bench.run(&spec).unwrap();
        claims += usize::from(matches!(report.points[1].standing, Standing::Faster | Standing::Slower));
        held += usize::from(holds(ratio(&report, 1), truth));
    }
    (claims, held)
}

const SWEEPS: usize = 100;

#[test]
fn false_alarms_are_rare_and_intervals_hold_the_truth() {
    let (claims, held) = claims_and_holds(|_| Behaviour { noise: 0.1, ..Behaviour::default() }, 1.0);
    assert!(claims <= SWEEPS / 20 && held >= SWEEPS * 93 / 100, "equal: {claims} claims, {held} held");
    let slower = |config: &RunConfig| Behaviour {
        train_secs: if config.loader.pin { 0.105 } else { 0.1 },
        noise: 0.1,
        ..Behaviour::default()
    };
    let (claims, held) = claims_and_holds(slower, 1.05);
    assert!(claims >= SWEEPS * 95 / 100 && held >= SWEEPS * 93 / 100, "5 % slower: {claims} claims, {held} held");
}

#[test]
fn a_slower_trainer_is_found_with_its_factor() {
    let bench = Bench::new(|config| Behaviour {
        train_secs: if config.model.name == "small_cnn" { 0.1 } else { 0.25 },
        ..Behaviour::default()
    });
    let report = bench.run(&bench.spec("model.name", &["small_cnn", "densenet121"])).unwrap();
    assert_eq!(report.points[1].standing, Standing::Slower);
    assert!(nearly_holds(ratio(&report, 1), 2.5), "{:?}", ratio(&report, 1));
    let rate = report.points[1].images_per_sec.unwrap();
    assert!((rate.estimate / (64.0 / 0.25) - 1.0).abs() < 0.03, "{rate:?}");
    assert!(
        report.sentence.to_string().starts_with("model.name=densenet121 is slower than small_cnn: 2."),
        "{}",
        report.sentence
    );
}

/// A pause fills the queue: without the washout the slow loader would look as fast as the trainer.
#[test]
fn what_a_full_queue_hides_is_washed_out() {
    let bench = Bench::new(|config| Behaviour {
        train_secs: 0.05,
        loader_secs: if config.loader.pin { |_| 0.24 } else { |_| 0.2 },
        noise: 0.1,
        ..Behaviour::default()
    });
    let report = bench.run(&bench.spec("loader.pin", &["false", "true"])).unwrap();
    assert_eq!(report.points[1].standing, Standing::Slower);
    assert!(nearly_holds(ratio(&report, 1), 1.2), "{:?}", ratio(&report, 1));
    assert!((ratio(&report, 1).0 - 1.2).abs() < 0.04, "{:?}", ratio(&report, 1));
    assert_eq!(report.points[1].loss_against, None, "the same batches teach the same");
}

/// Of so many images, with a validation after each epoch; one value trains a fifth slower.
fn tiny<const IMAGES: usize>(config: &RunConfig) -> Behaviour {
    let train_secs = if config.loader.pin { 0.12 } else { 0.1 };
    Behaviour { train_secs, train_count: IMAGES, val_secs: 0.5, ..Behaviour::default() }
}

/// A step, a step and a short one, and so on up to three.
#[test]
fn epochs_of_few_steps_are_measured_between_their_validations() {
    type Behave = fn(&RunConfig) -> Behaviour;
    let all: [(usize, Behave); 6] = [
        (64, tiny::<64>),
        (70, tiny::<70>),
        (128, tiny::<128>),
        (140, tiny::<140>),
        (192, tiny::<192>),
        (200, tiny::<200>),
    ];
    for (images, behave) in all {
        let bench = Bench::new(behave);
        let report = bench.run(&bench.spec("loader.pin", &["false", "true"])).unwrap();
        assert_eq!(report.points[1].standing, Standing::Slower, "{images} images: {}", report.sentence);
        assert!(nearly_holds(ratio(&report, 1), 1.2), "{images} images: {:?}", ratio(&report, 1));
    }
}

#[test]
fn batch_sizes_are_compared_by_the_image() {
    let bench = Bench::new(|_| Behaviour { loss: |step| 100.0 / step as f64, ..Behaviour::default() });
    let report = bench.run(&bench.spec("loader.batch_size", &["64", "128"])).unwrap();
    // Twice the batch takes twice as long: the same by the image.
    assert_eq!(report.points[1].standing, Standing::Same);
    assert!(report.sentence.to_string().contains("times the time an image"), "{}", report.sentence);
    assert_eq!(report.points[1].loss_against.unwrap().steps, 100.0);
}

#[test]
fn one_that_dies_or_fails_costs_its_value_only() {
    let bench = Bench::new(|config| Behaviour {
        dies_at: (config.optimizer.clip_norm == 0.2).then_some(60),
        fails: (config.optimizer.clip_norm == 0.3).then_some("the device was lost"),
        ..Behaviour::default()
    });
    let report = bench.run(&bench.spec("optimizer.clip_norm", &["0.1", "0.2", "0.3", "0.4"])).unwrap();
    let standings: Vec<Standing> = report.points.iter().map(|p| p.standing).collect();
    assert_eq!(standings, [Standing::Baseline, Standing::Failed, Standing::Failed, Standing::Same]);
    assert!(
        report
            .sentence
            .to_string()
            .contains("optimizer.clip_norm=0.2 could not be measured: its engine died: ended by signal 9.")
    );
    assert!(
        report.sentence.to_string().contains("optimizer.clip_norm=0.3 could not be measured: the device was lost.")
    );
    assert_eq!(report.points[1].losses.len(), 60, "what it trained is kept");
}

#[test]
fn without_the_baseline_the_next_takes_its_place() {
    let bench = Bench::new(|config| Behaviour {
        dies_at: (config.optimizer.clip_norm == 0.1).then_some(50),
        train_secs: if config.optimizer.clip_norm == 0.3 { 0.12 } else { 0.1 },
        ..Behaviour::default()
    });
    let report = bench.run(&bench.spec("optimizer.clip_norm", &["0.1", "0.2", "0.3"])).unwrap();
    let standings: Vec<Standing> = report.points.iter().map(|p| p.standing).collect();
    assert_eq!(standings, [Standing::Failed, Standing::Baseline, Standing::Slower]);
    assert_eq!(report.points[2].against.as_deref(), Some("0.2"));
    assert!(nearly_holds(ratio(&report, 2), 1.2), "{:?}", ratio(&report, 2));
    assert!(
        report.notes[0].to_string().contains("The engine of optimizer.clip_norm=0.1 is gone"),
        "{:?}",
        report.notes
    );
}

#[test]
fn where_none_comes_to_training_the_reason_is_the_error() {
    let bench = Bench::new(|_| Behaviour { fails: Some("no image"), ..Behaviour::default() });
    let error = bench.run(&bench.spec("optimizer.lr", &["0.1", "0.2"])).unwrap_err();
    assert_eq!(error.to_string(), "no value could be trained with: no image");
}

#[test]
fn a_cancelled_sweep_stops_every_engine_and_keeps_what_it_has() {
    let bench = Bench::new(|_| Behaviour::default());
    let spec = bench.spec("optimizer.clip_norm", &["0.1", "0.2", "0.3"]);
    let report = bench.watch(&spec, &mut |report| {
        // Four in the quick phase, and two rounds.
        bench.cancel.set(report.points.iter().skip(1).any(|p| p.blocks >= 6));
    });
    let report = report.unwrap();
    assert_eq!(report.state, SweepState::Cancelled);
    let world = bench.shared.world();
    assert_eq!((world.started, world.stopped), (3, 3), "each was asked to stop");
    assert!(report.points[1..].iter().all(|p| p.standing == Standing::Undecided && p.blocks == 6));
    assert!(report.sentence.to_string().contains("is undecided"), "{}", report.sentence);
}

#[test]
fn many_values_go_over_in_groups_beside_the_baseline() {
    let bench = Bench::new(|_| Behaviour::default());
    let mut spec = bench.spec("optimizer.lr", &["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"]);
    spec.steps = 0;
    let report = bench.run(&spec).unwrap();
    assert!(report.points[1..].iter().all(|p| p.standing == Standing::Same), "{}", report.sentence);
    let world = bench.shared.world();
    assert_eq!((world.started, world.most_alive), (6, 4));
}

#[test]
fn memory_says_how_many_stand_beside_each_other() {
    let bench = Bench::new(|_| Behaviour { memory_bytes: 3 << 30, ..Behaviour::default() });
    let mut spec = bench.spec("optimizer.lr", &["0.1", "0.2", "0.3"]);
    spec.steps = 0;
    bench.run(&spec).unwrap();
    assert_eq!(bench.shared.world().most_alive, 2);
}

#[test]
fn a_spent_budget_leaves_it_undecided() {
    let bench = Bench::new(|_| Behaviour { noise: 0.3, ..Behaviour::default() });
    let mut spec = bench.spec("loader.prefetch", &["4", "8"]);
    spec.budget_secs = 40.0;
    let report = bench.run(&spec).unwrap();
    assert_eq!((report.state, report.points[1].standing), (SweepState::BudgetSpent, Standing::Undecided));
    assert!(report.secs < 45.0, "{}", report.secs);
    assert!(report.sentence.to_string().starts_with("Whether loader.prefetch=8 is faster than 4 is undecided: "));
}

/// Steps of 0.1, 0.1, 0.2 and 0.6 s.
fn slow(config: &RunConfig) -> Behaviour {
    let loader_secs: fn(usize) -> f64 = match config.loader.prefetch {
        1 | 2 => |_| 0.1,
        3 => |_| 0.2,
        _ => |_| 0.6,
    };
    Behaviour { train_secs: 0.05, loader_secs, noise: 0.05, ..Behaviour::default() }
}

#[test]
fn a_minute_of_slow_steps_tells_a_sixfold_difference() {
    let bench = Bench::new(slow);
    let mut spec = bench.spec("loader.prefetch", &["1", "2", "3", "4"]);
    spec.budget_secs = 60.0;
    let (mut said, mut started_by) = (Vec::new(), 0.0);
    let report = bench.watch(&spec, &mut |report| {
        said.push(report.now.to_string());
        if report.points.iter().all(|p| p.images_per_sec.is_none()) {
            started_by = report.secs;
        }
    });
    let report = report.unwrap();
    assert!(started_by < 25.0, "starts took {started_by} s");
    assert!(said.iter().any(|now| now.starts_with("4 values need about ")), "{said:?}");
    let standings: Vec<Standing> = report.points[2..].iter().map(|p| p.standing).collect();
    assert_eq!(standings, [Standing::Slower; 2], "{}", report.sentence);
    assert!(nearly_holds(ratio(&report, 2), 2.0) && nearly_holds(ratio(&report, 3), 6.0), "{}", report.sentence);
    assert!(report.secs < 62.0, "{}", report.secs);
}

/// Three times as slow: the quick phase would take longer.
#[test]
fn a_budget_that_is_too_short_is_said_to_be_and_what_was_measured_is_an_estimate() {
    let bench = Bench::new(|config| {
        let loader_secs: fn(usize) -> f64 = match config.loader.prefetch {
            1 | 2 => |_| 0.3,
            3 => |_| 0.6,
            _ => |_| 1.8,
        };
        Behaviour { loader_secs, ..slow(config) }
    });
    let mut spec = bench.spec("loader.prefetch", &["1", "2", "3", "4"]);
    spec.budget_secs = 60.0;
    let mut said_at = f64::INFINITY;
    let report = bench.watch(&spec, &mut |report| {
        if report.now.to_string().ends_with("more than the budget of 1 min 00 s") {
            said_at = said_at.min(report.secs);
        }
    });
    let report = report.unwrap();
    assert!(said_at < 25.0, "at once: {said_at}");
    assert_eq!((report.state, report.points[3].standing), (SweepState::BudgetSpent, Standing::Undecided));
    let found = report.points[3].time_ratio.unwrap();
    assert!((found.estimate / 6.0 - 1.0).abs() < 0.1 && (found.low, found.high) == (None, None), "{found:?}");
    let sentence = report.sentence.to_string();
    for words in ["loader.prefetch=4 took about ", "no time to prove it", "A budget of about "] {
        assert!(sentence.contains(words), "{sentence}");
    }
}

/// Seconds a batch of a loader that workers share fairly, up to three.
fn shared_loader(workers: usize) -> f64 {
    0.3 / workers.clamp(1, 3) as f64
}

/// Images a second of that loader before a trainer of 50 ms, at one worker and more.
fn truth(workers: usize) -> f64 {
    64.0 / if workers == 0 { 0.35 } else { shared_loader(workers).max(0.05) }
}

#[test]
fn threads_find_the_curve_and_how_far_the_prediction_was_off() {
    let bench = Bench::new(|_| Behaviour {
        train_secs: 0.05,
        loader_secs: shared_loader,
        // 10 % too high with three workers, right with all others.
        predictions: |workers| Some((truth(workers) * if workers == 3 { 1.1 } else { 1.0 }, 0.08)),
        ..Behaviour::default()
    });
    let mut first_curve = None;
    let mut spec = bench.spec(WORKERS_KEY, &["0", "1", "3", "4"]);
    spec.config.loader.workers = 2;
    let report = bench
        .watch(&spec, &mut |report| {
            if report.points.iter().all(|p| p.images_per_sec.is_none()) {
                first_curve = report.curve.clone().or(first_curve.take());
            }
        })
        .unwrap();
    assert!(first_curve.is_some(), "the prediction stands before anything is measured");
    assert_eq!(report.points.iter().map(|p| p.value.as_str()).collect::<Vec<_>>(), ["0", "1", "2", "3", "4"]);
    for (workers, point) in report.points.iter().enumerate() {
        let rate = point.images_per_sec.unwrap();
        assert!((rate.estimate / truth(workers) - 1.0).abs() < 0.03, "{workers}: {rate:?}, {}", truth(workers));
    }
    assert!(nearly_holds(ratio(&report, 1), 2.0), "{:?}", ratio(&report, 1));
    let standings: Vec<Standing> = report.points.iter().map(|p| p.standing).collect();
    use Standing::{Baseline, Faster, Slower};
    assert_eq!(standings, [Slower, Slower, Baseline, Faster, Faster]);
    let found = report.curve.as_ref().unwrap().hold_out.unwrap();
    assert_eq!((found.counts, found.worst_workers), (4, 3));
    assert!((found.worst_frac - 0.1).abs() < 0.02 && found.median_frac < 0.03, "{found:?}");
    assert_eq!(found.in_band, 3);
    assert!(
        report.sentence.to_string().contains("The prediction made with 2 workers was off by"),
        "{}",
        report.sentence
    );
    assert_eq!(bench.shared.world().started, 1);
}

/// With steps of more than a second there is no time for a curve, nor for all turns of the quick phase.
#[test]
fn threads_of_slow_steps_come_to_an_estimate() {
    let bench = Bench::new(|_| Behaviour {
        loader_secs: |workers| 1.6 / workers.max(1) as f64,
        predictions: |_| Some((40.0, 0.1)),
        ..Behaviour::default()
    });
    let mut spec = bench.spec(WORKERS_KEY, &["0", "1", "2", "4"]);
    (spec.config.loader.workers, spec.budget_secs) = (1, 45.0);
    let report = bench.run(&spec).unwrap();
    assert_eq!((report.state, report.points[1].standing), (SweepState::BudgetSpent, Standing::Baseline));
    assert!(report.points.iter().all(|p| p.images_per_sec.is_some()), "{}", report.sentence);
    let found = report.points[3].time_ratio.unwrap();
    assert!((found.estimate / 0.25 - 1.0).abs() < 0.1, "{found:?}");
    let sentence = report.sentence.to_string();
    assert!(sentence.starts_with("No clear winner; 4 workers measured fastest"), "{sentence}");
}

/// What is decided waits while others are open.
#[test]
fn threads_that_are_decided_have_no_turns_while_others_are_open() {
    let bench = Bench::new(|_| Behaviour {
        train_secs: 0.1,
        loader_secs: |workers| [0.6, 0.6, 0.1, 0.1][workers.min(3)],
        noise: 0.2,
        predictions: |_| Some((640.0, 0.1)),
        ..Behaviour::default()
    });
    let mut spec = bench.spec(WORKERS_KEY, &["1", "2", "3"]);
    (spec.config.loader.workers, spec.budget_secs) = (2, 60.0);
    let report = bench.run(&spec).unwrap();
    let [one, _, three] = report.points.as_slice() else { panic!("{:?}", report.points) };
    assert_eq!((one.standing, one.blocks), (Standing::Slower, 4), "{}", report.sentence);
    assert!(three.blocks > one.blocks, "{three:?}");
}

#[test]
fn a_number_of_workers_that_kills_the_engine_is_left_out() {
    let bench =
        Bench::new(|_| Behaviour { dies_with: Some(4), predictions: |_| Some((640.0, 0.1)), ..Behaviour::default() });
    let report = bench.run(&bench.spec(WORKERS_KEY, &["1", "2", "4"])).unwrap();
    let failed: Vec<&str> =
        report.points.iter().filter(|p| p.standing == Standing::Failed).map(|p| p.value.as_str()).collect();
    assert_eq!(failed, ["4"]);
    assert_eq!(report.state, SweepState::Done);
    assert!(
        report.sentence.to_string().contains("loader.workers=4 could not be measured: its engine died"),
        "{}",
        report.sentence
    );
    assert_eq!(bench.shared.world().started, 2);
}

/// Four workers are the fastest, until they kill the engine.
#[test]
fn a_number_of_workers_that_kills_the_engine_later_is_not_the_fastest() {
    let bench = Bench::new(|_| Behaviour {
        train_secs: 0.2,
        loader_secs: |workers| 0.4 / workers.max(1) as f64,
        noise: 0.3,
        dies_with: Some(4),
        survives: 12,
        ..Behaviour::default()
    });
    let mut spec = bench.spec(WORKERS_KEY, &["1", "4"]);
    spec.config.loader.workers = 1;
    let report = bench.run(&spec).unwrap();
    let four = &report.points[1];
    assert_eq!((four.value.as_str(), four.standing), ("4", Standing::Faster), "{four:?}");
    assert!(four.note.is_some(), "{four:?}");
    let sentence = report.sentence.to_string();
    assert!(sentence.starts_with("Fastest with 1 worker:") && sentence.contains("its engine died"), "{sentence}");
    assert_eq!((report.state, bench.shared.world().started), (SweepState::Done, 2), "it has no more turns");
}

#[test]
fn a_folder_that_holds_a_sweep_is_left_alone() {
    let bench = Bench::new(|_| Behaviour::default());
    let spec = bench.spec("optimizer.lr", &["0.1", "0.2"]);
    std::fs::create_dir_all(&spec.dir).unwrap();
    std::fs::write(spec.dir.join(SWEEP_FILE), "{}").unwrap();
    let error = bench.run(&spec).unwrap_err().to_string();
    assert!(error.starts_with("a sweep is here already; name another folder"), "{error}");
    assert_eq!(bench.shared.world().started, 0);
}
