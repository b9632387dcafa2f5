//! What a container or a service may use of the machine: control groups, version 1 and 2.

use super::files::text;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::telemetry) struct Limits {
    /// Cores' worth of CPU time.
    pub(super) quota_cores: Option<f64>,
    pub(in crate::telemetry) memory: Option<u64>,
    /// Of the group with that limit; what can be dropped at once is left out.
    pub(super) memory_used: Option<u64>,
    /// The least that a group has left, which may be one with a wider limit and more in it.
    pub(in crate::telemetry) memory_free: Option<u64>,
}

impl Limits {
    fn with_quota(&mut self, cores: Option<f64>) {
        self.quota_cores = [self.quota_cores, cores].into_iter().flatten().reduce(f64::min);
    }

    fn with_memory(&mut self, limit: u64, used: Option<u64>) {
        if self.memory.is_none_or(|least| limit < least) {
            (self.memory, self.memory_used) = (Some(limit), used);
        }
        let free = used.map(|used| limit.saturating_sub(used));
        self.memory_free = [self.memory_free, free].into_iter().flatten().min();
    }
}

/// The tightest limits of this process's groups and of those that they lie in.
pub(super) fn limits(root: &Path) -> Limits {
    let mut limits = Limits::default();
    for line in text(root, "proc/self/cgroup").unwrap_or_default().lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        if controllers.is_empty() {
            // Version 2 alone is mounted at the top, beside version 1 one folder below.
            for mount in ["sys/fs/cgroup", "sys/fs/cgroup/unified"] {
                groups(&root.join(mount), group).iter().for_each(|dir| version_2(dir, &mut limits));
            }
            continue;
        }
        for controller in controllers.split(',') {
            let dirs = groups(&root.join("sys/fs/cgroup").join(controller), group);
            match controller {
                "cpu" => dirs.iter().for_each(|dir| limits.with_quota(version_1_quota(dir))),
                "memory" => dirs.iter().for_each(|dir| version_1_memory(dir, &mut limits)),
                _ => {}
            }
        }
    }
    limits
}

/// The group's folder and those above it, up to the mount. Inside a container the path may be the host's, of which only
/// the mount itself is to be seen.
fn groups(mount: &Path, group: &str) -> Vec<PathBuf> {
    let group = group.trim_start_matches('/');
    // A group outside this namespace is written with `..`.
    let inside = if group.split('/').any(|part| part == "..") { "" } else { group };
    Path::new(inside).ancestors().map(|dir| mount.join(dir)).collect()
}

fn number(dir: &Path, file: &str) -> Option<u64> {
    text(dir, file)?.trim().parse().ok()
}

fn version_2(dir: &Path, limits: &mut Limits) {
    limits.with_quota(text(dir, "cpu.max").and_then(|max| quota(&max)));
    if let Some(limit) = number(dir, "memory.max") {
        limits.with_memory(limit, used(dir, "memory.current", "inactive_file "));
    }
}

/// `200000 100000` is two cores, `max 100000` is no quota.
fn quota(cpu_max: &str) -> Option<f64> {
    let mut words = cpu_max.split_whitespace();
    let (quota, period): (f64, f64) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

fn version_1_quota(dir: &Path) -> Option<f64> {
    // -1 is no quota.
    let quota = text(dir, "cpu.cfs_quota_us")?.trim().parse::<i64>().ok().filter(|quota| *quota > 0)?;
    let period = number(dir, "cpu.cfs_period_us").filter(|period| *period > 0)?;
    Some(quota as f64 / period as f64)
}

fn version_1_memory(dir: &Path, limits: &mut Limits) {
    // No limit is the largest multiple of a page.
    if let Some(limit) = number(dir, "memory.limit_in_bytes").filter(|limit| *limit < 1 << 60) {
        limits.with_memory(limit, used(dir, "memory.usage_in_bytes", "total_inactive_file "));
    }
}

/// Bytes in use, without those of files that were read and can be dropped at once.
fn used(dir: &Path, file: &str, droppable: &str) -> Option<u64> {
    let stat = text(dir, "memory.stat").unwrap_or_default();
    let droppable = stat.lines().find_map(|line| line.strip_prefix(droppable)?.trim().parse().ok()).unwrap_or(0);
    Some(number(dir, file)?.saturating_sub(droppable))
}

#[cfg(test)]
mod tests {
    use super::super::tests::tree;
    use super::*;

    #[test]
    fn the_tightest_group_of_version_2_counts() {
        let dir = tree(&[
            ("proc/self/cgroup", "0::/pod/box\n"),
            ("sys/fs/cgroup/pod/cpu.max", "350000 100000\n"),
            ("sys/fs/cgroup/pod/box/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/pod/memory.max", "8000000000\n"),
            ("sys/fs/cgroup/pod/memory.current", "5000000000\n"),
            ("sys/fs/cgroup/pod/memory.stat", "anon 1\ninactive_file 2000000000\n"),
            ("sys/fs/cgroup/pod/box/memory.max", "max\n"),
        ]);
        let expected = Limits {
            quota_cores: Some(3.5),
            memory: Some(8_000_000_000),
            memory_used: Some(3_000_000_000),
            memory_free: Some(5_000_000_000),
        };
        assert_eq!(limits(dir.path()), expected);
    }

    #[test]
    fn what_is_free_is_what_the_fullest_group_has_left() {
        let dir = tree(&[
            ("proc/self/cgroup", "0::/pod/box\n"),
            ("sys/fs/cgroup/pod/memory.max", "8000000000\n"),
            ("sys/fs/cgroup/pod/memory.current", "7900000000\n"),
            ("sys/fs/cgroup/pod/memory.stat", "inactive_file 400000000\n"),
            ("sys/fs/cgroup/pod/box/memory.max", "4000000000\n"),
            ("sys/fs/cgroup/pod/box/memory.current", "1000000000\n"),
        ]);
        let found = limits(dir.path());
        assert_eq!((found.memory, found.memory_free), (Some(4_000_000_000), Some(500_000_000)));
    }

    #[test]
    fn version_1_and_a_path_of_the_host_are_understood() {
        let dir = tree(&[
            ("proc/self/cgroup", "4:memory:/docker/0123\n2:cpu,cpuacct:/docker/0123\n0::/../other\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "4000000000\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000000000\n"),
        ]);
        let expected = Limits {
            quota_cores: Some(1.5),
            memory: Some(4_000_000_000),
            memory_used: Some(1_000_000_000),
            memory_free: Some(3_000_000_000),
        };
        assert_eq!(limits(dir.path()), expected);
    }

    #[test]
    fn no_limit_is_none() {
        let dir = tree(&[
            ("proc/self/cgroup", "4:memory:/\n1:cpu:/\n0::/\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/unified/cpu.max", "max 100000\n"),
        ]);
        assert_eq!(limits(dir.path()), Limits::default());
        assert_eq!(limits(tree(&[]).path()), Limits::default());
    }
}
