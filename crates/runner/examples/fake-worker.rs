//! A worker that trains nothing but does what a script says, for tests.
//!
//! The script is the file `script.<attempt>` in the job's folder, else the environment variable
//! `CONVSWEEP_FAKE_SCRIPT`, else `finish`. It has one step on each line:
//!
//! | step | what the worker does |
//! | --- | --- |
//! | `train N` | logs and reports a whole job of N epochs |
//! | `started`, `finish`, `env` | reports events |
//! | `wait` | waits to be told to stop |
//! | `garbage`, `half`, `long`, `babble N` | writes something that is not an event |
//! | `newer`, `stray` | reports an event of a newer format, or of another job |
//! | `stderr TEXT`, `flood` | writes to standard error |
//! | `die`, `abort`, `exit N` | ends the process |
//! | `hang` | does not read its input any more |
//! | `hog` | takes memory until it is killed |

use convsweep_spec::FORMAT;
use convsweep_spec::canonical::canonical_json;
use convsweep_spec::command::Command;
use convsweep_spec::event::{Envelope, Event, Fingerprint, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::job::Job;
use convsweep_spec::layout::{EVENTS, JOB};
use convsweep_spec::metric::{ALL, Number};
use convsweep_spec::outcome::Outcome;
use rustix::process::Signal;
use std::fs::File;
use std::io::{BufRead, Write, stdin};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn main() {
    let mut input = stdin().lock().lines();
    while let Some(Ok(line)) = input.next() {
        match serde_json::from_str(&line).expect("a command") {
            Command::Train(job) => Attempt { job: &job, next: 0 }.run(&mut input),
            Command::Continue { .. } | Command::Stop { .. } => {}
        }
    }
}

/// An attempt at a job.
struct Attempt<'a> {
    job: &'a Job,
    /// Number of the next event.
    next: u64,
}

impl Attempt<'_> {
    fn run(mut self, input: &mut impl Iterator<Item = std::io::Result<String>>) {
        for step in script(self.job).lines() {
            let (step, argument) = step.split_once(' ').unwrap_or((step, ""));
            match step {
                "train" => self.train(number(argument)),
                "started" => self.report(started(self.job)),
                "finish" => {
                    self.report(started(self.job));
                    self.report(ended(Outcome::Finished));
                }
                "env" => self.report(environment(self.job)),
                "wait" => {
                    let stop = input.next().and_then(Result::ok).unwrap_or_default();
                    let Ok(Command::Stop { outcome }) = serde_json::from_str(&stop) else {
                        return;
                    };
                    self.report(ended(outcome));
                }
                "half" => write(&self.line(started(self.job))[..40]),
                "newer" => write(&self.foreign_line(FORMAT + 1, &self.job.id)),
                "stray" => write(&self.foreign_line(FORMAT, &JobId("another".into()))),
                other => write_or_die(other, argument),
            }
        }
    }

    /// Leaves the files that the real worker leaves: the lock, the question, the log.
    fn train(&mut self, epochs: u32) {
        let folder = &self.job.execution.folder;
        let lock = File::create(folder.join(".lock")).expect("a lock file");
        lock.try_lock().expect("a lock");
        let question = canonical_json(&self.job.question) + "\n";
        std::fs::write(folder.join(JOB), question).expect("written");
        let mut options = File::options();
        let options = options.create(true).append(true);
        let mut log = options.open(folder.join(EVENTS)).expect("a log");
        self.log(&mut log, started(self.job));
        for epoch in 1..=epochs {
            self.log(&mut log, metrics(epoch));
        }
        self.log(&mut log, ended(Outcome::Finished));
    }

    fn log(&mut self, log: &mut File, event: Event) {
        let line = self.line(event);
        log.write_all(line.as_bytes()).expect("written");
        write(&line);
        self.next += 1;
    }

    fn report(&mut self, event: Event) {
        write(&self.line(event));
        self.next += 1;
    }

    fn line(&self, event: Event) -> String {
        to_line(&Envelope {
            format: FORMAT,
            job: self.job.id.clone(),
            attempt: self.job.execution.attempt,
            n: self.next,
            time: now(),
            event,
        })
    }

    fn foreign_line(&self, format: u32, job: &JobId) -> String {
        to_line(&Envelope {
            format,
            job: job.clone(),
            attempt: self.job.execution.attempt,
            n: 0,
            time: now(),
            event: started(self.job),
        })
    }
}

fn script(job: &Job) -> String {
    let execution = &job.execution;
    let path = execution
        .folder
        .join(format!("script.{}", execution.attempt));
    if let Ok(script) = std::fs::read_to_string(path) {
        return script;
    }
    std::env::var("CONVSWEEP_FAKE_SCRIPT").unwrap_or_else(|_| "finish".into())
}

/// Steps that report no event.
fn write_or_die(step: &str, argument: &str) {
    match step {
        "garbage" => write("what is this\n"),
        "long" => write(&("x".repeat(65 << 20) + "\n")),
        "babble" => write(&"blah\n".repeat(number(argument) as usize)),
        "stderr" => eprintln!("{argument}"),
        "flood" => eprint!("{}", "much the same\n".repeat(1 << 20)),
        "die" => kill_myself(Signal::KILL),
        "abort" => kill_myself(Signal::ABORT),
        "exit" => std::process::exit(number(argument) as i32),
        "hang" => std::thread::sleep(Duration::from_secs(600)),
        "hog" => take_memory(),
        other => panic!("unknown step {other}"),
    }
}

fn number(argument: &str) -> u32 {
    argument.parse().expect("a number")
}

fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).expect("a reader");
    stdout.flush().expect("a reader");
}

fn to_line(envelope: &Envelope) -> String {
    serde_json::to_string(envelope).expect("serializable") + "\n"
}

fn now() -> f64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0.0, |time| time.as_secs_f64())
}

fn started(job: &Job) -> Event {
    let fingerprint = Fingerprint {
        backend: "fake".into(),
        device: "fake".into(),
        instructions: "none".into(),
        version: "0".into(),
        revision: "none".into(),
    };
    Event::Started {
        pid: std::process::id(),
        host: "here".into(),
        device: job.execution.device,
        fingerprint,
        from: Start::Scratch,
    }
}

fn metrics(epoch: u32) -> Event {
    let value = 0.5 + f64::from(epoch) / 100.0;
    let values = ALL.iter().map(|name| (name.to_string(), Number(value)));
    Event::Metrics {
        phase: 0,
        epoch,
        step: u64::from(epoch),
        values: values.collect(),
    }
}

fn ended(outcome: Outcome) -> Event {
    Event::Ended {
        outcome,
        seconds: 0.0,
        peak_memory_bytes: 0,
    }
}

/// What the worker sees of its surroundings.
fn environment(job: &Job) -> Event {
    let cores = std::thread::available_parallelism().expect("cores");
    let threads = std::env::var("RAYON_NUM_THREADS").expect("set");
    Event::Warning {
        text: format!("{cores} {threads} {}", job.execution.device),
    }
}

fn kill_myself(signal: Signal) {
    rustix::process::kill_process(rustix::process::getpid(), signal).expect("killed");
}

fn take_memory() {
    let mut hoard = Vec::new();
    loop {
        hoard.push(vec![1u8; 1 << 20]);
        std::hint::black_box(&hoard);
    }
}
