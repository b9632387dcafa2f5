//! ConvNeXt-Tiny (Liu et al. 2022) as torchvision builds it: stochastic depth that grows to 0.1, layer scale 1e-6.

use super::layers::{drop_path, pooled};
use crate::train::ops;
use burn::module::{Initializer, Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Dropout, DropoutConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor};

const WIDTHS: [usize; 4] = [96, 192, 384, 768];
const BLOCKS: [usize; 4] = [3, 3, 9, 3];
const STOCHASTIC_DEPTH: f64 = 0.1;
const EPSILON: f64 = 1e-6;

/// Images `[N, C, H, W]` of at least 32 x 32 in, logits `[N, classes]` out.
#[derive(Module, Debug)]
pub struct ConvNextTiny {
    features: Vec<Feature>,
    norm: LayerNorm,
    out: Linear,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "eight of them in a network")]
enum Feature {
    Stem(Stem),
    Stage(Vec<CnBlock>),
    Downsample(Downsample),
}

#[derive(Module, Debug)]
struct Stem {
    conv: Conv2d,
    norm: LayerNorm,
}

#[derive(Module, Debug)]
struct Downsample {
    norm: LayerNorm,
    conv: Conv2d,
}

#[derive(Module, Debug)]
struct CnBlock {
    layer_scale: Param<Tensor<3>>,
    depthwise: Conv2d,
    norm: LayerNorm,
    widen: Linear,
    narrow: Linear,
    drop_path: Dropout,
}

/// A layer norm over the channels of `[N, C, H, W]`.
fn norm_channels(norm: &LayerNorm, x: Tensor<4>) -> Tensor<4> {
    norm.forward(x.permute([0, 2, 3, 1])).permute([0, 3, 1, 2])
}

fn layer_norm(features: usize, device: &Device) -> LayerNorm {
    LayerNormConfig::new(features).with_epsilon(EPSILON).init(device)
}

/// A convolution whose stride is its kernel: no pixel is seen twice.
fn patches(channels: [usize; 2], side: usize, device: &Device) -> Conv2d {
    Conv2dConfig::new(channels, [side, side]).with_stride([side, side]).init(device)
}

impl ConvNextTiny {
    pub fn new(in_channels: usize, classes: usize, device: &Device) -> Self {
        let last_block = (BLOCKS.iter().sum::<usize>() - 1) as f64;
        let mut done = 0;
        let mut features = vec![Feature::Stem(Stem {
            conv: patches([in_channels, WIDTHS[0]], 4, device),
            norm: layer_norm(WIDTHS[0], device),
        })];
        for (i, (width, blocks)) in WIDTHS.into_iter().zip(BLOCKS).enumerate() {
            if i > 0 {
                features.push(Feature::Downsample(Downsample {
                    norm: layer_norm(WIDTHS[i - 1], device),
                    conv: patches([WIDTHS[i - 1], width], 2, device),
                }));
            }
            let mut stage = Vec::with_capacity(blocks);
            for _ in 0..blocks {
                stage.push(CnBlock::new(width, STOCHASTIC_DEPTH * f64::from(done) / last_block, device));
                done += 1;
            }
            features.push(Feature::Stage(stage));
        }
        Self { features, norm: layer_norm(WIDTHS[3], device), out: LinearConfig::new(WIDTHS[3], classes).init(device) }
    }

    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = images;
        for feature in &self.features {
            x = match feature {
                Feature::Stem(stem) => norm_channels(&stem.norm, ops::conv2d(&stem.conv, x)),
                Feature::Stage(blocks) => blocks.iter().fold(x, |x, block| block.forward(x)),
                Feature::Downsample(down) => ops::conv2d(&down.conv, norm_channels(&down.norm, x)),
            };
        }
        self.out.forward(self.norm.forward(pooled(x)))
    }
}

impl CnBlock {
    fn new(width: usize, drop: f64, device: &Device) -> Self {
        Self {
            layer_scale: Initializer::Constant { value: 1e-6 }.init([width, 1, 1], device),
            depthwise: Conv2dConfig::new([width, width], [7, 7])
                .with_padding(PaddingConfig2d::Explicit(3, 3, 3, 3))
                .with_groups(width)
                .init(device),
            norm: layer_norm(width, device),
            widen: LinearConfig::new(width, 4 * width).init(device),
            narrow: LinearConfig::new(4 * width, width).init(device),
            drop_path: DropoutConfig::new(drop).init(),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let branch = self.norm.forward(ops::conv2d(&self.depthwise, x.clone()).permute([0, 2, 3, 1]));
        let branch = self.narrow.forward(gelu(self.widen.forward(branch))).permute([0, 3, 1, 2]);
        let branch = branch * self.layer_scale.val().unsqueeze::<4>();
        x + drop_path(branch, &self.drop_path)
    }
}
