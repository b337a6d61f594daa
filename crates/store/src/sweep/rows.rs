//! What the results of an experiment say, as rows.

use convsweep_answers::{
    Answers, AxisAnswer, ComparedPair, Difference, Interaction, NoResult, Standing,
};
use rusqlite::{Connection, Params, Result, ToSql, params, params_from_iter};

/// The tables that hold answers. The first has one row for each experiment that has any.
pub(crate) const ANSWER_TABLES: [&str; 8] = [
    "answers",
    "standings",
    "verdicts",
    "axis_summary",
    "axis_means",
    "effects",
    "interactions",
    "sentences",
];

/// Removes the answers of an experiment, if there are any.
pub(crate) fn forget_answers(connection: &Connection, experiment: &str) -> Result<()> {
    let sql = "delete from answers where experiment = ?1";
    if connection.prepare_cached(sql)?.execute([experiment])? == 0 {
        return Ok(());
    }
    for table in &ANSWER_TABLES[1..] {
        let sql = format!("delete from {table} where experiment = ?1");
        connection.prepare_cached(&sql)?.execute([experiment])?;
    }
    Ok(())
}

/// Writes the answers of an experiment that has none; `program` is the version that computed them.
pub(super) fn write_answers(
    connection: &Connection,
    answers: &Answers,
    program: &str,
) -> Result<()> {
    let rows = AnswerRows {
        connection,
        answers,
    };
    rows.counts(program)?;
    for (rank, standing) in answers.standings.iter().enumerate() {
        rows.standing(rank, standing)?;
    }
    for without in &answers.without_result {
        rows.without_result(without)?;
    }
    for pair in &answers.pairs {
        rows.verdict(pair)?;
    }
    for (position, axis) in answers.axes.iter().enumerate() {
        rows.axis(position, axis)?;
    }
    for (position, interaction) in answers.interactions.iter().enumerate() {
        rows.interaction(position, interaction)?;
    }
    rows.sentences("answer", answers.sentences())?;
    rows.sentences("detail", answers.details())
}

/// Writes the rows of one experiment.
struct AnswerRows<'a> {
    connection: &'a Connection,
    answers: &'a Answers,
}

impl AnswerRows<'_> {
    fn write(&self, sql: &str, parameters: impl Params) -> Result<()> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(parameters).map(drop)
    }

    fn counts(&self, program: &str) -> Result<()> {
        let answers = self.answers;
        let (noise, choice) = (answers.noise, answers.choice);
        self.write(
            "insert into answers values
              (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            params![
                answers.experiment,
                program,
                answers.pairs_tested as i64,
                answers.margin,
                answers.some_do_not_train,
                answers.unit.name(),
                answers.jobs as i64,
                answers.finished as i64,
                answers.race_rounds,
                answers.diverged_value.and_then(number),
                noise.map(|noise| noise.runs as i64),
                noise.map(|noise| noise.images as i64),
                noise.map(|noise| noise.total),
                noise.map(|noise| noise.networks),
                noise.map(|noise| noise.finite_set),
                choice.map(|choice| choice.optimism),
                choice.map(|choice| choice.seeds as i64),
                choice.map(|choice| choice.configurations as i64)
            ],
        )
    }

    fn sentences(&self, part: &str, sentences: Vec<String>) -> Result<()> {
        let experiment = &self.answers.experiment;
        for (position, sentence) in sentences.iter().enumerate() {
            self.write(
                "insert into sentences values (?1, ?2, ?3, ?4)",
                params![experiment, part, position as i64, sentence],
            )?;
        }
        Ok(())
    }

    fn standing(&self, rank: usize, standing: &Standing) -> Result<()> {
        let (low, high) = ends(standing.interval);
        self.write(
            "insert into standings (experiment, configuration, label, rank, baseline, jobs, runs,
              trained, diverged, mean, sd, low, high, trained_mean, trained_sd, may_be_best,
              beats, beaten_by)
            values
              (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            params![
                self.answers.experiment,
                standing.configuration.0,
                standing.label,
                rank as i64 + 1,
                standing.is_baseline,
                standing.jobs as i64,
                standing.runs as i64,
                standing.trained as i64,
                standing.diverged as i64,
                number(standing.mean),
                standing.sd.and_then(number),
                low,
                high,
                standing.trained_mean.and_then(number),
                standing.trained_sd.and_then(number),
                standing.may_be_best,
                standing.beats as i64,
                standing.beaten_by as i64
            ],
        )
    }

    fn without_result(&self, without: &NoResult) -> Result<()> {
        self.write(
            "insert into standings (experiment, configuration, label, baseline, jobs, runs, trained,
              diverged, may_be_best, beats, beaten_by, stopped, failed, without_metric)
            values (?1, ?2, ?3, ?4, ?5, 0, 0, 0, 0, 0, 0, ?6, ?7, ?8)",
            params![
                self.answers.experiment,
                without.configuration.0,
                without.label,
                without.is_baseline,
                without.jobs as i64,
                without.stopped as i64,
                without.failed as i64,
                without.without_metric as i64
            ],
        )
    }

    fn verdict(&self, pair: &ComparedPair) -> Result<()> {
        let standing = |rank: usize| &self.answers.standings[rank];
        let (first, second) = (standing(pair.first), standing(pair.second));
        let method = pair.method.name();
        let ranks = (pair.first as i64 + 1, pair.second as i64 + 1);
        let runs = (pair.runs.0 as i64, pair.runs.1 as i64);
        let more_runs = pair.more_runs.map(|runs| runs as i64);
        let beyond_margin = pair.result.beyond_margin;
        let mut cells: Vec<&dyn ToSql> = vec![
            &self.answers.experiment,
            &first.configuration.0,
            &second.configuration.0,
            &first.label,
            &second.label,
            &ranks.0,
            &ranks.1,
            &method,
            &runs.0,
            &runs.1,
        ];
        let result = difference_cells(Some(&pair.result));
        let trained = difference_cells(pair.when_trained.as_ref());
        let share = difference_cells(pair.trains.as_ref());
        cells.extend(result.iter().map(|cell| cell as &dyn ToSql));
        cells.extend([&beyond_margin as &dyn ToSql, &more_runs]);
        cells.extend(trained.iter().chain(&share).map(|cell| cell as &dyn ToSql));
        let places = vec!["?"; cells.len()].join(", ");
        let sql = format!("insert into verdicts values ({places})");
        self.write(&sql, params_from_iter(cells))
    }

    fn axis(&self, position: usize, axis: &AxisAnswer) -> Result<()> {
        let trend = axis.trend.as_ref();
        let (low, high) = ends(trend.and_then(|trend| trend.interval));
        let experiment = &self.answers.experiment;
        self.write(
            "insert into axis_summary values
              (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                experiment,
                axis.path,
                axis.name,
                position as i64,
                axis.basis.name(),
                axis.share.and_then(|share| number(share.share)),
                axis.share.and_then(|share| share.forest_explains),
                trend.and_then(|trend| number(trend.step)),
                low,
                high,
                trend.and_then(|trend| trend.p),
                trend.map(|trend| trend.is_monotone)
            ],
        )?;
        for (position, level) in axis.levels.iter().enumerate() {
            let configurations = level.configurations as i64;
            self.write(
                "insert into axis_means values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    experiment,
                    axis.path,
                    level.label,
                    position as i64,
                    level.mean,
                    configurations
                ],
            )?;
        }
        self.effects(axis)
    }

    fn effects(&self, axis: &AxisAnswer) -> Result<()> {
        for contrast in &axis.contrasts {
            let (low, high) = ends(contrast.interval);
            self.write(
                "insert into effects values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    self.answers.experiment,
                    axis.path,
                    contrast.first,
                    contrast.second,
                    contrast.combinations as i64,
                    contrast.verdict.name(),
                    contrast.difference,
                    low,
                    high,
                    contrast.p,
                    contrast.corrected
                ],
            )?;
        }
        Ok(())
    }

    fn interaction(&self, position: usize, interaction: &Interaction) -> Result<()> {
        let (low, high) = ends(interaction.interval);
        self.write(
            "insert into interactions values
              (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            params![
                self.answers.experiment,
                position as i64,
                interaction.first_axis,
                interaction.second_axis,
                interaction.first_values.0,
                interaction.first_values.1,
                interaction.second_values.0,
                interaction.second_values.1,
                interaction.effects.0,
                interaction.effects.1,
                interaction.difference,
                low,
                high,
                interaction.corrected
            ],
        )
    }
}

/// Verdict, difference, interval, p-value and corrected p-value.
fn difference_cells(difference: Option<&Difference>) -> [rusqlite::types::Value; 6] {
    let interval = ends(difference.and_then(|d| d.interval));
    [
        difference.map(|d| d.verdict.name().to_string()).into(),
        difference.and_then(|d| number(d.difference)).into(),
        interval.0.into(),
        interval.1.into(),
        difference.and_then(|d| d.p).into(),
        difference.and_then(|d| d.corrected).into(),
    ]
}

/// A number, unless it is NaN, which SQLite lacks.
fn number(value: f64) -> Option<f64> {
    Some(value).filter(|value| !value.is_nan())
}

fn ends(interval: Option<(f64, f64)>) -> (Option<f64>, Option<f64>) {
    let (low, high) = interval.unzip();
    (low.and_then(number), high.and_then(number))
}
