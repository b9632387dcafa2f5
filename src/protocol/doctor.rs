//! What the doctor reports: facts of the machine, the check and the speed of each device, and the findings made of them.
//!
//! Plain data, also across the process boundary: the doctor's children print parts of it as JSON. `None` is "not known
//! here", never 0.

use super::DeviceInfo;
use crate::language::Message;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// All of it. `findings` are made of the rest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DoctorReport {
    /// Program, target, libraries and compiler.
    pub version: String,
    /// Optimisations were left out of this build.
    pub debug_build: bool,
    /// What training was built to run on.
    pub backends: Vec<String>,
    pub machine: Machine,
    pub boards: Boards,
    pub devices: Vec<DeviceReport>,
    /// Why the graphics driver could not be asked for its devices.
    pub devices_error: Option<Message>,
    /// What `train.device` asks for.
    pub wanted: String,
    /// The device that a run would get; `None` where it would get none, or devices were not checked.
    pub chosen: Option<String>,
    /// `None` where no dataset was named.
    pub disk: Option<DiskReport>,
    /// Devices were checked and measured, files were read.
    pub measured: bool,
    /// How long it took.
    pub secs: f64,
    /// What matters most first.
    pub findings: Vec<Finding>,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something that should work does not.
    Problem,
    /// It works, slower than it could.
    Warning,
    /// Worth knowing.
    Hint,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: Severity,
    /// Complete sentences, all three: what is so, ...
    pub what: Message,
    /// ... why that matters, with the figures it was seen by, ...
    pub why: Message,
    /// ... and what to do about it.
    pub what_to_do: Message,
}

/// The computer, as its system describes it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    pub os: Option<String>,
    pub kernel: Option<String>,
    /// Such as `x86_64`.
    pub arch: Option<String>,
    /// A hypervisor runs it.
    pub virtual_machine: Option<bool>,
    pub cpu: Cpu,
    pub memory: Memory,
    pub power: Power,
    /// GPUs on the PCI bus, with or without a driver; `None` where the system does not list them.
    pub pci_gpus: Option<Vec<PciGpu>>,
    pub vulkan: VulkanSetup,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cpu {
    pub model: Option<String>,
    pub physical_cores: Option<usize>,
    /// Hardware threads of the machine.
    pub logical_cores: Option<usize>,
    /// Those that this process may run on.
    pub affinity_cores: Option<usize>,
    /// Cores' worth of time that a container's quota gives; `None` without one.
    pub quota_cores: Option<f64>,
    /// What Rust makes of all that: the threads worth starting.
    pub usable_threads: Option<usize>,
    /// Threads that wanted a core, on average over the minute before: the load average.
    pub load_average: Option<f64>,
    /// Others than this program's that wanted one at the moment of asking.
    pub running_threads: Option<usize>,
    /// Vector instructions, such as `AVX2`.
    pub features: Vec<String>,
    /// Such as `powersave`; of the first core.
    pub governor: Option<String>,
    /// Such as `intel_pstate`.
    pub frequency_driver: Option<String>,
    /// Such as `balance_performance`; of the first core.
    pub energy_preference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub total_bytes: Option<u64>,
    /// What could be had without swapping.
    pub available_bytes: Option<u64>,
    pub swap_total_bytes: Option<u64>,
    pub swap_used_bytes: Option<u64>,
    /// A container's limit, where it is below the machine's memory ...
    pub limit_bytes: Option<u64>,
    /// ... and what of it is taken.
    pub limit_used_bytes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Power {
    /// The firmware's profile, such as `low-power`, `balanced`, `performance`.
    pub profile: Option<String>,
    /// Runs from its battery now; `None` without a battery.
    pub on_battery: Option<bool>,
    pub battery_percent: Option<f64>,
}

/// A graphics or compute board on the PCI bus.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PciGpu {
    /// Such as `0000:01:00.0`.
    pub address: String,
    /// Vendor's name, or its number in hexadecimal digits.
    pub vendor: String,
    /// The board's number with its vendor, in hexadecimal digits.
    pub device: String,
    /// The kernel's driver; `None` where none has taken it.
    pub driver: Option<String>,
    pub link: PcieLink,
}

/// Lanes and generation of a PCIe link. Boards lower the generation, and some the width, while they idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PcieLink {
    /// Lanes in use.
    pub width: Option<u32>,
    /// Lanes that the board has.
    pub max_width: Option<u32>,
    pub generation: Option<u32>,
    pub max_generation: Option<u32>,
}

/// How Vulkan is installed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VulkanSetup {
    /// The loader's library lies in one of the usual folders.
    pub loader: Option<bool>,
    /// Files that name a driver each, in the usual folders.
    pub driver_files: Option<Vec<PathBuf>>,
    /// An environment variable that lets only certain drivers be found, as `NAME=value`.
    pub restricted_by: Option<String>,
}

/// What NVIDIA's driver says of its boards.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Boards {
    pub driver: Option<String>,
    pub list: Vec<Board>,
    /// Why `list` is empty.
    pub note: Option<Message>,
    /// What of that is a fault, where it is one rather than no NVIDIA board being there.
    pub fault: Option<BoardsFault>,
}

/// Why NVIDIA's library does not answer though it is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardsFault {
    /// Library and kernel driver are of different versions.
    VersionMismatch,
    KernelDriverNotLoaded,
    NoPermission,
    /// It was asked in a process of its own, and that crashed or hung.
    NoAnswer,
    Other,
}

/// One NVIDIA board.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Board {
    pub name: String,
    /// Such as `0000:01:00.0`.
    pub pci_address: Option<String>,
    pub memory_total_bytes: Option<u64>,
    pub power_default_limit_watts: Option<f64>,
    /// The driver stays loaded while nobody uses the board.
    pub persistent: Option<bool>,
    /// When it was first asked.
    pub now: BoardState,
    /// While a device was measured: the reading with the highest utilisation. `None` where nothing was.
    pub busy: Option<BoardState>,
}

/// One reading of a board.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BoardState {
    pub utilization_percent: Option<f64>,
    pub memory_used_bytes: Option<u64>,
    pub temperature_celsius: Option<f64>,
    pub power_watts: Option<f64>,
    pub power_limit_watts: Option<f64>,
    pub sm_clock_mhz: Option<f64>,
    pub link: PcieLink,
    /// What holds the clocks down; idling does not count.
    pub throttle: Option<Vec<Throttle>>,
}

/// What holds a board's clocks down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Throttle {
    /// The driver, for the temperature.
    Thermal,
    /// The board itself, by half or more, for the temperature.
    HardwareThermal,
    /// The board itself, by half or more: temperature, current or the power supply.
    HardwareSlowdown,
    /// The power supply asked for it.
    PowerBrake,
    /// The power limit is reached: usual under full load.
    PowerCap,
    /// Clocks were set by hand.
    ClocksSetting,
    /// Another board of its group.
    SyncBoost,
}

/// A device that training could run on, checked and measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceReport {
    pub info: DeviceInfo,
    /// It computes what it should; `None` where it was not checked.
    pub passed: Option<bool>,
    /// It passed with operations run one by one, which is how a run trains on it then.
    #[serde(default)]
    pub without_fusion: bool,
    /// Why it did not pass, or not as it should: wrong numbers, a crash, no answer.
    pub reason: Option<Message>,
    pub check_secs: Option<f64>,
    pub speed: Option<DeviceSpeed>,
    /// Why `speed` is `None` though it passed.
    pub speed_error: Option<Message>,
}

/// What a device reaches with the library that trains on it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceSpeed {
    /// 10^12 operations a second of an `f32` matrix product of `matmul_size` rows and columns.
    pub matmul_tflops: Option<f64>,
    pub matmul_size: Option<usize>,
    /// 10^9 bytes a second from the host's memory onto the device; `None` where nothing has to be moved.
    pub upload_gb_per_sec: Option<f64>,
    /// 10^9 bytes a second, read and written, of an addition in place.
    pub memory_gb_per_sec: Option<f64>,
    /// Microseconds of the host for one small kernel, with many handed over before the device is waited for.
    pub launch_us: Option<f64>,
    /// Microseconds until one small kernel is known to be done.
    pub round_trip_us: Option<f64>,
    pub secs: f64,
}

/// What lies below the dataset's folder.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskReport {
    #[serde(serialize_with = "crate::protocol::path_as_text")]
    pub dir: PathBuf,
    /// Such as `ext4`, `nfs4`.
    pub file_system: Option<String>,
    /// What is mounted, such as `/dev/sda1` or `server:/export`.
    pub source: Option<String>,
    /// Reached over a network; `None` where that is not known.
    pub network: Option<bool>,
    /// Turning plates, by the system's word; a virtual disk may say so wrongly.
    pub rotational: Option<bool>,
    pub total_bytes: Option<u64>,
    pub free_bytes: Option<u64>,
    /// Images and arrays that were found in the time given for it, and whether these are all.
    pub files: u64,
    pub all_files: bool,
    /// The first reading of a sample of them, as they lay: on the disk or in memory.
    pub first: Option<ReadSpeed>,
    /// The same files again at once: from memory.
    pub again: Option<ReadSpeed>,
    /// The same files past the page cache: the disk's own speed.
    pub uncached: Option<ReadSpeed>,
    /// Why there are no speeds.
    pub trouble: Option<Message>,
}

/// One thread reading whole files one after another.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadSpeed {
    pub files: u64,
    pub bytes: u64,
    pub secs: f64,
    /// Share (0 to 1) of the bytes that came from the disk and not from memory.
    pub from_disk_frac: Option<f64>,
}

impl ReadSpeed {
    pub fn files_per_sec(&self) -> f64 {
        self.files as f64 / self.secs.max(1e-9)
    }

    /// 10^6 bytes a second.
    pub fn mb_per_sec(&self) -> f64 {
        self.bytes as f64 * 1e-6 / self.secs.max(1e-9)
    }
}

/// What a child that measures a device answers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Measured {
    pub speed: DeviceSpeed,
    /// The busiest reading of each NVIDIA board meanwhile, in its driver's order.
    pub boards: Vec<BoardState>,
}

/// How far an examination is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DoctorProgress {
    /// What is being done, such as `checking vulkan:0 (NVIDIA Board 9000)`.
    pub what: Message,
    /// Parts done, of how many that are known of so far.
    pub done: usize,
    pub total: usize,
}
