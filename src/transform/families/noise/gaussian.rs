//! RandGaussianNoise and RandRicianNoise, and normal numbers by the ziggurat method.

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DTYPE, Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, MAX_DRAWN, Stream};
use crate::transform::core::normal::ZIGGURAT;
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;

const RAND_GAUSSIAN_NOISE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandGaussianNoise",
    Family::Noise,
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

const RAND_RICIAN_NOISE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandRicianNoise",
    Family::Noise,
    "Adds the noise of magnetic resonance imaging, by chance: Gaussian on both parts of a complex number whose magnitude \
     is kept.",
    &[
        PROB,
        param(
            "mean",
            ParamKind::Floats { min: -1e12, max: 1e12, least: 1, most: 1024 },
            ParamDefault::Float(0.0),
            "",
            "mean of the Gaussian noise; with channel_wise, one a channel if wanted",
        ),
        param(
            "std",
            ParamKind::Floats { min: 0.0, max: 1e12, least: 1, most: 1024 },
            ParamDefault::Float(1.0),
            "",
            "standard deviation of the Gaussian noise; with channel_wise, one a channel if wanted",
        ),
        param(
            "channel_wise",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "draw and measure each channel by itself",
        ),
        param(
            "relative",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "std is a share of the image's own standard deviation, or the channel's",
        ),
        param(
            "sample_std",
            ParamKind::Bool,
            ParamDefault::Bool(true),
            "",
            "draw the standard deviation uniformly from 0 to std",
        ),
    ],
    &[("std", "")],
    |values| built(RandRicianNoise::new(values)?),
)
.without(&[DTYPE]);

pub(crate) const ALL: &[TransformInfo] = &[RAND_GAUSSIAN_NOISE, RAND_RICIAN_NOISE];

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

    fn apply(&self, drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let (std, mut stream, tables) = (drawn.figure(0), drawn.stream(), &*ZIGGURAT);
        for v in &mut image.data {
            *v += (self.mean + std * tables.normal(&mut stream)) as f32;
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct RandRicianNoise {
    prob: f64,
    /// One, or one a channel.
    mean: Vec<f64>,
    std: Vec<f64>,
    channel_wise: bool,
    relative: bool,
    sample_std: bool,
}

impl RandRicianNoise {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let channel_wise = values.bool("channel_wise");
        let list = |name: &'static str| match values.floats(name) {
            list if list.len() > 1 && !channel_wise => {
                Err(Invalid::new(name, msg!("transform-expected-one-not-channel-wise")))
            }
            list => Ok(list),
        };
        Ok(Self {
            prob: values.float("prob"),
            mean: list("mean")?,
            std: list("std")?,
            channel_wise,
            relative: values.bool("relative"),
            sample_std: values.bool("sample_std"),
        })
    }

    fn draw_std(&self, channel: usize, stream: &mut Stream) -> f64 {
        let std = of_channel(&self.std, channel);
        if self.sample_std { stream.uniform(0.0, std) } else { std }
    }
}

/// The channel's own number, or the one of all.
fn of_channel(list: &[f64], channel: usize) -> f64 {
    list.get(channel).or(list.first()).copied().unwrap_or(0.0)
}

/// The sample standard deviation; 0 of a single value.
fn deviation(values: &[f32]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

impl Operation for RandRicianNoise {
    fn draw(&self, mut stream: Stream, [channels, ..]: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let count = if self.channel_wise { channels.min(MAX_DRAWN) } else { 1 };
        let mut figures = [0.0; MAX_DRAWN];
        for (channel, figure) in figures.iter_mut().take(count).enumerate() {
            *figure = self.draw_std(channel, &mut stream);
        }
        Draw::happens(figures.get(..count).unwrap_or_default(), stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let (mut stream, tables) = (drawn.stream(), &*ZIGGURAT);
        for (name, list) in [("mean", &self.mean), ("std", &self.std)] {
            let (given, channels) = (list.len(), image.channels);
            if given > 1 && given != channels {
                return Err(msg!("transform-one-or-each-channel", name, given, channels));
            }
        }
        let part = if self.channel_wise { image.height * image.width } else { image.data.len() };
        for (channel, values) in image.data.chunks_exact_mut(part.max(1)).enumerate() {
            let mean = of_channel(&self.mean, channel);
            let drawn = drawn.figures().get(channel).copied();
            let std = drawn.unwrap_or_else(|| self.draw_std(channel, &mut stream));
            let std = if self.relative { std * deviation(values) } else { std };
            let mut noise = || (mean + std * tables.normal(&mut stream)) as f32;
            for v in values {
                let (real, imaginary) = (*v + noise(), noise());
                *v = (real * real + imaginary * imaginary).sqrt();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{chain, one, picture, run};
    use crate::transform::tests_random::{check_uniform, draws};

    #[test]
    fn rician_figures_are_drawn_as_monai_draws_them() {
        let n = 20_000;
        check_uniform(&draws(&one("RandRicianNoise", "std = 3"), n), 0.1, [0.0, 3.0], 0);
        let wise = draws(&one("RandRicianNoise", "prob = 1\nstd = [1, 2, 4]\nchannel_wise = true"), n);
        for (i, high) in [1.0, 2.0, 4.0].into_iter().enumerate() {
            check_uniform(&wise, 1.0, [0.0, high], i);
        }
        let fixed = draws(&one("RandRicianNoise", "prob = 1\nstd = 3\nsample_std = false"), 10);
        assert!(fixed.iter().all(|d| d.figures() == [3.0]));
    }

    /// Sums of squares have the mean (value + mean)² + mean² + 2 std².
    #[test]
    fn rician_noise_has_its_squares() {
        #[track_caller]
        fn check(lines: &str, image: &Image, expected: [f64; 2]) {
            let out = run(&one("RandRicianNoise", &format!("prob = 1\nsample_std = false\n{lines}")), image, 1);
            for (channel, expected) in out.data.chunks_exact(40_000).zip(expected) {
                let found = channel.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / 40_000.0;
                assert!((found / expected - 1.0).abs() < 0.015, "{found}, expected {expected}");
            }
        }
        let data: Vec<f32> = (0..80_000).map(|i| if i < 40_000 { 10.0 } else { 20.0 }).collect();
        let flat = Image::from_floats([2, 200, 200], data);
        check("mean = 1\nstd = 3", &flat, [121.0 + 1.0 + 18.0, 441.0 + 1.0 + 18.0]);
        check("mean = [1, 2]\nstd = [3, 4]\nchannel_wise = true", &flat, [121.0 + 1.0 + 18.0, 484.0 + 4.0 + 32.0]);
        // The deviation of both channels together is 5, of each alone 0.
        check("std = 0.5\nrelative = true", &flat, [100.0 + 12.5, 400.0 + 12.5]);
        let exact = run(
            &one("RandRicianNoise", "prob = 1\nrelative = true\nchannel_wise = true\nsample_std = false"),
            &flat,
            1,
        );
        assert_eq!(exact, flat);
    }

    #[test]
    fn lists_must_be_as_long_as_the_image_has_channels() {
        let error = chain("[[transform]]\nname = \"RandRicianNoise\"\nstd = [1, 2]").unwrap_err().to_string();
        assert!(error.contains("channel_wise is false"), "{error}");
        let two = one("RandRicianNoise", "prob = 1\nstd = [1, 2]\nchannel_wise = true");
        let error = two.run(&mut picture(3, 4, 4), &mut Scratch::default(), SampleSeed::default(), &mut ());
        assert!(error.unwrap_err().reason.to_string().contains("2 numbers, the image 3 channels"));
        let many = one("RandRicianNoise", "prob = 1\nchannel_wise = true");
        assert!(run(&many, &picture(11, 1, 1), 0).data.iter().all(|v| v.is_finite()));
    }
}
