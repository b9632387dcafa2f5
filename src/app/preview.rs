//! One image through the chain, step by step timed. Runs on the preview's thread.

use super::jobs::JobHandle;
use super::work::Report;
use crate::config::TransformSpec;
use crate::data::{Dataset, Decoder, Image, Layout};
use crate::transform::{Chain, SampleSeed, Scratch, StageClock};
use crate::ui::state::Preview;
use egui::{ColorImage, TextureOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The chain is run again until so much time went by, so that the figures are steady.
const BUDGET: Duration = Duration::from_millis(60);
const MAX_RUNS: usize = 40;
/// Textures larger than this are halved; the panel shows them small.
const MAX_SIDE: usize = 512;

/// What is previewed.
pub struct PreviewRequest {
    pub dataset: Arc<Dataset>,
    pub index: usize,
    pub draw: u64,
    pub specs: Vec<TransformSpec>,
    pub channels: usize,
    pub max_pixels: u64,
    pub seed: u64,
}

/// A preview before its pictures are textures.
pub struct PreviewImages {
    caption: String,
    path: PathBuf,
    before: ColorImage,
    after: ColorImage,
    after_text: String,
    read_us: f64,
    decode_us: f64,
    step_us: Vec<Option<f64>>,
}

impl PreviewImages {
    pub fn into_preview(self, ctx: &egui::Context) -> Preview {
        Preview {
            caption: self.caption,
            path: self.path,
            before: ctx.load_texture("preview before", self.before, TextureOptions::NEAREST),
            after: ctx.load_texture("preview after", self.after, TextureOptions::NEAREST),
            after_text: self.after_text,
            read_us: self.read_us,
            decode_us: self.decode_us,
            step_us: self.step_us,
        }
    }
}

pub fn preview(job: &JobHandle<Report>, request: &PreviewRequest) {
    let result = work_out(job, request);
    job.send(Report::Preview(result.map(Box::new)));
}

/// Nanoseconds by step of the chain.
struct Clock {
    begun: Instant,
    nanos: Vec<u128>,
}

impl StageClock for Clock {
    fn begin(&mut self, _step: usize) {
        self.begun = Instant::now();
    }

    fn end(&mut self, step: usize) {
        if let Some(nanos) = self.nanos.get_mut(step) {
            *nanos += self.begun.elapsed().as_nanos();
        }
    }
}

fn work_out(job: &JobHandle<Report>, request: &PreviewRequest) -> Result<PreviewImages, String> {
    let chain = Chain::build(&request.specs).map_err(|e| e.to_string())?;
    let path = request.dataset.path_of(request.index);
    let mut decoder = Decoder::new(request.channels, request.max_pixels);
    let mut decoded = Image::empty();
    // The first reading warms the page cache and the buffers; the second is timed.
    let mut times = [0.0; 2];
    for _ in 0..2 {
        let begun = Instant::now();
        decoder.read(&path).map_err(|e| e.to_string())?;
        let read = begun.elapsed();
        decoder.decode(&path, &mut decoded).map_err(|e| e.to_string())?;
        times = [read.as_secs_f64() * 1e6, (begun.elapsed() - read).as_secs_f64() * 1e6];
    }
    let mut before = decoded.clone();
    before.to_floats();
    let before = to_picture(&before);

    let mut scratch = Scratch::default();
    let mut clock = Clock { begun: Instant::now(), nanos: vec![0; chain.steps().len()] };
    let begun = Instant::now();
    let mut runs = 0usize;
    let mut shown = None;
    while runs == 0 || (begun.elapsed() < BUDGET && runs < MAX_RUNS && !job.is_cancelled()) {
        let mut image = decoded.clone();
        let seed = SampleSeed { seed: request.seed, epoch: request.draw + runs as u64, sample: request.index as u64 };
        chain.run(&mut image, &mut scratch, seed, &mut clock).map_err(|e| e.to_string())?;
        runs += 1;
        shown.get_or_insert(image);
    }
    let after = shown.ok_or("the chain gave no image")?;
    let step_us = chain
        .steps()
        .iter()
        .zip(&clock.nanos)
        .map(|(step, nanos)| step.enabled().then(|| *nanos as f64 / runs as f64 / 1000.0))
        .collect();
    let class = request.dataset.class_names.get(request.dataset.class_of(request.index));
    let name = path.file_name().unwrap_or_default().to_string_lossy().replace(char::is_control, " ");
    Ok(PreviewImages {
        caption: format!("{name}, class {}", class.map_or("?", String::as_str)),
        path,
        before,
        after_text: describe(&after),
        after: to_picture(&after),
        read_us: times[0],
        decode_us: times[1],
        step_us,
    })
}

fn range(image: &Image) -> (f32, f32) {
    let finite = image.data.iter().copied().filter(|v| v.is_finite());
    finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(lo, hi), v| (lo.min(v), hi.max(v)))
}

/// Such as `1 × 64 × 64, values 0 to 1`.
fn describe(image: &Image) -> String {
    let [c, h, w] = image.shape();
    let (lo, hi) = range(image);
    let number = |v: f32| if v.abs() >= 100.0 { format!("{v:.0}") } else { format!("{}", (v * 100.0).round() / 100.0) };
    if lo > hi {
        return format!("{c} × {h} × {w}");
    }
    format!("{c} × {h} × {w}, values {} to {}", number(lo), number(hi))
}

/// Values 0 to 1 and 0 to 255 are shown as they are; any other range is stretched to black and white.
fn to_picture(image: &Image) -> ColorImage {
    let [channels, height, width] = image.shape();
    let step = height.max(width).div_ceil(MAX_SIDE).max(1);
    let (out_width, out_height) = (width.div_ceil(step), height.div_ceil(step));
    let (lo, hi) = range(image);
    let (from, span) = match (lo, hi) {
        (lo, hi) if lo >= 0.0 && hi <= 1.0 => (0.0, 1.0),
        (lo, hi) if lo >= 0.0 && hi <= 255.0 => (0.0, 255.0),
        (lo, hi) if lo < hi => (lo, hi - lo),
        _ => (0.0, 1.0),
    };
    let at = |c: usize, y: usize, x: usize| {
        let index = match image.layout {
            Layout::ChannelLast => (y * width + x) * channels + c,
            Layout::ChannelFirst => (c * height + y) * width + x,
        };
        let value = image.data.get(index).copied().unwrap_or(0.0);
        // The cast saturates, so what lies outside is black or white.
        ((value - from) / span * 255.0 + 0.5) as u8
    };
    let mut rgb = Vec::with_capacity(out_width * out_height * 3);
    for y in (0..height).step_by(step) {
        for x in (0..width).step_by(step) {
            for c in 0..3 {
                rgb.push(at(if channels >= 3 { c } else { 0 }, y, x));
            }
        }
    }
    ColorImage::from_rgb([out_width, out_height], &rgb)
}
