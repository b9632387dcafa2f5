//! The values of a call, by the names that the library's signature has for them.

use super::signatures::signature;
use super::value::{Call, Value, Why};
use crate::config::ParamValue;
use crate::language::Message;
use crate::transform::core::description::Library;
use std::collections::BTreeMap;

/// What a value is to a parameter.
pub(super) enum Given {
    Value(ParamValue),
    /// It is not in the text: one is to be given for each of these.
    Missing(Vec<String>),
    /// What cannot be read, as written, and why.
    Unread(String, Why),
}

/// Names that stand for values which a program is started with, never for a library's constant.
const FROM_ELSEWHERE: &[&str] =
    &["args", "arg", "cfg", "config", "conf", "opt", "opts", "self", "hparams", "params", "FLAGS", "CFG", "hp"];

/// The value as TOML has it.
pub(super) fn given(value: &Value) -> Given {
    Given::Value(match value {
        Value::None => ParamValue::Text("none".to_owned()),
        Value::Bool(v) => ParamValue::Bool(*v),
        Value::Int(v) => ParamValue::Int(*v),
        Value::Float(v) => ParamValue::Float(*v),
        Value::Text(v) => ParamValue::Text(v.clone()),
        Value::List(list) | Value::Array(list) => {
            let mut values = Vec::with_capacity(list.len());
            let mut missing = Vec::new();
            for item in list {
                match given(item) {
                    Given::Value(value) => values.push(value),
                    Given::Missing(names) => missing.extend(names),
                    unread @ Given::Unread(..) => return unread,
                }
            }
            if !missing.is_empty() {
                return Given::Missing(missing);
            }
            ParamValue::List(values)
        }
        // InterpolationMode.BILINEAR, GridSamplePadMode.BORDER, torch.float32, AutoAugmentPolicy.IMAGENET
        Value::Name(name) => {
            let (root, last) = (name.split('.').next().unwrap_or(name), name.rsplit('.').next().unwrap_or(name));
            if !name.contains('.') || FROM_ELSEWHERE.contains(&root) {
                return Given::Missing(vec![name.clone()]);
            }
            ParamValue::Text(last.to_lowercase())
        }
        Value::Missing(names) => return Given::Missing(names.clone()),
        Value::Call(call) => return Given::Unread(call.shown(), Why::Unknown),
        Value::Dict(_) => return Given::Unread("{…}".to_owned(), Why::Unknown),
        Value::Unread(text, why) => return Given::Unread(text.clone(), *why),
    })
}

/// The values of a call of a library whose transforms are translated.
pub(super) struct Arguments(BTreeMap<String, ParamValue>);

/// Why a call is not translated.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    Because(Message),
    /// Values are to be given first.
    Missing(Vec<String>),
}

impl From<Message> for Refused {
    fn from(reason: Message) -> Self {
        Self::Because(reason)
    }
}

impl Arguments {
    /// # Errors
    /// A value is not in the text, or the library has no such parameter.
    pub(super) fn new(library: Library, name: &str, call: &Call, others: &[&str]) -> Result<Self, Refused> {
        let order: Vec<&str> = signature(library, name).map(Iterator::collect).unwrap_or_default();
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        let placed = call.args.iter().enumerate().map(|(place, value)| (order.get(place).copied(), value));
        let named = call.named.iter().map(|(key, value)| (Some(key.as_str()), value));
        for (key, value) in placed.chain(named) {
            let Some(key) = key else { return Err(msg!("transform-import-too-many-values").into()) };
            if !order.contains(&key) && !others.contains(&key) {
                return Err(msg!("transform-import-no-parameter-of", library = library.to_string(), key).into());
            }
            match given(value) {
                Given::Value(value) => drop(values.insert(key.to_owned(), value)),
                Given::Missing(names) => missing.extend(names),
                Given::Unread(text, _) => {
                    return Err(msg!("transform-import-parameter-not-read", key, text).into());
                }
            }
        }
        if missing.is_empty() { Ok(Self(values)) } else { Err(Refused::Missing(missing)) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&ParamValue> {
        self.0.get(name).filter(|value| !matches!(value, ParamValue::Text(text) if text == "none"))
    }

    /// # Errors
    /// It is there, and no number.
    pub(super) fn number(&self, name: &str, default: f64) -> Result<f64, Refused> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => {
                value.as_f64().ok_or_else(|| msg!("transform-import-no-number", name, value = value.to_string()).into())
            }
        }
    }

    /// One number, or two; none where it is left out.
    ///
    /// # Errors
    /// It is there, and neither.
    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f64>, Refused> {
        let list = match self.get(name) {
            None => return Ok(Vec::new()),
            Some(ParamValue::List(list)) => list.clone(),
            Some(one) => vec![one.clone()],
        };
        let numbers: Option<Vec<f64>> = list.iter().map(ParamValue::as_f64).collect();
        numbers.ok_or_else(|| msg!("transform-import-no-numbers", name).into())
    }

    /// A whole number of pixels.
    ///
    /// # Errors
    /// It is not there, or none.
    pub(super) fn pixels(&self, name: &str) -> Result<ParamValue, Refused> {
        match self.get(name) {
            Some(ParamValue::Int(v)) => Ok(ParamValue::Int(*v)),
            Some(ParamValue::Float(v)) if v.fract() == 0.0 => Ok(ParamValue::Int(*v as i64)),
            Some(other) => Err(msg!("transform-import-no-pixels", name, value = other.to_string()).into()),
            None => Err(msg!("transform-import-needs", name).into()),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(ParamValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some(ParamValue::Bool(true)))
    }
}
