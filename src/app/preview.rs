//! One image through the chain, step by step timed. Runs on the preview's thread.

use super::jobs::JobHandle;
use super::picture::{self, picture};
use super::work::Report;
use crate::config::TransformSpec;
use crate::console::show_name;
use crate::data::{Dataset, Image};
use crate::language::Message;
use crate::transform::{Chain, SampleSeed, Scratch, StageClock};
use crate::ui::state::Preview;
use egui::{ColorImage, TextureOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The chain is run again until so much time went by, so that the figures are steady.
const BUDGET: Duration = Duration::from_millis(60);
const MAX_RUNS: usize = 40;
/// Textures larger than this are halved; the panel shows them small.
const MAX_SIDE: usize = 512;

/// What is previewed or traced.
pub struct PreviewRequest {
    pub dataset: Arc<Dataset>,
    pub index: usize,
    /// A file that hung once is not opened.
    pub quarantined: bool,
    pub draw: u64,
    pub specs: Vec<TransformSpec>,
    pub channels: usize,
    pub max_pixels: u64,
    pub seed: u64,
    /// As the loader does it.
    pub fuse: bool,
    pub scaled_decode: bool,
}

/// The request's image as decoded, and how long that took.
pub struct Opened {
    pub image: Image,
    pub path: PathBuf,
    pub read_us: f64,
    pub decode_us: f64,
}

impl PreviewRequest {
    /// Reads and decodes the image, as the loader does it for that chain.
    ///
    /// # Errors
    /// It cannot be read, or is not to be: why, in words.
    pub fn open(&self, chain: &Chain) -> Result<Opened, String> {
        if self.quarantined {
            return Err(msg!("data-inspect-quarantined").to_string());
        }
        let path = self.dataset.path_of(self.index);
        let mut decoder = self.dataset.decoder(self.channels, self.max_pixels);
        decoder.set_target(if self.scaled_decode { chain.least_input() } else { None });
        let mut image = Image::empty();
        // The first reading warms the page cache and the buffers; the second is timed.
        let mut times = [0.0; 2];
        for _ in 0..2 {
            let begun = Instant::now();
            decoder.read(&path).map_err(|e| e.to_string())?;
            let read = begun.elapsed();
            decoder.decode(&path, &mut image).map_err(|e| e.to_string())?;
            times = [read.as_secs_f64() * 1e6, (begun.elapsed() - read).as_secs_f64() * 1e6];
        }
        Ok(Opened { image, path, read_us: times[0], decode_us: times[1] })
    }

    /// File name and class.
    pub fn caption(&self, path: &Path) -> String {
        let class = self.dataset.class_names.get(self.dataset.class_of(self.index));
        let name = show_name(path.file_name().unwrap_or_default());
        tr!("window-image-of-class", name, class = class.map_or("?", String::as_str))
    }

    /// What is drawn in the request's draw: what a run of this seed draws for this image in that epoch.
    pub fn seed(&self) -> SampleSeed {
        SampleSeed { seed: self.seed, epoch: self.draw, sample: self.index as u64 }
    }
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
            before: ctx.load_texture("preview-before", self.before, TextureOptions::NEAREST),
            after: ctx.load_texture("preview-after", self.after, TextureOptions::NEAREST),
            after_text: self.after_text,
            read_us: self.read_us,
            decode_us: self.decode_us,
            step_us: self.step_us,
        }
    }
}

pub fn preview(job: &JobHandle<Report>, request: &PreviewRequest) {
    let result = work_out(job, request);
    job.send(Report::Preview(result.map(Box::new).map_err(Message::from)));
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
    let chain = Chain::build(&request.specs).map_err(|e| e.to_string())?.with_fuse(request.fuse);
    let Opened { image: decoded, path, read_us, decode_us } = request.open(&chain)?;
    let before = picture(&decoded, MAX_SIDE);

    let mut scratch = Scratch::default();
    let mut clock = Clock { begun: Instant::now(), nanos: vec![0; chain.steps().len()] };
    let begun = Instant::now();
    let mut runs = 0usize;
    let mut shown = None;
    while runs == 0 || (begun.elapsed() < BUDGET && runs < MAX_RUNS && !job.is_cancelled()) {
        let mut image = decoded.clone();
        let seed = request.seed();
        let seed = SampleSeed { epoch: seed.epoch.wrapping_add(runs as u64), ..seed };
        match chain.run(&mut image, &mut scratch, seed, &mut clock) {
            // Another draw than the one that is shown.
            Err(_) if runs > 0 => break,
            run => run.map_err(|e| e.to_string())?,
        }
        runs += 1;
        shown.get_or_insert(image);
    }
    let after = shown.ok_or_else(|| tr!("window-chain-gave-nothing"))?;
    let step_us = chain
        .steps()
        .iter()
        .zip(&clock.nanos)
        .map(|(step, nanos)| step.enabled().then(|| *nanos as f64 / runs as f64 / 1000.0))
        .collect();
    Ok(PreviewImages {
        caption: request.caption(&path),
        path,
        before,
        after_text: tr!(
            "window-image-values",
            shape = picture::shape_text(&after),
            range = picture::range_text(&after)
        ),
        after: picture(&after, MAX_SIDE),
        read_us,
        decode_us,
        step_us,
    })
}
