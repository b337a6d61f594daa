//! `--notify`: a shell command of the user's, started at the end and after failures.

use crate::streams::say_error;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Commands that may run at the same time; further failures are only covered by the last message.
const MAX_RUNNING: usize = 8;
/// How long commands that are still running at the end may take.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the user's command. What it prints is no data, and goes to stderr.
#[derive(Debug)]
pub struct Notifier {
    command: Option<String>,
    experiment: String,
    running: Vec<Child>,
}

impl Notifier {
    /// For a run of `experiment`; without a command it does nothing.
    pub fn new(command: Option<String>, experiment: &str) -> Self {
        Notifier {
            command,
            experiment: experiment.to_string(),
            running: vec![],
        }
    }

    /// Starts the command for `event` (`failed`, `finished`, `interrupted`) without waiting for it.
    pub fn notify(&mut self, event: &str, job: &str, message: &str) {
        self.forget_ended();
        let Some(command) = &self.command else { return };
        if self.running.len() >= MAX_RUNNING {
            return;
        }
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .env("CONVSWEEP_EVENT", event)
            .env("CONVSWEEP_EXPERIMENT", &self.experiment)
            .env("CONVSWEEP_JOB", job)
            .env("CONVSWEEP_MESSAGE", message);
        match shell.spawn() {
            Ok(child) => self.running.push(child),
            Err(error) => say_error(&format!("--notify: {command} does not start: {error}")),
        }
    }

    fn forget_ended(&mut self) {
        self.running
            .retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }
}

impl Drop for Notifier {
    /// Waits a while for the commands that are still running.
    fn drop(&mut self) {
        let since = Instant::now();
        while since.elapsed() < GRACE {
            self.forget_ended();
            if self.running.is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
