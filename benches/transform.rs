//! What each transform of the registry costs an image, at three sizes: `transform/<name>/<side in pixels>`.
//!
//! One gray channel of floats from 0 to 1 for MONAI's and our own, red, green and blue bytes for torchvision's. Random
//! ones happen to every image, each time with figures drawn anew. A time is the chain's, one step long: it ends with the
//! floats `[C, H, W]` that training wants, so that those which work on bytes have the conversion in it. Copying the image
//! to work on is not.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::time::{Duration, Instant};
use trainscope::config::RunConfig;
use trainscope::data::Image;
use trainscope::transform::{Chain, Library, SampleSeed, Scratch, TransformInfo, registry};

const SIDES: [usize; 3] = [64, 224, 512];

/// Parameters for those whose defaults do nothing, or nothing like what they are used for; `HALF` and `QUARTER` stand
/// for parts of the image's side. Lines of TOML.
const PARAMS: &[(&str, &str)] = &[
    ("Affine", "rotate_params = 0.26\ntranslate_params = [2.0, -3.0]\nscale_params = [1.1, 0.9]"),
    ("RandAffine", "rotate_range = 0.26\nshear_range = 0.1\ntranslate_range = 4.0\nscale_range = 0.1"),
    ("Rand2DElastic", "rotate_range = 0.26\nscale_range = 0.1"),
    ("Rotate", "angle = 0.26"),
    ("RandRotate", "range_x = 0.26"),
    ("Zoom", "zoom = 1.1"),
    ("RandomRotation", "degrees = 15.0"),
    ("RandomAffine", "degrees = 15.0\ntranslate = [0.1, 0.1]\nscale = [0.9, 1.1]\nshear = 5.0"),
    ("rotate", "angle = 15.0"),
    ("affine", "angle = 15.0\ntranslate = [2, 3]\nscale = 1.1\nshear = [5.0, 0.0]"),
    (
        "perspective",
        "startpoints = [[0, 0], [60, 0], [60, 60], [0, 60]]\nendpoints = [[3, 2], [57, 4], [60, 58], [2, 55]]",
    ),
    ("Resize", "spatial_size = HALF"),
    ("ResizeWithPadOrCrop", "spatial_size = HALF"),
    ("torchvision.Resize", "size = HALF"),
    ("resize", "size = HALF"),
    ("RandomResizedCrop", "size = HALF"),
    ("RandomResize", "min_size = QUARTER\nmax_size = HALF"),
    ("RandomShortestSize", "min_size = HALF"),
    ("ScaleJitter", "target_size = [HALF, HALF]"),
    ("RandomCrop", "size = HALF"),
    ("CenterCrop", "size = HALF"),
    ("FiveCrop", "size = HALF"),
    ("TenCrop", "size = HALF"),
    ("center_crop", "output_size = HALF"),
    ("crop", "height = HALF\nwidth = HALF"),
    ("resized_crop", "height = HALF\nwidth = HALF\nsize = HALF"),
    ("CenterSpatialCrop", "roi_size = HALF"),
    ("RandSpatialCrop", "roi_size = QUARTER"),
    ("SpatialCrop", "roi_center = [HALF, HALF]\nroi_size = [QUARTER, QUARTER]"),
    ("ScaleIntensityFixedMean", "factor = 0.2"),
    ("RandScaleIntensityFixedMean", "factors = 0.2"),
    // Neither of the two exponents that have a way of their own.
    ("AdjustContrast", "gamma = 1.7"),
    ("HistogramNormalize", "max = 1"),
    ("RandCoarseDropout", "holes = 4\nspatial_size = QUARTER"),
    ("RandCoarseShuffle", "holes = 4\nspatial_size = QUARTER"),
    ("erase", "h = QUARTER\nw = QUARTER"),
    ("ColorJitter", "brightness = 0.3\ncontrast = 0.3\nsaturation = 0.3\nhue = 0.1"),
    ("adjust_brightness", "brightness_factor = 1.3"),
    ("adjust_contrast", "contrast_factor = 1.3"),
    ("adjust_saturation", "saturation_factor = 1.3"),
    ("adjust_hue", "hue_factor = 0.1"),
    ("adjust_gamma", "gamma = 1.3"),
    ("adjust_sharpness", "sharpness_factor = 1.5"),
    ("RandomAdjustSharpness", "sharpness_factor = 1.5"),
    ("posterize", "bits = 4"),
    ("RandomPosterize", "bits = 4"),
    ("Normalize", "mean = [120.0, 115.0, 105.0]\nstd = [60.0, 58.0, 57.0]"),
];

/// The chain of that one step, which always happens. Where the table's lines are refused, the defaults stand, and that
/// is said; `None` where even they are refused.
fn chain(info: &TransformInfo, side: usize) -> Option<Chain> {
    let build = |lines: &str| {
        let always = ["prob", "p"].into_iter().find(|name| info.random && info.param(name).is_some());
        let always = always.map_or_else(String::new, |name| format!("{name} = 1.0\n"));
        let toml = format!("[[transform]]\nname = \"{}\"\n{always}{lines}\n", info.name);
        let config = RunConfig::from_toml(&toml).map_err(|error| error.to_string())?;
        Chain::build(&config.transforms).map_err(|error| error.to_string())
    };
    let lines = PARAMS.iter().find(|(name, _)| *name == info.name).map_or("", |(_, lines)| lines);
    let lines = lines.replace("HALF", &(side / 2).to_string()).replace("QUARTER", &(side / 4).to_string());
    let said = |error: &String| eprintln!("{} at {side}: {error}", info.name);
    let chain = build(&lines).inspect_err(said);
    chain.or_else(|_| build("").inspect_err(said)).ok()
}

/// Slow waves and some noise.
fn image(library: Library, side: usize) -> Image {
    let value = |channel: usize, i: usize| {
        let (y, x) = ((i / side) as f64 / side as f64, (i % side) as f64 / side as f64);
        let waves = (7.0 * x + channel as f64).sin() + (5.0 * y - 2.0 * x).cos();
        // Fibonacci hashing: as good as random from one pixel to the next.
        let noise = (i + 1).wrapping_mul(0x9e37_79b9) >> 16 & 0xff;
        (127.5 + 50.0 * waves + noise as f64 / 10.0) as u8
    };
    let channels = if library == Library::Torchvision { 3 } else { 1 };
    let bytes = (0..channels).flat_map(|c| (0..side * side).map(move |i| value(c, i))).collect();
    let mut image = Image::from_bytes([channels, side, side], bytes);
    if library != Library::Torchvision {
        image.to_floats();
        image.data.iter_mut().for_each(|v| *v /= 255.0);
    }
    image
}

/// The image as it came, in buffers that are there already.
fn restore(image: &mut Image, from: &Image) {
    (image.channels, image.height, image.width) = (from.channels, from.height, from.width);
    (image.layout, image.dtype) = (from.layout, from.dtype);
    image.data.clone_from(&from.data);
    image.bytes.clone_from(&from.bytes);
}

fn transforms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("transform");
    let mut scratch = Scratch::default();
    for info in registry() {
        for side in SIDES {
            let Some(chain) = chain(info, side) else { continue };
            let original = image(info.library, side);
            let mut image = original.clone();
            if let Err(error) = chain.run(&mut image, &mut scratch, SampleSeed::default(), &mut ()) {
                eprintln!("{} at {side}: left out, as {error}", info.name);
                continue;
            }
            let mut sample = 0;
            group.bench_function(BenchmarkId::new(info.name, side), |bencher| {
                bencher.iter_custom(|times| {
                    let mut taken = Duration::ZERO;
                    for _ in 0..times {
                        restore(&mut image, &original);
                        sample += 1;
                        let seed = SampleSeed { seed: 0, epoch: 1, sample };
                        let begun = Instant::now();
                        // One that fails now and then has its time counted all the same.
                        let _ = chain.run(&mut image, &mut scratch, seed, &mut ());
                        taken += begun.elapsed();
                    }
                    taken
                });
            });
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    // Some hundred transforms at three sizes each: as little time for one as criterion allows to say something of it.
    config = Criterion::default()
        .sample_size(10)
        .nresamples(1000)
        .warm_up_time(Duration::from_millis(30))
        .measurement_time(Duration::from_millis(120));
    targets = transforms
}
criterion_main!(benches);
