//! Pieces that several networks are made of.

use crate::train::ops::{self, Activation};
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, PaddingConfig2d};
use burn::tensor::{Device, Tensor};

/// A convolution without bias, padded by half its kernel: a stride of 1 keeps the size.
pub(super) fn conv(channels: [usize; 2], kernel: usize, stride: usize, groups: usize, device: &Device) -> Conv2d {
    let padding = kernel / 2;
    Conv2dConfig::new(channels, [kernel, kernel])
        .with_stride([stride, stride])
        .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
        .with_groups(groups)
        .with_bias(false)
        .init(device)
}

/// A convolution and its batch norm; in PyTorch a `Sequential` of the two.
#[derive(Module, Debug)]
pub(super) struct ConvNorm {
    pub conv: Conv2d,
    pub norm: BatchNorm,
}

impl ConvNorm {
    pub fn new(channels: [usize; 2], kernel: usize, stride: usize, groups: usize, device: &Device) -> Self {
        Self {
            conv: conv(channels, kernel, stride, groups, device),
            norm: BatchNormConfig::new(channels[1]).init(device),
        }
    }

    pub fn forward(&self, x: Tensor<4>, activation: Activation) -> Tensor<4> {
        ops::batch_norm(&self.norm, ops::conv2d(&self.conv, x), None, activation)
    }
}

/// The mean over an image: `[N, C, H, W]` to `[N, C]`.
pub(super) fn pooled(x: Tensor<4>) -> Tensor<2> {
    ops::mean_of_image(x).flatten::<2>(1, 3)
}

/// Stochastic depth (Huang et al. 2016), row by row as torchvision does it: in training a residual branch of `[N, C, H, W]`
/// is left out for some of the images and scaled up for the others.
pub(super) fn drop_path(branch: Tensor<4>, dropout: &Dropout) -> Tensor<4> {
    let device = branch.device();
    if dropout.prob == 0.0 || !device.is_autodiff() {
        return branch;
    }
    let kept = dropout.forward(Tensor::ones([branch.dims()[0], 1, 1, 1], &device));
    branch * kept
}

/// Zeros before and behind a side as TensorFlow's `SAME` puts them: a side of n becomes ⌈n / stride⌉, and where their number
/// is odd there is one more behind.
pub(in crate::train) fn same_zeros(side: usize, kernel: usize, stride: usize) -> [usize; 2] {
    let all = ((side.div_ceil(stride) - 1) * stride + kernel).saturating_sub(side);
    [all / 2, all - all / 2]
}

/// With zeros around an image: see [`same_zeros`].
pub(super) fn pad_same(x: Tensor<4>, kernel: usize, stride: usize) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let [top, bottom] = same_zeros(height, kernel, stride);
    let [left, right] = same_zeros(width, kernel, stride);
    if [top, bottom, left, right] == [0; 4] {
        return x;
    }
    x.pad((left, right, top, bottom), 0.0_f32)
}
