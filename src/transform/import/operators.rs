//! Expressions of Python, from the loosest operator to the tightest; what is not read is kept as it is written.

use super::syntax::{CallExpr, Comprehension, Conditional, Expr, MAX_DEPTH, Parser};
use super::tokens::{Placed, Token};

/// Trees that lean further to the left are not read, so that no text can exhaust the stack.
const MAX_LEANING: usize = 200;

impl Parser<'_> {
    /// Counts an operator behind that left side; `None` where there are too many.
    fn lean(&mut self, left: &Expr) -> Option<()> {
        let leans = matches!(left, Expr::Binary(..) | Expr::Logic(..) | Expr::Compare(..) | Expr::If(_) | Expr::Not(_));
        self.leaning += usize::from(leans);
        (self.leaning <= MAX_LEANING).then_some(())
    }

    /// A value; what is not read is passed over up to the next comma or closing bracket.
    pub fn expr(&mut self) -> Option<Expr> {
        let begun = self.at;
        let depth = self.tokens.get(begun)?.depth;
        self.depth += 1;
        let value = if self.depth > MAX_DEPTH { None } else { self.ternary() };
        self.depth -= 1;
        let ends = |t: &Placed| {
            let sign = matches!(t.token, Token::Sign(',' | ')' | ']' | '}' | ':' | '=' | ';') | Token::Augmented(_));
            sign || t.begins || matches!(&t.token, Token::Name(word) if word == "for" || word == "if" || word == "in")
        };
        match (value, self.tokens.get(self.at)) {
            (Some(value), None) => return Some(value),
            (Some(value), Some(next)) if ends(next) => return Some(value),
            _ => {}
        }
        self.at = self.at.max(begun);
        while let Some(next) = self.tokens.get(self.at) {
            let statement = next.begins && self.at > begun;
            let comma = next.depth == depth && matches!(next.token, Token::Sign(','));
            // Or the bracket that closes what this value stands in.
            if statement || comma || next.depth < depth {
                break;
            }
            self.at += 1;
        }
        let last = self.tokens.get(self.at.saturating_sub(1).max(begun))?;
        let from = self.tokens.get(begun)?.from;
        Some(Expr::Unread(self.text.get(from..last.to.max(from)).unwrap_or_default().to_owned()))
    }

    fn ternary(&mut self) -> Option<Expr> {
        if matches!(self.peek(), Some(Token::Name(word)) if matches!(word.as_str(), "lambda" | "await" | "yield")) {
            return None;
        }
        let begun = self.at;
        let then = self.logic(false)?;
        if !self.is_word("if") || self.at_end_of_line() {
            return Some(then);
        }
        self.at += 1;
        let condition = self.logic(false)?;
        if !self.takes_word("else") {
            return None;
        }
        self.depth += 1;
        let otherwise = if self.depth > MAX_DEPTH { None } else { self.ternary() };
        self.depth -= 1;
        let otherwise = otherwise?;
        Some(Expr::If(Box::new(Conditional { then, condition, otherwise, text: self.written_since(begun) })))
    }

    /// `or`, and within it `and`.
    fn logic(&mut self, and: bool) -> Option<Expr> {
        let word = if and { "and" } else { "or" };
        let mut value = if and { self.not()? } else { self.logic(true)? };
        loop {
            if self.at_end_of_line() || !self.takes_word(word) {
                return Some(value);
            }
            let right = if and { self.not()? } else { self.logic(true)? };
            self.lean(&value)?;
            value = Expr::Logic(and, Box::new(value), Box::new(right));
        }
    }

    fn not(&mut self) -> Option<Expr> {
        if self.takes_word("not") {
            self.depth += 1;
            let value = if self.depth > MAX_DEPTH { None } else { self.not() };
            self.depth -= 1;
            return Some(Expr::Not(Box::new(value?)));
        }
        let left = self.sum()?;
        if self.at_end_of_line() {
            return Some(left);
        }
        let sign = match self.peek() {
            Some(Token::Double(sign @ ('=' | '!' | 'l' | 'g'))) => *sign,
            Some(Token::Sign(sign @ ('<' | '>'))) => *sign,
            Some(Token::Name(word)) if word == "is" => {
                self.at += 1;
                if self.is_word("not") {
                    '!'
                } else {
                    self.at -= 1;
                    '='
                }
            }
            Some(Token::Name(word)) if word == "in" => 'i',
            Some(Token::Name(word))
                if word == "not" && matches!(self.peek_at(1), Some(Token::Name(w)) if w == "in") =>
            {
                self.at += 1;
                'n'
            }
            _ => return Some(left),
        };
        self.at += 1;
        let right = self.sum()?;
        Some(Expr::Compare(sign, Box::new(left), Box::new(right)))
    }

    fn sum(&mut self) -> Option<Expr> {
        let mut value = self.product()?;
        loop {
            let sign = match self.peek() {
                Some(Token::Sign(sign @ ('+' | '-' | '|'))) if !self.at_end_of_line() => *sign,
                _ => return Some(value),
            };
            self.at += 1;
            let right = self.product()?;
            self.lean(&value)?;
            value = Expr::Binary(sign, Box::new(value), Box::new(right));
        }
    }

    fn product(&mut self) -> Option<Expr> {
        let mut value = self.unary()?;
        loop {
            let sign = match self.peek() {
                _ if self.at_end_of_line() => return Some(value),
                Some(Token::Sign(sign @ ('*' | '/' | '%'))) => *sign,
                Some(Token::Double('/')) => 'f',
                _ => return Some(value),
            };
            self.at += 1;
            let right = self.unary()?;
            self.lean(&value)?;
            value = Expr::Binary(sign, Box::new(value), Box::new(right));
        }
    }

    fn unary(&mut self) -> Option<Expr> {
        let sign = match self.peek() {
            Some(Token::Sign(sign @ ('-' | '+' | '*'))) => Some(*sign),
            Some(Token::Double('*')) => return None,
            _ => None,
        };
        if let Some(sign) = sign {
            self.at += 1;
            self.depth += 1;
            let value = if self.depth > MAX_DEPTH { None } else { self.unary() };
            self.depth -= 1;
            let value = value?;
            return Some(match (sign, value) {
                ('*', value) => Expr::Star(Box::new(value)),
                ('+', value) => value,
                (_, Expr::Int(v)) => Expr::Int(v.checked_neg()?),
                (_, Expr::Float(v)) => Expr::Float(-v),
                (_, value) => Expr::Binary('-', Box::new(Expr::Int(0)), Box::new(value)),
            });
        }
        let value = self.trailers()?;
        if self.peek() == Some(&Token::Double('*')) {
            self.at += 1;
            self.depth += 1;
            let power = if self.depth > MAX_DEPTH { None } else { self.unary() };
            self.depth -= 1;
            return Some(Expr::Binary('^', Box::new(value), Box::new(power?)));
        }
        Some(value)
    }

    /// An atom and the dots, calls and indices behind it.
    fn trailers(&mut self) -> Option<Expr> {
        let begun = self.tokens.get(self.at)?;
        let (line, from) = (begun.line, begun.from);
        let bracketed = begun.token == Token::Sign('(');
        let mut value = self.atom()?;
        for _ in 0..MAX_DEPTH {
            if self.at_end_of_line() {
                return Some(value);
            }
            let place = self.at;
            self.leaning += usize::from(bracketed);
            if self.leaning > MAX_LEANING {
                return None;
            }
            value = if self.takes('.') {
                let Some(Token::Name(name)) = self.peek().cloned() else { return None };
                self.at += 1;
                Expr::Attribute(Box::new(value), name)
            } else if self.takes('(') {
                let (args, named) = self.arguments()?;
                let to = self.tokens.get(self.at.saturating_sub(1))?.to;
                let text = self.text.get(from..to).unwrap_or_default().to_owned();
                Expr::Call(Box::new(CallExpr { callee: value, args, named, line, place, text }))
            } else if self.takes('[') {
                let (mut list, comma) = self.list(']')?;
                let index = if list.len() == 1 && !comma { list.pop()? } else { Expr::List(list) };
                Expr::Index(Box::new(value), Box::new(index))
            } else {
                return Some(value);
            };
        }
        None
    }

    fn atom(&mut self) -> Option<Expr> {
        let placed = self.tokens.get(self.at)?;
        let (from, to) = (placed.from, placed.to);
        self.at += 1;
        match &placed.token {
            Token::Int(v) => Some(Expr::Int(*v)),
            Token::Float(v) => Some(Expr::Float(*v)),
            Token::Text(v) => {
                let mut text = v.clone();
                // Strings beside each other are one.
                while let Some(Token::Text(more)) = self.peek()
                    && !self.at_end_of_line()
                {
                    text.push_str(more);
                    self.at += 1;
                }
                Some(Expr::Text(text))
            }
            Token::FormatText => Some(Expr::Unread(self.text.get(from..to).unwrap_or_default().to_owned())),
            Token::Sign('(') => {
                let (mut list, comma) = self.list(')')?;
                // Brackets around one value are only brackets.
                if list.len() == 1 && !comma && !matches!(list.first(), Some(Expr::Star(_))) {
                    list.pop()
                } else {
                    Some(Expr::List(list))
                }
            }
            Token::Sign('[') => {
                let (mut list, comma) = self.list(']')?;
                match list.first() {
                    Some(Expr::Comprehension(_)) if list.len() == 1 && !comma => list.pop(),
                    _ => Some(Expr::List(list)),
                }
            }
            Token::Sign('{') => self.dictionary(),
            Token::Name(name) => Some(match name.as_str() {
                "None" => Expr::None,
                "True" => Expr::Bool(true),
                "False" => Expr::Bool(false),
                "for" | "in" | "if" | "else" | "lambda" | "and" | "or" | "is" | "import" | "yield" => return None,
                _ => Expr::Name(name.clone()),
            }),
            _ => None,
        }
    }

    /// Values up to the closing bracket, and whether the last of them had a comma behind it.
    pub fn list(&mut self, close: char) -> Option<(Vec<Expr>, bool)> {
        let mut list = Vec::new();
        let mut comma = false;
        loop {
            if self.takes(close) {
                return Some((list, comma));
            }
            let begun = self.at;
            let item = self.expr()?;
            list.push(self.comprehension(item, begun)?);
            comma = self.takes(',');
            if !comma && self.peek() != Some(&Token::Sign(close)) {
                return None;
            }
        }
    }

    /// `item for a in list`, where the item stands before, from `begun` on.
    fn comprehension(&mut self, item: Expr, begun: usize) -> Option<Expr> {
        if !self.takes_word("for") {
            return Some(item);
        }
        let mut names = Vec::new();
        while let Some(Token::Name(name)) = self.peek().cloned() {
            self.at += 1;
            if name == "in" {
                break;
            }
            names.push(name);
            self.takes(',');
        }
        // `if` ends the list here, as it begins no choice.
        let list = self.logic(false)?;
        let condition = if self.takes_word("if") { Some(self.logic(false)?) } else { None };
        if self.is_word("for") {
            return None;
        }
        let text = self.written_since(begun);
        Some(Expr::Comprehension(Box::new(Comprehension { item, names, list, condition, text })))
    }

    fn dictionary(&mut self) -> Option<Expr> {
        let mut entries = Vec::new();
        let mut set = false;
        loop {
            if self.takes('}') {
                if set {
                    return Some(Expr::List(entries.into_iter().map(|(_, value)| value).collect()));
                }
                return Some(Expr::Dict(entries));
            }
            if self.peek() == Some(&Token::Double('*')) {
                self.at += 1;
                let value = self.expr()?;
                entries.push((None, value));
            } else {
                let key = self.expr()?;
                if self.takes(':') {
                    let value = self.expr()?;
                    entries.push((Some(key), value));
                } else {
                    set = true;
                    entries.push((None, key));
                }
            }
            if !self.takes(',') && self.peek() != Some(&Token::Sign('}')) {
                return None;
            }
        }
    }

    #[expect(clippy::type_complexity, reason = "values without names, and with")]
    fn arguments(&mut self) -> Option<(Vec<Expr>, Vec<(String, Expr)>)> {
        let (mut args, mut named) = (Vec::new(), Vec::new());
        loop {
            if self.takes(')') {
                return Some((args, named));
            }
            let key = match (self.peek(), self.peek_at(1)) {
                (Some(Token::Name(key)), Some(Token::Sign('='))) => {
                    let key = key.clone();
                    self.at += 2;
                    Some(key)
                }
                (Some(Token::Double('*')), _) => {
                    self.at += 1;
                    Some("**".to_owned())
                }
                _ => None,
            };
            let begun = self.at;
            let value = self.expr()?;
            match key {
                Some(key) => named.push((key, value)),
                None => args.push(self.comprehension(value, begun)?),
            }
            if !self.takes(',') && self.peek() != Some(&Token::Sign(')')) {
                return None;
            }
        }
    }
}
