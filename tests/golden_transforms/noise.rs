//! Noise, fields and bending.

use super::Rule;

pub const RULES: &[Rule] = &[];
