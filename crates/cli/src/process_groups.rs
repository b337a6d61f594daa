//! Commands of the user's that end with this program, and all that they started with them.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The groups that are running.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// A command in a process group of its own. What is still running when this is dropped is killed, and
/// so is what the command has started if it was asked to end.
#[derive(Debug)]
pub struct ProcessGroup {
    child: Child,
    id: Pid,
    /// Whether it was asked to end.
    is_asked: bool,
}

impl ProcessGroup {
    /// Starts the command.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> io::Result<ProcessGroup> {
        // Held meanwhile, so that no group is missed by `kill_all`.
        let mut running = running();
        let child = command.process_group(0).spawn()?;
        let id = Pid::from_child(&child);
        running.push(id);
        let is_asked = false;
        Ok(ProcessGroup {
            child,
            id,
            is_asked,
        })
    }

    /// Whether the command itself is still running. What it started and did not wait for is its own
    /// affair.
    pub fn is_running(&mut self) -> bool {
        let is_running = matches!(self.child.try_wait(), Ok(None));
        if !is_running {
            running().retain(|id| *id != self.id);
        }
        is_running
    }

    /// Asks the command, and what it started, to end. Until this is dropped, nobody is to ask whether
    /// it is running: once that is known to have ended, its id may be that of another group.
    pub fn ask_to_end(&mut self) {
        self.is_asked = true;
        // It may have ended meanwhile.
        _ = kill_process_group(self.id, Signal::TERM);
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if self.is_asked || self.is_running() {
            kill(self.id);
            _ = self.child.wait();
            self.is_running();
        }
    }
}

/// Kills all groups that are running, because the program ends here.
pub fn kill_all() {
    for id in running().drain(..) {
        kill(id);
    }
}

fn kill(id: Pid) {
    // It may have ended meanwhile.
    _ = kill_process_group(id, Signal::KILL);
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::test_kill_process_group;
    use std::fs;
    use std::io::Read;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    /// Whoever adopts processes may need a moment to notice that they have ended.
    fn wait_until(seconds: u64, what: &str, is_true: impl Fn() -> bool) {
        let since = Instant::now();
        while !is_true() {
            assert!(
                since.elapsed() < Duration::from_secs(seconds),
                "not yet: {what}"
            );
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_group_ends_with_its_owner() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 77 & sleep 78"]);
        let mut group = ProcessGroup::start(&mut shell).expect("starts");
        let id = group.id;
        assert!(group.is_running());
        drop(group);
        assert!(!running().contains(&id));
        wait_until(10, "it is gone", || test_kill_process_group(id).is_err());
    }

    #[test]
    fn what_ignores_the_request_to_end_is_killed_although_its_command_has_ended() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "(trap '' TERM; echo ready; sleep 77) & wait"]);
        let mut group = ProcessGroup::start(shell.stdout(Stdio::piped())).expect("starts");
        let mut output = group.child.stdout.take().expect("a pipe");
        output.read_exact(&mut [0; 6]).expect("is ready");
        group.ask_to_end();
        let id = group.id;
        let state = format!("/proc/{}/stat", id.as_raw_pid());
        wait_until(10, "the shell has ended", || {
            fs::read_to_string(&state).map_or(true, |state| state.contains(") Z "))
        });
        drop(group);
        wait_until(20, "it is gone", || test_kill_process_group(id).is_err());
    }

    #[test]
    fn what_a_command_leaves_behind_goes_on() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 77 &"]);
        let mut group = ProcessGroup::start(&mut shell).expect("starts");
        while group.is_running() {
            std::thread::yield_now();
        }
        let id = group.id;
        drop(group);
        assert!(test_kill_process_group(id).is_ok());
        kill(id);
    }
}
