//! Does a device compute the right numbers? A matrix product, a network forward and backward, and a training of three short
//! epochs, against the CPU; and does its memory stay as it is?
//!
//! A driver may crash here, or hang: run it in a child process (`trainscope self-check ID`).

use super::trainer::read_values;
use super::{LossSpec, Network, OpenDevice, Pixels, Samples, StepMode, TrainError, Trainer, TrainerSpec};
use crate::config::{ModelConfig, OptimizerConfig, ParamValue};
use crate::language::{Arg, Message};
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::time::Instant;

/// Largest difference allowed, relative to the largest value. Backends add in another order.
const TOLERANCE: f64 = 2e-3;
const MATMUL_SIZE: usize = 96;

/// What a self-check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfCheck {
    pub device: String,
    pub passed: bool,
    /// Where it did not pass. An older child's is text.
    pub reason: Option<Message>,
    pub secs: f64,
}

/// Runs the check on `cpu` or a listed id.
///
/// # Errors
/// The device could not be opened, or said itself that it failed.
pub fn self_check(id: &str) -> Result<SelfCheck, TrainError> {
    let begun = Instant::now();
    let device = OpenDevice::open(id)?;
    let reference = OpenDevice::open("cpu")?;
    let reason = trouble(&reference, &device)?;
    Ok(SelfCheck { device: device.info.id, passed: reason.is_none(), reason, secs: begun.elapsed().as_secs_f64() })
}

/// What the device gets wrong.
fn trouble(reference: &OpenDevice, device: &OpenDevice) -> Result<Option<Message>, TrainError> {
    for (what, run) in [
        (msg!("train-check-matmul"), matmul as fn(&Device) -> Result<Vec<f32>, TrainError>),
        (msg!("train-check-step"), training_step),
    ] {
        if let Some(trouble) = compared(what, &run(&reference.device)?, &run(&device.device)?) {
            return Ok(Some(trouble));
        }
    }
    let (expected, got) = (train(reference.clone())?, train(device.clone())?);
    let losses = compared(msg!("train-check-losses"), &expected.losses, &got.losses);
    let logits = losses.or_else(|| compared(msg!("train-check-logits"), &expected.logits, &got.logits));
    Ok(logits.or_else(|| growth(&got.bytes_in_use)))
}

fn compared(what: Message, expected: &[f32], got: &[f32]) -> Option<Message> {
    let difference = relative_difference(expected, got);
    if !difference.is_finite() {
        return Some(msg!("train-check-not-numbers", what));
    }
    (difference > TOLERANCE).then(|| msg!("train-check-wrong", what, difference = Arg::number(difference, 3)))
}

/// Epochs of the training that is checked, and batches in each.
const EPOCHS: usize = 3;
const BATCHES: usize = 7;
/// Images of a batch, their side, and classes.
const BATCH: usize = 8;
const SIDE: usize = 32;
const CLASSES: usize = 3;

/// What came of a training.
struct Trained {
    /// Of every step.
    losses: Vec<f32>,
    /// Of the first batch, by running statistics.
    logits: Vec<f32>,
    /// After each epoch; empty where the device does not say.
    bytes_in_use: Vec<u64>,
}

/// Convolutions, batch norms, pooling, reductions and an optimiser, with fusion and tuning as in any run: three epochs of seven
/// batches, and an evaluation after each.
fn train(open: OpenDevice) -> Result<Trained, TrainError> {
    let device = open.device.clone();
    let momentum = [("momentum".to_owned(), ParamValue::Float(0.9))].into();
    let spec = TrainerSpec {
        model: ModelConfig::named("small_cnn"),
        // Adam divides by the gradients' size, which makes much of the rounding of small ones.
        optimizer: OptimizerConfig { lr: 0.01, params: momentum, ..OptimizerConfig::named("sgd") },
        loss: LossSpec::default(),
        in_channels: 1,
        classes: CLASSES,
        seed: 7,
    };
    let mut trainer = Trainer::new(spec, open)?;
    let shape = [BATCH, 1, SIDE, SIDE];
    let mut trained = Trained { losses: Vec::new(), logits: Vec::new(), bytes_in_use: Vec::new() };
    for _ in 0..EPOCHS {
        for batch in 0..BATCHES {
            let images = wave(BATCH * SIDE * SIDE, 0.051 + 0.013 * batch as f64);
            let labels: Vec<u32> = (0..BATCH).map(|i| ((i * i + batch) % CLASSES) as u32).collect();
            let samples = Samples { pixels: Pixels::Floats(&images), shape, labels: &labels, mixed: None };
            let loss = trainer.step(samples, StepMode::whole(false, true))?.loss.unwrap_or(f64::NAN);
            trained.losses.push(loss as f32);
        }
        let images = wave(BATCH * SIDE * SIDE, 0.051);
        trained.logits = trainer.evaluator()?.logits(Pixels::Floats(&images), shape)?;
        trained.bytes_in_use.extend(device.memory_pool_usage().map(|usage| usage.bytes_in_use));
    }
    Ok(trained)
}

/// More memory in use after the last epoch than after the first, beyond what is of the moment.
fn growth(bytes_in_use: &[u64]) -> Option<Message> {
    const OF_THE_MOMENT: u64 = 4 << 20;
    let (first, last) = (*bytes_in_use.first()?, *bytes_in_use.last()?);
    let grew = last > first + first / 4 + OF_THE_MOMENT;
    grew.then(|| {
        let (before, after) = (Arg::bytes(first), Arg::bytes(last));
        msg!("train-check-memory-grew", before, after, epochs = EPOCHS)
    })
}

/// The largest difference over the largest expected value; NaN where anything is not a number.
fn relative_difference(expected: &[f32], got: &[f32]) -> f64 {
    if expected.len() != got.len() || got.iter().any(|v| !v.is_finite()) {
        return f64::NAN;
    }
    let scale = expected.iter().fold(f32::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let worst = expected.iter().zip(got).fold(0.0_f32, |m, (e, g)| m.max((e - g).abs()));
    f64::from(worst) / f64::from(scale)
}

/// `count` values in -1..1 that look random and are the same everywhere.
fn wave(count: usize, step: f64) -> Vec<f32> {
    (0..count).map(|i| (i as f64 * step + (i as f64 * 0.011).sin()).sin() as f32).collect()
}

fn matmul(device: &Device) -> Result<Vec<f32>, TrainError> {
    let n = MATMUL_SIZE;
    let a = Tensor::<2>::from_data(TensorData::new(wave(n * n, 0.37), [n, n]), device);
    let b = Tensor::<2>::from_data(TensorData::new(wave(n * n, 0.23), [n, n]), device);
    read_values(a.matmul(b))
}

/// Logits, and the gradient at the images: it goes through every layer's backward.
fn training_step(device: &Device) -> Result<Vec<f32>, TrainError> {
    let device = device.clone().autodiff();
    let network = Network::new(&ModelConfig::named("small_cnn"), 1, 3, 7, &device)?.train();
    let images =
        Tensor::<4>::from_data(TensorData::new(wave(4 * 32 * 32, 0.051), [4, 1, 32, 32]), &device).require_grad();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(vec![0_i32, 1, 2, 1], [4]), &device);
    let logits = network.forward(images.clone());
    let loss = CrossEntropyLossConfig::new().init(&device).forward(logits.clone(), labels);
    let gradients = loss.backward();
    let mut values = read_values(logits)?;
    let gradient = images.grad(&gradients).ok_or_else(|| TrainError::Device(msg!("train-no-gradient")))?;
    // Both count alike: gradients at the images are small beside logits.
    let mut gradient = read_values(gradient)?;
    let scale = gradient.iter().fold(f32::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let logit_scale = values.iter().fold(f32::MIN_POSITIVE, |m, v| m.max(v.abs()));
    gradient.iter_mut().for_each(|v| *v *= logit_scale / scale);
    values.append(&mut gradient);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_agrees_with_itself() {
        let check = self_check("cpu").unwrap();
        assert!(check.passed, "{:?}", check.reason);
    }

    #[test]
    fn zeros_and_nans_are_caught() {
        assert!(relative_difference(&[1.0, -2.0], &[0.0, 0.0]) > TOLERANCE);
        assert!(relative_difference(&[1.0], &[f32::NAN]).is_nan());
        assert!(relative_difference(&[1.0], &[]).is_nan());
        assert!(relative_difference(&[1.0, -2.0], &[1.0001, -2.0]) < TOLERANCE);
    }

    #[test]
    fn a_training_learns_and_one_wrong_step_is_caught() {
        let trained = train(OpenDevice::open("cpu").unwrap()).unwrap();
        assert_eq!((trained.losses.len(), trained.logits.len()), (EPOCHS * BATCHES, BATCH * CLASSES));
        let mean = |losses: &[f32]| losses.iter().sum::<f32>() / losses.len() as f32;
        let (first, last) = (mean(&trained.losses[..BATCHES]), mean(&trained.losses[2 * BATCHES..]));
        assert!(last < first, "{:?}", trained.losses);
        assert_eq!(compared("the loss".into(), &trained.losses, &trained.losses), None);
        let mut wrong = trained.losses.clone();
        wrong[11] *= 1.01;
        let said = compared("the loss".into(), &trained.losses, &wrong).unwrap().to_string();
        assert!(said.starts_with("the loss came out wrong by 0.0"), "{said}");
        wrong[3] = f32::NAN;
        let said = compared("the loss".into(), &trained.losses, &wrong).unwrap();
        assert!(said.is("train-check-not-numbers"), "{said}");
    }

    #[test]
    fn memory_that_grows_is_caught_and_a_little_of_it_is_not() {
        const MIB: u64 = 1 << 20;
        assert_eq!(growth(&[]), None);
        assert_eq!(growth(&[100 * MIB, 90 * MIB, 101 * MIB]), None);
        assert_eq!(growth(&[MIB, 2 * MIB, 3 * MIB]), None);
        let said = growth(&[100 * MIB, 115 * MIB, 130 * MIB]).unwrap().to_string();
        assert!(said.contains("from 100 MiB to 130 MiB"), "{said}");
    }

    #[test]
    fn an_unknown_device_is_named() {
        let error = OpenDevice::open("vulkan:99").unwrap_err().to_string();
        assert!(error.contains("vulkan:99") && error.contains("cpu"), "{error}");
    }
}
