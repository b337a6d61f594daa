//! What the system is asked for, and in which order, as strace sees it: content reaches the disk
//! before the name, and the name before the write returns.

#[path = "../../../tests/needs.rs"]
mod needs;

use convsweep_files::{Durability, NewFile, partial_path, publish, write};
use std::path::Path;
use std::process::Command;

/// Environment variable that tells the traced copy of this program which folder to write in.
const FOLDER: &str = "CONVSWEEP_FILES_TRACED";

/// The part of the test that runs under strace; by itself it does nothing.
#[test]
fn traced_writes() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    write(&folder.join("cached"), b"1", Durability::SystemCache).expect("writes");
    write(&folder.join("content"), b"2", Durability::Content).expect("writes");
    let mut file = NewFile::create(&folder.join("named")).expect("creates");
    file.write_bytes(b"3").expect("writes");
    file.finish(Durability::ContentAndName).expect("finishes");
    let published = folder.join("published");
    std::fs::write(partial_path(&published), "4").expect("writes");
    publish(&partial_path(&published), &published, Durability::Content).expect("renames");
}

/// Runs [`traced_writes`] under strace and returns its calls, one a line; none without strace.
fn trace(folder: &Path) -> Option<String> {
    if Command::new("strace").arg("--version").output().is_err() {
        needs::skip("strace is not installed");
        return None;
    }
    let calls = folder.join("calls");
    let run = Command::new("strace")
        .args(["--follow-forks", "--decode-fds=path", "--output"])
        .arg(&calls)
        .arg("--trace=write,fsync,rename,renameat,renameat2")
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", "traced_writes"])
        .env(FOLDER, folder)
        .output()
        .expect("strace runs");
    assert!(run.status.success(), "{run:?}");
    Some(std::fs::read_to_string(calls).expect("a trace"))
}

/// What happens to the file `name`, as words such as `sync name.part`.
fn steps(calls: &str, folder: &Path, name: &str) -> Vec<String> {
    let target = format!("{}/{name}", folder.display());
    let mut steps = Vec::new();
    for call in calls.lines() {
        if call.contains(" fsync(") && call.contains(&format!("<{}>", folder.display())) {
            steps.push("sync folder".to_string());
        }
        if !call.contains(&target) {
            continue;
        }
        for (system_call, step) in [
            ("write(", "write"),
            ("fsync(", "sync"),
            ("rename", "rename"),
        ] {
            if call.contains(&format!(" {system_call}")) {
                steps.push(step.to_string());
            }
        }
    }
    steps
}

#[test]
fn content_reaches_the_disk_before_the_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path().canonicalize().expect("a folder");
    let Some(calls) = trace(&folder) else {
        return;
    };
    let check = |name: &str, expected: &[&str]| {
        let mut found = steps(&calls, &folder, name);
        // The folder is synced once, for the file that asks for it.
        found.retain(|step| name == "named" || step != "sync folder");
        assert_eq!(found, expected, "{name} in\n{calls}");
    };
    check("cached", &["write", "rename"]);
    check("content", &["write", "sync", "rename"]);
    check("named", &["write", "sync", "rename", "sync folder"]);
    check("published", &["write", "sync", "rename"]);
    let syncs = calls.matches(&format!("<{}>)", folder.display())).count();
    assert_eq!(syncs, 1, "the folder is synced only for `named`:\n{calls}");
}
