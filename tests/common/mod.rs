//! What several tests share: the program, a drawn dataset, JSON lines.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_trainscope");

/// A command of the program, hermetic: no display, no settings of the machine's user; in English.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("TRAINSCOPE_LANG", "en")
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_DATA_HOME", home.join("data"));
    command
}

/// Runs the program to its end.
pub fn run(home: &Path, args: &[&str]) -> Output {
    program(home).args(args).output().unwrap()
}

#[track_caller]
pub fn run_ok(home: &Path, args: &[&str]) -> Output {
    let output = run(home, args);
    assert!(output.status.success(), "{args:?}: {:?}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    output
}

/// Looks again and again until it is so; for what only another process knows.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The JSON objects a command printed.
#[track_caller]
pub fn json_lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

pub fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|l| l["type"] == kind).collect()
}

/// A dataset of six drawn classes in `home/images`.
pub fn sample_images(home: &Path, images_per_class: usize) -> PathBuf {
    let dir = home.join("images");
    let count = images_per_class.to_string();
    run_ok(home, &["sample", dir.to_str().unwrap(), "--images-per-class", &count]);
    dir
}
