//! Normal numbers.

use super::draw::Stream;
use std::sync::LazyLock;

impl Stream {
    /// Mean 0, standard deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        ZIGGURAT.normal(self)
    }
}

/// 256 layers of equal area under the bell (Marsaglia and Tsang, "The Ziggurat Method", 2000).
pub(crate) struct Ziggurat {
    /// Right edges, from the widest layer (with the tail's area) to 0.
    x: [f64; 257],
    /// exp(-x²/2) of them.
    f: [f64; 257],
}

/// Where the tail begins, and the area of a layer.
const TAIL: f64 = 3.654_152_885_361_009;
const AREA: f64 = 0.004_928_673_233_99;

/// The tables, made once; whoever draws many numbers takes them out of the lock first.
pub(crate) static ZIGGURAT: LazyLock<Ziggurat> = LazyLock::new(|| {
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
    pub(crate) fn normal(&self, stream: &mut Stream) -> f64 {
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
