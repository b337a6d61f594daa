//! Tables: the leaderboard for terminal, page, CSV and LaTeX; curves, evaluations and comparisons
//! as CSV.
//!
//! CSV has shares as shares (0 to 1) and empty fields for what there is not; LaTeX and the page
//! have per cent.

use crate::charts::named;
use crate::draw::axis::{duration, si};
use crate::standing::{Entry, Measure, Run, Standing, kept_epoch};
use crate::stats::{Sample, class_scores};
use convsweep_spec::metric::{CHOOSING, Metric, VAL_ACCURACY, VAL_LOSS};
use convsweep_store::EvaluationRow;

/// A table of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTable {
    /// Heads of the columns.
    pub columns: Vec<String>,
    /// Rows, as many texts each as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// The leaderboard as people read it.
pub fn leaderboard(standing: &Standing) -> TextTable {
    let measure = &standing.measure;
    let with_test = (0..standing.ranked)
        .any(|r| standing.shows_test(r) && standing.entries[r].test_accuracy().is_some());
    let mut columns: Vec<String> = ["", "configuration"].map(String::from).to_vec();
    columns.extend([measure.label(), "95 % interval".into(), "n".into()]);
    if with_test {
        columns.push("test accuracy (%)".into());
    }
    columns.extend(["parameters", "MACs", "time"].map(String::from));
    let number = |v: f64| format!("{:.*}", measure.places(), v * measure.scale()).replace('-', "−");
    let row = |(rank, entry): (usize, &Entry)| {
        let mut row = vec![
            if entry.score.is_some() {
                (rank + 1).to_string()
            } else {
                "–".into()
            },
            named(standing, entry.label()),
            entry.score.map_or("–".into(), |s| spread(s, &number)),
            entry
                .score
                .and_then(|s| s.interval)
                .map_or("–".into(), |(a, b)| {
                    format!("{} to {}", number(a), number(b))
                }),
            format!("{}/{}", entry.score.map_or(0, |s| s.n), entry.runs.len()),
        ];
        if with_test {
            let shown = entry
                .test_accuracy()
                .filter(|_| standing.shows_test(rank) && entry.score.is_some());
            row.push(shown.map_or(String::new(), |s| {
                spread(s, &|v| format!("{:.2}", v * 100.0))
            }));
        }
        row.push(si(entry.row.member.parameters as f64));
        row.push(si(entry.row.member.macs as f64));
        row.push(entry.seconds().map_or("–".into(), |s| duration(s.mean)));
        row
    };
    TextTable {
        columns,
        rows: standing.entries.iter().enumerate().map(row).collect(),
    }
}

/// Further scores on the validation images, where jobs have recorded any: means over the finished
/// runs.
pub fn scores(standing: &Standing) -> Option<TextTable> {
    let kept = |run: &Run, name: &str| {
        kept_epoch(run.job)
            .and_then(|e| e.values.get(name))
            .copied()
    };
    let measures: Vec<Measure> = CHOOSING
        .iter()
        .filter(|name| **name != VAL_ACCURACY && **name != VAL_LOSS)
        .map(|name| Measure {
            name: name.to_string(),
            direction: Metric::natural(name).direction,
        })
        .filter(|m| {
            standing
                .entries
                .iter()
                .any(|e| e.sample(|r| kept(r, &m.name)).is_some())
        })
        .collect();
    if measures.is_empty() {
        return None;
    }
    let head = |m: &Measure| m.label().replace("validation ", "");
    let columns = ["configuration".to_string()]
        .into_iter()
        .chain(measures.iter().map(head))
        .collect();
    let row = |entry: &Entry| {
        let cell = |m: &Measure| {
            let number = |v: f64| format!("{:.*}", m.places(), v * m.scale());
            entry
                .sample(|r| kept(r, &m.name))
                .map_or("–".into(), |s| spread(s, &number))
        };
        [named(standing, entry.label())]
            .into_iter()
            .chain(measures.iter().map(cell))
            .collect()
    };
    Some(TextTable {
        columns,
        rows: standing.entries.iter().map(row).collect(),
    })
}

fn spread(sample: Sample, number: &dyn Fn(f64) -> String) -> String {
    match sample.sd {
        Some(sd) => format!("{} ± {}", number(sample.mean), number(sd)),
        None => number(sample.mean),
    }
}

/// Something as CSV, quoted where needed.
pub fn csv(columns: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

fn optional(value: Option<f64>) -> String {
    value.map_or(String::new(), |v| v.to_string())
}

/// `leaderboard.csv`: a row for each configuration, with a column for each axis.
pub fn leaderboard_csv(standing: &Standing) -> Result<Vec<u8>, csv::Error> {
    let axes = &standing.revision.axes;
    let mut columns: Vec<String> = ["rank", "configuration", "id"].map(String::from).to_vec();
    columns.extend(axes.iter().map(|a| a.path.clone()));
    columns.extend(
        ["n", "jobs", "mean", "sd", "ci95_low", "ci95_high"].map(|c| {
            if matches!(c, "n" | "jobs") {
                c.to_string()
            } else {
                format!("{}_{c}", standing.measure.name)
            }
        }),
    );
    columns.extend(
        [
            "test_accuracy_mean",
            "test_accuracy_sd",
            "parameters",
            "macs",
            "seconds_mean",
        ]
        .map(String::from),
    );
    let row = |(rank, entry): (usize, &Entry)| {
        let member = &entry.row.member;
        let score = entry.score;
        let test = entry
            .test_accuracy()
            .filter(|_| standing.shows_test(rank) && score.is_some());
        let mut row = vec![
            if score.is_some() {
                (rank + 1).to_string()
            } else {
                String::new()
            },
            entry.label().to_string(),
            member.configuration.to_string(),
        ];
        row.extend(axes.iter().map(|a| {
            member
                .values
                .iter()
                .find(|v| v.path == a.path)
                .map_or(String::new(), |v| v.label.clone())
        }));
        row.push(score.map_or(0, |s| s.n).to_string());
        row.push(entry.runs.len().to_string());
        row.push(optional(score.map(|s| s.mean)));
        row.push(optional(score.and_then(|s| s.sd)));
        row.push(optional(score.and_then(|s| s.interval).map(|i| i.0)));
        row.push(optional(score.and_then(|s| s.interval).map(|i| i.1)));
        row.push(optional(test.map(|s| s.mean)));
        row.push(optional(test.and_then(|s| s.sd)));
        row.push(member.parameters.to_string());
        row.push(member.macs.to_string());
        row.push(optional(entry.seconds().map(|s| s.mean)));
        row
    };
    csv(
        &columns,
        &standing
            .entries
            .iter()
            .enumerate()
            .map(row)
            .collect::<Vec<_>>(),
    )
}

/// `curves.csv`: a row for each job, epoch and metric.
pub fn curves_csv(standing: &Standing) -> Result<Vec<u8>, csv::Error> {
    let columns = [
        "configuration",
        "job",
        "seed",
        "fold",
        "phase",
        "epoch",
        "metric",
        "value",
    ]
    .map(String::from);
    let mut rows = Vec::new();
    for entry in &standing.entries {
        for run in &entry.runs {
            for epoch in &run.job.epochs {
                for (name, value) in &epoch.values {
                    rows.push(vec![
                        entry.label().to_string(),
                        run.job.job.to_string(),
                        run.job.seed.to_string(),
                        run.job.fold.map_or(String::new(), |f| f.to_string()),
                        epoch.phase.to_string(),
                        epoch.epoch.to_string(),
                        name.clone(),
                        value.to_string(),
                    ]);
                }
            }
        }
    }
    csv(&columns, &rows)
}

/// `evaluations.csv`: a row for each job and part; test images only where the report shows them.
pub fn evaluations_csv(standing: &Standing) -> Result<Vec<u8>, csv::Error> {
    let columns = [
        "configuration",
        "job",
        "seed",
        "fold",
        "outcome",
        "part",
        "images",
        "loss",
        "accuracy",
        "macro_f1",
    ];
    let mut rows = Vec::new();
    for (rank, entry) in standing.entries.iter().enumerate() {
        for run in &entry.runs {
            let test = run.job.test.as_ref().filter(|_| standing.shows_test(rank));
            for (part, evaluation) in [("validation", run.job.validation.as_ref()), ("test", test)]
            {
                let Some(evaluation) = evaluation else {
                    continue;
                };
                rows.push(vec![
                    entry.label().to_string(),
                    run.job.job.to_string(),
                    run.job.seed.to_string(),
                    run.job.fold.map_or(String::new(), |f| f.to_string()),
                    run.job.outcome.clone().unwrap_or_default(),
                    part.to_string(),
                    evaluation.images.to_string(),
                    evaluation.loss.to_string(),
                    evaluation.accuracy.to_string(),
                    macro_f1(evaluation).to_string(),
                ]);
            }
        }
    }
    csv(&columns.map(String::from), &rows)
}

fn macro_f1(evaluation: &EvaluationRow) -> f64 {
    let counts: Vec<Vec<u64>> = evaluation
        .confusion
        .iter()
        .map(|r| r.iter().map(|c| u64::from(*c)).collect())
        .collect();
    let scores = class_scores(&counts);
    scores.iter().map(|s| s.f1).sum::<f64>() / scores.len().max(1) as f64
}

/// `comparisons.csv`: a row for each comparison that was made.
pub fn comparisons_csv(standing: &Standing) -> Result<Vec<u8>, csv::Error> {
    let columns = [
        "better",
        "worse",
        "pairs",
        "difference",
        "ci95_low",
        "ci95_high",
        "p",
        "p_holm",
        "mcnemar_p",
    ];
    let rows: Vec<Vec<String>> = standing
        .comparisons
        .iter()
        .map(|c| {
            let difference = c.test.map(|t| t.difference);
            vec![
                standing.entries[c.better].label().to_string(),
                standing.entries[c.worse].label().to_string(),
                difference.map_or(0, |d| d.n).to_string(),
                optional(difference.map(|d| d.mean)),
                optional(difference.and_then(|d| d.interval).map(|i| i.0)),
                optional(difference.and_then(|d| d.interval).map(|i| i.1)),
                optional(c.test.and_then(|t| t.p)),
                optional(c.corrected),
                c.images
                    .iter()
                    .map(|m| m.p.to_string())
                    .collect::<Vec<_>>()
                    .join(" "),
            ]
        })
        .collect();
    csv(&columns.map(String::from), &rows)
}

/// `leaderboard.tex`: a `booktabs` table.
pub fn leaderboard_tex(standing: &Standing) -> String {
    let table = leaderboard(standing);
    let align: String = (0..table.columns.len())
        .map(|i| if i == 1 { 'l' } else { 'r' })
        .collect();
    let line = |cells: &[String]| {
        format!(
            "{} \\\\\n",
            cells.iter().map(|c| tex(c)).collect::<Vec<_>>().join(" & ")
        )
    };
    let mut text = format!(
        "% {}: mean and standard deviation over runs; needs \\usepackage{{booktabs}}\n",
        standing.revision.experiment.replace('\n', " ")
    );
    text += &format!(
        "\\begin{{tabular}}{{{align}}}\n\\toprule\n{}\\midrule\n",
        line(&table.columns)
    );
    for row in &table.rows {
        text += &line(row);
    }
    text + "\\bottomrule\n\\end{tabular}\n"
}

/// Text as LaTeX prints it.
fn tex(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            match c {
                '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                    out.push('\\');
                    out.push(c);
                }
                '\\' => out.push_str("\\textbackslash{}"),
                '~' => out.push_str("\\textasciitilde{}"),
                '^' => out.push_str("\\textasciicircum{}"),
                '±' => out.push_str("$\\pm$"),
                '×' => out.push_str("$\\times$"),
                '−' => out.push_str("$-$"),
                '–' => out.push_str("--"),
                c => out.push(c),
            }
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tex_is_escaped() {
        assert_eq!(tex("lr_0=1 % ± {3}"), "lr\\_0=1 \\% $\\pm$ \\{3\\}");
        assert_eq!(tex("a\\b~c"), "a\\textbackslash{}b\\textasciitilde{}c");
    }

    #[test]
    fn csv_is_quoted() {
        let text = csv(
            &["a".into(), "b".into()],
            &[vec!["x, y".into(), "1".into()]],
        )
        .expect("writes");
        assert_eq!(String::from_utf8(text).expect("text"), "a,b\n\"x, y\",1\n");
    }
}
