//! What the looks collect, and how they write figures.

use crate::language::{Arg, Message};
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
    pub(super) fn administers(self, command: &str) -> Message {
        match self {
            Self::Windows => msg!("doctor-command-as-administrator", command),
            Self::Linux | Self::MacOs => format!("`sudo {command}`").into(),
        }
    }
}

/// The findings so far.
pub(super) struct Found(pub(super) Vec<Finding>);

impl Found {
    pub(super) fn add(&mut self, severity: Severity, what: Message, why: Message, what_to_do: Message) {
        self.0.push(Finding { severity, what, why, what_to_do });
    }
}

/// `one core`, `1.5 cores`.
pub(super) fn cores(n: f64) -> Message {
    match n.fract() == 0.0 {
        true => msg!("doctor-cores", n = n as u64),
        false => msg!("doctor-parts-of-cores", n = Arg::number(n, 1)),
    }
}
