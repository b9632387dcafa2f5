//! Whether there is a screen to open a window on and how large it is, and the window's picture.

use crate::language::Message;

/// The window's size where none is remembered, in points.
pub const FIRST_SIZE: [f32; 2] = [1280.0, 800.0];
/// It fits a screen of 1280 x 800 pixels at 200 %, beside the system's bar.
pub const LEAST_SIZE: [f32; 2] = [600.0, 340.0];
/// A window's frame and the system's bar, about.
const FRAME_HEIGHT: f32 = 80.0;

/// Part of a window of the first size would lie beyond such a screen, as of a laptop with 1920 x 1080 pixels at 150 %.
pub fn is_too_small(screen: egui::Vec2) -> bool {
    let [width, height] = FIRST_SIZE;
    screen.x < width || screen.y < height + FRAME_HEIGHT
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    #[error("{}", self.message())]
    NoDisplay,
    #[error("{}", self.message())]
    NotOpened(String),
}

impl WindowError {
    pub fn message(&self) -> Message {
        match self {
            Self::NoDisplay => msg!("window-no-display"),
            Self::NotOpened(why) => msg!("window-not-opened-at-all", why),
        }
    }

    /// The window library's words without its source files and line numbers.
    pub(super) fn not_opened(error: &eframe::Error) -> Self {
        let text = error.to_string();
        Self::NotOpened(match text.split_once(".rs:") {
            Some((_, after)) => after.split_once(": ").map_or(after, |(_, what)| what).to_owned(),
            None => text,
        })
    }
}

/// Finds a missing display before the window library does, which would not say what to do.
pub fn check() -> Result<(), WindowError> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let needs_one = cfg!(all(unix, not(target_os = "macos")));
    let any = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(set);
    if needs_one && !any { Err(WindowError::NoDisplay) } else { Ok(()) }
}

/// For whom there is no console to read it on.
#[cfg(windows)]
pub fn show_in_dialog(error: &WindowError) {
    let dialog = rfd::MessageDialog::new().set_level(rfd::MessageLevel::Error).set_title("trainscope");
    dialog.set_description(error.to_string()).show();
}

/// The window's picture: three curves' worth of bars, drawn here so that no file is needed.
pub fn icon() -> egui::IconData {
    const SIDE: usize = 64;
    let mut rgba = vec![0; SIDE * SIDE * 4];
    let mut fill = |x0: usize, y0: usize, x1: usize, y1: usize, colour: [u8; 4]| {
        for y in y0..y1.min(SIDE) {
            for x in x0..x1.min(SIDE) {
                rgba[(y * SIDE + x) * 4..][..4].copy_from_slice(&colour);
            }
        }
    };
    fill(2, 2, 62, 62, [24, 46, 84, 255]);
    for (i, height) in [44, 30, 20, 14].into_iter().enumerate() {
        let x = 10 + i * 12;
        fill(x, 54 - height, x + 8, 54, if i == 0 { [255, 160, 60, 255] } else { [110, 180, 255, 255] });
    }
    egui::IconData { rgba, width: SIDE as u32, height: SIDE as u32 }
}
