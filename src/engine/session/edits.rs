//! Changes of a person's while training goes on: workers at once, transforms when they have been tried on an image.

use super::super::RunError;
use super::super::experiment::predicted_by_laws;
use super::super::mailbox::Mailbox;
use super::super::outbox::not_written;
use super::super::run::Images;
use super::super::run::wanted::Changes;
use super::super::trains::Trains;
use super::fitting::Fitting;
use super::live::Pending;
use super::trial::{Edit, News, Outcome, Trials, Try};
use super::{POLL, Session};
use crate::config::{RunConfig, TransformSpec};
use crate::diagnose::{Change, Setup, switched_off};
use crate::language::{Arg, Message, enumeration};
use crate::protocol::{Event, Gain, RunChange, Trying};
use crate::transform::{Chain, RangeFault};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A change whose trial takes longer is not made.
const MOST_TRIAL: Duration = Duration::from_secs(30);

/// Why the chain stays as it is.
pub(super) fn not_made(why: Message) -> Message {
    msg!("engine-change-not-made", why)
}

/// The chain that was tried for so long, or why it is not taken. One that is slow on one image would be found to hang at the
/// first batch, and batches that are begun are not taken back.
fn judged(edit: &Edit, outcome: Outcome, took: Duration) -> Outcome {
    if took > MOST_TRIAL {
        return Err(msg!(
            "engine-trial-too-slow",
            time = Arg::duration(MOST_TRIAL.as_secs_f64()),
            change = &edit.label
        ));
    }
    outcome
}

impl<T: Trains> Session<'_, T> {
    pub(super) fn set_workers(&mut self, workers: usize) {
        let before = self.config.loader.workers;
        if workers == before {
            return;
        }
        let predicted = self.reports.verdict.as_ref().and_then(|v| predicted_by_laws(v, &RunChange::Workers(workers)));
        let from = self.setup();
        self.config.loader.workers = workers;
        let version = self.loader.set_workers(workers);
        self.write_config();
        self.changed_by_hand(version, from, predicted, Vec::new());
    }

    /// Has these steps tried; they become the chain in [`Self::go_on_trying`]. Those of the chain that runs take back what
    /// is being tried.
    pub(super) fn set_transforms(&mut self, specs: Vec<TransformSpec>) {
        if specs == self.chain.specs() {
            self.take_back();
        } else if self.trials.current().is_none_or(|(edit, _)| edit.specs != specs) {
            let label = describe_change(self.chain.specs(), &specs);
            let work = trying(self.fitting(), specs.clone());
            self.trials.begin(Edit { specs, label }, work, self.mailbox.clock());
            if self.trials.told() {
                self.tell_trying();
            }
        }
    }

    /// Gives up the change that is being tried; true where there was one.
    pub(super) fn take_back(&mut self) -> bool {
        let told = self.trials.told();
        let taken = self.trials.cancel().is_some();
        if told {
            self.tell_trying();
        }
        taken
    }

    /// Makes a change that was tried and found good, or says what is the matter with it.
    pub(super) fn go_on_trying(&mut self) {
        match self.trials.look(self.mailbox.clock()) {
            None => {}
            Some(News::Slow) => {
                self.tell_trying();
                if self.live.bisect_wanted.is_some() {
                    self.warn_of_waiting_bisect();
                }
            }
            Some(News::Over(edit, outcome, took)) => {
                match judged(&edit, outcome, took) {
                    Ok(tried) => {
                        self.make(edit, tried.chain);
                        self.range_word.tell(self.mailbox, tried.unscaled.as_ref());
                    }
                    Err(why) => self.mailbox.warn(not_made(why)),
                }
                // In any case: a client takes its copy of the chain from it.
                self.tell_trying();
            }
        }
        if self.trials.current().is_none()
            && let Some(request) = self.live.bisect_wanted.take()
        {
            self.begin_bisect(request);
        }
    }

    fn make(&mut self, edit: Edit, chain: Arc<Chain>) {
        // What was being tried by a bisect is the person's to decide now.
        self.live.experiments.stop_bisect(msg!("engine-a-change", change = &edit.label));
        let switched = switched_off(self.chain.specs(), chain.specs());
        let predicted = self.live.experiments.predicted_off(&switched, self.reports.verdict.as_ref());
        let from = self.setup();
        self.config.transforms.clone_from(&edit.specs);
        self.write_config();
        self.chain = Arc::clone(&chain);
        let version = self.loader.set_chain(chain);
        while self.live.experiments.next_toggle().is_some() {
            self.live.experiments.applied(version, &[]);
        }
        self.conclude_bisect();
        self.changed_by_hand(version, from, predicted, switched);
    }

    /// What a person can change, as it runs now.
    pub(super) fn setup(&self) -> Setup {
        Setup { workers: self.config.loader.workers, transforms: self.chain.specs().to_vec() }
    }

    fn tell_trying(&self) {
        let now = self.mailbox.clock().secs();
        let current = self.trials.current();
        self.mailbox.send(Event::Trying(Box::new(Trying {
            secs: current.map_or(now, |(_, begun)| now - self.mailbox.clock().elapsed(begun).as_secs_f64()),
            label: current.map(|(edit, _)| edit.label.clone()),
            running: self.chain.specs().to_vec(),
            edits: self.mailbox.edits(),
        })));
    }

    fn changed_by_hand(&mut self, version: u64, from: Setup, predicted: Option<Gain>, switched_off: Vec<String>) {
        let to = self.setup();
        let label = describe_setup(&from, &to);
        // A change that was not measured yet is measured together with this one.
        let from = self.live.experiments.unmeasured_from().cloned().unwrap_or(from);
        let change = Change { label: describe_setup(&from, &to), from, to, predicted };
        self.live.experiments.changed_by_hand(self.mailbox, version, change, &switched_off);
        self.live.pending_marks.push_back(Pending { version, label, experiment: false, switched_off });
    }

    /// What chains are tried with.
    pub(super) fn fitting(&self) -> Fitting {
        Fitting::of(self.images, &self.config, self.trainer)
    }

    /// A resume goes on with what runs now. The recorder's thread writes it, before any checkpoint that follows.
    fn write_config(&self) {
        let (transforms, workers) = (self.config.transforms.clone(), self.config.loader.workers);
        let (watched, outbox) = (Arc::clone(&self.images.watched), self.mailbox.outbox());
        self.mailbox.on_recorder(move || {
            let change = |config: &mut RunConfig| (config.transforms, config.loader.workers) = (transforms, workers);
            if let Err(error) = watched.change_config(change) {
                outbox.warn(not_written(error, msg!("engine-change-not-written")));
            }
        });
    }
}

/// What was changed while the run started: it holds from the first batch. Gives the chain to begin with.
///
/// # Errors
/// The run is to stop.
pub(in crate::engine) fn take_early_changes(
    mailbox: &Mailbox,
    images: &Images,
    trainer: &impl Trains,
    config: &mut RunConfig,
    mut chain: Arc<Chain>,
    unscaled: &mut Option<RangeFault>,
) -> Result<Arc<Chain>, RunError> {
    let mut trials = Trials::default();
    loop {
        if mailbox.stop_wanted() {
            return Err(RunError::Stopped);
        }
        let changes = mailbox.take_changes();
        config.loader.workers = changes.workers.unwrap_or(config.loader.workers);
        // What is measured is measured once it trains.
        mailbox.put_back(Changes { transforms: None, workers: None, ..changes.clone() });
        if let Some(specs) = changes.transforms {
            trials.cancel();
            if specs != chain.specs() {
                let label = describe_change(chain.specs(), &specs);
                trials.begin(
                    Edit { specs: specs.clone(), label },
                    trying(Fitting::of(images, config, trainer), specs),
                    mailbox.clock(),
                );
            }
        }
        let clock = mailbox.clock();
        let Some((_, begun)) = trials.current() else { return Ok(chain) };
        let waited = clock.elapsed(begun);
        let (edit, outcome, took) = match trials.look(clock) {
            Some(News::Over(edit, outcome, took)) => (edit, outcome, took),
            // Training waits for it here, but not for ever.
            Some(News::Slow) | None if waited > MOST_TRIAL => match trials.cancel() {
                // The time that it takes is answer enough.
                Some(edit) => (edit, Err(Message::default()), waited),
                None => continue,
            },
            Some(News::Slow) | None => {
                mailbox.wait_for_news(POLL);
                continue;
            }
        };
        match judged(&edit, outcome, took) {
            Ok(tried) => {
                config.transforms = tried.chain.specs().to_vec();
                chain = tried.chain;
                *unscaled = tried.unscaled;
            }
            Err(why) => mailbox.warn(not_made(why)),
        }
    }
}

/// Tries a chain on one image, or a few.
fn trying(fitting: Fitting, specs: Vec<TransformSpec>) -> Try {
    Box::new(move |unwanted: &Arc<AtomicBool>| {
        fitting.chain_and_range(&specs, |probes| probes.until(unwanted)).map_err(|error| error.message())
    })
}

/// Such as `RandRotate off`, `RandZoom prob 0.5 → 0.2`, `order of transforms`.
fn describe_change(before: &[TransformSpec], after: &[TransformSpec]) -> Message {
    enumeration(changes_of(before, after))
}

/// The same with the workers.
pub(in crate::engine) fn describe_setup(from: &Setup, to: &Setup) -> Message {
    let (before, after) = (from.workers, to.workers);
    let workers = (before != after).then(|| msg!("engine-change-workers", before, after));
    enumeration(workers.into_iter().chain(changes_of(&from.transforms, &to.transforms)))
}

fn changes_of(before: &[TransformSpec], after: &[TransformSpec]) -> Vec<Message> {
    let names = |specs: &[TransformSpec]| specs.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
    let (old, new) = (names(before), names(after));
    let mut changes = Vec::new();
    if old != new {
        let added = beyond(&new, &old).into_iter().map(|transform| msg!("engine-change-added", transform));
        let removed = beyond(&old, &new).into_iter().map(|transform| msg!("engine-change-removed", transform));
        changes.extend(added.chain(removed));
        return if changes.is_empty() { vec![msg!("engine-change-order")] } else { changes };
    }
    for (b, a) in before.iter().zip(after) {
        let transform = &a.name;
        if b.enabled != a.enabled {
            changes.push(match a.enabled {
                true => msg!("engine-change-on", transform),
                false => msg!("engine-change-off", transform),
            });
        }
        for (key, value) in &a.params {
            let value = value.to_string();
            match b.params.get(key).map(ToString::to_string) {
                Some(old) if old == value => {}
                Some(old) => changes.push(msg!("engine-change-parameter", transform, key, old, value)),
                None => changes.push(msg!("engine-change-parameter-set", transform, key, value)),
            }
        }
        let gone = b.params.keys().filter(|k| !a.params.contains_key(*k));
        changes.extend(gone.map(|key| msg!("engine-change-parameter-default", transform, key)));
    }
    changes
}

/// Those of `names` that `others` have not, or not as often.
fn beyond(names: &[String], others: &[String]) -> Vec<String> {
    let mut left = others.to_vec();
    let is_more = |name: &&String| match left.iter().position(|other| other == *name) {
        Some(at) => {
            left.remove(at);
            false
        }
        None => true,
    };
    names.iter().filter(is_more).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ParamValue;

    #[test]
    fn a_change_is_named_as_a_person_would() {
        #[track_caller]
        fn check(before: &[TransformSpec], after: &[TransformSpec], label: &str) {
            assert_eq!(describe_change(before, after).to_string(), label);
        }
        let rotate = TransformSpec::new("RandRotate");
        let zoom = TransformSpec::new("RandZoom").with("prob", ParamValue::Float(0.5));
        let off = TransformSpec { enabled: false, ..rotate.clone() };
        check(&[rotate.clone(), zoom.clone()], &[off, zoom.clone()], "RandRotate off");
        let rarer = zoom.clone().with("prob", ParamValue::Float(0.25));
        check(std::slice::from_ref(&zoom), &[rarer], "RandZoom prob 0.5 → 0.25");
        check(&[zoom.clone(), rotate.clone()], &[rotate.clone(), zoom.clone()], "order of transforms");
        check(std::slice::from_ref(&zoom), &[zoom.clone(), rotate], "RandRotate added");
        check(std::slice::from_ref(&zoom), &[zoom.clone(), zoom.clone()], "RandZoom added");
    }
}
