//! Scaling, shifting, contrast and thresholds (MONAI).

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
