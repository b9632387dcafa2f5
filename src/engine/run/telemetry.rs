//! The thread that reads the hardware.

use super::super::mailbox::Mailbox;
use super::folder::HeldLock;
use crate::protocol::{Event, Telemetry};
use crossbeam_channel::{Sender, bounded};
use std::thread::JoinHandle;
use std::time::Duration;

const TELEMETRY_EVERY: Duration = Duration::from_secs(1);

/// Reads the hardware once a second and is the engine's heartbeat.
pub(super) struct TelemetryThread {
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl TelemetryThread {
    pub fn start(mailbox: &Mailbox, held: HeldLock) -> Self {
        let (stop, stopped) = bounded::<()>(1);
        let outbox = mailbox.outbox();
        let work = move || {
            let mut sampler = crate::telemetry::Sampler::new();
            while stopped.recv_timeout(TELEMETRY_EVERY).is_err_and(|e| e.is_timeout()) {
                if outbox.client_gone() {
                    // Who waits for the folder is told that it will be free soon.
                    held.note_ending();
                }
                let secs = outbox.clock.secs();
                outbox.send(Event::Heartbeat { secs });
                let reading: Telemetry = sampler.sample(secs);
                outbox.send(Event::Telemetry(Box::new(reading)));
                for note in sampler.take_notes() {
                    outbox.warn(note);
                }
            }
        };
        let thread = std::thread::Builder::new().name("engine-telemetry".to_owned()).spawn(work);
        if let Err(error) = &thread {
            mailbox.warn(format!("no hardware readings: their thread could not be started: {error}"));
        }
        Self { stop, thread: thread.ok() }
    }
}

impl Drop for TelemetryThread {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.stop.try_send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
