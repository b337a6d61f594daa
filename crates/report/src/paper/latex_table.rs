//! A table of a paper.

use crate::ranking::Ranking;
use crate::tables::TextTable;

/// Names of the tables' files.
pub(super) const LEADERBOARD: &str = "leaderboard.tex";
pub(super) const VERDICTS: &str = "verdicts.tex";
pub(super) const EFFECTS: &str = "effects.tex";

/// A table of the document.
pub(super) struct LatexTable {
    /// Name of its file.
    pub file: &'static str,
    pub caption: String,
    /// A letter for each column: l or r.
    pub align: String,
    pub table: TextTable,
}

/// Heading of a column of differences, with their unit.
pub(super) fn difference_heading(ranking: &Ranking) -> String {
    match ranking.metric.is_share() {
        true => "difference (percentage points)".into(),
        false => "difference".into(),
    }
}
