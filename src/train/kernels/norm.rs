//! Batch normalisation of channels-last images, with what is usually done behind it: a sum with a shortcut and a ReLU.
//!
//! The images may come as several tensors that lie side by side along the channels, so that a dense block need not copy
//! them together.

use super::vector::{madd, vectorized};
use macerator::{Simd, WithSimd};
use rayon::prelude::*;

/// Some of the channels, `[rows, channels]`.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    pub values: &'a [f32],
    pub channels: usize,
}

/// What a value is limited to behind the sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    Identity,
    Relu,
    /// As [`Self::Relu`], and not above 6.
    Relu6,
}

impl Activation {
    /// The least and the largest value; between them the slope is 1, outside and at them 0.
    fn limits(self) -> [f32; 2] {
        match self {
            Self::Identity => [f32::NEG_INFINITY, f32::INFINITY],
            Self::Relu => [0.0, f32::INFINITY],
            Self::Relu6 => [0.0, 6.0],
        }
    }
}

/// Mean and biased variance by channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
}

/// Values of a task.
const TASK_VALUES: usize = 32 * 1024;

/// Rows of a task; they decide the order of a sum, and so must not depend on the number of threads.
fn task_rows(channels: usize) -> usize {
    (TASK_VALUES / channels.max(1)).max(8)
}

/// Sums by channel of some rows, relative to the first of them.
pub(crate) struct Sums<'a> {
    pub values: &'a [f32],
    pub channels: usize,
}

/// What [`Sums`] found: rows, the first row, the sums of the distances from it and of their squares.
pub(crate) struct Summed {
    rows: usize,
    shift: Vec<f32>,
    sums: Vec<f32>,
    squares: Vec<f32>,
}

impl WithSimd for Sums<'_> {
    type Output = Summed;

    #[inline(always)]
    fn with_simd<S: Simd>(self) -> Summed {
        let channels = self.channels;
        let shift = self.values[..channels].to_vec();
        let (mut sums, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
        {
            let (shift, sums, squares) = (&shift[..channels], &mut sums[..channels], &mut squares[..channels]);
            for row in self.values.chunks_exact(channels) {
                for c in 0..channels {
                    let distance = row[c] - shift[c];
                    sums[c] += distance;
                    squares[c] = madd::<S>(distance, distance, squares[c]);
                }
            }
        }
        Summed { rows: self.values.len() / channels, shift, sums, squares }
    }
}

/// Sums by channel, each task's in single precision and added up in double, in order.
fn added_up<const N: usize>(tasks: Vec<[Vec<f32>; N]>, channels: usize) -> [Vec<f64>; N] {
    let mut total: [Vec<f64>; N] = std::array::from_fn(|_| vec![0.0; channels]);
    for task in tasks {
        for (total, task) in total.iter_mut().zip(&task) {
            for (total, value) in total.iter_mut().zip(task) {
                *total += f64::from(*value);
            }
        }
    }
    total
}

impl Statistics {
    /// Of all rows together (Chan, Golub and LeVeque 1979). Sums relative to a row keep a mean far from zero from drowning
    /// the variance.
    pub(crate) fn of(tasks: &[Summed], channels: usize) -> Self {
        let (mut mean, mut squares, mut rows) = (vec![0.0_f64; channels], vec![0.0_f64; channels], 0.0);
        for task in tasks {
            let count = task.rows as f64;
            let share = count / (rows + count);
            for c in 0..channels {
                let sum = f64::from(task.sums[c]);
                let distance = f64::from(task.shift[c]) + sum / count - mean[c];
                mean[c] += distance * share;
                squares[c] += f64::from(task.squares[c]) - sum * sum / count + distance * distance * rows * share;
            }
            rows += count;
        }
        Self {
            mean: mean.iter().map(|mean| *mean as f32).collect(),
            variance: squares.iter().map(|squares| (squares / rows.max(1.0)).max(0.0) as f32).collect(),
        }
    }
}

/// The statistics of `[rows, channels]`.
pub fn statistics(part: Part<'_>) -> Statistics {
    let Part { values, channels } = part;
    let tasks: Vec<Summed> = values
        .par_chunks((task_rows(channels) * channels).max(1))
        .map(|values| vectorized(Sums { values, channels }))
        .collect();
    Statistics::of(&tasks, channels)
}

/// What a channel's values are multiplied with and shifted by.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Affine {
    pub fn new(statistics: &Statistics, gamma: &[f32], beta: &[f32], epsilon: f64) -> Self {
        let (mut scale, mut shift) = (Vec::with_capacity(gamma.len()), Vec::with_capacity(gamma.len()));
        for (c, (gamma, beta)) in gamma.iter().zip(beta).enumerate() {
            let factor = f64::from(*gamma) / (f64::from(statistics.variance[c]) + epsilon).sqrt();
            scale.push(factor as f32);
            shift.push((f64::from(*beta) - f64::from(statistics.mean[c]) * factor) as f32);
        }
        Self { scale, shift }
    }
}

struct Normalize<'a> {
    values: &'a [f32],
    /// Between the beginnings of rows, of the values and of the output.
    strides: [usize; 2],
    scale: &'a [f32],
    shift: &'a [f32],
    /// As many values as there are, without gaps.
    shortcut: Option<&'a [f32]>,
    limits: [f32; 2],
    out: &'a mut [f32],
}

impl WithSimd for Normalize<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let channels = self.scale.len();
        let (scale, shift) = (&self.scale[..channels], &self.shift[..channels]);
        let [least, most] = self.limits;
        // A NaN stays one.
        let limited = |value: f32| {
            let value = if value < least { least } else { value };
            if value > most { most } else { value }
        };
        let rows = self.values.chunks(self.strides[0]).zip(self.out.chunks_mut(self.strides[1]));
        match self.shortcut {
            None => {
                for (row, out) in rows {
                    let (row, out) = (&row[..channels], &mut out[..channels]);
                    for c in 0..channels {
                        out[c] = limited(madd::<S>(row[c], scale[c], shift[c]));
                    }
                }
            }
            Some(shortcut) => {
                for ((row, out), shortcut) in rows.zip(shortcut.chunks_exact(channels)) {
                    let (row, out) = (&row[..channels], &mut out[..channels]);
                    for c in 0..channels {
                        out[c] = limited(madd::<S>(row[c], scale[c], shift[c]) + shortcut[c]);
                    }
                }
            }
        }
    }
}

/// Images behind a batch norm and an activation, worked out where they are needed.
#[derive(Clone, Copy)]
pub struct Normalized<'a> {
    pub parts: &'a [Part<'a>],
    pub affine: &'a Affine,
    pub activation: Activation,
}

impl Normalized<'_> {
    pub(crate) fn rows(&self) -> usize {
        self.parts.first().map_or(0, |part| part.values.len() / part.channels.max(1))
    }

    /// Channels `from..to` of `count` rows from `first` on, into rows of `out` `stride` values apart.
    pub(crate) fn fill(&self, first: usize, count: usize, from: usize, to: usize, out: &mut [f32], stride: usize) {
        let mut begin = 0;
        for part in self.parts {
            let end = begin + part.channels;
            let (low, high) = (from.max(begin), to.min(end));
            if low < high {
                let start = first * part.channels + low - begin;
                let stop = (first + count) * part.channels;
                vectorized(Normalize {
                    values: &part.values[start..stop],
                    strides: [part.channels, stride],
                    scale: &self.affine.scale[low..high],
                    shift: &self.affine.shift[low..high],
                    shortcut: None,
                    limits: self.activation.limits(),
                    out: &mut out[low - from..],
                });
            }
            begin = end;
        }
    }
}

/// All of them, `[rows, channels of all parts]`.
pub fn normalize(normalized: &Normalized<'_>) -> Vec<f32> {
    let channels = normalized.affine.scale.len();
    let task = task_rows(channels);
    let mut out = vec![0.0; normalized.rows() * channels];
    out.par_chunks_mut((task * channels).max(1)).enumerate().for_each(|(i, out)| {
        normalized.fill(i * task, out.len() / channels, 0, channels, out, channels);
    });
    out
}

/// `activation(x * scale + shift + shortcut)`, `[rows, channels]`.
pub fn normalize_and_add(part: Part<'_>, affine: &Affine, shortcut: &[f32], activation: Activation) -> Vec<f32> {
    let mut out = vec![0.0; part.values.len()];
    let task = (task_rows(part.channels) * part.channels).max(1);
    out.par_chunks_mut(task).enumerate().for_each(|(i, out)| {
        let range = i * task..i * task + out.len();
        vectorized(Normalize {
            values: &part.values[range.clone()],
            strides: [part.channels; 2],
            scale: &affine.scale,
            shift: &affine.shift,
            shortcut: Some(&shortcut[range]),
            limits: activation.limits(),
            out,
        });
    });
    out
}

/// What a batch norm's gradients are made from.
pub struct NormGradient<'a> {
    pub parts: &'a [Part<'a>],
    pub statistics: &'a Statistics,
    /// They are this batch's, and so depend on it.
    pub of_batch: bool,
    pub affine: &'a Affine,
    pub epsilon: f64,
    /// The gradient of the output.
    pub grad: &'a [f32],
    pub activation: Activation,
    /// What had come out where there was a shortcut; else that is worked out again.
    pub output: Option<&'a [f32]>,
}

/// What has been summed up in a first pass, by channel.
pub struct NormSums {
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
    slope: Vec<f32>,
    level: Vec<f32>,
}

/// Where a gradient goes: rows of `stride` values.
pub struct GradientPlace<'a> {
    pub values: &'a mut [f32],
    pub stride: usize,
    /// It is added to what is there.
    pub add: bool,
}

/// Some rows of one part.
struct GradientRows<'a> {
    values: &'a [f32],
    /// Rows of the gradient and of the output are `stride` values apart.
    grad: &'a [f32],
    output: Option<&'a [f32]>,
    stride: usize,
    scale: &'a [f32],
    shift: &'a [f32],
    mean: &'a [f32],
    limits: [f32; 2],
}

/// Runs a statement for each channel c of each row r, with the value x and the gradient g before the ReLU.
macro_rules! each_gradient {
    ($rows:expr, |$r:ident, $c:ident, $x:ident, $g:ident| $body:expr) => {{
        let GradientRows { values, grad, output, stride, scale, shift, limits: [least, most], .. } = $rows;
        let channels = scale.len();
        let shift = &shift[..channels];
        for ($r, row) in values.chunks_exact(channels).enumerate() {
            let grad = &grad[$r * stride..][..channels];
            if least == f32::NEG_INFINITY {
                for $c in 0..channels {
                    let ($x, $g) = (row[$c], grad[$c]);
                    $body
                }
            } else if let Some(output) = output {
                let output = &output[$r * stride..][..channels];
                for $c in 0..channels {
                    let ($x, $g) = (row[$c], if output[$c] > least && output[$c] < most { grad[$c] } else { 0.0 });
                    $body
                }
            } else {
                for $c in 0..channels {
                    let $x = row[$c];
                    let value = madd::<S>($x, scale[$c], shift[$c]);
                    let $g = if value > least && value < most { grad[$c] } else { 0.0 };
                    $body
                }
            }
        }
    }};
}

struct GradientSums<'a> {
    rows: GradientRows<'a>,
    sums: [Vec<f32>; 2],
}

impl WithSimd for GradientSums<'_> {
    type Output = [Vec<f32>; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(mut self) -> [Vec<f32>; 2] {
        let channels = self.rows.scale.len();
        let [sums, products] = &mut self.sums;
        let (sums, products) = (&mut sums[..channels], &mut products[..channels]);
        let mean = &self.rows.mean[..channels];
        each_gradient!(self.rows, |r, c, x, g| {
            sums[c] += g;
            products[c] = madd::<S>(g, x - mean[c], products[c]);
        });
        self.sums
    }
}

/// The input's gradient is `scale * (grad - slope * (x - mean) - level)`.
struct GradientApply<'a> {
    rows: GradientRows<'a>,
    slope: &'a [f32],
    level: &'a [f32],
    out: GradientPlace<'a>,
}

impl WithSimd for GradientApply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let channels = self.rows.scale.len();
        let (mean, slope, level) = (&self.rows.mean[..channels], &self.slope[..channels], &self.level[..channels]);
        let GradientPlace { values: out, stride: out_stride, add } = self.out;
        let factor = self.rows.scale;
        if add {
            each_gradient!(self.rows, |r, c, x, g| {
                let place = &mut out[r * out_stride + c];
                *place = madd::<S>(factor[c], g - madd::<S>(slope[c], x - mean[c], level[c]), *place);
            });
        } else {
            each_gradient!(self.rows, |r, c, x, g| {
                out[r * out_stride + c] = factor[c] * (g - madd::<S>(slope[c], x - mean[c], level[c]));
            });
        }
    }
}

/// `out = grad` where the output was between the limits.
struct Limited<'a> {
    grad: &'a [f32],
    output: &'a [f32],
    limits: [f32; 2],
    out: &'a mut [f32],
}

impl WithSimd for Limited<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let n = self.out.len();
        let (grad, output, [least, most]) = (&self.grad[..n], &self.output[..n], self.limits);
        for i in 0..n {
            self.out[i] = if output[i] > least && output[i] < most { grad[i] } else { 0.0 };
        }
    }
}

/// The gradient before an activation.
pub fn limited_gradient(grad: &[f32], output: &[f32], activation: Activation) -> Vec<f32> {
    let limits = activation.limits();
    let mut out = vec![0.0; grad.len()];
    out.par_chunks_mut(TASK_VALUES).enumerate().for_each(|(i, out)| {
        let start = i * TASK_VALUES;
        vectorized(Limited { grad: &grad[start..], output: &output[start..], limits, out });
    });
    out
}

impl NormGradient<'_> {
    fn channels(&self) -> usize {
        self.affine.scale.len()
    }

    fn rows_in_all(&self) -> usize {
        self.parts.first().map_or(0, |part| part.values.len() / part.channels.max(1))
    }

    /// The parts, each with the place of its first channel.
    fn placed_parts(&self) -> impl Iterator<Item = (Part<'_>, usize)> {
        self.parts.iter().scan(0, |first, part| Some((*part, std::mem::replace(first, *first + part.channels))))
    }

    /// `count` rows from `row` on of the part whose channels begin at `first`.
    fn rows<'a>(&'a self, part: Part<'a>, first: usize, row: usize, count: usize) -> GradientRows<'a> {
        let range = first..first + part.channels;
        let start = row * self.channels() + first;
        GradientRows {
            values: &part.values[row * part.channels..(row + count) * part.channels],
            // Empty where the sums are made on the way.
            grad: self.grad.get(start..).unwrap_or(&[]),
            output: self.output.map(|output| &output[start..]),
            stride: self.channels(),
            scale: &self.affine.scale[range.clone()],
            shift: &self.affine.shift[range.clone()],
            mean: &self.statistics.mean[range],
            limits: self.activation.limits(),
        }
    }

    /// The sums of some rows' gradients, of which row `row` is the first.
    pub(crate) fn sums_of(&self, row: usize, grad: &[f32]) -> [Vec<f32>; 2] {
        let channels = self.channels();
        let mut all = [Vec::with_capacity(channels), Vec::with_capacity(channels)];
        for (part, first) in self.placed_parts() {
            let mut rows = self.rows(part, first, row, grad.len() / channels);
            rows.grad = &grad[first..];
            let sums = [vec![0.0; part.channels], vec![0.0; part.channels]];
            for (all, sums) in all.iter_mut().zip(vectorized(GradientSums { rows, sums })) {
                all.extend(sums);
            }
        }
        all
    }

    /// The first pass: the gradients of gamma and beta, and what [`Self::apply`] needs.
    pub fn sums(&self) -> NormSums {
        let channels = self.channels();
        let task = task_rows(channels);
        let tasks = self.grad.par_chunks((task * channels).max(1)).enumerate();
        self.summed(tasks.map(|(i, grad)| self.sums_of(i * task, grad)).collect())
    }

    /// The same, of sums that were made on the way.
    pub(crate) fn summed(&self, tasks: Vec<[Vec<f32>; 2]>) -> NormSums {
        let (channels, rows) = (self.channels(), self.rows_in_all());
        let [sums, products] = added_up(tasks, channels);
        let (mut gamma, mut slope, mut level) =
            (Vec::with_capacity(channels), Vec::with_capacity(channels), Vec::with_capacity(channels));
        let share = if self.of_batch { 1.0 / rows as f64 } else { 0.0 };
        for c in 0..channels {
            let variance = f64::from(self.statistics.variance[c]) + self.epsilon;
            gamma.push((products[c] / variance.sqrt()) as f32);
            slope.push((products[c] / variance * share) as f32);
            level.push((sums[c] * share) as f32);
        }
        NormSums { gamma, beta: sums.into_iter().map(|sum| sum as f32).collect(), slope, level }
    }

    /// The second pass: the gradients of all parts go to rows that have them side by side.
    pub fn apply(&self, sums: &NormSums, place: GradientPlace<'_>) {
        let GradientPlace { values, stride, add } = place;
        let rows = self.rows_in_all();
        let task = task_rows(self.channels());
        values.par_chunks_mut(task * stride).enumerate().for_each(|(i, values)| {
            let count = task.min(rows.saturating_sub(i * task));
            for (part, first) in self.placed_parts() {
                let range = first..first + part.channels;
                vectorized(GradientApply {
                    rows: self.rows(part, first, i * task, count),
                    slope: &sums.slope[range.clone()],
                    level: &sums.level[range],
                    out: GradientPlace { values: &mut values[first..], stride, add },
                });
            }
        });
    }
}
