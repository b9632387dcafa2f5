//! Paths as they are told.

use serde::Serializer;
use std::path::Path;

/// A path to be shown, as text: neither JSON nor serde's MessagePack can hold one that is no Unicode, and a frame or a line that cannot be
/// written takes all else in it along. Such a path comes back with marks in the place of what is none.
///
/// # Errors
/// The serializer's.
pub fn path_as_text<S: Serializer>(path: &impl AsRef<Path>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.as_ref().to_string_lossy())
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn a_file_whose_name_is_no_text_can_be_told_of() {
        use crate::protocol::doctor::DiskReport;
        use crate::protocol::{StalledFile, read_frame, write_frame};
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt as _;
        use std::path::{Path, PathBuf};
        let odd = PathBuf::from(OsStr::from_bytes(b"/d/\xff.png"));
        let file = StalledFile { sample: 7, path: odd.clone(), name: "odd".to_owned(), epoch: 1, seed: 0 };
        let mut wire = Vec::new();
        write_frame(&mut wire, &file).unwrap();
        let back: StalledFile = read_frame(&mut wire.as_slice()).unwrap();
        assert_eq!((back.path.as_path(), back.sample), (Path::new("/d/\u{fffd}.png"), 7));
        let report = DiskReport { dir: odd, ..DiskReport::default() };
        assert_eq!(serde_json::json!(report)["dir"], "/d/\u{fffd}.png");
    }
}
