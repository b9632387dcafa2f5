//! What the policies draw and do.

use super::auto::{How, RAND, Space, Step, WIDE};
use super::operations::Op;
use crate::data::Image;
use crate::transform::families::colour::tests::{digest, dull};
use crate::transform::tests::{one, run};
use crate::transform::tests_random::draws;
use crate::transform::*;
use std::collections::BTreeMap;

/// `RandAugment()._apply_image_or_video_transform(image, name, magnitude, interpolation, {})` of torchvision, on
/// `dull()`: operation, magnitude, digest for nearest and bilinear.
const RESULTS: [(Op, f64, [u64; 2]); 15] = [
    (Op::Identity, 0.0, [1_611_857_874, 1_611_857_874]),
    (Op::ShearX, 0.2137, [1_481_617_707, 1_482_051_439]),
    (Op::ShearY, -0.2871, [1_346_193_018, 1_348_807_727]),
    (Op::TranslateX, 7.9, [1_425_189_491, 1_425_189_491]),
    (Op::TranslateY, -3.2, [1_453_711_114, 1_453_711_114]),
    (Op::Rotate, -21.3, [1_373_123_716, 1_376_206_946]),
    (Op::Brightness, -0.54, [728_905_587, 728_905_587]),
    (Op::Color, 0.7, [1_627_995_881, 1_627_995_881]),
    (Op::Contrast, -0.3, [1_593_682_023, 1_593_682_023]),
    (Op::Sharpness, 0.81, [1_601_642_575, 1_601_642_575]),
    (Op::Posterize, 5.0, [1_520_046_032, 1_520_046_032]),
    (Op::Solarize, 0.2, [3_257_092_662, 3_257_092_662]),
    (Op::AutoContrast, 0.0, [3_280_157_622, 3_280_157_622]),
    (Op::Equalize, 0.0, [3_410_919_007, 3_410_919_007]),
    (Op::Invert, 0.0, [4_998_660_126, 4_998_660_126]),
];

fn how(nearest: bool) -> How {
    How { nearest, fill: 0.0 }
}

#[test]
fn operations_are_torchvisions() {
    for (op, magnitude, expected) in RESULTS {
        for (nearest, expected) in [true, false].into_iter().zip(expected) {
            let mut image = dull();
            how(nearest).apply(Step { op, magnitude }, &mut image, &mut Scratch::default()).unwrap();
            image.to_floats();
            // Between pixels, where torch's float32 coordinates and these differ, some bytes round to the other side.
            let slack = if nearest { 0 } else { 20_000 };
            let got = digest(&image.data);
            assert!(got.abs_diff(expected) <= slack, "{op:?}, nearest {nearest}: {got}, expected {expected}");
        }
    }
}

/// The magnitudes of `torch.linspace` and of torchvision's bits, by bin.
#[test]
fn bins_are_torchvisions() {
    let mut stream = SampleSeed::default().stream(1);
    let mut of = |space: &Space, op, bin, side| space.step(op, 31, |_| bin, [side; 2], &mut stream).magnitude;
    let close = |a: f64, b: f64| (a.abs() - b).abs() < 1e-12;
    for (bin, expected) in [
        (1, 1.510_573_983_192_443_8),
        (9, 13.595_166_206_359_863),
        (15, 22.658_609_390_258_79),
        (29, 43.806_644_439_697_266),
        (30, 45.317_218_780_517_58),
    ] {
        assert!(close(of(&RAND, Op::TranslateX, bin, 100), expected), "{bin}");
    }
    // 16 in numbers without end, and a pixel less in torch's.
    assert!(close(of(&WIDE, Op::TranslateY, 15, 100), 15.999_999_046_325_684));
    assert!(close(of(&WIDE, Op::ShearX, 9, 100), 0.296_999_990_940_094));
    assert!(close(of(&RAND, Op::Solarize, 0, 100), 1.0) && close(of(&RAND, Op::Solarize, 30, 100), 0.0));
    let mut bits =
        |space, bins: &[usize]| bins.iter().map(|bin| of(space, Op::Posterize, *bin, 9) as u32).collect::<Vec<_>>();
    assert_eq!(bits(&RAND, &[0, 3, 4, 11, 12, 18, 19, 26, 27, 30]), [8, 8, 7, 7, 6, 6, 5, 5, 4, 4]);
    assert_eq!(
        bits(&WIDE, &[0, 2, 3, 7, 8, 12, 13, 17, 18, 22, 23, 27, 28, 30]),
        [8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2]
    );
}

const SIGNED: std::ops::RangeInclusive<u8> = 1..=9;

/// Every operation as often as the others, and each sign in half of those that have two.
#[track_caller]
fn check_operations(drawn: &[(f64, f64)], operations: usize) {
    let mut found: BTreeMap<u8, (f64, f64)> = BTreeMap::new();
    for (op, magnitude) in drawn {
        let entry = found.entry(*op as u8).or_default();
        entry.0 += 1.0;
        entry.1 += f64::from(u8::from(*magnitude < 0.0));
    }
    let expected = drawn.len() as f64 / operations as f64;
    assert_eq!(found.len(), operations);
    let chi2: f64 = found.values().map(|(n, _)| (n - expected).powi(2) / expected).sum();
    assert!(chi2 < 36.1, "chi² of at most 14 degrees: {chi2}"); // p = 0.001
    for (op, (n, negative)) in &found {
        let share = if SIGNED.contains(op) { 0.5 } else { 0.0 };
        assert!((negative / n - share).abs() < 4.5 * 0.5 / n.sqrt() * 2.0 * share + 1e-9, "{op}: {negative} of {n}");
    }
}

fn pairs(drawn: &[Draw], first: usize) -> Vec<(f64, f64)> {
    drawn.iter().flat_map(|d| d.figures()[first..].chunks_exact(2)).map(|pair| (pair[0], pair[1])).collect()
}

#[test]
fn operations_and_signs_are_drawn_evenly() {
    let drawn = draws(&one("RandAugment", ""), 20_000);
    assert!(drawn.iter().all(|d| d.figures().len() == 4));
    check_operations(&pairs(&drawn, 0), 14);
    // The ninth of 30 steps to 30 degrees, always.
    assert!(pairs(&drawn, 0).iter().all(|(op, m)| *op != 5.0 || (m.abs() - 9.0).abs() < 1e-6));
    let more = draws(&one("RandAugment", "num_ops = 6"), 5);
    assert!(more.iter().all(|d| d.figures().len() == 8));
    let wide = draws(&one("TrivialAugmentWide", ""), 60_000);
    // A magnitude of 0 has no sign: bin 0, of 31. That and chance.
    let signed: Vec<_> =
        pairs(&wide, 0).into_iter().filter(|(op, m)| !SIGNED.contains(&(*op as u8)) || *m != 0.0).collect();
    let all = pairs(&wide, 0).len() as f64;
    let zero = 1.0 - signed.len() as f64 / all;
    assert!((zero - 9.0 / 14.0 / 31.0).abs() < 0.003, "{zero}");
    // Every bin of the rotation as often as the others: both signs of it.
    let turns: Vec<f64> = pairs(&wide, 0).into_iter().filter(|(op, _)| *op == 5.0).map(|(_, m)| m.abs()).collect();
    let mut bins = [0.0; 31];
    turns.iter().for_each(|m| bins[(m / 4.5).round() as usize] += 1.0);
    let expected = turns.len() as f64 / 31.0;
    let chi2: f64 = bins.iter().map(|n: &f64| (n - expected).powi(2) / expected).sum();
    assert!(chi2 < 59.7, "chi² of 30 degrees: {chi2}"); // p = 0.001
}

#[test]
fn pairs_are_drawn_evenly_and_happen_as_the_policy_says() {
    let drawn = draws(&one("AutoAugment", "policy = \"cifar10\""), 50_000);
    let mut counts = [0.0; 25];
    let (mut inverted, mut contrasted) = (0.0, 0.0);
    for figures in drawn.iter().map(Draw::figures) {
        counts[figures[0] as usize] += 1.0;
        if figures[0] == 0.0 {
            // Invert in a tenth, Contrast in two tenths, at 0.6 of 0.9.
            inverted += f64::from(u8::from(figures[1] == 14.0));
            contrasted += f64::from(u8::from(figures[3] == 8.0));
            assert!(figures[3] == 0.0 || (figures[4].abs() - 0.6).abs() < 1e-6, "{figures:?}");
        }
    }
    let chi2: f64 = counts.iter().map(|n: &f64| (n - 2000.0).powi(2) / 2000.0).sum();
    assert!(chi2 < 51.2, "chi² of 24 degrees: {chi2}"); // p = 0.001
    assert!((inverted / counts[0] - 0.1).abs() < 0.03 && (contrasted / counts[0] - 0.2).abs() < 0.04);
    for (policy, op) in [("imagenet", 10.0), ("svhn", 1.0)] {
        let drawn = draws(&one("AutoAugment", &format!("policy = \"{policy}\"")), 2_000);
        let first = drawn.iter().map(Draw::figures).filter(|f| f[0] == 0.0);
        assert!(first.map(|f| f[1]).all(|found| found == op || found == 0.0), "{policy}");
    }
}

fn op_of(number: f64) -> Op {
    RESULTS[number as usize].0
}

/// A policy does what its operations do one after the other, with the magnitudes drawn.
#[test]
fn figures_are_what_is_done() {
    let image = dull();
    let expected = |steps: &[(f64, f64)], nearest: bool| {
        let mut image = image.clone();
        for (op, magnitude) in steps {
            let step = Step { op: op_of(*op), magnitude: *magnitude };
            how(nearest).apply(step, &mut image, &mut Scratch::default()).unwrap();
        }
        image.to_floats();
        image
    };
    for sample in 0..60 {
        let seed = SampleSeed { seed: 3, epoch: 1, sample };
        for (name, lines, first) in [
            ("RandAugment", "num_ops = 3\nmagnitude = 20", 0),
            ("TrivialAugmentWide", "interpolation = \"bilinear\"", 0),
            ("AutoAugment", "policy = \"svhn\"", 1),
        ] {
            let chain = one(name, lines);
            let draw = chain.steps()[0].draw(seed, image.shape());
            let steps = pairs(std::slice::from_ref(&draw), first);
            let expected = expected(&steps, !lines.contains("bilinear"));
            assert_eq!(run(&chain, &image, sample), expected, "{name}: {steps:?}");
        }
    }
}

#[test]
fn aug_mix_mixes_what_it_shows() {
    let image = dull();
    let chain = one("AugMix", "severity = 1\nmixture_width = 2\nchain_depth = 1\nall_ops = false");
    let drawn = draws(&chain, 20_000);
    let n = drawn.len() as f64;
    let mean = |of: &dyn Fn(&[f64]) -> f64| drawn.iter().map(|d| of(d.figures())).sum::<f64>() / n;
    assert!(drawn.iter().all(|d| d.figures().len() == 5));
    assert!(drawn.iter().all(|d| {
        let f = d.figures();
        (f[0] + f[1] + f[3] - 1.0).abs() < 1e-12
    }));
    assert!((mean(&|f| f[0]) - 0.5).abs() < 0.01 && (mean(&|f| f[1]) - 0.25).abs() < 0.01);
    assert!((mean(&|f| f[0] * f[0]) - 1.0 / 3.0).abs() < 0.01);
    check_operations(
        &drawn
            .iter()
            .map(|d| (d.figures()[2], 0.0))
            .collect::<Vec<_>>()
            .iter()
            .map(|(op, _)| (if *op > 5.0 { *op } else { op + 20.0 }, 0.0))
            .collect::<Vec<_>>(),
        9,
    );
    // In the first of ten bins nothing is moved: what remains is posterising to 4 bits, solarising from 255,
    // contrast and equalisation.
    for sample in 0..40 {
        let seed = SampleSeed { seed: 3, epoch: 1, sample };
        let draw = chain.steps()[0].draw(seed, image.shape());
        let f = draw.figures();
        let part = |op: f64| {
            let mut image = image.clone();
            let magnitude = match op_of(op) {
                Op::Posterize => 4.0,
                Op::Solarize => 1.0,
                _ => 0.0,
            };
            how(false).apply(Step { op: op_of(op), magnitude }, &mut image, &mut Scratch::default()).unwrap();
            image.bytes
        };
        let parts = [(f[0], image.bytes.clone()), (f[1], part(f[2])), (f[3], part(f[4]))];
        let out = run(&chain, &image, sample);
        for (i, v) in out.data.iter().enumerate() {
            let sum: f64 = parts.iter().map(|(share, bytes)| share * f64::from(bytes[i])).sum();
            // Cut to a byte; a sum next to a whole number may round to either side.
            assert!(f64::from(*v) <= sum + 1e-3 && f64::from(*v) > sum - 1.0 - 1e-3, "{v} of {sum}");
        }
    }
    // Depth 1 to 3, drawn: numbers of one to three operations.
    let depths = draws(&one("AugMix", ""), 9_000);
    for (low, high) in [(0.0, 1e2), (1e2, 1e4), (1e4, 1e6)] {
        let share = depths.iter().filter(|d| (low..high).contains(&d.figures()[2])).count() as f64 / 9_000.0;
        assert!((share - 1.0 / 3.0).abs() < 0.025, "{low}: {share}");
    }
    let floats = Image::from_floats(image.shape(), image.bytes.iter().map(|v| f32::from(*v) / 255.0).collect());
    assert!(run(&one("AugMix", ""), &floats, 3).data.iter().all(|v| (0.0..=1.0 + 1e-6).contains(v)));
}
