//! Pooling of channels-last images.

use super::vector::{lanes, load, madd, store, vectorized};
use macerator::{Scalar as _, Simd, WithSimd};
use rayon::prelude::*;

/// Windows over images `[N, H, W, C]`; what they hang over is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolShape {
    pub images: usize,
    pub input: [usize; 2],
    pub channels: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [usize; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The gradient goes to the first of several that are largest, as in PyTorch.
    Max,
    /// Over the whole window, what hangs over counting as zeros.
    Mean,
}

impl PoolShape {
    pub fn output(&self) -> [usize; 2] {
        std::array::from_fn(|i| (self.input[i] + 2 * self.padding[i] - self.kernel[i]) / self.stride[i] + 1)
    }

    fn in_image(&self) -> usize {
        self.input[0] * self.input[1] * self.channels
    }

    fn out_image(&self) -> usize {
        self.output().iter().product::<usize>() * self.channels
    }

    /// Calls with the place of every pixel under the window at `y`, `x`, in values.
    #[inline(always)]
    fn each_tap(&self, y: usize, x: usize, mut f: impl FnMut(usize)) {
        let range = |axis: usize, at: usize| {
            let begin = at * self.stride[axis];
            let end = (begin + self.kernel[axis]).saturating_sub(self.padding[axis]).min(self.input[axis]);
            begin.saturating_sub(self.padding[axis])..end
        };
        for row in range(0, y) {
            for column in range(1, x) {
                f((row * self.input[1] + column) * self.channels);
            }
        }
    }
}

struct Forward<'a> {
    shape: &'a PoolShape,
    pooling: Pooling,
    values: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { shape, pooling, values, out } = self;
        let [_, out_width] = shape.output();
        let channels = shape.channels;
        let factor = 1.0 / (shape.kernel[0] * shape.kernel[1]) as f32;
        for (i, out) in out.chunks_exact_mut(channels).enumerate() {
            let (y, x) = (i / out_width, i % out_width);
            match pooling {
                Pooling::Max => {
                    out.fill(f32::NEG_INFINITY);
                    shape.each_tap(y, x, |place| {
                        for (out, value) in out.iter_mut().zip(&values[place..place + channels]) {
                            *out = if *value > *out || value.is_nan() { *value } else { *out };
                        }
                    });
                }
                Pooling::Mean => {
                    out.fill(0.0);
                    shape.each_tap(y, x, |place| {
                        for (out, value) in out.iter_mut().zip(&values[place..place + channels]) {
                            *out = madd::<S>(*value, factor, *out);
                        }
                    });
                }
            }
        }
    }
}

/// `[N, OH, OW, C]`.
pub fn forward(values: &[f32], shape: &PoolShape, pooling: Pooling) -> Vec<f32> {
    let mut out = vec![0.0; shape.images * shape.out_image()];
    out.par_chunks_mut(shape.out_image().max(1))
        .zip(values.par_chunks(shape.in_image().max(1)))
        .for_each(|(out, values)| vectorized(Forward { shape, pooling, values, out }));
    out
}

struct Backward<'a> {
    shape: &'a PoolShape,
    pooling: Pooling,
    values: &'a [f32],
    output: &'a [f32],
    grad: &'a [f32],
    out: &'a mut [f32],
    /// What of a pixel's gradient has found no place.
    left: Vec<f32>,
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { shape, pooling, values, output, grad, out, mut left } = self;
        let [_, out_width] = shape.output();
        let channels = shape.channels;
        let left = &mut left[..channels];
        let factor = 1.0 / (shape.kernel[0] * shape.kernel[1]) as f32;
        for (i, grad) in grad.chunks_exact(channels).enumerate() {
            let (y, x) = (i / out_width, i % out_width);
            match pooling {
                Pooling::Max => {
                    left.copy_from_slice(grad);
                    let output = &output[i * channels..][..channels];
                    shape.each_tap(y, x, |place| {
                        give::<S>(&values[place..][..channels], output, left, &mut out[place..][..channels]);
                    });
                }
                Pooling::Mean => shape.each_tap(y, x, |place| {
                    for (out, grad) in out[place..][..channels].iter_mut().zip(grad) {
                        *out = madd::<S>(*grad, factor, *out);
                    }
                }),
            }
        }
    }
}

/// What is left of the gradient goes to where a value is the largest.
#[inline(always)]
fn give<S: Simd>(values: &[f32], output: &[f32], left: &mut [f32], out: &mut [f32]) {
    let n = lanes::<S>();
    let whole = values.len() / n * n;
    for i in (0..whole).step_by(n) {
        let (value, largest) = (load::<S>(&values[i..]), load::<S>(&output[i..]));
        let rest = load::<S>(&left[i..]);
        let none = 0.0_f32.splat::<S>();
        let given = value.eq(largest).select(rest, none);
        let sum = load::<S>(&out[i..]) + given;
        store::<S>(&mut out[i..], sum);
        store::<S>(&mut left[i..], value.eq(largest).select(none, rest));
    }
    for i in whole..values.len() {
        if values[i] == output[i] {
            out[i] += std::mem::take(&mut left[i]);
        }
    }
}

/// The gradient of the input; `values` and `output` are looked at for [`Pooling::Max`] alone.
pub fn input_gradient(values: &[f32], output: &[f32], grad: &[f32], shape: &PoolShape, pooling: Pooling) -> Vec<f32> {
    let (in_image, out_image) = (shape.in_image(), shape.out_image());
    let mut out = vec![0.0; shape.images * in_image];
    out.par_chunks_mut(in_image.max(1)).zip(grad.par_chunks(out_image.max(1))).enumerate().for_each(
        |(n, (out, grad))| {
            let (values, output) = match pooling {
                Pooling::Max => (&values[n * in_image..], &output[n * out_image..]),
                Pooling::Mean => (values, output),
            };
            let left = vec![0.0; shape.channels];
            vectorized(Backward { shape, pooling, values, output, grad, out, left });
        },
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Channels that fill registers and leave a rest; values of which many are alike.
    #[test]
    fn a_maximum_s_gradient_goes_to_the_first_of_the_largest() {
        let shape =
            PoolShape { images: 2, input: [7, 6], channels: 19, kernel: [3, 3], stride: [2, 2], padding: [1, 1] };
        let x: Vec<f32> = (0..2 * 7 * 6 * 19).map(|i| (i * 31 % 7) as f32).collect();
        let out = forward(&x, &shape, Pooling::Max);
        let grad: Vec<f32> = (0..out.len()).map(|i| (i % 13) as f32 - 6.0).collect();
        let found = input_gradient(&x, &out, &grad, &shape, Pooling::Max);
        let mut expected = vec![0.0; x.len()];
        let [height, width] = shape.output();
        for (i, grad) in grad.iter().enumerate() {
            let (c, place) = (i % 19, i / 19);
            let (x_at, y, n) = (place % width, place / width % height, place / (width * height));
            let mut first = None;
            for row in (2 * y).saturating_sub(1)..(2 * y + 2).min(7) {
                for column in (2 * x_at).saturating_sub(1)..(2 * x_at + 2).min(6) {
                    let at = ((n * 7 + row) * 6 + column) * 19 + c;
                    if first.is_none_or(|first: usize| x[at] > x[first]) {
                        first = Some(at);
                    }
                }
            }
            let first = first.unwrap();
            assert_eq!(out[i], x[first]);
            expected[first] += grad;
        }
        assert_eq!(found, expected);
    }
}
