//! Where in a run's steps a second lies, so that curves over time can be drawn over steps or epochs.

/// Kept; beyond it every second one goes. Between two the step is interpolated.
const MAX_MARKS: usize = 8192;

/// Seconds and steps of a run, both rising.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruler {
    marks: Vec<[f64; 2]>,
    /// The newest, which `marks` may not hold yet.
    last: [f64; 2],
    stride: u64,
    seen: u64,
}

impl Default for Ruler {
    fn default() -> Self {
        Self { marks: vec![[0.0, 0.0]], last: [0.0, 0.0], stride: 1, seen: 0 }
    }
}

impl Ruler {
    /// A step ended at that second. One that is behind the last is passed over.
    pub fn push(&mut self, secs: f64, step: u64) {
        let mark = [secs, step as f64];
        if !(secs >= self.last[0] && mark[1] >= self.last[1]) {
            return;
        }
        self.last = mark;
        if self.seen.is_multiple_of(self.stride) {
            self.marks.push(mark);
        }
        self.seen += 1;
        if self.marks.len() >= MAX_MARKS {
            let mut at = 0;
            self.marks.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// The step, and what of the next one was done, at that second; after the last step it stands still.
    pub fn step_at(&self, secs: f64) -> f64 {
        self.between(secs, 0)
    }

    /// The second at which the run was so far; before the first and after the last step the nearest there is.
    pub fn secs_at(&self, step: f64) -> f64 {
        self.between(step, 1)
    }

    /// From one of a mark's two figures to the other.
    fn between(&self, value: f64, from: usize) -> f64 {
        let to = 1 - from;
        let after = self.marks.partition_point(|mark| mark[from] < value);
        let low = after.checked_sub(1).and_then(|at| self.marks.get(at)).unwrap_or(&self.marks[0]);
        let high = self.marks.get(after).unwrap_or(&self.last);
        let width = high[from] - low[from];
        if width <= 0.0 || value >= high[from] {
            return if value < low[from] { low[to] } else { high[to] };
        }
        low[to] + (value - low[from]).max(0.0) / width * (high[to] - low[to])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_steps_are_turned_into_each_other() {
        let mut ruler = Ruler::default();
        (1..=10u64).for_each(|step| ruler.push(step as f64 * 2.0, step));
        // A pause of 80 s.
        (11..=20u64).for_each(|step| ruler.push(80.0 + step as f64 * 2.0, step));
        for (secs, step) in [(0.0, 0.0), (1.0, 0.5), (20.0, 10.0), (102.0, 11.0), (120.0, 20.0)] {
            assert!((ruler.step_at(secs) - step).abs() < 1e-9, "{secs}: {}", ruler.step_at(secs));
            assert!((ruler.secs_at(step) - secs).abs() < 1e-9, "{step}: {}", ruler.secs_at(step));
        }
        assert_eq!((ruler.step_at(500.0), ruler.secs_at(99.0), ruler.step_at(-3.0)), (20.0, 120.0, 0.0));
        let before = ruler.clone();
        ruler.push(90.0, 30);
        ruler.push(130.0, 3);
        assert_eq!(ruler, before);
    }

    #[test]
    fn a_long_run_s_ruler_stays_small_and_true() {
        let mut ruler = Ruler::default();
        (1..=100_000u64).for_each(|step| ruler.push(step as f64 * 0.25, step));
        assert!(ruler.marks.len() < MAX_MARKS);
        for step in [1.0, 777.0, 50_000.5, 99_999.0, 100_000.0] {
            assert!((ruler.step_at(step * 0.25) - step).abs() < 1e-6, "{step}");
        }
        assert_eq!(Ruler::default().step_at(5.0), 0.0);
    }
}
