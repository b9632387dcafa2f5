//! The transforms against MONAI 1.6.1's and torchvision 0.29.2's own results (`../shared/golden/transforms`). Every case of the index must have a rule, which says how near it comes and why not nearer.

mod colour;
mod intensity;
#[path = "../common/missing.rs"]
mod missing;
mod noise;
mod size;
mod spatial;

use missing::missing;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use trainscope::config::{ParamValue, TransformSpec};
use trainscope::data::Image;
use trainscope::transform::{Chain, SampleSeed, Scratch};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/transforms");

/// How far a value may be off. Inputs are 0 to 255.
#[derive(Clone, Copy)]
pub struct Tolerance {
    /// Largest difference of a value.
    value: f32,
    /// Share of the values that may differ by more.
    outliers: f64,
}

/// Every value within this.
const fn within(value: f32) -> Tolerance {
    Tolerance { value, outliers: 0.0 }
}

/// How cases of a transform are run and judged.
pub struct Rule {
    /// As the index has it.
    library: &'static str,
    transform: &'static str,
    /// The case's parameters as a chain.
    specs: fn(&Value) -> Vec<TransformSpec>,
    /// From the case's parameters.
    tolerance: fn(&Value) -> Tolerance,
}

const fn rule(
    library: &'static str,
    transform: &'static str,
    specs: fn(&Value) -> Vec<TransformSpec>,
    tolerance: fn(&Value) -> Tolerance,
) -> Rule {
    Rule { library, transform, specs, tolerance }
}

fn rules() -> impl Iterator<Item = &'static Rule> {
    [spatial::RULES, size::RULES, intensity::RULES, noise::RULES, colour::RULES].into_iter().flatten()
}

/// `[C, H, W]`, bytes or floats as the file has them.
fn read(name: &str) -> Image {
    let bytes = std::fs::read(Path::new(FOLDER).join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let open = || npyz::NpyFile::new(bytes.as_slice()).unwrap();
    let [channels, height, width] = open().shape().iter().map(|n| *n as usize).collect::<Vec<_>>()[..] else {
        panic!("{name}: not [C,H,W]")
    };
    match open().into_vec::<u8>() {
        Ok(bytes) => Image::from_bytes([channels, height, width], bytes),
        Err(_) => Image::from_floats([channels, height, width], open().into_vec().unwrap()),
    }
}

/// A transform with the case's parameters as they are.
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

#[test]
fn transforms_agree_with_the_libraries() {
    let Ok(index) = std::fs::read_to_string(Path::new(FOLDER).join("index.json")) else {
        return missing(format_args!("no golden files at {FOLDER}"));
    };
    let index: Value = serde_json::from_str(&index).unwrap();
    let mut scratch = Scratch::default();
    let mut found: BTreeMap<(&str, &str), (usize, f32, f64)> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut without_rule = 0;
    for case in index["cases"].as_array().unwrap() {
        let (library, transform) = (case["library"].as_str().unwrap(), case["transform"].as_str().unwrap());
        let Some(rule) = rules().find(|r| (r.library, r.transform) == (library, transform)) else {
            failures.push(format!("no rule for {library} {transform}"));
            without_rule += 1;
            continue;
        };
        let params = &case["params"];
        let chain = Chain::build(&(rule.specs)(params)).unwrap_or_else(|e| panic!("{case}: {e}"));
        let mut image = read(case["input"].as_str().unwrap());
        chain.run(&mut image, &mut scratch, SampleSeed::default(), &mut ()).unwrap_or_else(|e| panic!("{case}: {e}"));
        let mut expected = read(case["output"].as_str().unwrap());
        expected.to_floats();
        let Tolerance { value, outliers } = (rule.tolerance)(params);
        let entry = found.entry((rule.library, rule.transform)).or_default();
        entry.0 += 1;
        if image.shape() != expected.shape() {
            failures.push(format!("{case}: shape {:?}, expected {:?}", image.shape(), expected.shape()));
            continue;
        }
        let differences = || image.data.iter().zip(&expected.data).map(|(a, b)| (a - b).abs());
        let worst = differences().fold(0.0, f32::max);
        let off = differences().filter(|d| *d > value || d.is_nan()).count() as f64 / expected.data.len() as f64;
        entry.1 = entry.1.max(worst);
        entry.2 = entry.2.max(off);
        if off > outliers {
            failures.push(format!("{case}: {:.3} % of the values are off, worst {worst}", off * 100.0));
        }
    }
    for ((library, name), (cases, worst, off)) in &found {
        println!("{library} {name}: {cases} cases, worst difference {worst:e}, beyond it {:.4} %", off * 100.0);
    }
    println!("{} cases in all, {without_rule} without a rule", found.values().map(|f| f.0).sum::<usize>());
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    for rule in rules() {
        let name = (rule.library, rule.transform);
        assert!(found.contains_key(&name), "no case of {name:?} was run, though the folder is there");
    }
}
