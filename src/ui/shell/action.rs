//! What buttons, menus and keys offer, each with its title, hint and keys: the run bar, the menu, the tabs, the handling of
//! keys and the list of keys are made from these.

use crate::client::Live;
use crate::config::{PRESETS, Preset};
use crate::language::{Arg, Language, Message};
use crate::transform::{ChainPreset, chain_presets};
use crate::ui::common::keys::{EXPORT, hint_with_keys, keys_text};
use crate::ui::common::preferences::{LANGUAGES, THEMES, language_title, theme_title};
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::pages::inspect::measure::MeasureState;
use crate::ui::pages::inspect::state::InspectTab;
use crate::ui::pages::timeline::state::TAKE_SECS;
use crate::ui::pages::{PAGES, PageInfo};
use crate::ui::state::{Commands, State, UiCommand};
use egui::scroll_area::ScrollBarVisibility;
use egui::{Button, Id, Key, KeyboardShortcut, Modifiers, Response, ScrollArea, ThemePreference, Ui};

/// A bisect that is asked for from anywhere but its page is given so long.
pub const BISECT_SECS: f64 = 60.0;

/// Something that a person can ask for wherever they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Palette,
    OpenDataset,
    Start,
    PauseOrResume,
    Stop,
    Redo,
    Undo,
    Export,
    ShowPage(Page),
    AllPlots,
    PasteChain,
    MoreWorkers,
    FewerWorkers,
    FindCulprit,
    ShowKeys,
    About,
    Theme(ThemePreference),
    Language(Option<Language>),
    OpenRunFolder,
    OpenRunsFolder,
    SampleImages,
    LabelTable,
    ReadAgain,
    SaveChain,
    /// A preset of the chain, by its key.
    ChainPreset(&'static str),
    /// A training to begin with, by its name.
    Training(&'static str),
    RefreshDevices,
    ResumeRun,
    StopBisect,
    MeasureCeilings,
    TakeTrace,
    MeasureDataset,
    ExamineMachine,
    CancelSweep,
    Close,
}

impl Action {
    /// All of them. One whose keys are those of another and more comes before it.
    pub fn all() -> impl Iterator<Item = Self> {
        let before = [
            Self::Palette,
            Self::OpenDataset,
            Self::Start,
            Self::PauseOrResume,
            Self::Stop,
            Self::Redo,
            Self::Undo,
            Self::MoreWorkers,
            Self::FewerWorkers,
            Self::FindCulprit,
            Self::PasteChain,
            Self::Export,
        ];
        let after = [
            Self::AllPlots,
            Self::SampleImages,
            Self::LabelTable,
            Self::ReadAgain,
            Self::SaveChain,
            Self::ResumeRun,
            Self::RefreshDevices,
            Self::StopBisect,
            Self::MeasureCeilings,
            Self::TakeTrace,
            Self::MeasureDataset,
            Self::ExamineMachine,
            Self::CancelSweep,
            Self::ShowKeys,
            Self::OpenRunFolder,
            Self::OpenRunsFolder,
            Self::About,
        ];
        before
            .into_iter()
            .chain(PAGES.iter().map(|info| Self::ShowPage(info.page)))
            .chain(after)
            .chain(chain_presets().iter().map(|preset| Self::ChainPreset(preset.key)))
            .chain(PRESETS.iter().map(|preset| Self::Training(preset.item.name)))
            .chain(THEMES.into_iter().map(Self::Theme))
            .chain(LANGUAGES.into_iter().map(Self::Language))
            .chain([Self::Close])
    }

    pub fn title(self) -> String {
        self.title_message().to_string()
    }

    /// By what it is found too, whatever language the window speaks: its English title, and a language's tag.
    pub fn latin_name(self) -> String {
        let title = self.title_message().render(Language::English);
        let more = match self {
            Self::Language(language) => language.map(Language::tag),
            Self::ChainPreset(key) => chain_preset(key).map(|preset| preset.texts()[0].1),
            Self::Training(name) => Preset::find(name).map(|preset| preset.item.title),
            _ => None,
        };
        more.map_or_else(|| title.clone(), |more| [title.as_str(), more].join(" "))
    }

    fn title_message(self) -> Message {
        match self {
            Self::Palette => msg!("window-action-palette"),
            Self::OpenDataset => msg!("window-action-dataset"),
            Self::Start => msg!("window-action-start"),
            Self::PauseOrResume => msg!("window-action-pause-or-resume"),
            Self::Stop => msg!("window-action-stop"),
            Self::Redo => msg!("window-action-redo"),
            Self::Undo => msg!("window-action-undo"),
            Self::Export => msg!("window-action-export"),
            Self::ShowPage(page) => page_of(page).map(|info| info.title.message()).unwrap_or_default(),
            Self::AllPlots => msg!("window-action-all-plots"),
            Self::PasteChain => msg!("window-action-paste-chain"),
            Self::MoreWorkers => msg!("window-action-more-workers"),
            Self::FewerWorkers => msg!("window-action-fewer-workers"),
            Self::FindCulprit => msg!("window-action-find-culprit"),
            Self::ShowKeys => msg!("window-action-keys"),
            Self::About => msg!("window-action-about"),
            Self::Theme(theme) => msg!("window-action-theme", theme = theme_title(theme)),
            Self::Language(language) => msg!("window-action-language", language = language_title(language)),
            Self::OpenRunFolder => msg!("window-action-run-folder"),
            Self::OpenRunsFolder => msg!("window-action-runs-folder"),
            Self::SampleImages => msg!("window-sample"),
            Self::LabelTable => msg!("window-action-labels"),
            Self::ReadAgain => msg!("window-action-read-again"),
            Self::SaveChain => msg!("window-action-save-chain"),
            Self::ChainPreset(key) => {
                let title = chain_preset(key).map(ChainPreset::title).unwrap_or_default();
                msg!("window-action-chain-preset", title)
            }
            Self::Training(name) => {
                let title = Preset::find(name).map(Preset::title).unwrap_or_default();
                msg!("window-action-training", title)
            }
            Self::RefreshDevices => msg!("window-action-devices"),
            Self::ResumeRun => msg!("window-resume"),
            Self::StopBisect => msg!("page-bisect-stop"),
            Self::MeasureCeilings => msg!("page-ceilings-measure"),
            Self::TakeTrace => msg!("page-timeline-take", secs = Arg::number(TAKE_SECS[0], 0)),
            Self::MeasureDataset => msg!("page-measure"),
            Self::ExamineMachine => msg!("page-doctor-examine"),
            Self::CancelSweep => msg!("page-sweep-cancel-named"),
            Self::Close => msg!("window-action-close"),
        }
    }

    pub fn hint(self) -> String {
        match self {
            Self::Palette => tr!("window-action-palette-hint"),
            Self::OpenDataset => tr!("window-action-dataset-hint"),
            Self::Start => tr!("window-action-start-hint"),
            Self::PauseOrResume => tr!("window-action-pause-or-resume-hint"),
            Self::Stop => tr!("window-action-stop-hint"),
            Self::Redo => tr!("window-action-redo-hint"),
            Self::Undo => tr!("window-action-undo-hint"),
            Self::Export => tr!("window-action-export-hint"),
            Self::ShowPage(page) => page_of(page).map(|info| info.hint.to_string()).unwrap_or_default(),
            Self::AllPlots => tr!("window-action-all-plots-hint"),
            Self::PasteChain => tr!("window-action-paste-chain-hint"),
            Self::MoreWorkers | Self::FewerWorkers => tr!("window-action-workers-hint"),
            Self::FindCulprit => tr!("window-find-culprit-hint"),
            Self::ShowKeys => tr!("window-action-keys-hint"),
            Self::About => tr!("window-action-about-hint"),
            Self::Theme(_) => tr!("window-theme-hint"),
            Self::Language(_) => tr!("window-language-hint"),
            Self::OpenRunFolder => tr!("window-action-run-folder-hint"),
            Self::OpenRunsFolder => tr!("window-action-runs-folder-hint"),
            Self::SampleImages => tr!("window-sample-hint"),
            Self::LabelTable => tr!("window-labels-hint"),
            Self::ReadAgain => tr!("window-read-again-hint"),
            Self::SaveChain => tr!("window-save-chain-hint"),
            Self::ChainPreset(key) => chain_preset(key).map(|preset| preset.meaning().into_owned()).unwrap_or_default(),
            Self::Training(name) => Preset::find(name).map(|preset| preset.meaning().into_owned()).unwrap_or_default(),
            Self::RefreshDevices => tr!("window-device-refresh-hint"),
            Self::ResumeRun => tr!("window-resume-run-hint"),
            Self::StopBisect => tr!("page-bisect-stop-hint"),
            Self::MeasureCeilings => tr!("page-ceilings-hint"),
            Self::TakeTrace => tr!("page-timeline-take-hint"),
            Self::MeasureDataset => tr!("page-measure-hint"),
            Self::ExamineMachine => tr!("page-doctor-examine-hint"),
            Self::CancelSweep => tr!("window-action-cancel-sweep-hint"),
            Self::Close => tr!("window-action-close-hint"),
        }
    }

    /// The keys, any of which will do.
    pub fn keys(self) -> Vec<KeyboardShortcut> {
        let with = |modifiers, key| vec![KeyboardShortcut::new(modifiers, key)];
        let ctrl = |key| with(Modifiers::COMMAND, key);
        let ctrl_shift = |key| with(Modifiers::COMMAND | Modifiers::SHIFT, key);
        match self {
            Self::Palette => ctrl_shift(Key::P),
            Self::OpenDataset => ctrl(Key::O),
            Self::Start => ctrl(Key::Enter),
            Self::PauseOrResume => ctrl(Key::P),
            Self::Stop => ctrl(Key::Period),
            Self::Redo => [ctrl(Key::Y), ctrl_shift(Key::Z)].concat(),
            Self::Undo => ctrl(Key::Z),
            Self::Export => vec![EXPORT],
            Self::ShowPage(page) => page_of(page).map(|info| ctrl(info.key)).unwrap_or_default(),
            Self::AllPlots => with(Modifiers::NONE, Key::Escape),
            Self::MoreWorkers => ctrl(Key::ArrowUp),
            Self::FewerWorkers => ctrl(Key::ArrowDown),
            Self::FindCulprit => ctrl(Key::B),
            Self::ShowKeys => with(Modifiers::NONE, Key::Questionmark),
            Self::Close => ctrl(Key::Q),
            Self::PasteChain
            | Self::About
            | Self::Theme(_)
            | Self::Language(_)
            | Self::OpenRunFolder
            | Self::OpenRunsFolder
            | Self::SampleImages
            | Self::LabelTable
            | Self::ReadAgain
            | Self::SaveChain
            | Self::ChainPreset(_)
            | Self::Training(_)
            | Self::RefreshDevices
            | Self::ResumeRun
            | Self::StopBisect
            | Self::MeasureCeilings
            | Self::TakeTrace
            | Self::MeasureDataset
            | Self::ExamineMachine
            | Self::CancelSweep => Vec::new(),
        }
    }

    /// A field that is typed into has these keys itself.
    fn is_for_fields(self) -> bool {
        matches!(
            self,
            Self::Undo | Self::Redo | Self::ShowKeys | Self::AllPlots | Self::MoreWorkers | Self::FewerWorkers
        )
    }

    /// Its keys act while a dialog lies over the window, to which all others belong.
    fn is_above_dialogs(self) -> bool {
        matches!(self, Self::Palette | Self::Close)
    }

    /// The hint with the keys: `Writes plots as PNG and CSV (Ctrl+E)`.
    pub fn hint_with_keys(self, ctx: &egui::Context) -> String {
        hint_with_keys(self.hint(), self.keys_text(ctx))
    }

    /// The keys as this system writes them.
    pub fn keys_text(self, ctx: &egui::Context) -> String {
        self.keys().iter().map(|shortcut| keys_text(ctx, shortcut)).collect::<Vec<_>>().join(", ")
    }

    /// Why it cannot be done now; `None` where it can.
    pub fn why_not(self, state: &State) -> Option<String> {
        let active = state.run.live.is_active();
        match self {
            Self::OpenDataset | Self::SampleImages | Self::LabelTable => active.then(|| tr!("window-not-dataset")),
            Self::Start => state.why_not_start().map(|reason| tr!("window-not-start", reason)),
            Self::PauseOrResume => {
                (!matches!(state.run.live, Live::Running | Live::Paused)).then(|| tr!("window-not-pause"))
            }
            Self::Stop => (!active).then(|| tr!("window-not-stop")),
            Self::Redo => state.to_redo().is_none().then(|| tr!("window-not-redo")),
            Self::Undo => state.to_undo().is_none().then(|| tr!("window-not-undo")),
            Self::Export => state.run.started.is_none().then(|| tr!("window-not-export")),
            Self::AllPlots => state.view.alone.is_none().then(|| tr!("window-not-all-plots")),
            Self::MoreWorkers | Self::FewerWorkers => {
                self.wanted_workers(state).is_none().then(|| tr!("window-not-workers"))
            }
            Self::FindCulprit => {
                (state.run.live != Live::Running || state.run.findings.verdict.is_none() || state.bisecting())
                    .then(|| tr!("page-bisect-not-now"))
            }
            Self::OpenRunFolder => state.run_dir.is_none().then(|| tr!("window-not-run-folder")),
            Self::ReadAgain => (active || state.dataset.dir().is_none()).then(|| tr!("window-not-read-again")),
            Self::Training(_) => active.then(|| tr!("window-fixed-while-running")),
            Self::RefreshDevices => state.devices.refreshing.then(|| tr!("window-device-looking")),
            Self::ResumeRun if state.sweep.busy => Some(tr!("window-start-sweep-busy")),
            Self::ResumeRun => (active || !state.resume.goes_on()).then(|| tr!("window-resume-nothing")),
            Self::StopBisect => (!state.bisecting()).then(|| tr!("window-not-stop-bisect")),
            Self::MeasureCeilings => (!state.may_measure_ceilings()).then(|| tr!("page-ceilings-not-now")),
            Self::TakeTrace => (!active).then(|| tr!("page-timeline-no-run")),
            Self::MeasureDataset => {
                let busy = matches!(state.inspect.measure, MeasureState::Busy(_));
                (busy || state.dataset.ready().is_none()).then(|| tr!("window-not-measure"))
            }
            Self::ExamineMachine => state.doctor.busy.is_some().then(|| tr!("window-not-examine")),
            Self::CancelSweep => (!state.sweep.busy || state.sweep.stopping).then(|| tr!("window-not-cancel-sweep")),
            Self::Palette
            | Self::ShowPage(_)
            | Self::PasteChain
            | Self::ShowKeys
            | Self::About
            | Self::Theme(_)
            | Self::Language(_)
            | Self::OpenRunsFolder
            | Self::SaveChain
            | Self::ChainPreset(_)
            | Self::Close => None,
        }
    }

    /// What brings into sight what it does, for whoever asks for it from anywhere.
    pub fn shown_by(self) -> Vec<UiCommand> {
        match self {
            Self::MeasureCeilings => vec![UiCommand::ShowPage(Page::DIAGNOSIS)],
            Self::TakeTrace => vec![UiCommand::ShowPage(Page::TIMELINE)],
            Self::MeasureDataset => {
                vec![UiCommand::ShowPage(Page::INSPECT), UiCommand::ShowInspectTab(InspectTab::Dataset)]
            }
            Self::ExamineMachine => vec![UiCommand::ShowPage(Page::DOCTOR)],
            Self::CancelSweep => vec![UiCommand::ShowPage(Page::SWEEPS)],
            _ => Vec::new(),
        }
    }

    /// One worker more, or fewer, as far as that may be set.
    fn wanted_workers(self, state: &State) -> Option<usize> {
        let workers = state.config.loader.workers;
        let wanted = if self == Self::FewerWorkers { workers.checked_sub(1)? } else { workers + 1 };
        state.config.key("loader.workers")?.info.accepts(&wanted.into()).then_some(wanted)
    }

    /// What is asked of the window.
    pub fn command(self, state: &State) -> UiCommand {
        match self {
            Self::Palette => UiCommand::ShowPalette(!state.view.palette_open),
            Self::OpenDataset => UiCommand::ChooseDataset,
            Self::Start => UiCommand::Start,
            Self::PauseOrResume if state.run.live == Live::Paused => UiCommand::Resume,
            Self::PauseOrResume => UiCommand::Pause,
            Self::Stop => UiCommand::Stop,
            Self::Redo => UiCommand::Redo,
            Self::Undo => UiCommand::Undo,
            Self::Export => UiCommand::ShowExport(true),
            Self::ShowPage(page) => UiCommand::ShowPage(page),
            Self::AllPlots => UiCommand::ShowAlone(None),
            Self::PasteChain => UiCommand::ShowPaste(true),
            Self::MoreWorkers | Self::FewerWorkers => {
                let now = state.config.loader.workers;
                UiCommand::set("loader.workers", self.wanted_workers(state).unwrap_or(now))
            }
            Self::FindCulprit => UiCommand::Bisect { budget_secs: BISECT_SECS, thorough: false, go_on: false },
            Self::ShowKeys => UiCommand::ShowKeys(true),
            Self::About => UiCommand::ShowAbout(true),
            Self::Theme(theme) => UiCommand::SetTheme(theme),
            Self::Language(language) => UiCommand::SetLanguage(language),
            Self::OpenRunFolder => UiCommand::OpenFolder(state.run_dir.clone().unwrap_or_default()),
            Self::OpenRunsFolder => UiCommand::OpenFolder(state.runs_dir.clone()),
            Self::SampleImages => UiCommand::TrySampleImages,
            Self::LabelTable => UiCommand::ChooseLabelFile,
            Self::ReadAgain => UiCommand::RescanDataset,
            Self::SaveChain => UiCommand::SaveChain,
            Self::ChainPreset(key) => UiCommand::UsePreset(key),
            Self::Training(name) => UiCommand::UseTraining(name),
            Self::RefreshDevices => UiCommand::RefreshDevices,
            Self::ResumeRun => UiCommand::ResumeRun,
            Self::StopBisect => UiCommand::StopBisect,
            Self::MeasureCeilings => UiCommand::MeasureCeilings,
            Self::TakeTrace => UiCommand::TakeTrace(TAKE_SECS[0]),
            Self::MeasureDataset => UiCommand::Measure,
            Self::ExamineMachine => UiCommand::ExamineMachine,
            Self::CancelSweep => UiCommand::CancelSweep,
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
            Some(edit) => tr!("window-hint-with-edit", hint, edit = edit.describe(&state.config)),
            None => hint,
        });
        let response = response.on_disabled_hover_text(why_not.unwrap_or_default());
        // Of workers, one more may be asked for as fast as one can click.
        let steers = matches!(self, Self::Start | Self::PauseOrResume | Self::Stop);
        let is_asked_for = if steers { style::pressed(&response) } else { response.clicked() };
        if is_asked_for {
            commands.send(self.command(state));
        }
        response
    }
}

/// Sends what the keys pressed in this frame ask for, where it can be done.
pub fn take_keys(ui: &Ui, state: &State, commands: &mut Commands) {
    // Escape closes an open menu before it does anything else; what merely has the focus leaves keys to commands.
    let is_escaped = is_field_escaped(ui);
    let typing = ui.ctx().text_edit_focused() || is_escaped || egui::Popup::is_any_open(ui.ctx());
    let in_dialog = state.view.is_dialog_open();
    let is_of_others =
        |action: &Action| (typing && action.is_for_fields()) || (in_dialog && !action.is_above_dialogs());
    for action in Action::all().filter(|action| !is_of_others(action)) {
        // What cannot be done leaves its keys to others: Escape closes dialogs.
        if action.why_not(state).is_none()
            && action.keys().iter().any(|shortcut| ui.input_mut(|input| input.consume_shortcut(shortcut)))
        {
            leave_field(ui);
            commands.send(action.command(state));
        }
    }
}

/// Escape takes back what was being typed: egui has taken the focus from that field by now. To be asked in every frame, once.
fn is_field_escaped(ui: &Ui) -> bool {
    let is_typed = ui.ctx().text_edit_focused();
    let id = Id::unique("typed-into");
    let was_typed = ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default(id), is_typed));
    was_typed && !is_typed && ui.input(|input| input.key_pressed(Key::Escape))
}

/// The field that is typed into gives its value in this frame.
fn leave_field(ui: &Ui) {
    if ui.ctx().text_edit_focused()
        && let Some(field) = ui.memory(|memory| memory.focused())
    {
        ui.memory_mut(|memory| memory.surrender_focus(field));
    }
}

/// The tabs of the pages, `in_one_row` that scrolls, or in as many as they need; before them, where the column of settings may be
/// folded away, the button that does so.
pub fn pages_ui(ui: &mut Ui, state: &State, fold: Option<&mut bool>, in_one_row: bool, commands: &mut Commands) {
    if !in_one_row {
        ui.horizontal_wrapped(|ui| {
            fold_ui(ui, fold);
            tabs_ui(ui, state, commands);
        });
        return;
    }
    ui.horizontal(|ui| {
        fold_ui(ui, fold);
        // A bar would be half as high as the tabs; the wheel does.
        ui.style_mut().always_scroll_the_only_direction = true;
        let row = ScrollArea::horizontal().id_salt("tabs").scroll_bar_visibility(ScrollBarVisibility::AlwaysHidden);
        row.show(ui, |ui| tabs_ui(ui, state, commands));
    });
}

fn fold_ui(ui: &mut Ui, fold: Option<&mut bool>) {
    let Some(folded) = fold else { return };
    let (sign, words) = if *folded { ("▶", tr!("window-column-unfold")) } else { ("◀", tr!("window-column-fold")) };
    let button = style::with_author_id(style::named(ui.button(sign), &words), "fold-column");
    if button.on_hover_text(words).clicked() {
        *folded = !*folded;
    }
}

fn tabs_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let in_sight = Id::unique("tab-in-sight");
    for info in PAGES {
        let action = Action::ShowPage(info.page);
        let shown = state.view.page == info.page;
        let text = egui::RichText::new(action.title());
        let tab = ui.selectable_label(shown, if shown { text.strong() } else { text });
        // A page that was shown by its key has its tab scrolled to, once.
        if shown && ui.data(|data| data.get_temp::<Page>(in_sight)) != Some(info.page) {
            ui.data_mut(|data| data.insert_temp(in_sight, info.page));
            tab.scroll_to_me(None);
        }
        if tab.on_hover_text(action.hint_with_keys(ui.ctx())).clicked() {
            commands.send(action.command(state));
        }
    }
}

fn chain_preset(key: &str) -> Option<&'static ChainPreset> {
    chain_presets().iter().find(|preset| preset.key == key)
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
        let titles: BTreeSet<String> = Action::all().map(Action::title).collect();
        assert_eq!(titles.len(), Action::all().count());
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
