//! Events on their way to a client that may read slowly, or not at all: training never waits for it.
//!
//! What is only of the moment (steps, readings) is dropped where the client does not keep up. Everything else waits, up to
//! a bound: it stands in the run's record too.

use crate::protocol::{Event, WhenCrowded};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// With so many waiting, what is of the moment is dropped ...
const CROWDED: usize = 1024;
/// ... and with so many the oldest go that are not of a run's beginning or end.
const FULL: usize = 16_384;

/// A queue for one reader. Pushing never blocks.
#[derive(Debug, Default)]
pub(super) struct EventQueue {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Event>,
    closed: bool,
    /// Events that found no room.
    dropped: u64,
}

impl EventQueue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends it, or drops it where it is of the moment and the client is behind.
    pub fn push(&self, event: Event) {
        let of_the_moment = event.traits().when_crowded == WhenCrowded::Dropped;
        let mut state = self.state();
        if state.closed || of_the_moment && state.waiting.len() >= CROWDED {
            state.dropped += u64::from(!state.closed);
            return;
        }
        if state.waiting.len() >= FULL {
            let oldest = state.waiting.iter().position(|event| event.traits().when_crowded != WhenCrowded::Stays);
            if state.waiting.remove(oldest.unwrap_or(0)).is_some() {
                state.dropped += 1;
            }
        }
        state.waiting.push_back(event);
        drop(state);
        self.news.notify_one();
    }

    /// Appends it only while fewer than `most` events wait; false where it was dropped.
    pub fn push_if_below(&self, event: Event, most: usize) -> bool {
        let mut state = self.state();
        let room = !state.closed && state.waiting.len() < most;
        if room {
            state.waiting.push_back(event);
            drop(state);
            self.news.notify_one();
        }
        room
    }

    /// Fewer than `most` events wait, and somebody will read them.
    pub fn is_below(&self, most: usize) -> bool {
        let state = self.state();
        !state.closed && state.waiting.len() < most
    }

    /// The next event; waits for it. `None` once the queue is closed and empty.
    pub fn pop(&self) -> Option<Event> {
        let mut state = self.state();
        loop {
            if let Some(event) = state.waiting.pop_front() {
                return Some(event);
            }
            if state.closed {
                return None;
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Nothing more comes: the reader may go once it has all.
    pub fn close(&self) {
        self.state().closed = true;
        self.news.notify_all();
    }

    /// The reader is gone: what waits will never be read.
    pub fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(n: usize) -> Event {
        Event::Heartbeat { secs: n as f64 }
    }

    fn warning(n: usize) -> Event {
        Event::Warning { secs: n as f64, message: "".into() }
    }

    fn drained(queue: &EventQueue) -> Vec<Event> {
        queue.close();
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn who_does_not_read_loses_what_is_of_the_moment_and_the_order_stays() {
        let queue = EventQueue::default();
        (0..CROWDED + 100).for_each(|n| queue.push(beat(n)));
        queue.push(warning(1));
        queue.push(beat(0));
        assert!(!queue.push_if_below(beat(0), CROWDED));
        let events = drained(&queue);
        assert_eq!(events.len(), CROWDED + 1);
        assert_eq!(events[CROWDED - 1..], [beat(CROWDED - 1), warning(1)]);
    }

    #[test]
    fn what_waits_is_bounded_and_a_run_s_beginning_and_end_stay() {
        let queue = EventQueue::default();
        let hello = Event::Hello { protocol: 1, version: String::new(), pid: 1 };
        queue.push(hello.clone());
        (0..FULL + 10).for_each(|n| queue.push(warning(n)));
        let events = drained(&queue);
        assert_eq!((events.len(), &events[0], &events[1]), (FULL, &hello, &warning(11)));
        queue.push(warning(0));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn a_reader_that_waits_is_woken_by_the_end() {
        let queue = std::sync::Arc::new(EventQueue::default());
        let read = {
            let queue = std::sync::Arc::clone(&queue);
            std::thread::Builder::new().spawn(move || std::iter::from_fn(|| queue.pop()).count()).unwrap()
        };
        queue.push(warning(1));
        queue.close();
        assert_eq!(read.join().unwrap(), 1);
    }
}
