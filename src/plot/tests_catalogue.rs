//! The plots of a run by name: units, marks, bands, and what is said where there is nothing to show.

use super::Mark;
use super::catalogue::{self, METRICS, PlotView, XAxis, metric_names, metrics_of};
use super::{Plot, description::MomentKind};
use crate::client::RunState;
use crate::protocol::{
    ChangeMark, Event, GpuTelemetry, Pressure, SpanKind, SpanMark, StageCost, StagesEvent, StepEvent, StepPhases,
    Telemetry,
};
use std::borrow::Cow;

fn metric_plot<'a>(name: &str, run: &'a RunState) -> Option<Plot<'a>> {
    catalogue::metric_plot(name, run, &PlotView::default())
}

fn metric_plot_of_runs<'a>(name: &str, runs: &'a [RunState]) -> Option<Plot<'a>> {
    let runs: Vec<&RunState> = runs.iter().collect();
    catalogue::metric_plot_of_runs(name, &runs, &PlotView::default())
}

fn run(cores: usize, gpus: usize, end: f64) -> RunState {
    let mut run = RunState::default();
    for i in 0..50u64 {
        let secs = end * i as f64 / 49.0;
        run.apply(&Event::Step(StepEvent {
            secs,
            step: i + 1,
            epoch: 1,
            loss: Some(1.0 / (i + 1) as f64),
            lr: 1e-3,
            images_per_sec: 1000.0,
            images: None,
            data_wait_frac: 0.25,
            phases: StepPhases { synced: true, wait_secs: 1.0, forward_secs: 3.0, ..StepPhases::default() },
            queue_len: 2,
            config_version: 1,
        }));
        run.apply(&Event::Telemetry(Box::new(Telemetry {
            secs,
            cpu_percent: (0..cores).map(|c| c as f32).collect(),
            memory_used_bytes: Some(3_000_000_000),
            gpus: vec![
                GpuTelemetry { name: "Test GPU".into(), power_watts: Some(50.0), ..GpuTelemetry::default() };
                gpus
            ],
            gpu_note: (gpus == 0).then(|| "no NVIDIA driver".into()),
            pressure: Pressure::default(),
            ..Telemetry::default()
        })));
    }
    let stage = |name: &str| StageCost { stage: name.into(), images: 10, wall_us: 5.0, cpu_us: 5.0 };
    let stages = vec![stage("read"), stage("decode")];
    run.apply(&Event::Stages(StagesEvent {
        secs: 1.0,
        config_version: 1,
        workers: 0,
        stages,
        queue_len: 0,
        queue_capacity: 4,
        cache: None,
    }));
    run.apply(&Event::Changed(ChangeMark {
        secs: 2.0,
        step: 3,
        config_version: 2,
        label: "RandRotate on".into(),
        experiment: false,
        switched_off: Vec::new(),
    }));
    run
}

#[test]
fn every_name_has_a_plot_with_units_and_marks() {
    let run = run(2, 1, 100.0);
    for name in METRICS {
        let plot = metric_plot(name, &run).unwrap();
        let doc = catalogue::metric_doc(name).to_string();
        assert!(!plot.title.is_empty() && !plot.y_label.is_empty() && !doc.is_empty(), "{name}");
        assert!(doc != *name && plot.title != *name, "{name}: {doc}");
        assert_eq!(plot.x_label, "time (s)");
        assert_eq!(plot.marks, [Mark { x: 2.0, label: "RandRotate on".into() }], "{name}");
    }
    assert!(metric_plot("los", &run).is_none());
    assert_eq!(metric_names().len(), METRICS.len() + 1);
    assert!(metrics_of(&run).eq(METRICS.iter().copied()), "no bisect, no picture of it");
}

#[test]
fn an_empty_run_has_all_plots_too() {
    let run = RunState::default();
    assert!(metric_names().into_iter().all(|name| metric_plot(name, &run).is_some_and(|p| !p.has_data())));
}

#[test]
fn what_is_not_there_says_so() {
    let without = run(2, 0, 10.0);
    assert_eq!(metric_plot("gpu_util", &without).unwrap().note.as_deref(), Some("N/A: no NVIDIA driver"));
    let with = run(2, 1, 10.0);
    let power = metric_plot("gpu_power", &with).unwrap();
    assert!(power.has_data() && power.series[0].name == "Test GPU");
    let clocks = metric_plot("gpu_clocks", &with).unwrap();
    assert!(!clocks.has_data());
    assert_eq!(clocks.note.as_deref(), Some("N/A: the driver gives no such reading"));
}

#[test]
fn points_are_borrowed() {
    let run = run(4, 2, 10.0);
    for name in metric_names() {
        let plot = metric_plot(name, &run).unwrap();
        assert!(plot.series.iter().all(|s| matches!(s.points, Cow::Borrowed(_))), "{name}");
    }
}

#[test]
fn long_runs_have_minutes_and_hours() {
    let unit = |secs| metric_plot("loss", &run(1, 0, secs)).unwrap().x_unit as u32;
    assert_eq!([unit(599.0), unit(700.0), unit(20_000.0)], [1, 60, 3600]);
}

#[test]
fn bisects_and_pauses_are_bands_live_and_from_an_older_record() {
    let span = |secs, kind, begins| Event::Span(SpanMark { secs, step: 1, kind, begins });
    let mut live = run(2, 0, 50.0);
    live.apply(&span(10.0, SpanKind::Bisect, true));
    live.apply(&span(20.0, SpanKind::Bisect, false));
    live.apply(&span(30.0, SpanKind::Paused, true));
    let bands = |run: &RunState, name: &str| -> Vec<(String, [f64; 2])> {
        metric_plot(name, run).unwrap().bands.into_iter().map(|band| (band.label, band.x)).collect()
    };
    let expected = [("bisect".to_owned(), [10.0, 20.0]), ("paused".to_owned(), [30.0, 50.0])];
    assert!(METRICS.iter().all(|name| bands(&live, name) == expected), "a pause reaches to the end so far");

    let mut older = run(2, 0, 50.0);
    for secs in [12.0, 14.0] {
        let label = "bisect: RandZoom off".to_owned();
        let (label, switched_off) = (label.into(), Vec::new());
        let mark = ChangeMark { secs, step: 3, config_version: 3, label, experiment: true, switched_off };
        older.apply(&Event::Changed(mark));
    }
    assert_eq!(bands(&older, "loss"), [("bisect".to_owned(), [12.0, 14.0])]);
    assert_eq!(metric_plot("loss", &older).unwrap().marks.len(), 1, "its changes are no marks");

    let runs = [live, older];
    let both = metric_plot_of_runs("loss", &runs).unwrap();
    let labels: Vec<&str> = both.bands.iter().map(|band| band.label.as_str()).collect();
    assert_eq!(labels, ["run 1: bisect", "run 1: paused", "run 2: bisect"]);
}

#[test]
fn runs_are_compared_under_their_names() {
    let runs = [run(2, 0, 50.0), run(2, 0, 900.0)];
    let plot = metric_plot_of_runs("images_per_sec", &runs).unwrap();
    assert_eq!(plot.series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["run 1", "run 2"]);
    assert_eq!((plot.x_label.as_str(), plot.x_range), ("time (min)", Some([0.0, 900.0])));
    assert_eq!(plot.marks.len(), 2);
    let cpu = metric_plot_of_runs("cpu", &runs).unwrap();
    assert_eq!(cpu.series.iter().map(|s| s.color).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(metric_plot_of_runs("phases", &runs).unwrap().title, "Phases of a step of run 1");
    assert!(metric_plot_of_runs("nothing", &runs).is_none() && metric_plot_of_runs("loss", &[]).is_none());
}

#[test]
fn memory_is_counted_as_everywhere_else() {
    let run = run(1, 1, 10.0);
    for name in ["memory", "gpu_memory"] {
        let plot = metric_plot(name, &run).unwrap();
        assert_eq!((plot.y_label.as_str(), plot.y_unit), ("GiB", f64::from(1 << 30)), "{name}");
    }
}

#[test]
fn many_cores_are_three_lines() {
    let run = run(64, 0, 10.0);
    let plot = metric_plot("cpu", &run).unwrap();
    let last = |i: usize| plot.series[i].points.last().unwrap()[1];
    assert_eq!(plot.series.len(), 3);
    assert_eq!([last(0), last(1), last(2)], [31.5, 63.0, 0.0]);
}

#[test]
fn over_steps_and_epochs_everything_lies_where_it_did() {
    let mut run = run(2, 0, 98.0);
    let epoch =
        |epoch: u64| crate::protocol::EpochEvent { secs: 49.0 * epoch as f64, ..crate::protocol::played::epoch(epoch) };
    run.apply(&Event::Epoch(epoch(1)));
    let plot = |x| catalogue::metric_plot("loss", &run, &PlotView { x, log: true, smooth: 0.5 }).unwrap();
    // Fifty steps over 98 s; the run does not say how long an epoch is.
    let steps = plot(XAxis::Step);
    assert_eq!((steps.x_label.as_str(), steps.x_range, steps.y_log), ("step", Some([0.0, 50.0]), true));
    assert_eq!((steps.marks[0].x, steps.moments[0].x, steps.moments[0].kind), (2.0, 25.5, MomentKind::Epoch));
    let series = &steps.series[0];
    assert!((series.x(series.points[9][0]) - 10.0).abs() < 1e-9 && (series.own_x(10.0) - 18.0).abs() < 1e-9);
    assert_eq!(plot(XAxis::Epoch).x_label, "time (s)");
}
