//! Says every second that the process lives, whatever the training thread is doing.

use convsweep_spec::FORMAT;
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::id::JobId;
use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time between two beats.
const BEAT: Duration = Duration::from_secs(1);

/// Beats for one attempt until it is dropped.
pub struct Pulse {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Pulse {
    /// Begins to beat.
    pub fn begin(job: JobId, attempt: u32) -> Self {
        let (stop, stopped) = channel();
        let beat = move || {
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                say(&job, attempt);
            }
        };
        let thread = thread::Builder::new().name("pulse".into()).spawn(beat).ok();
        Pulse {
            stop: Some(stop),
            thread,
        }
    }
}

impl Drop for Pulse {
    /// No beat comes after the attempt's last word.
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// That nobody listens any more is noticed by who says more than this.
fn say(job: &JobId, attempt: u32) {
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |d| d.as_secs_f64());
    let envelope = Envelope {
        format: FORMAT,
        job: job.clone(),
        attempt,
        n: 0,
        time,
        event: Event::Alive,
    };
    let Ok(mut line) = serde_json::to_vec(&envelope) else {
        return;
    };
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&line).and_then(|()| out.flush());
}
