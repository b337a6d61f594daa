//! The result of reading the logs.

use std::collections::BTreeMap;

/// Maximum number of problems of one log that are reported one by one.
const MAX_PROBLEMS: usize = 10;

/// What reading the logs found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncReport {
    /// Events read.
    pub events: u64,
    /// Entries of experiments' logs read.
    pub entries: u64,
    /// Lines and files that could not be read or were ignored, each with file and line, for
    /// the user.
    pub problems: Vec<String>,
    /// Those of the problems that a crash leaves and that hide nothing: incomplete lines.
    pub torn: Vec<String>,
    /// Those of the problems that name their own remedy, such as exchanged folders.
    pub with_remedy: Vec<String>,
    /// Those of the problems of experiments' logs after which the plan was written again, and the
    /// revision that it has there.
    pub written_again: BTreeMap<String, u32>,
    /// Whether the database had been changed from outside, and was built again.
    pub was_changed: bool,
    /// Lines read that have no checksum, since an older program wrote them.
    pub unchecked: u64,
    /// The logs that have such lines, relative to the results folder.
    pub unchecked_logs: Vec<String>,
}

impl SyncReport {
    /// What two readings found, one after the other.
    pub(crate) fn followed_by(mut self, later: SyncReport) -> SyncReport {
        self.events += later.events;
        self.entries += later.entries;
        let is_new = |problem: &String| !self.problems.contains(problem);
        let problems: Vec<String> = later.problems.into_iter().filter(is_new).collect();
        self.problems.extend(problems);
        self.torn.extend(later.torn);
        self.with_remedy.extend(later.with_remedy);
        self.written_again.extend(later.written_again);
        self.was_changed |= later.was_changed;
        self.unchecked += later.unchecked;
        self.unchecked_logs.extend(later.unchecked_logs);
        self
    }

    /// Adds the problems of one log, the first few of them one by one.
    pub(super) fn add_problems(&mut self, log: &str, mut problems: Vec<String>) {
        if problems.len() > MAX_PROBLEMS + 1 {
            let more = problems.len() - MAX_PROBLEMS;
            problems.truncate(MAX_PROBLEMS);
            problems.push(format!("{log}: and {more} more lines"));
        }
        problems.retain(|problem| !self.problems.contains(problem));
        self.problems.extend(problems);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_readings_add_up() {
        let report = |name: &str| SyncReport {
            events: 1,
            entries: 2,
            problems: vec![name.into()],
            torn: vec![name.into()],
            with_remedy: vec![name.into()],
            written_again: BTreeMap::from([(name.into(), 1)]),
            was_changed: name == "a",
            unchecked: 3,
            unchecked_logs: vec![name.into()],
        };
        let names = || vec!["a".to_string(), "b".to_string()];
        let expect = SyncReport {
            events: 2,
            entries: 4,
            problems: names(),
            torn: names(),
            with_remedy: names(),
            written_again: names().into_iter().map(|name| (name, 1)).collect(),
            was_changed: true,
            unchecked: 6,
            unchecked_logs: names(),
        };
        assert_eq!(report("a").followed_by(report("b")), expect);
    }
}
