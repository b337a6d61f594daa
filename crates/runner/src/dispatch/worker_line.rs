//! What a line of a worker's standard output means.

use convsweep_spec::FORMAT;
use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::log::newer_format;

/// The meaning of a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum WorkerLine {
    /// An event of the worker's current attempt.
    Event(Box<Envelope>),
    /// Anything else: the text, shortened.
    NotAnEvent(String),
    /// An event of another attempt: the worker is out of step. A message for the user.
    WrongJob(String),
    /// An event of a newer format: the worker is newer than this program. A message for the user.
    NewerFormat(String),
}

/// Reads a line of a worker that has the job and attempt `current`.
pub(super) fn read_line(line: &str, current: Option<(&JobId, u32)>) -> WorkerLine {
    let envelope = match serde_json::from_str::<Envelope>(line) {
        Ok(envelope) if envelope.format <= FORMAT => envelope,
        _ => return unreadable(line),
    };
    match current {
        None => WorkerLine::NotAnEvent(shorten(line)),
        Some((job, attempt)) if *job == envelope.job && attempt == envelope.attempt => {
            WorkerLine::Event(Box::new(envelope))
        }
        Some((job, attempt)) => WorkerLine::WrongJob(format!(
            "the worker was given job {job}, attempt {attempt}, but reported about {}, \
             attempt {}: it was ended; build it from the same sources as this program",
            envelope.job, envelope.attempt
        )),
    }
}

/// A line that this program cannot read as an event.
fn unreadable(line: &str) -> WorkerLine {
    match newer_format(line.as_bytes()) {
        Some(format) => WorkerLine::NewerFormat(format!(
            "the worker speaks format {format}, this program {FORMAT}: build both from the same \
             sources"
        )),
        None => WorkerLine::NotAnEvent(shorten(line)),
    }
}

/// The beginning of a text, without control characters.
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
        let envelope = Envelope {
            format,
            job: JobId(job.into()),
            attempt,
            n: 0,
            time: 1.0,
            event: Event::Warning { text: "w".into() },
        };
        serde_json::to_string(&envelope).unwrap()
    }

    /// Reads a line of a worker that has attempt 2 of job `a`.
    fn read(line: &str) -> WorkerLine {
        read_line(line, Some((&JobId("a".into()), 2)))
    }

    #[test]
    fn events_must_belong_to_the_current_attempt() {
        assert!(matches!(read(&line(FORMAT, "a", 2)), WorkerLine::Event(_)));
        let other_job = read(&line(FORMAT, "b", 2));
        assert!(
            matches!(other_job, WorkerLine::WrongJob(text) if text.contains("reported about b"))
        );
        let other_attempt = read(&line(FORMAT, "a", 1));
        assert!(matches!(other_attempt, WorkerLine::WrongJob(text) if text.contains("attempt 1")));
        let no_job = read_line(&line(FORMAT, "a", 2), None);
        assert!(matches!(no_job, WorkerLine::NotAnEvent(_)));
    }

    #[test]
    fn a_newer_format_is_recognised() {
        let known = read(&line(FORMAT + 1, "a", 2));
        assert!(matches!(known, WorkerLine::NewerFormat(_)));
        let unknown = read(r#"{"format": 99, "something": "else"}"#);
        assert!(matches!(unknown, WorkerLine::NewerFormat(_)));
    }

    #[test]
    fn other_text_is_shortened() {
        let torn = read(&line(FORMAT, "a", 2)[..30]);
        assert!(matches!(torn, WorkerLine::NotAnEvent(_)));
        assert_eq!(
            read("hello\tworld"),
            WorkerLine::NotAnEvent("hello world".into())
        );
        let long = read(&"x".repeat(1000));
        assert!(matches!(long, WorkerLine::NotAnEvent(text) if text.chars().count() == 301));
    }
}
