//! What a run came to, above the plots: finished, stopped, failed, died, silent; and what can be done now.

use super::stall_card;
use crate::client::Live;
use crate::protocol::{FailureKind, Finished, OnChangedData, RunStatus, Unscaled};
use crate::store::ResumeOffer;
use crate::ui::common::card::frame_ui;
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{RichText, Ui};

/// A silence longer than this, in seconds, is worth a word.
pub const SILENCE_SECS: f64 = 10.0;

pub fn banner(ui: &mut Ui, state: &State, commands: &mut Commands) {
    if let Some(secs) = state.silent_secs.filter(|s| *s > SILENCE_SECS && state.run.live.is_active()) {
        let colour = style::warning_colour(ui);
        frame_ui(ui, colour, |ui| {
            ui.label(RichText::new(format!("No sign of life from the engine for {}", words::duration(secs))).strong());
            ui.label("It may hang in a driver or wait for a disk. Its last checkpoint is kept.");
            ui.horizontal_wrapped(|ui| {
                stall_card::restart_button(ui, state, commands);
                if ui.button("End the engine").clicked() {
                    commands.send(UiCommand::EndEngine);
                }
            });
        });
    }
    if state.view.banner_dismissed {
        return;
    }
    if let Some(found) = state.run.findings.unscaled.as_ref().filter(|_| state.run.live.is_active()) {
        unscaled_ui(ui, found, commands);
    }
    match &state.run.live {
        Live::Died { how } => died_ui(ui, state, &how.to_string(), commands),
        Live::Failed { error, kind } => failed_ui(ui, state, &error.to_string(), *kind, commands),
        Live::Finished(finished) => finished_ui(ui, state, finished, commands),
        Live::Idle | Live::Starting | Live::Running | Live::Paused | Live::Stopping => {}
    }
}

/// The chain lacks a step: with the button that puts it in.
fn unscaled_ui(ui: &mut Ui, found: &Unscaled, commands: &mut Commands) {
    let colour = style::warning_colour(ui);
    frame_ui(ui, colour, |ui| {
        ui.label(RichText::new("The values are not scaled").color(colour).strong());
        ui.label(found.message.to_string());
        ui.horizontal_wrapped(|ui| {
            if ui.button("Change the chain").on_hover_text(found.words.to_string()).clicked() {
                let specs = found.transforms.clone();
                commands.send(UiCommand::SetTransforms { specs, settled: true });
            }
            if ui.button("Leave it so").clicked() {
                commands.send(UiCommand::DismissBanner);
            }
        });
    });
}

fn died_ui(ui: &mut Ui, state: &State, how: &str, commands: &mut Commands) {
    let colour = style::error_colour(ui);
    frame_ui(ui, colour, |ui| {
        let at = match state.run.now.step {
            0 => "before its first step".to_owned(),
            step => format!("in epoch {}, after step {}", state.run.now.epoch, words::count(step)),
        };
        ui.label(RichText::new(format!("The engine died: {how}")).color(colour).strong());
        let on = state.run.started.as_ref().map(|s| format!(", training on {}", s.device.name)).unwrap_or_default();
        let kept = if state.resume.goes_on() { "It can be gone on with." } else { "" };
        ui.label(format!("It was {at}{on}. The window and the curves so far are unharmed. {kept}"));
        last_words_ui(ui, state);
        again_ui(ui, state, commands);
    });
}

fn failed_ui(ui: &mut Ui, state: &State, error: &str, kind: FailureKind, commands: &mut Commands) {
    let colour = style::error_colour(ui);
    frame_ui(ui, colour, |ui| {
        let what = match kind {
            FailureKind::Config => "The settings cannot be used",
            FailureKind::Data => "The dataset cannot be used",
            FailureKind::Device => "The device failed",
            FailureKind::ChangedData => "The run was begun with other data",
            FailureKind::Other => "The run failed",
        };
        ui.label(RichText::new(what).color(colour).strong());
        ui.label(error);
        last_words_ui(ui, state);
        if kind == FailureKind::Device && state.config.train.device != "cpu" {
            let cpu = ui.button("Start again on the CPU");
            if cpu.on_hover_text("Sets the device to CPU and starts").clicked() {
                commands.send(UiCommand::set("train.device", "cpu"));
                commands.send(UiCommand::Start);
            }
        }
        again_ui(ui, state, commands);
    });
}

fn last_words_ui(ui: &mut Ui, state: &State) {
    if state.last_words.is_empty() {
        return;
    }
    egui::CollapsingHeader::new("Its last words").id_salt("last words").show(ui, |ui| {
        let text = state.last_words.join("\n");
        egui::ScrollArea::vertical().id_salt("last words text").max_height(140.0).show(ui, |ui| {
            ui.add(egui::Label::new(RichText::new(&text).monospace().small()).wrap());
        });
        if ui.small_button("Copy").clicked() {
            ui.ctx().copy_text(text);
        }
    });
}

fn again_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    only_anew_ui(ui, state);
    ui.horizontal_wrapped(|ui| {
        resume_ui(ui, state, commands);
        let why_not = state.why_not_start();
        let again = ui.add_enabled(why_not.is_none(), egui::Button::new("Start again"));
        if again.on_disabled_hover_text(why_not.unwrap_or_default()).clicked() {
            commands.send(UiCommand::Start);
        }
        folder_and_dismiss_ui(ui, state, commands);
    });
}

/// Says why a run cannot be gone on with.
fn only_anew_ui(ui: &mut Ui, state: &State) {
    if let ResumeOffer::OnlyAnew(why) = &state.resume {
        ui.label(format!("No checkpoint of this run is as it was written, so that it can only be begun anew: {why}."));
    }
}

/// The ways on with this run. What stands out never makes its figures those of different things.
fn resume_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let other_data = matches!(state.run.live, Live::Failed { kind: FailureKind::ChangedData, .. });
    let only_anew = matches!(state.resume, ResumeOffer::OnlyAnew(_));
    if other_data && !only_anew {
        let hover = "With its weights, over what is there now: figures before and after are of different things";
        if ui.button("Go on all the same").on_hover_text(hover).clicked() {
            commands.send(UiCommand::ResumeChanged(OnChangedData::Keep));
        }
    }
    if other_data || only_anew {
        let text = "Begin this run anew";
        let anew = if only_anew { style::primary_button(ui, text) } else { egui::Button::new(text) };
        if ui.add(anew).on_hover_text("What it was is kept in a folder within its own").clicked() {
            commands.send(UiCommand::ResumeChanged(OnChangedData::Restart));
        }
    }
    if !only_anew {
        let (text, goes_on) = ("Resume from last checkpoint", state.resume.goes_on());
        let resume = if goes_on && !other_data { style::primary_button(ui, text) } else { egui::Button::new(text) };
        let mut resume = ui.add_enabled(goes_on, resume);
        if other_data {
            resume = resume.on_hover_text("Once data and settings are as they were");
        }
        if resume.on_disabled_hover_text("There is nothing of this run to go on from").clicked() {
            commands.send(UiCommand::ResumeRun);
        }
    }
}

fn folder_and_dismiss_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    if let Some(dir) = &state.run_dir
        && ui.button("Open run folder").on_hover_text(dir.display().to_string()).clicked()
    {
        commands.send(UiCommand::OpenFolder(dir.clone()));
    }
    if ui.button("Dismiss").clicked() {
        commands.send(UiCommand::DismissBanner);
    }
}

fn finished_ui(ui: &mut Ui, state: &State, finished: &Finished, commands: &mut Commands) {
    let stopped = finished.status == RunStatus::Stopped;
    let colour = if stopped { style::warning_colour(ui) } else { style::good_colour(ui) };
    frame_ui(ui, colour, |ui| {
        let steps = words::plural(finished.steps, "step", "steps");
        let head = match &finished.test {
            Some(test) => {
                let auc = test.auc.map_or_else(|| "N/A".to_owned(), |auc| format!("{auc:.4}"));
                format!("Finished: test accuracy {:.2} %, AUC {auc}", test.accuracy * 100.0)
            }
            None if stopped => format!("Stopped after {steps}; the checkpoint is kept"),
            None => "Finished".to_owned(),
        };
        ui.label(RichText::new(head).color(colour).strong().size(15.0));
        let mut facts = vec![format!("{steps} in {}", words::duration(finished.secs))];
        if let Some(epoch) = finished.best_epoch {
            let auc = finished.best_val_auc.map(|a| format!(" (validation AUC {a:.4})")).unwrap_or_default();
            facts.push(format!("best epoch {epoch}{auc}"));
        }
        if let Some(started) = &state.run.started {
            facts.push(format!("on {}", started.device.name));
        }
        ui.label(facts.join(", "));
        for missing in &finished.missing {
            ui.label(RichText::new(format!("Missing: {missing}")).color(style::warning_colour(ui)));
        }
        if stopped {
            only_anew_ui(ui, state);
        }
        ui.horizontal_wrapped(|ui| {
            if finished.test.is_some() && ui.add(style::primary_button(ui, "Test results…")).clicked() {
                commands.send(UiCommand::ShowReport(true));
            }
            if stopped && state.resume != ResumeOffer::None {
                resume_ui(ui, state, commands);
            }
            if ui.button("Export plots…").clicked() {
                commands.send(UiCommand::ShowExport(true));
            }
            folder_and_dismiss_ui(ui, state, commands);
        });
    });
}
