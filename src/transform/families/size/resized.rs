//! What torchvision resizes: whole images, and regions of them in one pass.

use super::canvas::{Span, Surround, lay};
use super::evaluation::{longest_shortest_size, middle_resize, resize_and_center_crop, scale_jitter_at_one};
use super::framing::{SIZE, pair};
use super::resampler::{Region, Resampler};
use crate::config::ParamValue;
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::sizes::MAX_SIDE;
use crate::transform::kernels::scratch::Scratch;

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
.noting("`min_size` and `max_size` have no default there")
.evaluated_as(middle_resize);

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
.noting("`min_size` has no default there")
.evaluated_as(longest_shortest_size);

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
.noting("`target_size` has no default there")
.evaluated_as(scale_jitter_at_one);

pub(crate) const ALL: &[TransformInfo] =
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
            ([_, _], Some(_)) => Err(Invalid::new("max_size", msg!("transform-expected-no-max-size"))),
            ([size], Some(max)) if max as i64 <= *size => {
                Err(Invalid::new("max_size", msg!("transform-expected-more-than", name = "size")))
            }
            ([size], max) => Ok(Self::Shorter(*size as usize, max)),
            (_, Some(max)) => Ok(Self::Longer(max)),
            (_, None) => Err(Invalid::new("size", msg!("transform-expected-a-size"))),
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

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
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

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
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
                return Err(Invalid::new(name, msg!("transform-expected-smallest-first")));
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

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
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
            return Err(Invalid::new("max_size", msg!("transform-expected-more-than", name = "min_size")));
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

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
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

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
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
            return Err(Invalid::new("scale_range", msg!("transform-expected-smallest-first")));
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

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.how.resize(image, [0, 1].map(|k| drawn.figure(k) as usize), scratch)
    }
}
