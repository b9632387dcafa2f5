//! The one way to an engine: starts it, sends commands, and turns its events into [`RunState`].
//!
//! The window, the command line and the tests all come through here. Reader threads run beside the caller;
//! nothing here blocks but [`Engine::wait`]. Must not import `plot`, `ui`, `app` or `cli`.

pub mod dirs;
mod engine_process;
mod findings;
mod hardware;
mod history;
mod link;
mod lr_range;
mod pace;
mod perfetto;
mod series;
mod spans;
mod state;
pub mod sweep;

pub use engine_process::{ClientError, ClientEvent, Engine, EngineCommand, EngineExit};
pub use findings::Findings;
pub use hardware::{GpuHistory, Hardware};
pub use history::{History, MAX_POINTS};
pub use link::{EngineLink, EngineStarter, Wake, lasting_starter, process_starter, start_aside};
pub use lr_range::{RangePoint, RangeTest};
pub use pace::Pace;
pub use perfetto::{TraceFileError, save_trace, track_name, write_trace};
pub use series::Series;
pub use spans::{Span, Spans};
pub use state::{Live, LogEntry, RunState, RunSummary};
