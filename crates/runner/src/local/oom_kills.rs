//! Whether the kernel killed for want of memory: a worker that it kills so looks like any other
//! killed one.

use std::fs;
use std::path::{Path, PathBuf};

/// Counts of the kernel's kills for want of memory that a worker's death may be one of: of its
/// control group, and of the whole machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OomKills(Vec<(PathBuf, u64)>);

impl OomKills {
    /// The counts of now, for the process `pid` of the machine whose file system begins at `root`.
    pub(crate) fn now(root: &Path, pid: u32) -> Self {
        let groups =
            fs::read_to_string(root.join(format!("proc/{pid}/cgroup"))).unwrap_or_default();
        let mut files = vec![root.join("proc/vmstat")];
        for line in groups.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
                continue;
            };
            let path = path.trim_start_matches('/');
            if controllers.is_empty() {
                files.push(root.join("sys/fs/cgroup").join(path).join("memory.events"));
            } else if controllers.split(',').any(|c| c == "memory") {
                files.push(
                    root.join("sys/fs/cgroup/memory")
                        .join(path)
                        .join("memory.oom_control"),
                );
            }
        }
        OomKills(
            files
                .into_iter()
                .filter_map(|file| count(&file).map(|n| (file, n)))
                .collect(),
        )
    }

    /// The same counts again, also when the process is gone.
    pub(crate) fn again(&self) -> Self {
        OomKills(
            self.0
                .iter()
                .filter_map(|(file, _)| count(file).map(|n| (file.clone(), n)))
                .collect(),
        )
    }

    /// Whether a kill was counted since `before`.
    pub(crate) fn grew_since(&self, before: &OomKills) -> bool {
        let earlier = |file: &PathBuf| {
            before
                .0
                .iter()
                .find(|(other, _)| other == file)
                .map(|(_, n)| *n)
        };
        self.0
            .iter()
            .any(|(file, now)| earlier(file).is_some_and(|then| *now > then))
    }
}

/// The value of the line `oom_kill N`.
fn count(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_of_the_group_and_of_the_machine_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("proc/7/cgroup", "4:memory:/a/b\n0::/c\n");
        put("proc/vmstat", "nr_free 12\noom_kill 3\n");
        put(
            "sys/fs/cgroup/c/memory.events",
            "low 0\noom 1\noom_kill 1\n",
        );
        put(
            "sys/fs/cgroup/memory/a/b/memory.oom_control",
            "under_oom 0\noom_kill 0\n",
        );
        let now = || OomKills::now(dir.path(), 7);
        let before = now();
        assert_eq!(before.0.len(), 3);
        assert!(!now().grew_since(&before));
        put(
            "sys/fs/cgroup/c/memory.events",
            "low 0\noom 2\noom_kill 2\n",
        );
        assert!(now().grew_since(&before));
        let before = now();
        put("proc/vmstat", "oom_kill 4\n");
        assert!(now().grew_since(&before));
        assert!(!OomKills::now(dir.path(), 8).grew_since(&OomKills::default()));
    }
}
