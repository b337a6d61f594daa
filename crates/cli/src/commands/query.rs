//! `query`: read-only SQL on the results.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use anyhow::Result;
use clap::Args;
use convsweep_store::{QueryCell, Table};
use serde_json::{Map, Value, json};
use std::io::Write;

/// Arguments of `query`.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// A SELECT statement.
    #[arg(required_unless_present = "schema")]
    pub sql: Option<String>,
    /// Show tables and views instead.
    #[arg(long)]
    pub schema: bool,
    /// As CSV.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// As JSON, a list of objects.
    #[arg(long)]
    pub json: bool,
}

/// Prints the answer to a statement.
///
/// # Errors
/// If the statement is wrong or would change something.
pub fn query(context: &Context, args: &QueryArgs) -> Result<Exit> {
    let database = context.database()?;
    let Some(sql) = args.sql.as_deref().filter(|_| !args.schema) else {
        let schema = database.schema().code(Exit::Results)?;
        say(schema.trim_end())?;
        return Ok(Exit::Complete);
    };
    let table = database.query(sql).code(Exit::Wrong)?;
    if args.json {
        let objects: Vec<Value> = table.rows.iter().map(|row| object(&table, row)).collect();
        say_json(&objects)?;
    } else if args.csv {
        std::io::stdout().lock().write_all(&csv(&table)?)?;
    } else {
        let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
        let rows: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| row.iter().map(short).collect())
            .collect();
        say(&plain(&columns, &rows))?;
    }
    Ok(Exit::Complete)
}

/// A cell as displayed, with six significant digits; `--csv` and `--json` give all digits.
fn short(cell: &QueryCell) -> String {
    match cell {
        QueryCell::Null => "–".into(),
        QueryCell::Real(r) if *r != 0.0 && (r.abs() < 1e-4 || r.abs() >= 1e9) => format!("{r:.4e}"),
        QueryCell::Real(r) => {
            let magnitude = r.abs().max(1e-9).log10().floor() as i32;
            let decimals = (5 - magnitude).clamp(0, 9) as usize;
            let text = format!("{r:.decimals$}");
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
                false => text,
            }
        }
        QueryCell::Integer(_) | QueryCell::Text(_) | QueryCell::Blob(_) => cell.to_string(),
    }
}

/// The table as CSV (RFC 4180).
fn csv(table: &Table) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&table.columns)?;
    for row in &table.rows {
        writer.write_record(row.iter().map(QueryCell::to_string))?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

fn object(table: &Table, row: &[QueryCell]) -> Value {
    let mut object = Map::new();
    for (column, cell) in table.columns.iter().zip(row) {
        object.insert(column.clone(), json_value(cell));
    }
    Value::Object(object)
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
    fn numbers_are_shortened_for_a_person() {
        let check = |value: f64, expect: &str| assert_eq!(short(&QueryCell::Real(value)), expect);
        check(0.718_250_000_1, "0.71825");
        check(1_234.567_89, "1234.57");
        check(1e-5, "1.0000e-5");
        check(3.0, "3");
        check(0.0, "0");
        check(120.0, "120");
    }

    #[test]
    fn csv_quotes_where_it_must() {
        let text = |text: &str| QueryCell::Text(text.into());
        let table = Table {
            columns: ["a,b", "c"].map(String::from).into(),
            rows: vec![vec![text("say \"x\""), QueryCell::Null]],
        };
        let csv = csv(&table).expect("writes");
        assert_eq!(
            String::from_utf8_lossy(&csv),
            "\"a,b\",c\n\"say \"\"x\"\"\",\n"
        );
    }
}
