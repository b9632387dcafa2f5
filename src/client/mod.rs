//! The one way to an engine: starts it, sends commands, and turns its events into [`RunState`].
//!
//! The window, the command line and the tests all come through here. Reader threads run beside the caller;
//! nothing here blocks but [`Engine::wait`]. Must not import `plot`, `ui`, `app` or `cli`.

pub mod dirs;
mod engine_process;
mod figures;
mod findings;
mod hardware;
mod history;
mod judge;
mod link;
mod lr_range;
mod pace;
mod parquet;
mod perfetto;
mod ruler;
mod scalars;
mod series;
mod spans;
mod state;
pub mod sweep;
mod tensorboard;

pub use engine_process::{ClientError, ClientEvent, Engine, EngineCommand, EngineExit};
pub use figures::{Figure, figures_of};
pub use findings::Findings;
pub use hardware::{GpuHistory, Hardware};
pub use history::{Bucket, History, MAX_POINTS, Summary};
pub use judge::{JudgeError, Judged, JudgedImage, Judges, judge};
pub use link::{EngineLink, EngineStarter, Wake, lasting_starter, process_starter, start_aside};
pub use lr_range::{RangePoint, RangeTest};
pub use pace::Pace;
pub use parquet::write_parquet;
pub use perfetto::{TraceFileError, save_trace, track_name, write_trace};
pub use ruler::Ruler;
pub use scalars::{Scalar, scalars, scalars_csv};
pub use series::Series;
pub use spans::{Span, Spans};
pub use state::{Live, LogEntry, NewestFigures, ROUNDING_SECS, RunState, Turn, TurnKind};
pub use tensorboard::write_tensorboard;
