//! The one match that carries out what panels ask for.

use super::jobs::JobKind;
use super::preview::{self, PreviewRequest};
use super::work::{self, Pick};
use super::{App, dirs};
use crate::config::{Edit, Preset, TransformSpec};
use crate::data::Dataset;
use crate::language::{Language, Message, sides};
use crate::protocol::{BisectRequest, Command, OnChangedData};
use crate::transform::{Chain, chain_presets, with_resize};
use crate::ui;
use crate::ui::inspect::measure::MeasureState;
use crate::ui::state::{AskedPath, CloseAnswer, Closing, DatasetState, ExportState, UiCommand};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

impl App {
    pub(super) fn apply(&mut self, command: UiCommand) {
        if command.is_change() {
            ui::forget_refused(&self.ctx);
        }
        match command {
            UiCommand::OpenDataset(text) => {
                self.open_asked(dirs::path_from_text(&text, std::env::home_dir().as_deref()));
            }
            UiCommand::ChooseDataset => {
                let start = self.state.dataset.dir().cloned();
                self.pick(Pick::Dataset, start);
            }
            UiCommand::ChooseLabelFile => {
                let start = self.state.dataset.dir().cloned();
                self.pick(Pick::LabelFile, start);
            }
            UiCommand::RescanDataset => self.read_dataset_again(),
            UiCommand::CancelScan => {
                self.jobs.cancel(JobKind::Dataset);
                self.take_dataset_back();
            }
            UiCommand::LeaveOut(name) => self.leave_out(&name),
            UiCommand::DismissNotOpened => self.state.not_opened = None,
            UiCommand::ForgetRecent(dir) => self.state.recent.retain(|recent| *recent != dir),
            UiCommand::TrySampleImages => {
                if self.may_change_dataset() {
                    self.draw_samples();
                }
            }
            UiCommand::SetTransforms { specs, settled } => self.set_transforms(specs, settled),
            UiCommand::TakeBackTransforms => self.take_back_transforms(),
            UiCommand::UsePreset(key) => self.use_preset(key),
            UiCommand::UseTraining(name) => self.use_training(name),
            UiCommand::ShowPaste(open) => self.state.view.paste_open = open,
            UiCommand::ChooseChainFile => self.pick(Pick::ChainFile, None),
            UiCommand::SaveChain => self.pick(Pick::SaveChain, None),
            UiCommand::GivePath(text) => self.take_typed_path(text),
            UiCommand::Set { key, value, settled } => self.set(&key, value, settled),
            UiCommand::Reset(key) => self.reset(&key),
            UiCommand::Undo => self.undo(),
            UiCommand::Redo => self.redo(),
            UiCommand::PreviewStep(step) => {
                if let Some(ready) = self.state.dataset.ready() {
                    let len = ready.dataset.len().max(1) as i64;
                    self.state.preview.index = (self.state.preview.index as i64 + step).rem_euclid(len) as usize;
                    self.preview();
                }
            }
            UiCommand::PreviewDraw(step) => self.set_draw(self.state.preview.draw.saturating_add_signed(step)),
            UiCommand::SetDraw(draw) => self.set_draw(draw),
            UiCommand::NewDraw => self.set_draw(self.state.preview.newest_draw.saturating_add(1)),
            UiCommand::ShowPage(page) => self.show_page(page),
            UiCommand::ShowInspectTab(tab) => {
                self.state.inspect.tab = tab;
                self.trace();
            }
            UiCommand::FilterImages(filter) => self.filter(filter),
            UiCommand::SetThumbSide(side) => self.state.inspect.thumb_side = side,
            UiCommand::SelectImage(image) => self.select_image(image),
            UiCommand::SelectStep(step) => {
                if let Some(image) = self.state.inspect.shown.step(self.state.preview.index, step) {
                    self.select_image(image);
                }
            }
            UiCommand::Measure => self.measure(),
            UiCommand::CancelMeasure => {
                self.jobs.cancel(JobKind::Measure);
                self.state.inspect.measure = MeasureState::Idle;
            }
            UiCommand::LookAt { images, side } => self.look_at(&images, side),
            UiCommand::TakeTrace(secs) => self.take_trace(secs),
            UiCommand::FollowTrace(secs) => self.state.timeline.live_secs = secs,
            UiCommand::SaveTrace => self.pick(Pick::SaveTrace, self.state.run_dir.clone()),
            UiCommand::ShowDraw { file, draw } => self.show_draw(&file, draw),
            UiCommand::ExamineMachine => self.examine_machine(),
            UiCommand::CancelExamination => {
                self.jobs.cancel(JobKind::Doctor);
                self.state.doctor.busy = None;
            }
            UiCommand::RefreshDevices => self.refresh_devices(),
            UiCommand::Start => self.start_run(SystemTime::now()),
            UiCommand::Pause => self.send(Command::Pause),
            UiCommand::Resume => self.send(Command::Resume),
            UiCommand::Stop => self.stop_run(),
            UiCommand::Bisect { budget_secs, thorough, go_on } => {
                // What is still being typed belongs to the chain that is tried.
                self.send_transforms();
                self.state.chain_before_bisect = Some(self.state.config.transforms.clone());
                self.send(Command::Bisect(BisectRequest { budget_secs, thorough, go_on }));
            }
            UiCommand::MeasureCeilings => self.send(Command::MeasureCeilings),
            UiCommand::StopBisect => self.send(Command::StopBisect),
            UiCommand::EndEngine => {
                if let Some(engine) = &self.engine {
                    engine.kill();
                }
            }
            UiCommand::StartSweep(request) => self.start_sweep(request, SystemTime::now()),
            UiCommand::CancelSweep => self.cancel_sweep(),
            UiCommand::ShowRun(run_dir) => self.show_run(run_dir, false),
            UiCommand::ResumeRunAt(run_dir) => self.show_run(run_dir, true),
            UiCommand::Attach(run_dir) => self.attach(run_dir),
            UiCommand::ResumeRun => self.read_run_to_resume(OnChangedData::Refuse),
            UiCommand::ResumeChanged(on_changed_data) => self.read_run_to_resume(on_changed_data),
            UiCommand::RestartEngine { quarantine, workers } => self.restart_engine(quarantine, workers),
            UiCommand::AnswerStall(answer) => self.answer_stall(answer),
            // The one of a run that goes on is not the one that says how it ended.
            UiCommand::DismissBanner if self.state.run.live.is_active() => self.keep_range(),
            UiCommand::DismissBanner if self.state.lacks_font => self.state.lacks_font = false,
            UiCommand::DismissBanner if self.state.going_on.is_some() => self.state.going_on = None,
            UiCommand::DismissBanner => self.state.view.banner_dismissed = true,
            UiCommand::ShowAlone(name) => self.state.view.alone = name,
            UiCommand::HidePlot { name, hidden } => {
                self.state.view.hidden_plots.retain(|h| *h != name);
                if hidden {
                    self.state.view.hidden_plots.push(name);
                }
            }
            UiCommand::ViewPlots(view) => self.state.view.plots = *view,
            UiCommand::Runs(command) => self.apply_runs(command),
            UiCommand::Results(command) => self.apply_results(command),
            UiCommand::ShowExport(open) => {
                self.state.view.export_open = open;
                if self.state.export != ExportState::Busy {
                    self.state.export = ExportState::Idle;
                }
            }
            UiCommand::ChooseExportPath(path) => self.pick(Pick::ExportFile, Some(PathBuf::from(path))),
            UiCommand::Export(request) => {
                self.state.export = ExportState::Busy;
                // A copy: the run goes on while it is drawn.
                let own = self.state.run.started.is_some().then(|| Arc::new(self.state.run.clone()));
                let overlaid = self.state.runs_laid_over().map(|overlaid| Arc::clone(&overlaid.run));
                let runs: Vec<_> = own.into_iter().chain(overlaid).collect();
                self.start_job(JobKind::Export, move |job| work::export(job, &runs, &request));
            }
            UiCommand::ShowAbout(open) => self.state.view.about_open = open,
            UiCommand::ShowKeys(open) => self.state.view.keys_open = open,
            UiCommand::Close => self.ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            UiCommand::ShowPalette(open) => self.state.view.palette_open = open,
            UiCommand::SetLanguage(language) => {
                self.state.view.language = language;
                self.speak(language.unwrap_or_else(Language::wanted));
                // Why the chain cannot run is kept as words.
                self.check_chain();
                self.preview();
            }
            UiCommand::SetTheme(theme) => {
                self.state.view.theme = theme;
                self.ctx.set_theme(theme);
            }
            UiCommand::OpenFolder(dir) => {
                self.start_job(JobKind::OpenFolder, move |job| work::open_folder(job, &dir));
            }
            UiCommand::AnswerClose(answer) => self.answer_close(answer),
        }
    }

    /// One dialog at a time: a second would hide behind the first.
    pub(super) fn pick(&mut self, what: Pick, start: Option<PathBuf>) {
        if self.jobs.is_running(JobKind::Dialog) {
            self.state.run.note(true, msg!("window-dialog-open"));
        } else {
            self.start_job(JobKind::Dialog, move |job| work::pick(job, what, start));
        }
    }

    /// Has the path typed that no dialog could be had for.
    pub(super) fn ask_for_path(&mut self, what: Pick, refused: Option<Message>) {
        self.path_for = Some(what);
        self.state.view.asked_path = Some(AskedPath { title: what.title(), refused });
    }

    fn take_typed_path(&mut self, text: Option<String>) {
        self.state.view.asked_path = None;
        if let Some((what, text)) = self.path_for.take().zip(text) {
            let path = dirs::path_from_text(&text, std::env::home_dir().as_deref());
            self.start_job(JobKind::Dialog, move |job| work::take_typed(job, what, path));
        }
    }

    /// Reads the dataset that a person asked for, by a path or in a dialog that may have stood open for long.
    pub(super) fn open_asked(&mut self, dir: PathBuf) {
        if self.may_change_dataset() {
            self.open_dataset(dir);
        }
    }

    /// An active run keeps its dataset, and says so.
    fn may_change_dataset(&mut self) -> bool {
        let active = self.state.run.live.is_active();
        if active {
            self.state.run.note(true, msg!("window-not-dataset"));
        }
        !active
    }

    fn answer_close(&mut self, answer: CloseAnswer) {
        match answer {
            CloseAnswer::KeepTraining => {
                self.state.view.asking_to_close = false;
                self.state.view.closing = None;
            }
            CloseAnswer::GoOn => {
                // It was begun to go on without its client: letting go of it is all.
                self.engine = None;
                self.close_now();
            }
            CloseAnswer::Stop(closing) => {
                self.state.view.closing = Some(closing);
                if closing == Closing::AfterStep {
                    self.stop_run();
                }
            }
            CloseAnswer::CloseNow => {
                if let Some(engine) = &self.engine {
                    engine.kill();
                }
                self.close_now();
            }
        }
    }

    /// Closes the window without a question.
    pub(super) fn close_now(&mut self) {
        self.closing = true;
        self.ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }

    fn use_preset(&mut self, key: &str) {
        if let Some(chain) = self.chain_of_preset(key) {
            self.set_transforms(chain, true);
        }
    }

    /// That preset's chain, fit to the dataset; `None` where there is no such preset.
    fn chain_of_preset(&self, key: &str) -> Option<Vec<TransformSpec>> {
        let preset = chain_presets().iter().find(|preset| preset.key == key)?;
        let (resize, channels) = match &self.state.dataset {
            DatasetState::Ready(ready) => (
                crate::engine::resize_for(&ready.dataset, &self.state.config.model.name),
                ready.dataset.channels(self.state.config.data.channels),
            ),
            _ => (None, 3),
        };
        Some(preset.chain(resize, channels))
    }

    /// Settings and chain at once: one change that can be undone.
    fn use_training(&mut self, name: &str) {
        let Some(preset) = Preset::find(name).filter(|_| !self.state.run.live.is_active()) else { return };
        let Some(chain) = self.chain_of_preset(preset.chain) else { return };
        if let Some(edit) = Edit::preset(&self.state.config, preset, chain) {
            self.change(edit, true);
        }
    }

    /// A chain kept from another dataset gets a Resize where this one's images differ in size: a change that can be undone.
    pub(super) fn fit_chain(&mut self, dataset: &Dataset) {
        let Some(size) = crate::engine::resize_for(dataset, &self.state.config.model.name) else { return };
        let old = self.state.config.transforms.clone();
        if !crate::engine::leaves_many_sizes(dataset, &old) {
            return;
        }
        let new = with_resize(&old, size);
        self.state.config.transforms.clone_from(&new);
        self.keep(Edit::Transforms { old, new }, true);
        self.state.run.note(false, msg!("window-resize-put-in", size = sides(&size)));
        self.check_chain();
    }

    pub(super) fn check_chain(&mut self) {
        let specs = &self.state.config.transforms;
        self.state.chain_error = Chain::build(specs).err().map(|e| e.to_string().into());
        let ready = self.state.dataset.ready();
        self.state.many_sizes = ready.is_some_and(|ready| crate::engine::leaves_many_sizes(&ready.dataset, specs));
    }

    /// Works out what a cache would take: after each change of what it would keep.
    pub(super) fn size_cache(&mut self) {
        let DatasetState::Ready(ready) = &self.state.dataset else { return };
        if self.state.chain_error.is_some() || ready.split.is_err() {
            return;
        }
        let dataset = Arc::clone(&ready.dataset);
        let config = self.state.config.clone();
        self.start_job(JobKind::CacheSize, move |job| work::cache_sizes(job, &dataset, &config));
        self.size_step();
    }

    /// Works out what a training step would take.
    pub(super) fn size_step(&mut self) {
        let DatasetState::Ready(ready) = &self.state.dataset else { return };
        if self.state.chain_error.is_some() {
            return;
        }
        let dataset = Arc::clone(&ready.dataset);
        let config = self.state.config.clone();
        self.start_job(JobKind::StepCost, move |job| work::step_costs(job, &dataset, &config));
    }

    /// Works the shown image out anew.
    pub(super) fn preview(&mut self) {
        self.start_preview();
        self.trace();
    }

    pub(super) fn start_preview(&mut self) {
        // One after another: while a value is being dragged every frame asks for one.
        if self.state.preview.busy && self.jobs.is_busy(JobKind::Preview, Instant::now()) {
            self.preview_again = true;
        } else if let Some(request) = self.preview_request() {
            self.state.preview.busy = true;
            self.start_job(JobKind::Preview, move |job| preview::preview(job, &request));
        }
    }

    /// The selected image and the chain as they are now, if there is anything to be shown.
    pub(super) fn preview_request(&self) -> Option<PreviewRequest> {
        let ready = self.state.dataset.ready()?;
        if self.state.chain_error.is_some() {
            return None;
        }
        let config = &self.state.config;
        let index = self.state.preview.index.min(ready.dataset.len().checked_sub(1)?);
        let quarantine = &config.data.quarantine;
        Some(PreviewRequest {
            dataset: Arc::clone(&ready.dataset),
            index,
            quarantined: !quarantine.is_empty() && quarantine.contains(&ready.dataset.name_of(index)),
            draw: self.state.preview.draw,
            specs: config.transforms.clone(),
            channels: ready.dataset.channels(config.data.channels),
            max_pixels: config.data.max_pixels,
            seed: config.train.seed,
            fuse: config.loader.fuse,
            scaled_decode: config.loader.scaled_decode,
        })
    }
}
