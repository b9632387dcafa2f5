//! The engine's side of the protocol: commands in, events out, and the clock of the run.

use super::clock::RunClock;
use super::outbox::Outbox;
use super::pulse::Pulse;
use super::recorder::Note;
use super::run::wanted::{Changes, Wanted};
use super::trace::Tracing;
use crate::language::Message;
use crate::protocol::{Command, Event, RunPhase, SpanKind, SpanMark, StallAnswer, Telemetry, read_frame, write_frame};
use crate::store::StoreError;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Commands that mean nothing where they come are answered so often.
const MOST_REFUSALS: u32 = 20;
/// At the end, a client that does not read gets so long to take the last events.
const LAST_EVENTS_GRACE: Duration = Duration::from_secs(5);

/// Where commands go that were read, whoever sent them.
#[derive(Clone)]
pub(crate) struct CommandReader {
    commands: Sender<Command>,
    stall_answers: Sender<StallAnswer>,
    tracing: Tracing,
    client_gone: Arc<AtomicBool>,
    detached: Arc<AtomicBool>,
    stop_sent: Arc<AtomicBool>,
}

impl CommandReader {
    /// Who began the run is gone.
    pub(super) fn client_went(&self) {
        self.client_gone.store(true, Ordering::Relaxed);
        if !self.detached.load(Ordering::Relaxed) {
            // Wakes an engine that waits for its first command; one in training looks at the flag.
            let _ = self.commands.send(Command::Shutdown);
        }
    }

    /// False where nobody takes commands any more.
    pub(crate) fn take(&self, command: Command) -> bool {
        match command {
            // Without a run there is nobody to take it, and nothing that hangs.
            Command::AnswerStall(answer) => {
                let _ = self.stall_answers.send(answer);
                true
            }
            command => {
                if matches!(command, Command::Stop | Command::Shutdown) {
                    self.stop_sent.store(true, Ordering::Relaxed);
                }
                if let Command::Start(start) = &command {
                    // Before anything can happen to who sent it.
                    self.detached.store(start.detached, Ordering::Relaxed);
                }
                // What is about traces is answered here, whatever the trainer does.
                self.tracing.take(command).is_none_or(|command| self.commands.send(command).is_ok())
            }
        }
    }
}

/// The engine's two ends of the pipe.
pub(crate) struct Mailbox {
    outbox: Outbox,
    commands: Receiver<Command>,
    command_reader: CommandReader,
    /// Answers to stalls go past the trainer, which may hang.
    stall_answers: Receiver<StallAnswer>,
    pulse: Arc<Pulse>,
    tracing: Tracing,
    /// The thread that writes events, where there is a client.
    writer: Option<JoinHandle<()>>,
    /// What the trainer's thread has read of the commands.
    wanted: RefCell<Wanted>,
    /// The last that was told, a pause aside.
    phase: Cell<Option<RunPhase>>,
    paused_told: Cell<bool>,
    refusals: Cell<u32>,
}

impl Mailbox {
    pub(crate) fn open(
        mut input: impl Read + Send + 'static,
        mut output: impl Write + Send + 'static,
    ) -> std::io::Result<Self> {
        let mut mailbox = Self::without_client(RunClock::new());
        let (events, gone) = (Arc::clone(&mailbox.outbox.client), Arc::clone(&mailbox.outbox.client_gone));
        mailbox.writer = Some(std::thread::Builder::new().name("engine-events".to_owned()).spawn(move || {
            while let Some(event) = events.pop() {
                if write_frame(&mut output, &event).is_err() {
                    gone.store(true, Ordering::Relaxed);
                    events.abandon();
                    return;
                }
            }
        })?);
        // Blocks in a read until the client is gone, so it is left to end with the process.
        let reader = mailbox.command_reader.clone();
        std::thread::Builder::new().name("engine-commands".to_owned()).spawn(move || {
            let error = loop {
                match read_frame::<Command>(&mut input) {
                    Ok(command) => {
                        if !reader.take(command) {
                            return;
                        }
                    }
                    Err(error) => break error,
                }
            };
            if !matches!(error, crate::protocol::FrameError::Closed) {
                say!("command pipe: {error}");
            }
            reader.client_went();
        })?;
        Ok(mailbox)
    }

    /// Nobody is at the other end: commands come through [`Self::command_reader`] alone, and events wait.
    pub(super) fn without_client(clock: RunClock) -> Self {
        // Commands are few; the reader must never wait for a trainer in the middle of a step.
        let (command_tx, commands) = unbounded();
        let (answer_tx, stall_answers) = unbounded();
        let tracing = Tracing::new(clock.clone());
        let outbox = Outbox::new(clock);
        let pulse = Arc::new(Pulse::new(outbox.clock.clone()));
        let command_reader = CommandReader {
            commands: command_tx,
            stall_answers: answer_tx,
            tracing: tracing.clone(),
            client_gone: Arc::clone(&outbox.client_gone),
            detached: Arc::clone(&outbox.detached),
            stop_sent: Arc::default(),
        };
        Self {
            outbox,
            commands,
            command_reader,
            stall_answers,
            pulse,
            tracing,
            writer: None,
            wanted: RefCell::default(),
            phase: Cell::new(None),
            paused_told: Cell::new(false),
            refusals: Cell::new(0),
        }
    }

    /// The last readings of the hardware, the newest last.
    pub(crate) fn readings(&self) -> Vec<Telemetry> {
        self.outbox.readings()
    }

    /// Nobody listens any more.
    pub(crate) fn client_gone(&self) -> bool {
        self.outbox.client_gone()
    }

    /// From now on every event is recorded too.
    pub(crate) fn record_to(&self, recorder: Sender<Note>) {
        self.outbox.set_recorder(Some(recorder));
    }

    /// See [`Outbox::record_early_warnings`].
    pub(crate) fn record_early_warnings(&self) {
        self.outbox.record_early_warnings();
    }

    /// The recorder may end: nothing more will be recorded.
    pub(crate) fn stop_recording(&self) {
        self.outbox.set_recorder(None);
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

    /// Writes the checkpoint of that step, once all that it stands on is in the record: it is never ahead of it.
    ///
    /// # Errors
    /// The record or the checkpoint could not be written.
    pub(crate) fn write_checkpoint(
        &self,
        step: u64,
        write: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), Message> {
        self.pulse.saving(true);
        let written = self.flush_record().and_then(|_| write().map_err(|error| error.message()));
        self.pulse.saving(false);
        if written.is_ok() {
            self.outbox.settle_record(step);
        }
        written
    }

    /// See [`Outbox::on_recorder`].
    pub(crate) fn on_recorder(&self, work: impl FnOnce() + Send + 'static) {
        self.outbox.on_recorder(work);
    }

    /// See [`Outbox::flush_record`].
    pub(crate) fn flush_record(&self) -> Result<u64, Message> {
        self.outbox.flush_record()
    }

    pub(crate) fn send(&self, event: Event) {
        self.pulse.note(&event);
        self.outbox.send(event);
    }

    /// To the client alone, not into the record.
    pub(crate) fn tell(&self, event: Event) {
        self.pulse.note(&event);
        self.outbox.tell(event);
    }

    pub(crate) fn warn(&self, message: impl Into<Message>) {
        self.outbox.warn(message);
    }

    pub(crate) fn phase(&self, phase: RunPhase) {
        self.phase.set(Some(phase));
        self.send(Event::Phase(phase));
    }

    pub(crate) fn clock(&self) -> &RunClock {
        &self.outbox.clock
    }

    pub(super) fn tracing(&self) -> Tracing {
        self.tracing.clone()
    }

    /// For whoever else may command: what it takes counts as the client's.
    pub(crate) fn command_reader(&self) -> CommandReader {
        self.command_reader.clone()
    }

    /// The next command; `None` when the client has gone.
    pub(crate) fn wait_command(&self) -> Option<Command> {
        self.commands.recv().ok()
    }

    /// A stop came, whatever was sent before it and is not done yet.
    pub(crate) fn stop_sent(&self) -> bool {
        self.command_reader.stop_sent.load(Ordering::Relaxed)
    }

    /// Says why a command is not followed; a client that sends thousands of them hears it of the first.
    pub(crate) fn refuse(&self, why: Message) {
        let refusals = self.refusals.replace(self.refusals.get().saturating_add(1));
        if refusals < MOST_REFUSALS {
            self.warn(why);
        }
    }

    /// Takes in what the client has sent by now.
    fn look(&self) {
        self.pulse.beat();
        while let Ok(command) = self.commands.try_recv() {
            self.take(command);
        }
    }

    fn take(&self, command: Command) {
        let answer = self.wanted.borrow_mut().take(command);
        self.outbox.count_edits(self.edits());
        if let Some(answer) = answer {
            self.refuse(answer);
        }
    }

    /// The run is to end: on command, or as nobody listens any more. Asked for in every phase, often.
    pub(crate) fn stop_wanted(&self) -> bool {
        self.look();
        self.wanted.borrow().stop || self.stop_sent() || self.client_gone()
    }

    /// Nothing is to be done for now.
    pub(crate) fn pause_wanted(&self) -> bool {
        self.look();
        self.wanted.borrow().paused
    }

    /// What is to be changed; whoever takes it does it.
    pub(crate) fn take_changes(&self) -> Changes {
        self.look();
        std::mem::take(&mut self.wanted.borrow_mut().changes)
    }

    /// What cannot be done yet is found again later; what came meanwhile is newer.
    pub(crate) fn put_back(&self, older: Changes) {
        self.wanted.borrow_mut().changes.put_behind(older);
    }

    /// Changes of transforms that were asked for so far.
    pub(crate) fn edits(&self) -> u64 {
        self.wanted.borrow().edits
    }

    /// Waits for the client to say something, at most so long.
    pub(crate) fn wait_for_news(&self, timeout: Duration) {
        self.pulse.beat();
        if let Some(command) = self.clock().wait_for(&self.commands, timeout) {
            self.take(command);
        }
    }

    /// Says where a pause begins or ends, once; `step` is the last that was done.
    pub(crate) fn tell_pause(&self, paused: bool, step: u64) {
        if self.paused_told.replace(paused) != paused {
            let phase = if paused { Some(RunPhase::Paused) } else { self.phase.get() };
            phase.into_iter().for_each(|phase| self.send(Event::Phase(phase)));
            let secs = self.clock().secs();
            self.send(Event::Span(SpanMark { secs, step, kind: SpanKind::Paused, begins: paused }));
        }
    }

    /// Lets the last events out.
    pub(crate) fn close(self) {
        let Self { outbox, commands, command_reader, tracing, writer, .. } = self;
        tracing.close();
        outbox.close();
        drop((commands, command_reader));
        let deadline = Instant::now() + LAST_EVENTS_GRACE;
        let writing = || writer.as_ref().is_some_and(|writer| !writer.is_finished());
        while (writing() || outbox.busy_watchers() > 0) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::EventQueue;
    use super::super::outbox::MOST_BEFORE_A_TRACE;
    use super::*;
    use crate::config::TransformSpec;
    use crate::protocol::{Trying, read_frame, write_frame};

    fn warnings(mailbox: &Mailbox) -> usize {
        mailbox.outbox.client.close();
        let events = std::iter::from_fn(|| mailbox.outbox.client.pop());
        events.filter(|event| matches!(event, Event::Warning { .. })).count()
    }

    /// Who floods an engine with what it cannot do hears of it a few times, and stops it all the same.
    #[test]
    fn a_flood_of_commands_is_answered_a_few_times() {
        let mailbox = Mailbox::without_client(RunClock::new());
        let reader = mailbox.command_reader();
        (0..100_000).for_each(|_| assert!(reader.take(Command::ListDevices)));
        assert!(!mailbox.stop_sent());
        assert!(reader.take(Command::Stop));
        assert!(mailbox.stop_sent() && mailbox.stop_wanted());
        assert_eq!(warnings(&mailbox), MOST_REFUSALS as usize);
    }

    #[test]
    fn a_trace_is_not_made_for_who_has_no_room_for_it() {
        let mailbox = Mailbox::without_client(RunClock::new());
        let outbox = mailbox.outbox();
        for _ in 0..MOST_BEFORE_A_TRACE {
            assert!(outbox.has_room());
            outbox.tell(Event::Phase(RunPhase::Training));
        }
        assert!(!outbox.has_room());
        let watcher = outbox.admit(Event::Heartbeat { secs: 0.0 });
        assert!(outbox.has_room(), "another client reads");
        watcher.close();
        assert!(!outbox.has_room());
    }

    fn told(queue: &EventQueue) -> Vec<Event> {
        queue.close();
        std::iter::from_fn(|| queue.pop()).collect()
    }

    /// It pauses, its chain was changed twice, and the second change is not made yet.
    #[test]
    fn who_attaches_hears_the_phase_and_the_chain_that_run_now() {
        let chain = |name: &str| vec![TransformSpec::new(name)];
        let mailbox = Mailbox::without_client(RunClock::played());
        let (outbox, reader) = (mailbox.outbox(), mailbox.command_reader());
        assert_eq!(told(&outbox.admit(Event::Heartbeat { secs: 0.0 })).len(), 1, "nothing runs");
        mailbox.phase(RunPhase::Training);
        (0..2).for_each(|_| assert!(reader.take(Command::SetTransforms(chain("RandFlip")))));
        mailbox.take_changes();
        mailbox.send(Event::Trying(Box::new(Trying { secs: 1.0, label: None, running: chain("RandFlip"), edits: 2 })));
        mailbox.tell_pause(true, 7);
        // Nothing is said of one that is tried for a moment only, and it counts all the same.
        assert!(reader.take(Command::SetTransforms(chain("RandZoom"))));
        mailbox.take_changes();
        let events = told(&outbox.admit(Event::Heartbeat { secs: 0.0 }));
        assert!(matches!(events[1], Event::Span(_)), "{events:?}");
        assert_eq!(events[2], Event::Phase(RunPhase::Paused));
        let Event::Trying(trying) = &events[3] else { panic!("{events:?}") };
        assert_eq!((&trying.running, trying.edits), (&chain("RandFlip"), 3));
    }

    /// What an idle engine says to 100,000 commands, a stop behind them.
    #[test]
    fn an_idle_engine_ends_at_a_stop_behind_a_flood() {
        let mut commands = Vec::new();
        (0..100_000).for_each(|_| write_frame(&mut commands, &Command::SetWorkers(2)).unwrap());
        write_frame(&mut commands, &Command::Stop).unwrap();
        let (mut said, output) = std::io::pipe().unwrap();
        let engine = std::thread::Builder::new().name("engine".to_owned());
        let engine = engine.spawn(move || crate::engine::serve(std::io::Cursor::new(commands), output)).unwrap();
        let events = std::iter::from_fn(|| read_frame::<Event>(&mut said).ok());
        let warnings = events.filter(|event| matches!(event, Event::Warning { .. })).count();
        assert_eq!(warnings, MOST_REFUSALS as usize);
        engine.join().unwrap();
    }
}
