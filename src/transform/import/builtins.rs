//! What Python's own functions, `math`'s and numpy's make of values that are known.

use super::value::{Value, Why, arithmetic};

/// So many values are asked for before something can be reckoned; more say no more.
const MAX_NEEDS: usize = 64;

/// What is not known for want of these.
pub(super) fn unknown(values: &[&Value]) -> Value {
    let mut names: Vec<String> = Vec::new();
    for name in values.iter().flat_map(|v| v.needs()) {
        if names.len() < MAX_NEEDS && !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        let unread = values.iter().find(|value| matches!(value, Value::Unread(..)));
        let call = || values.iter().find_map(|v| if let Value::Call(call) = v { Some(call.shown()) } else { None });
        return match unread {
            Some(unread) => (*unread).clone(),
            None => Value::Unread(call().unwrap_or_default(), Why::Unknown),
        };
    }
    Value::Missing(names)
}

/// What is not known for want of that value; where the value has no name that it could be given by, what is written there, and why
/// it is not read.
pub(super) fn missing_or(value: &Value, text: &str, why: Why) -> Value {
    match (unknown(&[value]), why) {
        (missing @ Value::Missing(_), _) => missing,
        (Value::Unread(_, own), Why::Unknown) => Value::Unread(text.to_owned(), own),
        _ => Value::Unread(text.to_owned(), why),
    }
}

pub(super) fn compare(sign: char, left: &Value, right: &Value) -> Value {
    if left.truth().is_none() || right.truth().is_none() {
        return unknown(&[left, right]);
    }
    let equal = match (left.number(), right.number()) {
        (Some(a), Some(b)) => a == b,
        _ => left == right,
    };
    let order = match (left.number(), right.number()) {
        (Some(a), Some(b)) => a.partial_cmp(&b),
        _ => None,
    };
    let within = match right {
        Value::List(list) => Some(list.contains(left)),
        Value::Dict(entries) => Some(matches!(left, Value::Text(key) if entries.iter().any(|(known, _)| known == key))),
        Value::Text(text) => Some(matches!(left, Value::Text(part) if text.contains(part.as_str()))),
        _ => None,
    };
    use std::cmp::Ordering::{Greater, Less};
    let truth = match sign {
        '=' => Some(equal),
        '!' => Some(!equal),
        '<' => order.map(|o| o == Less),
        '>' => order.map(|o| o == Greater),
        'l' => order.map(|o| o != Greater),
        'g' => order.map(|o| o != Less),
        'i' => within,
        _ => within.map(|w| !w),
    };
    truth.map_or_else(|| unknown(&[left, right]), Value::Bool)
}

pub(super) fn constant(name: &str) -> Option<Value> {
    use std::f64::consts;
    Some(Value::Float(match name {
        "np.pi" | "numpy.pi" | "math.pi" | "torch.pi" | "pi" => consts::PI,
        "math.e" | "np.e" => consts::E,
        "math.tau" => consts::TAU,
        "float.inf" | "np.inf" | "math.inf" | "torch.inf" => f64::INFINITY,
        _ => return None,
    }))
}

/// What asks the world outside: its value is asked for.
pub(super) fn is_elsewhere(name: &str) -> bool {
    let short = name.rsplit('.').next().unwrap_or(name);
    matches!(name, "input" | "getattr" | "os.getenv" | "len" | "eval")
        || name.starts_with("os.environ")
        || name.starts_with("trial.suggest")
        || matches!(short, "get_config" | "getint" | "getfloat" | "getboolean")
}

/// A longer row of numbers is no value of a chain.
const MAX_RANGE: usize = 4096;

/// `range(to)`, `range(from, to)` or `range(from, to, by)`.
fn range(args: &[Value]) -> Option<Value> {
    let whole = args.iter().map(|value| if let Value::Int(v) = value { Some(*v) } else { None });
    let (from, to, by) = match whole.collect::<Option<Vec<i64>>>()?[..] {
        [to] => (0, to, 1),
        [from, to] => (from, to, 1),
        [from, to, by] if by != 0 => (from, to, by),
        _ => return None,
    };
    let within = |at: &i64| if by > 0 { *at < to } else { *at > to };
    let numbers = std::iter::successors(Some(from), |at| at.checked_add(by)).take_while(within).take(MAX_RANGE + 1);
    let numbers: Vec<Value> = numbers.map(Value::Int).collect();
    (numbers.len() <= MAX_RANGE).then_some(Value::List(numbers))
}

/// The first of the values whose figure is the best of all; `best` says which of two is. `None` where one is no figure.
fn first_of(values: Vec<Value>, best: fn(f64, f64) -> f64) -> Option<Value> {
    let figures: Vec<f64> = values.iter().map(Value::number).collect::<Option<_>>()?;
    let found = figures.iter().copied().reduce(best)?;
    values.into_iter().zip(figures).find(|(_, v)| *v == found).map(|(v, _)| v)
}

/// Of two of one key the later.
fn with_entries(entries: &[(String, Value)], more: &[(String, Value)]) -> Vec<(String, Value)> {
    let mut entries = entries.to_vec();
    for (key, value) in more {
        entries.retain(|(known, _)| known != key);
        entries.push((key.clone(), value.clone()));
    }
    entries
}

/// Python's own that are known.
const OWN: &[&str] = &[
    "int", "float", "round", "abs", "min", "max", "sum", "len", "list", "tuple", "set", "bool", "str", "dict", "range",
];
/// What stands for a configuration in other programs: its entries by name.
const CONFIGS: &[&str] = &["SimpleNamespace", "EasyDict", "edict", "Namespace", "AttrDict", "ConfigDict", "Box"];

/// What a function of Python's own, of `math` or of numpy gives; `Some(None)` where the values do not go with it, `None`
/// where the name is none of them.
pub(super) fn built_in(name: &str, args: &[Value], named: &[(String, Value)]) -> Option<Option<Value>> {
    let (module, short) = name.rsplit_once('.').unwrap_or(("", name));
    let numeric = matches!(module, "math" | "np" | "numpy" | "torch" | "mx.np" | "jnp");
    if CONFIGS.contains(&short) {
        let mut entries = match args.first() {
            Some(Value::Dict(entries)) => entries.clone(),
            _ => Vec::new(),
        };
        entries.extend(named.iter().cloned());
        return Some(Some(Value::Dict(entries)));
    }
    if !OWN.contains(&name) && !numeric {
        return None;
    }
    let numbers = |values: &[Value]| values.iter().map(Value::number).collect::<Option<Vec<f64>>>();
    let one = |of: fn(f64) -> f64, args: &[Value]| match args {
        [Value::Array(list) | Value::List(list)] => {
            Some(Value::Array(numbers(list)?.into_iter().map(|v| Value::Float(of(v))).collect()))
        }
        [value] => value.number().map(|v| Value::Float(of(v))),
        _ => None,
    };
    let whole = |v: f64| (v.abs() < 9e15).then_some(Value::Int(v as i64));
    let listed = |args: &[Value]| match args {
        [Value::List(list) | Value::Array(list)] => list.clone(),
        many => many.to_vec(),
    };
    let value = match (short, args) {
        ("int", [Value::Text(text)]) => text.trim().parse().ok().map(Value::Int),
        ("float", [Value::Text(text)]) => text.trim().parse().ok().map(Value::Float),
        ("int", [v]) => v.number().and_then(|v| whole(v.trunc())),
        ("float", [v]) => v.number().map(Value::Float),
        // Python rounds halves to the even one.
        ("round", [v]) if module.is_empty() => v.number().and_then(|v| whole(v.round_ties_even())),
        ("round" | "around", [v, Value::Int(digits @ 0..=12)]) => {
            let by = 10f64.powi(*digits as i32);
            v.number().map(|v| Value::Float((v * by).round_ties_even() / by))
        }
        ("floor", [v]) if module == "math" => v.number().and_then(|v| whole(v.floor())),
        ("ceil", [v]) if module == "math" => v.number().and_then(|v| whole(v.ceil())),
        ("floor", args) => one(f64::floor, args),
        ("ceil", args) => one(f64::ceil, args),
        ("sqrt", args) => one(f64::sqrt, args),
        ("exp", args) => one(f64::exp, args),
        ("radians" | "deg2rad", args) => one(f64::to_radians, args),
        ("degrees" | "rad2deg", args) => one(f64::to_degrees, args),
        ("abs", [Value::Int(v)]) => v.checked_abs().map(Value::Int),
        ("abs", args) => one(f64::abs, args),
        ("min", args) => first_of(listed(args), f64::min),
        ("max", args) => first_of(listed(args), f64::max),
        ("sum", args) => listed(args).iter().try_fold(Value::Int(0), |sum, v| arithmetic(&sum, v, '+', 0)),
        ("len", [Value::List(list) | Value::Array(list)]) => whole(list.len() as f64),
        ("len", [Value::Dict(entries)]) => whole(entries.len() as f64),
        ("list" | "tuple" | "set", []) => Some(Value::List(Vec::new())),
        ("list" | "tuple" | "set", [Value::List(list) | Value::Array(list)]) => Some(Value::List(list.clone())),
        ("bool", [v]) => v.truth().map(Value::Bool),
        ("str", [Value::Text(text)]) => Some(Value::Text(text.clone())),
        ("dict", args) => {
            let entries = if let [Value::Dict(entries)] = args { entries.as_slice() } else { &[] };
            Some(Value::Dict(with_entries(entries, named)))
        }
        ("range", args) => range(args),
        ("array" | "asarray" | "tensor" | "as_tensor" | "Tensor" | "FloatTensor", [value, ..]) => Some(match value {
            Value::List(list) | Value::Array(list) => Value::Array(list.clone()),
            other => other.clone(),
        }),
        ("float32" | "float64" | "float16" | "float_", [v]) => v.number().map(Value::Float),
        ("int8" | "int32" | "int64" | "uint8", [v]) => v.number().and_then(|v| whole(v.trunc())),
        _ if numeric => return None,
        _ => None,
    };
    Some(value)
}
