//! What the commands that use a run's network begin with.

use super::{EXIT_DATA, EXIT_DEVICE, EXIT_OTHER, EXIT_USAGE, Failure};
use crate::engine::{TrainedError, TrainedRun};
use std::path::Path;

/// The run's network with its best weights; says so where they are others, or may be.
pub(super) fn open(run_dir: &Path) -> Result<TrainedRun, Failure> {
    let run = TrainedRun::open(run_dir).map_err(failed)?;
    for words in run.instead.iter().chain(&run.doubt) {
        say!("{}", msg!("command-warning", message = crate::console::one_line(&words.to_string())));
    }
    Ok(run)
}

pub(super) fn failed(error: TrainedError) -> Failure {
    use crate::store::StoreError as S;
    use crate::train::TrainError as T;
    let code = match &error {
        TrainedError::Store(S::NoRun(_) | S::Config { .. } | S::ReadConfig { .. }) => EXIT_USAGE,
        TrainedError::Train(T::Unknown { .. }) | TrainedError::Chain(_) | TrainedError::NotBegun(_) => EXIT_USAGE,
        TrainedError::UnknownClasses { .. } | TrainedError::Loader(_) | TrainedError::Metrics(_) => EXIT_DATA,
        TrainedError::Train(T::Device(_) | T::UnknownDevice { .. } | T::OpenDevice { .. }) => EXIT_DEVICE,
        TrainedError::Store(_) | TrainedError::Train(_) | TrainedError::NoWeights { .. } => EXIT_OTHER,
    };
    Failure::new(code, error)
}
