//! SQL statements that a user writes: anything that only reads.

use super::database::Database;
use crate::error::StoreError;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Row};
use std::fmt;

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

impl Database {
    /// Runs one SQL statement of the user's.
    ///
    /// # Errors
    /// [`StoreError::WouldWrite`] for a statement that would change something;
    /// [`StoreError::Query`] for one that SQLite does not understand, and for more than one.
    pub fn query(&self, sql: &str) -> Result<Table, StoreError> {
        let failed = |e| self.query_error(sql, e);
        let mut batch = Batch::new(&self.connection, sql);
        let Some(mut statement) = batch.next().map_err(failed)? else {
            let message = "there is no statement in the query".into();
            return Err(StoreError::Query { message });
        };
        if !statement.readonly() || changes_connection(sql) {
            let statement = first_words(sql);
            return Err(StoreError::WouldWrite { statement });
        }
        if !matches!(batch.next(), Ok(None)) {
            let message = "a query is one statement: ask one after the other".into();
            return Err(StoreError::Query { message });
        }
        let columns: Vec<String> = statement.column_names().map(String::from).collect();
        let cells = |row: &Row| {
            (0..columns.len())
                .map(|i| row.get_ref(i).map(QueryCell::from))
                .collect()
        };
        let rows = statement
            .query_map([], cells)
            .map_err(failed)?
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        Ok(Table { columns, rows })
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

    fn query_error(&self, sql: &str, error: rusqlite::Error) -> StoreError {
        match StoreError::sqlite(&self.path, error) {
            StoreError::Sqlite { source, .. } => StoreError::Query {
                message: source.to_string(),
            },
            StoreError::NotWritable { .. } => StoreError::WouldWrite {
                statement: first_words(sql),
            },
            other => other,
        }
    }
}

/// Whether a statement that SQLite calls read-only would still change the connection or another
/// file (`attach`, `begin`, `pragma x = y`, …).
fn changes_connection(sql: &str) -> bool {
    let words = first_words(sql).to_ascii_lowercase();
    let first = words.split_whitespace().next().unwrap_or_default();
    match first.trim_start_matches('(') {
        "select" | "with" | "values" | "explain" => false,
        "pragma" => first == "pragma" && sql.contains('='),
        _ => true,
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
