//! Noise in the Fourier domain (MONAI): what magnetic resonance imaging brings, whose scanners measure frequencies.
//!
//! Places in k-space are counted with frequency 0 in the middle, at (H / 2, W / 2), as torch's `fftshift` puts it.

use crate::data::Image;
use crate::language::{Message, sides};
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::sizes::MAX_SIDE;
use crate::transform::kernels::scratch::Scratch;
use std::f64::consts::{SQRT_2, TAU};

/// Beyond it a float holds no magnitude.
const LOG_INTENSITY: ParamKind = ParamKind::Floats { min: -1e3, max: 88.0, least: 1, most: 1024 };

const GIBBS_NOISE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "GibbsNoise",
    Family::Noise,
    "Takes the high frequencies away, which leaves ripples along edges.",
    &[param("alpha", ParamKind::Float { min: 0.0, max: 1.0 }, ParamDefault::Float(0.1), "", "how many: 0 none, 1 all")],
    |values| built(GibbsNoise { alpha: values.float("alpha") }),
);

const RAND_GIBBS_NOISE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandGibbsNoise",
    Family::Noise,
    "Takes high frequencies away, which leaves ripples along edges, by chance.",
    &[
        PROB,
        param(
            "alpha",
            ParamKind::Floats { min: 0.0, max: 1.0, least: 2, most: 2 },
            ParamDefault::Floats(&[0.0, 1.0]),
            "",
            "how many, drawn from [low, high], or from 0 to one number: 0 none, 1 all",
        ),
    ],
    &[("alpha", "")],
    |values| {
        let alpha = match values.floats("alpha")[..] {
            [low, high] if low <= high => [low, high],
            [high] => [0.0, high],
            _ => return Err(Invalid::new("alpha", msg!("transform-expected-low-first"))),
        };
        built(RandGibbsNoise { prob: values.float("prob"), alpha })
    },
);

const LOC: ParamInfo = param(
    "loc",
    ParamKind::Rows { min: 0.0, max: MAX_SIDE as f64 },
    ParamDefault::Rows(&[&[0.0, 0.0]]),
    "px",
    "where: a list of [H, W] for all channels or [C, H, W] for one; frequency 0 is in the middle",
);

const KSPACE_SPIKE_NOISE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "KSpaceSpikeNoise",
    Family::Noise,
    "Spikes in the Fourier domain, which lay a stripe pattern over the image.",
    &[
        LOC,
        param(
            "k_intensity",
            ParamKind::Optional(&LOG_INTENSITY),
            ParamDefault::None,
            "",
            "logarithm of the magnitude there, one for all or one a spike; none: 2.5 times the channel's mean",
        ),
    ],
    |values| built(KSpaceSpikeNoise::new(values)?),
)
.noting("`loc` has no default there and is always a list of places here; with several and no intensity, MONAI takes the mean of channel i for place i");

const RAND_KSPACE_SPIKE_NOISE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandKSpaceSpikeNoise",
    Family::Noise,
    "A spike in the Fourier domain, which lays a stripe pattern over the image, by chance.",
    &[
        PROB,
        param(
            "intensity_range",
            ParamKind::Optional(&LOG_INTENSITY),
            ParamDefault::None,
            "",
            "logarithm of the magnitude: [low, high], or low and high of each channel in turn; none: 0.95 to 1.1 times \
             2.5 times the channel's mean",
        ),
        param(
            "channel_wise",
            ParamKind::Bool,
            ParamDefault::Bool(true),
            "",
            "a place for each channel instead of one for all",
        ),
    ],
    &[("row", "px"), ("column", "px")],
    |values| built(RandKSpaceSpikeNoise::new(values)?),
)
.noting("ranges by channel are one flat list here");

pub(crate) const ALL: &[TransformInfo] = &[GIBBS_NOISE, RAND_GIBBS_NOISE, KSPACE_SPIKE_NOISE, RAND_KSPACE_SPIKE_NOISE];

fn channels(image: &mut Image) -> impl Iterator<Item = &mut [f32]> {
    let plane = image.height * image.width;
    image.data.chunks_exact_mut(plane.max(1))
}

fn gibbs(image: &mut Image, alpha: f64, scratch: &mut Scratch) {
    let size @ [height, width] = [image.height, image.width];
    let radius = (1.0 - alpha) * height.max(width) as f64 * SQRT_2 / 2.0;
    // MONAI measures from the middle of the picture, which is half a place off frequency 0 where the side is even.
    let squared = |frequency: usize, n: usize| {
        let place = if frequency + n / 2 < n { frequency + n / 2 } else { frequency + n / 2 - n };
        (place as f64 - (n as f64 - 1.0) / 2.0).powi(2)
    };
    let kept = |[y, x]: [usize; 2]| if (squared(y, height) + squared(x, width)).sqrt() <= radius { 0.5 } else { 0.0 };
    for channel in channels(image) {
        scratch.fourier.forward(channel, size);
        // So a frequency may be kept and its mirror not; the real part is then what half of both makes.
        scratch.fourier.filter(size, |frequency, mirror| kept(frequency) + kept(mirror));
        scratch.fourier.inverse(channel, size);
    }
}

#[derive(Debug, Clone)]
struct GibbsNoise {
    alpha: f64,
}

impl Operation for GibbsNoise {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        gibbs(image, self.alpha, scratch);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct RandGibbsNoise {
    prob: f64,
    alpha: [f64; 2],
}

impl Operation for RandGibbsNoise {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let alpha = stream.uniform(self.alpha[0], self.alpha[1]);
        Draw::happens(&[alpha], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        gibbs(image, drawn.figure(0), scratch);
        Ok(())
    }
}

/// 2.5 times the mean of the logarithm of the channel's magnitudes.
fn usual_intensity(channel: &[f32], size: [usize; 2], scratch: &mut Scratch) -> f64 {
    scratch.fourier.forward(channel, size);
    scratch.fourier.mean_log(size) * 2.5
}

/// Gives the frequencies at those places magnitudes of those logarithms, keeping their phases. The transform being
/// linear, that is a wave added for each: no other frequency need be known.
fn spike(
    channel: &mut [f32],
    [height, width]: [usize; 2],
    spikes: impl Iterator<Item = ([usize; 2], f64)> + Clone,
    scratch: &mut Scratch,
) {
    let [cosines, sines, waves, _] = &mut scratch.floats;
    // All of them from the image as it came: a wave is seen at the mirrored frequency too.
    waves.clear();
    for (place, log_intensity) in spikes.clone() {
        fill_tables(place[1], width, cosines, sines);
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (y, row) in channel.chunks_exact(width.max(1)).enumerate() {
            let (mut along_cosine, mut along_sine) = (0.0, 0.0);
            for ((v, cosine), sine) in row.iter().zip(&*cosines).zip(&*sines) {
                along_cosine += f64::from(*v) * f64::from(*cosine);
                along_sine += f64::from(*v) * f64::from(*sine);
            }
            let (sin, cos) = angle(place[0], y, height).sin_cos();
            real += along_cosine * cos - along_sine * sin;
            imaginary -= along_cosine * sin + along_sine * cos;
        }
        let magnitude = real.hypot(imaginary);
        let phase = if magnitude > 0.0 { [real / magnitude, imaginary / magnitude] } else { [1.0, 0.0] };
        let share = (log_intensity.exp() - magnitude) / (height * width) as f64;
        waves.extend(phase.map(|part| (share * part) as f32));
    }
    for (i, ((place, _), wave)) in spikes.clone().zip(waves.as_chunks::<2>().0).enumerate() {
        // They are set one after the other: the last at a place counts.
        if spikes.clone().skip(i + 1).any(|(later, _)| later == place) {
            continue;
        }
        fill_tables(place[1], width, cosines, sines);
        for (y, row) in channel.chunks_exact_mut(width.max(1)).enumerate() {
            let (sin, cos) = angle(place[0], y, height).sin_cos();
            let (sin, cos) = (sin as f32, cos as f32);
            let (real, imaginary) = (wave[0] * cos - wave[1] * sin, wave[0] * sin + wave[1] * cos);
            for ((v, cosine), sine) in row.iter_mut().zip(&*cosines).zip(&*sines) {
                *v += real * cosine - imaginary * sine;
            }
        }
    }
}

/// How far the wave of that place in k-space has turned at position `i` of `n`.
fn angle(place: usize, i: usize, n: usize) -> f64 {
    let frequency = (place + n - n / 2) % n;
    TAU * ((frequency * i) % n) as f64 / n as f64
}

fn fill_tables(place: usize, n: usize, cosines: &mut Vec<f32>, sines: &mut Vec<f32>) {
    cosines.clear();
    sines.clear();
    for i in 0..n {
        let (sin, cos) = angle(place, i, n).sin_cos();
        cosines.push(cos as f32);
        sines.push(sin as f32);
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Spike {
    /// `None`: in every channel.
    channel: Option<usize>,
    place: [usize; 2],
    /// `None`: [`usual_intensity`].
    log_intensity: Option<f64>,
}

#[derive(Debug, Clone)]
struct KSpaceSpikeNoise {
    spikes: Vec<Spike>,
}

impl KSpaceSpikeNoise {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let rows = values.rows("loc");
        let intensities = values.optional_floats("k_intensity").unwrap_or_default();
        if intensities.len() > 1 && intensities.len() != rows.len() {
            return Err(Invalid::new("k_intensity", msg!("transform-expected-one-or-each-place", count = rows.len())));
        }
        let wrong = || Invalid::new("loc", msg!("transform-expected-places"));
        let mut spikes = Vec::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            if row.iter().any(|v| v.fract() != 0.0) {
                return Err(wrong());
            }
            let (channel, place) = match row[..] {
                [h, w] => (None, [h, w]),
                [c, h, w] => (Some(c as usize), [h, w]),
                _ => return Err(wrong()),
            };
            let log_intensity = intensities.get(i).or(intensities.first()).copied();
            spikes.push(Spike { channel, place: place.map(|v| v as usize), log_intensity });
        }
        Ok(Self { spikes })
    }
}

impl Operation for KSpaceSpikeNoise {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let size @ [height, width] = [image.height, image.width];
        let outside = |spike: &&Spike| {
            spike.place[0] >= height || spike.place[1] >= width || spike.channel.is_some_and(|c| c >= image.channels)
        };
        if let Some(Spike { channel, place: [h, w], .. }) = self.spikes.iter().find(outside) {
            let channel = channel.map_or_else(String::new, |c| format!("{c}, "));
            let place = format!("{channel}{h}, {w}");
            return Err(msg!("transform-place-outside", place, from = sides(&image.shape())));
        }
        for (c, channel) in channels(image).enumerate() {
            let here = self.spikes.iter().filter(|spike| spike.channel.is_none_or(|channel| channel == c));
            let usual = if here.clone().any(|spike| spike.log_intensity.is_none()) {
                usual_intensity(channel, size, scratch)
            } else {
                0.0
            };
            let here = here.map(|s| (s.place, s.log_intensity.unwrap_or(usual)));
            spike(channel, size, here, scratch);
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct RandKSpaceSpikeNoise {
    prob: f64,
    /// None, one, or one a channel.
    ranges: Vec<[f64; 2]>,
    channel_wise: bool,
}

impl RandKSpaceSpikeNoise {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let numbers = values.floats("intensity_range");
        let (ranges, rest) = numbers.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(Invalid::new("intensity_range", msg!("transform-expected-low-high-by-channel")));
        }
        let channel_wise = values.bool("channel_wise");
        if ranges.len() > 1 && !channel_wise {
            return Err(Invalid::new("intensity_range", msg!("transform-expected-low-high-not-channel-wise")));
        }
        Ok(Self { prob: values.float("prob"), ranges: ranges.to_vec(), channel_wise })
    }
}

/// A place drawn for one spike.
fn draw_place(stream: &mut Stream, size: [usize; 2]) -> [usize; 2] {
    size.map(|n| stream.integer(0, n as i64) as usize)
}

impl Operation for RandKSpaceSpikeNoise {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let place = draw_place(&mut stream, [height, width]);
        Draw::happens(&place.map(|v| v as f64), stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let size = [image.height, image.width];
        let count = image.channels;
        if self.ranges.len() > 1 && self.ranges.len() != count {
            let given = self.ranges.len();
            return Err(msg!("transform-range-for-channels", given, channels = count));
        }
        let mut stream = drawn.stream();
        let mut place = [drawn.figure(0) as usize, drawn.figure(1) as usize];
        for (c, channel) in channels(image).enumerate() {
            if c > 0 && self.channel_wise {
                place = draw_place(&mut stream, size);
            }
            let [low, high] = match self.ranges.get(c).or(self.ranges.first()) {
                Some(range) => *range,
                None => {
                    let usual = usual_intensity(channel, size, scratch);
                    [0.95 * usual, 1.1 * usual]
                }
            };
            let log_intensity = stream.uniform(low, high);
            spike(channel, size, std::iter::once((place, log_intensity)), scratch);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::tests::{chain, one, picture, run};
    use crate::transform::tests_random::{check_uniform, draws};
    use crate::transform::{SampleSeed, Scratch};

    #[track_caller]
    fn check(name: &str, lines: &str, expected: [f32; 8]) {
        let out = run(&one(name, lines), &picture(2, 5, 6), 0);
        for (i, expected) in [0, 7, 13, 29, 30, 37, 43, 59].into_iter().zip(expected) {
            let found = out.data[i];
            assert!((found - expected).abs() < 2e-6 * expected.abs().max(500.0), "{i}: {found}, expected {expected}");
        }
    }

    #[test]
    fn spikes_are_monais() {
        // KSpaceSpikeNoise(loc=…, k_intensity=…) on picture(2, 5, 6).
        let name = "KSpaceSpikeNoise";
        let all = [-56.3605, 141.7427, -46.0399, 197.9996, 40.8686, 12.3806, 189.1201, 20.9899];
        check(name, "loc = [[1, 4]]\nk_intensity = 8", all);
        // The middle, frequency 0, of the second channel.
        let middle = [0.0, 213.0, 37.0, 237.0, 268.7361, 230.7361, 305.7361, 254.7361];
        check(name, "loc = [[1, 2, 3]]\nk_intensity = 9", middle);
        let usual = [0.0, 213.0, 37.0, 237.0, 63866.31, 63828.31, 63903.31, 63852.31];
        check(name, "loc = [[1, 2, 3]]", usual);
        // The first and the third mirror each other.
        let three = [-302.5301, 118.9768, -72.8701, -43.9956, -8.9848, -179.9695, -104.9695, 242.9847];
        check(name, "loc = [[0, 1, 4], [2, 2], [0, 3, 2]]\nk_intensity = [8, 9, 7]", three);
        let twice = [-176.1586, -9.7198, -222.547, 115.1014, 124.0, 86.0, 161.0, 110.0];
        check(name, "loc = [[0, 1, 4], [0, 3, 2], [0, 1, 4]]\nk_intensity = [8, 9, 7]", twice);
        // GibbsNoise(0.5).
        let gibbs = [70.0791, 148.1833, 107.0376, 172.0918, 73.75, 132.1582, 119.0751, 146.7125];
        check("GibbsNoise", "alpha = 0.5", gibbs);
    }

    #[test]
    fn objections_name_the_parameter() {
        #[track_caller]
        fn refused(name: &str, lines: &str, words: &str) {
            let error = chain(&format!("[[transform]]\nname = \"{name}\"\n{lines}")).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        refused("KSpaceSpikeNoise", "loc = [[1.5, 2]]", "whole numbers");
        refused("KSpaceSpikeNoise", "loc = [[1, 2, 3, 4]]", "[C, H, W]");
        refused("KSpaceSpikeNoise", "loc = [[1, 2], [2, 1]]\nk_intensity = [1, 2, 3]", "or 2, one for each");
        refused("RandGibbsNoise", "alpha = [0.5, 0.4]", "the low one first");
        refused("RandKSpaceSpikeNoise", "intensity_range = [1, 2, 3]", "low and high of each");
        refused("RandKSpaceSpikeNoise", "intensity_range = [1, 2, 3, 4]\nchannel_wise = false", "channel_wise");
        for (lines, words) in [("loc = [[5, 0]]", "[5, 0]"), ("loc = [[2, 0, 0]]", "[2, 0, 0]")] {
            let mut image = picture(2, 5, 6);
            let chain = one("KSpaceSpikeNoise", lines);
            let error = chain.run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut ()).unwrap_err();
            assert!(
                error.reason.to_string().contains(words) && error.reason.to_string().contains("2 x 5 x 6"),
                "{error}"
            );
        }
    }

    #[test]
    fn figures_are_drawn_as_monai_draws_them() {
        let n = 20_000;
        check_uniform(&draws(&one("RandGibbsNoise", "prob = 0.3"), n), 0.3, [0.0, 1.0], 0);
        check_uniform(&draws(&one("RandGibbsNoise", "prob = 1\nalpha = 0.4"), n), 1.0, [0.0, 0.4], 0);
        check_uniform(&draws(&one("RandGibbsNoise", "prob = 1\nalpha = [0.2, 0.4]"), n), 1.0, [0.2, 0.4], 0);
        let places = draws(&one("RandKSpaceSpikeNoise", ""), n);
        // Whole numbers below 40 and 60, counted in tens.
        check_uniform(&places, 0.1, [0.0, 40.0], 0);
        check_uniform(&places, 0.1, [0.0, 60.0], 1);
        assert!(places.iter().flat_map(|d| d.figures()).all(|v| v.fract() == 0.0));
    }

    #[test]
    fn drawn_figures_are_what_is_done() {
        let image = picture(2, 9, 12);
        for sample in 0..5 {
            let random = one("RandGibbsNoise", "prob = 1");
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            let alpha = random.steps()[0].draw(seed, image.shape()).figures()[0];
            let fixed = one("GibbsNoise", &format!("alpha = {alpha:?}"));
            assert_eq!(run(&random, &image, sample), run(&fixed, &image, sample));
            for wise in [true, false] {
                let lines = format!("prob = 1\nintensity_range = [7, 9]\nchannel_wise = {wise}");
                let random = one("RandKSpaceSpikeNoise", &lines);
                let Draw::Happens(drawn) = random.steps()[0].draw(seed, image.shape()) else { panic!() };
                let [h, w] = drawn.figures() else { panic!() };
                let mut stream = drawn.stream();
                let first = stream.uniform(7.0, 9.0);
                let place = if wise { draw_place(&mut stream, [9, 12]) } else { [*h as usize, *w as usize] };
                let second = stream.uniform(7.0, 9.0);
                let loc = format!("loc = [[0, {h}, {w}], [1, {}, {}]]", place[0], place[1]);
                let fixed = one("KSpaceSpikeNoise", &format!("{loc}\nk_intensity = [{first:?}, {second:?}]"));
                assert_eq!(run(&random, &image, sample), run(&fixed, &image, sample));
            }
        }
    }
}
