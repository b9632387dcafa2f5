//! What a step takes from host memory, and its way onto the device.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Samples in host memory, row-major.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    pub pixels: Pixels<'a>,
    /// `[N, C, H, W]`.
    pub shape: [usize; 4],
    /// Class of each sample.
    pub labels: &'a [u32],
    /// Where samples were mixed in pairs (MixUp, CutMix).
    pub mixed: Option<MixedLabels<'a>>,
}

/// Values of `[N, C, H, W]`.
#[derive(Debug, Clone, Copy)]
pub enum Pixels<'a> {
    Floats(&'a [f32]),
    /// A quarter of the way to the device: a value becomes `value * scale + shift` of its channel there.
    Bytes {
        bytes: &'a [u8],
        /// By channel; none leaves the values 0 to 255.
        scale: &'a [f32],
        /// As many as `scale`.
        shift: &'a [f32],
    },
}

/// The other label of each sample: loss = share * loss(labels) + (1 - share) * loss(partners).
#[derive(Debug, Clone, Copy)]
pub struct MixedLabels<'a> {
    /// 0 to 1.
    pub share: f32,
    pub partners: &'a [u32],
}

impl Pixels<'_> {
    /// The values on the device. With `host_converts` bytes are widened on the host, which is less work where host and
    /// device are one; else they travel four to a word and are taken apart there, which every backend can.
    pub(super) fn upload(&self, shape: [usize; 4], device: &Device, host_converts: bool) -> Tensor<4> {
        match self {
            Self::Floats(values) => Tensor::from_data(TensorData::new(values.to_vec(), shape), device),
            Self::Bytes { bytes, scale, shift } if host_converts => {
                let [_, channels, height, width] = shape;
                let mut values = Vec::with_capacity(bytes.len());
                for (i, plane) in bytes.chunks(height.saturating_mul(width).max(1)).enumerate() {
                    let channel = i % channels.max(1);
                    let scale = scale.get(channel).copied().unwrap_or(1.0);
                    let shift = shift.get(channel).copied().unwrap_or(0.0);
                    values.extend(plane.iter().map(|v| f32::from(*v) * scale + shift));
                }
                Tensor::from_data(TensorData::new(values, shape), device)
            }
            Self::Bytes { bytes, scale, shift } => {
                let values = unpack(bytes, device).reshape(shape);
                if scale.is_empty() {
                    return values;
                }
                let by_channel = |figures: &[f32]| {
                    Tensor::<4>::from_data(TensorData::new(figures.to_vec(), [1, figures.len(), 1, 1]), device)
                };
                values * by_channel(scale) + by_channel(shift)
            }
        }
    }
}

/// Bytes to floats, four to a word on their way.
fn unpack(bytes: &[u8], device: &Device) -> Tensor<1> {
    let (whole, rest) = bytes.as_chunks::<4>();
    let mut words: Vec<i32> = whole.iter().map(|four| i32::from_le_bytes(*four)).collect();
    if !rest.is_empty() {
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        words.push(i32::from_le_bytes(last));
    }
    let count = words.len();
    let words = Tensor::<1, Int>::from_data(TensorData::new(words, [count]), device);
    let byte = |k: i32| words.clone().bitwise_right_shift_scalar(8 * k).bitwise_and_scalar(255);
    let values = Tensor::stack::<2>((0..4).map(byte).collect(), 1).reshape([count * 4]);
    values.narrow(0, 0, bytes.len()).float()
}

#[cfg(test)]
mod tests {
    use super::super::OpenDevice;
    use super::super::trainer::read_values;
    use super::*;

    #[test]
    fn bytes_arrive_as_what_they_stand_for() {
        let device = OpenDevice::open("cpu").unwrap().device;
        for count in [1usize, 2, 3, 4, 7] {
            let shape = [count, 2, 3, 1];
            let bytes: Vec<u8> = (0..count * 6).map(|i| (i * 37 % 256) as u8).collect();
            for (scale, shift) in [(&[0.5, 2.0][..], &[1.0, -3.0][..]), (&[], &[])] {
                let expected: Vec<f32> = bytes
                    .iter()
                    .enumerate()
                    .map(|(i, v)| {
                        let of = |figures: &[f32], none| figures.get(i / 3 % 2).copied().unwrap_or(none);
                        f32::from(*v) * of(scale, 1.0) + of(shift, 0.0)
                    })
                    .collect();
                let pixels = Pixels::Bytes { bytes: &bytes, scale, shift };
                for host in [true, false] {
                    let values = read_values(pixels.upload(shape, &device, host)).unwrap();
                    assert_eq!(values, expected, "{count} {host}");
                }
            }
        }
    }
}
