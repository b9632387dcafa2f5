//! The system's fonts, for characters that egui's own have not: Chinese class names, for instance.

use crate::language::Language as Spoken;
use egui::FontData;
use egui::FontFamily;
use egui::epaint::mutex::Mutex;
use egui::epaint::text::{FallbackRequest, FontInsert, FontPriority, FontProvider, InsertFontFamily};
use fontique::{
    Collection, CollectionOptions, FallbackKey, GenericFamily, Language, QueryFamily, QueryFont, QueryStatus, Script,
    SourceCache, SourceCacheOptions,
};
use std::sync::{Arc, LazyLock};
use unicode_script::UnicodeScript as _;

/// Simplified Chinese before Traditional, as the program speaks it; `zh-SG`, since fontique takes `zh-CN` for "any Han".
const HAN_LOCALES: [&str; 4] = ["zh-SG", "zh-TW", "ja", "ko"];

/// Finds the fonts of the window and of pictures. The list of the system's fonts is read once a process, when the first
/// character is missing; font files are mapped, not read.
pub fn system_fonts() -> Arc<dyn FontProvider> {
    FONTS.clone()
}

/// Whether texts in that language can be shown: egui's own fonts have no Chinese, and not every system has one that does.
pub fn has_font_for(language: Spoken) -> bool {
    static CHINESE: LazyLock<bool> = LazyLock::new(|| has_glyph('中'));
    match language {
        Spoken::English => true,
        Spoken::SimplifiedChinese => *CHINESE,
    }
}

fn has_glyph(character: char) -> bool {
    FONTS.0.lock().get_or_insert_with(Fonts::read).find(character, &FontFamily::Proportional).is_some()
}

static FONTS: LazyLock<Arc<SystemFonts>> = LazyLock::new(|| Arc::new(SystemFonts(Mutex::new(None))));

struct SystemFonts(Mutex<Option<Fonts>>);

struct Fonts {
    collection: Collection,
    cache: SourceCache,
}

impl Fonts {
    fn read() -> Self {
        Self {
            collection: Collection::new(CollectionOptions { shared: false, system_fonts: true }),
            cache: SourceCache::new(SourceCacheOptions::default()),
        }
    }

    fn find(&mut self, character: char, family: &FontFamily) -> Option<QueryFont> {
        let generic = match family {
            FontFamily::Monospace => GenericFamily::Monospace,
            FontFamily::Proportional | FontFamily::Name(_) => GenericFamily::SansSerif,
        };
        let Some(script) = Script::parse(character.script().short_name()).ok().filter(|_| has_script(character)) else {
            // Punctuation and symbols belong to no script.
            use GenericFamily::{Emoji, Math, SystemUi};
            return self.query(&[generic, SystemUi, Math, Emoji], None, character);
        };
        let locales: Vec<Option<Language>> = match character.script() {
            unicode_script::Script::Han => HAN_LOCALES.iter().map(|tag| Language::parse(tag).ok()).collect(),
            _ => vec![None],
        };
        locales
            .iter()
            .find_map(|locale| self.query(&[generic], Some(FallbackKey::new(script, locale.as_ref())), character))
    }

    fn query(&mut self, families: &[GenericFamily], key: Option<FallbackKey>, character: char) -> Option<QueryFont> {
        let mut query = self.collection.query(&mut self.cache);
        query.set_families(families.iter().copied().map(QueryFamily::Generic));
        if let Some(key) = key {
            query.set_fallbacks(key);
        }
        let mut found = None;
        query.matches_with(|font| {
            if font.charmap().and_then(|map| map.map(character)).is_some_and(|glyph| glyph != 0) {
                found = Some(font.clone());
                return QueryStatus::Stop;
            }
            QueryStatus::Continue
        });
        found
    }
}

fn has_script(character: char) -> bool {
    use unicode_script::Script::{Common, Inherited, Unknown};
    !matches!(character.script(), Common | Inherited | Unknown)
}

impl FontProvider for SystemFonts {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let character = request.cluster.chars().next()?;
        let font = self.0.lock().get_or_insert_with(Fonts::read).find(character, request.family)?;
        let (blob, id) = font.blob.into_raw_parts();
        Some(FontInsert {
            name: format!("system font {id} {}", font.index),
            data: FontData::from_blob(blob, font.index),
            families: vec![InsertFontFamily { family: request.family.clone(), priority: FontPriority::Lowest }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glyph_that_no_font_has_is_not_found() {
        // No character, now or ever.
        assert!(!has_glyph('\u{10fffe}'));
        assert!(has_font_for(Spoken::English));
        assert_eq!(has_font_for(Spoken::SimplifiedChinese), has_glyph('中'));
    }
}
