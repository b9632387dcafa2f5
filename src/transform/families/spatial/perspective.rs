//! perspective and RandomPerspective as torchvision has them: four corners that go elsewhere.

use super::geometry::{Fill, fill, interpolation};
use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::P;
use crate::transform::core::params::{Invalid, ParamDefault, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::warp::sample_at_by_channel;

const POINTS: ParamKind = ParamKind::Rows { min: -1e5, max: 1e5 };
const UNIT: ParamDefault = ParamDefault::Rows(&[&[0.0, 0.0], &[1.0, 0.0], &[1.0, 1.0], &[0.0, 1.0]]);

const PERSPECTIVE: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "perspective",
    Family::Spatial,
    "Moves four points elsewhere, and the picture with them, straight lines staying straight.",
    &[
        param("startpoints", POINTS, UNIT, "px", "four points [x, y] of the picture"),
        param("endpoints", POINTS, UNIT, "px", "where they go"),
        interpolation("bilinear"),
        fill(ParamDefault::None),
        param(
            "coefficients",
            ParamKind::Optional(&ParamKind::Floats { min: -1e6, max: 1e6, least: 8, most: 8 }),
            ParamDefault::None,
            "",
            "instead of points: [a, b, c, d, e, f, g, h], the result's (x, y) looking at (ax + by + c, dx + ey + f) / (gx + hy + 1)",
        ),
    ],
    |values| {
        let how = How::new(values);
        let coefficients = match values.floats("coefficients")[..] {
            [] => {
                let (start, end) = (points(values, "startpoints")?, points(values, "endpoints")?);
                coefficients(start, end).ok_or_else(|| Invalid::new("endpoints", msg!("transform-expected-no-three-in-line")))?
            }
            [a, b, c, d, e, f, g, h] => {
                if let Some(name) = ["startpoints", "endpoints"].into_iter().find(|n| values.given.contains_key(*n)) {
                    return Err(Invalid::new(name, msg!("transform-expected-left-out-with-coefficients")));
                }
                [a, b, c, d, e, f, g, h]
            }
            _ => return Err(Invalid::new("coefficients", msg!("transform-expected-eight"))),
        };
        built(Perspective { coefficients, how })
    },
)
.noting("the points have no defaults there");

const RANDOM_PERSPECTIVE: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "RandomPerspective",
    Family::Spatial,
    "Moves the picture's corners inwards by distances drawn, by chance.",
    &[
        param(
            "distortion_scale",
            ParamKind::Float { min: 0.0, max: 1.0 },
            ParamDefault::Float(0.5),
            "",
            "how far towards the middle a corner may go",
        ),
        P,
        interpolation("bilinear"),
        fill(ParamDefault::Int(0)),
    ],
    &[
        ("top left x", "px"),
        ("y", "px"),
        ("top right x", "px"),
        ("y", "px"),
        ("bottom right x", "px"),
        ("y", "px"),
        ("bottom left x", "px"),
        ("y", "px"),
    ],
    |values| {
        let (p, distortion_scale) = (values.float("p"), values.float("distortion_scale"));
        built(RandomPerspective { p, distortion_scale, how: How::new(values) })
    },
)
.noting("corners that would come to lie in one line leave the picture as it is");

type Corners = [[f64; 2]; 4];

pub(crate) const ALL: &[TransformInfo] = &[PERSPECTIVE, RANDOM_PERSPECTIVE];

fn points(values: &Values<'_>, name: &'static str) -> Result<Corners, Invalid> {
    let rows = values.rows(name);
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    match rows[..] {
        [&[a, b], &[c, d], &[e, f], &[g, h]] => Ok([[a, b], [c, d], [e, f], [g, h]]),
        _ => Err(Invalid::new(name, msg!("transform-expected-four-points"))),
    }
}

/// The eight figures that take `end` to `start`, rounded to float32 as torchvision's are; `None` where there are none.
fn coefficients(start: Corners, end: Corners) -> Option<[f64; 8]> {
    let mut rows = [[0.0; 9]; 8];
    for (k, ([x, y], [u, v])) in end.into_iter().zip(start).enumerate() {
        rows[2 * k] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
        rows[2 * k + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
    }
    let largest = rows.as_flattened().iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    // Gauss and Jordan, with the largest pivot of each column.
    for k in 0..8 {
        let pivot = (k..8).max_by(|a, b| rows[*a][k].abs().total_cmp(&rows[*b][k].abs()))?;
        rows.swap(k, pivot);
        let row = rows[k];
        if row[k].abs() <= 1e-12 * largest {
            return None;
        }
        for (_, other) in rows.iter_mut().enumerate().filter(|(i, _)| *i != k) {
            let factor = other[k] / row[k];
            for (v, p) in other.iter_mut().zip(row) {
                *v -= factor * p;
            }
        }
    }
    let mut found = [0.0; 8];
    for (k, (v, row)) in found.iter_mut().zip(rows).enumerate() {
        *v = f64::from((row[8] / row[k]) as f32);
    }
    found.iter().all(|v| v.is_finite()).then_some(found)
}

#[derive(Debug, Clone)]
struct How {
    nearest: bool,
    fill: Fill,
}

impl How {
    fn new(values: &Values<'_>) -> Self {
        Self { nearest: values.text("interpolation") == "nearest", fill: Fill::new(values) }
    }

    fn apply(&self, image: &mut Image, coefficients: [f64; 8], scratch: &mut Scratch) -> Result<(), Message> {
        let shape @ [channels, height, width] = image.shape();
        self.fill.check(channels)?;
        let Scratch { image: floats, bytes, floats: [xs, ys, ..], .. } = scratch;
        for plane in [&mut *xs, &mut *ys] {
            plane.resize(height * width, 0.0);
        }
        let [a, b, c, d, e, f, g, h] = coefficients;
        let rows = xs.chunks_exact_mut(width).zip(ys.chunks_exact_mut(width));
        for (row, (xs, ys)) in rows.enumerate() {
            let y = row as f64 + 0.5;
            for (column, (to_x, to_y)) in xs.iter_mut().zip(ys).enumerate() {
                let x = column as f64 + 0.5;
                let far = 1.0 / (g * x + h * y + 1.0);
                *to_x = ((a * x + b * y + c) * far - 0.5) as f32;
                *to_y = ((d * x + e * y + f) * far - 0.5) as f32;
            }
        }
        let (at, padding) = ([xs.as_slice(), ys.as_slice()], |channel| self.fill.padding(channel));
        match image.dtype {
            Dtype::U8 => {
                sample_at_by_channel(&image.bytes, shape, at, [height, width], self.nearest, padding, bytes);
                std::mem::swap(&mut image.bytes, bytes);
            }
            Dtype::F32 => {
                sample_at_by_channel(&image.data, shape, at, [height, width], self.nearest, padding, floats);
                std::mem::swap(&mut image.data, floats);
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Perspective {
    coefficients: [f64; 8],
    how: How,
}

impl Operation for Perspective {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.how.apply(image, self.coefficients, scratch)
    }
}

#[derive(Debug, Clone)]
struct RandomPerspective {
    p: f64,
    distortion_scale: f64,
    how: How,
}

impl RandomPerspective {
    fn coefficients(figures: [f64; 8], [height, width]: [usize; 2]) -> Option<[f64; 8]> {
        let [a, b, c, d, e, f, g, h] = figures;
        let (right, bottom) = (width as f64 - 1.0, height as f64 - 1.0);
        let start = [[0.0, 0.0], [right, 0.0], [right, bottom], [0.0, bottom]];
        coefficients(start, [[a, b], [c, d], [e, f], [g, h]])
    }
}

impl Operation for RandomPerspective {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        if !stream.happens(self.p) {
            return Draw::Skip;
        }
        let bound = |side: usize| (self.distortion_scale * (side / 2) as f64) as i64 + 1;
        let (across, down) = (bound(width), bound(height));
        let (width, height) = (width as i64, height as i64);
        let mut within = |low: i64, high: i64| stream.integer(low, high) as f64;
        let figures = [
            within(0, across),
            within(0, down),
            within(width - across, width),
            within(0, down),
            within(width - across, width),
            within(height - down, height),
            within(0, across),
            within(height - down, height),
        ];
        match Self::coefficients(figures, [height as usize, width as usize]) {
            Some(_) => Draw::happens(&figures, stream),
            None => Draw::Skip,
        }
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let figures = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| drawn.figure(i));
        match Self::coefficients(figures, [image.height, image.width]) {
            Some(coefficients) => self.how.apply(image, coefficients, scratch),
            None => Err(msg!("transform-corners-in-line")),
        }
    }
}
