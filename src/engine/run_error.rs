//! What ends a run before its time.

use super::prepare::PrepareError;
use crate::protocol::{FailureKind, PROTOCOL_VERSION};

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
    Weights(#[from] crate::train::WeightsError),
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
    /// See `train.on_divergence`.
    #[error("{0}")]
    Diverged(String),
    /// Stopped before the first step: there is nothing to report on.
    #[error("stopped before the training began")]
    Stopped,
}

impl RunError {
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
