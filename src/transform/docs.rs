//! The registry in writing.

use super::registry::registry;
use std::fmt::Write as _;

/// Every transform as a `[[transform]]` of a configuration, at its defaults and with its docs as comments. The text
/// is valid TOML, and a chain that does nothing but what the defaults do.
pub fn toml_docs() -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    for info in registry() {
        let _ = writeln!(text, "# {}\n# Source: {}.\n[[transform]]\nname = \"{}\"", info.doc, info.source(), info.name);
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
        let _ = writeln!(text, "### {}\n\n{} ({}; {}.)\n", info.name, info.doc, info.family, info.source());
        if info.params.is_empty() {
            continue;
        }
        text.push_str("| parameter | default | unit | may be | meaning |\n|---|---|---|---|---|\n");
        for p in info.params {
            let _ = writeln!(text, "| `{}` | `{}` | {} | {} | {} |", p.name, p.default_value(), p.unit, p.kind, p.doc);
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
