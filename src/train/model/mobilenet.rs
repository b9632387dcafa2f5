//! MobileNetV2 (Sandler et al. 2018) as torchvision builds it: width 1.0, dropout 0.2 before the classifier.

use super::layers::{ConvNorm, conv, pooled};
use crate::train::ops::{self, Activation};
use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

/// Expansion, features, blocks, stride of the first.
const STAGES: [[usize; 4]; 7] =
    [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]];
const INITIAL_FEATURES: usize = 32;
const LAST_FEATURES: usize = 1280;

/// Images `[N, C, H, W]` of at least 32 x 32 in, logits `[N, classes]` out.
#[derive(Module, Debug)]
pub struct MobileNetV2 {
    features: Vec<Feature>,
    dropout: Dropout,
    classifier: Linear,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "nineteen of them in a network")]
enum Feature {
    ConvNorm(ConvNorm),
    InvertedResidual(InvertedResidual),
}

/// Widened (but for the first), filtered channel by channel, narrowed without an activation.
#[derive(Module, Debug)]
struct InvertedResidual {
    conv: Vec<Part>,
    is_residual: bool,
}

#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "there are some fifty in a network")]
enum Part {
    ConvNorm(ConvNorm),
    Conv(Conv2d),
    Norm(BatchNorm),
}

impl MobileNetV2 {
    pub fn new(in_channels: usize, classes: usize, device: &Device) -> Self {
        let mut features = vec![Feature::ConvNorm(ConvNorm::new([in_channels, INITIAL_FEATURES], 3, 2, 1, device))];
        let mut width = INITIAL_FEATURES;
        for [expansion, out, blocks, first_stride] in STAGES {
            for b in 0..blocks {
                let stride = if b == 0 { first_stride } else { 1 };
                features.push(Feature::InvertedResidual(InvertedResidual::new(
                    expansion,
                    [width, out],
                    stride,
                    device,
                )));
                width = out;
            }
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
                Feature::ConvNorm(stem) => stem.forward(x, Activation::Relu6),
                Feature::InvertedResidual(block) => block.forward(x),
            };
        }
        self.classifier.forward(self.dropout.forward(pooled(x)))
    }
}

impl InvertedResidual {
    fn new(expansion: usize, [features, out]: [usize; 2], stride: usize, device: &Device) -> Self {
        let wide = expansion * features;
        let mut parts = Vec::with_capacity(4);
        if expansion != 1 {
            parts.push(Part::ConvNorm(ConvNorm::new([features, wide], 1, 1, 1, device)));
        }
        parts.push(Part::ConvNorm(ConvNorm::new([wide, wide], 3, stride, wide, device)));
        parts.push(Part::Conv(conv([wide, out], 1, 1, 1, device)));
        parts.push(Part::Norm(BatchNormConfig::new(out).init(device)));
        Self { conv: parts, is_residual: stride == 1 && features == out }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut branch = x.clone();
        for part in &self.conv {
            branch = match part {
                Part::ConvNorm(part) => part.forward(branch, Activation::Relu6),
                Part::Conv(part) => ops::conv2d(part, branch),
                // The last.
                Part::Norm(part) => {
                    let shortcut = self.is_residual.then(|| x.clone());
                    ops::batch_norm(part, branch, shortcut, Activation::Identity)
                }
            };
        }
        branch
    }
}
