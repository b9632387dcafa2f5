//! A bounded series for a plot: when full, every second point goes and only every second comes in from then on.

/// A series never holds more points than this.
pub const MAX_POINTS: usize = 4096;

/// `[x, y]` points in rising x. A reading that was not there is a NaN, drawn as a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    points: Vec<[f64; 2]>,
    /// One point stands for so many readings.
    stride: u64,
    pending: Pending,
}

/// Readings not yet made into a point: their mean is the point.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Pending {
    taken: u64,
    present: u64,
    x: f64,
    y_sum: f64,
}

impl Default for History {
    fn default() -> Self {
        Self { points: Vec::new(), stride: 1, pending: Pending::default() }
    }
}

impl History {
    /// Adds a reading; `None` and values that are not finite leave a gap.
    pub fn push(&mut self, x: f64, y: Option<f64>) {
        self.pending.taken += 1;
        self.pending.x = x;
        if let Some(y) = y.filter(|y| y.is_finite()) {
            self.pending.present += 1;
            self.pending.y_sum += y;
        }
        if self.pending.taken < self.stride {
            return;
        }
        let Pending { present, x, y_sum, .. } = std::mem::take(&mut self.pending);
        let y = if present == 0 { f64::NAN } else { y_sum / present as f64 };
        self.points.push([x, y]);
        if self.points.len() >= MAX_POINTS {
            self.halve();
        }
    }

    /// Takes back what was read from `x` on: it is read once more.
    pub fn take_back_from(&mut self, x: f64) {
        self.points.retain(|point| point[0] < x);
        if self.pending.x >= x {
            self.pending = Pending::default();
        }
    }

    /// Joins neighbours into their mean, so that a long run keeps its shape in bounded memory.
    fn halve(&mut self) {
        let joined = self.points.chunks(2).map(|pair| match pair {
            [a, b] if a[1].is_nan() => *b,
            [a, b] if b[1].is_nan() => [b[0], a[1]],
            [a, b] => [b[0], f64::midpoint(a[1], b[1])],
            other => other[0],
        });
        self.points = joined.collect();
        self.stride *= 2;
    }

    /// The points, without a copy.
    pub fn points(&self) -> &[[f64; 2]] {
        &self.points
    }

    /// The newest point that is not a gap.
    pub fn last(&self) -> Option<f64> {
        self.points.iter().rev().map(|p| p[1]).find(|y| !y.is_nan())
    }

    /// No reading was ever there, gaps aside.
    pub fn is_empty(&self) -> bool {
        self.points.iter().all(|p| p[1].is_nan())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_bounded_and_keeps_the_mean() {
        let mut history = History::default();
        for i in 0..100_000 {
            history.push(f64::from(i), Some(f64::from(i)));
        }
        assert!(history.points().len() < MAX_POINTS);
        assert!(history.points().windows(2).all(|w| w[0][0] < w[1][0]));
        let mean = history.points().iter().map(|p| p[1]).sum::<f64>() / history.points().len() as f64;
        assert!((mean - 50_000.0).abs() < 100.0, "{mean}");
    }

    #[test]
    fn what_is_taken_back_is_gone_and_the_rest_stays() {
        let mut history = History::default();
        (0..5).for_each(|i| history.push(f64::from(i), Some(f64::from(i))));
        history.take_back_from(3.0);
        history.push(3.5, Some(9.0));
        assert_eq!(history.points(), [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.5, 9.0]]);
    }

    #[test]
    fn what_is_missing_is_a_gap() {
        let mut history = History::default();
        history.push(0.0, None);
        assert!(history.is_empty());
        history.push(1.0, Some(2.0));
        history.push(2.0, Some(f64::INFINITY));
        assert!(history.points()[0][1].is_nan() && history.points()[2][1].is_nan());
        assert_eq!(history.last(), Some(2.0));
    }
}
