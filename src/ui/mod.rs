//! The window's panels. Each takes `&State` and [`Commands`]; it edits its own form fields and nothing else.
//!
//! Runs on the thread that draws. Must not import burn, start threads, read or write files, or import `app`.

mod common;
mod page;
mod pages;
mod settings;
mod shell;
pub mod state;

pub(crate) use common::number_field::forget_refused;
pub use common::{style, words};
pub use page::Page;
pub(crate) use pages::diagnosis::effects::outcome as effect_outcome;
pub use pages::doctor::doctor_text;
pub use pages::{doctor, inspect, plots, results, runs, sweep, timeline};
pub use settings::paste_dialog::{PasteForm, paste_dialog};
pub use shell::action::take_keys;
pub use shell::export_dialog::{ExportForm, export_dialog, options_of, plots_of};
pub use shell::path_dialog::{PathForm, path_dialog};
pub use state::{Commands, SILENCE_SECS, State, UiCommand};

use egui::{CentralPanel, Frame, Margin, Panel, Ui};
use pages::PageForms;
use settings::column::{ColumnForm, column_ui};
use shell::palette::{PaletteForm, palette};
use shell::{about, action, hardware, log_panel, notice, run_bar, welcome};

/// The panels' own fields.
#[derive(Default)]
pub struct Forms {
    pub column: ColumnForm,
    /// The column of settings is folded away, where the window is narrow.
    column_folded: bool,
    pub export: ExportForm,
    pub paste: PasteForm,
    pub path: PathForm,
    pub palette: PaletteForm,
    pub pages: PageForms,
}

impl Forms {
    /// Has the dataset's path typed, as there is no dialog to choose it in: its field comes into sight and has the focus.
    pub fn ask_for_dataset(&mut self) {
        self.column_folded = false;
        self.column.dataset.ask_for_path();
    }
}

/// The column of settings takes no more than this share of the window.
const MOST_OF_WIDTH: f32 = 0.46;
const LEAST_COLUMN: f32 = 270.0;
/// In a window that is lower than this, in points, what stands around the page gives way to it: a small screen at 200 % has 400.
const SHORT: f32 = 560.0;
/// In one that is narrower, the column of settings may be folded away.
const NARROW: f32 = 760.0;

/// The whole window.
pub fn window_ui(ui: &mut Ui, state: &State, forms: &mut Forms, commands: &mut Commands) {
    if ui.ctx().cumulative_pass_nr() == 0 {
        ui.ctx().request_discard("panel-heights");
    }
    let window = ui.ctx().content_rect().size();
    let (is_short, is_narrow) = (window.y < SHORT, window.x < NARROW);
    Panel::top("run-bar").show(ui, |ui| {
        let air = if is_short { 1.0 } else { 4.0 };
        ui.add_space(air);
        run_bar::run_bar(ui, state, is_short, commands);
        ui.add_space(air);
    });
    Panel::bottom("log-panel").show(ui, |ui| log_panel::log_panel(ui, state));
    let most = (window.x * MOST_OF_WIDTH).clamp(LEAST_COLUMN, 560.0);
    let column = Panel::left("settings").resizable(true).default_size(340.0).size_range(LEAST_COLUMN..=most);
    if is_narrow {
        let mut is_open = !forms.column_folded;
        column.show_collapsible(ui, &mut is_open, |ui| column_ui(ui, state, &mut forms.column, commands));
        forms.column_folded = !is_open;
    } else {
        column.show(ui, |ui| column_ui(ui, state, &mut forms.column, commands));
    }
    let frame = Frame::central_panel(ui.style());
    let frame = if is_short { frame.inner_margin(Margin::symmetric(8, 4)) } else { frame };
    CentralPanel::default().frame(frame).show(ui, |ui| {
        notice::notice_ui(ui, state, commands);
        if state.run.started.is_some() && !is_short {
            hardware::hardware_ui(ui, state, commands);
        }
        let fold = is_narrow.then_some(&mut forms.column_folded);
        action::pages_ui(ui, state, fold, is_short, commands);
        if state.view.page == Page::PLOTS && state.run.started.is_none() {
            welcome::welcome_ui(ui, state, commands);
        } else if let Some(page) = action::page_of(state.view.page) {
            page.show(ui, state, &mut forms.pages, commands);
        }
    });
    let ctx = ui.ctx().clone();
    export_dialog(&ctx, state, &mut forms.export, commands);
    paste_dialog(&ctx, state, &mut forms.paste, commands);
    path_dialog(&ctx, state, &mut forms.path, commands);
    about::about_window(&ctx, state, commands);
    about::keys_window(&ctx, state, commands);
    palette(&ctx, state, &mut forms.palette, commands);
    about::close_question(&ctx, state, commands);
}
