//! Values of rows that SQLite spells otherwise than we do.

use convsweep_spec::metric::Direction;
use rusqlite::{Result, Row};
use serde::de::DeserializeOwned;

/// A number; the database stores NaN as NULL.
pub(crate) fn number(row: &Row, column: usize) -> Result<f64> {
    Ok(row.get::<_, Option<f64>>(column)?.unwrap_or(f64::NAN))
}

/// A seed; SQLite's integers are signed.
pub(crate) fn seed(row: &Row, column: usize) -> Result<u64> {
    Ok(row.get::<_, i64>(column)? as u64)
}

/// A value stored as JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e))
    })
}

/// A direction as the database spells it.
pub(crate) fn direction(name: &str) -> Direction {
    match name {
        "min" => Direction::Min,
        _ => Direction::Max,
    }
}
