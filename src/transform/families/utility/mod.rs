//! Neither.

pub(crate) mod delay;
