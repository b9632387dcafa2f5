//! A separable resampling: rows first, which compiles to packed arithmetic, then along the row.

use super::window::Axis;

/// `[C, H, W]` of `width` columns and `height` rows in `source`, resampled into `out`, whose size follows from the
/// tables. `line` is a buffer for one row.
pub(crate) fn resample(
    source: &[f32],
    [height, width]: [usize; 2],
    rows: &Axis,
    columns: &Axis,
    line: &mut Vec<f32>,
    out: &mut Vec<f32>,
) {
    let plane = height * width;
    let out_width = columns.starts.len();
    let out_plane = rows.starts.len() * out_width;
    if plane == 0 || out_plane == 0 {
        return;
    }
    out.resize(source.len() / plane * out_plane, 0.0);
    line.resize(width, 0.0);
    for (source, out) in source.chunks_exact(plane).zip(out.chunks_exact_mut(out_plane)) {
        let mut rest = out;
        let mut before: Option<(&[f32], u32, &[f32])> = None;
        for (weights, &start) in rows.weights.chunks_exact(rows.taps.max(1)).zip(&rows.starts) {
            let (row, next) = rest.split_at_mut(out_width);
            rest = next;
            match before {
                // Padding by the edge: the row above once more.
                Some((w, s, above)) if s == start && w == weights => row.copy_from_slice(above),
                _ if columns.identity => down(source, width, start, weights, row),
                _ => {
                    let line = if let [1.0] = weights {
                        source.get(start as usize * width..).and_then(|s| s.get(..width)).unwrap_or_default()
                    } else {
                        down(source, width, start, weights, line);
                        line.as_slice()
                    };
                    across(line, columns, row);
                }
            }
            before = Some((weights, start, row));
        }
    }
}

/// One output row before its columns are resampled: the weighted sum of a window of rows.
fn down(source: &[f32], width: usize, start: u32, weights: &[f32], line: &mut [f32]) {
    let Some(window) = source.get(start as usize * width..) else { return };
    let mut rows = window.chunks_exact(width);
    match *weights {
        [a, b] => {
            if let (Some(p), Some(q)) = (rows.next(), rows.next()) {
                for ((v, p), q) in line.iter_mut().zip(p).zip(q) {
                    *v = a * p + b * q;
                }
            }
        }
        [a, b, c] => {
            if let (Some(p), Some(q), Some(r)) = (rows.next(), rows.next(), rows.next()) {
                for (((v, p), q), r) in line.iter_mut().zip(p).zip(q).zip(r) {
                    *v = a * p + b * q + c * r;
                }
            }
        }
        _ => {
            line.fill(0.0);
            for (weight, row) in weights.iter().zip(rows).filter(|(weight, _)| **weight != 0.0) {
                for (v, p) in line.iter_mut().zip(row) {
                    *v += weight * p;
                }
            }
        }
    }
}

/// A row's columns.
fn across(line: &[f32], columns: &Axis, out: &mut [f32]) {
    match columns.taps {
        1 => across_taps::<1>(line, columns, out),
        2 => across_taps::<2>(line, columns, out),
        3 => across_taps::<3>(line, columns, out),
        4 => across_taps::<4>(line, columns, out),
        taps => {
            let windows = columns.starts.iter().zip(columns.weights.chunks_exact(taps.max(1)));
            for (v, (&start, weights)) in out.iter_mut().zip(windows) {
                let inputs = line.get(start as usize..).unwrap_or_default();
                *v = inputs.iter().zip(weights).map(|(p, w)| p * w).sum();
            }
        }
    }
}

fn across_taps<const TAPS: usize>(line: &[f32], columns: &Axis, out: &mut [f32]) {
    let (weights, _) = columns.weights.as_chunks::<TAPS>();
    for ((v, &start), weights) in out.iter_mut().zip(&columns.starts).zip(weights) {
        if let Some(inputs) = line.get(start as usize..).and_then(|l| l.first_chunk::<TAPS>()) {
            let mut sum = inputs[0] * weights[0];
            for k in 1..TAPS {
                sum += inputs[k] * weights[k];
            }
            *v = sum;
        }
    }
}
