//! Commands in every phase of a run: none is lost, none takes effect twice.

use super::engine::Run;
use super::{Home, Story};
use trainscope::client::Live;
use trainscope::config::{ParamValue, TransformSpec};
use trainscope::protocol::{Command, Event, RunPhase, RunStatus, SpanKind, StartRun};
use trainscope::store::{Checkpoints, read_record};

/// Sent while the engine scans and checks its device: the run's first batch is made with it.
#[test]
fn what_is_changed_while_a_run_starts_holds_from_its_first_batch() {
    let home = Home::new(20);
    let start = home.start("run", 50);
    let mut chain = start.config.transforms.clone();
    chain[5].enabled = false;
    let commands = [
        Command::SetTransforms(start.config.transforms.clone()),
        Command::SetTransforms(chain.clone()),
        Command::SetWorkers(3),
        Command::Pause,
    ];
    let mut run = Run::start_and(start, commands);
    run.until("a pause", |run| run.state.live == Live::Paused);
    let started = run.state.started.clone().unwrap();
    assert_eq!((started.config.transforms, started.config.loader.workers), (chain.clone(), 3));
    let told = run.events.iter().find_map(|event| match event {
        Event::Trying(trying) => Some((trying.edits, trying.running.clone())),
        _ => None,
    });
    assert_eq!(told, Some((2, chain)), "a client's copy is put right");
    assert_eq!(run.state.now.step, 0);
    run.send(Command::Resume);
    run.until("steps", |run| run.state.now.step > 3);
    assert!(run.state.marks.is_empty(), "there was nothing to change any more: {:?}", run.state.marks);
    assert_eq!(run.stop().status, RunStatus::Stopped);
}

#[test]
fn a_change_that_cannot_be_is_refused_while_a_run_starts_too() {
    let home = Home::new(20);
    let start = home.start("run", 50);
    let mut chain = start.config.transforms.clone();
    // Batches would be of images that the network cannot reduce.
    chain[2].params.insert("spatial_size".to_owned(), ParamValue::List(vec![ParamValue::Int(4); 2]));
    let expected = start.config.transforms.clone();
    let mut run = Run::start_and(start, [Command::SetTransforms(chain)]);
    run.until("steps", |run| run.state.now.step > 1);
    run.assert_warned("the change of transforms was not made");
    let running = run.state.started.clone().unwrap().config.transforms;
    let enabled =
        |chain: &[trainscope::config::TransformSpec]| chain.iter().map(|t| t.name.clone()).collect::<Vec<_>>();
    assert_eq!(enabled(&running), enabled(&expected));
    run.stop();
}

#[test]
fn a_stop_while_a_run_starts_leaves_no_folder_that_is_neither_run_nor_free() {
    let home = Home::new(20);
    let mut run = Run::start_and(home.start("run", 50), [Command::Stop]);
    assert_eq!(run.finished().status, RunStatus::Stopped);
    // Begun or not: the same command starts it, or a resume goes on with it.
    let start = if trainscope::store::is_run(&home.run("run")) { home.resume("run", 1) } else { home.start("run", 1) };
    assert_eq!(Run::start(start).finished().status, RunStatus::Completed);
}

/// A stop on the event of a best epoch writes a checkpoint of the same step.
#[test]
fn a_stop_right_after_a_best_epoch_keeps_it() {
    let home = Home::new(20);
    for epoch in 1..4 {
        let name = format!("run {epoch}");
        let mut run = Run::start(home.start(&name, 50));
        let best = |event: &Event| matches!(event, Event::Epoch(e) if e.best && e.epoch >= epoch);
        run.until("a best epoch", |run| run.events.iter().any(best));
        let finished = run.stop();
        let checkpoints = Checkpoints::of(&home.run(&name));
        let newest = checkpoints.newest().checkpoint.unwrap();
        let best_step = newest.state.best_step.unwrap();
        let best = checkpoints.best(best_step).unwrap();
        assert_eq!((best.state.best_epoch, best.state.step), (finished.best_epoch, best_step));

        // Stopped again at once: the same.
        Run::start_and(home.resume(&name, 50), [Command::Stop]).finished();
        assert!(checkpoints.best(best_step).is_ok());
    }
}

#[test]
fn a_pause_in_validation_is_in_no_step_s_time() {
    let home = Home::new(40);
    let mut start = home.start("run", 50);
    // Long enough to be met.
    start.config.data.val_frac = 0.6;
    let mut run = Run::start(start);
    run.until("a validation", |run| run.state.phase == Some(RunPhase::Validating));
    run.send(Command::Pause);
    run.until("a pause", |run| run.state.live == Live::Paused);
    let step = run.state.now.step;
    std::thread::sleep(std::time::Duration::from_millis(300));
    run.send(Command::Resume);
    run.until("later steps", |run| run.state.now.step > step + 3);
    run.stop();
    let (events, _) = read_record(&home.run("run")).unwrap();
    let rates: Vec<f64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Step(step) => Some(step.images_per_sec),
            _ => None,
        })
        .collect();
    assert!(rates.iter().all(|rate| (0.1..1e5).contains(rate)), "{rates:?}");
    // They tell their CPU time, but for one that the pause may have met after all; elsewhere its clock may be a coarse one.
    let cpu = events.iter().filter_map(|event| match event {
        Event::Step(step) => step.phases.cpu,
        _ => None,
    });
    let busy_secs: Vec<f64> = cpu.map(|cpu| cpu.busy_secs).collect();
    assert!(busy_secs.len() + 1 >= rates.len(), "{busy_secs:?}");
    assert!(!cfg!(target_os = "linux") || busy_secs.iter().all(|secs| (1e-6..60.0).contains(secs)), "{busy_secs:?}");
    let pauses = events.iter().filter(|event| matches!(event, Event::Span(mark) if mark.kind == SpanKind::Paused));
    assert_eq!(pauses.count(), 2);
}

#[test]
fn a_stop_in_the_test_leaves_it_to_be_done_again() {
    let home = Home::new(60);
    let config = |mut start: StartRun| {
        // Long enough to be met.
        start.config.data.test_frac = 0.7;
        start
    };
    let mut run = Run::start(config(home.start("run", 1)));
    run.until("the test", |run| run.state.phase == Some(RunPhase::Testing));
    let stopped = run.stop();
    let finished = if stopped.test.is_none() {
        assert_eq!(stopped.status, RunStatus::Stopped);
        Run::start(config(home.resume("run", 1))).finished()
    } else {
        stopped
    };
    assert!(finished.status == RunStatus::Completed && finished.test.is_some(), "{finished:?}");
    Run::start(config(home.start("alone", 1))).finished();
    assert_eq!(Story::of(&home.run("run")), Story::of(&home.run("alone")));
}

#[test]
fn a_client_of_another_protocol_is_told_so() {
    let home = Home::new(20);
    let start = StartRun { protocol: 3, ..home.start("run", 1) };
    let error = Run::start(start).failed();
    assert!(error.contains("protocol 3") && error.contains("same trainscope"), "{error}");
    assert!(!home.run("run").exists());
}

#[test]
fn a_configuration_is_checked_where_it_arrives() {
    let home = Home::new(20);
    let error = Run::start(home.start("run", 1_000_000)).failed();
    assert!(error.contains("train.epochs") && error.contains("100000"), "{error}");
}

/// One that diverges says so once, is marked, and is not the best of all that follow.
#[test]
fn a_loss_that_is_no_number_is_said_and_marked() {
    let home = Home::new(20);
    let mut start = home.start("run", 2);
    // Pixels beyond what a float holds.
    start.config.transforms[3] = TransformSpec::new("ScaleIntensity").with("maxv", ParamValue::Float(1e12));
    let divided = TransformSpec::new("NormalizeIntensity")
        .with("subtrahend", ParamValue::Float(0.0))
        .with("divisor", ParamValue::Float(1e-12));
    start.config.transforms.extend([divided.clone(), divided.clone(), divided]);
    start.config.data.val_frac = 0.0;
    start.config.train.loss_every_steps = 1;
    let mut run = Run::start(start);
    let finished = run.finished();
    let said = run.warnings().iter().filter(|warning| warning.contains("not a number")).count();
    assert!((1..=3).contains(&said), "{:?}", run.warnings());
    assert!(run.state.spans.list().iter().any(|span| span.kind == SpanKind::Diverged));
    let epochs = &run.state.epochs;
    assert!(epochs.iter().all(|epoch| !epoch.best || epoch.train_loss.is_finite()), "{epochs:?}");
    assert_eq!(finished.best_epoch, None);
    assert!(finished.missing.is_empty(), "{finished:?}");
}
