//! What a chain does, and what it says when it is wrong.

use crate::config::TransformSpec;
use crate::data::{Image, Layout};
use crate::transform::*;

pub(crate) fn picture(channels: usize, height: usize, width: usize) -> Image {
    let data = (0..channels * height * width).map(|i| ((i * 7919) % 251) as f32).collect();
    Image::from_floats([channels, height, width], data)
}

pub(crate) fn chain(toml: &str) -> Result<Chain, ChainError> {
    Chain::build(&crate::config::RunConfig::from_toml(toml).unwrap().transforms)
}

/// One `[[transform]]` of that name with those lines.
pub(crate) fn one(name: &str, lines: &str) -> Chain {
    chain(&format!("[[transform]]\nname = \"{name}\"\n{lines}")).unwrap()
}

pub(crate) fn run(chain: &Chain, image: &Image, sample: u64) -> Image {
    let mut image = image.clone();
    let seed = SampleSeed { seed: 3, epoch: 1, sample };
    chain.run(&mut image, &mut Scratch::default(), seed, &mut ()).unwrap();
    image
}

#[test]
fn errors_name_key_range_and_neighbour() {
    #[track_caller]
    fn check(lines: &str, words: &[&str]) {
        let error =
            chain(&format!("[[transform]]\nname = \"LoadImage\"\n[[transform]]\n{lines}")).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{error:?} lacks {word:?}");
        }
    }
    check("name = \"RandRotat\"", &["transform.1.name", "`RandRotate`", "known: LoadImage"]);
    check("name = \"RandFlip\"\nprop = 0.5", &["transform.1.prop", "RandFlip", "`prob`", "spatial_axis"]);
    check("name = \"RandFlip\"\nprob = 1.5", &["transform.1.prob", "1.5", "a number from 0 to 1"]);
    check("name = \"RandFlip\"\nprob = \"often\"", &["transform.1.prob", "\"often\"", "a number"]);
    check("name = \"RandFlip\"\nenabled = false\nprob = 2", &["transform.1.prob"]);
    check("name = \"RandFlip\"\nspatial_axis = 2", &["transform.1.spatial_axis", "0 (H), 1 (W)"]);
    check("name = \"Zoom\"\nmode = \"bilinaer\"", &["transform.1.mode", "nearest-exact", "did you mean `bilinear`"]);
    check("name = \"Zoom\"\nalign_corners = true", &["transform.1.align_corners", "bilinear or bicubic"]);
    check("name = \"RandZoom\"\nmin_zoom = 1.2", &["transform.1.max_zoom", "its default", "at least min_zoom"]);
    check("name = \"RandZoom\"\nmin_zoom = [0.5, 0.6]", &["transform.1.max_zoom", "as many numbers"]);
    check("name = \"Resize\"\nspatial_size = [64, 0]", &["transform.1.spatial_size", "[64, 0]", "1 to 16384"]);
    check("name = \"Resize\"\nspatial_size = [64, 1000000]", &["transform.1.spatial_size"]);
    check("name = \"Resize\"\nsize_mode = \"longest\"", &["transform.1.spatial_size", "one number"]);
    check("name = \"RandRotate\"\nrange_y = 0.1", &["transform.1.range_y", "3-D", "leave it out"]);
    check("name = \"Rotate\"\nangle = 90", &["transform.1.angle", "-6.28"]);
    check("name = \"SimulateDelay\"\ndelay_time = -1", &["transform.1.delay_time", "0 to 3600"]);
    check("name = \"NormalizeIntensity\"\ndivisor = [1, 2]", &["transform.1.divisor", "channel_wise"]);
    check("name = \"EnsureChannelFirst\"\nenabled = false", &["transform.1.enabled", "cannot be switched off"]);
    check("name = \"LoadImage\"", &["transform.1", "LoadImage must come first"]);
}

#[test]
fn tutorial_chain_builds_and_runs() {
    let specs = tutorial_chain(Some([32, 48]));
    let names: Vec<_> = specs.iter().map(|s| s.name.as_str()).collect();
    let expected =
        ["LoadImage", "EnsureChannelFirst", "Resize", "ScaleIntensity", "RandRotate", "RandFlip", "RandZoom"];
    assert_eq!(names, expected);
    assert_eq!(tutorial_chain(None).len(), 6);
    let chain = Chain::build(&specs).unwrap();
    for sample in 0..20 {
        let mut image = picture(3, 50, 40);
        // As the decoder gives it.
        (image.layout, image.height, image.width) = (Layout::ChannelLast, 40, 50);
        let out = run(&chain, &image, sample);
        assert_eq!((out.shape(), out.layout), ([3, 32, 48], Layout::ChannelFirst));
        assert!(out.data.iter().all(|v| (-1e-6..=1.0 + 1e-6).contains(v)));
    }
    let names: Vec<_> = chain.deterministic().steps().iter().map(Step::name).collect();
    assert_eq!(names, &expected[..4]);
    assert_eq!(chain.deterministic().specs().len(), 4);
}

/// A flip of every image is no random step: a network that was trained so is validated so.
#[test]
fn what_happens_to_every_image_alike_happens_in_validation() {
    let mut kept = Vec::new();
    for info in registry().iter().filter(|info| info.random) {
        let Some(chance) = ["prob", "p"].into_iter().find(|name| info.param(name).is_some()) else { continue };
        let with = |p: f64| {
            let specs = [TransformSpec::new("LoadImage"), TransformSpec::new(info.name).with(chance, p.into())];
            Chain::build(&specs).map(|chain| (chain.deterministic(), chain))
        };
        let Ok((evaluation, training)) = with(1.0) else { continue };
        if evaluation.specs().get(1).is_none_or(|spec| spec.name != info.name) {
            continue;
        }
        kept.push(info.name);
        assert!(with(0.99).unwrap().0.specs().iter().all(|spec| spec.name != info.name), "{}", info.name);
        for channels in [1, 3] {
            let image = picture(channels, 12, 16);
            let image = Image { data: image.data.iter().map(|v| v / 255.0).collect(), ..image };
            let first = run(&training, &image, 0);
            assert_eq!(first.channels, channels, "{}", info.name);
            for sample in 0..4 {
                assert_eq!(run(&evaluation, &image, sample).data, first.data, "{}", info.name);
            }
        }
    }
    kept.sort_unstable();
    let expected = [
        "RandFlip",
        "RandomAdjustSharpness",
        "RandomAutocontrast",
        "RandomEqualize",
        "RandomGrayscale",
        "RandomHorizontalFlip",
        "RandomInvert",
        "RandomPosterize",
        "RandomSolarize",
        "RandomVerticalFlip",
    ];
    assert_eq!(kept, expected);
}

/// A step on colours, which makes bytes of a 16-bit file's numbers, is left out in validation: what stands behind it finds
/// bytes all the same where it would make something else of those numbers.
#[test]
fn sixteen_bits_are_validated_in_the_range_that_they_are_trained_in() {
    let wide = Image::from_floats([1, 16, 16], (0..256).map(|v| (v * 257) as f32).collect());
    let wide = Image { sixteen_bit: true, ..wide };
    let others = [
        Image::from_bytes([1, 16, 16], (0..=255).collect()),
        Image::from_floats([1, 16, 16], (0..256).map(|v| v as f32 / 255.0).collect()),
    ];
    let largest = |image: &Image| image.data.iter().copied().fold(0.0, f32::max);
    for (behind, names, high) in [
        (vec!["ToDtype"], vec!["gaussian_blur", "ToDtype"], 255.0),
        (vec!["Rescaling"], vec!["gaussian_blur", "Rescaling"], 1.0),
        (vec!["vertical_flip", "monai.ToTensor"], vec!["vertical_flip", "gaussian_blur", "monai.ToTensor"], 255.0),
        (vec!["RandGaussianNoise", "ToTensor"], vec!["gaussian_blur", "monai.ToTensor", "ToTensor"], 255.0),
        (vec!["vertical_flip"], vec!["vertical_flip", "gaussian_blur"], 255.0),
        // Nothing is lacking where these scale, or make bytes of the numbers themselves.
        (vec!["ToTensor", "Normalize"], vec!["ToTensor", "Normalize"], 1.0),
        (vec!["ConvertImageDtype"], vec!["ConvertImageDtype"], 1.0),
        (vec!["invert", "ToDtype"], vec!["invert", "ToDtype"], 255.0),
    ] {
        let spec = |name: &&str| {
            let spec = TransformSpec::new(name);
            if *name == "RandGaussianNoise" { spec.with("prob", 0.0_f64.into()) } else { spec }
        };
        let rest: Vec<TransformSpec> = behind.iter().map(spec).collect();
        let whole = [vec![TransformSpec::new("RandomInvert")], rest.clone()].concat();
        let training = Chain::build(&whole).unwrap();
        let evaluation = training.deterministic();
        let found: Vec<&str> = evaluation.steps().iter().map(Step::name).collect();
        assert_eq!(found, names);
        for image in [run(&training, &wide, 0), run(&training, &wide, 1), run(&evaluation, &wide, 0)] {
            assert!((largest(&image) - high).abs() < 1e-4, "{behind:?}: {}", largest(&image));
        }
        // It is nothing to other files.
        let without = Chain::build(&rest).unwrap().deterministic();
        for image in &others {
            assert_eq!(run(&evaluation, image, 0), run(&without, image, 0), "{behind:?}");
        }
    }
    // Behind what scales there are no such numbers.
    let specs = ["ToTensor", "RandomInvert", "Normalize"].map(TransformSpec::new);
    let names: Vec<&str> = Chain::build(&specs).unwrap().deterministic().steps().iter().map(Step::name).collect();
    assert_eq!(names, ["ToTensor", "Normalize"]);
}

#[test]
fn steps_that_are_off_do_nothing_and_channels_come_first_anyway() {
    let off =
        chain("[[transform]]\nname = \"ScaleIntensity\"\nenabled = false\n[[transform]]\nname = \"Flip\"\n").unwrap();
    let image = picture(1, 3, 4);
    let mut expected = image.clone();
    expected.data.reverse();
    assert_eq!(run(&off, &image, 0), expected);
    assert!(!off.steps()[0].enabled() && off.steps()[1].enabled());
    let mut last = picture(3, 2, 2);
    last.layout = Layout::ChannelLast;
    let out = run(&chain("").unwrap(), &last, 0);
    assert_eq!((out.layout, out.at(2, 1, 0)), (Layout::ChannelFirst, last.at(2, 1, 0)));
}

#[test]
fn the_clock_hears_of_every_step_once() {
    #[derive(Default)]
    struct Clock(Vec<String>);
    impl StageClock for Clock {
        fn begin(&mut self, step: usize) {
            self.0.push(format!("begin {step}"));
        }
        fn end(&mut self, step: usize) {
            self.0.push(format!("end {step}"));
        }
        fn skipped(&mut self, step: usize) {
            self.0.push(format!("skipped {step}"));
        }
    }
    let toml = "[[transform]]\nname = \"LoadImage\"\n[[transform]]\nname = \"Flip\"\nenabled = false\n\
                [[transform]]\nname = \"RandFlip\"\nprob = 0\n[[transform]]\nname = \"Zoom\"\nzoom = 0.01\n";
    let mut clock = Clock::default();
    let mut image = picture(1, 9, 9);
    let outcome = chain(toml).unwrap().run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut clock);
    // A step that fails has ended too, or its time would be counted to the next.
    assert_eq!(clock.0, ["skipped 2", "begin 3", "end 3"]);
    let large = one("Zoom", "zoom = 100\nkeep_size = false");
    let outcome_large = large.run(&mut picture(1, 1, 200), &mut Scratch::default(), SampleSeed::default(), &mut ());
    assert!(outcome_large.unwrap_err().reason.to_string().contains("16384"));
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "Zoom: an image of 9 x 9 would be left with no pixel");
}

#[test]
fn images_that_are_none_are_refused() {
    let flip = one("Flip", "");
    let broken = Image { data: vec![0.0; 5], ..picture(1, 2, 3) };
    for mut image in [Image::empty(), picture(1, 0, 5), broken, Image { channels: usize::MAX, ..picture(1, 2, 3) }] {
        assert!(flip.run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut ()).is_err());
    }
}

#[test]
fn one_pixel_survives_everything() {
    for info in registry() {
        let (mut image, mut tall) = (picture(1, 1, 1), picture(3, 9, 1));
        let prob = ["prob", "p"].into_iter().find(|name| info.param(name).is_some());
        let chain = one(info.name, &prob.map_or_else(String::new, |name| format!("{name} = 1.0")));
        for image in [&mut image, &mut tall] {
            chain.run(image, &mut Scratch::default(), SampleSeed::default(), &mut ()).unwrap_or_else(|e| {
                // Nothing would be left, or be there to cut out.
                let may = ["RandZoom", "RandomCrop", "CropForeground", "albumentations.CenterCrop", "keras.CenterCrop"];
                assert!(may.contains(&info.name), "{e}");
            });
        }
    }
    for mode in ["area", "bilinear", "bicubic", "nearest", "nearest-exact"] {
        for (shape, size) in [((1, 1), "[5, 7]"), ((2, 3), "[7, 1]"), ((9, 1), "[1, 4]"), ((100, 3), "[3, 100]")] {
            let out = run(
                &one("Resize", &format!("mode = \"{mode}\"\nspatial_size = {size}")),
                &picture(2, shape.0, shape.1),
                0,
            );
            assert!(out.data.iter().all(|v| (-60.0..310.0).contains(v)), "{mode} {shape:?} {size}");
        }
    }
}

#[test]
fn intensity_options() {
    let image = Image { data: vec![0.0, 2.0, 4.0, 10.0, 0.0, 30.0], ..picture(2, 1, 3) };
    #[track_caller]
    fn check(image: &Image, name: &str, lines: &str, expected: [f32; 6]) {
        let out = run(&one(name, lines), image, 0);
        for (a, b) in out.data.iter().zip(expected) {
            assert!((a - b).abs() < 1e-5, "{lines}: {:?}", out.data);
        }
    }
    check(&image, "ScaleIntensity", "minv = -1\nmaxv = 2", [-1.0, -0.8, -0.6, 0.0, -1.0, 2.0]);
    check(&image, "ScaleIntensity", "channel_wise = true", [0.0, 0.5, 1.0, 1.0 / 3.0, 0.0, 1.0]);
    check(&image, "ScaleIntensity", "minv = \"none\"\nmaxv = \"none\"\nfactor = 0.5", [0.0, 3.0, 6.0, 15.0, 0.0, 45.0]);
    check(&image, "ScaleIntensity", "minv = \"none\"\nmaxv = 5", [0.0, 2.0 / 30.0, 4.0 / 30.0, 1.0 / 3.0, 0.0, 1.0]);
    check(&image, "NormalizeIntensity", "subtrahend = 2\ndivisor = 2", [-1.0, 0.0, 1.0, 4.0, -1.0, 14.0]);
    check(
        &image,
        "NormalizeIntensity",
        "subtrahend = [2, 10]\ndivisor = [2, 0]\nchannel_wise = true",
        [-1.0, 0.0, 1.0, 0.0, -10.0, 20.0],
    );
    check(&image, "NormalizeIntensity", "nonzero = true\nchannel_wise = true", [0.0, -1.0, 1.0, -1.0, 0.0, 1.0]);
    let flat = Image { data: vec![3.0; 6], ..picture(2, 1, 3) };
    check(&flat, "ScaleIntensity", "minv = 2", [6.0; 6]);
    check(&flat, "NormalizeIntensity", "", [0.0; 6]);
}

#[test]
fn spatial_options() {
    let image = picture(1, 30, 20);
    let shape = |name: &str, lines: &str| run(&one(name, lines), &image, 0).shape();
    assert_eq!(shape("Zoom", "zoom = 1.5"), [1, 30, 20]);
    assert_eq!(shape("Zoom", "zoom = 1.5\nkeep_size = false"), [1, 45, 30]);
    assert_eq!(shape("Zoom", "zoom = [0.5, 1.5]\nkeep_size = false\nmode = \"bicubic\""), [1, 15, 30]);
    assert_eq!(shape("Resize", "spatial_size = [-1, 40]"), [1, 30, 40]);
    assert_eq!(shape("Resize", "spatial_size = 16"), [1, 16, 16]);
    assert_eq!(shape("Resize", "spatial_size = 16\nsize_mode = \"longest\""), [1, 16, 11]);
    assert_eq!(shape("Resize", "spatial_size = 8\nanti_aliasing = true"), [1, 8, 8]);
    assert_eq!(shape("Rotate", "angle = 1.5707963267948966\nkeep_size = false"), [1, 20, 30]);
    assert_eq!(shape("LoadImage", "reverse_indexing = true"), [1, 20, 30]);

    // A quarter turn moves whole pixels: output [i, j] is input [j mirrored].
    let quarter = run(&one("Rotate", "angle = 1.5707963267948966\nkeep_size = false"), &image, 0);
    for (i, j) in (0..20).flat_map(|i| (0..30).map(move |j| (i, j))) {
        let (a, b) = (quarter.at(0, i, j).unwrap(), image.at(0, 29 - j, i).unwrap());
        assert!((a - b).abs() < 1e-4, "{i} {j}: {a} {b}");
    }
    // What stands around a smaller picture.
    let around = |padding: &str| run(&one("Zoom", &format!("zoom = 0.5\npadding_mode = \"{padding}\"")), &image, 0);
    let (edge, constant, wrap) = (around("edge"), around("constant"), around("wrap"));
    assert_eq!(edge.at(0, 0, 0), edge.at(0, 7, 5));
    assert_eq!((constant.at(0, 0, 10), constant.at(0, 10, 0)), (Some(0.0), Some(0.0)));
    assert_eq!(wrap.at(0, 6, 10), wrap.at(0, 21, 10));
    for padding in ["zeros", "border", "reflection"] {
        for mode in ["nearest", "bilinear"] {
            let lines = format!("angle = 2.5\npadding_mode = \"{padding}\"\nmode = \"{mode}\"");
            let out = run(&one("Rotate", &lines), &image, 0);
            assert!(out.data.iter().all(|v| (0.0..=250.01).contains(v)));
            assert_eq!(out.data.contains(&0.0) && out.at(0, 0, 0) == Some(0.0), padding == "zeros", "{lines}");
        }
    }
    // Mirrored, a constant image stays one; with zeros it does not.
    let flat = Image { data: vec![9.0; 600], ..image.clone() };
    for (padding, same) in [("reflection", true), ("border", true), ("zeros", false)] {
        for corners in [true, false] {
            let lines = format!("angle = 0.7\npadding_mode = \"{padding}\"\nalign_corners = {corners}");
            let out = run(&one("Rotate", &lines), &flat, 0);
            assert_eq!(out.data.iter().all(|v| (v - 9.0).abs() < 1e-4), same, "{lines}");
        }
    }
}

#[test]
fn delays_take_their_time() {
    for kind in ["sleep", "busy"] {
        let delay = one("SimulateDelay", &format!("delay_time = 0.02\nkind = \"{kind}\""));
        let begun = std::time::Instant::now();
        let image = picture(1, 4, 4);
        assert_eq!(run(&delay, &image, 0), image);
        assert!(begun.elapsed().as_secs_f64() >= 0.02);
    }
}

/// A traced image ends as a run one does, and the witness hears of every enabled step in order with what it drew.
#[test]
fn a_trace_is_the_run_step_by_step() {
    let mut specs = tutorial_chain(Some([32, 48]));
    specs[3].enabled = false;
    let chain = Chain::build(&specs).unwrap();
    let image = picture(1, 40, 40);
    for sample in 0..20 {
        let seed = SampleSeed { seed: 3, epoch: 1, sample };
        let mut traced = image.clone();
        let mut told = Vec::new();
        let mut last = None;
        let mut witness = |index: usize, draw: &Draw, image: &Image, _: std::time::Duration| {
            assert_eq!(*draw, chain.steps()[index].draw(seed, last.unwrap_or([1, 40, 40])));
            last = Some(image.shape());
            told.push(index);
        };
        chain.run_step_by_step(&mut traced, &mut Scratch::default(), seed, &mut witness).unwrap();
        assert_eq!(told, [0, 1, 2, 4, 5, 6]);
        assert_eq!(traced, run(&chain, &image, sample));
    }
    let nothing = chain.run_step_by_step(
        &mut Image::empty(),
        &mut Scratch::default(),
        SampleSeed::default(),
        &mut |_, _, _, _| {},
    );
    assert_eq!(nothing.unwrap_err().step, "LoadImage");
}
