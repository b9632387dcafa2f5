//! Chains to begin with.

use super::evaluate::placing::{to_units, with_resize};
use crate::config::{ParamValue, TransformSpec};
use crate::language::documented;
use std::borrow::Cow;

/// A chain to begin with.
pub struct ChainPreset {
    /// As the command line takes it.
    pub key: &'static str,
    english_title: &'static str,
    /// In English.
    doc: &'static str,
    chain: fn(Option<[usize; 2]>, usize) -> Vec<TransformSpec>,
}

impl ChainPreset {
    /// As menus show it.
    pub fn title(&self) -> Cow<'static, str> {
        documented(&format!("{}.title", self.text_key()), self.english_title)
    }

    /// What it is for.
    pub fn meaning(&self) -> Cow<'static, str> {
        documented(&self.text_key(), self.doc)
    }

    fn text_key(&self) -> String {
        format!("transform-doc-preset-{}", self.key)
    }

    /// Its texts in English, by the keys of those in other languages.
    pub fn texts(&self) -> [(String, &'static str); 2] {
        [(format!("{}.title", self.text_key()), self.english_title), (self.text_key(), self.doc)]
    }

    /// The chain for images of so many channels; with a Resize to `[height, width]` where images differ in size and the
    /// preset has none of its own.
    pub fn chain(&self, resize_to: Option<[usize; 2]>, channels: usize) -> Vec<TransformSpec> {
        (self.chain)(resize_to, channels)
    }
}

/// All of them, the usual one first.
pub fn chain_presets() -> &'static [ChainPreset] {
    &[
        ChainPreset {
            key: "mednist",
            english_title: "MedNIST tutorial",
            doc: "MONAI's MedNIST tutorial: scale, rotate by up to 15 degrees, flip, zoom",
            chain: |resize_to, _| tutorial_chain(resize_to),
        },
        ChainPreset {
            key: "imagenet",
            english_title: "ImageNet",
            doc: "torchvision's reference training for photographs: a random crop of 224 px, flip, ImageNet's mean and deviation",
            chain: |_, channels| imagenet(channels),
        },
        ChainPreset {
            key: "light",
            english_title: "Light",
            doc: "Little and cheap: scale, flip left to right, rotate by up to 5 degrees",
            chain: |resize_to, _| light(resize_to),
        },
        ChainPreset {
            key: "heavy",
            english_title: "Heavy",
            doc: "Much and costly: affine, elastic, contrast, blur, noise and holes; to see what a loader can take",
            chain: |resize_to, _| heavy(resize_to),
        },
    ]
}

fn float(v: f64) -> ParamValue {
    ParamValue::Float(v)
}

fn floats(v: &[f64]) -> ParamValue {
    ParamValue::List(v.iter().copied().map(float).collect())
}

/// LoadImage, EnsureChannelFirst, perhaps Resize, ScaleIntensity: the tutorial's without its random steps.
fn scaled(resize_to: Option<[usize; 2]>) -> Vec<TransformSpec> {
    let mut chain = tutorial_chain(resize_to);
    chain.retain(|spec| !spec.name.starts_with("Rand"));
    chain
}

/// Gray images have the mean of the three channels' figures.
fn imagenet(channels: usize) -> Vec<TransformSpec> {
    let figures = |rgb: [f64; 3]| {
        let gray = (rgb.iter().sum::<f64>() * 1000.0 / 3.0).round() / 1000.0;
        if channels == 1 { float(gray) } else { floats(&rgb) }
    };
    vec![
        TransformSpec::new("LoadImage"),
        TransformSpec::new("RandomResizedCrop").with("size", ParamValue::Int(224)),
        TransformSpec::new("RandomHorizontalFlip"),
        to_units(),
        TransformSpec::new("Normalize")
            .with("mean", figures([0.485, 0.456, 0.406]))
            .with("std", figures([0.229, 0.224, 0.225])),
    ]
}

fn light(resize_to: Option<[usize; 2]>) -> Vec<TransformSpec> {
    let mut chain = scaled(resize_to);
    chain.extend([
        TransformSpec::new("RandFlip").with("spatial_axis", ParamValue::Int(1)).with("prob", float(0.5)),
        TransformSpec::new("RandRotate").with("range_x", float(5f64.to_radians())).with("prob", float(0.3)),
    ]);
    chain
}

fn heavy(resize_to: Option<[usize; 2]>) -> Vec<TransformSpec> {
    let mut chain = scaled(resize_to);
    chain.extend([
        TransformSpec::new("RandFlip").with("spatial_axis", ParamValue::Int(1)).with("prob", float(0.5)),
        TransformSpec::new("RandAffine")
            .with("prob", float(0.8))
            .with("rotate_range", float(0.35))
            .with("shear_range", float(0.1))
            .with("translate_range", float(6.0))
            .with("scale_range", float(0.15))
            .with("padding_mode", ParamValue::Text("border".to_owned())),
        TransformSpec::new("Rand2DElastic")
            .with("spacing", float(20.0))
            .with("magnitude_range", floats(&[0.5, 1.5]))
            .with("prob", float(0.5))
            .with("padding_mode", ParamValue::Text("border".to_owned())),
        TransformSpec::new("RandAdjustContrast").with("prob", float(0.5)).with("gamma", floats(&[0.7, 1.4])),
        TransformSpec::new("RandGaussianSmooth").with("prob", float(0.3)),
        TransformSpec::new("RandGaussianNoise").with("prob", float(0.5)).with("std", float(0.05)),
        TransformSpec::new("RandCoarseDropout")
            .with("holes", ParamValue::Int(4))
            .with("spatial_size", ParamValue::Int(8))
            .with("prob", float(0.5)),
    ]);
    chain
}

/// The chain of MONAI's MedNIST tutorial; with a Resize to `[height, width]` after EnsureChannelFirst where one is
/// given, for datasets whose images differ in size.
pub fn tutorial_chain(resize_to: Option<[usize; 2]>) -> Vec<TransformSpec> {
    let float = ParamValue::Float;
    let chain = [
        TransformSpec::new("LoadImage"),
        TransformSpec::new("EnsureChannelFirst"),
        TransformSpec::new("ScaleIntensity"),
        TransformSpec::new("RandRotate")
            .with("range_x", float(std::f64::consts::PI / 12.0))
            .with("prob", float(0.5))
            .with("keep_size", ParamValue::Bool(true)),
        TransformSpec::new("RandFlip").with("spatial_axis", ParamValue::Int(0)).with("prob", float(0.5)),
        TransformSpec::new("RandZoom")
            .with("min_zoom", float(0.9))
            .with("max_zoom", float(1.1))
            .with("prob", float(0.5)),
    ];
    resize_to.map_or_else(|| chain.to_vec(), |size| with_resize(&chain, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::Chain;

    #[test]
    fn every_preset_builds_and_keys_are_its_own() {
        for (i, preset) in chain_presets().iter().enumerate() {
            assert!(
                chain_presets()[..i].iter().all(|other| other.key != preset.key && other.title() != preset.title())
            );
            for resize in [None, Some([64, 48])] {
                let chain = Chain::build(&preset.chain(resize, 3)).unwrap_or_else(|e| panic!("{}: {e}", preset.key));
                assert!(chain.steps().iter().any(|step| step.info().random), "{}", preset.key);
            }
        }
    }
}
