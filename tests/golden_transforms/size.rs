//! Resizing, cropping, padding.

use super::{Rule, rule, spec, within};

pub const RULES: &[Rule] = &[
    // As Zoom's.
    rule("monai", "Resize", |p| vec![spec("Resize", p)], |_| within(5e-4)),
    // Values are only moved.
    rule("monai", "CenterSpatialCrop", |p| vec![spec("CenterSpatialCrop", p)], |_| within(0.0)),
    rule("monai", "ResizeWithPadOrCrop", |p| vec![spec("ResizeWithPadOrCrop", p)], |_| within(0.0)),
    // Fixed-point weights as torch's, but the columns' pass comes first here: each pass rounds to whole counts.
    rule("torchvision", "resize", |p| vec![spec("resize", p)], |_| within(1.0)),
    rule("torchvision", "resized_crop", |p| vec![spec("resized_crop", p)], |_| within(1.0)),
];
