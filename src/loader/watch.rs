//! What each loading thread is doing and since when, for those who wait for it.
//!
//! What can be done about a thread that hangs is in `replace`.

use super::desk::Desk;
use super::histogram::Usual;
use super::shared::Shared;
use crate::protocol::Stage;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// No stage is called stalled before this.
const STALLED_AFTER: Duration = Duration::from_secs(5);
/// ... nor before so many times what 99.9 % of images take there, or while that is not known, the longest.
const STALLED_FACTOR: u32 = 20;
/// ... and no image is allowed longer than this: a machine's sleep, which some clocks count, is no image's time.
const STALLED_AT_LAST: Duration = Duration::from_secs(600);

/// A loading thread at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerState {
    /// The `i` of `loader-{i}`; 0 for the caller's own thread.
    pub worker: usize,
    /// It is the thread that calls [`super::Loader::next`], which loads where there are no workers.
    pub on_caller: bool,
    /// What it works on; `None` while it waits.
    pub busy: Option<Busy>,
}

/// The sample that a thread works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// Index in the dataset.
    pub sample: u32,
    pub path: PathBuf,
    /// With the loader's seed and the sample it makes the random draws.
    pub epoch: u64,
    pub stage: Stage,
    /// How long it has been in that stage.
    pub elapsed: Duration,
}

/// A thread that has been in one stage for far longer than that stage ever took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stalled {
    /// As in [`WorkerState`].
    pub worker: usize,
    pub on_caller: bool,
    /// Index in the dataset.
    pub sample: u32,
    pub path: PathBuf,
    /// See [`crate::data::Dataset::name_of`].
    pub name: String,
    pub epoch: u64,
    /// The loader's, of every random draw.
    pub seed: u64,
    pub stage: Stage,
    pub elapsed: Duration,
    /// What that stage took before.
    pub usual: Usual,
}

/// Watches a loader's threads from any thread, and replaces those that hang; with 0 workers, the thread that loads can't
/// watch itself.
#[derive(Debug, Clone)]
pub struct Watch {
    pub(super) shared: Arc<Shared>,
}

impl Watch {
    /// What each thread is doing.
    pub fn workers_state(&self) -> Vec<WorkerState> {
        let now_ns = self.shared.base.elapsed().as_nanos() as u64;
        let state = |(worker, on_caller, desk): (usize, bool, Arc<Desk>)| WorkerState {
            worker,
            on_caller,
            busy: desk.doing().map(|doing| Busy {
                sample: doing.turn.sample,
                path: self.shared.dataset.path_of(doing.turn.sample as usize),
                epoch: doing.turn.epoch,
                stage: doing.stage,
                elapsed: Duration::from_nanos(now_ns.saturating_sub(doing.since_ns)),
            }),
        };
        self.shared.desks().into_iter().map(state).collect()
    }

    /// Threads that have been in one stage for over 5 s, for longer than any image before, and for over 20 times what
    /// 99.9 % of images take there; or for over ten minutes. The worst first.
    pub fn stalled(&self) -> Vec<Stalled> {
        self.stalled_after(STALLED_AFTER)
    }

    /// As [`Self::stalled`], with another time in the place of the 5 s.
    pub fn stalled_after(&self, after: Duration) -> Vec<Stalled> {
        let mut stalled: Vec<Stalled> = Vec::new();
        for WorkerState { worker, on_caller, busy } in self.workers_state() {
            let Some(Busy { sample, path, epoch, stage, elapsed }) = busy.filter(|busy| busy.elapsed > after) else {
                continue;
            };
            let usual = self.shared.stats.usual(&stage);
            if elapsed > longest_usual(&usual) {
                let (seed, name) = (self.shared.seed, self.shared.dataset.name_of(sample as usize));
                stalled.push(Stalled { worker, on_caller, sample, path, name, epoch, seed, stage, elapsed, usual });
            }
        }
        stalled.sort_by_key(|s| std::cmp::Reverse(s.elapsed));
        stalled
    }

    /// The loader is gone: nothing more happens here.
    pub fn is_over(&self) -> bool {
        self.shared.stopping()
    }

    /// Workers that were replaced as they hung, and hang still.
    pub fn hanging(&self) -> u64 {
        self.shared.stats.hanging()
    }
}

/// What takes longer than this hangs, as far as can be told. One image that once took long does not blind the watch for
/// good, and one that takes no longer than another did is no news.
fn longest_usual(usual: &Usual) -> Duration {
    let slowest = usual.slowest.unwrap_or_default();
    let longest = match usual.p999 {
        Some(p999) => slowest.max(p999.saturating_mul(STALLED_FACTOR)),
        None => slowest.saturating_mul(STALLED_FACTOR),
    };
    longest.min(STALLED_AT_LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_image_does_not_blind_the_watch() {
        let ms = Duration::from_millis;
        let usual = |p999, slowest| Usual { images: 5000, p999, slowest };
        for (p999, slowest, longest) in [
            (None, None, ms(0)),
            (None, Some(ms(40)), ms(800)),
            (Some(ms(4)), Some(ms(40)), ms(80)),
            (Some(ms(4)), Some(ms(60_000)), ms(60_000)),
            // The machine slept for a night.
            (Some(ms(4)), Some(ms(30_000_000)), STALLED_AT_LAST),
            (None, Some(ms(30_000_000)), STALLED_AT_LAST),
        ] {
            assert_eq!(longest_usual(&usual(p999, slowest)), longest);
        }
    }
}
