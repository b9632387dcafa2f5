//! How a picture is to be turned so that it is upright: EXIF's and TIFF's tag 274, by the numbers that both have.

use super::directory::Directory;
use super::header::Source;
use super::image::{Dtype, Image, Layout};

/// The tag.
pub(super) const ORIENTATION_TAG: u16 = 274;

/// 1 (upright as stored) to 8, of an EXIF block that stands at `at`.
pub(super) fn of_exif(source: &mut Source<'_>, at: u64) -> Option<u8> {
    // Many writers put the JPEG segment's own name before it, in PNG and WebP too.
    let at = if source.get(at, 6)? == b"Exif\0\0" { at + 6 } else { at };
    let directory = Directory::read(source, at)?;
    valid(directory.number(source, ORIENTATION_TAG)?)
}

/// The number, if it is one of the eight.
pub(super) fn valid(number: u64) -> Option<u8> {
    u8::try_from(number).ok().filter(|n| (1..=8).contains(n))
}

/// Rows and columns change places.
pub(super) fn is_on_its_side(orientation: u8) -> bool {
    matches!(orientation, 5..=8)
}

/// Turns and mirrors a channel-last image that is stored in that orientation; `spare` is another image's buffers.
pub(super) fn make_upright(image: &mut Image, orientation: u8, spare: &mut Image) {
    if !(2..=8).contains(&orientation) || image.layout != Layout::ChannelLast {
        return;
    }
    let [channels, height, width] = image.shape();
    let [rows, columns] = if is_on_its_side(orientation) { [width, height] } else { [height, width] };
    match image.dtype {
        Dtype::U8 => {
            let out = spare.reshape_bytes(channels, rows, columns, Layout::ChannelLast);
            turn(&image.bytes, out, [height, width], [rows, columns], channels, orientation);
        }
        Dtype::F32 => {
            let out = spare.reshape(channels, rows, columns, Layout::ChannelLast);
            turn(&image.data, out, [height, width], [rows, columns], channels, orientation);
            spare.sixteen_bit = image.sixteen_bit;
        }
    }
    std::mem::swap(image, spare);
}

fn turn<T: Copy>(
    from: &[T],
    to: &mut [T],
    [height, width]: [usize; 2],
    [rows, columns]: [usize; 2],
    channels: usize,
    orientation: u8,
) {
    for y in 0..rows {
        for x in 0..columns {
            let [row, column] = match orientation {
                2 => [y, width - 1 - x],
                3 => [height - 1 - y, width - 1 - x],
                4 => [height - 1 - y, x],
                5 => [x, y],
                6 => [height - 1 - x, y],
                7 => [height - 1 - x, width - 1 - y],
                _ => [x, width - 1 - y],
            };
            let (from_at, to_at) = ((row * width + column) * channels, (y * columns + x) * channels);
            to[to_at..to_at + channels].copy_from_slice(&from[from_at..from_at + channels]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `PIL.ImageOps.exif_transpose` makes of `[[0, 1, 2], [3, 4, 5]]`.
    #[test]
    fn every_orientation_is_pils() {
        let expected: [(u8, [usize; 2], [u8; 6]); 8] = [
            (1, [2, 3], [0, 1, 2, 3, 4, 5]),
            (2, [2, 3], [2, 1, 0, 5, 4, 3]),
            (3, [2, 3], [5, 4, 3, 2, 1, 0]),
            (4, [2, 3], [3, 4, 5, 0, 1, 2]),
            (5, [3, 2], [0, 3, 1, 4, 2, 5]),
            (6, [3, 2], [3, 0, 4, 1, 5, 2]),
            (7, [3, 2], [5, 2, 4, 1, 3, 0]),
            (8, [3, 2], [2, 5, 1, 4, 0, 3]),
        ];
        for (orientation, [height, width], values) in expected {
            let mut image =
                Image { layout: Layout::ChannelLast, ..Image::from_bytes([1, 2, 3], vec![0, 1, 2, 3, 4, 5]) };
            make_upright(&mut image, orientation, &mut Image::empty());
            assert_eq!((image.shape(), image.bytes.as_slice()), ([1, height, width], values.as_slice()));
            image.to_floats();
            image.sixteen_bit = true;
            make_upright(&mut image, 3, &mut Image::empty());
            assert!(image.data.len() == 6 && image.sixteen_bit, "turned numbers of 16 bits are such");
        }
    }
}
