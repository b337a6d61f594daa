//! Running sweeps as processes: starting one, watching how far it is, finding its workers, and
//! sending signals.

use crate::support::Workdir;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest that [`wait_until`] waits.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Starts `convsweep run small.toml`.
pub fn start(workdir: &Workdir) -> Child {
    let mut command = workdir.command(&["run", "small.toml"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the program starts")
}

/// Waits for the program's end and returns its exit code, `None` if a signal ended it.
pub fn exit_code(program: &mut Child) -> Option<i32> {
    program.wait().expect("ends").code()
}

pub fn has_ended(program: &mut Child) -> bool {
    program.try_wait().expect("can be asked").is_some()
}

/// Waits until the condition holds; fails after a minute.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < LONGEST_WAIT,
            "waited too long until {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Number of lines of all event logs.
pub fn event_count(workdir: &Workdir) -> usize {
    let mut count = 0;
    for folder in workdir.job_folders() {
        let log = std::fs::read_to_string(folder.join("events.jsonl"));
        count += log.unwrap_or_default().lines().count();
    }
    count
}

/// Waits until workers have logged more than `count` events.
#[track_caller]
pub fn wait_for_events(workdir: &Workdir, count: usize) {
    wait_until("jobs are trained", || event_count(workdir) > count);
}

/// The process id that a command has written to this file.
pub fn pid_in(workdir: &Workdir, file: &str) -> Option<u32> {
    let text = std::fs::read_to_string(workdir.path(file)).ok()?;
    text.trim().parse().ok()
}

/// Whether there is such a process that has not ended.
pub fn is_alive(pid: Option<u32>) -> bool {
    let status = pid.map(|pid| std::fs::read_to_string(format!("/proc/{pid}/status")));
    matches!(status, Some(Ok(status)) if !status.contains("State:\tZ"))
}

/// Process ids of the living workers that train in this folder.
pub fn workers(workdir: &Workdir) -> Vec<u32> {
    let folder = std::fs::canonicalize(workdir.path(".")).expect("exists");
    let mut workers = Vec::new();
    for process in std::fs::read_dir("/proc")
        .expect("a Linux system")
        .flatten()
    {
        let name = process.file_name();
        let pid = name.to_str().and_then(|name| name.parse().ok());
        if let Some(pid) = pid
            && is_worker(&process.path(), &folder)
        {
            workers.push(pid);
        }
    }
    workers
}

fn is_worker(process: &Path, folder: &Path) -> bool {
    let read = |file| std::fs::read_to_string(process.join(file)).unwrap_or_default();
    let current_folder = std::fs::read_link(process.join("cwd"));
    // The system cuts names after 15 characters.
    read("comm").trim() == "convsweep-worke"
        && !read("status").contains("State:\tZ")
        && current_folder.is_ok_and(|current| current == folder)
}

/// Sends a signal, such as `INT`; returns whether the process was there to receive it.
pub fn send_signal(name: &str, pid: u32) -> bool {
    let mut command = Command::new("kill");
    command.args([format!("-{name}"), pid.to_string()]);
    command.status().is_ok_and(|status| status.success())
}
