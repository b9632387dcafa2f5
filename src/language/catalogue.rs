//! The texts: Fluent files, read once a language.

use super::languages::Language;
use fluent_syntax::ast::{Entry, Pattern};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A file of texts, one in each language, for one part of the program.
pub struct Area {
    pub name: &'static str,
    /// In the order of [`Language::ALL`].
    pub texts: [&'static str; 2],
}

macro_rules! areas {
    ($($name:literal)*) => {
        &[$(Area {
            name: $name,
            texts: [
                include_str!(concat!("../../assets/language/en/", $name, ".ftl")),
                include_str!(concat!("../../assets/language/zh-CN/", $name, ".ftl")),
            ],
        }),*]
    };
}

/// Of all areas; a message's id begins with the name of its own.
pub fn areas() -> &'static [Area] {
    areas! {
        "client" "command" "config" "data" "diagnose" "doctor" "engine" "language" "loader" "page" "plot" "store" "telemetry"
        "train" "transform" "window"
        "document-command" "document-setting" "document-transform"
    }
}

/// Patterns by id; an attribute's by `id.attribute`.
pub(super) struct Catalogue(HashMap<String, Pattern<&'static str>>);

impl Catalogue {
    fn of(language: Language) -> Self {
        let mut patterns = HashMap::new();
        for area in areas() {
            let text: &'static str = area.texts.get(language as usize).copied().unwrap_or_default();
            // What cannot be read is left out here; a test fails on it.
            let resource = fluent_syntax::parser::parse_runtime(text).unwrap_or_else(|(resource, _)| resource);
            for entry in resource.body {
                let Entry::Message(message) = entry else { continue };
                let id = message.id.name;
                for attribute in message.attributes {
                    patterns.insert(format!("{id}.{}", attribute.id.name), attribute.value);
                }
                if let Some(value) = message.value {
                    patterns.insert(id.to_owned(), value);
                }
            }
        }
        Self(patterns)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Pattern<&'static str>> {
        self.0.get(id)
    }
}

static CATALOGUES: LazyLock<[Catalogue; 2]> = LazyLock::new(|| Language::ALL.map(Catalogue::of));

pub(super) fn catalogue(language: Language) -> &'static Catalogue {
    let [english, chinese] = &*CATALOGUES;
    match language {
        Language::English => english,
        Language::SimplifiedChinese => chinese,
    }
}
