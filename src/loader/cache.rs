//! What a chain makes of an image before its first random step is the same in every epoch: kept here once made, in memory
//! or in a file, and copied out from then on (MONAI's CacheDataset and PersistentDataset).
//!
//! A [`Kept`] belongs to one set of fixed steps over one dataset; a change of these drops it. Loading threads look up and
//! fill in without a lock. What is copied out is bit for bit what was put in, so the batches are the same as without.

use super::cache_disk::Disk;
use super::cache_ram::Ram;
use super::lock::lock;
use crate::config::{CacheMode, LoaderConfig};
use crate::data::{Dataset, Image};
use crate::language::Message;
use crate::protocol::CacheSnapshot;
use crate::store::{RunPlace, StoreError};
use crate::transform::Chain;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};

/// Sets of fixed steps that are kept beside each other: those of training and those of validation.
const MAX_KEPT: usize = 2;

/// The cache of one run, for all its loaders; made from a configuration, given to [`super::Loader::start_with_cache`].
#[derive(Debug)]
pub struct SampleCache {
    mode: CacheMode,
    dir: Option<PathBuf>,
    /// The run's folder, in which nothing is made once it is gone.
    place: Option<RunPlace>,
    room: Arc<Room>,
    kept: Mutex<Vec<Arc<Kept>>>,
    /// What was dropped from there and may live on in batches under way.
    dropped: Mutex<Vec<Weak<Kept>>>,
}

/// Bytes that may be taken, and those that are.
#[derive(Debug)]
pub(super) struct Room {
    pub limit: u64,
    taken: AtomicU64,
}

impl Room {
    pub fn new(limit: u64) -> Arc<Self> {
        Arc::new(Self { limit, taken: AtomicU64::new(0) })
    }

    /// Takes so many bytes; false where they are not there.
    pub fn take(&self, bytes: u64) -> bool {
        let fits = |taken: u64| taken.checked_add(bytes).filter(|taken| *taken <= self.limit);
        self.taken.fetch_update(Relaxed, Relaxed, fits).is_ok()
    }

    pub fn give_back(&self, bytes: u64) {
        self.taken.fetch_sub(bytes, Relaxed);
    }

    /// Takes what is there already, fit or not.
    pub fn count(&self, bytes: u64) {
        self.taken.fetch_add(bytes, Relaxed);
    }
}

/// The counters behind a [`CacheSnapshot`]; they outlive what they count.
#[derive(Debug, Default)]
pub(super) struct Counts {
    mode: CacheMode,
    limit_bytes: u64,
    pub kept: AtomicU64,
    pub bytes: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    full: AtomicBool,
    trouble: Mutex<Option<Message>>,
}

impl Counts {
    pub fn new(mode: CacheMode, limit_bytes: u64) -> Arc<Self> {
        Arc::new(Self { mode, limit_bytes, ..Self::default() })
    }

    pub fn snapshot(&self) -> CacheSnapshot {
        CacheSnapshot {
            mode: self.mode,
            kept: self.kept.load(Relaxed),
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            limit_bytes: self.limit_bytes,
            full: self.full.load(Relaxed),
            trouble: lock(&self.trouble).clone(),
        }
    }

    pub fn keep(&self, bytes: u64) {
        self.kept.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        self.full.store(false, Relaxed);
    }

    pub fn set_full(&self) {
        self.full.store(true, Relaxed);
    }

    /// The first trouble is the one that is told.
    pub fn set_trouble(&self, words: Message) {
        lock(&self.trouble).get_or_insert(words);
    }
}

/// A loading thread's buffers for the cache.
#[derive(Debug, Default)]
pub(super) struct CacheBuffers {
    pub bytes: Vec<u8>,
    /// The file's state before it was read, for [`Kept::put`].
    pub source: Option<Source>,
}

/// What tells one content of a file from another: its length and when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Source {
    pub len: u64,
    pub modified_ns: u64,
}

/// What is kept of the samples of one dataset behind one set of fixed steps.
#[derive(Debug)]
pub(super) struct Kept {
    key: [u8; 32],
    pub counts: Arc<Counts>,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Ram(Ram),
    Disk(Disk),
    /// It could not be had; `counts` say why.
    Nothing,
}

impl SampleCache {
    pub fn new(config: &LoaderConfig) -> Arc<Self> {
        Self::with(config, None)
    }

    /// Of the run in that folder, which is not made anew for the cache's folder in it.
    pub fn of_run(config: &LoaderConfig, place: RunPlace) -> Arc<Self> {
        Self::with(config, Some(place))
    }

    fn with(config: &LoaderConfig, place: Option<RunPlace>) -> Arc<Self> {
        let room = Room::new(config.cache_mb.saturating_mul(1 << 20));
        Arc::new(Self {
            mode: config.cache,
            dir: config.cache_dir.clone(),
            place,
            room,
            kept: Mutex::default(),
            dropped: Mutex::default(),
        })
    }

    /// What is kept behind the first `fixed` steps of that chain; `leaving` is what the asking loader used until now and is dropped where it differs.
    /// `None` where nothing is to be kept.
    pub(super) fn of(
        &self,
        chain: &Chain,
        fixed: usize,
        dataset: &Dataset,
        decoding: &str,
        leaving: Option<&Arc<Kept>>,
    ) -> Option<Arc<Kept>> {
        if self.mode == CacheMode::Off || self.room.limit == 0 {
            return None;
        }
        let key = key_of(chain, fixed, dataset, decoding);
        let mut kept = lock(&self.kept);
        let mut dropped = lock(&self.dropped);
        dropped.retain(|k| k.strong_count() > 0);
        // Where the fixed steps change, those that no loader is at work with go too: their room is wanted.
        let changes = leaving.is_some_and(|leaving| leaving.key != key) || kept.len() >= MAX_KEPT;
        let goes = |k: &Arc<Kept>| {
            let left = leaving.is_some_and(|leaving| Arc::ptr_eq(k, leaving));
            k.key != key && (left || (changes && Arc::strong_count(k) == 1))
        };
        dropped.extend(kept.extract_if(.., |k| goes(k)).map(|k| Arc::downgrade(&k)));
        if let Some(found) = kept.iter().find(|k| k.key == key) {
            return Some(Arc::clone(found));
        }
        // A change and back again, before the batches in between were taken.
        if let Some(found) = dropped.iter().filter_map(Weak::upgrade).find(|k| k.key == key) {
            kept.push(Arc::clone(&found));
            return Some(found);
        }
        let new = Arc::new(Kept::new(self, key, dataset.len()));
        kept.push(Arc::clone(&new));
        Some(new)
    }
}

/// Stands for all that decides what the fixed steps make of a dataset's samples, the files' contents left out.
fn key_of(chain: &Chain, fixed: usize, dataset: &Dataset, decoding: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes());
    hasher.update(decoding.as_bytes()).update(&[0, u8::from(chain.fuses())]).update(&dataset.fingerprint());
    let fixed = chain.specs().iter().take(fixed).filter(|spec| spec.enabled);
    for spec in fixed {
        hasher.update(spec.name.as_bytes());
        for (name, value) in &spec.params {
            hasher.update(format!("\0{name}={value}").as_bytes());
        }
        hasher.update(b"\n");
    }
    *hasher.finalize().as_bytes()
}

impl Kept {
    fn new(cache: &SampleCache, key: [u8; 32], samples: usize) -> Self {
        let room = &cache.room;
        let counts = Counts::new(cache.mode, room.limit);
        let store = match cache.mode {
            CacheMode::Off => Store::Nothing,
            CacheMode::Ram => match Ram::new(samples, room, &counts) {
                Some(ram) => Store::Ram(ram),
                None => {
                    counts.set_full();
                    Store::Nothing
                }
            },
            CacheMode::Disk => {
                let opened = cache.dir.as_deref().ok_or_else(|| msg!("loader-no-cache-dir"));
                match opened.and_then(|dir| Disk::open(dir, cache.place.as_ref(), &key, samples, room, &counts)) {
                    Ok(disk) => Store::Disk(disk),
                    Err(reason) => {
                        // A run's folder that is gone speaks for itself.
                        let gone = reason.is(StoreError::FOLDER_GONE);
                        counts.set_trouble(if gone { reason } else { msg!("loader-not-cached", reason) });
                        Store::Nothing
                    }
                }
            }
        };
        Self { key, counts, store }
    }

    /// Copies a sample out; false where it is not kept.
    pub fn get(&self, sample: u32, path: &Path, image: &mut Image, buffers: &mut CacheBuffers) -> bool {
        let found = match &self.store {
            Store::Ram(ram) => ram.get(sample, image),
            Store::Disk(disk) => {
                let found = disk.get(sample, path, image, &mut buffers.bytes);
                // Before the file is read: should it change meanwhile, what is kept counts as old.
                buffers.source = if found { None } else { super::cache_disk::source_of(path) };
                found
            }
            Store::Nothing => false,
        };
        let count = if found { &self.counts.hits } else { &self.counts.misses };
        count.fetch_add(1, Relaxed);
        found
    }

    /// Keeps a sample that [`Self::get`] did not find, where there is room for it.
    pub fn put(&self, sample: u32, image: &Image, buffers: &mut CacheBuffers) {
        match &self.store {
            Store::Ram(ram) => ram.put(sample, image),
            Store::Disk(disk) => {
                if let Some(source) = buffers.source.take() {
                    disk.put(sample, source, image, &mut buffers.bytes);
                }
            }
            Store::Nothing => {}
        }
    }
}
