//! What the background jobs do. Each function runs on its job's own thread.

use super::catch_up::RecordedUntil;
use super::engine_link::EngineStarter;
use super::jobs::JobHandle;
use crate::client::{ClientEvent, RunState};
use crate::config::{CacheMode, DataConfig, LoaderConfig, RunConfig};
use crate::data::inspect::{InspectOptions, InspectProgress, inspect};
use crate::data::{self, Dataset, Part, ScanProgress, sample_images};
use crate::engine::{Probes, cost_of};
use crate::language::{Arg, Language, Message};
use crate::loader::{CacheSize, cache_size_bytes};
use crate::plot;
use crate::protocol::doctor::{DoctorProgress, DoctorReport};
use crate::protocol::{Command, DeviceInfo, Event, OnChangedData};
use crate::store::{
    DoorKey, Recorded, ResumeOffer, RunStanding, RunSummary, StoreError, glance, holder_of, newest_first, newest_run,
    read_config, read_record, summarize,
};
use crate::system::refused;
use crate::transform::{Chain, MAX_CHAIN_FILE_BYTES, chain_file_text};
use crate::ui;
use crate::ui::inspect::measure::Measured;
use crate::ui::state::{ExportRequest, MOST_RECENT_RUNS, ReadyDataset, StepCosts};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Progress is worth a frame at most this often.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);
/// Finding devices takes a driver's start; more than this is a hang.
const DEVICES_TIMEOUT: Duration = Duration::from_secs(60);
/// A dialog that "was cancelled" faster than this never opened.
const DIALOG_TOO_FAST: Duration = Duration::from_millis(250);

/// What jobs report.
pub enum Report {
    Scanning(ScanProgress),
    Scanned(Result<Box<ReadyDataset>, Message>),
    DrawingSamples {
        done: u64,
        total: u64,
    },
    /// The samples lie there and are read next.
    SamplesDrawn(Result<PathBuf, Message>),
    Split(SplitParts),
    CacheSizes(Result<[CacheSize; 2], Message>),
    StepCosts(Option<Box<StepCosts>>),
    Measuring(InspectProgress),
    Measured(Result<Box<Measured>, String>),
    Trace(Result<Box<super::trace::TraceImages>, String>),
    Preview(Result<Box<super::preview::PreviewImages>, Message>),
    Picked {
        what: Pick,
        path: Option<PathBuf>,
    },
    /// Images to ask the network about.
    PickedImages(Vec<PathBuf>),
    /// The system has no dialog to show for it.
    NoDialog(Pick),
    /// What was to be written to a path that was typed would take another file's place.
    FileExists(Pick, PathBuf),
    Devices(Result<Vec<DeviceInfo>, Message>),
    Examining(DoctorProgress),
    Examined(Box<DoctorReport>),
    Exported(Result<Vec<PathBuf>, Message>),
    /// Files of what was asked for that are there already.
    ExportExists(Vec<PathBuf>, Box<ExportRequest>),
    OpenFailed(Message),
    /// A chain's file, as text.
    ChainText(Result<String, Message>),
    ChainSaved(Result<PathBuf, Message>),
    TraceSaved(Result<PathBuf, Message>),
    CanResume(ResumeOffer),
    /// What a run's record holds, before it is gone on with.
    RunRead(Result<Recorded, Message>, OnChangedData),
    /// A run that was cut off before the window was opened, or why it cannot be shown.
    LastRun(Result<Box<LastRun>, Message>),
    RecentRuns {
        /// Of the window's own folder, the newest first.
        runs: Vec<RunSummary>,
        /// Of all of them, one that trains without a window and can be attached to.
        going_on: Option<PathBuf>,
    },
    /// Why the folder of runs cannot be looked into.
    RunsUnread(Message),
    /// A run that was asked for, or why it cannot be shown; `true` where it is to be gone on with.
    Shown(Result<Box<LastRun>, Message>, bool),
    /// A run that was attached to, as its record has it now.
    CaughtUp(Result<Box<CaughtUp>, Message>),
    /// Languages that no font of the system has.
    WithoutFont(Vec<Language>),
    Sweep(super::sweep::SweepNews),
    Runs(super::runs::RunsNews),
    Judging(super::results::Judging),
}

/// What a dialog was opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    Dataset,
    /// A table of files and labels.
    LabelFile,
    ExportFile,
    /// A chain to read, in Python or TOML.
    ChainFile,
    /// Where the chain is written to.
    SaveChain,
    /// Where a trace is written to.
    SaveTrace,
    /// A dataset to judge the network by.
    JudgeFolder,
    /// Images to ask the network about, any number of them.
    JudgeImages,
}

impl Pick {
    /// What stands above the dialog.
    pub fn title(self) -> String {
        match self {
            Self::Dataset => tr!("window-pick-dataset"),
            Self::LabelFile => tr!("window-pick-labels"),
            Self::ExportFile => tr!("window-pick-export"),
            Self::ChainFile => tr!("window-pick-chain"),
            Self::SaveChain => tr!("window-pick-chain-file"),
            Self::SaveTrace => tr!("window-pick-trace-file"),
            Self::JudgeFolder => tr!("window-pick-judge-folder"),
            Self::JudgeImages => tr!("window-pick-judge-images"),
        }
    }
}

/// Lets one through each [`PROGRESS_INTERVAL`].
struct Throttle(Option<Instant>);

impl Throttle {
    fn ready(&mut self) -> bool {
        let now = Instant::now();
        let ready = self.0.is_none_or(|last| now.duration_since(last) >= PROGRESS_INTERVAL);
        if ready {
            self.0 = Some(now);
        }
        ready
    }
}

pub fn scan(job: &JobHandle<Report>, dir: &Path, config: &DataConfig) {
    let mut throttle = Throttle(None);
    let result = data::scan_as(dir, config, &mut |progress| {
        if throttle.ready() {
            job.send(Report::Scanning(progress.clone()));
        }
        if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let ready = result.map_err(|e| Message::from(e.to_string())).map(|dataset| {
        let counts = dataset.class_counts();
        let SplitParts { counts: split, parts, by_class: part_counts } = split_parts(&dataset, config);
        let opened = dir.to_path_buf();
        Box::new(ReadyDataset { opened, dataset: Arc::new(dataset), counts, split, parts, part_counts })
    });
    job.send(Report::Scanned(ready));
}

/// Images in each part, or why it cannot be split; and each image's part.
pub struct SplitParts {
    pub counts: Result<[usize; 3], Message>,
    pub parts: Arc<[Option<Part>]>,
    /// Images by class, then by part.
    pub by_class: Vec<[u64; 3]>,
}

pub fn split_parts(dataset: &Dataset, config: &DataConfig) -> SplitParts {
    let split = match data::split(dataset, config) {
        Ok(split) => split,
        Err(error) => {
            return SplitParts { counts: Err(error.message()), parts: Arc::default(), by_class: Vec::new() };
        }
    };
    let mut parts = vec![None; dataset.len()];
    let mut by_class = vec![[0; 3]; dataset.class_names.len()];
    for (part, images) in [(Part::Train, &split.train), (Part::Val, &split.val), (Part::Test, &split.test)] {
        for image in images {
            let image = *image as usize;
            if let Some(of) = parts.get_mut(image) {
                *of = Some(part);
                by_class[dataset.class_of(image)][part as usize] += 1;
            }
        }
    }
    let counts = Ok([split.train.len(), split.val.len(), split.test.len()]);
    SplitParts { counts, parts: parts.into(), by_class }
}

/// What it would take to keep all that a run of this configuration loads, in memory and on disk.
pub fn cache_sizes(job: &JobHandle<Report>, dataset: &Dataset, config: &RunConfig) {
    job.send(Report::CacheSizes(work_out_cache_sizes(dataset, config)));
}

fn work_out_cache_sizes(dataset: &Dataset, config: &RunConfig) -> Result<[CacheSize; 2], Message> {
    let mut split = data::split(dataset, &config.data).map_err(|e| Message::from(e.to_string()))?;
    // They are not kept, and to open one may hang.
    let quarantined = dataset.quarantined(&config.data.quarantine);
    for part in [&mut split.train, &mut split.val, &mut split.test] {
        part.retain(|image| !quarantined.contains(image));
    }
    let chain = Arc::new(Chain::build(&config.transforms).map_err(|e| Message::from(e.to_string()))?);
    let fixed = Arc::new(chain.deterministic());
    let (channels, max_pixels) = (dataset.channels(config.data.channels), config.data.max_pixels);
    let mut sizes = [CacheSize::default(); 2];
    for (size, cache) in sizes.iter_mut().zip([CacheMode::Ram, CacheMode::Disk]) {
        let loader = LoaderConfig { cache, ..config.loader.clone() };
        for (part, chain) in [(&split.train, &chain), (&split.val, &fixed), (&split.test, &fixed)] {
            if !part.is_empty() {
                *size += cache_size_bytes(dataset, part, chain, channels, max_pixels, &loader).map_err(|failure| {
                    msg!("window-cache-failure", reason = failure.reason.to_string(), stage = failure.place.words())
                })?;
            }
        }
    }
    Ok(sizes)
}

/// What a training step of this configuration would take; nothing where no image goes through the chain, which a run says better.
pub fn step_costs(job: &JobHandle<Report>, dataset: &Dataset, config: &RunConfig) {
    job.send(Report::StepCosts(work_out_step_costs(dataset, config).map(Box::new)));
}

fn work_out_step_costs(dataset: &Dataset, config: &RunConfig) -> Option<StepCosts> {
    let chain = Chain::build(&config.transforms).ok()?;
    let quarantined = dataset.quarantined(&config.data.quarantine);
    let all = (0..u32::try_from(dataset.len()).unwrap_or(u32::MAX)).filter(|image| !quarantined.contains(image));
    let channels = dataset.channels(config.data.channels);
    let sample = Probes::new(dataset, all, channels, config.data.max_pixels).sample_shape(&chain).ok()?;
    let cost = |on_cpu| cost_of(config, sample, dataset.class_names.len(), on_cpu).ok();
    Some(StepCosts { sample, on_cpu: cost(true)?, on_gpu: cost(false)? })
}

/// Samples that are there already stay.
pub fn draw_samples(job: &JobHandle<Report>, dir: &Path) {
    let drawn = if dir.is_dir() { Ok(()) } else { draw_new_samples(job, dir) };
    job.send(Report::SamplesDrawn(drawn.map(|()| dir.to_path_buf())));
}

fn draw_new_samples(job: &JobHandle<Report>, dir: &Path) -> Result<(), Message> {
    if let Some(parent) = dir.parent() {
        std::fs::create_dir_all(parent).map_err(|e| folder_not_made(parent, &e))?;
    }
    let mut throttle = Throttle(None);
    let progress = &mut |done, total| {
        if throttle.ready() {
            job.send(Report::DrawingSamples { done, total });
        }
        if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    sample_images::write_sample_dataset(dir, sample_images::DEFAULT_IMAGES_PER_CLASS, 0, progress)
        .map(|_| ())
        .map_err(|e| e.to_string().into())
}

fn folder_not_made(dir: &Path, error: &std::io::Error) -> Message {
    msg!("window-folder-not-made", folder = dir.display().to_string(), error = refused(error, dir))
}

/// Shows a dialog of the system and waits for its end.
pub fn pick(job: &JobHandle<Report>, what: Pick, start: Option<PathBuf>) {
    let begun = Instant::now();
    let mut dialog = rfd::FileDialog::new().set_title(what.title());
    if let Some(dir) = start.as_deref().filter(|d| d.is_dir()) {
        dialog = dialog.set_directory(dir);
    }
    let path = match what {
        Pick::ChainFile => {
            dialog.add_filter(tr!("window-pick-chain-kinds"), &["py", "ipynb", "toml", "txt"]).pick_file()
        }
        Pick::SaveChain => dialog.add_filter("TOML", &["toml"]).set_file_name("chain.toml").save_file(),
        Pick::SaveTrace => dialog.add_filter("Perfetto", &["json"]).set_file_name("trace.json").save_file(),
        Pick::LabelFile => dialog.add_filter(tr!("window-pick-labels-kinds"), data::TABLE_EXTENSIONS).pick_file(),
        Pick::Dataset | Pick::JudgeFolder => dialog.pick_folder(),
        Pick::JudgeImages => {
            if let Some(images) = dialog.pick_files() {
                job.send(Report::PickedImages(images));
                return;
            }
            None
        }
        Pick::ExportFile => {
            let name = start.as_deref().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
            if let Some(folder) = start.as_deref().and_then(folder_around) {
                dialog = dialog.set_directory(folder);
            }
            dialog
                .add_filter("PNG, SVG", &["png", "svg"])
                .set_file_name(name.unwrap_or_else(|| "plots.png".to_owned()))
                .save_file()
        }
    };
    if path.is_none() && begun.elapsed() < DIALOG_TOO_FAST {
        job.send(Report::NoDialog(what));
    } else {
        job.send(Report::Picked { what, path });
    }
}

/// What was typed in place of a dialog, which would have asked before a file takes another's place.
pub fn take_typed(job: &JobHandle<Report>, what: Pick, path: PathBuf) {
    let is_written = matches!(what, Pick::SaveChain | Pick::SaveTrace);
    job.send(match is_written && path.exists() {
        true => Report::FileExists(what, path),
        false => Report::Picked { what, path: Some(path) },
    });
}

/// The nearest folder around a file that is there: a run's folder for exports is made with the first of them.
fn folder_around(file: &Path) -> Option<&Path> {
    file.ancestors().skip(1).find(|folder| folder.is_dir())
}

/// Asks a short-lived engine: a driver that crashes while it is asked takes that one along and not the window.
pub fn list_devices(job: &JobHandle<Report>, start: &EngineStarter) {
    let result = devices_of_engine(job, start);
    job.send(Report::Devices(result));
}

fn devices_of_engine(job: &JobHandle<Report>, start: &EngineStarter) -> Result<Vec<DeviceInfo>, Message> {
    let engine = start(Box::new(|| {})).map_err(|e| e.to_string())?;
    engine.send(Command::ListDevices).map_err(|e| e.to_string())?;
    let deadline = Instant::now() + DEVICES_TIMEOUT;
    while Instant::now() < deadline && !job.is_cancelled() {
        match engine.recv_timeout(Duration::from_millis(100)) {
            Some(ClientEvent::Event(Event::Devices(devices))) => {
                // It may have gone already; then there is nothing to tell it.
                let _ = engine.send(Command::Shutdown);
                return Ok(devices);
            }
            Some(ClientEvent::Event(Event::Failed { error, .. })) => return Err(error),
            Some(ClientEvent::Exited(exit)) => {
                let how = exit.last_words.last().map_or_else(|| exit.how.to_string(), ToString::to_string);
                return Err(msg!("window-devices-ended", how));
            }
            Some(ClientEvent::Event(_)) | None => {}
        }
    }
    engine.kill();
    Err(msg!("window-devices-silent", secs = DEVICES_TIMEOUT.as_secs()))
}

/// Draws plots of `runs`, copies taken when Export was pressed, into files. Those that are there already are not written over
/// unasked.
pub fn export(job: &JobHandle<Report>, runs: &[Arc<RunState>], request: &ExportRequest) {
    let runs: Vec<&RunState> = runs.iter().map(Arc::as_ref).collect();
    let pictures = pictures(&runs, request);
    let there: Vec<PathBuf> = files_of(&pictures, request.csv).into_iter().filter(|path| path.exists()).collect();
    // In the meantime a plot may have got something to show, or a file come: it was not asked about.
    if there.iter().any(|path| !request.overwrite.contains(path)) {
        let asked = ExportRequest { overwrite: Vec::new(), ..request.clone() };
        job.send(Report::ExportExists(there, Box::new(asked)));
        return;
    }
    job.send(Report::Exported(write_pictures(&runs, request, &pictures).map_err(|e| format!("{e:#}").into())));
}

/// The pictures, and with `csv` the points beside each.
fn files_of(pictures: &[(PathBuf, Vec<plot::Plot<'_>>)], csv: bool) -> Vec<PathBuf> {
    let beside = |path: &PathBuf| csv.then(|| path.with_extension("csv"));
    pictures.iter().flat_map(|(path, _)| [Some(path.clone()), beside(path)]).flatten().collect()
}

/// The pictures that an export writes, each with its plots.
fn pictures<'a>(runs: &[&'a RunState], request: &ExportRequest) -> Vec<(PathBuf, Vec<plot::Plot<'a>>)> {
    let mut path = request.path.clone();
    if path.extension().is_none() {
        path.set_extension("png");
    }
    let plots = ui::plots_of(request, runs);
    if request.one_file_each && plots.len() > 1 {
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let ending = path.extension().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let named = |name: &str| path.with_file_name(format!("{stem}-{name}.{ending}"));
        plots.into_iter().map(|(name, plot)| (named(name), vec![plot])).collect()
    } else {
        let plots: Vec<_> = plots.into_iter().map(|(_, plot)| plot).collect();
        if plots.is_empty() { Vec::new() } else { vec![(path, plots)] }
    }
}

fn write_pictures(
    runs: &[&RunState],
    request: &ExportRequest,
    pictures: &[(PathBuf, Vec<plot::Plot<'_>>)],
) -> anyhow::Result<Vec<PathBuf>> {
    if pictures.is_empty() {
        return Err(plot::PlotError::Nothing.into());
    }
    let options = ui::options_of(request, runs);
    let mut files = Vec::new();
    for (path, plots) in pictures {
        if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
            std::fs::create_dir_all(dir).map_err(|e| anyhow::Error::msg(folder_not_made(dir, &e)))?;
        }
        let vector = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
        let draw = if vector { plot::write_svg } else { plot::write_png };
        draw(path, plots, &options)?;
        files.push(path.clone());
        if request.csv {
            let csv = path.with_extension("csv");
            plot::write_csv(&csv, plots)?;
            files.push(csv);
        }
    }
    Ok(files)
}

pub fn read_chain(job: &JobHandle<Report>, path: &Path) {
    let read = || {
        let len = std::fs::metadata(path)?.len();
        if len > MAX_CHAIN_FILE_BYTES {
            return Err(std::io::Error::other(tr!("window-chain-file-too-large", size = Arg::bytes(len))));
        }
        chain_file_text(&std::fs::read(path)?).map_err(|e| std::io::Error::other(e.to_string()))
    };
    let text =
        read().map_err(|e| msg!("window-chain-not-read", error = e.to_string(), file = path.display().to_string()));
    job.send(Report::ChainText(text));
}

pub fn save_chain(job: &JobHandle<Report>, path: &Path, toml: &str) {
    let saved = crate::store::atomic::write(path, toml.as_bytes()).map(|()| path.to_path_buf());
    let saved =
        saved.map_err(|e| msg!("window-chain-not-saved", error = e.to_string(), file = path.display().to_string()));
    job.send(Report::ChainSaved(saved));
}

/// Findings of a kind that are listed; more are counted.
const FINDINGS: usize = 500;

/// Reads every image for the dataset's figures.
pub fn measure(job: &JobHandle<Report>, dataset: &Arc<Dataset>, config: &DataConfig) {
    let options = InspectOptions { data: config.clone(), list_limit: FINDINGS, ..InspectOptions::default() };
    let mut throttle = Throttle(None);
    let found = inspect(dataset, &options, &mut |progress| {
        if throttle.ready() {
            job.send(Report::Measuring(progress.clone()));
        }
        if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let measured = found.map(|found| Box::new(Measured::new(found, options.data, dataset)));
    job.send(Report::Measured(measured.map_err(|e| e.to_string())));
}

/// Shows a folder in the system's file manager.
pub fn open_folder(job: &JobHandle<Report>, dir: &Path) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    let fail = |why: String| {
        job.send(Report::OpenFailed(msg!("window-no-file-manager", why, folder = dir.display().to_string())))
    };
    if !dir.is_dir() {
        job.send(Report::OpenFailed(msg!("window-no-folder-yet", folder = dir.display().to_string())));
        return;
    }
    let mut command = std::process::Command::new(opener);
    let null = std::process::Stdio::null;
    match command.arg(dir).stdin(null()).stdout(null()).stderr(null()).status() {
        Ok(status) if status.success() || cfg!(windows) => {}
        Ok(status) => fail(tr!("window-opener-failed", program = opener, error = status.to_string())),
        Err(error) => fail(tr!("window-opener-failed", program = opener, error = error.to_string())),
    }
}

/// An engine that has said its last word holds its folder for a moment yet.
const FOLDER_GRACE: Duration = Duration::from_secs(5);

/// Whether a run that ended can be gone on with.
pub fn look_whether_it_can_be_resumed(job: &JobHandle<Report>, run_dir: &Path) {
    let begun = Instant::now();
    loop {
        let run = summarize(run_dir);
        let held = run.as_ref().is_some_and(|run| run.state == RunStanding::Running);
        if !held || begun.elapsed() > FOLDER_GRACE || job.is_cancelled() {
            job.send(Report::CanResume(run.map(|run| run.resume).unwrap_or_default()));
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A run as its record tells it.
pub struct LastRun {
    pub run_dir: PathBuf,
    pub state: RunState,
    /// Its settings as they stand on the disk, changes by hand among them.
    pub config: RunConfig,
    pub resume: ResumeOffer,
    pub until: RecordedUntil,
    /// What is not there of its record.
    pub missing: Option<Message>,
}

/// A run that trains on, as its record has it.
pub struct CaughtUp {
    pub run_dir: PathBuf,
    pub state: RunState,
    pub until: RecordedUntil,
    /// What is not there of its record.
    pub missing: Option<Message>,
}

/// The newest run, where it was cut off: it is worth showing.
pub fn find_last_run(job: &JobHandle<Report>, runs_dir: &Path) {
    let Some(newest) = newest_run(runs_dir) else { return };
    let found = match newest.resume {
        ResumeOffer::None => match newest.trouble {
            // Not even its settings can be read.
            Some(trouble) if !matches!(newest.state, RunStanding::Running | RunStanding::Completed) => Err(trouble),
            _ => return,
        },
        resume => match run_of(&newest.dir, || resume) {
            // It was cut off before its record was made, or before it began: there is nothing to show.
            Err(StoreError::NoRun(_)) => return,
            Ok(run) if run.state.started.is_none() => return,
            run => run.map(Box::new).map_err(|error| error.message()),
        },
    };
    job.send(Report::LastRun(found.map_err(|error| msg!("window-last-run-unread", error))));
}

/// The newest runs of a folder of runs. Each is looked into, which on a slow disk takes its time.
pub fn list_recent_runs(job: &JobHandle<Report>, runs_dir: &Path) {
    let dirs = match newest_first(runs_dir) {
        Ok(dirs) => dirs,
        Err(error) => {
            // It is made with the first run.
            if error.kind() != std::io::ErrorKind::NotFound {
                job.send(Report::RunsUnread(runs_unread(runs_dir, &error)));
            }
            return;
        }
    };
    let runs: Vec<RunSummary> = dirs.iter().filter_map(|dir| glance(dir)).take(MOST_RECENT_RUNS).collect();
    // However many began since.
    let going_on = dirs.into_iter().find(|dir| DoorKey::read(dir).is_some() && holder_of(dir).is_some());
    job.send(Report::RecentRuns { runs, going_on });
}

/// Of a folder of runs.
pub fn runs_unread(runs_dir: &Path, error: &std::io::Error) -> Message {
    msg!("page-runs-unreadable", error = error.to_string(), folder = runs_dir.display().to_string())
}

/// A run of the disk, to be shown.
pub fn show_run(job: &JobHandle<Report>, run_dir: &Path, go_on: bool) {
    let run = run_of(run_dir, || summarize(run_dir).map(|run| run.resume).unwrap_or_default());
    job.send(Report::Shown(run.map(Box::new).map_err(|error| error.message()), go_on));
}

fn run_of(run_dir: &Path, resume: impl FnOnce() -> ResumeOffer) -> Result<LastRun, StoreError> {
    let (events, missing) = read_record(run_dir)?;
    let config = read_config(run_dir)?;
    let (state, until) = (RunState::from_events(&events), RecordedUntil::of(&events));
    Ok(LastRun { run_dir: run_dir.to_owned(), state, config, resume: resume(), until, missing })
}

/// Reads the record of a run that was attached to. Its end, where it is there by now, the engine tells itself.
pub fn catch_up(job: &JobHandle<Report>, run_dir: &Path) {
    let read = read_record(run_dir).map_err(|error| error.message());
    let caught_up = read.map(|(events, missing)| {
        let began = events.iter().rposition(|event| matches!(event, Event::Started(_))).unwrap_or(0);
        let is_end = |event: &Event| matches!(event, Event::Finished(_) | Event::Failed { .. });
        let going_on = events.iter().enumerate().filter(|(at, event)| *at < began || !is_end(event));
        let state = RunState::from_events(going_on.map(|(_, event)| event));
        Box::new(CaughtUp { run_dir: run_dir.to_owned(), state, until: RecordedUntil::of(&events), missing })
    });
    job.send(Report::CaughtUp(caught_up));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_opens_at_the_nearest_folder_that_is_there() {
        let home = tempfile::tempdir().unwrap();
        let run_dir = home.path().join("run");
        std::fs::create_dir(&run_dir).unwrap();
        let file = run_dir.join("exports").join("plots.png");
        assert_eq!(folder_around(&file), Some(run_dir.as_path()));
        std::fs::create_dir(run_dir.join("exports")).unwrap();
        assert_eq!(folder_around(&file), file.parent());
        assert_eq!(folder_around(Path::new("plots.png")), None);
    }
}
