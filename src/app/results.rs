//! The page of results: images are judged by a process of its own, and shown among the dataset's.

use super::App;
use super::jobs::JobKind;
use super::work::{Pick, Report};
use crate::client::{JudgeError, Judged, Judges};
use crate::data::is_image_name;
use crate::ui::Page;
use crate::ui::results::state::{JudgedSet, ResultsCommand};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const TOLD_EVERY: Duration = Duration::from_millis(100);

/// Judges images; the last is told of each and may end it.
pub type Judge =
    dyn Fn(&Path, &Judges, &mut dyn FnMut(&Judged) -> ControlFlow<()>) -> Result<Judged, JudgeError> + Send + Sync;

/// How far it has come.
pub enum Judging {
    Now(u64, u64),
    Over(Result<Box<Judged>, JudgeError>, Judges, PathBuf),
}

impl App {
    pub(super) fn apply_results(&mut self, command: ResultsCommand) {
        self.state.results.error = None;
        match command {
            ResultsCommand::Judge(judges) => self.judge(judges),
            ResultsCommand::ChooseFolder => self.pick(Pick::JudgeFolder, self.state.dataset.dir().cloned()),
            ResultsCommand::ChooseImages => self.pick(Pick::JudgeImages, self.state.dataset.dir().cloned()),
            ResultsCommand::Cancel => {
                self.jobs.cancel(JobKind::Judge);
                self.state.results.busy = None;
            }
            ResultsCommand::ForgetJudged => self.state.results.judged = None,
            ResultsCommand::ForgetPredicted => self.state.results.predicted = None,
            ResultsCommand::ShowImage(path) => self.state.results.error = self.show_image(&path, None).err(),
        }
    }

    /// Has images judged by the network of the run shown, where it has one that is at rest.
    pub(super) fn judge(&mut self, judges: Judges) {
        if self.state.run.live.is_active() {
            // It was begun while a dialog stood open.
            self.state.results.error = Some(msg!("page-runs-busy"));
            return;
        }
        let Some(run_dir) = self.state.run_dir.clone() else { return };
        self.state.results.error = None;
        self.state.results.busy = Some((0, 0));
        let judge = Arc::clone(&self.judge);
        self.start_job(JobKind::Judge, move |job| {
            let mut told: Option<Instant> = None;
            let judged = judge(&run_dir, &judges, &mut |judged| {
                if told.is_none_or(|last| last.elapsed() >= TOLD_EVERY) {
                    told = Some(Instant::now());
                    job.send(Report::Judging(Judging::Now(judged.images.len() as u64, judged.total)));
                }
                if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            job.send(Report::Judging(Judging::Over(judged.map(Box::new), judges, run_dir)));
        });
    }

    /// What is dropped on the page of results is asked about; false where nothing can be.
    pub(super) fn judge_dropped(&mut self, paths: &[PathBuf]) -> bool {
        let can = self.state.view.page == Page::RESULTS
            && self.state.run.started.is_some()
            && !self.state.run.live.is_active();
        if !can || paths.is_empty() {
            return false;
        }
        // What is not an image by its name is a folder, or a table that says what is what.
        let is_image = |path: &PathBuf| path.file_name().is_some_and(|name| is_image_name(&name.to_string_lossy()));
        match paths {
            [one] if !is_image(one) => self.judge(Judges::Folder(one.clone())),
            several => self.judge(Judges::Images(several.to_vec())),
        }
        true
    }

    pub(super) fn take_judging(&mut self, judging: Judging) {
        let results = &mut self.state.results;
        match judging {
            Judging::Now(done, total) => results.busy = Some((done, total)),
            Judging::Over(judged, judges, run_dir) => {
                results.busy = None;
                if results.run_dir.as_ref() != Some(&run_dir) {
                    // What stands there was said by another network.
                    (results.judged, results.predicted, results.run_dir) = (None, None, Some(run_dir));
                }
                match (judged, judges) {
                    (Ok(judged), Judges::Images(_)) => results.predicted = Some(*judged),
                    (Ok(judged), judges) => results.judged = Some(JudgedSet::new(judges, *judged)),
                    (Err(error), _) => results.error = Some(error.0),
                }
            }
        }
    }
}
