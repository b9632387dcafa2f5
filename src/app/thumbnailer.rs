//! Two threads that read and shrink images for the thumbnails, what is looked at now before anything else. What scrolled
//! away before its turn is never read. A thread that hangs in a file is left behind, and another takes its place.

use super::jobs::{self, PATIENCE};
use crate::data::{Dataset, Decoder, Dtype, Image};
use crate::language::Arg;
use crate::ui::inspect::thumbs::Loaded;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use egui::{Color32, ColorImage};
use fast_image_resize::images::{Image as Resized, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const THREADS: usize = 2;
/// Thumbnails waiting for the window. When full the threads wait.
const QUEUE: usize = 64;
/// After an image of more values a thread gives its buffers back.
const KEPT_VALUES: usize = 16 << 20;
const JOIN_GRACE: Duration = Duration::from_secs(2);
/// More threads are not left behind: the disk is dead then, and another thread would hang too.
const MAX_LEFT_BEHIND: usize = 8;

/// Where thumbnails come from.
#[derive(Clone)]
pub struct Source {
    pub dataset: Arc<Dataset>,
    /// Files that hung once are not opened.
    pub quarantined: Arc<HashSet<u32>>,
    /// Pictures of more are refused, as in training.
    pub max_pixels: u64,
    /// Pixels on a thumbnail's longer side.
    pub side: usize,
}

#[derive(Default)]
struct Queue {
    source: Option<Source>,
    /// Of `source`; results of an older one are of no use.
    generation: u64,
    /// In the order they are wanted.
    wanted: VecDeque<u32>,
    busy: Vec<Busy>,
    stop: bool,
}

/// A thread and the image that it has in hand.
struct Busy {
    thread: usize,
    generation: u64,
    image: u32,
    /// When its reading began, while it lasts.
    since: Option<Instant>,
}

impl Queue {
    /// Takes out who hangs.
    fn take_hanging(&mut self, now: Instant) -> Vec<Busy> {
        let hangs = |busy: &mut Busy| busy.since.is_some_and(|since| now.saturating_duration_since(since) >= PATIENCE);
        self.busy.extract_if(.., hangs).collect()
    }
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // What the lock guards is whole between any two statements.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Message = (u64, u32, Result<Loaded, String>);

/// The window's side. Dropping it ends the threads.
pub struct Thumbnailer {
    shared: Arc<Shared>,
    results: Receiver<Message>,
    sender: Sender<Message>,
    wake: Arc<dyn Fn() + Send + Sync>,
    threads: Vec<JoinHandle<()>>,
    /// Images whose thread hangs, to be told of.
    given_up: VecDeque<u32>,
    generation: u64,
}

impl Thumbnailer {
    /// `wake` is called when a thumbnail waits.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start(wake: impl Fn() + Send + Sync + 'static) -> Result<Self, std::io::Error> {
        let shared = Arc::new(Shared::default());
        let (sender, results) = bounded(QUEUE);
        let mut thumbnailer = Self {
            shared,
            results,
            sender,
            wake: Arc::new(wake),
            threads: Vec::new(),
            given_up: VecDeque::new(),
            generation: 0,
        };
        for _ in 0..THREADS {
            thumbnailer.start_thread()?;
        }
        Ok(thumbnailer)
    }

    fn start_thread(&mut self) -> Result<(), std::io::Error> {
        let number = self.threads.len();
        let (shared, sender, wake) = (Arc::clone(&self.shared), self.sender.clone(), Arc::clone(&self.wake));
        let named = std::thread::Builder::new().name(format!("thumbnails-{number}"));
        self.threads.push(named.spawn(move || work(number, &shared, &sender, &*wake))?);
        Ok(())
    }

    /// Threads that hang are left behind; their images are told to have failed, and others take their place.
    fn relieve(&mut self, now: Instant) {
        if self.threads.len() >= THREADS + MAX_LEFT_BEHIND {
            return;
        }
        let hanging = self.shared.lock().take_hanging(now);
        for Busy { generation, image, .. } in hanging {
            if generation == self.generation {
                self.given_up.push_back(image);
            }
            // Where the system gives none, those that are left go on.
            let _ = self.start_thread();
        }
    }

    /// From now on thumbnails are of this; what was wanted before is forgotten.
    pub fn set_source(&mut self, source: Option<Source>) {
        self.generation += 1;
        let mut queue = self.shared.lock();
        queue.source = source;
        queue.generation = self.generation;
        queue.wanted.clear();
        drop(queue);
        self.given_up.clear();
    }

    /// There is something to make thumbnails of.
    pub fn has_source(&self) -> bool {
        self.shared.lock().source.is_some()
    }

    /// These are wanted, the first of them first, and nothing else any more.
    pub fn want(&self, images: &[u32]) {
        let mut queue = self.shared.lock();
        let queue = &mut *queue;
        let is_busy = |image| queue.busy.iter().any(|busy| (busy.generation, busy.image) == (queue.generation, image));
        queue.wanted.clear();
        queue.wanted.extend(images.iter().copied().filter(|image| !is_busy(*image)));
        if !queue.wanted.is_empty() {
            self.shared.changed.notify_all();
        }
    }

    /// The next thumbnail, or why there is none.
    pub fn try_recv(&mut self) -> Option<(u32, Result<Loaded, String>)> {
        self.relieve(Instant::now());
        if let Some(image) = self.given_up.pop_front() {
            let error = tr!("window-no-answer", lasted = Arg::duration(PATIENCE.as_secs_f64()));
            return Some((image, Err(error)));
        }
        while let Ok((generation, image, loaded)) = self.results.try_recv() {
            if generation == self.generation {
                return Some((image, loaded));
            }
        }
        None
    }
}

impl Drop for Thumbnailer {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        jobs::join_within(std::mem::take(&mut self.threads), JOIN_GRACE);
    }
}

fn work(number: usize, shared: &Shared, results: &Sender<Message>, wake: &(dyn Fn() + Send + Sync)) {
    let mut reader: Option<(u64, Reader)> = None;
    loop {
        let (generation, source, image) = {
            let mut queue = shared.lock();
            queue.busy.retain(|busy| busy.thread != number);
            loop {
                if queue.stop {
                    return;
                }
                if let (Some(source), Some(image)) = (queue.source.clone(), queue.wanted.pop_front()) {
                    let generation = queue.generation;
                    queue.busy.push(Busy { thread: number, generation, image, since: Some(Instant::now()) });
                    break (generation, source, image);
                }
                queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let kept = reader.take().filter(|(of, _)| *of == generation);
        let (_, current) = reader.insert(kept.unwrap_or_else(|| (generation, Reader::new(&source))));
        let loaded = current.load(&source, image);
        current.decoder.let_go();
        // At once: the next image may be a while, or never come.
        if current.image.len() > KEPT_VALUES {
            reader = None;
        }
        match shared.lock().busy.iter_mut().find(|busy| busy.thread == number) {
            Some(busy) => busy.since = None,
            // It was left behind.
            None => return,
        }
        let mut waiting = (generation, image, loaded);
        while let Err(SendTimeoutError::Timeout(back)) = results.send_timeout(waiting, Duration::from_millis(50)) {
            if shared.lock().stop {
                return;
            }
            waiting = back;
        }
        wake();
    }
}

/// What a thread keeps from image to image.
struct Reader {
    decoder: Decoder,
    image: Image,
    bytes: Vec<u8>,
    resizer: Resizer,
}

impl Reader {
    fn new(source: &Source) -> Self {
        let channels = if source.dataset.all_gray { 1 } else { 3 };
        let decoder = source.dataset.decoder(channels, source.max_pixels).until_let_go();
        Self { decoder, image: Image::empty(), bytes: Vec::new(), resizer: Resizer::new() }
    }

    fn load(&mut self, source: &Source, image: u32) -> Result<Loaded, String> {
        let index = image as usize;
        if index >= source.dataset.len() {
            return Err(tr!("window-no-such-image"));
        }
        if source.quarantined.contains(&image) {
            return Err(msg!("data-inspect-quarantined").to_string());
        }
        let path = source.dataset.path_of(index);
        self.decoder.read(&path).map_err(|e| e.to_string())?;
        self.decoder.decode(&path, &mut self.image).map_err(|e| e.to_string())?;
        let [_, height, width] = self.image.shape();
        let picture = self.shrink(source.side).map_err(|e| tr!("window-not-shrunk", error = e.to_string()))?;
        Ok(Loaded { picture, image_size: [width, height] })
    }

    fn shrink(&mut self, side: usize) -> Result<ColorImage, String> {
        let [channels, height, width] = self.image.shape();
        if self.image.dtype == Dtype::F32 {
            to_bytes(&self.image, &mut self.bytes);
        }
        let bytes = if self.image.dtype == Dtype::U8 { &self.image.bytes } else { &self.bytes };
        let longest = width.max(height);
        if longest <= side {
            return Ok(colours(channels, [width, height], bytes));
        }
        let kind = if channels == 1 { PixelType::U8 } else { PixelType::U8x3 };
        let [to_width, to_height] = [width, height].map(|n| (n * side).div_ceil(longest).clamp(1, side));
        let pixels = |n: usize| u32::try_from(n).map_err(|e| e.to_string());
        let from = ImageRef::new(pixels(width)?, pixels(height)?, bytes, kind).map_err(|e| e.to_string())?;
        let mut to = Resized::new(pixels(to_width)?, pixels(to_height)?, kind);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Hamming));
        self.resizer.resize(&from, &mut to, &options).map_err(|e| e.to_string())?;
        Ok(colours(channels, [to_width, to_height], to.buffer()))
    }
}

/// Wider values than bytes, from the image's least to its largest.
fn to_bytes(image: &Image, bytes: &mut Vec<u8>) {
    let finite = image.data.iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let scale = if high > low { 255.0 / (high - low) } else { 0.0 };
    bytes.clear();
    bytes.extend(image.data.iter().map(|v| ((v - low) * scale + 0.5) as u8));
}

fn colours(channels: usize, size: [usize; 2], bytes: &[u8]) -> ColorImage {
    let pixels = match channels {
        1 => bytes.iter().map(|v| Color32::from_gray(*v)).collect(),
        _ => bytes.as_chunks::<3>().0.iter().map(|[r, g, b]| Color32::from_rgb(*r, *g, *b)).collect(),
    };
    ColorImage::new(size, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    fn source(dir: &std::path::Path) -> Source {
        let root = dir.join("data");
        crate::data::sample_images::write_sample_dataset(&root, 4, 0, &mut |_, _| ControlFlow::Continue(())).unwrap();
        let dataset = crate::data::scan(&root, 1_000_000, &mut |_| ControlFlow::Continue(())).unwrap();
        Source { dataset: Arc::new(dataset), quarantined: Arc::default(), max_pixels: 1_000_000, side: 32 }
    }

    fn wait(thumbnailer: &mut Thumbnailer) -> (u32, Result<Loaded, String>) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(result) = thumbnailer.try_recv() {
                return result;
            }
            assert!(Instant::now() < deadline, "no thumbnail came");
            std::thread::yield_now();
        }
    }

    #[test]
    fn thumbnails_are_small_and_bad_files_say_why() {
        let dir = tempfile::tempdir().unwrap();
        let source = source(dir.path());
        std::fs::write(source.dataset.path_of(1), b"\xff\xd8\xff\xe0 no picture").unwrap();
        let source = Source { quarantined: Arc::new(HashSet::from([2])), ..source };
        let mut thumbnailer = Thumbnailer::start(|| {}).unwrap();
        thumbnailer.set_source(Some(source));
        thumbnailer.want(&[0, 1, 2, 999]);
        let mut results: Vec<_> = (0..4).map(|_| wait(&mut thumbnailer)).collect();
        results.sort_by_key(|(image, _)| *image);
        let first = results[0].1.as_ref().unwrap();
        assert_eq!((first.picture.size, first.image_size), ([32, 32], [64, 64]));
        assert!(first.picture.pixels.iter().any(|p| *p != first.picture.pixels[0]), "an empty picture");
        assert!(results[1].1.is_err() && results[3].1.is_err());
        assert!(results[2].1.as_ref().is_err_and(|why| why.starts_with("quarantined")));
    }

    /// With both threads held up by a full queue of results, what is no longer wanted is never read.
    #[test]
    fn what_scrolled_away_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let mut thumbnailer = Thumbnailer::start(|| {}).unwrap();
        thumbnailer.set_source(Some(source(dir.path())));
        // Names of no image: refused at once, until the queue is full and each thread holds one more.
        let many: Vec<u32> = (1000..1500).collect();
        thumbnailer.want(&many);
        let deadline = Instant::now() + Duration::from_secs(30);
        let shared = Arc::clone(&thumbnailer.shared);
        let left = || shared.lock().wanted.len();
        while left() > many.len() - QUEUE - THREADS {
            assert!(Instant::now() < deadline, "{} left", left());
            std::thread::yield_now();
        }
        thumbnailer.want(&[3, 2]);
        let mut seen = Vec::new();
        while seen.len() < QUEUE + THREADS + 2 {
            seen.push(wait(&mut thumbnailer).0);
        }
        let (old, new) = seen.split_at(QUEUE + THREADS);
        assert!(old.iter().all(|image| *image >= 1000) || old.contains(&3), "{seen:?}");
        assert!(seen.contains(&3) && seen.contains(&2), "{seen:?}");
        assert!(!seen.contains(&1400), "{seen:?}");
        assert!(new.len() == 2 && left() == 0);
    }

    #[test]
    fn a_thread_that_hangs_is_left_behind_and_another_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let mut thumbnailer = Thumbnailer::start(|| {}).unwrap();
        thumbnailer.set_source(Some(source(dir.path())));
        let now = Instant::now();
        // One that is reading, and one that waits for the window to take what it read.
        let generation = thumbnailer.generation;
        let busy = |thread, image, since| Busy { thread, generation, image, since };
        thumbnailer.shared.lock().busy.extend([busy(98, 3, Some(now)), busy(99, 4, None)]);
        thumbnailer.want(&[3, 4]);
        assert!(thumbnailer.shared.lock().wanted.is_empty());
        thumbnailer.relieve(now);
        assert_eq!(thumbnailer.threads.len(), THREADS);
        thumbnailer.relieve(now + PATIENCE);
        assert_eq!(thumbnailer.threads.len(), THREADS + 1);
        let (image, loaded) = wait(&mut thumbnailer);
        assert!(image == 3 && loaded.is_err_and(|why| why.contains("10 s")));
        thumbnailer.want(&[1]);
        assert!(matches!(wait(&mut thumbnailer), (1, Ok(_))));
        // The disk is dead: no thread after thread for it.
        for thread in 100..200 {
            thumbnailer.shared.lock().busy.push(busy(thread, 5, Some(now)));
            thumbnailer.relieve(now + PATIENCE);
        }
        assert_eq!(thumbnailer.threads.len(), THREADS + MAX_LEFT_BEHIND);
    }

    #[test]
    fn results_of_another_dataset_go_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let source = source(dir.path());
        let mut thumbnailer = Thumbnailer::start(|| {}).unwrap();
        thumbnailer.set_source(Some(source.clone()));
        thumbnailer.want(&[0, 1, 2, 3]);
        thumbnailer.set_source(Some(Source { side: 16, ..source }));
        thumbnailer.want(&[5]);
        let (image, loaded) = wait(&mut thumbnailer);
        assert_eq!((image, loaded.unwrap().picture.size), (5, [16, 16]));
    }
}
