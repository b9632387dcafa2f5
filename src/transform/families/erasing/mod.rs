//! Takes something away.

pub(crate) mod coarse;
pub(crate) mod erase;
