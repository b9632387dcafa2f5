//! ViT-Tiny with patches of 16 pixels (Dosovitskiy et al. 2021; Touvron et al. 2021) as timm's `vit_tiny_patch16_224`.
//!
//! Images of any size: positions are kept for 14 x 14 patches and resampled to others as timm does it (bicubic,
//! antialiased); an image that is no multiple of 16 gets zeros on the right and below (timm's `dynamic_img_pad`).

use burn::module::{Initializer, Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::{gelu, softmax};
use burn::tensor::{Device, Tensor, TensorData};

pub const PATCH: usize = 16;
const WIDTH: usize = 192;
const HEADS: usize = 3;
const DEPTH: usize = 12;
/// Patches along a side of the image that positions are kept for.
pub const GRID: usize = 14;

/// Images `[N, C, H, W]` of at least 16 x 16 in, logits `[N, classes]` out.
#[derive(Module, Debug)]
pub struct VitTiny {
    cls_token: Param<Tensor<3>>,
    pos_embed: Param<Tensor<3>>,
    patch_embed: PatchEmbed,
    blocks: Vec<Block>,
    norm: LayerNorm,
    head: Linear,
}

#[derive(Module, Debug)]
struct PatchEmbed {
    proj: Conv2d,
}

#[derive(Module, Debug)]
struct Block {
    norm1: LayerNorm,
    attn: Attention,
    norm2: LayerNorm,
    mlp: Mlp,
}

#[derive(Module, Debug)]
struct Attention {
    qkv: Linear,
    proj: Linear,
}

#[derive(Module, Debug)]
struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

fn layer_norm(device: &Device) -> LayerNorm {
    LayerNormConfig::new(WIDTH).with_epsilon(1e-6).init(device)
}

fn linear(inputs: usize, outputs: usize, device: &Device) -> Linear {
    LinearConfig::new(inputs, outputs).init(device)
}

impl VitTiny {
    pub fn new(in_channels: usize, classes: usize, device: &Device) -> Self {
        let block = |_| Block {
            norm1: layer_norm(device),
            attn: Attention { qkv: linear(WIDTH, 3 * WIDTH, device), proj: linear(WIDTH, WIDTH, device) },
            norm2: layer_norm(device),
            mlp: Mlp { fc1: linear(WIDTH, 4 * WIDTH, device), fc2: linear(4 * WIDTH, WIDTH, device) },
        };
        Self {
            cls_token: Initializer::Zeros.init([1, 1, WIDTH], device),
            pos_embed: Initializer::Zeros.init([1, GRID * GRID + 1, WIDTH], device),
            patch_embed: PatchEmbed {
                proj: Conv2dConfig::new([in_channels, WIDTH], [PATCH, PATCH]).with_stride([PATCH, PATCH]).init(device),
            },
            blocks: (0..DEPTH).map(block).collect(),
            norm: layer_norm(device),
            head: linear(WIDTH, classes, device),
        }
    }

    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let [batch, _, height, width] = images.dims();
        let missing = |side: usize| side.next_multiple_of(PATCH) - side;
        let images = match (missing(width), missing(height)) {
            (0, 0) => images,
            (right, below) => images.pad((0, right, 0, below), 0.0_f32),
        };
        let patches = self.patch_embed.proj.forward(images);
        let grid = [patches.dims()[2], patches.dims()[3]];
        let patches = patches.flatten::<3>(2, 3).swap_dims(1, 2);
        let class = self.cls_token.val().expand([batch, 1, WIDTH]);
        let mut x = Tensor::cat(vec![class, patches], 1) + self.positions(grid);
        for block in &self.blocks {
            x = x.clone() + block.attn.forward(block.norm1.forward(x));
            x = x.clone() + block.mlp.fc2.forward(gelu(block.mlp.fc1.forward(block.norm2.forward(x))));
        }
        let class = self.norm.forward(x).narrow(1, 0, 1).squeeze_dim::<2>(1);
        self.head.forward(class)
    }

    /// `[1, 1 + rows * columns, WIDTH]`.
    fn positions(&self, [rows, columns]: [usize; 2]) -> Tensor<3> {
        let kept = self.pos_embed.val();
        if [rows, columns] == [GRID, GRID] {
            return kept;
        }
        let weights = position_weights([rows, columns]);
        let shape = [1, rows * columns, GRID * GRID];
        let weights = Tensor::<3>::from_data(TensorData::new(weights, shape), &kept.device());
        let class = kept.clone().narrow(1, 0, 1);
        Tensor::cat(vec![class, weights.matmul(kept.narrow(1, 1, GRID * GRID))], 1)
    }
}

impl Attention {
    /// Tokens `[N, T, WIDTH]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, _] = x.dims();
        let size = WIDTH / HEADS;
        let qkv = self.qkv.forward(x).reshape([batch, tokens, 3, HEADS, size]).permute([2, 0, 3, 1, 4]);
        let part = |i: usize| qkv.clone().narrow(0, i, 1).squeeze_dim::<4>(0);
        let scores = (part(0) * (size as f64).powf(-0.5)).matmul(part(1).swap_dims(2, 3));
        let mixed = softmax(scores, 3).matmul(part(2));
        self.proj.forward(mixed.swap_dims(1, 2).reshape([batch, tokens, WIDTH]))
    }
}

/// What each kept position counts in each of a grid: `[rows * columns, GRID * GRID]`.
fn position_weights([rows, columns]: [usize; 2]) -> Vec<f32> {
    let (down, across) = (resampling(GRID, rows), resampling(GRID, columns));
    let mut weights = Vec::with_capacity(rows * columns * GRID * GRID);
    for (r, c) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
        for (i, j) in (0..GRID).flat_map(|i| (0..GRID).map(move |j| (i, j))) {
            weights.push((down[r * GRID + i] * across[c * GRID + j]) as f32);
        }
    }
    weights
}

/// The positions that are kept, `[1 + GRID * GRID, width]`, as a grid of another size has them: `[1 + rows * columns, width]`.
pub fn positions_for(kept: &[f32], width: usize, grid: [usize; 2]) -> Vec<f32> {
    if grid == [GRID, GRID] {
        return kept.to_vec();
    }
    let mut positions = kept[..width].to_vec();
    for weights in position_weights(grid).chunks_exact(GRID * GRID) {
        let sum = |feature: usize| {
            let products = weights.iter().enumerate().map(|(i, weight)| weight * kept[(i + 1) * width + feature]);
            products.map(f64::from).sum::<f64>() as f32
        };
        positions.extend((0..width).map(sum));
    }
    positions
}

/// Weights `[to, from]` of PyTorch's bicubic interpolation with antialiasing (Keys' kernel, a = -0.5).
fn resampling(from: usize, to: usize) -> Vec<f64> {
    let scale = from as f64 / to as f64;
    let stretch = scale.max(1.0);
    let mut weights = vec![0.0; to * from];
    for (at, row) in weights.chunks_exact_mut(from).enumerate() {
        let centre = scale * (at as f64 + 0.5);
        let first = ((centre - 2.0 * stretch + 0.5) as usize).min(from);
        let past = ((centre + 2.0 * stretch + 0.5) as usize).min(from);
        for (j, weight) in row.iter_mut().enumerate().take(past).skip(first) {
            *weight = keys((j as f64 - centre + 0.5) / stretch);
        }
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|weight| *weight /= sum);
    }
    weights
}

fn keys(x: f64) -> f64 {
    let (a, x) = (-0.5, x.abs());
    if x < 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * a
    } else {
        0.0
    }
}
