//! Percentiles (MONAI).

use super::normalize::{CHANNEL_WISE, parts};
use super::scale::{CLIP, OPTIONAL_NUMBER, Ranges, clip};
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DTYPE, Family, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;

const PERCENT: ParamKind = ParamKind::Float { min: 0.0, max: 100.0 };
const OPTIONAL_PERCENT: ParamKind = ParamKind::OptionalFloat { min: 0.0, max: 100.0 };

const SCALE_PERCENTILES: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "ScaleIntensityRangePercentiles",
    Family::Intensity,
    "Brings the values between two of the image's own percentiles to the range b_min to b_max.",
    &[
        param("lower", PERCENT, ParamDefault::Float(1.0), "%", "the percentile that becomes b_min"),
        param("upper", PERCENT, ParamDefault::Float(99.0), "%", "the percentile that becomes b_max"),
        param("b_min", OPTIONAL_NUMBER, ParamDefault::Float(0.0), "", "with b_min or b_max none, they become 0 and 1"),
        param("b_max", OPTIONAL_NUMBER, ParamDefault::Float(1.0), "", "see b_min"),
        CLIP,
        param(
            "relative",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "the percentiles become the same percentages of the way from b_min to b_max",
        ),
        CHANNEL_WISE,
    ],
    |values| built(ScalePercentiles::new(values)?),
)
.without(&[DTYPE])
.noting("`lower`, `upper`, `b_min` and `b_max` have no default there");

const CLIP_PERCENTILES: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "ClipIntensityPercentiles",
    Family::Intensity,
    "Cuts off what lies beyond two of the image's own percentiles.",
    &[
        param("lower", OPTIONAL_PERCENT, ParamDefault::Float(0.5), "%", "lower percentile; none: not cut off"),
        param("upper", OPTIONAL_PERCENT, ParamDefault::Float(99.5), "%", "upper percentile; none: not cut off"),
        param(
            "sharpness_factor",
            ParamKind::OptionalFloat { min: 1e-6, max: 1e6 },
            ParamDefault::None,
            "",
            "bend the values smoothly towards the percentiles, the more sharply the larger it is; none: cut off hard",
        ),
        CHANNEL_WISE,
    ],
    |values| built(ClipPercentiles::new(values)?),
)
.without(&[DTYPE, ("return_clipping_values", "images carry no metadata here")])
.noting("`lower` and `upper` have no default there");

pub(crate) const ALL: &[TransformInfo] = &[SCALE_PERCENTILES, CLIP_PERCENTILES];

/// A number that stands to others as the float does; NaN stands above all.
pub(crate) fn key(v: f32) -> u32 {
    let bits = v.to_bits();
    bits ^ (((bits as i32 >> 31) as u32) | 0x8000_0000)
}

/// The float of a [`key`].
pub(crate) fn of_key(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key ^ 0x8000_0000 } else { !key })
}

fn fill_keys(values: &[f32], keys: &mut Vec<u32>) {
    keys.clear();
    keys.extend(values.iter().map(|v| key(*v)));
}

/// The percentile as `torch.quantile` has it (numpy's above a million values, where MONAI asks numpy): linear between
/// two neighbours. The keys are put into another order.
fn percentile(keys: &mut [u32], percent: f64) -> f32 {
    let Some(last) = keys.len().checked_sub(1) else { return 0.0 };
    let rank = if last < 1_000_000 {
        f64::from((percent / 100.0) as f32 * last as f32)
    } else {
        percent / 100.0 * last as f64
    };
    let at = (rank as usize).min(last);
    let share = (rank - at as f64) as f32;
    let (_, below, above) = keys.select_nth_unstable(at);
    let below = of_key(*below);
    let above = above.iter().min().map_or(below, |key| of_key(*key));
    match share {
        0.0 => below,
        share if share < 0.5 => below + share * (above - below),
        share => above - (above - below) * (1.0 - share),
    }
}

#[derive(Debug)]
struct ScalePercentiles {
    percents: [f64; 2],
    to: Ranges,
    channel_wise: bool,
}

impl ScalePercentiles {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let percents = ["lower", "upper"].map(|name| values.float(name));
        let mut to = Ranges::new(values);
        if values.bool("relative") {
            let [Some(low), Some(high)] = to.b else {
                return Err(Invalid::new("relative", msg!("transform-expected-not-relative")));
            };
            to.b = percents.map(|percent| Some((high - low) * (percent / 100.0) + low));
        }
        Ok(Self { percents, to, channel_wise: values.bool("channel_wise") })
    }
}

impl Operation for ScalePercentiles {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        for part in parts(image, self.channel_wise) {
            fill_keys(part, &mut scratch.numbers);
            let [low, high] = self.percents.map(|percent| percentile(&mut scratch.numbers, percent));
            self.to.scale(part, low, high - low);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct ClipPercentiles {
    percents: [Option<f64>; 2],
    sharpness: Option<f32>,
    channel_wise: bool,
}

impl ClipPercentiles {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let percents = ["lower", "upper"].map(|name| values.optional_float(name));
        match percents {
            [None, None] => return Err(Invalid::new("lower", msg!("transform-expected-a-percentage"))),
            [Some(low), Some(high)] if high < low => {
                return Err(Invalid::new("upper", msg!("transform-expected-at-least", name = "lower")));
            }
            _ => {}
        }
        let sharpness = values.optional_float("sharpness_factor").map(|v| v as f32);
        Ok(Self { percents, sharpness, channel_wise: values.bool("channel_wise") })
    }
}

impl Operation for ClipPercentiles {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        for part in parts(image, self.channel_wise) {
            fill_keys(part, &mut scratch.numbers);
            let [low, high] = self.percents.map(|p| p.map(|percent| percentile(&mut scratch.numbers, percent)));
            let Some(sharpness) = self.sharpness else {
                clip(part, low.unwrap_or(f32::NEG_INFINITY), high.unwrap_or(f32::INFINITY));
                continue;
            };
            for v in part {
                let up = low.map_or(0.0, |low| softplus(-sharpness * (*v - low)) / sharpness);
                let down = high.map_or(0.0, |high| softplus(sharpness * (*v - high)) / sharpness);
                *v = *v + up - down;
            }
        }
        Ok(())
    }
}

/// ln(1 + e^x).
fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::tests::{one, picture, run};

    #[track_caller]
    fn check(name: &str, lines: &str, expected: [f32; 6]) {
        let image = Image { data: vec![0.0, 2.0, 4.0, 10.0, 0.0, 30.0], ..picture(2, 1, 3) };
        let out = run(&one(name, lines), &image, 0);
        for (a, b) in out.data.iter().zip(expected) {
            assert!((a - b).abs() < 5e-5, "{name} {lines}: {:?}", out.data);
        }
    }

    /// Expected numbers are MONAI 1.6.1's, of the class named.
    #[test]
    fn options_agree_with_monai() {
        const SCALE: &str = "ScaleIntensityRangePercentiles";
        let ends = "b_min = 0\nb_max = 200";
        check(
            SCALE,
            &format!("lower = 10\nupper = 90\nrelative = true\n{ends}"),
            [20.0, 36.0, 52.0, 100.0, 20.0, 260.0],
        );
        check(
            SCALE,
            &format!("lower = 10\nupper = 80\nclip = true\nchannel_wise = true\n{ends}"),
            [0.0, 114.285_72, 200.0, 80.0, 0.0, 200.0],
        );
        check(SCALE, "lower = 10\nupper = 80\nb_min = \"none\"\nb_max = \"none\"", [0.0, 0.2, 0.4, 1.0, 0.0, 3.0]);
        const CUT: &str = "ClipIntensityPercentiles";
        check(CUT, "lower = 10\nupper = \"none\"", [0.0, 2.0, 4.0, 10.0, 0.0, 30.0]);
        check(CUT, "lower = 20\nupper = 70", [0.0, 2.0, 4.0, 7.0, 0.0, 7.0]);
        check(
            CUT,
            "lower = 20\nupper = 70\nsharpness_factor = 0.5",
            [1.326_794, 2.468_744, 3.851_03, 6.610_603, 1.326_794, 6.999_979],
        );
        check(
            CUT,
            "lower = \"none\"\nupper = 70\nsharpness_factor = 2\nchannel_wise = true",
            [-0.001_846, 1.908_05, 2.756_582, 10.0, 0.0, 18.0],
        );
    }

    #[test]
    fn keys_stand_as_the_floats_do() {
        let values = [f32::NEG_INFINITY, -3.5, -1e-20, 0.0, 1e-20, 2.0, 2.000_001, f32::INFINITY];
        for pair in values.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
        }
        assert!(values.iter().all(|v| of_key(key(*v)) == *v) && key(f32::NAN) > key(f32::INFINITY));
    }
}
