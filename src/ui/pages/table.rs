//! The table of pages: a row has all there is of a page beside its own file.

use super::{diagnosis, doctor, inspect, plots, results, runs, settings, sweep, timeline};
use crate::language::Message;
use crate::ui::page::Page;
use crate::ui::state::{Commands, State};
use egui::{Key, Ui};

/// Words of a page, in the language that is spoken when they are shown.
#[derive(Clone, Copy)]
pub struct PageWords(fn() -> Message);

impl PageWords {
    pub fn message(self) -> Message {
        (self.0)()
    }
}

impl std::fmt::Display for PageWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

/// A page of the window.
pub struct PageInfo {
    pub page: Page,
    pub title: PageWords,
    /// One line.
    pub hint: PageWords,
    /// Shows it, with Ctrl (on macOS ⌘).
    pub key: Key,
    show: fn(&mut Ui, &State, &mut PageForms, &mut Commands),
}

impl PageInfo {
    /// Draws the page.
    pub fn show(&self, ui: &mut Ui, state: &State, forms: &mut PageForms, commands: &mut Commands) {
        (self.show)(ui, state, forms, commands);
    }
}

/// Makes [`PAGES`] and [`PageForms`] of the rows: constant, title, key, hint, what it keeps, and what draws it.
macro_rules! pages {
    ($($page:ident $title:expr, $key:ident $hint:expr, $form:ident: $Form:ty, $show:expr;)+) => {
        /// What each page keeps from frame to frame: fields that are typed into, what is folded out.
        #[derive(Default)]
        pub struct PageForms {
            $($form: $Form,)+
        }

        /// Every page, in the order of the tabs.
        pub static PAGES: &[PageInfo] = &[$(
            PageInfo {
                page: Page::$page,
                title: PageWords(|| $title),
                hint: PageWords(|| $hint),
                key: Key::$key,
                show: |ui, state, forms, commands| {
                    let show: fn(&mut Ui, &State, &mut $Form, &mut Commands) = $show;
                    show(ui, state, &mut forms.$form, commands);
                },
            },
        )+];
    };
}

pages! {
    PLOTS msg!("page-plots"), Num1 msg!("page-plots-what"),
        plots: (), |ui, state, _, commands| plots::plots_page(ui, state, commands);
    INSPECT msg!("page-inspect"), Num2 msg!("page-inspect-what"),
        inspect: inspect::InspectForm, inspect::inspect_page;
    DIAGNOSIS msg!("page-diagnosis"), Num3 msg!("page-diagnosis-what"),
        diagnosis: diagnosis::bisect::BisectForm, diagnosis::diagnosis_page;
    TIMELINE msg!("page-timeline"), Num4 msg!("page-timeline-what"),
        timeline: timeline::TimelineForm, timeline::timeline_page;
    RESULTS msg!("page-results"), Num5 msg!("page-results-what"),
        results: results::ResultsForm, results::results_page;
    RUNS msg!("page-runs"), Num6 msg!("page-runs-what"),
        runs: runs::RunsForm, runs::runs_page;
    DOCTOR msg!("page-doctor"), Num7 msg!("page-doctor-what"),
        doctor: (), |ui, state, _, commands| doctor::doctor_page(ui, state, commands);
    SWEEPS msg!("page-sweeps"), Num8 msg!("page-sweeps-what"),
        sweeps: sweep::SweepForm, sweep::sweeps_page;
    SETTINGS msg!("page-settings"), Num9 msg!("page-settings-what"),
        settings: settings::SettingsForm, settings::settings_page;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_the_order_of_the_tabs() {
        let keys = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];
        assert_eq!(PAGES.iter().map(|info| info.key).collect::<Vec<_>>(), keys);
    }
}
