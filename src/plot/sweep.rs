//! The plots of a sweep: the workers' curve as it was predicted and as it came, rates by value, losses over each other.

use super::{Plot, Series, Spread};
use crate::client::sweep::{Interval, LossPoint, SweepKind, SweepReport, changes_loss};

const FROM_ZERO: Option<[f64; 2]> = Some([0.0, 0.0]);

/// Those there is something to draw for; the most telling first.
pub fn sweep_plots(report: &SweepReport) -> Vec<Plot<'static>> {
    let mut plots = Vec::new();
    match report.kind {
        SweepKind::Threads => plots.push(threads(report)),
        SweepKind::SideBySide => {
            plots.push(losses(report, tr!("plot-loss-by-step"), tr!("plot-x-step"), |point| point.step));
            plots.push(losses(report, tr!("plot-loss-by-time"), tr!("plot-x-secs"), |point| point.secs));
            // Learning rates lie too far apart for an axis of their own.
            if report.key.starts_with("loader.") {
                plots.push(rates(report));
            }
        }
    }
    plots.retain(Plot::has_data);
    plots
}

/// Rates whose value is a number, by that number.
fn measured(report: &SweepReport) -> Vec<(f64, Interval)> {
    let point = |p: &crate::client::sweep::SweepPoint| Some((p.value.parse::<f64>().ok()?, p.images_per_sec?));
    let mut measured: Vec<(f64, Interval)> = report.points.iter().filter_map(point).collect();
    measured.sort_by(|a, b| a.0.total_cmp(&b.0));
    measured
}

/// The measured rates as a series of dots with bars.
fn dots(report: &SweepReport, series: usize) -> (Series<'static>, Spread) {
    let measured = measured(report);
    let points: Vec<[f64; 2]> = measured.iter().map(|(x, rate)| [*x, rate.estimate]).collect();
    let ends = measured.iter().filter_map(|(x, rate)| Some([*x, rate.low?, rate.high?])).collect();
    let dots =
        Series { name: tr!("plot-measured"), points: points.into(), color: series, dots: true, ..Series::default() };
    (dots, Spread { series, ends })
}

fn threads(report: &SweepReport) -> Plot<'static> {
    let rates = report.curve.as_ref().map(|curve| curve.rates.as_slice()).unwrap_or_default();
    let points: Vec<[f64; 2]> = rates.iter().map(|r| [r.workers as f64, r.images_per_sec]).collect();
    let band = Spread { series: 0, ends: rates.iter().map(|r| [r.workers as f64, r.low, r.high]).collect() };
    let name = report.curve.as_ref().map_or_else(String::new, |c| tr!("plot-predicted-from", workers = c.from_workers));
    let (dots, bars) = dots(report, 1);
    Plot {
        title: tr!("plot-rate-by-workers"),
        x_label: tr!("plot-x-workers"),
        x_whole: true,
        y_label: tr!("plot-y-rate"),
        series: vec![Series { name, points: points.into(), ..Series::default() }, dots],
        spreads: vec![band, bars],
        y_range: FROM_ZERO,
        note: Some(tr!("plot-prediction-comes")),
        ..Plot::default()
    }
}

fn rates(report: &SweepReport) -> Plot<'static> {
    let (dots, bars) = dots(report, 0);
    Plot {
        title: tr!("plot-rate-by-key", key = &report.key),
        x_label: report.key.clone(),
        y_label: tr!("plot-y-rate"),
        series: vec![dots],
        spreads: vec![bars],
        y_range: FROM_ZERO,
        ..Plot::default()
    }
}

fn losses(report: &SweepReport, title: String, x_label: String, x: fn(&LossPoint) -> f64) -> Plot<'static> {
    let series = report.points.iter().enumerate().map(|(color, point)| Series {
        name: point.value.clone(),
        points: point.losses.iter().map(|loss| [x(loss), loss.loss]).collect::<Vec<_>>().into(),
        color,
        ..Series::default()
    });
    Plot {
        title,
        x_label,
        y_label: if changes_loss(&report.key) { tr!("plot-y-losses-differ") } else { tr!("plot-y-loss") },
        series: series.collect(),
        y_range: FROM_ZERO,
        ..Plot::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::sweep::made::report;

    #[test]
    fn threads_are_drawn_with_their_prediction_in_rising_order() {
        let plots = sweep_plots(&report(SweepKind::Threads, "loader.workers"));
        let [plot] = plots.as_slice() else { panic!("{plots:?}") };
        assert_eq!(plot.series[0].name, "predicted from 0");
        assert_eq!(plot.spreads[0].ends, [[0.0, 1.0, 99.0], [4.0, 1.0, 99.0]]);
        assert_eq!(&plot.series[1].points[..], [[0.0, 10.0], [4.0, 40.0]]);
        assert_eq!(plot.spreads[1], Spread { series: 1, ends: Vec::new() }, "an end that is not known is not drawn");
    }

    #[test]
    fn values_side_by_side_are_drawn_by_step_and_by_time() {
        let titles = |key: &str| -> Vec<String> {
            sweep_plots(&report(SweepKind::SideBySide, key)).into_iter().map(|p| p.title).collect()
        };
        assert_eq!(titles("optimizer.lr"), ["Loss by step", "Loss by time"]);
        assert_eq!(titles("loader.prefetch")[2], "Images per second by loader.prefetch");
        let losses = |key: &str| sweep_plots(&report(SweepKind::SideBySide, key)).remove(0).y_label;
        assert_eq!(losses("optimizer.lr"), "cross-entropy");
        assert!(losses("train.label_smoothing").contains("not to be compared"), "{}", losses("train.label_smoothing"));
    }
}
