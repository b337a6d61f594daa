//! A database of which it is not known whether it agrees with the logs.

use crate::digest::{self, Integrity};
use crate::error::StoreError;
use crate::replay::{
    SyncReport, agrees_but_for_lost, keep_aside, rebuild, rebuild_keeping, replay,
};
use crate::schema;
use convsweep_spec::layout::ResultsFolder;
use std::path::Path;

/// Builds the database again if it cannot be vouched for: its file has changed since the last run,
/// or the last run was killed. The logs are the truth. The second value is whether the database
/// that is there now agrees with them.
pub(super) fn rebuild_if_in_doubt(
    results: &ResultsFolder,
    largest_rebuilt: u64,
) -> Result<(SyncReport, bool), StoreError> {
    let path = results.database();
    let integrity = Integrity::of(&path);
    let size = path.metadata().map_or(0, |file| file.len());
    let is_new = size == 0;
    let is_to_be_rebuilt = match integrity {
        Integrity::Intact => false,
        Integrity::Changed => true,
        Integrity::Unknown => !is_new && size <= largest_rebuilt,
    };
    if !is_to_be_rebuilt {
        let is_vouched_for = is_new || integrity == Integrity::Intact;
        return Ok((SyncReport::default(), is_vouched_for));
    }
    match schema::open_readable(&path) {
        Ok(_) => {}
        // A database that another program uses.
        Err(error @ (StoreError::Locked { .. } | StoreError::Sqlite { .. })) => return Err(error),
        // What is wrong with it is said, or mended, when it is opened for writing.
        Err(_) => return Ok((SyncReport::default(), false)),
    }
    match rebuild_keeping(results) {
        Err(StoreError::WouldForget { lost, .. }) if integrity == Integrity::Changed => {
            let kept = keep_aside(results)?;
            let lost = lost.join("; ");
            let kept = kept.display();
            let note = format!("{lost}; the changed database, which has it, is kept as {kept}");
            Ok((changed(rebuild(results)?, &path, Some(note)), true))
        }
        Err(StoreError::WouldForget { .. }) => vouch_for_the_rest(results),
        Err(error) => Err(error),
        Ok(report) if integrity == Integrity::Changed => Ok((changed(report, &path, None), true)),
        Ok(report) => Ok((report, true)),
    }
}

/// What is said of a database that had been changed and was built again.
fn changed(mut report: SyncReport, path: &Path, lost: Option<String>) -> SyncReport {
    report.was_changed = true;
    report.problems.push(format!(
        "{}: was damaged, or changed by another program, since Convsweep wrote it; \
        it was built again from the logs",
        path.display()
    ));
    report.problems.extend(lost);
    report
}

/// Compares a database that knows more than the logs with what they hold. The second value is
/// whether it agrees with them in all that they still hold: it is then as sound as it can be, and
/// need not be compared again at each start.
fn vouch_for_the_rest(results: &ResultsFolder) -> Result<(SyncReport, bool), StoreError> {
    let path = results.database();
    digest::remove(&path).map_err(|e| StoreError::io(&digest::path(&path), e))?;
    // What the run that was killed had not written yet is in the logs.
    let connection = schema::open_writable(&path)?;
    let mut report = replay(&connection, results)?;
    drop(connection);
    let agrees = agrees_but_for_lost(results)?;
    if !agrees {
        report.problems.push(format!(
            "{}: differs from the logs, and was not built again from them, since they no longer \
            hold all that it has: put back copies of these logs (`convsweep check` names them), or \
            give `convsweep rebuild --forget-lost`",
            path.display()
        ));
    }
    Ok((report, agrees))
}
