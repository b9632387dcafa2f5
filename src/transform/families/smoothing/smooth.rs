//! Gaussian smoothing and sharpening (MONAI).

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::gaussian::{Approx, smooth_by, smooth_into_scratch};
use crate::transform::kernels::scratch::Scratch;

const MAX_SIGMA: f64 = 1000.0;
const SIGMA: ParamKind = ParamKind::PerAxis { min: 0.0, max: MAX_SIGMA };
const SIGMA_RANGE: ParamKind = ParamKind::Floats { min: 0.0, max: MAX_SIGMA, least: 2, most: 2 };
const ALPHA: ParamKind = ParamKind::Float { min: -1e6, max: 1e6 };
const APPROX: ParamInfo = param(
    "approx",
    ParamKind::Choice(&["erf", "sampled", "scalespace"]),
    ParamDefault::Text("erf"),
    "",
    "a pixel's weight: the bell's area over it, its height there, or the discrete Gaussian's (Bessel functions)",
);
const FOR_3D: &str = "it is for 3-D images";

const fn sigma_range(name: &'static str, default: &'static [f64], doc: &'static str) -> ParamInfo {
    param(name, SIGMA_RANGE, ParamDefault::Floats(default), "px", doc)
}

const GAUSSIAN_SMOOTH: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "GaussianSmooth",
    Family::Smoothing,
    "Smooths with a Gaussian; outside of the image there are zeros, so that edges get darker.",
    &[param("sigma", SIGMA, ParamDefault::Float(1.0), "px", "standard deviation, or [H, W]"), APPROX],
    |values| built(GaussianSmooth { sigma: values.per_axis("sigma"), approx: Approx::parse(&values.text("approx")) }),
);

const RAND_GAUSSIAN_SMOOTH: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandGaussianSmooth",
    Family::Smoothing,
    "Smooths with a Gaussian of random width, by chance.",
    &[
        sigma_range("sigma_x", &[0.25, 1.5], "range of the standard deviation along H"),
        sigma_range("sigma_y", &[0.25, 1.5], "range of the standard deviation along W"),
        PROB,
        APPROX,
    ],
    &[("sigma H", "px"), ("sigma W", "px")],
    |values| {
        built(RandGaussianSmooth {
            prob: values.float("prob"),
            sigma: [pair(values, "sigma_x")?, pair(values, "sigma_y")?],
            approx: Approx::parse(&values.text("approx")),
        })
    },
)
.without(&[("sigma_z", FOR_3D)]);

const GAUSSIAN_SHARPEN: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "GaussianSharpen",
    Family::Smoothing,
    "Smooths the image, then adds alpha times what smoothing that again would take away.",
    &[
        param("sigma1", SIGMA, ParamDefault::Float(3.0), "px", "standard deviation of the first Gaussian, or [H, W]"),
        param("sigma2", SIGMA, ParamDefault::Float(1.0), "px", "of the second one"),
        param("alpha", ALPHA, ParamDefault::Float(30.0), "", "how strongly the difference is added"),
        APPROX,
    ],
    |values| {
        built(GaussianSharpen {
            sigma: [values.per_axis("sigma1"), values.per_axis("sigma2")],
            alpha: values.float("alpha"),
            approx: Approx::parse(&values.text("approx")),
        })
    },
);

const RAND_GAUSSIAN_SHARPEN: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandGaussianSharpen",
    Family::Smoothing,
    "GaussianSharpen with random widths and strength, by chance.",
    &[
        sigma_range("sigma1_x", &[0.5, 1.0], "range of the first Gaussian's standard deviation along H"),
        sigma_range("sigma1_y", &[0.5, 1.0], "along W"),
        param(
            "sigma2_x",
            SIGMA_RANGE,
            ParamDefault::Float(0.5),
            "px",
            "range of the second's; one number: up to the first's",
        ),
        param("sigma2_y", SIGMA_RANGE, ParamDefault::Float(0.5), "px", "along W"),
        param(
            "alpha",
            ParamKind::Floats { min: -1e6, max: 1e6, least: 2, most: 2 },
            ParamDefault::Floats(&[10.0, 30.0]),
            "",
            "range of the strength",
        ),
        APPROX,
        PROB,
    ],
    &[("sigma1 H", "px"), ("sigma1 W", "px"), ("sigma2 H", "px"), ("sigma2 W", "px"), ("alpha", "")],
    |values| {
        let second = |name| match *values.floats(name) {
            [low, high] => (low, Some(high)),
            [low] => (low, None),
            _ => (0.0, None),
        };
        built(RandGaussianSharpen {
            prob: values.float("prob"),
            sigma1: [pair(values, "sigma1_x")?, pair(values, "sigma1_y")?],
            sigma2: [second("sigma2_x"), second("sigma2_y")],
            alpha: pair(values, "alpha")?,
            approx: Approx::parse(&values.text("approx")),
        })
    },
)
.without(&[("sigma1_z", FOR_3D), ("sigma2_z", FOR_3D)]);

pub(crate) const ALL: &[TransformInfo] =
    &[GAUSSIAN_SMOOTH, RAND_GAUSSIAN_SMOOTH, GAUSSIAN_SHARPEN, RAND_GAUSSIAN_SHARPEN];

/// Low and high.
fn pair(values: &Values<'_>, name: &'static str) -> Result<[f64; 2], Invalid> {
    match *values.floats(name) {
        [low, high] => Ok([low, high]),
        _ => Err(Invalid::new(name, msg!("transform-expected-low-high"))),
    }
}

#[derive(Debug)]
struct GaussianSmooth {
    sigma: [f64; 2],
    approx: Approx,
}

impl Operation for GaussianSmooth {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        smooth_by(image, self.sigma, self.approx, scratch);
        Ok(())
    }
}

#[derive(Debug)]
struct RandGaussianSmooth {
    prob: f64,
    sigma: [[f64; 2]; 2],
    approx: Approx,
}

impl Operation for RandGaussianSmooth {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let sigma = self.sigma.map(|[low, high]| stream.uniform(low, high));
        Draw::happens(&sigma, stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        smooth_by(image, [drawn.figure(0), drawn.figure(1)], self.approx, scratch);
        Ok(())
    }
}

#[derive(Debug)]
struct GaussianSharpen {
    sigma: [[f64; 2]; 2],
    alpha: f64,
    approx: Approx,
}

impl Operation for GaussianSharpen {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        sharpen(image, self.sigma, self.alpha, self.approx, scratch);
        Ok(())
    }
}

#[derive(Debug)]
struct RandGaussianSharpen {
    prob: f64,
    sigma1: [[f64; 2]; 2],
    /// Low and high; without a high one, up to the first sigma drawn.
    sigma2: [(f64, Option<f64>); 2],
    alpha: [f64; 2],
    approx: Approx,
}

impl Operation for RandGaussianSharpen {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let [h1, w1] = self.sigma1.map(|[low, high]| stream.uniform(low, high));
        let [h, w] = self.sigma2;
        let (h2, w2) = (stream.uniform(h.0, h.1.unwrap_or(h1)), stream.uniform(w.0, w.1.unwrap_or(w1)));
        let alpha = stream.uniform(self.alpha[0], self.alpha[1]);
        Draw::happens(&[h1, w1, h2, w2, alpha], stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let sigma = [[drawn.figure(0), drawn.figure(1)], [drawn.figure(2), drawn.figure(3)]];
        sharpen(image, sigma, drawn.figure(4), self.approx, scratch);
        Ok(())
    }
}

fn sharpen(image: &mut Image, sigma: [[f64; 2]; 2], alpha: f64, approx: Approx, scratch: &mut Scratch) {
    smooth_by(image, sigma[0], approx, scratch);
    smooth_into_scratch(image, sigma[1], approx, scratch);
    let alpha = alpha as f32;
    for (v, smooth) in image.data.iter_mut().zip(&scratch.image) {
        *v += alpha * (*v - smooth);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{one, picture, run};
    use crate::transform::tests_random::{check_uniform, draws};

    /// Expected numbers are MONAI 1.6.1's on a picture of (7 i + 3 j²) mod 11: the first five and the last ones.
    #[test]
    fn options_agree_with_monai() {
        let data = (0..20).map(|k| ((k / 5 * 7 + (k % 5) * (k % 5) * 3) % 11) as f32).collect();
        let image = Image { data, ..picture(1, 4, 5) };
        for (name, lines, first, last) in [
            (
                "GaussianSmooth",
                "sigma = [1.0, 0.4]\napprox = \"sampled\"",
                [2.068_13, 4.133_95, 2.834_72, 2.878_09, 2.099_47],
                [5.202_63, 3.080_24, 1.681_48, 3.787_14, 3.058_76],
            ),
            (
                "GaussianSmooth",
                "sigma = [1.0, 0.4]\napprox = \"scalespace\"",
                [1.712_28, 3.535_06, 2.470_31, 2.868_72, 2.127_93],
                [5.017_33, 2.797_71, 1.518_32, 3.391_46, 2.725_18],
            ),
            (
                "GaussianSmooth",
                "sigma = 2.5\napprox = \"scalespace\"",
                [1.220_34, 1.434_17, 1.488_7, 1.369_64, 1.117_73],
                [1.299_39, 1.503_4, 1.543_91, 1.413_51, 1.153_81],
            ),
            (
                "GaussianSharpen",
                "sigma1 = [1.0, 2.0]\nsigma2 = 0.5\nalpha = 2",
                [2.139_38, 2.338_3, 2.504_38, 2.263_01, 1.999_43],
                [2.792_82, 2.779_41, 2.819_88, 2.545_13, 2.341_03],
            ),
        ] {
            let out = run(&one(name, lines), &image, 0).data;
            for (a, b) in out.iter().zip(&first).chain(out[15..].iter().zip(&last)) {
                assert!((a - b).abs() < 2e-5, "{name} {lines}: {out:?}");
            }
        }
    }

    #[test]
    fn widths_are_drawn_as_monai_draws_them() {
        let n = 20_000;
        let smooth = draws(&one("RandGaussianSmooth", "sigma_y = [2, 3]"), n);
        check_uniform(&smooth, 0.1, [0.25, 1.5], 0);
        check_uniform(&smooth, 0.1, [2.0, 3.0], 1);
        let sharpen = draws(&one("RandGaussianSharpen", "prob = 1\nsigma2_y = [1, 2]"), n);
        check_uniform(&sharpen, 1.0, [0.5, 1.0], 0);
        check_uniform(&sharpen, 1.0, [0.5, 1.0], 1);
        check_uniform(&sharpen, 1.0, [1.0, 2.0], 3);
        check_uniform(&sharpen, 1.0, [10.0, 30.0], 4);
        // One number reaches up to the first sigma drawn: uniform once it is taken as a share of that way.
        for share in sharpen.iter().map(|d| (d.figures()[2] - 0.5) / (d.figures()[0] - 0.5)) {
            assert!((0.0..=1.0).contains(&share));
        }
        let mean = sharpen.iter().map(|d| d.figures()[2]).sum::<f64>() / n as f64;
        assert!((mean - 0.625).abs() < 0.005, "{mean}");
    }

    #[test]
    fn drawn_figures_are_what_is_done() {
        let image = picture(2, 20, 30);
        let seed = SampleSeed { seed: 3, epoch: 1, sample: 6 };
        let random = one("RandGaussianSmooth", "prob = 1\napprox = \"sampled\"");
        let sigma = random.steps()[0].draw(seed, image.shape()).figures().to_vec();
        let fixed = one("GaussianSmooth", &format!("sigma = {sigma:?}\napprox = \"sampled\""));
        assert_eq!(run(&random, &image, 6), run(&fixed, &image, 6));
        let random = one("RandGaussianSharpen", "prob = 1");
        let draw = random.steps()[0].draw(seed, image.shape());
        let [h1, w1, h2, w2, alpha] = *draw.figures() else { panic!("{draw:?}") };
        let lines = format!("sigma1 = [{h1:?}, {w1:?}]\nsigma2 = [{h2:?}, {w2:?}]\nalpha = {alpha:?}");
        assert_eq!(run(&random, &image, 6), run(&one("GaussianSharpen", &lines), &image, 6));
    }
}
