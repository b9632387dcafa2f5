//! A span in words, and the colours of names.

use crate::language::Arg;
use crate::plot::{PALETTE_SLOTS, series_color, stage_slot};
use crate::protocol::trace::{Span, SpanEnd, Track, TrackKind};
use crate::protocol::{Trace, stage_words};
use crate::ui::common::words;
use egui::Color32;

/// What is worked out once a trace.
pub struct Prepared {
    /// Of which trace.
    pub taken_ns: u64,
    /// The palette's slot by name: that of the plots.
    slots: Vec<usize>,
    /// Name and share of the loading threads' work (0 to 1), or of the trainer's time, in the order of the names.
    pub loader: Vec<(u16, f64)>,
    pub trainer: Vec<(u16, f64)>,
}

impl Prepared {
    pub fn new(trace: &Trace) -> Self {
        let slots = trace.names.iter().map(|name| stage_slot(name)).collect();
        let shares = |of_trainer: bool| {
            let mut sums = vec![0.0; trace.names.len()];
            let tracks = trace.tracks.iter().filter(|track| (track.kind == TrackKind::Trainer) == of_trainer);
            for span in tracks.flat_map(|track| &track.spans) {
                if let Some(sum) = sums.get_mut(usize::from(span.name)) {
                    *sum += span.duration_ns as f64;
                }
            }
            let total: f64 = sums.iter().sum();
            let used = sums.iter().enumerate().filter(|(_, sum)| **sum > 0.0);
            used.map(|(name, sum)| (name as u16, sum / total)).collect::<Vec<(u16, f64)>>()
        };
        let (loader, trainer) = (shares(false), shares(true));
        Self { taken_ns: trace.taken_ns, slots, loader, trainer }
    }

    /// The colour of a name. Each round of the palette is paler than the one before.
    pub fn colour(&self, name: u16, dark: bool) -> Color32 {
        let slot = self.slots.get(usize::from(name)).copied().unwrap_or_default();
        let colour = series_color(slot, dark);
        let paler = [0.0, 0.4, 0.65][slot / PALETTE_SLOTS % 3];
        colour.lerp_to_gamma(if dark { Color32::BLACK } else { Color32::WHITE }, paler)
    }
}

/// What the pointer is on, line by line; the first says the most.
pub fn span_lines(trace: &Trace, track: &Track, span: &Span) -> Vec<String> {
    let name = name_of(trace, span.name);
    let took = words::ms(span.duration_ns as f64 / 1e3);
    let mut lines = vec![match span.end {
        SpanEnd::Done => tr!("page-span-done", name, took),
        SpanEnd::Open => tr!("page-span-open", name, took),
        SpanEnd::Failed => tr!("page-span-failed", name, took),
    }];
    if let Some(draw) = trace.draw_of(track.kind, span) {
        let file = trace.file(draw.sample);
        let path = file.and_then(|file| file.path.as_deref()).unwrap_or("N/A");
        let class = file.and_then(|file| trace.class_names.get(file.class as usize));
        lines.push(tr!("page-span-file", path));
        lines.push(tr!("page-span-class", class = class.map_or("N/A", String::as_str)));
        lines.push(batch_line(draw.epoch.to_string(), draw.batch.to_string(), draw.config_version.to_string()));
        let (seed, epoch, image) = (trace.seed.to_string(), draw.epoch.to_string(), draw.sample.to_string());
        lines.push(tr!("page-span-draw", seed, epoch, image));
    }
    if let Some(step) = trace.step_of(track.kind, span) {
        lines.push(tr!("page-span-step", step = step.step.to_string(), images = step.images));
        lines.push(batch_line(step.epoch.to_string(), step.batch.to_string(), step.config_version.to_string()));
        if !step.synced {
            lines.push(tr!("page-span-host"));
        }
    }
    lines.push(at_line(span.begin_ns as f64));
    lines
}

fn batch_line(epoch: String, batch: String, settings: String) -> String {
    tr!("page-span-batch", epoch, batch, settings)
}

/// When it was, in nanoseconds of the run.
pub fn at_line(ns: f64) -> String {
    tr!("page-span-at", secs = Arg::number(ns / 1e9, 6))
}

/// What a span is of: a stage of the loader, or a phase of the step.
pub fn name_of(trace: &Trace, name: u16) -> String {
    let name = trace.names.get(usize::from(name)).map_or("N/A", String::as_str);
    stage_words(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::RunPhase;

    #[test]
    fn names_that_are_used_have_colours_of_their_own() {
        let span = |name| Span { begin_ns: 0, duration_ns: 10, name, of: None, end: SpanEnd::Done };
        let worker = TrackKind::Worker { phase: RunPhase::Training, index: 0 };
        let trace = Trace {
            taken_ns: 5,
            from_ns: 0,
            complete_from_ns: 0,
            seed: 0,
            names: (0..14).map(|i| i.to_string()).collect(),
            class_names: Vec::new(),
            files: Vec::new(),
            draws: Vec::new(),
            steps: Vec::new(),
            tracks: vec![
                Track { kind: TrackKind::Trainer, spans: vec![span(12), span(13)] },
                Track { kind: worker, spans: (0..8).chain([0, 0]).map(|name| span(name + 1)).collect() },
            ],
            batches: Vec::new(),
            queue: Vec::new(),
            queue_capacity: 0,
        };
        let prepared = Prepared::new(&trace);
        assert_eq!(prepared.loader.iter().map(|(name, _)| *name).collect::<Vec<_>>(), (1..9).collect::<Vec<_>>());
        assert!((prepared.loader[0].1 - 0.3).abs() < 1e-9);
        assert_eq!(prepared.trainer, [(12, 0.5), (13, 0.5)]);
        for dark in [false, true] {
            let mut colours: Vec<_> =
                (1..9).chain([12, 13]).map(|name| prepared.colour(name, dark).to_array()).collect();
            colours.sort_unstable();
            colours.dedup();
            assert_eq!(colours.len(), 10);
        }
    }
}
