//! When a run began. That is what puts runs in order: a person may call their folders anything.

use super::folder::{BEGAN, CONFIG, read_small};
use super::{StoreError, atomic, is_run, random};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a run is told from any other by, wherever it lies: drawn when it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunId(String);

#[derive(Serialize, Deserialize)]
struct Began {
    /// Seconds since 1970.
    unix_secs: f64,
    /// Not there in runs of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
}

/// When the run in that folder began: as it was written down then; else by the folder's name, where that begins with the time, as the
/// window's own do; else when its configuration was last written. `None` where nothing tells.
pub fn began_at(run_dir: &Path) -> Option<SystemTime> {
    written_down(run_dir)
        .or_else(|| time_of_name(run_dir.file_name()?.to_str()?))
        .or_else(|| std::fs::metadata(run_dir.join(CONFIG)).ok()?.modified().ok())
}

/// Writes down when the run began, unless that stands there: who goes on with a run does not begin it.
///
/// # Errors
/// The folder cannot be written.
pub fn keep_began(run_dir: &Path, began: SystemTime) -> Result<(), StoreError> {
    if written_down(run_dir).is_some() { Ok(()) } else { write(run_dir, began, None) }
}

/// Writes down that a run begins now; gives what it is told from others by.
///
/// # Errors
/// The folder cannot be written.
pub fn begin_run(run_dir: &Path) -> Result<RunId, StoreError> {
    let run = RunId(random::word(2));
    write(run_dir, SystemTime::now(), Some(run.clone()))?;
    Ok(run)
}

/// What the run in that folder is told from others by; `None` of a run of before, and where that cannot be read.
pub fn run_id(run_dir: &Path) -> Option<RunId> {
    read(run_dir)?.run
}

/// The runs in a folder of runs, first the one that began last.
///
/// # Errors
/// The folder cannot be read.
pub fn newest_first(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let dirs = std::fs::read_dir(dir)?.flatten().map(|entry| entry.path()).filter(|path| is_run(path));
    let mut runs: Vec<(Option<SystemTime>, PathBuf)> = dirs.map(|path| (began_at(&path), path)).collect();
    runs.sort_by(|(began, path), (other_began, other_path)| {
        other_began.cmp(began).then_with(|| other_path.file_name().cmp(&path.file_name()))
    });
    Ok(runs.into_iter().map(|(_, path)| path).collect())
}

fn write(run_dir: &Path, began: SystemTime, run: Option<RunId>) -> Result<(), StoreError> {
    let path = run_dir.join(BEGAN);
    let unix_secs = began.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let text = serde_json::to_vec(&Began { unix_secs, run }).unwrap_or_default();
    atomic::write(&path, &text).map_err(|source| StoreError::Io { source, path })
}

fn read(run_dir: &Path) -> Option<Began> {
    serde_json::from_slice(&read_small(&run_dir.join(BEGAN)).ok()?).ok()
}

fn written_down(run_dir: &Path) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(read(run_dir)?.unix_secs).ok()?)
}

/// Of a name that begins with `20261122-215930` (UTC), as the window calls its runs.
fn time_of_name(name: &str) -> Option<SystemTime> {
    const STAMP: usize = "20261122-215930".len();
    let (stamp, rest) = name.split_at_checked(STAMP)?;
    let (date, time) = stamp.split_once('-').filter(|(date, _)| date.len() == 8)?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(date) || !is_number(time) || !(rest.is_empty() || rest.starts_with('-')) {
        return None;
    }
    let (date, time): (u64, u64) = (date.parse().ok()?, time.parse().ok()?);
    let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
    let (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59
    {
        return None;
    }
    // Days since 1970 (H. Hinnant, "chrono-compatible low-level date algorithms"): years begin in March.
    let year = year - u64::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let year_of_era = year % 400;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = year / 400 * 146_097 + day_of_era - 719_468;
    UNIX_EPOCH.checked_add(Duration::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::super::{newest_run, read_cards, rename_run, set_aside, write_config};
    use super::*;
    use crate::config::RunConfig;

    fn run(dir: &Path) {
        std::fs::create_dir_all(dir).unwrap();
        write_config(dir, &[], &RunConfig::default()).unwrap();
    }

    fn at(secs: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn names_that_begin_with_the_time_tell_it() {
        for (name, secs) in [
            ("19700101-000000", Some(0)),
            ("20000229-000000-small_cnn", Some(951_782_400)),
            ("20261122-215930-small_cnn-2", Some(1_795_384_770)),
            ("21000228-235959", Some(4_107_542_399)),
            ("20261122-215930small", None),
            ("20261322-215930", None),
            ("20261122-245930", None),
            ("2026112-2215930", None),
            ("+0261122-215930", None),
            ("基线基线基线", None),
            ("run", None),
        ] {
            assert_eq!(time_of_name(name), secs.map(at), "{name}");
        }
    }

    /// A name says nothing any more once a person has chosen it.
    #[test]
    fn a_run_that_was_renamed_keeps_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let [older, newer] = ["20260101-100000-a", "20260102-100000-b"].map(|name| folder.path().join(name));
        run(&newer);
        run(&older);
        let renamed = rename_run(&older, "基线").unwrap();
        assert_eq!(newest_first(folder.path()).unwrap(), [newer.clone(), renamed.clone()]);
        assert_eq!(newest_run(folder.path()).unwrap().dir, newer);
        let cards = read_cards(folder.path(), None, &mut || true).unwrap();
        assert_eq!(cards.into_iter().map(|card| card.summary.dir).collect::<Vec<_>>(), [newer, renamed]);
    }

    #[test]
    fn what_was_written_down_is_believed_first_and_goes_with_its_run() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("20260101-100000-a");
        run(&dir);
        keep_began(&dir, at(1_000)).unwrap();
        keep_began(&dir, at(2_000)).unwrap();
        assert_eq!(began_at(&dir), Some(at(1_000)), "a resume does not begin a run");
        let aside = set_aside(&dir).unwrap();
        run(&dir);
        keep_began(&dir, at(3_000)).unwrap();
        assert_eq!((began_at(&aside), began_at(&dir)), (Some(at(1_000)), Some(at(3_000))));
        std::fs::write(dir.join(BEGAN), "{\"unix_secs\":-1.0}").unwrap();
        assert_eq!(began_at(&dir), time_of_name("20260101-100000-a"), "what no run can have written");
    }

    #[test]
    fn a_run_is_told_from_any_other_and_keeps_that_when_it_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("a");
        run(&dir);
        assert_eq!(run_id(&dir), None);
        let first = begin_run(&dir).unwrap();
        keep_began(&dir, at(1_000)).unwrap();
        assert_eq!(run_id(&dir).as_ref(), Some(&first));
        assert_ne!(begin_run(&dir).unwrap(), first);
        std::fs::write(dir.join(BEGAN), "{\"unix_secs\":1000.0}").unwrap();
        assert_eq!((run_id(&dir), began_at(&dir)), (None, Some(at(1_000))), "as a program of before wrote it");
    }

    #[test]
    fn a_run_of_an_older_program_began_when_its_configuration_was_written() {
        let folder = tempfile::tempdir().unwrap();
        for (name, secs) in [("z", 1_000), ("a", 2_000)] {
            let dir = folder.path().join(name);
            run(&dir);
            std::fs::File::options().write(true).open(dir.join(CONFIG)).unwrap().set_modified(at(secs)).unwrap();
        }
        let names: Vec<_> = newest_first(folder.path()).unwrap();
        assert_eq!(names, ["a", "z"].map(|name| folder.path().join(name)));
        assert_eq!(began_at(folder.path()), None);
    }
}
