//! What people paste around their Python: prompts of consoles and notebooks, fences, shell lines, full-width signs. Lines
//! stay where they are, so that a line number is that of the text as pasted.

use crate::language::Message;
use std::borrow::Cow;

/// Notebooks carry their pictures with them; more than this is not read.
pub(super) const MAX_NOTEBOOK_BYTES: usize = 64 << 20;

/// UTF-8, or UTF-16 with its mark; what is neither (comments in GBK) is kept as far as it is ASCII.
pub(super) fn decoded(bytes: &[u8]) -> String {
    let wide = |of: fn([u8; 2]) -> u16| {
        let units = bytes.get(2..).unwrap_or_default().as_chunks::<2>().0.iter().map(|pair| of(*pair));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Whether the text is a notebook's file rather than code.
pub(super) fn is_notebook(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('{') && text.contains("\"cells\"") && text.contains("\"cell_type\"")
}

/// The code of a notebook's cells, one after the other.
///
/// # Errors
/// It is cut off or damaged.
pub(super) fn code_of_notebook(text: &str) -> Result<String, Message> {
    #[derive(serde::Deserialize)]
    struct Notebook {
        cells: Vec<Cell>,
    }
    #[derive(serde::Deserialize)]
    struct Cell {
        cell_type: String,
        #[serde(default)]
        source: Source,
    }
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Source {
        Lines(Vec<String>),
        Whole(String),
    }
    impl Default for Source {
        fn default() -> Self {
            Self::Whole(String::new())
        }
    }
    let notebook: Notebook = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| msg!("transform-import-notebook", reason = e.to_string()))?;
    let code = notebook.cells.into_iter().filter(|cell| cell.cell_type == "code").map(|cell| match cell.source {
        Source::Lines(lines) => lines.concat(),
        Source::Whole(text) => text,
    });
    Ok(code.collect::<Vec<_>>().join("\n"))
}

/// The sign that is meant: full-width signs, dashes, typographic quotes and blanks of all kinds are what a word
/// processor, a chat or an input method makes of ASCII.
pub(super) fn plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        '‘' | '’' | '‚' | '‛' | '′' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => '"',
        '、' => ',',
        '【' => '[',
        '】' => ']',
        '–' | '—' | '−' | '‐' | '‑' => '-',
        '×' | '∗' => '*',
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        // Of no width.
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => ' ',
        _ => c,
    }
}

/// The text without prompts; what is no Python (output of a doctest, shell lines, fences) is left blank.
pub(super) fn without_prompts(text: &str) -> Cow<'_, str> {
    let first = text.lines().map(str::trim_start).find(|line| !line.is_empty());
    // In a console's record the lines without a prompt are what it answered.
    let record = first.is_some_and(|line| prompt(line).is_some());
    let dirty = |line: &str| prompt(line.trim_start()).is_some() || is_foreign(line, 0);
    if !record && !text.lines().any(dirty) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut depth = 0i64;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let (code, prompted) = match prompt(&line[indent..]) {
            Some(code) => (code, true),
            None => (line, false),
        };
        let answered = record && !prompted && depth <= 0 && !line.trim().is_empty();
        if !answered && !is_foreign(code, depth) && !is_output(&line[indent..]) {
            out.push_str(code);
            // Roughly: brackets in strings count too.
            depth += code.matches(['(', '[', '{']).count() as i64 - code.matches([')', ']', '}']).count() as i64;
        }
        out.push('\n');
    }
    Cow::Owned(out)
}

/// What stands behind `>>> `, `... `, `In [3]: ` or `   ...: `.
fn prompt(line: &str) -> Option<&str> {
    for mark in [">>>", "...:", "..."] {
        if let Some(rest) = line.strip_prefix(mark)
            && (rest.is_empty() || rest.starts_with([' ', '\u{a0}']))
        {
            return Some(rest.strip_prefix([' ', '\u{a0}']).unwrap_or(rest));
        }
    }
    let rest = line.strip_prefix("In [")?.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == '*');
    let rest = rest.strip_prefix("]:")?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

fn is_output(line: &str) -> bool {
    line.strip_prefix("Out[").is_some_and(|rest| rest.contains("]:"))
}

/// A fence of a chat, a magic or a shell line of a notebook.
fn is_foreign(line: &str, depth: i64) -> bool {
    let line = line.trim_start();
    if line.starts_with("```") || line.starts_with("~~~") {
        return true;
    }
    let magic = |rest: &str| rest.trim_start_matches('%').starts_with(|c: char| c.is_ascii_alphabetic());
    depth <= 0 && (line.strip_prefix('%').is_some_and(magic) || line.starts_with('!'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_and_what_a_console_answered_are_gone_and_lines_stay() {
        for (text, code) in [
            (">>> a = f(\n...     1)\n>>> a\nCompose(\n    x\n)\n>>> b", "a = f(\n    1)\na\n\n\n\nb\n"),
            (
                "%matplotlib inline\n!pip install x\nIn [12]: a = [\n   ...:   1,\n   ...: ]\nOut[12]: [1]\nb",
                "\n\na = [\n  1,\n]\n\nb\n",
            ),
            ("```python\na = 1\n```", "\na = 1\n\n"),
            ("a = (3\n  % b)", "a = (3\n  % b)"),
            ("x = 1\n", "x = 1\n"),
        ] {
            assert_eq!(without_prompts(text), code, "{text}");
        }
    }

    #[test]
    fn a_notebook_is_its_code_cells() {
        let text = r#"{"cells": [{"cell_type": "markdown", "source": ["no"]},
            {"cell_type": "code", "outputs": [{"data": {}}], "source": ["a = 1\n", "b = 2"]},
            {"cell_type": "code", "source": "c = 3"}], "nbformat": 4}"#;
        assert!(is_notebook(text) && !is_notebook("{'train': Compose([])}"));
        assert_eq!(code_of_notebook(text).unwrap(), "a = 1\nb = 2\nc = 3");
        assert!(code_of_notebook(&text[..90]).unwrap_err().to_string().contains("cannot be read"));
    }
}
