//! How far a report has come.

/// What is being done for a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportStep {
    /// Configurations are compared.
    Comparing,
    /// The files that jobs left are read.
    Reading,
    /// Charts are drawn.
    Drawing {
        /// Charts that are drawn.
        done: u64,
        /// Charts in all.
        all: u64,
    },
    /// Pages, charts and tables are written.
    Writing,
}

/// Is told how far a report has come, by whichever thread has done a step.
pub type ReportProgress<'a> = &'a (dyn Fn(ReportStep) + Sync);
