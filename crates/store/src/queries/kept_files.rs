//! The files that jobs have left, as their logs describe them.

use super::database::Database;
use crate::error::StoreError;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::STATE_FILE;
use rusqlite::Row;
use std::path::{Path, PathBuf};

/// A file that a job has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// The job.
    pub job: JobId,
    /// Path relative to the job's folder.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of an artifact's bytes, or the hash that a training state carries; `None` if an older
    /// program wrote the file.
    pub blake3: Option<String>,
    /// Whether it is a training state: it carries its hash itself, and may have been pruned.
    pub is_state: bool,
}

impl Database {
    /// The artifacts and saved training states of these jobs, by job and path.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn kept_files(&self, jobs: &[JobId]) -> Result<Vec<KeptFile>, StoreError> {
        let sql = "
            select f.job, f.path, f.bytes, f.blake3, 0 from json_each(?1) i
              join artifacts f on f.job = i.value
            union all select f.job, f.path, f.bytes, f.blake3, 1 from json_each(?1) i
              join states f on f.job = i.value
            order by 1, 5, 2";
        let names: Vec<&str> = jobs.iter().map(|job| job.0.as_str()).collect();
        let names = serde_json::to_string(&names).unwrap_or_default();
        self.rows(sql, [names], kept_file)
    }
}

fn kept_file(row: &Row) -> rusqlite::Result<KeptFile> {
    let path: String = row.get(1)?;
    let is_state: bool = row.get(4)?;
    Ok(KeptFile {
        job: JobId(row.get(0)?),
        path: match is_state {
            true => Path::new(&path).join(STATE_FILE),
            false => PathBuf::from(path),
        },
        bytes: row.get::<_, i64>(2)? as u64,
        blake3: row.get(3)?,
        is_state,
    })
}
