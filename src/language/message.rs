//! A message: which one, and what it speaks of.

use super::languages::Language;
use super::{figures, languages, render};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// What is said to a person, as a value. Displayed in the current language ([`languages::current`]).
///
/// Serialised as `{"$message": id, "args": [[name, value], ...]}`; text from elsewhere (a driver, an older record) as the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Message(Box<Kind>);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Known {
        id: Cow<'static, str>,
        args: Vec<(Cow<'static, str>, Arg)>,
    },
    /// Finished words that no language knows.
    Verbatim(String),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wire {
    Known {
        #[serde(rename = "$message")]
        id: Cow<'static, str>,
        #[serde(default)]
        args: Vec<(Cow<'static, str>, Arg)>,
    },
    Verbatim(String),
}

impl From<Wire> for Message {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire::Known { id, args } => Self(Box::new(Kind::Known { id, args })),
            Wire::Verbatim(text) => Self(Box::new(Kind::Verbatim(text))),
        }
    }
}

impl From<Message> for Wire {
    fn from(message: Message) -> Self {
        match *message.0 {
            Kind::Known { id, args } => Self::Known { id, args },
            Kind::Verbatim(text) => Self::Verbatim(text),
        }
    }
}

/// What a message speaks of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    Message(Box<Message>),
    /// A figure, rounded to so many digits behind the point.
    Number {
        number: f64,
        digits: u8,
    },
    /// In words: `3 min 05 s`.
    Duration {
        secs: f64,
    },
    /// In words: `1.4 GB`.
    Bytes {
        bytes: u64,
    },
    /// In words: `a, b and c`.
    List(Vec<Message>),
    /// A count of things: shown with its digits grouped, and a language's plural rules go by it.
    Count(u64),
}

impl Arg {
    /// A figure; what is no number becomes `N/A`.
    pub fn number(value: f64, digits: u8) -> Self {
        if value.is_finite() { Self::Number { number: value, digits } } else { Self::from("N/A") }
    }

    /// A share as a figure in percent, without the sign.
    pub fn percent(frac: f64, digits: u8) -> Self {
        Self::number(frac * 100.0, digits)
    }

    /// Seconds, in words.
    pub fn duration(secs: f64) -> Self {
        if secs.is_finite() { Self::Duration { secs } } else { Self::from("N/A") }
    }

    pub fn bytes(bytes: u64) -> Self {
        Self::Bytes { bytes }
    }

    /// Names in words: `a, b and c`.
    pub fn names<T: ToString>(names: impl IntoIterator<Item = T>) -> Self {
        Self::List(names.into_iter().map(|name| Message::verbatim(name.to_string())).collect())
    }

    /// In `language`, as it goes into a text.
    pub(super) fn render(&self, language: Language) -> String {
        match self {
            Self::Message(message) => message.render(language),
            Self::Number { number, digits } => format!("{number:.*}", usize::from(*digits)),
            Self::Duration { secs } => figures::duration_in(language, *secs),
            Self::Bytes { bytes } => figures::bytes(*bytes),
            Self::Count(n) => figures::count(*n),
            Self::List(items) => figures::list(language, items.iter().map(|item| item.render(language))),
        }
    }
}

impl From<Message> for Arg {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}

impl From<&Message> for Arg {
    fn from(message: &Message) -> Self {
        message.clone().into()
    }
}

impl From<Vec<Message>> for Arg {
    fn from(items: Vec<Message>) -> Self {
        Self::List(items)
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Message::verbatim(text).into()
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Cow<'_, str>> for Arg {
    fn from(text: Cow<'_, str>) -> Self {
        text.into_owned().into()
    }
}

impl From<u64> for Arg {
    fn from(n: u64) -> Self {
        Self::Count(n)
    }
}

impl From<u32> for Arg {
    fn from(n: u32) -> Self {
        Self::Count(n.into())
    }
}

impl From<u8> for Arg {
    fn from(n: u8) -> Self {
        Self::Count(n.into())
    }
}

impl From<usize> for Arg {
    fn from(n: usize) -> Self {
        Self::Count(n as u64)
    }
}

impl From<i32> for Arg {
    fn from(n: i32) -> Self {
        i64::from(n).into()
    }
}

impl From<i64> for Arg {
    fn from(n: i64) -> Self {
        u64::try_from(n).map_or_else(|_| n.to_string().into(), Self::Count)
    }
}

impl Message {
    /// For [`crate::msg!`], whose ids and arguments a test reads.
    pub fn new(id: &'static str) -> Self {
        Self(Box::new(Kind::Known { id: Cow::Borrowed(id), args: Vec::new() }))
    }

    /// Words from elsewhere, shown as they are in every language.
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self(Box::new(Kind::Verbatim(text.into())))
    }

    /// With one more argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        if let Kind::Known { args, .. } = &mut *self.0 {
            args.push((Cow::Borrowed(name), value.into()));
        }
        self
    }

    /// Which one it is; `None` of words from elsewhere.
    pub fn id(&self) -> Option<&str> {
        match &*self.0 {
            Kind::Known { id, .. } => Some(id),
            Kind::Verbatim(_) => None,
        }
    }

    /// Whether it is the message with that id: what a program may go by, in place of words.
    pub fn is(&self, wanted: &str) -> bool {
        self.id() == Some(wanted)
    }

    /// Whether it is the message with that id, or has it among what it speaks of.
    pub fn says(&self, wanted: &str) -> bool {
        let within = |arg: &Arg| match arg {
            Arg::Message(message) => message.says(wanted),
            Arg::List(items) => items.iter().any(|item| item.says(wanted)),
            _ => false,
        };
        self.is(wanted) || matches!(&*self.0, Kind::Known { args, .. } if args.iter().any(|(_, arg)| within(arg)))
    }

    /// Nothing is said.
    pub fn is_empty(&self) -> bool {
        matches!(&*self.0, Kind::Verbatim(text) if text.is_empty())
    }

    pub fn render(&self, language: Language) -> String {
        match &*self.0 {
            Kind::Verbatim(text) => text.clone(),
            Kind::Known { id, args } => render::message(language, id, args),
        }
    }
}

impl Default for Message {
    fn default() -> Self {
        Self::verbatim("")
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.render(languages::current()))
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::verbatim(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::verbatim(text)
    }
}

impl From<&Message> for String {
    fn from(message: &Message) -> Self {
        message.to_string()
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.to_string()
    }
}

/// Turns every message within a JSON value into its text in the current language: what machines are given to read.
pub fn render_all(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(object) if object.contains_key("$message") => {
            if let Ok(message) = Message::deserialize(&*value) {
                *value = message.to_string().into();
            }
        }
        serde_json::Value::Object(object) => object.values_mut().for_each(render_all),
        serde_json::Value::Array(items) => items.iter_mut().for_each(render_all),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Message {
        Message::new("no-such-message")
            .with("name", "猫.png")
            .with("count", 3_u64)
            .with("share", Arg::percent(0.125, 1))
            .with("time", Arg::duration(65.0))
            .with("size", Arg::bytes(1_500_000))
            .with("within", Message::new("another").with("n", 1_u64))
            .with("list", Arg::names(["a", "b"]))
    }

    #[test]
    fn a_message_crosses_the_wire_and_the_record_as_a_value() {
        let message = sample();
        let wire = rmp_serde::to_vec_named(&message).unwrap();
        assert_eq!(rmp_serde::from_slice::<Message>(&wire).unwrap(), message);
        let record = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&record).unwrap(), message);
        // As older records have it.
        assert_eq!(serde_json::from_str::<Message>("\"disk full\"").unwrap(), Message::verbatim("disk full"));
    }

    #[test]
    fn what_a_message_says_is_found_however_deep() {
        let list = Message::new("outer").with("list", vec![sample()]);
        assert!(["outer", "no-such-message", "another"].iter().all(|id| list.says(id)));
        assert!(!list.says("within") && !list.is("another"));
    }

    #[test]
    fn machines_read_text() {
        let mut value = serde_json::json!({ "list": [Message::verbatim("done")], "said": sample() });
        render_all(&mut value);
        assert_eq!(value["list"][0], "done");
        assert!(value["said"].as_str().unwrap().starts_with("no-such-message"), "{value}");
    }

    #[test]
    fn a_figure_that_is_none_is_said_to_be_none() {
        assert_eq!(Arg::number(f64::NAN, 1), Arg::from("N/A"));
        assert_eq!(Arg::from(-3_i64), Arg::from("-3"));
    }
}
