//! A run on disk: one folder that can be copied whole.
//!
//! `run.toml` runs it again (versions, device and driver stand in its comments), `run.sqlite` holds every event,
//! `checkpoints/` is the trainer's, `exports/` is for plots. [`RunStore`] belongs to one thread, the engine's recorder.

use crate::config::RunConfig;
use crate::protocol::{Decision, Event};
use rusqlite::{Connection, OpenFlags, params};
use std::path::{Path, PathBuf};

/// Raised when the tables change their meaning.
const SCHEMA_VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS events (
    seq  INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    secs REAL,
    step INTEGER,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_kind ON events (kind, step);
CREATE VIEW IF NOT EXISTS steps AS SELECT
    step, secs, body ->> '$.Step.epoch' AS epoch, body ->> '$.Step.loss' AS loss, body ->> '$.Step.lr' AS lr,
    body ->> '$.Step.images_per_sec' AS images_per_sec, body ->> '$.Step.data_wait_frac' AS data_wait_frac,
    body ->> '$.Step.config_version' AS config_version
    FROM events WHERE kind = 'step';
CREATE VIEW IF NOT EXISTS changes AS SELECT
    seq, step, secs, body ->> '$.Changed.config_version' AS config_version, body ->> '$.Changed.label' AS label,
    body ->> '$.Changed.experiment' AS experiment
    FROM events WHERE kind = 'changed';
CREATE VIEW IF NOT EXISTS epochs AS SELECT
    body ->> '$.Epoch.epoch' AS epoch, secs, step, body ->> '$.Epoch.train_loss' AS train_loss,
    body ->> '$.Epoch.val_loss' AS val_loss, body ->> '$.Epoch.val_accuracy' AS val_accuracy,
    body ->> '$.Epoch.val_auc' AS val_auc, body ->> '$.Epoch.epoch_secs' AS epoch_secs
    FROM events WHERE kind = 'epoch';
";

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the run's record could not be {action}: {source}; is the disk full, or the folder read-only? {}", path.display())]
    Database { action: &'static str, source: rusqlite::Error, path: PathBuf },
    #[error("the run's folder could not be written: {source}; is the disk full, or the folder read-only? {}", path.display())]
    Io { source: std::io::Error, path: PathBuf },
    #[error("no run is here: expected a folder with run.toml and run.sqlite, as `trainscope train --run` writes it: {}", .0.display())]
    NoRun(PathBuf),
    #[error("a run is here already; name another folder, or continue it with --resume: {}", .0.display())]
    RunExists(PathBuf),
    #[error("the run was written by a newer trainscope (record version {found}, this one reads {SCHEMA_VERSION}): {}", path.display())]
    Newer { found: i64, path: PathBuf },
    #[error("run.toml: {source}: {}", path.display())]
    Config { source: crate::config::ConfigError, path: PathBuf },
}

/// The checkpoints of the run in that folder.
pub fn checkpoints_dir(run_dir: &Path) -> PathBuf {
    run_dir.join("checkpoints")
}

/// The folder for exported plots.
pub fn exports_dir(run_dir: &Path) -> PathBuf {
    run_dir.join("exports")
}

/// The open record of a run.
pub struct RunStore {
    connection: Connection,
    path: PathBuf,
}

impl RunStore {
    /// Makes the run's folder and its empty record.
    ///
    /// # Errors
    /// A run is there already, or the folder cannot be written.
    pub fn create(run_dir: &Path) -> Result<Self, StoreError> {
        if run_dir.join("run.sqlite").exists() {
            return Err(StoreError::RunExists(run_dir.to_owned()));
        }
        std::fs::create_dir_all(run_dir).map_err(|source| StoreError::Io { source, path: run_dir.to_owned() })?;
        Self::open(run_dir)
    }

    /// Opens a run to go on from a checkpoint's step and second: what was recorded after them is taken back, for it
    /// will be done again. Warnings stay.
    ///
    /// # Errors
    /// No run is there, or it cannot be written.
    pub fn resume(run_dir: &Path, last_step: u64, last_secs: f64) -> Result<Self, StoreError> {
        if !run_dir.join("run.sqlite").exists() {
            return Err(StoreError::NoRun(run_dir.to_owned()));
        }
        let store = Self::open(run_dir)?;
        let sql = "DELETE FROM events WHERE (step > ?1 AND kind IN ('step', 'changed', 'epoch'))
            OR (secs > ?2 AND kind IN ('telemetry', 'stages', 'span')) OR kind IN ('finished', 'failed')";
        store.connection.execute(sql, params![last_step as i64, last_secs]).map_err(|e| store.fail("cut back", e))?;
        Ok(store)
    }

    fn open(run_dir: &Path) -> Result<Self, StoreError> {
        let path = run_dir.join("run.sqlite");
        let fail = |source| StoreError::Database { action: "opened", source, path: path.clone() };
        let connection = Connection::open(&path).map_err(fail)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(fail)?;
        connection.execute_batch(SCHEMA).map_err(fail)?;
        connection.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(fail)?;
        Ok(Self { connection, path })
    }

    /// Writes events in one transaction.
    ///
    /// # Errors
    /// The disk is full or gone; nothing of these events is written then.
    pub fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
        let path = self.path.clone();
        let fail = |source| StoreError::Database { action: "written", source, path: path.clone() };
        let transaction = self.connection.transaction().map_err(fail)?;
        {
            let sql = "INSERT INTO events (kind, secs, step, body) VALUES (?1, ?2, ?3, ?4)";
            let mut insert = transaction.prepare(sql).map_err(fail)?;
            for event in events {
                let Some((kind, secs, step)) = heading(event) else { continue };
                // Plain data always serialises; a number that is none becomes null.
                let Ok(body) = serde_json::to_string(event) else { continue };
                insert.execute(params![kind, secs, step.map(|s| s as i64), body]).map_err(fail)?;
            }
        }
        transaction.commit().map_err(fail)
    }

    fn fail(&self, action: &'static str, source: rusqlite::Error) -> StoreError {
        StoreError::Database { action, source, path: self.path.clone() }
    }
}

/// Kind, seconds and step of an event worth keeping.
fn heading(event: &Event) -> Option<(&'static str, Option<f64>, Option<u64>)> {
    Some(match event {
        Event::Started(e) => ("started", None, Some(e.first_step)),
        Event::Step(e) => ("step", Some(e.secs), Some(e.step)),
        Event::Epoch(e) => ("epoch", Some(e.secs), Some(e.step)),
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

/// Writes `run.toml`: `notes` (versions, device) as comments, then the configuration.
///
/// # Errors
/// The folder cannot be written.
pub fn write_config(run_dir: &Path, notes: &[String], config: &RunConfig) -> Result<(), StoreError> {
    let mut text = String::new();
    for note in notes {
        text.push_str(&format!("# {}\n", note.replace('\n', " ")));
    }
    text.push_str(&config.to_toml());
    let path = run_dir.join("run.toml");
    let temporary = run_dir.join(".run.toml.writing");
    std::fs::write(&temporary, text)
        .and_then(|()| std::fs::rename(&temporary, &path))
        .map_err(|source| StoreError::Io { source, path })
}

/// The configuration a run was started with.
///
/// # Errors
/// No run is there, or its `run.toml` was damaged.
pub fn read_config(run_dir: &Path) -> Result<RunConfig, StoreError> {
    let path = run_dir.join("run.toml");
    let text = std::fs::read_to_string(&path).map_err(|_| StoreError::NoRun(run_dir.to_owned()))?;
    RunConfig::from_toml(&text).map_err(|source| StoreError::Config { source, path })
}

/// Every event of a run, oldest first. A run that is being written can be read.
///
/// # Errors
/// No run is there, it is newer than this program, or its record is damaged.
pub fn read_events(run_dir: &Path) -> Result<Vec<Event>, StoreError> {
    let path = run_dir.join("run.sqlite");
    if !path.is_file() {
        return Err(StoreError::NoRun(run_dir.to_owned()));
    }
    let fail = |source| StoreError::Database { action: "read", source, path: path.clone() };
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .or_else(|_| Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY))
        .map_err(fail)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fail)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, path });
    }
    let mut select = connection.prepare("SELECT body FROM events ORDER BY seq").map_err(fail)?;
    let bodies = select.query_map([], |row| row.get::<_, String>(0)).map_err(fail)?;
    let mut events = Vec::new();
    for body in bodies {
        // An event this version cannot read is left out rather than the run with it.
        if let Ok(event) = serde_json::from_str(&body.map_err(fail)?) {
            events.push(event);
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{SpanKind, SpanMark, StepEvent, StepPhases};

    fn step(step: u64, loss: f64) -> Event {
        Event::Step(StepEvent {
            secs: step as f64,
            step,
            epoch: 1,
            loss: Some(loss),
            lr: 1e-3,
            images_per_sec: 100.0,
            data_wait_frac: 0.25,
            phases: StepPhases::default(),
            queue_len: 1,
            config_version: 0,
        })
    }

    #[test]
    fn events_come_back_and_a_resume_takes_back_what_will_be_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let mut store = RunStore::create(&run).unwrap();
        let events: Vec<Event> = (1..=5).map(|i| step(i, 1.0 / i as f64)).collect();
        store.append(&events).unwrap();
        store.append(&[Event::Heartbeat { secs: 1.0 }]).unwrap();
        assert_eq!(read_events(&run).unwrap(), events);
        drop(store);
        assert!(matches!(RunStore::create(&run), Err(StoreError::RunExists(_))));

        drop(RunStore::resume(&run, 3, 3.0).unwrap());
        assert_eq!(read_events(&run).unwrap(), events[..3]);
        let connection = Connection::open(run.join("run.sqlite")).unwrap();
        let loss: f64 = connection.query_row("SELECT loss FROM steps WHERE step = 2", [], |r| r.get(0)).unwrap();
        assert_eq!(loss, 0.5);
    }

    #[test]
    fn pauses_and_bisects_come_back_up_to_where_a_resume_begins() {
        let folder = tempfile::tempdir().unwrap();
        let span = |secs, begins| Event::Span(SpanMark { secs, step: 1, kind: SpanKind::Paused, begins });
        let mut store = RunStore::create(folder.path()).unwrap();
        store.append(&[step(1, 1.0), span(1.5, true), span(2.0, false), step(2, 1.0), span(3.0, true)]).unwrap();
        drop(store);
        drop(RunStore::resume(folder.path(), 1, 1.7).unwrap());
        assert_eq!(read_events(folder.path()).unwrap(), [step(1, 1.0), span(1.5, true)]);
    }

    #[test]
    fn a_loss_that_is_not_a_number_is_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = RunStore::create(folder.path()).unwrap();
        store.append(&[step(1, f64::NAN)]).unwrap();
        let Event::Step(back) = &read_events(folder.path()).unwrap()[0] else { panic!("another event") };
        assert_eq!(back.loss, None);
    }

    #[test]
    fn a_folder_that_is_no_run_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_events(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no run is here") && error.contains("run.sqlite"), "{error}");
        assert!(matches!(read_config(folder.path()), Err(StoreError::NoRun(_))));
    }

    #[test]
    fn the_configuration_comes_back_beside_its_notes() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = RunConfig::default();
        config.loader.workers = 7;
        write_config(folder.path(), &["device: CPU\nsecond line".to_owned()], &config).unwrap();
        assert_eq!(read_config(folder.path()).unwrap(), config);
    }
}
