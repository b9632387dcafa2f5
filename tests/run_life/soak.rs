//! Kills at random moments, and resumes, again and again: the run ends as one left alone. The same on a small disk that fills
//! and is freed at random moments.
//!
//! `TRAINSCOPE_SOAK_ROUNDS=200 cargo test --release --test run_life soak -- --nocapture` for longer than CI has time; the
//! rounds are drawn from `TRAINSCOPE_SOAK_SEED`.
#![cfg(target_os = "linux")]

use super::common::program;
use super::disk::{on_small_disk, words};
use super::{Home, Story, text};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
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
    /// The engine, stopped for a while, as by a shell or a debugger, and let go on; then the client is killed.
    Frozen,
    /// The client so, while the engine trains on.
    FrozenClient,
}

struct Round<'a> {
    home: &'a Home,
    dir: PathBuf,
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
        let victims = [Victim::Client, Victim::Engine, Victim::Both, Victim::Frozen, Victim::FrozenClient];
        let victim = victims[self.rng.random_range(0..victims.len())];
        let delay = self.delay(alone);
        let mut child = self.start();
        let begun = Instant::now();
        while begun.elapsed() < delay && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let engines = children_of(child.id());
        let pids: Vec<u32> = match victim {
            Victim::Client | Victim::FrozenClient => vec![child.id()],
            Victim::Engine | Victim::Frozen => engines,
            Victim::Both => engines.into_iter().chain([child.id()]).collect(),
        };
        if matches!(victim, Victim::Frozen | Victim::FrozenClient) {
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

    /// It ended, and nothing of it is missing.
    fn is_complete(&self) -> bool {
        summarize(&self.dir).is_some_and(|run| run.state == RunStanding::Completed && run.trouble.is_none())
    }

    #[track_caller]
    fn go_on_to_the_end(&mut self) {
        for _ in 0..3 {
            if self.is_complete() {
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
        "run.began",
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
    assert_eq!(newest.passed_over, [], "{history:#?}");
    let state = newest.checkpoint.unwrap().state;
    assert!(checkpoints.best(state.best_step.unwrap()).is_ok(), "{history:#?}");
    let left = std::fs::read_dir(dir.join("checkpoints")).unwrap().count();
    assert!(left <= 2, "{left} checkpoints; {history:#?}");
}

/// A disk that fills and is freed at random moments, for as long as this is there.
struct Weather {
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Weather {
    fn over(disk: &Path, mut rng: Pcg64Mcg) -> Self {
        let (over, is_over) = channel();
        let fill = disk.join("fill");
        let work = move || {
            let mut lasts = |most: f64| {
                let wait = Duration::from_secs_f64(rng.random_range(0.0..most));
                is_over.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
            };
            while lasts(0.4) {
                let mut file = std::fs::File::create(&fill).unwrap();
                for len in [1 << 16, 1 << 12, 1] {
                    while file.write_all(&vec![0; len]).is_ok() {}
                }
                drop(file);
                let goes_on = lasts(0.4);
                std::fs::remove_file(&fill).unwrap();
                if !goes_on {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().spawn(work).unwrap();
        Self { over: Some(over), thread: Some(thread) }
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        drop(self.over.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

/// The rounds, each in a folder of its own in `place`; with `weather`, that is a disk of its own.
fn soak_in(place: &Path, weather: bool) {
    let (rounds, seed) = (number("TRAINSCOPE_SOAK_ROUNDS", 4), number("TRAINSCOPE_SOAK_SEED", 1));
    let home = Home::new(20);
    let begun = Instant::now();
    home.train("alone", EPOCHS);
    let alone_takes = begun.elapsed();
    let alone = Story::of(&home.run("alone"));
    for number in 0..rounds {
        let dir = place.join(format!("round {number}"));
        let rng = |of: u64| Pcg64Mcg::seed_from_u64(seed.wrapping_mul(1_000_003) ^ number ^ (of << 32));
        let mut round = Round { home: &home, dir, rng: rng(0), history: Vec::new() };
        let weather = weather.then(|| Weather::over(place, rng(1)));
        for _ in 0..KILLS {
            if round.is_complete() {
                break;
            }
            round.strike(alone_takes);
        }
        drop(weather);
        round.go_on_to_the_end();
        let story = Story::of(&round.dir);
        let difference = story.difference(&alone);
        assert_eq!(difference, None, "it ended otherwise than one left alone: {:#?}", round.history);
        check_folder(&round.dir, &round.history);
        println!("round {number}: {}", round.history.join("; "));
        std::fs::remove_dir_all(&round.dir).unwrap();
    }
}

#[test]
fn soak() {
    let place = tempfile::tempdir().unwrap();
    soak_in(place.path(), false);
}

/// In a name space of its own, where this test is run once more.
#[test]
fn soak_on_a_disk_that_fills_and_is_freed() {
    const SMALL_DISK: &str = "TRAINSCOPE_SOAK_SMALL_DISK";
    if let Some(disk) = std::env::var_os(SMALL_DISK) {
        return soak_in(Path::new(&disk), true);
    }
    let home = Home::new(20);
    let this = std::env::current_exe().unwrap();
    let name = "soak::soak_on_a_disk_that_fills_and_is_freed";
    let script = format!("{SMALL_DISK}=\"$SMALL\" '{}' --exact {name} --nocapture && echo done", text(&this));
    let output = on_small_disk(&home, 1, 4.0, &script);
    let said = words(&output);
    println!("{said}");
    assert!(said.contains("1 passed") && said.contains("done"), "{said}");
}
