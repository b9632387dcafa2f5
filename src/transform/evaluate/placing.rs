//! Where a step is put into a chain that somebody wrote, and in whose words.

use crate::config::{ParamValue, TransformSpec};
use crate::transform::core::description::{Family, Library};
use crate::transform::registry::find;

/// Steps that read a file or lay its values out, and leave the values as they are.
const READING: &[&str] = &["LoadImage", "EnsureChannelFirst", "ToImage", "PILToTensor", "ToTensorV2"];

/// The place of a step that is to get images as they are decoded: behind those at the chain's beginning that only read.
pub fn behind_reading(specs: &[TransformSpec]) -> usize {
    specs.iter().take_while(|spec| READING.contains(&spec.name.as_str())).count()
}

/// The chain with its library's Resize to `[height, width]`, in place of the very same one where it was put in before. Any
/// other stays as somebody left it.
pub fn with_resize(specs: &[TransformSpec], size: [usize; 2]) -> Vec<TransformSpec> {
    let (name, param) = match library_of(specs) {
        Library::Monai | Library::Trainscope => ("Resize", "spatial_size"),
        // Bytes stay bytes in it, for the step further on that scales them.
        Library::Torchvision | Library::Albumentations | Library::Keras => ("torchvision.Resize", "size"),
    };
    let resize = TransformSpec::new(name).with(param, ParamValue::List(size.map(ParamValue::from).to_vec()));
    let mut specs = specs.to_vec();
    specs.retain(|spec| spec.name != resize.name || spec.params != resize.params);
    specs.insert(behind_reading(&specs), resize);
    specs
}

/// Whose most steps are; MONAI's where that says nothing, as every chain begins with its LoadImage.
pub(super) fn library_of(specs: &[TransformSpec]) -> Library {
    let infos = specs.iter().filter(|spec| spec.enabled).filter_map(|spec| find(&spec.name));
    let telling: Vec<Library> = infos
        .filter(|info| !info.pinned && !matches!(info.family, Family::Utility | Family::Batch))
        .map(|info| info.library)
        .collect();
    let count = |library: Library| telling.iter().filter(|other| **other == library).count();
    let order = [Library::Monai, Library::Torchvision, Library::Albumentations, Library::Keras];
    // Translations of Keras and albumentations are torchvision's steps: one of their own tells.
    for library in [Library::Keras, Library::Albumentations] {
        if count(library) > 0 {
            return library;
        }
    }
    order.into_iter().rev().max_by_key(|library| count(*library)).unwrap_or(Library::Monai)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Image;
    use crate::transform::Chain;
    use crate::transform::tests::run;

    fn picture() -> Image {
        Image::from_bytes([3, 50, 40], (0..6000_u32).map(|i| (i * 7919 % 251) as u8).collect())
    }

    fn names(specs: &[TransformSpec]) -> Vec<&str> {
        specs.iter().map(|spec| spec.name.as_str()).collect()
    }

    #[test]
    fn steps_that_only_read_leave_the_values_as_they_are() {
        for name in READING {
            let out = run(&Chain::build(&[TransformSpec::new(name)]).unwrap(), &picture(), 0);
            assert!(out.data.iter().zip(&picture().bytes).all(|(now, before)| *now == f32::from(*before)), "{name}");
        }
    }

    #[test]
    fn a_resize_gets_images_as_they_are_decoded_in_the_words_of_the_chains_library() {
        let spec = TransformSpec::new;
        let normalize =
            |by: f64| spec("Normalize").with("mean", ParamValue::Float(by)).with("std", ParamValue::Float(by));
        let to_units = spec("ToDtype").with("scale", ParamValue::Bool(true));
        for (before, place, name, least) in [
            (["LoadImage", "EnsureChannelFirst", "ScaleIntensity", "RandFlip"].map(spec).to_vec(), 2, "Resize", 0.0),
            (["LoadImage", "ScaleIntensity", "RandFlip"].map(spec).to_vec(), 1, "Resize", 0.0),
            (
                vec![spec("LoadImage"), spec("ToImage"), spec("RandomHorizontalFlip"), to_units, normalize(0.5)],
                2,
                "torchvision.Resize",
                -1.0,
            ),
            (
                vec![
                    spec("LoadImage"),
                    spec("RandomHorizontalFlip"),
                    spec("ToDtype"),
                    normalize(127.5),
                    spec("ToTensorV2"),
                ],
                1,
                "torchvision.Resize",
                -1.0,
            ),
            (["LoadImage", "Rescaling"].map(spec).to_vec(), 1, "torchvision.Resize", 0.0),
        ] {
            let with = with_resize(&before, [32, 48]);
            let mut expected = names(&before);
            expected.insert(place, name);
            assert_eq!(names(&with), expected);
            let out = run(&Chain::build(&with).unwrap(), &picture(), 0);
            assert_eq!(out.shape(), [3, 32, 48], "{expected:?}");
            let (low, high) = out.data.iter().fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
            assert!(low > least - 1e-3 && high < 1.0 + 1e-3 && high - low > 0.3, "{expected:?}: {low} to {high}");
        }
    }

    #[test]
    fn a_resize_of_somebodys_own_stays_and_the_one_put_in_before_is_put_in_once() {
        let own = TransformSpec::new("Resize").with("spatial_size", ParamValue::Int(128));
        let own = TransformSpec { enabled: false, ..own };
        let before = [TransformSpec::new("LoadImage"), TransformSpec::new("ScaleIntensity"), own.clone()];
        let with = with_resize(&before, [32, 48]);
        assert_eq!(names(&with), ["LoadImage", "Resize", "ScaleIntensity", "Resize"]);
        assert_eq!(with[3], own);
        let mut off = with.clone();
        off[1].enabled = false;
        assert_eq!(with_resize(&off, [32, 48]), with);
    }
}
