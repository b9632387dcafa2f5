//! Resize, crop, pad.

pub(crate) mod canvas;
pub(crate) mod crop;
pub(crate) mod evaluation;
pub(crate) mod framing;
pub(crate) mod pad;
pub(crate) mod resampler;
pub(crate) mod resize;
pub(crate) mod resized;
#[cfg(test)]
mod tests;
