//! One call of a transform to one step of ours, or to the reason why there is none.

use super::arguments::{Given, Refused, given};
use super::imported::{Ask, ImportNote, Imported, MAX_NOTES};
use super::libraries::{Evidence, OF_DICTIONARIES, Owner, is_dictionary, name_in};
use super::signatures::{dictionary_signature, needs_to_be_given, signature};
use super::value::{Call, Value};
use super::{albumentations, keras};
use crate::config::{ParamValue, TransformSpec};
use crate::language::Message;
use crate::transform::core::description::{Library, TransformInfo};
use crate::transform::core::params::{ParamInfo, ParamKind};
use crate::transform::evaluate::chain::{Chain, ChainError};
use crate::transform::registry::{find, registry};
use std::collections::BTreeSet;

/// Steps that move data between forms and devices, which happens here without being asked.
const NEEDLESS: &[&str] = &[
    "EnsureType",
    "Identity",
    "InputLayer",
    "NoOp",
    "ToCupy",
    "ToDevice",
    "ToNumpy",
    "ToPIL",
    "ToPILImage",
    "ToPureTensor",
];

/// Names that torchvision gave up, and what they became.
const RENAMED: &[(&str, &str)] = &[("Scale", "Resize"), ("RandomSizedCrop", "RandomResizedCrop")];

pub(super) struct Import<'a> {
    pub out: Imported,
    evidence: Evidence,
    /// Classes and functions of the text's own.
    own: &'a BTreeSet<String>,
    /// Names that were taken for one of several libraries, with their lines.
    open: Vec<(String, usize)>,
    /// The line of a LoadImage that does not say which axis comes first.
    load: Option<usize>,
}

impl<'a> Import<'a> {
    pub(super) fn new(evidence: Evidence, own: &'a BTreeSet<String>) -> Self {
        Self { out: Imported::default(), evidence, own, open: Vec::new(), load: None }
    }

    /// `what` as the text has it.
    pub(super) fn note(&mut self, line: usize, what: &str, reason: Message, lost: bool) {
        self.note_of(line, Message::verbatim(in_a_line(what)), reason, lost);
    }

    pub(super) fn note_of(&mut self, line: usize, what: Message, reason: Message, lost: bool) {
        if self.out.notes.len() < MAX_NOTES {
            self.out.notes.push(ImportNote { line, what, reason, lost });
        }
    }

    /// Asks for these values, each once.
    pub(super) fn ask(&mut self, line: usize, what: impl Into<Message>, names: &[String]) {
        let what = what.into();
        for name in names {
            if self.out.asks.len() < MAX_NOTES && !self.out.asks.iter().any(|ask| ask.name == *name) {
                self.out.asks.push(Ask { name: name.clone(), line, what: what.clone() });
            }
        }
    }

    /// What was read; whose the transforms are is said where it was open.
    pub(super) fn finish(mut self) -> Imported {
        if let Some(line) = self.load.filter(|_| self.out.specs.iter().any(tells_axes_apart)) {
            self.note(line, "LoadImage", msg!("transform-import-axes"), false);
        }
        if let [first, rest @ ..] = self.out.libraries.as_slice()
            && let Some((name, line)) = self.open.first().cloned()
        {
            let short = |library: &Library| library.short_name();
            let others: Vec<&str> = rest.iter().map(short).collect();
            let names: BTreeSet<&str> = self.open.iter().map(|(name, _)| name.as_str()).collect();
            let (library, others) = (short(first), others.join(" / "));
            let reason = msg!("transform-import-taken-as", library, more = names.len().saturating_sub(1), others);
            self.note(line, &name, reason, false);
        }
        // A value may stand above the chain that it is in.
        self.out.notes.sort_by_key(|note| note.line);
        self.out
    }

    fn chain(&mut self, call: &Call) {
        // Of albumentations' two kinds of chains this one happens to half of the images unless it is told otherwise.
        let told =
            call.named.iter().any(|(key, _)| key == "p") || call.args.get(1).and_then(Value::number) == Some(1.0);
        let albumentations = || self.evidence.owner(call) == Owner::Library(Library::Albumentations);
        if call.short_name() == "Sequential" && !told && albumentations() {
            self.note(call.line, &call.name, msg!("transform-import-chain-by-chance"), true);
        }
        for (key, value) in &call.named {
            match (key.as_str(), value) {
                ("transforms" | "layers", value) => self.value(value, call.line),
                ("p", value) if value.number() != Some(1.0) => {
                    self.note(call.line, &call.name, msg!("transform-import-chain-by-chance"), true);
                }
                _ => {}
            }
        }
        for value in &call.args {
            self.value(value, call.line);
        }
    }

    pub(super) fn value(&mut self, value: &Value, line: usize) {
        match value {
            Value::List(list) | Value::Array(list) => {
                for value in list {
                    let line = if let Value::Call(call) = value { call.line } else { line };
                    self.value(value, line);
                }
            }
            Value::Call(call) if call.is_chain() => self.chain(call),
            Value::Call(call) => self.step(call),
            Value::Name(name) => self.note(line, name, msg!("transform-import-variable"), true),
            Value::Missing(names) => self.ask(line, msg!("transform-import-the-chain"), names),
            Value::Unread(text, why) => {
                self.note(line, text, why.or(msg!("transform-import-no-call")), true);
            }
            Value::None => {}
            _ => {}
        }
    }

    fn step(&mut self, call: &Call) {
        let short = call.short_name();
        if let Some(reason) = self.refused(call) {
            return self.note(call.line, short, reason, true);
        }
        if bare_names(short).any(|bare| NEEDLESS.contains(&bare)) {
            return self.note(call.line, short, msg!("transform-import-needless"), false);
        }
        let owner = self.evidence.owner(call);
        let library = match &owner {
            Owner::Library(library) => Some(*library),
            Owner::Open(several) => {
                if self.out.libraries.is_empty() {
                    self.out.libraries.clone_from(several);
                }
                self.open.push((short.to_owned(), call.line));
                several.first().copied()
            }
            Owner::Foreign(name) => {
                return self.note(call.line, short, msg!("transform-import-foreign", name = *name), true);
            }
            Owner::Elsewhere(module) => {
                return self.note(call.line, short, msg!("transform-import-of-module", module), true);
            }
            Owner::Nobody => None,
        };
        match library {
            Some(library @ (Library::Albumentations | Library::Keras)) if name_in(library, short).is_some() => {
                let name = name_in(library, short).unwrap_or(short);
                let translated = if library == Library::Keras {
                    keras::translate(name, call)
                } else {
                    albumentations::translate(name, call)
                };
                match translated {
                    Ok(specs) => match specs.iter().find_map(objection) {
                        Some(reason) => self.note(call.line, &call.name, reason, true),
                        None => {
                            self.out.specs.extend(specs);
                            if (library, name) == (Library::Keras, "RandomCrop") {
                                self.note(call.line, &call.name, msg!("transform-import-keras-crop"), false);
                            }
                        }
                    },
                    Err(Refused::Because(reason)) => self.note(call.line, &call.name, reason, true),
                    Err(Refused::Missing(names)) => self.ask(call.line, format!("{short}(…)"), &names),
                }
            }
            library => match self.entry(library, short) {
                Some(info) => self.params_of(call, info),
                None => {
                    let reason = self.unknown(library, short);
                    self.note(call.line, short, reason, true);
                }
            },
        }
    }

    /// Why a call that is no step of any chain here is none, whoever's it is.
    fn refused(&self, call: &Call) -> Option<Message> {
        let short = call.short_name();
        Some(match short {
            "RandomApply" | "RandomChoice" | "RandomOrder" | "OneOf" | "SomeOf" | "OneOrOther" | "RandomSequential" => {
                msg!("transform-import-chooses")
            }
            "Lambda" | "RandLambda" | "Lambdad" | "RandLambdad" | "Map" => msg!("transform-import-python-code"),
            _ if self.own.contains(short) && call.whole.is_none() && !call.name.contains('.') => {
                msg!("transform-import-own-code")
            }
            _ => return None,
        })
    }

    /// The registry's entry of that name in that library, or in any where it is nobody's.
    fn entry(&self, library: Option<Library>, short: &str) -> Option<&'static TransformInfo> {
        let Some(library) = library else { return bare_names(short).find_map(find) };
        let renamed = RENAMED.iter().find(|(old, _)| *old == short && library == Library::Torchvision);
        let short = renamed.map_or(short, |(_, new)| new);
        let name = name_in(library, short).unwrap_or(short);
        let prefix = if library == Library::Monai { "monai" } else { "torchvision" };
        let own = find(&format!("{prefix}.{name}"));
        own.or_else(|| find(name)).filter(|info| info.library == library)
    }

    fn unknown(&self, library: Option<Library>, short: &str) -> Message {
        match library {
            Some(library) if name_in(library, short).is_some() => {
                msg!("transform-import-no-equal", library = library.to_string())
            }
            Some(library) => {
                let names = registry().iter().filter(|info| info.library == library).map(|info| info.name);
                msg!(
                    "transform-import-unknown-in",
                    library = library.to_string(),
                    hint = crate::config::hint(short, names)
                )
            }
            None => {
                let names = registry().iter().map(|info| info.name);
                msg!("transform-import-unknown", hint = crate::config::hint(short, names))
            }
        }
    }

    fn params_of(&mut self, call: &Call, info: &'static TransformInfo) {
        let mut spec = TransformSpec::new(info.name);
        let name = info.name.rsplit('.').next().unwrap_or(info.name);
        let short = call.short_name();
        let dictionary = of_dictionaries(call, info);
        let order: Vec<&str> = if dictionary && let Some(own) = dictionary_signature(name) {
            own.collect()
        } else {
            signature(info.library, name).map(Iterator::collect).unwrap_or_default()
        };
        let mut stands = true;
        // A dictionary transform's first value is its keys.
        let skip = usize::from(dictionary && !call.named.iter().any(|(key, _)| key == "keys"));
        for (place, value) in call.args.iter().skip(skip).enumerate() {
            match order.get(place) {
                Some(key) if dictionary && OF_DICTIONARIES.contains(key) => {}
                Some(key) => stands &= self.param(call, info, &mut spec, key, value),
                None => self.note(call.line, short, msg!("transform-import-too-many-values"), true),
            }
        }
        for (key, value) in &call.named {
            if key == "**" {
                let text = value.needs().first().cloned().unwrap_or_else(|| "…".to_owned());
                self.note(call.line, short, msg!("transform-import-unpacked", text), true);
            } else if !(dictionary && OF_DICTIONARIES.contains(&key.as_str())) {
                stands &= self.param(call, info, &mut spec, key, value);
            }
        }
        if !stands {
            return;
        }
        // While values are to be given, what they are for is not known.
        if let Some(reason) = objection(&spec).filter(|_| self.out.asks.is_empty()) {
            return self.note(call.line, short, reason, true);
        }
        if info.name == "LoadImage" && !spec.params.contains_key("reverse_indexing") {
            self.load = Some(call.line);
        }
        self.out.specs.push(spec);
    }

    /// Whether the step can stand: a value that is not read is there by its default, if it has one.
    fn param(
        &mut self,
        call: &Call,
        info: &'static TransformInfo,
        spec: &mut TransformSpec,
        key: &str,
        value: &Value,
    ) -> bool {
        let what = format!("{}({key}=…)", call.short_name());
        let Some(param) = info.param(key) else {
            match info.reason_without(key) {
                Some(_) if is_so_anyway(key, value) => {}
                Some(reason) => self.note(call.line, &what, msg!("transform-import-left-out", reason), false),
                None => {
                    let reason = msg!("transform-import-no-such-parameter", name = info.name);
                    self.note(call.line, &what, reason, true);
                }
            }
            return true;
        };
        let needed = needs_to_be_given(info.name, key);
        let then = || {
            if needed {
                msg!("transform-import-step-left-out")
            } else {
                msg!("transform-import-default-stands", default = param.default_value().to_string())
            }
        };
        match given(value) {
            Given::Value(plain) => match fit(param, of_first_key(call, info, param, plain), info.library) {
                Ok(value) => {
                    spec.params.insert(key.to_owned(), value);
                    return true;
                }
                // A name with a dot that is none of a library's constants is a value from elsewhere.
                Err(_) if matches!(value, Value::Name(_)) => {
                    self.ask(call.line, what.as_str(), &value.needs());
                    return true;
                }
                Err(plain) => {
                    let (value, expected) = (plain.to_string(), param.kind.message());
                    let reason = msg!("transform-import-not-allowed", value, expected, then = then());
                    self.note(call.line, &what, reason, true);
                }
            },
            Given::Missing(names) => {
                self.ask(call.line, what.as_str(), &names);
                return true;
            }
            Given::Unread(text, why) => {
                let why = why.or(msg!("transform-import-value-not-read"));
                let reason = msg!("transform-import-not-read", text = in_a_line(&text), why, then = then());
                self.note(call.line, &what, reason, true);
            }
        }
        !needed
    }
}

/// Values that libraries give to parameters which are none here, where what is done here is done by them: nothing is lost.
const SO_ANYWAY: &[(&str, &[&str])] = &[
    ("cache_grid", &["true", "false"]),
    ("channel_dim", &["none"]),
    ("device", &["none", "cpu"]),
    ("dtype", &["none", "float", "float32"]),
    ("ensure_channel_first", &["true", "false"]),
    ("expanduser", &["true", "false"]),
    ("grid_dtype", &["none", "float", "float32"]),
    ("image_only", &["true"]),
    ("inplace", &["true", "false"]),
    ("lazy", &["none", "false"]),
    ("mask", &["none"]),
    ("normalized", &["false"]),
    ("prune_meta_pattern", &["none"]),
    ("prune_meta_sep", &["none", "."]),
    ("range_y", &["0"]),
    ("range_z", &["0"]),
    ("reader", &["none"]),
    ("return_clipping_values", &["false"]),
    ("return_coords", &["false"]),
    ("roi_slices", &["none"]),
    ("rotate_order", &["none"]),
    ("safe", &["false"]),
    ("simple_keys", &["false"]),
    ("strict_check", &["true", "false"]),
    ("track_meta", &["none", "true", "false"]),
    ("wrap_sequence", &["true"]),
];

fn is_so_anyway(key: &str, value: &Value) -> bool {
    let Given::Value(value) = given(value) else { return false };
    let text = match value {
        ParamValue::Text(text) => text.to_lowercase(),
        other => other.to_string(),
    };
    SO_ANYWAY.iter().any(|(name, values)| *name == key && values.contains(&text.as_str()))
}

/// What the text has, in one line and not too long for a note; a sign that it goes on where nothing is there to be shown.
fn in_a_line(text: &str) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = match text.chars().count() {
        0 => "…".to_owned(),
        1..=60 => text,
        _ => text.chars().take(60).chain("…".chars()).collect(),
    };
    text.replace(char::is_control, " ")
}

/// Whether the call is of MONAI's transform of dictionaries.
fn of_dictionaries(call: &Call, info: &TransformInfo) -> bool {
    let name = info.name.rsplit('.').next().unwrap_or(info.name);
    info.library == Library::Monai && is_dictionary(call.short_name(), name)
}

/// A transform of dictionaries takes a list with a value for each of its keys where that of arrays takes a value: the
/// image's is the first.
fn of_first_key(call: &Call, info: &TransformInfo, param: &ParamInfo, value: ParamValue) -> ParamValue {
    let single = matches!(param.kind, ParamKind::Choice(_) | ParamKind::Bool | ParamKind::OptionalBool);
    match value {
        ParamValue::List(list) if single && of_dictionaries(call, info) => {
            list.first().cloned().unwrap_or(ParamValue::List(list))
        }
        other => other,
    }
}

/// Why there can be no such step.
fn objection(spec: &TransformSpec) -> Option<Message> {
    Some(match Chain::build(std::slice::from_ref(spec)).err()? {
        ChainError::BadValue { key, value, expected, .. } => {
            let name = key.rsplit('.').next().unwrap_or(&key).to_owned();
            msg!("transform-import-unfit", name, value, expected)
        }
        other => other.message(),
    })
}

/// With the axes in the other order it does something else.
fn tells_axes_apart(spec: &TransformSpec) -> bool {
    spec.params.iter().any(|(name, value)| match (name.as_str(), value) {
        ("spatial_axis", ParamValue::Int(_)) => true,
        ("spatial_axis", ParamValue::List(list)) => list.len() == 1,
        (name, ParamValue::List(list)) => {
            let by_axis = name.ends_with("size") || matches!(name, "max_zoom" | "min_zoom" | "roi_scale" | "zoom");
            by_axis && matches!(list.as_slice(), [h, w] if h != w)
        }
        _ => false,
    })
}

/// The name itself, and without the endings of MONAI's dictionary transforms.
fn bare_names(name: &str) -> impl Iterator<Item = &str> {
    [Some(name), name.strip_suffix("Dict"), name.strip_suffix('d'), name.strip_suffix('D')].into_iter().flatten()
}

/// Pillow's numbers for its ways of interpolation, which torchvision takes still.
const PILLOW_WAYS: [&str; 4] = ["nearest", "lanczos", "bilinear", "bicubic"];

/// The value as the parameter takes it, where Python is freer than TOML.
///
/// # Errors
/// The value, where it does not fit.
fn fit(param: &ParamInfo, value: ParamValue, library: Library) -> Result<ParamValue, ParamValue> {
    if param.accepts(&value) {
        return Ok(value);
    }
    let mut others = Vec::new();
    match &value {
        ParamValue::Text(text) => {
            let lower = text.to_lowercase();
            others.extend([lower.clone(), lower.replace('-', "_"), lower.replace('_', "-")].map(ParamValue::Text));
            let other_name = match lower.as_str() {
                "float" => Some("float32"),
                "antialias" => Some("lanczos"),
                "byte" => Some("uint8"),
                _ => None,
            };
            others.extend(other_name.map(|name| ParamValue::Text(name.to_owned())));
            if let ParamKind::Bool | ParamKind::OptionalBool = param.kind {
                let unset = library == Library::Torchvision && matches!(lower.as_str(), "warn" | "none");
                // `antialias="warn"` and None were what torchvision had before it became true.
                if unset && param.name == "antialias" {
                    others.push(ParamValue::Bool(true));
                } else if matches!(lower.as_str(), "true" | "false") {
                    others.push(ParamValue::Bool(lower == "true"));
                }
            }
        }
        ParamValue::List(list) => {
            if let [one] = list.as_slice() {
                others.push(one.clone());
            }
            if let Some(first) = list.first()
                && list.iter().all(|v| v == first)
            {
                others.push(first.clone());
            }
            // 224.0 where a whole number is wanted.
            let whole = |v: &ParamValue| match v {
                ParamValue::Float(v) if v.fract() == 0.0 => ParamValue::Int(*v as i64),
                other => other.clone(),
            };
            others.push(ParamValue::List(list.iter().map(whole).collect()));
        }
        ParamValue::Int(v) => {
            if param.name == "interpolation" {
                let way = usize::try_from(*v).ok().and_then(|v| PILLOW_WAYS.get(v));
                others.extend(way.map(|way| ParamValue::Text((*way).to_owned())));
            }
            others.push(ParamValue::List(vec![ParamValue::Int(*v)]));
            others.push(ParamValue::Bool(*v != 0));
        }
        ParamValue::Float(v) => {
            others.push(ParamValue::List(vec![ParamValue::Float(*v)]));
            if v.fract() == 0.0 {
                others.push(ParamValue::Int(*v as i64));
            }
        }
        ParamValue::Bool(_) => {}
    }
    others.into_iter().find(|other| param.accepts(other)).ok_or(value)
}
