//! Events as tests play them; a test says only what it is about.

use super::{DeviceInfo, DeviceKind, EpochEvent, StepEvent, StepPhases};

/// A device of that kind, named after its id.
pub(crate) fn device(id: &str, kind: DeviceKind) -> DeviceInfo {
    DeviceInfo {
        id: id.to_owned(),
        name: format!("name of {id}"),
        kind,
        driver: "driver".to_owned(),
        memory_bytes: None,
    }
}

/// That step, a second after the one before it.
pub(crate) fn step(step: u64) -> StepEvent {
    StepEvent {
        secs: step as f64,
        step,
        epoch: 1,
        loss: Some(1.0),
        lr: 1e-3,
        images_per_sec: 10.0,
        images: None,
        data_wait_frac: 0.0,
        phases: StepPhases::default(),
        queue_len: 0,
        config_version: 0,
    }
}

/// That epoch, after the step of the same number and without validation.
pub(crate) fn epoch(epoch: u64) -> EpochEvent {
    EpochEvent {
        secs: epoch as f64,
        step: epoch,
        epoch,
        train_loss: 1.0,
        val_loss: None,
        val_accuracy: None,
        val_auc: None,
        epoch_secs: 1.0,
        best: false,
        val_secs: 0.0,
    }
}
