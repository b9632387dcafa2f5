//! `trainscope train --trace`: the trace of a run's last seconds, in a file.

use super::{EXIT_USAGE, Failure, print_json};
use crate::client::save_trace;
use crate::protocol::{Command, Trace};
use serde_json::json;
use std::path::PathBuf;

/// Of the training's end.
const TRACE_SECS: f64 = 30.0;

/// The file that a trace is to be written to.
pub(super) struct TraceFile {
    path: PathBuf,
    json: bool,
    came: bool,
}

impl TraceFile {
    /// The file; a folder that is not there is found out now and not after the training.
    pub fn at(path: PathBuf, json: bool) -> Result<Self, Failure> {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        match dir.filter(|dir| !dir.is_dir()) {
            Some(dir) => {
                let words = format!("there is no folder for the trace: {}; make it, or choose another", dir.display());
                Err(Failure::new(EXIT_USAGE, words))
            }
            None => Ok(Self { path, json, came: false }),
        }
    }

    /// What makes the engine send it.
    pub fn command() -> Command {
        Command::TraceAtEnd { secs: TRACE_SECS }
    }

    /// Writes it. A disk that refuses costs a warning: the run is not to blame.
    pub fn write(&mut self, trace: &Trace) {
        self.came = true;
        match save_trace(&self.path, trace) {
            Ok(()) if self.json => {
                print_json(&json!({ "type": "trace", "path": self.path, "spans": trace.span_count() }));
            }
            Ok(()) => say!(
                "trace of the last seconds: {} spans in {}; https://ui.perfetto.dev opens it",
                trace.span_count(),
                self.path.display()
            ),
            Err(error) => self.warn(&error.to_string()),
        }
    }

    /// The run is over: says so where no trace came.
    pub fn end(&self) {
        if !self.came {
            self.warn("there is no trace: the run ended before its training did");
        }
    }

    fn warn(&self, words: &str) {
        if self.json {
            print_json(&json!({ "type": "warning", "message": words }));
        } else {
            say!("warning: {words}");
        }
    }
}
