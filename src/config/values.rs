//! Reading parameters that were checked: by name, as what their kind means.

use super::param::{ParamInfo, axes_of};
use super::spec::{ParamValue, Params};

/// Parameters that were checked against their description: what is left out is at its default. The
/// fallbacks below are never reached for a name and kind of the description.
pub struct Values<'a> {
    pub given: &'a Params,
    pub params: &'static [ParamInfo],
}

impl Values<'_> {
    fn get(&self, name: &str) -> ParamValue {
        let given = self.given.get(name).cloned();
        let default = || self.params.iter().find(|p| p.name == name).map(ParamInfo::default_value);
        given.or_else(default).unwrap_or(ParamValue::Bool(false))
    }

    /// The numbers of a list, or the one number.
    pub fn floats(&self, name: &str) -> Vec<f64> {
        match self.get(name) {
            ParamValue::List(list) => list.iter().filter_map(ParamValue::as_f64).collect(),
            one => one.as_f64().into_iter().collect(),
        }
    }

    /// The rows of `ParamKind::Rows`.
    pub fn rows(&self, name: &str) -> Vec<Vec<f64>> {
        match self.get(name) {
            ParamValue::List(rows) => {
                let row = |row: &ParamValue| match row {
                    ParamValue::List(row) => row.iter().filter_map(ParamValue::as_f64).collect(),
                    one => one.as_f64().into_iter().collect(),
                };
                rows.iter().map(row).collect()
            }
            _ => Vec::new(),
        }
    }

    pub fn int(&self, name: &str) -> i64 {
        self.get(name).as_f64().unwrap_or(0.0) as i64
    }

    /// The whole numbers of a list, or the one.
    pub fn ints(&self, name: &str) -> Vec<i64> {
        self.floats(name).into_iter().map(|v| v as i64).collect()
    }

    pub fn bool(&self, name: &str) -> bool {
        self.get(name) == ParamValue::Bool(true)
    }

    pub fn float(&self, name: &str) -> f64 {
        self.get(name).as_f64().unwrap_or(0.0)
    }

    pub fn text(&self, name: &str) -> String {
        ParamInfo::show_text(&self.get(name))
    }

    pub fn optional_float(&self, name: &str) -> Option<f64> {
        self.get(name).as_f64()
    }

    pub fn optional_floats(&self, name: &str) -> Option<Vec<f64>> {
        let list = self.floats(name);
        (!list.is_empty()).then_some(list)
    }

    /// Low and high; one number stands for both signs of it.
    pub fn range(&self, name: &str) -> [f64; 2] {
        match self.floats(name).as_slice() {
            [low, high] => [*low, *high],
            [one] => [-one.abs(), one.abs()],
            _ => [0.0; 2],
        }
    }

    /// Low and high of `ParamKind::Ranges`, by axis; r stands for -r to r.
    pub fn ranges(&self, name: &str) -> Vec<[f64; 2]> {
        let ends = |v: &ParamValue| match v {
            ParamValue::List(ends) => Some([ends.first()?.as_f64()?, ends.get(1)?.as_f64()?]),
            one => one.as_f64().map(|r| [-r, r]),
        };
        match self.get(name) {
            ParamValue::List(list) => list.iter().filter_map(ends).collect(),
            one => ends(&one).into_iter().collect(),
        }
    }

    /// H and W; one number stands for both.
    pub fn per_axis(&self, name: &str) -> [f64; 2] {
        match self.floats(name).as_slice() {
            [h, w] => [*h, *w],
            [one] => [*one; 2],
            _ => [1.0; 2],
        }
    }

    /// Whether one number was given, for both axes.
    pub fn is_one_number(&self, name: &str) -> bool {
        self.floats(name).len() == 1
    }

    pub fn axes(&self, name: &str) -> [bool; 2] {
        axes_of(&self.get(name)).unwrap_or([true; 2])
    }

    /// H and W in pixels; `None` is "as it is".
    pub fn size(&self, name: &str) -> [Option<usize>; 2] {
        let pixels = |v: f64| (v >= 1.0).then_some(v as usize);
        self.per_axis(name).map(pixels)
    }
}
