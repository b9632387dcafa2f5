//! The chain: one row a transform, with switch, cost, order and parameters.

use super::{chain_menu, preview_panel};
use crate::config::TransformSpec;
use crate::protocol::Stage;
use crate::transform::{self, TransformInfo};
use crate::ui::common::{param_form, style, words};
use crate::ui::state::{Commands, State, UiCommand};
use egui::collapsing_header::CollapsingState;
use egui::{Align, Id, Layout, RichText, Sense, Ui, vec2};

/// The panel's own fields.
#[derive(Default)]
pub struct TransformForm {
    typing: param_form::Typing,
    search: String,
}

/// What a row asks for.
enum RowAction {
    Replace(TransformSpec, bool),
    Remove,
    Move { to: usize },
}

/// The payload of a row being dragged: its index.
struct DraggedRow(usize);

/// `turn` folds the preview in this frame, or out.
pub fn transform_panel(
    ui: &mut Ui,
    state: &State,
    form: &mut TransformForm,
    turn: Option<bool>,
    commands: &mut Commands,
) {
    let specs = &state.config.transforms;
    if specs.is_empty() {
        ui.label(style::faint(ui, tr!("window-no-chain")));
        return;
    }
    // Where it is in sight however long the chain.
    trying_ui(ui, state, commands);
    let mut action = None;
    let last = specs.len();
    let stages = words::stages(specs);
    let costs: Vec<Option<f64>> =
        specs.iter().zip(&stages).enumerate().map(|(i, (spec, stage))| cost_us(state, (i, stage), spec)).collect();
    let most = costs.iter().flatten().copied().fold(0.0, f64::max);
    let mut drop_at = None;
    for ((index, spec), stage) in specs.iter().enumerate().zip(&stages) {
        let occurrence = specs[..index].iter().filter(|s| s.name == spec.name).count();
        let id = Id::unique(("transform-row", &spec.name, occurrence));
        let cost = Cost { us: costs[index], most_us: most };
        let response = ui.scope(|ui| row_ui(ui, state, form, (index, stage), spec, cost, id)).inner;
        if let Some(a) = response.action {
            action = Some((index, a));
        }
        if let Some(at) = drop_position(ui, response.rect, index) {
            drop_at = Some(at);
        }
    }
    if let Some((from, to)) = drop_at.filter(|(from, to)| from != to && from + 1 != *to) {
        action = Some((from, RowAction::Move { to: if to > from { to - 1 } else { to }.min(last - 1) }));
    }
    if let Some((index, action)) = action {
        commands.send(apply(specs, index, action));
    }
    chain_menu::chain_menu(ui, state, &mut form.search, commands);
    if let Some(error) = &state.chain_error {
        ui.label(style::error(ui, error.to_string()));
    }
    if state.many_sizes {
        ui.label(style::warning(ui, tr!("window-many-sizes")));
    }
    preview_panel::preview_ui(ui, state, turn, commands);
}

/// The chain after a row's action.
fn apply(specs: &[TransformSpec], index: usize, action: RowAction) -> UiCommand {
    let mut specs = specs.to_vec();
    let mut settled = true;
    match action {
        RowAction::Replace(spec, is_settled) => {
            specs[index] = spec;
            settled = is_settled;
        }
        RowAction::Remove => {
            specs.remove(index);
        }
        RowAction::Move { to } => {
            let spec = specs.remove(index);
            specs.insert(to, spec);
        }
    }
    UiCommand::SetTransforms { specs, settled }
}

/// Where a row dragged over this one would land: `(from, before which row)`, once it is let go.
fn drop_position(ui: &Ui, rect: egui::Rect, index: usize) -> Option<(usize, usize)> {
    let dragged = egui::DragAndDrop::payload::<DraggedRow>(ui.ctx())?;
    let pointer = ui.ctx().pointer_interact_pos()?;
    if !rect.expand2(vec2(0.0, ui.spacing().item_spacing.y / 2.0)).contains(pointer) {
        return None;
    }
    let before = if pointer.y < rect.center().y { index } else { index + 1 };
    let y = if before == index { rect.top() - 2.0 } else { rect.bottom() + 2.0 };
    ui.painter().hline(rect.x_range(), y, egui::Stroke::new(2.0, style::accent(ui)));
    if ui.input(|i| i.pointer.any_released()) {
        egui::DragAndDrop::clear_payload(ui.ctx());
        return Some((dragged.0, before));
    }
    None
}

/// What a step takes, beside the costliest of the chain.
#[derive(Clone, Copy)]
struct Cost {
    us: Option<f64>,
    most_us: f64,
}

struct RowResponse {
    rect: egui::Rect,
    action: Option<RowAction>,
}

fn row_ui(
    ui: &mut Ui,
    state: &State,
    form: &mut TransformForm,
    (index, stage): (usize, &str),
    spec: &TransformSpec,
    cost: Cost,
    id: Id,
) -> RowResponse {
    // Behind the row's own things.
    let bar = ui.painter().add(egui::Shape::Noop);
    let info = transform::find(&spec.name);
    let mut action = None;
    let has_params = info.is_some_and(|i| !i.params.is_empty());
    let mut collapsing = CollapsingState::load_with_default_open(ui.ctx(), id, false);
    let row = ui.horizontal(|ui| {
        handle_ui(ui, index, id);
        let mut enabled = spec.enabled;
        let pinned = info.is_some_and(|i| i.pinned);
        let name = if spec.enabled { RichText::new(&spec.name) } else { style::faint(ui, &spec.name) };
        let switch = ui.add_enabled(!pinned, egui::Checkbox::new(&mut enabled, name));
        let switch = switch.on_hover_ui(|ui| doc_ui(ui, info));
        if switch.on_disabled_hover_text(tr!("window-pinned")).changed() {
            action = Some(RowAction::Replace(TransformSpec { enabled, ..spec.clone() }, true));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let menu = ui.menu_button("…", |ui| {
                if let Some(a) = row_menu_ui(ui, state, index, spec, pinned) {
                    action = Some(a);
                    ui.close();
                }
            });
            style::named(menu.response, &tr!("window-more-for", transform = &spec.name));
            if has_params {
                let text = if collapsing.is_open() { "▴" } else { "▾" };
                let button = ui.add(egui::Button::new(text).frame(false));
                let name = tr!("window-parameters-of", transform = &spec.name);
                let button = style::named(button, &name).on_hover_text(tr!("window-parameters"));
                if button.clicked() {
                    collapsing.toggle(ui);
                }
            } else {
                // The figures stand in one column.
                ui.add_visible(false, egui::Button::new("▾").frame(false));
            }
            if let Some(us) = cost.us {
                ui.label(style::faint(ui, words::ms(us)).monospace().small()).on_hover_text(tr!("window-cost-hint"));
            }
            if spec.enabled && off_by_bisect(state, stage) {
                ui.with_layout(Layout::left_to_right(Align::Center), off_mark_ui);
            }
        });
    });
    let mut rect = row.response.rect;
    rect.max.x = ui.max_rect().right();
    if let Some(us) = cost.us.filter(|_| cost.most_us > 0.0) {
        let share = (us / cost.most_us).clamp(0.0, 1.0) as f32;
        let filled = egui::Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
        let fill = style::selection_colour(ui).gamma_multiply(0.16);
        ui.painter().set(bar, egui::Shape::rect_filled(filled, 3.0, fill));
    }
    if has_params && let Some(info) = info {
        collapsing.show_body_indented(&row.response, ui, |ui| {
            if let Some((edited, settled)) = param_form::param_form(ui, info, spec, &mut form.typing) {
                action = Some(RowAction::Replace(edited, settled));
            }
        });
    }
    RowResponse { rect, action }
}

/// The bisect under way has it off at present; its box keeps the person's choice.
fn off_by_bisect(state: &State, stage: &str) -> bool {
    state.bisecting()
        && state.run.findings.bisect.as_ref().is_some_and(|bisect| bisect.off.iter().any(|off| off == stage))
}

fn off_mark_ui(ui: &mut Ui) {
    let mark = egui::Label::new(style::faint(ui, tr!("window-off-now")).small()).truncate().selectable(false);
    ui.add(mark).on_hover_text(tr!("window-off-now-hint"));
}

/// A change that takes long to be tried, and the way out of it.
fn trying_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let Some(trying) = state.run.trying.as_ref().filter(|_| state.run.live.is_active()) else { return };
    let Some(label) = &trying.label else { return };
    let now = state.run.now.secs.max(state.run.heartbeat_secs.unwrap_or(0.0));
    ui.horizontal_wrapped(|ui| {
        ui.spinner();
        let lasted = words::duration((now - trying.secs).max(0.0));
        ui.label(tr!("window-trying", change = label, lasted));
        if ui.button(tr!("window-take-back")).on_hover_text(tr!("window-take-back-hint")).clicked() {
            commands.send(UiCommand::TakeBackTransforms);
        }
    });
}

/// Three lines to take hold of.
fn handle_ui(ui: &mut Ui, index: usize, id: Id) {
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 18.0), Sense::hover());
    let response = ui.interact(rect, id.with("handle"), Sense::drag());
    response.dnd_set_drag_payload(DraggedRow(index));
    let dragged = response.dragged();
    let colour =
        if response.hovered() || dragged { ui.visuals().strong_text_color() } else { ui.visuals().weak_text_color() };
    for dy in [-4.0, 0.0, 4.0] {
        ui.painter().hline(rect.left() + 2.0..=rect.right() - 2.0, rect.center().y + dy, (1.5, colour));
    }
    response.on_hover_and_drag_cursor(egui::CursorIcon::Grab).on_hover_text(tr!("window-drag"));
}

fn doc_ui(ui: &mut Ui, info: Option<&TransformInfo>) {
    let Some(info) = info else {
        ui.label(tr!("window-unknown-transform"));
        return;
    };
    ui.set_max_width(360.0);
    ui.label(info.meaning());
    ui.label(style::faint(ui, info.source().to_string()).small());
}

/// Microseconds an image: of the active run, else of the preview.
fn cost_us(state: &State, (index, stage): (usize, &str), spec: &TransformSpec) -> Option<f64> {
    if !spec.enabled {
        return None;
    }
    let live = live_us(state, stage);
    let preview = || state.preview.shown.as_ref()?.step_us.get(index).copied().flatten();
    // Loading is what the loader does around the chain.
    let loading = || {
        let preview = state.preview.shown.as_ref().filter(|_| spec.name == "LoadImage")?;
        Some(preview.read_us + preview.decode_us)
    };
    live.or_else(loading).or_else(preview)
}

/// Microseconds an image of a step in the active run; loading is what the loader calls `read` and `decode`.
fn live_us(state: &State, step: &str) -> Option<f64> {
    let stages = &state.run.findings.stages.as_ref().filter(|_| state.run.live.is_active())?.stages;
    let of = |stage: &Stage| stages.iter().find(|s| s.stage == *stage && s.images > 0).map(|s| s.wall_us);
    if step == "LoadImage" { Some(of(&Stage::Read)? + of(&Stage::Decode)?) } else { of(&Stage::Step(step.into())) }
}

fn row_menu_ui(ui: &mut Ui, state: &State, index: usize, spec: &TransformSpec, pinned: bool) -> Option<RowAction> {
    let len = state.config.transforms.len();
    let mut action = None;
    let mut item = |ui: &mut Ui, enabled: bool, text: &str, make: &dyn Fn() -> RowAction| {
        if ui.add_enabled(enabled, egui::Button::new(text)).clicked() {
            action = Some(make());
        }
    };
    item(ui, index > 0, &tr!("window-move-up"), &|| RowAction::Move { to: index - 1 });
    item(ui, index + 1 < len, &tr!("window-move-down"), &|| RowAction::Move { to: index + 1 });
    let bare = TransformSpec { enabled: spec.enabled, ..TransformSpec::new(&spec.name) };
    item(ui, !spec.params.is_empty(), &tr!("window-default-parameters"), &|| RowAction::Replace(bare.clone(), true));
    item(ui, !pinned, &tr!("window-remove"), &|| RowAction::Remove);
    action
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(command: UiCommand) -> Vec<String> {
        match command {
            UiCommand::SetTransforms { specs, .. } => specs.into_iter().map(|s| s.name).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_move_and_go() {
        let specs: Vec<TransformSpec> = ["A", "B", "C"].map(TransformSpec::new).to_vec();
        assert_eq!(names(apply(&specs, 0, RowAction::Move { to: 2 })), ["B", "C", "A"]);
        assert_eq!(names(apply(&specs, 2, RowAction::Move { to: 0 })), ["C", "A", "B"]);
        assert_eq!(names(apply(&specs, 1, RowAction::Remove)), ["A", "C"]);
    }
}
