//! Arithmetic on rows, planes and buffers, without parameters or names of transforms.

pub(crate) mod bytes;
pub(crate) mod convolve;
pub(crate) mod fourier;
pub(crate) mod gaussian;
pub(crate) mod padding;
pub(crate) mod resample;
pub(crate) mod resample_bytes;
pub(crate) mod scratch;
pub(crate) mod statistics;
pub(crate) mod turns;
pub(crate) mod warp;
pub(crate) mod window;
