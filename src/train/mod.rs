//! Networks, steps and devices: the only place that knows burn.
//!
//! A [`Trainer`] belongs to one thread and is the only maker of tensors. Must not import `engine` or anything above.

mod checkpoint;
mod device;
#[cfg(test)]
mod golden_tests;
mod input;
mod model;
mod self_check;
mod speed;
mod trainer;

pub use device::{BACKENDS, OpenDevice, is_software, list_devices};
pub use input::{MixedLabels, Pixels, Samples};
pub use model::Network;
pub use self_check::{SelfCheck, self_check};
pub use speed::measure_speed;
pub use trainer::{Evaluator, StepOutcome, Trainer, TrainerSpec};

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("no model is called `{0}`")]
    UnknownModel(String),
    #[error("no device is called `{id}`; there is: {known}. `trainscope doctor` lists them with name and driver")]
    UnknownDevice { id: String, known: String },
    #[error("the device {id} could not be opened: {reason}. Try `train.device=cpu`")]
    OpenDevice { id: String, reason: String },
    #[error("the device failed while it computed: {0}")]
    Device(String),
    #[error("the checkpoint could not be read: {reason}: {}", crate::console::show_path(path))]
    Checkpoint { reason: String, path: PathBuf },
}
