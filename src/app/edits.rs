//! Changes of settings and of the chain by hand: made, kept to be undone, and followed by what depends on them.

use super::datasets::DIR;
use super::jobs::JobKind;
use super::{App, SETTLE, dirs, work};
use crate::config::{Edit, ParamInfo, ParamValue, TransformSpec};
use crate::language::Message;
use crate::ui::state::DatasetState;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Live: an active run is sent it.
pub(super) const WORKERS: &str = "loader.workers";
/// What the folder is read with.
const READ_WITH: &[&str] = &[
    "data.labels",
    "data.image_column",
    "data.label_column",
    "data.part_column",
    "data.max_pixels",
    "data.orientation",
    "data.group",
    "data.slice_axis",
    "data.dicom_window",
];
/// What the split is drawn with.
const SPLIT_WITH: &[&str] = &["data.val_frac", "data.test_frac", "data.split_seed", "data.limit"];
/// What the shown image depends on beside the chain.
const SHOWN_WITH: &[&str] = &["data.channels", "data.max_pixels", "train.seed", "loader.fuse", "loader.scaled_decode"];
/// What the size of a cache depends on beside the chain.
const CACHED_WITH: &[&str] =
    &["data.channels", "data.max_pixels", "loader.fuse", "loader.scaled_decode", "loader.bytes_to_device"];

/// What a training step takes depends on the sections of these beside the chain.
const STEP_OF: &[&str] = &["model.", "optimizer."];
const BATCH_SIZE: &str = "loader.batch_size";

/// What a change of settings leaves to be worked out anew once it has come to rest: each takes a thread that may open files.
#[derive(Debug, Default)]
pub(super) struct Stale {
    /// Since when it rests.
    pub(super) since: Option<Instant>,
    parts: bool,
    /// What a cache takes, and a step with it.
    cache: bool,
    step: bool,
}

impl Stale {
    fn any(&self) -> bool {
        self.parts || self.cache || self.step
    }
}

impl App {
    /// Sets one key, as a person asked for it. `settled` is false while the value is being dragged.
    pub(super) fn set(&mut self, key: &str, value: ParamValue, settled: bool) {
        if key == DIR {
            self.set_dir(&ParamInfo::show_text(&value));
            return;
        }
        if let Some(edit) = Edit::set(&self.state.config, key, value) {
            self.change(edit, settled);
        } else if settled {
            self.state.history.settle();
            self.follow(key, true);
        }
    }

    /// Back to the key's default.
    pub(super) fn reset(&mut self, key: &str) {
        if key == DIR {
            self.set_dir("");
        } else if let Some(edit) = Edit::reset(&self.state.config, key) {
            self.change(edit, true);
        }
    }

    pub(super) fn set_transforms(&mut self, specs: Vec<TransformSpec>, settled: bool) {
        let old = self.state.config.transforms.clone();
        if old != specs {
            self.keep(Edit::Transforms { old, new: specs.clone() }, settled);
        }
        self.put_transforms(specs, settled);
    }

    pub(super) fn undo(&mut self) {
        if let Some(edit) = self.state.to_undo() {
            self.state.history.undone(&self.state.config);
            let said = msg!("window-undone", edit = edit.describe(&self.state.config));
            self.make_and_say(&edit, said);
        }
    }

    pub(super) fn redo(&mut self) {
        if let Some(edit) = self.state.to_redo() {
            self.state.history.redone();
            let said = msg!("window-redone", edit = edit.describe(&self.state.config));
            self.make_and_say(&edit, said);
        }
    }

    /// What it changes need not be in sight.
    fn make_and_say(&mut self, edit: &Edit, said: Message) {
        if self.make(edit, true) {
            self.state.run.note(false, said);
        }
    }

    pub(super) fn change(&mut self, edit: Edit, settled: bool) {
        if self.make(&edit, settled) {
            self.keep(edit, settled);
        }
    }

    pub(super) fn keep(&mut self, edit: Edit, settled: bool) {
        // A drag that was let go some time ago is another change than the next one.
        if self.last_edit.is_none_or(|last| last.elapsed() > SETTLE) {
            self.state.history.settle();
        }
        self.last_edit = Some(Instant::now());
        self.state.history.made(edit, settled);
    }

    /// Makes a change; false where it may not be made now.
    fn make(&mut self, edit: &Edit, settled: bool) -> bool {
        self.state.may_make(edit) && self.make_one(edit, settled)
    }

    fn make_one(&mut self, edit: &Edit, settled: bool) -> bool {
        match edit {
            Edit::Transforms { new, .. } => self.put_transforms(new.clone(), settled),
            // What depends on several of them is worked out once, when they have come to rest.
            Edit::Many { edits, .. } => return edits.iter().all(|edit| self.make_one(edit, false)),
            // Another folder is read rather than set.
            Edit::Set { key, new, .. } if key == DIR => {
                self.open_again(PathBuf::from(ParamInfo::show_text(new)));
            }
            Edit::Set { key, .. } => {
                if let Err(error) = edit.apply(&mut self.state.config) {
                    self.state.run.note(true, error.to_string());
                    return false;
                }
                self.follow(key, settled);
            }
        }
        true
    }

    /// What depends on that key is worked out anew.
    fn follow(&mut self, key: &str, settled: bool) {
        if key == WORKERS {
            self.unsent_workers = Some(Instant::now());
            if settled {
                self.send_workers();
            }
        }
        if READ_WITH.contains(&key) {
            self.unread = Some(Instant::now());
            if settled {
                self.read_dataset_again();
            }
        }
        if SHOWN_WITH.contains(&key) {
            self.preview();
        }
        self.stale.parts |= SPLIT_WITH.contains(&key);
        self.stale.cache |= CACHED_WITH.contains(&key);
        self.stale.step |= key == BATCH_SIZE || STEP_OF.iter().any(|section| key.starts_with(section));
        if self.stale.any() {
            self.stale.since = Some(Instant::now());
            if settled {
                self.work_out_anew();
            }
        }
    }

    /// What settings have made stale and a thread has to work out.
    pub(super) fn work_out_anew(&mut self) {
        let Stale { parts, cache, step, .. } = std::mem::take(&mut self.stale);
        if parts {
            self.split_again();
        }
        if cache {
            self.size_cache();
        } else if step {
            self.size_step();
        }
    }

    pub(super) fn read_dataset_again(&mut self) {
        self.unread = None;
        if let Some(dir) = self.state.dataset.dir().cloned() {
            self.open_dataset(dir);
        }
    }

    fn set_dir(&mut self, text: &str) {
        if self.state.run.live.is_active() {
            return;
        }
        if text.is_empty() {
            self.jobs.cancel(JobKind::Dataset);
            self.before = None;
            self.state.dataset = DatasetState::None;
            self.state.config.data.dir = None;
            self.forget_inspected();
        } else {
            self.open_dataset(dirs::path_from_text(text, std::env::home_dir().as_deref()));
        }
    }

    fn put_transforms(&mut self, specs: Vec<TransformSpec>, settled: bool) {
        self.state.config.transforms = specs;
        self.check_chain();
        self.unsent_transforms = Some(Instant::now());
        if settled {
            self.send_transforms();
            self.size_cache();
        }
        self.preview();
    }

    fn split_again(&mut self) {
        let DatasetState::Ready(ready) = &self.state.dataset else { return };
        let dataset = Arc::clone(&ready.dataset);
        let config = self.state.config.data.clone();
        self.start_job(JobKind::Split, move |job| {
            job.send(work::Report::Split(work::split_parts(&dataset, &config)));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RunConfig;

    #[test]
    fn what_is_followed_are_keys() {
        let config = RunConfig::default();
        for key in [&[DIR, WORKERS, BATCH_SIZE], READ_WITH, SPLIT_WITH, SHOWN_WITH, CACHED_WITH].concat() {
            assert!(config.key(key).is_some(), "{key}");
        }
        let live: Vec<String> = config.keys().into_iter().filter(|key| key.info.live).map(|key| key.path()).collect();
        assert_eq!(live, [WORKERS], "a live key is sent to an active run by `follow`");
    }
}
