//! The card of a thread that hangs: what it says, and what each of its buttons does.

use super::{Bench, finished};
use egui_kittest::kittest::Queryable;
use trainscope::protocol::{Command, Event, Stall, StallAction, StallAnswer, StalledFile, Staller, Stalls};

fn stall(who: Staller) -> Stall {
    let file = StalledFile { sample: 7, path: "/d/a/7.png".into(), name: "a/7.png".into(), epoch: 2, seed: 5 };
    Stall {
        who,
        file: (who != Staller::Trainer).then_some(file),
        stage: if who == Staller::Trainer { "step 812".into() } else { "decode".into() },
        elapsed_secs: 12.3,
        p999_secs: Some(0.0041),
        slowest_secs: Some(0.5),
        images: 5000,
    }
}

/// A run under way in which these hang.
fn stalled(who: &[Staller]) -> Bench {
    let mut bench = Bench::with_dataset();
    bench.start();
    let list = who.iter().map(|who| stall(*who)).collect();
    bench.engine.say(Event::Stalls(Stalls { list, left_behind: 2 }));
    bench.until("the card", |b| b.has_containing("has been in"));
    bench
}

#[test]
fn each_answer_reaches_the_engine_and_clears_the_card() {
    for (button, action) in [
        ("Keep waiting (loader-1)", StallAction::KeepWaiting),
        ("Skip this sample (loader-1)", StallAction::Skip),
        ("Replace the worker (loader-1)", StallAction::Replace),
        ("Quarantine the file (loader-1)", StallAction::Quarantine),
    ] {
        let mut bench = stalled(&[Staller::Worker(1)]);
        assert!(bench.has("loader-1 has been in decode for 12 s") && bench.has("a/7.png"));
        assert!(bench.has_containing("99.9 % of 5,000 images take under 4.1 ms; epoch 2, seed 5"));
        assert!(bench.has_containing("2 loader threads left behind"));
        assert!(!bench.has("End the engine and resume"));
        bench.click(button);
        let answer = StallAnswer { who: Staller::Worker(1), sample: Some(7), action };
        assert_eq!(bench.engine.sent().last(), Some(&Command::AnswerStall(answer)));
        assert!(!bench.has_containing("has been in"));
    }
}

#[test]
fn what_hangs_the_scan_is_left_out_or_waited_for() {
    for (button, action) in [
        ("Keep waiting (the scan)", StallAction::KeepWaiting),
        ("Leave this file out (the scan)", StallAction::Quarantine),
    ] {
        let mut bench = stalled(&[Staller::Scan]);
        assert!(bench.has("The scan has been in decode for 12 s") && bench.has("a/7.png"));
        assert!(!bench.has_containing("seed 5") && !bench.has("Skip this sample (the scan)"));
        bench.click(button);
        let answer = StallAnswer { who: Staller::Scan, sample: Some(7), action };
        assert_eq!(bench.engine.sent().last(), Some(&Command::AnswerStall(answer)));
    }
}

#[test]
fn several_stalls_are_answered_one_by_one() {
    let mut bench = stalled(&[Staller::Worker(0), Staller::Worker(1)]);
    // The second one is scrolled to.
    Queryable::get_by_label(&bench.harness, "Skip this sample (loader-1)").scroll_to_me();
    bench.harness.run_steps(40);
    bench.click("Skip this sample (loader-1)");
    assert!(bench.has("loader-0 has been in decode for 12 s") && !bench.has("loader-1 has been in decode for 12 s"));
    bench.engine.say(Event::Stalls(Stalls::default()));
    bench.until("the end of it", |b| !b.has_containing("has been in"));
}

#[test]
fn a_trainer_that_hangs_is_ended_and_resumed_by_one_button() {
    let mut bench = stalled(&[Staller::Trainer]);
    assert!(bench.has("The trainer has been in step 812 for 12 s"));
    assert!(!bench.has("Skip this sample (the trainer)"));
    let run_dir = bench.engine.started_with().unwrap().run_dir;
    bench.click("End the engine and resume");
    bench.until("the resume", |b| b.engine.started_with().is_some_and(|start| start.resume));
    let start = bench.engine.started_with().unwrap();
    assert_eq!((start.run_dir, start.config.data.quarantine.len()), (run_dir, 0));
    assert!(!bench.has_containing("has been in"));
}

#[test]
fn without_workers_the_file_or_the_worker_is_changed_at_the_resume() {
    for (button, quarantine, workers) in [
        ("End the engine, resume with 1 worker", vec![], Some(1)),
        ("End the engine, resume without this file", vec!["a/7.png".to_owned()], None),
    ] {
        let mut bench = stalled(&[Staller::Caller]);
        let before = bench.engine.started_with().unwrap().config.loader.workers;
        bench.click(button);
        bench.until("the resume", |b| b.engine.started_with().is_some_and(|start| start.resume));
        let config = bench.engine.started_with().unwrap().config;
        assert_eq!((config.data.quarantine, config.loader.workers), (quarantine, workers.unwrap_or(before)));
    }
}

#[test]
fn a_quarantined_file_stays_out_of_the_next_run_until_it_is_used_again() {
    let mut bench = Bench::with_dataset();
    bench.click("Dataset");
    bench.start();
    bench.engine.say(Event::Quarantined { secs: 3.0, name: "a/7.png".to_owned() });
    bench.until("the word of it", |b| b.has("1 file quarantined"));
    bench.engine.say(finished());
    bench.until("the end", |b| b.has_containing("Finished"));
    bench.start();
    assert_eq!(bench.engine.started_with().unwrap().config.data.quarantine, ["a/7.png"]);
    bench.engine.say(finished());
    bench.until("the end", |b| b.has_containing("Finished"));
    bench.click("Use again");
    assert!(!bench.has("1 file quarantined"));
    bench.start();
    assert!(bench.engine.started_with().unwrap().config.data.quarantine.is_empty());
}
