//! TOML in, checked [`RunConfig`] out, and errors that name the key, the range and the nearest valid name.

use super::error::{ConfigError, not_allowed, unknown_key};
use super::names::hint;
use super::param::ParamKind;
use super::param_text::toml_value;
use super::settings::{RunConfig, SECTIONS, SETTINGS};
use super::spec::{ParamValue, TransformSpec};
use crate::language::Message;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The section of the chain, whose transforms stand in the registry.
const CHAIN: &str = "transform";

/// A chain alone as TOML, which [`RunConfig::from_toml`] reads.
pub fn transforms_to_toml(transforms: &[TransformSpec]) -> String {
    #[derive(serde::Serialize)]
    struct Chain<'a> {
        transform: &'a [TransformSpec],
    }
    // Texts, numbers and lists always serialise; the fallback keeps the promise not to panic.
    toml::to_string(&Chain { transform: transforms }).unwrap_or_default()
}

impl RunConfig {
    /// Reads a TOML text. Transform names and parameters are checked when the chain is built.
    ///
    /// # Errors
    /// Syntax, an unknown key, or a value outside its range.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let table: Table = text.parse().map_err(|e: toml::de::Error| ConfigError::Syntax(e.to_string()))?;
        Self::from_table(&table)?.checked()
    }

    /// This configuration with `--set a.b=v` laid over it, as [`Self::set_value`] sets a key. In which order they are given is
    /// nothing, but that the last of one key counts.
    ///
    /// # Errors
    /// As [`Self::from_toml`], or a `--set` that is not KEY=VALUE.
    pub fn with_sets(&self, sets: &[String]) -> Result<Self, ConfigError> {
        // What came over the wire is checked like what comes from a file.
        let table = Table::try_from(self).map_err(|e| ConfigError::NotWritten(e.to_string()))?;
        let mut config = Self::from_table(&table)?;
        config.lay(sets)?;
        config.checked()
    }

    /// The whole configuration as TOML, defaults included.
    ///
    /// # Errors
    /// A path is no text, or a number is beyond what TOML holds.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|e| ConfigError::NotWritten(e.to_string()))
    }

    fn from_table(table: &Table) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for (name, value) in table {
            if name == CHAIN {
                config.transforms = chain_from(value)?;
            } else {
                config.take_section(name, value)?;
            }
        }
        Ok(config)
    }

    /// What no single key says.
    fn checked(self) -> Result<Self, ConfigError> {
        let held_out = self.data.val_frac + self.data.test_frac;
        if held_out >= 1.0 { Err(ConfigError::NothingToTrain(held_out)) } else { Ok(self) }
    }

    fn take_section(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
        if !is_section(name) {
            return Err(unknown_section(name));
        }
        let Some(entries) = value.as_table() else {
            return Err(not_allowed(name, value, msg!("config-expected-section", name), Message::default()));
        };
        // What is chosen first: it says which other keys there are.
        let (chosen, others): (Vec<_>, Vec<_>) = entries.iter().partition(|(key, _)| *key == "name");
        for (key, value) in chosen.into_iter().chain(others) {
            let path = format!("{name}.{key}");
            let value = plain(&path, value, || self.key(&path).map(|key| key.info.expected()))?;
            self.set_value(&path, &value)?;
        }
        Ok(())
    }

    /// Lays each `a.b=v` over it. `transform.NAME.key` and `transform.POSITION.key` reach into the chain.
    fn lay(&mut self, sets: &[String]) -> Result<(), ConfigError> {
        let mut sections: BTreeMap<&str, Table> = BTreeMap::new();
        for set in sets {
            let bad = || ConfigError::BadSet(set.clone());
            let (path, text) = set.split_once('=').ok_or_else(bad)?;
            let (path, text) = (path.trim(), text.trim());
            if path.split('.').any(str::is_empty) {
                return Err(bad());
            }
            // The text itself where it is no value of TOML: `--set model.name=small_cnn` needs no quotes.
            let value = toml_value(text).unwrap_or_else(|| Value::String(text.to_owned()));
            match path.split_once('.') {
                Some((CHAIN, rest)) => self.set_in_chain(path, rest, &value)?,
                Some((section, key)) => {
                    // A shell takes the quotes away: `data.label_column=2` is a text all the same.
                    let is_text = SETTINGS
                        .iter()
                        .any(|s| s.section == section && s.info.name == key && s.info.kind == ParamKind::Text);
                    let value = if is_text && !value.is_str() { Value::String(text.to_owned()) } else { value };
                    sections.entry(section).or_default().insert(key.to_owned(), value);
                }
                None if is_section(path) || path == CHAIN => return Err(bad()),
                None => return Err(unknown_section(path)),
            }
        }
        sections.into_iter().try_for_each(|(name, entries)| self.take_section(name, &Value::Table(entries)))
    }

    /// `rest` is NAME.key or POSITION.key; a name may have dots of its own.
    fn set_in_chain(&mut self, path: &str, rest: &str, value: &Value) -> Result<(), ConfigError> {
        let Some((which, key)) = rest.rsplit_once('.') else {
            let known: Vec<String> = self.transforms.iter().map(|spec| format!("{}.enabled", spec.name)).collect();
            return Err(unknown_key(path, known.iter().map(String::as_str).collect()));
        };
        let position = which.parse().ok().or_else(|| self.transforms.iter().position(|spec| spec.name == which));
        let count = self.transforms.len();
        if let Some(spec) = position.and_then(|position: usize| self.transforms.get_mut(position)) {
            return set_in_transform(spec, path, key, value);
        }
        let key = path.to_owned();
        if count == 0 || which.parse::<i64>().is_ok() {
            return Err(ConfigError::NoSuchTransform { key, count });
        }
        let known: Vec<&str> = self.transforms.iter().map(|spec| spec.name.as_str()).collect();
        Err(ConfigError::UnknownKey { key, hint: hint(which, known.iter().copied()), known: known.join(", ") })
    }
}

fn is_section(name: &str) -> bool {
    SECTIONS.iter().any(|section| section.name == name)
}

fn unknown_section(name: &str) -> ConfigError {
    unknown_key(name, SECTIONS.iter().map(|section| section.name).chain([CHAIN]).collect())
}

/// Only the shape of the chain: names and parameters belong to the registry.
fn chain_from(value: &Value) -> Result<Vec<TransformSpec>, ConfigError> {
    let chain = value.as_array().ok_or_else(|| no_chain(CHAIN, value))?;
    chain.iter().enumerate().map(|(i, entry)| transform_from(&format!("{CHAIN}.{i}"), entry)).collect()
}

fn transform_from(path: &str, entry: &Value) -> Result<TransformSpec, ConfigError> {
    let name = entry.get("name").and_then(Value::as_str).ok_or_else(|| no_chain(path, entry))?;
    let mut spec = TransformSpec::new(name);
    for (key, value) in entry.as_table().into_iter().flatten() {
        set_in_transform(&mut spec, &format!("{path}.{key}"), key, value)?;
    }
    Ok(spec)
}

fn no_chain(path: &str, value: &Value) -> ConfigError {
    not_allowed(path, value, msg!("config-expected-chain"), Message::default())
}

fn set_in_transform(spec: &mut TransformSpec, path: &str, key: &str, value: &Value) -> Result<(), ConfigError> {
    let expected = |kind: ParamKind| Err(not_allowed(path, value, kind.message(), Message::default()));
    match (key, value) {
        ("name", Value::String(name)) => spec.name.clone_from(name),
        ("name", _) => return expected(ParamKind::Text),
        ("enabled", Value::Boolean(enabled)) => spec.enabled = *enabled,
        ("enabled", _) => return expected(ParamKind::Bool),
        _ => {
            spec.params.insert(key.to_owned(), plain(path, value, || None)?);
        }
    }
    Ok(())
}

/// The value as a key holds it: none takes a date or a table.
fn plain(path: &str, value: &Value, expected: impl FnOnce() -> Option<Message>) -> Result<ParamValue, ConfigError> {
    value.clone().try_into().map_err(|_| {
        let expected = expected().unwrap_or_else(|| msg!("config-expected-value"));
        not_allowed(path, value, expected, Message::default())
    })
}

#[cfg(test)]
mod tests {
    use super::super::settings::{ModelConfig, OptimizerConfig, ScheduleConfig};
    use super::*;

    #[test]
    fn round_trip_keeps_everything() {
        let text = "[loader]\nworkers = 0\n[[transform]]\nname = \"RandFlip\"\nenabled = false\nprob = 0.25\nspatial_axis = [0]\n";
        let config = RunConfig::from_toml(text).unwrap();
        assert_eq!(config.loader.workers, 0);
        assert!(!config.to_toml().unwrap().contains("quarantine"));
        let sets = ["data.quarantine=[\"a/1.png\", \"b/2.png\"]".to_owned()];
        let config = config.with_sets(&sets).unwrap();
        assert_eq!(config.data.quarantine, ["a/1.png", "b/2.png"]);
        assert_eq!(RunConfig::from_toml(&config.to_toml().unwrap()).unwrap(), config);
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
        // A value that no key takes is named, not what reads it.
        check("[loader.workers]\nmost = 3", &["loader.workers", "0 to 256"]);
        check("[[transform]]\nname = \"Flip\"\n[transform.params]\nprob = 1", &["`transform.0.params`", "a value"]);
        check("[[transform]]\nname = \"Flip\"\nprob = [{ most = 1 }]", &["`transform.0.prob`", "a value"]);
        check("[[transform]]\nname = \"Flip\"\nenabled = 1", &["`transform.0.enabled`", "true or false"]);
        check("loader = 3", &["loader", "[loader]"]);
        check("[loader", &["TOML"]);
    }

    fn with_sets(text: &str, sets: &[&str]) -> Result<RunConfig, ConfigError> {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        RunConfig::from_toml(text).unwrap().with_sets(&sets)
    }

    #[test]
    fn sets_reach_sections_and_the_chain() {
        let text = "[[transform]]\nname = \"RandFlip\"\n[[transform]]\nname = \"torchvision.Resize\"\n";
        let sets = [
            "loader.workers=3",
            "model.name=densenet121",
            "transform.RandFlip.enabled=false",
            "transform.0.prob=0.1",
            "transform.torchvision.Resize.size=64",
            "data.label_column=2",
        ];
        let config = with_sets(text, &sets).unwrap();
        assert_eq!(config.loader.workers, 3);
        assert_eq!((config.model.name.as_str(), config.data.label_column.as_str()), ("densenet121", "2"));
        assert!(!config.transforms[0].enabled);
        assert_eq!(config.transforms[0].params["prob"].as_f64(), Some(0.1));
        assert_eq!(config.transforms[1].params["size"], ParamValue::Int(64));
    }

    #[test]
    fn a_set_that_reaches_nothing_says_why() {
        #[track_caller]
        fn check(set: &str, words: &[&str]) {
            let text = "[[transform]]\nname = \"RandFlip\"\n";
            let error = with_sets(text, &[set]).unwrap_err().to_string();
            for word in words {
                assert!(error.contains(word), "{error:?} lacks {word:?}");
            }
        }
        check("workers", &["expected KEY=VALUE"]);
        check("loader.=3", &["expected KEY=VALUE"]);
        check("loader=3", &["expected KEY=VALUE"]);
        check("lodaer=3", &["unknown key `lodaer`", "did you mean `loader`"]);
        check("train.lr=0.1", &["unknown key `train.lr` (did you mean `optimizer.lr`?)"]);
        check("workers=3", &["did you mean `loader.workers`"]);
        check("loader.workers.most=3", &["unknown key `loader.workers.most`", "batch_size"]);
        check("transform.4.prob=1", &["`transform.4.prob`", "1 transform, so the position must be 0;"]);
        check("transform.RandFlp.prob=1", &["unknown key `transform.RandFlp.prob`", "did you mean `RandFlip`"]);
        check("transform.Flip.prob=1", &["unknown key `transform.Flip.prob`", "known here: RandFlip"]);
        check("transform.enabled=false", &["unknown key `transform.enabled`", "RandFlip.enabled"]);
        check("transform.RandFlip.enabled=3", &["`transform.RandFlip.enabled`", "true or false"]);
        check("transform.0.prob={a = 1}", &["`transform.0.prob`", "a value"]);
    }

    /// What the choice before had of its own is left behind, as the window leaves it; what is set beside it is of the new one,
    /// in whichever order.
    #[test]
    fn a_set_of_a_choice_drops_the_parameters_of_the_one_before() {
        let text = "[schedule]\nname = \"cosine\"\nend_frac = 0.5\n[optimizer]\nname = \"sgd\"\nmomentum = 0.5\n\
            [model]\nname = \"small_cnn\"\nwidth = 4\n";
        let sets =
            ["optimizer.weight_decay=0.5", "schedule.name=constant", "optimizer.name=adamw", "model.name=resnet18"];
        let config = with_sets(text, &sets).unwrap();
        assert_eq!(
            (&config.schedule, &config.model),
            (&ScheduleConfig::named("constant"), &ModelConfig::named("resnet18"))
        );
        let mut adamw = OptimizerConfig::named("adamw");
        adamw.params.insert("weight_decay".to_owned(), ParamValue::Float(0.5));
        assert_eq!(config.optimizer, adamw);
        let error = with_sets(text, &["schedule.name=constant", "schedule.end_frac=0.1"]).unwrap_err().to_string();
        assert!(error.contains("unknown key `schedule.end_frac`"), "{error}");
    }

    #[test]
    fn a_number_beyond_what_toml_holds_is_refused() {
        let mut config = RunConfig::default();
        config.train.seed = u64::MAX;
        assert!(matches!(config.with_sets(&[]), Err(ConfigError::NotWritten(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_makes_no_empty_configuration() {
        use std::os::unix::ffi::OsStringExt as _;
        let mut config = RunConfig::default();
        config.data.dir = Some(std::ffi::OsString::from_vec(b"/data/\xff".to_vec()).into());
        assert!(matches!(config.to_toml(), Err(ConfigError::NotWritten(_))));
        assert!(matches!(config.with_sets(&[]), Err(ConfigError::NotWritten(_))));
    }
}
