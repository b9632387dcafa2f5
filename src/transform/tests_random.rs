//! What the random transforms draw; and, ignored unless asked for, what everything costs.

use super::tests::{chain, one, picture, run};
use crate::data::Image;
use crate::transform::*;

/// What the first step draws for so many samples of 3 x 40 x 60.
pub(crate) fn draws(chain: &Chain, samples: u64) -> Vec<Draw> {
    let seed = |sample| SampleSeed { seed: 5, epoch: 2, sample };
    (0..samples).map(|sample| chain.steps()[0].draw(seed(sample), [3, 40, 60])).collect()
}

/// The share of samples drawn for is `prob`, and the figures drawn are uniform from `low` to `high`.
#[track_caller]
pub(crate) fn check_uniform(drawn: &[Draw], prob: f64, [low, high]: [f64; 2], figure: usize) {
    let n = drawn.len() as f64;
    let figures: Vec<f64> = drawn.iter().filter(|d| **d != Draw::Skip).map(|d| d.figures()[figure]).collect();
    let share = figures.len() as f64 / n;
    assert!((share - prob).abs() < 4.0 * (prob * (1.0 - prob) / n).sqrt() + 1e-12, "share {share}");
    let mut counts = [0.0; 10];
    for v in &figures {
        assert!((low..=high).contains(v), "{v}");
        counts[(((v - low) / (high - low) * 10.0) as usize).min(9)] += 1.0;
    }
    let expected = figures.len() as f64 / 10.0;
    let chi2: f64 = counts.iter().map(|c| (c - expected).powi(2) / expected).sum();
    assert!(chi2 < 27.9, "chi² of 9 degrees: {chi2}"); // p = 0.001
}

#[test]
fn figures_are_drawn_as_monai_draws_them() {
    let n = 20_000;
    check_uniform(&draws(&one("RandRotate", "range_x = 0.3\nprob = 0.5"), n), 0.5, [-0.3, 0.3], 0);
    check_uniform(&draws(&one("RandRotate", "range_x = [0.1, 0.3]\nprob = 1"), n), 1.0, [0.1, 0.3], 0);
    let together = draws(&one("RandZoom", "prob = 0.25"), n);
    check_uniform(&together, 0.25, [0.9, 1.1], 0);
    assert!(together.iter().all(|d| d.figures().first() == d.figures().last()));
    let apart = draws(&one("RandZoom", "prob = 1\nmin_zoom = [0.5, 0.9]\nmax_zoom = [0.6, 1.5]"), n);
    check_uniform(&apart, 1.0, [0.5, 0.6], 0);
    check_uniform(&apart, 1.0, [0.9, 1.5], 1);
    check_uniform(&draws(&one("RandGaussianNoise", "std = 2"), n), 0.1, [0.0, 2.0], 0);
    let fixed = draws(&one("RandGaussianNoise", "std = 2\nsample_std = false\nprob = 1"), 10);
    assert!(fixed.iter().all(|d| d.figures() == [2.0]));
    let flips = draws(&one("RandFlip", "prob = 0.3"), n).iter().filter(|d| **d != Draw::Skip).count() as f64;
    assert!((flips / n as f64 - 0.3).abs() < 0.013, "{flips}");
    assert!(draws(&one("RandFlip", "prob = 0"), n).iter().all(|d| *d == Draw::Skip));
}

#[test]
fn noise_has_its_mean_and_deviation() {
    let image = Image { data: vec![10.0; 40_000], ..picture(1, 200, 200) };
    let out = run(&one("RandGaussianNoise", "prob = 1\nmean = 2\nstd = 3\nsample_std = false"), &image, 1);
    let n = out.data.len() as f64;
    let mean = out.data.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    let variance = out.data.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
    assert!((mean - 12.0).abs() < 0.06, "{mean}");
    assert!((variance.sqrt() - 3.0).abs() < 0.05, "{variance}");
}

/// A random step does what the fixed one does with the figure drawn.
#[test]
fn drawn_figures_are_what_is_done() {
    let image = picture(3, 31, 45);
    for sample in 0..10 {
        let check = |name: &str, lines: &str| {
            let random = one(name, lines);
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            let draw = random.steps()[0].draw(seed, image.shape());
            let fixed = match (name, draw.figures()) {
                ("RandRotate", [v]) => one("Rotate", &format!("angle = {v:?}")),
                ("RandZoom", v) => one("Zoom", &format!("zoom = {v:?}")),
                ("RandFlip", []) => one("Flip", "spatial_axis = 1"),
                other => panic!("{other:?}"),
            };
            assert_eq!(run(&random, &image, sample), run(&fixed, &image, sample), "{name}");
        };
        check("RandRotate", "range_x = 0.5\nprob = 1");
        check("RandZoom", "prob = 1\nmin_zoom = 0.7");
        check("RandFlip", "prob = 1\nspatial_axis = 1");
    }
}

#[test]
fn streams_hang_on_name_and_occurrence_alone() {
    const ROTATE: &str = "[[transform]]\nname = \"RandRotate\"\nrange_x = 0.5\nprob = 0.5\n";
    const FLIP: &str = "[[transform]]\nname = \"RandFlip\"\nprob = 0.5\n";
    const ZOOM: &str = "[[transform]]\nname = \"RandZoom\"\nprob = 0.5\n";
    let drawn = |parts: &[&str], step: usize| {
        let chain = chain(&parts.concat()).unwrap();
        let seed = |sample| SampleSeed { seed: 9, epoch: 4, sample };
        (0..50).map(|sample| chain.steps()[step].draw(seed(sample), [1, 64, 64])).collect::<Vec<_>>()
    };
    let rotate = drawn(&[ROTATE, FLIP, ZOOM], 0);
    // Off, gone, or in another order: the others' draws stay.
    assert_eq!(rotate, drawn(&[FLIP, ROTATE], 1));
    let off = format!("{FLIP}enabled = false\n");
    assert_eq!(drawn(&[ROTATE, &off, ZOOM], 2), drawn(&[ROTATE, FLIP, ZOOM], 2));
    // The second of a name draws anew, and the same whether the first is on or off.
    let second = drawn(&[FLIP, FLIP], 1);
    assert_ne!(second, drawn(&[FLIP], 0));
    assert_eq!(second, drawn(&[&off, FLIP], 1));
    // Rotation and flip are not in step with each other.
    let flip = drawn(&[FLIP], 0);
    assert!(flip.iter().zip(&rotate).any(|(f, r)| (*f == Draw::Skip) != (*r == Draw::Skip)));
}

#[test]
fn any_thread_and_any_scratch_gives_the_same() {
    let chain = Chain::build(&tutorial_chain(None)).unwrap();
    let images: Vec<Image> = (0..8).map(|i| picture(1 + i % 3, 20 + i, 64 - i)).collect();
    let sequence = |order: Vec<usize>| {
        let mut scratch = Scratch::default();
        let mut out = vec![Image::empty(); 64];
        for i in order {
            let mut image = images[i % 8].clone();
            let seed = SampleSeed { seed: 1, epoch: 1, sample: i as u64 };
            chain.run(&mut image, &mut scratch, seed, &mut ()).unwrap();
            out[i] = image;
        }
        out
    };
    let forward = sequence((0..64).collect());
    let backward = std::thread::scope(|s| s.spawn(|| sequence((0..64).rev().collect())).join().unwrap());
    assert_eq!(forward, backward);
}

/// `cargo test --release -- --ignored --nocapture timings`: microseconds an image, one thread, 1 x 64 x 64.
#[test]
#[ignore = "a measurement"]
fn timings() {
    let picture = picture(1, 64, 64);
    let time = |name: &str, chain: &Chain| {
        let mut scratch = Scratch::default();
        let mut image = picture.clone();
        let mut copy = Vec::new();
        let mut best = f64::INFINITY;
        for round in 0..30u64 {
            let begun = std::time::Instant::now();
            for sample in 0..200 {
                copy.clone_from(&picture.data);
                std::mem::swap(&mut image.data, &mut copy);
                (image.channels, image.height, image.width) = (1, 64, 64);
                let seed = SampleSeed { seed: round, epoch: 1, sample };
                chain.run(&mut image, &mut scratch, seed, &mut ()).unwrap();
            }
            best = best.min(begun.elapsed().as_secs_f64() * 1e6 / 200.0);
        }
        println!("{name:40} {best:8.2} µs");
    };
    time("nothing (the copy)", &chain("").unwrap());
    time("tutorial's chain", &Chain::build(&tutorial_chain(None)).unwrap());
    time("tutorial's chain, deterministic", &Chain::build(&tutorial_chain(None)).unwrap().deterministic());
    for (name, lines) in [
        ("ScaleIntensity", ""),
        ("NormalizeIntensity", ""),
        ("NormalizeIntensity", "nonzero = true"),
        ("RandGaussianNoise", "prob = 1"),
        ("RandRotate", "prob = 0"),
        ("RandRotate", "range_x = 0.26\nprob = 1"),
        ("RandRotate", "range_x = 0.26\nprob = 1\npadding_mode = \"zeros\""),
        ("RandRotate", "range_x = 0.26\nprob = 1\nmode = \"nearest\""),
        ("Flip", "spatial_axis = 0"),
        ("Flip", "spatial_axis = 1"),
        ("RandZoom", "prob = 1"),
        ("RandZoom", "prob = 1\nmode = \"bilinear\""),
        ("Resize", "spatial_size = [96, 96]"),
        ("Resize", "spatial_size = [32, 32]"),
        ("Resize", "spatial_size = [96, 96]\nmode = \"bilinear\""),
        ("Resize", "spatial_size = [96, 96]\nmode = \"bicubic\""),
        ("Resize", "spatial_size = [96, 96]\nmode = \"nearest\""),
        ("Resize", "spatial_size = [32, 32]\nanti_aliasing = true"),
    ] {
        time(&format!("{name} {}", lines.replace('\n', ", ")), &one(name, lines));
    }
}
