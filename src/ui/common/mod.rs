//! What several panels draw with.

pub(crate) mod card;
pub(crate) mod focus;
pub(crate) mod keys;
pub(crate) mod list;
pub(crate) mod number_field;
mod numbers;
pub(crate) mod param_form;
pub(crate) mod preferences;
pub(crate) mod settings_form;
pub mod style;
pub(crate) mod waiting;
pub mod words;
