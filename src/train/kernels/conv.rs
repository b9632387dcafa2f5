//! Convolutions of channels-last images: patches are gathered block by block into a buffer that stays in the cache, and
//! multiplied with the weight.

use super::gemm::{DEPTH_BLOCK, Multiply, MultiplyTransposed, Panels, WeightAxes};
use super::norm::{NormGradient, NormSums, Normalized, Statistics, Sums};
use super::vector::vectorized;
use rayon::prelude::*;
use std::ops::Range;

/// A convolution without groups and dilation. Images are `[N, H, W, C]`, weights `[O, C, KH, KW]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvShape {
    pub images: usize,
    /// Height and width.
    pub input: [usize; 2],
    pub channels: usize,
    pub out_channels: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [usize; 2],
}

/// Patches of a block.
const BLOCK_PATCHES: [usize; 2] = [24, 96];
const GRADIENT_PATCHES: usize = 128;
/// Of a block whose sums are made on the way: they must not depend on the number of threads.
const SUMMED_PATCHES: usize = 96;
/// Values of the weight's gradient that one task has.
const GRADIENT_VALUES: usize = 32 * 1024;

impl ConvShape {
    pub fn output(&self) -> [usize; 2] {
        std::array::from_fn(|i| (self.input[i] + 2 * self.padding[i] - self.kernel[i]) / self.stride[i] + 1)
    }

    /// Places that the kernel takes: rows of the output.
    pub fn patches(&self) -> usize {
        let [height, width] = self.output();
        self.images * height * width
    }

    fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Values under the kernel at one place.
    fn depth(&self) -> usize {
        self.taps() * self.channels
    }

    /// A patch is a pixel, and the pixels are the patches.
    fn is_plain(&self) -> bool {
        self.kernel == [1, 1] && self.stride == [1, 1] && self.padding == [0, 0]
    }

    /// The convolution of the output's gradient that gives the input's, for a stride of one.
    fn backwards(&self) -> Self {
        Self {
            input: self.output(),
            channels: self.out_channels,
            out_channels: self.channels,
            padding: std::array::from_fn(|i| self.kernel[i] - 1 - self.padding[i]),
            ..*self
        }
    }

    fn block_patches(&self) -> usize {
        let [least, most] = BLOCK_PATCHES;
        (self.patches() / (4 * rayon::current_num_threads())).clamp(least, most) / 6 * 6
    }

    /// The weight as the right matrix: taps, channels x outputs.
    fn panels(&self, weight: &[f32]) -> Panels {
        let (taps, channels, outputs) = (self.taps(), self.channels, self.out_channels);
        Panels::new(
            weight,
            WeightAxes {
                columns: (outputs, channels * taps),
                inner: (channels, taps),
                outer: (taps, 1),
                flipped: false,
            },
        )
    }
}

/// What a product's left rows are made from, block by block.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// `[N, H, W, C]`.
    Images(&'a [f32]),
    /// The same behind a batch norm and an activation, for kernels of one pixel that leave none out.
    Normalized(Normalized<'a>),
}

impl Source<'_> {
    /// Values `depths` of rows `rows`, into rows of `out` `stride` values apart.
    fn fill(&self, shape: &ConvShape, rows: Range<usize>, depths: Range<usize>, out: &mut [f32], stride: usize) {
        let (first, count) = (rows.start, rows.len());
        match self {
            Self::Images(values) => {
                Patches { shape, values }.gather(first, count, depths.start, depths.end, out, stride);
            }
            Self::Normalized(normalized) => normalized.fill(first, count, depths.start, depths.end, out, stride),
        }
    }
}

/// Walks over patches.
struct Patches<'a> {
    shape: &'a ConvShape,
    values: &'a [f32],
}

impl Patches<'_> {
    /// Copies values `from..to` of the patches `first..` into rows of `out`, `stride` values apart.
    fn gather(&self, first: usize, count: usize, from: usize, to: usize, out: &mut [f32], stride: usize) {
        let shape = self.shape;
        let [out_height, out_width] = shape.output();
        let [height, width] = shape.input;
        let channels = shape.channels;
        let run = shape.kernel[1] * channels;
        let line = width * channels;
        let mut x = first % out_width;
        let mut y = first / out_width % out_height;
        let mut image = first / (out_width * out_height);
        for out in out.chunks_mut(stride).take(count) {
            let left = x * shape.stride[1];
            // The part of a kernel row that lies within the image, in values.
            let inside_from = shape.padding[1].saturating_sub(left) * channels;
            let inside_to = (width + shape.padding[1]).saturating_sub(left).min(shape.kernel[1]) * channels;
            for ky in from / run..to.div_ceil(run) {
                let begin = from.max(ky * run);
                let end = to.min((ky + 1) * run);
                let out = &mut out[begin - from..end - from];
                let row = y * shape.stride[0] + ky;
                if row < shape.padding[0] || row - shape.padding[0] >= height {
                    out.fill(0.0);
                    continue;
                }
                let copied_from = (ky * run + inside_from).clamp(begin, end);
                let copied_to = (ky * run + inside_to).clamp(copied_from, end);
                out[..copied_from - begin].fill(0.0);
                out[copied_to - begin..].fill(0.0);
                if copied_from < copied_to {
                    let line_start = (image * height + row - shape.padding[0]) * line;
                    let start = line_start + left * channels + (copied_from - ky * run) - shape.padding[1] * channels;
                    out[copied_from - begin..copied_to - begin]
                        .copy_from_slice(&self.values[start..start + (copied_to - copied_from)]);
                }
            }
            x += 1;
            if x == out_width {
                x = 0;
                y += 1;
                if y == out_height {
                    y = 0;
                    image += 1;
                }
            }
        }
    }
}

/// The rows of patches times the panels, `[patches, panels.columns]`, and what `finish` makes of each block of rows while
/// it is in the cache: it gets the place of the first.
fn multiply_patches<R: Send>(
    source: Source<'_>,
    shape: &ConvShape,
    panels: &Panels,
    block: usize,
    finish: impl Fn(usize, &[f32]) -> R + Sync,
) -> (Vec<f32>, Vec<R>) {
    let columns = panels.columns;
    let depth = shape.depth();
    let mut out = vec![0.0; shape.patches() * columns];
    let blocks = out.par_chunks_mut((block * columns).max(1)).enumerate();
    let finished = blocks.map_init(Vec::new, |buffer, (i, out)| {
        let first = i * block;
        match source {
            Source::Images(values) if shape.is_plain() => {
                let left = &values[first * depth..];
                vectorized(Multiply { left, stride: depth, panels, depths: 0..depth, out: &mut *out });
            }
            _ => {
                let count = out.len() / columns;
                buffer.resize(block * DEPTH_BLOCK, 0.0);
                for from in (0..depth).step_by(DEPTH_BLOCK) {
                    let to = (from + DEPTH_BLOCK).min(depth);
                    source.fill(shape, first..first + count, from..to, buffer, to - from);
                    let left = &buffer[..];
                    vectorized(Multiply { left, stride: to - from, panels, depths: from..to, out: &mut *out });
                }
            }
        }
        finish(first, out)
    });
    let finished = finished.collect();
    (out, finished)
}

/// `[N, OH, OW, O]` of `[N, H, W, C]`.
pub fn forward(x: &[f32], weight: &[f32], shape: &ConvShape) -> Vec<f32> {
    multiply_patches(Source::Images(x), shape, &shape.panels(weight), shape.block_patches(), |_, _| ()).0
}

/// The same, and the statistics of what comes out.
pub fn forward_with_statistics(source: Source<'_>, weight: &[f32], shape: &ConvShape) -> (Vec<f32>, Statistics) {
    let channels = shape.out_channels;
    let finish = |_, values: &[f32]| vectorized(Sums { values, channels });
    let (out, summed) = multiply_patches(source, shape, &shape.panels(weight), SUMMED_PATCHES, finish);
    (out, Statistics::of(&summed, channels))
}

/// The gradient of the input, `[N, H, W, C]`.
pub fn input_gradient(grad: &[f32], weight: &[f32], shape: &ConvShape) -> Vec<f32> {
    let (taps, channels, outputs) = (shape.taps(), shape.channels, shape.out_channels);
    let fits = (0..2).all(|i| shape.padding[i] < shape.kernel[i]);
    if shape.stride == [1, 1] && fits {
        let axes = WeightAxes {
            columns: (channels, taps),
            inner: (outputs, channels * taps),
            outer: (taps, 1),
            flipped: true,
        };
        let (backwards, panels) = (shape.backwards(), Panels::new(weight, axes));
        return multiply_patches(Source::Images(grad), &backwards, &panels, backwards.block_patches(), |_, _| ()).0;
    }
    scattered_gradient(grad, weight, shape)
}

/// The gradient of the output of the batch norm before a convolution of single pixels, and the sums that the norm's own
/// gradients need. `norm.grad` is not looked at.
pub fn input_gradient_with_sums(
    grad: &[f32],
    weight: &[f32],
    shape: &ConvShape,
    norm: &NormGradient<'_>,
) -> (Vec<f32>, NormSums) {
    let (channels, outputs) = (shape.channels, shape.out_channels);
    let axes = WeightAxes { columns: (channels, 1), inner: (outputs, channels), outer: (1, 1), flipped: false };
    let panels = Panels::new(weight, axes);
    let finish = |first: usize, grad: &[f32]| norm.sums_of(first, grad);
    let (out, sums) = multiply_patches(Source::Images(grad), &shape.backwards(), &panels, SUMMED_PATCHES, finish);
    (out, norm.summed(sums))
}

/// For strides: the gradient of every patch, added up where patches overlap; an image at a time.
fn scattered_gradient(grad: &[f32], weight: &[f32], shape: &ConvShape) -> Vec<f32> {
    let (taps, channels, outputs) = (shape.taps(), shape.channels, shape.out_channels);
    let [height, width] = shape.input;
    let [out_height, out_width] = shape.output();
    let depth = shape.depth();
    // Columns are taps, channels: as the patches are.
    let by_tap = reordered(weight, outputs, channels, taps);
    let panels = Panels::new(
        &by_tap,
        WeightAxes { columns: (depth, 1), inner: (outputs, depth), outer: (1, 1), flipped: false },
    );
    let mut out = vec![0.0; shape.images * height * width * channels];
    let image = height * width * channels;
    out.par_chunks_mut(image.max(1)).enumerate().for_each_init(Vec::new, |buffer, (n, out)| {
        for y in 0..out_height {
            buffer.resize(out_width * depth, 0.0);
            let left = &grad[(n * out_height + y) * out_width * outputs..];
            vectorized(Multiply { left, stride: outputs, panels: &panels, depths: 0..outputs, out: buffer });
            for ky in 0..shape.kernel[0] {
                let row = y * shape.stride[0] + ky;
                if row < shape.padding[0] || row - shape.padding[0] >= height {
                    continue;
                }
                let line = &mut out[(row - shape.padding[0]) * width * channels..][..width * channels];
                for (x, patch) in buffer.chunks_exact(depth).enumerate() {
                    for kx in 0..shape.kernel[1] {
                        let column = x * shape.stride[1] + kx;
                        if column < shape.padding[1] || column - shape.padding[1] >= width {
                            continue;
                        }
                        let place = (column - shape.padding[1]) * channels;
                        let tap = (ky * shape.kernel[1] + kx) * channels;
                        for (out, value) in line[place..place + channels].iter_mut().zip(&patch[tap..]) {
                            *out += value;
                        }
                    }
                }
            }
        }
    });
    out
}

/// `[O, taps, C]` of `[O, C, taps]`.
fn reordered(weight: &[f32], outputs: usize, channels: usize, taps: usize) -> Vec<f32> {
    let mut out = vec![0.0; weight.len()];
    let one = (channels * taps).max(1);
    out[..outputs * channels * taps].par_chunks_mut(one).zip(weight.par_chunks(one)).for_each(|(out, weight)| {
        for (c, values) in weight.chunks_exact(taps).enumerate() {
            for (t, value) in values.iter().enumerate() {
                out[t * channels + c] = *value;
            }
        }
    });
    out
}

/// The gradient of the weight, `[O, C, KH, KW]`. Every value is summed by one task in one order, so that it is the same
/// whatever the threads do.
pub fn weight_gradient(source: Source<'_>, grad: &[f32], shape: &ConvShape) -> Vec<f32> {
    let (taps, channels, outputs) = (shape.taps(), shape.channels, shape.out_channels);
    let (depth, patches) = (shape.depth(), shape.patches());
    let most = (GRADIENT_VALUES / outputs.max(1)).clamp(12, 256);
    let part = most.min(depth.div_ceil(4)).next_multiple_of(6);
    // By taps, channels x outputs.
    let mut sums = vec![0.0; depth * outputs];
    sums.par_chunks_mut(part * outputs).enumerate().for_each_init(
        || (Vec::new(), Vec::new()),
        |(buffer, scratch), (i, out)| {
            let from = i * part;
            let count = out.len() / outputs;
            // Rows at a distance that is no power of two do not fall on one another in the cache.
            let stride = count.next_multiple_of(16) + 16;
            buffer.resize(GRADIENT_PATCHES * stride, 0.0);
            let mut first = 0;
            while first < patches {
                let rows = GRADIENT_PATCHES.min(patches - first);
                source.fill(shape, first..first + rows, from..from + count, buffer, stride);
                let right = &grad[first * outputs..(first + rows) * outputs];
                vectorized(MultiplyTransposed {
                    left: buffer,
                    stride,
                    depth: count,
                    right,
                    columns: outputs,
                    out,
                    scratch,
                });
                first += rows;
            }
        },
    );
    let mut out = vec![0.0; sums.len()];
    const TOGETHER: usize = 16;
    out.par_chunks_mut(depth * TOGETHER).enumerate().for_each(|(i, out)| {
        let first = i * TOGETHER;
        for from in (0..channels).step_by(TOGETHER) {
            let to = (from + TOGETHER).min(channels);
            for (o, out) in out.chunks_exact_mut(depth).enumerate() {
                for (c, out) in (from..to).zip(out[from * taps..].chunks_exact_mut(taps)) {
                    for (t, out) in out.iter_mut().enumerate() {
                        *out = sums[(t * channels + c) * outputs + first + o];
                    }
                }
            }
        }
    });
    out
}

/// The gradient of the bias: the sum over all places, `[O]`.
pub fn bias_gradient(grad: &[f32], outputs: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; outputs];
    for row in grad.chunks_exact(outputs) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(*value);
        }
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// Calls with the places of output, input and weight of every product.
    fn every_product(s: &ConvShape, mut f: impl FnMut(usize, usize, usize)) {
        let [oh, ow] = s.output();
        let [h, w] = s.input;
        for n in 0..s.images {
            for y in 0..oh {
                for x in 0..ow {
                    for o in 0..s.out_channels {
                        for ky in 0..s.kernel[0] {
                            for kx in 0..s.kernel[1] {
                                let iy = (y * s.stride[0] + ky) as isize - s.padding[0] as isize;
                                let ix = (x * s.stride[1] + kx) as isize - s.padding[1] as isize;
                                if iy < 0 || ix < 0 || iy >= h as isize || ix >= w as isize {
                                    continue;
                                }
                                for c in 0..s.channels {
                                    let out = ((n * oh + y) * ow + x) * s.out_channels + o;
                                    let input = ((n * h + iy as usize) * w + ix as usize) * s.channels + c;
                                    let weight = ((o * s.channels + c) * s.kernel[0] + ky) * s.kernel[1] + kx;
                                    f(out, input, weight);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn values_and_gradients_are_the_sums_of_all_products() {
        for (channels, out_channels, kernel, stride, padding, input) in [
            (3, 20, [3, 3], [1, 1], [1, 1], [5, 7]),
            (17, 8, [1, 1], [1, 1], [0, 0], [4, 4]),
            (40, 33, [3, 3], [2, 2], [1, 1], [7, 6]),
            (1, 16, [7, 7], [2, 2], [3, 3], [16, 15]),
            (6, 5, [1, 1], [2, 2], [0, 0], [8, 8]),
            (3, 12, [4, 4], [4, 4], [0, 0], [16, 16]),
            (5, 7, [3, 1], [1, 1], [1, 0], [6, 5]),
            (300, 18, [1, 1], [1, 1], [0, 0], [3, 3]),
            (4, 4, [1, 1], [1, 1], [1, 1], [3, 3]),
        ] {
            let s = ConvShape { images: 3, input, channels, out_channels, kernel, stride, padding };
            let x = values(s.images * input[0] * input[1] * channels, 1);
            let w = values(out_channels * channels * kernel[0] * kernel[1], 2);
            let g = values(s.patches() * out_channels, 3);
            let (mut y, mut dx, mut dw) = (vec![0.0_f64; g.len()], vec![0.0_f64; x.len()], vec![0.0_f64; w.len()]);
            every_product(&s, |out, input, weight| {
                y[out] += f64::from(x[input] * w[weight]);
                dx[input] += f64::from(g[out] * w[weight]);
                dw[weight] += f64::from(g[out] * x[input]);
            });
            for (name, found, expected) in [
                ("output", forward(&x, &w, &s), y),
                ("input", input_gradient(&g, &w, &s), dx),
                ("weight", weight_gradient(Source::Images(&x), &g, &s), dw),
            ] {
                assert_eq!(found.len(), expected.len());
                for (i, (a, b)) in found.iter().zip(&expected).enumerate() {
                    assert!((f64::from(*a) - b).abs() < 1e-4, "{name} of {s:?} at {i}: {a} {b}");
                }
            }
        }
    }
}
