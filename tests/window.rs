//! The real window on a virtual screen, driven by mouse and keyboard: choose, start, toggle, kill, stop, export, close.
//!
//! Needs Xvfb and xdotool. The places to click are taken from the same
//! panels laid out in memory at the window's size, so that no coordinate is written down here.
#![cfg(target_os = "linux")]

#[path = "common/missing.rs"]
mod missing;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use missing::missing;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use trainscope::app::App;
use trainscope::app::dirs::Dirs;
use trainscope::client::ClientError;
use trainscope::config::RunConfig;
use trainscope::protocol::Event;

const WINDOW: [f32; 2] = [1280.0, 800.0];

/// A process that goes with the test.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Polls until `find` gives something; says what it waited for when it does not.
fn until<T>(what: &str, secs: u64, mut find: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(secs);
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

struct Screen {
    display: String,
    _xvfb: Reaped,
    _wm: Option<Reaped>,
}

impl Screen {
    /// Takes the first free display number.
    fn open() -> Self {
        let mut xvfb = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(xvfb.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let display = format!(":{}", line.trim());
        let wm = is_there("openbox").then(|| {
            let mut openbox = Command::new("openbox");
            openbox.env("DISPLAY", &display).stdout(Stdio::null()).stderr(Stdio::null());
            Reaped(openbox.spawn().unwrap())
        });
        let screen = Self { display, _xvfb: Reaped(xvfb), _wm: wm };
        if screen._wm.is_some() {
            // A window that is mapped while the manager starts may be lost between them.
            until("the window manager", 30, || screen.xdotool(&["get_num_desktops"]));
        }
        screen
    }

    fn xdotool(&self, args: &[&str]) -> Option<String> {
        let output = Command::new("xdotool").env("DISPLAY", &self.display).args(args).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

struct Window<'a> {
    screen: &'a Screen,
    id: String,
    process: Reaped,
}

impl<'a> Window<'a> {
    fn open(screen: &'a Screen, state: &Path, data: &Path) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_trainscope"))
            .arg(data)
            .env("DISPLAY", &screen.display)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .env("TRAINSCOPE_STATE_DIR", state)
            .env("TRAINSCOPE_LANG", "en")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .spawn()
            .unwrap();
        let mut process = Reaped(process);
        let id = until("the window", 60, || {
            assert!(process.0.try_wait().unwrap().is_none(), "the program ended before its window came");
            let ids = screen.xdotool(&["search", "--onlyvisible", "--name", "^trainscope"])?;
            ids.lines().next().map(str::to_owned)
        });
        Self { screen, id, process }
    }

    fn title(&self) -> String {
        self.screen.xdotool(&["getwindowname", &self.id]).unwrap_or_default()
    }

    fn key(&self, keys: &str) {
        self.screen.xdotool(&["windowfocus", &self.id]);
        self.screen.xdotool(&["key", keys]);
    }

    fn click(&self, [x, y]: [f32; 2]) {
        let (x, y) = (format!("{x:.0}"), format!("{y:.0}"));
        self.screen.xdotool(&["windowfocus", &self.id]);
        self.screen.xdotool(&["mousemove", "--window", &self.id, &x, &y]);
        self.screen.xdotool(&["click", "1"]);
    }

    fn until_title(&self, part: &str, secs: u64) {
        until(&format!("\"{part}\" in the title"), secs, || self.title().contains(part).then_some(()));
    }

    /// Presses until the title shows it: a key pressed before the dataset is read does nothing.
    fn press_until_title(&self, keys: &str, part: &str, secs: u64) {
        let idle = self.title();
        until(&format!("\"{part}\" in the title after {keys}"), secs, || {
            if self.title().contains(part) {
                return Some(());
            }
            if self.title() == idle {
                self.key(keys);
                std::thread::sleep(Duration::from_millis(300));
            }
            None
        });
    }
}

/// The engine's process: the child of the window that serves a run.
fn engine_of(window: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{window}/task/{window}/children")).ok()?;
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).find(|pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|b| *b == 0).any(|arg| arg == b"engine")
    })
}

fn newest_run(state: &Path) -> Option<PathBuf> {
    let mut runs: Vec<_> = std::fs::read_dir(state.join("runs")).ok()?.filter_map(|e| Some(e.ok()?.path())).collect();
    runs.sort();
    runs.pop()
}

fn changes(run: &Path) -> Vec<String> {
    let (events, _) = trainscope::store::read_record(run).unwrap_or_default();
    events
        .into_iter()
        .filter_map(|e| if let Event::Changed(mark) = e { Some(mark.label.to_string()) } else { None })
        .collect()
}

/// Settings as the window keeps them: the CPU, and a run that goes on until it is stopped.
fn write_settings(state: &Path) {
    let mut config = RunConfig::default();
    config.train.device = "cpu".to_owned();
    config.train.epochs = 500;
    config.loader.workers = 1;
    config.loader.batch_size = 16;
    let json = serde_json::json!({ "config": config, "theme": "light" }).to_string();
    std::fs::create_dir_all(state).unwrap();
    std::fs::write(state.join("window.ron"), format!("{{\"trainscope\": {json:?}}}")).unwrap();
}

/// Where a widget stands in the window, worked out without it.
fn place_of(label: &str, state: &Path, data: &Path) -> [f32; 2] {
    let dirs = Dirs::at(state.join("layout"));
    let no_engine = Arc::new(|_: Box<dyn Fn() + Send>| Err(ClientError::Gone));
    let data = data.to_path_buf();
    let mut harness = Harness::builder().with_size(WINDOW).build_eframe(|creation| {
        let mut app = App::new(&creation.egui_ctx, dirs, no_engine, None);
        app.open_dataset(data);
        app
    });
    until("the layout", 60, || {
        harness.step();
        harness.query_by_label(label).is_some().then_some(())
    });
    harness.step();
    let centre = harness.get_by_label(label).rect().center();
    [centre.x, centre.y]
}

#[test]
fn the_real_window_from_start_to_export() {
    for program in ["Xvfb", "xdotool"] {
        if !is_there(program) {
            return missing(format_args!("{program} is not installed"));
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let (state, data) = (dir.path().join("state"), dir.path().join("shapes"));
    let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
    trainscope::data::sample_images::write_sample_dataset(&data, 20, 0, &mut go_on).unwrap();
    write_settings(&state);
    let rotate = place_of("RandRotate", dir.path(), &data);

    let screen = Screen::open();
    let mut window = Window::open(&screen, &state, &data);
    window.until_title("shapes", 30);

    // Start, and a toggle by mouse while it trains.
    window.press_until_title("ctrl+Return", "training, epoch", 180);
    let run = newest_run(&state).expect("a run's folder");
    window.click(rotate);
    until("the toggle in the run's record", 60, || {
        changes(&run).iter().any(|label| label.contains("RandRotate")).then_some(())
    });

    // The engine is killed: the window stays and says so.
    let engine = until("the engine's process", 10, || engine_of(window.process.0.id()));
    assert!(Command::new("kill").args(["-9", &engine.to_string()]).status().unwrap().success());
    window.until_title("engine died", 30);
    assert!(window.process.0.try_wait().unwrap().is_none(), "the window went with its engine");

    // Another run, stopped by key.
    window.press_until_title("ctrl+Return", "training, epoch", 180);
    window.key("ctrl+period");
    window.until_title("stopped", 60);

    // Export by keyboard: the dialog opens with its button focused.
    let run = newest_run(&state).expect("a second run's folder");
    let picture = run.join("exports").join("plots.png");
    let bytes = until("the picture", 90, || {
        if !picture.exists() {
            window.key("ctrl+e");
            std::thread::sleep(Duration::from_millis(700));
            window.key("Return");
            std::thread::sleep(Duration::from_millis(1500));
        }
        std::fs::read(&picture).ok()
    });
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let side = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    assert_eq!((side(16), side(20)), (3200, 1800));

    window.key("ctrl+q");
    let status = until("the end", 30, || window.process.0.try_wait().unwrap());
    assert!(status.success(), "{status}");
    assert!(state.join("window.ron").is_file(), "the settings are kept");
}
