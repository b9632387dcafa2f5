//! Every kind of image that people have, against what Pillow makes of it: `tests/data/images.json`, which
//! `tests/data/make_images.py` writes. The scan and the decoder must say the same of each.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use trainscope::config::Orientation;
use trainscope::data::{Dataset, Decoder, Dtype, Image, Window, channels_of_file, scan};

const MAX_PIXELS: u64 = 1_000_000;

#[derive(Deserialize)]
struct Kinds {
    pictures: Vec<Picture>,
    images: Vec<Kind>,
    scaled: BTreeMap<String, Scaled>,
}

/// Rows of pixels: bytes in hexadecimal, or numbers.
#[derive(Deserialize)]
struct Picture {
    shape: Vec<usize>,
    bytes: Option<String>,
    floats: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Kind {
    name: String,
    file: String,
    picture: Option<usize>,
    /// As it is once turned.
    upright: Option<usize>,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Scaled {
    file: String,
    errors: BTreeMap<String, f32>,
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn kinds() -> Kinds {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/images.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

impl Picture {
    fn size(&self) -> [usize; 2] {
        [self.shape[0], self.shape[1]]
    }

    fn values(&self) -> Vec<f64> {
        match (&self.bytes, &self.floats) {
            (Some(bytes), _) => unhex(bytes).into_iter().map(f64::from).collect(),
            (None, floats) => floats.clone().unwrap(),
        }
    }
}

impl Kind {
    /// By how much values may differ: JPEG's transform and lossy WebP round, the others have no leave to.
    fn leave(&self) -> f64 {
        if self.name.contains("jpeg") || self.name.contains("lossy") { 4.0 } else { 0.0 }
    }
}

/// Says how `image` differs from `picture`, if it does.
fn difference(image: &Image, picture: &Picture, leave: f64) -> Option<String> {
    if [image.height, image.width] != picture.size() {
        return Some(format!("{} x {} instead of {:?}", image.height, image.width, picture.size()));
    }
    let (channels, values) = (picture.shape.get(2).copied().unwrap_or(1), picture.values());
    for y in 0..image.height {
        for x in 0..image.width {
            for c in 0..channels.max(image.channels) {
                let expected = values[(y * image.width + x) * channels + c.min(channels - 1)];
                let value = f64::from(image.at(c.min(image.channels - 1), y, x).unwrap());
                // Floats have 24 bits.
                if (value - expected).abs() > leave + expected.abs() * 1e-6 {
                    return Some(format!("{value} instead of {expected} at {y}, {x}, {c}"));
                }
            }
        }
    }
    None
}

fn decoded(file: &[u8], channels: usize, orientation: Orientation) -> Result<Image, String> {
    let mut image = Image::empty();
    Decoder::new(channels, MAX_PIXELS)
        .decoding_as(orientation, Window::Full)
        .decode_slice(file, &mut image)
        .map_err(|e| e.to_string())?;
    Ok(image)
}

/// A dataset of all kinds in one class, and of one image in another.
fn dataset(kinds: &Kinds) -> (tempfile::TempDir, Dataset) {
    let dir = tempfile::tempdir().unwrap();
    for class in ["all", "other"] {
        std::fs::create_dir(dir.path().join(class)).unwrap();
    }
    for kind in &kinds.images {
        std::fs::write(dir.path().join("all").join(&kind.name), unhex(&kind.file)).unwrap();
    }
    let dataset = scan(dir.path(), MAX_PIXELS, &mut |_| ControlFlow::Continue(())).unwrap();
    (dir, dataset)
}

#[test]
fn every_kind_is_as_pillow_has_it_and_the_scan_says_the_same() {
    let kinds = kinds();
    assert!(kinds.images.len() > 300);
    let (dir, dataset) = dataset(&kinds);
    let good: Vec<_> = (0..dataset.len()).map(|i| dataset.path_of(i)).collect();
    let mut wrong = Vec::new();
    let mut sizes: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let (mut colour, mut bytes) = (0, 0);
    for kind in &kinds.images {
        let path = dir.path().join("all").join(&kind.name);
        let reason = dataset.bad_files.iter().find(|bad| bad.path == path).map(|bad| bad.reason.to_string());
        let channels = channels_of_file(&path).unwrap_or(3);
        let outcome = decoded(&unhex(&kind.file), channels, Orientation::AsStored);
        let error = match (&kind.refused, &reason, &outcome) {
            (Some(words), Some(reason), Err(_)) if reason.contains(words) => None,
            (None, None, Ok(image)) => {
                *sizes.entry((image.width as u32, image.height as u32)).or_default() += 1;
                colour += u64::from(image.channels == 3);
                bytes += u64::from(image.dtype == Dtype::U8);
                // In the other number of channels too, though Pillow's rounding is not looked at there.
                assert!(decoded(&unhex(&kind.file), 4 - channels, Orientation::AsStored).is_ok(), "{}", kind.name);
                difference(image, &kinds.pictures[kind.picture.unwrap()], kind.leave())
            }
            // An end marker on half a picture: only a decode can tell.
            (Some(words), None, Err(found)) if kind.name.ends_with("_end.jpg") && found.contains(words) => {
                *sizes.entry((17, 11)).or_default() += 1;
                (colour, bytes) = (colour + 1, bytes + 1);
                None
            }
            (_, _, outcome) => Some(format!("the scan says {reason:?}, the decoder {:?}", outcome.as_ref().err())),
        };
        assert_eq!(good.contains(&path), reason.is_none(), "{}", kind.name);
        wrong.extend(error.map(|error| format!("{}: {error}", kind.name)));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), kinds.images.len(), wrong.join("\n"));
    assert_eq!((dataset.sizes, dataset.colour_images), (sizes, colour));
    assert_eq!(dataset.bit_depths[&8], bytes);
    let notes = dataset.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    // Ten with EXIF's orientation, two of them upright already for each format but JPEG's own eight.
    assert_eq!(dataset.turned_images, 9);
    assert!(notes.contains("9 photographs were taken with the camera turned"), "{notes}");
    // APNG twice, GIF, WebP twice, TIFF.
    assert_eq!(dataset.many_pictures, 6);
    assert!(notes.contains("6 files hold several pages or frames; the first is taken"), "{notes}");
}

/// What is cut anywhere is refused, or is there to the last pixel: never a picture that is gray from some row on.
#[test]
fn half_a_picture_is_none() {
    let kinds = kinds();
    let mut wrong = Vec::new();
    let mut refused = 0;
    for kind in kinds.images.iter().filter(|kind| kind.refused.is_none()) {
        let file = unhex(&kind.file);
        for end in [file.len() / 4, file.len() / 2, file.len() * 3 / 4, file.len() - 17, file.len() - 5, file.len() - 1]
        {
            // With an end marker put on, as some downloads have it.
            // A progressive one may end between two scans, and be whole and blurred.
            let has_end = file.starts_with(b"\xff\xd8") && !kind.name.contains("progressive");
            let tails: &[&[u8]] = if has_end { &[b"", b"\xff\xd9"] } else { &[b""] };
            for tail in tails {
                let cut: Vec<u8> = file[..end].iter().chain(*tail).copied().collect();
                match decoded(&cut, 3, Orientation::AsStored) {
                    Ok(image) => {
                        let error = difference(&image, &kinds.pictures[kind.picture.unwrap()], kind.leave());
                        wrong.extend(error.map(|error| format!("{} cut at {end}: {error}", kind.name)));
                    }
                    Err(reason) => {
                        assert!(!reason.contains("fault"), "{} cut at {end}: {reason}", kind.name);
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 1000, "{refused}");
    // Large enough for the quicker decoder, which by itself does not miss what stands before an end marker.
    for (name, scaled) in &kinds.scaled {
        let file = unhex(&scaled.file);
        for tenths in [3, 5, 7, 9] {
            let mut cut = file[..file.len() * tenths / 10].to_vec();
            cut.extend_from_slice(b"\xff\xd9");
            let reason = decoded(&cut, 3, Orientation::AsStored).unwrap_err();
            assert!(reason.contains("cut off") || reason.contains("damaged"), "{name}: {reason}");
        }
    }
}

/// What scales bytes to 0..1 scales these by 65535, as torchvision does; floats and 32 bits stay what they are.
#[test]
fn whole_numbers_of_16_bits_are_known_as_such() {
    for kind in kinds().images.iter().filter(|kind| kind.refused.is_none() && kind.name.starts_with("tiff")) {
        let image = decoded(&unhex(&kind.file), 3, Orientation::AsStored).unwrap();
        let whole = ["_u2", "_12_bit", "_16_bit"].iter().any(|part| kind.name.contains(part));
        assert_eq!(image.sixteen_bit, whole, "{}", kind.name);
    }
}

#[test]
fn photographs_stand_upright_where_that_is_asked_for() {
    let kinds = kinds();
    let mut turned = 0;
    for kind in &kinds.images {
        let Some(upright) = kind.upright else { continue };
        let file = unhex(&kind.file);
        for (orientation, expected) in [(Orientation::AsStored, kind.picture.unwrap()), (Orientation::Upright, upright)]
        {
            let image = decoded(&file, 3, orientation).unwrap();
            assert_eq!(difference(&image, &kinds.pictures[expected], 4.0), None, "{} {orientation:?}", kind.name);
        }
        turned += u64::from(kind.upright != kind.picture);
    }
    assert_eq!(turned, 9);
    let (_dir, dataset) = dataset(&kinds);
    let stored = dataset.sizes.clone();
    let upright = dataset.with_orientation(Orientation::Upright);
    // Four JPEGs, a PNG and a WebP lie on their side.
    let size = (17, 11);
    assert_eq!(upright.sizes[&(11, 17)] - stored.get(&(11, 17)).copied().unwrap_or(0), 6);
    assert_eq!(stored[&size] - upright.sizes[&size], 6);
    assert_eq!(upright.with_orientation(Orientation::AsStored).sizes, stored);
}

/// At a quarter and an eighth, against the box filter over the whole picture: at most twice as far as libjpeg's own.
#[test]
fn a_scaled_picture_is_near_the_box_filtered_one() {
    for (name, scaled) in &kinds().scaled {
        let file = unhex(&scaled.file);
        let whole = decoded(&file, 3, Orientation::AsStored).unwrap();
        for (divisor, theirs) in &scaled.errors {
            let by: usize = divisor.parse().unwrap();
            let mut decoder = Decoder::new(3, MAX_PIXELS);
            decoder.set_target(Some([64 / by, 96 / by]));
            let mut image = Image::empty();
            decoder.decode_slice(&file, &mut image).unwrap();
            assert_eq!(image.shape(), [3, 64 / by, 96 / by]);
            let mut sum = 0.0;
            for (c, y, x) in (0..3).flat_map(|c| (0..64 / by).flat_map(move |y| (0..96 / by).map(move |x| (c, y, x)))) {
                let block = (0..by * by).map(|i| whole.at(c, y * by + i / by, x * by + i % by).unwrap());
                sum += (block.sum::<f32>() / (by * by) as f32 - image.at(c, y, x).unwrap()).abs();
            }
            let ours = sum / (3 * 64 * 96 / by / by) as f32;
            assert!(ours <= 2.0 * theirs + 0.05, "{name} at 1/{by}: {ours}, libjpeg {theirs}");
        }
    }
}
