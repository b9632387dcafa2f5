//! The plot of a learning-rate range test.

use super::{Mark, Plot, Series};
use crate::client::RangeTest;

/// Losses over the logarithm of the rate, the smoothed ones over them, and the rates that the test names.
pub fn range_plot(test: &RangeTest) -> Plot<'static> {
    let points = |of: fn(&crate::client::RangePoint) -> f64| -> Vec<[f64; 2]> {
        test.points().iter().map(|point| [point.lr.log10(), of(point)]).collect()
    };
    let text = |rate: f64| format!("{rate:.1e}");
    let mark = |rate: f64, label: String| Mark { x: rate.log10(), label, run: None };
    let marks = [
        test.steepest().map(|rate| mark(rate, tr!("plot-range-steepest", rate = text(rate)))),
        test.tenth_of_lowest().map(|rate| mark(rate, tr!("plot-range-tenth", rate = text(rate)))),
    ];
    Plot {
        title: tr!("plot-range"),
        x_label: tr!("plot-range-x"),
        y_label: tr!("plot-y-loss"),
        series: vec![
            Series {
                name: tr!("plot-range-loss"),
                points: points(|point| point.loss).into(),
                color: 1,
                ..Series::default()
            },
            Series {
                name: tr!("plot-range-smoothed"),
                points: points(|point| point.smoothed).into(),
                ..Series::default()
            },
        ],
        marks: marks.into_iter().flatten().collect(),
        ..Plot::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_drawn_by_their_logarithm_with_those_that_are_named() {
        let mut test = RangeTest::new(1e-4, 1.0);
        for i in 0..40 {
            test.take(10f64.powf(f64::from(i - 40) / 10.0), 2.0 - f64::from(i) / 40.0);
        }
        let plot = range_plot(&test);
        assert_eq!((plot.series[0].points.len(), plot.series[1].points[10][0]), (40, -3.0));
        assert_eq!(plot.marks.len(), 2);
        assert!((plot.marks[1].x - -1.1).abs() < 1e-9 && plot.marks[1].label.ends_with("7.9e-2"), "{:?}", plot.marks);
    }
}
