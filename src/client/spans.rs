//! Stretches of a run that are not like the rest: bisects, pauses, a loss that is no number.

use crate::protocol::{SpanKind, SpanMark};

/// Kept; a run with more has the newest.
const MAX_SPANS: usize = 1000;

/// One of them, in seconds since the run began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    pub kind: SpanKind,
    pub from_secs: f64,
    /// `None` while it lasts.
    pub to_secs: Option<f64>,
}

/// All of them, by their beginnings.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    list: Vec<Span>,
    /// The run tells its bisects. Older records do not: theirs are found by the changes that they made.
    told: bool,
    /// A bisect found so is under way.
    found: bool,
}

impl Spans {
    pub fn list(&self) -> &[Span] {
        &self.list
    }

    /// One of that kind lasts.
    pub(super) fn is_open(&self, kind: SpanKind) -> bool {
        self.list.iter().rev().any(|span| span.kind == kind && span.to_secs.is_none())
    }

    pub(super) fn mark(&mut self, mark: &SpanMark) {
        self.told |= mark.kind == SpanKind::Bisect;
        self.close(mark.kind, mark.secs);
        if mark.begins {
            self.push(Span { kind: mark.kind, from_secs: mark.secs, to_secs: None });
        }
    }

    /// A bisect's change took effect.
    pub(super) fn bisect_changed(&mut self, secs: f64) {
        if self.told {
            return;
        }
        // It reaches to the last of its changes, should its verdict never come.
        match self.list.last_mut().filter(|span| self.found && span.kind == SpanKind::Bisect) {
            Some(span) => span.to_secs = Some(secs),
            None => self.push(Span { kind: SpanKind::Bisect, from_secs: secs, to_secs: Some(secs) }),
        }
        self.found = true;
    }

    /// A bisect said its verdict.
    pub(super) fn bisect_ended(&mut self, secs: f64) {
        if std::mem::take(&mut self.found)
            && let Some(span) = self.list.last_mut()
        {
            span.to_secs = Some(secs);
        }
    }

    /// Nothing goes on any more.
    pub(super) fn end(&mut self, secs: f64) {
        self.found = false;
        SpanKind::ALL.into_iter().for_each(|kind| self.close(kind, secs));
    }

    fn close(&mut self, kind: SpanKind, secs: f64) {
        for span in self.list.iter_mut().filter(|span| span.kind == kind && span.to_secs.is_none()) {
            span.to_secs = Some(secs.max(span.from_secs));
        }
    }

    fn push(&mut self, span: Span) {
        if self.list.len() >= MAX_SPANS {
            self.list.remove(0);
        }
        self.list.push(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(spans: &Spans) -> Vec<(SpanKind, f64, Option<f64>)> {
        spans.list().iter().map(|span| (span.kind, span.from_secs, span.to_secs)).collect()
    }

    #[test]
    fn a_pause_within_a_bisect_is_a_span_of_its_own() {
        let mut spans = Spans::default();
        let mut mark = |secs, kind, begins| spans.mark(&SpanMark { secs, step: 0, kind, begins });
        mark(10.0, SpanKind::Bisect, true);
        mark(12.0, SpanKind::Paused, true);
        mark(15.0, SpanKind::Paused, false);
        mark(20.0, SpanKind::Bisect, false);
        mark(30.0, SpanKind::Paused, true);
        // Batches of the bisect's last segment come after its end.
        spans.bisect_changed(21.0);
        spans.bisect_ended(22.0);
        let (bisect, paused) = (SpanKind::Bisect, SpanKind::Paused);
        let told = [(bisect, 10.0, Some(20.0)), (paused, 12.0, Some(15.0)), (paused, 30.0, None)];
        assert_eq!(ends(&spans), told);
        spans.end(40.0);
        assert_eq!(spans.list()[2].to_secs, Some(40.0));
    }

    #[test]
    fn an_older_record_s_bisects_are_found_by_their_changes() {
        let mut spans = Spans::default();
        [5.0, 6.0, 7.0].into_iter().for_each(|secs| spans.bisect_changed(secs));
        spans.bisect_ended(8.0);
        // One that was cut off.
        [15.0, 16.0].into_iter().for_each(|secs| spans.bisect_changed(secs));
        spans.end(30.0);
        let bisect = SpanKind::Bisect;
        assert_eq!(ends(&spans), [(bisect, 5.0, Some(8.0)), (bisect, 15.0, Some(16.0))]);
    }

    #[test]
    fn the_newest_are_kept() {
        let mut spans = Spans::default();
        for n in 0..3000u32 {
            let (secs, begins) = (f64::from(n), n % 2 == 0);
            spans.mark(&SpanMark { secs, step: 0, kind: SpanKind::Paused, begins });
        }
        assert_eq!(spans.list().len(), MAX_SPANS);
        assert_eq!(spans.list().last().map(|span| span.from_secs), Some(2998.0));
    }
}
