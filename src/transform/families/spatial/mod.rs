//! Turning, flipping, shearing.

pub(crate) mod affine;
pub(crate) mod flip;
pub(crate) mod geometry;
pub(crate) mod perspective;
pub(crate) mod rotate;
#[cfg(test)]
mod tests;
pub(crate) mod zoom;
