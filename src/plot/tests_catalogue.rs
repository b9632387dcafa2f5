//! The plots of a run by name: units, marks, bands, and what is said where there is nothing to show.

use super::Mark;
use super::catalogue::{self, METRICS, PlotView, XAxis, metric_names, metrics_of};
use super::decimate::{line_runs, seen, share_runs, smoothed, thin_stack};
use super::{MarkedRun, PALETTE_SLOTS, Plot, PngOptions, csv_text, description::MomentKind, render_svg};
use crate::client::{RunState, Turn, TurnKind};
use crate::protocol::{
    ChangeMark, EpochEvent, Event, GpuTelemetry, Pressure, RunPhase, SpanKind, SpanMark, StageCost, StagesEvent,
    Started, StepEvent, StepPhases, Telemetry, played,
};
use std::borrow::Cow;

/// What the stages of loading cost in the run's first second.
fn costs(stages: Vec<StageCost>) -> Event {
    Event::Stages(StagesEvent {
        secs: 1.0,
        config_version: 1,
        workers: 0,
        stages,
        queue_len: 0,
        queue_capacity: 4,
        cache: None,
    })
}

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
    run.apply(&costs(vec![stage("read"), stage("decode")]));
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
        assert_eq!(plot.marks, [Mark { x: 2.0, label: "RandRotate on".into(), run: None }], "{name}");
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

/// Ten seconds of steps, a validation of 100 s, as many steps, a pause of 75 s, and as many again.
fn interrupted() -> RunState {
    let mut run = RunState::default();
    let span = |secs, begins| Event::Span(SpanMark { secs, step: 200, kind: SpanKind::Paused, begins });
    for (round, begin) in [0.0, 110.0, 195.0].into_iter().enumerate() {
        for n in 1..=100u64 {
            let (secs, step) = (begin + 0.1 * n as f64, 100 * round as u64 + n);
            run.apply(&Event::Step(StepEvent {
                secs,
                images: Some(20),
                images_per_sec: 200.0,
                phases: StepPhases { synced: true, forward_secs: 0.1, ..StepPhases::default() },
                ..played::step(step)
            }));
            run.apply(&Event::Stages(StagesEvent {
                secs,
                config_version: 1,
                workers: 0,
                stages: vec![StageCost { stage: "read".into(), images: 10, wall_us: 5.0, cpu_us: 5.0 }],
                queue_len: 0,
                queue_capacity: 4,
                cache: None,
            }));
        }
        match round {
            0 => {
                let validated = EpochEvent { secs: 110.0, val_loss: Some(1.0), ..played::epoch(1) };
                run.apply(&Event::Epoch(validated));
            }
            1 => [span(120.0, true), span(195.0, false)].iter().for_each(|event| run.apply(event)),
            _ => {}
        }
    }
    run
}

#[test]
fn no_line_goes_over_a_pause_or_a_validation() {
    let run = interrupted();
    let everything = [f64::NEG_INFINITY, f64::INFINITY];
    let lines = |points: &[[f64; 2]]| -> Vec<[i32; 2]> {
        let runs = line_runs(points, 0.01, f64::NEG_INFINITY, |x| x as f32, |y| y as f32);
        runs.iter().map(|run| [run[0].x.round() as i32, run[run.len() - 1].x.round() as i32]).collect()
    };
    for name in ["loss", "images_per_sec", "data_wait", "queue", "stages"] {
        let plot = metric_plot(name, &run).unwrap();
        let series = &plot.series[0];
        assert_eq!(lines(&seen(series, everything, 800).points), [[0, 10], [110, 120], [195, 205]], "{name}");
        let smooth = smoothed(series, 0.5, everything, 800);
        assert_eq!(lines(&smooth), [[0, 10], [110, 120], [195, 205]], "{name}");
        // Over steps there is no such stretch.
        let over_steps = catalogue::metric_plot(name, &run, &PlotView { x: XAxis::Step, ..PlotView::default() });
        assert_eq!(lines(&seen(&over_steps.unwrap().series[0], everything, 800).points).len(), 1, "{name}");
    }
    let phases = metric_plot("phases", &run).unwrap();
    assert_eq!(share_runs(&thin_stack(&phases.series), everything, 0.5).len(), 3);
    // A loss of validations is of epochs: it stays in one.
    assert!(metric_plot("val", &run).unwrap().series[0].unmeasured.is_empty());
}

#[test]
fn validations_are_bands_too() {
    let mut run = interrupted();
    let bands = |run: &RunState| -> Vec<(String, [i32; 2])> {
        let bands = metric_plot("images_per_sec", run).unwrap().bands;
        bands.into_iter().map(|band| (band.label, band.x.map(|x| x.round() as i32))).collect()
    };
    let [paused, first] = [("paused".to_owned(), [120, 195]), ("validating".to_owned(), [10, 110])];
    assert_eq!(bands(&run), [paused.clone(), first.clone()]);
    // One that lasts.
    run.apply(&Event::Phase(RunPhase::Validating));
    run.apply(&Event::Telemetry(Box::new(Telemetry { secs: 260.0, ..Telemetry::default() })));
    assert_eq!(bands(&run), [paused.clone(), first.clone(), ("validating".to_owned(), [205, 260])]);
    // Its end, and one too short to be shaded.
    run.apply(&Event::Epoch(EpochEvent { secs: 261.0, val_loss: Some(1.0), ..played::epoch(2) }));
    run.apply(&Event::Phase(RunPhase::Training));
    let secs = 261.1;
    run.apply(&Event::Step(StepEvent { secs, images: Some(20), images_per_sec: 200.0, ..played::step(301) }));
    run.apply(&Event::Epoch(EpochEvent { secs: 261.5, val_loss: Some(1.0), ..played::epoch(3) }));
    assert_eq!(bands(&run), [paused, first, ("validating".to_owned(), [205, 261])]);
}

/// The second takes half as long as the first, which is just long enough.
#[test]
fn of_validations_that_are_alike_all_are_shaded_or_none() {
    let bands = |scale: f64| {
        let mut run = RunState::default();
        let mut secs = 0.0;
        for epoch in 1..=3u64 {
            for n in 1..=100 {
                secs += 1.0;
                run.apply(&Event::Step(StepEvent {
                    secs,
                    images: Some(20),
                    images_per_sec: 20.0,
                    ..played::step(100 * (epoch - 1) + n)
                }));
            }
            secs += scale * if epoch == 1 { 8.0 } else { 4.0 };
            let step = 100 * epoch;
            run.apply(&Event::Epoch(EpochEvent { secs, step, val_loss: Some(1.0), ..played::epoch(epoch) }));
        }
        metric_plot("loss", &run).unwrap().bands.len()
    };
    assert_eq!((bands(0.5), bands(0.25)), (3, 0));
}

#[test]
fn runs_are_compared_under_their_names() {
    let runs = [run(2, 0, 50.0), run(2, 0, 900.0)];
    let plot = metric_plot_of_runs("images_per_sec", &runs).unwrap();
    assert_eq!(plot.series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["run 1", "run 2"]);
    assert_eq!((plot.x_label.as_str(), plot.x_range), ("time (min)", Some([0.0, 900.0])));
    assert_eq!(plot.marks.len(), 2);
    // One colour a run, whatever the plot.
    let colors = |name: &str| -> Vec<usize> {
        metric_plot_of_runs(name, &runs).unwrap().series.iter().map(|s| s.color % PALETTE_SLOTS).collect()
    };
    assert_eq!((colors("images_per_sec"), colors("loss"), colors("cpu")), (vec![0, 1], vec![0, 1], vec![0, 0, 1, 1]));
    let cpu = metric_plot_of_runs("cpu", &runs).unwrap();
    assert_ne!(cpu.series[0].color, cpu.series[1].color, "its lines are broken otherwise");
    assert_eq!(metric_plot_of_runs("phases", &runs).unwrap().title, "Phases of a step of run 1");
    assert!(metric_plot_of_runs("nothing", &runs).is_none() && metric_plot_of_runs("loss", &[]).is_none());
}

/// A run's name alone would fill the room that there is for a mark's.
#[test]
fn marks_of_several_runs_say_what_was_changed_and_have_their_run_s_colour() {
    let names = ["20261128-101500-densenet121", "20261128-113000-densenet121"];
    let runs = names.map(|name| {
        let started = Started { run_id: name.to_owned(), ..played::started() };
        let turns = vec![Turn { secs: 98.0, kind: TurnKind::Stopped }];
        RunState { started: Some(started), turns, ..run(2, 0, 98.0) }
    });
    let plot = metric_plot_of_runs("images_per_sec", &runs).unwrap();
    let whose: Vec<_> = plot.marks.iter().map(|mark| (mark.label.as_str(), mark.run.clone())).collect();
    let expected = [0, 1].map(|color| ("RandRotate on", Some(MarkedRun { name: names[color].to_owned(), color })));
    assert_eq!(whose, expected);
    for (color, name) in names.iter().enumerate() {
        let moments: Vec<_> = plot.moments.iter().filter(|moment| moment.label.starts_with(name)).collect();
        assert!(!moments.is_empty() && moments.iter().all(|moment| moment.color == Some(color)), "{moments:?}");
        assert!(plot.bands.iter().filter(|band| band.label.starts_with(name)).all(|band| band.color == color));
    }
    // As small as in the window's grid.
    let options = PngOptions { width: 400, height: 250, ..PngOptions::default() };
    let svg = render_svg(&[plot], &options).unwrap();
    assert_eq!(svg.matches(">RandRotate on</text>").count(), 2, "{svg}");
}

#[test]
fn memory_is_counted_as_everywhere_else() {
    let run = run(1, 1, 10.0);
    for name in ["memory", "gpu_memory"] {
        let plot = metric_plot(name, &run).unwrap();
        assert_eq!((plot.y_label.as_str(), plot.y_unit), ("GiB", f64::from(1 << 30)), "{name}");
    }
}

/// The axis, the box at the pointer and the CSV go by unit and label alike.
#[test]
fn what_a_stage_costs_is_in_the_unit_that_suits_it() {
    let with = |wall_us: f64| {
        let mut run = RunState::default();
        run.apply(&costs(vec![StageCost { stage: "read".into(), images: 10, wall_us, cpu_us: 5.0 }]));
        run
    };
    for (wall_us, header, value) in [(900.0, "μs/image", "900"), (200_000.0, "ms/image", "200"), (3e7, "s/image", "30")]
    {
        let run = with(wall_us);
        let text = csv_text(&[metric_plot("stages", &run).unwrap()]);
        let cell = text.lines().nth(1).and_then(|line| line.split(',').nth(1));
        assert!(text.lines().next().unwrap().ends_with(&format!(" ({header})")), "{text}");
        assert_eq!(cell, Some(value), "{text}");
    }
    let runs = [with(900.0), with(200_000.0)];
    assert_eq!(metric_plot_of_runs("stages", &runs).unwrap().y_label, "ms/image");
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
    let epoch = |epoch: u64| EpochEvent { secs: 49.0 * epoch as f64, ..played::epoch(epoch) };
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
