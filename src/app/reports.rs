//! What the background jobs report, and where each report goes.

use super::App;
use super::jobs::JobKind;
use super::work::{self, Pick, Report};
use crate::client::Judges;
use crate::ui::inspect::measure::MeasureState;
use crate::ui::state::{DatasetState, ExportState};

impl App {
    pub(super) fn take_report(&mut self, report: Report) {
        match report {
            Report::Scanning(now) => {
                if let DatasetState::Scanning { progress, .. } = &mut self.state.dataset {
                    *progress = Some(now);
                }
            }
            Report::Scanned(Ok(ready)) => self.take_dataset(ready),
            Report::Scanned(Err(error)) => {
                let dir = self.state.dataset.dir().cloned().unwrap_or_default();
                self.not_opened(dir, error);
            }
            Report::DrawingSamples { done: now_done, total: of } => {
                if let DatasetState::WritingSamples { done, total, .. } = &mut self.state.dataset {
                    (*done, *total) = (now_done, of);
                }
            }
            Report::SamplesDrawn(Ok(dir)) => self.open_dataset(dir),
            Report::SamplesDrawn(Err(error)) => {
                let dir = self.dirs.samples();
                self.not_opened(dir, error);
            }
            Report::Split(split) => {
                if let DatasetState::Ready(ready) = &mut self.state.dataset {
                    (ready.split, ready.parts, ready.part_counts) = (split.counts, split.parts, split.by_class);
                }
                self.filter(self.state.inspect.filter);
                self.size_cache();
            }
            Report::CacheSizes(sizes) => self.state.cache_sizes = Some(sizes),
            Report::StepCosts(costs) => self.state.step_costs = costs,
            Report::Preview(result) => {
                self.state.preview.busy = false;
                match result {
                    Ok(images) => {
                        self.state.preview.error = None;
                        self.state.preview.shown = Some(images.into_preview(&self.ctx));
                    }
                    Err(error) => self.state.preview.error = Some(error),
                }
            }
            Report::Examining(progress) => self.state.doctor.busy = Some(progress),
            Report::Examined(report) => {
                self.state.doctor.busy = None;
                self.state.doctor.report = Some(report);
            }
            Report::Measuring(progress) => self.state.inspect.measure = MeasureState::Busy(Some(progress)),
            Report::Measured(result) => {
                self.state.inspect.measure =
                    result.map_or_else(|error| MeasureState::Failed(error.into()), MeasureState::Done);
            }
            Report::Trace(result) => {
                let trace = &mut self.state.inspect.trace;
                trace.busy = false;
                (trace.shown, trace.error) = match result {
                    Ok(images) => (Some(images.into_trace(&self.ctx)), None),
                    Err(error) => (None, Some(error)),
                };
            }
            Report::Picked { what: Pick::Dataset | Pick::LabelFile, path: Some(dir) } => self.open_asked(dir),
            Report::Picked { what: Pick::ExportFile, path: Some(path) } => self.forms.export.set_path(&path),
            Report::Picked { what: Pick::ChainFile, path: Some(path) } => {
                self.start_job(JobKind::Chain, move |job| work::read_chain(job, &path));
            }
            Report::Picked { what: Pick::SaveChain, path: Some(path) } => {
                let toml = crate::config::transforms_to_toml(&self.state.config.transforms);
                self.start_job(JobKind::Chain, move |job| work::save_chain(job, &path, &toml));
            }
            Report::Picked { what: Pick::SaveTrace, path: Some(path) } => self.save_trace(path),
            Report::Picked { what: Pick::JudgeFolder, path: Some(path) } => self.judge(Judges::Folder(path)),
            Report::PickedImages(images) => self.judge(Judges::Images(images)),
            // Images come by a report of their own.
            Report::Picked { what: Pick::JudgeImages, .. } | Report::Picked { path: None, .. } => {}
            Report::TraceSaved(result) => self.trace_saved(result),
            Report::ChainText(Ok(text)) => self.forms.paste.set_text(text),
            Report::ChainSaved(Ok(path)) => {
                self.state.run.note(false, msg!("window-chain-saved", file = path.display().to_string()))
            }
            Report::ChainText(Err(error)) | Report::ChainSaved(Err(error)) => self.state.run.note(true, error),
            Report::NoDialog(what) => {
                self.state.run.note(true, msg!("window-no-file-dialog"));
                match what {
                    Pick::Dataset | Pick::LabelFile => self.forms.ask_for_dataset(),
                    Pick::ChainFile | Pick::SaveChain | Pick::SaveTrace | Pick::JudgeFolder => {
                        self.ask_for_path(what, None);
                    }
                    // The first has a field already, and the second takes what is dropped onto the window.
                    Pick::ExportFile | Pick::JudgeImages => {}
                }
            }
            Report::FileExists(what, path) => {
                self.ask_for_path(what, Some(msg!("window-file-exists", file = path.display().to_string())));
            }
            Report::Devices(result) => {
                self.state.devices.refreshing = false;
                match result {
                    Ok(devices) => self.state.devices.list = devices,
                    Err(error) => self.state.devices.error = Some(error),
                }
            }
            Report::Exported(result) => {
                self.state.export = match result {
                    Ok(files) => {
                        for file in &files {
                            self.state.run.note(false, msg!("window-written", file = file.display().to_string()));
                        }
                        ExportState::Done(files)
                    }
                    Err(error) => ExportState::Failed(error),
                };
            }
            Report::ExportExists(files, request) => self.state.export = ExportState::Exists { files, request },
            Report::OpenFailed(error) => self.state.run.note(true, error),
            Report::CanResume(offer) => {
                self.state.resume = offer;
                // By now its engine has let go of the folder.
                self.read_runs_in_sight();
            }
            Report::RunRead(result, on_changed_data) => self.resume_with(result, on_changed_data),
            Report::LastRun(last) => self.show_last_run(last),
            Report::RecentRuns { runs, going_on } => self.take_recent_runs(runs, going_on),
            Report::RunsUnread(error) => self.note_once(error),
            Report::Shown(run, go_on) => self.take_shown_run(run, go_on),
            Report::CaughtUp(run) => self.take_caught_up(run),
            Report::WithoutFont(languages) => self.state.without_font = languages,
            Report::Sweep(news) => self.take_sweep(news),
            Report::Runs(news) => self.take_runs(news),
            Report::Judging(judging) => self.take_judging(judging),
        }
    }
}
