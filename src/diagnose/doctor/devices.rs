//! Devices: which there are, which compute rightly, which a run would get.

use super::found::{Found, System};
use crate::protocol::doctor::Severity::{Hint, Problem, Warning};
use crate::protocol::doctor::{Boards, BoardsFault, DeviceReport, DoctorReport, PciGpu, VulkanSetup};
use crate::protocol::{DeviceInfo, DeviceKind};

pub(super) fn look(report: &DoctorReport, found: &mut Found) {
    if let Some(reason) = &report.devices_error {
        found.add(
            Problem,
            "The graphics driver does not survive being asked for its devices.".to_owned(),
            format!("It was asked in a process of its own, and {reason}; training runs on the CPU meanwhile."),
            "Update the graphics driver, or remove the one that is not needed; `train.device=cpu` trains without it.",
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
        found.add(
            Warning,
            "This is a debug build of trainscope.".to_owned(),
            "Without optimisations loading and training on the CPU are many times slower, and every measurement here is of \
             that.",
            "Build it with `cargo build --release`.",
        );
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
            "The NVIDIA driver does not answer as it should.".to_owned(),
            format!("It was asked for its boards: {note}."),
            "Look in Device Manager whether the board is switched off or has an error (codes 10 and 43), and in Event Viewer \
             for `nvlddmkm`; restart the machine, and if that does not help install NVIDIA's driver anew.",
        );
        return;
    }
    let (severity, what, what_to_do) = match fault {
        BoardsFault::VersionMismatch => (
            Problem,
            "NVIDIA's library and its kernel driver are of different versions.",
            "Restart the machine: the driver was updated while its old kernel module was loaded. If that does not help, \
             install library and kernel module anew from one source; in a container, restart the container.",
        ),
        // The library without a board is what a container image or an old installation leaves.
        BoardsFault::KernelDriverNotLoaded if !board_there => return,
        BoardsFault::KernelDriverNotLoaded => (
            Problem,
            "NVIDIA's kernel driver is not loaded.",
            "Run `sudo modprobe nvidia` and read what it says: after a kernel update the module must be built again \
             (package `nvidia-dkms` and the kernel's headers), and Secure Boot loads signed modules only.",
        ),
        BoardsFault::NoPermission => (
            Problem,
            "This user may not use the NVIDIA board.",
            "Give the user access to /dev/nvidia* (often: the group `video` or `render`, then log in anew); start a \
             container with `--gpus all`.",
        ),
        BoardsFault::NoAnswer => (
            Problem,
            "The NVIDIA driver does not answer.",
            "See whether `nvidia-smi` answers and what `sudo dmesg | grep -i -e nvrm -e xid` says; a restart of the machine \
             brings a board back that has hung itself up.",
        ),
        BoardsFault::Other => (
            Warning,
            "The NVIDIA driver answers with an error.",
            "See what `nvidia-smi` and `sudo dmesg | grep -i nvrm` say.",
        ),
    };
    found.add(severity, what.to_owned(), format!("It was asked for its boards: {note}."), what_to_do);
}

fn no_kernel_driver(report: &DoctorReport, found: &mut Found) {
    for gpu in capable(report) {
        let board = format!("The {} GPU at {}", gpu.vendor, gpu.address);
        match (gpu.driver.as_deref(), gpu.vendor.as_str()) {
            (None, vendor) => found.add(
                Problem,
                format!("{board} has no kernel driver."),
                "It is on the bus (device number in the report), but nothing can compute on it so.",
                match vendor {
                    "NVIDIA" => "Install NVIDIA's driver (Ubuntu: `sudo ubuntu-drivers install`; Debian: `nvidia-driver`).",
                    _ => "Use a kernel that knows this board, and install its firmware (`linux-firmware`).",
                },
            ),
            (Some("nouveau"), _) => found.add(
                Warning,
                format!("{board} runs with the driver nouveau."),
                "It lacks NVIDIA's compute performance, and no load, temperature or power can be read with it.",
                "Install NVIDIA's own driver (Ubuntu: `sudo ubuntu-drivers install`; Debian: `nvidia-driver`) and restart.",
            ),
            (Some("vfio-pci"), _) => found.add(
                Warning,
                format!("{board} is reserved for a virtual machine (driver vfio-pci)."),
                "This system cannot compute on it.",
                "Train inside that virtual machine, or bind the board to its own driver.",
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
        0 => format!("NVIDIA's driver sees the {}, but Vulkan does not.", board.name),
        _ => format!("NVIDIA's driver sees {} boards, but Vulkan only {listed}.", boards.len()),
    };
    let what_to_do = match System::of(&report.machine) {
        System::Windows => {
            "Install NVIDIA's own driver from nvidia.com: it brings Vulkan, which that of Windows Update or of \
                            the laptop's maker may lack; then restart."
                .to_owned()
        }
        System::Linux | System::MacOs => vulkan_cure(&report.machine.vulkan),
    };
    found.add(
        Problem,
        what,
        "Training reaches GPUs through Vulkan; without NVIDIA's Vulkan driver it stays on the CPU, and CUDA working says \
         nothing about that.",
        what_to_do,
    );
}

fn vulkan_cure(vulkan: &VulkanSetup) -> String {
    let files = vulkan.driver_files.as_deref().unwrap_or_default();
    let is_nvidias = |file: &std::path::PathBuf| {
        file.file_name().is_some_and(|name| name.to_string_lossy().to_ascii_lowercase().contains("nvidia"))
    };
    if let Some(variable) = &vulkan.restricted_by {
        return format!("`{variable}` lets only certain drivers be found: unset it.");
    }
    if vulkan.loader == Some(false) {
        return "Vulkan's loader, libvulkan.so.1, is in none of the usual folders: install it (Debian, Ubuntu: `libvulkan1`; \
                Fedora: `vulkan-loader`; Arch: `vulkan-icd-loader`)."
            .to_owned();
    }
    if !files.iter().any(is_nvidias) {
        return "Vulkan finds drivers by files such as /usr/share/vulkan/icd.d/nvidia_icd.json, and there is none of \
                NVIDIA: install the package that brings it (Debian: `nvidia-vulkan-icd`; Ubuntu: `libnvidia-gl-` with the \
                driver's version; Fedora: `xorg-x11-drv-nvidia-libs`). A container needs \
                NVIDIA_DRIVER_CAPABILITIES=all (or one with `graphics`) when it is started."
            .to_owned();
    }
    "NVIDIA's file for Vulkan is there, but its library does not start: see what `vulkaninfo --summary` says. Without a \
     desktop it often wants the packages `libx11-6` and `libxext6`; in a container, /dev/nvidia* and \
     NVIDIA_DRIVER_CAPABILITIES=all."
        .to_owned()
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
            format!(
                "Vulkan offers only {}, which computes on the CPU, though there is a GPU of {} at {}.",
                software.info.name, gpu.vendor, gpu.address
            ),
            "A software driver trains slower than the CPU used directly.",
            match gpu.vendor.as_str() {
                "NVIDIA" => "Install NVIDIA's driver with its Vulkan part (file nvidia_icd.json in /usr/share/vulkan/icd.d).",
                _ => "Install Mesa's Vulkan drivers (Debian, Ubuntu: `mesa-vulkan-drivers`), and see that this user may open \
                      /dev/dri/renderD* (group `render` or `video`).",
            },
        ),
        (None, Some(gpu)) => found.add(
            Problem,
            format!("Vulkan offers no device, though there is a GPU of {} at {}.", gpu.vendor, gpu.address),
            "Training reaches GPUs through Vulkan; without a driver for it, it stays on the CPU.",
            "Install Vulkan's loader and drivers (Debian, Ubuntu: `libvulkan1 mesa-vulkan-drivers`), and see that this user \
             may open /dev/dri/renderD* (group `render` or `video`).",
        ),
        (software, None) if report.boards.list.is_empty() => {
            let offer = software.map_or_else(String::new, |d| format!(" {} computes on the CPU.", d.info.name));
            found.add(
                Hint,
                "There is no GPU that training could use.".to_owned(),
                format!("Training runs on the CPU.{offer}"),
                match System::of(&report.machine) {
                    System::Windows => {
                        "Nothing, unless this machine has a GPU: then install its maker's driver (NVIDIA, AMD, Intel). On \
                         another machine the engine can be started through ssh."
                    }
                    System::Linux | System::MacOs => {
                        "Nothing, unless this machine has a GPU: then install its Vulkan driver. On another machine the \
                         engine can be started through ssh."
                    }
                },
            );
        }
        (_, None) => {}
    }
}

fn failed_checks(report: &DoctorReport, found: &mut Found) {
    for device in report.devices.iter().filter(|device| device.passed == Some(false)) {
        let reason = device.reason.as_deref().unwrap_or("no reason was given");
        let software = device.info.kind == DeviceKind::SoftwareGpu;
        found.add(
            if software { Hint } else { Problem },
            format!("{} failed its self-check: {reason}.", named(&device.info)),
            format!("A run on it would be worthless or end at once (driver: {}).", device.info.driver),
            if software {
                "`auto` never takes it; nothing has to be done."
            } else {
                "Update its driver; until it passes, `auto` does not take it."
            },
        );
    }
    for device in &report.devices {
        let Some(error) = device.speed_error.as_ref().filter(|_| device.passed == Some(true)) else { continue };
        found.add(
            Warning,
            format!("{} passed its self-check, but failed while its speed was measured: {error}.", named(&device.info)),
            "The measurement needs about 300 MB of the device's memory and larger kernels than the check does.",
            "Close what else uses the device and look again; update its driver if it stays so.",
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
            format!("`train.device` asks for {}, a driver that computes on the CPU.", named(&chosen.info)),
            "It is slower than the CPU used directly.",
            "Set `train.device` to `auto` or `cpu`.",
        ),
        DeviceKind::IntegratedGpu => integrated(report, chosen, found),
        DeviceKind::Cpu if report.wanted == "cpu" => {
            if let Some(gpu) = report.devices.iter().find(|d| is_hardware(&d.info) && d.passed == Some(true)) {
                found.add(
                    Hint,
                    format!("`train.device` asks for the CPU, though {} passed its self-check.", named(&gpu.info)),
                    "A GPU mostly trains many times faster.",
                    "Set `train.device` to `auto`.",
                );
            }
        }
        _ => {}
    }
}

/// The laptop that trains on its integrated GPU.
fn integrated(report: &DoctorReport, chosen: &DeviceReport, found: &mut Found) {
    let what =
        |other: &str| format!("A run would use the integrated GPU {}, though there is {other}.", named(&chosen.info));
    let why = "An integrated GPU shares the CPU's memory and power, and mostly trains several times slower.";
    if let Some(discrete) = report.devices.iter().find(|d| d.info.kind == DeviceKind::DiscreteGpu) {
        let what_to_do = match discrete.passed {
            Some(false) => "Update the driver of the discrete one, which failed its self-check.".to_owned(),
            _ => format!("Set `train.device` to `auto` or `{}`.", discrete.info.id),
        };
        found.add(Warning, what(&format!("the discrete {}", named(&discrete.info))), why, what_to_do);
    } else if let Some(gpu) = capable(report).find(|gpu| gpu.vendor == "NVIDIA" && report.boards.list.is_empty()) {
        found.add(
            Warning,
            what(&format!("an NVIDIA board at {}", gpu.address)),
            why,
            "Install its driver, and see that the laptop has not switched the board off (`prime-select query`, the firmware's \
             graphics mode).",
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
            format!("{} is slower than the CPU.", named(&chosen.info)),
            format!("A matrix product reaches {its:.3} TFLOP/s on it and {cpus:.3} on the CPU."),
            "Set `train.device` to `cpu`.",
        );
    }
}
