//! Bending: grid distortion and elastic fields.

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
