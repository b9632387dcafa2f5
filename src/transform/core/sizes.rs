//! How large a result may be.

use crate::language::{Message, sides};

/// Pixels on a side of a result.
pub(crate) const MAX_SIDE: i64 = 16_384;
/// Pixels of a result in all: three channels of so many take 0.8 GB as floats.
const MAX_AREA: usize = 1 << 26;

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
