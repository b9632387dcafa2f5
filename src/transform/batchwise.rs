//! MixUp and CutMix: on whole batches (torchvision).

use super::registry::TransformInfo;

pub(super) const ALL: &[TransformInfo] = &[];
