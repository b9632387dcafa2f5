//! What a name stands for behind a choice, or a body that may be done or not, by what each way that may have been gone left it.

use super::value::{Value, Why};

/// How often a body may be done that begins in that line.
#[derive(Clone, Copy)]
pub(super) enum Times {
    /// Once, or never.
    Once(usize),
    /// Any number of times.
    Many(usize),
}

impl Times {
    /// What a name stands for behind the body, by what it stood for before it and after it was done once.
    pub(super) fn joined(self, name: &str, before: &Value, after: &Value) -> Value {
        let unread = |why| Value::Unread(name.to_owned(), why);
        let both = [before.clone(), after.clone()];
        match self {
            Self::Once(line) => {
                let unknown = unread(Why::PerhapsChanged(line));
                joined(&both, &unknown).unwrap_or(unknown)
            }
            Self::Many(line) => {
                // What is taken out once may be taken out again, and more with it.
                let length = |value: &Value| if let Value::List(list) = value { list.len() } else { 0 };
                let kept = joined(&both, &unread(Why::PutInInLoop(line))).filter(|all| length(all) > length(before));
                kept.unwrap_or_else(|| unread(Why::ChangedInLoop(line)))
            }
        }
    }
}

/// What lists of transforms have in common at their beginnings and their ends, with what is not known between; `None` where one is no
/// list, or none holds a transform.
pub(super) fn joined(values: &[Value], unknown: &Value) -> Option<Value> {
    let lists = values.iter().map(|value| if let Value::List(list) = value { Some(list.as_slice()) } else { None });
    let lists: Vec<&[Value]> = lists.collect::<Option<_>>()?;
    let shortest = lists.iter().map(|list| list.len()).min()?;
    if !lists.iter().any(|list| list.iter().any(|value| matches!(value, Value::Call(_)))) {
        return None;
    }
    let (first, others) = lists.split_first()?;
    let at_begin = |place: &usize| others.iter().all(|list| list.get(*place) == first.get(*place));
    let begin = (0..shortest).take_while(at_begin).count();
    let from_end = |list: &[Value], place: usize| list.len() - 1 - place;
    let at_end = |place: &usize| {
        others.iter().all(|list| list.get(from_end(list, *place)) == first.get(from_end(first, *place)))
    };
    let end = (0..shortest - begin).take_while(at_end).count();
    let (begin, end) = (first.get(..begin)?, first.get(first.len() - end..)?);
    Some(Value::List([begin, std::slice::from_ref(unknown), end].concat()))
}
