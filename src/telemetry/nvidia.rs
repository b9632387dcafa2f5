//! NVIDIA GPUs through NVML, the library that comes with their driver; loaded at run time, so that the program
//! starts without it. The only module that uses `nvml_wrapper`.

use super::board::{Board, Boards, Fault, Reading, Visit};
use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::{Clock, PcieUtilCounter, TemperatureSensor};
use nvml_wrapper::error::NvmlError;

/// Loads the driver's library, or says in words why there is none.
pub(super) fn open() -> Result<Box<dyn Boards>, String> {
    if cfg!(target_os = "macos") {
        return Err("GPU readings come from NVIDIA's driver, which macOS does not have".to_owned());
    }
    match Nvml::init() {
        Ok(nvml) => Ok(Box::new(Driver { nvml })),
        Err(error) => Err(why_no_driver(&error)),
    }
}

fn why_no_driver(error: &NvmlError) -> String {
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => format!("no NVIDIA driver: {error}"),
        NvmlError::DriverNotLoaded => {
            "NVIDIA's library is installed, but its kernel driver is not loaded; nvidia-smi says more".to_owned()
        }
        NvmlError::LibRmVersionMismatch => {
            "NVIDIA's library and kernel driver are of different versions; a restart of the machine mends that"
                .to_owned()
        }
        NvmlError::NoPermission => "the NVIDIA driver is there, but this user may not ask it".to_owned(),
        other => format!("the NVIDIA driver does not answer: {other}"),
    }
}

fn fault(error: &NvmlError) -> Fault {
    match error {
        NvmlError::GpuLost
        | NvmlError::ResetRequired
        | NvmlError::Uninitialized
        | NvmlError::DriverNotLoaded
        | NvmlError::LibRmVersionMismatch => Fault::Gone(error.to_string()),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_end_a_gpu_are_told_from_those_of_a_field() {
        for error in [NvmlError::GpuLost, NvmlError::ResetRequired, NvmlError::Uninitialized] {
            assert!(matches!(fault(&error), Fault::Gone(_)), "{error}");
        }
        for error in [NvmlError::NotSupported, NvmlError::NoPermission, NvmlError::Unknown] {
            assert!(matches!(fault(&error), Fault::Field(_)), "{error}");
        }
    }

    #[test]
    fn units_are_converted_and_errors_kept() {
        assert_eq!(scaled(Ok(251_500), 1e-3), Ok(251.5));
        assert_eq!(scaled(Ok(2_048), 1e3), Ok(2_048_000.0));
        let failed = scaled(Err(NvmlError::NotSupported), 1.0);
        assert_eq!(failed, Err(Fault::Field(NvmlError::NotSupported.to_string())));
    }

    #[test]
    fn a_missing_driver_is_said_in_words() {
        assert!(why_no_driver(&NvmlError::DriverNotLoaded).contains("kernel driver is not loaded"));
        assert!(why_no_driver(&NvmlError::LibRmVersionMismatch).contains("restart"));
        assert!(why_no_driver(&NvmlError::LibraryNotFound).starts_with("no NVIDIA driver: "));
    }
}
