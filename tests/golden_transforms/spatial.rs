//! Where the values stand.

use super::{FOLDER, Rule, Tolerance, missing, read, rule, spec, within};
use serde_json::Value;
use std::path::Path;
use trainscope::config::TransformSpec;
use trainscope::transform::{Chain, SampleSeed, Scratch};

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
    rule("monai", "Compose", compose, |_| within(2e-5)),
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

/// The index's chains with their spatial steps done as one. Not the same numbers, on purpose: the picture is sampled once,
/// bilinearly, where the index's were sampled twice, the second time by `area`, which at a zoom of 1.07 takes one pixel or
/// the mean of two. Measured, of values of 0 to 1: mean difference 0.003 (ramps) to 0.023 (photographs), largest 0.343;
/// for white noise, which any sampling smooths, 0.093 and 0.443. MONAI with `lazy=True` and a bilinear Zoom differs from the
/// index by the same figures to four digits.
#[test]
fn compositions_hold_when_they_are_done_as_one() {
    let Ok(index) = std::fs::read_to_string(Path::new(FOLDER).join("index.json")) else {
        return missing(format_args!("no golden files at {FOLDER}"));
    };
    let index: Value = serde_json::from_str(&index).unwrap();
    let mut cases = 0;
    for case in index["cases"].as_array().unwrap().iter().filter(|c| c["transform"] == "Compose") {
        let chain = Chain::build(&compose(&case["params"])).unwrap().with_fuse(true);
        let mut image = read(case["input"].as_str().unwrap());
        chain.run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut ()).unwrap();
        let expected = read(case["output"].as_str().unwrap());
        assert_eq!(image.shape(), expected.shape());
        let differences = || image.data.iter().zip(&expected.data).map(|(a, b)| (a - b).abs());
        let mean = differences().sum::<f32>() / expected.data.len() as f32;
        let largest = differences().fold(0.0, f32::max);
        println!("{}: mean difference {mean:.4}, largest {largest:.4}", case["input"]);
        let noise = case["input"] == "in_noise.npy";
        let (most_mean, most) = if noise { (0.095, 0.45) } else { (0.024, 0.35) };
        assert!(mean < most_mean && largest < most, "{case}: mean {mean}, largest {largest}");
        assert!(mean > 1e-3, "{case}: it was not sampled once");
        cases += 1;
    }
    assert!(cases > 0);
}

fn compose(params: &Value) -> Vec<TransformSpec> {
    params["steps"].as_array().unwrap().iter().map(|step| spec(step[0].as_str().unwrap(), &step[1])).collect()
}
