//! RandomErasing and erase (torchvision), and the rectangle they share with others.

use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamKind, Values, param};
use crate::transform::core::sizes::MAX_SIDE;
use crate::transform::kernels::scratch::Scratch;

const PIXELS: ParamKind = ParamKind::Int { min: 0, max: MAX_SIDE };
/// One number, or one a channel.
const COLOUR: ParamKind = ParamKind::Floats { min: -1e12, max: 1e12, least: 1, most: 64 };

const RANDOM_ERASING: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomErasing",
    Family::Erasing,
    "Fills one rectangle of random size and proportions at a random place, by chance.",
    &[
        param("p", ParamKind::Float { min: 0.0, max: 1.0 }, ParamDefault::Float(0.5), "", "probability that it happens"),
        param(
            "scale",
            ParamKind::Floats { min: 0.0, max: 1.0, least: 2, most: 2 },
            ParamDefault::Floats(&[0.02, 0.33]),
            "",
            "range of its share of the image's area",
        ),
        param(
            "ratio",
            ParamKind::Floats { min: 1e-3, max: 1e3, least: 2, most: 2 },
            ParamDefault::Floats(&[0.3, 3.3]),
            "",
            "range of height / width",
        ),
        param(
            "value",
            ParamKind::Or("random", &COLOUR),
            ParamDefault::Float(0.0),
            "",
            "what it is filled with, or a list with one number a channel; random: normal numbers of mean 0, deviation 1",
        ),
    ],
    &[("i", "px"), ("j", "px"), ("h", "px"), ("w", "px")],
    |values| {
        let value = values.floats("value");
        built(RandomErasing {
            p: values.float("p"),
            scale: rising(values, "scale")?,
            log_ratio: rising(values, "ratio")?.map(f64::ln),
            value: (!value.is_empty()).then_some(value),
        })
    },
)
.without(&[INPLACE])
.noting("tries ten times to find a rectangle smaller than the image, as it does there, and else leaves the image as it is");

const ERASE: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "erase",
    Family::Erasing,
    "Fills a rectangle.",
    &[
        param("i", PIXELS, ParamDefault::Int(0), "px", "its first row"),
        param("j", PIXELS, ParamDefault::Int(0), "px", "its first column"),
        param("h", PIXELS, ParamDefault::Int(16), "px", "its height; what reaches beyond the image is cut off"),
        param("w", PIXELS, ParamDefault::Int(16), "px", "its width"),
        param("v", COLOUR, ParamDefault::Float(0.0), "", "what it is filled with, or a list with one number a channel"),
    ],
    |values| {
        let [row, column, height, width] = ["i", "j", "h", "w"].map(|name| values.int(name).max(0) as usize);
        built(Erase { region: Region { row, column, height, width }, value: values.floats("v") })
    },
)
.without(&[INPLACE])
.noting("`i`, `j`, `h`, `w` and `v` have no default there");

const INPLACE: (&str, &str) = ("inplace", "a sample's image is always its own");

pub(crate) const ALL: &[TransformInfo] = &[RANDOM_ERASING, ERASE];

/// Low and high, in this order.
fn rising(values: &Values<'_>, name: &'static str) -> Result<[f64; 2], Invalid> {
    match *values.floats(name) {
        [low, high] if low <= high => Ok([low, high]),
        _ => Err(Invalid::new(name, msg!("transform-expected-low-high"))),
    }
}

/// A rectangle of an image, in pixels; the part of it that lies within counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Region {
    pub row: usize,
    pub column: usize,
    pub height: usize,
    pub width: usize,
}

impl Region {
    /// Its rows in a plane of `[height, width]`.
    pub(crate) fn rows<'a, T>(
        &self,
        plane: &'a mut [T],
        [height, width]: [usize; 2],
    ) -> impl Iterator<Item = &'a mut [T]> + use<'a, T> {
        let [first, last] = [self.column, self.column.saturating_add(self.width)].map(|x| x.min(width));
        let [top, bottom] = [self.row, self.row.saturating_add(self.height)].map(|y| y.min(height));
        let rows = plane.get_mut(top * width..bottom * width).unwrap_or_default();
        rows.chunks_exact_mut(width.max(1)).map(move |row| row.get_mut(first..last).unwrap_or_default())
    }
}

/// Fills a region: `value` gives what is put in next, in a channel.
fn erase(image: &mut Image, region: Region, mut value: impl FnMut(usize) -> f64) {
    let size = [image.height, image.width];
    let plane = (size[0] * size[1]).max(1);
    match image.dtype {
        Dtype::U8 => {
            for (channel, plane) in image.bytes.chunks_exact_mut(plane).enumerate() {
                // As torch makes a byte of a float: what follows the point is dropped, then the rest of 256 is taken.
                region.rows(plane, size).flatten().for_each(|v| *v = value(channel) as i64 as u8);
            }
        }
        Dtype::F32 => {
            for (channel, plane) in image.data.chunks_exact_mut(plane).enumerate() {
                region.rows(plane, size).flatten().for_each(|v| *v = value(channel) as f32);
            }
        }
    }
}

/// Fills a region with one number, or with one a channel.
fn erase_with(image: &mut Image, region: Region, value: &[f64]) -> Result<(), Message> {
    let channels = image.channels;
    if value.len() != 1 && value.len() != channels {
        return Err(msg!("transform-value-for-channels", given = value.len(), channels));
    }
    erase(image, region, |channel| value.get(channel).or(value.first()).copied().unwrap_or(0.0));
    Ok(())
}

#[derive(Debug)]
struct Erase {
    region: Region,
    value: Vec<f64>,
}

impl Operation for Erase {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        erase_with(image, self.region, &self.value)
    }
}

#[derive(Debug)]
struct RandomErasing {
    p: f64,
    scale: [f64; 2],
    log_ratio: [f64; 2],
    /// `None`: normal numbers.
    value: Option<Vec<f64>>,
}

impl Operation for RandomErasing {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        if !stream.happens(self.p) {
            return Draw::Skip;
        }
        for _ in 0..10 {
            let area = (height * width) as f64 * stream.uniform(self.scale[0], self.scale[1]);
            let ratio = stream.uniform(self.log_ratio[0], self.log_ratio[1]).exp();
            let h = (area * ratio).sqrt().round_ties_even();
            let w = (area / ratio).sqrt().round_ties_even();
            if h < height as f64 && w < width as f64 {
                let i = stream.integer(0, height as i64 - h as i64 + 1);
                let j = stream.integer(0, width as i64 - w as i64 + 1);
                return Draw::happens(&[i as f64, j as f64, h, w], stream);
            }
        }
        Draw::Skip
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        let [row, column, height, width] = [0, 1, 2, 3].map(|i| drawn.figure(i) as usize);
        let region = Region { row, column, height, width };
        match &self.value {
            Some(value) => erase_with(image, region, value)?,
            None => {
                let mut stream = drawn.stream();
                erase(image, region, |_| stream.normal());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{chain, one, picture, run};
    use crate::transform::tests_random::draws;

    /// A gray image of one value.
    pub(in crate::transform) fn flat(value: f32, height: usize, width: usize) -> Image {
        Image { data: vec![value; height * width], ..picture(1, height, width) }
    }

    /// The shares of whole numbers from `low` to `high` are alike.
    #[track_caller]
    pub(in crate::transform) fn check_integers(values: impl Iterator<Item = usize>, low: usize, high: usize) {
        let mut counts = vec![0.0; high - low + 1];
        let mut n = 0.0;
        for v in values {
            counts[v - low] += 1.0;
            n += 1.0;
        }
        let expected = n / counts.len() as f64;
        for count in &counts {
            assert!((count - expected).abs() < 4.5 * expected.sqrt(), "{counts:?}");
        }
    }

    #[test]
    fn rectangles_are_torchvisions() {
        let n = 20_000;
        let erasing = one("RandomErasing", "");
        let drawn = draws(&erasing, n);
        let all: Vec<&[f64]> = drawn.iter().map(Draw::figures).filter(|f| !f.is_empty()).collect();
        // Of 40 x 60 pixels, hardly any rectangle is too large ten times over.
        assert!((all.len() as f64 / n as f64 - 0.5).abs() < 0.015);
        let mut shares = 0.0;
        for f in &all {
            let [i, j, h, w] = **f else { panic!("{f:?}") };
            assert!(h < 40.0 && w < 60.0 && i + h <= 40.0 && j + w <= 60.0);
            let (share, ratio) = (h * w / 2400.0, h / w);
            assert!((0.015..0.36).contains(&share) && (0.22..4.2).contains(&ratio), "{f:?}");
            shares += share / all.len() as f64;
        }
        // torchvision 0.29.2's `make_params`, over 80 000 draws: 0.1693, off by some 0.0003.
        assert!((shares - 0.169_3).abs() < 0.004, "{shares}");
        // A square of a quarter: the place is uniform.
        let quarter = draws(&one("RandomErasing", "p = 1\nscale = [0.25, 0.25]\nratio = [1, 1]"), n);
        assert!(quarter.iter().all(|d| d.figures()[2..] == [24.0, 24.0]));
        check_integers(quarter.iter().map(|d| d.figures()[0] as usize), 0, 16);
        check_integers(quarter.iter().map(|d| d.figures()[1] as usize), 0, 36);
        // What never fits leaves the image alone.
        let whole = draws(&one("RandomErasing", "p = 1\nscale = [1, 1]"), 100);
        assert!(whole.iter().all(|d| *d == Draw::Skip));
    }

    #[test]
    fn erasing_does_what_erase_does_with_the_figures_drawn() {
        for bytes in [true, false] {
            let mut image = Image::from_bytes([3, 20, 30], (0..1800).map(|v| (v % 251) as u8).collect());
            if !bytes {
                image.to_floats();
            }
            let random = one("RandomErasing", "p = 1\nvalue = [300.7, -1.5, 9]");
            let seed = SampleSeed { seed: 3, epoch: 1, sample: 8 };
            let draw = random.steps()[0].draw(seed, image.shape());
            let [i, j, h, w] = *draw.figures() else { panic!("{draw:?}") };
            let fixed = one("erase", &format!("i = {i}\nj = {j}\nh = {h}\nw = {w}\nv = [300.7, -1.5, 9]"));
            let out = run(&random, &image, 8);
            assert_eq!(out, run(&fixed, &image, 8));
            // torch: torch.zeros(3, 1, 1, dtype=torch.uint8)[:] = torch.tensor([300.7, -1.5, 9]) gives 44, 255, 9.
            let expected = if bytes { [44.0, 255.0, 9.0] } else { [300.7, -1.5, 9.0] };
            assert_eq!([0, 1, 2].map(|c| out.at(c, i as usize, j as usize).unwrap()), expected);
        }
        let noise =
            run(&one("RandomErasing", "p = 1\nvalue = \"random\"\nscale = [0.3, 0.3]"), &flat(9.0, 100, 100), 1);
        let new: Vec<f32> = noise.data.into_iter().filter(|v| *v != 9.0).collect();
        let (mean, square) =
            new.iter().fold((0.0, 0.0), |(m, s), v| (m + v / new.len() as f32, s + v * v / new.len() as f32));
        assert!(
            (2700..3300).contains(&new.len()) && mean.abs() < 0.1 && (square - 1.0).abs() < 0.12,
            "{mean} {square}"
        );
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let outcome = one("erase", "v = [1, 2]").run(
            &mut picture(3, 4, 4),
            &mut Scratch::default(),
            SampleSeed::default(),
            &mut (),
        );
        assert!(outcome.unwrap_err().reason.to_string().contains("2 numbers"));
        for (lines, word) in [
            ("name = \"RandomErasing\"\nvalue = \"often\"", "\"random\""),
            ("name = \"RandomErasing\"\nscale = [0.5, 0.1]", "[low, high]"),
        ] {
            let error = chain(&format!("[[transform]]\n{lines}")).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
