//! What drawing costs: twelve plots of 4096 points in one frame, ten of a million, and the default picture of one plot and of
//! twelve.

use criterion::{Criterion, criterion_group, criterion_main};
use egui::{Context, Pos2, RawInput, Rect, Vec2};
use std::hint::black_box;
use trainscope::client::{History, MAX_POINTS};
use trainscope::plot::{Mark, Plot, PngOptions, Series, render_canvas, render_png, show};

fn plots() -> Vec<Plot<'static>> {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    };
    let mut series = |name: &str, color| Series {
        name: name.to_owned(),
        points: (0..4096)
            .map(|i| [i as f64, 2.0 * (-(i as f64) / 900.0).exp() + noise() * 0.3])
            .collect::<Vec<_>>()
            .into(),
        color,
        ..Series::default()
    };
    (0..12)
        .map(|i| Plot {
            title: format!("Plot {i}"),
            x_label: "time (s)".into(),
            y_label: "units".into(),
            series: vec![series("training", 0)],
            marks: (1..4)
                .map(|m| Mark { x: f64::from(m) * 900.0, label: "RandRotate off".into(), run: None })
                .collect(),
            ..Plot::default()
        })
        .collect()
}

fn drawing(criterion: &mut Criterion) {
    let plots = plots();
    let size = Vec2::new(1600.0, 900.0);
    let context = Context::default();
    let frame = || {
        let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)), ..RawInput::default() };
        context.run_ui(input, |ui| {
            egui::Grid::new("plots").show(ui, |ui| {
                for (i, plot) in plots.iter().enumerate() {
                    show(ui, plot, Vec2::new(390.0, 290.0));
                    if i % 4 == 3 {
                        ui.end_row();
                    }
                }
            });
        })
    };
    criterion.bench_function("show 12 x 4096 points", |b| b.iter(|| black_box(frame().shapes.len())));
    criterion.bench_function("show 12 x 4096 points and tessellate", |b| {
        b.iter(|| {
            let output = frame();
            black_box(context.tessellate(output.shapes, output.pixels_per_point).len())
        });
    });
    let options = PngOptions::default();
    let mut slow = criterion.benchmark_group("picture 3200 x 1800");
    slow.sample_size(10);
    slow.bench_function("pixels, 1 plot", |b| b.iter(|| render_canvas(&plots[..1], &options).map(|c| c.size()).ok()));
    slow.bench_function("png, 1 plot", |b| b.iter(|| render_png(&plots[..1], &options).map(|p| p.len()).ok()));
    slow.bench_function("png, 12 plots", |b| b.iter(|| render_png(&plots, &options).map(|p| p.len()).ok()));
    slow.finish();
}

/// Ten plots of a million points a series, two series each: whole, zoomed, smoothed and by logarithms; the frames' times in
/// order, of which the 99th of a hundred is to stay below 8 ms. Training adds a point to each before every frame.
fn a_million_points(_: &mut Criterion) {
    const FRAMES: usize = 400;
    const POINTS: u32 = 1_000_000;
    let mut histories: Vec<History> = (0..20)
        .map(|n| {
            let mut history = History::default();
            (0..POINTS)
                .for_each(|i| history.push(f64::from(i), Some(1.5 + (f64::from(i) * (1.0 + f64::from(n))).sin())));
            history
        })
        .collect();
    assert!(histories.iter().all(|history| history.points().len() == POINTS as usize && MAX_POINTS > POINTS as usize));
    let size = Vec2::new(1600.0, 900.0);
    for (name, log, smooth) in [("plain", false, 0.0), ("smoothed", false, 0.9), ("logarithmic", true, 0.0)] {
        let context = Context::default();
        let mut times: Vec<f64> = Vec::new();
        for frame in 0..FRAMES {
            for (n, history) in histories.iter_mut().enumerate() {
                history.push(f64::from(POINTS) + (frame * 20 + n) as f64, Some(1.0));
            }
            let began = std::time::Instant::now();
            let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)), ..RawInput::default() };
            let output = context.run_ui(input, |ui| {
                egui::Grid::new("plots").show(ui, |ui| {
                    for (i, pair) in histories.chunks(2).enumerate() {
                        let series = pair.iter().enumerate().map(|(color, history)| Series {
                            name: format!("series {color}"),
                            points: history.points().into(),
                            summary: Some(history.summary()),
                            color,
                            ..Series::default()
                        });
                        let series = series.collect();
                        let plot = Plot {
                            title: format!("Plot {i}"),
                            x_label: "time (s)".into(),
                            series,
                            y_log: log,
                            smooth,
                            ..Plot::default()
                        };
                        show(ui, &plot, Vec2::new(390.0, 290.0));
                        if i % 4 == 3 {
                            ui.end_row();
                        }
                    }
                });
            });
            black_box(context.tessellate(output.shapes, output.pixels_per_point).len());
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[(share * (FRAMES - 1) as f64) as usize];
        trainscope::print_line!(
            "10 plots of 2 x 1,000,000 points, {name}: median {:.2} ms, 99 of 100 below {:.2} ms, longest {:.2} ms",
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

criterion_group!(benches, drawing, a_million_points);
criterion_main!(benches);
