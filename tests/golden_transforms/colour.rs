//! torchvision's colour and PIL operations, on bytes.

use super::{Rule, rule, spec, within};
use serde_json::{Value, json};
use trainscope::config::TransformSpec;

/// The index calls every factor `factor`.
fn with_factor(name: &str, param: &str, params: &Value) -> Vec<TransformSpec> {
    vec![spec(name, &json!({ param: params["factor"] }))]
}

/// torch's own bytes, all of them, where nothing else is said.
pub const RULES: &[Rule] = &[
    rule(
        "torchvision",
        "adjust_brightness",
        |p| with_factor("adjust_brightness", "brightness_factor", p),
        |_| within(0.0),
    ),
    rule("torchvision", "adjust_contrast", |p| with_factor("adjust_contrast", "contrast_factor", p), |_| within(0.0)),
    rule(
        "torchvision",
        "adjust_saturation",
        |p| with_factor("adjust_saturation", "saturation_factor", p),
        |_| within(0.0),
    ),
    rule("torchvision", "adjust_hue", |p| with_factor("adjust_hue", "hue_factor", p), |_| within(0.0)),
    rule(
        "torchvision",
        "adjust_sharpness",
        |p| with_factor("adjust_sharpness", "sharpness_factor", p),
        |_| within(0.0),
    ),
    rule("torchvision", "posterize", |p| vec![spec("posterize", p)], |_| within(0.0)),
    rule("torchvision", "solarize", |p| vec![spec("solarize", p)], |_| within(0.0)),
    rule("torchvision", "autocontrast", |p| vec![spec("autocontrast", p)], |_| within(0.0)),
    rule("torchvision", "equalize", |p| vec![spec("equalize", p)], |_| within(0.0)),
    rule("torchvision", "invert", |p| vec![spec("invert", p)], |_| within(0.0)),
    rule("torchvision", "to_grayscale", |p| vec![spec("rgb_to_grayscale", p)], |_| within(0.0)),
    rule("torchvision", "gaussian_blur", |p| vec![spec("gaussian_blur", p)], |_| within(0.0)),
];
