//! The window for whoever does not see it or has no mouse: every control has a name, focus stays in sight, the main job is done
//! by keys alone, and a plot is a table for the asking.

use super::*;
use egui::accesskit::{Action, Role};
use egui::{Key, Modifiers};
use trainscope::ui::Page;

/// Every page with its key.
const PAGES: [(Page, Key); 9] = [
    (Page::PLOTS, Key::Num1),
    (Page::INSPECT, Key::Num2),
    (Page::DIAGNOSIS, Key::Num3),
    (Page::TIMELINE, Key::Num4),
    (Page::RESULTS, Key::Num5),
    (Page::RUNS, Key::Num6),
    (Page::DOCTOR, Key::Num7),
    (Page::SWEEPS, Key::Num8),
    (Page::SETTINGS, Key::Num9),
];

impl Bench {
    fn press_now(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
        self.harness.step();
    }

    /// What can have the focus and nobody could say what it is.
    fn nameless(&self) -> Vec<String> {
        let found = self.harness.query_all_by(|node| {
            // A label's text is its value.
            let name = if node.role() == Role::Label { node.value() } else { node.label() };
            node.data().supports_action(Action::Focus) && name.is_none_or(|name| name.trim().is_empty())
        });
        found.map(|node| format!("{node:?}")).collect()
    }

    fn expect_names(&mut self, when: &str) {
        for (page, key) in PAGES {
            self.press_now(Modifiers::COMMAND, key);
            assert_eq!(self.harness.state().state().view.page, page);
            let nameless = self.nameless();
            assert!(nameless.is_empty(), "{when}, {}: {nameless:#?}", page.name());
        }
        self.press_now(Modifiers::COMMAND, Key::Num1);
    }

    /// The name of what has the focus, and where it is.
    fn focused(&self) -> Option<(String, egui::Rect)> {
        let node = self.harness.query_all_by(|node| node.is_focused()).last()?;
        let name = self.harness.query_all_by(|node| node.is_focused()).find_map(|node| {
            use egui_kittest::kittest::NodeT as _;
            node.accesskit_node().label()
        });
        Some((name.unwrap_or_default(), node.rect()))
    }

    /// Presses Tab until that has the focus; it is in sight then.
    fn tab_to(&mut self, name: &str) {
        const MOST: usize = 400;
        let mut seen = Vec::new();
        for _ in 0..MOST {
            self.press_now(Modifiers::NONE, Key::Tab);
            self.harness.step();
            let Some((focused, rect)) = self.focused() else { continue };
            if focused == name {
                let window = self.harness.ctx.content_rect();
                assert!(window.contains_rect(rect.shrink(1.0)), "{name} has the focus out of sight: {rect:?}");
                return;
            }
            seen.push(focused);
        }
        panic!("Tab does not come to {name}, but to {seen:#?}");
    }
}

#[test]
fn every_control_of_every_page_has_a_name() {
    let mut bench = Bench::new();
    bench.expect_names("without a dataset");
    let data = bench.write_images();
    bench.open(&data);
    bench.click("Dataset");
    bench.expect_names("with a dataset");
    bench.start();
    bench.expect_names("in a run");
    bench.engine.say(finished());
    bench.until("the end", |b| b.has_containing("Finished: test accuracy"));
    bench.expect_names("after a run");
}

#[test]
fn every_dialog_s_controls_have_names() {
    let mut bench = Bench::with_dataset();
    bench.start();
    for (modifiers, key, wanted) in [
        (Modifiers::COMMAND, Key::E, "Export file"),
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::P, "Search commands"),
    ] {
        bench.press_now(modifiers, key);
        bench.until(wanted, |b| b.has(wanted));
        let nameless = bench.nameless();
        assert!(nameless.is_empty(), "{wanted}: {nameless:#?}");
        bench.press_now(Modifiers::NONE, Key::Escape);
    }
}

/// In a window of 1280 x 800: open, switch, start, workers, plots, find the culprit, export.
#[test]
fn the_main_job_is_done_by_keys_alone() {
    let mut bench = Bench::new();
    bench.harness.set_size(egui::vec2(1280.0, 800.0));
    bench.harness.step();
    let data = bench.write_images();
    bench.tab_to("Dataset folder");
    bench.harness.event(egui::Event::Text(data.display().to_string()));
    bench.press_now(Modifiers::NONE, Key::Enter);
    bench.until("the classes", |b| b.has("Test CPU") && b.harness.state().state().dataset.ready().is_some());

    bench.tab_to("RandRotate");
    bench.press_now(Modifiers::NONE, Key::Space);
    let specs = bench.harness.state().state().config.transforms.clone();
    assert_eq!(enabled(&specs, "RandRotate"), Some(false));
    // What is far down in the column comes into sight.
    bench.tab_to("Optimiser");

    bench.press_now(Modifiers::COMMAND, Key::Enter);
    bench.until("the start", |b| b.engine.started_with().is_some());
    let start = bench.engine.started_with().unwrap();
    bench.engine.say(Event::Started(Box::new(started(&start, 0))));
    bench.engine.say(Event::Phase(RunPhase::Training));
    (1..=20).for_each(|n| bench.engine.say(step(n)));
    bench.until("the steps", |b| b.harness.state().state().run.now.step == 20);
    bench.press_now(Modifiers::COMMAND, Key::ArrowUp);
    let workers = start.config.loader.workers;
    assert_eq!(bench.engine.sent().last(), Some(&Command::SetWorkers(workers + 1)));

    // The last of the plots lies far below; it comes into sight with the focus.
    let last = *bench.harness.state().state().view.plots.arranged(&["val".to_owned()]).last().unwrap();
    let last = trainscope::plot::catalogue::metric_title(last).to_string();
    bench.tab_to(&format!("Menu of plot {last}"));
    bench.press_now(Modifiers::NONE, Key::Space);
    bench.until("its menu", |b| b.has("As table"));
    bench.press_now(Modifiers::NONE, Key::Escape);

    bench.say_input_bound();
    bench.until("the verdict", |b| b.has_containing("Input-bound"));
    bench.tab_to("Find the culprit (60 s)");
    bench.press_now(Modifiers::NONE, Key::Space);
    assert!(matches!(bench.engine.sent().last(), Some(Command::Bisect(_))), "{:?}", bench.engine.sent().last());

    bench.press_now(Modifiers::COMMAND, Key::E);
    bench.until("the dialog", |b| b.has("Export file"));
    bench.press_now(Modifiers::NONE, Key::Enter);
    bench.until("the picture", |b| b.has_containing("Written: "));
}

#[test]
fn a_plot_is_a_table_for_the_asking() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let open_menu = |bench: &mut Bench| {
        bench.harness.get_by_label("Menu of plot Loss").click();
        bench.harness.step();
        bench.harness.step();
    };
    open_menu(&mut bench);
    bench.until("the menu", |b| b.has("As table"));
    bench.harness.get_by_label("As table").click();
    // Twenty steps; the loss of the last is 2 / 20, and that of the one before 2 / 19.
    bench.until("the figures", |b| b.has("cross-entropy, the newest first") && b.has("training") && b.has("0.1000"));
    assert!(bench.has("0.1053") && !bench.has("0.4000"), "only the rows in sight are laid out");
    open_menu(&mut bench);
    bench.until("the menu", |b| b.has("As curves"));
    bench.harness.get_by_label("As curves").click();
    bench.until("the curves", |b| !b.has("cross-entropy, the newest first"));
}
