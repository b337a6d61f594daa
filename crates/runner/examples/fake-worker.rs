//! A worker that trains nothing but does what a script says: for tests of the runner.
//!
//! The script is the file `script.<attempt>` in the job's folder, else `script`, else
//! CONVSWEEP_FAKE_SCRIPT, else `finish`; one word a line: `train N` (so many epochs, logged and
//! said), `started`, `log` (started, into the job's log only), `log-finish` (the same, ended),
//! `finish`, `fail`, `wait` (until told to stop), `garbage`, `half`, `long`, `newer`, `stray`,
//! `stderr TEXT`, `flood`, `babble N` (so many lines that are no events), `die`, `abort`, `exit N`,
//! `hang` (deaf to its standard input), `freeze` (stops itself), `alive N` (so many signs of life,
//! 50 ms apart), `hog` (takes memory until it is killed), `env`.

use convsweep_spec::FORMAT;
use convsweep_spec::command::Command;
use convsweep_spec::event::{Envelope, Event, Fingerprint, Start};
use convsweep_spec::id::JobId;
use convsweep_spec::job::Job;
use convsweep_spec::metric::Number;
use convsweep_spec::outcome::Outcome;
use std::fs::File;
use std::io::{BufRead, Write, stdin};
use std::time::Duration;

fn main() {
    let mut lines = stdin().lock().lines();
    while let Some(Ok(line)) = lines.next() {
        match serde_json::from_str(&line).expect("a command") {
            Command::Train(job) => train(&job, &mut lines),
            Command::Stop { .. } => {}
        }
    }
}

fn train(job: &Job, lines: &mut impl Iterator<Item = std::io::Result<String>>) {
    let script = |name: String| std::fs::read_to_string(job.execution.folder.join(name));
    let script =
        script(format!("script.{}", job.execution.attempt)).or_else(|_| script("script".into()));
    let mut n = 0;
    let script = script.or_else(|_| std::env::var("CONVSWEEP_FAKE_SCRIPT"));
    for word in script.unwrap_or_else(|_| "finish".into()).lines() {
        let (word, rest) = word.split_once(' ').unwrap_or((word, ""));
        let mut event = |event: Event| {
            n += 1;
            say(&line(job, FORMAT, &job.id, n - 1, event));
        };
        match word {
            "started" => event(started(job)),
            "log" => log(job, &line(job, FORMAT, &job.id, 0, started(job))),
            "log-finish" => log(
                job,
                &line(job, FORMAT, &job.id, 1, ended(Outcome::Finished)),
            ),
            "finish" => {
                event(started(job));
                event(ended(Outcome::Finished));
            }
            "train" => {
                let epochs: u32 = rest.parse().expect("a count");
                let mut log = enter(job);
                let mut both = |event: Event| {
                    let line = line(job, FORMAT, &job.id, n, event);
                    n += 1;
                    log.write_all(line.as_bytes()).expect("written");
                    say(&line);
                };
                both(started(job));
                (1..=epochs).for_each(|epoch| both(metrics(epoch)));
                both(ended(Outcome::Finished));
            }
            "fail" => event(ended(Outcome::Failed {
                message: "as told".into(),
            })),
            "wait" => {
                let stop = lines.next().and_then(Result::ok).unwrap_or_default();
                match serde_json::from_str(&stop) {
                    Ok(Command::Stop { outcome }) => event(ended(outcome)),
                    _ => return,
                }
            }
            "garbage" => say("what is this\n"),
            "half" => say(line(job, FORMAT, &job.id, 7, started(job)).split_at(40).0),
            "long" => say(&("x".repeat(65 << 20) + "\n")),
            "newer" => say(&line(job, FORMAT + 1, &job.id, 0, started(job))),
            "stray" => say(&line(
                job,
                FORMAT,
                &JobId("another".into()),
                0,
                started(job),
            )),
            "stderr" => eprintln!("{rest}"),
            "babble" => say(&"blah\n".repeat(rest.parse().expect("a count"))),
            "flood" => eprint!("{}", "much the same\n".repeat(1 << 20)),
            "die" => kill_myself(rustix::process::Signal::KILL),
            "abort" => kill_myself(rustix::process::Signal::ABORT),
            "exit" => std::process::exit(rest.parse().expect("a code")),
            "freeze" => kill_myself(rustix::process::Signal::STOP),
            "alive" => {
                for _ in 0..rest.parse().expect("a count") {
                    say(&line(job, FORMAT, &job.id, 0, Event::Alive));
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
            "hang" => std::thread::sleep(Duration::from_secs(600)),
            "hog" => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(vec![1u8; 1 << 20]);
                    std::hint::black_box(&hoard);
                }
            }
            "env" => {
                let cores = std::thread::available_parallelism().expect("cores");
                let threads = std::env::var("RAYON_NUM_THREADS").expect("set");
                event(Event::Warning {
                    text: format!("{cores} {threads} {}", job.execution.device),
                });
            }
            other => panic!("unknown word {other}"),
        }
    }
}

fn say(text: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .expect("someone listens");
}

/// The files that the real worker writes of a job: the lock, what the job asks, the log, which is
/// returned.
fn enter(job: &Job) -> File {
    let folder = &job.execution.folder;
    File::create(folder.join(".lock"))
        .and_then(|lock| Ok(lock.try_lock()?))
        .expect("a lock");
    let question = convsweep_spec::canonical::canonical_json(&job.question);
    std::fs::write(folder.join(convsweep_spec::layout::JOB), question + "\n").expect("written");
    open_log(job)
}

fn open_log(job: &Job) -> File {
    let path = job.execution.folder.join(convsweep_spec::layout::EVENTS);
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .expect("a log")
}

fn log(job: &Job, line: &str) {
    open_log(job).write_all(line.as_bytes()).expect("written");
}

fn line(job: &Job, format: u32, id: &JobId, n: u64, event: Event) -> String {
    let envelope = Envelope {
        format,
        job: id.clone(),
        attempt: job.execution.attempt,
        n,
        time: now(),
        event,
    };
    serde_json::to_string(&envelope).expect("serializable") + "\n"
}

fn now() -> f64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0.0, |d| d.as_secs_f64())
}

fn started(job: &Job) -> Event {
    let fingerprint = Fingerprint {
        backend: "fake".into(),
        device: "fake".into(),
        instructions: "none".into(),
        version: "0".into(),
        revision: "none".into(),
    };
    let (pid, host, device) = (
        std::process::id(),
        "here".into(),
        job.execution.device.clone(),
    );
    Event::Started {
        pid,
        host,
        device,
        fingerprint,
        from: Start::Scratch,
    }
}

fn metrics(epoch: u32) -> Event {
    let value = |name: &&str| (name.to_string(), Number(0.5 + f64::from(epoch) / 100.0));
    let values = convsweep_spec::metric::ALL.iter().map(value).collect();
    Event::Metrics {
        phase: 0,
        epoch,
        step: u64::from(epoch),
        values,
    }
}

fn ended(outcome: Outcome) -> Event {
    Event::Ended {
        outcome,
        seconds: 0.0,
        peak_memory_bytes: 0,
    }
}

fn kill_myself(signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::getpid(), signal).expect("killed");
}
