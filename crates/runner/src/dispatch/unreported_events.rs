//! Events that a worker logged but did not report.

use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::log_line::LineChecker;

/// The events of an attempt in its job's log (`events.jsonl`), from the event with number `next`
/// on. Lines that are damaged or cannot be read are ignored.
pub(super) fn unreported_events(log: &[u8], job: &JobId, attempt: u32, next: u64) -> Vec<Envelope> {
    let mut events = Vec::new();
    let mut checker = LineChecker::default();
    let whole = log.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
    for line in log[..whole].split(|&byte| byte == b'\n') {
        if !checker.check(line).is_read() {
            continue;
        }
        let Ok(event) = serde_json::from_slice::<Envelope>(line) else {
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
            let events = unreported_events(log.as_bytes(), &JobId("a".into()), 2, next);
            let numbers: Vec<u64> = events.iter().map(|event| event.n).collect();
            assert_eq!(numbers, expect);
        };
        check(0, &[0, 1]);
        check(1, &[1]);
        check(2, &[]);
    }
}
