//! Filters with small kernels: SavitzkyGolaySmooth and SobelGradients (MONAI).

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DTYPE, Family, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamKind, Values, param};
use crate::transform::kernels::convolve::{PADDINGS, Padding, convolve};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::statistics::extremes;

/// A chain of SobelGradients would double them each time.
const MAX_CHANNELS: usize = 64;

const SAVITZKY_GOLAY: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "SavitzkyGolaySmooth",
    Family::Smoothing,
    "Smooths along one axis: each value becomes that of a polynomial fitted to those around it.",
    &[
        param(
            "window_length",
            ParamKind::Int { min: 1, max: 255 },
            ParamDefault::Int(5),
            "px",
            "how many values the polynomial is fitted to, an odd number",
        ),
        param("order", ParamKind::Int { min: 0, max: 20 }, ParamDefault::Int(2), "", "degree of the polynomial"),
        param("axis", ParamKind::Int { min: 1, max: 2 }, ParamDefault::Int(1), "", "1 is H, 2 is W"),
        param("mode", ParamKind::Choice(PADDINGS), ParamDefault::Text("zeros"), "", "what stands outside of the image"),
    ],
    |values| built(Filter::savitzky_golay(values)?),
)
.noting("`window_length` and `order` have no default there");

const SOBEL: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "SobelGradients",
    Family::Smoothing,
    "Replaces the image by its slopes: all channels along the first axis, then all along the next.",
    &[
        param("kernel_size", ParamKind::Int { min: 3, max: 63 }, ParamDefault::Int(3), "px", "an odd number"),
        param("spatial_axes", ParamKind::Axes, ParamDefault::None, "", "0 is H, 1 is W; none: both, H first"),
        param(
            "normalize_kernels",
            ParamKind::Bool,
            ParamDefault::Bool(true),
            "",
            "slopes in units a pixel; else the kernel of whole numbers",
        ),
        param(
            "normalize_gradients",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "bring each axis' slopes to 0 to 1",
        ),
        param("padding_mode", ParamKind::Choice(PADDINGS), ParamDefault::Text("reflect"), "", "what stands outside"),
    ],
    |values| built(Sobel::new(values)?),
)
.without(&[DTYPE]);

pub(crate) const ALL: &[TransformInfo] = &[SAVITZKY_GOLAY, SOBEL];

/// An odd number of pixels.
fn odd(values: &Values<'_>, name: &'static str) -> Result<usize, Invalid> {
    match values.int(name) {
        n if n % 2 == 1 => Ok(n.unsigned_abs() as usize),
        _ => Err(Invalid::new(name, msg!("transform-expected-odd"))),
    }
}

/// Two kernels, down and across.
#[derive(Debug)]
struct Filter {
    kernels: [Vec<f32>; 2],
    padding: Padding,
}

impl Filter {
    fn savitzky_golay(values: &Values<'_>) -> Result<Self, Invalid> {
        let (window, order) = (odd(values, "window_length")?, values.int("order").unsigned_abs() as usize);
        if order >= window {
            return Err(Invalid::new("order", msg!("transform-expected-less-than", name = "window_length")));
        }
        let (kernel, other) = (fit(window / 2, order), vec![1.0]);
        let kernels = if values.int("axis") == 1 { [kernel, other] } else { [other, kernel] };
        Ok(Self { kernels, padding: Padding::parse(&values.text("mode")) })
    }
}

/// The weights by which values at -half to half make the value at 0 of the polynomial fitted to them: a sum over
/// discrete orthogonal polynomials p, of p(x) p(0) / |p|², each from the two before it.
fn fit(half: usize, order: usize) -> Vec<f32> {
    let half_width = half.max(1) as f64;
    let xs: Vec<f64> = (0..=2 * half).map(|i| (i as f64 - half as f64) / half_width).collect();
    let mut weights = vec![0.0; xs.len()];
    let (mut last, mut p) = (vec![0.0; xs.len()], vec![1.0; xs.len()]);
    let mut last_norm = 1.0;
    for _ in 0..=order {
        let norm: f64 = p.iter().map(|v| v * v).sum();
        let at_zero = p.get(half).copied().unwrap_or(0.0);
        for (weight, p) in weights.iter_mut().zip(&p) {
            *weight += p * at_zero / norm;
        }
        let share = norm / last_norm;
        for ((last, p), x) in last.iter_mut().zip(&p).zip(&xs) {
            *last = x * p - share * *last;
        }
        std::mem::swap(&mut last, &mut p);
        last_norm = norm;
    }
    weights.iter().map(|v| *v as f32).collect()
}

impl Operation for Filter {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let [down, across] = &self.kernels;
        let Scratch { line, image: out, .. } = scratch;
        convolve(&image.data, [image.height, image.width], [down, across], self.padding, line, out);
        std::mem::swap(&mut image.data, out);
        Ok(())
    }
}

#[derive(Debug)]
struct Sobel {
    /// One an axis, in the order of the new channels.
    axes: Vec<Filter>,
    normalize_gradients: bool,
}

impl Sobel {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let normalize = values.bool("normalize_kernels");
        let scaled = |kernel: [f32; 3], by: f32| kernel.map(|v| if normalize { v / by } else { v }).to_vec();
        let (mut slope, mut across) = (scaled([-1.0, 0.0, 1.0], 2.0), scaled([1.0, 2.0, 1.0], 4.0));
        for _ in 0..(odd(values, "kernel_size")? - 3) / 2 {
            let wider = scaled([1.0, 2.0, 1.0], 4.0);
            (slope, across) = (widened(&slope, &wider), widened(&across, &wider));
        }
        let padding = Padding::parse(&values.text("padding_mode"));
        let mut axes: Vec<i64> = values.ints("spatial_axes").iter().map(|axis| axis.rem_euclid(2)).collect();
        if axes.is_empty() {
            axes = vec![0, 1];
        }
        let filter = |axis: i64| {
            let kernels = if axis == 0 { [slope.clone(), across.clone()] } else { [across.clone(), slope.clone()] };
            Filter { kernels, padding }
        };
        let axes = axes.into_iter().map(filter).collect();
        Ok(Self { axes, normalize_gradients: values.bool("normalize_gradients") })
    }
}

/// The kernel that does both, one after the other; `by` is symmetric.
fn widened(kernel: &[f32], by: &[f32]) -> Vec<f32> {
    let mut wide = vec![0.0; kernel.len() + by.len() - 1];
    for (i, a) in kernel.iter().enumerate() {
        for (v, b) in wide.iter_mut().skip(i).zip(by) {
            *v += a * b;
        }
    }
    wide
}

impl Operation for Sobel {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let channels = image.channels * self.axes.len();
        if channels > MAX_CHANNELS {
            return Err(msg!("transform-would-have-channels", channels, most = MAX_CHANNELS));
        }
        let Scratch { line, image: all, floats: [one, ..], .. } = scratch;
        let len = image.data.len();
        all.resize(len * self.axes.len(), 0.0);
        for (filter, out) in self.axes.iter().zip(all.chunks_exact_mut(len.max(1))) {
            let [down, across] = &filter.kernels;
            convolve(&image.data, [image.height, image.width], [down, across], filter.padding, line, one);
            let (low, high) = extremes(one);
            if self.normalize_gradients && low != high {
                let range = high - low;
                one.iter_mut().for_each(|v| *v = (*v - low) / range);
            } else if self.normalize_gradients && high > 0.0 {
                one.iter_mut().for_each(|v| *v /= high);
            }
            out.copy_from_slice(one);
        }
        std::mem::swap(&mut image.data, all);
        image.channels = channels;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::tests::{one, picture, run};

    /// Expected numbers are MONAI 1.6.1's on a picture of (7 i + 3 j²) mod 11: the first ten and the last five.
    #[test]
    fn filters_agree_with_monai() {
        #[track_caller]
        fn check(name: &str, lines: &str, channels: usize, first: [f32; 10], last: [f32; 5]) {
            let data = (0..20).map(|k| ((k / 5 * 7 + (k % 5) * (k % 5) * 3) % 11) as f32).collect();
            let out = run(&one(name, lines), &Image { data, ..picture(1, 4, 5) }, 0);
            assert_eq!(out.shape(), [channels, 4, 5]);
            for (a, b) in out.data.iter().zip(first).chain(out.data[channels * 20 - 5..].iter().zip(last)) {
                assert!((a - b).abs() < 2e-5, "{name} {lines}: {:?}", out.data);
            }
        }
        check(
            "SavitzkyGolaySmooth",
            "window_length = 3\norder = 1\naxis = 2",
            1,
            [1.0, 1.333_33, 3.0, 3.333_33, 3.0, 5.666_67, 8.333_33, 6.333_33, 3.0, 0.333_33],
            [4.0, 4.0, 2.0, 2.333_33, 2.333_33],
        );
        check(
            "SavitzkyGolaySmooth",
            "window_length = 7\norder = 2\naxis = 2\nmode = \"replicate\"",
            1,
            [0.523_81, 1.619_05, 2.809_52, 3.714_28, 3.952_38, 8.571_43, 8.095_24, 6.142_86, 3.380_95, 0.476_19],
            [6.857_14, 4.285_71, 2.333_33, 1.666_67, 2.952_38],
        );
        check(
            "SavitzkyGolaySmooth",
            "window_length = 5\norder = 3\naxis = 2\nmode = \"reflect\"",
            1,
            [1.885_71, 1.114_29, 2.885_71, 3.457_14, 5.2, 8.885_71, 9.057_14, 7.057_14, 2.285_71, -0.685_71],
            [6.228_57, 3.885_71, 0.942_86, 2.457_14, 4.2],
        );
        check("SobelGradients", "", 2, [0.0, 0.0, 0.0, 0.0, 0.0, 1.5, 1.5, 1.5, 1.5, 1.5], [0.0, -2.25, 1.0, 1.5, 0.0]);
        check(
            "SobelGradients",
            "kernel_size = 5\nspatial_axes = 1\npadding_mode = \"zeros\"",
            1,
            [1.328_12, 0.5, -0.343_75, -0.671_88, -0.984_38, 2.062_5, 0.546_88, -0.695_31, -1.093_75, -1.5],
            [0.906_25, -0.414_06, -0.085_94, -0.015_62, -1.078_12],
        );
        check(
            "SobelGradients",
            "spatial_axes = [1, 0]\nnormalize_kernels = false\nnormalize_gradients = true\npadding_mode = \"replicate\"",
            2,
            [1.0, 0.804_88, 0.634_15, 0.731_71, 0.609_76, 1.0, 0.804_88, 0.365_85, 0.463_41, 0.609_76],
            [0.775_51, 0.326_53, 0.102_04, 0.102_04, 0.102_04],
        );
    }

    /// A polynomial of the filter's degree passes through it unchanged, at any window.
    #[test]
    fn polynomials_pass_unchanged() {
        for (half, order) in [(0, 0), (1, 2), (5, 3), (40, 7), (127, 20)] {
            let kernel = fit(half, order);
            for degree in 0..=order.min(6) {
                let x = |i: usize| (i as f64 - half as f64) / half.max(1) as f64 + 0.5;
                let sum: f64 = kernel.iter().enumerate().map(|(i, w)| f64::from(*w) * x(i).powi(degree as i32)).sum();
                assert!((sum - 0.5f64.powi(degree as i32)).abs() < 1e-5, "{half} {order} {degree}: {sum}");
            }
        }
    }

    #[test]
    fn channels_do_not_grow_without_end() {
        let image = picture(33, 2, 2);
        let outcome = one("SobelGradients", "").run(
            &mut image.clone(),
            &mut Scratch::default(),
            crate::transform::SampleSeed::default(),
            &mut (),
        );
        assert!(outcome.unwrap_err().reason.to_string().contains("66 channels"));
    }
}
