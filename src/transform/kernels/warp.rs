//! Sampling a picture at places that lie between its pixels, as `torch.nn.functional.grid_sample` does: along straight
//! lines ([`sample_affine`]), or wherever two planes of coordinates say ([`sample_at`]).
//!
//! Along a line, coordinates walk in fixed point of 32 fraction bits: exact additions, and the whole part is a shift
//! away, where a float would need a rounding and a check. The part of a row whose neighbours all lie inside is one
//! interval, and has a loop of its own.

use super::window::Axis;
use crate::language::Message;

/// What stands outside of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Padding {
    /// The outermost pixel.
    Border,
    /// This value.
    Constant(f32),
    /// torchvision's `fill`: the value, towards which the outermost pixels fade twice, as it samples a picture with zeros
    /// around it and then mixes that with the value by how much of the picture was there.
    Faded(f32),
    /// The picture mirrored: about the middle of the outermost pixels (`corners`, 0 and n - 1), or about their outer edge
    /// (-0.5 and n - 0.5).
    Reflection { corners: bool },
}

impl Padding {
    pub(crate) const ZEROS: Self = Self::Constant(0.0);

    /// torch's names; `corners` is `align_corners`.
    pub(crate) fn parse(name: &str, corners: bool) -> Self {
        match name {
            "zeros" => Self::ZEROS,
            "reflection" => Self::Reflection { corners },
            _ => Self::Border,
        }
    }
}

/// What a picture is made of.
pub(crate) trait Pixel: Copy + Default {
    fn widen(self) -> f32;
    /// Bytes: to the nearest, halves to the even one, as torch rounds them; held to 0 to 255.
    fn narrow(v: f32) -> Self;
}

impl Pixel for f32 {
    fn widen(self) -> f32 {
        self
    }

    fn narrow(v: f32) -> Self {
        v
    }
}

impl Pixel for u8 {
    fn widen(self) -> f32 {
        f32::from(self)
    }

    fn narrow(v: f32) -> Self {
        // 1.5 * 2^23: floats there are whole numbers, so that the addition rounds, without a call.
        const WHOLE: f32 = 12_582_912.0;
        (v.clamp(0.0, 255.0) + WHOLE).to_bits() as Self
    }
}

/// Where output pixels come from: `[y, x] = matrix * [row, column, 1]`, in pixels, the first pixel's middle at 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mapping {
    /// What a row, a column and the origin add to y.
    pub y: [f64; 3],
    /// The same for x.
    pub x: [f64; 3],
}

impl Mapping {
    /// `[[yy, yx], [xy, xx]]` about the two images' centres, then moved.
    pub(crate) fn about_centres(
        [[yy, yx], [xy, xx]]: [[f64; 2]; 2],
        [down, right]: [f64; 2],
        from: [usize; 2],
        to: [usize; 2],
    ) -> Self {
        let middle = |n: usize| (n as f64 - 1.0) / 2.0;
        let (row, column) = (-middle(to[0]), -middle(to[1]));
        Self {
            y: [yy, yx, yy * row + yx * column + down + middle(from[0])],
            x: [xy, xx, xy * row + xx * column + right + middle(from[1])],
        }
    }

    pub(crate) fn at(&self, row: f64, column: f64) -> [f64; 2] {
        [self.y, self.x].map(|[a, b, c]| a * row + b * column + c)
    }

    /// The mapping from this one's output to the input of `first`, whose output is this one's input.
    pub(crate) fn after(&self, first: &Self) -> Self {
        let through = |[a, b, c]: [f64; 3]| {
            let part = |k: usize| a * self.y[k] + b * self.x[k];
            [part(0), part(1), part(2) + c]
        };
        Self { y: through(first.y), x: through(first.x) }
    }
}

/// Samples `[C, H, W]` where `mapping` says, into `[C, out_height, out_width]`; `padding` by channel.
///
/// # Errors
/// The mapping reaches so far from the picture that coordinates would overflow.
pub(crate) fn sample_affine<P: Pixel>(
    source: &[P],
    shape: [usize; 3],
    mapping: &Mapping,
    out_size: [usize; 2],
    nearest: bool,
    padding: impl Fn(usize) -> Padding,
    out: &mut Vec<P>,
) -> Result<(), Message> {
    let walk = Walk::new(mapping, out_size)?;
    each_plane(source, shape, out_size, padding, out, |source, out| {
        if nearest {
            walk.rows(out, out_size[1], |x, y, row| source.nearest_row(x, y, walk.column, row));
        } else {
            walk.rows(out, out_size[1], |x, y, row| source.bilinear_row(x, y, walk.column, row));
        }
    });
    Ok(())
}

/// Samples `[C, H, W]` at the places (`xs`, `ys`), which have one coordinate each for every pixel of `out_size`: pixels,
/// the first one's middle at 0; whatever is no number lies far outside. `nearest`: halves go to the even pixel; else
/// bilinear.
#[expect(clippy::too_many_arguments, reason = "a picture, where, and how")]
pub(crate) fn sample_at<P: Pixel>(
    source: &[P],
    shape: [usize; 3],
    xs: &[f32],
    ys: &[f32],
    out_size: [usize; 2],
    nearest: bool,
    padding: Padding,
    out: &mut Vec<P>,
) {
    sample_at_by_channel(source, shape, [xs, ys], out_size, nearest, |_| padding, out);
}

/// [`sample_at`] with a padding for each channel; coordinates are x and y.
pub(crate) fn sample_at_by_channel<P: Pixel>(
    source: &[P],
    shape: [usize; 3],
    [xs, ys]: [&[f32]; 2],
    out_size: [usize; 2],
    nearest: bool,
    padding: impl Fn(usize) -> Padding,
    out: &mut Vec<P>,
) {
    each_plane(source, shape, out_size, padding, out, |source, out| source.points(xs, ys, nearest, out));
}

fn each_plane<P: Pixel>(
    source: &[P],
    [channels, height, width]: [usize; 3],
    [out_height, out_width]: [usize; 2],
    padding: impl Fn(usize) -> Padding,
    out: &mut Vec<P>,
    mut fill: impl FnMut(Source<'_, P>, &mut [P]),
) {
    out.resize(channels * out_height * out_width, P::default());
    let from = source.chunks_exact((height * width).max(1));
    let to = out.chunks_exact_mut((out_height * out_width).max(1));
    for (channel, (data, out)) in from.zip(to).enumerate() {
        fill(Source { data, height, width, padding: padding(channel) }, out);
    }
}

const FRACTION_BITS: u32 = 32;
const ONE: i64 = 1 << FRACTION_BITS;
/// Farthest coordinate: sums and mirrors of such still fit.
const FARTHEST: f64 = (1u32 << 29) as f64;

fn fixed(v: f64) -> i64 {
    let v = if v.is_nan() { -FARTHEST } else { v.clamp(-FARTHEST, FARTHEST) };
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
    fn new(mapping: &Mapping, [height, width]: [usize; 2]) -> Result<Self, Message> {
        // One pixel more each way, as a walk steps past its end.
        let (rows, columns) = (height as f64 + 1.0, width as f64 + 1.0);
        for (row, column) in [(0.0, 0.0), (rows, 0.0), (0.0, columns), (rows, columns)] {
            if !mapping.at(row, column).iter().all(|v| v.abs() < FARTHEST) {
                return Err(msg!("transform-too-far", most = FARTHEST.to_string()));
            }
        }
        Ok(Self {
            y: fixed(mapping.y[2]),
            x: fixed(mapping.x[2]),
            column: (fixed(mapping.y[1]), fixed(mapping.x[1])),
            row: (fixed(mapping.y[0]), fixed(mapping.x[0])),
        })
    }

    fn rows<P>(&self, out: &mut [P], out_width: usize, mut fill: impl FnMut(i64, i64, &mut [P])) {
        let (mut x, mut y) = (self.x, self.y);
        for row in out.chunks_exact_mut(out_width.max(1)) {
            fill(x, y, row);
            (y, x) = (y + self.row.0, x + self.row.1);
        }
    }
}

/// One channel to sample from.
struct Source<'a, P> {
    data: &'a [P],
    height: usize,
    width: usize,
    padding: Padding,
}

impl<P: Pixel> Source<'_, P> {
    /// Whether the four neighbours of a point all lie inside.
    fn inside(&self, x: i64, y: i64) -> bool {
        let within = |v: i64, n: usize| v >= 0 && v >> FRACTION_BITS < n as i64 - 1;
        within(x, self.width) && within(y, self.height)
    }

    fn bilinear_row(&self, x: i64, y: i64, (dy, dx): (i64, i64), out: &mut [P]) {
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
            *v = P::narrow(self.bilinear(x, y));
        }
        let (mut x, mut y) = at(begin);
        let width = self.width;
        for v in out.get_mut(begin..end).unwrap_or_default() {
            let first = (y >> FRACTION_BITS) as usize * width + (x >> FRACTION_BITS) as usize;
            if let Some(value) = self.between(first, fraction(x), fraction(y)) {
                *v = P::narrow(value);
            }
            x += dx;
            y += dy;
        }
    }

    /// Between the pixel at `first`, the one right of it and the two below.
    fn between(&self, first: usize, fx: f32, fy: f32) -> Option<f32> {
        let [a, b] = self.data.get(first..)?.first_chunk::<2>()?.map(P::widen);
        let [c, d] = self.data.get(first + self.width..)?.first_chunk::<2>()?.map(P::widen);
        let upper = a + fx * (b - a);
        let lower = c + fx * (d - c);
        Some(upper + fy * (lower - upper))
    }

    /// A point whose neighbours may lie outside.
    fn bilinear(&self, x: i64, y: i64) -> f32 {
        let mix = |[a, b, c, d]: [f32; 4], fx: f32, fy: f32| {
            let upper = a * (1.0 - fx) + b * fx;
            let lower = c * (1.0 - fx) + d * fx;
            upper * (1.0 - fy) + lower * fy
        };
        match self.padding {
            Padding::Constant(value) | Padding::Faded(value) => {
                let (column, row) = (x >> FRACTION_BITS, y >> FRACTION_BITS);
                let pixels =
                    [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(down, right)| self.pixel(column + right, row + down));
                let (fx, fy) = (fraction(x), fraction(y));
                if matches!(self.padding, Padding::Constant(_)) {
                    return mix(pixels.map(|p| p.unwrap_or(value)), fx, fy);
                }
                let there = mix(pixels.map(|p| if p.is_some() { 1.0 } else { 0.0 }), fx, fy);
                (mix(pixels.map(Option::unwrap_or_default), fx, fy) - value) * there + value
            }
            Padding::Border | Padding::Reflection { .. } => {
                let (x, y) = (pull_in(x, self.width, self.padding), pull_in(y, self.height, self.padding));
                let (column, row) = (x >> FRACTION_BITS, y >> FRACTION_BITS);
                let (column, row) = (column as usize, row as usize);
                let (right, below) = ((column + 1).min(self.width - 1), (row + 1).min(self.height - 1));
                let pixel =
                    |column: usize, row: usize| self.data.get(row * self.width + column).map_or(0.0, |p| p.widen());
                let (upper, lower) =
                    ([pixel(column, row), pixel(right, row)], [pixel(column, below), pixel(right, below)]);
                mix([upper[0], upper[1], lower[0], lower[1]], fraction(x), fraction(y))
            }
        }
    }

    fn nearest_row(&self, mut x: i64, mut y: i64, (dy, dx): (i64, i64), out: &mut [P]) {
        for v in out {
            *v = P::narrow(self.nearest(x, y));
            x += dx;
            y += dy;
        }
    }

    fn nearest(&self, x: i64, y: i64) -> f32 {
        match self.padding {
            Padding::Constant(value) | Padding::Faded(value) => self.pixel(round(x), round(y)).unwrap_or(value),
            Padding::Border | Padding::Reflection { .. } => {
                let (x, y) = (pull_in(x, self.width, self.padding), pull_in(y, self.height, self.padding));
                self.pixel(round(x), round(y)).unwrap_or(0.0)
            }
        }
    }

    fn points(&self, xs: &[f32], ys: &[f32], nearest: bool, out: &mut [P]) {
        let (last_x, last_y) = (self.width as f32 - 1.0, self.height as f32 - 1.0);
        for ((v, &x), &y) in out.iter_mut().zip(xs).zip(ys) {
            let fixed = || (fixed(f64::from(x)), fixed(f64::from(y)));
            if nearest {
                let (x, y) = fixed();
                *v = P::narrow(self.nearest(x, y));
                continue;
            }
            let inside = x >= 0.0 && x < last_x && y >= 0.0 && y < last_y;
            let (column, row) = (x as usize, y as usize);
            let value = || self.between(row * self.width + column, x - column as f32, y - row as f32);
            *v = P::narrow(inside.then(value).flatten().unwrap_or_else(|| {
                let (x, y) = fixed();
                self.bilinear(x, y)
            }));
        }
    }

    /// `None` outside.
    fn pixel(&self, column: i64, row: i64) -> Option<f32> {
        let inside = (0..self.width as i64).contains(&column) && (0..self.height as i64).contains(&row);
        let at = || self.data.get(row as usize * self.width + column as usize).copied();
        if inside { at().map(P::widen) } else { None }
    }
}

/// A coordinate brought to 0 to n - 1, by the edge or a mirror.
fn pull_in(v: i64, n: usize, padding: Padding) -> i64 {
    let last = (n as i64 - 1) * ONE;
    let v = match padding {
        Padding::Reflection { corners } => {
            let (low, span) = if corners { (0, last) } else { (-ONE / 2, last + ONE) };
            if span == 0 {
                0
            } else {
                let from = (v - low).rem_euclid(2 * span);
                from.min(2 * span - from) + low
            }
        }
        Padding::Border | Padding::Constant(_) | Padding::Faded(_) => v,
    };
    v.clamp(0, last)
}

/// [`sample_affine`] along one axis, as a table for [`super::resample`], which is faster where a mapping has rows come
/// from rows and columns from columns: `step` and `first` are what a position adds and where the first one looks, `len`
/// the number of positions. Beyond the `input` positions lie zeros where the padding is a value.
pub(crate) fn fill_axis(
    axis: &mut Axis,
    [step, first]: [f64; 2],
    len: usize,
    input: usize,
    nearest: bool,
    padding: Padding,
) {
    let taps = input.min(2);
    axis.clear(if nearest { taps.min(1) } else { taps }, len);
    let (taps, inputs) = (axis.taps, input as i64);
    for (i, weights) in axis.weights.chunks_exact_mut(taps.max(1)).enumerate() {
        let v = fixed(first + step * i as f64);
        let zeros = matches!(padding, Padding::Constant(_) | Padding::Faded(_));
        let v = if zeros { v } else { pull_in(v, input, padding) };
        let (at, share) = if nearest { (round(v), 0.0) } else { (v >> FRACTION_BITS, fraction(v)) };
        let start = at.clamp(0, inputs - taps as i64);
        for (position, weight) in [(at, 1.0 - share), (at + 1, share)] {
            let place = usize::try_from(position - start).ok().and_then(|k| weights.get_mut(k));
            if let Some(place) = place.filter(|_| position < inputs) {
                *place += weight;
            }
        }
        // Sides are far below 2^32.
        axis.starts.push(start as u32);
    }
}

/// To the nearest whole number, halves to the even one, as torch's `nearbyint`.
fn round(v: i64) -> i64 {
    let down = v >> FRACTION_BITS;
    let rest = v - (down << FRACTION_BITS);
    if rest > ONE / 2 || (rest == ONE / 2 && down % 2 != 0) { down + 1 } else { down }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::Scratch;
    use crate::transform::kernels::resample::resample;

    const PADDINGS: [Padding; 5] = [
        Padding::Border,
        Padding::ZEROS,
        Padding::Reflection { corners: true },
        Padding::Reflection { corners: false },
        Padding::Faded(7.0),
    ];

    fn picture(len: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7919) % 251) as f32).collect()
    }

    /// torch 2.15's `grid_sample(x, g, mode, padding_mode, align_corners)` on x = [[10, 20, 40], [80, 160, 320]] at these
    /// pixels; reflection with corners is `align_corners=True`.
    #[test]
    fn places_are_sampled_as_grid_sample_does() {
        let source = [10.0, 20.0, 40.0, 80.0, 160.0, 320.0];
        let (xs, ys) = ([0.25, 1.5, -0.75, 2.6, 5.3], [0.5, -0.3, 0.75, 1.2, -4.4]);
        #[track_caller]
        fn check(source: &[f32], at: [&[f32]; 2], nearest: bool, padding: Padding, expected: [f32; 5]) {
            let mut out = Vec::new();
            sample_at(source, [1, 2, 3], at[0], at[1], [1, 5], nearest, padding, &mut out);
            for (found, expected) in out.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-3, "{padding:?} {nearest}: {out:?}");
            }
        }
        let at = [xs.as_slice(), ys.as_slice()];
        check(&source, at, false, Padding::Border, [56.25, 30.0, 62.5, 320.0, 40.0]);
        check(&source, at, false, Padding::ZEROS, [56.25, 21.0, 15.625, 102.4, 0.0]);
        check(&source, at, false, Padding::Reflection { corners: true }, [56.25, 93.0, 109.375, 184.8, 98.8]);
        check(&source, at, false, Padding::Reflection { corners: false }, [56.25, 30.0, 62.5, 320.0, 10.0]);
        check(&source, at, true, Padding::Border, [10.0, 40.0, 80.0, 320.0, 40.0]);
        check(&source, at, true, Padding::ZEROS, [10.0, 40.0, 0.0, 0.0, 0.0]);
        check(&source, at, true, Padding::Reflection { corners: true }, [10.0, 40.0, 160.0, 160.0, 20.0]);
        check(&source, at, true, Padding::Reflection { corners: false }, [10.0, 40.0, 80.0, 320.0, 10.0]);
    }

    /// A planar sampling with the coordinates of an affine one is that one, and so is a separable one where it can be.
    #[test]
    fn the_ways_to_sample_agree() {
        let (shape, size) = ([2, 9, 13], [11, 8]);
        let source = picture(2 * 9 * 13);
        let tilted = Mapping { y: [0.831_27, 0.313_73, -2.034_19], x: [-0.417_13, 1.331_97, 1.573_31] };
        let straight = Mapping { y: [-0.831_27, 0.0, 9.473_11], x: [0.0, 1.731_97, -1.523_31] };
        for padding in PADDINGS {
            for nearest in [false, true] {
                for mapping in [tilted, straight] {
                    let mut walked = Vec::new();
                    sample_affine(&source, shape, &mapping, size, nearest, |_| padding, &mut walked).unwrap();
                    let places = (0..size[0] * size[1]).map(|i| mapping.at((i / size[1]) as f64, (i % size[1]) as f64));
                    let (ys, xs): (Vec<f32>, Vec<f32>) = places.map(|[y, x]| (y as f32, x as f32)).unzip();
                    let mut planar = Vec::new();
                    sample_at(&source, shape, &xs, &ys, size, nearest, padding, &mut planar);
                    let far = |a: &[f32], b: &[f32]| a.iter().zip(b).filter(|(a, b)| (*a - *b).abs() > 2e-3).count();
                    assert_eq!(far(&walked, &planar), 0, "{padding:?} {nearest} {mapping:?}");
                    if mapping == straight && !matches!(padding, Padding::Faded(_)) {
                        let Scratch { rows, columns, line, image, .. } = &mut Scratch::default();
                        fill_axis(rows, [mapping.y[0], mapping.y[2]], size[0], shape[1], nearest, padding);
                        fill_axis(columns, [mapping.x[1], mapping.x[2]], size[1], shape[2], nearest, padding);
                        resample(&source, [shape[1], shape[2]], rows, columns, line, image);
                        assert_eq!(image.len(), walked.len());
                        assert_eq!(far(&walked, image), 0, "{padding:?} {nearest}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_coordinate_breaks_it() {
        let wild = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -1e30, 0.5, 2.0];
        let places = |k: usize| (0..49).map(move |i| wild[if k == 0 { i / 7 } else { i % 7 }]).collect::<Vec<_>>();
        for [height, width] in [[1, 1], [1, 4], [3, 1], [3, 3]] {
            let source = vec![5u8; height * width];
            for padding in PADDINGS {
                for nearest in [false, true] {
                    let mut out = Vec::new();
                    sample_at(&source, [1, height, width], &places(0), &places(1), [7, 7], nearest, padding, &mut out);
                    assert!(out.iter().all(|v| *v <= 7), "{padding:?}");
                }
            }
        }
        let far = Mapping { y: [1.0, 0.0, 0.0], x: [1e12, 0.0, 0.0] };
        let outcome = sample_affine(&[1.0f32], [1, 1, 1], &far, [1, 1], false, |_| Padding::Border, &mut Vec::new());
        assert!(outcome.is_err());
    }

    /// Halves to the even one, out of range to the nearest there is.
    #[test]
    fn bytes_are_rounded_as_torch_does() {
        for (v, byte) in [(0.5, 0), (1.5, 2), (2.5, 2), (2.500_01, 3), (254.6, 255), (300.0, 255), (-3.0, 0)] {
            assert_eq!(u8::narrow(v), byte, "{v}");
        }
        assert!((0..=255).all(|v: u8| u8::narrow(f32::from(v)) == v));
    }
}
