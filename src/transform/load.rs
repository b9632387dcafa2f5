//! LoadImage and EnsureChannelFirst: the steps every chain begins with. Reading and decoding are the loader's work;
//! what is left here is the order of axes.

use super::params::{ParamDefault, ParamKind, param};
use super::registry::{Family, Op, TransformInfo};
use super::scratch::Scratch;
use crate::data::{Image, Layout};

pub(super) const LOAD_IMAGE: TransformInfo = TransformInfo {
    name: "LoadImage",
    family: Family::Io,
    random: false,
    pinned: true,
    doc: "Reads and decodes the file. The time it takes is shown by the loader, as read and decode.",
    source: "MONAI 1.6.1 LoadImage; MONAI's PIL reader gives [W, H] where this gives [H, W] unless asked",
    params: &[param(
        "reverse_indexing",
        ParamKind::Bool,
        ParamDefault::Bool(false),
        "",
        "true: axis 0 is the picture's x, as MONAI's PIL reader has it by default; false: axis 0 is H",
    )],
    elsewhere: &[
        ("reader", "files are decoded by trainscope itself"),
        ("image_only", "an image carries no dictionary here"),
        ("dtype", "samples are float32 throughout"),
        ("ensure_channel_first", "EnsureChannelFirst is a step of its own"),
    ],
    build: |values| Ok(Op::LoadImage { reverse_indexing: values.bool("reverse_indexing") }),
};

pub(super) const ENSURE_CHANNEL_FIRST: TransformInfo = TransformInfo {
    name: "EnsureChannelFirst",
    family: Family::Io,
    random: false,
    pinned: true,
    doc: "Moves the channels to the front: [H, W, C] becomes [C, H, W]. Costs nothing for one channel.",
    source: "MONAI 1.6.1 EnsureChannelFirst",
    params: &[],
    elsewhere: &[
        ("strict_check", "the decoder always knows where the channels are"),
        ("channel_dim", "the decoder always knows where the channels are"),
    ],
    build: |_| Ok(Op::EnsureChannelFirst),
};

/// Swaps rows and columns, in either layout.
pub(super) fn transpose(image: &mut Image, scratch: &mut Scratch) {
    let [channels, height, width] = image.shape();
    let out = &mut scratch.image;
    out.resize(image.data.len(), 0.0);
    match image.layout {
        Layout::ChannelLast => {
            let row = (width * channels).max(1);
            for (x, column) in out.chunks_exact_mut((height * channels).max(1)).enumerate() {
                let from = image.data.chunks_exact(row).filter_map(|r| r.get(x * channels..(x + 1) * channels));
                for (to, from) in column.chunks_exact_mut(channels.max(1)).zip(from) {
                    to.copy_from_slice(from);
                }
            }
        }
        Layout::ChannelFirst => {
            let plane = (height * width).max(1);
            for (out, source) in out.chunks_exact_mut(plane).zip(image.data.chunks_exact(plane)) {
                for (x, column) in out.chunks_exact_mut(height).enumerate() {
                    for (to, from) in column.iter_mut().zip(source.iter().skip(x).step_by(width)) {
                        *to = *from;
                    }
                }
            }
        }
    }
    std::mem::swap(&mut image.data, out);
    (image.height, image.width) = (width, height);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_moves_every_value_and_twice_is_nothing() {
        for layout in [Layout::ChannelLast, Layout::ChannelFirst] {
            for channels in [1, 3] {
                let data: Vec<f32> = (0..channels * 6).map(|v| v as f32).collect();
                let before = Image { channels, height: 2, width: 3, layout, data };
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
