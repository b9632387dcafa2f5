//! A resume over other data than the run was begun with: said, refused, and gone on with knowingly.

use super::common::{json_lines, of_type, run};
use super::engine::Run;
use super::{Home, Story, text};
use std::path::PathBuf;
use std::process::Output;
use trainscope::protocol::RunStatus;
use trainscope::store::is_run;

/// A run that was stopped in its second epoch.
fn stopped(images_per_class: usize) -> (Home, PathBuf) {
    let home = Home::new(images_per_class);
    let mut run = Run::start(home.start("run", 60));
    run.until("the second epoch", |run| run.state.now.epoch == 2 && run.state.now.step % 5 == 3);
    run.stop();
    let run_dir = home.run("run");
    (home, run_dir)
}

fn resume(home: &Home, more: &[&str]) -> (Output, String) {
    let run_dir = home.run("run");
    let mut args = vec!["train", "--run", text(&run_dir), "--resume", "--json"];
    args.extend(more);
    let output = run(home.path(), &args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

/// The class folders, by name.
fn classes(home: &Home) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = std::fs::read_dir(&home.images).unwrap().map(|entry| entry.unwrap().path()).collect();
    dirs.sort();
    dirs
}

#[track_caller]
fn check_refused(home: &Home, words: &[&str]) {
    let before = Story::of(&home.run("run"));
    let (output, said) = resume(home, &[]);
    assert_eq!(output.status.code(), Some(3), "{said}");
    for word in words.iter().chain(&["--on-changed-data keep", "--on-changed-data restart"]) {
        assert!(said.contains(word), "{said:?} lacks {word:?}");
    }
    assert_eq!(Story::of(&home.run("run")), before, "nothing of the run was touched");
}

#[test]
fn a_renamed_class_would_swap_the_labels() {
    let (home, run_dir) = stopped(20);
    let first = &classes(&home)[5];
    std::fs::rename(first, home.images.join("AAA")).unwrap();
    check_refused(&home, &["new: class \"AAA\"", "gone: class"]);

    let (output, said) = resume(&home, &["--on-changed-data", "restart", "--set", "train.epochs=1"]);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let started = json_lines(&output);
    assert_eq!(of_type(&started, "started")[0]["class_names"][0], "AAA");
    assert_eq!(of_type(&started, "started")[0]["first_step"], 0);
    // What it was lies beside it, whole.
    let earlier = run_dir.join("earlier-1");
    assert!(is_run(&earlier));
    Story::of(&earlier).check_steps();
    Story::of(&run_dir).check_steps();
}

#[test]
fn images_that_come_or_go_change_the_split() {
    let (home, _) = stopped(20);
    let class = &classes(&home)[0];
    let mut files: Vec<PathBuf> = std::fs::read_dir(class).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for n in 0..5 {
        std::fs::copy(&files[0], class.join(format!("zz{n}.png"))).unwrap();
    }
    check_refused(&home, &["has 25 images, before 20"]);

    let (output, said) = resume(&home, &["--on-changed-data", "keep", "--set", "train.epochs=3"]);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let lines = json_lines(&output);
    assert!(of_type(&lines, "started")[0]["first_step"].as_u64().unwrap() > 0);
    let warned = of_type(&lines, "warning").iter().any(|line| line["message"].as_str().unwrap().contains("other data"));
    assert!(warned, "{lines:?}");
    // It is what the run is from now on.
    Story::of(&home.run("run")).check_steps();
    for file in files.iter().take(10) {
        std::fs::remove_file(file).unwrap();
    }
    check_refused(&home, &["has 15 images, before 25"]);
}

#[test]
fn another_batch_size_or_split_is_a_change_and_more_epochs_are_none() {
    let (home, _) = stopped(20);
    for (set, word) in [
        ("loader.batch_size=8", "loader.batch_size"),
        ("data.split_seed=9", "other ones"),
        ("train.seed=9", "train.seed"),
    ] {
        let (output, said) = resume(&home, &["--set", set]);
        assert_eq!(output.status.code(), Some(3), "{set}: {said}");
        assert!(said.contains(word), "{set}: {said}");
    }
    let (output, said) = resume(&home, &["--set", "model.name=densenet121", "--on-changed-data", "keep"]);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("does not fit") && said.contains("restart"), "{said}");
    let (output, said) =
        resume(&home, &["--set", "loader.batch_size=8", "--on-changed-data", "keep", "--set", "train.epochs=3"]);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let (output, said) = resume(&home, &["--set", "train.epochs=4"]);
    assert_eq!(output.status.code(), Some(0), "it is the run's own from then on: {said}");
}

#[test]
fn a_dataset_that_moved_is_the_same_dataset() {
    let (home, run_dir) = stopped(20);
    let moved = home.path().join("移动过的数据");
    std::fs::rename(&home.images, &moved).unwrap();
    let (output, said) = resume(&home, &[]);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let (output, said) = resume(&home, &["--data", text(&moved), "--set", "train.epochs=2"]);
    assert_eq!(output.status.code(), Some(0), "{said}");
    Story::of(&run_dir).check_steps();
    assert_eq!(of_type(&json_lines(&output), "finished")[0]["status"], serde_json::json!(RunStatus::Completed));
}
