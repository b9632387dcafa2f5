//! The values.

pub(crate) mod contrast;
pub(crate) mod histogram;
pub(crate) mod normalize;
pub(crate) mod percentile;
pub(crate) mod scale;
pub(crate) mod smooth_field;
