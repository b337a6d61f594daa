//! `show`: one job whole.

pub mod origin;

use crate::context::Context;
use crate::exit::{Code, Exit, Failure};
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use anyhow::Result;
use convsweep_spec::id::JobId;
use convsweep_spec::job::Question;
use convsweep_spec::layout;
use convsweep_spec::metric;
use convsweep_store::{Reader, Value};
use serde_json::json;

/// Prints what was asked, the curve, the attempts, and the end of the worker's log.
pub fn show(context: &Context, job: &str, as_json: bool) -> Result<Exit> {
    let id = find(context, job)?;
    let folder = context.results.job(&id);
    let text = std::fs::read_to_string(folder.join(layout::JOB)).code(Exit::Results)?;
    let question: Question = serde_json::from_str(&text).code(Exit::Results)?;
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let curve = curve(&reader, &id)?;
    let attempts = reader
        .query(&format!(
            "select attempt, outcome, detail, device, host, pid from attempts where job = '{id}' order by attempt"
        ))
        .code(Exit::Results)?;
    let log = std::fs::read_to_string(folder.join(layout::STDERR)).unwrap_or_default();
    if as_json {
        let attempts: Vec<Vec<String>> = attempts
            .rows
            .iter()
            .map(|r| r.iter().map(Value::to_string).collect())
            .collect();
        say_json(
            &json!({ "job": id, "question": question, "attempts": attempts, "curve": curve.1, "columns": curve.0 }),
        )?;
        return Ok(Exit::Complete);
    }
    let fold = question
        .fold
        .map_or(String::new(), |f| format!(", fold {f}"));
    say(&format!(
        "job {id}, seed {}{fold}, data {}\n",
        question.seed, question.data_hash
    ))?;
    say(&serde_json::to_string_pretty(&question.configuration).code(Exit::Results)?)?;
    let cells = |rows: &[Vec<Value>]| {
        rows.iter()
            .map(|r| r.iter().map(Value::to_string).collect())
            .collect::<Vec<_>>()
    };
    let columns: Vec<&str> = attempts.columns.iter().map(String::as_str).collect();
    say(&format!(
        "\nattempts\n{}",
        plain(&columns, &cells(&attempts.rows))
    ))?;
    let columns: Vec<&str> = curve.0.iter().map(String::as_str).collect();
    say(&format!("\ncurve\n{}", plain(&columns, &curve.1)))?;
    let scores = scores(&reader, &id)?;
    if !scores.is_empty() {
        say(&format!(
            "\nscores on the validation images after the last epoch\n{}",
            plain(&["score", "value"], &scores)
        ))?;
    }
    let end: Vec<&str> = log.lines().rev().take(20).collect();
    if !end.is_empty() {
        say(&format!(
            "\nend of {}\n{}",
            folder.join(layout::STDERR).display(),
            end.into_iter().rev().collect::<Vec<_>>().join("\n")
        ))?;
    }
    say(&format!("\nfolder {}", folder.display()))?;
    Ok(Exit::Complete)
}

/// A line an epoch, a column a metric.
fn curve(reader: &Reader, id: &JobId) -> Result<(Vec<String>, Vec<Vec<String>>)> {
    let columns: Vec<String> = metric::ALL
        .iter()
        .map(|m| format!("max(case when name = '{m}' then value end) as {m}"))
        .collect();
    let sql = format!(
        "select epoch, {} from metrics where job = '{id}' group by epoch order by epoch",
        columns.join(", ")
    );
    let table = reader.query(&sql).code(Exit::Results)?;
    let number = |value: &Value| match value {
        Value::Real(r) => format!("{r:.5}"),
        other => other.to_string(),
    };
    Ok((
        table.columns,
        table
            .rows
            .iter()
            .map(|row| row.iter().map(number).collect())
            .collect(),
    ))
}

/// What is measured beside the curve's columns, after the last epoch.
fn scores(reader: &Reader, id: &JobId) -> Result<Vec<Vec<String>>> {
    let shown = metric::ALL.map(|m| format!("'{m}'")).join(", ");
    let sql = format!(
        "select name, value from metrics where job = '{id}' and name not in ({shown})
         and epoch = (select max(epoch) from metrics where job = '{id}') order by name"
    );
    let rows = reader.query(&sql).code(Exit::Results)?.rows;
    let number = |value: &Value| match value {
        Value::Real(r) => convsweep_spec::words::short(*r),
        other => other.to_string(),
    };
    Ok(rows
        .iter()
        .map(|row| vec![row[0].to_string(), number(&row[1])])
        .collect())
}

/// The one job whose id begins with `prefix`.
fn find(context: &Context, prefix: &str) -> Result<JobId> {
    let wrong = |message: String| {
        anyhow::Error::from(Failure {
            exit: Exit::Wrong,
            message,
        })
    };
    if prefix.is_empty() || !prefix.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(wrong(format!(
            "\"{prefix}\" is no job id: ids are hexadecimal; `convsweep status NAME` lists them"
        )));
    }
    let entries = std::fs::read_dir(context.results.jobs()).map_err(|_| {
        wrong(format!(
            "no job {prefix}: nothing was run in {}",
            context.results.0.display()
        ))
    })?;
    let mut found: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect();
    found.sort();
    match found.len() {
        0 => Err(wrong(format!(
            "no job {prefix} in {}; `convsweep status NAME` lists them",
            context.results.jobs().display()
        ))),
        1 => Ok(JobId(found.remove(0))),
        n => Err(wrong(format!(
            "{n} jobs begin with {prefix}: {}; write more of the id",
            found.join(", ")
        ))),
    }
}
