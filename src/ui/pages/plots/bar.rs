//! What all plots have in common: what they are drawn over, how, how many are in view, and the runs laid over them.

use super::state::{IN_VIEW, PlotsView};
use crate::plot::XAxis;
use crate::ui::common::keys::zoom_key;
use crate::ui::common::number_field::{number_field, refused_ui};
use crate::ui::common::style;
use crate::ui::pages::runs::state::RunsCommand;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{ComboBox, Slider, Ui};

pub(super) fn bar_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let mut view = state.view.plots.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        axis_ui(ui, &mut view);
        ui.separator();
        let log = ui.checkbox(&mut view.view.log, tr!("page-plots-log")).on_hover_text(tr!("page-plots-log-hint"));
        style::with_author_id(log, "plots-log");
        ui.separator();
        let label = ui.label(tr!("page-plots-smooth"));
        ui.spacing_mut().slider_width = 70.0;
        // Its figure is a widget of its own, so that a narrow bar may wrap between them.
        let slider = Slider::new(&mut view.view.smooth, 0.0..=0.99).show_value(false);
        let smooth = ui.add(slider).labelled_by(label.id);
        style::with_author_id(smooth, "plots-smooth").on_hover_text(tr!("page-plots-smooth-hint"));
        let figure = number_field(ui, &mut view.view.smooth, 0.0..=0.99, |drag| drag.speed(0.005).fixed_decimals(2));
        figure.response.labelled_by(label.id).on_hover_text(tr!("page-plots-smooth-hint"));
        ui.separator();
        if state.view.alone.is_none() {
            in_view_ui(ui, &mut view);
        }
        ui.label(style::faint(ui, "?")).on_hover_text(tr!("page-plots-zoom-hint", key = zoom_key(ui.ctx())));
        for overlaid in &state.runs.overlaid {
            let text = tr!("page-plots-overlaid", run = &overlaid.name);
            let chip = ui.small_button(text).on_hover_text(tr!("page-plots-overlaid-hint"));
            if style::with_author_id(chip, &format!("overlaid={}", overlaid.name)).clicked() {
                commands.send(UiCommand::Runs(RunsCommand::Overlay { dir: overlaid.dir.clone(), shown: false }));
            }
        }
        refused_ui(ui, figure.refused.as_ref());
    });
    ui.add_space(2.0);
    if view != state.view.plots {
        commands.send(UiCommand::ViewPlots(Box::new(view)));
    }
}

fn axis_ui(ui: &mut Ui, view: &mut PlotsView) {
    ui.label(tr!("page-plots-over")).on_hover_text(tr!("page-plots-over-hint"));
    for axis in XAxis::ALL {
        let button = ui.selectable_label(view.view.x == axis, tr!("page-plots-axis", axis = axis.name()));
        if style::with_author_id(button, &format!("plots-x={}", axis.name())).clicked() {
            view.view.x = axis;
        }
    }
}

fn in_view_ui(ui: &mut Ui, view: &mut PlotsView) {
    let words = |n: u8| if n == 0 { tr!("page-plots-in-view-any") } else { tr!("page-plots-in-view", n) };
    ui.label(tr!("page-plots-in-view-label")).on_hover_text(tr!("page-plots-in-view-hint"));
    let combo = ComboBox::from_id_salt("plots-in-view").selected_text(words(view.in_view)).width(86.0);
    let shown = combo.show_ui(ui, |ui| {
        for n in [0].into_iter().chain(IN_VIEW) {
            ui.selectable_value(&mut view.in_view, n, words(n));
        }
    });
    style::with_author_id(shown.response, "plots-in-view").on_hover_text(tr!("page-plots-in-view-hint"));
}
