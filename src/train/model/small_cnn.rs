//! A small network for a first look: four convolutions, batch norms and poolings, one linear layer. An epoch of
//! MedNIST takes minutes on two CPU cores.

use super::layers::pooled;
use crate::train::ops::{self, Activation};
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};

/// Features behind each convolution, as multiples of those behind the first.
const WIDTHS: [usize; 4] = [1, 2, 4, 8];

/// Images `[N, C, H, W]` of at least 16 x 16 in, logits `[N, classes]` out.
#[derive(Module, Debug)]
pub struct SmallCnn {
    blocks: Vec<ConvBlock>,
    out: Linear,
}

/// Convolution 3 x 3, batch norm, ReLU, max pooling by 2.
#[derive(Module, Debug)]
struct ConvBlock {
    conv: Conv2d,
    norm: BatchNorm,
    pool: MaxPool2d,
}

impl SmallCnn {
    /// `width` features behind the first convolution.
    pub fn new(in_channels: usize, classes: usize, width: usize, device: &Device) -> Self {
        let mut channels = in_channels;
        let block = |width: usize| {
            let block = ConvBlock {
                conv: Conv2dConfig::new([channels, width], [3, 3])
                    .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                    .with_bias(false)
                    .init(device),
                norm: BatchNormConfig::new(width).init(device),
                pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            };
            channels = width;
            block
        };
        let blocks = WIDTHS.into_iter().map(|times| times * width).map(block).collect();
        Self { blocks, out: LinearConfig::new(channels, classes).init(device) }
    }

    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let mut x = images;
        for block in &self.blocks {
            x = ops::batch_norm(&block.norm, ops::conv2d(&block.conv, x), None, Activation::Relu);
            x = ops::max_pool(&block.pool, x);
        }
        self.out.forward(pooled(x))
    }
}
