//! The Timeline page: taking traces, following them, zooming, what a span says, and the way to Inspect.

use super::*;
use trainscope::protocol::Trace;
use trainscope::protocol::trace::{Draw, QueueChange, Span, SpanEnd, TracedFile, TracedStep, Track, TrackKind};
use trainscope::ui::Page;
use trainscope::ui::timeline::state::LIVE_SECS;

/// The last ten seconds of a run: two workers with a second an image, three stages each, and a trainer that waits.
fn trace(taken_secs: u64) -> Trace {
    const SEC: u64 = 1_000_000_000;
    let from_ns = (taken_secs - 10) * SEC;
    let span = |begin_ns, duration_ns, name, of| Span { begin_ns, duration_ns, name, of, end: SpanEnd::Done };
    let worker = |index: u32| {
        let image = |i: u64| {
            let begin = from_ns + i * SEC;
            let of = Some(i as u32 + 10 * index);
            [
                span(begin, SEC / 10, 0, of),
                span(begin + SEC / 10, SEC / 5, 1, of),
                span(begin + 3 * SEC / 10, SEC / 2, 2, of),
            ]
        };
        Track { kind: TrackKind::Worker { phase: RunPhase::Training, index }, spans: (0..10).flat_map(image).collect() }
    };
    let mut second = worker(1);
    second.spans.last_mut().unwrap().end = SpanEnd::Open;
    let step = |i: u64| {
        let begin = from_ns + i * 2 * SEC;
        [span(begin, SEC, 3, Some(i as u32)), span(begin + SEC, SEC, 4, Some(i as u32))]
    };
    Trace {
        taken_ns: taken_secs * SEC,
        from_ns,
        complete_from_ns: from_ns + SEC,
        seed: 77,
        names: ["read", "decode", "RandRotate", "wait for data", "forward"].map(str::to_owned).to_vec(),
        class_names: vec!["Hand".to_owned()],
        files: (0..20).map(|i| TracedFile { sample: i, class: 0, path: Some(format!("Hand/{i}.jpeg")) }).collect(),
        draws: (0..20).map(|i| Draw { sample: i, epoch: 3, batch: i / 4, config_version: 0 }).collect(),
        steps: (0..5)
            .map(|i| TracedStep { step: i + 1, epoch: 3, batch: i, images: 4, config_version: 0, synced: false })
            .collect(),
        tracks: vec![Track { kind: TrackKind::Trainer, spans: (0..5).flat_map(step).collect() }, worker(0), second],
        batches: Vec::new(),
        queue: (0..5).map(|i| QueueChange { at_ns: from_ns + i * 2 * SEC, len: i as u32 % 2 }).collect(),
        queue_capacity: 4,
    }
}

impl Bench {
    /// A run, with its last ten seconds taken.
    fn traced() -> Self {
        let mut bench = Self::with_dataset();
        bench.start();
        bench.click("Timeline");
        bench.click("Take the last 10 s");
        assert_eq!(bench.engine.sent().last(), Some(&Command::TakeTrace { secs: 10.0 }));
        let mut trace = trace(20);
        trace.files[10].path = Some(bench.name_of(10));
        bench.engine.say(Event::Trace(Box::new(trace)));
        bench.until("the trace", |b| b.has("loader-0"));
        bench
    }

    /// A point of the rows, as a share of their width and height.
    fn point(&self, x: f32, y: f32) -> egui::Pos2 {
        let rows = self.harness.get_by_label("Canvas of the timeline").rect();
        rows.min + rows.size() * egui::vec2(x, y)
    }

    fn move_to(&mut self, x: f32, y: f32) {
        let at = self.point(x, y);
        self.harness.event(egui::Event::PointerMoved(at));
        self.harness.step();
    }

    fn press(&mut self, x: f32, y: f32) {
        self.move_to(x, y);
        let pos = self.point(x, y);
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
            self.harness.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
            self.harness.step();
        }
        self.harness.step();
    }
}

#[test]
fn without_a_run_the_page_says_what_to_do() {
    let mut bench = Bench::new();
    bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num4);
    bench.until("the page", |b| b.has_containing("Start a run: this page then shows"));
    assert_eq!(bench.harness.state().state().view.page, Page::TIMELINE);
    // The button is there and does nothing yet.
    bench.click("Take the last 10 s");
    assert!(bench.engine.sent().is_empty());
}

#[test]
fn a_taken_trace_shows_a_row_for_each_thread_and_a_colour_for_each_stage() {
    let bench = Bench::traced();
    for row in ["trainer", "full batches", "loader-0", "loader-1"] {
        assert!(bench.has(row), "{row}");
    }
    // A colour and its name are one text, which no line's end comes between.
    for entry in ["■read 12 %", "■decode 25 %", "■RandRotate 62 %", "■wait for data 50 %", "■forward 50 %"] {
        assert!(bench.has(entry), "{entry}");
    }
    assert!(bench.has_containing("70 spans of 3 threads"));
    assert!(bench.has_containing("Whole for the last 9.00 s"));
}

#[test]
fn a_span_says_its_file_stage_and_seed_and_a_click_leads_to_the_image() {
    let mut bench = Bench::traced();
    // The last row; 0.5 s into its first second: RandRotate of image 10.
    bench.move_to(0.05, 0.95);
    bench.until("the details", |b| b.has("RandRotate: 500 ms"));
    let file = format!("file: {}", bench.name_of(10));
    for line in [file.as_str(), "class: Hand", "drawn from seed 77, epoch 3, image 10"] {
        assert!(bench.has(line), "{line}");
    }
    bench.press(0.05, 0.95);
    bench.until("the button", |b| b.has("Show in Inspect"));
    bench.click("Show in Inspect");
    let state = bench.harness.state().state();
    assert_eq!((state.view.page, state.preview.index, state.preview.draw), (Page::INSPECT, 10, 3));
}

/// Its files are named from the folder that the table lies in, which the window has open.
#[test]
fn an_image_of_a_run_that_was_begun_with_a_table_is_found_too() {
    let mut bench = Bench::traced();
    let mut start = bench.engine.started_with().unwrap();
    let table = start.config.data.dir.take().unwrap().join("labels.csv");
    start.config.data.dir = Some(table);
    bench.engine.say(Event::Started(Box::new(started(&start, 0))));
    let dir = |b: &Bench| b.harness.state().state().run.started.as_ref().and_then(|s| s.config.data.dir.clone());
    bench.until("the table", |b| dir(b) == start.config.data.dir);
    bench.press(0.05, 0.95);
    bench.until("the button", |b| b.has("Show in Inspect"));
    bench.click("Show in Inspect");
    let state = bench.harness.state().state();
    assert_eq!((state.view.page, state.preview.index, state.preview.draw), (Page::INSPECT, 10, 3));
}

#[test]
fn what_goes_on_and_what_the_host_did_not_wait_for_is_said() {
    let mut bench = Bench::traced();
    bench.move_to(0.95, 0.95);
    bench.until("the open span", |b| b.has("RandRotate: for 500 ms so far"));
    // The first row below the axis is the trainer's.
    bench.move_to(0.15, 0.25);
    bench.until("the step", |b| b.has("forward: 1000 ms"));
    assert!(bench.has_containing("the host's time only"));
}

#[test]
fn the_newest_seconds_are_followed_until_that_is_switched_off() {
    let mut bench = Bench::traced();
    let asked = |b: &Bench| {
        let live = Command::TakeTrace { secs: LIVE_SECS };
        b.engine.sent().iter().filter(|command| **command == live).count()
    };
    bench.switch("Live");
    bench.until("the first", |b| asked(b) == 1);
    bench.engine.say(Event::Trace(Box::new(trace(21))));
    bench.until("the second", |b| asked(b) == 2);
    bench.engine.say(Event::Trace(Box::new(trace(22))));
    bench.until("the newest", |b| b.has_containing("up to 22.0 s of the run"));
    bench.switch("Live");
    assert!(bench.harness.state().state().timeline.live_secs.is_none());
    // A run that ends is followed no longer, and what was taken stays.
    bench.engine.say(finished());
    bench.until("the end", |b| !b.harness.state().state().run.live.is_active());
    assert!(bench.has("loader-0"));
}

#[test]
fn a_new_run_begins_with_an_empty_page() {
    let mut bench = Bench::traced();
    bench.engine.say(finished());
    bench.until("the end", |b| !b.harness.state().state().run.live.is_active());
    bench.start();
    assert!(bench.harness.state().state().timeline.trace.is_none());
    bench.until("the words", |b| b.has_containing("Take the last seconds to see"));
}
