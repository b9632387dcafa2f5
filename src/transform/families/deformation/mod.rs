//! Bending.

pub(crate) mod deform;
pub(crate) mod elastic;
