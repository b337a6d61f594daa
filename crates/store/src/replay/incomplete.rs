//! Logs of experiments that hold less than the database has read in them.

use super::held::HeldEntries;
use super::logs::LogReader;
use super::problems::{self, WHOLE_LOG};
use crate::error::StoreError;

/// Words of such a problem.
const ONLY: &str = "only the database still has";

impl LogReader<'_> {
    /// Reports and remembers what the database has of an experiment beyond its log; whether that is
    /// nothing. `why` says what happened to the log.
    pub(super) fn compare_held(
        &mut self,
        log: &str,
        experiment: &str,
        held: &HeldEntries,
        why: &str,
    ) -> Result<bool, StoreError> {
        let surplus = held.surplus(self.connection, experiment);
        let Some(surplus) = surplus.map_err(|e| self.failed(e))? else {
            return Ok(true);
        };
        let problem = format!(
            "{why}: {ONLY} {surplus}; put back a copy of the log \
            (`convsweep rebuild --forget-lost` would drop them)"
        );
        let recorded = problems::record(self.connection, log, WHOLE_LOG, &problem);
        recorded.map_err(|e| self.failed(e))?;
        let place = format!("{log}: ");
        let is_told = |told: &String| told.starts_with(&place) && told.contains(ONLY);
        if !self.report.problems.iter().any(is_told) {
            self.report.problems.push(place + &problem);
        }
        Ok(false)
    }
}
