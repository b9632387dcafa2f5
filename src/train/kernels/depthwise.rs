//! Convolutions of each channel by itself, of channels-last images.

use super::conv::ConvShape;
use super::vector::{madd, vectorized};
use macerator::{Simd, WithSimd};
use rayon::prelude::*;

/// `[taps, C]` of `[C, 1, KH, KW]`.
fn by_tap(weight: &[f32], channels: usize) -> Vec<f32> {
    let taps = weight.len() / channels.max(1);
    (0..weight.len()).map(|i| weight[i % channels * taps + i / channels]).collect()
}

#[derive(Clone, Copy)]
enum Work<'a> {
    /// Of an image, into the output.
    Output(&'a [f32]),
    /// Of the output's gradient, into the image's.
    Input(&'a [f32]),
    /// Of an image and the output's gradient, into the weight's.
    Weight(&'a [f32], &'a [f32]),
}

/// One image.
struct Kernel<'a> {
    shape: &'a ConvShape,
    weight: &'a [f32],
    work: Work<'a>,
    out: &'a mut [f32],
}

impl WithSimd for Kernel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { shape, weight, work, out } = self;
        let [height, width] = shape.input;
        let [out_height, out_width] = shape.output();
        let channels = shape.channels;
        for y in 0..out_height {
            for ky in 0..shape.kernel[0] {
                let row = y * shape.stride[0] + ky;
                if row < shape.padding[0] || row - shape.padding[0] >= height {
                    continue;
                }
                let row = row - shape.padding[0];
                for x in 0..out_width {
                    let place = (y * out_width + x) * channels;
                    for kx in 0..shape.kernel[1] {
                        let column = x * shape.stride[1] + kx;
                        if column < shape.padding[1] || column - shape.padding[1] >= width {
                            continue;
                        }
                        let pixel = (row * width + column - shape.padding[1]) * channels;
                        let tap = (ky * shape.kernel[1] + kx) * channels;
                        let (to, a, b) = match work {
                            Work::Output(image) => (place, &image[pixel..], &weight[tap..]),
                            Work::Input(grad) => (pixel, &grad[place..], &weight[tap..]),
                            Work::Weight(image, grad) => (tap, &image[pixel..], &grad[place..]),
                        };
                        let (out, a, b) = (&mut out[to..to + channels], &a[..channels], &b[..channels]);
                        for c in 0..channels {
                            out[c] = madd::<S>(a[c], b[c], out[c]);
                        }
                    }
                }
            }
        }
    }
}

fn sizes(shape: &ConvShape) -> (usize, usize) {
    let pixels = |sides: [usize; 2]| (sides[0] * sides[1] * shape.channels).max(1);
    (pixels(shape.input), pixels(shape.output()))
}

/// `[N, OH, OW, C]` of `[N, H, W, C]` and the weight `[C, 1, KH, KW]`.
pub fn forward(x: &[f32], weight: &[f32], shape: &ConvShape) -> Vec<f32> {
    let weight = by_tap(weight, shape.channels);
    let (in_image, out_image) = sizes(shape);
    let mut out = vec![0.0; shape.images * out_image];
    out.par_chunks_mut(out_image).zip(x.par_chunks(in_image)).for_each(|(out, x)| {
        vectorized(Kernel { shape, weight: &weight, work: Work::Output(x), out });
    });
    out
}

/// The gradient of the input, `[N, H, W, C]`.
pub fn input_gradient(grad: &[f32], weight: &[f32], shape: &ConvShape) -> Vec<f32> {
    let weight = by_tap(weight, shape.channels);
    let (in_image, out_image) = sizes(shape);
    let mut out = vec![0.0; shape.images * in_image];
    out.par_chunks_mut(in_image).zip(grad.par_chunks(out_image)).for_each(|(out, grad)| {
        vectorized(Kernel { shape, weight: &weight, work: Work::Input(grad), out });
    });
    out
}

/// The gradient of the weight, `[C, 1, KH, KW]`: each image's, added up in order.
pub fn weight_gradient(x: &[f32], grad: &[f32], shape: &ConvShape) -> Vec<f32> {
    let channels = shape.channels;
    let taps = shape.kernel[0] * shape.kernel[1];
    let (in_image, out_image) = sizes(shape);
    let parts: Vec<Vec<f32>> = x
        .par_chunks(in_image)
        .zip(grad.par_chunks(out_image))
        .map(|(x, grad)| {
            let mut out = vec![0.0; taps * channels];
            vectorized(Kernel { shape, weight: &[], work: Work::Weight(x, grad), out: &mut out });
            out
        })
        .collect();
    let mut out = vec![0.0; taps * channels];
    for part in parts {
        for (i, value) in part.iter().enumerate() {
            out[i % channels * taps + i / channels] += value;
        }
    }
    out
}
