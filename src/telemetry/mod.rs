//! Readings of the hardware: CPU, memory and GPUs. Every field that a machine cannot give is `None`.
//!
//! Runs on the engine's telemetry thread, once or so a second; a reading of a GPU's PCIe traffic alone blocks for
//! 40 ms, so it belongs on no other thread. Imports nothing above `protocol`. `nvml_wrapper` is used in `nvidia` and
//! nowhere else in the program.

mod board;
mod disk;
mod host;
mod inventory;
mod machine;
mod notes;
mod nvidia;
mod others;
mod pressure;

pub use disk::disk;
pub use host::{available_memory, peak_memory_bytes, total_memory};
pub use inventory::{boards, keep_busiest, while_watching_boards};
pub use machine::{cpu_features, machine};

use crate::language::Message;
use crate::protocol::{GpuTelemetry, Telemetry};
use board::Boards;
use host::Host;
use notes::Notes;
use others::Others;
use pressure::PressureReader;

/// Takes readings. Kept for the whole run: CPU load is what was used since the reading before.
pub struct Sampler {
    host: Host,
    gpus: Result<Box<dyn Boards>, Message>,
    others: Others,
    /// By GPU index, so that a GPU that has fallen off the bus keeps its name.
    gpu_names: Vec<String>,
    pressure: PressureReader,
    notes: Notes,
}

impl Default for Sampler {
    fn default() -> Self {
        Self::new()
    }
}

impl Sampler {
    /// Looks for an NVIDIA driver; where there is none, every reading says why in `gpu_note`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_gpus(nvidia::open())
    }

    fn with_gpus(gpus: Result<Box<dyn Boards>, Message>) -> Self {
        let mut notes = Notes::default();
        let host = Host::new(&mut notes);
        Self { host, gpus, others: Others::new(), gpu_names: Vec::new(), pressure: PressureReader::default(), notes }
    }

    /// One reading, stamped `secs` (seconds since the run began). `cpu_percent` is empty in the first one, since
    /// load is a difference of two readings.
    ///
    /// Blocks for about 40 ms a GPU, in which NVML counts the PCIe traffic.
    pub fn sample(&mut self, secs: f64) -> Telemetry {
        let host = self.host.read(secs, &mut self.notes);
        let (mut gpus, mut gpu_note) = self.read_gpus();
        gpus.extend(self.others.read(secs, self.gpus.is_err()));
        if !gpus.is_empty() {
            gpu_note = None;
        }
        Telemetry {
            secs,
            cpu_percent: host.cpu_percent,
            memory_used_bytes: host.memory_used_bytes,
            memory_total_bytes: host.memory_total_bytes,
            engine_memory_bytes: host.process_memory_bytes,
            gpus,
            gpu_note,
            pressure: self.pressure.read(secs),
        }
    }

    /// What went wrong since the last call, one sentence each. A reading that fails is named the first time only,
    /// so these can go into the log as they are.
    pub fn take_notes(&mut self) -> Vec<Message> {
        self.notes.take()
    }

    fn read_gpus(&mut self) -> (Vec<GpuTelemetry>, Option<Message>) {
        let boards = match &self.gpus {
            Ok(boards) => boards,
            Err(reason) => return (Vec::new(), Some(reason.clone())),
        };
        let mut gpus = Vec::new();
        let (names, notes) = (&mut self.gpu_names, &mut self.notes);
        let listed = boards.for_each(&mut |index, board| {
            if names.len() <= index {
                names.resize_with(index + 1, String::new);
            }
            gpus.push(board::read(index, &mut names[index], board, notes));
        });
        if let Err(fault) = listed {
            let note = msg!("telemetry-gpus-not-listed", why = fault.why());
            notes.once("gpus", || note.clone());
            return (Vec::new(), Some(note));
        }
        let gpu_note = gpus.is_empty().then(|| msg!("telemetry-no-gpu"));
        (gpus, gpu_note)
    }
}

#[cfg(test)]
mod tests;
