//! The operations against burn's own modules, values and gradients, on the CPU with gradients, without, and frozen.

use super::*;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::nn::BatchNormConfig;
use burn::nn::conv::Conv2dConfig;
use burn::nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn::tensor::Gradients;

/// Hashed values between -1 and 1, no two alike nearby.
fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729 + 13) % 20_011) as f32 / 10_005.5 - 1.0).collect()
}

fn images(shape: [usize; 4], seed: usize, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values(shape.iter().product(), seed), shape), device)
}

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec::<f32>().unwrap()
}

/// Hashed parameters, of which scales are near one.
struct Filled(usize);

impl ModuleMapper for Filled {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1;
        let seed = self.0;
        param.map(|old| {
            let shape = old.shape().to_vec();
            let count = shape.iter().product();
            let scale = if D == 1 { 0.5 } else { 0.2 };
            let values: Vec<f32> =
                values(count, seed).iter().map(|v| v * scale + if D == 1 { 0.6 } else { 0.0 }).collect();
            let device = old.device();
            Tensor::from_data(TensorData::new(values, shape), &device).set_require_grad(old.is_require_grad())
        })
    }
}

/// The gradients of a module's parameters, in order.
struct Collected<'a> {
    grads: &'a Gradients,
    found: Vec<Vec<f32>>,
}

impl ModuleVisitor for Collected<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = param.val().grad(self.grads) {
            self.found.push(read(grad));
        }
    }
}

fn close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 2e-5 * (1.0 + largest), "{what} at {i}: {a} instead of {b}");
    }
}

/// The output, the gradients of the images and of the module's parameters, of a loss that weighs every value differently.
fn run<M: Module>(module: &M, x: &Tensor<4>, f: impl Fn(&M, Tensor<4>) -> Tensor<4>) -> Vec<Vec<f32>> {
    let x = x.clone().detach().require_grad();
    let out = f(module, x.clone());
    let dims = out.dims();
    let loss = (out.clone() * images(dims, 5, &x.device())).sum();
    let grads = loss.backward();
    let mut collected = Collected { grads: &grads, found: Vec::new() };
    module.visit(&mut collected);
    let mut all = vec![read(out), read(x.grad(&grads).unwrap())];
    all.append(&mut collected.found);
    all
}

/// Both ways give the same, whatever the memory layout of what comes in.
fn compare<M: Module>(
    what: &str,
    module: M,
    shape: [usize; 4],
    ours: impl Fn(&M, Tensor<4>) -> Tensor<4>,
    usual: impl Fn(&M, Tensor<4>) -> Tensor<4>,
) {
    let device = Device::flex().autodiff();
    let module = module.map(&mut Filled(0));
    let plain = images(shape, 9, &device);
    let [n, c, h, w] = shape;
    let last = images([n, h, w, c], 9, &device).permute([0, 3, 1, 2]);
    for (layout, x) in [("plain", plain), ("channels last", last)] {
        let (found, expected) = (run(&module, &x, &ours), run(&module, &x, &usual));
        assert_eq!(found.len(), expected.len(), "{what}");
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            close(&format!("{what}, {layout}, tensor {i}"), found, expected);
        }
    }
    let module = module.valid();
    let x = images(shape, 9, &Device::flex());
    close(&format!("{what}, without gradients"), &read(ours(&module, x.clone())), &read(usual(&module, x)));
}

#[test]
fn convolutions_are_burns() {
    let device = Device::flex().autodiff();
    let conv = |channels: [usize; 2], kernel: usize, stride: usize, groups: usize, bias: bool| {
        let padding = kernel / 2;
        Conv2dConfig::new(channels, [kernel, kernel])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
            .with_groups(groups)
            .with_bias(bias)
            .init(&device)
    };
    for (what, conv, shape) in [
        ("3 x 3", conv([5, 18], 3, 1, 1, true), [2, 5, 6, 7]),
        ("3 x 3 by 2", conv([16, 16], 3, 2, 1, false), [2, 16, 7, 8]),
        ("7 x 7 by 2 of one channel", conv([1, 8], 7, 2, 1, false), [3, 1, 12, 10]),
        ("1 x 1", conv([40, 33], 1, 1, 1, true), [2, 40, 3, 3]),
        ("1 x 1 by 2", conv([6, 4], 1, 2, 1, false), [2, 6, 5, 4]),
        ("depthwise", conv([12, 12], 3, 1, 12, true), [2, 12, 6, 5]),
        ("depthwise by 2", conv([9, 9], 5, 2, 9, false), [2, 9, 8, 7]),
        ("in groups, which burn does", conv([8, 12], 3, 1, 4, false), [2, 8, 5, 5]),
    ] {
        compare(what, conv, shape, conv2d, |conv, x| conv.forward(x));
    }
}

#[test]
fn batch_norms_are_burns() {
    let device = Device::flex().autodiff();
    for activation in [Activation::Identity, Activation::Relu, Activation::Relu6] {
        let norm = || BatchNormConfig::new(19).init(&device);
        let shape = [3, 19, 4, 5];
        let scaled = |x: Tensor<4>| x * 9.0;
        compare(
            &format!("batch norm and {activation:?}"),
            norm(),
            shape,
            |norm, x| batch_norm(norm, scaled(x), None, activation),
            |norm, x| activated(norm.forward(scaled(x)), activation),
        );
        compare(
            &format!("batch norm, a shortcut and {activation:?}"),
            norm(),
            shape,
            |norm, x| batch_norm(norm, x.clone().sin(), Some(x * 4.0), activation),
            |norm, x| activated(norm.forward(x.clone().sin()) + x * 4.0, activation),
        );
    }
}

#[test]
fn the_running_statistics_are_burns() {
    let device = Device::flex().autodiff();
    let x = images([4, 6, 5, 5], 3, &device) + 2.0;
    let (ours, usual) = (BatchNormConfig::new(6).init(&device), BatchNormConfig::new(6).init(&device));
    for _ in 0..3 {
        batch_norm(&ours, x.clone(), None, Activation::Identity);
        usual.forward(x.clone());
    }
    close("mean", &read(ours.running_mean.value()), &read(usual.running_mean.value()));
    close("variance", &read(ours.running_var.value()), &read(usual.running_var.value()));
}

#[test]
fn a_frozen_batch_norm_keeps_to_its_running_statistics() {
    let device = Device::flex().autodiff();
    let norm = BatchNormConfig::new(6).init(&device);
    norm.forward(images([4, 6, 5, 5], 3, &device) * 3.0 + 1.0);
    let before = read(norm.running_mean.value());
    let norm = norm.freeze();
    let x = images([2, 6, 4, 4], 4, &device);
    let found = run(&norm, &x, |norm, x| batch_norm(norm, x, None, Activation::Relu));
    let expected = run(&norm, &x, |norm, x| relu(norm.forward(x)));
    for (found, expected) in found.iter().zip(&expected) {
        close("frozen", found, expected);
    }
    assert_eq!(read(norm.running_mean.value()), before);
}

#[test]
fn pooling_is_burns() {
    let pool = |kernel: usize, stride: usize, padding: usize| {
        MaxPool2dConfig::new([kernel, kernel])
            .with_strides([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(padding, padding, padding, padding))
            .init()
    };
    compare("max 3 by 2", pool(3, 2, 1), [2, 5, 8, 7], max_pool, |pool, x| pool.forward(x));
    compare("max 2 by 2", pool(2, 2, 0), [2, 5, 7, 8], max_pool, |pool, x| pool.forward(x));
    // Where several are largest the first has the gradient; behind a ReLU that is most windows.
    compare("max of zeros", pool(3, 2, 1), [2, 5, 8, 7], |p, x| max_pool(p, relu(x)), |p, x| p.forward(relu(x)));
    let mean = AvgPool2dConfig::new([2, 2]).with_strides([2, 2]).init();
    compare("mean 2 by 2", mean.clone(), [2, 5, 6, 9], avg_pool, |pool, x| pool.forward(x));
    compare("mean of all", mean, [2, 5, 3, 4], |_, x| mean_of_image(x), |_, x| adaptive_avg_pool2d(x, [1, 1]));
}

/// Layers of a dense block and the norm behind it.
#[derive(Module, Debug)]
struct Block {
    layers: Vec<Layer>,
    norm: BatchNorm,
}

#[derive(Module, Debug)]
struct Layer {
    norm1: BatchNorm,
    conv1: Conv2d,
    norm2: BatchNorm,
    conv2: Conv2d,
}

impl Block {
    fn new(device: &Device) -> Self {
        let layer = |i: usize| Layer {
            norm1: BatchNormConfig::new(7 + 5 * i).init(device),
            conv1: Conv2dConfig::new([7 + 5 * i, 20], [1, 1]).with_bias(false).init(device),
            norm2: BatchNormConfig::new(20).init(device),
            conv2: Conv2dConfig::new([20, 5], [3, 3])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .with_bias(false)
                .init(device),
        };
        Self { layers: (0..3).map(layer).collect(), norm: BatchNormConfig::new(22).init(device) }
    }

    fn ours(&self, x: Tensor<4>) -> Tensor<4> {
        let mut features = DenseFeatures::new(x, 22, &self.norm);
        for Layer { norm1, conv1, norm2, conv2 } in &self.layers {
            features = features.with_layer(&LayerModules { norm1, conv1, norm2, conv2 });
        }
        features.norm_relu(&self.norm)
    }

    fn usual(&self, mut x: Tensor<4>) -> Tensor<4> {
        for layer in &self.layers {
            let new = layer.conv1.forward(relu(layer.norm1.forward(x.clone())));
            let new = layer.conv2.forward(relu(layer.norm2.forward(new)));
            x = Tensor::cat(vec![x, new], 1);
        }
        relu(self.norm.forward(x))
    }
}

#[test]
fn a_dense_block_is_burns() {
    let block = Block::new(&Device::flex().autodiff());
    compare("dense block", block, [2, 7, 5, 6], Block::ours, Block::usual);
}

#[test]
fn gradients_are_the_same_to_the_bit_each_time() {
    let device = Device::flex().autodiff();
    let block = Block::new(&device).map(&mut Filled(0));
    let x = images([5, 7, 9, 11], 2, &device);
    let first = run(&block, &x, Block::ours);
    for _ in 0..5 {
        assert_eq!(run(&block, &x, Block::ours), first);
    }
}
