//! `report`: renders charts, page and tables again.

mod explanations;

use crate::context::Context;
use crate::exit::{Code, Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::output::table::plain;
use crate::phases::LongPhase;
use crate::planning::lookup::{is_experiment, unknown_experiment};
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_answers::Answers;
use convsweep_data::image_names;
use convsweep_files::read_regular;
use convsweep_report::answer::IN_DOUBT;
use convsweep_report::job_files::{ImagesToExplain, Lookups};
use convsweep_report::{Report, ReportScope, ReportStep, report_across, report_with};
use convsweep_spec::data::DataSpec;
use convsweep_store::Database;
use explanations::network_maps;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// File name of an experiment's page.
const REPORT_PAGE: &str = "report.html";
/// Largest page that is looked at, in bytes.
const LARGEST_PAGE: u64 = 256 << 20;

/// Rows of a table of choices at most, beyond which they are counted.
const MOST_ROWS: usize = 40;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Names of experiments. Of several, a report over all is rendered as well: the same choices
    /// in each of them, with their ranks.
    #[arg(required = true)]
    pub names: Vec<String>,
    /// Also write `paper/` for a thesis: charts as PDF, tables, the methods with their papers, and
    /// a document in LaTeX; of the report over several, the charts. Without this option an earlier
    /// `paper/` stays as it is.
    #[arg(long)]
    pub paper: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Renders the reports of the named experiments, and of several one over all of them.
///
/// # Errors
/// If there is no such experiment, if one is named twice, or if a report cannot be written.
pub fn report(context: &Context, args: &ReportArgs) -> Result<Exit> {
    let database = context.database()?;
    for (i, name) in args.names.iter().enumerate() {
        if !is_experiment(&database, name) {
            return Err(unknown_experiment(&database, name));
        }
        if args.names[..i].contains(name) {
            let message = format!("\"{name}\" is named twice: name each experiment once");
            return Err(failure(Exit::Wrong, message));
        }
    }
    let scope = match args.paper {
        true => ReportScope::PageAndPaper,
        false => ReportScope::Page,
    };
    let mut objects = Vec::new();
    for name in &args.names {
        let rendered = render_to(context, &database, name, scope)?;
        match args.json {
            true => objects.push(rendered.object()),
            false => say(&rendered.text())?,
        }
    }
    let across = match args.names.len() {
        1 => None,
        _ => Some(render_across(context, &database, &args.names, scope)?),
    };
    match (args.json, across) {
        (true, across) => say_json(&json!({
            "reports": objects,
            "across": across.map(|(object, _)| object),
        }))?,
        (false, Some((_, text))) => say(&format!("\n{text}"))?,
        (false, None) => {}
    }
    Ok(Exit::Complete)
}

/// A report that was rendered.
pub struct RenderedReport {
    experiment: String,
    report: Report,
    /// The folder of its charts.
    charts: PathBuf,
    /// The database that it was made from.
    database: PathBuf,
}

impl RenderedReport {
    /// Its answer, the leaderboard, and where the files are.
    pub fn text(&self) -> String {
        let leaderboard = &self.report.leaderboard;
        let columns: Vec<&str> = leaderboard.columns.iter().map(String::as_str).collect();
        let paper = self.report.paper.as_deref();
        let paper = paper.map_or(String::new(), |folder| {
            format!("paper     {}\n", relative(folder))
        });
        format!(
            "{}\n\n{}\n\nreport    {}\ncharts    {}\n{paper}database  {}",
            self.report.answer,
            plain(&columns, &leaderboard.rows),
            relative(&self.report.html),
            relative(&self.charts),
            relative(&self.database)
        )
    }

    /// What the results say.
    pub fn answers(&self) -> &Answers {
        &self.report.answers
    }

    /// Where its files are, and what it warns of.
    pub fn object(&self) -> Value {
        json!({
            "experiment": self.experiment,
            "sentences": self.report.sentences,
            "warnings": self.report.warnings,
            "html": self.report.html,
            "charts": self.report.charts,
            "tables": self.report.tables,
            "paper": self.report.paper,
        })
    }
}

/// Renders one report.
///
/// # Errors
/// If there is no such experiment or the report cannot be written.
pub fn render(context: &Context, database: &Database, name: &str) -> Result<RenderedReport> {
    render_to(context, database, name, ReportScope::Page)
}

fn render_to(
    context: &Context,
    database: &Database,
    name: &str,
    scope: ReportScope,
) -> Result<RenderedReport> {
    let phase = context.phase(format!("report of {name}: reading results"));
    let Some(mut rows) = database.experiment(name).code(Exit::Results)? else {
        return Err(unknown_experiment(database, name));
    };
    rows.database_doubt = context.database_doubt().map(str::to_string);
    let lookups = Lookups {
        names: |set: &DataSpec, hash: &str| image_names(context.data().ok()?, set, hash),
        maps: |asked: &ImagesToExplain| {
            phase.becomes(format!(
                "report of {name}: asking networks which pixels decide"
            ));
            network_maps(context, database, asked, &phase)
        },
    };
    let progress = |step| tell(&phase, name, step);
    let report = report_with(rows, &context.results, scope, lookups, &progress);
    let report = report.code(Exit::Results)?;
    Ok(RenderedReport {
        experiment: name.to_string(),
        report,
        charts: context.results.experiment(name).join("charts"),
        database: context.results.database(),
    })
}

/// Tells how far a report has come.
fn tell(phase: &LongPhase, of: &str, step: ReportStep) {
    let what = match step {
        ReportStep::Comparing => "comparing configurations",
        ReportStep::Reading => "reading what jobs left",
        ReportStep::Drawing { done: 1, all } => {
            phase.becomes(format!("report of {of}: drawing charts"));
            return phase.step(1, all);
        }
        ReportStep::Drawing { done, all } => return phase.step(done, all),
        ReportStep::Writing => "writing files",
    };
    phase.becomes(format!("report of {of}: {what}"));
}

/// Renders the report over several experiments; its answer, the choices, and where the files are, as
/// JSON and in words.
fn render_across(
    context: &Context,
    database: &Database,
    names: &[String],
    scope: ReportScope,
) -> Result<(Value, String)> {
    let phase = context.phase("report over all: reading results");
    let mut sweeps = Vec::with_capacity(names.len());
    for name in names {
        let sweep = database.sweep_results(name).code(Exit::Results)?;
        sweeps.push(sweep.ok_or_else(|| unknown_experiment(database, name))?);
    }
    let doubt = context.database_doubt();
    let progress = |step| tell(&phase, "all", step);
    let report = report_across(&sweeps, doubt, &context.results, scope, &progress);
    let report = report.code(Exit::Results)?;
    let choices = &report.choices;
    let columns: Vec<&str> = choices.columns.iter().map(String::as_str).collect();
    let shown = &choices.rows[..choices.rows.len().min(MOST_ROWS)];
    let more = match choices.rows.len() - shown.len() {
        0 => String::new(),
        n => format!("\n… and {n} more; choices.csv has all"),
    };
    let tables: Vec<String> = report.tables.iter().map(|table| relative(table)).collect();
    let paper = report.paper.as_deref();
    let paper = paper.map_or(String::new(), |folder| {
        format!("\npaper     {}", relative(folder))
    });
    let object = json!({
        "experiments": names,
        "sentences": report.sentences,
        "notes": report.notes,
        "html": report.html,
        "charts": report.charts,
        "tables": report.tables,
        "paper": report.paper,
    });
    let text = format!(
        "{}\n\n{}{more}\n\n* may be the best of its experiment; in brackets: the number of \
         runs\n\nreport    {}\ntables    {}{paper}",
        report.answer,
        plain(&columns, shown),
        relative(&report.html),
        tables.join("  ")
    );
    Ok((object, text))
}

/// Renders the reports again, but for that of `except`, that were made from a database in doubt: it
/// is in order now. Says which, and which could not be rendered.
///
/// # Errors
/// If the database cannot be read.
pub fn render_doubted(context: &Context, database: &Database, except: &str) -> Result<()> {
    for experiment in database.experiments().code(Exit::Results)? {
        let name = &experiment.name;
        let page = context.results.experiment(name).join(REPORT_PAGE);
        let is_doubted = || {
            let page = read_regular(&page, LARGEST_PAGE).ok()?;
            Some(String::from_utf8_lossy(&page).contains(IN_DOUBT))
        };
        if name == except || is_doubted() != Some(true) {
            continue;
        }
        match render(context, database, name) {
            Ok(_) => say_error(&format!(
                "note: the report of {name} was made from the changed database, and was made again"
            )),
            Err(error) => say_error(&format!(
                "note: the report of {name} was made from the changed database: {error:#}; \
                `convsweep report {name}` makes it again"
            )),
        }
    }
    Ok(())
}

/// The path relative to the current folder, if it is inside it.
fn relative(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(current).unwrap_or(path);
    relative.display().to_string()
}
