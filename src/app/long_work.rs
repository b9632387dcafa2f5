//! What the system is told of long work: not to sleep while a run trains, and to tell its person how the run ended.

use crate::client::{Live, RunState};
use crate::language::Arg;
use crate::protocol::RunStatus;

/// The system's side.
pub trait Desktop {
    /// Shows a notification; where there is no way to it stays away.
    fn notify(&mut self, title: &str, body: &str);
    /// From here on the system stays awake by itself, or may sleep again.
    fn keep_awake(&mut self, awake: bool);
}

/// Tells nobody.
pub struct NoDesktop;

impl Desktop for NoDesktop {
    fn notify(&mut self, _title: &str, _body: &str) {}
    fn keep_awake(&mut self, _awake: bool) {}
}

/// Watches a run for what the system is to be told.
pub struct LongWork {
    desktop: Box<dyn Desktop>,
    awake: bool,
    was_active: bool,
    /// Threads hang, and that was told.
    told_of_stall: bool,
}

impl LongWork {
    pub fn new(desktop: Box<dyn Desktop>) -> Self {
        Self { desktop, awake: false, was_active: false, told_of_stall: false }
    }

    /// Once a frame. `focused`: the person looks at the window, and needs no notification of what it shows.
    pub fn follow(&mut self, run: &RunState, focused: bool) {
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

#[cfg(any(windows, target_os = "macos"))]
mod system {
    use super::Desktop;

    /// This system's.
    #[derive(Default)]
    pub struct SystemDesktop(Option<keepawake::KeepAwake>);

    impl Desktop for SystemDesktop {
        fn notify(&mut self, title: &str, body: &str) {
            // It may be switched off, or away: the window says the same.
            let _ = notify_rust::Notification::new().appname("trainscope").summary(title).body(body).show();
        }

        fn keep_awake(&mut self, awake: bool) {
            let mut wanted = keepawake::Builder::default();
            wanted.idle(true).sleep(true).app_name("trainscope").reason("training");
            self.0 = if awake { wanted.create().ok() } else { None };
        }
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
mod system {
    use super::Desktop;
    use std::collections::HashMap;
    use std::sync::mpsc::{Sender, channel};
    use zbus::zvariant::{OwnedFd, Value};

    /// What the thread is asked for.
    enum Asked {
        Notify(String, String),
        Awake(bool),
    }

    /// Over D-Bus, on a thread of its own: a service that does not answer must not hold the window.
    #[derive(Default)]
    pub struct SystemDesktop(Option<Sender<Asked>>);

    impl SystemDesktop {
        fn ask(&mut self, asked: Asked) {
            let sender = self.0.get_or_insert_with(|| {
                let (sender, receiver) = channel();
                let work = move || {
                    let mut held = None;
                    for asked in receiver {
                        // Where there is no such service there is nobody to tell.
                        match asked {
                            Asked::Notify(title, body) => drop(pollster::block_on(notify(&title, &body))),
                            Asked::Awake(true) => held = pollster::block_on(stay_awake()).ok(),
                            Asked::Awake(false) => held = None,
                        }
                    }
                    drop(held);
                };
                // Without a thread nothing is told.
                let _ = std::thread::Builder::new().name("desktop".to_owned()).spawn(work);
                sender
            });
            let _ = sender.send(asked);
        }
    }

    impl Desktop for SystemDesktop {
        fn notify(&mut self, title: &str, body: &str) {
            self.ask(Asked::Notify(title.to_owned(), body.to_owned()));
        }

        fn keep_awake(&mut self, awake: bool) {
            self.ask(Asked::Awake(awake));
        }
    }

    async fn notify(title: &str, body: &str) -> zbus::Result<()> {
        let session = zbus::Connection::session().await?;
        let hints: HashMap<&str, Value<'_>> = HashMap::new();
        let body = ("trainscope", 0_u32, "", title, body, Vec::<&str>::new(), hints, -1_i32);
        let (service, path) = ("org.freedesktop.Notifications", "/org/freedesktop/Notifications");
        session.call_method(Some(service), path, Some(service), "Notify", &body).await?;
        Ok(())
    }

    /// The system stays awake for as long as what comes back is held.
    async fn stay_awake() -> zbus::Result<OwnedFd> {
        let system = zbus::Connection::system().await?;
        let body = ("idle:sleep", "trainscope", "training", "block");
        let (service, path) = ("org.freedesktop.login1", "/org/freedesktop/login1");
        let manager = "org.freedesktop.login1.Manager";
        let reply = system.call_method(Some(service), path, Some(manager), "Inhibit", &body).await?;
        reply.body().deserialize()
    }
}

pub use system::SystemDesktop;

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
    }

    fn finished() -> Finished {
        Finished {
            missing: Vec::new(),
            secs: 12.0,
            status: RunStatus::Stopped,
            steps: 20,
            best_epoch: None,
            best_val_auc: None,
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
