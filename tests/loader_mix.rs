//! MixUp and CutMix on the way through the loader.

#[path = "common/loader.rs"]
mod common;

use common::{IMAGES, Images, chain, images, job, next};
use std::sync::Arc;
use trainscope::config::{ParamValue, TransformSpec};
use trainscope::data::Dataset;
use trainscope::loader::{Batch, Loader, LoaderJob};
use trainscope::transform::tutorial_chain;

fn with(mixes: &[&str]) -> Vec<TransformSpec> {
    let mut specs = tutorial_chain(None);
    specs.extend(mixes.iter().map(|name| TransformSpec::new(name)));
    specs
}

fn batches(dataset: &Arc<Dataset>, specs: &[TransformSpec], workers: usize) -> Vec<Batch> {
    let mut loader = Loader::start(LoaderJob { chain: chain(specs), epochs: 2, ..job(dataset, workers) }).unwrap();
    std::iter::from_fn(|| next(&mut loader)).collect()
}

#[test]
fn a_mixed_batch_is_the_plain_one_mixed_and_says_so() {
    let Images { dataset, _home } = images();
    let plain = batches(&dataset, &with(&[]), 2);
    assert!(plain.iter().all(|batch| batch.mixed.is_none()));
    for mix in ["MixUp", "CutMix"] {
        let mixed = batches(&dataset, &with(&[mix]), 2);
        assert_eq!(mixed.len(), plain.len());
        let mut shares: Vec<f32> = Vec::new();
        for (batch, plain) in mixed.iter().zip(&plain) {
            let how = batch.mixed.as_ref().unwrap();
            assert_eq!((&batch.labels, &batch.samples, batch.shape), (&plain.labels, &plain.samples, plain.shape));
            let partner = |i: usize| (i + batch.labels.len() - 1) % batch.labels.len();
            let labels: Vec<u32> = (0..batch.labels.len()).map(|i| batch.labels[partner(i)]).collect();
            assert_eq!(how.partner_labels, labels);
            let size = plain.data.len() / batch.labels.len();
            for i in 0..batch.labels.len() {
                let of = |batch: &Batch, i: usize| batch.data[i * size..(i + 1) * size].to_vec();
                let (got, own, other) = (of(batch, i), of(plain, i), of(plain, partner(i)));
                if mix == "MixUp" {
                    let far = |k: usize| (got[k] - (own[k] * how.share + other[k] * (1.0 - how.share))).abs();
                    assert!((0..size).all(|k| far(k) < 1e-5));
                } else {
                    // Pixels of the one or of the other; at least as many of its own as the share says.
                    assert!((0..size).all(|k| got[k] == own[k] || got[k] == other[k]));
                    let own = (0..size).filter(|k| got[*k] == own[*k]).count() as f32 / size as f32;
                    assert!(own >= how.share - 1e-5, "{own} of {}", how.share);
                }
            }
            shares.push(how.share);
        }
        shares.dedup();
        assert!(shares.len() > plain.len() / 2, "a share for every batch: {shares:?}");
    }
}

#[test]
fn mixing_is_the_same_for_any_number_of_workers() {
    let Images { dataset, _home } = images();
    let specs = with(&["MixUp", "CutMix"]);
    let known = |workers| {
        let batches = batches(&dataset, &specs, workers);
        batches.into_iter().map(|batch| (batch.data, batch.mixed)).collect::<Vec<_>>()
    };
    let expected = known(0);
    assert_eq!(expected.len(), 2 * IMAGES.div_ceil(8));
    for workers in [1, 2, 7] {
        assert!(known(workers) == expected, "{workers} workers");
    }
}

/// Used again, a batch's buffers do not bring an old share along.
#[test]
fn switching_it_off_takes_effect() {
    let Images { dataset, _home } = images();
    let specs = with(&["MixUp"]);
    let mut loader = Loader::start(LoaderJob { chain: chain(&specs), ..job(&dataset, 0) }).unwrap();
    let first = next(&mut loader).unwrap();
    assert!(first.mixed.is_some());
    loader.recycle(first);
    let mut off = specs;
    if let Some(last) = off.last_mut() {
        last.enabled = false;
        last.params.insert("alpha".to_owned(), ParamValue::Float(2.0));
    }
    loader.set_chain(chain(&off));
    let second = next(&mut loader).unwrap();
    assert_eq!(second.mixed, None);
}
