//! `trainscope apply`: one image or array through a chain, for comparing with what other libraries compute.

use super::config_args::{read_at_most, read_config_text};
use super::outcome::{refuse_existing, say_written};
use super::{CommandResult, EXIT_DATA, EXIT_OK, EXIT_OTHER, EXIT_USAGE, Failure, at_path};
use crate::config::{DataConfig, RunConfig};
use crate::console::show_path;
use crate::data::{Decoder, Image};
use crate::language::Message;
use crate::transform::{Chain, SampleSeed, Scratch};
use clap::Args;
use npyz::WriterBuilder as _;
use std::path::{Path, PathBuf};

/// Longer arrays are refused.
const MOST_ARRAY_BYTES: u64 = 4 << 30;

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A TOML file of [[transform]] tables; a whole configuration will do.
    #[arg(long, value_name = "F.toml")]
    chain: PathBuf,
    /// An image, or a .npy array [C,H,W].
    #[arg(long = "in", value_name = "X")]
    input: PathBuf,
    /// A .npy array [C,H,W] float32, or an image (values of 0 to 1 are stretched to 0 to 255).
    #[arg(long = "out", value_name = "Y")]
    output: PathBuf,
    /// Seed of the random transforms.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write over a file that is there.
    #[arg(long)]
    overwrite: bool,
}

pub(super) fn run(args: &ApplyArgs) -> CommandResult {
    refuse_existing(&args.output, args.overwrite)?;
    let text = read_config_text(&args.chain).map_err(|e| {
        Failure::new(EXIT_USAGE, msg!("command-chain-not-read", reason = e.to_string(), path = show_path(&args.chain)))
    })?;
    let config =
        RunConfig::from_toml(&text).map_err(|e| Failure::new(EXIT_USAGE, at_path(&e.message(), &args.chain)))?;
    let chain =
        Chain::build(&config.transforms).map_err(|e| Failure::new(EXIT_USAGE, at_path(&e.message(), &args.chain)))?;
    let mut image = if is_npy(&args.input) { read_npy(&args.input)? } else { read_image(&args.input)? };
    let seed = SampleSeed { seed: args.seed, epoch: 1, sample: 0 };
    chain
        .run(&mut image, &mut Scratch::default(), seed, &mut ())
        .map_err(|e| Failure::new(EXIT_DATA, at_path(&e.message(), &args.input)))?;
    let written =
        if is_npy(&args.output) { write_npy(&args.output, &image) } else { write_image(&args.output, &image) };
    written.map_err(|e| {
        let (reason, path) = (e.to_string(), show_path(&args.output));
        Failure::new(EXIT_OTHER, msg!("command-result-not-written", reason, path))
    })?;
    say_written(&args.output);
    Ok(EXIT_OK)
}

fn is_npy(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy"))
}

/// As many channels as the file has: gray stays one.
fn read_image(path: &Path) -> Result<Image, Failure> {
    let data = |e: crate::data::DataError| Failure::new(EXIT_DATA, e);
    let mut image = Image::empty();
    let channels = crate::data::channels_of_file(path).map_err(data)?;
    let mut decoder = Decoder::new(channels, DataConfig::default().max_pixels);
    decoder.read(path).and_then(|()| decoder.decode(path, &mut image)).map_err(data)?;
    Ok(image)
}

fn read_npy(path: &Path) -> Result<Image, Failure> {
    let fail =
        |reason: Message| Failure::new(EXIT_DATA, msg!("command-array-not-read", reason, path = show_path(path)));
    let bytes = read_at_most(path, MOST_ARRAY_BYTES).map_err(|e| fail(e.to_string().into()))?;
    let open = || npyz::NpyFile::new(bytes.as_slice()).map_err(|e| fail(e.to_string().into()));
    let header = open()?;
    let shape: Vec<usize> = header.shape().iter().map(|n| *n as usize).collect();
    let [channels, height, width] = shape[..] else {
        return Err(fail(msg!("command-array-shape", shape = format!("{shape:?}"))));
    };
    if header.order() != npyz::Order::C {
        return Err(fail(msg!("command-array-order")));
    }
    let data: Vec<f32> = match open()?.into_vec::<f32>() {
        Ok(data) => data,
        Err(_) => match open()?.into_vec::<u8>() {
            Ok(bytes) if bytes.len() == channels * height * width => {
                return Ok(Image::from_bytes([channels, height, width], bytes));
            }
            Ok(bytes) => bytes.into_iter().map(f32::from).collect(),
            Err(_) => match open()?.into_vec::<u16>() {
                Ok(counts) if counts.len() == channels * height * width => {
                    let data = counts.into_iter().map(f32::from).collect();
                    return Ok(Image { sixteen_bit: true, ..Image::from_floats([channels, height, width], data) });
                }
                Ok(counts) => counts.into_iter().map(f32::from).collect(),
                Err(_) => {
                    let words = || fail(msg!("command-array-kind"));
                    let wide = open()?.into_vec::<f64>().map_err(|_| words())?;
                    wide.into_iter().map(|v| v as f32).collect()
                }
            },
        },
    };
    if data.len() != channels * height * width {
        return Err(fail(msg!("command-array-values", count = data.len(), shape = format!("{shape:?}"))));
    }
    Ok(Image::from_floats([channels, height, width], data))
}

fn write_npy(path: &Path, image: &Image) -> std::io::Result<()> {
    let shape = image.shape().map(|n| n as u64);
    let mut out = Vec::new();
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut out).begin_nd()?;
    writer.extend(image.data.iter().copied())?;
    writer.finish()?;
    crate::store::atomic::write(path, &out)
}

fn write_image(path: &Path, image: &Image) -> std::io::Result<()> {
    let [channels, height, width] = image.shape();
    let stretch = if image.data.iter().all(|v| (0.0..=1.0).contains(v)) { 255.0 } else { 1.0 };
    let byte = |v: &f32| (v * stretch).round().clamp(0.0, 255.0) as u8;
    let planes: Vec<&[f32]> = image.data.chunks(height * width).collect();
    let (pixels, color) = match (channels, planes.as_slice()) {
        (1, [gray]) => (gray.iter().map(byte).collect::<Vec<u8>>(), image::ExtendedColorType::L8),
        (3, [r, g, b]) => {
            let pixels = r.iter().zip(*g).zip(*b).flat_map(|((r, g), b)| [byte(r), byte(g), byte(b)]);
            (pixels.collect(), image::ExtendedColorType::Rgb8)
        }
        _ => {
            let reason = msg!("command-channels-make-no-image", channels);
            return Err(std::io::Error::other(reason.to_string()));
        }
    };
    let format = image::ImageFormat::from_path(path).map_err(std::io::Error::other)?;
    let mut encoded = std::io::Cursor::new(Vec::new());
    image::write_buffer_with_format(&mut encoded, &pixels, width as u32, height as u32, color, format)
        .map_err(std::io::Error::other)?;
    crate::store::atomic::write(path, encoded.get_ref())
}
