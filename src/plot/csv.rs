//! The numbers behind plots as CSV (RFC 4180), in the units of their axes. Writes a file on the caller's thread.
//!
//! One plot whose series share their x becomes one column a series; anything else one long table. A gap is empty.

use super::description::write_whole;
use super::ticks::in_brackets;
use super::{Plot, PlotError, PlotKind};
use std::fmt::Write as _;
use std::path::Path;

/// What a table for people begins with: without this mark Excel takes UTF-8 for the encoding that the system has, and Chinese comes out
/// garbled. Other programs pass over it, our own reader of labels too.
pub const UTF8_MARK: &str = "\u{feff}";

/// Writes the CSV, with [`UTF8_MARK`], to a temporary name beside `path` and renames it.
///
/// # Errors
/// There is no plot, or the file cannot be written.
pub fn write_csv(path: &Path, plots: &[Plot<'_>]) -> Result<(), PlotError> {
    if plots.is_empty() {
        return Err(PlotError::Nothing);
    }
    write_whole(path, format!("{UTF8_MARK}{}", csv_text(plots)).as_bytes())
}

/// The CSV as text, with a header that names the units.
pub fn csv_text(plots: &[Plot<'_>]) -> String {
    match plots {
        [plot] if shares_x(plot) => columns(plot),
        _ => long_table(plots),
    }
}

fn shares_x(plot: &Plot<'_>) -> bool {
    let Some((first, rest)) = plot.series.split_first() else { return false };
    let same = |a: &[[f64; 2]], b: &[[f64; 2]]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a[0].to_bits() == b[0].to_bits())
    };
    rest.iter().all(|s| s.scale == first.scale && same(&first.points, &s.points))
}

fn columns(plot: &Plot<'_>) -> String {
    let mut text = field(&plot.x_label);
    for series in &plot.series {
        text.push(',');
        text.push_str(&field(&format!("{} ({})", series.name, in_brackets(&plot.y_label))));
    }
    text.push('\n');
    let rows = plot.series.first().map_or(0, |s| s.points.len());
    for row in 0..rows {
        number(&mut text, plot.series[0].x(plot.series[0].points[row][0]) / plot.x_unit);
        for series in &plot.series {
            text.push(',');
            number(&mut text, series.points[row][1] / y_unit(plot));
        }
        text.push('\n');
    }
    text
}

fn long_table(plots: &[Plot<'_>]) -> String {
    let mut text = String::from("plot,series,x,x label,y,y label\n");
    for plot in plots {
        let (title, x_label, y_label) = (field(&plot.title), field(&plot.x_label), field(&plot.y_label));
        for series in &plot.series {
            let name = field(&series.name);
            for point in series.points.iter() {
                let _ = write!(text, "{title},{name},");
                number(&mut text, series.x(point[0]) / plot.x_unit);
                let _ = write!(text, ",{x_label},");
                number(&mut text, point[1] / y_unit(plot));
                let _ = writeln!(text, ",{y_label}");
            }
        }
    }
    text
}

fn y_unit(plot: &Plot<'_>) -> f64 {
    match plot.kind {
        PlotKind::Lines => plot.y_unit,
        // Shares are written as they are labelled: in percent.
        PlotKind::StackedShare => 0.01,
    }
}

/// The shortest text that reads back to the same number; nothing for a gap.
fn number(text: &mut String, value: f64) {
    if value.is_finite() {
        let _ = write!(text, "{value}");
    }
}

/// A cell of a CSV file, in quotes where it needs them.
pub fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Series;

    fn series(name: &str, points: &[[f64; 2]]) -> Series<'static> {
        Series { name: name.to_owned(), points: points.to_vec().into(), ..Series::default() }
    }

    fn plot(series: Vec<Series<'static>>) -> Plot<'static> {
        Plot {
            title: "Memory".into(),
            x_label: "time (min)".into(),
            y_label: "GB".into(),
            series,
            x_unit: 60.0,
            y_unit: 1e9,
            ..Plot::default()
        }
    }

    #[test]
    fn columns_where_x_is_shared() {
        let both = plot(vec![
            series("used", &[[0.0, 2e9], [30.0, 3e9]]),
            series("en,gi\"ne", &[[0.0, f64::NAN], [30.0, 1.5e9]]),
        ]);
        assert_eq!(csv_text(&[both]), "time (min),used (GB),\"en,gi\"\"ne (GB)\"\n0,2,\n0.5,3,1.5\n");
    }

    #[test]
    fn a_long_table_elsewhere() {
        let one = plot(vec![series("a", &[[60.0, 1e9]]), series("b", &[[120.0, 2e9], [180.0, f64::NAN]])]);
        let expected = "plot,series,x,x label,y,y label\nMemory,a,1,time (min),1,GB\nMemory,b,2,time (min),2,GB\nMemory,b,3,time (min),,GB\n";
        assert_eq!(csv_text(&[one]), expected);
    }

    #[test]
    fn numbers_survive_the_round_trip() {
        let values = [0.1 + 0.2, 1e-300, 123_456_789.123_456_78, -0.0, 5e300];
        let points: Vec<[f64; 2]> = values.iter().enumerate().map(|(i, v)| [i as f64, *v]).collect();
        let text = csv_text(&[Plot { series: vec![series("v", &points)], ..Plot::default() }]);
        let back: Vec<f64> = text.lines().skip(1).map(|l| l.split(',').nth(1).unwrap().parse().unwrap()).collect();
        assert_eq!(back.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), values.map(f64::to_bits));
    }
}
