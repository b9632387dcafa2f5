//! Samples kept in a file, so that a later run over the same files finds them again. The file's name is the key of what
//! is in it; each sample is told by its source's length and time and checked whole once a process before it is used.
//!
//! Layout, little-endian: a [`HEAD`] of magic, key and count; the offset of every sample's record (0: none); records of a
//! [`RECORD`] and the pixels, at multiples of [`ALIGN`]. An offset is written after its record. Whatever does not hold
//! (cut off, another's, half written) is made again. One process at a time: the file is locked.

use super::cache::{Counts, Room, Source};
use crate::data::{Dtype, Image, Layout, file_of};
use crate::language::Message;
use crate::store::RunPlace;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::UNIX_EPOCH;

const MAGIC: &[u8; 8] = b"tscache\x01";
/// Magic, key, count, eight bytes to spare.
const HEAD: u64 = 64;
/// What stands before a sample's pixels.
const RECORD: usize = 64;
const ALIGN: u64 = 64;
/// In the index in memory: the record was found whole by this process.
const CHECKED: u64 = 1;
const EXTENSION: &str = "tscache";

#[derive(Debug)]
pub(super) struct Disk {
    file: File,
    /// Offsets of the samples' records, with [`CHECKED`]; 0 for none.
    index: Box<[AtomicU64]>,
    /// Where the next record goes.
    end: AtomicU64,
    /// What the file may take: the room less the folder's other files when it was opened.
    most: u64,
    /// What it takes.
    counted: AtomicU64,
    /// Writing failed once and is not tried again.
    failed: AtomicBool,
    room: Arc<Room>,
    counts: Arc<Counts>,
}

/// What keeping an image takes, its place in the index left out.
pub(super) fn bytes_of(image: &Image) -> u64 {
    let width = if image.dtype == Dtype::U8 { 1 } else { 4 };
    (RECORD as u64 + image.len() as u64 * width).next_multiple_of(ALIGN)
}

/// What a file is now; `None` where that cannot be told.
pub(super) fn source_of(path: &Path) -> Option<Source> {
    let metadata = std::fs::metadata(file_of(path)).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Source { len: metadata.len(), modified_ns: u64::try_from(modified.as_nanos()).ok()? })
}

impl Disk {
    /// Opens or makes the file of that key in `dir`, which may lie in a run's folder. Before one is made, the oldest ones that nobody uses are
    /// removed until those left take at most half of the room.
    ///
    /// # Errors
    /// The reason in words.
    pub fn open(
        dir: &Path,
        run: Option<&RunPlace>,
        key: &[u8; 32],
        samples: usize,
        room: &Arc<Room>,
        counts: &Arc<Counts>,
    ) -> Result<Self, Message> {
        let words = |error: io::Error| {
            msg!("loader-cache-dir-refused", error = error.to_string(), dir = crate::console::show_path(dir))
        };
        let check = || run.map_or(Ok(()), RunPlace::check).map_err(|error| error.message());
        match run.map(RunPlace::run_dir).filter(|run_dir| dir.starts_with(run_dir)) {
            Some(run_dir) => {
                check()?;
                // It may go meanwhile.
                make_below(run_dir, dir).or_else(|error| check().and(Err(words(error))))?;
            }
            None => std::fs::create_dir_all(dir).map_err(words)?,
        }
        let name = key.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
        let path = dir.join(name).with_extension(EXTENSION);
        if !path.exists() {
            make_room(dir, room.limit / 2);
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(words)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(msg!("loader-cache-in-use")),
            Err(TryLockError::Error(error)) => return Err(words(error)),
        }
        let index = match read_index(&file, key, samples) {
            Some(index) => index,
            None => begin(&file, key, samples).map_err(words)?,
        };
        let len = file.metadata().map_err(words)?.len();
        let others: u64 = files_in(dir).iter().filter(|other| other.path != path).map(|other| other.len).sum();
        room.count(len);
        let kept = index.iter().filter(|offset| offset.load(Relaxed) != 0).count() as u64;
        counts.kept.store(kept, Relaxed);
        counts.bytes.store(len, Relaxed);
        Ok(Self {
            file,
            index,
            end: AtomicU64::new(len.next_multiple_of(ALIGN)),
            most: room.limit.saturating_sub(others),
            counted: AtomicU64::new(len),
            failed: AtomicBool::new(false),
            room: Arc::clone(room),
            counts: Arc::clone(counts),
        })
    }

    pub fn get(&self, sample: u32, path: &Path, image: &mut Image, buffer: &mut Vec<u8>) -> bool {
        let Some(place) = self.index.get(sample as usize) else { return false };
        let entry = place.load(Acquire);
        if entry == 0 {
            return false;
        }
        let checked = entry & CHECKED != 0;
        let whole = self.read(entry & !CHECKED, buffer).and_then(|payload| {
            let record = Record::parse(buffer, sample, payload)?;
            if !checked {
                let same = source_of(path) == Some(record.source) && record.checksum == checksum(buffer, payload);
                same.then_some(())?;
            }
            Some((record, payload))
        });
        let Some((record, payload)) = whole else {
            // Old or damaged: made again, and kept again under a new offset.
            if place.compare_exchange(entry, 0, Relaxed, Relaxed).is_ok() {
                self.counts.kept.fetch_sub(1, Relaxed);
            }
            return false;
        };
        if !checked {
            // Unless another thread found its source changed meanwhile, and has put it elsewhere.
            let _ = place.compare_exchange(entry, entry | CHECKED, Release, Relaxed);
        }
        let [channels, height, width] = record.shape;
        let values = buffer.get(RECORD..RECORD + payload).unwrap_or_default();
        match record.dtype {
            Dtype::U8 => image.reshape_bytes(channels, height, width, record.layout).copy_from_slice(values),
            Dtype::F32 => {
                let floats = image.reshape(channels, height, width, record.layout);
                for (to, from) in floats.iter_mut().zip(values.as_chunks::<4>().0) {
                    *to = f32::from_le_bytes(*from);
                }
                image.sixteen_bit = record.sixteen_bit;
            }
        }
        true
    }

    /// Reads a record and what follows it into the buffer; answers the bytes of its pixels.
    fn read(&self, offset: u64, buffer: &mut Vec<u8>) -> Option<usize> {
        // As long as the last one, as a rule: one call reads it all.
        if buffer.len() < RECORD {
            buffer.resize(RECORD, 0);
        }
        let mut filled = read_at(&self.file, buffer, offset)?;
        let payload = u64::from_le_bytes(*buffer.get(..filled)?.get(48..)?.first_chunk::<8>()?);
        let payload = usize::try_from(payload).ok().filter(|n| *n as u64 <= self.end.load(Relaxed))?;
        let len = RECORD.checked_add(payload)?;
        if filled < len {
            buffer.resize(len, 0);
            filled += read_at(&self.file, buffer.get_mut(filled..)?, offset + filled as u64)?;
        }
        (filled >= len).then_some(payload)
    }

    pub fn put(&self, sample: u32, source: Source, image: &Image, buffer: &mut Vec<u8>) {
        let Some(place) = self.index.get(sample as usize).filter(|place| place.load(Relaxed) == 0) else { return };
        if self.failed.load(Relaxed) || !Record::serialise(sample, source, image, buffer) {
            return;
        }
        let bytes = (buffer.len() as u64).next_multiple_of(ALIGN);
        let fits = |counted: u64| Some(counted + bytes).filter(|counted| *counted <= self.most);
        if self.counted.fetch_update(Relaxed, Relaxed, fits).is_err() {
            self.counts.set_full();
            return;
        }
        if !self.room.take(bytes) {
            self.counted.fetch_sub(bytes, Relaxed);
            self.counts.set_full();
            return;
        }
        let offset = self.end.fetch_add(bytes, Relaxed);
        let at = HEAD + u64::from(sample) * 8;
        let written =
            write_all_at(&self.file, buffer, offset).and_then(|()| write_all_at(&self.file, &offset.to_le_bytes(), at));
        match written {
            Ok(()) => {
                place.store(offset | CHECKED, Release);
                self.counts.keep(bytes);
            }
            Err(error) => {
                self.failed.store(true, Relaxed);
                self.counted.fetch_sub(bytes, Relaxed);
                self.room.give_back(bytes);
                self.counts.set_trouble(msg!("loader-cache-stopped", error = error.to_string()));
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.room.give_back(self.counted.load(Relaxed));
    }
}

/// Makes a folder below that one, which is there.
fn make_below(base: &Path, dir: &Path) -> io::Result<()> {
    if dir == base {
        return Ok(());
    }
    dir.parent().map_or(Ok(()), |parent| make_below(base, parent))?;
    match std::fs::create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// What stands before a sample's pixels: sample (u32 at 0), dtype, layout and `sixteen_bit` (bytes 4 to 6), channels, height and width
/// (u32 at 8, 12, 16), the source's length and time (u64 at 24, 32), the pixels' bytes (u64 at 48), a checksum of all
/// else (u64 at 56).
struct Record {
    shape: [usize; 3],
    layout: Layout,
    dtype: Dtype,
    sixteen_bit: bool,
    source: Source,
    checksum: u64,
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Of a record without its checksum, and of the pixels behind it.
fn checksum(bytes: &[u8], payload: usize) -> u64 {
    let (head, pixels) = (bytes.get(..56), bytes.get(RECORD..RECORD + payload));
    let mut hasher = blake3::Hasher::new();
    hasher.update(head.unwrap_or_default()).update(pixels.unwrap_or_default());
    u64_at(hasher.finalize().as_bytes(), 0).unwrap_or_default()
}

impl Record {
    /// `None` where it is not that sample's or does not hold together.
    fn parse(bytes: &[u8], sample: u32, payload: usize) -> Option<Self> {
        if u32_at(bytes, 0)? != sample {
            return None;
        }
        let (dtype, width) = if *bytes.get(4)? == 0 { (Dtype::U8, 1) } else { (Dtype::F32, 4) };
        let layout = if *bytes.get(5)? == 0 { Layout::ChannelLast } else { Layout::ChannelFirst };
        let shape = [u32_at(bytes, 8)? as usize, u32_at(bytes, 12)? as usize, u32_at(bytes, 16)? as usize];
        let values = shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side))?;
        if values.checked_mul(width)? != payload {
            return None;
        }
        let source = Source { len: u64_at(bytes, 24)?, modified_ns: u64_at(bytes, 32)? };
        let sixteen_bit = *bytes.get(6)? != 0;
        Some(Self { shape, layout, dtype, sixteen_bit, source, checksum: u64_at(bytes, 56)? })
    }

    /// Writes record and pixels into the buffer; false for an image that does not hold together.
    fn serialise(sample: u32, source: Source, image: &Image, buffer: &mut Vec<u8>) -> bool {
        let shape = image.shape();
        let [Ok(c), Ok(h), Ok(w)] = shape.map(u32::try_from) else { return false };
        if image.len() != shape.iter().product::<usize>() {
            return false;
        }
        let float = image.dtype == Dtype::F32;
        let payload = image.len() * if float { 4 } else { 1 };
        buffer.clear();
        buffer.extend_from_slice(&sample.to_le_bytes());
        buffer.extend_from_slice(&[
            u8::from(float),
            u8::from(image.layout == Layout::ChannelFirst),
            u8::from(float && image.sixteen_bit),
            0,
        ]);
        [c, h, w, 0].iter().for_each(|n| buffer.extend_from_slice(&n.to_le_bytes()));
        [source.len, source.modified_ns, 0, payload as u64, 0]
            .iter()
            .for_each(|n| buffer.extend_from_slice(&n.to_le_bytes()));
        if float {
            buffer.resize(RECORD + payload, 0);
            let pixels = buffer.get_mut(RECORD..).unwrap_or_default();
            for (to, from) in pixels.as_chunks_mut::<4>().0.iter_mut().zip(&image.data) {
                *to = from.to_le_bytes();
            }
        } else {
            buffer.extend_from_slice(&image.bytes);
        }
        let sum = checksum(buffer, payload).to_le_bytes();
        if let Some(place) = buffer.get_mut(56..RECORD) {
            place.copy_from_slice(&sum);
        }
        true
    }
}

/// Where the records of so many samples begin.
pub(super) fn data_begins(samples: usize) -> u64 {
    (HEAD + samples as u64 * 8).next_multiple_of(ALIGN)
}

/// The offsets that a file of that key holds; `None` where it is another's or cut off.
fn read_index(file: &File, key: &[u8; 32], samples: usize) -> Option<Box<[AtomicU64]>> {
    let mut head = [0; HEAD as usize];
    let len = file.metadata().ok()?.len();
    let whole = read_at(file, &mut head, 0)? == head.len() && len >= data_begins(samples);
    if !whole || head.get(..8)? != MAGIC || head.get(8..40)? != key || u64_at(&head, 40)? != samples as u64 {
        return None;
    }
    let mut bytes = vec![0; samples * 8];
    (read_at(file, &mut bytes, HEAD)? == bytes.len()).then_some(())?;
    let within = data_begins(samples)..len.saturating_sub(RECORD as u64 - 1);
    let offset = |bytes: &[u8; 8]| {
        let offset = u64::from_le_bytes(*bytes);
        AtomicU64::new(if within.contains(&offset) && offset.is_multiple_of(ALIGN) { offset } else { 0 })
    };
    Some(bytes.as_chunks::<8>().0.iter().map(offset).collect())
}

/// Makes the file anew: nothing is kept.
fn begin(file: &File, key: &[u8; 32], samples: usize) -> std::io::Result<Box<[AtomicU64]>> {
    file.set_len(0)?;
    file.set_len(data_begins(samples))?;
    let mut head = Vec::with_capacity(HEAD as usize);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(key);
    head.extend_from_slice(&(samples as u64).to_le_bytes());
    write_all_at(file, &head, 0)?;
    Ok((0..samples).map(|_| AtomicU64::new(0)).collect())
}

struct CacheFile {
    path: PathBuf,
    len: u64,
    modified: Option<std::time::SystemTime>,
}

/// The cache files of a folder.
fn files_in(dir: &Path) -> Vec<CacheFile> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let ours =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == EXTENSION));
    let file = |path: PathBuf| {
        let metadata = std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        Some(CacheFile { path, len: metadata.len(), modified: metadata.modified().ok() })
    };
    ours.filter_map(file).collect()
}

/// Removes cache files that nobody uses, the oldest first, until those left take at most so many bytes.
fn make_room(dir: &Path, most: u64) {
    let mut files = files_in(dir);
    files.sort_by_key(|file| file.modified);
    let mut all: u64 = files.iter().map(|file| file.len).sum();
    for CacheFile { path, len, .. } in files {
        if all <= most {
            return;
        }
        let free = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if free && std::fs::remove_file(&path).is_ok() {
            all -= len;
        }
    }
}

/// As many bytes as there are from `offset` on, up to the buffer's length; the file's position is nobody's.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> Option<usize> {
    #[cfg(unix)]
    use std::os::unix::fs::FileExt;
    #[cfg(windows)]
    use std::os::windows::fs::FileExt;
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        #[cfg(unix)]
        let read = file.read_at(rest, offset + filled as u64);
        #[cfg(windows)]
        let read = file.seek_read(rest, offset + filled as u64);
        match read {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(filled)
}

fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
    }
    #[cfg(windows)]
    {
        let mut written = 0;
        while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
            match std::os::windows::fs::FileExt::seek_write(file, rest, offset + written as u64)? {
                0 => return Err(std::io::ErrorKind::WriteZero.into()),
                n => written += n,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CacheMode;
    #[cfg(unix)]
    use crate::store::StoreError;

    /// A file that cannot be written to stands for a disk that is full.
    #[test]
    fn a_full_disk_ends_the_writing_and_not_the_reading() {
        let dir = tempfile::tempdir().unwrap();
        let source_path = dir.path().join("source");
        std::fs::write(&source_path, "x").unwrap();
        let source = source_of(&source_path).unwrap();
        let (room, counts) = (Room::new(1 << 20), Counts::new(CacheMode::Disk, 1 << 20));
        let mut disk = Disk::open(dir.path(), None, &[7; 32], 3, &room, &counts).unwrap();
        let mut buffer = Vec::new();
        let kept = Image::from_floats([1, 2, 2], vec![1.5, f32::NAN, -0.0, 3.0]);
        disk.put(0, source, &kept, &mut buffer);
        let path = files_in(dir.path()).remove(0).path;
        disk.file = File::open(path).unwrap();
        let bytes = Image { layout: Layout::ChannelLast, ..Image::from_bytes([3, 1, 2], vec![1, 2, 3, 4, 5, 6]) };
        for _ in 0..3 {
            disk.put(1, source, &bytes, &mut buffer);
        }
        let snapshot = counts.snapshot();
        assert_eq!((snapshot.kept, snapshot.full), (1, false));
        assert!(snapshot.trouble.is_some_and(|words| words.is("loader-cache-stopped")));
        let mut image = Image::empty();
        assert!(!disk.get(1, &source_path, &mut image, &mut buffer));
        assert!(disk.get(0, &source_path, &mut image, &mut buffer));
        assert!(image.data.iter().zip(&kept.data).all(|(a, b)| a.to_bits() == b.to_bits()) && image.data.len() == 4);
        assert_eq!((image.shape(), image.layout, image.dtype), ([1, 2, 2], Layout::ChannelFirst, Dtype::F32));
    }

    #[cfg(unix)]
    #[test]
    fn a_run_s_folder_that_is_gone_is_not_made_for_it() {
        let home = tempfile::tempdir().unwrap();
        let run_dir = home.path().join("run");
        std::fs::create_dir(&run_dir).unwrap();
        let place = RunPlace::of(&run_dir).unwrap();
        let (room, counts) = (Room::new(1 << 20), Counts::new(CacheMode::Disk, 1 << 20));
        let open = |below: &str| Disk::open(&run_dir.join(below), Some(&place), &[7; 32], 3, &room, &counts);
        for below in ["cache", "cache", "another/cache"] {
            open(below).unwrap();
            assert!(run_dir.join(below).is_dir());
        }
        std::fs::rename(&run_dir, home.path().join("moved")).unwrap();
        assert!(open("cache").unwrap_err().is(StoreError::FOLDER_GONE) && !run_dir.exists());
        // Another run was begun in its place.
        std::fs::create_dir(&run_dir).unwrap();
        RunPlace::of(&run_dir).unwrap();
        assert!(open("cache").unwrap_err().is(StoreError::FOLDER_GONE) && !run_dir.join("cache").exists());
        // A folder elsewhere is the cache's own.
        Disk::open(&home.path().join("elsewhere/cache"), Some(&place), &[7; 32], 3, &room, &counts).unwrap();
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let source_path = dir.path().join("source");
        std::fs::write(&source_path, "x").unwrap();
        let source = source_of(&source_path).unwrap();
        let (room, counts) = (Room::new(1 << 20), Counts::new(CacheMode::Disk, 1 << 20));
        let small = Image { layout: Layout::ChannelLast, ..Image::from_bytes([3, 1, 2], vec![1, 2, 3, 4, 5, 6]) };
        let large = Image::from_bytes([1, 50, 40], (0..2000).map(|i| i as u8).collect());
        let mut buffer = Vec::new();
        for process in 0..2 {
            let disk = Disk::open(dir.path(), None, &[7; 32], 3, &room, &counts).unwrap();
            if process == 0 {
                disk.put(2, source, &large, &mut buffer);
                disk.put(0, source, &small, &mut buffer);
            }
            buffer.clear();
            let mut image = Image::empty();
            for (sample, expected) in [(0, &small), (2, &large), (0, &small)] {
                assert!(disk.get(sample, &source_path, &mut image, &mut buffer));
                assert_eq!(&image, expected);
            }
            assert!(!disk.get(1, &source_path, &mut image, &mut buffer));
            assert!(!disk.get(3, &source_path, &mut image, &mut buffer));
        }
    }
}
