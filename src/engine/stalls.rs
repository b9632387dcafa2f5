//! The watchdog: looks once a second, from a thread of its own, at all that may hang, tells the client and does what the
//! client answers. The trainer need not move for any of it.
//!
//! PyTorch's loader waits without a word for a worker that does not come back, or ends the run where it was given a
//! `timeout`.

use super::beside::Beside;
use super::clock::SLEPT;
use super::mailbox::Mailbox;
use super::outbox::{Outbox, not_written};
use super::pulse::Pulse;
use crate::config::RunConfig;
use crate::console::show_path;
use crate::data::{Dataset, Waiting};
use crate::language::{Message, paragraph};
use crate::loader::{Quarantine, ReplaceError, Stalled, Watch};
use crate::protocol::{Event, Stall, StallAction, StallAnswer, StalledFile, Staller, Stalls};
use crate::store::{RunPlace, write_config};
use crossbeam_channel::{Receiver, select};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Entries of `data.quarantine` that name no file, each told; more are only counted.
const MAX_TOLD: usize = 5;

/// What the trainer's thread lays open to the watchdog.
#[derive(Debug, Default)]
pub(super) struct Watched {
    loaders: Mutex<Vec<Watch>>,
    run: Mutex<Option<RunFile>>,
    scan: Mutex<ScanWait>,
}

/// What the reading of the dataset waits for.
#[derive(Debug, Default)]
struct ScanWait {
    waiting: Option<Waiting>,
    /// Files and folders waited for so far; tells them from each other.
    count: u32,
    /// What the client wants left out, and whether for good.
    left_out: Option<(String, StallAction)>,
}

impl ScanWait {
    fn stall(&self) -> Option<Stall> {
        let waiting = self.waiting.as_ref()?;
        let file = waiting.name.as_ref().map(|name| StalledFile {
            sample: self.count,
            path: waiting.path.clone(),
            name: name.clone(),
            epoch: 0,
            seed: 0,
        });
        let stage = match file {
            Some(_) => msg!("engine-doing-scan"),
            None => msg!("engine-doing-scan-of", path = show_path(&waiting.path)),
        };
        Some(Stall {
            who: Staller::Scan,
            file,
            stage,
            elapsed_secs: waiting.elapsed.as_secs_f64(),
            p999_secs: None,
            slowest_secs: None,
            images: 0,
        })
    }
}

/// What is written to `run.toml` anew when a file is quarantined.
#[derive(Debug)]
pub(super) struct RunFile {
    pub place: RunPlace,
    pub notes: Vec<String>,
    pub config: RunConfig,
}

impl Watched {
    /// From now on, until it is dropped, that loader is watched.
    pub fn add(&self, watch: Watch) {
        self.loaders.lock().unwrap_or_else(PoisonError::into_inner).push(watch);
    }

    pub fn set_run(&self, run: RunFile) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
    }

    fn scan(&self) -> MutexGuard<'_, ScanWait> {
        self.scan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reading of the dataset waits for this; `None`: for nothing.
    pub fn scan_waits(&self, waiting: Option<&Waiting>) {
        let mut scan = self.scan();
        let path = |waiting: Option<&Waiting>| waiting.map(|waiting| waiting.path.clone());
        if waiting.is_some() && path(waiting) != path(scan.waiting.as_ref()) {
            scan.count += 1;
        }
        scan.waiting = waiting.cloned();
    }

    /// The file that the reading is to begin anew without, and whether for good ([`StallAction::Quarantine`]).
    pub fn take_left_out(&self) -> Option<(String, StallAction)> {
        self.scan().left_out.take()
    }

    /// The loaders that are still there.
    fn loaders(&self) -> Vec<Watch> {
        let mut loaders = self.loaders.lock().unwrap_or_else(PoisonError::into_inner);
        loaders.retain(|watch| !watch.is_over());
        loaders.clone()
    }

    /// Writes the file down, where later runs find it; gives what went wrong.
    fn quarantine(&self, name: &str) -> Result<(), Message> {
        self.change_config(|config| {
            let names = &mut config.data.quarantine;
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        })
    }

    /// Writes `run.toml` anew, with that change; gives what went wrong.
    pub fn change_config(&self, change: impl FnOnce(&mut RunConfig)) -> Result<(), Message> {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(run) = run.as_mut() else { return Ok(()) };
        change(&mut run.config);
        let written = run.place.check().and_then(|()| write_config(run.place.run_dir(), &run.notes, &run.config));
        written.map_err(|error| error.message())
    }
}

/// The samples that `data.quarantine` names, and warnings of names that no file has.
pub(super) fn quarantined(dataset: &Dataset, names: &[String]) -> (Arc<Quarantine>, Vec<Message>) {
    let found = dataset.find_names(names);
    let unknown: Vec<&String> =
        names.iter().zip(&found).filter(|(_, found)| found.is_none()).map(|(name, _)| name).collect();
    let told = |name: &&String| msg!("engine-quarantine-unknown", name = *name);
    let mut warnings: Vec<Message> = unknown.iter().take(MAX_TOLD).map(told).collect();
    if unknown.len() > MAX_TOLD {
        let more = unknown.len() - MAX_TOLD;
        warnings.push(msg!("engine-quarantine-unknown-more", more));
    }
    (Quarantine::new(found.into_iter().flatten()), warnings)
}

/// Starts the thread.
pub(super) fn start_watchdog(mailbox: &Mailbox, watched: &Arc<Watched>) -> Beside {
    let mut looks = Looks::new(mailbox.outbox(), mailbox.pulse(), Arc::clone(watched));
    let answers = mailbox.stall_answers();
    Beside::start(mailbox, "engine-watchdog", msg!("engine-no-watchdog"), move |stopped| {
        looks.run(stopped, &answers);
        looks.outbox.clock.unwatched();
    })
}

type Key = (Staller, Option<u32>);

/// What the watchdog remembers from look to look.
struct Looks {
    outbox: Outbox,
    pulse: Arc<Pulse>,
    watched: Arc<Watched>,
    /// How long each had hung when it was last looked at.
    seen: HashMap<Key, f64>,
    /// Not to be spoken of before it has hung for so many seconds.
    patient_until: HashMap<Key, f64>,
    /// How long the machine had slept when it last looked, and when it last woke.
    slept: Duration,
    woke: Option<Instant>,
    /// Something hung once: from then on the client is told every second, so that a message that is lost is made good.
    ever: bool,
}

impl Looks {
    fn new(outbox: Outbox, pulse: Arc<Pulse>, watched: Arc<Watched>) -> Self {
        Self {
            outbox,
            pulse,
            watched,
            seen: HashMap::new(),
            patient_until: HashMap::new(),
            slept: Duration::ZERO,
            woke: None,
            ever: false,
        }
    }

    fn run(&mut self, stopped: &Receiver<()>, answers: &Receiver<StallAnswer>) {
        let mut next = Instant::now() + LOOK_EVERY;
        loop {
            select! {
                recv(stopped) -> _ => return,
                recv(answers) -> answer => match answer {
                    Ok(answer) => self.answer(answer),
                    Err(_) => return,
                },
                default(next.saturating_duration_since(Instant::now())) => {}
            }
            next = Instant::now() + LOOK_EVERY;
            self.look();
        }
    }

    /// The machine has not slept lately: what seems to have hung all through its sleep gets a moment to come to its end.
    fn is_awake(&mut self) -> bool {
        let clock = &self.outbox.clock;
        let slept = clock.look();
        if slept > std::mem::replace(&mut self.slept, slept) {
            self.woke = Some(clock.now());
        }
        self.woke.is_none_or(|woke| clock.elapsed(woke) > SLEPT)
    }

    /// All that hangs now, the worst first.
    fn stalls(&self) -> Stalls {
        let loaders = self.watched.loaders();
        let mut list: Vec<Stall> = loaders.iter().flat_map(Watch::stalled).map(stall_of).collect();
        list.extend(self.watched.scan().stall());
        // Where it loads by itself, that is what it hangs in.
        if !list.iter().any(|stall| stall.who == Staller::Caller) {
            list.extend(self.pulse.stall());
        }
        list.sort_by(|a, b| b.elapsed_secs.total_cmp(&a.elapsed_secs));
        Stalls { list, left_behind: loaders.iter().map(Watch::hanging).sum() }
    }

    fn look(&mut self) {
        let awake = self.is_awake();
        let stalls = self.stalls();
        if awake {
            self.tell(stalls);
        } else if self.ever {
            // What was warned of and answered before the sleep stays so: it may still hang after it.
            self.outbox.send(Event::Stalls(Stalls { list: Vec::new(), ..stalls }));
        }
    }

    fn tell(&mut self, mut stalls: Stalls) {
        let seen = std::mem::take(&mut self.seen);
        for stall in &stalls.list {
            let key = stall.key();
            // Less than before: it was tried again, and hangs again.
            if seen.get(&key).is_none_or(|before| *before > stall.elapsed_secs) {
                self.patient_until.remove(&key);
                self.outbox.warn(warning(stall));
            }
            self.seen.insert(key, stall.elapsed_secs);
        }
        self.patient_until.retain(|key, _| self.seen.contains_key(key));
        stalls
            .list
            .retain(|stall| self.patient_until.get(&stall.key()).is_none_or(|until| stall.elapsed_secs >= *until));
        self.ever |= !self.seen.is_empty();
        if self.ever {
            self.outbox.send(Event::Stalls(stalls));
        }
    }

    fn answer(&mut self, answer: StallAnswer) {
        let StallAnswer { who, sample, action } = answer;
        let key = (who, sample);
        let stall = self.stalls().list.into_iter().find(|stall| stall.key() == key);
        let Some(stall) = stall else {
            self.outbox.warn(msg!("engine-stall-over"));
            return;
        };
        let file = stall.file.as_ref();
        match (action, file) {
            (StallAction::KeepWaiting, _) => {
                self.patient_until.insert(key, stall.elapsed_secs * 2.0);
            }
            (_, None) if who == Staller::Scan => self.outbox.warn(msg!("engine-stall-folder-stays")),
            (_, None) => self.outbox.warn(msg!("engine-stall-trainer-stays")),
            (action, Some(file)) if who == Staller::Scan => {
                if action == StallAction::Quarantine {
                    self.write_down(file);
                }
                self.watched.scan().left_out = Some((file.name.clone(), action));
                self.outbox.warn(msg!("engine-stall-scan-anew", file = file.path.display().to_string()));
            }
            (action, Some(file)) => {
                let words = match self.replace(who, file.sample, action) {
                    Ok(()) => done_words(who, action, &stall.stage, &file.path),
                    Err(error) => {
                        msg!("engine-thread-not-replaced", thread = stall.thread(), error = error.message())
                    }
                };
                if action == StallAction::Quarantine {
                    self.write_down(file);
                }
                self.outbox.warn(words);
            }
        }
    }

    /// On the recorder's thread: the run's folder may be on the disk that hangs, and this thread is to help all the same.
    fn write_down(&self, file: &StalledFile) {
        let (watched, outbox, name) = (Arc::clone(&self.watched), self.outbox.clone(), file.name.clone());
        self.outbox.on_recorder(move || {
            if let Err(error) = watched.quarantine(&name) {
                outbox.warn(not_written(error, msg!("engine-quarantined-here-only", file = &name)));
            }
            outbox.send(Event::Quarantined { secs: outbox.clock.secs(), name });
        });
    }

    /// Training, validation and test have different samples, so that at most one of their loaders is meant.
    fn replace(&self, who: Staller, sample: u32, action: StallAction) -> Result<(), ReplaceError> {
        let worker = if let Staller::Worker(worker) = who { worker } else { 0 };
        let mut last = Err(ReplaceError::MovedOn);
        for watch in self.watched.loaders() {
            let done = match action {
                StallAction::Quarantine => watch.quarantine(worker, sample),
                StallAction::Replace => watch.replace(worker, sample),
                StallAction::Skip | StallAction::KeepWaiting => watch.skip(worker, sample),
            };
            match done {
                Err(ReplaceError::MovedOn) => {}
                done => last = done,
            }
        }
        last
    }
}

fn done_words(who: Staller, action: StallAction, stage: &Message, file: &Path) -> Message {
    let worker = if let Staller::Worker(worker) = who { worker } else { 0 };
    let (thread, file) = (format!("loader-{worker}"), file.display().to_string());
    match action {
        StallAction::Replace => msg!("engine-stall-tried-again", thread, stage, file),
        StallAction::Quarantine => msg!("engine-stall-quarantined", thread, stage, file),
        StallAction::Skip | StallAction::KeepWaiting => msg!("engine-stall-skipped", thread, stage, file),
    }
}

/// The first word of a stall, with what can be done.
fn warning(stall: &Stall) -> Message {
    let advice = match stall.who {
        Staller::Worker(_) => msg!("engine-stall-worker-advice"),
        Staller::Caller => msg!("engine-stall-caller-advice"),
        Staller::Trainer => msg!("engine-stall-trainer-advice"),
        Staller::Scan if stall.file.is_some() => msg!("engine-stall-scan-advice"),
        Staller::Scan => msg!("engine-stall-folder-advice"),
    };
    paragraph([msg!("language-sentence", clause = stall.sentence()), advice])
}

fn stall_of(stalled: Stalled) -> Stall {
    let Stalled { worker, on_caller, sample, path, name, epoch, seed, stage, elapsed, usual } = stalled;
    let stage = stage.words();
    Stall {
        who: if on_caller { Staller::Caller } else { Staller::Worker(worker) },
        file: Some(StalledFile { sample, path, name, epoch, seed }),
        stage,
        elapsed_secs: elapsed.as_secs_f64(),
        p999_secs: usual.p999.map(|p999| p999.as_secs_f64()),
        slowest_secs: usual.slowest.map(|slowest| slowest.as_secs_f64()),
        images: usual.images,
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::RunClock;
    use super::super::recorder::{Note, Work};
    use super::*;
    use std::path::PathBuf;

    fn looks(mailbox: &Mailbox) -> Looks {
        Looks::new(mailbox.outbox(), mailbox.pulse(), Arc::default())
    }

    /// The recorder may hang on the same disk as what is quarantined.
    #[test]
    fn a_quarantine_is_written_down_without_the_watchdog_waiting_for_the_disk() {
        let mailbox = Mailbox::without_client(RunClock::played());
        let (recorder, notes) = crossbeam_channel::unbounded();
        mailbox.record_to(recorder);
        let watcher = mailbox.outbox().admit(Event::Heartbeat { secs: 0.0 });
        let (path, name) = (PathBuf::from("a/b.png"), "a/b.png".to_owned());
        looks(&mailbox).write_down(&StalledFile { sample: 3, path, name, epoch: 1, seed: 0 });
        assert!(watcher.is_below(2), "it is told once it is written down");
        let Ok(Note::Work(Work(work))) = notes.try_recv() else { panic!("nothing is to be done") };
        work();
        watcher.close();
        let events: Vec<Event> = std::iter::from_fn(|| watcher.pop()).skip(1).collect();
        assert_eq!(events, [Event::Quarantined { secs: 0.0, name: "a/b.png".to_owned() }]);
    }

    #[test]
    fn after_a_sleep_nothing_is_said_to_hang_for_a_moment() {
        let mut looks = looks(&Mailbox::without_client(RunClock::played()));
        let mut after = |secs: u64| {
            looks.outbox.clock.advance(Duration::from_secs(secs));
            looks.is_awake()
        };
        assert!(after(0) && after(1) && after(1));
        assert!(!after(3000) && !after(1) && !after(9));
        assert!(after(1) && after(1));
    }

    #[test]
    fn what_hangs_before_and_after_a_sleep_is_warned_of_once_and_its_answer_stands() {
        let mailbox = Mailbox::without_client(RunClock::played());
        let watcher = mailbox.outbox().admit(Event::Heartbeat { secs: 0.0 });
        let mut looks = looks(&mailbox);
        let look = |looks: &mut Looks, after: u64, hung: u64| {
            looks.outbox.clock.advance(Duration::from_secs(after));
            let waiting = Waiting { path: "images".into(), name: None, elapsed: Duration::from_secs(hung) };
            looks.watched.scan_waits(Some(&waiting));
            looks.look();
        };
        look(&mut looks, 1, 40);
        looks.answer(StallAnswer { who: Staller::Scan, sample: None, action: StallAction::KeepWaiting });
        look(&mut looks, 1, 41);
        look(&mut looks, 3000, 42);
        look(&mut looks, 1, 43);
        for hung in 44..48 {
            look(&mut looks, 4, hung);
        }
        look(&mut looks, 1, 81);
        watcher.close();
        let events: Vec<Event> = std::iter::from_fn(|| watcher.pop()).skip(1).collect();
        let warnings = events.iter().filter(|event| matches!(event, Event::Warning { .. })).count();
        let told = |event: &Event| if let Event::Stalls(stalls) = event { Some(stalls.list.len()) } else { None };
        let told: Vec<usize> = events.iter().filter_map(told).collect();
        assert_eq!((warnings, told), (1, vec![1, 0, 0, 0, 0, 0, 0, 0, 1]), "{events:?}");
    }
}
