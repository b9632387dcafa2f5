//! Folders of runs that are moved or deleted while an engine trains in them, which Windows lets nobody do.
#![cfg(unix)]

use super::common::{program, run_ok};
use super::engine::Run;
use super::{Home, Story, text};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use trainscope::client::Live;
use trainscope::protocol::{Command, RunStatus, StartRun};
use trainscope::store::Checkpoints;

const WORDS: &str = "the run's folder was moved or deleted";

fn pause(run: &mut Run) {
    run.send(Command::Pause);
    run.until("a pause", |run| run.state.live == Live::Paused);
}

/// The oldest first.
fn checkpoints(run_dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(run_dir.join("checkpoints")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Its engine says so once, keeps nothing more, and does not touch the run that was begun in its place.
#[test]
fn a_folder_that_is_deleted_and_made_anew_is_its_new_run_s() {
    let home = Home::new(20);
    let run_dir = home.run("run");
    let mut first = Run::start(home.start("run", 500));
    first.until("the second epoch", |run| run.state.now.epoch == 2);
    // Nothing is being written while it is deleted.
    pause(&mut first);
    std::fs::remove_dir_all(&run_dir).unwrap();

    let mut config = home.config(12);
    config.train.seed += 1;
    let mut second = Run::start(StartRun::new(config.clone(), run_dir.clone()));
    second.until("the second epoch", |run| run.state.now.epoch == 2);
    pause(&mut second);
    let before = checkpoints(&run_dir);

    first.send(Command::Resume);
    let epochs = first.state.epochs.len();
    first.until("a later epoch", |run| run.state.epochs.len() > epochs);
    let finished = first.stop();
    assert!(finished.missing.iter().any(|what| what.to_string().contains(WORDS)), "{finished:?}");
    let said = first.warnings().iter().filter(|warning| warning.contains(WORDS)).count();
    assert_eq!(said, 1, "{:?}", first.warnings());

    assert_eq!(checkpoints(&run_dir), before);
    second.stop();
    let finished = Run::start(StartRun::resume(config.clone(), run_dir.clone())).finished();
    assert_eq!((finished.status, finished.missing.as_slice()), (RunStatus::Completed, [].as_slice()));
    Run::start(StartRun::new(config, home.run("alone"))).finished();
    assert_eq!(Story::of(&run_dir), Story::of(&home.run("alone")));
}

/// One that another run's engine wrote there is no beginning for this one.
#[test]
fn a_checkpoint_of_another_run_is_not_gone_on_from() {
    let home = Home::new(20);
    home.train("run", 2);
    home.train("other", 4);
    let theirs = checkpoints(&home.run("other")).pop().unwrap();
    std::fs::rename(&theirs, home.run("run/checkpoints").join(theirs.file_name().unwrap())).unwrap();
    let mut resumed = Run::start(home.resume("run", 3));
    assert_eq!(resumed.finished().status, RunStatus::Completed);
    resumed.assert_warned("is another run's; gone on with from");
    Story::of(&home.run("run")).check_steps();
}

/// The exit code says that something is missing; what was kept until then is a run that can be gone on with.
#[test]
fn a_folder_that_is_moved_is_not_made_again_and_goes_on_where_it_is() {
    let home = Home::new(20);
    let (config, run_dir, moved) = (home.config_file(5000), home.run("run"), home.run("moved"));
    let mut client = program(home.path())
        .args(["train", "--config", text(&config), "--run", text(&run_dir), "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines().map(Result::unwrap);
    let is = |line: &str, kind: &str| line.contains(&format!("\"type\":\"{kind}\""));
    let is_kept = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("step-");
    let kept = || std::fs::read_dir(run_dir.join("checkpoints")).is_ok_and(|entries| entries.flatten().any(is_kept));
    assert!(lines.any(|_| kept()));
    std::fs::rename(&run_dir, &moved).unwrap();
    assert!(lines.any(|line| is(&line, "warning") && line.contains(WORDS)));
    Process::new("kill").args(["-INT", &client.id().to_string()]).status().unwrap();
    let said: Vec<String> = lines.filter(|line| line.contains(WORDS)).collect();
    assert!(said.len() == 1 && is(&said[0], "finished"), "{said:?}");
    assert_eq!(client.wait().unwrap().code(), Some(5));
    assert!(!run_dir.exists());

    let epochs = Checkpoints::of(&moved).newest().checkpoint.unwrap().state.next_epoch + 1;
    let set = format!("train.epochs={epochs}");
    run_ok(home.path(), &["train", "--run", text(&moved), "--resume", "--set", &set]);
    Story::of(&moved).check_steps();
}
