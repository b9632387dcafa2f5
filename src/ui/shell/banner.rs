//! What a run came to: finished, stopped, failed, died; and what can be done now.

use crate::client::Live;
use crate::language::Arg;
use crate::protocol::{DeviceInfo, DeviceKind, FailureKind, Finished, OnChangedData, RunStatus, Unscaled};
use crate::store::ResumeOffer;
use crate::ui::common::card::frame_ui;
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Button, RichText, Ui};
use std::path::Path;

/// The chain lacks a step: with the button that puts it in.
pub fn unscaled_ui(ui: &mut Ui, found: &Unscaled, commands: &mut Commands) {
    let colour = style::warning_colour(ui);
    frame_ui(ui, colour, |ui| {
        ui.label(RichText::new(tr!("window-unscaled")).color(colour).strong());
        style::lines(ui, RichText::new(found.message.to_string()), 1);
        ui.horizontal_wrapped(|ui| {
            if style::pressed(&ui.button(tr!("window-change-chain")).on_hover_text(found.words.to_string())) {
                let specs = found.transforms.clone();
                commands.send(UiCommand::SetTransforms { specs, settled: true });
            }
            if style::pressed(&ui.button(tr!("window-leave-it"))) {
                commands.send(UiCommand::DismissBanner);
            }
        });
    });
}

/// The window speaks English for want of a font, with where to get one.
pub fn no_font_ui(ui: &mut Ui, commands: &mut Commands) {
    let colour = style::warning_colour(ui);
    frame_ui(ui, colour, |ui| {
        ui.label(RichText::new(tr!("window-no-font")).color(colour).strong());
        style::lines(ui, RichText::new(tr!("window-no-font-more")), 1);
        if style::pressed(&ui.button(tr!("window-dismiss"))) {
            commands.send(UiCommand::DismissBanner);
        }
    });
}

/// A run that trains without a window.
pub fn going_on_ui(ui: &mut Ui, state: &State, run_dir: &Path, commands: &mut Commands) {
    let colour = style::good_colour(ui);
    frame_ui(ui, colour, |ui| {
        ui.label(RichText::new(tr!("window-goes-on")).color(colour).strong());
        style::lines(ui, RichText::new(run_dir.display().to_string()), 1);
        ui.horizontal_wrapped(|ui| {
            let attach = style::primary_button(ui, &tr!("window-attach"));
            if way_on(ui, state, attach, tr!("window-attach-hint")) {
                commands.send(UiCommand::Attach(run_dir.to_owned()));
            }
            if style::pressed(&ui.button(tr!("window-dismiss"))) {
                commands.send(UiCommand::DismissBanner);
            }
        });
    });
}

pub fn died_ui(ui: &mut Ui, state: &State, how: &str, commands: &mut Commands) {
    let colour = style::error_colour(ui);
    frame_ui(ui, colour, |ui| {
        style::lines(ui, RichText::new(tr!("window-died", how)).color(colour).strong(), 1);
        let device = state.run.started.as_ref().map(|started| started.device.name.clone()).unwrap_or_default();
        let text = match state.run.now.step {
            0 => tr!("window-died-before-first-step"),
            step => tr!("window-died-at", epoch = state.run.now.epoch, step, device),
        };
        detail_ui(ui, state, RichText::new(with_reset(text, state)));
        again_ui(ui, state, commands);
    });
}

pub fn failed_ui(ui: &mut Ui, state: &State, error: &str, kind: FailureKind, commands: &mut Commands) {
    let colour = style::error_colour(ui);
    frame_ui(ui, colour, |ui| {
        let what = match kind {
            FailureKind::Config => tr!("window-failed-config"),
            FailureKind::Data => tr!("window-failed-data"),
            FailureKind::Device => tr!("window-failed-device"),
            FailureKind::ChangedData => tr!("window-failed-changed-data"),
            FailureKind::Other => tr!("window-failed-other"),
        };
        ui.label(RichText::new(what).color(colour).strong());
        let error = match kind {
            FailureKind::Device => with_reset(error.to_owned(), state),
            _ => error.to_owned(),
        };
        detail_ui(ui, state, RichText::new(error));
        again_ui(ui, state, commands);
    });
}

/// With what may be behind it on Windows, where the run was on a GPU.
fn with_reset(text: String, state: &State) -> String {
    let device = state.run.started.as_ref().map(|started| &started.device);
    if resets_drivers(cfg!(windows), device) { tr!("window-driver-reset", text) } else { text }
}

/// Windows ends a kernel that takes more than two seconds, and with it whatever the driver was doing (TDR).
fn resets_drivers(on_windows: bool, device: Option<&DeviceInfo>) -> bool {
    let is_gpu = |device: &DeviceInfo| !matches!(device.kind, DeviceKind::Cpu | DeviceKind::SoftwareGpu);
    on_windows && device.is_some_and(is_gpu)
}

/// One line: why a run can only be begun anew matters more than what it came to.
fn detail_ui(ui: &mut Ui, state: &State, text: RichText) {
    match &state.resume {
        ResumeOffer::OnlyAnew(why) => {
            style::lines(ui, RichText::new(tr!("window-only-anew", why = why.to_string())), 1);
        }
        ResumeOffer::None | ResumeOffer::GoesOn => {
            style::lines(ui, text, 1);
        }
    }
}

fn last_words_ui(ui: &mut Ui, state: &State) {
    if state.last_words.is_empty() {
        return;
    }
    ui.menu_button(tr!("window-last-words"), |ui| {
        let text = state.last_words.join("\n");
        egui::ScrollArea::both().id_salt("last-words-text").max_height(200.0).show(ui, |ui| {
            ui.add(egui::Label::new(RichText::new(&text).monospace().small()).extend());
        });
        if ui.small_button(tr!("window-copy")).clicked() {
            ui.ctx().copy_text(text);
            ui.close();
        }
    });
}

fn again_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.horizontal_wrapped(|ui| {
        if matches!(state.run.live, Live::Failed { kind: FailureKind::Device, .. })
            && state.config.train.device != "cpu"
        {
            let cpu = ui.button(tr!("window-start-on-cpu"));
            if style::pressed(&cpu.on_hover_text(tr!("window-start-on-cpu-hint"))) {
                commands.send(UiCommand::set("train.device", "cpu"));
                commands.send(UiCommand::Start);
            }
        }
        resume_ui(ui, state, commands);
        let why_not = state.why_not_start();
        let again = ui.add_enabled(why_not.is_none(), Button::new(tr!("window-start-again")));
        if style::pressed(&again.on_disabled_hover_text(why_not.unwrap_or_default())) {
            commands.send(UiCommand::Start);
        }
        last_words_ui(ui, state);
        folder_and_dismiss_ui(ui, state, commands);
    });
}

/// The ways on with this run. What stands out never makes its figures those of different things.
fn resume_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let other_data = matches!(state.run.live, Live::Failed { kind: FailureKind::ChangedData, .. });
    let only_anew = matches!(state.resume, ResumeOffer::OnlyAnew(_));
    let keeps = |ui: &mut Ui| way_on(ui, state, Button::new(tr!("window-resume-keep")), tr!("window-resume-keep-hint"));
    if other_data && !only_anew && keeps(ui) {
        commands.send(UiCommand::ResumeChanged(OnChangedData::Keep));
    }
    // While a sweep trains none of them is the next thing to do.
    let primary = |ui: &Ui, text: String, stands_out: bool| match stands_out && !state.sweep.busy {
        true => style::primary_button(ui, &text),
        false => Button::new(text),
    };
    if other_data || only_anew {
        let anew = primary(ui, tr!("window-begin-anew"), only_anew);
        if way_on(ui, state, anew, tr!("window-begin-anew-hint")) {
            commands.send(UiCommand::ResumeChanged(OnChangedData::Restart));
        }
    }
    if !only_anew && state.resume.goes_on() {
        let resume = primary(ui, tr!("window-resume"), !other_data);
        let hint = if other_data { tr!("window-resume-same-data") } else { tr!("window-resume-run-hint") };
        if way_on(ui, state, resume, hint) {
            commands.send(UiCommand::ResumeRun);
        }
    } else if !only_anew {
        let resume = ui.add_enabled(false, Button::new(tr!("window-resume")));
        resume.on_disabled_hover_text(tr!("window-resume-nothing"));
    }
}

/// A button of something that a sweep has to end before; true where it is pressed.
fn way_on(ui: &mut Ui, state: &State, button: Button<'_>, hint: String) -> bool {
    let button = ui.add_enabled(!state.sweep.busy, button).on_hover_text(hint);
    style::pressed(&button.on_disabled_hover_text(tr!("window-start-sweep-busy")))
}

fn folder_and_dismiss_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    if let Some(dir) = &state.run_dir
        && ui.button(tr!("window-open-run-folder")).on_hover_text(dir.display().to_string()).clicked()
    {
        commands.send(UiCommand::OpenFolder(dir.clone()));
    }
    if style::pressed(&ui.button(tr!("window-dismiss"))) {
        commands.send(UiCommand::DismissBanner);
    }
}

pub fn finished_ui(ui: &mut Ui, state: &State, finished: &Finished, commands: &mut Commands) {
    let stopped = finished.status == RunStatus::Stopped;
    let colour = if stopped { style::warning_colour(ui) } else { style::good_colour(ui) };
    frame_ui(ui, colour, |ui| {
        let head = match &finished.test {
            Some(test) => tr!("window-finished-test", accuracy = Arg::percent(test.accuracy, 2), auc = auc(test.auc)),
            None if stopped => tr!("window-stopped-after", steps = finished.steps),
            None => tr!("window-finished"),
        };
        style::lines(ui, RichText::new(head).color(colour).strong(), 1);
        facts_ui(ui, state, finished, stopped);
        ui.horizontal_wrapped(|ui| {
            if finished.test.is_some() && ui.add(style::primary_button(ui, &tr!("window-test-results"))).clicked() {
                commands.send(UiCommand::ShowPage(Page::RESULTS));
            }
            // It has its place before its checkpoint is read: what stands beside it is not to move under the pointer.
            if stopped {
                resume_ui(ui, state, commands);
            }
            if ui.button(tr!("window-action-export")).clicked() {
                commands.send(UiCommand::ShowExport(true));
            }
            folder_and_dismiss_ui(ui, state, commands);
        });
    });
}

/// What is missing of the run before what it was.
fn facts_ui(ui: &mut Ui, state: &State, finished: &Finished, stopped: bool) {
    ui.horizontal(|ui| {
        for missing in &finished.missing {
            let words = tr!("window-missing", what = missing.to_string());
            style::lines(ui, style::warning(ui, words), 1);
        }
        if let ResumeOffer::OnlyAnew(why) = &state.resume
            && stopped
        {
            style::lines(ui, RichText::new(tr!("window-only-anew", why = why.to_string())), 1);
        }
        ui.label(tr!("window-steps-in", steps = finished.steps, time = Arg::duration(finished.secs)));
        if let Some(epoch) = finished.best_epoch {
            ui.label(tr!("window-best-epoch", epoch, auc = auc(finished.best_val_auc)));
        }
        if let Some(started) = &state.run.started {
            ui.add(egui::Label::new(style::faint(ui, &started.device.name)).truncate());
        }
    });
}

fn auc(auc: Option<f64>) -> Arg {
    Arg::number(auc.unwrap_or(f64::NAN), 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_is_named_where_windows_may_have_done_it() {
        let device = |kind| DeviceInfo {
            id: "x:0".to_owned(),
            name: "X".to_owned(),
            kind,
            driver: "".into(),
            memory_bytes: None,
        };
        let gpu = device(DeviceKind::DiscreteGpu);
        assert!(resets_drivers(true, Some(&gpu)));
        assert!(!resets_drivers(false, Some(&gpu)));
        assert!(!resets_drivers(true, Some(&device(DeviceKind::Cpu))));
        assert!(!resets_drivers(true, Some(&device(DeviceKind::SoftwareGpu))));
        assert!(!resets_drivers(true, None));
        let said = tr!("window-driver-reset", text = "It died.");
        assert!(said.starts_with("It died.") && said.contains("TDR") && said.contains("TdrDelay"), "{said}");
    }
}
