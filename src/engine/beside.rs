//! A thread beside the trainer's, for as long as a run lasts.

use super::mailbox::Mailbox;
use crate::language::Message;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::thread::JoinHandle;

/// The thread; dropped, it is told to end and waited for.
pub(super) struct Beside {
    stop: Sender<()>,
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
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&stopped));
        if let Err(error) = &thread {
            mailbox.warn(msg!("engine-no-thread-beside", without, name, error = error.to_string()));
        }
        Self { stop, thread: thread.ok() }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.stop.try_send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
