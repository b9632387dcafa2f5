//! A run's folder: what lies where, and its configuration.

use super::{StoreError, atomic};
use crate::config::RunConfig;
use crate::system::patiently;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A configuration or a small file beside it is no longer than this.
const MOST_BYTES: u64 = 16 << 20;
pub(super) const CONFIG: &str = "run.toml";
/// When the run began.
pub(super) const BEGAN: &str = "run.began";
const LEFT_OUT: &str = "left-out.txt";

/// The checkpoints of the run in that folder.
pub(super) fn checkpoints_dir(run_dir: &Path) -> PathBuf {
    run_dir.join("checkpoints")
}

/// Where a run lies whose place another one took, by [`set_aside`].
fn aside_dir(run_dir: &Path) -> PathBuf {
    let free = |n: &u32| !run_dir.join(format!("earlier-{n}")).exists();
    let number = (1..).find(free).unwrap_or(u32::MAX);
    run_dir.join(format!("earlier-{number}"))
}

/// A folder is a run's from its configuration on: that is written first.
pub fn is_run(run_dir: &Path) -> bool {
    run_dir.join(CONFIG).is_file()
}

/// Makes the folder. The caller takes its lock next, and may then [`sweep`] it.
///
/// # Errors
/// It cannot be made.
pub fn make(run_dir: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(run_dir).map_err(|source| StoreError::Io { source, path: run_dir.to_owned() })
}

/// Removes what a kill left half written. Only who holds the lock may.
pub fn sweep(run_dir: &Path) {
    atomic::sweep(run_dir);
    atomic::sweep(&checkpoints_dir(run_dir));
}

/// Moves a run's record, checkpoints and configuration into `earlier-N` in its folder, so that another can begin there.
/// Gives that folder.
///
/// # Errors
/// The folder cannot be written.
pub fn set_aside(run_dir: &Path) -> Result<PathBuf, StoreError> {
    let aside = aside_dir(run_dir);
    let io = |source| StoreError::Io { source, path: aside.clone() };
    std::fs::create_dir(&aside).map_err(io)?;
    match move_all(run_dir, &aside, crate::system::rename) {
        Ok(()) => Ok(aside),
        Err(error) => {
            // Where that fails, what is in it could not be moved back.
            let _ = std::fs::remove_dir(&aside);
            Err(io(error))
        }
    }
}

/// What is a run's own in its folder. The configuration last: until that is moved, the folder is still the old run's.
const OF_A_RUN: [&str; 8] =
    ["checkpoints", "run.sqlite", "run.sqlite-wal", "run.sqlite-shm", super::identity::FILE, LEFT_OUT, BEGAN, CONFIG];

/// Moves all of a run, or nothing: one whose record another program has open is not to lose its checkpoints.
fn move_all(from: &Path, to: &Path, rename: impl Fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    for (done, name) in OF_A_RUN.iter().enumerate() {
        match rename(&from.join(name), &to.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                for moved in OF_A_RUN.iter().take(done).rev() {
                    // What was never there cannot come back.
                    let _ = rename(&to.join(moved), &from.join(moved));
                }
                return Err(error);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Lists files that the run does without, one a line. Gives where.
///
/// # Errors
/// The folder cannot be written.
pub fn write_left_out(run_dir: &Path, lines: impl Iterator<Item = String>) -> io::Result<PathBuf> {
    let path = run_dir.join(LEFT_OUT);
    atomic::write_with(&path, |file| lines.into_iter().try_for_each(|line| writeln!(file, "{line}")))?;
    Ok(path)
}

/// Writes `run.toml`: `notes` (versions, device) as comments, then the configuration.
///
/// # Errors
/// The folder cannot be written, or a path of the configuration is no text.
pub fn write_config(run_dir: &Path, notes: &[String], config: &RunConfig) -> Result<(), StoreError> {
    let mut text = String::new();
    for note in notes {
        text.push_str(&format!("# {}\n", note.replace('\n', " ")));
    }
    let path = run_dir.join(CONFIG);
    match config.to_toml() {
        Ok(toml) => text.push_str(&toml),
        Err(source) => return Err(StoreError::Config { source, path }),
    }
    atomic::write(&path, text.as_bytes()).map_err(|source| StoreError::Io { source, path })
}

/// The configuration a run was started with.
///
/// # Errors
/// No run is there, or its `run.toml` was damaged.
pub fn read_config(run_dir: &Path) -> Result<RunConfig, StoreError> {
    read_config_and_text(run_dir).map(|(config, _)| config)
}

/// A run's configuration as it is written; made sense of when somebody asks for it.
#[derive(Debug, Clone, Default)]
pub struct WrittenConfig {
    text: String,
    config: OnceLock<Option<RunConfig>>,
}

impl WrittenConfig {
    /// Text that was read as a configuration before.
    pub(super) fn of(text: String) -> Self {
        Self { text, config: OnceLock::new() }
    }

    /// Nothing where there is none that can be read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// `None` where there is none that can be read.
    pub fn get(&self) -> Option<&RunConfig> {
        self.config.get_or_init(|| RunConfig::from_toml(&self.text).ok().filter(|_| self.exists())).as_ref()
    }

    /// Whether there is one that can be read.
    pub fn exists(&self) -> bool {
        !self.text.is_empty()
    }
}

impl PartialEq for WrittenConfig {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// As [`read_config`], with what it was read from.
pub(super) fn read_config_and_text(run_dir: &Path) -> Result<(RunConfig, String), StoreError> {
    let path = run_dir.join(CONFIG);
    let bytes = match read_small(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(StoreError::NoRun(run_dir.to_owned())),
        Err(source) => return Err(StoreError::ReadConfig { source, path }),
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| StoreError::ReadConfig { source: io::Error::other(tr!("store-no-text")), path: path.clone() })?;
    let config = RunConfig::from_toml(&text).map_err(|source| StoreError::Config { source, path })?;
    Ok((config, text))
}

/// A file's bytes, where it is a file and not longer than it can be: no pipe is waited for, no device is read.
pub(super) fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other(tr!("store-no-file")));
    }
    let mut bytes = Vec::new();
    patiently(|| std::fs::File::open(path))?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(tr!("store-too-long", mib = MOST_BYTES >> 20)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_no_run_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read_config(folder.path()), Err(StoreError::NoRun(_))));
        assert!(!is_run(folder.path()));
        std::fs::create_dir(folder.path().join(CONFIG)).unwrap();
        let error = read_config(folder.path()).unwrap_err().to_string();
        assert!(error.contains("no file") && !is_run(folder.path()), "{error}");
    }

    #[test]
    fn what_stands_in_a_folders_place_is_no_question_of_room() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        for path in [file.join("run"), file] {
            let error = make(&path).unwrap_err().to_string();
            assert!(error.contains("could not be written") && !error.contains("disk full"), "{error}");
        }
    }

    #[test]
    fn the_configuration_comes_back_beside_its_notes() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = RunConfig::default();
        config.loader.workers = 7;
        write_config(folder.path(), &["device: CPU\nsecond line".to_owned()], &config).unwrap();
        assert_eq!(read_config(folder.path()).unwrap(), config);
    }

    #[test]
    fn what_a_run_does_without_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let path = write_left_out(folder.path(), ["a", "b"].map(str::to_owned).into_iter()).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "a\nb\n");
    }

    #[test]
    fn a_run_that_is_set_aside_is_whole_and_its_place_free() {
        let folder = tempfile::tempdir().unwrap();
        for n in 1..3 {
            write_config(folder.path(), &[], &RunConfig::default()).unwrap();
            std::fs::write(folder.path().join("run.sqlite"), format!("record {n}")).unwrap();
            let aside = set_aside(folder.path()).unwrap();
            assert!(aside.ends_with(format!("earlier-{n}")) && is_run(&aside) && !is_run(folder.path()));
            assert_eq!(std::fs::read_to_string(aside.join("run.sqlite")).unwrap(), format!("record {n}"));
        }
    }

    /// As where another program has the record open on Windows.
    #[test]
    fn a_run_that_cannot_be_set_aside_whole_stays_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let [run, aside] = ["run", "aside"].map(|name| folder.path().join(name));
        for dir in [&run, &aside, &run.join("checkpoints")] {
            std::fs::create_dir(dir).unwrap();
        }
        for name in ["checkpoints/step-1", "run.sqlite", CONFIG] {
            std::fs::write(run.join(name), "").unwrap();
        }
        let refused = move_all(&run, &aside, |from, to| match from == run.join("run.sqlite") {
            true => Err(io::Error::other("in use")),
            false => std::fs::rename(from, to),
        });
        assert_eq!(refused.unwrap_err().to_string(), "in use");
        assert!(run.join("checkpoints/step-1").exists() && is_run(&run));
        assert_eq!(std::fs::read_dir(&aside).unwrap().count(), 0);
        move_all(&run, &aside, |from, to| std::fs::rename(from, to)).unwrap();
        assert!(aside.join("checkpoints/step-1").exists() && is_run(&aside) && !is_run(&run));
    }
}
