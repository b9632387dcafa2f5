//! The machine beside its GPUs: cores that are not to be had, power saving, memory, the dataset's disk.

use super::found::{Found, System, cores, gb};
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
    look_at_power(&machine.power, &machine.cpu, system, found);
    let features = &machine.cpu.features;
    if machine.arch.as_deref() == Some("x86_64") && !features.iter().any(|feature| feature == "AVX2") {
        found.add(
            Hint,
            "The CPU has no AVX2, or a virtual machine hides it.".to_owned(),
            "Decoding, transforms and training on the CPU take several times longer without it.",
            "In a virtual machine, pass the host's CPU through (QEMU: `-cpu host`).",
        );
    }
}

fn look_at_cores(cpu: &Cpu, found: &mut Found) {
    let Some(all) = cpu.logical_cores else { return };
    let set = "Set `loader.workers` by what is there, not by what `nproc --all` or a monitor shows";
    if let Some(quota) = cpu.quota_cores.filter(|quota| *quota < all as f64) {
        found.add(
            Warning,
            format!("A container's limit gives this program {} of the machine's {all}.", cores(quota)),
            "Threads beyond that are stopped in turns, which shows as waits that come and go.",
            format!("{set}, or give the container more (Docker: `--cpus`; Kubernetes: resources.limits.cpu)."),
        );
    }
    if let Some(allowed) = cpu.affinity_cores.filter(|allowed| *allowed < all) {
        found.add(
            Warning,
            format!("This program may run on {} of the machine's {all}.", cores(allowed as f64)),
            "It was started so (taskset, a batch system, a container's cpuset); loader threads share those cores.",
            format!("{set}, or ask for more when it is started."),
        );
    }
}

fn look_at_power(power: &Power, cpu: &Cpu, system: System, found: &mut Found) {
    if power.on_battery == Some(true) {
        let left = power.battery_percent.map_or_else(String::new, |percent| format!(" ({percent:.0} % left)"));
        found.add(
            Warning,
            format!("The machine runs on its battery{left}."),
            "CPU and GPU are held well below what they do when plugged in.",
            "Plug it in.",
        );
    }
    const SAVING: [&str; 6] = ["low-power", "quiet", "cool", "power saver", "battery saver", "best power efficiency"];
    if let Some(profile) = power.profile.as_deref().filter(|profile| SAVING.contains(profile)) {
        found.add(
            Warning,
            format!("The machine's power profile is `{profile}`."),
            "CPU and GPU are held back to save power.",
            match system {
                System::Linux => "Choose another: `powerprofilesctl set performance`, or in the desktop's power settings.",
                System::Windows => {
                    "Choose another in Windows' settings: System, Power & battery, Power mode, Best performance; and switch \
                     the battery saver off."
                }
                System::MacOs => "Switch low power mode off in the system settings, under Battery.",
            },
        );
    }
    // These two drivers run at any clock under `powersave` and take the preference instead.
    let dynamic = matches!(cpu.frequency_driver.as_deref(), Some("intel_pstate" | "amd-pstate-epp"));
    match (cpu.governor.as_deref(), cpu.energy_preference.as_deref()) {
        (Some("powersave"), _) if !dynamic => found.add(
            Warning,
            "The CPU's governor is `powersave`, which keeps it at its lowest clock.".to_owned(),
            "Loading images takes as much longer as the clock is lower.",
            "Run `sudo cpupower frequency-set -g schedutil` (or `performance`).",
        ),
        (_, Some("power")) => found.add(
            Warning,
            "The CPU is set to save power (energy preference `power`).".to_owned(),
            "It raises its clock late and little.",
            "Choose another power profile: `powerprofilesctl set balanced`, or in the desktop's power settings.",
        ),
        _ => {}
    }
}

fn look_at_memory(memory: &Memory, system: System, found: &mut Found) {
    if let (Some(limit), used) = (memory.limit_bytes, memory.limit_used_bytes) {
        let left = used.map(|used| limit.saturating_sub(used));
        let little =
            left.is_some_and(|left| (left as f64) < limit as f64 * MEMORY_FREE_FRAC && left < MEMORY_ENOUGH_BYTES);
        let of = memory.total_bytes.map_or_else(String::new, |total| format!(" of the machine's {}", gb(total)));
        found.add(
            if little { Warning } else { Hint },
            format!("A container's limit gives this program {}{of} of memory.", gb(limit)),
            match left {
                Some(left) => format!("{} of it are left; who takes more is ended by the system.", gb(left)),
                None => "Who takes more is ended by the system.".to_owned(),
            },
            "Keep `loader.cache_mb` below it, or give the container more (Docker: `--memory`).",
        );
    }
    if let (Some(total), Some(available)) = (memory.total_bytes, memory.available_bytes)
        && (available as f64) < total as f64 * MEMORY_FREE_FRAC
        && available < MEMORY_ENOUGH_BYTES
    {
        found.add(
            Warning,
            format!("Little memory is left: {} of {}.", gb(available), gb(total)),
            "The dataset's files do not stay in memory from epoch to epoch, and the system may swap or end programs.",
            "Close what is not needed; do not keep images in memory (`loader.cache`).",
        );
    }
    if let Some(page_files) = memory.swap_total_bytes.filter(|bytes| *bytes < PAGE_FILE_BYTES)
        && system == System::Windows
        && memory.total_bytes.is_some()
    {
        found.add(
            Warning,
            format!("Windows has {} of page files.", gb(page_files)),
            "It promises no program more memory than it could put somewhere: graphics drivers ask for much that they never \
             use, and training ends for want of memory while some is free.",
            "Let Windows manage the size: System, About, Advanced system settings, Performance, Advanced, Virtual memory.",
        );
    }
    // Windows and macOS put away what nobody uses though there is room.
    if let Some(used) = memory.swap_used_bytes.filter(|used| *used > SWAP_HARMLESS_BYTES && system == System::Linux) {
        found.add(
            Warning,
            format!("{} lie in swap.", gb(used)),
            "Memory was short at some time; programs that come back from there stand still for seconds.",
            "See what takes the memory, close it, and empty the swap with `sudo swapoff -a && sudo swapon -a`.",
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
            format!("Files that lie in memory already are read at {:.0} a second.", again.files_per_sec()),
            "Something looks into each file that is opened: most often the virus scanner.",
            "Take the dataset's folder out of its real-time protection (Windows Security, Virus & threat protection, Manage \
             settings, Exclusions), if you trust the images; or keep them (`loader.cache`).",
        );
    }
}

fn look_at_disk(disk: &DiskReport, found: &mut Found) {
    if let Some(trouble) = &disk.trouble {
        found.add(
            Problem,
            format!("The dataset's disk could not be measured: {trouble}."),
            format!("The folder is {}.", disk.dir.display()),
            "Check the path and its permissions; if it lies on a network mount, see whether the server answers.",
        );
    }
    // The disk's own speed if it was seen, else what came from it mostly.
    let seen =
        disk.uncached.as_ref().or(disk.first.as_ref().filter(|first| first.from_disk_frac.is_some_and(|f| f > 0.5)));
    let speed = seen.map_or_else(String::new, |speed| {
        format!(" One thread read {:.0} files and {:.0} MB a second there.", speed.files_per_sec(), speed.mb_per_sec())
    });
    if disk.network == Some(true) {
        let kind = disk.file_system.as_deref().unwrap_or("network");
        found.add(
            Warning,
            format!("The dataset lies on a network file system ({kind})."),
            format!("Each small file costs a way over the network and back.{speed}"),
            "Copy it to a local disk, or keep the images (`loader.cache=disk` or `ram`); more loader threads hide some of it.",
        );
    }
    let faster = |speed: &crate::protocol::doctor::ReadSpeed| {
        speed.files_per_sec() > PLATE_FILES_PER_SEC || speed.mb_per_sec() > PLATE_MB_PER_SEC
    };
    if disk.rotational == Some(true) && !disk.uncached.as_ref().is_some_and(faster) {
        found.add(
            Warning,
            "The dataset lies on a disk with turning plates.".to_owned(),
            format!("It reads about a hundred small files a second in random order, once they are not in memory.{speed}"),
            "Copy it to an SSD, or keep the images (`loader.cache`); once all of it fits into memory, only the first epoch is \
             slow.",
        );
    }
    if let (Some(total), Some(free)) = (disk.total_bytes, disk.free_bytes)
        && (free as f64) < total as f64 * DISK_FREE_FRAC
        && free < DISK_ENOUGH_BYTES
    {
        found.add(
            Warning,
            format!("The dataset's disk is nearly full: {} of {} are free.", gb(free), gb(total)),
            "A full disk ends a run that writes there, and some file systems slow down before.",
            "Make room, or keep runs and caches on another disk.",
        );
    }
}
