//! How large a result may be.

use crate::config::{ParamValue, TransformSpec};
use crate::language::{Message, sides};

/// Pixels on a side of a result.
pub(crate) const MAX_SIDE: i64 = 16_384;
/// Pixels of a result in all: three channels of so many take 0.8 GB as floats.
const MAX_AREA: usize = 1 << 26;

/// Whether `spatial_size` is given, both sides of it, so that all images leave with one size. -1 is a side as it comes.
pub(crate) fn gives_spatial_size(spec: &TransformSpec) -> bool {
    let length = |side: &ParamValue| side.as_f64().is_some_and(|side| side > 0.0);
    match spec.params.get("spatial_size") {
        Some(ParamValue::List(sides)) => sides.iter().all(length),
        Some(side) => length(side),
        None => false,
    }
}

/// Holds results to sizes that a machine can bear.
///
/// # Errors
/// The size is beyond, in words.
pub(crate) fn within_bounds([height, width]: [usize; 2]) -> Result<(), Message> {
    if height.max(width) > MAX_SIDE as usize || height.saturating_mul(width) > MAX_AREA {
        let millions = MAX_AREA >> 20;
        let size = sides(&[height, width]);
        return Err(msg!("transform-too-large", size, most = MAX_SIDE.to_string(), millions));
    }
    Ok(())
}
