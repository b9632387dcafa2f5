//! Embeds what the program says of its own build (see `src/about.rs`): git revision, target, compiler and the versions
//! of burn and wgpu; on Windows also the icon and the manifest.
//!
//! Nothing here fails a build: what cannot be found out is a warning and the word "unknown".

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the binary is made from; a change to anything else does not make it "-dirty".
const BUILT_FROM: [&str; 5] = ["Cargo.lock", "Cargo.toml", "assets", "build.rs", "src"];

fn main() {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into()));

    // Cargo runs this again only when one of the files named to it changes. A named file that does not exist counts as
    // changed for ever, hence `watch`.
    for part in BUILT_FROM {
        watch(&package.join(part));
    }

    embed("TRAINSCOPE_GIT_REVISION", git_revision(&package));
    embed("TRAINSCOPE_TARGET", env::var("TARGET").map_err(|error| format!("cargo names no target: {error}")));
    embed("TRAINSCOPE_RUSTC", rustc_version());
    let lock = fs::read_to_string(package.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"));
    for (variable, name) in [("TRAINSCOPE_BURN", "burn"), ("TRAINSCOPE_WGPU", "wgpu")] {
        embed(variable, lock.as_ref().map_err(Clone::clone).and_then(|text| locked_version(text, name)));
    }

    windows_resources();
    keep_registrations();
}

/// cubecl's compiler finds its types and operations in sections of the program to which every crate adds its own (linkme).
/// Nothing refers to them, so MinGW's linker, asked to drop what nothing refers to, drops most, and no kernel compiles.
fn keep_registrations() {
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") == "windows" && target("ENV") == "gnu" {
        println!("cargo:rustc-link-arg=-Wl,--no-gc-sections");
    }
}

fn watch(path: &Path) {
    if path.exists() {
        println!("cargo:rerun-if-changed={}", path.display());
    }
}

fn embed(variable: &str, value: Result<String, String>) {
    let value = value.unwrap_or_else(|why| {
        println!("cargo:warning=trainscope will not know its {variable}: {}", why.replace('\n', " "));
        "unknown".to_owned()
    });
    println!("cargo:rustc-env={variable}={value}");
}

/// The commit that this is built from, with "-dirty" where a file of `BUILT_FROM` differs from it.
fn git_revision(package: &Path) -> Result<String, String> {
    // In a published package there is no repository of its own, but cargo wrote down the commit; and a repository
    // around it, such as one that vendors it, is another program's.
    let packaged = package.join(".cargo_vcs_info.json");
    if let Ok(text) = fs::read_to_string(&packaged) {
        let sha = text.split('"').skip_while(|word| *word != "sha1").nth(2);
        return sha.map(|sha| sha.chars().take(12).collect()).ok_or_else(|| format!("{}: no sha1", packaged.display()));
    }
    let top = PathBuf::from(git(package, &["rev-parse", "--show-toplevel"])?);
    if fs::canonicalize(&top).ok() != fs::canonicalize(package).ok() {
        return Err("the git repository around it is not its own".to_owned());
    }
    watch_git(package)?;
    let commit = git(package, &["rev-parse", "--short=12", "--verify", "HEAD"])?;
    let status: Vec<&str> = ["status", "--porcelain", "--"].into_iter().chain(BUILT_FROM).collect();
    let dirty = !git(package, &status)?.is_empty();
    Ok(if dirty { format!("{commit}-dirty") } else { commit })
}

/// Names to cargo the files that a commit or a checkout changes.
fn watch_git(package: &Path) -> Result<(), String> {
    // `--git-path` knows worktrees and submodules, where `.git` is a file.
    let path = |name: &str| git(package, &["rev-parse", "--git-path", name]).map(|path| package.join(path));
    for name in ["HEAD", "packed-refs", "logs/HEAD"] {
        watch(&path(name)?);
    }
    // A detached HEAD has no branch; the file of one that is packed, or has no commit yet, is still to come.
    if let Ok(branch) = git(package, &["symbolic-ref", "--quiet", "HEAD"]) {
        let file = path(&branch)?;
        if file.exists() { watch(&file) } else { watch(&path("refs/heads")?) }
    }
    Ok(())
}

fn git(package: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .arg("--no-optional-locks") // a build writes nothing into the repository
        .args(arguments)
        .current_dir(package)
        // A hook that starts a build points git at the repository of the hook.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .map_err(|error| format!("git could not be started: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// `1.95.0` of `rustc 1.95.0 (59807616e 2026-04-14)`.
fn rustc_version() -> Result<String, String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(1).map(str::to_owned).ok_or_else(|| format!("rustc --version said {text:?}"))
}

/// The version of package `name` in the text of a Cargo.lock; cargo writes it on the line after the name.
fn locked_version(lock: &str, name: &str) -> Result<String, String> {
    let wanted = format!("name = \"{name}\"");
    let line = lock.lines().skip_while(|line| *line != wanted).nth(1).unwrap_or_default();
    line.strip_prefix("version = \"")
        .and_then(|rest| rest.strip_suffix('"'))
        .map(str::to_owned)
        .ok_or_else(|| format!("Cargo.lock names no version of {name}"))
}

/// Icon, version fields (from Cargo.toml) and manifest of `trainscope.exe`.
fn windows_resources() {
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("windows") {
        return;
    }
    let mut resources = winresource::WindowsResource::new();
    resources.set_icon("assets/icon.ico").set_manifest_file("assets/trainscope.manifest");
    if let Err(error) = resources.compile() {
        println!("cargo:warning=trainscope.exe will have no icon and no manifest: {error}");
    }
}
