//! Runs that were cut off or begun with other data: they are offered, and gone on with as the person says.

use super::*;
use tempfile::TempDir;
use trainscope::config::RunConfig;
use trainscope::protocol::{FailureKind, OnChangedData};
use trainscope::store::{CheckpointState, Checkpoints, DoorKey, Record, RunLock, write_config};

const BUTTON: &str = "Resume from last checkpoint";

/// A run of twenty steps in the window's own folder, whose engine is gone.
pub(super) fn leave_a_run(state: &Path) -> std::path::PathBuf {
    let run_dir = state.join("runs").join("20261128-101500-small_cnn");
    std::fs::create_dir_all(&run_dir).unwrap();
    let start = StartRun::new(RunConfig::default(), run_dir.clone());
    write_config(&run_dir, &[], &start.config).unwrap();
    let mut events = vec![Event::Started(Box::new(started(&start, 0)))];
    events.extend((1..=20).map(step));
    Record::create(&run_dir).unwrap().append(&events).unwrap();
    run_dir
}

/// One whose engine trains on, as its lock and its door say, in a new window's folder.
pub(super) fn leave_a_run_that_goes_on() -> (TempDir, std::path::PathBuf, RunLock) {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    let lock = RunLock::take(&run_dir, &mut || false).unwrap().unwrap();
    DoorKey::new(1).write(&run_dir).unwrap();
    (dir, run_dir, lock)
}

#[test]
fn a_run_that_was_cut_off_is_offered_when_the_window_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    let mut bench = Bench::in_dir(dir);
    bench.until("the run", |b| b.has_containing("it was still training when the program or the computer ended"));
    assert!(bench.stands_out(BUTTON) && !bench.stands_out("Dismiss"));
    assert_eq!(bench.harness.state().state().run.series.loss.points().len(), 20, "its curves are shown");
    bench.click(BUTTON);
    bench.until("the resume", |b| b.engine.started_with().is_some_and(|start| start.resume));
    assert_eq!(bench.engine.started_with().unwrap().run_dir, run_dir);
}

/// Somebody else's engine trains in it: another window's, or a command's.
#[test]
fn a_run_that_goes_on_elsewhere_is_not_offered() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    let lock = trainscope::store::RunLock::take(&run_dir, &mut || false).unwrap();
    let mut bench = Bench::in_dir(dir);
    bench.until("the devices", |b| b.has("Test CPU"));
    bench.harness.run_steps(5);
    assert!(!bench.has(BUTTON));
    drop(lock);
}

#[test]
fn a_run_over_other_data_is_gone_on_with_knowingly_or_begun_anew() {
    for (button, expected) in
        [("Go on all the same", OnChangedData::Keep), ("Begin this run anew", OnChangedData::Restart)]
    {
        let mut bench = Bench::in_dir({
            let dir = tempfile::tempdir().unwrap();
            leave_a_run(&dir.path().join("state"));
            dir
        });
        bench.until("the run", |b| b.has(BUTTON));
        bench.click(BUTTON);
        bench.until("the resume", |b| b.engine.started_with().is_some());
        assert_eq!(bench.engine.started_with().unwrap().on_changed_data, OnChangedData::Refuse);
        let error = "the run's data or settings are not what they were: gone: class \"Hand\"".to_owned();
        bench.engine.say(Event::Failed { error: error.as_str().into(), kind: FailureKind::ChangedData });
        bench.until("the banner", |b| b.has("The run was begun with other data") && b.has(&error));
        bench.until("the offer", |b| b.harness.state().state().resume.goes_on());
        for plain in [BUTTON, "Go on all the same", "Begin this run anew"] {
            assert!(!bench.stands_out(plain), "{plain} stands out");
        }
        bench.click(button);
        bench.until("the other resume", |b| {
            b.engine.started_with().is_some_and(|start| start.resume && start.on_changed_data == expected)
        });
        // One that begins anew begins its curves anew.
        let mut start = bench.engine.started_with().unwrap();
        start.resume = expected == OnChangedData::Keep;
        bench.engine.say(Event::Started(Box::new(started(&start, if start.resume { 20 } else { 0 }))));
        bench.until("the start", |b| b.harness.state().state().run.live == Live::Running);
        let points = bench.harness.state().state().run.series.loss.points().len();
        assert_eq!(points, if start.resume { 20 } else { 0 }, "{button}");
    }
}

#[test]
fn what_is_missing_of_a_finished_run_is_said() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let Event::Finished(mut finished) = finished() else { unreachable!() };
    finished.missing.push("the last events of the run are not in its record: the disk is full".into());
    bench.engine.say(Event::Finished(finished));
    bench.until("the banner", |b| b.has_containing("Missing: the last events of the run are not in its record"));
}

/// A bit of its only checkpoint flipped: nothing of it is used, and nothing of it goes.
#[test]
fn a_run_without_a_whole_checkpoint_is_begun_anew_from_the_banner() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    let state = CheckpointState { step: 20, ..CheckpointState::begin() };
    let fill = |dir: &Path| std::fs::write(dir.join("model.bpk"), "weights").map_err(|e| e.to_string().into());
    let checkpoint = Checkpoints::of(&run_dir).write(&state, fill).unwrap();
    std::fs::write(checkpoint.path.join("model.bpk"), "weighus").unwrap();
    let mut bench = Bench::in_dir(dir);
    bench.until("the run", |b| b.has_containing("step-0000000020 is damaged: model.bpk is not as it was written"));
    assert!(!bench.has(BUTTON), "it would be refused");
    assert!(bench.stands_out("Begin this run anew"));
    bench.click("Begin this run anew");
    bench.until("the start", |b| b.engine.started_with().is_some());
    let start = bench.engine.started_with().unwrap();
    assert!(start.resume && start.on_changed_data == OnChangedData::Restart && start.run_dir == run_dir);
    // The engine sets aside what was, and begins: the curves do too.
    let anew = StartRun { resume: false, ..start };
    bench.engine.say(Event::Started(Box::new(started(&anew, 0))));
    bench.until("the curves' end", |b| b.harness.state().state().run.series.loss.points().is_empty());
}

/// What runs is the run's own, not what the window had set for another.
#[test]
fn a_run_of_an_earlier_window_goes_on_with_its_own_transforms_and_workers() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    let mut config = RunConfig { transforms: vec![TransformSpec::new("ScaleIntensity")], ..RunConfig::default() };
    config.loader.workers = 3;
    write_config(&run_dir, &[], &config).unwrap();
    let mut bench = Bench::in_dir(dir);
    bench.until("the run", |b| b.has(BUTTON));
    let set = |b: &Bench| {
        let config = &b.harness.state().state().config;
        (config.transforms.clone(), config.loader.workers)
    };
    let own = set(&bench);
    assert!(own.0 != config.transforms && own.1 != 3, "a run that is shown leaves what is set for the next one alone");
    bench.click(BUTTON);
    bench.until("the resume", |b| b.engine.started_with().is_some());
    let start = bench.engine.started_with().unwrap();
    assert_eq!((start.config.transforms, start.config.loader.workers), (config.transforms, 3));
    assert!(bench.harness.state().state().to_undo().is_some(), "which can be undone");
}

/// What the person changes while the run is shown is for it: fewer workers, say, where it died for want of memory.
#[test]
fn what_is_changed_while_a_run_is_shown_stays_when_it_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    let mut config = RunConfig { transforms: vec![TransformSpec::new("ScaleIntensity")], ..RunConfig::default() };
    config.loader.workers = 40;
    write_config(&run_dir, &[], &config).unwrap();
    let mut bench = Bench::in_dir(dir);
    bench.until("the run", |b| b.has(BUTTON));
    let workers = bench.harness.state().state().config.loader.workers;
    bench.click("One worker more");
    bench.click(BUTTON);
    bench.until("the resume", |b| b.engine.started_with().is_some());
    let start = bench.engine.started_with().unwrap();
    assert_eq!(start.config.loader.workers, workers + 1, "the person's");
    assert_eq!(start.config.transforms, config.transforms, "the run's own, which nobody changed");
}
