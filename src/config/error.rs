//! What is wrong with a configuration: errors that name the key, the range, the unit and the nearest valid name.

use super::names::hint;
use super::param::ParamInfo;
use super::spec::ParamValue;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ConfigError {
    #[error("not valid TOML: {0}")]
    Syntax(String),
    #[error("unknown key `{key}`{hint}; known here: {known}")]
    UnknownKey { key: String, hint: String, known: String },
    #[error("`{key}` = {value}: expected {expected}{hint}")]
    BadValue { key: String, value: String, expected: String, hint: String },
    #[error("`{0}`: expected KEY=VALUE, such as loader.workers=2")]
    BadSet(String),
    #[error("`data.val_frac` + `data.test_frac` = {0}: together they must stay below 1")]
    NothingToTrain(f64),
    #[error("`{key}`: there are {count} transforms, so the position must be 0 to {last}; a new one is added by name in the file", last = count.saturating_sub(1))]
    NoSuchTransform { key: String, count: usize },
}

/// There is no key of that path; `known` are those of its section.
pub(super) fn unknown_key(path: &str, known: Vec<&str>) -> ConfigError {
    let name = path.rsplit('.').next().unwrap_or(path);
    let hint = hint(name, known.iter().copied());
    ConfigError::UnknownKey { key: path.to_owned(), hint, known: known.join(", ") }
}

/// The value may not stand there.
pub(super) fn bad_value(path: &str, value: &ParamValue, info: &ParamInfo) -> ConfigError {
    not_allowed(path, value, info.expected(), info.near(value))
}

/// What stands there may not, whatever it is.
pub(super) fn not_allowed(key: &str, value: &impl std::fmt::Display, expected: String, hint: String) -> ConfigError {
    let mut value = value.to_string();
    if value.chars().count() > 60 {
        value = value.chars().take(60).chain("…".chars()).collect();
    }
    ConfigError::BadValue { key: key.to_owned(), value, expected, hint }
}
