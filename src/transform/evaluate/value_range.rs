//! Whether images enter the network with the values that files have, 0 to 255 or 0 to 65535, and which step a chain lacks
//! then. Networks are made for values about 0 to 1, or of mean 0 and deviation 1.

use super::chain::Chain;
use super::placing::{behind_reading, library_of, to_units};
use crate::config::{ParamValue, TransformSpec};
use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::description::Library;
use crate::transform::core::draw::SampleSeed;
use crate::transform::kernels::scratch::Scratch;

/// Larger values are looked at.
const REACH: f32 = 20.0;
/// Standardised images reach far where they are mostly dark; their magnitude is about 1 on average.
const MEAN_MAGNITUDE: f64 = 4.0;

/// Images leave a chain in the units of files.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeFault {
    /// The smallest and the largest value found.
    pub low: f32,
    pub high: f32,
    /// How many images were looked at.
    pub images: usize,
    /// What makes it right, where that could be found.
    pub remedy: Option<Remedy>,
    /// What one could try elsewhere, of the chain's own library.
    rescaling_step: &'static str,
}

/// A change of a chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// What is changed, as an order: `put ToDtype with scale = true before Normalize`.
    pub words: Message,
    /// The chain so changed.
    pub specs: Vec<TransformSpec>,
}

impl RangeFault {
    pub fn message(&self) -> Message {
        let (low, high, images) = (tidy(self.low), tidy(self.high), self.images);
        let remedy = self.remedy.as_ref().map(|remedy| remedy.words.clone());
        let remedy = remedy.unwrap_or_else(|| msg!("transform-remedy-scale-at-the-end", step = self.rescaling_step));
        msg!("transform-unscaled", low, high, images, remedy)
    }
}

impl std::fmt::Display for RangeFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

fn tidy(v: f32) -> String {
    let text = format!("{v:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What was found of values.
struct Measured {
    low: f32,
    high: f32,
    whole: bool,
    magnitude: f64,
    count: u64,
}

impl Measured {
    const NOTHING: Self = Self { low: f32::INFINITY, high: f32::NEG_INFINITY, whole: true, magnitude: 0.0, count: 0 };

    fn add(&mut self, image: &Image) {
        let bytes = image.bytes.iter().map(|v| f32::from(*v)).filter(|_| image.dtype == Dtype::U8);
        let floats = image.data.iter().copied().filter(|v| image.dtype == Dtype::F32 && v.is_finite());
        for v in bytes.chain(floats) {
            (self.low, self.high) = (self.low.min(v), self.high.max(v));
            self.whole &= v.fract() == 0.0;
            self.magnitude += f64::from(v.abs());
            self.count += 1;
        }
    }

    /// They look like a file's: they reach far, and are whole or large on average.
    fn is_raw(&self) -> bool {
        let far = self.count > 0 && self.low.abs().max(self.high.abs()) > REACH;
        far && (self.whole || self.magnitude / self.count as f64 > MEAN_MAGNITUDE)
    }
}

/// Whether an image at a chain's end has the values of a file.
pub fn looks_unscaled(image: &Image) -> bool {
    let mut found = Measured::NOTHING;
    found.add(image);
    found.is_raw()
}

/// Looks at what a chain makes of images, as decoded. `None` where all is well, or where one does not go through.
pub fn range_fault(chain: &Chain, decoded: &[Image]) -> Option<RangeFault> {
    let found = raw(chain, decoded)?;
    let sixteen_bit = decoded.iter().any(|image| image.sixteen_bit);
    let remedy = remedies(chain.specs(), sixteen_bit).into_iter().find(|remedy| {
        let changed = Chain::build(&remedy.specs).ok();
        changed.is_some_and(|chain| measure(&chain, decoded).is_some() && raw(&chain, decoded).is_none())
    });
    let rescaling_step = match library_of(chain.specs()) {
        Library::Monai | Library::Trainscope => "ScaleIntensity",
        Library::Torchvision | Library::Albumentations => "Normalize",
        Library::Keras => "Rescaling",
    };
    Some(RangeFault { low: found.low, high: found.high, images: decoded.len(), remedy, rescaling_step })
}

/// What was found where it looks like a file's, by what is drawn or, as steps may be rare, where all of them happen.
fn raw(chain: &Chain, decoded: &[Image]) -> Option<Measured> {
    let found = measure(chain, decoded)?;
    if found.is_raw() {
        return Some(found);
    }
    let always = chain.always_happening()?;
    measure(&always, decoded).filter(Measured::is_raw)
}

fn measure(chain: &Chain, decoded: &[Image]) -> Option<Measured> {
    let mut scratch = Scratch::default();
    let mut found = Measured::NOTHING;
    for (sample, image) in decoded.iter().enumerate() {
        let mut image = image.clone();
        let seed = SampleSeed { seed: 0, epoch: 0, sample: sample as u64 };
        chain.run(&mut image, &mut scratch, seed, &mut ()).ok()?;
        found.add(&image);
    }
    Some(found)
}

/// Changes that may make it right, the likeliest first, in the words of the library that most of the chain is of.
fn remedies(specs: &[TransformSpec], sixteen_bit: bool) -> Vec<Remedy> {
    let normalize = specs.iter().position(|spec| spec.enabled && spec.name == "Normalize");
    let mut found = Vec::new();
    let mut put = |step: TransformSpec, words: Message, places: &[usize]| {
        for place in places {
            let mut changed = specs.to_vec();
            let at = (*place).min(changed.len());
            let words = match specs.get(at) {
                Some(next) => msg!("transform-remedy-put-before", step = &words, next = next.name.as_str()),
                None => msg!("transform-remedy-put-at-the-end", step = &words),
            };
            changed.insert(at, step.clone());
            found.push(Remedy { words, specs: changed });
        }
    };
    let begins = behind_reading(specs);
    let places = [normalize.unwrap_or(specs.len()), begins];
    match library_of(specs) {
        Library::Torchvision | Library::Albumentations => {
            put(to_units(), msg!("transform-step-with", name = "ToDtype", parameter = "scale", value = "true"), &places)
        }
        Library::Keras => {
            let by = if sixteen_bit { 65_535.0 } else { 255.0 };
            let rescaling = TransformSpec::new("Rescaling").with("scale", ParamValue::Float(1.0 / by));
            put(
                rescaling,
                msg!("transform-step-with", name = "Rescaling", parameter = "scale", value = format!("1/{by}")),
                &places,
            );
        }
        Library::Monai | Library::Trainscope => {
            put(TransformSpec::new("ScaleIntensity"), Message::verbatim("ScaleIntensity"), &[begins, specs.len()]);
        }
    }
    // One that is there, and was told not to or switched off, comes before another.
    let is_to_floats =
        |spec: &TransformSpec| spec.params.get("dtype").is_none_or(|v| *v == ParamValue::Text("float32".to_owned()));
    let told_not_to = |spec: &TransformSpec| {
        spec.name == "ToDtype" && is_to_floats(spec) && spec.params.get("scale") != Some(&ParamValue::Bool(true))
    };
    for (at, spec) in specs.iter().enumerate() {
        let (mut changed, name) = (specs.to_vec(), spec.name.as_str());
        let Some(new) = changed.get_mut(at) else { continue };
        let words = if spec.enabled && told_not_to(spec) {
            new.params.insert("scale".to_owned(), ParamValue::Bool(true));
            msg!("transform-remedy-set-scale")
        } else if !spec.enabled {
            new.enabled = true;
            msg!("transform-remedy-switch-on", step = name)
        } else {
            continue;
        };
        found.insert(0, Remedy { words, specs: changed });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(names: &[&str]) -> Chain {
        let specs: Vec<TransformSpec> = names
            .iter()
            .map(|name| match *name {
                "Normalize" => TransformSpec::new("Normalize")
                    .with("mean", ParamValue::Float(0.5))
                    .with("std", ParamValue::Float(0.5)),
                "RandomHorizontalFlip" => TransformSpec::new("RandomHorizontalFlip"),
                name => TransformSpec::new(name),
            })
            .collect();
        Chain::build(&specs).unwrap()
    }

    fn bytes() -> Image {
        Image::from_bytes([1, 16, 16], (0..=255).collect())
    }

    fn sixteen_bits() -> Image {
        let values = (0..256).map(|v| (v * 257) as f32).collect();
        Image { sixteen_bit: true, ..Image::from_floats([1, 16, 16], values) }
    }

    #[test]
    fn values_of_files_are_told_with_the_step_that_the_chain_lacks() {
        for (names, image, range, words) in [
            (
                vec!["LoadImage", "EnsureChannelFirst", "RandFlip"],
                bytes(),
                [0.0, 255.0],
                "put ScaleIntensity before RandFlip",
            ),
            (
                vec!["LoadImage", "EnsureChannelFirst", "RandFlip"],
                sixteen_bits(),
                [0.0, 65535.0],
                "put ScaleIntensity before RandFlip",
            ),
            (
                vec!["LoadImage", "RandomHorizontalFlip"],
                bytes(),
                [0.0, 255.0],
                "put ToDtype with scale = true at the chain's end",
            ),
            (
                vec!["LoadImage", "RandomHorizontalFlip", "ToDtype", "Normalize"],
                bytes(),
                [-1.0, 509.0],
                "set scale = true in ToDtype",
            ),
            (
                vec!["LoadImage", "RandomHorizontalFlip", "Normalize"],
                sixteen_bits(),
                [-1.0, 131_069.0],
                "put ToDtype with scale = true before Normalize",
            ),
            (
                vec!["LoadImage", "keras.CenterCrop"],
                bytes(),
                [0.0, 255.0],
                "Rescaling with scale = 1/255 at the chain's end",
            ),
            (vec!["LoadImage", "keras.CenterCrop"], sixteen_bits(), [0.0, 65535.0], "Rescaling with scale = 1/65535"),
            (
                vec!["LoadImage", "ToTensorV2"],
                bytes(),
                [0.0, 255.0],
                "put ToDtype with scale = true at the chain's end",
            ),
            // A step that makes floats leaves nothing to ToTensor: it has to come before.
            (
                vec!["LoadImage", "RandomHorizontalFlip", "RandomVerticalFlip", "ShiftIntensity", "ToTensor"],
                bytes(),
                [0.0, 255.0],
                "put ToDtype with scale = true before RandomHorizontalFlip",
            ),
        ] {
            let mut names = names;
            let mut image = image;
            if names.contains(&"keras.CenterCrop") {
                image = Image { height: 16, width: 16, ..image };
                names.retain(|name| *name != "keras.CenterCrop");
                let specs = [
                    names.iter().map(|n| TransformSpec::new(n)).collect::<Vec<_>>(),
                    vec![
                        TransformSpec::new("keras.CenterCrop")
                            .with("height", ParamValue::Int(16))
                            .with("width", ParamValue::Int(16)),
                    ],
                ]
                .concat();
                check(&Chain::build(&specs).unwrap(), &image, range, words);
            } else {
                check(&chain(&names), &image, range, words);
            }
        }
    }

    #[track_caller]
    fn check(chain: &Chain, image: &Image, range: [f32; 2], words: &str) {
        let found =
            range_fault(chain, std::slice::from_ref(image)).unwrap_or_else(|| panic!("{:?}: nothing", chain.specs()));
        assert!((found.low - range[0]).abs() < 1.0 && (found.high - range[1]).abs() < 1.0, "{found}");
        assert!(found.to_string().contains(words), "{found}");
        // What is proposed makes it right.
        let specs = found.remedy.unwrap().specs;
        assert_eq!(range_fault(&Chain::build(&specs).unwrap(), std::slice::from_ref(image)), None);
    }

    /// A step that is rare is found though it happens to none of the images.
    #[test]
    fn a_step_that_was_switched_off_is_switched_on_again() {
        let off = |name: &str| TransformSpec { enabled: false, ..TransformSpec::new(name) };
        let on = |name: &str| TransformSpec::new(name);
        let specs = [on("LoadImage"), on("EnsureChannelFirst"), off("ScaleIntensity"), off("RandFlip")];
        let remedy = range_fault(&Chain::build(&specs).unwrap(), &[bytes()]).unwrap().remedy.unwrap();
        assert_eq!(remedy.words.to_string(), "switch ScaleIntensity on");
        let expected = [on("LoadImage"), on("EnsureChannelFirst"), on("ScaleIntensity"), off("RandFlip")];
        assert_eq!(remedy.specs, expected);
    }

    /// Files of floats in units of their own, which no step of whole numbers brings nearer.
    #[test]
    fn where_nothing_makes_it_right_a_step_of_the_chains_library_is_named() {
        let image = Image::from_floats([1, 16, 16], (0..256).map(|v| v as f32 * 11.3).collect());
        for step in ["RandomHorizontalFlip", "ToTensorV2"] {
            let found = range_fault(&chain(&["LoadImage", step]), std::slice::from_ref(&image)).unwrap();
            assert!(found.remedy.is_none() && found.to_string().ends_with("with Normalize for one"), "{found}");
        }
    }

    #[test]
    fn what_is_told_depends_on_no_draw() {
        let rare = |prob: f64| {
            let scale = TransformSpec::new("RandScaleIntensity")
                .with("factors", ParamValue::List(vec![ParamValue::Int(300), ParamValue::Int(301)]))
                .with("prob", ParamValue::Float(prob));
            let specs = [TransformSpec::new("LoadImage"), TransformSpec::new("ScaleIntensity"), scale];
            range_fault(&Chain::build(&specs).unwrap(), &[bytes()])
        };
        assert!(rare(1e-9).unwrap().high > 300.0);
        assert_eq!(rare(0.0), None);
    }

    #[test]
    fn scaled_and_standardised_images_are_nothing_to_tell() {
        for image in [bytes(), sixteen_bits()] {
            for names in [
                vec!["LoadImage", "EnsureChannelFirst", "ScaleIntensity"],
                vec!["LoadImage", "ToTensor", "Normalize"],
                vec!["LoadImage", "PILToTensor", "ConvertImageDtype"],
                vec!["LoadImage", "NormalizeIntensity"],
            ] {
                assert_eq!(range_fault(&chain(&names), std::slice::from_ref(&image)), None, "{names:?}");
            }
        }
        // A few bright spots in the dark reach far, standardised.
        let mut spots = bytes();
        spots.bytes = (0..10_000).map(|i| if i == 77 { 255 } else { 0 }).collect();
        (spots.height, spots.width) = (100, 100);
        assert_eq!(range_fault(&chain(&["LoadImage", "NormalizeIntensity"]), &[spots]), None);
        assert_eq!(range_fault(&chain(&["LoadImage"]), &[]), None);
    }
}
