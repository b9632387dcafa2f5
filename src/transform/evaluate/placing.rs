//! Where a step is put into a chain that somebody wrote, and in whose words.

use crate::config::{ParamValue, TransformSpec, Values};
use crate::data::inspect::ChannelFigures;
use crate::transform::core::description::{Family, Library};
use crate::transform::registry::find;

/// Steps that read a file or lay its values out, and leave the values as they are.
const READING: &[&str] = &["LoadImage", "EnsureChannelFirst", "ToImage", "PILToTensor", "ToTensorV2"];

/// The place of a step that is to get images as they are decoded: behind those at the chain's beginning that only read.
pub(super) fn behind_reading(specs: &[TransformSpec]) -> usize {
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

/// Steps that subtract and divide by figures reckoned before.
const NORMALIZING: &[&str] = &["NormalizeIntensity", "Normalize"];

/// Which of them [`with_normalize`] puts in, in the words of the chain's library.
pub fn normalizing_step(specs: &[TransformSpec]) -> &'static str {
    match library_of(specs) {
        Library::Monai | Library::Trainscope => "NormalizeIntensity",
        // What albumentations' and Keras' own become as well.
        Library::Torchvision | Library::Albumentations | Library::Keras => "Normalize",
    }
}

/// The chain with the step that makes mean 0 and deviation 1 of a dataset with these figures; in place of one that is there.
/// ScaleIntensity, which would undo it image by image, is switched off.
pub fn with_normalize(specs: &[TransformSpec], figures: &[ChannelFigures]) -> Vec<TransformSpec> {
    let is_old = |spec: &&TransformSpec| NORMALIZING.contains(&spec.name.as_str());
    let mut changed: Vec<TransformSpec> = specs.iter().filter(|spec| !is_old(spec)).cloned().collect();
    for scale in changed.iter_mut().filter(|spec| spec.name == "ScaleIntensity") {
        scale.enabled = false;
    }
    let name = normalizing_step(specs);
    if name == "NormalizeIntensity" {
        let [means, stds] = lists(figures.iter().map(|figures| [figures.mean, figures.std]));
        let step = TransformSpec::new(name)
            .with("subtrahend", means)
            .with("divisor", stds)
            .with("channel_wise", ParamValue::Bool(true));
        changed.insert(behind_reading(&changed), step);
        return changed;
    }
    // torchvision's takes floats, and figures of the numbers that these are by then.
    let old = specs.iter().position(|spec| spec.enabled && spec.name == name);
    let old = old.map(|old| specs[..old].iter().filter(|spec| !is_old(spec)).count());
    let (behind_floats, now) = figures_of_floats(&changed, figures);
    let at = behind_floats.max(old).unwrap_or(changed.len());
    let [means, stds] = lists(now.into_iter());
    let step = TransformSpec::new(name).with("mean", means).with("std", stds);
    let to_units = behind_floats.is_none().then(to_units);
    changed.splice(at..at, to_units.into_iter().chain([step]));
    changed
}

/// The place behind the last step that makes floats or other numbers of all values, and mean and deviation of each channel
/// there. Where there is none, what they are once [`to_units`] has been put in.
fn figures_of_floats(specs: &[TransformSpec], figures: &[ChannelFigures]) -> (Option<usize>, Vec<[f64; 2]>) {
    let units = || figures.iter().map(|figures| [figures.unit_mean, figures.unit_std]).collect::<Vec<_>>();
    let as_decoded = || figures.iter().map(|figures| [figures.mean, figures.std]).collect::<Vec<_>>();
    let mut found: Option<(usize, Vec<[f64; 2]>)> = None;
    for (at, spec) in specs.iter().enumerate().filter(|(_, spec)| spec.enabled) {
        let Some(info) = find(&spec.name) else { continue };
        let values = Values { given: &spec.params, params: info.params };
        let scales = match info.name {
            "ToTensor" => true,
            "ConvertImageDtype" if values.text("dtype") == "float32" => true,
            "ToDtype" if values.text("dtype") == "float32" => values.bool("scale"),
            "Rescaling" => {
                let (by, offset) = (values.float("scale"), values.float("offset"));
                let before = found.map_or_else(as_decoded, |(_, now)| now);
                let now = before.into_iter().map(|[mean, std]| [mean * by + offset, std * by.abs()]);
                found = Some((at + 1, now.collect()));
                continue;
            }
            _ => continue,
        };
        // What is floats already stays as it is.
        let now = match found {
            Some((_, now)) => now,
            None if scales => units(),
            None => as_decoded(),
        };
        found = Some((at + 1, now));
    }
    found.map_or_else(|| (None, units()), |(place, now)| (Some(place), now))
}

/// Means and deviations as a step's parameters. One value everywhere cannot be divided by its deviation.
fn lists(figures: impl Iterator<Item = [f64; 2]>) -> [ParamValue; 2] {
    let (means, stds): (Vec<_>, Vec<_>) =
        figures.map(|[mean, std]| (round(mean), if std > 0.0 { round(std) } else { 1.0 })).unzip();
    [means, stds].map(|values| ParamValue::List(values.into_iter().map(ParamValue::Float).collect()))
}

/// Seven digits, what `f32` keeps: a form with more is hard to read.
fn round(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}

/// torchvision's way from the numbers of files to floats of 0 to 1.
pub(crate) fn to_units() -> TransformSpec {
    TransformSpec::new("ToDtype")
        .with("dtype", ParamValue::Text("float32".to_owned()))
        .with("scale", ParamValue::Bool(true))
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

    /// As an inspection of 8-bit files has them.
    fn figures(mean: f64, std: f64) -> ChannelFigures {
        ChannelFigures { mean, std, unit_mean: mean / 255.0, unit_std: std / 255.0 }
    }

    #[test]
    fn a_normalisation_is_in_the_words_of_the_chains_library_and_of_the_numbers_there() {
        let spec = TransformSpec::new;
        let (to_floats, to_units) = (spec("ToDtype"), to_units());
        let chains = [
            (vec!["EnsureChannelFirst", "ScaleIntensity", "RandFlip"], vec![], 2, "NormalizeIntensity"),
            (vec!["EnsureChannelFirst", "RandFlip"], vec![spec("NormalizeIntensity")], 2, "NormalizeIntensity"),
            (vec!["ToImage", "RandomHorizontalFlip"], vec![to_units.clone()], 4, "Normalize"),
            (vec!["ToImage", "RandomHorizontalFlip"], vec![to_floats.clone()], 4, "Normalize"),
            (vec!["RandomHorizontalFlip", "ToTensor", "RandomErasing", "Normalize"], vec![], 4, "Normalize"),
            // Put in by one who did not know better.
            (
                vec!["NormalizeIntensity", "RandomHorizontalFlip", "RandomVerticalFlip", "ToTensor"],
                vec![],
                4,
                "Normalize",
            ),
            // As albumentations' and Keras' own are read.
            (
                vec!["RandomHorizontalFlip"],
                vec![to_floats.clone(), spec("Normalize"), spec("ToTensorV2")],
                3,
                "Normalize",
            ),
            (vec!["Rescaling", "RandomHorizontalFlip"], vec![], 2, "Normalize"),
        ];
        let picture = picture();
        let [mut count, mut sum, mut squares] = [0.0; 3];
        for v in picture.bytes.iter().map(|v| f64::from(*v)) {
            (count, sum, squares) = (count + 1.0, sum + v, squares + v * v);
        }
        let mean = sum / count;
        let figures = [figures(mean, (squares / count - mean * mean).sqrt()); 3];
        for (begin, end, place, name) in chains {
            let before = [vec![spec("LoadImage")], begin.into_iter().map(spec).collect(), end].concat();
            assert_eq!(normalizing_step(&before), name);
            let specs = with_normalize(&before, &figures);
            let found = names(&specs);
            assert_eq!(found.iter().filter(|found| NORMALIZING.contains(*found)).count(), 1, "{found:?}");
            assert_eq!(found.iter().position(|found| *found == name), Some(place), "{found:?}");
            let out = run(&Chain::build(&specs).unwrap().deterministic(), &picture, 0);
            let mean = out.data.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
            let square = out.data.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / count;
            assert!(mean.abs() < 1e-3 && (square - 1.0).abs() < 1e-3, "{found:?}: {mean}, {square}");
            assert_eq!(with_normalize(&specs, &figures), specs, "again");
        }
    }

    #[test]
    fn a_chain_of_torchvision_s_that_stays_in_bytes_gets_floats_of_0_to_1_too() {
        let before = ["LoadImage", "RandomHorizontalFlip"].map(TransformSpec::new);
        let specs = with_normalize(&before, &[figures(51.0, 0.0)]);
        assert_eq!(names(&specs), ["LoadImage", "RandomHorizontalFlip", "ToDtype", "Normalize"]);
        assert_eq!(specs[2], to_units());
        let one = |value: f64| Some(ParamValue::List(vec![ParamValue::Float(value)]));
        assert_eq!(["mean", "std"].map(|name| specs[3].params.get(name).cloned()), [one(0.2), one(1.0)]);
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
