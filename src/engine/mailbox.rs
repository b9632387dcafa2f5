//! The engine's side of the protocol: commands in, events out, and the clock of the run.

use super::pulse::Pulse;
use super::trace::Tracing;
use crate::protocol::{Command, Decision, Event, RunPhase, StallAnswer, Telemetry, read_frame, write_frame};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, unbounded};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Events on their way to the client. Steps, stages and telemetry are dropped when it is full (a client that does not
/// read must not slow the training); everything else waits for room.
const EVENT_QUEUE: usize = 1024;
/// Readings of the hardware that are kept; there is one a second.
const READINGS: usize = 10;
/// At the end, a client that does not read gets so long to take the last events.
const LAST_EVENTS_GRACE: Duration = Duration::from_secs(5);

/// Seconds since the run began, over interruptions; shared by every thread that stamps events.
#[derive(Debug, Clone)]
pub(crate) struct RunClock {
    begun: Instant,
    /// Milliseconds of earlier sessions of a resumed run.
    offset_ms: Arc<AtomicU64>,
}

impl RunClock {
    fn new() -> Self {
        Self { begun: Instant::now(), offset_ms: Arc::new(AtomicU64::new(0)) }
    }

    /// The run's time is `secs` now.
    pub(crate) fn set_secs(&self, secs: f64) {
        let offset = (secs - self.begun.elapsed().as_secs_f64()).max(0.0);
        self.offset_ms.store((offset * 1e3) as u64, Ordering::Relaxed);
    }

    pub(crate) fn secs(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() + self.offset_ms.load(Ordering::Relaxed) as f64 / 1e3
    }

    /// The same in nanoseconds.
    pub(crate) fn ns(&self) -> u64 {
        self.begun.elapsed().as_nanos() as u64 + self.offset_ms.load(Ordering::Relaxed) * 1_000_000
    }

    /// What it showed at that moment of the past.
    pub(crate) fn ns_of(&self, moment: Instant) -> u64 {
        self.ns().saturating_sub(moment.elapsed().as_nanos() as u64)
    }
}

/// Where events go: to the client, and to the recorder once there is one. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Outbox {
    client: Sender<Event>,
    recorder: Arc<Mutex<Option<Sender<Event>>>>,
    client_gone: Arc<AtomicBool>,
    /// The last readings of the hardware, the newest last.
    readings: Arc<Mutex<VecDeque<Telemetry>>>,
    pub(crate) clock: RunClock,
}

impl Outbox {
    pub(crate) fn send(&self, event: Event) {
        if let Event::Telemetry(reading) = &event {
            let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
            if readings.len() >= READINGS {
                readings.pop_front();
            }
            readings.push_back((**reading).clone());
        }
        if let Some(recorder) = &*self.recorder.lock().unwrap_or_else(PoisonError::into_inner) {
            // The recorder drains without end; a dead one has nothing left to be told.
            let _ = recorder.send(event.clone());
        }
        if self.client_gone.load(Ordering::Relaxed) {
            return;
        }
        let droppable = match &event {
            Event::Step(_)
            | Event::Stages(_)
            | Event::Verdict(_)
            | Event::Slow(_)
            | Event::Stalls(_)
            | Event::Telemetry(_)
            | Event::Heartbeat { .. }
            | Event::Progress { .. } => true,
            Event::Bisect(progress) => progress.verdict.is_none(),
            Event::Effect(effect) => effect.decision == Decision::Measuring,
            _ => false,
        };
        let sent = if droppable {
            match self.client.try_send(event) {
                Ok(()) | Err(TrySendError::Full(_)) => true,
                Err(TrySendError::Disconnected(_)) => false,
            }
        } else {
            self.client.send(event).is_ok()
        };
        if !sent {
            self.client_gone.store(true, Ordering::Relaxed);
        }
    }

    /// To the client only, not into the record. A client that does not read is waited for, or gets nothing.
    pub(crate) fn answer(&self, event: Event, wait: bool) {
        let sent = if wait {
            self.client.send(event).is_ok()
        } else {
            !matches!(self.client.try_send(event), Err(TrySendError::Disconnected(_)))
        };
        if !sent {
            self.client_gone.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn warn(&self, message: impl Into<String>) {
        self.send(Event::Warning { secs: self.clock.secs(), message: message.into() });
    }
}

/// The engine's two ends of the pipe.
pub(crate) struct Mailbox {
    outbox: Outbox,
    commands: Receiver<Command>,
    command_sender: Sender<Command>,
    /// Answers to stalls go past the trainer, which may hang.
    stall_answers: Receiver<StallAnswer>,
    pulse: Arc<Pulse>,
    tracing: Tracing,
    writer: JoinHandle<()>,
}

impl Mailbox {
    pub(crate) fn open(
        mut input: impl Read + Send + 'static,
        mut output: impl Write + Send + 'static,
    ) -> std::io::Result<Self> {
        let client_gone = Arc::new(AtomicBool::new(false));
        let (event_tx, event_rx) = bounded::<Event>(EVENT_QUEUE);
        // Commands are few; the reader must never wait for a trainer in the middle of a step.
        let (command_tx, command_rx) = unbounded();
        let (answer_tx, stall_answers) = unbounded();
        let outbox = Outbox {
            client: event_tx,
            recorder: Arc::default(),
            client_gone: Arc::clone(&client_gone),
            readings: Arc::default(),
            clock: RunClock::new(),
        };

        let command_sender = command_tx.clone();
        let tracing = Tracing::new(outbox.clock.clone());
        let answering = tracing.clone();
        let gone = Arc::clone(&client_gone);
        let writer = std::thread::Builder::new().name("engine-events".to_owned()).spawn(move || {
            for event in event_rx {
                if write_frame(&mut output, &event).is_err() {
                    gone.store(true, Ordering::Relaxed);
                    return;
                }
            }
        })?;
        // Blocks in a read until the client is gone, so it is left to end with the process.
        std::thread::Builder::new().name("engine-commands".to_owned()).spawn(move || {
            loop {
                match read_frame::<Command>(&mut input) {
                    // Without a run there is nobody to take it, and nothing that hangs.
                    Ok(Command::AnswerStall(answer)) => drop(answer_tx.send(answer)),
                    Ok(command) => {
                        // What is about traces is answered here, whatever the trainer does.
                        let Some(command) = answering.take(command) else { continue };
                        if command_tx.send(command).is_err() {
                            return;
                        }
                    }
                    Err(error) => {
                        if !matches!(error, crate::protocol::FrameError::Closed) {
                            eprintln!("command pipe: {error}");
                        }
                        client_gone.store(true, Ordering::Relaxed);
                        // Wakes an engine that waits for its first command; one in training looks at the flag.
                        let _ = command_tx.send(Command::Shutdown);
                        return;
                    }
                }
            }
        })?;
        let pulse = Arc::new(Pulse::new());
        Ok(Self { outbox, commands: command_rx, command_sender, stall_answers, pulse, tracing, writer })
    }

    /// The last readings of the hardware, the newest last.
    pub(crate) fn readings(&self) -> Vec<Telemetry> {
        self.outbox.readings.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Nobody listens any more.
    pub(crate) fn client_gone(&self) -> bool {
        self.outbox.client_gone.load(Ordering::Relaxed)
    }

    /// From now on every event is recorded too.
    pub(crate) fn record_to(&self, recorder: Sender<Event>) {
        self.set_recorder(Some(recorder));
    }

    /// The recorder may end: nothing more will be recorded.
    pub(crate) fn stop_recording(&self) {
        self.set_recorder(None);
    }

    fn set_recorder(&self, recorder: Option<Sender<Event>>) {
        *self.outbox.recorder.lock().unwrap_or_else(PoisonError::into_inner) = recorder;
    }

    pub(crate) fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// What hangs is answered here.
    pub(crate) fn stall_answers(&self) -> Receiver<StallAnswer> {
        self.stall_answers.clone()
    }

    /// The trainer's, whose thread this mailbox is for.
    pub(crate) fn pulse(&self) -> Arc<Pulse> {
        Arc::clone(&self.pulse)
    }

    /// Does something that writes a checkpoint.
    pub(crate) fn while_saving<T>(&self, save: impl FnOnce() -> T) -> T {
        self.pulse.saving(true);
        let saved = save();
        self.pulse.saving(false);
        saved
    }

    pub(crate) fn send(&self, event: Event) {
        self.pulse.note(&event);
        self.outbox.send(event);
    }

    pub(crate) fn warn(&self, message: impl Into<String>) {
        self.outbox.warn(message);
    }

    pub(crate) fn phase(&self, phase: RunPhase) {
        self.send(Event::Phase(phase));
    }

    pub(crate) fn clock(&self) -> RunClock {
        self.outbox.clock.clone()
    }

    pub(super) fn tracing(&self) -> Tracing {
        self.tracing.clone()
    }

    /// For a signal handler: what it sends counts as the client's.
    pub(crate) fn command_sender(&self) -> Sender<Command> {
        self.command_sender.clone()
    }

    /// The next command; `None` when the client has gone.
    pub(crate) fn wait_command(&self) -> Option<Command> {
        self.commands.recv().ok()
    }

    /// A command, if one waits.
    pub(crate) fn try_command(&self) -> Option<Command> {
        self.pulse.beat();
        self.commands.try_recv().ok()
    }

    /// The next command within `timeout`.
    pub(crate) fn command_within(&self, timeout: Duration) -> Option<Command> {
        self.pulse.beat();
        self.commands.recv_timeout(timeout).ok()
    }

    /// Lets the last events out.
    pub(crate) fn close(self) {
        let Self { outbox, commands, command_sender, tracing, writer, .. } = self;
        tracing.close();
        drop(outbox);
        drop((commands, command_sender));
        let deadline = Instant::now() + LAST_EVENTS_GRACE;
        while !writer.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
