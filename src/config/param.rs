//! What a parameter may be, of a transform as of the settings: the one description that the check of a TOML file and of
//! `--set`, the forms of the window, the docs and an error's message are made from.

use super::names::hint;
use super::spec::ParamValue;
use crate::language::{Message, documented};
use std::borrow::Cow;

/// How `none` is written, TOML having no null.
pub(super) const NONE: &str = "none";

/// One parameter of a transform, or one key of the settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamInfo {
    /// As TOML has it; of a transform's the library's own.
    pub name: &'static str,
    /// Whose it is: texts in other languages go by that.
    pub owner: Owner,
    /// What a form calls it, in English; empty for the name itself.
    pub english_title: &'static str,
    /// What it may hold.
    pub kind: ParamKind,
    /// What it holds when it is left out.
    pub default: ParamDefault,
    /// Such as `rad` or `s`; empty for a plain number.
    pub unit: &'static str,
    /// One line, in English.
    pub doc: &'static str,
    /// A change reaches a run that is active.
    pub live: bool,
    /// Seldom changed: a form has it behind what is.
    pub advanced: bool,
    /// It says what becomes of the weights in a step, whose work is the same whatever it holds.
    pub same_work: bool,
    /// It says how images are loaded and kept, on what they are trained, or what is timed and looked at: what is learnt of them
    /// is the same whatever it holds.
    pub same_training: bool,
    /// Values with a name of their own, as texts that [`ParamInfo::parse_text`] reads.
    pub presets: &'static [Item],
}

/// Whose a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's yet: a list that several share.
    Nobody,
    /// A section of the settings.
    Section(&'static str),
    /// What is chosen by the name of a section.
    Item {
        section: &'static str,
        item: &'static str,
    },
    Transform(&'static str),
}

impl Owner {
    /// The key of its texts in other languages: `setting-loader`, `transform-doc-v2-Resize`.
    pub fn key(self) -> String {
        match self {
            Self::Nobody => String::new(),
            Self::Section(section) => format!("setting-{section}"),
            Self::Item { section, item } => format!("setting-{section}-name-{item}"),
            Self::Transform(name) => format!("transform-doc-{}", name.replace('.', "-")),
        }
    }
}

/// One of a catalogue: what a key may hold by name, with the parameters that come with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    /// As TOML has it.
    pub name: &'static str,
    /// As papers and forms write it, in English.
    pub title: &'static str,
    /// One line, in English.
    pub doc: &'static str,
    /// Keys of the section that it is chosen in, where it is chosen.
    pub params: &'static [ParamInfo],
}

impl Item {
    /// One without parameters.
    pub const fn new(name: &'static str, title: &'static str, doc: &'static str) -> Self {
        Self { name, title, doc, params: &[] }
    }

    /// The same with parameters.
    pub const fn with(self, params: &'static [ParamInfo]) -> Self {
        Self { params, ..self }
    }
}

/// What a parameter may hold; both ends of a range are allowed. [`ParamKind::message`] says it in words.
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
    /// One of a catalogue, by its name.
    OneOf(&'static [Item]),
    /// One of these whole numbers.
    Whole(&'static [i64]),
    /// Any text: a path, a device's id.
    Text,
    /// A list of texts, which may be empty.
    Texts,
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
    Texts(&'static [&'static str]),
}

/// A parameter under its own name, live and not advanced.
pub const fn param(
    name: &'static str,
    kind: ParamKind,
    default: ParamDefault,
    unit: &'static str,
    doc: &'static str,
) -> ParamInfo {
    ParamInfo {
        name,
        owner: Owner::Nobody,
        english_title: "",
        kind,
        default,
        unit,
        doc,
        live: true,
        advanced: false,
        same_work: false,
        same_training: false,
        presets: &[],
    }
}

impl ParamInfo {
    /// The same with what a form calls it.
    pub const fn titled(self, english_title: &'static str) -> Self {
        Self { english_title, ..self }
    }

    /// The same as that owner's.
    pub const fn of(self, owner: Owner) -> Self {
        Self { owner, ..self }
    }

    /// The same, behind what is changed more often.
    pub const fn advanced(self) -> Self {
        Self { advanced: true, ..self }
    }

    /// The same, fixed while a run is active.
    pub const fn fixed(self) -> Self {
        Self { live: false, ..self }
    }

    /// The same, changing nothing of a step's work.
    pub const fn same_work(self) -> Self {
        Self { same_work: true, ..self }
    }

    /// The same, changing nothing of what is learnt.
    pub const fn same_training(self) -> Self {
        Self { same_training: true, ..self }
    }

    /// The same with named values.
    pub const fn presets(self, presets: &'static [Item]) -> Self {
        Self { presets, ..self }
    }

    /// What a form calls it.
    pub fn title(&self) -> Cow<'static, str> {
        match self.english_title {
            "" => self.name.into(),
            english => documented(&format!("{}-title", self.key()), english),
        }
    }

    /// One line that says what it does.
    pub fn meaning(&self) -> Cow<'static, str> {
        documented(&self.key(), self.doc)
    }

    /// The key of its meaning in other languages; its title's ends in `-title`, and what it may hold by name follows it.
    fn key(&self) -> String {
        format!("{}.{}", self.owner.key(), self.name)
    }

    /// The unit as a person reads it; empty for a plain number.
    pub fn unit_words(&self) -> Message {
        if self.unit.is_empty() { Message::default() } else { msg!("config-unit", unit = self.unit) }
    }

    /// What may stand here, with the unit: `a whole number from 1 to 1024, in px`.
    pub fn expected(&self) -> Message {
        match self.unit {
            "" => self.kind.message(),
            _ => msg!("config-expected-in-unit", kind = self.kind.message(), unit = self.unit_words()),
        }
    }

    /// Meaning, range and unit in a line.
    pub fn describe(&self) -> Message {
        let meaning = self.meaning();
        msg!("config-described", meaning = meaning.trim_end_matches(['.', '。']), expected = self.expected())
    }

    /// Its texts in English, by the keys of those in other languages.
    pub fn texts(&self) -> Vec<(String, &'static str)> {
        let title = (!self.english_title.is_empty()).then(|| (format!("{}-title", self.key()), self.english_title));
        let items = match self.kind {
            ParamKind::OneOf(items) => items,
            _ => self.presets,
        };
        let items = items.iter().flat_map(|item| {
            let key = self.item_key(item);
            [(format!("{key}.title"), item.title), (key, item.doc)]
        });
        title.into_iter().chain([(self.key(), self.doc)]).chain(items).filter(|(_, text)| !text.is_empty()).collect()
    }

    pub(super) fn item_key(&self, item: &Item) -> String {
        format!("{}-{}-{}", self.owner.key(), self.name, item.name)
    }

    /// One line on what it is, where this may hold it by name.
    pub fn item_meaning(&self, item: &Item) -> Cow<'static, str> {
        documented(&self.item_key(item), item.doc)
    }

    /// ` (did you mean …?)` where the value is a name close to one that may stand here; else nothing.
    pub fn near(&self, value: &ParamValue) -> Message {
        match (self.kind, value) {
            (ParamKind::Choice(names), ParamValue::Text(text)) => hint(text, names.iter().copied()),
            (ParamKind::OneOf(items), ParamValue::Text(text)) => hint(text, items.iter().map(|item| item.name)),
            _ => Message::default(),
        }
    }

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
            ParamDefault::Texts(v) => {
                ParamValue::List(v.iter().map(|text| ParamValue::Text((*text).to_owned())).collect())
            }
        }
    }

    /// Whether the value may stand here.
    pub fn accepts(&self, value: &ParamValue) -> bool {
        self.kind.accepts(value)
    }

    /// The value as its kind has it: where any number may stand, a whole one is a number too.
    pub fn as_kind(&self, value: &ParamValue) -> ParamValue {
        match (self.kind, value) {
            (ParamKind::Float { .. }, ParamValue::Int(v)) => ParamValue::Float(*v as f64),
            _ => value.clone(),
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
            (Self::OneOf(items), ParamValue::Text(v)) => items.iter().any(|item| item.name == v),
            (Self::Whole(numbers), ParamValue::Int(v)) => numbers.contains(v),
            (Self::Text, ParamValue::Text(_)) => true,
            (Self::Texts, ParamValue::List(list)) => list.iter().all(|v| matches!(v, ParamValue::Text(_))),
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
pub(super) fn axes_of(value: &ParamValue) -> Option<[bool; 2]> {
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

impl ParamKind {
    /// What may stand there, in words.
    pub fn message(&self) -> Message {
        let figure = |x: f64| if x != 0.0 && x.abs() < 1e-3 { format!("{x:e}") } else { x.to_string() };
        let number = |min: f64, max: f64| match (min, max) {
            (min, max) if min <= -1e12 && max >= 1e12 => msg!("config-kind-number"),
            (min, max) if max >= 1e12 => msg!("config-kind-number-up", min = figure(min)),
            (min, max) => msg!("config-kind-number-between", min = figure(min), max = figure(max)),
        };
        // Without grouped digits, as they are written in a configuration.
        let whole = |n: i64| n.to_string();
        match *self {
            Self::Bool => msg!("config-kind-bool"),
            Self::Int { min, max: i64::MAX } => msg!("config-kind-whole-up", min = whole(min)),
            Self::Int { min, max } => msg!("config-kind-whole-between", min = whole(min), max = whole(max)),
            Self::Float { min, max } => number(min, max),
            Self::Choice(names) => msg!("config-kind-one-of", names = names.join(", ")),
            Self::OneOf(items) => {
                let names: Vec<&str> = items.iter().map(|item| item.name).collect();
                msg!("config-kind-one-of", names = names.join(", "))
            }
            Self::Whole(numbers) => {
                let (last, others) = numbers.split_last().unwrap_or((&0, &[]));
                let others: Vec<String> = others.iter().map(i64::to_string).collect();
                match others.is_empty() {
                    true => Message::verbatim(last.to_string()),
                    false => msg!("config-kind-one-or-another", others = others.join(", "), last = whole(*last)),
                }
            }
            Self::Text => msg!("config-kind-text"),
            Self::Texts => msg!("config-kind-texts"),
            Self::OptionalBool => msg!("config-kind-optional-bool", none = NONE),
            Self::OptionalFloat { min, max } => {
                msg!("config-kind-optional-number", number = number(min, max), none = NONE)
            }
            Self::OptionalFloats { min, max } => {
                msg!("config-kind-optional-numbers", number = number(min, max), none = NONE)
            }
            Self::Range { min, max } => msg!("config-kind-range", number = number(min, max)),
            Self::Ranges { min, max, most: 1 } => {
                msg!("config-kind-ranges-of-one", number = number(min, max), none = NONE)
            }
            Self::Ranges { min, max, .. } => msg!("config-kind-ranges", number = number(min, max), none = NONE),
            Self::PerAxis { min, max } => msg!("config-kind-per-axis", number = number(min, max)),
            Self::Axes => msg!("config-kind-axes", none = NONE),
            Self::Size { max } => msg!("config-kind-size", max = whole(max)),
            Self::Ints { min, max, least, most } => {
                let (least, most) = (least.to_string(), most.to_string());
                msg!("config-kind-wholes", min = whole(min), max = whole(max), least, most)
            }
            Self::Floats { min, max, least, most } => {
                let (least, most) = (least.to_string(), most.to_string());
                msg!("config-kind-numbers", number = number(min, max), least, most)
            }
            Self::Rows { .. } => msg!("config-kind-rows"),
            Self::Optional(kind) => msg!("config-kind-or", kind = kind.message(), other = NONE),
            Self::Or(name, kind) => msg!("config-kind-or", kind = kind.message(), other = name),
        }
    }
}

impl std::fmt::Display for ParamKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}
