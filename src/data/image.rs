//! A decoded image: `f32` samples in the file's own units.

/// Where the channels stand in [`Image::data`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// `[H, W, C]`, as decoders write it.
    #[default]
    ChannelLast,
    /// `[C, H, W]`, as MONAI's `EnsureChannelFirst` makes it and training wants it.
    ChannelFirst,
}

/// An image in host memory. `data.len()` is `channels * height * width`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Image {
    /// 1 (gray) or 3 (red, green, blue) when decoded; transforms may say otherwise.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// The order of `data`.
    pub layout: Layout,
    /// Values as in the file: 0 to 255, or 0 to 65535 for 16 bit.
    pub data: Vec<f32>,
}

impl Image {
    /// No pixels yet: a buffer to decode into again and again.
    pub fn empty() -> Self {
        Self::default()
    }

    /// `[C, H, W]`, whatever the layout.
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.height, self.width]
    }

    /// Makes it `channels` x `height` x `width` of that layout and hands out the values to fill in (old ones may
    /// still be in there). Allocates only when it grows.
    pub fn reshape(&mut self, channels: usize, height: usize, width: usize, layout: Layout) -> &mut [f32] {
        (self.channels, self.height, self.width, self.layout) = (channels, height, width, layout);
        self.data.resize(channels * height * width, 0.0);
        &mut self.data
    }

    /// Makes the layout `[C, H, W]`; `scratch` is a buffer to swap with. One channel costs nothing.
    pub fn to_channel_first(&mut self, scratch: &mut Vec<f32>) {
        if self.layout == Layout::ChannelFirst {
            return;
        }
        self.layout = Layout::ChannelFirst;
        let channels = self.channels;
        if channels <= 1 {
            return;
        }
        let plane = self.height * self.width;
        scratch.resize(self.data.len(), 0.0);
        for (c, out) in scratch.chunks_exact_mut(plane.max(1)).enumerate() {
            for (to, from) in out.iter_mut().zip(self.data.iter().skip(c).step_by(channels)) {
                *to = *from;
            }
        }
        std::mem::swap(&mut self.data, scratch);
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
        self.data.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channel_first_moves_every_value() {
        let mut image = Image::empty();
        let values = image.reshape(3, 2, 2, Layout::ChannelLast);
        for (i, v) in values.iter_mut().enumerate() {
            *v = i as f32;
        }
        let before: Vec<_> = (0..3).map(|c| image.at(c, 1, 0)).collect();
        let mut scratch = Vec::new();
        image.to_channel_first(&mut scratch);
        assert_eq!(image.data, [0., 3., 6., 9., 1., 4., 7., 10., 2., 5., 8., 11.]);
        assert_eq!(before, (0..3).map(|c| image.at(c, 1, 0)).collect::<Vec<_>>());
        assert_eq!(image.shape(), [3, 2, 2]);
        assert_eq!(image.at(3, 0, 0), None);
    }
}
