//! Reports every second that the process is alive, whatever the training thread is doing.

use crate::event_log::unix_time;
use convsweep_spec::FORMAT;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::id::JobId;
use std::io::Write;
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
    let envelope = Envelope {
        format: FORMAT,
        job: job.clone(),
        attempt,
        n: 0,
        time: unix_time(),
        event: Event::Alive,
    };
    let Ok(mut line) = serde_json::to_vec(&envelope) else {
        return;
    };
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&line).and_then(|()| out.flush());
}
