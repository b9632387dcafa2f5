//! Several spatial steps done as one: their maps multiplied, the picture sampled once (MONAI calls it lazy).
//!
//! A picture sampled twice is smoothed twice; sampled once, it loses less and takes less time. What may differ is what
//! stands outside: the steps of a group see the first picture's surroundings, not those of the pictures in between,
//! which are never made.

use crate::data::{Dtype, Image};
use crate::language::Message;
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::Accepts;
use crate::transform::core::placement::{Placement, Sampling};
use crate::transform::kernels::resample::resample;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::turns::flip_image;
use crate::transform::kernels::turns::transpose;
use crate::transform::kernels::warp::{Mapping, Padding, fill_axis, sample_affine};

/// Steps that wait to be done together.
#[derive(Debug)]
pub(crate) struct Group {
    placement: Placement,
    /// The latest of them.
    pub last: usize,
    /// What the step drew, as long as it is alone: it then runs as it always does.
    pub alone: Option<Drawn>,
    /// What all of them can work on.
    pub accepts: Accepts,
}

impl Group {
    pub(crate) fn new(step: usize, placement: Placement, drawn: &Drawn, accepts: Accepts) -> Self {
        Self { placement, last: step, alone: Some(drawn.clone()), accepts }
    }

    /// Height and width of the result so far.
    pub(crate) fn size(&self) -> [usize; 2] {
        self.placement.size
    }

    /// Whether this one can be done with those.
    pub(crate) fn fits(&self, next: &Placement) -> bool {
        match (self.placement.sampling, next.sampling) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }

    pub(crate) fn join(&mut self, step: usize, next: &Placement, accepts: Accepts) {
        self.placement = Placement {
            mapping: next.mapping.after(&self.placement.mapping),
            size: next.size,
            sampling: self.placement.sampling.or(next.sampling),
        };
        self.last = step;
        self.alone = None;
        self.accepts.bytes &= accepts.bytes;
        self.accepts.channel_last = false;
    }

    /// # Errors
    /// The steps together reach too far from the picture.
    pub(crate) fn apply(&self, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let Placement { mapping, size, sampling } = &self.placement;
        let Some(Sampling { nearest, padding }) = *sampling else {
            self.moved(image, scratch);
            return Ok(());
        };
        let shape = image.shape();
        // Rows that come from rows and columns from columns are done one after the other, which is faster.
        let plain = matches!(padding, Padding::Border | Padding::Reflection { .. } | Padding::ZEROS);
        if mapping.y[1] == 0.0 && mapping.x[0] == 0.0 && plain && image.dtype == Dtype::F32 {
            let from = [shape[1], shape[2]];
            let Scratch { rows, columns, line, image: out, .. } = scratch;
            fill_axis(rows, [mapping.y[0], mapping.y[2]], size[0], from[0], nearest, padding);
            fill_axis(columns, [mapping.x[1], mapping.x[2]], size[1], from[1], nearest, padding);
            resample(&image.data, from, rows, columns, line, out);
            std::mem::swap(&mut image.data, out);
            [image.height, image.width] = *size;
            return Ok(());
        }
        match image.dtype {
            Dtype::U8 => {
                sample_affine(&image.bytes, shape, mapping, *size, nearest, |_| padding, &mut scratch.bytes)?;
                std::mem::swap(&mut image.bytes, &mut scratch.bytes);
            }
            Dtype::F32 => {
                sample_affine(&image.data, shape, mapping, *size, nearest, |_| padding, &mut scratch.image)?;
                std::mem::swap(&mut image.data, &mut scratch.image);
            }
        }
        [image.height, image.width] = *size;
        Ok(())
    }

    /// Flips and quarter turns, however many, are a transposition or none, and a flip.
    fn moved(&self, image: &mut Image, scratch: &mut Scratch) {
        let Mapping { y: [yy, yx, _], x: [xy, xx, _] } = self.placement.mapping;
        let swapped = yy == 0.0;
        if swapped {
            transpose(image, scratch);
        }
        flip_image(image, if swapped { [xy < 0.0, yx < 0.0] } else { [yy < 0.0, xx < 0.0] });
    }
}

#[cfg(test)]
mod tests {
    use crate::data::Image;
    use crate::transform::tests::{chain, picture, run};
    use crate::transform::{Chain, SampleSeed, Scratch, StageClock, registry, tutorial_chain};

    /// `[[transform]]` tables of these names and lines.
    fn steps(steps: &[(&str, &str)]) -> Chain {
        let tables = steps.iter().map(|(name, lines)| format!("[[transform]]\nname = \"{name}\"\n{lines}\n"));
        chain(&tables.collect::<String>()).unwrap()
    }

    /// What scales bytes finds floats behind a step that works on floats alone, whether that happened to the sample or not.
    #[test]
    fn whether_values_are_scaled_depends_on_no_draw() {
        let bytes = || Image::from_bytes([1, 16, 16], (0..=255).collect());
        let wide = || {
            let floats = Image::from_floats([1, 16, 16], (0..256).map(|v| (v * 257) as f32).collect());
            Image { sixteen_bit: true, ..floats }
        };
        let to_dtype = ("ToDtype", "scale = true");
        let largest = |before: &[(&str, &str)], scales: (&str, &str), image: &Image, fuse: bool| {
            let chain = steps(&[before, [scales, ("Normalize", "")].as_slice()].concat()).with_fuse(fuse);
            let of = |sample| run(&chain, image, sample).data.iter().copied().fold(0.0, f32::max);
            let evaluated = run(&chain.deterministic(), image, 0).data.iter().copied().fold(0.0, f32::max);
            let found: Vec<f32> = (0..24).map(of).collect();
            (found, evaluated)
        };
        let flip = ("RandomHorizontalFlip", "");
        let turn = ("RandRotate", "prob = 0.5\nrange_x = 0.1");
        let late = [("RandAffine", "prob = 0.5\nrotate_range = 0.1"), flip];
        for scales in [to_dtype, ("ConvertImageDtype", ""), ("ToTensor", "")] {
            for (image, high) in [(bytes(), 255.0_f32), (wide(), 65_535.0)] {
                for fuse in [false, true] {
                    for before in [vec![turn], vec![flip, turn], vec![flip, turn, late[0], late[1]]] {
                        let (found, evaluated) = largest(&before, scales, &image, fuse);
                        assert!(found.iter().all(|v| *v > 0.8 * high && *v < 1.01 * high), "{before:?}: {found:?}");
                        assert_eq!(evaluated, high, "{before:?}");
                    }
                    let (kept, evaluated) = largest(&[flip], scales, &image, fuse);
                    let one = |v: &f32| (*v - 1.0).abs() < 1e-6;
                    assert!(kept.iter().all(one) && one(&evaluated), "{scales:?}: {kept:?}, {evaluated}");
                }
            }
        }
        // A step on colours gives the upper eight of sixteen bits, and leaves them so where it leaves the sample alone.
        let (found, evaluated) = largest(&[flip, ("RandomInvert", "")], ("ToDtype", ""), &wide(), true);
        assert!(found.iter().all(|v| *v == 255.0) && evaluated == 255.0, "{found:?}, {evaluated}");
        // What takes no bytes finds floats in evaluation too; and what works on either keeps its bytes until then.
        let figures = ("Normalize", "mean = [120.0]\nstd = [60.0]");
        let chain = steps(&[turn, figures]);
        assert_eq!(run(&chain.deterministic(), &bytes(), 0).data.iter().copied().fold(0.0, f32::max), 2.25);
        let late =
            steps(&[("RandGaussianNoise", ""), ("torchvision.Resize", "size = 8"), ("ToTensor", "")]).deterministic();
        let names: Vec<&str> = late.steps().iter().map(|step| step.name()).collect();
        assert_eq!(names, ["torchvision.Resize", "monai.ToTensor", "ToTensor"]);
        assert_eq!(late.least_input(), Some([8, 8]));
        // Where nothing tells them apart, bytes stay bytes.
        let chain = steps(&[("RandGaussianNoise", "prob = 0.5"), ("RandFlip", "prob = 0.5")]);
        let stays = |sample| {
            let mut image = bytes();
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            chain.run_steps(0..2, &mut image, &mut Scratch::default(), seed, &mut ()).unwrap();
            image == bytes()
        };
        assert!((0..24).any(stays) && !(0..24).all(stays));
        // A trace goes the same way.
        let chain = steps(&[turn, to_dtype]);
        for sample in 0..8 {
            let mut traced = bytes();
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            chain.run_step_by_step(&mut traced, &mut Scratch::default(), seed, &mut |_, _, _, _| {}).unwrap();
            assert_eq!(traced, run(&chain, &bytes(), sample));
        }
    }

    /// Mean and largest difference.
    fn differences(a: &Image, b: &Image) -> (f32, f32) {
        assert_eq!((a.shape(), a.dtype), (b.shape(), b.dtype));
        let differences = || a.data.iter().zip(&b.data).map(|(a, b)| (a - b).abs());
        (differences().sum::<f32>() / a.data.len() as f32, differences().fold(0.0, f32::max))
    }

    /// Every order of what moves whole pixels: done as one, nothing else comes out. The shift is the one step that is
    /// sampled, so that its edge is the same wherever it stands.
    #[test]
    fn whole_pixels_are_moved_alike() {
        let parts = [
            ("Flip", "spatial_axis = 0"),
            ("Rotate90", "k = 1"),
            ("Transpose", ""),
            ("RandRotate90", "prob = 0.7"),
            ("RandAxisFlip", "prob = 0.7"),
            ("RandomHorizontalFlip", ""),
            ("rotate", "angle = -90\nexpand = true"),
            ("Affine", "translate_params = [3, -2]\npadding_mode = \"border\""),
        ];
        for (height, width) in [(7, 12), (8, 8), (1, 5), (9, 1)] {
            let image = picture(2, height, width);
            for first in 0..parts.len() {
                for stride in [1, 3, 5, 7] {
                    let order: Vec<_> = (0..6).map(|i| parts[(first + i * stride) % parts.len()]).collect();
                    let chain = steps(&order);
                    for sample in 0..8 {
                        let (one_by_one, fused) =
                            (run(&chain, &image, sample), run(&chain.clone().with_fuse(true), &image, sample));
                        let (_, largest) = differences(&one_by_one, &fused);
                        assert!(largest < 1e-5, "{order:?}: {largest}");
                    }
                }
            }
        }
    }

    #[test]
    fn moves_alone_keep_bytes_and_bits() {
        let chain = steps(&[("horizontal_flip", ""), ("Rotate90", "k = 3"), ("Flip", "")]).with_fuse(true);
        let bytes: Vec<u8> = (0..42).map(|v| v * 5).collect();
        let out = run(&chain, &Image::from_bytes([1, 6, 7], bytes), 0);
        assert_eq!(out.shape(), [1, 7, 6]);
        // Mirrored, a quarter clockwise, turned round: [i, j] is of [j, i].
        for (i, j) in (0..7).flat_map(|i| (0..6).map(move |j| (i, j))) {
            assert_eq!(out.at(0, i, j), Some(f32::from((j * 7 + i) as u8 * 5)), "{i} {j}");
        }
    }

    /// Bytes are sampled once and rounded once.
    #[test]
    fn bytes_stay_bytes_to_the_end() {
        let chain = steps(&[
            ("rotate", "angle = 20\ninterpolation = \"bilinear\""),
            ("affine", "scale = 1.2\ninterpolation = \"bilinear\""),
        ]);
        let bytes: Vec<u8> = (0..600).map(|i| ((i % 30) * 4 + i / 30 * 5) as u8).collect();
        let image = Image::from_bytes([1, 20, 30], bytes);
        let (one_by_one, fused) = (run(&chain, &image, 0), run(&chain.with_fuse(true), &image, 0));
        assert!(fused.data.iter().all(|v| v.fract() == 0.0));
        let near = one_by_one.data.iter().zip(&fused.data).filter(|(a, b)| (*a - *b).abs() <= 1.0).count();
        // All but the edge, which fades once instead of twice.
        assert!(near > 540, "{near}");
    }

    /// A picture of which every point is known, turned by 0.2 three times: sampled once, it comes nearer to the truth.
    #[test]
    fn less_is_lost() {
        const SIDE: usize = 64;
        const ANGLE: f64 = 0.2;
        let truth = |y: f64, x: f64| 100.0 + 60.0 * (0.9 * x).sin() * (0.7 * y).cos();
        let pixels = |turn: f64| -> Vec<f32> {
            let middle = (SIDE as f64 - 1.0) / 2.0;
            let places = (0..SIDE * SIDE).map(|i| ((i / SIDE) as f64 - middle, (i % SIDE) as f64 - middle));
            let (sin, cos) = turn.sin_cos();
            places.map(|(y, x)| truth(cos * y - sin * x, sin * y + cos * x) as f32).collect()
        };
        let line = format!("angle = {ANGLE}");
        let chain = steps(&[("Rotate", &line), ("Rotate", &line), ("Rotate", &line)]);
        let image = Image::from_floats([1, SIDE, SIDE], pixels(0.0));
        let expected = pixels(3.0 * ANGLE);
        // Root of the mean square over the disc that no corner reaches.
        let loss = |chain: &Chain| {
            let out = run(chain, &image, 0);
            let inside = |i: &usize| {
                let (y, x) = ((i / SIDE) as f64 - 31.5, (i % SIDE) as f64 - 31.5);
                y.hypot(x) < 28.0
            };
            let squares: Vec<f64> =
                (0..SIDE * SIDE).filter(inside).map(|i| f64::from(out.data[i] - expected[i]).powi(2)).collect();
            (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
        };
        let (one_by_one, fused) = (loss(&chain), loss(&chain.clone().with_fuse(true)));
        println!("root mean square error one by one {one_by_one:.3}, as one {fused:.3}");
        assert!(fused < 0.5 * one_by_one, "one by one {one_by_one}, as one {fused}");
        let once = loss(&steps(&[("Rotate", &format!("angle = {}", 3.0 * ANGLE))]));
        assert!((once - fused).abs() < 1e-6, "one turn by all of it {once}, as one {fused}");
    }

    /// MONAI 1.6.1 with `lazy=True` on the same picture: Compose([Affine(rotate_params=0.3, scale_params=(1.1, 0.9),
    /// padding_mode="border"), Rotate90(1), RandFlip(prob=1, spatial_axis=1), Zoom(z, mode="bilinear",
    /// padding_mode="border")]).
    #[test]
    fn it_agrees_with_monais_lazy() {
        let value = |y: f64, x: f64| ((x * 0.7).sin() + (y * 0.9 + x * 0.2).cos() * 2.0 + 3.0) as f32;
        let data = (0..48).map(|i| value(f64::from(i / 8), f64::from(i % 8))).collect();
        let image = Image::from_floats([1, 6, 8], data);
        #[track_caller]
        fn check(image: &Image, zoom: f64, expected: [[f32; 6]; 3]) {
            let zoom = format!("zoom = {zoom}\nmode = \"bilinear\"");
            let chain = steps(&[
                ("Affine", "rotate_params = 0.3\nscale_params = [1.1, 0.9]\npadding_mode = \"border\""),
                ("Rotate90", "k = 1"),
                ("RandFlip", "prob = 1\nspatial_axis = 1"),
                ("Zoom", &zoom),
            ]);
            let out = run(&chain.with_fuse(true), image, 0);
            assert_eq!(out.shape(), [1, 8, 6]);
            for (found, expected) in out.data.iter().zip(expected.as_flattened()) {
                assert!((found - expected).abs() < 2e-5, "{:?}", &out.data[..18]);
            }
        }
        check(
            &image,
            0.8,
            [
                [3.8725, 1.93804, 0.06074, 1.5703, 2.46603, 2.70772],
                [3.8725, 2.54692, 0.36087, 1.36743, 3.17348, 3.60096],
                [3.8306, 2.8087, 0.74062, 1.80499, 4.2409, 4.72782],
            ],
        );
        check(
            &image,
            1.3,
            [
                [3.12605, 1.6946, 0.5101, 0.44898, 1.69872, 3.42282],
                [3.31307, 1.9636, 0.76836, 0.66708, 1.98188, 3.78358],
                [3.78214, 2.38784, 1.16631, 1.17042, 2.41291, 4.12347],
            ],
        );
    }

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

    /// A group ends where a step is no mere move, or where paddings or interpolations differ; off or left out, a step
    /// ends none.
    #[test]
    fn groups_end_where_they_must() {
        let heard = |chain: &Chain| {
            let mut clock = Clock::default();
            let mut image = picture(1, 20, 30);
            chain.run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut clock).unwrap();
            clock.0.join(", ")
        };
        let turn = ("Rotate", "angle = 0.1");
        let chain = steps(&[
            turn,
            ("ScaleIntensity", "enabled = false"),
            ("RandFlip", "prob = 0"),
            ("Zoom", "zoom = 1.1"),
            ("ScaleIntensity", ""),
            turn,
            ("Flip", ""),
            ("Rotate", "angle = 0.1\npadding_mode = \"zeros\""),
            ("Rotate", "angle = 0.1\npadding_mode = \"zeros\"\nmode = \"nearest\""),
            ("Zoom", "zoom = 1.1\nmode = \"bicubic\""),
        ])
        .with_fuse(true);
        let expected = "skipped 2, skipped 0, begin 3, end 3, begin 4, end 4, skipped 5, begin 6, end 6, \
                        begin 7, end 7, begin 8, end 8, begin 9, end 9";
        assert_eq!(heard(&chain), expected);
        let each = (0..10).filter(|i| ![1, 2].contains(i)).map(|i| format!("begin {i}, end {i}"));
        let mut each: Vec<_> = each.collect();
        each.insert(1, "skipped 2".to_owned());
        assert_eq!(heard(&chain.with_fuse(false)), each.join(", "));
    }

    /// A group of one is done as ever; and the steps after a group draw for the size that it will have.
    #[test]
    fn alone_a_step_runs_as_ever() {
        let image = picture(3, 25, 40);
        for info in registry() {
            let prob = ["prob", "p"].into_iter().find(|name| info.param(name).is_some());
            let lines = prob.map_or_else(String::new, |name| format!("{name} = 1.0"));
            let chain = steps(&[(info.name, &lines)]);
            let outcome = |chain: &Chain| {
                let mut image = image.clone();
                let done = chain.run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut ());
                (done.map(|()| image), info.name)
            };
            assert_eq!(outcome(&chain.clone().with_fuse(true)), outcome(&chain));
        }
        let chain = steps(&[
            ("Rotate90", ""),
            ("RandomAffine", "translate = [0.5, 0]\ninterpolation = \"bilinear\"\nfill = \"none\""),
        ]);
        let wide = Image::from_floats([1, 400, 4], (0..1600).map(|i| (i / 4) as f32).collect());
        for sample in 0..10 {
            let (one_by_one, fused) = (run(&chain, &wide, sample), run(&chain.clone().with_fuse(true), &wide, sample));
            assert!(differences(&one_by_one, &fused).1 < 1e-3);
        }
    }

    /// The tutorial's chain: most pixels hardly differ, and those that do are at edges of the picture, where a zoom
    /// that makes smaller looks beyond what a turn has left.
    #[test]
    fn the_tutorials_chain_hardly_changes() {
        let chain = Chain::build(&tutorial_chain(None)).unwrap();
        let smooth = |i: usize| ((i % 64) as f32 * 0.15).sin() + ((i / 64) as f32 * 0.1).cos();
        let image = Image::from_floats([1, 64, 64], (0..4096).map(smooth).collect());
        let mut largest_mean: f32 = 0.0;
        for sample in 0..64 {
            let (one_by_one, fused) =
                (run(&chain, &image, sample), run(&chain.clone().with_fuse(true), &image, sample));
            largest_mean = largest_mean.max(differences(&one_by_one, &fused).0);
        }
        println!("mean difference at most {largest_mean:.4} of 1");
        assert!(largest_mean < 0.02, "{largest_mean}");
    }

    #[test]
    fn nothing_breaks_it() {
        let names: Vec<_> = registry().iter().map(|info| info.name).filter(|name| !name.starts_with("Load")).collect();
        let extremes = [
            ("Affine", "scale_params = [100, -100]\nshear_params = [100, 100]"),
            ("Affine", "scale_params = [100, 100]\ntranslate_params = [1e5, -1e5]"),
            ("affine", "scale = 0.001\nshear = [89.9, -89.9]"),
            ("rotate", "angle = 33\nexpand = true"),
            ("Affine", "scale_params = 0"),
        ];
        let far = steps(&[extremes[0], extremes[0], extremes[0], extremes[0], extremes[1]]).with_fuse(true);
        let error =
            far.run(&mut picture(1, 9, 9), &mut Scratch::default(), SampleSeed::default(), &mut ()).unwrap_err();
        assert!(error.to_string().contains("smaller"), "{error}");
        for (height, width) in [(1, 1), (1, 9), (5, 2)] {
            for extreme in extremes {
                for name in &names {
                    let chain = steps(&[extreme, (name, ""), extreme]).with_fuse(true);
                    let mut image = picture(2, height, width);
                    // It may be refused; it may not panic.
                    if chain.run(&mut image, &mut Scratch::default(), SampleSeed::default(), &mut ()).is_ok() {
                        assert_eq!(image.len(), image.shape().iter().product::<usize>());
                    }
                }
            }
        }
    }

    /// `cargo test --release -- --ignored --nocapture fuse::tests::timings`
    #[test]
    #[ignore = "a measurement"]
    fn timings() {
        let parts = |names: &[&str]| {
            let specs = tutorial_chain(None);
            let kept = specs.into_iter().filter(|s| names.contains(&s.name.as_str()));
            let always = kept.map(|s| s.with("prob", crate::config::ParamValue::Float(1.0)));
            Chain::build(&always.collect::<Vec<_>>()).unwrap()
        };
        for side in [64, 224] {
            let picture = picture(1, side, side);
            for (name, chain) in [
                ("tutorial's chain", Chain::build(&tutorial_chain(None)).unwrap()),
                ("turn, flip and zoom", parts(&["RandRotate", "RandFlip", "RandZoom"])),
                ("turn and flip", parts(&["RandRotate", "RandFlip"])),
                ("turn and zoom", parts(&["RandRotate", "RandZoom"])),
                ("flip and zoom", parts(&["RandFlip", "RandZoom"])),
                ("turn alone", parts(&["RandRotate"])),
                ("zoom alone", parts(&["RandZoom"])),
            ] {
                let chains = [chain.clone(), chain.with_fuse(true)];
                let (mut scratch, mut image, mut copy) = (Scratch::default(), picture.clone(), Vec::new());
                let mut best = [f64::INFINITY; 2];
                // In turns, so that whatever else runs here slows both.
                for (round, k) in (0..100).flat_map(|round| [(round, 0), (round, 1)]) {
                    let begun = std::time::Instant::now();
                    for sample in 0..50 {
                        copy.clone_from(&picture.data);
                        std::mem::swap(&mut image.data, &mut copy);
                        let seed = SampleSeed { seed: round % 2, epoch: 1, sample };
                        chains[k].run(&mut image, &mut scratch, seed, &mut ()).unwrap();
                    }
                    best[k] = best[k].min(begun.elapsed().as_secs_f64() * 1e6 / 50.0);
                }
                let [apart, fused] = best;
                println!("{side:4} {name:20} {apart:8.2} µs, as one {fused:8.2} µs: {:.2} times", fused / apart);
            }
        }
    }
}
