//! The networks, and their initial weights.
//!
//! Weights are drawn here, on the host, from the run's seed: the same on every device and with any backend.

mod densenet;
mod small_cnn;

pub use densenet::DenseNet121;
pub use small_cnn::SmallCnn;

use super::TrainError;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

/// Any of the networks: `[N, C, H, W]` in, logits `[N, classes]` out.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "one network lives for a whole run")]
pub enum Network {
    DenseNet121(DenseNet121),
    SmallCnn(SmallCnn),
}

impl Network {
    /// The network of that configuration name, with weights drawn from `seed`.
    ///
    /// # Errors
    /// The name is none of `config::schema::MODELS`.
    pub fn new(name: &str, in_channels: usize, classes: usize, seed: u64, device: &Device) -> Result<Self, TrainError> {
        let network = match name {
            "densenet121" => Self::DenseNet121(DenseNet121::new(in_channels, classes, device)),
            "small_cnn" => Self::SmallCnn(SmallCnn::new(in_channels, classes, device)),
            _ => return Err(TrainError::UnknownModel(name.to_owned())),
        };
        Ok(network.map(&mut InitialWeights { rng: Pcg64Mcg::seed_from_u64(seed), path: Vec::new() }))
    }

    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        match self {
            Self::DenseNet121(network) => network.forward(images),
            Self::SmallCnn(network) => network.forward(images),
        }
    }

    /// The smallest side of an image that the network can reduce.
    pub fn smallest_side(name: &str) -> usize {
        match name {
            "densenet121" => 32,
            _ => 16,
        }
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

    #[test]
    fn densenet_has_monais_parameter_count() {
        let network = Network::new("densenet121", 1, 6, 0, &Device::flex()).unwrap();
        assert_eq!(network.parameter_count(), 6_953_734);
    }

    #[test]
    fn the_seed_alone_decides_the_weights() {
        let device = Device::flex();
        let logits = |seed| {
            let network = Network::new("small_cnn", 1, 3, seed, &device).unwrap();
            let images = Tensor::<4>::ones([2, 1, 32, 32], &device);
            network.forward(images).into_data().try_to_vec::<f32>().unwrap()
        };
        assert_eq!(logits(1), logits(1));
        assert_ne!(logits(1), logits(2));
    }
}
