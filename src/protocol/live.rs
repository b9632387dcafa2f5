//! What happens to a run while it trains: a change of its chain that is being tried, and stretches that plots shade.

use crate::config::TransformSpec;
use crate::language::Message;
use serde::{Deserialize, Serialize};

/// A change of transforms on its way: it is tried on one image aside from training, which goes on as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trying {
    /// When it began to be tried.
    pub secs: f64,
    /// What is tried, such as `RandRotate off`; `None` once nothing is any more.
    pub label: Option<Message>,
    /// The chain that batches are made with.
    pub running: Vec<TransformSpec>,
    /// How many `Command::SetTransforms` the engine has taken in: a client that has sent more knows what is newer.
    pub edits: u64,
}

/// Why a stretch of a run is not like the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// A bisect has transforms off in some of the steps.
    Bisect,
    /// Nothing is trained.
    Paused,
    /// The loss is no number.
    Diverged,
}

impl SpanKind {
    pub const ALL: [Self; 3] = [Self::Bisect, Self::Paused, Self::Diverged];

    /// For a legend.
    pub fn name(self) -> Message {
        match self {
            Self::Bisect => msg!("engine-span-bisect"),
            Self::Paused => msg!("engine-span-paused"),
            Self::Diverged => msg!("engine-span-diverged"),
        }
    }
}

/// Where such a stretch begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpanMark {
    pub secs: f64,
    /// The last step that was done.
    pub step: u64,
    pub kind: SpanKind,
    /// Else it ends.
    pub begins: bool,
}
