//! Crops and pads as torchvision has them: a crop that reaches out of the image is padded there. Padding is in the order
//! left, top, right, bottom. (What interpolates is in `resized`.)

use super::canvas::{Span, Surround, lay};
use super::evaluation::center_crop;
use crate::data::Image;
use crate::language::{self, Message, sides};
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, P, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::sizes::MAX_SIDE;
use crate::transform::kernels::padding::Padding;
use crate::transform::kernels::scratch::Scratch;

/// A number for both sides, or `[H, W]`.
pub(crate) const SIZE: ParamKind = ParamKind::Ints { min: 1, max: MAX_SIDE, least: 1, most: 2 };
const COORDINATE: ParamKind = ParamKind::Int { min: -1_000_000, max: 1_000_000 };
const PADDING: ParamKind = ParamKind::Ints { min: -MAX_SIDE, max: MAX_SIDE, least: 1, most: 4 };
const PADDING_DOC: &str = "a number for all sides, [left and right, top and bottom], or [left, top, right, bottom]";
const FILL: ParamInfo = param(
    "fill",
    ParamKind::Floats { min: -1e12, max: 1e12, least: 1, most: 4 },
    ParamDefault::Float(0.0),
    "",
    "what stands around where padding_mode is constant: a number, or one a channel",
);
const PADDING_MODE: ParamInfo = param(
    "padding_mode",
    ParamKind::Choice(&["constant", "edge", "reflect", "symmetric"]),
    ParamDefault::Text("constant"),
    "",
    "what stands around the image; reflect leaves the edge out, symmetric repeats it",
);
const CROP_SIZE: ParamDefault = ParamDefault::Int(224);
const CROP_SIZE_DOC: &str = "the size wanted: a number for a square, or [H, W]";

const CROP: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "crop",
    Family::Size,
    "Cuts a region out; what lies outside of the image is 0.",
    &[
        param("top", COORDINATE, ParamDefault::Int(0), "px", "first row"),
        param("left", COORDINATE, ParamDefault::Int(0), "px", "first column"),
        param("height", ParamKind::Int { min: 1, max: MAX_SIDE }, CROP_SIZE, "px", "rows"),
        param("width", ParamKind::Int { min: 1, max: MAX_SIDE }, CROP_SIZE, "px", "columns"),
    ],
    |values| {
        let [top, left, height, width] = ["top", "left", "height", "width"].map(|name| values.int(name));
        built(Crop { first: [top, left], size: [height as usize, width as usize] })
    },
)
.noting("no parameter has a default there");

const CENTER_CROP_FUNCTION: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "center_crop",
    Family::Size,
    "Cuts out the middle; an image that is too small is padded with 0.",
    &[param("output_size", SIZE, CROP_SIZE, "px", CROP_SIZE_DOC)],
    |values| built(CenterCrop { size: pair(values, "output_size") }),
)
.noting("`output_size` has no default there");

const CENTER_CROP: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "CenterCrop",
    Family::Size,
    "Cuts out the middle; an image that is too small is padded with 0.",
    &[param("size", SIZE, CROP_SIZE, "px", CROP_SIZE_DOC)],
    |values| built(CenterCrop { size: pair(values, "size") }),
)
.noting("`size` has no default there")
.fixing_size(|_| true);

/// Where an odd number of rows is left over, the smaller half lies before: torchvision rounds.
const ALBUMENTATIONS_CENTER_CROP: TransformInfo = TransformInfo::fixed(
    Library::Albumentations,
    "albumentations.CenterCrop",
    Family::Size,
    "Cuts out the middle; an image that is too small is refused.",
    SIDES,
    |values| built(MiddleCrop { size: ["height", "width"].map(|name| values.int(name) as usize) }),
)
.without(&[
    ("pad_if_needed", "SpatialPad before it does it"),
    ("pad_position", "SpatialPad before it does it"),
    ("border_mode", "SpatialPad before it does it"),
    ("fill", "SpatialPad before it does it"),
    ("fill_mask", "there are no masks here"),
    ("p", "it happens to every image"),
])
.noting("`height` and `width` have no default there")
.fixing_size(|_| true);

const KERAS_CENTER_CROP: TransformInfo = TransformInfo {
    library: Library::Keras,
    name: "keras.CenterCrop",
    elsewhere: &[],
    note: "`height` and `width` have no default there, and an image that is too small is resized",
    ..ALBUMENTATIONS_CENTER_CROP
};

const SIDES: &[ParamInfo] = &[
    param("height", ParamKind::Int { min: 1, max: MAX_SIDE }, CROP_SIZE, "px", "rows"),
    param("width", ParamKind::Int { min: 1, max: MAX_SIDE }, CROP_SIZE, "px", "columns"),
];

const PAD_PARAMS: &[ParamInfo] =
    &[param("padding", PADDING, ParamDefault::Int(4), "px", PADDING_DOC), FILL, PADDING_MODE];

const PAD_FUNCTION: TransformInfo =
    TransformInfo::fixed(Library::Torchvision, "pad", Family::Size, "Adds a border.", PAD_PARAMS, |values| {
        built(Pad::new(values)?)
    })
    .noting("`padding` has no default there");

const PAD: TransformInfo = TransformInfo { name: "Pad", ..PAD_FUNCTION };

const RANDOM_CROP: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomCrop",
    Family::Size,
    "Cuts a region of that size out at a place drawn, after padding where asked.",
    &[
        param("size", SIZE, CROP_SIZE, "px", CROP_SIZE_DOC),
        param("padding", ParamKind::Optional(&PADDING), ParamDefault::None, "px", PADDING_DOC),
        param(
            "pad_if_needed",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "pad an image that is too small; without it, it is an error",
        ),
        FILL,
        PADDING_MODE,
    ],
    &[("top", "px"), ("left", "px")],
    |values| built(RandomCrop::new(values)?),
)
.noting("`size` has no default there")
.evaluated_as(center_crop)
.fixing_size(|_| true);

const RANDOM_ZOOM_OUT: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomZoomOut",
    Family::Size,
    "Lays the image somewhere on a larger canvas, by chance.",
    &[
        FILL,
        param(
            "side_range",
            ParamKind::Floats { min: 1.0, max: 100.0, least: 2, most: 2 },
            ParamDefault::Floats(&[1.0, 4.0]),
            "",
            "the canvas's side by the image's, [smallest, largest]",
        ),
        P,
    ],
    &[("left", "px"), ("top", "px"), ("right", "px"), ("bottom", "px")],
    |values| built(RandomZoomOut::new(values)?),
);

pub(crate) const ALL: &[TransformInfo] = &[
    CROP,
    CENTER_CROP_FUNCTION,
    CENTER_CROP,
    ALBUMENTATIONS_CENTER_CROP,
    KERAS_CENTER_CROP,
    PAD_FUNCTION,
    PAD,
    RANDOM_CROP,
    RANDOM_ZOOM_OUT,
];

/// `[H, W]`; one number stands for both.
pub(crate) fn pair(values: &Values<'_>, name: &str) -> [usize; 2] {
    values.per_axis(name).map(|v| v as usize)
}

#[derive(Debug)]
struct Crop {
    /// Row and column.
    first: [i64; 2],
    size: [usize; 2],
}

impl Operation for Crop {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let rows = Span::window(image.height, self.first[0], self.size[0]);
        let columns = Span::window(image.width, self.first[1], self.size[1]);
        lay(image, [rows, columns], &Surround::zeros(), scratch)
    }
}

#[derive(Debug)]
struct CenterCrop {
    size: [usize; 2],
}

impl Operation for CenterCrop {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let sides = [image.height, image.width];
        let spans = [0, 1].map(|k| {
            let (side, size) = (sides[k], self.size[k]);
            let first = match size.checked_sub(side) {
                Some(missing) => -((missing / 2) as i64),
                // Python's round: halves to the even number.
                None => ((side - size) as f64 / 2.0).round_ties_even() as i64,
            };
            Span::window(side, first, size)
        });
        lay(image, spans, &Surround::zeros(), scratch)
    }
}

/// albumentations' and Keras' crop about the centre.
#[derive(Debug)]
struct MiddleCrop {
    size: [usize; 2],
}

impl Operation for MiddleCrop {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let ([height, width], [h, w]) = ([image.height, image.width], self.size);
        if h > height || w > width {
            return Err(msg!("transform-smaller-than-crop", from = sides(&[height, width]), crop = sides(&self.size)));
        }
        let spans =
            [Span::window(height, ((height - h) / 2) as i64, h), Span::window(width, ((width - w) / 2) as i64, w)];
        lay(image, spans, &Surround::zeros(), scratch)
    }
}

/// `[left, top, right, bottom]` of a parameter of [`PADDING`]; `None` where it is none.
fn padding(values: &Values<'_>) -> Result<Option<[i64; 4]>, Invalid> {
    match *values.ints("padding").as_slice() {
        [] => Ok(None),
        [all] => Ok(Some([all; 4])),
        [horizontal, vertical] => Ok(Some([horizontal, vertical, horizontal, vertical])),
        [left, top, right, bottom] => Ok(Some([left, top, right, bottom])),
        _ => Err(Invalid::new("padding", msg!("transform-expected-one-two-or-four"))),
    }
}

#[derive(Debug)]
struct Pad {
    padding: [i64; 4],
    surround: Surround,
}

impl Pad {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        Ok(Self { padding: padding(values)?.unwrap_or_default(), surround: Surround::torchvision(values)? })
    }
}

impl Operation for Pad {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let [left, top, right, bottom] = self.padding;
        let spans = [Span::pad(image.height, top, bottom), Span::pad(image.width, left, right)];
        lay(image, spans, &self.surround, scratch)
    }
}

#[derive(Debug)]
struct RandomCrop {
    size: [usize; 2],
    padding: [i64; 4],
    pad_if_needed: bool,
    surround: Surround,
}

impl RandomCrop {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            size: pair(values, "size"),
            padding: padding(values)?.unwrap_or_default(),
            pad_if_needed: values.bool("pad_if_needed"),
            surround: Surround::torchvision(values)?,
        })
    }

    /// What is padded before each axis, and the padded sides.
    fn padded(&self, sides: [usize; 2]) -> ([i64; 2], [i64; 2]) {
        let [left, top, right, bottom] = self.padding;
        let mut before = [top, left];
        let mut padded = [sides[0] as i64 + top + bottom, sides[1] as i64 + left + right];
        for k in 0..2 {
            let missing = self.size[k] as i64 - padded[k];
            if self.pad_if_needed && missing > 0 {
                before[k] += missing;
                padded[k] += 2 * missing;
            }
        }
        (before, padded)
    }
}

impl Operation for RandomCrop {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        let (_, padded) = self.padded([height, width]);
        let [top, left] = [0, 1].map(|k| match padded[k] - self.size[k] as i64 {
            spare if spare > 0 => stream.integer(0, spare + 1) as f64,
            _ => 0.0,
        });
        Draw::happens(&[top, left], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let sides = [image.height, image.width];
        let (before, padded) = self.padded(sides);
        if (0..2).any(|k| padded[k] < self.size[k] as i64) {
            let from = padded.map(|side| side.to_string()).join(" x ");
            return Err(msg!("transform-crop-beyond-padding", crop = language::sides(&self.size), from));
        }
        let spans = [0, 1].map(|k| Span::window(sides[k], drawn.figure(k) as i64 - before[k], self.size[k]));
        lay(image, spans, &self.surround, scratch)
    }
}

#[derive(Debug)]
struct RandomZoomOut {
    p: f64,
    side_range: [f64; 2],
    surround: Surround,
}

impl RandomZoomOut {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let side_range = values.range("side_range");
        if side_range[0] > side_range[1] {
            return Err(Invalid::new("side_range", msg!("transform-expected-smallest-first")));
        }
        let surround = Surround { padding: Padding::Constant, fill: values.floats("fill") };
        Ok(Self { p: values.float("p"), side_range, surround })
    }
}

impl Operation for RandomZoomOut {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        if !stream.happens(self.p) {
            return Draw::Skip;
        }
        let factor = stream.uniform(self.side_range[0], self.side_range[1]);
        let spare = |side: usize| (side as f64 * factor).floor() - side as f64;
        let left = (spare(width) * stream.unit()).floor();
        let top = (spare(height) * stream.unit()).floor();
        Draw::happens(&[left, top, spare(width) - left, spare(height) - top], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let [left, top, right, bottom] = [0, 1, 2, 3].map(|i| drawn.figure(i) as i64);
        let spans = [Span::pad(image.height, top, bottom), Span::pad(image.width, left, right)];
        lay(image, spans, &self.surround, scratch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{chain, one, picture, run};
    use crate::transform::tests_random::{check_uniform, draws};

    /// Sums of the rows and of the columns of torchvision 0.29.2's results on
    /// `1 + torch.arange(12).reshape(1, 3, 4)`, uint8 and float32 alike.
    #[test]
    fn crops_and_pads_are_torchvisions() {
        #[track_caller]
        fn check(name: &str, lines: &str, rows: &[f32], columns: &[f32]) {
            let floats = Image::from_floats([1, 3, 4], (1..=12).map(|v| v as f32).collect());
            let bytes = Image::from_bytes([1, 3, 4], (1..=12).collect());
            for image in [floats, bytes] {
                let out = run(&one(name, lines), &image, 0);
                let found: Vec<f32> = out.data.chunks(out.width).map(|row| row.iter().sum()).collect();
                assert_eq!(found, rows, "{name} {lines}");
                let column = |x: usize| out.data.iter().skip(x).step_by(out.width).sum();
                assert_eq!((0..out.width).map(column).collect::<Vec<f32>>(), columns, "{name} {lines}");
            }
        }
        check("crop", "top = 1\nleft = 1\nheight = 2\nwidth = 2", &[13.0, 21.0], &[16.0, 18.0]);
        check("crop", "top = -1\nleft = 2\nheight = 3\nwidth = 5", &[0.0, 7.0, 15.0], &[10.0, 12.0, 0.0, 0.0, 0.0]);
        check("crop", "top = -9\nleft = 0\nheight = 2\nwidth = 2", &[0.0, 0.0], &[0.0, 0.0]);
        check("center_crop", "output_size = 2", &[5.0, 13.0], &[8.0, 10.0]);
        check("center_crop", "output_size = [2, 7]", &[10.0, 26.0], &[0.0, 6.0, 8.0, 10.0, 12.0, 0.0, 0.0]);
        check("center_crop", "output_size = [4, 1]", &[3.0, 7.0, 11.0, 0.0], &[21.0]);
        check("pad", "padding = [1]", &[0.0, 10.0, 26.0, 42.0, 0.0], &[0.0, 15.0, 18.0, 21.0, 24.0, 0.0]);
        check(
            "pad",
            "padding = [1, 2]\nfill = 3",
            &[18.0, 18.0, 16.0, 32.0, 48.0, 18.0, 18.0],
            &[21.0, 27.0, 30.0, 33.0, 36.0, 21.0],
        );
        check("pad", "padding = [1, 0, 2, -1]", &[10.0, 26.0], &[0.0, 6.0, 8.0, 10.0, 12.0, 0.0, 0.0]);
        check(
            "pad",
            "padding = [2, 1, 3, 2]\npadding_mode = \"reflect\"",
            &[57.0, 21.0, 57.0, 93.0, 57.0, 21.0],
            &[38.0, 32.0, 26.0, 32.0, 38.0, 44.0, 38.0, 32.0, 26.0],
        );
        check(
            "pad",
            "padding = [2, 3, 3, 2]\npadding_mode = \"symmetric\"",
            &[94.0, 58.0, 22.0, 22.0, 58.0, 94.0, 94.0, 58.0],
            &[52.0, 44.0, 44.0, 52.0, 60.0, 68.0, 68.0, 60.0, 52.0],
        );
        check(
            "pad",
            "padding = [2, 1, 0, 3]\npadding_mode = \"edge\"",
            &[12.0, 12.0, 36.0, 60.0, 60.0, 60.0, 60.0],
            &[43.0, 43.0, 43.0, 50.0, 57.0, 64.0],
        );
    }

    #[test]
    fn fills_are_cut_to_bytes_and_counted() {
        let image = Image::from_bytes([3, 1, 1], vec![1, 2, 3]);
        let out = run(&one("Pad", "padding = [1, 0, 0, 0]\nfill = [7.9, 300, -4]"), &image, 0);
        assert_eq!(out.data, [7.0, 1.0, 255.0, 2.0, 0.0, 3.0]);
        let pad = one("pad", "fill = [1, 2]");
        let outcome = pad.run(&mut image.clone(), &mut Scratch::default(), SampleSeed::default(), &mut ());
        assert!(outcome.unwrap_err().reason.to_string().contains("3 channels"));
        let refused = |lines: &str| chain(&format!("[[transform]]\nname = \"Pad\"\n{lines}")).unwrap_err().to_string();
        assert!(refused("fill = [1, 2]\npadding_mode = \"edge\"").contains("one number"));
        assert!(refused("padding = [1, 2, 3]").contains("one, two or four"));
    }

    #[test]
    fn places_are_drawn_as_torchvision_draws_them() {
        let n = 20_000;
        // Images of 40 x 60: randint(0, 40 + 4 - 35 + 1), randint(0, 60 + 4 - 45 + 1).
        let crops = draws(&one("RandomCrop", "size = [35, 45]\npadding = 2"), n);
        let spread = |draw: &Draw| {
            let Draw::Happens(drawn) = draw else { panic!("a crop happens always") };
            let mut stream = drawn.stream();
            let figures: Vec<f64> = drawn.figures().iter().map(|v| v + stream.unit()).collect();
            Draw::happens(&figures, stream)
        };
        let crops: Vec<Draw> = crops.iter().map(spread).collect();
        check_uniform(&crops, 1.0, [0.0, 10.0], 0);
        check_uniform(&crops, 1.0, [0.0, 20.0], 1);
        let zooms = draws(&one("RandomZoomOut", "side_range = [3, 3]\np = 0.4"), n);
        let zooms: Vec<Draw> = zooms.iter().map(|d| if *d == Draw::Skip { Draw::Skip } else { spread(d) }).collect();
        check_uniform(&zooms, 0.4, [0.0, 120.0], 0);
        check_uniform(&zooms, 0.4, [0.0, 80.0], 1);
    }

    #[test]
    fn drawn_places_are_where_it_is_cut() {
        let image = picture(3, 20, 30);
        for sample in 0..20 {
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            let random = one("RandomCrop", "size = [25, 20]\npadding = [1, 2]\npad_if_needed = true\nfill = 0");
            let draw = random.steps()[0].draw(seed, image.shape());
            let [top, left] = draw.figures() else { panic!("{draw:?}") };
            // 20 + 2 * 2 rows are one too few, so one more is padded at either end.
            let fixed = format!("top = {}\nleft = {}\nheight = 25\nwidth = 20", top - 3.0, left - 1.0);
            assert_eq!(run(&random, &image, sample), run(&one("crop", &fixed), &image, 0));
            let random = one("RandomZoomOut", "p = 1\nfill = [1, 2, 3]");
            let draw = random.steps()[0].draw(seed, image.shape());
            let fixed = one("pad", &format!("padding = {:?}\nfill = [1, 2, 3]", draw.figures()).replace(".0", ""));
            assert_eq!(run(&random, &image, sample), run(&fixed, &image, 0));
        }
        let small = one("RandomCrop", "size = 31").run(
            &mut picture(1, 40, 30),
            &mut Scratch::default(),
            SampleSeed::default(),
            &mut (),
        );
        assert!(small.unwrap_err().reason.to_string().contains("pad_if_needed"));
    }
}
