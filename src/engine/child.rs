//! Work that may crash or hang, done in a process of its own.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
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
    let mut child = Command::new(program)
        .args(args)
        .env("BURN_DEVICE", "flex")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("a process for it could not be started: {e}"))?;
    let mut stdout = child.stdout.take();
    // The answer is a few lines: they fit the pipe, so reading after the end loses nothing.
    let status = wait(&mut child, timeout, keep_waiting)?;
    let mut answer = String::new();
    if let Some(stdout) = &mut stdout {
        stdout.read_to_string(&mut answer).map_err(|e| format!("its answer could not be read: {e}"))?;
    }
    if status.success() { Ok(answer) } else { Err(describe_exit(status, &answer)) }
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
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("it crashed ({})", signal_name(signal));
    }
    let said = said.trim();
    let code = status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"));
    if said.is_empty() { format!("it failed ({code})") } else { format!("it failed ({code}): {said}") }
}

/// `signal 11, SIGSEGV`.
#[cfg(unix)]
pub fn signal_name(signal: i32) -> String {
    let name = match signal {
        4 => ", SIGILL: an instruction this CPU lacks",
        6 => ", SIGABRT: it gave up",
        7 => ", SIGBUS",
        9 => ", SIGKILL: by hand, or for want of memory",
        11 => ", SIGSEGV: a crash, often in a driver",
        15 => ", SIGTERM",
        _ => "",
    };
    format!("signal {signal}{name}")
}
