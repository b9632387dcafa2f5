//! Extremes and sums of many values, in the forms that compile to packed instructions.

/// Smallest and largest value; NaN is passed over.
pub(crate) fn extremes(values: &[f32]) -> (f32, f32) {
    // Eight lanes, compared one by one: the form that compiles to packed minimum and maximum.
    let (mut low, mut high) = ([f32::INFINITY; 8], [f32::NEG_INFINITY; 8]);
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for ((low, high), v) in low.iter_mut().zip(&mut high).zip(chunk) {
            *low = if v < low { *v } else { *low };
            *high = if v > high { *v } else { *high };
        }
    }
    let low = low.iter().chain(rest).copied().fold(f32::INFINITY, f32::min);
    let high = high.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    (low, high)
}

/// Sums of what `term` makes of each value, in four lanes.
pub(crate) fn sum(values: &[f32], term: impl Fn(f32) -> (f64, f64)) -> (f64, f64) {
    let mut lanes = [(0.0, 0.0); 4];
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            let (a, b) = term(*v);
            lane.0 += a;
            lane.1 += b;
        }
    }
    lanes.iter().copied().chain(rest.iter().map(|v| term(*v))).fold((0.0, 0.0), |s, t| (s.0 + t.0, s.1 + t.1))
}
