//! Python's words and signs, with where they stand.

use super::clean::plain;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    /// A string whose value is put together while the program runs.
    FormatText,
    Sign(char),
    /// `**`, `//`, `==`, `<=` and their like: the first sign, told apart from the one alone.
    Double(char),
    /// `+=` and its like: the sign in front.
    Augmented(char),
}

#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub token: Token,
    /// 1-based.
    pub line: usize,
    /// Where it stands in the text, in bytes.
    pub from: usize,
    pub to: usize,
    /// Open brackets around it.
    pub depth: usize,
    /// A statement may begin here: it is the first of its line and no bracket is open.
    pub begins: bool,
    /// Blanks before it, where it is the first of its line.
    pub indent: usize,
}

/// Words that begin a statement and stand in no expression: an open bracket before them was never closed.
const NEVER_INSIDE: &[&str] = &["def", "class", "import", "return"];

pub(super) fn tokens(text: &str) -> Vec<Placed> {
    let (mut at, mut line, mut depth) = (0, 1, 0usize);
    let (mut first_on_line, mut indent, mut joined) = (true, 0, false);
    let mut tokens: Vec<Placed> = Vec::new();
    while let Some(found) = text[at..].chars().next() {
        let from = at;
        let sign = plain(found);
        let after = at + found.len_utf8();
        let next = text[after..].chars().next().map_or(' ', plain);
        let token = match sign {
            '\n' => {
                line += 1;
                (first_on_line, indent, joined) = (!joined, 0, false);
                at = after;
                continue;
            }
            '#' => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            _ if sign.is_whitespace() => {
                indent += if !first_on_line {
                    0
                } else if sign == '\t' {
                    8 - indent % 8
                } else {
                    1
                };
                at = after;
                continue;
            }
            '\\' => {
                joined = true;
                at = after;
                continue;
            }
            '"' | '\'' => {
                let (value, end) = string(text, at);
                line += text[at..end].matches('\n').count();
                at = end;
                Token::Text(value)
            }
            _ if sign.is_ascii_digit() || (sign == '.' && next.is_ascii_digit()) => {
                let (value, end) = number(text, at);
                at = end;
                value
            }
            _ if sign == '_' || sign.is_alphabetic() => {
                let (word, end) = word(text, at);
                line += text[at..end].matches('\n').count();
                at = end;
                word
            }
            _ => {
                let two = of_two_signs(sign, next);
                at = if two.is_some() { after + text[after..].chars().next().map_or(0, char::len_utf8) } else { after };
                two.unwrap_or(Token::Sign(sign))
            }
        };
        if first_on_line && matches!(&token, Token::Name(name) if NEVER_INSIDE.contains(&name.as_str())) {
            depth = 0;
        }
        if matches!(token, Token::Sign(')' | ']' | '}')) {
            depth = depth.saturating_sub(1);
        }
        let begins = first_on_line && depth == 0;
        let opens = matches!(token, Token::Sign('(' | '[' | '{'));
        tokens.push(Placed { token, line, from, to: at, depth, begins, indent });
        depth += usize::from(opens);
        (first_on_line, joined) = (false, false);
    }
    tokens
}

/// The name that begins at `from`, or the string that it is only the prefix of (`r"..."` and the like); and where it ends.
fn word(text: &str, from: usize) -> (Token, usize) {
    let is_part = |c: char| plain(c).is_alphanumeric() || plain(c) == '_';
    let at = from + text[from..].find(|c: char| !is_part(c)).unwrap_or(text.len() - from);
    let word: String = text[from..at].chars().map(plain).collect();
    let quoted = matches!(text[at..].chars().next().map(plain), Some('"' | '\''));
    if quoted && word.len() <= 2 && word.chars().all(|c| "rRbBuUfF".contains(c)) {
        let (value, end) = string(text, at);
        let formatted = word.contains(['f', 'F']) && value.contains('{');
        (if formatted { Token::FormatText } else { Token::Text(value) }, end)
    } else {
        (Token::Name(word), at)
    }
}

/// What a sign and the one behind it are together, where they are one word.
fn of_two_signs(sign: char, next: char) -> Option<Token> {
    match sign {
        '*' | '/' | '<' | '>' | '=' if next == sign => Some(Token::Double(sign)),
        // `<=` is not `<<`, which stands in no chain.
        '<' if next == '=' => Some(Token::Double('l')),
        '>' if next == '=' => Some(Token::Double('g')),
        '!' if next == '=' => Some(Token::Double('!')),
        '+' | '-' | '*' | '/' | '%' | '|' | '&' if next == '=' => Some(Token::Augmented(sign)),
        _ => None,
    }
}

/// The text in quotes that begins at `at`, and where it ends: at its line's end where nothing closes it, or at the
/// text's with three quotes.
fn string(text: &str, at: usize) -> (String, usize) {
    let opening = text[at..].chars().next().unwrap_or('"');
    let typographic = !opening.is_ascii();
    let quote = plain(opening);
    let closes = |c: char| c == quote || (typographic && plain(c) == quote);
    let body = at + opening.len_utf8();
    let triple = !typographic && text[body..].starts_with([quote]) && text[body + 1..].starts_with([quote]);
    let body = if triple { body + 2 } else { body };
    let mark = quote.to_string().repeat(3);
    let mut escaped = false;
    for (i, c) in text[body..].char_indices() {
        let here = body + i;
        if !escaped && triple && text[here..].starts_with(&mark) {
            return (text[body..here].to_owned(), here + 3);
        }
        if !escaped && !triple && closes(c) {
            return (text[body..here].to_owned(), here + c.len_utf8());
        }
        if c == '\n' && !triple && !escaped {
            return (text[body..here].to_owned(), here);
        }
        escaped = c == '\\' && !escaped;
    }
    (text[body..].to_owned(), text.len())
}

fn number(text: &str, at: usize) -> (Token, usize) {
    let rest = &text[at..];
    let mut digits = String::new();
    let mut end = 0;
    for (i, c) in rest.char_indices() {
        let sign = plain(c);
        let after_exponent = digits.ends_with(['e', 'E']) && !digits.starts_with("0x");
        if !(sign.is_ascii_alphanumeric() || sign == '.' || sign == '_' || (after_exponent && "+-".contains(sign))) {
            break;
        }
        end = i + c.len_utf8();
        digits.push(sign);
    }
    let plain_digits = digits.replace('_', "");
    let hexadecimal = plain_digits.strip_prefix("0x").and_then(|hex| i64::from_str_radix(hex, 16).ok());
    let token = match (hexadecimal, plain_digits.parse::<i64>(), plain_digits.parse::<f64>()) {
        (Some(v), ..) | (_, Ok(v), _) => Token::Int(v),
        (_, _, Ok(v)) => Token::Float(v),
        _ => Token::Name(digits),
    };
    (token, at + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that is taken for a name's beginning and not for a part of it would be read for ever.
    #[test]
    fn every_sign_is_passed() {
        for sign in ('\0'..=char::MAX).filter(|sign| !sign.is_whitespace()) {
            let text = format!("{sign}x");
            assert!(tokens(&text).len() <= 2, "{sign:?}");
        }
        let names: Vec<Token> = tokens("Rand＿Flip").into_iter().map(|placed| placed.token).collect();
        assert!(matches!(&names[..], [Token::Name(name)] if name == "Rand_Flip"), "{names:?}");
    }
}
