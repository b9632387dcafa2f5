//! The bisect's answer as a plot: a dot and an interval for each transform, and one for those that were off only together.

use super::{Plot, Series, Spread};
use crate::language::Arg;
use crate::protocol::{BisectProgress, Decision, Trial};

/// Transforms in the chain's order, what cannot be switched off left out; without a bisect, a note.
pub fn bisect_plot(bisect: Option<&BisectProgress>) -> Plot<'static> {
    let trials = bisect.map(|bisect| bisect.trials.as_slice()).unwrap_or_default();
    let rows = Trial::rows(trials);
    let first = rows.iter().filter_map(|row| row.first().copied());
    let measured: Vec<(&Trial, f64)> = first.filter_map(|trial| Some((trial, trial.effect_frac?))).collect();
    let series = measured.iter().enumerate().map(|(color, (trial, effect))| Series {
        name: name(trial, *effect),
        points: vec![[color as f64 + 1.0, *effect]].into(),
        color,
        dots: true,
        ..Series::default()
    });
    let spreads = measured.iter().enumerate().filter_map(|(series, (trial, _))| {
        Some(Spread { series, ends: vec![[series as f64 + 1.0, trial.low?, trial.high?]] })
    });
    Plot {
        title: tr!("plot-bisect"),
        x_label: tr!("plot-x-transform"),
        y_label: tr!("plot-y-faster"),
        series: series.collect(),
        spreads: spreads.collect(),
        x_range: Some([0.0, measured.len() as f64 + 1.0]),
        y_range: Some([0.0, 0.0]),
        y_unit: 0.01,
        note: Some(tr!("plot-no-bisect")),
        ..Plot::default()
    }
}

fn name(trial: &Trial, effect: f64) -> String {
    let end = |end: Option<f64>| end.map_or_else(|| Arg::from("?"), |frac| Arg::percent(frac, 1));
    let (low, high) = (end(trial.low), end(trial.high));
    let transform = match trial.together {
        0 => Arg::from(&trial.transform),
        count => Arg::from(msg!("plot-trial-together", count)),
    };
    let effect = Arg::percent(effect, 1);
    match trial.decision {
        Decision::Undecided | Decision::Measuring => tr!("plot-trial-undecided", transform, effect, low, high),
        Decision::Effect | Decision::Nothing | Decision::CannotSwitch => {
            tr!("plot-trial", transform, effect, low, high)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::played;

    #[test]
    fn each_transform_measured_has_its_dot_and_its_bar() {
        let trial = |name: &str, effect_frac, high| Trial {
            transform: name.to_owned(),
            effect_frac,
            low: effect_frac.map(|effect: f64| effect - 0.02),
            high,
            ..played::trial(2, 0.0, 0.0)
        };
        let bisect = BisectProgress {
            trials: vec![
                trial("RandRotate", Some(0.12), Some(0.14)),
                trial("Resize", None, None),
                trial("RandZoom", Some(0.01), None),
            ],
            so_far: "".into(),
            off: Vec::new(),
            spent_secs: 9.0,
            budget_secs: 60.0,
            noise_floor_frac: None,
            steps: 300,
            config_version: 0,
            verdict: None,
        };
        let joint =
            |name: &str| Trial { together: 2, decision: Decision::Nothing, ..trial(name, Some(0.0), Some(0.02)) };
        let joined = BisectProgress { trials: vec![joint("RandFlip"), joint("RandRotate")], ..bisect.clone() };
        let plot = bisect_plot(Some(&joined));
        assert_eq!((plot.series.len(), plot.series[0].name.as_str()), (1, "2 together: 0.0 % (-2.0 to 2.0)"));
        let plot = bisect_plot(Some(&bisect));
        let names: Vec<&str> = plot.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["RandRotate: 12.0 % (10.0 to 14.0)", "RandZoom: 1.0 % (-1.0 to ?)"]);
        assert_eq!(plot.spreads.len(), 1);
        assert_eq!((plot.spreads[0].series, plot.spreads[0].ends[0][0], plot.spreads[0].ends[0][2]), (0, 1.0, 0.14));
        assert!(plot.has_data() && !bisect_plot(None).has_data());
    }
}
