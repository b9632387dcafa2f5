//! TOML in, checked [`RunConfig`] out, and errors that name the key, the range and the nearest valid name.

use super::error::{ConfigError, not_allowed, unknown_key};
use super::param::ParamKind;
use super::settings::{RunConfig, SECTIONS, SETTINGS};
use super::spec::{ParamValue, TransformSpec};
use crate::language::Message;
use toml::{Table, Value};

/// The section of the chain, whose transforms stand in the registry.
const CHAIN: &str = "transform";

/// A chain alone as TOML, which [`RunConfig::from_toml`] reads.
pub fn transforms_to_toml(transforms: &[TransformSpec]) -> String {
    #[derive(serde::Serialize)]
    struct Chain<'a> {
        transform: &'a [TransformSpec],
    }
    // As with the whole: plain data always serialises.
    toml::to_string(&Chain { transform: transforms }).unwrap_or_default()
}

impl RunConfig {
    /// Reads a TOML text. Transform names and parameters are checked when the chain is built.
    ///
    /// # Errors
    /// Syntax, an unknown key, or a value outside its range.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::from_toml_with(text, &[])
    }

    /// Reads a TOML text and lays `--set a.b=v` over it, in order.
    ///
    /// # Errors
    /// As [`Self::from_toml`], or a `--set` that is not KEY=VALUE.
    pub fn from_toml_with(text: &str, sets: &[String]) -> Result<Self, ConfigError> {
        let table: Table = text.parse().map_err(|e: toml::de::Error| ConfigError::Syntax(e.to_string()))?;
        Self::from_table(table, sets)
    }

    /// This configuration with `--set a.b=v` laid over it, in order.
    ///
    /// # Errors
    /// As [`Self::from_toml_with`].
    pub fn with_sets(&self, sets: &[String]) -> Result<Self, ConfigError> {
        Self::from_toml_with(&self.to_toml(), sets)
    }

    /// The whole configuration as TOML, defaults included.
    pub fn to_toml(&self) -> String {
        // Plain numbers, texts and lists always serialise; the fallback keeps the promise not to panic.
        toml::to_string(self).unwrap_or_default()
    }

    fn from_table(mut table: Table, sets: &[String]) -> Result<Self, ConfigError> {
        for set in sets {
            apply_set(&mut table, set)?;
        }
        let mut config = Self::default();
        for (name, value) in &table {
            if name == CHAIN {
                check_chain(value)?;
                let chain = value.clone().try_into();
                config.transforms = chain.map_err(|e: toml::de::Error| ConfigError::Syntax(e.to_string()))?;
            } else {
                config.take_section(name, value)?;
            }
        }
        let held_out = config.data.val_frac + config.data.test_frac;
        if held_out >= 1.0 {
            return Err(ConfigError::NothingToTrain(held_out));
        }
        Ok(config)
    }

    fn take_section(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
        if !SECTIONS.iter().any(|section| section.name == name) {
            return Err(unknown_key(name, SECTIONS.iter().map(|section| section.name).chain([CHAIN]).collect()));
        }
        let Some(entries) = value.as_table() else {
            return Err(not_allowed(name, value, msg!("config-expected-section", name), Message::default()));
        };
        // What is chosen first: it says which other keys there are.
        let (chosen, others): (Vec<_>, Vec<_>) = entries.iter().partition(|(key, _)| *key == "name");
        for (key, value) in chosen.into_iter().chain(others) {
            let path = format!("{name}.{key}");
            match value.clone().try_into::<ParamValue>() {
                Ok(value) => self.set_value(&path, &value)?,
                // A date or a table, which no key takes.
                Err(_) => {
                    let expected = self.key(&path).map(|key| key.info.expected());
                    let expected = expected.unwrap_or_else(|| msg!("config-expected-value"));
                    return Err(not_allowed(&path, value, expected, Message::default()));
                }
            }
        }
        Ok(())
    }
}

/// Lays one `a.b=v` over the table. `transform.NAME.key` and `transform.POSITION.key` reach into the chain.
fn apply_set(table: &mut Table, set: &str) -> Result<(), ConfigError> {
    let bad = || ConfigError::BadSet(set.to_owned());
    let (path, text) = set.split_once('=').ok_or_else(bad)?;
    let path = path.trim();
    let value = parse_value(text.trim());
    let parts: Vec<&str> = path.split('.').collect();
    match parts.as_slice() {
        ["transform", which, key] => {
            let chain = table.get_mut("transform").and_then(Value::as_array_mut);
            let count = chain.as_ref().map_or(0, |c| c.len());
            let missing = || ConfigError::NoSuchTransform { key: path.to_owned(), count };
            let chain = chain.ok_or_else(missing)?;
            let position = match which.parse::<usize>() {
                Ok(position) => position,
                Err(_) => chain
                    .iter()
                    .position(|t| t.get("name").and_then(Value::as_str) == Some(which))
                    .ok_or_else(missing)?,
            };
            let entry = chain.get_mut(position).and_then(Value::as_table_mut).ok_or_else(missing)?;
            entry.insert((*key).to_owned(), value);
            Ok(())
        }
        [section, key] if !section.is_empty() && !key.is_empty() => {
            // A shell takes the quotes away: `data.label_column=2` is a text all the same.
            let is_text =
                SETTINGS.iter().any(|s| s.section == *section && s.info.name == *key && s.info.kind == ParamKind::Text);
            let value = if is_text && !value.is_str() { Value::String(text.trim().to_owned()) } else { value };
            let entry = table.entry((*section).to_owned()).or_insert_with(|| Value::Table(Table::new()));
            entry.as_table_mut().ok_or_else(bad)?.insert((*key).to_owned(), value);
            Ok(())
        }
        _ => Err(bad()),
    }
}

/// A TOML value, or the text itself where it is none (`--set model.name=small_cnn` needs no quotes).
fn parse_value(text: &str) -> Value {
    format!("v = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Only the shape of the chain: names and parameters belong to the registry.
fn check_chain(value: &Value) -> Result<(), ConfigError> {
    let shape = || msg!("config-expected-chain");
    let chain = value.as_array().ok_or_else(|| not_allowed(CHAIN, value, shape(), Message::default()))?;
    for (i, entry) in chain.iter().enumerate() {
        let path = format!("transform.{i}");
        if entry.get("name").and_then(Value::as_str).is_none() {
            return Err(not_allowed(&path, entry, shape(), Message::default()));
        }
        if let Some(enabled) = entry.get("enabled").filter(|e| !e.is_bool()) {
            let path = format!("{path}.enabled");
            return Err(not_allowed(&path, enabled, ParamKind::Bool.message(), Message::default()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip_keeps_everything() {
        let text = "[loader]\nworkers = 0\n[[transform]]\nname = \"RandFlip\"\nenabled = false\nprob = 0.25\nspatial_axis = [0]\n";
        let config = RunConfig::from_toml(text).unwrap();
        assert_eq!(config.loader.workers, 0);
        assert!(!config.to_toml().contains("quarantine"));
        let sets = ["data.quarantine=[\"a/1.png\", \"b/2.png\"]".to_owned()];
        let config = config.with_sets(&sets).unwrap();
        assert_eq!(config.data.quarantine, ["a/1.png", "b/2.png"]);
        assert_eq!(RunConfig::from_toml(&config.to_toml()).unwrap(), config);
    }

    #[test]
    fn errors_name_key_range_and_neighbour() {
        #[track_caller]
        fn check(text: &str, words: &[&str]) {
            let error = RunConfig::from_toml(text).unwrap_err().to_string();
            for word in words {
                assert!(error.contains(word), "{error:?} lacks {word:?}");
            }
        }
        check("[loader]\nworkerz = 1", &["loader.workerz", "`workers`"]);
        check("[loder]\nworkers = 1", &["loder", "`loader`"]);
        check("[loader]\nworkers = -1", &["loader.workers", "0 to 256", "-1"]);
        check("[model]\nname = \"densenet12\"", &["model.name", "densenet121", "small_cnn"]);
        check("[data]\nchannels = 2", &["data.channels", "0, 1 or 3"]);
        check("[data]\nquarantine = \"a.png\"", &["data.quarantine", "a list of texts"]);
        check("[data]\nquarantine = [\"a.png\", 3]", &["data.quarantine", "a list of texts"]);
        check("[data]\nval_frac = 0.6\ntest_frac = 0.5", &["below 1"]);
        check("[[transform]]\nprob = 1", &["transform.0", "name"]);
        check("loader = 3", &["loader", "[loader]"]);
        check("[loader", &["TOML"]);
    }

    #[test]
    fn sets_reach_sections_and_the_chain() {
        let text = "[[transform]]\nname = \"RandFlip\"\n";
        let sets = [
            "loader.workers=3",
            "model.name=densenet121",
            "transform.RandFlip.enabled=false",
            "transform.0.prob=0.1",
            "data.label_column=2",
        ];
        let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
        let config = RunConfig::from_toml_with(text, &sets).unwrap();
        assert_eq!(config.loader.workers, 3);
        assert_eq!((config.model.name.as_str(), config.data.label_column.as_str()), ("densenet121", "2"));
        assert!(!config.transforms[0].enabled);
        assert_eq!(config.transforms[0].params["prob"].as_f64(), Some(0.1));
        let error = RunConfig::from_toml_with(text, &["transform.4.prob=1".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("0 to 0"), "{error}");
        assert!(RunConfig::from_toml_with("", &["workers".to_owned()]).is_err());
    }
}
