//! The thread that reads the hardware once a second, and is the engine's heartbeat.

use super::super::beside::Beside;
use super::super::mailbox::Mailbox;
use super::folder::HeldLock;
use crate::protocol::{Event, Telemetry};
use std::time::Duration;

const TELEMETRY_EVERY: Duration = Duration::from_secs(1);

pub(super) fn start(mailbox: &Mailbox, held: HeldLock) -> Beside {
    let outbox = mailbox.outbox();
    Beside::start(mailbox, "engine-telemetry", msg!("engine-no-telemetry"), move |stopped| {
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
    })
}
