//! Signals that ask the program to stop: SIGINT, SIGTERM, and SIGHUP, which a terminal sends when
//! it goes away. In an allocation of Slurm also SIGUSR1, by which Slurm says that its time is nearly up.
//!
//! A thread of its own receives them, so that they count whatever the program is doing. While jobs
//! are trained, the first one lets them write a checkpoint, after which the report is rendered;
//! while the report is rendered, the first one lets it be completed. Before that there is nothing
//! to save, and the first one ends the program, as the second one does at any time. A SIGHUP is
//! never a second one, since a shell or a service manager that ends sends it besides other signals.

use crate::exit::Exit;
use crate::process_groups::kill_all;
use crate::streams::{say_error, settle_errors, write_error};
use convsweep_runner::StopRequest;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::register;
use std::env;
use std::fs;
use std::io::{self, IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long the end may take after a second signal before the program ends without it.
const LONGEST_END: Duration = Duration::from_secs(2);

const HANG_UP: &str = "SIGHUP";

/// The signal that Slurm sends before an allocation ends, if it was asked to
/// (`--signal=B:USR1@180`).
const TIME_IS_UP: &str = "SIGUSR1";

/// The signals that this program receives.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    state: Arc<SignalState>,
}

#[derive(Debug)]
struct SignalState {
    is_listening: AtomicBool,
    activity: Mutex<Activity>,
    /// Whether a look at an image set has been kept, so that it need not begin anew.
    is_look_kept: AtomicBool,
    /// Whether the time of an allocation is up, and nobody has ended it.
    is_time_up: AtomicBool,
    stop: watch::Sender<StopRequest>,
}

/// What the program is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Activity {
    /// Nothing that a later command would not do again.
    Preparing,
    Training,
    /// Recording and rendering what was trained.
    Concluding,
}

/// What a signal sets, for commands that show something until they are left.
///
/// # Errors
/// If the system does not let signals be received.
pub fn leaving() -> io::Result<Arc<AtomicBool>> {
    let is_leaving = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        register(signal, Arc::clone(&is_leaving))?;
    }
    Ok(is_leaving)
}

/// Jobs are trained: signals are requests to stop. Dropped when they no longer are.
#[derive(Debug)]
pub struct Training<'a>(&'a SignalState);

/// What a signal leads to.
#[derive(Debug, PartialEq)]
enum Reaction {
    /// Jobs write a checkpoint.
    Drain,
    /// Jobs are killed.
    StopNow,
    /// The program ends here.
    End,
}

impl Default for SignalState {
    fn default() -> Self {
        SignalState {
            is_listening: AtomicBool::new(false),
            activity: Mutex::new(Activity::Preparing),
            is_look_kept: AtomicBool::new(false),
            is_time_up: AtomicBool::new(false),
            stop: watch::Sender::new(StopRequest::No),
        }
    }
}

impl Signals {
    /// Starts to receive signals. Without this, the first one ends the program, as is usual.
    pub fn listen(&self) {
        if self.state.is_listening.swap(true, Ordering::AcqRel) {
            return;
        }
        let (ready, started) = mpsc::channel();
        let state = Arc::clone(&self.state);
        let thread = thread::Builder::new().name("signals".into());
        let spawned = thread.spawn(move || {
            if let Err(error) = receive(&state, &ready) {
                tracing::warn!("signals end the program at once: {error}");
            }
        });
        if spawned.is_ok() {
            // An error means that the thread has ended, and has said why.
            _ = started.recv();
        }
    }

    /// From now on there is nothing to save.
    pub fn preparing(&self) {
        *self.state.activity() = Activity::Preparing;
    }

    /// From now on, until the result is dropped, jobs are trained.
    pub fn training(&self) -> Training<'_> {
        *self.state.activity() = Activity::Training;
        Training(&self.state)
    }

    /// What was found in image files so far is kept.
    pub fn look_is_kept(&self) {
        self.state.is_look_kept.store(true, Ordering::Release);
    }

    /// Whether the program was asked to stop since the time of its allocation is up, and by nothing
    /// else: an allocation that somebody ends must not come back.
    pub fn is_time_up(&self) -> bool {
        self.state.is_time_up.load(Ordering::Acquire)
    }

    /// Whether the program was asked to stop.
    pub fn is_stopping(&self) -> bool {
        *self.state.stop.borrow() != StopRequest::No
    }
}

impl Training<'_> {
    /// The newest request to stop.
    pub fn requests(&self) -> watch::Receiver<StopRequest> {
        self.0.stop.subscribe()
    }

    /// Asks for checkpoints and an end, as a signal does.
    pub fn drain(&self) {
        self.0.raise(StopRequest::Drain);
    }
}

impl Drop for Training<'_> {
    fn drop(&mut self) {
        *self.0.activity() = Activity::Concluding;
    }
}

impl SignalState {
    fn raise(&self, request: StopRequest) {
        self.stop.send_if_modified(|current| {
            let raises = request > *current;
            *current = request.max(*current);
            raises
        });
    }

    /// What is said when the program ends.
    fn last_words(&self) -> &'static str {
        let is_preparing = *self.activity() == Activity::Preparing;
        match is_preparing && self.is_look_kept.load(Ordering::Acquire) {
            true => {
                "interrupted; the images looked at so far are remembered, and the same command goes \
                 on from there"
            }
            false => "interrupted; the same command continues",
        }
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn react(&self) -> Reaction {
        let activity = *self.activity();
        match (activity, *self.stop.borrow()) {
            (Activity::Preparing, _) | (_, StopRequest::Now) => Reaction::End,
            (_, StopRequest::No) => Reaction::Drain,
            (Activity::Training, StopRequest::Drain) => Reaction::StopNow,
            (Activity::Concluding, StopRequest::Drain) => Reaction::End,
        }
    }
}

/// Receives signals for ever.
fn receive(state: &SignalState, ready: &mpsc::Sender<()>) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        // Under nohup, a hang-up means nothing.
        let mut hang_up = match is_ignored(SignalKind::hangup()) {
            true => None,
            false => Some(signal(SignalKind::hangup())?),
        };
        // Elsewhere it ends the program, as is usual.
        let mut time_is_up = match env::var_os("SLURM_JOB_ID") {
            None => None,
            Some(_) => Some(signal(SignalKind::user_defined1())?),
        };
        _ = ready.send(());
        loop {
            let received = async {
                tokio::select! {
                    _ = interrupt.recv() => "SIGINT",
                    _ = terminate.recv() => "SIGTERM",
                    () = next(&mut hang_up) => HANG_UP,
                    () = next(&mut time_is_up) => TIME_IS_UP,
                }
            };
            let is_ending = *state.stop.borrow() == StopRequest::Now;
            let longest = if is_ending {
                LONGEST_END
            } else {
                Duration::MAX
            };
            match timeout(longest, received).await {
                Ok(HANG_UP) => {
                    hang_up = None;
                    if *state.stop.borrow() == StopRequest::No {
                        handle(state, HANG_UP);
                    }
                }
                Ok(TIME_IS_UP) => {
                    // Slurm may repeat it: it is never a second one.
                    if *state.stop.borrow() == StopRequest::No {
                        say_error("note: the time of the allocation is nearly up (SIGUSR1)");
                        handle(state, TIME_IS_UP);
                    }
                }
                Ok(name) => handle(state, name),
                Err(_) => end(state),
            }
        }
    })
}

fn handle(state: &SignalState, name: &str) {
    tracing::info!("received {name}");
    let is_time_up = name == TIME_IS_UP;
    state.is_time_up.store(is_time_up, Ordering::Release);
    match state.react() {
        Reaction::Drain => state.raise(StopRequest::Drain),
        Reaction::StopNow => state.raise(StopRequest::Now),
        Reaction::End => end(state),
    }
}

/// Ends the program here. Its workers end with it; what is recorded stays, and the same command
/// continues.
fn end(state: &SignalState) -> ! {
    kill_all();
    if stderr().is_terminal() {
        // A line of progress may be in the way.
        write_error(b"\r\x1b[K");
    }
    say_error(state.last_words());
    settle_errors();
    std::process::exit(Exit::Interrupted as i32)
}

/// Waits for the signal, for ever if the program does not listen to it.
async fn next(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

/// Whether whoever started this program has it ignore the signal.
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0) & (1 << (kind.as_raw_value() - 1)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_saves_what_there_is_to_save_and_a_second_one_ends_the_program() {
        let signals = Signals::default();
        let state = &signals.state;
        assert_eq!(state.react(), Reaction::End);
        let training = signals.training();
        assert_eq!(state.react(), Reaction::Drain);
        training.drain();
        assert_eq!(*training.requests().borrow(), StopRequest::Drain);
        assert_eq!(state.react(), Reaction::StopNow);
        state.raise(StopRequest::Now);
        training.drain();
        assert_eq!(*training.requests().borrow(), StopRequest::Now);
        assert_eq!(state.react(), Reaction::End);
    }

    #[test]
    fn a_report_is_completed_after_one_signal_and_not_after_two() {
        let signals = Signals::default();
        drop(signals.training());
        assert_eq!(signals.state.react(), Reaction::Drain);
        signals.state.raise(StopRequest::Drain);
        assert!(signals.is_stopping());
        assert_eq!(signals.state.react(), Reaction::End);
        signals.preparing();
        assert_eq!(signals.state.react(), Reaction::End);
    }
}
