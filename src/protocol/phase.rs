//! What an engine is busy with.

use serde::{Deserialize, Serialize};

/// What the engine is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    Scanning,
    /// The chain is tried on a first image.
    Probing,
    CheckingDevice,
    /// First step: shaders are compiled, kernels are tuned.
    WarmingUp,
    Training,
    Validating,
    Testing,
    Paused,
    /// What loader and trainer can do alone is measured; training waits.
    Measuring,
    Stopping,
}
