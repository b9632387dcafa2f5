//! What the reading of many files waits for. A read on a mount that is dead may never return, and no thread in it can be
//! ended: so such work is done on a thread of its own (and its helpers), each of which says what it has in hand, while the
//! caller's thread looks on, tells, and may leave them behind.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::{DataError, io_reason};
use super::names::name_below;

/// A disk that was asleep is back by then, and any picture decoded: nothing is said of a file before.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks while nothing is reported.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Work that was told to stop and has not by then hangs.
const GRACE: Duration = Duration::from_millis(500);

/// A file or folder whose reading has not returned for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub path: PathBuf,
    /// As `data.quarantine` names it; `None` for folders and tables, which cannot be left out.
    pub name: Option<String>,
    pub elapsed: Duration,
}

/// What each thread of one work has in hand.
#[derive(Debug, Clone, Default)]
pub(super) struct Board(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    root: PathBuf,
    hands: Vec<Hand>,
}

impl Board {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder that images are named from.
    pub fn set_root(&self, root: &Path) {
        root.clone_into(&mut self.lines().root);
    }

    /// One for each thread.
    pub fn hand(&self) -> Hand {
        let hand = Hand::default();
        self.lines().hands.push(hand.clone());
        hand
    }

    /// What was in hand for the longest, where that is long.
    fn waiting(&self, now: Instant) -> Option<Waiting> {
        let lines = self.lines();
        let longest = lines.hands.iter().filter_map(|hand| {
            let held = hand.held();
            let elapsed = now.saturating_duration_since(held.since?);
            (elapsed >= PATIENCE).then(|| (elapsed, held.path.clone(), held.is_image))
        });
        let (elapsed, path, is_image) = longest.max_by_key(|(elapsed, ..)| *elapsed)?;
        let name = is_image.then(|| name_below(&lines.root, &path));
        Some(Waiting { path, name, elapsed })
    }
}

/// One thread's.
#[derive(Debug, Clone, Default)]
pub(super) struct Hand(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    path: PathBuf,
    is_image: bool,
    since: Option<Instant>,
}

impl Hand {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, path: &Path, is_image: bool) {
        let mut held = self.held();
        path.clone_into(&mut held.path);
        held.is_image = is_image;
        held.since = Some(Instant::now());
    }

    /// An image's file, until the next one or [`Self::let_go`].
    pub fn take_image(&self, path: &Path) {
        self.take(path, true);
    }

    pub fn let_go(&self) {
        self.held().since = None;
    }
}

thread_local! {
    /// Of the thread that does the work, so that whatever is called there can say what it reads.
    static OWN: RefCell<Option<Hand>> = const { RefCell::new(None) };
}

/// A folder or table in the hand of the thread that does the work, until it is dropped.
pub(super) struct InHand(Option<Hand>);

/// The thread begins to read this folder or table.
pub(super) fn reading(path: &Path) -> InHand {
    let hand = OWN.with_borrow(Clone::clone);
    if let Some(hand) = &hand {
        hand.take(path, false);
    }
    InHand(hand)
}

impl InHand {
    /// An entry or a piece of it came.
    pub fn moved(&self) {
        if let Some(hand) = &self.0 {
            hand.held().since = Some(Instant::now());
        }
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        if let Some(hand) = &self.0 {
            hand.let_go();
        }
    }
}

/// Progress of a work that may wait for a file.
pub(super) trait Progress: Clone + Default + Send + 'static {
    fn set_waiting(&mut self, waiting: Option<Waiting>);
}

/// How a work reports; it is to stop where that says so.
pub(super) type Report<'a, P> = dyn FnMut(&P) -> ControlFlow<()> + 'a;

/// Does `work` on a thread of that name. `progress` is called here whenever the work reports, and several times a second
/// while it does not; where it breaks off and the work hangs, the work is left behind.
///
/// # Errors
/// Those of the work; [`DataError::Cancelled`] where it was left behind. A panic of the work is one here.
pub(super) fn watched<P: Progress, T: Send + 'static>(
    name: &str,
    progress: &mut Report<'_, P>,
    work: impl FnOnce(&Board, &mut Report<'_, P>) -> Result<T, DataError> + Send + 'static,
) -> Result<T, DataError> {
    let board = Board::default();
    let (reports, reported) = sync_channel::<P>(0);
    let (answers, answered) = sync_channel(1);
    let of_work = board.clone();
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        OWN.set(Some(of_work.hand()));
        work(&of_work, &mut |now| {
            let told = reports.send(now.clone()).is_ok();
            if told { answered.recv().unwrap_or(ControlFlow::Break(())) } else { ControlFlow::Break(()) }
        })
    });
    let thread = thread.map_err(|error| DataError::Folder { reason: io_reason(&error), path: PathBuf::new() })?;
    let mut last = P::default();
    let mut flow = ControlFlow::Continue(());
    loop {
        let is_reported = match reported.recv_timeout(if flow.is_break() { GRACE } else { LOOK_EVERY }) {
            Ok(now) => {
                last = now;
                true
            }
            Err(RecvTimeoutError::Timeout) if flow.is_break() => return Err(DataError::Cancelled),
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                let result = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                return if flow.is_break() { Err(DataError::Cancelled) } else { result };
            }
        };
        if flow.is_continue() {
            last.set_waiting(board.waiting(Instant::now()));
            flow = progress(&last);
        }
        if is_reported {
            // A work that has ended meanwhile asks no more.
            let _ = answers.send(flow);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Progress for Option<Waiting> {
        fn set_waiting(&mut self, waiting: Option<Waiting>) {
            *self = waiting;
        }
    }

    #[test]
    fn what_was_in_hand_for_longest_is_told_once_that_is_long() {
        let board = Board::default();
        board.set_root(Path::new("/d"));
        let (first, second) = (board.hand(), board.hand());
        first.take_image(Path::new("/d/a/1.png"));
        second.take(Path::new("/d/b"), false);
        let now = Instant::now();
        assert_eq!(board.waiting(now), None);
        let waiting = board.waiting(now + PATIENCE).unwrap();
        assert_eq!((waiting.path.to_str(), waiting.name.as_deref()), (Some("/d/a/1.png"), Some("a/1.png")));
        assert!(waiting.elapsed >= PATIENCE);
        first.let_go();
        let waiting = board.waiting(now + PATIENCE * 2).unwrap();
        assert_eq!((waiting.path.to_str(), waiting.name), (Some("/d/b"), None));
        second.let_go();
        assert_eq!(board.waiting(now + PATIENCE * 3), None);
    }

    #[test]
    fn a_folder_counts_from_its_last_entry_and_only_while_it_is_read() {
        let board = Board::default();
        OWN.set(Some(board.hand()));
        let reading = reading(Path::new("/d"));
        let begun = board.lines().hands[0].held().since.unwrap();
        while Instant::now() == begun {}
        reading.moved();
        assert!(board.lines().hands[0].held().since > Some(begun));
        assert!(board.waiting(begun + PATIENCE).is_none());
        drop(reading);
        assert_eq!(board.waiting(begun + PATIENCE * 9), None);
    }

    #[test]
    fn the_works_result_errors_and_panics_are_those_of_the_caller() {
        let mut seen = 0;
        let mut count = |_: &Option<Waiting>| {
            seen += 1;
            ControlFlow::Continue(())
        };
        let done = watched("test", &mut count, |_, report| {
            assert!(report(&None).is_continue() && report(&None).is_continue());
            Ok(7)
        });
        assert!(matches!(done, Ok(7)) && seen >= 2);
        let failed = watched("test", &mut |_: &Option<Waiting>| ControlFlow::Continue(()), |_, _| -> Result<(), _> {
            Err(DataError::Cancelled)
        });
        assert!(matches!(failed, Err(DataError::Cancelled)));
        let panics = || {
            watched("test", &mut |_: &Option<Waiting>| ControlFlow::Continue(()), |_, _| -> Result<(), _> {
                panic!("of the work")
            })
        };
        let panic = std::panic::catch_unwind(panics).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"of the work"));
    }

    #[test]
    fn work_that_hangs_is_left_behind_when_it_is_to_stop() {
        let (never, dead) = sync_channel::<()>(0);
        let mut looks = 0;
        let mut stop = |_: &Option<Waiting>| {
            looks += 1;
            if looks < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let left = watched("test", &mut stop, move |_, _| {
            let _ = dead.recv();
            Ok(())
        });
        assert!(matches!(left, Err(DataError::Cancelled)));
        drop(never);
    }
}
