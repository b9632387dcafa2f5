//! The doctor's facts in words: for the page's tables and for the report as text.

use crate::language::{Arg, Message, clauses, enumeration};
use crate::protocol::doctor::{
    Board, BoardState, DeviceReport, DiskReport, DoctorReport, PcieLink, ReadSpeed, Severity, Throttle,
};
use crate::ui::common::{style, words};
use egui::{Color32, Ui};

const UNKNOWN: &str = "N/A";

/// Facts of one thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) rows: Vec<(String, String)>,
}

/// Everything but the devices.
pub(crate) fn sections(report: &DoctorReport) -> Vec<Section> {
    let mut sections = vec![machine(report)];
    sections.extend(report.boards.list.iter().map(|board| self::board(board, report.boards.driver.as_deref())));
    sections.extend(report.disk.as_ref().map(disk));
    sections
}

fn or_unknown(text: Option<impl ToString>) -> String {
    text.map_or_else(|| UNKNOWN.to_owned(), |text| text.to_string())
}

/// Several facts as one, between the language's semicolons.
fn together(parts: impl IntoIterator<Item = String, IntoIter: DoubleEndedIterator>) -> String {
    clauses(parts.into_iter().map(Message::from)).to_string()
}

/// The same between its commas.
pub(super) fn listed(parts: Vec<String>) -> String {
    enumeration(parts.into_iter().map(Message::from)).to_string()
}

/// A row's name.
fn row(name: &str) -> String {
    tr!("page-doctor-row", name)
}

/// `8 of 16`-like phrases of two figures that may be missing.
fn of(part: Option<u64>, whole: Option<u64>) -> String {
    match (part, whole) {
        (Some(part), Some(whole)) => tr!("page-doctor-of", part = Arg::bytes(part), whole = Arg::bytes(whole)),
        (None, whole) => whole.map_or_else(|| UNKNOWN.to_owned(), words::bytes),
        (Some(part), None) => words::bytes(part),
    }
}

fn machine(report: &DoctorReport) -> Section {
    let machine = &report.machine;
    let (cpu, memory) = (&machine.cpu, &machine.memory);
    let mut rows = vec![(row("program"), report.version.clone()), (row("backends"), report.backends.join(", "))];
    let os = or_unknown(machine.os.as_ref());
    let kernel =
        machine.kernel.as_ref().map_or_else(|| os.clone(), |kernel| tr!("page-doctor-kernel", os = &os, kernel));
    let guest = machine.virtual_machine == Some(true);
    rows.push((row("system"), if guest { tr!("page-doctor-guest", system = kernel) } else { kernel }));
    rows.push((row("cpu"), format!("{} ({})", or_unknown(cpu.model.as_ref()), or_unknown(machine.arch.as_ref()))));
    let (physical, logical) = (or_unknown(cpu.physical_cores), or_unknown(cpu.logical_cores));
    let mut cores = vec![tr!("page-doctor-cores", physical, logical)];
    cores.extend(cpu.usable_threads.map(|threads| tr!("page-doctor-threads", threads)));
    cores.extend(cpu.quota_cores.map(|quota| tr!("page-doctor-quota", quota = Arg::number(quota, 1))));
    cores.extend(cpu.load_average.map(|load| tr!("page-doctor-load", load = Arg::number(load, 1))));
    rows.push((row("cores"), together(cores)));
    let features = if cpu.features.is_empty() { tr!("page-doctor-no-vectors") } else { cpu.features.join(", ") };
    rows.push((row("vectors"), features));
    if let Some(governor) = &cpu.governor {
        let more = [&cpu.frequency_driver, &cpu.energy_preference].into_iter().flatten();
        let more: Vec<&str> = more.map(String::as_str).collect();
        rows.push((row("governor"), format!("{governor} ({})", more.join(", ")).replace(" ()", "")));
    }
    let mut power: Vec<String> =
        machine.power.profile.iter().map(|profile| tr!("page-doctor-profile", profile = profile.to_string())).collect();
    if let Some(on_battery) = machine.power.on_battery {
        power.push(if on_battery { tr!("page-doctor-on-battery") } else { tr!("page-doctor-plugged-in") });
        let percent = |percent| tr!("page-doctor-battery", percent = Arg::number(percent, 0));
        power.extend(machine.power.battery_percent.map(percent));
    }
    if !power.is_empty() {
        rows.push((row("power"), listed(power)));
    }
    rows.push((row("memory"), of(memory.available_bytes, memory.total_bytes)));
    if memory.limit_bytes.is_some() {
        rows.push((row("container"), of(memory.limit_used_bytes, memory.limit_bytes)));
    }
    if memory.swap_total_bytes != Some(0) {
        rows.push((row("swap"), of(memory.swap_used_bytes, memory.swap_total_bytes)));
    }
    for gpu in machine.pci_gpus.iter().flatten() {
        let name = format!("{} {}", gpu.vendor, gpu.device);
        let address = &gpu.address;
        rows.push((
            row("graphics"),
            match &gpu.driver {
                Some(driver) => tr!("page-doctor-graphics", name, address, driver),
                None => tr!("page-doctor-graphics-bare", name, address),
            },
        ));
    }
    if let Some(files) = &machine.vulkan.driver_files {
        let names: Vec<String> =
            files.iter().filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned())).collect();
        let found = machine.vulkan.loader == Some(true);
        let mut vulkan = vec![if found { tr!("page-doctor-vulkan") } else { tr!("page-doctor-no-vulkan") }];
        vulkan.push(if names.is_empty() { tr!("page-doctor-no-driver-files") } else { names.join(", ") });
        vulkan.extend(machine.vulkan.restricted_by.as_ref().map(|by| tr!("page-doctor-restricted", by)));
        rows.push((row("vulkan"), together(vulkan)));
    }
    if let Some(note) = &report.boards.note {
        rows.push((row("nvidia"), note.to_string()));
    }
    Section { title: tr!("page-doctor-machine"), rows }
}

fn board(board: &Board, driver: Option<&str>) -> Section {
    let now = &board.now;
    let mut rows = vec![
        (row("driver"), or_unknown(driver)),
        (row("video-memory"), of(now.memory_used_bytes, board.memory_total_bytes)),
        (row("power-limit"), watts(now.power_limit_watts, board.power_default_limit_watts)),
        (row("at-rest"), state(now)),
    ];
    if let Some(busy) = &board.busy {
        rows.push((row("busy"), state(busy)));
    }
    let stays = board.persistent.map(|on| if on { tr!("page-doctor-yes") } else { tr!("page-doctor-no") });
    rows.push((row("persistent"), or_unknown(stays)));
    let title = match &board.pci_address {
        Some(address) => tr!("page-doctor-board-at", name = &board.name, address),
        None => board.name.clone(),
    };
    Section { title, rows }
}

fn watts(limit: Option<f64>, usual: Option<f64>) -> String {
    let watts =
        |watts: f64| tr!("page-doctor-figure", figure = words::count(watts.round().max(0.0) as u64), unit = "W");
    let limit = or_unknown(limit.map(watts));
    usual.map(watts).map_or_else(|| limit.clone(), |usual| tr!("page-doctor-usually", limit = &limit, usual))
}

/// `97 % busy, 61 °C, 280 W, 1,980 MHz, PCIe generation 4 of 4 with 16 of 16 lanes, clocks held down by …`
fn state(state: &BoardState) -> String {
    let count = |value: f64| words::count(value.round().max(0.0) as u64);
    let figure =
        |value: Option<f64>, unit: &str| value.map(|value| tr!("page-doctor-figure", figure = count(value), unit));
    let mut parts: Vec<String> = [
        state.utilization_percent.map(|percent| tr!("page-doctor-busy", percent = count(percent))),
        figure(state.temperature_celsius, "°C"),
        figure(state.power_watts, "W"),
        figure(state.sm_clock_mhz, "MHz"),
        link(state.link),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(reasons) = state.throttle.as_ref().filter(|reasons| !reasons.is_empty()) {
        let reasons = Arg::names(reasons.iter().copied().map(throttle));
        parts.push(tr!("page-doctor-held-down", reasons));
    }
    if parts.is_empty() { UNKNOWN.to_owned() } else { listed(parts) }
}

fn link(link: PcieLink) -> Option<String> {
    let of = |now: Option<u32>, most: Option<u32>| {
        let now = now?;
        Some(most.map_or_else(|| now.to_string(), |most| tr!("page-doctor-of", part = now, whole = most)))
    };
    let generation = of(link.generation, link.max_generation)?;
    Some(tr!("page-doctor-link", generation, lanes = or_unknown(of(link.width, link.max_width))))
}

fn throttle(reason: Throttle) -> String {
    let reason = match reason {
        Throttle::Thermal => "thermal",
        Throttle::HardwareThermal => "hardware-thermal",
        Throttle::HardwareSlowdown => "hardware-slowdown",
        Throttle::PowerBrake => "power-brake",
        Throttle::PowerCap => "power-cap",
        Throttle::ClocksSetting => "clocks-setting",
        Throttle::SyncBoost => "sync-boost",
    };
    tr!("page-doctor-throttle", reason)
}

fn disk(disk: &DiskReport) -> Section {
    let kind = match (disk.network, disk.rotational) {
        (Some(true), _) => "network",
        (_, Some(true)) => "plates",
        (_, Some(false)) => "no-plates",
        _ => "unknown",
    };
    let system = or_unknown(disk.file_system.as_ref());
    let system = match &disk.source {
        Some(source) => tr!("page-doctor-file-system-on", system, source = source.to_string(), kind),
        None => tr!("page-doctor-file-system", system, kind),
    };
    let mut rows = vec![
        (row("folder"), disk.dir.display().to_string()),
        (row("file-system"), system),
        (row("free"), of(disk.free_bytes, disk.total_bytes)),
    ];
    if disk.files > 0 {
        let files = words::count(disk.files);
        rows.push((row("files"), if disk.all_files { files } else { tr!("page-doctor-or-more", files) }));
    }
    if let Some(first) = &disk.first {
        rows.push((row("first"), together([reading(first), origin(first)])));
        rows.push((row("again"), disk.again.as_ref().map_or_else(|| UNKNOWN.to_owned(), reading)));
        let uncached = disk.uncached.as_ref().map_or_else(
            || tr!("page-doctor-no-uncached"),
            |speed| tr!("page-doctor-uncached", reading = reading(speed)),
        );
        rows.push((row("uncached"), uncached));
    }
    if let Some(trouble) = &disk.trouble {
        rows.push((row("trouble"), trouble.to_string()));
    }
    Section { title: tr!("page-doctor-disk"), rows }
}

/// `4,210 files/s, 312 MB/s (400 files, one thread)`
fn reading(speed: &ReadSpeed) -> String {
    let (rate, megabytes) = (words::rate(speed.files_per_sec()), words::rate(speed.mb_per_sec()));
    tr!("page-doctor-reading", rate, megabytes, files = speed.files)
}

fn origin(speed: &ReadSpeed) -> String {
    match speed.from_disk_frac {
        None => tr!("page-doctor-origin-unknown"),
        Some(frac) if frac > 0.9 => tr!("page-doctor-origin-disk"),
        Some(frac) if frac < 0.1 => tr!("page-doctor-origin-memory"),
        Some(frac) => tr!("page-doctor-origin-both", percent = Arg::percent(frac, 0)),
    }
}

/// The columns of [`devices`].
pub(crate) const DEVICE_COLUMNS: [&str; 8] =
    ["id", "device", "check", "tflops", "memory", "upload", "launch", "round-trip"];

/// What stands above a column.
pub(crate) fn column_name(column: &str) -> String {
    tr!("page-doctor-column", column)
}

/// What it means.
pub(crate) fn column_hint(column: &str) -> String {
    tr!("page-doctor-column-hint", column)
}

/// A row for each device.
pub(crate) fn devices(report: &DoctorReport) -> Vec<[String; 8]> {
    let row = |device: &DeviceReport| {
        let check = match (device.passed, device.check_secs) {
            (None, _) => tr!("page-doctor-not-checked"),
            (Some(false), _) => tr!("page-doctor-check-failed"),
            (Some(true), _) if device.without_fusion => tr!("page-doctor-right-without-fusion"),
            (Some(true), None) => tr!("page-doctor-right"),
            (Some(true), Some(secs)) => tr!("page-doctor-right-after", time = Arg::duration(secs)),
        };
        let speed = device.speed.as_ref();
        let figure = |value: Option<f64>| value.map_or_else(|| UNKNOWN.to_owned(), digits);
        let chosen = report.chosen.as_ref() == Some(&device.info.id);
        let id = &device.info.id;
        [
            if chosen { tr!("page-doctor-chosen", id) } else { id.clone() },
            words::device(&device.info),
            check,
            figure(speed.and_then(|s| s.matmul_tflops)),
            figure(speed.and_then(|s| s.memory_gb_per_sec)),
            figure(speed.and_then(|s| s.upload_gb_per_sec)),
            figure(speed.and_then(|s| s.launch_us)),
            figure(speed.and_then(|s| s.round_trip_us)),
        ]
    };
    report.devices.iter().map(row).collect()
}

/// Three digits that count.
fn digits(value: f64) -> String {
    match value {
        v if !v.is_finite() => UNKNOWN.to_owned(),
        v if v < 1.0 => format!("{v:.3}"),
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v => words::count(v.round() as u64),
    }
}

/// A severity's name and colour.
pub(crate) fn severity(severity: Severity) -> (String, fn(&Ui) -> Color32) {
    match severity {
        Severity::Problem => (tr!("page-doctor-problem"), style::error_colour),
        Severity::Warning => (tr!("page-doctor-warning"), style::warning_colour),
        Severity::Hint => (tr!("page-doctor-hint"), style::faint_colour),
    }
}
