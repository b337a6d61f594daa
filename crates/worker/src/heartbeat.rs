//! Reports every second that the process is alive, whatever the working thread is doing.

use crate::event_log::{line_of, print};
use crate::replies::write_reply;
use convsweep_spec::event::Event;
use convsweep_spec::id::JobId;
use convsweep_spec::inference::InferenceReply;
use rustix::time::{ClockId, clock_gettime};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Time between two heartbeats.
const INTERVAL: Duration = Duration::from_secs(1);

/// The heartbeats of an attempt or an answer, until this is dropped.
pub struct Heartbeat {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    /// Starts the heartbeats of an attempt.
    pub fn of_attempt(job: JobId, attempt: u32) -> Self {
        Heartbeat::start(move || write_alive(&job, attempt))
    }

    /// Starts the heartbeats of an answer about trained networks.
    pub fn of_answer() -> Self {
        Heartbeat::start(|| {
            let seconds_computed = seconds_computed();
            write_reply(&InferenceReply::Alive { seconds_computed });
        })
    }

    fn start(beat: impl Fn() + Send + 'static) -> Self {
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().name("heartbeat".into());
        let thread = thread.spawn(move || beat_until(&stopped, beat));
        Heartbeat {
            stop: Some(stop),
            thread: thread.ok(),
        }
    }
}

impl Drop for Heartbeat {
    /// Waits for the thread, so that no heartbeat follows the attempt's last event, or the answer.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Beats until the other end of the channel is dropped. A failure to write is left to the working
/// thread to notice.
fn beat_until(stopped: &Receiver<()>, beat: impl Fn()) {
    while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        beat();
    }
}

fn write_alive(job: &JobId, attempt: u32) {
    if let Ok(line) = line_of(job, attempt, 0, Event::Alive) {
        let _ = print(&line);
    }
}

/// Processor time of the process without that of the thread that asks, which only reports.
fn seconds_computed() -> f64 {
    let seconds = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    seconds(ClockId::ProcessCPUTime) - seconds(ClockId::ThreadCPUTime)
}
