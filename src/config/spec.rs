//! One transform of a chain, as written in TOML: a name, a switch and MONAI's parameters.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Parameters by MONAI's names.
pub type Params = BTreeMap<String, ParamValue>;

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParamValue {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<ParamValue>),
}

impl ParamValue {
    /// The number in it; an integer counts.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(v) => Some(*v),
            Self::Int(v) => Some(*v as f64),
            _ => None,
        }
    }
}

impl From<bool> for ParamValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for ParamValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

/// Beyond what TOML holds: the largest that it does.
impl From<usize> for ParamValue {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for ParamValue {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for ParamValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl std::fmt::Display for ParamValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(v) => write!(f, "{v}"),
            Self::Int(v) => write!(f, "{v}"),
            Self::Float(v) => write!(f, "{v}"),
            Self::Text(v) => write!(f, "\"{v}\""),
            Self::List(v) => {
                f.write_str("[")?;
                for (i, item) in v.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// One `[[transform]]` of a configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformSpec {
    /// A name of the registry, as MONAI spells it.
    pub name: String,
    #[serde(default = "enabled_by_default")]
    pub enabled: bool,
    #[serde(flatten)]
    pub params: Params,
}

fn enabled_by_default() -> bool {
    true
}

impl TransformSpec {
    /// An enabled transform with every parameter at its default.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), enabled: true, params: Params::new() }
    }

    /// The same with one parameter set.
    #[must_use]
    pub fn with(mut self, key: &str, value: ParamValue) -> Self {
        self.params.insert(key.to_owned(), value);
        self
    }
}
