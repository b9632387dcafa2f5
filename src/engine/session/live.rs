//! What is tried on a run while it trains: a bisect, the measurement of ceilings; and the marks of what changed.

use super::super::experiment::{Experiments, Ground, predicted_by_laws};
use super::super::trains::Trains;
use super::super::{RunError, ceilings};
use super::Session;
use crate::config::CacheMode;
use crate::diagnose::{BISECT_DEPTH, Candidate, Known, switchable};
use crate::language::{Arg, Message};
use crate::protocol::{BisectRequest, ChangeMark, Event, MeasuredCeilings, RunChange, RunPhase, SpanKind, SpanMark};
use crate::transform::Chain;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Values so many times as large, or as small, are in another range.
const RANGE_FACTOR: f32 = 4.0;

/// What is tried on the run, and what is known of it outside.
pub(super) struct LiveChanges {
    pub experiments: Experiments,
    /// Chains that the bisect under way has tried.
    pub tried: TriedChains,
    /// It begins when the change that is being tried has been.
    pub bisect_wanted: Option<BisectRequest>,
    pub pending_marks: VecDeque<Pending>,
    /// Whether a bisect, and a loss that is no number, are known to be under way.
    pub spans_told: [bool; 2],
}

impl LiveChanges {
    pub fn new(experiments: Experiments) -> Self {
        Self {
            experiments,
            tried: TriedChains::default(),
            bisect_wanted: None,
            pending_marks: VecDeque::new(),
            spans_told: [false; 2],
        }
    }
}

/// A change not yet seen in a batch.
pub(super) struct Pending {
    /// The loader's, from which on batches are made with it.
    pub version: u64,
    pub label: Message,
    pub experiment: bool,
    /// As in [`ChangeMark::switched_off`].
    pub switched_off: Vec<String>,
}

/// The chains that were tried in a bisect, by the steps that are off; `None` is one that cannot be. A bisect has few.
#[derive(Default)]
pub(super) struct TriedChains(BTreeMap<Vec<usize>, Option<Arc<Chain>>>);

impl TriedChains {
    fn get(&self, off: &[usize]) -> Option<Option<Arc<Chain>>> {
        self.0.get(off).cloned()
    }

    fn keep(&mut self, off: &[usize], chain: Option<Arc<Chain>>) {
        self.0.insert(off.to_vec(), chain);
    }
}

impl<T: Trains> Session<'_, T> {
    pub(super) fn begin_bisect(&mut self, request: BisectRequest) {
        if self.live.experiments.bisecting() {
            self.mailbox.warn(msg!("engine-bisect-under-way"));
            return;
        }
        // What is being tried belongs to the chain that is to be looked into.
        if self.trials.current().is_some() {
            self.live.bisect_wanted = Some(request);
            if self.trials.told() {
                self.warn_of_waiting_bisect();
            }
            return;
        }
        if request.go_on && self.live.experiments.go_on(self.mailbox, request, self.loader.config_version()) {
            self.loader.set_depth(BISECT_DEPTH);
            self.go_on_bisecting();
            return;
        }
        let mut candidates = self.candidates();
        let ranging = self.untimed(|session| session.setting_the_range(&candidates));
        if !ranging.is_empty() {
            self.mailbox.warn(msg!("engine-not-switched-off", transforms = Arg::names(&ranging)));
            candidates.retain(|candidate| !ranging.contains(&candidate.name));
        }
        if candidates.is_empty() {
            self.mailbox.warn(msg!("engine-nothing-to-bisect"));
            return;
        }
        self.loader.set_depth(BISECT_DEPTH);
        let ground = Ground {
            known: self.known_of(&candidates),
            candidates,
            config_version: self.loader.config_version(),
            seed: self.config.train.seed ^ self.state.step,
        };
        self.live.tried = TriedChains::default();
        self.live.experiments.begin_bisect(self.mailbox, request, ground);
        self.go_on_bisecting();
    }

    /// What is known before anything is tried.
    fn known_of(&self, candidates: &[Candidate]) -> Known {
        let gain = |candidate: &Candidate| {
            let change = RunChange::TransformOff(candidate.name.clone());
            let gain = predicted_by_laws(self.reports.verdict.as_ref()?, &change)?;
            Some((candidate.index, gain.effect_frac))
        };
        let facts = self.facts();
        let rate = self.reports.verdict.as_ref().and_then(|verdict| verdict.images_per_sec).filter(|rate| *rate > 0.0);
        Known {
            workers: self.config.loader.workers,
            queue_capacity: self.loader.queue_capacity(),
            loader_over_trainer: self.reports.observer.loader_over_trainer(&facts),
            step_secs: rate.map(|rate| facts.full_batch() as f64 / rate),
            expected: candidates.iter().filter_map(gain).collect(),
        }
    }

    pub(super) fn warn_of_waiting_bisect(&self) {
        self.mailbox.warn(msg!("engine-bisect-waits"));
    }

    /// Measures what loader and trainer can do alone. The run does not depend on it: what fails is only said.
    pub(super) fn measure_ceilings(&mut self) {
        if self.live.experiments.bisecting() {
            self.mailbox.warn(msg!("engine-ceilings-in-bisect"));
            return;
        }
        match self.measured_ceilings() {
            Ok(found) => found.into_iter().for_each(|found| self.mailbox.send(Event::Ceilings(found))),
            Err(error) => self.mailbox.warn(msg!("engine-ceilings-failed", error = error.message())),
        }
        // Asked for again in the meantime: it is what has just been done.
        self.ceilings_wanted = false;
        self.mailbox.phase(RunPhase::Training);
    }

    fn measured_ceilings(&mut self) -> Result<Option<MeasuredCeilings>, RunError> {
        let train: Arc<[u32]> = Arc::from(self.images.split.train.as_slice());
        let job = self.images.job(train, Arc::clone(&self.chain), &self.config);
        let (mailbox, images) = (self.mailbox, self.images);
        let now = self.reports.verdict.as_ref().and_then(|verdict| verdict.images_per_sec);
        let twin = self.trainer.twin()?;
        let mut interrupted = || {
            self.answer_commands();
            mailbox.stop_wanted()
        };
        ceilings::measure(mailbox, twin, images, job, now, &mut interrupted)
    }

    /// Transforms that a bisect may switch off.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let one_size = self.images.dataset.one_size().is_some();
        let mut candidates = switchable(&self.chain, one_size);
        if self.config.loader.cache != CacheMode::Off {
            // What the cache spares costs nothing, and another chain's results would have to be kept beside them.
            candidates.retain(|candidate| candidate.index >= self.chain.fixed_steps());
        }
        candidates
    }

    /// Those without which the network would see values in quite another range: it is in training, and would suffer.
    fn setting_the_range(&self, candidates: &[Candidate]) -> Vec<String> {
        let probes = self.images.probes(self.mailbox, self.config.data.max_pixels);
        let reach = |chain: &Chain| probes.value_reach(chain).ok().filter(|r| *r > 0.0);
        let Some(whole) = reach(&self.chain) else { return Vec::new() };
        let other = |candidate: &&Candidate| {
            let mut specs = self.chain.specs().to_vec();
            if let Some(spec) = specs.get_mut(candidate.index) {
                spec.enabled = false;
            }
            // What cannot be made is the bisect's to refuse.
            let without = Chain::build(&specs).ok().and_then(|chain| reach(&chain));
            without.is_some_and(|without| (without / whole).max(whole / without) > RANGE_FACTOR)
        };
        candidates.iter().filter(other).map(|candidate| candidate.name.clone()).collect()
    }

    /// Makes the changes that the bisect under way is to have, and says how it ended.
    pub(super) fn go_on_bisecting(&mut self) {
        while let Some(toggle) = self.live.experiments.next_toggle() {
            match self.chain_without(&toggle.off) {
                Some(chain) => {
                    let version = self.loader.set_chain_for(chain, u64::from(toggle.batches), toggle.at_once);
                    let label = self.live.experiments.applied(version, &toggle.off);
                    self.live.pending_marks.push_back(Pending {
                        version,
                        label,
                        experiment: true,
                        switched_off: Vec::new(),
                    });
                }
                None => self.live.experiments.refused(),
            }
        }
        self.conclude_bisect();
    }

    /// The chain without these steps, if it can be; tried once in a bisect, and in no step's time.
    fn chain_without(&mut self, off: &[usize]) -> Option<Arc<Chain>> {
        if off.is_empty() {
            return Some(Arc::clone(&self.chain));
        }
        if let Some(known) = self.live.tried.get(off) {
            return known;
        }
        let mut specs = self.chain.specs().to_vec();
        for (index, spec) in specs.iter_mut().enumerate() {
            spec.enabled &= !off.contains(&index);
        }
        let mailbox = self.mailbox;
        let chain = self.untimed(|session| session.fitting().chain(&specs, |probes| probes.watched(mailbox)).ok());
        self.live.tried.keep(off, chain.clone());
        chain
    }

    /// Full batches that the loader lets wait while it trains.
    pub(super) fn depth(&self) -> usize {
        if self.live.experiments.bisecting() { BISECT_DEPTH } else { self.config.loader.prefetch }
    }

    /// Says how the bisect ended, where it has.
    pub(super) fn conclude_bisect(&mut self) {
        if self.live.experiments.conclude(self.mailbox, self.loader.config_version()) {
            self.loader.set_depth(self.depth());
            // The verdict is to know nothing of its stages.
            self.reports.stages_sent = (self.mailbox.clock().now(), self.loader.stats().snapshot());
        }
        self.tell_spans();
    }

    /// Says where a bisect, or a loss that is no number, begins or ends.
    pub(super) fn tell_spans(&mut self) {
        let now = [(SpanKind::Bisect, self.live.experiments.bisecting()), (SpanKind::Diverged, self.divergence.now)];
        for ((kind, begins), told) in now.into_iter().zip(&mut self.live.spans_told) {
            if begins != *told {
                *told = begins;
                let (secs, step) = (self.mailbox.clock().secs(), self.state.step);
                self.mailbox.send(Event::Span(SpanMark { secs, step, kind, begins }));
            }
        }
    }

    /// A change counts from the first batch that was made with it.
    pub(super) fn mark_changes(&mut self, batch_version: u64) {
        while let Some(Pending { version, label, experiment, switched_off }) =
            self.live.pending_marks.pop_front_if(|pending| pending.version <= batch_version)
        {
            // What a bisect planned and gave up was in no batch.
            if experiment && version != batch_version {
                continue;
            }
            self.mailbox.send(Event::Changed(ChangeMark {
                secs: self.mailbox.clock().secs(),
                step: self.state.step + 1,
                config_version: version,
                label,
                experiment,
                switched_off,
            }));
        }
    }
}
