//! `query`: read-only SQL on the results.

mod rows;

use crate::commands::predictions::fill_table;
use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use crate::output::table::plain;
use anyhow::Result;
use clap::Args;
use convsweep_store::{PREDICTION_TABLE, QueryCell, UserQuery};
use rows::{Format, print_rows, query_failure};
use std::time::Duration;

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
    /// As JSON, a list of objects; of several columns of one name, the later ones get numbers: a:1.
    #[arg(long)]
    pub json: bool,
    /// End the query after this time; 0: never.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub timeout: Duration,
}

/// Prints the answer to a statement.
///
/// # Errors
/// If the statement is wrong or would change something.
pub fn query(context: &Context, args: &QueryArgs) -> Result<Exit> {
    let database = context.database()?;
    let Some(sql) = args.sql.as_deref().filter(|_| !args.schema) else {
        let schema = database.schema().code(Exit::Results)?;
        say(&format!("{}\n\n{PREDICTION_TABLE}", schema.trim_end()))?;
        return Ok(Exit::Complete);
    };
    if names_predictions(sql) {
        fill_table(context, &database)?;
    }
    let query = UserQuery {
        sql,
        time: Some(args.timeout),
    };
    if args.csv || args.json {
        let format = if args.csv { Format::Csv } else { Format::Json };
        print_rows(&database, query, format)?;
        return Ok(Exit::Complete);
    }
    let table = database.query(query).map_err(query_failure)?;
    let columns: Vec<&str> = table.columns.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(short).collect())
        .collect();
    say(&plain(&columns, &rows))?;
    Ok(Exit::Complete)
}

/// Whether a statement may read the table `predictions`.
fn names_predictions(sql: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = sql.split(|c| !is_name(c));
    words.any(|word| word.eq_ignore_ascii_case("predictions"))
}

/// Seconds on the command line.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "write a number of seconds, such as 60 or 0.5; 0 for no limit".into())
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
}
