//! What the headers of a scan's files say, read by a few threads.

use crate::language::Message;
use std::collections::HashSet;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::dataset::Found;
use super::super::decode::Decoder;
use super::super::error::io_reason;
use super::super::header::Source;
use super::super::image::Image;
use super::super::medical::{Axis, MedicalHeader, probe as probe_medical};
use super::super::open::open_regular;
use super::super::probe::probe;
use super::super::watch::{Board, Hand};

/// Bytes of a file read at first: whole small images, the header of the others.
const HEAD_BYTES: usize = 4096;
/// More threads gain nothing: the directory entries and the kernel's locks are shared.
const MAX_THREADS: usize = 4;
/// Fewer files than this are not worth another thread.
const MIN_SHARE: usize = 32;

/// What a file's header says, `None` where it is not to be opened; or why it is no image.
pub(super) type Probed = Result<Option<Found>, Message>;

/// What all threads go by.
pub(super) struct ProbeSettings {
    pub(super) max_pixels: u64,
    pub(super) slice_axis: Axis,
    /// Never opened.
    pub(super) untouched: HashSet<PathBuf>,
}

/// The scan's threads, which live for one call each, with what they keep between calls.
pub(super) struct Probers(Vec<Prober>);

impl Probers {
    pub(super) fn new(settings: ProbeSettings, board: &Board) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let settings = Arc::new(settings);
        Self((0..threads).map(|_| Prober::new(&settings, board.hand())).collect())
    }

    /// Probes files of one directory, results in order.
    pub(super) fn probe(&mut self, dir: &Path, names: &[OsString]) -> Vec<Probed> {
        let Some((first, others)) = self.0.split_first_mut() else { return Vec::new() };
        let share = names.len().div_ceil(others.len() + 1).max(MIN_SHARE);
        let mut slices = names.chunks(share);
        let own = slices.next().unwrap_or_default();
        std::thread::scope(|scope| {
            let started: Vec<_> = slices
                .zip(others)
                .enumerate()
                .map(|(i, (slice, prober))| {
                    let thread = std::thread::Builder::new().name(format!("scan-{}", i + 1));
                    let spare = (Arc::clone(&prober.settings), prober.hand.clone());
                    (slice, spare, thread.spawn_scoped(scope, move || prober.probe_all(dir, slice)))
                })
                .collect();
            let mut results = first.probe_all(dir, own);
            for (slice, (settings, hand), thread) in started {
                let result = thread.ok().and_then(|thread| thread.join().ok());
                // A thread that could not be had, or died: its files are done here.
                results.extend(result.unwrap_or_else(|| Prober::new(&settings, hand).probe_all(dir, slice)));
            }
            results
        })
    }
}

/// One thread's buffers.
struct Prober {
    hand: Hand,
    head: Vec<u8>,
    settings: Arc<ProbeSettings>,
    decoder: Decoder,
    image: Image,
}

impl Prober {
    fn new(settings: &Arc<ProbeSettings>, hand: Hand) -> Self {
        Self {
            hand,
            head: vec![0; HEAD_BYTES],
            settings: Arc::clone(settings),
            decoder: Decoder::new(3, settings.max_pixels).until_let_go(),
            image: Image::empty(),
        }
    }

    fn probe(&mut self, path: &Path) -> Probed {
        if self.settings.untouched.contains(path) {
            return Ok(None);
        }
        self.hand.take_image(path);
        let (mut file, len) = open_regular(path)?;
        let mut filled = 0;
        let wanted = usize::try_from(len).unwrap_or(HEAD_BYTES).min(HEAD_BYTES);
        while filled < wanted {
            match file.read(&mut self.head[filled..wanted]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(io_reason(&e)),
            }
        }
        let mut source = Source::head_of(&self.head[..filled], &file, len);
        if let Some(header) = probe_medical(&mut source, self.settings.slice_axis, self.settings.max_pixels) {
            return self.medical(path, header?).map(Some);
        }
        let header = probe(&mut source)?;
        header.check_size(self.settings.max_pixels)?;
        if !header.complete {
            self.decode(path)?;
        }
        Ok(Some(Found {
            format: header.format.name(),
            width: header.width,
            height: header.height,
            channels: header.channels,
            bits: header.bits,
            orientation: header.orientation,
            has_more: header.pictures > 1,
            medical: None,
        }))
    }

    /// To see whether it can be; what a large picture took is given back.
    fn decode(&mut self, path: &Path) -> Result<(), Message> {
        let decoded = self.decoder.read_bytes(path).and_then(|()| self.decoder.decode_bytes(&mut self.image));
        self.image.let_go();
        self.decoder.let_go();
        decoded
    }

    /// Decodes the last picture where the file does not seem to be whole.
    fn medical(&mut self, path: &Path, header: MedicalHeader) -> Result<Found, Message> {
        if !header.complete {
            let mut last = path.to_owned();
            header.pages.page(header.pages.count.saturating_sub(1)).push_to(&mut last);
            self.decode(&last)?;
        }
        Ok(Found {
            format: header.format,
            width: header.width,
            height: header.height,
            channels: header.channels,
            bits: header.bits,
            orientation: 1,
            has_more: false,
            medical: Some(header),
        })
    }

    fn probe_all(&mut self, dir: &Path, names: &[OsString]) -> Vec<Probed> {
        let mut path = dir.join("x");
        let probe = |name| {
            path.set_file_name(name);
            self.probe(&path)
        };
        let results = names.iter().map(probe).collect();
        self.hand.let_go();
        results
    }
}
