//! Affine, Rotate90 and their random ones, Transpose (MONAI).

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
