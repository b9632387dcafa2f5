//! The table of pages: a row has all there is of a page beside its own file.

use super::{diagnosis, doctor, inspect, plots_grid, settings, sweep, timeline};
use crate::ui::page::Page;
use crate::ui::state::{Commands, State};
use egui::{Key, Ui};

/// A page of the window.
pub struct PageInfo {
    pub page: Page,
    pub title: &'static str,
    /// One line.
    pub hint: &'static str,
    /// Shows it, with Ctrl.
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
    ($($page:ident $title:literal $key:ident $hint:literal, $form:ident: $Form:ty, $show:expr;)+) => {
        /// What each page keeps from frame to frame: fields that are typed into, what is folded out.
        #[derive(Default)]
        pub struct PageForms {
            $($form: $Form,)+
        }

        /// Every page, in the order of the tabs.
        pub static PAGES: &[PageInfo] = &[$(
            PageInfo {
                page: Page::$page,
                title: $title,
                hint: $hint,
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
    PLOTS "Plots" Num1 "The curves of the run",
        plots: (), |ui, state, _, commands| plots_grid::plots_grid(ui, state, commands);
    INSPECT "Inspect" Num2 "The images, and what the chain makes of them",
        inspect: inspect::InspectForm, inspect::inspect_page;
    DIAGNOSIS "Diagnosis" Num3 "What holds training back, and what would change it",
        diagnosis: diagnosis::bisect::BisectForm, diagnosis::diagnosis_page;
    TIMELINE "Timeline" Num4 "What every thread did in the last seconds",
        timeline: timeline::TimelineForm, timeline::timeline_page;
    DOCTOR "Doctor" Num5 "What is wrong with this machine for training",
        doctor: (), |ui, state, _, commands| doctor::doctor_page(ui, state, commands);
    SWEEPS "Sweeps" Num6 "Several values of one setting, trained in turns and compared",
        sweeps: sweep::SweepForm, sweep::sweeps_page;
    SETTINGS "Settings" Num7 "Everything that can be set",
        settings: settings::SettingsForm, settings::settings_page;
}
