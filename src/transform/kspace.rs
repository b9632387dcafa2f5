//! Noise in the Fourier domain (MONAI).

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
