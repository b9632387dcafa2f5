//! How the engine of a run is found by a client that comes later: a port on the machine where it trains, and a word.

use super::{atomic, random};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

const FILE: &str = "run.door";

/// What a client must know. Whoever can read it may steer the run, so that only its owner can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorKey {
    /// On the loopback.
    pub port: u16,
    /// To be said first.
    pub word: String,
}

impl DoorKey {
    /// A new one for that port, not to be guessed.
    pub fn new(port: u16) -> Self {
        Self { port, word: random::word(4) }
    }

    /// Lays it into the run's folder.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, run_dir: &Path) -> io::Result<()> {
        let text = serde_json::to_vec(self).unwrap_or_default();
        atomic::write_private(&run_dir.join(FILE), &text)
    }

    /// The key to the run in that folder; `None` where it has no door.
    pub fn read(run_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&super::folder::read_small(&run_dir.join(FILE)).ok()?).ok()
    }

    /// The door is closed. What stands there by now may be the key to another.
    pub fn remove(&self, run_dir: &Path) {
        if Self::read(run_dir).as_ref() == Some(self) {
            // What is left of it leads nowhere.
            let _ = std::fs::remove_file(run_dir.join(FILE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_comes_back_and_is_nobody_else_s() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(DoorKey::read(folder.path()), None);
        let key = DoorKey::new(7);
        assert!(key.word.len() == 64 && DoorKey::new(7) != key);
        key.write(folder.path()).unwrap();
        assert_eq!(DoorKey::read(folder.path()).as_ref(), Some(&key));
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            assert_eq!(folder.path().join(FILE).metadata().unwrap().mode() & 0o777, 0o600);
        }
        DoorKey::new(7).remove(folder.path());
        assert!(DoorKey::read(folder.path()).is_some(), "it is another's");
        key.remove(folder.path());
        assert_eq!(DoorKey::read(folder.path()), None);
    }
}
