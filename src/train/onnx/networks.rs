//! The networks as graphs of ONNX operators; `train::model` has what they compute.

use super::graph::{Graph, Padding, Value};
use crate::train::model::{GRID, PATCH, positions_for};

type Build = fn(&mut Graph<'_>, &Value) -> Value;

/// A row for each network of `config::NETWORKS`.
pub(super) const GRAPHS: &[(&str, Build)] = &[
    ("densenet121", densenet),
    ("densenet169", densenet),
    ("resnet18", resnet),
    ("resnet34", resnet),
    ("resnet50", resnet),
    ("mobilenet_v2", mobilenet_v2),
    ("efficientnet_b0", efficientnet_b0),
    ("efficientnet_lite0", efficientnet_lite0),
    ("convnext_tiny", convnext_tiny),
    ("vit_tiny_patch16", vit_tiny),
    ("small_cnn", small_cnn),
];

/// PyTorch's of batch norms.
const EPSILON: f32 = 1e-5;

/// Strides of the stages' first blocks, in MobileNetV2 and in EfficientNet.
const STRIDES: [usize; 7] = [1, 2, 2, 2, 1, 2, 1];
/// Blocks of MobileNetV2's stages.
const MOBILENET_BLOCKS: [usize; 7] = [1, 2, 3, 4, 3, 3, 1];

fn small_cnn(g: &mut Graph<'_>, images: &Value) -> Value {
    let mut x = images.clone();
    for i in 0..4 {
        x = g.conv(&x, &format!("blocks.{i}.conv"), 1, Padding::Half);
        x = g.batch_norm(&x, &format!("blocks.{i}.norm"), EPSILON);
        x = g.relu(&x);
        x = g.max_pool(&x, 2, 2, 0);
    }
    let x = g.pooled(&x, false);
    g.linear(&x, "out")
}

/// Batch norm, ReLU, convolution.
fn norm_relu_conv(g: &mut Graph<'_>, x: &Value, norm: &str, conv: &str) -> Value {
    let x = g.batch_norm(x, norm, EPSILON);
    let x = g.relu(&x);
    g.conv(&x, conv, 1, Padding::Half)
}

fn densenet(g: &mut Graph<'_>, images: &Value) -> Value {
    let x = g.conv(images, "features.conv0", 2, Padding::Half);
    let x = g.batch_norm(&x, "features.norm0", EPSILON);
    let x = g.relu(&x);
    let mut x = g.max_pool(&x, 3, 2, 1);
    for block in 1..=4 {
        for layer in 1.. {
            let at = format!("features.denseblock{block}.denselayer{layer}.layers");
            if !g.has(&format!("{at}.conv1.weight")) {
                break;
            }
            let new = norm_relu_conv(g, &x, &format!("{at}.norm1"), &format!("{at}.conv1"));
            let new = norm_relu_conv(g, &new, &format!("{at}.norm2"), &format!("{at}.conv2"));
            x = g.concat(&x, &new);
        }
        if block < 4 {
            let at = format!("features.transition{block}");
            x = norm_relu_conv(g, &x, &format!("{at}.norm"), &format!("{at}.conv"));
            x = g.avg_pool(&x, 2);
        }
    }
    let x = g.batch_norm(&x, "features.norm5", EPSILON);
    let x = g.relu(&x);
    let x = g.pooled(&x, false);
    g.linear(&x, "class_layers.out")
}

fn resnet(g: &mut Graph<'_>, images: &Value) -> Value {
    let conv_norm = |g: &mut Graph<'_>, x: &Value, conv: String, norm: String, stride| {
        let x = g.conv(x, &conv, stride, Padding::Half);
        g.batch_norm(&x, &norm, EPSILON)
    };
    let x = conv_norm(g, images, "conv1".to_owned(), "bn1".to_owned(), 2);
    let x = g.relu(&x);
    let mut x = g.max_pool(&x, 3, 2, 1);
    for layer in 1..=4 {
        for block in 0.. {
            let at = format!("layer{layer}.{block}");
            if !g.has(&format!("{at}.conv1.weight")) {
                break;
            }
            let convs = if g.has(&format!("{at}.conv3.weight")) { 3 } else { 2 };
            let stride = if layer > 1 && block == 0 { 2 } else { 1 };
            let mut branch = x.clone();
            for conv in 1..=convs {
                // A bottleneck's stride is its 3 x 3 convolution's.
                let stride = if conv == convs - 1 { stride } else { 1 };
                branch = conv_norm(g, &branch, format!("{at}.conv{conv}"), format!("{at}.bn{conv}"), stride);
                if conv < convs {
                    branch = g.relu(&branch);
                }
            }
            if g.has(&format!("{at}.downsample.0.weight")) {
                x = conv_norm(g, &x, format!("{at}.downsample.0"), format!("{at}.downsample.1"), stride);
            }
            let sum = g.sum(&branch, &x);
            x = g.relu(&sum);
        }
    }
    let x = g.pooled(&x, false);
    g.linear(&x, "fc")
}

/// torchvision's `Conv2dNormActivation` without the activation.
fn conv_norm(g: &mut Graph<'_>, x: &Value, at: &str, stride: usize) -> Value {
    let x = g.conv(x, &format!("{at}.0"), stride, Padding::Half);
    g.batch_norm(&x, &format!("{at}.1"), EPSILON)
}

fn mobilenet_v2(g: &mut Graph<'_>, images: &Value) -> Value {
    let x = conv_norm(g, images, "features.0", 2);
    let mut x = g.relu6(&x);
    let mut feature = 1;
    for (blocks, first_stride) in MOBILENET_BLOCKS.into_iter().zip(STRIDES) {
        for block in 0..blocks {
            let stride = if block == 0 { first_stride } else { 1 };
            let at = format!("features.{feature}.conv");
            // The first one is not widened.
            let widened = g.has(&format!("{at}.3.weight"));
            let mut branch = x.clone();
            if widened {
                branch = conv_norm(g, &branch, &format!("{at}.0"), 1);
                branch = g.relu6(&branch);
            }
            let part = usize::from(widened);
            branch = conv_norm(g, &branch, &format!("{at}.{part}"), stride);
            branch = g.relu6(&branch);
            branch = g.conv(&branch, &format!("{at}.{}", part + 1), 1, Padding::Half);
            branch = g.batch_norm(&branch, &format!("{at}.{}", part + 2), EPSILON);
            x = if stride == 1 && branch.shape == x.shape { g.sum(&x, &branch) } else { branch };
            feature += 1;
        }
    }
    let x = conv_norm(g, &x, &format!("features.{feature}"), 1);
    let x = g.relu6(&x);
    let x = g.pooled(&x, false);
    g.linear(&x, "classifier.1")
}

fn efficientnet_b0(g: &mut Graph<'_>, images: &Value) -> Value {
    let x = conv_norm(g, images, "features.0", 2);
    let mut x = g.silu(&x);
    for (stage, first_stride) in STRIDES.into_iter().enumerate() {
        for block in 0.. {
            let at = format!("features.{}.{block}.block", stage + 1);
            if !g.has(&format!("{at}.0.0.weight")) {
                break;
            }
            let stride = if block == 0 { first_stride } else { 1 };
            let widened = g.has(&format!("{at}.3.0.weight"));
            let mut branch = x.clone();
            if widened {
                branch = conv_norm(g, &branch, &format!("{at}.0"), 1);
                branch = g.silu(&branch);
            }
            let part = usize::from(widened);
            branch = conv_norm(g, &branch, &format!("{at}.{part}"), stride);
            branch = g.silu(&branch);
            let squeezed = g.pooled(&branch, true);
            let squeezed = g.conv(&squeezed, &format!("{at}.{}.fc1", part + 1), 1, Padding::None);
            let squeezed = g.silu(&squeezed);
            let weights = g.conv(&squeezed, &format!("{at}.{}.fc2", part + 1), 1, Padding::None);
            let weights = g.sigmoid(&weights);
            branch = g.product(&branch, &weights);
            branch = conv_norm(g, &branch, &format!("{at}.{}", part + 2), 1);
            x = if stride == 1 && branch.shape == x.shape { g.sum(&x, &branch) } else { branch };
        }
    }
    let x = conv_norm(g, &x, &format!("features.{}", STRIDES.len() + 1), 1);
    let x = g.silu(&x);
    let x = g.pooled(&x, false);
    g.linear(&x, "classifier.1")
}

fn efficientnet_lite0(g: &mut Graph<'_>, images: &Value) -> Value {
    /// TensorFlow's of batch norms.
    const EPSILON: f32 = 1e-3;
    let conv_norm = |g: &mut Graph<'_>, x: &Value, conv: String, norm: String, stride: usize| {
        let x = g.conv(x, &conv, stride, Padding::Same);
        g.batch_norm(&x, &norm, EPSILON)
    };
    let x = conv_norm(g, images, "conv_stem".to_owned(), "bn1".to_owned(), 2);
    let mut x = g.relu6(&x);
    for (stage, first_stride) in STRIDES.into_iter().enumerate() {
        for block in 0.. {
            let at = format!("blocks.{stage}.{block}");
            if !g.has(&format!("{at}.conv_dw.weight")) {
                break;
            }
            let stride = if block == 0 { first_stride } else { 1 };
            let widened = g.has(&format!("{at}.conv_pwl.weight"));
            let parts: &[(&str, usize)] = match widened {
                true => &[("conv_pw", 1), ("conv_dw", stride), ("conv_pwl", 1)],
                false => &[("conv_dw", stride), ("conv_pw", 1)],
            };
            let mut branch = x.clone();
            for (i, (conv, stride)) in parts.iter().enumerate() {
                branch = conv_norm(g, &branch, format!("{at}.{conv}"), format!("{at}.bn{}", i + 1), *stride);
                if i + 1 < parts.len() {
                    branch = g.relu6(&branch);
                }
            }
            x = if widened && stride == 1 && branch.shape == x.shape { g.sum(&x, &branch) } else { branch };
        }
    }
    let x = conv_norm(g, &x, "conv_head".to_owned(), "bn2".to_owned(), 1);
    let x = g.relu6(&x);
    let x = g.pooled(&x, false);
    g.linear(&x, "classifier")
}

fn convnext_tiny(g: &mut Graph<'_>, images: &Value) -> Value {
    const EPSILON: f32 = 1e-6;
    /// `[N, C, H, W]` with channels last, and back.
    const LAST: [usize; 4] = [0, 2, 3, 1];
    const FIRST: [usize; 4] = [0, 3, 1, 2];
    let norm_channels = |g: &mut Graph<'_>, x: &Value, name: &str| {
        let x = g.transpose(x, &LAST);
        let x = g.layer_norm(&x, name, EPSILON);
        g.transpose(&x, &FIRST)
    };
    let x = g.conv(images, "features.0.0", 4, Padding::None);
    let mut x = norm_channels(g, &x, "features.0.1");
    for feature in 1..=7 {
        let at = format!("features.{feature}");
        if feature % 2 == 0 {
            x = norm_channels(g, &x, &format!("{at}.0"));
            x = g.conv(&x, &format!("{at}.1"), 2, Padding::None);
            continue;
        }
        for block in 0.. {
            let at = format!("{at}.{block}");
            if !g.has(&format!("{at}.layer_scale")) {
                break;
            }
            let branch = g.conv(&x, &format!("{at}.block.0"), 1, Padding::Half);
            let branch = g.transpose(&branch, &LAST);
            let branch = g.layer_norm(&branch, &format!("{at}.block.2"), EPSILON);
            let branch = g.linear(&branch, &format!("{at}.block.3"));
            let branch = g.gelu(&branch);
            let branch = g.linear(&branch, &format!("{at}.block.5"));
            let branch = g.transpose(&branch, &FIRST);
            let branch = g.times_weight(&branch, &format!("{at}.layer_scale"));
            x = g.sum(&x, &branch);
        }
    }
    let x = g.pooled(&x, false);
    let x = g.layer_norm(&x, "classifier.0", EPSILON);
    g.linear(&x, "classifier.2")
}

fn vit_tiny(g: &mut Graph<'_>, images: &Value) -> Value {
    const EPSILON: f32 = 1e-6;
    const HEADS: usize = 3;
    let missing = |side: usize| side.next_multiple_of(PATCH) - side;
    let images = match (missing(images.shape[2]), missing(images.shape[1])) {
        (0, 0) => images.clone(),
        (right, below) => g.pad(images, right, below),
    };
    let patches = g.conv(&images, "patch_embed.proj", PATCH, Padding::None);
    let [width, rows, columns] = [patches.shape[0], patches.shape[1], patches.shape[2]];
    let patches = g.reshape(&patches, &[width, rows * columns]);
    let patches = g.transpose(&patches, &[0, 2, 1]);
    let class = g.for_each_of(&patches, "cls_token");
    let tokens = g.concat(&class, &patches);
    // The images' size is the file's, so that positions are resampled here.
    let (_, kept) = g.values("pos_embed");
    let positions =
        if kept.len() == (GRID * GRID + 1) * width { positions_for(kept, width, [rows, columns]) } else { Vec::new() };
    let positions = g.floats("pos_embed", &[1, rows * columns + 1, width], &positions);
    let shape = tokens.shape.clone();
    let mut x = g.add("Add", &[&tokens.name, &positions], Vec::new(), shape);
    let (count, size) = (rows * columns + 1, width / HEADS);
    for block in 0.. {
        let at = format!("blocks.{block}");
        if !g.has(&format!("{at}.attn.qkv.weight")) {
            break;
        }
        let normed = g.layer_norm(&x, &format!("{at}.norm1"), EPSILON);
        let qkv = g.linear(&normed, &format!("{at}.attn.qkv"));
        let qkv = g.reshape(&qkv, &[count, 3, HEADS, size]);
        let qkv = g.transpose(&qkv, &[0, 2, 3, 1, 4]);
        let [q, k, v] = [0, 1, 2].map(|place| g.pick(&qkv, place));
        let q = g.times(&q, "attention_scale", (size as f32).powf(-0.5));
        let k = g.transpose(&k, &[0, 1, 3, 2]);
        let scores = g.matmul(&q, &k);
        let scores = g.softmax(&scores);
        let mixed = g.matmul(&scores, &v);
        let mixed = g.transpose(&mixed, &[0, 2, 1, 3]);
        let mixed = g.reshape(&mixed, &[count, width]);
        let mixed = g.linear(&mixed, &format!("{at}.attn.proj"));
        x = g.sum(&x, &mixed);
        let normed = g.layer_norm(&x, &format!("{at}.norm2"), EPSILON);
        let wide = g.linear(&normed, &format!("{at}.mlp.fc1"));
        let wide = g.gelu(&wide);
        let narrow = g.linear(&wide, &format!("{at}.mlp.fc2"));
        x = g.sum(&x, &narrow);
    }
    let x = g.layer_norm(&x, "norm", EPSILON);
    let class = g.pick(&x, 0);
    g.linear(&class, "head")
}
