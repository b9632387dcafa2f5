//! How children are started, and what their ends mean.

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
pub fn cause_of_death(status: ExitStatus) -> Option<String> {
    #[cfg(unix)]
    {
        std::os::unix::process::ExitStatusExt::signal(&status).map(signal_name)
    }
    #[cfg(windows)]
    {
        status.code().and_then(|code| exception_name(code.cast_unsigned()))
    }
}

#[cfg(unix)]
fn signal_name(signal: i32) -> String {
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

/// By Windows' codes of exceptions (NTSTATUS of the highest severity), which are the exit code of whom they end.
#[cfg(any(windows, test))]
fn exception_name(code: u32) -> Option<String> {
    let name = match code {
        0..0xC000_0000 => return None,
        0xC000_0005 => ", access violation: a crash, often in a driver",
        0xC000_0006 => ", a file or a network drive went away while it was read",
        0xC000_0017 | 0xC000_009A => ", memory was wanting",
        0xC000_012D => ", memory was wanting: the page file cannot grow",
        0xC000_001D => ", an instruction this CPU lacks",
        0xC000_00FD => ", stack overflow",
        0xC000_0094 => ", a division by zero",
        0xC000_0135 => ", a DLL is missing",
        0xC000_0139 => ", a DLL lacks a function: it is of another version",
        0xC000_0142 => ", a DLL could not be started",
        0xC000_013A => ", Ctrl-C, or its console was closed",
        0xC000_0374 => ", damaged memory: a crash, often in a driver",
        0xC000_0409 => ", it gave up",
        0xC000_0022 => ", access denied: a virus scanner or a policy",
        _ => "",
    };
    Some(format!("exception 0x{code:08X}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_of_windows_have_names() {
        assert_eq!(
            exception_name(0xC000_0005).unwrap(),
            "exception 0xC0000005, access violation: a crash, often in a driver"
        );
        assert!(exception_name(0xC000_013A).unwrap().contains("Ctrl-C"));
        assert!(exception_name(0xC000_0017).unwrap().contains("memory was wanting"));
        assert_eq!(exception_name(0xC0DE_0001).unwrap(), "exception 0xC0DE0001");
        // Codes that a program gives itself.
        for code in [0, 1, 4, 101, 130, 0x4000_0015, 0x8000_0003] {
            assert_eq!(exception_name(code), None, "{code}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_signal_is_told_from_an_exit() {
        use std::os::unix::process::ExitStatusExt as _;
        assert!(cause_of_death(ExitStatus::from_raw(11)).unwrap().contains("SIGSEGV"));
        assert_eq!(cause_of_death(ExitStatus::from_raw(4 << 8)), None);
    }
}
