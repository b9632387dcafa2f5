//! Rotate and RandRotate: about the image's centre, sampled as `torch.nn.functional.grid_sample` does.
//!
//! Coordinates walk along a row in fixed point of 32 fraction bits: exact additions, and the whole part is a shift
//! away, where a float would need a rounding and a check. The part of a row whose neighbours all lie inside is one
//! interval, and has a loop of its own.

use super::draw::{Draw, Drawn, Stream};
use super::operation::{Operation, built};
use super::params::{PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use super::registry::{DTYPE, Family, LAZY, Library, TransformInfo};
use super::scratch::Scratch;
use crate::data::Image;
use std::f64::consts::TAU;

const KEEP_SIZE: ParamInfo = param(
    "keep_size",
    ParamKind::Bool,
    ParamDefault::Bool(true),
    "",
    "true cuts the corners off, false makes the image as large as the turned picture",
);
const MODE: ParamInfo =
    param("mode", ParamKind::Choice(&["bilinear", "nearest"]), ParamDefault::Text("bilinear"), "", "interpolation");
const PADDING_MODE: ParamInfo = param(
    "padding_mode",
    ParamKind::Choice(&["border", "zeros", "reflection"]),
    ParamDefault::Text("border"),
    "",
    "what stands outside of the picture",
);
const ALIGN_CORNERS: ParamInfo = param(
    "align_corners",
    ParamKind::Bool,
    ParamDefault::Bool(false),
    "",
    "for reflection: true mirrors at the middle of the outermost pixels, false at their edge",
);

const ROTATE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "Rotate",
    Family::Spatial,
    "Turns the picture about its centre.",
    &[
        param(
            "angle",
            ParamKind::Float { min: -TAU, max: TAU },
            ParamDefault::Float(0.0),
            "rad",
            "above 0 turns from the first axis to the second: anticlockwise as pictures are shown",
        ),
        KEEP_SIZE,
        MODE,
        PADDING_MODE,
        ALIGN_CORNERS,
    ],
    |values| built(Rotate { angle: values.float("angle"), how: How::new(values) }),
)
.without(&[LAZY, DTYPE, ("rotate_order", "it is for 3-D images")])
.noting("`angle` has no default there");

const RAND_ROTATE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandRotate",
    Family::Spatial,
    "Turns the picture about its centre by an angle drawn from a range, by chance.",
    &[
        param(
            "range_x",
            ParamKind::Range { min: -TAU, max: TAU },
            ParamDefault::Float(0.0),
            "rad",
            "range of the angle",
        ),
        PROB,
        KEEP_SIZE,
        MODE,
        PADDING_MODE,
        ALIGN_CORNERS,
    ],
    &[("angle", "rad")],
    |values| {
        let range = values.range("range_x");
        built(RandRotate { prob: values.float("prob"), range, how: How::new(values) })
    },
)
.without(&[
    LAZY,
    DTYPE,
    ("range_y", "it is for 3-D images; a picture turns by range_x"),
    ("range_z", "it is for 3-D images; a picture turns by range_x"),
]);

pub(super) const ALL: &[TransformInfo] = &[ROTATE, RAND_ROTATE];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Padding {
    Border,
    Zeros,
    /// About -0.5 and n - 0.5, or about 0 and n - 1.
    Reflection {
        corners: bool,
    },
}

/// What Rotate and RandRotate have in common.
#[derive(Debug, Clone)]
struct How {
    keep_size: bool,
    nearest: bool,
    padding: Padding,
}

impl How {
    fn new(values: &Values<'_>) -> Self {
        Self {
            keep_size: values.bool("keep_size"),
            nearest: values.text("mode") == "nearest",
            padding: match values.text("padding_mode").as_str() {
                "zeros" => Padding::Zeros,
                "reflection" => Padding::Reflection { corners: values.bool("align_corners") },
                _ => Padding::Border,
            },
        }
    }

    /// # Errors
    /// The turned image would have no pixel.
    fn apply(&self, image: &mut Image, angle: f64, scratch: &mut Scratch) -> Result<(), String> {
        let (height, width) = (image.height, image.width);
        let (sin, cos) = angle.sin_cos();
        let (h, w) = (height as f64, width as f64);
        let (out_h, out_w) = if self.keep_size {
            (height, width)
        } else {
            let side = |a: f64, b: f64| (a.abs() + b.abs() + 0.5) as usize;
            (side(cos * h, sin * w), side(sin * h, cos * w))
        };
        if out_h == 0 || out_w == 0 {
            return Err(format!("an image of {height} x {width} would be left with no pixel"));
        }
        // Where the output's first pixel comes from; from there a column is a step of (-sin, cos), a row of (cos, sin).
        let (row, column) = (-(out_h as f64 - 1.0) / 2.0, -(out_w as f64 - 1.0) / 2.0);
        let walk = Walk {
            y: fixed(cos * row - sin * column + (h - 1.0) / 2.0),
            x: fixed(sin * row + cos * column + (w - 1.0) / 2.0),
            column: (fixed(-sin), fixed(cos)),
            row: (fixed(cos), fixed(sin)),
        };
        let plane = height * width;
        scratch.image.resize(image.channels * out_h * out_w, 0.0);
        for (data, out) in image.data.chunks_exact(plane).zip(scratch.image.chunks_exact_mut(out_h * out_w)) {
            let source = Source { data, height, width, padding: self.padding };
            if self.nearest {
                walk.rows(out, out_w, |x, y, row| source.nearest_row(x, y, walk.column, row));
            } else {
                walk.rows(out, out_w, |x, y, row| source.bilinear_row(x, y, walk.column, row));
            }
        }
        std::mem::swap(&mut image.data, &mut scratch.image);
        (image.height, image.width) = (out_h, out_w);
        Ok(())
    }
}

const FRACTION_BITS: u32 = 32;
const ONE: i64 = 1 << FRACTION_BITS;

fn fixed(v: f64) -> i64 {
    (v * ONE as f64).round() as i64
}

/// The fraction, from 0 to below 1, of 24 bits: as many as `f32` holds.
fn fraction(v: i64) -> f32 {
    ((v as u32 >> 8) as i32) as f32 * (1.0 / 16_777_216.0)
}

/// Source coordinates of the output's pixels, in fixed point; steps are (y, x).
struct Walk {
    y: i64,
    x: i64,
    column: (i64, i64),
    row: (i64, i64),
}

impl Walk {
    fn rows(&self, out: &mut [f32], out_w: usize, mut fill: impl FnMut(i64, i64, &mut [f32])) {
        let (mut x, mut y) = (self.x, self.y);
        for row in out.chunks_exact_mut(out_w) {
            fill(x, y, row);
            (y, x) = (y + self.row.0, x + self.row.1);
        }
    }
}

/// One channel to sample from.
struct Source<'a> {
    data: &'a [f32],
    height: usize,
    width: usize,
    padding: Padding,
}

impl Source<'_> {
    /// Whether the four neighbours of a point all lie inside.
    fn inside(&self, x: i64, y: i64) -> bool {
        let within = |v: i64, n: usize| v >= 0 && v >> FRACTION_BITS < n as i64 - 1;
        within(x, self.width) && within(y, self.height)
    }

    fn bilinear_row(&self, x: i64, y: i64, (dy, dx): (i64, i64), out: &mut [f32]) {
        let at = |i: usize| (x + dx * i as i64, y + dy * i as i64);
        let is_outside = |i: usize| {
            let (x, y) = at(i);
            !self.inside(x, y)
        };
        // The image is convex, so the inside of a row is one interval: look for it from both ends.
        let begin = (0..out.len()).find(|i| !is_outside(*i)).unwrap_or(out.len());
        let end = (begin..out.len()).rev().find(|i| !is_outside(*i)).map_or(begin, |i| i + 1);
        for (i, v) in out.iter_mut().enumerate() {
            if i >= begin && i < end {
                continue;
            }
            let (x, y) = at(i);
            *v = self.bilinear(x, y);
        }
        let (mut x, mut y) = at(begin);
        let width = self.width;
        for v in out.get_mut(begin..end).unwrap_or_default() {
            let first = (y >> FRACTION_BITS) as usize * width + (x >> FRACTION_BITS) as usize;
            let upper = self.data.get(first..).and_then(|d| d.first_chunk::<2>());
            let lower = self.data.get(first + width..).and_then(|d| d.first_chunk::<2>());
            if let (Some([a, b]), Some([c, d])) = (upper, lower) {
                let (fx, fy) = (fraction(x), fraction(y));
                let upper = a + fx * (b - a);
                let lower = c + fx * (d - c);
                *v = upper + fy * (lower - upper);
            }
            x += dx;
            y += dy;
        }
    }

    /// A point whose neighbours may lie outside.
    fn bilinear(&self, x: i64, y: i64) -> f32 {
        if self.padding == Padding::Zeros {
            let (column, row) = (x >> FRACTION_BITS, y >> FRACTION_BITS);
            let (fx, fy) = (fraction(x), fraction(y));
            let upper = self.or_zero(column, row) * (1.0 - fx) + self.or_zero(column + 1, row) * fx;
            let lower = self.or_zero(column, row + 1) * (1.0 - fx) + self.or_zero(column + 1, row + 1) * fx;
            return upper * (1.0 - fy) + lower * fy;
        }
        let (x, y) = (self.pull_in(x, self.width), self.pull_in(y, self.height));
        let (column, row) = ((x >> FRACTION_BITS) as usize, (y >> FRACTION_BITS) as usize);
        let (right, below) = ((column + 1).min(self.width - 1), (row + 1).min(self.height - 1));
        let (fx, fy) = (fraction(x), fraction(y));
        let pixel = |column: usize, row: usize| self.data.get(row * self.width + column).copied().unwrap_or(0.0);
        let upper = pixel(column, row) * (1.0 - fx) + pixel(right, row) * fx;
        let lower = pixel(column, below) * (1.0 - fx) + pixel(right, below) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    fn nearest_row(&self, mut x: i64, mut y: i64, (dy, dx): (i64, i64), out: &mut [f32]) {
        for v in out {
            *v = if self.padding == Padding::Zeros {
                self.or_zero(round(x), round(y))
            } else {
                self.or_zero(round(self.pull_in(x, self.width)), round(self.pull_in(y, self.height)))
            };
            x += dx;
            y += dy;
        }
    }

    fn or_zero(&self, column: i64, row: i64) -> f32 {
        let inside = (0..self.width as i64).contains(&column) && (0..self.height as i64).contains(&row);
        let at = || self.data.get(row as usize * self.width + column as usize).copied();
        if inside { at().unwrap_or(0.0) } else { 0.0 }
    }

    /// A coordinate brought to 0 to n - 1, by the edge or a mirror.
    fn pull_in(&self, v: i64, n: usize) -> i64 {
        let last = (n as i64 - 1) * ONE;
        let v = match self.padding {
            Padding::Reflection { corners } => {
                let (low, span) = if corners { (0, last) } else { (-ONE / 2, last + ONE) };
                if span == 0 {
                    0
                } else {
                    let from = (v - low).rem_euclid(2 * span);
                    from.min(2 * span - from) + low
                }
            }
            _ => v,
        };
        v.clamp(0, last)
    }
}

/// To the nearest whole number, halves to the even one, as torch's `nearbyint`.
fn round(v: i64) -> i64 {
    let down = v >> FRACTION_BITS;
    let rest = v - (down << FRACTION_BITS);
    if rest > ONE / 2 || (rest == ONE / 2 && down % 2 != 0) { down + 1 } else { down }
}

#[derive(Debug, Clone)]
struct Rotate {
    angle: f64,
    how: How,
}

impl Operation for Rotate {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        self.how.apply(image, self.angle, scratch)
    }
}

#[derive(Debug, Clone)]
struct RandRotate {
    prob: f64,
    range: [f64; 2],
    how: How,
}

impl Operation for RandRotate {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        Draw::happens(&[stream.uniform(self.range[0], self.range[1])], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), String> {
        self.how.apply(image, drawn.figure(0), scratch)
    }
}
