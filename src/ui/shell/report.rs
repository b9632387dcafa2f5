//! The test's results: confusion matrix and a table by class.

use crate::client::Live;
use crate::language::Arg;
use crate::protocol::TestReport;
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Color32, RichText, ScrollArea, Sense, Ui, vec2};

pub fn report_window(ctx: &egui::Context, state: &State, commands: &mut Commands) {
    let Live::Finished(finished) = &state.run.live else { return };
    let Some(test) = finished.test.as_ref().filter(|_| state.view.report_open) else { return };
    let mut open = true;
    egui::Window::new(tr!("window-report"))
        .id(egui::Id::unique("test-results"))
        .open(&mut open)
        .default_size([640.0, 590.0])
        .pivot(egui::Align2::CENTER_CENTER)
        .default_pos(ctx.content_rect().center())
        .show(ctx, |ui| {
            ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| report_ui(ui, test));
        });
    if !open {
        commands.send(UiCommand::ShowReport(false));
    }
}

fn report_ui(ui: &mut Ui, test: &TestReport) {
    let auc = Arg::number(test.auc.unwrap_or(f64::NAN), 4);
    let accuracy = Arg::percent(test.accuracy, 2);
    let figures = tr!("window-report-figures", accuracy, auc, loss = words::loss(test.loss));
    ui.label(RichText::new(figures).strong());
    ui.label(style::faint(ui, tr!("window-report-of")));
    ui.add_space(8.0);
    ui.label(RichText::new(tr!("window-confusion")).strong());
    ui.label(style::faint(ui, tr!("window-confusion-axes")));
    matrix_ui(ui, test);
    ui.add_space(8.0);
    ui.label(RichText::new(tr!("window-by-class")).strong());
    egui::Grid::new("by-class").striped(true).spacing([18.0, 4.0]).show(ui, |ui| {
        for head in [
            tr!("window-by-class-class"),
            tr!("window-by-class-precision"),
            tr!("window-by-class-recall"),
            tr!("window-by-class-f1"),
            tr!("window-by-class-images"),
        ] {
            ui.label(style::faint(ui, head));
        }
        ui.end_row();
        for class in &test.classes {
            ui.label(&class.name);
            for figure in [class.precision, class.recall, class.f1] {
                ui.monospace(if figure.is_finite() { format!("{figure:.4}") } else { "N/A".to_owned() });
            }
            ui.monospace(words::count(class.support));
            ui.end_row();
        }
    });
}

fn matrix_ui(ui: &mut Ui, test: &TestReport) {
    let name = |i: usize| test.classes.get(i).map_or("?", |c| c.name.as_str());
    let cell = vec2(64.0, 24.0);
    egui::Grid::new("confusion").spacing([2.0, 2.0]).show(ui, |ui| {
        ui.label("");
        for i in 0..test.confusion.len() {
            ui.add_sized(cell, egui::Label::new(style::faint(ui, name(i)).small()).truncate())
                .on_hover_text(tr!("window-predicted", class = name(i)));
        }
        ui.end_row();
        for (i, row) in test.confusion.iter().enumerate() {
            ui.label(name(i));
            let total = row.iter().sum::<u64>().max(1);
            for (j, n) in row.iter().enumerate() {
                let share = *n as f32 / total as f32;
                let base = if i == j { style::accent(ui) } else { style::error_colour(ui) };
                // The square root lets the few mistakes of a good model be seen.
                let fill = if *n == 0 { Color32::TRANSPARENT } else { base.gamma_multiply(0.12 + 0.6 * share.sqrt()) };
                let (rect, response) = ui.allocate_exact_size(cell, Sense::hover());
                ui.painter().rect(
                    rect,
                    2.0,
                    fill,
                    egui::Stroke::new(0.5, ui.visuals().weak_text_color()),
                    egui::StrokeKind::Inside,
                );
                ui.place(rect, egui::Label::new(RichText::new(words::count(*n)).monospace()));
                response.on_hover_text(tr!("window-confused", images = *n, class = name(i), predicted = name(j)));
            }
            ui.end_row();
        }
    });
}
