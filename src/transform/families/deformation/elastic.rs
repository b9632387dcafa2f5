//! Elastic deformation: MONAI's Rand2DElastic, from few random moves with smooth ones in between, and torchvision's
//! ElasticTransform, from one random move a pixel, blurred.

use super::deform::{MODE, padding_mode};
use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{DEVICE, Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamKind, Values, param};
use crate::transform::core::sizes::{MAX_SIDE, gives_spatial_size};
use crate::transform::families::spatial::affine::{
    ROTATE_RANGE, SCALE_RANGE, SHEAR_RANGE, SPATIAL_SIZE, TRANSLATE_RANGE, at_spatial_size, ranges_of,
};
use crate::transform::families::spatial::geometry::{Fill, fill, interpolation};
use crate::transform::kernels::resample::resample;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::warp::{Padding, sample_at, sample_at_by_channel};
use crate::transform::kernels::window::{Mode, Scaling};
const FAR: f64 = 1e5;

const RAND_2D_ELASTIC: TransformInfo = TransformInfo::random(
    Library::Monai,
    "Rand2DElastic",
    Family::Deformation,
    "Moves the points of a coarse grid by random amounts and what is in between smoothly with them, by chance; turns, \
     shears, moves and scales where asked.",
    &[
        param(
            "spacing",
            ParamKind::PerAxis { min: 1.0, max: MAX_SIDE as f64 },
            ParamDefault::Float(20.0),
            "px",
            "distance of the grid's points",
        ),
        param(
            "magnitude_range",
            ParamKind::Floats { min: -FAR, max: FAR, least: 2, most: 2 },
            ParamDefault::Floats(&[1.0, 2.0]),
            "px",
            "range of the moves' standard deviation, as [low, high]",
        ),
        PROB,
        ROTATE_RANGE,
        SHEAR_RANGE,
        TRANSLATE_RANGE,
        SCALE_RANGE,
        SPATIAL_SIZE,
        MODE,
        padding_mode("padding_mode", "reflection"),
    ],
    &[
        ("magnitude", "px"),
        ("angle", "rad"),
        ("shear H", ""),
        ("shear W", ""),
        ("move H", "px"),
        ("move W", "px"),
        ("scale H", ""),
        ("scale W", ""),
    ],
    |values| built(Rand2DElastic::new(values)?),
)
.without(&[DEVICE])
.evaluated_as(at_spatial_size)
.fixing_size(gives_spatial_size)
.noting("`spacing` and `magnitude_range` have no defaults there");

/// Of `sigma`, in pixels: the kernel has eight times as many.
const MAX_SIGMA: f64 = 100.0;

const ELASTIC_TRANSFORM: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "ElasticTransform",
    Family::Deformation,
    "Moves every pixel by a random amount that neighbours nearly share: the picture as seen through water.",
    &[
        param(
            "alpha",
            ParamKind::Floats { min: -FAR, max: FAR, least: 1, most: 2 },
            ParamDefault::Float(50.0),
            "",
            "strength, for both axes or [x, y]: twice the pixels moved at most, before blurring makes it much less",
        ),
        param(
            "sigma",
            ParamKind::Floats { min: 0.0, max: MAX_SIGMA, least: 1, most: 2 },
            ParamDefault::Float(5.0),
            "px",
            "standard deviation of the blur along both axes or [x, y]; 0 does without",
        ),
        interpolation("bilinear"),
        fill(ParamDefault::Int(0)),
    ],
    &[],
    |values| built(ElasticTransform::new(values)?),
)
.noting("the moves of an image smaller than the blur are mirrored more than once, where torchvision refuses it");

pub(crate) const ALL: &[TransformInfo] = &[RAND_2D_ELASTIC, ELASTIC_TRANSFORM];

#[derive(Debug, Clone)]
struct Rand2DElastic {
    prob: f64,
    spacing: [f64; 2],
    magnitude: [f64; 2],
    /// Of the affine figures in order; `None` is not drawn.
    ranges: [Option<[f64; 2]>; 7],
    size: [Option<usize>; 2],
    nearest: bool,
    padding: Padding,
}

impl Rand2DElastic {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let [low, high] = values.floats("magnitude_range")[..] else {
            return Err(Invalid::new("magnitude_range", msg!("transform-expected-low-high")));
        };
        let sized = values.optional_floats("spatial_size").is_some();
        Ok(Self {
            prob: values.float("prob"),
            spacing: values.per_axis("spacing"),
            magnitude: [low, high],
            ranges: ranges_of(values),
            size: if sized { values.size("spatial_size") } else { [None; 2] },
            nearest: values.text("mode") == "nearest",
            padding: Padding::parse(&values.text("padding_mode"), false),
        })
    }

    fn output(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        [self.size[0].unwrap_or(height), self.size[1].unwrap_or(width)]
    }

    /// Where the output's pixels lie from its centre, bent: H in the first half of the scratch's second float buffer, W
    /// in the other. `figures` are those drawn, `next` gives the moves of standard deviation 1.
    fn bend(&self, to: [usize; 2], figures: &[f64; 8], mut next: impl FnMut() -> f32, scratch: &mut Scratch) {
        let Scratch { floats: [points, bent, ..], rows, columns, line, .. } = scratch;
        let [count_h, count_w] = [0, 1].map(|k| control_points(to[k], self.spacing[k]));
        let even = |i: usize, n: usize, spacing: f64| (i as f64 - (n as f64 - 1.0) / 2.0) * spacing;
        let magnitude = figures[0] as f32;
        points.clear();
        points.extend((0..2 * count_h * count_w).map(|_| magnitude * next()));
        let (hs, ws) = points.split_at_mut(count_h * count_w);
        for (i, (h, w)) in hs.iter_mut().zip(ws).enumerate() {
            let moved_h = even(i / count_w, count_h, self.spacing[0]) + f64::from(*h);
            let moved_w = even(i % count_w, count_w, self.spacing[1]) + f64::from(*w);
            let place = turned([moved_h, moved_w], figures);
            (*h, *w) = (place[0] as f32, place[1] as f32);
        }
        let count = [count_h, count_w];
        for (k, axis) in [&mut *rows, &mut *columns].into_iter().enumerate() {
            let output = (count[k] as f64 * self.spacing[k]) as usize;
            let scaling = Scaling { mode: Mode::Bicubic, align_corners: false, input: count[k], output };
            let cut = output / 2 - to[k] / 2;
            axis.fill(scaling, to[k], |p| Some(p + cut));
        }
        resample(points, count, rows, columns, line, bent);
    }

    fn sample(&self, image: &mut Image, to: [usize; 2], scratch: &mut Scratch) {
        let shape @ [_, height, width] = image.shape();
        let (ys, xs) = scratch.floats[1].split_at_mut(to[0] * to[1]);
        for (places, n) in [(&mut *ys, height), (&mut *xs, width)] {
            // MONAI takes a single pixel for two.
            let (share, middle) = (n as f32 / n.max(2) as f32, (n as f32 - 1.0) / 2.0);
            for v in places {
                *v = *v * share + middle;
            }
        }
        sample_at(&image.data, shape, xs, ys, to, self.nearest, self.padding, &mut scratch.image);
        std::mem::swap(&mut image.data, &mut scratch.image);
        [image.height, image.width] = to;
    }
}

/// Scaled, moved, sheared, turned by the figures from the second on.
fn turned([h, w]: [f64; 2], figures: &[f64; 8]) -> [f64; 2] {
    let [_, angle, shear_h, shear_w, move_h, move_w, scale_h, scale_w] = *figures;
    let (h, w) = (h * scale_h + move_h, w * scale_w + move_w);
    let h = h + shear_h * w;
    let w = w + shear_w * h;
    let (sin, cos) = angle.sin_cos();
    [cos * h - sin * w, sin * h + cos * w]
}

/// Points of MONAI's control grid over `n` pixels: two more than needed, odd where `n` is. It reckons in float32.
fn control_points(n: usize, spacing: f64) -> usize {
    let half = (n as f32 - 1.0) / (2.0 * spacing) as f32;
    if n.is_multiple_of(2) { (half + 0.5).ceil() as usize * 2 + 2 } else { half.ceil() as usize * 2 + 3 }
}

impl Operation for Rand2DElastic {
    fn draw(&self, mut stream: Stream, [_, height, width]: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            // The size is changed all the same.
            let as_it_is = self.output([height, width]) == [height, width];
            return if as_it_is { Draw::Skip } else { Draw::happens(&[], stream) };
        }
        let mut figures = [stream.uniform(self.magnitude[0], self.magnitude[1]), 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
        for (figure, range) in figures.iter_mut().skip(1).zip(self.ranges) {
            if let Some([low, high]) = range {
                *figure = stream.uniform(low, high);
            }
        }
        Draw::happens(&figures, stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let to @ [height, width] = self.output([image.height, image.width]);
        if let Ok(figures) = <&[f64; 8]>::try_from(drawn.figures()) {
            let mut stream = drawn.stream();
            self.bend(to, figures, || stream.normal() as f32, scratch);
        } else {
            let places = &mut scratch.floats[1];
            let even = |i: usize, n: usize| i as f32 - (n as f32 - 1.0) / 2.0;
            places.clear();
            places.extend((0..height).flat_map(|y| std::iter::repeat_n(even(y, height), width)));
            places.extend((0..height).flat_map(|_| (0..width).map(|x| even(x, width))));
        }
        self.sample(image, to, scratch);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct ElasticTransform {
    /// Of x and y.
    alpha: [f64; 2],
    sigma: [f64; 2],
    nearest: bool,
    fill: Fill,
}

impl ElasticTransform {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let two = |name: &str| match values.floats(name)[..] {
            [x, y] => [x, y],
            [one] => [one; 2],
            _ => [0.0; 2],
        };
        let sigma = two("sigma");
        if (sigma[0] > 0.0) != (sigma[1] > 0.0) {
            return Err(Invalid::new("sigma", msg!("transform-expected-both-above-0-or-0")));
        }
        let nearest = values.text("interpolation") == "nearest";
        Ok(Self { alpha: two("alpha"), sigma, nearest, fill: Fill::new(values) })
    }

    /// `next` gives the moves along x, row by row, then those along y, from -1 to 1.
    fn bend(&self, image: &mut Image, mut next: impl FnMut() -> f32, scratch: &mut Scratch) -> Result<(), Message> {
        let shape @ [channels, height, width] = image.shape();
        self.fill.check(channels)?;
        let Scratch { floats: [xs, ys, spare, kernel], line, .. } = scratch;
        for (k, places) in [&mut *xs, &mut *ys].into_iter().enumerate() {
            places.clear();
            places.extend((0..height * width).map(|_| next()));
            // Each axis has a kernel's length of its own, and both blur with both deviations.
            let taps = (8.0 * self.sigma[k] + 1.0) as usize | 1;
            blur(places, [height, width], taps, self.sigma, kernel, line, spare);
            // torchvision divides by the side and takes two sides for the whole.
            let pixels = (self.alpha[k] / 2.0) as f32;
            for (y, row) in places.chunks_exact_mut(width).enumerate() {
                for (x, v) in row.iter_mut().enumerate() {
                    *v = *v * pixels + [x, y][k] as f32;
                }
            }
        }
        let (size, padding) = ([height, width], |channel| self.fill.padding(channel));
        match image.dtype {
            Dtype::U8 => {
                let out = &mut scratch.bytes;
                sample_at_by_channel(&image.bytes, shape, [xs, ys], size, self.nearest, padding, out);
                std::mem::swap(&mut image.bytes, out);
            }
            Dtype::F32 => {
                let out = &mut scratch.image;
                sample_at_by_channel(&image.data, shape, [xs, ys], size, self.nearest, padding, out);
                std::mem::swap(&mut image.data, out);
            }
        }
        Ok(())
    }
}

impl Operation for ElasticTransform {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn draw(&self, stream: Stream, _shape: [usize; 3]) -> Draw {
        Draw::happens(&[], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let mut stream = drawn.stream();
        self.bend(image, || stream.uniform(-1.0, 1.0) as f32, scratch)
    }
}

/// Gaussian of `taps` weights, an odd number, along both axes; `sigma` is x's and y's. Mirrored at the edges, about the
/// outermost pixels.
fn blur(
    field: &mut Vec<f32>,
    [height, width]: [usize; 2],
    taps: usize,
    sigma: [f64; 2],
    kernel: &mut Vec<f32>,
    line: &mut Vec<f32>,
    spare: &mut Vec<f32>,
) {
    if taps <= 1 {
        return;
    }
    let half = taps / 2;
    fill_kernel(taps, sigma[0], kernel);
    for row in field.chunks_exact_mut(width) {
        line.clear();
        line.extend((0..width + 2 * half).map(|i| row.get(mirrored(i, half, width)).copied().unwrap_or(0.0)));
        row.fill(0.0);
        for (weight, shifted) in kernel.iter().zip(line.windows(width)) {
            for (v, p) in row.iter_mut().zip(shifted) {
                *v += weight * p;
            }
        }
    }
    fill_kernel(taps, sigma[1], kernel);
    spare.clear();
    spare.resize(field.len(), 0.0);
    for (y, out) in spare.chunks_exact_mut(width).enumerate() {
        for (k, weight) in kernel.iter().enumerate() {
            let from = mirrored(y + k, half, height);
            let row = field.get(from * width..).unwrap_or_default();
            for (v, p) in out.iter_mut().zip(row) {
                *v += weight * p;
            }
        }
    }
    std::mem::swap(field, spare);
}

fn fill_kernel(taps: usize, sigma: f64, kernel: &mut Vec<f32>) {
    let half = (taps / 2) as f64;
    let weight = |i: usize| (-0.5 * ((i as f64 - half) / sigma).powi(2)).exp();
    let sum: f64 = (0..taps).map(weight).sum();
    kernel.clear();
    kernel.extend((0..taps).map(|i| (weight(i) / sum) as f32));
}

/// Which of `n` places stands at `i - before`.
fn mirrored(i: usize, before: usize, n: usize) -> usize {
    let period = (2 * n as i64 - 2).max(1);
    let i = (i as i64 - before as i64).rem_euclid(period);
    i.min(period - i) as usize % n.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{chain, one, picture, run};
    use crate::transform::tests_random::{check_uniform, draws};

    /// The operation of a TOML's lines.
    fn with<T>(info: &'static TransformInfo, lines: &str, new: impl Fn(&Values<'_>) -> Result<T, Invalid>) -> T {
        let toml = format!("[[transform]]\nname = \"{}\"\n{lines}", info.name);
        let spec = crate::config::RunConfig::from_toml(&toml).unwrap().transforms.remove(0);
        new(&Values { given: &spec.params, params: info.params }).unwrap()
    }

    #[test]
    fn coarse_grids_are_monais() {
        #[track_caller]
        fn bent(lines: &str, mut image: Image, figures: &[f64; 8], expected: [f32; 6]) {
            let operation = with(&RAND_2D_ELASTIC, lines, Rand2DElastic::new);
            let to = operation.output([image.height, image.width]);
            let mut numbers = (0..).map(|i: i32| ((i * 37) % 23 - 11) as f32 / 11.0);
            let mut scratch = Scratch::default();
            operation.bend(to, figures, || numbers.next().unwrap(), &mut scratch);
            operation.sample(&mut image, to, &mut scratch);
            assert_eq!([image.height, image.width], to);
            let (data, n) = (&image.data, image.data.len());
            for (i, expected) in [0, 1, n / 3, n / 2, n - 2, n - 1].into_iter().zip(expected) {
                // Places are float32: 1e-6 of a pixel, times neighbours that differ by up to 250.
                assert!((data[i] - expected).abs() < 2e-3, "{i}: {}, expected {expected}", data[i]);
            }
        }
        // Rand2DElastic(spacing, …) with its offsets and affine parameters set.
        let figures = [1.5, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
        let expected = [85.4026, 51.16, 144.5308, 130.9627, 99.1897, 115.5409];
        bent("spacing = [3, 4]", picture(1, 9, 12), &figures, expected);
        let figures = [1.5, 0.3, 0.1, -0.2, 1.0, -2.0, 1.1, 0.8];
        let expected = [66.9782, 186.8877, 121.2362, 111.9782, 123.035, 124.5098];
        bent("spacing = 2.5\nspatial_size = [10, 7]", picture(2, 8, 13), &figures, expected);
    }

    #[test]
    fn moved_pixels_are_torchvisions() {
        #[track_caller]
        fn bent(lines: &str, mut image: Image, expected: [f32; 6], within: f32) {
            let operation = with(&ELASTIC_TRANSFORM, lines, ElasticTransform::new);
            let mut numbers = (0..).map(|i: i64| ((i * i * 7919) % 997) as f32 / 997.0 * 2.0 - 1.0);
            operation.bend(&mut image, || numbers.next().unwrap(), &mut Scratch::default()).unwrap();
            image.to_floats();
            for (i, expected) in [1, 46, 670, 1000, 2018, 2699].into_iter().zip(expected) {
                assert!((image.data[i] - expected).abs() <= within, "{i}: {}, expected {expected}", image.data[i]);
            }
        }
        let floats = picture(2, 30, 45);
        let bytes = Image::from_bytes([2, 30, 45], floats.data.iter().map(|v| *v as u8).collect());
        // ElasticTransform(alpha, sigma, fill=…) with torch.rand giving these numbers.
        let lines = "alpha = [9, 7]\nsigma = [2, 1.5]";
        let expected = [89.1275, 119.1246, 114.5043, 158.9971, 138.4498, 83.429];
        bent(&format!("{lines}\nfill = 7"), floats.clone(), expected, 5e-3);
        bent(lines, bytes.clone(), [89.0, 119.0, 115.0, 159.0, 138.0, 81.0], 0.0);
        let lines = format!("{lines}\nfill = [7, 9]\ninterpolation = \"nearest\"");
        bent(&lines, bytes, [138.0, 73.0, 92.0, 63.0, 125.0, 229.0], 0.0);
        bent("alpha = 6\nsigma = 0\nfill = 7", floats, [83.2154, 7.0, 91.5472, 33.5967, 158.7009, 64.7941], 5e-3);
    }

    #[test]
    fn figures_are_drawn_as_monai_draws_them() {
        let n = 40_000;
        let lines = "prob = 0.4\nmagnitude_range = [2, 5]\nrotate_range = 0.3\nshear_range = [0.1, [0.2, 0.4]]\n\
                     translate_range = [[1, 2]]\nscale_range = [0.1, 0.2]";
        let drawn = draws(&one("Rand2DElastic", lines), n);
        check_uniform(&drawn, 0.4, [2.0, 5.0], 0);
        check_uniform(&drawn, 0.4, [-0.3, 0.3], 1);
        check_uniform(&drawn, 0.4, [-0.1, 0.1], 2);
        check_uniform(&drawn, 0.4, [0.2, 0.4], 3);
        check_uniform(&drawn, 0.4, [1.0, 2.0], 4);
        check_uniform(&drawn, 0.4, [0.9, 1.1], 6);
        check_uniform(&drawn, 0.4, [0.8, 1.2], 7);
        assert!(drawn.iter().filter(|d| **d != Draw::Skip).all(|d| d.figures()[5] == 0.0));
        // torchvision's always happens.
        assert!(draws(&one("ElasticTransform", ""), 100).iter().all(|d| matches!(d, Draw::Happens(_))));
    }

    /// A flat-out ramp tells how far pixels were moved.
    #[test]
    fn moves_are_uniform_where_nothing_blurs_them() {
        let ramp = Image::from_floats([1, 100, 100], (0..10_000).map(|i| (i % 100) as f32).collect());
        let out = run(&one("ElasticTransform", "alpha = [20, 0]\nsigma = 0"), &ramp, 0).data;
        let inside = out.iter().zip(&ramp.data).filter(|(_, x)| (10.0..=89.0).contains(*x));
        let moves = inside.map(|(v, x)| Draw::happens(&[f64::from(v - x)], SampleSeed::default().stream(0)));
        check_uniform(&moves.collect::<Vec<_>>(), 1.0, [-10.0, 10.0], 0);
    }

    /// Offsets have the deviation drawn: seen at the control points of a ramp, which are the pixels at a spacing of 1.
    #[test]
    fn offsets_are_normal() {
        let ramp = Image::from_floats([1, 100, 100], (0..10_000).map(|i| (i % 100) as f32).collect());
        let lines = "prob = 1\nspacing = 1\nmagnitude_range = [2, 2]";
        let out = run(&one("Rand2DElastic", lines), &ramp, 0).data;
        let inside = out.iter().zip(&ramp.data).filter(|(_, x)| (15.0..=84.0).contains(*x));
        let moves: Vec<f64> = inside.map(|(v, x)| f64::from(v - x)).collect();
        let n = moves.len() as f64;
        let mean = moves.iter().sum::<f64>() / n;
        let variance = moves.iter().map(|v| v * v).sum::<f64>() / n;
        assert!(mean.abs() < 0.1 && (variance - 4.0).abs() < 0.28, "{mean} {variance}");
    }

    #[test]
    fn what_does_not_happen_still_has_the_size_asked_for() {
        let image = picture(2, 9, 7);
        let kept = run(&one("Rand2DElastic", "prob = 0"), &image, 0);
        assert_eq!(kept, image);
        let cut = run(&one("Rand2DElastic", "prob = 0\nspatial_size = [5, 3]"), &image, 0);
        assert_eq!(cut.shape(), [2, 5, 3]);
        assert_eq!(cut.at(1, 0, 0), image.at(1, 2, 2));
    }

    #[test]
    fn small_images_and_odd_parameters_do_no_harm() {
        for (h, w) in [(1, 1), (1, 9), (9, 1), (2, 3)] {
            let out = run(&one("ElasticTransform", ""), &picture(3, h, w), 0);
            assert!(out.data.iter().all(|v| v.is_finite()));
            let out = run(&one("Rand2DElastic", "prob = 1\nmagnitude_range = [1e5, 1e5]"), &picture(3, h, w), 0);
            assert!(out.data.iter().all(|v| v.is_finite()));
        }
        let error = chain("[[transform]]\nname = \"ElasticTransform\"\nsigma = [0, 2]").unwrap_err().to_string();
        assert!(error.contains("0 for both"), "{error}");
    }
}
