//! What becomes of each event on its way: who may miss it, who hears of it later, what a record keeps of it.

use super::{Decision, Event};

/// What an event is to the queue of a client, to whoever attaches to the run later, and to its record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventTraits {
    pub when_crowded: WhenCrowded,
    pub later: ToldLater,
    /// `None`: it is not recorded.
    pub record: Option<RecordEntry>,
}

/// How it fares where a client does not keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenCrowded {
    /// It is of the moment only.
    Dropped,
    /// Up to a bound.
    Waits,
    /// A run's beginning or end.
    Stays,
}

/// What a client is told of it that attaches after it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldLater {
    Nothing,
    /// Each: a landmark, without which what follows makes no sense.
    Each,
    /// The newest alone, which says how something stands.
    Newest,
}

/// As what it stands in a run's record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordEntry {
    pub kind: RecordKind,
    /// When and after which step it was, where it has a time or a step.
    pub secs: Option<f64>,
    pub step: Option<u64>,
    /// It must not be lost: it is on the disk before the next second.
    pub at_once: bool,
}

macro_rules! record_kinds {
    ($($kind:ident = $name:literal,)*) => {
        /// What a record's entry is of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum RecordKind {
            $($kind,)*
        }

        impl RecordKind {
            /// As it stands in a record.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The one of that name; `None` where it is of a newer program.
            pub fn of(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

record_kinds! {
    Started = "started",
    Step = "step",
    Epoch = "epoch",
    Validation = "validation",
    Changed = "changed",
    Span = "span",
    Bisect = "bisect",
    Effect = "effect",
    Ceilings = "ceilings",
    Stages = "stages",
    Telemetry = "telemetry",
    Warning = "warning",
    Quarantined = "quarantined",
    Finished = "finished",
    Failed = "failed",
}

impl EventTraits {
    /// Neither told later nor recorded.
    const fn of(when_crowded: WhenCrowded) -> Self {
        Self { when_crowded, later: ToldLater::Nothing, record: None }
    }

    const fn told(self, later: ToldLater) -> Self {
        Self { later, ..self }
    }

    const fn recorded(self, kind: RecordKind, secs: Option<f64>, step: Option<u64>) -> Self {
        Self { record: Some(RecordEntry { kind, secs, step, at_once: false }), ..self }
    }

    const fn recorded_at_once(self, kind: RecordKind, secs: Option<f64>, step: Option<u64>) -> Self {
        Self { record: Some(RecordEntry { kind, secs, step, at_once: true }), ..self }
    }
}

const OF_THE_MOMENT: EventTraits = EventTraits::of(WhenCrowded::Dropped);
const LASTING: EventTraits = EventTraits::of(WhenCrowded::Waits);
const BEGINNING_OR_END: EventTraits = EventTraits::of(WhenCrowded::Stays);

impl Event {
    /// All that is decided of an event by what it is; there is no other list of this.
    pub fn traits(&self) -> EventTraits {
        use RecordKind as Kind;
        match self {
            Self::Hello { .. } => BEGINNING_OR_END,
            Self::Started(e) => {
                BEGINNING_OR_END.told(ToldLater::Each).recorded_at_once(Kind::Started, None, Some(e.first_step))
            }
            Self::Finished(e) => BEGINNING_OR_END.recorded_at_once(Kind::Finished, Some(e.secs), Some(e.steps)),
            Self::Failed { .. } => BEGINNING_OR_END.recorded_at_once(Kind::Failed, None, None),

            Self::Epoch(e) => LASTING.told(ToldLater::Each).recorded_at_once(Kind::Epoch, Some(e.secs), Some(e.step)),
            Self::Validation(e) => {
                LASTING.told(ToldLater::Each).recorded_at_once(Kind::Validation, Some(e.secs), Some(e.step))
            }
            Self::Changed(e) => {
                // A bisect's are undone again.
                let later = if e.experiment { ToldLater::Nothing } else { ToldLater::Each };
                LASTING.told(later).recorded_at_once(Kind::Changed, Some(e.secs), Some(e.step))
            }
            Self::Span(e) => LASTING.told(ToldLater::Each).recorded(Kind::Span, Some(e.secs), Some(e.step)),
            // Slow files are told again only when there are others.
            Self::Phase(_) | Self::Trying(_) | Self::Unscaled(_) | Self::Slow(_) => LASTING.told(ToldLater::Newest),
            Self::Ceilings(_) => LASTING.recorded(Kind::Ceilings, None, None),
            Self::Warning { secs, .. } => LASTING.recorded(Kind::Warning, Some(*secs), None),
            Self::Quarantined { secs, .. } => LASTING.recorded(Kind::Quarantined, Some(*secs), None),
            Self::Devices(_) | Self::Trace(_) => LASTING,

            // What is not decided yet is told again after the next block.
            Self::Bisect(e) if e.verdict.is_none() => OF_THE_MOMENT,
            Self::Bisect(_) => LASTING.recorded(Kind::Bisect, None, None),
            Self::Effect(e) if e.decision == Decision::Measuring => OF_THE_MOMENT,
            Self::Effect(_) => LASTING.recorded(Kind::Effect, None, None),

            Self::Step(e) => OF_THE_MOMENT.recorded(Kind::Step, Some(e.secs), Some(e.step)),
            Self::Stages(e) => OF_THE_MOMENT.recorded(Kind::Stages, Some(e.secs), None),
            Self::Telemetry(e) => OF_THE_MOMENT.recorded(Kind::Telemetry, Some(e.secs), None),
            Self::Progress { .. } | Self::Verdict(_) | Self::Stalls(_) | Self::Heartbeat { .. } => OF_THE_MOMENT,
        }
    }
}
