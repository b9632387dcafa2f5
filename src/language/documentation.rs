//! Texts of tables: what a setting, a transform or an option is stands in its table in English, and here in other languages.

use super::catalogue::catalogue;
use super::languages::current;
use super::render;
use std::borrow::Cow;

/// The text of a table's row in the current language: `english` as the table has it, or what a file `document-…` has under
/// `key` (`transform-RandFlip`, or `transform-RandFlip.prob` for one of its parameters).
pub fn documented<'a>(key: &str, english: &'a str) -> Cow<'a, str> {
    match catalogue(current()).get(key) {
        Some(pattern) => render::pattern(current(), pattern, &[]).into(),
        None => english.into(),
    }
}
