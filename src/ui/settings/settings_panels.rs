//! Workers, loader and training: the values a run starts from, and the one of them that is live.

use crate::config::{CacheMode, PRESETS};
use crate::language::{self, Arg, Message};
use crate::protocol::{DeviceInfo, DeviceKind, Prediction, RunChange};
use crate::ui::common::param_form::Typing;
use crate::ui::common::settings_form::{fixed_while_running, key_row, keys_form};
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{RichText, Ui};

/// The workers, always in sight: one more or fewer is one click.
pub fn workers_row(ui: &mut Ui, state: &State, typing: &mut Typing, commands: &mut Commands) {
    let Some(key) = state.config.key("loader.workers") else { return };
    let mut more = Commands::default();
    key_row(ui, state, &key, "panel ", typing, commands, |ui| workers_ui(ui, state, &mut more));
    more.take().into_iter().for_each(|command| commands.send(command));
    let workers = state.config.loader.workers;
    if workers > state.cores && state.cores > 0 && !more_than_cores_help(state) {
        ui.label(style::warning(ui, tr!("window-too-many-workers")).small());
    }
}

/// The verdict on the run that is active predicts that some number of workers beyond the cores trains faster than one for each
/// core: the loader waits for something else than a core.
fn more_than_cores_help(state: &State) -> bool {
    let Some(verdict) = state.run.findings.verdict.as_ref().filter(|_| state.run.live.is_active()) else {
        return false;
    };
    let workers = |prediction: &Prediction| match prediction.change {
        RunChange::Workers(workers) => Some(workers),
        _ => None,
    };
    let one_a_core = verdict.predictions.iter().find(|p| workers(p) == Some(state.cores));
    let mut beyond = verdict.predictions.iter().filter(|p| workers(p) > Some(state.cores));
    one_a_core.is_some_and(|one| beyond.any(|p| p.is_worth(one.images_per_sec)))
}

pub fn loader_panel(ui: &mut Ui, state: &State, typing: &mut Typing, commands: &mut Commands) {
    let loader = &state.config.loader;
    // The workers have a row of their own.
    let shown = |name: &str| name != "workers" && (name != "cache_mb" || loader.cache != CacheMode::Off);
    keys_form(ui, state, &["loader"], typing, commands, shown, |_, _| {});
    cache_ui(ui, state);
}

fn workers_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    use crate::ui::shell::action::Action;
    for (sign, action) in [("−", Action::FewerWorkers), ("+", Action::MoreWorkers)] {
        let button = egui::Button::new(sign).min_size(egui::vec2(22.0, 0.0));
        style::named(action.button(ui, state, button, commands), &action.title());
    }
    // Room is left for the way back to the default.
    if ui.available_size_before_wrap().x > 110.0 {
        ui.label(style::faint(ui, tr!("window-of-cores", cores = state.cores)));
    }
}

/// What keeping images takes, and while a run is active how it stands.
fn cache_ui(ui: &mut Ui, state: &State) {
    let loader = &state.config.loader;
    let stands =
        state.run.findings.stages.as_ref().filter(|_| state.run.live.is_active()).and_then(|s| s.cache.as_ref());
    if let Some(cache) = stands {
        let asked = cache.hits + cache.misses;
        let share = if asked == 0 { 0.0 } else { cache.hits as f64 / asked as f64 };
        let text = tr!(
            "window-cache-stands",
            images = cache.kept,
            used = Arg::bytes(cache.bytes),
            limit = Arg::bytes(cache.limit_bytes),
            percent = Arg::percent(share, 0),
            full = if cache.full { "yes" } else { "no" },
        );
        ui.label(style::faint(ui, text));
        return;
    }
    // Before one is switched on, what either would take.
    let modes = if loader.cache == CacheMode::Off { vec![CacheMode::Ram, CacheMode::Disk] } else { vec![loader.cache] };
    let mut said = None;
    for (high, text) in modes.into_iter().filter_map(|mode| cache_text(state, mode)) {
        if said.as_ref() == Some(&text) {
            continue;
        }
        let too_small = loader.cache != CacheMode::Off && high > loader.cache_mb.saturating_mul(1 << 20);
        let colour = if too_small { style::warning_colour(ui) } else { style::faint_colour(ui) };
        ui.label(RichText::new(text.to_string()).small().color(colour));
        said = Some(text);
    }
}

/// The most that a cache would take, and all that is known of it in words.
fn cache_text(state: &State, mode: CacheMode) -> Option<(u64, Message)> {
    let sizes = match state.cache_sizes.as_ref()? {
        Ok(sizes) => sizes,
        Err(error) => return Some((0, msg!("window-cache-unknown", error))),
    };
    let (size, place) = match mode {
        CacheMode::Disk => (sizes[1], "disk"),
        CacheMode::Ram | CacheMode::Off => (sizes[0], "memory"),
    };
    let takes = match (words::bytes(size.low_bytes), words::bytes(size.high_bytes)) {
        (low, high) if low == high => Message::verbatim(low),
        (low, high) => msg!("window-cache-range", low, high),
    };
    let limit = state.config.loader.cache_mb;
    let over = state.config.loader.cache != CacheMode::Off && size.high_bytes > limit.saturating_mul(1 << 20);
    let text = if over {
        msg!("window-cache-takes-too-much", images = size.images, takes, place)
    } else {
        msg!("window-cache-takes", images = size.images, takes, place)
    };
    Some((size.high_bytes, text))
}

/// The network, how it is trained, and on what.
pub fn training_panel(ui: &mut Ui, state: &State, typing: &mut Typing, commands: &mut Commands) {
    preset_menu(ui, state, commands);
    // The device has a list of its own.
    let shown = |name: &str| name != "device";
    keys_form(ui, state, &["model", "optimizer", "schedule", "train"], typing, commands, shown, |_, _| {});
    ui.add_space(4.0);
    ui.label(RichText::new(tr!("window-device-heading")).strong());
    device_ui(ui, state, commands);
    step_cost_ui(ui, state);
}

/// Trainings to begin with.
fn preset_menu(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let menu = |ui: &mut Ui| {
        ui.menu_button(tr!("window-training-presets"), |ui| {
            for preset in PRESETS {
                if ui.button(preset.title()).on_hover_text(preset.meaning()).clicked() {
                    commands.send(UiCommand::UseTraining(preset.item.name));
                    ui.close();
                }
            }
        });
    };
    let response = ui.add_enabled_ui(!state.run.live.is_active(), menu).response;
    response.on_disabled_hover_text(fixed_while_running());
}

/// What a step would take, and whether the device has got that.
fn step_cost_ui(ui: &mut Ui, state: &State) {
    let Some(costs) = &state.step_costs else { return };
    let device = device_to_be(state);
    let on_cpu = device.is_none_or(|device| device.kind == DeviceKind::Cpu);
    let cost = if on_cpu { &costs.on_cpu } else { &costs.on_gpu };
    ui.add_space(4.0);
    ui.label(RichText::new(tr!("window-step-cost-heading")).strong());
    let text = tr!(
        "window-step-cost",
        parameters = language::large_count(cost.parameters),
        adds = language::large_count(cost.multiply_adds),
        sides = language::sides(&costs.sample),
        batch = state.config.loader.batch_size,
        memory = Arg::bytes(cost.bytes()),
    );
    let parts = tr!(
        "window-step-cost-hint",
        weights = Arg::bytes(cost.weights_bytes),
        gradients = Arg::bytes(cost.gradients_bytes),
        optimizer = Arg::bytes(cost.optimizer_bytes),
        activations = Arg::bytes(cost.activations_bytes),
    );
    ui.label(style::faint(ui, text)).on_hover_text(parts);
    let lacking = device.filter(|device| device.memory_bytes.is_some_and(|bytes| bytes < cost.bytes()));
    if let Some(device) = lacking {
        let has = Arg::bytes(device.memory_bytes.unwrap_or(0));
        let warning = tr!("window-step-cost-too-much", device = &device.name, has);
        ui.label(style::warning(ui, warning).small());
    }
}

/// The device that a run would be on, as far as that is known.
fn device_to_be(state: &State) -> Option<&DeviceInfo> {
    let (list, chosen) = (&state.devices.list, state.config.train.device.as_str());
    let of_kind = |wanted: DeviceKind| list.iter().find(|device| device.kind == wanted);
    match chosen {
        "auto" => [DeviceKind::DiscreteGpu, DeviceKind::IntegratedGpu, DeviceKind::VirtualGpu, DeviceKind::Cpu]
            .into_iter()
            .find_map(of_kind),
        id => list.iter().find(|device| device.id == id),
    }
}

fn device_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let chosen = &state.config.train.device;
    let choose = |ui: &mut Ui, id: &str, name: &str, detail: &str, commands: &mut Commands| {
        let radio = ui.radio(chosen == id, name);
        if radio.on_disabled_hover_text(fixed_while_running()).clicked() {
            commands.send(UiCommand::set("train.device", id));
        }
        ui.indent(id, |ui| ui.label(style::faint(ui, detail).small()));
    };
    ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
        choose(ui, "auto", &tr!("window-device-auto"), &tr!("window-device-auto-detail"), commands);
        for device in &state.devices.list {
            let kind = words::device_kind(device.kind);
            let detail = tr!("window-device-detail", kind, driver = &device.driver, id = &device.id);
            choose(ui, &device.id, &device.name, &detail, commands);
        }
        let listed = |id: &str| state.devices.list.iter().any(|d| d.id == id);
        if !listed("cpu") {
            choose(ui, "cpu", "CPU", &tr!("window-device-always"), commands);
        }
        if chosen != "auto" && chosen != "cpu" && !listed(chosen) {
            choose(ui, chosen, chosen, &tr!("window-device-gone"), commands);
        }
    });
    ui.horizontal(|ui| {
        let refresh = ui.add_enabled(!state.devices.refreshing, egui::Button::new(tr!("window-device-refresh")));
        if refresh.on_hover_text(tr!("window-device-refresh-hint")).clicked() {
            commands.send(UiCommand::RefreshDevices);
        }
        if state.devices.refreshing {
            ui.spinner();
            ui.label(style::faint(ui, tr!("window-device-looking")));
        }
    });
    if let Some(error) = &state.devices.error {
        ui.label(style::warning(ui, error.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Live;
    use crate::protocol::{Bound, Verdict};

    #[test]
    fn more_workers_than_cores_help_where_the_verdict_of_an_active_run_says_so() {
        let predicted = |rates: &[(usize, f64)]| {
            let prediction = |(workers, images_per_sec): &(usize, f64)| Prediction {
                change: RunChange::Workers(*workers),
                images_per_sec: *images_per_sec,
                low: *images_per_sec,
                high: *images_per_sec,
                measured: false,
                next_bound: Bound::Input,
                next_limit: Message::default(),
            };
            let mut state = State { cores: 4, ..State::default() };
            state.run.live = Live::Running;
            state.run.findings.verdict = Some(Verdict {
                bound: Bound::Input,
                sentence: Message::default(),
                images_per_sec: Some(100.0),
                evidence: Vec::new(),
                ceilings: Vec::new(),
                predictions: rates.iter().map(prediction).collect(),
                troubles: Vec::new(),
            });
            state
        };
        let mut waits = predicted(&[(2, 50.0), (4, 100.0), (16, 400.0)]);
        assert!(more_than_cores_help(&waits));
        waits.run.live = Live::Idle;
        assert!(!more_than_cores_help(&waits), "the next run may be another one");
        assert!(!more_than_cores_help(&predicted(&[(2, 50.0), (4, 100.0), (6, 101.0)])), "it computes");
        assert!(!more_than_cores_help(&predicted(&[(16, 400.0)])));
        assert!(!more_than_cores_help(&State::default()));
    }
}
