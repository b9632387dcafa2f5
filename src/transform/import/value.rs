//! What a Python expression stands for, as far as a text alone can tell.

use crate::language::Message;

/// A value. Those that the text does not hold are kept by the name under which somebody may give them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A list, tuple or set.
    List(Vec<Value>),
    /// An array of numbers, on which arithmetic is done number by number.
    Array(Vec<Value>),
    Dict(Vec<(String, Value)>),
    /// A name, dots and all, that stands for nothing known here: a library's constant, or something from elsewhere.
    Name(String),
    Call(Call),
    /// It would be known if these were.
    Missing(Vec<String>),
    /// What is not read, as written, and why.
    Unread(String, Why),
}

/// Why something is not read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Why {
    /// It is nothing of what is known here.
    Unknown,
    Condition,
    /// By the loop that begins in that line.
    ChangedInLoop(usize),
    /// It stands for what the loop in that line puts in.
    PutInInLoop(usize),
    /// By what that line begins, which is done or not.
    PerhapsChanged(usize),
    CallsItself,
    AddsUnknown,
    ChangesList,
    PythonCode,
}

impl Why {
    /// In words; `unknown` where there is nothing to say but that.
    pub(super) fn or(self, unknown: Message) -> Message {
        match self {
            Self::Unknown => unknown,
            Self::Condition => msg!("transform-import-condition"),
            Self::ChangedInLoop(line) => msg!("transform-import-changed-in-loop", line),
            Self::PutInInLoop(line) => msg!("transform-import-put-in-in-loop", line),
            Self::PerhapsChanged(line) => msg!("transform-import-perhaps-changed", line),
            Self::CallsItself => msg!("transform-import-calls-itself"),
            Self::AddsUnknown => msg!("transform-import-adds-unknown"),
            Self::ChangesList => msg!("transform-import-changes-list"),
            Self::PythonCode => msg!("transform-import-python-code"),
        }
    }
}

/// `a.b.Name(1, key=2)`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// With its dots, as written.
    pub name: String,
    /// The same with what the text imports put in: `T.Resize` is `torchvision.transforms.Resize`. `None` where the text
    /// imports nothing of the kind.
    pub whole: Option<String>,
    pub args: Vec<Value>,
    pub named: Vec<(String, Value)>,
    /// Of the pasted text, 1-based.
    pub line: usize,
    /// Where it stands in the text: no other call stands there.
    pub place: usize,
}

/// Lists in lists deeper than this are no values of a chain.
const MAX_NESTING: usize = 64;

impl Call {
    /// The name behind the last dot.
    pub fn short_name(&self) -> &str {
        let name = self.whole.as_deref().unwrap_or(&self.name);
        name.rsplit('.').next().unwrap_or(name)
    }

    /// As a message has it.
    pub fn shown(&self) -> String {
        format!("{}(…)", self.name)
    }

    /// It holds other transforms and does one after the other.
    pub fn is_chain(&self) -> bool {
        matches!(self.short_name(), "Compose" | "Sequential")
    }
}

impl Value {
    /// How much room it takes: values, and texts by their length. What is nested too deeply takes more than anybody has, so
    /// that walking through a value never exhausts the stack.
    pub fn size(&self) -> usize {
        self.size_within(MAX_NESTING)
    }

    fn size_within(&self, depth: usize) -> usize {
        let Some(depth) = depth.checked_sub(1) else { return usize::MAX };
        let all = |values: &mut dyn Iterator<Item = &Self>| {
            values.fold(1, |sum: usize, value| sum.saturating_add(value.size_within(depth)))
        };
        match self {
            Self::List(list) | Self::Array(list) => all(&mut list.iter()),
            Self::Dict(entries) => {
                let keys = entries.iter().map(|(key, _)| 1 + key.len() / 64).sum::<usize>();
                all(&mut entries.iter().map(|(_, value)| value)).saturating_add(keys)
            }
            Self::Call(call) => all(&mut call.args.iter().chain(call.named.iter().map(|(_, value)| value))),
            Self::Text(text) | Self::Unread(text, _) | Self::Name(text) => 1 + text.len() / 64,
            Self::Missing(names) => 1 + names.len(),
            _ => 1,
        }
    }

    /// A number, whatever its kind.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Int(v) => Some(*v as f64),
            Self::Float(v) => Some(*v),
            Self::Bool(v) => Some(f64::from(u8::from(*v))),
            _ => None,
        }
    }

    /// Whether Python would take it for true; `None` where it is not known.
    pub fn truth(&self) -> Option<bool> {
        Some(match self {
            Self::None => false,
            Self::Bool(v) => *v,
            Self::Int(v) => *v != 0,
            Self::Float(v) => *v != 0.0,
            Self::Text(v) => !v.is_empty(),
            Self::List(v) | Self::Array(v) => !v.is_empty(),
            Self::Dict(v) => !v.is_empty(),
            Self::Call(_) => true,
            Self::Name(_) | Self::Missing(_) | Self::Unread(..) => return None,
        })
    }

    /// What would have to be known: nothing of a value that is there, and nothing that can be named of what was not read.
    pub fn needs(&self) -> Vec<String> {
        match self {
            Self::Missing(names) => names.clone(),
            Self::Name(name) => vec![name.clone()],
            Self::List(list) | Self::Array(list) => list.iter().flat_map(Self::needs).collect(),
            _ => Vec::new(),
        }
    }

    /// The calls in it, itself too.
    pub fn calls<'a>(&'a self, out: &mut Vec<&'a Call>) {
        match self {
            Self::List(list) | Self::Array(list) => list.iter().for_each(|v| v.calls(out)),
            Self::Dict(entries) => entries.iter().for_each(|(_, v)| v.calls(out)),
            Self::Call(call) => {
                out.push(call);
                call.args.iter().chain(call.named.iter().map(|(_, v)| v)).for_each(|v| v.calls(out));
            }
            _ => {}
        }
    }
}

/// Rounded down, as Python's `//` is, whatever the signs.
fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    if a.checked_rem(b)? != 0 && (a < 0) != (b < 0) { quotient.checked_sub(1) } else { Some(quotient) }
}

/// Arithmetic of two numbers; signs as in [`super::syntax::Expr::Binary`].
fn numbers(left: &Value, right: &Value, sign: char) -> Option<Value> {
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
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
            return Some(Value::Int(whole));
        }
    }
    let (a, b) = (left.number()?, right.number()?);
    if b == 0.0 && matches!(sign, '/' | 'f' | '%') {
        return None;
    }
    let value = match sign {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        'f' => (a / b).floor(),
        '%' => a - b * (a / b).floor(),
        '^' => a.powf(b),
        _ => return None,
    };
    Some(Value::Float(value))
}

/// Arithmetic; `None` where these two do not go together. A row of `most` values is the longest that is made.
pub(super) fn arithmetic(left: &Value, right: &Value, sign: char, most: usize) -> Option<Value> {
    let each = |list: &[Value], of: &dyn Fn(&Value) -> Option<Value>| {
        list.iter().map(of).collect::<Option<Vec<_>>>().map(Value::Array)
    };
    match (left, right) {
        (Value::Array(a) | Value::List(a), Value::Array(b)) | (Value::Array(a), Value::List(b))
            if a.len() == b.len() =>
        {
            let pairs = a.iter().zip(b).map(|(a, b)| arithmetic(a, b, sign, most));
            pairs.collect::<Option<Vec<_>>>().map(Value::Array)
        }
        (Value::Array(a), b) => each(a, &|a| arithmetic(a, b, sign, most)),
        (a, Value::Array(b)) => each(b, &|b| arithmetic(a, b, sign, most)),
        (Value::List(a), Value::List(b)) if sign == '+' => Some(Value::List([a.as_slice(), b].concat())),
        // What is not known of a sum of lists stands among what is.
        (Value::List(a), Value::Name(_) | Value::Missing(_) | Value::Unread(..) | Value::Call(_)) if sign == '+' => {
            Some(Value::List([a.as_slice(), std::slice::from_ref(right)].concat()))
        }
        (Value::Name(_) | Value::Missing(_) | Value::Unread(..) | Value::Call(_), Value::List(b)) if sign == '+' => {
            Some(Value::List([std::slice::from_ref(left), b.as_slice()].concat()))
        }
        (Value::List(list), Value::Int(times)) | (Value::Int(times), Value::List(list)) if sign == '*' => {
            // Nothing, however often, is nothing.
            let times = if list.is_empty() { 0 } else { usize::try_from((*times).max(0)).ok()? };
            let size = list.iter().fold(0, |sum: usize, v| sum.saturating_add(v.size()));
            let fits = size.checked_mul(times)? <= most;
            fits.then(|| Value::List(std::iter::repeat_n(list, times).flatten().cloned().collect()))
        }
        (Value::Dict(a), Value::Dict(b)) if sign == '|' => {
            let mut joined = a.clone();
            for (key, value) in b {
                joined.retain(|(known, _)| known != key);
                joined.push((key.clone(), value.clone()));
            }
            Some(Value::Dict(joined))
        }
        (Value::Text(a), Value::Text(b)) if sign == '+' && a.len() + b.len() < 4096 => {
            Some(Value::Text(format!("{a}{b}")))
        }
        _ => numbers(left, right, sign),
    }
}
