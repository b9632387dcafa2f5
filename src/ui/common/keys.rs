//! Keys as this system writes them: no text names them itself.

use egui::{Context, Key, KeyboardShortcut, Modifiers};

/// Opens the export, from anywhere.
pub const EXPORT: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::E);

/// A shortcut as this system writes it, with signs as they stand on the keys.
pub fn keys_text(ctx: &Context, shortcut: &KeyboardShortcut) -> String {
    let (key, text) = (shortcut.logical_key, ctx.format_shortcut(shortcut));
    match key {
        Key::Period | Key::Questionmark | Key::Plus | Key::Minus => text.replace(key.name(), key.symbol_or_name()),
        _ => text,
    }
}

/// What is held for the wheel to zoom.
pub fn zoom_key(ctx: &Context) -> String {
    let key = ctx.options(|options| options.input_options.zoom_modifier);
    ctx.format_modifiers(key)
}

/// A hint with the keys that do the same, if any do: `Writes plots as PNG and CSV (Ctrl+E)`.
pub fn hint_with_keys(hint: String, keys: String) -> String {
    if keys.is_empty() { hint } else { tr!("window-hint-with-keys", hint, keys) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::os::OperatingSystem;

    #[test]
    fn keys_are_those_of_the_system() {
        let on = |os| {
            let (ctx, mut said) = (Context::default(), Vec::new());
            ctx.set_os(os);
            let _ = ctx.run_ui(egui::RawInput::default(), |ui| {
                said = vec![keys_text(ui.ctx(), &EXPORT), zoom_key(ui.ctx())];
            });
            said
        };
        assert_eq!(on(OperatingSystem::Nix), ["Ctrl+E", "Ctrl"]);
        let mac = on(OperatingSystem::Mac);
        assert!(mac.iter().all(|keys| keys.contains("Cmd") || keys.contains('⌘')), "{mac:?}");
    }
}
