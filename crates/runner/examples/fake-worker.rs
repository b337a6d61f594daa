//! A worker that trains nothing but does what a script says, for tests.
//!
//! Asked for its devices, it has the CPU. The script is the file `script.<attempt>` in the job's folder, else the environment variable
//! `CONVSWEEP_FAKE_SCRIPT`, else `finish`. It has one step on each line:
//!
//! | step | what the worker does |
//! | --- | --- |
//! | `train N` | logs and reports a whole job of N epochs |
//! | `curve FILE` | logs and reports the epochs of the job that the state it starts from lacks; FILE has the validation accuracies of each job, by its id (JSON) |
//! | `result FILE` | logs and reports a job of one epoch; FILE has the end of each job, by its id (JSON): the validation accuracy on a hundred images of four classes, or `diverged`, `failed`, `no number` or `no metric` |
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
use convsweep_spec::device::{DeviceName, WorkerDevice};
use convsweep_spec::event::{Envelope, Evaluation, Event, Fingerprint, Part, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::job::Job;
use convsweep_spec::layout::{EVENTS, JOB, state};
use convsweep_spec::metric::{ALL, BEST_EPOCH, Number, VAL_ACCURACY, VAL_LOSS};
use convsweep_spec::outcome::Outcome;
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, Write, stdin};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn main() {
    if std::env::args().any(|argument| argument == "--devices") {
        return print_devices();
    }
    let mut input = stdin().lock().lines();
    while let Some(Ok(line)) = input.next() {
        match serde_json::from_str(&line).expect("a command") {
            Command::Train(job) => Attempt { job: &job, next: 0 }.run(&mut input),
            Command::Continue { .. } | Command::Stop { .. } | Command::Infer(_) => {}
        }
    }
}

fn print_devices() {
    let device = WorkerDevice {
        name: DeviceName::CPU,
        kind: "cpu".into(),
        backend: "fake".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        revision: String::new(),
        instructions: String::new(),
    };
    let rows = serde_json::to_string(&[device]);
    println!("{}", rows.expect("serialises"));
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
                "curve" => self.train_curve(&curve(self.job, argument)),
                "result" => self.train_to(&result(self.job, argument)),
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

    fn train(&mut self, epochs: u32) {
        let mut log = self.begin_log();
        self.log(&mut log, started(self.job));
        for epoch in 1..=epochs {
            self.log(&mut log, metrics(epoch));
        }
        self.log(&mut log, ended(Outcome::Finished));
    }

    /// Trains from the saved state that the job names, whose epochs it does not log again, as older
    /// workers did. It keeps the state at its end.
    fn train_curve(&mut self, accuracies: &[f64]) {
        let (question, execution) = (&self.job.question, &self.job.execution);
        let from = execution.start_from.as_ref();
        let mut log = self.begin_log();
        self.log(&mut log, started(self.job));
        let first = from.map_or(0, |state| state.epoch as usize);
        let best = question.configuration.train.best.as_ref();
        let best_until = |epoch: usize| best?.best_of(accuracies[..epoch].iter().copied());
        let epochs = accuracies.len();
        for epoch in first + 1..=epochs {
            let accuracy = accuracies[epoch - 1];
            let mut values = vec![(VAL_ACCURACY, accuracy), (VAL_LOSS, 1.0 - accuracy)];
            values.extend(best_until(epoch).map(|best| (BEST_EPOCH, best as f64 + 1.0)));
            self.log(&mut log, metrics_of(epoch as u32, &values));
        }
        let path = state(epochs as u32);
        std::fs::create_dir_all(execution.folder.join(&path)).expect("created");
        let saved = Event::StateSaved {
            epoch: epochs as u32,
            key: question.state_key(epochs as u32),
            path: path.to_str().expect("UTF-8").into(),
            bytes: 0,
            blake3: None,
        };
        self.log(&mut log, saved);
        let kept = best_until(epochs).unwrap_or(epochs - 1);
        self.log(&mut log, evaluated(accuracies[kept]));
        self.log(&mut log, ended(Outcome::Finished));
    }

    /// Trains one epoch, which ends like this.
    fn train_to(&mut self, end: &Value) {
        let mut log = self.begin_log();
        self.log(&mut log, started(self.job));
        let accuracy = end.as_f64();
        let values = match end.as_str() {
            Some("no metric") => vec![("train_loss", 1.0)],
            _ => {
                let accuracy = accuracy.unwrap_or(f64::NAN);
                vec![(VAL_ACCURACY, accuracy), (VAL_LOSS, 1.0 - accuracy)]
            }
        };
        self.log(&mut log, metrics_of(1, &values));
        if let Some(accuracy) = accuracy {
            self.log(&mut log, evaluated_by_class(accuracy));
        }
        let outcome = match end.as_str() {
            Some("diverged") => Outcome::Diverged {
                epoch: 1,
                step: 1,
                learning_rate: 0.1,
                loss: None,
            },
            Some("failed") => Outcome::Failed {
                message: "it was told to".into(),
            },
            _ => Outcome::Finished,
        };
        self.log(&mut log, ended(outcome));
    }

    /// Leaves the files that the real worker leaves: the lock, the question, the log.
    fn begin_log(&self) -> File {
        let folder = &self.job.execution.folder;
        let lock = File::create(folder.join(".lock")).expect("a lock file");
        lock.try_lock().expect("a lock");
        let question = canonical_json(&self.job.question) + "\n";
        std::fs::write(folder.join(JOB), question).expect("written");
        let mut options = File::options();
        let options = options.create(true).append(true);
        options.open(folder.join(EVENTS)).expect("a log")
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
    let from = match &job.execution.start_from {
        Some(state) => Start::State {
            job: state.job.clone(),
            epoch: state.epoch,
            exact: true,
        },
        None => Start::Scratch,
    };
    Event::Started {
        pid: std::process::id(),
        host: "here".into(),
        device: job.execution.device,
        fingerprint,
        from,
        normalization: None,
    }
}

fn metrics(epoch: u32) -> Event {
    let value = 0.5 + f64::from(epoch) / 100.0;
    metrics_of(epoch, &ALL.map(|name| (name, value)))
}

fn metrics_of(epoch: u32, values: &[(&str, f64)]) -> Event {
    let values = values.iter();
    Event::Metrics {
        phase: 0,
        epoch,
        step: u64::from(epoch),
        values: values
            .map(|(name, value)| (name.to_string(), Number(*value)))
            .collect(),
    }
}

/// An evaluation of ten images on the validation part.
fn evaluated(accuracy: f64) -> Event {
    Event::Evaluated(Evaluation {
        part: Part::Validation,
        images: 10,
        loss: Number(1.0 - accuracy),
        accuracy: Number(accuracy),
        confusion: vec![vec![10]],
        correct: Evaluation::pack(&[true; 10]),
    })
}

/// An evaluation of a hundred images of four classes, 25 of each, on the validation part.
fn evaluated_by_class(accuracy: f64) -> Event {
    let right = (accuracy * 100.0).round() as u32;
    let mut confusion = vec![vec![0; 4]; 4];
    for class in 0..4 {
        let correct = (right + class as u32) / 4;
        confusion[class][class] = correct;
        confusion[class][(class + 1) % 4] = 25 - correct;
    }
    let bits: Vec<bool> = (0..100).map(|image| image < right).collect();
    Event::Evaluated(Evaluation {
        part: Part::Validation,
        images: 100,
        loss: Number(1.0 - accuracy),
        accuracy: Number(accuracy),
        confusion,
        correct: Evaluation::pack(&bits),
    })
}

/// How the job in a file ends.
fn result(job: &Job, file: &str) -> Value {
    let text = std::fs::read_to_string(file).expect("the file of the results");
    let mut results: BTreeMap<String, Value> = serde_json::from_str(&text).expect("JSON");
    results.remove(&job.id.0).expect("a result of the job")
}

/// The validation accuracies of the job in a file.
fn curve(job: &Job, file: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(file).expect("the file of the curves");
    let mut curves: BTreeMap<String, Vec<f64>> = serde_json::from_str(&text).expect("JSON");
    curves.remove(&job.id.0).expect("a curve of the job")
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
