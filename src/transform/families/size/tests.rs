//! What `resized` does and draws, against torchvision's own results.

use crate::data::{Dtype, Image, Layout};
use crate::transform::core::draw::Drawn;
use crate::transform::tests::{chain, one, picture, run};
use crate::transform::tests_random::{check_uniform, draws};
use crate::transform::*;

fn bytes(floats: &Image) -> Image {
    Image::from_bytes(floats.shape(), floats.data.iter().map(|v| *v as u8).collect())
}

fn channel_last(planes: &Image) -> Image {
    let mut image = Image { layout: Layout::ChannelLast, ..planes.clone() };
    let [channels, _, width] = planes.shape();
    for (i, v) in image.bytes.iter_mut().enumerate() {
        *v = planes.at(i % channels, i / channels / width, i / channels % width).unwrap() as u8;
    }
    image
}

/// Row 1 of both channels of `v2.functional.resize` of torchvision 0.29.2, on uint8 and on float32, of
/// `(torch.arange(2 * 7 * 9) * 7919 % 251).reshape(2, 7, 9)`.
#[test]
fn resizes_are_torchvisions() {
    let planes = picture(2, 7, 9);
    let check = |lines: &str, on_bytes: &[f32], tolerance: f32, on_floats: &[f32]| {
        let row = |image: &Image| {
            let out = run(&one("resize", lines), image, 0);
            (0..2).flat_map(|c| (0..out.width).map(move |x| (c, x))).map(|(c, x)| out.at(c, 1, x).unwrap()).collect()
        };
        let check = |found: Vec<f32>, expected: &[f32], tolerance: f32| {
            assert_eq!(found.len(), expected.len(), "{lines}");
            let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off <= tolerance, "{lines}: {found:?} {expected:?}");
        };
        check(row(&bytes(&planes)), on_bytes, tolerance);
        check(row(&channel_last(&bytes(&planes))), on_bytes, tolerance);
        check(row(&planes), on_floats, 6e-4);
    };
    // Of the two passes the other comes first, so that rounding differs by a count.
    check(
        "size = [4, 5]",
        &[173., 163., 82., 109., 120., 86., 97., 124., 144., 172.],
        1.0,
        &[173.731, 162.673, 82.019, 109.148, 119.603, 86.317, 96.773, 123.901, 143.647, 172.031],
    );
    // The same fixed-point arithmetic in the same order.
    check(
        "size = [4, 5]\ninterpolation = \"bicubic\"",
        &[179., 165., 74., 109., 121., 80., 95., 121., 143., 180.],
        0.0,
        &[179.39, 164.765, 74.5, 109.232, 120.488, 80.701, 94.793, 120.921, 142.536, 179.519],
    );
    check(
        "size = [4, 5]\ninterpolation = \"lanczos\"",
        &[185., 159., 70., 116., 119., 78., 93., 123., 138., 186.],
        0.0,
        &[185.206, 159.708, 69.913, 115.53, 118.676, 78.618, 92.413, 123.423, 138.668, 186.631],
    );
    check(
        "size = [4, 5]\nantialias = false",
        &[178., 225., 22., 70., 117., 87., 134., 182., 179., 177.],
        0.0,
        &[178.175, 225.775, 22.375, 69.975, 117.575, 87.175, 134.775, 182.375, 179.775, 177.175],
    );
    check(
        "size = [4, 5]\nantialias = false\ninterpolation = \"bicubic\"",
        &[168., 255., 19., 57., 126., 77., 147., 182., 191., 170.],
        0.0,
        &[167.765, 260.55, 19.268, 56.856, 125.622, 76.878, 147.137, 181.842, 190.69, 170.162],
    );
    let nearest = [238., 125., 150., 175., 200., 147., 34., 59., 84., 109.];
    check("size = [4, 5]\ninterpolation = \"nearest\"", &nearest, 0.0, &nearest);
    let nearest = [225., 250., 24., 49., 74., 134., 159., 184., 209., 234.];
    check("size = [4, 5]\ninterpolation = \"nearest-exact\"", &nearest, 0.0, &nearest);
    check(
        "size = [9, 4]\ninterpolation = \"bicubic\"",
        &[119., 80., 121., 138., 106., 124., 156., 157.],
        0.0,
        &[119.817, 79.709, 120.604, 138.166, 106.048, 124.183, 156.051, 156.784],
    );
}

/// Shapes of `v2.functional.resize` for that image and for the same turned on its side.
#[test]
fn sizes_are_torchvisions() {
    let sizes = |lines: &str| {
        [picture(2, 7, 9), picture(2, 9, 7)].map(|image| run(&one("torchvision.Resize", lines), &image, 0).shape())
    };
    assert_eq!(sizes("size = 4"), [[2, 4, 5], [2, 5, 4]]);
    assert_eq!(sizes("size = [5]\nmax_size = 6"), [[2, 5, 6], [2, 6, 5]]);
    assert_eq!(sizes("size = \"none\"\nmax_size = 5"), [[2, 3, 5], [2, 5, 3]]);
    assert_eq!(sizes("size = [3, 8]"), [[2, 3, 8], [2, 3, 8]]);
    for lines in ["size = \"none\"", "size = 5\nmax_size = 5", "size = [3, 8]\nmax_size = 9"] {
        assert!(chain(&format!("[[transform]]\nname = \"resize\"\n{lines}")).is_err(), "{lines}");
    }
    let lanczos = "[[transform]]\nname = \"resize\"\ninterpolation = \"lanczos\"\nantialias = false";
    assert!(chain(lanczos).unwrap_err().to_string().contains("antialias"));
    let thin = one("resize", "size = 400").run(
        &mut picture(1, 1, 50),
        &mut Scratch::default(),
        SampleSeed::default(),
        &mut (),
    );
    assert!(thin.unwrap_err().reason.to_string().contains("16384"));
}

/// `v2.functional.resized_crop(x, 2, -1, 4, 6, [3, 3])` on that image in uint8; and a region inside is what a crop
/// and a resize make of it, whichever the layout.
#[test]
fn regions_are_cut_before_they_are_resized() {
    let planes = bytes(&picture(2, 7, 9));
    let out = run(&one("resized_crop", "top = 2\nleft = -1\nheight = 4\nwidth = 6\nsize = [3, 3]"), &planes, 0).data;
    let expected =
        [110., 177., 101., 102., 162., 139., 92., 146., 177., 58., 86., 117., 67., 118., 102., 76., 149., 86.];
    assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1.0), "{out:?}");
    for channels in 1..=5 {
        let planes = bytes(&picture(channels, 30, 41));
        let floats = picture(channels, 30, 41);
        for interpolation in ["bilinear", "bicubic", "nearest"] {
            let how = format!("size = [8, 50]\ninterpolation = \"{interpolation}\"");
            let both = one("resized_crop", &format!("top = 3\nleft = 5\nheight = 20\nwidth = 17\n{how}"));
            let crop = one("crop", "top = 3\nleft = 5\nheight = 20\nwidth = 17");
            let resize = one("resize", &how);
            for image in [&planes, &channel_last(&planes), &floats] {
                let mut cut = image.clone();
                let seed = SampleSeed::default();
                let op = &crop.steps()[0];
                op.apply(&Drawn::NOTHING, &mut cut, &mut Scratch::default()).unwrap();
                assert_eq!((cut.dtype, cut.shape()), (image.dtype, [channels, 20, 17]));
                let mut whole = image.clone();
                both.run(&mut whole, &mut Scratch::default(), seed, &mut ()).unwrap();
                assert_eq!(whole, run(&resize, &cut, 0), "{channels} {interpolation}");
            }
        }
    }
}

#[test]
fn regions_are_drawn_as_torchvision_draws_them() {
    let n = 20_000;
    // Areas that always fit a 40 x 60 image; a region of ratio 1 has the side that its area says, rounded.
    let square = draws(&one("RandomResizedCrop", "scale = [0.1, 0.5]\nratio = [1, 1]"), n);
    let areas: Vec<Draw> = square.iter().map(|d| area_of(d.figures())).collect();
    // Sides are whole numbers: 15.49 to 34.64 squared, in steps, so that only the mean is held against theory.
    let mean = areas.iter().map(|d| d.figures()[0]).sum::<f64>() / n as f64;
    assert!((mean / 2400.0 - 0.3).abs() < 0.004, "{mean}");
    for draw in &square {
        let [top, left, h, w] = draw.figures() else { panic!("{draw:?}") };
        assert!(h == w && top + h <= 40.0 && left + w <= 60.0 && *top >= 0.0 && *left >= 0.0);
    }
    // The logarithm of the ratio is uniform.
    let draws_of_ratio = draws(&one("RandomResizedCrop", "scale = [0.3, 0.3]\nratio = [0.8, 1.25]"), n);
    let ln = |d: &Draw| (d.figures()[3] / d.figures()[2]).ln();
    let mean = draws_of_ratio.iter().map(ln).sum::<f64>() / n as f64;
    let variance = draws_of_ratio.iter().map(|d| ln(d).powi(2)).sum::<f64>() / n as f64;
    let expected = (2.0 * 1.25f64.ln()).powi(2) / 12.0;
    assert!(mean.abs() < 0.005 && (variance / expected - 1.0).abs() < 0.05, "{mean} {variance} {expected}");
    // None fits: torchvision's RandomResizedCrop(224, (4, 4), ratio).make_params([zeros(1, 40, 60)]).
    let fallback = |ratio: &str| {
        let chain = one("RandomResizedCrop", &format!("scale = [4, 4]\nratio = {ratio}"));
        draws(&chain, 1)[0].figures().to_vec()
    };
    assert_eq!(fallback("[0.75, 1.3333333333333333]"), [0.0, 3.0, 40.0, 53.0]);
    assert_eq!(fallback("[1.7, 2]"), [2.0, 0.0, 35.0, 60.0]);
    assert_eq!(fallback("[1, 2]"), [0.0, 0.0, 40.0, 60.0]);

    check_uniform(&spread(&draws(&one("RandomResize", "min_size = 20\nmax_size = 30"), n)), 1.0, [20.0, 30.0], 0);
    let jitter = draws(&one("ScaleJitter", "target_size = [600, 400]\nscale_range = [1, 2]"), n);
    check_uniform(&spread(&jitter), 1.0, [400.0, 800.0], 0);
    let shortest = draws(&one("RandomShortestSize", "min_size = [20, 50, 80]\nmax_size = 75"), n);
    let share = |figures: [f64; 2]| shortest.iter().filter(|d| d.figures() == figures).count() as f64 / n as f64;
    for figures in [[20.0, 30.0], [50.0, 75.0]] {
        let expected = if figures[0] < 30.0 { 1.0 / 3.0 } else { 2.0 / 3.0 };
        assert!((share(figures) - expected).abs() < 0.014, "{figures:?} {}", share(figures));
    }
}

fn area_of(figures: &[f64]) -> Draw {
    Draw::happens(&[figures[2] * figures[3]], Drawn::NOTHING.stream())
}

/// Whole numbers, spread over the unit above each so that they can be held against a uniform distribution.
fn spread(drawn: &[Draw]) -> Vec<Draw> {
    let spread = |draw: &Draw| {
        let Draw::Happens(drawn) = draw else { panic!("it happens always") };
        let mut stream = drawn.stream();
        let figures: Vec<f64> = drawn.figures().iter().map(|v| v + stream.unit()).collect();
        Draw::happens(&figures, stream)
    };
    drawn.iter().map(spread).collect()
}

#[test]
fn drawn_figures_are_what_is_done() {
    let image = bytes(&picture(3, 31, 45));
    for sample in 0..10 {
        let check = |name: &str, lines: &str| {
            let random = one(name, lines);
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            let fixed = match random.steps()[0].draw(seed, image.shape()).figures() {
                [size] => one("resize", &format!("size = {size}")),
                [height, width] => one("resize", &format!("size = [{height}, {width}]")),
                [top, left, height, width] => one(
                    "resized_crop",
                    &format!("size = [12, 9]\ntop = {top}\nleft = {left}\nheight = {height}\nwidth = {width}"),
                ),
                other => panic!("{other:?}"),
            };
            assert_eq!(run(&random, &image, sample), run(&fixed, &image, 0), "{name}");
        };
        check("RandomResizedCrop", "size = [12, 9]");
        check("RandomResize", "min_size = 8\nmax_size = 50");
        check("RandomShortestSize", "min_size = [8, 50]\nmax_size = 60");
        check("ScaleJitter", "target_size = [40, 50]");
    }
}

#[test]
fn bytes_stay_bytes() {
    let mut image = channel_last(&bytes(&picture(3, 31, 45)));
    let crop = one("RandomResizedCrop", "size = 16");
    let draw = crop.steps()[0].draw(SampleSeed::default(), image.shape());
    let Draw::Happens(drawn) = draw else { panic!("{draw:?}") };
    crop.steps()[0].apply(&drawn, &mut image, &mut Scratch::default()).unwrap();
    assert_eq!((image.dtype, image.layout, image.shape()), (Dtype::U8, Layout::ChannelLast, [3, 16, 16]));
}

#[test]
fn what_may_be_decoded_smaller() {
    let least = |toml: &str| chain(toml).unwrap().least_input();
    let head = "[[transform]]\nname = \"LoadImage\"\n[[transform]]\nname = \"EnsureChannelFirst\"\n";
    let with = |lines: &str| least(&format!("{head}[[transform]]\nname = {lines}"));
    assert_eq!(with("\"Resize\"\nspatial_size = [20, 30]"), Some([20, 30]));
    assert_eq!(with("\"Resize\"\nspatial_size = [20, -1]"), None);
    assert_eq!(with("\"Resize\"\nspatial_size = 20\nsize_mode = \"longest\""), None);
    assert_eq!(with("\"torchvision.Resize\"\nsize = 256"), Some([256, 256]));
    assert_eq!(with("\"RandomResizedCrop\"\nscale = [0.25, 1]\nratio = [1, 1]"), Some([448, 448]));
    assert_eq!(with("\"RandomResizedCrop\"\nscale = [0, 1]"), None);
    assert_eq!(with("\"RandFlip\"\n[[transform]]\nname = \"Resize\""), None);
    let turned = head.replace("LoadImage\"\n", "LoadImage\"\nreverse_indexing = true\n");
    assert_eq!(least(&format!("{turned}[[transform]]\nname = \"Resize\"")), None);
    // A region drawn out of an image of just that size is never smaller than what it is brought to.
    let crop = one("RandomResizedCrop", "size = 100");
    let least = crop.least_input().unwrap();
    for sample in 0..5_000 {
        let draw = crop.steps()[0].draw(SampleSeed { seed: 1, epoch: 1, sample }, [3, least[0], least[1]]);
        assert!(draw.figures()[2].min(draw.figures()[3]) >= 100.0, "{draw:?}");
    }
}
