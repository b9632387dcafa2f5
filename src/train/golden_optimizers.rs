//! Twenty steps of every optimiser against PyTorch's in float64 (timm's for Lion): `tests/data/optimizers.json`, made by
//! `tests/make_optimizers.py`.

use super::golden_networks::images;
use super::golden_tests::{Fill, Formula, floats};
use super::{OpenDevice, Pixels, Samples, Trainer, TrainerSpec};
use crate::config::{ModelConfig, OPTIMIZERS, OptimizerConfig, ParamValue, Params};
use burn::module::Module;
use serde_json::Value;
use std::collections::BTreeSet;

const SHAPE: [usize; 4] = [8, 1, 32, 32];

fn param(value: &Value) -> ParamValue {
    value.as_bool().map_or_else(|| ParamValue::Float(value.as_f64().unwrap()), ParamValue::Bool)
}

#[test]
fn twenty_steps_are_pytorchs() {
    let cases: Value = serde_json::from_str(include_str!("../../tests/data/optimizers.json")).unwrap();
    let mut seen = BTreeSet::new();
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        seen.insert(name.to_owned());
        let params: Params = case["params"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), param(v))).collect();
        let optimizer = OptimizerConfig { lr: case["lr"].as_f64().unwrap(), params, ..OptimizerConfig::named(name) };
        let spec =
            TrainerSpec { model: ModelConfig::named("small_cnn"), optimizer, in_channels: 1, classes: 3, seed: 0 };
        let mut trainer = Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap();
        trainer.network = trainer.network.map(|n| n.map(&mut Fill::new(Formula::HashAndStatistics)));
        let pixels = images(SHAPE);
        let labels: Vec<u32> = (0..8).map(|i| i % 3).collect();
        let samples = Samples { pixels: Pixels::Floats(&pixels), shape: SHAPE, labels: &labels, mixed: None };
        for (step, expected) in floats(&case["losses"]).into_iter().enumerate() {
            let loss = trainer.step(samples, false, true).unwrap().loss.unwrap();
            // Rounding grows from step to step: a sign or a ReLU falls to the other side.
            let tolerance = if step == 0 { 1e-5 } else { 5e-3 };
            let error = (loss - expected).abs() / expected;
            assert!(error <= tolerance, "{case}: step {step}: {loss} against {expected}, relative error {error:.2e}");
        }
    }
    let known: BTreeSet<String> = OPTIMIZERS.iter().map(|item| item.name.to_owned()).collect();
    assert_eq!(seen, known, "an optimiser without a case");
}
