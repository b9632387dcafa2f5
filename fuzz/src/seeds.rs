//! Writes what fuzzing starts from into `corpus/decode`, `corpus/medical` and `corpus/chain` of the current folder: small
//! images in every format, the headers and pixels of the tests' medical files, and bytes of every length up to some hundred for chains.

use image::{DynamicImage, ImageFormat};
use std::io::Cursor;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new("corpus");
    for (name, bytes) in images()? {
        write(&folder.join("decode"), &name, &bytes)?;
    }
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/medical"))? {
        let path = entry?.path();
        let (bytes, name) = (std::fs::read(&path)?, path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        // As the target puts them together again.
        let (kinds, from): (&[u8], usize) = match path.extension().and_then(|e| e.to_str()) {
            Some("dcm") => (&[0], 132),
            Some("nii") => (&[2, 3], 0),
            _ => continue,
        };
        for kind in kinds {
            let seed = [&[*kind], bytes.get(from..).unwrap_or_default()].concat();
            write(&folder.join("medical"), &format!("{kind}-{name}"), &seed)?;
        }
        write(&folder.join("decode"), &name, &bytes)?;
    }
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/medical"))? {
        let path = entry?.path();
        let (bytes, name) = (std::fs::read(&path)?, path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        // As the target puts them together again.
        let parts: [Option<&[u8]>; 2] = if name.ends_with(".dcm") {
            [bytes.get(128 + 4..), None]
        } else if name.ends_with(".nii") {
            [None, Some(&bytes)]
        } else {
            continue;
        };
        for (kinds, part) in [[0, 1], [2, 3]].into_iter().zip(parts) {
            for (kind, part) in kinds.into_iter().zip([part, part]) {
                let Some(part) = part else { continue };
                write(&folder.join("medical"), &format!("{kind}-{name}"), &[&[kind], part].concat())?;
            }
        }
        write(&folder.join("decode"), &name, &bytes)?;
    }
    let mut state = 1u64;
    for i in 0..256usize {
        let bytes: Vec<u8> = (0..16 + 2 * i).map(|_| random(&mut state)).collect();
        write(&folder.join("chain"), &format!("random-{i}"), &bytes)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(name), bytes)
}

/// Knuth's linear congruential generator.
fn random(state: &mut u64) -> u8 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 56) as u8
}

fn images() -> Result<Vec<(String, Vec<u8>)>, image::ImageError> {
    let mut out = Vec::new();
    for (width, height) in [(1, 1), (7, 3), (16, 16), (17, 33)] {
        let rgb = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 9) as u8, (y * 7) as u8, 90]));
        let rgb = DynamicImage::ImageRgb8(rgb);
        let kinds = [
            ("gray", DynamicImage::ImageLuma8(rgb.to_luma8())),
            ("gray16", DynamicImage::ImageLuma16(rgb.to_luma16())),
            ("rgba", DynamicImage::ImageRgba8(rgb.to_rgba8())),
            ("rgb16", DynamicImage::ImageRgb16(rgb.to_rgb16())),
            ("rgb", rgb),
        ];
        for (kind, picture) in kinds {
            for format in [
                ImageFormat::Png,
                ImageFormat::Jpeg,
                ImageFormat::Bmp,
                ImageFormat::Gif,
                ImageFormat::Tiff,
                ImageFormat::WebP,
                ImageFormat::Pnm,
            ] {
                let mut bytes = Cursor::new(Vec::new());
                // Not every format has every kind.
                if picture.write_to(&mut bytes, format).is_ok() {
                    let ending = format.extensions_str().first().unwrap_or(&"img");
                    out.push((format!("{kind}-{width}x{height}.{ending}"), bytes.into_inner()));
                }
            }
        }
    }
    Ok(out)
}
