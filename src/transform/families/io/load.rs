//! LoadImage and EnsureChannelFirst: the steps every chain begins with. Reading and decoding are the loader's work;
//! what is left here is the order of axes.

use crate::data::{Dtype, Image, Layout};
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Accepts, Operation, built};
use crate::transform::core::params::{ParamDefault, ParamKind, param};
use crate::transform::kernels::scratch::Scratch;

const LOAD_IMAGE: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "LoadImage",
    Family::Io,
    "Reads and decodes the file. The time it takes is shown by the loader, as read and decode.",
    &[param(
        "reverse_indexing",
        ParamKind::Bool,
        ParamDefault::Bool(false),
        "",
        "true: axis 0 is the picture's x, as MONAI's PIL reader has it by default; false: axis 0 is H",
    )],
    |values| built(LoadImage { reverse_indexing: values.bool("reverse_indexing") }),
)
.without(&[
    ("reader", "files are decoded by trainscope itself"),
    ("image_only", "an image carries no dictionary here"),
    ("dtype", "bytes become float32 where a transform needs it"),
    ("ensure_channel_first", "EnsureChannelFirst is a step of its own"),
    ("simple_keys", "an image carries no dictionary here"),
    ("prune_meta_pattern", "an image carries no dictionary here"),
    ("prune_meta_sep", "an image carries no dictionary here"),
    ("expanduser", "the dataset's folder is resolved before"),
])
.noting("MONAI's PIL reader gives [W, H] where this gives [H, W] unless asked")
.pinned();

const ENSURE_CHANNEL_FIRST: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "EnsureChannelFirst",
    Family::Io,
    "Moves the channels to the front: [H, W, C] becomes [C, H, W]. Costs nothing for one channel.",
    &[],
    |_| built(EnsureChannelFirst),
)
.without(&[
    ("strict_check", "the decoder always knows where the channels are"),
    ("channel_dim", "the decoder always knows where the channels are"),
])
.pinned();

pub(crate) const ALL: &[TransformInfo] = &[LOAD_IMAGE, ENSURE_CHANNEL_FIRST];

#[derive(Debug)]
struct LoadImage {
    reverse_indexing: bool,
}

impl Operation for LoadImage {
    fn accepts(&self) -> Accepts {
        Accepts::ANY
    }

    fn is_nothing(&self) -> bool {
        !self.reverse_indexing
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        transpose(image, scratch);
        Ok(())
    }
}

#[derive(Debug)]
struct EnsureChannelFirst;

impl Operation for EnsureChannelFirst {
    fn accepts(&self) -> Accepts {
        Accepts::PLANES
    }

    /// The chain has done it on the way here.
    fn apply(&self, _drawn: &Drawn, _image: &mut Image, _scratch: &mut Scratch) -> Result<(), Message> {
        Ok(())
    }
}

/// Swaps rows and columns, in either layout.
pub(crate) fn transpose(image: &mut Image, scratch: &mut Scratch) {
    match image.dtype {
        Dtype::U8 => {
            transpose_values(&image.bytes, image.shape(), image.layout, &mut scratch.bytes);
            std::mem::swap(&mut image.bytes, &mut scratch.bytes);
        }
        Dtype::F32 => {
            transpose_values(&image.data, image.shape(), image.layout, &mut scratch.image);
            std::mem::swap(&mut image.data, &mut scratch.image);
        }
    }
    std::mem::swap(&mut image.height, &mut image.width);
}

fn transpose_values<T: Copy + Default>(
    values: &[T],
    [channels, height, width]: [usize; 3],
    layout: Layout,
    out: &mut Vec<T>,
) {
    out.resize(values.len(), T::default());
    match layout {
        Layout::ChannelLast => {
            let row = (width * channels).max(1);
            for (x, column) in out.chunks_exact_mut((height * channels).max(1)).enumerate() {
                let from = values.chunks_exact(row).filter_map(|r| r.get(x * channels..(x + 1) * channels));
                for (to, from) in column.chunks_exact_mut(channels.max(1)).zip(from) {
                    to.copy_from_slice(from);
                }
            }
        }
        Layout::ChannelFirst => {
            let plane = (height * width).max(1);
            for (out, source) in out.chunks_exact_mut(plane).zip(values.chunks_exact(plane)) {
                for (x, column) in out.chunks_exact_mut(height).enumerate() {
                    for (to, from) in column.iter_mut().zip(source.iter().skip(x).step_by(width)) {
                        *to = *from;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_moves_every_value_and_twice_is_nothing() {
        for layout in [Layout::ChannelLast, Layout::ChannelFirst] {
            for channels in [1, 3] {
                let data: Vec<f32> = (0..channels * 6).map(|v| v as f32).collect();
                let before = Image { layout, ..Image::from_floats([channels, 2, 3], data) };
                let mut image = before.clone();
                let mut scratch = Scratch::default();
                transpose(&mut image, &mut scratch);
                assert_eq!(image.shape(), [channels, 3, 2]);
                for (c, y, x) in (0..channels).flat_map(|c| (0..2).flat_map(move |y| (0..3).map(move |x| (c, y, x)))) {
                    assert_eq!(image.at(c, x, y), before.at(c, y, x));
                }
                transpose(&mut image, &mut scratch);
                assert_eq!(image, before);
            }
        }
    }
}
