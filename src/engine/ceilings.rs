//! What training could do with less of its input's work: by the differential method, on a twin of the network.
//!
//! Three rates: with one batch again and again (nothing to load: the trainer's ceiling); with files that are in the page
//! cache (no disk); and the loader alone over those files. Against the run's own rate they say what preparing and what
//! fetching data costs. Training waits meanwhile, and its weights are not touched: the steps are a fresh network's.

use super::RunError;
use super::clock::RunClock;
use super::evaluate::pixels_of;
use super::mailbox::Mailbox;
use super::run::Images;
use super::trains::Trains;
use crate::loader::{Batch, EpochOrder, Loader, LoaderJob, Next};
use crate::protocol::{Event, MeasuredCeilings, RunPhase};
use crate::train::{MixedLabels, Samples, StepMode};
use std::sync::Arc;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(50);
/// Each of the three is measured for so long, after ...
const MEASURE: Duration = Duration::from_secs(3);
/// ... so many steps or batches that are left out.
const WARM_UP: usize = 4;
/// The files are brought into the page cache for so long at most; as many as come in that time are used.
const FETCH: Duration = Duration::from_secs(4);
/// ... and no more batches than this: they must stay in the page cache.
const MOST_BATCHES: usize = 200;
/// One step in so many reads the loss, so that no more work is handed out than done.
const READ_EVERY: usize = 8;

/// Counts images from the end of the warm-up on.
struct Meter<'a> {
    clock: &'a RunClock,
    rounds: usize,
    images: u64,
    begun: Instant,
}

impl<'a> Meter<'a> {
    fn new(clock: &'a RunClock) -> Self {
        Self { clock, rounds: 0, images: 0, begun: clock.now() }
    }

    /// True when it has been measured long enough.
    fn count(&mut self, images: usize) -> bool {
        self.rounds += 1;
        if self.rounds <= WARM_UP {
            self.begun = self.clock.now();
            return false;
        }
        self.images += images as u64;
        self.clock.elapsed(self.begun) >= MEASURE
    }

    fn images_per_sec(&self) -> Option<f64> {
        let secs = self.clock.elapsed(self.begun).as_secs_f64();
        (self.images > 0 && secs > 0.0).then(|| self.images as f64 / secs)
    }
}

/// Measures; `None` where `interrupted` said so. `job` is the training's, over all its images.
pub(super) fn measure(
    mailbox: &Mailbox,
    mut twin: impl Trains,
    images: &Images,
    job: LoaderJob,
    now_images_per_sec: Option<f64>,
    interrupted: &mut dyn FnMut() -> bool,
) -> Result<Option<MeasuredCeilings>, RunError> {
    let progress = |done| mailbox.send(Event::Progress { phase: RunPhase::Measuring, done, total: 4 });
    mailbox.phase(RunPhase::Measuring);
    progress(0);
    let Some(indices) = fetched(mailbox.clock(), images, &job, interrupted)? else { return Ok(None) };
    let job =
        LoaderJob { indices, order: EpochOrder::Listed, first_epoch: 1, first_batch: 0, epochs: u64::MAX / 2, ..job };

    progress(1);
    let mut kept: Option<Batch> = None;
    let mut meter = Meter::new(mailbox.clock());
    let mut loader = images.start(job.clone(), RunPhase::Measuring)?;
    while let Some(batch) = next(&mut loader, interrupted)? {
        let enough = meter.count(batch.labels.len());
        match kept {
            None => kept = Some(batch),
            Some(_) => loader.recycle(batch),
        }
        if enough {
            break;
        }
    }
    // Before its workers are waited for.
    let loader_images_per_sec = meter.images_per_sec();
    drop(loader);
    let Some(kept) = kept.filter(|_| !interrupted()) else { return Ok(None) };

    progress(2);
    let mut meter = Meter::new(mailbox.clock());
    let mut loader = images.start(job, RunPhase::Measuring)?;
    while let Some(batch) = next(&mut loader, interrupted)? {
        step(&mut twin, &batch, meter.rounds)?;
        let enough = meter.count(batch.labels.len());
        loader.recycle(batch);
        if enough {
            break;
        }
    }
    let cached_images_per_sec = meter.images_per_sec();
    drop(loader);
    if interrupted() {
        return Ok(None);
    }

    progress(3);
    let mut meter = Meter::new(mailbox.clock());
    loop {
        step(&mut twin, &kept, meter.rounds)?;
        if meter.count(kept.labels.len()) {
            break;
        }
        if interrupted() {
            return Ok(None);
        }
    }
    let synthetic_images_per_sec = meter.images_per_sec();
    Ok(Some(MeasuredCeilings {
        now_images_per_sec,
        loader_images_per_sec,
        cached_images_per_sec,
        synthetic_images_per_sec,
    }))
}

/// Images of the training that lie in the page cache now, as they have just been read.
fn fetched(
    clock: &RunClock,
    images: &Images,
    job: &LoaderJob,
    interrupted: &mut dyn FnMut() -> bool,
) -> Result<Option<Arc<[u32]>>, RunError> {
    let most = (MOST_BATCHES * job.config.batch_size).min(job.indices.len());
    let wanted: Arc<[u32]> = job.indices.iter().take(most).copied().collect();
    let pass = LoaderJob {
        indices: Arc::clone(&wanted),
        order: EpochOrder::Listed,
        first_epoch: 1,
        first_batch: 0,
        epochs: 1,
        ..job.clone()
    };
    let begun = clock.now();
    let mut loader = images.start(pass, RunPhase::Measuring)?;
    let mut seen = 0;
    while let Some(batch) = next(&mut loader, interrupted)? {
        seen += batch.labels.len() + batch.failures.len();
        loader.recycle(batch);
        if clock.elapsed(begun) >= FETCH {
            break;
        }
    }
    let seen = seen.clamp(job.config.batch_size.min(most), most);
    Ok((!interrupted()).then(|| wanted.iter().take(seen).copied().collect()))
}

fn next(loader: &mut Loader, interrupted: &mut dyn FnMut() -> bool) -> Result<Option<Batch>, RunError> {
    loop {
        if interrupted() {
            return Ok(None);
        }
        match loader.next_timeout(POLL)? {
            Next::Batch(batch) => return Ok(Some(batch)),
            Next::End => return Ok(None),
            Next::NotYet => {}
        }
    }
}

fn step(twin: &mut impl Trains, batch: &Batch, round: usize) -> Result<(), RunError> {
    let mixed = batch.mixed.as_ref().map(|m| MixedLabels { share: m.share, partners: &m.partner_labels });
    let samples = Samples { pixels: pixels_of(batch), shape: batch.shape, labels: &batch.labels, mixed };
    let read = round < WARM_UP || round.is_multiple_of(READ_EVERY);
    twin.step(samples, StepMode::whole(false, read))?;
    Ok(())
}
