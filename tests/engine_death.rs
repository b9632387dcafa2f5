//! An engine killed in mid-epoch: the client learns it, keeps what it has, and the run goes on from its checkpoint.

mod common;

use common::{PROGRAM, sample_images};
use std::time::{Duration, Instant};
use trainscope::client::{ClientEvent, Engine, EngineCommand, Live, RunState};
use trainscope::config::RunConfig;
use trainscope::protocol::{Command, Event, StartRun};

fn start(start: StartRun) -> Engine {
    let command = EngineCommand::Program { path: PROGRAM.into(), args: vec!["engine".to_owned()] };
    let engine = Engine::start(&command, || {}).unwrap();
    engine.send(Command::Start(Box::new(start))).unwrap();
    engine
}

/// Takes events in until `enough` says so.
#[track_caller]
fn follow(engine: &Engine, state: &mut RunState, enough: impl Fn(&RunState, &ClientEvent) -> bool) -> ClientEvent {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        assert!(Instant::now() < deadline, "nothing more came; state: {:?}", state.live);
        let Some(event) = engine.recv_timeout(Duration::from_millis(100)) else { continue };
        if let ClientEvent::Event(event) = &event {
            state.apply(event);
        }
        if enough(state, &event) {
            return event;
        }
        assert!(!matches!(event, ClientEvent::Exited(_)), "{event:?}");
    }
}

#[test]
fn a_killed_engine_is_reported_and_its_run_resumed() {
    let home = tempfile::tempdir().unwrap();
    let images = sample_images(home.path(), 60);
    let mut config = RunConfig::default();
    config.data.dir = Some(images);
    config.train.device = "cpu".to_owned();
    config.train.epochs = 50;
    config.loader.batch_size = 16;
    let run_dir = home.path().join("run");

    let engine = start(StartRun { config: config.clone(), run_dir: run_dir.clone(), resume: false });
    let mut state = RunState::default();
    // Past the first epoch, so that a checkpoint stands.
    follow(&engine, &mut state, |s, _| s.epochs.len() == 1 && s.now.epoch == 2);
    engine.kill();
    let ClientEvent::Exited(exit) = follow(&engine, &mut state, |_, e| matches!(e, ClientEvent::Exited(_))) else {
        unreachable!()
    };
    assert!(exit.how.contains("signal 9"), "{exit:?}");
    let steps_before = state.now.step;

    let engine = start(StartRun { config, run_dir, resume: true });
    let mut resumed = RunState::default();
    follow(&engine, &mut resumed, |s, _| s.now.step > steps_before);
    let started = resumed.started.clone().unwrap();
    assert!(started.resumed && started.first_step > 0 && started.first_step <= steps_before, "{started:?}");

    engine.send(Command::Stop).unwrap();
    follow(&engine, &mut resumed, |s, _| matches!(s.live, Live::Finished(_)));
}

#[test]
fn live_changes_take_effect_and_leave_their_mark() {
    let home = tempfile::tempdir().unwrap();
    let images = sample_images(home.path(), 60);
    let mut config = RunConfig::default();
    config.data.dir = Some(images);
    config.train.device = "cpu".to_owned();
    config.train.epochs = 200;
    config.loader.batch_size = 16;
    config.loader.workers = 0;
    let engine = start(StartRun { config, run_dir: home.path().join("run"), resume: false });
    let mut state = RunState::default();
    follow(&engine, &mut state, |s, _| s.now.step >= 2);
    let mut chain = state.started.clone().unwrap().config.transforms;
    chain.iter_mut().filter(|t| t.name == "RandRotate").for_each(|t| t.enabled = false);
    engine.send(Command::SetTransforms(chain)).unwrap();
    follow(&engine, &mut state, |s, _| s.marks.iter().any(|m| m.label == "RandRotate off"));
    engine.send(Command::SetWorkers(2)).unwrap();
    follow(&engine, &mut state, |s, _| s.marks.iter().any(|m| m.label == "workers 0 → 2"));
    let version = state.marks.last().unwrap().config_version;
    let changed = |e: &ClientEvent| matches!(e, ClientEvent::Event(Event::Step(s)) if s.config_version >= version);
    follow(&engine, &mut state, |_, e| changed(e));

    // A change that cannot be is refused, and the run goes on.
    engine.send(Command::SetTransforms(vec![trainscope::config::TransformSpec::new("RandRotat")])).unwrap();
    follow(&engine, &mut state, |s, _| s.log.iter().any(|l| l.warning && l.message.contains("RandRotate")));

    engine.send(Command::Pause).unwrap();
    follow(&engine, &mut state, |s, _| s.live == Live::Paused);
    engine.send(Command::Resume).unwrap();
    let step = state.now.step;
    follow(&engine, &mut state, |s, _| s.now.step > step + 2);
    engine.send(Command::Stop).unwrap();
    follow(&engine, &mut state, |s, _| matches!(s.live, Live::Finished(_)));
}
