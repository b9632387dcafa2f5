//! What a point of a plot says, in words: for the box beside the pointer and for the table.

use super::decimate::{drawable, is_apart, share_total};
use super::ticks::format_value;
use super::{Plot, PlotKind, Series};

/// What a point comes to as words, without the unit but for shares.
pub(super) fn value_text(plot: &Plot<'_>, series: usize, at: usize) -> String {
    let series = &plot.series[series];
    let point = series.points[at];
    match plot.kind {
        PlotKind::Lines if drawable(point) => format_value(point[1] / plot.y_unit),
        PlotKind::Lines if series.counts_gaps => tr!("plot-no-number"),
        PlotKind::Lines => "N/A".to_owned(),
        PlotKind::StackedShare => match share_total(&plot.series, at) {
            Some(total) => format!("{:.1} %", 100.0 * point[1] / total),
            None => "N/A".to_owned(),
        },
    }
}

/// The same of the point next to an `x` of the plot; where the line is broken there, as nothing was measured, that.
pub(super) fn text_at(plot: &Plot<'_>, series: usize, x: f64) -> String {
    let own = &plot.series[series];
    let x = own.own_x(x);
    match nearest(&own.points, x) {
        Some(_) if is_unmeasured(own, x) => tr!("plot-not-measured"),
        Some(at) => value_text(plot, series, at),
        None => String::new(),
    }
}

/// Whether `x`, in the series' own unit, lies in a stretch that no line goes over.
fn is_unmeasured(series: &Series<'_>, x: f64) -> bool {
    let after = series.points.partition_point(|point| point[0] < x);
    let (Some(before), Some(after)) = (after.checked_sub(1), series.points.get(after)) else { return false };
    let stretch = series.unmeasured.partition_point(|stretch| stretch[1] <= x);
    let is_inside = series.unmeasured.get(stretch).is_some_and(|stretch| stretch[0] < x);
    is_inside && is_apart(series.unmeasured, series.points[before][0], after[0])
}

/// The index of the point next to `x`; points rise in x.
pub(super) fn nearest(points: &[[f64; 2]], x: f64) -> Option<usize> {
    let after = points.partition_point(|p| p[0] < x);
    let candidates = [after.checked_sub(1), (after < points.len()).then_some(after)];
    candidates.into_iter().flatten().min_by(|a, b| (points[*a][0] - x).abs().total_cmp(&(points[*b][0] - x).abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_neighbour() {
        let points = [[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]];
        for (x, at) in [(-5.0, 0), (4.0, 0), (6.0, 1), (10.0, 1), (99.0, 2)] {
            assert_eq!(nearest(&points, x), Some(at));
        }
        assert_eq!(nearest(&[], 1.0), None);
    }

    /// A pause between the second point and the third; the stop before the last is shorter than its step.
    #[test]
    fn nothing_is_read_where_nothing_was_measured() {
        let unmeasured = [[2.0, 8.0], [9.1, 9.4]];
        let points = vec![[1.0, 10.0], [2.0, 20.0], [9.0, 30.0], [10.0, 40.0]];
        let measured = Series { points: points.into(), unmeasured: &unmeasured, ..Series::default() };
        let plot = Plot { series: vec![measured, Series::default()], ..Plot::default() };
        let said = [1.9, 2.0, 2.1, 7.9, 8.0, 8.5, 9.2, 99.0].map(|x| text_at(&plot, 0, x));
        let none = tr!("plot-not-measured");
        assert_eq!(said, ["20", "20", none.as_str(), none.as_str(), "30", "30", "30", "40"]);
        assert_eq!(text_at(&plot, 1, 2.1), "");
    }
}
