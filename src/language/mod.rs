//! What is said to a person, in the person's language: messages as values, their texts, figures with units.
//!
//! A layer that has something to say makes a [`Message`]: which one (an id), and what it speaks of. That is what crosses the
//! process boundary and is stored; whoever shows it renders it, so that a window that changes its language changes old
//! messages with it. Texts are Fluent files in `assets/language/<tag>/`, one an area; `tests/language.rs` holds that every
//! message has its text in each language and that every argument is used. May be used by every layer; imports none.

mod catalogue;
mod documentation;
mod figures;
mod message;
mod render;

pub use catalogue::{Area, areas};
pub use documentation::documented;
pub use figures::{bytes, count, duration, milliseconds, rate, sides};
pub use message::{Arg, Message, render_all};

use std::sync::atomic::{AtomicU8, Ordering};

/// A language that the program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "zh-CN")]
    SimplifiedChinese,
}

/// Overrides the system's language; an engine is told its client's language by it.
pub const LANGUAGE_VARIABLE: &str = "TRAINSCOPE_LANG";

static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::SimplifiedChinese];

    /// As BCP 47 has it: `en`, `zh-CN`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::SimplifiedChinese => "zh-CN",
        }
    }

    /// Its name in itself, for a list to choose from.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::SimplifiedChinese => "简体中文",
        }
    }

    /// The language of a locale such as `zh_CN.UTF-8`, `zh-Hans-SG` or `en`; `None` for one that is not spoken.
    pub fn of_locale(locale: &str) -> Option<Self> {
        match locale.split(['-', '_', '.', '@']).next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::SimplifiedChinese),
            "en" | "c" | "posix" => Some(Self::English),
            _ => None,
        }
    }

    /// What [`LANGUAGE_VARIABLE`] asks for, else the system's language, else English.
    pub fn wanted() -> Self {
        let asked = std::env::var(LANGUAGE_VARIABLE).ok().and_then(|tag| Self::of_locale(&tag));
        asked.or_else(|| Self::of_locale(&sys_locale::get_locale()?)).unwrap_or_default()
    }
}

/// The language in which [`Message`]s are displayed; English until [`set`] is called.
pub fn current() -> Language {
    Language::ALL.get(usize::from(CURRENT.load(Ordering::Relaxed))).copied().unwrap_or_default()
}

/// From here on, for the whole process.
pub fn set(language: Language) {
    CURRENT.store(language as u8, Ordering::Relaxed);
}

/// A message as a value: `msg!("data-no-images", folder = path.display().to_string())`. An argument is anything that an
/// [`Arg`] can be made from; `count = n` may be given as `count`.
#[macro_export]
macro_rules! msg {
    ($id:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::language::Message::new($id)$(.with(stringify!($name), $crate::msg!(@value $name $(= $value)?)))*
    };
    (@value $name:ident = $value:expr) => { $value };
    (@value $name:ident) => { $name };
}

/// A message's text in the current language.
#[macro_export]
macro_rules! tr {
    ($($message:tt)*) => { $crate::msg!($($message)*).to_string() };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language() {
        for (locale, language) in [
            ("zh_CN.UTF-8", Some(Language::SimplifiedChinese)),
            ("zh-Hans-SG", Some(Language::SimplifiedChinese)),
            ("en_GB", Some(Language::English)),
            ("C.UTF-8", Some(Language::English)),
            ("de-DE", None),
            ("", None),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }

    #[test]
    fn a_language_s_place_in_the_list_is_its_number() {
        for (index, language) in Language::ALL.into_iter().enumerate() {
            assert_eq!(language as usize, index);
        }
    }
}
