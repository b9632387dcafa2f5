//! The two-dimensional Fourier transform of one channel. The channel being real, one half of the frequencies mirrors the
//! other: only half of them are computed, and two rows go through each transform along W, one as the imaginary part.

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

/// Lengths whose plans are kept: images of one run seldom have more than a few sizes.
const PLANS: usize = 16;

struct Plan {
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
}

/// Plans and buffers of one thread.
#[derive(Default)]
pub(crate) struct Fourier {
    plans: Vec<Plan>,
    /// Pairs of rows, as one complex row each.
    rows: Vec<Complex<f32>>,
    /// The frequencies 0 to W/2 along W; of each, all along H, 0 first.
    spectrum: Vec<Complex<f32>>,
    work: Vec<Complex<f32>>,
}

impl std::fmt::Debug for Fourier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fourier").field("plans", &self.plans.len()).finish_non_exhaustive()
    }
}

/// The frequency that mirrors this one, of `n`.
fn mirrored(frequency: usize, n: usize) -> usize {
    if frequency == 0 { 0 } else { n - frequency }
}

impl Fourier {
    /// Transforms a channel of `height` x `width` values; the result stays in here.
    pub(crate) fn forward(&mut self, channel: &[f32], [height, width]: [usize; 2]) {
        self.rows.clear();
        for pair in channel.chunks(2 * width.max(1)) {
            let (first, second) = pair.split_at(width);
            let second = second.iter().copied().chain(std::iter::repeat(0.0));
            self.rows.extend(first.iter().zip(second).map(|(a, b)| Complex::new(*a, b)));
        }
        let plan = self.plan(width).forward.clone();
        run(plan.as_ref(), &mut self.rows, &mut self.work);
        self.spectrum.resize((width / 2 + 1) * height, Complex::ZERO);
        for (x, column) in self.spectrum.chunks_exact_mut(height.max(1)).enumerate() {
            let mirror = mirrored(x, width);
            for (out, row) in column.chunks_mut(2).zip(self.rows.chunks_exact(width.max(1))) {
                let (z, m) = (row[x], row[mirror].conj());
                let (sum, difference) = ((z + m) * 0.5, (z - m) * 0.5);
                let pair = [sum, Complex::new(difference.im, -difference.re)];
                for (out, v) in out.iter_mut().zip(pair) {
                    *out = v;
                }
            }
        }
        let plan = self.plan(height).forward.clone();
        run(plan.as_ref(), &mut self.spectrum, &mut self.work);
    }

    /// Back from what is in here, which is used up. Of what does not mirror itself, the real part is what comes out.
    pub(crate) fn inverse(&mut self, channel: &mut [f32], [height, width]: [usize; 2]) {
        let plan = self.plan(height).inverse.clone();
        run(plan.as_ref(), &mut self.spectrum, &mut self.work);
        self.rows.resize(height.div_ceil(2) * width, Complex::ZERO);
        for (x, column) in self.spectrum.chunks_exact(height.max(1)).enumerate() {
            let mirror = mirrored(x, width);
            for (pair, row) in column.chunks(2).zip(self.rows.chunks_exact_mut(width.max(1))) {
                let first = pair.first().copied().unwrap_or_default();
                let second = pair.get(1).copied().unwrap_or_default();
                row[mirror] = Complex::new(first.re + second.im, second.re - first.im);
                row[x] = Complex::new(first.re - second.im, first.im + second.re);
            }
        }
        let plan = self.plan(width).inverse.clone();
        run(plan.as_ref(), &mut self.rows, &mut self.work);
        let scale = 1.0 / (height * width) as f32;
        for (pair, row) in channel.chunks_mut(2 * width.max(1)).zip(self.rows.chunks_exact(width.max(1))) {
            let (first, second) = pair.split_at_mut(width);
            for (v, z) in first.iter_mut().zip(row) {
                *v = z.re * scale;
            }
            for (v, z) in second.iter_mut().zip(row) {
                *v = z.im * scale;
            }
        }
    }

    /// Multiplies each frequency with what `factor` says of it and the one that mirrors it, each as `[H, W]`, 0 first.
    pub(crate) fn filter(
        &mut self,
        [height, width]: [usize; 2],
        mut factor: impl FnMut([usize; 2], [usize; 2]) -> f32,
    ) {
        for (x, column) in self.spectrum.chunks_exact_mut(height.max(1)).enumerate() {
            for (y, z) in column.iter_mut().enumerate() {
                *z *= factor([y, x], [mirrored(y, height), mirrored(x, width)]);
            }
        }
    }

    /// The mean over all frequencies of the logarithm of (the magnitude and 1e-10).
    pub(crate) fn mean_log(&self, [height, width]: [usize; 2]) -> f64 {
        let mut sum = 0.0;
        for (x, column) in self.spectrum.chunks_exact(height.max(1)).enumerate() {
            let part: f64 = column.iter().map(|z| f64::from((z.norm() + 1e-10).ln())).sum();
            // All but the first, and the middle one of an even number, stand for their mirrors too.
            sum += if mirrored(x, width) == x { part } else { 2.0 * part };
        }
        sum / (height * width) as f64
    }

    fn plan(&mut self, len: usize) -> &Plan {
        let at = self.plans.iter().position(|p| p.forward.len() == len).unwrap_or_else(|| {
            if self.plans.len() >= PLANS {
                self.plans.remove(0);
            }
            let mut planner = FftPlanner::new();
            self.plans.push(Plan { forward: planner.plan_fft_forward(len), inverse: planner.plan_fft_inverse(len) });
            self.plans.len() - 1
        });
        &self.plans[at]
    }
}

/// Transforms each of the buffer's rows of the plan's length.
fn run(plan: &dyn Fft<f32>, buffer: &mut [Complex<f32>], work: &mut Vec<Complex<f32>>) {
    work.resize(plan.get_inplace_scratch_len(), Complex::ZERO);
    plan.process_with_scratch(buffer, work);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(n: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919) % 251) as f32).collect()
    }

    #[test]
    fn there_and_back_again_and_the_sum_in_between() {
        let mut fourier = Fourier::default();
        for size @ [h, w] in [[1, 1], [1, 5], [5, 1], [2, 2], [3, 4], [4, 3], [7, 13], [64, 64], [31, 45], [1, 2]] {
            let before = values(h * w);
            fourier.forward(&before, size);
            let sum: f32 = before.iter().sum();
            assert!((fourier.spectrum[0].re - sum).abs() < 1e-5 * sum.max(1.0), "{size:?}");
            let mut after = vec![0.0; h * w];
            fourier.inverse(&mut after, size);
            for (a, b) in before.iter().zip(&after) {
                assert!((a - b).abs() < 1e-3, "{size:?}: {a} {b}");
            }
        }
    }

    #[test]
    fn frequencies_are_the_definitions() {
        let mut fourier = Fourier::default();
        for [h, w] in [[3, 4], [5, 5], [4, 6]] {
            let data = values(h * w);
            fourier.forward(&data, [h, w]);
            let mut logs = 0.0;
            for (fy, fx) in (0..h).flat_map(|y| (0..w).map(move |x| (y, x))) {
                let mut sum = Complex::new(0.0, 0.0);
                for (i, v) in data.iter().enumerate() {
                    let turns = (fy * (i / w)) as f64 / h as f64 + (fx * (i % w)) as f64 / w as f64;
                    sum += Complex::from_polar(f64::from(*v), -std::f64::consts::TAU * turns);
                }
                logs += (sum.norm() + 1e-10).ln();
                if let Some(z) = fourier.spectrum.get(fx * h + fy) {
                    let found = Complex::new(f64::from(z.re), f64::from(z.im));
                    assert!((found - sum).norm() < 1e-2, "{fy} {fx}: {found} {sum}");
                }
            }
            assert!((fourier.mean_log([h, w]) - logs / (h * w) as f64).abs() < 1e-4);
        }
    }

    #[test]
    fn plans_are_bounded() {
        let mut fourier = Fourier::default();
        for n in 1..100 {
            fourier.forward(&values(n * 2), [2, n]);
        }
        assert_eq!(fourier.plans.len(), PLANS);
    }
}
