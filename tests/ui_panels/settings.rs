//! The page of all settings: a control for every key, the search, the way back to the default, undo and redo.

use super::*;
use egui::Key;
use trainscope::config::{ParamKind, ParamValue, RunConfig, SETTINGS};

pub(super) const CTRL_SHIFT: egui::Modifiers = egui::Modifiers { shift: true, ..egui::Modifiers::COMMAND };

impl Bench {
    /// Whether a widget bears that id; of a choice each value's does, as `id=value`.
    fn has_id(&self, id: &str) -> bool {
        let (id, of_value) = (id.to_owned(), format!("{id}="));
        let found = self.harness.query_all_by(move |node| {
            node.author_id().is_some_and(|author| author == id || author.starts_with(&of_value))
        });
        found.count() > 0
    }

    pub(super) fn click_id(&mut self, id: &str) {
        let id = id.to_owned();
        let wanted = id.clone();
        self.harness.get_by(move |node| node.author_id() == Some(&wanted)).scroll_to_me();
        self.harness.step();
        self.harness.get_by(move |node| node.author_id() == Some(&id)).click();
        self.harness.step();
        self.harness.step();
    }

    /// Of a few choices each stands there; more are in a list that opens.
    fn choose(&mut self, path: &str, value: &str) {
        let id = format!("{path}={value}");
        let wanted = id.clone();
        if self.harness.query_by(move |node| node.author_id() == Some(&wanted)).is_none() {
            self.click_id(path);
        }
        self.click_id(&id);
    }

    pub(super) fn press_keys(&mut self, modifiers: egui::Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
        self.harness.step();
    }

    fn config(&self) -> RunConfig {
        self.harness.state().state().config.clone()
    }

    fn on_the_page() -> Self {
        let mut bench = Self::new();
        bench.press_keys(egui::Modifiers::COMMAND, Key::Num9);
        bench.until("the page", |b| b.has("Search settings"));
        bench
    }

    /// Types key by key in place of what stands in the field, and stays there.
    fn type_slowly(&mut self, label: &str, text: &str) {
        self.harness.get_by_label(label).focus();
        self.harness.step();
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        for letter in text.chars() {
            self.harness.get_by_label(label).type_text(&letter.to_string());
            self.harness.step();
        }
    }

    /// Types in place of what stands in the field of that id, and leaves it.
    fn type_into_id(&mut self, id: &str, text: &str) {
        self.type_into_id_and(id, text, Key::Enter);
    }

    fn type_into_id_and(&mut self, id: &str, text: &str, leave: Key) {
        let id = id.to_owned();
        self.harness.get_by(move |node| node.author_id() == Some(&id)).focus();
        self.harness.step();
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        self.harness.event(egui::Event::Text(text.to_owned()));
        self.press_keys(egui::Modifiers::NONE, leave);
    }

    fn search(&mut self, text: &str) {
        self.harness.get_by_label("Search settings").focus();
        self.harness.step();
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        self.harness.key_press(Key::Backspace);
        if !text.is_empty() {
            self.harness.get_by_label("Search settings").type_text(text);
        }
        self.harness.step();
        self.harness.step();
    }
}

/// Whatever is chosen: with each network, optimiser and schedule its parameters have controls too.
#[test]
fn every_key_has_a_control() {
    let mut bench = Bench::on_the_page();
    let check = |bench: &mut Bench| {
        for key in bench.config().keys() {
            bench.search(&key.path());
            assert!(bench.has_id(&key.path()), "{} has no control", key.path());
        }
    };
    check(&mut bench);
    for setting in SETTINGS.iter().filter(|setting| setting.info.name == "name") {
        let ParamKind::OneOf(items) = setting.info.kind else { panic!("{} is no choice", setting.section) };
        for item in items {
            let path = format!("{}.name", setting.section);
            bench.search(&path);
            bench.choose(&path, item.name);
            assert_eq!(bench.config().value_at(&path), Some(ParamValue::from(item.name)));
            for param in item.params {
                let path = format!("{}.{}", setting.section, param.name);
                bench.search(&path);
                assert!(bench.has_id(&path), "{path} has no control");
            }
        }
    }
}

#[test]
fn the_search_leaves_what_fits() {
    let mut bench = Bench::on_the_page();
    bench.search("learning rate");
    assert!(bench.has_id("optimizer.lr"));
    assert!(!bench.has_id("loader.prefetch"));
    bench.search("no such setting");
    assert!(bench.has("No setting is like that."));
}

/// In the column at the side it would be cut.
#[test]
fn a_long_title_has_the_room_that_there_is() {
    let mut bench = Bench::on_the_page();
    bench.search("train.validate_every_steps");
    // From the page's left edge to the field behind the title.
    let left = |label: &str| bench.harness.get_by_label(label).rect().left();
    let room = left("Validate within epochs every") - left("Search settings");
    assert!(room > 200.0, "{room}");
}

#[test]
fn a_changed_setting_has_a_dot_and_goes_back() {
    let mut bench = Bench::on_the_page();
    bench.search("loader.pin");
    assert!(!bench.has("loader.pin is changed") && !bench.has_id("reset loader.pin"));
    bench.click_id("loader.pin");
    assert!(bench.config().loader.pin);
    assert!(bench.has("loader.pin is changed"));
    bench.search("");
    bench.click("Changed only (1)");
    assert!(bench.has_id("loader.pin") && !bench.has_id("loader.prefetch"));
    bench.click_id("reset loader.pin");
    assert!(!bench.config().loader.pin);
}

#[test]
fn a_change_is_undone_and_done_again() {
    let mut bench = Bench::with_dataset();
    bench.type_into("Batch size", "16");
    assert_eq!(bench.config().loader.batch_size, 16);
    bench.click("RandRotate");
    assert_eq!(enabled(&bench.config().transforms, "RandRotate"), Some(false));
    bench.press_keys(egui::Modifiers::COMMAND, Key::Z);
    assert_eq!(enabled(&bench.config().transforms, "RandRotate"), Some(true));
    bench.press_keys(egui::Modifiers::COMMAND, Key::Z);
    assert_eq!(bench.config().loader.batch_size, 64);
    bench.press_keys(CTRL_SHIFT, Key::Z);
    assert_eq!(bench.config().loader.batch_size, 16);
    bench.press_keys(egui::Modifiers::COMMAND, Key::Y);
    assert_eq!(enabled(&bench.config().transforms, "RandRotate"), Some(false));
}

#[test]
fn a_number_counts_when_it_is_typed_to_its_end() {
    let mut bench = Bench::with_dataset();
    let before = bench.config();
    bench.type_slowly("Batch size", "16");
    assert_eq!(bench.config(), before, "1 is no batch size that was asked for");
    bench.press_keys(egui::Modifiers::NONE, Key::Enter);
    assert_eq!(bench.config().loader.batch_size, 16);
    bench.press_keys(egui::Modifiers::COMMAND, Key::Z);
    assert_eq!(bench.config(), before);
}

/// Taking the nearest bound would train with what nobody asked for.
#[test]
fn a_number_beyond_its_bounds_is_refused_and_they_are_said() {
    let mut bench = Bench::on_the_page();
    let before = bench.config();
    for (path, typed, bounds) in [
        ("optimizer.lr", "0", "a number from 1e-12 to 100"),
        ("optimizer.lr", "a lot", "a number from 1e-12 to 100"),
        ("loader.batch_size", "0", "a whole number from 1 to 65536"),
        ("loader.batch_size", "16.5", "a whole number from 1 to 65536"),
        ("data.val_frac", "95", "a number from 0 % to 90 %"),
        ("train.class_weight_values", "[-1]", "or a list of"),
    ] {
        bench.search(path);
        bench.type_into_id(path, typed);
        assert_eq!(bench.config(), before, "{path} = {typed}");
        assert!(bench.has_containing(&format!("{typed} was not taken: expected ")), "{path} = {typed}");
        assert!(bench.has_containing(bounds), "{path} = {typed}");
    }
    // Whoever takes all out of a field has typed nothing that could be refused.
    for path in ["optimizer.lr", "train.class_weight_values"] {
        bench.search(path);
        assert!(!bench.has_containing("was not taken"), "it was not in sight any more");
        bench.type_into_id(path, " ");
        assert_eq!(bench.config(), before, "{path}");
        assert!(!bench.has_containing("was not taken"), "{path}");
    }
    bench.search("optimizer.lr");
    bench.type_into_id("optimizer.lr", "0");
    bench.type_into_id("optimizer.lr", "0.01");
    assert_eq!(bench.config().optimizer.lr, 0.01);
    assert!(!bench.has_containing("was not taken"));
}

/// Of a number as of a list, with what could stand there and with what could not.
#[test]
fn escape_takes_back_what_was_typed() {
    let mut bench = Bench::on_the_page();
    let before = bench.config();
    for (path, typed) in
        [("loader.batch_size", "16"), ("loader.batch_size", "abc"), ("train.class_weight_values", "[1, 2]")]
    {
        bench.search(path);
        bench.type_into_id_and(path, typed, Key::Escape);
        bench.harness.run_steps(4);
        assert_eq!(bench.config(), before, "{path} = {typed}");
        assert!(!bench.has_containing("was not taken"), "{path} = {typed}");
    }
}

#[test]
fn wide_digits_are_numbers() {
    let mut bench = Bench::on_the_page();
    bench.search("loader.batch_size");
    bench.type_into_id("loader.batch_size", "３２");
    assert_eq!(bench.config().loader.batch_size, 32);
    bench.search("train.class_weight_values");
    bench.type_into_id("train.class_weight_values", "［０．５， 1］");
    assert_eq!(bench.config().train.class_weight_values, [0.5, 1.0]);
}

/// Nor does what is under the pointer become something else.
#[test]
fn the_preview_comes_without_moving_what_is_below_it() {
    let mut bench = Bench::with_dataset();
    // From its own top: what comes above it moves both.
    let below =
        |b: &Bench| b.by_id("section-loader").unwrap().rect().top() - b.harness.get_by_label("before").rect().top();
    let before = below(&bench);
    bench.until("the preview", |b| b.harness.state().state().preview.shown.is_some());
    assert_eq!(below(&bench), before);
}

/// It is of what stood there when it was typed.
#[test]
fn what_was_refused_is_forgotten_with_the_next_change() {
    let mut bench = Bench::with_dataset();
    // Comes with a dataset, and stands between them.
    bench.until("the cost", |b| b.harness.state().state().step_costs.is_some());
    // Under the row that it stands in, which itself may be scrolled into sight.
    let below = |b: &Bench| {
        b.by_id("section-training").unwrap().rect().top() - b.harness.get_by_label("Batch size").rect().top()
    };
    let before = below(&bench);
    bench.type_into("Batch size", "0");
    bench.until("the word on it", |b| b.has_containing("0 was not taken"));
    assert_eq!(below(&bench), before, "what is below keeps its place");
    // The click that leaves a field may be one on a button; this one comes later.
    bench.harness.run_steps(8);
    bench.click("One worker more");
    bench.until("it to be gone", |b| !b.has_containing("0 was not taken"));
}

/// Whatever leaves the field: a key or a click elsewhere.
#[test]
fn a_run_is_started_with_what_was_being_typed() {
    for by_key in [true, false] {
        let mut bench = Bench::with_dataset();
        bench.type_slowly("Batch size", "16");
        if by_key {
            bench.press_keys(egui::Modifiers::COMMAND, Key::Enter);
        } else {
            bench.harness.get_by_label("Start").click();
            bench.harness.step();
        }
        bench.until("the start", |b| b.engine.started_with().is_some());
        assert_eq!(bench.engine.started_with().unwrap().config.loader.batch_size, 16, "by key: {by_key}");
    }
}

/// What is live is undone in the run, too; what is fixed stays.
#[test]
fn while_a_run_is_active_only_what_is_live_is_undone() {
    let mut bench = Bench::with_dataset();
    bench.type_into("Batch size", "16");
    bench.start();
    let workers = bench.config().loader.workers;
    bench.click("One worker more");
    assert_eq!(bench.engine.sent().last(), Some(&Command::SetWorkers(workers + 1)));
    bench.press_keys(egui::Modifiers::COMMAND, Key::Z);
    assert_eq!(bench.engine.sent().last(), Some(&Command::SetWorkers(workers)));
    bench.press_keys(egui::Modifiers::COMMAND, Key::Z);
    assert_eq!((bench.config().loader.workers, bench.config().loader.batch_size), (workers, 16));
}

/// What menus offer by keys is listed from the same table that reads the keys.
#[test]
fn a_question_mark_lists_the_keys() {
    let mut bench = Bench::new();
    bench.press_keys(egui::Modifiers::NONE, Key::Questionmark);
    bench.until("the list", |b| b.has("Keys"));
    for (keys, title) in
        [("Ctrl+Z", "Undo"), ("Ctrl+Y, Ctrl+Shift+Z", "Redo"), ("Ctrl+9", "Settings"), ("Ctrl+Enter", "Start")]
    {
        assert!(bench.has(keys) && bench.has(title), "{title} is not listed with {keys}");
    }
    bench.press_keys(egui::Modifiers::NONE, Key::Escape);
    bench.until("the list gone", |b| !b.has("Keys"));
}

#[test]
fn what_a_step_takes_is_said_and_what_the_device_has_not_got() {
    let mut bench = Bench::with_dataset();
    bench.until("the cost", |b| b.has_containing("multiply-adds for an image of 1 x 64 x 64"));
    assert!(!bench.has_containing("take a smaller batch, smaller images"), "a few images fit into any memory");
    let of = |bench: &Bench| bench.harness.state().state().step_costs.clone().unwrap();
    let before = of(&bench);
    bench.type_into("Batch size", "60000");
    bench.until("a larger cost", |b| b.has_containing("with 60,000 images"));
    bench.until("it", |b| of(b).on_cpu.bytes() > 100 * before.on_cpu.bytes());
    assert_eq!(of(&bench).on_cpu.parameters, before.on_cpu.parameters);
    assert!(of(&bench).on_cpu.bytes() > 8 << 30, "the test's CPU has 8 GiB");
    bench.until("the warning", |b| b.has_containing("take a smaller batch, smaller images"));
}

#[test]
fn a_training_to_begin_with_sets_its_keys_and_can_be_undone() {
    let mut bench = Bench::with_dataset();
    // The newest of what comes with a dataset, and moves what is below it.
    bench.until("the cost", |b| b.harness.state().state().step_costs.is_some());
    let before = bench.config();
    bench.click("Presets ▾");
    bench.until("the menu", |b| b.has("MONAI's MedNIST tutorial"));
    bench.click("MONAI's MedNIST tutorial");
    bench.until("the training", |b| b.config() != before);
    let config = bench.config();
    assert_eq!((config.model.name.as_str(), config.loader.batch_size, config.train.epochs), ("densenet121", 300, 4));
    assert_eq!(config.optimizer.lr, 1e-5);
    bench.press_keys(egui::Modifiers::COMMAND, Key::Z);
    assert_eq!(bench.config(), before, "keys and chain are one change");
    bench.press_keys(CTRL_SHIFT, Key::Z);
    assert_eq!(bench.config(), config);
}
