//! The engine: the process that trains. It speaks `protocol` on stdin and stdout and outlives no client.
//!
//! Threads: the caller's is the trainer's, the only user of burn; `engine-commands` reads stdin, `engine-events` writes
//! stdout, `engine-recorder` writes the run's folder, `engine-telemetry` reads the hardware once a second, `engine-watchdog` looks
//! for threads that hang, the trainer's among them, `engine-trial` tries a person's change of the chain. A client that
//! goes away ends the run as a `Stop` would, with a checkpoint. Must not import `client` or anything above.

mod ceilings;
mod child;
mod devices;
mod doctor;
mod door;
mod evaluate;
mod events;
mod experiment;
mod mailbox;
mod observer;
mod prepare;
mod pulse;
mod recorder;
mod run;
mod session;
mod stalls;
mod trace;

#[cfg(test)]
mod tests_trace;

pub use child::own_program;
#[cfg(unix)]
pub use child::signal_name;
pub use devices::{DeviceCheck, check_device, list_devices_in_child};
pub use doctor::{DoctorOptions, examine};
pub use prepare::{PrepareError, Probes, complete_chain, leaves_many_sizes, resize_for};

use crate::protocol::{Command, Event, FailureKind, PROTOCOL_VERSION};
use mailbox::Mailbox;
use std::io::{Read, Write};

/// Serves one client until it goes away or its run has ended.
pub fn serve(input: impl Read + Send + 'static, output: impl Write + Send + 'static) {
    let mailbox = match Mailbox::open(input, output) {
        Ok(mailbox) => mailbox,
        Err(error) => {
            say!("the engine could not start its threads: {error}");
            return;
        }
    };
    // Ctrl-C in a terminal reaches the engine as well as its client: it means the same as `Stop`.
    let stop = mailbox.command_reader();
    if let Err(error) = crate::console::on_interrupt(move || {
        // A mailbox that is gone has stopped.
        let _ = stop.take(Command::Stop);
    }) {
        say!("signals end the engine without a checkpoint: {error}");
    }
    mailbox.send(Event::Hello {
        protocol: PROTOCOL_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
    });
    while let Some(command) = mailbox.wait_command() {
        match command {
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
                mailbox.warn("nothing runs yet: start a run first");
            }
        }
    }
    mailbox.close();
}

/// What ended a run before its time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Data(#[from] crate::data::DataError),
    #[error(transparent)]
    Chain(#[from] crate::transform::ChainError),
    #[error(transparent)]
    Loader(#[from] crate::loader::LoaderError),
    #[error(transparent)]
    Metrics(#[from] crate::metrics::MetricsError),
    #[error(transparent)]
    Train(#[from] crate::train::TrainError),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error(transparent)]
    Config(crate::config::ConfigError),
    #[error(
        "the run's data or settings are not what they were: {0}. Put them back, or go on knowingly: with its weights over what \
         is there now, or anew, with what it was kept aside"
    )]
    ChangedData(String),
    #[error(
        "the run's network does not fit what is there now, so that it cannot be kept: {0}. It can be begun anew, with what it \
         was kept aside"
    )]
    CannotKeep(String),
    #[error(
        "the client speaks protocol {client} and this engine {PROTOCOL_VERSION}: use the same trainscope on both sides"
    )]
    Protocol { client: u32 },
    #[error("{0}")]
    Device(String),
    /// Stopped before the first step: there is nothing to report on.
    #[error("stopped before the training began")]
    Stopped,
}

impl RunError {
    fn kind(&self) -> FailureKind {
        use crate::store::StoreError as S;
        use crate::train::TrainError as T;
        match self {
            Self::Store(S::NoRun(_) | S::RunExists(_) | S::Config { .. } | S::ReadConfig { .. }) => FailureKind::Config,
            Self::Data(_) | Self::Loader(_) | Self::Metrics(_) => FailureKind::Data,
            Self::Chain(_) | Self::Config(_) => FailureKind::Config,
            Self::ChangedData(_) | Self::CannotKeep(_) => FailureKind::ChangedData,
            Self::Prepare(error) => error.kind(),
            Self::Device(_) | Self::Train(T::UnknownDevice { .. } | T::OpenDevice { .. } | T::Device(_)) => {
                FailureKind::Device
            }
            Self::Train(T::UnknownModel(_)) => FailureKind::Config,
            Self::Train(T::Checkpoint { .. }) | Self::Store(_) | Self::Protocol { .. } | Self::Stopped => {
                FailureKind::Other
            }
        }
    }
}
