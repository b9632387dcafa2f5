//! A bounded series for a plot: when full, every second point goes and only every second comes in from then on.

/// A series never holds more points than this: what a run of a day at ten steps a second has.
pub const MAX_POINTS: usize = 1 << 20;
/// Points or buckets that a bucket of the next level stands for, as a power of two.
const FAN_BITS: usize = 3;

/// What a stretch of points comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// The points with the lowest and the highest y; where none is present their y is no number. Kept here rather than by
    /// their places: looked up in a series of a million, each would be fetched from memory of its own.
    pub low: [f64; 2],
    pub high: [f64; 2],
    /// Over the points that are no gaps.
    pub sum: f64,
    pub present: u32,
}

/// Buckets over a series' points, level over level, each eight of the one below: whoever draws a million points looks at no more
/// than a screen can show.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    levels: Vec<Vec<Bucket>>,
}

impl Summary {
    /// Of points that were not summed up as they came.
    pub fn of(points: &[[f64; 2]]) -> Self {
        let mut summary = Self::default();
        (0..points.len()).for_each(|at| summary.add(points, at));
        summary
    }

    /// The finest level with no more than `most` buckets over `len` points, and how many points one of them stands for; `None`
    /// where the points themselves are as few, or there is no such level.
    pub fn level(&self, len: usize, most: usize) -> Option<(&[Bucket], usize)> {
        if len <= most {
            return None;
        }
        let enough = |level: &usize| len >> (FAN_BITS * (level + 1)) <= most;
        let level = (0..self.levels.len()).find(enough).or(self.levels.len().checked_sub(1))?;
        Some((&self.levels[level], 1 << (FAN_BITS * (level + 1))))
    }

    /// Takes in the point at `at`, the newest.
    fn add(&mut self, points: &[[f64; 2]], at: usize) {
        let point = points[at];
        let y = point[1];
        for level in 0.. {
            let index = at >> (FAN_BITS * (level + 1));
            if level == self.levels.len() {
                // A level of one bucket says what the whole series is; above it there is nothing to say.
                if level > 0 && self.levels[level - 1].len() < 2 {
                    return;
                }
                let below = self.levels.last().map(|buckets| buckets[0]);
                self.levels.push(below.into_iter().collect());
            }
            let buckets = &mut self.levels[level];
            if index == buckets.len() {
                buckets.push(Bucket { low: point, high: point, sum: 0.0, present: 0 });
            }
            let bucket = &mut buckets[index];
            if y.is_nan() {
                continue;
            }
            if bucket.present == 0 || y < bucket.low[1] {
                bucket.low = point;
            }
            if bucket.present == 0 || y > bucket.high[1] {
                bucket.high = point;
            }
            bucket.sum += y;
            bucket.present += 1;
        }
    }
}

/// `[x, y]` points in rising x. A reading that was not there is a NaN, drawn as a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    points: Vec<[f64; 2]>,
    summary: Summary,
    /// At most so many points.
    limit: usize,
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
        Self::with_limit(MAX_POINTS)
    }
}

impl History {
    /// Of at most so many points.
    pub fn with_limit(limit: usize) -> Self {
        Self { points: Vec::new(), summary: Summary::default(), limit, stride: 1, pending: Pending::default() }
    }

    /// For what is read once a second, of which there may be dozens of series: a day and a half without joining any.
    pub fn by_second() -> Self {
        Self::with_limit(1 << 17)
    }

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
        if self.points.len() >= self.limit {
            self.halve();
        } else {
            self.summary.add(&self.points, self.points.len() - 1);
        }
    }

    /// Takes back what was read from `x` on: it is read once more.
    pub fn take_back_from(&mut self, x: f64) {
        self.points.retain(|point| point[0] < x);
        self.summary = Summary::of(&self.points);
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
        self.summary = Summary::of(&self.points);
        self.stride *= 2;
    }

    /// The points, without a copy.
    pub fn points(&self) -> &[[f64; 2]] {
        &self.points
    }

    /// What the points come to, level over level.
    pub fn summary(&self) -> &Summary {
        &self.summary
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
        let mut history = History::with_limit(4096);
        for i in 0..100_000 {
            history.push(f64::from(i), Some(f64::from(i)));
        }
        assert!(history.points().len() < 4096);
        assert_eq!(history.summary, Summary::of(&history.points));
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

    #[test]
    fn a_summary_has_the_extremes_and_the_mean_of_every_stretch() {
        let mut history = History::default();
        let y = |i: u32| (i % 97 != 5).then(|| f64::from(i * 7919 % 1009));
        (0..5000).for_each(|i| history.push(f64::from(i), y(i)));
        assert_eq!(history.summary().level(5000, 5000), None);
        for most in [1000, 100, 10] {
            let (buckets, width) = history.summary().level(5000, most).unwrap();
            assert!(buckets.len() <= most + 1 && buckets.len() == 5000usize.div_ceil(width), "{most}");
            for (bucket, points) in buckets.iter().zip(history.points().chunks(width)) {
                let there: Vec<f64> = points.iter().map(|p| p[1]).filter(|y| !y.is_nan()).collect();
                let [low, high] = [bucket.low[1], bucket.high[1]];
                assert_eq!(low, there.iter().copied().fold(f64::INFINITY, f64::min));
                assert_eq!(high, there.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                assert_eq!((bucket.sum, bucket.present as usize), (there.iter().sum::<f64>(), there.len()));
            }
        }
    }
}
