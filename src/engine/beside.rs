//! A thread beside the trainer's, for as long as a run lasts.

use super::mailbox::Mailbox;
use crate::language::Message;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::thread::JoinHandle;
use std::time::Duration;

/// At the end of a run a thread has so long to come back before it is left behind: a driver or a dead disk may never answer.
const GRACE: Duration = Duration::from_secs(1);

/// The thread; dropped, it is told to end and waited for, but not for ever.
pub(super) struct Beside {
    stop: Sender<()>,
    /// Nothing is sent: its other end goes with the thread.
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Beside {
    /// Has `work` done until what it is given says something. Without a thread the run does `without` it, and that is said.
    pub fn start(
        mailbox: &Mailbox,
        name: &str,
        without: Message,
        work: impl FnOnce(&Receiver<()>) + Send + 'static,
    ) -> Self {
        let (stop, stopped) = bounded::<()>(1);
        let (at_work, ended) = bounded::<()>(0);
        let body = move || {
            work(&stopped);
            drop(at_work);
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(body);
        if let Err(error) = &thread {
            mailbox.warn(msg!("engine-no-thread-beside", without, name, error = error.to_string()));
        }
        Self { stop, ended, thread: thread.ok() }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.stop.try_send(());
        if let Some(thread) = self.thread.take()
            && self.ended.recv_timeout(GRACE) == Err(RecvTimeoutError::Disconnected)
        {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::RunClock;
    use super::*;

    #[test]
    fn a_thread_that_hangs_is_left_behind() {
        let mailbox = Mailbox::without_client(RunClock::played());
        let (release, held) = bounded::<()>(0);
        let (say, said) = bounded(1);
        let beside = Beside::start(&mailbox, "hangs", "without it".into(), move |_| {
            // As a write to a disk that is gone, until the test lets go.
            let _ = held.recv();
            let _ = say.send("came back");
        });
        drop(beside);
        assert!(said.try_recv().is_err(), "it was waited for");
        drop(release);
        assert_eq!(said.recv(), Ok("came back"));
    }

    #[test]
    fn a_thread_that_ends_is_waited_for() {
        let mailbox = Mailbox::without_client(RunClock::played());
        let (say, said) = bounded(1);
        let beside = Beside::start(&mailbox, "ends", "without it".into(), move |stopped| {
            let _ = stopped.recv();
            let _ = say.send("ended");
        });
        drop(beside);
        assert_eq!(said.try_recv(), Ok("ended"));
    }
}
