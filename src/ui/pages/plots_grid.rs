//! The live plots: a grid of all, or one alone.

use crate::plot;
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Align, Layout, RichText, ScrollArea, Sense, Ui, vec2};

impl Page {
    pub const PLOTS: Self = Self::new("plots");
}

/// A plot narrower than this is no use.
const MIN_WIDTH: f32 = 330.0;
const ROW_HEIGHT: f32 = 236.0;

pub fn plots_grid(ui: &mut Ui, state: &State, commands: &mut Commands) {
    if let Some(name) = &state.view.alone {
        let size = ui.available_size();
        cell_ui(ui, state, name, size, commands);
        return;
    }
    let names: Vec<&str> = plot::catalogue::METRICS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !state.view.hidden_plots.iter().any(|h| h == name))
        .collect();
    if names.is_empty() {
        ui.label("Every plot is hidden: tick some under Plots.");
        return;
    }
    ScrollArea::vertical().id_salt("plots").auto_shrink([false, false]).show(ui, |ui| {
        let spacing = ui.spacing().item_spacing.x;
        let width = ui.available_width();
        let columns = (((width + spacing) / (MIN_WIDTH + spacing)).floor() as usize).clamp(1, 4).min(names.len());
        let cell = vec2((width - spacing * (columns as f32 - 1.0)) / columns as f32, ROW_HEIGHT);
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
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let Some(mut plot) = plot::catalogue::metric_plot(name, &state.run) else { return };
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
            header_ui(ui, state, name, &title, commands);
            let size = vec2(ui.available_width(), rect.bottom() - 6.0 - ui.cursor().top());
            plot::show(ui, &plot, size);
        });
}

fn header_ui(ui: &mut Ui, state: &State, name: &str, title: &str, commands: &mut Commands) {
    let alone = state.view.alone.as_deref() == Some(name);
    let toggle = || UiCommand::ShowAlone((!alone).then(|| name.to_owned()));
    let hint = if alone { "Show all plots (Esc)" } else { "Show this plot alone" };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let menu = ui.menu_button("≡", |ui| menu_ui(ui, name, commands)).response;
            style::named(menu, &format!("Menu of plot {title}"));
            let button =
                style::named(ui.small_button(if alone { "Show all" } else { "⬈" }), &format!("{hint}: {title}"));
            let button = button.on_hover_text(hint);
            if button.clicked() {
                commands.send(toggle());
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let label = egui::Label::new(RichText::new(title).strong()).truncate().selectable(false);
                if ui.add(label.sense(Sense::click())).on_hover_text(hint).clicked() {
                    commands.send(toggle());
                }
            });
        });
    });
}

fn menu_ui(ui: &mut Ui, name: &str, commands: &mut Commands) {
    if ui.button("Save as PNG or CSV…").clicked() {
        commands.send(UiCommand::ShowAlone(Some(name.to_owned())));
        commands.send(UiCommand::ShowExport(true));
        ui.close();
    }
    if ui.button("Hide").on_hover_text("Bring it back under Plots").clicked() {
        commands.send(UiCommand::ShowAlone(None));
        commands.send(UiCommand::HidePlot { name: name.to_owned(), hidden: true });
        ui.close();
    }
}
