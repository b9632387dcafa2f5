//! Loading one sample, on a worker's thread or the caller's, and the life of a worker's thread.

use super::cache::CacheBuffers;
use super::desk::Desk;
use super::panics::panicked;
use super::setting::Setting;
use super::shared::{Claim, Shared, Who};
use super::stats::{CACHE_STAGE, DECODE_STAGE, READ_STAGE, StageTimer};
use super::trace::SpanWriter;
use super::{LeftOutAt, SampleFailure};
use crate::data::{DataError, Decoder, Dtype, Image, LARGE_BYTES};
use crate::language::Message;
use crate::protocol::Stage;
use crate::protocol::trace::Draw;
use crate::transform::{SampleSeed, Scratch, TransformError, splitmix64};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

/// What a thread needs to load samples; its buffers are kept from sample to sample.
#[derive(Debug)]
pub(super) struct Workbench {
    decoder: Decoder,
    image: Image,
    scratch: Scratch,
    timer: StageTimer,
    path: PathBuf,
    cache: CacheBuffers,
}

/// Stage and reason.
type Failed = (Stage, Message);

impl Workbench {
    /// The bench of one of so many workers, or of the caller.
    pub fn new(shared: &Shared, desk: Arc<Desk>, who: Who, workers: usize) -> Self {
        let worker = match who {
            Who::Worker(index) => Some(index),
            Who::Caller => None,
        };
        let spans = SpanWriter::new(&shared.recorder, worker, &desk, workers);
        let stats = Arc::clone(&shared.stats);
        Self {
            decoder: decoder(shared),
            image: Image::empty(),
            scratch: Scratch::default(),
            timer: StageTimer::new(stats, desk, shared.base, spans, shared.instrument, worker.is_some()),
            path: PathBuf::new(),
            cache: CacheBuffers::default(),
        }
    }

    /// Loads the claim's current sample into its batch, or leaves it out of it, and finishes the batch it completes.
    pub fn load_next(&mut self, shared: &Shared, claim: &mut Claim) {
        let Some((assembly, slot, sample)) = claim.current() else { return };
        shared.dataset.path_into(sample as usize, &mut self.path);
        if shared.quarantine.holds(sample) {
            let reason = msg!("loader-quarantined");
            let path = self.path.clone();
            if assembly.fail(slot, SampleFailure { sample, path, place: LeftOutAt::Quarantine, reason }) {
                shared.finish(assembly);
            }
            claim.advance();
            return;
        }
        self.timer.set_stages(&assembly.setting.stages);
        self.timer.begin_image(
            Draw {
                sample,
                epoch: at_most_u32(assembly.epoch),
                batch: at_most_u32(assembly.index),
                config_version: at_most_u32(assembly.setting.version),
            },
            claim.place(),
        );
        // An image that comes twice in an epoch is to be changed in two ways.
        let place = if shared.repeats { splitmix64((assembly.index << 20) ^ (slot as u64 + 1)) } else { 0 };
        let seed = SampleSeed { seed: shared.seed, epoch: assembly.epoch, sample: u64::from(sample) ^ place };
        // A transform that panics must cost one sample, not the thread; what it left half done is thrown away.
        let prepared = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            shared.at(super::tests::Point::Sample(sample));
            self.prepare(sample, &assembly.setting, seed)
        }));
        let prepared = prepared.unwrap_or_else(|panic| {
            self.decoder = decoder(shared);
            self.image = Image::empty();
            self.scratch = Scratch::default();
            Err((self.timer.stage(), panicked(&*panic)))
        });
        let sealed = match prepared {
            Ok(()) => {
                let collate = assembly.setting.stages.len() - 1;
                self.timer.enter(collate);
                let sealed = if assembly.put(slot, &self.image) { shared.seal(assembly) } else { None };
                self.timer.leave(collate);
                sealed
            }
            Err((stage, reason)) => {
                self.timer.fail(&stage);
                let path = self.path.clone();
                let complete = assembly.fail(slot, SampleFailure { sample, path, place: stage.into(), reason });
                if complete { shared.seal(assembly) } else { None }
            }
        };
        self.timer.end_image();
        self.let_go();
        if let Some(batch) = sealed {
            shared.hand_over(assembly, batch);
        }
        claim.advance();
    }

    /// What a large picture took, others may have.
    fn let_go(&mut self) {
        if self.image.kept_bytes() + self.scratch.kept_bytes() >= LARGE_BYTES {
            (self.image, self.scratch) = (Image::empty(), Scratch::default());
        }
        self.decoder.let_go();
    }

    /// Leaves the sample in `self.image`, `[C, H, W]`.
    fn prepare(&mut self, sample: u32, setting: &Setting, seed: SampleSeed) -> Result<(), Failed> {
        let mut first = 0;
        if let Some(kept) = setting.kept.as_deref() {
            first = setting.fixed;
            self.timer.enter(CACHE_STAGE);
            if kept.get(sample, &self.path, &mut self.image, &mut self.cache) {
                self.timer.leave(CACHE_STAGE);
            } else {
                self.decode(setting)?;
                let (image, scratch) = (&mut self.image, &mut self.scratch);
                setting
                    .chain
                    .run_steps(0..first, image, scratch, seed, &mut self.timer)
                    .map_err(|error| of_step(error, &self.timer))?;
                self.timer.enter(CACHE_STAGE);
                kept.put(sample, &self.image, &mut self.cache);
                self.timer.leave(CACHE_STAGE);
            }
        } else {
            self.decode(setting)?;
        }
        let (image, scratch) = (&mut self.image, &mut self.scratch);
        let run = match &setting.tail {
            Some(tail) => setting.chain.run_to_tail(first..tail.first, image, scratch, seed, &mut self.timer),
            None => setting.chain.run_from(first, image, scratch, seed, &mut self.timer),
        };
        run.map_err(|error| of_step(error, &self.timer))?;
        if setting.tail.is_some() && self.image.dtype != Dtype::U8 {
            let reason = msg!("loader-floats-in-bytes");
            return Err((Stage::Collate, reason));
        }
        if self.image.is_empty() {
            return Err((Stage::Collate, msg!("loader-nothing-left")));
        }
        Ok(())
    }

    /// The file at `self.path` to `self.image`.
    fn decode(&mut self, setting: &Setting) -> Result<(), Failed> {
        let failed = |stage: Stage, error: DataError| (stage, error.reason());
        self.timer.enter(READ_STAGE);
        self.decoder.read(&self.path).map_err(|e| failed(Stage::Read, e))?;
        self.timer.leave(READ_STAGE);
        self.timer.enter(DECODE_STAGE);
        self.decoder.set_target(setting.target);
        self.decoder.decode(&self.path, &mut self.image).map_err(|e| failed(Stage::Decode, e))?;
        self.timer.leave(DECODE_STAGE);
        self.timer.decoded(self.image.height * self.image.width);
        Ok(())
    }
}

/// The step that the thread was in, which of two of that name tells them apart.
fn of_step(error: TransformError, timer: &StageTimer) -> Failed {
    match timer.stage() {
        step @ Stage::Step(_) => (step, error.reason),
        _ => (error.step.into(), error.reason),
    }
}

fn decoder(shared: &Shared) -> Decoder {
    shared.dataset.decoder(shared.channels, shared.max_pixels).until_let_go()
}

fn at_most_u32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A worker's thread, from its start to its end; `workers` were wanted when it started.
pub(super) fn work(shared: Arc<Shared>, index: usize, desk: Arc<Desk>, workers: usize) {
    let mut life = Life { shared, index, desk, claim: Claim::default(), left: false };
    take_place(&life.shared, index);
    let mut bench = Workbench::new(&life.shared, Arc::clone(&life.desk), Who::Worker(index), workers);
    while life.shared.claim(life.index, &life.desk, &mut life.claim) {
        while life.claim.current().is_some() && !life.shared.stopping() && !life.desk.is_left_behind() {
            #[cfg(test)]
            life.shared.at(super::tests::Point::Claimed(life.index));
            bench.load_next(&life.shared, &mut life.claim);
        }
    }
    life.left = true;
}

/// Puts this thread on its core and behind the others, as far as it was asked for and the system lets it.
fn take_place(shared: &Shared, index: usize) {
    if shared.pin {
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        // Core 0 last: it is the trainer's and the window's as a rule.
        let core = cores.get((index + 1) % cores.len().max(1));
        if !core.is_some_and(|core| core_affinity::set_for_current(*core)) {
            shared.stats.count_not_pinned();
        }
    }
    if shared.low_priority && !lower_priority() {
        shared.stats.count_not_lowered();
    }
}

/// Niceness 19 on Linux and the like elsewhere; false where the system refuses.
fn lower_priority() -> bool {
    thread_priority::set_current_thread_priority(thread_priority::ThreadPriority::Min).is_ok()
}

/// Tells the others when this thread ends without having been asked to.
struct Life {
    shared: Arc<Shared>,
    index: usize,
    desk: Arc<Desk>,
    claim: Claim,
    left: bool,
}

impl Drop for Life {
    fn drop(&mut self) {
        if !self.left {
            self.shared.bury(self.index, &self.desk, std::mem::take(&mut self.claim));
        }
        if self.desk.is_left_behind() {
            self.shared.stats.count_came_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CacheMode, LoaderConfig};
    use crate::loader::{Batch, Loader, LoaderJob};

    /// The thread's own buffers: their places, where they keep them, and their sizes.
    fn buffers(bench: &Workbench) -> (*const u8, [usize; 3]) {
        let path = bench.path.as_os_str().as_encoded_bytes().as_ptr();
        (path, [bench.image.data.capacity(), bench.image.bytes.capacity(), bench.cache.bytes.capacity()])
    }

    #[test]
    fn a_threads_buffers_stay_from_sample_to_sample() {
        let (home, dataset) = crate::loader::tests::images();
        for cache in [CacheMode::Off, CacheMode::Ram, CacheMode::Disk] {
            let job = crate::loader::tests::job(&dataset, 0);
            let config = LoaderConfig { cache, cache_dir: Some(home.path().join("cache")), ..job.config.clone() };
            let mut loader = Loader::start(LoaderJob { config, epochs: 3, ..job }).unwrap();
            let mut seen = Vec::new();
            while let Some(batch) = loader.next().unwrap() {
                seen.push((batch.epoch, buffers(loader.bench().unwrap()), batch.data.as_ptr()));
                loader.recycle(Batch { failures: Vec::new(), ..batch });
            }
            // The first epoch has seen the largest of everything; the second reads what it kept.
            let mut later = seen.iter().filter(|(epoch, ..)| *epoch == 3);
            let first = later.next().unwrap();
            assert!(later.all(|place| place == first), "{cache:?}");
        }
    }
}
