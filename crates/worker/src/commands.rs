//! Commands from standard input, read by a thread of its own so that a running job can be stopped.

use convsweep_spec::FORMAT;
use convsweep_spec::command::Command;
use convsweep_spec::inference::InferenceRequest;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use serde_json::Value;
use signal_hook::consts::SIGTERM;
use signal_hook::flag::register;
use std::env;
use std::io::{self, BufRead};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a job that waits for a verdict looks whether anybody is there.
const LONGEST_WAIT: Duration = Duration::from_millis(200);

/// The variable that Slurm sets in an allocation.
const ALLOCATION: &str = "SLURM_JOB_ID";

/// What to do next.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// Run this job.
    Run {
        job: Box<Job>,
        /// Number of the request, from 1.
        number: u64,
    },
    /// Answer this with trained networks.
    Infer(InferenceRequest),
    /// This worker cannot carry out the jobs that it is sent.
    Reject { reason: String },
}

/// The commands that arrive.
#[derive(Debug)]
pub struct Commands {
    queue: Receiver<Request>,
    state: Arc<CommandState>,
}

/// What the reading thread and the training thread share.
#[derive(Debug, Default)]
struct CommandState {
    /// Number of the last job that was requested.
    last_requested: AtomicU64,
    /// Jobs up to this number are to stop.
    stop_up_to: AtomicU64,
    /// The outcome of stopped jobs.
    stop_outcome: Mutex<Option<Outcome>>,
    /// Whether nobody sends commands or reads events any more.
    is_disconnected: AtomicBool,
    /// Set when the system asks this process to end, until the running job has been stopped.
    is_leaving: Arc<AtomicBool>,
    /// Number of the job that was last told to train on, and after which epoch.
    continued: Mutex<(u64, u32)>,
    /// Notified when something of this changes.
    changed: Condvar,
}

impl Commands {
    /// Starts to read standard input.
    ///
    /// In an allocation of Slurm, whose end every process of it is told by SIGTERM, the running job
    /// stops by that as by a command; elsewhere it ends the process, as is usual.
    ///
    /// # Errors
    /// If the system gives no thread for it.
    pub fn listen() -> io::Result<Commands> {
        let (sender, queue) = channel();
        let state = Arc::new(CommandState::default());
        if env::var_os(ALLOCATION).is_some() {
            register(SIGTERM, Arc::clone(&state.is_leaving))?;
        }
        let reader_state = Arc::clone(&state);
        let thread = thread::Builder::new().name("commands".into());
        thread.spawn(move || read_until_closed(&reader_state, &sender))?;
        Ok(Commands { queue, state })
    }

    /// Waits for the next request; `None` once standard input has closed and all requests are done.
    pub fn next(&self) -> Option<Request> {
        self.queue.recv().ok()
    }

    /// Whether the job with this number is to stop.
    pub fn is_stopped(&self, number: u64) -> bool {
        if self.state.is_leaving.swap(false, Ordering::AcqRel) {
            self.state.stop(Outcome::Cancelled);
        }
        self.state.stop_up_to.load(Ordering::Acquire) >= number
    }

    /// The outcome of a stopped job.
    pub fn stop_outcome(&self) -> Outcome {
        let outcome = self.state.stop_outcome().clone();
        outcome.unwrap_or(Outcome::Cancelled)
    }

    /// Whether nobody sends commands or reads events any more.
    pub fn is_disconnected(&self) -> bool {
        self.state.is_disconnected.load(Ordering::Acquire)
    }

    /// Waits until the job with this number is told to train on after `epoch` epochs, is stopped,
    /// or nobody sends commands any more.
    pub fn wait_for_verdict(&self, number: u64, epoch: u32) {
        let state = &self.state;
        let mut continued = state.continued();
        while *continued < (number, epoch) && !self.is_stopped(number) && !self.is_disconnected() {
            let waited = state.changed.wait_timeout(continued, LONGEST_WAIT);
            continued = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Notes that nobody reads events any more.
    pub fn disconnect(&self) {
        self.state.is_disconnected.store(true, Ordering::Release);
    }
}

impl CommandState {
    fn stop_outcome(&self) -> MutexGuard<'_, Option<Outcome>> {
        let lock = self.stop_outcome.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    fn continued(&self) -> MutexGuard<'_, (u64, u32)> {
        let lock = self.continued.lock();
        lock.unwrap_or_else(PoisonError::into_inner)
    }

    /// The job that was requested last may train on after this epoch.
    fn go_on(&self, epoch: u32) {
        *self.continued() = (self.last_requested.load(Ordering::Acquire), epoch);
        self.changed.notify_all();
    }

    /// Numbers a job that is requested.
    fn next_number(&self) -> u64 {
        self.last_requested.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Stops all jobs that have been requested so far.
    fn stop(&self, outcome: Outcome) {
        *self.stop_outcome() = Some(outcome);
        let last = self.last_requested.load(Ordering::Acquire);
        self.stop_up_to.store(last, Ordering::Release);
        self.changed.notify_all();
    }
}

fn read_until_closed(state: &CommandState, queue: &Sender<Request>) {
    read(std::io::stdin().lock(), state, queue);
    state.is_disconnected.store(true, Ordering::Release);
    state.changed.notify_all();
}

fn read(input: impl BufRead, state: &CommandState, queue: &Sender<Request>) {
    for line in input.split(b'\n') {
        let Ok(line) = line else { return };
        if line.trim_ascii().is_empty() {
            continue;
        }
        match parse(&line) {
            Ok(Command::Train(job)) => {
                let number = state.next_number();
                let _ = queue.send(Request::Run { job, number });
            }
            Ok(Command::Infer(request)) => {
                let _ = queue.send(Request::Infer(request));
            }
            Ok(Command::Continue { epoch }) => state.go_on(epoch),
            Ok(Command::Stop { outcome }) => state.stop(outcome),
            Err(ParseError::OtherFormat(rejection)) => {
                let _ = queue.send(rejection);
            }
            Err(ParseError::Unreadable(problem)) => {
                let shown: String = String::from_utf8_lossy(&line).chars().take(120).collect();
                tracing::warn!("ignored a line that is not a command ({problem}): {shown}");
            }
        }
    }
}

enum ParseError {
    /// A job of another format, as a [`Request::Reject`].
    OtherFormat(Request),
    Unreadable(serde_json::Error),
}

/// Reads a command. The format of a job is checked before its fields are read, so that a job of
/// another format is not taken for a broken line.
fn parse(line: &[u8]) -> Result<Command, ParseError> {
    let value: Value = serde_json::from_slice(line).map_err(ParseError::Unreadable)?;
    match rejection_of_other_format(&value) {
        Some(rejection) => Err(ParseError::OtherFormat(rejection)),
        None => serde_json::from_value(value).map_err(ParseError::Unreadable),
    }
}

fn rejection_of_other_format(command: &Value) -> Option<Request> {
    if command["command"] != "train" {
        return None;
    }
    let format = command["format"].as_u64()?;
    if format == u64::from(FORMAT) {
        return None;
    }
    let version = env!("CARGO_PKG_VERSION");
    Some(Request::Reject {
        reason: format!(
            "the job has format {format}, this worker ({version}) reads {FORMAT}: \
             build convsweep and convsweep-worker from one revision"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: &[u8] = br#"{"command":"stop"}"#;

    fn commands_of(text: &[u8]) -> Commands {
        let (sender, queue) = channel();
        let state = Arc::new(CommandState::default());
        read(text, &state, &sender);
        Commands { queue, state }
    }

    #[test]
    fn other_formats_are_rejected_and_unreadable_lines_ignored() {
        let commands = commands_of(
            br#"noise

{"command":"train","format":99,"id":"a"}
{"command":"train"}
"#,
        );
        let Some(Request::Reject { reason }) = commands.next() else {
            panic!("not rejected")
        };
        assert!(reason.contains("format 99"), "{reason}");
        assert_eq!(commands.next(), None);
    }

    #[test]
    fn a_process_that_is_told_to_end_stops_its_job() {
        let commands = commands_of(b"");
        let number = commands.state.next_number();
        assert!(!commands.is_stopped(number));
        commands.state.is_leaving.store(true, Ordering::Release);
        assert!(commands.is_stopped(number) && commands.is_stopped(number));
        assert_eq!(commands.stop_outcome(), Outcome::Cancelled);
        assert!(!commands.is_stopped(commands.state.next_number()));
    }

    #[test]
    fn a_verdict_is_waited_for() {
        let commands = commands_of(br#"{"command":"continue","epoch":3}"#);
        // Neither of these waits: they are told to train on, or to stop.
        commands.wait_for_verdict(0, 3);
        commands.state.stop(Outcome::Cancelled);
        commands.wait_for_verdict(0, 4);
        // The next job is told so while it waits.
        let number = commands.state.next_number();
        let state = Arc::clone(&commands.state);
        let reader = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            state.go_on(1);
        });
        let start = std::time::Instant::now();
        commands.wait_for_verdict(number, 1);
        assert!(start.elapsed() >= Duration::from_millis(15));
        reader.join().expect("ends");
        commands.disconnect();
        commands.wait_for_verdict(number, 2);
    }

    #[test]
    fn a_stop_applies_to_the_jobs_requested_before_it() {
        let commands = commands_of(STOP);
        assert!(!commands.is_stopped(1));
        let state = &commands.state;
        state.last_requested.store(2, Ordering::Release);
        read(STOP, state, &channel().0);
        assert!(commands.is_stopped(2) && !commands.is_stopped(3));
        assert_eq!(commands.stop_outcome(), Outcome::Cancelled);
        let text = br#"{"command":"stop","as":{"outcome":"timed-out"}}"#;
        read(&text[..], state, &channel().0);
        assert_eq!(commands.stop_outcome(), Outcome::TimedOut);
    }
}
