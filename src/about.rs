//! What this program is built from, as `build.rs` found it: for the About window, `--version` and run records.
//!
//! Constants only; may be used by every layer and imports none.

/// The build. A field that could not be found out when it was built reads "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuildInfo {
    /// Of trainscope, as in Cargo.toml.
    pub version: &'static str,
    /// Twelve hexadecimal digits; "-dirty" follows where sources differed from that commit.
    pub git_revision: &'static str,
    /// Target triple.
    pub target: &'static str,
    /// Version of burn, the training library.
    pub burn: &'static str,
    /// Version of wgpu, which drives the GPU for burn.
    pub wgpu: &'static str,
    /// Version of the compiler.
    pub rustc: &'static str,
}

/// What `build.rs` embedded; a crate built without it still compiles.
const fn embedded(value: Option<&'static str>) -> &'static str {
    match value {
        Some(value) => value,
        None => "unknown",
    }
}

/// This build.
pub const BUILD: BuildInfo = BuildInfo {
    version: env!("CARGO_PKG_VERSION"),
    git_revision: embedded(option_env!("TRAINSCOPE_GIT_REVISION")),
    target: embedded(option_env!("TRAINSCOPE_TARGET")),
    burn: embedded(option_env!("TRAINSCOPE_BURN")),
    wgpu: embedded(option_env!("TRAINSCOPE_WGPU")),
    rustc: embedded(option_env!("TRAINSCOPE_RUSTC")),
};

/// `0.1.0 (8f3c2a91d04e, x86_64-unknown-linux-gnu, burn 0.22.1, wgpu 30.0.1, rustc 1.95.0)`: what clap prints after
/// the program's name.
#[must_use]
pub fn version_detail() -> String {
    let BuildInfo { version, git_revision, target, burn, wgpu, rustc } = BUILD;
    format!("{version} ({git_revision}, {target}, burn {burn}, wgpu {wgpu}, rustc {rustc})")
}

/// `trainscope` and [`version_detail`] in one line, for About and for reports of errors.
#[must_use]
pub fn version_line() -> String {
    format!("trainscope {}", version_detail())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_knows_its_target_compiler_and_libraries() {
        // Cargo and Cargo.lock are there in every build; git is not.
        for (field, value) in
            [("target", BUILD.target), ("burn", BUILD.burn), ("wgpu", BUILD.wgpu), ("rustc", BUILD.rustc)]
        {
            assert_ne!(value, "unknown", "{field}: build.rs embeds it");
        }
        assert!(BUILD.target.contains(std::env::consts::ARCH), "{}", BUILD.target);
        let lock = include_str!("../Cargo.lock");
        for (name, version) in [("burn", BUILD.burn), ("wgpu", BUILD.wgpu)] {
            assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")), "{name} {version}");
        }
    }

    #[test]
    fn the_revision_is_a_commit_or_unknown() {
        let commit = BUILD.git_revision.strip_suffix("-dirty").unwrap_or(BUILD.git_revision);
        let digits = commit.len() == 12 && commit.chars().all(|digit| digit.is_ascii_hexdigit());
        assert!(digits || commit == "unknown", "{}", BUILD.git_revision);
    }

    #[test]
    fn the_version_line_names_every_field() {
        let line = version_line();
        assert!(line.starts_with(concat!("trainscope ", env!("CARGO_PKG_VERSION"), " (")), "{line}");
        for field in [BUILD.git_revision, BUILD.target, BUILD.burn, BUILD.wgpu, BUILD.rustc] {
            assert!(line.contains(field), "{field} in {line}");
        }
        assert!(!line.contains('\n'));
    }
}
