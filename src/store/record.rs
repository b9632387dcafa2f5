//! A run's events in `run.sqlite`, which belongs to one thread, the engine's recorder; and what anyone may read there.

use super::{CheckpointState, RunPlace, StoreAction, StoreError};
use crate::language::{Message, clauses};
use crate::protocol::{Decision, Event};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};
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

/// Events of a time or a step beyond these are no run's: seconds of three hundred years, what a float can count.
const MOST_SECS: f64 = 1e10;
const MOST_STEPS: u64 = 1 << 53;
/// An event is a few hundred bytes, one of the start some thousand.
const MOST_BODY_BYTES: usize = 4 << 20;

fn record_path(run_dir: &Path) -> PathBuf {
    run_dir.join("run.sqlite")
}

/// The open record of a run.
pub struct Record {
    /// `None` after a failure: what such a connection would do next is not known, so another is made.
    connection: Option<Connection>,
    path: PathBuf,
    place: Option<RunPlace>,
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

    /// Opens a run to go on from a checkpoint: what was recorded after it will be done again, and is kept apart until it has
    /// been ([`Self::settle`]); an epoch's end too, where the checkpoint is of its last step and from before its validation.
    /// Warnings stay. A run that was killed before its record was made gets an empty one.
    ///
    /// Gives the first and last step, too, that the checkpoint stands on and the record does not have: a power cut took them.
    ///
    /// # Errors
    /// It is of a newer program, or cannot be written.
    pub fn resume(run_dir: &Path, from: &CheckpointState) -> Result<(Self, Option<(u64, u64)>), StoreError> {
        let last_step = from.step;
        let mut record = Self::open(run_dir)?;
        let last: u64 = record.query("SELECT coalesce(max(step), 0) FROM events WHERE kind = 'step'")?;
        let again = "(step > ?1 AND kind IN ('step', 'changed', 'epoch'))
            OR (kind = 'epoch' AND body ->> '$.Epoch.epoch' >= ?3)
            OR (secs > ?2 AND kind IN ('telemetry', 'stages', 'span')) OR kind IN ('finished', 'failed')";
        let fail =
            |path: &Path, source| StoreError::Database { action: StoreAction::CutBack, source, path: path.to_owned() };
        let path = record.path.clone();
        let connection = record.connection()?;
        let transaction = connection.transaction().map_err(|e| fail(&path, e))?;
        for sql in [
            format!("INSERT INTO taken_back SELECT kind, secs, step, body FROM events WHERE {again}"),
            format!("DELETE FROM events WHERE {again}"),
        ] {
            transaction
                .execute(&sql, params![last_step as i64, from.secs, from.next_epoch as i64])
                .map_err(|e| fail(&path, e))?;
        }
        transaction.commit().map_err(|e| fail(&path, e))?;
        Ok((record, (last < last_step).then_some((last + 1, last_step))))
    }

    /// From now on nothing is written where the folder is no longer that one.
    #[must_use]
    pub fn within(self, place: RunPlace) -> Self {
        Self { place: Some(place), ..self }
    }

    fn open(run_dir: &Path) -> Result<Self, StoreError> {
        let mut record = Self { connection: None, path: record_path(run_dir), place: None };
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

    fn connect(&self) -> Result<Connection, StoreError> {
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
                let Some((kind, secs, step)) = heading(event) else { continue };
                // Plain data always serialises; a number that is none becomes null.
                let Ok(body) = body_of(event) else { continue };
                insert.execute(params![kind, secs, step.map(|s| s as i64), body])?;
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
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<()>,
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

/// As JSON; a change's label in words too, for whoever reads the table with other tools.
fn body_of(event: &Event) -> serde_json::Result<String> {
    let Event::Changed(mark) = event else { return serde_json::to_string(event) };
    let mut body = serde_json::to_value(event)?;
    if let Some(fields) = body.get_mut("Changed").and_then(serde_json::Value::as_object_mut) {
        fields.insert("words".to_owned(), mark.label.to_string().into());
    }
    serde_json::to_string(&body)
}

fn refuse_newer(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|source| StoreError::Database { action: StoreAction::Read, source, path: path.to_owned() })?;
    if found > SCHEMA_VERSION { Err(StoreError::Newer { found, path: path.to_owned() }) } else { Ok(()) }
}

/// Kind, seconds and step of an event worth keeping.
fn heading(event: &Event) -> Option<(&'static str, Option<f64>, Option<u64>)> {
    Some(match event {
        Event::Started(e) => ("started", None, Some(e.first_step)),
        Event::Step(e) => ("step", Some(e.secs), Some(e.step)),
        Event::Epoch(e) => ("epoch", Some(e.secs), Some(e.step)),
        Event::Validation(e) => ("validation", Some(e.secs), Some(e.step)),
        Event::Changed(e) => ("changed", Some(e.secs), Some(e.step)),
        Event::Span(e) => ("span", Some(e.secs), Some(e.step)),
        Event::Bisect(e) if e.verdict.is_some() => ("bisect", None, None),
        Event::Effect(e) if e.decision != Decision::Measuring => ("effect", None, None),
        Event::Ceilings(_) => ("ceilings", None, None),
        Event::Stages(e) => ("stages", Some(e.secs), None),
        Event::Telemetry(e) => ("telemetry", Some(e.secs), None),
        Event::Warning { secs, .. } => ("warning", Some(*secs), None),
        Event::Quarantined { secs, .. } => ("quarantined", Some(*secs), None),
        Event::Finished(e) => ("finished", Some(e.secs), Some(e.steps)),
        Event::Failed { .. } => ("failed", None, None),
        Event::Hello { .. }
        | Event::Devices(_)
        | Event::Phase(_)
        | Event::Progress { .. }
        | Event::Trying(_)
        | Event::Unscaled(_)
        | Event::Verdict(_)
        | Event::Bisect(_)
        | Event::Slow(_)
        | Event::Effect(_)
        | Event::Stalls(_)
        | Event::Trace(_)
        | Event::Heartbeat { .. } => {
            return None;
        }
    })
}

/// What a run's record holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recorded {
    /// Oldest first.
    pub events: Vec<Event>,
    /// Events that this program cannot read, or that no run can have made.
    pub left_out: u64,
    /// Where the record could be read to there and no further, why.
    pub cut_short: Option<String>,
}

impl Recorded {
    /// What is not there, in a sentence; `None` where all is.
    pub fn what_is_missing(&self) -> Option<Message> {
        let events = (self.left_out > 0).then(|| msg!("store-events-left-out", events = self.left_out));
        let cut = self.cut_short.as_ref().map(|why| msg!("store-record-cut-short", why));
        let missing: Vec<Message> = events.into_iter().chain(cut).collect();
        (!missing.is_empty()).then(|| clauses(missing))
    }
}

/// Every event of a run. One that is being written can be read, and one in a folder that only may be read.
///
/// # Errors
/// No run is there, it is newer than this program, or nothing can be read.
pub fn read_record(run_dir: &Path) -> Result<Recorded, StoreError> {
    read(run_dir, "SELECT body FROM events ORDER BY seq")
}

/// As [`read_record`], of beginnings, ends, epochs and validations and of the last 200 steps. `at_rest`: nobody trains in the folder.
///
/// # Errors
/// As [`read_record`].
pub(super) fn read_outline(run_dir: &Path, at_rest: bool) -> Result<Recorded, StoreError> {
    let sql = "SELECT body FROM events WHERE kind IN ('started', 'epoch', 'validation', 'finished', 'failed')
        OR seq IN (SELECT seq FROM events WHERE kind = 'step' ORDER BY step DESC LIMIT 200) ORDER BY seq";
    let path = record_path(run_dir);
    let resting = if at_rest { open_resting(&path) } else { None };
    match resting.and_then(|connection| read_from(&connection, &path, sql).ok()) {
        Some(recorded) if recorded.cut_short.is_none() => Ok(recorded),
        _ => read(run_dir, sql),
    }
}

/// Opens a record that nobody writes to as a file that cannot change: SQLite then takes no locks and makes no files beside it, which
/// is most of the time that a short look takes. `None` where something of it lies outside the file, or it is none.
fn open_resting(path: &Path) -> Option<Connection> {
    let beside = |suffix: &str| path.with_extension(suffix).metadata().is_ok_and(|found| found.len() > 0);
    // A pipe in its place would be waited for.
    if !path.metadata().is_ok_and(|found| found.is_file()) || beside("sqlite-wal") || beside("sqlite-journal") {
        return None;
    }
    let uri = format!("{}?immutable=1", as_uri(path.to_str()?, cfg!(windows)));
    Connection::open_with_flags(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI).ok()
}

/// A path as SQLite's URIs have it, <https://www.sqlite.org/uri.html>.
fn as_uri(path: &str, windows: bool) -> String {
    let path = if windows { path.replace('\\', "/") } else { path.to_owned() };
    let drive = windows && path.as_bytes().get(1) == Some(&b':');
    let mut uri = if drive { "file:///".to_owned() } else { "file:".to_owned() };
    // A host is what stands behind two slashes: a share's path gets an empty one.
    if path.starts_with("//") {
        uri.push_str("//");
    }
    for byte in path.bytes() {
        match byte {
            b'/' | b':' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn read(run_dir: &Path, sql: &str) -> Result<Recorded, StoreError> {
    let path = record_path(run_dir);
    if !path.is_file() {
        return Err(StoreError::NoRun(run_dir.to_owned()));
    }
    let flags = [OpenFlags::SQLITE_OPEN_READ_WRITE, OpenFlags::SQLITE_OPEN_READ_ONLY];
    let opened = flags.into_iter().find_map(|flags| {
        let connection = Connection::open_with_flags(&path, flags).ok()?;
        // What is the matter shows only when something is read.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).ok()?;
        Some(connection)
    });
    match opened {
        Some(connection) => read_from(&connection, &path, sql),
        None => read_copy(&path, sql),
    }
}

/// SQLite wants to write beside a record to read it (the locks of its write-ahead log). Where it may not, a copy is read.
fn read_copy(path: &Path, sql: &str) -> Result<Recorded, StoreError> {
    let io = |source| StoreError::ReadRecord { source, path: path.to_owned() };
    let folder = tempfile::tempdir().map_err(io)?;
    let copy = folder.path().join("run.sqlite");
    std::fs::copy(path, &copy).map_err(io)?;
    let log = path.with_extension("sqlite-wal");
    if log.is_file() {
        std::fs::copy(log, copy.with_extension("sqlite-wal")).map_err(io)?;
    }
    let fail = |source| StoreError::Database { action: StoreAction::Read, source, path: path.to_owned() };
    read_from(&Connection::open(&copy).map_err(fail)?, path, sql)
}

fn read_from(connection: &Connection, path: &Path, sql: &str) -> Result<Recorded, StoreError> {
    let fail = |source| StoreError::Database { action: StoreAction::Read, source, path: path.to_owned() };
    refuse_newer(connection, path)?;
    // A record may come from anywhere: nothing in it is to run.
    for (config, on) in [(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false), (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)]
    {
        connection.set_db_config(config, on).map_err(fail)?;
    }
    let is_table = "SELECT count(*) FROM sqlite_schema WHERE name = 'events' AND type = 'table'";
    let is_table: i64 = connection.query_row(is_table, [], |row| row.get(0)).map_err(fail)?;
    if is_table != 1 {
        return Err(StoreError::NoRecord(path.to_owned()));
    }
    let mut recorded = Recorded::default();
    let mut select = connection.prepare(sql).map_err(fail)?;
    let mut rows = select.query([]).map_err(fail)?;
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            // What comes before a damaged page is as good as ever.
            Err(error) => {
                recorded.cut_short = Some(error.to_string());
                break;
            }
        };
        let body = row.get_ref(0).map_err(fail)?;
        let event = body
            .as_str()
            .ok()
            .filter(|body| body.len() <= MOST_BODY_BYTES)
            .and_then(|body| serde_json::from_str::<Event>(body).ok())
            .filter(is_possible);
        match event {
            Some(event) => recorded.events.push(event),
            None => recorded.left_out += 1,
        }
    }
    Ok(recorded)
}

/// One event at the end of time would leave no room for the others in a plot.
fn is_possible(event: &Event) -> bool {
    let Some((_, secs, step)) = heading(event) else { return true };
    secs.is_none_or(|secs| (0.0..=MOST_SECS).contains(&secs)) && step.is_none_or(|step| step <= MOST_STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{SpanKind, SpanMark, StepEvent, played};

    fn read_events(run_dir: &Path) -> Vec<Event> {
        let recorded = read_record(run_dir).unwrap();
        assert_eq!(recorded.what_is_missing(), None);
        recorded.events
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
        assert_eq!(read_record(folder.path()).unwrap().events, [Event::Changed(mark)]);
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

    #[test]
    fn a_record_at_rest_is_read_without_a_file_beside_it_whatever_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("基线 100%?#1");
        std::fs::create_dir(&run).unwrap();
        let mut record = Record::create(&run).unwrap();
        record.append(&[Event::Epoch(played::epoch(1))]).unwrap();
        assert!(open_resting(&record_path(&run)).is_none(), "what is in the log is not in the file yet");
        let outline = |at_rest| read_outline(&run, at_rest).unwrap().events.len();
        assert_eq!((outline(false), outline(true)), (1, 1));
        drop(record);
        let resting = open_resting(&record_path(&run)).unwrap();
        assert_eq!(read_from(&resting, &record_path(&run), "SELECT body FROM events").unwrap().events.len(), 1);
        assert!(!run.join("run.sqlite-shm").exists());
        assert_eq!((outline(false), outline(true)), (1, 1));
        assert_eq!(as_uri(r"C:\a b\run.sqlite", true), "file:///C:/a%20b/run.sqlite");
        assert_eq!(as_uri(r"\\server\x\run.sqlite", true), "file:////server/x/run.sqlite");
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
    fn a_bad_event_is_left_out_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        let far = |secs| Event::Warning { secs, message: "".into() };
        record.append(&[step(1, 1.0), far(1e300), far(-1.0), step(2, 1.0)]).unwrap();
        let other = Connection::open(record_path(folder.path())).unwrap();
        for body in ["{\"Future\":1}", "{", ""] {
            other.execute("INSERT INTO events (kind, body) VALUES ('step', ?1)", [body]).unwrap();
        }
        let recorded = read_record(folder.path()).unwrap();
        assert_eq!((recorded.events.as_slice(), recorded.left_out), ([step(1, 1.0), step(2, 1.0)].as_slice(), 5));
        assert!(recorded.what_is_missing().unwrap().to_string().starts_with("5 events"));
    }

    #[test]
    fn a_record_that_never_ends_is_no_record() {
        let folder = tempfile::tempdir().unwrap();
        let sql = "CREATE VIEW events AS WITH RECURSIVE c(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM c)
            SELECT seq, 'step' AS kind, 1.0 AS secs, 1 AS step, '{}' AS body FROM c";
        Connection::open(record_path(folder.path())).unwrap().execute_batch(sql).unwrap();
        assert!(matches!(read_record(folder.path()), Err(StoreError::NoRecord(_))));
    }

    #[test]
    fn what_is_no_database_is_an_error_that_says_so() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(record_path(folder.path()), [0xA5; 4096]).unwrap();
        let error = read_record(folder.path()).unwrap_err().to_string();
        assert!(error.contains("could not be read") && error.contains("run.sqlite"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        let error = read_record(empty.path()).unwrap_err().to_string();
        assert!(error.contains("no run is here") && error.contains("run.sqlite"), "{error}");
    }

    /// Nothing can be written beside it: the log of a killed engine is read all the same.
    #[test]
    fn a_copy_holds_what_the_log_holds() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        record.append(&[step(1, 1.0)]).unwrap();
        assert!(record_path(folder.path()).with_extension("sqlite-wal").metadata().unwrap().len() > 0);
        assert_eq!(read_copy(&record_path(folder.path()), "SELECT body FROM events").unwrap().events, [step(1, 1.0)]);
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
