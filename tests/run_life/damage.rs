//! Runs whose files are not what they were: what is whole is used, what is not is named, and nothing is thrown away.

use super::common::{run, run_ok};
use super::engine::Run;
use super::{Home, Story, text};
use std::path::{Path, PathBuf};
use trainscope::protocol::{Event, RunStatus};
use trainscope::store::{Checkpoints, Record, read_record};

/// A run stopped in its third epoch, with a best checkpoint before its newest.
fn stopped() -> Home {
    let home = Home::new(20);
    let mut run = Run::start(home.start("base", 60));
    loop {
        let later = |run: &Run| {
            let best = run.state.epochs.iter().filter(|epoch| epoch.best).map(|epoch| epoch.step).max();
            best.is_some_and(|best| run.state.now.step > best + 2)
        };
        run.until("steps after a best epoch", later);
        run.stop();
        // It may have gone on to a better epoch's very end before the stop reached it.
        let newest = Checkpoints::of(&home.run("base")).newest().checkpoint.unwrap().state;
        if newest.best_step.is_some_and(|best| best < newest.step) {
            return home;
        }
        run = Run::start(home.resume("base", 60));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}

fn flip_a_bit(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn cut_short(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

#[test]
fn a_damaged_newest_checkpoint_does_not_bar_the_best() {
    let home = stopped();
    let newest = Checkpoints::of(&home.run("base")).newest().checkpoint.unwrap();
    let best_step = newest.state.best_step.unwrap();
    let name = newest.path.file_name().unwrap().to_str().unwrap().to_owned();
    type Damage = (&'static str, fn(&Path));
    let damages: [Damage; 5] = [
        ("cut short", |dir| cut_short(&dir.join("model.bpk"))),
        ("a flipped bit", |dir| flip_a_bit(&dir.join("model.bpk"))),
        ("a flipped bit in the optimiser", |dir| flip_a_bit(&dir.join("optimizer.bpk"))),
        ("exchanged files", |dir| {
            std::fs::copy(dir.join("model.bpk"), dir.join("optimizer.bpk")).unwrap();
        }),
        ("a state that lies", |dir| {
            let text = std::fs::read_to_string(dir.join("state.json")).unwrap();
            std::fs::write(dir.join("state.json"), text.replace("\"next_epoch\": ", "\"next_epoch\": 9")).unwrap();
        }),
    ];
    for (what, damage) in damages {
        copy(&home.run("base"), &home.run(what));
        damage(&home.run(what).join("checkpoints").join(&name));
        let mut run = Run::start(home.resume(what, 5));
        assert_eq!(run.finished().status, RunStatus::Completed, "{what}");
        assert_eq!(run.state.started.as_ref().unwrap().first_step, best_step, "{what}");
        run.assert_warned(&format!("{name} is damaged"));
        Story::of(&home.run(what)).check_steps();
    }
}

#[test]
fn with_no_whole_checkpoint_nothing_is_thrown_away() {
    let home = stopped();
    let run_dir = home.run("base");
    for entry in std::fs::read_dir(run_dir.join("checkpoints")).unwrap() {
        flip_a_bit(&entry.unwrap().path().join("model.bpk"));
    }
    let before = Story::of(&run_dir);
    let output = run(home.path(), &["train", "--run", text(&run_dir), "--resume"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("is damaged") && said.contains("restart"), "{said}");
    assert_eq!(Story::of(&run_dir), before);
    let args =
        ["train", "--run", text(&run_dir), "--resume", "--on-changed-data", "restart", "--set", "train.epochs=1"];
    run_ok(home.path(), &args);
    assert_eq!(Story::of(&run_dir.join("earlier-1")), before);
}

/// The best epoch's weights are gone: what is tested instead is said, and the exit code says that something is missing.
#[test]
fn a_test_of_other_weights_is_never_silent() {
    let home = stopped();
    let run_dir = home.run("base");
    let checkpoints = Checkpoints::of(&run_dir);
    let best_step = checkpoints.newest().checkpoint.unwrap().state.best_step.unwrap();
    cut_short(&checkpoints.best(best_step).unwrap().path.join("model.bpk"));
    // No epoch can be better: the network no longer learns.
    let newest = checkpoints.newest().checkpoint.unwrap();
    let epochs = (newest.state.next_epoch).to_string();
    let sets = [format!("train.epochs={epochs}"), "optimizer.lr=1e-12".to_owned()];
    let args = ["train", "--run", text(&run_dir), "--resume", "--set", &sets[0], "--set", &sets[1], "--json"];
    let output = run(home.path(), &args);
    let lines = super::common::json_lines(&output);
    let finished = super::common::of_type(&lines, "finished")[0];
    if finished["best_epoch"].as_u64() == newest.state.best_epoch {
        assert_eq!(output.status.code(), Some(5), "{finished}");
        assert!(finished["missing"][0].as_str().unwrap().contains("the last weights are tested"), "{finished}");
    } else {
        assert_eq!(output.status.code(), Some(0), "{finished}");
    }
}

#[test]
fn an_evaluation_of_other_weights_is_never_silent() {
    let home = stopped();
    let run_dir = home.run("base");
    let checkpoints = Checkpoints::of(&run_dir);
    let newest = checkpoints.newest().checkpoint.unwrap().state;
    let best = checkpoints.best(newest.best_step.unwrap()).unwrap().path;
    let evaluate = || run_ok(home.path(), &["evaluate", text(&run_dir), "--data", text(&home.images), "--json"]);
    let first = evaluate();
    assert_eq!(super::common::json_lines(&first)[0]["best"], true);
    assert!(!String::from_utf8_lossy(&first.stderr).contains("best epoch"), "{first:?}");
    type Damage = (fn(&Path), &'static str);
    let damages: [Damage; 2] = [
        (|best| cut_short(&best.join("model.bpk")), " is damaged: model.bpk is not as it was written"),
        (|best| std::fs::remove_dir_all(best).unwrap(), "it is not there"),
    ];
    for (damage, why) in damages {
        damage(&best);
        let output = evaluate();
        let lines = super::common::json_lines(&output);
        assert_eq!((&lines[0]["best"], &lines[0]["step"]), (&false.into(), &newest.step.into()));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let (epoch, step) = (newest.best_epoch.unwrap(), newest.best_step.unwrap());
        let best = format!("the checkpoint of the best epoch, {epoch} (step {step}), cannot be used (");
        let used = format!("{why}): the weights are those after step {}", newest.step);
        assert!(said.contains(&best) && said.contains(&used), "{said}");
        let judge = ["judge", text(&run_dir), "--in", text(&home.images), "--json"];
        let judged = super::common::json_lines(&run_ok(home.path(), &judge));
        let instead = judged[0]["instead"].as_str().unwrap();
        assert!(instead.contains(&best) && instead.contains(&used), "{instead}");
    }
}

#[test]
fn a_record_that_lies_or_is_cut_short_is_read_as_far_as_it_goes() {
    let home = stopped();
    let out = home.path().join("plot.png");
    let plot = |run_dir: &PathBuf| {
        run(home.path(), &["plot", text(run_dir), "--metric", "loss", "--out", text(&out), "--overwrite"])
    };
    let damaged = |name: &str, damage: &dyn Fn(&Path)| {
        let dir = home.run(name);
        copy(&home.run("base"), &dir);
        damage(&dir.join("run.sqlite"));
        dir
    };
    let garbage = damaged("garbage", &|file| std::fs::write(file, [0xA5; 45_056]).unwrap());
    let output = plot(&garbage);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("run.sqlite"));

    let half = damaged("half", &cut_short);
    let output = plot(&half);
    // Part of it, with a word beside where it was written, or a reason why nothing: never a crash, never silence.
    let lines = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).lines().count();
    assert!(matches!((output.status.code(), lines(&output)), (Some(0), 2..) | (Some(3), 1..)), "{output:?}");
    assert_eq!(lines(&plot(&home.run("base"))), 1);

    // What no run can have made: the best epoch may be among what is left out.
    let lies = damaged("lies", &|file| {
        let run_dir = file.parent().unwrap();
        let newest = Checkpoints::of(run_dir).newest().checkpoint.unwrap().state;
        let (mut record, _) = Record::resume(run_dir, &newest).unwrap();
        record.append(&[Event::Warning { secs: 1e300, message: "".into() }]).unwrap();
    });
    let output = run_ok(home.path(), &["evaluate", text(&lies), "--data", text(&home.images), "--json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("which epoch is the best is known of a part of the record: 1 event"), "{said}");
}

#[cfg(unix)]
#[test]
fn pipes_in_place_of_files_are_not_waited_for() {
    let home = Home::new(20);
    home.train("run", 1);
    for file in ["run.toml", "run.sqlite"] {
        let dir = home.run(&format!("pipe {file}"));
        copy(&home.run("run"), &dir);
        std::fs::remove_file(dir.join(file)).unwrap();
        std::process::Command::new("mkfifo").arg(dir.join(file)).status().unwrap();
        for args in [vec!["train", "--run", text(&dir), "--resume"], vec!["runs", text(&dir)]] {
            run(home.path(), &args);
        }
        let out = home.path().join("x.png");
        let plot = ["plot", text(&dir), "--metric", "loss", "--out", text(&out), "--overwrite"];
        let output = run(home.path(), &plot);
        assert_eq!(output.status.code() == Some(0), file == "run.toml", "{output:?}");
    }
}

#[test]
fn a_record_of_a_newer_program_is_not_rewritten() {
    let home = stopped();
    let run_dir = home.run("base");
    let file = run_dir.join("run.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    // SQLite's user version, big-endian at 60.
    bytes[60..64].copy_from_slice(&99u32.to_be_bytes());
    std::fs::write(&file, &bytes).unwrap();
    assert!(read_record(&run_dir).is_err());
    let error = Run::start(home.resume("base", 60)).failed();
    assert!(error.contains("newer trainscope") && error.contains("99"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap()[60..64], 99u32.to_be_bytes());
}
