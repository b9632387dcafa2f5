//! What the Timeline page asks for: traces of the last seconds, once or again and again, and their file.

use super::App;
use super::jobs::JobKind;
use super::work::Report;
use crate::client::save_trace;
use crate::data::folder_of_table;
use crate::language::Message;
use crate::protocol::{Command, Trace};
use crate::ui::Page;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// While it is followed, a trace is asked for so long after the last one came.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// The engine answers from a thread of its own, in milliseconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl App {
    /// Asks the engine for its last seconds.
    pub(super) fn take_trace(&mut self, secs: f64) {
        if self.state.run.live.is_active() {
            self.state.timeline.error = None;
            self.state.timeline.asked = Some(Instant::now());
            self.send(Command::TakeTrace { secs });
        }
    }

    pub(super) fn trace_came(&mut self, trace: Trace) {
        let timeline = &mut self.state.timeline;
        timeline.asked = None;
        timeline.error = None;
        timeline.came = Some(Instant::now());
        timeline.trace = Some(Arc::new(trace));
    }

    /// Asks again where traces are followed and the page is shown; gives up on an answer that does not come.
    pub(super) fn follow_trace(&mut self) {
        let active = self.state.run.live.is_active();
        let shown = self.state.view.page == Page::TIMELINE;
        let timeline = &mut self.state.timeline;
        if !active {
            (timeline.asked, timeline.live_secs) = (None, None);
            return;
        }
        if timeline.asked.is_some_and(|asked| asked.elapsed() > ANSWER_WITHIN) {
            (timeline.asked, timeline.live_secs) = (None, None);
            let secs = ANSWER_WITHIN.as_secs();
            timeline.error = Some(tr!("window-no-trace", secs));
        }
        let Some(secs) = timeline.live_secs.filter(|_| shown) else { return };
        let left = timeline.came.map_or(Duration::ZERO, |came| FOLLOW_EVERY.saturating_sub(came.elapsed()));
        if timeline.asked.is_none() && left.is_zero() {
            self.take_trace(secs);
        }
        self.ctx.request_repaint_after(left.max(Duration::from_millis(100)));
    }

    pub(super) fn save_trace(&mut self, mut path: PathBuf) {
        let Some(trace) = self.state.timeline.trace.clone() else { return };
        if path.extension().is_none() {
            path.set_extension("json");
        }
        self.start_job(JobKind::SaveTrace, move |job| {
            let saved = save_trace(&path, &trace).map(|()| path).map_err(|e| e.to_string().into());
            job.send(Report::TraceSaved(saved));
        });
    }

    pub(super) fn trace_saved(&mut self, result: Result<PathBuf, Message>) {
        match result {
            Ok(path) => self.state.run.note(false, msg!("window-trace-saved", file = path.display().to_string())),
            Err(error) => self.state.timeline.error = Some(error.into()),
        }
    }

    /// An image of the run as that epoch had it, step by step. The window's dataset may be another by now.
    pub(super) fn show_draw(&mut self, file: &str, draw: u64) {
        let dir = self.state.run.started.as_ref().and_then(|started| started.config.data.dir.as_deref());
        // What was opened may be a table of labels. The window's own dataset is known; whether another path is a table's, its name says:
        // a disk that hangs is not asked here.
        let root = match (self.state.dataset.ready(), dir) {
            (Some(ready), Some(dir)) if dir == ready.opened => ready.dataset.root.clone(),
            (_, Some(dir)) => folder_of_table(dir).unwrap_or_else(|| dir.to_owned()),
            (_, None) => PathBuf::new(),
        };
        let path = root.join(file);
        if let Err(error) = self.show_image(&path, Some(draw)) {
            self.state.run.note(true, error);
        }
    }
}
