//! The networks, and their initial weights.
//!
//! Weights are drawn here, on the host, from the run's seed: the same on every device and with any backend.

mod densenet;
mod small_cnn;

pub use densenet::DenseNet121;
pub use small_cnn::SmallCnn;

use super::TrainError;
use crate::config::{ModelConfig, Values};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

/// Makes [`Network`] of the table: a name of `config::NETWORKS`, the module, and how it is built.
macro_rules! networks {
    ($($name:literal => $Network:ident, $build:expr;)+) => {
        /// Any of the networks: `[N, C, H, W]` in, logits `[N, classes]` out.
        #[derive(Module, Debug)]
        #[expect(clippy::large_enum_variant, reason = "one network lives for a whole run")]
        pub enum Network {
            $($Network($Network),)+
        }

        impl Network {
            /// The chosen network, its weights yet to be drawn.
            fn build(model: &ModelConfig, in_channels: usize, classes: usize, device: &Device) -> Option<Self> {
                let values = model.values();
                $(
                    if model.name == $name {
                        let build: fn(&Values<'_>, usize, usize, &Device) -> $Network = $build;
                        return Some(Self::$Network(build(&values, in_channels, classes, device)));
                    }
                )+
                None
            }

            pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
                match self {
                    $(Self::$Network(network) => network.forward(images),)+
                }
            }
        }
    };
}

networks! {
    "densenet121" => DenseNet121, |_, in_channels, classes, device| DenseNet121::new(in_channels, classes, device);
    "small_cnn" => SmallCnn, |values, in_channels, classes, device| {
        SmallCnn::new(in_channels, classes, values.int("width") as usize, device)
    };
}

impl Network {
    /// The network that is chosen, with weights drawn from `seed`.
    ///
    /// # Errors
    /// The name is none of `config::NETWORKS`.
    pub fn new(
        model: &ModelConfig,
        in_channels: usize,
        classes: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let network = Self::build(model, in_channels, classes, device)
            .ok_or_else(|| TrainError::Unknown { what: "network", name: model.name.clone() })?;
        Ok(network.map(&mut InitialWeights { rng: Pcg64Mcg::seed_from_u64(seed), path: Vec::new() }))
    }

    /// Trainable parameters; running statistics do not count (as in PyTorch).
    pub fn parameter_count(&self) -> usize {
        let mut count = ParameterCount { path: Vec::new(), total: 0 };
        self.visit(&mut count);
        count.total
    }
}

/// A batch norm's running statistics go through visitors as if they were parameters.
pub(crate) fn is_running_statistic(path: &[String]) -> bool {
    path.last().is_some_and(|name| name.starts_with("running_"))
}

struct ParameterCount {
    path: Vec<String>,
    total: usize,
}

impl ModuleVisitor for ParameterCount {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !is_running_statistic(&self.path) {
            self.total += param.lazy_shape().num_elements();
        }
    }
}

/// MONAI's DenseNet rules, used for every network: convolutions Kaiming normal (fan in, gain √2), batch norms 1 and
/// 0, linear weights uniform in ±1/√fan_in (PyTorch's default), linear biases 0.
struct InitialWeights {
    rng: Pcg64Mcg,
    path: Vec<String>,
}

impl InitialWeights {
    /// A standard normal draw (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.rng.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.rng.random::<f64>()).cos()
    }
}

impl ModuleMapper for InitialWeights {
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
        let shape: Vec<usize> = param.lazy_shape().to_vec();
        let count: usize = shape.iter().product();
        let values: Vec<f32> = match (D, self.path.last().map(String::as_str)) {
            (4, _) => {
                let std = (2.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
                (0..count).map(|_| (self.normal() * std) as f32).collect()
            }
            (2, _) => {
                // burn keeps a linear weight as [inputs, outputs].
                let bound = 1.0 / (shape[0] as f64).sqrt();
                (0..count).map(|_| self.rng.random_range(-bound..bound) as f32).collect()
            }
            (_, Some("gamma")) => vec![1.0; count],
            _ => vec![0.0; count],
        };
        param.map(|old| {
            let device = old.device();
            let value = Tensor::<D>::from_data(TensorData::new(values, shape), &device);
            value.set_require_grad(old.is_require_grad())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{NETWORKS, ParamValue};

    #[test]
    fn densenet_has_monais_parameter_count() {
        let network = Network::new(&ModelConfig::named("densenet121"), 1, 6, 0, &Device::flex()).unwrap();
        assert_eq!(network.parameter_count(), 6_953_734);
    }

    #[test]
    fn the_seed_alone_decides_the_weights() {
        let device = Device::flex();
        let logits = |seed| {
            let network = Network::new(&ModelConfig::named("small_cnn"), 1, 3, seed, &device).unwrap();
            let images = Tensor::<4>::ones([2, 1, 32, 32], &device);
            network.forward(images).into_data().try_to_vec::<f32>().unwrap()
        };
        assert_eq!(logits(1), logits(1));
        assert_ne!(logits(1), logits(2));
    }

    #[test]
    fn every_network_of_the_catalogue_is_built_and_takes_its_smallest_side() {
        let device = Device::flex();
        for info in NETWORKS {
            let network = Network::new(&ModelConfig::named(info.item.name), 1, 3, 0, &device).unwrap().valid();
            let images = Tensor::<4>::ones([2, 1, info.smallest_side, info.smallest_side], &device);
            assert_eq!(network.forward(images).dims(), [2, 3], "{}", info.item.name);
            assert!(info.photo_side >= info.smallest_side);
        }
        let error = Network::new(&ModelConfig::named("no_such"), 1, 3, 0, &device).unwrap_err().to_string();
        assert!(error.contains("no network is called `no_such`"), "{error}");
    }

    #[test]
    fn a_wider_network_has_more_parameters() {
        let count = |width: i64| {
            let params = [("width".to_owned(), ParamValue::Int(width))].into();
            let model = ModelConfig { params, ..ModelConfig::named("small_cnn") };
            Network::new(&model, 1, 3, 0, &Device::flex()).unwrap().parameter_count()
        };
        let usual = Network::new(&ModelConfig::named("small_cnn"), 1, 3, 0, &Device::flex()).unwrap().parameter_count();
        assert_eq!(count(8), usual);
        // Convolutions 9 * (1 w + 2 w w + 8 w w + 32 w w), batch norms 2 * 15 w, the linear layer 3 * 8 w + 3.
        let expected = |w: usize| 9 * (w + 42 * w * w) + 30 * w + 24 * w + 3;
        assert_eq!((count(8), count(16)), (expected(8), expected(16)));
    }
}
