//! The transforms against MONAI 1.6.1's own results (`../shared/golden/transforms`); skipped, saying so, without them.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use trainscope::config::{ParamValue, TransformSpec};
use trainscope::data::{Image, Layout};
use trainscope::transform::{Chain, SampleSeed, Scratch};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/transforms");

/// How far a value may be off, and why. Inputs are 0 to 255.
#[derive(Clone, Copy)]
struct Tolerance {
    /// Largest difference of a value.
    value: f32,
    /// Share of the values that may differ by more.
    outliers: f64,
}

fn tolerance(transform: &str, params: &Value) -> Tolerance {
    let exact = |value| Tolerance { value, outliers: 0.0 };
    match transform {
        // The same float32 operations in the same order.
        "Flip" => exact(0.0),
        "ScaleIntensity" => exact(1e-7),
        // torch picks the pixel by float32 coordinates, which fall on the other side of a half now and then.
        "Rotate" if params["mode"] == "nearest" => Tolerance { value: 0.0, outliers: 2e-3 },
        // torch's grid is float32 in -1 to 1: coordinates are off by some 1e-5 pixels, times neighbours that differ
        // by up to 255. Ours are exact to 1e-9 pixels.
        "Rotate" => exact(5e-3),
        // Source positions are float32 here and there, and torch fuses a multiplication with an addition: positions up
        // to 64 are off by some 4e-6 pixels, times neighbours that differ by up to 255.
        "Zoom" | "Resize" => exact(5e-4),
        // The mean and the deviation are summed in float64 here and in float32 there.
        "NormalizeIntensity" => exact(2e-5),
        // Rotate's, on values of 0 to 1.
        "Compose" => exact(2e-5),
        other => panic!("no tolerance was set for {other}"),
    }
}

fn read(name: &str) -> Image {
    let bytes = std::fs::read(Path::new(FOLDER).join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let file = npyz::NpyFile::new(bytes.as_slice()).unwrap();
    let [channels, height, width] = file.shape().iter().map(|n| *n as usize).collect::<Vec<_>>()[..] else {
        panic!("{name}: not [C,H,W]")
    };
    let data = file.into_vec().unwrap();
    Image { channels, height, width, layout: Layout::ChannelFirst, data }
}

fn spec(name: &str, params: &Value) -> TransformSpec {
    fn value(v: &Value) -> ParamValue {
        match v {
            Value::Null => ParamValue::Text("none".to_owned()),
            Value::Bool(v) => ParamValue::Bool(*v),
            Value::Number(v) => v.as_i64().map_or_else(|| ParamValue::Float(v.as_f64().unwrap()), ParamValue::Int),
            Value::String(v) => ParamValue::Text(v.clone()),
            Value::Array(v) => ParamValue::List(v.iter().map(value).collect()),
            Value::Object(_) => panic!("{v}"),
        }
    }
    let params = params.as_object().unwrap();
    params.iter().fold(TransformSpec::new(name), |spec, (key, v)| spec.with(key, value(v)))
}

fn specs(transform: &str, params: &Value) -> Vec<TransformSpec> {
    if transform != "Compose" {
        return vec![spec(transform, params)];
    }
    params["steps"].as_array().unwrap().iter().map(|step| spec(step[0].as_str().unwrap(), &step[1])).collect()
}

#[test]
fn transforms_agree_with_monai() {
    let Ok(index) = std::fs::read_to_string(Path::new(FOLDER).join("index.json")) else {
        println!("skipped: no golden files at {FOLDER}");
        return;
    };
    let index: Value = serde_json::from_str(&index).unwrap();
    let wanted = ["ScaleIntensity", "Flip", "Rotate", "Zoom", "Resize", "NormalizeIntensity", "Compose"];
    let mut scratch = Scratch::default();
    let mut found: BTreeMap<&str, (usize, f32, f64)> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in index["cases"].as_array().unwrap().iter().filter(|c| c["library"] == "monai") {
        let transform = case["transform"].as_str().unwrap();
        let Some(name) = wanted.iter().find(|name| **name == transform) else { continue };
        let chain = Chain::build(&specs(transform, &case["params"])).unwrap_or_else(|e| panic!("{case}: {e}"));
        let mut image = read(case["input"].as_str().unwrap());
        chain.run(&mut image, &mut scratch, SampleSeed::default(), &mut ()).unwrap_or_else(|e| panic!("{case}: {e}"));
        let expected = read(case["output"].as_str().unwrap());
        let Tolerance { value, outliers } = tolerance(transform, &case["params"]);
        let entry = found.entry(name).or_default();
        entry.0 += 1;
        if image.shape() != expected.shape() {
            failures.push(format!("{case}: shape {:?}, expected {:?}", image.shape(), expected.shape()));
            continue;
        }
        let differences = || image.data.iter().zip(&expected.data).map(|(a, b)| (a - b).abs());
        let worst = differences().fold(0.0, f32::max);
        let off = differences().filter(|d| *d > value || d.is_nan()).count() as f64 / expected.data.len() as f64;
        entry.1 = entry.1.max(if outliers > 0.0 { 0.0 } else { worst });
        entry.2 = entry.2.max(off);
        if off > outliers {
            failures.push(format!("{case}: {:.3} % of the values are off, worst {worst}", off * 100.0));
        }
    }
    for (name, (cases, worst, off)) in &found {
        println!("{name}: {cases} cases, worst difference {worst:e}, off {:.4} %", off * 100.0);
    }
    println!("{} cases in all", found.values().map(|f| f.0).sum::<usize>());
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    for name in wanted {
        assert!(found.contains_key(name), "no case of {name} was run, though the folder is there");
    }
}
