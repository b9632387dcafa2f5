//! A change of transforms that takes long to be tried: it is shown, can be taken back, and the panel goes by what runs.

use super::*;
use trainscope::protocol::{BisectProgress, Trying};

impl Bench {
    fn specs(&self) -> Vec<TransformSpec> {
        self.harness.state().state().config.transforms.clone()
    }

    /// The chains that the engine was sent.
    fn edits(&self) -> Vec<Vec<TransformSpec>> {
        let specs = |command| if let Command::SetTransforms(specs) = command { Some(specs) } else { None };
        self.engine.sent().into_iter().filter_map(specs).collect()
    }

    fn say_trying(&self, label: Option<&str>, running: &[TransformSpec], edits: u64) {
        let (label, running) = (label.map(Into::into), running.to_vec());
        self.engine.say(Event::Trying(Box::new(Trying { secs: 4.0, label, running, edits })));
    }
}

#[test]
fn a_change_being_tried_is_shown_and_taken_back() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let before = bench.specs();
    bench.click("RandRotate");
    bench.say_trying(Some("RandRotate off"), &before, 1);
    let words = "Trying RandRotate off on one image, for 6.0 s; training goes on without it.";
    bench.until("the trial", |b| b.has(words));
    assert_eq!(enabled(&bench.specs(), "RandRotate"), Some(false), "the box keeps what is wanted");
    bench.click("Take it back");
    bench.until("the old chain sent", |b| b.edits().last() == Some(&before));
    assert!(!bench.has(words) && bench.specs() == before);
    // The engine's word for it changes nothing more.
    bench.say_trying(None, &before, 2);
    bench.engine.say(step(21));
    bench.until("a step", |b| b.harness.state().state().run.now.step == 21);
    assert!(bench.specs() == before && bench.edits().len() == 2);
}

#[test]
fn a_refused_change_leaves_the_panel_with_what_runs() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let before = bench.specs();
    bench.click("RandRotate");
    bench.until("the change sent", |b| b.edits().len() == 1);
    bench.say_trying(None, &before, 1);
    bench.until("the box back", |b| b.specs() == before);
    assert_eq!(bench.edits().len(), 1, "nothing is sent for it");
}

#[test]
fn a_refusal_does_not_undo_what_is_newer() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let before = bench.specs();
    bench.click("RandRotate");
    bench.click("RandFlip");
    bench.until("both sent", |b| b.edits().len() == 2);
    let wanted = bench.specs();
    // Of the first change only: the second is still on its way.
    bench.say_trying(None, &before, 1);
    bench.engine.say(step(21));
    bench.until("a step", |b| b.harness.state().state().run.now.step == 21);
    assert!(bench.specs() == wanted);
    bench.say_trying(None, &wanted, 2);
    bench.engine.say(step(22));
    bench.until("a step", |b| b.harness.state().state().run.now.step == 22);
    assert!(bench.specs() == wanted);
}

#[test]
fn an_engine_that_dies_takes_the_trial_with_it() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let before = bench.specs();
    bench.click("RandRotate");
    bench.say_trying(Some("RandRotate off"), &before, 1);
    bench.until("the trial", |b| b.has("Take it back"));
    bench.engine.die();
    bench.until("the end", |b| !b.has("Take it back"));
    assert_eq!(bench.specs(), before, "a resume would go on with it");
}

#[test]
fn what_a_bisect_has_off_is_marked_beside_its_box() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let progress = |off: &[&str]| {
        Event::Bisect(Box::new(BisectProgress {
            trials: Vec::new(),
            so_far: "".into(),
            off: off.iter().map(|name| (*name).to_owned()).collect(),
            spent_secs: 1.0,
            budget_secs: 60.0,
            noise_floor_frac: None,
            steps: 40,
            config_version: 0,
            verdict: None,
        }))
    };
    let mark = "off now";
    // The second of a kind is another row's.
    bench.engine.say(progress(&["RandZoom", "RandRotate 2"]));
    bench.until("the mark", |b| b.has(mark));
    let row = bench.harness.get_by_role_and_label(egui::accesskit::Role::CheckBox, "RandZoom").rect();
    let mark_rect = bench.harness.get_by_label(mark).rect();
    assert!(row.y_range().contains(mark_rect.center().y) && row.right() < mark_rect.left(), "{row} {mark_rect}");
    assert_eq!(enabled(&bench.specs(), "RandZoom"), Some(true));
    bench.engine.say(progress(&[]));
    bench.until("the whole chain", |b| !b.has(mark));
}

/// The chosen network needs larger images: the engine puts a Resize into the chain that it was sent.
#[test]
fn what_the_engine_makes_of_the_chain_is_what_the_panel_shows() {
    let mut bench = Bench::with_dataset();
    bench.click("Start");
    bench.until("the start", |b| b.engine.started_with().is_some());
    let mut start = bench.engine.started_with().unwrap();
    start.config.transforms.push(TransformSpec::new("Resize"));
    bench.engine.say(Event::Started(Box::new(started(&start, 0))));
    bench.until("the chain", |b| b.harness.state().state().config.transforms == start.config.transforms);
}

/// Another window changed the chain four times, paused the run and was closed.
#[test]
fn a_run_that_is_attached_to_is_shown_as_it_stands() {
    let (dir, run_dir, lock) = super::resume::leave_a_run_that_goes_on();
    let mut bench = Bench::in_dir(dir);
    bench.until("the offer", |b| b.has("A run goes on in the background"));
    bench.click("Attach");
    bench.until("its curves", |b| b.harness.state().state().run.now.step == 20);
    let running = ["LoadImage", "EnsureChannelFirst", "ScaleIntensity", "RandRotate"].map(TransformSpec::new).to_vec();
    let start = StartRun::new(trainscope::config::RunConfig::default(), run_dir);
    bench.engine.say(Event::Started(Box::new(started(&start, 0))));
    bench.engine.say(Event::Phase(RunPhase::Paused));
    bench.say_trying(None, &running, 4);
    bench.until("the chain that runs", |b| b.specs() == running);
    assert_eq!(bench.harness.state().state().run.live, Live::Paused);
    // What is refused from here on is put back, as in the window that began the run.
    bench.click("RandRotate");
    bench.until("the change sent", |b| b.edits().len() == 1);
    assert_eq!(enabled(&bench.edits()[0], "RandRotate"), Some(false));
    bench.say_trying(None, &running, 5);
    bench.until("the box back", |b| b.specs() == running);
    drop(lock);
}
