//! What a query answers, free of SQLite's types.

use rusqlite::types::ValueRef;
use std::fmt;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing; also what stands for a number that is none (NaN).
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text; bytes that are not UTF-8 are replaced.
    Text(String),
    /// A blob, of which only the length in bytes is kept.
    Blob(usize),
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef) -> Value {
        match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(i) => Value::Integer(i),
            ValueRef::Real(r) => Value::Real(r),
            ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.len()),
        }
    }
}

impl fmt::Display for Value {
    /// As in CSV: nothing for NULL, the shortest text that reads back as the same number.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Integer(i) => write!(f, "{i}"),
            Value::Real(r) => write!(f, "{r}"),
            Value::Text(text) => f.write_str(text),
            Value::Blob(length) => write!(f, "<{length} bytes>"),
        }
    }
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}
