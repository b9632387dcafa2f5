//! The window's panels. Each takes `&State` and [`Commands`]; it edits its own form fields and nothing else.
//!
//! Runs on the thread that draws. Must not import burn, start threads, read or write files, or import `app`.

mod common;
mod page;
mod pages;
mod settings;
mod shell;
pub mod state;

pub use common::{style, words};
pub use page::Page;
pub use pages::doctor::doctor_text;
pub use pages::{doctor, inspect, plots, results, runs, sweep, timeline};
pub use settings::paste_dialog::{PasteForm, paste_dialog};
pub use shell::action::take_keys;
pub use shell::export_dialog::{ExportForm, export_dialog, options_of, plots_of};
pub use state::{Commands, SILENCE_SECS, State, UiCommand};

use egui::{CentralPanel, Panel, Ui};
use pages::PageForms;
use settings::column::{ColumnForm, column_ui};
use shell::palette::{PaletteForm, palette};
use shell::{about, action, hardware, log_panel, notice, run_bar, welcome};

/// The panels' own fields.
#[derive(Default)]
pub struct Forms {
    pub column: ColumnForm,
    pub export: ExportForm,
    pub paste: PasteForm,
    pub palette: PaletteForm,
    pub pages: PageForms,
}

/// The column of settings takes no more than this share of the window.
const MOST_OF_WIDTH: f32 = 0.46;

/// The whole window.
pub fn window_ui(ui: &mut Ui, state: &State, forms: &mut Forms, commands: &mut Commands) {
    Panel::top("run-bar").show(ui, |ui| {
        ui.add_space(4.0);
        run_bar::run_bar(ui, state, commands);
        ui.add_space(4.0);
    });
    Panel::bottom("log-panel").show(ui, |ui| log_panel::log_panel(ui, state));
    let most = (ui.ctx().content_rect().width() * MOST_OF_WIDTH).clamp(300.0, 560.0);
    Panel::left("settings").resizable(true).default_size(340.0).size_range(270.0..=most).show(ui, |ui| {
        column_ui(ui, state, &mut forms.column, commands);
    });
    CentralPanel::default().show(ui, |ui| {
        notice::notice_ui(ui, state, commands);
        if state.run.started.is_some() {
            hardware::hardware_ui(ui, state, commands);
        }
        action::pages_ui(ui, state, commands);
        if state.view.page == Page::PLOTS && state.run.started.is_none() {
            welcome::welcome_ui(ui, state, commands);
        } else if let Some(page) = action::page_of(state.view.page) {
            page.show(ui, state, &mut forms.pages, commands);
        }
    });
    let ctx = ui.ctx().clone();
    export_dialog(&ctx, state, &mut forms.export, commands);
    paste_dialog(&ctx, state, &mut forms.paste, commands);
    about::about_window(&ctx, state, commands);
    about::keys_window(&ctx, state, commands);
    palette(&ctx, state, &mut forms.palette, commands);
    about::close_question(&ctx, state, commands);
}
