//! Rust sources as tests read them that hold a rule of the sources: which files there are, and their words.

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};
use std::path::{Path, PathBuf};

/// A word of a source that matters to a rule; comments, numbers and characters are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// An identifier or a keyword.
    Word(String),
    /// A string literal's value, without the unusual escapes.
    Text(String),
    Sign(char),
}

/// The words of a source, each with its line.
pub fn tokens(source: &str) -> Vec<(usize, Token)> {
    let (mut found, mut begin, mut line) = (Vec::new(), 0, 1);
    for token in tokenize(source, FrontmatterAllowed::No) {
        let text = &source[begin..begin + token.len as usize];
        begin += text.len();
        let word = match token.kind {
            TokenKind::Ident => Some(Token::Word(text.to_owned())),
            TokenKind::RawIdent => Some(Token::Word(text.trim_start_matches("r#").to_owned())),
            TokenKind::Literal { kind: LiteralKind::Str { .. }, .. } => Some(Token::Text(unescape(text))),
            TokenKind::Literal { kind: LiteralKind::RawStr { n_hashes: Some(hashes) }, .. } => {
                let around = usize::from(hashes) + 1;
                Some(Token::Text(text[1 + around..text.len() - around].to_owned()))
            }
            TokenKind::Literal { .. }
            | TokenKind::Lifetime { .. }
            | TokenKind::Whitespace
            | TokenKind::LineComment { .. }
            | TokenKind::BlockComment { .. } => None,
            _ => text.chars().next().map(Token::Sign),
        };
        found.extend(word.map(|word| (line, word)));
        line += text.matches('\n').count();
    }
    found
}

/// The value of a string literal in its quotes: a line that goes on has no indentation, `\n` is a line's end, and of other escapes the
/// character stands for itself.
fn unescape(literal: &str) -> String {
    let mut rest = literal.trim_start_matches('"').chars().peekable();
    let mut text = String::new();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next() {
            Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
            Some('n') => text.push('\n'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text.truncate(text.len() - usize::from(text.ends_with('"')));
    text
}

/// The Rust files in a folder of `src` and in those below it, sorted; all for "".
pub fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("readable").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

pub fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a source is UTF-8")
}
