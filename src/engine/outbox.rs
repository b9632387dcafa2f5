//! Where the engine's events go: to the client that began the run, to those that attached themselves, and into the record.

use super::clock::RunClock;
use super::events::EventQueue;
use super::recorder::{MAX_PENDING, Note, Work};
use crate::language::{Arg, Message, paragraph};
use crate::protocol::{Event, Telemetry, ToldLater, Trying};
use crate::store::StoreError;
use crossbeam_channel::{Sender, bounded};
use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A trace may take megabytes: one for a client that has so much to read yet is dropped.
pub(super) const MOST_BEFORE_A_TRACE: usize = 64;
/// What a checkpoint stands on is on the disk within this time, or the checkpoint is not written.
pub(super) const FLUSH_PATIENCE: Duration = Duration::from_secs(30);
/// Readings of the hardware that are kept; there is one a second.
const READINGS: usize = 10;

/// Where events go: to the client, and to the recorder once there is one. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Outbox {
    pub(super) client: Arc<EventQueue>,
    /// Those who came later, and what they are told first.
    attached: Arc<Mutex<Attached>>,
    recorded: Arc<Mutex<Recorded>>,
    pub(super) client_gone: Arc<AtomicBool>,
    /// The run goes on without its client.
    pub(super) detached: Arc<AtomicBool>,
    /// The last readings of the hardware, the newest last.
    readings: Arc<Mutex<VecDeque<Telemetry>>>,
    /// It was said that the run's folder is gone.
    folder_gone_told: Arc<AtomicBool>,
    pub(crate) clock: RunClock,
}

/// Where the record is written.
#[derive(Default)]
struct Recorded {
    recorder: Option<Sender<Note>>,
    /// Warnings from before there was a record, for it.
    early: Vec<Message>,
    /// Events that found no room on the way to a recorder that waits for its disk.
    lost: u64,
}

/// Warnings from before the record that are kept for it.
const MOST_EARLY: usize = 100;

/// Clients that attached themselves to the run.
#[derive(Default)]
struct Attached {
    queues: Vec<Arc<EventQueue>>,
    /// The run's beginning, its epochs and changes: what a client must know to make sense of what follows.
    landmarks: Vec<Event>,
    /// How things stand now, an event of each kind: the phase, a pause included; the slowest files; from the run's beginning on the
    /// chain that runs and what is tried.
    newest: Vec<Event>,
    /// Nothing more comes.
    is_over: bool,
}

/// Landmarks that are kept; a run has one an epoch.
const MOST_LANDMARKS: usize = 10_000;

impl Attached {
    fn tell(&mut self, event: &Event) {
        self.queues.retain(|queue| !queue.is_closed());
        self.queues.iter().for_each(|queue| queue.push(event.clone()));
        match event.traits().later {
            ToldLater::Nothing => {}
            ToldLater::Each => {
                if self.landmarks.len() >= MOST_LANDMARKS {
                    self.drop_oldest();
                }
                self.landmarks.push(event.clone());
            }
            ToldLater::Newest => self.put_newest(event.clone()),
        }
        if let Event::Started(started) = event {
            let running = started.config.transforms.clone();
            self.put_newest(Event::Trying(Box::new(Trying { secs: 0.0, label: None, running, edits: 0 })));
        }
    }

    fn put_newest(&mut self, event: Event) {
        match self.newest.iter_mut().find(|known| discriminant::<Event>(known) == discriminant(&event)) {
            Some(known) => *known = event,
            None => self.newest.push(event),
        }
    }

    /// Validations go first, then whatever is oldest behind the run's beginning.
    fn drop_oldest(&mut self) {
        let oldest = |is: fn(&Event) -> bool| self.landmarks.iter().position(is);
        let at = oldest(|event| matches!(event, Event::Validation(_)))
            .or_else(|| oldest(|event| !matches!(event, Event::Started(_))));
        if let Some(at) = at {
            self.landmarks.remove(at);
        }
    }

    /// What a client that comes now is told first.
    fn so_far(&self) -> impl Iterator<Item = Event> {
        self.landmarks.iter().chain(&self.newest).cloned()
    }
}

impl Outbox {
    pub(super) fn new(clock: RunClock) -> Self {
        Self {
            client: Arc::default(),
            attached: Arc::default(),
            recorded: Arc::default(),
            client_gone: Arc::default(),
            detached: Arc::default(),
            readings: Arc::default(),
            folder_gone_told: Arc::default(),
            clock,
        }
    }

    /// The last readings of the hardware, the newest last.
    pub(super) fn readings(&self) -> Vec<Telemetry> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// From now on every event is recorded there too; with `None` by nobody.
    pub(super) fn set_recorder(&self, recorder: Option<Sender<Note>>) {
        self.recorded().recorder = recorder;
    }

    /// What was warned of before there was a record, into it: whoever looks at the run later is to read it too.
    pub(super) fn record_early_warnings(&self) {
        let early = std::mem::take(&mut self.recorded().early);
        let secs = self.clock.secs();
        early.into_iter().for_each(|message| self.record(&Event::Warning { secs, message }));
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many chains were sent by now, whether or not any of them runs yet.
    pub(super) fn count_edits(&self, edits: u64) {
        for event in &mut self.attached().newest {
            if let Event::Trying(trying) = event {
                trying.edits = edits;
            }
        }
    }

    /// Nothing more will be told to anybody, those among them who are about to be let in.
    pub(super) fn close(&self) {
        self.client.close();
        let mut attached = self.attached();
        attached.is_over = true;
        attached.queues.iter().for_each(|queue| queue.close());
    }

    fn attached(&self) -> MutexGuard<'_, Attached> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Self::admit`], for who reads the record: when they are greeted, all that they are not told is in it.
    pub(super) fn admit_reader(&self, hello: Event) -> Arc<EventQueue> {
        let queue = self.admit(hello);
        // What a disk refuses they do without.
        let _ = self.flush_record();
        queue
    }

    /// Lets another client in; it is greeted, hears what the run was so far, and then what all hear.
    pub(crate) fn admit(&self, hello: Event) -> Arc<EventQueue> {
        let mut attached = self.attached();
        let queue = Arc::new(EventQueue::default());
        std::iter::once(hello).chain(attached.so_far()).for_each(|event| queue.push(event));
        if attached.is_over {
            queue.close();
        }
        attached.queues.push(Arc::clone(&queue));
        queue
    }

    /// Threads that have something to tell them yet.
    pub(super) fn busy_watchers(&self) -> usize {
        self.attached().queues.iter().filter(|queue| Arc::strong_count(queue) > 1).count()
    }

    /// Clients that attached themselves.
    pub(crate) fn watchers(&self) -> usize {
        self.attached().queues.iter().filter(|queue| !queue.is_closed()).count()
    }

    pub(crate) fn send(&self, event: Event) {
        self.record(&event);
        self.tell(event);
    }

    /// Into the record alone.
    pub(crate) fn record(&self, event: &Event) {
        let Some(entry) = event.traits().record else { return };
        let mut recorded = self.recorded();
        let recorded = &mut *recorded;
        match (&recorded.recorder, event) {
            (Some(recorder), _) if recorder.len() >= MAX_PENDING && !entry.at_once => recorded.lost += 1,
            // A dead one has nothing left to be told.
            (Some(recorder), _) => drop(recorder.send(Note::Event(event.clone()))),
            (None, Event::Warning { message, .. }) if recorded.early.len() < MOST_EARLY => {
                recorded.early.push(message.clone());
            }
            (None, _) => {}
        }
    }

    /// To the client alone.
    pub(crate) fn tell(&self, event: Event) {
        if let Event::Telemetry(reading) = &event {
            let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
            if readings.len() >= READINGS {
                readings.pop_front();
            }
            readings.push_back((**reading).clone());
        }
        self.attached().tell(&event);
        self.client.push(event);
    }

    /// Whether anybody has room for an answer.
    pub(crate) fn has_room(&self) -> bool {
        self.client.is_below(MOST_BEFORE_A_TRACE)
            || self.attached().queues.iter().any(|queue| queue.is_below(MOST_BEFORE_A_TRACE))
    }

    /// To the client only, not into the record; one that does not read gets nothing.
    pub(crate) fn answer(&self, event: Event) {
        // Whoever asked: a trace is the business of whoever has use for it.
        self.attached().queues.iter().for_each(|queue| {
            queue.push_if_below(event.clone(), MOST_BEFORE_A_TRACE);
        });
        self.client.push_if_below(event, MOST_BEFORE_A_TRACE);
    }

    /// Has the recorder write down what it was sent so far. Gives how many events are lost for good.
    ///
    /// # Errors
    /// The disk is full or too slow. Without a recorder there is nothing to write.
    pub(super) fn flush_record(&self) -> Result<u64, Message> {
        let (reply, written) = bounded(1);
        let on_the_way = {
            let recorded = self.recorded();
            let Some(recorder) = &recorded.recorder else { return Ok(0) };
            if recorder.send(Note::Flush(reply)).is_err() {
                return Err(msg!("engine-recorder-gone"));
            }
            recorded.lost
        };
        match written.recv_timeout(FLUSH_PATIENCE) {
            Ok(outcome) => outcome.map(|lost| lost + on_the_way),
            Err(_) => Err(msg!("engine-record-too-slow", time = Arg::duration(FLUSH_PATIENCE.as_secs_f64()))),
        }
    }

    /// Has the recorder's thread do what waits for the disk, after what it was sent so far; without one it is done here.
    pub(crate) fn on_recorder(&self, work: impl FnOnce() + Send + 'static) {
        let recorder = self.recorded().recorder.clone();
        let note = Note::Work(Work(Box::new(work)));
        let left = match recorder {
            Some(recorder) => recorder.send(note).err().map(|error| error.0),
            None => Some(note),
        };
        if let Some(Note::Work(Work(work))) = left {
            work();
        }
    }

    /// A checkpoint of that step stands.
    pub(super) fn settle_record(&self, step: u64) {
        if let Some(recorder) = &self.recorded().recorder {
            let _ = recorder.send(Note::Settled(step));
        }
    }

    /// The client's end of the pipe is closed, and the run is not to go on without it.
    pub(crate) fn client_gone(&self) -> bool {
        self.client_gone.load(Ordering::Relaxed) && !self.detached.load(Ordering::Relaxed)
    }

    /// That the run's folder is gone, which each finds who writes there, is said once.
    pub(crate) fn warn(&self, message: impl Into<Message>) {
        let message = message.into();
        if message.is(StoreError::FOLDER_GONE) && self.folder_gone_told.swap(true, Ordering::Relaxed) {
            return;
        }
        self.send(Event::Warning { secs: self.clock.secs(), message });
    }
}

/// Why something of the run is not on the disk, and what comes of it. A folder that is gone speaks for itself.
pub(super) fn not_written(why: Message, then: Message) -> Message {
    if why.is(StoreError::FOLDER_GONE) { why } else { paragraph([msg!("language-sentence", clause = why), then]) }
}

#[cfg(test)]
mod tests {
    use super::super::recorder::Recorder;
    use super::*;
    use crate::protocol::{SlowSample, SlowSamples, ValidationEvent, played};
    use crate::store::{self, Record};

    /// What was said before there was a record is in it too.
    #[test]
    fn who_is_admitted_finds_in_the_record_what_it_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(RunClock::new());
        outbox.warn("early");
        let record = Record::create(folder.path()).unwrap();
        let (recorder, notes) = Recorder::start(record, outbox.clone()).unwrap();
        outbox.set_recorder(Some(notes));
        let step = |step| Event::Step(played::step(step));
        outbox.send(step(1));
        outbox.record_early_warnings();
        outbox.warn("late");
        outbox.send(step(2));
        let queue = outbox.admit_reader(Event::Heartbeat { secs: 0.0 });
        let (recorded, _) = store::read_record(folder.path()).unwrap();
        outbox.send(step(3));
        queue.close();
        let told: Vec<Event> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(told, [Event::Heartbeat { secs: 0.0 }, step(3)]);
        let steps = recorded.iter().filter(|event| matches!(event, Event::Step(_)));
        assert_eq!(steps.collect::<Vec<_>>(), [&step(1), &step(2)]);
        let warnings = recorded.iter().filter_map(|event| match event {
            Event::Warning { message, .. } => Some(message.to_string()),
            _ => None,
        });
        assert_eq!(warnings.collect::<Vec<_>>(), ["early", "late"]);
        outbox.set_recorder(None);
        assert_eq!(recorder.finish(FLUSH_PATIENCE), Some(0));
    }

    /// Its thread waits for a share that does not come back.
    #[test]
    fn what_waits_for_a_recorder_that_hangs_is_bounded_and_what_is_lost_is_counted() {
        let outbox = Outbox::new(RunClock::new());
        let (sender, notes) = crossbeam_channel::unbounded();
        outbox.set_recorder(Some(sender));
        (0..MAX_PENDING as u64 + 7).for_each(|step| outbox.record(&Event::Step(played::step(step))));
        outbox.record(&Event::Heartbeat { secs: 0.0 });
        outbox.record(&Event::Epoch(played::epoch(1)));
        assert_eq!(notes.len(), MAX_PENDING + 1, "what must not be lost is not");
        // It comes back, and has lost some itself.
        let recorder = std::thread::Builder::new().spawn(move || {
            for note in notes {
                if let Note::Flush(reply) = note {
                    return reply.send(Ok(2)).unwrap();
                }
            }
        });
        assert_eq!(outbox.flush_record(), Ok(9));
        recorder.unwrap().join().unwrap();
    }

    /// Of a long run, which has more to tell than a client may leave unread of what is of the moment.
    #[test]
    fn who_comes_late_hears_which_files_were_the_slowest_so_far() {
        let outbox = Outbox::new(RunClock::new());
        let slow = |file: &str| {
            let (class, file) = ("RandZoom".into(), file.to_owned());
            let draws = vec![SlowSample { class, file, sample: 0, epoch: 1, wall_us: 9e4 }];
            Event::Slow(Box::new(SlowSamples { files: Vec::new(), draws }))
        };
        outbox.tell(slow("a.png"));
        (1..3000).for_each(|epoch| outbox.tell(Event::Epoch(played::epoch(epoch))));
        outbox.tell(slow("b.png"));
        let queue = outbox.admit(Event::Heartbeat { secs: 0.0 });
        queue.close();
        let told = std::iter::from_fn(|| queue.pop()).filter(|event| matches!(event, Event::Slow(_)));
        assert_eq!(told.collect::<Vec<_>>(), [slow("b.png")]);
    }

    /// They have come through the door and say their word only now.
    #[test]
    fn who_is_let_in_after_the_end_waits_for_nothing() {
        let outbox = Outbox::new(RunClock::new());
        outbox.close();
        let queue = outbox.admit(Event::Heartbeat { secs: 0.0 });
        assert!(queue.is_closed());
        assert_eq!((queue.pop(), queue.pop()), (Some(Event::Heartbeat { secs: 0.0 }), None));
    }

    #[test]
    fn of_very_many_landmarks_the_newest_are_kept_and_the_beginning() {
        let mut attached = Attached::default();
        let validation = |step: u64| {
            let (secs, epoch, loss, accuracy, auc, best, val_secs) = (step as f64, 1, 1.0, 0.5, None, false, 1.0);
            Event::Validation(ValidationEvent { secs, step, epoch, loss, accuracy, auc, best, val_secs })
        };
        let epoch = || Event::Epoch(crate::protocol::played::epoch(1));
        attached.tell(&epoch());
        let last = MOST_LANDMARKS as u64 + 5;
        (1..=last).for_each(|step| attached.tell(&validation(step)));
        assert_eq!(attached.landmarks.len(), MOST_LANDMARKS);
        assert_eq!(attached.landmarks[..2], [epoch(), validation(last + 2 - MOST_LANDMARKS as u64)]);
        assert_eq!(attached.landmarks.last(), Some(&validation(last)));
    }
}
