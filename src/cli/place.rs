//! Where a run trains that a command follows, and the commands that are next, whole, to be copied.

use super::outcome::engine_gone;
use crate::client::EngineExit;
use crate::console::show_path;
use crate::language::Message;
use std::path::{Path, PathBuf};

/// Where a run trains that is followed.
pub(super) struct Place {
    /// Another machine, over ssh.
    pub host: Option<String>,
    pub run_dir: PathBuf,
    /// It trains on without its client.
    pub detached: bool,
}

impl Place {
    /// The command that goes on with the run from its last checkpoint, detached as it was.
    pub fn resume(&self, more: &[&str]) -> String {
        let words: &[&str] = if self.detached { &["train", "--resume", "--detached"] } else { &["train", "--resume"] };
        self.command(words, &["--run"], more)
    }

    /// The command that watches it again.
    pub fn attach(&self, more: &[&str]) -> String {
        self.command(&["attach"], &[], more)
    }

    /// The command that begins a run of the same configuration but for that setting, in a folder beside this one.
    pub fn again(&self, set: &str) -> String {
        let (config, next) = (self.configuration(), self.free_beside());
        let mut words = vec!["trainscope", "train", "--config", &config, "--run", &next, "--set", set];
        words.extend(self.detached.then_some("--detached"));
        self.over_there(&words)
    }

    /// The command that says what each of its transforms costs.
    pub fn bisect(&self, data: &Path) -> String {
        self.over_there(&["trainscope", "bisect", "--data", &show_path(data), "--config", &self.configuration()])
    }

    /// That nobody can attach to what lies there, and which command goes on with it.
    pub fn nothing_trains(&self) -> Message {
        msg!("command-nothing-trains", path = show_path(&self.run_dir), command = self.resume(&[]))
    }

    /// That nothing more comes of a run that had begun, and which command is next.
    pub fn lost(&self, exit: &EngineExit) -> Message {
        let Some(host) = self.host.as_ref().filter(|_| is_of_ssh(exit)) else {
            return msg!("command-engine-gone-resume", gone = engine_gone(exit), command = self.resume(&[]));
        };
        let how = exit.telling_word().map_or_else(|| exit.how.clone(), |word| word.to_owned().into());
        match self.detached {
            true => msg!("command-connection-lost-goes-on", host, how, command = self.attach(&[])),
            false => msg!("command-connection-lost", host, how, command = self.resume(&[])),
        }
    }

    /// A command that reaches the run from here.
    fn command(&self, words: &[&str], before_dir: &[&str], more: &[&str]) -> String {
        let dir = self.dir();
        let mut all = vec!["trainscope"];
        all.extend(words);
        all.extend(self.host.iter().flat_map(|host| ["--ssh", host.as_str()]));
        all.extend(before_dir);
        all.push(&dir);
        all.extend(more);
        line(&all)
    }

    /// A command that runs where the run lies.
    fn over_there(&self, words: &[&str]) -> String {
        match &self.host {
            None => line(words),
            Some(host) => {
                let words: Vec<String> = words.iter().map(|word| quoted_for_sh(word)).collect();
                line(&["ssh", host, &words.join(" ")])
            }
        }
    }

    /// The run's folder, without a slash at its end.
    fn dir(&self) -> String {
        show_path(&self.run_dir).trim_end_matches(std::path::is_separator).to_owned()
    }

    /// Its `run.toml`, with the slashes of the machine where it lies.
    fn configuration(&self) -> String {
        let slash = if self.host.is_some() { '/' } else { std::path::MAIN_SEPARATOR };
        format!("{}{slash}run.toml", self.dir())
    }

    /// `RUNDIR-2`, or the first such folder that is not there; what is there elsewhere is not known here.
    fn free_beside(&self) -> String {
        let dir = self.dir();
        let numbered = |n: u32| format!("{dir}-{n}");
        let is_free = |dir: &String| self.host.is_some() || !Path::new(dir).exists();
        (2..u32::MAX).map(numbered).find(is_free).unwrap_or_else(|| numbered(2))
    }
}

/// Words as this machine's shell takes them.
fn line(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if cfg!(windows) {
        quoted_for_windows(word)
    } else if !is_plain(word) && !word.contains(['"', '$', '`', '\\', '!']) {
        format!("\"{word}\"")
    } else {
        quoted_for_sh(word)
    }
}

/// A word as `cmd` and PowerShell take it; names there have no quotes in them. A backslash before the closing quote would escape it, and
/// PowerShell makes two words of one with a comma.
fn quoted_for_windows(word: &str) -> String {
    if is_plain(&word.replace('\\', "/")) && !word.contains([',', '@']) {
        return word.to_owned();
    }
    let at_the_end = word.len() - word.trim_end_matches('\\').len();
    format!("\"{word}{}\"", "\\".repeat(at_the_end))
}

/// A word as the shell of a machine behind ssh takes it.
fn quoted_for_sh(word: &str) -> String {
    if is_plain(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./:=,+@%".contains(c))
}

/// What ended is ssh itself and not what it ran, whose own exit code it passes on.
fn is_of_ssh(exit: &EngineExit) -> bool {
    !exit.how.is("engine-exit-code") || exit.how == msg!("engine-exit-code", code = "255")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(host: Option<&str>, run_dir: &str, detached: bool) -> Place {
        Place { host: host.map(str::to_owned), run_dir: run_dir.into(), detached }
    }

    #[test]
    fn a_run_that_is_lost_names_the_command_that_is_next() {
        let lost = |host: Option<&str>, detached: bool, code: &str| {
            let how = msg!("engine-exit-code", code = code.to_owned());
            let exit = EngineExit { how, last_words: vec!["Broken pipe".to_owned()] };
            place(host, "my runs", detached).lost(&exit).to_string()
        };
        let resume = "trainscope train --resume --ssh far --run \"my runs\"";
        let attached = lost(Some("far"), true, "255");
        assert!(attached.starts_with("the connection to far is lost: Broken pipe; "), "{attached}");
        assert!(attached.ends_with("trainscope attach --ssh far \"my runs\""), "{attached}");
        let cut = lost(Some("far"), false, "255");
        assert!(cut.starts_with("the connection to far is lost") && cut.ends_with(resume), "{cut}");
        // ssh passes on how the engine ended there.
        let died = lost(Some("far"), true, "101");
        let detached = resume.replace("--resume", "--resume --detached");
        assert!(died.starts_with("the engine is gone: exit code 101") && died.ends_with(&detached), "{died}");
        assert!(lost(None, false, "1").ends_with("trainscope train --resume --run \"my runs\""));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_to_be_done_in_the_runs_folder_names_its_files() {
        let here = place(None, "runs/a/", false);
        let again = "trainscope train --config runs/a/run.toml --run runs/a-2 --set loader.workers=4";
        assert_eq!(here.again("loader.workers=4"), again);
        assert_eq!(here.bisect(Path::new("/d")), "trainscope bisect --data /d --config runs/a/run.toml");
    }

    /// Also from Windows, whose slashes are others.
    #[test]
    fn what_is_to_be_done_on_another_machine_is_done_there_with_its_slashes() {
        let there = place(Some("far"), "runs/a/", false);
        let bisect = "ssh far \"trainscope bisect --data '/my images' --config runs/a/run.toml\"";
        assert_eq!(there.bisect(Path::new("/my images")), bisect);
        let again = "ssh far \"trainscope train --config runs/a/run.toml --run runs/a-2 --set train.epochs=2\"";
        assert_eq!(there.again("train.epochs=2"), again);
        assert_eq!(there.resume(&[]), "trainscope train --resume --ssh far --run runs/a");
    }

    #[test]
    fn what_trained_detached_goes_on_detached() {
        let here = place(None, "runs/a", true);
        assert_eq!(here.resume(&[]), "trainscope train --resume --detached --run runs/a");
        assert!(here.again("loader.workers=4").ends_with(" --set loader.workers=4 --detached"));
    }

    #[test]
    fn a_new_run_does_not_go_where_one_is() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("a-2")).unwrap();
        let again = place(None, home.path().join("a").to_str().unwrap(), false).again("train.epochs=2");
        assert!(again.ends_with("a-3 --set train.epochs=2"), "{again}");
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_takes_each_word_as_it_is() {
        for word in ["a b", "it's 远", "$HOME", "a\"b", "", "*", "~/x", "a\\b", "plain/x.toml"] {
            for quoted in [quoted(word), quoted_for_sh(word)] {
                let script = format!("printf %s {quoted}");
                let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
                assert_eq!(String::from_utf8(output.stdout).unwrap(), word, "{script}");
            }
        }
    }

    #[test]
    fn cmd_and_powershell_take_each_word_as_it_is() {
        for (word, quoted) in [
            (r"C:\runs\a", r"C:\runs\a"),
            (r"C:\my runs\", r#""C:\my runs\\""#),
            (r"D:\a,b", r#""D:\a,b""#),
            ("it's & (2)", r#""it's & (2)""#),
            ("远 far", r#""远 far""#),
            ("train.epochs=8", "train.epochs=8"),
            ("", r#""""#),
        ] {
            assert_eq!(quoted_for_windows(word), quoted);
        }
    }
}
