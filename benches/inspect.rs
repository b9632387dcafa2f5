//! What a frame of the Inspect page costs with 100,000 images: standing still with every thumbnail there, and scrolling.
//! Layout, the panels, the tree for assistive technology and tessellation count; the graphics card's work does not.

use criterion::{Criterion, criterion_group, criterion_main};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};
use trainscope::app::App;
use trainscope::app::dirs::Dirs;
use trainscope::app::engine_link::{EngineLink, EngineStarter, Wake};
use trainscope::client::{ClientError, ClientEvent};
use trainscope::protocol::Command;

const IMAGES: usize = 100_000;

/// An engine that says nothing.
struct Silent;

impl EngineLink for Silent {
    fn send(&self, _command: Command) -> Result<(), ClientError> {
        Ok(())
    }

    fn recv_timeout(&self, timeout: Duration) -> Option<ClientEvent> {
        std::thread::sleep(timeout);
        None
    }

    fn kill(&self) {}
}

/// Hard links to few files, for their number's sake.
fn write_images(dir: &std::path::Path) -> std::path::PathBuf {
    let (samples, data) = (dir.join("samples"), dir.join("many"));
    let mut go_on = |_, _| ControlFlow::Continue(());
    trainscope::data::sample_images::write_sample_dataset(&samples, 1, 0, &mut go_on).expect("sample images");
    let classes: Vec<_> = std::fs::read_dir(&samples).expect("samples").flatten().map(|entry| entry.path()).collect();
    for class in &classes {
        let to = data.join(class.file_name().unwrap_or_default());
        std::fs::create_dir_all(&to).expect("a folder");
        let source = std::fs::read_dir(class).expect("a class").flatten().next().expect("an image").path();
        for i in 0..IMAGES / classes.len() + 1 {
            let name = format!("{i:06}.{}", source.extension().unwrap_or_default().to_string_lossy());
            std::fs::hard_link(&source, to.join(name)).expect("a link");
        }
    }
    data
}

fn frames(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let data = write_images(dir.path());
    let starter: EngineStarter = Arc::new(|_: Wake| Ok(Box::new(Silent) as _));
    let dirs = Dirs::at(dir.path().join("state"));
    let mut harness = Harness::builder().with_size([1280.0, 800.0]).build_eframe(|creation| {
        let mut app = App::new(&creation.egui_ctx, dirs, starter, None);
        app.open_dataset(data);
        app
    });
    let wait = |harness: &mut Harness<'_, App>, what: &str, done: &dyn Fn(&App) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !done(harness.state()) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            harness.step();
        }
    };
    wait(&mut harness, "the dataset", &|app| app.state().dataset.ready().is_some_and(|r| r.dataset.len() >= IMAGES));
    harness.get_by_label("Inspect").click();
    harness.step();
    wait(&mut harness, "the thumbnails", &|app| (0..20).all(|i| app.state().inspect.thumbs.get(i).is_some()));
    wait(&mut harness, "the chain view", &|app| app.state().inspect.trace.shown.is_some());

    let tessellate = |harness: &mut Harness<'_, App>| {
        harness.step();
        let output = harness.output();
        harness.ctx.tessellate(output.shapes.clone(), output.pixels_per_point).len()
    };
    let mut group = criterion.benchmark_group("inspect_100k");
    group.sample_size(50);
    group.bench_function("still", |bencher| bencher.iter(|| tessellate(&mut harness)));
    let grid = harness.get_by_label("Thumbnails").rect().center();
    group.bench_function("scrolling", |bencher| {
        bencher.iter(|| {
            harness.hover_at(grid);
            harness.event(egui::Event::MouseWheel {
                unit: egui::MouseWheelUnit::Point,
                delta: egui::vec2(0.0, -700.0),
                phase: egui::TouchPhase::Move,
                source: egui::MouseWheelSource::Wheel,
                modifiers: egui::Modifiers::NONE,
            });
            tessellate(&mut harness)
        });
    });
    group.finish();
}

criterion_group!(benches, frames);
criterion_main!(benches);
