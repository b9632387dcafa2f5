use super::*;

/// Files below a folder of their own.
pub(super) fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// Two packages of two cores of two threads.
fn cpuinfo() -> String {
    let thread = |n: usize| {
        format!(
            "processor\t: {n}\nmodel name\t: Some CPU @ 3.00GHz\nphysical id\t: {}\ncore id\t\t: {}\nflags\t\t: fpu avx2 {}\n\n",
            n / 4,
            n / 2 % 2,
            if n == 0 { "hypervisor" } else { "" }
        )
    };
    (0..8).map(thread).collect()
}

#[test]
fn cores_are_told_from_their_threads() {
    let info = cpu_info(&cpuinfo());
    let expected = CpuInfo {
        model: Some("Some CPU @ 3.00GHz".to_owned()),
        physical_cores: Some(4),
        logical_cores: Some(8),
        hypervisor: Some(true),
    };
    assert_eq!(info, expected);
    // An ARM board names neither.
    let arm = "processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd\n\nprocessor\t: 1\n";
    assert_eq!(cpu_info(arm), CpuInfo { logical_cores: Some(2), ..CpuInfo::default() });
    assert_eq!(cpu_info(""), CpuInfo::default());
}

#[test]
fn lists_of_cores_are_counted() {
    for (list, count) in [("0", Some(1)), ("0-3,8", Some(5)), ("0-1,4-7", Some(6)), ("3-1", None), ("", None)] {
        assert_eq!(count_of_list(list), count, "{list:?}");
    }
    assert_eq!(allowed_cores("Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n"), Some(8));
}

#[test]
fn files_below_the_root_become_facts() {
    let dir = tree(&[
        ("proc/cpuinfo", &cpuinfo()),
        ("proc/self/status", "Cpus_allowed_list:\t0-1\n"),
        ("proc/loadavg", "11.52 9.80 8.10 12/1234 5678\n"),
        ("proc/self/cgroup", "0::/\n"),
        ("sys/fs/cgroup/cpu.max", "150000 100000\n"),
        ("sys/fs/cgroup/memory.max", "1000\n"),
        ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"),
        ("sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "acpi-cpufreq\n"),
    ]);
    let machine = of_linux(dir.path());
    assert_eq!((machine.cpu.logical_cores, machine.cpu.affinity_cores), (Some(8), Some(2)));
    assert_eq!((machine.cpu.quota_cores, machine.memory.limit_bytes), (Some(1.5), Some(1000)));
    assert_eq!((machine.cpu.load_average, machine.cpu.running_threads), (Some(11.52), Some(11)));
    assert_eq!(machine.cpu.governor.as_deref(), Some("powersave"));
    assert_eq!(machine.cpu.frequency_driver.as_deref(), Some("acpi-cpufreq"));
    assert_eq!(machine.cpu.energy_preference, None);
}

#[test]
fn this_machine_is_known() {
    let machine = machine();
    assert!(machine.memory.total_bytes.unwrap() > machine.memory.available_bytes.unwrap());
    assert!(machine.cpu.usable_threads.unwrap() >= 1);
    assert!(machine.cpu.logical_cores.is_none_or(|cores| cores >= machine.cpu.physical_cores.unwrap_or(1)));
    assert!(machine.os.is_some());
    if cfg!(target_os = "linux") {
        assert!(machine.cpu.affinity_cores.unwrap() <= machine.cpu.logical_cores.unwrap());
    }
}
