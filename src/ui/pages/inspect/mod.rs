//! The Inspect page: thumbnails of the images at the left; at the right the selected one through the chain, or figures of
//! the whole dataset.

mod chain_view;
mod dataset_view;
mod findings;
mod grid;
pub mod measure;
pub mod state;
pub mod thumbs;

use crate::data::Part;
use crate::ui::common::{style, words};
use crate::ui::page::Page;
use crate::ui::state::{Commands, DatasetState, ReadyDataset, State, UiCommand};
use egui::{ComboBox, Panel, Ui, vec2};
use grid::GridForm;
use state::{Filter, InspectTab, THUMB_SIDES, part_name};

impl Page {
    pub const INSPECT: Self = Self::new("inspect");
}

/// The page's own fields.
#[derive(Default)]
pub struct InspectForm {
    grid: GridForm,
    /// Images of which another part of the page shows a thumbnail in this frame.
    looked_at: Vec<u32>,
    /// Where there is no room for both: what stands beside the images has their place.
    instead_of_images: bool,
    /// The tab of the last frame: another one is looked at.
    tab: InspectTab,
}

/// A page narrower than this shows the images or what stands beside them.
const LEAST_FOR_BOTH: f32 = 520.0;

pub fn inspect_page(ui: &mut Ui, state: &State, form: &mut InspectForm, commands: &mut Commands) {
    let Some(ready) = state.dataset.ready().filter(|ready| !ready.dataset.is_empty()) else {
        nothing_ui(ui, state);
        return;
    };
    form.looked_at.clear();
    let width = ui.available_width();
    if std::mem::replace(&mut form.tab, state.inspect.tab) != state.inspect.tab {
        form.instead_of_images = true;
    }
    if width < LEAST_FOR_BOTH {
        narrow_ui(ui, state, ready, form, commands);
        return;
    }
    // Wide enough for a row's words and three pictures, and for two columns of thumbnails beside it.
    let most = (width - 2.0 * state.inspect.thumb_side as f32 - 40.0).max(260.0);
    let panel = Panel::right("inspect-side").resizable(true).size_range(260.0..=most);
    panel.default_size((width * 0.54).min(most)).show(ui, |ui| {
        ui.horizontal(|ui| tabs_ui(ui, state, true, commands));
        ui.add_space(2.0);
        side_ui(ui, state, ready, form, commands);
    });
    filter_ui(ui, state, ready, commands);
    grid::grid_ui(ui, state, ready, &mut form.grid, &form.looked_at, commands);
}

/// The images or what stands beside them, by a tab more.
fn narrow_ui(ui: &mut Ui, state: &State, ready: &ReadyDataset, form: &mut InspectForm, commands: &mut Commands) {
    ui.horizontal_wrapped(|ui| {
        if ui.selectable_label(!form.instead_of_images, tr!("page-inspect-images")).clicked() {
            form.instead_of_images = false;
        }
        if tabs_ui(ui, state, form.instead_of_images, commands) {
            form.instead_of_images = true;
        }
    });
    ui.add_space(2.0);
    if form.instead_of_images {
        side_ui(ui, state, ready, form, commands);
        commands.send(UiCommand::LookAt { images: form.looked_at.clone(), side: state.inspect.thumb_side as usize });
    } else {
        filter_ui(ui, state, ready, commands);
        grid::grid_ui(ui, state, ready, &mut form.grid, &form.looked_at, commands);
    }
}

/// The tabs of what stands beside the images; true when one was clicked.
fn tabs_ui(ui: &mut Ui, state: &State, shown: bool, commands: &mut Commands) -> bool {
    let mut clicked = false;
    for (tab, name) in
        [(InspectTab::Chain, tr!("page-inspect-chain")), (InspectTab::Dataset, tr!("page-inspect-dataset"))]
    {
        if ui.selectable_label(shown && state.inspect.tab == tab, name).clicked() {
            clicked = true;
            commands.send(UiCommand::ShowInspectTab(tab));
        }
    }
    clicked
}

fn side_ui(ui: &mut Ui, state: &State, ready: &ReadyDataset, form: &mut InspectForm, commands: &mut Commands) {
    match state.inspect.tab {
        InspectTab::Chain => chain_view::chain_view(ui, state, ready, commands),
        InspectTab::Dataset => dataset_view::dataset_view(ui, state, ready, &mut form.looked_at, commands),
    }
}

/// What the page says while there is nothing to inspect.
fn nothing_ui(ui: &mut Ui, state: &State) {
    let text = match &state.dataset {
        DatasetState::Scanning { .. } => tr!("page-inspect-scanning"),
        DatasetState::WritingSamples { .. } => tr!("page-inspect-drawing"),
        DatasetState::Failed { .. } => tr!("page-inspect-failed"),
        DatasetState::Ready(_) => tr!("page-inspect-empty"),
        DatasetState::None => tr!("page-inspect-none"),
    };
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).max(12.0));
        ui.label(style::faint(ui, text).size(14.5));
    });
}

fn filter_ui(ui: &mut Ui, state: &State, ready: &ReadyDataset, commands: &mut Commands) {
    let filter = state.inspect.filter;
    let mut wanted = filter;
    let names = &ready.dataset.class_names;
    ui.horizontal_wrapped(|ui| {
        let class_name = |class: Option<usize>| {
            class.and_then(|c| names.get(c)).map_or_else(|| tr!("page-inspect-all-classes"), String::clone)
        };
        let classes =
            ComboBox::from_id_salt("class-shown").width(120.0).truncate().selected_text(class_name(filter.class));
        let classes = classes.show_ui(ui, |ui| {
            ui.selectable_value(&mut wanted.class, None, tr!("page-inspect-all-classes"));
            for (class, name) in names.iter().enumerate() {
                let count = ready.counts.get(class).copied().unwrap_or(0);
                ui.selectable_value(&mut wanted.class, Some(class), format!("{name} ({})", words::count(count)));
            }
        });
        style::named(classes.response, &tr!("page-inspect-class")).on_hover_text(tr!("page-inspect-class-hint"));
        let part_text = |part: Option<Part>| part.map_or_else(|| tr!("page-inspect-all-parts"), part_name);
        let parts = ComboBox::from_id_salt("part-shown").width(80.0).selected_text(part_text(filter.part));
        let parts = parts.show_ui(ui, |ui| {
            for part in [None, Some(Part::Train), Some(Part::Val), Some(Part::Test)] {
                ui.selectable_value(&mut wanted.part, part, part_text(part));
            }
        });
        style::named(parts.response, &tr!("page-inspect-part")).on_hover_text(tr!("page-inspect-part-hint"));
        let (least, most) = (THUMB_SIDES[0], THUMB_SIDES[2]);
        let mut side = state.inspect.thumb_side;
        ui.spacing_mut().slider_width = 56.0;
        let slider = egui::Slider::new(&mut side, least..=most).step_by(32.0).show_value(false);
        let slider =
            style::named(ui.add(slider), &tr!("page-inspect-size")).on_hover_text(tr!("page-inspect-size-hint"));
        if slider.changed() && THUMB_SIDES.contains(&side) {
            commands.send(UiCommand::SetThumbSide(side));
        }
    });
    ui.horizontal(|ui| {
        let (shown, all) = (state.inspect.shown.len() as u64, ready.dataset.len() as u64);
        let text = if filter == Filter::default() {
            tr!("page-inspect-count", images = all)
        } else {
            tr!("page-inspect-shown", shown, images = all)
        };
        ui.label(style::faint(ui, text));
        if filter != Filter::default() && ui.small_button(tr!("page-inspect-show-all")).clicked() {
            wanted = Filter::default();
        }
    });
    if wanted != filter {
        commands.send(UiCommand::FilterImages(wanted));
    }
    ui.spacing_mut().item_spacing = vec2(8.0, 5.0);
}
