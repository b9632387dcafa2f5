//! Work that may crash or hang, done in a process of its own.

use crate::system::cause_of_death;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// This program, to be started again. `TRAINSCOPE_PROGRAM` wins where `current_exe` is not it (a test, or a program
/// started through another loader).
///
/// # Errors
/// The system does not say where the program is.
pub fn own_program() -> std::io::Result<PathBuf> {
    std::env::var_os("TRAINSCOPE_PROGRAM").map_or_else(std::env::current_exe, |path| Ok(PathBuf::from(path)))
}

/// Runs this program with `args` and gives what it printed; `keep_waiting` is asked fifty times a second.
///
/// # Errors
/// In words: it crashed, hung, was given up, or could not be started.
pub(crate) fn ask_child(
    args: &[&str],
    timeout: Duration,
    keep_waiting: &mut dyn FnMut() -> bool,
) -> Result<String, String> {
    let program = own_program().map_err(|e| format!("this program was not found: {e}"))?;
    let mut command = Command::new(program);
    command.args(args).env("BURN_DEVICE", "flex");
    crate::system::without_window(&mut command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("a process for it could not be started: {e}"))?;
    // Read as it comes: a driver that talks much would otherwise wait for ever for its words to be read.
    let reader =
        child.stdout.take().map(read_end).transpose().map_err(|e| format!("no thread could be started: {e}"))?;
    let status = wait(&mut child, timeout, keep_waiting)?;
    let bytes = reader.map_or_else(Vec::new, |reader| reader.join().unwrap_or_default());
    let answer = String::from_utf8_lossy(&bytes);
    if status.success() { Ok(answer.into_owned()) } else { Err(describe_exit(status, &answer)) }
}

/// Of what it prints, the end is kept: the answer is the last line.
const MOST_ANSWER_BYTES: usize = 1 << 20;

fn read_end(mut from: impl Read + Send + 'static) -> std::io::Result<JoinHandle<Vec<u8>>> {
    std::thread::Builder::new().name("child-answer".to_owned()).spawn(move || {
        let (mut kept, mut chunk) = (Vec::new(), [0; 16 << 10]);
        while let Ok(read @ 1..) = from.read(&mut chunk) {
            kept.extend_from_slice(&chunk[..read]);
            if kept.len() > 2 * MOST_ANSWER_BYTES {
                kept.drain(..kept.len() - MOST_ANSWER_BYTES);
            }
        }
        kept
    })
}

fn wait(
    child: &mut Child,
    timeout: Duration,
    keep_waiting: &mut dyn FnMut() -> bool,
) -> Result<std::process::ExitStatus, String> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Ok(status);
        }
        let late = Instant::now() > deadline;
        if late || !keep_waiting() {
            // It may have ended this moment: then there is nothing to kill.
            let _ = child.kill();
            let _ = child.wait();
            return Err(if late {
                format!("it did not answer within {} s", timeout.as_secs())
            } else {
                "it was given up".to_owned()
            });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An exit in words: `it crashed (signal 11, SIGSEGV)`.
pub(crate) fn describe_exit(status: std::process::ExitStatus, said: &str) -> String {
    if let Some(cause) = cause_of_death(status) {
        return format!("it crashed ({cause})");
    }
    let said = said.trim();
    let code = status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"));
    if said.is_empty() { format!("it failed ({code})") } else { format!("it failed ({code}): {said}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_talks_much_is_read_to_its_answer() {
        let talk = "MESA: warning\n".repeat(400_000) + "{\"answer\":1}\n";
        let kept = read_end(std::io::Cursor::new(talk.into_bytes())).unwrap().join().unwrap();
        assert!(kept.len() <= 2 * MOST_ANSWER_BYTES && kept.ends_with(b"{\"answer\":1}\n"));
    }
}
