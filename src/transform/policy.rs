//! Policies: they choose among other transforms (torchvision).

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
