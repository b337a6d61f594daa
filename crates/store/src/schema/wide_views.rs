//! The views `wide_<experiment>`: one row for each job, one column for each axis, and the metrics
//! of the epoch whose weights the job keeps; ready for pandas.

use super::quote::{literal, quoted};
use convsweep_spec::log::Axis;
use convsweep_spec::metric;
use rusqlite::{Connection, Result};
use std::collections::BTreeMap;

/// Columns before the axes.
const FIRST: [&str; 3] = ["label", "seed", "fold"];
/// Columns after the metrics.
const LAST: [&str; 9] = [
    "outcome",
    "attempts",
    "epoch",
    "kept_epoch",
    "seconds",
    "parameters",
    "macs",
    "job",
    "configuration",
];

/// Replaces the views that do not match the newest revisions of the experiments.
pub(crate) fn refresh_wide_views(connection: &Connection) -> Result<()> {
    let wanted = wanted_views(connection)?;
    let existing = existing_views(connection)?;
    for (name, sql) in &existing {
        if wanted.get(name) != Some(sql) {
            connection.execute_batch(&format!("drop view {}", quoted(name)))?;
        }
    }
    for (name, sql) in &wanted {
        if existing.get(name) != Some(sql) {
            connection.execute_batch(sql)?;
        }
    }
    Ok(())
}

/// The SQL of each view in the database, by name.
fn existing_views(connection: &Connection) -> Result<BTreeMap<String, String>> {
    let sql = r"select name, sql from sqlite_master
        where type = 'view' and name like 'wide\_%' escape '\'";
    connection
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// The SQL of the view of each experiment, by name.
fn wanted_views(connection: &Connection) -> Result<BTreeMap<String, String>> {
    let sql = "select experiment, axes from experiments
        join revisions using (experiment, revision) order by experiment";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut names = UniqueNames::default();
    let mut views = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (experiment, axes): (String, String) = (row.get(0)?, row.get(1)?);
        let axes: Vec<Axis> = serde_json::from_str(&axes).unwrap_or_default();
        let name = names.add(&format!("wide_{}", experiment.replace('\0', "")), "");
        views.insert(name.clone(), view(&name, &experiment, &axes));
    }
    Ok(views)
}

fn view(name: &str, experiment: &str, axes: &[Axis]) -> String {
    let mut names = UniqueNames::default();
    for taken in FIRST.iter().chain(&metric::ALL).chain(&LAST) {
        names.add(taken, "");
    }
    let mut columns = vec!["m.label, j.seed, j.fold".to_string()];
    for axis in axes {
        columns.push(format!(
            "(select a.value from axis_values a where a.experiment = m.experiment \
            and a.revision = m.revision and a.configuration = m.configuration \
            and a.axis = {}) as {}",
            literal(&axis.path),
            quoted(&names.add(&axis.name, &axis.path))
        ));
    }
    for metric in metric::ALL {
        columns.push(format!(
            "(select x.value from metrics x where x.job = j.kept_job and x.epoch = j.kept_epoch \
            and x.name = {}) as {metric}",
            literal(metric)
        ));
    }
    columns.push(
        "j.outcome, j.attempts, j.epoch, j.kept_epoch, j.seconds, c.parameters, c.macs, j.job, \
        m.configuration"
            .to_string(),
    );
    // Spelled as SQLite stores it, so that an unchanged view is recognised.
    format!(
        "CREATE VIEW {} as \
        -- one row for each job of the newest revision: its axes, and the metrics of the epoch \
        whose weights it keeps\n\
        select {}\n\
        from experiments e\n\
        join members m on m.experiment = e.experiment and m.revision = e.revision\n\
        join configurations c on c.configuration = m.configuration\n\
        join member_jobs mj on mj.experiment = m.experiment and mj.revision = m.revision \
        and mj.configuration = m.configuration\n\
        join jobs j on j.job = mj.job\n\
        where e.experiment = {}\n\
        order by m.position, mj.position",
        quoted(name),
        columns.join(",\n  "),
        literal(experiment)
    )
}

/// Names that differ in more than case, which SQLite ignores.
#[derive(Default)]
struct UniqueNames(Vec<String>);

impl UniqueNames {
    /// Adds `name`; if that is taken, `alternative` (unless it is empty), else one of them with a
    /// number.
    fn add(&mut self, name: &str, alternative: &str) -> String {
        let base = if alternative.is_empty() {
            name
        } else {
            alternative
        };
        let numbered = (2..).map(|n| format!("{base}_{n}"));
        let mut candidates = [name.to_string(), alternative.to_string()]
            .into_iter()
            .chain(numbered);
        let chosen = candidates.find(|c| self.is_free(c)).unwrap_or_default();
        self.0.push(chosen.clone());
        chosen
    }

    fn is_free(&self, name: &str) -> bool {
        !name.is_empty() && !self.0.iter().any(|taken| taken.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_names_are_replaced() {
        let mut names = UniqueNames::default();
        let axes = [
            ("lr", "train.lr"),
            ("LR", "phase.lr"),
            ("Lr", "train.lr"),
            ("lr", ""),
        ];
        let given = axes.map(|(name, path)| names.add(name, path));
        assert_eq!(given, ["lr", "phase.lr", "train.lr", "lr_2"]);
    }
}
