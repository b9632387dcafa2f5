//! A session that ends before its time, in every phase: stopped, left by its client, or failed by its device. What is saved
//! then, and that a resume ends as a run left alone, to the bit.

use super::played::{Came, Does, Saved, Script, Stage, chain_with_flip, command};
use crate::protocol::{Command, RunStatus};

/// Ways into each phase, a moment within it, and what a stop leaves: the steps done and what is saved.
fn phases() -> [(&'static str, Script, f64, u64, Vec<Saved>); 8] {
    let pause = vec![command(1.5, Command::Pause), command(6.0, Command::Resume)];
    let edit = vec![command(0.5, Command::SetTransforms(chain_with_flip(false)))];
    let after_two = vec![(2, 1, 2, false, true)];
    let best = (3, 2, 0, true, true);
    [
        ("start", Script::new(), 0.0, 0, vec![]),
        ("training", Script::new(), 1.5, 2, after_two.clone()),
        // Its epoch's end is done again.
        ("validating", Script::new(), 3.25, 3, vec![(3, 1, 3, false, true)]),
        ("validating the last epoch", Script::new(), 7.25, 6, vec![best, (6, 2, 3, false, true)]),
        ("paused", pause, 5.0, 2, after_two.clone()),
        ("measuring", vec![command(0.5, Command::MeasureCeilings)], 4.0, 2, after_two.clone()),
        ("trying", edit, 1.5, 2, after_two),
        ("testing", Script::new(), 8.25, 6, vec![best, (6, 3, 0, false, true)]),
    ]
}

#[track_caller]
fn check_resume(stage: &Stage, name: &str, before: &Came, alone: &Came) {
    let after = stage.play(name, Script::new());
    assert_eq!(after.finished().status, RunStatus::Completed, "{name}");
    assert_eq!(after.finished().missing, [], "{name}");
    assert_eq!(before.story().then(after.story()), alone.story(), "{name}");
    assert_eq!(after.saved, alone.saved, "{name}");
}

#[test]
fn a_stop_in_any_phase_is_resumed_as_if_it_had_not_been() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    for (who, does) in [("stopped", Does::Command(Command::Stop)), ("left", Does::ClientGoes)] {
        for (phase, mut script, at, steps, saved) in phases() {
            let name = format!("{who}, {phase}");
            script.push((at, does.clone()));
            let came = stage.play(&name, script);
            assert_eq!(came.saved, saved, "{name}");
            match &came.end {
                Err(error) => assert_eq!((error.as_str(), phase), ("stopped before the training began", "start")),
                Ok(finished) => {
                    assert_eq!((finished.status, finished.steps), (RunStatus::Stopped, steps), "{name}");
                    assert!(finished.test.is_none() && finished.missing.is_empty(), "{name}: {finished:?}");
                }
            }
            let told = came.told();
            let not_made =
                "warning: the change of transforms was not made: it was still being tried when training ended";
            assert_eq!(told.iter().any(|line| line == not_made), phase == "trying", "{name}: {told:#?}");
            let stopping = !["start", "testing"].contains(&phase);
            assert_eq!(told.contains(&"Stopping".to_owned()), stopping, "{name}: {told:#?}");
            assert_eq!(came.pauses().len(), usize::from(phase == "paused"), "{name}: a pause that ends is told");
            check_resume(&stage, &name, &came, &alone);
        }
    }
}

/// As by a kill, nothing is saved that was not before; the run ends with what the device said.
#[test]
fn a_device_that_is_lost_in_any_phase_costs_what_came_after_the_last_checkpoint() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    for (phase, mut script, at, _, saved) in phases() {
        script.push((at, Does::DeviceGoes));
        let came = stage.play(phase, script);
        assert_eq!(came.end.as_ref().unwrap_err(), "the device failed while it computed: it is lost", "{phase}");
        // What a stop would have left, less what it would have written itself.
        let stands: Vec<Saved> = saved.into_iter().filter(|(_, _, next_batch, ..)| *next_batch == 0).collect();
        assert_eq!(came.saved, stands, "{phase}");
        check_resume(&stage, phase, &came, &alone);
    }
}

#[test]
fn a_client_that_goes_at_any_moment_costs_nothing() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    for moment in 0..18 {
        let at = f64::from(moment) / 2.0;
        let name = format!("left at {at}");
        let came = stage.play(&name, vec![(at, Does::ClientGoes)]);
        // One that went as the last batch was tested is not missed.
        if came.end.as_ref().is_ok_and(|finished| finished.status == RunStatus::Completed) {
            assert_eq!((came.story(), &came.saved), (alone.story(), &alone.saved), "{name}");
            continue;
        }
        if let Ok(finished) = &came.end {
            assert!(finished.test.is_none(), "{name}");
        }
        check_resume(&stage, &name, &came, &alone);
    }
}

/// It is stopped as an epoch is validated, and once more as a resume does that again.
#[test]
fn an_epoch_s_end_that_is_stopped_twice_is_not_lost() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    let first = stage.play("run", vec![command(3.25, Command::Stop)]);
    let second = stage.play("run", vec![command(0.25, Command::Stop)]);
    assert_eq!(second.finished().steps, 3);
    assert_eq!(second.saved, [(3, 1, 3, false, true)]);
    let last = stage.play("run", Script::new());
    assert_eq!(last.finished().status, RunStatus::Completed);
    assert_eq!(first.story().then(second.story()).then(last.story()), alone.story());
    assert_eq!(last.saved, alone.saved);
}

/// The images are on a disk that goes away: the run ends, and what was trained is kept.
#[test]
fn images_that_are_gone_cost_nothing_of_what_was_trained() {
    let stage = Stage::new();
    let alone = stage.play("alone", Script::new());
    let parts = stage.parts();
    let all = stage.files(&[parts.train, parts.val, parts.test].concat());
    let before = stage.play("run", vec![(2.5, Does::FilesGo(all.clone()))]);
    assert!(before.end.is_err(), "{:#?}", before.told());
    assert_eq!(before.saved, [(3, 1, 3, false, true)]);
    let after = stage.play("run", vec![(0.0, Does::FilesComeBack(all))]);
    assert_eq!(before.story().then(after.story()), alone.story());
    assert_eq!(after.saved, alone.saved);
}
