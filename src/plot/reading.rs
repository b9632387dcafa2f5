//! What a point of a plot says, in words: for the box beside the pointer and for the table.

use super::decimate::{drawable, share_total};
use super::ticks::format_value;
use super::{Plot, PlotKind};

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

/// The index of the point next to `x`; points rise in x.
pub(super) fn nearest(points: &[[f64; 2]], x: f64) -> Option<usize> {
    let after = points.partition_point(|p| p[0] < x);
    let candidates = [after.checked_sub(1), (after < points.len()).then_some(after)];
    candidates.into_iter().flatten().min_by(|a, b| (points[*a][0] - x).abs().total_cmp(&(points[*b][0] - x).abs()))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearer_neighbour() {
        let points = [[0.0, 0.0], [10.0, 0.0], [20.0, 0.0]];
        for (x, at) in [(-5.0, 0), (4.0, 0), (6.0, 1), (10.0, 1), (99.0, 2)] {
            assert_eq!(nearest(&points, x), Some(at));
        }
        assert_eq!(nearest(&[], 1.0), None);
    }
}
