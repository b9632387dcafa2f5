//! Says each failure once: a reading that fails every second would else fill the log.

use crate::language::Message;
use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub(super) struct Notes {
    said: BTreeSet<String>,
    waiting: Vec<Message>,
}

impl Notes {
    /// Keeps `note` for the caller, unless one was already kept under `key`. Bounded: there are as many keys as
    /// fields of as many GPUs as the machine has.
    pub(super) fn once(&mut self, key: &str, note: impl FnOnce() -> Message) {
        if !self.said.contains(key) {
            self.said.insert(key.to_owned());
            self.waiting.push(note());
        }
    }

    pub(super) fn take(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.waiting)
    }
}
