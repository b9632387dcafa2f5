//! Every network against what torchvision, timm or MONAI computes with the same weights, and against their parameter names:
//! `tests/data/networks.json` (made by `tests/make_networks.py`) and the shared golden file.

use super::Network;
use super::golden_tests::{Fill, Formula, floats, golden, sine_images};
use crate::config::ModelConfig;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

fn filled(name: &str, channels: usize, classes: usize, formula: Formula) -> Network {
    Network::new(&ModelConfig::named(name), channels, classes, 0, &Device::flex()).unwrap().map(&mut Fill::new(formula))
}

fn logits(network: &Network, pixels: Vec<f32>, shape: [usize; 4]) -> Vec<f32> {
    let images = Tensor::<4>::from_data(TensorData::new(pixels, shape), &Device::flex());
    network.forward(images).into_data().try_to_vec::<f32>().unwrap()
}

/// Within 1e-3 of the largest of an image's logits.
#[track_caller]
fn close(what: &str, got: &[f32], expected: &[f64]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let error = got.iter().zip(expected).map(|(g, e)| (f64::from(*g) - e).abs()).fold(0.0, f64::max);
    assert!(error <= 1e-3 * largest, "{what}: {error:.2e} of {largest:.2e}: {got:?} against {expected:?}");
}

/// Those of `tests/formulas.py`.
pub(super) fn images([n, c, h, w]: [usize; 4]) -> Vec<f32> {
    let value = |i: usize| {
        let (b, ch, r, q) = ((i / (c * h * w)) as f64, (i / (h * w) % c) as f64, (i / w % h) as f64, (i % w) as f64);
        let wave = (0.11 * (b + 1.0) * r + b + ch).sin() * (0.07 * (8.0 - b) * q).cos();
        ((b + 1.0) / n as f64 * (0.5 + 0.5 * wave)) as f32
    };
    (0..n * c * h * w).map(value).collect()
}

/// Names and shapes of the state dict, a line each.
fn state_dict(network: &Network) -> String {
    let mut lines = String::new();
    for tensor in network.tensor_names() {
        lines += &format!("{} {:?}\n", tensor.name, tensor.shape);
        if tensor.is_last_of_batch_norm {
            lines += &format!("{} []\n", tensor.name.replace("running_var", "num_batches_tracked"));
        }
    }
    lines
}

fn fnv(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    format!("{hash:016x}")
}

#[track_caller]
fn check(name: &str) {
    let all: Value = serde_json::from_str(include_str!("../../tests/data/networks.json")).unwrap();
    let reference = &all[name];
    for case in reference["cases"].as_array().unwrap() {
        let shape: Vec<usize> = floats(&case["shape"]).into_iter().map(|v| v as usize).collect();
        let shape: [usize; 4] = shape.try_into().unwrap();
        let network = filled(name, shape[1], 5, Formula::HashAndStatistics);
        let got = logits(&network, images(shape), shape);
        for (i, (got, expected)) in got.chunks(5).zip(case["logits"].as_array().unwrap()).enumerate() {
            close(&format!("{name}, image {i} of {shape:?}"), got, &floats(expected));
        }
    }
    let network = Network::new(&ModelConfig::named(name), 3, 5, 0, &Device::flex()).unwrap();
    assert_eq!(network.parameter_count() as u64, reference["parameters"].as_u64().unwrap(), "{name}");
    let names = state_dict(&network);
    assert_eq!(fnv(&names), reference["names_fnv"].as_str().unwrap(), "{name} has other names:\n{names}");
}

/// The shared golden file has eight images of 3 x 64 x 64.
#[track_caller]
fn check_shared(name: &str, of_file: &str) {
    let Some(reference) = golden(of_file) else { return };
    let network = filled(name, 3, 6, Formula::Sine);
    let shape = [8, 3, 64, 64];
    close(name, &logits(&network, sine_images(shape.iter().product()), shape), &floats(&reference["logits_eval"]));
}

#[test]
fn densenet169_is_monais() {
    check("densenet169");
}

#[test]
fn resnets_are_torchvisions() {
    check("resnet18");
    check("resnet34");
    check("resnet50");
    check_shared("resnet18", "resnet18_torchvision");
}

#[test]
fn mobilenet_is_torchvisions() {
    check("mobilenet_v2");
    check_shared("mobilenet_v2", "mobilenet_v2_torchvision");
}

#[test]
fn efficientnet_b0_is_torchvisions() {
    check("efficientnet_b0");
    check_shared("efficientnet_b0", "efficientnet_b0_torchvision_eval");
}

#[test]
fn efficientnet_lite0_is_timms() {
    check("efficientnet_lite0");
}

#[test]
fn convnext_is_torchvisions() {
    check("convnext_tiny");
}

#[test]
fn vit_is_timms() {
    check("vit_tiny_patch16");
}
