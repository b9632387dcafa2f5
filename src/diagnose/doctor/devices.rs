//! Devices: which there are, which compute rightly, which a run would get.

use super::found::{Found, System};
use crate::language::{Arg, Message, paragraph};
use crate::protocol::doctor::Severity::{Hint, Problem, Warning};
use crate::protocol::doctor::{Boards, BoardsFault, DeviceReport, DoctorReport, PciGpu, VulkanSetup};
use crate::protocol::{DeviceInfo, DeviceKind};

pub(super) fn look(report: &DoctorReport, found: &mut Found) {
    if let Some(reason) = &report.devices_error {
        found.add(
            Problem,
            msg!("doctor-driver-dies"),
            msg!("doctor-driver-dies-why", reason),
            msg!("doctor-driver-dies-do"),
        );
    }
    nvidia_library(report, found);
    no_kernel_driver(report, found);
    missing_in_vulkan(report, found);
    only_software(report, found);
    failed_checks(report, found);
    choice(report, found);
    slower_than_the_cpu(report, found);
    if report.debug_build {
        found.add(Warning, msg!("doctor-debug-build"), msg!("doctor-debug-build-why"), msg!("doctor-debug-build-do"));
    }
}

fn is_hardware(info: &DeviceInfo) -> bool {
    matches!(info.kind, DeviceKind::DiscreteGpu | DeviceKind::IntegratedGpu | DeviceKind::VirtualGpu)
}

fn named(info: &DeviceInfo) -> String {
    format!("{} ({})", info.id, info.name)
}

/// GPUs on the bus that could train; a server's display controller or a virtual one could not.
fn capable(report: &DoctorReport) -> impl Iterator<Item = &PciGpu> {
    let gpus = report.machine.pci_gpus.as_deref().unwrap_or_default();
    gpus.iter().filter(|gpu| matches!(gpu.vendor.as_str(), "NVIDIA" | "AMD" | "Intel"))
}

fn nvidia_library(report: &DoctorReport, found: &mut Found) {
    let Boards { note: Some(note), fault: Some(fault), .. } = &report.boards else { return };
    let on_bus = report.machine.pci_gpus.as_ref();
    let board_there = on_bus.is_none_or(|gpus| gpus.iter().any(|gpu| gpu.vendor == "NVIDIA"));
    if System::of(&report.machine) == System::Windows {
        let severity = if *fault == BoardsFault::Other { Warning } else { Problem };
        found.add(
            severity,
            msg!("doctor-nvidia-windows"),
            msg!("doctor-nvidia-why", note),
            msg!("doctor-nvidia-windows-do"),
        );
        return;
    }
    let (severity, what, what_to_do) = match fault {
        BoardsFault::VersionMismatch => (Problem, msg!("doctor-nvidia-versions"), msg!("doctor-nvidia-versions-do")),
        // The library without a board is what a container image or an old installation leaves.
        BoardsFault::KernelDriverNotLoaded if !board_there => return,
        BoardsFault::KernelDriverNotLoaded => {
            (Problem, msg!("doctor-nvidia-not-loaded"), msg!("doctor-nvidia-not-loaded-do"))
        }
        BoardsFault::NoPermission => {
            (Problem, msg!("doctor-nvidia-no-permission"), msg!("doctor-nvidia-no-permission-do"))
        }
        BoardsFault::NoAnswer => (Problem, msg!("doctor-nvidia-no-answer"), msg!("doctor-nvidia-no-answer-do")),
        BoardsFault::Other => (Warning, msg!("doctor-nvidia-error"), msg!("doctor-nvidia-error-do")),
    };
    found.add(severity, what, msg!("doctor-nvidia-why", note), what_to_do);
}

fn no_kernel_driver(report: &DoctorReport, found: &mut Found) {
    for gpu in capable(report) {
        let (vendor, address) = (&gpu.vendor, &gpu.address);
        match (gpu.driver.as_deref(), gpu.vendor.as_str()) {
            (None, maker) => found.add(
                Problem,
                msg!("doctor-no-kernel-driver", vendor, address),
                msg!("doctor-no-kernel-driver-why"),
                match maker {
                    "NVIDIA" => msg!("doctor-no-kernel-driver-do-nvidia"),
                    _ => msg!("doctor-no-kernel-driver-do"),
                },
            ),
            (Some("nouveau"), _) => found.add(
                Warning,
                msg!("doctor-nouveau", vendor, address),
                msg!("doctor-nouveau-why"),
                msg!("doctor-nouveau-do"),
            ),
            (Some("vfio-pci"), _) => found.add(
                Warning,
                msg!("doctor-vfio", vendor, address),
                msg!("doctor-vfio-why"),
                msg!("doctor-vfio-do"),
            ),
            _ => {}
        }
    }
}

/// Boards that NVIDIA's driver sees and Vulkan does not.
fn missing_in_vulkan(report: &DoctorReport, found: &mut Found) {
    if report.devices_error.is_some() || report.devices.is_empty() {
        return;
    }
    let is_of_nvidia = |device: &&DeviceReport| {
        let name = device.info.name.to_ascii_lowercase();
        is_hardware(&device.info)
            && (name.contains("nvidia") || report.boards.list.iter().any(|b| name == b.name.to_ascii_lowercase()))
    };
    let (listed, boards) = (report.devices.iter().filter(is_of_nvidia).count(), &report.boards.list);
    let Some(board) = boards.first().filter(|_| listed < boards.len()) else { return };
    let what = match listed {
        0 => msg!("doctor-vulkan-lacks-board", board = &board.name),
        _ => msg!("doctor-vulkan-lacks-boards", boards = boards.len(), listed),
    };
    let what_to_do = match System::of(&report.machine) {
        System::Windows => msg!("doctor-vulkan-windows-do"),
        System::Linux | System::MacOs => vulkan_cure(&report.machine.vulkan),
    };
    found.add(Problem, what, msg!("doctor-vulkan-lacks-why"), what_to_do);
}

fn vulkan_cure(vulkan: &VulkanSetup) -> Message {
    let files = vulkan.driver_files.as_deref().unwrap_or_default();
    let is_nvidias = |file: &std::path::PathBuf| {
        file.file_name().is_some_and(|name| name.to_string_lossy().to_ascii_lowercase().contains("nvidia"))
    };
    if let Some(variable) = &vulkan.restricted_by {
        return msg!("doctor-vulkan-restricted-do", variable);
    }
    if vulkan.loader == Some(false) {
        return msg!("doctor-vulkan-loader-do");
    }
    if !files.iter().any(is_nvidias) {
        return msg!("doctor-vulkan-icd-do");
    }
    msg!("doctor-vulkan-library-do")
}

fn only_software(report: &DoctorReport, found: &mut Found) {
    if report.devices_error.is_some()
        || report.devices.is_empty()
        || report.devices.iter().any(|d| is_hardware(&d.info))
    {
        return;
    }
    let software = report.devices.iter().find(|d| d.info.kind == DeviceKind::SoftwareGpu);
    // NVIDIA's boards have a finding of their own.
    let board = capable(report).find(|gpu| report.boards.list.is_empty() || gpu.vendor != "NVIDIA");
    match (software, board) {
        (Some(software), Some(gpu)) => found.add(
            Problem,
            msg!("doctor-only-software", software = &software.info.name, vendor = &gpu.vendor, address = &gpu.address),
            msg!("doctor-only-software-why"),
            match gpu.vendor.as_str() {
                "NVIDIA" => msg!("doctor-only-software-do-nvidia"),
                _ => msg!("doctor-only-software-do"),
            },
        ),
        (None, Some(gpu)) => found.add(
            Problem,
            msg!("doctor-no-vulkan-device", vendor = &gpu.vendor, address = &gpu.address),
            msg!("doctor-no-vulkan-device-why"),
            msg!("doctor-no-vulkan-device-do"),
        ),
        (software, None) if report.boards.list.is_empty() => {
            let offer = software.map(|d| msg!("doctor-computes-on-cpu", name = &d.info.name));
            found.add(
                Hint,
                msg!("doctor-no-gpu"),
                paragraph([msg!("doctor-no-gpu-why")].into_iter().chain(offer)),
                match System::of(&report.machine) {
                    System::Windows => msg!("doctor-no-gpu-windows-do"),
                    System::Linux | System::MacOs => msg!("doctor-no-gpu-do"),
                },
            );
        }
        (_, None) => {}
    }
}

fn failed_checks(report: &DoctorReport, found: &mut Found) {
    for device in report.devices.iter().filter(|device| device.passed == Some(false)) {
        let reason = device.reason.clone().unwrap_or_else(|| msg!("doctor-no-reason"));
        let software = device.info.kind == DeviceKind::SoftwareGpu;
        found.add(
            if software { Hint } else { Problem },
            msg!("doctor-check-failed", device = named(&device.info), reason),
            msg!("doctor-check-failed-why", driver = &device.info.driver),
            if software { msg!("doctor-check-failed-software-do") } else { msg!("doctor-check-failed-do") },
        );
    }
    for device in report.devices.iter().filter(|device| device.without_fusion) {
        let reason = device.reason.clone().unwrap_or_else(|| msg!("doctor-no-reason"));
        found.add(
            if device.info.kind == DeviceKind::SoftwareGpu { Hint } else { Warning },
            msg!("doctor-without-fusion", device = named(&device.info), reason),
            msg!("doctor-without-fusion-why", driver = &device.info.driver),
            msg!("doctor-without-fusion-do"),
        );
    }
    for device in &report.devices {
        let Some(error) = device.speed_error.as_ref().filter(|_| device.passed == Some(true)) else { continue };
        found.add(
            Warning,
            msg!("doctor-speed-failed", device = named(&device.info), error),
            msg!("doctor-speed-failed-why"),
            msg!("doctor-speed-failed-do"),
        );
    }
}

fn choice(report: &DoctorReport, found: &mut Found) {
    let Some(chosen) = report.devices.iter().find(|device| report.chosen.as_ref() == Some(&device.info.id)) else {
        return;
    };
    match chosen.info.kind {
        DeviceKind::SoftwareGpu => found.add(
            Warning,
            msg!("doctor-software-wanted", device = named(&chosen.info)),
            msg!("doctor-software-wanted-why"),
            msg!("doctor-software-wanted-do"),
        ),
        DeviceKind::IntegratedGpu => integrated(report, chosen, found),
        DeviceKind::Cpu if report.wanted == "cpu" => {
            if let Some(gpu) = report.devices.iter().find(|d| is_hardware(&d.info) && d.passed == Some(true)) {
                found.add(
                    Hint,
                    msg!("doctor-cpu-wanted", device = named(&gpu.info)),
                    msg!("doctor-cpu-wanted-why"),
                    msg!("doctor-cpu-wanted-do"),
                );
            }
        }
        _ => {}
    }
}

/// The laptop that trains on its integrated GPU.
fn integrated(report: &DoctorReport, chosen: &DeviceReport, found: &mut Found) {
    let integrated = named(&chosen.info);
    let why = || msg!("doctor-integrated-why");
    if let Some(discrete) = report.devices.iter().find(|d| d.info.kind == DeviceKind::DiscreteGpu) {
        let what_to_do = match discrete.passed {
            Some(false) => msg!("doctor-integrated-do-update"),
            _ => msg!("doctor-integrated-do", device = &discrete.info.id),
        };
        found.add(
            Warning,
            msg!("doctor-integrated-chosen", integrated, discrete = named(&discrete.info)),
            why(),
            what_to_do,
        );
    } else if let Some(gpu) = capable(report).find(|gpu| gpu.vendor == "NVIDIA" && report.boards.list.is_empty()) {
        found.add(
            Warning,
            msg!("doctor-integrated-though-nvidia", integrated, address = &gpu.address),
            why(),
            msg!("doctor-integrated-do-nvidia"),
        );
    }
}

fn slower_than_the_cpu(report: &DoctorReport, found: &mut Found) {
    let tflops = |device: &DeviceReport| device.speed.as_ref().and_then(|speed| speed.matmul_tflops);
    let chosen = report.devices.iter().find(|device| report.chosen.as_ref() == Some(&device.info.id));
    let cpu = report.devices.iter().find(|device| device.info.kind == DeviceKind::Cpu);
    let (Some(chosen), Some(cpu)) = (chosen.filter(|d| d.info.kind != DeviceKind::Cpu), cpu) else { return };
    if let (Some(its), Some(cpus)) = (tflops(chosen), tflops(cpu))
        && its < cpus
    {
        found.add(
            Warning,
            msg!("doctor-slower-than-cpu", device = named(&chosen.info)),
            msg!("doctor-slower-than-cpu-why", its = Arg::number(its, 3), cpus = Arg::number(cpus, 3)),
            msg!("doctor-slower-than-cpu-do"),
        );
    }
}
