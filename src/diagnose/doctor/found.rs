//! What the looks collect, and how they write figures.

use crate::protocol::doctor::{Finding, Machine, Severity};

/// Whose words an advice is in: that machine's, which need not be this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// And what is not known.
    Linux,
    Windows,
    MacOs,
}

impl System {
    pub(super) fn of(machine: &Machine) -> Self {
        let os = machine.os.as_deref().unwrap_or_default().to_ascii_lowercase();
        match os {
            os if os.contains("windows") => Self::Windows,
            os if os.contains("mac") => Self::MacOs,
            _ => Self::Linux,
        }
    }

    /// A command that only who administers the machine may give.
    pub(super) fn administers(self, command: &str) -> String {
        match self {
            Self::Windows => format!("`{command}` in a terminal that was opened as administrator"),
            Self::Linux | Self::MacOs => format!("`sudo {command}`"),
        }
    }
}

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
