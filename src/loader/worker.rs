//! Loading one sample, on a worker's thread or the caller's, and the life of a worker's thread.

use super::SampleFailure;
use super::shared::{Claim, Setting, Shared};
use super::stats::{COLLATE, DECODE, FIRST_STEP, READ, StageTimer};
use super::watch::Desk;
use crate::data::{DataError, Decoder, Image};
use crate::transform::{SampleSeed, Scratch};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// What a thread needs to load samples; its buffers are kept from sample to sample.
#[derive(Debug)]
pub(super) struct Workbench {
    decoder: Decoder,
    image: Image,
    scratch: Scratch,
    timer: StageTimer,
}

/// Stage and reason.
type Failed = (String, String);

impl Workbench {
    pub fn new(shared: &Shared, desk: Arc<Desk>) -> Self {
        Self {
            decoder: Decoder::new(shared.channels, shared.max_pixels),
            image: Image::empty(),
            scratch: Scratch::default(),
            timer: StageTimer::new(Arc::clone(&shared.stats), desk, shared.base),
        }
    }

    /// Loads the claim's current sample into its batch, or leaves it out of it, and finishes the batch it completes.
    pub fn load_next(&mut self, shared: &Shared, claim: &mut Claim) {
        let Some((assembly, slot, sample)) = claim.current() else { return };
        let path = shared.dataset.path_of(sample as usize);
        self.timer.set_stages(&assembly.setting.stages);
        self.timer.begin_image(sample);
        let seed = SampleSeed { seed: shared.seed, epoch: assembly.epoch, sample: u64::from(sample) };
        // A transform that panics must cost one sample, not the thread; what it left half done is thrown away.
        let prepared = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            shared.at(super::tests::Point::Sample(sample));
            self.prepare(&path, &assembly.setting, seed)
        }));
        let prepared = prepared.unwrap_or_else(|panic| {
            self.decoder = Decoder::new(shared.channels, shared.max_pixels);
            self.image = Image::empty();
            self.scratch = Scratch::default();
            Err((self.timer.stage_name(), format!("it panicked: {}", panic_words(&*panic))))
        });
        let complete = match prepared {
            Ok(()) => {
                let collate = assembly.setting.stages.len() - 1;
                self.timer.enter(collate);
                let complete = assembly.put(slot, &self.image);
                self.timer.leave(collate);
                complete
            }
            Err((stage, reason)) => assembly.fail(slot, SampleFailure { sample, path, stage, reason }),
        };
        self.timer.end_image();
        if complete {
            shared.finish(assembly);
        }
        claim.advance();
    }

    /// Leaves the sample in `self.image`, `[C, H, W]`.
    fn prepare(&mut self, path: &Path, setting: &Setting, seed: SampleSeed) -> Result<(), Failed> {
        let failed = |stage: &str, error: DataError| match error {
            DataError::Image { reason, .. } => (stage.to_owned(), reason),
            error => (stage.to_owned(), error.to_string()),
        };
        self.decoder.read(path).map_err(|e| failed(READ, e))?;
        self.timer.leave(0);
        self.timer.enter(1);
        self.decoder.decode(path, &mut self.image).map_err(|e| failed(DECODE, e))?;
        self.timer.leave(FIRST_STEP - 1);
        let run = setting.chain.run(&mut self.image, &mut self.scratch, seed, &mut self.timer);
        run.map_err(|error| (error.step.to_owned(), error.reason))?;
        if self.image.data.is_empty() {
            return Err((COLLATE.to_owned(), "nothing is left of it at the end of the chain".to_owned()));
        }
        Ok(())
    }
}

fn panic_words(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(words), _) => words,
        (_, Some(words)) => words,
        _ => "without a word",
    }
}

/// A worker's thread, from its start to its end.
pub(super) fn work(shared: Arc<Shared>, index: usize, desk: Arc<Desk>) {
    let mut life = Life { shared, index, claim: Claim::default(), left: false };
    let mut bench = Workbench::new(&life.shared, desk);
    while life.shared.claim(life.index, &mut life.claim) {
        while life.claim.current().is_some() && !life.shared.stopping() {
            #[cfg(test)]
            life.shared.at(super::tests::Point::Claimed(life.index));
            bench.load_next(&life.shared, &mut life.claim);
        }
    }
    life.left = true;
}

/// Tells the others when this thread ends without having been asked to.
struct Life {
    shared: Arc<Shared>,
    index: usize,
    claim: Claim,
    left: bool,
}

impl Drop for Life {
    fn drop(&mut self) {
        if !self.left {
            self.shared.bury(self.index, std::mem::take(&mut self.claim));
        }
    }
}
