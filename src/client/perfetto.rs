//! A trace as a file that <https://ui.perfetto.dev> and `chrome://tracing` open: the JSON trace event format.
//!
//! A process with a thread for the trainer and for each loading thread, spans as complete events (`X`), the queue as a
//! counter (`C`), batches as asynchronous spans (`b`, `e`): made, then waiting to be taken.

use crate::language::Message;
use crate::protocol::trace::{Span, SpanEnd, TracedBatch, Track, TrackKind};
use crate::protocol::{RunPhase, Trace};
use crate::system::refused;
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

const PROCESS: u32 = 1;
/// Threads of the file count from here.
const FIRST_THREAD: usize = 1;

#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum TraceFileError {
    Write(std::io::Error, PathBuf),
}

impl TraceFileError {
    pub fn message(&self) -> Message {
        let Self::Write(error, path) = self;
        msg!("client-trace-not-written", error = refused(error, path), path = path.display().to_string())
    }
}

/// Writes the file whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub fn save_trace(path: &Path, trace: &Trace) -> Result<(), TraceFileError> {
    let written = crate::store::atomic::write_with(path, |mut out| write_trace(&mut out, trace));
    written.map_err(|error| TraceFileError::Write(error, path.to_owned()))
}

/// Writes the JSON, event by event.
///
/// # Errors
/// Those of `out`.
pub fn write_trace(out: &mut impl Write, trace: &Trace) -> std::io::Result<()> {
    let mut json = serde_json::Serializer::new(&mut *out);
    let mut file = json.serialize_map(None)?;
    file.serialize_entry("displayTimeUnit", "ms")?;
    file.serialize_entry("otherData", &about(trace))?;
    file.serialize_entry("traceEvents", &Events(trace))?;
    SerializeMap::end(file)?;
    out.flush()
}

fn about(trace: &Trace) -> Value {
    json!({
        "program": crate::about::version_line(),
        "seed": trace.seed,
        "complete_from_us": micros(trace.complete_from_ns),
        "taken_at_us": micros(trace.taken_ns),
    })
}

/// The unit of the format; three decimals keep the nanoseconds.
fn micros(ns: u64) -> f64 {
    ns as f64 / 1e3
}

/// One event; what it has not is left out.
#[derive(Serialize, Default)]
struct TraceEvent<'a> {
    ph: &'static str,
    name: &'a str,
    pid: u32,
    tid: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    args: Value,
}

/// Serialised one by one: a long trace is never in memory as text.
struct Events<'a>(&'a Trace);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let trace = self.0;
        let mut out = serializer.serialize_seq(None)?;
        out.serialize_element(&meta("process_name", 0, json!({ "name": tr!("client-trace-engine") })))?;
        for (i, track) in trace.tracks.iter().enumerate() {
            let thread = FIRST_THREAD + i;
            out.serialize_element(&meta("thread_name", thread, json!({ "name": track_name(track.kind).to_string() })))?;
            out.serialize_element(&meta("thread_sort_index", thread, json!({ "sort_index": i })))?;
            for span in &track.spans {
                out.serialize_element(&span_event(trace, track, span, thread))?;
            }
        }
        for change in &trace.queue {
            let args = json!({ "batches": change.len });
            let ts = Some(micros(change.at_ns));
            out.serialize_element(&TraceEvent {
                ph: "C",
                name: "queue",
                pid: PROCESS,
                ts,
                args,
                ..TraceEvent::default()
            })?;
        }
        let (made, waits) = (tr!("client-trace-batch-made"), tr!("client-trace-batch-waits"));
        for (id, batch) in trace.batches.iter().enumerate() {
            let ready = batch.ready_ns.unwrap_or(trace.taken_ns);
            batch_events(&mut out, id, batch, &made, batch.begun_ns, ready)?;
            if batch.ready_ns.is_some() {
                let taken = batch.taken_ns.unwrap_or(trace.taken_ns);
                batch_events(&mut out, id, batch, &waits, ready, taken)?;
            }
        }
        out.end()
    }
}

fn meta(name: &'static str, tid: usize, args: Value) -> TraceEvent<'static> {
    TraceEvent { ph: "M", name, pid: PROCESS, tid, args, ..TraceEvent::default() }
}

fn batch_events<S: SerializeSeq>(
    out: &mut S,
    id: usize,
    batch: &TracedBatch,
    name: &str,
    begin_ns: u64,
    end_ns: u64,
) -> Result<(), S::Error> {
    let args = json!({ "epoch": batch.epoch, "batch": batch.index, "config_version": batch.config_version });
    for (ph, at_ns, args) in [("b", begin_ns, args), ("e", end_ns, json!({}))] {
        let (ts, cat, id) = (Some(micros(at_ns)), Some("batch"), Some(id));
        out.serialize_element(&TraceEvent { ph, name, pid: PROCESS, ts, cat, id, args, ..TraceEvent::default() })?;
    }
    Ok(())
}

fn span_event<'a>(trace: &'a Trace, track: &Track, span: &Span, tid: usize) -> TraceEvent<'a> {
    let mut args = serde_json::Map::new();
    if let Some(draw) = trace.draw_of(track.kind, span) {
        let file = trace.file(draw.sample);
        if let Some(path) = file.and_then(|file| file.path.as_ref()) {
            args.insert("file".to_owned(), json!(path));
        }
        if let Some(class) = file.and_then(|file| trace.class_names.get(file.class as usize)) {
            args.insert("class".to_owned(), json!(class));
        }
        args.insert("sample".to_owned(), json!(draw.sample));
        args.insert("epoch".to_owned(), json!(draw.epoch));
        args.insert("batch".to_owned(), json!(draw.batch));
        args.insert("config_version".to_owned(), json!(draw.config_version));
        args.insert("seed".to_owned(), json!(trace.seed));
    }
    if let Some(step) = trace.step_of(track.kind, span) {
        args.insert("step".to_owned(), json!(step.step));
        args.insert("epoch".to_owned(), json!(step.epoch));
        args.insert("batch".to_owned(), json!(step.batch));
        args.insert("images".to_owned(), json!(step.images));
        args.insert("config_version".to_owned(), json!(step.config_version));
        // Where not, these are the host's times, not the device's.
        args.insert("host_waited_for_device".to_owned(), json!(step.synced));
    }
    match span.end {
        SpanEnd::Done => {}
        SpanEnd::Open => drop(args.insert("still_going_on".to_owned(), json!(true))),
        SpanEnd::Failed => drop(args.insert("failed".to_owned(), json!(true))),
    }
    TraceEvent {
        ph: "X",
        name: trace.names.get(usize::from(span.name)).map_or("N/A", String::as_str),
        pid: PROCESS,
        tid,
        ts: Some(micros(span.begin_ns)),
        dur: Some(micros(span.duration_ns)),
        cat: Some(if track.kind == TrackKind::Trainer { "trainer" } else { "loader" }),
        args: Value::Object(args),
        ..TraceEvent::default()
    }
}

/// A thread's name for a person; also the row's in the window.
pub fn track_name(kind: TrackKind) -> Message {
    let of = |thread: Message, phase: RunPhase| match phase {
        RunPhase::Validating => msg!("client-thread-of-validation", thread),
        RunPhase::Testing => msg!("client-thread-of-test", thread),
        _ => thread,
    };
    match kind {
        TrackKind::Trainer => msg!("client-thread-trainer"),
        TrackKind::OnTrainer { phase } => of(msg!("client-thread-loading-on-trainer"), phase),
        TrackKind::Worker { phase, index } => of(format!("loader-{index}").into(), phase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::trace::{Draw, QueueChange, TracedFile, TracedStep};

    fn trace() -> Trace {
        let span = |begin_ns, duration_ns, name, end| Span { begin_ns, duration_ns, name, of: Some(0), end };
        Trace {
            taken_ns: 9_000_000,
            from_ns: 0,
            complete_from_ns: 1_000,
            seed: 42,
            names: vec!["read".to_owned(), "forward".to_owned()],
            class_names: vec!["Hand".to_owned(), "Chest \"CT\"".to_owned()],
            files: vec![TracedFile { sample: 7, class: 1, path: Some("Chest \"CT\"/7.jpeg".to_owned()) }],
            draws: vec![Draw { sample: 7, epoch: 3, batch: 5, config_version: 2 }],
            steps: vec![TracedStep { step: 11, epoch: 3, batch: 4, images: 64, config_version: 2, synced: false }],
            tracks: vec![
                Track { kind: TrackKind::Trainer, spans: vec![span(1_234, 567, 1, SpanEnd::Done)] },
                Track {
                    kind: TrackKind::Worker { phase: RunPhase::Training, index: 1 },
                    spans: vec![span(2_000, 3_000, 0, SpanEnd::Failed), span(6_000, 8_994_000, 0, SpanEnd::Open)],
                },
            ],
            batches: vec![
                TracedBatch {
                    epoch: 3,
                    index: 4,
                    config_version: 2,
                    begun_ns: 10,
                    ready_ns: Some(20),
                    taken_ns: Some(30),
                },
                TracedBatch { epoch: 3, index: 5, config_version: 2, begun_ns: 25, ready_ns: None, taken_ns: None },
            ],
            queue: vec![QueueChange { at_ns: 20, len: 1 }, QueueChange { at_ns: 30, len: 0 }],
            queue_capacity: 4,
        }
    }

    #[test]
    fn the_file_has_what_the_format_asks_of_every_event() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("trace.json");
        std::fs::write(&path, "an older one").unwrap();
        save_trace(&path, &trace()).unwrap();
        let files: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["trace.json"]);
        let json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let events = json["traceEvents"].as_array().unwrap();
        for event in events {
            let ph = event["ph"].as_str().unwrap();
            assert!(
                event["name"].is_string() && event["pid"] == 1 && event["tid"].is_u64() && event["args"].is_object()
            );
            assert_eq!(event["ts"].is_f64(), ph != "M", "{event}");
            assert_eq!(event["dur"].is_f64(), ph == "X", "{event}");
            assert_eq!(event["id"].is_u64() && event["cat"] == "batch", matches!(ph, "b" | "e"), "{event}");
        }
        let of = |ph: &str| events.iter().filter(|event| event["ph"] == ph).cloned().collect::<Vec<_>>();
        let threads: Vec<_> =
            of("M").iter().filter(|e| e["name"] == "thread_name").map(|e| e["args"]["name"].clone()).collect();
        assert_eq!(threads, ["trainer", "loader-1"]);
        let spans = of("X");
        assert_eq!(spans.len(), 3);
        assert_eq!((&spans[0]["ts"], &spans[0]["dur"], &spans[0]["tid"]), (&json!(1.234), &json!(0.567), &json!(1)));
        assert_eq!(
            (&spans[0]["args"]["step"], &spans[0]["args"]["host_waited_for_device"]),
            (&json!(11), &json!(false))
        );
        let failed = &spans[1]["args"];
        assert_eq!((&failed["file"], &failed["class"]), (&json!("Chest \"CT\"/7.jpeg"), &json!("Chest \"CT\"")));
        assert_eq!((&failed["seed"], &failed["epoch"], &failed["failed"]), (&json!(42), &json!(3), &json!(true)));
        assert_eq!(spans[2]["args"]["still_going_on"], json!(true));
        assert_eq!(of("C").iter().map(|e| e["args"]["batches"].clone()).collect::<Vec<_>>(), [1, 0]);
        // Made and waiting; made and not ready yet.
        assert_eq!((of("b").len(), of("e").len()), (3, 3));
        assert_eq!(of("e")[2]["ts"], json!(9000.0));
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named_and_left_clean() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("no such folder").join("trace.json");
        let error = save_trace(&path, &trace()).unwrap_err().to_string();
        assert!(error.contains("no such folder") && error.contains("choose another place"), "{error}");
        // A folder stands where the file should: nothing is left beside it.
        let taken = home.path().join("folder");
        std::fs::create_dir(&taken).unwrap();
        assert!(save_trace(&taken, &trace()).is_err());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
