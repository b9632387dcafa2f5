//! Work that may crash or hang, done in a process of its own.

use crate::language::{self, Arg, LANGUAGE_VARIABLE, Message};
use crate::system::cause_of_death;
use crossbeam_channel::{Receiver, bounded};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// This program, to be started again. `TRAINSCOPE_PROGRAM` wins where `current_exe` is not it (a test, or a program
/// started through another loader).
///
/// # Errors
/// The system does not say where the program is.
pub fn own_program() -> std::io::Result<PathBuf> {
    match std::env::var_os("TRAINSCOPE_PROGRAM") {
        Some(path) => Ok(PathBuf::from(path)),
        None => std::env::current_exe().map(|path| or_running(path, Path::new("/proc/self/exe"))),
    }
}

/// An upgrade takes the file away from under a program that runs. Linux still has what runs, as `running`, and children must be of the
/// same version.
fn or_running(path: PathBuf, running: &Path) -> PathBuf {
    if !path.exists() && running.exists() { running.to_owned() } else { path }
}

/// Runs this program with `args` and gives what it printed; `keep_waiting` is asked fifty times a second.
///
/// # Errors
/// It crashed, hung, was given up, or could not be started.
pub(crate) fn ask_child(
    args: &[&str],
    timeout: Duration,
    keep_waiting: &mut dyn FnMut() -> bool,
) -> Result<String, Message> {
    let program = own_program().map_err(|e| msg!("engine-program-not-found", error = e.to_string()))?;
    let mut command = Command::new(program);
    command.args(args).env("BURN_DEVICE", "flex").env(LANGUAGE_VARIABLE, language::current().tag());
    crate::system::without_window(&mut command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| msg!("engine-child-not-started", error = e.to_string()))?;
    // Read as it comes: a driver that talks much would otherwise wait for ever for its words to be read.
    let printed = child.stdout.take().map(Printed::read).transpose();
    let printed = printed.map_err(|e| msg!("engine-no-thread", error = e.to_string()))?;
    let status = wait(&mut child, timeout, keep_waiting)?;
    let bytes = printed.map_or_else(Vec::new, |printed| printed.end(LAST_WORDS_GRACE));
    let answer = String::from_utf8_lossy(&bytes);
    if status.success() { Ok(answer.into_owned()) } else { Err(describe_exit(status, &answer)) }
}

/// Of what it prints, the end is kept: the answer is the last line.
const MOST_ANSWER_BYTES: usize = 1 << 20;
/// What a child printed that has ended is read within this time. Its pipe may never end: what it started may keep it open.
const LAST_WORDS_GRACE: Duration = Duration::from_secs(5);

/// What a child prints, read by a thread.
struct Printed {
    kept: Arc<Mutex<Vec<u8>>>,
    /// Closed at the pipe's end.
    ended: Receiver<()>,
}

impl Printed {
    fn read(mut from: impl Read + Send + 'static) -> std::io::Result<Self> {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (ends, ended) = bounded(0);
        let into = Arc::clone(&kept);
        std::thread::Builder::new().name("child-answer".to_owned()).spawn(move || {
            let mut chunk = [0; 16 << 10];
            while let Ok(read @ 1..) = from.read(&mut chunk) {
                let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&chunk[..read]);
                if kept.len() > 2 * MOST_ANSWER_BYTES {
                    let excess = kept.len() - MOST_ANSWER_BYTES;
                    kept.drain(..excess);
                }
            }
            drop(ends);
        })?;
        Ok(Self { kept, ended })
    }

    /// The end of it, once all is read or the patience is over.
    fn end(self, patience: Duration) -> Vec<u8> {
        let _ = self.ended.recv_timeout(patience);
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn wait(
    child: &mut Child,
    timeout: Duration,
    keep_waiting: &mut dyn FnMut() -> bool,
) -> Result<std::process::ExitStatus, Message> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(status) = child.try_wait().map_err(|e| Message::verbatim(e.to_string()))? {
            return Ok(status);
        }
        let late = Instant::now() > deadline;
        if late || !keep_waiting() {
            // It may have ended this moment: then there is nothing to kill.
            let _ = child.kill();
            reap(child);
            return Err(if late {
                msg!("engine-child-no-answer", time = Arg::duration(timeout.as_secs_f64()))
            } else {
                msg!("engine-child-given-up")
            });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that was killed is gone by then, if ever: one that hangs in a driver may not be, and is left behind.
pub const KILLED_GRACE: Duration = Duration::from_secs(5);

fn reap(child: &mut Child) {
    let deadline = Instant::now() + KILLED_GRACE;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An exit in words: `it crashed (signal 11, SIGSEGV)`.
pub(crate) fn describe_exit(status: std::process::ExitStatus, said: &str) -> Message {
    if let Some(cause) = cause_of_death(status) {
        return msg!("engine-child-crashed", signal = cause);
    }
    let code = status
        .code()
        .map_or_else(|| status.to_string().into(), |code| msg!("engine-exit-code", code = code.to_string()));
    match said.trim() {
        "" => msg!("engine-child-failed", code),
        said => msg!("engine-child-failed-saying", code, said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::Sender;

    #[test]
    fn a_program_whose_file_is_gone_is_started_from_what_runs() {
        let folder = tempfile::tempdir().unwrap();
        let [there, running] = ["there", "running"].map(|name| folder.path().join(name));
        let gone = folder.path().join("trainscope (deleted)");
        std::fs::write(&there, "").unwrap();
        assert_eq!(or_running(gone.clone(), &running), gone, "there is nothing better");
        std::fs::write(&running, "").unwrap();
        assert_eq!(or_running(gone, &running), running);
        assert_eq!(or_running(there.clone(), &running), there);
    }

    #[test]
    fn a_child_that_talks_much_is_read_to_its_answer() {
        let talk = "MESA: warning\n".repeat(400_000) + "{\"answer\":1}\n";
        let kept = Printed::read(std::io::Cursor::new(talk.into_bytes())).unwrap().end(LAST_WORDS_GRACE);
        assert!(kept.len() <= 2 * MOST_ANSWER_BYTES && kept.ends_with(b"{\"answer\":1}\n"));
    }

    /// A pipe that another program keeps open.
    struct Open {
        answer: &'static [u8],
        waits: Sender<()>,
        /// Nothing ever comes.
        more: Receiver<()>,
    }

    impl Read for Open {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            if self.answer.is_empty() {
                self.waits.send(()).unwrap();
                let _ = self.more.recv();
            }
            self.answer.read(into)
        }
    }

    #[test]
    fn a_child_is_not_waited_for_whose_own_child_keeps_the_pipe() {
        let (waits, is_waiting) = bounded(1);
        let (close, more) = bounded(0);
        let printed = Printed::read(Open { answer: b"{\"answer\":1}\n", waits, more }).unwrap();
        is_waiting.recv().unwrap();
        assert_eq!(printed.end(Duration::ZERO), b"{\"answer\":1}\n");
        drop(close);
    }
}
