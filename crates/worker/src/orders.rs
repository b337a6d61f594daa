//! What standard input says, read by a thread of its own so that a running job can be stopped.

use convsweep_spec::FORMAT;
use convsweep_spec::command::Command;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Job;
use convsweep_spec::outcome::Outcome;
use serde_json::Value;
use std::io::BufRead;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What to do next.
#[derive(Debug, PartialEq)]
pub enum Order {
    /// Train this job, the `number`-th asked for.
    Train { job: Box<Job>, number: u64 },
    /// Say that this job cannot be trained here.
    Refuse {
        job: JobId,
        attempt: u32,
        reason: String,
    },
}

/// The orders that come in.
#[derive(Debug)]
pub struct Orders {
    queue: Receiver<Order>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Jobs asked for so far.
    asked: AtomicU64,
    /// Jobs up to this number are to stop.
    stopped: AtomicU64,
    /// How the last one of them is to end.
    outcome: Mutex<Option<Outcome>>,
    /// Nobody is there any more.
    gone: AtomicBool,
}

impl Orders {
    /// Begins to read standard input.
    pub fn listen() -> Orders {
        let (sender, queue) = channel();
        let shared = Arc::new(Shared::default());
        let reader = Arc::clone(&shared);
        thread::spawn(move || {
            read(std::io::stdin().lock(), &reader, &sender);
            reader.gone.store(true, Ordering::Release);
        });
        Orders { queue, shared }
    }

    /// Waits for the next order; `None` once standard input has closed and all orders are done.
    pub fn next(&self) -> Option<Order> {
        self.queue.recv().ok()
    }

    /// Whether the job of this number is to stop.
    pub fn is_stopped(&self, number: u64) -> bool {
        self.shared.stopped.load(Ordering::Acquire) >= number
    }

    /// How a stopped job is to end.
    pub fn stop_outcome(&self) -> Outcome {
        let outcome = self
            .shared
            .outcome
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        outcome.clone().unwrap_or(Outcome::Cancelled)
    }

    /// Whether nobody is there any more.
    pub fn gone(&self) -> bool {
        self.shared.gone.load(Ordering::Acquire)
    }

    /// Notes that nobody reads the events any more.
    pub fn lose(&self) {
        self.shared.gone.store(true, Ordering::Release);
    }
}

fn read(input: impl BufRead, shared: &Shared, queue: &Sender<Order>) {
    for line in input.split(b'\n') {
        let Ok(line) = line else { return };
        if line.trim_ascii().is_empty() {
            continue;
        }
        match parse(&line) {
            Ok(Command::Train(job)) => {
                let number = shared.asked.fetch_add(1, Ordering::AcqRel) + 1;
                let _ = queue.send(Order::Train { job, number });
            }
            Ok(Command::Stop { outcome }) => {
                *shared
                    .outcome
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner) = Some(outcome);
                shared
                    .stopped
                    .store(shared.asked.load(Ordering::Acquire), Ordering::Release);
            }
            Err(Bad::Refused(order)) => {
                let _ = queue.send(order);
            }
            Err(Bad::Unreadable(problem)) => {
                let shown: String = String::from_utf8_lossy(&line).chars().take(120).collect();
                eprintln!(
                    "convsweep-worker: passed over a line that is no command ({problem}): {shown}"
                );
            }
        }
    }
}

enum Bad {
    Refused(Order),
    Unreadable(serde_json::Error),
}

/// Reads a command. A job of another format is told from a broken line before its fields are looked
/// at.
fn parse(line: &[u8]) -> Result<Command, Bad> {
    let value: Value = serde_json::from_slice(line).map_err(Bad::Unreadable)?;
    if value["command"] == "train"
        && let (Some(format), Some(id)) = (value["format"].as_u64(), value["id"].as_str())
        && format != u64::from(FORMAT)
    {
        let reason = format!(
            "the job has format {format}, this worker ({}) reads {FORMAT}: build convsweep and convsweep-worker from one revision",
            env!("CARGO_PKG_VERSION")
        );
        let attempt = value["execution"]["attempt"]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(1);
        return Err(Bad::Refused(Order::Refuse {
            job: JobId(id.into()),
            attempt,
            reason,
        }));
    }
    serde_json::from_value(value).map_err(Bad::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_reaches_the_jobs_before_it_and_noise_nobody() {
        let (sender, queue) = channel();
        let shared = Arc::new(Shared::default());
        let text = "{\"command\":\"stop\"}\nnoise\n\n{\"command\":\"train\",\"format\":99,\"id\":\"a\"}\n{\"command\":\"train\"}\n";
        read(text.as_bytes(), &shared, &sender);
        drop(sender);
        let orders = Orders { queue, shared };
        let Some(Order::Refuse {
            job,
            attempt,
            reason,
        }) = orders.next()
        else {
            panic!("no refusal")
        };
        assert_eq!((job.0.as_str(), attempt), ("a", 1));
        assert!(reason.contains("format 99"), "{reason}");
        assert_eq!(orders.next(), None);
        assert!(!orders.is_stopped(1));
        orders.shared.asked.store(2, Ordering::Release);
        read(
            "{\"command\":\"stop\"}".as_bytes(),
            &orders.shared,
            &channel().0,
        );
        assert!(orders.is_stopped(2) && !orders.is_stopped(3));
        assert_eq!(orders.stop_outcome(), Outcome::Cancelled);
        let text = r#"{"command":"stop","as":{"outcome":"timed-out"}}"#;
        read(text.as_bytes(), &orders.shared, &channel().0);
        assert_eq!(orders.stop_outcome(), Outcome::TimedOut);
    }
}
