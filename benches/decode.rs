//! What decoding costs: a small gray JPEG as MedNIST's, a photograph whole and at a quarter of its size, a gray PNG of
//! 16 bits. The files are drawn here, in a temporary folder.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use image::codecs::jpeg::JpegEncoder;
use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use trainscope::data::{Decoder, Image};

/// A texture with more of the coarse than of the fine, as photographs have it: waves of random directions whose height
/// falls with their frequency, and grain. About 0 to 1.
fn texture(width: u32, height: u32, grain: f64) -> impl Fn(u32, u32) -> f64 {
    let mut state = 7u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    let waves: Vec<[f64; 4]> = (0..48)
        .map(|i| {
            let (frequency, angle) = (1.12f64.powi(i), TAU * random());
            [frequency * angle.cos(), frequency * angle.sin(), TAU * random(), 0.12 / frequency.powf(0.6)]
        })
        .collect();
    let noise: Vec<f64> = (0..4096).map(|_| grain * (random() - 0.5)).collect();
    move |x, y| {
        let (u, v) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let sum: f64 = waves.iter().map(|[a, b, phase, high]| high * (TAU * (a * u + b * v) + phase).sin()).sum();
        0.5 + sum + noise[(x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) as usize % 4096]
    }
}

fn write_files(folder: &Path) -> [(&'static str, PathBuf, usize); 3] {
    let byte = |v: f64| (v * 255.0).clamp(0.0, 255.0) as u8;
    let [small, photo, deep] = ["small.jpg", "photo.jpg", "deep.png"].map(|name| folder.join(name));
    let create = |path: &Path| std::fs::File::create(path).expect("room for a picture");
    let scan = texture(64, 64, 0.05);
    let gray = image::GrayImage::from_fn(64, 64, |x, y| image::Luma([byte(scan(x, y))]));
    JpegEncoder::new_with_quality(create(&small), 90).encode_image(&gray).expect("a gray picture");
    let (luma, chroma) = (texture(500, 375, 0.2), texture(375, 500, 0.0));
    let colour = image::RgbImage::from_fn(500, 375, |x, y| {
        let (v, c) = (luma(x, y), chroma(x, y) - 0.5);
        image::Rgb([byte(v + 0.3 * c), byte(v), byte(v - 0.3 * c)])
    });
    JpegEncoder::new_with_quality(create(&photo), 90).encode_image(&colour).expect("a photograph");
    let slice = texture(512, 512, 0.02);
    let wide = image::ImageBuffer::<image::Luma<u16>, _>::from_fn(512, 512, |x, y| {
        image::Luma([(slice(x, y) * 65_535.0).clamp(0.0, 65_535.0) as u16])
    });
    wide.save(&deep).expect("a slice");
    [("gray JPEG, 64 x 64", small, 1), ("photograph, 500 x 375", photo, 3), ("gray PNG of 16 bits, 512 x 512", deep, 1)]
}

fn decoding(criterion: &mut Criterion) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));
    for (name, path, channels) in write_files(home.path()) {
        let mut decoder = Decoder::new(channels, 100_000_000);
        let mut image = Image::empty();
        decoder.read(&path).expect("the file just written");
        let kib = std::fs::metadata(&path).map_or(0, |meta| meta.len() / 1024);
        group.bench_function(format!("{name}, {kib} KiB"), |b| b.iter(|| decoder.decode(&path, &mut image).is_ok()));
        if channels == 3 {
            decoder.set_target(Some([94, 125]));
            group.bench_function(format!("{name}, at a quarter"), |b| {
                b.iter(|| decoder.decode(&path, &mut image).is_ok());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, decoding);
criterion_main!(benches);
