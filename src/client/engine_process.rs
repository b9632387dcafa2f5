//! An engine as a child process: its pipes, its threads, its end.

use crate::engine::{KILLED_GRACE, own_program};
use crate::language::{self, LANGUAGE_VARIABLE, Message};
use crate::protocol::{Command, Event, FrameError, PROTOCOL_VERSION, read_frame, write_frame};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Events waiting for the client; when full the reader blocks, and with it, at last, the engine's writer.
const EVENT_QUEUE: usize = 4096;
/// Lines of the engine's own complaints kept for the moment it dies.
const STDERR_LINES: usize = 20;
/// ... each from so many bytes.
const LINE_BYTES: u64 = 8192;

/// How to start an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineCommand {
    /// This program, `trainscope engine`.
    Local,
    /// `ssh HOST trainscope engine`: the same window, another machine.
    Ssh { host: String },
    /// The engine that trains in that folder by itself; here, or on another machine.
    Attach { run_dir: PathBuf, host: Option<String> },
    /// Another program and its arguments (tests).
    Program { path: PathBuf, args: Vec<String> },
}

#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum ClientError {
    Spawn(std::io::Error),
    Gone,
}

impl ClientError {
    pub fn message(&self) -> Message {
        match self {
            Self::Spawn(error) => msg!("client-engine-not-started", error = error.to_string()),
            Self::Gone => msg!("client-engine-gone"),
        }
    }
}

/// How an engine process ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineExit {
    /// Such as `exit code 1`, `ended by signal 9, SIGKILL`.
    pub how: Message,
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
    /// [`Self::kill`] was called: its end is no riddle.
    killed: Arc<AtomicBool>,
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
        // What goes through ssh must not hear of a Ctrl-C that is meant for this program: nobody could be told to stop then.
        let through_ssh = matches!(command, EngineCommand::Ssh { .. } | EngineCommand::Attach { .. });
        Self::start_as(command, through_ssh, wake)
    }

    /// As [`Self::start`], for an engine that is to outlive this program and its terminal.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub fn start_detached(command: &EngineCommand, wake: impl Fn() + Send + 'static) -> Result<Self, ClientError> {
        Self::start_as(command, true, wake)
    }

    fn start_as(
        command: &EngineCommand,
        detached: bool,
        wake: impl Fn() + Send + 'static,
    ) -> Result<Self, ClientError> {
        let mut process = match command {
            EngineCommand::Local => {
                let mut process = std::process::Command::new(own_program().map_err(ClientError::Spawn)?);
                // burn keeps what has no device of its own (a loaded optimiser) on its default device, which would
                // otherwise be a GPU, checked or not.
                process.arg("engine").env("BURN_DEVICE", "flex").env(LANGUAGE_VARIABLE, language::current().tag());
                process
            }
            EngineCommand::Ssh { host } => over_ssh(
                host,
                &[
                    "env".to_owned(),
                    "BURN_DEVICE=flex".to_owned(),
                    format!("{LANGUAGE_VARIABLE}={}", language::current().tag()),
                    "trainscope".to_owned(),
                    "engine".to_owned(),
                ],
            ),
            EngineCommand::Attach { run_dir, host: Some(host) } => {
                let run_dir = quoted(&run_dir.to_string_lossy());
                over_ssh(
                    host,
                    &["trainscope".to_owned(), "attach".to_owned(), "--relay".to_owned(), "--".to_owned(), run_dir],
                )
            }
            EngineCommand::Attach { run_dir, host: None } => {
                let mut process = std::process::Command::new(own_program().map_err(ClientError::Spawn)?);
                process.args(["attach", "--relay", "--"]).arg(run_dir);
                process
            }
            EngineCommand::Program { path, args } => {
                let mut process = std::process::Command::new(path);
                process.args(args);
                process
            }
        };
        if detached {
            crate::system::in_own_group(&mut process);
        } else {
            crate::system::without_console(&mut process);
        }
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().map_err(ClientError::Spawn)?;
        let missing = || ClientError::Spawn(std::io::Error::other(msg!("client-no-pipe").to_string()));
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let pid = child.id();
        let child = Arc::new(Mutex::new(child));
        let killed = Arc::new(AtomicBool::new(false));

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
        let writer = {
            let last_words = Arc::clone(&last_words);
            spawn("engine-commands", Box::new(move || send_commands(stdin, &command_rx, &last_words)))?
        };
        let reader = {
            let process = Process { child: Arc::clone(&child), killed: Arc::clone(&killed) };
            let work = move || receive_events(stdout, &process, listener, &last_words, &event_tx, &wake);
            spawn("engine-events", Box::new(work))?
        };
        Ok(Self { child, killed, pid, commands: Some(command_tx), events: event_rx, threads: vec![writer, reader] })
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
        self.killed.store(true, Ordering::Relaxed);
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // An engine that has already gone is as dead as was asked for.
        let _ = child.kill();
    }

    /// Nobody listens to it any more; one that was started to go on without its client does.
    pub fn leave(mut self) {
        self.commands = None;
        // Commands on their way are let out; the writer then closes the pipe.
        if !self.threads.is_empty() {
            let _ = self.threads.remove(0).join();
        }
    }

    /// Asks the engine to finish and waits for its end; kills it after `grace`. An engine that even then does not go is left behind:
    /// one of its threads hangs in a file on a mount that is dead, where no signal reaches it.
    pub fn wait(mut self, grace: Duration) {
        self.commands = None;
        if !self.ends_within(grace) {
            self.kill();
            if !self.ends_within(KILLED_GRACE) {
                return;
            }
        }
        // The pipes are closed now; nobody reads the rest of the queue, so the reader must not block on it.
        while self.events.recv_timeout(Duration::from_millis(200)).is_ok() {}
        for thread in self.threads.drain(..) {
            // A panic in a pipe thread has already shown as an ended stream.
            let _ = thread.join();
        }
    }

    fn ends_within(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        loop {
            match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(ClientEvent::Exited(_)) => return true,
                Ok(ClientEvent::Event(_)) => {}
                Err(RecvTimeoutError::Timeout) => return false,
                // The reader has said all it had to.
                Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
    }
}

/// ssh says after a minute that a connection is dead, instead of never.
fn over_ssh(host: &str, words: &[String]) -> std::process::Command {
    let mut process = std::process::Command::new("ssh");
    for option in ["BatchMode=yes", "ConnectTimeout=20", "ServerAliveInterval=15", "ServerAliveCountMax=4"] {
        process.args(["-o", option]);
    }
    process.arg("--").arg(host).args(words);
    process
}

/// A word as the shell of the other machine takes it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn send_commands(stdin: impl Write, commands: &Receiver<Command>, last_words: &Mutex<VecDeque<String>>) {
    let mut out = BufWriter::new(stdin);
    while let Ok(command) = commands.recv() {
        match write_frame(&mut out, &command) {
            Ok(()) => {}
            // The engine is gone: its exit is reported by the reader.
            Err(FrameError::Io(_)) => return,
            // A path that is no text. The pipe closes behind it, and the engine ends for want of a command; that says why.
            Err(FrameError::Malformed(reason)) => {
                return keep_line(last_words, &msg!("client-command-not-written", reason).to_string());
            }
            Err(error) => return keep_line(last_words, &error.to_string()),
        }
    }
}

/// Keeps a line for the moment the engine ends, and forgets the oldest of many.
fn keep_line(last_words: &Mutex<VecDeque<String>>, words: &str) {
    let mut lines = last_words.lock().unwrap_or_else(PoisonError::into_inner);
    if lines.len() >= STDERR_LINES {
        lines.pop_front();
    }
    lines.push_back(crate::console::one_line(words));
}

/// Reads to the end, however much that is and wherever its lines end, and keeps little of it.
fn keep_last_words(stderr: ChildStderr, last_words: &Mutex<VecDeque<String>>) {
    let mut input = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        let read = (&mut input).take(LINE_BYTES).read_until(b'\n', &mut line);
        if !read.is_ok_and(|bytes| bytes > 0) {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let words: String = text.trim_end().chars().take(400).collect();
        keep_line(last_words, &words);
    }
}

impl EngineExit {
    /// What it said that tells most: why it panicked, or that memory was wanting; else its last line. A backtrace's last line
    /// tells nothing.
    pub fn telling_word(&self) -> Option<&str> {
        let telling = |line: &&String| {
            ["panicked at", "memory allocation of", "out of memory"].iter().any(|words| line.contains(words))
        };
        let at = self.last_words.iter().position(|line| telling(&line));
        // What a panic says stands in the line after where it was.
        let at = at.map(|at| if self.last_words[at].ends_with(':') { at + 1 } else { at });
        at.and_then(|at| self.last_words.get(at)).or(self.last_words.last()).map(String::as_str)
    }
}

/// An engine's process, for the thread that waits for its end.
struct Process {
    child: Arc<Mutex<Child>>,
    killed: Arc<AtomicBool>,
}

/// What the first event must be, or what is wrong with it.
fn check_hello(event: &Event) -> Result<(), Message> {
    match event {
        Event::Hello { protocol: PROTOCOL_VERSION, .. } => Ok(()),
        Event::Hello { protocol, version, .. } => Err(msg!(
            "client-other-protocol",
            version = crate::console::one_line(version),
            theirs = protocol.to_string(),
            ours = PROTOCOL_VERSION.to_string()
        )),
        _ => Err(msg!("client-no-engine")),
    }
}

fn receive_events(
    stdout: ChildStdout,
    process: &Process,
    listener: JoinHandle<()>,
    last_words: &Mutex<VecDeque<String>>,
    events: &Sender<ClientEvent>,
    wake: &dyn Fn(),
) {
    let mut input = BufReader::new(stdout);
    let mut greeted = false;
    let broken = loop {
        match read_frame::<Event>(&mut input) {
            Ok(event) => {
                if !std::mem::replace(&mut greeted, true)
                    && let Err(why) = check_hello(&event)
                {
                    // It would not understand a stop either.
                    let _ = process.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
                    break Some(why);
                }
                if events.send(ClientEvent::Event(event)).is_err() {
                    // The client dropped the engine; the closed stdin tells it to stop.
                    return;
                }
                wake();
            }
            Err(FrameError::Closed) => break None,
            Err(error) => break Some(error.message()),
        }
    };
    let ended = process.wait_for_exit(broken.is_some());
    // The engine is dead, so its stderr ends and the listener with it.
    let _ = listener.join();
    let mut last_words: Vec<String> =
        last_words.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
    last_words.extend(broken.map(|why| crate::console::one_line(&why.to_string())));
    let how = ended.map_or_else(|how| how, |status| describe_exit(status, last_words.is_empty(), cfg!(windows)));
    // A client that is gone needs no word of the exit.
    let _ = events.send(ClientEvent::Exited(EngineExit { how, last_words }));
    wake();
}

/// An engine that closed its end of the pipe, or writes what nobody understands, has so long to go by itself.
const EXIT_GRACE: Duration = Duration::from_secs(30);

impl Process {
    /// Waits without holding the lock, so that `kill` gets through to an engine that closed its stdout and hangs. In words where it
    /// did not end by itself.
    fn wait_for_exit(&self, broken: bool) -> Result<ExitStatus, Message> {
        let begun = Instant::now();
        let mut ended = false;
        loop {
            let state = self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait();
            match state {
                Ok(Some(_)) if self.killed.load(Ordering::Relaxed) => return Err(msg!("client-ended-on-request")),
                Ok(Some(_)) if ended => return Err(msg!("client-ended-by-force")),
                Ok(Some(_)) if broken => return Err(msg!("client-ended-not-understood")),
                Ok(Some(status)) => return Ok(status),
                Ok(None) if !ended && (broken || begun.elapsed() > EXIT_GRACE) => {
                    ended = true;
                    let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).kill();
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Err(error) => return Err(msg!("client-end-unknown", error = error.to_string())),
            }
        }
    }
}

/// `silent`: it said nothing before. On Windows whoever is ended by another program has 1 for an exit code.
fn describe_exit(status: ExitStatus, silent: bool, windows: bool) -> Message {
    if let Some(cause) = crate::system::cause_of_death(status) {
        return msg!("client-ended-by-signal", signal = cause);
    }
    let Some(code) = status.code() else { return status.to_string().into() };
    let how = msg!("engine-exit-code", code = code.to_string());
    if windows && silent && code == 1 { msg!("client-ended-from-outside", how) } else { how }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(protocol: u32) -> Event {
        Event::Hello { protocol, version: "9\u{1b}[2J".to_owned(), pid: 1 }
    }

    #[test]
    fn an_engine_of_another_protocol_is_told_from_ours() {
        assert_eq!(check_hello(&hello(PROTOCOL_VERSION)), Ok(()));
        let why = check_hello(&hello(PROTOCOL_VERSION + 1)).unwrap_err().to_string();
        assert!(why.contains("same version") && !why.contains('\u{1b}'), "{why}");
        assert!(check_hello(&Event::Heartbeat { secs: 0.0 }).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_command_that_cannot_be_written_is_said_with_the_engine_s_end() {
        use std::os::unix::ffi::OsStringExt as _;
        let (send, commands) = unbounded();
        let run_dir = PathBuf::from(std::ffi::OsString::from_vec(b"/runs/\xff".to_vec()));
        let start = crate::protocol::StartRun::new(crate::config::RunConfig::default(), run_dir);
        send.send(Command::Start(Box::new(start))).unwrap();
        let (mut written, last_words) = (Vec::<u8>::new(), Mutex::default());
        send_commands(&mut written, &commands, &last_words);
        assert!(written.is_empty(), "nothing of it reached the engine");
        let last_words = last_words.into_inner().unwrap();
        assert!(last_words.len() == 1 && last_words[0].contains("UTF-8"), "{last_words:?}");
    }

    #[cfg(unix)]
    #[test]
    fn an_end_by_a_signal_is_one_clause() {
        use crate::language::Language;
        use std::os::unix::process::ExitStatusExt as _;
        let killed = describe_exit(ExitStatus::from_raw(9), true, false);
        assert_eq!(killed.render(Language::English), "ended by signal 9, SIGKILL: by hand, or for want of memory");
        let chinese = "收到信号 9（SIGKILL），可能是被强制结束或内存不足";
        assert_eq!(killed.render(Language::SimplifiedChinese), chinese);
    }

    #[cfg(unix)]
    #[test]
    fn on_windows_an_end_by_another_program_is_thought_of() {
        use std::os::unix::process::ExitStatusExt as _;
        let said =
            |code: i32, silent, windows| describe_exit(ExitStatus::from_raw(code << 8), silent, windows).to_string();
        assert!(said(1, true, true).contains("exit code 1; another program (such as Task Manager)"));
        for (code, silent, windows) in [(1, false, true), (1, true, false), (2, true, true)] {
            assert_eq!(said(code, silent, windows), format!("exit code {code}"));
        }
    }

    #[test]
    fn a_folder_s_name_reaches_the_other_machine_s_shell_as_one_word() {
        assert_eq!(quoted("it's 数据 $HOME"), "'it'\\''s 数据 $HOME'");
    }

    #[test]
    fn the_word_that_tells_is_not_a_backtrace_s_last_line() {
        let exit = |lines: &[&str]| EngineExit {
            how: Message::default(),
            last_words: lines.iter().map(|line| (*line).to_owned()).collect(),
        };
        let panicked = exit(&["thread 'main' panicked at src/x.rs:1:1:", "no device", "note: run with RUST_BACKTRACE"]);
        assert_eq!(panicked.telling_word(), Some("no device"));
        let starved = exit(&["memory allocation of 4096 bytes failed", "  12: main", "  13: __libc_start"]);
        assert_eq!(starved.telling_word(), Some("memory allocation of 4096 bytes failed"));
        assert_eq!(exit(&["a driver's word"]).telling_word(), Some("a driver's word"));
        assert_eq!(exit(&[]).telling_word(), None);
    }
}
