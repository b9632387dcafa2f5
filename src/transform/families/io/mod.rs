//! Files, the order of axes, the kind of numbers.

pub(crate) mod load;
pub(crate) mod numeric;
