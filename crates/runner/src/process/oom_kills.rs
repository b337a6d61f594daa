//! Whether the kernel killed a process because memory ran out. Such a worker looks like any other
//! one that was killed.

use convsweep_files::memory_groups;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// The kernel's counts of kills for lack of memory that the death of one process may add to: of
/// its control group (version 1 or 2), and of the whole machine.
#[derive(Debug)]
pub(crate) struct OomKills {
    counts: Vec<(PathBuf, u64)>,
    read: Instant,
}

impl OomKills {
    /// Age at which counts are read again when a new attempt begins.
    const STALE: Duration = Duration::from_secs(1);

    /// The current counts for the process `pid`.
    pub(super) fn read(pid: u32) -> Self {
        Self::read_below(Path::new("/"), pid)
    }

    /// The current counts on a machine whose file system begins at `root`.
    fn read_below(root: &Path, pid: u32) -> Self {
        let mut counts = Vec::new();
        for file in count_files(root, pid) {
            if let Some(count) = read_count(&file) {
                counts.push((file, count));
            }
        }
        OomKills {
            counts,
            read: Instant::now(),
        }
    }

    /// Reads the counts again if they are stale, so that kills of earlier attempts do not count.
    pub(super) fn refresh(&mut self, pid: u32) {
        if self.read.elapsed() > Self::STALE {
            *self = Self::read(pid);
        }
    }

    /// Whether a kill was counted since the counts were read. Works after the process is gone: its
    /// entry in /proc is no longer needed.
    pub(super) fn have_increased(&self) -> bool {
        let increased =
            |(file, before): &(PathBuf, u64)| read_count(file).is_some_and(|now| now > *before);
        self.counts.iter().any(increased)
    }
}

/// The files that hold the counts for a process: those of its own group, and of the machine.
fn count_files(root: &Path, pid: u32) -> Vec<PathBuf> {
    let mut files = vec![root.join("proc/vmstat")];
    let groups = memory_groups(root, &pid.to_string());
    for is_version_2 in [true, false] {
        let mut of_version = groups
            .iter()
            .filter(|group| group.is_version_2 == is_version_2);
        let file = match is_version_2 {
            true => "memory.events",
            false => "memory.oom_control",
        };
        files.extend(of_version.next().map(|own| own.folder.join(file)));
    }
    files
}

/// The number in the line `oom_kill N`.
fn read_count(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let mut lines = text.lines();
    let number = lines.find_map(|line| line.strip_prefix("oom_kill "))?;
    number.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_in_the_group_and_on_the_machine_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("proc/7/cgroup", "4:memory:/a/b\n0::/c\n");
        put("proc/vmstat", "nr_free 12\noom_kill 3\n");
        let version_2 = "sys/fs/cgroup/c/memory.events";
        put(version_2, "low 0\noom 1\noom_kill 1\n");
        let version_1 = "sys/fs/cgroup/memory/a/b/memory.oom_control";
        put(version_1, "under_oom 0\noom_kill 0\n");

        let read = || OomKills::read_below(dir.path(), 7);
        let counts = read();
        assert_eq!(counts.counts.len(), 3);
        assert!(!counts.have_increased());
        put(version_2, "low 0\noom 2\noom_kill 2\n");
        assert!(counts.have_increased());

        let counts = read();
        put(version_1, "under_oom 0\noom_kill 1\n");
        assert!(counts.have_increased());

        let counts = read();
        put("proc/vmstat", "oom_kill 4\n");
        assert!(counts.have_increased());
    }
}
