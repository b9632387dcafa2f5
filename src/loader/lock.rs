//! Locks that no panic of another thread closes.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever became of a thread that held it: every change under a lock here is whole when it is left.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
