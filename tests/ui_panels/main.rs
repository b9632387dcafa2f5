//! The window's inside, driven by labels: what a person does, from choosing a dataset to the exported picture.
//! The engine is played by the test, so that every event comes when the test says so.

mod access;
mod chain;
mod dataset;
mod diagnosis;
mod doctor;
mod inspect;
mod results;
mod resume;
mod runs;
mod settings;
mod stalls;
mod sweeps;
mod timeline;
mod trying;
mod workbench;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use trainscope::app::App;
use trainscope::app::dirs::Dirs;
use trainscope::app::engine_link::{EngineLink, EngineStarter, Wake};
use trainscope::client::{ClientError, ClientEvent, EngineExit, Live};
use trainscope::config::TransformSpec;
use trainscope::protocol::{
    ClassReport, Command, DeviceInfo, DeviceKind, Event, Finished, ResumePoint, RunPhase, RunStatus, StartRun, Started,
    StepEvent, StepPhases, TestReport,
};

/// What the window sent, and what the played engine says next.
#[derive(Default)]
struct Script {
    sent: Vec<Command>,
    events: VecDeque<ClientEvent>,
}

#[derive(Clone, Default)]
struct Played(Arc<Mutex<Script>>);

impl Played {
    fn starter(&self) -> EngineStarter {
        let script = self.clone();
        Arc::new(move |_wake: Wake| Ok(Box::new(Link { script: script.clone(), answers: Mutex::default() }) as _))
    }

    fn say(&self, event: Event) {
        self.0.lock().unwrap().events.push_back(ClientEvent::Event(event));
    }

    fn die(&self) {
        let exit = EngineExit { how: "ended by signal 9".into(), last_words: vec!["a last word".to_owned()] };
        self.0.lock().unwrap().events.push_back(ClientEvent::Exited(exit));
    }

    fn sent(&self) -> Vec<Command> {
        self.0.lock().unwrap().sent.clone()
    }

    fn started_with(&self) -> Option<StartRun> {
        self.sent().into_iter().rev().find_map(|c| match c {
            Command::Start(start) => Some(*start),
            _ => None,
        })
    }
}

struct Link {
    script: Played,
    /// A device listing is answered by itself.
    answers: Mutex<VecDeque<ClientEvent>>,
}

impl EngineLink for Link {
    fn send(&self, command: Command) -> Result<(), ClientError> {
        if command == Command::ListDevices {
            let devices = ClientEvent::Event(Event::Devices(vec![cpu()]));
            self.answers.lock().unwrap().push_back(devices);
        } else if command != Command::Shutdown {
            self.script.0.lock().unwrap().sent.push(command);
        }
        Ok(())
    }

    fn recv_timeout(&self, timeout: Duration) -> Option<ClientEvent> {
        if let Some(answer) = self.answers.lock().unwrap().pop_front() {
            return Some(answer);
        }
        // Only the link that the window drains takes from the script.
        if timeout.is_zero() { self.script.0.lock().unwrap().events.pop_front() } else { None }
    }

    fn kill(&self) {
        self.script.die();
    }
}

fn cpu() -> DeviceInfo {
    DeviceInfo {
        id: "cpu".to_owned(),
        name: "Test CPU".to_owned(),
        kind: DeviceKind::Cpu,
        driver: "flex".into(),
        memory_bytes: Some(8 << 30),
    }
}

/// What a window leaves for the next one.
#[derive(Default)]
struct Memory(HashMap<String, String>);

impl eframe::Storage for Memory {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }
    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }
    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }
    fn flush(&mut self) {}
}

struct Bench {
    harness: Harness<'static, App>,
    engine: Played,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self::in_dir(tempfile::tempdir().unwrap())
    }

    /// With what an earlier window left in `state`.
    fn in_dir(dir: tempfile::TempDir) -> Self {
        let engine = Played::default();
        let starter = engine.starter();
        Self::with_engines(dir, engine, starter)
    }

    fn with_engines(dir: tempfile::TempDir, engine: Played, starter: EngineStarter) -> Self {
        Self::remembering(dir, engine, starter, Memory::default())
    }

    /// The window is closed, its run trains on, and another one is opened.
    fn reopened(self) -> Self {
        let Self { harness, dir, .. } = self;
        let mut memory = Memory::default();
        eframe::App::save(&mut harness.into_state(), &mut memory);
        let engine = Played::default();
        let starter = engine.starter();
        Self::remembering(dir, engine, starter, memory)
    }

    fn remembering(dir: tempfile::TempDir, engine: Played, starter: EngineStarter, memory: Memory) -> Self {
        let (dirs, trash) = (Dirs::at(dir.path().join("state")), dir.path().join("trash"));
        let harness = Harness::builder().with_size([1280.0, 2000.0]).build_eframe(|creation| {
            let attached = Arc::clone(&starter);
            App::new(&creation.egui_ctx, dirs, starter, Some(&memory))
                .attaching_by(move |_| Arc::clone(&attached))
                .judging_by(|run_dir, judges, told| results::judge(run_dir, judges, told))
                .trashing_by(move |run_dir| {
                    std::fs::create_dir_all(&trash)?;
                    let place = trash.join(run_dir.file_name().unwrap());
                    std::fs::rename(run_dir, &place)?;
                    Ok(Some(place))
                })
        });
        Self { harness, engine, dir }
    }

    /// With the sample images read.
    fn with_dataset() -> Self {
        let mut bench = Self::new();
        let data = bench.write_images();
        bench.open(&data);
        bench
    }

    fn open(&mut self, data: &Path) {
        self.type_into("Dataset folder", &data.display().to_string());
        self.until("the classes", |b| b.has("Test CPU") && b.harness.state().state().dataset.ready().is_some());
    }

    fn write_images(&self) -> std::path::PathBuf {
        let data = self.dir.path().join("sample data");
        let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
        trainscope::data::sample_images::write_sample_dataset(&data, 5, 0, &mut go_on).unwrap();
        data
    }

    /// An image of the dataset by its path below the folder.
    fn name_of(&self, image: usize) -> String {
        self.harness.state().state().dataset.ready().unwrap().dataset.name_of(image)
    }

    fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    fn has_containing(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }

    /// Frames until `done`, with a deadline instead of a hope.
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            self.harness.step();
            if done(self) {
                // One more, so that widgets stand where they are drawn.
                self.harness.step();
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}:\n{:#?}", self.harness.root());
            std::thread::yield_now();
        }
    }

    /// The button of that name has a colour; others are grey, the one under the mouse too.
    fn stands_out(&self, label: &str) -> bool {
        fn rects<'s>(shape: &'s egui::Shape, into: &mut Vec<&'s egui::epaint::RectShape>) {
            match shape {
                egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| rects(shape, into)),
                egui::Shape::Rect(rect) => into.push(rect),
                _ => {}
            }
        }
        let button = self.harness.get_by_label(label).rect();
        let mut all = Vec::new();
        self.harness.output().shapes.iter().for_each(|clipped| rects(&clipped.shape, &mut all));
        let found = all.into_iter().find(|rect| {
            let far = (rect.rect.min - button.min).abs() + (rect.rect.max - button.max).abs();
            far.x + far.y < 4.0
        });
        let fill = found.unwrap_or_else(|| panic!("{label} is not painted")).fill;
        fill.r() != fill.g() || fill.g() != fill.b()
    }

    fn click(&mut self, label: &str) {
        let node = self.harness.get_by_label(label);
        node.scroll_to_me();
        self.harness.step();
        self.harness.get_by_label(label).click();
        self.harness.step();
        self.harness.step();
    }

    /// Clicks the box of that name, whatever else bears it.
    fn switch(&mut self, label: &str) {
        self.harness.get_by_role_and_label(egui::accesskit::Role::CheckBox, label).click();
        self.harness.step();
        self.harness.step();
    }

    fn type_into(&mut self, label: &str, text: &str) {
        self.harness.get_by_label(label).focus();
        self.harness.step();
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.harness.get_by_label(label).type_text(text);
        self.harness.step();
        self.harness.key_press(egui::Key::Enter);
        self.harness.step();
    }

    fn start(&mut self) {
        self.click("Start");
        self.until("the start", |b| b.engine.started_with().is_some());
        let start = self.engine.started_with().unwrap();
        self.engine.say(Event::Started(Box::new(started(&start, 0))));
        self.engine.say(Event::Phase(RunPhase::Training));
        for n in 1..=20 {
            self.engine.say(step(n));
        }
        self.until("the steps", |b| b.harness.state().state().run.now.step == 20);
    }
}

fn started(start: &StartRun, first_step: u64) -> Started {
    // As `step` has the seconds.
    let point = ResumePoint { step: first_step, next_epoch: 1, validated_step: 0, secs: first_step as f64 * 0.5 };
    Started {
        run_id: "test-run".to_owned(),
        run_dir: start.run_dir.clone(),
        config: start.config.clone(),
        device: cpu(),
        class_names: vec!["a".to_owned(), "b".to_owned()],
        train_count: 24,
        val_count: 3,
        test_count: 3,
        bad_file_count: 0,
        sample_shape: [1, 64, 64],
        parameter_count: 1000,
        steps_per_epoch: 100,
        first_step,
        resumed: start.resume,
        resumed_from: start.resume.then_some(point),
    }
}

fn step(n: u64) -> Event {
    Event::Step(StepEvent {
        secs: n as f64 * 0.5,
        step: n,
        epoch: 1,
        loss: Some(2.0 / n as f64),
        lr: 1e-3,
        images_per_sec: 321.0,
        images: None,
        data_wait_frac: 0.81,
        phases: StepPhases::default(),
        queue_len: 1,
        config_version: 0,
    })
}

fn finished() -> Event {
    let classes = ["a", "b"].map(|name| ClassReport {
        name: name.to_owned(),
        precision: 1.0,
        recall: 0.5,
        f1: 0.66,
        support: 2,
        ..ClassReport::default()
    });
    Event::Finished(Box::new(Finished {
        missing: Vec::new(),
        stopped_early: false,
        secs: 12.0,
        status: RunStatus::Completed,
        steps: 20,
        best_epoch: Some(1),
        best_val_auc: Some(0.9),
        test: Some(TestReport {
            loss: 0.1,
            accuracy: 0.75,
            auc: Some(0.8765),
            confusion: vec![vec![2, 0], vec![1, 1]],
            classes: classes.to_vec(),
            ..TestReport::default()
        }),
    }))
}

fn enabled(specs: &[TransformSpec], name: &str) -> Option<bool> {
    specs.iter().find(|s| s.name == name).map(|s| s.enabled)
}

#[test]
fn without_a_dataset_start_says_why_not() {
    let mut bench = Bench::new();
    bench.click("Start");
    assert!(bench.engine.started_with().is_none());
    bench.harness.get_by_label("Start").hover();
    bench.until("the reason", |b| b.has("Cannot start: choose a dataset first"));
}

#[test]
fn a_typed_path_shows_classes_and_the_chain() {
    let mut bench = Bench::with_dataset();
    assert!(bench.has_containing("30 images in 6 classes"), "in the folded line");
    assert!(!bench.has("Choose folder…"), "the dataset is folded once it is read");
    bench.click("Dataset");
    bench.until("the dataset", |b| b.has("Choose folder…"));
    let ready = bench.harness.state().state().dataset.ready().unwrap();
    assert_eq!(ready.dataset.len(), 30);
    for class in &ready.dataset.class_names {
        assert!(bench.has(class), "class {class} is not shown");
    }
    for name in ["LoadImage", "EnsureChannelFirst", "ScaleIntensity", "RandRotate", "RandFlip", "RandZoom"] {
        assert!(bench.has(name), "{name} is not shown");
    }
}

#[test]
fn a_path_that_is_not_there_is_said_so() {
    let mut bench = Bench::new();
    bench.type_into("Dataset folder", "/no/such/folder");
    bench.until("the error", |b| b.has("Read again"));
    assert_eq!(bench.harness.state().state().why_not_start().unwrap(), "the dataset could not be read");
    assert!(bench.harness.state().state().recent.is_empty(), "nothing was read");
}

#[test]
fn the_preview_measures_each_transform() {
    let mut bench = Bench::with_dataset();
    bench.until("the preview", |b| b.harness.state().state().preview.shown.is_some());
    let chain_len = bench.harness.state().state().config.transforms.len();
    let shown = bench.harness.state().state().preview.shown.as_ref().unwrap();
    assert_eq!(shown.step_us.len(), chain_len);
    assert!(shown.step_us.iter().all(Option::is_some));
    let caption = shown.caption.clone();
    bench.click("Next image");
    bench.until("the next image", |b| {
        b.harness.state().state().preview.shown.as_ref().is_some_and(|p| p.caption != caption)
    });
}

#[test]
fn start_carries_the_settings_and_a_toggle_goes_to_the_engine() {
    let mut bench = Bench::with_dataset();
    bench.click("RandRotate");
    bench.start();
    let start = bench.engine.started_with().unwrap();
    assert_eq!(enabled(&start.config.transforms, "RandRotate"), Some(false));
    assert!(!start.resume);
    assert!(start.config.data.dir.unwrap().ends_with("sample data"));
    assert!(start.run_dir.starts_with(bench.dir.path().join("state").join("runs")));
    assert!(bench.has("321"), "images a second");
    assert!(bench.has("81 %"), "data wait");

    bench.click("RandRotate");
    bench.until("the live change", |b| {
        b.engine
            .sent()
            .iter()
            .any(|c| matches!(c, Command::SetTransforms(specs) if enabled(specs, "RandRotate") == Some(true)))
    });
    bench.click("RandFlip");
    let sent = bench.engine.sent();
    let Some(Command::SetTransforms(specs)) = sent.last() else { panic!("{sent:?}") };
    assert_eq!(enabled(specs, "RandFlip"), Some(false));
    assert_eq!(enabled(specs, "RandRotate"), Some(true));
}

#[test]
fn a_validation_counts_images_and_leaves_training_s_figures_to_the_past() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.engine.say(Event::Phase(RunPhase::Validating));
    bench.engine.say(Event::Progress { phase: RunPhase::Validating, done: 1280, total: 5895 });
    bench.until("the progress", |b| b.has("1,280 of 5,895 images"));
    bench.harness.get_by_label("321").hover();
    bench.until("of when they are", |b| b.has_containing("as it was at the last step"));
}

#[test]
fn workers_change_live_pause_and_stop_reach_the_engine() {
    let mut bench = Bench::with_dataset();
    let workers = bench.harness.state().state().config.loader.workers;
    bench.start();
    bench.click("One worker more");
    assert_eq!(bench.engine.sent().last(), Some(&Command::SetWorkers(workers + 1)));
    bench.click("Pause");
    assert_eq!(bench.engine.sent().last(), Some(&Command::Pause));
    bench.engine.say(Event::Phase(RunPhase::Paused));
    bench.until("the pause", |b| b.harness.state().state().run.live == Live::Paused);
    bench.click("Resume");
    assert_eq!(bench.engine.sent().last(), Some(&Command::Resume));
    bench.engine.say(Event::Phase(RunPhase::Training));
    bench.until("going on", |b| b.harness.state().state().run.live == Live::Running);
    bench.click("Stop");
    assert_eq!(bench.engine.sent().last(), Some(&Command::Stop));
    assert!(bench.has("End now"));
}

#[test]
fn a_dead_engine_leaves_the_window_and_a_way_on() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let StartRun { run_dir, config, .. } = bench.engine.started_with().unwrap();
    std::fs::create_dir_all(&run_dir).unwrap();
    trainscope::store::write_config(&run_dir, &[], &config).unwrap();
    bench.engine.die();
    bench.until("the banner", |b| b.has("The engine died: ended by signal 9"));
    assert!(bench.has_containing("in epoch 1, after step 20"));
    assert_eq!(bench.harness.state().state().run.series.loss.points().len(), 20, "the curve is kept");
    bench.until("the checkpoint", |b| b.harness.state().state().resume.goes_on());
    bench.click("Resume from last checkpoint");
    bench.until("the resume", |b| b.engine.started_with().is_some_and(|s| s.resume));
    assert_eq!(bench.engine.started_with().unwrap().run_dir, run_dir);
    assert!(!bench.has("The engine died: ended by signal 9"));
}

#[test]
fn a_device_failure_offers_the_cpu() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let kind = trainscope::protocol::FailureKind::Device;
    bench.engine.say(Event::Failed { error: "the device was lost".into(), kind });
    bench.until("the banner", |b| b.has("The device failed"));
    bench.click("Start again on the CPU");
    bench.until("the new run", |b| b.engine.started_with().is_some_and(|s| s.config.train.device == "cpu"));
}

#[test]
fn a_finished_run_shows_its_results() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.engine.say(finished());
    bench.until("the banner", |b| b.has("Finished: test accuracy 75.00 %, AUC 0.8765"));
    bench.click("Test results…");
    bench.until("the report", |b| b.has("Confusion matrix"));
}

#[test]
fn export_writes_the_files() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.click("Export plots…");
    bench.until("the dialog", |b| b.has("Export file"));
    let target = bench.dir.path().join("out").join("curves.png");
    bench.harness.get_by_label("Export file").focus();
    bench.harness.step();
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    bench.harness.get_by_label("Export file").type_text(&target.display().to_string());
    bench.harness.step();
    bench.click("a CSV file beside each picture");
    bench.click("Export");
    bench.until("the files", |b| b.has("Written: 2 files"));
    assert_eq!(&std::fs::read(&target).unwrap()[..4], b"\x89PNG");
    assert!(std::fs::metadata(target.with_extension("csv")).unwrap().len() > 0);
    assert!(bench.has_containing("written: "), "the newest line of the log that is closed");
    // Once more: what is there is not written over unasked.
    std::fs::write(&target, "mine").unwrap();
    bench.click("Export");
    bench.until("the question", |b| b.has("2 files are there already."));
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    bench.click("Overwrite");
    bench.until("the files", |b| b.has("Written: 2 files"));
    assert_eq!(&std::fs::read(&target).unwrap()[..4], b"\x89PNG");
}

#[test]
fn only_files_that_were_asked_about_are_written_over() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.click("Export plots…");
    bench.until("the dialog", |b| b.has("Export file"));
    let [one, other] = ["one", "other"].map(|name| bench.dir.path().join(name).with_extension("png"));
    // Points are kept as pictures are.
    let points = other.with_extension("csv");
    for file in [&one, &points] {
        std::fs::write(file, "mine").unwrap();
    }
    bench.click("a CSV file beside each picture");
    bench.type_into("Export file", &one.display().to_string());
    bench.click("Export");
    bench.until("the question", |b| b.has("The file is there already."));
    bench.type_into("Export file", &other.display().to_string());
    assert!(!bench.has("Overwrite"), "this file was not asked about");
    bench.click("Export");
    bench.until("its own question", |b| b.has("Overwrite"));
    assert_eq!(std::fs::read(&points).unwrap(), b"mine");
    bench.click("Overwrite");
    bench.until("the files", |b| b.has("Written: 2 files"));
    assert_ne!(std::fs::read(&points).unwrap(), b"mine");
    assert_eq!(std::fs::read(&one).unwrap(), b"mine");
}

#[test]
fn plots_are_picked_by_hand_for_an_export() {
    let mut bench = Bench::with_dataset();
    bench.start();
    bench.click("Export plots…");
    bench.until("the dialog", |b| b.has("Export file"));
    bench.choose_in_row("Plots", "none");
    bench.until("nothing", |b| b.has("There is nothing to show in these plots yet."));
    // The menu stays open for the next one.
    for title in ["Images per second", "Loss"] {
        bench.switch(title);
    }
    let combo = |b: &Bench| b.harness.get_by_role_and_label(egui::accesskit::Role::ComboBox, "Plots").value();
    bench.until("both", |b| combo(b).as_deref() == Some("2 plots"));
    let target = bench.dir.path().join("out").join("two.svg");
    bench.type_into("Export file", &target.display().to_string());
    bench.switch("a picture each");
    bench.click("Export");
    bench.until("the files", |b| b.has("Written: 2 files"));
    let mut files: Vec<_> =
        std::fs::read_dir(target.parent().unwrap()).unwrap().map(|f| f.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["two-images_per_sec.svg", "two-loss.svg"]);
}

#[test]
fn rows_move_by_menu_and_the_parameters_open() {
    let mut bench = Bench::with_dataset();
    let order = |b: &Bench| -> Vec<String> {
        b.harness.state().state().config.transforms.iter().map(|s| s.name.clone()).collect()
    };
    let before = order(&bench);
    let at = before.iter().position(|n| n == "RandFlip").unwrap();
    bench.click("More for RandFlip");
    bench.click("Move up");
    let after = order(&bench);
    assert_eq!(after[at - 1], "RandFlip");
    bench.click("Parameters of RandRotate");
    bench.until("the form", |b| b.has("prob"));
}
