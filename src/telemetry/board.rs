//! What is asked of a GPU, without the library that answers: so that a lost GPU can be tested without one.

use super::notes::Notes;
use crate::language::Message;
use crate::protocol::GpuTelemetry;
use crate::protocol::doctor::{PcieLink, Throttle};

/// Why a GPU gave no answer, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// A board of this kind has no such reading, as one of a laptop has no power limit of its own: nothing is wrong.
    Unsupported(String),
    /// This reading is not to be had; others may be.
    Field(String),
    /// The GPU or its driver is gone; no reading is to be had.
    Gone(String),
}

impl Fault {
    pub(super) fn why(self) -> String {
        match self {
            Self::Unsupported(why) | Self::Field(why) | Self::Gone(why) => why,
        }
    }
}

pub(super) type Reading<T> = Result<T, Fault>;

/// One GPU.
pub(super) trait Board {
    fn name(&self) -> Reading<String>;
    /// Share of the driver's last sample period in which a kernel ran, 0 to 100.
    fn utilization_percent(&self) -> Reading<f64>;
    /// (used, total)
    fn memory_bytes(&self) -> Reading<(u64, u64)>;
    fn power_watts(&self) -> Reading<f64>;
    fn power_limit_watts(&self) -> Reading<f64>;
    fn temperature_celsius(&self) -> Reading<f64>;
    fn sm_clock_mhz(&self) -> Reading<f64>;
    fn memory_clock_mhz(&self) -> Reading<f64>;
    /// Into the GPU.
    fn pcie_rx_bytes_per_sec(&self) -> Reading<f64>;
    /// Out of the GPU.
    fn pcie_tx_bytes_per_sec(&self) -> Reading<f64>;
    /// Such as `0000:01:00.0`.
    fn pci_address(&self) -> Reading<String>;
    fn power_default_limit_watts(&self) -> Reading<f64>;
    /// The driver stays loaded while nobody uses the board.
    fn persistent(&self) -> Reading<bool>;
    /// `max_width` and `max_generation` are what board and slot can do together.
    fn pcie_link(&self) -> Reading<PcieLink>;
    /// What holds the clocks down; idling does not count.
    fn throttle(&self) -> Reading<Vec<Throttle>>;
}

/// What is called for each GPU with its index.
pub(super) type Visit<'a> = dyn FnMut(usize, Reading<&dyn Board>) + 'a;

/// All GPUs of one driver.
pub(super) trait Boards: Send {
    /// Visits the GPUs in the driver's order; fails where they cannot even be counted.
    fn for_each(&self, visit: &mut Visit<'_>) -> Reading<()>;
    /// The driver's version.
    fn driver(&self) -> Reading<String>;
}

/// Reads every field of a GPU. What fails is `None` and noted once, what it does not have is `None`; once the GPU is gone, nothing
/// more is asked of it.
pub(super) fn read(index: usize, name: &mut String, board: Reading<&dyn Board>, notes: &mut Notes) -> GpuTelemetry {
    let mut reader = Reader { index, name: name.clone(), gone: false, notes };
    let board = match board {
        Ok(board) => board,
        Err(fault) => {
            reader.failed(WHOLE, fault);
            return GpuTelemetry { name: reader.label(), ..GpuTelemetry::default() };
        }
    };
    if name.is_empty()
        && let Some(found) = reader.get("name", || board.name())
    {
        name.clone_from(&found);
        reader.name = found;
    }
    let memory = reader.get("memory", || board.memory_bytes());
    GpuTelemetry {
        utilization_percent: reader.get("utilisation", || board.utilization_percent()),
        memory_used_bytes: memory.map(|(used, _)| used),
        memory_total_bytes: memory.map(|(_, total)| total),
        power_watts: reader.get("power", || board.power_watts()),
        power_limit_watts: reader.get("power-limit", || board.power_limit_watts()),
        temperature_celsius: reader.get("temperature", || board.temperature_celsius()),
        sm_clock_mhz: reader.get("sm-clock", || board.sm_clock_mhz()),
        memory_clock_mhz: reader.get("memory-clock", || board.memory_clock_mhz()),
        pcie_rx_bytes_per_sec: reader.get("pcie-in", || board.pcie_rx_bytes_per_sec()),
        pcie_tx_bytes_per_sec: reader.get("pcie-out", || board.pcie_tx_bytes_per_sec()),
        throttle: reader.get("throttle", || board.throttle()),
        name: reader.label(),
    }
}

struct Reader<'a> {
    index: usize,
    name: String,
    gone: bool,
    notes: &'a mut Notes,
}

impl Reader<'_> {
    fn label(&self) -> String {
        if self.name.is_empty() { format!("GPU {}", self.index) } else { self.name.clone() }
    }

    fn get<T>(&mut self, field: &str, ask: impl FnOnce() -> Reading<T>) -> Option<T> {
        if self.gone {
            return None;
        }
        ask().map_err(|fault| self.failed(field, fault)).ok()
    }

    fn failed(&mut self, field: &str, fault: Fault) {
        let (index, label) = (self.index.to_string(), self.label());
        match fault {
            Fault::Unsupported(_) if field != WHOLE => {}
            Fault::Unsupported(why) | Fault::Field(why) => self.notes.once(&format!("{index}/{field}"), || {
                msg!("telemetry-gpu-field-missing", index, gpu = label, field = field_words(field), why)
            }),
            Fault::Gone(why) => {
                self.gone = true;
                self.notes.once(&format!("{index}/gone"), || msg!("telemetry-gpu-gone", index, gpu = label, why));
            }
        }
    }
}

/// The board itself, where it does not even have a name.
const WHOLE: &str = "gpu";

/// What a field is called.
fn field_words(field: &str) -> Message {
    match field {
        WHOLE => msg!("telemetry-field-gpu"),
        "name" => msg!("telemetry-field-name"),
        "memory" => msg!("telemetry-field-memory"),
        "utilisation" => msg!("telemetry-field-utilisation"),
        "power" => msg!("telemetry-field-power"),
        "power-limit" => msg!("telemetry-field-power-limit"),
        "temperature" => msg!("telemetry-field-temperature"),
        "sm-clock" => msg!("telemetry-field-sm-clock"),
        "memory-clock" => msg!("telemetry-field-memory-clock"),
        "pcie-in" => msg!("telemetry-field-pcie-in"),
        "pcie-out" => msg!("telemetry-field-pcie-out"),
        "throttle" => msg!("telemetry-field-throttle"),
        other => Message::verbatim(other),
    }
}
