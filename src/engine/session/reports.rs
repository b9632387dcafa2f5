//! What the trainer's thread says beside its steps: the loader's stages, the verdict, slow files, warnings.

use super::super::mailbox::Mailbox;
use super::super::observer::{Observer, slow_samples};
use super::super::run::Images;
use super::super::trains::Trains;
use super::Session;
use crate::console::show_path;
use crate::diagnose::RunFacts;
use crate::loader::{LeftOutAt, SampleFailure, StageSnapshot};
use crate::protocol::{Event, SlowSamples, StagesEvent, Verdict};
use std::time::{Duration, Instant};

const STAGES_EVERY: Duration = Duration::from_secs(1);
const SLOW_EVERY: Duration = Duration::from_secs(10);
/// Nothing moves where no batch came for so long, and for longer than a step takes.
const STALLED_SECS: f64 = 5.0;
/// Warnings of files that cannot be loaded, each once; more are counted and listed at the end.
const MAX_FILE_WARNINGS: usize = 20;

/// What has been said, and the last seconds that the verdict is made of.
pub(super) struct Reports {
    pub stages_sent: (Instant, StageSnapshot),
    /// The slowest files and draws, and when they were sent.
    slow_sent: (Instant, SlowSamples),
    pub observer: Observer,
    /// The last one that was sent.
    pub verdict: Option<Verdict>,
    /// Whether cache trouble, a full cache, pinning, priority and bytes were told.
    loader_said: [bool; 5],
}

impl Reports {
    pub fn new(snapshot: StageSnapshot, now: Instant) -> Self {
        Self {
            stages_sent: (now, snapshot),
            slow_sent: (now, SlowSamples::default()),
            observer: Observer::default(),
            verdict: None,
            loader_said: [false; 5],
        }
    }
}

impl<T: Trains> Session<'_, T> {
    pub(super) fn send_stages(&mut self) {
        let (sent, before) = &self.reports.stages_sent;
        if self.mailbox.clock().elapsed(*sent) < STAGES_EVERY {
            return;
        }
        let snapshot = self.loader.stats().snapshot();
        let stages = snapshot.since(before);
        let event = StagesEvent {
            secs: self.mailbox.clock().secs(),
            config_version: self.loader.config_version(),
            workers: self.config.loader.workers,
            stages,
            queue_len: self.loader.queue_len(),
            queue_capacity: self.loader.queue_capacity(),
            cache: self.loader.stats().cache(),
        };
        if self.live.experiments.bisecting() {
            // Its stages are of several chains: what held before it stands.
            self.mailbox.send(Event::Stages(event));
        } else {
            self.reports.observer.stages(&event);
            self.mailbox.send(Event::Stages(event));
            self.reports.observer.take_readings(&self.mailbox.readings());
            let verdict = self.reports.observer.verdict(&self.facts());
            self.live.experiments.beside(&verdict);
            self.mailbox.send(Event::Verdict(Box::new(verdict.clone())));
            self.reports.verdict = Some(verdict);
        }
        self.reports.stages_sent = (self.mailbox.clock().now(), snapshot);
        self.send_slow();
        self.warn_of_loader();
    }

    fn send_slow(&mut self) {
        if self.mailbox.clock().elapsed(self.reports.slow_sent.0) < SLOW_EVERY {
            return;
        }
        let slow = slow_samples(&self.loader.stats().slowest(), &self.images.dataset);
        if slow != self.reports.slow_sent.1 {
            self.mailbox.send(Event::Slow(Box::new(slow.clone())));
        }
        self.reports.slow_sent = (self.mailbox.clock().now(), slow);
    }

    /// The circumstances that the verdict is to know.
    pub(super) fn facts(&self) -> RunFacts {
        let one_size = self.images.dataset.one_size().is_some();
        let device = self.trainer.device().kind;
        let facts = RunFacts::of(&self.config, &self.chain, device, one_size, self.images.split.train.len());
        let waited_secs = self.mailbox.clock().elapsed(self.batch_came).as_secs_f64();
        let step_secs = self.reports.observer.usual_step_secs(facts.full_batch()).unwrap_or(0.0);
        // One thread may hang for long while the others' batches still come.
        let is_stalled = waited_secs > STALLED_SECS.max(step_secs) && !self.loader.watchdog().is_empty();
        RunFacts {
            config_version: self.loader.config_version(),
            measured: self.live.experiments.measured(&self.setup()),
            stalled_secs: is_stalled.then_some(waited_secs),
            ..facts
        }
    }

    /// What the loader could not do as asked, each once.
    fn warn_of_loader(&mut self) {
        let stats = self.loader.stats();
        let cache = stats.cache().unwrap_or_default();
        let full = || msg!("engine-cache-full", used = cache.bytes >> 20, limit = cache.limit_bytes >> 20);
        let words = [
            cache.trouble.clone(),
            (cache.full && cache.trouble.is_none()).then(full),
            (stats.not_pinned() > 0).then(|| msg!("engine-not-pinned")),
            stats.bytes_refused().then(|| msg!("engine-bytes-refused")),
            (stats.not_lowered() > 0).then(|| msg!("engine-priority-not-lowered")),
        ];
        for (said, words) in self.reports.loader_said.iter_mut().zip(words) {
            if let (false, Some(words)) = (*said, words) {
                *said = true;
                self.mailbox.warn(words);
            }
        }
    }
}

/// Names the images that were left out for the first time; when there are many the others are only counted.
pub(super) fn warn_of_failures(mailbox: &Mailbox, images: &Images, failures: &[SampleFailure]) {
    // Those in quarantine were named when they came there.
    for failure in failures.iter().filter(|failure| failure.place != LeftOutAt::Quarantine) {
        if !images.left_out.add(failure) {
            continue;
        }
        let so_far = images.left_out.len();
        if so_far <= MAX_FILE_WARNINGS {
            mailbox.warn(msg!(
                "engine-image-left-out",
                stage = failure.place.words(),
                reason = &failure.reason,
                file = show_path(&failure.path)
            ));
        } else if so_far == MAX_FILE_WARNINGS + 1 {
            mailbox.warn(msg!("engine-more-left-out"));
        }
    }
}
