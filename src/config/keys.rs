//! The keys that a configuration has, and their values by path: what forms, edits, `--set` and the docs go over.

use super::error::{ConfigError, bad_value, unknown_key};
use super::param::{Item, Owner, ParamInfo, ParamKind};
use super::settings::{ParamsOf, RunConfig, SECTIONS, SETTINGS, Section, Setting};
use super::spec::ParamValue;
use crate::language::documented;
use std::borrow::Cow;

/// A key of a configuration: of [`SETTINGS`], or a parameter of what is chosen in its section.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub section: &'static Section,
    pub info: ParamInfo,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Field(&'static Setting),
    Param(ParamsOf),
}

impl Key {
    /// `section.name`, as `--set` has it.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section.name, self.info.name)
    }
}

impl Setting {
    /// As [`Key::path`].
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.info.name)
    }
}

impl Section {
    /// The keys of this section, where `chosen` is what its key `name` holds.
    pub(super) fn keys(&'static self, chosen: Option<&str>) -> Vec<Key> {
        let settings = SETTINGS.iter().filter(|setting| setting.section == self.name);
        let mut keys: Vec<Key> =
            settings.map(|setting| Key { section: self, info: setting.info, place: Place::Field(setting) }).collect();
        if let Some(place) = self.params {
            let items = self.choice().map_or(&[][..], |(_, items)| items);
            let chosen = items.iter().find(|item| Some(item.name) == chosen);
            let params = chosen.into_iter().flat_map(|item| self.params_of(item));
            keys.extend(params.map(|info| Key { section: self, info, place: Place::Param(place) }));
        }
        keys
    }

    /// The parameters that come with what is chosen by this section's name.
    pub(super) fn params_of(&self, item: &'static Item) -> impl Iterator<Item = ParamInfo> + use<> {
        let owner = Owner::Item { section: self.name, item: item.name };
        item.params.iter().map(move |info| info.of(owner))
    }

    /// What a form calls it.
    pub fn title(&self) -> Cow<'static, str> {
        documented(&format!("{}.title", Owner::Section(self.name).key()), self.english_title)
    }

    /// One line.
    pub fn meaning(&self) -> Cow<'static, str> {
        documented(&Owner::Section(self.name).key(), self.doc)
    }

    /// The key by which something is chosen in this section, and what can be.
    pub(super) fn choice(&self) -> Option<(&'static Setting, &'static [Item])> {
        let setting = SETTINGS.iter().find(|setting| setting.section == self.name && setting.info.name == "name")?;
        match setting.info.kind {
            ParamKind::OneOf(items) => Some((setting, items)),
            _ => None,
        }
    }
}

/// What is said of the key of that path, whatever is chosen in its section.
pub fn described(path: &str) -> Option<ParamInfo> {
    let (section, name) = path.split_once('.')?;
    let section = SECTIONS.iter().find(|known| known.name == section)?;
    let items = section.choice().map_or(&[][..], |(_, items)| items);
    let fields = section.keys(None).into_iter().map(|key| key.info);
    fields.chain(items.iter().flat_map(|item| section.params_of(item))).find(|info| info.name == name)
}

impl RunConfig {
    /// Every key that this configuration has, in the order of the docs.
    pub fn keys(&self) -> Vec<Key> {
        SECTIONS.iter().flat_map(|section| self.section_keys(section)).collect()
    }

    /// Those of one section.
    pub fn section_keys(&self, section: &'static Section) -> Vec<Key> {
        match section.choice().map(|(setting, _)| (setting.read)(self)) {
            Some(ParamValue::Text(chosen)) => section.keys(Some(&chosen)),
            _ => section.keys(None),
        }
    }

    /// The key of that path, if this configuration has it.
    pub fn key(&self, path: &str) -> Option<Key> {
        let (section, name) = path.split_once('.')?;
        let section = SECTIONS.iter().find(|s| s.name == section)?;
        self.section_keys(section).into_iter().find(|key| key.info.name == name)
    }

    /// What stands there; the default of a parameter that is left out.
    pub fn value(&self, key: &Key) -> ParamValue {
        match key.place {
            Place::Field(setting) => (setting.read)(self),
            Place::Param(params) => {
                let given = (params.read)(self).get(key.info.name).cloned();
                given.unwrap_or_else(|| key.info.default_value())
            }
        }
    }

    /// The same by path; `None` where this configuration has no such key.
    pub fn value_at(&self, path: &str) -> Option<ParamValue> {
        Some(self.value(&self.key(path)?))
    }

    /// Whether what stands there is not the default.
    pub fn is_changed(&self, key: &Key) -> bool {
        self.value(key) != key.info.default_value()
    }

    /// Sets one key. A parameter that is set to its default is left out again; another choice in a section loses the
    /// parameters of the one before that it does not have, or that may not stand there with it.
    ///
    /// # Errors
    /// There is no such key, or the value may not stand there.
    pub fn set_value(&mut self, path: &str, value: &ParamValue) -> Result<(), ConfigError> {
        let Some(key) = self.key(path) else {
            let section = path.split('.').next().unwrap_or_default();
            let known = self.keys().into_iter().filter(|key| key.section.name == section).map(|key| key.info.name);
            return Err(unknown_key(path, known.collect()));
        };
        if !key.info.accepts(value) {
            return Err(bad_value(path, value, &key.info));
        }
        let value = key.info.as_kind(value);
        match key.place {
            Place::Field(setting) => {
                if !(setting.write)(self, &value) {
                    return Err(bad_value(path, &value, &key.info));
                }
                self.drop_foreign_params(key.section);
            }
            Place::Param(params) if value == key.info.default_value() => {
                (params.write)(self).remove(key.info.name);
            }
            Place::Param(params) => {
                (params.write)(self).insert(key.info.name.to_owned(), value);
            }
        }
        Ok(())
    }

    fn drop_foreign_params(&mut self, section: &'static Section) {
        let Some(params) = section.params else { return };
        let keys = self.section_keys(section);
        let stays = |name: &str, value: &ParamValue| {
            let key = keys.iter().find(|key| key.info.name == name);
            key.is_some_and(|key| key.info.accepts(value) && *value != key.info.default_value())
        };
        (params.write)(self).retain(|name, value| stays(name, value));
    }
}
