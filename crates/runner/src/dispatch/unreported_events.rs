//! Events that a worker logged but did not report.

use convsweep_files::{LineEnd, read_line};
use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::log_line::{LONGEST_LINE, LineChecker};
use convsweep_spec::log_value::parse;
use std::io::BufRead;

/// The events of an attempt in its job's log (`events.jsonl`), from the event with number `next`
/// on. Lines that are damaged or cannot be read are ignored.
pub(super) fn unreported_events(
    log: &mut impl BufRead,
    job: &JobId,
    attempt: u32,
    next: u64,
) -> Vec<Envelope> {
    let (mut events, mut line) = (Vec::new(), Vec::new());
    let mut checker = LineChecker::default();
    while let Ok(Some(read)) = read_line(log, &mut line, LONGEST_LINE) {
        let check = match read.end {
            LineEnd::Torn => break,
            LineEnd::TooLong => checker.too_long(),
            LineEnd::Whole => checker.check(&line),
        };
        if !check.is_read() {
            continue;
        }
        let Ok((event, _)) = parse::<Envelope>(&line) else {
            continue;
        };
        if event.job == *job && event.attempt == attempt && event.n >= next {
            events.push(event);
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::FORMAT;
    use convsweep_spec::event::Event;

    fn line(job: &str, attempt: u32, n: u64) -> String {
        let envelope = Envelope {
            format: FORMAT,
            job: JobId(job.into()),
            attempt,
            n,
            time: 1.0,
            event: Event::Warning { text: "w".into() },
        };
        serde_json::to_string(&envelope).unwrap() + "\n"
    }

    #[test]
    fn only_later_events_of_the_attempt_are_found() {
        let torn = line("a", 2, 2)[..20].to_string();
        let log = [
            line("a", 1, 0),
            line("a", 2, 0),
            "garbage\n".into(),
            line("a", 2, 1),
            line("b", 2, 2),
            torn,
        ];
        let log = log.concat();
        let check = |next: u64, expect: &[u64]| {
            let events = unreported_events(&mut log.as_bytes(), &JobId("a".into()), 2, next);
            let numbers: Vec<u64> = events.iter().map(|event| event.n).collect();
            assert_eq!(numbers, expect);
        };
        check(0, &[0, 1]);
        check(1, &[1]);
        check(2, &[]);
    }
}
