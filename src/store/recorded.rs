//! What anyone may read of a run's record, wherever it comes from.

use super::record::{record_path, refuse_newer};
use super::{StoreAction, StoreError};
use crate::language::{Message, clauses};
use crate::protocol::Event;
use crate::system::patiently;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use tempfile::TempDir;

/// Events of a time or a step beyond these are no run's: seconds of three hundred years, what a float can count.
const MOST_SECS: f64 = 1e10;
const MOST_STEPS: u64 = 1 << 53;
/// An event is a few hundred bytes, one of the start some thousand.
const MOST_BODY_BYTES: usize = 4 << 20;

/// A run's events, oldest first, and in a sentence what of its record is not among them, where something is not. A pair, so that
/// whoever takes the events has in hand what is to be said of them.
pub type Recorded = (Vec<Event>, Option<Message>);

/// What was read of a record.
#[derive(Default)]
struct Found {
    /// Oldest first.
    events: Vec<Event>,
    /// Events that this program cannot read, or that no run can have made.
    left_out: u64,
    /// Where the record could be read to there and no further, why.
    cut_short: Option<String>,
}

impl Found {
    fn told(self) -> Recorded {
        let events = (self.left_out > 0).then(|| msg!("store-events-left-out", events = self.left_out));
        let cut = self.cut_short.map(|why| msg!("store-record-cut-short", why));
        let missing: Vec<Message> = events.into_iter().chain(cut).collect();
        (self.events, (!missing.is_empty()).then(|| clauses(missing)))
    }
}

/// Every event of a run. One that is being written can be read, and one in a folder that only may be read.
///
/// # Errors
/// No run is there, it is newer than this program, or nothing can be read.
pub fn read_record(run_dir: &Path) -> Result<Recorded, StoreError> {
    read(run_dir, "SELECT body FROM events ORDER BY seq").map(Found::told)
}

/// As [`read_record`], of beginnings, ends, epochs, validations and changes by hand and of the last 200 steps. `at_rest`: nobody
/// trains in the folder.
///
/// # Errors
/// As [`read_record`].
pub(super) fn read_outline(run_dir: &Path, at_rest: bool) -> Result<Recorded, StoreError> {
    // Of a bisect's changes there may be thousands.
    let sql = "SELECT body FROM events WHERE kind IN ('started', 'epoch', 'validation', 'finished', 'failed')
        OR (kind = 'changed' AND instr(body, '\"experiment\":true') = 0) OR seq IN (SELECT seq FROM events WHERE kind = 'step' ORDER BY step DESC LIMIT 200) ORDER BY seq";
    let path = record_path(run_dir);
    let resting = if at_rest { open_resting(&path) } else { None };
    match resting.and_then(|connection| read_from(&connection, &path, sql).ok()) {
        Some(found) if found.cut_short.is_none() => Ok(found.told()),
        _ => read(run_dir, sql).map(Found::told),
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

fn read(run_dir: &Path, sql: &str) -> Result<Found, StoreError> {
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
fn read_copy(path: &Path, sql: &str) -> Result<Found, StoreError> {
    let io = |source| StoreError::ReadRecord { source, path: path.to_owned() };
    let folder = copied(path, |from, to| patiently(|| std::fs::copy(from, to)).map(|_| ())).map_err(io)?;
    let fail = |source| StoreError::Database { action: StoreAction::Read, source, path: path.to_owned() };
    read_from(&Connection::open(folder.path().join(COPY)).map_err(fail)?, path, sql)
}

/// A record's copy in its folder.
const COPY: &str = "run.sqlite";
/// A record whose log is begun anew whenever it is copied is taken as it comes after so many copies.
const MOST_COPIES: u32 = 8;

/// A record and its log, copied into a folder. An engine moves pages from the log into the record, and what it has moved stays in the log
/// until that is begun anew: a log that was copied after the record, and not begun anew meanwhile, has all that the record may lack.
fn copied(path: &Path, mut copy: impl FnMut(&Path, &Path) -> io::Result<()>) -> io::Result<TempDir> {
    let log = path.with_extension("sqlite-wal");
    let mut copies = 0;
    loop {
        let (folder, before) = (tempfile::tempdir()?, head_of(&log)?);
        let to = folder.path().join(COPY);
        copy(path, &to)?;
        let with_log = if before.is_some() { copy(&log, &to.with_extension("sqlite-wal")) } else { Ok(()) };
        match with_log {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => copies += 1,
        }
        if copies == MOST_COPIES || head_of(&log)? == before {
            return Ok(folder);
        }
    }
}

/// The head of a log, which is another each time that it is begun anew; `None` where there is no log.
fn head_of(log: &Path) -> io::Result<Option<Vec<u8>>> {
    const HEAD: u64 = 32;
    // A pipe in its place would be waited for.
    if !log.is_file() {
        return Ok(None);
    }
    let mut head = Vec::new();
    match patiently(|| File::open(log)) {
        Ok(file) => file.take(HEAD).read_to_end(&mut head).map(|_| Some(head)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_from(connection: &Connection, path: &Path, sql: &str) -> Result<Found, StoreError> {
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
    let mut found = Found::default();
    let mut select = connection.prepare(sql).map_err(fail)?;
    let mut rows = select.query([]).map_err(fail)?;
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            // What comes before a damaged page is as good as ever.
            Err(error) => {
                found.cut_short = Some(error.to_string());
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
            Some(event) => found.events.push(event),
            None => found.left_out += 1,
        }
    }
    Ok(found)
}

/// One event at the end of time would leave no room for the others in a plot.
fn is_possible(event: &Event) -> bool {
    let Some(entry) = event.traits().record else { return true };
    entry.secs.is_none_or(|secs| (0.0..=MOST_SECS).contains(&secs)) && entry.step.is_none_or(|step| step <= MOST_STEPS)
}

#[cfg(test)]
mod tests {
    use super::super::Record;
    use super::*;
    use crate::protocol::played;

    fn step(step: u64) -> Event {
        Event::Step(played::step(step))
    }

    #[test]
    fn a_record_at_rest_is_read_without_a_file_beside_it_whatever_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("基线 100%?#1");
        std::fs::create_dir(&run).unwrap();
        let mut record = Record::create(&run).unwrap();
        record.append(&[Event::Epoch(played::epoch(1))]).unwrap();
        assert!(open_resting(&record_path(&run)).is_none(), "what is in the log is not in the file yet");
        let outline = |at_rest| read_outline(&run, at_rest).unwrap().0.len();
        assert_eq!((outline(false), outline(true)), (1, 1));
        drop(record);
        let resting = open_resting(&record_path(&run)).unwrap();
        assert_eq!(read_from(&resting, &record_path(&run), "SELECT body FROM events").unwrap().events.len(), 1);
        assert!(!run.join("run.sqlite-shm").exists());
        assert_eq!((outline(false), outline(true)), (1, 1));
        assert_eq!(as_uri(r"C:\a b\run.sqlite", true), "file:///C:/a%20b/run.sqlite");
        assert_eq!(as_uri(r"\\server\x\run.sqlite", true), "file:////server/x/run.sqlite");
    }

    #[test]
    fn a_bad_event_is_left_out_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        let far = |secs| Event::Warning { secs, message: "".into() };
        record.append(&[step(1), far(1e300), far(-1.0), step(2)]).unwrap();
        let other = Connection::open(record_path(folder.path())).unwrap();
        for body in ["{\"Future\":1}", "{", ""] {
            other.execute("INSERT INTO events (kind, body) VALUES ('step', ?1)", [body]).unwrap();
        }
        let (events, missing) = read_record(folder.path()).unwrap();
        assert_eq!(events, [step(1), step(2)]);
        assert!(missing.unwrap().to_string().starts_with("5 events"));
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
        record.append(&[step(1)]).unwrap();
        assert!(record_path(folder.path()).with_extension("sqlite-wal").metadata().unwrap().len() > 0);
        assert_eq!(read_copy(&record_path(folder.path()), "SELECT body FROM events").unwrap().events, [step(1)]);
    }

    /// An engine moves its log into the record, and begins it anew, when the one is copied and the other is not yet.
    #[test]
    fn a_record_whose_log_is_begun_anew_is_copied_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut record = Record::create(folder.path()).unwrap();
        record.append(&[step(1)]).unwrap();
        let path = record_path(folder.path());
        let mut taken = Vec::new();
        let copy = copied(&path, |from, to| {
            std::fs::copy(from, to)?;
            taken.push(from.to_owned());
            if taken.len() == 1 {
                let other = Connection::open(&path).unwrap();
                other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
                record.append(&[step(2)]).unwrap();
            }
            Ok(())
        });
        let copy = copy.unwrap();
        let log = path.with_extension("sqlite-wal");
        assert_eq!(taken, [path.clone(), log.clone(), path.clone(), log]);
        let connection = Connection::open(copy.path().join(COPY)).unwrap();
        let found = read_from(&connection, &path, "SELECT body FROM events ORDER BY seq").unwrap();
        assert_eq!((found.events, found.cut_short), (vec![step(1), step(2)], None));
    }
}
