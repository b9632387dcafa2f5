//! Where workers run and behind whom: `loader.pin` and `loader.low_priority`.
#![cfg(target_os = "linux")]

#[path = "common/loader.rs"]
mod common;

use common::{Images, images, job, next};
use std::collections::BTreeMap;
use trainscope::loader::{Loader, LoaderJob};

/// Niceness and allowed cores of this process's threads, by name.
fn threads() -> BTreeMap<String, (i64, String)> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let thread = |task: std::fs::DirEntry| {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).ok();
        let (stat, status) = (read("stat")?, read("status")?);
        // Fields behind the name in brackets: the state is the third of all, niceness the nineteenth.
        let nice = stat.rsplit_once(')')?.1.split_whitespace().nth(16)?.parse().ok()?;
        let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?.trim().to_owned();
        Some((read("comm")?.trim().to_owned(), (nice, cores)))
    };
    tasks.flatten().filter_map(thread).collect()
}

#[test]
fn workers_take_their_place() {
    let Images { dataset, _home } = images();
    let cores = core_affinity::get_core_ids().unwrap();
    let before = threads();
    let of_others = before.iter().find(|(name, _)| !name.starts_with("loader-")).unwrap().1.clone();
    for (pin, low_priority) in [(false, false), (true, false), (false, true), (true, true)] {
        let mut job = LoaderJob { epochs: 1000, ..job(&dataset, 3) };
        (job.config.pin, job.config.low_priority) = (pin, low_priority);
        let mut loader = Loader::start(job).unwrap();
        // A worker takes its place before it loads: after some batches all have.
        for _ in 0..50 {
            next(&mut loader);
        }
        let now = threads();
        for worker in 0..3 {
            let (nice, allowed) = &now[&format!("loader-{worker}")];
            assert_eq!(*nice, if low_priority { 19 } else { of_others.0 }, "loader-{worker}");
            let core = cores[(worker + 1) % cores.len()].id.to_string();
            assert_eq!(*allowed, if pin { core } else { of_others.1.clone() }, "loader-{worker}");
        }
        assert_eq!((loader.stats().not_pinned(), loader.stats().not_lowered()), (0, 0));
        let this = std::thread::current().name().unwrap_or_default().chars().take(15).collect::<String>();
        assert_eq!(now[&this], of_others, "the thread that asked for it stays as it was");
    }
}
