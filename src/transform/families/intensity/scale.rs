//! Scaling, shifting and thresholds (MONAI): one figure, the same for all values or drawn for each channel.

use super::normalize::{CHANNEL_WISE, parts};
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DTYPE, Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, MAX_DRAWN, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::statistics::{extremes, sum};

pub(crate) const NUMBER: ParamKind = ParamKind::Float { min: -1e12, max: 1e12 };
pub(crate) const OPTIONAL_NUMBER: ParamKind = ParamKind::OptionalFloat { min: -1e12, max: 1e12 };
const RANGE: ParamKind = ParamKind::Range { min: -1e12, max: 1e12 };
pub(crate) const CLIP: ParamInfo =
    param("clip", ParamKind::Bool, ParamDefault::Bool(false), "", "cut off what lies outside of b_min to b_max");
const NONZERO: ParamInfo =
    param("nonzero", ParamKind::Bool, ParamDefault::Bool(false), "", "leave values of 0 out and as they are");
const FIXED_MEAN: ParamInfo =
    param("fixed_mean", ParamKind::Bool, ParamDefault::Bool(true), "", "scale about the mean, which so stays");
const PRESERVE_RANGE: ParamInfo = param(
    "preserve_range",
    ParamKind::Bool,
    ParamDefault::Bool(false),
    "",
    "cut off what would lie beyond the smallest and the largest value there were",
);
const EACH_CHANNEL: ParamInfo =
    param("channel_wise", ParamKind::Bool, ParamDefault::Bool(false), "", "draw anew for each channel");
const SAFE: (&str, &str) = ("safe", "it is about integers that overflow, and values are float32 here");

const SCALE_INTENSITY_RANGE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "ScaleIntensityRange",
    Family::Intensity,
    "Brings values from the range a_min to a_max to the range b_min to b_max.",
    &[
        param("a_min", NUMBER, ParamDefault::Float(0.0), "", "the value that becomes b_min"),
        param("a_max", NUMBER, ParamDefault::Float(255.0), "", "the value that becomes b_max"),
        param(
            "b_min",
            OPTIONAL_NUMBER,
            ParamDefault::None,
            "",
            "with b_min or b_max none, a_min to a_max become 0 to 1",
        ),
        param("b_max", OPTIONAL_NUMBER, ParamDefault::None, "", "see b_min"),
        CLIP,
    ],
    |values| built(ScaleIntensityRange(Ranges::new(values), [values.float("a_min"), values.float("a_max")])),
)
.without(&[DTYPE])
.noting("`a_min` and `a_max` have no default there");

const SCALE_FIXED_MEAN: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "ScaleIntensityFixedMean",
    Family::Intensity,
    "Multiplies by 1 + factor about the mean: contrast changes, brightness does not.",
    &[
        param("factor", NUMBER, ParamDefault::Float(0.0), "", "values become (v - mean) * (1 + factor) + mean"),
        PRESERVE_RANGE,
        FIXED_MEAN,
        CHANNEL_WISE,
    ],
    |values| built(Always::new(values, "factor", ScaleAboutMean::new(values))),
)
.without(&[DTYPE]);

const RAND_SCALE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandScaleIntensity",
    Family::Intensity,
    "Multiplies all values by 1 + a random factor, by chance.",
    &[
        param("factors", RANGE, ParamDefault::Float(0.1), "", "range of the factor; v becomes v * (1 + factor)"),
        PROB,
        EACH_CHANNEL,
    ],
    FACTORS,
    |values| built(ByChance::new(values, "factors", Scale)),
)
.without(&[DTYPE])
.noting("`factors` has no default there");

const RAND_SCALE_FIXED_MEAN: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandScaleIntensityFixedMean",
    Family::Intensity,
    "Multiplies by 1 + a random factor about the mean, by chance.",
    &[
        PROB,
        param("factors", RANGE, ParamDefault::Float(0.0), "", "range of the factor"),
        FIXED_MEAN,
        PRESERVE_RANGE,
        param(
            "channel_wise",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "each channel by its own figures, and a factor drawn for each",
        ),
    ],
    FACTORS,
    |values| built(ByChance::new(values, "factors", ScaleAboutMean::new(values))),
)
.without(&[DTYPE]);

const SHIFT: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "ShiftIntensity",
    Family::Intensity,
    "Adds a number to all values.",
    &[param("offset", NUMBER, ParamDefault::Float(0.1), "", "what is added")],
    |values| built(Always { figure: values.float("offset"), channel_wise: false, change: Shift }),
)
.without(&[SAFE])
.noting("`offset` has no default there");

const RAND_SHIFT: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandShiftIntensity",
    Family::Intensity,
    "Adds a random number to all values, by chance.",
    &[param("offsets", RANGE, ParamDefault::Float(0.1), "", "range of what is added"), PROB, EACH_CHANNEL],
    &[("offset", ""), ("offset of channel 1", ""), ("of channel 2", ""), ("of channel 3", "")],
    |values| built(ByChance::new(values, "offsets", Shift)),
)
.without(&[SAFE])
.noting("`offsets` has no default there");

const STD_SHIFT: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "StdShiftIntensity",
    Family::Intensity,
    "Adds a multiple of the image's own standard deviation to all values.",
    &[
        param("factor", NUMBER, ParamDefault::Float(0.1), "", "how many standard deviations are added"),
        NONZERO,
        CHANNEL_WISE,
    ],
    |values| built(Always::new(values, "factor", ShiftByStd { nonzero: values.bool("nonzero") })),
)
.without(&[DTYPE])
.noting("`factor` has no default there");

const RAND_STD_SHIFT: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandStdShiftIntensity",
    Family::Intensity,
    "Adds a random multiple of the image's own standard deviation to all values, by chance.",
    &[
        param("factors", RANGE, ParamDefault::Float(0.1), "", "range of how many standard deviations are added"),
        PROB,
        NONZERO,
        CHANNEL_WISE,
    ],
    &[("factor", "")],
    |values| {
        let change = ShiftByStd { nonzero: values.bool("nonzero") };
        built(ByChance { anew: false, ..ByChance::new(values, "factors", change) })
    },
)
.without(&[DTYPE])
.noting("`factors` has no default there");

const THRESHOLD: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "ThresholdIntensity",
    Family::Intensity,
    "Keeps the values on one side of a threshold and replaces all others by one number.",
    &[
        param("threshold", NUMBER, ParamDefault::Float(0.5), "", "a value of just this is replaced either way"),
        param("above", ParamKind::Bool, ParamDefault::Bool(true), "", "keep values above it, else those below"),
        param("cval", NUMBER, ParamDefault::Float(0.0), "", "what the others become"),
    ],
    |values| {
        built(ThresholdIntensity {
            threshold: values.float("threshold") as f32,
            above: values.bool("above"),
            cval: values.float("cval") as f32,
        })
    },
)
.noting("`threshold` has no default there");

pub(crate) const ALL: &[TransformInfo] = &[
    SCALE_INTENSITY_RANGE,
    SCALE_FIXED_MEAN,
    RAND_SCALE,
    RAND_SCALE_FIXED_MEAN,
    SHIFT,
    RAND_SHIFT,
    STD_SHIFT,
    RAND_STD_SHIFT,
    THRESHOLD,
];

const FACTORS: &[(&str, &str)] =
    &[("factor", ""), ("factor of channel 1", ""), ("of channel 2", ""), ("of channel 3", "")];

/// Where the values of a known range go: ScaleIntensityRange's arithmetic.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ranges {
    pub b: [Option<f64>; 2],
    pub clip: bool,
}

impl Ranges {
    pub(crate) fn new(values: &Values<'_>) -> Self {
        Self { b: ["b_min", "b_max"].map(|name| values.optional_float(name)), clip: values.bool("clip") }
    }

    /// `width` is a_max - a_min.
    pub(crate) fn scale(&self, values: &mut [f32], a_min: f32, width: f32) {
        if width == 0.0 {
            let to = self.b[0].unwrap_or(0.0) as f32;
            values.iter_mut().for_each(|v| *v = *v - a_min + to);
            return;
        }
        match self.b {
            [Some(low), Some(high)] => {
                let (low, to) = (low as f32, (high - low) as f32);
                values.iter_mut().for_each(|v| *v = (*v - a_min) / width * to + low);
            }
            _ => values.iter_mut().for_each(|v| *v = (*v - a_min) / width),
        }
        if self.clip {
            let [low, high] = self.b;
            clip(values, low.map_or(f32::NEG_INFINITY, |v| v as f32), high.map_or(f32::INFINITY, |v| v as f32));
        }
    }
}

/// torch's `clamp`: where `low` lies above `high`, all become `high`; NaN stays.
pub(crate) fn clip(values: &mut [f32], low: f32, high: f32) {
    for v in values {
        let at_least = if *v < low { low } else { *v };
        *v = if at_least > high { high } else { at_least };
    }
}

#[derive(Debug)]
struct ScaleIntensityRange(Ranges, [f64; 2]);

impl Operation for ScaleIntensityRange {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let Self(ranges, [a_min, a_max]) = self;
        ranges.scale(&mut image.data, *a_min as f32, (a_max - a_min) as f32);
        Ok(())
    }
}

/// What one figure does to the values of an image or of a channel.
trait Change: std::fmt::Debug + Send + Sync {
    fn change(&self, values: &mut [f32], figure: f64);
}

/// [`Change`] with the figure given.
#[derive(Debug)]
struct Always<C> {
    figure: f64,
    channel_wise: bool,
    change: C,
}

impl<C> Always<C> {
    fn new(values: &Values<'_>, figure: &str, change: C) -> Self {
        Self { figure: values.float(figure), channel_wise: values.bool("channel_wise"), change }
    }
}

impl<C: Change> Operation for Always<C> {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        parts(image, self.channel_wise).for_each(|part| self.change.change(part, self.figure));
        Ok(())
    }
}

/// [`Change`] with the figure drawn.
#[derive(Debug)]
struct ByChance<C> {
    prob: f64,
    range: [f64; 2],
    channel_wise: bool,
    /// With `channel_wise`, a figure for each channel.
    anew: bool,
    change: C,
}

impl<C> ByChance<C> {
    fn new(values: &Values<'_>, range: &str, change: C) -> Self {
        let [a, b] = values.range(range);
        let channel_wise = values.bool("channel_wise");
        Self { prob: values.float("prob"), range: [a.min(b), a.max(b)], channel_wise, anew: channel_wise, change }
    }
}

impl<C: Change> Operation for ByChance<C> {
    fn draw(&self, mut stream: Stream, [channels, _, _]: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let [low, high] = self.range;
        draw_figures(if self.anew { channels } else { 1 }, stream, |stream| stream.uniform(low, high))
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let ([low, high], mut stream) = (self.range, drawn.stream());
        for (i, part) in parts(image, self.channel_wise).enumerate() {
            let i = if self.anew { i } else { 0 };
            self.change.change(part, figure(drawn, i, &mut stream, |stream| stream.uniform(low, high)));
        }
        Ok(())
    }
}

/// As many figures as are wanted, or as there is room for; [`figure`] has the rest.
pub(crate) fn draw_figures(wanted: usize, mut stream: Stream, one: impl Fn(&mut Stream) -> f64) -> Draw {
    let mut figures = [0.0; MAX_DRAWN];
    let figures = figures.get_mut(..wanted.min(MAX_DRAWN)).unwrap_or_default();
    figures.iter_mut().for_each(|figure| *figure = one(&mut stream));
    Draw::happens(figures, stream)
}

/// The figure at `i`: of those drawn, else the next of the stream.
pub(crate) fn figure(drawn: &Drawn, i: usize, stream: &mut Stream, one: impl Fn(&mut Stream) -> f64) -> f64 {
    if i < MAX_DRAWN { drawn.figure(i) } else { one(stream) }
}

#[derive(Debug)]
struct Scale;

impl Change for Scale {
    fn change(&self, values: &mut [f32], factor: f64) {
        let by = (1.0 + factor) as f32;
        values.iter_mut().for_each(|v| *v *= by);
    }
}

#[derive(Debug)]
struct ScaleAboutMean {
    fixed_mean: bool,
    preserve_range: bool,
}

impl ScaleAboutMean {
    fn new(values: &Values<'_>) -> Self {
        Self { fixed_mean: values.bool("fixed_mean"), preserve_range: values.bool("preserve_range") }
    }
}

impl Change for ScaleAboutMean {
    fn change(&self, values: &mut [f32], factor: f64) {
        let range = self.preserve_range.then(|| extremes(values));
        if self.fixed_mean {
            let mean = (sum(values, |v| (f64::from(v), 0.0)).0 / values.len().max(1) as f64) as f32;
            let by = (1.0 + factor) as f32;
            values.iter_mut().for_each(|v| *v = (*v - mean) * by + mean);
        } else {
            Scale.change(values, factor);
        }
        if let Some((low, high)) = range {
            clip(values, low, high);
        }
    }
}

#[derive(Debug)]
struct Shift;

impl Change for Shift {
    fn change(&self, values: &mut [f32], offset: f64) {
        let offset = offset as f32;
        values.iter_mut().for_each(|v| *v += offset);
    }
}

#[derive(Debug)]
struct ShiftByStd {
    nonzero: bool,
}

impl Change for ShiftByStd {
    fn change(&self, values: &mut [f32], factor: f64) {
        if self.nonzero {
            let (_, std) = moments(values, |v| v != 0.0, 0.0);
            let offset = (factor * std) as f32;
            values.iter_mut().for_each(|v| *v = if *v == 0.0 { *v } else { *v + offset });
        } else {
            let (_, std) = moments(values, |_| true, 0.0);
            Shift.change(values, factor * std);
        }
    }
}

/// Mean and standard deviation of those that count; the sum of squares is divided by their number less `correction`.
pub(crate) fn moments(values: &[f32], counts: impl Fn(f32) -> bool, correction: f64) -> (f64, f64) {
    let (total, n) = sum(values, |v| if counts(v) { (f64::from(v), 1.0) } else { (0.0, 0.0) });
    if n - correction <= 0.0 {
        return (if n > 0.0 { total / n } else { 0.0 }, 0.0);
    }
    let mean = total / n;
    // In a second pass, as a difference of two large sums would lose digits.
    let (squares, _) = sum(values, |v| if counts(v) { ((f64::from(v) - mean).powi(2), 0.0) } else { (0.0, 0.0) });
    (mean, (squares / (n - correction)).sqrt())
}

#[derive(Debug)]
struct ThresholdIntensity {
    threshold: f32,
    above: bool,
    cval: f32,
}

impl Operation for ThresholdIntensity {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let Self { threshold, above, cval } = *self;
        if above {
            image.data.iter_mut().for_each(|v| *v = if *v > threshold { *v } else { cval });
        } else {
            image.data.iter_mut().for_each(|v| *v = if *v < threshold { *v } else { cval });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::data::Image;
    use crate::transform::tests::{one, picture, run};
    use crate::transform::tests_random::{check_uniform, draws};
    use crate::transform::{Draw, SampleSeed};

    #[track_caller]
    fn check(name: &str, lines: &str, expected: [f32; 6]) {
        let image = Image { data: vec![0.0, 2.0, 4.0, 10.0, 0.0, 30.0], ..picture(2, 1, 3) };
        let out = run(&one(name, lines), &image, 0);
        for (a, b) in out.data.iter().zip(expected) {
            assert!((a - b).abs() < 1e-4, "{name} {lines}: {:?}", out.data);
        }
    }

    /// Expected numbers are MONAI 1.6.1's, of the class named.
    #[test]
    fn options_agree_with_monai() {
        check("ScaleIntensityRange", "a_min = 2\na_max = 10", [-0.25, 0.0, 0.25, 1.0, -0.25, 3.5]);
        check(
            "ScaleIntensityRange",
            "a_min = 2\na_max = 10\nb_max = 0.5\nclip = true",
            [-0.25, 0.0, 0.25, 0.5, -0.25, 0.5],
        );
        check("ScaleIntensityRange", "a_min = 2\na_max = 2\nb_min = 1\nb_max = 9", [-1.0, 1.0, 3.0, 9.0, -1.0, 29.0]);
        let apart = "factor = 0.5\nchannel_wise = true";
        check("ScaleIntensityFixedMean", apart, [-1.0, 2.0, 5.0, 8.333_333, -6.666_667, 38.333_332]);
        check(
            "ScaleIntensityFixedMean",
            "factor = 0.5\npreserve_range = true",
            [0.0, 0.0, 2.166_667, 11.166_667, 0.0, 30.0],
        );
        check("ScaleIntensityFixedMean", "factor = 0.5\nfixed_mean = false", [0.0, 3.0, 6.0, 15.0, 0.0, 45.0]);
        check(
            "StdShiftIntensity",
            "factor = 2\nnonzero = true",
            [0.0, 24.158_52, 26.158_52, 32.158_52, 0.0, 52.158_52],
        );
        check(
            "StdShiftIntensity",
            "factor = 1\nchannel_wise = true",
            [1.632_993, 3.632_993, 5.632_993, 22.472_19, 12.472_19, 42.472_19],
        );
        check("ThresholdIntensity", "threshold = 4\ncval = -1", [-1.0, -1.0, -1.0, 10.0, -1.0, 30.0]);
    }

    #[test]
    fn figures_are_drawn_as_monai_draws_them() {
        let n = 20_000;
        check_uniform(&draws(&one("RandScaleIntensity", "factors = 0.3\nprob = 0.5"), n), 0.5, [-0.3, 0.3], 0);
        check_uniform(&draws(&one("RandShiftIntensity", "offsets = [4, -2]"), n), 0.1, [-2.0, 4.0], 0);
        check_uniform(&draws(&one("RandScaleIntensityFixedMean", "factors = 1\nprob = 1"), n), 1.0, [-1.0, 1.0], 0);
        let one_for_all = draws(&one("RandStdShiftIntensity", "factors = 2\nprob = 1\nchannel_wise = true"), n);
        check_uniform(&one_for_all, 1.0, [-2.0, 2.0], 0);
        assert_eq!(one_for_all[0].figures().len(), 1);
        let apart = draws(&one("RandShiftIntensity", "offsets = [1, 2]\nprob = 1\nchannel_wise = true"), n);
        check_uniform(&apart, 1.0, [1.0, 2.0], 2);
        assert!(apart.iter().all(|d| d.figures().len() == 3 && d.figures()[0] != d.figures()[1]));
    }

    #[test]
    fn drawn_figures_are_what_is_done() {
        for (random, fixed, range, figure, more) in [
            ("RandShiftIntensity", "ShiftIntensity", "offsets", "offset", ""),
            ("RandStdShiftIntensity", "StdShiftIntensity", "factors", "factor", "\nchannel_wise = true"),
            ("RandScaleIntensityFixedMean", "ScaleIntensityFixedMean", "factors", "factor", "\npreserve_range = true"),
            ("RandScaleIntensity", "ScaleIntensityFixedMean", "factors", "factor", ""),
        ] {
            let image = picture(3, 9, 7);
            let random_chain = one(random, &format!("{range} = 0.7\nprob = 1{more}"));
            let drawn = random_chain.steps()[0].draw(SampleSeed { seed: 3, epoch: 1, sample: 5 }, image.shape());
            let Draw::Happens(drawn) = drawn else { panic!("{random} was not done") };
            let about_zero = if random == "RandScaleIntensity" { "\nfixed_mean = false" } else { "" };
            let fixed = one(fixed, &format!("{figure} = {:?}{more}{about_zero}", drawn.figures()[0]));
            assert_eq!(run(&random_chain, &image, 5), run(&fixed, &image, 5), "{random}");
        }
    }

    /// With more channels than figures are kept, the stream gives the rest.
    #[test]
    fn twelve_channels_are_shifted_each_by_its_own() {
        let image = Image { data: vec![0.0; 12], ..picture(12, 1, 1) };
        let mut out = run(&one("RandShiftIntensity", "offsets = 1\nprob = 1\nchannel_wise = true"), &image, 0).data;
        assert!(out.iter().all(|v| v.abs() <= 1.0));
        out.sort_by(f32::total_cmp);
        out.dedup();
        assert_eq!(out.len(), 12);
    }
}
