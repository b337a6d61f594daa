//! The loop of a run.

use super::dispatcher::Dispatcher;
use crate::deadline::wait_until;
use crate::launcher::Launcher;
use crate::policy::RunPolicy;
use crate::results::{ControlRequest, ExperimentLog};
use crate::run_event::{RunEvent, RunSummary, StopRequest};
use convsweep_spec::job::Job;
use std::cell::RefCell;
use tokio::sync::{mpsc, watch};

/// Messages from workers that may wait to be handled; more make the workers wait.
const MESSAGE_CAPACITY: usize = 1024;

/// Trains `jobs` in their order on the slots of `launcher`, and returns when all workers have
/// exited. Events are sent to `events`; `stop` and `control` may change what the run does.
///
/// Decisions of the policy's search are written to the experiment's `log` before they are carried
/// out; it must not be borrowed while this is polled.
///
/// The execution of each job is completed here: attempt (counted from the given one), device,
/// threads, and the state to start from if an earlier job of the run saves one. A worker is kept
/// between jobs. It is replaced after its death, and after a failed or out-of-memory job, which may
/// leave the process in any state.
///
/// Must be called on a Tokio runtime with I/O and time, on a thread that outlives the workers: they
/// are tied to the life of the thread that started them.
pub async fn run(
    launcher: &dyn Launcher,
    log: &RefCell<ExperimentLog>,
    jobs: Vec<Job>,
    policy: RunPolicy,
    events: mpsc::UnboundedSender<RunEvent>,
    mut stop: watch::Receiver<StopRequest>,
    mut control: mpsc::UnboundedReceiver<ControlRequest>,
) -> RunSummary {
    let (sender, mut messages) = mpsc::channel(MESSAGE_CAPACITY);
    let mut dispatcher = Dispatcher::new((launcher, log), jobs, policy, events, sender);
    let mut stop_can_change = true;
    loop {
        dispatcher.stop(*stop.borrow_and_update());
        dispatcher.start_jobs();
        if dispatcher.is_over() {
            break;
        }
        let deadline = dispatcher.next_deadline();
        tokio::select! {
            changed = stop.changed(), if stop_can_change => stop_can_change = changed.is_ok(),
            Some(request) = control.recv() => dispatcher.handle_control(request),
            Some((worker, message)) = messages.recv() => {
                dispatcher.handle_message(worker, message);
            }
            () = wait_until(deadline) => {
                dispatcher.handle_deadlines(deadline, messages.is_empty());
            }
        }
    }
    dispatcher.close_workers();
    while dispatcher.has_workers() {
        tokio::select! {
            changed = stop.changed(), if stop_can_change => {
                stop_can_change = changed.is_ok();
                dispatcher.stop(*stop.borrow_and_update());
            }
            Some((worker, message)) = messages.recv() => {
                dispatcher.handle_message(worker, message);
            }
        }
    }
    dispatcher.into_summary()
}
