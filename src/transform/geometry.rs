//! Flips, rotation, affine and perspective as torchvision has them.

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
