//! What the machine is: CPU, memory, power, limits of a container, GPUs on the bus, how Vulkan is installed.
//!
//! Most of it is read from Linux's `/proc` and `/sys`, below a root that tests put elsewhere; on other systems `sysinfo`
//! gives what it can, Windows and macOS say how they are powered, and the rest is `None`. Reads no driver: nothing here can crash or hang for long.

mod cgroup;
mod files;
mod pci;
mod power;
mod vulkan;

use crate::protocol::doctor::{Cpu, Machine, Memory};
use files::{text, trimmed};
use std::collections::BTreeSet;
use std::path::Path;
use sysinfo::System;

/// The machine that this runs on.
#[must_use]
pub fn machine() -> Machine {
    let mut machine = if cfg!(target_os = "linux") { of_linux(Path::new("/")) } else { Machine::default() };
    #[cfg(windows)]
    {
        machine.power = power::power_of_windows();
    }
    #[cfg(target_os = "macos")]
    {
        machine.power = power::power_of_macos();
    }
    machine.os = System::long_os_version().ok();
    machine.kernel = System::kernel_version().ok();
    machine.arch = Some(std::env::consts::ARCH.to_owned());
    machine.cpu.features = cpu_features().into_iter().map(str::to_owned).collect();
    machine.cpu.usable_threads = std::thread::available_parallelism().ok().map(std::num::NonZero::get);
    if let Ok(mut system) = System::new() {
        if machine.cpu.model.is_none() {
            system.refresh_cpu_usage();
            machine.cpu.model =
                system.cpus().first().map(|core| core.brand().trim().to_owned()).filter(|b| !b.is_empty());
            machine.cpu.logical_cores = machine.cpu.logical_cores.or(Some(system.cpus().len()).filter(|n| *n > 0));
        }
        system.refresh_memory();
        // The library answers 0 where it could not read; no machine has 0 bytes.
        if let Some(total) = Some(system.total_memory()).filter(|total| *total > 0) {
            let memory = &mut machine.memory;
            memory.total_bytes = Some(total);
            memory.available_bytes = Some(system.available_memory());
            memory.swap_total_bytes = Some(system.total_swap());
            memory.swap_used_bytes = Some(system.used_swap());
            if memory.limit_bytes.is_some_and(|limit| limit >= total) {
                (memory.limit_bytes, memory.limit_used_bytes) = (None, None);
            }
        }
    }
    machine.cpu.physical_cores = machine.cpu.physical_cores.or_else(|| System::physical_core_count().ok());
    machine
}

/// Vector instructions that this CPU has and that make a difference to training on it.
#[must_use]
pub fn cpu_features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let features = [
        ("AVX2", std::is_x86_feature_detected!("avx2")),
        ("FMA", std::is_x86_feature_detected!("fma")),
        ("AVX-512", std::is_x86_feature_detected!("avx512f")),
    ];
    // Every 64-bit ARM has it.
    #[cfg(target_arch = "aarch64")]
    let features = [("NEON", true)];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let features: [(&str, bool); 0] = [];
    features.into_iter().filter(|(_, present)| *present).map(|(name, _)| name).collect()
}

/// What a container or a service lets this process have; nothing elsewhere than on Linux.
pub(super) fn limits() -> cgroup::Limits {
    if cfg!(target_os = "linux") { cgroup::limits(Path::new("/")) } else { cgroup::Limits::default() }
}

/// What files below `root` say.
fn of_linux(root: &Path) -> Machine {
    let info = cpu_info(&text(root, "proc/cpuinfo").unwrap_or_default());
    let limits = cgroup::limits(root);
    // The list may name cores that could be plugged in but are not.
    let allowed = text(root, "proc/self/status").and_then(|status| allowed_cores(&status));
    let affinity_cores = allowed.map(|cores| cores.min(info.logical_cores.unwrap_or(cores)));
    let (load_average, running_threads) = text(root, "proc/loadavg").and_then(|load| load_of(&load)).unzip();
    let frequency = |file: &str| text(root, &format!("sys/devices/system/cpu/cpu0/cpufreq/{file}")).map(trimmed);
    Machine {
        virtual_machine: info.hypervisor,
        cpu: Cpu {
            model: info.model,
            physical_cores: info.physical_cores,
            logical_cores: info.logical_cores,
            affinity_cores,
            quota_cores: limits.quota_cores,
            load_average,
            running_threads,
            governor: frequency("scaling_governor"),
            frequency_driver: frequency("scaling_driver"),
            energy_preference: frequency("energy_performance_preference"),
            ..Cpu::default()
        },
        memory: Memory { limit_bytes: limits.memory, limit_used_bytes: limits.memory_used, ..Memory::default() },
        power: power::power(root),
        pci_gpus: pci::gpus(root),
        vulkan: vulkan::setup(root, &|name| std::env::var(name).ok()),
        ..Machine::default()
    }
}

/// From the text of `/proc/loadavg`: the mean of the last minute, and who wants a core now beside the thread that asks.
fn load_of(text: &str) -> Option<(f64, usize)> {
    let mut words = text.split_whitespace();
    let minute = words.next()?.parse().ok()?;
    let running: usize = words.nth(2)?.split_once('/')?.0.parse().ok()?;
    Some((minute, running.saturating_sub(1)))
}

#[derive(Debug, Default, PartialEq)]
struct CpuInfo {
    model: Option<String>,
    physical_cores: Option<usize>,
    logical_cores: Option<usize>,
    hypervisor: Option<bool>,
}

/// From the text of `/proc/cpuinfo`. ARM names neither model nor cores there.
fn cpu_info(text: &str) -> CpuInfo {
    let mut info = CpuInfo::default();
    let (mut logical, mut package, mut cores) = (0, "", BTreeSet::new());
    for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match key.trim() {
            "processor" => logical += 1,
            "model name" if info.model.is_none() => info.model = Some(value.to_owned()),
            "physical id" => package = value,
            "core id" => {
                cores.insert((package, value));
            }
            "flags" if info.hypervisor.is_none() => {
                info.hypervisor = Some(value.split_whitespace().any(|flag| flag == "hypervisor"));
            }
            _ => {}
        }
    }
    info.logical_cores = Some(logical).filter(|n| *n > 0);
    info.physical_cores = Some(cores.len()).filter(|n| *n > 0);
    info
}

/// How many cores `/proc/self/status` lets this process run on.
fn allowed_cores(status: &str) -> Option<usize> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    count_of_list(list.trim())
}

/// `0-3,8` has 5.
fn count_of_list(list: &str) -> Option<usize> {
    let count = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        (last >= first).then(|| last - first + 1)
    };
    list.split(',').map(count).sum()
}

#[cfg(test)]
mod tests;
