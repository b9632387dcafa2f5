//! An engine killed in mid-epoch: the client learns it, keeps what it has, and the run goes on from its checkpoint.

use super::Home;
use super::engine::Run;
use trainscope::client::Live;
use trainscope::config::TransformSpec;
use trainscope::protocol::Command;

#[test]
fn a_killed_engine_is_reported_and_its_run_resumed() {
    let home = Home::new(40);
    let mut run = Run::start(home.start("run", 50));
    // Past the first epoch, so that a checkpoint stands.
    run.until("the second epoch", |run| run.state.epochs.len() == 1 && run.state.now.epoch == 2);
    run.engine.kill();
    let exit = run.until_gone();
    assert_eq!(exit.how.to_string(), "ended on request");
    let steps_before = run.state.now.step;

    let mut resumed = Run::start(home.resume("run", 50));
    resumed.until("later steps", |run| run.state.now.step > steps_before);
    let started = resumed.state.started.clone().unwrap();
    assert!(started.resumed && started.first_step > 0 && started.first_step <= steps_before, "{started:?}");
    resumed.stop();
}

/// Another's kill is told from our own.
#[cfg(unix)]
#[test]
fn a_signal_from_elsewhere_is_named() {
    let home = Home::new(20);
    let mut run = Run::start(home.start("run", 500));
    run.until("steps", |run| run.state.now.step > 2);
    std::process::Command::new("kill").args(["-9", &run.engine.pid().to_string()]).status().unwrap();
    let exit = run.until_gone();
    assert!(exit.how.to_string().contains("signal 9"), "{exit:?}");
}

#[test]
fn live_changes_take_effect_and_leave_their_mark() {
    let home = Home::new(40);
    let mut start = home.start("run", 10_000);
    start.config.loader.workers = 1;
    let mut run = Run::start(start);
    run.until("steps", |run| run.state.now.step >= 2);
    let mut chain = run.state.started.clone().unwrap().config.transforms;
    chain.iter_mut().filter(|t| t.name == "RandRotate").for_each(|t| t.enabled = false);
    run.send(Command::SetTransforms(chain.clone()));
    run.until("the chain", |run| run.state.marks.iter().any(|m| m.label.to_string() == "RandRotate off"));
    run.send(Command::SetWorkers(2));
    run.until("workers", |run| run.state.marks.iter().any(|m| m.label.to_string() == "workers 1 → 2"));

    // A change that cannot be is refused, and the run goes on.
    run.send(Command::SetTransforms(vec![TransformSpec::new("RandRotat")]));
    run.until("a refusal", |run| run.warnings().iter().any(|warning| warning.contains("RandRotate")));

    run.send(Command::Pause);
    run.until("a pause", |run| run.state.live == Live::Paused);
    run.send(Command::Resume);
    let step = run.state.now.step;
    run.until("later steps", |run| run.state.now.step > step + 2);
    run.stop();
    // A resume goes on with what ran.
    let config = trainscope::store::read_config(&home.run("run")).unwrap();
    assert_eq!((config.transforms, config.loader.workers), (chain, 2));
}
