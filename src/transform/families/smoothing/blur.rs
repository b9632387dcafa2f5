//! torchvision's gaussian_blur and GaussianBlur: a bell cut to the kernel's size and brought to a sum of 1, the edge
//! mirrored about its outermost pixels. The two axes are done one after the other.

use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{Invalid, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::kernels::scratch::Scratch;

const MOST: i64 = 1023;
const KERNEL_SIZE: ParamInfo = param(
    "kernel_size",
    ParamKind::Ints { min: 1, max: MOST, least: 2, most: 2 },
    ParamDefault::Int(3),
    "px",
    "odd; one number, or [x, y]: the kernel's width and height",
);
const SIGMAS: ParamKind = ParamKind::Floats { min: 0.001, max: 1e6, least: 1, most: 2 };

const GAUSSIAN_BLUR: TransformInfo = TransformInfo::fixed(
    Library::Torchvision,
    "gaussian_blur",
    Family::Smoothing,
    "Blurs the picture with a bell.",
    &[
        KERNEL_SIZE,
        param(
            "sigma",
            ParamKind::Optional(&SIGMAS),
            ParamDefault::None,
            "px",
            "the bell's standard deviation, or [x, y]; none: 0.15 kernel sizes and 0.35",
        ),
    ],
    |values| {
        let kernel = kernel_size(values)?;
        let sigma = match values.floats("sigma")[..] {
            [x, y] => [x, y],
            [one] => [one; 2],
            _ => kernel.map(|size| size as f64 * 0.15 + 0.35),
        };
        built(Blur { kernel, sigma })
    },
)
.noting(NOTE);

const GAUSSIAN_BLUR_CLASS: TransformInfo = TransformInfo::random(
    Library::Torchvision,
    "GaussianBlur",
    Family::Smoothing,
    "Blurs every picture with a bell of a width drawn for it.",
    &[
        KERNEL_SIZE,
        param(
            "sigma",
            SIGMAS,
            ParamDefault::Floats(&[0.1, 2.0]),
            "px",
            "[low, high] of the bell's standard deviation, or one number for always the same",
        ),
    ],
    &[("sigma", "px")],
    |values| {
        let [low, high] = match values.floats("sigma")[..] {
            [low, high] if low <= high => [low, high],
            [one] => [one; 2],
            _ => return Err(Invalid::new("sigma", msg!("transform-expected-low-first"))),
        };
        built(RandomBlur { kernel: kernel_size(values)?, sigma: [low, high] })
    },
)
.noting(NOTE);

const NOTE: &str = "`kernel_size` has no default there, and it has to be smaller than twice the image's side";

pub(crate) const ALL: &[TransformInfo] = &[GAUSSIAN_BLUR, GAUSSIAN_BLUR_CLASS];

fn kernel_size(values: &Values<'_>) -> Result<[usize; 2], Invalid> {
    let size = match values.ints("kernel_size")[..] {
        [x, y] => [x, y],
        [one] => [one; 2],
        _ => [0; 2],
    };
    if size.iter().any(|size| size % 2 == 0) {
        return Err(Invalid::new("kernel_size", msg!("transform-expected-odds")));
    }
    Ok(size.map(|size| size.clamp(1, MOST) as usize))
}

#[derive(Debug, Clone)]
struct Blur {
    /// x, y.
    kernel: [usize; 2],
    sigma: [f64; 2],
}

impl Operation for Blur {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        gaussian_blur(image, self.kernel, self.sigma, scratch);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct RandomBlur {
    kernel: [usize; 2],
    sigma: [f64; 2],
}

impl Operation for RandomBlur {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        Draw::happens(&[stream.uniform(self.sigma[0], self.sigma[1])], stream)
    }

    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        gaussian_blur(image, self.kernel, [drawn.figure(0); 2], scratch);
        Ok(())
    }
}

/// `kernel` and `sigma` are x, y; the sizes odd, the sigmas above 0.
pub(crate) fn gaussian_blur(image: &mut Image, kernel: [usize; 2], sigma: [f64; 2], scratch: &mut Scratch) {
    let size = [image.width, image.height];
    let [bell_x, bell_y, sum, padded] = &mut scratch.floats;
    bell(kernel[0], sigma[0], bell_x);
    bell(kernel[1], sigma[1], bell_y);
    sum.resize(size[0], 0.0);
    padded.resize(size[0] + kernel[0] - 1, 0.0);
    let mut line = Line { bell_x, bell_y, sum, padded };
    match image.dtype {
        Dtype::U8 => {
            scratch.bytes.resize(image.bytes.len(), 0);
            blur(&image.bytes, &mut scratch.bytes, size, &mut line, f32::from, |v| {
                // Adding and subtracting 1.5 * 2^23 rounds to a whole number, halves to the even one.
                crate::transform::kernels::bytes::to_byte((v + 12_582_912.0) - 12_582_912.0)
            });
            std::mem::swap(&mut image.bytes, &mut scratch.bytes);
        }
        Dtype::F32 => {
            scratch.image.resize(image.data.len(), 0.0);
            blur(&image.data, &mut scratch.image, size, &mut line, |v| v, |v| v);
            std::mem::swap(&mut image.data, &mut scratch.image);
        }
    }
}

/// What a row is worked out in.
struct Line<'a> {
    bell_x: &'a [f32],
    bell_y: &'a [f32],
    sum: &'a mut [f32],
    padded: &'a mut [f32],
}

/// The bell's values, of sum 1.
fn bell(size: usize, sigma: f64, out: &mut Vec<f32>) {
    let of = |i: usize| {
        let x = (i as f64 - (size / 2) as f64) / sigma;
        (-0.5 * x * x).exp()
    };
    let sum: f64 = (0..size).map(of).sum();
    out.clear();
    out.extend((0..size).map(|i| (of(i) / sum) as f32));
}

/// Which of `len` positions stands at `i - radius`, mirrored as often as need be.
fn mirrored(i: usize, radius: usize, len: usize) -> usize {
    let period = (2 * (len - 1)).max(1);
    let i = i.abs_diff(radius) % period;
    if i < len { i } else { period - i }
}

fn blur<T: Copy>(
    from: &[T],
    to: &mut [T],
    [width, height]: [usize; 2],
    Line { bell_x, bell_y, sum, padded }: &mut Line<'_>,
    wide: impl Fn(T) -> f32,
    narrow: impl Fn(f32) -> T,
) {
    let (radius_x, radius_y) = (bell_x.len() / 2, bell_y.len() / 2);
    let plane = (height * width).max(1);
    for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
        for (y, out) in to.chunks_exact_mut(width).enumerate() {
            let middle = &mut padded[radius_x..radius_x + width];
            middle.fill(0.0);
            for (k, weight) in bell_y.iter().enumerate() {
                let row = mirrored(y + k, radius_y, height) * width;
                for (sum, v) in middle.iter_mut().zip(&from[row..row + width]) {
                    *sum += wide(*v) * weight;
                }
            }
            for k in 0..radius_x {
                padded[k] = padded[radius_x + mirrored(k, radius_x, width)];
                let right = radius_x + width + k;
                padded[right] = padded[radius_x + mirrored(right, radius_x, width)];
            }
            sum.fill(0.0);
            for (k, weight) in bell_x.iter().enumerate() {
                for (sum, v) in sum.iter_mut().zip(&padded[k..]) {
                    *sum += v * weight;
                }
            }
            out.iter_mut().zip(sum.iter()).for_each(|(to, v)| *to = narrow(*v));
        }
    }
}
