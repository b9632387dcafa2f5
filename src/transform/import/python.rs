//! The part of Python in which chains of transforms are written: calls, literals, arithmetic on numbers, names that were
//! given a literal before. Nothing is run. A full Python parser would bring a large tree of dependencies for this one
//! paste.

use std::collections::BTreeMap;

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A list, tuple or set.
    List(Vec<Expr>),
    /// A name, dots and all, that stands for nothing known here.
    Name(String),
    Call(Call),
    /// What is not read, as written.
    Unread(String),
}

/// `a.b.Name(1, key=2)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// With its dots.
    pub name: String,
    pub args: Vec<Expr>,
    pub named: Vec<(String, Expr)>,
    /// Of the pasted text, 1-based.
    pub line: usize,
}

impl Call {
    /// The name behind the last dot.
    pub(crate) fn short_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    Sign(char),
    /// `**` and `//`, told apart from two signs.
    Double(char),
}

#[derive(Debug, Clone)]
struct Placed {
    token: Token,
    line: usize,
    /// Where it stands in the text, in bytes.
    from: usize,
    to: usize,
    /// Open brackets around it.
    depth: usize,
    first_on_line: bool,
}

/// Nesting deeper than this is not read, so that no text can exhaust the stack.
const MAX_DEPTH: usize = 64;

/// Reads a text: every outermost call that `wanted` says yes to, in order; where there is none, the text as one value
/// or as values one after the other.
pub(crate) fn read(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Expr> {
    let tokens = tokens(text);
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0, names: BTreeMap::new() };
    let mut found = Vec::new();
    while parser.at < tokens.len() {
        let begun = parser.at;
        if parser.assignment() {
            // `name = Compose([...])`: the call is looked at again below, as what follows.
            continue;
        }
        if matches!(parser.peek(), Some(Token::Name(_))) {
            let expr = parser.atom();
            if let Some(Expr::Call(call)) = expr
                && wanted(call.short_name())
            {
                found.push(Expr::Call(call));
                continue;
            }
        }
        parser.at = begun + 1;
    }
    if !found.is_empty() {
        return found;
    }
    parser.at = 0;
    let mut values = Vec::new();
    while parser.at < tokens.len() {
        let begun = parser.at;
        if let Some(value) = parser.expr() {
            values.push(value);
        }
        while matches!(parser.peek(), Some(Token::Sign(','))) {
            parser.at += 1;
        }
        parser.at = parser.at.max(begun + 1);
    }
    values
}

fn tokens(text: &str) -> Vec<Placed> {
    let bytes = text.as_bytes();
    let (mut at, mut line, mut depth) = (0, 1, 0usize);
    let mut first_on_line = true;
    let mut tokens = Vec::new();
    while let Some(&byte) = bytes.get(at) {
        let from = at;
        let token = match byte {
            b'\n' => {
                line += 1;
                first_on_line = true;
                at += 1;
                continue;
            }
            b'#' => {
                at += text[at..].find('\n').unwrap_or(text.len() - at);
                continue;
            }
            _ if byte.is_ascii_whitespace() || byte == b'\\' => {
                at += 1;
                continue;
            }
            b'"' | b'\'' => {
                let (value, end) = string(text, at);
                line += text[at..end].matches('\n').count();
                at = end;
                Token::Text(value)
            }
            _ if byte.is_ascii_digit() || (byte == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)) => {
                let (value, end) = number(text, at);
                at = end;
                value
            }
            _ if byte == b'_' || byte.is_ascii_alphabetic() => {
                let len = text[at..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len() - at);
                at += len;
                let prefix = &text[from..at];
                // r"..." and the like.
                if len <= 2
                    && matches!(bytes.get(at), Some(b'"' | b'\''))
                    && prefix.chars().all(|c| "rRbBuUfF".contains(c))
                {
                    let (value, end) = string(text, at);
                    at = end;
                    Token::Text(value)
                } else {
                    Token::Name(prefix.to_owned())
                }
            }
            b'*' | b'/' if bytes.get(at + 1) == Some(&byte) => {
                at += 2;
                Token::Double(char::from(byte))
            }
            _ => {
                let sign = text[at..].chars().next().unwrap_or(' ');
                at += sign.len_utf8();
                Token::Sign(sign)
            }
        };
        if matches!(token, Token::Sign(')' | ']' | '}')) {
            depth = depth.saturating_sub(1);
        }
        tokens.push(Placed { line, from, to: at, depth, first_on_line, token: token.clone() });
        if matches!(token, Token::Sign('(' | '[' | '{')) {
            depth += 1;
        }
        first_on_line = false;
    }
    tokens
}

/// The text in quotes that begins at `at`, and where it ends; up to the text's end where nothing closes it.
fn string(text: &str, at: usize) -> (String, usize) {
    let rest = &text[at..];
    let quote = &rest[..1];
    let triple = quote.repeat(3);
    let mark = if rest.starts_with(&triple) { triple.as_str() } else { quote };
    let body = &rest[mark.len()..];
    let mut escaped = false;
    for (i, c) in body.char_indices() {
        if !escaped && body[i..].starts_with(mark) {
            return (body[..i].to_owned(), at + mark.len() + i + mark.len());
        }
        escaped = c == '\\' && !escaped;
    }
    (body.to_owned(), text.len())
}

fn number(text: &str, at: usize) -> (Token, usize) {
    let rest = &text[at..];
    let mut end = 0;
    for (i, c) in rest.char_indices() {
        let after_exponent = rest[..i].ends_with(['e', 'E']);
        let part = c.is_ascii_alphanumeric() || c == '.' || c == '_' || (after_exponent && (c == '-' || c == '+'));
        if !part {
            break;
        }
        end = i + 1;
    }
    let digits = rest[..end].replace('_', "");
    let token = match (digits.parse::<i64>(), digits.parse::<f64>()) {
        (Ok(v), _) => Token::Int(v),
        (_, Ok(v)) => Token::Float(v),
        _ => Token::Name(digits),
    };
    (token, at + end)
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Placed],
    at: usize,
    depth: usize,
    /// What names were given.
    names: BTreeMap<String, Expr>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|t| &t.token)
    }

    fn takes(&mut self, sign: char) -> bool {
        let yes = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(yes);
        yes
    }

    /// `name = literal` at the beginning of a line is remembered. True where the parser now stands behind it; a call
    /// is left for the caller to look at.
    fn assignment(&mut self) -> bool {
        let Some(Placed { token: Token::Name(name), first_on_line: true, depth: 0, .. }) = self.tokens.get(self.at)
        else {
            return false;
        };
        let is_equals = |i: usize| self.tokens.get(i).map(|t| &t.token) == Some(&Token::Sign('='));
        if !is_equals(self.at + 1) || is_equals(self.at + 2) {
            return false;
        }
        let name = name.clone();
        self.at += 2;
        let begun = self.at;
        match self.expr() {
            Some(Expr::Call(_)) => self.at = begun,
            Some(value) if !matches!(value, Expr::Unread(_)) => {
                self.names.insert(name, value);
            }
            _ => {}
        }
        true
    }

    /// A value; what is not read is passed over up to the next comma or closing bracket.
    fn expr(&mut self) -> Option<Expr> {
        let begun = self.at;
        let depth = self.tokens.get(begun)?.depth;
        self.depth += 1;
        let value = if self.depth > MAX_DEPTH { None } else { self.sum() };
        self.depth -= 1;
        let ends = |t: &Placed| matches!(t.token, Token::Sign(',' | ')' | ']' | '}' | ':')) || t.first_on_line;
        match (value, self.tokens.get(self.at)) {
            (Some(value), None) => return Some(value),
            (Some(value), Some(next)) if ends(next) => return Some(value),
            _ => {}
        }
        self.at = self.at.max(begun);
        while let Some(next) = self.tokens.get(self.at) {
            let outermost = depth == 0 && next.depth == 0 && next.first_on_line && self.at > begun;
            if outermost || (next.depth <= depth && matches!(next.token, Token::Sign(',')) && next.depth == depth) {
                break;
            }
            // The bracket that closes what this value stands in.
            if next.depth < depth {
                break;
            }
            self.at += 1;
        }
        let last = self.tokens.get(self.at.saturating_sub(1).max(begun))?;
        let from = self.tokens.get(begun)?.from;
        Some(Expr::Unread(self.text.get(from..last.to.max(from)).unwrap_or_default().to_owned()))
    }

    fn sum(&mut self) -> Option<Expr> {
        let mut value = self.product()?;
        while let Some(Token::Sign(sign @ ('+' | '-'))) = self.peek().cloned() {
            if self.tokens.get(self.at).is_some_and(|t| t.first_on_line && t.depth == 0) {
                break;
            }
            self.at += 1;
            let right = self.product()?;
            value = arithmetic(value, right, sign)?;
        }
        Some(value)
    }

    fn product(&mut self) -> Option<Expr> {
        let mut value = self.unary()?;
        loop {
            let sign = match self.peek() {
                Some(Token::Sign(sign @ ('*' | '/' | '%'))) => *sign,
                Some(Token::Double('/')) => 'f',
                _ => return Some(value),
            };
            self.at += 1;
            let right = self.unary()?;
            value = arithmetic(value, right, sign)?;
        }
    }

    fn unary(&mut self) -> Option<Expr> {
        if self.takes('-') {
            self.depth += 1;
            let value = if self.depth > MAX_DEPTH { None } else { self.unary() };
            self.depth -= 1;
            return arithmetic(Expr::Int(0), value?, '-');
        }
        let value = self.atom()?;
        if self.peek() == Some(&Token::Double('*')) {
            self.at += 1;
            let power = self.unary()?;
            return arithmetic(value, power, '^');
        }
        Some(value)
    }

    fn atom(&mut self) -> Option<Expr> {
        let placed = self.tokens.get(self.at)?;
        let line = placed.line;
        self.at += 1;
        match &placed.token {
            Token::Int(v) => Some(Expr::Int(*v)),
            Token::Float(v) => Some(Expr::Float(*v)),
            Token::Text(v) => Some(Expr::Text(v.clone())),
            Token::Sign('(') => {
                let (mut list, comma) = self.list(')')?;
                // Brackets around one value are only brackets.
                if list.len() == 1 && !comma { list.pop() } else { Some(Expr::List(list)) }
            }
            Token::Sign('[') => Some(Expr::List(self.list(']')?.0)),
            Token::Name(name) => {
                let mut name = name.clone();
                while self.peek() == Some(&Token::Sign('.')) {
                    let Some(Placed { token: Token::Name(next), .. }) = self.tokens.get(self.at + 1) else {
                        return None;
                    };
                    name = format!("{name}.{next}");
                    self.at += 2;
                }
                if self.takes('(') {
                    return self.call(name, line).map(Expr::Call);
                }
                Some(self.named(name))
            }
            _ => None,
        }
    }

    /// What a name stands for.
    fn named(&self, name: String) -> Expr {
        match name.as_str() {
            "None" => Expr::None,
            "True" => Expr::Bool(true),
            "False" => Expr::Bool(false),
            "np.pi" | "numpy.pi" | "math.pi" | "torch.pi" | "pi" => Expr::Float(std::f64::consts::PI),
            _ => self.names.get(&name).cloned().unwrap_or(Expr::Name(name)),
        }
    }

    /// Values up to the closing bracket, and whether the last of them had a comma behind it.
    fn list(&mut self, close: char) -> Option<(Vec<Expr>, bool)> {
        let mut list = Vec::new();
        let mut comma = false;
        loop {
            if self.takes(close) {
                return Some((list, comma));
            }
            list.push(self.expr()?);
            comma = self.takes(',');
            if !comma && self.peek() != Some(&Token::Sign(close)) {
                return None;
            }
        }
    }

    fn call(&mut self, name: String, line: usize) -> Option<Call> {
        let mut call = Call { name, args: Vec::new(), named: Vec::new(), line };
        loop {
            if self.takes(')') {
                return Some(call);
            }
            let key = match (self.tokens.get(self.at).map(|t| &t.token), self.tokens.get(self.at + 1).map(|t| &t.token))
            {
                (Some(Token::Name(key)), Some(Token::Sign('='))) => Some(key.clone()),
                _ => None,
            };
            self.at += if key.is_some() { 2 } else { 0 };
            let value = self.expr()?;
            match key {
                Some(key) => call.named.push((key, value)),
                None => call.args.push(value),
            }
            if !self.takes(',') && self.peek() != Some(&Token::Sign(')')) {
                return None;
            }
        }
    }
}

/// Rounded down, as Python's `//` is, whatever the signs.
fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    if a % b != 0 && (a < 0) != (b < 0) { quotient.checked_sub(1) } else { Some(quotient) }
}

fn arithmetic(left: Expr, right: Expr, sign: char) -> Option<Expr> {
    if let (Expr::Int(a), Expr::Int(b)) = (&left, &right) {
        let whole = match sign {
            '+' => a.checked_add(*b),
            '-' => a.checked_sub(*b),
            '*' => a.checked_mul(*b),
            'f' if *b != 0 => floor_div(*a, *b),
            '%' if *b != 0 => floor_div(*a, *b).and_then(|q| a.checked_sub(q.checked_mul(*b)?)),
            '^' => u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)),
            _ => None,
        };
        if let Some(whole) = whole {
            return Some(Expr::Int(whole));
        }
    }
    let number = |e: &Expr| match e {
        Expr::Int(v) => Some(*v as f64),
        Expr::Float(v) => Some(*v),
        _ => None,
    };
    let (a, b) = (number(&left)?, number(&right)?);
    Some(Expr::Float(match sign {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        'f' => (a / b).floor(),
        '%' => a.rem_euclid(b),
        _ => a.powf(b),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Expr {
        let mut values = read(text, |name| name == "Compose");
        assert_eq!(values.len(), 1, "{text}: {values:?}");
        values.remove(0)
    }

    #[test]
    fn values_are_pythons() {
        for (text, value) in [
            ("-3", Expr::Int(-3)),
            ("1_000", Expr::Int(1000)),
            ("2 ** 3 * 2", Expr::Int(16)),
            ("7 // 2", Expr::Int(3)),
            ("1e-3", Expr::Float(1e-3)),
            ("np.pi / 12", Expr::Float(std::f64::consts::PI / 12.0)),
            ("-(1 - 0.5)", Expr::Float(-0.5)),
            ("'a' # b", Expr::Text("a".into())),
            ("r\"\"\"a'b\"\"\"", Expr::Text("a'b".into())),
            ("(1, 2)", Expr::List(vec![Expr::Int(1), Expr::Int(2)])),
            ("(1,)", Expr::List(vec![Expr::Int(1)])),
            ("(1)", Expr::Int(1)),
            ("[]", Expr::List(vec![])),
            ("None", Expr::None),
            ("a.b", Expr::Name("a.b".into())),
        ] {
            assert_eq!(one(text), value, "{text}");
        }
    }

    #[test]
    fn calls_are_found_in_a_script() {
        let text = "import x\nsize = (224, 224)\n\ntrain = T.Compose([\n    T.Resize(size),  # first\n    f(lambda v: v[0], \
                    p=0.5, q=x if y else z),\n])\nprint(Compose)\n";
        let Expr::Call(call) = one(text) else { panic!() };
        assert_eq!((call.name.as_str(), call.short_name(), call.line), ("T.Compose", "Compose", 4));
        let Some(Expr::List(steps)) = call.args.first() else { panic!("{call:?}") };
        let Expr::Call(resize) = &steps[0] else { panic!("{steps:?}") };
        assert_eq!(resize.args, [Expr::List(vec![Expr::Int(224), Expr::Int(224)])]);
        let Expr::Call(f) = &steps[1] else { panic!("{steps:?}") };
        assert_eq!(f.args, [Expr::Unread("lambda v: v[0]".into())]);
        assert_eq!(f.named[0], ("p".into(), Expr::Float(0.5)));
        assert_eq!(f.named[1], ("q".into(), Expr::Unread("x if y else z".into())));
    }

    #[test]
    fn anything_comes_to_an_end() {
        let nested = format!("Compose({}", "[".repeat(10_000));
        for text in
            ["", "(", "Compose(", "Compose([", "a.", "'", "x = ", "]]]", "Compose(a=)", "1 +", "é(ü=ß)", &nested]
        {
            let _ = read(text, |name| name == "Compose");
        }
    }
}
