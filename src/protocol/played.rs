//! Events as tests play them; a test says only what it is about.

use super::{
    BisectProgress, BisectVerdict, Bound, Decision, DeviceInfo, DeviceKind, EpochEvent, Measure, OffMethod, Started,
    StepEvent, StepPhases, Trial, Verdict,
};
use crate::config::RunConfig;

/// A device of that kind, named after its id.
pub(crate) fn device(id: &str, kind: DeviceKind) -> DeviceInfo {
    DeviceInfo { id: id.to_owned(), name: format!("name of {id}"), kind, driver: "driver".into(), memory_bytes: None }
}

/// A run of nothing, at its beginning.
pub(crate) fn started() -> Started {
    Started {
        run_id: "run".to_owned(),
        run_dir: "run".into(),
        config: RunConfig::default(),
        device: device("cuda:0", DeviceKind::DiscreteGpu),
        class_names: Vec::new(),
        train_count: 0,
        val_count: 0,
        test_count: 0,
        bad_file_count: 0,
        sample_shape: [1, 64, 64],
        parameter_count: 1,
        steps_per_epoch: 1,
        first_step: 0,
        resumed: false,
        resumed_from: None,
    }
}

/// A bisect that has ended with nothing found.
pub(crate) fn bisect() -> BisectProgress {
    let verdict = BisectVerdict {
        culprits: Vec::new(),
        predicted_speedup: None,
        noise_floor_frac: None,
        undecided: Vec::new(),
        secs: 1.0,
        sentence: "nothing stands out".into(),
    };
    BisectProgress {
        trials: Vec::new(),
        so_far: "".into(),
        off: Vec::new(),
        spent_secs: 1.0,
        budget_secs: 60.0,
        noise_floor_frac: None,
        steps: 90,
        config_version: 0,
        verdict: Some(verdict),
    }
}

/// A bisect's trial in place that has found an effect, give or take so much, of the transform `T` and its index.
pub(crate) fn trial(index: usize, effect_frac: f64, give_or_take: f64) -> Trial {
    Trial {
        transform: format!("T{index}"),
        index,
        method: OffMethod::Removed,
        measure: Measure::StepTime,
        effect_frac: Some(effect_frac),
        low: Some(effect_frac - give_or_take),
        high: Some(effect_frac + give_or_take),
        blocks: 9,
        decision: Decision::Effect,
        without: Vec::new(),
        together: 0,
    }
}

/// A verdict that says no more than its bound.
pub(crate) fn verdict(bound: Bound) -> Verdict {
    Verdict {
        bound,
        sentence: bound.to_string().into(),
        images_per_sec: None,
        evidence: Vec::new(),
        ceilings: Vec::new(),
        predictions: Vec::new(),
        troubles: Vec::new(),
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
