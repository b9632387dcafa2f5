//! Gamma, Beta and Dirichlet numbers.

use super::draw::Stream;

/// Gamma of that shape (above 0) and scale 1 (Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables",
/// 2000).
fn gamma(stream: &mut Stream, shape: f64) -> f64 {
    if shape < 1.0 {
        // 1 - u lies in (0, 1].
        let u = 1.0 - stream.unit();
        return gamma(stream, shape + 1.0) * u.powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = stream.normal();
        let v = (1.0 + c * x).powi(3);
        let u = 1.0 - stream.unit();
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// Shares that add up to 1, as many as `out` holds, symmetric of concentration `alpha`; nothing for an empty one.
pub(crate) fn dirichlet(stream: &mut Stream, alpha: f64, out: &mut [f64]) {
    out.iter_mut().for_each(|v| *v = gamma(stream, alpha));
    let sum: f64 = out.iter().sum();
    if sum > 0.0 {
        out.iter_mut().for_each(|v| *v /= sum);
        return;
    }
    // Shapes near 0 give numbers too small to be held: then one of them has all.
    let all = stream.integer(0, out.len() as i64) as usize;
    if let Some(v) = out.get_mut(all) {
        *v = 1.0;
    }
}

/// Beta(alpha, alpha), from 0 to 1.
pub(crate) fn beta(stream: &mut Stream, alpha: f64) -> f64 {
    let mut shares = [0.0; 2];
    dirichlet(stream, alpha, &mut shares);
    shares[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;

    /// Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)); its fourth central moment is 3 / (16 (2a + 1)(2a + 3)).
    #[test]
    fn beta_has_its_moments() {
        let mut stream = SampleSeed::default().stream(3);
        for alpha in [0.001, 0.2, 1.0, 3.5, 50.0] {
            let n = 100_000;
            let moment = |k: i32, values: &[f64]| values.iter().map(|v| (v - 0.5).powi(k)).sum::<f64>() / f64::from(n);
            let values: Vec<f64> = (0..n).map(|_| beta(&mut stream, alpha)).collect();
            assert!(values.iter().all(|v| (0.0..=1.0).contains(v)));
            let (variance, fourth) = (0.25 / (2.0 * alpha + 1.0), 0.1875 / ((2.0 * alpha + 1.0) * (2.0 * alpha + 3.0)));
            let sigma = (variance / f64::from(n)).sqrt();
            assert!(moment(1, &values).abs() < 4.5 * sigma, "{alpha}: {}", moment(1, &values));
            // The variance of a variance is (fourth - variance²) / n.
            let spread = ((fourth - variance * variance) / f64::from(n)).sqrt();
            assert!((moment(2, &values) - variance).abs() < 4.5 * spread + 1e-9, "{alpha}: {}", moment(2, &values));
            assert!((moment(4, &values) / fourth - 1.0).abs() < 0.05, "{alpha}: {}", moment(4, &values));
        }
    }

    #[test]
    fn shares_add_up_and_are_alike() {
        let mut stream = SampleSeed::default().stream(4);
        let mut sums = [0.0; 3];
        for _ in 0..30_000 {
            let mut shares = [0.0; 3];
            dirichlet(&mut stream, 1.0, &mut shares);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            sums.iter_mut().zip(shares).for_each(|(sum, v)| *sum += v / 30_000.0);
        }
        // Variance of one: 1/18.
        assert!(sums.iter().all(|mean| (mean - 1.0 / 3.0).abs() < 4.0 * (1.0f64 / 18.0 / 30_000.0).sqrt()), "{sums:?}");
        dirichlet(&mut stream, 1.0, &mut []);
    }
}
