//! What takes parts of an image away.

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
