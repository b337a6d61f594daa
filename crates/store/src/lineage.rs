//! In whose logs the epochs of a job are: what another job trained, from whose saved state this one
//! started, may be in that job's log only. Equal states, equal metrics.

use convsweep_spec::figures::kept_epoch;
use convsweep_spec::metric::BEST_EPOCH;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// A job whose log has some of the epochs of another job, or of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EpochSource {
    /// The job.
    pub job: String,
    /// It has the epochs after this one,
    pub above: u32,
    /// and up to this one.
    pub until: u32,
}

/// Where the epochs of a job are, the nearest first: its own log, then that of the job from whose
/// saved state it started, and so on. An epoch that the job has recorded itself is not looked for
/// elsewhere, and damaged logs say nothing about other jobs.
pub(crate) fn sources(connection: &Connection, job: &str) -> Result<Vec<EpochSource>> {
    let mut sources = vec![EpochSource {
        job: job.to_string(),
        above: 0,
        until: u32::MAX,
    }];
    let sql = "select o.job, s.origin_epoch, coalesce(o.origin_epoch, 0)
        from jobs s join jobs o on o.job = s.origin_job and o.outcome is not 'damaged'
        where s.job = ?1 and s.origin_epoch is not null";
    let mut statement = connection.prepare_cached(sql)?;
    while let Some(last) = sources.last() {
        let origin = statement.query_row([&last.job], |row| {
            Ok(EpochSource {
                job: row.get(0)?,
                above: row.get(2)?,
                until: last.until.min(row.get(1)?),
            })
        });
        match origin.optional()? {
            // Damaged logs may name each other.
            Some(origin) if sources.iter().all(|source| source.job != origin.job) => {
                sources.push(origin);
            }
            Some(_) | None => break,
        }
    }
    Ok(sources)
}

/// The epoch whose weights a job keeps, and the job whose log has it; `None` before its first.
pub(crate) fn kept(connection: &Connection, job: &str) -> Result<Option<(u32, String)>> {
    let sql = "select epoch, origin_job is not null from jobs where job = ?1";
    let row = |row: &rusqlite::Row| Ok((row.get::<_, u32>(0)?, row.get::<_, bool>(1)?));
    let (epoch, is_extended) = connection.prepare_cached(sql)?.query_row([job], row)?;
    if epoch == 0 {
        return Ok(None);
    }
    if !is_extended {
        let kept = kept_epoch(epoch, best_epoch(connection, job, epoch)?);
        return Ok(Some((kept, job.to_string())));
    }
    let sources = sources(connection, job)?;
    let last = source_of(connection, &sources, epoch)?;
    let kept = kept_epoch(epoch, best_epoch(connection, last, epoch)?);
    let source = source_of(connection, &sources, kept)?;
    Ok(Some((kept, source.to_string())))
}

/// The best epoch so far that a job recorded with this epoch.
fn best_epoch(connection: &Connection, job: &str, epoch: u32) -> Result<Option<f64>> {
    let sql = "select value from metrics where job = ?1 and epoch = ?2 and name = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let best = statement.query_row(params![job, epoch, BEST_EPOCH], |row| row.get(0));
    Ok(best.optional()?.flatten())
}

/// The job whose log has this epoch; the first of the sources if it is nowhere.
fn source_of<'a>(
    connection: &Connection,
    sources: &'a [EpochSource],
    epoch: u32,
) -> Result<&'a str> {
    let sql = "select exists (select 1 from metrics where job = ?1 and epoch = ?2)";
    let mut statement = connection.prepare_cached(sql)?;
    for source in sources {
        let may_have = source.above < epoch && epoch <= source.until;
        if may_have && statement.query_row(params![source.job, epoch], |row| row.get(0))? {
            return Ok(&source.job);
        }
    }
    Ok(sources.first().map_or("", |source| &source.job))
}
