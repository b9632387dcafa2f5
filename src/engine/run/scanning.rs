//! The dataset is read: told as it goes, and what hangs in it can be left out.

use super::super::RunError;
use super::super::mailbox::Mailbox;
use super::super::stalls::Watched;
use crate::config::DataConfig;
use crate::data::{Dataset, scan_as};
use crate::protocol::{Event, RunPhase, StallAction};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Reads the dataset in `dir`. A file that hangs is told as a stall; where the client wants it left out, the reading begins
/// anew without it, and where it is quarantined, it stands in `config` from then on.
pub(super) fn scan_with_progress(
    mailbox: &Mailbox,
    watched: &Watched,
    dir: &Path,
    config: &mut DataConfig,
) -> Result<Dataset, RunError> {
    mailbox.phase(RunPhase::Scanning);
    let mut reported = Instant::now();
    // Beside those that hung once before, so that they do not hang the next engine before its first step.
    let mut skipped = Vec::new();
    loop {
        let mut reading = config.clone();
        reading.quarantine.extend(skipped.iter().cloned());
        let (mut stopped, mut left_out) = (false, None);
        let found = scan_as(dir, &reading, &mut |progress| {
            if reported.elapsed() >= PROGRESS_EVERY {
                reported = Instant::now();
                mailbox.send(Event::Progress { phase: RunPhase::Scanning, done: progress.files_seen, total: 0 });
                stopped |= mailbox.stop_wanted();
            }
            watched.scan_waits(progress.waiting.as_ref());
            left_out = left_out.take().or_else(|| watched.take_left_out());
            if stopped || left_out.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        watched.scan_waits(None);
        match left_out {
            _ if stopped => return Err(RunError::Stopped),
            None => return Ok(found?),
            Some((name, StallAction::Quarantine)) => config.quarantine.push(name),
            Some((name, _)) => skipped.push(name),
        }
    }
}
