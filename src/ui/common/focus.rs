//! Keyboard focus that leaves the visible part of a list brings itself into sight, whatever has it; and what is typed before
//! a dialog's field has it.

use egui::accesskit::{Action, ActionRequest, TreeId};
use egui::{Context, Event, Id, Plugin, RawInput, Rect, Ui};

/// Asks for what assistive technology asks for too: that the widget be scrolled to.
#[derive(Default)]
pub struct FocusInSight {
    /// What had the focus in the last pass.
    last: Option<Id>,
    wanted: Option<Id>,
}

impl Plugin for FocusInSight {
    fn debug_name(&self) -> &'static str {
        "focus-in-sight"
    }

    fn on_end_pass(&mut self, ui: &mut Ui) {
        let focused = ui.memory(|memory| memory.focused());
        if std::mem::replace(&mut self.last, focused) == focused {
            return;
        }
        // What was clicked is where the pointer is.
        let by_pointer = ui.input(|input| input.pointer.any_down() || input.pointer.any_released());
        let Some(response) = focused.filter(|_| !by_pointer).and_then(|id| ui.ctx().read_response(id)) else { return };
        if is_cut(response.rect, response.interact_rect) {
            self.wanted = focused;
            ui.ctx().request_repaint();
        }
    }

    fn input_hook(&mut self, _: &Context, input: &mut RawInput) {
        let Some(id) = self.wanted.take() else { return };
        let target_node = id.accesskit_id();
        let request =
            ActionRequest { action: Action::ScrollIntoView, target_tree: TreeId::ROOT, target_node, data: None };
        input.events.push(Event::AccessKitActionRequest(request));
    }
}

/// Takes what is typed or pasted in the frame in which a dialog opens: it is for its field, which cannot have the focus yet.
pub fn typed_ahead(ctx: &Context) -> String {
    let mut typed = String::new();
    ctx.input_mut(|input| {
        input.events.retain(|event| {
            if let Event::Text(text) | Event::Paste(text) = event {
                typed.push_str(text);
            }
            !matches!(event, Event::Text(_) | Event::Paste(_))
        });
    });
    typed
}

/// A part of it is out of sight above or below, or all of it to a side.
fn is_cut(whole: Rect, seen: Rect) -> bool {
    const SLACK: f32 = 1.0;
    let above_or_below = seen.height() < whole.height() - SLACK;
    above_or_below || seen.width() < whole.width().min(24.0) - SLACK
}
