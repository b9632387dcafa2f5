//! What happens to an image between the decoder and the batch: the registry of transforms and the chain that runs them.
//!
//! Names, parameters, defaults, units and results are those of the library each comes from ([`Library`]); spatial axis 0
//! is H (rows), 1 is W (columns). Each family has a file with its description (what the forms, the TOML check and the docs
//! are made from) beside its arithmetic.
//!
//! Runs on loader threads, and on whatever thread previews an image. A [`Chain`] is immutable and shared; what changes
//! lives in one [`Scratch`] a thread. Imports `config` and `data` only; knows nothing of files, batches or training.

mod affine;
mod augmix;
mod batchwise;
mod blur;
mod canvas;
mod chain;
mod coarse;
mod colour;
mod contrast;
mod convolve;
mod crop;
mod deform;
mod delay;
mod docs;
mod draw;
mod edges;
mod elastic;
mod erase;
mod evaluation;
mod field;
mod flip;
mod fourier;
mod framing;
mod fuse;
mod gamma;
mod geometry;
mod histogram;
mod import;
mod intensity;
mod jitter;
mod jpeg;
mod kspace;
mod load;
mod median;
mod noise;
mod numeric;
mod operation;
mod pad;
mod params;
mod percentile;
mod perspective;
mod policy;
mod policy_tables;
mod presets;
mod python;
mod registry;
mod replay;
mod resample;
mod resample_bytes;
mod resampler;
mod resize;
mod resized;
mod rotate;
mod scale;
mod scratch;
mod signatures;
mod smooth;
mod smooth_field;
mod tail;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_colour;
#[cfg(test)]
mod tests_policy;
#[cfg(test)]
mod tests_random;
#[cfg(test)]
mod tests_resized;
#[cfg(test)]
mod tests_spatial;
mod tone;
mod warp;
mod window;
mod zoom;

pub use batchwise::{BatchMix, MixDraw};
pub use chain::{Chain, ChainError, StageClock, Step, TransformError, Witness};
pub use docs::{markdown_docs, toml_docs};
pub(crate) use draw::splitmix64;
pub use draw::{Draw, Drawn, SampleSeed, Stream};
pub use import::{ImportNote, Imported, chain_from_text, from_python};
pub use params::{ParamDefault, ParamInfo, ParamKind};
pub use presets::{Preset, presets};
pub use registry::{Family, Library, TransformInfo, find, registry};
pub use replay::Recording;
pub use scratch::Scratch;
pub use tail::AffineTail;

use crate::config::{ParamValue, TransformSpec};

/// The chain of MONAI's MedNIST tutorial; with a Resize to `[height, width]` after EnsureChannelFirst where one is
/// given, for datasets whose images differ in size.
pub fn tutorial_chain(resize_to: Option<[usize; 2]>) -> Vec<TransformSpec> {
    let float = ParamValue::Float;
    let mut chain = vec![TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")];
    if let Some(size) = resize_to {
        let size = size.map(|n| ParamValue::Int(i64::try_from(n).unwrap_or(i64::MAX)));
        chain.push(TransformSpec::new("Resize").with("spatial_size", ParamValue::List(size.to_vec())));
    }
    chain.extend([
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
    ]);
    chain
}
