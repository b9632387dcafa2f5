//! How long a run will take yet: by the steps and validations that it did lately.

use crate::protocol::{EpochEvent, RunPhase, Started, StepEvent};

/// Fewer steps say nothing: the first compiles and tunes.
const FEWEST_STEPS: u64 = 5;
/// A step counts this much against all before it, once there are as many.
const WEIGHT: f64 = 1.0 / 50.0;

/// Of the engine that trains now; pauses are in none of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pace {
    steps: u64,
    step_secs: f64,
    val_secs: Option<f64>,
    /// Of the phase under way: when its progress was first told, and the share that was done by then.
    told: Option<(f64, f64)>,
    /// How long all of it takes, by what was done since.
    phase_secs: Option<f64>,
}

impl Pace {
    /// Another phase begins, or one goes on after a pause.
    pub fn phase(&mut self) {
        (self.told, self.phase_secs) = (None, None);
    }

    /// So much of the phase under way is done, at that second.
    pub fn progress(&mut self, secs: f64, share: f64) {
        let (from_secs, from_share) = *self.told.get_or_insert((secs, share));
        let (took_secs, done) = (secs - from_secs, share - from_share);
        if took_secs > 0.0 && done > 0.0 {
            self.phase_secs = Some(took_secs / done);
        }
    }

    pub fn step(&mut self, full_batch: usize, event: &StepEvent) {
        let secs = event.step_secs(full_batch);
        if secs.is_finite() && secs >= 0.0 {
            self.steps += 1;
            // The first one is left out again by the second.
            let weight = if self.steps <= 2 { 1.0 } else { WEIGHT.max(1.0 / (self.steps - 1) as f64) };
            self.step_secs += weight * (secs - self.step_secs);
        }
    }

    pub fn epoch(&mut self, event: &EpochEvent) {
        self.val_secs = event.val_loss.map(|_| event.val_secs).filter(|secs| *secs > 0.0).or(self.val_secs);
    }

    /// `epochs` have been validated; of the `phase` under way that share is left, if it says.
    pub fn left_secs(&self, started: &Started, step: u64, epochs: u64, phase: Option<(RunPhase, f64)>) -> Option<f64> {
        if self.steps < FEWEST_STEPS {
            return None;
        }
        let all = started.config.train.epochs as u64;
        let steps = (started.steps_per_epoch * all).saturating_sub(step) as f64;
        // The first one under way tells itself what none before it has told.
        let is_validating = matches!(phase, Some((RunPhase::Validating, _)));
        let each_secs = self.val_secs.or(self.phase_secs.filter(|_| is_validating)).unwrap_or(0.0);
        let of_test = if started.val_count > 0 { started.test_count as f64 / started.val_count as f64 } else { 0.0 };
        // Of so many epochs, those behind which there is a validation.
        let validated = |epochs: u64| match started.config.train.validate_every_epochs as u64 {
            every if every > 0 && epochs < all => epochs / every,
            every if every > 0 => all.div_ceil(every),
            _ => u64::from(epochs >= all),
        };
        let left_after = |epochs: u64| validated(all).saturating_sub(validated(epochs)) as f64;
        let (validations, test) = match phase {
            Some((RunPhase::Validating, left)) => (left_after(epochs + 1) + left, of_test),
            // Behind it there is nothing, where the run ends early too.
            Some((RunPhase::Testing, left)) => return Some(left * self.phase_secs.unwrap_or(of_test * each_secs)),
            _ => (left_after(epochs), of_test),
        };
        let validations = if started.val_count > 0 { validations } else { 0.0 };
        Some(steps * self.step_secs + (validations + test) * each_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Live, RunState};
    use crate::config::RunConfig;
    use crate::protocol::{DeviceInfo, DeviceKind, EpochEvent, Event, RunPhase, Started, StepEvent, played};

    /// Ten epochs of a hundred steps; a step takes a tenth of a second, a validation two seconds.
    struct Played {
        state: RunState,
        secs: f64,
        step: u64,
        first_step: u64,
    }

    impl Played {
        fn from_step(first_step: u64, secs: f64) -> Self {
            let mut config = RunConfig::default();
            (config.train.epochs, config.loader.batch_size) = (10, 20);
            let mut state = RunState::default();
            state.apply(&Event::Started(Box::new(Started {
                run_id: "run".to_owned(),
                run_dir: "run".into(),
                config,
                device: DeviceInfo {
                    id: "cpu".to_owned(),
                    name: "CPU".to_owned(),
                    kind: DeviceKind::Cpu,
                    driver: "".into(),
                    memory_bytes: None,
                },
                class_names: Vec::new(),
                train_count: 2000,
                val_count: 200,
                test_count: 100,
                bad_file_count: 0,
                sample_shape: [1, 64, 64],
                parameter_count: 1,
                steps_per_epoch: 100,
                first_step,
                resumed: first_step > 0,
                resumed_from: None,
            })));
            Self { state, secs, step: first_step, first_step }
        }

        fn steps(&mut self, count: u64) {
            for _ in 0..count {
                // The first one compiles.
                let step_secs = if self.step == self.first_step { 30.0 } else { 0.1 };
                self.step += 1;
                self.secs += step_secs;
                let (secs, images_per_sec) = (self.secs, 20.0 / step_secs);
                self.state.apply(&Event::Step(StepEvent { secs, images_per_sec, ..played::step(self.step) }));
            }
        }

        fn validate(&mut self, epoch: u64) {
            self.secs += 2.0;
            let (secs, step, val_secs) = (self.secs, self.step, 2.0);
            let epoch = EpochEvent { secs, step, val_loss: Some(1.0), val_secs, ..played::epoch(epoch) };
            self.state.apply(&Event::Epoch(epoch));
            self.state.apply(&Event::Phase(RunPhase::Training));
        }

        #[track_caller]
        fn check(&self, expected: f64) {
            let eta = self.state.eta_secs().unwrap();
            assert!((eta - expected).abs() < 0.05 * expected + 0.2, "{eta} for {expected}");
        }
    }

    #[test]
    fn validations_and_the_test_are_in_it_and_pauses_are_not() {
        let mut run = Played::from_step(0, 0.0);
        run.steps(4);
        assert_eq!(run.state.eta_secs(), None);
        run.steps(96);
        // What a validation takes is not known yet.
        run.check(90.0);
        run.validate(1);
        run.check(90.0 + 9.0 * 2.0 + 1.0);
        // A pause of an hour.
        run.secs += 3600.0;
        run.steps(50);
        run.check(85.0 + 9.0 * 2.0 + 1.0);
    }

    /// Each fourth step is the last of its epoch, of one image in a hundredth of a second.
    #[test]
    fn a_short_batch_counts_as_long_as_it_took() {
        let mut run = Played::from_step(0, 0.0);
        for step in 1..=400 {
            let (images, secs) = if step % 4 == 0 { (1, 0.01) } else { (20, 0.1) };
            let (images_per_sec, images) = (images as f64 / secs, Some(images));
            run.state.apply(&Event::Step(StepEvent { images_per_sec, images, ..played::step(step) }));
        }
        run.check(600.0 * 0.31 / 4.0);
    }

    #[test]
    fn after_a_resume_only_the_pace_since_counts() {
        let mut run = Played::from_step(900, 100_000.0);
        run.steps(50);
        run.check(5.0);
    }

    /// How long one takes is known of none before it.
    #[test]
    fn during_the_first_validation_it_goes_down_too() {
        let mut run = Played::from_step(0, 0.0);
        run.steps(100);
        let told = |run: &mut Played, secs: f64, done: u64| {
            run.state.apply(&Event::Heartbeat { secs: run.secs + secs });
            run.state.apply(&Event::Progress { phase: RunPhase::Validating, done, total: 200 });
        };
        run.state.apply(&Event::Phase(RunPhase::Validating));
        told(&mut run, 0.0, 0);
        told(&mut run, 10.0, 50);
        // Each takes 40 s, and the test half of that.
        run.check(90.0 + 30.0 + 9.0 * 40.0 + 20.0);
        let before = run.state.eta_secs().unwrap();
        told(&mut run, 20.0, 100);
        assert!((before - run.state.eta_secs().unwrap() - 10.0).abs() < 0.1);
        // A pause of an hour is none of its time.
        run.state.apply(&Event::Phase(RunPhase::Paused));
        run.state.apply(&Event::Phase(RunPhase::Validating));
        told(&mut run, 3620.0, 100);
        told(&mut run, 3630.0, 150);
        assert!((before - run.state.eta_secs().unwrap() - 20.0).abs() < 0.1);
    }

    #[test]
    fn during_an_evaluation_it_goes_down() {
        let mut run = Played::from_step(0, 0.0);
        (1..10).for_each(|epoch| {
            run.steps(100);
            run.validate(epoch);
        });
        run.steps(100);
        run.state.apply(&Event::Phase(RunPhase::Validating));
        run.state.apply(&Event::Progress { phase: RunPhase::Validating, done: 100, total: 200 });
        run.check(1.0 + 1.0);
        run.validate(10);
        run.state.apply(&Event::Phase(RunPhase::Testing));
        run.state.apply(&Event::Progress { phase: RunPhase::Testing, done: 75, total: 100 });
        run.check(0.25);
        run.state.live = Live::Idle;
        assert_eq!(run.state.eta_secs(), None);
    }
}
