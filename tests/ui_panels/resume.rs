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

/// What stands beside it would move under the pointer when it came.
#[test]
fn the_way_on_has_its_place_before_the_checkpoint_is_read() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let Event::Finished(mut finished) = finished() else { unreachable!() };
    finished.status = trainscope::protocol::RunStatus::Stopped;
    finished.test = None;
    bench.engine.say(Event::Finished(finished));
    bench.until("its place", |b| b.has(BUTTON));
    assert!(!bench.stands_out(BUTTON), "there is no checkpoint");
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

/// Has its record hold an event that no run can have made.
fn damage(run_dir: &Path) {
    let from = CheckpointState { step: 20, secs: 10.0, ..CheckpointState::begin() };
    let (mut record, _) = Record::resume(run_dir, &from).unwrap();
    record.append(&[Event::Warning { secs: 1e300, message: "".into() }]).unwrap();
}

fn times_said(bench: &Bench, words: &str) -> usize {
    let log = &bench.harness.state().state().run.log;
    log.iter().filter(|line| line.warning && line.message.to_string().contains(words)).count()
}

const NOT_WHOLE: &str = "the record of 20261128-101500-small_cnn is not whole: 1 event";

#[test]
fn a_record_that_is_not_whole_is_said_once_when_it_is_shown_laid_over_and_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    damage(&run_dir);
    let mut bench = Bench::in_dir(dir);
    bench.until("the run", |b| b.has(BUTTON));
    assert_eq!(times_said(&bench, NOT_WHOLE), 1);
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    let name = run_dir.file_name().unwrap().to_str().unwrap();
    bench.until("the list", |b| b.by_id(&format!("overlay={name}")).is_some());
    bench.click_id(&format!("overlay={name}"));
    bench.until("the curves", |b| b.harness.state().state().runs.overlaid.len() == 1);
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num1);
    bench.until("the page", |b| b.has(BUTTON));
    bench.click(BUTTON);
    bench.until("the resume", |b| b.engine.started_with().is_some());
    assert_eq!(times_said(&bench, NOT_WHOLE), 1);
}

/// What is shown of it already is read again with it.
#[test]
fn the_lines_of_a_run_that_is_gone_on_with_from_the_list_are_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    let from = CheckpointState { step: 20, secs: 10.0, ..CheckpointState::begin() };
    let (mut record, _) = Record::resume(&run_dir, &from).unwrap();
    record.append(&[Event::Warning { secs: 10.0, message: "the disk is slow".into() }]).unwrap();
    drop(record);
    let mut bench = Bench::in_dir(dir);
    bench.until("the run", |b| b.has(BUTTON));
    assert_eq!(times_said(&bench, "the disk is slow"), 1);
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    let row = format!("run={}", run_dir.file_name().unwrap().to_str().unwrap());
    bench.until("the list", |b| b.by_id(&row).is_some());
    bench.click_id(&row);
    bench.click_id("run-resume");
    bench.until("the resume", |b| b.engine.started_with().is_some());
    assert_eq!(times_said(&bench, "the disk is slow"), 1);
}

#[test]
fn a_run_that_is_attached_to_and_whose_record_is_not_whole_is_said_to_be_so() {
    let (dir, run_dir, _lock) = leave_a_run_that_goes_on();
    damage(&run_dir);
    let mut bench = Bench::in_dir(dir);
    bench.until("the offer", |b| b.has("A run goes on in the background"));
    bench.click("Attach");
    bench.until("its curves", |b| b.harness.state().state().run.now.step == 20);
    bench.engine.say(Event::Hello { protocol: 1, version: String::new(), pid: 1 });
    bench.engine.say(step(21));
    bench.until("what is new", |b| b.harness.state().state().run.now.step == 21);
    assert_eq!(times_said(&bench, NOT_WHOLE), 1);
}

#[test]
fn a_run_that_was_cut_off_and_cannot_be_read_is_said() {
    for file in ["run.sqlite", "run.toml"] {
        let dir = tempfile::tempdir().unwrap();
        let run_dir = leave_a_run(&dir.path().join("state"));
        std::fs::write(run_dir.join(file), [0xA5; 4096]).unwrap();
        let mut bench = Bench::in_dir(dir);
        bench.until("the warning", |b| times_said(b, "the newest run was cut off and cannot be shown") == 1);
        assert!(times_said(&bench, file) == 1 && !bench.has(BUTTON), "{file}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_of_runs_that_cannot_be_read_is_said() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("state")).unwrap();
    std::fs::write(dir.path().join("state/runs"), "").unwrap();
    let mut bench = Bench::in_dir(dir);
    bench.until("the warning", |b| times_said(b, "The folder of runs cannot be read") == 1);
}
