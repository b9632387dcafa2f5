//! A session from its first batch to its test: pauses and changes in every phase, the whole outcome each time.

use super::played::{Came, Does, Script, Stage, chain_with_flip, command};
#[cfg(unix)]
use crate::config::{CacheMode, ParamValue, TransformSpec};
use crate::protocol::{Command, Event, RunStatus};

/// Steps of a second and epochs of four, whatever happened in between.
#[track_caller]
fn check_times(came: &Came) {
    assert_eq!(came.rates(), [4.0; 6], "{:#?}", came.told());
    assert_eq!(came.epoch_secs(), [(4.0, 1.0); 2], "{:#?}", came.told());
}

#[test]
fn left_alone_it_trains_validates_saves_and_tests() {
    let stage = Stage::new();
    let came = stage.play("run", Script::new());
    let expected = [
        "step 1 at 1",
        "Training",
        "step 2 at 2",
        "step 3 at 3",
        "Validating",
        "epoch 1 at 4, the best",
        "Training",
        "step 4 at 5",
        "step 5 at 6",
        "step 6 at 7",
        "Validating",
        "epoch 2 at 8",
        "Training",
        "Testing",
    ];
    assert_eq!(came.told(), expected);
    check_times(&came);
    let finished = came.finished();
    assert_eq!((finished.status, finished.secs, finished.steps), (RunStatus::Completed, 9.0, 6));
    assert_eq!((finished.best_epoch, finished.missing.as_slice()), (Some(1), [].as_slice()));
    assert!(finished.test.is_some());
    assert_eq!(came.saved, [(3, 2, 0, true, true), (6, 3, 0, false, true)]);
    // The same again, to the bit.
    assert_eq!(stage.play("again", Script::new()).story(), came.story());
}

#[test]
fn a_pause_in_any_phase_is_in_no_time_but_the_run_s() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    // When it is asked for, for ten seconds; when it begins, and which phase goes on at its end.
    let phases = [
        ("start", 0.0, 0.0, None),
        ("training", 1.5, 2.0, Some("Training")),
        ("validating", 3.25, 3.5, Some("Validating")),
        ("the next epoch", 4.5, 5.0, Some("Training")),
        ("testing", 8.25, 8.5, Some("Testing")),
    ];
    for (phase, asked, begins, goes_on) in phases {
        let ends = asked + 10.0;
        let came = stage.play(phase, vec![command(asked, Command::Pause), command(ends, Command::Resume)]);
        check_times(&came);
        assert_eq!(came.pauses(), [(begins, ends)], "{phase}");
        assert_eq!((came.story(), &came.saved), (alone.story(), &alone.saved), "{phase}");
        let finished = came.finished();
        assert_eq!((finished.status, finished.secs), (RunStatus::Completed, 9.0 + ends - begins), "{phase}");
        // Where it fell, and what goes on; all else was told as ever.
        let mut told = came.told();
        let at = told.iter().position(|line| line == "Paused").unwrap();
        let after = told[..at].iter().filter(|line| line.starts_with("step ")).count();
        let pause = [
            Some("Paused".to_owned()),
            Some(format!("Paused begins at {begins} after step {after}")),
            goes_on.map(str::to_owned),
            Some(format!("Paused ends at {ends} after step {after}")),
        ];
        let pause: Vec<String> = pause.into_iter().flatten().collect();
        assert_eq!(told[at..at + pause.len()], pause, "{phase}");
        told.drain(at..at + pause.len());
        let without_times = |told: Vec<String>| -> Vec<String> {
            told.iter().map(|line| line.split(" at ").next().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(without_times(told), without_times(alone.told()), "{phase}");
    }
}

/// Ceilings, and a pause within them, which was once left out twice.
#[test]
fn ceilings_are_in_no_step_s_time_and_a_pause_within_them_counts_once() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    let paused =
        vec![command(0.5, Command::MeasureCeilings), command(4.0, Command::Pause), command(14.0, Command::Resume)];
    for (script, pauses) in [(paused[..1].to_vec(), 0), (paused, 1)] {
        let came = stage.play(&format!("{pauses} pauses"), script);
        check_times(&came);
        assert_eq!((came.story(), &came.saved), (alone.story(), &alone.saved));
        let told = came.told();
        let at = told.iter().position(|line| line == "step 2 at 2").unwrap();
        assert_eq!(told[at + 1], "Measuring");
        assert_eq!(came.pauses().len(), pauses);
        let end = told.iter().position(|line| line == "ceilings").unwrap();
        assert_eq!(told[end + 1], "Training");
        assert!(told[end + 2].starts_with("step 3 "), "{told:#?}");
        assert_eq!(end - at, 2 + 4 * pauses, "{told:#?}");
    }
}

/// Ways into each phase, and a moment within it.
fn phases() -> [(&'static str, Script, f64); 6] {
    let pause = vec![command(1.5, Command::Pause), command(6.0, Command::Resume)];
    [
        ("start", Script::new(), 0.0),
        ("training", Script::new(), 0.5),
        ("validating", Script::new(), 3.25),
        ("paused", pause, 4.0),
        ("measuring", vec![command(0.5, Command::MeasureCeilings)], 4.0),
        ("testing", Script::new(), 8.25),
    ]
}

fn with(mut script: Script, at: f64, does: Command) -> Script {
    script.push(command(at, does));
    script
}

#[test]
fn a_change_of_transforms_in_any_phase_is_tried_made_marked_and_written_down() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new()).story();
    // The first step with it, 0 where it is never made.
    for ((phase, script, at), first) in phases().into_iter().zip([1, 4, 5, 3, 3, 0]) {
        let came = stage.play(phase, with(script, at, Command::SetTransforms(chain_with_flip(false))));
        assert_eq!(came.finished().status, RunStatus::Completed, "{phase}");
        let told = came.told();
        let mark = format!("RandFlip off from step {first}");
        // What holds from the beginning stands in the configuration that the run begins with.
        assert_eq!(told.contains(&mark), first > 1, "{phase}: {told:#?}");
        assert_eq!(told.contains(&"tried 1".to_owned()), first > 1, "{phase}: {told:#?}");
        assert_eq!(stage.config_of(phase).transforms, chain_with_flip(first == 0), "{phase}");
        for (step, loss) in came.story().losses {
            assert_eq!(alone.losses[&step] == loss, first == 0 || step < first, "{phase}, step {step}");
        }
        assert_eq!(came.rates(), [4.0; 6], "{phase}: the trial is in no step's time");
    }
}

#[test]
fn a_change_that_is_taken_back_while_it_is_tried_is_never_made() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    let edits = [(0.5, false), (1.5, true)].map(|(at, on)| command(at, Command::SetTransforms(chain_with_flip(on))));
    let came = stage.play("run", edits.to_vec());
    assert_eq!((came.told(), came.story()), (alone.told(), alone.story()));
    assert_eq!(stage.config_of("run").transforms, chain_with_flip(true));
}

#[test]
fn workers_change_in_any_phase_and_the_batches_stay() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    for ((phase, script, at), first) in phases().into_iter().zip([1, 2, 4, 3, 3, 0]) {
        let came = stage.play(phase, with(script, at, Command::SetWorkers(2)));
        assert_eq!((came.story(), &came.saved), (alone.story(), &alone.saved), "{phase}");
        let mark = format!("workers 0 → 2 from step {first}");
        assert_eq!(came.told().contains(&mark), first > 1, "{phase}: {:#?}", came.told());
        assert_eq!(stage.config_of(phase).loader.workers, if first == 0 { 0 } else { 2 }, "{phase}");
    }
}

#[test]
fn a_disk_that_refuses_for_a_while_costs_nothing_and_is_said_once() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    let came = stage.play("run", vec![(3.9, Does::DiskFills), (7.9, Does::DiskIsFreed)]);
    assert_eq!(came.story(), alone.story());
    assert_eq!(came.finished().missing, []);
    // The best epoch's come from memory: its weights alone, which are not gone on from.
    assert_eq!(came.saved, [(3, 2, 0, true, false), (6, 3, 0, false, true)]);
    let told = came.told();
    let warnings: Vec<&String> = told.iter().filter(|line| line.starts_with("warning: ")).collect();
    assert!(warnings[0].contains("the disk is full") && warnings[1].contains("written again"), "{warnings:#?}");
    assert_eq!(warnings.len(), 2);
}

#[test]
fn a_disk_that_stays_full_leaves_the_test_and_what_is_missing() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    let came = stage.play("run", vec![(0.0, Does::DiskFills)]);
    assert_eq!((came.story(), came.saved.as_slice()), (alone.story(), [].as_slice()));
    let missing = &came.finished().missing;
    let [last, best] = missing.as_slice() else { panic!("{missing:?}") };
    assert!(
        last.to_string().contains("no checkpoint of the last step, 6") && last.to_string().contains("the disk is full"),
        "{last}"
    );
    assert!(best.to_string().contains("the weights of the best epoch, 1, are not on the disk"), "{best}");
}

#[test]
fn what_the_disk_refuses_at_the_very_end_is_tried_again_for_some_seconds() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    let came = stage.play("run", vec![(7.9, Does::DiskFills), (10.0, Does::DiskIsFreed)]);
    assert_eq!((came.story(), &came.saved), (alone.story(), &alone.saved));
    assert_eq!(came.finished().missing, []);
    // ... and one that was stopped.
    let stops = |at| command(at, Command::Stop);
    let alone = stage.play("stopped", vec![stops(1.5)]);
    let came = stage.play("stopped later", vec![(1.0, Does::DiskFills), stops(1.5), (4.0, Does::DiskIsFreed)]);
    assert_eq!((came.story(), &came.saved), (alone.story(), &alone.saved));
    assert_eq!(came.finished().missing, []);
}

fn warnings(came: &Came) -> Vec<String> {
    came.told().into_iter().filter(|line| line.starts_with("warning: ")).collect()
}

#[cfg(unix)]
#[test]
fn a_folder_that_goes_is_said_once_and_none_is_made_in_its_place() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    let words = "the run's folder was moved or deleted; nothing more is kept";
    let goes = |name| (1.5, Does::FilesGo(vec![stage.run_dir(name)]));
    let came = stage.play("gone", vec![goes("gone")]);
    assert_eq!((came.story(), came.saved.as_slice()), (alone.story(), [].as_slice()));
    assert!(!stage.run_dir("gone").exists());
    let said = warnings(&came);
    assert!(said.len() == 1 && said[0].contains(words), "{said:#?}");
    let missing = &came.finished().missing;
    assert!(missing.len() == 2 && missing.iter().all(|what| what.to_string().contains(words)), "{missing:?}");

    let comes_back = (6.0, Does::FilesComeBack(vec![stage.run_dir("back")]));
    let came = stage.play("back", vec![goes("back"), comes_back]);
    assert_eq!((came.story(), came.finished().missing.as_slice()), (alone.story(), [].as_slice()));
    assert_eq!(came.saved, [(3, 2, 0, true, false), (6, 3, 0, false, true)]);
    let said = warnings(&came);
    assert!(said.len() == 2 && said[1].contains("written again"), "{said:#?}");
}

#[test]
fn a_change_that_leaves_values_unscaled_says_so_once_and_takes_it_back() {
    let mut stage = Stage::new();
    stage.config.train.epochs = 4;
    let mut unscaled = chain_with_flip(true);
    unscaled.retain(|spec| spec.name != "ScaleIntensity");
    let mut without_flip = unscaled.clone();
    without_flip.retain(|spec| spec.name != "RandFlip");
    let edits = [(0.5, unscaled), (4.5, without_flip.clone()), (8.5, chain_with_flip(true))];
    let script = edits.map(|(at, chain)| command(at, Command::SetTransforms(chain)));
    let came = stage.play("run", script.to_vec());
    let offers = came.events.iter().filter_map(|event| match event {
        Event::Unscaled(found) => Some(found.as_ref().map(|found| found.transforms.clone())),
        _ => None,
    });
    let offers: Vec<_> = offers.collect();
    let [Some(first), Some(second), None] = offers.as_slice() else { panic!("{offers:?} {:#?}", came.told()) };
    assert!(first.iter().any(|spec| spec.name == "RandFlip"), "{first:?}");
    let rest: Vec<_> = second.iter().filter(|spec| without_flip.contains(spec)).cloned().collect();
    assert_eq!((rest, second.len()), (without_flip.clone(), without_flip.len() + 1), "of the chain as it is");
    let warned = warnings(&came).iter().filter(|line| line.contains("values from")).count();
    assert_eq!(warned, 1, "{:#?}", came.told());
}

/// Each set of fixed steps has its file in the cache: that of the edit's would be made where the run's folder is no more.
#[cfg(unix)]
#[test]
fn a_cache_does_not_make_a_folder_that_is_gone() {
    let mut stage = Stage::new();
    stage.config.loader.cache = CacheMode::Disk;
    let mut chain = chain_with_flip(true);
    chain.insert(3, TransformSpec::new("Flip").with("spatial_axis", ParamValue::Int(0)));
    let edit = command(2.5, Command::SetTransforms(chain));
    let alone = stage.play("alone", vec![edit.clone()]);
    assert!(stage.run_dir("alone/cache").is_dir());
    let came = stage.play("gone", vec![(1.5, Does::FilesGo(vec![stage.run_dir("gone")])), edit]);
    assert_eq!((came.story(), stage.run_dir("gone").exists()), (alone.story(), false));
    let said = warnings(&came);
    assert!(said.len() == 1 && said[0].contains("the run's folder was moved or deleted"), "{said:#?}");
}

#[test]
fn validations_come_as_often_as_is_set_and_after_the_last_epoch() {
    let mut stage = Stage::new();
    let validations = |came: &Came| -> Vec<(u64, bool)> {
        let of = |event: &Event| match event {
            Event::Validation(v) => Some((v.step, false)),
            Event::Epoch(e) => Some((e.step, e.val_loss.is_some())),
            _ => None,
        };
        came.events.iter().filter_map(of).collect()
    };
    let train = &mut stage.config.train;
    (train.epochs, train.validate_every_epochs, train.validate_every_steps) = (3, 2, 0);
    assert_eq!(validations(&stage.play("epochs", Script::new())), [(3, false), (6, true), (9, true)]);
    stage.config.train.validate_every_epochs = 0;
    let came = stage.play("last", Script::new());
    assert_eq!(validations(&came), [(3, false), (6, false), (9, true)]);
    assert_eq!(came.finished().best_epoch, Some(3));
    // Within epochs, and at their ends where both fall together.
    stage.config.train.validate_every_steps = 2;
    let alone = stage.play("steps", Script::new());
    let expected = [(2, false), (3, false), (4, false), (6, true), (8, false), (9, true)];
    assert_eq!(validations(&alone), expected);
    assert_eq!(alone.rates(), [4.0; 9]);
    // Stopped in the midst of one, it is done by the resume, and all goes on as it would have.
    for at in [2.25, 4.75, 5.5, 8.25] {
        let name = format!("stopped at {at}");
        let before = stage.play(&name, vec![command(at, Command::Stop)]);
        let after = stage.play(&name, Script::new());
        assert_eq!(before.story().then(after.story()), alone.story(), "{name}");
        assert_eq!(after.saved, alone.saved, "{name}");
    }
}

#[test]
fn a_run_ends_early_where_validations_are_no_better_and_stays_ended() {
    let mut stage = Stage::new();
    (stage.config.train.epochs, stage.config.train.early_stopping) = (50, 3);
    let came = stage.play("run", Script::new());
    let finished = came.finished();
    assert_eq!((finished.status, finished.stopped_early), (RunStatus::Completed, true));
    let best = finished.best_epoch.unwrap();
    let epochs = came.story().epochs.len() as u64;
    assert_eq!(epochs, best + 3);
    assert!(epochs < 50 && finished.test.is_some());
    assert!(came.told().iter().any(|line| line.contains("ends early: 3 validations in a row")), "{:#?}", came.told());
    // A resume has nothing to train, and tests the same weights.
    let again = stage.play("run", Script::new());
    assert!(again.story().losses.is_empty());
    assert_eq!(again.story().test, came.story().test);
    // One that was stopped on the way counts on.
    let before = stage.play("cut", vec![command(best as f64 * 4.0 + 2.5, Command::Stop)]);
    let after = stage.play("cut", Script::new());
    assert_eq!(before.story().then(after.story()), came.story());
    assert!(after.finished().stopped_early);
}

#[test]
fn a_rate_that_falls_on_a_plateau_is_where_it_was_after_a_resume() {
    let mut stage = Stage::new();
    stage.config =
        stage.config.with_sets(&["schedule.name=plateau".to_owned(), "schedule.patience=0".to_owned()]).unwrap();
    stage.config.train.epochs = 6;
    let rates = |came: &Came| -> std::collections::BTreeMap<u64, u64> {
        let rate = |event: &Event| if let Event::Step(s) = event { Some((s.step, s.lr.to_bits())) } else { None };
        came.events.iter().filter_map(rate).collect()
    };
    let alone = stage.play("alone", Script::new());
    assert!(rates(&alone).values().collect::<std::collections::BTreeSet<_>>().len() > 1, "{:?}", rates(&alone));
    for at in [5.5, 9.5, 14.5] {
        let name = format!("stopped at {at}");
        let before = stage.play(&name, vec![command(at, Command::Stop)]);
        let after = stage.play(&name, Script::new());
        let mut both = rates(&before);
        both.extend(rates(&after));
        assert_eq!(both, rates(&alone), "{name}");
        assert_eq!(before.story().then(after.story()), alone.story(), "{name}");
    }
}

#[test]
fn batches_share_a_step_of_the_optimiser_but_not_over_an_epoch_s_end() {
    let shares = |together| (0..5).map(|index| super::share_of_update(index, 5, together)).collect::<Vec<_>>();
    assert_eq!(shares(1), [(1.0, true); 5]);
    assert_eq!(shares(2), [(0.5, false), (0.5, true), (0.5, false), (0.5, true), (1.0, true)]);
    assert_eq!(shares(3)[3..], [(0.5, false), (0.5, true)]);
    assert_eq!(shares(9), [(0.2, false), (0.2, false), (0.2, false), (0.2, false), (0.2, true)]);
}

#[test]
fn all_batches_of_a_step_of_the_optimiser_are_timed_or_none() {
    let timed = |every, together| (0..1000).filter(|step| super::is_timed(*step, every, together)).collect::<Vec<_>>();
    assert!(timed(0, 8).is_empty());
    assert_eq!(timed(10, 1).len(), 100);
    assert_eq!(timed(1, 8).len(), 1000);
    assert_eq!(timed(10, 8)[..9], [0, 1, 2, 3, 4, 5, 6, 7, 80]);
    // Of 32 batches, one group in six, and never more than every other one.
    assert_eq!(timed(10, 32)[31..33], [31, 192]);
    assert_eq!(timed(10, 200)[199..201], [199, 400]);
    // Who wants it seldom has it so.
    assert_eq!(timed(101, 8).len(), 16);
    assert_eq!(timed(101, 8)[8], 808);
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_where_it_is_to() {
    let mut stage = Stage::new();
    let diverging = || vec![(5.5, Does::Diverges)];
    let came = stage.play("goes on", diverging());
    assert_eq!(came.finished().steps, 6);
    let told = came.told();
    let warning = told.iter().find(|line| line.contains("the loss is not a number from step 5 on")).unwrap();
    assert!(warning.contains("checkpoint from before is of step 3") && warning.contains("goes on"), "{warning}");
    assert!(warning.contains(".png") || warning.contains(".jpg"), "{warning}");
    stage.config.train.on_divergence = crate::config::OnDivergence::Stop;
    let came = stage.play("stops", diverging());
    let error = came.end.unwrap_err();
    assert!(error.starts_with("the loss is not a number from step 5 on") && error.contains("of step 3"), "{error}");
    // What stands on the disk can be gone on from.
    assert_eq!(came.saved, [(3, 2, 0, true, true)]);
    // A loss that is seldom read: the checkpoint finds it.
    stage.config.train.loss_every_steps = 10_000;
    stage.config.train.time_every_steps = 0;
    let came = stage.play("unread", vec![(0.5, Does::Diverges), command(1.5, Command::Stop)]);
    let error = came.end.unwrap_err();
    assert!(error.contains("weights are not numbers"), "{error}");
    assert_eq!(came.saved, []);
}

/// What it is tried in is a thread's; that the trainer looks late is no fault of the change.
#[test]
fn a_change_is_made_however_long_the_steps_take() {
    let stage = Stage::new();
    let slow = Does::StepsTake(std::time::Duration::from_secs(40));
    let off = command(0.5, Command::SetTransforms(chain_with_flip(false)));
    let came = stage.play("run", vec![(0.0, slow), off]);
    let told = came.told();
    assert!(told.iter().any(|line| line.starts_with("RandFlip off from step")), "{told:#?}");
    assert_eq!(stage.config_of("run").transforms, chain_with_flip(false));
}

#[test]
fn a_validation_that_lacks_images_says_so_and_is_compared_with_no_fuller_one() {
    let stage = Stage::new();
    let some = stage.files(&stage.parts().val[..2]);
    let warned = |came: &Came, words: &str| {
        came.told().iter().filter(|line| line.starts_with("warning: ") && line.contains(words)).count()
    };
    // The first is judged by what it has, and the next, of all, is better than it whatever its score.
    let came = stage.play("first", vec![(2.5, Does::FilesGo(some.clone())), (4.5, Does::FilesComeBack(some.clone()))]);
    let told = came.told();
    assert!(told.contains(&"epoch 1 at 4, the best".to_owned()), "{told:#?}");
    assert_eq!(came.finished().best_epoch, Some(2));
    assert_eq!(warned(&came, "left out of its batch"), 2, "{told:#?}");
    assert_eq!(warned(&came, "only 4 of 6 validation images"), 1, "{told:#?}");
    // A later one is not judged, though the first of its epoch.
    let came = stage.play("later", vec![(6.5, Does::FilesGo(some.clone())), (8.0, Does::FilesComeBack(some))]);
    assert_eq!(came.finished().best_epoch, Some(1));
    assert_eq!(warned(&came, "no best epoch, early stopping or learning rate"), 1, "{:#?}", came.told());
}

#[test]
fn images_that_are_bad_for_good_are_missed_once_and_not_again_after_a_resume() {
    let stage = Stage::new();
    let some = stage.files(&stage.parts().val[..2]);
    let gone = || (2.5, Does::FilesGo(some.clone()));
    let warned = |came: &Came| came.told().iter().filter(|line| line.contains("only 4 of 6 validation images")).count();
    let alone = stage.play("alone", vec![gone(), (8.0, Does::FilesComeBack(some.clone()))]);
    assert_eq!(warned(&alone), 1, "{:#?}", alone.told());
    let before = stage.play("cut", vec![gone(), command(4.5, Command::Stop)]);
    let after = stage.play("cut", Script::new());
    assert_eq!((warned(&before), warned(&after)), (1, 0), "{:#?}", after.told());
    assert_eq!(before.story().then(after.story()), alone.story());
    assert_eq!((after.finished().best_epoch, &after.saved), (alone.finished().best_epoch, &alone.saved));
}

#[test]
fn a_test_that_lacks_images_says_so() {
    let stage = Stage::new();
    let some = stage.files(&stage.parts().test[..2]);
    let came = stage.play("run", vec![(7.5, Does::FilesGo(some.clone()))]);
    let told = came.told();
    assert!(told.iter().any(|line| line.contains("only 4 of 6 test images")), "{told:#?}");
    assert!(told.iter().any(|line| line.contains("left out of its batch")), "{told:#?}");
    assert!(came.finished().test.is_some());
}

/// One image a batch, two batches a step of the optimiser, and one image that is in no batch, in every place of an epoch.
#[test]
fn a_batch_that_could_not_be_loaded_is_missing_in_its_own_step_of_the_optimiser_alone() {
    let mut stage = Stage::new();
    (stage.config.loader.batch_size, stage.config.optimizer.accumulate_batches) = (1, 2);
    let alone = stage.play("alone", Script::new());
    assert_eq!(alone.updates, [1.0; 12]);
    // Between two that share one.
    let before = stage.play("cut", vec![command(0.5, Command::Stop)]);
    let after = stage.play("cut", Script::new());
    assert_eq!(before.finished().steps, 1);
    assert_eq!([before.updates, after.updates].concat(), alone.updates);
    for image in stage.parts().train {
        stage.config.data.quarantine = vec![stage.name_of(image)];
        let came = stage.play(&format!("without {image}"), Script::new());
        assert_eq!(came.finished().steps, 22);
        assert_eq!(came.updates.len(), 12, "{:?}", came.updates);
        for epoch in came.updates.chunks(6) {
            let halves = epoch.iter().filter(|gathered| **gathered == 0.5).count();
            let wholes = epoch.iter().filter(|gathered| **gathered == 1.0).count();
            assert_eq!((halves, wholes), (1, 5), "{epoch:?}");
        }
    }
}
