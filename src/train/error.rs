//! What goes wrong in a training.

use std::path::PathBuf;

/// What the trainer could not do.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("no {what} is called `{name}`")]
    Unknown { what: &'static str, name: String },
    #[error("no device is called `{id}`; there is: {known}. `trainscope doctor` lists them with name and driver")]
    UnknownDevice { id: String, known: String },
    #[error("the device {id} could not be opened: {reason}. Try `train.device=cpu`")]
    OpenDevice { id: String, reason: String },
    #[error("the device failed while it computed: {0}")]
    Device(String),
    #[error("the checkpoint could not be read: {reason}: {}", crate::console::show_path(path))]
    Checkpoint { reason: String, path: PathBuf },
}
