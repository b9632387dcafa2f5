//! Blurring and sharpening.

pub(crate) mod blur;
pub(crate) mod edges;
pub(crate) mod median;
pub(crate) mod smooth;
