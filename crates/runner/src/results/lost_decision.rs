//! Damaged places of an experiment's log at which decisions may have been lost.

use crate::search::SearchHistory;
use convsweep_spec::log_line::LineCheck;

/// A damaged line of an experiment's log at which decisions may have stood that no other line
/// repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostDecision {
    /// The line in the file, from 1.
    pub line: u64,
    /// What is wrong with it, in words that follow its place.
    pub problem: String,
    /// Whether it may have been a decision of a rule, a race or a person.
    pub of_search: bool,
    /// Whether it may have been a revision, which holds the choices of stages.
    pub of_stages: bool,
}

impl LostDecision {
    /// What may be lost at a line with this problem; `None` if no decision is. `history` are the
    /// decisions on the lines before.
    pub(super) fn at(
        number: u64,
        (line, check): (&[u8], LineCheck),
        problem: &str,
        history: &SearchHistory,
    ) -> Option<LostDecision> {
        let (of_search, of_stages) = match check {
            // The line stands, or is missing, elsewhere as well.
            LineCheck::OutOfPlace { .. } => (false, false),
            LineCheck::AfterGap { .. } => (true, true),
            _ => lost_with(&String::from_utf8_lossy(line), history),
        };
        let lost = LostDecision {
            line: number,
            problem: problem.to_string(),
            of_search,
            of_stages,
        };
        (of_search || of_stages).then_some(lost)
    }
}

/// Whether a decision of the search, and a choice of a stage, may have stood on a damaged line. Its
/// kind is believed where it can still be read, since damage elsewhere is likelier than damage that
/// turns one kind into another.
fn lost_with(text: &str, history: &SearchHistory) -> (bool, bool) {
    let is = |kind: &str| text.contains(&format!(r#""record":"{kind}""#));
    let (is_judgement, is_decision) = (is("judgement"), is("decision"));
    let is_revision = is("revision");
    let is_known = is_judgement || is_decision || is_revision;
    if !is_known && !is("member") && !is("attempt-ended") {
        return (true, true);
    }
    // The record about a job only repeats the judgement before it: the search writes it again.
    let is_repeated = || history.announced().iter().any(|job| text.contains(&job.0));
    let of_search = is_judgement || (is_decision && !is_repeated());
    (of_search, is_revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_spec::log_line::LineDamage;

    fn lost(line: &str, check: LineCheck) -> Option<(bool, bool)> {
        let history = SearchHistory::default();
        let lost = LostDecision::at(3, (line.as_bytes(), check), "is damaged", &history)?;
        Some((lost.of_search, lost.of_stages))
    }

    #[test]
    fn what_may_be_lost_depends_on_the_kind_of_the_line() {
        let damaged = LineCheck::Damaged(LineDamage::Checksum);
        let of_kind = |kind: &str| {
            let line = format!(r#"{{"format":2,"line":3,"record":{{"record":"{kind}","#);
            lost(&line, damaged)
        };
        assert_eq!(of_kind("judgement"), Some((true, false)));
        assert_eq!(of_kind("decision"), Some((true, false)));
        assert_eq!(of_kind("revision"), Some((false, true)));
        assert_eq!(of_kind("member"), None);
        assert_eq!(of_kind("attempt-ended"), None);
        assert_eq!(of_kind("judgemenu"), Some((true, true)), "unreadable");
        let merged = r#"{"record":{"record":"member", "record":{"record":"judgement""#;
        assert_eq!(lost(merged, damaged), Some((true, false)));
        let gap = LineCheck::AfterGap {
            expected: 2,
            found: 3,
        };
        assert_eq!(lost(r#""record":"member""#, gap), Some((true, true)));
        let doubled = LineCheck::OutOfPlace { found: 1 };
        assert_eq!(lost(r#""record":"judgement""#, doubled), None);
    }
}
