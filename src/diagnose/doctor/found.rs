//! What the looks collect, and how they write figures.

use crate::protocol::doctor::{Finding, Severity};

/// The findings so far.
pub(super) struct Found(pub(super) Vec<Finding>);

impl Found {
    pub(super) fn add(
        &mut self,
        severity: Severity,
        what: String,
        why: impl Into<String>,
        what_to_do: impl Into<String>,
    ) {
        self.0.push(Finding { severity, what, why: why.into(), what_to_do: what_to_do.into() });
    }
}

/// `3.2 GB`.
pub(super) fn gb(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 * 1e-9)
}

/// `one core`, `1.5 cores`.
pub(super) fn cores(n: f64) -> String {
    match n {
        1.0 => "one core".to_owned(),
        n if n.fract() == 0.0 => format!("{n:.0} cores"),
        n => format!("{n:.1} cores"),
    }
}
