//! What the page of results shows beside the run's own record.

use crate::client::{Judged, Judges};
use crate::language::Message;
use std::path::PathBuf;

/// Images judged by the network of the run shown.
#[derive(Default)]
pub struct ResultsState {
    /// Of which run.
    pub run_dir: Option<PathBuf>,
    /// Images of known classes, and which.
    pub judged: Option<(Judges, Judged)>,
    /// Images of which no class is known.
    pub predicted: Option<Judged>,
    /// How many have been judged, and how many are to be.
    pub busy: Option<(u64, u64)>,
    pub error: Option<Message>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ResultsCommand {
    /// Have images judged by the run's network.
    Judge(Judges),
    /// Choose a folder of class folders in a dialog, and have it judged.
    ChooseFolder,
    /// Choose images in a dialog, and have them judged.
    ChooseImages,
    Cancel,
    /// The run's own test again, in place of another folder.
    ForgetJudged,
    ForgetPredicted,
    /// Shows an image on the page of images.
    ShowImage(PathBuf),
}
