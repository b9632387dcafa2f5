//! Which plots to write, how large, and where; with a picture of what will be written.

use crate::client::RunState;
use crate::plot::{Plot, PngOptions, SeriesNames, Theme, catalogue, render_canvas};
use crate::ui::common::number_field::{number_field, refused_ui};
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, ExportRequest, ExportState, State, UiCommand};
use egui::{ColorImage, Id, Modal, RichText, TextureHandle, TextureOptions, Ui};
use std::path::PathBuf;

/// The preview's widest side, in points.
const PREVIEW_WIDTH: f32 = 300.0;
const PREVIEW_HEIGHT: f32 = 190.0;
/// Seconds between two previews of a run that goes on.
const PREVIEW_EVERY: f64 = 2.0;

/// The dialog's own fields.
pub struct ExportForm {
    /// Stood open in the last frame.
    was_open: bool,
    /// Plots picked by hand, in the window's order; none: all that the window shows.
    picked: Option<Vec<&'static str>>,
    one_file_each: bool,
    path: String,
    /// The path was typed or chosen; another choice of plots leaves it alone.
    path_touched: bool,
    unit: Unit,
    /// In that unit.
    size: [f64; 2],
    dpi: f64,
    dark: bool,
    transparent: bool,
    caption: bool,
    vector: bool,
    csv: bool,
    preview: Option<Preview>,
}

struct Preview {
    of: ExportRequest,
    made_secs: f64,
    texture: TextureHandle,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Pixels,
    Inches,
}

impl Default for ExportForm {
    fn default() -> Self {
        Self {
            was_open: false,
            picked: None,
            one_file_each: false,
            path: String::new(),
            path_touched: false,
            unit: Unit::Pixels,
            size: [3200.0, 1800.0],
            dpi: 192.0,
            dark: false,
            transparent: false,
            caption: true,
            vector: false,
            csv: false,
            preview: None,
        }
    }
}

impl ExportForm {
    /// Takes a path that was chosen in the system's dialog.
    pub fn set_path(&mut self, path: &std::path::Path) {
        self.path = path.display().to_string();
        self.path_touched = true;
        self.vector = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    }

    fn on_open(&mut self, state: &State, dark: bool) {
        let alone = match state.view.page {
            Page::DIAGNOSIS => Some(catalogue::BISECT),
            _ => state.view.alone.as_deref(),
        };
        let named = catalogue::metrics_of(&state.run).find(|name| Some(*name) == alone);
        self.picked = named.map(|name| vec![name]);
        self.one_file_each = false;
        self.path_touched = false;
        // As the window is looked at.
        self.dark = dark;
        self.preview = None;
        self.suggest_path(state);
    }

    fn suggest_path(&mut self, state: &State) {
        let ending = if self.vector { "svg" } else { "png" };
        if self.path_touched {
            self.path = PathBuf::from(&self.path).with_extension(ending).display().to_string();
            return;
        }
        let dir = state.run_dir.as_ref().map(|d| d.join("exports")).unwrap_or_default();
        let stem = match self.picked.as_deref() {
            Some([name]) => name,
            _ => "plots",
        };
        self.path = dir.join(format!("{stem}.{ending}")).display().to_string();
    }

    fn options(&self) -> PngOptions {
        let options = PngOptions::default();
        match self.unit {
            Unit::Pixels => options.with_pixels(self.size, self.dpi),
            Unit::Inches => options.with_inches(self.size, self.dpi),
        }
    }

    fn request(&self, state: &State, names: SeriesNames) -> ExportRequest {
        let shown = || state.view.plots.arranged(&state.view.hidden_plots);
        let metrics = self.picked.clone().unwrap_or_else(shown);
        let PngOptions { width, height, scale, .. } = self.options();
        ExportRequest {
            one_file_each: self.one_file_each && metrics.len() > 1,
            metrics,
            path: PathBuf::from(self.path.trim()),
            width,
            height,
            scale,
            dark: self.dark,
            transparent: self.transparent,
            caption: self.caption,
            csv: self.csv,
            view: state.view.plots.view,
            names,
            overwrite: Vec::new(),
        }
    }
}

/// The plots that were asked for and have something to show, with what they are called.
pub fn plots_of<'a>(request: &ExportRequest, runs: &[&'a RunState]) -> Vec<(&'static str, Plot<'a>)> {
    let plot = |name: &&'static str| {
        let mut plot = catalogue::metric_plot_of_runs(name, runs, &request.view)?;
        request.names.give(&mut plot);
        plot.has_data().then_some((*name, plot))
    };
    request.metrics.iter().filter_map(plot).collect()
}

/// How they are drawn.
pub fn options_of(request: &ExportRequest, runs: &[&RunState]) -> PngOptions {
    PngOptions {
        width: request.width,
        height: request.height,
        scale: request.scale,
        theme: if request.dark { Theme::Dark } else { Theme::Light },
        transparent: request.transparent,
        caption: match request.caption {
            true => catalogue::caption(runs, std::time::SystemTime::now()),
            false => String::new(),
        },
        text: runs.first().map(|run| catalogue::png_text(run)).unwrap_or_default(),
    }
}

pub fn export_dialog(ctx: &egui::Context, state: &State, form: &mut ExportForm, commands: &mut Commands) {
    if !state.view.export_open {
        form.was_open = false;
        form.preview = None;
        return;
    }
    let opened = !std::mem::replace(&mut form.was_open, true);
    if opened {
        form.on_open(state, ctx.global_style().visuals.dark_mode);
    }
    let modal = Modal::new(Id::unique("export")).show(ctx, |ui| {
        ui.set_width(460.0);
        ui.heading(tr!("page-export-title"));
        ui.add_space(6.0);
        fields_ui(ui, state, form, commands);
        let request = form.request(state, SeriesNames::of_window(ui.ctx()));
        let has_plots = preview_ui(ui, state, form, &request);
        outcome_ui(ui, state, &request, commands);
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let busy = state.export == ExportState::Busy;
            let ready = !busy && has_plots && !form.path.trim().is_empty();
            let export = ui.add_enabled(ready, style::primary_button(ui, &tr!("page-export-do")));
            // Ctrl+E, Enter is the short way.
            if opened {
                export.request_focus();
            }
            if export.on_disabled_hover_text(tr!("page-export-not-yet")).clicked() {
                commands.send(UiCommand::Export(request.clone()));
            }
            let copy = ui.add_enabled(has_plots, egui::Button::new(tr!("page-export-copy")));
            if copy.on_hover_text(tr!("page-export-copy-hint")).clicked() {
                let runs = state.runs_shown();
                let plots: Vec<Plot<'_>> = plots_of(&request, &runs).into_iter().map(|(_, plot)| plot).collect();
                if let Ok(canvas) = render_canvas(&plots, &options_of(&request, &runs)) {
                    ui.ctx().copy_image(canvas.to_image());
                }
            }
            if ui.button(tr!("page-export-close")).clicked() {
                commands.send(UiCommand::ShowExport(false));
            }
            if busy {
                ui.spinner();
                ui.label(tr!("page-export-drawing"));
            }
        });
    });
    if modal.should_close() {
        commands.send(UiCommand::ShowExport(false));
    }
}

fn fields_ui(ui: &mut Ui, state: &State, form: &mut ExportForm, commands: &mut Commands) {
    style::row(ui, &tr!("page-export-plots"), &tr!("page-export-plots-hint"), |ui, id| {
        pick_ui(ui, id, state, form);
        let several = form.picked.as_ref().is_none_or(|picked| picked.len() > 1);
        let each = egui::Checkbox::new(&mut form.one_file_each, tr!("page-export-each"));
        ui.add_enabled(several, each).on_hover_text(tr!("page-export-each-hint"));
    });
    size_ui(ui, form);
    style::row(ui, &tr!("page-export-theme"), &tr!("page-export-theme-hint"), |ui, _| {
        ui.radio_value(&mut form.dark, false, tr!("page-export-light"));
        ui.radio_value(&mut form.dark, true, tr!("page-export-dark"));
        ui.checkbox(&mut form.transparent, tr!("page-export-transparent"))
            .on_hover_text(tr!("page-export-transparent-hint"));
    });
    style::row(ui, &tr!("page-export-format"), &tr!("page-export-format-hint"), |ui, _| {
        let before = form.vector;
        ui.radio_value(&mut form.vector, false, "PNG");
        ui.radio_value(&mut form.vector, true, "SVG");
        ui.checkbox(&mut form.csv, tr!("page-export-csv")).on_hover_text(tr!("page-export-csv-hint"));
        ui.checkbox(&mut form.caption, tr!("page-export-caption")).on_hover_text(tr!("page-export-caption-hint"));
        if form.vector != before {
            form.suggest_path(state);
        }
    });
    style::row(ui, &tr!("page-export-file"), &tr!("page-export-file-hint"), |ui, _| {
        if ui.button(tr!("page-export-choose")).clicked() {
            commands.send(UiCommand::ChooseExportPath(form.path.clone()));
        }
        let edit = egui::TextEdit::singleline(&mut form.path).desired_width(ui.available_width());
        let field = style::named(ui.add(edit), &tr!("page-export-path")).on_hover_text(form.path.clone());
        if field.changed() {
            form.path_touched = true;
        }
    });
}

/// The menu in which plots are picked one by one; it stays open until something beside it is clicked.
fn pick_ui(ui: &mut Ui, label: Id, state: &State, form: &mut ExportForm) {
    let words = match form.picked.as_deref() {
        None => tr!("page-export-all"),
        Some([name]) => catalogue::metric_title(name).to_string(),
        Some(picked) => tr!("page-export-picked", plots = picked.len()),
    };
    let before = form.picked.clone();
    let combo = egui::ComboBox::from_id_salt("which-plots").selected_text(words).width(180.0);
    let combo = combo.close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).show_ui(ui, |ui| {
        let shown = state.view.plots.arranged(&state.view.hidden_plots);
        if ui.selectable_label(form.picked.is_none(), tr!("page-export-all")).clicked() {
            form.picked = None;
        }
        if ui.selectable_label(form.picked.as_ref().is_some_and(Vec::is_empty), tr!("page-export-none")).clicked() {
            form.picked = Some(Vec::new());
        }
        ui.separator();
        // Those of the window first and as they stand there.
        let others = catalogue::metrics_of(&state.run).filter(|name| !shown.contains(name));
        let order: Vec<&'static str> = shown.iter().copied().chain(others).collect();
        for &name in &order {
            let picked = form.picked.as_ref().unwrap_or(&shown);
            let mut on = picked.contains(&name);
            let title = catalogue::metric_title(name).to_string();
            let doc = catalogue::metric_doc(name).to_string();
            if ui.checkbox(&mut on, title).on_hover_text(doc).changed() {
                let keeps = |other: &&'static str| if *other == name { on } else { picked.contains(other) };
                form.picked = Some(order.iter().copied().filter(|other| keeps(other)).collect());
            }
        }
    });
    combo.response.labelled_by(label);
    if form.picked != before {
        form.suggest_path(state);
    }
}

/// Width, height and resolution, in pixels or inches.
fn size_ui(ui: &mut Ui, form: &mut ExportForm) {
    style::row(ui, &tr!("page-export-size"), &tr!("page-export-size-hint"), |ui, id| {
        let (range, speed, digits) = match form.unit {
            Unit::Pixels => (100.0..=16_384.0, 10.0, 0),
            Unit::Inches => (1.0..=60.0, 0.05, 2),
        };
        let [width, height] = &mut form.size;
        let side = |ui: &mut Ui, side: &mut f64| {
            number_field(ui, side, range.clone(), |drag| drag.speed(speed).max_decimals(digits))
        };
        let width = side(ui, width);
        width.response.labelled_by(id);
        ui.label("×");
        let height = side(ui, height);
        style::named(height.response, &tr!("page-export-height"));
        for (unit, name) in [(Unit::Pixels, tr!("page-export-pixels")), (Unit::Inches, tr!("page-export-inches"))] {
            if ui.selectable_label(form.unit == unit, name).clicked() && form.unit != unit {
                let factor = if unit == Unit::Inches { 1.0 / form.dpi } else { form.dpi };
                form.size = form.size.map(|side| side * factor);
                form.unit = unit;
            }
        }
        let dpi = number_field(ui, &mut form.dpi, 48.0..=1200.0, |drag| drag.speed(1.0).max_decimals(0).suffix(" dpi"));
        style::named(dpi.response, "dpi").on_hover_text(tr!("page-export-dpi-hint"));
        for refused in [width.refused, height.refused, dpi.refused] {
            refused_ui(ui, refused.as_ref());
        }
    });
    let options = form.options();
    let pixels = |points: u32| (f64::from(points) * f64::from(options.scale)).round().to_string();
    style::row(ui, "", "", |ui, _| {
        let (width, height) = (pixels(options.width), pixels(options.height));
        ui.label(style::faint(ui, tr!("page-export-in-pixels", width, height)));
    });
}

/// What will be written, small; says so and gives false where there is nothing.
fn preview_ui(ui: &mut Ui, state: &State, form: &mut ExportForm, request: &ExportRequest) -> bool {
    let runs = state.runs_shown();
    let mut plots: Vec<Plot<'_>> = plots_of(request, &runs).into_iter().map(|(_, plot)| plot).collect();
    if plots.is_empty() {
        ui.label(style::warning(ui, tr!("page-export-empty")));
        return false;
    }
    if request.one_file_each {
        plots.truncate(1);
    }
    let now = ui.input(|i| i.time);
    let old = form.preview.as_ref().is_none_or(|preview| {
        let goes_on = state.run.live.is_active() && now - preview.made_secs > PREVIEW_EVERY;
        preview.of != *request || goes_on
    });
    if old {
        let pixels_per_point = ui.ctx().pixels_per_point();
        let fit = (PREVIEW_WIDTH / request.width as f32).min(PREVIEW_HEIGHT / request.height as f32);
        let options = PngOptions { scale: fit * pixels_per_point, ..options_of(request, &runs) };
        form.preview = render_canvas(&plots, &options).ok().map(|canvas| {
            let image: ColorImage = canvas.to_image();
            let texture = ui.ctx().load_texture("export-preview", image, TextureOptions::LINEAR);
            Preview { of: request.clone(), made_secs: now, texture }
        });
    }
    ui.vertical_centered(|ui| match &form.preview {
        Some(preview) => {
            let size = preview.texture.size_vec2() / ui.ctx().pixels_per_point();
            let picture = egui::Image::new((preview.texture.id(), size)).alt_text(tr!("page-export-preview"));
            egui::Frame::new().stroke(ui.visuals().widgets.noninteractive.bg_stroke).show(ui, |ui| ui.add(picture));
        }
        None => {
            ui.label(style::warning(ui, tr!("page-export-too-large")));
        }
    });
    true
}

fn outcome_ui(ui: &mut Ui, state: &State, request: &ExportRequest, commands: &mut Commands) {
    match &state.export {
        ExportState::Idle | ExportState::Busy => {}
        // Something else was asked about than what would be written now.
        ExportState::Exists { request: refused, .. } if **refused != *request => {}
        ExportState::Exists { files, .. } => {
            let names = files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join("\n");
            ui.horizontal_wrapped(|ui| {
                let words = RichText::new(tr!("window-export-exists", files = files.len()));
                ui.label(words.color(style::warning_colour(ui))).on_hover_text(names);
                if ui.button(tr!("window-export-overwrite")).clicked() {
                    commands.send(UiCommand::Export(ExportRequest { overwrite: files.clone(), ..request.clone() }));
                }
            });
        }
        ExportState::Failed(error) => {
            ui.label(style::error(ui, error.to_string()));
        }
        ExportState::Done(files) => {
            let colour = style::good_colour(ui);
            ui.horizontal_wrapped(|ui| {
                let names = files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join("\n");
                let written = tr!("page-export-done", files = files.len());
                ui.label(RichText::new(written).color(colour)).on_hover_text(names);
                if let Some(dir) = files.first().and_then(|f| f.parent())
                    && ui.small_button(tr!("page-export-open-folder")).clicked()
                {
                    commands.send(UiCommand::OpenFolder(dir.to_path_buf()));
                }
            });
        }
    }
}
