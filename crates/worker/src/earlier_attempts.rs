//! What a job's log says of the attempts before this one.

use anyhow::{Result, bail};
use convsweep_files::{LineEnd, length_before_hole, not_regular, read_line};
use convsweep_spec::event::{Envelope, Event};
use convsweep_spec::id::JobId;
use convsweep_spec::log::log_of_other_job;
use convsweep_spec::log_line::{LONGEST_LINE, LineCheck, LineChecker};
use convsweep_spec::log_value::parse;
use convsweep_spec::metric::Number;
use convsweep_spec::words::printable;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::path::Path;

/// What the log of a job contains.
#[derive(Default)]
pub struct EarlierAttempts {
    /// The largest number of an attempt.
    pub last_attempt: Option<u32>,
    /// The metrics that are logged, by epoch; of several the newest.
    pub logged_metrics: BTreeMap<u32, BTreeMap<String, Number>>,
    /// Number of bytes in complete lines.
    pub length: u64,
    /// Number of the next line, from 1.
    pub next_line: u64,
}

/// Opens a log to append to it, and reads it. An incomplete last line is cut off. Lines that are
/// damaged are named on standard error and otherwise ignored.
///
/// # Errors
/// If the log is no regular file, cannot be read or written, or has events of another job or of a
/// newer program.
pub fn read_log(path: &Path, job: &JobId) -> Result<(File, EarlierAttempts)> {
    if let Ok(metadata) = path.metadata()
        && let Some(why) = not_regular(metadata.file_type())
    {
        bail!("it {why}");
    }
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).open(path)?;
    let mut reader = BufReader::new((&file).take(length_before_hole(&file)?.bytes));
    let mut earlier = EarlierAttempts::default();
    let (mut checker, mut line, mut number) = (LineChecker::default(), Vec::new(), 0u64);
    while let Some(read) = read_line(&mut reader, &mut line, LONGEST_LINE)? {
        if read.end == LineEnd::Torn {
            cut(path, &file, earlier.length)?;
            break;
        }
        number += 1;
        earlier.length += read.bytes;
        let check = match read.end {
            LineEnd::TooLong => checker.too_long(),
            LineEnd::Whole | LineEnd::Torn => checker.check(&line),
        };
        if let LineCheck::Newer(format) = check {
            bail!("it has lines of format {format}: use the newer convsweep that wrote them");
        }
        if let Some(problem) = check.problem() {
            tracing::warn!("{}, line {number}: {problem}", path.display());
        }
        if check.is_read() {
            match parse::<Envelope>(&line) {
                Ok((envelope, _)) => earlier.add(envelope, job)?,
                Err(problem) => tracing::warn!("{}, line {number}: {problem}", path.display()),
            }
        }
    }
    earlier.next_line = checker.next();
    Ok((file, earlier))
}

impl EarlierAttempts {
    fn add(&mut self, envelope: Envelope, job: &JobId) -> Result<()> {
        if envelope.job != *job {
            let found = printable(&envelope.job.0);
            bail!("it is {}", log_of_other_job(&found, job));
        }
        self.last_attempt = self.last_attempt.max(Some(envelope.attempt));
        if let Event::Metrics { epoch, values, .. } = envelope.event {
            self.logged_metrics.insert(epoch, values);
        }
        Ok(())
    }
}

fn cut(path: &Path, file: &File, length: u64) -> io::Result<()> {
    let torn = file.metadata()?.len().saturating_sub(length);
    tracing::warn!(
        "cut off an incomplete last line ({torn} bytes) of {}",
        path.display()
    );
    file.set_len(length)
}
