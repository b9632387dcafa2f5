//! A run that was attached to: its record is read again once its engine speaks, and what the engine tells waits for that.

use super::App;
use super::jobs::JobKind;
use super::work::{self, CaughtUp};
use crate::client::{ClientEvent, ROUNDING_SECS, RunState};
use crate::language::Message;
use crate::protocol::{Event, WhenCrowded};
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};

/// Up to when a record has events, by their kind: of each they come in order, and the threads that send them may pass each other.
#[derive(Debug, Clone, Default)]
pub struct RecordedUntil(HashMap<Discriminant<Event>, f64>);

impl RecordedUntil {
    pub fn of(events: &[Event]) -> Self {
        let mut until = HashMap::new();
        // What an engine before this one said after the checkpoint that this one went on from may stand there with later seconds.
        let began = events.iter().rposition(|event| matches!(event, Event::Started(_))).unwrap_or(0);
        for event in &events[began..] {
            if let Some(secs) = recorded_secs_of(event) {
                let newest: &mut f64 = until.entry(discriminant(event)).or_insert(secs);
                *newest = newest.max(secs);
            }
        }
        Self(until)
    }

    pub(super) fn has(&self, event: &Event) -> bool {
        let until = self.0.get(&discriminant(event));
        recorded_secs_of(event).zip(until).is_some_and(|(secs, until)| secs <= *until + ROUNDING_SECS)
    }
}

/// A run that was attached to, until its record is read up to where what the engine tells begins.
#[derive(Default)]
pub(super) struct CatchingUp {
    /// What it told meanwhile.
    held: Vec<ClientEvent>,
    reading: bool,
}

/// Where its record is not read by then, what was told is taken as it is, with a hole before it.
const MOST_HELD: usize = 100_000;

impl App {
    /// What was done between the reading of its record and the first word of an engine is in neither: the record is read again, and
    /// what the engine says waits for that.
    pub(super) fn hold(&mut self, event: ClientEvent) {
        let (Some(catching_up), Some(run_dir)) = (&mut self.catching_up, self.state.run_dir.clone()) else { return };
        let is_gone = matches!(event, ClientEvent::Exited(_));
        catching_up.held.push(event);
        if is_gone || catching_up.held.len() > MOST_HELD {
            self.jobs.cancel(JobKind::CatchUp);
            self.tell_what_was_held();
        } else if !catching_up.reading {
            catching_up.reading = true;
            self.start_job(JobKind::CatchUp, move |job| work::catch_up(job, &run_dir));
        }
    }

    pub(super) fn take_caught_up(&mut self, run: Result<Box<CaughtUp>, Message>) {
        if self.catching_up.is_none() {
            return;
        }
        match run {
            Ok(run) if self.state.run_dir.as_ref() != Some(&run.run_dir) => return,
            Ok(run) => {
                let run = *run;
                let RunState { log, devices, live, .. } = std::mem::take(&mut self.state.run);
                // What goes on now, the engine says.
                let (phase, progress, trying) = (None, None, None);
                self.state.run = RunState { devices, live, phase, progress, trying, ..run.state };
                self.state.run.keep_own_lines(log);
                self.note_missing(&run.run_dir, run.missing);
                self.recorded_until = Some(run.until);
            }
            // What the window has of it stays, with a hole.
            Err(error) => self.state.run.note(true, error),
        }
        self.tell_what_was_held();
    }

    fn tell_what_was_held(&mut self) {
        let held = self.catching_up.take().map_or_else(Vec::new, |catching_up| catching_up.held);
        held.into_iter().for_each(|event| self.take_client_event(event));
    }
}

/// When it was, of what is recorded with a time. A run's end is none of it: the window hears of that whoever wrote it down.
fn recorded_secs_of(event: &Event) -> Option<f64> {
    let traits = event.traits();
    traits.record.filter(|_| traits.when_crowded != WhenCrowded::Stays)?.secs
}
