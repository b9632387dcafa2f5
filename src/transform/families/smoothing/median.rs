//! MedianSmooth (MONAI).

use crate::data::Image;
use crate::language::Message;
use crate::transform::core::description::{Family, Library, TransformInfo};
use crate::transform::core::draw::Drawn;
use crate::transform::core::operation::{Operation, built};
use crate::transform::core::params::{ParamDefault, ParamKind, param};
use crate::transform::kernels::scratch::Scratch;

const MEDIAN_SMOOTH: TransformInfo = TransformInfo::fixed(
    Library::Monai,
    "MedianSmooth",
    Family::Smoothing,
    "Each value becomes the median of those around it: specks go, edges stay.",
    &[param(
        "radius",
        ParamKind::Ints { min: 0, max: 100, least: 2, most: 2 },
        ParamDefault::Int(1),
        "px",
        "how far the window reaches to each side, or [H, W]",
    )],
    |values| {
        let radius = values.per_axis("radius").map(|r| r as usize);
        built(MedianSmooth { radius })
    },
);

pub(crate) const ALL: &[TransformInfo] = &[MEDIAN_SMOOTH];

#[derive(Debug)]
struct MedianSmooth {
    radius: [usize; 2],
}

impl Operation for MedianSmooth {
    fn is_nothing(&self) -> bool {
        self.radius == [0, 0]
    }

    fn apply(&self, _drawn: &Drawn, image: &mut Image, scratch: &mut Scratch) -> Result<(), Message> {
        let size = [image.height, image.width];
        let Scratch { image: out, floats: [buffer, ..], numbers, .. } = scratch;
        out.resize(image.data.len(), 0.0);
        let plane = size[0] * size[1];
        for (source, out) in image.data.chunks_exact(plane.max(1)).zip(out.chunks_exact_mut(plane.max(1))) {
            if self.radius == [1, 1] {
                of_nine(source, size, buffer, out);
            } else {
                of_window(source, size, self.radius, buffer, numbers, out);
            }
        }
        std::mem::swap(&mut image.data, out);
        Ok(())
    }
}

fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

fn greater(a: f32, b: f32) -> f32 {
    if a < b { b } else { a }
}

fn middle(a: f32, b: f32, c: f32) -> f32 {
    greater(lesser(a, b), lesser(greater(a, b), c))
}

/// The median of 3 x 3 values: of the greatest of the columns' lowest, the middle of their middles and the least of
/// their highest, the middle one.
fn of_nine(source: &[f32], [height, width]: [usize; 2], sorted: &mut Vec<f32>, out: &mut [f32]) {
    // Three rows of sorted columns, each with its ends once more at both sides.
    let padded = width + 2;
    sorted.resize(3 * padded, 0.0);
    let (low, rest) = sorted.split_at_mut(padded);
    let (mid, high) = rest.split_at_mut(padded);
    let row = |y: usize| source.get(y * width..(y + 1) * width).unwrap_or_default();
    for (y, out) in out.chunks_exact_mut(width).enumerate() {
        let (above, here, below) = (row(y.saturating_sub(1)), row(y), row((y + 1).min(height - 1)));
        let places = low.iter_mut().zip(mid.iter_mut()).zip(high.iter_mut()).skip(1);
        for ((((low, mid), high), (a, b)), c) in places.zip(above.iter().zip(here)).zip(below) {
            let (least, most) = (lesser(*a, *b), greater(*a, *b));
            *low = lesser(least, *c);
            *mid = greater(least, lesser(most, *c));
            *high = greater(most, *c);
        }
        for line in [&mut *low, &mut *mid, &mut *high] {
            (line[0], line[width + 1]) = (line[1], line[width]);
        }
        let (low, mid, high) = (&low[..padded], &mid[..padded], &high[..padded]);
        for (x, v) in out.iter_mut().enumerate() {
            let lows = greater(greater(low[x], low[x + 1]), low[x + 2]);
            let mids = middle(mid[x], mid[x + 1], mid[x + 2]);
            let highs = lesser(lesser(high[x], high[x + 1]), high[x + 2]);
            *v = middle(lows, mids, highs);
        }
    }
}

/// Ranks in a block of [`Window::coarse`].
const BLOCK: usize = 64;

/// How often each rank is in the window, kept as the window moves by one (Huang, Yang and Tang, 1979).
struct Window<'a> {
    /// By rank.
    fine: &'a mut [u32],
    /// By block of ranks.
    coarse: &'a mut [u32],
    /// Where the last median lay, and how many of the window lie in the blocks before.
    block: usize,
    before: u32,
}

impl Window<'_> {
    fn add(&mut self, rank: u32) {
        let (rank, block) = (rank as usize, rank as usize / BLOCK);
        if let (Some(fine), Some(coarse)) = (self.fine.get_mut(rank), self.coarse.get_mut(block)) {
            *fine += 1;
            *coarse += 1;
            self.before += u32::from(block < self.block);
        }
    }

    fn remove(&mut self, rank: u32) {
        let (rank, block) = (rank as usize, rank as usize / BLOCK);
        if let (Some(fine), Some(coarse)) = (self.fine.get_mut(rank), self.coarse.get_mut(block)) {
            *fine -= 1;
            *coarse -= 1;
            self.before -= u32::from(block < self.block);
        }
    }

    /// The rank of which `place` of the window's lie below.
    fn rank_at(&mut self, place: u32) -> usize {
        while self.before > place {
            self.block -= 1;
            self.before -= self.coarse.get(self.block).copied().unwrap_or(0);
        }
        while let Some(count) = self.coarse.get(self.block).filter(|count| self.before + **count <= place) {
            self.before += count;
            self.block += 1;
        }
        let mut left = place - self.before;
        let first = self.block * BLOCK;
        for (rank, count) in self.fine.iter().enumerate().skip(first).take(BLOCK) {
            if left < *count {
                return rank;
            }
            left -= count;
        }
        first
    }
}

/// The median of any window, by ranks. The edges stand outside of the image as often as the window reaches there.
fn of_window(
    source: &[f32],
    [height, width]: [usize; 2],
    [tall, wide]: [usize; 2],
    levels: &mut Vec<f32>,
    numbers: &mut Vec<u32>,
    out: &mut [f32],
) {
    levels.clear();
    levels.extend_from_slice(source);
    levels.sort_unstable_by(f32::total_cmp);
    levels.dedup_by(|a, b| a.total_cmp(b).is_eq());
    let blocks = levels.len().div_ceil(BLOCK);
    numbers.clear();
    numbers.extend(source.iter().map(|v| levels.binary_search_by(|level| level.total_cmp(v)).unwrap_or(0) as u32));
    numbers.resize(source.len() + levels.len() + blocks, 0);
    let (ranks, counts) = numbers.split_at_mut(source.len());
    let (fine, coarse) = counts.split_at_mut(levels.len());
    let mut window = Window { fine, coarse, block: 0, before: 0 };
    let (tall, wide) = (tall as isize, wide as isize);
    let rank = |y: isize, x: isize| {
        let (y, x) = (y.clamp(0, height as isize - 1), x.clamp(0, width as isize - 1));
        ranks.get(y as usize * width + x as usize).copied().unwrap_or(0)
    };
    for (y, x) in (-tall..=tall).flat_map(|y| (-wide..=wide).map(move |x| (y, x))) {
        window.add(rank(y, x));
    }
    let place = ((2 * tall + 1) * (2 * wide + 1) / 2) as u32;
    // To and fro, so that the window never jumps.
    let (mut x, mut step) = (0isize, 1isize);
    for (y, row) in out.chunks_exact_mut(width).enumerate() {
        let y = y as isize;
        if y > 0 {
            for x in x - wide..=x + wide {
                window.remove(rank(y - 1 - tall, x));
                window.add(rank(y + tall, x));
            }
        }
        loop {
            if let (Some(v), Some(level)) = (row.get_mut(x as usize), levels.get(window.rank_at(place))) {
                *v = *level;
            }
            if !(0..width as isize).contains(&(x + step)) {
                break;
            }
            for y in y - tall..=y + tall {
                window.remove(rank(y, x - step * wide));
                window.add(rank(y, x + step * (wide + 1)));
            }
            x += step;
        }
        step = -step;
    }
}

#[cfg(test)]
mod tests {
    use crate::data::Image;
    use crate::transform::tests::{one, picture, run};

    #[test]
    fn medians_are_those_of_the_sorted_windows() {
        for [height, width] in [[1, 1], [1, 9], [8, 1], [2, 2], [13, 17], [40, 9]] {
            // Many values, and few of them.
            for modulus in [10_007, 5] {
                let data = (0..2 * height * width).map(|i| ((i * 7919) % modulus) as f32 - 2.0).collect();
                let image = Image { data, ..picture(2, height, width) };
                for [tall, wide] in [[1, 1], [0, 2], [2, 0], [1, 3], [4, 2], [20, 20]] {
                    let out = run(&one("MedianSmooth", &format!("radius = [{tall}, {wide}]")), &image, 0);
                    for (i, v) in out.data.iter().enumerate() {
                        let (c, y, x) = (i / height / width, (i / width % height) as i64, (i % width) as i64);
                        let at = |y: i64, x: i64| {
                            let (y, x) = (y.clamp(0, height as i64 - 1), x.clamp(0, width as i64 - 1));
                            image.at(c, y as usize, x as usize).unwrap()
                        };
                        let window = (y - tall..=y + tall).flat_map(|y| (x - wide..=x + wide).map(move |x| at(y, x)));
                        let mut window: Vec<f32> = window.collect();
                        window.sort_by(f32::total_cmp);
                        assert_eq!(*v, window[window.len() / 2], "{height} x {width}, {tall} {wide} at {y} {x}");
                    }
                }
            }
        }
    }

    #[test]
    fn odd_values_are_no_end() {
        let image = Image { data: vec![f32::NAN, 1.0, f32::INFINITY, -3.0, 0.0, f32::NAN], ..picture(1, 2, 3) };
        for radius in [1, 2] {
            assert_eq!(run(&one("MedianSmooth", &format!("radius = {radius}")), &image, 0).shape(), [1, 2, 3]);
        }
    }
}
