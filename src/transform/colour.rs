//! Colour as torchvision has it.

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
