//! What sources say: the messages that they make, and the sentences that stand in them.

use super::rust_source::{Token, files, read, tokens};
use std::collections::BTreeSet;
use std::path::Path;

/// A `msg!` or `tr!` of the sources.
pub struct Said {
    /// `src/ui/mod.rs:12`.
    pub place: String,
    pub id: String,
    pub args: BTreeSet<String>,
}

/// All messages that the program makes.
pub fn messages() -> Vec<Said> {
    files("").iter().flat_map(|file| said_in(&place(file), &read(file))).collect()
}

/// The ids that code goes by, of `.is("…")` and `.says("…")`, with where they stand. Those of `src/language`, whose tests make ids up,
/// are left out.
pub fn asked_for() -> Vec<(String, String)> {
    let outside = files("").into_iter().filter(|file| !place(file).starts_with("src/language/"));
    outside.flat_map(|file| asked_in(&place(&file), &read(&file))).collect()
}

/// Texts of a layer's code that read as a sentence to a person: at least two words of letters, not within a test or an
/// attribute, but for `#[error("…")]`, which is shown. With where they stand.
pub fn sentences(layer: &str) -> Vec<(String, String)> {
    literals(layer, |text, before| word_count(text) > 1 && !in_attribute(before))
}

/// All texts of a layer's code but for tests, with where they stand.
pub fn texts(layer: &str) -> Vec<(String, String)> {
    literals(layer, |_, _| true)
}

fn literals(layer: &str, is_wanted: impl Fn(&str, &[(usize, Token)]) -> bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in files(layer) {
        let name = place(&file);
        if name.contains("/tests") || name.contains("/golden_") || name.ends_with("played.rs") {
            continue;
        }
        let tokens = without_tests(tokens(&read(&file)));
        for (i, (line, token)) in tokens.iter().enumerate() {
            let Token::Text(text) = token else { continue };
            if is_wanted(text, &tokens[..i]) {
                found.push((format!("{name}:{line}"), text.clone()));
            }
        }
    }
    found
}

/// Words of at least two letters, arguments left out.
fn word_count(text: &str) -> usize {
    let mut depth = 0_usize;
    let spoken: String = text
        .chars()
        .filter(|c| {
            depth = match c {
                '{' => depth + 1,
                '}' => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0 && *c != '}'
        })
        .collect();
    spoken.split(' ').filter(|word| word.chars().filter(|c| c.is_ascii_alphabetic()).count() > 1).count()
}

fn place(file: &Path) -> String {
    file.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("within").to_string_lossy().replace('\\', "/")
}

fn said_in(place: &str, source: &str) -> Vec<Said> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    for (i, (line, token)) in tokens.iter().enumerate() {
        let is_macro = matches!(token, Token::Word(word) if word == "msg" || word == "tr");
        let [(_, Token::Sign('!')), (_, Token::Sign('(')), (_, Token::Text(id)), rest @ ..] = &tokens[i + 1..] else {
            continue;
        };
        if is_macro {
            found.push(Said { place: format!("{place}:{line}"), id: id.clone(), args: arguments(rest) });
        }
    }
    found
}

fn asked_in(place: &str, source: &str) -> Vec<(String, String)> {
    let tokens = tokens(source);
    let asked = tokens.windows(4).filter_map(|of| match of {
        [(_, Token::Sign('.')), (line, Token::Word(word)), (_, Token::Sign('(')), (_, Token::Text(id))] => {
            (word == "is" || word == "says").then(|| (format!("{place}:{line}"), id.clone()))
        }
        _ => None,
    });
    asked.collect()
}

/// The names behind each comma of the macro's own level, up to its closing bracket.
fn arguments(tokens: &[(usize, Token)]) -> BTreeSet<String> {
    let mut args = BTreeSet::new();
    let (mut depth, mut begins) = (0, false);
    for (_, token) in tokens {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') if depth == 0 => break,
            Token::Sign(')' | ']' | '}') => depth -= 1,
            Token::Word(name) if begins && depth == 0 => {
                args.insert(name.clone());
            }
            _ => {}
        }
        begins = *token == Token::Sign(',') && depth == 0;
    }
    args
}

/// Whether what comes next stands in a `#[…]` that is not of `thiserror`.
fn in_attribute(before: &[(usize, Token)]) -> bool {
    let mut depth = 0;
    for i in (0..before.len()).rev() {
        match &before[i].1 {
            Token::Sign(']') => depth += 1,
            Token::Sign('[') if depth == 0 => {
                let shown = matches!(before.get(i + 1), Some((_, Token::Word(word))) if word == "error");
                return i > 0 && matches!(before[i - 1].1, Token::Sign('#' | '!')) && !shown;
            }
            Token::Sign('[') => depth -= 1,
            Token::Sign(';') => return false,
            _ => {}
        }
    }
    false
}

/// Cuts out what follows `#[cfg(test)]` and `#[test]`, up to the end of its block or statement.
fn without_tests(tokens: Vec<(usize, Token)>) -> Vec<(usize, Token)> {
    let word =
        |token: Option<&(usize, Token)>, wanted: &str| matches!(token, Some((_, Token::Word(word))) if word == wanted);
    let sign =
        |token: Option<&(usize, Token)>, wanted: char| matches!(token, Some((_, Token::Sign(sign))) if *sign == wanted);
    let mut kept = Vec::with_capacity(tokens.len());
    let mut i = 0;
    while i < tokens.len() {
        let at = |n: usize| tokens.get(i + n);
        let opens = sign(at(0), '#') && sign(at(1), '[');
        let cfg_test = word(at(2), "cfg") && sign(at(3), '(') && word(at(4), "test");
        if !opens || !(word(at(2), "test") || cfg_test) {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        let mut depth = 0;
        while i < tokens.len() {
            match tokens[i].1 {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') if depth <= 1 => break,
                Token::Sign('}') => depth -= 1,
                Token::Sign(';') if depth == 0 => break,
                _ => {}
            }
            i += 1;
        }
        i += 1;
    }
    kept
}

#[test]
fn sources_are_read_as_the_compiler_reads_them() {
    let source = r##"
        /// msg!("in-a-comment")
        fn f() { g(msg!("a-b", n = h(1, 2), name), tr!("c-d"), r#"x "quoted" y"#, 'x', '\''); }
        #[cfg(test)]
        mod tests { fn g() { "in a test" } }
        #[deprecated(note = "in an attribute")]
        fn k() -> &'static str { "a sentence \
            that goes on" }
    "##;
    let said = said_in("x.rs", source);
    let ids: Vec<&str> = said.iter().map(|said| said.id.as_str()).collect();
    assert_eq!(ids, ["a-b", "c-d"]);
    assert_eq!(said[0].args, ["n", "name"].map(str::to_owned).into());
    assert_eq!(said[0].place, "x.rs:3");
    let asked = asked_in("x.rs", r#"a.is("e-f") && a.says("g-h") || a.is(id) && is("i-j") && a.has("k-l")"#);
    assert_eq!(asked, [("x.rs:1".to_owned(), "e-f".to_owned()), ("x.rs:1".to_owned(), "g-h".to_owned())]);
    let kept = without_tests(tokens(source));
    let texts: Vec<&Token> = kept.iter().map(|(_, token)| token).filter(|t| matches!(t, Token::Text(_))).collect();
    assert!(texts.contains(&&Token::Text("a sentence that goes on".to_owned())), "{texts:?}");
    assert!(!texts.contains(&&Token::Text("in a test".to_owned())), "{texts:?}");
    let attributes = tokens("#[deprecated(note = \"a b\")] #[error(\"c d\")]");
    let exempt = |text: &str| {
        let at = attributes.iter().position(|(_, token)| *token == Token::Text(text.to_owned())).unwrap();
        in_attribute(&attributes[..at])
    };
    assert!(exempt("a b") && !exempt("c d"));
}
