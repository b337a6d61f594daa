//! The control groups that limit the memory of a process (cgroups, versions 1 and 2).

use std::fs;
use std::path::{Component, Path, PathBuf};

/// A control group whose memory may be limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryGroup {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether it belongs to version 2 of the kernel's interface.
    pub is_version_2: bool,
}

/// Where a hierarchy of groups is mounted.
struct Mount {
    /// The group that is seen at `folder`: a container may see a part of the hierarchy only.
    group: PathBuf,
    folder: PathBuf,
    is_version_2: bool,
}

/// The groups of a process (`self`, or its id) on a machine whose file system begins at `root`: its
/// own, then the groups around it as far as they can be seen.
pub fn memory_groups(root: &Path, process: &str) -> Vec<MemoryGroup> {
    let read = |file: &str| fs::read_to_string(root.join("proc").join(process).join(file));
    let mounts = mounts(&read("mountinfo").unwrap_or_default());
    let mut groups = Vec::new();
    // Lines such as `4:memory:/group` (version 1) and `0::/group` (version 2).
    for line in read("cgroup").unwrap_or_default().lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else {
            continue;
        };
        let is_version_2 = controllers.is_empty();
        if is_version_2 || controllers.split(',').any(|name| name == "memory") {
            let mount = mounts
                .iter()
                .find(|mount| mount.is_version_2 == is_version_2);
            let standard = Mount::standard(is_version_2);
            groups.extend(mount.unwrap_or(&standard).groups(root, Path::new(group)));
        }
    }
    groups
}

/// The least memory in bytes that a group of this program allows; `None` if no group limits it.
pub fn memory_limit(root: &Path) -> Option<u64> {
    let mut least = None;
    for group in memory_groups(root, "self") {
        // Beyond `memory.high` processes stand still rather than end.
        let files: &[&str] = match group.is_version_2 {
            true => &["memory.max", "memory.high"],
            false => &["memory.limit_in_bytes"],
        };
        for file in files {
            // Version 2 writes `max` if there is no limit, version 1 a very large number.
            let text = fs::read_to_string(group.folder.join(file)).unwrap_or_default();
            if let Ok(limit) = text.trim().parse::<u64>() {
                least = Some(least.map_or(limit, |least: u64| least.min(limit)));
            }
        }
    }
    least
}

impl Mount {
    /// The place that nearly all systems use.
    fn standard(is_version_2: bool) -> Mount {
        let folder = match is_version_2 {
            true => "/sys/fs/cgroup",
            false => "/sys/fs/cgroup/memory",
        };
        Mount {
            group: "/".into(),
            folder: folder.into(),
            is_version_2,
        }
    }

    /// The group and those around it, up to the one that is mounted.
    fn groups(&self, root: &Path, group: &Path) -> Vec<MemoryGroup> {
        let inside = group.strip_prefix(&self.group).unwrap_or(Path::new(""));
        let is_plain = |part| matches!(part, Component::Normal(_));
        // A group outside of what a container sees: `/../other`.
        let inside = match inside.components().all(is_plain) {
            true => inside,
            false => Path::new(""),
        };
        let mount = root.join(self.folder.strip_prefix("/").unwrap_or(&self.folder));
        let folders = inside.ancestors().map(|inner| mount.join(inner));
        let group = |folder| MemoryGroup {
            folder,
            is_version_2: self.is_version_2,
        };
        folders.map(group).collect()
    }
}

/// The mounts of groups in a text such as `/proc/self/mountinfo`:
/// `31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw`.
fn mounts(text: &str) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for line in text.lines() {
        let Some((place, kind)) = line.split_once(" - ") else {
            continue;
        };
        let mut place = place.split(' ').skip(3);
        let mut kind = kind.split(' ');
        let (Some(group), Some(folder)) = (place.next(), place.next()) else {
            continue;
        };
        let (system, options) = (kind.next().unwrap_or_default(), kind.nth(1));
        let has_memory = options.is_some_and(|all| all.split(',').any(|name| name == "memory"));
        let is_version_2 = system == "cgroup2";
        if is_version_2 || (system == "cgroup" && has_memory) {
            mounts.push(Mount {
                group: unescape(group),
                folder: unescape(folder),
                is_version_2,
            });
        }
    }
    mounts
}

/// The kernel writes a blank in a path as `\040`.
fn unescape(path: &str) -> PathBuf {
    path.replace("\\040", " ").replace("\\011", "\t").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], expect: Option<u64>) {
        let dir = machine(files);
        assert_eq!(memory_limit(dir.path()), expect, "{files:?}");
    }

    const VERSION_2: &str = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    const VERSION_1: &str = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

    #[test]
    fn the_least_limit_of_the_groups_around_counts() {
        let group = ("proc/self/cgroup", "0::/a.slice/b\n");
        let mount = ("proc/self/mountinfo", VERSION_2);
        let inner = ("sys/fs/cgroup/a.slice/b/memory.max", "max\n");
        let outer = ("sys/fs/cgroup/a.slice/memory.max", "5000\n");
        check(&[group, mount, inner], None);
        check(&[group, mount, inner, outer], Some(5000));
        check(&[group, inner, outer], Some(5000));
        let high = ("sys/fs/cgroup/a.slice/b/memory.high", "4000\n");
        check(&[group, mount, outer, high], Some(4000));
    }

    #[test]
    fn version_1_has_a_hierarchy_for_memory() {
        let group = ("proc/self/cgroup", "5:cpu:/x\n4:blkio,memory:/a/b\n0::/\n");
        let mount = ("proc/self/mountinfo", VERSION_1);
        let own = ("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "700\n");
        let around = ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "600\n");
        check(&[group, mount, own], Some(700));
        check(&[group, mount, own, around], Some(600));
    }

    #[test]
    fn a_container_sees_a_part_of_the_hierarchy() {
        let limit = ("sys/fs/cgroup/memory.max", "300\n");
        let inner = ("sys/fs/cgroup/inner/memory.max", "200\n");
        let mount = "31 23 0:28 /docker/c1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let mount = ("proc/self/mountinfo", mount);
        check(
            &[("proc/self/cgroup", "0::/docker/c1\n"), mount, limit],
            Some(300),
        );
        let nested = ("proc/self/cgroup", "0::/docker/c1/inner\n");
        check(&[nested, mount, limit, inner], Some(200));
        // With a name space of its own, and a process that was moved out of it.
        let whole = ("proc/self/mountinfo", VERSION_2);
        check(&[("proc/self/cgroup", "0::/\n"), whole, limit], Some(300));
        check(
            &[("proc/self/cgroup", "0::/../c2\n"), whole, limit],
            Some(300),
        );
    }

    #[test]
    fn hierarchies_may_be_mounted_anywhere() {
        let mount = "9 1 0:3 / /my\\040groups rw shared:4 - cgroup2 none rw,nsdelegate\n";
        let group = ("proc/self/cgroup", "0::/g\n");
        let limit = ("my groups/g/memory.max", "9\n");
        check(&[group, ("proc/self/mountinfo", mount), limit], Some(9));
    }
}
