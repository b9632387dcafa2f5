//! How the window holds an engine: as every client does.

pub use crate::client::{EngineLink, EngineStarter, Wake, lasting_starter, process_starter, start_aside};
