//! An engine as a child process: its pipes, its threads, its end.

use crate::engine::own_program;
use crate::protocol::{Command, Event, FrameError, read_frame, write_frame};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, BufWriter};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Events waiting for the client; when full the reader blocks, and with it, at last, the engine's writer.
const EVENT_QUEUE: usize = 4096;
/// Lines of the engine's own complaints kept for the moment it dies.
const STDERR_LINES: usize = 20;

/// How to start an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineCommand {
    /// This program, `trainscope engine`.
    Local,
    /// `ssh HOST trainscope engine`: the same window, another machine.
    Ssh { host: String },
    /// Another program and its arguments (tests).
    Program { path: PathBuf, args: Vec<String> },
}

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("the engine could not be started: {0}")]
    Spawn(std::io::Error),
    #[error("the engine is gone")]
    Gone,
}

/// How an engine process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineExit {
    /// In words: `exit code 1`, `killed by signal 9 (SIGKILL)`.
    pub how: String,
    /// The last lines it wrote to stderr.
    pub last_words: Vec<String>,
}

/// What a client receives.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientEvent {
    Event(Event),
    /// Nothing comes after this one.
    Exited(EngineExit),
}

/// A running engine. Dropping it closes its stdin: the engine finishes its step, writes a checkpoint and stops.
pub struct Engine {
    child: Arc<Mutex<Child>>,
    pid: u32,
    commands: Option<Sender<Command>>,
    events: Receiver<ClientEvent>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts an engine; `wake` is called after each event (a window asks for a repaint there).
    ///
    /// # Errors
    /// The program could not be started.
    pub fn start(command: &EngineCommand, wake: impl Fn() + Send + 'static) -> Result<Self, ClientError> {
        let mut process = match command {
            EngineCommand::Local => {
                let mut process = std::process::Command::new(own_program().map_err(ClientError::Spawn)?);
                // burn keeps what has no device of its own (a loaded optimiser) on its default device, which would
                // otherwise be a GPU, checked or not.
                process.arg("engine").env("BURN_DEVICE", "flex");
                process
            }
            EngineCommand::Ssh { host } => {
                let mut process = std::process::Command::new("ssh");
                process.args(["-o", "BatchMode=yes", "--", host, "env", "BURN_DEVICE=flex", "trainscope", "engine"]);
                process
            }
            EngineCommand::Program { path, args } => {
                let mut process = std::process::Command::new(path);
                process.args(args);
                process
            }
        };
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().map_err(ClientError::Spawn)?;
        let missing = || ClientError::Spawn(std::io::Error::other("a pipe is missing"));
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let pid = child.id();
        let child = Arc::new(Mutex::new(child));

        // Commands are few and must never be lost or block a frame.
        let (command_tx, command_rx) = unbounded();
        let (event_tx, event_rx) = bounded(EVENT_QUEUE);
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(ClientError::Spawn)
        };
        let listener = {
            let last_words = Arc::clone(&last_words);
            spawn("engine-stderr", Box::new(move || keep_last_words(stderr, &last_words)))?
        };
        let writer = spawn("engine-commands", Box::new(move || send_commands(stdin, &command_rx)))?;
        let reader = {
            let child = Arc::clone(&child);
            let work = move || receive_events(stdout, &child, listener, &last_words, &event_tx, &wake);
            spawn("engine-events", Box::new(work))?
        };
        Ok(Self { child, pid, commands: Some(command_tx), events: event_rx, threads: vec![writer, reader] })
    }

    /// The process id on this machine (of `ssh` where the engine is elsewhere).
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a command; returns at once.
    ///
    /// # Errors
    /// The engine is gone.
    pub fn send(&self, command: Command) -> Result<(), ClientError> {
        let commands = self.commands.as_ref().ok_or(ClientError::Gone)?;
        commands.send(command).map_err(|_| ClientError::Gone)
    }

    /// The next event, if one waits.
    pub fn try_recv(&self) -> Option<ClientEvent> {
        self.events.try_recv().ok()
    }

    /// The next event, waiting at most so long.
    pub fn recv_timeout(&self, timeout: Duration) -> Option<ClientEvent> {
        self.events.recv_timeout(timeout).ok()
    }

    /// Ends the process at once; its run keeps what the last checkpoint has.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // An engine that has already gone is as dead as was asked for.
        let _ = child.kill();
    }

    /// Asks the engine to finish and waits for its end; kills it after `grace`.
    pub fn wait(mut self, grace: Duration) {
        self.commands = None;
        let deadline = Instant::now() + grace;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(ClientEvent::Exited(_)) => break,
                Ok(ClientEvent::Event(_)) => {}
                Err(_) => {
                    self.kill();
                    break;
                }
            }
        }
        // The pipes are closed now; nobody reads the rest of the queue, so the reader must not block on it.
        while self.events.recv_timeout(Duration::from_millis(200)).is_ok() {}
        for thread in self.threads.drain(..) {
            // A panic in a pipe thread has already shown as an ended stream.
            let _ = thread.join();
        }
    }
}

fn send_commands(stdin: ChildStdin, commands: &Receiver<Command>) {
    let mut out = BufWriter::new(stdin);
    while let Ok(command) = commands.recv() {
        if write_frame(&mut out, &command).is_err() {
            // The engine is gone: its exit is reported by the reader.
            return;
        }
    }
}

fn keep_last_words(stderr: ChildStderr, last_words: &Mutex<VecDeque<String>>) {
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let mut lines = last_words.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= STDERR_LINES {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(&line).chars().take(400).collect());
    }
}

fn receive_events(
    stdout: ChildStdout,
    child: &Mutex<Child>,
    listener: JoinHandle<()>,
    last_words: &Mutex<VecDeque<String>>,
    events: &Sender<ClientEvent>,
    wake: &dyn Fn(),
) {
    let mut input = BufReader::new(stdout);
    let broken = loop {
        match read_frame::<Event>(&mut input) {
            Ok(event) => {
                if events.send(ClientEvent::Event(event)).is_err() {
                    // The client dropped the engine; the closed stdin tells it to stop.
                    return;
                }
                wake();
            }
            Err(FrameError::Closed) => break None,
            Err(error) => break Some(error.to_string()),
        }
    };
    let how = wait_for_exit(child);
    // The engine is dead, so its stderr ends and the listener with it.
    let _ = listener.join();
    let mut last_words: Vec<String> =
        last_words.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
    last_words.extend(broken);
    // A client that is gone needs no word of the exit.
    let _ = events.send(ClientEvent::Exited(EngineExit { how, last_words }));
    wake();
}

/// Waits without holding the lock, so that `kill` gets through to an engine that closed its stdout and hangs.
fn wait_for_exit(child: &Mutex<Child>) -> String {
    loop {
        let state = child.lock().unwrap_or_else(PoisonError::into_inner).try_wait();
        match state {
            Ok(Some(status)) => return describe_exit(status),
            Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            Err(error) => return format!("its end could not be read: {error}"),
        }
    }
}

fn describe_exit(status: std::process::ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("ended by {}", crate::engine::signal_name(signal));
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}
