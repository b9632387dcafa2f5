//! The bar at the top: what runs on which device, how far it is, and the buttons that steer it.

use super::action::Action;
use crate::client::Live;
use crate::config::network_title;
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Align, Layout, RichText, Ui};

pub fn run_bar(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.horizontal(|ui| {
        buttons_ui(ui, state, commands);
        ui.separator();
        state_ui(ui, state);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| right_ui(ui, state, commands));
    });
    // Always there, so that nothing below moves under the pointer when a run starts.
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
        "auto" => "the device chosen automatically",
        id => state.devices.list.iter().find(|d| d.id == id).map_or(id, |d| d.name.as_str()),
    };
    let epochs = words::plural(config.train.epochs as u64, "epoch", "epochs");
    let images = words::plural(*train as u64, "image", "images");
    let workers = words::plural(config.loader.workers as u64, "worker", "workers");
    format!("Next run: {}, {epochs} of {images}, {workers}, on {device}", network_title(&config.model.name))
}

fn buttons_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let start =
        if state.why_not_start().is_none() { style::primary_button(ui, "Start") } else { egui::Button::new("Start") };
    let size = egui::vec2(64.0, 26.0);
    Action::Start.button(ui, state, start.min_size(size), commands);
    let pause = if state.run.live == Live::Paused { "Resume" } else { "Pause" };
    Action::PauseOrResume.button(ui, state, egui::Button::new(pause).min_size(size), commands);
    if state.run.live == Live::Stopping {
        let end = ui.add(egui::Button::new("End now").min_size(size));
        if end.on_hover_text("Ends the engine without waiting; what the last checkpoint holds is kept").clicked() {
            commands.send(UiCommand::EndEngine);
        }
    } else {
        Action::Stop.button(ui, state, egui::Button::new(Action::Stop.title()).min_size(size), commands);
    }
}

fn state_ui(ui: &mut Ui, state: &State) {
    let run = &state.run;
    let words_now = words::live(run);
    let colour = match &run.live {
        Live::Failed { .. } | Live::Died { .. } => style::error_colour(ui),
        Live::Finished(_) => style::good_colour(ui),
        Live::Paused | Live::Stopping => style::warning_colour(ui),
        _ => ui.visuals().strong_text_color(),
    };
    if run.live == Live::Idle {
        let hint = state.why_not_start().unwrap_or_else(|| "ready: press Start".to_owned());
        ui.add(egui::Label::new(style::faint(ui, hint)).truncate());
    } else {
        let mut text = words_now;
        if let Some(first) = text.get(..1) {
            text = first.to_uppercase() + &text[1..];
        }
        ui.add(egui::Label::new(RichText::new(text).color(colour).strong()).truncate());
    }
    if run.live.is_active()
        && let Some(started) = &run.started
    {
        ui.add(egui::Label::new(style::faint(ui, format!("on {}", started.device.name))).truncate())
            .on_hover_text(words::device(&started.device));
    }
}

fn right_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let menu = ui.menu_button("≡", |ui| settings_menu_ui(ui, state, commands)).response;
    style::named(menu, "Menu").on_hover_text("Undo, theme, runs, keys, about");
    Action::Export.button(ui, state, egui::Button::new(Action::Export.title()), commands);
    ui.menu_button("Plots ▾", |ui| {
        for (name, doc) in crate::plot::catalogue::METRICS {
            let mut shown = !state.view.hidden_plots.iter().any(|h| h == name);
            if ui.checkbox(&mut shown, name.replace('_', " ")).on_hover_text(*doc).changed() {
                commands.send(UiCommand::HidePlot { name: (*name).to_owned(), hidden: !shown });
            }
        }
    })
    .response
    .on_hover_text("Which plots are shown");
}

fn settings_menu_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.set_min_width(180.0);
    ui.label(style::faint(ui, "Theme"));
    for (theme, name) in [
        (egui::ThemePreference::System, "As the system"),
        (egui::ThemePreference::Light, "Light"),
        (egui::ThemePreference::Dark, "Dark"),
    ] {
        if ui.radio(state.view.theme == theme, name).clicked() {
            commands.send(UiCommand::SetTheme(theme));
        }
    }
    ui.label(style::faint(ui, "Size: Ctrl + and Ctrl −"));
    ui.separator();
    if let Some(dir) = &state.run_dir
        && ui.button("Open this run's folder").on_hover_text(dir.display().to_string()).clicked()
    {
        commands.send(UiCommand::OpenFolder(dir.clone()));
    }
    let runs = ui.button("Open the folder of all runs").on_hover_text(state.runs_dir.display().to_string());
    if runs.clicked() {
        commands.send(UiCommand::OpenFolder(state.runs_dir.clone()));
    }
    ui.separator();
    for action in [Action::Undo, Action::Redo, Action::ShowKeys, Action::About, Action::Close] {
        let keys = action.keys_text(ui.ctx());
        if action.button(ui, state, egui::Button::new(action.title()).shortcut_text(keys), commands).clicked() {
            ui.close();
        }
    }
}

/// Progress, time left and the newest figures, in one line under the buttons.
fn progress_ui(ui: &mut Ui, state: &State) {
    let run = &state.run;
    let width = (ui.available_width() * 0.42).clamp(160.0, 560.0);
    let phase_progress = run.progress.filter(|(_, total)| *total > 0);
    let (frac, text) = match (phase_progress, &run.started) {
        (Some((done, total)), _) => {
            (done as f32 / total as f32, format!("{} of {}", words::count(done), words::count(total)))
        }
        (None, Some(started)) => {
            let epochs = started.config.train.epochs;
            let total = started.steps_per_epoch * epochs as u64;
            let text = format!(
                "epoch {} of {epochs}, step {} of {}",
                run.now.epoch.max(1),
                words::count(run.now.step),
                words::count(total)
            );
            (run.progress_frac().unwrap_or(0.0) as f32, text)
        }
        (None, None) => (0.0, String::new()),
    };
    ui.add(
        egui::ProgressBar::new(frac.clamp(0.0, 1.0))
            .desired_width(width)
            .fill(style::accent(ui).gamma_multiply(0.55))
            .text(RichText::new(text).color(ui.visuals().strong_text_color())),
    );
    if let Some(eta) = run.eta_secs() {
        ui.label(format!("{} left", words::duration(eta)));
    }
    let mut figure = |name: &str, value: Option<String>, hint: &str| {
        ui.separator();
        let value = value.unwrap_or_else(|| "N/A".to_owned());
        ui.label(style::faint(ui, name));
        ui.label(RichText::new(value).strong().monospace()).on_hover_text(hint);
    };
    figure("loss", run.now.loss.map(words::loss), "Training loss of the last step read back");
    figure("images/s", run.now.images_per_sec.map(words::rate), "Images trained a second, lately");
    figure(
        "data wait",
        run.now.data_wait_frac.map(|f| format!("{:.0} %", f * 100.0)),
        "Share of the step that the trainer waits for its batch: high means that the loader holds training back",
    );
}
