//! The doctor's facts in words: for the page's tables and for the report as text.

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
    pub(crate) rows: Vec<(&'static str, String)>,
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

/// `8 of 16`-like phrases of two figures that may be missing.
fn of(part: Option<u64>, whole: Option<u64>) -> String {
    match (part, whole) {
        (Some(part), Some(whole)) => format!("{} of {}", words::bytes(part), words::bytes(whole)),
        (None, whole) => whole.map_or_else(|| UNKNOWN.to_owned(), words::bytes),
        (Some(part), None) => words::bytes(part),
    }
}

fn machine(report: &DoctorReport) -> Section {
    let machine = &report.machine;
    let (cpu, memory) = (&machine.cpu, &machine.memory);
    let mut rows = vec![("Program", report.version.clone()), ("Trains on", report.backends.join(", "))];
    let kernel = machine.kernel.as_ref().map(|kernel| format!(", kernel {kernel}")).unwrap_or_default();
    let guest = if machine.virtual_machine == Some(true) { ", in a virtual machine" } else { "" };
    rows.push(("System", format!("{}{kernel}{guest}", or_unknown(machine.os.as_ref()))));
    rows.push(("CPU", format!("{} ({})", or_unknown(cpu.model.as_ref()), or_unknown(machine.arch.as_ref()))));
    let mut cores = format!("{} physical, {} logical", or_unknown(cpu.physical_cores), or_unknown(cpu.logical_cores));
    if let Some(threads) = cpu.usable_threads {
        cores.push_str(&format!("; {} for this program", words::plural(threads as u64, "thread", "threads")));
    }
    if let Some(quota) = cpu.quota_cores {
        cores.push_str(&format!("; quota of {quota:.1}"));
    }
    rows.push(("Cores", cores));
    let none = || "none that matters here".to_owned();
    rows.push(("Vector instructions", if cpu.features.is_empty() { none() } else { cpu.features.join(", ") }));
    if let Some(governor) = &cpu.governor {
        let more = [&cpu.frequency_driver, &cpu.energy_preference].into_iter().flatten();
        let more: Vec<&str> = more.map(String::as_str).collect();
        rows.push(("CPU governor", format!("{governor} ({})", more.join(", ")).replace(" ()", "")));
    }
    let mut power: Vec<String> = machine.power.profile.iter().map(|profile| format!("profile {profile}")).collect();
    if let Some(on_battery) = machine.power.on_battery {
        power.push(if on_battery { "on battery".to_owned() } else { "plugged in".to_owned() });
        power.extend(machine.power.battery_percent.map(|percent| format!("battery {percent:.0} %")));
    }
    if !power.is_empty() {
        rows.push(("Power", power.join(", ")));
    }
    rows.push(("Memory available", of(memory.available_bytes, memory.total_bytes)));
    if memory.limit_bytes.is_some() {
        rows.push(("Container's memory used", of(memory.limit_used_bytes, memory.limit_bytes)));
    }
    if memory.swap_total_bytes != Some(0) {
        rows.push(("Swap used", of(memory.swap_used_bytes, memory.swap_total_bytes)));
    }
    for gpu in machine.pci_gpus.iter().flatten() {
        let driver = gpu.driver.as_ref().map_or_else(|| "no driver".to_owned(), |driver| format!("driver {driver}"));
        rows.push(("Graphics on the bus", format!("{} {} at {}, {driver}", gpu.vendor, gpu.device, gpu.address)));
    }
    if let Some(files) = &machine.vulkan.driver_files {
        let names: Vec<String> =
            files.iter().filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned())).collect();
        let loader =
            if machine.vulkan.loader == Some(true) { "loader found" } else { "no loader in the usual folders" };
        let drivers = if names.is_empty() { "no driver files".to_owned() } else { names.join(", ") };
        let restricted = machine.vulkan.restricted_by.as_ref().map(|by| format!("; restricted by {by}"));
        rows.push(("Vulkan", format!("{loader}; {drivers}{}", restricted.unwrap_or_default())));
    }
    if let Some(note) = &report.boards.note {
        rows.push(("NVIDIA", note.to_string()));
    }
    Section { title: "Machine".to_owned(), rows }
}

fn board(board: &Board, driver: Option<&str>) -> Section {
    let now = &board.now;
    let mut rows = vec![
        ("Driver", or_unknown(driver)),
        ("Memory used", of(now.memory_used_bytes, board.memory_total_bytes)),
        ("Power limit", watts(now.power_limit_watts, board.power_default_limit_watts)),
        ("At rest", state(now)),
    ];
    if let Some(busy) = &board.busy {
        rows.push(("While measured", state(busy)));
    }
    rows.push(("Driver stays loaded", or_unknown(board.persistent.map(|on| if on { "yes" } else { "no" }))));
    let address = board.pci_address.as_ref().map(|address| format!(" at {address}")).unwrap_or_default();
    Section { title: format!("{}{address}", board.name), rows }
}

fn watts(limit: Option<f64>, usual: Option<f64>) -> String {
    let usual = usual.map(|usual| format!(" (usually {usual:.0} W)")).unwrap_or_default();
    format!("{}{usual}", or_unknown(limit.map(|limit| format!("{limit:.0} W"))))
}

/// `97 % busy, 61 °C, 280 W, 1,980 MHz, PCIe generation 4 of 4 with 16 of 16 lanes, clocks held down by …`
fn state(state: &BoardState) -> String {
    let figure =
        |value: Option<f64>, unit: &str| value.map(|v| format!("{} {unit}", words::count(v.round().max(0.0) as u64)));
    let mut parts: Vec<String> = [
        figure(state.utilization_percent, "% busy"),
        figure(state.temperature_celsius, "°C"),
        figure(state.power_watts, "W"),
        figure(state.sm_clock_mhz, "MHz"),
        link(state.link),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(reasons) = state.throttle.as_ref().filter(|reasons| !reasons.is_empty()) {
        let reasons: Vec<&str> = reasons.iter().copied().map(throttle).collect();
        parts.push(format!("clocks held down by {}", reasons.join(" and ")));
    }
    if parts.is_empty() { UNKNOWN.to_owned() } else { parts.join(", ") }
}

fn link(link: PcieLink) -> Option<String> {
    let of = |now: Option<u32>, most: Option<u32>| {
        let most = most.map(|most| format!(" of {most}")).unwrap_or_default();
        now.map(|now| format!("{now}{most}"))
    };
    let generation = of(link.generation, link.max_generation)?;
    Some(format!("PCIe generation {generation} with {} lanes", or_unknown(of(link.width, link.max_width))))
}

fn throttle(reason: Throttle) -> &'static str {
    match reason {
        Throttle::Thermal => "the driver for heat",
        Throttle::HardwareThermal => "the board for heat",
        Throttle::HardwareSlowdown => "the board for heat, current or supply",
        Throttle::PowerBrake => "the power supply",
        Throttle::PowerCap => "the power limit",
        Throttle::ClocksSetting => "a setting",
        Throttle::SyncBoost => "another board of its group",
    }
}

fn disk(disk: &DiskReport) -> Section {
    let kind = match (disk.network, disk.rotational) {
        (Some(true), _) => ", over a network",
        (_, Some(true)) => ", turning plates by the system's word",
        (_, Some(false)) => ", no turning plates",
        _ => "",
    };
    let source = disk.source.as_ref().map(|source| format!(" on {source}")).unwrap_or_default();
    let mut rows = vec![
        ("Folder", disk.dir.display().to_string()),
        ("File system", format!("{}{source}{kind}", or_unknown(disk.file_system.as_ref()))),
        ("Free", of(disk.free_bytes, disk.total_bytes)),
    ];
    if disk.files > 0 {
        rows.push(("Files", format!("{}{}", words::count(disk.files), if disk.all_files { "" } else { " or more" })));
    }
    if let Some(first) = &disk.first {
        rows.push(("First reading", format!("{}; {}", reading(first), origin(first))));
        rows.push(("From memory", disk.again.as_ref().map_or_else(|| UNKNOWN.to_owned(), reading)));
        let uncached = disk.uncached.as_ref().map_or_else(
            || "N/A: this system or file system does not read past its page cache".to_owned(),
            |speed| format!("{}, past the page cache", reading(speed)),
        );
        rows.push(("From the disk", uncached));
    }
    if let Some(trouble) = &disk.trouble {
        rows.push(("Trouble", trouble.to_string()));
    }
    Section { title: "The dataset's disk".to_owned(), rows }
}

/// `4,210 files/s, 312 MB/s (400 files, one thread)`
fn reading(speed: &ReadSpeed) -> String {
    let files = words::plural(speed.files, "file", "files");
    format!(
        "{} files/s, {} MB/s ({files}, one thread)",
        words::rate(speed.files_per_sec()),
        words::rate(speed.mb_per_sec())
    )
}

fn origin(speed: &ReadSpeed) -> String {
    match speed.from_disk_frac {
        None => "whether from disk or memory is not known".to_owned(),
        Some(frac) if frac > 0.9 => "from the disk".to_owned(),
        Some(frac) if frac < 0.1 => "from memory, where they lay already".to_owned(),
        Some(frac) => format!("{:.0} % from the disk, the rest from memory", 100.0 * frac),
    }
}

/// What the columns of [`devices`] are.
pub(crate) const DEVICE_COLUMNS: [&str; 8] =
    ["id", "device", "check", "TFLOP/s", "memory GB/s", "upload GB/s", "launch µs", "round trip µs"];

/// What they mean; in the same order.
pub(crate) const DEVICE_HINTS: [&str; 8] = [
    "What train.device names",
    "Name, kind and driver",
    "A matrix product and a training step, compared with the CPU's",
    "An f32 matrix product",
    "An addition in place: bytes read and written",
    "From the host's memory to the device",
    "Of the host, for one small kernel among many",
    "Until one small kernel is known to be done",
];

/// A row for each device.
pub(crate) fn devices(report: &DoctorReport) -> Vec<[String; 8]> {
    let row = |device: &DeviceReport| {
        let check = match (device.passed, device.check_secs) {
            (None, _) => "not checked".to_owned(),
            (Some(false), _) => "failed".to_owned(),
            (Some(true), secs) => secs.map_or("right".to_owned(), |secs| format!("right, {}", words::duration(secs))),
        };
        let speed = device.speed.as_ref();
        let figure = |value: Option<f64>| value.map_or_else(|| UNKNOWN.to_owned(), digits);
        let chosen = report.chosen.as_ref() == Some(&device.info.id);
        [
            format!("{}{}", device.info.id, if chosen { " (chosen)" } else { "" }),
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
pub(crate) fn severity(severity: Severity) -> (&'static str, fn(&Ui) -> Color32) {
    match severity {
        Severity::Problem => ("Problem", style::error_colour),
        Severity::Warning => ("Warning", style::warning_colour),
        Severity::Hint => ("Hint", style::faint_colour),
    }
}
