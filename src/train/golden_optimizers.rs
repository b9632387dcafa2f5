//! Twenty steps of every optimiser, and of all that is between gradients and weights, against PyTorch's in float64 (timm's for Lion):
//! `tests/data/optimizers.json`, made by `tests/make_optimizers.py`.

use super::golden_networks::images;
use super::golden_tests::{Fill, Formula, floats};
use super::weights::named_tensors;
use super::{LossSpec, OpenDevice, Pixels, Samples, StepMode, Trainer, TrainerSpec};
use crate::config::{ModelConfig, OPTIMIZERS, OptimizerConfig, ParamValue, Params};
use burn::module::Module;
use serde_json::Value;
use std::collections::BTreeSet;

const SHAPE: [usize; 4] = [8, 1, 32, 32];

fn param(value: &Value) -> ParamValue {
    value.as_bool().map_or_else(|| ParamValue::Float(value.as_f64().unwrap()), ParamValue::Bool)
}

/// Every row of every image, so many pixels to the right, what leaves coming in again at the left.
fn rolled(pixels: &[f32], by: usize) -> Vec<f32> {
    let mut rolled = pixels.to_vec();
    rolled.chunks_mut(SHAPE[3]).for_each(|row| row.rotate_right(by % SHAPE[3]));
    rolled
}

#[test]
fn twenty_steps_are_pytorchs() {
    let cases: Value = serde_json::from_str(include_str!("../../tests/data/optimizers.json")).unwrap();
    let (mut seen, mut averages) = (BTreeSet::new(), 0);
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        seen.insert(name.to_owned());
        let between = &case["between"];
        let number = |key: &str, default: f64| between[key].as_f64().unwrap_or(default);
        let together = number("accumulate_batches", 1.0) as usize;
        let optimizer = OptimizerConfig {
            lr: case["lr"].as_f64().unwrap(),
            params: case["params"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), param(v))).collect::<Params>(),
            head_lr_factor: number("head_lr_factor", 1.0),
            decay_norms: between["decay_norms"].as_bool().unwrap_or(true),
            clip_norm: number("clip_norm", 0.0),
            accumulate_batches: together,
            ema_decay: number("ema_decay", 0.0),
            ..OptimizerConfig::named(name)
        };
        let weights = between["class_weights"].as_array().map_or_else(Vec::new, |_| floats(&between["class_weights"]));
        let loss = LossSpec {
            smoothing: number("label_smoothing", 0.0),
            class_weights: weights.into_iter().map(|weight| weight as f32).collect(),
        };
        let spec = TrainerSpec {
            model: ModelConfig::named("small_cnn"),
            optimizer,
            loss,
            in_channels: 1,
            classes: 3,
            seed: 0,
        };
        let mut trainer = Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap();
        trainer.network = trainer.network.map(|n| n.map(&mut Fill::new(Formula::HashAndStatistics)));
        let pixels = images(SHAPE);
        let mut worst = 0.0_f64;
        let labels: Vec<u32> = (0..8).map(|i| i % 3).collect();
        for (step, expected) in floats(&case["losses"]).into_iter().enumerate() {
            let pixels = rolled(&pixels, step);
            let samples = Samples { pixels: Pixels::Floats(&pixels), shape: SHAPE, labels: &labels, mixed: None };
            let update = (step + 1).is_multiple_of(together);
            let mode = StepMode { share: 1.0 / together as f64, update, ..StepMode::whole(false, true) };
            let loss = trainer.step(samples, mode).unwrap().loss.unwrap();
            // Most are within 1e-6; momentum and the signs of Lion make more of what is rounding.
            let tolerance = if step < 5 { 2e-5 } else { 1e-3 };
            let error = (loss - expected).abs() / expected;
            worst = worst.max(error);
            assert!(error <= tolerance, "{case}: step {step}: {loss} against {expected}, relative error {error:.2e}");
        }
        println!("{name} {between}: largest relative error {worst:.1e}");
        if let Some(average) = case["average"].as_object() {
            averages += 1;
            let found = named_tensors(&trainer.evaluator().unwrap()).unwrap();
            for (name, expected) in average {
                let found = found.iter().find(|tensor| tensor.name == *name).unwrap();
                let error = |(found, expected): (&f32, &f64)| (f64::from(*found) - expected).abs();
                let worst = found.values.iter().zip(&floats(expected)).map(error).fold(0.0, f64::max);
                assert!(worst < 1e-3, "{}: {name}: {worst:.2e}", case["between"]);
            }
        }
    }
    let known: BTreeSet<String> = OPTIMIZERS.iter().map(|item| item.name.to_owned()).collect();
    assert_eq!(seen, known, "an optimiser without a case");
    assert_eq!(averages, 3);
}
