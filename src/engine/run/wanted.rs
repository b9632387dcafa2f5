//! What the client wants, folded from its commands: the one place that reads them, in every phase of a run.
//!
//! A command counts when it comes, not when somebody has time for it: what is sent while a run starts, validates or is
//! paused is found here by whoever looks next. Of several that say another thing of the same, the last holds.

use crate::config::TransformSpec;
use crate::language::Message;
use crate::protocol::{BisectRequest, Command};

/// What is wanted and not done yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Wanted {
    /// For good: nothing takes it back.
    pub stop: bool,
    pub paused: bool,
    /// How many changes of transforms were asked for so far.
    pub edits: u64,
    pub changes: Changes,
}

/// What is to be done once; taken by whoever does it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Changes {
    pub transforms: Option<Vec<TransformSpec>>,
    pub workers: Option<usize>,
    /// The bisect under way is to end, before another begins.
    pub stop_bisect: bool,
    pub bisect: Option<BisectRequest>,
    pub ceilings: bool,
}

impl Changes {
    /// These are older: what says something of the same holds against them.
    pub fn put_behind(&mut self, older: Self) {
        self.transforms = self.transforms.take().or(older.transforms);
        self.workers = self.workers.or(older.workers);
        self.bisect = self.bisect.or(older.bisect.filter(|_| !self.stop_bisect));
        self.stop_bisect |= older.stop_bisect;
        self.ceilings |= older.ceilings;
    }
}

impl Wanted {
    /// Takes one command in; gives a warning where it means nothing while a run is under way.
    pub fn take(&mut self, command: Command) -> Option<Message> {
        let changes = &mut self.changes;
        match command {
            Command::Stop | Command::Shutdown => self.stop = true,
            Command::Pause => self.paused = true,
            Command::Resume => self.paused = false,
            Command::SetTransforms(specs) => {
                self.edits += 1;
                changes.transforms = Some(specs);
            }
            Command::SetWorkers(workers) => changes.workers = Some(workers),
            Command::Bisect(request) => changes.bisect = Some(request),
            Command::StopBisect => (changes.bisect, changes.stop_bisect) = (None, true),
            Command::MeasureCeilings => changes.ceilings = true,
            Command::Start(_) => return Some(msg!("engine-run-under-way")),
            Command::ListDevices => return Some(msg!("engine-devices-not-listed")),
            // Answered where commands are read, or the watchdog's: they do not come this way.
            Command::TakeTrace { .. } | Command::TraceAtEnd { .. } | Command::AnswerStall(_) => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(commands: impl IntoIterator<Item = Command>) -> Wanted {
        let mut wanted = Wanted::default();
        for command in commands {
            assert_eq!(wanted.take(command), None);
        }
        wanted
    }

    fn chain(name: &str) -> Vec<TransformSpec> {
        vec![TransformSpec::new(name)]
    }

    #[test]
    fn the_last_word_holds_and_every_edit_counts() {
        let wanted = after([
            Command::SetTransforms(chain("RandFlip")),
            Command::SetWorkers(4),
            Command::Pause,
            Command::SetTransforms(chain("RandZoom")),
            Command::SetWorkers(2),
            Command::Resume,
        ]);
        assert_eq!((wanted.edits, wanted.paused, wanted.stop), (2, false, false));
        let expected = Changes { transforms: Some(chain("RandZoom")), workers: Some(2), ..Changes::default() };
        assert_eq!(wanted.changes, expected);
    }

    #[test]
    fn a_stop_is_not_undone() {
        let wanted = after([Command::Stop, Command::Pause, Command::Resume, Command::SetWorkers(1)]);
        assert!(wanted.stop && !wanted.paused);
    }

    #[test]
    fn a_bisect_that_is_taken_back_never_begins() {
        let request = BisectRequest { budget_secs: 60.0, thorough: false, go_on: false };
        let taken_back = after([Command::Bisect(request), Command::StopBisect]).changes;
        assert_eq!((taken_back.bisect, taken_back.stop_bisect), (None, true));
        let another = after([Command::StopBisect, Command::Bisect(request)]).changes;
        assert_eq!((another.bisect, another.stop_bisect), (Some(request), true));
    }

    #[test]
    fn what_is_put_back_is_older_than_what_came_since() {
        let request = BisectRequest { budget_secs: 60.0, thorough: false, go_on: false };
        let older = after([Command::Bisect(request), Command::SetWorkers(1), Command::MeasureCeilings]).changes;
        let mut newer = after([Command::StopBisect, Command::SetWorkers(2)]).changes;
        newer.put_behind(older.clone());
        let expected = Changes { workers: Some(2), stop_bisect: true, ceilings: true, ..Changes::default() };
        assert_eq!(newer, expected);
        let mut nothing = Changes::default();
        nothing.put_behind(older.clone());
        assert_eq!(nothing, older);
    }

    #[test]
    fn what_makes_no_sense_is_answered() {
        assert!(Wanted::default().take(Command::ListDevices).is_some());
    }
}
