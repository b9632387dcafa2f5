//! Scans a folder and decodes every file that the scan saw, good or bad, for `compare.py` to hold against Pillow.
//!
//! For each file one line of JSON goes to stdout (`path`, `scan` and `decode` with `null` or the reason, `shape`, `bits`),
//! and, where it decoded, its values as little-endian `f32` in the order rows, columns, channels.

use serde_json::json;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use trainscope::data::{Decoder, Dtype, Image, channels_of_file, scan};

const MAX_PIXELS: u64 = 100_000_000;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or_else(|| anyhow::anyhow!("a folder is missing"))?;
    let dataset = scan(&folder, MAX_PIXELS, &mut |_| ControlFlow::Continue(()))?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for i in 0..dataset.len() {
        report(&mut out, &dataset.path_of(i), None)?;
    }
    for bad in &dataset.bad_files {
        report(&mut out, &bad.path, Some(&bad.reason.to_string()))?;
    }
    Ok(out.flush()?)
}

fn report(out: &mut impl Write, path: &Path, scan: Option<&str>) -> anyhow::Result<()> {
    let mut image = Image::empty();
    let decoded = channels_of_file(path).and_then(|channels| {
        let mut decoder = Decoder::new(channels, MAX_PIXELS);
        decoder.read(path)?;
        decoder.decode(path, &mut image)
    });
    let reason = decoded.as_ref().err().map(ToString::to_string);
    let [channels, height, width] = if decoded.is_ok() { image.shape() } else { [0; 3] };
    let bits = if image.dtype == Dtype::U8 { 8 } else { 32 };
    let line = json!({
        "path": path, "scan": scan, "decode": reason, "shape": [height, width, channels], "bits": bits,
    });
    writeln!(out, "{line}")?;
    for row in 0..height {
        for column in 0..width {
            for channel in 0..channels {
                out.write_all(&image.at(channel, row, column).unwrap_or(f32::NAN).to_le_bytes())?;
            }
        }
    }
    Ok(())
}
