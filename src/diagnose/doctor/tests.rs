//! Each suspect is planted into a machine that has nothing wrong.

use super::*;
use crate::language::Language;
use crate::protocol::doctor::{
    Board, BoardState, Boards, BoardsFault, Cpu, DeviceReport, DeviceSpeed, DiskReport, Machine, Memory, PciGpu,
    PcieLink, ReadSpeed, Severity, Throttle, VulkanSetup,
};
use crate::protocol::{DeviceInfo, DeviceKind};
use Severity::{Hint, Problem, Warning};

const LINK: PcieLink = PcieLink { width: Some(16), max_width: Some(16), generation: Some(1), max_generation: Some(4) };

fn device(id: &str, name: &str, kind: DeviceKind, tflops: f64) -> DeviceReport {
    let info =
        DeviceInfo { id: id.to_owned(), name: name.to_owned(), kind, driver: "a driver".into(), memory_bytes: None };
    let speed = DeviceSpeed { matmul_tflops: Some(tflops), ..DeviceSpeed::default() };
    DeviceReport {
        info,
        passed: Some(true),
        without_fusion: false,
        reason: None,
        check_secs: Some(1.0),
        speed: Some(speed),
        speed_error: None,
    }
}

fn pci(address: &str, vendor: &str, driver: Option<&str>) -> PciGpu {
    let text = str::to_owned;
    PciGpu { address: text(address), vendor: text(vendor), device: text("2684"), driver: driver.map(text), link: LINK }
}

/// A workstation with one NVIDIA board.
fn healthy() -> DoctorReport {
    let state = |percent, generation| BoardState {
        utilization_percent: Some(percent),
        memory_used_bytes: Some(1 << 30),
        temperature_celsius: Some(60.0),
        power_limit_watts: Some(350.0),
        link: PcieLink { generation: Some(generation), ..LINK },
        throttle: Some(Vec::new()),
        ..BoardState::default()
    };
    DoctorReport {
        machine: Machine {
            os: Some("Linux (Debian 12)".to_owned()),
            arch: Some("x86_64".to_owned()),
            cpu: Cpu {
                logical_cores: Some(8),
                affinity_cores: Some(8),
                features: vec!["AVX2".to_owned()],
                governor: Some("powersave".to_owned()),
                frequency_driver: Some("intel_pstate".to_owned()),
                energy_preference: Some("balance_performance".to_owned()),
                ..Cpu::default()
            },
            memory: Memory {
                total_bytes: Some(32 << 30),
                available_bytes: Some(20 << 30),
                swap_total_bytes: Some(2 << 30),
                swap_used_bytes: Some(0),
                ..Memory::default()
            },
            pci_gpus: Some(vec![
                pci("0000:01:00.0", "NVIDIA", Some("nvidia")),
                pci("0000:04:00.0", "ASPEED", Some("ast")),
            ]),
            vulkan: VulkanSetup {
                loader: Some(true),
                driver_files: Some(vec!["/usr/share/vulkan/icd.d/nvidia_icd.json".into()]),
                restricted_by: None,
            },
            ..Machine::default()
        },
        boards: Boards {
            driver: Some("580.65".to_owned()),
            list: vec![Board {
                name: "NVIDIA Board 9000".to_owned(),
                pci_address: Some("0000:01:00.0".to_owned()),
                memory_total_bytes: Some(24 << 30),
                power_default_limit_watts: Some(350.0),
                persistent: Some(true),
                now: state(0.0, 1),
                busy: Some(state(99.0, 4)),
            }],
            ..Boards::default()
        },
        devices: vec![
            device("vulkan:0", "NVIDIA Board 9000", DeviceKind::DiscreteGpu, 20.0),
            device("cpu", "CPU", DeviceKind::Cpu, 0.2),
        ],
        wanted: "auto".to_owned(),
        chosen: Some("vulkan:0".to_owned()),
        disk: Some(DiskReport {
            file_system: Some("ext4".to_owned()),
            network: Some(false),
            rotational: Some(false),
            total_bytes: Some(1 << 40),
            free_bytes: Some(1 << 39),
            files: 1000,
            ..DiskReport::default()
        }),
        measured: true,
        ..DoctorReport::default()
    }
}

/// The planted fault makes exactly one finding, of that severity and with those words in it.
#[track_caller]
fn check(severity: Severity, words: &[&str], plant: impl FnOnce(&mut DoctorReport)) {
    let mut report = healthy();
    plant(&mut report);
    let found = findings(&report);
    assert_eq!(found.len(), 1, "{found:#?}");
    let Finding { severity: its, what, why, what_to_do } = &found[0];
    assert_eq!(*its, severity, "{what}");
    let all = format!("{what} {why} {what_to_do}");
    for word in words {
        assert!(all.contains(word), "{all:?} lacks {word:?}");
    }
    for message in [what, why, what_to_do] {
        let [sentence, chinese] = Language::ALL.map(|language| message.render(language));
        assert!(chinese.ends_with('。') && !chinese.contains("。。"), "no sentence: {chinese:?}");
        assert!(sentence.ends_with('.'), "no sentence: {sentence:?}");
        assert!(!sentence.contains("  ") && !sentence.contains(".."), "{sentence:?}");
    }
}

#[test]
fn a_healthy_machine_and_an_unknown_one_have_no_findings() {
    assert_eq!(findings(&healthy()), []);
    let unknown = DoctorReport { boards: Boards::default(), ..DoctorReport::default() };
    assert_eq!(findings(&unknown), []);
}

#[test]
fn a_machine_without_a_gpu_has_a_hint() {
    check(Hint, &["no GPU", "on the CPU"], |r| {
        r.boards = Boards { note: Some("no NVIDIA driver: not found".into()), ..Boards::default() };
        r.machine.pci_gpus = Some(vec![pci("0000:04:00.0", "ASPEED", Some("ast"))]);
        r.devices.remove(0);
        r.chosen = Some("cpu".to_owned());
    });
}

fn without_the_nvidia_adapter(r: &mut DoctorReport) {
    r.devices[0] = device("vulkan:0", "llvmpipe (LLVM 19)", DeviceKind::SoftwareGpu, 0.1);
    r.chosen = Some("cpu".to_owned());
}

#[test]
fn a_board_that_vulkan_does_not_see_has_the_missing_part_named() {
    check(Problem, &["NVIDIA Board 9000", "Vulkan does not", "vulkaninfo"], without_the_nvidia_adapter);
    check(Problem, &["nvidia_icd.json", "libnvidia-gl-", "NVIDIA_DRIVER_CAPABILITIES"], |r| {
        without_the_nvidia_adapter(r);
        r.machine.vulkan.driver_files = Some(vec!["/usr/share/vulkan/icd.d/lvp_icd.json".into()]);
    });
    check(Problem, &["libvulkan1"], |r| {
        without_the_nvidia_adapter(r);
        r.machine.vulkan.loader = Some(false);
    });
    check(Problem, &["VK_ICD_FILENAMES=/x.json", "unset"], |r| {
        without_the_nvidia_adapter(r);
        r.machine.vulkan.restricted_by = Some("VK_ICD_FILENAMES=/x.json".to_owned());
    });
    check(Problem, &["2 boards", "only 1"], |r| {
        let second = Board { pci_address: None, ..r.boards.list[0].clone() };
        r.boards.list.push(second);
    });
}

#[test]
fn only_a_software_adapter_though_there_is_a_board() {
    check(Problem, &["llvmpipe", "AMD", "0000:03:00.0", "mesa-vulkan-drivers"], |r| {
        without_the_nvidia_adapter(r);
        r.boards = Boards::default();
        r.machine.pci_gpus = Some(vec![pci("0000:03:00.0", "AMD", Some("amdgpu"))]);
    });
    check(Problem, &["no device", "AMD", "libvulkan1"], |r| {
        r.devices.remove(0);
        r.chosen = Some("cpu".to_owned());
        r.boards = Boards::default();
        r.machine.pci_gpus = Some(vec![pci("0000:03:00.0", "AMD", Some("amdgpu"))]);
    });
}

#[test]
fn a_software_adapter_asked_for_is_said() {
    check(Warning, &["llvmpipe", "`auto`"], |r| {
        r.devices.push(device("vulkan:1", "llvmpipe", DeviceKind::SoftwareGpu, 0.3));
        r.chosen = Some("vulkan:1".to_owned());
    });
}

#[test]
fn a_laptop_on_its_integrated_gpu_is_said() {
    check(Warning, &["integrated", "vulkan:0", "`auto`"], |r| {
        r.devices.push(device("vulkan:1", "Iris", DeviceKind::IntegratedGpu, 1.0));
        r.chosen = Some("vulkan:1".to_owned());
    });
    // The discrete board sleeps or has no driver library; the kernel's driver is there.
    check(Warning, &["integrated", "0000:01:00.0", "prime-select"], |r| {
        r.devices[0] = device("vulkan:0", "Iris", DeviceKind::IntegratedGpu, 1.0);
        r.boards = Boards::default();
    });
}

#[test]
fn a_device_that_computes_wrongly_or_crashes_is_said() {
    check(Problem, &["NVIDIA Board 9000", "came out wrong", "Update its driver"], |r| {
        r.devices[0].passed = Some(false);
        r.devices[0].reason = Some("a matrix product came out wrong by 1.000 of its largest value".into());
        r.chosen = Some("cpu".to_owned());
    });
    check(Problem, &["crashed (signal 11)", "graphics driver"], |r| {
        r.devices_error = Some("it crashed (signal 11)".into());
        r.devices.remove(0);
        r.chosen = Some("cpu".to_owned());
    });
    check(Warning, &["NVIDIA Board 9000", "one by one", "came out wrong", "Update its driver"], |r| {
        r.devices[0].without_fusion = true;
        r.devices[0].reason = Some("a loss came out wrong by 1.000 of its value".into());
    });
    check(Warning, &["speed was measured", "out of memory"], |r| {
        r.devices[0].speed = None;
        r.devices[0].speed_error = Some("the device failed while it computed: out of memory".into());
    });
    check(Hint, &["llvmpipe", "nothing has to be done"], |r| {
        let mut software = device("vulkan:1", "llvmpipe", DeviceKind::SoftwareGpu, 0.3);
        software.passed = Some(false);
        r.devices.push(software);
    });
}

#[test]
fn a_device_slower_than_the_cpu_is_said() {
    check(Warning, &["slower than the CPU", "0.100", "0.200", "`cpu`"], |r| {
        r.devices[0].speed = Some(DeviceSpeed { matmul_tflops: Some(0.1), ..DeviceSpeed::default() });
    });
    check(Hint, &["asks for the CPU", "vulkan:0"], |r| {
        (r.wanted, r.chosen) = ("cpu".to_owned(), Some("cpu".to_owned()));
    });
}

#[test]
fn faults_of_nvidias_driver_are_told_apart() {
    for (fault, severity, words) in [
        (BoardsFault::VersionMismatch, Problem, ["different versions", "Restart"]),
        (BoardsFault::KernelDriverNotLoaded, Problem, ["not loaded", "modprobe"]),
        (BoardsFault::NoPermission, Problem, ["may not", "--gpus all"]),
        (BoardsFault::NoAnswer, Problem, ["does not answer", "nvidia-smi"]),
        (BoardsFault::Other, Warning, ["error", "nvidia-smi"]),
    ] {
        check(severity, &words, |r| {
            r.boards = Boards { note: Some("why".into()), fault: Some(fault), ..Boards::default() };
        });
    }
    // The library without a board: a container's image.
    let mut report = healthy();
    report.boards =
        Boards { note: Some("why".into()), fault: Some(BoardsFault::KernelDriverNotLoaded), ..Boards::default() };
    report.machine.pci_gpus = Some(Vec::new());
    assert_eq!(findings(&report), []);
}

#[test]
fn a_gpu_without_its_kernel_driver_is_said() {
    for (driver, severity, words) in [
        (None, Problem, ["no kernel driver", "ubuntu-drivers"]),
        (Some("nouveau"), Warning, ["nouveau", "ubuntu-drivers"]),
        (Some("vfio-pci"), Warning, ["virtual machine", "vfio-pci"]),
    ] {
        check(severity, &words, |r| r.machine.pci_gpus = Some(vec![pci("0000:01:00.0", "NVIDIA", driver)]));
    }
}

fn busy(report: &mut DoctorReport) -> &mut BoardState {
    report.boards.list[0].busy.as_mut().unwrap()
}

#[test]
fn throttling_is_said_with_its_reason() {
    for (reasons, words) in [
        (vec![Throttle::Thermal, Throttle::PowerCap], ["too hot", "60 °C"]),
        (vec![Throttle::HardwareThermal, Throttle::HardwareSlowdown], ["too hot", "fans"]),
        (vec![Throttle::PowerBrake, Throttle::HardwareSlowdown], ["power supply", "cables"]),
        (vec![Throttle::HardwareSlowdown], ["halves its clocks", "cooling"]),
    ] {
        check(Warning, &words, |r| busy(r).throttle = Some(reasons));
    }
    check(Hint, &["set by hand", "-rgc"], |r| busy(r).throttle = Some(vec![Throttle::ClocksSetting]));
    // The power limit under full load is what it is for.
    let mut report = healthy();
    busy(&mut report).throttle = Some(vec![Throttle::PowerCap]);
    assert_eq!(findings(&report), []);
    check(Warning, &["200 W", "350 W", "held the clocks down"], |r| {
        busy(r).throttle = Some(vec![Throttle::PowerCap]);
        busy(r).power_limit_watts = Some(200.0);
    });
    check(Hint, &["200 W", "-pl 350"], |r| busy(r).power_limit_watts = Some(200.0));
}

#[test]
fn a_narrow_or_slow_link_is_said_but_not_an_idle_one() {
    check(Warning, &["4 PCIe lanes of 16", "4 times"], |r| busy(r).link.width = Some(4));
    // Board and slot together can do 8: the bus knows that the board could do 16.
    check(Warning, &["8 PCIe lanes of 16", "2 times"], |r| {
        let board = &mut r.boards.list[0];
        for link in [&mut board.now.link, &mut board.busy.as_mut().unwrap().link] {
            (link.width, link.max_width) = (Some(8), Some(8));
        }
    });
    check(Warning, &["generation 2 under load", "could do 4", "4 times"], |r| busy(r).link.generation = Some(2));
    // Nothing was measured: the generation of an idle link says nothing.
    let mut idle = healthy();
    idle.boards.list[0].busy = None;
    assert_eq!(findings(&idle), []);
    check(Hint, &["AMD", "8 PCIe lanes of 16"], |r| {
        let mut gpu = pci("0000:03:00.0", "AMD", Some("amdgpu"));
        gpu.link.width = Some(8);
        r.machine.pci_gpus.as_mut().unwrap().push(gpu);
    });
}

#[test]
fn a_board_that_others_use_is_said() {
    check(Warning, &["Something else computes", "80 %"], |r| r.boards.list[0].now.utilization_percent = Some(80.0));
    check(Warning, &["Most of the memory", "20.0 GiB"], |r| r.boards.list[0].now.memory_used_bytes = Some(20 << 30));
    check(Hint, &["persistence", "nvidia-smi -pm 1"], |r| r.boards.list[0].persistent = Some(false));
    // While a run is active, it is that run.
    let mut running = healthy();
    running.measured = false;
    running.boards.list[0].now.utilization_percent = Some(80.0);
    assert_eq!(findings(&running), []);
}

#[test]
fn other_programs_on_the_cores_are_said() {
    let busy = |r: &mut DoctorReport| {
        (r.machine.cpu.load_average, r.machine.cpu.running_threads) = (Some(11.5), Some(9));
    };
    check(Warning, &["11.5", "8 cores", "lower than what this machine can do"], busy);
    let mut ended = healthy();
    busy(&mut ended);
    ended.machine.cpu.running_threads = Some(1);
    assert_eq!(findings(&ended), [], "what has just ended is not in the way");
    let mut training = healthy();
    busy(&mut training);
    training.measured = false;
    assert_eq!(findings(&training), [], "the load is the run's own");
}

#[test]
fn power_saving_is_said() {
    check(Warning, &["battery (41 % left)", "Plug it in"], |r| {
        (r.machine.power.on_battery, r.machine.power.battery_percent) = (Some(true), Some(41.0));
    });
    check(Warning, &["`low-power`", "powerprofilesctl"], |r| r.machine.power.profile = Some("low-power".to_owned()));
    check(Warning, &["`powersave`", "cpupower"], |r| r.machine.cpu.frequency_driver = Some("acpi-cpufreq".to_owned()));
    check(Warning, &["save power", "balanced"], |r| r.machine.cpu.energy_preference = Some("power".to_owned()));
}

#[test]
fn a_container_with_fewer_cores_or_less_memory_is_said() {
    check(Warning, &["1.5 cores", "machine's 8", "--cpus"], |r| r.machine.cpu.quota_cores = Some(1.5));
    check(Warning, &["2 cores", "machine's 8", "taskset"], |r| r.machine.cpu.affinity_cores = Some(2));
    check(Hint, &["12.0 GiB of the machine's 32.0 GiB", "10.0 GiB of it are left"], |r| {
        let memory = &mut r.machine.memory;
        (memory.limit_bytes, memory.limit_used_bytes) = (Some(12 << 30), Some(2 << 30));
    });
    check(Warning, &["100 MiB of it are left"], |r| {
        let memory = &mut r.machine.memory;
        (memory.limit_bytes, memory.limit_used_bytes) = (Some(8 << 30), Some((8 << 30) - (100 << 20)));
    });
}

#[test]
fn little_memory_and_swap_are_said() {
    check(Warning, &["Little memory", "1024 MiB of 32.0 GiB"], |r| r.machine.memory.available_bytes = Some(1 << 30));
    check(Warning, &["1024 MiB lie in swap"], |r| r.machine.memory.swap_used_bytes = Some(1 << 30));
    check(Hint, &["AVX2", "-cpu host"], |r| r.machine.cpu.features.clear());
    check(Warning, &["debug build", "--release"], |r| r.debug_build = true);
}

fn disk(report: &mut DoctorReport) -> &mut DiskReport {
    report.disk.as_mut().unwrap()
}

#[test]
fn a_disk_that_is_far_slow_full_or_silent_is_said() {
    let speed = |files, bytes| Some(ReadSpeed { files, bytes, secs: 1.0, from_disk_frac: Some(1.0) });
    check(Warning, &["nfs4", "300 files and 3 MB", "loader.cache"], |r| {
        (disk(r).file_system, disk(r).network) = (Some("nfs4".to_owned()), Some(true));
        disk(r).first = speed(300, 3_000_000);
    });
    check(Warning, &["turning plates", "90 files"], |r| {
        (disk(r).rotational, disk(r).uncached) = (Some(true), speed(90, 9_000_000));
    });
    // A virtual disk calls itself rotational and is faster than plates are.
    let mut fast = healthy();
    (disk(&mut fast).rotational, disk(&mut fast).uncached) = (Some(true), speed(5000, 50_000_000));
    assert_eq!(findings(&fast), []);
    check(Warning, &["nearly full", "1024 MiB of 1024.0 GiB"], |r| disk(r).free_bytes = Some(1 << 30));
    check(Problem, &["it did not answer within 60 s", "/data"], |r| {
        disk(r).dir = "/data".into();
        disk(r).trouble = Some("it did not answer within 60 s".into());
    });
}

#[test]
fn the_gravest_come_first() {
    let mut report = healthy();
    report.boards.list[0].persistent = Some(false);
    report.machine.cpu.quota_cores = Some(2.0);
    report.devices_error = Some("it crashed".into());
    let severities: Vec<Severity> = findings(&report).iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Problem, Warning, Hint]);
}

/// The machine with the window's system, though this test runs on any.
fn on(os: &str) -> DoctorReport {
    let mut report = healthy();
    report.machine.os = Some(os.to_owned());
    if !os.contains("Linux") {
        report.machine.cpu = Cpu { features: report.machine.cpu.features, ..Cpu::default() };
        (report.machine.pci_gpus, report.machine.vulkan) = (None, VulkanSetup::default());
    }
    report
}

const WINDOWS: &str = "Windows 11 Home";

#[test]
fn a_healthy_machine_of_another_system_has_no_findings() {
    for os in [WINDOWS, "MacOS 15.1 Sequoia", "Linux (Ubuntu 24.04)"] {
        assert_eq!(findings(&on(os)), [], "{os}");
    }
    // Windows puts pages away though there is room.
    let mut report = on(WINDOWS);
    report.machine.memory.swap_used_bytes = Some(3 << 30);
    assert_eq!(findings(&report), []);
}

/// What is planted, the words that its one finding must have, and none that another system's would have.
#[test]
fn advice_is_in_the_words_of_the_machine_s_system() {
    type Plant = fn(&mut DoctorReport);
    let plants: [(&str, Plant); 8] = [
        ("Power mode", |r| r.machine.power.profile = Some("best power efficiency".to_owned())),
        ("Power mode", |r| r.machine.power.profile = Some("battery saver".to_owned())),
        ("Virtual memory", |r| r.machine.memory.swap_total_bytes = Some(0)),
        ("opened as administrator", |r| {
            r.boards.list[0].busy.as_mut().unwrap().throttle = Some(vec![Throttle::Thermal]);
        }),
        ("opened as administrator", |r| r.boards.list[0].power_default_limit_watts = Some(500.0)),
        ("Device Manager", |r| {
            r.boards = Boards { note: Some("it hung".into()), fault: Some(BoardsFault::NoAnswer), ..Boards::default() };
        }),
        ("nvidia.com", |r| {
            r.devices.retain(|device| device.info.id == "cpu");
            r.chosen = None;
        }),
        ("Exclusions", |r| {
            let again = ReadSpeed { files: 300, bytes: 3_000_000, secs: 0.5, from_disk_frac: None };
            r.disk.as_mut().unwrap().again = Some(again);
        }),
    ];
    for (words, plant) in plants {
        let mut report = on(WINDOWS);
        plant(&mut report);
        let found = findings(&report);
        assert_eq!(found.len(), 1, "{words}: {found:#?}");
        let text = format!("{} {} {}", found[0].what, found[0].why, found[0].what_to_do);
        assert!(text.contains(words), "{words}: {text}");
        for foreign in ["sudo", "modprobe", "dmesg", "/dev/", "/usr/", "libvulkan", "powerprofilesctl", "apt-get"] {
            assert!(!text.contains(foreign), "{foreign}: {text}");
        }
    }
}
