//! Which plots to write, how large, and where.

use crate::plot::catalogue;
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, ExportRequest, ExportState, State, UiCommand};
use egui::{Color32, DragValue, Id, Modal, RichText, Ui};
use std::path::PathBuf;

/// The dialog's own fields.
pub struct ExportForm {
    /// Stood open in the last frame.
    was_open: bool,
    which: Which,
    path: String,
    /// The path was typed or chosen; a change of `which` leaves it alone.
    path_touched: bool,
    width: u32,
    height: u32,
    scale: f32,
    dark: bool,
    csv: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    AllInOne,
    EachAlone,
    One(&'static str),
}

impl Default for ExportForm {
    fn default() -> Self {
        Self {
            was_open: false,
            which: Which::AllInOne,
            path: String::new(),
            path_touched: false,
            width: 1600,
            height: 900,
            scale: 2.0,
            dark: false,
            csv: false,
        }
    }
}

impl ExportForm {
    /// Takes a path that was chosen in the system's dialog.
    pub fn set_path(&mut self, path: &std::path::Path) {
        self.path = path.display().to_string();
        self.path_touched = true;
    }

    fn on_open(&mut self, state: &State) {
        let alone = match state.view.page {
            Page::DIAGNOSIS => Some(catalogue::BISECT.0),
            _ => state.view.alone.as_deref(),
        };
        let named = catalogue::metrics_of(&state.run).map(|(name, _)| name).find(|name| Some(*name) == alone);
        self.which = named.map_or(Which::AllInOne, Which::One);
        self.path_touched = false;
        self.suggest_path(state);
    }

    fn suggest_path(&mut self, state: &State) {
        if self.path_touched {
            return;
        }
        let dir = state.run_dir.as_ref().map(|d| d.join("exports")).unwrap_or_default();
        let stem = match self.which {
            Which::AllInOne | Which::EachAlone => "plots",
            Which::One(name) => name,
        };
        self.path = dir.join(format!("{stem}.png")).display().to_string();
    }

    fn request(&self, hidden: &[String], overwrite: bool) -> ExportRequest {
        let shown = catalogue::METRICS.iter().map(|(name, _)| *name).filter(|n| !hidden.iter().any(|h| h == n));
        let metrics = match self.which {
            Which::One(name) => vec![name],
            Which::AllInOne | Which::EachAlone => shown.collect(),
        };
        ExportRequest {
            metrics,
            one_file_each: self.which == Which::EachAlone,
            path: PathBuf::from(self.path.trim()),
            width: self.width,
            height: self.height,
            scale: self.scale,
            dark: self.dark,
            csv: self.csv,
            overwrite,
        }
    }
}

pub fn export_dialog(ctx: &egui::Context, state: &State, form: &mut ExportForm, commands: &mut Commands) {
    if !state.view.export_open {
        form.was_open = false;
        return;
    }
    let opened = !std::mem::replace(&mut form.was_open, true);
    if opened {
        form.on_open(state);
    }
    let modal = Modal::new(Id::unique("export")).show(ctx, |ui| {
        ui.set_width(460.0);
        ui.heading(tr!("window-export-title"));
        ui.add_space(6.0);
        fields_ui(ui, state, form, commands);
        outcome_ui(ui, state, form, commands);
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let busy = state.export == ExportState::Busy;
            let ready = !busy && !form.path.trim().is_empty();
            let export = ui.add_enabled(ready, style::primary_button(ui, &tr!("window-export-do")));
            // Ctrl+E, Enter is the short way.
            if opened {
                export.request_focus();
            }
            if export.on_disabled_hover_text(tr!("window-export-no-file")).clicked() {
                commands.send(UiCommand::Export(form.request(&state.view.hidden_plots, false)));
            }
            if ui.button(tr!("window-close")).clicked() {
                commands.send(UiCommand::ShowExport(false));
            }
            if busy {
                ui.spinner();
                ui.label(tr!("window-export-drawing"));
            }
        });
    });
    if modal.should_close() {
        commands.send(UiCommand::ShowExport(false));
    }
}

fn fields_ui(ui: &mut Ui, state: &State, form: &mut ExportForm, commands: &mut Commands) {
    style::row(ui, &tr!("window-export-plots"), &tr!("window-export-plots-hint"), |ui, id| {
        let before = form.which;
        let text = match form.which {
            Which::AllInOne => tr!("window-export-all"),
            Which::EachAlone => tr!("window-export-each"),
            Which::One(name) => name.replace('_', " "),
        };
        let combo = egui::ComboBox::from_id_salt("which-plots").selected_text(text).width(240.0).show_ui(ui, |ui| {
            ui.selectable_value(&mut form.which, Which::AllInOne, tr!("window-export-all"));
            ui.selectable_value(&mut form.which, Which::EachAlone, tr!("window-export-each"));
            for (name, doc) in catalogue::metrics_of(&state.run) {
                ui.selectable_value(&mut form.which, Which::One(name), name.replace('_', " ")).on_hover_text(doc);
            }
        });
        combo.response.labelled_by(id);
        if form.which != before {
            form.suggest_path(state);
        }
    });
    style::row(ui, &tr!("window-export-size"), &tr!("window-export-size-hint"), |ui, id| {
        ui.add(DragValue::new(&mut form.width).range(200..=8000).speed(10)).labelled_by(id);
        ui.label("×");
        ui.add(DragValue::new(&mut form.height).range(150..=8000).speed(10));
        ui.label(tr!("window-export-at"));
        ui.add(DragValue::new(&mut form.scale).range(0.5..=4.0).speed(0.05).max_decimals(2).suffix(" x"));
    });
    let pixels = |n: u32| (n as f32 * form.scale).round() as u32;
    style::row(ui, "", "", |ui, _| {
        let (width, height) = (pixels(form.width).to_string(), pixels(form.height).to_string());
        ui.label(style::faint(ui, tr!("window-export-pixels", width, height)));
    });
    style::row(ui, &tr!("window-theme"), &tr!("window-export-theme-hint"), |ui, _| {
        ui.radio_value(&mut form.dark, false, tr!("window-theme-light"));
        ui.radio_value(&mut form.dark, true, tr!("window-theme-dark"));
    });
    style::row(ui, &tr!("window-export-data"), &tr!("window-export-data-hint"), |ui, _| {
        ui.checkbox(&mut form.csv, tr!("window-export-csv"));
    });
    style::row(ui, &tr!("window-export-file"), &tr!("window-export-file-hint"), |ui, _| {
        let choose = ui.button(tr!("window-export-choose"));
        if choose.clicked() {
            commands.send(UiCommand::ChooseExportPath(form.path.clone()));
        }
        let edit = egui::TextEdit::singleline(&mut form.path).desired_width(ui.available_width());
        let field = style::named(ui.add(edit), &tr!("window-export-path")).on_hover_text(form.path.clone());
        if field.changed() {
            form.path_touched = true;
        }
    });
}

fn outcome_ui(ui: &mut Ui, state: &State, form: &ExportForm, commands: &mut Commands) {
    match &state.export {
        ExportState::Idle | ExportState::Busy => {}
        ExportState::Exists(files) => {
            ui.horizontal_wrapped(|ui| {
                let words = tr!("window-export-exists", files = files.len());
                ui.label(RichText::new(words).color(style::warning_colour(ui)))
                    .on_hover_text(files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join("\n"));
                if ui.button(tr!("window-export-overwrite")).clicked() {
                    commands.send(UiCommand::Export(form.request(&state.view.hidden_plots, true)));
                }
            });
        }
        ExportState::Failed(error) => {
            ui.label(RichText::new(error.to_string()).color(style::error_colour(ui)));
        }
        ExportState::Done(files) => {
            let colour: Color32 = style::good_colour(ui);
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(tr!("window-export-written", files = files.len())).color(colour))
                    .on_hover_text(files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join("\n"));
                if let Some(dir) = files.first().and_then(|f| f.parent())
                    && ui.small_button(tr!("window-open-folder")).clicked()
                {
                    commands.send(UiCommand::OpenFolder(dir.to_path_buf()));
                }
            });
        }
    }
}
