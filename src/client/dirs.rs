//! Where the window keeps its state, its runs and its sample images.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The folders of this user.
#[derive(Debug, Clone)]
pub struct Dirs {
    base: PathBuf,
}

impl Dirs {
    /// `TRAINSCOPE_STATE_DIR` if set, else the user's data folder, else one below the current folder.
    pub fn find() -> Self {
        if let Some(dir) = std::env::var_os("TRAINSCOPE_STATE_DIR").filter(|d| !d.is_empty()) {
            return Self { base: PathBuf::from(dir) };
        }
        // Not the folder that Windows copies to and from a server at each logging in.
        let base = directories::ProjectDirs::from("", "", "trainscope").map(|dirs| dirs.data_local_dir().to_path_buf());
        Self { base: base.unwrap_or_else(|| PathBuf::from("trainscope-data")) }
    }

    /// Everything below this folder (tests).
    pub fn at(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }

    /// Window position, settings, recent folders.
    pub fn state_file(&self) -> PathBuf {
        self.base.join("window.ron")
    }

    pub fn runs(&self) -> PathBuf {
        self.base.join("runs")
    }

    /// What a list of the runs in that folder remembers.
    pub fn run_list(&self, runs: &Path) -> PathBuf {
        let runs = std::fs::canonicalize(runs).unwrap_or_else(|_| runs.to_owned());
        let name = blake3::hash(runs.as_os_str().as_encoded_bytes()).to_hex();
        self.base.join("lists").join(&name[..16])
    }

    pub fn samples(&self) -> PathBuf {
        self.base.join("sample-images")
    }

    /// A folder for a run of this model beginning at `now`: `runs/20261122-215930-small_cnn`, UTC, with a number
    /// behind where the second has one already.
    pub fn new_run(&self, model: &str, now: SystemTime) -> PathBuf {
        let stem = format!("{}-{model}", timestamp(now));
        let first = self.runs().join(&stem);
        if !first.exists() {
            return first;
        }
        (2..u32::MAX).map(|n| self.runs().join(format!("{stem}-{n}"))).find(|dir| !dir.exists()).unwrap_or(first)
    }
}

/// `2026-11-22`, UTC.
pub fn date(now: SystemTime) -> String {
    let stamp = timestamp(now);
    format!("{}-{}-{}", &stamp[..4], &stamp[4..6], &stamp[6..8])
}

/// `20261122-215930`, UTC.
fn timestamp(now: SystemTime) -> String {
    let secs = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, rest) = (secs / 86_400, secs % 86_400);
    // Days to a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", rest / 3600, rest % 3600 / 60, rest % 60)
}

/// The folder meant by a typed or pasted text: quotes, `file://` and `~` are understood.
pub fn path_from_text(text: &str, home: Option<&Path>) -> PathBuf {
    let text = text.trim();
    let quoted = ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q));
    let text = quoted.unwrap_or(text);
    if let Some(path) = path_of_url(text, cfg!(windows)) {
        return PathBuf::from(path);
    }
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_path_buf(),
        (Some(rest), Some(home)) if rest.starts_with(['/', '\\']) => home.join(&rest[1..]),
        _ => PathBuf::from(text),
    }
}

/// The same of a command's argument, where the shell has seen to quotes and `~`.
pub fn path_from_argument(argument: PathBuf) -> PathBuf {
    let of_url = argument.to_str().and_then(|text| path_of_url(text, cfg!(windows)));
    of_url.map_or(argument, PathBuf::from)
}

/// `/data/a` of `file:///data/a`; on Windows `C:/a` of `file:///C:/a` and `\\server\a` of `file://server/a`.
fn path_of_url(text: &str, on_windows: bool) -> Option<String> {
    let scheme = text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:"))?;
    let rest = &text[scheme.len()..];
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None if rest.starts_with('/') => ("", rest),
        None => return None,
    };
    let (host, path) = (percent_decoded(host), percent_decoded(path));
    if !on_windows {
        // The machine's own name, as some file managers write it.
        return Some(path);
    }
    let has_drive = |path: &str| {
        let bytes = path.as_bytes();
        bytes.len() >= 3 && bytes[1].is_ascii_alphabetic() && matches!(bytes[2], b':' | b'|')
    };
    Some(match host.as_str() {
        "" | "localhost" if has_drive(&path) => format!("{}:{}", &path[1..2], &path[3..]),
        "" | "localhost" => path,
        host => format!(r"\\{host}{}", path.replace('/', r"\")),
    })
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3)).flatten();
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_dates() {
        for (secs, text) in [
            (0, "19700101-000000"),
            (951_782_400, "20000229-000000"),
            (1_795_384_770, "20261122-215930"),
            (4_107_542_399, "21000228-235959"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(secs)), text);
        }
        assert_eq!(date(UNIX_EPOCH + Duration::from_secs(1_795_384_770)), "2026-11-22");
    }

    #[test]
    fn texts_become_paths() {
        let home = Path::new("/home/ann");
        for (text, path) in [
            ("/data/MedNIST", "/data/MedNIST"),
            ("  /data/Med NIST\n", "/data/Med NIST"),
            ("\"/data/Med NIST\"", "/data/Med NIST"),
            ("'/data/a'", "/data/a"),
            ("file:///data/Med%20NIST/%C3%A4", "/data/Med NIST/ä"),
            ("file:///100%", "/100%"),
            ("FILE://localhost/data/a", "/data/a"),
            ("file:notes", "file:notes"),
            ("~/images", "/home/ann/images"),
            ("~", "/home/ann"),
            ("~other/x", "~other/x"),
        ] {
            assert_eq!(path_from_text(text, Some(home)), PathBuf::from(path), "{text}");
        }
    }

    #[test]
    fn urls_of_windows_become_paths_of_windows() {
        for (url, path) in [
            ("file:///C:/Users/%E6%9D%8E/a%20b", "C:/Users/李/a b"),
            ("file:///c|/a", "c:/a"),
            ("file:/C:/a", "C:/a"),
            ("file://localhost/D:/", "D:/"),
            ("file://server/share/a", r"\\server\share\a"),
            ("file:///", "/"),
            ("file:///手/a", "/手/a"),
        ] {
            assert_eq!(path_of_url(url, true).as_deref(), Some(path), "{url}");
        }
        assert_eq!(path_of_url(r"C:\a", true), None);
        assert_eq!(path_of_url("file", true), None);
        // A drive is no drive elsewhere.
        assert_eq!(path_of_url("file:///C:/a", false).as_deref(), Some("/C:/a"));
    }
}
