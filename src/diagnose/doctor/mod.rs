//! The doctor's findings: what is wrong with a machine for training, why that matters and what to do, made from its facts
//! alone.
//!
//! A fact that is not known makes no finding: better none than a wrong one.

mod boards;
mod devices;
mod machine;

#[cfg(test)]
mod tests;

use crate::protocol::doctor::{DoctorReport, Finding, Severity};

/// What is wrong, the gravest first.
#[must_use]
pub fn findings(report: &DoctorReport) -> Vec<Finding> {
    let mut found = Found(Vec::new());
    devices::look(report, &mut found);
    boards::look(report, &mut found);
    machine::look(report, &mut found);
    // Stable: of one severity, what was looked at first stays first.
    found.0.sort_by_key(|finding| finding.severity);
    found.0
}

struct Found(Vec<Finding>);

impl Found {
    fn add(&mut self, severity: Severity, what: String, why: impl Into<String>, what_to_do: impl Into<String>) {
        self.0.push(Finding { severity, what, why: why.into(), what_to_do: what_to_do.into() });
    }
}

/// `3.2 GB`.
fn gb(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 * 1e-9)
}

/// `one core`, `1.5 cores`.
fn cores(n: f64) -> String {
    match n {
        1.0 => "one core".to_owned(),
        n if n.fract() == 0.0 => format!("{n:.0} cores"),
        n => format!("{n:.1} cores"),
    }
}
