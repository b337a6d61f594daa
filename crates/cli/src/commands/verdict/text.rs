//! What the results of an experiment say, for a terminal.

use crate::output::table::plain;
use convsweep_answers::{
    Answers, AxisAnswer, AxisContrast, ComparedPair, MetricFormat, NoResult, Standing,
};

/// With more configurations, pairs are listed only with the best and with the baseline.
const MOST_OF_ALL_PAIRS: usize = 8;
/// Rows of one table at most, beyond which they are counted.
const MOST_ROWS: usize = 40;
const MISSING: &str = "–";

/// The sentences and the tables.
pub fn text(answers: &Answers) -> String {
    let words = VerdictText {
        answers,
        metric: MetricFormat::from(&answers.metric),
    };
    let mut parts = vec![answers.sentences().join("\n\n")];
    parts.extend(words.standings());
    parts.extend(words.pairs());
    parts.extend(answers.axes.iter().map(|axis| words.axis(axis)));
    parts.extend(Some(answers.details().join("\n\n")).filter(|details| !details.is_empty()));
    parts.join("\n\n")
}

/// The answers with the rules for writing them.
struct VerdictText<'a> {
    answers: &'a Answers,
    metric: MetricFormat,
}

impl VerdictText<'_> {
    /// The configurations in order; `*` marks those that may be the best.
    fn standings(&self) -> Option<String> {
        let answers = self.answers;
        if answers.standings.len() + answers.without_result.len() < 2 {
            return None;
        }
        let metric = self.metric.label();
        let columns = [
            "",
            "",
            "configuration",
            &metric,
            "95 % interval",
            "trained",
            "better than",
            "worse than",
        ];
        let mut rows = Vec::new();
        for (rank, standing) in answers.standings.iter().enumerate() {
            rows.push(self.standing(rank, standing));
        }
        rows.extend(answers.without_result.iter().map(without_result));
        let mark = match answers.standings.is_empty() {
            true => "",
            false => {
                "\n\n* may be the best: with a probability of 95 % the best one is among these"
            }
        };
        Some(format!("{}{mark}", table(&columns, rows)))
    }

    fn standing(&self, rank: usize, standing: &Standing) -> Vec<String> {
        let mark = if standing.may_be_best { "*" } else { "" };
        vec![
            mark.into(),
            (rank + 1).to_string(),
            name(&standing.label, standing.is_baseline),
            self.metric.number(standing.mean),
            self.interval(standing.interval),
            format!("{}/{}", standing.trained, standing.jobs),
            standing.beats.to_string(),
            standing.beaten_by.to_string(),
        ]
    }

    /// The pairs: all of few configurations, else those with the best and with the baseline.
    fn pairs(&self) -> Option<String> {
        let answers = self.answers;
        let baseline = answers.baseline();
        let is_all = answers.standings.len() <= MOST_OF_ALL_PAIRS;
        let mut rows = Vec::new();
        for pair in &answers.pairs {
            let is_listed = is_all
                || pair.first == 0
                || baseline.is_some_and(|baseline| pair.is_with(baseline));
            if is_listed {
                rows.push(self.pair(pair));
            }
        }
        let difference = difference_column(&self.metric);
        let columns = [&pair_columns(&difference)[..], &["more runs"]].concat();
        (!rows.is_empty()).then(|| table(&columns, rows))
    }

    fn pair(&self, pair: &ComparedPair) -> Vec<String> {
        let label = |rank: usize| self.answers.standings[rank].label.clone();
        let mut row = pair_row(
            &self.metric,
            [&label(pair.first), &label(pair.second)],
            pair,
        );
        row.push(pair.more_runs_in_short());
        row
    }

    /// The means of an axis' values, and its values compared.
    fn axis(&self, axis: &AxisAnswer) -> String {
        let share = match axis.share {
            Some(share) => format!(", {:.0} % of the variance", 100.0 * share.share),
            None => String::new(),
        };
        let mut levels = Vec::new();
        for level in &axis.levels {
            levels.push(format!("{} {}", level.label, self.metric.value(level.mean)));
        }
        let title = format!("{}{share}: {}", axis.name, levels.join(" · "));
        let mut contrasts: Vec<&AxisContrast> = axis.contrasts.iter().collect();
        contrasts.sort_by(|a, b| b.difference.abs().total_cmp(&a.difference.abs()));
        let difference = difference_column(&self.metric);
        let columns = pair_columns(&difference);
        // Of a single axis, the pairs of configurations say the same.
        if self.answers.axes.len() == 1 {
            return title;
        }
        let rows = contrasts
            .into_iter()
            .map(|contrast| self.contrast(contrast));
        format!("{title}\n{}", table(&columns, rows.collect()))
    }

    fn contrast(&self, contrast: &AxisContrast) -> Vec<String> {
        vec![
            contrast.first.clone(),
            contrast.verdict.phrase().into(),
            contrast.second.clone(),
            self.metric.signed(contrast.difference),
            self.interval(contrast.interval),
            p_value(contrast.corrected),
        ]
    }

    fn interval(&self, ends: Option<(f64, f64)>) -> String {
        interval(&self.metric, ends)
    }
}

fn without_result(without: &NoResult) -> Vec<String> {
    let mut row = vec![String::new(), MISSING.into()];
    row.push(name(&without.label, without.is_baseline));
    row.extend([MISSING, MISSING].map(String::from));
    row.push(format!("0/{}", without.jobs));
    row.extend([String::new(), String::new()]);
    row
}

fn name(label: &str, is_baseline: bool) -> String {
    match is_baseline {
        true => format!("{label} (baseline)"),
        false => label.to_string(),
    }
}

/// The head of the column of differences.
pub fn difference_column(metric: &MetricFormat) -> String {
    format!("difference in {}", metric.label())
}

/// The columns of a table of compared pairs.
pub fn pair_columns(difference: &str) -> [&str; 6] {
    [
        "first",
        "",
        "second",
        difference,
        "95 % interval",
        "corrected p",
    ]
}

/// A pair in the columns of [`pair_columns`].
pub fn pair_row(metric: &MetricFormat, names: [&str; 2], pair: &ComparedPair) -> Vec<String> {
    let result = &pair.result;
    vec![
        names[0].into(),
        result.verdict.phrase().into(),
        names[1].into(),
        metric.signed(result.difference),
        interval(metric, result.interval),
        p_value(result.corrected),
    ]
}

/// An interval, if it is known.
pub fn interval(metric: &MetricFormat, ends: Option<(f64, f64)>) -> String {
    ends.map_or(MISSING.into(), |ends| metric.interval(ends))
}

fn p_value(p: Option<f64>) -> String {
    match p {
        Some(p) if p < 0.001 => "<0.001".into(),
        Some(p) => format!("{p:.3}"),
        None => MISSING.into(),
    }
}

/// A table with its first rows; how many are left out is said below it.
pub fn table(columns: &[&str], mut rows: Vec<Vec<String>>) -> String {
    let left_out = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    let text = plain(columns, &rows);
    match left_out {
        0 => text,
        n => format!("{text}\n… and {n} more; --json has all"),
    }
}
