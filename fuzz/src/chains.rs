//! A chain of transforms and an image out of any bytes: every parameter left out, in its range, at its ends or just
//! beyond, or of a wrong kind.

use crate::config::{ParamValue, TransformSpec};
use crate::data::{Image, Layout};
use crate::transform::{ParamInfo, ParamKind, registry};

/// Longest chain.
const STEPS: u8 = 6;
/// Sides of the images that go in.
const SIDE: u8 = 40;

/// Gives bytes one after the other, and 0 when there are no more.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    /// Below `n`.
    fn below(&mut self, n: usize) -> usize {
        let number = usize::from(self.next()) | usize::from(self.next()) << 8;
        number % n.max(1)
    }

    /// From 0 to 1, both included.
    fn share(&mut self) -> f64 {
        f64::from(self.next()) / 255.0
    }

    fn number(&mut self, min: f64, max: f64) -> f64 {
        match self.next() % 16 {
            0 => min,
            1 => max,
            2 => max + (max.abs() * 1e-3).max(1e-3),
            3 => min - (min.abs() * 1e-3).max(1e-3),
            4 => f64::NAN,
            5 => f64::INFINITY,
            6 => 0.0f64.clamp(min, max),
            7 => 1.0f64.clamp(min, max),
            8..=10 => (8.0 * (self.share() - 0.5)).clamp(min, max),
            11 => (1e-3 * self.share()).clamp(min, max),
            // Within the range, by magnitude: ranges may reach from -1e12 to 1e12.
            12 => (10f64.powf(12.0 * self.share()) * if self.next() % 2 == 0 { 1.0 } else { -1.0 }).clamp(min, max),
            _ => (min.max(-4.0) + (max.min(4.0) - min.max(-4.0)) * self.share()).clamp(min, max),
        }
    }

    fn whole(&mut self, min: i64, max: i64) -> i64 {
        match self.next() % 16 {
            0 => min,
            // The largest images are legal, and take too long and too much to fuzz on.
            1 => max.min(512),
            2 => max.saturating_add(1),
            3 => min.saturating_sub(1),
            4 => i64::MAX,
            5 => i64::MIN,
            _ => i64::from(self.next()).saturating_sub(16).clamp(min, max),
        }
    }

    fn float(&mut self, min: f64, max: f64) -> ParamValue {
        let v = self.number(min, max);
        if v.fract() == 0.0 && self.next() % 2 == 0 { ParamValue::Int(v as i64) } else { ParamValue::Float(v) }
    }

    fn list(&mut self, least: usize, most: usize, mut one: impl FnMut(&mut Self) -> ParamValue) -> ParamValue {
        // Up to one too many, and none now and then.
        let count = match self.next() % 16 {
            0 => most.min(8) + 1,
            1 => 0,
            2 => least,
            _ => least + self.below(most.min(8) - least.min(8) + 1),
        };
        ParamValue::List((0..count).map(|_| one(self)).collect())
    }

    fn value(&mut self, kind: ParamKind) -> ParamValue {
        let none = || ParamValue::Text("none".to_owned());
        match kind {
            ParamKind::Bool => ParamValue::Bool(self.next() % 2 == 0),
            ParamKind::Int { min, max } => ParamValue::Int(self.whole(min, max)),
            ParamKind::Float { min, max } => self.float(min, max),
            ParamKind::Choice(names) => {
                let at = self.below(names.len() + 1);
                ParamValue::Text(names.get(at).copied().unwrap_or("no such").to_owned())
            }
            ParamKind::OptionalBool => match self.next() % 3 {
                0 => none(),
                v => ParamValue::Bool(v == 1),
            },
            ParamKind::OptionalFloat { min, max } => match self.next() % 4 {
                0 => none(),
                _ => self.float(min, max),
            },
            ParamKind::OptionalFloats { min, max } => match self.next() % 4 {
                0 => none(),
                1 => self.float(min, max),
                _ => self.list(1, 4, |bytes| bytes.float(min, max)),
            },
            ParamKind::Range { min, max } | ParamKind::PerAxis { min, max } => match self.next() % 2 {
                0 => self.float(min, max),
                _ => self.list(2, 2, |bytes| bytes.float(min, max)),
            },
            ParamKind::Ranges { min, max, most } => match self.next() % 4 {
                0 => none(),
                1 => self.float(min, max),
                _ => self.list(1, most, |bytes| match bytes.next() % 2 {
                    0 => bytes.float(min, max),
                    _ => bytes.list(2, 2, |bytes| bytes.float(min, max)),
                }),
            },
            ParamKind::Axes => match self.next() % 3 {
                0 => none(),
                1 => ParamValue::Int(self.whole(-2, 1)),
                _ => self.list(1, 2, |bytes| ParamValue::Int(bytes.whole(-2, 1))),
            },
            ParamKind::Size { max } => match self.next() % 3 {
                0 => ParamValue::Int(self.whole(-1, max)),
                _ => self.list(2, 2, |bytes| ParamValue::Int(bytes.whole(-1, max))),
            },
            ParamKind::Ints { min, max, least, most } => match self.next() % 3 {
                0 => ParamValue::Int(self.whole(min, max)),
                _ => self.list(least, most, |bytes| ParamValue::Int(bytes.whole(min, max))),
            },
            ParamKind::Floats { min, max, least, most } => match self.next() % 3 {
                0 => self.float(min, max),
                _ => self.list(least, most, |bytes| bytes.float(min, max)),
            },
            ParamKind::Rows { min, max } => self.list(1, 4, |bytes| bytes.list(1, 6, |bytes| bytes.float(min, max))),
            ParamKind::Optional(kind) => match self.next() % 4 {
                0 => none(),
                _ => self.value(*kind),
            },
            #[allow(unreachable_patterns, reason = "for kinds that are yet to come")]
            _ => self.anything(),
        }
    }

    /// Of any kind.
    fn anything(&mut self) -> ParamValue {
        match self.next() % 6 {
            0 => ParamValue::Bool(true),
            1 => ParamValue::Int(self.whole(-4, 4)),
            2 => self.float(-4.0, 4.0),
            3 => ParamValue::Text("none".to_owned()),
            4 => self.list(1, 3, |bytes| bytes.float(-4.0, 4.0)),
            _ => self.list(1, 3, |bytes| bytes.list(1, 3, |bytes| bytes.float(-4.0, 4.0))),
        }
    }

    fn param(&mut self, info: &ParamInfo) -> Option<ParamValue> {
        match self.next() {
            // A random step that seldom happens would hide the others.
            v if matches!(info.name, "prob" | "p") && v < 200 => Some(ParamValue::Float(1.0)),
            0..80 => None,
            80..84 => Some(self.anything()),
            84..96 => Some(info.default_value()),
            _ => Some(self.value(info.kind)),
        }
    }

    /// A chain in which no transform comes twice.
    pub fn chain(&mut self) -> Vec<TransformSpec> {
        let count = 1 + self.next() % STEPS;
        let mut specs: Vec<TransformSpec> = Vec::new();
        for _ in 0..count {
            let info = &registry()[self.below(registry().len())];
            // SimulateDelay sleeps; that is its whole work.
            if info.name == "SimulateDelay" || specs.iter().any(|s| s.name == info.name) {
                continue;
            }
            let mut spec = TransformSpec::new(info.name);
            for param in info.params {
                if let Some(value) = self.param(param) {
                    spec = spec.with(param.name, value);
                }
            }
            spec.enabled = self.next() % 16 != 0;
            specs.push(spec);
        }
        specs
    }

    pub fn image(&mut self) -> Image {
        let channels = [1, 3, 4][self.below(3)];
        let [height, width] = [0; 2].map(|_| usize::from(1 + self.next() % SIDE));
        let layout = if self.next() % 2 == 0 { Layout::ChannelLast } else { Layout::ChannelFirst };
        let (kind, count) = (self.next(), channels * height * width);
        // The rest of the bytes again and again, or one value.
        let pattern = if self.0.is_empty() { &[7] } else { self.0 };
        let bytes = pattern.iter().copied().cycle().take(count);
        let shape = [channels, height, width];
        let image = match kind % 4 {
            0 => Image::from_bytes(shape, bytes.collect()),
            1 => Image::from_floats(shape, bytes.map(|v| f32::from(v) / 255.0).collect()),
            2 => Image::from_floats(shape, bytes.map(|v| f32::from(v) * 257.0 - 100.0).collect()),
            _ => Image::from_floats(shape, bytes.map(odd).collect()),
        };
        Image { layout, ..image }
    }

    pub fn seed(&mut self) -> u64 {
        u64::from(self.next())
    }
}

/// Numbers that images should not hold.
fn odd(byte: u8) -> f32 {
    match byte % 16 {
        0 => f32::NAN,
        1 => f32::INFINITY,
        2 => f32::NEG_INFINITY,
        3 => f32::MAX,
        4 => f32::MIN,
        5 => f32::MIN_POSITIVE / 2.0,
        6 => -0.0,
        _ => f32::from(byte),
    }
}
