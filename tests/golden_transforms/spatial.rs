//! Where the values stand.

use super::{Rule, Tolerance, rule, spec, within};
use serde_json::Value;
use trainscope::config::TransformSpec;

pub const RULES: &[Rule] = &[
    // Values are only moved.
    rule("monai", "Flip", |p| vec![spec("Flip", p)], |_| within(0.0)),
    rule(
        "monai",
        "Rotate",
        |p| vec![spec("Rotate", p)],
        |p| {
            if p["mode"] == "nearest" {
                // torch picks the pixel by float32 coordinates, which fall on the other side of a half now and then.
                Tolerance { value: 0.0, outliers: 2e-3 }
            } else {
                // torch's grid is float32 in -1 to 1: coordinates are off by some 1e-5 pixels, times neighbours that
                // differ by up to 255. Ours are exact to 1e-9 pixels.
                within(5e-3)
            }
        },
    ),
    rule("monai", "Rotate90", |p| vec![spec("Rotate90", p)], |_| within(0.0)),
    // As Rotate's; a scale of 1.1 and a shear make coordinates larger.
    rule("monai", "Affine", |p| vec![spec("Affine", p)], |_| within(5e-3)),
    // Source positions are float32 here and there, and torch fuses a multiplication with an addition: positions up to
    // 64 are off by some 4e-6 pixels, times neighbours that differ by up to 255.
    rule("monai", "Zoom", |p| vec![spec("Zoom", p)], |_| within(5e-4)),
    // Rotate's, on values of 0 to 1.
    rule(
        "monai",
        "Compose",
        |p| p["steps"].as_array().unwrap().iter().map(|step| spec(step[0].as_str().unwrap(), &step[1])).collect(),
        |_| within(2e-5),
    ),
    rule("torchvision", "hflip", |_| vec![TransformSpec::new("horizontal_flip")], |_| within(0.0)),
    rule("torchvision", "vflip", |_| vec![TransformSpec::new("vertical_flip")], |_| within(0.0)),
    rule("torchvision", "rotate", |p| vec![spec("rotate", &angle(p))], |_| within(0.0)),
    rule("torchvision", "affine", |p| vec![spec("affine", &angle(p))], |_| within(0.0)),
    rule("torchvision", "perspective", |p| vec![spec("perspective", p)], |_| within(0.0)),
];

/// The index calls torchvision's `angle` `angle_deg`.
fn angle(params: &Value) -> Value {
    let mut params = params.clone();
    if let Some(angle) = params.as_object_mut().and_then(|p| p.remove("angle_deg")) {
        params["angle"] = angle;
    }
    params
}
