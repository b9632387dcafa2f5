//! Files that a run does without: counted once each, named in a list beside its record.

use crate::console::show_path;
use crate::data::Dataset;
use crate::language::Message;
use crate::loader::SampleFailure;
use crate::store::{RunPlace, write_left_out};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Images of a run that could not be loaded, each once, with why it was the first time.
#[derive(Debug, Default)]
pub(in crate::engine) struct LeftOut(Mutex<BTreeMap<u32, String>>);

impl LeftOut {
    /// True where that image was not left out before.
    pub fn add(&self, failure: &SampleFailure) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let words = || line(&format!("{}: {}", failure.place.words(), failure.reason), &failure.path);
        let before = all.len();
        all.entry(failure.sample).or_insert_with(words);
        all.len() > before
    }

    /// How many images these are.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Lists in the run's folder what the scan left out, and these.
    ///
    /// # Errors
    /// The folder cannot be written, in words.
    pub fn write(&self, place: &RunPlace, dataset: &Dataset) -> Result<PathBuf, Message> {
        place.check().map_err(|error| error.message())?;
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let scanned = dataset.bad_files.iter().map(|bad| line(&bad.reason.to_string(), &bad.path));
        write_left_out(place.run_dir(), scanned.chain(all.values().cloned())).map_err(|error| error.to_string().into())
    }
}

fn line(reason: &str, path: &Path) -> String {
    format!("{reason}: {}", show_path(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Stage;

    fn failure(sample: u32) -> SampleFailure {
        SampleFailure {
            sample,
            path: format!("{sample}.png").into(),
            place: Stage::Decode.into(),
            reason: "cut off".into(),
        }
    }

    #[test]
    fn an_image_that_fails_in_every_epoch_is_one() {
        let left_out = LeftOut::default();
        let added: Vec<bool> = [7, 3, 7, 7].map(|sample| left_out.add(&failure(sample))).to_vec();
        assert_eq!((added, left_out.len()), (vec![true, true, false, false], 2));
    }
}
