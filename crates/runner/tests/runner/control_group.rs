//! A control group of little memory, made by version 2 or version 1 of the kernel's interface.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A group that is removed at the end; processes join it by its file `cgroup.procs`.
pub struct ControlGroup(PathBuf);

impl ControlGroup {
    /// Makes a group of this machine whose processes may take `bytes` of memory together.
    pub fn of_memory(bytes: u64) -> io::Result<ControlGroup> {
        ControlGroup::below(Path::new("/sys/fs/cgroup"), bytes)
    }

    /// The file to which a process writes its id.
    pub fn processes(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }

    fn below(mount: &Path, bytes: u64) -> io::Result<ControlGroup> {
        let name = format!("convsweep-test-{}", std::process::id());
        if has_memory_controller(mount) {
            // Children are given a controller by their parent; most systems do so for the root's.
            fs::write(mount.join("cgroup.subtree_control"), "+memory")?;
            let group = ControlGroup::make(mount.join(name))?;
            group.set("memory.max", bytes)?;
            // Where there is no swap there may be no such file.
            let _ = group.set("memory.swap.max", 0);
            return Ok(group);
        }
        let group = ControlGroup::make(mount.join("memory").join(name))?;
        group.set("memory.limit_in_bytes", bytes)?;
        let _ = group.set("memory.memsw.limit_in_bytes", bytes);
        Ok(group)
    }

    fn make(folder: PathBuf) -> io::Result<ControlGroup> {
        fs::create_dir(&folder)?;
        Ok(ControlGroup(folder))
    }

    fn set(&self, file: &str, value: u64) -> io::Result<()> {
        fs::write(self.0.join(file), value.to_string())
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Whether version 2 is mounted here and limits memory. Both versions may be mounted at once, and
/// then each controller belongs to one of them.
fn has_memory_controller(mount: &Path) -> bool {
    let controllers = fs::read_to_string(mount.join("cgroup.controllers")).unwrap_or_default();
    controllers.split_whitespace().any(|name| name == "memory")
}

/// The files that are written, in a folder that looks like the kernel's.
#[test]
fn either_version_is_told_the_limit() {
    let mounts = tempfile::tempdir().unwrap();
    let check = |version: &str, file: &str, value: &str| {
        let mount = mounts.path().join(version);
        let group = ControlGroup::below(&mount, 4096).unwrap();
        let written = fs::read_to_string(group.processes().with_file_name(file)).unwrap();
        assert_eq!(written, value, "{version}: {file}");
        fs::remove_dir_all(group.processes().parent().unwrap()).unwrap();
    };
    let two = mounts.path().join("two");
    fs::create_dir(&two).unwrap();
    fs::write(two.join("cgroup.controllers"), "cpu memory pids\n").unwrap();
    fs::create_dir_all(mounts.path().join("one/memory")).unwrap();
    check("two", "memory.max", "4096");
    check("two", "memory.swap.max", "0");
    check("one", "memory.limit_in_bytes", "4096");
    let enabled = fs::read_to_string(two.join("cgroup.subtree_control")).unwrap();
    assert_eq!(enabled, "+memory");
    assert!(ControlGroup::below(&mounts.path().join("none"), 4096).is_err());
}
