//! Reports every second that the process is alive, whatever the training thread is doing.

use crate::event_log::{line_of, print};
use convsweep_spec::event::Event;
use convsweep_spec::id::JobId;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Time between two heartbeats.
const INTERVAL: Duration = Duration::from_secs(1);

/// The heartbeats of one attempt, until this is dropped.
pub struct Heartbeat {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heartbeat {
    /// Starts the heartbeats.
    pub fn start(job: JobId, attempt: u32) -> Self {
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().name("heartbeat".into());
        let thread = thread.spawn(move || beat(&stopped, &job, attempt));
        Heartbeat {
            stop: Some(stop),
            thread: thread.ok(),
        }
    }
}

impl Drop for Heartbeat {
    /// Waits for the thread, so that no heartbeat follows the attempt's last event.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Writes heartbeats until the other end of the channel is dropped.
fn beat(stopped: &Receiver<()>, job: &JobId, attempt: u32) {
    while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        write_alive(job, attempt);
    }
}

/// A failure to write is left to the training thread to notice.
fn write_alive(job: &JobId, attempt: u32) {
    if let Ok(line) = line_of(job, attempt, 0, Event::Alive) {
        let _ = print(&line);
    }
}
