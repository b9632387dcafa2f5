//! Dense blocks without copying: the features of the layers stay where they were made, and one buffer takes the gradients of
//! them all.
//!
//! In burn's graph a block's features are one node, whose own tensor is empty; the features are kept beside it. The
//! gradient of that node has the channels of all layers, and each layer on the way back adds to its columns.

use super::host::{self, HostTensor, Images, Input, function, is_on_host};
use super::{batch_norm, conv_shape, conv2d, run_on, running, trains};
use crate::train::kernels::conv::{ConvShape, Source};
use crate::train::kernels::norm::{Activation, Affine, GradientPlace, NormGradient, Normalized, Part, Statistics};
use crate::train::kernels::{conv, norm};
use burn::nn::BatchNorm;
use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;
use std::sync::Arc;

/// Features of one layer.
#[derive(Debug)]
struct Made {
    images: Images,
    /// Where batch norms take them from the batch.
    statistics: Option<Statistics>,
}

/// The features that a dense block has so far.
pub struct DenseFeatures {
    /// The features; with `parts`, the block's node in burn's graph.
    tensor: Tensor<4>,
    /// On the host, the input and what each layer made.
    parts: Option<Vec<Arc<Made>>>,
    channels_at_end: usize,
    of_batch: bool,
}

/// A layer of a dense block: two batch norms, each before a ReLU and a convolution.
pub struct LayerModules<'a> {
    pub norm1: &'a BatchNorm,
    pub conv1: &'a Conv2d,
    pub norm2: &'a BatchNorm,
    pub conv2: &'a Conv2d,
}

fn part_list(parts: &[Arc<Made>]) -> Vec<Part<'_>> {
    parts.iter().map(|made| Part { values: made.images.values(), channels: made.images.shape()[1] }).collect()
}

/// The parts' statistics in a row.
fn joined(parts: &[Arc<Made>]) -> Statistics {
    let all = parts.iter().filter_map(|made| made.statistics.as_ref());
    let mut joined = Statistics { mean: Vec::new(), variance: Vec::new() };
    for one in all {
        joined.mean.extend(&one.mean);
        joined.variance.extend(&one.variance);
    }
    joined
}

/// What a batch norm works with, read out of its module.
#[derive(Clone)]
struct Norm {
    statistics: Statistics,
    affine: Affine,
    epsilon: f64,
    of_batch: bool,
}

impl Norm {
    fn new(statistics: Statistics, gamma: &HostTensor, beta: &HostTensor, epsilon: f64, of_batch: bool) -> Self {
        let affine = Affine::new(&statistics, &host::values(gamma), &host::values(beta), epsilon);
        Self { statistics, affine, epsilon, of_batch }
    }

    /// The parts behind it and a ReLU.
    fn relu<'a>(&'a self, parts: &'a [Part<'a>]) -> Normalized<'a> {
        Normalized { parts, affine: &self.affine, activation: Activation::Relu }
    }

    fn gradient<'a>(&'a self, parts: &'a [Part<'a>], grad: &'a [f32]) -> NormGradient<'a> {
        NormGradient {
            parts,
            statistics: &self.statistics,
            of_batch: self.of_batch,
            affine: &self.affine,
            epsilon: self.epsilon,
            grad,
            activation: Activation::Relu,
            output: None,
        }
    }
}

/// Nothing is read of a block's node but where it is in the graph.
fn node() -> HostTensor {
    host::tensor(vec![0.0], vec![1, 1, 1, 1])
}

impl DenseFeatures {
    /// The block's input, `[N, C, H, W]`. `first` is the first batch norm of the block, like which the others are.
    pub fn new(x: Tensor<4>, channels_at_end: usize, first: &BatchNorm) -> Self {
        let of_batch = trains(first, &x.device());
        let usual = |tensor| Self { tensor, parts: None, channels_at_end, of_batch };
        if !is_on_host(&x) {
            return usual(x);
        }
        let mut made = None;
        let tensor = function::<1, 4, _>([Input::Images(x.clone())], |[x]| {
            let images = Images::new(x);
            let [_, channels, ..] = images.shape();
            let statistics = of_batch.then(|| norm::statistics(Part { values: images.values(), channels }));
            made = Some(Arc::new(Made { images, statistics }));
            (node(), move |grad: HostTensor, _: [bool; 1]| [Some(grad.narrow(1, 0, channels))])
        });
        match (tensor, made) {
            (Some(tensor), Some(made)) => Self { tensor, parts: Some(vec![made]), channels_at_end, of_batch },
            _ => usual(x),
        }
    }

    /// With the layer's new features behind those that were there.
    pub fn with_layer(self, layer: &LayerModules<'_>) -> Self {
        let Self { tensor, parts, channels_at_end, of_batch } = self;
        let LayerModules { norm1, conv1, norm2, conv2 } = *layer;
        let Some(mut parts) = parts else {
            let new = conv2d(conv1, batch_norm(norm1, tensor.clone(), None, Activation::Relu));
            let new = conv2d(conv2, batch_norm(norm2, new, None, Activation::Relu));
            return Self { tensor: Tensor::cat(vec![tensor, new], 1), parts: None, channels_at_end, of_batch };
        };
        let device = tensor.device();
        let [images, _, height, width] = parts.first().map_or([0; 4], |made| made.images.shape());
        let before: usize = parts.iter().map(|made| made.images.shape()[1]).sum();
        let [wide, ..] = conv1.weight.dims();
        let [growth, ..] = conv2.weight.dims();
        let shapes =
            conv_shape(conv1, [images, before, height, width]).zip(conv_shape(conv2, [images, wide, height, width]));
        // Those of a dense block always have one.
        let Some((shape1, shape2)) = shapes else {
            return Self { tensor, parts: Some(parts), channels_at_end, of_batch };
        };
        let known = if of_batch { (None, None) } else { (running(norm1), running(norm2)) };
        let inputs = [
            Input::Images(tensor.clone()),
            Input::Vector(norm1.gamma.val()),
            Input::Vector(norm1.beta.val()),
            Input::Images(conv1.weight.val()),
            Input::Vector(norm2.gamma.val()),
            Input::Vector(norm2.beta.val()),
            Input::Images(conv2.weight.val()),
        ];
        let mut made = None;
        let kept = parts.clone();
        let out = function::<7, 4, _>(inputs, |[_, gamma1, beta1, weight1, gamma2, beta2, weight2]| {
            let (weight1, weight2) = (host::values(&weight1), host::values(&weight2));
            let statistics = known.0.unwrap_or_else(|| joined(&kept));
            let norm1 = Norm::new(statistics, &gamma1, &beta1, norm1.epsilon, of_batch);
            let list = part_list(&kept);
            let source = Source::Normalized(norm1.relu(&list));
            let (inner, of_inner) = conv::forward_with_statistics(source, &weight1, &shape1);
            let statistics = known.1.unwrap_or(of_inner);
            let norm2 = Norm::new(statistics, &gamma2, &beta2, norm2.epsilon, of_batch);
            let wide = norm::normalize(&norm2.relu(&[Part { values: &inner, channels: wide }]));
            let (new, of_new) = conv::forward_with_statistics(Source::Images(&wide), &weight2, &shape2);
            drop(list);
            let statistics = of_batch.then_some(of_new);
            let new = Images::from_values(new, [images, growth, height, width]);
            made = Some((Made { images: new, statistics }, norm1.statistics.clone(), norm2.statistics.clone()));
            let layer = LayerGradient {
                parts: kept,
                norm1,
                norm2,
                inner,
                weights: [weight1, weight2],
                shapes: [shape1, shape2],
            };
            (node(), move |grad, wanted| layer.gradients(grad, wanted))
        });
        let (Some(tensor), Some((new, batch1, batch2))) = (out, made) else {
            return Self { tensor, parts: Some(parts), channels_at_end, of_batch };
        };
        if of_batch {
            run_on(norm1, batch1, &device);
            run_on(norm2, batch2, &device);
        }
        parts.push(Arc::new(new));
        Self { tensor, parts: Some(parts), channels_at_end, of_batch }
    }

    /// The features behind a batch norm and a ReLU, `[N, C, H, W]`: the block's end.
    pub fn norm_relu(self, norm: &BatchNorm) -> Tensor<4> {
        let Self { tensor, parts, channels_at_end, of_batch } = self;
        let Some(parts) = parts else { return batch_norm(norm, tensor, None, Activation::Relu) };
        let device = tensor.device();
        let [images, _, height, width] = parts.first().map_or([0; 4], |made| made.images.shape());
        let shape = [images, channels_at_end, height, width];
        let known = if of_batch { None } else { running(norm) };
        let mut batch = None;
        let inputs = [Input::Images(tensor.clone()), Input::Vector(norm.gamma.val()), Input::Vector(norm.beta.val())];
        let out = function::<3, 4, _>(inputs, |[_, gamma, beta]| {
            let statistics = known.unwrap_or_else(|| joined(&parts));
            batch = Some(statistics.clone());
            let norm = Norm::new(statistics, &gamma, &beta, norm.epsilon, of_batch);
            let out = Images::from_values(norm::normalize(&norm.relu(&part_list(&parts))), shape);
            let derivative = move |grad, _: [bool; 3]| {
                let grad = Images::new(grad);
                let list = part_list(&parts);
                let gradient = norm.gradient(&list, grad.values());
                let sums = gradient.sums();
                let mut values = vec![0.0; grad.values().len()];
                gradient.apply(&sums, GradientPlace { values: &mut values, stride: channels_at_end, add: false });
                let of_features = Images::from_values(values, shape).into_tensor();
                [Some(of_features), Some(host::vector(sums.gamma)), Some(host::vector(sums.beta))]
            };
            (out.into_tensor(), derivative)
        });
        if let (true, Some(batch)) = (of_batch, batch) {
            run_on(norm, batch, &device);
        }
        out.unwrap_or(tensor)
    }
}

/// What the gradients of a layer are made from. What lies between the norms and the convolutions is worked out again.
struct LayerGradient {
    parts: Vec<Arc<Made>>,
    norm1: Norm,
    norm2: Norm,
    /// Between the convolutions.
    inner: Vec<f32>,
    weights: [Vec<f32>; 2],
    shapes: [ConvShape; 2],
}

impl LayerGradient {
    /// Of the features before it, then of its parameters in the order of the modules. `grad` has the channels of the whole
    /// block, of which those of later layers are not looked at.
    fn gradients(&self, grad: HostTensor, wanted: [bool; 7]) -> [Option<HostTensor>; 7] {
        let Self { parts, norm1, norm2, inner, weights, shapes: [shape1, shape2] } = self;
        let mut grad = Images::new(grad);
        let [_, all_channels, ..] = grad.shape();
        let (before, growth) = (shape1.channels, shape2.out_channels);
        let mut of_new = Vec::with_capacity(grad.values().len() / all_channels.max(1) * growth);
        for row in grad.values().chunks_exact(all_channels.max(1)) {
            of_new.extend_from_slice(&row[before..before + growth]);
        }

        let weight_like = |values: Vec<f32>, shape: &ConvShape| {
            host::tensor(values, vec![shape.out_channels, shape.channels, shape.kernel[0], shape.kernel[1]])
        };
        let inner = [Part { values: inner, channels: shape2.channels }];
        let of_weight2 = wanted[6]
            .then(|| conv::weight_gradient(Source::Images(&norm::normalize(&norm2.relu(&inner))), &of_new, shape2));
        let grad2 = conv::input_gradient(&of_new, &weights[1], shape2);
        let gradient = norm2.gradient(&inner, &grad2);
        let sums2 = gradient.sums();
        let mut of_inner = vec![0.0; grad2.len()];
        gradient.apply(&sums2, GradientPlace { values: &mut of_inner, stride: shape2.channels, add: false });
        drop(grad2);

        let list = part_list(parts);
        let source = Source::Normalized(norm1.relu(&list));
        let of_weight1 = wanted[3].then(|| conv::weight_gradient(source, &of_inner, shape1));
        let gradient = norm1.gradient(&list, &[]);
        let (grad1, sums1) = conv::input_gradient_with_sums(&of_inner, &weights[0], shape1, &gradient);
        let gradient = norm1.gradient(&list, &grad1);
        let of_features = wanted[0].then(|| {
            gradient.apply(&sums1, GradientPlace { values: grad.values_mut(), stride: all_channels, add: true });
            grad.into_tensor()
        });
        [
            of_features,
            Some(host::vector(sums1.gamma)),
            Some(host::vector(sums1.beta)),
            of_weight1.map(|values| weight_like(values, shape1)),
            Some(host::vector(sums2.gamma)),
            Some(host::vector(sums2.beta)),
            of_weight2.map(|values| weight_like(values, shape2)),
        ]
    }
}
