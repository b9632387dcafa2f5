//! The window in another language, changed while it is open. The language is the whole process's: hence a program of its own.

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use trainscope::app::App;
use trainscope::app::dirs::Dirs;
use trainscope::client::ClientError;
use trainscope::language::Language;

fn has(harness: &Harness<'_, App>, label: &str) -> bool {
    harness.query_all_by_label(label).next().is_some()
}

fn choose(harness: &mut Harness<'_, App>, id: &str) {
    let wanted = id.to_owned();
    harness.get_by(move |node| node.author_id() == Some(&wanted)).click();
    harness.step();
    harness.step();
}

#[test]
fn a_change_of_language_changes_the_window_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let dirs = Dirs::at(dir.path().join("state"));
    let no_engine = Arc::new(|_: Box<dyn Fn() + Send>| Err(ClientError::Gone));
    let no_other_engine = Arc::clone(&no_engine);
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .build_eframe(|creation| App::new(&creation.egui_ctx, dirs, no_engine, None));
    harness.step();
    assert!(has(&harness, "Start") && has(&harness, "Transforms"));
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num9);
    harness.step();
    harness.step();
    choose(&mut harness, "language=zh-CN");
    assert!(has(&harness, "开始") && has(&harness, "变换") && !has(&harness, "Start"));
    // A name that the system's own choice needs stays readable in either language.
    assert!(has(&harness, "English") && has(&harness, "简体中文"));
    // Commands are found by their English names too, which are on every keyboard.
    harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::P);
    harness.run_steps(3);
    harness.get_by_label("搜索命令").type_text("paste");
    harness.run_steps(2);
    assert!(has(&harness, "命令：粘贴变换链…") && !has(&harness, "命令：停止"));
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);
    choose(&mut harness, "language=en");
    assert!(has(&harness, "Start") && !has(&harness, "开始"));

    // Where no font has it, the window would be boxes: it stays as it is, and says why.
    let dirs = Dirs::at(dir.path().join("without a font"));
    let mut harness = Harness::builder().with_size([1280.0, 800.0]).build_eframe(|creation| {
        let app = App::new(&creation.egui_ctx, dirs, no_other_engine, None);
        app.with_fonts(|language| language == Language::English)
    });
    harness.step();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num9);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !has(&harness, "Simplified Chinese (no font for it is installed)") {
        assert!(Instant::now() < deadline, "{:#?}", harness.root());
        std::thread::yield_now();
        harness.step();
    }
    choose(&mut harness, "language=zh-CN");
    assert!(has(&harness, "Start") && has(&harness, "No font for Chinese is installed"));
}
