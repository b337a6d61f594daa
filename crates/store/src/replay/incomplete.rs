//! Logs of experiments that hold less than the database has read in them.

use super::held::HeldEntries;
use super::logs::LogReader;
use super::problems::{self, WHOLE_LOG};
use crate::error::StoreError;

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
        let surplus = surplus.map_err(|e| self.failed(e))?;
        let Some(words) = surplus.words() else {
            return Ok(true);
        };
        let remedy = match surplus.written_again {
            // A copy of the log would lack what was written since.
            Some(newest) => format!(
                "the plan was written again in revision {newest}, and \
                `convsweep rebuild --forget-lost` drops the older ones"
            ),
            None => "put back a copy of the log (`convsweep rebuild --forget-lost` would drop \
                them)"
                .to_string(),
        };
        let problem = format!("{why}: only the database still has {words}; {remedy}");
        let recorded = problems::record(self.connection, (log, WHOLE_LOG), &problem, true);
        recorded.map_err(|e| self.failed(e))?;
        if self.incomplete.insert(log.to_string()) {
            let problem = format!("{log}: {problem}");
            self.report.with_remedy.push(problem.clone());
            self.report.problems.push(problem);
        }
        Ok(false)
    }
}
