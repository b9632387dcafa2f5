//! A dataset is read for a command: what hangs in it is said on stderr.

use crate::config::DataConfig;
use crate::console::show_path;
use crate::data::{DataError, Dataset, Waiting, scan_as};
use crate::language::Arg;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// As [`scan_as`], to its end however long that takes.
///
/// # Errors
/// As [`scan_as`].
pub(super) fn scan_said(dir: &Path, config: &DataConfig) -> Result<Dataset, DataError> {
    let mut waits = Waits::default();
    scan_as(dir, config, &mut |progress| {
        waits.tell(progress.waiting.as_ref());
        ControlFlow::Continue(())
    })
}

/// Says once of each file and folder that it is waited for.
#[derive(Default)]
pub(super) struct Waits(Option<PathBuf>);

impl Waits {
    pub fn tell(&mut self, waiting: Option<&Waiting>) {
        let Some(Waiting { path, name, elapsed }) = waiting else { return };
        if self.0.as_ref() == Some(path) {
            return;
        }
        self.0 = Some(path.clone());
        let (lasted, path) = (Arg::duration(elapsed.as_secs_f64()), show_path(path));
        let words = match name {
            Some(name) => msg!("command-waiting-for-file", lasted, path, name),
            None => msg!("command-waiting-for-folder", lasted, path),
        };
        say!("trainscope: {words}");
    }
}
