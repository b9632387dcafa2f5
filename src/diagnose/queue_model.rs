//! A loader, its queue and a trainer as a small queueing network: what they do together on shared cores.
//!
//! A worker sleeps S seconds an image (it waits for a disk, a lock, a delay) and computes D seconds; the workers and,
//! on a CPU device, the trainer's threads share the cores evenly. How many workers compute at a time then has a
//! distribution in product form, whatever those of S and D. From it come the loader's pace and the trainer's, while
//! both are at work and while only one is; the slower side never rests, and the other's share of rest follows.
//!
//! What a run does not tell (how many cores the training uses, whether a stage waits or is made to wait by others) is
//! tried each way: every [`Guess`] is fitted to the run as it is, and a prediction's band spans what they say. Its
//! middle is their geometric mean. Where a training on the CPU tells its process's CPU time, each counts by how well it goes with
//! that (`shares`).

use super::laws::{Demands, MOST_OTHERS, RunFacts, StageDemand};
use super::shares::{Cores, Share, Shares, StretchedBy, likeness};
use crate::protocol::Stage;
use std::f64::consts::LN_2;

/// How sharp the corner between two limits is with a queue of one batch, and what more batches add.
const CORNER_OF_ONE: f64 = 9.0;
const CORNER_A_BATCH: f64 = 1.5;
const SHARPEST_CORNER: f64 = 24.0;
/// Waiting grows with this power of the number of workers, at worst: a disk or a mount has an end, a delay has not.
const FILES_CROWD: f64 = 0.5;
const OTHERS_CROWD: f64 = 0.15;
/// A trainer that waited may be so much faster where it does not, as a share of the waiting: its caches stay warm, and its cores
/// awake.
const WARMER_FRAC: f64 = 0.1;
/// On a CPU device by up to so much: 1.4 to 2.3 times after waiting for 57 to 88 % of a step on idle cores (`tests_shares`), on other days
/// and beside other programs 0.8 to 1.4 times, so that the middle of a band leaves it out ...
const WARMER_ON_CPU_FRAC: f64 = 1.0;
/// ... or it is so much slower: who rests often is given a core at once, also among other programs.
const CROWDED_FRAC: f64 = 0.2;
/// A run that uses so much of all cores does not tell how many threads its trainer would keep busy, had it room.
const FULL_FRAC: f64 = 0.9;
/// What is left of a loader's work, once a part of it is gone, may take less by this share of that part: it was measured in
/// between. In 33 runs of `benches/bisect` what was left went up to 1.3 times as fast as measured where nine tenths were gone, and
/// 1.2 times where half was.
const COLD_FRAC: f64 = 0.3;
/// The share of its time that a device's trainer is taken to need a core for where nothing tells.
const UNKNOWN_ON_CORES_FRAC: f64 = 0.3;
/// The trainer's threads may be so many times as many as its CPU time says: some wait for the others.
const MORE_THREADS: f64 = 1.3;
/// Programs that take all the cores that a run could use change by so much within minutes, where a change doubles the
/// rate or halves it.
const STRANGERS_FRAC: f64 = 0.3;
/// The odds of a guess that nothing is stretched, at the least.
const LEAST_ODDS: f64 = 0.05;
/// Those of others at the least: one of them is so.
const SOME_ODDS: f64 = 1e-3;
/// A guess with less of the likeliest's odds is not in the band. Of other numbers of workers all are: what they get of the cores,
/// a run with its own does not tell.
const POSSIBLE_FRAC: f64 = 0.02;
/// Systems that tell that cores are fought over share them among sessions and containers first, as a rule.
const THREADS_AMONG_GROUPS: f64 = 0.25;

/// Seconds an image, were nobody in the way.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Load {
    cpu_secs: f64,
    sleep_secs: f64,
    workers: usize,
}

impl Load {
    fn secs(&self) -> f64 {
        self.cpu_secs + self.sleep_secs
    }
}

/// Seconds an image, were nobody in the way; threads that it keeps busy meanwhile.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Trainer {
    secs: f64,
    threads: f64,
    /// The share of its time that goes with the cores' speed: 1 on a CPU device.
    on_cores_frac: f64,
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

/// How a run might be inside, fitted to what it tells.
#[derive(Debug, Clone, PartialEq)]
struct Guess {
    /// While the trainer waits, and while it trains.
    waiting: Cores,
    training: Cores,
    trainer: Trainer,
    /// Wall time over CPU time of a stage that only computes.
    stretch: f64,
    /// CPU seconds with a core to itself over those measured: hyperthreads stretch the CPU clock's too.
    of_cpu: f64,
    /// The rate measured over the one that comes out.
    missed: f64,
    loader_over_trainer: f64,
    /// How well it goes with what the run tells; 1 where that is not known.
    odds: f64,
    /// Counts so much for the middle; 0 is for the band only.
    weight: f64,
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
    /// Share by which a rate may be off as other programs change; `None` where the run does not tell its CPU time.
    strangers_frac: Option<f64>,
}

impl<'a> QueueModel<'a> {
    /// `None` where no stage is known.
    pub fn of(demands: &'a Demands, facts: &RunFacts) -> Option<Self> {
        if demands.wall_secs() <= 0.0 || demands.train_secs <= 0.0 {
            return None;
        }
        let mut model = Self {
            demands,
            workers: facts.workers,
            device_is_cpu: facts.device_is_cpu,
            stretch: demands.stretch(facts),
            guesses: Vec::new(),
            strangers_frac: None,
        };
        match Shares::of(demands, facts) {
            Some(shares) => model.measure(&shares, facts),
            None => model.guess(facts),
        }
        Some(model)
    }

    /// Guesses by wall time alone.
    fn guess(&mut self, facts: &RunFacts) {
        let demands = self.demands;
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
        for (i, (threads, on_cores_frac)) in trainers.into_iter().enumerate() {
            for usual in [true, false] {
                let whole = if usual { count } else { (0.5 * count).max(1.0) };
                let secs = if usual { demands.train_secs } else { demands.train_secs_most };
                let cores = Cores { count, whole, others: 0.0 };
                for stretched_by in ways(facts) {
                    let trainer = Trainer { secs, threads, on_cores_frac };
                    let likeliest = usual && stretched_by == StretchedBy::Programs && i == 1;
                    let weight = if usual && (known || i < 2) { 1.0 } else { 0.0 };
                    let guess = self.fit(cores, trainer, stretched_by);
                    self.guesses.push(Guess { weight, likeliest, ..guess });
                }
            }
        }
    }

    /// Guesses by CPU time.
    fn measure(&mut self, shares: &Shares, facts: &RunFacts) {
        let mut most = 0.0;
        for stretched_by in ways(facts) {
            let share = shares.fit(stretched_by, self.stretch, 1.0);
            let guess = self.measured(shares, &share, facts, 1.0);
            let odds = share.odds * likeness(guess.missed);
            let odds = match stretched_by {
                StretchedBy::Threads if facts.oversubscribed => share.seen * THREADS_AMONG_GROUPS * (SOME_ODDS + odds),
                StretchedBy::Threads | StretchedBy::Programs => share.seen * (SOME_ODDS + odds),
                StretchedBy::Nothing if odds < LEAST_ODDS => continue,
                StretchedBy::Nothing => odds,
            };
            if odds > most {
                most = odds;
                self.strangers_frac = Some(STRANGERS_FRAC * (2.0 * share.missing_frac).min(1.0));
            }
            let is_full = shares.used_while_training() >= FULL_FRAC * facts.cores as f64;
            let more = shares.fit(stretched_by, self.stretch, if is_full { facts.cores as f64 } else { MORE_THREADS });
            let band = [
                (self.measured(shares, &more, facts, 1.0), if is_full { odds } else { 0.0 }),
                (self.measured(shares, &share, facts, 0.5), 0.0),
            ];
            self.guesses.push(Guess { odds, weight: odds, ..guess });
            self.guesses.extend(band.map(|(guess, weight)| Guess { odds, weight, ..guess }));
        }
        if let Some(likeliest) = self.guesses.iter_mut().find(|guess| guess.weight == most) {
            likeliest.likeliest = true;
        }
    }

    /// The guess with such a share, where so much of the cores counts whole.
    fn measured(&self, shares: &Shares, share: &Share, facts: &RunFacts, whole_frac: f64) -> Guess {
        let most_whole = (whole_frac * facts.cores as f64).max(1.0);
        let whole = |cores: Cores| Cores { whole: cores.count.min(most_whole), ..cores };
        let (waiting, training) = (whole(share.waiting), whole(share.training));
        // Done in a second of the CPU clock.
        let work =
            |cores: &Cores, threads: f64| cores.speed(threads + cores.others) / cores.turn(threads + cores.others);
        let (apart, beside) = (work(&waiting, share.waiting_threads), work(&training, share.training_threads));
        let threads = share.trainer_threads;
        let trainer = Trainer { secs: beside * shares.trainer_secs() / threads, threads, on_cores_frac: 1.0 };
        let apart_frac = shares.waiting_frac();
        let mut guess = Guess {
            stretch: share.stretch,
            of_cpu: apart_frac * apart + (1.0 - apart_frac) * beside,
            ..Guess::unfitted(waiting, trainer)
        };
        guess.training = training;
        self.compare(&mut guess);
        guess
    }

    /// The guess with those cores and that trainer, whose seconds are as measured. What the run's own threads do not
    /// explain of the stretch, other programs do, or it is waiting.
    fn fit(&self, cores: Cores, trainer: Trainer, stretched_by: StretchedBy) -> Guess {
        let measured = self.stretch;
        let mut guess = Guess { stretch: measured, ..Guess::unfitted(cores, trainer) };
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
                guess.set_cores(among(0.5 * (low + high)));
                let modelled = self.settle(&mut guess);
                if modelled < measured { low = 0.5 * (low + high) } else { high = 0.5 * (low + high) }
            }
            guess.set_cores(among(low));
            self.settle(&mut guess);
        }
        guess.trainer.secs *= self.trainer_speed(&guess, &self.as_it_is());
        self.compare(&mut guess);
        guess
    }

    /// Holds a guess against the run as it is.
    fn compare(&self, guess: &mut Guess) {
        let (modelled, ratio) = guess.rate(&guess.load(&self.as_it_is(), None), self.demands.queue_capacity);
        guess.missed = self.demands.images_per_sec / modelled;
        guess.loader_over_trainer = ratio;
    }

    /// The stretch that comes out of a guess; on the way CPU seconds are fitted to those measured.
    fn settle(&self, guess: &mut Guess) -> f64 {
        let now = LoaderCase { workers: self.workers.max(1), ..self.as_it_is() };
        let load = guess.load(&now, None);
        let trains = if self.workers == 0 { 0.0 } else { 1.0 - self.demands.wait_frac };
        let (apart, beside) = guess.paces(&load);
        let mix = |of: fn(&Pace) -> f64| trains * of(&beside) + (1.0 - trains) * of(&apart);
        let on_clock = mix(|p| p.on_clock);
        // Work done in a second of the CPU clock.
        guess.of_cpu = (mix(|p| p.images_per_sec) * load.cpu_secs / on_clock).clamp(0.1, 1.0);
        mix(|p| p.computing) / on_clock
    }

    /// The trainer's speed while it trains, with the loader as it is beside it as often as the rates say.
    fn trainer_speed(&self, guess: &Guess, now: &LoaderCase) -> f64 {
        let alone = guess.training.trainer_speed(&guess.trainer, 0.0);
        if now.workers == 0 {
            return alone;
        }
        let (apart, beside) = guess.paces(&guess.load(now, None));
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
        let now = self.as_it_is();
        let (mut low, mut high, mut ratio) = (f64::INFINITY, 0.0_f64, 1.0);
        let (mut logs, mut weights) = (0.0, 0.0);
        let likeliest = self.guesses.iter().map(|guess| guess.odds).fold(0.0, f64::max);
        let possible = |guess: &&Guess| case.workers != self.workers || guess.odds >= POSSIBLE_FRAC * likeliest;
        for guess in self.guesses.iter().filter(possible) {
            for crowd_from in [None, Some(self.workers)] {
                let load = guess.load(case, crowd_from);
                let (raw, case_ratio) = guess.rate(&load, demands.queue_capacity);
                let turns = |workers| workers == 0;
                let same_side = (case_ratio < 1.0) == (guess.loader_over_trainer < 1.0)
                    && turns(case.workers) == turns(self.workers);
                // What the model does not see now it will not see then, unless another side becomes the limit.
                let busier = if case_ratio < 1.0 { 0.0 } else { demands.wait_frac };
                let crowded = 1.0 - if self.device_is_cpu { CROWDED_FRAC * busier } else { 0.0 };
                let warmer_frac = if self.device_is_cpu { WARMER_ON_CPU_FRAC } else { WARMER_FRAC };
                let warmer = warmed(1.0 + warmer_frac * busier, case_ratio, case.workers);
                // Work between long waits, or long work, finds its caches cold: what is left may go faster than it did.
                let removed = (1.0 - load.secs() / guess.load(&now, None).secs().max(1e-12)).clamp(0.0, 1.0);
                let stays = case_ratio < 1.0 || case.workers == 0;
                let colder = if stays { 1.0 - COLD_FRAC * removed } else { 1.0 };
                // What a trainer's CPU time does not explain of its pace is what the loader does beside it: what it computes, and maybe
                // what it sleeps as well, awake now and then. Where the run is faster than the model, that is no reason to have it
                // slower without a part of its work.
                let computed = 1.0 - load.cpu_secs / guess.load(&now, None).cpu_secs.max(1e-12);
                let computed = computed.clamp(0.0, 1.0).min(removed);
                let explains = self.strangers_frac.is_some() && !stays && guess.missed < 1.0;
                let without = |gone: f64| if explains { guess.missed.powf(1.0 - gone) } else { guess.missed };
                let missed = without(computed);
                let (least, most) =
                    if same_side { (missed, without(removed)) } else { (guess.missed.min(1.0), guess.missed.max(1.0)) };
                low = low.min(raw * least * crowded);
                high = high.max(raw * most * warmer / colder);
                if guess.weight > 0.0 && crowd_from.is_none() {
                    let middle = raw * if same_side { missed } else { 1.0 };
                    (logs, weights) = (logs + guess.weight * middle.ln(), weights + guess.weight);
                    ratio = if guess.likeliest { case_ratio } else { ratio };
                }
                if case.workers == self.workers || self.workers == 0 || case.workers == 0 {
                    // Nobody more, nobody less in the way.
                    break;
                }
            }
        }
        let images_per_sec = f64::exp(logs / f64::max(weights, f64::MIN_POSITIVE));
        let far = ((images_per_sec / demands.images_per_sec).ln().abs() / LN_2).min(1.0);
        let unsure = demands.unsure_frac.max(far * self.strangers_frac.unwrap_or(0.0));
        Rate {
            images_per_sec,
            low: (low * (1.0 - unsure)).min(images_per_sec),
            high: (high * (1.0 + unsure)).max(images_per_sec),
            loader_over_trainer: ratio,
        }
    }

    /// Seconds an image that a stage waits without wanting a core.
    pub fn sleep_secs(&self, stage: &StageDemand) -> f64 {
        self.mean(|guess| stage.sleep_secs(guess.stretch))
    }

    /// What the trainer would take with no loader beside it, as shares of what it takes: on the cores that the run gets, and on
    /// cores that it has to itself. `None` where the run does not tell its CPU time.
    pub fn trainer_alone_fracs(&self) -> Option<[f64; 2]> {
        self.strangers_frac?;
        let alone = |guess: &Guess| guess.trainer.secs / guess.training.trainer_speed(&guess.trainer, 0.0);
        let own_cores = |guess: &Guess| guess.trainer.secs;
        // As rates are predicted from all guesses.
        let secs = [self.mean(|guess| alone(guess).ln()), self.mean(|guess| own_cores(guess).ln())].map(f64::exp);
        Some(secs.map(|secs| (secs / self.demands.train_secs).min(1.0)))
    }

    /// Of the guesses, by their weight.
    fn mean(&self, of: impl Fn(&Guess) -> f64) -> f64 {
        let weights: f64 = self.guesses.iter().map(|guess| guess.weight).sum();
        self.guesses.iter().map(|guess| guess.weight * of(guess)).sum::<f64>() / weights.max(f64::MIN_POSITIVE)
    }
}

/// How many times as fast both are together where the trainer is `by` times as fast and the loader is not, which could do `ratio` times
/// what the trainer could.
fn warmed(by: f64, ratio: f64, workers: usize) -> f64 {
    if workers == 0 { (1.0 + ratio) / (1.0 + ratio / by) } else { by.min(ratio.max(1.0)) }
}

/// Ways in which cores may be shared out. Where more threads have work than there are cores, a stage that takes longer than its
/// CPU time waits for one.
fn ways(facts: &RunFacts) -> impl Iterator<Item = StretchedBy> {
    let asleep = (!facts.oversubscribed).then_some(StretchedBy::Nothing);
    [StretchedBy::Threads, StretchedBy::Programs].into_iter().chain(asleep)
}

impl Guess {
    /// With the same cores whatever the trainer does.
    fn unfitted(cores: Cores, trainer: Trainer) -> Self {
        Self {
            waiting: cores,
            training: cores,
            trainer,
            stretch: 1.0,
            of_cpu: 1.0,
            missed: 1.0,
            loader_over_trainer: 1.0,
            odds: 1.0,
            weight: 1.0,
            likeliest: false,
        }
    }

    fn set_cores(&mut self, cores: Cores) {
        (self.waiting, self.training) = (cores, cores);
    }

    /// While the trainer waits, and beside it.
    fn paces(&self, load: &Load) -> (Pace, Pace) {
        (self.waiting.pace(load, &self.trainer, false), self.training.pace(load, &self.trainer, true))
    }

    /// Images a second of both together, and what the loader could do over what the trainer could.
    fn rate(&self, load: &Load, queue_capacity: f64) -> (f64, f64) {
        let trainer = &self.trainer;
        let alone_secs = trainer.secs / self.training.trainer_speed(trainer, 0.0);
        if load.workers == 0 {
            let speed = self.waiting.speed(1.0 + self.waiting.others);
            let load_secs = load.sleep_secs + load.cpu_secs / speed;
            return (1.0 / (load_secs + alone_secs), alone_secs / load_secs.max(1e-12));
        }
        let (apart, beside) = self.paces(load);
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
