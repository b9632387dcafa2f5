//! What comes of reading a chain: its steps, what is to be asked, and what was left out.

use crate::config::TransformSpec;
use crate::language::Message;
use crate::transform::core::description::Library;

/// So many notes are made; a text that needs more is no chain.
pub(super) const MAX_NOTES: usize = 200;

/// What was read, and what was not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    pub specs: Vec<TransformSpec>,
    /// In the order of the text.
    pub notes: Vec<ImportNote>,
    /// What is not in the text and has to be told before the chain can be used.
    pub asks: Vec<Ask>,
    /// The names of all chains in the text, where there are several.
    pub chains: Vec<String>,
    /// The one that was read.
    pub chain: String,
    /// Whose the transforms may be, where the text leaves it open; the first was taken.
    pub libraries: Vec<Library>,
}

/// A value from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// As the text has it: `cfg["size"]`.
    pub name: String,
    /// Where it is needed, 1-based.
    pub line: usize,
    /// What for: `Resize(size=…)`.
    pub what: Message,
}

impl Ask {
    pub fn message(&self) -> Message {
        msg!("transform-import-ask", line = self.line, what = &self.what, name = &self.name)
    }
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

/// Something that was not taken over as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportNote {
    /// Of the pasted text, 1-based.
    pub line: usize,
    /// As written there.
    pub what: Message,
    pub reason: Message,
    /// The chain does less than the Python one; else nothing was lost.
    pub lost: bool,
}

impl ImportNote {
    pub fn message(&self) -> Message {
        msg!("transform-import-note", line = self.line, what = &self.what, reason = &self.reason)
    }
}

impl std::fmt::Display for ImportNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message().to_string().replace(char::is_control, " "))
    }
}
