//! A run that was stopped or killed and resumed is the run that was left alone: losses, validation and test, to the bit.

#[cfg(unix)]
use super::common::program;
use super::common::run;
use super::engine::Run;
use super::{Home, Story, text};
#[cfg(unix)]
use std::process::Stdio;
use trainscope::protocol::{Event, RunStatus, StartRun};
use trainscope::store::{RunStanding, read_record, summarize};

#[test]
fn a_resumed_run_ends_as_one_left_alone() {
    let home = Home::new(30);
    // With and without validation: then the best epoch is that of the lowest loss.
    for val_frac in [0.2, 0.0] {
        let config = |start: StartRun| {
            let mut start = start;
            start.config.data.val_frac = val_frac;
            start.config.train.loss_every_steps = 1;
            start
        };
        let (alone, cut) = (format!("alone {val_frac}"), format!("cut {val_frac}"));
        assert_eq!(Run::start(config(home.start(&alone, 4))).finished().status, RunStatus::Completed);
        let mut run = Run::start(config(home.start(&cut, 4)));
        // In mid-epoch, where batch norm's running statistics are pending.
        run.until("the second epoch", |run| run.state.now.epoch == 2 && run.state.now.step % 7 == 3);
        run.stop();
        let mut resumed = Run::start(config(home.resume(&cut, 4)));
        resumed.until("the third epoch", |run| run.state.now.epoch == 3);
        resumed.stop();
        assert_eq!(Run::start(config(home.resume(&cut, 4))).finished().status, RunStatus::Completed);
        let story = Story::of(&home.run(&cut));
        story.check_steps();
        assert_eq!(story, Story::of(&home.run(&alone)), "val_frac {val_frac}");
    }
}

#[test]
fn what_was_changed_before_a_resume_is_marked_where_the_run_goes_on() {
    let home = Home::new(30);
    let mut run = Run::start(home.start("run", 50));
    run.until("a checkpoint", |run| run.state.now.epoch == 2);
    run.stop();
    let mut again = home.resume("run", 50);
    again.config.transforms[5].enabled = false;
    again.config.loader.workers = 1;
    let mut resumed = Run::start(again);
    resumed.until("steps", |run| run.state.started.as_ref().is_some_and(|s| run.state.now.step > s.first_step + 1));
    resumed.stop();
    let first_step = resumed.state.started.as_ref().unwrap().first_step;
    let (events, missing) = read_record(&home.run("run")).unwrap();
    let marks = events.iter().filter_map(|event| match event {
        Event::Changed(mark) => Some((mark.step, mark.label.to_string())),
        _ => None,
    });
    let marks: Vec<(u64, String)> = marks.collect();
    assert!(missing.is_none() && first_step > 0, "{missing:?}");
    assert_eq!(marks, [(first_step + 1, "workers 2 → 1, RandRotate off".to_owned())]);
    assert_eq!(resumed.state.marks.len(), 1, "and the window has it");
}

/// With all that has a state of its own: averages, gathered gradients, a plateau, early stopping, validations within epochs.
#[test]
fn a_resumed_run_with_everything_on_ends_as_one_left_alone() {
    let home = Home::new(30);
    let sets = [
        "optimizer.name=adamw",
        "optimizer.ema_decay=0.8",
        "optimizer.accumulate_batches=3",
        "optimizer.clip_norm=1",
        "optimizer.head_lr_factor=2",
        "optimizer.decay_norms=false",
        "schedule.name=plateau",
        "schedule.patience=0",
        "schedule.warmup_steps=4",
        "train.label_smoothing=0.1",
        "train.class_weights=balanced",
        "train.sampling=balanced",
        "train.validate_every_steps=5",
        "train.early_stopping=100",
        "train.on_divergence=stop",
        "train.loss_every_steps=1",
    ];
    let sets = sets.map(str::to_owned);
    let config = |mut start: StartRun| {
        start.config = start.config.with_sets(&sets).unwrap();
        start
    };
    assert_eq!(Run::start(config(home.start("alone", 4))).finished().status, RunStatus::Completed);
    let mut run = Run::start(config(home.start("cut", 4)));
    run.until("the second epoch", |run| run.state.now.epoch == 2);
    run.stop();
    let mut resumed = Run::start(config(home.resume("cut", 4)));
    resumed.until("a later step", |run| run.state.now.epoch == 2 && run.state.now.step % 3 == 1);
    resumed.stop();
    assert_eq!(Run::start(config(home.resume("cut", 4))).finished().status, RunStatus::Completed);
    let story = Story::of(&home.run("cut"));
    story.check_steps();
    assert_eq!(story, Story::of(&home.run("alone")));
}

#[test]
fn two_cannot_train_in_one_folder() {
    let home = Home::new(20);
    let mut first = Run::start(home.start("run", 500));
    first.until("steps", |run| run.state.now.step > 2);
    let run_dir = home.run("run");
    let args = ["train", "--run", text(&run_dir), "--resume"];
    let second = run(home.path(), &args);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("process {}", first.engine.pid())), "{said}");
    let listed = summarize(&home.run("run")).unwrap();
    assert_eq!((listed.state, listed.resume.goes_on()), (RunStanding::Running, false));
    first.stop();
    let listed = summarize(&home.run("run")).unwrap();
    assert_eq!((listed.state, listed.resume.goes_on()), (RunStanding::Stopped, true));
    Story::of(&home.run("run")).check_steps();
}

/// The engine of a client that was killed is still ending when the run is resumed: it is waited for.
#[cfg(unix)]
#[test]
fn a_resume_waits_for_an_engine_that_is_ending() {
    let home = Home::new(20);
    let config = home.config_file(500);
    let run_dir = home.run("run");
    let mut client = program(home.path())
        .args(["train", "--config", text(&config), "--run", text(&run_dir), "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(client.stdout.take().unwrap()));
    assert!(lines.map(Result::unwrap).any(|line| line.contains("\"type\":\"epoch\"")));
    client.kill().unwrap();
    client.wait().unwrap();
    let mut resumed = Run::start(home.resume("run", 500));
    resumed.until("steps", |run| run.state.started.is_some() && run.state.now.step > 1);
    resumed.stop();
    Story::of(&run_dir).check_steps();
}

/// Wherever a kill fell while the folder was made, it can be started in or gone on with.
#[test]
fn a_folder_that_was_cut_off_while_it_was_made_is_usable() {
    let home = Home::new(20);
    home.train("whole", 1);
    let whole = home.run("whole");
    let copies: [(&str, &[&str], bool); 5] = [
        ("nothing but the lock", &["run.lock"], false),
        ("half a configuration", &["run.lock", ".writing-x"], false),
        ("a configuration", &["run.lock", "run.toml"], true),
        ("... and what it is trained on", &["run.lock", "run.toml", "data.json"], true),
        ("... and an empty record", &["run.lock", "run.toml", "data.json", "run.sqlite"], true),
    ];
    for (what, files, is_run) in copies {
        let dir = home.run(what);
        std::fs::create_dir(&dir).unwrap();
        for file in files {
            match *file {
                ".writing-x" | "run.sqlite" => std::fs::write(dir.join(file), "").unwrap(),
                file => drop(std::fs::copy(whole.join(file), dir.join(file)).unwrap()),
            }
        }
        assert_eq!(trainscope::store::is_run(&dir), is_run, "{what}");
        let start = if is_run { home.resume(what, 1) } else { home.start(what, 1) };
        assert_eq!(Run::start(start).finished().status, RunStatus::Completed, "{what}");
        assert_eq!(Story::of(&dir), Story::of(&whole), "{what}");
        assert!(!dir.join(".writing-x").exists());
    }
}

#[test]
fn a_run_that_was_stopped_before_its_first_checkpoint_begins_again_and_keeps_its_record_until_then() {
    let home = Home::new(40);
    let mut run = Run::start(home.start("run", 3));
    run.until("steps", |run| run.state.now.step > 2);
    run.engine.kill();
    run.until_gone();
    let mut resumed = Run::start(home.resume("run", 3));
    assert_eq!(resumed.finished().status, RunStatus::Completed);
    let started = resumed.state.started.unwrap();
    assert_eq!((started.resumed, started.first_step), (true, 0));
    Story::of(&home.run("run")).check_steps();
    assert!(!resumed.events.iter().any(|event| matches!(event, Event::Failed { .. })));
}

#[test]
fn runs_are_listed_as_they_stand() {
    let home = Home::new(20);
    let folder = home.path().join("runs");
    std::fs::create_dir(&folder).unwrap();
    let config = home.config_file(1);
    super::run_ok(home.path(), &["train", "--config", text(&config), "--run", text(&folder.join("done"))]);
    let mut run = Run::start(StartRun::new(home.config(500), folder.join("stopped 手")));
    run.until("steps", |run| run.state.now.step > 2);
    run.stop();
    let listed = super::common::json_lines(&super::run_ok(home.path(), &["runs", text(&folder), "--json"]));
    let of = |name: &str| listed.iter().find(|line| line["name"] == name).unwrap();
    assert_eq!((&of("done")["state"], &of("done")["can_resume"]), (&"completed".into(), &false.into()));
    assert!(of("done")["best_val_auc"].as_f64().is_some() && of("done")["epochs"] == 1);
    let stopped = of("stopped 手");
    assert_eq!((&stopped["type"], &stopped["state"]), (&"run".into(), &"stopped".into()));
    assert_eq!((&stopped["can_resume"], &stopped["model"]), (&true.into(), &"small_cnn".into()));
    assert!(stopped["images_per_sec"].as_f64().unwrap() > 0.0);
}
