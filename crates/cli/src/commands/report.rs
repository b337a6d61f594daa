//! `report`: charts, page and tables anew.

use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use crate::output::table::plain;
use crate::planning::find::unknown;
use anyhow::Result;
use convsweep_store::Reader;
use std::path::Path;

/// Renders the reports of the named experiments.
pub fn report(context: &Context, names: &[String]) -> Result<Exit> {
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    for name in names {
        render(context, &reader, name)?;
    }
    Ok(Exit::Complete)
}

/// Renders one report and prints its answer, the leaderboard and where everything is.
pub fn render(context: &Context, reader: &Reader, name: &str) -> Result<()> {
    let Some(rows) = reader.experiment(name).code(Exit::Results)? else {
        return Err(unknown(reader, name));
    };
    let report = convsweep_report::report(&rows, &context.results).code(Exit::Results)?;
    say(&report.answer)?;
    let columns: Vec<&str> = report
        .leaderboard
        .columns
        .iter()
        .map(String::as_str)
        .collect();
    say(&format!(
        "\n{}\n",
        plain(&columns, &report.leaderboard.rows)
    ))?;
    say(&format!("report    {}", shown(&report.html)))?;
    say(&format!(
        "charts    {}",
        shown(&context.results.experiment(name).join("charts"))
    ))?;
    say(&format!("database  {}", shown(&context.results.database())))
}

/// A path as short as it can be from where the user stands.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok())
        .unwrap_or(path);
    short.display().to_string()
}
