//! Pads (MONAI).

use super::canvas::center;
use super::canvas::{Span, Surround, lay};
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, LAZY, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::sizes::MAX_SIDE;
use crate::transform::kernels::padding::Padding;
use crate::transform::kernels::scratch::Scratch;

/// numpy's and torch's names of what stands around an image.
pub(crate) const MODES: &[&str] = &["constant", "edge", "replicate", "reflect", "symmetric", "wrap", "circular"];
pub(crate) const MODE_DOC: &str =
    "what stands around the image, in numpy's words or torch's: edge is replicate, wrap is circular";

/// One of [`MODES`].
pub(crate) fn monai_padding(mode: &str) -> Padding {
    Padding::parse(match mode {
        "replicate" => "edge",
        "circular" => "wrap",
        mode => mode,
    })
}

const SIZE: ParamInfo =
    param("spatial_size", ParamKind::Size { max: MAX_SIDE }, ParamDefault::Ints(&[64, 64]), "px", "the size wanted");
const METHOD: ParamInfo = param(
    "method",
    ParamKind::Choice(&["symmetric", "end"]),
    ParamDefault::Text("symmetric"),
    "",
    "symmetric pads both ends alike, end the lower and right one",
);
const MODE: ParamInfo = param("mode", ParamKind::Choice(MODES), ParamDefault::Text("constant"), "", MODE_DOC);
const VALUE: ParamInfo = param(
    "value",
    ParamKind::Float { min: -1e12, max: 1e12 },
    ParamDefault::Float(0.0),
    "",
    "what stands around where mode is constant",
);
const NO_DEFAULT: &str = "`spatial_size` has no default there";

const SPATIAL_PAD: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "SpatialPad",
    Family::Size,
    "Pads an image to a size; a side that is larger already is left alone.",
    &[SIZE, METHOD, MODE, VALUE],
    |values| built(Pad::new(values, Amount::Size(values.size("spatial_size")))?),
)
.without(&[LAZY])
.noting(NO_DEFAULT);

const BORDER_PAD: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "BorderPad",
    Family::Size,
    "Adds a border.",
    &[
        param(
            "spatial_border",
            ParamKind::Ints { min: -MAX_SIDE, max: MAX_SIDE, least: 1, most: 4 },
            ParamDefault::Int(1),
            "px",
            "a number for all sides, [H, W], or [top, bottom, left, right]; below 0 is 0",
        ),
        MODE,
        VALUE,
    ],
    |values| built(Pad::new(values, Amount::border(values)?)?),
)
.without(&[LAZY])
.noting("`spatial_border` has no default there");

const DIVISIBLE_PAD: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "DivisiblePad",
    Family::Size,
    "Pads an image until its sides are multiples of a number.",
    &[
        param(
            "k",
            ParamKind::Ints { min: -1, max: MAX_SIDE, least: 1, most: 2 },
            ParamDefault::Int(32),
            "px",
            "the number, or [H, W]; 0 or less leaves a side alone",
        ),
        MODE,
        METHOD,
        VALUE,
    ],
    |values| built(Pad::new(values, Amount::Multiple(values.per_axis("k").map(|k| k.max(1.0) as usize)))?),
)
.without(&[LAZY])
.noting("`k` has no default there");

const RESIZE_WITH_PAD_OR_CROP: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "ResizeWithPadOrCrop",
    Family::Size,
    "Brings an image to a size without interpolation: cuts off what is too much, pads what is too little.",
    &[SIZE, METHOD, MODE, VALUE],
    |values| built(Pad::new(values, Amount::ExactSize(values.size("spatial_size")))?),
)
.without(&[LAZY])
.noting(NO_DEFAULT)
.fixing_size(|_| true);

pub(crate) const ALL: &[TransformInfo] = &[SPATIAL_PAD, BORDER_PAD, DIVISIBLE_PAD, RESIZE_WITH_PAD_OR_CROP];

/// How far is padded.
#[derive(Debug)]
enum Amount {
    /// To that size at least; `None` is the image's.
    Size([Option<usize>; 2]),
    /// To that size, cutting too.
    ExactSize([Option<usize>; 2]),
    /// Before and after, for H and W.
    Border([[i64; 2]; 2]),
    /// To the next multiple.
    Multiple([usize; 2]),
}

impl Amount {
    fn border(values: &Values<'_>) -> Result<Self, Invalid> {
        let border: Vec<i64> = values.ints("spatial_border").iter().map(|b| (*b).max(0)).collect();
        match *border.as_slice() {
            [all] => Ok(Self::Border([[all; 2]; 2])),
            [h, w] => Ok(Self::Border([[h; 2], [w; 2]])),
            [top, bottom, left, right] => Ok(Self::Border([[top, bottom], [left, right]])),
            _ => Err(Invalid::new("spatial_border", msg!("transform-expected-one-two-or-four"))),
        }
    }
}

#[derive(Debug)]
struct Pad {
    amount: Amount,
    at_end: bool,
    surround: Surround,
}

impl Pad {
    fn new(values: &Values<'_>, amount: Amount) -> Result<Self, Invalid> {
        let surround = Surround { padding: monai_padding(&values.text("mode")), fill: vec![values.float("value")] };
        if surround.padding != Padding::Constant && surround.fill != [0.0] {
            return Err(Invalid::new("value", msg!("transform-expected-0-unless-constant")));
        }
        Ok(Self { amount, at_end: values.text("method") == "end", surround })
    }

    /// What is padded before and after to make `side` `wanted`.
    fn split(&self, side: usize, wanted: usize) -> [usize; 2] {
        let missing = wanted.saturating_sub(side);
        let before = if self.at_end { 0 } else { missing / 2 };
        [before, missing - before]
    }

    fn span(&self, k: usize, side: usize) -> Span {
        let (kept, wanted) = match &self.amount {
            Amount::Border(border) => return Span::pad(side, border[k][0], border[k][1]),
            Amount::Size(size) => (Span::crop(side, 0, side), size[k].unwrap_or(side)),
            Amount::ExactSize(size) => (center(side, size[k].unwrap_or(side)), size[k].unwrap_or(side)),
            Amount::Multiple(of) => (Span::crop(side, 0, side), side.next_multiple_of(of[k])),
        };
        let [before, after] = self.split(kept.total(), wanted);
        kept.padded(before, after)
    }
}

impl Operation for Pad {
    fn accepts(&self) -> Accepts {
        self.surround.accepts()
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let spans = [self.span(0, image.height), self.span(1, image.width)];
        lay(image, spans, &self.surround, scratch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dtype;
    use crate::transform::tests::{chain, one, run};

    /// Sums of the rows and of the columns of MONAI 1.6.1's results on `1 + arange(3 * 4.).reshape(1, 3, 4)`.
    #[test]
    fn pads_are_monais() {
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
        check(
            "SpatialPad",
            "spatial_size = [6, 5]",
            &[0.0, 10.0, 26.0, 42.0, 0.0, 0.0],
            &[15.0, 18.0, 21.0, 24.0, 0.0],
        );
        check(
            "SpatialPad",
            "spatial_size = [6, 2]\nmethod = \"end\"\nvalue = 2",
            &[10.0, 26.0, 42.0, 8.0, 8.0, 8.0],
            &[21.0, 24.0, 27.0, 30.0],
        );
        check(
            "SpatialPad",
            "spatial_size = [5, -1]\nmode = \"edge\"",
            &[10.0, 10.0, 26.0, 42.0, 42.0],
            &[25.0, 30.0, 35.0, 40.0],
        );
        check(
            "SpatialPad",
            "spatial_size = [6, 7]\nmode = \"reflect\"",
            &[45.0, 17.0, 45.0, 73.0, 45.0, 17.0],
            &[32.0, 26.0, 32.0, 38.0, 44.0, 38.0, 32.0],
        );
        check(
            "SpatialPad",
            "spatial_size = [7, 9]\nmode = \"symmetric\"",
            &[58.0, 22.0, 22.0, 58.0, 94.0, 94.0, 58.0],
            &[42.0, 35.0, 35.0, 42.0, 49.0, 56.0, 56.0, 49.0, 42.0],
        );
        check(
            "SpatialPad",
            "spatial_size = [5, 6]\nmode = \"wrap\"",
            &[63.0, 15.0, 39.0, 63.0, 15.0],
            &[40.0, 25.0, 30.0, 35.0, 40.0, 25.0],
        );
        check(
            "SpatialPad",
            "spatial_size = [5, 6]\nmode = \"circular\"",
            &[63.0, 15.0, 39.0, 63.0, 15.0],
            &[40.0, 25.0, 30.0, 35.0, 40.0, 25.0],
        );
        check(
            "SpatialPad",
            "spatial_size = [5, 6]\nmode = \"replicate\"",
            &[15.0, 15.0, 39.0, 63.0, 63.0],
            &[25.0, 25.0, 30.0, 35.0, 40.0, 40.0],
        );
        check("BorderPad", "spatial_border = 1", &[0.0, 10.0, 26.0, 42.0, 0.0], &[0.0, 15.0, 18.0, 21.0, 24.0, 0.0]);
        check(
            "BorderPad",
            "spatial_border = [2, -1]",
            &[0.0, 0.0, 10.0, 26.0, 42.0, 0.0, 0.0],
            &[15.0, 18.0, 21.0, 24.0],
        );
        check(
            "BorderPad",
            "spatial_border = [1, 0, 2, 3]\nmode = \"edge\"",
            &[24.0, 24.0, 60.0, 96.0],
            &[16.0, 16.0, 16.0, 20.0, 24.0, 28.0, 28.0, 28.0, 28.0],
        );
        check("DivisiblePad", "k = 5", &[0.0, 10.0, 26.0, 42.0, 0.0], &[15.0, 18.0, 21.0, 24.0, 0.0]);
        check(
            "DivisiblePad",
            "k = [2, 3]\nmethod = \"end\"\nmode = \"reflect\"",
            &[15.0, 39.0, 63.0, 39.0],
            &[20.0, 24.0, 28.0, 32.0, 28.0, 24.0],
        );
        check("DivisiblePad", "k = [-1, 7]", &[10.0, 26.0, 42.0], &[0.0, 15.0, 18.0, 21.0, 24.0, 0.0, 0.0]);
        check("ResizeWithPadOrCrop", "spatial_size = [2, 7]", &[10.0, 26.0], &[0.0, 6.0, 8.0, 10.0, 12.0, 0.0, 0.0]);
        check(
            "ResizeWithPadOrCrop",
            "spatial_size = [6, 3]\nmode = \"edge\"",
            &[9.0, 9.0, 21.0, 33.0, 33.0, 33.0],
            &[40.0, 46.0, 52.0],
        );
        check(
            "ResizeWithPadOrCrop",
            "spatial_size = [6, 3]\nmethod = \"end\"\nvalue = 1",
            &[9.0, 21.0, 33.0, 3.0, 3.0, 3.0],
            &[21.0, 24.0, 27.0],
        );
    }

    #[test]
    fn pads_that_cannot_be_are_refused() {
        let built = |name: &str, lines: &str| chain(&format!("[[transform]]\nname = \"{name}\"\n{lines}")).is_ok();
        assert!(!built("BorderPad", "spatial_border = [1, 2, 3]"));
        assert!(!built("SpatialPad", "mode = \"edge\"\nvalue = 3"));
        assert!(built("SpatialPad", "mode = \"edge\"\nvalue = 0"));
        // A value that no byte has makes floats of bytes.
        let mut bytes = Image::from_bytes([1, 1, 1], vec![7]);
        let pad = one("BorderPad", "spatial_border = [0, 0, 1, 0]\nvalue = -1.5");
        pad.run(&mut bytes, &mut Scratch::default(), crate::transform::SampleSeed::default(), &mut ()).unwrap();
        assert_eq!((bytes.dtype, bytes.data.as_slice()), (Dtype::F32, [-1.5, 7.0].as_slice()));
    }
}
