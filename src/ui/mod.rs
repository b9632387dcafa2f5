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
pub use pages::{doctor, inspect, sweep, timeline};
pub use settings::dataset_panel::{DatasetForm, dataset_panel};
pub use settings::paste_dialog::{PasteForm, paste_dialog};
pub use settings::transform_panel::{TransformForm, transform_panel};
pub use shell::action::take_keys;
pub use shell::banner::SILENCE_SECS;
pub use shell::export_dialog::{ExportForm, export_dialog};
pub use state::{Commands, State, UiCommand};

use common::param_form::Typing;
use egui::{CentralPanel, Panel, ScrollArea, Ui};
use pages::{PageForms, diagnosis};
use settings::settings_panels;
use shell::{about, action, banner, log_panel, report, run_bar, stall_card};

/// The panels' own fields.
#[derive(Default)]
pub struct Forms {
    pub dataset: DatasetForm,
    pub transforms: TransformForm,
    pub export: ExportForm,
    pub paste: PasteForm,
    /// A field of the settings' column that is typed into.
    pub typing: Typing,
    pub pages: PageForms,
}

/// The whole window.
pub fn window_ui(ui: &mut Ui, state: &State, forms: &mut Forms, commands: &mut Commands) {
    Panel::top("run bar").show(ui, |ui| {
        ui.add_space(4.0);
        run_bar::run_bar(ui, state, commands);
        ui.add_space(4.0);
    });
    Panel::bottom("log panel").show(ui, |ui| log_panel::log_panel(ui, state));
    Panel::left("settings").resizable(true).default_size(352.0).size_range(280.0..=560.0).show(ui, |ui| {
        ScrollArea::vertical().id_salt("settings scroll").auto_shrink([false, false]).show(ui, |ui| {
            style::section(ui, "Dataset", |ui| {
                dataset_panel(ui, state, &mut forms.dataset, &mut forms.typing, commands);
            });
            style::section(ui, "Transforms", |ui| transform_panel(ui, state, &mut forms.transforms, commands));
            style::section(ui, "Loader", |ui| {
                settings_panels::loader_panel(ui, state, &mut forms.typing, commands);
            });
            style::section(ui, "Model", |ui| {
                settings_panels::model_panel(ui, state, &mut forms.typing, commands);
            });
            style::section(ui, "Device", |ui| settings_panels::device_panel(ui, state, commands));
        });
    });
    CentralPanel::default().show(ui, |ui| {
        banner::banner(ui, state, commands);
        stall_card::stall_card(ui, state, commands);
        action::pages_ui(ui, state, commands);
        diagnosis::verdict_line(ui, state, commands);
        if let Some(page) = action::page_of(state.view.page) {
            page.show(ui, state, &mut forms.pages, commands);
        }
    });
    let ctx = ui.ctx().clone();
    report::report_window(&ctx, state, commands);
    export_dialog(&ctx, state, &mut forms.export, commands);
    paste_dialog(&ctx, state, &mut forms.paste, commands);
    about::about_window(&ctx, state, commands);
    about::keys_window(&ctx, state, commands);
    about::close_question(&ctx, state, commands);
}
