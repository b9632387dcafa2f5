//! The window's frame: what folds, the notice's one place, the hardware's line, the workers, the palette, datasets that are
//! mistyped or taken back, and what becomes of a run when the window closes.

use super::resume::{leave_a_run, leave_a_run_that_goes_on};
use super::settings::CTRL_SHIFT;
use super::*;
use egui::{Key, Modifiers, ViewportEvent, ViewportId};
use trainscope::language::Language;
use trainscope::protocol::{
    BisectProgress, Bound, EpochEvent, GpuTelemetry, Prediction, Pressure, RunChange, StagesEvent, Telemetry, Verdict,
};
use trainscope::store::{CheckpointState, Record};
use trainscope::ui::Page;

impl Bench {
    pub fn by_id(&self, id: &str) -> Option<egui_kittest::Node<'_>> {
        let wanted = id.to_owned();
        self.harness.query_by(move |node| node.author_id() == Some(&wanted))
    }

    fn click_by_id(&mut self, id: &str) {
        self.by_id(id).unwrap_or_else(|| panic!("{id} is not there")).click();
        self.harness.step();
        self.harness.step();
    }

    /// Clicks what has that name, and once more where it stood, whatever stands there by `then`: as one who double-clicks everything.
    fn double_click(&mut self, label: &str, then: impl Fn(&Self) -> bool) {
        // A frame of the tests is a quarter of a second.
        self.harness.ctx.options_mut(|options| options.input_options.max_double_click_delay = 5.0);
        let at = self.harness.get_by_label(label).rect().center();
        self.click(label);
        self.until(label, then);
        self.harness.drag_at(at);
        self.harness.drop_at(at);
        self.harness.step();
        self.harness.run_steps(40);
    }

    /// The top of the tabs: what stands above them moved where this did.
    fn tabs_top(&self) -> f32 {
        self.harness.get_by_label("Inspect").rect().top()
    }

    /// As the system asks when the window's cross is clicked.
    fn ask_to_close(&mut self) {
        self.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
    }

    fn say_telemetry(&self, gpu: bool) {
        let gpu = gpu.then(|| GpuTelemetry {
            name: "RTX 4060".to_owned(),
            utilization_percent: Some(41.0),
            memory_used_bytes: Some(3 << 30),
            memory_total_bytes: Some(8 << 30),
            power_watts: Some(75.4),
            ..GpuTelemetry::default()
        });
        self.engine.say(Event::Telemetry(Box::new(Telemetry {
            secs: 11.0,
            cpu_percent: vec![40.0, 80.0],
            memory_used_bytes: Some(4 << 30),
            memory_total_bytes: Some(16 << 30),
            engine_memory_bytes: None,
            gpu_note: gpu.is_none().then(|| "no NVML library".into()),
            gpus: gpu.into_iter().collect(),
            pressure: Pressure::default(),
        })));
    }

    pub fn say_input_bound(&self) {
        self.say_verdict(Vec::new());
    }

    fn say_verdict(&self, predictions: Vec<Prediction>) {
        self.say_bound(Bound::Input, predictions);
    }

    fn say_bound(&self, bound: Bound, predictions: Vec<Prediction>) {
        self.engine.say(Event::Verdict(Box::new(Verdict {
            bound,
            sentence: "Input-bound: the trainer waits".into(),
            images_per_sec: Some(300.0),
            evidence: Vec::new(),
            ceilings: Vec::new(),
            predictions,
            troubles: Vec::new(),
        })));
    }
}

fn workers(workers: usize, images_per_sec: f64) -> Prediction {
    Prediction {
        change: RunChange::Workers(workers),
        images_per_sec,
        low: images_per_sec * 0.9,
        high: images_per_sec * 1.1,
        measured: false,
        next_bound: Bound::Compute,
        next_limit: "the device".into(),
    }
}

#[test]
fn what_is_settled_is_folded_and_unfolds_again() {
    let mut bench = Bench::with_dataset();
    assert!(!bench.has("Choose folder…") && bench.has("Batch size") && bench.has("Next image"));
    bench.start();
    bench.until("the fold", |b| !b.has("Batch size") && !b.has("Next image"));
    assert!(bench.has("RandRotate") && bench.has("One worker more"), "what is live stays in sight");
    bench.click_by_id("section-training");
    bench.until("the training's settings", |b| b.has("Device"));
}

/// What stands in it wraps: nothing but a person's hand makes the column wider.
#[test]
fn the_column_keeps_the_width_that_it_is_given() {
    let mut bench = Bench::with_dataset();
    let left = |b: &Bench| b.harness.get_by_label("Inspect").rect().left();
    let before = left(&bench);
    assert!(before < 440.0, "{before}");
    for section in ["section-dataset", "section-loader", "section-training"] {
        bench.click_by_id(section);
        bench.harness.step();
        assert_eq!(left(&bench), before, "{section}");
    }
}

/// As on a screen of 1280 x 800 pixels at 200 %: what stands around the page gives way to it.
#[test]
fn a_page_keeps_half_of_a_small_window_and_gets_its_width_for_the_asking() {
    const SMALL: egui::Vec2 = egui::vec2(640.0, 400.0);
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.say_telemetry(true);
    bench.say_input_bound();
    bench.until("the hardware", |b| b.has_containing("Input-bound") && b.by_id("hardware cpu").is_some());
    assert!(bench.by_id("fold-column").is_none(), "there is room");
    bench.harness.set_size(SMALL);
    bench.until("the way to fold", |b| b.by_id("fold-column").is_some());
    bench.harness.run_steps(4);
    let height = bench.by_id("log").unwrap().rect().top() - bench.harness.get_by_label("Inspect").rect().bottom();
    assert!(height >= 0.5 * SMALL.y, "{height}");
    let width = |b: &Bench| SMALL.x - b.by_id("fold-column").unwrap().rect().left();
    assert!(width(&bench) >= 0.5 * SMALL.x, "{}", width(&bench));
    let has_column = |b: &Bench| b.by_id("section-dataset").is_some();
    assert!(has_column(&bench));
    bench.click_by_id("fold-column");
    bench.until("the column gone", |b| !has_column(b));
    assert!(width(&bench) > 0.95 * SMALL.x, "{}", width(&bench));
    // Where there is room it stands there, folded away or not.
    bench.harness.set_size(egui::vec2(1280.0, 800.0));
    bench.until("the column", has_column);
    bench.harness.set_size(SMALL);
    bench.until("the small window", |b| !has_column(b));
    bench.click_by_id("fold-column");
    bench.until("the column again", has_column);
}

#[test]
fn the_notice_keeps_its_place_whatever_it_says() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.harness.step();
    let top = bench.tabs_top();
    bench.say_verdict(Vec::new());
    bench.until("the verdict", |b| b.has_containing("Input-bound"));
    assert_eq!(bench.tabs_top(), top);
    let kind = trainscope::protocol::FailureKind::Other;
    bench.engine.say(Event::Failed { error: "a very long reason. ".repeat(40).into(), kind });
    bench.until("the failure", |b| b.has("The run failed"));
    assert_eq!(bench.tabs_top(), top);
}

/// What would help stands at a sentence's end.
#[test]
fn of_a_long_verdict_nothing_is_cut() {
    fn texts<'s>(shape: &'s egui::Shape, into: &mut Vec<&'s egui::epaint::TextShape>) {
        match shape {
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| texts(shape, into)),
            egui::Shape::Text(text) => into.push(text),
            _ => {}
        }
    }
    let mut bench = Bench::with_dataset();
    bench.start();
    let sentence = format!("Input-bound: {}RandZoom off", "the trainer waits for images, ".repeat(13));
    bench.engine.say(Event::Verdict(Box::new(Verdict {
        bound: Bound::Input,
        sentence: sentence.as_str().into(),
        images_per_sec: Some(300.0),
        evidence: Vec::new(),
        ceilings: Vec::new(),
        predictions: Vec::new(),
        troubles: Vec::new(),
    })));
    bench.until("the verdict", |b| b.has_containing("RandZoom off"));
    let mut all = Vec::new();
    bench.harness.output().shapes.iter().for_each(|clipped| texts(&clipped.shape, &mut all));
    let shown = all.into_iter().find(|text| text.galley.text() == sentence).unwrap();
    assert!(shown.galley.rows.len() > 2 && !shown.galley.elided, "{} lines", shown.galley.rows.len());
}

#[test]
fn the_verdict_offers_what_helps_most() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.say_verdict(Vec::new());
    bench.until("the offer to look", |b| b.has("Find the culprit (60 s)"));
    let more = bench.harness.state().state().config.loader.workers + 3;
    bench.say_verdict(vec![workers(more, 600.0)]);
    bench.until("the workers", |b| b.has(&format!("Use {more} workers (+100 %)")));
    bench.click_by_id("best-offer");
    assert_eq!(bench.engine.sent().last(), Some(&Command::SetWorkers(more)));
    // A bisect is stopped from the same place.
    bench.engine.say(Event::Bisect(Box::new(BisectProgress {
        trials: Vec::new(),
        so_far: String::new().into(),
        off: vec!["RandZoom".to_owned()],
        spent_secs: 1.0,
        budget_secs: 60.0,
        noise_floor_frac: None,
        steps: 40,
        config_version: 0,
        verdict: None,
    })));
    bench.until("the bisect", |b| b.has("Stop the bisect") && b.has("off now"));
    bench.click("Stop the bisect");
    assert_eq!(bench.engine.sent().last(), Some(&Command::StopBisect));
}

/// A verdict a second: what a button asks for is what was read on it.
#[test]
fn under_the_pointer_the_number_of_workers_stays() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let more = bench.harness.state().state().config.loader.workers + 3;
    bench.say_verdict(vec![workers(more, 600.0)]);
    let label = format!("Use {more} workers (+100 %)");
    bench.until("the workers", |b| b.has(&label));
    let at = bench.harness.get_by_label(&label).rect().center();
    bench.harness.hover_at(at);
    bench.harness.run_steps(2);
    bench.say_verdict(vec![workers(more, 660.0), workers(more + 2, 750.0)]);
    bench.until("the same number", |b| b.has(&format!("Use {more} workers (+120 %)")));
    bench.harness.hover_at(egui::pos2(1.0, 1.0));
    bench.until("the best", |b| b.has(&format!("Use {} workers (+150 %)", more + 2)));
    bench.harness.hover_at(at);
    bench.harness.run_steps(2);
    bench.say_verdict(vec![workers(more, 750.0), workers(more + 2, 720.0)]);
    bench.until("the one under the pointer", |b| b.has(&format!("Use {} workers (+140 %)", more + 2)));
    bench.click_by_id("best-offer");
    assert_eq!(bench.engine.sent().last(), Some(&Command::SetWorkers(more + 2)));
}

/// A band that reaches below what is done now recommends nothing, nor does a verdict on the run before its last change.
#[test]
fn what_is_uncertain_may_be_tried_and_what_is_old_is_not_offered() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let more = bench.harness.state().state().config.loader.workers + 3;
    bench.say_bound(Bound::Compute, vec![workers(more, 315.0)]);
    let uncertain = format!("Try {more} workers (+5 %, uncertain)");
    bench.until("the offer", |b| b.has(&uncertain));
    assert!(!bench.stands_out(&uncertain));
    bench.say_bound(Bound::Compute, vec![workers(more, 600.0)]);
    let sure = format!("Use {more} workers (+100 %)");
    bench.until("the better one", |b| b.has(&sure));
    assert!(bench.stands_out(&sure));
    bench.say_bound(Bound::NotEnough, Vec::new());
    bench.until("it to be old", |b| b.has_containing("Before the last change"));
    assert!(bench.by_id("best-offer").is_none());
}

#[test]
fn before_a_verdict_it_says_how_far_it_is() {
    let mut bench = Bench::with_dataset();
    bench.click("Start");
    bench.until("the start", |b| b.has_containing("Preparing: ") && b.engine.started_with().is_some());
    let start = bench.engine.started_with().unwrap();
    assert!(start.detached, "a window may be closed while its run goes on");
    bench.engine.say(Event::Started(Box::new(started(&start, 0))));
    bench.engine.say(Event::Phase(RunPhase::Training));
    (1..=7).for_each(|n| bench.engine.say(step(n)));
    bench.until("the count", |b| b.has("Collecting 20 steps (7 of 20)"));
}

#[test]
fn the_hardware_stands_in_a_line_and_opens_its_plots() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.say_telemetry(false);
    bench.until("the readings", |b| b.has("CPU 60 %") && b.has("RAM 4.0 / 16.0 GiB"));
    assert!(bench.has("no NVIDIA GPU") && !bench.has_containing("VRAM"));
    let queue = |queue_len, queue_capacity| {
        let stages = Vec::new();
        let (secs, config_version, workers, cache) = (11.0, 0, 1, None);
        Event::Stages(StagesEvent { secs, config_version, workers, stages, queue_len, queue_capacity, cache })
    };
    // A bisect has just made it shorter.
    bench.engine.say(queue(2, 1));
    bench.until("the full queue", |b| b.has("Queue 1 / 1"));
    bench.engine.say(queue(1, 4));
    bench.until("the queue", |b| b.has("Queue 1 / 4"));
    bench.say_telemetry(true);
    bench.until("the card", |b| b.has("GPU 41 %") && b.has("VRAM 3.0 / 8.0 GiB") && b.has("Power 75 W"));
    assert!(!bench.has("no NVIDIA GPU"));
    bench.click_by_id("hardware cpu");
    assert_eq!(bench.harness.state().state().view.alone.as_deref(), Some("cpu"));
    bench.press_keys(Modifiers::NONE, Key::Escape);
    assert_eq!(bench.harness.state().state().view.alone, None);
    bench.engine.say(finished());
    bench.until("what was read last", |b| b.has("CPU 60 %, last reading") && b.has("Queue 1 / 4, last reading"));
    assert!(!bench.has("CPU 60 %"));
}

#[test]
fn escape_leaves_a_field_before_it_shows_all_plots() {
    let mut bench = Bench::with_dataset();
    bench.click("Dataset");
    bench.start();
    bench.say_telemetry(false);
    bench.until("the readings", |b| b.has("CPU 60 %"));
    bench.engine.say(finished());
    bench.until("the end", |b| b.has("CPU 60 %, last reading"));
    bench.click_by_id("hardware cpu");
    bench.harness.get_by_label("Dataset folder").focus();
    bench.harness.run_steps(2);
    assert!(bench.harness.ctx.text_edit_focused());
    for alone in [Some("cpu"), None] {
        bench.press_keys(Modifiers::NONE, Key::Escape);
        assert_eq!(bench.harness.state().state().view.alone.as_deref(), alone);
    }
}

#[test]
fn the_palette_finds_a_command_and_escape_closes_only_what_is_on_top() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.click_by_id("hardware cpu");
    bench.press_keys(CTRL_SHIFT, Key::P);
    bench.until("the palette", |b| b.has("Search commands"));
    assert!(!bench.engine.sent().contains(&Command::Pause), "Ctrl+P is another command's");
    bench.press_keys(Modifiers::NONE, Key::Escape);
    bench.until("it to be gone", |b| !b.has("Search commands"));
    assert!(bench.harness.state().state().view.alone.is_some(), "the plot below it was closed too");

    bench.press_keys(CTRL_SHIFT, Key::P);
    bench.until("the palette", |b| b.has("Search commands"));
    bench.harness.get_by_label("Search commands").type_text("what must be wrong here");
    bench.until("nothing", |b| b.has("No such command"));
    bench.press_keys(Modifiers::COMMAND, Key::A);
    bench.harness.get_by_label("Search commands").type_text("resume");
    bench.until("the command", |b| b.has("Command: Pause, resume"));
    bench.press_keys(Modifiers::NONE, Key::Enter);
    bench.until("the pause", |b| b.engine.sent().contains(&Command::Pause));
    assert!(!bench.has("Search commands"));
}

/// The second half of a double click would end at once what the first half stops, and go on with what it pauses.
#[test]
fn a_double_click_asks_for_one_thing() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.engine.say(Event::Phase(RunPhase::Training));
    bench.double_click("Pause", |b| {
        if b.engine.sent().last() == Some(&Command::Pause) {
            b.engine.say(Event::Phase(RunPhase::Paused));
        }
        b.harness.state().state().run.live == Live::Paused
    });
    assert_eq!(bench.engine.sent().last(), Some(&Command::Pause));
    bench.click("Resume");
    bench.engine.say(Event::Phase(RunPhase::Training));
    bench.until("going on", |b| b.harness.state().state().run.live == Live::Running);
    let workers = bench.harness.state().state().config.loader.workers;
    bench.double_click("One worker more", |_| true);
    assert_eq!(bench.harness.state().state().config.loader.workers, workers + 2, "as fast as one can click");

    bench.double_click("Stop", |b| b.has("End now"));
    assert_eq!(bench.harness.state().state().run.live, Live::Stopping);
    bench.click("End now");
    bench.until("its end", |b| b.has("The engine died: ended by signal 9"));
}

/// All in one frame, as a computer that is busy hands it on: the first half is among it.
#[test]
fn a_double_click_at_once_asks_for_one_thing_too() {
    let mut bench = Bench::with_dataset();
    let pos = bench.harness.get_by_label("Start").rect().center();
    bench.harness.hover_at(pos);
    bench.harness.step();
    let half = |pressed| {
        let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
        egui::Event::PointerButton { pos, button, pressed, modifiers }
    };
    bench.harness.input_mut().events.extend([true, false, true, false].map(half));
    bench.until("the start", |b| b.engine.started_with().is_some());
}

/// What only a page or a menu has a button for is brought into sight with it.
#[test]
fn the_palette_has_what_pages_and_menus_offer() {
    let mut bench = Bench::with_dataset();
    let ask = |bench: &mut Bench, search: &str, command: &str| {
        bench.press_keys(CTRL_SHIFT, Key::P);
        bench.until("the palette", |b| b.has("Search commands"));
        bench.harness.get_by_label("Search commands").type_text(search);
        bench.until("the command", |b| b.has(command));
        bench.press_keys(Modifiers::NONE, Key::Enter);
    };
    let zooms = |b: &Bench| enabled(&b.harness.state().state().config.transforms, "RandZoom").is_some();
    assert!(zooms(&bench));
    ask(&mut bench, "light little", "Command: Chain: Light");
    bench.until("the chain", |b| !zooms(b));
    ask(&mut bench, "tutorial densenet121", "Command: Training: MONAI's MedNIST tutorial");
    bench.until("the training", |b| b.harness.state().state().config.model.name == "densenet121");
    ask(&mut bench, "measure cores", "Command: Measure the dataset");
    bench.until("the page", |b| b.harness.state().state().view.page == Page::INSPECT);
    bench.until("the figures", |b| b.has("Measure again"));
    let shown = |b: &Bench| b.harness.state().state().dataset.dir().cloned();
    let before = shown(&bench);
    ask(&mut bench, "sample images", "Command: Try with sample images");
    bench.until("the samples", |b| shown(b) != before);
}

/// All in one frame, as a computer that is busy hands it on.
#[test]
fn what_is_typed_right_after_the_palette_s_keys_is_its_own() {
    let mut bench = Bench::new();
    let pressed =
        egui::Event::Key { key: Key::P, physical_key: None, pressed: true, repeat: false, modifiers: CTRL_SHIFT };
    let typed = ["no such", " thing"].map(|text| egui::Event::Text(text.to_owned()));
    bench.harness.input_mut().events.push(pressed);
    bench.harness.input_mut().events.extend(typed);
    bench.until("the search", |b| b.has("No such command"));
    assert_eq!(bench.harness.get_by_label("Search commands").value().as_deref(), Some("no such thing"));
}

/// A dialog has the keys, but for those of the palette and of the window's end.
#[test]
fn keys_do_nothing_behind_a_dialog() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let sent = bench.engine.sent().len();
    for open in [Key::E, Key::Q] {
        bench.press_keys(Modifiers::COMMAND, open);
        if open == Key::Q {
            bench.ask_to_close();
        }
        bench.until("the dialog", |b| b.harness.state().state().view.is_dialog_open());
        for key in [Key::Period, Key::P, Key::B, Key::ArrowUp, Key::Num6, Key::Z] {
            bench.press_keys(Modifiers::COMMAND, key);
        }
        let state = bench.harness.state().state();
        assert_eq!((bench.engine.sent().len(), state.view.page), (sent, Page::PLOTS));
        assert!(state.view.is_dialog_open());
        bench.press_keys(CTRL_SHIFT, Key::P);
        bench.until("the palette", |b| b.has("Search commands"));
        bench.press_keys(Modifiers::NONE, Key::Escape);
        bench.until("it to be gone", |b| !b.has("Search commands"));
        bench.press_keys(Modifiers::NONE, Key::Escape);
        bench.until("the dialog to be gone", |b| !b.harness.state().state().view.is_dialog_open());
    }
    bench.press_keys(Modifiers::COMMAND, Key::Period);
    assert_eq!(bench.engine.sent().last(), Some(&Command::Stop));
}

#[test]
fn the_palette_lists_as_much_as_ever_after_a_search_in_vain() {
    let mut bench = Bench::new();
    bench.press_keys(CTRL_SHIFT, Key::P);
    bench.until("the palette", |b| b.has("Search commands"));
    bench.harness.get_by_label("Search commands").type_text("what must be wrong here");
    bench.until("nothing", |b| b.has("No such command"));
    bench.press_keys(Modifiers::NONE, Key::Escape);
    bench.until("it to be gone", |b| !b.has("Search commands"));
    bench.press_keys(CTRL_SHIFT, Key::P);
    bench.until("the palette", |b| b.has("Search commands"));
    // The tenth of the list: a click where it was cut off would meet the window behind.
    bench.harness.get_by_label("Command: Paste a chain…").click();
    bench.until("the dialog", |b| b.has("Chain as text"));
}

#[test]
fn what_cannot_be_done_now_stays_undone_in_the_palette() {
    let mut bench = Bench::new();
    bench.press_keys(CTRL_SHIFT, Key::P);
    bench.until("the palette", |b| b.has("Search commands"));
    bench.click("Command: Stop");
    assert!(bench.has("Search commands") && bench.engine.sent().is_empty());
    bench.harness.get_by_label("Search commands").type_text("settings everything");
    bench.until("the page", |b| b.has("Command: Settings"));
    bench.press_keys(Modifiers::NONE, Key::ArrowDown);
    bench.press_keys(Modifiers::NONE, Key::Enter);
    bench.until("it to be gone", |b| !b.has("Search commands"));
    assert_eq!(bench.harness.state().state().view.page, Page::SETTINGS);
}

#[test]
fn the_list_of_keys_fits_into_the_smallest_window() {
    let mut bench = Bench::new();
    bench.harness.set_size(egui::vec2(600.0, 340.0));
    bench.press_keys(Modifiers::NONE, Key::Questionmark);
    bench.until("the button in sight", |b| {
        b.harness.query_by_label("Close").is_some_and(|close| close.rect().bottom() < 340.0)
    });
}

#[test]
fn a_mistyped_path_keeps_the_dataset() {
    let mut bench = Bench::with_dataset();
    bench.click("Dataset");
    bench.type_into("Dataset folder", "/no/such/folder");
    bench.until("the word on it", |b| b.has_containing("Not opened: /no/such/folder"));
    let ready = |b: &Bench| b.harness.state().state().dataset.ready().map(|r| r.opened.clone());
    let data = bench.dir.path().join("sample data");
    assert_eq!(ready(&bench), Some(data.clone()));
    assert_eq!(bench.harness.state().state().config.data.dir, Some(data));
    assert_eq!(bench.harness.state().state().why_not_start(), None);
    assert!(!bench.harness.state().state().recent.iter().any(|dir| dir.starts_with("/no")));
    bench.click("Dismiss");
    assert!(!bench.has_containing("Not opened"));
}

#[test]
fn another_dataset_is_taken_back_and_opened_again() {
    let mut bench = Bench::with_dataset();
    let first = bench.dir.path().join("sample data");
    let second = bench.dir.path().join("another");
    let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
    trainscope::data::sample_images::write_sample_dataset(&second, 3, 0, &mut go_on).unwrap();
    let shown = |b: &Bench| b.harness.state().state().dataset.ready().map(|r| r.opened.clone());
    bench.click("Dataset");
    bench.type_into("Dataset folder", &second.display().to_string());
    bench.until("the second", |b| shown(b) == Some(second.clone()));
    bench.press_keys(Modifiers::COMMAND, Key::Z);
    bench.until("the first again", |b| shown(b) == Some(first.clone()) && b.has_containing("undone: "));
    bench.press_keys(Modifiers::COMMAND, Key::Y);
    bench.until("the second again", |b| shown(b) == Some(second.clone()) && b.has_containing("redone: "));
}

/// The welcome page comes again where a run is stopped before its first step, and offers other folders.
#[test]
fn an_active_run_keeps_its_dataset() {
    let mut bench = Bench::with_dataset();
    let first = bench.dir.path().join("sample data");
    let second = bench.dir.path().join("another");
    let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
    trainscope::data::sample_images::write_sample_dataset(&second, 3, 0, &mut go_on).unwrap();
    let shown = |b: &Bench| b.harness.state().state().dataset.ready().map(|r| r.opened.clone());
    bench.click("Dataset");
    bench.type_into("Dataset folder", &second.display().to_string());
    bench.until("the second", |b| shown(b) == Some(second.clone()));
    bench.press_keys(Modifiers::COMMAND, Key::Z);
    bench.until("the first again", |b| shown(b) == Some(first.clone()));
    bench.click("Start");
    bench.click("Stop");
    bench.until("the welcome page", |b| b.has("another"));
    bench.click("another");
    assert_eq!(shown(&bench), Some(first));
    assert!(bench.has_containing("Stop the run to choose another dataset"), "and says why");
}

#[test]
fn a_window_closed_in_training_leaves_it_going_on() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.press_keys(Modifiers::COMMAND, Key::Q);
    bench.ask_to_close();
    bench.until("the question", |b| b.has("Go on in the background"));
    bench.click("Keep training");
    assert!(!bench.has("Go on in the background"));
    bench.ask_to_close();
    bench.until("the question", |b| b.has("Go on in the background"));
    assert!(bench.harness.get_by_label("Go on in the background").is_focused(), "Enter presses it");
    bench.press_keys(Modifiers::NONE, Key::Tab);
    assert!(bench.harness.get_by_label("Stop after this epoch").is_focused());
    bench.click("Go on in the background");
    assert!(!bench.engine.sent().contains(&Command::Stop));
    assert!(bench.harness.state().state().run.live.is_active());
}

#[test]
fn a_window_closed_after_the_epoch_stops_with_its_end() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.ask_to_close();
    bench.until("the question", |b| b.has("Stop after this epoch"));
    bench.click("Stop after this epoch");
    bench.until("the word on it", |b| b.has("The window closes when epoch 1 has ended."));
    bench.engine.say(step(21));
    bench.until("the step", |b| b.harness.state().state().run.now.step == 21);
    assert!(!bench.engine.sent().contains(&Command::Stop));
    bench.engine.say(Event::Epoch(EpochEvent {
        secs: 11.0,
        step: 21,
        epoch: 1,
        train_loss: 0.1,
        val_loss: None,
        val_accuracy: None,
        val_auc: None,
        epoch_secs: 10.0,
        best: true,
        val_secs: 0.5,
    }));
    bench.until("the stop", |b| b.engine.sent().contains(&Command::Stop));
}

#[test]
fn the_question_at_closing_ends_with_its_run() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.ask_to_close();
    bench.until("the question", |b| b.has("Go on in the background"));
    bench.engine.say(finished());
    bench.until("the end", |b| b.has("Finished: test accuracy 75.00 %, AUC 0.8765"));
    assert!(!bench.harness.state().state().view.is_dialog_open(), "an unseen dialog has the keys");
    bench.click("Start");
    bench.until("the next run", |b| b.harness.state().state().run.live.is_active());
    assert!(!bench.has("Go on in the background"), "the next run is asked about unasked");
}

/// A run that trains by itself: its record is shown, and what comes goes on from there.
#[test]
fn a_run_that_goes_on_without_a_window_is_attached_to() {
    let (dir, run_dir, lock) = leave_a_run_that_goes_on();
    let mut bench = Bench::in_dir(dir);
    bench.until("the offer", |b| b.has("A run goes on in the background"));
    bench.click("Attach");
    bench.until("its curves", |b| b.harness.state().state().run.now.step == 20);
    // The engine greets with what was, which the record has already.
    let mut start = StartRun::new(trainscope::config::RunConfig::default(), run_dir.clone());
    start.detached = true;
    bench.engine.say(Event::Started(Box::new(started(&start, 0))));
    bench.engine.say(step(20));
    bench.engine.say(step(21));
    bench.until("what is new", |b| b.harness.state().state().run.now.step == 21);
    assert_eq!(bench.harness.state().state().run.series.loss.points().len(), 21);
    assert_eq!(bench.engine.started_with(), None, "it was started a second time");
    bench.click("Stop");
    assert_eq!(bench.engine.sent().last(), Some(&Command::Stop));
    drop(lock);
}

#[test]
fn another_run_is_not_the_next_thing_to_start_beside_one_that_goes_on() {
    let (dir, _, lock) = leave_a_run_that_goes_on();
    let mut bench = Bench::in_dir(dir);
    let data = bench.write_images();
    bench.open(&data);
    bench.until("the offer", |b| b.has("A run goes on in the background"));
    assert!(bench.stands_out("Attach") && !bench.stands_out("Start"));
    bench.click("Dismiss");
    assert!(bench.stands_out("Start"));
    drop(lock);
}

/// What it did between the reading of its record and its first word is in the record by then, and no hole in the curves.
#[test]
fn what_a_run_did_while_it_was_attached_to_is_shown_too() {
    let (dir, run_dir, lock) = leave_a_run_that_goes_on();
    let mut bench = Bench::in_dir(dir);
    bench.until("the offer", |b| b.has("A run goes on in the background"));
    bench.click("Attach");
    bench.until("its curves", |b| b.harness.state().state().run.now.step == 20);
    let warning = || Event::Warning { secs: 11.2, message: "a slow disk".into() };
    let from = CheckpointState { step: 20, secs: 10.0, ..CheckpointState::begin() };
    let (mut record, _) = Record::resume(&run_dir, &from).unwrap();
    record.append(&[step(21), step(22), warning()]).unwrap();
    bench.engine.say(Event::Hello { protocol: 1, version: String::new(), pid: 1 });
    let start = StartRun::new(trainscope::config::RunConfig::default(), run_dir.clone());
    bench.engine.say(Event::Started(Box::new(started(&start, 0))));
    // Said since it greets, and recorded by the time that the record is read again.
    bench.engine.say(step(22));
    bench.engine.say(warning());
    bench.engine.say(step(23));
    bench.until("what is new", |b| b.harness.state().state().run.now.step == 23);
    let run = &bench.harness.state().state().run;
    assert_eq!(run.live, Live::Running);
    let steps: Vec<f64> = run.series.loss.points().iter().map(|point| point[0] * 2.0).collect();
    assert_eq!(steps, (1..=23).map(f64::from).collect::<Vec<_>>());
    assert_eq!(run.log.iter().filter(|line| line.message.to_string() == "a slow disk").count(), 1);
    drop(lock);
}

#[test]
fn a_run_that_goes_on_is_found_however_many_began_since() {
    let (dir, run_dir, lock) = leave_a_run_that_goes_on();
    for number in 0..8 {
        copy(&run_dir, &run_dir.with_file_name(format!("20261129-10000{number}-small_cnn")));
    }
    let mut bench = Bench::in_dir(dir);
    bench.until("the run", |b| b.harness.state().state().going_on.as_ref() == Some(&run_dir));
    assert!(bench.harness.state().state().recent_runs.iter().all(|run| run.dir != run_dir));
    drop(lock);
}

#[test]
fn runs_of_before_are_listed_and_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    leave_a_run(&dir.path().join("state"));
    let older = dir.path().join("state").join("runs").join("20261127-090000-small_cnn");
    copy(&dir.path().join("state").join("runs").join("20261128-101500-small_cnn"), &older);
    let mut bench = Bench::in_dir(dir);
    bench.until("the newest", |b| b.has("Resume from last checkpoint"));
    let names: Vec<String> = bench.harness.state().state().recent_runs.iter().map(|run| run.name.clone()).collect();
    assert_eq!(names, ["20261128-101500-small_cnn", "20261127-090000-small_cnn"]);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// What is chosen is kept with the window; the words themselves are the whole process's, and change in a test of their own.
#[test]
fn a_language_is_chosen_on_the_settings_page() {
    let mut bench = Bench::new();
    bench.press_keys(CTRL_SHIFT, Key::P);
    bench.until("the palette", |b| b.has("Search commands"));
    bench.harness.get_by_label("Search commands").type_text("language english");
    bench.until("the command", |b| b.has("Command: Language: English"));
    bench.press_keys(Modifiers::NONE, Key::Enter);
    bench.until("the choice", |b| b.harness.state().state().view.language == Some(Language::English));
    bench.press_keys(Modifiers::COMMAND, Key::Num9);
    bench.until("the page", |b| b.has("Search settings"));
    bench.click_by_id("language=system");
    assert_eq!(bench.harness.state().state().view.language, None);
}
