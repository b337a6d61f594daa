//! The jobs whose predictions may be shown, and the table that a query can read them from.

use super::database::Database;
use crate::error::StoreError;
use crate::values::json;
use convsweep_spec::configuration::Configuration;
use convsweep_spec::data::DataSpec;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::PREDICTIONS;
use rusqlite::{Row, Transaction, params};

/// The table that a query can read predictions from; the program makes it for queries that name it.
pub const PREDICTION_TABLE: &str = "\
create temp table predictions ( -- made for queries that name it: the images that the chosen configuration of each experiment predicted
  experiment  text not null,
  job         text not null,
  part        text not null,    -- validation or test
  image       integer not null, -- number of the image, from 0: among those that training and validation images are taken from, or among the test images
  file        text,             -- path relative to the set; null: no set of files, or not decoded on this machine
  class       text not null,    -- true class
  predicted   text not null,
  probability real not null     -- of the predicted class
);";

/// A finished job that has left predictions.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictedJob {
    /// The experiment.
    pub experiment: String,
    /// The job.
    pub job: JobId,
    /// BLAKE3 of the file of its predictions; `None` if an older program wrote it.
    pub blake3: Option<String>,
    /// Its image set.
    pub data: DataSpec,
    /// Content hash of its image set.
    pub data_hash: String,
    /// Class names, by label.
    pub classes: Vec<String>,
    /// Whether its test results may be shown: it belongs to the chosen configuration or the
    /// baseline, or the experiment's file asks for all.
    pub shows_test: bool,
}

/// One row of the temporary table `predictions`.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionRow<'a> {
    /// The experiment.
    pub experiment: &'a str,
    /// The job.
    pub job: &'a JobId,
    /// `validation` or `test`.
    pub part: &'a str,
    /// Number of the image.
    pub image: u32,
    /// Its file, if it is known.
    pub file: Option<&'a str>,
    /// True class.
    pub class: &'a str,
    /// Predicted class.
    pub predicted: &'a str,
    /// Probability of the predicted class.
    pub probability: f64,
}

/// Which jobs are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredictedBy<'a> {
    /// Those of the chosen configuration of every experiment.
    Chosen,
    /// Those of the chosen configuration of one experiment.
    ChosenOf(&'a str),
    /// One job, once for each experiment that asks for it.
    Job(&'a JobId),
}

impl Database {
    /// The finished jobs asked for that have left predictions, in the order of the plans.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn predicted_jobs(&self, by: PredictedBy) -> Result<Vec<PredictedJob>, StoreError> {
        let sql = "
            select l.experiment, j.job, a.blake3, c.resolved, c.data_hash, r.classes,
              l.baseline or l.show_test or (l.rank = 1 and l.mean is not null)
            from (select b.*, e.show_test, e.revision from leaderboard b
                join experiments e on e.experiment = b.experiment
                where ?1 is null or b.experiment = ?1) l
            join revisions r on r.experiment = l.experiment and r.revision = l.revision
            join configurations c on c.configuration = l.configuration
            join member_jobs m on m.experiment = l.experiment and m.revision = l.revision
              and m.configuration = l.configuration
            join jobs j on j.job = m.job and j.outcome = 'finished'
            join artifacts a on a.job = j.job and a.path = ?3
            where case when ?2 is null then l.rank = 1 and l.mean is not null else m.job = ?2 end
            order by l.experiment, l.rank, m.position";
        let (experiment, job) = match by {
            PredictedBy::Chosen => (None, None),
            PredictedBy::ChosenOf(name) => (Some(name), None),
            PredictedBy::Job(job) => (None, Some(&job.0)),
        };
        self.rows(sql, params![experiment, job, PREDICTIONS], predicted_job)
    }

    /// Begins the table `predictions`, which only this connection has.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn begin_predictions(&self) -> Result<PredictionTable<'_>, StoreError> {
        let begin = || {
            self.connection.pragma_update(None, "query_only", false)?;
            self.connection.execute_batch(PREDICTION_TABLE)?;
            self.connection.unchecked_transaction()
        };
        Ok(PredictionTable {
            transaction: begin().map_err(|e| self.failed(e))?,
            database: self,
        })
    }
}

/// The table of predictions while it is being filled.
pub struct PredictionTable<'a> {
    transaction: Transaction<'a>,
    database: &'a Database,
}

impl PredictionTable<'_> {
    /// Adds a row.
    ///
    /// # Errors
    /// If SQLite reports an error, such as a full disk, here and below.
    pub fn add(&mut self, row: &PredictionRow) -> Result<(), StoreError> {
        let add = || {
            let sql = "insert into temp.predictions values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            self.transaction.prepare_cached(sql)?.execute(params![
                row.experiment,
                row.job.0,
                row.part,
                row.image,
                row.file,
                row.class,
                row.predicted,
                row.probability
            ])
        };
        add().map(drop).map_err(|e| self.database.failed(e))
    }

    /// The table is complete; from now on the connection only reads again.
    ///
    /// # Errors
    /// As [`PredictionTable::add`].
    pub fn finish(self) -> Result<(), StoreError> {
        let PredictionTable {
            transaction,
            database,
        } = self;
        let finish = || {
            transaction.commit()?;
            database.connection.pragma_update(None, "query_only", true)
        };
        finish().map_err(|e| database.failed(e))
    }
}

impl Database {
    fn failed(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sqlite(&self.path, error)
    }
}

fn predicted_job(row: &Row) -> rusqlite::Result<PredictedJob> {
    let configuration: Configuration = json(row, 3)?;
    Ok(PredictedJob {
        experiment: row.get(0)?,
        job: JobId(row.get(1)?),
        blake3: row.get(2)?,
        data: configuration.data,
        data_hash: row.get(4)?,
        classes: json(row, 5)?,
        shows_test: row.get(6)?,
    })
}
