//! Follows a run to its end, or until nobody wants to hear of it any more: what `train` and `attach` have in common.

use super::on_stall::{Decision, StallPolicy};
use super::outcome::{EXIT_NOTHING_TRAINS, engine_gone};
use super::place::Place;
use super::run_events::Report;
use super::trace_file::TraceFile;
use super::{CommandResult, EXIT_DEVICE, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE};
use crate::client::{ClientEvent, Engine, EngineExit};
use crate::protocol::{Command, Event};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(100);
/// An engine that is ended for a stall has so long to write a checkpoint.
const LAST_CHECKPOINT_GRACE: Duration = Duration::from_secs(30);
/// A connection that says nothing for longer is worth a word: there is a heartbeat a second.
const SILENCE: Duration = Duration::from_secs(30);

/// What a Ctrl-C means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnInterrupt {
    /// The run is to stop, with a checkpoint.
    Stop,
    /// Nobody watches any more, and it goes on.
    Leave,
}

/// How a run is followed to its end.
pub(super) struct Follow {
    pub json: bool,
    pub place: Place,
    pub on_interrupt: OnInterrupt,
    /// It has been told to stop.
    pub stopping: bool,
    pub trace: Option<TraceFile>,
    /// What to do about stalls; `None` where another client does.
    pub policy: Option<StallPolicy>,
}

/// Says what happens until the run ends, or nobody wants to hear it any more.
pub(super) fn follow(engine: Engine, follow: Follow) -> CommandResult {
    let Follow { json, place, on_interrupt, stopping, mut trace, mut policy } = follow;
    let mut stop_sent = stopping;
    let interrupts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&interrupts);
    if let Err(error) = crate::console::on_interrupt(move || {
        count.fetch_add(1, Ordering::Relaxed);
    }) {
        say!("trainscope: {}", msg!("command-train-no-interrupt", reason = error.to_string()));
    }
    let mut report = Report::new(json, place);
    let (mut heard, mut met) = (Instant::now(), false);
    let mut silent = false;
    loop {
        match (interrupts.load(Ordering::Relaxed), on_interrupt) {
            (0, _) => {}
            (_, OnInterrupt::Leave) => {
                let (watch, stop) = (report.place.attach(&[]), report.place.attach(&["--stop"]));
                say!("trainscope: {}", msg!("command-run-goes-on", watch, stop));
                engine.leave();
                return Ok(EXIT_OK);
            }
            (1, OnInterrupt::Stop) if stop_sent => {}
            (1, OnInterrupt::Stop) => {
                say!("trainscope: {}", msg!("command-stopping"));
                // An engine that is gone has stopped.
                let _ = engine.send(Command::Stop);
                stop_sent = true;
            }
            _ => {
                engine.kill();
                return Ok(EXIT_INTERRUPTED);
            }
        }
        let received = engine.recv_timeout(POLL);
        met |= matches!(received, Some(ClientEvent::Event(_)));
        if received.is_some() {
            heard = Instant::now();
            if std::mem::take(&mut silent) {
                say!("{}", msg!("command-warning", message = msg!("command-engine-heard-again")));
            }
        } else if heard.elapsed() > SILENCE && !std::mem::replace(&mut silent, true) {
            let message = msg!("command-engine-not-heard", secs = SILENCE.as_secs());
            say!("{}", msg!("command-warning", message));
        }
        match received {
            None => {}
            Some(ClientEvent::Event(Event::Trace(taken))) => {
                if let Some(trace) = &mut trace {
                    trace.write(&taken);
                }
            }
            Some(ClientEvent::Event(event)) => {
                if let (Event::Stalls(stalls), Some(policy)) = (&event, &mut policy) {
                    for decision in policy.decide(stalls) {
                        match decision {
                            // An engine that is gone is reported by its exit.
                            Decision::Answer(answer) => drop(engine.send(Command::AnswerStall(answer))),
                            Decision::Fail(why, code) => {
                                let _ = engine.send(Command::Stop);
                                // Where the trainer itself hangs it is killed.
                                engine.wait(LAST_CHECKPOINT_GRACE);
                                report.failed(&why.to_string());
                                return Ok(code);
                            }
                        }
                    }
                }
                if let Some(code) = report.event(&event) {
                    if let Some(trace) = &trace {
                        trace.end();
                    }
                    engine.wait(Duration::from_secs(10));
                    return Ok(if stop_sent && code == EXIT_OK { EXIT_INTERRUPTED } else { code });
                }
            }
            Some(ClientEvent::Exited(exit)) => {
                // Who was never met cannot have been stopped from here.
                let stopped = stop_sent && (met || !stopping);
                if !met && ended_with(&exit, EXIT_NOTHING_TRAINS) {
                    report.failed(&report.place.nothing_trains().to_string());
                    return Ok(EXIT_USAGE);
                }
                // It said why it does not even begin, on another machine say, and that is all there is to say.
                if let Some(why) = exit.telling_word().filter(|_| !met && ended_with(&exit, EXIT_USAGE)) {
                    report.failed(why.strip_prefix("trainscope: ").unwrap_or(why));
                    return Ok(EXIT_USAGE);
                }
                let gone = if report.has_begun() { report.place.lost(&exit) } else { engine_gone(&exit) };
                report.failed(&gone.to_string());
                return Ok(if stopped { EXIT_INTERRUPTED } else { EXIT_DEVICE });
            }
        }
    }
}

fn ended_with(exit: &EngineExit, code: u8) -> bool {
    exit.how == msg!("engine-exit-code", code = code.to_string())
}
