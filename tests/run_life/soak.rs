//! Kills at random moments, and resumes, again and again: the run ends as one left alone.
//!
//! `TRAINSCOPE_SOAK_ROUNDS=200 cargo test --release --test run_life soak -- --nocapture` for longer than CI has time; the
//! rounds are drawn from `TRAINSCOPE_SOAK_SEED`.
#![cfg(target_os = "linux")]

use super::common::program;
use super::{Home, Story, text};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use trainscope::store::{Checkpoints, RunStanding, is_run, summarize};

/// Kills in a round before it is let go on to its end.
const KILLS: usize = 4;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Processes that this one has started.
fn children_of(pid: u32) -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let children = threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    children.flat_map(|text| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>()).collect()
}

fn signal(name: &str, pid: u32) {
    let _ = Command::new("kill").args([name, &pid.to_string()]).stderr(Stdio::null()).status();
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Victim {
    Client,
    Engine,
    Both,
    /// Stopped for a while, as by a shell or a debugger, and let go on.
    Frozen,
}

struct Round<'a> {
    home: &'a Home,
    dir: std::path::PathBuf,
    rng: Pcg64Mcg,
    /// What was done, for the failure's message.
    history: Vec<String>,
}

impl Round<'_> {
    fn start(&self) -> Child {
        let mut command = program(self.home.path());
        let config = self.home.config_file(EPOCHS);
        match is_run(&self.dir) {
            true => command.args(["train", "--run", text(&self.dir), "--resume"]),
            false => command.args(["train", "--config", text(&config), "--run", text(&self.dir)]),
        };
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// A third within the first 50 ms, the others anywhere in a run's time.
    fn delay(&mut self, alone: Duration) -> Duration {
        match self.rng.random_range(0..3) {
            0 => Duration::from_secs_f64(self.rng.random_range(0.0..0.05)),
            _ => alone.mul_f64(self.rng.random_range(0.05..1.0)),
        }
    }

    fn strike(&mut self, alone: Duration) {
        let victims = [Victim::Client, Victim::Engine, Victim::Both, Victim::Frozen];
        let victim = victims[self.rng.random_range(0..victims.len())];
        let delay = self.delay(alone);
        let mut child = self.start();
        let begun = Instant::now();
        while begun.elapsed() < delay && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let engines = children_of(child.id());
        let pids: Vec<u32> = match victim {
            Victim::Client => vec![child.id()],
            Victim::Engine | Victim::Frozen => engines,
            Victim::Both => engines.into_iter().chain([child.id()]).collect(),
        };
        if victim == Victim::Frozen {
            pids.iter().for_each(|pid| signal("-STOP", *pid));
            std::thread::sleep(Duration::from_millis(300));
            pids.iter().for_each(|pid| signal("-CONT", *pid));
            signal("-KILL", child.id());
        } else {
            pids.iter().for_each(|pid| signal("-KILL", *pid));
        }
        let status = child.wait().unwrap();
        self.history.push(format!("{victim:?} after {:.3} s: {status}", delay.as_secs_f64()));
    }

    #[track_caller]
    fn go_on_to_the_end(&mut self) {
        for _ in 0..3 {
            if summarize(&self.dir).is_some_and(|run| run.state == RunStanding::Completed) {
                return;
            }
            let output = self.start().wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            self.history.push(format!("to the end: {}: {said}", output.status));
            if output.status.success() {
                return;
            }
        }
        panic!("it cannot be gone on with: {:#?}", self.history);
    }
}

const EPOCHS: usize = 6;

#[track_caller]
fn check_folder(dir: &Path, history: &[String]) {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    // An engine that was killed in its last moment leaves behind who it was; the next one takes that place.
    let known = [
        "checkpoints",
        "data.json",
        "run.holder",
        "run.lock",
        "run.sqlite",
        "run.sqlite-shm",
        "run.sqlite-wal",
        "run.toml",
    ];
    assert!(names.iter().all(|name| known.contains(&name.as_str())), "stray files: {names:?}; {history:#?}");
    let checkpoints = Checkpoints::of(dir);
    let newest = checkpoints.newest();
    assert_eq!(newest.passed_over, [""; 0], "{history:#?}");
    let state = newest.checkpoint.unwrap().state;
    assert!(checkpoints.best(state.best_step.unwrap()).is_ok(), "{history:#?}");
    let left = std::fs::read_dir(dir.join("checkpoints")).unwrap().count();
    assert!(left <= 2, "{left} checkpoints; {history:#?}");
}

#[test]
fn soak() {
    let (rounds, seed) = (number("TRAINSCOPE_SOAK_ROUNDS", 4), number("TRAINSCOPE_SOAK_SEED", 1));
    let home = Home::new(20);
    let begun = Instant::now();
    home.train("alone", EPOCHS);
    let alone_takes = begun.elapsed();
    let alone = Story::of(&home.run("alone"));
    for number in 0..rounds {
        let dir = home.run(&format!("round {number}"));
        let rng = Pcg64Mcg::seed_from_u64(seed.wrapping_mul(1_000_003) ^ number);
        let mut round = Round { home: &home, dir, rng, history: Vec::new() };
        for _ in 0..KILLS {
            if summarize(&round.dir).is_some_and(|run| run.state == RunStanding::Completed) {
                break;
            }
            round.strike(alone_takes);
        }
        round.go_on_to_the_end();
        let story = Story::of(&round.dir);
        let difference = story.difference(&alone);
        assert_eq!(difference, None, "it ended otherwise than one left alone: {:#?}", round.history);
        check_folder(&round.dir, &round.history);
        println!("round {number}: {}", round.history.join("; "));
        std::fs::remove_dir_all(&round.dir).unwrap();
    }
}
