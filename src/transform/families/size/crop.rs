//! Crops (MONAI). A region that reaches out of the image is cut there, so results may be smaller than asked for.

use super::canvas::{Span, Surround, center, center_start, lay};
use super::evaluation::{center_scale_crop, center_spatial_crop};
use super::pad::{MODE_DOC, MODES, monai_padding};
use crate::data::{Dtype, Image, Layout};
use crate::language::{self, Message};
use crate::transform::core::description::{Family, LAZY, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::sizes::MAX_SIDE;
use crate::transform::kernels::scratch::Scratch;

const SIZE: ParamKind = ParamKind::Size { max: MAX_SIDE };
const SIDE: ParamDefault = ParamDefault::Ints(&[64, 64]);
const SCALE: ParamKind = ParamKind::PerAxis { min: -1.0, max: 1000.0 };
/// Coordinates of one axis (H) or both.
const COORDINATES: ParamKind =
    ParamKind::Optional(&ParamKind::Ints { min: -1_000_000, max: 1_000_000, least: 1, most: 2 });
const NO_DEFAULT_SIZE: &str = "`roi_size` has no default there";
const NO_DEFAULT_SCALE: &str = "`roi_scale` has no default there";
const DRAWN: &[(&str, &str)] = &[("top", "px"), ("left", "px"), ("height", "px"), ("width", "px")];

const RANDOM_CENTER: ParamInfo =
    param("random_center", ParamKind::Bool, ParamDefault::Bool(true), "", "anywhere; false: about the centre");
const RANDOM_SIZE: ParamInfo = param(
    "random_size",
    ParamKind::Bool,
    ParamDefault::Bool(false),
    "",
    "draw the size too, between the smallest and the largest",
);

const SPATIAL_CROP: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "SpatialCrop",
    Family::Size,
    "Cuts a region out, given by its centre and size or by its start and end; a lone number is for H alone.",
    &[
        param("roi_center", COORDINATES, ParamDefault::None, "px", "centre of the region; goes with roi_size"),
        param("roi_size", COORDINATES, ParamDefault::None, "px", "size of the region; goes with roi_center"),
        param("roi_start", COORDINATES, ParamDefault::Ints(&[0, 0]), "px", "first row and column"),
        param("roi_end", COORDINATES, SIDE, "px", "row and column after the last"),
    ],
    |values| built(SpatialCrop::new(values)?),
)
.without(&[LAZY, ("roi_slices", "roi_start and roi_end say the same")])
.noting("`roi_start` and `roi_end` have no default there");

const CENTER_SPATIAL_CROP: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "CenterSpatialCrop",
    Family::Size,
    "Cuts out the middle, of that size.",
    &[param("roi_size", SIZE, SIDE, "px", "size of the region")],
    |values| built(CenterCrop { size: RoiSize::Pixels(values.size("roi_size")) }),
)
.without(&[LAZY])
.noting(NO_DEFAULT_SIZE);

const CENTER_SCALE_CROP: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "CenterScaleCrop",
    Family::Size,
    "Cuts out the middle, a share of the image's size.",
    &[param("roi_scale", SCALE, ParamDefault::Float(0.9), "", "share of the image's sides; 0 or less: all")],
    |values| built(CenterCrop { size: RoiSize::Shares(values.per_axis("roi_scale")) }),
)
.without(&[LAZY])
.noting(NO_DEFAULT_SCALE);

const RAND_SPATIAL_CROP: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandSpatialCrop",
    Family::Size,
    "Cuts a region out at a place drawn, of one size or a size drawn.",
    &[
        param("roi_size", SIZE, SIDE, "px", "size of the region; the smallest where random_size is true"),
        param(
            "max_roi_size",
            ParamKind::Optional(&SIZE),
            ParamDefault::None,
            "px",
            "the largest size where random_size is true; none: the image's",
        ),
        RANDOM_CENTER,
        RANDOM_SIZE,
    ],
    DRAWN,
    |values| {
        let max_size =
            values.optional_floats("max_roi_size").is_some().then(|| RoiSize::Pixels(values.size("max_roi_size")));
        built(RandCrop::new(values, RoiSize::Pixels(values.size("roi_size")), max_size))
    },
)
.without(&[LAZY])
.noting(NO_DEFAULT_SIZE)
.evaluated_as(center_spatial_crop);

const RAND_SCALE_CROP: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandScaleCrop",
    Family::Size,
    "Cuts a region out at a place drawn, a share of the image's size or a share drawn.",
    &[
        param(
            "roi_scale",
            SCALE,
            ParamDefault::Float(0.9),
            "",
            "share of the image's sides, 0 or less: all; the smallest where random_size is true",
        ),
        param(
            "max_roi_scale",
            ParamKind::Optional(&SCALE),
            ParamDefault::None,
            "",
            "the largest share where random_size is true; none: all",
        ),
        RANDOM_CENTER,
        RANDOM_SIZE,
    ],
    DRAWN,
    |values| {
        let max = values
            .optional_floats("max_roi_scale")
            .is_some()
            .then(|| RoiSize::Shares(values.per_axis("max_roi_scale")));
        built(RandCrop::new(values, RoiSize::Shares(values.per_axis("roi_scale")), max))
    },
)
.without(&[LAZY])
.noting(NO_DEFAULT_SCALE)
.evaluated_as(center_scale_crop);

const CROP_FOREGROUND: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "CropForeground",
    Family::Size,
    "Cuts out the smallest rectangle that holds every value above 0. An image without any is an error.",
    &[
        param(
            "channel_indices",
            ParamKind::Optional(&ParamKind::Ints { min: 0, max: 1023, least: 1, most: 64 }),
            ParamDefault::None,
            "",
            "the channels looked at; none: all",
        ),
        param(
            "margin",
            ParamKind::Ints { min: 0, max: MAX_SIDE, least: 1, most: 2 },
            ParamDefault::Int(0),
            "px",
            "added on every side; one number or [H, W]",
        ),
        param(
            "allow_smaller",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "true: the margin ends where the image does; false: it is padded",
        ),
        param(
            "k_divisible",
            ParamKind::Ints { min: -1, max: MAX_SIDE, least: 1, most: 2 },
            ParamDefault::Int(1),
            "px",
            "sides become multiples of it; one number or [H, W]",
        ),
        param("mode", ParamKind::Choice(MODES), ParamDefault::Text("constant"), "", MODE_DOC),
    ],
    |values| built(CropForeground::new(values)),
)
.without(&[LAZY, ("select_fn", "foreground is what is above 0"), ("return_coords", "a step gives an image, no more")]);

pub(crate) const ALL: &[TransformInfo] =
    &[SPATIAL_CROP, CENTER_SPATIAL_CROP, CENTER_SCALE_CROP, RAND_SPATIAL_CROP, RAND_SCALE_CROP, CROP_FOREGROUND];

#[derive(Debug)]
struct SpatialCrop {
    /// First position and the one after the last, of H and W; `None` is the whole axis.
    region: [Option<(i64, i64)>; 2],
}

impl SpatialCrop {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let [center, size, start, end] =
            ["roi_center", "roi_size", "roi_start", "roi_end"].map(|name| values.ints(name));
        let by_center = !center.is_empty() && !size.is_empty();
        let (a, b) = if by_center { (center, size) } else { (start, end) };
        if a.is_empty() || b.is_empty() {
            return Err(Invalid::new("roi_start", msg!("transform-expected-region")));
        }
        let axes = a.len().max(b.len());
        // One number stands for as many as the other has.
        let at = |list: &[i64], k: usize| list.get(k).or(list.first()).copied().unwrap_or_default();
        let region = [0, 1].map(|k| {
            let (a, b) = (at(&a, k), at(&b, k));
            (k < axes).then(|| match by_center {
                true => ((a - b.div_euclid(2)).max(0), (a - b.div_euclid(2)).max(0) + b),
                false => (a.max(0), b),
            })
        });
        Ok(Self { region })
    }
}

impl Operation for SpatialCrop {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let sides = [image.height, image.width];
        let spans = [0, 1].map(|k| match self.region[k] {
            Some((start, end)) => Span::crop(sides[k], start as usize, (end - start).max(0) as usize),
            None => Span::crop(sides[k], 0, sides[k]),
        });
        lay(image, spans, &Surround::zeros(), scratch)
    }
}

/// The size of a region.
#[derive(Debug, Clone)]
enum RoiSize {
    /// `None` is the image's.
    Pixels([Option<usize>; 2]),
    /// Of the image's; 0 or less is all of it.
    Shares([f64; 2]),
}

impl RoiSize {
    fn of(&self, sides: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|k| match self {
            Self::Pixels(size) => size[k].unwrap_or(sides[k]),
            Self::Shares(share) => match (share[k] * sides[k] as f64).ceil() as usize {
                0 => sides[k],
                side => side,
            },
        })
    }
}

#[derive(Debug)]
struct CenterCrop {
    size: RoiSize,
}

impl Operation for CenterCrop {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let [h, w] = self.size.of([image.height, image.width]);
        lay(image, [center(image.height, h), center(image.width, w)], &Surround::zeros(), scratch)
    }
}

#[derive(Debug)]
struct RandCrop {
    size: RoiSize,
    /// The largest, where the size is drawn.
    max_size: Option<RoiSize>,
    random_center: bool,
    random_size: bool,
}

impl RandCrop {
    fn new(values: &Values<'_>, size: RoiSize, max_size: Option<RoiSize>) -> Self {
        let (random_center, random_size) = (values.bool("random_center"), values.bool("random_size"));
        Self { size, max_size, random_center, random_size }
    }

    /// The smallest and the largest region.
    fn sizes(&self, sides: [usize; 2]) -> [[usize; 2]; 2] {
        [self.size.of(sides), self.max_size.as_ref().map_or(sides, |size| size.of(sides))]
    }
}

impl Operation for RandCrop {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let sides = [height, width];
        let [mut size, max_size] = self.sizes(sides);
        if self.random_size {
            size = [0, 1].map(|k| stream.integer(size[k] as i64, max_size[k] as i64 + 1) as usize);
        }
        let start = [0, 1].map(|k| match self.random_center {
            true if sides[k] > size[k] => stream.integer(0, (sides[k] - size[k] + 1) as i64) as f64,
            true => 0.0,
            false => center_start(sides[k], size[k]) as f64,
        });
        let size = [0, 1].map(|k| size[k].min(sides[k]) as f64);
        Draw::happens(&[start[0], start[1], size[0], size[1]], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let sides = [image.height, image.width];
        let [least, most] = self.sizes(sides);
        if self.random_size && (least[0] > most[0] || least[1] > most[1]) {
            let [from, least, most] = [sides, least, most].map(|sides| language::sides(&sides));
            return Err(msg!("transform-region-turned-about", from, least, most));
        }
        let span = |k: usize| Span::crop(sides[k], drawn.figure(k) as usize, drawn.figure(k + 2) as usize);
        lay(image, [span(0), span(1)], &Surround::zeros(), scratch)
    }
}

#[derive(Debug)]
struct CropForeground {
    /// Empty is all.
    channels: Vec<i64>,
    margin: [i64; 2],
    allow_smaller: bool,
    divisor: [i64; 2],
    surround: Surround,
}

impl CropForeground {
    fn new(values: &Values<'_>) -> Self {
        let both = |name: &str| values.per_axis(name).map(|v| v as i64);
        Self {
            channels: values.ints("channel_indices"),
            margin: both("margin"),
            allow_smaller: values.bool("allow_smaller"),
            divisor: both("k_divisible").map(|k| k.max(1)),
            surround: Surround { padding: monai_padding(&values.text("mode")), fill: vec![0.0] },
        }
    }

    /// The box's first and last positions.
    fn bounds<T: Copy>(&self, values: &[T], image: &Image, above_0: impl Fn(T) -> bool) -> Option<[(usize, usize); 2]> {
        let [channels, height, width] = image.shape();
        let unit = if image.layout == Layout::ChannelLast { channels } else { 1 };
        let (mut rows, mut columns) = (None::<(usize, usize)>, None::<(usize, usize)>);
        let widen = |range: &mut Option<(usize, usize)>, at: usize| {
            *range = Some(range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        };
        for (line, row) in values.chunks_exact(width * unit).enumerate() {
            let (plane, y) = (line / height, line % height);
            let looked_at = |i: usize| {
                let channel = plane + i % unit;
                self.channels.is_empty() || self.channels.contains(&(channel as i64))
            };
            let found = |(i, v): &(usize, &T)| above_0(**v) && looked_at(*i);
            if let Some((first, _)) = row.iter().enumerate().find(found) {
                let last = row.iter().enumerate().rev().find(found).map_or(first, |(i, _)| i);
                widen(&mut rows, y);
                widen(&mut columns, first / unit);
                widen(&mut columns, last / unit);
            }
        }
        Some([rows?, columns?])
    }
}

impl Operation for CropForeground {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        if let Some(channel) = self.channels.iter().find(|c| **c >= image.channels as i64) {
            return Err(msg!("transform-no-channel", channel = channel.to_string(), channels = image.channels));
        }
        let bounds = match image.dtype {
            Dtype::U8 => self.bounds(&image.bytes, image, |v| v > 0),
            Dtype::F32 => self.bounds(&image.data, image, |v| v > 0.0),
        };
        let bounds = bounds.ok_or(msg!("transform-no-foreground"))?;
        let sides = [image.height, image.width];
        let spans = [0, 1].map(|k| {
            let side = sides[k] as i64;
            let (mut start, mut end) = (bounds[k].0 as i64 - self.margin[k], bounds[k].1 as i64 + self.margin[k] + 1);
            if self.allow_smaller {
                (start, end) = (start.max(0), end.min(side));
            }
            let len = (end - start + self.divisor[k] - 1) / self.divisor[k] * self.divisor[k];
            start -= (len - (end - start)) / 2;
            end = start + len;
            let kept = Span::crop(sides[k], start.max(0) as usize, (end.min(side) - start.max(0)).max(0) as usize);
            kept.padded((-start).max(0) as usize, (end - side).max(0) as usize)
        });
        lay(image, spans, &self.surround, scratch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{one, picture, run};
    use crate::transform::tests_random::{check_uniform, draws};

    /// First value, last value and shape of MONAI 1.6.1's result on `arange(C * H * W).reshape(C, H, W)`.
    #[track_caller]
    fn check(name: &str, lines: &str, shape: [usize; 3], expected: ([usize; 3], f32, f32)) {
        let values: Vec<f32> = (0..shape.iter().product::<usize>()).map(|v| v as f32).collect();
        let out = run(&one(name, lines), &Image::from_floats(shape, values), 0);
        let found = (out.shape(), out.data[0], *out.data.last().unwrap());
        assert_eq!(found, expected, "{name} {lines}");
    }

    #[test]
    fn regions_are_monais() {
        // monai.transforms.<name>(<params>)(torch.arange(2 * 9 * 12.).reshape(2, 9, 12))
        check("SpatialCrop", "roi_center = [4, 5]\nroi_size = [3, 4]", [2, 9, 12], ([2, 3, 4], 39.0, 174.0));
        check("SpatialCrop", "roi_center = [1, 11]\nroi_size = [6, 5]", [2, 9, 12], ([2, 6, 3], 9.0, 179.0));
        check("SpatialCrop", "roi_center = 4\nroi_size = [3, 2]", [2, 9, 12], ([2, 3, 2], 39.0, 172.0));
        check("SpatialCrop", "roi_center = 4\nroi_size = 3", [2, 9, 12], ([2, 3, 12], 36.0, 179.0));
        check("SpatialCrop", "roi_start = [-3, 2]\nroi_end = [4, 100]", [2, 9, 12], ([2, 4, 10], 2.0, 155.0));
        check("SpatialCrop", "roi_start = 2\nroi_end = [4, 5]", [2, 9, 12], ([2, 2, 3], 26.0, 148.0));
        check("CenterSpatialCrop", "roi_size = [4, 5]", [2, 9, 12], ([2, 4, 5], 28.0, 176.0));
        check("CenterSpatialCrop", "roi_size = [5, -1]", [2, 9, 12], ([2, 5, 12], 24.0, 191.0));
        check("CenterSpatialCrop", "roi_size = 100", [2, 9, 12], ([2, 9, 12], 0.0, 215.0));
        check("CenterScaleCrop", "roi_scale = 0.5", [2, 9, 12], ([2, 5, 6], 27.0, 188.0));
        check("CenterScaleCrop", "roi_scale = [0.3, -1.0]", [2, 9, 12], ([2, 3, 12], 36.0, 179.0));
        check("CenterScaleCrop", "roi_scale = 2.0", [2, 9, 12], ([2, 9, 12], 0.0, 215.0));
        check("RandSpatialCrop", "roi_size = [3, 4]\nrandom_center = false", [2, 9, 12], ([2, 3, 4], 40.0, 175.0));
        check("RandScaleCrop", "roi_scale = [0.4, 0.6]\nrandom_center = false", [2, 9, 12], ([2, 4, 8], 26.0, 177.0));
    }

    #[test]
    fn regions_are_drawn_as_monai_draws_them() {
        let n = 20_000;
        // Images of 40 x 60: MONAI's randint(0, 40 - 31 + 1) and randint(0, 60 - 41 + 1).
        let fixed = draws(&one("RandSpatialCrop", "roi_size = [31, 41]"), n);
        let widened: Vec<Draw> = fixed.iter().map(spread).collect();
        check_uniform(&widened, 1.0, [0.0, 10.0], 0);
        check_uniform(&widened, 1.0, [0.0, 20.0], 1);
        assert!(fixed.iter().all(|d| d.figures()[2..] == [31.0, 41.0]));
        let sizes = draws(&one("RandSpatialCrop", "roi_size = 21\nmax_roi_size = [30, -1]\nrandom_size = true"), n);
        let widened: Vec<Draw> = sizes.iter().map(spread).collect();
        check_uniform(&widened, 1.0, [21.0, 31.0], 2);
        check_uniform(&widened, 1.0, [21.0, 61.0], 3);
        assert!(sizes.iter().all(|d| d.figures()[0] + d.figures()[2] <= 40.0));
        let shares = draws(&one("RandScaleCrop", "roi_scale = 0.51\nrandom_center = false"), 5);
        assert!(shares.iter().all(|d| d.figures() == [10.0, 15.0, 21.0, 31.0]));
    }

    /// Whole numbers, spread over the unit above each so that they can be held against a uniform distribution.
    fn spread(draw: &Draw) -> Draw {
        let Draw::Happens(drawn) = draw else { panic!("a crop happens always") };
        let mut stream = drawn.stream();
        let figures: Vec<f64> = drawn.figures().iter().map(|v| v + stream.unit()).collect();
        Draw::happens(&figures, stream)
    }

    #[test]
    fn a_drawn_region_is_what_is_cut_out() {
        let image = picture(3, 31, 45);
        for sample in 0..10 {
            let random = one("RandSpatialCrop", "roi_size = [10, 50]\nrandom_size = false");
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            let draw = random.steps()[0].draw(seed, image.shape());
            let [top, left, height, width] = draw.figures() else { panic!("{draw:?}") };
            let lines = format!("roi_start = [{top}, {left}]\nroi_end = [{}, {}]", top + height, left + width);
            assert_eq!(run(&random, &image, sample), run(&one("SpatialCrop", &lines), &image, 0));
        }
    }

    #[test]
    fn regions_that_cannot_be_are_errors() {
        let refused = |name: &str, lines: &str, mut image: Image| {
            let outcome = one(name, lines).run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut ());
            outcome.unwrap_err().reason.to_string()
        };
        let lines = "roi_size = 8\nmax_roi_size = 7\nrandom_size = true";
        assert!(refused("RandSpatialCrop", lines, picture(1, 9, 9)).contains("8 x 8"));
        assert!(refused("SpatialCrop", "roi_start = 9\nroi_end = 20", picture(1, 9, 9)).contains("no pixel"));
        let black = Image::from_floats([1, 2, 2], vec![0.0, f32::NAN, -1.0, 0.0]);
        assert!(refused("CropForeground", "", black).contains("no foreground"));
        assert!(refused("CropForeground", "channel_indices = [0, 3]", picture(1, 9, 9)).contains("no channel 3"));
    }

    /// monai.transforms.CropForeground(...)(x), x being zeros(2, 6, 8) with x[0, 2, 3] = 1, x[1, 4, 5] = 2.
    #[test]
    fn foreground_is_monais() {
        let mut values = vec![0.0; 96];
        (values[2 * 8 + 3], values[48 + 4 * 8 + 5]) = (1.0, 2.0);
        let image = Image::from_floats([2, 6, 8], values);
        let mut bytes = Image::from_bytes(image.shape(), image.data.iter().map(|v| *v as u8).collect());
        bytes.layout = Layout::ChannelLast;
        for (i, v) in bytes.bytes.iter_mut().enumerate() {
            *v = image.at(i % 2, i / 2 / 8, i / 2 % 8).unwrap() as u8;
        }
        for (lines, size, marked) in [
            ("", (3, 3), (0, 0)),
            ("margin = 1", (5, 5), (1, 1)),
            ("margin = [3, 4]", (9, 11), (3, 4)),
            ("margin = [3, 4]\nallow_smaller = true", (6, 8), (2, 3)),
            ("k_divisible = [4, 5]", (4, 5), (0, 1)),
            ("channel_indices = 0", (1, 1), (0, 0)),
            ("margin = 3\nmode = \"edge\"", (9, 9), (3, 3)),
        ] {
            for image in [&image, &bytes] {
                let out = run(&one("CropForeground", lines), image, 0);
                let found = out.data.iter().position(|v| *v == 1.0).unwrap();
                assert_eq!((out.height, out.width), size, "{lines}");
                assert_eq!((found / out.width, found % out.width), marked, "{lines}");
            }
        }
    }
}
