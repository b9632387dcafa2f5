//! Sizes, crops and pads as torchvision has them.

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
