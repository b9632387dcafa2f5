//! The pages of runs and of results, by their ids: search, sort, notes, overlay, what is asked for, and what a run's network was
//! good at.

use super::resume::leave_a_run;
use super::{Bench, finished, started, step};
use egui_kittest::kittest::Queryable as _;
use trainscope::config::RunConfig;
use trainscope::protocol::{ChangeMark, EpochEvent, Event, StartRun};
use trainscope::store::{Record, write_config};
use trainscope::ui::Page;

/// A run on the disk, in the window's own folder of runs.
fn write_run(bench: &Bench, name: &str, auc: f64, workers: usize) {
    let mut config = RunConfig::default();
    config.loader.workers = workers;
    write_run_of(bench, name, auc, config);
}

fn write_run_of(bench: &Bench, name: &str, auc: f64, config: RunConfig) {
    let dir = bench.dir.path().join("state/runs").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    write_config(&dir, &[], &config).unwrap();
    let epoch = EpochEvent {
        secs: 2.0,
        step: 2,
        epoch: 1,
        train_loss: 0.5,
        val_loss: Some(0.4),
        val_accuracy: Some(0.8),
        val_auc: Some(auc),
        epoch_secs: 2.0,
        best: true,
        val_secs: 0.5,
    };
    let started = started(&StartRun::new(config, dir.clone()), 0);
    let events = [Event::Started(Box::new(started)), step(1), step(2), Event::Epoch(epoch), finished()];
    Record::create(&dir).unwrap().append(&events).unwrap();
}

impl Bench {
    /// The runs from the top down.
    fn runs_listed(&self) -> Vec<&'static str> {
        let top = |name: &&'static str| Some((self.by_id(&format!("run={name}"))?.rect().top(), *name));
        let mut rows: Vec<(f32, &'static str)> = RUNS.iter().filter_map(top).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        rows.into_iter().map(|(_, name)| name).collect()
    }
}

const RUNS: [&str; 3] = ["20260101-100000-a", "20260102-100000-b", "20260103-100000-c"];

fn with_runs() -> Bench {
    let mut bench = Bench::new();
    for (name, (auc, workers)) in RUNS.into_iter().zip([(0.7, 2), (0.9, 4), (0.8, 2)]) {
        write_run(&bench, name, auc, workers);
    }
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    bench.until("the list", |b| b.runs_listed().len() == 3);
    bench
}

/// What is listed meanwhile stays.
#[test]
fn the_list_is_read_anew_with_each_opening_and_with_a_run_s_begin_and_end() {
    let mut bench = Bench::with_dataset();
    write_run(&bench, RUNS[0], 0.7, 2);
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    bench.until("the first", |b| b.runs_listed() == [RUNS[0]]);
    write_run(&bench, RUNS[1], 0.7, 2);
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num1);
    bench.harness.step();
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    bench.harness.step();
    assert!(bench.by_id(&format!("run={}", RUNS[0])).is_some());
    bench.until("the second", |b| b.runs_listed().len() == 2);

    bench.click("Start");
    bench.until("the start", |b| b.engine.started_with().is_some());
    write_run(&bench, RUNS[2], 0.7, 2);
    bench.engine.say(Event::Started(Box::new(started(&bench.engine.started_with().unwrap(), 0))));
    bench.until("the third", |b| b.runs_listed().len() == 3);
    std::fs::remove_dir_all(bench.dir.path().join("state/runs").join(RUNS[0])).unwrap();
    bench.engine.say(finished());
    bench.until("the end", |b| b.runs_listed().len() == 2);
}

#[test]
fn of_many_runs_only_those_in_sight_are_drawn() {
    let mut bench = Bench::new();
    write_run(&bench, "20260101-100000-0000", 0.7, 2);
    let runs = bench.dir.path().join("state/runs");
    let name = |number: usize| format!("20260101-100000-{number:04}");
    for number in 1..300 {
        let dir = runs.join(name(number));
        std::fs::create_dir(&dir).unwrap();
        for file in ["run.toml", "run.sqlite"] {
            std::fs::copy(runs.join(name(0)).join(file), dir.join(file)).unwrap();
        }
    }
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    let drawn = |bench: &Bench, number: usize| bench.by_id(&format!("run={}", name(number))).is_some();
    bench.until("the newest", |b| drawn(b, 299));
    assert!(!drawn(&bench, 0));
    assert!((0..300).filter(|number| drawn(&bench, *number)).count() < 100);
    bench.click_id("runs-sort=name");
    bench.until("the oldest", |b| drawn(b, 0) && !drawn(b, 299));
    bench.by_id("runs-search").unwrap().focus();
    bench.harness.step();
    bench.by_id("runs-search").unwrap().type_text("-0217");
    bench.until("the one", |b| drawn(b, 217) && !drawn(b, 0));
}

#[test]
fn a_dataset_s_long_name_leaves_the_figures_their_room() {
    let mut bench = Bench::new();
    let dataset = "nodes of the left upper lobe ".repeat(3) + "2026";
    let mut config = RunConfig::default();
    config.data.dir = Some(std::path::Path::new("/data").join(&dataset));
    write_run_of(&bench, RUNS[0], 0.7, config);
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    bench.until("the list", |b| b.runs_listed() == [RUNS[0]]);
    let name = bench.harness.get_by_label(&dataset).rect();
    assert!(name.width() < 210.0, "{name:?}");
}

#[test]
fn runs_are_sorted_by_any_figure_and_searched() {
    let mut bench = with_runs();
    assert_eq!(bench.runs_listed()[0], "20260103-100000-c", "the newest first");
    bench.click_id("runs-sort=auc");
    bench.until("the best first", |b| {
        b.runs_listed() == ["20260102-100000-b", "20260103-100000-c", "20260101-100000-a"]
    });
    bench.click_id("runs-sort=auc");
    bench.until("the worst first", |b| b.runs_listed()[0] == "20260101-100000-a");
    bench.by_id("runs-search").unwrap().focus();
    bench.harness.step();
    bench.by_id("runs-search").unwrap().type_text("-b");
    bench.until("the one", |b| b.runs_listed() == ["20260102-100000-b"]);
}

#[test]
fn a_run_is_laid_over_the_plots_noted_renamed_and_its_settings_taken() {
    let mut bench = with_runs();
    bench.click_id("overlay=20260102-100000-b");
    bench.until("the curves", |b| b.harness.state().state().runs.overlaid.len() == 1);
    bench.click_id("run=20260102-100000-b");
    bench.until("the details", |b| b.by_id("run-tags").is_some());
    bench.by_id("run-tags").unwrap().focus();
    bench.harness.step();
    bench.by_id("run-tags").unwrap().type_text("baseline, MedNIST");
    bench.harness.step();
    bench.by_id("runs-search").unwrap().focus();
    bench.until("the notes", |b| {
        let cards = b.harness.state().state().runs.cards.as_ref();
        cards.is_some_and(|cards| cards.iter().any(|card| card.notes.tags == ["baseline", "MedNIST"]))
    });
    bench.click_id("run-duplicate");
    bench.until("its settings", |b| b.harness.state().state().config.loader.workers == 4);
    assert_eq!(bench.harness.state().state().view.page, Page::PLOTS);
}

/// It is neither laid over the plots any more nor offered to be gone on with.
#[test]
fn of_a_run_in_the_trash_nothing_is_left_in_the_window() {
    let dir = tempfile::tempdir().unwrap();
    let run_dir = leave_a_run(&dir.path().join("state"));
    let name = run_dir.file_name().unwrap().to_str().unwrap();
    let mut bench = Bench::in_dir(dir);
    bench.until("the offer", |b| b.has("Resume from last checkpoint"));
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    bench.until("the list", |b| b.by_id(&format!("overlay={name}")).is_some());
    bench.click_id(&format!("overlay={name}"));
    bench.until("the curves", |b| b.harness.state().state().runs.overlaid.len() == 1);
    bench.click_id(&format!("run={name}"));
    bench.until("the details", |b| b.by_id("run-trash").is_some());
    bench.click_id("run-trash");
    bench.click_id("run-trash-yes");
    bench.until("the list without it", |b| b.harness.state().state().runs.cards.as_ref().is_some_and(Vec::is_empty));
    let state = bench.harness.state().state();
    assert!(state.runs.overlaid.is_empty() && state.run_dir.is_none() && state.run.started.is_none());
    assert!(!state.resume.goes_on() && !bench.has("Resume from last checkpoint"));
    assert!(bench.has_containing(&format!("moved to the trash: {name}")));
    assert!(bench.dir.path().join("trash").join(name).is_dir() && !run_dir.exists());
}

/// Its settings at the beginning say nothing of it.
#[test]
fn what_was_changed_while_a_run_trained_is_compared_too() {
    let mut bench = Bench::new();
    write_run(&bench, RUNS[0], 0.7, 2);
    let dir = bench.dir.path().join("state/runs").join(RUNS[1]);
    std::fs::create_dir_all(&dir).unwrap();
    let mut config = RunConfig::default();
    config.loader.workers = 2;
    write_config(&dir, &[], &config).unwrap();
    let change = |step: u64, label: &str| {
        let (secs, label, switched_off) = (step as f64, label.into(), Vec::new());
        Event::Changed(ChangeMark { secs, step, config_version: step, label, experiment: false, switched_off })
    };
    let started = started(&StartRun::new(config, dir.clone()), 0);
    let [away, back] = [change(1, "workers 2 → 0"), change(2, "workers 0 → 2")];
    Record::create(&dir).unwrap().append(&[Event::Started(Box::new(started)), away, step(2), back]).unwrap();
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    bench.until("the list", |b| b.runs_listed().len() == 2);
    bench.click_id(&format!("run={}", RUNS[0]));
    bench.until("the details", |b| b.by_id("run-compare").is_some());
    bench.click_id("run-compare");
    bench.click_id(&format!("compare={}", RUNS[1]));
    bench.until("the changes", |b| b.has("2: workers 2 → 0 and workers 0 → 2"));
    assert!(bench.has("Changed while it ran"));
}

/// All of it at once, and with what the dataset is read with and divided by.
#[test]
fn a_run_s_settings_are_one_change_and_are_taken_back_as_one() {
    let mut bench = Bench::with_dataset();
    let mut config = bench.harness.state().state().config.clone();
    let own = config.clone();
    config.loader.workers = 5;
    config.data.limit = 12;
    config.transforms.truncate(1);
    let run = bench.dir.path().join("state/runs/20260104-100000-d");
    std::fs::create_dir_all(&run).unwrap();
    write_config(&run, &[], &config).unwrap();
    let started = started(&StartRun::new(config.clone(), run.clone()), 0);
    Record::create(&run).unwrap().append(&[Event::Started(Box::new(started)), step(1), finished()]).unwrap();
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    bench.until("the run", |b| b.by_id("run=20260104-100000-d").is_some());
    bench.click_id("run=20260104-100000-d");
    bench.until("the details", |b| b.by_id("run-duplicate").is_some());
    bench.click_id("run-duplicate");
    let images = |b: &Bench| {
        let state = b.harness.state().state();
        Some(state.dataset.ready()?.split.as_ref().ok()?.iter().sum::<usize>())
    };
    let all = images(&bench).unwrap();
    bench.until("its images", |b| images(b).is_some_and(|images| images < all));
    assert_eq!(bench.harness.state().state().config, config);
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    bench.until("all images again", |b| images(b) == Some(all));
    assert_eq!(bench.harness.state().state().config, own);
}

#[test]
fn a_run_of_the_list_is_shown_with_its_results() {
    let mut bench = with_runs();
    bench.click_id("run=20260103-100000-c");
    bench.until("the details", |b| b.by_id("run-show").is_some());
    bench.click_id("run-show");
    bench.until("its curves", |b| b.harness.state().state().run.now.step == 2);
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num5);
    bench.until("its classes", |b| b.has("accuracy 0.7500"));
    assert!(bench.by_id("cell=1,0").is_some() && bench.by_id("judge").is_some());
    bench.click_id("classes-sort=recall");
    assert!(bench.has("Confusion matrix"));
    // Ticked as well, it is drawn once.
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num6);
    bench.until("the list", |b| b.by_id("overlay=20260103-100000-c").is_some());
    bench.click_id("overlay=20260103-100000-c");
    bench.until("its curves once more", |b| b.harness.state().state().runs.overlaid.len() == 1);
    assert_eq!(bench.harness.state().state().runs_shown().len(), 1);
}

#[test]
fn plots_are_drawn_over_steps_by_logarithms_smoothed_and_in_another_order() {
    let mut bench = Bench::with_dataset();
    bench.start();
    let view = |b: &Bench| b.harness.state().state().view.plots.clone();
    bench.click_id("plots-x=step");
    bench.until("steps", |b| view(b).view.x == trainscope::plot::XAxis::Step);
    bench.click_id("plots-log");
    bench.until("logarithms", |b| view(b).view.log);
    bench.click_id("plot-menu=metrics");
    bench.until("the menu", |b| b.has("Pin to the front"));
    bench.harness.get_by_label("Pin to the front").click();
    bench.until("its place", |b| view(b).arranged(&[])[0] == "metrics");
    bench.click_id("plot-menu=loss");
    bench.until("the menu", |b| b.has("Copy values"));
    bench.harness.get_by_label("Copy values").click();
    let mut copied = String::new();
    for _ in 0..3 {
        bench.harness.step();
        for command in &bench.harness.output().platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                copied.clone_from(text);
            }
        }
    }
    assert!(copied.contains("training") && copied.lines().count() > 20, "{copied}");
}
