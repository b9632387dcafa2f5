//! From coefficients to samples of the picture: the inverse transform, at a part of the size where asked for, and chroma
//! brought to the size of the picture as libjpeg does it.
//!
//! A picture at a half, a quarter or an eighth is what the box filter makes of the whole one: blocks come out as the means
//! of their pixels, chroma that was stored at half the size from all of its own pixels.

use super::coded::{Coded, Plane};

/// `BASIS[k][x]`: what coefficient `k` adds to pixel `x` of 8, both as the transform of T.81, A.3.3 has them.
fn basis() -> [[f32; 8]; 8] {
    std::array::from_fn(|k| {
        std::array::from_fn(|x| {
            let scale = if k == 0 { 0.125f64.sqrt() } else { 0.5 };
            let angle = (2 * x + 1) as f64 * k as f64 * std::f64::consts::PI / 16.0;
            (scale * angle.cos()) as f32
        })
    })
}

/// The basis of 1, 2, 4 or 8 pixels, each the mean of those that it stands for.
fn means(basis: &[[f32; 8]; 8], pixels: usize) -> [[f32; 8]; 8] {
    let each = 8 / pixels;
    std::array::from_fn(|k| {
        std::array::from_fn(|x| match x < pixels {
            true => basis[k][x * each..(x + 1) * each].iter().sum::<f32>() / each as f32,
            false => 0.0,
        })
    })
}

/// The samples of one component, of its own size.
struct Samples {
    width: usize,
    height: usize,
    stride: usize,
    values: Vec<u8>,
}

impl Samples {
    /// Row `y`, the last one for what lies below.
    fn row(&self, y: usize) -> &[u8] {
        let at = y.min(self.height - 1) * self.stride;
        &self.values[at..at + self.width]
    }
}

/// Blocks come out as `across` x `down` pixels (1, 2, 4 or 8 each).
fn inverse(plane: &Plane, basis: &[[f32; 8]; 8], [across, down]: [usize; 2], size: [usize; 2]) -> Samples {
    let bases = [means(basis, across), means(basis, down)];
    match (across, down) {
        (8, 8) => inverse_of::<8, 8>(plane, &bases, across, size),
        (8, 4) => inverse_of::<8, 4>(plane, &bases, across, size),
        (8, 2) => inverse_of::<8, 2>(plane, &bases, across, size),
        (8, _) => inverse_of::<8, 1>(plane, &bases, across, size),
        (_, 8) => inverse_of::<4, 8>(plane, &bases, across, size),
        (_, 4) => inverse_of::<4, 4>(plane, &bases, across, size),
        (_, 2) => inverse_of::<4, 2>(plane, &bases, across, size),
        (_, _) => inverse_of::<4, 1>(plane, &bases, across, size),
    }
}

/// With `LANES` (at least `across`) columns worked out at once: lengths that are known become vector operations.
fn inverse_of<const LANES: usize, const DOWN: usize>(
    plane: &Plane,
    [row_basis, column_basis]: &[[[f32; 8]; 8]; 2],
    across: usize,
    [width, height]: [usize; 2],
) -> Samples {
    let row_basis: [[f32; LANES]; 8] = std::array::from_fn(|u| std::array::from_fn(|x| row_basis[u][x]));
    let stride = plane.blocks[0] * across;
    let mut values = vec![0; stride * plane.blocks[1] * DOWN];
    let quantisation: [[f32; 8]; 8] =
        std::array::from_fn(|v| std::array::from_fn(|u| f32::from(plane.quantisation[v * 8 + u])));
    for by in 0..plane.blocks[1] {
        for bx in 0..plane.blocks[0] {
            let at = (by * plane.stride + bx) * 64;
            let Some(block) = plane.coefficients.get(at..at + 64) else { continue };
            let to = by * DOWN * stride + bx * across;
            // Columns of coefficients to pixels, eight at a time; above a block's last frequency all rows are zero.
            let mut rows = [[0f32; 8]; DOWN];
            for (v, coefficients) in block.as_chunks::<8>().0.iter().enumerate() {
                if *coefficients == [0; 8] {
                    continue;
                }
                let row: [f32; 8] = std::array::from_fn(|u| f32::from(coefficients[u]) * quantisation[v][u]);
                for (y, sums) in rows.iter_mut().enumerate() {
                    (0..8).for_each(|u| sums[u] += column_basis[v][y] * row[u]);
                }
            }
            for (y, row) in rows.iter().enumerate() {
                let mut pixels = [0f32; LANES];
                for (value, basis) in row.iter().zip(&row_basis) {
                    (0..LANES).for_each(|x| pixels[x] += value * basis[x]);
                }
                let bytes = pixels.map(to_byte);
                values[to + y * stride..to + y * stride + across].copy_from_slice(&bytes[..across]);
            }
        }
    }
    Samples { width, height, stride, values }
}

/// A sample around 0 to one around 128; a half is rounded up as in libjpeg, whatever the last digit of a float is.
fn to_byte(value: f32) -> u8 {
    const HALF: f32 = 0.5 + 1.0 / 1024.0;
    // Saturates.
    (value + 128.0 + HALF) as u8
}

/// Twice as wide: three parts of the nearer sample and one of the farther ("fancy upsampling"). `weigh` gives both rows' sum.
fn widen(row: &[u32], out: &mut [u8], unit: u32) {
    let (low, high) = if unit == 1 { (1, 2) } else { (8, 7) };
    let shift = if unit == 1 { 2 } else { 4 };
    let last = row.len() - 1;
    for (i, pair) in out.chunks_mut(2).enumerate() {
        let i = i.min(last);
        let left = if i == 0 { row[i] } else { row[i - 1] };
        let right = if i == last { row[i] } else { row[i + 1] };
        pair[0] = ((3 * row[i] + left + low) >> shift) as u8;
        if let Some(to) = pair.get_mut(1) {
            *to = ((3 * row[i] + right + high) >> shift) as u8;
        }
    }
}

/// The row `y` of the picture, `times` as wide and high as the component is; `spare` is a buffer.
fn picture_row(samples: &Samples, [h, v]: [usize; 2], y: usize, spare: &mut Vec<u32>, out: &mut [u8]) {
    let own = samples.row(y / v);
    // As in libjpeg, two columns are too few to smooth.
    let smooth = samples.width > 2;
    let farther = || if y.is_multiple_of(2) { samples.row((y / 2).saturating_sub(1)) } else { samples.row(y / 2 + 1) };
    match (h, v) {
        (1, 1) => out.copy_from_slice(&own[..out.len()]),
        (2, 1) if smooth => {
            spare.clear();
            spare.extend(own.iter().map(|value| u32::from(*value)));
            widen(spare, out, 1);
        }
        (2, 2) if smooth => {
            spare.clear();
            spare.extend(own.iter().zip(farther()).map(|(near, far)| 3 * u32::from(*near) + u32::from(*far)));
            widen(spare, out, 4);
        }
        (1, 2) => {
            let bias = if y.is_multiple_of(2) { 1 } else { 2 };
            for ((to, near), far) in out.iter_mut().zip(own).zip(farther()) {
                *to = ((3 * u32::from(*near) + u32::from(*far) + bias) >> 2) as u8;
            }
        }
        _ => out.iter_mut().enumerate().for_each(|(x, to)| *to = own[(x / h).min(own.len() - 1)]),
    }
}

impl Coded {
    /// The picture's samples at `1 / divisor` (1, 2, 4 or 8) of its size, components side by side, their colours as stored.
    /// Only the first component where `first_only`.
    pub(in super::super) fn samples(&self, divisor: usize, first_only: bool, out: &mut Vec<u8>) -> [usize; 2] {
        let [height, width] = self.size().map(|side| side.div_ceil(divisor));
        let basis = basis();
        let most = self.frame.most();
        let n = if first_only { 1 } else { self.planes.len() };
        let mut parts = Vec::with_capacity(n);
        for (plane, component) in self.planes.iter().zip(&self.frame.components).take(n) {
            let times = [most[0] / component.h, most[1] / component.v];
            // A component stored smaller is made smaller by less, or not at all.
            let block = times.map(|times| {
                let whole = 8 / divisor;
                if matches!(times, 1 | 2 | 4) { (whole * times).min(8) } else { whole }
            });
            let left = [0, 1].map(|i| times[i] * (8 / divisor) / block[i]);
            let own = |side: usize, own: usize, most: usize, block: usize| (side * own * block).div_ceil(most * 8);
            let size = [
                own(self.frame.width, component.h, most[0], block[0]),
                own(self.frame.height, component.v, most[1], block[1]),
            ];
            parts.push((inverse(plane, &basis, block, size), left));
        }
        out.clear();
        out.resize(height * width * n, 0);
        let (mut row, mut spare) = (vec![0; width], Vec::new());
        for (y, to) in out.chunks_exact_mut((width * n).max(1)).enumerate() {
            for (i, (samples, times)) in parts.iter().enumerate() {
                if n == 1 {
                    picture_row(samples, *times, y, &mut spare, to);
                    continue;
                }
                picture_row(samples, *times, y, &mut spare, &mut row);
                to.iter_mut().skip(i).step_by(n).zip(&row).for_each(|(to, value)| *to = *value);
            }
        }
        [height, width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_the_basis_box_filtered() {
        let basis = basis();
        for k in 0..8 {
            assert!((means(&basis, 1)[k][0] * 8.0 - basis[k].iter().sum::<f32>()).abs() < 1e-6);
            assert!((means(&basis, 4)[k][3] * 2.0 - basis[k][6] - basis[k][7]).abs() < 1e-6);
        }
        // One coefficient alone: a step of 8 is a step of 1 everywhere.
        assert!((basis[0][3] * basis[0][5] * 8.0 - 1.0).abs() < 1e-6);
    }

    /// libjpeg's h2v1 of [0, 100, 255] by hand: (3 a + b + 1 or 2) / 4.
    #[test]
    fn chroma_is_smoothed() {
        let mut out = [0; 6];
        widen(&[0, 100, 255], &mut out, 1);
        assert_eq!(out, [0, 25, 75, 139, 216, 255]);
    }
}
