//! What a damaged log of the experiment means for the report.

use convsweep_spec::words::counted;
use convsweep_store::ExperimentRows;

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
