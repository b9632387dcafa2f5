//! What stands in the place of random crops in validation and test: as the libraries' own reference training has it.

use crate::config::{ParamValue, TransformSpec};

/// The part of the shorter side that torchvision's reference evaluation keeps: 224 of 256.
const KEPT: f64 = 224.0 / 256.0;

fn value(spec: &TransformSpec, param: &str, default: i64) -> ParamValue {
    spec.params.get(param).cloned().unwrap_or(ParamValue::Int(default))
}

/// The crop about the centre instead of one anywhere.
pub(super) fn center_crop(spec: &TransformSpec) -> Vec<TransformSpec> {
    vec![TransformSpec::new("CenterCrop").with("size", value(spec, "size", 224))]
}

/// The shorter side brought to a little more than the size, then the crop about the centre.
pub(super) fn resize_and_center_crop(spec: &TransformSpec) -> Vec<TransformSpec> {
    let sides = match value(spec, "size", 224) {
        ParamValue::List(list) => list,
        one => vec![one],
    };
    let longest = sides.iter().filter_map(ParamValue::as_f64).fold(1.0, f64::max);
    let mut resize =
        TransformSpec::new("torchvision.Resize").with("size", ParamValue::Int((longest / KEPT).round() as i64));
    for name in ["interpolation", "antialias"] {
        if let Some(value) = spec.params.get(name) {
            resize = resize.with(name, value.clone());
        }
    }
    [vec![resize], center_crop(spec)].concat()
}

/// MONAI's crop about the centre instead of one anywhere.
pub(super) fn center_spatial_crop(spec: &TransformSpec) -> Vec<TransformSpec> {
    let crop = TransformSpec::new("CenterSpatialCrop");
    vec![spec.params.get("roi_size").cloned().into_iter().fold(crop, |crop, size| crop.with("roi_size", size))]
}

/// The same for a part of the image.
pub(super) fn center_scale_crop(spec: &TransformSpec) -> Vec<TransformSpec> {
    let crop = TransformSpec::new("CenterScaleCrop");
    vec![spec.params.get("roi_scale").cloned().into_iter().fold(crop, |crop, scale| crop.with("roi_scale", scale))]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{chain, picture, run};

    #[test]
    fn validation_sees_images_of_the_training_size() {
        for (toml, names) in [
            ("name = \"RandomResizedCrop\"\nsize = 24", vec!["torchvision.Resize", "CenterCrop"]),
            ("name = \"RandomResizedCrop\"\nsize = [16, 24]", vec!["torchvision.Resize", "CenterCrop"]),
            ("name = \"RandomCrop\"\nsize = [20, 10]", vec!["CenterCrop"]),
            ("name = \"RandSpatialCrop\"\nroi_size = [20, 10]\nrandom_size = false", vec!["CenterSpatialCrop"]),
            ("name = \"RandScaleCrop\"\nroi_scale = 0.5\nrandom_size = false", vec!["CenterScaleCrop"]),
        ] {
            let training = chain(&format!("[[transform]]\n{toml}\n")).unwrap();
            let evaluation = training.deterministic();
            let found: Vec<&str> = evaluation.steps().iter().map(|step| step.name()).collect();
            assert_eq!(found, names, "{toml}");
            let image = picture(1, 40, 60);
            assert_eq!(run(&training, &image, 1).shape(), run(&evaluation, &image, 1).shape(), "{toml}");
        }
    }
}
