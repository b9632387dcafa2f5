//! What an imaging device does to a whole picture (MONAI): an uneven field of brightness, a coarse resolution. The fields
//! that are smooth without being polynomials stand in `smooth_field`.

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DTYPE, Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamKind, Values, param};
use crate::transform::core::sizes::within_bounds;
use crate::transform::kernels::resample::resample;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::window::{MODES, Mode, Scaling};

/// Higher ones ripple.
const MAX_DEGREE: i64 = 16;

const RAND_BIAS_FIELD: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandBiasField",
    Family::Noise,
    "Makes some places brighter than others, as an uneven magnetic field does, by chance: multiplies with e to the power \
     of a polynomial of the place.",
    &[
        param(
            "degree",
            ParamKind::Int { min: 1, max: MAX_DEGREE },
            ParamDefault::Int(3),
            "",
            "of the Legendre polynomials along each axis",
        ),
        param(
            "coeff_range",
            ParamKind::Floats { min: -100.0, max: 100.0, least: 2, most: 2 },
            ParamDefault::Floats(&[0.0, 0.1]),
            "",
            "range of the coefficients, as [low, high]",
        ),
        PROB,
    ],
    &[],
    |values| built(RandBiasField::new(values)?),
)
.without(&[DTYPE]);

const RAND_SIMULATE_LOW_RESOLUTION: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandSimulateLowResolution",
    Family::Noise,
    "Makes the image smaller and then as large as before, by chance.",
    &[
        PROB,
        param(
            "downsample_mode",
            ParamKind::Choice(MODES),
            ParamDefault::Text("nearest"),
            "",
            "interpolation when made smaller",
        ),
        param(
            "upsample_mode",
            ParamKind::Choice(MODES),
            ParamDefault::Text("bilinear"),
            "",
            "interpolation when made larger",
        ),
        param(
            "zoom_range",
            ParamKind::Floats { min: 0.001, max: 100.0, least: 2, most: 2 },
            ParamDefault::Floats(&[0.5, 1.0]),
            "",
            "range of the smaller size's share of the size, as [low, high]",
        ),
        param(
            "align_corners",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "for bilinear and bicubic: true puts corner pixels on corner pixels",
        ),
    ],
    &[("zoom", "")],
    |values| built(RandSimulateLowResolution::new(values)?),
)
.without(&[("device", "transforms run on the loader's threads")])
.noting("`upsample_mode` is trilinear there, which is for 3-D images");

pub(crate) const ALL: &[TransformInfo] = &[RAND_BIAS_FIELD, RAND_SIMULATE_LOW_RESOLUTION];

/// `[low, high]`; numpy draws from a range written backwards too.
fn two(values: &Values<'_>, name: &'static str) -> Result<[f64; 2], Invalid> {
    match values.floats(name)[..] {
        [low, high] => Ok([low, high]),
        _ => Err(Invalid::new(name, msg!("transform-expected-low-high"))),
    }
}

#[derive(Debug, Clone)]
struct RandBiasField {
    prob: f64,
    degree: usize,
    range: [f64; 2],
}

impl RandBiasField {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let degree = values.int("degree").clamp(1, MAX_DEGREE) as usize;
        Ok(Self { prob: values.float("prob"), degree, range: two(values, "coeff_range")? })
    }

    /// Multiplies with the field of those coefficients: of P0(y), P1(y) P0(x), P1(y) P1(x), P2(y) P0(x) and so on.
    fn multiply(&self, image: &mut Image, mut coefficient: impl FnMut() -> f64, scratch: &mut Scratch) {
        let [_, height, width] = image.shape();
        let [rows, columns, coefficients, line] = &mut scratch.floats;
        legendre(self.degree, height, rows);
        legendre(self.degree, width, columns);
        coefficients.clear();
        coefficients.extend((0..(self.degree + 1) * (self.degree + 2) / 2).map(|_| coefficient() as f32));
        for y in 0..height {
            line.clear();
            line.resize(width, 0.0);
            for (j, column) in columns.chunks_exact(width).enumerate() {
                // The polynomials along W have a lower or the same degree as those along H.
                let weight = (j..=self.degree).map(|i| coefficients[i * (i + 1) / 2 + j] * rows[i * height + y]);
                let weight: f32 = weight.sum();
                for (v, polynomial) in line.iter_mut().zip(column) {
                    *v += weight * polynomial;
                }
            }
            for v in &mut *line {
                *v = v.exp();
            }
            let rows = image.data.chunks_exact_mut(width).skip(y).step_by(height);
            for row in rows {
                for (v, factor) in row.iter_mut().zip(&*line) {
                    *v *= factor;
                }
            }
        }
    }
}

/// The Legendre polynomials 0 to `degree` at `n` places from -1 to 1, one after the other.
fn legendre(degree: usize, n: usize, out: &mut Vec<f32>) {
    out.clear();
    out.resize((degree + 1) * n, 1.0);
    for i in 0..n {
        let x = if n > 1 { 2.0 * i as f64 / (n as f64 - 1.0) - 1.0 } else { -1.0 };
        let (mut before, mut value) = (1.0, x);
        for k in 1..=degree {
            out[k * n + i] = value as f32;
            let k = k as f64;
            // Bonnet's recursion.
            (before, value) = (value, ((2.0 * k + 1.0) * x * value - k * before) / (k + 1.0));
        }
    }
}

impl Operation for RandBiasField {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if stream.happens(self.prob) { Draw::happens(&[], stream) } else { Draw::Skip }
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let mut stream = drawn.stream();
        self.multiply(image, || stream.uniform(self.range[0], self.range[1]), scratch);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct RandSimulateLowResolution {
    prob: f64,
    down: Mode,
    up: Mode,
    range: [f64; 2],
    align_corners: bool,
}

impl RandSimulateLowResolution {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            prob: values.float("prob"),
            down: Mode::parse(&values.text("downsample_mode")),
            up: Mode::parse(&values.text("upsample_mode")),
            range: two(values, "zoom_range")?,
            align_corners: values.bool("align_corners"),
        })
    }

    fn resize(&self, image: &mut Image, mode: Mode, to: [usize; 2], scratch: &mut Scratch) {
        let from = [image.height, image.width];
        let align_corners = self.align_corners && matches!(mode, Mode::Bilinear | Mode::Bicubic);
        let scaling = |k: usize| Scaling { mode, align_corners, input: from[k], output: to[k] };
        scratch.rows.resize(scaling(0));
        scratch.columns.resize(scaling(1));
        resample(&image.data, from, &scratch.rows, &scratch.columns, &mut scratch.line, &mut scratch.image);
        std::mem::swap(&mut image.data, &mut scratch.image);
        [image.height, image.width] = to;
    }
}

impl Operation for RandSimulateLowResolution {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let zoom = stream.uniform(self.range[0], self.range[1]);
        Draw::happens(&[zoom], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let size = [image.height, image.width];
        let low = size.map(|n| ((n as f64 * drawn.figure(0)).round_ties_even() as usize).max(1));
        within_bounds(low)?;
        if low != size {
            self.resize(image, self.down, low, scratch);
            self.resize(image, self.up, size, scratch);
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

    #[track_caller]
    fn check(found: &[f32], expected: [f32; 6]) {
        let n = found.len();
        for (i, expected) in [0, 1, n / 3, n / 2, n - 2, n - 1].into_iter().zip(expected) {
            assert!((found[i] - expected).abs() < 2e-4, "{i}: {}, expected {expected}", found[i]);
        }
    }

    #[test]
    fn bias_fields_are_monais() {
        let field = |degree, [channels, height, width]: [usize; 3]| {
            let mut image = picture(channels, height, width);
            let mut coefficients = [0.1, 0.2, -0.3, 0.05, 0.4, -0.15].into_iter();
            let operation = RandBiasField { prob: 1.0, degree, range: [0.0, 0.1] };
            operation.multiply(&mut image, || coefficients.next().unwrap(), &mut Scratch::default());
            image.data
        };
        // RandBiasField(degree=…) with _coeff set so.
        check(&field(2, [2, 4, 5]), [0.0, 94.254_98, 38.015_78, 101.642_42, 340.493_5, 149.834_32]);
        check(&field(1, [1, 1, 3]), [0.0, 124.867_56, 124.867_56, 124.867_56, 124.867_56, 30.535_07]);
    }

    #[test]
    fn bias_coefficients_are_drawn_from_their_range() {
        let image = Image { data: vec![1.0; 12], ..picture(1, 3, 4) };
        let chain = one("RandBiasField", "prob = 1\ndegree = 1\ncoeff_range = [-0.2, 0.3]");
        let mut all = Vec::new();
        for sample in 0..2000 {
            let log: Vec<f64> = run(&chain, &image, sample).data.iter().map(|v| f64::from(*v).ln()).collect();
            // At the corners the polynomials 1, y and y x are 1 or -1.
            let corner = [log[0], log[3], log[8], log[11]];
            let part = |signs: [f64; 4]| corner.iter().zip(signs).map(|(v, s)| v * s).sum::<f64>() / 4.0;
            let found = [[1.0, 1.0, 1.0, 1.0], [-1.0, -1.0, 1.0, 1.0], [1.0, -1.0, -1.0, 1.0]].map(part);
            all.extend(found.map(|v| Draw::happens(&[v.clamp(-0.2, 0.3)], SampleSeed::default().stream(0))));
            assert!(found.iter().all(|v| (-0.200_001..0.300_001).contains(v)), "{found:?}");
        }
        check_uniform(&all, 1.0, [-0.2, 0.3], 0);
        let drawn = draws(&one("RandBiasField", "prob = 0.3"), 20_000);
        let share = drawn.iter().filter(|d| **d != Draw::Skip).count() as f64 / 20_000.0;
        assert!((share - 0.3).abs() < 0.013, "{share}");
    }

    #[test]
    fn low_resolutions_are_monais() {
        #[track_caller]
        fn low(lines: &str, zoom: f64, expected: [f32; 6]) {
            let lines = format!("prob = 1\nzoom_range = [{zoom}, {zoom}]\n{lines}");
            check(&run(&one("RandSimulateLowResolution", &lines), &picture(1, 7, 10), 0).data, expected);
        }
        // RandSimulateLowResolution(1, downsample_mode, upsample_mode, (zoom, zoom)).
        low("", 0.5, [0.0, 6.25, 147.3214, 180.75, 216.75, 223.0]);
        let lines = "downsample_mode = \"area\"\nupsample_mode = \"bicubic\"";
        low(lines, 0.6, [62.409, 72.5275, 91.1007, 123.6539, 159.9324, 168.042]);
        let lines = "downsample_mode = \"bilinear\"\nalign_corners = true";
        low(lines, 0.7, [0.0, 54.3333, 78.3333, 144.6667, 180.6667, 235.0]);
        let lines = "downsample_mode = \"nearest-exact\"\nupsample_mode = \"nearest\"";
        low(lines, 0.3, [12.0, 12.0, 12.0, 62.0, 223.0, 223.0]);
        low("downsample_mode = \"bicubic\"\nupsample_mode = \"area\"", 0.02, [117.5; 6]);
    }

    #[test]
    fn zooms_are_drawn_from_their_range() {
        let drawn = |lines: &str| draws(&one("RandSimulateLowResolution", lines), 20_000);
        check_uniform(&drawn(""), 0.1, [0.5, 1.0], 0);
        check_uniform(&drawn("prob = 1\nzoom_range = [0.2, 0.3]"), 1.0, [0.2, 0.3], 0);
        for name in ["RandSimulateLowResolution\"\nzoom_range = 0.5", "RandBiasField\"\ncoeff_range = 0.5"] {
            let error = chain(&format!("[[transform]]\nname = \"{name}")).unwrap_err().to_string();
            assert!(error.contains("[low, high]"), "{error}");
        }
    }
}
