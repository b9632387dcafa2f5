//! How far a command that takes long is, on stderr.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

const WRITTEN_OVER_EVERY: Duration = Duration::from_millis(200);
/// Where the lines stay, as in a log.
const LOGGED_EVERY: Duration = Duration::from_secs(10);

/// A line that is written over.
pub(super) struct ProgressLine {
    is_terminal: bool,
    /// Where that is no terminal, there are lines all the same.
    logged: bool,
    last: Instant,
    shown: bool,
}

impl ProgressLine {
    /// On a terminal only.
    pub fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), logged: false, last: Instant::now(), shown: false }
    }

    /// Where stderr is no terminal, a line every ten seconds.
    pub fn logged() -> Self {
        Self { logged: true, ..Self::new() }
    }

    pub fn show(&mut self, words: impl FnOnce() -> String) {
        let now = Instant::now();
        if !self.is_due(now) {
            return;
        }
        self.last = now;
        if self.is_terminal {
            self.shown = true;
            crate::console::status(&words());
        } else {
            say!("trainscope: {}", words());
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let every = if self.is_terminal { WRITTEN_OVER_EVERY } else { LOGGED_EVERY };
        (self.is_terminal || self.logged) && now.duration_since(self.last) >= every
    }

    pub fn clear(&self) {
        if self.shown {
            crate::console::status("");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_gets_a_line_now_and_then_where_it_is_wanted() {
        let last = Instant::now();
        let due = |is_terminal, logged, ms| {
            let line = ProgressLine { is_terminal, logged, last, shown: false };
            line.is_due(last + Duration::from_millis(ms))
        };
        assert!(due(true, false, 200) && !due(true, false, 199));
        assert!(due(false, true, 10_000) && !due(false, true, 9_000));
        assert!(!due(false, false, 1_000_000));
    }
}
