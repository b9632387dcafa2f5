//! What is said to a person, in the person's language: messages as values, their texts, figures with units.
//!
//! A layer that has something to say makes a [`Message`]: which one (an id), and what it speaks of. That is what crosses the
//! process boundary and is stored; whoever shows it renders it, so that a window that changes its language changes old
//! messages with it. Texts are Fluent files in `assets/language/<tag>/`, one an area; `tests/language.rs` holds that every
//! message has its text in each language and that every argument is used. May be used by every layer; imports none.

/// A message as a value: `msg!("data-no-images", folder = path.display().to_string())`. An argument is anything that an
/// [`Arg`] can be made from; `count = n` may be given as `count`.
#[macro_export]
macro_rules! msg {
    ($id:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::language::Message::new($id)$(.with(stringify!($name), { $(#[allow(clippy::redundant_locals, reason = "`name = name` too")] let $name = $value;)? $name }))*
    };
}

/// A message's text in the current language.
#[macro_export]
macro_rules! tr {
    ($id:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::language::Message::new($id)$(.with(stringify!($name), { $(#[allow(clippy::redundant_locals, reason = "`name = name` too")] let $name = $value;)? $name }))*.to_string()
    };
}

mod catalogue;
mod documentation;
mod figures;
mod joined;
mod languages;
mod message;
mod render;

pub use catalogue::{Area, areas};
pub use documentation::documented;
pub use figures::{bytes, count, duration, gib, large_count, milliseconds, rate, sides};
pub use joined::{clauses, enumeration, paragraph, sentences};
pub use languages::{LANGUAGE_VARIABLE, Language, current, set};
pub use message::{Arg, Message, render_all};
