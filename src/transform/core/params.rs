//! What a transform's parameters may be: the one description that the check of a TOML file, the forms of the window
//! and the docs are made from.

use crate::config::{ParamValue, TransformSpec};

/// How `none` is written, TOML having no null.
const NONE: &str = "none";

/// One parameter of a transform.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamInfo {
    /// MONAI's name.
    pub name: &'static str,
    /// What it may hold.
    pub kind: ParamKind,
    /// What it holds when it is left out.
    pub default: ParamDefault,
    /// Such as `rad` or `s`; empty for a plain number.
    pub unit: &'static str,
    /// One line.
    pub doc: &'static str,
}

/// What a parameter may hold; both ends of a range are allowed. `Display` says it in words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParamKind {
    Bool,
    Int {
        min: i64,
        max: i64,
    },
    Float {
        min: f64,
        max: f64,
    },
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// `none`, true or false.
    OptionalBool,
    /// `none` or a number.
    OptionalFloat {
        min: f64,
        max: f64,
    },
    /// `none`, a number, or a list with one number a channel.
    OptionalFloats {
        min: f64,
        max: f64,
    },
    /// A number r for the range -r to r, or the range as `[low, high]`.
    Range {
        min: f64,
        max: f64,
    },
    /// `none`, a number r for the range -r to r, or a list with one entry an axis, r or `[low, high]`; `most` axes.
    Ranges {
        min: f64,
        max: f64,
        most: usize,
    },
    /// A number for both axes, or `[H, W]`.
    PerAxis {
        min: f64,
        max: f64,
    },
    /// `none` for both axes, an axis (0 is H, 1 is W; -1 is W, -2 is H), or a list of them.
    Axes,
    /// `[H, W]` in pixels, -1 for "as it is", or one number for both.
    Size {
        max: i64,
    },
    /// One whole number, or a list of `least` to `most` of them.
    Ints {
        min: i64,
        max: i64,
        least: usize,
        most: usize,
    },
    /// One number, or a list of `least` to `most` of them.
    Floats {
        min: f64,
        max: f64,
        least: usize,
        most: usize,
    },
    /// A list of lists of numbers: points, knots.
    Rows {
        min: f64,
        max: f64,
    },
    /// `none`, or what the other kind takes.
    Optional(&'static ParamKind),
    /// That text, or what the other kind takes.
    Or(&'static str, &'static ParamKind),
}

/// The default of a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParamDefault {
    /// MONAI's `None`, written `"none"`.
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'static str),
    Ints(&'static [i64]),
    Floats(&'static [f64]),
    Rows(&'static [&'static [f64]]),
}

pub(crate) const fn param(
    name: &'static str,
    kind: ParamKind,
    default: ParamDefault,
    unit: &'static str,
    doc: &'static str,
) -> ParamInfo {
    ParamInfo { name, kind, default, unit, doc }
}

/// The parameter of every random transform.
pub(crate) const PROB: ParamInfo = param(
    "prob",
    ParamKind::Float { min: 0.0, max: 1.0 },
    ParamDefault::Float(0.1),
    "",
    "probability that it happens to a sample",
);
/// torchvision's.
pub(crate) const P: ParamInfo = param(
    "p",
    ParamKind::Float { min: 0.0, max: 1.0 },
    ParamDefault::Float(0.5),
    "",
    "probability that it happens to a sample",
);

impl ParamInfo {
    /// The default as a value; MONAI's `None` is the text `none`.
    pub fn default_value(&self) -> ParamValue {
        match self.default {
            ParamDefault::None => ParamValue::Text(NONE.to_owned()),
            ParamDefault::Bool(v) => ParamValue::Bool(v),
            ParamDefault::Int(v) => ParamValue::Int(v),
            ParamDefault::Float(v) => ParamValue::Float(v),
            ParamDefault::Text(v) => ParamValue::Text(v.to_owned()),
            ParamDefault::Ints(v) => ParamValue::List(v.iter().copied().map(ParamValue::Int).collect()),
            ParamDefault::Floats(v) => floats(v),
            ParamDefault::Rows(v) => ParamValue::List(v.iter().map(|row| floats(row)).collect()),
        }
    }

    /// Whether the value may stand here.
    pub fn accepts(&self, value: &ParamValue) -> bool {
        self.kind.accepts(value)
    }

    /// Reads what a person typed into a form: a TOML value, or a bare text.
    ///
    /// # Errors
    /// What was expected, in words.
    pub fn parse_text(&self, text: &str) -> Result<ParamValue, String> {
        let text = text.trim();
        let toml = format!("v = {text}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("v"));
        let value = toml.and_then(|v| v.try_into().ok()).unwrap_or_else(|| ParamValue::Text(text.to_owned()));
        if self.accepts(&value) { Ok(value) } else { Err(format!("expected {}", self.kind)) }
    }

    /// How a form shows the value in a text field; [`Self::parse_text`] reads it back.
    pub fn show_text(value: &ParamValue) -> String {
        match value {
            ParamValue::Text(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// Texts worth offering in a list, where the values are few ([`Self::parse_text`] reads them); else empty.
    pub fn suggestions(&self) -> &'static [&'static str] {
        match self.kind {
            ParamKind::Bool => &["true", "false"],
            ParamKind::Choice(names) => names,
            ParamKind::OptionalBool => &[NONE, "true", "false"],
            ParamKind::Axes => &[NONE, "0", "1"],
            _ => &[],
        }
    }
}

fn floats(values: &[f64]) -> ParamValue {
    ParamValue::List(values.iter().copied().map(ParamValue::Float).collect())
}

fn is_none(value: &ParamValue) -> bool {
    matches!(value, ParamValue::Text(text) if text.eq_ignore_ascii_case(NONE))
}

impl ParamKind {
    fn accepts(&self, value: &ParamValue) -> bool {
        let within = |v: &ParamValue, min: f64, max: f64| v.as_f64().is_some_and(|v| (min..=max).contains(&v));
        match (*self, value) {
            (Self::Bool | Self::OptionalBool, ParamValue::Bool(_)) => true,
            (
                Self::OptionalBool
                | Self::OptionalFloat { .. }
                | Self::OptionalFloats { .. }
                | Self::Ranges { .. }
                | Self::Axes
                | Self::Optional(_),
                v,
            ) if is_none(v) => true,
            (Self::Optional(kind), v) => kind.accepts(v),
            (Self::Or(name, kind), v) => matches!(v, ParamValue::Text(text) if text == name) || kind.accepts(v),
            (Self::Int { min, max }, ParamValue::Int(v)) => (min..=max).contains(v),
            (Self::Choice(names), ParamValue::Text(v)) => names.contains(&v.as_str()),
            (Self::OptionalFloats { min, max }, ParamValue::List(list)) => {
                (1..=1024).contains(&list.len()) && list.iter().all(|v| within(v, min, max))
            }
            (Self::Range { min, max } | Self::PerAxis { min, max }, ParamValue::List(list)) => {
                (1..=2).contains(&list.len()) && list.iter().all(|v| within(v, min, max))
            }
            (
                Self::Float { min, max }
                | Self::OptionalFloat { min, max }
                | Self::OptionalFloats { min, max }
                | Self::Range { min, max }
                | Self::Ranges { min, max, .. }
                | Self::PerAxis { min, max }
                | Self::Floats { min, max, .. },
                v @ (ParamValue::Int(_) | ParamValue::Float(_)),
            ) => within(v, min, max),
            (Self::Axes, v) => axes_of(v).is_some(),
            (Self::Size { max }, ParamValue::Int(v)) => *v != 0 && (-1..=max).contains(v),
            (Self::Size { max }, ParamValue::List(list)) => {
                let fits = |v: &ParamValue| matches!(v, ParamValue::Int(v) if *v != 0 && (-1..=max).contains(v));
                list.len() == 2 && list.iter().all(fits)
            }
            (Self::Ints { min, max, least, most }, ParamValue::List(list)) => {
                let fits = |v: &ParamValue| matches!(v, ParamValue::Int(v) if (min..=max).contains(v));
                (least..=most).contains(&list.len()) && list.iter().all(fits)
            }
            (Self::Ints { min, max, .. }, ParamValue::Int(v)) => (min..=max).contains(v),
            (Self::Floats { min, max, least, most }, ParamValue::List(list)) => {
                (least..=most).contains(&list.len()) && list.iter().all(|v| within(v, min, max))
            }
            (Self::Ranges { min, max, most }, ParamValue::List(list)) => {
                let fits = |v: &ParamValue| match v {
                    ParamValue::List(ends) => ends.len() == 2 && ends.iter().all(|v| within(v, min, max)),
                    one => within(one, min, max),
                };
                (1..=most).contains(&list.len()) && list.iter().all(fits)
            }
            (Self::Rows { min, max }, ParamValue::List(rows)) => {
                let fits = |row: &ParamValue| match row {
                    ParamValue::List(row) => (1..=1024).contains(&row.len()) && row.iter().all(|v| within(v, min, max)),
                    _ => false,
                };
                (1..=1024).contains(&rows.len()) && rows.iter().all(fits)
            }
            _ => false,
        }
    }
}

/// Whether H and W are meant; `None` where an axis is unknown or named twice.
fn axes_of(value: &ParamValue) -> Option<[bool; 2]> {
    if is_none(value) {
        return Some([true; 2]);
    }
    let list = match value {
        ParamValue::List(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut axes = [false; 2];
    for axis in list {
        let ParamValue::Int(axis @ -2..=1) = axis else { return None };
        let axis = axes.get_mut(axis.rem_euclid(2) as usize)?;
        if std::mem::replace(axis, true) {
            return None;
        }
    }
    (!list.is_empty()).then_some(axes)
}

impl std::fmt::Display for ParamKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |f: &mut std::fmt::Formatter<'_>, min: f64, max: f64| match (min, max) {
            (min, max) if min <= -1e12 && max >= 1e12 => write!(f, "a number"),
            (min, max) if max >= 1e12 => write!(f, "a number from {min} up"),
            (min, max) => write!(f, "a number from {min} to {max}"),
        };
        match *self {
            Self::Bool => write!(f, "true or false"),
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Float { min, max } => number(f, min, max),
            Self::Choice(names) => write!(f, "one of {}", names.join(", ")),
            Self::OptionalBool => write!(f, "true, false or \"{NONE}\""),
            Self::OptionalFloat { min, max } => {
                number(f, min, max)?;
                write!(f, " or \"{NONE}\"")
            }
            Self::OptionalFloats { min, max } => {
                number(f, min, max)?;
                write!(f, ", a list with one a channel, or \"{NONE}\"")
            }
            Self::Range { min, max } => {
                number(f, min, max)?;
                write!(f, " (r means -r to r), or [low, high]")
            }
            Self::Ranges { min, max, most } => {
                number(f, min, max)?;
                let axes = if most == 1 { "[[low, high]]" } else { "a list with r or [low, high] an axis" };
                write!(f, " (r means -r to r), {axes}, or \"{NONE}\"")
            }
            Self::PerAxis { min, max } => {
                number(f, min, max)?;
                write!(f, ", or [H, W]")
            }
            Self::Axes => write!(f, "0 (H), 1 (W), [0, 1] or \"{NONE}\" (both)"),
            Self::Size { max } => write!(f, "[H, W] in pixels, 1 to {max} or -1 (as it is), or one number for both"),
            Self::Ints { min, max, least, most } => {
                write!(f, "a whole number from {min} to {max}, or a list of {least} to {most}")
            }
            Self::Floats { min, max, least, most } => {
                number(f, min, max)?;
                write!(f, ", or a list of {least} to {most}")
            }
            Self::Rows { .. } => write!(f, "a list of lists of numbers"),
            Self::Optional(kind) => write!(f, "{kind}, or \"{NONE}\""),
            Self::Or(name, kind) => write!(f, "{kind}, or \"{name}\""),
        }
    }
}

/// A transform's own objection, where each parameter is allowed and together they are not.
#[derive(Debug)]
pub(crate) struct Invalid {
    pub param: &'static str,
    pub expected: String,
}

impl Invalid {
    pub(crate) fn new(param: &'static str, expected: impl Into<String>) -> Self {
        Self { param, expected: expected.into() }
    }
}

/// The parameters of a spec that was checked against its description: what is left out is at its default. The
/// fallbacks below are never reached for a name and kind of the description.
pub(crate) struct Values<'a> {
    pub spec: &'a TransformSpec,
    pub params: &'static [ParamInfo],
}

impl Values<'_> {
    fn get(&self, name: &str) -> ParamValue {
        let given = self.spec.params.get(name).cloned();
        let default = || self.params.iter().find(|p| p.name == name).map(ParamInfo::default_value);
        given.or_else(default).unwrap_or(ParamValue::Bool(false))
    }

    /// The numbers of a list, or the one number.
    pub(crate) fn floats(&self, name: &str) -> Vec<f64> {
        match self.get(name) {
            ParamValue::List(list) => list.iter().filter_map(ParamValue::as_f64).collect(),
            one => one.as_f64().into_iter().collect(),
        }
    }

    /// The rows of [`ParamKind::Rows`].
    pub(crate) fn rows(&self, name: &str) -> Vec<Vec<f64>> {
        match self.get(name) {
            ParamValue::List(rows) => {
                let row = |row: &ParamValue| match row {
                    ParamValue::List(row) => row.iter().filter_map(ParamValue::as_f64).collect(),
                    one => one.as_f64().into_iter().collect(),
                };
                rows.iter().map(row).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn int(&self, name: &str) -> i64 {
        self.get(name).as_f64().unwrap_or(0.0) as i64
    }

    /// The whole numbers of a list, or the one.
    pub(crate) fn ints(&self, name: &str) -> Vec<i64> {
        self.floats(name).into_iter().map(|v| v as i64).collect()
    }

    pub(crate) fn bool(&self, name: &str) -> bool {
        self.get(name) == ParamValue::Bool(true)
    }

    pub(crate) fn float(&self, name: &str) -> f64 {
        self.get(name).as_f64().unwrap_or(0.0)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        ParamInfo::show_text(&self.get(name))
    }

    pub(crate) fn optional_float(&self, name: &str) -> Option<f64> {
        self.get(name).as_f64()
    }

    pub(crate) fn optional_floats(&self, name: &str) -> Option<Vec<f64>> {
        let list = self.floats(name);
        (!list.is_empty()).then_some(list)
    }

    /// Low and high; one number stands for both signs of it.
    pub(crate) fn range(&self, name: &str) -> [f64; 2] {
        match self.floats(name).as_slice() {
            [low, high] => [*low, *high],
            [one] => [-one.abs(), one.abs()],
            _ => [0.0; 2],
        }
    }

    /// Low and high of [`ParamKind::Ranges`], by axis; r stands for -r to r.
    pub(crate) fn ranges(&self, name: &str) -> Vec<[f64; 2]> {
        let ends = |v: &ParamValue| match v {
            ParamValue::List(ends) => Some([ends.first()?.as_f64()?, ends.get(1)?.as_f64()?]),
            one => one.as_f64().map(|r| [-r, r]),
        };
        match self.get(name) {
            ParamValue::List(list) => list.iter().filter_map(ends).collect(),
            one => ends(&one).into_iter().collect(),
        }
    }

    /// H and W; one number stands for both.
    pub(crate) fn per_axis(&self, name: &str) -> [f64; 2] {
        match self.floats(name).as_slice() {
            [h, w] => [*h, *w],
            [one] => [*one; 2],
            _ => [1.0; 2],
        }
    }

    /// Whether one number was given, for both axes.
    pub(crate) fn is_one_number(&self, name: &str) -> bool {
        self.floats(name).len() == 1
    }

    pub(crate) fn axes(&self, name: &str) -> [bool; 2] {
        axes_of(&self.get(name)).unwrap_or([true; 2])
    }

    /// H and W in pixels; `None` is "as it is".
    pub(crate) fn size(&self, name: &str) -> [Option<usize>; 2] {
        let pixels = |v: f64| (v >= 1.0).then_some(v as usize);
        self.per_axis(name).map(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_refused() {
        #[track_caller]
        fn check(kind: ParamKind, good: &[&str], bad: &[&str]) {
            let info = param("p", kind, ParamDefault::None, "", "");
            for text in good {
                let value = info.parse_text(text).unwrap_or_else(|e| panic!("{text}: {e}"));
                assert_eq!(info.parse_text(&ParamInfo::show_text(&value)), Ok(value));
            }
            for text in bad {
                let error = info.parse_text(text).unwrap_err();
                assert!(error.contains(&kind.to_string()), "{text}: {error}");
            }
        }
        check(ParamKind::Bool, &["true", "false"], &["1", "yes", ""]);
        check(ParamKind::Int { min: 0, max: 3 }, &["0", "3"], &["4", "-1", "1.0"]);
        check(ParamKind::Float { min: 0.0, max: 1.0 }, &["0", "0.5", "1e-3"], &["1.1", "nan", "inf", "x", "[0.5]"]);
        check(ParamKind::Choice(&["area", "nearest-exact"]), &["area", "\"area\"", "nearest-exact"], &["Area", ""]);
        check(ParamKind::OptionalBool, &["none", "true"], &["0"]);
        check(ParamKind::OptionalFloat { min: -1.0, max: 1.0 }, &["none", "None", "0.5"], &["2", "[0]"]);
        check(ParamKind::OptionalFloats { min: -1.0, max: 1.0 }, &["none", "0.5", "[0.5, 1]"], &["[]", "[2]"]);
        check(ParamKind::Range { min: -4.0, max: 4.0 }, &["0.2", "[-0.1, 0.2]"], &["5", "[1, 2, 3]", "[]", "none"]);
        let ranges = ParamKind::Ranges { min: -4.0, max: 4.0, most: 2 };
        check(ranges, &["none", "0.2", "[0.1]", "[0.1, [-1, 2]]"], &["5", "[[1]]", "[1, 2, 3]", "[[1, 2, 3]]", "[]"]);
        check(ParamKind::PerAxis { min: 0.1, max: 4.0 }, &["0.2", "[1, 2]"], &["0", "[1, 2, 3]"]);
        check(ParamKind::Axes, &["none", "0", "-1", "[0, 1]", "[-2]"], &["2", "-3", "[0, 0]", "[1, -1]", "[]", "0.5"]);
        let ints = ParamKind::Ints { min: 0, max: 9, least: 2, most: 4 };
        check(ints, &["3", "[1, 2]", "[1, 2, 3, 4]"], &["10", "[1]", "[1, 2, 3, 4, 5]", "0.5"]);
        let floats = ParamKind::Floats { min: 0.0, max: 9.0, least: 2, most: 2 };
        check(floats, &["3", "[1, 2.5]"], &["10", "[1]", "none"]);
        check(ParamKind::Rows { min: 0.0, max: 9.0 }, &["[[1, 2], [3.5]]"], &["3", "[1]", "[]", "[[]]", "[[10]]"]);
        const NUMBER: ParamKind = ParamKind::Int { min: 0, max: 3 };
        check(ParamKind::Optional(&NUMBER), &["none", "3"], &["4", "[1]"]);
        check(ParamKind::Or("random", &NUMBER), &["random", "3"], &["4", "none", "Random"]);
        check(ParamKind::Size { max: 100 }, &["64", "[64, 48]", "[-1, 10]"], &["0", "[0, 1]", "[101, 1]", "[1, 2, 3]"]);
    }
}
