//! What of a trace is in sight, and as which rectangles. Plain arithmetic.

use crate::protocol::Trace;
use crate::protocol::trace::{QueueChange, Span, SpanEnd};

/// No view is shorter: nanoseconds.
const SHORTEST_NS: f64 = 1000.0;

/// The part of the run that is in sight, in nanoseconds of its clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pub begin_ns: f64,
    pub end_ns: f64,
}

impl View {
    pub fn new(begin_ns: f64, end_ns: f64) -> Self {
        Self { begin_ns, end_ns: end_ns.max(begin_ns + SHORTEST_NS) }
    }

    pub fn length_ns(self) -> f64 {
        self.end_ns - self.begin_ns
    }

    /// Where that moment stands: 0 at the left end, 1 at the right.
    pub fn share(self, ns: f64) -> f64 {
        (ns - self.begin_ns) / self.length_ns()
    }

    /// The moment that stands there.
    pub fn at(self, share: f64) -> f64 {
        self.begin_ns + share * self.length_ns()
    }

    /// So many times longer, with the moment at `share` where it is, and never beyond `whole`.
    pub fn zoomed(self, share: f64, factor: f64, whole: Self) -> Self {
        let length = (self.length_ns() * factor).clamp(SHORTEST_NS, whole.length_ns());
        let begin = self.at(share) - share * length;
        Self { begin_ns: begin, end_ns: begin + length }.within(whole)
    }

    /// Moved by that share of its length, and never beyond `whole`.
    pub fn moved(self, share: f64, whole: Self) -> Self {
        let by = share * self.length_ns();
        Self { begin_ns: self.begin_ns + by, end_ns: self.end_ns + by }.within(whole)
    }

    /// As long as it is, if it can be.
    pub fn within(self, whole: Self) -> Self {
        let length = self.length_ns().clamp(SHORTEST_NS, whole.length_ns());
        let begin = self.begin_ns.min(whole.end_ns - length).max(whole.begin_ns);
        Self { begin_ns: begin, end_ns: begin + length }
    }
}

/// A rectangle of a row: one span, or what shares one pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// From the row's left end, in pixels.
    pub left: f32,
    pub right: f32,
    /// Of the span, or of the one that takes most of the pixel.
    pub name: u16,
    /// Spans in it.
    pub spans: u32,
    /// Share of it that spans cover, 0 to 1.
    pub covered: f32,
    /// The most noteworthy end of its spans.
    pub end: SpanEnd,
}

/// The spans in sight as rectangles in a row so many pixels wide. Spans of a pixel or more stand for themselves; smaller
/// ones in the same pixel are one, so that there are at most twice as many as pixels.
pub fn blocks(spans: &[Span], view: View, width: f32) -> Vec<Block> {
    let x = |ns: u64| view.share(ns as f64) * f64::from(width);
    let first = spans.partition_point(|span| span.end_ns() as f64 <= view.begin_ns);
    let mut blocks = Vec::new();
    let mut pixel = Pixel::default();
    for span in &spans[first..] {
        if span.begin_ns as f64 >= view.end_ns {
            break;
        }
        let (left, right) = (x(span.begin_ns), x(span.end_ns()));
        if right - left >= 1.0 {
            blocks.extend(pixel.take());
            let (left, right) = (left.max(0.0) as f32, right.min(f64::from(width)) as f32);
            blocks.push(Block { left, right, name: span.name, spans: 1, covered: 1.0, end: span.end });
            continue;
        }
        let column = left.max(0.0).floor();
        if pixel.column != column {
            blocks.extend(pixel.take());
            pixel.column = column;
        }
        pixel.add(span, right - left);
    }
    blocks.extend(pixel.take());
    blocks
}

/// Spans smaller than a pixel that begin in the same one.
#[derive(Default)]
struct Pixel {
    column: f64,
    spans: u32,
    /// Pixels by name.
    names: Vec<(u16, f64)>,
    end: SpanEnd,
}

impl Pixel {
    fn add(&mut self, span: &Span, pixels: f64) {
        self.spans += 1;
        if self.end == SpanEnd::Done || span.end == SpanEnd::Failed {
            self.end = span.end;
        }
        match self.names.iter_mut().find(|(name, _)| *name == span.name) {
            Some((_, sum)) => *sum += pixels,
            None => self.names.push((span.name, pixels)),
        }
    }

    fn take(&mut self) -> Option<Block> {
        let (name, _) = *self.names.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let covered = self.names.iter().map(|(_, pixels)| pixels).sum::<f64>().min(1.0) as f32;
        let left = self.column as f32;
        let (spans, end) = (self.spans, self.end);
        self.names.clear();
        (self.spans, self.end) = (0, SpanEnd::Done);
        Some(Block { left, right: left + 1.0, name, spans, covered, end })
    }
}

/// The span under way at that moment; where there is none, the nearest within `reach_ns`.
pub fn span_at(spans: &[Span], ns: f64, reach_ns: f64) -> Option<usize> {
    let after = spans.partition_point(|span| (span.begin_ns as f64) <= ns);
    let away = |i: &usize| {
        let span = &spans[*i];
        (span.begin_ns as f64 - ns).max(ns - span.end_ns() as f64).max(0.0)
    };
    let near = [after.checked_sub(1), (after < spans.len()).then_some(after)];
    near.into_iter().flatten().min_by(|a, b| away(a).total_cmp(&away(b))).filter(|i| away(i) <= reach_ns)
}

/// The corners of the queue's curve in sight: shares of the view, and full batches. Steps within a pixel keep their lowest
/// and highest.
pub fn queue_steps(queue: &[QueueChange], view: View, width: f32) -> Vec<(f64, u32)> {
    let first = queue.partition_point(|change| (change.at_ns as f64) < view.begin_ns).saturating_sub(1);
    let mut steps: Vec<(f64, u32)> = Vec::new();
    let mut in_pixel = 0;
    for change in &queue[first..] {
        if change.at_ns as f64 >= view.end_ns {
            break;
        }
        let share = view.share(change.at_ns as f64).max(0.0);
        let pixel = |share: f64| (share * f64::from(width)).floor();
        let same = steps.last().is_some_and(|last| pixel(last.0) == pixel(share));
        in_pixel = if same { in_pixel + 1 } else { 0 };
        if in_pixel >= 3 {
            // Lowest, highest, last: what a pixel can show.
            let begin = steps.len() - 3;
            let [low, high] = steps[begin..]
                .iter()
                .map(|step| step.1)
                .fold([u32::MAX, 0], |[low, high], len| [low.min(len), high.max(len)]);
            steps.truncate(begin);
            steps.extend([(share, low), (share, high)]);
            in_pixel = 2;
        }
        steps.push((share, change.len));
    }
    steps
}

/// How many batches waited at that moment; `None` before the first change that is known.
pub fn queue_at(queue: &[QueueChange], ns: f64) -> Option<u32> {
    let after = queue.partition_point(|change| (change.at_ns as f64) <= ns);
    queue.get(after.checked_sub(1)?).map(|change| change.len)
}

/// From the first thing that is known to the moment when the trace was taken.
pub(crate) fn whole(trace: &Trace) -> View {
    let firsts = trace.tracks.iter().filter_map(|track| track.spans.first()).map(|span| span.begin_ns);
    let first = firsts.chain(trace.queue.first().map(|change| change.at_ns)).min().unwrap_or(trace.from_ns);
    View::new(first.max(trace.from_ns) as f64, trace.taken_ns as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(begin_ns: u64, duration_ns: u64, name: u16) -> Span {
        Span { begin_ns, duration_ns, name, of: None, end: SpanEnd::Done }
    }

    #[test]
    fn small_spans_merge_and_large_ones_stand_for_themselves() {
        // 100 pixels of 1,000 ns.
        let view = View::new(0.0, 100_000.0);
        let mut spans: Vec<Span> = (0..10_000).map(|i| span(i * 10, 9, u16::from(i % 3 == 0))).collect();
        let merged = blocks(&spans, view, 100.0);
        assert_eq!(merged.len(), 100);
        assert_eq!(merged.iter().map(|block| block.spans).sum::<u32>(), 10_000);
        for (i, block) in merged.iter().enumerate() {
            assert_eq!((block.left, block.right, block.name), (i as f32, i as f32 + 1.0, 0));
            // One may fall into the pixel beside it.
            assert!((block.covered - 0.9).abs() < 0.02, "{block:?}");
        }
        // One of three pixels among them is drawn as what it is, over none of the others.
        spans.drain(500..801);
        spans.insert(500, Span { end: SpanEnd::Open, ..span(5_000, 3_005, 7) });
        let with_large = blocks(&spans, view, 100.0);
        let large: Vec<_> = with_large.iter().filter(|block| block.name == 7).collect();
        assert_eq!((large.len(), large[0].spans, large[0].end), (1, 1, SpanEnd::Open));
        assert!((large[0].left - 5.0).abs() < 1e-3 && (large[0].right - 8.005).abs() < 1e-3);
        assert!(with_large.windows(2).all(|pair| pair[0].right <= pair[1].left + 0.01));
        assert_eq!(with_large.iter().map(|block| block.spans).sum::<u32>(), spans.len() as u32);
    }

    #[test]
    fn only_what_is_in_sight_is_drawn_and_there_is_never_too_much() {
        let spans: Vec<Span> = (0..200_000).map(|i| span(i * 100, if i % 7 == 0 { 90 } else { 1 }, 0)).collect();
        for (begin, end) in [(0.0, 2e7), (1e7, 1.1e7), (1e7, 1e7 + 2e4), (1e7, 1e7 + 1e3)] {
            let blocks = blocks(&spans, View::new(begin, end), 800.0);
            assert!(!blocks.is_empty() && blocks.len() <= 1601, "{}", blocks.len());
            assert!(blocks.iter().all(|block| block.left >= 0.0 && block.right <= 801.0));
            let drawn: u32 = blocks.iter().map(|block| block.spans).sum();
            let in_sight = spans.iter().filter(|s| s.end_ns() as f64 > begin && (s.begin_ns as f64) < end).count();
            assert_eq!(drawn as usize, in_sight);
        }
    }

    #[test]
    fn a_failure_shows_through_the_merging() {
        let spans = [span(0, 1, 0), Span { end: SpanEnd::Failed, ..span(2, 1, 0) }, span(4, 1, 0)];
        let merged = blocks(&spans, View::new(0.0, 1e6), 100.0);
        assert_eq!((merged.len(), merged[0].end, merged[0].spans), (1, SpanEnd::Failed, 3));
    }

    #[test]
    fn zooming_keeps_the_moment_under_the_pointer_and_stays_within_the_trace() {
        let whole = View::new(1e9, 11e9);
        let near = whole.zoomed(0.25, 0.1, whole);
        assert!((near.at(0.25) - whole.at(0.25)).abs() < 1.0 && (near.length_ns() - 1e9).abs() < 1.0);
        assert_eq!(near.zoomed(0.9, 1e9, whole), whole);
        let left = near.moved(-1e3, whole);
        assert_eq!((left.begin_ns, left.length_ns()), (whole.begin_ns, near.length_ns()));
        assert_eq!(near.moved(1e3, whole).end_ns, whole.end_ns);
        // As near as can be, and still a view.
        let nearest = (0..100).fold(whole, |view, _| view.zoomed(0.5, 0.5, whole));
        assert_eq!(nearest.length_ns(), SHORTEST_NS);
        assert!(nearest.begin_ns >= whole.begin_ns && nearest.end_ns <= whole.end_ns);
    }

    #[test]
    fn the_span_under_the_pointer_is_found() {
        let spans = [span(100, 50, 0), span(150, 10, 1), span(400, 100, 2)];
        for (ns, found) in [(120.0, Some(0)), (155.0, Some(1)), (165.0, Some(1)), (250.0, None), (395.0, Some(2))] {
            assert_eq!(span_at(&spans, ns, 10.0), found, "{ns}");
        }
        assert_eq!(span_at(&[], 0.0, 10.0), None);
    }

    #[test]
    fn the_queues_curve_keeps_its_peaks_in_few_points() {
        let queue: Vec<QueueChange> = (0..8000)
            .map(|i| QueueChange { at_ns: i * 10_000, len: if i == 4001 { 9 } else { i as u32 % 2 } })
            .collect();
        let view = View::new(0.0, 80_000_000.0);
        let steps = queue_steps(&queue, view, 100.0);
        assert!(steps.len() <= 300, "{}", steps.len());
        assert!(steps.iter().any(|step| step.1 == 9) && steps.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        assert_eq!(steps.last().unwrap().1, 1);
        // The level at the left end comes from before it.
        let later = queue_steps(&queue, View::new(40_015_000.0, 40_016_000.0), 100.0);
        assert_eq!(later, [(0.0, 9)]);
        assert_eq!((queue_at(&queue, 40_015_000.0), queue_at(&queue, -1.0)), (Some(9), None));
    }
}
