//! What differs from one operating system to the next below all layers: how a file takes its place, how a child is started,
//! how paths are written, why a file is refused. May be used by every layer; imports `language` alone.
//!
//! `windows` holds the calls for which neither the standard library nor a crate here has a safe form.

mod files;
mod paths;
mod process;
mod refusal;
#[cfg(windows)]
pub mod windows;

pub use files::{patiently, rename, sync_file, sync_folder};
pub use paths::plain;
pub use process::{cause_of_death, in_own_group, without_console, without_window};
pub use refusal::{Refusal, refused, refused_to_write};
