//! The doctor's findings: what is wrong with a machine for training, why that matters and what to do, made from its facts
//! alone.
//!
//! A fact that is not known makes no finding: better none than a wrong one.

mod boards;
mod devices;
mod found;
mod machine;

#[cfg(test)]
mod tests;

use crate::protocol::doctor::{DoctorReport, Finding};
use found::Found;

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
