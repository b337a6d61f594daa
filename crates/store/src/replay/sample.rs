//! Reading samples of the logs, for a check that does not take long.

use super::log_position::LogPosition;
use super::logs::{LogOwner, LogReader, is_there};
use super::sync_report::SyncReport;
use crate::error::{StoreError, io_remedy};
use convsweep_files::{is_absence, open_regular};
use convsweep_spec::event::Envelope;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{ResultsFolder, job_log};
use convsweep_spec::log::log_of_other_job;
use convsweep_spec::log_line::{LineCheck, LineChecker};
use convsweep_spec::log_value::parse;
use convsweep_spec::words::{counted, printable};
use rusqlite::Connection;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// Of so many jobs, the log of one is read as a whole.
const ONE_OF: usize = 20;
/// Bytes at either end of a log that are read.
const END: u64 = 1 << 16;

/// Reads all logs of experiments and every twentieth log of a job into an empty database, and looks
/// at the first and the last line of the other ones. The text says what was read.
pub(crate) fn replay_sample(
    connection: &Connection,
    results: &ResultsFolder,
) -> Result<(SyncReport, String), StoreError> {
    let mut reader = LogReader::begin(connection, results)?;
    reader.experiment_logs(&mut HashMap::new())?;
    let jobs = reader.folders(&results.jobs())?;
    for (index, job) in jobs.iter().enumerate() {
        let job = JobId(job.clone());
        if index % ONE_OF == 0 {
            reader.log(job_log(&job), None, &LogOwner::Job(job))?;
        } else {
            reader.ends_of(&job)?;
        }
    }
    let (whole, all) = (jobs.len().div_ceil(ONE_OF), jobs.len());
    let sample = format!(
        "only samples were read: the logs of experiments, {} of {} as a whole, and the first and \
        the last line of the others",
        counted(whole as u64, "log"),
        counted(all as u64, "job")
    );
    reader.commit()?;
    Ok((reader.report, sample))
}

/// Logs that are gone or shorter than the database has read them, each with what to do.
pub(crate) fn changed_logs(
    connection: &Connection,
    results: &ResultsFolder,
) -> rusqlite::Result<Vec<String>> {
    let mut problems = Vec::new();
    for (log, position) in LogPosition::all(connection)? {
        let found = match results.0.join(&log).metadata() {
            Ok(file) if !file.is_file() || file.len() >= position.offset => continue,
            Ok(_) => "is shorter than when it was last read",
            Err(error) if is_absence(&error) => "is gone",
            Err(error) => {
                let remedy = io_remedy(&error);
                problems.push(format!("{log}: cannot be read: {error}; {remedy}"));
                continue;
            }
        };
        problems.push(format!(
            "{log}: {found}, and the database has what it held: put back a copy of the log"
        ));
    }
    problems.sort();
    Ok(problems)
}

impl LogReader<'_> {
    /// Looks at the first and the last line of a job's log.
    fn ends_of(&mut self, job: &JobId) -> Result<(), StoreError> {
        let name = job_log(job);
        let path = self.results.0.join(&name);
        if self.is_no_file(&name, &LogOwner::Job(job.clone()))? || !is_there(&path)? {
            return Ok(());
        }
        let (first, last) = ends(&path).map_err(|e| StoreError::io(&path, e))?;
        let Some(first) = first else {
            return Ok(());
        };
        let check = LineChecker::default().check(&first);
        if check.is_read()
            && let Ok((envelope, _)) = parse::<Envelope>(&first)
            && envelope.job != *job
        {
            let found = printable(&envelope.job.0);
            let problem = format!("{name}:1: is {}", log_of_other_job(&found, job));
            self.report.with_remedy.push(problem.clone());
            self.report.problems.push(problem);
        }
        if let Some(problem) = check.problem() {
            self.report.problems.push(format!("{name}:1: {problem}"));
        }
        if !last.is_empty()
            && let LineCheck::Damaged(_) = LineChecker::default().check(&last)
        {
            let problem = format!("{name}: the last line is damaged");
            self.report.problems.push(problem);
        }
        if check == LineCheck::Unchecked {
            self.report.unchecked += 1;
            self.report.unchecked_logs.push(name);
        }
        Ok(())
    }
}

/// The first and the last complete line of a file, without their ends; `None` or empty if there is
/// none of at most [`END`] bytes.
fn ends(path: &std::path::Path) -> io::Result<(Option<Vec<u8>>, Vec<u8>)> {
    let (file, metadata) = open_regular(path).map_err(|error| error.source)?;
    let size = metadata.len();
    let mut reader = BufReader::new(file);
    let mut first = Vec::new();
    reader.by_ref().take(END).read_until(b'\n', &mut first)?;
    let first = first.strip_suffix(b"\n").map(<[u8]>::to_vec);
    let mut tail = Vec::new();
    reader.seek(SeekFrom::Start(size.saturating_sub(END)))?;
    reader.read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
    let start = tail[..whole].iter().rposition(|&byte| byte == b'\n');
    let last = match start {
        Some(start) => tail[start + 1..whole].to_vec(),
        None if size <= END => tail[..whole].to_vec(),
        None => vec![],
    };
    Ok((first, last))
}
