//! Histograms, and curves drawn over the values there are (MONAI).

use super::normalize::parts;
use super::percentile::{key, of_key};
use super::scale::{draw_figures, figure};
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DTYPE, Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::statistics::extremes;

const KERNEL_SIZE: ParamInfo = param(
    "kernel_size",
    ParamKind::Int { min: 1, max: 4096 },
    ParamDefault::Int(30),
    "",
    "over how many neighbouring values the curve is smoothed",
);

const HISTOGRAM_NORMALIZE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "HistogramNormalize",
    Family::Intensity,
    "Spreads the values so that each part of the range min to max is used about as often (histogram equalisation).",
    &[
        param("num_bins", ParamKind::Int { min: 1, max: 65_536 }, ParamDefault::Int(256), "", "bins of the histogram"),
        param("min", WHOLE, ParamDefault::Int(0), "", "the smallest new value"),
        param("max", WHOLE, ParamDefault::Int(255), "", "the largest new value"),
    ],
    |values| {
        let [min, max] = ["min", "max"].map(|name| values.int(name) as f32);
        built(HistogramNormalize { num_bins: values.int("num_bins").max(1) as usize, min, max })
    },
)
.without(&[DTYPE, ("mask", "a mask is an array")]);

const RAND_HISTOGRAM_SHIFT: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandHistogramShift",
    Family::Intensity,
    "Maps the values along a random rising curve from the smallest to the largest, by chance.",
    &[
        param(
            "num_control_points",
            ParamKind::Ints { min: 3, max: 1000, least: 2, most: 2 },
            ParamDefault::Int(10),
            "",
            "points of the curve, or [low, high] to draw their number: the fewer, the larger the shifts",
        ),
        PROB,
    ],
    &[("control points", "")],
    |values| {
        let points = values.ints("num_control_points");
        let (low, high) = (points.iter().min().copied(), points.iter().max().copied());
        let points = [low.unwrap_or(3), high.unwrap_or(3)];
        built(RandHistogramShift { prob: values.float("prob"), points })
    },
);

const INTENSITY_REMAP: TransformInfo = TransformInfo::random(
    Library::Monai,
    "IntensityRemap",
    Family::Intensity,
    "Maps the values along a random curve, each time another.",
    &[KERNEL_SIZE, param("slope", SLOPE, ParamDefault::Float(0.7), "", "how much the curve rises all in all")],
    &[],
    |values| built(IntensityRemap { prob: None, channel_wise: false, curve: Curve::new(values) }),
);

const RAND_INTENSITY_REMAP: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandIntensityRemap",
    Family::Intensity,
    "Maps the values along a random curve that rises or falls, by chance.",
    &[
        PROB,
        KERNEL_SIZE,
        param("slope", SLOPE, ParamDefault::Float(0.7), "", "how much the curve rises or falls all in all"),
        param("channel_wise", ParamKind::Bool, ParamDefault::Bool(true), "", "another curve for each channel"),
    ],
    &[("slope", ""), ("slope of channel 1", ""), ("of channel 2", ""), ("of channel 3", "")],
    |values| {
        let (prob, channel_wise) = (Some(values.float("prob")), values.bool("channel_wise"));
        built(IntensityRemap { prob, channel_wise, curve: Curve::new(values) })
    },
);

const WHOLE: ParamKind = ParamKind::Int { min: -1_000_000_000, max: 1_000_000_000 };
const SLOPE: ParamKind = ParamKind::Float { min: -1e6, max: 1e6 };

pub(crate) const ALL: &[TransformInfo] =
    &[HISTOGRAM_NORMALIZE, RAND_HISTOGRAM_SHIFT, INTENSITY_REMAP, RAND_INTENSITY_REMAP];

#[derive(Debug)]
struct HistogramNormalize {
    num_bins: usize,
    min: f32,
    max: f32,
}

impl Operation for HistogramNormalize {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let (low, high) = extremes(&image.data);
        let (first, last) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
        if !(last - first).is_finite() {
            return Err(msg!("transform-not-finite"));
        }
        let Scratch { numbers: counts, floats: [middles, levels, slopes, _], .. } = scratch;
        let bins = self.num_bins;
        // numpy's histogram, in float32 as it does it for such values.
        let step = (last - first) / bins as f32;
        let edge = |i: usize| if i == bins { last } else { i as f32 * step + first };
        let scaled = |v: f32| (v - first) / (last - first) * bins as f32;
        counts.clear();
        counts.resize(bins, 0);
        for v in image.data.iter().filter(|v| !v.is_nan()) {
            let mut bin = (scaled(*v) as usize).min(bins - 1);
            if *v < edge(bin) {
                bin = bin.saturating_sub(1);
            } else if *v >= edge(bin + 1) && bin + 1 < bins {
                bin += 1;
            }
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        middles.clear();
        middles.extend((0..bins).map(|i| (edge(i) + edge(i + 1)) / 2.0));
        levels.clear();
        levels.extend(counts.iter().scan(0u32, |sum, count| {
            *sum += count;
            Some(*sum as f32)
        }));
        let (low, high) = extremes(levels);
        let (span, to) = (high - low, self.max - self.min);
        // As MONAI's `rescale_array`: what cannot be spread is multiplied by min.
        levels
            .iter_mut()
            .for_each(|v| *v = if span == 0.0 { *v * self.min } else { (*v - low) / span * to + self.min });
        slopes.clear();
        slopes.extend(
            levels
                .windows(2)
                .zip(middles.windows(2))
                .map(|(level, middle)| (level[1] - level[0]) / (middle[1] - middle[0])),
        );
        slopes.push(0.0);
        for v in &mut image.data {
            let at = (scaled(*v) - 0.5).max(0.0) as usize;
            let at = at.min(bins - 1);
            // Off by a rounding, it would be the neighbouring piece of the curve, which meets this one here.
            if let (Some(middle), Some(level), Some(slope)) = (middles.get(at), levels.get(at), slopes.get(at)) {
                let past = *v - middle;
                // Not so at the ends, where the curve stays level.
                *v = if past < 0.0 && at == 0 { *level } else { slope * past + level };
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct RandHistogramShift {
    prob: f64,
    points: [i64; 2],
}

impl Operation for RandHistogramShift {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let [low, high] = self.points;
        Draw::happens(&[stream.integer(low, high + 1) as f64], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let (low, high) = extremes(&image.data);
        let range = high - low;
        if !range.is_finite() || range == 0.0 {
            return Ok(());
        }
        let knots = (drawn.figure(0) as usize).max(3);
        let [levels, slopes, ..] = &mut scratch.floats;
        draw_knots(knots, &mut drawn.stream(), levels);
        levels.iter_mut().for_each(|v| *v = *v * range + low);
        let pieces = (knots - 1) as f32;
        let width = range / pieces;
        slopes.clear();
        slopes.extend(levels.windows(2).map(|pair| (pair[1] - pair[0]) / width));
        for v in &mut image.data {
            let at = (((*v - low) / width) as usize).min(knots - 2);
            if let (Some(level), Some(slope)) = (levels.get(at), slopes.get(at)) {
                *v = level + slope * (*v - (at as f32 * width + low));
            }
        }
        Ok(())
    }
}

/// Levels from 0 to 1: each is drawn from the one before, as it was drawn, to the one after, as it is still undrawn.
fn draw_knots(knots: usize, stream: &mut Stream, levels: &mut Vec<f32>) {
    let last = (knots - 1) as f64;
    let mut before = 0.0;
    levels.clear();
    levels.push(0.0);
    for i in 1..knots - 1 {
        before = stream.uniform(before, (i + 1) as f64 / last);
        levels.push(before as f32);
    }
    levels.push(1.0);
}

#[derive(Debug)]
struct Curve {
    kernel_size: usize,
    slope: f64,
}

impl Curve {
    fn new(values: &Values<'_>) -> Self {
        Self { kernel_size: values.int("kernel_size").max(1) as usize, slope: values.float("slope") }
    }

    /// A curve over the values there are: a moving average of `kernel_size` of them drawn at random, plus a line.
    fn remap(&self, values: &mut [f32], slope: f64, stream: &mut Stream, scratch: &mut Scratch) {
        let Scratch { numbers: keys, floats: [noise, curve, ..], .. } = scratch;
        keys.clear();
        keys.extend(values.iter().filter(|v| !v.is_nan()).map(|v| key(*v)));
        keys.sort_unstable();
        keys.dedup();
        // With one value there is no curve.
        let (Some(low), Some(high), true) = (keys.first(), keys.last(), keys.len() > 1) else { return };
        let (low, high, levels) = (of_key(*low), of_key(*high), keys.len());
        noise.clear();
        noise.extend((1..levels + self.kernel_size).map(|_| {
            let at = stream.integer(0, levels as i64) as usize;
            keys.get(at).map_or(low, |key| of_key(*key))
        }));
        let (ahead, behind) = noise.split_at(self.kernel_size - 1);
        let mut sum: f64 = ahead.iter().map(|v| f64::from(*v)).sum();
        curve.clear();
        for (i, (new, old)) in behind.iter().zip(noise.iter()).enumerate() {
            sum += f64::from(*new);
            let line = slope * i as f64 / levels as f64;
            curve.push((sum / self.kernel_size as f64 + line) as f32);
            sum -= f64::from(*old);
        }
        let (least, most) = extremes(curve);
        if least == most {
            return;
        }
        // MONAI's rescaling, which reaches from the smallest value to the sum of both ends.
        curve.iter_mut().for_each(|v| *v = (*v - least) / (most - least) * high + low);
        for v in values {
            if let Some(new) = keys.binary_search(&key(*v)).ok().and_then(|at| curve.get(at)) {
                *v = *new;
            }
        }
    }
}

#[derive(Debug)]
struct IntensityRemap {
    /// `None`: always, with the slope as it is given; else it rises or falls.
    prob: Option<f64>,
    channel_wise: bool,
    curve: Curve,
}

impl IntensityRemap {
    fn slope(&self, stream: &mut Stream) -> f64 {
        if stream.happens(0.5) { self.curve.slope } else { -self.curve.slope }
    }
}

impl Operation for IntensityRemap {
    fn draw(&self, mut stream: Stream, [channels, _, _]: [usize; 3]) -> Draw {
        match self.prob {
            None => Draw::happens(&[self.curve.slope], stream),
            Some(prob) if !stream.happens(prob) => Draw::Skip,
            Some(_) => draw_figures(if self.channel_wise { channels } else { 1 }, stream, |s| self.slope(s)),
        }
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let mut stream = drawn.stream();
        for (i, part) in parts(image, self.channel_wise).enumerate() {
            let slope = figure(drawn, i, &mut stream, |s| self.slope(s));
            self.curve.remap(part, slope, &mut stream, scratch);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{one, picture, run};
    use crate::transform::tests_random::draws;

    #[test]
    fn equalising_agrees_with_monai() {
        let image = Image { data: vec![0.0, 2.0, 4.0, 10.0, 0.0, 30.0], ..picture(2, 1, 3) };
        let out = run(&one("HistogramNormalize", "num_bins = 4\nmax = 100"), &image, 0);
        // HistogramNormalize(4, 0, 100) of MONAI 1.6.1.
        for (a, b) in out.data.iter().zip([0.0, 0.0, 1.666_667, 41.666_668, 0.0, 100.0]) {
            assert!((a - b).abs() < 5e-5, "{:?}", out.data);
        }
    }

    #[test]
    fn odd_values_are_no_end() {
        let image = Image { data: vec![f32::NAN, 1.0, f32::INFINITY, -3.0, 0.0, 2.0], ..picture(1, 2, 3) };
        let mut scratch = Scratch::default();
        let outcome =
            one("HistogramNormalize", "").run(&mut image.clone(), &mut scratch, SampleSeed::default(), &mut ());
        assert!(outcome.unwrap_err().reason.to_string().contains("finite"));
        for (name, lines) in [
            ("ScaleIntensityRangePercentiles", ""),
            ("ClipIntensityPercentiles", "sharpness_factor = 1"),
            ("RandHistogramShift", "prob = 1"),
            ("IntensityRemap", ""),
        ] {
            assert_eq!(run(&one(name, lines), &image, 0).data.len(), 6);
        }
        let flat = Image { data: vec![5.0; 6], ..image };
        assert_eq!(run(&one("RandHistogramShift", "prob = 1"), &flat, 0), flat);
        assert_eq!(run(&one("IntensityRemap", ""), &flat, 0), flat);
    }

    #[test]
    fn the_number_of_knots_is_uniform_and_each_knot_between_its_neighbours() {
        let n = 20_000;
        let drawn = draws(&one("RandHistogramShift", "num_control_points = [7, 4]\nprob = 0.5"), n);
        for wanted in [4.0, 5.0, 6.0, 7.0] {
            let count = drawn.iter().filter(|d| d.figures() == [wanted]).count() as f64;
            assert!((count / n as f64 - 0.125).abs() < 0.01, "{wanted}: {count}");
        }
        // Of 3 knots the middle one is uniform from 0 to 1; of 4 the second is so from 0 to 2/3, and the third lies
        // between it and 1: a mean of 2/3.
        let (mut middle, mut third, mut levels) = ([0.0; 10], 0.0, Vec::new());
        let mut stream = SampleSeed::default().stream(1);
        for _ in 0..n {
            draw_knots(3, &mut stream, &mut levels);
            middle[(levels[1] * 10.0) as usize] += 10.0 / n as f64;
            draw_knots(4, &mut stream, &mut levels);
            assert!(levels[1] < 0.666_667 && levels.is_sorted() && levels.len() == 4);
            third += f64::from(levels[2]) / n as f64;
        }
        assert!(middle.iter().all(|share| (share - 1.0f64).abs() < 0.1), "{middle:?}");
        assert!((third - 2.0 / 3.0).abs() < 0.01, "{third}");
    }

    /// Every value goes where the curve through the knots takes it.
    #[test]
    fn values_are_shifted_along_the_curve() {
        let image = Image { data: (0..=100).map(|v| v as f32 - 20.0).collect(), ..picture(1, 1, 101) };
        let chain = one("RandHistogramShift", "num_control_points = 6\nprob = 1");
        let Draw::Happens(drawn) = chain.steps()[0].draw(SampleSeed { seed: 3, epoch: 1, sample: 4 }, [1, 1, 101])
        else {
            panic!("it was not done")
        };
        let mut levels = Vec::new();
        draw_knots(6, &mut drawn.stream(), &mut levels);
        let out = run(&chain, &image, 4);
        for (i, level) in levels.iter().enumerate() {
            assert!((out.data[i * 20] - (level * 100.0 - 20.0)).abs() < 1e-3, "{levels:?} {:?}", out.data);
        }
        for (i, v) in out.data.iter().enumerate() {
            let (at, share) = ((i / 20).min(4), i as f32 / 20.0 - (i / 20).min(4) as f32);
            let expected = (levels[at] * (1.0 - share) + levels[at + 1] * share) * 100.0 - 20.0;
            assert!((v - expected).abs() < 1e-3, "{i}: {v}, not {expected}");
        }
    }

    #[test]
    fn remapping_goes_from_the_smallest_value_to_the_sum_of_both_ends() {
        let image = picture(2, 20, 20);
        let (low, high) = extremes(&image.data);
        let out = run(&one("IntensityRemap", ""), &image, 0);
        let (least, most) = extremes(&out.data);
        assert!((least - low).abs() < 1e-3 && (most - (high + low)).abs() < 1e-3, "{least} {most}");
        // Equal values stay equal, and a steep line outweighs the noise.
        let steep = run(&one("IntensityRemap", "slope = 1e5"), &image, 0);
        let mut pairs: Vec<_> = image.data.iter().zip(&steep.data).map(|(a, b)| (key(*a), key(*b))).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert!(pairs.windows(2).all(|p| p[0].0 < p[1].0 && p[0].1 < p[1].1));
        let n = 10_000;
        let drawn = draws(&one("RandIntensityRemap", "prob = 0.5"), n);
        let figures: Vec<f64> = drawn.iter().flat_map(|d| d.figures().iter().copied()).collect();
        assert!((figures.len() as f64 / 3.0 / n as f64 - 0.5).abs() < 0.02);
        let rising = figures.iter().filter(|v| **v == 0.7).count() as f64 / figures.len() as f64;
        assert!((rising - 0.5).abs() < 0.02 && figures.iter().all(|v| v.abs() == 0.7), "{rising}");
    }
}
