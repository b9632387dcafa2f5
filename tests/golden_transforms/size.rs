//! Resizing, cropping, padding.

use super::{Rule, rule, spec, within};

pub const RULES: &[Rule] = &[
    // As Zoom's.
    rule("monai", "Resize", |p| vec![spec("Resize", p)], |_| within(5e-4)),
];
