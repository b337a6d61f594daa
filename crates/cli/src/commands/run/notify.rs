//! `--notify`: a command of the user's, by the shell, at the end and at failures.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Commands that may run at once; failures beyond that are told by the last word alone.
const MOST: usize = 8;

/// Runs the user's command.
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

    /// Starts the command for `event` (`failed`, `finished`, `interrupted`), and does not wait for
    /// it.
    pub fn say(&mut self, event: &str, job: &str, message: &str) {
        self.running
            .retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        let Some(command) = self.command.as_ref().filter(|_| self.running.len() < MOST) else {
            return;
        };
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).stdin(Stdio::null());
        shell
            .env("CONVSWEEP_EVENT", event)
            .env("CONVSWEEP_EXPERIMENT", &self.experiment);
        shell
            .env("CONVSWEEP_JOB", job)
            .env("CONVSWEEP_MESSAGE", message);
        match shell.spawn() {
            Ok(child) => self.running.push(child),
            Err(error) => eprintln!("--notify: {command} does not start: {error}"),
        }
    }
}

impl Drop for Notifier {
    /// Gives what still runs ten seconds.
    fn drop(&mut self) {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(10) {
            self.running
                .retain_mut(|child| matches!(child.try_wait(), Ok(None)));
            if self.running.is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
