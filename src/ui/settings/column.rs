//! The column at the left from top to bottom. What matters at the moment is folded out: the dataset until it is read, and where
//! there is something to be seen of it; settings that are fixed while a run is active until one starts; the workers and the
//! chain always.

use super::dataset_panel::{DatasetForm, dataset_panel, summary};
use super::settings_panels;
use super::transform_panel::{TransformForm, transform_panel};
use crate::config::network_title;
use crate::ui::common::param_form::Typing;
use crate::ui::common::style;
use crate::ui::state::{Commands, DatasetState, ReadyDataset, State};
use egui::{ScrollArea, Ui};
use std::path::PathBuf;

/// The column's own fields, and what folds parts in and out.
#[derive(Default)]
pub struct ColumnForm {
    pub dataset: DatasetForm,
    pub transforms: TransformForm,
    /// A field that is typed into.
    typing: Typing,
    /// The dataset for which its part was folded in, or out.
    turned_for: Option<PathBuf>,
    was_active: bool,
    /// A folder could not be opened, which stands in the dataset's part.
    was_not_opened: bool,
}

/// Parts that fold in this frame, or out; `None` where a person's choice stands.
#[derive(Clone, Copy, Default)]
struct Turns {
    dataset: Option<bool>,
    fixed: Option<bool>,
}

impl ColumnForm {
    fn turns(&mut self, state: &State) -> Turns {
        let active = state.run.live.is_active();
        let was_active = std::mem::replace(&mut self.was_active, active);
        let dataset = match &state.dataset {
            // One that is read anew stays as the person left it.
            DatasetState::Ready(ready) if self.turned_for.as_ref() != Some(&ready.opened) => {
                self.turned_for = Some(ready.opened.clone());
                Some(ready.remarks() > 0)
            }
            DatasetState::None | DatasetState::Failed { .. } => self.turned_for.take().map(|_| true),
            _ => None,
        };
        let not_opened = state.not_opened.is_some();
        let dataset = if not_opened && !self.was_not_opened { Some(true) } else { dataset };
        self.was_not_opened = not_opened;
        let dataset = if self.dataset.is_asked_for() { Some(true) } else { dataset };
        Turns { dataset, fixed: (active && !was_active).then_some(false) }
    }
}

pub fn column_ui(ui: &mut Ui, state: &State, form: &mut ColumnForm, commands: &mut Commands) {
    let turns = form.turns(state);
    let ColumnForm { dataset, transforms, typing, .. } = form;
    ScrollArea::vertical().id_salt("settings-scroll").auto_shrink([false, false]).show(ui, |ui| {
        ui.add_space(2.0);
        let remarks = state.dataset.ready().map(ReadyDataset::remarks).filter(|count| *count > 0);
        let warning = remarks.map(|count| tr!("window-dataset-remarks", count));
        style::section(ui, "dataset", &tr!("window-dataset"), summary(state), warning, turns.dataset, |ui| {
            dataset_panel(ui, state, dataset, typing, commands);
        });
        settings_panels::workers_row(ui, state, typing, commands);
        ui.separator();
        style::section(ui, "transforms", &tr!("window-transforms"), "", None, None, |ui| {
            transform_panel(ui, state, transforms, turns.fixed, commands);
        });
        style::section(ui, "loader", &tr!("window-loader"), loader_summary(state), None, turns.fixed, |ui| {
            settings_panels::loader_panel(ui, state, typing, commands);
        });
        style::section(ui, "training", &tr!("window-training"), training_summary(state), None, turns.fixed, |ui| {
            settings_panels::training_panel(ui, state, typing, commands);
        });
    });
}

fn loader_summary(state: &State) -> String {
    tr!("window-loader-summary", batch = state.config.loader.batch_size)
}

fn training_summary(state: &State) -> String {
    let config = &state.config;
    tr!("window-training-summary", network = network_title(&config.model.name), epochs = config.train.epochs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_asked_for_folds_the_dataset_out() {
        let mut form = ColumnForm::default();
        assert_eq!(form.turns(&State::default()).dataset, None);
        form.dataset.ask_for_path();
        assert_eq!(form.turns(&State::default()).dataset, Some(true));
    }
}
