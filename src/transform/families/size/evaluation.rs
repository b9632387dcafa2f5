//! What stands in the place of random crops in validation and test: as the libraries' own reference training has it.

use crate::config::{ParamValue, TransformSpec};

/// The part of the shorter side that torchvision's reference evaluation keeps: 224 of 256.
const KEPT: f64 = 224.0 / 256.0;

fn value(spec: &TransformSpec, param: &str, default: i64) -> ParamValue {
    spec.params.get(param).cloned().unwrap_or(ParamValue::Int(default))
}

/// The crop about the centre instead of one anywhere.
pub(crate) fn center_crop(spec: &TransformSpec) -> Vec<TransformSpec> {
    vec![TransformSpec::new("CenterCrop").with("size", value(spec, "size", 224))]
}

/// The shorter side brought to a little more than the size, then the crop about the centre.
pub(crate) fn resize_and_center_crop(spec: &TransformSpec) -> Vec<TransformSpec> {
    let sides = match value(spec, "size", 224) {
        ParamValue::List(list) => list,
        one => vec![one],
    };
    let longest = sides.iter().filter_map(ParamValue::as_f64).fold(1.0, f64::max);
    let resize = resize(spec, ParamValue::Int((longest / KEPT).round() as i64));
    [vec![resize], center_crop(spec)].concat()
}

/// A resize by the given size, the other parameters of the spec's where both have them.
fn resize(spec: &TransformSpec, size: ParamValue) -> TransformSpec {
    let shared = ["interpolation", "antialias"].into_iter().filter_map(|name| spec.params.get_key_value(name));
    let resize = TransformSpec::new("torchvision.Resize").with("size", size);
    shared.fold(resize, |resize, (name, value)| resize.with(name, value.clone()))
}

/// The middle of the lengths that may be drawn.
pub(crate) fn middle_resize(spec: &TransformSpec) -> Vec<TransformSpec> {
    let length = |name, default| value(spec, name, default).as_f64().unwrap_or(default as f64);
    let middle = (length("min_size", 224) + length("max_size", 257) - 1.0) / 2.0;
    vec![resize(spec, ParamValue::Int(middle.round() as i64))]
}

/// The last of the lengths, as torchvision's reference evaluation of detectors has it; they come in ascending order.
pub(crate) fn longest_shortest_size(spec: &TransformSpec) -> Vec<TransformSpec> {
    let size = match value(spec, "min_size", 224) {
        ParamValue::List(list) => list.last().cloned().unwrap_or(ParamValue::Int(224)),
        one => one,
    };
    let most = spec.params.get("max_size").and_then(ParamValue::as_f64);
    let size = size.as_f64().unwrap_or(224.0);
    // Resize wants the longer side's bound to be more than the shorter side.
    let shorter = resize(spec, ParamValue::Int(most.map_or(size, |most| size.min(most - 1.0)).max(1.0) as i64));
    vec![most.into_iter().fold(shorter, |resize, most| resize.with("max_size", ParamValue::Int(most as i64)))]
}

/// As large as fits the target, the factor being 1.
pub(crate) fn scale_jitter_at_one(spec: &TransformSpec) -> Vec<TransformSpec> {
    let one = ParamValue::List(vec![ParamValue::Float(1.0), ParamValue::Float(1.0)]);
    vec![spec.clone().with("scale_range", one)]
}

/// MONAI's crop about the centre instead of one anywhere.
pub(crate) fn center_spatial_crop(spec: &TransformSpec) -> Vec<TransformSpec> {
    let crop = TransformSpec::new("CenterSpatialCrop");
    vec![spec.params.get("roi_size").cloned().into_iter().fold(crop, |crop, size| crop.with("roi_size", size))]
}

/// The same for a part of the image.
pub(crate) fn center_scale_crop(spec: &TransformSpec) -> Vec<TransformSpec> {
    let crop = TransformSpec::new("CenterScaleCrop");
    vec![spec.params.get("roi_scale").cloned().into_iter().fold(crop, |crop, scale| crop.with("roi_scale", scale))]
}

#[cfg(test)]
mod tests {
    use crate::transform::tests::{chain, picture, run};

    #[test]
    fn validation_sees_images_of_the_training_size() {
        for (toml, names) in [
            ("name = \"RandomResizedCrop\"\nsize = 24", vec!["torchvision.Resize", "CenterCrop"]),
            ("name = \"RandomResizedCrop\"\nsize = [16, 24]", vec!["torchvision.Resize", "CenterCrop"]),
            ("name = \"RandomCrop\"\nsize = [20, 10]", vec!["CenterCrop"]),
            ("name = \"RandSpatialCrop\"\nroi_size = [20, 10]\nrandom_size = false", vec!["CenterSpatialCrop"]),
            ("name = \"RandScaleCrop\"\nroi_scale = 0.5\nrandom_size = false", vec!["CenterScaleCrop"]),
            ("name = \"RandAffine\"\nspatial_size = [20, 10]\nmode = \"nearest\"", vec!["Affine"]),
            ("name = \"RandAffine\"\nspatial_size = [-1, 10]", vec!["Affine"]),
            ("name = \"Rand2DElastic\"\nspatial_size = 24\npadding_mode = \"zeros\"", vec!["Affine"]),
            ("name = \"RandSmoothDeform\"\nspatial_size = [20, 10]\nprob = 1", vec!["Resize"]),
            ("name = \"RandAffine\"", vec![]),
            ("name = \"Rand2DElastic\"\nspatial_size = -1", vec![]),
            ("name = \"RandSmoothDeform\"\nspatial_size = -1\nprob = 1", vec![]),
        ] {
            let training = chain(&format!("[[transform]]\n{toml}\n")).unwrap();
            let evaluation = training.deterministic();
            let found: Vec<&str> = evaluation.steps().iter().map(|step| step.name()).collect();
            assert_eq!(found, names, "{toml}");
            let image = picture(1, 40, 60);
            assert_eq!(run(&training, &image, 1).shape(), run(&evaluation, &image, 1).shape(), "{toml}");
        }
    }

    /// What MONAI does where it does not happen is what validation sees.
    #[test]
    fn a_size_of_its_own_is_kept_where_nothing_happens() {
        let image = picture(1, 40, 60);
        for name in ["RandAffine", "Rand2DElastic"] {
            let chain = chain(&format!("[[transform]]\nname = \"{name}\"\nspatial_size = [20, 31]\nprob = 0")).unwrap();
            let (training, evaluation) = (run(&chain, &image, 1), run(&chain.deterministic(), &image, 1));
            assert_eq!(training.shape(), evaluation.shape());
            assert!(training.data.iter().zip(&evaluation.data).all(|(a, b)| (a - b).abs() < 1e-2), "{name}");
        }
        for (toml, fixed) in [
            ("name = \"RandAffine\"\nspatial_size = [20, 10]", true),
            ("name = \"RandAffine\"\nspatial_size = [20, -1]", false),
            ("name = \"RandAffine\"", false),
            ("name = \"Rand2DElastic\"\nspatial_size = 20", true),
            ("name = \"RandSmoothDeform\"\nspatial_size = 20\nprob = 1", true),
            ("name = \"RandSmoothDeform\"\nspatial_size = 20\nprob = 0.5", false),
        ] {
            let chain = chain(&format!("[[transform]]\n{toml}\n")).unwrap();
            assert_eq!(chain.steps()[0].info().fixes_size(&chain.specs()[0]), fixed, "{toml}");
        }
    }

    #[test]
    fn resizes_to_a_length_drawn_stay_resizes() {
        for (toml, shape) in [
            ("name = \"RandomResize\"\nmin_size = 20\nmax_size = 31", [1, 25, 38]),
            ("name = \"RandomShortestSize\"\nmin_size = [20, 30]", [1, 30, 45]),
            ("name = \"RandomShortestSize\"\nmin_size = [20, 30]\nmax_size = 36", [1, 24, 36]),
            ("name = \"RandomShortestSize\"\nmin_size = 30\nmax_size = 30", [1, 20, 30]),
            ("name = \"ScaleJitter\"\ntarget_size = [30, 30]", [1, 20, 30]),
        ] {
            let evaluation = chain(&format!("[[transform]]\n{toml}\n")).unwrap().deterministic();
            let image = picture(1, 40, 60);
            for seed in 0..3 {
                let found = run(&evaluation, &image, seed).shape();
                let near = found.iter().zip(shape).all(|(a, b)| a.abs_diff(b) <= 1);
                assert!(near, "{toml}: {found:?}, expected {shape:?}");
            }
        }
    }
}
