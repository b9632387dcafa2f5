//! Runs one closure on several named threads while the caller's thread reports progress and may stop them.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Between two reports, and the longest wait for a look at whether to stop.
const REPORT_EVERY: Duration = Duration::from_millis(50);

/// Runs `work` on `threads` threads at once until each returns. `report` is called here meanwhile; where it breaks, the
/// flag that `work` gets becomes true and the result is a break.
pub(super) fn run_on_all(
    name: &str,
    threads: usize,
    work: &(dyn Fn(&AtomicBool) + Sync),
    report: &mut dyn FnMut() -> ControlFlow<()>,
) -> ControlFlow<()> {
    let stop = AtomicBool::new(false);
    let running = (Mutex::new(0_usize), Condvar::new());
    let mut flow = report();
    if flow.is_break() {
        return flow;
    }
    std::thread::scope(|scope| {
        let lock = || running.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut started = 0;
        for i in 0..threads.max(1) {
            let (stop, running) = (&stop, &running);
            *lock() += 1;
            let thread = std::thread::Builder::new().name(format!("{name}-{i}")).spawn_scoped(scope, move || {
                let _ended = Ended(running);
                work(stop);
            });
            match thread {
                Ok(_) => started += 1,
                Err(_) => *lock() -= 1,
            }
        }
        if started == 0 {
            // No thread could be had: the work is done here, all in one.
            work(&stop);
        }
        let mut count = lock();
        while *count > 0 {
            count = running.1.wait_timeout(count, REPORT_EVERY).unwrap_or_else(PoisonError::into_inner).0;
            drop(count);
            if flow.is_continue() {
                flow = report();
                stop.store(flow.is_break(), Ordering::Relaxed);
            }
            count = lock();
        }
    });
    flow
}

/// Counts a thread down however it ends.
struct Ended<'a>(&'a (Mutex<usize>, Condvar));

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.1.notify_all();
    }
}
