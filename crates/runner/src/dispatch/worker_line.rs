//! What a worker's lines and death mean. Pure functions.

use convsweep_spec::FORMAT;
use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::outcome::Outcome;
use serde::Deserialize;

/// What a line of a worker's standard output is.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerLine {
    /// An event of the job that the worker has.
    Event(Box<Envelope>),
    /// No event; the text, shortened.
    Noise(String),
    /// An event, but not of the job that the worker has: the worker is confused. What to say.
    Stray(String),
    /// An event of a newer format: the worker is of a newer version. What to say.
    Newer(String),
}

#[derive(Deserialize)]
struct Format {
    format: u64,
}

/// Reads a line said by a worker that has the job and attempt `current`.
pub fn read_line(line: &str, current: Option<(&JobId, u32)>) -> WorkerLine {
    let envelope = match serde_json::from_str::<Envelope>(line) {
        Ok(envelope) if envelope.format <= FORMAT => envelope,
        _ => return no_event(line),
    };
    match current {
        Some((job, attempt)) if *job == envelope.job && attempt == envelope.attempt => {
            WorkerLine::Event(Box::new(envelope))
        }
        Some((job, attempt)) => WorkerLine::Stray(format!(
            "the worker was given job {job}, attempt {attempt}, but spoke of {}, attempt {}: it was ended; build it from the same sources as this program",
            envelope.job, envelope.attempt
        )),
        None => WorkerLine::Noise(shorten(line)),
    }
}

/// What a line is that this program cannot take as an event.
fn no_event(line: &str) -> WorkerLine {
    match serde_json::from_str(line) {
        Ok(Format { format }) if format > u64::from(FORMAT) => WorkerLine::Newer(format!(
            "the worker speaks format {format}, this program {FORMAT}: build both from the same sources"
        )),
        _ => WorkerLine::Noise(shorten(line)),
    }
}

/// How a worker's process ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessExit {
    /// Signal that ended it.
    pub signal: Option<i32>,
    /// Its exit code.
    pub code: Option<i32>,
    /// Whether the kernel says that it killed for want of memory at that time.
    pub out_of_memory: bool,
}

/// How an attempt ended whose worker died, from the process's end and the end of its stderr.
///
/// An allocation failure aborts the process (SIGABRT) after the runtime named it; the kernel's kill
/// for want of memory is a SIGKILL that the kernel counted.
pub fn death(end: &ProcessExit, stderr: &str) -> Outcome {
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    let allocation = stderr.lines().any(is_allocation_failure);
    let bad_alloc = stderr.contains("std::bad_alloc") || stderr.contains("CUDA out of memory");
    match end.signal {
        Some(SIGABRT) if allocation || bad_alloc => Outcome::OutOfMemory,
        Some(SIGKILL) if end.out_of_memory => Outcome::OutOfMemory,
        signal => Outcome::Crashed {
            signal,
            code: end.code,
        },
    }
}

/// Whether a line is the runtime's word about an allocation that failed.
pub fn is_allocation_failure(line: &str) -> bool {
    line.contains("memory allocation of ") && line.contains(" bytes failed")
}

/// Events of an attempt in its log (`events.jsonl`) from number `next` on: those that a worker
/// wrote before it died but no longer said. Lines that cannot be read are passed over.
pub fn unheard(log: &[u8], job: &JobId, attempt: u32, next: u64) -> Vec<Envelope> {
    let lines = log.split(|&b| b == b'\n');
    let events = lines.filter_map(|line| serde_json::from_slice::<Envelope>(line).ok());
    events
        .filter(|e| e.format <= FORMAT && e.job == *job && e.attempt == attempt && e.n >= next)
        .collect()
}

/// Words for a death: `was killed by signal 9 (SIGKILL)`, `exited with code 3`.
pub fn death_words(end: &ProcessExit) -> String {
    let name = |s| match s {
        4 => " (SIGILL: built for another kind of processor?)",
        6 => " (SIGABRT)",
        7 => " (SIGBUS)",
        8 => " (SIGFPE)",
        9 => " (SIGKILL: by a person, or by the kernel for want of memory)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    };
    match (end.signal, end.code) {
        (Some(9), _) if end.out_of_memory => {
            "was killed by the kernel for want of memory".to_string()
        }
        (Some(s), _) => format!("was killed by signal {s}{}", name(s)),
        (None, Some(c)) => format!("exited with code {c}"),
        (None, None) => "is gone".to_string(),
    }
}

/// The beginning of a text, on one line.
fn shorten(text: &str) -> String {
    const MOST: usize = 300;
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(MOST).map(clean).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::event::Event;

    fn line(format: u32, job: &str, attempt: u32) -> String {
        let event = Event::Warning { text: "w".into() };
        let envelope = Envelope {
            format,
            job: JobId(job.into()),
            attempt,
            n: 0,
            time: 1.0,
            event,
        };
        serde_json::to_string(&envelope).unwrap()
    }

    #[test]
    fn lines_are_events_noise_or_confusion() {
        let a = JobId("a".into());
        let mine = |line: &str| read_line(line, Some((&a, 2)));
        assert!(matches!(mine(&line(FORMAT, "a", 2)), WorkerLine::Event(_)));
        assert!(
            matches!(mine(&line(FORMAT, "b", 2)), WorkerLine::Stray(t) if t.contains("spoke of b"))
        );
        assert!(
            matches!(mine(&line(FORMAT, "a", 1)), WorkerLine::Stray(t) if t.contains("attempt 1"))
        );
        assert!(matches!(
            mine(&line(FORMAT + 1, "a", 2)),
            WorkerLine::Newer(_)
        ));
        assert!(matches!(
            mine(r#"{"format": 99, "something": "else"}"#),
            WorkerLine::Newer(_)
        ));
        assert!(matches!(
            mine(&line(FORMAT, "a", 2)[..30]),
            WorkerLine::Noise(_)
        ));
        assert_eq!(
            mine("hello\tworld"),
            WorkerLine::Noise("hello world".into())
        );
        assert!(
            matches!(mine(&"x".repeat(1000)), WorkerLine::Noise(t) if t.chars().count() == 301)
        );
        assert!(matches!(
            read_line(&line(FORMAT, "a", 2), None),
            WorkerLine::Noise(_)
        ));
    }

    #[test]
    fn the_log_knows_what_was_not_heard() {
        let event = |job: &str, attempt, n| {
            let event = Event::Warning { text: "w".into() };
            let envelope = Envelope {
                format: FORMAT,
                job: JobId(job.into()),
                attempt,
                n,
                time: 1.0,
                event,
            };
            serde_json::to_string(&envelope).unwrap() + "\n"
        };
        let log = [
            event("a", 1, 0),
            event("a", 2, 0),
            "garbage\n".into(),
            event("a", 2, 1),
            event("b", 2, 2),
        ]
        .concat();
        let log = log + &event("a", 2, 2)[..20];
        let found = |next| {
            unheard(log.as_bytes(), &JobId("a".into()), 2, next)
                .iter()
                .map(|e| e.n)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (found(0), found(1), found(2)),
            (vec![0, 1], vec![1], vec![])
        );
    }

    #[test]
    fn an_allocation_failure_is_no_crash() {
        let said = "memory allocation of 4096000000 bytes failed";
        let by = |signal, out_of_memory| ProcessExit {
            signal: Some(signal),
            code: None,
            out_of_memory,
        };
        assert_eq!(death(&by(6, false), said), Outcome::OutOfMemory);
        assert_eq!(
            death(&by(6, false), "assertion"),
            Outcome::Crashed {
                signal: Some(6),
                code: None
            }
        );
        assert_eq!(
            death(&by(9, false), said),
            Outcome::Crashed {
                signal: Some(9),
                code: None
            }
        );
        assert_eq!(death(&by(9, true), ""), Outcome::OutOfMemory);
        assert_eq!(
            death(&by(11, true), ""),
            Outcome::Crashed {
                signal: Some(11),
                code: None
            }
        );
        assert_eq!(
            death_words(&ProcessExit {
                code: Some(3),
                ..ProcessExit::default()
            }),
            "exited with code 3"
        );
    }
}
