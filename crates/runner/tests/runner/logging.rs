//! The log tells the story of a run.

use crate::fake_launcher::{FakeLauncher, Step, finish, warn};
use crate::harness::quick_policy;
use crate::jobs::jobs;
use convsweep_runner::RunPolicy;
use convsweep_spec::job::Job;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::Level;

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that a run of a job that crashes once logs.
fn log_of_run(level: Level) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let crash_once = |job: &Job| match job.execution.attempt {
        1 => vec![warn("w"), Step::Die],
        _ => finish(job),
    };
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    let policy = RunPolicy {
        first_backoff: Duration::from_secs(1),
        ..quick_policy()
    };
    tracing::subscriber::with_default(subscriber, || {
        FakeLauncher::new(1, crash_once).run_by(policy, jobs(dir.path(), 1));
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_string).collect()
}

/// Checks that the lines contain these words, in this order.
fn check(lines: &[String], expect: &[&str]) {
    let mut rest = lines.iter();
    for words in expect {
        let found = rest.any(|line| line.contains(words));
        assert!(found, "\"{words}\" is missing in\n{}", lines.join("\n"));
    }
}

#[test]
fn debug_tells_the_life_of_every_attempt() {
    let lines = log_of_run(Level::DEBUG);
    check(
        &lines,
        &[
            "run started",
            "worker launched",
            "attempt started",
            "first event",
            "attempt ended: crashed",
            "job will be retried",
            "worker launched",
            "attempt started",
            "first event",
            "attempt ended: finished",
            "run ended",
        ],
    );
    let ended = lines
        .iter()
        .find(|line| line.contains("attempt ended: crashed"))
        .unwrap();
    for field in ["job=", "attempt=1", "slot=0", "device=cuda:0", "signal 11"] {
        assert!(ended.contains(field), "{field} is missing in {ended}");
    }
}

#[test]
fn info_tells_what_went_wrong() {
    let lines = log_of_run(Level::INFO);
    let expect = [
        "run started",
        "attempt ended: crashed",
        "job will be retried",
        "run ended",
    ];
    check(&lines, &expect);
    assert_eq!(lines.len(), expect.len(), "{lines:?}");
    assert!(log_of_run(Level::WARN).is_empty());
}
