//! The Sweeps page: what is asked for, how it goes on, what it found and what can be done with that. Engines are played:
//! they train as fast as they are listened to, and say so in seconds of their own.

use super::resume::leave_a_run;
use super::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use trainscope::client::sweep::{Standing, SweepReport, SweepState};
use trainscope::protocol::FailureKind;
use trainscope::ui::Page;

/// What the played engines have in common.
#[derive(Default)]
struct Engines {
    alive: AtomicUsize,
    /// Every run fails.
    fail: AtomicBool,
}

struct Trainer {
    engines: Arc<Engines>,
    state: Mutex<TrainerState>,
}

#[derive(Default)]
struct TrainerState {
    events: VecDeque<ClientEvent>,
    training: bool,
    gone: bool,
    step: u64,
    secs: f64,
    batch_size: usize,
}

impl TrainerState {
    fn say(&mut self, event: Event) {
        self.events.push_back(ClientEvent::Event(event));
    }

    /// Twice the batch takes twice the time; now and then a step is a little longer.
    fn train(&mut self) {
        self.step += 1;
        let step_secs = 0.01 * self.batch_size as f64 / 64.0 * if self.step.is_multiple_of(7) { 1.02 } else { 1.0 };
        self.secs += step_secs;
        self.say(Event::Step(StepEvent {
            secs: self.secs,
            step: self.step,
            epoch: 1,
            loss: Some(2.0 / self.step as f64),
            lr: 1e-3,
            images_per_sec: self.batch_size as f64 / step_secs,
            images: Some(self.batch_size),
            data_wait_frac: 0.5,
            phases: StepPhases::default(),
            queue_len: 0,
            config_version: 0,
        }));
    }

    fn exit(&mut self, engines: &Engines) {
        if !std::mem::replace(&mut self.gone, true) {
            engines.alive.fetch_sub(1, Ordering::Relaxed);
            self.training = false;
            let exit = EngineExit { how: "exit code 0".into(), last_words: Vec::new() };
            self.events.push_back(ClientEvent::Exited(exit));
        }
    }
}

impl EngineLink for Trainer {
    fn send(&self, command: Command) -> Result<(), ClientError> {
        let mut state = self.state.lock().unwrap();
        match command {
            Command::ListDevices => state.say(Event::Devices(vec![cpu()])),
            Command::Start(_) if self.engines.fail.load(Ordering::Relaxed) => {
                state.say(Event::Failed { error: "the device was lost".into(), kind: FailureKind::Device });
            }
            Command::Start(start) => {
                state.batch_size = start.config.loader.batch_size;
                state.say(Event::Started(Box::new(started(&start, 0))));
                state.training = true;
            }
            Command::Pause => {
                state.training = false;
                state.say(Event::Phase(RunPhase::Paused));
            }
            Command::Resume => {
                state.training = true;
                state.say(Event::Phase(RunPhase::Training));
            }
            Command::Stop | Command::Shutdown => state.exit(&self.engines),
            _ => {}
        }
        Ok(())
    }

    fn recv_timeout(&self, timeout: Duration) -> Option<ClientEvent> {
        let mut state = self.state.lock().unwrap();
        if state.events.is_empty() && state.training && !timeout.is_zero() {
            state.train();
        }
        let event = state.events.pop_front();
        drop(state);
        if event.is_none() {
            std::thread::sleep(timeout.min(Duration::from_millis(2)));
        }
        event
    }

    fn kill(&self) {
        self.state.lock().unwrap().exit(&self.engines);
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn bench(engines: &Arc<Engines>) -> Bench {
    bench_in(tempfile::tempdir().unwrap(), engines)
}

fn bench_in(dir: tempfile::TempDir, engines: &Arc<Engines>) -> Bench {
    let engines = Arc::clone(engines);
    let starter: EngineStarter = Arc::new(move |_wake: Wake| {
        engines.alive.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Trainer { engines: Arc::clone(&engines), state: Mutex::default() }) as _)
    });
    let mut bench = Bench::with_engines(dir, Played::default(), starter);
    let data = bench.write_images();
    bench.open(&data);
    bench.click("Sweeps");
    bench
}

fn report(bench: &Bench) -> &SweepReport {
    bench.harness.state().state().sweep.report.as_ref().unwrap()
}

fn busy(bench: &Bench) -> bool {
    bench.harness.state().state().sweep.busy
}

#[test]
fn values_are_compared_and_one_is_put_into_the_settings() {
    let engines = Arc::new(Engines::default());
    let mut bench = bench(&engines);
    bench.click("Sweep batch size");
    bench.type_into("Values to sweep", "64, 32");
    bench.click("Start sweep");
    bench.until("the end", |b| !busy(b));
    let found = report(&bench);
    assert_eq!(found.key, "loader.batch_size");
    assert_eq!(found.state, SweepState::Done, "{}", found.sentence);
    assert_eq!((found.points[0].standing, found.points[1].standing), (Standing::Baseline, Standing::Same));
    assert!(found.dir.join("sweep.json").is_file() && found.dir.join("sweep.png").is_file());
    assert!(found.dir.starts_with(bench.dir.path().join("state").join("runs")));
    assert!(bench.has_containing("loader.batch_size=32 is not faster than 64: 1.0"), "the sentence");
    assert!(bench.has("the same") && bench.has("the baseline"));
    assert!(!bench.has("Use loader.batch_size=64"), "it stands there already");
    bench.click("Use loader.batch_size=32");
    assert_eq!(bench.harness.state().state().config.loader.batch_size, 32);
    assert_eq!(engines.alive.load(Ordering::Relaxed), 0);
}

/// They change nothing of a step's work.
#[test]
fn learning_rates_are_told_apart_by_their_losses() {
    let engines = Arc::new(Engines::default());
    let mut bench = bench(&engines);
    bench.click("Sweep learning rate");
    bench.type_into("Values to sweep", "1e-3, 1e-2");
    bench.click("Start sweep");
    bench.until("the end", |b| !busy(b));
    let lowest = "Learning rate: 1e-3 has the lowest loss after 200 steps";
    assert!(bench.has_containing(lowest), "{}", report(&bench).sentence);
    assert!(bench.has("loss after 200 steps") && bench.has("steps"));
    assert!(!bench.has("step time") && !bench.has("the same"));
    assert!(!bench.has("images/s"), "they are as fast: what differs is noise");
    assert!(bench.has("Use optimizer.lr=1e-2"));
}

#[test]
fn what_was_found_on_another_dataset_is_not_put_into_the_settings() {
    let engines = Arc::new(Engines::default());
    let mut bench = bench(&engines);
    bench.click("Sweep batch size");
    bench.type_into("Values to sweep", "64, 32");
    bench.click("Start sweep");
    bench.until("the end", |b| !busy(b) && b.has("Use loader.batch_size=32"));
    let other = bench.dir.path().join("another");
    let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
    trainscope::data::sample_images::write_sample_dataset(&other, 3, 0, &mut go_on).unwrap();
    bench.click("Dataset");
    bench.open(&other);
    assert!(!bench.has("Use loader.batch_size=32") && bench.has_containing("Measured on another dataset"));
    assert_eq!(report(&bench).key, "loader.batch_size", "the answer stays");
}

#[test]
fn while_it_goes_on_no_run_starts_and_cancel_ends_every_engine() {
    let engines = Arc::new(Engines::default());
    let mut bench = bench(&engines);
    bench.click("Sweep learning rate");
    // Losses after so many steps are never reached.
    bench.type_into("Sweep steps", "1000000");
    bench.click("Start sweep");
    bench.until("the first rounds", |b| {
        b.harness.state().state().sweep.report.as_ref().is_some_and(|r| r.points.iter().any(|p| p.blocks > 0))
    });
    let why = bench.harness.state().state().why_not_start().unwrap();
    assert_eq!(why, "a sweep is running: cancel it or wait for its end");
    assert!(bench.has("Sweep under way"), "in the bar");
    assert!(bench.has_containing("more than the budget of 3 min 00 s"), "a million steps");
    bench.click("Cancel sweep");
    bench.until("the end", |b| !busy(b));
    assert_eq!(report(&bench).state, SweepState::Cancelled);
    assert_eq!(engines.alive.load(Ordering::Relaxed), 0);
    assert!(bench.has("It was cancelled; what was found until then stands."));
    assert_eq!(bench.harness.state().state().why_not_start(), None);
}

/// It would be refused: the sweep comes first.
#[test]
fn a_run_that_was_cut_off_waits_for_the_sweep_s_end() {
    let resume = "Resume from last checkpoint";
    let dir = tempfile::tempdir().unwrap();
    leave_a_run(&dir.path().join("state"));
    let engines = Arc::new(Engines::default());
    let mut bench = bench_in(dir, &engines);
    bench.until("the run", |b| b.has(resume));
    assert!(bench.stands_out(resume));
    bench.click("Sweep learning rate");
    bench.type_into("Sweep steps", "1000000");
    bench.click("Start sweep");
    assert!(busy(&bench) && !bench.stands_out(resume));
    bench.click(resume);
    assert!(!bench.has_containing("the run was not resumed"));
    bench.click("Cancel sweep");
    bench.until("the end", |b| !busy(b));
    assert!(bench.stands_out(resume));
}

#[test]
fn what_cannot_be_done_is_said() {
    let engines = Arc::new(Engines::default());
    let mut bench = bench(&engines);
    bench.click("Sweep prefetch");
    bench.type_into("Values to sweep", "4");
    bench.click("Start sweep");
    bench.until("the reason", |b| b.has_containing("a sweep compares at least two values"));
    engines.fail.store(true, Ordering::Relaxed);
    bench.type_into("Values to sweep", "4, 8");
    bench.click("Start sweep");
    bench.until("the failure", |b| b.has_containing("no value could be trained with: the device was lost"));
    assert_eq!(engines.alive.load(Ordering::Relaxed), 0);
}

#[test]
fn an_active_run_comes_first_and_the_page_has_its_key() {
    let mut bench = Bench::with_dataset();
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num8);
    bench.until("the page", |b| b.harness.state().state().view.page == Page::SWEEPS);
    assert!(!bench.has_containing("Not now"));
    bench.start();
    assert!(bench.has_containing("Not now: a run is active"), "the reason");
}
