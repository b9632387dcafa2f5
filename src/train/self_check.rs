//! Does a device compute the right numbers? A small matmul and a small network, forward and backward, against flex.
//!
//! A driver may crash here, or hang: run it in a child process (`trainscope self-check ID`).

use super::trainer::read_values;
use super::{Network, OpenDevice, TrainError};
use crate::config::ModelConfig;
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
    /// In words, where it did not pass.
    pub reason: Option<String>,
    pub secs: f64,
}

/// Runs the check on `cpu` or a listed id.
///
/// # Errors
/// The device could not be opened, or said itself that it failed.
pub fn self_check(id: &str) -> Result<SelfCheck, TrainError> {
    let begun = Instant::now();
    let device = OpenDevice::open(id)?;
    let reference = Device::flex();
    let mut reason = None;
    for (what, run) in [
        ("a matrix product", matmul as fn(&Device) -> Result<Vec<f32>, TrainError>),
        ("a training step", training_step),
    ] {
        let expected = run(&reference)?;
        let got = run(&device.device)?;
        let difference = relative_difference(&expected, &got);
        if difference.is_nan() || difference > TOLERANCE {
            reason = Some(format!("{what} came out wrong by {:.3} of its largest value", difference));
            break;
        }
    }
    Ok(SelfCheck { device: device.info.id, passed: reason.is_none(), reason, secs: begun.elapsed().as_secs_f64() })
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
    let gradient = images.grad(&gradients).ok_or_else(|| TrainError::Device("no gradient came back".to_owned()))?;
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
    fn an_unknown_device_is_named() {
        let error = OpenDevice::open("vulkan:99").unwrap_err().to_string();
        assert!(error.contains("vulkan:99") && error.contains("cpu"), "{error}");
    }
}
