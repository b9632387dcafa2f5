//! `trainscope train --trace`: the trace of a run's last seconds, in a file.

use super::outcome::refuse_existing;
use super::{EXIT_USAGE, Failure, print_json};
use crate::client::save_trace;
use crate::console::show_path;
use crate::language::Message;
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
    /// The file; what is in its way is found out now and not after the training.
    pub fn at(path: PathBuf, overwrite: bool, json: bool) -> Result<Self, Failure> {
        refuse_existing(&path, overwrite)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        match dir.filter(|dir| !dir.is_dir()) {
            Some(dir) => Err(Failure::new(EXIT_USAGE, msg!("command-no-trace-folder", path = show_path(dir)))),
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
                let (spans, path) = (trace.span_count(), self.path.to_string_lossy());
                print_json(&json!({ "type": "trace", "path": path, "spans": spans }));
            }
            Ok(()) => {
                let (spans, path) = (trace.span_count(), show_path(&self.path));
                say!("{}", msg!("command-trace-written", spans, path));
            }
            Err(error) => self.warn(error.to_string().into()),
        }
    }

    /// The run is over: says so where no trace came.
    pub fn end(&self) {
        if !self.came {
            self.warn(msg!("command-no-trace"));
        }
    }

    fn warn(&self, message: Message) {
        if self.json {
            print_json(&json!({ "type": "warning", "message": message }));
        } else {
            say!("{}", msg!("command-warning", message));
        }
    }
}
