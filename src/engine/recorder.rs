//! The thread that writes a run's events to disk: about once a second, and at once what must not be lost.

use super::mailbox::Outbox;
use crate::protocol::Event;
use crate::store::RunStore;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// While the disk refuses, so many events are kept for it; then the oldest go.
const MAX_PENDING: usize = 100_000;

/// A running recorder; [`Recorder::finish`] writes what is left.
pub(super) struct Recorder {
    thread: JoinHandle<()>,
}

impl Recorder {
    /// Starts the thread; gives the sender that events are recorded through. The channel has no bound: the recorder
    /// drains it without waiting for anything but the disk, and bounds what it keeps itself.
    pub(super) fn start(store: RunStore, outbox: Outbox) -> std::io::Result<(Self, Sender<Event>)> {
        let (sender, receiver) = unbounded();
        let thread = std::thread::Builder::new()
            .name("engine-recorder".to_owned())
            .spawn(move || record(store, &receiver, &outbox))?;
        Ok((Self { thread }, sender))
    }

    /// Waits until everything is on disk. Every sender must be gone.
    pub(super) fn finish(self) {
        // A panic in it lost the record, not the run; it has been said on stderr.
        let _ = self.thread.join();
    }
}

fn must_not_wait(event: &Event) -> bool {
    matches!(event, Event::Started(_) | Event::Epoch(_) | Event::Changed(_) | Event::Finished(_) | Event::Failed { .. })
}

fn record(mut store: RunStore, events: &Receiver<Event>, outbox: &Outbox) {
    let mut pending = Vec::new();
    let mut flushed = Instant::now();
    let mut warned = false;
    loop {
        let received = events.recv_timeout(FLUSH_EVERY.saturating_sub(flushed.elapsed()));
        let ended = matches!(received, Err(RecvTimeoutError::Disconnected));
        let urgent = received.as_ref().is_ok_and(must_not_wait);
        pending.extend(received);
        if !(urgent || ended || flushed.elapsed() >= FLUSH_EVERY) {
            continue;
        }
        flushed = Instant::now();
        match store.append(&pending) {
            Ok(()) => {
                pending.clear();
                warned = false;
            }
            Err(error) => {
                if !warned {
                    outbox.warn(format!("{error}. Training goes on; recording is tried again every second"));
                    warned = true;
                }
                let excess = pending.len().saturating_sub(MAX_PENDING);
                pending.drain(..excess);
            }
        }
        if ended {
            return;
        }
    }
}
