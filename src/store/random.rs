//! Words that nobody guesses and nobody else makes.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// One of so many times 64 bits, as hex.
pub(super) fn word(numbers: usize) -> String {
    // The standard library's hashers are keyed by the system's own randomness.
    let number = || RandomState::new().build_hasher().finish();
    (0..numbers).map(|_| format!("{:016x}", number())).collect()
}
