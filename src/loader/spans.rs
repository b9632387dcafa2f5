//! A thread's spans as words in a ring: written by one, read by any, without a lock.
//!
//! An image is three words (begin, sample, place) and one more for each stage, which begins where the last one ended. With
//! nine stages that is 96 bytes an image where spans that stand alone take 288, so that the same memory reaches three times
//! as far back, and a stage costs two stores.

use crate::protocol::trace::{Draw, Span, SpanEnd};
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// The top four bits of a word say what it is.
const TAG_SHIFT: u32 = 60;
/// An image begins: the time.
const IMAGE: u64 = 1;
/// Its sample, and 28 bits of epoch.
const SAMPLE: u64 = 2;
/// Its batch in the epoch, and 28 bits of config version.
const PLACE: u64 = 3;
/// A stage ended: 12 bits of name, 48 bits of duration.
const STAGE: u64 = 4;
/// Time that belongs to no stage: the reading of the CPU clock.
const GAP: u64 = 5;
/// A stage in which the image failed.
const FAILED: u64 = 6;

const LOW_BITS: u32 = 28;
pub(super) const LOW_MASK: u64 = (1 << LOW_BITS) - 1;
const NAME_SHIFT: u32 = 48;
pub(super) const DURATION_MASK: u64 = (1 << NAME_SHIFT) - 1;
/// Names beyond these are all called the last.
pub(super) const MAX_NAMES: usize = 1 << (TAG_SHIFT - NAME_SHIFT);

/// Words that one thread writes and any may read.
pub(super) struct Ring {
    /// A power of two of them.
    words: Box<[AtomicU64]>,
    /// Words written since the beginning.
    written: AtomicU64,
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ring({} of {} words)", self.written.load(Relaxed), self.words.len())
    }
}

impl Ring {
    pub fn new(capacity: usize) -> Self {
        // Down to a power of two.
        let capacity = 1 << capacity.max(1).ilog2();
        Self { words: (0..capacity).map(|_| AtomicU64::new(0)).collect(), written: AtomicU64::new(0) }
    }

    pub fn capacity(&self) -> usize {
        self.words.len()
    }

    /// An image begins. This and the following: by the ring's own thread only.
    pub fn image(&self, begin_ns: u64, draw: Draw) {
        let pair = |high: u32, low: u32| u64::from(high) << LOW_BITS | u64::from(low).min(LOW_MASK);
        self.push(IMAGE << TAG_SHIFT | begin_ns & ((1 << TAG_SHIFT) - 1));
        self.push(SAMPLE << TAG_SHIFT | pair(draw.sample, draw.epoch));
        self.push(PLACE << TAG_SHIFT | pair(draw.batch, draw.config_version));
    }

    /// A stage of it ended, or the image failed there. `name` is below [`MAX_NAMES`].
    pub fn stage(&self, name: u64, duration_ns: u64, failed: bool) {
        let tag = if failed { FAILED } else { STAGE };
        self.push(tag << TAG_SHIFT | name << NAME_SHIFT | duration_ns.min(DURATION_MASK));
    }

    /// Time passed that belongs to no stage.
    pub fn gap(&self, duration_ns: u64) {
        self.push(GAP << TAG_SHIFT | duration_ns.min(DURATION_MASK));
    }

    fn push(&self, word: u64) {
        let at = self.written.load(Relaxed);
        if let Some(place) = self.words.get(at as usize & (self.words.len() - 1)) {
            // `Release`: whoever sees this word also sees that `at` words were written, and so that what stood in its
            // place is gone.
            place.store(word, Release);
        }
        self.written.store(at + 1, Release);
    }

    /// What was written last, in order, and whether anything before it is lost.
    pub fn read(&self) -> (Vec<u64>, bool) {
        let capacity = self.words.len() as u64;
        let end = self.written.load(Acquire);
        let begin = end.saturating_sub(capacity);
        let word = |at: u64| self.words.get(at as usize & (self.words.len() - 1)).map(|word| word.load(Acquire));
        let mut words: Vec<u64> = (begin..end).filter_map(word).collect();
        // The writer went on meanwhile and may be in the middle of word `now`: what stood there and before may be newer
        // than it should.
        let now = self.written.load(Acquire);
        let whole = (now + 1).saturating_sub(capacity);
        let lost = usize::try_from(whole.saturating_sub(begin)).unwrap_or(usize::MAX).min(words.len());
        words.drain(..lost);
        (words, whole > 0)
    }
}

/// Words turned into spans.
pub(super) struct Decoded {
    since: u64,
    pub spans: Vec<Span>,
    pub draws: Vec<Draw>,
    /// When the first whole image began.
    pub first_ns: Option<u64>,
    /// The last image, and the end of its last stage.
    pub last: Option<(Draw, u64)>,
    /// `last` is in `draws`.
    draw_kept: bool,
}

impl Decoded {
    /// Those that end at `since` or later.
    pub fn of(words: &[u64], since: u64) -> Self {
        let mut decoded =
            Self { since, spans: Vec::new(), draws: Vec::new(), first_ns: None, last: None, draw_kept: false };
        let mut draw = Draw::default();
        let mut begun = None;
        for word in words {
            let (tag, rest) = (word >> TAG_SHIFT, word & ((1 << TAG_SHIFT) - 1));
            let (high, low) = ((rest >> LOW_BITS) as u32, (rest & LOW_MASK) as u32);
            let (name, duration_ns) = ((rest >> NAME_SHIFT) as u16, rest & DURATION_MASK);
            match tag {
                IMAGE => {
                    begun = Some(rest);
                    decoded.last = None;
                }
                SAMPLE => (draw.sample, draw.epoch) = (high, low),
                PLACE => {
                    (draw.batch, draw.config_version) = (high, low);
                    // Where the words begin in the middle of an image, that one is left out.
                    decoded.last = begun.map(|begun| (draw, begun));
                    decoded.first_ns = decoded.first_ns.or(begun);
                    decoded.draw_kept = false;
                }
                STAGE | FAILED => {
                    if let Some((_, at)) = decoded.last {
                        let end = if tag == FAILED { SpanEnd::Failed } else { SpanEnd::Done };
                        decoded.push(name, at, duration_ns, end);
                    }
                }
                GAP => {
                    if let Some((_, at)) = &mut decoded.last {
                        *at += duration_ns;
                    }
                }
                _ => {}
            }
        }
        decoded
    }

    /// A stage of the last image.
    pub fn push(&mut self, name: u16, begin_ns: u64, duration_ns: u64, end: SpanEnd) {
        let Some((draw, at)) = &mut self.last else { return };
        *at = begin_ns + duration_ns;
        if *at < self.since {
            return;
        }
        if !self.draw_kept {
            self.draws.push(*draw);
            self.draw_kept = true;
        }
        let of = u32::try_from(self.draws.len() - 1).ok();
        self.spans.push(Span { begin_ns, duration_ns, name, of, end });
    }
}
