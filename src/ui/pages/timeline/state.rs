//! What the Timeline page shows; part of the window's state. Only `app` changes it.

use crate::protocol::Trace;
use std::sync::Arc;
use std::time::Instant;

/// Seconds that the buttons ask for; the first is the usual.
pub const TAKE_SECS: [f64; 3] = [10.0, 2.0, 60.0];

/// Seconds that are taken again and again while it is followed.
pub const LIVE_SECS: f64 = 5.0;

#[derive(Default)]
pub struct TimelineState {
    pub trace: Option<Arc<Trace>>,
    /// Since when the engine's answer is waited for.
    pub asked: Option<Instant>,
    /// The last seconds are taken again and again: so many.
    pub live_secs: Option<f64>,
    /// When the last trace came.
    pub came: Option<Instant>,
    /// Why there is no answer, or why it was not saved.
    pub error: Option<String>,
}
