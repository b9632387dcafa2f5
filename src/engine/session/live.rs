//! Changes while training goes on: a person's, and those of a bisect.

use super::super::experiment::{Ground, predicted_by_laws};
use super::super::{PrepareError, RunError, ceilings, prepare};
use super::Session;
use crate::config::{CacheMode, TransformSpec};
use crate::diagnose::{Candidate, switchable};
use crate::protocol::{BisectRequest, ChangeMark, Event, Gain, RunChange, RunPhase};
use crate::transform::Chain;
use std::sync::Arc;

/// Values so many times as large, or as small, are of another size.
const RANGE_FACTOR: f32 = 4.0;

/// A change not yet seen in a batch.
pub(super) struct Pending {
    /// The loader's, from which on batches are made with it.
    version: u64,
    label: String,
    experiment: bool,
}

impl Session<'_> {
    pub(super) fn set_workers(&mut self, workers: usize) {
        let before = self.config.loader.workers;
        if workers == before {
            return;
        }
        let predicted = self.verdict.as_ref().and_then(|v| predicted_by_laws(v, &RunChange::Workers(workers)));
        self.config.loader.workers = workers;
        let version = self.loader.set_workers(workers);
        self.changed_by_hand(version, format!("workers {before} → {workers}"), predicted);
    }

    pub(super) fn set_transforms(&mut self, specs: &[TransformSpec]) {
        let before = self.chain.specs().to_vec();
        if specs == before {
            return;
        }
        let made = self.fitting(specs).map(|chain| {
            // What was being tried is the person's to decide now.
            self.experiments.stop_bisect();
            let switched = switched_off(&self.chain, &chain);
            let predicted = self.experiments.predicted_off(&switched, self.verdict.as_ref());
            self.config.transforms = specs.to_vec();
            self.chain = Arc::clone(&chain);
            let version = self.loader.set_chain(chain);
            while self.experiments.next_off().is_some() {
                self.experiments.applied(version, &[]);
            }
            self.experiments.conclude(self.mailbox);
            self.changed_by_hand(version, describe_change(&before, specs), predicted);
        });
        if let Err(error) = made {
            self.mailbox.warn(format!("the change of transforms was not made: {error}"));
        }
    }

    fn changed_by_hand(&mut self, version: u64, label: String, predicted: Option<Gain>) {
        self.experiments.changed_by_hand(self.mailbox, version, &label, predicted);
        self.pending_marks.push_back(Pending { version, label, experiment: false });
    }

    /// The chain of these steps, if batches and network can take what it makes.
    fn fitting(&self, specs: &[TransformSpec]) -> Result<Arc<Chain>, RunError> {
        let chain = Arc::new(Chain::build(specs)?);
        let images = self.images;
        let shape = images.probes(self.mailbox, self.config.data.max_pixels).sample_shape(&chain)?;
        prepare::check_fits(&self.config, shape, images.dataset.class_names.len(), images.split.train.len())?;
        let (found, needed) = (shape[0], self.trainer.in_channels());
        if found != needed {
            return Err(PrepareError::OtherChannels { found, needed }.into());
        }
        Ok(chain)
    }

    pub(super) fn begin_bisect(&mut self, request: BisectRequest) {
        if self.experiments.bisecting() {
            self.mailbox.warn("a bisect is under way: stop it first");
            return;
        }
        let mut candidates = self.candidates();
        let ranging = self.setting_the_range(&candidates);
        if !ranging.is_empty() {
            self.mailbox.warn(format!(
                "not switched off while the network trains: {}; without it the values would be of another size. \
                 `trainscope bisect --loader-only` measures it too",
                ranging.join(", ")
            ));
            candidates.retain(|candidate| !ranging.contains(&candidate.name));
        }
        if candidates.is_empty() {
            self.mailbox.warn("the chain has no transform that could be switched off: there is nothing to bisect");
            return;
        }
        let ground = Ground {
            candidates,
            queue_capacity: self.loader.queue_capacity(),
            loader_over_trainer: self.observer.loader_over_trainer(&self.facts()),
            config_version: self.loader.config_version(),
            seed: self.config.train.seed ^ self.state.step,
        };
        self.experiments.begin_bisect(self.mailbox, request, ground);
        self.go_on_bisecting();
    }

    /// Measures what loader and trainer can do alone.
    pub(super) fn measure_ceilings(&mut self) -> Result<(), RunError> {
        if self.experiments.bisecting() {
            self.mailbox.warn("the ceilings cannot be measured while a bisect is under way: stop it first");
            return Ok(());
        }
        let train: Arc<[u32]> = Arc::from(self.images.split.train.as_slice());
        let job = self.images.job(train, Arc::clone(&self.chain), &self.config);
        let (mailbox, images) = (self.mailbox, self.images);
        let now = self.verdict.as_ref().and_then(|verdict| verdict.images_per_sec);
        let twin = self.trainer.twin()?;
        let mut interrupted = || {
            self.answer_commands();
            self.stop
        };
        if let Some(found) = ceilings::measure(mailbox, twin, images, job, now, &mut interrupted)? {
            mailbox.send(Event::Ceilings(found));
        }
        // Asked for again in the meantime: it is what has just been done.
        self.ceilings_wanted = false;
        self.mailbox.phase(RunPhase::Training);
        Ok(())
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

    /// Those without which the network would see values of quite another size: it is in training, and would suffer.
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
        while let Some(off) = self.experiments.next_off() {
            let mut specs = self.chain.specs().to_vec();
            for (index, spec) in specs.iter_mut().enumerate() {
                spec.enabled &= !off.contains(&index);
            }
            let chain = if off.is_empty() { Ok(Arc::clone(&self.chain)) } else { self.fitting(&specs) };
            match chain {
                Ok(chain) => {
                    let version = self.loader.set_chain(chain);
                    let label = self.experiments.applied(version, &off);
                    self.pending_marks.push_back(Pending { version, label, experiment: true });
                }
                Err(_) => self.experiments.refused(),
            }
        }
        self.experiments.conclude(self.mailbox);
    }

    /// A change counts from the first batch that was made with it.
    pub(super) fn mark_changes(&mut self, batch_version: u64) {
        while let Some(Pending { version, label, experiment }) =
            self.pending_marks.pop_front_if(|pending| pending.version <= batch_version)
        {
            self.mailbox.send(Event::Changed(ChangeMark {
                secs: self.mailbox.clock().secs(),
                step: self.state.step + 1,
                config_version: version,
                label,
                experiment,
            }));
        }
    }
}

/// Stages that are off in `after` and were on in `before`, where that is all that changed; else none.
fn switched_off(before: &Chain, after: &Chain) -> Vec<String> {
    let names = crate::loader::stage_names(before);
    let steps = names.iter().skip(crate::loader::FIRST_STEP);
    let mut switched = Vec::new();
    if before.specs().len() != after.specs().len() {
        return switched;
    }
    for ((old, new), name) in before.specs().iter().zip(after.specs()).zip(steps) {
        if (&old.name, &old.params) != (&new.name, &new.params) || new.enabled && !old.enabled {
            return Vec::new();
        }
        if old.enabled && !new.enabled {
            switched.push(name.clone());
        }
    }
    switched
}

/// Such as `RandRotate off`, `RandZoom prob 0.5 → 0.2`, `order of transforms`.
fn describe_change(before: &[TransformSpec], after: &[TransformSpec]) -> String {
    let names = |specs: &[TransformSpec]| specs.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
    let (old, new) = (names(before), names(after));
    if old != new {
        let added = new.iter().filter(|n| !old.contains(n)).map(|n| format!("{n} added"));
        let removed = old.iter().filter(|n| !new.contains(n)).map(|n| format!("{n} removed"));
        let words: Vec<String> = added.chain(removed).collect();
        return if words.is_empty() { "order of transforms".to_owned() } else { words.join(", ") };
    }
    let mut words = Vec::new();
    for (b, a) in before.iter().zip(after) {
        if b.enabled != a.enabled {
            words.push(format!("{} {}", a.name, if a.enabled { "on" } else { "off" }));
        }
        for (key, value) in &a.params {
            match b.params.get(key) {
                Some(old) if old == value => {}
                Some(old) => words.push(format!("{} {key} {old} → {value}", a.name)),
                None => words.push(format!("{} {key} → {value}", a.name)),
            }
        }
        words.extend(b.params.keys().filter(|k| !a.params.contains_key(*k)).map(|k| format!("{} {k} default", a.name)));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ParamValue;

    #[test]
    fn a_change_is_named_as_a_person_would() {
        #[track_caller]
        fn check(before: &[TransformSpec], after: &[TransformSpec], label: &str) {
            assert_eq!(describe_change(before, after), label);
        }
        let rotate = TransformSpec::new("RandRotate");
        let zoom = TransformSpec::new("RandZoom").with("prob", ParamValue::Float(0.5));
        let off = TransformSpec { enabled: false, ..rotate.clone() };
        check(&[rotate.clone(), zoom.clone()], &[off, zoom.clone()], "RandRotate off");
        let rarer = zoom.clone().with("prob", ParamValue::Float(0.25));
        check(std::slice::from_ref(&zoom), &[rarer], "RandZoom prob 0.5 → 0.25");
        check(&[zoom.clone(), rotate.clone()], &[rotate.clone(), zoom.clone()], "order of transforms");
        check(std::slice::from_ref(&zoom), &[zoom.clone(), rotate], "RandRotate added");
    }
}
