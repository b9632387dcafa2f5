//! A live change whose trial on one image takes minutes: the real engine trains on, says so, and takes it back when told.

mod common;
#[path = "common/engine.rs"]
mod engine;

use common::sample_images;
use engine::Run;
use std::path::Path;
use trainscope::client::{Live, RunState};
use trainscope::config::{ParamValue, RunConfig, TransformSpec};
use trainscope::protocol::{Command, Event, SpanKind, StartRun, Trying};
use trainscope::store::read_record;

/// A run that has made its first steps.
fn started(home: &Path, run_dir: &Path) -> Run {
    let mut config = RunConfig::default();
    config.data.dir = Some(sample_images(home, 60));
    config.train.device = "cpu".to_owned();
    config.train.epochs = 10_000;
    config.loader.batch_size = 16;
    config.loader.workers = 1;
    let mut run = Run::start(StartRun::new(config, run_dir.to_owned()));
    run.until("steps", |run| run.state.now.step >= 2);
    run
}

impl Run {
    /// All that was said of trials.
    fn trying(&self) -> Vec<&Trying> {
        let mut trying = Vec::new();
        for event in &self.events {
            if let Event::Trying(change) = event {
                trying.push(&**change);
            }
        }
        trying
    }

    fn set(&self, specs: &[TransformSpec]) {
        self.send(Command::SetTransforms(specs.to_vec()));
    }

    fn chain(&self) -> Vec<TransformSpec> {
        self.state.started.as_ref().unwrap().config.transforms.clone()
    }

    /// The record's, which are those that were seen live and have an end.
    #[track_caller]
    fn spans_stored_in(&self, run_dir: &Path) -> Vec<SpanKind> {
        let stored = RunState::from_events(&read_record(run_dir).unwrap().0);
        let (stored, live) = (stored.spans.list(), self.state.spans.list());
        assert_eq!(stored.len(), live.len());
        for (stored, live) in stored.iter().zip(live) {
            let (to, live_to) = (stored.to_secs.unwrap(), live.to_secs.unwrap());
            // The record has them in decimal digits.
            assert!((stored.from_secs - live.from_secs).abs() < 1e-6 && (to - live_to).abs() < 1e-6, "{stored:?}");
            assert!(stored.kind == live.kind && to > stored.from_secs, "{stored:?}");
        }
        stored.iter().map(|span| span.kind).collect()
    }

    /// Training goes on, with the chain that it had.
    fn steps_go_on(&mut self) {
        let step = self.state.now.step;
        self.until("more steps", |run| run.state.now.step > step + 2);
    }
}

fn switched(chain: &[TransformSpec], name: &str) -> Vec<TransformSpec> {
    let switch = |spec: &TransformSpec| TransformSpec { enabled: spec.enabled != (spec.name == name), ..spec.clone() };
    chain.iter().map(switch).collect()
}

#[test]
fn training_goes_on_while_a_change_is_tried_and_a_newer_one_takes_its_place() {
    let home = tempfile::tempdir().unwrap();
    let run_dir = home.path().join("run");
    let mut run = started(home.path(), &run_dir);
    let chain = run.chain();
    let mut slow = chain.clone();
    slow.push(TransformSpec::new("SimulateDelay").with("delay_time", ParamValue::Float(3600.0)));

    run.set(&slow);
    run.until("the trial", |run| run.state.trying.is_some());
    assert_eq!(run.trying()[0].label.as_ref().unwrap().to_string(), "SimulateDelay added");
    assert_eq!((&run.trying()[0].running, run.trying()[0].edits), (&chain, 1));
    run.steps_go_on();
    // Commands are answered meanwhile; what hangs is not the trainer.
    run.send(Command::SetWorkers(2));
    run.until("the workers", |run| run.state.marks.iter().any(|mark| mark.label.to_string() == "workers 1 → 2"));
    assert!(run.state.stalls.list.is_empty());

    // Back to the chain that runs: nothing is made.
    run.set(&chain);
    run.until("the change taken back", |run| run.state.trying.is_none());
    assert_eq!((&run.trying().last().unwrap().running, run.trying().last().unwrap().edits), (&chain, 2));
    run.steps_go_on();
    assert_eq!(run.state.marks.len(), 1);

    // A bisect waits for what is being tried; a newer change takes its place.
    run.set(&slow);
    run.until("the trial", |run| run.state.trying.is_some());
    let without = switched(&chain, "RandRotate");
    run.set(&without);
    run.until("the newer change", |run| run.state.marks.iter().any(|mark| mark.label.to_string() == "RandRotate off"));
    run.until("the end of it", |run| run.state.trying.is_none());
    assert_eq!((&run.trying().last().unwrap().running, run.trying().last().unwrap().edits), (&without, 4));

    // What cannot be is refused, and the client told what runs.
    run.set(&[TransformSpec::new("RandRotat")]);
    run.until("the refusal", |run| run.trying().last().is_some_and(|trying| trying.edits == 5));
    assert_eq!(run.trying().last().unwrap().running, without);
    let refused =
        |run: &Run| run.state.log.iter().any(|line| line.warning && line.message.to_string().contains("was not made"));
    run.until("the warning", refused);

    run.send(Command::Pause);
    run.until("the pause", |run| run.state.live == Live::Paused);
    run.send(Command::Resume);
    run.steps_go_on();
    // A trial under way does not keep the run from its end.
    run.set(&slow);
    run.until("the trial", |run| run.state.trying.is_some());
    run.stop();
    assert!(
        run.state.log.iter().any(|line| line.message.to_string().contains("still being tried when training ended"))
    );

    assert_eq!(run.spans_stored_in(&run_dir), [SpanKind::Paused]);
}

/// A bisect that is asked for while a change is tried begins when that is over, and its record shows when it was.
#[test]
fn a_bisect_waits_for_the_trial_and_is_recorded_from_its_beginning_to_its_end() {
    let home = tempfile::tempdir().unwrap();
    let run_dir = home.path().join("run");
    let mut run = started(home.path(), &run_dir);
    let chain = run.chain();
    let mut slow = chain.clone();
    slow.push(TransformSpec::new("SimulateDelay").with("delay_time", ParamValue::Float(3600.0)));
    run.set(&slow);
    run.until("the trial", |run| run.state.trying.is_some());
    let request = trainscope::protocol::BisectRequest { budget_secs: 600.0, thorough: true, go_on: false };
    run.send(Command::Bisect(request));
    run.until("a word of it", |run| {
        run.state.log.iter().any(|line| line.message.to_string().contains("the bisect begins once"))
    });
    assert!(run.state.findings.bisect.is_none());
    run.set(&chain);
    run.until("the bisect", |run| run.state.findings.bisect.as_ref().is_some_and(|bisect| bisect.steps > 4));
    run.send(Command::StopBisect);
    run.until("its end", |run| run.state.findings.bisect.as_ref().is_some_and(|bisect| bisect.verdict.is_some()));
    run.steps_go_on();
    run.stop();
    assert_eq!(run.spans_stored_in(&run_dir), [SpanKind::Bisect]);
}

/// A change by hand ends a bisect, and its answer says so, with what it had learnt; more time is no longer to be had.
#[test]
fn a_change_by_hand_ends_a_bisect_with_a_word_of_what_ended_it() {
    let home = tempfile::tempdir().unwrap();
    let mut run = started(home.path(), &home.path().join("run"));
    let without = switched(&run.chain(), "RandFlip");
    let request = |go_on| trainscope::protocol::BisectRequest { budget_secs: 600.0, thorough: true, go_on };
    run.send(Command::Bisect(request(false)));
    run.until("the bisect", |run| run.state.findings.bisect.as_ref().is_some_and(|bisect| bisect.steps > 4));
    run.set(&without);
    run.until("its end", |run| run.state.findings.bisect.as_ref().is_some_and(|bisect| bisect.verdict.is_some()));
    let said =
        run.state.findings.bisect.as_ref().and_then(|bisect| bisect.verdict.clone()).unwrap().sentence.to_string();
    assert!(said.starts_with("Ended after ") && said.contains(" s by a change (RandFlip off); "), "{said}");
    run.until("the change", |run| run.state.marks.iter().any(|mark| mark.label.to_string() == "RandFlip off"));
    // What was learnt is of another chain: it begins anew.
    run.send(Command::Bisect(request(true)));
    run.until("a new one", |run| run.state.findings.bisect.as_ref().is_some_and(|bisect| bisect.verdict.is_none()));
    assert!(run.state.findings.bisect.as_ref().is_some_and(|bisect| bisect.spent_secs < 600.0 && bisect.steps < 4));
    // Told to stop, it says that, and may be given more time.
    run.until("its steps", |run| run.state.findings.bisect.as_ref().is_some_and(|bisect| bisect.steps > 4));
    run.send(Command::StopBisect);
    run.until("its end", |run| run.state.findings.bisect.as_ref().is_some_and(|bisect| bisect.verdict.is_some()));
    let (steps, said) =
        run.state.findings.bisect.as_ref().map(|b| (b.steps, b.verdict.clone().unwrap().sentence.to_string())).unwrap();
    assert!(said.contains(" s by request; "), "{said}");
    run.steps_go_on();
    run.send(Command::Bisect(request(true)));
    run.until("more of it", |run| {
        run.state.findings.bisect.as_ref().is_some_and(|b| b.verdict.is_none() && b.steps > steps)
    });
    run.stop();
}
