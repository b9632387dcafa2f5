//! What the panels read, and the commands they send.

use crate::client::{Live, RunState};
use crate::config::{Edit, EditHistory, ParamValue, RunConfig, TransformSpec};
use crate::data::{Dataset, Part, ScanProgress};
use crate::language::{Language, Message};
use crate::loader::CacheSize;
use crate::plot::{PlotView, SeriesNames};
use crate::protocol::{DeviceInfo, OnChangedData, RunPhase, StallAnswer};
use crate::store::{ResumeOffer, RunSummary};
use crate::train::StepCost;
use crate::ui::page::Page;
use crate::ui::pages::doctor::state::DoctorState;
use crate::ui::pages::inspect::state::{Filter, InspectState, InspectTab};
use crate::ui::pages::plots::state::PlotsView;
use crate::ui::pages::results::state::{ResultsCommand, ResultsState};
use crate::ui::pages::runs::state::{Overlaid, RunsCommand, RunsState};
use crate::ui::pages::sweep::state::{SweepRequest, SweepView};
use crate::ui::pages::timeline::state::TimelineState;
use std::path::PathBuf;
use std::sync::Arc;

/// Everything the window shows. Only `app` changes it.
#[derive(Default)]
pub struct State {
    pub dataset: DatasetState,
    /// A folder that was asked for and could not be read, where another dataset stands.
    pub not_opened: Option<NotOpened>,
    /// Folders opened lately, the newest first.
    pub recent: Vec<PathBuf>,
    /// Runs in the window's own folder, the newest first, at most [`MOST_RECENT_RUNS`].
    pub recent_runs: Vec<RunSummary>,
    /// A run of this window's folder that trains by itself, without a window.
    pub going_on: Option<PathBuf>,
    /// What the next run starts from; while a run is active, its live half.
    pub config: RunConfig,
    /// The changes made to it by hand.
    pub history: EditHistory,
    /// Why `config.transforms` cannot run.
    pub chain_error: Option<Message>,
    /// The images differ in size and the chain leaves it so.
    pub many_sizes: bool,
    pub run: RunState,
    /// The folders of runs whose images are to enter the network with the values that they have, the newest decision last.
    pub kept_ranges: Vec<PathBuf>,
    /// The chain as it was when the last bisect began.
    pub chain_before_bisect: Option<Vec<TransformSpec>>,
    /// The folder of the run shown, once there is one.
    pub run_dir: Option<PathBuf>,
    /// Why the engine of the last run ended, where it said nothing itself.
    pub last_words: Vec<String>,
    /// What a resume of the run shown would come to.
    pub resume: ResumeOffer,
    /// Seconds since the engine gave a sign of life, where that is longer than it should be.
    pub silent_secs: Option<f64>,
    pub devices: DevicesState,
    pub preview: PreviewState,
    /// What keeping all images would take: in memory, on disk. `None` until it is known.
    pub cache_sizes: Option<Result<[CacheSize; 2], Message>>,
    /// What a training step would take. `None` until it is known.
    pub step_costs: Option<Box<StepCosts>>,
    pub inspect: InspectState,
    pub timeline: TimelineState,
    pub doctor: DoctorState,
    pub export: ExportState,
    pub sweep: SweepView,
    pub runs: RunsState,
    pub results: ResultsState,
    pub view: ViewState,
    /// Languages that no font of this system has.
    pub without_font: Vec<Language>,
    /// One of them was asked for: the window speaks English.
    pub lacks_font: bool,
    /// Logical cores of this machine.
    pub cores: usize,
    /// Where runs are kept.
    pub runs_dir: PathBuf,
}

/// What a training step would take, by where it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCosts {
    /// `[C, H, W]` of an image at the chain's end.
    pub sample: [usize; 3],
    pub on_cpu: StepCost,
    pub on_gpu: StepCost,
}

/// The dataset's way from a path to something to train on.
#[derive(Default)]
pub enum DatasetState {
    #[default]
    None,
    Scanning {
        dir: PathBuf,
        progress: Option<ScanProgress>,
    },
    /// Sample images are being drawn into `dir`.
    WritingSamples {
        dir: PathBuf,
        done: u64,
        total: u64,
    },
    Ready(Box<ReadyDataset>),
    Failed {
        dir: PathBuf,
        error: Message,
    },
}

/// A silence of the engine longer than this, in seconds, is worth a word.
pub const SILENCE_SECS: f64 = 10.0;

/// Runs shown before the first one of this window.
pub const MOST_RECENT_RUNS: usize = 6;

/// What was asked for in vain.
#[derive(Debug, Clone, PartialEq)]
pub struct NotOpened {
    pub dir: PathBuf,
    pub error: Message,
}

/// A scanned dataset, with the figures a panel needs worked out once.
pub struct ReadyDataset {
    /// The folder or the file of labels that was opened.
    pub opened: PathBuf,
    pub dataset: Arc<Dataset>,
    /// Images by class.
    pub counts: Vec<u64>,
    /// Images in the training, validation and test parts, or why it cannot be split.
    pub split: Result<[usize; 3], Message>,
    /// What each image is for; `None` for one that the limit leaves out. Empty while it cannot be split.
    pub parts: Arc<[Option<Part>]>,
    /// Images by class, then by part: train, validation, test.
    pub part_counts: Vec<[u64; 3]>,
}

impl ReadyDataset {
    /// What was found against what was expected, but for what `split` says as well.
    pub fn notes(&self) -> impl Iterator<Item = &Message> {
        let said = self.split.as_ref().err();
        self.dataset.notes.iter().filter(move |note| Some(*note) != said)
    }

    /// Why it cannot be trained on: it cannot be split, or there is nothing to tell apart.
    pub fn why_not_train(&self) -> Option<Message> {
        let classes = self.dataset.class_names.len();
        let too_few = || (classes < 2).then(|| msg!("engine-too-few-classes", classes));
        self.split.as_ref().err().cloned().or_else(too_few)
    }

    /// How much is to be seen before it is trained on: notes, files that were left out, and why it cannot be trained on.
    pub fn remarks(&self) -> usize {
        self.notes().count() + usize::from(!self.dataset.bad_files.is_empty()) + usize::from(self.split.is_err())
    }
}

impl DatasetState {
    /// The folder chosen, read or not.
    pub fn dir(&self) -> Option<&PathBuf> {
        match self {
            Self::None => None,
            Self::Scanning { dir, .. } | Self::WritingSamples { dir, .. } | Self::Failed { dir, .. } => Some(dir),
            Self::Ready(ready) => Some(&ready.opened),
        }
    }

    pub fn ready(&self) -> Option<&ReadyDataset> {
        match self {
            Self::Ready(ready) => Some(ready),
            _ => None,
        }
    }
}

/// The devices an engine found.
#[derive(Default)]
pub struct DevicesState {
    pub list: Vec<DeviceInfo>,
    pub refreshing: bool,
    pub error: Option<Message>,
}

/// One image through the chain.
#[derive(Default)]
pub struct PreviewState {
    /// Position in the dataset.
    pub index: usize,
    /// Stands for the epoch: another one, other random draws.
    pub draw: u64,
    /// The largest draw looked at so far.
    pub newest_draw: u64,
    pub busy: bool,
    pub shown: Option<Preview>,
    pub error: Option<Message>,
}

/// A preview that was worked out.
pub struct Preview {
    /// File name and class, for the caption.
    pub caption: String,
    pub path: PathBuf,
    pub before: egui::TextureHandle,
    pub after: egui::TextureHandle,
    /// Such as `1 x 64 x 64, values 0 to 1`.
    pub after_text: String,
    pub read_us: f64,
    pub decode_us: f64,
    /// Microseconds by step of the chain; `None` for one that is switched off.
    pub step_us: Vec<Option<f64>>,
}

/// The export under way or last done.
#[derive(Default, Clone, Debug, PartialEq)]
pub enum ExportState {
    #[default]
    Idle,
    Busy,
    /// Not done: these files are there already, of what was asked for.
    Exists {
        files: Vec<PathBuf>,
        request: Box<ExportRequest>,
    },
    Done(Vec<PathBuf>),
    Failed(Message),
}

/// What is open.
pub struct ViewState {
    pub page: Page,
    /// One plot instead of the grid.
    pub alone: Option<String>,
    pub export_open: bool,
    pub paste_open: bool,
    /// A path is to be typed.
    pub asked_path: Option<AskedPath>,
    pub about_open: bool,
    /// What can be done by keys.
    pub keys_open: bool,
    /// The list of all commands.
    pub palette_open: bool,
    /// The window was asked to close while a run is active.
    pub asking_to_close: bool,
    /// It closes with the end of the epoch under way, or of the step.
    pub closing: Option<Closing>,
    /// The banner of the last run's end was put away.
    pub banner_dismissed: bool,
    pub theme: egui::ThemePreference,
    /// `None` is the system's.
    pub language: Option<Language>,
    /// Plots left out of the grid.
    pub hidden_plots: Vec<String>,
    /// How plots are looked at and in which order.
    pub plots: PlotsView,
}

impl ViewState {
    /// A dialog lies over the window and has the keys.
    pub fn is_dialog_open(&self) -> bool {
        self.export_open
            || self.paste_open
            || self.asked_path.is_some()
            || self.about_open
            || self.keys_open
            || self.palette_open
            || self.asking_to_close
    }
}

impl Default for ViewState {
    fn default() -> Self {
        Self {
            page: Page::PLOTS,
            alone: None,
            export_open: false,
            paste_open: false,
            asked_path: None,
            about_open: false,
            keys_open: false,
            palette_open: false,
            asking_to_close: false,
            closing: None,
            banner_dismissed: false,
            theme: egui::ThemePreference::System,
            language: None,
            // It is in the loss's plot already.
            hidden_plots: vec!["val".to_owned()],
            plots: PlotsView::default(),
        }
    }
}

/// A path to be typed, as the system has no dialog to choose it in.
pub struct AskedPath {
    /// What it is for.
    pub title: String,
    /// Why the one that was typed is not taken.
    pub refused: Option<Message>,
}

/// Which plots to write, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    /// Names of the catalogue.
    pub metrics: Vec<&'static str>,
    /// Every plot into its own file beside `path`, instead of all into one.
    pub one_file_each: bool,
    pub path: PathBuf,
    pub width: u32,
    pub height: u32,
    pub scale: f32,
    pub dark: bool,
    pub transparent: bool,
    /// A line below that names run, dataset and day.
    pub caption: bool,
    pub csv: bool,
    pub view: PlotView,
    pub names: SeriesNames,
    /// Files that were there and may be written over, as a person has said.
    pub overwrite: Vec<PathBuf>,
}

/// When a window that was asked to close does so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// When the epoch under way is validated.
    AfterEpoch,
    /// When the step is finished and its checkpoint written.
    AfterStep,
}

/// The answer to "a run is active".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseAnswer {
    /// Leave the engine training by itself; a window that is opened later can attach to it.
    GoOn,
    Stop(Closing),
    KeepTraining,
    /// End the engine at once; what the last checkpoint holds is kept.
    CloseNow,
}

/// What a panel asks `app` to do.
#[derive(Debug, Clone, PartialEq)]
pub enum UiCommand {
    /// A path as typed, pasted, dropped or picked from the recent list.
    OpenDataset(String),
    ChooseDataset,
    ChooseLabelFile,
    RescanDataset,
    CancelScan,
    /// A file that hangs while many are read, by its name in `data.quarantine`; what waits for it begins anew.
    LeaveOut(String),
    ForgetRecent(PathBuf),
    /// The word on a folder that could not be opened was read.
    DismissNotOpened,
    TrySampleImages,

    /// `settled` is false while a value is being dragged: an active run hears of it a moment later.
    SetTransforms {
        specs: Vec<TransformSpec>,
        settled: bool,
    },
    /// The chain that runs, in place of the one that is being tried.
    TakeBackTransforms,
    /// The chain of that preset's key, fit to the dataset.
    UsePreset(&'static str),
    /// A training to begin with, by its name: settings and chain.
    UseTraining(&'static str),
    /// The dialog that takes a chain as text.
    ShowPaste(bool),
    /// Reads a chain's file into that dialog.
    ChooseChainFile,
    /// Writes the chain as TOML, to a file to be chosen.
    SaveChain,
    /// The path that was asked for, as typed; `None` where it is not to be given.
    GivePath(Option<String>),
    /// Another value of a key of the settings; `settled` as with transforms.
    Set {
        key: String,
        value: ParamValue,
        settled: bool,
    },
    /// The key's default.
    Reset(String),
    /// The last change of settings or transforms, taken back.
    Undo,
    /// What was last taken back, again.
    Redo,

    /// The image so many further on.
    PreviewStep(i64),
    /// The draw so many further on.
    PreviewDraw(i64),
    SetDraw(u64),
    /// A draw not looked at yet.
    NewDraw,

    ShowPage(Page),
    ShowInspectTab(InspectTab),
    FilterImages(Filter),
    /// One of [`crate::ui::inspect::state::THUMB_SIDES`].
    SetThumbSide(u32),
    SelectImage(usize),
    /// Of the images shown, the one so many further on.
    SelectStep(i64),
    /// Read every pixel of the dataset for its figures, duplicates and the like.
    Measure,
    CancelMeasure,
    /// The images looked at, the most wanted first, and how many pixels their thumbnails have on a side.
    LookAt {
        images: Vec<u32>,
        side: usize,
    },

    /// What the engine did in the last so many seconds.
    TakeTrace(f64),
    /// The same again and again, or no longer.
    FollowTrace(Option<f64>),
    /// Writes the trace that is shown to a file to be chosen.
    SaveTrace,
    /// An image of the run shown on the Inspect page, with what that epoch drew for it.
    ShowDraw {
        /// Relative to the folder of the run's dataset.
        file: String,
        draw: u64,
    },

    RefreshDevices,
    /// Have the doctor look at this machine.
    ExamineMachine,
    CancelExamination,

    Start,
    Pause,
    Resume,
    Stop,
    /// Find by experiment which transform costs speed.
    Bisect {
        budget_secs: f64,
        /// Until each transform is decided.
        thorough: bool,
        /// More time for the last one.
        go_on: bool,
    },
    StopBisect,
    /// Measure what loader and trainer can do alone.
    MeasureCeilings,
    /// End the engine without waiting.
    EndEngine,
    /// End it and have another go on from the last checkpoint, at once.
    RestartEngine {
        /// A file to leave out from then on, by its name in `data.quarantine`.
        quarantine: Option<String>,
        workers: Option<usize>,
    },
    /// About a thread that hangs.
    AnswerStall(StallAnswer),
    /// Shows a run that is on the disk, to look at or to go on with.
    ShowRun(PathBuf),
    /// Shows it and goes on from its last checkpoint.
    ResumeRunAt(PathBuf),
    /// Be the client of a run that trains by itself.
    Attach(PathBuf),
    /// Go on from the last checkpoint of the run shown.
    ResumeRun,
    /// The same, though its data is not what it was.
    ResumeChanged(OnChangedData),
    StartSweep(SweepRequest),
    CancelSweep,
    DismissBanner,

    ShowAlone(Option<String>),
    ViewPlots(Box<PlotsView>),
    Runs(RunsCommand),
    Results(ResultsCommand),
    HidePlot {
        name: String,
        hidden: bool,
    },
    ShowExport(bool),
    ChooseExportPath(String),
    Export(ExportRequest),
    ShowAbout(bool),
    ShowKeys(bool),
    /// The window; asks first while a run is active.
    Close,
    ShowPalette(bool),
    SetTheme(egui::ThemePreference),
    /// `None` is the system's.
    SetLanguage(Option<Language>),
    /// In the system's file manager.
    OpenFolder(PathBuf),
    AnswerClose(CloseAnswer),
}

impl UiCommand {
    /// Another value of a key of the settings, not being dragged.
    pub fn set(key: &str, value: impl Into<ParamValue>) -> Self {
        Self::Set { key: key.to_owned(), value: value.into(), settled: true }
    }

    /// Settings or chain become others, or a run begins or goes on with those that stand.
    pub fn is_change(&self) -> bool {
        matches!(
            self,
            Self::Set { .. }
                | Self::Reset(_)
                | Self::SetTransforms { .. }
                | Self::TakeBackTransforms
                | Self::UsePreset(_)
                | Self::UseTraining(_)
                | Self::Undo
                | Self::Redo
                | Self::Start
                | Self::StartSweep(_)
                | Self::ResumeRun
                | Self::ResumeChanged(_)
                | Self::ResumeRunAt(_)
                | Self::RestartEngine { .. }
        )
    }
}

/// Commands of one frame, in the order they were given.
#[derive(Debug, Default)]
pub struct Commands(Vec<UiCommand>);

impl Commands {
    pub fn send(&mut self, command: UiCommand) {
        self.0.push(command);
    }

    /// What was sent, leaving nothing.
    pub fn take(&mut self) -> Vec<UiCommand> {
        std::mem::take(&mut self.0)
    }
}

impl State {
    /// The run of the window, once there is one, and those that were laid over it.
    pub fn runs_shown(&self) -> Vec<&RunState> {
        let own = self.run.started.is_some().then_some(&self.run);
        own.into_iter().chain(self.runs_laid_over().map(|overlaid| overlaid.run.as_ref())).collect()
    }

    /// Without the window's own, which would lie over itself.
    pub fn runs_laid_over(&self) -> impl Iterator<Item = &Overlaid> {
        let own_dir = self.run_dir.as_ref().filter(|_| self.run.started.is_some());
        self.runs.overlaid.iter().filter(move |other| own_dir != Some(&other.dir))
    }

    /// A bisect is under way: the chain is its to change.
    pub fn bisecting(&self) -> bool {
        self.run.live.is_active() && self.run.findings.bisect.as_ref().is_some_and(|bisect| bisect.verdict.is_none())
    }

    /// The run trains, and nothing is being measured in it.
    pub fn may_measure_ceilings(&self) -> bool {
        self.run.live == Live::Running && self.run.phase != Some(RunPhase::Measuring) && !self.bisecting()
    }

    /// What undoing would do now, if it may be done.
    pub fn to_undo(&self) -> Option<Edit> {
        self.history.to_undo(&self.config).filter(|edit| self.may_make(edit))
    }

    /// What redoing would do now, if it may be done.
    pub fn to_redo(&self) -> Option<Edit> {
        self.history.to_redo(&self.config).filter(|edit| self.may_make(edit))
    }

    /// While a run is active only what is live may be changed, and the chain is a bisect's while one is under way.
    pub fn may_make(&self, edit: &Edit) -> bool {
        !self.run.live.is_active()
            || match edit {
                Edit::Set { .. } => edit.is_live(&self.config),
                Edit::Transforms { .. } => !self.bisecting(),
                Edit::Many { edits, .. } => edits.iter().all(|edit| self.may_make(edit)),
            }
    }

    /// Why a run cannot be started now; `None` when it can.
    pub fn why_not_start(&self) -> Option<String> {
        if self.run.live.is_active() {
            return Some(tr!("window-start-run-active"));
        }
        if self.sweep.busy {
            return Some(tr!("window-start-sweep-busy"));
        }
        match &self.dataset {
            DatasetState::None => Some(tr!("window-start-no-dataset")),
            DatasetState::Scanning { .. } => Some(tr!("window-start-scanning")),
            DatasetState::WritingSamples { .. } => Some(tr!("window-start-writing-samples")),
            DatasetState::Failed { .. } => Some(tr!("window-start-dataset-failed")),
            DatasetState::Ready(ready) => match ready.why_not_train() {
                Some(why) => Some(why.to_string()),
                None => self.chain_error.as_ref().map(|error| tr!("window-start-chain", error)),
            },
        }
    }

    /// A run can be started, and none that goes on in the background is to be attached to first.
    pub fn is_start_next(&self) -> bool {
        self.why_not_start().is_none() && self.going_on.is_none()
    }

    /// The dataset's name, for titles.
    pub fn dataset_name(&self) -> Option<String> {
        let dir = self.run.started.as_ref().and_then(|s| s.config.data.dir.as_ref()).or(self.dataset.dir())?;
        dir.file_name().map(|n| n.to_string_lossy().into_owned())
    }
}
