//! What disturbs an image as its making does.

pub(crate) mod field;
pub(crate) mod gaussian;
pub(crate) mod jpeg;
pub(crate) mod kspace;
