//! A decoded image: bytes or `f32`, in the file's own units.

/// Where the channels stand in [`Image::data`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// `[H, W, C]`, as decoders write it.
    #[default]
    ChannelLast,
    /// `[C, H, W]`, as MONAI's `EnsureChannelFirst` makes it and training wants it.
    ChannelFirst,
}

/// Which buffer of an [`Image`] holds its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dtype {
    /// [`Image::bytes`]: 0 to 255, as 8-bit files have them; torch's `uint8`.
    U8,
    /// [`Image::data`].
    #[default]
    F32,
}

/// An image in host memory: `channels * height * width` values in the buffer that `dtype` names. The other buffer holds
/// nothing of meaning; it is kept to be used again.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// 1 (gray) or 3 (red, green, blue) when decoded; transforms may say otherwise.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// The order of the values.
    pub layout: Layout,
    pub dtype: Dtype,
    /// Values in the file's units when decoded: 0 to 65535 for 16 bit.
    pub data: Vec<f32>,
    pub bytes: Vec<u8>,
    /// The floats are the whole numbers of a 16-bit file, 0 to 65535: torch's `uint16`. What makes floats of 0 to 1 out of
    /// bytes makes them out of these too.
    pub sixteen_bit: bool,
}

impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        let same_form = self.shape() == other.shape() && self.layout == other.layout && self.dtype == other.dtype;
        let same_form = same_form && self.sixteen_bit == other.sixteen_bit;
        same_form
            && match self.dtype {
                Dtype::U8 => self.bytes == other.bytes,
                Dtype::F32 => self.data == other.data,
            }
    }
}

impl Image {
    /// No pixels yet: a buffer to decode into again and again.
    pub fn empty() -> Self {
        Self::default()
    }

    /// `[C, H, W]` of `shape` from values in C order.
    pub fn from_floats(shape: [usize; 3], data: Vec<f32>) -> Self {
        let [channels, height, width] = shape;
        Self { channels, height, width, layout: Layout::ChannelFirst, dtype: Dtype::F32, data, ..Self::default() }
    }

    /// `[C, H, W]` of `shape` from bytes in C order.
    pub fn from_bytes(shape: [usize; 3], bytes: Vec<u8>) -> Self {
        let [channels, height, width] = shape;
        Self { channels, height, width, layout: Layout::ChannelFirst, dtype: Dtype::U8, bytes, ..Self::default() }
    }

    /// `[C, H, W]`, whatever the layout.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// Bytes of both buffers, whatever is in them.
    pub fn kept_bytes(&self) -> u64 {
        (self.bytes.capacity() + 4 * self.data.capacity()) as u64
    }

    /// It is done with: buffers that grew for a large picture are given back.
    pub fn let_go(&mut self) {
        if self.kept_bytes() >= super::room::LARGE_BYTES {
            *self = Self::empty();
        }
    }

    /// Values in the buffer that counts.
    pub fn len(&self) -> usize {
        match self.dtype {
            Dtype::U8 => self.bytes.len(),
            Dtype::F32 => self.data.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes it `channels` x `height` x `width` floats of that layout and hands out the values to fill in (old ones may
    /// still be in there). Allocates only when it grows.
    pub fn reshape(&mut self, channels: usize, height: usize, width: usize, layout: Layout) -> &mut [f32] {
        (self.channels, self.height, self.width, self.layout) = (channels, height, width, layout);
        (self.dtype, self.sixteen_bit) = (Dtype::F32, false);
        self.data.resize(channels * height * width, 0.0);
        &mut self.data
    }

    /// As [`Self::reshape`], in bytes.
    pub fn reshape_bytes(&mut self, channels: usize, height: usize, width: usize, layout: Layout) -> &mut [u8] {
        (self.channels, self.height, self.width, self.layout) = (channels, height, width, layout);
        (self.dtype, self.sixteen_bit) = (Dtype::U8, false);
        self.bytes.resize(channels * height * width, 0);
        &mut self.bytes
    }

    /// Makes the values floats; those that are cost nothing.
    pub fn to_floats(&mut self) {
        if self.dtype == Dtype::U8 {
            self.dtype = Dtype::F32;
            self.data.resize(self.bytes.len(), 0.0);
            super::convert::widen(&self.bytes, &mut self.data);
        }
    }

    /// Makes the layout `[C, H, W]`; the buffers are there to swap with. One channel costs nothing.
    pub fn to_channel_first(&mut self, spare: &mut Vec<f32>, spare_bytes: &mut Vec<u8>) {
        if self.layout == Layout::ChannelFirst {
            return;
        }
        self.layout = Layout::ChannelFirst;
        let (channels, plane) = (self.channels, self.height * self.width);
        if channels <= 1 {
            return;
        }
        match self.dtype {
            Dtype::U8 => {
                spare_bytes.resize(self.bytes.len(), 0);
                split_channels(&self.bytes, channels, plane, spare_bytes, |v| v);
                std::mem::swap(&mut self.bytes, spare_bytes);
            }
            Dtype::F32 => {
                spare.resize(self.data.len(), 0.0);
                split_channels(&self.data, channels, plane, spare, |v| v);
                std::mem::swap(&mut self.data, spare);
            }
        }
    }

    /// Floats of `[C, H, W]`, in one pass where both are to be done.
    pub fn to_planar_floats(&mut self, spare: &mut Vec<f32>, spare_bytes: &mut Vec<u8>) {
        if self.dtype == Dtype::U8 && self.layout == Layout::ChannelLast && self.channels > 1 {
            self.data.resize(self.bytes.len(), 0.0);
            split_channels(&self.bytes, self.channels, self.height * self.width, &mut self.data, f32::from);
            (self.dtype, self.layout) = (Dtype::F32, Layout::ChannelFirst);
            return;
        }
        self.to_floats();
        self.to_channel_first(spare, spare_bytes);
    }

    /// The value at that channel, row and column, in either layout; `None` outside.
    pub fn at(&self, channel: usize, row: usize, column: usize) -> Option<f32> {
        if channel >= self.channels || row >= self.height || column >= self.width {
            return None;
        }
        let index = match self.layout {
            Layout::ChannelLast => (row * self.width + column) * self.channels + channel,
            Layout::ChannelFirst => (channel * self.height + row) * self.width + column,
        };
        match self.dtype {
            Dtype::U8 => self.bytes.get(index).copied().map(f32::from),
            Dtype::F32 => self.data.get(index).copied(),
        }
    }
}

/// `[plane, channels]` to `[channels, plane]`, each value through `value`.
pub(crate) fn split_channels<A: Copy, B>(
    from: &[A],
    channels: usize,
    plane: usize,
    to: &mut [B],
    value: impl Fn(A) -> B,
) {
    if channels == 3 && plane > 0 {
        // One walk over the pixels, as colour is the common case.
        let (red, rest) = to.split_at_mut(plane);
        let (green, blue) = rest.split_at_mut(plane);
        for (((pixel, r), g), b) in from.as_chunks::<3>().0.iter().zip(red).zip(green).zip(blue) {
            (*r, *g, *b) = (value(pixel[0]), value(pixel[1]), value(pixel[2]));
        }
        return;
    }
    for (c, out) in to.chunks_exact_mut(plane.max(1)).enumerate() {
        for (to, from) in out.iter_mut().zip(from.iter().skip(c).step_by(channels)) {
            *to = value(*from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_large_buffers_are_given_back() {
        let large = usize::try_from(crate::data::LARGE_BYTES).unwrap();
        for (bytes, kept) in [(large - 1, true), (large, false)] {
            // Never touched: it takes no memory.
            let mut image = Image { bytes: Vec::with_capacity(bytes), ..Image::from_bytes([1, 1, 0], Vec::new()) };
            image.let_go();
            assert_eq!(image.bytes.capacity() > 0, kept, "{bytes}");
        }
    }

    #[test]
    fn channel_first_moves_every_value() {
        for channels in [2, 3] {
            for planar_floats in [false, true] {
                let bytes: Vec<u8> = (0..4 * channels as u8).collect();
                let mut image = Image { layout: Layout::ChannelLast, ..Image::from_bytes([channels, 2, 2], bytes) };
                let mut floats = image.clone();
                floats.to_floats();
                let before: Vec<_> = (0..channels).map(|c| image.at(c, 1, 0)).collect();
                let mut spare = (Vec::new(), Vec::new());
                if planar_floats {
                    image.to_planar_floats(&mut spare.0, &mut spare.1);
                    assert_eq!(image.dtype, Dtype::F32);
                } else {
                    image.to_channel_first(&mut spare.0, &mut spare.1);
                    assert_eq!((image.dtype, image.bytes[1]), (Dtype::U8, channels as u8));
                }
                floats.to_channel_first(&mut spare.0, &mut spare.1);
                image.to_floats();
                assert_eq!(image, floats);
                assert_eq!(before, (0..channels).map(|c| image.at(c, 1, 0)).collect::<Vec<_>>());
                assert_eq!(image.shape(), [channels, 2, 2]);
                assert_eq!(image.at(channels, 0, 0), None);
            }
        }
    }
}
