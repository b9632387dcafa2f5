//! A run's events in `run.sqlite`, which belongs to one thread, the engine's recorder.

use super::{CheckpointState, RunPlace, StoreAction, StoreError};
use crate::language::Message;
use crate::protocol::{Event, RecordKind, ResumePoint};
use crate::system::patiently;
use rusqlite::{Connection, Transaction, params};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Raised when the tables change their meaning.
pub(super) const SCHEMA_VERSION: i64 = 2;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS events (
    seq  INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    secs REAL,
    step INTEGER,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_kind ON events (kind, step);
CREATE TABLE IF NOT EXISTS taken_back (
    kind TEXT NOT NULL,
    secs REAL,
    step INTEGER,
    body TEXT NOT NULL
);
CREATE VIEW IF NOT EXISTS steps AS SELECT
    step, secs, body ->> '$.Step.epoch' AS epoch, body ->> '$.Step.loss' AS loss, body ->> '$.Step.lr' AS lr,
    body ->> '$.Step.images_per_sec' AS images_per_sec, body ->> '$.Step.data_wait_frac' AS data_wait_frac,
    body ->> '$.Step.config_version' AS config_version
    FROM events WHERE kind = 'step';
DROP VIEW IF EXISTS changes;
CREATE VIEW changes AS SELECT
    seq, step, secs, body ->> '$.Changed.config_version' AS config_version,
    coalesce(body ->> '$.Changed.words', body ->> '$.Changed.label') AS label,
    body ->> '$.Changed.experiment' AS experiment
    FROM events WHERE kind = 'changed';
CREATE VIEW IF NOT EXISTS epochs AS SELECT
    body ->> '$.Epoch.epoch' AS epoch, secs, step, body ->> '$.Epoch.train_loss' AS train_loss,
    body ->> '$.Epoch.val_loss' AS val_loss, body ->> '$.Epoch.val_accuracy' AS val_accuracy,
    body ->> '$.Epoch.val_auc' AS val_auc, body ->> '$.Epoch.epoch_secs' AS epoch_secs
    FROM events WHERE kind = 'epoch';
";

pub(super) fn record_path(run_dir: &Path) -> PathBuf {
    run_dir.join("run.sqlite")
}

/// The open record of a run.
pub struct Record {
    /// `None` after a failure: what such a connection would do next is not known, so another is made.
    connection: Option<Connection>,
    path: PathBuf,
    place: Option<RunPlace>,
    changes_taken_back: Vec<Message>,
}

impl Record {
    /// Makes the empty record of a new run.
    ///
    /// # Errors
    /// One with events is there already, or the folder cannot be written.
    pub fn create(run_dir: &Path) -> Result<Self, StoreError> {
        let record = Self::open(run_dir)?;
        let events: u64 = record.query("SELECT count(*) FROM (SELECT 1 FROM events LIMIT 1)")?;
        if events > 0 { Err(StoreError::RunExists(run_dir.to_owned())) } else { Ok(record) }
    }

    /// Opens a run to go on from a checkpoint: what [`is_done_again`] is kept apart until it has been ([`Self::settle`]). A run that
    /// was killed before its record was made gets an empty one.
    ///
    /// Gives the first and last step, too, that the checkpoint stands on and the record does not have: a power cut took them.
    ///
    /// # Errors
    /// It is of a newer program, or cannot be written.
    pub fn resume(run_dir: &Path, from: &CheckpointState) -> Result<(Self, Option<(u64, u64)>), StoreError> {
        let last_step = from.step;
        let mut record = Self::open(run_dir)?;
        let last: u64 = record.query("SELECT coalesce(max(step), 0) FROM events WHERE kind = 'step'")?;
        let path = record.path.clone();
        let fail = |source| StoreError::Database { action: StoreAction::CutBack, source, path: path.clone() };
        let transaction = record.connection()?.transaction().map_err(fail)?;
        let changes = changes_since(&transaction, last_step).map_err(fail)?;
        take_back(&transaction, &from.resume_point()).map_err(fail)?;
        transaction.commit().map_err(fail)?;
        record.changes_taken_back = changes;
        Ok((record, (last < last_step).then_some((last + 1, last_step))))
    }

    /// A person's changes whose marks a resume has taken back: a run goes on with what they made of it.
    pub fn changes_taken_back(&self) -> &[Message] {
        &self.changes_taken_back
    }

    /// From now on nothing is written where the folder is no longer that one.
    #[must_use]
    pub fn within(self, place: RunPlace) -> Self {
        Self { place: Some(place), ..self }
    }

    fn open(run_dir: &Path) -> Result<Self, StoreError> {
        let path = record_path(run_dir);
        let mut record = Self { connection: None, path, place: None, changes_taken_back: Vec::new() };
        record.connection()?;
        Ok(record)
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Another program may have it open for a moment. Why it is refused is asked of the system, as SQLite does not say; on Windows
    /// alone, as elsewhere a file that is closed takes SQLite's locks with it.
    fn connect(&self) -> Result<Connection, StoreError> {
        let opened = patiently(|| match self.connect_once() {
            Err(error @ StoreError::Database { .. }) if cfg!(windows) => {
                match File::options().read(true).write(true).open(&self.path) {
                    Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
                    _ => Ok(Err(error)),
                }
            }
            done => Ok(done),
        });
        opened.unwrap_or_else(|source| Err(StoreError::OpenRecord { source, path: self.path.clone() }))
    }

    fn connect_once(&self) -> Result<Connection, StoreError> {
        let fail = |source| StoreError::Database { action: StoreAction::Open, source, path: self.path.clone() };
        let connection = Connection::open(&self.path).map_err(fail)?;
        refuse_newer(&connection, &self.path)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
        // Each commit is on the disk when it returns: there is one a second, and one before each checkpoint, which would
        // otherwise be ahead of its record after a power cut.
        connection.pragma_update(None, "synchronous", "FULL").map_err(fail)?;
        connection.execute_batch(SCHEMA).map_err(fail)?;
        connection.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(fail)?;
        Ok(connection)
    }

    fn query(&self, sql: &str) -> Result<u64, StoreError> {
        let Some(connection) = &self.connection else { return Ok(0) };
        let number: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(|source| StoreError::Database {
            action: StoreAction::Read,
            source,
            path: self.path.clone(),
        })?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    /// Writes events in one transaction, which is on the disk when this returns.
    ///
    /// # Errors
    /// The disk is full or gone; nothing of these events is written then, and they may be tried again.
    pub fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
        self.in_transaction(|transaction| {
            let mut insert =
                transaction.prepare("INSERT INTO events (kind, secs, step, body) VALUES (?1, ?2, ?3, ?4)")?;
            for event in events {
                let Some(entry) = event.traits().record else { continue };
                // Plain data always serialises; a number that is none becomes null.
                let Ok(body) = body_of(event) else { continue };
                insert.execute(params![entry.kind.name(), entry.secs, entry.step.map(|s| s as i64), body])?;
            }
            Ok(())
        })
    }

    /// A checkpoint stands at that step: what had been taken back up to there has been done again, and goes.
    ///
    /// # Errors
    /// As [`Self::append`]; then it goes the next time.
    pub fn settle(&mut self, step: u64) -> Result<(), StoreError> {
        self.in_transaction(|transaction| {
            let sql =
                "DELETE FROM taken_back WHERE step <= ?1 OR (SELECT coalesce(max(step), 0) FROM taken_back) <= ?1";
            transaction.execute(sql, params![step as i64]).map(|_| ())
        })
    }

    fn in_transaction(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        self.place.as_ref().map_or(Ok(()), RunPlace::check)?;
        let connection = self.connection()?;
        let done = (|| {
            let transaction = connection.transaction()?;
            work(&transaction)?;
            transaction.commit()
        })();
        done.map_err(|source| {
            self.connection = None;
            StoreError::Database { action: StoreAction::Write, source, path: self.path.clone() }
        })
    }
}

/// Whether a run that goes on from there does it again. A record loses it at a resume, and so does whoever watches: the steps after it
/// and what was measured meanwhile, an epoch's end and a validation where the checkpoint is from before them, and how the run had
/// ended. Warnings and what was found out about the run and its machine stay.
pub fn is_done_again(event: &Event, from: &ResumePoint) -> bool {
    let epoch = if let Event::Epoch(epoch) = event { Some(epoch.epoch) } else { None };
    event.traits().record.is_some_and(|entry| is_kind_done_again(entry.kind, entry.secs, entry.step, epoch, from))
}

/// As [`is_done_again`], of the record's columns and an epoch's number.
fn is_kind_done_again(
    kind: RecordKind,
    secs: Option<f64>,
    step: Option<u64>,
    epoch: Option<u64>,
    from: &ResumePoint,
) -> bool {
    let later_step = step.is_some_and(|step| step > from.step);
    match kind {
        RecordKind::Step | RecordKind::Changed => later_step,
        RecordKind::Epoch => later_step || epoch.is_some_and(|epoch| epoch >= from.next_epoch),
        RecordKind::Validation => later_step || (step == Some(from.step) && from.step > from.validated_step),
        RecordKind::Telemetry | RecordKind::Stages | RecordKind::Span => secs.is_some_and(|secs| secs > from.secs),
        RecordKind::Finished | RecordKind::Failed => true,
        RecordKind::Started
        | RecordKind::Bisect
        | RecordKind::Effect
        | RecordKind::Ceilings
        | RecordKind::Warning
        | RecordKind::Quarantined => false,
    }
}

/// A person's changes behind that step.
fn changes_since(transaction: &Transaction<'_>, step: u64) -> rusqlite::Result<Vec<Message>> {
    let mut select =
        transaction.prepare("SELECT body FROM events WHERE kind = 'changed' AND step > ?1 ORDER BY seq")?;
    let bodies = select.query_map(params![step as i64], |row| row.get::<_, String>(0))?;
    let label = |body: String| match serde_json::from_str(&body) {
        Ok(Event::Changed(mark)) if !mark.experiment => Some(mark.label),
        _ => None,
    };
    bodies.filter_map(|body| body.map(label).transpose()).collect()
}

/// Keeps apart what is done again.
fn take_back(transaction: &Transaction<'_>, from: &ResumePoint) -> rusqlite::Result<()> {
    let headings = "SELECT seq, kind, secs, step, CASE kind WHEN 'epoch' THEN body ->> '$.Epoch.epoch' END
        FROM events ORDER BY seq";
    let mut select = transaction.prepare(headings)?;
    let mut rows = select.query([])?;
    let mut again: Vec<i64> = Vec::new();
    while let Some(row) = rows.next()? {
        // What is of another type was not written by a run.
        let count = |column: usize| u64::try_from(row.get::<_, i64>(column).ok()?).ok();
        let (kind, secs) = (row.get_ref(1)?.as_str().ok().and_then(RecordKind::of), row.get::<_, f64>(2).ok());
        if kind.is_some_and(|kind| is_kind_done_again(kind, secs, count(3), count(4), from)) {
            again.push(row.get(0)?);
        }
    }
    let keep = "INSERT INTO taken_back SELECT kind, secs, step, body FROM events WHERE seq = ?1";
    let mut keep = transaction.prepare(keep)?;
    let mut delete = transaction.prepare("DELETE FROM events WHERE seq = ?1")?;
    for seq in again {
        keep.execute([seq])?;
        delete.execute([seq])?;
    }
    Ok(())
}

/// As JSON; a change's label in words too, for whoever reads the table with other tools.
fn body_of(event: &Event) -> serde_json::Result<String> {
    let Event::Changed(mark) = event else { return serde_json::to_string(event) };
    let mut body = serde_json::to_value(event)?;
    if let Some(fields) = body.get_mut("Changed").and_then(serde_json::Value::as_object_mut) {
        fields.insert("words".to_owned(), mark.label.to_string().into());
    }
    serde_json::to_string(&body)
}

pub(super) fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| StoreError::Database { action: StoreAction::Read, source, path: path.to_owned() })?;
    if found > SCHEMA_VERSION { Err(StoreError::Newer { found, path: path.to_owned() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::read_record;
    use super::*;
    use crate::protocol::{ChangeMark, SpanKind, SpanMark, StepEvent, ValidationEvent, played};

    fn read_events(run_dir: &Path) -> Vec<Event> {
        let (events, missing) = read_record(run_dir).unwrap();
        assert_eq!(missing, None);
        events
    }

    fn at(step: u64, next_epoch: u64, secs: f64) -> CheckpointState {
        CheckpointState { step, next_epoch, secs, ..CheckpointState::begin() }
    }

    fn step(step: u64, loss: f64) -> Event {
        Event::Step(StepEvent { loss: Some(loss), ..played::step(step) })
    }

    #[test]
    fn a_change_is_kept_as_a_value_and_shown_as_text_in_its_view() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        let label = msg!("engine-change-off", transform = "RandFlip");
        let (secs, switched_off) = (1.0, vec!["RandFlip".to_owned()]);
        let mark =
            crate::protocol::ChangeMark { secs, step: 1, config_version: 1, label, experiment: false, switched_off };
        record.append(&[Event::Changed(mark.clone())]).unwrap();
        let sql = "SELECT label FROM changes";
        let shown: String = record.connection().unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(shown, "RandFlip off");
        assert_eq!(read_events(folder.path()), [Event::Changed(mark)]);
    }

    #[test]
    fn events_come_back_and_a_resume_takes_back_what_will_be_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        std::fs::create_dir(&run).unwrap();
        let mut store = Record::create(&run).unwrap();
        let events: Vec<Event> = (1..=5).map(|i| step(i, 1.0 / i as f64)).collect();
        store.append(&events).unwrap();
        store.append(&[Event::Heartbeat { secs: 1.0 }]).unwrap();
        assert_eq!(read_events(&run), events);
        drop(store);
        assert!(matches!(Record::create(&run), Err(StoreError::RunExists(_))));

        let (mut resumed, gap) = Record::resume(&run, &at(3, 1, 3.0)).unwrap();
        assert_eq!(gap, None);
        assert_eq!(read_events(&run), events[..3]);
        let connection = Connection::open(run.join("run.sqlite")).unwrap();
        let loss: f64 = connection.query_row("SELECT loss FROM steps WHERE step = 2", [], |r| r.get(0)).unwrap();
        assert_eq!(loss, 0.5);

        // Until they have been made again, they are kept.
        let kept = || -> i64 { connection.query_row("SELECT count(*) FROM taken_back", [], |r| r.get(0)).unwrap() };
        assert_eq!(kept(), 2);
        resumed.settle(4).unwrap();
        assert_eq!(kept(), 1);
        resumed.settle(5).unwrap();
        assert_eq!(kept(), 0);
    }

    /// Stopped in the validation, then killed after it and before its checkpoint: it is done once more.
    #[test]
    fn an_epoch_that_will_end_again_is_taken_back_though_its_steps_stay() {
        let folder = tempfile::tempdir().unwrap();
        let epoch = |epoch| Event::Epoch(played::epoch(epoch));
        let mut record = Record::create(folder.path()).unwrap();
        record.append(&[step(1, 1.0), epoch(1), step(2, 1.0), epoch(2)]).unwrap();
        drop(record);
        drop(Record::resume(folder.path(), &at(2, 2, 9.0)).unwrap());
        assert_eq!(read_events(folder.path()), [step(1, 1.0), epoch(1), step(2, 1.0)]);
    }

    /// That of the checkpoint's own step stays where the checkpoint is from after it.
    #[test]
    fn validations_that_will_be_made_again_are_taken_back() {
        let validation = |step: u64| {
            let (secs, epoch, loss, accuracy, auc, best, val_secs) = (step as f64, 1, 1.0, 0.5, None, false, 1.0);
            Event::Validation(ValidationEvent { secs, step, epoch, loss, accuracy, auc, best, val_secs })
        };
        let events = [step(1, 1.0), step(2, 1.0), validation(2), step(3, 1.0), step(4, 1.0), validation(4)];
        for (last_step, validated_step, kept) in [(4, 4, 6), (4, 2, 5), (3, 2, 4), (2, 2, 3), (2, 0, 2)] {
            let folder = tempfile::tempdir().unwrap();
            Record::create(folder.path()).unwrap().append(&events).unwrap();
            let from = CheckpointState { validated_step, ..at(last_step, 1, 9.0) };
            drop(Record::resume(folder.path(), &from).unwrap());
            assert_eq!(read_events(folder.path()), events[..kept], "{last_step}, {validated_step}");
        }
    }

    /// The run goes on with what they made of it.
    #[test]
    fn a_person_s_changes_that_are_taken_back_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let change = |step: u64, label: &str, experiment: bool| {
            let (secs, label, switched_off) = (step as f64, label.into(), Vec::new());
            Event::Changed(ChangeMark { secs, step, config_version: step, label, experiment, switched_off })
        };
        let mut record = Record::create(folder.path()).unwrap();
        let changes = [change(1, "kept", false), change(3, "a bisect's", true), change(4, "RandFlip off", false)];
        record.append(&[step(1, 1.0), step(2, 1.0), step(3, 1.0), step(4, 1.0)]).unwrap();
        record.append(&changes).unwrap();
        drop(record);
        let (record, _) = Record::resume(folder.path(), &at(2, 1, 2.0)).unwrap();
        let told: Vec<String> = record.changes_taken_back().iter().map(ToString::to_string).collect();
        assert_eq!(told, ["RandFlip off"]);
    }

    #[test]
    fn a_checkpoint_ahead_of_its_record_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        record.append(&[step(1, 1.0), step(2, 1.0)]).unwrap();
        drop(record);
        let (_, gap) = Record::resume(folder.path(), &at(5, 1, 5.0)).unwrap();
        assert_eq!(gap, Some((3, 5)));
    }

    #[test]
    fn a_record_of_a_newer_program_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        Record::create(folder.path()).unwrap().append(&[step(1, 1.0)]).unwrap();
        let path = record_path(folder.path());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(Record::resume(folder.path(), &at(0, 1, 0.0)), Err(StoreError::Newer { found: 99, .. })));
        assert!(matches!(read_record(folder.path()), Err(StoreError::Newer { found: 99, .. })));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    /// As a disk that is full: the table is gone, then comes back.
    #[test]
    fn what_could_not_be_written_can_be_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        let other = Connection::open(record_path(folder.path())).unwrap();
        other.execute_batch("ALTER TABLE events RENAME TO gone; CREATE VIEW events AS SELECT 1 AS seq").unwrap();
        assert!(record.append(&[step(1, 1.0)]).is_err());
        other.execute_batch("DROP VIEW events; ALTER TABLE gone RENAME TO events").unwrap();
        record.append(&[step(1, 1.0)]).unwrap();
        assert_eq!(read_events(folder.path()), [step(1, 1.0)]);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_recorded_where_the_folder_is_gone_and_again_where_it_is_back() {
        let home = tempfile::tempdir().unwrap();
        let [dir, moved] = ["run", "moved"].map(|name| home.path().join(name));
        std::fs::create_dir(&dir).unwrap();
        let mut record = Record::create(&dir).unwrap().within(RunPlace::of(&dir).unwrap());
        record.append(&[step(1, 1.0)]).unwrap();
        std::fs::rename(&dir, &moved).unwrap();
        assert!(matches!(record.append(&[step(2, 1.0)]), Err(StoreError::FolderGone(_))) && !dir.exists());
        std::fs::rename(&moved, &dir).unwrap();
        record.append(&[step(3, 1.0)]).unwrap();
        assert_eq!(read_events(&dir), [step(1, 1.0), step(3, 1.0)]);
    }

    #[test]
    fn pauses_and_bisects_come_back_up_to_where_a_resume_begins() {
        let folder = tempfile::tempdir().unwrap();
        let span = |secs, begins| Event::Span(SpanMark { secs, step: 1, kind: SpanKind::Paused, begins });
        let mut store = Record::create(folder.path()).unwrap();
        store.append(&[step(1, 1.0), span(1.5, true), span(2.0, false), step(2, 1.0), span(3.0, true)]).unwrap();
        drop(store);
        drop(Record::resume(folder.path(), &at(1, 1, 1.7)).unwrap());
        assert_eq!(read_events(folder.path()), [step(1, 1.0), span(1.5, true)]);
    }

    #[test]
    fn a_loss_that_is_not_a_number_is_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Record::create(folder.path()).unwrap();
        store.append(&[step(1, f64::NAN)]).unwrap();
        let Event::Step(back) = &read_events(folder.path())[0] else { panic!("another event") };
        assert_eq!(back.loss, None);
    }
}
