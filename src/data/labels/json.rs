//! JSON of labels as records: a list of objects, `{"a.png": "cat"}`, columns of pandas, MONAI's lists by part, and JSON
//! lines.

use crate::language::Message;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

use super::super::roles::part_word;
use super::Place;

/// Columns beyond this are left aside.
const MAX_COLUMNS: usize = 1024;

/// Rows of as many cells as there are columns.
pub(super) struct Records {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<(Place, Vec<String>)>,
}

impl Records {
    fn new(columns: &[&str]) -> Self {
        Self { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows: Vec::new() }
    }

    fn push(&mut self, at: Place, members: &[(&str, String)]) {
        let mut row = vec![String::new(); self.columns.len()];
        for (name, cell) in members {
            let column = match self.columns.iter().position(|column| column == name) {
                Some(column) => column,
                None if self.columns.len() < MAX_COLUMNS => {
                    self.columns.push((*name).to_owned());
                    row.push(String::new());
                    self.columns.len() - 1
                }
                None => continue,
            };
            row[column].clone_from(cell);
        }
        self.rows.push((at, row));
    }

    /// The object's members that are one value each.
    fn push_object(&mut self, at: Place, first: &[(&str, &str)], object: &Value) -> Result<(), Message> {
        let members = object.as_object().ok_or_else(|| msg!("data-json-no-object", at = at.to_string()))?;
        let mut cells: Vec<(&str, String)> = first.iter().map(|(name, cell)| (*name, (*cell).to_owned())).collect();
        cells.extend(members.iter().filter_map(|(name, value)| Some((name.as_str(), scalar(value)?))));
        self.push(at, &cells);
        Ok(())
    }
}

/// An object's members in the file's order, a name that comes twice twice; or a list's, without names.
struct Members(Vec<(Option<String>, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a list of {\"file\": …, \"label\": …} or an object {\"file\": \"label\"}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    members.push((Some(name), value));
                }
                Ok(Members(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(value) = list.next_element()? {
                    members.push((None, value));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_any(InOrder)
    }
}

pub(super) fn records(text: &str) -> Result<Records, Message> {
    let Members(members) = serde_json::from_str(text).map_err(|e| msg!("data-json-no-labels", e = e.to_string()))?;
    if let Some(columns) = columns(&members) {
        return Ok(columns);
    }
    if let Some(lists) = lists_by_name(&members)? {
        return Ok(lists);
    }
    let is_object = members.first().is_some_and(|(name, _)| name.is_some());
    let mut found = Records::new(if is_object { &["file"] } else { &[] });
    for (n, (name, value)) in (1..).zip(&members) {
        let at = Place::Entry(n);
        match (name, scalar(value)) {
            (Some(file), Some(label)) => found.push(at, &[("file", file.clone()), ("label", label)]),
            (Some(file), None) => found.push_object(at, &[("file", file.as_str())], value)?,
            (None, _) => found.push_object(at, &[], value)?,
        }
    }
    fill(&mut found);
    Ok(found)
}

pub(super) fn records_of_lines(text: &str) -> Result<Records, Message> {
    let mut found = Records::new(&[]);
    for (n, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let at = Place::Row(n);
        let value: Value = serde_json::from_str(line)
            .map_err(|e| msg!("data-json-not-read", at = at.to_string(), e = e.to_string()))?;
        found.push_object(at, &[], &value)?;
    }
    fill(&mut found);
    Ok(found)
}

/// Rows that came before a column did get an empty cell of it.
fn fill(found: &mut Records) {
    let columns = found.columns.len();
    found.rows.iter_mut().for_each(|(_, row)| row.resize(columns, String::new()));
}

/// `{"training": [{"image": …, "label": …}], "test": […]}`, MONAI's lists; or `{"data": [{…}]}`.
fn lists_by_name(members: &[(Option<String>, Value)]) -> Result<Option<Records>, Message> {
    let objects = |value: &Value| value.as_array().is_some_and(|list| list.first().is_some_and(Value::is_object));
    let lists: Vec<(&str, &Value)> = members
        .iter()
        .filter_map(|(name, value)| Some((name.as_deref()?, value)))
        .filter(|(_, value)| objects(value))
        .collect();
    let all_parts = lists.iter().all(|(name, _)| part_word(name).is_some());
    if lists.is_empty() || (lists.len() > 1 && !all_parts) {
        return Ok(None);
    }
    let mut found = Records::new(&[]);
    let mut n = 0;
    for (name, list) in lists {
        for value in list.as_array().into_iter().flatten() {
            n += 1;
            let part = if all_parts { &[("split", name)][..] } else { &[] };
            found.push_object(Place::Entry(n), part, value)?;
        }
    }
    fill(&mut found);
    Ok(Some(found))
}

/// `{"file": {"0": …}, "label": {"0": …}}` or `{"file": […], "label": […]}`, as pandas writes a table; or its
/// `{"columns": […], "data": [[…]]}`.
fn columns(members: &[(Option<String>, Value)]) -> Option<Records> {
    let named = |wanted: &str| members.iter().find(|(name, _)| name.as_deref() == Some(wanted)).map(|(_, value)| value);
    if let (Some(Value::Array(names)), Some(Value::Array(data))) = (named("columns"), named("data")) {
        let columns = names.iter().map(|name| scalar(name).unwrap_or_default()).collect();
        let row = |(n, row): (u64, &Value)| {
            let cells = row.as_array()?.iter().map(|cell| scalar(cell).unwrap_or_default()).collect();
            Some((Place::Entry(n), cells))
        };
        let rows = (1..).zip(data).map(row).collect::<Option<Vec<_>>>()?;
        let mut found = Records { columns, rows };
        fill(&mut found);
        return Some(found);
    }
    let names: Option<Vec<&str>> = members.iter().map(|(name, _)| name.as_deref()).collect();
    let names = names.filter(|names| names.len() > 1 && super::columns::has_known_name(names.iter().copied()))?;
    let cells = |value: &Value| match value {
        Value::Array(list) => list.iter().map(scalar).collect::<Option<Vec<_>>>(),
        Value::Object(cells) => {
            // In the order of their numbers, which is not that of their names.
            let mut cells: Vec<_> = cells.iter().collect();
            cells.sort_by_key(|(key, _)| key.parse().unwrap_or(u64::MAX));
            cells.into_iter().map(|(_, value)| scalar(value)).collect()
        }
        _ => None,
    };
    let columns: Vec<Vec<String>> = members.iter().map(|(_, value)| cells(value)).collect::<Option<_>>()?;
    let len = columns.first()?.len();
    if columns.iter().any(|column| column.len() != len) {
        return None;
    }
    let row = |i: usize| columns.iter().map(|column| column[i].clone()).collect();
    let rows = (0..len).map(|i| (Place::Entry(i as u64 + 1), row(i))).collect();
    Some(Records { columns: names.into_iter().map(str::to_owned).collect(), rows })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
