//! Predictions against a loader simulated image by image, on shared cores and with what no prediction knows of:
//! `cargo test diagnose::tests_queue -- --nocapture` prints how good they are.

use super::laws::RunFacts;
use super::sim::Dice;
use super::verdict::verdict;
use crate::protocol::{RunChange, Stage, StageCost, StagesEvent, StepCpu, StepEvent, StepPhases};
use std::collections::{BTreeMap, VecDeque};

pub(super) const BATCH: usize = 32;

/// A stage's seconds an image: computing, then waiting for something else than a core.
#[derive(Debug, Clone)]
struct SimStage {
    name: &'static str,
    cpu_secs: f64,
    sleep_secs: f64,
}

/// A run image by image: workers take turns on the cores with each other, the trainer's threads and other programs.
#[derive(Debug, Clone)]
pub(super) struct FineSim {
    cores: f64,
    /// Threads of other programs; or, where those are a group that is given its share first, cores that they take.
    others: f64,
    others_are_a_group: bool,
    workers: usize,
    prefetch: usize,
    stages: Vec<SimStage>,
    /// Of a batch, with its threads to themselves.
    train_secs: f64,
    /// Threads that the trainer keeps busy, and whether it goes slower where they wait for a core.
    train_threads: f64,
    on_cpu: bool,
    /// What no prediction knows of.
    quirk: Quirk,
}

/// What the predictions do not model.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Quirk {
    None,
    /// Half of the trainer's work is done by one thread.
    HalfSerial,
    /// Two hyperthreads do as much as 1.3 cores.
    Hyperthreads,
    /// One image in 50 takes ten times as long.
    Spikes,
    /// All that sleep wait for one thing, which does at most twice as much a second as two workers ask of it.
    Disk,
    /// What workers find is a core that is free, at the expense of the trainer.
    Favoured,
}

const QUIRKS: [Quirk; 6] =
    [Quirk::None, Quirk::HalfSerial, Quirk::Hyperthreads, Quirk::Spikes, Quirk::Disk, Quirk::Favoured];

#[derive(Debug, Clone, Copy)]
enum Doing {
    Nothing,
    /// (stage, seconds of computing left, number of the batch)
    Computing(usize, f64, u64),
    /// (stage, seconds of sleep left, number of the batch)
    Sleeping(usize, f64, u64),
}

pub(super) struct Window {
    pub steps: Vec<StepEvent>,
    pub stages: Vec<StagesEvent>,
    images_per_sec: f64,
}

impl FineSim {
    pub fn run(&self, seed: u64, settle: usize, steps: usize) -> Window {
        let mut dice = Dice::new(seed);
        let spikes = self.quirk == Quirk::Spikes;
        let mut vary = move |secs: f64| {
            let spike = if spikes && dice.uniform() < 0.02 { 10.0 } else { 1.0 };
            secs * spike * (0.67 + 0.33 * dice.exponential())
        };
        let threads = self.workers.max(1);
        let mut doing = vec![Doing::Nothing; threads];
        let mut begun_at = vec![0.0; threads];
        // Of batches begun and not taken: (images to claim, images to come).
        let mut batches: VecDeque<(usize, usize)> = Default::default();
        let (mut first, mut now, mut step_begun) = (0u64, 0.0_f64, 0.0_f64);
        // Seconds of training left; none while it waits.
        let mut training: Option<f64> = None;
        let mut waited = 0.0;
        let (mut window, mut measured_from) = (Vec::new(), 0.0);
        let mut sums = vec![(0.0, 0.0, 0u64); self.stages.len()];
        let mut queue_len = 0;
        let mut cpu = StepCpu::default();
        loop {
            // The trainer takes what is ready.
            if training.is_none() && batches.front().is_some_and(|b| b.1 == 0) {
                batches.pop_front();
                first += 1;
                queue_len = batches.iter().take_while(|b| b.1 == 0).count().min(self.prefetch);
                waited = now - step_begun;
                training = Some(vary(1.0).mul_add(0.06, 0.94) * self.train_secs);
            }
            // Workers take an image each.
            for worker in 0..threads {
                if !matches!(doing[worker], Doing::Nothing) {
                    continue;
                }
                let may_begin = if self.workers == 0 {
                    training.is_none() && batches.is_empty()
                } else {
                    batches.len() < self.prefetch + 1
                };
                if batches.back().is_none_or(|b| b.0 == 0) {
                    if !may_begin {
                        continue;
                    }
                    batches.push_back((BATCH, BATCH));
                }
                let number = first + batches.len() as u64 - 1;
                batches.back_mut().unwrap().0 -= 1;
                doing[worker] = Doing::Computing(0, vary(self.stages[0].cpu_secs), number);
                begun_at[worker] = now;
            }
            let computing = doing.iter().filter(|d| matches!(d, Doing::Computing(..))).count() as f64;
            let serial = self.quirk == Quirk::HalfSerial && training.is_some_and(|left| left < 0.5 * self.train_secs);
            let train_threads = match training {
                Some(_) if serial => self.train_threads.min(1.0),
                Some(_) => self.train_threads,
                None => 0.0,
            };
            let (others, cores) =
                if self.others_are_a_group { (0.0, self.cores - self.others) } else { (self.others, self.cores) };
            let wanted = computing + others + train_threads;
            let busy = wanted.min(cores);
            let halves = 0.5 * self.cores;
            let work = if self.quirk == Quirk::Hyperthreads { busy - 0.7 * (busy - halves).max(0.0) } else { busy };
            let turn = (cores / wanted.max(1e-9)).min(1.0);
            let (speed, train_speed) = if self.quirk == Quirk::Favoured {
                let speed = (cores / (computing + others).max(1e-9)).min(1.0);
                let left = (cores - (computing + others) * speed).max(0.1 * cores);
                (speed, (left / train_threads.max(1e-9)).min(1.0))
            } else {
                (work / wanted.max(1e-9), work / wanted.max(1e-9))
            };
            let (turn, train_turn) = if self.quirk == Quirk::Favoured { (speed, train_speed) } else { (turn, turn) };
            let train_speed = if self.on_cpu { train_speed } else { 1.0 };
            // As slow as there are more of them than it can serve.
            let asleep = doing.iter().filter(|d| matches!(d, Doing::Sleeping(..))).count() as f64;
            let served = if self.quirk == Quirk::Disk { (4.0 / asleep.max(1e-9)).min(1.0) } else { 1.0 };
            let mut dt = training.map_or(f64::INFINITY, |left| left / train_speed);
            for doing in &doing {
                dt = dt.min(match doing {
                    Doing::Nothing => f64::INFINITY,
                    Doing::Computing(_, left, _) => left / speed,
                    Doing::Sleeping(_, left, _) => left / served,
                });
            }
            now += dt;
            let loader_secs = computing * turn * dt;
            let cpu_secs = loader_secs + train_threads * train_turn * dt;
            cpu.loader_secs += loader_secs;
            let of_phase = if training.is_some() { &mut cpu.busy_secs } else { &mut cpu.wait_secs };
            *of_phase += cpu_secs;
            for worker in 0..threads {
                let stage_done = match &mut doing[worker] {
                    Doing::Nothing => None,
                    Doing::Computing(stage, left, number) => {
                        *left -= dt * speed;
                        sums[*stage].1 += dt * turn;
                        (*left <= 1e-12).then_some((*stage, *number, true))
                    }
                    Doing::Sleeping(stage, left, number) => {
                        *left -= dt * served;
                        (*left <= 1e-12).then_some((*stage, *number, false))
                    }
                };
                let Some((stage, number, computed)) = stage_done else { continue };
                if computed && self.stages[stage].sleep_secs > 0.0 {
                    doing[worker] = Doing::Sleeping(stage, vary(self.stages[stage].sleep_secs), number);
                    continue;
                }
                sums[stage].0 += now - begun_at[worker];
                sums[stage].2 += 1;
                begun_at[worker] = now;
                doing[worker] = if stage + 1 < self.stages.len() {
                    Doing::Computing(stage + 1, vary(self.stages[stage + 1].cpu_secs), number)
                } else {
                    batches[(number - first) as usize].1 -= 1;
                    Doing::Nothing
                };
            }
            if let Some(left) = &mut training {
                *left -= dt * train_speed;
                if *left <= 1e-12 {
                    training = None;
                    let mut event = step(now - step_begun, waited, queue_len);
                    event.phases.cpu = Some(std::mem::take(&mut cpu));
                    window.push(event);
                    step_begun = now;
                    if window.len() == settle {
                        measured_from = now;
                        sums.iter_mut().for_each(|s| *s = (0.0, 0.0, 0));
                    }
                    if window.len() == settle + steps {
                        break;
                    }
                }
            }
        }
        let cost = |(stage, sum): (&SimStage, &(f64, f64, u64))| StageCost {
            stage: stage.name.into(),
            images: sum.2,
            wall_us: 1e6 * sum.0 / sum.2.max(1) as f64,
            cpu_us: 1e6 * sum.1 / sum.2.max(1) as f64,
        };
        let stages = stages_event(self.stages.iter().zip(&sums).map(cost).collect(), self.workers, self.prefetch);
        window.drain(..settle);
        Window { steps: window, stages: vec![stages], images_per_sec: (steps * BATCH) as f64 / (now - measured_from) }
    }

    fn changed(&self, change: &RunChange) -> Self {
        let mut sim = self.clone();
        match change {
            RunChange::TransformOff(name) => sim.stages.retain(|s| s.name != name),
            RunChange::Workers(workers) => sim.workers = *workers,
            RunChange::Cache => {
                sim.stages.retain(|s| !["read", "decode"].contains(&s.name));
                sim.stages.push(SimStage { name: "copy", ..sim.stages.last().unwrap().clone() });
            }
            RunChange::BatchSize(_) => {}
        }
        sim
    }

    pub fn facts(&self) -> RunFacts {
        RunFacts {
            batch_size: BATCH,
            cores: self.cores as usize,
            device_is_cpu: self.on_cpu,
            workers: self.workers,
            switchable: ["RandRotate", "SimulateDelay"].map(str::to_owned).to_vec(),
            cacheable: vec![Stage::Read, Stage::Decode],
            stalled_secs: None,
            ..RunFacts::default()
        }
    }

    pub fn drawn(dice: &mut Dice) -> Self {
        let cores = [1.0, 2.0, 2.0, 4.0, 8.0, 16.0][(6.0 * dice.uniform()) as usize];
        let on_cpu = dice.uniform() < 0.5;
        let workers = (9.0 * dice.uniform()) as usize;
        let mut spread = |low: f64, high: f64| (low.ln() + dice.uniform() * (high / low).ln()).exp();
        let mut stages = vec![
            SimStage { name: "read", cpu_secs: spread(1e-4, 1e-3), sleep_secs: 0.0 },
            SimStage { name: "decode", cpu_secs: spread(3e-4, 6e-3), sleep_secs: 0.0 },
            SimStage { name: "RandRotate", cpu_secs: spread(1e-4, 1e-2), sleep_secs: 0.0 },
            SimStage { name: "SimulateDelay", cpu_secs: spread(1e-5, 1e-4), sleep_secs: spread(1e-3, 4e-2) },
            SimStage { name: "collate", cpu_secs: spread(5e-5, 2e-4), sleep_secs: 0.0 },
        ];
        let ratio = spread(0.15, 6.0);
        let others = if dice.uniform() < 0.3 { dice.uniform() * 0.6 * cores } else { 0.0 };
        let others_are_a_group = dice.uniform() < 0.5;
        if dice.uniform() < 0.3 {
            stages[0].sleep_secs = 2e-3 * dice.exponential();
        }
        if dice.uniform() < 0.6 {
            stages.remove(3);
        }
        if dice.uniform() < 0.15 {
            // None of them only computes.
            stages.iter_mut().for_each(|s| s.sleep_secs += s.cpu_secs * 2.0 * dice.uniform());
        }
        let cpu_secs: f64 = stages.iter().map(|s| s.cpu_secs).sum();
        let all_secs: f64 = cpu_secs + stages.iter().map(|s| s.sleep_secs).sum::<f64>();
        let loader_secs = (all_secs / workers.max(1) as f64).max(cpu_secs / cores);
        let train_threads = if on_cpu { 1.0 + (cores - 1.0) * dice.uniform() } else { (2.0 * dice.uniform()).floor() };
        let prefetch = [1, 2, 4, 8][(4.0 * dice.uniform()) as usize];
        let train_secs = loader_secs * ratio * BATCH as f64;
        let quirk = QUIRKS[(QUIRKS.len() as f64 * dice.uniform()) as usize];
        Self { cores, others, others_are_a_group, workers, prefetch, stages, train_secs, train_threads, on_cpu, quirk }
    }
}

pub(super) fn step(step_secs: f64, wait_secs: f64, queue_len: usize) -> StepEvent {
    StepEvent {
        secs: 0.0,
        step: 1,
        epoch: 1,
        loss: Some(1.0),
        lr: 1e-3,
        images_per_sec: BATCH as f64 / step_secs,
        images: Some(BATCH),
        data_wait_frac: wait_secs / step_secs,
        phases: StepPhases { wait_secs, read_secs: 0.8 * (step_secs - wait_secs), ..StepPhases::default() },
        queue_len,
        config_version: 0,
    }
}

pub(super) fn stages_event(stages: Vec<StageCost>, workers: usize, queue_capacity: usize) -> StagesEvent {
    StagesEvent { secs: 0.0, config_version: 0, workers, stages, queue_len: 0, queue_capacity, cache: None }
}

/// Errors, and how many were within their band, of one kind of predictions.
#[derive(Default)]
struct Score {
    errors: Vec<f64>,
    held: usize,
    width: f64,
}

impl Score {
    fn held_frac(&self) -> f64 {
        self.held as f64 / self.errors.len() as f64
    }

    fn median(&mut self) -> f64 {
        self.errors.sort_by(f64::total_cmp);
        self.errors[self.errors.len() / 2]
    }
}

/// How good the predictions of so many runs are, by what the runs are like. Steps tell their CPU time or, as in older records, do
/// not.
fn scores(runs: u64, tell_cpu: bool, draw: fn(&mut Dice) -> FineSim) -> BTreeMap<String, Score> {
    let mut scores: BTreeMap<String, Score> = Default::default();
    let mut dice = Dice::new(4);
    for run in 0..runs {
        let sim = draw(&mut dice);
        let mut window = sim.run(run, 12, 40);
        if !tell_cpu {
            window.steps.iter_mut().for_each(|step| step.phases.cpu = None);
        }
        for stage in &mut window.stages[0].stages {
            // CPU time is read on some images only.
            stage.cpu_us *= (0.06 * dice.normal()).exp();
        }
        let verdict = verdict(&window.steps, &window.stages, &sim.facts());
        for p in &verdict.predictions {
            let workers = matches!(p.change, RunChange::Workers(_));
            let unchanged = matches!(p.change, RunChange::BatchSize(_)) || p.change == RunChange::Workers(sim.workers);
            if unchanged || (workers && dice.uniform() > 0.3) {
                continue;
            }
            let truth = sim.changed(&p.change).run(run + 1000, 12, 60).images_per_sec;
            let error = (p.images_per_sec / truth).ln().abs();
            let held = (p.low..=p.high).contains(&truth);
            let from = if sim.workers == 0 { "from no workers" } else { "from workers" };
            let kind = if workers { "workers" } else { "off or cache" };
            let quirk = format!("{:?}", sim.quirk);
            let crowd = if sim.others > 0.0 { "beside other programs" } else { "alone" };
            let device = if sim.on_cpu { "on the CPU" } else { "on a device" };
            let moves = if (truth / window.images_per_sec).ln().abs() > 0.1 { "that change much" } else { "others" };
            for name in ["all", from, kind, device, moves, crowd, &quirk] {
                let score = scores.entry(name.to_owned()).or_default();
                score.errors.push(error);
                score.held += usize::from(held);
                score.width += (p.high / p.low).ln();
            }
            if !held && std::env::var_os("SHOW").is_some() {
                println!(
                    "{truth:.0} not within {p:?} now {:.0} wait {:.2}\n  {sim:?}",
                    window.images_per_sec, verdict.evidence[2].value
                );
            }
        }
    }
    println!("{runs} runs, their CPU time told: {tell_cpu}");
    for (name, score) in &mut scores {
        let count = score.errors.len();
        println!(
            "{name}: {count} predictions, median error {:.1} %, {:.1} % within the band, which is {:.2} wide",
            100.0 * score.median(),
            100.0 * score.held_frac(),
            (score.width / count as f64).exp(),
        );
        assert!(score.median() < 0.10);
    }
    scores
}

fn on_the_cpu(dice: &mut Dice) -> FineSim {
    loop {
        let sim = FineSim::drawn(dice);
        if sim.on_cpu {
            return sim;
        }
    }
}

/// Programs that have half of the cores and more, or one to four threads a core.
fn beside_many(dice: &mut Dice) -> FineSim {
    let sim = on_the_cpu(dice);
    let others_are_a_group = dice.uniform() < 0.5;
    let much = dice.uniform();
    let others = sim.cores * if others_are_a_group { 0.5 + 0.42 * much } else { 1.0 + 3.0 * much };
    FineSim { others, others_are_a_group, ..sim }
}

#[test]
fn predictions_hold_where_stages_sleep_and_cores_are_shared() {
    type Drawn = fn(&mut Dice) -> FineSim;
    let kinds: [(bool, Drawn); 2] = [(false, FineSim::drawn), (true, on_the_cpu)];
    for (tell_cpu, draw) in kinds {
        for (name, score) in scores(250, tell_cpu, draw) {
            // A disk at its end is not to be seen before it is there.
            assert!(score.held_frac() >= if name == "Disk" { 0.8 } else { 0.9 }, "{name}");
        }
    }
}

/// By wall time alone fewer are within their band.
#[test]
fn predictions_hold_beside_programs_that_take_most_of_the_cores() {
    let scores = scores(150, true, beside_many);
    assert!(["all", "off or cache"].iter().all(|name| scores[*name].held_frac() >= 0.9));
    assert!(scores.values().all(|score| score.held_frac() >= 0.75));
}
