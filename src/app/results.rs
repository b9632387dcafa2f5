//! The page of results: test images are judged by a process of its own, and shown among the dataset's.

use super::App;
use super::jobs::JobKind;
use super::work::Report;
use crate::client::{JudgeError, Judged, judge};
use crate::ui::Page;
use crate::ui::inspect::state::InspectTab;
use crate::ui::results::state::ResultsCommand;
use crate::ui::state::UiCommand;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const TOLD_EVERY: Duration = Duration::from_millis(100);

/// How far it has come.
pub enum Judging {
    Now(u64, u64),
    Over(Result<Box<Judged>, JudgeError>, PathBuf),
}

impl App {
    pub(super) fn apply_results(&mut self, command: ResultsCommand) {
        self.state.results.error = None;
        match command {
            ResultsCommand::Judge => {
                let Some(run_dir) = self.state.run_dir.clone().filter(|_| !self.state.run.live.is_active()) else {
                    return;
                };
                self.state.results.busy = Some((0, 0));
                self.start_job(JobKind::Judge, move |job| {
                    let mut told: Option<Instant> = None;
                    let judged = judge(&run_dir, None, &mut |judged| {
                        if told.is_none_or(|last| last.elapsed() >= TOLD_EVERY) {
                            told = Some(Instant::now());
                            job.send(Report::Judging(Judging::Now(judged.images.len() as u64, judged.total)));
                        }
                        if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                    });
                    job.send(Report::Judging(Judging::Over(judged.map(Box::new), run_dir)));
                });
            }
            ResultsCommand::Cancel => {
                self.jobs.cancel(JobKind::Judge);
                self.state.results.busy = None;
            }
            ResultsCommand::ShowImage(path) => self.show_image(&path),
        }
    }

    pub(super) fn take_judging(&mut self, judging: Judging) {
        let results = &mut self.state.results;
        match judging {
            Judging::Now(done, total) => results.busy = Some((done, total)),
            Judging::Over(judged, run_dir) => {
                results.busy = None;
                match judged {
                    Ok(judged) => (results.judged, results.run_dir) = (Some(*judged), Some(run_dir)),
                    Err(error) => results.error = Some(error.0),
                }
            }
        }
    }

    /// The image in the dataset that stands in the window, where it is one of it.
    fn show_image(&mut self, path: &Path) {
        let found = self.state.dataset.ready().and_then(|ready| {
            let mut at = PathBuf::new();
            (0..ready.dataset.len()).find(|image| {
                ready.dataset.path_into(*image, &mut at);
                at == path
            })
        });
        match found {
            Some(image) => {
                self.apply(UiCommand::ShowPage(Page::INSPECT));
                self.apply(UiCommand::ShowInspectTab(InspectTab::Chain));
                self.apply(UiCommand::SelectImage(image));
            }
            None => {
                self.state.results.error = Some(msg!("page-results-not-in-dataset", path = path.display().to_string()));
            }
        }
    }
}
