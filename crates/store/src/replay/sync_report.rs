//! The result of reading the logs.

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
    /// Those of the problems that a crash leaves and that hide nothing: incomplete last lines.
    pub torn: Vec<String>,
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
        self.problems.extend(later.problems);
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
