//! The values.

use super::{Rule, rule, spec, within};

pub const RULES: &[Rule] = &[
    // The same float32 operations in the same order.
    rule("monai", "ScaleIntensity", |p| vec![spec("ScaleIntensity", p)], |_| within(1e-7)),
    // The mean and the deviation are summed in float64 here and in float32 there.
    rule("monai", "NormalizeIntensity", |p| vec![spec("NormalizeIntensity", p)], |_| within(2e-5)),
];
