//! Resampling of bytes to bytes, as PIL and torch's `uint8` kernels do it: weights in 16-bit fixed point, along the rows
//! first, rounded and clipped to bytes before the columns follow.

use super::window::Axis;

/// Buffers of [`resample_bytes`].
#[derive(Debug, Default)]
pub(crate) struct FixedPoint {
    rows: Vec<i16>,
    columns: Vec<i16>,
    between: Vec<u8>,
    line: Vec<i32>,
}

/// An axis's weights in fixed point; the number of fractional bits, the most that 16 bits have room for.
fn quantise(axis: &Axis, weights: &mut Vec<i16>) -> u32 {
    let largest = axis.weights.iter().copied().fold(0.0, f32::max);
    let bits = (0..22).find(|bits| 0.5 + f64::from(largest) * f64::from(1u32 << (bits + 1)) >= 32_768.0).unwrap_or(22);
    let one = (1u32 << bits) as f32;
    weights.clear();
    weights.extend(axis.weights.iter().map(|w| (w * one).round() as i16));
    bits
}

/// `[.., H, W, unit]` of `width` columns and `height` rows of `unit` bytes in `source`, resampled into `out`, whose size
/// follows from the tables.
pub(crate) fn resample_bytes(
    source: &[u8],
    [height, width, unit]: [usize; 3],
    rows: &Axis,
    columns: &Axis,
    buffers: &mut FixedPoint,
    out: &mut Vec<u8>,
) {
    let (line, out_line) = (width * unit, columns.starts.len() * unit);
    let (plane, out_plane) = (height * line, rows.starts.len() * out_line);
    if plane == 0 || out_plane == 0 {
        return;
    }
    let column_bits = quantise(columns, &mut buffers.columns);
    let row_bits = quantise(rows, &mut buffers.rows);
    out.resize(source.len() / plane * out_plane, 0);
    for (source, out) in source.chunks_exact(plane).zip(out.chunks_exact_mut(out_plane)) {
        let between = if columns.identity {
            source
        } else {
            buffers.between.resize(height * out_line, 0);
            for (line, out) in source.chunks_exact(line).zip(buffers.between.chunks_exact_mut(out_line)) {
                match unit {
                    1 => across::<1>(line, columns, &buffers.columns, column_bits, out),
                    2 => across::<2>(line, columns, &buffers.columns, column_bits, out),
                    3 => across::<3>(line, columns, &buffers.columns, column_bits, out),
                    _ => across::<4>(line, columns, &buffers.columns, column_bits, out),
                }
            }
            buffers.between.as_slice()
        };
        if rows.identity {
            out.copy_from_slice(between);
        } else {
            down(between, rows, &buffers.rows, row_bits, &mut buffers.line, out_line, out);
        }
    }
}

/// Clips what is left after the fraction is cut off; half of a unit was added before.
fn to_byte(sum: i32, bits: u32) -> u8 {
    (sum >> bits).clamp(0, 255) as u8
}

fn half(bits: u32) -> i32 {
    (1i32 << bits) >> 1
}

fn across<const UNIT: usize>(line: &[u8], columns: &Axis, weights: &[i16], bits: u32, out: &mut [u8]) {
    let (pixels, _) = line.as_chunks::<UNIT>();
    let (out, _) = out.as_chunks_mut::<UNIT>();
    let windows = columns.starts.iter().zip(weights.chunks_exact(columns.taps.max(1)));
    for (out, (&start, weights)) in out.iter_mut().zip(windows) {
        let mut sum = [half(bits); UNIT];
        for (pixel, weight) in pixels.iter().skip(start as usize).zip(weights) {
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += i32::from(*weight) * i32::from(*value);
            }
        }
        *out = sum.map(|sum| to_byte(sum, bits));
    }
}

fn down(source: &[u8], rows: &Axis, weights: &[i16], bits: u32, sums: &mut Vec<i32>, line: usize, out: &mut [u8]) {
    let windows = rows.starts.iter().zip(weights.chunks_exact(rows.taps.max(1)));
    for (out, (&start, weights)) in out.chunks_exact_mut(line).zip(windows) {
        sums.clear();
        sums.resize(line, half(bits));
        let window = source.chunks_exact(line).skip(start as usize);
        for (row, weight) in window.zip(weights).filter(|(_, weight)| **weight != 0) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += i32::from(*weight) * i32::from(*value);
            }
        }
        for (out, sum) in out.iter_mut().zip(sums.iter()) {
            *out = to_byte(*sum, bits);
        }
    }
}

/// The nearest pixels; the tables have one weight a position.
pub(crate) fn pick_bytes(
    source: &[u8],
    [height, width, unit]: [usize; 3],
    rows: &Axis,
    columns: &Axis,
    out: &mut Vec<u8>,
) {
    let (line, out_line) = (width * unit, columns.starts.len() * unit);
    let (plane, out_plane) = (height * line, rows.starts.len() * out_line);
    if plane == 0 || out_plane == 0 {
        return;
    }
    out.resize(source.len() / plane * out_plane, 0);
    for (source, out) in source.chunks_exact(plane).zip(out.chunks_exact_mut(out_plane)) {
        for (out, &row) in out.chunks_exact_mut(out_line).zip(&rows.starts) {
            let source = source.get(row as usize * line..).and_then(|s| s.get(..line)).unwrap_or_default();
            for (out, &column) in out.chunks_exact_mut(unit).zip(&columns.starts) {
                if let Some(pixel) = source.get(column as usize * unit..).and_then(|s| s.get(..unit)) {
                    out.copy_from_slice(pixel);
                }
            }
        }
    }
}
