//! What a transform says of itself: names, parameters, and how it is built. The forms, the TOML check, the docs and the
//! chain go by it.

use super::draw::Draw;
use super::operation::Built;
use super::params::{ParamInfo, Values};
use crate::config::{Owner, ParamValue, TransformSpec};
use crate::language::{Message, documented};
use std::borrow::Cow;

/// Whose names, parameters and results a transform has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Library {
    /// MONAI 1.6.1, on `[C, H, W]` floats.
    Monai,
    /// torchvision 0.29's `transforms.v2`: on bytes it rounds as torch's `uint8` does, floats it takes to lie in 0 to 1.
    Torchvision,
    /// albumentations 2.0.8; most of its transforms have an equal under another name.
    Albumentations,
    /// Keras 3's preprocessing layers, in training.
    Keras,
    /// This program's own.
    Trainscope,
}

impl Library {
    /// As people call it, and as the command line takes it.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Monai => "MONAI",
            Self::Torchvision => "torchvision",
            Self::Albumentations => "albumentations",
            Self::Keras => "Keras",
            Self::Trainscope => "trainscope",
        }
    }
}

impl std::fmt::Display for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Monai => "MONAI 1.6.1",
            Self::Torchvision => "torchvision 0.29.2",
            Self::Albumentations => "albumentations 2.0.8",
            Self::Keras => "Keras 3.15.1",
            Self::Trainscope => "trainscope",
        })
    }
}

/// What a transform has to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Files, the order of axes, the kind of numbers.
    Io,
    /// Turning, flipping, shearing.
    Spatial,
    /// Size: resize, crop, pad.
    Size,
    /// Bending.
    Deformation,
    /// The values.
    Intensity,
    /// Blurring and sharpening.
    Smoothing,
    /// Colour.
    Colour,
    /// What disturbs an image as its making does.
    Noise,
    /// Takes something away.
    Erasing,
    /// Chooses among others.
    Policy,
    /// On whole batches.
    Batch,
    /// Neither.
    Utility,
}

impl Family {
    /// In the order of menus and docs.
    pub const ALL: [Self; 12] = [
        Self::Io,
        Self::Spatial,
        Self::Size,
        Self::Deformation,
        Self::Intensity,
        Self::Smoothing,
        Self::Colour,
        Self::Noise,
        Self::Erasing,
        Self::Policy,
        Self::Batch,
        Self::Utility,
    ];
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let title = match self {
            Self::Io => msg!("transform-family-input"),
            Self::Spatial => msg!("transform-family-spatial"),
            Self::Size => msg!("transform-family-size"),
            Self::Deformation => msg!("transform-family-deformation"),
            Self::Intensity => msg!("transform-family-intensity"),
            Self::Smoothing => msg!("transform-family-smoothing"),
            Self::Colour => msg!("transform-family-colour"),
            Self::Noise => msg!("transform-family-noise"),
            Self::Erasing => msg!("transform-family-erasing"),
            Self::Policy => msg!("transform-family-policy"),
            Self::Batch => msg!("transform-family-batch"),
            Self::Utility => msg!("transform-family-utility"),
        };
        title.fmt(f)
    }
}

/// A transform: what it is called, what it takes, and how it is built.
#[derive(Clone, Copy)]
pub struct TransformInfo {
    /// The library's name, as TOML and forms have it.
    pub name: &'static str,
    pub library: Library,
    pub family: Family,
    /// Left out of validation and test; its `evaluation` stands there instead.
    pub random: bool,
    /// Cannot be switched off: every chain needs it.
    pub pinned: bool,
    /// What it does, in English.
    pub doc: &'static str,
    /// Where it differs from the library's, in English; empty where it does not.
    pub note: &'static str,
    /// In the order of the library's signature.
    pub params: &'static [ParamInfo],
    /// What it draws for a sample, in the order of [`Draw::figures`]: name and unit.
    pub drawn: &'static [(&'static str, &'static str)],
    /// Parameters the library has and this does not, with the reason.
    pub(crate) elsewhere: &'static [(&'static str, &'static str)],
    /// Whether with these parameters its images leave with one size, whatever comes, so that they can share a batch.
    pub(crate) fixes_size: fn(&TransformSpec) -> bool,
    /// What stands in the place of a random one in validation and test, where leaving it out would not do.
    pub(crate) evaluation: Option<fn(&TransformSpec) -> Vec<TransformSpec>>,
    pub(crate) build: fn(&Values<'_>) -> Built,
}

impl TransformInfo {
    /// A transform that always does the same.
    pub(crate) const fn fixed(
        library: Library,
        name: &'static str,
        family: Family,
        doc: &'static str,
        params: &'static [ParamInfo],
        build: fn(&Values<'_>) -> Built,
    ) -> Self {
        let (drawn, elsewhere): (&[_], &[_]) = (&[], &[]);
        Self {
            name,
            library,
            family,
            random: false,
            pinned: false,
            fixes_size: |_| false,
            doc,
            note: "",
            params,
            drawn,
            elsewhere,
            evaluation: None,
            build,
        }
    }

    /// One that draws these figures for every sample.
    pub(crate) const fn random(
        library: Library,
        name: &'static str,
        family: Family,
        doc: &'static str,
        params: &'static [ParamInfo],
        drawn: &'static [(&'static str, &'static str)],
        build: fn(&Values<'_>) -> Built,
    ) -> Self {
        Self { random: true, drawn, ..Self::fixed(library, name, family, doc, params, build) }
    }

    /// The same with parameters of the library's that are not here, and why.
    pub(crate) const fn without(self, elsewhere: &'static [(&'static str, &'static str)]) -> Self {
        Self { elsewhere, ..self }
    }

    /// The same with a word on where it differs from the library's.
    pub(crate) const fn noting(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// The same, not to be switched off.
    pub(crate) const fn pinned(self) -> Self {
        Self { pinned: true, ..self }
    }

    /// The same, saying when its images leave with one size.
    pub(crate) const fn fixing_size(self, fixes_size: fn(&TransformSpec) -> bool) -> Self {
        Self { fixes_size, ..self }
    }

    /// The same, that draws nothing but whether it happens: where it always does, validation and test have it too.
    pub(crate) const fn by_chance_alone(self) -> Self {
        self.evaluated_as(|spec| {
            let chance = ["prob", "p"].into_iter().find_map(|name| spec.params.get(name)).and_then(ParamValue::as_f64);
            if chance == Some(1.0) { vec![spec.clone()] } else { Vec::new() }
        })
    }

    /// The same with what stands in its place in validation and test.
    pub(crate) const fn evaluated_as(self, evaluation: fn(&TransformSpec) -> Vec<TransformSpec>) -> Self {
        Self { evaluation: Some(evaluation), ..self }
    }

    /// Whether with these parameters its images leave with one size, whatever comes, so that they can share a batch.
    pub fn fixes_size(&self, spec: &TransformSpec) -> bool {
        (self.fixes_size)(spec)
    }

    /// torchvision's steps on values know 0 to 255 and 0 to 1; Pillow, which its users' files go through, gives the upper
    /// eight of sixteen bits.
    pub(crate) fn wants_bytes_of_sixteen_bits(&self) -> bool {
        let on_values = matches!(self.family, Family::Colour | Family::Noise | Family::Policy | Family::Smoothing);
        self.library == Library::Torchvision && on_values
    }

    /// What it does.
    pub fn meaning(&self) -> Cow<'static, str> {
        documented(&self.key(), self.doc)
    }

    fn key(&self) -> String {
        Owner::Transform(self.name).key()
    }

    /// Whose it is and where it differs from that, in a line.
    pub fn source(&self) -> Message {
        let whose = match self.library {
            Library::Trainscope => msg!("transform-own"),
            library => Message::verbatim(format!("{library} {}", self.name.rsplit('.').next().unwrap_or(self.name))),
        };
        match self.note {
            "" => whose,
            note => msg!("transform-source-with-note", whose, note = documented(&format!("{}-note", self.key()), note)),
        }
    }

    /// Why the library's parameter of that name is none here; `None` where the library has none such.
    pub(crate) fn reason_without(&self, name: &str) -> Option<Cow<'static, str>> {
        let (_, reason) = self.elsewhere.iter().find(|(known, _)| *known == name)?;
        Some(documented(&format!("{}-without.{name}", self.key()), reason))
    }

    /// Its texts in English, by the keys of those in other languages.
    pub fn texts(&self) -> Vec<(String, &'static str)> {
        let key = self.key();
        let note = (!self.note.is_empty()).then(|| (format!("{key}-note"), self.note));
        let without = self.elsewhere.iter().map(|(name, reason)| (format!("{key}-without.{name}"), *reason));
        let drawn = self.drawn.iter().map(|(name, _)| (drawn_key(name), *name));
        let params = self.params.iter().flat_map(|param| param.texts());
        [(key.clone(), self.doc)].into_iter().chain(note).chain(params).chain(without).chain(drawn).collect()
    }

    /// The parameter of that name.
    pub fn param(&self, name: &str) -> Option<&'static ParamInfo> {
        self.params.iter().find(|p| p.name == name)
    }

    /// What a sample's draw means, in words: `angle 0.12 rad`.
    pub fn describe(&self, draw: &Draw) -> Message {
        match draw {
            Draw::Fixed => msg!("transform-draw-fixed"),
            Draw::Skip => msg!("transform-draw-skip"),
            Draw::Happens(drawn) if drawn.figures().is_empty() || self.drawn.is_empty() => msg!("transform-draw-done"),
            Draw::Happens(drawn) => {
                let figures = self.drawn.iter().zip(drawn.figures());
                let words = figures.map(|((name, unit), v)| {
                    let gap = if unit.is_empty() { "" } else { " " };
                    // Rounded to four digits, without a tail of zeros.
                    let v = format!("{v:.4}").parse::<f64>().unwrap_or(*v);
                    format!("{} {v}{gap}{unit}", documented(&drawn_key(name), name))
                });
                Message::verbatim(words.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl std::fmt::Debug for TransformInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransformInfo").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Figures that are drawn have one text for all transforms.
fn drawn_key(name: &str) -> String {
    format!("transform-doc-drawn-{}", name.replace([' ', '\''], "-"))
}

pub(crate) const LAZY: (&str, &str) = ("lazy", "`loader.fuse` says it for the whole chain");
pub(crate) const DEVICE: (&str, &str) = ("device", "transforms run on the loader's threads");
pub(crate) const DTYPE: (&str, &str) = ("dtype", "MONAI's transforms work in float32 throughout");
