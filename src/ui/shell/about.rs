//! Small dialogs: about the program, and the question before a window with an active run closes.

use super::action::Action;
use crate::ui::common::keys::keys_text;
use crate::ui::common::style;
use crate::ui::state::{CloseAnswer, Closing, Commands, State, UiCommand};
use egui::gui_zoom::kb_shortcuts::{ZOOM_IN, ZOOM_OUT};
use egui::{Id, Modal, Ui};

pub fn about_window(ctx: &egui::Context, state: &State, commands: &mut Commands) {
    if !state.view.about_open {
        return;
    }
    let modal = Modal::new(Id::unique("about")).show(ctx, |ui| {
        ui.set_width(380.0);
        ui.heading("trainscope");
        ui.label(style::faint(ui, crate::about::version_line())).on_hover_text(tr!("window-select-to-copy"));
        ui.label(tr!("window-about"));
        ui.label(style::faint(ui, tr!("window-licence")));
        ui.label(style::faint(ui, tr!("window-runs-kept", folder = state.runs_dir.display().to_string())));
        ui.add_space(6.0);
        if ui.button(tr!("window-close")).clicked() {
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
        ui.heading(Action::ShowKeys.title());
        // The button below stays in sight in the smallest window.
        let room = (ui.ctx().content_rect().height() - AROUND_KEYS).max(100.0);
        egui::ScrollArea::vertical().id_salt("keys").max_height(room).auto_shrink([false, true]).show(ui, keys_ui);
        ui.add_space(6.0);
        if ui.button(tr!("window-close")).clicked() {
            commands.send(UiCommand::ShowKeys(false));
        }
    });
    if modal.should_close() {
        commands.send(UiCommand::ShowKeys(false));
    }
}

/// Of the dialog of keys above and below the list, with some air, in points.
const AROUND_KEYS: f32 = 140.0;

fn keys_ui(ui: &mut Ui) {
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
        let zoom = [ZOOM_IN, ZOOM_OUT].map(|shortcut| keys_text(ui.ctx(), &shortcut));
        ui.monospace(zoom.join(", "));
        ui.label(tr!("window-larger-smaller"));
        ui.end_row();
    });
}

/// Asks what becomes of an active run when its window closes.
pub fn close_question(ctx: &egui::Context, state: &State, commands: &mut Commands) {
    if !state.view.asking_to_close || !state.run.live.is_active() {
        return;
    }
    let mut answer = |answer| commands.send(UiCommand::AnswerClose(answer));
    let modal = Modal::new(Id::unique("close-question")).show(ctx, |ui| {
        ui.set_width(440.0);
        ui.heading(tr!("window-closing"));
        if let Some(closing) = state.view.closing {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(match closing {
                    Closing::AfterEpoch => tr!("window-closing-after-epoch", epoch = state.run.now.epoch.max(1)),
                    Closing::AfterStep => tr!("window-closing-after-step"),
                });
            });
            ui.horizontal(|ui| {
                let at_once = ui.button(tr!("window-close-at-once"));
                if style::pressed(&at_once.on_hover_text(tr!("window-close-at-once-hint"))) {
                    answer(CloseAnswer::CloseNow);
                }
                if closing == Closing::AfterEpoch && style::pressed(&ui.button(tr!("window-keep-training"))) {
                    answer(CloseAnswer::KeepTraining);
                }
            });
            return;
        }
        ui.label(tr!("window-closing-question"));
        ui.add_space(6.0);
        // Enter ends no training.
        let first = if state.run.started.is_some() { CloseAnswer::GoOn } else { CloseAnswer::KeepTraining };
        let mut choice = |ui: &mut Ui, button: egui::Button<'_>, hint: String, says: CloseAnswer| {
            let button = ui.add(button.min_size(egui::vec2(150.0, 26.0)));
            if says == first && ui.memory(|memory| memory.focused().is_none()) {
                button.request_focus();
            }
            ui.label(style::faint(ui, hint));
            ui.end_row();
            if style::pressed(&button) {
                answer(says);
            }
        };
        egui::Grid::new("ways-to-close").spacing([12.0, 6.0]).show(ui, |ui| {
            if state.run.started.is_some() {
                let go_on = style::primary_button(ui, &tr!("window-close-go-on"));
                choice(ui, go_on, tr!("window-close-go-on-hint"), CloseAnswer::GoOn);
                let after_epoch = egui::Button::new(tr!("window-close-after-epoch"));
                let says = CloseAnswer::Stop(Closing::AfterEpoch);
                choice(ui, after_epoch, tr!("window-close-after-epoch-hint"), says);
            }
            let stop = egui::Button::new(tr!("window-close-stop"));
            choice(ui, stop, tr!("window-close-stop-hint"), CloseAnswer::Stop(Closing::AfterStep));
            let keep = egui::Button::new(tr!("window-keep-training"));
            choice(ui, keep, tr!("window-keep-training-hint"), CloseAnswer::KeepTraining);
        });
    });
    if modal.should_close() && state.view.closing.is_none() {
        commands.send(UiCommand::AnswerClose(CloseAnswer::KeepTraining));
    }
}
