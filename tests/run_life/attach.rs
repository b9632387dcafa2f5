//! A run that trains without its client: left, watched again, and stopped; also from another machine, over a real sshd.
#![cfg(target_os = "linux")]

use super::common::{PROGRAM, program, run, wait_until};
use super::{Home, Story, text};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use trainscope::protocol::Event;
use trainscope::store::{DoorKey, RunStanding, holder_of, read_record, summarize};

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
        let Some(line) = found else { panic!("no {kind}: {}", self.stderr()) };
        serde_json::from_str(&line).unwrap()
    }

    /// All that it said, once it has ended.
    fn stderr(&mut self) -> String {
        let mut said = String::new();
        let _ = self.child.stderr.take().unwrap().read_to_string(&mut said);
        said
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
    let said = watcher.stderr();
    let watch = format!("trainscope attach {}", text(&run_dir));
    assert!(said.contains(&format!("{watch};")) && said.contains(&format!("{watch} --stop")), "{said}");
    assert_eq!(watcher.code(), Some(0));

    let mut second = attach();
    second.until("step");
    let output = run(home.path(), &["attach", text(&run_dir), "--stop", "--json"]);
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    // It is over before a verdict is heard.
    let last = lines.lines().rev().nth(1).unwrap_or_default();
    assert!(last.contains("\"type\":\"verdict\""), "{lines}");
    assert_eq!(second.until("finished")["status"], "stopped");
    Story::of(&run_dir).check_steps();
    wait_until("the engine's end", || holder_of(&run_dir).is_none());
    assert_eq!(summarize(&run_dir).unwrap().state, RunStanding::Stopped);
    assert_eq!(DoorKey::read(&run_dir), None);
    // Nothing is stopped, and no engine is gone.
    let resume = format!("trainscope train --resume --detached --run {}", text(&run_dir));
    for more in [&[][..], &["--stop"]] {
        let output = run(home.path(), &[&["attach", text(&run_dir)], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("nothing trains in this folder") && said.contains(&resume), "{said}");
        assert!(!said.contains("the engine is gone"), "{said}");
    }
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
    let home = Home::new(20);
    let run_dir = home.run("run");
    let mut client = train(&home, &run_dir, &["--detached"]);
    client.until("epoch");
    let key = DoorKey::read(&run_dir).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", key.port)).unwrap();
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
    dir: PathBuf,
    bin: PathBuf,
    port: u16,
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
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
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
        wait_until("sshd", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let sshd = Self { child, dir, bin, port };
        sshd.reach_by(port);
        sshd
    }

    /// `ssh` comes through that port from now on.
    fn reach_by(&self, port: u16) {
        let here = self.dir.display();
        let wrapper = format!(
            "#!/bin/sh\nexec /usr/bin/ssh -F none -p {port} -i {here}/user -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile={here}/known -o LogLevel=ERROR \"$@\"\n"
        );
        let ssh = self.bin.join("ssh");
        std::fs::write(&ssh, wrapper).unwrap();
        std::fs::set_permissions(&ssh, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
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

    // What that machine says of a run that does not train, and nothing of engines.
    wait_until("the engine's end", || holder_of(&run_dir).is_none());
    let mut attach = sshd.program(home.path());
    let mut refused = Watched::new(attach.args(["attach", "--ssh", "127.0.0.1", text(&run_dir), "--stop"]));
    let said = refused.stderr();
    assert!(said.contains("nothing trains in this folder") && !said.contains("the engine is gone"), "{said}");
    let resume = format!("trainscope train --resume --detached --ssh 127.0.0.1 --run \"{}\"", text(&run_dir));
    assert!(said.contains(&resume), "{said}");
    assert_eq!(refused.code(), Some(2));
}

/// A network that can stall: what is on its way then stays there.
struct Network {
    port: u16,
    stalled: Arc<(Mutex<bool>, Condvar)>,
}

impl Network {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Self { port: listener.local_addr().unwrap().port(), stalled: Arc::default() };
        let stalled = Arc::clone(&network.stalled);
        // It ends with the test's process.
        let listen = move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(("127.0.0.1", port)).unwrap();
                for (from, to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                    let stalled = Arc::clone(&stalled);
                    std::thread::Builder::new().spawn(move || forward(&from, &to, &stalled)).unwrap();
                }
            }
        };
        std::thread::Builder::new().spawn(listen).unwrap();
        network
    }

    fn stall(&self, stalled: bool) {
        *self.stalled.0.lock().unwrap() = stalled;
        self.stalled.1.notify_all();
    }
}

fn forward(mut from: &TcpStream, mut to: &TcpStream, (stalled, changed): &(Mutex<bool>, Condvar)) {
    let mut bytes = [0; 4096];
    while let Ok(len @ 1..) = from.read(&mut bytes) {
        drop(changed.wait_while(stalled.lock().unwrap(), |stalled| *stalled).unwrap());
        if to.write_all(&bytes[..len]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// Longer than the silence that is worth a word, shorter than what ssh takes for a dead connection.
#[test]
fn a_network_that_stalls_holds_up_nothing_and_is_caught_up_with() {
    let home = Home::new(20);
    let sshd = Sshd::start(home.path());
    let network = Network::to(sshd.port);
    sshd.reach_by(network.port);
    let (run_dir, config) = (home.run("run"), home.config_file(10_000));
    let mut command = sshd.program(home.path());
    command.args(["train", "--ssh", "127.0.0.1", "--config", text(&config), "--run", text(&run_dir), "--json"]);
    let mut client = Watched::new(&mut command);
    client.until("epoch");
    let recorded_step = || {
        let step = |event: &Event| if let Event::Step(step) = event { Some(step.step) } else { None };
        read_record(&run_dir).unwrap().0.iter().rev().find_map(step).unwrap_or(0)
    };
    network.stall(true);
    let stalled_at = recorded_step();
    let mut words = BufReader::new(client.child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(words.any(|line| line.contains("nothing was heard of the engine for 30 s")));
    let trained_on = recorded_step();
    assert!(trained_on > stalled_at + 100, "it trained from {stalled_at} to {trained_on}");
    network.stall(false);
    assert!(words.any(|line| line.contains("the engine is heard again")));
    let now = recorded_step();
    while client.until("step")["step"].as_u64().unwrap() < now {}
    client.signal("-INT");
    assert_eq!(client.until("finished")["status"], "stopped");
    assert_eq!(client.code(), Some(130));
    Story::of(&run_dir).check_steps();
}
