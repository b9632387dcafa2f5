//! What each stage of loading costs: counters that one thread writes and anyone reads, and their sums.

use super::cache::Counts;
use super::cpu_clock::thread_cpu_time;
use super::desk::{Desk, Turn};
use super::histogram::{Histogram, Spread, Usual};
use super::lock::lock;
use super::slow::{Slow, SlowDraws, SlowFiles};
use super::trace::SpanWriter;
use crate::protocol::trace::Draw;
use crate::protocol::{CacheSnapshot, Stage, StageCost};
use crate::transform::{Chain, StageClock};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub(super) const READ_STAGE: usize = 0;
pub(super) const DECODE_STAGE: usize = 1;
pub(super) const CACHE_STAGE: usize = 2;
/// The chain's step `i` is stage `FIRST_STEP + i`.
pub const FIRST_STEP: usize = 3;

/// The CPU clock is read on one image in so much time of work, in the mean: reading it costs some 6 us an image, so that
/// this is under 0.1 % however small the images are. On which ones is drawn by lot: at even distances it could be the first
/// of each batch, which has the page faults of all.
const CPU_EVERY_NS: u64 = 8_000_000;

/// Ticks and the loader's clock disagree by this much only if the ticks are wrong.
const TICKS_MAY_BE_AHEAD_NS: u64 = 1_000_000;

/// All stages of a chain in their order, those of steps that are switched off too.
pub fn stages_of(chain: &Chain) -> Arc<[Stage]> {
    let steps = step_names(chain.steps().iter().map(|step| step.name()));
    let steps = steps.into_iter().map(|name| Stage::Step(name.into()));
    [Stage::Read, Stage::Decode, Stage::Cache].into_iter().chain(steps).chain([Stage::Collate]).collect()
}

/// What tells steps with these names apart, in order: the second Resize is `Resize 2`.
pub fn step_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let stage = |name| {
        let count = seen.entry(name).or_default();
        *count += 1;
        if *count == 1 { name.to_owned() } else { format!("{name} {count}") }
    };
    names.into_iter().map(stage).collect()
}

/// One thread's counters of one stage. Only that thread writes, so plain loads and stores do.
#[derive(Debug, Default)]
struct Counter {
    images: AtomicU64,
    wall_ns: AtomicU64,
    cpu_images: AtomicU64,
    cpu_ns: AtomicU64,
    slowest_ns: AtomicU64,
    /// Of the images that the stage worked on.
    histogram: Histogram,
}

fn add(to: &AtomicU64, value: u64) {
    to.store(to.load(Relaxed) + value, Relaxed);
}

/// One thread's counters of all stages of a chain.
#[derive(Debug)]
struct Counters {
    stages: Arc<[Stage]>,
    counters: Box<[Counter]>,
    slow: SlowDraws,
}

/// Sums of one stage since the loader began, over all threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageTotal {
    /// A sample that came out of the cache counts there and not in the stages that it was spared.
    pub stage: Stage,
    /// Images that came through, those that a random step left as they are too.
    pub images: u64,
    pub wall_ns: u64,
    /// Images of these on which the CPU clock was read.
    pub cpu_images: u64,
    /// Thread CPU time of those.
    pub cpu_ns: u64,
    /// The longest that one image took.
    pub slowest_ns: u64,
}

impl StageTotal {
    fn none(stage: Stage) -> Self {
        Self { stage, images: 0, wall_ns: 0, cpu_images: 0, cpu_ns: 0, slowest_ns: 0 }
    }

    fn cpu_ns_an_image(&self) -> Option<f64> {
        (self.cpu_images > 0).then(|| self.cpu_ns as f64 / self.cpu_images as f64)
    }

    fn take_in(&mut self, counter: &Counter) {
        self.images += counter.images.load(Relaxed);
        self.wall_ns += counter.wall_ns.load(Relaxed);
        self.cpu_images += counter.cpu_images.load(Relaxed);
        self.cpu_ns += counter.cpu_ns.load(Relaxed);
        self.slowest_ns = self.slowest_ns.max(counter.slowest_ns.load(Relaxed));
    }
}

/// The sums at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageSnapshot {
    /// In the order of the chain; stages that no longer are in it come last.
    pub stages: Vec<StageTotal>,
}

impl StageSnapshot {
    /// Mean cost an image of each stage that did something since `older`. Where the CPU clock was not read in that
    /// time, the mean since the loader began stands for it.
    pub fn since(&self, older: &Self) -> Vec<StageCost> {
        let cost = |now: &StageTotal| {
            let zero = StageTotal::none(now.stage.clone());
            let then = older.stages.iter().find(|s| s.stage == now.stage).unwrap_or(&zero);
            let images = now.images.saturating_sub(then.images);
            let lately = StageTotal {
                cpu_images: now.cpu_images.saturating_sub(then.cpu_images),
                cpu_ns: now.cpu_ns.saturating_sub(then.cpu_ns),
                ..zero.clone()
            };
            let wall_us = now.wall_ns.saturating_sub(then.wall_ns) as f64 / images as f64 / 1e3;
            // The first image of every thread is measured, so there is a mean as soon as there is an image.
            // Few images may be, and these the slowest, but no thread computes for longer than it works.
            let cpu_us = lately.cpu_ns_an_image().or(now.cpu_ns_an_image()).map_or(wall_us, |ns| wall_us.min(ns / 1e3));
            (images > 0).then(|| StageCost { stage: now.stage.clone(), images, wall_us, cpu_us })
        };
        self.stages.iter().filter_map(cost).collect()
    }
}

/// The slowest that a loader met so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slowest {
    /// Decodes: by the longest side of a square picture of that class.
    pub files: Vec<(u32, Vec<Slow>)>,
    /// Draws by step of the chain that its threads work on.
    pub draws: Vec<(Stage, Vec<Slow>)>,
}

/// Counts of a loader; outlives it.
#[derive(Debug, Default)]
pub struct LoaderStats {
    threads: Mutex<Threads>,
    failures: AtomicU64,
    deaths: AtomicU64,
    abandoned: AtomicU64,
    replaced: AtomicU64,
    came_back: AtomicU64,
    most_begun: AtomicU64,
    not_pinned: AtomicU64,
    not_lowered: AtomicU64,
    cpu_ns: AtomicU64,
    bytes_refused: AtomicBool,
    slow_files: SlowFiles,
    cache: Mutex<Option<Arc<Counts>>>,
}

#[derive(Debug, Default)]
struct Threads {
    /// Stages of the chain set last, for the order.
    order: Option<Arc<[Stage]>>,
    counting: Vec<Arc<Counters>>,
    /// Sums of threads and chains that are gone.
    past: Vec<StageTotal>,
    past_spreads: BTreeMap<Stage, Spread>,
}

impl LoaderStats {
    /// The sums as they stand. Takes no lock that a loading thread waits for, but when a chain changes.
    pub fn snapshot(&self) -> StageSnapshot {
        let threads = lock(&self.threads);
        let mut stages = Vec::new();
        for stage in threads.order.iter().flat_map(|stages| stages.iter()) {
            stages.push(StageTotal::none(stage.clone()));
        }
        for past in &threads.past {
            entry(&mut stages, &past.stage).clone_from(past);
        }
        for counters in &threads.counting {
            counters.add_to(&mut stages);
        }
        stages.retain(|s| s.images > 0);
        StageSnapshot { stages }
    }

    /// CPU time of its own threads so far, whatever they did, as far as they have told: each does on every image on which it reads
    /// the CPU clock.
    pub fn cpu_time(&self) -> Duration {
        Duration::from_nanos(self.cpu_ns.load(Relaxed))
    }

    /// Samples left out so far.
    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// Workers that died and were replaced.
    pub fn deaths(&self) -> u64 {
        self.deaths.load(Relaxed)
    }

    /// Workers that were left behind as they hung: replaced while the loader ran, or left alone when it was dropped.
    pub fn abandoned(&self) -> u64 {
        self.abandoned.load(Relaxed)
    }

    /// Workers that were replaced as they hung, and hang still.
    pub fn hanging(&self) -> u64 {
        let came_back = self.came_back.load(Acquire);
        self.replaced.load(Acquire).saturating_sub(came_back)
    }

    /// The most batches that ever were begun and not yet taken.
    pub fn most_begun(&self) -> u64 {
        self.most_begun.load(Relaxed)
    }

    /// Workers that could not be held to a core, where `loader.pin` asked for it.
    pub fn not_pinned(&self) -> u64 {
        self.not_pinned.load(Relaxed)
    }

    /// Batches are floats although bytes were asked for.
    pub fn bytes_refused(&self) -> bool {
        self.bytes_refused.load(Relaxed)
    }

    pub(super) fn set_bytes_refused(&self, refused: bool) {
        self.bytes_refused.store(refused, Relaxed);
    }

    /// Workers whose priority could not be lowered, where `loader.low_priority` asked for it.
    pub fn not_lowered(&self) -> u64 {
        self.not_lowered.load(Relaxed)
    }

    /// How the cache stands; `None` where there is none.
    pub fn cache(&self) -> Option<CacheSnapshot> {
        lock(&self.cache).as_ref().map(|counts| counts.snapshot())
    }

    pub(super) fn set_cache(&self, counts: Option<Arc<Counts>>) {
        *lock(&self.cache) = counts;
    }

    pub(super) fn count_not_pinned(&self) {
        self.not_pinned.fetch_add(1, Relaxed);
    }

    pub(super) fn count_not_lowered(&self) {
        self.not_lowered.fetch_add(1, Relaxed);
    }

    pub(super) fn count_failures(&self, count: u64) {
        self.failures.fetch_add(count, Relaxed);
    }

    pub(super) fn count_death(&self) {
        self.deaths.fetch_add(1, Relaxed);
    }

    pub(super) fn count_abandoned(&self, count: u64) {
        self.abandoned.fetch_add(count, Relaxed);
    }

    pub(super) fn count_replaced(&self) {
        self.count_abandoned(1);
        self.replaced.fetch_add(1, Release);
    }

    pub(super) fn count_came_back(&self) {
        self.came_back.fetch_add(1, Release);
    }

    pub(super) fn count_begun(&self, begun: usize) {
        self.most_begun.fetch_max(begun as u64, Relaxed);
    }

    pub(super) fn set_order(&self, stages: Arc<[Stage]>) {
        lock(&self.threads).order = Some(stages);
    }

    /// What that stage takes as a rule.
    pub fn usual(&self, stage: &Stage) -> Usual {
        let threads = lock(&self.threads);
        let mut spread = threads.past_spreads.get(stage).cloned().unwrap_or_default();
        let mut slowest_ns = threads.past.iter().find(|past| past.stage == *stage).map_or(0, |past| past.slowest_ns);
        for counters in &threads.counting {
            for (_, counter) in counters.each().filter(|(known, _)| *known == stage) {
                spread.take_in(&counter.histogram);
                slowest_ns = slowest_ns.max(counter.slowest_ns.load(Relaxed));
            }
        }
        spread.usual(slowest_ns)
    }

    /// The slowest files so far, and the slowest draws of the chain now in use.
    pub fn slowest(&self) -> Slowest {
        let threads = lock(&self.threads);
        let mut draws: Vec<(Stage, Vec<Slow>)> = Vec::new();
        for counters in &threads.counting {
            let steps = counters.stages.iter().zip(counters.slow.list());
            for (stage, slow) in steps.filter(|(stage, slow)| matches!(stage, Stage::Step(_)) && !slow.is_empty()) {
                match draws.iter_mut().find(|(known, _)| known == stage) {
                    Some((_, known)) => known.extend(slow),
                    None => draws.push((stage.clone(), slow)),
                }
            }
        }
        draws.iter_mut().for_each(|(_, slow)| super::slow::keep_slowest(slow));
        Slowest { files: self.slow_files.list(), draws }
    }

    /// A thread counts into new counters from here on; its old ones are summed up, so that a thousand changes of the
    /// chain cost no more memory than one.
    fn change(&self, old: Option<&Arc<Counters>>, new: Option<&Arc<Counters>>) {
        let mut threads = lock(&self.threads);
        if let Some(old) = old {
            threads.counting.retain(|c| !Arc::ptr_eq(c, old));
            old.add_to(&mut threads.past);
            old.add_spreads_to(&mut threads.past_spreads);
        }
        threads.counting.extend(new.cloned());
    }
}

fn entry<'a>(stages: &'a mut Vec<StageTotal>, stage: &Stage) -> &'a mut StageTotal {
    let index = stages.iter().position(|s| s.stage == *stage).unwrap_or_else(|| {
        stages.push(StageTotal::none(stage.clone()));
        stages.len() - 1
    });
    &mut stages[index]
}

impl Counters {
    fn each(&self) -> impl Iterator<Item = (&Stage, &Counter)> {
        self.stages.iter().zip(&self.counters)
    }

    fn add_to(&self, stages: &mut Vec<StageTotal>) {
        for (stage, counter) in self.each() {
            entry(stages, stage).take_in(counter);
        }
    }

    fn add_spreads_to(&self, spreads: &mut BTreeMap<Stage, Spread>) {
        for (stage, counter) in self.each() {
            spreads.entry(stage.clone()).or_default().take_in(&counter.histogram);
        }
    }
}

/// Times the stages of one thread and says at its desk what it is doing.
#[derive(Debug)]
pub(super) struct StageTimer {
    stats: Arc<LoaderStats>,
    desk: Arc<Desk>,
    counters: Option<Arc<Counters>>,
    spans: SpanWriter,
    /// Where not, only the desk is kept, with one look at the clock an image, for the watchdog.
    on: bool,
    /// Where the loader's clock begins.
    base: Instant,
    /// Measures stages: reading it takes half of what the loader's clock takes. It may go wrong where that does not (a
    /// computer that slept), so that every image begins by the loader's clock.
    ticks: quanta::Clock,
    /// When the last stage ended, by the loader's clock, in ticks and in CPU time.
    last_ns: u64,
    last_tick: u64,
    last_cpu_ns: u64,
    /// The thread's CPU time that it has told the statistics of; `None` of one that does other things too.
    told_cpu_ns: Option<u64>,
    /// What reading the clocks itself adds to a stage's CPU time.
    cpu_reading_ns: u64,
    /// Images to come before the next one that is measured with the CPU clock.
    cpu_in_images: u64,
    with_cpu: bool,
    /// Images since the last one so measured, and the time of their stages.
    images: u64,
    images_ns: u64,
    dice: Pcg64Mcg,
    /// The image in hand, and how long its last stage took.
    image: Slow,
}

impl StageTimer {
    /// Of the calling thread; `own_thread` where it does nothing but load.
    pub fn new(
        stats: Arc<LoaderStats>,
        desk: Arc<Desk>,
        base: Instant,
        spans: SpanWriter,
        on: bool,
        own_thread: bool,
    ) -> Self {
        let ticks = quanta::Clock::new();
        Self {
            stats,
            desk,
            counters: None,
            spans,
            on,
            base,
            cpu_reading_ns: cpu_reading_ns(&ticks),
            ticks,
            last_ns: 0,
            last_tick: 0,
            last_cpu_ns: 0,
            told_cpu_ns: (on && own_thread).then(thread_cpu_ns),
            cpu_in_images: 0,
            with_cpu: false,
            images: 0,
            images_ns: 0,
            dice: Pcg64Mcg::seed_from_u64(base.elapsed().as_nanos() as u64),
            image: Slow::default(),
        }
    }

    /// Counts into the stages of this chain.
    pub fn set_stages(&mut self, stages: &Arc<[Stage]>) {
        if self.counters.as_ref().is_some_and(|c| Arc::ptr_eq(&c.stages, stages)) {
            return;
        }
        let counters = stages.iter().map(|_| Counter::default()).collect();
        let slow = SlowDraws::new(stages.len());
        let new = Arc::new(Counters { stages: Arc::clone(stages), counters, slow });
        self.stats.change(self.counters.as_ref(), Some(&new));
        self.counters = Some(new);
        self.spans.set_stages(stages);
        self.desk.set_stages(Arc::clone(stages));
        // So that every chain's stages have a CPU time from their first image on.
        self.cpu_in_images = 0;
    }

    /// `place` is the sample's in its claim.
    pub fn begin_image(&mut self, draw: Draw, place: usize) {
        self.with_cpu = self.on && self.is_cpu_due();
        if self.with_cpu {
            self.last_cpu_ns = thread_cpu_ns();
            if let Some(told_ns) = &mut self.told_cpu_ns {
                self.stats.cpu_ns.fetch_add(self.last_cpu_ns.saturating_sub(*told_ns), Relaxed);
                *told_ns = self.last_cpu_ns;
            }
        }
        let now_ns = self.base.elapsed().as_nanos() as u64;
        // Images lie one after another, even where ticks are a little short.
        self.last_ns = self.last_ns.clamp(now_ns, now_ns + TICKS_MAY_BE_AHEAD_NS);
        self.last_tick = self.ticks.raw();
        self.image = Slow { sample: draw.sample, epoch: u64::from(draw.epoch), wall_ns: 0 };
        self.spans.image(self.last_ns, draw);
        self.desk.begin(Turn { sample: draw.sample, place, epoch: u64::from(draw.epoch) }, self.last_ns);
    }

    /// Draws the next one if it is.
    fn is_cpu_due(&mut self) -> bool {
        self.images += 1;
        if self.cpu_in_images > 0 {
            self.cpu_in_images -= 1;
            return false;
        }
        // Of the first image it is not known.
        let between = (CPU_EVERY_NS * self.images).checked_div(self.images_ns).unwrap_or(0);
        (self.images, self.images_ns) = (0, 0);
        self.cpu_in_images = self.dice.next_u64() % (2 * between + 1);
        true
    }

    pub fn end_image(&self) {
        self.desk.leave();
    }

    /// The stage that the thread is in begins where the last one ended.
    pub fn enter(&self, stage: usize) {
        self.desk.enter(stage, self.last_ns);
    }

    pub fn leave(&mut self, stage: usize) {
        if !self.on {
            return;
        }
        let wall = self.since_last();
        self.images_ns += wall;
        self.spans.stage(stage, wall, false);
        let mut cpu = None;
        if self.with_cpu {
            let now = thread_cpu_ns();
            cpu = Some(now.saturating_sub(self.last_cpu_ns + self.cpu_reading_ns));
            self.last_cpu_ns = now;
            // Reading the CPU clock is not the next stage's work.
            let reading = self.since_last();
            self.spans.gap(reading);
        }
        // The time that a thread hung is none that the stage takes: it would blind the watchdog to the next one.
        if !self.desk.is_left_behind() {
            self.count(stage, wall, cpu);
            if let Some(counters) = &self.counters {
                if let Some(counter) = counters.counters.get(stage) {
                    counter.histogram.count(wall);
                }
                counters.slow.add(stage, Slow { wall_ns: wall, ..self.image });
            }
            self.image.wall_ns = wall;
        }
    }

    /// The file has just been decoded, into so many pixels.
    pub fn decoded(&self, pixels: usize) {
        if self.on && !self.desk.is_left_behind() {
            self.stats.slow_files.add(pixels, self.image);
        }
    }

    /// The image is given up in that stage.
    pub fn fail(&mut self, stage: &Stage) {
        if self.on {
            let stages = self.counters.as_ref().map(|counters| &counters.stages);
            let stage = stages.and_then(|stages| stages.iter().position(|known| known == stage));
            let stage = stage.unwrap_or_else(|| self.desk.place());
            let wall = self.since_last();
            self.spans.stage(stage, wall, true);
        }
    }

    fn count(&self, stage: usize, wall_ns: u64, cpu_ns: Option<u64>) {
        let Some(counter) = self.counters.as_ref().and_then(|c| c.counters.get(stage)) else { return };
        add(&counter.images, 1);
        add(&counter.wall_ns, wall_ns);
        if let Some(cpu_ns) = cpu_ns {
            add(&counter.cpu_images, 1);
            add(&counter.cpu_ns, cpu_ns);
        }
        if wall_ns > counter.slowest_ns.load(Relaxed) {
            counter.slowest_ns.store(wall_ns, Relaxed);
        }
    }

    /// Nanoseconds since the last stage ended, which is now.
    fn since_last(&mut self) -> u64 {
        let tick = self.ticks.raw();
        let ns = self.ticks.delta_as_nanos(self.last_tick, tick);
        self.last_tick = tick;
        self.last_ns += ns;
        ns
    }

    /// The stage that the thread is in, or was in last.
    pub fn stage(&self) -> Stage {
        self.desk.stage()
    }
}

impl StageClock for StageTimer {
    fn begin(&mut self, step: usize) {
        self.enter(FIRST_STEP + step);
    }

    fn end(&mut self, step: usize) {
        self.leave(FIRST_STEP + step);
    }

    fn skipped(&mut self, step: usize) {
        if !self.on {
            return;
        }
        self.count(FIRST_STEP + step, 0, self.with_cpu.then_some(0));
    }
}

impl Drop for StageTimer {
    fn drop(&mut self) {
        self.stats.change(self.counters.as_ref(), None);
    }
}

fn thread_cpu_ns() -> u64 {
    thread_cpu_time().map_or(0, |time| time.as_nanos() as u64)
}

/// CPU time between two readings around nothing, as [`StageTimer::leave`] reads: the least of some.
fn cpu_reading_ns(ticks: &quanta::Clock) -> u64 {
    let reading = |_| {
        let begun = thread_cpu_ns();
        std::hint::black_box((ticks.raw(), ticks.raw()));
        thread_cpu_ns().saturating_sub(begun)
    };
    (0..16).map(reading).min().unwrap_or_default()
}
