//! How fast files are read: as they lie, from memory, and past the page cache. One thread, whole files, a few seconds.

use super::super::pressure::bytes_from_disk;
use crate::protocol::doctor::{DiskReport, ReadSpeed};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A pass ends after so many files, bytes or seconds.
const PASS_FILES: usize = 400;
const PASS_BYTES: u64 = 256 << 20;
const PASS_TIME: Duration = Duration::from_millis(1500);
const CHUNK: usize = 1 << 20;
/// What reading past the cache asks of the buffer's address and length.
const ALIGN: usize = 4096;
/// `FILE_FLAG_NO_BUFFERING`, and Linux's O_DIRECT, whose number differs from one architecture to another.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const DIRECT: Option<i32> = Some(0o40000);
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
const DIRECT: Option<i32> = Some(0o200_000);
#[cfg(windows)]
const DIRECT: Option<u32> = Some(0x2000_0000);
#[cfg(not(any(windows, all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))))]
const DIRECT: Option<i32> = None;

/// Reads a sample of `files`, spread over all of them, and fills in the speeds.
pub(super) fn measure(files: &[PathBuf], report: &mut DiskReport) {
    let step = files.len().div_ceil(PASS_FILES).max(1);
    let mut sample: Vec<&Path> = files.iter().step_by(step).map(PathBuf::as_path).collect();
    let mut buffer = vec![0_u8; CHUNK + ALIGN];
    let start = buffer.as_ptr().align_offset(ALIGN).min(ALIGN);
    let buffer = &mut buffer[start..start + CHUNK];
    match pass(&sample, buffer, &|path| File::open(path)) {
        Ok(speed) => {
            // What the first pass had no time for is not read by the others either.
            sample.truncate(speed.files as usize);
            report.first = Some(speed);
        }
        Err((path, error)) => {
            report.trouble =
                Some(msg!("telemetry-file-not-read", error = error.to_string(), path = path.display().to_string()));
            return;
        }
    }
    report.again = pass(&sample, buffer, &|path| File::open(path)).ok();
    // Some file systems take the wish and read from memory all the same: that is not the disk's speed.
    let past_the_cache = |speed: &ReadSpeed| speed.from_disk_frac.is_none_or(|frac| frac > 0.5);
    report.uncached =
        DIRECT.and_then(|flag| pass(&sample, buffer, &|path| open_direct(path, flag)).ok()).filter(past_the_cache);
}

#[cfg(unix)]
fn open_direct(path: &Path, flag: i32) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().read(true).custom_flags(flag).open(path)
}

#[cfg(windows)]
fn open_direct(path: &Path, flag: u32) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().read(true).custom_flags(flag).open(path)
}

/// Reads each file to its end, as far as the pass goes.
fn pass<'a>(
    files: &[&'a Path],
    buffer: &mut [u8],
    open: &dyn Fn(&Path) -> io::Result<File>,
) -> Result<ReadSpeed, (&'a Path, io::Error)> {
    let (before, begun) = (bytes_from_disk(), Instant::now());
    let mut speed = ReadSpeed::default();
    for path in files {
        let most = PASS_BYTES.saturating_sub(speed.bytes);
        speed.bytes += read_file(path, buffer, most, open).map_err(|error| (*path, error))?;
        speed.files += 1;
        if begun.elapsed() > PASS_TIME || speed.bytes >= PASS_BYTES {
            break;
        }
    }
    speed.secs = begun.elapsed().as_secs_f64();
    speed.from_disk_frac = bytes_from_disk().zip(before).map(|(after, before)| {
        // The disk reads whole blocks, and ahead.
        (after.saturating_sub(before) as f64 / speed.bytes.max(1) as f64).min(1.0)
    });
    Ok(speed)
}

fn read_file(path: &Path, buffer: &mut [u8], most: u64, open: &dyn Fn(&Path) -> io::Result<File>) -> io::Result<u64> {
    let mut file = open(path)?;
    let length = file.metadata()?.len().min(most);
    let mut bytes = 0;
    // Past the cache, a read beyond an end that is no multiple of a block fails.
    while bytes < length {
        match file.read(buffer) {
            Ok(0) => break,
            Ok(n) => bytes += n as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone.png");
        let mut report = DiskReport::default();
        measure(std::slice::from_ref(&gone), &mut report);
        let trouble = report.trouble.unwrap();
        assert!(trouble.to_string().contains("gone.png"), "{trouble}");
        assert_eq!((report.first, report.again), (None, None));
    }

    #[test]
    fn the_second_reading_comes_from_memory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.png");
        std::fs::write(&path, vec![1; 3 * CHUNK + 5]).unwrap();
        let mut report = DiskReport::default();
        measure(&[path], &mut report);
        let again = report.again.unwrap();
        assert_eq!((again.files, again.bytes), (1, 3 * CHUNK as u64 + 5));
        assert!(again.from_disk_frac.is_none_or(|frac| frac < 0.5), "{:?}", again.from_disk_frac);
        assert!(again.files_per_sec() > 0.0 && again.mb_per_sec() > 0.0);
    }
}
