//! Networks, steps and devices: the only place that knows burn.
//!
//! A [`Trainer`] belongs to one thread and is the only maker of tensors. Must not import `engine` or anything above.

mod checkpoint;
mod cost;
mod device;
mod error;
#[cfg(test)]
mod golden_networks;
#[cfg(test)]
mod golden_optimizers;
#[cfg(test)]
mod golden_tests;
mod input;
mod kernels;
#[cfg(test)]
#[path = "../../tests/common/missing.rs"]
mod missing;
mod model;
mod onnx;
mod ops;
mod optimizer;
mod schedule;
mod self_check;
mod speed;
mod step_speed;
mod trainer;
mod update;
mod weights;

pub use cost::{StepCost, StepSize, step_cost};
pub use device::{BACKENDS, OpenDevice, do_without_fusion, is_software, list_devices};
pub use error::{Choice, TrainError};
pub use input::{MixedLabels, Pixels, Samples};
pub use model::Network;
pub use onnx::write_onnx;
pub use ops::use_threads;
pub use schedule::Schedule;
pub use self_check::{SelfCheck, self_check};
pub use speed::measure_speed;
pub use step_speed::{StepSpeed, measure_step};
pub use trainer::{Evaluator, LossSpec, StepMode, StepOutcome, Trainer, TrainerSpec};
pub use weights::{WeightsError, WeightsReport, WriteError, write_new, write_safetensors};
