//! Matrix products in single precision: a few rows of the left matrix times a panel of columns of the right one, held in
//! registers while the inner dimension runs.

use super::vector::{Lanes, lanes, load, store, vectorized};
use macerator::{Scalar as _, Simd, WithSimd};

/// Rows of a tile: with two registers a row they, two of the panel and one of the left matrix fit AVX2's sixteen.
pub const TILE: usize = 6;
/// Inner dimension between two visits of a tile: the panel's part stays in the first-level cache.
pub const DEPTH_BLOCK: usize = 256;

/// Rows of a panel that are filled together.
const PACKED_ROWS: usize = 256;

/// Columns of a panel: two registers.
#[inline(always)]
fn panel_width<S: Simd>() -> usize {
    2 * lanes::<S>()
}

struct PanelWidth;

impl WithSimd for PanelWidth {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self) -> usize {
        panel_width::<S>()
    }
}

/// The right matrix of a product, `depth` x `columns`, in panels of as many columns as two registers hold; the last is
/// filled up with zeros.
pub struct Panels {
    pub depth: usize,
    pub columns: usize,
    values: Vec<f32>,
}

/// Where the elements of a weight stand: one axis becomes the columns, the two others the depth, of which `inner` runs
/// faster.
#[derive(Clone, Copy)]
pub struct WeightAxes {
    /// Count and distance of each.
    pub columns: (usize, usize),
    pub inner: (usize, usize),
    pub outer: (usize, usize),
    /// The outer axis runs backwards.
    pub flipped: bool,
}

impl Panels {
    pub fn new(weight: &[f32], axes: WeightAxes) -> Self {
        use rayon::prelude::*;
        let WeightAxes {
            columns: (columns, column_step),
            inner: (inner, inner_step),
            outer: (outer, outer_step),
            flipped,
        } = axes;
        let width = vectorized(PanelWidth);
        let depth = inner * outer;
        let mut values = vec![0.0; depth * columns.div_ceil(width) * width];
        values.par_chunks_mut((depth * width).max(1)).enumerate().for_each(|(p, panel)| {
            let first = p * width;
            let count = width.min(columns - first);
            let mut copy = |i: usize, j: usize| {
                let start = (first + j) * column_step + i * inner_step;
                for o in 0..outer {
                    let place = if flipped { outer - 1 - o } else { o };
                    panel[(o * inner + i) * width + j] = weight[start + place * outer_step];
                }
            };
            // What is written stays in the cache until the next column comes by; what is read is read on from there.
            let block = (PACKED_ROWS / outer.max(1)).max(1);
            for from in (0..inner).step_by(block) {
                let to = (from + block).min(inner);
                if column_step < inner_step {
                    (from..to).for_each(|i| (0..count).for_each(|j| copy(i, j)));
                } else {
                    (0..count).for_each(|j| (from..to).for_each(|i| copy(i, j)));
                }
            }
        });
        Self { depth, columns, values }
    }
}

/// `out[r, c] = Σ_k left[r, k] * panels[k, c]` for the rows that `out` has (`panels.columns` values each) and the k in
/// `depths`; row r of the left matrix begins at `left[r * stride]`, with the first of these k.
pub struct Multiply<'a> {
    pub left: &'a [f32],
    pub stride: usize,
    pub panels: &'a Panels,
    pub depths: std::ops::Range<usize>,
    pub out: &'a mut [f32],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { left, stride, panels, depths, out } = self;
        let (depth, columns) = (panels.depth, panels.columns);
        let panel_width = panel_width::<S>();
        let rows = out.len() / columns;
        let mut from = depths.start;
        while from < depths.end {
            let to = (from + DEPTH_BLOCK).min(depths.end);
            for (p, panel) in panels.values.chunks_exact(depth * panel_width).enumerate() {
                let panel = &panel[from * panel_width..to * panel_width];
                let first = p * panel_width;
                let width = panel_width.min(columns - first);
                let mut row = 0;
                while row < rows {
                    let left = &left[row * stride..];
                    let out = &mut out[row * columns + first..];
                    let (from_left, to_left) = (from - depths.start, to - depths.start);
                    let left = LeftRows { values: left, stride, from: from_left, to: to_left };
                    let out = OutRows { values: out, stride: columns, width, add: from > 0 };
                    match rows - row {
                        1 => tile::<S, 1>(left, panel, out),
                        2 => tile::<S, 2>(left, panel, out),
                        3 => tile::<S, 3>(left, panel, out),
                        4 => tile::<S, 4>(left, panel, out),
                        5 => tile::<S, 5>(left, panel, out),
                        _ => tile::<S, 6>(left, panel, out),
                    }
                    row += TILE;
                }
            }
            from = to;
        }
    }
}

/// Columns `from..to` of the left matrix's next rows.
struct LeftRows<'a> {
    values: &'a [f32],
    stride: usize,
    from: usize,
    to: usize,
}

/// Where a tile's sums go.
struct OutRows<'a> {
    values: &'a mut [f32],
    stride: usize,
    width: usize,
    /// They are added to what is there.
    add: bool,
}

#[inline(always)]
fn tile<S: Simd, const M: usize>(left: LeftRows<'_>, panel: &[f32], out: OutRows<'_>) {
    let depth = left.to - left.from;
    let rows: [&[f32]; M] = std::array::from_fn(|i| &left.values[i * left.stride + left.from..][..depth]);
    let n = lanes::<S>();
    let mut sums = [[0.0_f32.splat::<S>(); 2]; M];
    for (k, right) in panel.chunks_exact(2 * n).take(depth).enumerate() {
        let right = [load::<S>(right), load::<S>(&right[n..])];
        for i in 0..M {
            let left = rows[i][k].splat::<S>();
            sums[i][0] = left.mul_add(right[0], sums[i][0]);
            sums[i][1] = left.mul_add(right[1], sums[i][1]);
        }
    }
    for (i, sums) in sums.into_iter().enumerate() {
        let out_row = &mut out.values[i * out.stride..][..out.width];
        put::<S>(sums, out_row, out.add);
    }
}

/// A tile's row goes to its place, which may be narrower.
#[inline(always)]
fn put<S: Simd>(sums: [Lanes<S>; 2], out: &mut [f32], add: bool) {
    let n = lanes::<S>();
    if out.len() == 2 * n {
        for (sum, out) in sums.into_iter().zip(out.chunks_exact_mut(n)) {
            let sum = if add { load::<S>(out) + sum } else { sum };
            store::<S>(out, sum);
        }
    } else {
        let sums: &[f32] = bytemuck::cast_slice(&sums);
        for (out, sum) in out.iter_mut().zip(sums) {
            *out = if add { *out + sum } else { *sum };
        }
    }
}

/// `out[k, c] += Σ_p left[p, k] * right[p, c]`: the product of a transposed matrix, of which `right` has `columns` a row and
/// `left` a row every `stride` values, `depth` of them used.
pub struct MultiplyTransposed<'a> {
    pub left: &'a [f32],
    pub stride: usize,
    pub depth: usize,
    pub right: &'a [f32],
    pub columns: usize,
    /// `[depth, columns]`.
    pub out: &'a mut [f32],
    /// A panel of the right matrix, kept from call to call.
    pub scratch: &'a mut Vec<f32>,
}

impl WithSimd for MultiplyTransposed<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self) {
        let Self { left, stride, depth, right, columns, out, scratch } = self;
        let panel_width = panel_width::<S>();
        let rows = right.len() / columns;
        scratch.clear();
        scratch.resize(rows * panel_width, 0.0);
        let mut first = 0;
        while first < columns {
            let width = panel_width.min(columns - first);
            for (panel, right) in scratch.chunks_exact_mut(panel_width).zip(right.chunks_exact(columns)) {
                let right = &right[first..][..width];
                if width == panel_width {
                    panel.copy_from_slice(right);
                } else {
                    panel[..width].copy_from_slice(right);
                    panel[width..].fill(0.0);
                }
            }
            let mut k = 0;
            while k < depth {
                let left = LeftRows { values: left, stride, from: k, to: depth };
                let out = OutRows { values: &mut out[k * columns + first..], stride: columns, width, add: true };
                match depth - k {
                    1 => tile_transposed::<S, 1>(left, scratch, out),
                    2 => tile_transposed::<S, 2>(left, scratch, out),
                    3 => tile_transposed::<S, 3>(left, scratch, out),
                    4 => tile_transposed::<S, 4>(left, scratch, out),
                    5 => tile_transposed::<S, 5>(left, scratch, out),
                    _ => tile_transposed::<S, 6>(left, scratch, out),
                }
                k += TILE;
            }
            first += panel_width;
        }
    }
}

/// `M` columns of the left matrix, from `left.from` on, times the panel.
#[inline(always)]
fn tile_transposed<S: Simd, const M: usize>(left: LeftRows<'_>, panel: &[f32], out: OutRows<'_>) {
    let n = lanes::<S>();
    let mut sums = [[0.0_f32.splat::<S>(); 2]; M];
    let values = &left.values[left.from..];
    for (row, right) in values.chunks(left.stride).zip(panel.chunks_exact(2 * n)) {
        let right = [load::<S>(right), load::<S>(&right[n..])];
        let row = &row[..M];
        for i in 0..M {
            let left = row[i].splat::<S>();
            sums[i][0] = left.mul_add(right[0], sums[i][0]);
            sums[i][1] = left.mul_add(right[1], sums[i][1]);
        }
    }
    for (i, sums) in sums.into_iter().enumerate() {
        put::<S>(sums, &mut out.values[i * out.stride..][..out.width], out.add);
    }
}
