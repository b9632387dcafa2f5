//! Values that change: assigned names, elements and entries, and lists and dictionaries through their methods.

use super::evaluate::{MAX_VALUES, Reader, Result, canonical};
use super::syntax::{CallExpr, Expr};
use super::value::{Value, Why, arithmetic};

impl Reader<'_> {
    pub fn assign(&mut self, targets: &[Expr], operator: Option<char>, value: &Expr) -> Result<()> {
        let value = self.value(value)?;
        for target in targets {
            let value = self.copy(&value)?;
            let value = match operator {
                None => value,
                Some(operator) => {
                    let old = self.value(target)?;
                    self.binary(operator, &old, &value)?
                }
            };
            self.assign_one(target, value)?;
        }
        Ok(())
    }

    fn assign_one(&mut self, target: &Expr, value: Value) -> Result<()> {
        match target {
            Expr::List(targets) => match value {
                Value::List(values) | Value::Array(values) if values.len() == targets.len() => {
                    for (target, value) in targets.iter().zip(values) {
                        self.assign_one(target, value)?;
                    }
                }
                other => {
                    for target in targets {
                        let name = canonical(target).unwrap_or_default();
                        let value = match &other {
                            Value::Missing(names) => Value::Missing(names.clone()),
                            _ => Value::Name(name),
                        };
                        self.assign_one(target, value)?;
                    }
                }
            },
            Expr::Index(base, index) => {
                let key = match index.as_ref() {
                    Expr::Text(text) => Some(text.clone()),
                    _ => None,
                };
                if let (Some(key), Some(Value::Dict(entries))) = (key, self.slot(base)) {
                    entries.retain(|(known, _)| *known != key);
                    entries.push((key, value.clone()));
                }
                if let Some(name) = canonical(target) {
                    self.set(&name, value)?;
                }
            }
            _ => {
                if let Some(name) = canonical(target) {
                    self.set(&name, value)?;
                }
            }
        }
        Ok(())
    }

    /// Where a value is kept, to be changed.
    fn slot(&mut self, expr: &Expr) -> Option<&mut Value> {
        let name = canonical(expr)?;
        if let Some(depth) = self.scopes.iter().rposition(|scope| scope.contains_key(&name)) {
            return self.scopes.get_mut(depth)?.get_mut(&name);
        }
        match expr {
            Expr::Index(base, index) => {
                let (Value::Dict(entries), Expr::Text(key)) = (self.slot(base)?, index.as_ref()) else { return None };
                entries.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
            }
            Expr::Attribute(base, name) if name == "transforms" => match self.slot(base)? {
                Value::Call(call) => match call.args.first_mut() {
                    Some(list @ Value::List(_)) => Some(list),
                    _ => call.named.iter_mut().find(|(key, _)| key == "transforms").map(|(_, value)| value),
                },
                _ => None,
            },
            Expr::Attribute(base, name) => {
                let Value::Dict(entries) = self.slot(base)? else { return None };
                entries.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// A value on a line of its own: a list that is changed, a chain that is used, or something pasted alone.
    pub fn value_alone(&mut self, expr: &Expr) -> Result<()> {
        if let Expr::Call(call) = expr
            && let Expr::Attribute(base, method) = &call.callee
            && matches!(method.as_str(), "append" | "extend" | "insert" | "update" | "pop" | "reverse" | "clear")
            && self.slot(base).is_some()
        {
            return self.change(base, method, call);
        }
        let value = self.value(expr)?;
        if self.running.is_empty() && self.class.is_none() {
            let value = self.copy(&value)?;
            self.script.loose.push(value);
        }
        self.collect("", &value)
    }

    fn change(&mut self, base: &Expr, method: &str, call: &CallExpr) -> Result<()> {
        let args = self.values_of(&call.args)?;
        let most = MAX_VALUES;
        let mut named = Vec::with_capacity(call.named.len());
        for (key, expr) in &call.named {
            named.push((key.clone(), self.value(expr)?));
        }
        let Some(slot) = self.slot(base) else { return Ok(()) };
        match (&mut *slot, method, args.as_slice()) {
            (Value::List(list), "append", [item]) => list.push(item.clone()),
            (Value::List(_), "extend", [more]) => {
                let unread = || Value::Unread(call.text.clone(), Why::AddsUnknown);
                *slot = arithmetic(slot, more, '+', most).unwrap_or_else(unread);
            }
            (Value::List(list), "insert", [Value::Int(at), item]) => {
                let len = list.len() as i64;
                let at = if *at < 0 { (len + at).max(0) } else { (*at).min(len) };
                list.insert(at as usize, item.clone());
            }
            (Value::List(list), "pop", []) => drop(list.pop()),
            (Value::List(list), "pop", [Value::Int(at)]) => {
                let at = if *at < 0 { list.len() as i64 + at } else { *at };
                if let Ok(at) = usize::try_from(at)
                    && at < list.len()
                {
                    list.remove(at);
                }
            }
            (Value::List(list), "reverse", []) => list.reverse(),
            (Value::List(list), "clear", []) => list.clear(),
            (Value::Dict(entries), "update", args) => {
                let more = args.iter().filter_map(|v| if let Value::Dict(d) = v { Some(d.clone()) } else { None });
                for (key, value) in more.flatten().chain(named) {
                    entries.retain(|(known, _)| *known != key);
                    entries.push((key, value));
                }
            }
            (Value::Missing(_) | Value::Unread(..) | Value::Name(_), ..) => {}
            (slot, ..) => *slot = Value::Unread(call.text.clone(), Why::ChangesList),
        }
        let size = slot.size();
        self.spend(size)?;
        // The chain is another one now, under whatever name it is known.
        let mut root = base;
        while let Expr::Attribute(base, _) | Expr::Index(base, _) = root {
            if canonical(root).is_some_and(|name| self.scopes.iter().any(|scope| scope.contains_key(&name))) {
                break;
            }
            root = base;
        }
        if let Some(name) = canonical(root)
            && let Some(value) = self.look_up(&name)?
        {
            self.collect(&self.known_as(&name), &value)?;
        }
        Ok(())
    }
}
