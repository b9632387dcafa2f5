//! Bending: grid distortion and smooth deformation (MONAI). The elastic ones stand in `elastic`.

use crate::config::{ParamValue, TransformSpec};
use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{DEVICE, Family, Library, TransformInfo};
use crate::transform::core::draw::{Draw, Drawn, Stream};
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{Invalid, PROB, ParamDefault, ParamInfo, ParamKind, Values, param};
use crate::transform::core::sizes::gives_spatial_size;
use crate::transform::families::intensity::smooth_field::{self, SmoothField};
use crate::transform::kernels::scratch::Scratch;
use crate::transform::kernels::warp::{Padding, sample_at};
use crate::transform::kernels::window::MODES;

/// As many as a row of `distort_steps` may have, less one.
const MAX_CELLS: i64 = 1023;
const NUM_CELLS: ParamInfo = param(
    "num_cells",
    ParamKind::Ints { min: 1, max: MAX_CELLS, least: 2, most: 2 },
    ParamDefault::Int(5),
    "",
    "cells of the grid along both axes, or [H, W]",
);
pub(crate) const MODE: ParamInfo =
    param("mode", ParamKind::Choice(&["bilinear", "nearest"]), ParamDefault::Text("bilinear"), "", "interpolation");
const PADDING_MODES: ParamKind = ParamKind::Choice(&["border", "zeros", "reflection"]);
pub(crate) const fn padding_mode(name: &'static str, default: &'static str) -> ParamInfo {
    param(name, PADDING_MODES, ParamDefault::Text(default), "", "what stands outside of the picture")
}

const ONES: &[f64] = &[1.0; 6];

const GRID_DISTORTION: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "GridDistortion",
    Family::Deformation,
    "Lays a grid over the picture and stretches or squeezes each of its rows and columns.",
    &[
        NUM_CELLS,
        param(
            "distort_steps",
            ParamKind::Rows { min: -100.0, max: 100.0 },
            ParamDefault::Rows(&[ONES, ONES]),
            "",
            "for H and for W, what each cell's share of the picture is multiplied with; one more than there are cells, \
             for the pixels left over",
        ),
        MODE,
        padding_mode("padding_mode", "border"),
    ],
    |values| {
        let (grid, steps) = (Grid::new(values)?, values.rows("distort_steps"));
        let [rows, columns] = grid.cells.map(|n| n + 1);
        match <[Vec<f64>; 2]>::try_from(steps) {
            Ok(steps) if [steps[0].len(), steps[1].len()] == [rows, columns] => built(GridDistortion { grid, steps }),
            _ => Err(Invalid::new("distort_steps", msg!("transform-expected-steps", rows, columns))),
        }
    },
)
.without(&[DEVICE])
.noting("`num_cells` and `distort_steps` have no defaults there");

const RAND_GRID_DISTORTION: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandGridDistortion",
    Family::Deformation,
    "Lays a grid over the picture and stretches or squeezes each of its rows and columns by a little, by chance.",
    &[
        NUM_CELLS,
        PROB,
        param(
            "distort_limit",
            ParamKind::Range { min: -100.0, max: 100.0 },
            ParamDefault::Floats(&[-0.03, 0.03]),
            "",
            "range of what is added to 1 for each cell",
        ),
        MODE,
        padding_mode("padding_mode", "border"),
    ],
    &[],
    |values| {
        let [a, b] = values.range("distort_limit");
        built(RandGridDistortion { prob: values.float("prob"), grid: Grid::new(values)?, limit: [a.min(b), a.max(b)] })
    },
)
.without(&[DEVICE]);

/// In validation, in the place of the size that it gives.
fn resized(spec: &TransformSpec) -> Vec<TransformSpec> {
    let size =
        spec.params.get("spatial_size").filter(|size| matches!(size, ParamValue::Int(1..) | ParamValue::List(_)));
    let mode = spec.params.get("grid_mode").cloned().unwrap_or_else(|| ParamValue::Text("nearest".to_owned()));
    let resize = |size: &ParamValue| TransformSpec::new("Resize").with("spatial_size", size.clone()).with("mode", mode);
    size.map(resize).into_iter().collect()
}

const RAND_SMOOTH_DEFORM: TransformInfo = TransformInfo::random(
    Library::Monai,
    "RandSmoothDeform",
    Family::Deformation,
    "Moves pixels by a smooth random field, by chance.",
    &[
        ParamInfo { doc: "size of the field and of the result; -1 is as the image", ..smooth_field::SPATIAL_SIZE },
        smooth_field::RAND_SIZE,
        smooth_field::PAD,
        param("field_mode", ParamKind::Choice(MODES), ParamDefault::Text("area"), "", "how the field is interpolated"),
        smooth_field::ALIGN_CORNERS,
        PROB,
        param(
            "def_range",
            ParamKind::Range { min: -100.0, max: 100.0 },
            ParamDefault::Float(1.0),
            "",
            "range of the moves, where 2 is the image's whole side",
        ),
        param(
            "grid_mode",
            ParamKind::Choice(&["bilinear", "nearest"]),
            ParamDefault::Text("nearest"),
            "",
            "interpolation between pixels",
        ),
        padding_mode("grid_padding_mode", "border"),
        param(
            "grid_align_corners",
            ParamKind::Bool,
            ParamDefault::Bool(false),
            "",
            "true: -1 and 1 are the middles of the outermost pixels, false: their outer edges",
        ),
    ],
    &[],
    |values| built(RandSmoothDeform::new(values)?),
)
.evaluated_as(resized)
// Where it does not happen the size stays.
.fixing_size(|spec| spec.params.get("prob").and_then(ParamValue::as_f64) == Some(1.0) && gives_spatial_size(spec))
.without(&[DEVICE, ("grid_dtype", "places are float32 throughout")])
.noting(smooth_field::NOTE);

pub(crate) const ALL: &[TransformInfo] = &[GRID_DISTORTION, RAND_GRID_DISTORTION, RAND_SMOOTH_DEFORM];

/// What GridDistortion and RandGridDistortion have in common.
#[derive(Debug, Clone)]
struct Grid {
    cells: [usize; 2],
    nearest: bool,
    padding: Padding,
}

impl Grid {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let cells = match values.ints("num_cells")[..] {
            [h, w] => [h, w],
            [one] => [one; 2],
            _ => return Err(Invalid::new("num_cells", msg!("transform-expected-whole-or-two"))),
        };
        Ok(Self {
            cells: cells.map(|n| n.max(1) as usize),
            nearest: values.text("mode") == "nearest",
            padding: Padding::parse(&values.text("padding_mode"), false),
        })
    }

    /// `step` is asked for the cells of H, then for those of W, in order.
    fn distort(&self, image: &mut Image, mut step: impl FnMut(usize, usize) -> f64, scratch: &mut Scratch) {
        let shape @ [_, height, width] = image.shape();
        let [xs, ys, down, across] = &mut scratch.floats;
        positions(height, self.cells[0], |cell| step(0, cell), down);
        positions(width, self.cells[1], |cell| step(1, cell), across);
        xs.clear();
        ys.clear();
        for y in &*down {
            xs.extend_from_slice(across);
            ys.extend(std::iter::repeat_n(*y, width));
        }
        sample_at(&image.data, shape, xs, ys, [height, width], self.nearest, self.padding, &mut scratch.image);
        std::mem::swap(&mut image.data, &mut scratch.image);
    }
}

/// Where the `n` pixels of an axis come from. As MONAI has it, whatever the last cell does not reach comes from place 0.
fn positions(n: usize, cells: usize, mut step: impl FnMut(usize) -> f64, out: &mut Vec<f32>) {
    out.clear();
    out.resize(n, 0.0);
    let size = n / cells;
    let mut from = 0.0;
    for cell in 0..=cells {
        let (start, end) = (cell * size, (cell + 1) * size);
        let step = step(cell);
        let to = if end > n { n as f64 } else { from + size as f64 * step };
        let places = out.get_mut(start..end.min(n)).unwrap_or_default();
        let count = places.len();
        let stride = if count > 1 { (to - from) as f32 / (count as f32 - 1.0) } else { 0.0 };
        for (i, v) in places.iter_mut().enumerate() {
            // torch's linspace counts the second half from the end.
            *v = if i < count.div_ceil(2) {
                from as f32 + stride * i as f32
            } else {
                to as f32 - stride * (count - 1 - i) as f32
            };
        }
        from = to;
    }
}

#[derive(Debug, Clone)]
struct GridDistortion {
    grid: Grid,
    steps: [Vec<f64>; 2],
}

impl Operation for GridDistortion {
    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let step = |axis: usize, cell: usize| self.steps[axis].get(cell).copied().unwrap_or(1.0);
        self.grid.distort(image, step, scratch);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct RandGridDistortion {
    prob: f64,
    grid: Grid,
    limit: [f64; 2],
}

impl Operation for RandGridDistortion {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if stream.happens(self.prob) { Draw::happens(&[], stream) } else { Draw::Skip }
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let mut stream = drawn.stream();
        self.grid.distort(image, |_, _| 1.0 + stream.uniform(self.limit[0], self.limit[1]), scratch);
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct RandSmoothDeform {
    prob: f64,
    size: [Option<usize>; 2],
    field: SmoothField,
    nearest: bool,
    align_corners: bool,
    padding: Padding,
}

impl RandSmoothDeform {
    fn new(values: &Values<'_>) -> Result<Self, Invalid> {
        let [a, b] = values.range("def_range");
        let align_corners = values.bool("grid_align_corners");
        Ok(Self {
            prob: values.float("prob"),
            size: values.size("spatial_size"),
            field: SmoothField::new(values, "field_mode", "def_range", [a.min(b), a.max(b)], 0.0)?,
            nearest: values.text("grid_mode") == "nearest",
            align_corners,
            padding: Padding::parse(&values.text("grid_padding_mode"), align_corners),
        })
    }

    fn deform(&self, image: &mut Image, next: impl FnMut() -> f32, scratch: &mut Scratch) {
        let shape @ [_, height, width] = image.shape();
        let to @ [out_height, out_width] = [self.size[0].unwrap_or(height), self.size[1].unwrap_or(width)];
        self.field.fill(2, to, next, scratch);
        let places = scratch.floats[1].as_mut_slice();
        let (ys, xs) = places.split_at_mut(out_height * out_width);
        let even = |i: usize, n: usize| if n > 1 { 2.0 * i as f32 / (n as f32 - 1.0) - 1.0 } else { -1.0 };
        let pixel = |place: f32, n: usize| match self.align_corners {
            true => (place + 1.0) / 2.0 * (n as f32 - 1.0),
            false => ((place + 1.0) * n as f32 - 1.0) / 2.0,
        };
        let lines = ys.chunks_exact_mut(out_width).zip(xs.chunks_exact_mut(out_width));
        for (row, (ys, xs)) in lines.enumerate() {
            let middle = even(row, out_height);
            for (column, (y, x)) in ys.iter_mut().zip(xs).enumerate() {
                *y = pixel(middle + *y, height);
                *x = pixel(even(column, out_width) + *x, width);
            }
        }
        sample_at(&image.data, shape, xs, ys, to, self.nearest, self.padding, &mut scratch.image);
        std::mem::swap(&mut image.data, &mut scratch.image);
        [image.height, image.width] = to;
    }
}

impl Operation for RandSmoothDeform {
    fn draw(&self, mut stream: Stream, _shape: [usize; 3]) -> Draw {
        if stream.happens(self.prob) { Draw::happens(&[], stream) } else { Draw::Skip }
    }

    fn apply(&self, drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        self.deform(image, self.field.numbers(drawn.stream()), scratch);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::SampleSeed;
    use crate::transform::tests::{chain, one, picture, run};
    use crate::transform::tests_random::draws;

    #[track_caller]
    fn check(found: &[f32], expected: [f32; 6]) {
        let n = found.len();
        for (i, expected) in [0, 1, n / 3, n / 2, n - 2, n - 1].into_iter().zip(expected) {
            assert!((found[i] - expected).abs() < 1e-3, "{i}: {}, expected {expected}", found[i]);
        }
    }

    #[test]
    fn grids_are_monais() {
        #[track_caller]
        fn grid(lines: &str, shape: [usize; 3], bilinear: [f32; 6], nearest: [f32; 6]) {
            let [c, h, w] = shape;
            check(&run(&one("GridDistortion", lines), &picture(c, h, w), 0).data, bilinear);
            let lines = format!("{lines}\nmode = \"nearest\"\npadding_mode = \"zeros\"");
            check(&run(&one("GridDistortion", &lines), &picture(c, h, w), 0).data, nearest);
        }
        // GridDistortion(num_cells, distort_steps): pixels left over, fewer pixels than cells, unlike axes.
        let lines = "distort_steps = [[1.1, 0.9, 1.2, 0.8, 1, 1.3], [0.95, 1.05, 1.1, 0.9, 1, 0.7]]";
        grid(lines, [1, 9, 13], [0.0, 36.3, 118.4, 200.4, 67.2, 0.0], [0.0, 25.0, 111.0, 223.0, 12.0, 0.0]);
        let lines = "distort_steps = [[1.1, 0.9, 1.2, 0.8, 1, 1], [0.95, 1.05, 1.1, 0.9, 1, 1]]";
        grid(lines, [1, 3, 12], [0.0, 36.3, 0.0, 102.6, 125.0, 12.0], [0.0, 25.0, 0.0, 75.0, 125.0, 0.0]);
        let lines = "num_cells = [2, 3]\ndistort_steps = [[1.3, 0.7, 1], [0.8, 1.3, 1.1, 1]]";
        let bilinear = [0.0, 130.4667, 99.9067, 196.0, 3.0, 3.0];
        grid(lines, [2, 8, 12], bilinear, [0.0, 138.0, 59.0, 196.0, 0.0, 0.0]);
        let error = chain("[[transform]]\nname = \"GridDistortion\"\nnum_cells = 3").unwrap_err().to_string();
        assert!(error.contains("distort_steps") && error.contains("4 numbers for H"), "{error}");
    }

    #[test]
    fn random_grids_are_the_fixed_ones_with_steps_from_the_limits() {
        let image = picture(3, 23, 31);
        let random = one("RandGridDistortion", "prob = 1\nnum_cells = [2, 4]\ndistort_limit = [0.3, -0.1]");
        let mut all = Vec::new();
        for sample in 0..200 {
            let seed = SampleSeed { seed: 3, epoch: 1, sample };
            let Draw::Happens(drawn) = random.steps()[0].draw(seed, image.shape()) else { panic!() };
            let mut stream = drawn.stream();
            let steps: Vec<f64> = (0..8).map(|_| 1.0 + stream.uniform(-0.1, 0.3)).collect();
            let lines = format!("num_cells = [2, 4]\ndistort_steps = [{:?}, {:?}]", &steps[..3], &steps[3..]);
            assert_eq!(run(&random, &image, sample), run(&one("GridDistortion", &lines), &image, sample));
            all.extend(steps);
        }
        let mean = all.iter().sum::<f64>() / 1600.0;
        assert!((mean - 1.1).abs() < 4.0 * 0.4 / (12.0 * 1600.0_f64).sqrt(), "{mean}");
        let drawn = draws(&one("RandGridDistortion", "prob = 0.3"), 20_000);
        let share = drawn.iter().filter(|d| **d != Draw::Skip).count() as f64 / 20_000.0;
        assert!((share - 0.3).abs() < 0.013, "{share}");
    }

    /// The operation, on a field of 2 x 3 numbers set to these.
    fn deformed(lines: &str) -> Image {
        let spec = crate::config::RunConfig::from_toml(&format!(
            "[[transform]]\nname = \"RandSmoothDeform\"\nrand_size = [2, 3]\ndef_range = 0.3\n{lines}"
        ));
        let spec = spec.unwrap().transforms.remove(0);
        let operation =
            RandSmoothDeform::new(&Values { given: &spec.params, params: RAND_SMOOTH_DEFORM.params }).unwrap();
        let mut numbers = [0.1, -0.2, 0.05, 0.25, -0.1, 0.15, -0.05, 0.2, 0.1, -0.3, 0.0, 0.12].into_iter();
        let mut image = picture(2, 8, 12);
        operation.deform(&mut image, || numbers.next().unwrap(), &mut Scratch::default());
        image
    }

    #[test]
    fn smooth_deformations_are_monais() {
        // RandSmoothDeform((8, 12), (2, 3), def_range=0.3, …) with sfield.field set.
        let image = deformed("field_mode = \"bilinear\"\ngrid_mode = \"bilinear\"");
        check(&image.data, [0.0, 40.1455, 116.6538, 196.0, 3.0, 3.0]);
        let lines = "spatial_size = [4, 10]\npad = 1\ngrid_align_corners = true\ngrid_padding_mode = \"zeros\"";
        let image = deformed(lines);
        assert_eq!(image.shape(), [2, 4, 10]);
        check(&image.data, [0.0, 138.0, 97.0, 196.0, 116.0, 3.0]);
    }

    /// The far corner of a ramp tells how far it was moved.
    #[test]
    fn smooth_moves_have_their_range() {
        let ramp = Image::from_floats([1, 1, 101], (0..101).map(|v| v as f32).collect());
        let lines = "prob = 1\nrand_size = [1, 101]\ndef_range = [0.1, 0.2]\ngrid_mode = \"bilinear\"";
        let out = run(&one("RandSmoothDeform", lines), &ramp, 0).data;
        // A place is 2 / 101 wide and the first one's middle is at -1 of 101 places: half a place more.
        let moves = out.iter().zip(0..).take(80).map(|(v, i)| {
            let even = (f64::from(i) * 2.0 / 100.0) * 101.0 / 2.0 - 0.5;
            (f64::from(*v) - even) * 2.0 / 101.0
        });
        let moves: Vec<f64> = moves.collect();
        assert!(moves.iter().all(|v| (0.0999..0.2001).contains(v)), "{moves:?}");
        let mean = moves.iter().sum::<f64>() / moves.len() as f64;
        assert!((mean - 0.15).abs() < 0.015, "{mean}");
    }
}
