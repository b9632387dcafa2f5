//! The devices burn can train on: flex on the CPU, and what wgpu finds.
//!
//! Asking a graphics driver may crash the process. Only the engine's children (`trainscope self-check`) and an engine
//! whose device has passed its check come here for anything but the CPU.

use super::TrainError;
use crate::config::Precision;
use crate::protocol::{DeviceInfo, DeviceKind};
use burn::tensor::wgpu::{WgpuBackend, wgpu};
use burn::tensor::{DType, Device};

/// A graphics API that burn reaches GPUs through: the beginning of its devices' ids, its name, what burn and wgpu call it.
type Api = (&'static str, &'static str, WgpuBackend, wgpu::Backends);
/// Those of this system. Of a GPU that several of them have, the first is taken.
#[cfg(target_os = "macos")]
const APIS: [Api; 1] = [("metal", "Metal", WgpuBackend::Metal, wgpu::Backends::METAL)];
#[cfg(windows)]
const APIS: [Api; 2] = [VULKAN, ("dx12", "DirectX 12", WgpuBackend::Dx12, wgpu::Backends::DX12)];
#[cfg(not(any(windows, target_os = "macos")))]
const APIS: [Api; 1] = [VULKAN];
#[cfg(not(target_os = "macos"))]
const VULKAN: Api = ("vulkan", "Vulkan", WgpuBackend::Vulkan, wgpu::Backends::VULKAN);

/// What burn was built with, in words.
pub const BACKENDS: [&str; 2] = [
    "flex (CPU)",
    if cfg!(target_os = "macos") {
        "wgpu (Metal)"
    } else if cfg!(windows) {
        "wgpu (Vulkan, DirectX 12)"
    } else {
        "wgpu (Vulkan)"
    },
];

/// A device ready to compute.
#[derive(Debug, Clone)]
pub struct OpenDevice {
    pub info: DeviceInfo,
    pub(crate) device: Device,
}

/// An adapter that wgpu lists, and how burn names it.
struct Adapter {
    info: DeviceInfo,
    burn_kind: burn::tensor::DeviceKind,
    backend: WgpuBackend,
}

/// The CPU, which is always there.
fn cpu() -> DeviceInfo {
    let features = crate::telemetry::cpu_features();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let driver = match features.as_slice() {
        [] => msg!("train-cpu-driver", threads),
        features => msg!("train-cpu-driver-with", threads, features = features.join(" ")),
    };
    DeviceInfo {
        id: "cpu".to_owned(),
        name: "CPU".to_owned(),
        kind: DeviceKind::Cpu,
        driver,
        memory_bytes: crate::telemetry::total_memory(),
    }
}

/// A driver that computes on the CPU whatever kind it claims to be.
pub fn is_software(info: &DeviceInfo) -> bool {
    info.kind == DeviceKind::SoftwareGpu
}

fn adapters() -> Vec<Adapter> {
    let mut all: Vec<Adapter> = Vec::new();
    for api in &APIS {
        let mut found = adapters_of(api);
        if !all.is_empty() {
            found.retain(|adapter| is_missing(adapter, &all));
        }
        all.append(&mut found);
    }
    all
}

/// A GPU that no API before this one has; what computes on the CPU is not missed.
fn is_missing(adapter: &Adapter, before: &[Adapter]) -> bool {
    !is_software(&adapter.info) && before.iter().all(|other| other.info.name != adapter.info.name)
}

fn adapters_of((prefix, api_name, backend, backends): &Api) -> Vec<Adapter> {
    let backends = *backends;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let found = pollster::block_on(instance.enumerate_adapters(backends));
    let mut seen_of_kind = [0_usize; 3];
    let mut next = |kind: usize| {
        let index = seen_of_kind[kind];
        seen_of_kind[kind] += 1;
        index
    };
    let mut adapters = Vec::new();
    for (position, adapter) in found.iter().enumerate() {
        let info = adapter.get_info();
        let (kind, burn_kind) = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => (DeviceKind::DiscreteGpu, burn::tensor::DeviceKind::DiscreteGpu(next(0))),
            wgpu::DeviceType::IntegratedGpu => {
                (DeviceKind::IntegratedGpu, burn::tensor::DeviceKind::IntegratedGpu(next(1)))
            }
            wgpu::DeviceType::VirtualGpu => (DeviceKind::VirtualGpu, burn::tensor::DeviceKind::VirtualGpu(next(2))),
            // burn reaches only the first of these, and none of the kind `Other`.
            wgpu::DeviceType::Cpu if !adapters.iter().any(|a: &Adapter| is_software(&a.info)) => {
                (DeviceKind::SoftwareGpu, burn::tensor::DeviceKind::Cpu)
            }
            wgpu::DeviceType::Cpu | wgpu::DeviceType::Other => continue,
        };
        let driver: Vec<&str> =
            [*api_name, &info.driver, &info.driver_info].into_iter().filter(|s| !s.is_empty()).collect();
        let id = format!("{prefix}:{position}");
        // wgpu does not say; a software driver computes in the host's.
        let memory_bytes = (kind == DeviceKind::SoftwareGpu).then(crate::telemetry::total_memory).flatten();
        let info = DeviceInfo { id, name: info.name, kind, driver: driver.join(", ").into(), memory_bytes };
        adapters.push(Adapter { info, burn_kind, backend: *backend });
    }
    adapters
}

/// Every device, the CPU last. May crash with a bad driver: call it in a child process.
pub fn list_devices() -> Vec<DeviceInfo> {
    adapters().into_iter().map(|a| a.info).chain([cpu()]).collect()
}

impl OpenDevice {
    /// Whether it has memory, conversions and arithmetic for numbers of that kind.
    pub fn computes_in(&self, precision: Precision) -> bool {
        self.device.supports_dtype(match precision {
            Precision::F32 => DType::F32,
            Precision::Bf16 => DType::BF16,
            Precision::F16 => DType::F16,
        })
    }

    /// Opens `cpu` or an id that [`list_devices`] gave.
    ///
    /// # Errors
    /// No such device, or its driver refuses.
    pub fn open(id: &str) -> Result<Self, TrainError> {
        if id == "cpu" {
            return Ok(Self { info: cpu(), device: Device::flex() });
        }
        let adapters = adapters();
        let Some(adapter) = adapters.iter().find(|a| a.info.id == id) else {
            let known = adapters.iter().map(|a| a.info.id.clone()).chain(["cpu".to_owned()]).collect();
            return Err(TrainError::UnknownDevice { id: id.to_owned(), known });
        };
        keep_tuning_between_runs();
        let device = Device::wgpu_options()
            .device_kind(adapter.burn_kind.clone())
            .graphics_api(adapter.backend)
            .init()
            .map_err(|e| TrainError::OpenDevice { id: id.to_owned(), reason: e.to_string().into() })?;
        Ok(Self { info: adapter.info.clone(), device })
    }

    /// The work is done when a call returns, so phases can be timed without waiting on purpose.
    pub fn is_synchronous(&self) -> bool {
        self.info.kind == DeviceKind::Cpu
    }
}

/// Has burn run operations one by one in this process, instead of several in one kernel. To be called before a device but the
/// CPU is opened; false where it is too late.
pub fn do_without_fusion() -> bool {
    use burn::cubecl::config::RuntimeConfig as _;
    // With none explored every operation is run by itself.
    let config = "[fusion.beam_search]\nmax_explorations = 0\n";
    toml::from_str::<burn::BurnConfig>(config).is_ok_and(burn::BurnConfig::try_set)
}

/// Compiled kernels and tuning results go to the user's cache folder, wherever the program was started.
fn keep_tuning_between_runs() {
    use burn::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig as _, cache::CacheConfig};
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let Some(dirs) = directories::ProjectDirs::from("", "", "trainscope") else { return };
        let mut config = CubeClRuntimeConfig::default().override_from_env();
        config.environment.path = CacheConfig::Directory(dirs.cache_dir().join("kernels"));
        config.compilation.cache = true;
        CubeClRuntimeConfig::set(config);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, Message};

    #[test]
    fn the_cpu_s_threads_are_said_in_the_language() {
        let driver = cpu().driver;
        assert!(driver.render(Language::English).contains(" thread"), "{driver}");
        let chinese = driver.render(Language::SimplifiedChinese);
        assert!(chinese.contains(" 个线程") && !chinese.contains("thread"), "{chinese}");
    }

    #[test]
    fn another_api_adds_the_gpus_that_the_first_one_lacks() {
        let adapter = |name: &str, kind| {
            let info = DeviceInfo {
                id: "x:0".to_owned(),
                name: name.to_owned(),
                kind,
                driver: Message::default(),
                memory_bytes: None,
            };
            Adapter { info, burn_kind: burn::tensor::DeviceKind::DiscreteGpu(0), backend: WgpuBackend::Auto }
        };
        let before = [adapter("RTX 4060", DeviceKind::DiscreteGpu)];
        assert!(!is_missing(&adapter("RTX 4060", DeviceKind::DiscreteGpu), &before));
        assert!(is_missing(&adapter("Adreno X1", DeviceKind::IntegratedGpu), &before));
        assert!(!is_missing(&adapter("Microsoft Basic Render Driver", DeviceKind::SoftwareGpu), &before));
    }
}
