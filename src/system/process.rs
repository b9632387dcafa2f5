//! How children are started, and what their ends mean.

use crate::language::Message;
use std::process::{Command, ExitStatus};

/// `CREATE_NEW_PROCESS_GROUP` and `CREATE_NO_WINDOW`.
#[cfg(windows)]
const NEW_GROUP: u32 = 0x200;
#[cfg(windows)]
const NO_WINDOW: u32 = 0x0800_0000;

/// On Windows a child without this program's console: closing that ends whoever has it, before a checkpoint is written.
/// Elsewhere nothing.
pub fn without_console(process: &mut Command) {
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(process, NO_WINDOW);
    #[cfg(not(windows))]
    let _ = process;
}

/// On Windows no console window comes up for a child of the window, which has no console itself; a child of the command
/// line shares its console, so that Ctrl-C reaches it. Elsewhere nothing.
pub fn without_window(process: &mut Command) {
    #[cfg(windows)]
    if super::windows::console_processes() == 0 {
        without_console(process);
    }
    #[cfg(not(windows))]
    let _ = process;
}

/// Signals of the terminal do not reach it, nor does its end.
pub fn in_own_group(process: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(process, 0);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(process, NEW_GROUP | NO_WINDOW);
}

/// What ended a process that did not end by itself, such as `signal 11, SIGSEGV: a crash, often in a driver`; `None` where it
/// did.
pub fn cause_of_death(status: ExitStatus) -> Option<Message> {
    #[cfg(unix)]
    {
        std::os::unix::process::ExitStatusExt::signal(&status).map(signal_name)
    }
    #[cfg(windows)]
    {
        status.code().and_then(|code| exception_name(code.cast_unsigned()))
    }
}

/// Their numbers are not the same on every system.
#[cfg(unix)]
fn signal_name(signal: i32) -> Message {
    use signal_hook::consts::{SIGABRT, SIGBUS, SIGILL, SIGKILL, SIGSEGV, SIGTERM};
    let number = signal.to_string();
    match signal {
        SIGILL => msg!("engine-signal-ill", number),
        SIGABRT => msg!("engine-signal-abort", number),
        SIGBUS => msg!("engine-signal-bus", number),
        SIGKILL => msg!("engine-signal-kill", number),
        SIGSEGV => msg!("engine-signal-segv", number),
        SIGTERM => msg!("engine-signal-term", number),
        _ => msg!("engine-signal", number),
    }
}

/// By Windows' codes of exceptions (NTSTATUS of the highest severity), which are the exit code of whom they end.
#[cfg(any(windows, test))]
fn exception_name(code: u32) -> Option<Message> {
    let number = format!("0x{code:08X}");
    Some(match code {
        0..0xC000_0000 => return None,
        0xC000_0005 => msg!("engine-exception-access", number),
        0xC000_0006 => msg!("engine-exception-file-gone", number),
        0xC000_0017 | 0xC000_009A => msg!("engine-exception-memory", number),
        0xC000_012D => msg!("engine-exception-page-file", number),
        0xC000_001D => msg!("engine-exception-instruction", number),
        0xC000_00FD => msg!("engine-exception-stack", number),
        0xC000_0094 => msg!("engine-exception-division", number),
        0xC000_0135 => msg!("engine-exception-dll-missing", number),
        0xC000_0139 => msg!("engine-exception-dll-version", number),
        0xC000_0142 => msg!("engine-exception-dll-start", number),
        0xC000_013A => msg!("engine-exception-ctrl-c", number),
        0xC000_0374 => msg!("engine-exception-heap", number),
        0xC000_0409 => msg!("engine-exception-abort", number),
        0xC000_0022 => msg!("engine-exception-denied", number),
        _ => msg!("engine-exception", number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_of_windows_have_names() {
        assert_eq!(
            exception_name(0xC000_0005).unwrap().to_string(),
            "exception 0xC0000005, access violation: a crash, often in a driver"
        );
        assert!(exception_name(0xC000_013A).unwrap().to_string().contains("Ctrl-C"));
        assert!(exception_name(0xC000_0017).unwrap().to_string().contains("memory was wanting"));
        assert_eq!(exception_name(0xC0DE_0001).unwrap().to_string(), "exception 0xC0DE0001");
        // Codes that a program gives itself.
        for code in [0, 1, 4, 101, 130, 0x4000_0015, 0x8000_0003] {
            assert_eq!(exception_name(code), None, "{code}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_signal_is_told_from_an_exit() {
        use signal_hook::consts::{SIGBUS, SIGSEGV};
        use std::os::unix::process::ExitStatusExt as _;
        for (signal, name) in [(SIGBUS, "SIGBUS"), (SIGSEGV, "SIGSEGV")] {
            let words = cause_of_death(ExitStatus::from_raw(signal)).unwrap().to_string();
            assert!(words.contains(name), "{words}");
        }
        assert_eq!(cause_of_death(ExitStatus::from_raw(4 << 8)), None);
    }
}
