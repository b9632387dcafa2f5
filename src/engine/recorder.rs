//! The thread that writes a run's events to disk: about once a second, and at once what must not be lost.

use super::outbox::{Outbox, not_written};
use crate::language::Message;
use crate::protocol::Event;
use crate::store::{Record, StoreError};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::time::{Duration, Instant};

const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// While the disk refuses, so many events are kept for it; then the oldest go. While it does not even answer, so many are on their
/// way to the thread that waits for it.
pub(super) const MAX_PENDING: usize = 100_000;

/// What the recorder is told.
#[derive(Debug)]
pub(super) enum Note {
    Event(Event),
    /// Writes what it was told so far; answers how many events were lost before, or why these are not on the disk.
    Flush(Sender<Result<u64, Message>>),
    /// A checkpoint of that step stands.
    Settled(u64),
    /// Something else that waits for the disk.
    Work(Work),
}

/// Done by the recorder's thread, in its turn.
pub(super) struct Work(pub Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

/// A running recorder; [`Recorder::finish`] writes what is left.
pub(super) struct Recorder {
    /// How many events are lost, once all is written. The thread is not joined: on a share that is gone it may never end.
    ended: Receiver<u64>,
}

impl Recorder {
    /// Starts the thread; gives the sender that events are recorded through. The channel has no bound, so that nobody waits: the
    /// recorder bounds what it keeps itself, and who sends, what waits for it ([`MAX_PENDING`]).
    pub(super) fn start(record: Record, outbox: Outbox) -> std::io::Result<(Self, Sender<Note>)> {
        let (sender, receiver) = unbounded();
        let (end, ended) = bounded(1);
        std::thread::Builder::new().name("engine-recorder".to_owned()).spawn(move || {
            // Nobody waits for it where the patience of `finish` is over.
            let _ = end.send(Recording::new(record).run(&receiver, &outbox));
        })?;
        Ok((Self { ended }, sender))
    }

    /// Waits until everything is on disk, as far as it takes it, for up to `patience`. Every sender must be gone. Gives how many
    /// events are lost; `None` where that is not known in time, or as the thread panicked, which has been said on stderr.
    pub(super) fn finish(self, patience: Duration) -> Option<u64> {
        self.ended.recv_timeout(patience).ok()
    }
}

/// What is to be written, and how that goes.
struct Recording<R> {
    record: R,
    pending: Vec<Event>,
    /// Events for which there was no room.
    lost: u64,
    settled: Option<u64>,
    warned: bool,
}

/// A record, or one that a test plays.
trait Writes: Send {
    fn append(&mut self, events: &[Event]) -> Result<(), StoreError>;
    fn settle(&mut self, step: u64) -> Result<(), StoreError>;
}

impl Writes for Record {
    fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
        Record::append(self, events)
    }

    fn settle(&mut self, step: u64) -> Result<(), StoreError> {
        Record::settle(self, step)
    }
}

impl<R: Writes> Recording<R> {
    fn new(record: R) -> Self {
        Self { record, pending: Vec::new(), lost: 0, settled: None, warned: false }
    }

    fn run(mut self, notes: &Receiver<Note>, outbox: &Outbox) -> u64 {
        let warn = |message: Message| outbox.warn(message);
        let mut flushed = Instant::now();
        loop {
            let due = match notes.recv_timeout(FLUSH_EVERY.saturating_sub(flushed.elapsed())) {
                Ok(note) => self.take(note, &warn),
                Err(RecvTimeoutError::Timeout) => true,
                Err(RecvTimeoutError::Disconnected) => {
                    // What could not be written is counted.
                    let _ = self.flush(&warn);
                    return self.lost + self.pending.len() as u64;
                }
            };
            if due || flushed.elapsed() >= FLUSH_EVERY {
                flushed = Instant::now();
                // It has been said, and is tried again.
                let _ = self.flush(&warn);
            }
        }
    }

    /// True where it must not wait for the next second.
    fn take(&mut self, note: Note, warn: &dyn Fn(Message)) -> bool {
        match note {
            Note::Event(event) => {
                let urgent = event.traits().record.is_some_and(|entry| entry.at_once) && !self.warned;
                self.pending.push(event);
                urgent
            }
            Note::Settled(step) => {
                self.settled = Some(step);
                false
            }
            Note::Work(Work(work)) => {
                work();
                false
            }
            Note::Flush(reply) => {
                let written = self.flush(warn).map(|()| self.lost);
                // Whoever asked may have given up.
                let _ = reply.send(written);
                false
            }
        }
    }

    /// Writes what waits.
    fn flush(&mut self, warn: &dyn Fn(Message)) -> Result<(), Message> {
        let mut written = if self.pending.is_empty() { Ok(()) } else { self.record.append(&self.pending) };
        if written.is_ok() {
            self.pending.clear();
            if let Some(step) = self.settled {
                written = self.record.settle(step);
                if written.is_ok() {
                    self.settled = None;
                }
            }
        }
        match written {
            Ok(()) => {
                if std::mem::take(&mut self.warned) {
                    warn(msg!("engine-record-written-again"));
                }
                Ok(())
            }
            Err(error) => {
                let words = error.message();
                if !std::mem::replace(&mut self.warned, true) {
                    warn(not_written(words.clone(), msg!("engine-record-tried-again")));
                }
                let excess = self.pending.len().saturating_sub(MAX_PENDING);
                self.pending.drain(..excess);
                self.lost += excess as u64;
                Err(words)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::RunClock;
    use super::super::mailbox::Mailbox;
    use super::super::outbox::FLUSH_PATIENCE;
    use super::*;
    use std::cell::RefCell;
    use std::sync::{Arc, Mutex};

    /// A disk that has room or has not.
    #[derive(Default)]
    struct Played {
        full: bool,
        /// It takes events and nothing else.
        unsettled: bool,
        written: Vec<Event>,
        settled: u64,
    }

    impl Writes for Played {
        fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
            if self.full {
                return Err(StoreError::NoRun("full".into()));
            }
            self.written.extend_from_slice(events);
            Ok(())
        }

        fn settle(&mut self, step: u64) -> Result<(), StoreError> {
            if self.unsettled {
                return Err(StoreError::NoRun("full".into()));
            }
            self.settled = step;
            Ok(())
        }
    }

    fn beat(n: u32) -> Event {
        Event::Heartbeat { secs: f64::from(n) }
    }

    fn flushed(recording: &mut Recording<Played>, warn: &dyn Fn(Message)) -> Result<u64, Message> {
        let (reply, said) = bounded(1);
        recording.take(Note::Flush(reply), warn);
        said.recv().unwrap()
    }

    #[test]
    fn a_full_disk_is_said_once_and_space_that_comes_back_is_used() {
        let said = RefCell::new(Vec::new());
        let warn = |words: Message| said.borrow_mut().push(words);
        let mut recording = Recording::new(Played::default());
        recording.take(Note::Event(beat(1)), &warn);
        assert_eq!(flushed(&mut recording, &warn), Ok(0));
        recording.record.full = true;
        for n in 2..5 {
            recording.take(Note::Event(beat(n)), &warn);
            assert!(flushed(&mut recording, &warn).is_err());
        }
        assert_eq!(said.borrow().len(), 1, "{said:?}");
        recording.record.full = false;
        assert_eq!(flushed(&mut recording, &warn), Ok(0));
        assert_eq!(recording.record.written, (1..5).map(beat).collect::<Vec<_>>());
        assert!(said.borrow().last().unwrap().is("engine-record-written-again"));
    }

    #[test]
    fn what_found_no_room_is_counted_for_good() {
        let mut recording = Recording::new(Played { full: true, ..Played::default() });
        (0..MAX_PENDING as u32 + 7).for_each(|n| {
            recording.take(Note::Event(beat(n)), &|_| {});
        });
        assert!(flushed(&mut recording, &|_| {}).is_err());
        recording.record.full = false;
        assert_eq!(flushed(&mut recording, &|_| {}), Ok(7));
        assert_eq!(recording.record.written.len(), MAX_PENDING);
    }

    #[test]
    fn a_checkpoint_is_settled_once_its_steps_are_written() {
        let mut recording = Recording::new(Played { full: true, ..Played::default() });
        recording.take(Note::Event(beat(1)), &|_| {});
        recording.take(Note::Settled(5), &|_| {});
        let _ = flushed(&mut recording, &|_| {});
        assert_eq!(recording.record.settled, 0);
        recording.record.full = false;
        assert_eq!(flushed(&mut recording, &|_| {}), Ok(0));
        assert_eq!(recording.record.settled, 5);
        // What was refused is tried again, though no events wait.
        recording.record.unsettled = true;
        recording.take(Note::Settled(9), &|_| {});
        assert!(flushed(&mut recording, &|_| {}).is_err());
        recording.record.unsettled = false;
        assert_eq!(flushed(&mut recording, &|_| {}), Ok(0));
        assert_eq!(recording.record.settled, 9);
    }

    /// A change by hand stands in `run.toml` before a checkpoint that was trained with it.
    #[test]
    fn what_waits_for_the_disk_is_done_before_a_checkpoint_is_begun() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::without_client(RunClock::new());
        let (recorder, sender) = Recorder::start(Record::create(folder.path()).unwrap(), mailbox.outbox()).unwrap();
        mailbox.record_to(sender);
        let done: Arc<Mutex<Vec<&str>>> = Arc::default();
        let (by_recorder, by_trainer) = (Arc::clone(&done), Arc::clone(&done));
        mailbox.on_recorder(move || by_recorder.lock().unwrap().push("run.toml"));
        let write = move || {
            by_trainer.lock().unwrap().push("checkpoint");
            Ok::<(), StoreError>(())
        };
        mailbox.write_checkpoint(1, write).unwrap();
        mailbox.stop_recording();
        assert_eq!(recorder.finish(FLUSH_PATIENCE), Some(0));
        // Without a recorder nobody else would do it.
        let here = Arc::clone(&done);
        mailbox.on_recorder(move || here.lock().unwrap().push("here"));
        assert_eq!(*done.lock().unwrap(), ["run.toml", "checkpoint", "here"]);
    }

    /// The run's end has been told by then; its process is not to wait for a share that does not come back.
    #[test]
    fn a_disk_that_never_answers_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::without_client(RunClock::new());
        let (recorder, sender) = Recorder::start(Record::create(folder.path()).unwrap(), mailbox.outbox()).unwrap();
        let (answer, disk) = bounded::<()>(0);
        let wait = move || {
            let _ = disk.recv();
        };
        sender.send(Note::Work(Work(Box::new(wait)))).unwrap();
        drop(sender);
        assert_eq!(recorder.finish(Duration::ZERO), None);
        drop(answer);
    }
}
