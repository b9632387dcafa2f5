//! Filtering with one kernel an axis, the same at every position, and what stands outside of the image meanwhile.

/// torch's padding modes of a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Padding {
    Zeros,
    /// Mirrored, the edge itself once.
    Reflect,
    Replicate,
    Circular,
}

/// The names of [`Padding`]s.
pub(crate) const PADDINGS: &[&str] = &["zeros", "reflect", "replicate", "circular"];

impl Padding {
    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "reflect" => Self::Reflect,
            "replicate" => Self::Replicate,
            "circular" => Self::Circular,
            _ => Self::Zeros,
        }
    }

    /// Which of `len` positions stands at `i`, however far outside; `None` for a zero.
    fn at(self, i: isize, len: usize) -> Option<usize> {
        let n = len as isize;
        match self {
            _ if (0..n).contains(&i) => Some(i as usize),
            _ if n == 0 => None,
            Self::Zeros => None,
            Self::Replicate => Some(i.clamp(0, n - 1) as usize),
            Self::Circular => Some(i.rem_euclid(n) as usize),
            Self::Reflect if n == 1 => Some(0),
            Self::Reflect => {
                let i = i.rem_euclid(2 * n - 2);
                Some(i.min(2 * n - 2 - i) as usize)
            }
        }
    }
}

/// Outputs worked on together: as many as stay in registers.
const LANES: usize = 16;

/// `[C, H, W]` of `height` and `width`, each plane filtered down its columns by the first kernel and along its rows by
/// the second (both of odd length, and not turned round), into `out`. `line` is a buffer for one row.
pub(crate) fn convolve(
    source: &[f32],
    [height, width]: [usize; 2],
    kernels: [&[f32]; 2],
    padding: Padding,
    line: &mut Vec<f32>,
    out: &mut Vec<f32>,
) {
    let plane = height * width;
    if plane == 0 {
        return;
    }
    let [down, across] = [reach(kernels[0], height, padding), reach(kernels[1], width, padding)];
    let tail = across.len() / 2;
    out.resize(source.len(), 0.0);
    line.clear();
    line.resize(width + 2 * tail, 0.0);
    for (source, out) in source.chunks_exact(plane).zip(out.chunks_exact_mut(plane)) {
        for (y, row) in out.chunks_exact_mut(width).enumerate() {
            let middle = line.get_mut(tail..tail + width).unwrap_or_default();
            weigh_rows(source, [height, width], y, down, padding, middle);
            if padding != Padding::Zeros {
                for i in 1..=tail {
                    let value =
                        |i: isize| padding.at(i, width).and_then(|at| line.get(tail + at)).copied().unwrap_or(0.0);
                    let (left, right) = (value(-(i as isize)), value((width + i - 1) as isize));
                    line[tail - i] = left;
                    line[tail + width + i - 1] = right;
                }
            }
            weigh_columns(line, across, row);
        }
    }
}

/// The part of a kernel that can meet anything but zeros.
fn reach(kernel: &[f32], len: usize, padding: Padding) -> &[f32] {
    let tail = kernel.len() / 2;
    match tail.checked_sub(len) {
        Some(spare) if padding == Padding::Zeros => kernel.get(spare + 1..kernel.len() - spare - 1).unwrap_or(kernel),
        _ => kernel,
    }
}

/// Row `y` of the image filtered down its columns.
fn weigh_rows(
    source: &[f32],
    [height, width]: [usize; 2],
    y: usize,
    kernel: &[f32],
    padding: Padding,
    row: &mut [f32],
) {
    let tail = kernel.len() / 2;
    let at = |k: usize| {
        let from = padding.at((y + k) as isize - tail as isize, height)?;
        source.get(from * width..(from + 1) * width)
    };
    if let ([1.0], Some(only)) = (kernel, at(0)) {
        row.copy_from_slice(only);
        return;
    }
    row.fill(0.0);
    let (fours, rest) = kernel.as_chunks::<4>();
    for (i, weights) in fours.iter().enumerate() {
        // Rows of zeros: any row, with no weight.
        let ([wa, wb, wc, wd], [a, b, c, d]) = {
            let mut weights = *weights;
            let rows: [&[f32]; 4] = std::array::from_fn(|k| {
                at(4 * i + k).unwrap_or_else(|| {
                    weights[k] = 0.0;
                    source.get(y * width..(y + 1) * width).unwrap_or_default()
                })
            });
            (weights, rows)
        };
        for ((((v, a), b), c), d) in row.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *v += wa * a + wb * b + (wc * c + wd * d);
        }
    }
    for (k, weight) in rest.iter().enumerate() {
        for (v, p) in row.iter_mut().zip(at(4 * fours.len() + k).unwrap_or_default()) {
            *v += weight * p;
        }
    }
}

/// A padded line filtered along itself.
fn weigh_columns(line: &[f32], kernel: &[f32], row: &mut [f32]) {
    if let [1.0] = kernel {
        row.copy_from_slice(line);
        return;
    }
    let (blocks, rest) = row.as_chunks_mut::<LANES>();
    let done = blocks.len() * LANES;
    for (i, block) in blocks.iter_mut().enumerate() {
        let line = line.get(i * LANES..).unwrap_or_default();
        let mut sums = [0.0; LANES];
        for (weight, inputs) in kernel.iter().zip(line.windows(LANES)) {
            for (sum, input) in sums.iter_mut().zip(inputs) {
                *sum += weight * input;
            }
        }
        *block = sums;
    }
    for (v, inputs) in rest.iter_mut().zip(line.get(done..).unwrap_or_default().windows(kernel.len())) {
        *v = inputs.iter().zip(kernel).map(|(p, w)| p * w).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paddings_look_where_torch_looks() {
        let row = |padding: Padding| (-4..7).map(|i| padding.at(i, 3).map_or(9, |at| at)).collect::<Vec<_>>();
        assert_eq!(row(Padding::Zeros), [9, 9, 9, 9, 0, 1, 2, 9, 9, 9, 9]);
        assert_eq!(row(Padding::Replicate), [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]);
        assert_eq!(row(Padding::Circular), [2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(row(Padding::Reflect), [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
        assert_eq!(Padding::Reflect.at(5, 1), Some(0));
    }

    /// Against sums over the whole window, for kernels shorter and longer than the image.
    #[test]
    fn sums_are_those_of_the_definition() {
        for [height, width] in [[1, 1], [3, 5], [7, 40], [20, 16]] {
            let source: Vec<f32> = (0..2 * height * width).map(|i| ((i * 37) % 19) as f32 - 5.0).collect();
            for (long, wide) in [(1, 3), (5, 1), (9, 11), (3, 63)] {
                let kernel = |len: usize| (0..len).map(|k| (k as f32 - 1.5) / len as f32).collect::<Vec<_>>();
                let (down, across) = (kernel(long), kernel(wide));
                for padding in PADDINGS.iter().map(|name| Padding::parse(name)) {
                    let (mut line, mut out) = (vec![7.0; 3], vec![5.0; 3]);
                    convolve(&source, [height, width], [&down, &across], padding, &mut line, &mut out);
                    for (i, v) in out.iter().enumerate() {
                        let (c, y, x) = (i / height / width, i / width % height, i % width);
                        let mut sum = 0.0;
                        for (j, wy) in down.iter().enumerate() {
                            for (k, wx) in across.iter().enumerate() {
                                let row = padding.at((y + j) as isize - (long / 2) as isize, height);
                                let column = padding.at((x + k) as isize - (wide / 2) as isize, width);
                                if let (Some(row), Some(column)) = (row, column) {
                                    sum += wy * wx * source[(c * height + row) * width + column];
                                }
                            }
                        }
                        assert!((v - sum).abs() < 1e-3, "{height} x {width}, {long} x {wide}, {padding:?}: {v} {sum}");
                    }
                }
            }
        }
    }
}
