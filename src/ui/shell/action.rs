//! What buttons, menus and keys offer, each with its title, hint and keys: the run bar, the menu, the tabs, the handling of
//! keys and the list of keys are made from these.

use crate::client::Live;
use crate::ui::page::Page;
use crate::ui::pages::{PAGES, PageInfo};
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Button, Key, KeyboardShortcut, Modifiers, Response, Ui};

/// Something that a person can ask for wherever they are.
#[derive(Clone, Copy)]
pub enum Action {
    OpenDataset,
    Start,
    PauseOrResume,
    Stop,
    Redo,
    Undo,
    Export,
    ShowPage(&'static PageInfo),
    AllPlots,
    ShowKeys,
    About,
    Close,
}

impl Action {
    /// All of them. One whose keys are those of another and more comes before it.
    pub fn all() -> impl Iterator<Item = Self> {
        let before =
            [Self::OpenDataset, Self::Start, Self::PauseOrResume, Self::Stop, Self::Redo, Self::Undo, Self::Export];
        let after = [Self::AllPlots, Self::ShowKeys, Self::About, Self::Close];
        before.into_iter().chain(PAGES.iter().map(Self::ShowPage)).chain(after)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::OpenDataset => "Choose a dataset",
            Self::Start => "Start",
            Self::PauseOrResume => "Pause, resume",
            Self::Stop => "Stop",
            Self::Redo => "Redo",
            Self::Undo => "Undo",
            Self::Export => "Export plots…",
            Self::ShowPage(page) => page.title,
            Self::AllPlots => "All plots again",
            Self::ShowKeys => "Keys",
            Self::About => "About trainscope",
            Self::Close => "Close the window",
        }
    }

    pub fn hint(self) -> &'static str {
        match self {
            Self::OpenDataset => "Chooses the dataset's folder",
            Self::Start => "Starts a run with these settings",
            Self::PauseOrResume => "Waits after this step, or goes on",
            Self::Stop => "Finishes this step, writes a checkpoint and stops",
            Self::Redo => "Makes the change again that was last taken back",
            Self::Undo => "Takes the last change of settings or transforms back",
            Self::Export => "Writes plots as PNG and CSV",
            Self::ShowPage(page) => page.hint,
            Self::AllPlots => "From one plot alone back to all of them",
            Self::ShowKeys => "What can be done by keys",
            Self::About => "Version, licence, where runs are kept",
            Self::Close => "Asks first while a run is active",
        }
    }

    /// The keys, any of which will do.
    pub fn keys(self) -> Vec<KeyboardShortcut> {
        let with = |modifiers, key| vec![KeyboardShortcut::new(modifiers, key)];
        let ctrl = |key| with(Modifiers::COMMAND, key);
        match self {
            Self::OpenDataset => ctrl(Key::O),
            Self::Start => ctrl(Key::Enter),
            Self::PauseOrResume => ctrl(Key::P),
            Self::Stop => ctrl(Key::Period),
            Self::Redo => {
                let shifted = KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
                [ctrl(Key::Y), vec![shifted]].concat()
            }
            Self::Undo => ctrl(Key::Z),
            Self::Export => ctrl(Key::E),
            Self::ShowPage(page) => ctrl(page.key),
            Self::AllPlots => with(Modifiers::NONE, Key::Escape),
            Self::ShowKeys => with(Modifiers::NONE, Key::Questionmark),
            Self::About => Vec::new(),
            Self::Close => ctrl(Key::Q),
        }
    }

    /// A field that is typed into has these keys itself.
    fn is_for_fields(self) -> bool {
        matches!(self, Self::Undo | Self::Redo | Self::ShowKeys)
    }

    /// The hint with the keys: `Writes plots as PNG and CSV (Ctrl+E)`.
    pub fn hint_with_keys(self, ctx: &egui::Context) -> String {
        let keys = self.keys_text(ctx);
        if keys.is_empty() { self.hint().to_owned() } else { format!("{} ({keys})", self.hint()) }
    }

    /// The keys as this system writes them.
    pub fn keys_text(self, ctx: &egui::Context) -> String {
        let keys = self.keys().iter().map(|shortcut| ctx.format_shortcut(shortcut)).collect::<Vec<_>>();
        keys.join(", ")
    }

    /// Why it cannot be done now; `None` where it can.
    pub fn why_not(self, state: &State) -> Option<String> {
        let unless = |may: bool, why: &str| (!may).then(|| why.to_owned());
        match self {
            Self::OpenDataset => unless(!state.run.live.is_active(), "Stop the run to choose another dataset"),
            Self::Start => state.why_not_start().map(|reason| format!("Cannot start: {reason}")),
            Self::PauseOrResume => unless(matches!(state.run.live, Live::Running | Live::Paused), "Nothing is trained"),
            Self::Stop => unless(state.run.live.is_active(), "No run is active"),
            Self::Redo => unless(state.to_redo().is_some(), "Nothing was taken back that may be changed now"),
            Self::Undo => unless(state.to_undo().is_some(), "Nothing was changed that may be changed now"),
            Self::Export => unless(state.run.started.is_some(), "There is nothing to export before the first run"),
            Self::AllPlots => {
                let dialog = state.view.is_dialog_open();
                unless(state.view.alone.is_some() && !dialog, "All plots are shown")
            }
            Self::ShowPage(_) | Self::ShowKeys | Self::About | Self::Close => None,
        }
    }

    /// What is asked of the window.
    fn command(self, state: &State) -> UiCommand {
        match self {
            Self::OpenDataset => UiCommand::ChooseDataset,
            Self::Start => UiCommand::Start,
            Self::PauseOrResume if state.run.live == Live::Paused => UiCommand::Resume,
            Self::PauseOrResume => UiCommand::Pause,
            Self::Stop => UiCommand::Stop,
            Self::Redo => UiCommand::Redo,
            Self::Undo => UiCommand::Undo,
            Self::Export => UiCommand::ShowExport(true),
            Self::ShowPage(page) => UiCommand::ShowPage(page.page),
            Self::AllPlots => UiCommand::ShowAlone(None),
            Self::ShowKeys => UiCommand::ShowKeys(true),
            Self::About => UiCommand::ShowAbout(true),
            Self::Close => UiCommand::Close,
        }
    }

    /// Its button, with the hint or with why it cannot be pressed.
    pub fn button(self, ui: &mut Ui, state: &State, button: Button<'_>, commands: &mut Commands) -> Response {
        let why_not = self.why_not(state);
        let response = ui.add_enabled(why_not.is_none(), button);
        let hint = self.hint_with_keys(ui.ctx());
        let edit = match self {
            Self::Undo => state.to_undo(),
            Self::Redo => state.to_redo(),
            _ => None,
        };
        let response = response.on_hover_text(match edit {
            Some(edit) => format!("{hint}: {}", edit.describe(&state.config)),
            None => hint,
        });
        let response = response.on_disabled_hover_text(why_not.unwrap_or_default());
        if response.clicked() {
            commands.send(self.command(state));
        }
        response
    }
}

/// Sends what the keys pressed in this frame ask for, where it can be done.
pub fn take_keys(ui: &Ui, state: &State, commands: &mut Commands) {
    let typing = ui.ctx().egui_wants_keyboard_input();
    for action in Action::all().filter(|action| !(typing && action.is_for_fields())) {
        // What cannot be done leaves its keys to others: Escape closes dialogs.
        if action.why_not(state).is_none()
            && action.keys().iter().any(|shortcut| ui.input_mut(|input| input.consume_shortcut(shortcut)))
        {
            commands.send(action.command(state));
        }
    }
}

/// The tabs of the pages.
pub fn pages_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    ui.horizontal(|ui| {
        for info in PAGES {
            let action = Action::ShowPage(info);
            let shown = state.view.page == info.page;
            let text = egui::RichText::new(info.title);
            let tab = ui.selectable_label(shown, if shown { text.strong() } else { text });
            if tab.on_hover_text(action.hint_with_keys(ui.ctx())).clicked() {
                commands.send(action.command(state));
            }
        }
    });
}

/// The page in the middle.
pub fn page_of(page: Page) -> Option<&'static PageInfo> {
    PAGES.iter().find(|info| info.page == page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_have_a_key_in_common_and_each_says_what_it_does() {
        let mut seen = Vec::new();
        for action in Action::all() {
            assert!(!action.title().is_empty() && !action.hint().is_empty());
            for shortcut in action.keys() {
                assert!(!seen.contains(&shortcut), "{}", action.title());
                seen.push(shortcut);
            }
        }
        let titles: BTreeSet<&str> = Action::all().map(Action::title).collect();
        assert_eq!(titles.len(), Action::all().count());
        assert!(PAGES.iter().all(|info| page_of(info.page).is_some_and(|found| found.title == info.title)));
    }

    /// egui takes Ctrl+Shift+Z for Ctrl+Z too, so that the longer one must be asked first.
    #[test]
    fn longer_shortcuts_come_first() {
        let all: Vec<KeyboardShortcut> = Action::all().flat_map(Action::keys).collect();
        for (i, shortcut) in all.iter().enumerate() {
            for later in all.iter().skip(i + 1).filter(|later| later.logical_key == shortcut.logical_key) {
                assert!(!later.modifiers.contains(shortcut.modifiers), "{later:?} is never reached");
            }
        }
    }
}
