//! torchvision's colour and PIL operations.

use super::Rule;

pub const RULES: &[Rule] = &[];
