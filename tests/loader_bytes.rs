//! Batches of bytes for the device to scale: the same values as batches of floats, for any workers and caches.

#[path = "common/loader.rs"]
mod common;

use common::{IMAGES, Images, chain, images, job, next, scanned, stream};
use std::sync::Arc;
use trainscope::config::{CacheMode, LoaderConfig, ParamValue, TransformSpec};
use trainscope::data::Dtype;
use trainscope::loader::{Loader, LoaderJob};
use trainscope::transform::tutorial_chain;

fn normalize() -> TransformSpec {
    let one = |v: f64| ParamValue::List(vec![ParamValue::Float(v)]);
    TransformSpec::new("NormalizeIntensity").with("subtrahend", one(100.0)).with("divisor", one(50.0))
}

fn specs() -> Vec<TransformSpec> {
    vec![
        TransformSpec::new("LoadImage"),
        TransformSpec::new("EnsureChannelFirst"),
        TransformSpec::new("RandFlip").with("prob", ParamValue::Float(0.5)),
        normalize(),
    ]
}

fn as_bytes(job: LoaderJob) -> LoaderJob {
    let config = LoaderConfig { bytes_to_device: true, ..job.config.clone() };
    LoaderJob { config, ..job }
}

#[test]
fn bytes_scaled_are_the_floats() {
    let Images { dataset, _home } = images();
    for channels in [1, 3] {
        let floats = LoaderJob { chain: chain(&specs()), channels, ..job(&dataset, 2) };
        let mut bytes = Loader::start(as_bytes(floats.clone())).unwrap();
        let mut floats = Loader::start(floats).unwrap();
        let mut batches = 0;
        while let (Some(bytes), Some(floats)) = (next(&mut bytes), next(&mut floats)) {
            assert_eq!(
                (bytes.dtype, bytes.data.len(), floats.dtype, floats.bytes.len()),
                (Dtype::U8, 0, Dtype::F32, 0)
            );
            assert_eq!((bytes.shape, &bytes.samples, &bytes.labels), (floats.shape, &floats.samples, &floats.labels));
            assert_eq!(
                (bytes.scale.len(), bytes.shift.len(), bytes.bytes.len()),
                (channels, channels, floats.data.len())
            );
            let plane = bytes.shape[2] * bytes.shape[3];
            for (i, (byte, float)) in bytes.bytes.iter().zip(&floats.data).enumerate() {
                let channel = i / plane % channels;
                let value = f32::from(*byte) * bytes.scale[channel] + bytes.shift[channel];
                assert!((value - float).abs() < 1e-5, "{value} and {float}");
            }
            batches += 1;
        }
        assert_eq!(batches, 30);
    }
}

#[test]
fn the_stream_of_bytes_is_the_same_for_any_workers_and_caches() {
    let Images { dataset, _home } = images();
    // With a random step, and as in validation, where all that is fixed could be kept.
    for chain in [chain(&specs()), Arc::new(chain(&specs()).deterministic())] {
        let base = |workers| as_bytes(LoaderJob { chain: Arc::clone(&chain), ..job(&dataset, workers) });
        let expected = stream(base(0));
        for mode in [CacheMode::Off, CacheMode::Ram, CacheMode::Disk] {
            for workers in [0, 1, 2, 7] {
                let dir = tempfile::tempdir().unwrap();
                let mut job = base(workers);
                (job.config.cache, job.config.cache_dir) = (mode, Some(dir.path().to_owned()));
                assert_eq!(stream(job), expected, "{mode:?}, {workers} workers");
            }
        }
    }
}

#[test]
fn a_chain_that_needs_floats_gives_floats() {
    let Images { dataset, _home } = images();
    let whole = LoaderJob { chain: chain(&tutorial_chain(None)), ..job(&dataset, 2) };
    assert_eq!(stream(as_bytes(whole.clone())), stream(whole.clone()));
    // And each batch says what it is when the chain changes.
    let mut loader =
        Loader::start(as_bytes(LoaderJob { config: LoaderConfig { workers: 0, ..whole.config.clone() }, ..whole }))
            .unwrap();
    for (specs, dtype) in [(specs(), Dtype::U8), (tutorial_chain(None), Dtype::F32), (specs(), Dtype::U8)] {
        loader.set_chain(chain(&specs));
        for _ in 0..3 {
            let batch = next(&mut loader).unwrap();
            let both = (batch.data.is_empty(), batch.bytes.is_empty());
            assert_eq!((batch.dtype, both), (dtype, (dtype == Dtype::U8, dtype == Dtype::F32)));
            loader.recycle(batch);
        }
    }
}

#[test]
fn what_comes_as_floats_is_left_out_and_named() {
    let Images { dataset, _home } = images();
    // What was of 8 bits when the folder was read is of 16 now.
    let deep = image::ImageBuffer::<image::Luma<u16>, _>::from_pixel(8, 8, image::Luma([40_000]));
    let path = dataset.path_of(9);
    deep.save_with_format(&path, image::ImageFormat::Png).unwrap();
    let mut loader =
        Loader::start(as_bytes(LoaderJob { chain: chain(&specs()), epochs: 1, ..job(&dataset, 2) })).unwrap();
    let (mut failures, mut loaded) = (Vec::new(), 0);
    while let Some(batch) = next(&mut loader) {
        loaded += batch.labels.len();
        failures.extend(batch.failures);
    }
    assert_eq!((loaded, failures.len(), failures[0].sample), (IMAGES - 1, 1, 9));
    assert!(failures[0].reason.to_string().contains("loader.bytes_to_device=false"), "{failures:?}");
    // A folder that holds such from the beginning gives floats.
    let dataset = scanned(&dataset.root);
    let batch = next(&mut Loader::start(as_bytes(LoaderJob { chain: chain(&specs()), ..job(&dataset, 0) })).unwrap());
    assert_eq!(batch.unwrap().dtype, Dtype::F32);
}
