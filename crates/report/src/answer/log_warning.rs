//! What a damaged log of the experiment, or a damaged database, means for the report.

use convsweep_spec::words::counted;
use convsweep_store::ExperimentRows;

/// The words by which a page says that it was made from a database in doubt.
pub const IN_DOUBT: &str = "No figure here can be vouched for";

/// The database is not what the last run left, so no figure of the report can be vouched for.
pub fn database_warning(rows: &ExperimentRows) -> Option<String> {
    rows.database_doubt.as_deref().map(doubt_warning)
}

/// As [`database_warning`], of what is doubted.
pub fn doubt_warning(doubt: &str) -> String {
    format!(
        "{IN_DOUBT}: the database {doubt}. Then `convsweep report` makes \
         this report again."
    )
}

/// The experiment's own log is damaged: its configurations may not be all.
pub fn log_warning(rows: &ExperimentRows) -> Option<String> {
    let first = rows.log_problems.first()?;
    let count = counted(rows.log_problems.len() as u64, "place");
    Some(format!(
        "The log of the experiment is damaged in {count}, first {}. Unless the file was run again \
         since, configurations may be missing, and decisions about jobs may be lost.",
        first.text()
    ))
}
