//! The system around the window, as long work speaks to it: notifications, and staying awake.

/// The system's side.
pub trait Desktop {
    /// Shows a notification; where there is no way to it stays away.
    fn notify(&mut self, title: &str, body: &str);
    /// From here on the system stays awake by itself, or may sleep again.
    fn keep_awake(&mut self, awake: bool);
    /// Why it was not to be kept awake, where that was refused since this was last asked.
    fn why_not_awake(&mut self) -> Option<String>;
}

/// Tells nobody.
pub struct NoDesktop;

impl Desktop for NoDesktop {
    fn notify(&mut self, _title: &str, _body: &str) {}
    fn keep_awake(&mut self, _awake: bool) {}
    fn why_not_awake(&mut self) -> Option<String> {
        None
    }
}

#[cfg(any(windows, target_os = "macos"))]
mod system {
    use crate::app::desktop::Desktop;

    /// This system's.
    #[derive(Default)]
    pub struct SystemDesktop {
        held: Option<keepawake::KeepAwake>,
        refused: Option<String>,
    }

    impl Desktop for SystemDesktop {
        fn notify(&mut self, title: &str, body: &str) {
            // It may be switched off, or away: the window says the same.
            let _ = notify_rust::Notification::new().appname("trainscope").summary(title).body(body).show();
        }

        fn keep_awake(&mut self, awake: bool) {
            self.held = None;
            if awake {
                let mut wanted = keepawake::Builder::default();
                wanted.idle(true).sleep(true).app_name("trainscope").reason("training");
                match wanted.create() {
                    Ok(held) => self.held = Some(held),
                    Err(error) => self.refused = Some(error.to_string()),
                }
            }
        }

        fn why_not_awake(&mut self) -> Option<String> {
            self.refused.take()
        }
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
mod system {
    use crate::app::desktop::Desktop;
    use std::collections::HashMap;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use zbus::zvariant::{OwnedFd, Value};

    /// What the thread is asked for.
    enum Asked {
        Notify(String, String),
        Awake(bool),
    }

    /// Over D-Bus, on a thread of its own: a service that does not answer must not hold the window.
    #[derive(Default)]
    pub struct SystemDesktop(Option<Thread>);

    struct Thread {
        asks: Sender<Asked>,
        /// Why the system was not to be kept awake.
        refusals: Receiver<String>,
    }

    impl Thread {
        fn start() -> Self {
            let ((asks, asked), (refuse, refusals)) = (channel(), channel());
            let no_thread = refuse.clone();
            let work = move || {
                let mut held = None;
                for asked in asked {
                    match asked {
                        // Where there is no such service there is nobody to tell.
                        Asked::Notify(title, body) => drop(pollster::block_on(notify(&title, &body))),
                        Asked::Awake(true) => {
                            let lock = pollster::block_on(stay_awake());
                            held = lock.inspect_err(|error| drop(refuse.send(error.to_string()))).ok();
                        }
                        Asked::Awake(false) => held = None,
                    }
                }
                drop(held);
            };
            if let Err(error) = std::thread::Builder::new().name("desktop".to_owned()).spawn(work) {
                let _ = no_thread.send(error.to_string());
            }
            Self { asks, refusals }
        }
    }

    impl SystemDesktop {
        fn ask(&mut self, asked: Asked) {
            // Without a thread nothing is told.
            let _ = self.0.get_or_insert_with(Thread::start).asks.send(asked);
        }
    }

    impl Desktop for SystemDesktop {
        fn notify(&mut self, title: &str, body: &str) {
            self.ask(Asked::Notify(title.to_owned(), body.to_owned()));
        }

        fn keep_awake(&mut self, awake: bool) {
            self.ask(Asked::Awake(awake));
        }

        fn why_not_awake(&mut self) -> Option<String> {
            self.0.as_ref()?.refusals.try_recv().ok()
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
