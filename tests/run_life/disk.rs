//! Disks that fill: a file system of a few MiB, in a name space of its own.
#![cfg(target_os = "linux")]

use super::common::program;
use super::{Home, Story, text};
use std::process::{Command, Output};
use trainscope::store::{RunStanding, summarize};

/// Runs a script with a small file system at `$SMALL`; the program is `$PROGRAM`, the configuration `$CONFIG`. A user
/// without rights may do that in a name space, where the system lets them.
pub(super) fn on_small_disk(home: &Home, epochs: usize, mib: f64, script: &str) -> Output {
    let small = home.path().join("small");
    std::fs::create_dir_all(&small).unwrap();
    let mount = format!("mount -t tmpfs -o size={}k small \"$SMALL\" && {{ {script}\n}}", (mib * 1024.0) as u64);
    let mut command = Command::new("unshare");
    let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0;
    command.args(if is_root { &["--mount"][..] } else { &["--user", "--map-root-user", "--mount"] });
    command.args(["sh", "-c", &mount]);
    // As `program` has it.
    for (key, value) in program(home.path()).get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    let output = command
        .env("SMALL", &small)
        .env("PROGRAM", super::common::PROGRAM)
        .env("CONFIG", home.config_file(epochs))
        .output()
        .expect("`unshare` is there (util-linux)");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !said.contains("unshare failed") && !said.contains("Operation not permitted"),
        "no name space to be had: {said}"
    );
    output
}

pub(super) fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Sure, or as a question: not every error of the database tells.
fn says_full(text: &str) -> bool {
    text.contains("the disk is full") || text.contains("is the disk full")
}

/// Full from the middle on: it says so, ends with what is missing, and a resume with room makes it whole.
#[test]
fn a_disk_that_stays_full_ends_with_what_is_missing() {
    let home = Home::new(20);
    let output = on_small_disk(
        &home,
        40,
        4.0,
        r#"
        "$PROGRAM" train --config "$CONFIG" --run "$SMALL/run" >"$SMALL.log" 2>&1 & pid=$!
        while ! grep -q '^epoch 2:' "$SMALL.log"; do sleep 0.02; done
        dd if=/dev/zero of="$SMALL/fill" bs=4k 2>/dev/null
        wait $pid; echo "exit $?"
        rm "$SMALL/fill"
        "$PROGRAM" train --run "$SMALL/run" --resume >"$SMALL.log2" 2>&1; echo "resumed $?"
        ls -A "$SMALL/run/checkpoints"
        cp -a "$SMALL/run" "$SMALL.kept"
        "#,
    );
    let said = words(&output);
    let log = std::fs::read_to_string(home.path().join("small.log")).unwrap();
    assert!(said.contains("exit 5"), "{said}\n{log}");
    assert!(log.contains("missing: ") && says_full(&log), "{log}");
    assert!(log.matches("warning: ").count() < 10, "said once, not again and again: {log}");
    assert!(said.contains("resumed 0"), "{said}\n{}", std::fs::read_to_string(home.path().join("small.log2")).unwrap());
    assert!(!said.contains(".writing"), "{said}");
    let run = home.path().join("small.kept");
    Story::of(&run).check_steps();
    // As if the disk had always had room.
    home.train("alone", 40);
    assert_eq!(Story::of(&run), Story::of(&home.run("alone")));
}

/// Full for a while: the space that comes back is used, and nothing is missing at the end.
#[test]
fn space_that_comes_back_is_used() {
    let home = Home::new(20);
    let output = on_small_disk(
        &home,
        60,
        4.0,
        r#"
        "$PROGRAM" train --config "$CONFIG" --run "$SMALL/run" >"$SMALL.log" 2>&1 & pid=$!
        while ! grep -q '^epoch 2:' "$SMALL.log"; do sleep 0.02; done
        dd if=/dev/zero of="$SMALL/fill" bs=4k 2>/dev/null
        while ! grep -Eq 'the disk (is )?full' "$SMALL.log" && kill -0 $pid; do sleep 0.02; done
        rm "$SMALL/fill"
        wait $pid; echo "exit $?"
        cp -a "$SMALL/run" "$SMALL.kept"
        "#,
    );
    let log = std::fs::read_to_string(home.path().join("small.log")).unwrap();
    assert!(words(&output).contains("exit 0"), "{}\n{log}", words(&output));
    assert!(log.contains("again"), "{log}");
    let run = home.path().join("small.kept");
    Story::of(&run).check_steps();
    assert_eq!(summarize(&run).unwrap().state, RunStanding::Completed);
}

#[test]
fn a_disk_that_is_full_at_the_start_is_an_error_that_says_so() {
    let home = Home::new(20);
    let output = on_small_disk(
        &home,
        1,
        0.0625,
        r#"
        dd if=/dev/zero of="$SMALL/fill" bs=4k 2>/dev/null
        "$PROGRAM" train --config "$CONFIG" --run "$SMALL/run"; echo "exit $?"
        rm "$SMALL/fill"
        "#,
    );
    let said = words(&output);
    assert!(said.contains("exit 1") && says_full(&said), "{said}");
}

/// Pictures and tables are there whole or not at all, and the exit code says which.
#[test]
fn exports_onto_a_full_disk_leave_nothing_half_written() {
    let home = Home::new(20);
    home.train("run", 1);
    let image = std::fs::read_dir(std::fs::read_dir(&home.images).unwrap().next().unwrap().unwrap().path());
    let image = image.unwrap().next().unwrap().unwrap().path();
    let script = format!(
        r#"
        dd if=/dev/zero of="$SMALL/fill" bs=4k 2>/dev/null
        "$PROGRAM" plot "{run}" --metric loss --out "$SMALL/plot.png"; echo "plot $?"
        "$PROGRAM" apply --chain "$CONFIG" --in "{image}" --out "$SMALL/image.png"; echo "apply $?"
        "$PROGRAM" sample "$SMALL/images"; echo "sample $?"
        ls -A "$SMALL"
        "#,
        run = text(&home.run("run")),
        image = text(&image),
    );
    let output = on_small_disk(&home, 1, 0.0625, &script);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "plot 1\napply 1\nsample 1\nfill\n", "{}", words(&output));
}
