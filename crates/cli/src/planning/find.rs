//! Jobs and experiments by what a person calls them.

use crate::exit::{Code, Exit, Failure};
use anyhow::Result;
use convsweep_spec::id::JobId;
use convsweep_store::{JobProgress, Reader};

/// The one recorded job whose id begins with `prefix`; it need not have begun.
pub fn find(reader: &Reader, prefix: &str) -> Result<JobId> {
    let wrong = |message: String| {
        anyhow::Error::from(Failure {
            exit: Exit::Wrong,
            message,
        })
    };
    if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(wrong(format!(
            "\"{prefix}\" is no job id: ids are hexadecimal; `convsweep status NAME` lists them"
        )));
    }
    let prefix = prefix.to_ascii_lowercase();
    let sql = format!(
        "select job from jobs where job >= '{prefix}' and job < '{prefix}g' order by job limit 5"
    );
    let rows = reader.query(&sql).code(Exit::Results)?.rows;
    let found: Vec<String> = rows.iter().map(|row| row[0].to_string()).collect();
    match &found[..] {
        [] => Err(wrong(format!(
            "no job {prefix} here; `convsweep status NAME` lists them"
        ))),
        [one] => Ok(JobId(one.clone())),
        _ => Err(wrong(format!(
            "several jobs begin with {prefix}: {}; write more of the id",
            found.join(", ")
        ))),
    }
}

/// How far the jobs of an experiment are, or an error that names the experiments that there are.
pub fn progress(reader: &Reader, name: &str) -> Result<Vec<JobProgress>> {
    match reader.progress(name).code(Exit::Results)? {
        Some(rows) => Ok(rows),
        None => Err(unknown(reader, name)),
    }
}

/// There is no such experiment; names those there are.
pub fn unknown(reader: &Reader, name: &str) -> anyhow::Error {
    let known: Vec<String> = reader
        .experiments()
        .unwrap_or_default()
        .into_iter()
        .map(|e| e.name)
        .collect();
    let message = match known.is_empty() {
        true => format!("no experiment \"{name}\": nothing was run here yet"),
        false => format!(
            "no experiment \"{name}\" here; there are {}",
            known.join(", ")
        ),
    };
    Failure {
        exit: Exit::Wrong,
        message,
    }
    .into()
}
