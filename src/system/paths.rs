//! Windows' long form of paths.

use std::path::PathBuf;

/// `\\?\C:\images` as people and most programs write it. What `std::fs::canonicalize` gives on Windows begins with nothing that
/// is listed anywhere; other paths stay as they are.
pub fn plain(path: PathBuf) -> PathBuf {
    match path.to_str().map(plain_text) {
        Some(Some(text)) => PathBuf::from(text),
        _ => path,
    }
}

/// The same of a text; `None` where it is in no long form.
fn plain_text(text: &str) -> Option<String> {
    let rest = text.strip_prefix(r"\\?\")?;
    if let Some(share) = rest.strip_prefix(r"UNC\") {
        return Some(format!(r"\\{share}"));
    }
    let bytes = rest.as_bytes();
    let is_drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':');
    is_drive.then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_forms_are_written_as_people_write_them() {
        for (long, short) in [
            (r"\\?\C:\images\手", r"C:\images\手"),
            (r"\\?\UNC\server\share\a", r"\\server\share\a"),
            (r"\\?\Volume{4c1b02c1}\a", r"\\?\Volume{4c1b02c1}\a"),
            (r"C:\images", r"C:\images"),
            ("/data/images", "/data/images"),
        ] {
            assert_eq!(plain(PathBuf::from(long)), PathBuf::from(short));
        }
    }
}
