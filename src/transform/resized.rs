//! What torchvision resizes: whole images, and regions of them in one pass.

use super::canvas::{Span, Surround, lay};
use super::draw::{Draw, Drawn, Stream};
use super::evaluation::resize_and_center_crop;
use super::framing::{SIZE, pair};
use super::operation::{Accepts, Operation, built};
use super::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use super::registry::{Family, Library, TransformInfo};
use super::resampler::{Region, Resampler};
use super::resize::MAX_SIDE;
use super::scratch::Scratch;
use crate::config::ParamValue;
use crate::data::Image;

const PIXELS: ParamKind = ParamKind::Int { min: 1, max: MAX_SIDE };
const COORDINATE: ParamKind = ParamKind::Int { min: -1_000_000, max: 1_000_000 };
const SIDE: ParamDefault = ParamDefault::Int(224);
const SIZE_DOC: &str = "[H, W], or a number for the shorter side";
const INTERPOLATION: ParamInfo = param(
    "interpolation",
    ParamKind::Choice(&["bilinear", "nearest", "nearest-exact", "bicubic", "lanczos"]),
    ParamDefault::Text("bilinear"),
    "",
    "how values between pixels are found",
);
const ANTIALIAS: ParamInfo = param(
    "antialias",
    ParamKind::Bool,
    ParamDefault::Bool(true),
    "",
    "count every pixel where an image is made smaller; no matter for the nearest ones",
);
const NO_DEFAULT_SIZE: &str = "`size` has no default there";

const RESIZE_PARAMS: &[ParamInfo] = &[
    param(
        "size",
        ParamKind::Optional(&SIZE),
        SIDE,
        "px",
        "[H, W], a number for the shorter side, or none for max_size",
    ),
    INTERPOLATION,
    param("max_size", ParamKind::Optional(&PIXELS), ParamDefault::None, "px", "the longer side becomes no longer"),
    ANTIALIAS,
];

const RESIZE: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "torchvision.Resize",
    Family::Size,
    "Brings every image to one size, or its shorter side to one length.",
    RESIZE_PARAMS,
    |values| built(Resize { size: NewSize::new(values)?, how: Resampler::new(values)? }),
)
.noting(NO_DEFAULT_SIZE)
// One number is the shorter side's.
.fixing_size(|spec| matches!(spec.params.get("size"), Some(ParamValue::List(list)) if list.len() == 2));

const RESIZE_FUNCTION: TransformInfo = TransformInfo { name: "resize", ..RESIZE };

const RESIZED_CROP: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "resized_crop",
    Family::Size,
    "Cuts a region out and brings it to a size; what lies outside of the image is 0.",
    &[
        param("top", COORDINATE, ParamDefault::Int(0), "px", "first row"),
        param("left", COORDINATE, ParamDefault::Int(0), "px", "first column"),
        param("height", PIXELS, SIDE, "px", "rows cut out"),
        param("width", PIXELS, SIDE, "px", "columns cut out"),
        param("size", SIZE, SIDE, "px", SIZE_DOC),
        INTERPOLATION,
        ANTIALIAS,
    ],
    |values| built(ResizedCrop::new(values)?),
)
.noting("the region and `size` have no default there")
.fixing_size(|_| true);

const RANDOM_RESIZED_CROP: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomResizedCrop",
    Family::Size,
    "Cuts out a region whose place, area and proportions are drawn, and brings it to a size.",
    &[
        param("size", SIZE, SIDE, "px", "a number for a square, or [H, W]"),
        param(
            "scale",
            ParamKind::Floats { min: 0.0, max: 1000.0, least: 2, most: 2 },
            ParamDefault::Floats(&[0.08, 1.0]),
            "",
            "the region's area by the image's, [smallest, largest]",
        ),
        param(
            "ratio",
            ParamKind::Floats { min: 0.001, max: 1000.0, least: 2, most: 2 },
            ParamDefault::Floats(&[3.0 / 4.0, 4.0 / 3.0]),
            "",
            "the region's width by its height, [smallest, largest]",
        ),
        INTERPOLATION,
        ANTIALIAS,
    ],
    &[("top", "px"), ("left", "px"), ("height", "px"), ("width", "px")],
    |values| built(RandomResizedCrop::new(values)?),
)
.noting(NO_DEFAULT_SIZE)
.evaluated_as(resize_and_center_crop)
.fixing_size(|_| true);

const RANDOM_RESIZE: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomResize",
    Family::Size,
    "Brings the shorter side to a length drawn.",
    &[
        param("min_size", PIXELS, ParamDefault::Int(224), "px", "the smallest length"),
        param("max_size", PIXELS, ParamDefault::Int(257), "px", "one more than the largest length"),
        INTERPOLATION,
        ANTIALIAS,
    ],
    &[("size", "px")],
    |values| built(RandomResize::new(values)?),
)
.noting("`min_size` and `max_size` have no default there");

const RANDOM_SHORTEST_SIZE: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomShortestSize",
    Family::Size,
    "Brings the shorter side to a length drawn from a list.",
    &[
        param(
            "min_size",
            ParamKind::Ints { min: 1, max: MAX_SIDE, least: 1, most: 64 },
            SIDE,
            "px",
            "the lengths, each as likely as the others",
        ),
        param("max_size", ParamKind::Optional(&PIXELS), ParamDefault::None, "px", "the longer side becomes no longer"),
        INTERPOLATION,
        ANTIALIAS,
    ],
    &[("height", "px"), ("width", "px")],
    |values| {
        let max_size = values.optional_float("max_size");
        built(RandomShortestSize { min_sizes: values.ints("min_size"), max_size, how: Resampler::new(values)? })
    },
)
.noting("`min_size` has no default there");

const SCALE_JITTER: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "ScaleJitter",
    Family::Size,
    "Makes an image as large as fits a size, times a factor drawn; proportions stay.",
    &[
        param(
            "target_size",
            ParamKind::Ints { min: 1, max: MAX_SIDE, least: 2, most: 2 },
            ParamDefault::Ints(&[224, 224]),
            "px",
            "the size to fit; the first bounds the width, the second the height, as there",
        ),
        param(
            "scale_range",
            ParamKind::Floats { min: 0.001, max: 1000.0, least: 2, most: 2 },
            ParamDefault::Floats(&[0.1, 2.0]),
            "",
            "the factor, [smallest, largest]",
        ),
        INTERPOLATION,
        ANTIALIAS,
    ],
    &[("height", "px"), ("width", "px")],
    |values| built(ScaleJitter::new(values)?),
)
.noting("`target_size` has no default there");

pub(super) const ALL: &[TransformInfo] =
    &[RESIZE, RESIZE_FUNCTION, RESIZED_CROP, RANDOM_RESIZED_CROP, RANDOM_RESIZE, RANDOM_SHORTEST_SIZE, SCALE_JITTER];

/// torchvision's `size` and `max_size`.
#[derive(Debug, Clone, Copy)]
enum NewSize {
    Exactly([usize; 2]),
    /// The shorter side, and what the longer one may be.
    Shorter(usize, Option<usize>),
    Longer(usize),
}

impl NewSize {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let max_size = values.optional_float("max_size").map(|v| v as usize);
        match (values.ints("size").as_slice(), max_size) {
            ([h, w], None) => Ok(Self::Exactly([*h as usize, *w as usize])),
            ([_, _], Some(_)) => Err(Invalid::new("max_size", "\"none\", as size gives both sides")),
            ([size], Some(max)) if max as i64 <= *size => Err(Invalid::new("max_size", "more than size")),
            ([size], max) => Ok(Self::Shorter(*size as usize, max)),
            (_, Some(max)) => Ok(Self::Longer(max)),
            (_, None) => Err(Invalid::new("size", "one or two numbers, or \"none\" with a max_size")),
        }
    }

    fn of(self, [height, width]: [usize; 2]) -> [usize; 2] {
        let (short, long) = (height.min(width) as f64, height.max(width) as f64);
        let (short, long) = match self {
            Self::Exactly(size) => return size,
            Self::Shorter(size, max) => {
                let long = (size as f64 * long / short) as usize;
                match max {
                    Some(max) if long > max => ((max as f64 * size as f64 / long as f64) as usize, max),
                    _ => (size, long),
                }
            }
            Self::Longer(max) => ((max as f64 * short / long) as usize, max),
        };
        if width <= height { [long, short] } else { [short, long] }
    }
}

#[derive(Debug)]
struct Resize {
    size: NewSize,
    how: Resampler,
}

impl Operation for Resize {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn least_input(&self) -> Option<[usize; 2]> {
        match self.size {
            NewSize::Exactly(size) => Some(size),
            NewSize::Shorter(side, _) => Some([side; 2]),
            NewSize::Longer(_) => None,
        }
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        self.how.resize(image, self.size.of([image.height, image.width]), scratch)
    }
}

#[derive(Debug)]
struct ResizedCrop {
    /// Row and column.
    first: [i64; 2],
    region: [usize; 2],
    size: NewSize,
    how: Resampler,
}

impl ResizedCrop {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let size = match *values.ints("size").as_slice() {
            [h, w] => NewSize::Exactly([h as usize, w as usize]),
            _ => NewSize::Shorter(values.int("size").max(1) as usize, None),
        };
        Ok(Self {
            first: [values.int("top"), values.int("left")],
            region: ["height", "width"].map(|name| values.int(name) as usize),
            size,
            how: Resampler::new(values)?,
        })
    }
}

impl Operation for ResizedCrop {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        let sides = [image.height, image.width];
        let size = self.size.of(self.region);
        let inside = (0..2).all(|k| self.first[k] >= 0 && self.first[k] + self.region[k] as i64 <= sides[k] as i64);
        if inside {
            let region = Region { first: self.first.map(|v| v as usize), size: self.region };
            return self.how.resize_region(image, region, size, scratch);
        }
        let spans = [0, 1].map(|k| Span::window(sides[k], self.first[k], self.region[k]));
        lay(image, spans, &Surround::zeros(), scratch)?;
        self.how.resize(image, size, scratch)
    }
}

#[derive(Debug)]
struct RandomResizedCrop {
    size: [usize; 2],
    scale: [f64; 2],
    ratio: [f64; 2],
    how: Resampler,
}

impl RandomResizedCrop {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let [scale, ratio] = ["scale", "ratio"].map(|name| values.range(name));
        for (name, [low, high]) in [("scale", scale), ("ratio", ratio)] {
            if low > high {
                return Err(Invalid::new(name, "the smallest first, then the largest"));
            }
        }
        Ok(Self { size: pair(values, "size"), scale, ratio, how: Resampler::new(values)? })
    }

    /// Where no region drawn fitted: the middle, as much of it as the proportions allow.
    fn fallback(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        let ratio = width as f64 / height as f64;
        let [low, high] = self.ratio;
        if ratio < low {
            [((width as f64 / low).round_ties_even() as usize).clamp(1, height), width]
        } else if ratio > high {
            [height, ((height as f64 * high).round_ties_even() as usize).clamp(1, width)]
        } else {
            [height, width]
        }
    }
}

impl Operation for RandomResizedCrop {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let area = height as f64 * width as f64;
        let log_ratio = self.ratio.map(f64::ln);
        for _ in 0..10 {
            let target = area * stream.uniform(self.scale[0], self.scale[1]);
            let ratio = stream.uniform(log_ratio[0], log_ratio[1]).exp();
            let w = (target * ratio).sqrt().round_ties_even();
            let h = (target / ratio).sqrt().round_ties_even();
            if w > 0.0 && w <= width as f64 && h > 0.0 && h <= height as f64 {
                let top = stream.integer(0, height as i64 - h as i64 + 1);
                let left = stream.integer(0, width as i64 - w as i64 + 1);
                return Draw::happens(&[top as f64, left as f64, h, w], stream);
            }
        }
        let [h, w] = self.fallback([height, width]);
        let (top, left) = (height.saturating_sub(h) / 2, width.saturating_sub(w) / 2);
        Draw::happens(&[top as f64, left as f64, h as f64, w as f64], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    /// Regions are smaller than the image, the smallest by these proportions.
    fn least_input(&self) -> Option<[usize; 2]> {
        // A region's height is the root of (share of the area) x (area) / (ratio), and the area is at least the shorter
        // side's square; so with its width.
        let shape = self.ratio[1].max(1.0 / self.ratio[0]).max(1.0);
        let side = self.size[0].max(self.size[1]) as f64 * (shape / self.scale[0].min(1.0)).sqrt();
        (side <= MAX_SIDE as f64).then_some([side.ceil() as usize; 2])
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        let at = |i: usize| drawn.figure(i) as usize;
        let region = Region { first: [at(0), at(1)], size: [at(2), at(3)] };
        self.how.resize_region(image, region, self.size, scratch)
    }
}

#[derive(Debug)]
struct RandomResize {
    /// The smallest, and one more than the largest.
    sizes: [i64; 2],
    how: Resampler,
}

impl RandomResize {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let sizes = ["min_size", "max_size"].map(|name| values.int(name));
        if sizes[0] >= sizes[1] {
            return Err(Invalid::new("max_size", "more than min_size"));
        }
        Ok(Self { sizes, how: Resampler::new(values)? })
    }
}

impl Operation for RandomResize {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        let size = stream.integer(self.sizes[0], self.sizes[1]);
        Draw::happens(&[size as f64], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        let size = NewSize::Shorter(drawn.figure(0) as usize, None);
        self.how.resize(image, size.of([image.height, image.width]), scratch)
    }
}

#[derive(Debug)]
struct RandomShortestSize {
    min_sizes: Vec<i64>,
    max_size: Option<f64>,
    how: Resampler,
}

impl Operation for RandomShortestSize {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let which = stream.integer(0, self.min_sizes.len() as i64) as usize;
        let size = self.min_sizes.get(which).copied().unwrap_or(1) as f64;
        let longest = self.max_size.map_or(f64::INFINITY, |max| max / height.max(width) as f64);
        let factor = (size / height.min(width) as f64).min(longest);
        Draw::happens(&[height, width].map(|side| (side as f64 * factor).floor()), stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        self.how.resize(image, [0, 1].map(|k| drawn.figure(k) as usize), scratch)
    }
}

#[derive(Debug)]
struct ScaleJitter {
    target: [f64; 2],
    scale_range: [f64; 2],
    how: Resampler,
}

impl ScaleJitter {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let scale_range = values.range("scale_range");
        if scale_range[0] > scale_range[1] {
            return Err(Invalid::new("scale_range", "the smallest first, then the largest"));
        }
        Ok(Self { target: values.per_axis("target_size"), scale_range, how: Resampler::new(values)? })
    }
}

impl Operation for ScaleJitter {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let fits = (self.target[1] / height as f64).min(self.target[0] / width as f64);
        let factor = fits * stream.uniform(self.scale_range[0], self.scale_range[1]);
        Draw::happens(&[height, width].map(|side| (side as f64 * factor).floor()), stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        self.how.resize(image, [0, 1].map(|k| drawn.figure(k) as usize), scratch)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{chain, one, picture, run};
    use super::super::tests_random::{check_uniform, draws};
    use super::*;
    use crate::data::Dtype;
    use crate::transform::SampleSeed;

    fn bytes(floats: &Image) -> Image {
        Image::from_bytes(floats.shape(), floats.data.iter().map(|v| *v as u8).collect())
    }

    fn channel_last(planes: &Image) -> Image {
        let mut image = Image { layout: crate::data::Layout::ChannelLast, ..planes.clone() };
        let [channels, _, width] = planes.shape();
        for (i, v) in image.bytes.iter_mut().enumerate() {
            *v = planes.at(i % channels, i / channels / width, i / channels % width).unwrap() as u8;
        }
        image
    }

    /// Row 1 of both channels of `v2.functional.resize` of torchvision 0.29.2, on uint8 and on float32, of
    /// `(torch.arange(2 * 7 * 9) * 7919 % 251).reshape(2, 7, 9)`.
    #[test]
    fn resizes_are_torchvisions() {
        let planes = picture(2, 7, 9);
        let check = |lines: &str, on_bytes: &[f32], tolerance: f32, on_floats: &[f32]| {
            let row = |image: &Image| {
                let out = run(&one("resize", lines), image, 0);
                (0..2)
                    .flat_map(|c| (0..out.width).map(move |x| (c, x)))
                    .map(|(c, x)| out.at(c, 1, x).unwrap())
                    .collect()
            };
            let check = |found: Vec<f32>, expected: &[f32], tolerance: f32| {
                assert_eq!(found.len(), expected.len(), "{lines}");
                let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off <= tolerance, "{lines}: {found:?} {expected:?}");
            };
            check(row(&bytes(&planes)), on_bytes, tolerance);
            check(row(&channel_last(&bytes(&planes))), on_bytes, tolerance);
            check(row(&planes), on_floats, 6e-4);
        };
        // Of the two passes the other comes first, so that rounding differs by a count.
        check(
            "size = [4, 5]",
            &[173., 163., 82., 109., 120., 86., 97., 124., 144., 172.],
            1.0,
            &[173.731, 162.673, 82.019, 109.148, 119.603, 86.317, 96.773, 123.901, 143.647, 172.031],
        );
        // The same fixed-point arithmetic in the same order.
        check(
            "size = [4, 5]\ninterpolation = \"bicubic\"",
            &[179., 165., 74., 109., 121., 80., 95., 121., 143., 180.],
            0.0,
            &[179.39, 164.765, 74.5, 109.232, 120.488, 80.701, 94.793, 120.921, 142.536, 179.519],
        );
        check(
            "size = [4, 5]\ninterpolation = \"lanczos\"",
            &[185., 159., 70., 116., 119., 78., 93., 123., 138., 186.],
            0.0,
            &[185.206, 159.708, 69.913, 115.53, 118.676, 78.618, 92.413, 123.423, 138.668, 186.631],
        );
        check(
            "size = [4, 5]\nantialias = false",
            &[178., 225., 22., 70., 117., 87., 134., 182., 179., 177.],
            0.0,
            &[178.175, 225.775, 22.375, 69.975, 117.575, 87.175, 134.775, 182.375, 179.775, 177.175],
        );
        check(
            "size = [4, 5]\nantialias = false\ninterpolation = \"bicubic\"",
            &[168., 255., 19., 57., 126., 77., 147., 182., 191., 170.],
            0.0,
            &[167.765, 260.55, 19.268, 56.856, 125.622, 76.878, 147.137, 181.842, 190.69, 170.162],
        );
        let nearest = [238., 125., 150., 175., 200., 147., 34., 59., 84., 109.];
        check("size = [4, 5]\ninterpolation = \"nearest\"", &nearest, 0.0, &nearest);
        let nearest = [225., 250., 24., 49., 74., 134., 159., 184., 209., 234.];
        check("size = [4, 5]\ninterpolation = \"nearest-exact\"", &nearest, 0.0, &nearest);
        check(
            "size = [9, 4]\ninterpolation = \"bicubic\"",
            &[119., 80., 121., 138., 106., 124., 156., 157.],
            0.0,
            &[119.817, 79.709, 120.604, 138.166, 106.048, 124.183, 156.051, 156.784],
        );
    }

    /// Shapes of `v2.functional.resize` for that image and for the same turned on its side.
    #[test]
    fn sizes_are_torchvisions() {
        let sizes = |lines: &str| {
            [picture(2, 7, 9), picture(2, 9, 7)].map(|image| run(&one("torchvision.Resize", lines), &image, 0).shape())
        };
        assert_eq!(sizes("size = 4"), [[2, 4, 5], [2, 5, 4]]);
        assert_eq!(sizes("size = [5]\nmax_size = 6"), [[2, 5, 6], [2, 6, 5]]);
        assert_eq!(sizes("size = \"none\"\nmax_size = 5"), [[2, 3, 5], [2, 5, 3]]);
        assert_eq!(sizes("size = [3, 8]"), [[2, 3, 8], [2, 3, 8]]);
        for lines in ["size = \"none\"", "size = 5\nmax_size = 5", "size = [3, 8]\nmax_size = 9"] {
            assert!(chain(&format!("[[transform]]\nname = \"resize\"\n{lines}")).is_err(), "{lines}");
        }
        let lanczos = "[[transform]]\nname = \"resize\"\ninterpolation = \"lanczos\"\nantialias = false";
        assert!(chain(lanczos).unwrap_err().to_string().contains("antialias"));
        let thin = one("resize", "size = 400").run(
            &mut picture(1, 1, 50),
            &mut Scratch::default(),
            SampleSeed::default(),
            &mut (),
        );
        assert!(thin.unwrap_err().reason.contains("16384"));
    }

    /// `v2.functional.resized_crop(x, 2, -1, 4, 6, [3, 3])` on that image in uint8; and a region inside is what a crop
    /// and a resize make of it, whichever the layout.
    #[test]
    fn regions_are_cut_before_they_are_resized() {
        let planes = bytes(&picture(2, 7, 9));
        let out =
            run(&one("resized_crop", "top = 2\nleft = -1\nheight = 4\nwidth = 6\nsize = [3, 3]"), &planes, 0).data;
        let expected =
            [110., 177., 101., 102., 162., 139., 92., 146., 177., 58., 86., 117., 67., 118., 102., 76., 149., 86.];
        assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1.0), "{out:?}");
        for channels in 1..=5 {
            let planes = bytes(&picture(channels, 30, 41));
            let floats = picture(channels, 30, 41);
            for interpolation in ["bilinear", "bicubic", "nearest"] {
                let how = format!("size = [8, 50]\ninterpolation = \"{interpolation}\"");
                let both = one("resized_crop", &format!("top = 3\nleft = 5\nheight = 20\nwidth = 17\n{how}"));
                let crop = one("crop", "top = 3\nleft = 5\nheight = 20\nwidth = 17");
                let resize = one("resize", &how);
                for image in [&planes, &channel_last(&planes), &floats] {
                    let mut cut = image.clone();
                    let seed = SampleSeed::default();
                    let op = &crop.steps()[0];
                    op.apply(&Drawn::NOTHING, &mut cut, &mut Scratch::default()).unwrap();
                    assert_eq!((cut.dtype, cut.shape()), (image.dtype, [channels, 20, 17]));
                    let mut whole = image.clone();
                    both.run(&mut whole, &mut Scratch::default(), seed, &mut ()).unwrap();
                    assert_eq!(whole, run(&resize, &cut, 0), "{channels} {interpolation}");
                }
            }
        }
    }

    #[test]
    fn regions_are_drawn_as_torchvision_draws_them() {
        let n = 20_000;
        // Areas that always fit a 40 x 60 image; a region of ratio 1 has the side that its area says, rounded.
        let square = draws(&one("RandomResizedCrop", "scale = [0.1, 0.5]\nratio = [1, 1]"), n);
        let areas: Vec<Draw> = square.iter().map(|d| area_of(d.figures())).collect();
        // Sides are whole numbers: 15.49 to 34.64 squared, in steps, so that only the mean is held against theory.
        let mean = areas.iter().map(|d| d.figures()[0]).sum::<f64>() / n as f64;
        assert!((mean / 2400.0 - 0.3).abs() < 0.004, "{mean}");
        for draw in &square {
            let [top, left, h, w] = draw.figures() else { panic!("{draw:?}") };
            assert!(h == w && top + h <= 40.0 && left + w <= 60.0 && *top >= 0.0 && *left >= 0.0);
        }
        // The logarithm of the ratio is uniform.
        let draws_of_ratio = draws(&one("RandomResizedCrop", "scale = [0.3, 0.3]\nratio = [0.8, 1.25]"), n);
        let ln = |d: &Draw| (d.figures()[3] / d.figures()[2]).ln();
        let mean = draws_of_ratio.iter().map(ln).sum::<f64>() / n as f64;
        let variance = draws_of_ratio.iter().map(|d| ln(d).powi(2)).sum::<f64>() / n as f64;
        let expected = (2.0 * 1.25f64.ln()).powi(2) / 12.0;
        assert!(mean.abs() < 0.005 && (variance / expected - 1.0).abs() < 0.05, "{mean} {variance} {expected}");
        // None fits: torchvision's RandomResizedCrop(224, (4, 4), ratio).make_params([zeros(1, 40, 60)]).
        let fallback = |ratio: &str| {
            let chain = one("RandomResizedCrop", &format!("scale = [4, 4]\nratio = {ratio}"));
            draws(&chain, 1)[0].figures().to_vec()
        };
        assert_eq!(fallback("[0.75, 1.3333333333333333]"), [0.0, 3.0, 40.0, 53.0]);
        assert_eq!(fallback("[1.7, 2]"), [2.0, 0.0, 35.0, 60.0]);
        assert_eq!(fallback("[1, 2]"), [0.0, 0.0, 40.0, 60.0]);

        check_uniform(&spread(&draws(&one("RandomResize", "min_size = 20\nmax_size = 30"), n)), 1.0, [20.0, 30.0], 0);
        let jitter = draws(&one("ScaleJitter", "target_size = [600, 400]\nscale_range = [1, 2]"), n);
        check_uniform(&spread(&jitter), 1.0, [400.0, 800.0], 0);
        let shortest = draws(&one("RandomShortestSize", "min_size = [20, 50, 80]\nmax_size = 75"), n);
        let share = |figures: [f64; 2]| shortest.iter().filter(|d| d.figures() == figures).count() as f64 / n as f64;
        for figures in [[20.0, 30.0], [50.0, 75.0]] {
            let expected = if figures[0] < 30.0 { 1.0 / 3.0 } else { 2.0 / 3.0 };
            assert!((share(figures) - expected).abs() < 0.014, "{figures:?} {}", share(figures));
        }
    }

    fn area_of(figures: &[f64]) -> Draw {
        Draw::happens(&[figures[2] * figures[3]], Drawn::NOTHING.stream())
    }

    /// Whole numbers, spread over the unit above each so that they can be held against a uniform distribution.
    fn spread(drawn: &[Draw]) -> Vec<Draw> {
        let spread = |draw: &Draw| {
            let Draw::Happens(drawn) = draw else { panic!("it happens always") };
            let mut stream = drawn.stream();
            let figures: Vec<f64> = drawn.figures().iter().map(|v| v + stream.unit()).collect();
            Draw::happens(&figures, stream)
        };
        drawn.iter().map(spread).collect()
    }

    #[test]
    fn drawn_figures_are_what_is_done() {
        let image = bytes(&picture(3, 31, 45));
        for sample in 0..10 {
            let check = |name: &str, lines: &str| {
                let random = one(name, lines);
                let seed = SampleSeed { seed: 3, epoch: 1, sample };
                let fixed = match random.steps()[0].draw(seed, image.shape()).figures() {
                    [size] => one("resize", &format!("size = {size}")),
                    [height, width] => one("resize", &format!("size = [{height}, {width}]")),
                    [top, left, height, width] => one(
                        "resized_crop",
                        &format!("size = [12, 9]\ntop = {top}\nleft = {left}\nheight = {height}\nwidth = {width}"),
                    ),
                    other => panic!("{other:?}"),
                };
                assert_eq!(run(&random, &image, sample), run(&fixed, &image, 0), "{name}");
            };
            check("RandomResizedCrop", "size = [12, 9]");
            check("RandomResize", "min_size = 8\nmax_size = 50");
            check("RandomShortestSize", "min_size = [8, 50]\nmax_size = 60");
            check("ScaleJitter", "target_size = [40, 50]");
        }
    }

    #[test]
    fn bytes_stay_bytes() {
        let mut image = channel_last(&bytes(&picture(3, 31, 45)));
        let crop = one("RandomResizedCrop", "size = 16");
        let draw = crop.steps()[0].draw(SampleSeed::default(), image.shape());
        let Draw::Happens(drawn) = draw else { panic!("{draw:?}") };
        crop.steps()[0].apply(&drawn, &mut image, &mut Scratch::default()).unwrap();
        assert_eq!(
            (image.dtype, image.layout, image.shape()),
            (Dtype::U8, crate::data::Layout::ChannelLast, [3, 16, 16])
        );
    }

    #[test]
    fn what_may_be_decoded_smaller() {
        let least = |toml: &str| chain(toml).unwrap().least_input();
        let head = "[[transform]]\nname = \"LoadImage\"\n[[transform]]\nname = \"EnsureChannelFirst\"\n";
        let with = |lines: &str| least(&format!("{head}[[transform]]\nname = {lines}"));
        assert_eq!(with("\"Resize\"\nspatial_size = [20, 30]"), Some([20, 30]));
        assert_eq!(with("\"Resize\"\nspatial_size = [20, -1]"), None);
        assert_eq!(with("\"Resize\"\nspatial_size = 20\nsize_mode = \"longest\""), None);
        assert_eq!(with("\"torchvision.Resize\"\nsize = 256"), Some([256, 256]));
        assert_eq!(with("\"RandomResizedCrop\"\nscale = [0.25, 1]\nratio = [1, 1]"), Some([448, 448]));
        assert_eq!(with("\"RandomResizedCrop\"\nscale = [0, 1]"), None);
        assert_eq!(with("\"RandFlip\"\n[[transform]]\nname = \"Resize\""), None);
        let turned = head.replace("LoadImage\"\n", "LoadImage\"\nreverse_indexing = true\n");
        assert_eq!(least(&format!("{turned}[[transform]]\nname = \"Resize\"")), None);
        // A region drawn out of an image of just that size is never smaller than what it is brought to.
        let crop = one("RandomResizedCrop", "size = 100");
        let least = crop.least_input().unwrap();
        for sample in 0..5_000 {
            let draw = crop.steps()[0].draw(SampleSeed { seed: 1, epoch: 1, sample }, [3, least[0], least[1]]);
            assert!(draw.figures()[2].min(draw.figures()[3]) >= 100.0, "{draw:?}");
        }
    }
}
