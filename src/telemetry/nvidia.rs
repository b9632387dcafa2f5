//! NVIDIA GPUs through NVML, the library that comes with their driver; loaded at run time, so that the program
//! starts without it. The only module that uses `nvml_wrapper`.

use super::board::{Board, Boards, Fault, Reading, Visit};
use crate::language::Message;
use crate::protocol::doctor::{BoardsFault, PcieLink, Throttle};
use nvml_wrapper::Nvml;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enum_wrappers::device::{Clock, PcieUtilCounter, TemperatureSensor};
use nvml_wrapper::error::NvmlError;

/// Loads the driver's library, or says why there is none.
pub(super) fn open() -> Result<Box<dyn Boards>, Message> {
    open_or_fault().map_err(|(why, _)| why)
}

/// As [`open`], with what is wrong where a driver is installed and does not answer.
pub(super) fn open_or_fault() -> Result<Box<dyn Boards>, (Message, Option<BoardsFault>)> {
    if cfg!(target_os = "macos") {
        return Err((msg!("telemetry-no-nvidia-on-macos"), None));
    }
    match Nvml::init() {
        Ok(nvml) => Ok(Box::new(Driver { nvml })),
        Err(error) => Err((why_no_driver(&error), fault_of_driver(&error))),
    }
}

fn fault_of_driver(error: &NvmlError) -> Option<BoardsFault> {
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => None,
        NvmlError::DriverNotLoaded => Some(BoardsFault::KernelDriverNotLoaded),
        NvmlError::LibRmVersionMismatch => Some(BoardsFault::VersionMismatch),
        NvmlError::NoPermission => Some(BoardsFault::NoPermission),
        _ => Some(BoardsFault::Other),
    }
}

fn why_no_driver(error: &NvmlError) -> Message {
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => {
            msg!("telemetry-no-nvidia-driver", error = error.to_string())
        }
        NvmlError::DriverNotLoaded => {
            msg!("telemetry-nvidia-not-loaded")
        }
        NvmlError::LibRmVersionMismatch => {
            msg!("telemetry-nvidia-versions")
        }
        NvmlError::NoPermission => msg!("telemetry-nvidia-no-permission"),
        other => msg!("telemetry-nvidia-no-answer", error = other.to_string()),
    }
}

fn fault(error: &NvmlError) -> Fault {
    match error {
        NvmlError::GpuLost
        | NvmlError::ResetRequired
        | NvmlError::Uninitialized
        | NvmlError::DriverNotLoaded
        | NvmlError::LibRmVersionMismatch => Fault::Gone(error.to_string()),
        NvmlError::NotSupported => Fault::Unsupported(error.to_string()),
        other => Fault::Field(other.to_string()),
    }
}

struct Driver {
    nvml: Nvml,
}

impl Boards for Driver {
    fn for_each(&self, visit: &mut Visit<'_>) -> Reading<()> {
        let count = self.nvml.device_count().map_err(|error| fault(&error))?;
        for (position, index) in (0..count).enumerate() {
            // A handle is looked up anew each time, since it borrows the driver; that costs microseconds.
            match self.nvml.device_by_index(index) {
                Ok(device) => visit(position, Ok(&Device(device))),
                Err(error) => visit(position, Err(fault(&error))),
            }
        }
        Ok(())
    }

    fn driver(&self) -> Reading<String> {
        self.nvml.sys_driver_version().map_err(|error| fault(&error))
    }
}

struct Device<'a>(nvml_wrapper::Device<'a>);

/// NVML gives milliwatts, kilobytes a second and whole units as `u32`.
fn scaled(reading: Result<u32, NvmlError>, factor: f64) -> Reading<f64> {
    reading.map(|value| f64::from(value) * factor).map_err(|error| fault(&error))
}

impl Board for Device<'_> {
    fn name(&self) -> Reading<String> {
        self.0.name().map_err(|error| fault(&error))
    }

    fn utilization_percent(&self) -> Reading<f64> {
        scaled(self.0.utilization_rates().map(|rates| rates.gpu), 1.0)
    }

    fn memory_bytes(&self) -> Reading<(u64, u64)> {
        self.0.memory_info().map(|info| (info.used, info.total)).map_err(|error| fault(&error))
    }

    fn power_watts(&self) -> Reading<f64> {
        scaled(self.0.power_usage(), 1e-3)
    }

    fn power_limit_watts(&self) -> Reading<f64> {
        scaled(self.0.enforced_power_limit(), 1e-3)
    }

    fn temperature_celsius(&self) -> Reading<f64> {
        scaled(self.0.temperature(TemperatureSensor::Gpu), 1.0)
    }

    fn sm_clock_mhz(&self) -> Reading<f64> {
        scaled(self.0.clock_info(Clock::SM), 1.0)
    }

    fn memory_clock_mhz(&self) -> Reading<f64> {
        scaled(self.0.clock_info(Clock::Memory), 1.0)
    }

    // These two wait: NVML counts bytes for 20 ms and gives KB a second (nvmlDeviceGetPcieThroughput).
    fn pcie_rx_bytes_per_sec(&self) -> Reading<f64> {
        scaled(self.0.pcie_throughput(PcieUtilCounter::Receive), 1e3)
    }

    fn pcie_tx_bytes_per_sec(&self) -> Reading<f64> {
        scaled(self.0.pcie_throughput(PcieUtilCounter::Send), 1e3)
    }

    fn pci_address(&self) -> Reading<String> {
        let info = self.0.pci_info().map_err(|error| fault(&error))?;
        // Its own text has a domain of eight digits, where the system writes four.
        Ok(format!("{:04x}:{:02x}:{:02x}.0", info.domain, info.bus, info.device))
    }

    fn power_default_limit_watts(&self) -> Reading<f64> {
        scaled(self.0.power_management_limit_default(), 1e-3)
    }

    #[cfg(target_os = "linux")]
    fn persistent(&self) -> Reading<bool> {
        self.0.is_in_persistent_mode().map_err(|error| fault(&error))
    }

    /// A mode of Linux' driver alone; elsewhere the driver stays loaded.
    #[cfg(not(target_os = "linux"))]
    fn persistent(&self) -> Reading<bool> {
        Err(fault(&NvmlError::NotSupported))
    }

    fn pcie_link(&self) -> Reading<PcieLink> {
        // A board without PCIe gives none of them; the first says why.
        let width = self.0.current_pcie_link_width().map_err(|error| fault(&error))?;
        Ok(PcieLink {
            width: Some(width),
            max_width: self.0.max_pcie_link_width().ok(),
            generation: self.0.current_pcie_link_gen().ok(),
            max_generation: self.0.max_pcie_link_gen().ok(),
        })
    }

    fn throttle(&self) -> Reading<Vec<Throttle>> {
        self.0.current_throttle_reasons().map(reasons).map_err(|error| fault(&error))
    }
}

fn reasons(bits: ThrottleReasons) -> Vec<Throttle> {
    let known = [
        (ThrottleReasons::SW_THERMAL_SLOWDOWN, Throttle::Thermal),
        (ThrottleReasons::HW_THERMAL_SLOWDOWN, Throttle::HardwareThermal),
        (ThrottleReasons::HW_SLOWDOWN, Throttle::HardwareSlowdown),
        (ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN, Throttle::PowerBrake),
        (ThrottleReasons::SW_POWER_CAP, Throttle::PowerCap),
        (ThrottleReasons::APPLICATIONS_CLOCKS_SETTING, Throttle::ClocksSetting),
        (ThrottleReasons::DISPLAY_CLOCK_SETTING, Throttle::ClocksSetting),
        (ThrottleReasons::SYNC_BOOST, Throttle::SyncBoost),
    ];
    let mut reasons: Vec<Throttle> =
        known.into_iter().filter(|(bit, _)| bits.contains(*bit)).map(|(_, reason)| reason).collect();
    reasons.dedup();
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_end_a_gpu_are_told_from_those_of_a_field() {
        for error in [NvmlError::GpuLost, NvmlError::ResetRequired, NvmlError::Uninitialized] {
            assert!(matches!(fault(&error), Fault::Gone(_)), "{error}");
        }
        for error in [NvmlError::NoPermission, NvmlError::Unknown] {
            assert!(matches!(fault(&error), Fault::Field(_)), "{error}");
        }
        assert!(matches!(fault(&NvmlError::NotSupported), Fault::Unsupported(_)));
    }

    #[test]
    fn units_are_converted_and_errors_kept() {
        assert_eq!(scaled(Ok(251_500), 1e-3), Ok(251.5));
        assert_eq!(scaled(Ok(2_048), 1e3), Ok(2_048_000.0));
        let failed = scaled(Err(NvmlError::NoPermission), 1.0);
        assert_eq!(failed, Err(Fault::Field(NvmlError::NoPermission.to_string())));
    }

    #[test]
    fn idling_is_no_throttling() {
        assert_eq!(reasons(ThrottleReasons::GPU_IDLE), []);
        let both = ThrottleReasons::GPU_IDLE | ThrottleReasons::HW_SLOWDOWN | ThrottleReasons::SW_POWER_CAP;
        assert_eq!(reasons(both), [Throttle::HardwareSlowdown, Throttle::PowerCap]);
        let clocks = ThrottleReasons::APPLICATIONS_CLOCKS_SETTING | ThrottleReasons::DISPLAY_CLOCK_SETTING;
        assert_eq!(reasons(clocks), [Throttle::ClocksSetting]);
    }

    #[test]
    fn only_an_installed_driver_can_be_at_fault() {
        assert_eq!(fault_of_driver(&NvmlError::LibraryNotFound), None);
        assert_eq!(fault_of_driver(&NvmlError::LibRmVersionMismatch), Some(BoardsFault::VersionMismatch));
        assert_eq!(fault_of_driver(&NvmlError::DriverNotLoaded), Some(BoardsFault::KernelDriverNotLoaded));
        assert_eq!(fault_of_driver(&NvmlError::Unknown), Some(BoardsFault::Other));
    }

    #[test]
    fn a_missing_driver_is_said_in_words() {
        assert!(why_no_driver(&NvmlError::DriverNotLoaded).is("telemetry-nvidia-not-loaded"));
        assert!(why_no_driver(&NvmlError::LibRmVersionMismatch).is("telemetry-nvidia-versions"));
        assert!(why_no_driver(&NvmlError::LibraryNotFound).is("telemetry-no-nvidia-driver"));
    }
}
