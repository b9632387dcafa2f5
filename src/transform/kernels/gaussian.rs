//! MONAI's Gaussian smoothing.

use super::convolve::{Padding, convolve};
use super::scratch::Scratch;
use crate::data::Image;

/// How MONAI's Gaussian is made discrete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approx {
    Erf,
    Sampled,
    ScaleSpace,
}

impl Approx {
    /// By MONAI's name of it.
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "sampled" => Self::Sampled,
            "scalespace" => Self::ScaleSpace,
            _ => Self::Erf,
        }
    }
}

/// MONAI's `GaussianSmooth(sigma, approx="erf")`, sigma for H and W, with zeros outside.
pub(crate) fn smooth(image: &mut Image, sigma: [f64; 2], scratch: &mut Scratch) {
    smooth_by(image, sigma, Approx::Erf, scratch);
}

/// The same, the Gaussian made discrete in that way.
pub(crate) fn smooth_by(image: &mut Image, sigma: [f64; 2], approx: Approx, scratch: &mut Scratch) {
    smooth_into_scratch(image, sigma, approx, scratch);
    std::mem::swap(&mut image.data, &mut scratch.image);
}

/// The same; the result is left in the scratch's image.
pub(crate) fn smooth_into_scratch(image: &Image, sigma: [f64; 2], approx: Approx, scratch: &mut Scratch) {
    let Scratch { floats: [down, across, ..], line, image: out, .. } = scratch;
    gaussian(sigma[0], approx, down);
    gaussian(sigma[1], approx, across);
    convolve(&image.data, [image.height, image.width], [down, across], Padding::Zeros, line, out);
}

/// MONAI's `gaussian_1d(sigma, truncated=4)`, not normalised, into `kernel`.
pub(crate) fn gaussian(sigma: f64, approx: Approx, kernel: &mut Vec<f32>) {
    kernel.clear();
    // torch's sigma is float32.
    let sigma = f64::from(sigma as f32);
    if sigma <= 0.0 {
        kernel.push(1.0);
        return;
    }
    let tail = ((sigma * 4.0).max(0.5) + 0.5) as usize;
    match approx {
        Approx::Erf => {
            let scale = std::f64::consts::FRAC_1_SQRT_2 / sigma;
            let mut before = -erf(scale * 0.5);
            kernel.extend((0..=tail).map(|x| {
                let next = erf(scale * (x as f64 + 0.5));
                let area = 0.5 * (next - before);
                before = next;
                area.max(0.0) as f32
            }));
        }
        Approx::Sampled => {
            let height = 1.0 / (sigma * std::f64::consts::TAU.sqrt());
            kernel.extend((0..=tail).map(|x| ((-0.5 * (x as f64 / sigma).powi(2)).exp() * height) as f32));
        }
        Approx::ScaleSpace => discrete(sigma, tail, kernel),
    }
    // The right half stands there; the left one mirrors it.
    kernel.resize(2 * tail + 1, 0.0);
    kernel.copy_within(0..=tail, tail);
    let (left, right) = kernel.split_at_mut(tail);
    for (left, right) in left.iter_mut().rev().zip(right.iter().skip(1)) {
        *left = *right;
    }
}

/// The discrete Gaussian, exp(-t) I_n(t) of t = sigma², for n from 0 to `tail`.
fn discrete(sigma: f64, tail: usize, kernel: &mut Vec<f32>) {
    let t = sigma * sigma;
    // I_n / I_(n-1) from far out, where it is as good as 0, by the recurrence I_(n-1) - I_(n+1) = 2 n / t I_n, which is
    // stable downwards; then all of them, as I_0 + 2 (I_1 + I_2 + …) is exp(t).
    let far = (10.0 * sigma) as usize + 30;
    kernel.resize(far + 1, 0.0);
    let mut ratio = 0.0;
    for (n, place) in kernel.iter_mut().enumerate().skip(1).rev() {
        ratio = 1.0 / (2.0 * n as f64 / t + ratio);
        *place = ratio as f32;
    }
    let relative = |kernel: &[f32]| {
        kernel
            .iter()
            .skip(1)
            .scan(1.0, |at, ratio| {
                *at *= f64::from(*ratio);
                Some(*at)
            })
            .sum::<f64>()
    };
    let mut at = 1.0 / (1.0 + 2.0 * relative(kernel));
    kernel.truncate(tail + 1);
    for (n, place) in kernel.iter_mut().enumerate() {
        at *= if n == 0 { 1.0 } else { f64::from(*place) };
        *place = at as f32;
    }
}

/// The error function, to about 1e-9, which float32 results cannot tell from exact.
pub(crate) fn erf(x: f64) -> f64 {
    if x.abs() > 4.5 {
        return x.signum();
    }
    // The Maclaurin series: the sum of (-1)^n x^(2n+1) / (n! (2n+1)).
    let (mut power, mut sum) = (x, x);
    for n in 1..100 {
        let n = f64::from(n);
        power *= -x * x / n;
        let term = power / (2.0 * n + 1.0);
        sum += term;
        // The terms rise first, but never from so small a one.
        if term.abs() < 1e-12 {
            break;
        }
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erf_is_right() {
        for (x, y) in [
            (0.0, 0.0),
            (0.5, 0.520_499_877_8),
            (-1.0, -0.842_700_792_9),
            (2.0, 0.995_322_265_0),
            (4.0, 0.999_999_984_6),
        ] {
            assert!((erf(x) - y).abs() < 1e-9, "{x}");
        }
    }

    #[test]
    fn kernels_hold_at_any_width() {
        let mut kernel = Vec::new();
        for approx in [Approx::Erf, Approx::Sampled, Approx::ScaleSpace] {
            for sigma in [0.0, 1e-9, 0.01, 0.3, 3.0, 50.0, 1000.0] {
                gaussian(sigma, approx, &mut kernel);
                assert!(kernel.len() % 2 == 1 && kernel.iter().all(|v| !v.is_nan()), "{approx:?} {sigma}");
                assert!(kernel.iter().eq(kernel.iter().rev()), "{approx:?} {sigma}");
                let sum: f32 = kernel.iter().sum();
                // Narrower than a pixel, only the middle is sampled, and the discrete one is cut off early.
                let allowed = match (approx, sigma < 1.0) {
                    (Approx::Sampled, true) => f32::INFINITY,
                    (_, true) => 3e-3,
                    _ => 2e-4,
                };
                assert!((sum - 1.0).abs() < allowed, "{approx:?} {sigma}: {sum}");
            }
        }
    }
}
