//! What a report is made of.

/// What is written beside the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportScope {
    /// Charts and tables.
    Page,
    /// Also `paper/`: charts as PDF, tables as LaTeX, what was done in words, and a document that
    /// has them all.
    PageAndPaper,
}
