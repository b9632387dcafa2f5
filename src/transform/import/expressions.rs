//! What an expression stands for, with what the names in it were given before.

use super::builtins::{built_in, compare, constant, is_elsewhere, missing_or, unknown};
use super::evaluate::{MAX_VALUES, Reader, Result, Scope, TooMuch, canonical};
use super::syntax::{CallExpr, Comprehension, Expr};
use super::value::{Call, Value, Why, arithmetic};

impl Reader<'_> {
    pub fn values_of(&mut self, exprs: &[Expr]) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            if let Expr::Star(inner) = expr {
                match self.value(inner)? {
                    Value::List(list) | Value::Array(list) => values.extend(list),
                    other => values.push(other),
                }
            } else {
                values.push(self.value(expr)?);
            }
        }
        Ok(values)
    }

    pub fn value(&mut self, expr: &Expr) -> Result<Value> {
        self.step()?;
        self.spend(1)?;
        Ok(match expr {
            Expr::None => Value::None,
            Expr::Bool(v) => Value::Bool(*v),
            Expr::Int(v) => Value::Int(*v),
            Expr::Float(v) => Value::Float(*v),
            Expr::Text(v) => Value::Text(v.clone()),
            Expr::List(list) => Value::List(self.values_of(list)?),
            Expr::Dict(entries) => self.dict(entries)?,
            Expr::Name(name) => match self.look_up(name)? {
                Some(value) => value,
                None if name == "__name__" => Value::Text("__main__".to_owned()),
                None => constant(name).unwrap_or_else(|| Value::Name(name.clone())),
            },
            Expr::Attribute(base, name) => self.attribute(expr, base, name)?,
            Expr::Index(base, index) => self.entry(expr, base, index)?,
            Expr::Call(call) => self.call(call)?,
            Expr::Binary(sign, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.binary(*sign, &left, &right)?
            }
            Expr::Compare(sign, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                compare(*sign, &left, &right)
            }
            Expr::Not(inner) => {
                let value = self.value(inner)?;
                value.truth().map_or_else(|| unknown(&[&value]), |truth| Value::Bool(!truth))
            }
            Expr::Logic(and, left, right) => {
                let left = self.value(left)?;
                match left.truth() {
                    Some(truth) if truth == *and => self.value(right)?,
                    Some(_) => left,
                    None => {
                        let right = self.value(right)?;
                        // `x and False` is false whatever x is.
                        if right.truth() == Some(!*and) { Value::Bool(!*and) } else { unknown(&[&left, &right]) }
                    }
                }
            }
            Expr::If(of) => {
                let value = self.value(&of.condition)?;
                match value.truth() {
                    Some(true) => self.value(&of.then)?,
                    Some(false) => self.value(&of.otherwise)?,
                    None => {
                        let (then, otherwise) = (self.value(&of.then)?, self.value(&of.otherwise)?);
                        if then == otherwise { then } else { missing_or(&value, &of.text, Why::Condition) }
                    }
                }
            }
            Expr::Star(inner) => self.value(inner)?,
            Expr::Comprehension(comprehension) => self.comprehension(comprehension)?,
            Expr::Unread(text) if text.trim_start().starts_with("lambda") => {
                Value::Unread(text.clone(), Why::PythonCode)
            }
            Expr::Unread(text) => Value::Unread(text.clone(), Why::Unknown),
        })
    }

    /// With the entries of another where there is no key (`**other`); of two of one key the later.
    fn dict(&mut self, entries: &[(Option<Expr>, Expr)]) -> Result<Value> {
        let mut out: Vec<(String, Value)> = Vec::new();
        for (key, value) in entries {
            let value = self.value(value)?;
            let added = match key {
                Some(key) => {
                    let key = match self.value(key)? {
                        Value::Text(text) | Value::Name(text) => text,
                        Value::Int(v) => v.to_string(),
                        other => other.number().map_or_else(|| "…".to_owned(), |v| v.to_string()),
                    };
                    vec![(key, value)]
                }
                None => match value {
                    Value::Dict(more) => more,
                    _ => Vec::new(),
                },
            };
            for (key, value) in added {
                out.retain(|(known, _)| *known != key);
                out.push((key, value));
            }
        }
        Ok(Value::Dict(out))
    }

    pub fn binary(&mut self, sign: char, left: &Value, right: &Value) -> Result<Value> {
        if let Some(value) = arithmetic(left, right, sign, MAX_VALUES - self.values.min(MAX_VALUES)) {
            self.spend(value.size())?;
            return Ok(value);
        }
        // A list too long to be made is no mistake of the text's.
        if sign == '*' && matches!((left, right), (Value::List(_), Value::Int(_)) | (Value::Int(_), Value::List(_))) {
            return Err(TooMuch);
        }
        Ok(unknown(&[left, right]))
    }

    fn attribute(&mut self, expr: &Expr, base: &Expr, name: &str) -> Result<Value> {
        let whole = canonical(expr).unwrap_or_default();
        if let Some(value) = self.look_up(&whole)? {
            return Ok(value);
        }
        if let Some(value) = constant(&whole) {
            return Ok(value);
        }
        let value = self.value(base)?;
        let known = match &value {
            Value::Dict(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone()),
            Value::Call(call) if call.is_chain() && name == "transforms" => {
                let named = call.named.iter().find(|(key, _)| key == name).map(|(_, v)| v);
                Some(call.args.first().or(named).cloned().unwrap_or(Value::List(Vec::new())))
            }
            // An object of a class of the text's own.
            Value::Call(call) => self.look_up(&format!("{}.{name}", call.name))?,
            Value::Name(of) => Some(Value::Name(format!("{of}.{name}"))),
            _ => None,
        };
        Ok(known.unwrap_or(match value {
            Value::Missing(_) => value,
            _ => Value::Missing(vec![whole]),
        }))
    }

    fn entry(&mut self, expr: &Expr, base: &Expr, index: &Expr) -> Result<Value> {
        let whole = canonical(expr);
        if let Some(value) = whole.as_ref().map(|name| self.look_up(name)).transpose()?.flatten() {
            return Ok(value);
        }
        let (base_value, index) = (self.value(base)?, self.value(index)?);
        let known = match (&base_value, &index) {
            (Value::Dict(entries), Value::Text(key)) => entries.iter().find(|(known, _)| known == key).map(|(_, v)| v),
            (Value::List(list) | Value::Array(list), Value::Int(at)) => {
                let at = if *at < 0 { list.len() as i64 + at } else { *at };
                usize::try_from(at).ok().and_then(|at| list.get(at))
            }
            _ => None,
        };
        if let Some(value) = known {
            return Ok(value.clone());
        }
        Ok(match (base_value, whole) {
            (Value::Missing(names), _) => Value::Missing(names),
            // `Tuple[int]` and its like have no value, and are asked for by nobody.
            (_, Some(name)) => Value::Missing(vec![name]),
            (_, None) => Value::Unread(String::new(), Why::Unknown),
        })
    }

    fn comprehension(&mut self, of: &Comprehension) -> Result<Value> {
        let list = self.value(&of.list)?;
        let (Value::List(items) | Value::Array(items)) = &list else {
            return Ok(missing_or(&list, &of.text, Why::Unknown));
        };
        let mut out = Vec::new();
        for item in items {
            self.step()?;
            let mut scope = Scope::new();
            match (of.names.as_slice(), item) {
                ([name], item) => {
                    scope.insert(name.clone(), item.clone());
                }
                (names, Value::List(parts)) if parts.len() == names.len() => {
                    scope.extend(names.iter().cloned().zip(parts.iter().cloned()));
                }
                _ => return Ok(missing_or(item, &of.text, Why::Unknown)),
            }
            self.scopes.push(scope);
            let wanted = match &of.condition {
                Some(condition) => self.value(condition).map(|v| v.truth()),
                None => Ok(Some(true)),
            };
            let value = self.value(&of.item);
            self.scopes.pop();
            match wanted? {
                Some(true) => out.push(value?),
                Some(false) => {}
                None => return Ok(Value::Unread(of.text.clone(), Why::Condition)),
            }
        }
        Ok(Value::List(out))
    }

    fn call(&mut self, call: &CallExpr) -> Result<Value> {
        let whole = canonical(&call.callee);
        // The value of the call itself, where somebody gave it: `os.environ.get("SIZE")`.
        if let Some(value) =
            canonical(&Expr::Call(Box::new(CallExpr { args: Vec::new(), named: Vec::new(), ..call.clone() })))
                .and_then(|name| self.given.get(&name).cloned())
        {
            return Ok(value);
        }
        if let Some(value) = self.of_a_call(&call.callee)? {
            return Ok(value);
        }
        let args = self.values_of(&call.args)?;
        let mut named = Vec::with_capacity(call.named.len());
        for (key, expr) in &call.named {
            let value = self.value(expr)?;
            match (key.as_str(), value) {
                ("**", Value::Dict(entries)) => named.extend(entries),
                ("**", other) => named.push(("**".to_owned(), other)),
                (_, value) => named.push((key.clone(), value)),
            }
        }
        if let Expr::Attribute(base, method) = &call.callee
            && whole.as_deref() != Some("super().__init__")
            && let Some(value) = self.method(base, method, &args, call)?
        {
            return Ok(value);
        }
        let Some(whole) = whole else {
            return Ok(Value::Unread(call.text.clone(), Why::Unknown));
        };
        let whole = match (whole.strip_prefix("self."), &self.class) {
            (Some(method), Some(class)) if self.functions.contains_key(&format!("{class}.{method}")) => {
                format!("{class}.{method}")
            }
            _ => whole,
        };
        if let Some(function) = self.functions.get(&whole).cloned() {
            self.called.insert(whole.clone());
            let value = self.call_function(&whole, &function, &args, &named, false)?;
            return self.copy(&value);
        }
        let name = match self.callee(&whole)? {
            Some(name) => name,
            // What the name stands for is no function: a chain that is used on an image.
            None => return Ok(Value::Unread(call.text.clone(), Why::Unknown)),
        };
        if let Some(value) = built_in(&name, &args, &named) {
            let value = value.unwrap_or_else(|| unknown(&args.iter().collect::<Vec<_>>()));
            self.spend(value.size())?;
            return Ok(value);
        }
        if is_elsewhere(&name) {
            return Ok(Value::Missing(canonical(&Expr::Call(Box::new(call.clone()))).into_iter().collect()));
        }
        let made = Call { whole: self.whole_name(&name), name, args, named, line: call.line, place: call.place };
        let made = Value::Call(made);
        self.spend(made.size())?;
        if let (Value::Call(call), Some(class)) = (&made, self.class.clone())
            && whole == "super().__init__"
            && call.is_chain()
        {
            self.collect(&class, &made)?;
        }
        Ok(made)
    }

    /// What is called is, or hangs on, the result of another call: `Compose([...])(image)`, `Sequential(...).to(device)`.
    fn of_a_call(&mut self, callee: &Expr) -> Result<Option<Value>> {
        let (base, method) = match callee {
            Expr::Call(_) => (callee, ""),
            Expr::Attribute(base, method) if matches!(base.as_ref(), Expr::Call(_)) => (base.as_ref(), method.as_str()),
            _ => return Ok(None),
        };
        if canonical(callee).as_deref() == Some("super().__init__") {
            return Ok(None);
        }
        let value = self.value(base)?;
        if matches!(method, "to" | "cuda" | "cpu" | "eval" | "train" | "half" | "float" | "copy") {
            return Ok(Some(value));
        }
        if method == "tolist" {
            return Ok(Some(match value {
                Value::Array(list) => Value::List(list),
                other => other,
            }));
        }
        self.collect("", &value)?;
        Ok(Some(match &value {
            // What a chain makes of an image.
            Value::Call(_) => Value::Unread(String::new(), Why::Unknown),
            _ => unknown(&[&value]),
        }))
    }

    /// The name of what is called, with names given to it before put in (`T = transforms`); `None` where it stands for a
    /// value.
    fn callee(&mut self, whole: &str) -> Result<Option<String>> {
        let (root, rest) = whole.split_once('.').map_or((whole, ""), |(root, rest)| (root, rest));
        if whole == "super().__init__" {
            return Ok(match self.look_up(whole)? {
                Some(Value::Name(base)) => Some(base),
                _ => None,
            });
        }
        Ok(match self.look_up(root)? {
            Some(Value::Name(other)) if rest.is_empty() => Some(other),
            Some(Value::Name(other)) => Some(format!("{other}.{rest}")),
            Some(_) => None,
            None => Some(whole.to_owned()),
        })
    }

    /// The name with what was imported put in; of several imports of a name the last counts.
    fn whole_name(&self, name: &str) -> Option<String> {
        let (root, rest) = name.split_once('.').map_or((name, None), |(root, rest)| (root, Some(rest)));
        let (whole, _) = self.script.imports.iter().rev().find(|(_, known_as)| known_as == root)?;
        Some(rest.map_or_else(|| whole.clone(), |rest| format!("{whole}.{rest}")))
    }

    /// What a value's own function gives; `None` where it is none of those known here.
    fn method(&mut self, base: &Expr, method: &str, args: &[Value], call: &CallExpr) -> Result<Option<Value>> {
        if !matches!(method, "copy" | "tolist" | "get" | "keys" | "values" | "astype" | "float") {
            return Ok(None);
        }
        let value = self.value(base)?;
        Ok(match (method, value, args) {
            (
                "copy" | "tolist" | "astype" | "float",
                value @ (Value::List(_) | Value::Array(_) | Value::Dict(_)),
                _,
            ) => Some(match (method, value) {
                ("tolist", Value::Array(list)) => Value::List(list),
                (_, value) => value,
            }),
            ("get", Value::Dict(entries), [Value::Text(key), rest @ ..]) => {
                let found = entries.into_iter().find(|(known, _)| known == key).map(|(_, v)| v);
                Some(found.or_else(|| rest.first().cloned()).unwrap_or(Value::None))
            }
            ("get", ..) => canonical(&Expr::Call(Box::new(call.clone()))).map(|name| Value::Missing(vec![name])),
            ("keys", Value::Dict(entries), []) => {
                Some(Value::List(entries.into_iter().map(|(key, _)| Value::Text(key)).collect()))
            }
            ("values", Value::Dict(entries), []) => Some(Value::List(entries.into_iter().map(|(_, v)| v).collect())),
            _ => None,
        })
    }
}
