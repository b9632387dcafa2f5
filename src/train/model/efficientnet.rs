//! EfficientNet-B0 (Tan and Le 2019) as torchvision builds it: dropout 0.2 before the classifier, stochastic depth that
//! grows to 0.2.

use super::layers::{ConvNorm, drop_path, pooled};
use crate::train::ops::{self, Activation};
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::activation::{sigmoid, silu};
use burn::tensor::{Device, Tensor};

/// Expansion, kernel, stride of the first, features, blocks.
pub(super) const STAGES: [[usize; 5]; 7] = [
    [1, 3, 1, 16, 1],
    [6, 3, 2, 24, 2],
    [6, 5, 2, 40, 2],
    [6, 3, 2, 80, 3],
    [6, 5, 1, 112, 3],
    [6, 5, 2, 192, 4],
    [6, 3, 1, 320, 1],
];
pub(super) const INITIAL_FEATURES: usize = 32;
pub(super) const LAST_FEATURES: usize = 1280;
const STOCHASTIC_DEPTH: f64 = 0.2;

/// Images `[N, C, H, W]` of at least 32 x 32 in, logits `[N, classes]` out.
#[derive(Module, Debug)]
pub struct EfficientNetB0 {
    features: Vec<Feature>,
    dropout: Dropout,
    classifier: Linear,
}

#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are nine in a network")]
enum Feature {
    ConvNorm(ConvNorm),
    Stage(Vec<MbConv>),
}

/// Widened (but for the first), filtered channel by channel, weighed by channel, narrowed without an activation.
#[derive(Module, Debug)]
struct MbConv {
    block: Vec<Part>,
    drop_path: Dropout,
    is_residual: bool,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "some sixty of them in a network")]
enum Part {
    ConvNorm(ConvNorm),
    Narrow(ConvNorm),
    SqueezeExcitation(SqueezeExcitation),
}

/// Weighs channels by what the whole image has in them (Hu et al. 2018).
#[derive(Module, Debug)]
struct SqueezeExcitation {
    fc1: Conv2d,
    fc2: Conv2d,
}

impl EfficientNetB0 {
    pub fn new(in_channels: usize, classes: usize, device: &Device) -> Self {
        let blocks_in_all: usize = STAGES.iter().map(|stage| stage[4]).sum();
        let mut features = vec![Feature::ConvNorm(ConvNorm::new([in_channels, INITIAL_FEATURES], 3, 2, 1, device))];
        let (mut width, mut done) = (INITIAL_FEATURES, 0);
        for [expansion, kernel, first_stride, out, blocks] in STAGES {
            let mut stage = Vec::with_capacity(blocks);
            for b in 0..blocks {
                let stride = if b == 0 { first_stride } else { 1 };
                let drop = STOCHASTIC_DEPTH * done as f64 / blocks_in_all as f64;
                stage.push(MbConv::new(expansion, kernel, stride, [width, out], drop, device));
                width = out;
                done += 1;
            }
            features.push(Feature::Stage(stage));
        }
        features.push(Feature::ConvNorm(ConvNorm::new([width, LAST_FEATURES], 1, 1, 1, device)));
        Self {
            features,
            dropout: DropoutConfig::new(0.2).init(),
            classifier: LinearConfig::new(LAST_FEATURES, classes).init(device),
        }
    }

    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = images;
        for feature in &self.features {
            x = match feature {
                Feature::ConvNorm(part) => silu(part.forward(x, Activation::Identity)),
                Feature::Stage(blocks) => blocks.iter().fold(x, |x, block| block.forward(x)),
            };
        }
        self.classifier.forward(self.dropout.forward(pooled(x)))
    }
}

impl MbConv {
    fn new(
        expansion: usize,
        kernel: usize,
        stride: usize,
        [features, out]: [usize; 2],
        drop: f64,
        device: &Device,
    ) -> Self {
        let wide = expansion * features;
        let mut block = Vec::with_capacity(4);
        if expansion != 1 {
            block.push(Part::ConvNorm(ConvNorm::new([features, wide], 1, 1, 1, device)));
        }
        block.push(Part::ConvNorm(ConvNorm::new([wide, wide], kernel, stride, wide, device)));
        block.push(Part::SqueezeExcitation(SqueezeExcitation::new(wide, (features / 4).max(1), device)));
        block.push(Part::Narrow(ConvNorm::new([wide, out], 1, 1, 1, device)));
        Self { block, drop_path: DropoutConfig::new(drop).init(), is_residual: stride == 1 && features == out }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut branch = x.clone();
        for part in &self.block {
            branch = match part {
                Part::ConvNorm(part) => silu(part.forward(branch, Activation::Identity)),
                Part::Narrow(part) => part.forward(branch, Activation::Identity),
                Part::SqueezeExcitation(part) => part.forward(branch),
            };
        }
        if self.is_residual { x + drop_path(branch, &self.drop_path) } else { branch }
    }
}

impl SqueezeExcitation {
    fn new(features: usize, squeezed: usize, device: &Device) -> Self {
        let linear = |channels| Conv2dConfig::new(channels, [1, 1]).init(device);
        Self { fc1: linear([features, squeezed]), fc2: linear([squeezed, features]) }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let squeezed = silu(ops::conv2d(&self.fc1, ops::mean_of_image(x.clone())));
        x * sigmoid(ops::conv2d(&self.fc2, squeezed))
    }
}
