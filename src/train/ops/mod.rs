//! Operations of the networks that burn's CPU backend has no fast way for, with their own derivatives.
//!
//! On the CPU images lie channels-last (`[N, H, W, C]`) behind burn's `[N, C, H, W]`: a tensor is a view of such memory, so
//! that whatever burn does itself works on it. On any other device each operation is what burn's modules do.

mod dense;
mod host;
#[cfg(test)]
mod tests;

pub use crate::train::kernels::norm::Activation;
pub use dense::{DenseFeatures, LayerModules};

use super::TrainError;
use crate::train::kernels::conv::{ConvShape, Source};
use crate::train::kernels::norm::{Affine, NormGradient, Normalized, Part, Statistics};
use crate::train::kernels::pool::{PoolShape, Pooling};
use crate::train::kernels::{conv, depthwise, norm, pool};
use burn::nn::conv::Conv2d;
use burn::nn::pool::{AvgPool2d, MaxPool2d};
use burn::nn::{BatchNorm, PaddingConfig2d};
use burn::tensor::activation::{relu, relu6};
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Device, Tensor, TensorData};
use host::{Images, Input, function, is_on_host};

/// Computes with that many threads on the CPU. To be called before anything is computed.
///
/// # Errors
/// The threads are running already, or cannot be started.
pub fn use_threads(count: usize) -> Result<(), TrainError> {
    crate::train::kernels::use_threads(count).map_err(|error| TrainError::Device(msg!("train-no-threads", error)))
}

/// Padding that is the same at both ends.
fn even_padding(padding: &PaddingConfig2d) -> Option<[usize; 2]> {
    match padding {
        PaddingConfig2d::Valid => Some([0, 0]),
        PaddingConfig2d::Explicit(top, left, bottom, right) if top == bottom && left == right => Some([*top, *left]),
        _ => None,
    }
}

/// What the convolution does to `[N, C, H, W]`, if it is of a kind that is done here.
fn conv_shape(conv: &Conv2d, [images, channels, height, width]: [usize; 4]) -> Option<ConvShape> {
    let [out_channels, ..] = conv.weight.dims();
    let padding = even_padding(&conv.padding)?;
    let input = [height, width];
    let fits = (0..2).all(|i| input[i] + 2 * padding[i] >= conv.kernel_size[i]);
    let plain = conv.groups == 1 || (conv.groups == channels && out_channels == channels);
    (fits && plain && conv.dilation == [1, 1]).then_some(ConvShape {
        images,
        input,
        channels,
        out_channels,
        kernel: conv.kernel_size,
        stride: conv.stride,
        padding,
    })
}

/// A convolution: `[N, C, H, W]` to `[N, O, OH, OW]`.
pub fn conv2d(conv: &Conv2d, x: Tensor<4>) -> Tensor<4> {
    let shape = if is_on_host(&x) { conv_shape(conv, x.dims()) } else { None };
    let Some(shape) = shape else { return conv.forward(x) };
    let depthwise = conv.groups > 1;
    let inputs = [Input::Images(x.clone()), Input::Images(conv.weight.val())];
    let out = function::<2, 4, _>(inputs, |[x, weight]| {
        let (x, weight) = (Images::new(x), weight.to_contiguous());
        let kernel = weight.as_slice().unwrap_or(&[]);
        let values = match depthwise {
            true => depthwise::forward(x.values(), kernel, &shape),
            false => conv::forward(x.values(), kernel, &shape),
        };
        let [out_height, out_width] = shape.output();
        let out = Images::from_values(values, [shape.images, shape.out_channels, out_height, out_width]);
        let derivative = move |grad, [of_input, of_weight]: [bool; 2]| {
            let grad = Images::new(grad);
            let of_input = of_input.then(|| {
                let kernel = weight.as_slice().unwrap_or(&[]);
                let values = match depthwise {
                    true => depthwise::input_gradient(grad.values(), kernel, &shape),
                    false => conv::input_gradient(grad.values(), kernel, &shape),
                };
                Images::from_values(values, x.shape()).into_tensor()
            });
            let of_weight = of_weight.then(|| {
                let values = match depthwise {
                    true => depthwise::weight_gradient(x.values(), grad.values(), &shape),
                    false => conv::weight_gradient(Source::Images(x.values()), grad.values(), &shape),
                };
                host::tensor(values, weight.layout().shape().to_vec())
            });
            [of_input, of_weight]
        };
        (out.into_tensor(), derivative)
    });
    let Some(out) = out else { return conv.forward(x) };
    match &conv.bias {
        Some(bias) => shifted(out, bias.val()),
        None => out,
    }
}

/// `x` with a value added to each channel.
fn shifted(x: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let usual = || x.clone() + bias.clone().reshape([1, bias.dims()[0], 1, 1]);
    let out = function::<2, 4, _>([Input::Images(x.clone()), Input::Vector(bias.clone())], |[x, bias]| {
        let x = Images::new(x);
        let shift = host::values(&bias);
        let channels = shift.len();
        let affine = Affine { scale: vec![1.0; channels], shift };
        let parts = [Part { values: x.values(), channels }];
        let values = norm::normalize(&Normalized { parts: &parts, affine: &affine, activation: Activation::Identity });
        let out = Images::from_values(values, x.shape());
        let derivative = move |grad: host::HostTensor, [of_x, of_bias]: [bool; 2]| {
            let images = Images::new(grad);
            let of_bias = of_bias.then(|| host::vector(conv::bias_gradient(images.values(), channels)));
            [of_x.then(|| images.into_tensor()), of_bias]
        };
        (out.into_tensor(), derivative)
    });
    out.unwrap_or_else(usual)
}

fn activated(x: Tensor<4>, activation: Activation) -> Tensor<4> {
    match activation {
        Activation::Identity => x,
        Activation::Relu => relu(x),
        Activation::Relu6 => relu6(x),
    }
}

/// Whether a batch norm takes its statistics from the batch.
fn trains(norm: &BatchNorm, device: &Device) -> bool {
    device.is_autodiff() && norm.training.is_enabled()
}

/// The running statistics take in a batch's.
fn run_on(norm: &BatchNorm, batch: Statistics, device: &Device) {
    let taken_in = |running: Tensor<1>, values: Vec<f32>| {
        let count = values.len();
        let batch = Tensor::<1>::from_data(TensorData::new(values, [count]), device);
        (running.to_device(device) * (1.0 - norm.momentum) + batch * norm.momentum).detach()
    };
    norm.running_mean.update(taken_in(norm.running_mean.value_sync(), batch.mean));
    norm.running_var.update(taken_in(norm.running_var.value_sync(), batch.variance));
}

/// The running statistics, read.
fn running(norm: &BatchNorm) -> Option<Statistics> {
    let values = |tensor: Tensor<1>| tensor.try_into_data_as::<f32>().ok()?.try_to_vec::<f32>().ok();
    Some(Statistics { mean: values(norm.running_mean.value())?, variance: values(norm.running_var.value())? })
}

/// `activation(batch_norm(x) + shortcut)`, `[N, C, H, W]`.
pub fn batch_norm(norm: &BatchNorm, x: Tensor<4>, shortcut: Option<Tensor<4>>, activation: Activation) -> Tensor<4> {
    let device = x.device();
    let usual = |x: Tensor<4>, shortcut: Option<Tensor<4>>| {
        let out = norm.forward(x);
        activated(if let Some(shortcut) = shortcut { out + shortcut } else { out }, activation)
    };
    if !is_on_host(&x) {
        return usual(x, shortcut);
    }
    let training = trains(norm, &device);
    let known = if training { None } else { running(norm) };
    let epsilon = norm.epsilon;
    let mut batch = None;
    let has_shortcut = shortcut.is_some();
    let spare = shortcut.clone().unwrap_or_else(|| x.clone());
    let inputs = [
        Input::Images(x.clone()),
        Input::Vector(norm.gamma.val()),
        Input::Vector(norm.beta.val()),
        Input::Images(spare),
    ];
    let out = function::<4, 4, _>(inputs, |[x, gamma, beta, shortcut]| {
        let x = Images::new(x);
        let shape = x.shape();
        let channels = shape[1];
        let parts = [Part { values: x.values(), channels }];
        let statistics = known.unwrap_or_else(|| norm::statistics(parts[0]));
        let affine = Affine::new(&statistics, &host::values(&gamma), &host::values(&beta), epsilon);
        let shortcut = has_shortcut.then(|| Images::new(shortcut));
        let out = match &shortcut {
            Some(shortcut) => norm::normalize_and_add(parts[0], &affine, shortcut.values(), activation),
            None => norm::normalize(&Normalized { parts: &parts, affine: &affine, activation }),
        };
        let out = Images::from_values(out, shape);
        batch = Some(statistics.clone());
        let kept = (has_shortcut && activation != Activation::Identity).then(|| out.clone());
        let derivative = move |grad, [of_x, _, _, of_shortcut]: [bool; 4]| {
            let grad = Images::new(grad);
            let parts = [Part { values: x.values(), channels }];
            let gradient = NormGradient {
                parts: &parts,
                statistics: &statistics,
                of_batch: training,
                affine: &affine,
                epsilon,
                grad: grad.values(),
                activation,
                output: kept.as_ref().map(Images::values),
            };
            let sums = gradient.sums();
            let of_x = of_x.then(|| {
                let mut values = vec![0.0; x.values().len()];
                let place = norm::GradientPlace { values: &mut values, stride: channels, add: false };
                gradient.apply(&sums, place);
                Images::from_values(values, shape).into_tensor()
            });
            let of_shortcut = (has_shortcut && of_shortcut).then(|| match &kept {
                Some(out) => {
                    let values = norm::limited_gradient(grad.values(), out.values(), activation);
                    Images::from_values(values, shape).into_tensor()
                }
                None => grad.clone().into_tensor(),
            });
            [of_x, Some(host::vector(sums.gamma)), Some(host::vector(sums.beta)), of_shortcut]
        };
        (out.into_tensor(), derivative)
    });
    let Some(out) = out else { return usual(x, shortcut) };
    if let (true, Some(batch)) = (training, batch) {
        run_on(norm, batch, &device);
    }
    out
}

fn pooled_with(
    x: &Tensor<4>,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
    pooling: Pooling,
) -> Option<Tensor<4>> {
    if !is_on_host(x) {
        return None;
    }
    let [images, channels, height, width] = x.dims();
    let input = [height, width];
    if (0..2).any(|i| input[i] + 2 * padding[i] < kernel[i]) {
        return None;
    }
    let shape = PoolShape { images, input, channels, kernel, stride, padding };
    function::<1, 4, _>([Input::Images(x.clone())], |[x]| {
        let x = Images::new(x);
        let [out_height, out_width] = shape.output();
        let out = pool::forward(x.values(), &shape, pooling);
        let out = Images::from_values(out, [images, channels, out_height, out_width]);
        let kept = (pooling == Pooling::Max).then(|| (x, out.clone()));
        let derivative = move |grad, _: [bool; 1]| {
            let grad = Images::new(grad);
            let (values, output) = kept.as_ref().map_or((&[][..], &[][..]), |(x, out)| (x.values(), out.values()));
            let values = pool::input_gradient(values, output, grad.values(), &shape, pooling);
            [Some(Images::from_values(values, [images, channels, height, width]).into_tensor())]
        };
        (out.into_tensor(), derivative)
    })
}

/// Max pooling, `[N, C, H, W]` to `[N, C, OH, OW]`.
pub fn max_pool(pool: &MaxPool2d, x: Tensor<4>) -> Tensor<4> {
    let plain = pool.dilation == [1, 1] && !pool.ceil_mode;
    let padding = even_padding(&pool.padding).filter(|_| plain);
    padding
        .and_then(|padding| pooled_with(&x, pool.kernel_size, pool.stride, padding, Pooling::Max))
        .unwrap_or_else(|| pool.forward(x))
}

/// Mean pooling, `[N, C, H, W]` to `[N, C, OH, OW]`.
pub fn avg_pool(pool: &AvgPool2d, x: Tensor<4>) -> Tensor<4> {
    let padding = even_padding(&pool.padding).filter(|padding| *padding == [0, 0] && !pool.ceil_mode);
    padding
        .and_then(|padding| pooled_with(&x, pool.kernel_size, pool.stride, padding, Pooling::Mean))
        .unwrap_or_else(|| pool.forward(x))
}

/// The mean over an image: `[N, C, H, W]` to `[N, C, 1, 1]`.
pub fn mean_of_image(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    pooled_with(&x, [height, width], [1, 1], [0, 0], Pooling::Mean).unwrap_or_else(|| adaptive_avg_pool2d(x, [1, 1]))
}
