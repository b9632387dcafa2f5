//! Output that nobody takes: the work goes on, and what it came to is right.
#![cfg(unix)]

use super::common::{PROGRAM, program};
use super::engine::Run;
use super::{Home, Story, text};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use trainscope::protocol::{Command as Order, RunStatus, write_frame};
use trainscope::store::{RunStanding, read_record, summarize};

fn completed(home: &Home, name: &str) {
    let run = summarize(&home.run(name)).unwrap();
    assert_eq!((run.state, run.trouble), (RunStanding::Completed, None), "{name}");
    Story::of(&home.run(name)).check_steps();
}

#[test]
fn a_terminal_that_is_full_or_gone_does_not_end_a_training() {
    let home = Home::new(20);
    let config = home.config_file(2);
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let ends = |name: &str| {
        let mut command = program(home.path());
        command.args(["train", "--config", text(&config), "--run", text(&home.run(name))]);
        command
    };
    assert!(ends("full").stderr(full()).status().unwrap().success());
    completed(&home, "full");
    assert!(ends("both full").args(["--json"]).stderr(full()).stdout(Stdio::null()).status().unwrap().success());
    completed(&home, "both full");
    // A pipe whose reader has read enough.
    let mut child = ends("pipe").stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(!line.is_empty() && child.wait().unwrap().success());
    completed(&home, "pipe");
}

#[test]
fn who_reads_one_line_of_a_report_sees_no_panic() {
    let home = Home::new(20);
    let images = home.images.clone();
    for args in [
        vec!["scan", text(&images)],
        vec!["scan", text(&images), "--json"],
        vec!["chain", "--docs", "markdown"],
        vec!["chain", "--preset", "imagenet"],
        vec!["inspect", text(&images)],
    ] {
        let mut child = program(home.path()).args(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success() && !said.contains("panicked"), "{args:?}: {said}");
    }
}

/// A report that could not be written is no success.
#[test]
fn a_report_onto_a_full_disk_is_an_error() {
    let home = Home::new(20);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = program(home.path()).args(["scan", text(&home.images)]).stdout(full).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("disk full"), "{said}");
}

/// The queue fills, the pipe fills, and the run goes on.
#[test]
fn a_client_that_never_reads_holds_up_nothing() {
    let home = Home::new(20);
    let run_dir = home.run("run");
    let mut engine = Command::new(PROGRAM)
        .arg("engine")
        .env("BURN_DEVICE", "flex")
        .env("TRAINSCOPE_LANG", "en")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut orders = engine.stdin.take().unwrap();
    let mut start = home.start("run", 400);
    start.config.train.loss_every_steps = 1;
    write_frame(&mut orders, &Order::Start(Box::new(start))).unwrap();
    orders.flush().unwrap();
    // Far more than queue and pipe can hold.
    let enough = |steps: usize| steps > 2500;
    let deadline = Instant::now() + Duration::from_secs(120);
    while !read_record(&run_dir).is_ok_and(|(events, _)| enough(events.len())) {
        assert!(Instant::now() < deadline, "it trains no further");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(orders);
    let deadline = Instant::now() + Duration::from_secs(30);
    while engine.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(summarize(&run_dir).unwrap().state, RunStanding::Stopped);
    Story::of(&run_dir).check_steps();
}

/// `nohup` asks that a terminal that goes be ignored; without it a hang-up is a stop.
#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_is_a_stop_unless_it_was_to_be_ignored() {
    let home = Home::new(20);
    let config = home.config_file(10_000);
    for (name, with_nohup) in [("nohup", true), ("plain", false)] {
        let mut command = if with_nohup { Command::new("nohup") } else { Command::new("env") };
        let mut child = command
            .args([PROGRAM, "train", "--config", text(&config), "--run", text(&home.run(name)), "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.by_ref().map(Result::unwrap).any(|line| line.contains("\"type\":\"epoch\"")));
        let signal = |name: &str| {
            Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
        };
        signal("-HUP");
        if with_nohup {
            // It trains on for an epoch at least.
            assert!(lines.by_ref().map(Result::unwrap).any(|line| line.contains("\"type\":\"epoch\"")));
            signal("-TERM");
        }
        let last = lines.map(Result::unwrap).last().unwrap();
        assert!(last.contains("\"status\":\"stopped\""), "{name}: {last}");
        assert_eq!(child.wait().unwrap().code(), Some(130), "{name}");
    }
}

#[test]
fn names_that_command_a_terminal_are_escaped() {
    let home = Home::new(20);
    let class = std::fs::read_dir(&home.images).unwrap().next().unwrap().unwrap().path();
    std::fs::write(class.join("\x1b[2Jgone\nnew line.png"), "no picture").unwrap();
    let config = home.config_file(1);
    let output = program(home.path())
        .args(["train", "--config", text(&config), "--run", text(&home.run("run"))])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("\\u{1b}[2Jgone\\nnew line.png"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
}

/// A stop comes through however many commands lie before it.
#[test]
fn a_flood_of_commands_is_folded() {
    let home = Home::new(20);
    let mut run = Run::start(home.start("run", 10_000));
    run.until("steps", |run| run.state.now.step > 2);
    for n in 0..50_000 {
        run.send(Order::SetWorkers(1 + n % 3));
    }
    assert_eq!(run.stop().status, RunStatus::Stopped);
    assert!(run.state.marks.len() < 2000, "{}", run.state.marks.len());
}
