//! Room in memory for large pictures, shared by all threads that decode: one of a hundred million pixels is a few gigabytes, and a
//! loader has many threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Pictures that take less are nobody's concern, and their buffers are kept.
pub(crate) const LARGE_BYTES: u64 = 256 << 20;
/// A thread that holds its room may hang, in a transform or on a dead mount: then nobody waits for it for ever.
const PATIENCE: Duration = Duration::from_secs(300);

/// That of this process.
static ROOM: Room = Room::new(4 << 30);

/// How many bytes of pictures may be in the making at a time. One picture alone may take more.
pub fn set_room_for_pictures(bytes: u64) {
    ROOM.state().total = bytes;
    ROOM.freed.notify_all();
}

/// Room for a picture that takes so many bytes, until it is dropped; waits for others where there is none. `None` where so few
/// are not counted.
pub(super) fn room_for(bytes: u64) -> Option<Permit> {
    (bytes >= LARGE_BYTES).then(|| ROOM.take(bytes, PATIENCE))
}

#[derive(Debug)]
struct Room {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug)]
struct State {
    total: u64,
    taken: u64,
}

/// Given back when it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    room: &'static Room,
    bytes: u64,
}

impl Room {
    const fn new(total: u64) -> Self {
        Self { state: Mutex::new(State { total, taken: 0 }), freed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&'static self, bytes: u64, patience: Duration) -> Permit {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while state.taken > 0 && state.taken.saturating_add(bytes) > state.total {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.taken = state.taken.saturating_add(bytes);
        Permit { room: self, bytes }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.room.state();
        state.taken = state.taken.saturating_sub(self.bytes);
        drop(state);
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    #[test]
    fn small_pictures_take_none() {
        assert!(room_for(LARGE_BYTES - 1).is_none());
    }

    #[test]
    fn all_of_them_together_keep_within_the_room() {
        static ROOM: Room = Room::new(100);
        static NOW: AtomicU64 = AtomicU64::new(0);
        static MOST: AtomicU64 = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let permit = ROOM.take(40, PATIENCE);
                        MOST.fetch_max(NOW.fetch_add(40, SeqCst) + 40, SeqCst);
                        std::thread::yield_now();
                        NOW.fetch_sub(40, SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert_eq!((MOST.load(SeqCst), ROOM.state().taken), (80, 0));
    }

    #[test]
    fn one_alone_may_be_larger_and_who_hangs_is_not_waited_for_for_ever() {
        static ROOM: Room = Room::new(100);
        let large = ROOM.take(1000, PATIENCE);
        let late = ROOM.take(10, Duration::ZERO);
        assert_eq!(ROOM.state().taken, 1010);
        drop((large, late));
        assert_eq!(ROOM.state().taken, 0);
    }
}
