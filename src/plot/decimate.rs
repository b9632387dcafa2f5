//! From many points to what a screen can show: per pixel column the first, lowest, highest and last point of a line, of a crowded
//! one the lowest and highest alone, and the mean of a share. Plain arithmetic on borrowed points.

use super::description::{Plot, PlotKind, Series};
use crate::client::Bucket;
use egui::Pos2;

/// Beyond so many points or buckets in a pixel column nothing more would be seen.
const MOST_PER_COLUMN: usize = 8;
/// Points or buckets that a stack is made of.
const MOST_STACKED: usize = 16_384;
/// What a smoothed line has forgotten but for so much cannot be seen.
const FORGOTTEN: f64 = 1e-4;

/// Beyond this many points off the screen a line is cut, so that `f32` keeps its precision.
const FAR: f32 = 1.0e5;
/// The lowest and the highest point of a column are drawn as one where they lie no further apart than this much of its width.
const ALIKE_COLUMNS: f32 = 0.25;

/// The points with x in the range and one neighbour on each side.
fn visible_range(points: &[[f64; 2]], x_range: [f64; 2]) -> std::ops::Range<usize> {
    let start = points.partition_point(|p| p[0] < x_range[0]).saturating_sub(1);
    let end = points.partition_point(|p| p[0] <= x_range[1]).saturating_add(1).min(points.len());
    start..end
}

/// Whether nothing was measured on most of the way from one point of a series to the next.
pub(super) fn is_apart(unmeasured: &[[f64; 2]], from: f64, to: f64) -> bool {
    let first = unmeasured.partition_point(|stretch| stretch[1] <= from);
    let between = unmeasured[first..].iter().take_while(|stretch| stretch[0] < to);
    let missing: f64 = between.map(|[begin, end]| end.min(to) - begin.max(from)).sum();
    missing > 0.0 && 2.0 * missing > to - from
}

/// Points as they are drawn, in the unit of the plot's x, with one that is none between any two that lie apart.
struct Drawn<'s> {
    series: &'s Series<'s>,
    /// The x of the newest, in the series' own unit.
    last: f64,
    points: Vec<[f64; 2]>,
}

impl<'s> Drawn<'s> {
    fn of(series: &'s Series<'s>) -> Self {
        Self { series, last: f64::NAN, points: Vec::new() }
    }

    fn push(&mut self, [x, y]: [f64; 2]) {
        if is_apart(self.series.unmeasured, self.last, x) {
            self.points.push([self.series.x(self.last), f64::NAN]);
        }
        self.points.push([self.series.x(x), y]);
        self.last = x;
    }
}

/// What is to be drawn of a series over a range of the plot's x, in the unit of that; `columns` is the width in pixels.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// Points, or of many the lowest and highest of each stretch.
    pub(super) points: Vec<[f64; 2]>,
    /// Where a value was no number.
    pub(super) gaps: Vec<f64>,
    /// How many points there are in truth.
    pub(super) count: usize,
}

pub(super) fn seen(series: &Series<'_>, x_range: [f64; 2], columns: usize) -> Seen {
    let own = x_range.map(|x| series.own_x(x));
    let in_sight = visible_range(&series.points, own);
    let part = series.points.get(in_sight.clone()).unwrap_or_default();
    let mut gaps = Vec::new();
    let mut drawn = Drawn::of(series);
    let Some((buckets, width)) = level_of(series, part.len(), columns) else {
        part.iter().for_each(|point| drawn.push(*point));
        if series.counts_gaps {
            gaps = part.iter().filter(|p| !p[1].is_finite()).map(|p| series.x(p[0])).collect();
        }
        return Seen { points: drawn.points, gaps, count: part.len() };
    };
    let range = in_sight.start / width..in_sight.end.div_ceil(width).min(buckets.len());
    for (bucket, first) in buckets[range.clone()].iter().zip(range.map(|index| index * width)) {
        let points = (series.points.len() - first).min(width);
        let begin = series.points[first][0];
        if series.counts_gaps && (bucket.present as usize) < points {
            gaps.push(series.x(begin));
        }
        if bucket.present == 0 {
            drawn.push([begin, f64::NAN]);
            continue;
        }
        let (a, b) =
            if bucket.low[0] <= bucket.high[0] { (bucket.low, bucket.high) } else { (bucket.high, bucket.low) };
        drawn.push(a);
        if a[0] < b[0] {
            drawn.push(b);
        }
    }
    Seen { points: drawn.points, gaps, count: part.len() }
}

/// The level of the summary that has enough buckets for so many columns, where `in_sight` of the points are seen, and how many
/// points one of them stands for; `None` where there are few enough points for every one of them.
fn level_of<'s>(series: &Series<'s>, in_sight: usize, columns: usize) -> Option<(&'s [Bucket], usize)> {
    let most = columns.max(64) * MOST_PER_COLUMN;
    let summary = series.summary.filter(|_| in_sight > most)?;
    // By the share of the series that is seen.
    let whole = (series.points.len() as f64 * most as f64 / in_sight as f64) as usize;
    summary.level(series.points.len(), whole)
}

/// The mean of a bucket, which is less than a pixel wide, at one of its points, and how many it is of; without any the mean is no
/// number: a gap.
fn mean(bucket: &Bucket) -> ([f64; 2], f64) {
    let count = f64::from(bucket.present);
    ([bucket.low[0], bucket.sum / count], count)
}

/// The series as an exponential mean of itself over a range of the plot's x, in the unit of that; a gap stays one. `columns` is
/// the width in pixels.
pub(super) fn smoothed(series: &Series<'_>, smooth: f64, x_range: [f64; 2], columns: usize) -> Vec<[f64; 2]> {
    let keep = smooth.clamp(0.0, 0.9999);
    let in_sight = visible_range(&series.points, x_range.map(|x| series.own_x(x)));
    // What comes before is still in the mean.
    let lead = if keep > 0.0 { (FORGOTTEN.ln() / keep.ln()).ceil() as usize } else { 0 };
    let start = in_sight.start.saturating_sub(lead);
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut last = (1.0, keep);
    let mut next = |([x, y], count): ([f64; 2], f64)| {
        if !y.is_finite() {
            return [x, f64::NAN];
        }
        // All buckets but the last are of one size.
        if last.0 != count {
            last = (count, keep.powf(count.max(1.0)));
        }
        let kept = last.1;
        sum = sum * kept + y * (1.0 - kept);
        weight = weight * kept + (1.0 - kept);
        [x, sum / weight]
    };
    let mut drawn = Drawn::of(series);
    match level_of(series, in_sight.len(), columns) {
        None => series.points[start..in_sight.end].iter().for_each(|point| drawn.push(next((*point, 1.0)))),
        Some((buckets, width)) => {
            let range = start / width..in_sight.end.div_ceil(width).min(buckets.len());
            buckets[range].iter().for_each(|bucket| drawn.push(next(mean(bucket))));
        }
    }
    drawn.points
}

/// The stack's series with no more points than a screen needs.
pub(super) fn thin_stack<'a>(series: &'a [Series<'a>]) -> Vec<Series<'a>> {
    let thin = |s: &'a Series<'a>| {
        let level = s.summary.and_then(|summary| summary.level(s.points.len(), MOST_STACKED));
        let points: Vec<[f64; 2]> = match level {
            None => s.points.iter().map(|[x, y]| [s.x(*x), *y]).collect(),
            Some((buckets, _)) => buckets.iter().map(|b| mean(b).0).map(|[x, y]| [s.x(x), y]).collect(),
        };
        Series { points: points.into(), summary: None, scale: None, name: String::new(), ..s.clone() }
    };
    series.iter().map(thin).collect()
}

/// The least and the greatest y of a series over a range of the plot's x; of those above 0 alone where asked.
pub(super) fn extent(series: &Series<'_>, x_range: Option<[f64; 2]>, positive: bool) -> Option<[f64; 2]> {
    let everything = [f64::NEG_INFINITY, f64::INFINITY];
    let found = match x_range {
        Some(range) => seen(series, range, 512),
        None if series.summary.is_some() => seen(series, everything, 512),
        None => Seen { points: series.points.to_vec(), ..Seen::default() },
    };
    // The extremes of a stretch do not tell the least value above 0 where another lies below.
    let all = positive && found.points.iter().any(|p| p[1] <= 0.0);
    let [from, to] = x_range.unwrap_or(everything);
    let in_range = |p: &&[f64; 2]| (from..=to).contains(&series.x(p[0]));
    let ys: Vec<f64> = match all {
        true => series.points.iter().filter(in_range).map(|p| p[1]).collect(),
        false => found.points.iter().map(|p| p[1]).collect(),
    };
    let ys = ys.into_iter().filter(|y| y.is_finite() && (!positive || *y > 0.0));
    let extent = ys.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], y| [low.min(y), high.max(y)]);
    (extent[0] <= extent[1]).then_some(extent)
}

/// Screen lines through points, broken where one is missing or its y is not above `floor`; at most four points for each `column`
/// of width, of many the lowest and the highest, and one where no eye could tell those apart. `x_at` and `y_at` say where on the
/// screen a value lies, in order or in reverse, so that `y_at` is asked for what is drawn alone.
pub(super) fn line_runs(
    points: &[[f64; 2]],
    column: f32,
    floor: f64,
    x_at: impl Fn(f64) -> f32,
    y_at: impl Fn(f64) -> f32,
) -> Vec<Vec<Pos2>> {
    let x_at = |x: f64| x_at(x).clamp(-FAR, FAR);
    let place = |at: usize| Pos2::new(x_at(points[at][0]), y_at(points[at][1]).clamp(-FAR, FAR));
    let alike = column * ALIKE_COLUMNS;
    let columns = 1.0 / column;
    let mut runs = Vec::new();
    let mut run: Vec<Pos2> = Vec::new();
    let mut open: Option<Column> = None;
    for (at, point) in points.iter().enumerate() {
        let x = x_at(point[0]);
        if !drawable(*point) || point[1] <= floor || x.is_nan() {
            if let Some(full) = open.take() {
                full.emit(place, alike, &mut run);
            }
            if !run.is_empty() {
                runs.push(std::mem::take(&mut run));
            }
            continue;
        }
        // What is left of the screen need not be told apart.
        let index = (x * columns) as i32;
        match &mut open {
            Some(open) if open.index == index => open.add(at, point[1]),
            _ => {
                if let Some(full) = open.replace(Column::new(index, at, point[1])) {
                    full.emit(place, alike, &mut run);
                }
            }
        }
    }
    if let Some(full) = open {
        full.emit(place, alike, &mut run);
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}

/// The points of one pixel column, by their numbers.
struct Column {
    index: i32,
    count: usize,
    first: usize,
    low: (usize, f64),
    high: (usize, f64),
    last: usize,
}

impl Column {
    /// Of so many points where the line came from and goes to is lost among the others.
    const CROWDED: usize = 5;

    fn new(index: i32, at: usize, y: f64) -> Self {
        Self { index, count: 1, first: at, low: (at, y), high: (at, y), last: at }
    }

    fn add(&mut self, at: usize, y: f64) {
        self.count += 1;
        if y < self.low.1 {
            self.low = (at, y);
        }
        if y > self.high.1 {
            self.high = (at, y);
        }
        self.last = at;
    }

    fn emit(self, place: impl Fn(usize) -> Pos2, alike: f32, run: &mut Vec<Pos2>) {
        let (a, b) = (self.low.0.min(self.high.0), self.low.0.max(self.high.0));
        if self.count < Self::CROWDED {
            let mut written = None;
            for at in [self.first, a, b, self.last] {
                if written != Some(at) {
                    run.extend(Some(place(at)).filter(|at| !at.any_nan()));
                    written = Some(at);
                }
            }
            return;
        }
        let (a, b) = (place(a), place(b));
        let ends = [Some(a), Some(b).filter(|b| (b.y - a.y).abs() > alike)];
        run.extend(ends.into_iter().flatten().filter(|at| !at.any_nan()));
    }
}

/// How many points all series of a stack have.
pub(super) fn share_len(series: &[Series<'_>]) -> usize {
    series.iter().map(|s| s.points.len()).min().unwrap_or(0)
}

/// The sum at one point of a stack; `None` where a part is missing or nothing is there.
pub(super) fn share_total(series: &[Series<'_>], at: usize) -> Option<f64> {
    let mut total = 0.0;
    for s in series {
        let point = *s.points.get(at)?;
        if !drawable(point) || point[1] < 0.0 {
            return None;
        }
        total += point[1];
    }
    (total > 0.0).then_some(total)
}

/// A piece of a stack without a gap. `tops[i * parts + k]` is the upper edge (0 to 1) of part `k` in column `i`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ShareRun {
    pub(super) xs: Vec<f64>,
    pub(super) tops: Vec<f64>,
}

/// The stack's columns, at most one for each `column_width` of x.
pub(super) fn share_runs(series: &[Series<'_>], x_range: [f64; 2], column_width: f64) -> Vec<ShareRun> {
    let parts = series.len();
    let Some(first) = series.first() else { return Vec::new() };
    let xs = first.points.get(..share_len(series)).unwrap_or_default();
    let start = xs.partition_point(|p| p[0] < x_range[0]).saturating_sub(1);
    let end = xs.partition_point(|p| p[0] <= x_range[1]).saturating_add(1).min(xs.len());

    let mut runs = Vec::new();
    let mut run = ShareRun::default();
    let mut sums = vec![0.0; parts];
    let (mut count, mut x_sum, mut column) = (0.0, 0.0, f64::NAN);
    let flush = |run: &mut ShareRun, sums: &mut [f64], count: &mut f64, x_sum: &mut f64| {
        if *count > 0.0 {
            run.xs.push(*x_sum / *count);
            let mut top = 0.0;
            for sum in sums.iter_mut() {
                top += *sum / *count;
                run.tops.push(top);
                *sum = 0.0;
            }
            (*count, *x_sum) = (0.0, 0.0);
        }
    };
    for i in start..end {
        let x = xs[i][0];
        let total = share_total(series, i);
        if total.is_none() || i > start && is_apart(first.unmeasured, xs[i - 1][0], x) {
            flush(&mut run, &mut sums, &mut count, &mut x_sum);
            if !run.xs.is_empty() {
                runs.push(std::mem::take(&mut run));
            }
        }
        let Some(total) = total else { continue };
        let index = (x / column_width).floor();
        if count > 0.0 && (index - column).abs() > 0.5 {
            flush(&mut run, &mut sums, &mut count, &mut x_sum);
        }
        column = index;
        count += 1.0;
        x_sum += x;
        for (sum, s) in sums.iter_mut().zip(series) {
            *sum += s.points[i][1] / total;
        }
    }
    flush(&mut run, &mut sums, &mut count, &mut x_sum);
    if !run.xs.is_empty() {
        runs.push(run);
    }
    runs
}

pub(super) fn drawable(point: [f64; 2]) -> bool {
    point[0].is_finite() && point[1].is_finite()
}

impl Plot<'_> {
    /// Some series has a point that can be drawn.
    pub fn has_data(&self) -> bool {
        match self.kind {
            PlotKind::Lines => self.series.iter().any(has_points),
            PlotKind::StackedShare => {
                self.series.iter().all(has_points)
                    && (0..share_len(&self.series)).any(|i| share_total(&self.series, i).is_some())
            }
        }
    }
}

/// Some point can be drawn.
pub(super) fn has_points(series: &Series<'_>) -> bool {
    match series.summary.and_then(|summary| summary.level(series.points.len(), 64)) {
        Some((buckets, _)) => buckets.iter().any(|bucket| bucket.present > 0),
        None => series.points.iter().any(|p| drawable(*p)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    const NO_FLOOR: f64 = f64::NEG_INFINITY;

    fn identity(value: f64) -> f32 {
        value as f32
    }

    #[test]
    fn gaps_break_the_line() {
        let points = [[0.0, 1.0], [2.0, 2.0], [4.0, f64::NAN], [6.0, 3.0], [8.0, f64::INFINITY]];
        let runs = line_runs(&points, 1.0, NO_FLOOR, identity, identity);
        assert_eq!(runs.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn a_column_keeps_its_extremes_in_order() {
        let points: Vec<[f64; 2]> = (0..1000)
            .map(|i| {
                [
                    f64::from(i) / 1000.0,
                    if i == 300 {
                        9.0
                    } else if i == 700 {
                        -9.0
                    } else {
                        0.0
                    },
                ]
            })
            .collect();
        let runs = line_runs(&points, 1.0, NO_FLOOR, identity, identity);
        assert_eq!(runs.len(), 1);
        assert_eq!(runs[0].iter().map(|p| p.y).collect::<Vec<_>>(), [9.0, -9.0]);
        // Of few its ends too.
        let runs = line_runs(&[[0.1, 0.0], [0.2, 9.0], [0.3, 5.0], [1.1, 5.0]], 1.0, NO_FLOOR, identity, identity);
        assert_eq!(runs[0].iter().map(|p| p.y).collect::<Vec<_>>(), [0.0, 9.0, 5.0, 5.0]);
    }

    #[test]
    fn an_axis_of_logarithms_has_no_place_below_its_floor() {
        let points = [[0.0, 10.0], [1.0, 100.0], [2.0, 0.0], [3.0, -5.0], [4.0, 1.0]];
        let runs = line_runs(&points, 1.0, 0.0, identity, |y| y.log10() as f32);
        let ys: Vec<Vec<f32>> = runs.iter().map(|run| run.iter().map(|p| p.y).collect()).collect();
        assert_eq!(ys, [vec![1.0, 2.0], vec![0.0]]);
    }

    #[test]
    fn what_no_eye_could_tell_apart_is_one_point() {
        let flat: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i) / 10.0, 1.0 + f64::from(i % 3) / 10.0]).collect();
        assert_eq!(line_runs(&flat, 1.0, NO_FLOOR, identity, identity)[0].len(), 10);
        // Ten times as high on the screen they are told apart again, upside down too.
        for scale in [10.0, -10.0] {
            assert_eq!(line_runs(&flat, 1.0, NO_FLOOR, identity, |y| (y * scale) as f32)[0].len(), 20);
        }
    }

    #[test]
    fn only_the_visible_and_one_more_on_each_side() {
        let points: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i), 0.0]).collect();
        assert_eq!(visible_range(&points, [10.5, 20.5]), 10..22);
        assert!(visible_range(&[], [0.0, 1.0]).is_empty());
        assert_eq!(visible_range(&points, [200.0, 300.0]).len(), 1);
    }

    #[test]
    fn shares_add_up_to_one() {
        let series = |ys: &[f64]| Series {
            points: Cow::Owned(ys.iter().enumerate().map(|(i, y)| [i as f64, *y]).collect()),
            ..Series::default()
        };
        let stack = [series(&[1.0, 3.0, f64::NAN, 2.0]), series(&[3.0, 1.0, 1.0, 0.0])];
        let runs = share_runs(&stack, [0.0, 10.0], 0.5);
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0], ShareRun { xs: vec![0.0, 1.0], tops: vec![0.25, 1.0, 0.75, 1.0] });
        assert_eq!(runs[1].tops, [1.0, 1.0]);
        // Both points in one column: their mean.
        let runs = share_runs(&stack[..], [0.0, 1.0], 2.0);
        assert_eq!(runs[0], ShareRun { xs: vec![0.5], tops: vec![0.5, 1.0] });
    }

    #[test]
    fn a_million_points_are_drawn_by_their_extremes() {
        let mut history = crate::client::History::default();
        for i in 0..1_000_000u32 {
            let y = if i == 654_321 { 99.0 } else { f64::from(i % 50) };
            history.push(f64::from(i), (i / 1000 != 500).then_some(y));
        }
        let series = Series {
            points: history.points().into(),
            summary: Some(history.summary()),
            counts_gaps: true,
            ..Series::default()
        };
        let all = seen(&series, [0.0, 1e6], 800);
        assert_eq!(all.count, 1_000_000);
        assert!(all.points.len() <= 2 * 8 * 800 + 4, "{}", all.points.len());
        assert!(all.points.iter().any(|p| p[1] == 99.0), "the one spike is there");
        assert!(all.points.windows(2).all(|w| w[0][0] <= w[1][0]));
        assert!(all.gaps.iter().all(|x| (499_000.0..501_000.0).contains(x)) && !all.gaps.is_empty());
        assert_eq!(extent(&series, None, false), Some([0.0, 99.0]));
        assert_eq!(extent(&series, Some([10.0, 400_000.0]), true), Some([1.0, 49.0]));
        // Of few in sight every one.
        let few = seen(&series, [1000.0, 1100.0], 800);
        assert_eq!(few.points.len(), few.count);
        let smooth = smoothed(&series, 0.9, [0.0, 1e6], 800);
        assert!(smooth.len() <= 8 * 800 + 1, "{}", smooth.len());
        assert!((smooth.last().unwrap()[1] - 24.5).abs() < 25.0);
        // A part of it as in the whole: what comes before the part is in it.
        let exact = smoothed(&Series { summary: None, ..series.clone() }, 0.9, [0.0, 1e6], 800);
        let part = smoothed(&series, 0.9, [700_000.0, 700_100.0], 800);
        let value = |line: &[[f64; 2]]| line.iter().find(|p| p[0] == 700_050.0).unwrap()[1];
        assert!((value(&part) - value(&exact)).abs() < 1e-2);
        assert!(part.len() < 300, "{}", part.len());
    }

    /// However many points are drawn as one, and however many were joined.
    #[test]
    fn a_long_series_is_parted_where_nothing_was_measured() {
        let mut all = crate::client::History::default();
        let mut joined = crate::client::History::with_limit(4096);
        for i in 0..200_000u32 {
            // Ten a second, with an hour in between.
            let x = 0.1 * f64::from(i) + if i < 99_999 { 0.0 } else { 3600.0 };
            all.push(x, Some(f64::from(i % 50) + 1.0));
            joined.push(x, Some(f64::from(i % 50) + 1.0));
        }
        let unmeasured = [[9999.8, 13_599.8]];
        let across = |points: &[[f64; 2]]| {
            let runs = line_runs(points, 10.0, NO_FLOOR, identity, identity);
            runs.iter().filter(|run| run[run.len() - 1].x > 13_000.0 && run[0].x < 10_500.0).count()
        };
        for history in [&all, &joined] {
            let series = Series {
                points: history.points().into(),
                summary: Some(history.summary()),
                unmeasured: &unmeasured,
                ..Series::default()
            };
            let x_range = [0.0, 1e6];
            assert_eq!(across(&seen(&series, x_range, 64).points), 0);
            assert_eq!(across(&smoothed(&series, 0.9, x_range, 64)), 0);
            let gap = |run: &ShareRun| run.xs[0] < 10_500.0 && run.xs[run.xs.len() - 1] > 10_500.0;
            let stack = [series.clone()];
            let runs = share_runs(&thin_stack(&stack), x_range, 10.0);
            assert_eq!((runs.len(), runs.iter().filter(|run| gap(run)).count()), (2, 0));
            let without = Series { unmeasured: &[], ..series };
            assert_eq!(across(&seen(&without, x_range, 64).points), 1);
        }
    }

    #[test]
    fn smoothing_is_that_of_tensorboard() {
        let series = Series { points: vec![[0.0, 1.0], [1.0, f64::NAN], [2.0, 3.0]].into(), ..Series::default() };
        let smooth = smoothed(&series, 0.5, [0.0, 2.0], 100);
        // (0.5 * 0.5 * 1 + 0.5 * 3) / (1 - 0.25)
        assert!(smooth[1][1].is_nan());
        assert!((smooth[0][1] - 1.0).abs() < 1e-12 && (smooth[2][1] - 1.75 / 0.75).abs() < 1e-12);
    }
}
