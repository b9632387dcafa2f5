//! Smoothing and sharpening.

use super::registry::TransformInfo;
use super::resample::resample;
use super::scratch::Scratch;
use crate::data::Image;

pub(super) const ALL: &[TransformInfo] = &[];

/// MONAI's `GaussianSmooth(sigma, approx="erf")`, sigma for H and W, with zeros outside.
pub(super) fn smooth(image: &mut Image, sigma: [f64; 2], scratch: &mut Scratch) {
    scratch.rows.filter(&gaussian(sigma[0]), image.height);
    scratch.columns.filter(&gaussian(sigma[1]), image.width);
    let size = [image.height, image.width];
    resample(&image.data, size, &scratch.rows, &scratch.columns, &mut scratch.line, &mut scratch.image);
    std::mem::swap(&mut image.data, &mut scratch.image);
}

/// MONAI's `gaussian_1d(sigma, truncated=4, approx="erf")`: the bell's area over each pixel. Not normalised.
fn gaussian(sigma: f64) -> Vec<f32> {
    if sigma <= 0.0 {
        return vec![1.0];
    }
    let tail = ((sigma * 4.0).max(0.5) + 0.5) as i32;
    let scale = std::f64::consts::FRAC_1_SQRT_2 / sigma;
    let area = |x: f64| 0.5 * (erf(scale * (x + 0.5)) - erf(scale * (x - 0.5)));
    (-tail..=tail).map(|x| area(f64::from(x)).max(0.0) as f32).collect()
}

/// The error function, to about 1e-9, which float32 results cannot tell from exact.
fn erf(x: f64) -> f64 {
    if x.abs() > 4.5 {
        return x.signum();
    }
    // The Maclaurin series: the sum of (-1)^n x^(2n+1) / (n! (2n+1)).
    let (mut power, mut sum) = (x, x);
    for n in 1..100 {
        let n = f64::from(n);
        power *= -x * x / n;
        sum += power / (2.0 * n + 1.0);
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
}
