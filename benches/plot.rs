//! What drawing costs: twelve full plots in one frame, and the default picture of one plot and of twelve.

use criterion::{Criterion, criterion_group, criterion_main};
use egui::{Context, Pos2, RawInput, Rect, Vec2};
use std::hint::black_box;
use trainscope::client::MAX_POINTS;
use trainscope::plot::{Mark, Plot, PngOptions, Series, render_canvas, render_png, show};

fn plots() -> Vec<Plot<'static>> {
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24)
    };
    let mut series = |name: &str, color| Series {
        name: name.to_owned(),
        points: (0..MAX_POINTS)
            .map(|i| [i as f64, 2.0 * (-(i as f64) / 900.0).exp() + noise() * 0.3])
            .collect::<Vec<_>>()
            .into(),
        color,
        dots: false,
    };
    (0..12)
        .map(|i| Plot {
            title: format!("Plot {i}"),
            x_label: "time (s)".into(),
            y_label: "units".into(),
            series: vec![series("training", 0)],
            marks: (1..4).map(|m| Mark { x: f64::from(m) * 900.0, label: "RandRotate off".into() }).collect(),
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

criterion_group!(benches, drawing);
criterion_main!(benches);
