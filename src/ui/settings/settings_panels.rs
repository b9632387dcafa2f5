//! Loader, model and device: the values a run starts from, and the one of them that is live.

use crate::config::CacheMode;
use crate::ui::common::param_form::Typing;
use crate::ui::common::settings_form::{FIXED_WHILE_RUNNING, keys_form};
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{RichText, Ui};

pub fn loader_panel(ui: &mut Ui, state: &State, typing: &mut Typing, commands: &mut Commands) {
    let loader = &state.config.loader;
    let mut more = Commands::default();
    let shown = |name: &str| name != "cache_mb" || loader.cache != CacheMode::Off;
    keys_form(ui, state, &["loader"], typing, commands, shown, |ui, key| {
        if key.info.name == "workers" {
            workers_ui(ui, state, &mut more);
        }
    });
    more.take().into_iter().for_each(|command| commands.send(command));
    if loader.workers > state.cores && state.cores > 0 {
        ui.label(RichText::new("More workers than cores seldom help").color(style::warning_colour(ui)).small());
    }
    cache_ui(ui, state);
    if let Some(stages) = state.run.findings.stages.as_ref().filter(|_| state.run.live.is_active()) {
        let text = format!("Queue: {} of {} batches ready", stages.queue_len, stages.queue_capacity);
        ui.label(style::faint(ui, text)).on_hover_text("An empty queue means that the trainer waits for the loader");
    }
}

/// Buttons, so that one more thread is one click.
fn workers_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let workers = state.config.loader.workers;
    let fewer = ui.small_button("−").on_hover_text("One worker fewer").clicked();
    let more = ui.small_button("+").on_hover_text("One worker more").clicked();
    let wanted = if fewer { workers.checked_sub(1) } else { more.then_some(workers + 1) };
    let allowed = |n: &usize| {
        let key = state.config.key("loader.workers");
        key.is_some_and(|key| key.info.accepts(&(*n).into()))
    };
    if let Some(workers) = wanted.filter(allowed) {
        commands.send(UiCommand::set("loader.workers", workers));
    }
    ui.label(style::faint(ui, format!("of {}", words::plural(state.cores as u64, "core", "cores"))));
}

/// What keeping images takes, and while a run is active how it stands.
fn cache_ui(ui: &mut Ui, state: &State) {
    let loader = &state.config.loader;
    let stands =
        state.run.findings.stages.as_ref().filter(|_| state.run.live.is_active()).and_then(|s| s.cache.as_ref());
    if let Some(cache) = stands {
        let asked = cache.hits + cache.misses;
        let share = if asked == 0 { 0.0 } else { 100.0 * cache.hits as f64 / asked as f64 };
        let text = format!(
            "{} kept, {} of {}; {share:.0} % of images came from it{}",
            words::plural(cache.kept, "image", "images"),
            words::bytes(cache.bytes),
            words::bytes(cache.limit_bytes),
            if cache.full { "; it is full" } else { "" }
        );
        ui.label(style::faint(ui, text));
        return;
    }
    // Before one is switched on, what either would take.
    let modes = if loader.cache == CacheMode::Off { vec![CacheMode::Ram, CacheMode::Disk] } else { vec![loader.cache] };
    let mut said = String::new();
    for (high, text) in modes.into_iter().filter_map(|mode| cache_text(state, mode)) {
        if text == said {
            continue;
        }
        let too_small = loader.cache != CacheMode::Off && high > loader.cache_mb.saturating_mul(1 << 20);
        let colour = if too_small { style::warning_colour(ui) } else { style::faint_colour(ui) };
        ui.label(RichText::new(&text).small().color(colour));
        said = text;
    }
}

/// The most that a cache would take, and all that is known of it in words.
fn cache_text(state: &State, mode: CacheMode) -> Option<(u64, String)> {
    let sizes = match state.cache_sizes.as_ref()? {
        Ok(sizes) => sizes,
        Err(error) => return Some((0, format!("What a cache would take is not known: {error}"))),
    };
    let (size, place) = match mode {
        CacheMode::Disk => (sizes[1], "on disk"),
        CacheMode::Ram | CacheMode::Off => (sizes[0], "of memory"),
    };
    let takes = match (words::bytes(size.low_bytes), words::bytes(size.high_bytes)) {
        (low, high) if low == high => low,
        (low, high) => format!("{low} to {high}"),
    };
    let limit = state.config.loader.cache_mb;
    let over = if state.config.loader.cache != CacheMode::Off && size.high_bytes > limit.saturating_mul(1 << 20) {
        "; beyond the limit images are loaded each time"
    } else {
        ""
    };
    let images = words::plural(size.images, "image", "images");
    Some((size.high_bytes, format!("All {images} would take {takes} {place}{over}")))
}

pub fn model_panel(ui: &mut Ui, state: &State, typing: &mut Typing, commands: &mut Commands) {
    // The device has a panel of its own.
    let shown = |name: &str| name != "device";
    keys_form(ui, state, &["model", "optimizer", "schedule", "train"], typing, commands, shown, |_, _| {});
}

pub fn device_panel(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let chosen = &state.config.train.device;
    let choose = |ui: &mut Ui, id: &str, name: &str, detail: &str, commands: &mut Commands| {
        let radio = ui.radio(chosen == id, name);
        if radio.on_disabled_hover_text(FIXED_WHILE_RUNNING).clicked() {
            commands.send(UiCommand::set("train.device", id));
        }
        ui.indent(id, |ui| ui.label(style::faint(ui, detail).small()));
    };
    ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
        choose(ui, "auto", "Automatic", "a GPU whose self-check passes, else the CPU", commands);
        for device in &state.devices.list {
            let detail = format!("{}; {} ({})", words::device_kind(device.kind), device.driver, device.id);
            choose(ui, &device.id, &device.name, &detail, commands);
        }
        let listed = |id: &str| state.devices.list.iter().any(|d| d.id == id);
        if !listed("cpu") {
            choose(ui, "cpu", "CPU", "always there", commands);
        }
        if chosen != "auto" && chosen != "cpu" && !listed(chosen) {
            choose(ui, chosen, chosen, "chosen before, not found now", commands);
        }
    });
    ui.horizontal(|ui| {
        let refresh = ui.add_enabled(!state.devices.refreshing, egui::Button::new("Refresh"));
        if refresh.on_hover_text("Looks for devices again").clicked() {
            commands.send(UiCommand::RefreshDevices);
        }
        if state.devices.refreshing {
            ui.spinner();
            ui.label(style::faint(ui, "looking for devices"));
        }
    });
    if let Some(error) = &state.devices.error {
        ui.label(RichText::new(error).color(style::warning_colour(ui)));
    }
}
