//! What was read of the hardware while a run trained.

use super::History;
use crate::protocol::Telemetry;

/// Series over `secs` since the run began; a reading that was not there is a gap.
#[derive(Debug, Clone)]
pub struct Hardware {
    /// The last reading.
    pub telemetry: Option<Telemetry>,
    /// Percent by logical core.
    pub cpu_percent: Vec<History>,
    pub memory_used_bytes: History,
    pub engine_memory_bytes: History,
    pub gpus: Vec<GpuHistory>,
}

/// The series of one GPU; a reading the driver does not give stays empty.
#[derive(Debug, Clone)]
pub struct GpuHistory {
    pub name: String,
    pub utilization_percent: History,
    pub memory_used_bytes: History,
    pub power_watts: History,
    pub temperature_celsius: History,
    pub sm_clock_mhz: History,
    pub memory_clock_mhz: History,
    pub pcie_rx_bytes_per_sec: History,
    pub pcie_tx_bytes_per_sec: History,
}

impl Default for Hardware {
    fn default() -> Self {
        Self {
            telemetry: None,
            cpu_percent: Vec::new(),
            memory_used_bytes: History::by_second(),
            engine_memory_bytes: History::by_second(),
            gpus: Vec::new(),
        }
    }
}

impl Default for GpuHistory {
    fn default() -> Self {
        Self {
            name: String::new(),
            utilization_percent: History::by_second(),
            memory_used_bytes: History::by_second(),
            power_watts: History::by_second(),
            temperature_celsius: History::by_second(),
            sm_clock_mhz: History::by_second(),
            memory_clock_mhz: History::by_second(),
            pcie_rx_bytes_per_sec: History::by_second(),
            pcie_tx_bytes_per_sec: History::by_second(),
        }
    }
}

impl Hardware {
    pub(super) fn take(&mut self, telemetry: &Telemetry) {
        let secs = telemetry.secs;
        let bytes = |b: Option<u64>| b.map(|b| b as f64);
        if self.cpu_percent.len() < telemetry.cpu_percent.len() {
            self.cpu_percent.resize_with(telemetry.cpu_percent.len(), History::by_second);
        }
        for (history, percent) in self.cpu_percent.iter_mut().zip(&telemetry.cpu_percent) {
            history.push(secs, Some(f64::from(*percent)));
        }
        self.memory_used_bytes.push(secs, bytes(telemetry.memory_used_bytes));
        self.engine_memory_bytes.push(secs, bytes(telemetry.engine_memory_bytes));
        if self.gpus.len() < telemetry.gpus.len() {
            self.gpus.resize_with(telemetry.gpus.len(), GpuHistory::default);
        }
        for (history, gpu) in self.gpus.iter_mut().zip(&telemetry.gpus) {
            history.name.clone_from(&gpu.name);
            history.utilization_percent.push(secs, gpu.utilization_percent);
            history.memory_used_bytes.push(secs, bytes(gpu.memory_used_bytes));
            history.power_watts.push(secs, gpu.power_watts);
            history.temperature_celsius.push(secs, gpu.temperature_celsius);
            history.sm_clock_mhz.push(secs, gpu.sm_clock_mhz);
            history.memory_clock_mhz.push(secs, gpu.memory_clock_mhz);
            history.pcie_rx_bytes_per_sec.push(secs, gpu.pcie_rx_bytes_per_sec);
            history.pcie_tx_bytes_per_sec.push(secs, gpu.pcie_tx_bytes_per_sec);
        }
        self.telemetry = Some(telemetry.clone());
    }
}
