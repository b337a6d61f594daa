//! Finding a job by the beginning of its id.

use super::database::Database;
use crate::error::StoreError;
use convsweep_spec::id::JobId;
use thiserror::Error;

/// Ids listed in the message about an ambiguous prefix.
const MAX_LISTED: usize = 5;

/// Why the beginning of an id does not name a job.
#[derive(Debug, Error)]
pub enum FindJobError {
    /// The text cannot be the beginning of an id.
    #[error(
        "\"{0}\" is not a job id: ids are hexadecimal numbers; `convsweep status NAME` lists them"
    )]
    NotAnId(String),
    /// No job has such an id.
    #[error("no job id begins with {0}; `convsweep status NAME` lists the jobs of an experiment")]
    Unknown(String),
    /// Several jobs have such an id.
    #[error("several job ids begin with {prefix}: {}; give more of the id", list(.jobs))]
    Ambiguous {
        /// The beginning that was given.
        prefix: String,
        /// The jobs, or the first few of them.
        jobs: Vec<JobId>,
    },
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Database {
    /// The one recorded job whose id begins with `prefix`, in upper or lower case. It need not have
    /// started yet.
    ///
    /// # Errors
    /// [`FindJobError`]: no job or several jobs begin so.
    pub fn find_job(&self, prefix: &str) -> Result<JobId, FindJobError> {
        let prefix = checked(prefix)?;
        let sql = "select job from jobs where job >= ?1 and job < ?1 || 'g' order by job limit ?2";
        let parameters = rusqlite::params![prefix, MAX_LISTED as i64 + 1];
        let jobs = self.rows(sql, parameters, |row| Ok(JobId(row.get(0)?)))?;
        only(prefix, jobs)
    }
}

/// The one of `jobs` whose id begins with `prefix`, in upper or lower case.
///
/// # Errors
/// [`FindJobError`]: none or several of them begin so.
pub fn find_job_among<'a>(
    prefix: &str,
    jobs: impl IntoIterator<Item = &'a JobId>,
) -> Result<JobId, FindJobError> {
    let prefix = checked(prefix)?;
    let mut found = Vec::new();
    for job in jobs {
        if job.0.starts_with(&prefix) {
            found.push(job.clone());
        }
    }
    only(prefix, found)
}

/// The prefix in lower case, as ids are written.
fn checked(prefix: &str) -> Result<String, FindJobError> {
    if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(FindJobError::NotAnId(prefix.to_string()));
    }
    Ok(prefix.to_ascii_lowercase())
}

fn only(prefix: String, mut jobs: Vec<JobId>) -> Result<JobId, FindJobError> {
    match jobs.pop() {
        None => Err(FindJobError::Unknown(prefix)),
        Some(job) if jobs.is_empty() => Ok(job),
        Some(last) => {
            jobs.push(last);
            Err(FindJobError::Ambiguous { prefix, jobs })
        }
    }
}

fn list(jobs: &[JobId]) -> String {
    let shown: Vec<&str> = jobs.iter().take(MAX_LISTED).map(|job| &*job.0).collect();
    let more = if jobs.len() > MAX_LISTED { ", …" } else { "" };
    shown.join(", ") + more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs() -> Vec<JobId> {
        ["ab12", "ab34", "cd56"].map(|id| JobId(id.into())).into()
    }

    #[test]
    fn a_unique_prefix_names_its_job_in_either_case() {
        for prefix in ["c", "cd56", "CD", "Cd5"] {
            let found = find_job_among(prefix, &jobs()).expect(prefix);
            assert_eq!(found.0, "cd56", "{prefix}");
        }
    }

    #[test]
    fn other_prefixes_say_what_is_wrong() {
        let check = |prefix: &str, expect: &str| {
            let error = find_job_among(prefix, &jobs()).expect_err(prefix);
            assert_eq!(error.to_string(), expect);
        };
        check(
            "",
            "\"\" is not a job id: ids are hexadecimal numbers; `convsweep status NAME` lists them",
        );
        check(
            "s",
            "\"s\" is not a job id: ids are hexadecimal numbers; `convsweep status NAME` lists them",
        );
        check(
            "EF",
            "no job id begins with ef; `convsweep status NAME` lists the jobs of an experiment",
        );
        check(
            "AB",
            "several job ids begin with ab: ab12, ab34; give more of the id",
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let many: Vec<JobId> = (0..9).map(|i| JobId(format!("a{i}"))).collect();
        let error = find_job_among("a", &many).expect_err("ambiguous");
        let expect = "several job ids begin with a: a0, a1, a2, a3, a4, …; give more of the id";
        assert_eq!(error.to_string(), expect);
    }
}
