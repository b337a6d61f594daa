//! `query`: read-only SQL over the results.

use crate::args::QueryArgs;
use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::{say, say_json};
use crate::output::table::{csv_line, plain};
use anyhow::Result;
use convsweep_store::{Reader, Table, Value};
use serde_json::{Map, json};

/// Prints what the statement answers.
pub fn query(context: &Context, args: &QueryArgs) -> Result<Exit> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let Some(sql) = args.sql.as_deref().filter(|_| !args.schema) else {
        say(reader.schema().code(Exit::Results)?.trim_end())?;
        return Ok(Exit::Complete);
    };
    let table = reader.query(sql).code(Exit::Wrong)?;
    if args.json {
        say_json(&objects(&table))?;
    } else if args.csv {
        say(&csv_line(table.columns.iter().cloned()))?;
        for row in &table.rows {
            say(&csv_line(row.iter().map(Value::to_string)))?;
        }
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

/// For a person: six significant digits are enough; `--csv` and `--json` give all.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::Real(r) if *r != 0.0 && (r.abs() < 1e-4 || r.abs() >= 1e9) => format!("{r:.4e}"),
        Value::Real(r) => {
            let digits = (5 - r.abs().max(1e-9).log10().floor() as i32).clamp(0, 9) as usize;
            let text = format!("{r:.digits$}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_string()
            } else {
                text
            }
        }
        other => other.to_string(),
    }
}

fn objects(table: &Table) -> Vec<serde_json::Value> {
    let cell = |value: &Value| match value {
        Value::Null => json!(null),
        Value::Integer(i) => json!(i),
        Value::Real(r) if r.is_finite() => json!(r),
        other => json!(other.to_string()),
    };
    let object = |row: &Vec<Value>| {
        let entries = table.columns.iter().cloned().zip(row.iter().map(cell));
        serde_json::Value::Object(entries.collect::<Map<_, _>>())
    };
    table.rows.iter().map(object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shortened_for_a_person() {
        let check = |v: f64, expect: &str| assert_eq!(short(&Value::Real(v)), expect);
        check(0.718_250_000_1, "0.71825");
        check(1_234.567_89, "1234.57");
        check(1e-5, "1.0000e-5");
        check(3.0, "3");
        check(0.0, "0");
        check(120.0, "120");
    }
}
