//! Before the first run: what to do, in three steps, and what was done lately.

use super::action::Action;
use crate::client::Live;
use crate::language::Arg;
use crate::store::RunSummary;
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Align, Frame, Layout, RichText, ScrollArea, Ui, vec2};

/// Text and lists are no wider than this.
const WIDTH: f32 = 760.0;
/// Of the disc with a step's number.
const SIGN_SIDE: f32 = 34.0;

pub fn welcome_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ScrollArea::vertical().id_salt("welcome").auto_shrink([false, false]).show(ui, |ui| {
        if state.run.live == Live::Starting {
            ui.vertical_centered(|ui| {
                ui.add_space((ui.available_height() * 0.25).max(12.0));
                ui.spinner();
                ui.add_space(6.0);
                ui.heading(words::capitalised(&words::live(&state.run)));
                ui.label(style::faint(ui, tr!("window-plots-come")));
            });
            return;
        }
        let spacing = ui.spacing().item_spacing.x;
        let width = ui.available_width().min(WIDTH);
        let left = (ui.available_width() - width) / 2.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.add_space(left);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.x = spacing;
                ui.set_width(width);
                ui.add_space((ui.ctx().content_rect().height() * 0.04).min(40.0));
                ui.label(RichText::new(tr!("window-welcome")).size(22.0).strong());
                ui.add_space(10.0);
                steps_ui(ui, state, commands);
                ui.add_space(14.0);
                recent_datasets_ui(ui, state, commands);
                recent_runs_ui(ui, state, commands);
            });
        });
    });
}

fn steps_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let have_dataset = state.dataset.ready().is_some_and(|ready| ready.why_not_train().is_none());
    step_ui(ui, 1, have_dataset, &tr!("window-step-dataset"), &tr!("window-step-dataset-more"), |ui| {
        if have_dataset {
            return;
        }
        ui.horizontal_wrapped(|ui| {
            let text = tr!("window-choose-folder");
            let choose = style::primary_button(ui, &text).min_size(vec2(120.0, 28.0));
            let choose = Action::OpenDataset.button(ui, state, choose, commands);
            style::with_author_id(choose, "welcome-choose");
            let sample = egui::Button::new(Action::SampleImages.title()).min_size(vec2(120.0, 28.0));
            let sample = Action::SampleImages.button(ui, state, sample, commands);
            style::with_author_id(sample, "welcome-sample");
        });
    });
    step_ui(ui, 2, false, &tr!("window-step-transforms"), &tr!("window-step-transforms-more"), |_| {});
    step_ui(ui, 3, false, &tr!("window-step-start"), &tr!("window-step-start-more"), |ui| {
        if state.why_not_start().is_none() {
            let text = tr!("window-start-training");
            let start = if state.is_start_next() { style::primary_button(ui, &text) } else { egui::Button::new(text) };
            let start = start.min_size(vec2(120.0, 28.0));
            // In a row its text stands in its middle.
            let start = ui.horizontal(|ui| ui.add(start)).inner;
            if start.on_hover_text(Action::Start.hint_with_keys(ui.ctx())).clicked() {
                commands.send(UiCommand::Start);
            }
        }
    });
}

fn step_ui(ui: &mut Ui, number: u32, done: bool, title: &str, more: &str, buttons: impl FnOnce(&mut Ui)) {
    Frame::group(ui.style()).inner_margin(egui::Margin::symmetric(12, 8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let words_width = ui.available_width() - SIGN_SIDE - 28.0;
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(SIGN_SIDE, SIGN_SIDE), egui::Sense::hover());
            let colour = if done { style::good_colour(ui) } else { style::accent(ui) };
            ui.painter().circle_filled(rect.center(), 16.0, colour);
            if done {
                // Drawn: not every system's fonts have the sign.
                let tick = [vec2(-7.0, 0.5), vec2(-2.0, 5.5), vec2(7.0, -5.0)].map(|at| rect.center() + at);
                ui.painter().line(tick.to_vec(), egui::Stroke::new(2.5, egui::Color32::WHITE));
            } else {
                let font = egui::FontId::proportional(18.0);
                let centre = egui::Align2::CENTER_CENTER;
                ui.painter().text(rect.center(), centre, number.to_string(), font, egui::Color32::WHITE);
            }
            ui.add_space(4.0);
            ui.vertical(|ui| {
                ui.set_max_width(words_width);
                ui.label(RichText::new(title).size(16.0).strong());
                ui.label(style::faint(ui, more));
                buttons(ui);
            });
        });
    });
    ui.add_space(2.0);
}

fn recent_datasets_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    const SHOWN: usize = 4;
    let recent: Vec<_> = state.recent.iter().filter(|dir| Some(*dir) != state.dataset.dir()).take(SHOWN).collect();
    if recent.is_empty() {
        return;
    }
    ui.label(RichText::new(tr!("window-recent-datasets")).strong());
    for dir in recent {
        ui.horizontal(|ui| {
            let name = dir.file_name().map_or_else(|| dir.display().to_string(), |n| n.to_string_lossy().into_owned());
            if ui.button(&name).on_hover_text(dir.display().to_string()).clicked() {
                commands.send(UiCommand::OpenDataset(dir.display().to_string()));
            }
            ui.add(egui::Label::new(style::faint(ui, dir.display().to_string()).small()).truncate());
        });
    }
    ui.add_space(8.0);
}

fn recent_runs_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    if state.recent_runs.is_empty() {
        return;
    }
    ui.label(RichText::new(tr!("window-recent-runs")).strong());
    for run in &state.recent_runs {
        ui.horizontal(|ui| {
            let shown = ui.button(&run.name).on_hover_text(tr!("window-show-run-hint"));
            if shown.clicked() {
                commands.send(UiCommand::ShowRun(run.dir.clone()));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let may = !state.sweep.busy;
                if state.going_on.as_ref() == Some(&run.dir) {
                    let attach = ui.add_enabled(may, egui::Button::new(tr!("window-attach")));
                    let attach = attach.on_hover_text(tr!("window-attach-hint"));
                    let attach = attach.on_disabled_hover_text(tr!("window-start-sweep-busy"));
                    if style::named(attach, &tr!("window-attach-to", run = &run.name)).clicked() {
                        commands.send(UiCommand::Attach(run.dir.clone()));
                    }
                } else if run.resume.goes_on() {
                    let resume = ui.add_enabled(may, egui::Button::new(tr!("window-resume-run")));
                    let resume = resume.on_hover_text(tr!("window-resume-run-hint"));
                    let resume = resume.on_disabled_hover_text(tr!("window-start-sweep-busy"));
                    if style::named(resume, &tr!("window-resume-run-named", run = &run.name)).clicked() {
                        commands.send(UiCommand::ResumeRunAt(run.dir.clone()));
                    }
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(style::faint(ui, run_words(run)).small()).truncate());
                });
            });
        });
    }
}

fn run_words(run: &RunSummary) -> String {
    let dataset = run.dataset.as_ref().and_then(|dir| dir.file_name()).map(|n| n.to_string_lossy().into_owned());
    let dataset = dataset.unwrap_or_default();
    match run.best_val_auc {
        Some(auc) => tr!("window-run-words-auc", dataset, epochs = run.epochs, auc = Arg::number(auc, 4)),
        None => tr!("window-run-words", dataset, epochs = run.epochs),
    }
}
