//! What ends a run before its time.

use super::prepare::PrepareError;
use crate::language::Message;
use crate::metrics::MetricsError;
use crate::protocol::{FailureKind, PROTOCOL_VERSION};

/// What ended a run before its time.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub(crate) enum RunError {
    Data(#[from] crate::data::DataError),
    Chain(#[from] crate::transform::ChainError),
    Loader(#[from] crate::loader::LoaderError),
    Metrics(#[from] MetricsError),
    Train(#[from] crate::train::TrainError),
    Weights(#[from] crate::train::WeightsError),
    Store(#[from] crate::store::StoreError),
    Prepare(#[from] PrepareError),
    Config(crate::config::ConfigError),
    ChangedData(Message),
    CannotKeep(Message),
    Protocol {
        client: u32,
    },
    Device(Message),
    /// See `train.on_divergence`.
    Diverged(Message),
    /// Stopped before the first step: there is nothing to report on.
    Stopped,
}

/// `metrics` knows no messages.
pub(super) fn of_metrics(error: &MetricsError) -> Message {
    match error {
        MetricsError::Empty => msg!("engine-nothing-to-judge"),
        MetricsError::Shape { logits, labels, classes } => {
            msg!("engine-logits-do-not-fit", logits = *logits, labels = *labels, classes = *classes)
        }
        MetricsError::Label { label, classes } => {
            msg!("engine-label-beyond-classes", label = label.to_string(), classes = *classes)
        }
    }
}

impl RunError {
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::Data(error) => error.message(),
            Self::Chain(error) => error.message(),
            Self::Loader(error) => error.message(),
            Self::Metrics(error) => of_metrics(error),
            Self::Train(error) => error.message(),
            Self::Weights(error) => error.message(),
            Self::Store(error) => error.message(),
            Self::Prepare(error) => error.message(),
            Self::Config(error) => error.message(),
            Self::ChangedData(changes) => msg!("engine-changed-data", changes),
            Self::CannotKeep(changes) => msg!("engine-network-does-not-fit", changes),
            Self::Protocol { client } => {
                msg!("engine-other-protocol", client = client.to_string(), engine = PROTOCOL_VERSION.to_string())
            }
            Self::Device(message) | Self::Diverged(message) => message.clone(),
            Self::Stopped => msg!("engine-stopped-before-training"),
        }
    }

    pub(super) fn kind(&self) -> FailureKind {
        use crate::store::StoreError as S;
        use crate::train::TrainError as T;
        match self {
            Self::Store(S::NoRun(_) | S::RunExists(_) | S::Config { .. } | S::ReadConfig { .. }) => FailureKind::Config,
            Self::Data(_) | Self::Loader(_) | Self::Metrics(_) | Self::Weights(_) => FailureKind::Data,
            Self::Chain(_) | Self::Config(_) => FailureKind::Config,
            Self::ChangedData(_) | Self::CannotKeep(_) => FailureKind::ChangedData,
            Self::Prepare(error) => error.kind(),
            Self::Device(_) | Self::Train(T::UnknownDevice { .. } | T::OpenDevice { .. } | T::Device(_)) => {
                FailureKind::Device
            }
            Self::Train(T::Unknown { .. }) => FailureKind::Config,
            Self::Diverged(_)
            | Self::Train(T::Checkpoint { .. })
            | Self::Store(_)
            | Self::Protocol { .. }
            | Self::Stopped => FailureKind::Other,
        }
    }
}
