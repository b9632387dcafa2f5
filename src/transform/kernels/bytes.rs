//! Numbers between bytes and floats, rounded as torch rounds them.

use crate::data::{Dtype, Image};

/// What torch multiplies bytes by to bring them to 0 to 1, and floats to bring them to bytes: a bit less than 256, as
/// what follows cuts.
pub(crate) const BYTE: f32 = 1.0 / 255.0;
pub(crate) const TO_BYTE: f32 = 255.999;

/// torch's `clamp(0, 255).to(uint8)`: cut, not rounded.
pub(crate) fn to_byte(v: f32) -> u8 {
    v as u8
}

/// The result of each byte.
pub(crate) fn table(of: impl Fn(f32) -> f32) -> [u8; 256] {
    std::array::from_fn(|v| to_byte(of(v as f32)))
}

pub(crate) fn look_up(bytes: &mut [u8], table: &[u8; 256]) {
    bytes.iter_mut().for_each(|v| *v = table[usize::from(*v)]);
}

/// Brings floats to 0 to 1; NaN stays.
pub(crate) fn unit_range(v: f32) -> f32 {
    v.clamp(0.0, 1.0)
}

/// `a * b + c`, rounded once.
pub(crate) fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}

/// The upper eight of sixteen bits, as torch and Pillow make bytes of them.
pub(crate) fn high_bytes(image: &mut Image) {
    image.bytes.resize(image.data.len(), 0);
    image.bytes.iter_mut().zip(&image.data).for_each(|(to, from)| *to = (*from / 256.0) as u8);
    (image.dtype, image.sixteen_bit) = (Dtype::U8, false);
}
