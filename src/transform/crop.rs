//! Crops (MONAI).

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
