//! What the page of results shows beside the run's own record.

use crate::client::Judged;
use crate::language::Message;
use std::path::PathBuf;

/// Images judged by the network of the run shown.
#[derive(Default)]
pub struct ResultsState {
    /// Of which run.
    pub run_dir: Option<PathBuf>,
    pub judged: Option<Judged>,
    /// How many have been judged, and how many are to be.
    pub busy: Option<(u64, u64)>,
    pub error: Option<Message>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ResultsCommand {
    /// Have the test images judged by the run's network.
    Judge,
    Cancel,
    /// Shows an image on the page of images.
    ShowImage(PathBuf),
}
