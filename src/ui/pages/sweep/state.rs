//! What the Sweeps page shows and asks for; part of the window's state. Only `app` changes it.

use crate::client::sweep::SweepReport;
use std::path::PathBuf;

/// A sweep as the window shows it. Only `app` changes it.
#[derive(Default)]
pub struct SweepView {
    /// One is under way.
    pub busy: bool,
    /// It was told to stop, and its engines write their checkpoints.
    pub stopping: bool,
    /// The dataset of the last one.
    pub dataset: Option<PathBuf>,
    /// The last one, as it stands.
    pub report: Option<Box<SweepReport>>,
    /// Why the last one came to nothing.
    pub error: Option<String>,
}

/// What a sweep is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepRequest {
    pub key: &'static str,
    pub values: Vec<String>,
    pub budget_secs: f64,
    /// Losses are compared after so many steps; 0 leaves it at the speed.
    pub steps: u64,
}
