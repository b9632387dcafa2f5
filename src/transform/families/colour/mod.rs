//! Colour.

pub(crate) mod adjust;
pub(crate) mod jitter;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod tone;
