//! What the names of a script come to stand for, statement by statement, and the chains of transforms among it. Nothing is
//! run: values are worked out as far as literals, arithmetic and the script's own functions go; what comes from elsewhere
//! stays a name that somebody may give a value for.

use super::outcomes::{Times, joined};
use super::syntax::{Expr, Function, Kind, Statement, parse, parse_value};
use super::value::{Value, Why};
use crate::language::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Values made in all, so that no text can take a machine's memory: `a = [a, a]` twenty times over makes a million.
pub(super) const MAX_VALUES: usize = 500_000;
/// Values copied where a choice is gone through on both sides.
const MAX_COPIED: usize = 2_000_000;
/// Statements and expressions gone through.
const MAX_STEPS: usize = 400_000;
/// Functions within functions.
const MAX_CALLS: usize = 12;

/// A chain, or a list of transforms, with the name under which the text has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    /// `train_transforms`, `chains["train"]`, a function's or a class's name; empty where it has none.
    pub name: String,
    pub value: Value,
    /// It is there only under conditions that hang on these.
    pub needs: Vec<String>,
    /// Functions within which it was found: what they give is known by the name that it is given outside.
    depth: usize,
}

/// What a text holds.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Chains in the order of the text, those within others left out.
    pub chains: Vec<Found>,
    /// Lists of calls.
    pub lists: Vec<Found>,
    /// Values that stand on lines of their own.
    pub loose: Vec<Value>,
    /// What the text imports: the whole name and what it is called here, in order.
    pub imports: Vec<(String, String)>,
    /// Its own classes and functions.
    pub own: BTreeSet<String>,
}

/// The text makes more than [`MAX_VALUES`].
#[derive(Debug)]
pub(super) struct TooMuch;

impl TooMuch {
    pub(super) fn message(&self) -> Message {
        msg!("transform-import-too-much", most = MAX_VALUES)
    }
}

pub(super) type Result<T> = std::result::Result<T, TooMuch>;

/// # Errors
/// The text makes too much of too little.
pub(super) fn evaluate(text: &str, given: &BTreeMap<String, Value>) -> Result<Script> {
    let statements = parse(text);
    let mut reader = Reader {
        given,
        scopes: vec![BTreeMap::new()],
        functions: BTreeMap::new(),
        called: BTreeSet::new(),
        running: Vec::new(),
        class: None,
        conditions: Vec::new(),
        values: 0,
        steps: 0,
        copied: 0,
        places: BTreeMap::new(),
        script: Script::default(),
    };
    reader.run(&statements)?;
    reader.uncalled()?;
    reader.places.clear();
    let mut script = reader.script;
    // A chain that is part of another is no chain of its own.
    let inner: BTreeSet<usize> = script.chains.iter().flat_map(|found| inner_places(&found.value)).collect();
    script.chains.retain(|found| !matches!(&found.value, Value::Call(call) if inner.contains(&call.place)));
    script.chains.sort_by_key(|found| if let Value::Call(call) = &found.value { call.place } else { 0 });
    Ok(script)
}

/// A value that somebody gives for what a text does not hold: `cfg["size"]=224`, as the name that [`Script`] has it by and
/// the value.
pub(super) fn given_value(assignment: &str) -> Option<(String, Value)> {
    for (at, _) in assignment.match_indices('=') {
        let (name, value) = (assignment.get(..at)?, assignment.get(at + 1..)?);
        if let Some(name) = parse_value(name).as_ref().and_then(canonical) {
            return Some((name, value_of(value)));
        }
    }
    None
}

/// A value as somebody types it: Python's, or a text without quotes.
pub(super) fn value_of(text: &str) -> Value {
    let given = BTreeMap::new();
    match text.trim() {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    // On a line of its own, so that calls (a transform) can be given as well.
    let read = evaluate(text.trim(), &given).ok().and_then(|mut script| script.loose.pop());
    match read {
        Some(Value::Name(_) | Value::Unread(..) | Value::Missing(_)) | None => Value::Text(text.trim().to_owned()),
        Some(value) => value,
    }
}

fn inner_places(value: &Value) -> Vec<usize> {
    let mut calls = Vec::new();
    value.calls(&mut calls);
    calls.into_iter().skip(1).filter(|call| call.is_chain()).map(|call| call.place).collect()
}

/// The name of what an expression means, spelt one way: `cfg['size']` and `cfg["size"]` are one. `None` where it is no
/// name, attribute, entry or call.
pub(super) fn canonical(expr: &Expr) -> Option<String> {
    Some(match expr {
        Expr::Name(name) => name.clone(),
        Expr::Attribute(base, name) => format!("{}.{name}", canonical(base)?),
        Expr::Index(base, index) => {
            let index = match index.as_ref() {
                Expr::Text(text) => format!("\"{text}\""),
                Expr::Int(index) => index.to_string(),
                other => canonical(other)?,
            };
            format!("{}[{index}]", canonical(base)?)
        }
        Expr::Call(call) => call.text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\'', "\""),
        _ => return None,
    })
}

enum Flow {
    On,
    Returned(Value),
}

pub(super) type Scope = BTreeMap<String, Value>;

/// A function that is gone through.
pub(super) struct Running {
    name: String,
    /// Nothing in the text called it.
    asked: bool,
    /// Names that are the text's own in it, and what they stood for before.
    globals: BTreeMap<String, Option<Value>>,
}

pub(super) struct Reader<'a> {
    pub given: &'a BTreeMap<String, Value>,
    /// The text's own names, then those of the functions that are gone through. Entries and attributes stand here by their
    /// canonical names.
    pub scopes: Vec<Scope>,
    pub functions: BTreeMap<String, Function>,
    pub called: BTreeSet<String>,
    /// Functions that are gone through.
    pub running: Vec<Running>,
    pub class: Option<String>,
    /// What is gone through hangs on these.
    conditions: Vec<String>,
    pub values: usize,
    steps: usize,
    copied: usize,
    /// The name that the chain at a place was found by.
    places: BTreeMap<usize, String>,
    pub script: Script,
}

impl Reader<'_> {
    pub fn spend(&mut self, values: usize) -> Result<()> {
        self.values = self.values.saturating_add(values);
        if self.values > MAX_VALUES { Err(TooMuch) } else { Ok(()) }
    }

    pub fn step(&mut self) -> Result<()> {
        self.steps += 1;
        if self.steps > MAX_STEPS { Err(TooMuch) } else { Ok(()) }
    }

    fn copied(&mut self, scopes: &[Scope]) -> Result<()> {
        let size = scopes.iter().flat_map(BTreeMap::values).fold(0, |sum: usize, v| sum.saturating_add(v.size()));
        self.copied = self.copied.saturating_add(size);
        if self.copied > MAX_COPIED { Err(TooMuch) } else { Ok(()) }
    }

    pub fn copy(&mut self, value: &Value) -> Result<Value> {
        self.spend(value.size())?;
        Ok(value.clone())
    }

    pub fn look_up(&mut self, name: &str) -> Result<Option<Value>> {
        let known = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        let unknown = known.is_none_or(|value| matches!(value, Value::Name(_) | Value::Missing(_) | Value::Unread(..)));
        let found = self.given.get(name).filter(|_| unknown).or(known).cloned();
        if let Some(value) = &found {
            self.spend(value.size())?;
        }
        Ok(found)
    }

    /// What a chain of that name is called: those of functions and classes by theirs too.
    pub fn known_as(&self, name: &str) -> String {
        match (name.strip_prefix("self."), &self.class, self.running.last()) {
            (Some(own), Some(class), _) => format!("{class}.{own}"),
            (None, _, Some(function)) if !function.globals.contains_key(name) => format!("{}.{name}", function.name),
            _ => name.to_owned(),
        }
    }

    pub fn set(&mut self, name: &str, value: Value) -> Result<()> {
        self.collect(&self.known_as(name), &value)?;
        // A function's `self.x` outlives it, and so do its globals.
        let global = self.running.last().is_some_and(|function| function.globals.contains_key(name));
        let outer = global || name.starts_with("self.");
        let scope = if outer { self.scopes.first_mut() } else { self.scopes.last_mut() };
        if let Some(scope) = scope {
            scope.insert(name.to_owned(), value);
        }
        Ok(())
    }

    fn run(&mut self, statements: &[Statement]) -> Result<Flow> {
        for statement in statements {
            self.step()?;
            match &statement.kind {
                Kind::Import(names) => self.script.imports.extend(names.iter().cloned()),
                Kind::Assign { targets, operator, value } => self.assign(targets, *operator, value)?,
                Kind::Value(expr) => self.value_alone(expr)?,
                Kind::If(branches) => {
                    if let Flow::Returned(value) = self.choose(branches)? {
                        return Ok(Flow::Returned(value));
                    }
                }
                Kind::Loop(body) => self.maybe(body, Times::Many(statement.line))?,
                Kind::Perhaps(body) => self.maybe(body, Times::Once(statement.line))?,
                Kind::Global(names) => self.global(names)?,
                Kind::Block(body) => {
                    if let Flow::Returned(value) = self.run(body)? {
                        return Ok(Flow::Returned(value));
                    }
                }
                Kind::Function(function) => {
                    let name = match &self.class {
                        Some(class) => format!("{class}.{}", function.name),
                        None => function.name.clone(),
                    };
                    self.script.own.insert(function.name.clone());
                    self.functions.insert(name, function.clone());
                }
                Kind::Class { name, bases, body } => self.class(name, bases, body)?,
                Kind::Return(expr) => {
                    let value = self.value(expr)?;
                    // One of several that a function may give, by what nobody has said yet.
                    if let Some(function) = self.running.last().filter(|function| function.asked) {
                        let name = function.name.clone();
                        self.collect(&name, &value)?;
                    }
                    return Ok(Flow::Returned(value));
                }
            }
        }
        Ok(Flow::On)
    }

    /// The first branch whose condition holds. Where that is not known, whatever the branches leave different hangs on it.
    fn choose(&mut self, branches: &[(Option<Expr>, Vec<Statement>)]) -> Result<Flow> {
        let mut needs: Vec<String> = Vec::new();
        let mut outcomes: Vec<(Vec<Scope>, Option<Value>)> = Vec::new();
        let before = self.scopes.clone();
        self.copied(&before)?;
        let asked = self.conditions.len();
        let mut later = Vec::new();
        let mut certain = false;
        for (condition, body) in branches {
            let truth = match condition {
                None => Some(true),
                Some(condition) => {
                    let value = self.value(condition)?;
                    if value.truth().is_none() {
                        let of = value.needs();
                        let words = if of.is_empty() { canonical(condition).into_iter().collect() } else { of };
                        needs.extend(words.iter().cloned());
                        self.conditions.extend(words);
                    }
                    value.truth()
                }
            };
            match (truth, outcomes.is_empty()) {
                (Some(false), _) => continue,
                (Some(true), true) => return self.run(body),
                _ => {}
            }
            self.scopes.clone_from(&before);
            self.copied(&before)?;
            let within = self.conditions.len();
            let flow = self.run(body)?;
            // What a choice within it leaves open is open behind it.
            later.extend(self.conditions.split_off(within));
            let after = std::mem::replace(&mut self.scopes, before.clone());
            outcomes.push((after, if let Flow::Returned(value) = flow { Some(value) } else { None }));
            if truth == Some(true) {
                certain = true;
                break;
            }
        }
        self.conditions.truncate(asked);
        self.conditions.extend(later);
        if outcomes.is_empty() {
            return Ok(Flow::On);
        }
        if !certain {
            outcomes.push((before, None));
        }
        needs.dedup();
        let returned = outcomes.iter().filter(|(_, value)| value.is_some()).count();
        // What goes on after the choice is that of the branches that do not return.
        let going: Vec<&Vec<Scope>> =
            outcomes.iter().filter(|(_, value)| value.is_none()).map(|(scopes, _)| scopes).collect();
        self.go_on_as_either(&going, &needs)?;
        if returned == 0 {
            return Ok(Flow::On);
        }
        if going.is_empty() || !needs.is_empty() {
            // All that comes after is there only if none of the branches returned.
            self.conditions.extend(needs.iter().cloned());
            return Ok(if going.is_empty() { Flow::Returned(Value::Missing(needs)) } else { Flow::On });
        }
        Ok(Flow::On)
    }

    /// Names are what all branches leave them; what these leave different hangs on what is needed to choose among them.
    fn go_on_as_either(&mut self, branches: &[&Vec<Scope>], needs: &[String]) -> Result<()> {
        let Some((first, rest)) = branches.split_first() else { return Ok(()) };
        self.scopes = (*first).clone();
        let names: BTreeSet<(usize, String)> = branches
            .iter()
            .flat_map(|scopes| scopes.iter().enumerate().flat_map(|(i, s)| s.keys().map(move |k| (i, k.clone()))))
            .collect();
        for (depth, name) in names {
            let of = |scopes: &Vec<Scope>| scopes.get(depth).and_then(|scope| scope.get(&name)).cloned();
            let here = of(first);
            if rest.iter().any(|scopes| of(scopes) != here) {
                let unknown = if needs.is_empty() {
                    Value::Unread(name.clone(), Why::Condition)
                } else {
                    Value::Missing(needs.to_vec())
                };
                let values: Option<Vec<Value>> = branches.iter().map(|scopes| of(scopes)).collect();
                let value = values.and_then(|values| joined(&values, &unknown)).unwrap_or(unknown);
                self.spend(value.size())?;
                if let Some(scope) = self.scopes.get_mut(depth) {
                    scope.insert(name, value);
                }
            }
        }
        Ok(())
    }

    /// A body that may be done or not, once or often: what it changes is not known, what it makes is. Of a list that it only puts
    /// something into, what was there before stays.
    fn maybe(&mut self, body: &[Statement], times: Times) -> Result<()> {
        let before = self.scopes.clone();
        self.copied(&before)?;
        self.run(body)?;
        let mut changed = Vec::new();
        for (depth, (scope, before)) in self.scopes.iter().zip(&before).enumerate() {
            for (name, value) in scope {
                if let Some(old) = before.get(name).filter(|old| *old != value) {
                    changed.push((depth, name.clone(), times.joined(name, old, value)));
                }
            }
        }
        for (depth, name, value) in changed {
            self.spend(value.size())?;
            // A list in no chain is one by itself, and is not what the body made of it once.
            if depth + 1 == self.scopes.len() && matches!(value, Value::List(_)) {
                self.collect(&self.known_as(&name), &value)?;
            }
            if let Some(scope) = self.scopes.get_mut(depth) {
                scope.insert(name, value);
            }
        }
        Ok(())
    }

    /// Names of the function that is gone through which are the text's own.
    fn global(&mut self, names: &[String]) -> Result<()> {
        for name in names {
            let before = self.scopes.first().and_then(|scope| scope.get(name)).cloned();
            self.spend(before.as_ref().map_or(0, Value::size))?;
            if let Some(function) = self.running.last_mut() {
                function.globals.entry(name.clone()).or_insert(before);
            }
        }
        Ok(())
    }

    fn class(&mut self, name: &str, bases: &[Expr], body: &[Statement]) -> Result<()> {
        let chain = bases
            .iter()
            .filter_map(canonical)
            .find(|base| matches!(base.rsplit('.').next(), Some("Compose" | "Sequential")));
        self.script.own.insert(name.to_owned());
        let outer = self.class.replace(name.to_owned());
        self.scopes.push(BTreeMap::new());
        self.run(body)?;
        let own = self.scopes.pop().unwrap_or_default();
        let methods: Vec<Function> = body
            .iter()
            .filter_map(|s| if let Kind::Function(function) = &s.kind { Some(function.clone()) } else { None })
            .collect();
        for (key, value) in own {
            self.set(&format!("{name}.{key}"), value)?;
        }
        if let Some(base) = chain {
            self.set("super().__init__", Value::Name(base))?;
        }
        for method in methods {
            let key = format!("{name}.{}", method.name);
            self.called.insert(key.clone());
            let value = self.call_function(&key, &method, &[], &[], true)?;
            self.collect(&key, &value)?;
        }
        if let Some(scope) = self.scopes.first_mut() {
            scope.retain(|key, _| !key.starts_with("self.") && key != "super().__init__");
        }
        self.class = outer;
        Ok(())
    }

    /// Functions that nothing calls, each with its defaults.
    fn uncalled(&mut self) -> Result<()> {
        let functions: Vec<(String, Function)> =
            self.functions.iter().map(|(name, function)| (name.clone(), function.clone())).collect();
        for (name, function) in functions {
            if !self.called.contains(&name) {
                let value = self.call_function(&name, &function, &[], &[], true)?;
                self.collect(&name, &value)?;
                self.conditions.clear();
            }
        }
        Ok(())
    }

    pub fn call_function(
        &mut self,
        name: &str,
        function: &Function,
        args: &[Value],
        named: &[(String, Value)],
        asked: bool,
    ) -> Result<Value> {
        if self.running.len() >= MAX_CALLS || self.running.iter().any(|running| running.name == name) {
            return Ok(Value::Unread(format!("{name}(…)"), Why::CallsItself));
        }
        // Before the defaults are worked out: one of them may call the function itself.
        self.running.push(Running { name: name.to_owned(), asked, globals: BTreeMap::new() });
        let mut scope = Scope::new();
        let own = function.params.iter().filter(|(name, _)| name != "self" && name != "cls");
        for (place, (param, default)) in own.enumerate() {
            let given = named.iter().find(|(key, _)| key == param).map(|(_, v)| v).or_else(|| args.get(place)).cloned();
            let value = match (given, default) {
                (Some(value), _) => value,
                (None, _) if asked && self.given.contains_key(param) => {
                    self.given.get(param).cloned().unwrap_or(Value::None)
                }
                (None, Some(default)) => self.value(default)?,
                // By its own name; `cfg["size"]` of such a `cfg` is asked for by that.
                (None, None) => continue,
            };
            scope.insert(param.clone(), value);
        }
        let outer = self.conditions.len();
        // Only the text's own names and the function's are seen in it.
        let hidden = self.scopes.split_off(1);
        self.scopes.push(scope);
        let flow = self.run(&function.body);
        self.scopes.truncate(1);
        self.scopes.extend(hidden);
        if let (Some(function), Some(own)) = (self.running.pop().filter(|_| asked), self.scopes.first_mut()) {
            // Whether anything calls it is not known, and so not what it makes of the text's own names.
            for (name, before) in function.globals {
                match before {
                    Some(value) => drop(own.insert(name, value)),
                    None => drop(own.remove(&name)),
                }
            }
        }
        let needs = self.conditions.split_off(outer);
        let value = match flow? {
            Flow::Returned(value) => value,
            Flow::On => Value::None,
        };
        Ok(match value {
            value if needs.is_empty() => value,
            _ => Value::Missing(needs),
        })
    }

    /// Keeps the chains and lists of transforms in a value.
    pub fn collect(&mut self, name: &str, value: &Value) -> Result<()> {
        self.step()?;
        match value {
            Value::Call(call) if call.is_chain() => {
                self.spend(value.size())?;
                let name = if name.is_empty() {
                    self.places.get(&call.place).cloned().unwrap_or_default()
                } else {
                    name.to_owned()
                };
                let (needs, depth) = (self.conditions.clone(), self.running.len());
                let found = Found { name: name.clone(), value: value.clone(), needs, depth };
                let chains = &mut self.script.chains;
                let same = |other: &Found| {
                    let place = matches!(&other.value, Value::Call(other) if other.place == call.place);
                    (place && (other.name.is_empty() || other.value == *value))
                        || (!name.is_empty() && other.name == name)
                };
                match chains.iter_mut().find(|other| same(other)) {
                    // The name that it was given first is the one it is known by.
                    Some(other) if other.value == *value && !other.name.is_empty() && other.depth <= depth => {}
                    Some(other) => *other = found,
                    None => chains.push(found),
                }
                self.places.insert(call.place, name);
            }
            Value::Dict(entries) => {
                for (key, value) in entries {
                    self.collect(&format!("{name}[\"{key}\"]"), value)?;
                }
            }
            Value::List(list) => {
                if list.iter().any(|v| matches!(v, Value::Call(call) if call.is_chain())) {
                    for (i, value) in list.iter().enumerate() {
                        self.collect(&format!("{name}[{i}]"), value)?;
                    }
                } else if !name.is_empty() && list.iter().any(|v| matches!(v, Value::Call(_))) {
                    self.spend(value.size())?;
                    let lists = &mut self.script.lists;
                    lists.retain(|other| other.name != name);
                    let (needs, depth) = (self.conditions.clone(), self.running.len());
                    lists.push(Found { name: name.to_owned(), value: value.clone(), needs, depth });
                }
            }
            Value::Call(call) => {
                for value in call.args.iter().chain(call.named.iter().map(|(_, v)| v)) {
                    if matches!(value, Value::Call(_) | Value::Dict(_)) {
                        self.collect(name, value)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
