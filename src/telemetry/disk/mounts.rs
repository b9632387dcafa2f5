//! Which file system a folder lies on, from Linux's `/proc/self/mountinfo`; elsewhere what `sysinfo` says.

use crate::protocol::doctor::DiskReport;
use std::path::{Path, PathBuf};

/// A line of `mountinfo`.
#[derive(Debug, Clone, PartialEq)]
struct Mount {
    /// `major:minor` of its block device; major 0 where there is none.
    device: String,
    point: PathBuf,
    file_system: String,
    source: String,
}

/// Fills in file system, source and what kind of disk it is.
pub(super) fn describe(folder: &Path, report: &mut DiskReport) {
    if let Some(mount) = find(folder) {
        report.network = Some(is_network(&mount.file_system));
        report.rotational = rotational(&mount);
        report.file_system = Some(mount.file_system);
        report.source = Some(mount.source);
    } else if cfg!(windows) {
        // A letter that stands for a share is resolved to it by now.
        report.network = Some(is_share(&folder.to_string_lossy()));
    }
}

/// `\\server\share\images`.
fn is_share(folder: &str) -> bool {
    folder.strip_prefix(r"\\").is_some_and(|rest| !rest.starts_with(['?', '.']))
}

/// Where the file system that holds `folder` is mounted; `None` where that is not known.
pub(super) fn mount_point(folder: &Path) -> Option<PathBuf> {
    find(folder).map(|mount| mount.point)
}

fn find(folder: &Path) -> Option<Mount> {
    holding(&std::fs::read_to_string("/proc/self/mountinfo").ok()?, folder)
}

/// The mount that holds `folder`: the deepest, and of several on one point the last.
fn holding(mountinfo: &str, folder: &Path) -> Option<Mount> {
    let mounts = mountinfo.lines().filter_map(parse).filter(|mount| folder.starts_with(&mount.point));
    mounts.max_by_key(|mount| mount.point.components().count())
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn parse(line: &str) -> Option<Mount> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(2);
    let (device, point) = (place.next()?, place.nth(1)?);
    let mut kind = kind.split(' ');
    Some(Mount {
        device: device.to_owned(),
        point: PathBuf::from(unescaped(point)),
        file_system: kind.next()?.to_owned(),
        source: unescaped(kind.next().unwrap_or_default()),
    })
}

/// Blanks are written `\040`.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

fn is_network(file_system: &str) -> bool {
    const NETWORK: [&str; 17] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb2",
        "smb3",
        "smbfs",
        "fuse.sshfs",
        "ceph",
        "fuse.ceph",
        "fuse.glusterfs",
        "lustre",
        "beegfs",
        "gpfs",
        "afs",
        "fuse.gcsfuse",
        "fuse.s3fs",
        "fuse.rclone",
    ];
    NETWORK.contains(&file_system)
}

/// By the queue of the block device below; `None` where there is none.
fn rotational(mount: &Mount) -> Option<bool> {
    let device =
        if mount.device.starts_with("0:") { device_number(Path::new(&mount.source))? } else { mount.device.clone() };
    let dir = PathBuf::from("/sys/dev/block").join(device);
    // A partition has no queue of its own.
    let queues = [dir.join("queue/rotational"), dir.join("../queue/rotational")];
    let text = queues.iter().find_map(|path| std::fs::read_to_string(path).ok())?;
    match text.trim() {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    }
}

/// `major:minor` of a block device's file: Btrfs and the like mount one without saying so.
#[cfg(unix)]
fn device_number(source: &Path) -> Option<String> {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    let metadata = std::fs::metadata(source).ok()?;
    let number = metadata.rdev();
    let (major, minor) = ((number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00));
    metadata.file_type().is_block_device().then(|| format!("{major}:{minor}"))
}

#[cfg(not(unix))]
fn device_number(_source: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTINFO: &str = "22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard
40 27 0:50 / /data rw,relatime shared:2 master:1 - nfs4 server:/export rw,vers=4.2
41 40 8:17 / /data/local\\040disk rw - xfs /dev/sdb1 rw
42 27 0:60 / /home rw - btrfs /dev/mapper/home rw
43 27 0:61 / /home rw - fuse.sshfs me@host:/x rw
";

    #[test]
    fn the_deepest_mount_holds_a_folder() {
        for (folder, file_system, source) in [
            ("/", "ext4", "/dev/vda1"),
            ("/database/x", "ext4", "/dev/vda1"),
            ("/data", "nfs4", "server:/export"),
            ("/data/set/train", "nfs4", "server:/export"),
            ("/data/local disk/x", "xfs", "/dev/sdb1"),
            ("/home/me", "fuse.sshfs", "me@host:/x"),
        ] {
            let mount = holding(MOUNTINFO, Path::new(folder)).unwrap();
            assert_eq!((mount.file_system.as_str(), mount.source.as_str()), (file_system, source), "{folder}");
        }
        assert_eq!(holding(MOUNTINFO, Path::new("/data/local disk")).unwrap().device, "8:17");
        assert_eq!(holding("rubbish - x", Path::new("/")), None);
    }

    #[test]
    fn shares_of_windows_are_told_from_disks() {
        assert!(is_share(r"\\server\share\images") && is_share(r"\\192.168.0.2\a"));
        assert!(!is_share(r"C:\images") && !is_share(r"\\?\Volume{1}\images") && !is_share("/data"));
    }

    #[test]
    fn network_file_systems_are_known() {
        assert!(is_network("nfs4") && is_network("cifs") && is_network("fuse.sshfs"));
        assert!(!is_network("ext4") && !is_network("fuseblk") && !is_network("overlay"));
    }
}
