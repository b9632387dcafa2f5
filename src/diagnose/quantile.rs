//! Medians and other quantiles of measured times.

/// Clocks and schedulers are never better than this (log ratio): keeps a chance agreement from passing for certainty.
pub(super) const LEAST_SD: f64 = 1e-4;

/// The value in the middle; the upper of two. 0 of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    quantile(&mut values, 0.5)
}

/// The value that so large a share (0 to 1) lies below; sorts on the way. 0 of none.
pub(super) fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let index = (share * values.len() as f64) as usize;
    values.get(index.min(values.len().saturating_sub(1))).copied().unwrap_or(0.0)
}
