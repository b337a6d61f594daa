//! Reading the database, also while the writer runs; nothing here can change it.

use super::value::{Table, Value};
use crate::error::StoreError;
use crate::schema;
use convsweep_files::Durability;
use convsweep_spec::id::{JobId, StateKey};
use convsweep_spec::job::SavedState;
use convsweep_spec::layout::ResultsFolder;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, Row};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// A connection that only reads.
#[derive(Debug)]
pub struct Reader {
    pub(crate) connection: Connection,
    pub(crate) results: ResultsFolder,
    pub(crate) path: PathBuf,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobState {
    /// Number of the last attempt; 0 where there was none.
    pub attempts: u32,
    /// Name of the outcome: `finished` if any attempt did, else the last attempt's; `None` where
    /// that has not ended.
    pub outcome: Option<String>,
    /// Whether all is there that was asked for.
    pub finished: bool,
    /// Completed epochs, those of a state that it started from included.
    pub epoch: u32,
    /// Epochs asked for; 0 where no experiment's log names the job.
    pub epochs: u32,
    /// Whether any attempt wrote a checkpoint.
    pub checkpoint: bool,
    /// Words for a person about the outcome; empty where there are none.
    pub detail: String,
}

/// A job's place in an experiment, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobProgress {
    /// The job.
    pub job: JobId,
    /// Label of its configuration.
    pub label: String,
    /// Its seed.
    pub seed: u64,
    /// Its fold.
    pub fold: Option<u32>,
    /// How far it is.
    pub state: JobState,
}

/// What was decided about a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobDecision {
    /// Seconds since 1970-01-01 UTC.
    pub time: f64,
    /// Name of the rule, or `person`.
    pub rule: String,
    /// `go-on` or `stop`.
    pub verdict: String,
    /// Completed epochs.
    pub epoch: u32,
    /// Why.
    pub reason: String,
}

/// One experiment in short.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentSummary {
    /// Its name.
    pub name: String,
    /// Newest revision.
    pub revision: u32,
    /// The question in words.
    pub question: Option<String>,
    /// Its file.
    pub file: String,
    /// Configurations of the newest revision.
    pub configurations: u32,
    /// Its jobs.
    pub jobs: u32,
    /// Jobs that finished.
    pub finished: u32,
    /// Jobs whose last attempt failed, diverged, ran out of memory or time, or crashed.
    pub failed: u32,
    /// When the newest revision was made, in seconds since 1970-01-01 UTC.
    pub updated: f64,
}

impl Reader {
    /// Opens the database for reading.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is none; [`StoreError::Newer`], [`StoreError::Older`];
    /// [`StoreError::Damaged`].
    pub fn open(results: &ResultsFolder) -> Result<Reader, StoreError> {
        let path = results.database();
        Ok(Reader {
            connection: schema::open_readable(&path)?,
            results: results.clone(),
            path,
        })
    }

    /// Answers one SQL statement.
    ///
    /// # Errors
    /// [`StoreError::WouldWrite`] for one that would change something; [`StoreError::Query`] for
    /// one that SQLite does not understand, and for more than one.
    pub fn query(&self, sql: &str) -> Result<Table, StoreError> {
        let failed = |e: rusqlite::Error| match StoreError::sqlite(&self.path, e) {
            StoreError::Sqlite { source, .. } => StoreError::Query {
                message: source.to_string(),
            },
            StoreError::NotWritable { .. } => StoreError::WouldWrite {
                statement: first_words(sql),
            },
            other => other,
        };
        let mut batch = Batch::new(&self.connection, sql);
        let Some(mut statement) = batch.next().map_err(failed)? else {
            return Err(StoreError::Query {
                message: "there is no statement in the query".into(),
            });
        };
        if !statement.readonly() || changes_connection(sql) {
            return Err(StoreError::WouldWrite {
                statement: first_words(sql),
            });
        }
        if !matches!(batch.next(), Ok(None)) {
            return Err(StoreError::Query {
                message: "a query is one statement: ask one after the other".into(),
            });
        }
        let columns: Vec<String> = statement.column_names().map(String::from).collect();
        let cells = |row: &Row| {
            (0..columns.len())
                .map(|i| row.get_ref(i).map(Value::from))
                .collect()
        };
        let rows = statement
            .query_map([], cells)
            .map_err(failed)?
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        Ok(Table { columns, rows })
    }

    /// Tables and views as SQL with comments: what a query may ask for.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn schema(&self) -> Result<String, StoreError> {
        let sql = "select sql || ';' from sqlite_master where type in ('table', 'view') order by type, rowid";
        let statements: Vec<String> = self.rows(sql, [], |row| row.get(0))?;
        Ok(statements.join("\n\n") + "\n")
    }

    /// How far these jobs are; those that nothing is known of are left out.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn job_states(&self, jobs: &[JobId]) -> Result<HashMap<JobId, JobState>, StoreError> {
        let sql = "select j.job, j.attempts, j.outcome, j.epoch, coalesce(c.epochs, 0),
              exists (select 1 from attempts a where a.job = j.job and a.checkpoint_epoch is not null),
              case when j.outcome = 'stopped' then (select reason from decisions d where d.job = j.job and verdict = 'stop'
                order by attempt desc, epoch desc, time desc limit 1) end,
              (select detail from attempts a where a.job = j.job order by outcome is 'finished' desc, attempt desc limit 1)
            from json_each(?1) i join jobs j on j.job = i.value left join configurations c using (configuration)";
        let names: Vec<&str> = jobs.iter().map(|job| job.0.as_str()).collect();
        let names = serde_json::to_string(&names).unwrap_or_default();
        Ok(self.rows(sql, [names], job_state)?.into_iter().collect())
    }

    /// How far each job of an experiment's newest revision is, in the plan's order; `None` where
    /// there is no such experiment.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn progress(&self, name: &str) -> Result<Option<Vec<JobProgress>>, StoreError> {
        let sql = "select m.label, j.seed, j.fold, mj.job from experiments e
            join members m on m.experiment = e.experiment and m.revision = e.revision
            join member_jobs mj on mj.experiment = m.experiment and mj.revision = m.revision and mj.configuration = m.configuration
            join jobs j on j.job = mj.job where e.experiment = ?1 order by m.position, m.configuration, mj.position";
        let known: i64 = self
            .rows(
                "select count(*) from experiments where experiment = ?1",
                [name],
                |r| r.get(0),
            )?
            .remove(0);
        if known == 0 {
            return Ok(None);
        }
        let rows = self.rows(sql, [name], |row| {
            let seed = row.get::<_, i64>(1)? as u64;
            Ok((
                row.get::<_, String>(0)?,
                seed,
                row.get::<_, Option<u32>>(2)?,
                JobId(row.get(3)?),
            ))
        })?;
        let ids: Vec<JobId> = rows.iter().map(|(.., job)| job.clone()).collect();
        let mut states = self.job_states(&ids)?;
        let line = |(label, seed, fold, job): (String, u64, Option<u32>, JobId)| {
            states.remove(&job).map(|state| JobProgress {
                job,
                label,
                seed,
                fold,
                state,
            })
        };
        Ok(Some(rows.into_iter().filter_map(line).collect()))
    }

    /// Values of one metric by job and completed epochs, of every job of an experiment's newest
    /// revision.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn curves(
        &self,
        name: &str,
        metric: &str,
    ) -> Result<HashMap<JobId, BTreeMap<u32, f64>>, StoreError> {
        let sql = "select x.job, x.epoch, x.value from experiments e
            join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision
            join metrics x on x.job = mj.job and x.name = ?2 where e.experiment = ?1";
        let mut curves: HashMap<JobId, BTreeMap<u32, f64>> = HashMap::new();
        self.rows(sql, [name, metric], |row| {
            let value = row.get::<_, Option<f64>>(2)?.unwrap_or(f64::NAN);
            curves
                .entry(JobId(row.get(0)?))
                .or_default()
                .insert(row.get(1)?, value);
            Ok(())
        })?;
        Ok(curves)
    }

    /// Decisions about a job, oldest first: time, rule, verdict, completed epochs, reason.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn decisions(&self, job: &JobId) -> Result<Vec<JobDecision>, StoreError> {
        let sql = "select time, rule, verdict, epoch, reason from decisions where job = ?1
            order by attempt, epoch, time, verdict";
        self.rows(sql, [&job.0], |row| {
            let (time, rule, verdict) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(JobDecision {
                time,
                rule,
                verdict,
                epoch: row.get(3)?,
                reason: row.get(4)?,
            })
        })
    }

    /// Copies the database as it is at this moment into the file `to`, while others read and write
    /// it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where there is such a file; what keeps it from being written.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            return Err(StoreError::Exists {
                path: to.to_path_buf(),
            });
        }
        let new = convsweep_files::partial_path(to);
        schema::remove(&new)?;
        let wrong = |e| StoreError::sqlite(to, e);
        let mut copy = Connection::open(&new).map_err(wrong)?;
        // All pages in one step: one moment of the database, which a reader holds without holding
        // the writer up.
        let copied = rusqlite::backup::Backup::new(&self.connection, &mut copy)
            .and_then(|backup| backup.step(-1));
        copied.map_err(wrong)?;
        copy.query_row("pragma journal_mode = delete", [], |_| Ok(()))
            .map_err(wrong)?;
        copy.close().map_err(|(_, e)| wrong(e))?;
        Ok(convsweep_files::publish(&new, to, Durability::Content)?)
    }

    /// Numbers of completed epochs after which any job's training state is kept, the largest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn saved_epochs(&self) -> Result<Vec<u32>, StoreError> {
        self.rows(
            "select distinct epoch from states order by epoch desc",
            [],
            |row| row.get(0),
        )
    }

    /// Where the training states with these keys lie; those that nobody saved, or that are no
    /// longer on the disk, are left out.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn saved_states(
        &self,
        keys: &[StateKey],
    ) -> Result<HashMap<StateKey, SavedState>, StoreError> {
        let mut states = HashMap::new();
        for key in keys {
            let saved = self.rows(
                "select job, epoch, path from states where key = ?1 order by job",
                [&key.0],
                |row| {
                    let job = JobId(row.get(0)?);
                    let path = self.results.job(&job).join(row.get::<_, String>(2)?);
                    Ok(SavedState {
                        job,
                        epoch: row.get(1)?,
                        key: key.clone(),
                        path,
                    })
                },
            )?;
            if let Some(state) = saved.into_iter().find(|s| s.path.exists()) {
                states.insert(key.clone(), state);
            }
        }
        Ok(states)
    }

    /// All experiments, by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn experiments(&self) -> Result<Vec<ExperimentSummary>, StoreError> {
        let sql = "select e.experiment, e.revision, e.question, e.file, e.updated,
              (select count(*) from members m where m.experiment = e.experiment and m.revision = e.revision),
              count(j.job), total(j.outcome = 'finished'),
              total(j.outcome in ('failed', 'diverged', 'out-of-memory', 'timed-out', 'crashed', 'lost'))
            from experiments e
            left join member_jobs mj on mj.experiment = e.experiment and mj.revision = e.revision
            left join jobs j on j.job = mj.job
            group by e.experiment order by e.experiment";
        self.rows(sql, [], |row| {
            Ok(ExperimentSummary {
                name: row.get(0)?,
                revision: row.get(1)?,
                question: row.get(2)?,
                file: row.get(3)?,
                updated: row.get(4)?,
                configurations: row.get(5)?,
                jobs: row.get(6)?,
                finished: row.get::<_, f64>(7)? as u32,
                failed: row.get::<_, f64>(8)? as u32,
            })
        })
    }

    /// All rows of a statement of this crate.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let failed = |e| StoreError::sqlite(&self.path, e);
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        statement
            .query_map(parameters, read)
            .map_err(failed)?
            .collect::<Result<_, _>>()
            .map_err(failed)
    }
}

fn job_state(row: &Row) -> rusqlite::Result<(JobId, JobState)> {
    let outcome: Option<String> = row.get(2)?;
    let finished = outcome.as_deref() == Some("finished");
    let detail = row.get::<_, Option<String>>(6)?.or(row.get(7)?);
    let state = JobState {
        attempts: row.get(1)?,
        outcome,
        finished,
        epoch: row.get(3)?,
        epochs: row.get(4)?,
        checkpoint: row.get(5)?,
        detail: detail.unwrap_or_default(),
    };
    Ok((JobId(row.get(0)?), state))
}

/// Statements that SQLite calls reading, though they leave something changed: in the connection or
/// in another file.
fn changes_connection(sql: &str) -> bool {
    let word = first_words(sql)
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    !matches!(
        word.trim_start_matches('('),
        "select" | "with" | "values" | "explain" | "pragma"
    ) || (word == "pragma" && sql.contains('='))
}

/// The first words of a statement, without comments before them, for a message.
fn first_words(sql: &str) -> String {
    let mut rest = sql.trim_start();
    loop {
        let after = if rest.starts_with("--") {
            rest.find('\n').map(|i| &rest[i + 1..])
        } else if rest.starts_with("/*") {
            rest.find("*/").map(|i| &rest[i + 2..])
        } else {
            break;
        };
        rest = after.unwrap_or_default().trim_start();
    }
    let words: Vec<&str> = rest.split_whitespace().take(3).collect();
    words.join(" ")
}
