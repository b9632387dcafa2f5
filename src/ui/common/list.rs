//! A list that scrolls by itself where it is long.

use egui::{ScrollArea, Ui};

/// A list longer than this scrolls by itself.
const ROWS_SHOWN: usize = 10;

/// Runs `row` for each index, in a scroll area of its own where there are many.
pub(crate) fn list_ui(ui: &mut Ui, salt: &str, len: usize, row_height: f32, mut row: impl FnMut(&mut Ui, usize)) {
    if len <= ROWS_SHOWN {
        (0..len).for_each(|i| row(ui, i));
        return;
    }
    let height = (row_height + ui.spacing().item_spacing.y) * ROWS_SHOWN as f32;
    ScrollArea::vertical().id_salt(salt).max_height(height).auto_shrink([false, true]).show_rows(
        ui,
        row_height,
        len,
        |ui, range| range.for_each(|i| row(ui, i)),
    );
}
