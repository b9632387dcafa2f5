//! EfficientNet-Lite0 (Google 2020) as timm's `tf_efficientnet_lite0`: EfficientNet-B0 without squeeze and excitation,
//! ReLU6 for SiLU, TensorFlow's padding and its batch norm's epsilon; no dropout.

use super::efficientnet::{INITIAL_FEATURES, LAST_FEATURES, STAGES};
use super::layers::{pad_same, pooled};
use crate::train::ops::{self, Activation};
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

/// Images `[N, C, H, W]` of at least 32 x 32 in, logits `[N, classes]` out.
#[derive(Module, Debug)]
pub struct EfficientNetLite0 {
    conv_stem: Conv2d,
    bn1: BatchNorm,
    blocks: Vec<Vec<Block>>,
    conv_head: Conv2d,
    bn2: BatchNorm,
    classifier: Linear,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "sixteen of them in a network")]
enum Block {
    Separable(Separable),
    InvertedResidual(InvertedResidual),
}

/// The first block: not widened.
#[derive(Module, Debug)]
struct Separable {
    conv_dw: Conv2d,
    bn1: BatchNorm,
    conv_pw: Conv2d,
    bn2: BatchNorm,
}

#[derive(Module, Debug)]
struct InvertedResidual {
    conv_pw: Conv2d,
    bn1: BatchNorm,
    conv_dw: Conv2d,
    bn2: BatchNorm,
    conv_pwl: Conv2d,
    bn3: BatchNorm,
    is_residual: bool,
}

/// Its input is padded in [`filtered`].
fn conv(channels: [usize; 2], kernel: usize, stride: usize, groups: usize, device: &Device) -> Conv2d {
    Conv2dConfig::new(channels, [kernel, kernel])
        .with_stride([stride, stride])
        .with_groups(groups)
        .with_bias(false)
        .init(device)
}

fn filtered(conv: &Conv2d, x: Tensor<4>) -> Tensor<4> {
    ops::conv2d(conv, pad_same(x, conv.kernel_size[0], conv.stride[0]))
}

/// A batch norm and ReLU6.
fn normed(norm: &BatchNorm, x: Tensor<4>) -> Tensor<4> {
    ops::batch_norm(norm, x, None, Activation::Relu6)
}

fn norm(features: usize, device: &Device) -> BatchNorm {
    BatchNormConfig::new(features).with_epsilon(1e-3).init(device)
}

impl EfficientNetLite0 {
    pub fn new(in_channels: usize, classes: usize, device: &Device) -> Self {
        let mut width = INITIAL_FEATURES;
        let mut stages = Vec::with_capacity(STAGES.len());
        for [expansion, kernel, first_stride, out, blocks] in STAGES {
            let mut stage = Vec::with_capacity(blocks);
            for b in 0..blocks {
                let stride = if b == 0 { first_stride } else { 1 };
                stage.push(Block::new(expansion, kernel, stride, [width, out], device));
                width = out;
            }
            stages.push(stage);
        }
        Self {
            conv_stem: conv([in_channels, INITIAL_FEATURES], 3, 2, 1, device),
            bn1: norm(INITIAL_FEATURES, device),
            blocks: stages,
            conv_head: conv([width, LAST_FEATURES], 1, 1, 1, device),
            bn2: norm(LAST_FEATURES, device),
            classifier: LinearConfig::new(LAST_FEATURES, classes).init(device),
        }
    }

    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = normed(&self.bn1, filtered(&self.conv_stem, images));
        for block in self.blocks.iter().flatten() {
            x = block.forward(x);
        }
        self.classifier.forward(pooled(normed(&self.bn2, ops::conv2d(&self.conv_head, x))))
    }
}

impl Block {
    fn new(expansion: usize, kernel: usize, stride: usize, [features, out]: [usize; 2], device: &Device) -> Self {
        if expansion == 1 {
            return Self::Separable(Separable {
                conv_dw: conv([features, features], kernel, stride, features, device),
                bn1: norm(features, device),
                conv_pw: conv([features, out], 1, 1, 1, device),
                bn2: norm(out, device),
            });
        }
        let wide = expansion * features;
        Self::InvertedResidual(InvertedResidual {
            conv_pw: conv([features, wide], 1, 1, 1, device),
            bn1: norm(wide, device),
            conv_dw: conv([wide, wide], kernel, stride, wide, device),
            bn2: norm(wide, device),
            conv_pwl: conv([wide, out], 1, 1, 1, device),
            bn3: norm(out, device),
            is_residual: stride == 1 && features == out,
        })
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Separable(block) => {
                let x = normed(&block.bn1, filtered(&block.conv_dw, x));
                ops::batch_norm(&block.bn2, ops::conv2d(&block.conv_pw, x), None, Activation::Identity)
            }
            Self::InvertedResidual(block) => {
                let branch = normed(&block.bn1, ops::conv2d(&block.conv_pw, x.clone()));
                let branch = normed(&block.bn2, filtered(&block.conv_dw, branch));
                let shortcut = block.is_residual.then_some(x);
                ops::batch_norm(&block.bn3, ops::conv2d(&block.conv_pwl, branch), shortcut, Activation::Identity)
            }
        }
    }
}
