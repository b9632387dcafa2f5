//! RandCoarseDropout and RandCoarseShuffle (MONAI): rectangles at random places.

use super::erase::Region;
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::sizes::MAX_SIDE;
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::statistics::extremes;

const MAX_HOLES: i64 = 10_000;
const SIZE: ParamKind = ParamKind::Size { max: MAX_SIDE };
const COUNT: ParamKind = ParamKind::Int { min: 1, max: MAX_HOLES };

const HOLES: ParamInfo =
    param("holes", COUNT, ParamDefault::Int(1), "", "how many regions, or the fewest with max_holes");
const SPATIAL_SIZE: ParamInfo =
    param("spatial_size", SIZE, ParamDefault::Ints(&[16, 16]), "px", "their size, or the least with max_spatial_size");
const HOLES_TO: ParamInfo = param(
    "max_holes",
    ParamKind::Optional(&COUNT),
    ParamDefault::None,
    "",
    "draw their number uniformly from holes to this; none: always holes",
);
const SIZE_TO: ParamInfo = param(
    "max_spatial_size",
    ParamKind::Optional(&SIZE),
    ParamDefault::None,
    "px",
    "draw each region's size uniformly up to this, from spatial_size for the first and then from the last one's size",
);

const RAND_COARSE_DROPOUT: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandCoarseDropout",
    Family::Erasing,
    "Fills rectangles at random places, or all but them, by chance.",
    &[
        HOLES,
        SPATIAL_SIZE,
        param("dropout_holes", ParamKind::Bool, ParamDefault::Bool(true), "", "fill the regions; else all but them"),
        param(
            "fill_value",
            ParamKind::Optional(&ParamKind::Floats { min: -1e12, max: 1e12, least: 2, most: 2 }),
            ParamDefault::None,
            "",
            "a number, or [low, high] to draw each value uniformly; none: from the image's smallest to its largest",
        ),
        HOLES_TO,
        SIZE_TO,
        PROB,
    ],
    &[("holes", "")],
    |values| {
        let fill = match *values.floats("fill_value") {
            [low, high] => Fill::Range(Some([low, high])),
            [one] => Fill::Value(one as f32),
            _ => Fill::Range(None),
        };
        built(Dropout { coarse: Coarse::new(values)?, holes: values.bool("dropout_holes"), fill })
    },
)
.noting("`holes` and `spatial_size` have no default there");

const RAND_COARSE_SHUFFLE: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandCoarseShuffle",
    Family::Erasing,
    "Shuffles the pixels within rectangles at random places, each channel by itself, by chance.",
    &[HOLES, SPATIAL_SIZE, HOLES_TO, SIZE_TO, PROB],
    &[("holes", "")],
    |values| built(Shuffle(Coarse::new(values)?)),
)
.noting("`holes` and `spatial_size` have no default there");

pub(crate) const ALL: &[TransformInfo] = &[RAND_COARSE_DROPOUT, RAND_COARSE_SHUFFLE];

/// Where the regions of MONAI's coarse transforms lie.
#[derive(Debug)]
struct Coarse {
    prob: f64,
    holes: [i64; 2],
    size: [Option<usize>; 2],
    /// `None`: sizes are not drawn.
    max_size: Option<[Option<usize>; 2]>,
}

impl Coarse {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let holes = values.int("holes");
        let most = values.optional_float("max_holes").map_or(holes, |v| v as i64);
        if most < holes {
            return Err(Invalid::new("max_holes", msg!("transform-expected-at-least", name = "holes")));
        }
        let size = values.size("spatial_size");
        let max_size = (!values.floats("max_spatial_size").is_empty()).then(|| values.size("max_spatial_size"));
        for (least, most) in size.iter().zip(max_size.iter().flatten()) {
            if least.zip(*most).is_some_and(|(least, most)| most < least) {
                return Err(Invalid::new(
                    "max_spatial_size",
                    msg!("transform-expected-at-least", name = "spatial_size"),
                ));
            }
        }
        Ok(Self { prob: values.float("prob"), holes: [holes, most], size, max_size })
    }

    fn draw(&self, mut stream: Stream) -> Draw {
        if !stream.happens(self.prob) {
            return Draw::Skip;
        }
        let [least, most] = self.holes;
        let holes = if least == most { least } else { stream.integer(least, most + 1) };
        Draw::happens(&[holes as f64], stream)
    }

    /// Draws the next region; `size` is the last one's, and this one's afterwards.
    fn region(&self, size: &mut [usize; 2], within: [usize; 2], stream: &mut Stream) -> Region {
        if let Some(most) = self.max_size {
            for ((size, most), side) in size.iter_mut().zip(most).zip(within) {
                *size = stream.integer(*size as i64, most.unwrap_or(side) as i64 + 1) as usize;
            }
        }
        let [height, width] = [size[0].min(within[0]), size[1].min(within[1])];
        let mut corner = |side: usize, length: usize| {
            if side > length { stream.integer(0, (side - length + 1) as i64) as usize } else { 0 }
        };
        let (row, column) = (corner(within[0], height), corner(within[1], width));
        Region { row, column, height, width }
    }

    /// Does something with each region drawn.
    fn each(&self, drawn: &Drawn, within: [usize; 2], stream: &mut Stream, mut what: impl FnMut(Region, &mut Stream)) {
        let mut size = [0, 1].map(|axis| self.size[axis].unwrap_or(within[axis]));
        for _ in 0..drawn.figure(0) as usize {
            let region = self.region(&mut size, within, stream);
            what(region, stream);
        }
    }
}

/// What is filled in.
#[derive(Debug)]
enum Fill {
    Value(f32),
    /// Uniform in that range, or in the image's own.
    Range(Option<[f64; 2]>),
}

#[derive(Debug)]
struct Dropout {
    coarse: Coarse,
    /// The regions are filled; else all but them.
    holes: bool,
    fill: Fill,
}

impl Operation for Dropout {
    fn draw(&self, stream: Stream, _shape: [usize; 3]) -> Draw {
        self.coarse.draw(stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let size = [image.height, image.width];
        let plane = (size[0] * size[1]).max(1);
        let range = match self.fill {
            Fill::Value(_) => [0.0; 2],
            Fill::Range(Some(range)) => range,
            Fill::Range(None) => {
                let (low, high) = extremes(&image.data);
                [f64::from(low), f64::from(high)]
            }
        };
        let fill = |values: &mut [f32], stream: &mut Stream| match self.fill {
            Fill::Value(value) => values.fill(value),
            Fill::Range(_) => values.iter_mut().for_each(|v| *v = stream.uniform(range[0], range[1]) as f32),
        };
        let mut stream = drawn.stream();
        if self.holes {
            self.coarse.each(drawn, size, &mut stream, |region, stream| {
                for plane in image.data.chunks_exact_mut(plane) {
                    region.rows(plane, size).for_each(|row| fill(row, stream));
                }
            });
            return Ok(());
        }
        let out = &mut scratch.image;
        out.resize(image.data.len(), 0.0);
        fill(out, &mut stream);
        self.coarse.each(drawn, size, &mut stream, |region, _| {
            for (from, to) in image.data.chunks_exact_mut(plane).zip(out.chunks_exact_mut(plane)) {
                region.rows(from, size).zip(region.rows(to, size)).for_each(|(from, to)| to.copy_from_slice(from));
            }
        });
        std::mem::swap(&mut image.data, out);
        Ok(())
    }
}

#[derive(Debug)]
struct Shuffle(Coarse);

impl Operation for Shuffle {
    fn draw(&self, stream: Stream, _shape: [usize; 3]) -> Draw {
        self.0.draw(stream)
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let size = [image.height, image.width];
        let [pixels, ..] = &mut scratch.floats;
        self.0.each(drawn, size, &mut drawn.stream(), |region, stream| {
            for plane in image.data.chunks_exact_mut((size[0] * size[1]).max(1)) {
                pixels.clear();
                region.rows(plane, size).for_each(|row| pixels.extend_from_slice(row));
                for last in (1..pixels.len()).rev() {
                    pixels.swap(last, stream.integer(0, last as i64 + 1) as usize);
                }
                for (row, from) in region.rows(plane, size).zip(pixels.chunks_exact(region.width.max(1))) {
                    row.copy_from_slice(from);
                }
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::families::erasing::erase::{tests::check_integers, tests::flat};
    use crate::transform::tests::{chain, one, picture, run};
    use crate::transform::tests_random::draws;

    /// Rows and columns that hold what is not `outside`: `[top, left, height, width]` of what must be one rectangle.
    #[track_caller]
    fn hole(image: &Image, outside: f32) -> [usize; 4] {
        let at: Vec<[usize; 2]> = (0..image.data.len())
            .filter(|i| image.data[*i] != outside)
            .map(|i| [i / image.width, i % image.width])
            .collect();
        let ends = |axis: usize| {
            let along = || at.iter().map(|p| p[axis]);
            (along().min().unwrap(), along().max().unwrap())
        };
        let ((top, bottom), (left, right)) = (ends(0), ends(1));
        let [height, width] = [bottom - top + 1, right - left + 1];
        assert_eq!(height * width, at.len(), "the hole is not one rectangle");
        [top, left, height, width]
    }

    #[test]
    fn one_hole_is_anywhere_and_of_its_size() {
        let image = flat(5.0, 12, 9);
        let dropout = one("RandCoarseDropout", "prob = 1\nspatial_size = [4, -1]\nfill_value = 7");
        let holes: Vec<_> = (0..4000).map(|sample| hole(&run(&dropout, &image, sample), 5.0)).collect();
        assert!(holes.iter().all(|h| h[1..] == [0, 4, 9]));
        check_integers(holes.iter().map(|h| h[0]), 0, 8);
        // Sizes drawn from the least to the most, then cut to the image.
        let sizes = one("RandCoarseDropout", "prob = 1\nspatial_size = 2\nmax_spatial_size = [5, 30]\nfill_value = 7");
        let holes: Vec<_> = (0..4000).map(|sample| hole(&run(&sizes, &image, sample), 5.0)).collect();
        check_integers(holes.iter().map(|h| h[2]), 2, 5);
        check_integers(holes.iter().map(|h| h[3]).filter(|w| *w < 9), 2, 8);
        // Two to eight columns of the 29 widths from 2 to 30; all others fill the row.
        let narrow = holes.iter().filter(|h| h[3] < 9).count() as f64 / 4000.0;
        assert!((narrow - 7.0 / 29.0).abs() < 0.03, "{narrow}");
    }

    #[test]
    fn the_number_of_holes_is_uniform() {
        let drawn = draws(&one("RandCoarseDropout", "holes = 2\nmax_holes = 5\nprob = 0.5"), 20_000);
        let done: Vec<usize> = drawn.iter().flat_map(|d| d.figures()).map(|v| *v as usize).collect();
        assert!((done.len() as f64 - 10_000.0).abs() < 300.0);
        check_integers(done.into_iter(), 2, 5);
        let fixed = draws(&one("RandCoarseShuffle", "holes = 3\nprob = 1"), 10);
        assert!(fixed.iter().all(|d| d.figures() == [3.0]));
    }

    #[test]
    fn values_are_filled_in_as_asked() {
        let image = picture(2, 30, 30);
        let (least, most) = extremes(&image.data);
        let lines = "prob = 1\nspatial_size = -1\nfill_value = ";
        let noise = run(&one("RandCoarseDropout", &format!("{lines}[10, 20]")), &image, 0);
        let mean = noise.data.iter().sum::<f32>() / 1800.0;
        assert!(noise.data.iter().all(|v| (10.0..20.0).contains(v)) && (mean - 15.0).abs() < 0.3, "{mean}");
        let own = run(&one("RandCoarseDropout", &format!("{lines}\"none\"")), &image, 0);
        let (low, high) = extremes(&own.data);
        assert!(low >= least && low < least + 5.0 && high <= most && high > most - 5.0, "{low} {high}");
        // All but the hole.
        let kept = "prob = 1\nspatial_size = [3, 5]\nfill_value = -1\ndropout_holes = false";
        let out = run(&one("RandCoarseDropout", kept), &image, 0);
        assert_eq!(out.data.iter().filter(|v| **v != -1.0).count(), 30);
        let plane = Image { data: out.data[..900].to_vec(), ..picture(1, 30, 30) };
        let [top, left, height, width] = hole(&plane, -1.0);
        assert_eq!((height, width, out.at(1, top + 2, left + 4)), (3, 5, image.at(1, top + 2, left + 4)));
    }

    #[test]
    fn shuffling_moves_pixels_within_the_hole_and_nowhere_else() {
        let image = Image { data: (0..200).map(|v| v as f32).collect(), ..picture(2, 10, 10) };
        let shuffle = one("RandCoarseShuffle", "prob = 1\nspatial_size = [2, 2]");
        let mut first = Vec::new();
        for sample in 0..4000 {
            let out = run(&shuffle, &image, sample);
            let moved: Vec<usize> = (0..200).filter(|i| out.data[*i] != image.data[*i]).collect();
            assert!(moved.len() <= 8, "{moved:?}");
            let mut sorted = out.data.clone();
            sorted.sort_by(f32::total_cmp);
            assert_eq!(sorted, image.data);
            assert!(out.data[..100].iter().all(|v| *v < 100.0));
            first.extend(moved.iter().filter(|i| **i < 100).map(|i| out.data[*i] as isize - *i as isize));
        }
        // Each of the four goes to each of the other three places as often: along the row, the column, both ways.
        for step in [1, -1, 10, -10, 11, -11] {
            let share = first.iter().filter(|s| **s == step).count() as f64 / first.len() as f64;
            assert!((share - 1.0 / 6.0).abs() < 0.02 || (share - 1.0 / 12.0).abs() < 0.02, "{step}: {share}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (lines, word) in [
            ("holes = 3\nmax_holes = 2", msg!("transform-expected-at-least", name = "holes")),
            ("max_spatial_size = [20, 2]", msg!("transform-expected-at-least", name = "spatial_size")),
        ] {
            let error =
                chain(&format!("[[transform]]\nname = \"RandCoarseDropout\"\n{lines}")).unwrap_err().to_string();
            assert!(error.contains(&word.to_string()), "{error}");
        }
    }
}
