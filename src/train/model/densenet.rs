//! DenseNet121 and 169 (Huang et al. 2017) as MONAI builds them in two dimensions: growth 32, 64 initial features,
//! bottleneck factor 4, no dropout.

use super::layers::{conv, pooled};
use crate::train::ops::{self, Activation, DenseFeatures, LayerModules};
use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{AvgPool2d, AvgPool2dConfig, MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};

const INITIAL_FEATURES: usize = 64;
const GROWTH: usize = 32;
const BOTTLENECK: usize = 4;

/// Layers of each dense block.
pub const DENSENET121: [usize; 4] = [6, 12, 24, 16];
pub const DENSENET169: [usize; 4] = [6, 12, 32, 32];

/// Images `[N, C, H, W]` of at least 32 x 32 in, logits `[N, classes]` out.
#[derive(Module, Debug)]
pub struct DenseNet {
    conv0: Conv2d,
    norm0: BatchNorm,
    pool0: MaxPool2d,
    stages: Vec<Stage>,
    norm5: BatchNorm,
    out: Linear,
}

/// A dense block and, but for the last, the transition after it.
#[derive(Module, Debug)]
struct Stage {
    layers: Vec<DenseLayer>,
    transition: Option<Transition>,
}

#[derive(Module, Debug)]
struct DenseLayer {
    norm1: BatchNorm,
    conv1: Conv2d,
    norm2: BatchNorm,
    conv2: Conv2d,
}

#[derive(Module, Debug)]
struct Transition {
    norm: BatchNorm,
    conv: Conv2d,
    pool: AvgPool2d,
}

impl DenseNet {
    pub fn new(blocks: [usize; 4], in_channels: usize, classes: usize, device: &Device) -> Self {
        let mut channels = INITIAL_FEATURES;
        let mut stages = Vec::with_capacity(blocks.len());
        for (i, layer_count) in blocks.into_iter().enumerate() {
            let layers = (0..layer_count).map(|l| DenseLayer::new(channels + l * GROWTH, device)).collect();
            channels += layer_count * GROWTH;
            let transition = (i + 1 < blocks.len()).then(|| Transition::new(channels, device));
            if transition.is_some() {
                channels /= 2;
            }
            stages.push(Stage { layers, transition });
        }
        Self {
            conv0: conv([in_channels, INITIAL_FEATURES], 7, 2, 1, device),
            norm0: BatchNormConfig::new(INITIAL_FEATURES).init(device),
            pool0: MaxPool2dConfig::new([3, 3])
                .with_strides([2, 2])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init(),
            stages,
            norm5: BatchNormConfig::new(channels).init(device),
            out: LinearConfig::new(channels, classes).init(device),
        }
    }

    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = ops::conv2d(&self.conv0, images);
        let mut x = ops::max_pool(&self.pool0, ops::batch_norm(&self.norm0, x, None, Activation::Relu));
        for stage in &self.stages {
            let norm = stage.transition.as_ref().map_or(&self.norm5, |transition| &transition.norm);
            let [channels_at_end] = norm.gamma.dims();
            let mut features = DenseFeatures::new(x, channels_at_end, norm);
            for DenseLayer { norm1, conv1, norm2, conv2 } in &stage.layers {
                features = features.with_layer(&LayerModules { norm1, conv1, norm2, conv2 });
            }
            x = features.norm_relu(norm);
            if let Some(Transition { conv, pool, .. }) = &stage.transition {
                x = ops::avg_pool(pool, ops::conv2d(conv, x));
            }
        }
        self.out.forward(pooled(x))
    }
}

impl DenseLayer {
    fn new(in_channels: usize, device: &Device) -> Self {
        let wide = BOTTLENECK * GROWTH;
        Self {
            norm1: BatchNormConfig::new(in_channels).init(device),
            conv1: conv([in_channels, wide], 1, 1, 1, device),
            norm2: BatchNormConfig::new(wide).init(device),
            conv2: conv([wide, GROWTH], 3, 1, 1, device),
        }
    }
}

impl Transition {
    fn new(channels: usize, device: &Device) -> Self {
        Self {
            norm: BatchNormConfig::new(channels).init(device),
            conv: conv([channels, channels / 2], 1, 1, 1, device),
            pool: AvgPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
        }
    }
}
