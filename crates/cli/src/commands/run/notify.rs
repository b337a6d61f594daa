//! `--notify`: a shell command of the user's, started at the end and after failures.

use crate::process_groups::ProcessGroup;
use crate::streams::say_error;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Commands that may run at the same time; further failures are only covered by the last message.
const MAX_RUNNING: usize = 8;
/// How long commands that are still running at the end may take.
const GRACE: Duration = Duration::from_secs(10);
/// How long they may take to end when they are asked to.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Time between two looks at what is still running.
const LOOK: Duration = Duration::from_millis(20);

/// Runs the user's command. What it prints is no data, and goes to stderr.
#[derive(Debug)]
pub struct Notifier {
    command: Option<String>,
    experiment: String,
    running: Vec<ProcessGroup>,
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
        match ProcessGroup::start(&mut shell) {
            Ok(group) => self.running.push(group),
            Err(error) => say_error(&format!("--notify: {command} does not start: {error}")),
        }
    }

    fn forget_ended(&mut self) {
        self.running.retain_mut(ProcessGroup::is_running);
    }

    /// Whether all commands end within this time.
    fn end_within(&mut self, patience: Duration) -> bool {
        let since = Instant::now();
        loop {
            self.forget_ended();
            if self.running.is_empty() || since.elapsed() >= patience {
                return self.running.is_empty();
            }
            sleep(LOOK);
        }
    }
}

impl Drop for Notifier {
    /// Waits a while for the commands that are still running, and ends them with what they started.
    fn drop(&mut self) {
        if self.end_within(GRACE) {
            return;
        }
        let command = self.command.as_deref().unwrap_or_default();
        say_error(&format!(
            "--notify: {command} was still running {} s after the end of the run; it was ended",
            GRACE.as_secs()
        ));
        for group in &mut self.running {
            group.ask_to_end();
        }
        sleep(LAST_WORDS);
        // What is left is killed.
        self.running.clear();
    }
}
