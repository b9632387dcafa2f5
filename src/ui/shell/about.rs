//! Small dialogs: about the program, and the question before a window with an active run closes.

use super::action::Action;
use crate::client::Live;
use crate::ui::common::style;
use crate::ui::state::{CloseAnswer, Commands, State, UiCommand};
use egui::{Id, Modal};

pub fn about_window(ctx: &egui::Context, state: &State, commands: &mut Commands) {
    if !state.view.about_open {
        return;
    }
    let modal = Modal::new(Id::unique("about")).show(ctx, |ui| {
        ui.set_width(380.0);
        ui.heading("trainscope");
        ui.label(style::faint(ui, crate::about::version_line())).on_hover_text("Select to copy");
        ui.label("Trains image classifiers and shows what holds training back.");
        ui.label(style::faint(ui, "Licence: MIT or Apache-2.0"));
        ui.label(style::faint(ui, format!("Runs are kept in {}", state.runs_dir.display())));
        ui.add_space(6.0);
        if ui.button("Close").clicked() {
            commands.send(UiCommand::ShowAbout(false));
        }
    });
    if modal.should_close() {
        commands.send(UiCommand::ShowAbout(false));
    }
}

/// What can be done by keys.
pub fn keys_window(ctx: &egui::Context, state: &State, commands: &mut Commands) {
    if !state.view.keys_open {
        return;
    }
    let modal = Modal::new(Id::unique("keys")).show(ctx, |ui| {
        ui.set_width(380.0);
        ui.heading("Keys");
        egui::Grid::new("keys").spacing([16.0, 3.0]).show(ui, |ui| {
            for action in Action::all() {
                let keys = action.keys_text(ui.ctx());
                if keys.is_empty() {
                    continue;
                }
                ui.monospace(keys);
                ui.label(action.title()).on_hover_text(action.hint());
                ui.end_row();
            }
            // egui's own.
            ui.monospace("Ctrl++, Ctrl+-");
            ui.label("Larger, smaller");
            ui.end_row();
        });
        ui.add_space(6.0);
        if ui.button("Close").clicked() {
            commands.send(UiCommand::ShowKeys(false));
        }
    });
    if modal.should_close() {
        commands.send(UiCommand::ShowKeys(false));
    }
}

/// Asks before an active run is lost with the window.
pub fn close_question(ctx: &egui::Context, state: &State, commands: &mut Commands) {
    if !state.view.asking_to_close || !state.run.live.is_active() {
        return;
    }
    Modal::new(Id::unique("close question")).show(ctx, |ui| {
        ui.set_width(380.0);
        ui.heading("A run is active");
        if state.run.live == Live::Stopping {
            ui.label("It finishes its step and writes a checkpoint; the window closes then.");
            ui.horizontal(|ui| {
                ui.spinner();
                if ui.button("Close at once").on_hover_text("Ends the engine; the last checkpoint is kept").clicked() {
                    commands.send(UiCommand::AnswerClose(CloseAnswer::CloseNow));
                }
            });
            return;
        }
        ui.label("Stop after this step and keep the checkpoint?");
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            if ui.add(style::primary_button(ui, "Stop and close")).clicked() {
                commands.send(UiCommand::AnswerClose(CloseAnswer::StopAndClose));
            }
            if ui.button("Keep training").clicked() {
                commands.send(UiCommand::AnswerClose(CloseAnswer::KeepTraining));
            }
        });
    });
}
