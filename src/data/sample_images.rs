//! Six classes of drawn images, so that everything can be tried with nothing downloaded.
//!
//! Gray, 64 x 64, PNG and JPEG in turn: circles, squares, triangles, stripes, checkers and rings, of any size, place,
//! turn, brightness and either contrast, under noise. Mean brightness tells the classes no better than chance.

use crate::language::Message;
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::f32::consts::{PI, TAU};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::error::{DataError, io_reason};

/// Images that `trainscope sample` draws of each class unless told otherwise.
pub const DEFAULT_IMAGES_PER_CLASS: usize = 200;
/// The classes, in natural order.
pub const CLASSES: [&str; 6] = ["checkers", "circles", "rings", "squares", "stripes", "triangles"];
/// Width and height in pixels.
pub const SIZE: usize = 64;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleSummary {
    pub dir: PathBuf,
    pub class_names: Vec<String>,
    pub images: u64,
    pub bytes: u64,
}

/// Draws `images_per_class` of each class into `dir`, which must be new or empty: into a temporary folder beside it,
/// renamed when all is there. The same `seed` draws the same images. `progress` gets (done, total) after each
/// image and may stop, which leaves nothing behind.
///
/// # Errors
/// The folder holds something, cannot be written, or `progress` broke off.
pub fn write_sample_dataset(
    dir: &Path,
    images_per_class: usize,
    seed: u64,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<SampleSummary, DataError> {
    let failed = |e: io::Error| DataError::Write { reason: io_reason(&e), path: dir.to_owned() };
    match fs::read_dir(dir) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(DataError::NotEmpty { path: dir.to_owned() });
            }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(e)),
    }
    let temporary = Temporary::beside(dir).map_err(failed)?;
    let total = (images_per_class * CLASSES.len()) as u64;
    let (mut done, mut bytes) = (0, 0);
    let mut encoded = Vec::new();
    for (class, name) in CLASSES.iter().enumerate() {
        let class_dir = temporary.0.join(name);
        fs::create_dir(&class_dir).map_err(failed)?;
        for i in 0..images_per_class {
            let pixels = draw(class, seed, i as u64);
            encoded.clear();
            let extension =
                encode(&pixels, i, &mut encoded).map_err(|reason| DataError::Write { reason, path: dir.to_owned() })?;
            fs::write(class_dir.join(format!("{i:05}.{extension}")), &encoded).map_err(failed)?;
            done += 1;
            bytes += encoded.len() as u64;
            if progress(done, total).is_break() {
                return Err(DataError::Cancelled);
            }
        }
    }
    // Windows does not rename onto an empty folder; a filled one is refused everywhere.
    match fs::remove_dir(dir) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    crate::system::rename(&temporary.0, dir).map_err(failed)?;
    Ok(SampleSummary { dir: dir.to_owned(), class_names: CLASSES.map(str::to_owned).to_vec(), images: done, bytes })
}

/// A folder that is gone in the end, unless it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn beside(dir: &Path) -> io::Result<Self> {
        // `.`, `..` and `a/..` have no name of their own to put a folder beside.
        let absolute = std::path::absolute(dir)?;
        let absolute = if absolute.file_name().is_some() { absolute } else { fs::canonicalize(&absolute)? };
        let name = absolute.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let parent = absolute.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::create_dir_all(parent)?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.partial", std::process::id()));
        let path = parent.join(hidden);
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and a message is already under way.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Even images are PNG, odd ones JPEG.
fn encode(pixels: &[u8], i: usize, encoded: &mut Vec<u8>) -> Result<&'static str, Message> {
    let side = SIZE as u32;
    let words = |e: image::ImageError| e.to_string();
    if i.is_multiple_of(2) {
        PngEncoder::new(encoded).write_image(pixels, side, side, ExtendedColorType::L8).map_err(words)?;
        return Ok("png");
    }
    JpegEncoder::new_with_quality(encoded, 92).write_image(pixels, side, side, ExtendedColorType::L8).map_err(words)?;
    Ok("jpg")
}

/// Uniform draws.
struct Draws(Pcg64Mcg);

impl Draws {
    /// In `low..high`.
    fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.0.next_u64() >> 40) as f32 / (1 << 24) as f32)
    }

    /// Roughly normal with that deviation: the sum of four uniform draws.
    fn noise(&mut self, deviation: f32) -> f32 {
        let bits = self.0.next_u64();
        let sum: u64 = (0..4).map(|i| (bits >> (16 * i)) & 0xffff).sum();
        (sum as f32 / 65_536.0 - 2.0) * deviation * 3f32.sqrt()
    }
}

/// One image, row by row; the same for the same arguments.
fn draw(class: usize, seed: u64, image: u64) -> Vec<u8> {
    let mix =
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((image << 8) | class as u64).wrapping_mul(0xd134_2543_de82_ef95);
    let mut draws = Draws(Pcg64Mcg::seed_from_u64(mix));
    let shape = Shape::draw(class, &mut draws);
    let ground = draws.range(70.0, 185.0);
    let contrast = draws.range(45.0, 70.0) * if draws.range(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
    // A slope of light over the picture, so that no pixel alone tells anything.
    let (slope_x, slope_y) = (draws.range(-15.0, 15.0), draws.range(-15.0, 15.0));
    let noise = draws.range(4.0, 12.0);
    let mut pixels = Vec::with_capacity(SIZE * SIZE);
    for row in 0..SIZE {
        for column in 0..SIZE {
            let (x, y) = (column as f32 / 32.0 - 1.0, row as f32 / 32.0 - 1.0);
            // Distance in pixels to the edge, soft over one pixel.
            let inside = (0.5 - shape.distance(x, y) * 32.0).clamp(0.0, 1.0);
            let light = ground + contrast * inside + slope_x * x + slope_y * y + draws.noise(noise);
            pixels.push(light.round().clamp(0.0, 255.0) as u8);
        }
    }
    pixels
}

/// A figure at a place, of a size, turned; lengths are half the picture's side.
struct Shape {
    class: usize,
    x: f32,
    y: f32,
    size: f32,
    cos: f32,
    sin: f32,
}

impl Shape {
    fn draw(class: usize, draws: &mut Draws) -> Self {
        let size = draws.range(0.4, 0.66);
        let room = 0.9 - size;
        let (x, y) = (draws.range(-room, room), draws.range(-room, room));
        let (sin, cos) = draws.range(0.0, TAU).sin_cos();
        Self { class, x, y, size, cos, sin }
    }

    /// Signed distance from the edge, negative inside.
    fn distance(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - self.x, y - self.y);
        let (u, v) = (x * self.cos + y * self.sin, y * self.cos - x * self.sin);
        let radius = u.hypot(v);
        // Patterns fill a disc, so that the outline alone does not tell them from a circle.
        let disc = radius - self.size * 1.2;
        let period = self.size * 0.6;
        let wave = |t: f32| (t * PI / period).sin() * period / PI;
        match CLASSES[self.class] {
            "checkers" => disc.max(wave(u).abs().min(wave(v).abs()) * -(wave(u) * wave(v)).signum()),
            "circles" => radius - self.size,
            "rings" => (radius - self.size * 0.85).abs() - self.size * 0.2,
            "squares" => u.abs().max(v.abs()) - self.size * 0.88,
            "stripes" => disc.max(wave(u)),
            _ => triangle(u, v) - self.size * 0.55,
        }
    }
}

/// Largest of the distances to the three sides of an equilateral triangle around the origin.
fn triangle(u: f32, v: f32) -> f32 {
    let half = 3f32.sqrt() / 2.0;
    (-v).max(half * u + 0.5 * v).max(-half * u + 0.5 * v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_does_not_tell_the_classes() {
        let means: Vec<f64> = (0..CLASSES.len())
            .map(|class| {
                let sum: f64 = (0..60).flat_map(|i| draw(class, 1, i)).map(f64::from).sum();
                sum / (60 * SIZE * SIZE) as f64
            })
            .collect();
        let (low, high) = means.iter().fold((f64::MAX, f64::MIN), |(l, h), &m| (l.min(m), h.max(m)));
        assert!(high - low < 20.0, "{means:?}");
    }

    #[test]
    fn a_seed_draws_the_same_again() {
        assert_eq!(draw(2, 7, 3), draw(2, 7, 3));
        assert_ne!(draw(2, 7, 3), draw(2, 8, 3));
        assert_ne!(draw(2, 7, 3), draw(2, 7, 4));
    }
}
