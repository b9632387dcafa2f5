//! The live plots: a grid of those that are shown, or one alone.

mod bar;
pub mod state;

use crate::plot::{self, PngOptions, SeriesNames, Theme, catalogue};
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Align, Layout, RichText, ScrollArea, Sense, Ui, vec2};
use state::grid_of;

impl Page {
    pub const PLOTS: Self = Self::new("plots");
}

/// A plot narrower than this is no use.
const MIN_WIDTH: f32 = 330.0;
const ROW_HEIGHT: f32 = 236.0;
/// The least height of a plot where a person says how many are in view.
const MIN_HEIGHT: f32 = 120.0;

pub fn plots_page(ui: &mut Ui, state: &State, commands: &mut Commands) {
    bar::bar_ui(ui, state, commands);
    if let Some(name) = &state.view.alone {
        let size = ui.available_size();
        cell_ui(ui, state, name, size, commands);
        return;
    }
    let names = state.view.plots.arranged(&state.view.hidden_plots);
    if names.is_empty() {
        ui.label(tr!("page-plots-all-hidden"));
        return;
    }
    ScrollArea::vertical().id_salt("plots").auto_shrink([false, false]).show(ui, |ui| {
        let spacing = ui.spacing().item_spacing;
        let (width, height) = (ui.available_width(), ui.available_height());
        let (columns, row_height) = match usize::from(state.view.plots.in_view) {
            0 => {
                let columns = ((width + spacing.x) / (MIN_WIDTH + spacing.x)).floor() as usize;
                (columns.clamp(1, 4).min(names.len()), ROW_HEIGHT)
            }
            in_view => {
                let (rows, columns) = grid_of(in_view.min(names.len()), width, height);
                (columns, (height / rows as f32 - spacing.y).max(MIN_HEIGHT))
            }
        };
        let cell = vec2((width - spacing.x * (columns as f32 - 1.0)) / columns as f32, row_height);
        for row in names.chunks(columns) {
            ui.horizontal(|ui| {
                for name in row {
                    cell_ui(ui, state, name, cell, commands);
                }
            });
        }
    });
}

/// One plot in its frame. Out of sight it is only room.
fn cell_ui(ui: &mut Ui, state: &State, name: &str, size: egui::Vec2, commands: &mut Commands) {
    let (rect, cell) = ui.allocate_exact_size(size, Sense::hover());
    // The row beyond is laid out too: the keyboard's focus moves on into it, and it comes into sight.
    if !ui.is_rect_visible(rect.expand2(vec2(0.0, size.y))) {
        return;
    }
    if let Some(moved) = cell.dnd_release_payload::<String>().filter(|moved| moved.as_str() != name) {
        let mut view = state.view.plots.clone();
        view.put(&moved, name, &state.view.hidden_plots);
        commands.send(UiCommand::ViewPlots(Box::new(view)));
    }
    let runs = state.runs_shown();
    let Some(mut plot) = catalogue::metric_plot_of_runs(name, &runs, &state.view.plots.view) else { return };
    let mut ui = ui
        .new_child(egui::UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)).id_salt(("plot", name)));
    egui::Frame::new()
        .fill(ui.visuals().extreme_bg_color.gamma_multiply(0.35))
        .stroke(ui.visuals().widgets.noninteractive.bg_stroke)
        .corner_radius(5)
        .inner_margin(6)
        .show(&mut ui, |ui| {
            ui.set_min_size(rect.size() - vec2(12.0, 12.0));
            // The heading is this panel's, with its buttons; the plot stands below it without one.
            let title = std::mem::take(&mut plot.title);
            header_ui(ui, state, name, &title, &plot, commands);
            let size = vec2(ui.available_width(), rect.bottom() - 6.0 - ui.cursor().top());
            let shown = if state.view.plots.is_table(name) {
                plot::table(ui, &plot, size)
            } else {
                plot::show(ui, &plot, size)
            };
            style::named(shown, &tr!("page-plot-named", title, what = catalogue::metric_doc(name)));
        });
}

fn header_ui(ui: &mut Ui, state: &State, name: &str, title: &str, plot: &plot::Plot<'_>, commands: &mut Commands) {
    let alone = state.view.alone.as_deref() == Some(name);
    let toggle = || UiCommand::ShowAlone((!alone).then(|| name.to_owned()));
    let hint = if alone { tr!("page-plot-all-hint") } else { tr!("page-plot-alone-hint") };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let menu = ui.menu_button("≡", |ui| menu_ui(ui, state, name, title, plot, commands)).response;
            let menu = style::named(menu, &tr!("page-plot-menu", title));
            style::with_author_id(menu, &format!("plot-menu={name}"));
            let text = if alone { tr!("page-plot-all") } else { "⬈".to_owned() };
            let button = ui.small_button(text);
            let named = if alone { tr!("page-plot-all-named", title) } else { tr!("page-plot-alone-named", title) };
            let button = style::with_author_id(style::named(button, &named), &format!("plot-alone={name}"));
            if button.on_hover_text(&hint).clicked() {
                commands.send(toggle());
            }
            if state.view.plots.is_pinned(name) {
                ui.label(style::faint(ui, "•")).on_hover_text(tr!("page-plot-pinned"));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let label = egui::Label::new(RichText::new(title).strong()).truncate().selectable(false);
                let label = ui.add(label.sense(Sense::click_and_drag()));
                label.dnd_set_drag_payload(name.to_owned());
                if label.on_hover_text(tr!("page-plot-title-hint", hint)).clicked() {
                    commands.send(toggle());
                }
            });
        });
    });
}

fn menu_ui(ui: &mut Ui, state: &State, name: &str, title: &str, plot: &plot::Plot<'_>, commands: &mut Commands) {
    if ui.button(tr!("page-plot-save")).clicked() {
        commands.send(UiCommand::ShowAlone(Some(name.to_owned())));
        commands.send(UiCommand::ShowExport(true));
        ui.close();
    }
    let has_data = plot.has_data();
    if ui.add_enabled(has_data, egui::Button::new(tr!("page-plot-copy-picture"))).clicked() {
        let dark = ui.visuals().dark_mode;
        let options = PngOptions {
            width: 800,
            height: 500,
            theme: if dark { Theme::Dark } else { Theme::Light },
            caption: catalogue::caption(&state.runs_shown(), std::time::SystemTime::now()),
            ..PngOptions::default()
        };
        let mut plot = plot.clone();
        title.clone_into(&mut plot.title);
        SeriesNames::of_window(ui.ctx()).give(&mut plot);
        // A size that always can be drawn.
        if let Ok(canvas) = plot::render_canvas(&[plot], &options) {
            ui.ctx().copy_image(canvas.to_image());
        }
        ui.close();
    }
    if ui.add_enabled(has_data, egui::Button::new(tr!("page-plot-copy-values"))).clicked() {
        let mut plot = plot.clone();
        SeriesNames::of_window(ui.ctx()).give(&mut plot);
        ui.ctx().copy_text(plot::csv_text(&[plot]));
        ui.close();
    }
    ui.separator();
    let arranged = state.view.plots.arranged(&state.view.hidden_plots);
    let at = arranged.iter().position(|other| *other == name);
    let mut changed = None;
    let mut to = |ui: &mut Ui, words: String, other: Option<&&str>| {
        if ui.add_enabled(other.is_some(), egui::Button::new(words)).clicked() {
            let mut view = state.view.plots.clone();
            view.put(name, other.copied().unwrap_or(name), &state.view.hidden_plots);
            changed = Some(view);
        }
    };
    to(ui, tr!("page-plot-forward"), at.and_then(|at| arranged.get(at.checked_sub(1)?)));
    to(ui, tr!("page-plot-back"), at.and_then(|at| arranged.get(at + 1)));
    let is_table = state.view.plots.is_table(name);
    let words = if is_table { tr!("page-plot-as-curves") } else { tr!("page-plot-as-table") };
    if ui.button(words).on_hover_text(tr!("page-plot-as-table-hint")).clicked() {
        let mut view = state.view.plots.clone();
        view.toggle_table(name);
        changed = Some(view);
    }
    let pinned = state.view.plots.is_pinned(name);
    if ui.button(if pinned { tr!("page-plot-unpin") } else { tr!("page-plot-pin") }).clicked() {
        let mut view = state.view.plots.clone();
        view.toggle_pin(name);
        changed = Some(view);
    }
    if let Some(view) = changed {
        commands.send(UiCommand::ViewPlots(Box::new(view)));
        ui.close();
    }
    if ui.button(tr!("page-plot-hide")).on_hover_text(tr!("page-plot-hide-hint")).clicked() {
        commands.send(UiCommand::ShowAlone(None));
        commands.send(UiCommand::HidePlot { name: name.to_owned(), hidden: true });
        ui.close();
    }
}
