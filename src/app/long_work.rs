//! What the system is told of long work: not to sleep while a run trains, and to tell its person how the run ended.

use super::desktop::Desktop;
use crate::client::{Live, RunState};
use crate::language::{Arg, Message};
use crate::protocol::RunStatus;

/// Watches a run for what the system is to be told.
pub struct LongWork {
    desktop: Box<dyn Desktop>,
    awake: bool,
    was_active: bool,
    /// Threads hang, and that was told.
    told_of_stall: bool,
    /// It was told that the system may fall asleep.
    told_of_sleep: bool,
}

impl LongWork {
    pub fn new(desktop: Box<dyn Desktop>) -> Self {
        Self { desktop, awake: false, was_active: false, told_of_stall: false, told_of_sleep: false }
    }

    /// Once a frame. `focused`: the person looks at the window, and needs no notification of what it shows. Gives what the window is
    /// to say, once: the system refuses to be kept awake.
    pub fn follow(&mut self, run: &RunState, focused: bool) -> Option<Message> {
        let active = run.live.is_active();
        // A run that waits for its person may be put to sleep.
        let works = active && run.live != Live::Paused;
        if works != self.awake {
            self.awake = works;
            self.desktop.keep_awake(works);
        }
        let ended = std::mem::replace(&mut self.was_active, active) && !active;
        if let Some((title, body)) = ended.then(|| words_of_the_end(run)).flatten().filter(|_| !focused) {
            self.desktop.notify(&title, &body);
        }
        let hangs = active && !run.stalls.list.is_empty();
        if hangs && !self.told_of_stall && !focused {
            self.desktop.notify(&tr!("window-notify-stall"), &tr!("window-notify-stall-body"));
        }
        self.told_of_stall = hangs;
        let why = self.desktop.why_not_awake()?;
        let told = std::mem::replace(&mut self.told_of_sleep, true);
        (!told).then(|| msg!("window-not-kept-awake", why))
    }
}

fn words_of_the_end(run: &RunState) -> Option<(String, String)> {
    match &run.live {
        Live::Finished(finished) => {
            let body = match &finished.test {
                Some(test) => tr!("window-notify-test", accuracy = Arg::percent(test.accuracy, 2)),
                None => tr!("window-steps-in", steps = finished.steps, time = Arg::duration(finished.secs)),
            };
            let title = match finished.status {
                RunStatus::Completed => tr!("window-notify-finished"),
                RunStatus::Stopped => tr!("window-notify-stopped"),
            };
            Some((title, body))
        }
        Live::Failed { error, .. } => Some((tr!("window-notify-failed"), error.to_string())),
        Live::Died { how } => Some((tr!("window-notify-died"), how.to_string())),
        Live::Idle | Live::Starting | Live::Running | Live::Paused | Live::Stopping => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Event, Finished};
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Told(Rc<RefCell<Vec<String>>>);

    impl Desktop for Told {
        fn notify(&mut self, title: &str, body: &str) {
            self.0.borrow_mut().push(format!("{title}: {body}"));
        }
        fn keep_awake(&mut self, awake: bool) {
            self.0.borrow_mut().push(format!("awake {awake}"));
        }
        fn why_not_awake(&mut self) -> Option<String> {
            None
        }
    }

    /// Refuses to stay awake.
    #[derive(Default)]
    struct Sleepy(bool);

    impl Desktop for Sleepy {
        fn notify(&mut self, _title: &str, _body: &str) {}
        fn keep_awake(&mut self, awake: bool) {
            self.0 |= awake;
        }
        fn why_not_awake(&mut self) -> Option<String> {
            std::mem::take(&mut self.0).then(|| "no such service".to_owned())
        }
    }

    fn finished() -> Finished {
        Finished {
            missing: Vec::new(),
            secs: 12.0,
            status: RunStatus::Stopped,
            steps: 20,
            best_epoch: None,
            best_val_auc: None,
            stopped_early: false,
            test: None,
        }
    }

    #[test]
    fn the_system_stays_awake_while_a_run_works_and_its_end_is_told_once() {
        let told = Told::default();
        let mut work = LongWork::new(Box::new(told.clone()));
        let mut run = RunState { live: Live::Running, ..RunState::default() };
        work.follow(&run, false);
        run.live = Live::Paused;
        work.follow(&run, false);
        run.live = Live::Running;
        work.follow(&run, false);
        run.apply(&Event::Finished(Box::new(finished())));
        work.follow(&run, false);
        work.follow(&run, false);
        let end = "Training stopped: 20 steps in 12 s";
        assert_eq!(*told.0.borrow(), ["awake true", "awake false", "awake true", "awake false", end]);
    }

    #[test]
    fn a_system_that_may_fall_asleep_in_the_midst_of_a_run_is_said_once() {
        let mut work = LongWork::new(Box::new(Sleepy::default()));
        let mut run = RunState::default();
        let mut said = Vec::new();
        for live in [Live::Idle, Live::Running, Live::Running, Live::Paused, Live::Running, Live::Idle, Live::Running] {
            run.live = live;
            said.extend(work.follow(&run, true).map(|trouble| trouble.to_string()));
        }
        assert_eq!(said.len(), 1);
        assert!(said[0].contains("may fall asleep") && said[0].contains("no such service"), "{said:?}");
    }

    #[test]
    fn whoever_looks_at_the_window_is_not_told() {
        let told = Told::default();
        let mut work = LongWork::new(Box::new(told.clone()));
        let mut run = RunState { live: Live::Running, ..RunState::default() };
        work.follow(&run, true);
        run.apply(&Event::Finished(Box::new(finished())));
        work.follow(&run, true);
        assert_eq!(*told.0.borrow(), ["awake true", "awake false"]);
    }
}
