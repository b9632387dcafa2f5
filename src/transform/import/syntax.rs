//! The part of Python in which chains of transforms are written: statements that give names to values, calls, literals,
//! arithmetic. It is read, never run; what it means is worked out by `evaluate`. A full Python parser would bring a large
//! tree of dependencies for this one paste.

use super::tokens::{Placed, Token, tokens};

/// An expression as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A list, tuple or set; `*x` in it is a [`Self::Star`].
    List(Vec<Expr>),
    /// No key is `**x`.
    Dict(Vec<(Option<Expr>, Expr)>),
    Name(String),
    Attribute(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    Call(Box<CallExpr>),
    /// `+`, `-`, `*`, `/`, `%`, `f` for `//`, `^` for `**`.
    Binary(char, Box<Expr>, Box<Expr>),
    /// `=` for `==`, `!`, `<`, `>`, `l` for `<=`, `g` for `>=`, `i` for `in`, `n` for `not in`.
    Compare(char, Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    /// True: `and`; false: `or`.
    Logic(bool, Box<Expr>, Box<Expr>),
    If(Box<Conditional>),
    Star(Box<Expr>),
    Comprehension(Box<Comprehension>),
    /// What is not read, as written.
    Unread(String),
}

/// `callee(1, key=2)`; no key and a [`Expr::Star`] is `*x`, the key `**` is `**x`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallExpr {
    pub callee: Expr,
    pub args: Vec<Expr>,
    pub named: Vec<(String, Expr)>,
    /// Of the pasted text, 1-based.
    pub line: usize,
    /// Where it stands in the text: no other call stands there.
    pub place: usize,
    /// As written.
    pub text: String,
}

/// `then if condition else otherwise`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conditional {
    pub then: Expr,
    pub condition: Expr,
    pub otherwise: Expr,
    /// As written.
    pub text: String,
}

/// `item for name in list if condition`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comprehension {
    pub item: Expr,
    pub names: Vec<String>,
    pub list: Expr,
    pub condition: Option<Expr>,
    /// As written.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub line: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// `import a.b as c` and `from a.b import c as d`: the whole name and what it is called here; `*` is everything.
    Import(Vec<(String, String)>),
    /// All targets are given the value; with an operator it is joined to what they had.
    Assign {
        targets: Vec<Expr>,
        operator: Option<char>,
        value: Expr,
    },
    Value(Expr),
    /// Conditions and what is done where they hold; no condition is `else`.
    If(Vec<(Option<Expr>, Vec<Statement>)>),
    /// A loop, whose body may be done never or often.
    Loop(Vec<Statement>),
    /// What is done once or never: `except`, `match` and its cases.
    Perhaps(Vec<Statement>),
    /// What is done in any case: `with`, `try`.
    Block(Vec<Statement>),
    /// Names within a function that are those outside.
    Global(Vec<String>),
    Function(Function),
    Class {
        name: String,
        bases: Vec<Expr>,
        body: Vec<Statement>,
    },
    Return(Expr),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Function {
    pub name: String,
    /// With their defaults.
    pub params: Vec<(String, Option<Expr>)>,
    pub body: Vec<Statement>,
}

/// Nesting deeper than this is not read, so that no text can exhaust the stack.
pub(super) const MAX_DEPTH: usize = 48;
/// The statements of a text.
pub(super) fn parse(text: &str) -> Vec<Statement> {
    let tokens = tokens(text);
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0, leaning: 0 };
    let mut statements = Vec::new();
    while parser.at < tokens.len() {
        let begun = parser.at;
        let indent = tokens.get(begun).map_or(0, |t| t.indent);
        statements.extend(parser.block(indent));
        parser.at = parser.at.max(begun + 1);
    }
    statements
}

/// One expression and nothing else.
pub(super) fn parse_value(text: &str) -> Option<Expr> {
    let tokens = tokens(text);
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0, leaning: 0 };
    let value = parser.expr()?;
    (parser.at >= tokens.len() && !matches!(value, Expr::Unread(_))).then_some(value)
}

pub(super) struct Parser<'a> {
    pub text: &'a str,
    pub tokens: &'a [Placed],
    pub at: usize,
    pub depth: usize,
    /// Operators of the statement whose left side has operators of its own: that deep the tree leans.
    pub leaning: usize,
}

impl Parser<'_> {
    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|t| &t.token)
    }

    pub fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|t| &t.token)
    }

    pub fn takes(&mut self, sign: char) -> bool {
        let yes = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(yes);
        yes
    }

    pub fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Name(name)) if name == word)
    }

    pub fn takes_word(&mut self, word: &str) -> bool {
        let yes = self.is_word(word);
        self.at += usize::from(yes);
        yes
    }

    /// A new statement begins here, or the text ends.
    pub fn at_end_of_line(&self) -> bool {
        self.tokens.get(self.at).is_none_or(|t| t.begins)
    }

    /// Statements of that indentation or a deeper one.
    fn block(&mut self, indent: usize) -> Vec<Statement> {
        let mut statements = Vec::new();
        while let Some(placed) = self.tokens.get(self.at) {
            if placed.begins && placed.indent < indent {
                break;
            }
            let begun = self.at;
            if !self.takes(';') {
                statements.extend(self.statement());
            }
            self.at = self.at.max(begun + 1);
        }
        statements
    }

    /// What follows a header's colon: the rest of its line, or the lines further in.
    fn body(&mut self, indent: usize) -> Vec<Statement> {
        // Whatever of the header was not read.
        while self.tokens.get(self.at).is_some_and(|t| !(t.begins || t.depth == 0 && t.token == Token::Sign(':'))) {
            self.at += 1;
        }
        if !self.takes(':') {
            return Vec::new();
        }
        if !self.at_end_of_line() {
            let mut statements = Vec::new();
            while !self.at_end_of_line() {
                let begun = self.at;
                if !self.takes(';') {
                    statements.extend(self.statement());
                }
                self.at = self.at.max(begun + 1);
            }
            return statements;
        }
        let deeper = self.tokens.get(self.at).map_or(0, |t| t.indent);
        if deeper <= indent || self.depth >= MAX_DEPTH {
            return Vec::new();
        }
        self.depth += 1;
        let statements = self.block(deeper);
        self.depth -= 1;
        statements
    }

    fn statement(&mut self) -> Option<Statement> {
        self.leaning = 0;
        let placed = self.tokens.get(self.at)?;
        let (line, indent) = (placed.line, placed.indent);
        let word = match &placed.token {
            Token::Name(name) => name.clone(),
            Token::Sign('@') => {
                // A decorator.
                self.skip_line();
                return None;
            }
            _ => String::new(),
        };
        let kind = match word.as_str() {
            "import" | "from" => self.import()?,
            "while" => {
                self.at += 1;
                Kind::Loop(self.body(indent))
            }
            "if" => self.branches(indent),
            // Those that belong to an `if`, a loop or a `try` are taken with it; one alone was cut off.
            "else" | "elif" | "finally" | "with" | "try" => {
                self.at += 1;
                Kind::Block(self.body(indent))
            }
            "for" if !self.is_named(1) => {
                self.at += 1;
                Kind::Loop(self.body(indent))
            }
            "except" | "match" | "case" if !self.is_named(1) => {
                self.at += 1;
                Kind::Perhaps(self.body(indent))
            }
            "global" if !self.is_named(1) => {
                self.at += 1;
                let mut names = Vec::new();
                while !self.at_end_of_line()
                    && let Some(Token::Name(name)) = self.peek().cloned()
                {
                    names.push(name);
                    self.at += 1;
                    self.takes(',');
                }
                Kind::Global(names)
            }
            "async" => {
                self.at += 1;
                return self.statement();
            }
            "def" => self.function(indent)?,
            "class" => self.class(indent)?,
            "return" | "yield" => {
                self.at += 1;
                let value = if self.at_end_of_line() { Expr::None } else { self.list_of_values()? };
                Kind::Return(value)
            }
            "assert" | "del" | "nonlocal" | "raise" | "pass" | "break" | "continue" if !self.is_named(1) => {
                self.skip_line();
                return None;
            }
            _ => self.assignment()?,
        };
        Some(Statement { line, kind })
    }

    /// What stands there makes a name of the word before it (`match = 3`).
    fn is_named(&self, ahead: usize) -> bool {
        matches!(self.peek_at(ahead), Some(Token::Sign('=' | '.' | '(') | Token::Augmented(_)))
    }

    /// What was read since, as written.
    pub fn written_since(&self, begun: usize) -> String {
        let from = self.tokens.get(begun).map_or(0, |t| t.from);
        let to = self.tokens.get(self.at.saturating_sub(1)).map_or(from, |t| t.to);
        self.text.get(from..to).unwrap_or_default().to_owned()
    }

    fn skip_line(&mut self) {
        self.at += 1;
        while !self.at_end_of_line() {
            self.at += 1;
        }
    }

    fn dotted(&mut self) -> Option<String> {
        let mut name = String::new();
        loop {
            match self.peek()? {
                Token::Name(part) => name.push_str(part),
                Token::Sign('.') => name.push('.'),
                _ => break,
            }
            self.at += 1;
            let goes_on = matches!(self.peek(), Some(Token::Sign('.')))
                || (name.ends_with('.') && matches!(self.peek(), Some(Token::Name(word)) if word != "import"));
            if !goes_on || self.at_end_of_line() {
                break;
            }
        }
        (!name.is_empty()).then_some(name)
    }

    fn import(&mut self) -> Option<Kind> {
        let from = self.takes_word("from");
        let module = if from { self.dotted() } else { None };
        if !self.takes_word("import") {
            self.skip_line();
            return None;
        }
        let bracket = self.takes('(');
        let mut names = Vec::new();
        while bracket || !self.at_end_of_line() {
            if self.takes('*') {
                names.push((module.clone().unwrap_or_default(), "*".to_owned()));
                break;
            }
            let Some(name) = self.dotted() else { break };
            let (whole, known_as) = match &module {
                Some(module) => (format!("{module}.{name}"), name),
                // `import a.b` makes `a` known.
                None if !self.is_word("as") => {
                    let root = name.split('.').next().unwrap_or(&name).to_owned();
                    (root.clone(), root)
                }
                None => (name.clone(), name),
            };
            let known_as = match (self.takes_word("as"), self.peek()) {
                (true, Some(Token::Name(alias))) => {
                    let alias = alias.clone();
                    self.at += 1;
                    alias
                }
                _ => known_as,
            };
            names.push((whole, known_as));
            if !self.takes(',') {
                break;
            }
        }
        self.takes(')');
        Some(Kind::Import(names))
    }

    fn branches(&mut self, indent: usize) -> Kind {
        let mut branches = Vec::new();
        let mut conditional = true;
        loop {
            self.at += 1;
            let condition =
                if conditional { Some(self.expr().unwrap_or_else(|| Expr::Unread(String::new()))) } else { None };
            branches.push((condition, self.body(indent)));
            let same = self.tokens.get(self.at).is_some_and(|t| t.begins && t.indent == indent);
            if !conditional || !same {
                return Kind::If(branches);
            }
            if self.is_word("elif") {
                conditional = true;
            } else if self.is_word("else") {
                conditional = false;
            } else {
                return Kind::If(branches);
            }
        }
    }

    fn function(&mut self, indent: usize) -> Option<Kind> {
        self.at += 1;
        let Some(Token::Name(name)) = self.peek().cloned() else { return None };
        self.at += 1;
        let mut params = Vec::new();
        if self.takes('(') {
            while let Some(token) = self.peek().cloned() {
                if self.takes(')') {
                    break;
                }
                self.at += 1;
                let Token::Name(param) = token else { continue };
                if self.takes(':') {
                    self.expr();
                }
                let default = if self.takes('=') { self.expr() } else { None };
                params.push((param, default));
                if !self.takes(',') && self.peek() != Some(&Token::Sign(')')) {
                    // Something that is not read: up to the bracket that closes it.
                    while self.peek().is_some_and(|t| *t != Token::Sign(')')) && !self.at_end_of_line() {
                        self.at += 1;
                    }
                }
            }
        }
        // `-> type`, whose brackets may hold colons.
        if self.peek() == Some(&Token::Sign('-')) {
            self.at += 2;
            self.expr();
        }
        let body = self.body(indent);
        Some(Kind::Function(Function { name, params, body }))
    }

    fn class(&mut self, indent: usize) -> Option<Kind> {
        self.at += 1;
        let Some(Token::Name(name)) = self.peek().cloned() else { return None };
        self.at += 1;
        let bases = if self.takes('(') { self.list(')').map(|(list, _)| list).unwrap_or_default() } else { Vec::new() };
        Some(Kind::Class { name, bases, body: self.body(indent) })
    }

    /// `a = b = value`, `a, b = values`, `a: type = value`, `a += value`, or a value alone.
    fn assignment(&mut self) -> Option<Kind> {
        let mut values = vec![self.list_of_values()?];
        if self.takes(':') {
            // The type, which says nothing of the value.
            if !self.at_end_of_line() {
                self.expr();
            }
            if self.peek() != Some(&Token::Sign('=')) {
                return None;
            }
        }
        if let Some(Token::Augmented(operator)) = self.peek().cloned()
            && !self.at_end_of_line()
        {
            self.at += 1;
            let value = self.list_of_values()?;
            return Some(Kind::Assign { targets: values, operator: Some(operator), value });
        }
        while self.peek() == Some(&Token::Sign('=')) && !self.at_end_of_line() && values.len() < 16 {
            self.at += 1;
            values.push(self.list_of_values()?);
        }
        let value = values.pop()?;
        if values.is_empty() {
            return Some(Kind::Value(value));
        }
        Some(Kind::Assign { targets: values, operator: None, value })
    }

    /// `a, b` without brackets is a tuple.
    fn list_of_values(&mut self) -> Option<Expr> {
        let first = self.expr()?;
        if self.peek() != Some(&Token::Sign(',')) || self.at_end_of_line() {
            return Some(first);
        }
        let mut list = vec![first];
        while self.takes(',') {
            if self.at_end_of_line()
                || matches!(self.peek(), Some(Token::Sign('=' | ')' | ']' | '}') | Token::Augmented(_)))
            {
                break;
            }
            list.push(self.expr()?);
        }
        Some(Expr::List(list))
    }
}
