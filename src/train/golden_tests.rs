//! DenseNet121 against what MONAI and PyTorch compute: logits, gradients, the losses of Adam's first steps.

use super::model::is_running_statistic;
use super::{Network, OpenDevice, Trainer, TrainerSpec};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde_json::Value;

const BATCH: usize = 8;
const CLASSES: usize = 6;

fn golden() -> Option<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/models/models.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: the golden models are not beside this checkout");
        return None;
    };
    Some(serde_json::from_str::<Value>(&text).unwrap()["densenet121_monai_1ch"].take())
}

fn floats(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(floats).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

/// The golden files' formula for weights, by a parameter's place among the parameters.
#[derive(Default)]
struct GoldenFill {
    path: Vec<String>,
    next: usize,
}

impl ModuleMapper for GoldenFill {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if is_running_statistic(&self.path) {
            return param;
        }
        let k = self.next as f64;
        self.next += 1;
        let shape: Vec<usize> = param.lazy_shape().to_vec();
        let count: usize = shape.iter().product();
        let value = |i: usize| -> f64 {
            let i = i as f64;
            match (D, self.path.last().map(String::as_str)) {
                (4, _) => (2.0 / shape[1..].iter().product::<usize>() as f64).sqrt() * (0.7 * i + k).sin(),
                (2, _) => (2.0 / shape[0] as f64).sqrt() * (0.7 * i + k).sin(),
                (_, Some("gamma")) => 1.0 + 0.1 * i.sin(),
                (_, Some("beta")) => 0.1 * i.cos(),
                _ => 0.01 * i.cos(),
            }
        };
        let values: Vec<f32> = if D == 2 {
            // burn keeps [inputs, outputs], PyTorch [outputs, inputs].
            let (inputs, outputs) = (shape[0], shape[1]);
            (0..count).map(|at| value((at % outputs) * inputs + at / outputs) as f32).collect()
        } else {
            (0..count).map(|i| value(i) as f32).collect()
        };
        param.map(|old| {
            let filled = Tensor::<D>::from_data(TensorData::new(values, shape), &old.device());
            filled.set_require_grad(old.is_require_grad())
        })
    }
}

/// Gradient norms in the order of the parameters.
struct Norms<'a> {
    path: Vec<String>,
    gradients: &'a GradientsParams,
    norms: Vec<f64>,
}

impl ModuleVisitor for Norms<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !is_running_statistic(&self.path) {
            let gradient = self.gradients.get::<D>(param.id).unwrap().into_data().try_to_vec::<f32>().unwrap();
            self.norms.push(gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt());
        }
    }
}

fn images() -> Vec<f32> {
    let value = |i: usize| {
        let i = i as f64;
        (0.5 + 0.5 * (0.013 * i + 0.5 * (0.0007 * i).sin()).sin()) as f32
    };
    (0..BATCH * 64 * 64).map(value).collect()
}

fn labels() -> Vec<u32> {
    (0..BATCH as u32).map(|i| i % CLASSES as u32).collect()
}

fn filled_trainer() -> Trainer {
    let spec = TrainerSpec { model: "densenet121".to_owned(), in_channels: 1, classes: CLASSES, lr: 1e-5, seed: 0 };
    let mut trainer = Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap();
    trainer.network = trainer.network.map(|n| n.map(&mut GoldenFill::default()));
    trainer
}

#[track_caller]
fn close(what: &str, got: f64, expected: f64, tolerance: f64) {
    let error = (got - expected).abs() / expected.abs().max(1e-12);
    assert!(error <= tolerance, "{what}: {got} against {expected}, relative error {error:.2e}");
}

#[test]
fn densenet_logits_and_gradients_are_monais() {
    let Some(golden) = golden() else { return };
    let expected = floats(&golden["logits_eval"]);
    let trainer = filled_trainer();
    let shape = [BATCH, 1, 64, 64];
    let logits = trainer.evaluator().unwrap().logits(&images(), shape).unwrap();
    // Another order of additions: relative to the largest logit.
    let largest = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    for (got, expected) in logits.iter().zip(&expected) {
        assert!((f64::from(*got) - expected).abs() < 1e-3 * largest, "{got} against {expected}");
    }
    assert_eq!(logits.len(), expected.len());

    let network: &Network = trainer.network.as_ref().unwrap();
    let device: &Device = &trainer.device;
    let images = Tensor::<4>::from_data(TensorData::new(images(), shape), device);
    let labels: Vec<i32> = labels().into_iter().map(|l| l as i32).collect();
    let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [BATCH]), device);
    let loss = CrossEntropyLossConfig::new().init(device).forward(network.forward(images), labels);
    let gradients = GradientsParams::from_grads(loss.backward(), network);
    let mut visitor = Norms { path: Vec::new(), gradients: &gradients, norms: Vec::new() };
    network.visit(&mut visitor);
    let norms = visitor.norms;
    let count = norms.len();
    // The file names the first six and the last four parameters.
    let at = [0, 1, 2, 3, 4, 5, count - 4, count - 3, count - 2, count - 1];
    let names = [
        "features.conv0.weight",
        "features.norm0.weight",
        "features.norm0.bias",
        "features.denseblock1.denselayer1.layers.norm1.weight",
        "features.denseblock1.denselayer1.layers.norm1.bias",
        "features.denseblock1.denselayer1.layers.conv1.weight",
        "features.norm5.weight",
        "features.norm5.bias",
        "class_layers.out.weight",
        "class_layers.out.bias",
    ];
    for (name, at) in names.iter().zip(at) {
        println!("{name} {} {}", norms[at], golden["grad_norms_step0"][name]);
    }
    for (name, at) in names.iter().zip(at) {
        close(name, norms[at], golden["grad_norms_step0"][name].as_f64().unwrap(), 2e-3);
    }
}

#[test]
fn adams_first_losses_are_pytorchs() {
    let Some(golden) = golden() else { return };
    let expected = floats(&golden["train_losses_adam_lr1e-5_eps1e-8"]);
    let mut trainer = filled_trainer();
    let step = |_| trainer.step(&images(), [BATCH, 1, 64, 64], &labels(), false, true).unwrap().loss.unwrap();
    let losses: Vec<f64> = (0..expected.len()).map(step).collect();
    close("first loss", losses[0], expected[0], 1e-4);
    // Later ones depend on rounding: the weights are made to be ill-conditioned.
    for (got, expected) in losses.iter().zip(&expected).skip(1) {
        close("later loss", *got, *expected, 3e-2);
    }
}
