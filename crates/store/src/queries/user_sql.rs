//! SQL statements that a user writes: anything that only reads.

use super::database::Database;
use crate::error::StoreError;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, ErrorCode};
use std::fmt;
use std::time::Duration;

/// Largest answer that is collected, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;
/// Longest text or blob that a query may make, in bytes.
const LONGEST_VALUE: i32 = 64 << 20;

/// One cell of an answer, free of SQLite's types.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryCell {
    /// No value; also stands for NaN, which SQLite does not have.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text; bytes that are not UTF-8 are replaced.
    Text(String),
    /// A blob; only its length in bytes is kept.
    Blob(usize),
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<QueryCell>>,
}

/// A statement of the user's.
#[derive(Clone, Copy, Debug)]
pub struct UserQuery<'a> {
    /// The statement.
    pub sql: &'a str,
    /// How long it may take; `None` and 0 for as long as it wants.
    pub time: Option<Duration>,
}

impl Database {
    /// Runs one SQL statement of the user's, and collects its answer.
    ///
    /// # Errors
    /// As [`Database::query_rows`]; [`StoreError::Query`] for an answer of more than 64 MB.
    pub fn query<'a>(&self, query: impl Into<UserQuery<'a>>) -> Result<Table, StoreError> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let columns = self.query_rows(query.into(), &mut |_, row| {
            bytes += row.iter().map(QueryCell::size).sum::<usize>();
            rows.push(row);
            bytes <= LARGEST_ANSWER
        })?;
        if bytes > LARGEST_ANSWER {
            let message = "the answer has more than 64 MB: ask for less (`limit 1000`), \
                or print it row by row with --csv or --json";
            let message = message.to_string();
            return Err(StoreError::Query { message });
        }
        Ok(Table { columns, rows })
    }

    /// Runs one SQL statement of the user's. Each row is handed over with the names of the columns,
    /// which are also the answer, until there are no more or `row` answers `false`.
    ///
    /// # Errors
    /// [`StoreError::WouldWrite`] for a statement that would change something;
    /// [`StoreError::TimedOut`]; [`StoreError::Query`] for one that SQLite does not understand, and
    /// for more than one.
    pub fn query_rows(
        &self,
        query: UserQuery,
        row: &mut dyn FnMut(&[String], Vec<QueryCell>) -> bool,
    ) -> Result<Vec<String>, StoreError> {
        let limit = Limit::SQLITE_LIMIT_LENGTH;
        let failed = |e| self.query_error(&query, e);
        let before = self
            .connection
            .set_limit(limit, LONGEST_VALUE)
            .map_err(failed)?;
        self.guard.begin(query.time);
        let columns = self.run_query(&query, row);
        self.guard.end();
        self.connection.set_limit(limit, before).map_err(failed)?;
        columns
    }

    fn run_query(
        &self,
        query: &UserQuery,
        row: &mut dyn FnMut(&[String], Vec<QueryCell>) -> bool,
    ) -> Result<Vec<String>, StoreError> {
        let failed = |e| self.query_error(query, e);
        let mut batch = Batch::new(&self.connection, query.sql);
        let Some(mut statement) = batch.next().map_err(failed)? else {
            let message = "there is no statement in the query".into();
            return Err(StoreError::Query { message });
        };
        // To explain a statement is not to run it.
        if !statement.readonly() && statement.is_explain() == 0 {
            let statement = first_words(query.sql);
            return Err(StoreError::WouldWrite { statement });
        }
        if !matches!(batch.next(), Ok(None)) {
            let message = "a query is one statement: ask one after the other".into();
            return Err(StoreError::Query { message });
        }
        let columns: Vec<String> = statement.column_names().map(String::from).collect();
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(found) = rows.next().map_err(failed)? {
            let cells = (0..columns.len()).map(|i| found.get_ref(i).map(QueryCell::from));
            if !row(&columns, cells.collect::<Result<_, _>>().map_err(failed)?) {
                break;
            }
        }
        Ok(columns)
    }

    /// Tables and views as SQL with comments: what a query can use.
    ///
    /// # Errors
    /// If SQLite reports an error.
    pub fn schema(&self) -> Result<String, StoreError> {
        let sql = "select sql || ';' from sqlite_master
            where type in ('table', 'view') order by type, rowid";
        let statements: Vec<String> = self.rows(sql, [], |row| row.get(0))?;
        Ok(statements.join("\n\n") + "\n")
    }

    fn query_error(&self, query: &UserQuery, error: rusqlite::Error) -> StoreError {
        let statement = || first_words(query.sql);
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => {
                let seconds = query.time.unwrap_or_default().as_secs_f64();
                return StoreError::TimedOut { seconds };
            }
            Some(ErrorCode::AuthorizationForStatementDenied) => {
                let statement = statement();
                return StoreError::WouldWrite { statement };
            }
            Some(_) | None => {}
        }
        match StoreError::sqlite(&self.path, error) {
            StoreError::Sqlite { source, .. } => StoreError::Query {
                message: source.to_string(),
            },
            StoreError::NotWritable { .. } => StoreError::WouldWrite {
                statement: statement(),
            },
            other => other,
        }
    }
}

/// The first words of a statement, without the comments before them, for a message.
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

impl QueryCell {
    /// Its size in memory, in bytes.
    fn size(&self) -> usize {
        let text = match self {
            QueryCell::Text(text) => text.len(),
            QueryCell::Null | QueryCell::Integer(_) | QueryCell::Real(_) | QueryCell::Blob(_) => 0,
        };
        size_of::<QueryCell>() + text
    }
}

impl<'a> From<&'a str> for UserQuery<'a> {
    /// Without a time limit.
    fn from(sql: &'a str) -> UserQuery<'a> {
        UserQuery { sql, time: None }
    }
}

impl From<ValueRef<'_>> for QueryCell {
    fn from(value: ValueRef) -> QueryCell {
        match value {
            ValueRef::Null => QueryCell::Null,
            ValueRef::Integer(i) => QueryCell::Integer(i),
            ValueRef::Real(r) => QueryCell::Real(r),
            ValueRef::Text(bytes) => QueryCell::Text(String::from_utf8_lossy(bytes).into_owned()),
            ValueRef::Blob(bytes) => QueryCell::Blob(bytes.len()),
        }
    }
}

impl fmt::Display for QueryCell {
    /// As in CSV: nothing for NULL, and for a number the shortest text that reads back as it.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            QueryCell::Null => Ok(()),
            QueryCell::Integer(i) => write!(f, "{i}"),
            QueryCell::Real(r) => write!(f, "{r}"),
            QueryCell::Text(text) => f.write_str(text),
            QueryCell::Blob(length) => write!(f, "<{length} bytes>"),
        }
    }
}
