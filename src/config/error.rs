//! What is wrong with a configuration: errors that name the key, the range, the unit and the nearest valid name.

use super::names::hint;
use super::param::ParamInfo;
use super::settings::SETTINGS;
use super::spec::ParamValue;
use crate::language::Message;

/// What is wrong with a configuration.
#[derive(Debug, PartialEq)]
pub enum ConfigError {
    /// In the words of the TOML reader.
    Syntax(String),
    /// In the words of the TOML writer.
    NotWritten(String),
    UnknownKey {
        key: String,
        hint: Message,
        known: String,
    },
    BadValue {
        key: String,
        value: String,
        expected: Message,
        hint: Message,
    },
    BadSet(String),
    NothingToTrain(f64),
    NoSuchTransform {
        key: String,
        count: usize,
    },
}

impl ConfigError {
    pub fn message(&self) -> Message {
        match self {
            Self::Syntax(reason) => msg!("config-not-toml", reason),
            Self::NotWritten(reason) => msg!("config-not-written", reason),
            Self::UnknownKey { key, hint, known } => msg!("config-unknown-key", key, hint, known),
            Self::BadValue { key, value, expected, hint } => msg!("config-bad-value", key, value, expected, hint),
            Self::BadSet(set) => msg!("config-bad-set", set),
            Self::NothingToTrain(held_out) => msg!("config-nothing-to-train", held_out = held_out.to_string()),
            Self::NoSuchTransform { key, count } => {
                msg!("config-no-such-transform", key, count = *count, last = count.saturating_sub(1))
            }
        }
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for ConfigError {}

/// There is no key of that path; `known` are those of its section.
pub(super) fn unknown_key(path: &str, known: Vec<&str>) -> ConfigError {
    let (section, name) = path.rsplit_once('.').unwrap_or(("", path));
    let hint = match elsewhere(section, name) {
        Some(path) => msg!("config-did-you-mean", name = path),
        None => hint(name, known.iter().copied()),
    };
    ConfigError::UnknownKey { key: path.to_owned(), hint, known: known.join(", ") }
}

/// The key of that very name, where one other section has it.
fn elsewhere(section: &str, name: &str) -> Option<String> {
    let mut others = SETTINGS.iter().filter(|setting| setting.info.name == name && setting.section != section);
    let one = others.next()?;
    others.next().is_none().then(|| one.path())
}

/// The value may not stand there.
pub(super) fn bad_value(path: &str, value: &ParamValue, info: &ParamInfo) -> ConfigError {
    not_allowed(path, value, info.expected(), info.near(value))
}

/// What stands there may not, whatever it is.
pub(super) fn not_allowed(key: &str, value: &impl std::fmt::Display, expected: Message, hint: Message) -> ConfigError {
    let mut value = value.to_string();
    if value.chars().count() > 60 {
        value = value.chars().take(60).chain("…".chars()).collect();
    }
    ConfigError::BadValue { key: key.to_owned(), value, expected, hint }
}
