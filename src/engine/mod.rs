//! The engine: the process that trains. It speaks `protocol` on stdin and stdout and outlives no client.
//!
//! Threads: the caller's is the trainer's, the only user of burn; `engine-commands` reads stdin, `engine-events` writes
//! stdout, `engine-recorder` writes the run's folder, `engine-telemetry` reads the hardware once a second, `engine-watchdog` looks
//! for threads that hang, the trainer's among them, `engine-trial` tries a person's change of the chain. Of a run that goes on
//! without its client, `engine-door` waits for others, and two threads `engine-attached` speak with each who comes. A client that
//! goes away ends any other run as a `Stop` would, with a checkpoint. Must not import `client` or anything above.

mod beside;
mod ceilings;
mod child;
mod clock;
mod devices;
mod doctor;
mod door;
mod evaluate;
mod events;
mod experiment;
mod learnt;
mod mailbox;
mod observer;
mod outbox;
mod prepare;
mod pulse;
mod recorded;
mod recorder;
mod run;
mod run_error;
mod session;
mod stalls;
mod trace;
mod trained;
mod trains;

#[cfg(test)]
mod tests_trace;

pub use child::{KILLED_GRACE, own_program};
pub use devices::{DeviceCheck, check_device, list_devices_in_child};
pub use doctor::{DoctorOptions, examine};
pub use prepare::{PrepareError, Probes, complete_chain, cost_of, leaves_many_sizes, resize_for};
pub use recorded::verdict_of_record;
pub(crate) use run_error::RunError;
pub use trained::{Evaluated, TrainedError, TrainedRun};

use crate::protocol::{Command, Event, PROTOCOL_VERSION};
use mailbox::Mailbox;
use std::io::{Read, Write};

/// Serves one client until it goes away or its run has ended.
pub fn serve(input: impl Read + Send + 'static, output: impl Write + Send + 'static) {
    let mailbox = match Mailbox::open(input, output) {
        Ok(mailbox) => mailbox,
        Err(error) => {
            say!("{}", msg!("engine-no-threads", error = error.to_string()));
            return;
        }
    };
    // Ctrl-C in a terminal reaches the engine as well as its client: it means the same as `Stop`.
    let stop = mailbox.command_reader();
    if let Err(error) = crate::console::on_interrupt(move || {
        // A mailbox that is gone has stopped.
        let _ = stop.take(Command::Stop);
    }) {
        say!("{}", msg!("engine-no-signals", error = error.to_string()));
    }
    mailbox.send(Event::Hello {
        protocol: PROTOCOL_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
    });
    while let Some(command) = mailbox.wait_command() {
        match command {
            // Whoever said stop waits for no list.
            Command::ListDevices if mailbox.stop_sent() => {}
            Command::ListDevices => mailbox.send(Event::Devices(devices::list_or_cpu(&mailbox))),
            Command::Start(start) => {
                run::run(&mailbox, *start);
                break;
            }
            Command::Shutdown | Command::Stop => break,
            Command::Pause
            | Command::Resume
            | Command::SetTransforms(_)
            | Command::SetWorkers(_)
            | Command::Bisect(_)
            | Command::StopBisect
            | Command::MeasureCeilings
            | Command::AnswerStall(_)
            | Command::TakeTrace { .. }
            | Command::TraceAtEnd { .. } => {
                mailbox.refuse(msg!("engine-nothing-runs"));
            }
        }
    }
    mailbox.close();
}
