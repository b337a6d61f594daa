//! The trained weights that jobs have left, and whether they are what was recorded.

use crate::integrity::FileProblem;
use convsweep_files::{FileError, exists, hash_regular};
use convsweep_plan::examples;
use convsweep_progress::{JobStanding, RunningProgram};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{MODEL, ResultsFolder};
use convsweep_spec::outcome::DAMAGED;
use convsweep_spec::seal::OTHER_HASH;
use convsweep_store::Database;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is said of an experiment that has not run.
pub fn no_experiment(name: &str) -> String {
    let mut text = "no such experiment has run here".to_string();
    if examples().iter().any(|example| example.name == name) {
        text += &format!(
            ": `convsweep example {name} > {name}.toml && convsweep run {name}.toml` trains it"
        );
    }
    text
}

/// The file of a job's weights, whose bytes have the hash in the job's log.
///
/// # Errors
/// If the job has left none, or nothing vouches for them.
pub fn verified_weights(
    results: &ResultsFolder,
    database: &Database,
    job: &JobId,
) -> Result<PathBuf, String> {
    let path = results.job(job).join(MODEL);
    let remedy = || format!("`convsweep retry {job} --damaged` trains the job again");
    if has_damaged_log(database, job)? {
        return Err(format!(
            "the log of job {job} is damaged, so nothing vouches for its weights; {}",
            remedy()
        ));
    }
    let files = database.kept_files(std::slice::from_ref(job));
    let files = files.map_err(|error| error.to_string())?;
    let Some(kept) = files.iter().find(|file| file.path == Path::new(MODEL)) else {
        return Err(why_none(results, database, job)?);
    };
    let is_there = exists(&path).map_err(FileError::at("look at", &path));
    if !is_there.map_err(|error| not_read(error, remedy()))? {
        return Err(format!("{} is gone; {}", path.display(), remedy()));
    }
    let Some(hash) = &kept.blake3 else {
        // An older program wrote it.
        return Ok(path);
    };
    match hash_regular(&path) {
        Ok(found) if found == *hash => Ok(path),
        Ok(_) => Err(format!("{} {OTHER_HASH}; {}", path.display(), remedy())),
        Err(error) => Err(not_read(error, remedy())),
    }
}

/// Why a job has left no weights, and what to do.
fn why_none(results: &ResultsFolder, database: &Database, job: &JobId) -> Result<String, String> {
    if is_range_test(database, job)? {
        return Ok(format!(
            "job {job} is a learning-rate range test, which keeps no weights: name a job that was \
            trained"
        ));
    }
    let states = database.job_states(std::slice::from_ref(job));
    let states = states.map_err(|error| error.to_string())?;
    let standing = states
        .get(job)
        .map(|state| RunningProgram::of(results).standing(job, state));
    Ok(match standing {
        None | Some(JobStanding::Finished) => {
            format!("job {job} has left no weights; `convsweep why {job}` says more")
        }
        Some(standing) => format!(
            "job {job} has left no weights, since it has not finished ({}): {}",
            standing.word(),
            standing.advice()
        ),
    })
}

/// Why a file was not read, and what to do: what the system refuses to read is not damaged.
fn not_read(error: FileError, remedy_of_damage: String) -> String {
    let problem = error.to_string();
    let remedy = match FileProblem::from(error) {
        FileProblem::Damaged(_) => remedy_of_damage,
        FileProblem::Unread { remedy, .. } => remedy,
    };
    format!("{problem}; {remedy}")
}

fn has_damaged_log(database: &Database, job: &JobId) -> Result<bool, String> {
    let states = database.job_states(std::slice::from_ref(job));
    let states = states.map_err(|error| error.to_string())?;
    let outcome = states.get(job).and_then(|state| state.outcome.as_deref());
    Ok(outcome == Some(DAMAGED))
}

/// The best job of an experiment's best configuration.
///
/// # Errors
/// If there is no such experiment, or none of its jobs has finished.
pub fn best_job(database: &Database, experiment: &str) -> Result<JobId, String> {
    let metric = database.metric(experiment).map_err(|e| e.to_string())?;
    let metric = metric.ok_or_else(|| no_experiment(experiment))?;
    let best = database
        .best_job(experiment, &metric)
        .map_err(|e| e.to_string())?;
    match best {
        Some(best) => Ok(best),
        None => Err(why_no_best(database, experiment)?),
    }
}

/// Why none of an experiment's jobs is its best one.
fn why_no_best(database: &Database, experiment: &str) -> Result<String, String> {
    let jobs = database.progress(experiment).map_err(|e| e.to_string())?;
    let jobs = jobs.unwrap_or_default();
    if let Some(finished) = jobs.iter().find(|job| job.state.finished)
        && is_range_test(database, &finished.job)?
    {
        return Ok("its jobs are learning-rate range tests, which keep no weights".into());
    }
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    for job in &jobs {
        let outcome = job.state.outcome.as_deref();
        *outcomes.entry(outcome.unwrap_or("not ended")).or_default() += 1;
    }
    let outcomes = outcomes.iter();
    let outcomes: Vec<String> = outcomes.map(|(name, n)| format!("{n} {name}")).collect();
    Ok(match outcomes.is_empty() {
        true => "it has no jobs".into(),
        false => format!(
            "none of its jobs has finished ({}); `convsweep status {experiment}` lists them",
            outcomes.join(", ")
        ),
    })
}

fn is_range_test(database: &Database, job: &JobId) -> Result<bool, String> {
    let question = database.question(job).map_err(|error| error.to_string())?;
    Ok(question.is_some_and(|question| question.configuration.task.range_test().is_some()))
}
