//! Background jobs of the window: at most one of a kind, cancelled when a newer one takes its place.

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Results waiting for the window. When full the job waits: the window takes them every frame, and jobs send
/// progress at most twenty times a second.
const QUEUE: usize = 256;
/// How long a closing window waits for its jobs.
const JOIN_GRACE: Duration = Duration::from_secs(2);
/// Work on one image that takes longer may hang: the next does not wait for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What a job does; a new one of a kind cancels the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Reads a dataset, or writes the sample images and reads them.
    Dataset,
    Split,
    /// What a cache would take.
    CacheSize,
    /// What a training step would take.
    StepCost,
    Preview,
    /// The selected image through the chain, step by step.
    Trace,
    /// Reads every image for the dataset's figures.
    Measure,
    /// A dialog of the system. It cannot be cancelled from here.
    Dialog,
    Devices,
    /// The doctor looks at the machine.
    Doctor,
    Export,
    OpenFolder,
    Checkpoint,
    /// Reads the record of a run that was attached to.
    CatchUp,
    /// Looks for fonts of each language.
    Fonts,
    /// Lists the newest runs.
    RecentRuns,
    /// Reads or writes a chain's file.
    Chain,
    /// Trains with several values in turns.
    Sweep,
    /// Writes a trace's file.
    SaveTrace,
    /// Reads the folder of runs.
    Runs,
    /// Reads a run to lay it over the plots.
    Overlay,
    /// Renames a run, notes something about it, takes it away.
    RunChange,
    /// Judges images by a run's network.
    Judge,
}

/// The job's side: sends results, hears of its cancellation.
pub struct JobHandle<M> {
    kind: JobKind,
    generation: u64,
    cancelled: Arc<AtomicBool>,
    results: Sender<(JobKind, u64, M)>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl<M> JobHandle<M> {
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Hands a result to the window; a cancelled job's results go nowhere.
    pub fn send(&self, message: M) {
        let mut waiting = (self.kind, self.generation, message);
        while !self.is_cancelled() {
            match self.results.send_timeout(waiting, Duration::from_millis(50)) {
                Ok(()) => {
                    (self.wake)();
                    return;
                }
                Err(SendTimeoutError::Timeout(back)) => waiting = back,
                Err(SendTimeoutError::Disconnected(_)) => return,
            }
        }
    }
}

struct Slot {
    generation: u64,
    begun: Instant,
    cancelled: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// The window's side. Dropping it cancels every job and waits for those that can be cancelled.
pub struct Jobs<M> {
    wake: Arc<dyn Fn() + Send + Sync>,
    sender: Sender<(JobKind, u64, M)>,
    results: Receiver<(JobKind, u64, M)>,
    slots: HashMap<JobKind, Slot>,
    /// Cancelled threads that may still run.
    retired: Vec<JoinHandle<()>>,
    next_generation: u64,
}

impl<M: Send + 'static> Jobs<M> {
    /// `wake` is called when a result waits.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let (sender, results) = bounded(QUEUE);
        let wake = Arc::new(wake);
        Self { wake, sender, results, slots: HashMap::new(), retired: Vec::new(), next_generation: 1 }
    }

    /// Starts a job on a thread of its own.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start(
        &mut self,
        kind: JobKind,
        work: impl FnOnce(&JobHandle<M>) + Send + 'static,
    ) -> Result<(), std::io::Error> {
        self.cancel(kind);
        let generation = self.next_generation;
        self.next_generation += 1;
        let cancelled = Arc::new(AtomicBool::new(false));
        let handle = JobHandle {
            kind,
            generation,
            cancelled: Arc::clone(&cancelled),
            results: self.sender.clone(),
            wake: Arc::clone(&self.wake),
        };
        let name = format!("job-{kind:?}").to_lowercase();
        let thread = std::thread::Builder::new().name(name).spawn(move || work(&handle))?;
        self.slots.insert(kind, Slot { generation, begun: Instant::now(), cancelled, thread });
        Ok(())
    }

    /// Cancels the job of a kind; nothing more of it arrives.
    pub fn cancel(&mut self, kind: JobKind) {
        if let Some(slot) = self.slots.remove(&kind) {
            slot.cancelled.store(true, Ordering::Relaxed);
            self.retired.push(slot.thread);
        }
        self.retired.retain(|thread| !thread.is_finished());
    }

    /// The next result of a job that is still wanted.
    pub fn try_recv(&mut self) -> Option<M> {
        while let Ok((kind, generation, message)) = self.results.try_recv() {
            if self.slots.get(&kind).is_some_and(|slot| slot.generation == generation) {
                return Some(message);
            }
        }
        None
    }

    /// A job of the kind is under way, and not for so long that it may hang.
    pub fn is_busy(&self, kind: JobKind, now: Instant) -> bool {
        self.is_running(kind) && self.slots.get(&kind).is_some_and(|slot| now < slot.begun + PATIENCE)
    }

    /// A job of the kind is under way.
    pub fn is_running(&self, kind: JobKind) -> bool {
        self.slots.get(&kind).is_some_and(|slot| !slot.thread.is_finished())
    }
}

impl<M> Drop for Jobs<M> {
    fn drop(&mut self) {
        let mut threads = std::mem::take(&mut self.retired);
        for (kind, slot) in self.slots.drain() {
            slot.cancelled.store(true, Ordering::Relaxed);
            // An open dialog returns only when the user closes it: its thread is left to the end of the process.
            if kind != JobKind::Dialog {
                threads.push(slot.thread);
            }
        }
        join_within(threads, JOIN_GRACE);
    }
}

/// Waits for threads that were told to end, all together no longer than `grace`: one stuck in the file system cannot be
/// ended, and the process goes without it.
pub fn join_within(threads: Vec<JoinHandle<()>>, grace: Duration) {
    let deadline = Instant::now() + grace;
    for thread in threads {
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn wait_for(jobs: &mut Jobs<&'static str>) -> &'static str {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(message) = jobs.try_recv() {
                return message;
            }
            assert!(Instant::now() < deadline, "no result came");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_newer_job_silences_the_older() {
        let mut jobs = Jobs::new(|| {});
        let (go, gate) = mpsc::channel::<()>();
        jobs.start(JobKind::Preview, move |job| {
            // Waits until the second job stands in its place.
            let _ = gate.recv();
            job.send("old");
        })
        .unwrap();
        jobs.start(JobKind::Preview, |job| job.send("new")).unwrap();
        go.send(()).unwrap();
        assert_eq!(wait_for(&mut jobs), "new");
        assert_eq!(jobs.try_recv(), None);
    }

    #[test]
    fn a_cancelled_job_hears_of_it_and_drop_waits_for_it() {
        let ended = Arc::new(AtomicBool::new(false));
        let mut jobs: Jobs<()> = Jobs::new(|| {});
        let flag = Arc::clone(&ended);
        jobs.start(JobKind::Dataset, move |job| {
            while !job.is_cancelled() {
                std::thread::yield_now();
            }
            flag.store(true, Ordering::Relaxed);
        })
        .unwrap();
        let now = Instant::now();
        assert!(jobs.is_running(JobKind::Dataset) && jobs.is_busy(JobKind::Dataset, now));
        assert!(!jobs.is_busy(JobKind::Dataset, now + PATIENCE) && !jobs.is_busy(JobKind::Measure, now));
        drop(jobs);
        assert!(ended.load(Ordering::Relaxed));
    }
}
