//! The system around the window, as long work speaks to it: notifications, and staying awake.

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

#[cfg(any(windows, target_os = "macos"))]
mod system {
    use crate::app::desktop::Desktop;

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
    use crate::app::desktop::Desktop;
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
