//! The same choices over several experiments: for people, as CSV and as LaTeX.

use super::csv_text::{csv_file, optional};
use super::latex::{escaped, finished_line, table_of_lines};
use super::text_table::{MISSING, TextTable};
use crate::ranking::MetricFormat;
use convsweep_answers::{AcrossExperiments, ChoiceCell, ChoiceRow, ExperimentColumn};

/// Columns before those of the experiments.
pub const BEFORE_EXPERIMENTS: usize = 2;

/// A row for each choice, those with ranks first; a column for each experiment.
pub fn choices_table(across: &AcrossExperiments) -> TextTable {
    let mut columns = vec!["mean rank".to_string(), "choice".to_string()];
    let is_one_metric = across.has_one_metric();
    for experiment in &across.experiments {
        columns.push(match is_one_metric {
            true => experiment.name.clone(),
            false => format!("{}: {}", experiment.name, metric(experiment).label()),
        });
    }
    let rows = across.choices.iter().map(|choice| row(across, choice));
    TextTable {
        columns,
        rows: rows.collect(),
    }
}

fn metric(experiment: &ExperimentColumn) -> MetricFormat {
    MetricFormat::from(&experiment.metric)
}

fn row(across: &AcrossExperiments, choice: &ChoiceRow) -> Vec<String> {
    let rank = choice.mean_rank.map(|rank| format!("{rank:.2}"));
    let mut row = vec![rank.unwrap_or(MISSING.into()), choice.label.clone()];
    for (experiment, cell) in across.experiments.iter().zip(&choice.cells) {
        row.push(cell.map_or(MISSING.into(), |cell| text(experiment, &cell)));
    }
    row
}

/// `71.40 ± 0.93 (3)*`: mean, standard deviation and number of runs; the mark: may be the best.
fn text(experiment: &ExperimentColumn, cell: &ChoiceCell) -> String {
    let metric = metric(experiment);
    let sd = cell.sd.map(|sd| format!(" ± {}", metric.number(sd)));
    let runs = match cell.runs == cell.jobs {
        true => cell.runs.to_string(),
        false => format!("{}/{}", cell.runs, cell.jobs),
    };
    let mark = if cell.may_be_best { "*" } else { "" };
    format!(
        "{}{} ({runs}){mark}",
        metric.number(cell.mean),
        sd.unwrap_or_default()
    )
}

/// The table as LaTeX, with the best of each experiment in bold.
pub fn choices_tex(across: &AcrossExperiments, table: &TextTable) -> String {
    let names: Vec<&str> = across.experiments.iter().map(|e| e.name.as_str()).collect();
    let comment = format!(
        "{}: {} Mean and standard deviation (number of runs), * may be the best of its experiment, \
         the best in bold",
        names.join(", "),
        across.sentences().join(" ")
    );
    let align = format!("rl{}", "r".repeat(names.len()));
    let rows = across.choices.iter().zip(&table.rows);
    let rows = rows.map(|(choice, texts)| latex_row(choice, texts));
    table_of_lines(&comment, &align, &table.columns, &Vec::from_iter(rows))
}

fn latex_row(choice: &ChoiceRow, texts: &[String]) -> String {
    let cells = texts.iter().enumerate().map(|(i, text)| {
        let text = escaped(text);
        match is_best(choice, i) {
            true => format!("\\textbf{{{text}}}"),
            false => text,
        }
    });
    finished_line(cells)
}

/// Whether a column of the table has the best result of its experiment in this row.
pub fn is_best(choice: &ChoiceRow, column: usize) -> bool {
    let experiment = column.checked_sub(BEFORE_EXPERIMENTS);
    let cell = experiment.and_then(|i| *choice.cells.get(i)?);
    cell.is_some_and(|cell| cell.is_best)
}

const COLUMNS: [&str; 11] = [
    "choice",
    "experiment",
    "metric",
    "mean",
    "sd",
    "n",
    "jobs",
    "is_best",
    "may_be_best",
    "rank",
    "mean_rank",
];

/// A row for each choice and experiment that has a result of it.
///
/// # Errors
/// Where the CSV writer reports one.
pub fn choices_csv(across: &AcrossExperiments) -> Result<Vec<u8>, csv::Error> {
    let mut rows = Vec::new();
    for choice in &across.choices {
        for (i, experiment) in across.experiments.iter().enumerate() {
            let Some(cell) = choice.cells[i] else {
                continue;
            };
            rows.push(vec![
                choice.label.clone(),
                experiment.name.clone(),
                experiment.metric.name.clone(),
                cell.mean.to_string(),
                optional(cell.sd),
                cell.runs.to_string(),
                cell.jobs.to_string(),
                cell.is_best.to_string(),
                cell.may_be_best.to_string(),
                optional(choice.ranks.get(i)),
                optional(choice.mean_rank),
            ]);
        }
    }
    csv_file(&COLUMNS, &rows)
}
