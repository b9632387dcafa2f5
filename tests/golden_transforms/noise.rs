//! Noise, fields and bending.

use super::{Rule, rule, spec, within};

pub const RULES: &[Rule] = &[
    // Two float32 Fourier transforms of values up to 255, whose order of additions is not torch's.
    rule("monai", "GibbsNoise", |p| vec![spec("GibbsNoise", p)], |_| within(5e-4)),
];
