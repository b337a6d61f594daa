//! Everything that a report needs of an experiment.

use super::database::Database;
use super::report_jobs::{Epochs, JobRows};
use super::rows::{ConfigurationRow, ExperimentRows};
use crate::error::StoreError;
use crate::sweep;
use convsweep_spec::log::{Member, MemberJob, Revision};

impl Database {
    /// The newest revision of an experiment with everything that its jobs recorded; `None` if there
    /// is no such experiment.
    ///
    /// The first epochs of a job that started from the saved state of another job are that job's:
    /// equal states, equal metrics.
    ///
    /// # Errors
    /// If SQLite reports an error; [`StoreError::Damaged`] if a row has values that this program
    /// would not write.
    pub fn experiment(&self, name: &str) -> Result<Option<ExperimentRows>, StoreError> {
        self.experiment_rows(name, Epochs::All)
    }

    /// As [`Database::experiment`], but of each job only the epoch whose weights it keeps: enough
    /// for everything that is said of results, and for large sweeps a hundredth of the work.
    ///
    /// # Errors
    /// As [`Database::experiment`].
    pub fn experiment_results(&self, name: &str) -> Result<Option<ExperimentRows>, StoreError> {
        self.experiment_rows(name, Epochs::Kept)
    }

    fn experiment_rows(
        &self,
        name: &str,
        epochs: Epochs,
    ) -> Result<Option<ExperimentRows>, StoreError> {
        // One transaction: all rows are from the same moment, even while the writer continues.
        let failed = |e| StoreError::sqlite(&self.path, e);
        let snapshot = self.connection.unchecked_transaction().map_err(failed)?;
        let Some(revision) = self.revision(name)? else {
            return Ok(None);
        };
        let members = sweep::members(&self.connection, name, revision.revision).map_err(failed)?;
        let mut jobs = self.job_rows(name, revision.revision, epochs)?;
        let mut configurations = Vec::with_capacity(members.len());
        for member in members {
            configurations.push(self.configuration_row(member, &mut jobs)?);
        }
        let log_problems = self.experiment_log_problems(name)?;
        let race_rounds = sweep::race_rounds(&self.connection, name, revision.revision);
        let race_rounds = race_rounds.map_err(failed)?;
        snapshot.finish().map_err(failed)?;
        Ok(Some(ExperimentRows {
            revision,
            configurations,
            race_rounds,
            log_problems,
            database_doubt: None,
        }))
    }

    fn configuration_row(
        &self,
        member: Member,
        rows: &mut JobRows,
    ) -> Result<ConfigurationRow, StoreError> {
        let mut jobs = Vec::with_capacity(member.jobs.len());
        for MemberJob { job, seed, fold } in &member.jobs {
            let Some(mut row) = rows.remove(job) else {
                return Err(StoreError::Damaged {
                    path: self.path.clone(),
                    message: format!("job {job} is missing"),
                });
            };
            (row.seed, row.fold) = (*seed, *fold);
            jobs.push(row);
        }
        Ok(ConfigurationRow { member, jobs })
    }

    /// The newest revision of an experiment; `None` if there is no such experiment.
    ///
    /// # Errors
    /// As [`Database::experiment`].
    pub fn revision(&self, name: &str) -> Result<Option<Revision>, StoreError> {
        sweep::revision(&self.connection, name).map_err(|e| StoreError::sqlite(&self.path, e))
    }
}
