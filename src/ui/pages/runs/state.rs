//! What the page of runs shows, and what it asks for.

use crate::client::RunState;
use crate::language::Message;
use crate::store::{RunCard, RunNotes};
use std::path::PathBuf;
use std::sync::Arc;

/// The folder's runs, and those laid over the plots.
#[derive(Default)]
pub struct RunsState {
    /// As they were last read; `None` until then.
    pub cards: Option<Vec<RunCard>>,
    /// They are being read.
    pub busy: bool,
    /// Why the last wish was not fulfilled.
    pub error: Option<Message>,
    pub overlaid: Vec<Overlaid>,
}

/// A run whose curves lie over those of the window's own.
#[derive(Clone)]
pub struct Overlaid {
    pub dir: PathBuf,
    pub name: String,
    pub run: Arc<RunState>,
}

impl RunsState {
    pub fn is_overlaid(&self, dir: &std::path::Path) -> bool {
        self.overlaid.iter().any(|overlaid| overlaid.dir == dir)
    }
}

/// What is asked for with a run of the list.
#[derive(Debug, Clone, PartialEq)]
pub enum RunsCommand {
    /// Read the list anew.
    Read,
    /// Lays the run's curves over the plots, or takes them away.
    Overlay {
        dir: PathBuf,
        shown: bool,
    },
    /// Shows the run as the window's own: its curves, its results.
    Show(PathBuf),
    /// Goes on with it.
    Resume(PathBuf),
    /// Its settings become those of the next run.
    Duplicate(PathBuf),
    Rename {
        dir: PathBuf,
        name: String,
    },
    Note {
        dir: PathBuf,
        notes: RunNotes,
    },
    Trash(PathBuf),
}
