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
fn inverse(plane: &Plane, basis: &[[f32; 8]; 8], [across, down]: [usize; 2], [width, height]: [usize; 2]) -> Samples {
    let (row_basis, column_basis) = (means(basis, across), means(basis, down));
    let stride = plane.blocks[0] * across;
    let mut values = vec![0; stride * plane.blocks[1] * down];
    let quantisation = plane.quantisation.map(f32::from);
    for by in 0..plane.blocks[1] {
        for bx in 0..plane.blocks[0] {
            let at = (by * plane.stride + bx) * 64;
            let Some(block) = plane.coefficients.get(at..at + 64) else { continue };
            let to = by * down * stride + bx * across;
            if block[1..].iter().all(|c| *c == 0) {
                let value = to_byte(f32::from(block[0]) * quantisation[0] / 8.0);
                (0..down).for_each(|y| values[to + y * stride..to + y * stride + across].fill(value));
                continue;
            }
            // Rows of coefficients to pixels, then columns: eight at a time, zero rows left out.
            let mut pixels = [[0f32; 8]; 8];
            for (v, coefficients) in block.as_chunks::<8>().0.iter().enumerate() {
                if *coefficients == [0; 8] {
                    continue;
                }
                let mut row = [0f32; 8];
                for (u, coefficient) in coefficients.iter().enumerate() {
                    if *coefficient != 0 {
                        let value = f32::from(*coefficient) * quantisation[v * 8 + u];
                        (0..8).for_each(|x| row[x] += value * row_basis[u][x]);
                    }
                }
                for (y, pixels) in pixels.iter_mut().enumerate().take(down) {
                    let weight = column_basis[v][y];
                    (0..8).for_each(|x| pixels[x] += weight * row[x]);
                }
            }
            for (y, pixels) in pixels.iter().enumerate().take(down) {
                let row = &mut values[to + y * stride..to + y * stride + across];
                row.iter_mut().zip(pixels).for_each(|(to, value)| *to = to_byte(*value));
            }
        }
    }
    Samples { width, height, stride, values }
}

/// A sample around 0 to one around 128.
fn to_byte(value: f32) -> u8 {
    // Saturates.
    (value + 128.5) as u8
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
