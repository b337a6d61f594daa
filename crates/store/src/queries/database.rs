//! A connection to the database that only reads; the questions are in the files next to this one.

use super::guard::QueryGuard;
use crate::error::StoreError;
use crate::schema;
use convsweep_spec::layout::ResultsFolder;
use rusqlite::{Connection, Row};
use std::path::PathBuf;

/// The results database, open for reading. A running sweep may write to it at the same time.
#[derive(Debug)]
pub struct Database {
    pub(crate) connection: Connection,
    pub(crate) results: ResultsFolder,
    pub(crate) path: PathBuf,
    pub(crate) guard: QueryGuard,
}

impl Database {
    /// Opens the database for reading.
    ///
    /// # Errors
    /// [`StoreError::NoFolder`], [`StoreError::Missing`] if there is none; [`StoreError::Newer`],
    /// [`StoreError::Older`]; [`StoreError::Damaged`].
    pub fn open(results: &ResultsFolder) -> Result<Database, StoreError> {
        let path = results.database();
        Database::guarded(schema::open_readable(&path)?, results, path)
    }

    /// Opens the database for reading for a program that holds the results folder's lock. Unlike
    /// [`Database::open`], it needs no space on the disk.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open_alone(results: &ResultsFolder) -> Result<Database, StoreError> {
        let path = results.database();
        let connection = match schema::open_readable(&path) {
            Err(StoreError::DiskFull { .. } | StoreError::Sqlite { .. }) => {
                schema::open_alone(&path)?
            }
            opened => opened?,
        };
        Database::guarded(connection, results, path)
    }

    fn guarded(
        mut connection: Connection,
        results: &ResultsFolder,
        path: PathBuf,
    ) -> Result<Database, StoreError> {
        let guard = QueryGuard::install(&mut connection);
        Ok(Database {
            guard: guard.map_err(|e| StoreError::sqlite(&path, e))?,
            connection,
            results: results.clone(),
            path,
        })
    }

    /// All rows of one of this crate's statements.
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

    /// The first row of one of this crate's statements, if there is any.
    pub(crate) fn first_row<T>(
        &self,
        sql: &str,
        parameters: impl rusqlite::Params,
        read: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(sql, parameters, read)?.into_iter().next())
    }
}
