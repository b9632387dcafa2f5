//! The bar at the top: what runs on which device, how far it is, and the buttons that steer it.

use super::action::Action;
use crate::client::Live;
use crate::config::network_title;
use crate::protocol::RunPhase;
use crate::ui::common::keys::keys_text;
use crate::ui::common::preferences::{language_ui, theme_ui};
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::gui_zoom::kb_shortcuts::{ZOOM_IN, ZOOM_OUT};
use egui::{Align, Layout, RichText, Ui};

/// Of the line that shows in a short window how far the run is, in points.
const LINE_HEIGHT: f32 = 4.0;

/// In a short window the buttons alone, over a line that shows how far the run is.
pub fn run_bar(ui: &mut Ui, state: &State, is_short: bool, commands: &mut Commands) {
    if is_short {
        ui.spacing_mut().item_spacing.y = 2.0;
    }
    ui.horizontal(|ui| {
        buttons_ui(ui, state, commands);
        ui.separator();
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            right_ui(ui, state, commands);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| state_ui(ui, state));
        });
    });
    // Always there, so that nothing below moves under the pointer when a run starts.
    if is_short {
        line_ui(ui, state);
        return;
    }
    ui.horizontal(|ui| {
        ui.set_min_height(ui.spacing().interact_size.y);
        if state.run.live.is_active() {
            progress_ui(ui, state);
        } else {
            ui.add(egui::Label::new(style::faint(ui, plan(state))).truncate());
        }
    });
}

/// What Start would do.
fn plan(state: &State) -> String {
    let Some(Ok([train, ..])) = state.dataset.ready().map(|ready| &ready.split) else { return String::new() };
    let config = &state.config;
    let device = match config.train.device.as_str() {
        "auto" => tr!("window-plan-device-auto"),
        id => state.devices.list.iter().find(|d| d.id == id).map_or(id, |d| d.name.as_str()).to_owned(),
    };
    tr!(
        "window-plan",
        network = network_title(&config.model.name),
        epochs = config.train.epochs,
        images = *train,
        workers = config.loader.workers,
        device,
    )
}

fn buttons_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let text = Action::Start.title();
    let start = if state.is_start_next() { style::primary_button(ui, &text) } else { egui::Button::new(text) };
    let size = egui::vec2(64.0, 26.0);
    Action::Start.button(ui, state, start.min_size(size), commands);
    let pause = if state.run.live == Live::Paused { tr!("window-resume-paused") } else { tr!("window-pause") };
    Action::PauseOrResume.button(ui, state, egui::Button::new(pause).min_size(size), commands);
    if state.run.live == Live::Stopping {
        let end = ui.add(egui::Button::new(tr!("window-end-now")).min_size(size));
        if style::pressed(&end.on_hover_text(tr!("window-end-now-hint"))) {
            commands.send(UiCommand::EndEngine);
        }
    } else {
        Action::Stop.button(ui, state, egui::Button::new(Action::Stop.title()).min_size(size), commands);
    }
}

fn state_ui(ui: &mut Ui, state: &State) {
    let run = &state.run;
    let colour = match &run.live {
        Live::Failed { .. } | Live::Died { .. } => style::error_colour(ui),
        Live::Finished(_) => style::good_colour(ui),
        Live::Paused | Live::Stopping => style::warning_colour(ui),
        _ => ui.visuals().strong_text_color(),
    };
    if state.sweep.busy {
        let text = words::capitalised(&tr!("window-state-sweeping"));
        ui.add(egui::Label::new(RichText::new(text).strong()).truncate());
        return;
    }
    if run.live == Live::Idle {
        let hint = state.why_not_start().unwrap_or_else(|| tr!("window-ready"));
        ui.add(egui::Label::new(style::faint(ui, words::capitalised(&hint))).truncate());
        return;
    }
    let text = words::capitalised(&words::live(run));
    let label = ui.add(egui::Label::new(RichText::new(text).color(colour).strong()).truncate());
    if let Some(phase) = run.phase {
        label.on_hover_text(words::capitalised(&words::phase_in_full(phase)));
    }
    if run.live.is_active()
        && let Some(started) = &run.started
    {
        let on = tr!("window-on-device", device = &started.device.name);
        ui.add(egui::Label::new(style::faint(ui, on)).truncate()).on_hover_text(words::device(&started.device));
    }
}

fn right_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let menu = ui.menu_button("≡", |ui| menu_ui(ui, state, commands)).response;
    style::named(menu, &tr!("window-menu")).on_hover_text(tr!("window-menu-hint"));
    Action::Palette.button(ui, state, egui::Button::new(Action::Palette.title()), commands);
    Action::Export.button(ui, state, egui::Button::new(Action::Export.title()), commands);
    ui.menu_button(tr!("window-plots-menu"), |ui| {
        for name in crate::plot::METRICS {
            let mut shown = !state.view.hidden_plots.iter().any(|h| h == name);
            let title = crate::plot::catalogue::metric_title(name).to_string();
            let doc = crate::plot::catalogue::metric_doc(name).to_string();
            if ui.checkbox(&mut shown, title).on_hover_text(doc).changed() {
                commands.send(UiCommand::HidePlot { name: (*name).to_owned(), hidden: !shown });
            }
        }
    })
    .response
    .on_hover_text(tr!("window-plots-menu-hint"));
}

fn menu_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.set_min_width(220.0);
    ui.label(style::faint(ui, tr!("window-theme")));
    theme_ui(ui, state, commands);
    ui.label(style::faint(ui, tr!("window-language")));
    language_ui(ui, state, commands);
    let [larger, smaller] = [ZOOM_IN, ZOOM_OUT].map(|shortcut| keys_text(ui.ctx(), &shortcut));
    ui.label(style::faint(ui, tr!("window-size-keys", larger, smaller)));
    ui.separator();
    for group in [
        [Action::OpenRunFolder, Action::OpenRunsFolder].as_slice(),
        &[Action::Undo, Action::Redo, Action::ShowKeys, Action::About, Action::Close],
    ] {
        for action in group {
            let keys = action.keys_text(ui.ctx());
            if action.button(ui, state, egui::Button::new(action.title()).shortcut_text(keys), commands).clicked() {
                ui.close();
            }
        }
        ui.separator();
    }
}

/// How far the run is, as a share and in words.
fn progress(state: &State) -> (f32, String) {
    let run = &state.run;
    let phase_progress = run.progress.filter(|(_, total)| *total > 0);
    let (frac, text) = match (phase_progress, &run.started) {
        (Some((done, total)), _) => {
            let text = match run.phase {
                Some(RunPhase::Validating | RunPhase::Testing) => tr!("window-progress-images", done, total),
                _ => tr!("window-progress", done, total),
            };
            (done as f32 / total as f32, text)
        }
        (None, Some(started)) => {
            let epochs = started.config.train.epochs;
            let total = started.steps_per_epoch * epochs as u64;
            let epoch = run.now.epoch.max(1);
            let text = tr!("window-progress-epoch", epoch, epochs, step = run.now.step, total);
            (run.progress_frac().unwrap_or(0.0) as f32, text)
        }
        (None, None) => (0.0, String::new()),
    };
    (frac.clamp(0.0, 1.0), text)
}

fn line_ui(ui: &mut Ui, state: &State) {
    if !state.run.live.is_active() {
        ui.allocate_space(egui::vec2(ui.available_width(), LINE_HEIGHT));
        return;
    }
    let (frac, text) = progress(state);
    let bar = egui::ProgressBar::new(frac).desired_height(LINE_HEIGHT).fill(style::accent(ui));
    style::named(ui.add(bar), &text).on_hover_text(text);
}

/// Progress, time left and the newest figures, in one line under the buttons.
fn progress_ui(ui: &mut Ui, state: &State) {
    let run = &state.run;
    let width = (ui.available_width() * 0.34).clamp(150.0, 560.0);
    let (frac, text) = progress(state);
    let bar = egui::ProgressBar::new(frac)
        .desired_width(width)
        .fill(style::accent(ui).gamma_multiply(0.55))
        .text(RichText::new(&text).color(ui.visuals().strong_text_color()));
    ui.add(bar).on_hover_text(text);
    if let Some(eta) = run.eta_secs() {
        ui.label(tr!("window-time-left", time = words::duration(eta)));
    }
    let is_past = !run.is_training();
    let mut figure = |name: String, value: Option<String>, hint: String| {
        ui.separator();
        ui.label(style::faint(ui, name));
        let value = value.unwrap_or_else(|| tr!("window-hardware-none"));
        if is_past {
            ui.label(style::faint(ui, value).monospace()).on_hover_text(tr!("window-past-hint", hint));
        } else {
            ui.label(RichText::new(value).strong().monospace()).on_hover_text(hint);
        }
    };
    figure(tr!("window-loss"), run.now.loss.map(words::loss), tr!("window-loss-hint"));
    figure(tr!("window-rate"), run.now.images_per_sec.map(words::rate), tr!("window-rate-hint"));
    figure(
        tr!("window-data-wait"),
        run.now.data_wait_frac.map(|f| format!("{:.0} %", f * 100.0)),
        tr!("window-data-wait-hint"),
    );
}
