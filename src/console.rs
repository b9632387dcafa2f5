//! What a terminal gets to read: one line at a time, escaped, and never at the price of the work.
//!
//! `eprintln!` and `println!` panic where the terminal, the pipe or the disk behind them is gone, and lints forbid them.
//! What cannot be written is dropped. May be used by every layer; imports `system` alone.

use std::ffi::OsStr;
use std::fmt::{Arguments, Display, Write as _};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// A line to stderr, as `eprintln!` does it.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => { $crate::console::to_stderr(format_args!($($words)*)) };
}

/// A line to stdout, as `println!` does it.
#[macro_export]
macro_rules! print_line {
    () => { $crate::console::to_stdout(format_args!("")) };
    ($($words:tt)*) => { $crate::console::to_stdout(format_args!($($words)*)) };
}

/// The whole line in one write, so that lines of several processes do not mix.
pub fn to_stderr(words: Arguments<'_>) {
    let _ = std::io::stderr().write_all(format!("{words}\n").as_bytes());
}

/// As [`to_stderr`].
pub fn to_stdout(words: Arguments<'_>) {
    text_to_stdout(&format!("{words}\n"));
}

/// Text that has its own ends of lines.
pub fn text_to_stdout(text: &str) {
    let mut stdout = std::io::stdout();
    if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        note_lost(&error);
    }
}

/// A line on stderr that the next one is written over.
pub fn status(words: &str) {
    #[cfg(windows)]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(crate::system::windows::understand_escapes);
    }
    let _ = std::io::stderr().write_all(format!("\r\x1b[K{words}").as_bytes());
}

static LOST: AtomicBool = AtomicBool::new(false);

/// Whoever reads through a pipe and has read enough has lost nothing; a disk that is full has.
fn note_lost(error: &std::io::Error) {
    if error.kind() != std::io::ErrorKind::BrokenPipe {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Something that belonged on stdout is not there: a command that did all else is no success then.
pub fn output_was_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Control characters, and those that turn the direction of writing: what could pass for a terminal's commands or for more
/// lines than there are.
fn is_unfit(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text on one line: what is unfit is escaped (`\n`, `\u{1b}`). For words that came from elsewhere: another machine's
/// engine, a driver, a file.
pub fn one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    push_escaped(&mut shown, text);
    shown
}

fn push_escaped(shown: &mut String, text: &str) {
    for c in text.chars() {
        if is_unfit(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
}

/// Columns of a terminal that a text takes: what is not of a European script takes two.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| if c as u32 >= 0x2e80 { 2 } else { 1 }).sum()
}

/// Filled up behind to so many columns.
pub fn fill(text: impl Display, to: usize) -> String {
    let text = text.to_string();
    let lacking = to.saturating_sub(columns(&text));
    text + &" ".repeat(lacking)
}

/// As [`fill`], in front.
pub fn fill_front(text: impl Display, to: usize) -> String {
    let text = text.to_string();
    " ".repeat(to.saturating_sub(columns(&text))) + &text
}

/// A path on one line: control characters and bytes that are no text are escaped (`\n`, `\u{7f}`, `\xff`).
pub fn show_path(path: &Path) -> String {
    show_name(path.as_os_str())
}

/// As [`show_path`], for one name.
pub fn show_name(name: &OsStr) -> String {
    let mut shown = String::with_capacity(name.len());
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        push_escaped(&mut shown, chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// Calls `handler`, on a thread of its own, at each Ctrl-C, each polite kill, and where the terminal goes; but not then
/// where that was to be ignored, as `nohup` says it.
///
/// # Errors
/// The system refuses.
pub fn on_interrupt(handler: impl FnMut() + Send + 'static) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let (mut handler, mut signals) = (handler, vec![SIGINT, SIGTERM]);
        signals.extend((!is_ignored(SIGHUP)).then_some(SIGHUP));
        let mut signals = signal_hook::iterator::Signals::new(signals)?;
        let work = move || signals.forever().for_each(|_| handler());
        std::thread::Builder::new().name("signals".to_owned()).spawn(work).map(|_| ())
    }
    #[cfg(not(unix))]
    ctrlc::set_handler(handler).map_err(std::io::Error::other)
}

/// Ends the process at once, for whom an interrupt reaches in the midst of things: nobody is waited for, and no driver is unloaded
/// that other threads still use.
pub fn exit_now(code: u8) -> ! {
    #[cfg(unix)]
    signal_hook::low_level::exit(code.into());
    #[cfg(not(unix))]
    std::process::exit(code.into());
}

/// Whether this process began with that signal ignored. Only Linux tells without `unsafe`; elsewhere it is taken for not.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_on_one_line() {
        assert_eq!(show_path(Path::new("a/b\nc")), "a/b\\nc");
        assert_eq!(show_path(Path::new("Ünï/手")), "Ünï/手");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            assert_eq!(show_name(OsStr::from_bytes(b"x\xffy")), "x\\xffy");
        }
    }

    #[test]
    fn a_chinese_name_takes_as_many_columns_as_a_latin_one_of_twice_its_length() {
        assert_eq!([columns("cat"), columns("手部"), columns("")], [3, 4, 0]);
        assert_eq!([fill("手部", 6), fill("hand", 6), fill("too long", 6)], ["手部  ", "hand  ", "too long"]);
        assert_eq!(fill_front("手部", 6), "  手部");
    }

    #[test]
    fn what_another_machine_says_commands_no_terminal() {
        assert_eq!(one_line("\x1b[2Jgone\r\nCT 扫描 \u{202e}x"), "\\u{1b}[2Jgone\\r\\nCT 扫描 \\u{202e}x");
    }
}
