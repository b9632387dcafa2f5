//! Loader, model and device: the values a run starts from, and the one of them that is live.

use crate::config::CacheMode;
use crate::config::schema::{self, KeyKind};
use crate::ui::common::{style, words};
use crate::ui::state::{Commands, Edit, LoaderSwitch, State, UiCommand};
use egui::{DragValue, RichText, Ui};

const FIXED_WHILE_RUNNING: &str = "Fixed while a run is active: stop it to change this";

/// The integers that `schema` allows for a key.
fn int_range(section: &str, name: &str) -> std::ops::RangeInclusive<u64> {
    match schema::find(section, name).map(|k| k.kind) {
        Some(KeyKind::Int { min, max }) => min.max(0) as u64..=max.max(0) as u64,
        _ => 0..=u64::MAX,
    }
}

/// What `schema` says of a key.
fn doc(section: &str, name: &str) -> &'static str {
    schema::find(section, name).map_or("", |k| k.doc)
}

/// A whole number of the configuration, fixed while a run is active.
fn int_row(ui: &mut Ui, state: &State, label: &str, key: (&str, &str), value: u64, speed: f64) -> Option<u64> {
    style::row(ui, label, doc(key.0, key.1), |ui, id| {
        let mut edited = value;
        let drag = DragValue::new(&mut edited).range(int_range(key.0, key.1)).speed(speed);
        let response = ui.add_enabled(!state.run.live.is_active(), drag).labelled_by(id);
        response.on_hover_text(doc(key.0, key.1)).on_disabled_hover_text(FIXED_WHILE_RUNNING);
        (edited != value).then_some(edited)
    })
}

pub fn loader_panel(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let loader = &state.config.loader;
    style::row(ui, "Workers", doc("loader", "workers"), |ui, id| {
        let mut workers = loader.workers;
        let most = int_range("loader", "workers");
        let drag = DragValue::new(&mut workers).range(*most.start() as usize..=*most.end() as usize).speed(0.05);
        let response = ui.add(drag).labelled_by(id).on_hover_text(
            "Loader threads; 0 loads on the trainer's own thread, as PyTorch does. Takes effect at once, also while a run is active.",
        );
        let mut settled = !response.dragged() && !response.has_focus();
        // Buttons, so that one more thread is one click.
        if ui.small_button("−").on_hover_text("One worker fewer").clicked() {
            workers = workers.saturating_sub(1);
            settled = true;
        }
        if ui.small_button("+").on_hover_text("One worker more").clicked() {
            workers = (workers + 1).min(*most.end() as usize);
            settled = true;
        }
        ui.label(style::faint(ui, format!("of {}", words::plural(state.cores as u64, "core", "cores"))));
        if workers != loader.workers {
            commands.send(UiCommand::SetWorkers { workers, settled });
        }
    });
    if loader.workers > state.cores && state.cores > 0 {
        ui.label(RichText::new("More workers than cores seldom help").color(style::warning_colour(ui)).small());
    }
    if let Some(n) = int_row(ui, state, "Batch size", ("loader", "batch_size"), loader.batch_size as u64, 1.0) {
        commands.send(UiCommand::Edit(Edit::BatchSize(n as usize)));
    }
    if let Some(n) = int_row(ui, state, "Prefetch", ("loader", "prefetch"), loader.prefetch as u64, 0.1) {
        commands.send(UiCommand::Edit(Edit::Prefetch(n as usize)));
    }
    cache_ui(ui, state, commands);
    switches_ui(ui, state, commands);
    if let Some(stages) = state.run.findings.stages.as_ref().filter(|_| state.run.live.is_active()) {
        let text = format!("Queue: {} of {} batches ready", stages.queue_len, stages.queue_capacity);
        ui.label(style::faint(ui, text)).on_hover_text("An empty queue means that the trainer waits for the loader");
    }
}

/// The loader's switches: key, text beside the box.
const SWITCHES: [(LoaderSwitch, &str, &str); 6] = [
    (LoaderSwitch::Fuse, "fuse", "One resampling for neighbouring spatial transforms"),
    (LoaderSwitch::ScaledDecode, "scaled_decode", "Scaled JPEG decoding"),
    (LoaderSwitch::BytesToDevice, "bytes_to_device", "Bytes to the device"),
    (LoaderSwitch::Pin, "pin", "Pin workers to cores"),
    (LoaderSwitch::LowPriority, "low_priority", "Workers at low priority"),
    (LoaderSwitch::DropLast, "drop_last", "Drop a last batch that is not full"),
];

fn switches_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let mut loader = state.config.loader.clone();
    let on = SWITCHES.iter().filter(|(switch, ..)| *switch.of(&mut loader)).count();
    let title = if on == 0 { "More".to_owned() } else { format!("More ({on} on)") };
    egui::CollapsingHeader::new(title).id_salt("loader switches").show(ui, |ui| {
        for (switch, key, text) in SWITCHES {
            let mut on = *switch.of(&mut loader);
            let response = ui.add_enabled(!state.run.live.is_active(), egui::Checkbox::new(&mut on, text));
            let hint = sentence(doc("loader", key));
            if response.on_hover_text(hint).on_disabled_hover_text(FIXED_WHILE_RUNNING).changed() {
                commands.send(UiCommand::Edit(Edit::Loader(switch, on)));
            }
        }
    });
}

fn sentence(doc: &str) -> String {
    let mut letters = doc.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Where images are kept once made, what that takes, and while a run is active how it stands.
fn cache_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let loader = &state.config.loader;
    let modes = [(CacheMode::Off, "off"), (CacheMode::Ram, "memory"), (CacheMode::Disk, "disk")];
    style::row(ui, "Cache", doc("loader", "cache"), |ui, _| {
        ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
            for (mode, name) in modes {
                let label = ui.selectable_label(loader.cache == mode, name).on_hover_text(cache_hint(state, mode));
                if style::named(label, &format!("Cache {name}")).clicked() {
                    commands.send(UiCommand::Edit(Edit::Cache(mode)));
                }
            }
        })
        .response
        .on_disabled_hover_text(FIXED_WHILE_RUNNING);
    });
    if loader.cache != CacheMode::Off
        && let Some(mb) = int_row(ui, state, "Cache limit (MiB)", ("loader", "cache_mb"), loader.cache_mb, 16.0)
    {
        commands.send(UiCommand::Edit(Edit::CacheMb(mb)));
    }
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
    } else if let Some((high, text)) = cache_text(state, loader.cache) {
        let too_small = loader.cache != CacheMode::Off && high > loader.cache_mb.saturating_mul(1 << 20);
        let text = RichText::new(text).small();
        let colour = if too_small { style::warning_colour(ui) } else { style::faint_colour(ui) };
        ui.label(text.color(colour));
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
    let over = if mode != CacheMode::Off && size.high_bytes > limit.saturating_mul(1 << 20) {
        "; beyond the limit images are loaded each time"
    } else {
        ""
    };
    let images = words::plural(size.images, "image", "images");
    Some((size.high_bytes, format!("All {images} would take {takes} {place}{over}")))
}

fn cache_hint(state: &State, mode: CacheMode) -> String {
    let what = match mode {
        CacheMode::Off => return "Every image is read, decoded and prepared anew in each epoch".to_owned(),
        CacheMode::Ram => "Keeps images in memory as they are before the first random transform, filled as it trains",
        CacheMode::Disk => "Keeps images in a file as they are before the first random transform, filled as it trains",
    };
    let takes = cache_text(state, mode).map(|(_, text)| format!(". {text}")).unwrap_or_default();
    format!("{what}{takes}")
}

pub fn model_panel(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let active = state.run.live.is_active();
    style::row(ui, "Network", doc("model", "name"), |ui, id| {
        ui.add_enabled_ui(!active, |ui| {
            let current = &state.config.model.name;
            let combo = egui::ComboBox::from_id_salt("model").selected_text(words::model(current)).show_ui(ui, |ui| {
                for name in schema::MODELS {
                    if ui.selectable_label(current == name, words::model(name)).clicked() {
                        commands.send(UiCommand::Edit(Edit::Model((*name).to_owned())));
                    }
                }
            });
            combo.response.labelled_by(id);
        })
        .response
        .on_disabled_hover_text(FIXED_WHILE_RUNNING);
    });
    let train = &state.config.train;
    if let Some(n) = int_row(ui, state, "Epochs", ("train", "epochs"), train.epochs as u64, 0.1) {
        commands.send(UiCommand::Edit(Edit::Epochs(n as usize)));
    }
    style::row(ui, "Learning rate", doc("optimizer", "lr"), |ui, id| {
        let mut lr = state.config.optimizer.lr;
        let drag = DragValue::new(&mut lr)
            .range(1e-12..=100.0)
            .speed(state.config.optimizer.lr * 0.02)
            .custom_formatter(|v, _| if v < 1e-3 { format!("{v:e}") } else { format!("{v}") })
            .max_decimals(12);
        let response = ui.add_enabled(!active, drag).labelled_by(id).on_hover_text("Adam's step size");
        response.on_disabled_hover_text(FIXED_WHILE_RUNNING);
        if lr.to_bits() != state.config.optimizer.lr.to_bits() {
            commands.send(UiCommand::Edit(Edit::LearningRate(lr)));
        }
        ui.label(style::faint(ui, "Adam"));
    });
    if let Some(n) = int_row(ui, state, "Seed", ("train", "seed"), train.seed, 1.0) {
        commands.send(UiCommand::Edit(Edit::Seed(n)));
    }
    timing_ui(ui, state, commands);
}

/// How closely steps are timed: the three modes of measuring, by name.
fn timing_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let every = state.config.train.time_every_steps;
    let modes: [(&str, usize, &str); 3] = [
        ("normal", 0, "What the host sees; costs nothing, the device's phases stay unknown"),
        ("sampled", 10, "One step in ten waits for the device between phases"),
        ("exact", 1, "Every step waits for the device between phases; slows training on a GPU"),
    ];
    style::row(ui, "Step timing", "How the phases of a step are measured", |ui, _| {
        ui.add_enabled_ui(!state.run.live.is_active(), |ui| {
            for (name, n, hint) in modes {
                let selected = every == n || (n == 10 && every > 1);
                if ui.selectable_label(selected, name).on_hover_text(hint).clicked() {
                    commands.send(UiCommand::Edit(Edit::TimeEverySteps(n)));
                }
            }
        })
        .response
        .on_disabled_hover_text(FIXED_WHILE_RUNNING);
    });
}

pub fn device_panel(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let chosen = &state.config.train.device;
    let choose = |ui: &mut Ui, id: &str, name: &str, detail: &str, commands: &mut Commands| {
        let radio = ui.radio(chosen == id, name);
        if radio.on_disabled_hover_text(FIXED_WHILE_RUNNING).clicked() {
            commands.send(UiCommand::Edit(Edit::Device(id.to_owned())));
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
