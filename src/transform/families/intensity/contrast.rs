//! AdjustContrast and RandAdjustContrast (MONAI): values to the power of gamma.

use super::scale::moments;
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::statistics::extremes;

const MAX_GAMMA: f64 = 1000.0;
const INVERT_IMAGE: ParamInfo = param(
    "invert_image",
    ParamKind::Bool,
    ParamDefault::Bool(false),
    "",
    "do it to the negative, so that the bright end is spread instead of the dark one",
);
const RETAIN_STATS: ParamInfo = param(
    "retain_stats",
    ParamKind::Bool,
    ParamDefault::Bool(false),
    "",
    "bring mean and standard deviation back to what they were",
);

const ADJUST_CONTRAST: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "AdjustContrast",
    Family::Intensity,
    "Gamma: values become ((v - min) / range) ^ gamma * range + min. Above 1 dark parts get darker, below 1 brighter.",
    &[
        param(
            "gamma",
            ParamKind::Float { min: 0.0, max: MAX_GAMMA },
            ParamDefault::Float(2.0),
            "",
            "the exponent; 1 changes nothing",
        ),
        INVERT_IMAGE,
        RETAIN_STATS,
    ],
    |values| built(AdjustContrast { gamma: values.float("gamma"), how: How::new(values) }),
)
.noting("`gamma` has no default there");

const RAND_ADJUST_CONTRAST: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandAdjustContrast",
    Family::Intensity,
    "Gamma with a random exponent, by chance.",
    &[
        PROB,
        param(
            "gamma",
            ParamKind::Floats { min: 0.0, max: MAX_GAMMA, least: 2, most: 2 },
            ParamDefault::Floats(&[0.5, 4.5]),
            "",
            "range of the exponent; one number g above 0.5 stands for [0.5, g]",
        ),
        INVERT_IMAGE,
        RETAIN_STATS,
    ],
    &[("gamma", "")],
    |values| {
        let gamma = match *values.floats("gamma") {
            [a, b] => [a.min(b), a.max(b)],
            [one] if one > 0.5 => [0.5, one],
            _ => return Err(Invalid::new("gamma", msg!("transform-expected-low-high-or-above-half"))),
        };
        built(RandAdjustContrast { prob: values.float("prob"), gamma, how: How::new(values) })
    },
);

pub(crate) const ALL: &[TransformInfo] = &[ADJUST_CONTRAST, RAND_ADJUST_CONTRAST];

#[derive(Debug)]
struct How {
    invert_image: bool,
    retain_stats: bool,
}

impl How {
    fn new(values: &Values<'_>) -> Self {
        Self { invert_image: values.bool("invert_image"), retain_stats: values.bool("retain_stats") }
    }

    fn adjust(&self, values: &mut [f32], gamma: f64) {
        if self.invert_image {
            values.iter_mut().for_each(|v| *v = -*v);
        }
        // torch's `std` divides by n - 1.
        let before = self.retain_stats.then(|| moments(values, |_| true, 1.0));
        let (low, high) = extremes(values);
        let range = high - low;
        let divisor = range + 1e-7;
        raise(values, low, divisor, gamma as f32, range);
        if let Some((mean, std)) = before {
            let (new_mean, new_std) = moments(values, |_| true, 1.0);
            let (new_mean, divisor) = (new_mean as f32, (new_std + 1e-8) as f32);
            values.iter_mut().for_each(|v| *v = std as f32 * ((*v - new_mean) / divisor) + mean as f32);
        }
        if self.invert_image {
            values.iter_mut().for_each(|v| *v = -*v);
        }
    }
}

/// Every v becomes ((v - low) / divisor) ^ gamma * range + low.
fn raise(values: &mut [f32], low: f32, divisor: f32, gamma: f32, range: f32) {
    let each = |values: &mut [f32], power: fn(f32) -> f32| {
        values.iter_mut().for_each(|v| *v = power((*v - low) / divisor) * range + low);
    };
    match gamma {
        0.5 => each(values, f32::sqrt),
        1.0 => each(values, |x| x),
        2.0 => each(values, |x| x * x),
        3.0 => each(values, |x| x * x * x),
        _ => values.iter_mut().for_each(|v| *v = power((*v - low) / divisor, gamma) * range + low),
    }
}

/// x to the power of gamma for x from 0 to 1: off by some 1e-7 at most, and of operations that compile to packed ones,
/// which the standard library's `powf` is not.
fn power(x: f32, gamma: f32) -> f32 {
    // x = m 2^e with m about 1: the bits of sqrt(0.5) are what m begins at.
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(0x3f35_04f3) as i32) >> 23;
    let m = f32::from_bits(bits.wrapping_sub((exponent as u32) << 23));
    // ln m = 2 artanh s.
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0))));
    let log2 = exponent as f32 + s * series * (2.0 * std::f32::consts::LOG2_E);
    let y = (gamma * log2).clamp(-126.0, 126.0);
    // Adding 1.5 * 2^23 leaves the nearest whole number in the lowest bits.
    let shifted = y + 12_582_912.0;
    let z = (y - (shifted - 12_582_912.0)) * std::f32::consts::LN_2;
    let exp = 1.0
        + z * (1.0
            + z * (1.0 / 2.0
                + z * (1.0 / 6.0 + z * (1.0 / 24.0 + z * (1.0 / 120.0 + z * (1.0 / 720.0 + z * (1.0 / 5040.0)))))));
    let whole = shifted.to_bits().wrapping_sub(0x4b40_0000);
    let scale = f32::from_bits(whole.wrapping_add(127) << 23);
    // 0 to the power of 0 is 1; NaN stays what it is.
    let at_zero = if gamma == 0.0 { 1.0 } else { 0.0 };
    if x > 0.0 { exp * scale } else { x * 0.0 + at_zero }
}

#[derive(Debug)]
struct AdjustContrast {
    gamma: f64,
    how: How,
}

impl Operation for AdjustContrast {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        self.how.adjust(&mut image.data, self.gamma);
        Ok(())
    }
}

#[derive(Debug)]
struct RandAdjustContrast {
    prob: f64,
    gamma: [f64; 2],
    how: How,
}

impl Operation for RandAdjustContrast {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let [low, high] = self.gamma;
        Draw::happens(&[stream.uniform(low, high)], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        self.how.adjust(&mut image.data, drawn.figure(0));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::power;
    use crate::data::Image;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{one, picture, run};
    use crate::transform::tests_random::{check_uniform, draws};

    #[test]
    fn powers_are_right() {
        for gamma in [0.1, 0.5, 0.7, 1.3, 4.5, 30.0] {
            for i in 0..=4096u16 {
                let x = f32::from(i) / 4096.0;
                let (is, exact) = (power(x, gamma), f64::from(x).powf(f64::from(gamma)));
                assert!((f64::from(is) - exact).abs() < 2e-7, "{x} ^ {gamma}: {is}, not {exact}");
            }
        }
        assert!(power(f32::NAN, 2.5).is_nan() && power(0.0, 0.0) == 1.0 && power(1e-40, 0.9) < 1e-30);
    }

    /// Expected numbers are AdjustContrast's of MONAI 1.6.1.
    #[test]
    fn options_agree_with_monai() {
        let image = Image { data: vec![0.0, 2.0, 4.0, 10.0, 0.0, 30.0], ..picture(2, 1, 3) };
        for (lines, expected) in [
            ("gamma = 0.7", [0.0, 4.506_687, 7.321_135, 13.903_893, 0.0, 30.0]),
            ("gamma = 1.5\ninvert_image = true", [0.0, 2.949_43, 5.795_317, 13.670_067, 0.0, 30.0]),
            ("gamma = 1.5\nretain_stats = true", [1.515_638, 2.020_486, 2.943_564, 7.160_011, 1.515_638, 30.844_658]),
            (
                "gamma = 3\ninvert_image = true\nretain_stats = true",
                [-3.008_698, 2.338_164, 6.973_241, 17.116_182, -3.008_698, 25.589_817],
            ),
        ] {
            let out = run(&one("AdjustContrast", lines), &image, 0);
            for (a, b) in out.data.iter().zip(expected) {
                assert!((a - b).abs() < 2e-5, "{lines}: {:?}", out.data);
            }
        }
        let flat = Image { data: vec![7.0; 6], ..image };
        assert_eq!(run(&one("AdjustContrast", "gamma = 0.3\nretain_stats = true"), &flat, 0), flat);
    }

    #[test]
    fn the_exponent_is_drawn_as_monai_draws_it() {
        let n = 20_000;
        check_uniform(&draws(&one("RandAdjustContrast", ""), n), 0.1, [0.5, 4.5], 0);
        check_uniform(&draws(&one("RandAdjustContrast", "gamma = 2\nprob = 1"), n), 1.0, [0.5, 2.0], 0);
        check_uniform(&draws(&one("RandAdjustContrast", "gamma = [3, 1]\nprob = 1"), n), 1.0, [1.0, 3.0], 0);
        let (image, chain) = (picture(1, 9, 9), one("RandAdjustContrast", "prob = 1\nretain_stats = true"));
        let draw = chain.steps()[0].draw(SampleSeed { seed: 3, epoch: 1, sample: 2 }, image.shape());
        let fixed = one("AdjustContrast", &format!("gamma = {:?}\nretain_stats = true", draw.figures()[0]));
        assert_eq!(run(&chain, &image, 2), run(&fixed, &image, 2));
    }
}
