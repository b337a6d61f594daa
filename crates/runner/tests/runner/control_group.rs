//! A control group of little memory, made by version 2 or version 1 of the kernel's interface.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A control group, removed when dropped. Processes join it through its file `cgroup.procs`.
pub struct ControlGroup(PathBuf);

impl ControlGroup {
    /// Makes a group whose processes together may take `bytes` of memory.
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
            // A group has a controller only if its parent passes it on; most systems let the root
            // do so.
            fs::write(mount.join("cgroup.subtree_control"), "+memory")?;
            let group = ControlGroup::make(mount.join(name))?;
            group.set("memory.max", bytes)?;
            // The file is missing if there is no swap.
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

/// Whether version 2 is mounted here and limits memory. Both versions may be mounted at the same
/// time, and then each controller belongs to one of them.
fn has_memory_controller(mount: &Path) -> bool {
    let controllers = fs::read_to_string(mount.join("cgroup.controllers")).unwrap_or_default();
    controllers.split_whitespace().any(|name| name == "memory")
}

/// Checks what a folder that looks like the kernel's is told.
fn check(mount: &Path, file: &str, expect: &str) {
    let group = ControlGroup::below(mount, 4096).unwrap();
    let path = group.processes().with_file_name(file);
    assert_eq!(fs::read_to_string(path).unwrap(), expect, "{file}");
    fs::remove_dir_all(group.processes().parent().unwrap()).unwrap();
}

#[test]
fn version_2_is_told_the_limits() {
    let mount = tempfile::tempdir().unwrap();
    let mount = mount.path();
    fs::write(mount.join("cgroup.controllers"), "cpu memory pids\n").unwrap();
    check(mount, "memory.max", "4096");
    check(mount, "memory.swap.max", "0");
    let enabled = fs::read_to_string(mount.join("cgroup.subtree_control")).unwrap();
    assert_eq!(enabled, "+memory");
}

#[test]
fn version_1_is_told_the_limit() {
    let mount = tempfile::tempdir().unwrap();
    fs::create_dir_all(mount.path().join("memory")).unwrap();
    check(mount.path(), "memory.limit_in_bytes", "4096");
}

#[test]
fn a_machine_without_control_groups_is_recognised() {
    assert!(ControlGroup::below(Path::new("/nowhere"), 4096).is_err());
}
