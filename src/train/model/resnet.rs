//! ResNet (He et al. 2016) of 18, 34 and 50 layers, as torchvision builds it: the stride of a bottleneck is its 3 x 3
//! convolution's.

use super::layers::{ConvNorm, conv, pooled};
use crate::train::ops::{self, Activation};
use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};

const INITIAL_FEATURES: usize = 64;

/// What tells one ResNet from another.
#[derive(Debug, Clone, Copy)]
pub struct Depth {
    blocks: [usize; 4],
    bottleneck: bool,
}

pub const RESNET18: Depth = Depth { blocks: [2, 2, 2, 2], bottleneck: false };
pub const RESNET34: Depth = Depth { blocks: [3, 4, 6, 3], bottleneck: false };
pub const RESNET50: Depth = Depth { blocks: [3, 4, 6, 3], bottleneck: true };

/// Images `[N, C, H, W]` of at least 32 x 32 in, logits `[N, classes]` out.
#[derive(Module, Debug)]
pub struct ResNet {
    conv1: Conv2d,
    bn1: BatchNorm,
    maxpool: MaxPool2d,
    layer1: Vec<Block>,
    layer2: Vec<Block>,
    layer3: Vec<Block>,
    layer4: Vec<Block>,
    fc: Linear,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "all blocks of a network are of one kind")]
enum Block {
    Basic(Basic),
    Bottleneck(Bottleneck),
}

/// Two convolutions of 3 x 3.
#[derive(Module, Debug)]
struct Basic {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
    downsample: Option<ConvNorm>,
}

/// 1 x 1, 3 x 3, 1 x 1; four times as many features behind it as within.
#[derive(Module, Debug)]
struct Bottleneck {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
    conv3: Conv2d,
    bn3: BatchNorm,
    downsample: Option<ConvNorm>,
}

impl ResNet {
    pub fn new(depth: Depth, in_channels: usize, classes: usize, device: &Device) -> Self {
        let mut features = INITIAL_FEATURES;
        let mut stage = |i: usize| -> Vec<Block> {
            let width = INITIAL_FEATURES << i;
            (0..depth.blocks[i])
                .map(|b| {
                    let stride = if i > 0 && b == 0 { 2 } else { 1 };
                    let block = Block::new(depth.bottleneck, features, width, stride, device);
                    features = block.out_features(width);
                    block
                })
                .collect()
        };
        let (layer1, layer2, layer3, layer4) = (stage(0), stage(1), stage(2), stage(3));
        Self {
            conv1: conv([in_channels, INITIAL_FEATURES], 7, 2, 1, device),
            bn1: BatchNormConfig::new(INITIAL_FEATURES).init(device),
            maxpool: MaxPool2dConfig::new([3, 3])
                .with_strides([2, 2])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init(),
            layer1,
            layer2,
            layer3,
            layer4,
            fc: LinearConfig::new(features, classes).init(device),
        }
    }

    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = ops::conv2d(&self.conv1, images);
        let mut x = ops::max_pool(&self.maxpool, ops::batch_norm(&self.bn1, x, None, Activation::Relu));
        for block in [&self.layer1, &self.layer2, &self.layer3, &self.layer4].into_iter().flatten() {
            x = match block {
                Block::Basic(block) => block.forward(x),
                Block::Bottleneck(block) => block.forward(x),
            };
        }
        self.fc.forward(pooled(x))
    }
}

impl Block {
    fn new(bottleneck: bool, features: usize, width: usize, stride: usize, device: &Device) -> Self {
        let out = if bottleneck { 4 * width } else { width };
        let norm = |features: usize| BatchNormConfig::new(features).init(device);
        let downsample = (stride != 1 || features != out).then(|| ConvNorm::new([features, out], 1, stride, 1, device));
        if bottleneck {
            Self::Bottleneck(Bottleneck {
                conv1: conv([features, width], 1, 1, 1, device),
                bn1: norm(width),
                conv2: conv([width, width], 3, stride, 1, device),
                bn2: norm(width),
                conv3: conv([width, out], 1, 1, 1, device),
                bn3: norm(out),
                downsample,
            })
        } else {
            Self::Basic(Basic {
                conv1: conv([features, width], 3, stride, 1, device),
                bn1: norm(width),
                conv2: conv([width, width], 3, 1, 1, device),
                bn2: norm(width),
                downsample,
            })
        }
    }

    fn out_features(&self, width: usize) -> usize {
        match self {
            Self::Basic(_) => width,
            Self::Bottleneck(_) => 4 * width,
        }
    }
}

/// What the branch is added to.
fn shortcut(x: Tensor<4>, downsample: Option<&ConvNorm>) -> Tensor<4> {
    match downsample {
        Some(downsample) => downsample.forward(x, Activation::Identity),
        None => x,
    }
}

impl Basic {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let branch = ops::conv2d(&self.conv1, x.clone());
        let branch = ops::conv2d(&self.conv2, ops::batch_norm(&self.bn1, branch, None, Activation::Relu));
        let shortcut = shortcut(x, self.downsample.as_ref());
        ops::batch_norm(&self.bn2, branch, Some(shortcut), Activation::Relu)
    }
}

impl Bottleneck {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let branch = ops::conv2d(&self.conv1, x.clone());
        let branch = ops::conv2d(&self.conv2, ops::batch_norm(&self.bn1, branch, None, Activation::Relu));
        let branch = ops::conv2d(&self.conv3, ops::batch_norm(&self.bn2, branch, None, Activation::Relu));
        let shortcut = shortcut(x, self.downsample.as_ref());
        ops::batch_norm(&self.bn3, branch, Some(shortcut), Activation::Relu)
    }
}
