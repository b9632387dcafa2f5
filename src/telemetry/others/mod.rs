//! GPUs that NVIDIA's library does not know: load and memory of AMD's and Intel's.
//!
//! Linux's drivers give them as files, Windows as performance counters. macOS gives them through IOKit alone, which is not asked.

#[cfg(any(windows, test))]
mod counters;
#[cfg(any(not(windows), test))]
mod files;

use crate::protocol::GpuTelemetry;

/// Reads them again and again: a share of time is a difference of two readings.
pub(super) struct Others {
    #[cfg(not(windows))]
    files: files::Files,
    #[cfg(windows)]
    counters: counters::Reader,
}

impl Others {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(not(windows))]
            files: files::Files::below(std::path::Path::new("/")),
            #[cfg(windows)]
            counters: counters::Reader::default(),
        }
    }

    /// `secs` since the run began; `with_nvidia`: nobody else reads NVIDIA's.
    pub(super) fn read(&mut self, secs: f64, with_nvidia: bool) -> Vec<GpuTelemetry> {
        #[cfg(windows)]
        return self.counters.read(secs, with_nvidia);
        #[cfg(not(windows))]
        {
            // The files of NVIDIA's driver give no load.
            let _ = with_nvidia;
            self.files.read(secs)
        }
    }
}
