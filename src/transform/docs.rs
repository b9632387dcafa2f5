//! The registry in writing.

use super::registry::registry;
use std::fmt::Write as _;

/// Every transform as a `[[transform]]` of a configuration, at its defaults and with its docs as comments. The text
/// is valid TOML, and a chain that does nothing but what the defaults do.
pub fn toml_docs() -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    for info in registry() {
        let source = msg!("transform-docs-source", source = info.source());
        let _ = writeln!(text, "# {}\n# {source}\n[[transform]]\nname = \"{}\"", info.meaning(), info.name);
        if !info.pinned {
            let _ = writeln!(text, "enabled = true");
        }
        for param in info.params {
            let _ = writeln!(text, "{} = {} # {}", param.name, param.default_value(), param.describe());
        }
        text.push('\n');
    }
    text
}

/// The same as Markdown: a section a transform, a table of its parameters.
pub fn markdown_docs() -> String {
    let mut text = String::new();
    for info in registry() {
        let about = msg!(
            "transform-docs-about",
            meaning = info.meaning(),
            family = info.family.to_string(),
            source = info.source()
        );
        let _ = writeln!(text, "### {}\n\n{about}\n", info.name);
        if info.params.is_empty() {
            continue;
        }
        let _ = writeln!(text, "| {} |\n|---|---|---|---|---|", msg!("transform-docs-columns"));
        for p in info.params {
            let (default, unit, meaning) = (p.default_value(), p.unit_words(), p.meaning());
            let _ = writeln!(text, "| `{}` | `{default}` | {unit} | {} | {meaning} |", p.name, p.kind);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RunConfig;
    use crate::transform::Chain;

    #[test]
    fn docs_are_a_chain_that_builds() {
        let config = RunConfig::from_toml(&toml_docs()).unwrap();
        assert_eq!(config.transforms.len(), registry().len());
        Chain::build(&config.transforms).unwrap();
        let markdown = markdown_docs();
        for info in registry() {
            assert!(markdown.contains(info.name));
            for param in info.params {
                assert!(param.accepts(&param.default_value()), "{}.{}", info.name, param.name);
                assert!(markdown.contains(param.doc));
            }
        }
    }
}
