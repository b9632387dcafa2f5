//! One image through the chain, with a picture after every step. Runs on the trace's thread.

use super::jobs::JobHandle;
use super::picture::{self, Difference};
use super::preview::{Opened, PreviewRequest};
use super::work::Report;
use crate::data::{Dtype, Image};
use crate::transform::{Chain, Draw, Scratch};
use crate::ui::inspect::state::{Trace, TraceDifference, TraceRow};
use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The chain is run again with the same draw until so much time went by; each step's figure is the median.
const BUDGET: Duration = Duration::from_millis(40);
const MAX_RUNS: usize = 31;
/// Pixels of all pictures together: 16 MiB of textures for the longest of chains.
const PICTURE_PIXELS: usize = 4 << 20;
/// Pixels on a picture's longer side.
const MAX_SIDE: usize = 256;
const MIN_SIDE: usize = 16;

/// A trace before its pictures are textures.
pub struct TraceImages {
    index: usize,
    draw: u64,
    path: PathBuf,
    caption: String,
    rows: Vec<Row>,
    failed: Option<String>,
}

struct Row {
    step: usize,
    name: &'static str,
    drawn: String,
    skipped: bool,
    after: ColorImage,
    difference: Option<Difference>,
    shape: String,
    range: String,
    numbers: &'static str,
    stretched: bool,
    us: f64,
}

impl TraceImages {
    pub fn into_trace(self, ctx: &Context) -> Trace {
        // Single pixels stay to be seen; larger images are drawn smaller without speckles.
        let options = TextureOptions { minification: egui::TextureFilter::Linear, ..TextureOptions::NEAREST };
        let texture = |picture| ctx.load_texture("trace", picture, options);
        let mut before: Option<TextureHandle> = None;
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            let after = texture(row.after);
            let difference = match row.difference {
                None => TraceDifference::First,
                Some(Difference::None) => TraceDifference::None,
                Some(Difference::Incomparable(why)) => TraceDifference::Incomparable(why),
                Some(Difference::Picture { picture, largest, factor }) => TraceDifference::Picture {
                    texture: texture(picture),
                    text: tr!("window-difference", factor = factor.to_string(), largest = picture::number(largest)),
                },
            };
            rows.push(TraceRow {
                name: row.name,
                drawn: row.drawn,
                skipped: row.skipped,
                before: before.replace(after.clone()),
                after,
                difference,
                shape: row.shape,
                range: row.range,
                numbers: row.numbers,
                stretched: row.stretched,
                us: row.us,
            });
        }
        let Self { index, draw, path, caption, failed, .. } = self;
        Trace { index, draw, path, caption, rows, failed }
    }
}

pub fn trace(job: &JobHandle<Report>, request: &PreviewRequest) {
    let result = work_out(request, &|| job.is_cancelled());
    job.send(Report::Trace(result.map(Box::new)));
}

fn work_out(request: &PreviewRequest, cancelled: &dyn Fn() -> bool) -> Result<TraceImages, String> {
    let begun = Instant::now();
    // Step by step, also where the loader does several as one: that is what is looked at here.
    let chain = Chain::build(&request.specs).map_err(|e| e.to_string())?;
    let Opened { image: decoded, path, read_us, decode_us } = request.open(&chain)?;
    let enabled = chain.steps().iter().filter(|step| step.enabled()).count();
    let side = (PICTURE_PIXELS / (2 * enabled.max(1))).isqrt().clamp(MIN_SIDE, MAX_SIDE);

    let mut scratch = Scratch::default();
    let mut image = decoded.clone();
    let mut before = decoded.clone();
    let mut rows: Vec<Row> = Vec::with_capacity(enabled);
    let mut witness = |step: usize, draw: &Draw, image: &Image, _: Duration| {
        let Some(info) = chain.steps().get(step).map(|step| step.info()) else { return };
        // Whoever cancels wants no pictures.
        let difference = (!rows.is_empty() && !cancelled()).then(|| picture::difference(&before, image, side));
        rows.push(Row {
            step,
            name: info.name,
            drawn: if matches!(draw, Draw::Fixed) { String::new() } else { info.describe(draw).to_string() },
            skipped: matches!(draw, Draw::Skip),
            after: picture::picture(image, side),
            difference,
            shape: picture::shape_text(image),
            range: picture::range_text(image),
            numbers: if image.dtype == Dtype::U8 { "bytes" } else { "float" },
            stretched: picture::tones(image).stretched,
            us: 0.0,
        });
        before.clone_from(image);
    };
    let failed =
        chain.run_step_by_step(&mut image, &mut scratch, request.seed(), &mut witness).err().map(|e| e.to_string());
    if failed.is_none() {
        time(&chain, &decoded, request, &mut scratch, &mut rows, &|| begun.elapsed() > BUDGET || cancelled());
    }
    // Loading is what the loader does before the chain.
    if let Some(first) = rows.first_mut().filter(|row| row.name == "LoadImage") {
        first.us += read_us + decode_us;
    }
    let caption = request.caption(&path);
    Ok(TraceImages { index: request.index, draw: request.draw, path, caption, rows, failed })
}

/// Fills in each row's microseconds: the median of some runs with the draw shown.
fn time(
    chain: &Chain,
    decoded: &Image,
    request: &PreviewRequest,
    scratch: &mut Scratch,
    rows: &mut [Row],
    enough: &dyn Fn() -> bool,
) {
    let mut times: Vec<Vec<f64>> = vec![Vec::with_capacity(MAX_RUNS); chain.steps().len()];
    let mut image = decoded.clone();
    for run in 0..MAX_RUNS {
        if run > 0 && enough() {
            break;
        }
        image.clone_from(decoded);
        let mut witness = |step: usize, _: &Draw, _: &Image, elapsed: Duration| {
            if let Some(times) = times.get_mut(step) {
                times.push(elapsed.as_secs_f64() * 1e6);
            }
        };
        if chain.run_step_by_step(&mut image, scratch, request.seed(), &mut witness).is_err() {
            break;
        }
    }
    for row in rows {
        if let Some(times) = times.get_mut(row.step) {
            times.sort_by(f64::total_cmp);
            row.us = times.get(times.len() / 2).copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ParamValue, TransformSpec};
    use std::ops::ControlFlow;
    use std::sync::Arc;

    fn request(dir: &std::path::Path, specs: Vec<TransformSpec>) -> PreviewRequest {
        let root = dir.join("data");
        crate::data::sample_images::write_sample_dataset(&root, 2, 0, &mut |_, _| ControlFlow::Continue(())).unwrap();
        let dataset = crate::data::scan(&root, 1_000_000, &mut |_| ControlFlow::Continue(())).unwrap();
        let dataset = Arc::new(dataset);
        PreviewRequest {
            dataset,
            index: 3,
            quarantined: false,
            draw: 1,
            specs,
            channels: 1,
            max_pixels: 1_000_000,
            seed: 0,
            fuse: false,
            scaled_decode: false,
        }
    }

    #[test]
    fn every_enabled_step_has_its_row() {
        let dir = tempfile::tempdir().unwrap();
        let mut specs = crate::transform::tutorial_chain(Some([32, 32]));
        specs[4] = TransformSpec::new("RandRotate")
            .with("range_x", ParamValue::Float(0.5))
            .with("prob", ParamValue::Float(1.0));
        specs[5] = TransformSpec::new("RandFlip").with("prob", ParamValue::Float(0.0));
        specs[6].enabled = false;
        let trace = work_out(&request(dir.path(), specs), &|| false).unwrap();
        let names: Vec<_> = trace.rows.iter().map(|row| row.name).collect();
        assert_eq!(names, ["LoadImage", "EnsureChannelFirst", "Resize", "ScaleIntensity", "RandRotate", "RandFlip"]);
        let [load, first, resize, scale, rotate, flip] = &trace.rows[..] else { panic!() };
        assert!(load.difference.is_none() && load.us > 0.0 && load.numbers == "bytes");
        assert!(matches!(first.difference, Some(Difference::None)), "axes alone are no change");
        assert_eq!(resize.shape, "1 × 32 × 32");
        assert!(matches!(resize.difference, Some(Difference::Incomparable(_))));
        assert_eq!((scale.range.as_str(), scale.drawn.as_str(), scale.numbers), ("0 to 1", "", "float"));
        assert!(rotate.drawn.starts_with("angle") && !rotate.skipped && rotate.us > 0.0, "{}", rotate.drawn);
        assert!(matches!(rotate.difference, Some(Difference::Picture { .. })));
        assert!(flip.skipped && matches!(flip.difference, Some(Difference::None)));
        assert!(trace.failed.is_none());
    }

    #[test]
    fn a_step_that_fails_is_named_and_those_before_it_are_shown() {
        let dir = tempfile::tempdir().unwrap();
        let mut specs = vec![TransformSpec::new("LoadImage"), TransformSpec::new("EnsureChannelFirst")];
        // It refuses bytes.
        specs.push(TransformSpec::new("Normalize"));
        let trace = work_out(&request(dir.path(), specs), &|| false).unwrap();
        assert_eq!(trace.rows.len(), 2);
        assert!(trace.failed.is_some_and(|why| why.starts_with("Normalize: ")));
    }
}
