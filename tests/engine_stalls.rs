//! A file that hangs in the middle of a run of the real engine: it says so, takes the answers while it waits, and goes on;
//! what was quarantined stands in `run.toml`.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/engine.rs"]
mod engine;
#[path = "common/hanging_file.rs"]
mod hanging_file;

use common::sample_images;
use engine::Run;
use hanging_file::HangingFile;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use trainscope::client::RunState;
use trainscope::config::RunConfig;
use trainscope::data::{scan, split};
use trainscope::protocol::{Command, Stall, StallAction, StallAnswer, Staller, StartRun};
use trainscope::store::read_config;

fn started(config: RunConfig, run_dir: &Path, resume: bool) -> Run {
    Run::start(StartRun { resume, ..StartRun::new(config, run_dir.to_owned()) })
}

impl Run {
    /// The stall that is told next, once none was.
    fn stall(&mut self) -> Stall {
        self.until("no stall", |run| run.state.stalls.list.is_empty());
        self.until("a stall", |run| !run.state.stalls.list.is_empty());
        self.state.stalls.list[0].clone()
    }

    fn answer(&self, stall: &Stall, action: StallAction) {
        let (who, sample) = stall.key();
        self.send(Command::AnswerStall(StallAnswer { who, sample, action }));
    }

    #[track_caller]
    fn until_said(&mut self, words: &str) {
        self.until(words, |run| run.state.log.iter().any(|line| line.message.to_string().contains(words)));
    }
}

fn config(home: &Path, workers: usize) -> RunConfig {
    let mut config = RunConfig::default();
    // So many batches that no file is in two of those begun at a time.
    config.data.dir = Some(sample_images(home, 60));
    config.train.device = "cpu".to_owned();
    config.train.epochs = 10_000;
    config.loader.batch_size = 16;
    config.loader.workers = workers;
    config
}

/// An image that the run trains on, and its name.
fn training_file(state: &RunState) -> (PathBuf, String) {
    let config = &state.started.as_ref().unwrap().config.data;
    let dir = config.dir.as_ref().unwrap();
    let dataset = scan(dir, config.max_pixels, &mut |_| ControlFlow::Continue(())).unwrap();
    let image = split(&dataset, config).unwrap().train[0] as usize;
    (dataset.path_of(image), dataset.name_of(image))
}

#[test]
fn a_file_that_hangs_is_skipped_and_then_quarantined() {
    let home = tempfile::tempdir().unwrap();
    let run_dir = home.path().join("run");
    let mut run = started(config(home.path(), 2), &run_dir, false);
    run.until("steps", |run| run.state.now.step >= 2);
    let (path, name) = training_file(&run.state);
    let Some(file) = HangingFile::over(&path) else { return };

    let stall = run.stall();
    let stalled = stall.file.as_ref().unwrap();
    assert!(
        matches!(stall.who, Staller::Worker(_)) && stall.stage.is("loader-stage-read") && stalled.path == path,
        "{stall:?}"
    );
    let step = run.state.now.step;
    run.answer(&stall, StallAction::Skip);
    run.until("the steps after it", |run| run.state.now.step > step + 1);
    run.until_said("the sample is skipped");
    assert_eq!(run.state.stalls.left_behind, 1);

    let stall = run.stall();
    run.answer(&stall, StallAction::Quarantine);
    run.until("the quarantine", |run| !run.state.quarantined.is_empty());
    assert_eq!(run.state.quarantined, [name.as_str()]);
    let (reads, epochs) = (file.reads(), run.state.epochs.len());
    run.until("two more epochs", |run| run.state.epochs.len() > epochs + 2);
    assert_eq!(file.reads(), reads);
    assert_eq!(read_config(&run_dir).unwrap().data.quarantine, [name]);
    run.stop();
}

#[test]
fn without_workers_the_engine_is_ended_and_goes_on_without_the_file() {
    let home = tempfile::tempdir().unwrap();
    let run_dir = home.path().join("run");
    let mut run = started(config(home.path(), 0), &run_dir, false);
    run.until("an epoch", |run| !run.state.epochs.is_empty());
    let (path, _) = training_file(&run.state);
    let Some(file) = HangingFile::over(&path) else { return };

    let stall = run.stall();
    assert!(stall.who == Staller::Caller && stall.stage.is("loader-stage-read"), "{stall:?}");
    // The trainer hangs, and the engine answers all the same.
    run.answer(&stall, StallAction::Skip);
    run.until_said("nobody can take its place");
    run.answer(&stall, StallAction::Quarantine);
    run.until("the quarantine", |run| run.state.quarantined.len() == 1);
    run.engine.kill();
    drop(run);

    let config = read_config(&run_dir).unwrap();
    assert_eq!(config.data.quarantine.len(), 1);
    // It still hangs: not even the scan opens it.
    let mut run = started(config, &run_dir, true);
    run.until("the start", |run| run.state.started.is_some());
    let (reads, step) = (file.reads(), run.state.started.as_ref().unwrap().first_step);
    assert!(step > 0);
    run.until("an epoch", |run| run.state.epochs.len() >= 2);
    assert_eq!(file.reads(), reads);
    assert!(run.state.now.step > step);
    run.stop();
}

/// Before its first step nothing of a run is there but its client's wish.
#[test]
fn a_file_that_hangs_the_scan_can_be_left_out_and_the_run_be_stopped() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path(), 1);
    let dataset = scan(config.data.dir.as_ref().unwrap(), 1 << 20, &mut |_| ControlFlow::Continue(())).unwrap();
    let (path, name) = (dataset.path_of(0), dataset.name_of(0));
    let Some(file) = HangingFile::over(&path) else { return };

    let mut run = started(config.clone(), &home.path().join("stopped"), false);
    let stall = run.stall();
    let stalled = stall.file.as_ref().unwrap();
    assert!(stall.who == Staller::Scan && stalled.path == path && stalled.name == name, "{stall:?}");
    run.stop();

    let run_dir = home.path().join("run");
    let mut run = started(config, &run_dir, false);
    let stall = run.stall();
    run.answer(&stall, StallAction::Quarantine);
    run.until_said("read anew without the file");
    run.until("the start", |run| run.state.started.is_some());
    let reads = file.reads();
    run.until("an epoch", |run| !run.state.epochs.is_empty());
    assert_eq!(file.reads(), reads);
    assert_eq!(run.state.quarantined, [name.as_str()]);
    assert_eq!(read_config(&run_dir).unwrap().data.quarantine, [name]);
    run.stop();
}

/// A name in `data.quarantine` that no file has costs a sentence.
#[test]
fn a_quarantine_of_files_that_are_not_there_is_harmless() {
    let home = tempfile::tempdir().unwrap();
    let mut config = config(home.path(), 1);
    config.data.quarantine = vec!["no/such.png".to_owned()];
    let mut run = started(config, &home.path().join("run"), false);
    run.until_said("data.quarantine names a file that the dataset does not have, which changes nothing: no/such.png");
    run.until("steps", |run| run.state.now.step >= 2);
    run.stop();
}
