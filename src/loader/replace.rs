//! Starting workers, and replacing those that hang, from any thread.
//!
//! A thread cannot be killed from outside. One that hangs is left behind: its desk is marked, under the lock under which
//! work is claimed, so that it either has the sample in hand that was meant or has moved on and is left alone. What it
//! comes back with is refused by its batch, whose slot is taken by then (a batch is sealed, and its buffers go to the
//! caller, only when every slot is), and it ends itself at the next sample.

use super::desk::Desk;
use super::shared::{Claim, Shared, Worker};
use super::watch::Watch;
use super::worker::work;
use super::{LoaderError, SampleFailure};
use crate::language::{Arg, Message};
use std::sync::Arc;
use std::time::Duration;

/// More workers than these are not left behind at a time: it is not single files then that are to blame.
pub const MAX_HANGING: u64 = 32;

/// Why a worker was not replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub enum ReplaceError {
    MovedOn,
    OnCaller,
    TooMany { hanging: u64 },
}

impl ReplaceError {
    pub fn message(&self) -> Message {
        match self {
            Self::MovedOn => msg!("loader-moved-on"),
            Self::OnCaller => msg!("loader-hangs-on-caller"),
            Self::TooMany { hanging } => msg!("loader-too-many-hang", hanging = *hanging),
        }
    }
}

/// What becomes of the sample in the hands of a worker that is left behind.
#[derive(Clone, Copy)]
enum Hung {
    /// Another one loads it.
    Again,
    /// It is left out of its batch.
    Skipped,
    /// So it is, in this batch and from now on.
    Quarantined,
}

impl Watch {
    /// Leaves out the sample that this worker hangs in and gives the worker's place to a new thread.
    ///
    /// # Errors
    /// The worker is not at that sample (any more), cannot be replaced, or too many were.
    pub fn skip(&self, worker: usize, sample: u32) -> Result<(), ReplaceError> {
        self.shared.replace(worker, sample, Hung::Skipped)
    }

    /// Gives the worker's place to a new thread and has the sample loaded once more.
    ///
    /// # Errors
    /// As [`Self::skip`].
    pub fn replace(&self, worker: usize, sample: u32) -> Result<(), ReplaceError> {
        self.shared.replace(worker, sample, Hung::Again)
    }

    /// As [`Self::skip`], and the sample is left out from then on, by all loaders that share the quarantine; that holds
    /// even where this fails.
    ///
    /// # Errors
    /// As [`Self::skip`].
    pub fn quarantine(&self, worker: usize, sample: u32) -> Result<(), ReplaceError> {
        self.shared.quarantine.add(sample);
        self.shared.replace(worker, sample, Hung::Quarantined)
    }
}

impl Shared {
    /// Starts the workers that are wanted and not running.
    pub fn hire(self: &Arc<Self>) -> Result<(), LoaderError> {
        let mut state = self.state();
        state.death = false;
        let workers = state.setting.workers;
        for index in 0..workers {
            if state.stop || state.workers.get(index).is_some_and(|worker| worker.running) {
                continue;
            }
            let desk = Arc::new(Desk::new());
            let (shared, its_desk) = (Arc::clone(self), Arc::clone(&desk));
            let thread = std::thread::Builder::new()
                .name(format!("loader-{index}"))
                .spawn(move || work(shared, index, its_desk, workers))
                .map_err(|error| LoaderError::Thread { worker: index, reason: error.to_string() })?;
            let worker = Worker { desk, running: true, claimed: Claim::default(), thread: Some(thread) };
            // The thread whose place it takes, if any, has left already or was left behind; its handle is let go.
            match state.workers.get_mut(index) {
                Some(place) => *place = worker,
                None => state.workers.push(worker),
            }
        }
        Ok(())
    }

    fn replace(self: &Arc<Self>, index: usize, sample: u32, hung: Hung) -> Result<(), ReplaceError> {
        let now_ns = self.base.elapsed().as_nanos() as u64;
        let mut state = self.state();
        let at_it = |desk: &Desk| desk.doing().filter(|doing| doing.turn.sample == sample);
        let stop = state.stop;
        let worker = state.workers.get_mut(index).filter(|worker| worker.running && !stop);
        let Some((worker, doing)) = worker.and_then(|worker| at_it(&worker.desk).map(|doing| (worker, doing))) else {
            let on_caller = at_it(&self.caller_desk).is_some();
            return Err(if on_caller { ReplaceError::OnCaller } else { ReplaceError::MovedOn });
        };
        let hanging = self.stats.hanging();
        if hanging >= MAX_HANGING {
            return Err(ReplaceError::TooMany { hanging });
        }
        worker.desk.leave_behind();
        worker.running = false;
        // Nobody is to wait for its end.
        drop(worker.thread.take());
        let mut claim = std::mem::take(&mut worker.claimed).beginning_at(doing.turn.place);
        self.stats.count_replaced();
        let mut left_out = None;
        if !matches!(hung, Hung::Again)
            && let Some((assembly, slot, sample)) = claim.current()
        {
            let secs = Duration::from_nanos(now_ns.saturating_sub(doing.since_ns)).as_secs_f64();
            let (worker, time) = (index.to_string(), Arg::duration(secs));
            let reason = match hung {
                Hung::Quarantined => msg!("loader-hung-quarantined", worker, time),
                Hung::Again | Hung::Skipped => msg!("loader-hung-skipped", worker, time),
            };
            let path = self.dataset.path_of(sample as usize);
            left_out =
                Some((Arc::clone(assembly), slot, SampleFailure { sample, path, place: doing.stage.into(), reason }));
            claim.advance();
        }
        if claim.current().is_some() {
            state.redo.push(claim);
        }
        // Until the new thread is there the caller is not to load itself, where there is no other: it might hang next.
        state.death = true;
        drop(state);
        if let Some((assembly, slot, failure)) = left_out {
            assembly.fail(slot, failure);
            // Whoever had the last sample of it: it may be the thread that hangs, between that sample and the next.
            self.finish(&assembly);
        }
        // Where no thread can be had, those left go on, and the caller where none is left.
        let _ = self.hire();
        // What is to be loaded again is anybody's.
        self.work.notify_all();
        self.ready.notify_all();
        Ok(())
    }
}
