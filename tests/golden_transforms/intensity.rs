//! The values.

use super::{Rule, rule, spec, within};

pub const RULES: &[Rule] = &[
    // The same float32 operations in the same order.
    rule("monai", "ScaleIntensity", |p| vec![spec("ScaleIntensity", p)], |_| within(1e-7)),
    rule("monai", "ScaleIntensityRange", |p| vec![spec("ScaleIntensityRange", p)], |_| within(1e-7)),
    rule(
        "monai",
        "ScaleIntensityRangePercentiles",
        |p| vec![spec("ScaleIntensityRangePercentiles", p)],
        |_| within(1e-7),
    ),
    rule("monai", "ShiftIntensity", |p| vec![spec("ShiftIntensity", p)], |_| within(0.0)),
    rule("monai", "ThresholdIntensity", |p| vec![spec("ThresholdIntensity", p)], |_| within(0.0)),
    // Gamma 0.5 and 2, for which torch too takes the root and the square.
    rule("monai", "AdjustContrast", |p| vec![spec("AdjustContrast", p)], |_| within(3e-5)),
    // The mean and the deviation are summed in float64 here and in float32 there.
    rule("monai", "NormalizeIntensity", |p| vec![spec("NormalizeIntensity", p)], |_| within(2e-5)),
    rule("monai", "StdShiftIntensity", |p| vec![spec("StdShiftIntensity", p)], |_| within(3e-5)),
    // Sums of up to 13 products on each axis, in float32 and in another order than torch's; its weights are off by 1e-7,
    // as its erf is float32's.
    rule("monai", "GaussianSmooth", |p| vec![spec("GaussianSmooth", p)], |_| within(1.5e-4)),
    // The same, and the difference of two such sums times 30.
    rule("monai", "GaussianSharpen", |p| vec![spec("GaussianSharpen", p)], |_| within(5e-3)),
    // Values are only chosen.
    rule("monai", "MedianSmooth", |p| vec![spec("MedianSmooth", p)], |_| within(0.0)),
    // numpy interpolates in float64, this in float32.
    rule("monai", "HistogramNormalize", |p| vec![spec("HistogramNormalize", p)], |_| within(6e-5)),
    rule("torchvision", "erase", |p| vec![spec("erase", p)], |_| within(0.0)),
];
