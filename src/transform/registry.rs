//! The list of transforms. Each entry stands in its family's file; forms, TOML, docs and checks are made from it.

use super::params::{Invalid, ParamInfo, Values};
use super::{delay, flip, intensity, load, noise, resize, rotate, zoom};

/// What a transform has to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Files and the order of axes.
    Io,
    /// The values.
    Intensity,
    /// Where the values stand.
    Spatial,
    /// Neither.
    Utility,
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Io => "Input",
            Self::Intensity => "Intensity",
            Self::Spatial => "Spatial",
            Self::Utility => "Utility",
        })
    }
}

/// A transform: what it is called, what it takes, and how it is built.
pub struct TransformInfo {
    /// MONAI's name, as TOML and forms have it.
    pub name: &'static str,
    pub family: Family,
    /// Left out of validation and test.
    pub random: bool,
    /// Cannot be switched off: every chain needs it.
    pub pinned: bool,
    pub doc: &'static str,
    /// Whose semantics it has.
    pub source: &'static str,
    /// In the order of MONAI's signature.
    pub params: &'static [ParamInfo],
    /// Parameters MONAI has and this does not, with the reason.
    pub(super) elsewhere: &'static [(&'static str, &'static str)],
    pub(super) build: fn(&Values<'_>) -> Result<Op, Invalid>,
}

impl TransformInfo {
    /// The parameter of that name.
    pub fn param(&self, name: &str) -> Option<&'static ParamInfo> {
        self.params.iter().find(|p| p.name == name)
    }
}

impl std::fmt::Debug for TransformInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransformInfo").field("name", &self.name).finish_non_exhaustive()
    }
}

pub(super) const LAZY: (&str, &str) = ("lazy", "every step is resampled by itself");
pub(super) const DTYPE: (&str, &str) = ("dtype", "samples are float32 throughout");

/// A built transform.
#[derive(Debug, Clone)]
pub(super) enum Op {
    LoadImage { reverse_indexing: bool },
    EnsureChannelFirst,
    ScaleIntensity(intensity::ScaleIntensity),
    NormalizeIntensity(intensity::NormalizeIntensity),
    RandGaussianNoise(noise::RandGaussianNoise),
    Flip(flip::Flip),
    RandFlip(flip::RandFlip),
    Rotate(rotate::Rotate),
    RandRotate(rotate::RandRotate),
    Zoom(zoom::Zoom),
    RandZoom(zoom::RandZoom),
    Resize(resize::Resize),
    SimulateDelay(delay::SimulateDelay),
}

static REGISTRY: &[TransformInfo] = &[
    load::LOAD_IMAGE,
    load::ENSURE_CHANNEL_FIRST,
    intensity::SCALE_INTENSITY,
    intensity::NORMALIZE_INTENSITY,
    noise::RAND_GAUSSIAN_NOISE,
    resize::RESIZE,
    rotate::ROTATE,
    rotate::RAND_ROTATE,
    flip::FLIP,
    flip::RAND_FLIP,
    zoom::ZOOM,
    zoom::RAND_ZOOM,
    delay::SIMULATE_DELAY,
];

/// Every transform, in the order of forms and docs.
pub fn registry() -> &'static [TransformInfo] {
    REGISTRY
}

/// The transform of that name, spelt as MONAI does.
pub fn find(name: &str) -> Option<&'static TransformInfo> {
    REGISTRY.iter().find(|t| t.name == name)
}
