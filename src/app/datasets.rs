//! Another dataset: read while the one before stands by, kept to be undone, and taken back where it cannot be read.

use super::jobs::JobKind;
use super::{App, persist, work};
use crate::client::Live;
use crate::config::{DataConfig, Edit, ParamValue};
use crate::engine::leaves_many_sizes;
use crate::language::Message;
use crate::protocol::FailureKind;
use crate::ui::inspect::measure::MeasureState;
use crate::ui::state::{DatasetState, NotOpened, PreviewState, ReadyDataset};
use std::path::{Path, PathBuf};

/// The dataset's folder among the settings.
pub(super) const DIR: &str = "data.dir";

/// What stood before another dataset was asked for.
pub(super) struct DatasetBefore {
    ready: Box<ReadyDataset>,
    data: DataConfig,
    image: usize,
    why: Opening,
}

/// Why a folder is read, which says with what settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Of another folder's settings those go that name its files, tables and columns.
    ByHand,
    /// By undoing or redoing, which is no change of its own: with all that it was read with before.
    ByHistory,
    /// As a run did, by [`App::open_as_run`].
    AsRun,
}

impl App {
    /// Reads the dataset in this folder.
    pub fn open_dataset(&mut self, dir: PathBuf) {
        self.open(dir, Opening::ByHand);
    }

    /// The same, as undoing and redoing ask for it.
    pub(super) fn open_again(&mut self, dir: PathBuf) {
        self.open(dir, Opening::ByHistory);
    }

    /// The same, with the settings that a run read it with.
    pub(super) fn open_as_run(&mut self, dir: PathBuf, data: DataConfig) {
        self.read_as.insert(dir.clone(), data);
        self.open(dir, Opening::AsRun);
    }

    fn open(&mut self, dir: PathBuf, why: Opening) {
        let is_another = self.state.config.data.dir.as_ref() != Some(&dir);
        self.state.not_opened = None;
        self.put_by(why);
        if dir.to_str().is_none() {
            // No configuration could hold it.
            self.jobs.cancel(JobKind::Dataset);
            return self.not_opened(dir, msg!("window-path-no-text"));
        }
        if is_another && let Some(before) = self.state.config.data.dir.clone() {
            self.read_as.insert(before, self.state.config.data.clone());
        }
        if is_another {
            // Names of another folder's files, tables and columns; or of this one's, where it was read before.
            let known = self.read_as.get(&dir).cloned();
            let data = &mut self.state.config.data;
            match (known, why) {
                (Some(known), Opening::ByHistory | Opening::AsRun) => *data = known,
                (known, _) => {
                    let known = known.unwrap_or_default();
                    data.quarantine = known.quarantine;
                    data.labels = known.labels;
                    data.image_column = known.image_column;
                    data.label_column = known.label_column;
                    data.part_column = known.part_column;
                }
            }
        }
        self.state.dataset = DatasetState::Scanning { dir: dir.clone(), progress: None };
        self.state.config.data.dir = Some(dir.clone());
        self.state.preview = PreviewState::default();
        self.state.cache_sizes = None;
        self.state.step_costs = None;
        self.forget_inspected();
        let config = self.state.config.data.clone();
        self.start_job(JobKind::Dataset, move |job| work::scan(job, &dir, &config));
    }

    /// A file hangs: it is left out from now on, and what waits for it begins anew.
    pub(super) fn leave_out(&mut self, name: &str) {
        self.take_quarantined(name);
        if let DatasetState::Scanning { .. } = self.state.dataset {
            self.read_dataset_again();
        } else if let MeasureState::Busy(_) = self.state.inspect.measure {
            self.measure();
        }
    }

    /// Sample images are drawn, and read then.
    pub(super) fn draw_samples(&mut self) {
        let dir = self.dirs.samples();
        self.put_by(Opening::ByHand);
        self.state.not_opened = None;
        self.state.dataset = DatasetState::WritingSamples { dir: dir.clone(), done: 0, total: 0 };
        self.start_job(JobKind::Dataset, move |job| work::draw_samples(job, &dir));
    }

    pub(super) fn take_dataset(&mut self, ready: Box<ReadyDataset>) {
        self.dismiss_failure_of_other_data(&ready.opened);
        let fits_chain = self.is_chain_to_fit(&ready.opened);
        self.remember_opened(&ready.opened);
        // Before the change of the chain, which is taken back first.
        self.keep_dataset_edit(&ready.opened);
        if self.state.config.transforms.is_empty() {
            self.state.config = crate::engine::complete_chain(self.state.config.clone(), &ready.dataset);
        } else if fits_chain {
            self.fit_chain(&ready.dataset);
        }
        self.show_dataset(ready);
    }

    fn show_dataset(&mut self, ready: Box<ReadyDataset>) {
        self.state.dataset = DatasetState::Ready(ready);
        self.check_chain();
        self.filter(self.state.inspect.filter);
        self.size_cache();
        self.preview();
    }

    /// Keeps the dataset that is shown until another one is.
    fn put_by(&mut self, why: Opening) {
        match std::mem::take(&mut self.state.dataset) {
            DatasetState::Ready(ready) => {
                let (data, image) = (self.state.config.data.clone(), self.state.preview.index);
                self.before = Some(DatasetBefore { ready, data, image, why });
            }
            other => self.state.dataset = other,
        }
    }

    /// It could not be read: the one before stands again, where it is another one.
    pub(super) fn not_opened(&mut self, dir: PathBuf, error: Message) {
        if self.before.as_ref().is_some_and(|before| before.ready.opened != dir) {
            self.take_dataset_back();
            self.state.not_opened = Some(NotOpened { dir, error });
        } else {
            self.before = None;
            self.state.dataset = DatasetState::Failed { dir, error };
        }
    }

    /// Reading was cancelled, or went wrong: what stood before stands again, if anything did.
    pub(super) fn take_dataset_back(&mut self) {
        match self.before.take() {
            Some(before) => {
                self.state.config.data = before.data;
                self.state.preview.index = before.image;
                self.show_dataset(before.ready);
            }
            None => {
                self.state.dataset = DatasetState::None;
                self.state.config.data.dir = None;
            }
        }
    }

    /// A run that could not use its data: what is read now is not that, or may have been mended.
    pub(super) fn dismiss_failure_of_other_data(&mut self, opened: &Path) {
        let run = &mut self.state.run;
        let is_its_own = run.started.as_ref().is_some_and(|started| started.config.data.dir.as_deref() == Some(opened));
        if !is_its_own && matches!(run.live, Live::Failed { kind: FailureKind::Data, .. }) {
            self.state.view.banner_dismissed = true;
            // One that began has curves, and came to what it did.
            if run.started.is_none() {
                run.live = Live::Idle;
            }
        }
    }

    /// What was read is found again among the folders opened lately.
    pub(super) fn remember_opened(&mut self, dir: &Path) {
        self.state.recent.retain(|recent| recent != dir);
        self.state.recent.insert(0, dir.to_owned());
        self.state.recent.truncate(persist::MAX_RECENT);
    }

    /// The chain is made fit for what was read; not where history brings both as they were, nor where the same folder was left
    /// with a chain that does not fit.
    pub(super) fn is_chain_to_fit(&self, opened: &Path) -> bool {
        self.before.as_ref().is_none_or(|before| {
            let left_so = before.ready.opened == opened
                && leaves_many_sizes(&before.ready.dataset, &self.state.config.transforms);
            before.why != Opening::ByHistory && !left_so
        })
    }

    /// Another dataset is read: a change that can be undone.
    pub(super) fn keep_dataset_edit(&mut self, opened: &Path) {
        let is_change = |before: &DatasetBefore| before.ready.opened != opened && before.why != Opening::ByHistory;
        let Some(before) = self.before.take().filter(is_change) else {
            return;
        };
        let text = |dir: &Path| dir.to_str().map(|text| ParamValue::Text(text.to_owned()));
        if let (Some(old), Some(new)) = (text(&before.ready.opened), text(opened)) {
            self.keep(Edit::Set { key: DIR.to_owned(), old, new }, true);
        }
    }
}
