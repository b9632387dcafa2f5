//! The machine beside its GPUs: cores that are not to be had, power saving, memory, the dataset's disk.

use super::found::{Found, System, cores};
use crate::language::{Arg, Message, paragraph};
use crate::protocol::doctor::Severity::{Hint, Problem, Warning};
use crate::protocol::doctor::{Cpu, DiskReport, DoctorReport, Memory, Power};

/// Less than this share of the memory left is little ...
const MEMORY_FREE_FRAC: f64 = 0.1;
/// ... unless it is so much all the same.
const MEMORY_ENOUGH_BYTES: u64 = 8 << 30;
/// Pages that nobody missed since they were swapped out weeks ago.
const SWAP_HARMLESS_BYTES: u64 = 512 << 20;
/// Checkpoints, records and a cache want room.
const DISK_FREE_FRAC: f64 = 0.05;
const DISK_ENOUGH_BYTES: u64 = 20 << 30;
/// Turning plates do not read small files faster than this: a disk that does is none, whatever it says of itself.
const PLATE_FILES_PER_SEC: f64 = 400.0;
const PLATE_MB_PER_SEC: f64 = 300.0;
/// Files that lie in memory are opened and read at this pace at least, unless something looks into each of them.
const MEMORY_FILES_PER_SEC: f64 = 2000.0;
/// Other programs that want more than this share of the cores are in the way of what is measured.
const OTHERS_FRAC: f64 = 0.75;
/// Who has no more in page files than this has hardly any.
const PAGE_FILE_BYTES: u64 = 1 << 30;

pub(super) fn look(report: &DoctorReport, found: &mut Found) {
    let machine = &report.machine;
    let system = System::of(machine);
    if let Some(disk) = &report.disk {
        look_at_disk(disk, found);
        if system == System::Windows {
            look_for_a_scanner(disk, found);
        }
    }
    look_at_memory(&machine.memory, system, found);
    look_at_cores(&machine.cpu, found);
    // While a run is active the load is its own.
    if report.measured {
        look_for_other_programs(&machine.cpu, found);
    }
    look_at_power(&machine.power, &machine.cpu, system, found);
    let features = &machine.cpu.features;
    if machine.arch.as_deref() == Some("x86_64") && !features.iter().any(|feature| feature == "AVX2") {
        found.add(Hint, msg!("doctor-no-avx2"), msg!("doctor-no-avx2-why"), msg!("doctor-no-avx2-do"));
    }
}

fn look_at_cores(cpu: &Cpu, found: &mut Found) {
    let Some(all) = cpu.logical_cores else { return };
    if let Some(quota) = cpu.quota_cores.filter(|quota| *quota < all as f64) {
        found.add(
            Warning,
            msg!("doctor-cpu-quota", cores = cores(quota), all),
            msg!("doctor-cpu-quota-why"),
            msg!("doctor-cpu-quota-do"),
        );
    }
    if let Some(allowed) = cpu.affinity_cores.filter(|allowed| *allowed < all) {
        found.add(
            Warning,
            msg!("doctor-affinity", cores = cores(allowed as f64), all),
            msg!("doctor-affinity-why"),
            msg!("doctor-affinity-do"),
        );
    }
}

/// In the minute before, and still when asked: what has just ended is in the mean alone.
fn look_for_other_programs(cpu: &Cpu, found: &mut Found) {
    let (Some(all), Some(load), Some(running)) = (cpu.logical_cores, cpu.load_average, cpu.running_threads) else {
        return;
    };
    if load.min(running as f64) > OTHERS_FRAC * all as f64 {
        found.add(
            Warning,
            msg!("doctor-cores-taken", load = Arg::number(load, 1), cores = cores(all as f64)),
            msg!("doctor-cores-taken-why"),
            msg!("doctor-cores-taken-do"),
        );
    }
}

fn look_at_power(power: &Power, cpu: &Cpu, system: System, found: &mut Found) {
    if power.on_battery == Some(true) {
        found.add(
            Warning,
            match power.battery_percent {
                Some(percent) => msg!("doctor-battery-left", percent = Arg::number(percent, 0)),
                None => msg!("doctor-battery"),
            },
            msg!("doctor-battery-why"),
            msg!("doctor-battery-do"),
        );
    }
    const SAVING: [&str; 6] = ["low-power", "quiet", "cool", "power saver", "battery saver", "best power efficiency"];
    if let Some(profile) = power.profile.as_deref().filter(|profile| SAVING.contains(profile)) {
        found.add(
            Warning,
            msg!("doctor-power-profile", profile),
            msg!("doctor-power-profile-why"),
            match system {
                System::Linux => msg!("doctor-power-profile-do"),
                System::Windows => msg!("doctor-power-profile-windows-do"),
                System::MacOs => msg!("doctor-power-profile-mac-do"),
            },
        );
    }
    // These two drivers run at any clock under `powersave` and take the preference instead.
    let dynamic = matches!(cpu.frequency_driver.as_deref(), Some("intel_pstate" | "amd-pstate-epp"));
    match (cpu.governor.as_deref(), cpu.energy_preference.as_deref()) {
        (Some("powersave"), _) if !dynamic => {
            found.add(Warning, msg!("doctor-governor"), msg!("doctor-governor-why"), msg!("doctor-governor-do"))
        }
        (_, Some("power")) => found.add(
            Warning,
            msg!("doctor-energy-preference"),
            msg!("doctor-energy-preference-why"),
            msg!("doctor-energy-preference-do"),
        ),
        _ => {}
    }
}

fn look_at_memory(memory: &Memory, system: System, found: &mut Found) {
    if let (Some(limit), used) = (memory.limit_bytes, memory.limit_used_bytes) {
        let left = used.map(|used| limit.saturating_sub(used));
        let little =
            left.is_some_and(|left| (left as f64) < limit as f64 * MEMORY_FREE_FRAC && left < MEMORY_ENOUGH_BYTES);
        found.add(
            if little { Warning } else { Hint },
            match memory.total_bytes {
                Some(total) => msg!("doctor-memory-limit-of", limit = Arg::bytes(limit), total = Arg::bytes(total)),
                None => msg!("doctor-memory-limit", limit = Arg::bytes(limit)),
            },
            match left {
                Some(left) => msg!("doctor-memory-limit-left-why", left = Arg::bytes(left)),
                None => msg!("doctor-memory-limit-why"),
            },
            msg!("doctor-memory-limit-do"),
        );
    }
    if let (Some(total), Some(available)) = (memory.total_bytes, memory.available_bytes)
        && (available as f64) < total as f64 * MEMORY_FREE_FRAC
        && available < MEMORY_ENOUGH_BYTES
    {
        found.add(
            Warning,
            msg!("doctor-little-memory", available = Arg::bytes(available), total = Arg::bytes(total)),
            msg!("doctor-little-memory-why"),
            msg!("doctor-little-memory-do"),
        );
    }
    if let Some(page_files) = memory.swap_total_bytes.filter(|bytes| *bytes < PAGE_FILE_BYTES)
        && system == System::Windows
        && memory.total_bytes.is_some()
    {
        found.add(
            Warning,
            msg!("doctor-page-files", size = Arg::bytes(page_files)),
            msg!("doctor-page-files-why"),
            msg!("doctor-page-files-do"),
        );
    }
    // Windows and macOS put away what nobody uses though there is room.
    if let Some(used) = memory.swap_used_bytes.filter(|used| *used > SWAP_HARMLESS_BYTES && system == System::Linux) {
        found.add(
            Warning,
            msg!("doctor-swapped", used = Arg::bytes(used)),
            msg!("doctor-swapped-why"),
            msg!("doctor-swapped-do"),
        );
    }
}

/// Defender and its like read a file whenever it is opened.
fn look_for_a_scanner(disk: &DiskReport, found: &mut Found) {
    let slow = |speed: &&crate::protocol::doctor::ReadSpeed| {
        speed.files > 0 && speed.files_per_sec() < MEMORY_FILES_PER_SEC && speed.mb_per_sec() < PLATE_MB_PER_SEC
    };
    if let Some(again) = disk.again.as_ref().filter(slow) {
        found.add(
            Hint,
            msg!("doctor-scanner", files = Arg::number(again.files_per_sec(), 0)),
            msg!("doctor-scanner-why"),
            msg!("doctor-scanner-do"),
        );
    }
}

fn look_at_disk(disk: &DiskReport, found: &mut Found) {
    if let Some(trouble) = &disk.trouble {
        found.add(
            Problem,
            msg!("doctor-disk-not-measured", trouble),
            msg!("doctor-disk-not-measured-why", folder = disk.dir.display().to_string()),
            msg!("doctor-disk-not-measured-do"),
        );
    }
    // The disk's own speed if it was seen, else what came from it mostly.
    let seen =
        disk.uncached.as_ref().or(disk.first.as_ref().filter(|first| first.from_disk_frac.is_some_and(|f| f > 0.5)));
    let speed = seen.map(|speed| {
        let (files, mb) = (Arg::number(speed.files_per_sec(), 0), Arg::number(speed.mb_per_sec(), 0));
        msg!("doctor-disk-speed", files, mb)
    });
    let with_speed = |why: Message| paragraph([why].into_iter().chain(speed.clone()));
    if disk.network == Some(true) {
        found.add(
            Warning,
            match &disk.file_system {
                Some(kind) => msg!("doctor-network-disk-kind", kind),
                None => msg!("doctor-network-disk"),
            },
            with_speed(msg!("doctor-network-disk-why")),
            msg!("doctor-network-disk-do"),
        );
    }
    let faster = |speed: &crate::protocol::doctor::ReadSpeed| {
        speed.files_per_sec() > PLATE_FILES_PER_SEC || speed.mb_per_sec() > PLATE_MB_PER_SEC
    };
    if disk.rotational == Some(true) && !disk.uncached.as_ref().is_some_and(faster) {
        found.add(
            Warning,
            msg!("doctor-turning-disk"),
            with_speed(msg!("doctor-turning-disk-why")),
            msg!("doctor-turning-disk-do"),
        );
    }
    if let (Some(total), Some(free)) = (disk.total_bytes, disk.free_bytes)
        && (free as f64) < total as f64 * DISK_FREE_FRAC
        && free < DISK_ENOUGH_BYTES
    {
        found.add(
            Warning,
            msg!("doctor-full-disk", free = Arg::bytes(free), total = Arg::bytes(total)),
            msg!("doctor-full-disk-why"),
            msg!("doctor-full-disk-do"),
        );
    }
}
