//! Faults that a test injects into a sweep, while it runs and between two runs.

use crate::processes::{send_signal, workers};
use crate::support::{Workdir, root};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_OF_A_DAY: i64 = 86_400;

/// A fault injected while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LiveFault {
    WorkerKilled,
    WorkerFrozen,
    ProgramKilled,
    ProgramInterrupted,
    DatabaseDeleted,
    ClockJumped,
}

/// A fault injected while no program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdleFault {
    DatabaseDeleted,
    LastLineTorn,
    LastLineCut,
}

/// A seeded random number generator, so that a failing run can be repeated.
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`, or 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        choices.get(self.below(choices.len())).copied()
    }
}

impl LiveFault {
    pub const ALL: [LiveFault; 6] = [
        LiveFault::WorkerKilled,
        LiveFault::WorkerFrozen,
        LiveFault::ProgramKilled,
        LiveFault::ProgramInterrupted,
        LiveFault::DatabaseDeleted,
        LiveFault::ClockJumped,
    ];

    /// Injects the fault; returns whether it had an effect.
    pub fn inject(self, workdir: &Workdir, program: u32, random: &mut Random) -> bool {
        let mut signal_worker = |signal| {
            let victim = random.pick(&workers(workdir));
            victim.is_some_and(|worker| send_signal(signal, worker))
        };
        match self {
            LiveFault::WorkerKilled => signal_worker("KILL"),
            LiveFault::WorkerFrozen => signal_worker("STOP"),
            LiveFault::ProgramKilled => send_signal("KILL", program),
            LiveFault::ProgramInterrupted => send_signal("INT", program),
            LiveFault::DatabaseDeleted => delete_database(workdir),
            LiveFault::ClockJumped => {
                let days = random.pick(&[1, -1, 365, -365, 3650, -3650]);
                days.is_some_and(|days| set_clock(workdir, days * SECONDS_OF_A_DAY))
            }
        }
    }

    /// Whether the program recovers from the fault by itself.
    pub fn is_survived(self) -> bool {
        matches!(
            self,
            LiveFault::WorkerKilled | LiveFault::WorkerFrozen | LiveFault::ClockJumped
        )
    }
}

impl IdleFault {
    pub const ALL: [IdleFault; 3] = [
        IdleFault::DatabaseDeleted,
        IdleFault::LastLineTorn,
        IdleFault::LastLineCut,
    ];

    /// Injects the fault; returns whether it had an effect.
    pub fn inject(self, workdir: &Workdir, random: &mut Random) -> bool {
        let logs = event_logs(workdir);
        let log = logs.get(random.below(logs.len()));
        match self {
            IdleFault::DatabaseDeleted => delete_database(workdir),
            IdleFault::LastLineTorn => log.is_some_and(|log| {
                change(log, |bytes| {
                    bytes.extend_from_slice(br#"{"format":1,"job":"0123"#)
                })
            }),
            IdleFault::LastLineCut => {
                log.is_some_and(|log| change(log, |bytes| bytes.truncate(bytes.len() - 20)))
            }
        }
    }
}

fn delete_database(workdir: &Workdir) -> bool {
    fs::remove_file(workdir.path("results/convsweep.sqlite")).is_ok()
}

fn change(file: &PathBuf, edit: impl Fn(&mut Vec<u8>)) -> bool {
    let mut bytes = fs::read(file).expect("readable");
    edit(&mut bytes);
    fs::write(file, bytes).is_ok()
}

/// The event logs that have at least one line.
fn event_logs(workdir: &Workdir) -> Vec<PathBuf> {
    let folders = workdir.job_folders();
    let mut logs: Vec<PathBuf> = folders.iter().map(|job| job.join("events.jsonl")).collect();
    logs.retain(|log| log.metadata().is_ok_and(|file| file.len() > 100));
    logs
}

/// Gives the program and its workers a clock that [`LiveFault::ClockJumped`] shifts.
pub fn fake_clock(workdir: &mut Workdir) {
    let library = workdir.path("clock.so");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(root().join("tests/clock.c"))
        .arg("-ldl");
    let status = compiler
        .status()
        .expect("cc, which also links Rust programs");
    assert!(status.success());
    assert!(set_clock(workdir, 0));
    workdir.environment = vec![
        ("LD_PRELOAD", library),
        ("CLOCK_JUMP", workdir.path("clock")),
    ];
}

fn set_clock(workdir: &Workdir, offset_seconds: i64) -> bool {
    fs::write(workdir.path("clock"), format!("{offset_seconds}\n")).is_ok()
}

/// Whether any logged time is off by more than eleven hours.
pub fn clock_has_jumped(workdir: &Workdir) -> bool {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since_1970.expect("after 1970").as_secs_f64();
    for log in event_logs(workdir) {
        for line in fs::read_to_string(log).unwrap_or_default().lines() {
            if time_of_event(line).is_some_and(|time| (time - now).abs() > 40_000.0) {
                return true;
            }
        }
    }
    false
}

fn time_of_event(line: &str) -> Option<f64> {
    let (_, time) = line.split_once("\"time\":")?;
    time.split(',').next()?.parse().ok()
}
