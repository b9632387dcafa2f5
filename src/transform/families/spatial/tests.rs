//! What MONAI's and torchvision's turns, flips and affine maps do beyond the golden cases, and what the random ones draw.

use crate::data::Image;
use crate::transform::tests::{chain, one, picture, run};
use crate::transform::tests_random::{check_uniform, draws};
use crate::transform::*;

#[track_caller]
fn refused(name: &str, lines: &str, words: &[&str]) {
    let error = chain(&format!("[[transform]]\nname = \"{name}\"\n{lines}")).unwrap_err().to_string();
    for word in words {
        assert!(error.contains(word), "{error:?} lacks {word:?}");
    }
}

#[test]
fn wrong_parameters_are_refused() {
    refused("Transpose", "indices = [1, 0, 2]", &["indices", "[0, 2, 1]", "channels"]);
    refused("Rotate90", "spatial_axes = [0, 0]", &["spatial_axes", "[0, 1], [1, 0]"]);
    refused("Rotate90", "spatial_axes = [0, -2]", &["spatial_axes"]);
    refused("Affine", "affine = [[1, 0, 0], [0, 1, 0], [0, 0.5, 1]]", &["affine", "[0, 0, 1]"]);
    refused("Affine", "normalized = true", &["pixels"]);
    refused("RandAffine", "rotate_range = [0.1, 0.2]", &["rotate_range", "[[low, high]]"]);
    refused("RandAffine", "cache_grid = true", &["no grid"]);
}

#[test]
fn figures_are_drawn_from_their_ranges() {
    let n = 20_000;
    let all = one(
        "RandAffine",
        "prob = 0.4\nrotate_range = 0.3\nshear_range = [[0.1, 0.2], 0.5]\ntranslate_range = [4, [-1, 6]]\n\
         scale_range = [0.2, [-0.1, 0.4]]",
    );
    let drawn = draws(&all, n);
    let ranges = [[-0.3, 0.3], [0.1, 0.2], [-0.5, 0.5], [-4.0, 4.0], [-1.0, 6.0], [0.8, 1.2], [0.9, 1.4]];
    for (figure, range) in ranges.into_iter().enumerate() {
        check_uniform(&drawn, 0.4, range, figure);
    }
    // What has no range is not drawn; one range alone is H's.
    let some = draws(&one("RandAffine", "prob = 1\nrotate_range = [[0.1, 0.2]]\ntranslate_range = 3"), n);
    check_uniform(&some, 1.0, [0.1, 0.2], 0);
    check_uniform(&some, 1.0, [-3.0, 3.0], 3);
    let rest = |d: &Draw| d.figures()[1..3] == [0.0, 0.0] && d.figures()[4..] == [0.0, 1.0, 1.0];
    assert!(some.iter().all(rest));
}

/// A size of its own is kept whether or not the rest happens.
#[test]
fn the_size_asked_for_comes_anyway() {
    let image = picture(2, 30, 20);
    let chain = one("RandAffine", "prob = 0\nspatial_size = [10, -1]\nrotate_range = 1");
    let out = run(&chain, &image, 0);
    assert_eq!(out.shape(), [2, 10, 20]);
    assert_eq!(out.at(1, 0, 3), image.at(1, 10, 3));
    assert_eq!(run(&one("RandAffine", "prob = 0\nrotate_range = 1"), &image, 0), image);
    assert!(one("RandAffine", "prob = 0").steps()[0].draw(Default::default(), [1, 2, 3]) == Draw::Skip);
}

#[test]
fn turns_are_one_to_max_k() {
    let n = 20_000;
    for max_k in [1, 3, 5] {
        let drawn = draws(&one("RandRotate90", &format!("prob = 0.3\nmax_k = {max_k}")), n);
        let mut counts = vec![0.0; max_k + 1];
        for figures in drawn.iter().map(Draw::figures).filter(|f| !f.is_empty()) {
            counts[figures[0] as usize] += 1.0;
        }
        assert_eq!(counts[0], 0.0);
        let expected = n as f64 * 0.3 / max_k as f64;
        for count in &counts[1..] {
            assert!((count - expected).abs() < 4.0 * expected.sqrt(), "{counts:?}");
        }
    }
}

#[test]
fn drawn_figures_are_what_is_done() {
    let image = picture(3, 31, 45);
    let affine = one(
        "RandAffine",
        "prob = 1\nrotate_range = 0.5\nshear_range = [0.2, 0.3]\ntranslate_range = [4, 5]\nscale_range = [0.2, 0.1]",
    );
    let (turn, back) = ("prob = 1", "prob = 1\nspatial_axes = [-1, 0]");
    for sample in 0..10 {
        let figures = |chain: &Chain| {
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            chain.steps()[0].draw(seed, image.shape()).figures().to_vec()
        };
        let v = figures(&affine);
        let fixed = format!(
            "rotate_params = {:?}\nshear_params = {:?}\ntranslate_params = {:?}\nscale_params = {:?}\n",
            v[0],
            &v[1..3],
            &v[3..5],
            &v[5..7]
        );
        assert_eq!(run(&affine, &image, sample), run(&one("Affine", &fixed), &image, sample));
        for (lines, axes) in [(turn, "[0, 1]"), (back, "[1, 0]")] {
            let random = one("RandRotate90", lines);
            let fixed = format!("k = {}\nspatial_axes = {axes}", figures(&random)[0]);
            assert_eq!(run(&random, &image, sample), run(&one("Rotate90", &fixed), &image, sample));
        }
    }
}

/// MONAI 1.6.1's Affine on [[1, 2, 4], [8, 16, 32]]: a matrix of one's own, a size of its own, align_corners, and a
/// picture of one column, which MONAI takes for two.
#[test]
fn rarer_parameters_do_as_monais() {
    #[track_caller]
    fn check(image: &Image, lines: &str, expected: &[f32]) {
        let out = run(&one("Affine", lines), image, 0);
        assert_eq!(out.data.len(), expected.len());
        for (found, expected) in out.data.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{lines}: {:?}", out.data);
        }
    }
    let image = Image::from_floats([1, 2, 3], vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
    let column = Image::from_floats([1, 3, 1], vec![1.0, 2.0, 4.0]);
    check(
        &image,
        "affine = [[0.9, 0.2, 0.3], [-0.1, 1.1, -0.4], [0, 0, 1]]\npadding_mode = \"zeros\"",
        &[1.1275, 5.6925, 16.975, 3.42, 9.3, 14.52],
    );
    check(
        &image,
        "spatial_size = [3, 2]\nrotate_params = 0.2",
        &[1.3113, 2.58273, 7.84479, 11.33813, 13.66909, 27.01924],
    );
    check(
        &image,
        "align_corners = true\nrotate_params = 0.2\ntranslate_params = [0.3, 0.4]",
        &[3.40373, 4.25548, 4.52573, 9.12168, 20.98355, 24.23436],
    );
    check(&image, "mode = \"nearest\"\nscale_params = 0.6\nshear_params = 0.3", &[1.0, 2.0, 4.0, 1.0, 16.0, 32.0]);
    check(&column, "padding_mode = \"zeros\"\ntranslate_params = [0.25, 0.5]", &[0.9375, 1.875, 2.25]);
}

#[test]
fn transposing_moves_every_value() {
    for (height, width) in [(1, 1), (3, 40), (40, 3), (33, 17)] {
        let image = picture(2, height, width);
        let out = run(&one("Transpose", ""), &image, 0);
        assert_eq!(out.shape(), [2, width, height]);
        for (c, i, j) in (0..2).flat_map(|c| (0..width).flat_map(move |i| (0..height).map(move |j| (c, i, j)))) {
            assert_eq!(out.at(c, i, j), image.at(c, j, i));
        }
    }
}

#[test]
fn both_axes_have_their_share_and_are_what_is_done() {
    let (n, chain) = (20_000, one("RandAxisFlip", "prob = 0.4"));
    let drawn = draws(&chain, n);
    for axis in [0.0, 1.0] {
        let share = drawn.iter().filter(|d| d.figures() == [axis]).count() as f64 / n as f64;
        assert!((share - 0.2).abs() < 0.012, "axis {axis}: {share}"); // 4 sigma
    }
    let image = picture(2, 5, 8);
    for sample in 0..20 {
        let seed = SampleSeed { seed: 3, epoch: 1, sample };
        let expected = match chain.steps()[0].draw(seed, image.shape()) {
            Draw::Skip => image.clone(),
            draw => run(&one("Flip", &format!("spatial_axis = {}", draw.figures()[0])), &image, 0),
        };
        assert_eq!(run(&chain, &image, sample), expected);
    }
}

/// torchvision 0.29.2's functionals on this picture of bytes; bilinear and nearest, with and without `fill`.
#[test]
fn bytes_are_torchvisions() {
    let bytes = (0..20).map(|i| ((i / 5) * 37 + (i % 5) * 59 + (i / 5) * (i % 5) * 7) as u8).collect();
    let image = Image::from_bytes([1, 4, 5], bytes);
    #[track_caller]
    fn check(image: &Image, name: &str, lines: &str, shape: [usize; 3], expected: &[u8]) {
        let out = run(&one(name, lines), image, 0);
        assert_eq!(out.shape(), shape, "{lines}");
        assert_eq!(out.data, expected.iter().map(|v| f32::from(*v)).collect::<Vec<_>>(), "{lines}");
    }
    check(
        &image,
        "rotate",
        "angle = 30\ninterpolation = \"bilinear\"",
        [1, 4, 5],
        &[12, 78, 174, 146, 30, 33, 108, 185, 118, 113, 36, 114, 198, 89, 129, 34, 114, 151, 17, 19],
    );
    check(
        &image,
        "rotate",
        "angle = 30\ninterpolation = \"bilinear\"\nfill = 100",
        [1, 4, 5],
        &[82, 85, 174, 146, 64, 33, 108, 185, 118, 113, 36, 114, 198, 89, 129, 66, 114, 151, 42, 84],
    );
    check(
        &image,
        "rotate",
        "angle = 30\nexpand = true\nfill = 9",
        [1, 6, 7],
        &[
            9, 9, 9, 9, 236, 9, 9, 9, 9, 118, 177, 45, 45, 9, 0, 59, 103, 169, 37, 110, 9, 9, 37, 103, 220, 37, 95,
            175, 9, 74, 74, 191, 15, 9, 9, 9, 9, 111, 9, 9, 9, 9,
        ],
    );
    check(
        &image,
        "rotate",
        "angle = 90\ninterpolation = \"bilinear\"\nfill = 7",
        [1, 4, 5],
        &[55, 173, 107, 104, 37, 40, 175, 165, 92, 17, 26, 112, 160, 143, 29, 11, 50, 90, 131, 41],
    );
    check(
        &image,
        "rotate",
        "angle = 90\nexpand = true",
        [1, 5, 4],
        &[236, 45, 110, 175, 177, 235, 37, 95, 118, 169, 220, 15, 59, 103, 147, 191, 0, 37, 74, 111],
    );
    check(
        &image,
        "rotate",
        "angle = 25\ncenter = [1, 0.5]\nfill = 3",
        [1, 4, 5],
        &[0, 59, 169, 235, 45, 37, 103, 147, 220, 37, 3, 74, 147, 15, 95, 3, 111, 191, 3, 3],
    );
    check(
        &image,
        "affine",
        "angle = -20\ntranslate = [1, -1]\nscale = 0.8\nshear = [10, -15]\ninterpolation = \"bilinear\"\nfill = 50\ncenter = [2, 1]",
        [1, 4, 5],
        &[50, 33, 94, 179, 152, 50, 44, 134, 129, 72, 50, 46, 49, 43, 46, 50, 50, 50, 50, 50],
    );
    check(
        &image,
        "affine",
        "scale = 1.3\nshear = 20",
        [1, 4, 5],
        &[0, 59, 118, 118, 177, 37, 103, 169, 235, 235, 147, 147, 220, 37, 110, 191, 15, 15, 95, 175],
    );
    check(
        &image,
        "perspective",
        "startpoints = [[0, 0], [4, 0], [4, 3], [0, 3]]\nendpoints = [[1, 0], [3, 1], [4, 3], [0, 2]]\ninterpolation = \"nearest\"\nfill = 11",
        [1, 4, 5],
        &[11, 0, 11, 11, 11, 74, 74, 169, 236, 11, 111, 191, 220, 37, 11, 111, 191, 191, 15, 175],
    );
    check(
        &image,
        "perspective",
        "coefficients = [1.1, 0.1, -0.3, 0.05, 0.9, 0.2, 0.01, -0.02]",
        [1, 4, 5],
        &[5, 62, 129, 194, 163, 38, 111, 181, 168, 47, 79, 159, 152, 73, 70, 109, 121, 43, 117, 54],
    );
}

/// As there, on floats: `rotate(arange(24).reshape(2, 3, 4) / 24, -40, BILINEAR, fill=[0.5, 1])`.
#[test]
fn channels_have_fills_of_their_own() {
    let image = Image::from_floats([2, 3, 4], (0..24u8).map(|v| f32::from(v) / 24.0).collect());
    let lines = "angle = -40\ninterpolation = \"bilinear\"\nfill = [0.5, 1]";
    let expected = [
        0.24607, 0.11232, 0.08675, 0.3712, 0.34199, 0.26677, 0.19156, 0.11635, 0.39239, 0.38237, 0.34602, 0.27563,
        0.64273, 0.61232, 0.54686, 0.7727, 0.84199, 0.76677, 0.69156, 0.61635, 0.79389, 0.84247, 0.84602, 0.67229,
    ];
    for (found, expected) in run(&one("rotate", lines), &image, 0).data.iter().zip(expected) {
        assert!((found - expected).abs() < 2e-5, "{found} {expected}");
    }
    let outcome = one("rotate", "angle = 10\nfill = [1, 2, 3]").run(
        &mut image.clone(),
        &mut Scratch::default(),
        SampleSeed::default(),
        &mut (),
    );
    assert!(outcome.unwrap_err().reason.to_string().contains("3 numbers, the image 2 channels"));
}

#[test]
fn torchvisions_figures_are_drawn_from_their_ranges() {
    let n = 20_000;
    check_uniform(&draws(&one("RandomRotation", "degrees = 30"), n), 1.0, [-30.0, 30.0], 0);
    check_uniform(&draws(&one("RandomRotation", "degrees = [10, 30]"), n), 1.0, [10.0, 30.0], 0);
    // Of 40 rows and 60 columns: moves are whole numbers up to 12 across and 4 down.
    let all = one("RandomAffine", "degrees = 5\ntranslate = [0.2, 0.1]\nscale = [0.5, 1.5]\nshear = [-3, 4, 5, 6]");
    let drawn = draws(&all, n);
    for (figure, range) in [(0, [-5.0, 5.0]), (3, [0.5, 1.5]), (4, [-3.0, 4.0]), (5, [5.0, 6.0])] {
        check_uniform(&drawn, 1.0, range, figure);
    }
    for (figure, most) in [(1, 12i32), (2, 4)] {
        // Rounded, so that the two ends have half the share of the others.
        for whole in -most..=most {
            let share = drawn.iter().filter(|d| d.figures()[figure] == f64::from(whole)).count() as f64 / n as f64;
            let expected = if whole.abs() == most { 0.5 } else { 1.0 } / f64::from(2 * most);
            assert!((share - expected).abs() < 4.5 * (expected / n as f64).sqrt(), "{figure} {whole}: {share}");
        }
    }
    let least = draws(&one("RandomAffine", "degrees = 0\nshear = 8"), n);
    check_uniform(&least, 1.0, [-8.0, 8.0], 4);
    assert!(least.iter().all(|d| d.figures()[..4] == [0.0, 0.0, 0.0, 1.0] && d.figures()[5] == 0.0));
    for name in ["RandomHorizontalFlip", "RandomVerticalFlip", "RandomPerspective"] {
        let share = draws(&one(name, "p = 0.3"), n).iter().filter(|d| **d != Draw::Skip).count() as f64 / n as f64;
        assert!((share - 0.3).abs() < 0.013, "{name}: {share}");
    }
    // Corners go inwards by 0 to half of half of the side, every whole number as often.
    let corners = draws(&one("RandomPerspective", "p = 1"), n);
    let (left, right, top, bottom) = ((0, 16), (44, 60), (0, 11), (29, 40));
    for (figure, (low, high)) in [left, top, right, top, right, bottom, left, bottom].into_iter().enumerate() {
        let expected = n as f64 / f64::from(high - low);
        let counts = (low..high).map(|v| corners.iter().filter(|d| d.figures()[figure] == f64::from(v)).count() as f64);
        let counts: Vec<f64> = counts.collect();
        assert_eq!(counts.iter().sum::<f64>(), n as f64, "{figure}: {counts:?}");
        assert!(counts.iter().all(|c| (c - expected).abs() < 4.5 * expected.sqrt()), "{figure}: {counts:?}");
    }
}

#[test]
fn torchvisions_random_ones_do_what_the_fixed_ones_do() {
    let image = picture(3, 31, 45);
    let bytes = Image::from_bytes(image.shape(), image.data.iter().map(|v| *v as u8).collect());
    for image in [&image, &bytes] {
        for sample in 0..10 {
            let check = |name: &str, lines: &str, fixed: &dyn Fn(&[f64]) -> (&'static str, String)| {
                let random = one(name, lines);
                let draw = random.steps()[0].draw(SampleSeed { seed: 3, epoch: 1, sample }, image.shape());
                let (name, lines) = fixed(draw.figures());
                assert_eq!(run(&random, image, sample), run(&one(name, &lines), image, sample), "{name} {lines}");
            };
            check("RandomRotation", "degrees = 50\nexpand = true", &|v| {
                ("rotate", format!("angle = {:?}\nexpand = true\nfill = 0", v[0]))
            });
            let more = "interpolation = \"bilinear\"\nfill = 9\ncenter = [3, 8]";
            check("RandomAffine", &format!("degrees = 50\ntranslate = [0.3, 0.2]\nshear = 9\n{more}"), &|v| {
                let shear = &v[4..6];
                (
                    "affine",
                    format!("angle = {:?}\ntranslate = {:?}\nscale = 1\nshear = {shear:?}\n{more}", v[0], &v[1..3]),
                )
            });
            check("RandomPerspective", "p = 1", &|v| {
                let ends: Vec<_> = v.as_chunks::<2>().0.to_vec();
                let start = "[[0, 0], [44, 0], [44, 30], [0, 30]]";
                ("perspective", format!("startpoints = {start}\nendpoints = {ends:?}\nfill = 0"))
            });
            check("RandomHorizontalFlip", "p = 1", &|_| ("horizontal_flip", String::new()));
            check("RandomVerticalFlip", "p = 1", &|_| ("vertical_flip", String::new()));
        }
    }
}

#[test]
fn torchvisions_wrong_parameters_are_refused() {
    refused("rotate", "center = 3", &["center", "two numbers"]);
    refused("affine", "scale = 0", &["scale", "0.001"]);
    refused("RandomAffine", "shear = [1, 2, 3]", &["shear", "four"]);
    refused("RandomAffine", "translate = [2, 0]", &["translate"]);
    refused("perspective", "startpoints = [[0, 0], [1, 0]]", &["startpoints", "four points"]);
    refused("perspective", "endpoints = [[0, 0], [1, 1], [2, 2], [3, 3]]", &["endpoints", "one line"]);
    refused(
        "perspective",
        "endpoints = [[0, 0], [1, 0], [1, 1], [0, 1]]\ncoefficients = [1, 0, 0, 0, 1, 0, 0, 0]",
        &["endpoints", "left out"],
    );
}
