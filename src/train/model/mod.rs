//! The networks, and their initial weights.
//!
//! Weights are drawn here, on the host, from the run's seed: the same on every device and with any backend.

mod convnext;
mod densenet;
mod efficientnet;
mod efficientnet_lite;
mod layers;
mod mobilenet;
mod names;
mod resnet;
mod small_cnn;
mod vit;

use convnext::ConvNextTiny;
use densenet::{DENSENET121, DENSENET169, DenseNet};
use efficientnet::EfficientNetB0;
use efficientnet_lite::EfficientNetLite0;
use mobilenet::MobileNetV2;
use resnet::{RESNET18, RESNET34, RESNET50, ResNet};
use small_cnn::SmallCnn;
use vit::VitTiny;

pub(super) use layers::same_zeros;
pub(crate) use names::{TensorName, TensorPath};
pub(super) use vit::{GRID, PATCH, positions_for};

use super::{Choice, TrainError};
use crate::config::{Freeze, ModelConfig, Values};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

/// Makes [`Network`] of the table: a name of `config::NETWORKS`, the variant and its module, and how it is built.
macro_rules! networks {
    ($($name:literal => $Variant:ident($Module:ident), $build:expr;)+) => {
        /// Any of the networks: `[N, C, H, W]` in, logits `[N, classes]` out.
        #[derive(Module, Debug)]
        pub enum Network {
            $($Variant($Module),)+
        }

        impl Network {
            /// The chosen network, its weights yet to be drawn.
            fn build(model: &ModelConfig, in_channels: usize, classes: usize, device: &Device) -> Option<Self> {
                let values = model.values();
                $(
                    if model.name == $name {
                        let build: fn(&Values<'_>, usize, usize, &Device) -> $Module = $build;
                        return Some(Self::$Variant(build(&values, in_channels, classes, device)));
                    }
                )+
                None
            }

            pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
                match self {
                    $(Self::$Variant(network) => network.forward(images),)+
                }
            }
        }
    };
}

networks! {
    "densenet121" => DenseNet121(DenseNet), |_, channels, classes, device| DenseNet::new(DENSENET121, channels, classes, device);
    "densenet169" => DenseNet169(DenseNet), |_, channels, classes, device| DenseNet::new(DENSENET169, channels, classes, device);
    "resnet18" => ResNet18(ResNet), |_, channels, classes, device| ResNet::new(RESNET18, channels, classes, device);
    "resnet34" => ResNet34(ResNet), |_, channels, classes, device| ResNet::new(RESNET34, channels, classes, device);
    "resnet50" => ResNet50(ResNet), |_, channels, classes, device| ResNet::new(RESNET50, channels, classes, device);
    "mobilenet_v2" => MobileNetV2(MobileNetV2), |_, channels, classes, device| MobileNetV2::new(channels, classes, device);
    "efficientnet_b0" => EfficientNetB0(EfficientNetB0), |_, channels, classes, device| {
        EfficientNetB0::new(channels, classes, device)
    };
    "efficientnet_lite0" => EfficientNetLite0(EfficientNetLite0), |_, channels, classes, device| {
        EfficientNetLite0::new(channels, classes, device)
    };
    "convnext_tiny" => ConvNextTiny(ConvNextTiny), |_, channels, classes, device| {
        ConvNextTiny::new(channels, classes, device)
    };
    "vit_tiny_patch16" => VitTiny(VitTiny), |_, channels, classes, device| VitTiny::new(channels, classes, device);
    "small_cnn" => SmallCnn(SmallCnn), |values, channels, classes, device| {
        SmallCnn::new(channels, classes, values.int("width") as usize, device)
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
            .ok_or_else(|| TrainError::Unknown { what: Choice::Network, name: model.name.clone() })?;
        Ok(network.map(&mut InitialWeights { rng: Pcg64Mcg::seed_from_u64(seed), path: TensorPath::default() }))
    }

    /// The chosen network as it is built, on the CPU: its tensors have shapes, and no weight is drawn.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn unweighted(model: &ModelConfig, in_channels: usize, classes: usize) -> Result<Self, TrainError> {
        let network = Self::build(model, in_channels, classes, &Device::flex());
        network.ok_or_else(|| TrainError::Unknown { what: Choice::Network, name: model.name.clone() })
    }

    /// Its tensors by PyTorch's names, in PyTorch's order.
    pub(crate) fn tensor_names(&self) -> Vec<TensorName> {
        let mut list = names::NameList::default();
        self.visit(&mut list);
        list.names
    }

    /// The last layer's weight and its bias, by PyTorch's names.
    pub(crate) fn head(&self) -> Option<[String; 2]> {
        let weight = self.tensor_names().into_iter().rfind(|tensor| tensor.is_linear_weight)?.name;
        let bias = weight.replace("weight", "bias");
        Some([weight, bias])
    }

    /// The network as it is trained: with gradients, of which what is frozen gets none.
    pub(crate) fn in_training(self, freeze: Freeze) -> Self {
        let head = self.head();
        let network = self.train();
        match (freeze, head) {
            (Freeze::Body, Some(head)) => network.freeze().map(&mut Thaw { head, path: TensorPath::default() }),
            _ => network,
        }
    }

    /// Trainable parameters; running statistics do not count (as in PyTorch).
    pub fn parameter_count(&self) -> usize {
        self.tensor_names().iter().filter(|t| t.is_parameter).map(|t| t.shape.iter().product::<usize>()).sum()
    }
}

/// Gives gradients back to the last layer.
struct Thaw {
    head: [String; 2],
    path: TensorPath,
}

impl ModuleMapper for Thaw {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let trained = self.head.contains(&self.path.torch_name());
        if trained { param.set_require_grad(true) } else { param }
    }
}

/// MONAI's DenseNet rules, used for every network but two: convolutions Kaiming normal (fan in, gain √2), batch norms 1 and
/// 0, linear weights uniform in ±1/√fan_in (PyTorch's default), biases 0. ConvNeXt and ViT follow their own papers: weights
/// normal of deviation 0.02, cut off at two deviations.
struct InitialWeights {
    rng: Pcg64Mcg,
    path: TensorPath,
}

impl InitialWeights {
    /// A standard normal draw (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.rng.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.rng.random::<f64>()).cos()
    }

    /// A normal draw of that deviation, again until it is within two of them.
    fn cut_normal(&mut self, deviation: f64) -> f32 {
        loop {
            let draw = self.normal();
            if draw.abs() <= 2.0 {
                return (draw * deviation) as f32;
            }
        }
    }
}

impl ModuleMapper for InitialWeights {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.path.is_running_statistic() {
            return param;
        }
        let shape: Vec<usize> = param.lazy_shape().to_vec();
        let count: usize = shape.iter().product();
        let cut_normal = matches!(self.path.network(), "ConvNextTiny" | "VitTiny");
        let values: Vec<f32> = match (D, self.path.field()) {
            (3, "layer_scale") => return param,
            (3, _) => (0..count).map(|_| self.cut_normal(0.02)).collect(),
            (2 | 4, _) if cut_normal => (0..count).map(|_| self.cut_normal(0.02)).collect(),
            (4, _) => {
                let std = (2.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
                (0..count).map(|_| (self.normal() * std) as f32).collect()
            }
            (2, _) => {
                // burn keeps a linear weight as [inputs, outputs].
                let bound = 1.0 / (shape[0] as f64).sqrt();
                (0..count).map(|_| self.rng.random_range(-bound..bound) as f32).collect()
            }
            (_, "gamma") => vec![1.0; count],
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
