//! How a client holds an engine: the real one, or one that a test plays.

use super::{ClientError, ClientEvent, Engine, EngineCommand};
use crate::protocol::Command;
use std::sync::Arc;
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
