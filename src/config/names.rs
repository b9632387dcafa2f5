//! Names that were meant.

use crate::language::Message;

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

/// ` (did you mean …?)`, to stand behind a sentence; or nothing.
pub(crate) fn hint<'a>(given: &str, valid: impl IntoIterator<Item = &'a str>) -> Message {
    nearest(given, valid).map_or_else(Message::default, |name| msg!("config-did-you-mean", name))
}
