//! TOML in, checked [`RunConfig`] out, and errors that name the key, the range and the nearest valid name.

use super::schema::{self, KeyKind};
use super::{RunConfig, TransformSpec};
use toml::{Table, Value};

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

/// The valid name closest to `given`, if one is close enough to be meant.
pub fn nearest<'a>(given: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    valid
        .into_iter()
        .map(|name| {
            let distance = strsim::damerau_levenshtein(&given.to_lowercase(), &name.to_lowercase());
            (distance, name)
        })
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// ` (did you mean …?)`, or nothing.
pub(crate) fn hint<'a>(given: &str, valid: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, valid).map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

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
        check(&table)?;
        let config: Self = table.try_into().map_err(|e: toml::de::Error| ConfigError::Syntax(e.to_string()))?;
        let held_out = config.data.val_frac + config.data.test_frac;
        if held_out >= 1.0 {
            return Err(ConfigError::NothingToTrain(held_out));
        }
        Ok(config)
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
            let is_text = schema::find(section, key).is_some_and(|key| key.kind == KeyKind::Text);
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

fn check(table: &Table) -> Result<(), ConfigError> {
    for (section, value) in table {
        if !schema::SECTIONS.contains(&section.as_str()) {
            return Err(ConfigError::UnknownKey {
                key: section.clone(),
                hint: hint(section, schema::SECTIONS.iter().copied()),
                known: schema::SECTIONS.join(", "),
            });
        }
        if section == "transform" {
            check_chain(value)?;
            continue;
        }
        let Some(keys) = value.as_table() else {
            return Err(bad_value(section, value, format!("a section, written [{section}]"), String::new()));
        };
        for (name, value) in keys {
            check_key(section, name, value)?;
        }
    }
    Ok(())
}

fn check_key(section: &str, name: &str, value: &Value) -> Result<(), ConfigError> {
    let path = format!("{section}.{name}");
    let known = || schema::KEYS.iter().filter(|k| k.section == section).map(|k| k.name);
    let Some(key) = schema::find(section, name) else {
        return Err(ConfigError::UnknownKey {
            key: path,
            hint: hint(name, known()),
            known: known().collect::<Vec<_>>().join(", "),
        });
    };
    let ok = match (key.kind, value) {
        (KeyKind::Bool, Value::Boolean(_)) | (KeyKind::Text, Value::String(_)) => true,
        (KeyKind::Int { min, max }, Value::Integer(v)) => (min..=max).contains(v),
        (KeyKind::Float { min, max }, Value::Float(v)) => (min..=max).contains(v),
        (KeyKind::Float { min, max }, Value::Integer(v)) => (min..=max).contains(&(*v as f64)),
        (KeyKind::Choice(names), Value::String(v)) => names.contains(&v.as_str()),
        (KeyKind::Texts, Value::Array(list)) => list.iter().all(Value::is_str),
        _ => false,
    };
    if ok && path == "data.channels" && value.as_integer() == Some(2) {
        return Err(bad_value(&path, value, "0, 1 or 3".to_owned(), String::new()));
    }
    if ok {
        return Ok(());
    }
    let near = match (key.kind, value) {
        (KeyKind::Choice(names), Value::String(v)) => hint(v, names.iter().copied()),
        _ => String::new(),
    };
    Err(bad_value(&path, value, key.kind.to_string(), near))
}

/// Only the shape of the chain: names and parameters belong to the registry.
fn check_chain(value: &Value) -> Result<(), ConfigError> {
    let shape = || "a list of [[transform]] tables, each with a name".to_owned();
    let chain = value.as_array().ok_or_else(|| bad_value("transform", value, shape(), String::new()))?;
    for (i, entry) in chain.iter().enumerate() {
        let path = format!("transform.{i}");
        if entry.get("name").and_then(Value::as_str).is_none() {
            return Err(bad_value(&path, entry, shape(), String::new()));
        }
        if let Some(enabled) = entry.get("enabled").filter(|e| !e.is_bool()) {
            let path = format!("{path}.enabled");
            return Err(bad_value(&path, enabled, KeyKind::Bool.to_string(), String::new()));
        }
    }
    Ok(())
}

fn bad_value(key: &str, value: &Value, expected: String, hint: String) -> ConfigError {
    let mut value = value.to_string();
    if value.chars().count() > 60 {
        value = value.chars().take(60).chain("…".chars()).collect();
    }
    ConfigError::BadValue { key: key.to_owned(), value, expected, hint }
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
