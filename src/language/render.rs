//! From a pattern and arguments to text: Fluent's rules, as far as the files use them.
//!
//! The parser is `fluent-syntax`. The resolver is our own as arguments are: durations, sizes and lists in a language's words,
//! and messages within messages.

use super::catalogue::catalogue;
use super::languages::Language;
use super::message::Arg;
use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey};
use std::borrow::Cow;
use std::fmt::Write as _;

type Args = [(Cow<'static, str>, Arg)];

/// Messages that name themselves would never end.
const MAX_DEPTH: usize = 16;

/// The message's text; where the language lacks it in English, and where that does too its id with its arguments.
pub(super) fn message(language: Language, id: &str, args: &Args) -> String {
    let known = [language, Language::English].into_iter().find_map(|l| Some((l, catalogue(l).get(id)?)));
    match known {
        Some((language, found)) => pattern(language, found, args),
        None => {
            let args: Vec<String> = args.iter().map(|(name, arg)| format!("{name} {}", arg.render(language))).collect();
            if args.is_empty() { id.to_owned() } else { format!("{id} ({})", args.join(", ")) }
        }
    }
}

pub(super) fn pattern(language: Language, pattern: &Pattern<&'static str>, args: &Args) -> String {
    let mut resolver = Resolver { language, args, out: String::new(), depth: 0 };
    resolver.pattern(pattern);
    resolver.out
}

struct Resolver<'a> {
    language: Language,
    args: &'a Args,
    out: String,
    depth: usize,
}

impl Resolver<'_> {
    fn pattern(&mut self, pattern: &Pattern<&'static str>) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.out.push_str(value),
                PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
        self.depth -= 1;
    }

    fn expression(&mut self, expression: &Expression<&'static str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                if let Some(chosen) = self.choose(selector, variants) {
                    self.pattern(&chosen.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&'static str>) {
        match inline {
            InlineExpression::StringLiteral { value } => {
                let _ = fluent_syntax::unicode::unescape_unicode(&mut self.out, value);
            }
            InlineExpression::NumberLiteral { value } => self.out.push_str(value),
            InlineExpression::VariableReference { id } => match self.arg(id.name) {
                Some(arg) => {
                    let text = arg.render(self.language);
                    self.out.push_str(&text);
                }
                None => {
                    let _ = write!(self.out, "{{${}}}", id.name);
                }
            },
            InlineExpression::MessageReference { id, attribute } => {
                let key = attribute.as_ref().map_or_else(|| id.name.to_owned(), |a| format!("{}.{}", id.name, a.name));
                if let Some(pattern) = catalogue(self.language).get(&key) {
                    self.pattern(pattern);
                }
            }
            InlineExpression::Placeable { expression } => self.expression(expression),
            // Not used by the files; a test holds that.
            InlineExpression::FunctionReference { .. } | InlineExpression::TermReference { .. } => {}
        }
    }

    fn arg(&self, name: &str) -> Option<&Arg> {
        self.args.iter().find(|(known, _)| known == name).map(|(_, arg)| arg)
    }

    /// By the exact number or word first, by a number's plural category next.
    fn choose<'v>(
        &self,
        selector: &InlineExpression<&'static str>,
        variants: &'v [Variant<&'static str>],
    ) -> Option<&'v Variant<&'static str>> {
        let InlineExpression::VariableReference { id } = selector else { return default(variants) };
        let Some(arg) = self.arg(id.name) else { return default(variants) };
        let named = |wanted: &str| {
            variants.iter().find(|variant| match &variant.key {
                VariantKey::Identifier { name } | VariantKey::NumberLiteral { value: name } => *name == wanted,
            })
        };
        let chosen = match arg {
            Arg::Count(n) => named(&n.to_string()).or_else(|| named(plural_category(self.language, *n))),
            other => named(&other.render(Language::English)),
        };
        chosen.or_else(|| default(variants))
    }
}

fn default<'v>(variants: &'v [Variant<&'static str>]) -> Option<&'v Variant<&'static str>> {
    variants.iter().find(|variant| variant.default)
}

/// Of the plural categories of Unicode's CLDR, the one of a whole number.
fn plural_category(language: Language, n: u64) -> &'static str {
    match (language, n) {
        (Language::English, 1) => "one",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluent_syntax::ast::Entry;

    fn render(language: Language, text: &'static str, args: &[(&'static str, Arg)]) -> String {
        let resource = fluent_syntax::parser::parse_runtime(text).unwrap();
        let Some(Entry::Message(message)) = resource.body.into_iter().next() else { panic!("{text}") };
        let args: Vec<_> = args.iter().map(|(name, arg)| (Cow::Borrowed(*name), arg.clone())).collect();
        pattern(language, &message.value.unwrap(), &args)
    }

    #[test]
    fn counts_go_by_the_language_s_plural_rules() {
        let text = "a = { $n ->\n    [0] nothing\n    [one] { $n } image\n   *[other] { $n } images\n }";
        for (n, words) in [(0_u64, "nothing"), (1, "1 image"), (2, "2 images"), (58_954, "58,954 images")] {
            assert_eq!(render(Language::English, text, &[("n", n.into())]), words);
        }
        assert_eq!(render(Language::SimplifiedChinese, text, &[("n", 1_u64.into())]), "1 images");
    }

    #[test]
    fn words_choose_too_and_what_is_missing_shows() {
        let text = "a = { $kind ->\n    [cpu] on the CPU\n   *[other] on { $kind }\n }: { $name }";
        assert_eq!(render(Language::English, text, &[("kind", "cpu".into())]), "on the CPU: {$name}");
        assert_eq!(render(Language::English, text, &[("kind", "RTX".into()), ("name", "x".into())]), "on RTX: x");
    }

    #[test]
    fn figures_are_in_the_language_s_words() {
        let text = "a = { $t }, { $b }, { $f } %{\" \"}";
        let args = [("t", Arg::duration(65.0)), ("b", Arg::bytes(3 << 20)), ("f", Arg::percent(0.125, 1))];
        assert_eq!(render(Language::English, text, &args), "1 min 05 s, 3 MiB, 12.5 % ");
        assert_eq!(render(Language::SimplifiedChinese, text, &args), "1 分 05 秒, 3 MiB, 12.5 % ");
    }

    #[test]
    fn a_message_that_nobody_has_shows_its_id() {
        let args = [(Cow::Borrowed("n"), Arg::from(3_u64))];
        assert_eq!(message(Language::SimplifiedChinese, "no-such-message", &args), "no-such-message (n 3)");
    }
}
