//! Opening a file that may have turned into something else: never a hang on a FIFO, never a device's data.

use crate::language::Message;
use std::fs::{File, OpenOptions};
use std::path::Path;

use super::error::io_reason;

/// `O_NONBLOCK`, which std has no name for: opening a FIFO without a writer returns at once.
#[cfg(any(target_os = "linux", target_os = "android"))]
const O_NONBLOCK: i32 = if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
    0x80
} else if cfg!(target_arch = "sparc64") {
    0x4000
} else {
    0x800
};
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const O_NONBLOCK: i32 = 0x4;

/// Opens a regular file for reading and says how long it is; anything else is refused with the reason.
pub(super) fn open_regular(path: &Path) -> Result<(File, u64), Message> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(O_NONBLOCK);
    }
    let file = options.open(path).map_err(|e| io_reason(&e))?;
    let metadata = file.metadata().map_err(|e| io_reason(&e))?;
    if !metadata.is_file() {
        return Err(msg!("data-not-a-file", kind = kind_words(metadata.file_type())));
    }
    Ok((file, metadata.len()))
}

/// `a folder`, `a FIFO (named pipe)`, …
pub(super) fn kind_words(kind: std::fs::FileType) -> Message {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return msg!("data-kind-fifo");
        }
        if kind.is_socket() {
            return msg!("data-kind-socket");
        }
        if kind.is_block_device() || kind.is_char_device() {
            return msg!("data-kind-device");
        }
    }
    if kind.is_dir() {
        msg!("data-kind-folder")
    } else if kind.is_symlink() {
        msg!("data-kind-link")
    } else {
        msg!("data-kind-special")
    }
}
