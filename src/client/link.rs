//! How a client holds an engine: the real one, or one that a test plays.

use super::{ClientError, ClientEvent, Engine, EngineCommand, EngineExit};
use crate::language::Message;
use crate::protocol::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// An engine as windows and sweeps use it. Dropping it tells the engine to finish its step and stop.
pub trait EngineLink: Send {
    /// Sends a command; returns at once.
    ///
    /// # Errors
    /// The engine is gone.
    fn send(&self, command: Command) -> Result<(), ClientError>;
    /// The next event, waiting at most so long.
    fn recv_timeout(&self, timeout: Duration) -> Option<ClientEvent>;
    /// Ends it at once.
    fn kill(&self);
}

impl EngineLink for Engine {
    fn send(&self, command: Command) -> Result<(), ClientError> {
        Engine::send(self, command)
    }

    fn recv_timeout(&self, timeout: Duration) -> Option<ClientEvent> {
        if timeout.is_zero() { self.try_recv() } else { Engine::recv_timeout(self, timeout) }
    }

    fn kill(&self) {
        Engine::kill(self);
    }
}

/// Called from an engine's thread after each event.
pub type Wake = Box<dyn Fn() + Send>;
/// Starts engines.
pub type EngineStarter = Arc<dyn Fn(Wake) -> Result<Box<dyn EngineLink>, ClientError> + Send + Sync>;

/// Starts engines as child processes.
pub fn process_starter(command: EngineCommand) -> EngineStarter {
    Arc::new(move |wake| Ok(Box::new(Engine::start(&command, wake)?)))
}

/// Starts engines that may outlive this program and its terminal, where the run they are sent says so.
pub fn lasting_starter(command: EngineCommand) -> EngineStarter {
    Arc::new(move |wake| Ok(Box::new(Engine::start_detached(&command, wake)?)))
}

/// An engine that another thread starts: a process may take as long to start as a slow disk takes to give it.
struct StartedAside(Arc<Mutex<Progress>>);

enum Progress {
    /// Commands wait for it.
    Starting {
        queued: Vec<Command>,
        killed: bool,
    },
    Running(Box<dyn EngineLink>),
    /// It could not be started, which is yet to be told.
    Failed(Option<Message>),
    /// Nobody wants it any more.
    Unwanted,
}

/// Starts an engine and returns at once. What is sent meanwhile reaches it in order; if it cannot be started, that is its
/// exit.
pub fn start_aside(start: &EngineStarter, wake: impl Fn() + Clone + Send + 'static) -> Box<dyn EngineLink> {
    let progress = Arc::new(Mutex::new(Progress::Starting { queued: Vec::new(), killed: false }));
    let (start, of_thread) = (Arc::clone(start), Arc::clone(&progress));
    let work = move || {
        let started = start(Box::new(wake.clone()));
        let mut progress = of_thread.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *progress, Progress::Unwanted);
        if let Progress::Starting { queued, killed } = before {
            *progress = match started {
                Ok(engine) => {
                    // One that is gone already is reported by its exit.
                    queued.into_iter().for_each(|command| drop(engine.send(command)));
                    if killed {
                        engine.kill();
                    }
                    Progress::Running(engine)
                }
                Err(error) => Progress::Failed(Some(error.message())),
            };
        }
        drop(progress);
        wake();
    };
    if let Err(error) = std::thread::Builder::new().name("engine-start".to_owned()).spawn(work) {
        let failed = Progress::Failed(Some(msg!("client-no-thread", error = error.to_string())));
        *progress.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }
    Box::new(StartedAside(progress))
}

impl StartedAside {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EngineLink for StartedAside {
    fn send(&self, command: Command) -> Result<(), ClientError> {
        match &mut *self.progress() {
            Progress::Starting { queued, .. } => queued.push(command),
            Progress::Running(engine) => return engine.send(command),
            Progress::Failed(_) | Progress::Unwanted => return Err(ClientError::Gone),
        }
        Ok(())
    }

    fn recv_timeout(&self, timeout: Duration) -> Option<ClientEvent> {
        match &mut *self.progress() {
            Progress::Running(engine) => engine.recv_timeout(timeout),
            Progress::Failed(error) => {
                error.take().map(|how| ClientEvent::Exited(EngineExit { how, last_words: Vec::new() }))
            }
            Progress::Starting { .. } | Progress::Unwanted => None,
        }
    }

    fn kill(&self) {
        match &mut *self.progress() {
            Progress::Starting { killed, .. } => *killed = true,
            Progress::Running(engine) => engine.kill(),
            Progress::Failed(_) | Progress::Unwanted => {}
        }
    }
}

impl Drop for StartedAside {
    fn drop(&mut self) {
        // One that is still being started is dropped by its thread; the running one here.
        *self.progress() = Progress::Unwanted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::{Receiver, Sender, unbounded};

    struct Played {
        sent: Sender<String>,
    }

    impl EngineLink for Played {
        fn send(&self, command: Command) -> Result<(), ClientError> {
            let _ = self.sent.send(format!("{command:?}"));
            Ok(())
        }

        fn recv_timeout(&self, _timeout: Duration) -> Option<ClientEvent> {
            None
        }

        fn kill(&self) {
            let _ = self.sent.send("killed".to_owned());
        }
    }

    impl Drop for Played {
        fn drop(&mut self) {
            let _ = self.sent.send("dropped".to_owned());
        }
    }

    /// A starter that waits for leave, and what its engine hears.
    fn played() -> (EngineStarter, Sender<bool>, Receiver<String>) {
        let (leave, go) = unbounded::<bool>();
        let (sent, heard) = unbounded();
        let starter: EngineStarter = Arc::new(move |_wake| match go.recv() {
            Ok(true) => Ok(Box::new(Played { sent: sent.clone() })),
            _ => Err(ClientError::Gone),
        });
        (starter, leave, heard)
    }

    #[test]
    fn what_is_sent_while_it_starts_reaches_it_in_order() {
        let (starter, leave, heard) = played();
        let link = start_aside(&starter, || {});
        link.send(Command::Pause).unwrap();
        link.send(Command::Stop).unwrap();
        link.kill();
        assert_eq!(link.recv_timeout(Duration::ZERO), None);
        leave.send(true).unwrap();
        let words: Vec<String> = (0..3).map(|_| heard.recv().unwrap()).collect();
        assert_eq!(words, ["Pause", "Stop", "killed"]);
        drop(link);
        assert_eq!(heard.recv().unwrap(), "dropped");
    }

    #[test]
    fn one_that_cannot_be_started_has_an_exit_and_one_that_nobody_wants_is_dropped() {
        let (starter, leave, heard) = played();
        let (woken, wakes) = unbounded();
        let link = start_aside(&starter, move || woken.send(()).unwrap());
        leave.send(false).unwrap();
        wakes.recv().unwrap();
        assert!(
            matches!(link.recv_timeout(Duration::ZERO), Some(ClientEvent::Exited(exit)) if exit.how.to_string().contains("gone"))
        );
        assert_eq!(link.recv_timeout(Duration::ZERO), None);
        assert!(link.send(Command::Stop).is_err());

        let unwanted = start_aside(&starter, || {});
        drop(unwanted);
        leave.send(true).unwrap();
        assert_eq!(heard.recv().unwrap(), "dropped");
    }
}
