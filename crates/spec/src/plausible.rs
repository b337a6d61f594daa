//! Numbers that no program can have written into a log. A line with a checksum cannot contain them;
//! in a line of an older program they are damage, and nothing is computed from them.

use crate::event::{Envelope, Evaluation, Event, Start};
use crate::log::{LogEntry, Member, Record};

/// Largest number of epochs of a job, over all its phases.
pub const MOST_EPOCHS: u64 = 100_000_000;
/// Largest number of attempts at a job, of phases and of folds.
const MOST_ATTEMPTS: u64 = 1_000_000;
/// Largest number of steps, events, bytes and the like: what SQLite's integers hold, with room.
const MANY: u64 = 1 << 60;
/// Largest number of seconds, since 1970 or of an attempt.
const MOST_SECONDS: f64 = 1e11;
/// Largest number of revisions of an experiment.
const MOST_REVISIONS: u64 = 1_000_000_000;

impl Envelope {
    /// What cannot be true of the event, in words for the user; `None` if it is plausible.
    pub fn absurdity(&self) -> Option<String> {
        within("an attempt", self.attempt.into(), MOST_ATTEMPTS)
            .or_else(|| within("an event's number", self.n, MANY))
            .or_else(|| time(self.time))
            .or_else(|| event(&self.event))
    }
}

impl LogEntry {
    /// What cannot be true of the entry, in words for the user; `None` if it is plausible.
    pub fn absurdity(&self) -> Option<String> {
        time(self.time).or_else(|| record(&self.record))
    }
}

fn event(event: &Event) -> Option<String> {
    match event {
        Event::Started { from, .. } => start(from),
        Event::Metrics {
            phase, epoch, step, ..
        } => within("a phase", (*phase).into(), MOST_ATTEMPTS)
            .or_else(|| self::epoch(*epoch))
            .or_else(|| within("a step", *step, MANY)),
        Event::Checkpoint { epoch, bytes, .. } | Event::StateSaved { epoch, bytes, .. } => {
            self::epoch(*epoch).or_else(|| within("a size", *bytes, MANY))
        }
        Event::Artifact { bytes, .. } => within("a size", *bytes, MANY),
        Event::Evaluated(found) => evaluation(found),
        Event::Ended {
            seconds: duration,
            peak_memory_bytes,
            ..
        } => {
            seconds("a duration", *duration).or_else(|| within("a size", *peak_memory_bytes, MANY))
        }
        Event::Progress { .. } | Event::Alive | Event::WornOut { .. } | Event::Warning { .. } => {
            None
        }
    }
}

fn start(start: &Start) -> Option<String> {
    match start {
        Start::Scratch => None,
        Start::Checkpoint { epoch, .. } | Start::State { epoch, .. } => self::epoch(*epoch),
    }
}

/// The counts of an evaluation must be those of its images.
fn evaluation(evaluation: &Evaluation) -> Option<String> {
    let images = u64::from(evaluation.images);
    let counts = evaluation.confusion.iter().flatten();
    let counted: u64 = counts.map(|count| u64::from(*count)).sum();
    if !evaluation.confusion.is_empty() && counted != images {
        return Some(format!(
            "an evaluation of {images} images whose confusion matrix counts {counted}"
        ));
    }
    let bits = evaluation.correct.len() as u64 * 4;
    if !evaluation.correct.is_empty() && bits != images.div_ceil(8) * 8 {
        return Some(format!(
            "an evaluation of {images} images with the correctness of {bits}"
        ));
    }
    None
}

fn record(record: &Record) -> Option<String> {
    match record {
        Record::Revision(revision) => {
            within("a revision", revision.revision.into(), MOST_REVISIONS)
        }
        Record::Member(found) => member(found),
        Record::AttemptEnded { attempt, .. } => {
            within("an attempt", (*attempt).into(), MOST_ATTEMPTS)
        }
        Record::Judgement(judgement) => epoch(judgement.step),
        Record::Decision(decision) => epoch(decision.epoch).or_else(|| {
            let attempt = decision.attempt.unwrap_or(0);
            within("an attempt", attempt.into(), MOST_ATTEMPTS)
        }),
    }
}

fn member(member: &Member) -> Option<String> {
    let train = &member.resolved.train;
    let epochs = train.phases.iter().map(|phase| u64::from(phase.epochs));
    let folds = member.jobs.iter().filter_map(|job| job.fold);
    within("a number of epochs", epochs.sum(), MOST_EPOCHS)
        .or_else(|| within("a number of parameters", member.parameters, MANY))
        .or_else(|| within("a number of operations", member.macs, MANY))
        .or_else(|| within("a fold", folds.max().unwrap_or(0).into(), MOST_ATTEMPTS))
        .or_else(|| (train.batch_size == 0).then(|| "a batch of 0 images".to_string()))
}

fn epoch(epoch: u32) -> Option<String> {
    within("an epoch", epoch.into(), MOST_EPOCHS)
}

fn within(what: &str, found: u64, most: u64) -> Option<String> {
    (found > most).then(|| format!("{what} of {found}, above {most}"))
}

/// Clocks may show anything, but not anything at all.
fn time(found: f64) -> Option<String> {
    seconds("a time", found.abs())
}

fn seconds(what: &str, found: f64) -> Option<String> {
    let is_plausible = (0.0..=MOST_SECONDS).contains(&found);
    (!is_plausible).then(|| format!("{what} of {found} seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn absurdity(event: &str) -> Option<String> {
        let text = format!(
            r#"{{"format":1,"job":"j","attempt":1,"n":0,"time":1.5,"event":{{"event":{event}}}}}"#
        );
        let envelope: Envelope = serde_json::from_str(&text).expect(event);
        envelope.absurdity()
    }

    #[test]
    fn numbers_that_no_job_can_mean_are_named() {
        let metrics = |epoch: u64, phase: u64, step: u64| {
            absurdity(&format!(
                r#""metrics","phase":{phase},"epoch":{epoch},"step":{step},"values":{{}}"#
            ))
        };
        assert_eq!(metrics(100_000, 3, 1 << 40), None);
        let found = metrics(4_294_967_295, 0, 1);
        assert_eq!(
            found.as_deref(),
            Some("an epoch of 4294967295, above 100000000")
        );
        assert!(metrics(1, 4_294_967_295, 1).is_some());
        assert!(metrics(1, 0, u64::MAX).is_some());
        let evaluated = |images: u32, confusion: &str, correct: &str| {
            absurdity(&format!(
                r#""evaluated","part":"test","images":{images},"loss":0.5,"accuracy":0.5,
                "confusion":{confusion},"correct":"{correct}""#
            ))
        };
        assert_eq!(evaluated(5, "[[3,1],[0,1]]", "1f"), None);
        assert!(evaluated(5, "[[3,1],[0,4294967295]]", "1f").is_some());
        assert!(evaluated(4_000_000_000, "[[3,1],[0,1]]", "1f").is_some());
        assert!(evaluated(5, "[]", "1f1f").is_some());
        let ended = r#""ended","outcome":{"outcome":"finished"},"peak_memory_bytes":1,"seconds":"#;
        assert_eq!(absurdity(&format!("{ended}1.5")), None);
        assert!(absurdity(&format!("{ended}-1.5")).is_some());
        assert!(absurdity(&format!("{ended}1e300")).is_some());
    }

    #[test]
    fn times_and_attempts_have_limits() {
        let envelope = |attempt: u64, n: u64, time: &str| {
            let text = format!(
                r#"{{"format":1,"job":"j","attempt":{attempt},"n":{n},"time":{time},
                "event":{{"event":"alive"}}}}"#
            );
            serde_json::from_str::<Envelope>(&text)
                .expect("parses")
                .absurdity()
        };
        assert_eq!(envelope(1, 0, "0.0"), None);
        assert_eq!(envelope(1, 0, "1e10"), None);
        assert!(envelope(4_294_967_295, 0, "1").is_some());
        assert!(envelope(1, u64::MAX, "1").is_some());
        assert!(envelope(1, 0, "1e300").is_some());
        assert!(envelope(1, 0, "-1e300").is_some());
    }
}
