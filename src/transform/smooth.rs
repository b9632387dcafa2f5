//! Smoothing and sharpening.

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
