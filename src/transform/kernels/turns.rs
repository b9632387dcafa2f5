//! Flips, transpositions and quarter turns: pixels are moved, none is made.

use super::scratch::Scratch;
use crate::data::{Dtype, Image};

/// Reverses rows, columns or both of `[C, H, W]`, bytes or floats.
pub(crate) fn flip_image(image: &mut Image, axes: [bool; 2]) {
    let size = [image.height, image.width];
    match image.dtype {
        Dtype::U8 => flip(&mut image.bytes, size, axes),
        Dtype::F32 => flip(&mut image.data, size, axes),
    }
}

/// Reverses the rows, the columns or both of every plane of `[height, width]`.
fn flip<T>(values: &mut [T], [height, width]: [usize; 2], axes: [bool; 2]) {
    if height * width == 0 {
        return;
    }
    for plane in values.chunks_exact_mut(height * width) {
        match axes {
            [true, true] => plane.reverse(),
            [true, false] => {
                let (top, rest) = plane.split_at_mut(height / 2 * width);
                for (a, b) in top.chunks_exact_mut(width).zip(rest.rchunks_exact_mut(width)) {
                    a.swap_with_slice(b);
                }
            }
            [false, true] => plane.chunks_exact_mut(width).for_each(<[T]>::reverse),
            [false, false] => {}
        }
    }
}

/// Turns `[C, H, W]` by so many quarters from H to W: anticlockwise as pictures are shown. Moves pixels only.
pub(crate) fn quarter_turns(image: &mut Image, quarters: i64, scratch: &mut Scratch) {
    // A quarter is a transposition and a flip.
    let (swap, axes) = match quarters.rem_euclid(4) {
        1 => (true, [true, false]),
        2 => (false, [true, true]),
        3 => (true, [false, true]),
        _ => return,
    };
    if swap {
        transpose(image, scratch);
    }
    flip_image(image, axes);
}

/// Rows and columns swapped.
pub(crate) fn transpose(image: &mut Image, scratch: &mut Scratch) {
    let size = [image.height, image.width];
    match image.dtype {
        Dtype::U8 => {
            transpose_planes(&image.bytes, size, &mut scratch.bytes);
            std::mem::swap(&mut image.bytes, &mut scratch.bytes);
        }
        Dtype::F32 => {
            transpose_planes(&image.data, size, &mut scratch.image);
            std::mem::swap(&mut image.data, &mut scratch.image);
        }
    }
    [image.width, image.height] = size;
}

/// Planes of `[height, width]` as `[width, height]`.
fn transpose_planes<T: Copy + Default>(from: &[T], [height, width]: [usize; 2], to: &mut Vec<T>) {
    /// Columns at a time, so that the rows read stay in the cache until all of them are used.
    const BAND: usize = 16;
    to.resize(from.len(), T::default());
    let plane = (height * width).max(1);
    for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
        for (band, to) in to.chunks_mut(BAND * height).enumerate() {
            for (row, from) in from.chunks_exact(width).enumerate() {
                let from = from.get(band * BAND..).unwrap_or_default();
                for (v, to) in from.iter().zip(to.iter_mut().skip(row).step_by(height)) {
                    *to = *v;
                }
            }
        }
    }
}
