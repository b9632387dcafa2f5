//! Smooth random fields (MONAI): few random numbers, made as large as the picture, that its contrast, its brightness or
//! its pixels' places are changed by. RandSmoothDeform stands in `deform`.

use crate::data::Image;
use crate::language::{Message, sides};
use crate::transform::core::description::{DEVICE, Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::sizes::MAX_SIDE;
use crate::transform::families::size::resize::align_corners;
use crate::transform::kernels::resample::resample;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::statistics::extremes;
use crate::transform::kernels::window::{MODES, Mode, Scaling};

pub(crate) const SPATIAL_SIZE: ParamInfo = param(
    "spatial_size",
    ParamKind::Size { max: MAX_SIDE },
    ParamDefault::Int(-1),
    "px",
    "size of the field, which must be the image's; -1 is as the image",
);
pub(crate) const RAND_SIZE: ParamInfo = param(
    "rand_size",
    ParamKind::Ints { min: 1, max: 1024, least: 2, most: 2 },
    ParamDefault::Ints(&[10, 10]),
    "",
    "how many random numbers along H and W the field is made from",
);
pub(crate) const PAD: ParamInfo = param(
    "pad",
    ParamKind::Int { min: 0, max: 1024 },
    ParamDefault::Int(0),
    "",
    "numbers around those that change nothing, to spare the edges",
);
const MODE: ParamInfo =
    param("mode", ParamKind::Choice(MODES), ParamDefault::Text("area"), "", "how the field is interpolated");
pub(crate) const ALIGN_CORNERS: ParamInfo = param(
    "align_corners",
    ParamKind::OptionalBool,
    ParamDefault::None,
    "",
    "of the field, for bilinear and bicubic: true puts corner numbers on corner pixels",
);
pub(crate) const NOTE: &str = "`spatial_size` and `rand_size` have no defaults there";

const GAMMA: ParamKind = ParamKind::Floats { min: -1e3, max: 1e3, least: 2, most: 2 };

const RAND_SMOOTH_FIELD_ADJUST_CONTRAST: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandSmoothFieldAdjustContrast",
    Family::Intensity,
    "Changes the contrast, more in some places than in others, by chance: values between the image's least and greatest \
     are raised to the power of a smooth field.",
    &[
        SPATIAL_SIZE,
        RAND_SIZE,
        PAD,
        MODE,
        ALIGN_CORNERS,
        PROB,
        param(
            "gamma",
            GAMMA,
            ParamDefault::Floats(&[0.5, 4.5]),
            "",
            "range of the powers, as [low, high] or from 0.5 to one number; below 1 is brighter",
        ),
    ],
    &[],
    |values| built(Adjust::new(values, What::Contrast)?),
)
.without(&[DEVICE])
.noting(NOTE);

const RAND_SMOOTH_FIELD_ADJUST_INTENSITY: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandSmoothFieldAdjustIntensity",
    Family::Intensity,
    "Changes the brightness, more in some places than in others, by chance: multiplies with a smooth field.",
    &[
        SPATIAL_SIZE,
        RAND_SIZE,
        PAD,
        MODE,
        ALIGN_CORNERS,
        PROB,
        param(
            "gamma",
            GAMMA,
            ParamDefault::Floats(&[0.1, 1.0]),
            "",
            "range of the factors, as [low, high] or from 0.5 to one number",
        ),
    ],
    &[],
    |values| built(Adjust::new(values, What::Intensity)?),
)
.without(&[DEVICE])
.noting(NOTE);

pub(crate) const ALL: &[TransformInfo] = &[RAND_SMOOTH_FIELD_ADJUST_CONTRAST, RAND_SMOOTH_FIELD_ADJUST_INTENSITY];

/// How a smooth field is made.
#[derive(Debug, Clone)]
pub(crate) struct SmoothField {
    /// Random numbers along H and W.
    size: [usize; 2],
    pad: usize,
    /// What stands in the padding: it changes nothing.
    neutral: f32,
    low: f64,
    high: f64,
    mode: Mode,
    align_corners: bool,
}

impl SmoothField {
    /// `mode` and `range` are names of parameters.
    pub(crate) fn new(
        values: &Values<'_>,
        mode: &str,
        range: &'static str,
        [low, high]: [f64; 2],
        neutral: f32,
    ) -> Result<Self, Invalid> {
        if low >= high {
            return Err(Invalid::new(range, msg!("transform-expected-a-range")));
        }
        let size = match values.ints("rand_size")[..] {
            [h, w] => [h, w],
            [one] => [one; 2],
            _ => return Err(Invalid::new("rand_size", msg!("transform-expected-two-wholes"))),
        };
        let mode = Mode::parse(&values.text(mode));
        Ok(Self {
            size: size.map(|n| n.max(1) as usize),
            pad: values.int("pad").max(0) as usize,
            neutral,
            low,
            high,
            mode,
            align_corners: align_corners(values, mode)?,
        })
    }

    /// Makes a field of so many channels and that size in the second of the scratch's float buffers (the first is used
    /// too), from the numbers that `next` gives.
    pub(crate) fn fill(&self, channels: usize, to: [usize; 2], mut next: impl FnMut() -> f32, scratch: &mut Scratch) {
        let Scratch { floats: [few, field, ..], rows, columns, line, .. } = scratch;
        let from = self.size.map(|n| n + 2 * self.pad);
        few.clear();
        few.resize(channels * from[0] * from[1], self.neutral);
        for channel in few.chunks_exact_mut(from[0] * from[1]) {
            for row in channel.chunks_exact_mut(from[1]).skip(self.pad).take(self.size[0]) {
                for v in row.iter_mut().skip(self.pad).take(self.size[1]) {
                    *v = next();
                }
            }
        }
        let scaling =
            |k: usize| Scaling { mode: self.mode, align_corners: self.align_corners, input: from[k], output: to[k] };
        rows.resize(scaling(0));
        columns.resize(scaling(1));
        resample(few, from, rows, columns, line, field);
        // Interpolation may narrow the range or overshoot it.
        let ((low, high), (wanted_low, wanted_high)) = (extremes(field), extremes(few));
        let factor = if high > low { 1.0 / (high - low) } else { 0.0 };
        for v in field {
            *v = (*v - low) * factor * (wanted_high - wanted_low) + wanted_low;
        }
    }

    /// Numbers from the field's range.
    pub(crate) fn numbers(&self, mut stream: Stream) -> impl FnMut() -> f32 {
        let (low, high) = (self.low, self.high);
        move || stream.uniform(low, high) as f32
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Contrast,
    Intensity,
}

#[derive(Debug, Clone)]
struct Adjust {
    prob: f64,
    size: [Option<usize>; 2],
    field: SmoothField,
    what: What,
}

impl Adjust {
    fn new(values: &Values<'_>, what: What) -> Result<Self, Invalid> {
        let range = match values.floats("gamma")[..] {
            [a, b] => [a.min(b), a.max(b)],
            [high] => [0.5, high],
            _ => return Err(Invalid::new("gamma", msg!("transform-expected-low-high"))),
        };
        let field = SmoothField::new(values, "mode", "gamma", range, 1.0)?;
        Ok(Self { prob: values.float("prob"), size: values.size("spatial_size"), field, what })
    }

    fn adjust(&self, image: &mut Image, next: impl FnMut() -> f32, scratch: &mut Scratch) {
        self.field.fill(1, [image.height, image.width], next, scratch);
        let [_, field, ..] = &scratch.floats;
        match self.what {
            What::Intensity => {
                for channel in image.data.chunks_exact_mut(field.len().max(1)) {
                    for (v, factor) in channel.iter_mut().zip(field) {
                        *v *= factor;
                    }
                }
            }
            What::Contrast => {
                let (low, high) = extremes(&image.data);
                let range = high - low;
                for channel in image.data.chunks_exact_mut(field.len().max(1)) {
                    for (v, power) in channel.iter_mut().zip(field) {
                        *v = ((*v - low) / (range + 1e-10)).powf(*power) * range + low;
                    }
                }
            }
        }
    }
}

impl Operation for Adjust {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if stream.happens(self.prob) { Draw::happens(&[], stream) } else { Draw::Skip }
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let [_, height, width] = image.shape();
        let [h, w] = [self.size[0].unwrap_or(height), self.size[1].unwrap_or(width)];
        if [h, w] != [height, width] {
            return Err(msg!("transform-field-size", field = sides(&[h, w]), from = sides(&[height, width])));
        }
        self.adjust(image, self.field.numbers(drawn.stream()), scratch);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{chain, one, picture, run};
    use crate::transform::tests_random::draws;

    /// A field of 2 x 3 numbers set to these.
    fn adjusted(what: What, mode: Mode, pad: usize, align_corners: bool) -> Vec<f32> {
        let field = SmoothField { size: [2, 3], pad, neutral: 1.0, low: 0.1, high: 2.0, mode, align_corners };
        let operation = Adjust { prob: 1.0, size: [None; 2], field, what };
        let mut numbers = [0.7, 0.2, 1.5, 0.9, 1.1, 0.4].into_iter();
        let mut image = picture(2, 8, 12);
        operation.adjust(&mut image, || numbers.next().unwrap(), &mut Scratch::default());
        image.data
    }

    #[test]
    fn fields_are_monais() {
        #[track_caller]
        fn check(found: &[f32], expected: [f32; 6]) {
            let n = found.len();
            for (i, expected) in [0, 1, n / 3, n / 2, n - 2, n - 1].into_iter().zip(expected) {
                assert!((found[i] - expected).abs() < 2e-4, "{i}: {}, expected {expected}", found[i]);
            }
        }
        // RandSmoothFieldAdjust…((8, 12), (2, 3), pad=…, mode=…, align_corners=…, gamma=(0.1, 2)) with sfield.field set.
        use What::{Contrast, Intensity};
        check(&adjusted(Contrast, Mode::Area, 0, false), [0.0, 164.9291, 39.7661, 210.844, 183.8854, 42.6199]);
        check(&adjusted(Intensity, Mode::Area, 0, false), [0.0, 96.6, 51.7, 137.2, 46.4, 1.2]);
        check(&adjusted(Contrast, Mode::Bilinear, 1, false), [0.0, 140.4939, 51.767, 197.4429, 118.7161, 3.4278]);
        check(&adjusted(Intensity, Mode::Bilinear, 1, false), [0.0, 133.8404, 44.2833, 190.0922, 112.5035, 2.9096]);
        check(&adjusted(Contrast, Mode::Bicubic, 0, true), [0.0, 173.0494, 56.087, 209.7334, 164.9538, 37.3501]);
        check(&adjusted(Intensity, Mode::Bicubic, 0, true), [0.0, 85.4381, 42.0293, 141.4538, 62.813, 1.2895]);
    }

    #[test]
    fn the_numbers_have_their_range_and_the_field_keeps_it() {
        let ones = Image { data: vec![1.0; 1600], ..picture(1, 40, 40) };
        let intensity = one("RandSmoothFieldAdjustIntensity", "prob = 1\nmode = \"bicubic\"\ngamma = [0.25, 0.75]");
        let (mut sum, mut squares) = (0.0, 0.0);
        for sample in 0..200 {
            let out = run(&intensity, &ones, sample).data;
            let (low, high) = extremes(&out);
            // Of a hundred numbers, the least and the greatest.
            assert!((0.2499..0.35).contains(&low) && (0.65..0.7501).contains(&high), "{low} {high}");
            sum += out.iter().map(|v| f64::from(*v)).sum::<f64>() / 1600.0;
        }
        let area = one("RandSmoothFieldAdjustIntensity", "prob = 1\nrand_size = [40, 40]\ngamma = [0.25, 0.75]");
        for v in run(&area, &ones, 0).data {
            squares += (f64::from(v) - 0.5).powi(2) / 1600.0;
        }
        assert!((sum / 200.0 - 0.5).abs() < 0.006, "{sum}");
        assert!((squares - 0.25 / 12.0).abs() < 0.0025, "{squares}");
        let drawn = draws(&one("RandSmoothFieldAdjustContrast", "prob = 0.3"), 20_000);
        let share = drawn.iter().filter(|d| **d != Draw::Skip).count() as f64 / 20_000.0;
        assert!((share - 0.3).abs() < 0.013, "{share}");
    }

    #[test]
    fn objections_say_what_to_do() {
        let error = chain("[[transform]]\nname = \"RandSmoothFieldAdjustContrast\"\ngamma = 0.5").unwrap_err();
        assert!(error.to_string().contains("low is below its high"), "{error}");
        let sized = one("RandSmoothFieldAdjustIntensity", "prob = 1\nspatial_size = [8, 9]");
        let error = sized.run(&mut picture(1, 8, 8), &mut Scratch::default(), SampleSeed::default(), &mut ());
        assert!(error.unwrap_err().reason.to_string().contains("8 x 9 and the image 8 x 8"));
        // One number alone makes a field without a range.
        let flat = one("RandSmoothFieldAdjustIntensity", "prob = 1\nrand_size = [1, 1]");
        assert!(run(&flat, &picture(1, 5, 5), 0).data.iter().all(|v| v.is_finite()));
    }
}
