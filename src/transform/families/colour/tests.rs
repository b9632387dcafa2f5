//! torchvision's colour and PIL operations against its own results, and what their random ones draw.

use super::adjust::luma_plane;
use crate::data::{Dtype, Image, Layout};
use crate::transform::tests::{chain, one, run};
use crate::transform::tests_random::{check_uniform, draws};
use crate::transform::*;

/// Bytes without a pattern.
pub(crate) fn noise(channels: usize, height: usize, width: usize) -> Image {
    let bytes = (0..(channels * height * width) as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    Image::from_bytes([channels, height, width], bytes)
}

/// The same in less contrast: 20 to 105.
pub(crate) fn dull() -> Image {
    let mut image = noise(3, 40, 60);
    image.bytes.iter_mut().for_each(|v| *v = *v / 3 + 20);
    image
}

fn unit_floats(image: &Image) -> Image {
    Image::from_floats(image.shape(), image.bytes.iter().map(|v| f32::from(*v) / 255.0).collect())
}

/// The sum of every value times its place, counted from 1: whole for bytes.
pub(crate) fn digest(values: &[f32]) -> u64 {
    values.iter().zip(1u64..).map(|(v, i)| *v as u64 * i).sum()
}

/// Name, parameters, [`digest`] of what it makes of `dull()`, `noise(3, 40, 60)` and `noise(1, 40, 60)`, and the sum of
/// what it makes of the second as floats of 0 to 1, times 1 to 97 by turns. All from torchvision.transforms.v2.functional.
#[rustfmt::skip]
const RESULTS: &[(&str, &str, [u64; 3], f64)] = &[
    ("adjust_brightness", "brightness_factor = 0.3", [471_960_368, 980_233_268, 108_864_731], 52795.6643),
    ("adjust_brightness", "brightness_factor = 1.7", [2_728_565_990, 4_655_099_451, 517_112_609], 248130.9661),
    ("adjust_contrast", "contrast_factor = 0.55", [1_590_883_715, 3_286_354_693, 365_676_676], 175969.6525),
    ("adjust_contrast", "contrast_factor = 1.9", [1_642_995_490, 3_306_017_079, 366_658_660], 175987.1857),
    ("adjust_saturation", "saturation_factor = 0.0", [1_593_503_442, 3_291_481_029, 367_191_981], 176031.7250),
    ("adjust_saturation", "saturation_factor = 0.4", [1_591_649_553, 3_284_222_657, 367_191_981], 176013.2567),
    ("adjust_saturation", "saturation_factor = 1.55", [1_609_733_079, 3_401_847_124, 367_191_981], 176987.8108),
    ("adjust_hue", "hue_factor = -0.5", [1_611_371_568, 3_304_470_031, 367_191_981], 176125.1298),
    ("adjust_hue", "hue_factor = -0.21", [1_477_915_939, 2_912_520_448, 367_191_981], 155937.1569),
    ("adjust_hue", "hue_factor = 0.0", [1_611_857_874, 3_306_229_712, 367_191_981], 175985.5319),
    ("adjust_hue", "hue_factor = 0.05", [1_462_798_222, 2_873_326_377, 367_191_981], 153054.1482),
    ("adjust_hue", "hue_factor = 0.5", [1_611_371_568, 3_304_470_031, 367_191_981], 176125.1296),
    ("adjust_gamma", "gamma = 0.5\ngain = 1.0", [3_193_653_648, 4_408_074_626, 489_644_704], 234397.7560),
    ("adjust_gamma", "gamma = 2.2\ngain = 1.0", [345_807_679, 2_067_530_243, 229_537_664], 110274.8756),
    ("adjust_gamma", "gamma = 0.8\ngain = 1.3", [2_739_440_030, 4_490_935_707, 498_863_936], 239010.4218),
    ("rgb_to_grayscale", "num_output_channels = 3", [1_593_503_442, 3_291_481_029, 3_303_379_143], 176031.7250),
    ("RGB", "", [1_611_857_874, 3_306_229_712, 3_303_379_143], 175985.5408),
    ("posterize", "bits = 0", [0, 0, 0], 0.0000),
    ("posterize", "bits = 1", [0, 1_660_416_256, 184_232_448], 88026.5000),
    ("posterize", "bits = 5", [1_520_046_032, 3_215_491_352, 357_119_264], 170481.8125),
    ("posterize", "bits = 8", [1_611_857_874, 3_306_229_712, 367_191_981], 175298.0938),
    ("solarize", "threshold = 77.5", [2_215_376_930, 1_899_114_201, 211_020_791], 91230.6843),
    ("autocontrast", "", [3_280_157_622, 3_306_229_712, 367_191_981], 175985.5408),
    ("equalize", "", [3_410_919_007, 3_436_975_305, 382_051_130], 182988.4571),
    ("invert", "", [4_998_660_126, 3_304_288_288, 367_514_019], 175989.4601),
    ("adjust_sharpness", "sharpness_factor = 0.0", [1_611_874_516, 3_306_395_807, 366_919_822], 175936.4181),
    ("adjust_sharpness", "sharpness_factor = 0.35", [1_604_571_343, 3_297_245_703, 366_007_736], 175953.6119),
    ("adjust_sharpness", "sharpness_factor = 2.6", [1_643_823_873, 3_303_845_211, 367_217_309], 175961.9149),
    ("gaussian_blur", "kernel_size = [7, 3]\nsigma = [0.7, 1.9]", [1_611_671_831, 3_305_769_156, 367_506_920], 176006.7018),
    ("gaussian_blur", "kernel_size = 5", [1_611_860_455, 3_305_938_464, 367_540_246], 176012.5941),
];

#[test]
fn bytes_and_floats_are_torchvisions() {
    for (name, lines, expected, floats) in RESULTS {
        let built = one(name, lines);
        for (image, expected) in [dull(), noise(3, 40, 60), noise(1, 40, 60)].iter().zip(expected) {
            let got = digest(&run(&built, image, 0).data);
            assert_eq!(got, *expected, "{name} {lines} of {} channels", image.channels);
        }
        let lines = lines.replace("77.5", "0.4");
        let out = run(&one(name, &lines), &unit_floats(&noise(3, 40, 60)), 0);
        let sum: f64 = out.data.iter().enumerate().map(|(i, v)| f64::from(*v) * (i % 97 + 1) as f64).sum();
        assert!((sum - floats).abs() < 0.02, "{name} {lines} of floats: {sum}, expected {floats}");
    }
}

/// torchvision's gray of all 256³ colours adds up to this.
#[test]
fn every_colour_has_its_gray() {
    let mut sum = 0;
    let mut gray = Vec::new();
    for red in 0..=255 {
        let plane = |of: &dyn Fn(usize) -> u8| (0..1 << 16).map(of).collect::<Vec<_>>();
        let bytes = [plane(&|_| red), plane(&|i| (i >> 8) as u8), plane(&|i| i as u8)].concat();
        luma_plane(&bytes, &mut gray);
        sum += gray.iter().map(|v| u64::from(*v)).sum::<u64>();
    }
    assert_eq!(sum, 2_130_493_297);
}

/// Odd shapes and numbers come through or are refused in words; nothing panics.
#[test]
fn any_image_is_worked_on_or_refused() {
    let more = [
        ("RandomPosterize", "p = 1"),
        ("RandomAdjustSharpness", "p = 1"),
        ("GaussianBlur", ""),
        ("ColorJitter", "brightness = 3\ncontrast = [0, 1e6]\nsaturation = 0.5\nhue = 0.5"),
        ("RandomPhotometricDistort", "p = 1"),
        ("RandomChannelPermutation", ""),
        ("RandomGrayscale", "p = 1"),
        ("GaussianNoise", "sigma = 1e6\nclip = false"),
        ("RandAugment", "num_ops = 20\nmagnitude = 30"),
        ("TrivialAugmentWide", ""),
        ("AutoAugment", ""),
        ("AugMix", ""),
        ("ToDtype", "dtype = \"uint8\"\nscale = true"),
        ("Normalize", "mean = [0.5]\nstd = 1e-12"),
    ];
    let names = RESULTS.iter().map(|(name, lines, ..)| (*name, *lines)).chain(more);
    for (name, lines) in names {
        let built = one(name, lines);
        for (channels, height, width) in [(1, 1, 1), (2, 3, 1), (3, 1, 1), (3, 2, 5), (4, 3, 3), (3, 9, 9)] {
            let bytes = noise(channels, height, width);
            let odd = [f32::NAN, f32::INFINITY, -1e30, 3.0, 0.0, -0.0];
            let floats = (0..bytes.len()).map(|i| odd[i % 6]).collect();
            for mut image in [
                bytes.clone(),
                Image { layout: Layout::ChannelLast, ..bytes },
                Image::from_floats([channels, height, width], floats),
            ] {
                for sample in 0..8 {
                    let seed = SampleSeed { seed: 1, epoch: 1, sample };
                    match built.run(&mut image, &mut Scratch::default(), seed, &mut ()) {
                        Ok(()) => assert_eq!(image.data.len(), image.shape().iter().product::<usize>()),
                        Err(error) => assert!(error.reason.to_string().contains(' '), "{name}: {error}"),
                    }
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    #[track_caller]
    fn check(lines: &str, words: &[&str]) {
        let error = chain(&format!("[[transform]]\n{lines}")).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    check("name = \"ColorJitter\"\nbrightness = [1.2, 0.8]", &["transform.0.brightness", "low"]);
    check("name = \"ColorJitter\"\nhue = -0.1", &["transform.0.hue", "at least 0"]);
    check("name = \"ColorJitter\"\nhue = 0.6", &["transform.0.hue", "0.5"]);
    check("name = \"Grayscale\"\nnum_output_channels = 2", &["1, 3"]);
    check("name = \"gaussian_blur\"\nkernel_size = 4", &["odd"]);
    check("name = \"Normalize\"\nstd = [1, 0]", &["transform.0.std", "0"]);
    check("name = \"Normalize\"\nmean = [1, 2]\nstd = [1, 2, 3]", &["as many"]);
    check("name = \"RandAugment\"\nmagnitude = 31", &["num_magnitude_bins", "31"]);
    let fails = |name: &str, lines: &str, image: &Image| {
        let mut image = image.clone();
        let run = one(name, lines).run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut ());
        run.unwrap_err().to_string()
    };
    assert!(fails("Normalize", "", &noise(3, 4, 4)).contains("ToDtype"));
    let floats = unit_floats(&noise(3, 4, 4));
    assert!(fails("Normalize", "mean = [1, 2]\nstd = 1", &floats).contains("2 numbers"));
    assert!(fails("solarize", "threshold = 128", &floats).contains("at most 1"));
    assert!(fails("adjust_hue", "", &noise(4, 4, 4)).contains("4 channels"));
}

/// `to_dtype(torch.arange(0, 65536, 4369).to(torch.uint16)[None, None], dtype, scale=True)` of torchvision 0.29.2 gives
/// k / 15 for float32 and 17 k for uint8. (Its `ToTensor` leaves I;16 as int16, so that 65535 is -1: nobody means that.)
#[test]
fn numbers_of_sixteen_bits_scale_as_torchs_uint16() {
    let values: Vec<f32> = (0..16).map(|k| (k * 4369) as f32).collect();
    let image = Image { sixteen_bit: true, ..Image::from_floats([1, 1, 16], values.clone()) };
    for name in ["ToTensor", "ConvertImageDtype", "ToDtype"] {
        let scaled = one(name, if name == "ToDtype" { "scale = true" } else { "" });
        let out = run(&scaled, &image, 0);
        assert!(!out.sixteen_bit, "{name}");
        for (k, v) in out.data.iter().enumerate() {
            assert!((v - k as f32 / 15.0).abs() < 1e-7, "{name}: {v} at {k}");
        }
        // Done twice, it is done once; and steps that only move pixels leave the numbers what they are.
        assert_eq!(run(&scaled, &out, 0), out, "{name}");
        let specs = format!("[[transform]]\nname = \"RandomHorizontalFlip\"\np = 1\n{}", toml_of(&scaled));
        let flipped = run(&chain(&specs).unwrap(), &image, 0);
        assert_eq!(flipped.data.iter().rev().copied().collect::<Vec<_>>(), out.data, "{name}");
    }
    let bytes = run(&one("ToDtype", "dtype = \"uint8\"\nscale = true"), &image, 0);
    assert_eq!(bytes.data, (0..16).map(|k| (17 * k) as f32).collect::<Vec<_>>());
    // As they are without scale, and for those that leave values alone.
    for (name, lines) in [("ToDtype", ""), ("monai.ToTensor", ""), ("ToTensorV2", ""), ("PILToTensor", "")] {
        assert_eq!(run(&one(name, lines), &image, 0).data, values, "{name}");
    }
    // What was made floats on the way is no count any more.
    let scaled = "[[transform]]\nname = \"ScaleIntensity\"\n[[transform]]\nname = \"ToTensor\"";
    let out = run(&chain(scaled).unwrap(), &image, 0);
    assert_eq!(out.data.iter().copied().fold(0.0, f32::max), 1.0);
    // Colour steps see what Pillow would have given them: the upper eight bits.
    let inverted = run(&one("RandomInvert", "p = 1"), &image, 0);
    assert_eq!(inverted.data, (0..16).map(|k| (255 - 17 * k) as f32).collect::<Vec<_>>());
}

/// The steps of a chain, as text.
fn toml_of(chain: &Chain) -> String {
    crate::config::transforms_to_toml(chain.specs())
}

/// albumentations 2.0.8 and Keras 3.15.1 (on torch) on `(np.arange(13 * 11 * 3) * 7919 % 251).reshape(13, 11, 3)`, `uint8`:
/// shape, the values at [0, 0, 0], [1, 2, 3] and the last one, and the mean.
#[test]
fn translations_do_what_albumentations_and_keras_do() {
    let bytes: Vec<u8> = (0..13 * 11 * 3u32).map(|i| (i * 7919 % 251) as u8).collect();
    let image = Image { layout: Layout::ChannelLast, ..Image::from_bytes([3, 13, 11], bytes) };
    for (python, shape, figures, tolerance) in [
        ("A.Compose([A.Normalize()])", [3, 13, 11], [-2.117904, 1.413165, -0.427538, 0.186929], 1e-5),
        (
            "A.Compose([A.Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))])",
            [3, 13, 11],
            [-1.0, 0.545098, -0.380392, -0.017926],
            1e-5,
        ),
        ("A.Compose([A.CenterCrop(6, 4)])", [3, 6, 4], [95.0, 41.0, 36.0, 121.277_78], 1e-4),
        ("A.Compose([A.Resize(7, 5)])", [3, 7, 5], [113.0, 155.0, 116.0, 128.104_76], 1.001),
        ("A.Compose([A.ToTensorV2()])", [3, 13, 11], [0.0, 197.0, 79.0, 125.214_45], 1e-4),
        ("A.Compose([A.ToFloat()])", [3, 13, 11], [0.0, 0.772_549, 0.309_804, 0.491_037], 1e-5),
        ("A.Compose([A.ToGray(p=1)])", [3, 13, 11], [84.0, 143.0, 138.0, 126.069_93], 1.001),
        (
            "A.Compose([A.PadIfNeeded(16, 16, border_mode=cv2.BORDER_CONSTANT, fill=7)])",
            [3, 16, 16],
            [7.0, 86.0, 7.0, 73.033_85],
            1e-4,
        ),
        ("[layers.Rescaling(1/127.5, offset=-1)]", [3, 13, 11], [-1.0, 0.545_098, -0.380_392, -0.017_926], 1e-5),
        // Its torch backend rounds bytes to whole numbers, its TensorFlow backend does not.
        ("[layers.Resizing(7, 5)]", [3, 7, 5], [113.0, 156.0, 116.0, 128.209_52], 0.501),
        ("keras.Sequential([layers.CenterCrop(6, 4)])", [3, 6, 4], [95.0, 41.0, 36.0, 121.277_78], 1e-4),
        (
            "[layers.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.04, 0.09, 0.16])]",
            [3, 13, 11],
            [-2.0, 655.0, 196.0, 450.832_16],
            1e-2,
        ),
        // torchvision's center_crop rounds where the two cut.
        ("T.Compose([T.CenterCrop((6, 4))])", [3, 6, 4], [43.0, 240.0, 235.0, 125.055_56], 1e-4),
    ] {
        let read = crate::transform::from_python(python, &Default::default()).unwrap();
        assert!(read.notes.is_empty(), "{python}: {:?}", read.notes);
        let out = run(&Chain::build(&read.specs).unwrap(), &image, 0);
        assert_eq!(out.shape(), shape, "{python}");
        let [_, h, w] = shape;
        let mean = out.data.iter().sum::<f32>() / out.data.len() as f32;
        let found = [out.at(0, 0, 0).unwrap(), out.at(1, 2, 3).unwrap(), out.at(2, h - 1, w - 1).unwrap(), mean];
        let off = found.iter().zip(figures).map(|(a, b): (&f32, f32)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off <= tolerance, "{python}: {found:?}, expected {figures:?}");
    }
}

/// `T.Compose([T.Resize(4), T.ToTensor()])` of torchvision 0.29.2 on the Pillow image of
/// `(np.arange(6 * 9 * 3) * 7919 % 251).reshape(6, 9, 3)`, `uint8`: the shorter side becomes 4, the values lie in 0 to 1.
#[test]
fn torchvisions_resize_and_to_tensor_are_read_as_torchvisions() {
    let bytes: Vec<u8> = (0..6 * 9 * 3u32).map(|i| (i * 7919 % 251) as u8).collect();
    let image = Image { layout: Layout::ChannelLast, ..Image::from_bytes([3, 6, 9], bytes) };
    let python =
        "from torchvision import transforms\nt = transforms.Compose([transforms.Resize(4), transforms.ToTensor()])";
    let read = crate::transform::from_python(python, &Default::default()).unwrap();
    assert_eq!(read.notes, []);
    let out = run(&Chain::build(&read.specs).unwrap(), &image, 0);
    assert_eq!(out.shape(), [3, 4, 6]);
    let mean = out.data.iter().sum::<f32>() / out.data.len() as f32;
    let found = [out.at(0, 0, 0).unwrap(), out.at(1, 2, 3).unwrap(), out.at(2, 3, 5).unwrap(), mean];
    // One level of 255: Pillow rounds twice.
    for (found, expected) in found.into_iter().zip([0.411_765, 0.462_745, 0.556_863, 0.497_386]) {
        assert!((found - expected).abs() < 1.01 / 255.0, "{found} {expected}");
    }
}

#[test]
fn kinds_of_numbers() {
    let image = noise(3, 5, 7);
    for layout in [Layout::ChannelFirst, Layout::ChannelLast] {
        let image = Image { layout, ..image.clone() };
        let mut planar = image.clone();
        planar.to_planar_floats(&mut Vec::new(), &mut Vec::new());
        for name in ["ToTensor", "ConvertImageDtype"] {
            let out = run(&one(name, ""), &image, 0);
            assert!(out.data.iter().zip(&planar.data).all(|(v, byte)| *v == byte * (1.0 / 255.0)));
            // And back: the same bytes.
            let back = chain(&format!(
                "[[transform]]\nname = \"{name}\"\n[[transform]]\nname = \"ToDtype\"\ndtype = \"uint8\"\nscale = true"
            ));
            assert_eq!(run(&back.unwrap(), &image, 0), planar);
        }
        for name in ["ToImage", "PILToTensor", "ToDtype"] {
            assert_eq!(run(&one(name, ""), &image, 0), planar);
        }
        let normal = "[[transform]]\nname = \"ToTensor\"\n[[transform]]\nname = \"Normalize\"\nmean = [0.485, 0.456, 0.406]\nstd = [0.229, 0.224, 0.225]";
        let out = run(&chain(normal).unwrap(), &image, 0);
        let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
        for (i, v) in out.data.iter().enumerate() {
            assert_eq!(*v, (planar.data[i] * (1.0 / 255.0) - mean[i / 35]) / std[i / 35]);
        }
    }
    // torchvision's to_dtype of floats: times 255.999, cut.
    let floats = Image::from_floats([1, 1, 5], vec![0.0, 0.5, 0.999, 1.0, 0.0039]);
    assert_eq!(
        run(&one("ToDtype", "dtype = \"uint8\"\nscale = true"), &floats, 0).data,
        [0.0, 127.0, 255.0, 255.0, 0.0]
    );
    assert_eq!(run(&one("ToDtype", "dtype = \"uint8\""), &floats, 0).data, [0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn jitter_draws_as_torchvision_does() {
    let n = 20_000;
    let drawn = draws(&one("ColorJitter", "brightness = 1.5\ncontrast = [0.5, 0.75]\nhue = 0.1"), n);
    check_uniform(&drawn, 1.0, [0.0, 2.5], 0);
    check_uniform(&drawn, 1.0, [0.5, 0.75], 1);
    check_uniform(&drawn, 1.0, [-0.1, 0.1], 3);
    assert!(drawn.iter().all(|d| d.figures()[2] == 1.0));
    // All 24 orders, equally.
    let mut orders = std::collections::BTreeMap::new();
    drawn.iter().for_each(|d| *orders.entry(d.figures()[4] as u64).or_insert(0.0) += 1.0);
    assert!(orders.len() == 24 && orders.contains_key(&1234) && orders.contains_key(&4321));
    let expected = n as f64 / 24.0;
    let chi2: f64 = orders.values().map(|c: &f64| (c - expected).powi(2) / expected).sum();
    assert!(chi2 < 49.7, "chi² of 23 degrees: {chi2}"); // p = 0.001
    let distort = draws(&one("RandomPhotometricDistort", "p = 0.3"), n);
    let share = |of: &dyn Fn(&[f64]) -> bool| distort.iter().filter(|d| of(d.figures())).count() as f64 / n as f64;
    for (figure, unchanged) in [(0, 1.0), (1, 1.0), (2, 1.0), (3, 0.0), (5, 0.0)] {
        assert!((share(&|f| f[figure] != unchanged) - 0.3).abs() < 0.015, "{figure}");
    }
    assert!((share(&|f| f[4] == 1.0) - 0.5).abs() < 0.015);
    assert!((share(&|f| f[5] == 312.0) - 0.05).abs() < 0.007);
    for (name, p) in [("RandomGrayscale", 0.1), ("RandomInvert", 0.5), ("RandomSolarize", 0.5), ("RandomEqualize", 0.5)]
    {
        let share = draws(&one(name, ""), n).iter().filter(|d| **d != Draw::Skip).count() as f64 / n as f64;
        assert!((share - p).abs() < 0.015, "{name}: {share}");
    }
    check_uniform(&draws(&one("GaussianBlur", ""), n), 1.0, [0.1, 2.0], 0);
}

/// A random step does what fixed ones do with the figures drawn.
#[test]
fn drawn_figures_are_what_is_done() {
    let image = dull();
    let fixed = |steps: &[(&str, String)]| {
        let toml: Vec<String> = steps.iter().map(|(n, l)| format!("[[transform]]\nname = \"{n}\"\n{l}\n")).collect();
        run(&chain(&toml.concat()).unwrap(), &image, 0)
    };
    let adjusting = |which: usize, v: f64| {
        let (name, param) = [
            ("adjust_brightness", "brightness_factor"),
            ("adjust_contrast", "contrast_factor"),
            ("adjust_saturation", "saturation_factor"),
            ("adjust_hue", "hue_factor"),
        ][which];
        (name, format!("{param} = {v:?}"))
    };
    for sample in 0..20 {
        let seed = SampleSeed { seed: 3, epoch: 1, sample };
        let jitter = one("ColorJitter", "brightness = 0.5\ncontrast = 0.5\nsaturation = 0.5\nhue = 0.2");
        let draw = jitter.steps()[0].draw(seed, image.shape());
        let f = draw.figures();
        let order = format!("{}", f[4]);
        let steps: Vec<_> = order.bytes().map(|d| usize::from(d - b'1')).map(|i| adjusting(i, f[i])).collect();
        assert_eq!(run(&jitter, &image, sample), fixed(&steps), "{order}");

        let distort = one("RandomPhotometricDistort", "");
        let draw = distort.steps()[0].draw(seed, image.shape());
        let f = draw.figures();
        let order = if f[4] == 1.0 { [0, 1, 2, 3] } else { [0, 2, 3, 1] };
        let done = order.into_iter().filter(|i| f[*i] != [1.0, 1.0, 1.0, 0.0][*i]);
        let mut expected = fixed(&done.map(|i| adjusting(i, f[i])).collect::<Vec<_>>());
        if f[5] != 0.0 {
            let planes: Vec<Vec<f32>> = expected.data.chunks(2400).map(<[f32]>::to_vec).collect();
            expected.data = format!("{}", f[5]).bytes().flat_map(|d| planes[usize::from(d - b'1')].clone()).collect();
        }
        assert_eq!(run(&distort, &image, sample), expected);

        let blur = one("GaussianBlur", "kernel_size = [5, 3]");
        let sigma = blur.steps()[0].draw(seed, image.shape()).figures()[0];
        assert_eq!(
            run(&blur, &image, sample),
            fixed(&[("gaussian_blur", format!("kernel_size = [5, 3]\nsigma = {sigma:?}"))])
        );
    }
    for (name, plain) in
        [("RandomEqualize", "equalize"), ("RandomAutocontrast", "autocontrast"), ("RandomInvert", "invert")]
    {
        assert_eq!(run(&one(name, "p = 1"), &image, 0), fixed(&[(plain, String::new())]));
    }
    let gray = run(&one("RandomGrayscale", "p = 1"), &image, 0);
    assert_eq!(gray, fixed(&[("Grayscale", "num_output_channels = 3".to_owned())]));
}

#[test]
fn gaussian_noise_is_torchvisions() {
    let gray = Image::from_bytes([1, 200, 200], vec![100; 40_000]);
    let moments = |image: &Image| {
        let n = image.data.len() as f64;
        let mean = image.data.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        (mean, (image.data.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt())
    };
    let (mean, std) = moments(&run(&one("GaussianNoise", "mean = 0.1\nsigma = 0.05"), &gray, 0));
    // Noise of mean 25.5 and deviation 12.75 is cut towards 0: half less on average but for what lies below 0.
    assert!((mean - 125.02).abs() < 0.3 && (std - 12.75).abs() < 0.2, "{mean} {std}");
    let half = Image { data: vec![0.5; 40_000], dtype: Dtype::F32, ..gray.clone() };
    let (mean, std) = moments(&run(&one("GaussianNoise", "mean = 0.1\nsigma = 0.05"), &half, 0));
    assert!((mean - 0.6).abs() < 0.001 && (std - 0.05).abs() < 0.001, "{mean} {std}");
    let strong = run(&one("GaussianNoise", "sigma = 2"), &gray, 0);
    assert!(strong.data.contains(&0.0) && strong.data.contains(&255.0));
    let (clipped, wrapped) =
        (moments(&strong).1, moments(&run(&one("GaussianNoise", "sigma = 2\nclip = false"), &gray, 0)).1);
    // Without clipping they come in again at the other end: uniform, of deviation 73.9.
    assert!(clipped > 100.0 && (wrapped - 73.9).abs() < 1.0, "{clipped} {wrapped}");
}

/// `cargo test --release --lib -- --ignored --nocapture costs`: microseconds an image of 3 x 224 x 224 bytes.
#[test]
#[ignore = "a measurement"]
fn costs() {
    let image = noise(3, 224, 224);
    let last = Image { layout: Layout::ChannelLast, ..image.clone() };
    let time = |name: &str, chain: &Chain, image: &Image| {
        let (mut scratch, mut work) = (Scratch::default(), image.clone());
        let mut best = f64::INFINITY;
        for round in 0..40u64 {
            work.bytes.clone_from(&image.bytes);
            (work.dtype, work.layout, work.channels) = (image.dtype, image.layout, image.channels);
            let begun = std::time::Instant::now();
            let seed = SampleSeed { seed: round, epoch: 1, sample: 0 };
            chain.run(&mut work, &mut scratch, seed, &mut ()).unwrap();
            best = best.min(begun.elapsed().as_secs_f64() * 1e6);
        }
        println!("{name:60} {best:8.1} µs");
    };
    time("nothing but floats", &chain("").unwrap(), &image);
    time("nothing but planar floats of [H, W, C]", &chain("").unwrap(), &last);
    time("ToTensor of [H, W, C]", &one("ToTensor", ""), &last);
    let normal = "[[transform]]\nname = \"ToTensor\"\n[[transform]]\nname = \"Normalize\"\nmean = [0.485, 0.456, 0.406]\nstd = [0.229, 0.224, 0.225]";
    time("ToTensor, Normalize of [H, W, C]", &chain(normal).unwrap(), &last);
    for (name, lines, ..) in RESULTS {
        time(&format!("{name} {}", lines.replace('\n', ", ")), &one(name, lines), &image);
    }
    for (name, lines) in [
        ("ColorJitter", "brightness = 0.4\ncontrast = 0.4\nsaturation = 0.4\nhue = 0.1"),
        ("GaussianNoise", ""),
        ("RandAugment", ""),
        ("TrivialAugmentWide", ""),
        ("AugMix", ""),
    ] {
        time(&format!("{name} (the best of its draws)"), &one(name, lines), &image);
    }
}
