//! The window: owns the state, applies the panels' commands, takes in what engines and background jobs report.
//!
//! Runs on the main thread. [`eframe::App::logic`] drains events, at most 10 ms a frame; [`eframe::App::ui`] draws.
//! Disks, dialogs and engines are met on named threads (`jobs`), never here. Must not import burn.

mod apply;
mod catch_up;
mod datasets;
mod desktop;
mod display;
mod doctor;
mod dropped;
mod edits;
pub mod engine_link;
mod inspect;
mod jobs;
mod long_work;
mod persist;
mod picture;
mod preview;
mod reports;
mod results;
mod run_control;
mod run_events;
mod runs;
mod shown_run;
mod sweep;
mod thumbnailer;
mod timeline;
mod trace;
mod work;

pub use display::WindowError;

pub use crate::client::dirs;
use crate::client::{EngineCommand, JudgeError, Judged, Judges, Live, judge};
use crate::config::DataConfig;
use crate::language::{self, Language};
use crate::protocol::Event;
use crate::store::{CardError, trash_run};
use crate::ui::state::{Closing, UiCommand};
use crate::ui::{self, Commands, Forms, State};
use catch_up::{CatchingUp, RecordedUntil};
use datasets::DatasetBefore;
pub use desktop::Desktop;
use desktop::{NoDesktop, SystemDesktop};
use dirs::Dirs;
use edits::Stale;
use engine_link::{EngineLink, EngineStarter};
use jobs::{JobKind, Jobs};
use long_work::LongWork;
use shown_run::ShownRun;
use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use thumbnailer::Thumbnailer;
use work::{Pick, Report};

/// How soon a job that may hang is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A frame spends no more than this on events.
const DRAIN_BUDGET: Duration = Duration::from_millis(10);
/// New data is drawn at most so often; the pointer and the keyboard are answered at once.
const DATA_FRAME: Duration = Duration::from_millis(66);
/// What eframe remembers the window's place by.
const WINDOW_KEY: &str = "window";
/// A value being dragged is sent to the active run when it has rested so long.
const SETTLE: Duration = Duration::from_millis(300);

/// Opens the window and returns when it is closed.
///
/// `language` was asked for at the start and goes before the one chosen in the window.
///
/// # Errors
/// There is no display, or no window could be opened on it: a [`WindowError`].
pub fn run(initial_dir: Option<PathBuf>, language: Option<Language>) -> Result<(), WindowError> {
    // A double click opens a console before the program runs, where Windows does not know the manifest's word against it.
    #[cfg(windows)]
    let has_console = !crate::system::windows::leave_own_console();
    let opened = open(initial_dir, language);
    #[cfg(windows)]
    if let (Err(error), false) = (&opened, has_console) {
        display::show_in_dialog(error);
    }
    opened
}

fn open(initial_dir: Option<PathBuf>, language: Option<Language>) -> Result<(), WindowError> {
    display::check()?;
    let dirs = Dirs::find();
    let viewport = egui::ViewportBuilder::default()
        .with_title("trainscope")
        .with_app_id("trainscope")
        .with_inner_size(display::FIRST_SIZE)
        .with_min_inner_size(display::LEAST_SIZE)
        .with_drag_and_drop(true)
        .with_icon(display::icon());
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        persistence_path: Some(dirs.state_file()),
        ..eframe::NativeOptions::default()
    };
    let starter = engine_link::lasting_starter(EngineCommand::Local);
    eframe::run_native(
        "trainscope",
        options,
        Box::new(move |creation| {
            let app = App::new(&creation.egui_ctx, dirs, starter, creation.storage);
            let mut app = app.with_fonts(crate::plot::has_font_for);
            app.long_work = LongWork::new(Box::new(SystemDesktop::default()));
            app.unplaced = creation.storage.is_none_or(|storage| storage.get_string(WINDOW_KEY).is_none());
            app.speak(language.unwrap_or_else(language::current));
            if let Some(dir) = initial_dir {
                app.open_dataset(dir);
            }
            Ok(Box::new(app))
        }),
    )
    .map_err(|error| WindowError::not_opened(&error))?;
    Ok(())
}

/// English, which every system can show, in place of what no font has.
fn spoken(wanted: Language, has_font: impl Fn(Language) -> bool) -> Language {
    if has_font(wanted) { wanted } else { Language::English }
}

/// The window's state and everything that works for it.
pub struct App {
    state: State,
    forms: Forms,
    commands: Commands,
    ctx: egui::Context,
    jobs: Jobs<Report>,
    start_engine: EngineStarter,
    /// What a path is typed for.
    path_for: Option<Pick>,
    /// Attaches to the run in that folder, which trains by itself.
    attach_to: Box<dyn Fn(PathBuf) -> EngineStarter>,
    judge: Arc<results::Judge>,
    trash: Arc<runs::Trash>,
    /// Asked for while another is made.
    run_changes: VecDeque<runs::RunChange>,
    /// Of a run of the disk that is shown and was not gone on with.
    of_shown_run: Option<ShownRun>,
    /// Of the run attached to, what came up to then is in its record and shown from there.
    recorded_until: Option<RecordedUntil>,
    catching_up: Option<CatchingUp>,
    engine: Option<Box<dyn EngineLink>>,
    /// Whether a language can be shown.
    has_font: fn(Language) -> bool,
    dirs: Dirs,
    /// Edits that an active run has not been told of, and since when they rest.
    unsent_transforms: Option<Instant>,
    unsent_workers: Option<Instant>,
    /// Settings that the dataset is read with were changed and it was not read anew, and since when they rest.
    unread: Option<Instant>,
    stale: Stale,
    /// What stands until the dataset that was asked for is read.
    before: Option<DatasetBefore>,
    /// How each folder of this session was read.
    read_as: HashMap<PathBuf, DataConfig>,
    long_work: LongWork,
    /// When settings or chain were last changed by hand.
    last_edit: Option<Instant>,
    /// Chains that the engine of the active run was sent.
    edits_sent: u64,
    /// Ends the sweep under way.
    sweep_cancel: Arc<AtomicBool>,
    last_event: Instant,
    /// Events of the run being resumed, until the engine says from where it goes on.
    earlier_events: Option<Vec<Event>>,
    /// The engine was killed to have another go on, and has not said its last word yet.
    restarting: Option<Instant>,
    closing: bool,
    /// No size is remembered, and whether the first one fits was not looked at yet.
    unplaced: bool,
    title: String,
    /// The selected image or the chain changed while the last preview or trace was being worked out.
    preview_again: bool,
    trace_again: bool,
    /// None where its threads could not be started.
    thumbnailer: Option<Thumbnailer>,
}

impl App {
    /// A window's inside, without the window (tests make it so).
    pub fn new(
        ctx: &egui::Context,
        dirs: Dirs,
        start_engine: EngineStarter,
        storage: Option<&dyn eframe::Storage>,
    ) -> Self {
        ui::style::apply(ctx);
        forget_scrolling(ctx);
        let waker = ctx.clone();
        let jobs = Jobs::new(move || waker.request_repaint());
        let mut state = State {
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            runs_dir: dirs.runs(),
            ..State::default()
        };
        let last_dataset = storage.and_then(|storage| persist::restore(&mut state, storage));
        ctx.set_theme(state.view.theme);
        if let Some(language) = state.view.language {
            language::set(language);
        }
        let mut app = Self {
            state,
            forms: Forms::default(),
            commands: Commands::default(),
            ctx: ctx.clone(),
            jobs,
            start_engine,
            path_for: None,
            attach_to: Box::new(|run_dir| engine_link::process_starter(EngineCommand::Attach { run_dir, host: None })),
            judge: Arc::new(judge),
            trash: Arc::new(trash_run),
            run_changes: VecDeque::new(),
            of_shown_run: None,
            recorded_until: None,
            catching_up: None,
            engine: None,
            has_font: |_| true,
            dirs,
            unsent_transforms: None,
            unsent_workers: None,
            unread: None,
            stale: Stale::default(),
            before: None,
            read_as: HashMap::new(),
            long_work: LongWork::new(Box::new(NoDesktop)),
            last_edit: None,
            edits_sent: 0,
            sweep_cancel: Arc::default(),
            last_event: Instant::now(),
            earlier_events: None,
            restarting: None,
            closing: false,
            unplaced: false,
            title: String::new(),
            preview_again: false,
            trace_again: false,
            thumbnailer: None,
        };
        let waker = ctx.clone();
        match Thumbnailer::start(move || waker.request_repaint()) {
            Ok(thumbnailer) => app.thumbnailer = Some(thumbnailer),
            Err(error) => app.state.run.note(true, msg!("window-no-thumbnail-thread", error = error.to_string())),
        }
        app.check_chain();
        app.refresh_devices();
        app.look_for_last_run();
        app.list_recent_runs();
        if let Some(dir) = last_dataset {
            app.open_dataset(dir);
        }
        app
    }

    /// From here on in that language, as far as there is a font for it.
    fn speak(&mut self, wanted: Language) {
        let spoken = spoken(wanted, self.has_font);
        self.state.lacks_font = spoken != wanted;
        language::set(spoken);
    }

    /// Has this say which languages can be shown instead of taking all for such.
    #[must_use]
    pub fn with_fonts(mut self, has_font: fn(Language) -> bool) -> Self {
        self.has_font = has_font;
        // Listing a system's fonts takes its time.
        self.start_job(JobKind::Fonts, move |job| {
            let without = Language::ALL.into_iter().filter(|language| !has_font(*language)).collect();
            job.send(Report::WithoutFont(without));
        });
        self
    }

    /// Has runs attached to by these instead of by child processes.
    #[must_use]
    pub fn attaching_by(mut self, attach_to: impl Fn(PathBuf) -> EngineStarter + 'static) -> Self {
        self.attach_to = Box::new(attach_to);
        self
    }

    /// Has images judged by this instead of by a process.
    #[must_use]
    pub fn judging_by(
        mut self,
        judge: impl Fn(&Path, &Judges, &mut dyn FnMut(&Judged) -> ControlFlow<()>) -> Result<Judged, JudgeError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.judge = Arc::new(judge);
        self
    }

    /// Has runs moved to the trash by this instead of into the system's.
    #[must_use]
    pub fn trashing_by(
        mut self,
        trash: impl Fn(&Path) -> Result<Option<PathBuf>, CardError> + Send + Sync + 'static,
    ) -> Self {
        self.trash = Arc::new(trash);
        self
    }

    /// Has the system told of long work by this instead of not at all.
    #[must_use]
    pub fn on_desktop(mut self, desktop: impl Desktop + 'static) -> Self {
        self.long_work = LongWork::new(Box::new(desktop));
        self
    }

    /// What the window shows.
    pub fn state(&self) -> &State {
        &self.state
    }

    fn start_job(&mut self, kind: JobKind, work: impl FnOnce(&jobs::JobHandle<Report>) + Send + 'static) {
        if let Err(error) = self.jobs.start(kind, work) {
            self.state.run.note(true, msg!("window-no-thread", error = error.to_string()));
        }
    }

    fn refresh_devices(&mut self) {
        self.state.devices.refreshing = true;
        self.state.devices.error = None;
        let start = self.start_engine.clone();
        self.start_job(JobKind::Devices, move |job| work::list_devices(job, &start));
    }

    fn drain(&mut self) {
        let deadline = Instant::now() + DRAIN_BUDGET;
        while let Some(report) = self.jobs.try_recv() {
            self.take_report(report);
            if Instant::now() > deadline {
                break;
            }
        }
        self.start_again();
        self.drain_thumbs(deadline);
        if self.drain_engine(deadline) {
            // The budget is spent and more waits.
            self.ctx.request_repaint();
        }
    }

    /// A preview or a trace that was asked for while the last one was worked out, which may hang: they see to it whether it is time.
    fn start_again(&mut self) {
        if std::mem::take(&mut self.preview_again) {
            self.start_preview();
        }
        if std::mem::take(&mut self.trace_again) {
            self.trace();
        }
        if self.preview_again || self.trace_again {
            self.ctx.request_repaint_after(LOOK_AGAIN);
        }
    }

    fn set_title(&mut self) {
        let state = &self.state;
        let title = ui::words::title(state.dataset_name().as_deref(), &state.run, state.sweep.busy);
        if title != self.title {
            self.ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.drain();
        self.send_settled();
        self.watch_silence();
        self.follow_trace();
        if ctx.input(|i| i.viewport().close_requested()) && !self.closing && self.state.run.live.is_active() {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.state.view.asking_to_close = true;
            if self.state.run.live == Live::Stopping {
                self.state.view.closing = Some(Closing::AfterStep);
            }
        }
        if !self.state.run.live.is_active() && !self.closing {
            // The run may have ended while the question was open: nothing is left to ask.
            self.state.view.asking_to_close = false;
            if self.state.view.closing.is_some() {
                self.close_now();
            }
        }
        let screen = ctx.input(|i| i.viewport().monitor_size);
        if std::mem::take(&mut self.unplaced) && screen.is_some_and(display::is_too_small) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Maximized(true));
        }
        let focused = ctx.input(|i| i.viewport().focused).unwrap_or(true);
        if let Some(trouble) = self.long_work.follow(&self.state.run, focused) {
            // No fault of the run: servers and containers have nothing that could fall asleep.
            self.state.run.note(false, trouble);
        }
        self.set_title();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let mut by_keys = Commands::default();
        ui::take_keys(ui, &self.state, &mut by_keys);
        let (palette, by_keys): (Vec<_>, Vec<_>) =
            by_keys.take().into_iter().partition(|command| matches!(command, UiCommand::ShowPalette(_)));
        // At once: what is typed after its keys is its own.
        palette.into_iter().for_each(|command| self.apply(command));
        self.dropped_files(ui);
        ui::window_ui(ui, &self.state, &mut self.forms, &mut self.commands);
        // What was being typed counts before what the keys ask for.
        for command in self.commands.take().into_iter().chain(by_keys) {
            self.apply(command);
        }
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        persist::save(&self.state, storage);
    }
}

/// What the window before was scrolled to is of another run: pages begin at their top.
fn forget_scrolling(ctx: &egui::Context) {
    ctx.data_mut(|data| data.remove_by_type::<egui::scroll_area::State>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_new_window_begin_at_their_top() {
        let (ctx, id) = (egui::Context::default(), egui::Id::unique("a page"));
        ctx.data_mut(|data| data.insert_persisted(id, egui::scroll_area::State::default()));
        forget_scrolling(&ctx);
        assert!(ctx.data_mut(|data| data.get_persisted::<egui::scroll_area::State>(id)).is_none());
    }

    #[test]
    fn a_language_that_no_font_has_is_not_spoken() {
        for language in Language::ALL {
            assert_eq!(spoken(language, |_| true), language);
            assert_eq!(spoken(language, |language| language == Language::English), Language::English);
        }
    }
}
