//! A run that trains without its client: left, watched again, and stopped; also from another machine, over a real sshd.
#![cfg(target_os = "linux")]

use super::common::{PROGRAM, program, run};
use super::{Home, Story, text};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use trainscope::store::{DoorKey, RunStanding, holder_of, summarize};

/// Lines of a command's JSON.
struct Watched {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Watched {
    fn new(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    #[track_caller]
    fn until(&mut self, kind: &str) -> serde_json::Value {
        let kind = format!("\"type\":\"{kind}\"");
        let found = self.lines.by_ref().map(Result::unwrap).find(|line| line.contains(&kind));
        let Some(line) = found else {
            let mut said = String::new();
            let _ = std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut said);
            panic!("no {kind}: {said}")
        };
        serde_json::from_str(&line).unwrap()
    }

    fn signal(&self, name: &str) {
        Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
    }

    fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

fn train(home: &Home, run_dir: &Path, more: &[&str]) -> Watched {
    let config = home.config_file(10_000);
    let mut command = program(home.path());
    command.args(["train", "--config", text(&config), "--run", text(run_dir), "--json"]).args(more);
    Watched::new(&mut command)
}

#[test]
fn a_detached_run_outlives_its_client_and_can_be_watched_and_stopped() {
    let home = Home::new(20);
    let run_dir = home.run("运行");
    let mut first = train(&home, &run_dir, &["--detached"]);
    first.until("epoch");
    // As a terminal that is closed.
    first.signal("-KILL");
    first.child.wait().unwrap();
    let holder = holder_of(&run_dir).unwrap();
    assert!(!holder.ending);

    let attach = || {
        let mut command = program(home.path());
        command.args(["attach", text(&run_dir), "--json"]);
        Watched::new(&mut command)
    };
    let mut watcher = attach();
    let started = watcher.until("started");
    assert_eq!(started["config"]["model"]["name"], "small_cnn");
    // What was is told, and what is.
    assert_eq!(watcher.until("epoch")["epoch"], 1);
    watcher.until("step");
    watcher.signal("-INT");
    assert_eq!(watcher.code(), Some(0));

    let mut second = attach();
    second.until("step");
    let output = run(home.path(), &["attach", text(&run_dir), "--stop", "--json"]);
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(second.until("finished")["status"], "stopped");
    assert_eq!(summarize(&run_dir).unwrap().state, RunStanding::Stopped);
    Story::of(&run_dir).check_steps();
    let deadline = Instant::now() + Duration::from_secs(10);
    while holder_of(&run_dir).is_some() {
        assert!(Instant::now() < deadline, "the engine does not go");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(DoorKey::read(&run_dir), None);
    let output = run(home.path(), &["attach", text(&run_dir)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("nothing trains in this folder"), "{said}");
}

#[test]
fn a_run_that_was_not_begun_so_has_no_door() {
    let home = Home::new(20);
    let run_dir = home.run("run");
    let mut client = train(&home, &run_dir, &[]);
    client.until("epoch");
    let output = run(home.path(), &["attach", text(&run_dir)]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("--detached"), "{said}");
    client.signal("-INT");
    assert_eq!(client.code(), Some(130));
}

#[test]
fn who_does_not_know_the_word_is_not_let_in() {
    use std::io::{Read as _, Write as _};
    let home = Home::new(20);
    let run_dir = home.run("run");
    let mut client = train(&home, &run_dir, &["--detached"]);
    client.until("epoch");
    let key = DoorKey::read(&run_dir).unwrap();
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", key.port)).unwrap();
    stream.write_all("0".repeat(key.word.len()).as_bytes()).unwrap();
    let mut answer = Vec::new();
    // Closed or reset, without a word.
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty());
    assert_eq!(run(home.path(), &["attach", text(&run_dir), "--stop"]).status.code(), Some(130));
}

/// An sshd of our own on the loopback, as this user, and an `ssh` that finds it.
struct Sshd {
    child: Child,
    bin: PathBuf,
}

impl Sshd {
    fn start(home: &Path) -> Self {
        let dir = home.join("ssh");
        let bin = dir.join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        for key in ["host", "user"] {
            let made =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(dir.join(key)).status();
            assert!(made.expect("ssh-keygen is there (openssh-client)").success());
        }
        std::fs::copy(dir.join("user.pub"), dir.join("authorized_keys")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let here = dir.display();
        // The program is found as on a machine where it is installed.
        std::os::unix::fs::symlink(PROGRAM, bin.join("trainscope")).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {here}/host\nAuthorizedKeysFile {here}/authorized_keys\n\
             PidFile none\nUsePAM no\nStrictModes no\nSetEnv PATH={path}\n"
        );
        std::fs::write(dir.join("sshd_config"), config).unwrap();
        // Root's sshd wants a folder to lock itself into.
        let _ = std::fs::create_dir_all("/run/sshd");
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(dir.join("sshd_config"))
            .stderr(Stdio::null())
            .spawn()
            .expect("/usr/sbin/sshd is there (openssh-server)");
        let wrapper = format!(
            "#!/bin/sh\nexec /usr/bin/ssh -F none -p {port} -i {here}/user -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile={here}/known -o LogLevel=ERROR \"$@\"\n"
        );
        let ssh = bin.join("ssh");
        std::fs::write(&ssh, wrapper).unwrap();
        std::fs::set_permissions(&ssh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "sshd does not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { child, bin }
    }

    fn program(&self, home: &Path) -> Command {
        let mut command = program(home);
        command.env("PATH", format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap()));
        command
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_run_on_another_machine_is_started_stopped_resumed_and_attached_to() {
    let home = Home::new(20);
    let sshd = Sshd::start(home.path());
    let run_dir = home.run("it's 远");
    let config = home.config_file(10_000);
    let start = |more: &[&str]| {
        let mut command = sshd.program(home.path());
        command.args(["train", "--ssh", "127.0.0.1", "--run", text(&run_dir), "--json"]).args(more);
        Watched::new(&mut command)
    };
    let mut client = start(&["--config", text(&config)]);
    client.until("epoch");
    // One is enough: ssh does not hear of it.
    client.signal("-INT");
    assert_eq!(client.until("finished")["status"], "stopped");
    assert_eq!(client.code(), Some(130));

    // Its configuration is read there.
    let mut client = start(&["--resume", "--detached"]);
    assert!(client.until("started")["first_step"].as_u64().unwrap() > 0);
    client.until("step");
    client.signal("-KILL");
    client.child.wait().unwrap();

    let mut attach = sshd.program(home.path());
    let mut watcher = Watched::new(attach.args(["attach", "--ssh", "127.0.0.1", text(&run_dir), "--json", "--stop"]));
    assert_eq!(watcher.until("finished")["status"], "stopped");
    assert_eq!(watcher.code(), Some(130));
    Story::of(&run_dir).check_steps();
}
