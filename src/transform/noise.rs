//! RandGaussianNoise, and normal numbers by the ziggurat method.

use super::draw::{Draw, Drawn, Stream};
use super::operation::{Operation, built};
use super::params::{PROB, ParamDefault, ParamKind, Values, param};
use super::registry::{DTYPE, Family, Library, TransformInfo};
use super::scratch::Scratch;
use crate::data::Image;
use std::sync::LazyLock;

const RAND_GAUSSIAN_NOISE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandGaussianNoise",
    Family::Intensity,
    "Adds Gaussian noise, by chance. After ScaleIntensity the values lie in 0 to 1: 0.1 is much.",
    &[
        PROB,
        param("mean", ParamKind::Float { min: -1e12, max: 1e12 }, ParamDefault::Float(0.0), "", "mean of the noise"),
        param(
            "std",
            ParamKind::Float { min: 0.0, max: 1e12 },
            ParamDefault::Float(0.1),
            "",
            "standard deviation of the noise, in the image's units",
        ),
        param(
            "sample_std",
            ParamKind::Bool,
            ParamDefault::Bool(true),
            "",
            "draw the standard deviation uniformly from 0 to std for every image",
        ),
    ],
    &[("std", "")],
    |values| built(RandGaussianNoise::new(values)),
)
.without(&[DTYPE]);

pub(super) const ALL: &[TransformInfo] = &[RAND_GAUSSIAN_NOISE];

#[derive(Debug, Clone)]
struct RandGaussianNoise {
    prob: f64,
    mean: f64,
    std: f64,
    sample_std: bool,
}

impl RandGaussianNoise {
    fn new(values: &Values<'_>) -> Self {
        Self {
            prob: values.float("prob"),
            mean: values.float("mean"),
            std: values.float("std"),
            sample_std: values.bool("sample_std"),
        }
    }
}

impl Operation for RandGaussianNoise {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let std = if self.sample_std { stream.uniform(0.0, self.std) } else { self.std };
        Draw::happens(&[std], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), String> {
        let (std, mut stream, tables) = (drawn.figure(0), drawn.stream(), &*ZIGGURAT);
        for v in &mut image.data {
            *v += (self.mean + std * tables.normal(&mut stream)) as f32;
        }
        Ok(())
    }
}

/// A normal number of mean 0 and standard deviation 1.
pub(super) fn normal(stream: &mut Stream) -> f64 {
    ZIGGURAT.normal(stream)
}

/// 256 layers of equal area under the bell (Marsaglia and Tsang, "The Ziggurat Method", 2000).
struct Ziggurat {
    /// Right edges, from the widest layer (with the tail's area) to 0.
    x: [f64; 257],
    /// exp(-x²/2) of them.
    f: [f64; 257],
}

/// Where the tail begins, and the area of a layer.
const TAIL: f64 = 3.654_152_885_361_009;
const AREA: f64 = 0.004_928_673_233_99;

static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(|| {
    let bell = |x: f64| (-0.5 * x * x).exp();
    let mut x = [0.0; 257];
    (x[0], x[1]) = (AREA / bell(TAIL), TAIL);
    for i in 2..256 {
        x[i] = (-2.0 * (AREA / x[i - 1] + bell(x[i - 1])).ln()).sqrt();
    }
    Ziggurat { x, f: x.map(bell) }
});

impl Ziggurat {
    /// Mean 0, standard deviation 1.
    fn normal(&self, stream: &mut Stream) -> f64 {
        loop {
            let bits = stream.next_u64();
            let layer = (bits & 0xff) as usize;
            // The upper 53 bits, as a number from -1 to 1; the layer's bits are not among them.
            let u = (bits >> 11) as f64 * (2.0 / (1u64 << 53) as f64) - 1.0;
            let x = u * self.x[layer];
            if x.abs() < self.x[layer + 1] {
                return x;
            }
            if layer == 0 {
                return tail(stream).copysign(u);
            }
            let height = self.f[layer + 1] + (self.f[layer] - self.f[layer + 1]) * stream.unit();
            if height < (-0.5 * x * x).exp() {
                return x;
            }
        }
    }
}

/// Marsaglia's tail: values beyond [`TAIL`].
fn tail(stream: &mut Stream) -> f64 {
    loop {
        // 1 - u lies in (0, 1]: no logarithm of 0.
        let x = -(1.0 - stream.unit()).ln() / TAIL;
        let y = -(1.0 - stream.unit()).ln();
        if 2.0 * y >= x * x {
            return TAIL + x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;

    #[test]
    fn normal_numbers_have_the_moments_and_the_tails() {
        let mut stream = SampleSeed::default().stream(7);
        let n = 1_000_000;
        let values: Vec<f64> = (0..n).map(|_| ZIGGURAT.normal(&mut stream)).collect();
        let moment = |k: i32| values.iter().map(|v| v.powi(k)).sum::<f64>() / f64::from(n);
        assert!(moment(1).abs() < 0.004, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.006, "{}", moment(2));
        assert!(moment(3).abs() < 0.016, "{}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.04, "{}", moment(4));
        // Shares below a value, against the normal distribution's.
        for (z, share) in [(-3.7, 1.078e-4), (-2.0, 0.022_750), (-0.5, 0.308_538), (0.1, 0.539_828), (1.5, 0.933_193)] {
            let below = values.iter().filter(|v| **v < z).count() as f64 / f64::from(n);
            let sigma = (share * (1.0 - share) / f64::from(n)).sqrt();
            assert!((below - share).abs() < 4.5 * sigma, "below {z}: {below}, expected {share}");
        }
    }
}
