//! A loader, its queue and a trainer as a small queueing network: what they do together on shared cores.
//!
//! A worker sleeps S seconds an image (it waits for a disk, a lock, a delay) and computes D seconds; the workers and,
//! on a CPU device, the trainer's threads share the cores evenly. How many workers compute at a time then has a
//! distribution in product form, whatever those of S and D. From it come the loader's pace and the trainer's, while
//! both are at work and while only one is; the slower side never rests, and the other's share of rest follows.
//!
//! What a run does not tell (how many cores the training uses, whether a stage waits or is made to wait by others) is
//! tried each way: every [`Guess`] is fitted to the run as it is, and a prediction's band spans what they say. Its
//! middle is their geometric mean.

use super::laws::{Demands, RunFacts, StageDemand};
use crate::protocol::Stage;

/// Two hyperthreads share a core: the least that a core beyond half of them adds.
const LEAST_OF_A_CORE: f64 = 0.3;
/// How sharp the corner between two limits is with a queue of one batch, and what more batches add.
const CORNER_OF_ONE: f64 = 9.0;
const CORNER_A_BATCH: f64 = 1.5;
const SHARPEST_CORNER: f64 = 24.0;
/// Waiting grows with this power of the number of workers, at worst: a disk or a mount has an end, a delay has not.
const FILES_CROWD: f64 = 0.5;
const OTHERS_CROWD: f64 = 0.15;
/// A trainer that waited may be so much faster where it does not, as a share of the waiting: its caches stay warm ...
const WARMER_FRAC: f64 = 0.1;
/// ... or, on a CPU device, so much slower: who rests often is given a core at once, also among other programs.
const CROWDED_FRAC: f64 = 0.2;
/// What is left of a loader's work, once a part of it is gone, may take less by this share of that part: it was measured in
/// between. In 33 runs of `benches/bisect` what was left went up to 1.3 times as fast as measured where nine tenths were gone, and
/// 1.2 times where half was.
const COLD_FRAC: f64 = 0.3;
/// The share of its time that a device's trainer is taken to need a core for where nothing tells.
const UNKNOWN_ON_CORES_FRAC: f64 = 0.3;
/// Threads of others a core, at most.
const MOST_OTHERS: f64 = 3.0;

/// The cores that all threads share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cores {
    pub count: f64,
    /// So many of them count whole.
    pub whole: f64,
    /// Threads of other programs, always computing.
    pub others: f64,
}

/// Seconds an image, were nobody in the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Load {
    pub cpu_secs: f64,
    pub sleep_secs: f64,
    pub workers: usize,
}

impl Load {
    fn secs(&self) -> f64 {
        self.cpu_secs + self.sleep_secs
    }
}

/// Seconds an image, were nobody in the way; threads that it keeps busy meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trainer {
    pub secs: f64,
    pub threads: f64,
    /// The share of its time that goes with the cores' speed: 1 on a CPU device.
    pub on_cores_frac: f64,
}

/// What the loader does while nothing holds it up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Pace {
    images_per_sec: f64,
    /// Workers that compute or wait for a core, in the mean.
    computing: f64,
    /// Cores that they have by the CPU clock.
    on_clock: f64,
    /// The trainer's speed meanwhile; 1 is alone.
    trainer_speed: f64,
}

impl Cores {
    /// The share of the time in which one of so many threads has a core.
    fn turn(&self, threads: f64) -> f64 {
        (self.count / threads.max(1e-9)).min(1.0)
    }

    /// A thread's speed among so many.
    fn speed(&self, threads: f64) -> f64 {
        let busy = threads.min(self.count);
        let work = busy.min(self.whole) + LEAST_OF_A_CORE * (busy - self.whole).max(0.0);
        if threads > 0.0 { work / threads } else { 1.0 }
    }

    fn trainer_speed(&self, trainer: &Trainer, computing: f64) -> f64 {
        let speed = self.speed(computing + trainer.threads + self.others);
        1.0 / (1.0 - trainer.on_cores_frac + trainer.on_cores_frac / speed)
    }

    /// Of workers that are never held up, beside a trainer at work or not.
    fn pace(&self, load: &Load, trainer: &Trainer, trains: bool) -> Pace {
        let beside = self.others + if trains { trainer.threads } else { 0.0 };
        let cpu_secs = load.cpu_secs.max(1e-9);
        let mut sums = Pace::default();
        let (mut weight, mut total) = (1.0, 0.0);
        // From "all compute" on downwards.
        for computing in (0..=load.workers).rev() {
            let threads = computing as f64;
            let speed = self.speed(threads + beside);
            total += weight;
            sums.images_per_sec += weight * threads * speed / cpu_secs;
            sums.computing += weight * threads;
            sums.on_clock += weight * threads * self.turn(threads + beside);
            sums.trainer_speed += weight * self.trainer_speed(trainer, threads);
            if computing > 0 {
                let sleeping = (load.workers - computing + 1) as f64;
                weight *= load.sleep_secs * threads * speed / (sleeping * cpu_secs);
            }
            if weight > 1e100 {
                let fields =
                    [&mut sums.images_per_sec, &mut sums.computing, &mut sums.on_clock, &mut sums.trainer_speed];
                fields.into_iter().chain([&mut total, &mut weight]).for_each(|value| *value *= 1e-100);
            }
        }
        Pace {
            images_per_sec: sums.images_per_sec / total,
            computing: sums.computing / total,
            on_clock: sums.on_clock / total,
            trainer_speed: sums.trainer_speed / total,
        }
    }

    /// Images a second of both together, and what the loader could do over what the trainer could.
    pub fn rate(&self, load: &Load, trainer: &Trainer, queue_capacity: f64) -> (f64, f64) {
        let alone_secs = trainer.secs / self.trainer_speed(trainer, 0.0);
        if load.workers == 0 {
            let speed = self.speed(1.0 + self.others);
            let load_secs = load.sleep_secs + load.cpu_secs / speed;
            return (1.0 / (load_secs + alone_secs), alone_secs / load_secs.max(1e-12));
        }
        let (apart, beside) = (self.pace(load, trainer, false), self.pace(load, trainer, true));
        let (apart_rate, beside_rate) = (apart.images_per_sec, beside.images_per_sec);
        let both_secs = trainer.secs / beside.trainer_speed;
        let ratio = beside_rate * both_secs;
        let images_per_sec = if ratio < 1.0 {
            // The loader never rests; the trainer does.
            apart_rate / (1.0 + both_secs * (apart_rate - beside_rate))
        } else {
            1.0 / (alone_secs + (both_secs - alone_secs) / ratio)
        };
        let sharpness = (CORNER_OF_ONE + CORNER_A_BATCH * (queue_capacity - 1.0)).clamp(CORNER_OF_ONE, SHARPEST_CORNER);
        let lower = ratio.min(1.0 / ratio);
        (images_per_sec * (1.0 + lower.powf(sharpness)).powf(-1.0 / sharpness), ratio)
    }
}

/// A rate in images a second, and the band that it is expected in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    pub images_per_sec: f64,
    pub low: f64,
    pub high: f64,
    /// What the loader could do over what the trainer could, beside each other.
    pub loader_over_trainer: f64,
}

/// A loader as it might be: the stages that it has, a stage twice where it is done twice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LoaderCase<'a> {
    pub stages: Vec<&'a StageDemand>,
    pub workers: usize,
}

/// What makes a stage take longer than the run's own threads explain.
#[derive(Debug, Clone, Copy, PartialEq)]
enum StretchedBy {
    /// Threads of other programs, each with a share of its own.
    Threads,
    /// Other programs that take their share of the cores, however many threads the run has: systems share cores out
    /// among sessions or containers first.
    Programs,
    /// It is not stretched: it waits for something else.
    Nothing,
}

/// How a run might be inside, fitted to what it tells.
#[derive(Debug, Clone, PartialEq)]
struct Guess {
    cores: Cores,
    trainer: Trainer,
    /// Wall time over CPU time of a stage that only computes.
    stretch: f64,
    /// CPU seconds with a core to itself over those measured: hyperthreads stretch the CPU clock's too.
    of_cpu: f64,
    /// The rate measured over the one that comes out.
    missed: f64,
    loader_over_trainer: f64,
    /// Counts for the middle; the others for the band only.
    usual: bool,
    /// The likeliest of all.
    likeliest: bool,
}

/// What is known of a run, and every guess about the rest.
pub(super) struct QueueModel<'a> {
    demands: &'a Demands,
    workers: usize,
    device_is_cpu: bool,
    /// Measured; see [`Demands::stretch`].
    stretch: f64,
    guesses: Vec<Guess>,
}

impl<'a> QueueModel<'a> {
    /// `None` where no stage is known.
    pub fn of(demands: &'a Demands, facts: &RunFacts) -> Option<Self> {
        if demands.wall_secs() <= 0.0 || demands.train_secs <= 0.0 {
            return None;
        }
        let count = facts.cores.max(1) as f64;
        // (threads, share of its time on cores). Before a device of its own the host hands out work: where it then
        // waits for the device it has time to spare, which cores that are fought over may take.
        let trainers = if facts.device_is_cpu {
            [(1.0, 1.0), (count.sqrt(), 1.0), (count, 1.0)]
        } else {
            let handing_out = demands.read_frac.map_or(UNKNOWN_ON_CORES_FRAC, |read| (1.0 - 2.0 * read).max(0.0));
            [(0.0, 0.0), (1.0, 0.0), (1.0, handing_out)]
        };
        let known = facts.device_is_cpu || demands.read_frac.is_some();
        let mut model = Self {
            demands,
            workers: facts.workers,
            device_is_cpu: facts.device_is_cpu,
            stretch: demands.stretch(facts),
            guesses: Vec::new(),
        };
        for (i, (threads, on_cores_frac)) in trainers.into_iter().enumerate() {
            for usual in [true, false] {
                let whole = if usual { count } else { (0.5 * count).max(1.0) };
                let secs = if usual { demands.train_secs } else { demands.train_secs_most };
                let cores = Cores { count, whole, others: 0.0 };
                for stretched_by in [StretchedBy::Threads, StretchedBy::Programs, StretchedBy::Nothing] {
                    let trainer = Trainer { secs, threads, on_cores_frac };
                    let likeliest = usual && stretched_by == StretchedBy::Programs && i == 1;
                    let guess = model.fit(cores, trainer, stretched_by);
                    model.guesses.push(Guess { usual: usual && (known || i < 2), likeliest, ..guess });
                }
            }
        }
        Some(model)
    }

    /// The guess with those cores and that trainer, whose seconds are as measured. What the run's own threads do not
    /// explain of the stretch, other programs do, or it is waiting.
    fn fit(&self, cores: Cores, trainer: Trainer, stretched_by: StretchedBy) -> Guess {
        let measured = self.stretch;
        let mut guess = Guess {
            cores,
            trainer,
            stretch: measured,
            of_cpu: 1.0,
            missed: 1.0,
            loader_over_trainer: 1.0,
            usual: true,
            likeliest: false,
        };
        if stretched_by == StretchedBy::Nothing {
            for _ in 0..4 {
                let modelled = self.settle(&mut guess);
                guess.stretch = modelled.clamp(1.0, measured);
            }
        } else {
            // Of the cores' number: threads that others have, or what is left of the cores.
            let among = |share: f64| match stretched_by {
                StretchedBy::Threads => Cores { others: MOST_OTHERS * share * cores.count, ..cores },
                _ => {
                    let count = (1.0 - share) * cores.count;
                    Cores { count, whole: cores.whole.min(count), ..cores }
                }
            };
            let (mut low, mut high) = (0.0, 0.98);
            for _ in 0..12 {
                guess.cores = among(0.5 * (low + high));
                let modelled = self.settle(&mut guess);
                if modelled < measured { low = 0.5 * (low + high) } else { high = 0.5 * (low + high) }
            }
            guess.cores = among(low);
            self.settle(&mut guess);
        }
        let now = self.as_it_is();
        guess.trainer.secs *= self.trainer_speed(&guess, &now);
        let (modelled, ratio) = guess.cores.rate(&guess.load(&now, None), &guess.trainer, self.demands.queue_capacity);
        guess.missed = self.demands.images_per_sec / modelled;
        guess.loader_over_trainer = ratio;
        guess
    }

    /// The stretch that comes out of a guess; on the way CPU seconds are fitted to those measured.
    fn settle(&self, guess: &mut Guess) -> f64 {
        let now = LoaderCase { workers: self.workers.max(1), ..self.as_it_is() };
        let load = guess.load(&now, None);
        let trains = if self.workers == 0 { 0.0 } else { 1.0 - self.demands.wait_frac };
        let apart = guess.cores.pace(&load, &guess.trainer, false);
        let beside = guess.cores.pace(&load, &guess.trainer, true);
        let mix = |of: fn(&Pace) -> f64| trains * of(&beside) + (1.0 - trains) * of(&apart);
        let on_clock = mix(|p| p.on_clock);
        // Work done in a second of the CPU clock.
        guess.of_cpu = (mix(|p| p.images_per_sec) * load.cpu_secs / on_clock).clamp(0.1, 1.0);
        mix(|p| p.computing) / on_clock
    }

    /// The trainer's speed while it trains, with the loader as it is beside it as often as the rates say.
    fn trainer_speed(&self, guess: &Guess, now: &LoaderCase) -> f64 {
        let alone = guess.cores.trainer_speed(&guess.trainer, 0.0);
        if now.workers == 0 {
            return alone;
        }
        let load = guess.load(now, None);
        let apart = guess.cores.pace(&load, &guess.trainer, false);
        let beside = guess.cores.pace(&load, &guess.trainer, true);
        let wait = self.demands.wait_frac;
        // It is at work throughout the waiting, and for the rest of its images while training goes on.
        let left = self.demands.images_per_sec - wait * apart.images_per_sec;
        let share = (left / ((1.0 - wait).max(1e-3) * beside.images_per_sec)).clamp(0.0, 1.0);
        share * beside.trainer_speed + (1.0 - share) * alone
    }

    pub fn as_it_is(&self) -> LoaderCase<'a> {
        LoaderCase { stages: self.demands.stages.iter().collect(), workers: self.workers }
    }

    /// The rate that training would have with such a loader; with the loader as it is, the rate that it has.
    pub fn predict(&self, case: &LoaderCase) -> Rate {
        let demands = self.demands;
        let unsure = demands.unsure_frac;
        let now = self.as_it_is();
        let (mut low, mut high, mut ratio) = (f64::INFINITY, 0.0_f64, 1.0);
        let (mut logs, mut count) = (0.0, 0.0);
        for guess in &self.guesses {
            for crowd_from in [None, Some(self.workers)] {
                let (raw, case_ratio) =
                    guess.cores.rate(&guess.load(case, crowd_from), &guess.trainer, demands.queue_capacity);
                let turns = |workers| workers == 0;
                let same_side = (case_ratio < 1.0) == (guess.loader_over_trainer < 1.0)
                    && turns(case.workers) == turns(self.workers);
                // What the model does not see now it will not see then, unless another side becomes the limit.
                let busier = if case_ratio < 1.0 { 0.0 } else { demands.wait_frac };
                let crowded = 1.0 - if self.device_is_cpu { CROWDED_FRAC * busier } else { 0.0 };
                let warmer = 1.0 + WARMER_FRAC * busier;
                // Work between long waits, or long work, finds its caches cold: what is left may go faster than it did.
                let removed = 1.0 - guess.load(case, crowd_from).secs() / guess.load(&now, None).secs().max(1e-12);
                let stays = case_ratio < 1.0 || case.workers == 0;
                let colder = if stays { 1.0 - COLD_FRAC * removed.clamp(0.0, 1.0) } else { 1.0 };
                let (least, most) = if same_side {
                    (guess.missed, guess.missed)
                } else {
                    (guess.missed.min(1.0), guess.missed.max(1.0))
                };
                low = low.min(raw * least * crowded);
                high = high.max(raw * most * warmer / colder);
                if guess.usual && crowd_from.is_none() {
                    let middle = raw * if same_side { guess.missed } else { 1.0 };
                    (logs, count) = (logs + middle.ln(), count + 1.0);
                    ratio = if guess.likeliest { case_ratio } else { ratio };
                }
                if case.workers == self.workers || self.workers == 0 || case.workers == 0 {
                    // Nobody more, nobody less in the way.
                    break;
                }
            }
        }
        let images_per_sec = (logs / f64::max(count, 1.0)).exp();
        Rate {
            images_per_sec,
            low: (low * (1.0 - unsure)).min(images_per_sec),
            high: (high * (1.0 + unsure)).max(images_per_sec),
            loader_over_trainer: ratio,
        }
    }

    /// Seconds an image that a stage waits without wanting a core: the mean of the usual guesses.
    pub fn sleep_secs(&self, stage: &StageDemand) -> f64 {
        let usual = || self.guesses.iter().filter(|g| g.usual);
        usual().map(|g| stage.sleep_secs(g.stretch)).sum::<f64>() / usual().count().max(1) as f64
    }
}

impl Guess {
    /// With another number of workers than `crowd_from` what is waited for gets longer or shorter.
    fn load(&self, case: &LoaderCase, crowd_from: Option<usize>) -> Load {
        let crowd = crowd_from.map_or(1.0, |now| case.workers as f64 / now.max(1) as f64);
        let (of_files, of_others) = (crowd.powf(FILES_CROWD), crowd.powf(OTHERS_CROWD));
        let sleep = |stage: &StageDemand| {
            let crowd = if matches!(stage.stage, Stage::Read | Stage::Decode) { of_files } else { of_others };
            crowd * stage.sleep_secs(self.stretch)
        };
        Load {
            cpu_secs: self.of_cpu * case.stages.iter().map(|s| s.cpu_secs).sum::<f64>(),
            sleep_secs: case.stages.iter().map(|s| sleep(s)).sum(),
            workers: case.workers,
        }
    }
}
