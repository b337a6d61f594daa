//! Why a job waits, was stopped or failed, and what to do about it.

use crate::standing::{JobStanding, RunningProgram};
use convsweep_files::{FileError, exists};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{ResultsFolder, job_log};
use convsweep_spec::words::counted;
use convsweep_store::{AttemptRow, Database, JobDecision, JobState, LogProblem, StoreError};
use std::path::Path;

/// Everything that explains how a job stands.
#[derive(Clone, Debug, PartialEq)]
pub struct JobReasons {
    /// The job.
    pub job: JobId,
    /// Its progress.
    pub state: JobState,
    /// How it stands.
    pub standing: JobStanding,
    /// Its attempts, oldest first.
    pub attempts: Vec<AttemptRow>,
    /// Decisions about it, oldest first.
    pub decisions: Vec<JobDecision>,
    /// What is wrong with its logs, and what else explains it.
    pub notes: Vec<String>,
    /// What to do about it; `None` where a note says it.
    pub advice: Option<&'static str>,
}

impl JobReasons {
    /// Reads them; `None` if nothing is recorded about the job.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read(
        results: &ResultsFolder,
        database: &Database,
        job: &JobId,
    ) -> Result<Option<JobReasons>, StoreError> {
        let mut states = database.job_states(std::slice::from_ref(job))?;
        let Some(state) = states.remove(job) else {
            return Ok(None);
        };
        let standing = RunningProgram::of(results).standing(job, &state);
        let problems = database.job_log_problems(job)?;
        let has_remedy = problems.iter().any(LogProblem::has_remedy);
        let mut notes: Vec<String> = problems.iter().map(LogProblem::text).collect();
        notes.extend(lost_logs(results, database, job, &state)?);
        let decisions = database.decisions(job)?;
        let newest = decisions.iter().max_by(|a, b| a.time.total_cmp(&b.time));
        if standing == JobStanding::Finished
            && newest.is_some_and(|newest| newest.verdict == "stop")
        {
            notes.push(
                "a rule would have stopped it, but another experiment has trained it to its end, \
                or the rule was changed"
                    .into(),
            );
        }
        Ok(Some(JobReasons {
            job: job.clone(),
            advice: (!has_remedy).then_some(standing.advice()),
            attempts: database.attempts(job)?,
            standing,
            decisions,
            notes,
            state,
        }))
    }

    /// All of it in lines, the first without indentation.
    pub fn lines(&self) -> Vec<String> {
        let head = state_words(&self.state, &self.standing);
        let mut lines = vec![format!("job {}: {head}", self.job)];
        for attempt in &self.attempts {
            lines.push(format!("  {}", attempt_words(attempt)));
            for warning in &attempt.warnings {
                lines.push(format!("    warning: {warning}"));
            }
        }
        for decision in &self.decisions {
            lines.push(format!("  {}", decision_words(decision)));
        }
        for note in &self.notes {
            lines.push(format!("  {note}"));
        }
        lines.extend(self.advice.map(|advice| format!("  {advice}")));
        lines
    }
}

/// A decision with its reason.
fn decision_words(decision: &JobDecision) -> String {
    format!(
        "{}, after {}: {}, because {}",
        decision.rule,
        counted(decision.epoch.into(), "epoch"),
        decision.verdict,
        decision.reason
    )
}

/// Which logs no longer hold what the database knows of the job.
fn lost_logs(
    results: &ResultsFolder,
    database: &Database,
    job: &JobId,
    state: &JobState,
) -> Result<Vec<String>, StoreError> {
    let mut notes = Vec::new();
    for place in database.places(job)? {
        for problem in database.experiment_log_problems(&place.experiment)? {
            if problem.has_remedy() {
                notes.push(problem.text());
            }
        }
    }
    if state.attempts == 0 {
        return Ok(notes);
    }
    let log = job_log(job);
    let is_there = exists(&results.0.join(&log)).map_err(FileError::at("look at", Path::new(&log)));
    match is_there {
        Ok(true) => {}
        Ok(false) => notes.push(format!(
            "{log} is gone, only the database knows what it held: put back the job's folder, or {}",
            without_folder(job, state.finished)
        )),
        Err(error) => notes.push(format!("{error}: whether the log is sound is not known")),
    }
    Ok(notes)
}

/// What becomes of a job whose folder stays away.
fn without_folder(job: &JobId, is_finished: bool) -> String {
    match is_finished {
        true => format!("`convsweep retry {job} --damaged` trains the job again"),
        false => "the job is trained from the beginning when it is trained next".into(),
    }
}

/// How a job stands: `finished, 5 of 5 epochs, 1 attempt`.
pub fn state_words(state: &JobState, standing: &JobStanding) -> String {
    format!(
        "{}, {} of {}, {}",
        standing.word(),
        state.epoch,
        counted(state.epochs.into(), "epoch"),
        counted(state.attempts.into(), "attempt")
    )
}

/// Where an attempt ran and how it ended.
pub fn attempt_words(attempt: &AttemptRow) -> String {
    let device = attempt.device.as_deref().unwrap_or("–");
    let outcome = attempt
        .outcome
        .as_deref()
        .unwrap_or("running, or ended with its program");
    let detail = attempt
        .detail
        .as_deref()
        .and_then(|text| text.lines().next());
    let detail = match detail {
        Some(detail) => format!(": {detail}"),
        None => String::new(),
    };
    format!("attempt {} on {device}: {outcome}{detail}", attempt.attempt)
}
