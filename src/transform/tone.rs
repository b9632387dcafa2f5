//! The PIL operations as torchvision has them.

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
