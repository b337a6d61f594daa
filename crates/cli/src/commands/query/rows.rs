//! Answers for other programs, printed row by row, so that their size does not matter.

use crate::exit::{Exit, failure};
use crate::output::stdout::{Stdout, open_stdout};
use anyhow::Result;
use convsweep_store::{Database, QueryCell, StoreError, UserQuery};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io;

/// How rows are printed.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// RFC 4180.
    Csv,
    /// A list of objects.
    Json,
}

/// Prints the answer to a statement.
///
/// # Errors
/// If the statement is wrong or takes too long, or stdout cannot be written.
pub fn print_rows(database: &Database, query: UserQuery, format: Format) -> Result<()> {
    let mut printer = Printer {
        out: open_stdout(),
        format,
        keys: vec![],
        rows: 0,
    };
    let mut printed = Ok(());
    let answered = database.query_rows(query, &mut |columns, row| {
        printed = printer.row(columns, &row);
        printed.is_ok()
    });
    let columns = answered.map_err(query_failure)?;
    printed?;
    printer.end(&columns)
}

/// The statement is wrong or takes too long, or the database cannot be used.
pub fn query_failure(error: StoreError) -> anyhow::Error {
    let exit = match error {
        StoreError::WouldWrite { .. } | StoreError::TimedOut { .. } | StoreError::Query { .. } => {
            Exit::Wrong
        }
        _ => Exit::Results,
    };
    failure(exit, error.to_string())
}

struct Printer {
    out: Stdout,
    format: Format,
    /// The keys of JSON objects.
    keys: Vec<String>,
    rows: u64,
}

impl Printer {
    fn row(&mut self, columns: &[String], row: &[QueryCell]) -> Result<()> {
        if self.rows == 0 {
            self.begin(columns)?;
        }
        let text = match self.format {
            Format::Csv => csv_line(row.iter().map(QueryCell::to_string))?,
            Format::Json => {
                let comma = if self.rows == 0 { "" } else { "," };
                format!("{comma}\n{}", indented(&object(&self.keys, row))?).into_bytes()
            }
        };
        self.rows += 1;
        self.out.write(&text)
    }

    fn begin(&mut self, columns: &[String]) -> Result<()> {
        match self.format {
            Format::Csv => self.out.write(&csv_line(columns)?),
            Format::Json => {
                self.keys = distinct(columns);
                self.out.write(b"[")
            }
        }
    }

    fn end(&mut self, columns: &[String]) -> Result<()> {
        if self.rows == 0 {
            self.begin(columns)?;
        }
        match (self.format, self.rows) {
            (Format::Csv, _) => {}
            (Format::Json, 0) => self.out.write(b"]\n")?,
            (Format::Json, _) => self.out.write(b"\n]\n")?,
        }
        self.out.flush()
    }
}

fn csv_line(cells: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

/// An object as an item of an indented list.
fn indented(object: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(object).map_err(io::Error::from)?;
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    Ok(lines.join("\n"))
}

fn object(keys: &[String], row: &[QueryCell]) -> Value {
    let mut object = Map::new();
    for (key, cell) in keys.iter().zip(row) {
        object.insert(key.clone(), json_value(cell));
    }
    Value::Object(object)
}

/// The names of the columns; one that is there already gets a number, as SQLite does it for
/// subqueries: `a`, `a:1`.
fn distinct(columns: &[String]) -> Vec<String> {
    let mut taken: BTreeSet<String> = columns.iter().cloned().collect();
    let mut keys: Vec<String> = Vec::with_capacity(columns.len());
    for name in columns {
        let mut key = name.clone();
        let mut number = 0;
        while keys.contains(&key) || (number > 0 && taken.contains(&key)) {
            number += 1;
            key = format!("{name}:{number}");
        }
        taken.insert(key.clone());
        keys.push(key);
    }
    keys
}

fn json_value(cell: &QueryCell) -> Value {
    match cell {
        QueryCell::Null => json!(null),
        QueryCell::Integer(i) => json!(i),
        QueryCell::Real(r) if r.is_finite() => json!(r),
        QueryCell::Real(_) | QueryCell::Text(_) | QueryCell::Blob(_) => json!(cell.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_where_it_must() {
        let line =
            |cells: &[&str]| String::from_utf8(csv_line(cells).expect("writes")).expect("UTF-8");
        assert_eq!(line(&["a,b", "c"]), "\"a,b\",c\n");
        assert_eq!(line(&["say \"x\"", ""]), "\"say \"\"x\"\"\",\n");
    }

    #[test]
    fn columns_of_one_name_stay_apart() {
        let check = |columns: &[&str], keys: &[&str]| {
            let columns: Vec<String> = columns.iter().map(|name| name.to_string()).collect();
            assert_eq!(distinct(&columns), keys);
        };
        check(&["a", "b"], &["a", "b"]);
        check(&["a", "a", "a"], &["a", "a:1", "a:2"]);
        check(&["a", "a", "a:1"], &["a", "a:2", "a:1"]);
    }
}
