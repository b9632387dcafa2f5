//! What every part of a sweep needs: the time, the budget, the way to say how it stands, and the word to stop.

use super::report::{SweepReport, SweepState};
use crate::client::{ClientError, EngineLink};
use crate::language::{Arg, Message};
use std::time::Duration;

/// How long one look at an engine takes at most.
pub(super) const POLL: Duration = Duration::from_millis(50);
/// How often a report goes out where nothing new was found.
const TELL_EVERY_SECS: f64 = 0.5;
/// What all starts together may take of the budget, where they can be cut short.
pub(super) const START_FRAC: f64 = 0.25;
/// What will be needed is not known better than this.
const NEEDED_TO_SECS: f64 = 10.0;

/// What a sweep works with; tests bring their own.
pub(super) struct Tools<'a> {
    pub start: &'a dyn Fn() -> Result<Box<dyn EngineLink>, ClientError>,
    pub cancelled: &'a dyn Fn() -> bool,
    /// Seconds since whenever.
    pub clock: &'a dyn Fn() -> f64,
    pub tell: &'a mut dyn FnMut(&SweepReport),
}

/// Why a sweep, or a part of it, is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Cancelled,
    Budget,
}

/// Why an engine does not go on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Halt {
    End(End),
    /// It failed or died; how, as the rest of a sentence about it.
    Lost(Message),
}

impl From<End> for Halt {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

pub(super) struct Desk<'a> {
    pub tools: Tools<'a>,
    pub report: SweepReport,
    begun: f64,
    /// On the clock; never beyond the budget.
    deadline: f64,
    /// What the parts so far were short of, in seconds.
    missing_secs: f64,
    told: f64,
}

impl<'a> Desk<'a> {
    pub fn new(tools: Tools<'a>, report: SweepReport) -> Self {
        let begun = (tools.clock)();
        let deadline = begun + report.budget_secs;
        Self { tools, report, begun, deadline, missing_secs: 0.0, told: f64::NEG_INFINITY }
    }

    pub fn now(&self) -> f64 {
        (self.tools.clock)()
    }

    /// Seconds until the part under way must end.
    pub fn left_secs(&self) -> f64 {
        self.deadline - self.now()
    }

    /// The part that begins now may take one of so many equal shares of the time that is left.
    pub fn share_out(&mut self, parts: usize) {
        let end = self.begun + self.report.budget_secs;
        let now = self.now();
        self.deadline = now + (end - now) / parts.max(1) as f64;
    }

    /// Whether to go on; sends a report now and then.
    ///
    /// # Errors
    /// The sweep was cancelled, or the time is spent.
    pub fn check(&mut self) -> Result<(), End> {
        if (self.tools.cancelled)() {
            return Err(End::Cancelled);
        }
        let now = self.now();
        if now >= self.deadline {
            return Err(End::Budget);
        }
        if now - self.told >= TELL_EVERY_SECS {
            self.tell();
        }
        Ok(())
    }

    pub fn tell(&mut self) {
        self.told = self.now();
        self.report.secs = self.told - self.begun;
        (self.tools.tell)(&self.report);
    }

    /// Says what goes on now.
    pub fn say(&mut self, now: Message) {
        if self.report.now != now {
            self.report.now = now;
            self.tell();
        }
    }

    /// Takes down, and says, that so many values need so many seconds more.
    pub fn need(&mut self, values: usize, secs: f64) {
        self.set_needed(secs);
        let needed = Arg::duration(self.report.needed_secs.unwrap_or_default());
        let words = match self.report.is_by_loss() {
            true => msg!("client-sweep-needs-for-losses", values, needed),
            false => msg!("client-sweep-needs", values, needed),
        };
        self.say(self.report.too_short().unwrap_or(words));
    }

    /// The time is spent, and so many seconds are missing.
    pub fn fall_short(&mut self, secs: f64) {
        if secs > 0.0 {
            self.missing_secs += secs;
            self.set_needed(0.0);
        }
    }

    fn set_needed(&mut self, more_secs: f64) {
        let needed = self.now() - self.begun + self.missing_secs + more_secs;
        self.report.needed_secs = Some((needed / NEEDED_TO_SECS).ceil() * NEEDED_TO_SECS);
    }

    pub fn note(&mut self, note: Message) {
        if !self.report.notes.contains(&note) {
            self.report.notes.push(note);
        }
    }

    /// The last report but for its verdict.
    pub fn finish(&mut self, end: Option<End>) {
        self.report.now = Message::default();
        self.report.secs = self.now() - self.begun;
        self.report.state = match end {
            None => SweepState::Done,
            Some(End::Budget) => SweepState::BudgetSpent,
            Some(End::Cancelled) => SweepState::Cancelled,
        };
    }
}
