//! Parameters as texts: what a person types is read, what is held is shown, and what is worth offering is offered.

use super::param::{Item, NONE, ParamInfo, ParamKind};
use super::spec::ParamValue;
use crate::language::{Message, documented};
use std::borrow::Cow;

impl ParamInfo {
    /// Reads what a person typed into a form: a TOML value, or a bare text.
    ///
    /// # Errors
    /// What was expected, in words.
    pub fn parse_text(&self, text: &str) -> Result<ParamValue, Message> {
        let text = text.trim();
        let value = toml_value(text).and_then(|value| value.try_into().ok());
        let value = value.unwrap_or_else(|| ParamValue::Text(text.to_owned()));
        if self.accepts(&value) {
            return Ok(value);
        }
        // A text that happens to be a TOML value: the name of a device may be a number.
        let bare = ParamValue::Text(text.to_owned());
        if self.accepts(&bare) { Ok(bare) } else { Err(msg!("config-expected", what = self.expected())) }
    }

    /// How a form shows the value in a text field; [`Self::parse_text`] reads it back.
    pub fn show_text(value: &ParamValue) -> String {
        match value {
            ParamValue::Text(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// Values worth offering where they are few, as texts that [`Self::parse_text`] reads, each with what a form calls
    /// it and what it means; else empty.
    pub fn suggestions(&self) -> Vec<Suggestion> {
        match self.kind {
            ParamKind::Bool => plain(&["true", "false"]),
            ParamKind::Choice(names) => plain(names),
            ParamKind::OptionalBool => plain(&[NONE, "true", "false"]),
            ParamKind::Axes => plain(&[NONE, "0", "1"]),
            ParamKind::OneOf(items) => items.iter().map(|item| self.suggest(item)).collect(),
            ParamKind::Whole(numbers) => numbers.iter().map(|n| Suggestion::plain(n.to_string())).collect(),
            _ => self.presets.iter().map(|item| self.suggest(item)).collect(),
        }
    }

    fn suggest(&self, item: &Item) -> Suggestion {
        let title = documented(&format!("{}.title", self.item_key(item)), item.title).into_owned();
        Suggestion { text: item.name.to_owned(), title, doc: self.item_meaning(item) }
    }
}

/// The value of TOML that a text is; `None` where it is none.
pub(super) fn toml_value(text: &str) -> Option<toml::Value> {
    format!("v = {text}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("v"))
}

/// A value worth offering.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    pub text: String,
    pub title: String,
    /// Empty where there is nothing to say.
    pub doc: Cow<'static, str>,
}

impl Suggestion {
    fn plain(text: String) -> Self {
        Self { title: text.clone(), text, doc: "".into() }
    }
}

fn plain(texts: &[&str]) -> Vec<Suggestion> {
    texts.iter().map(|text| Suggestion::plain((*text).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::super::param::{ParamDefault, param};
    use super::*;

    #[test]
    fn texts_are_read_and_refused() {
        #[track_caller]
        fn check(kind: ParamKind, good: &[&str], bad: &[&str]) {
            let info = param("p", kind, ParamDefault::None, "", "");
            for text in good {
                let value = info.parse_text(text).unwrap_or_else(|e| panic!("{text}: {e}"));
                assert_eq!(info.parse_text(&ParamInfo::show_text(&value)), Ok(value));
            }
            for text in bad {
                let error = info.parse_text(text).unwrap_err().to_string();
                assert!(error.contains(&kind.to_string()), "{text}: {error}");
            }
        }
        check(ParamKind::Bool, &["true", "false"], &["1", "yes", ""]);
        check(ParamKind::Int { min: 0, max: 3 }, &["0", "3"], &["4", "-1", "1.0"]);
        check(ParamKind::Float { min: 0.0, max: 1.0 }, &["0", "0.5", "1e-3"], &["1.1", "nan", "inf", "x", "[0.5]"]);
        check(ParamKind::Choice(&["area", "nearest-exact"]), &["area", "\"area\"", "nearest-exact"], &["Area", ""]);
        check(ParamKind::OptionalBool, &["none", "true"], &["0"]);
        check(ParamKind::OptionalFloat { min: -1.0, max: 1.0 }, &["none", "None", "0.5"], &["2", "[0]"]);
        check(ParamKind::OptionalFloats { min: -1.0, max: 1.0 }, &["none", "0.5", "[0.5, 1]"], &["[]", "[2]"]);
        check(ParamKind::Range { min: -4.0, max: 4.0 }, &["0.2", "[-0.1, 0.2]"], &["5", "[1, 2, 3]", "[]", "none"]);
        let ranges = ParamKind::Ranges { min: -4.0, max: 4.0, most: 2 };
        check(ranges, &["none", "0.2", "[0.1]", "[0.1, [-1, 2]]"], &["5", "[[1]]", "[1, 2, 3]", "[[1, 2, 3]]", "[]"]);
        check(ParamKind::PerAxis { min: 0.1, max: 4.0 }, &["0.2", "[1, 2]"], &["0", "[1, 2, 3]"]);
        check(ParamKind::Axes, &["none", "0", "-1", "[0, 1]", "[-2]"], &["2", "-3", "[0, 0]", "[1, -1]", "[]", "0.5"]);
        let ints = ParamKind::Ints { min: 0, max: 9, least: 2, most: 4 };
        check(ints, &["3", "[1, 2]", "[1, 2, 3, 4]"], &["10", "[1]", "[1, 2, 3, 4, 5]", "0.5"]);
        let floats = ParamKind::Floats { min: 0.0, max: 9.0, least: 2, most: 2 };
        check(floats, &["3", "[1, 2.5]"], &["10", "[1]", "none"]);
        check(ParamKind::Rows { min: 0.0, max: 9.0 }, &["[[1, 2], [3.5]]"], &["3", "[1]", "[]", "[[]]", "[[10]]"]);
        check(ParamKind::Whole(&[0, 1, 3]), &["0", "3"], &["2", "1.0", "x"]);
        const ITEMS: &[Item] = &[Item::new("small", "Small", ""), Item::new("large", "Large", "")];
        check(ParamKind::OneOf(ITEMS), &["small", "\"large\""], &["Small", "1"]);
        check(ParamKind::Text, &["", "vulkan:0", "7", "[1]"], &[]);
        check(ParamKind::Texts, &["[]", "[\"a/b.png\", \"c\"]"], &["a", "[1]", "[\"a\", 1]"]);
        const NUMBER: ParamKind = ParamKind::Int { min: 0, max: 3 };
        check(ParamKind::Optional(&NUMBER), &["none", "3"], &["4", "[1]"]);
        check(ParamKind::Or("random", &NUMBER), &["random", "3"], &["4", "none", "Random"]);
        check(ParamKind::Size { max: 100 }, &["64", "[64, 48]", "[-1, 10]"], &["0", "[0, 1]", "[101, 1]", "[1, 2, 3]"]);
    }
}
