//! From many points to what a screen can show: per pixel column the first, lowest, highest and last point of a line,
//! and the mean of a share. Plain arithmetic on borrowed points.

use super::description::{Plot, PlotKind, Series};
use egui::Pos2;

/// Beyond this many points off the screen a line is cut, so that `f32` keeps its precision.
const FAR: f32 = 1.0e5;

/// The points with x in the range and one neighbour on each side.
pub(super) fn visible(points: &[[f64; 2]], x_range: [f64; 2]) -> &[[f64; 2]] {
    let start = points.partition_point(|p| p[0] < x_range[0]).saturating_sub(1);
    let end = points.partition_point(|p| p[0] <= x_range[1]).saturating_add(1).min(points.len());
    points.get(start..end).unwrap_or_default()
}

/// Screen lines through `points`, broken where a point is missing; at most four points for each `column` of width.
pub(super) fn line_runs(points: &[[f64; 2]], column: f32, to_screen: impl Fn([f64; 2]) -> Pos2) -> Vec<Vec<Pos2>> {
    let mut runs = Vec::new();
    let mut run: Vec<Pos2> = Vec::new();
    let mut bucket: Option<Bucket> = None;
    for (order, point) in points.iter().enumerate() {
        if !drawable(*point) {
            if let Some(full) = bucket.take() {
                full.emit(&mut run);
            }
            if !run.is_empty() {
                runs.push(std::mem::take(&mut run));
            }
            continue;
        }
        let at = to_screen(*point);
        let at = Pos2::new(at.x.clamp(-FAR, FAR), at.y.clamp(-FAR, FAR));
        let index = (at.x / column).floor();
        match &mut bucket {
            Some(open) if (open.index - index).abs() < 0.5 => open.add(order, at),
            _ => {
                if let Some(full) = bucket.replace(Bucket::new(index, order, at)) {
                    full.emit(&mut run);
                }
            }
        }
    }
    if let Some(full) = bucket {
        full.emit(&mut run);
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}

/// The points of one pixel column.
struct Bucket {
    index: f32,
    first: (usize, Pos2),
    low: (usize, Pos2),
    high: (usize, Pos2),
    last: (usize, Pos2),
}

impl Bucket {
    fn new(index: f32, order: usize, at: Pos2) -> Self {
        Self { index, first: (order, at), low: (order, at), high: (order, at), last: (order, at) }
    }

    fn add(&mut self, order: usize, at: Pos2) {
        if at.y < self.low.1.y {
            self.low = (order, at);
        }
        if at.y > self.high.1.y {
            self.high = (order, at);
        }
        self.last = (order, at);
    }

    fn emit(self, run: &mut Vec<Pos2>) {
        let (a, b) = if self.low.0 <= self.high.0 { (self.low, self.high) } else { (self.high, self.low) };
        let mut written = None;
        for (order, at) in [self.first, a, b, self.last] {
            if written != Some(order) {
                run.push(at);
                written = Some(order);
            }
        }
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
        let Some(total) = share_total(series, i) else {
            flush(&mut run, &mut sums, &mut count, &mut x_sum);
            if !run.xs.is_empty() {
                runs.push(std::mem::take(&mut run));
            }
            continue;
        };
        let x = xs[i][0];
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
            PlotKind::Lines => self.series.iter().any(|s| s.points.iter().any(|p| drawable(*p))),
            PlotKind::StackedShare => (0..share_len(&self.series)).any(|i| share_total(&self.series, i).is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn identity(p: [f64; 2]) -> Pos2 {
        Pos2::new(p[0] as f32, p[1] as f32)
    }

    #[test]
    fn gaps_break_the_line() {
        let points = [[0.0, 1.0], [2.0, 2.0], [4.0, f64::NAN], [6.0, 3.0], [8.0, f64::INFINITY]];
        let runs = line_runs(&points, 1.0, identity);
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
        let runs = line_runs(&points, 1.0, identity);
        assert_eq!(runs.len(), 1);
        assert_eq!(runs[0].iter().map(|p| p.y).collect::<Vec<_>>(), [0.0, 9.0, -9.0, 0.0]);
    }

    #[test]
    fn only_the_visible_and_one_more_on_each_side() {
        let points: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i), 0.0]).collect();
        let seen = visible(&points, [10.5, 20.5]);
        assert_eq!((seen[0][0] as i32, seen[seen.len() - 1][0] as i32), (10, 21));
        assert!(visible(&[], [0.0, 1.0]).is_empty());
        assert_eq!(visible(&points, [200.0, 300.0]).len(), 1);
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
}
