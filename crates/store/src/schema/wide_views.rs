//! The views `wide_<experiment>`: a row a job, a column an axis, the last epoch's metrics; ready
//! for pandas.

use super::quote::{literal, quoted};
use convsweep_spec::log::Axis;
use convsweep_spec::metric;
use rusqlite::{Connection, Result};
use std::collections::BTreeMap;

/// Makes the views as the newest revisions want them; those that are right already are left alone.
pub(crate) fn refresh(connection: &Connection) -> Result<()> {
    let wanted = wanted(connection)?;
    let sql = r"select name, sql from sqlite_master where type = 'view' and name like 'wide\_%' escape '\'";
    let found: BTreeMap<String, String> = connection
        .prepare(sql)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    for name in found
        .keys()
        .filter(|name| wanted.get(*name) != found.get(*name))
    {
        connection.execute_batch(&format!("drop view {}", quoted(name)))?;
    }
    for (_, sql) in wanted
        .iter()
        .filter(|(name, sql)| found.get(*name) != Some(sql))
    {
        connection.execute_batch(sql)?;
    }
    Ok(())
}

fn wanted(connection: &Connection) -> Result<BTreeMap<String, String>> {
    let mut statement = connection.prepare(
        "select experiment, axes from experiments join revisions using (experiment, revision) order by experiment",
    )?;
    let mut rows = statement.query([])?;
    let mut names = Names::default();
    let mut views = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (experiment, axes): (String, String) = (row.get(0)?, row.get(1)?);
        let axes: Vec<Axis> = serde_json::from_str(&axes).unwrap_or_default();
        let name = names.fresh(&format!("wide_{}", experiment.replace('\0', "")), "");
        views.insert(name.clone(), view(&name, &experiment, &axes));
    }
    Ok(views)
}

fn view(name: &str, experiment: &str, axes: &[Axis]) -> String {
    const BEFORE: [&str; 3] = ["label", "seed", "fold"];
    const AFTER: [&str; 8] = [
        "outcome",
        "attempts",
        "epoch",
        "seconds",
        "parameters",
        "macs",
        "job",
        "configuration",
    ];
    let mut names = Names::default();
    for taken in BEFORE.iter().chain(&metric::ALL).chain(&AFTER) {
        names.fresh(taken, "");
    }
    let mut columns = vec!["m.label, j.seed, j.fold".to_string()];
    for axis in axes {
        columns.push(format!(
            "(select a.value from axis_values a where a.experiment = m.experiment and a.revision = m.revision and a.configuration = m.configuration and a.axis = {}) as {}",
            literal(&axis.path),
            quoted(&names.fresh(&axis.name, &axis.path))
        ));
    }
    for metric in metric::ALL {
        columns.push(format!(
            "(select x.value from metrics x where x.job = j.job and x.epoch = j.epoch and x.name = {}) as {metric}",
            literal(metric)
        ));
    }
    columns.push(
        "j.outcome, j.attempts, j.epoch, j.seconds, c.parameters, c.macs, j.job, m.configuration"
            .to_string(),
    );
    // Spelled as SQLite keeps it, so that an unchanged view is recognised.
    format!(
        "CREATE VIEW {} as -- a row a job of the newest revision: axes, and metrics of the last epoch\nselect {}\nfrom experiments e\njoin members m on m.experiment = e.experiment and m.revision = e.revision\njoin configurations c on c.configuration = m.configuration\njoin member_jobs mj on mj.experiment = m.experiment and mj.revision = m.revision and mj.configuration = m.configuration\njoin jobs j on j.job = mj.job\nwhere e.experiment = {}\norder by m.position, mj.position",
        quoted(name),
        columns.join(",\n  "),
        literal(experiment)
    )
}

/// Names that SQLite tells apart: it does not see case.
#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    /// `name`, or `other` where it is taken (and not empty), or one of them with a number.
    fn fresh(&mut self, name: &str, other: &str) -> String {
        let numbered = |n: u32| format!("{}_{n}", if other.is_empty() { name } else { other });
        let candidates = [name.to_string(), other.to_string()]
            .into_iter()
            .chain((2..).map(numbered));
        let mut free = candidates
            .filter(|c| !c.is_empty() && !self.0.iter().any(|t| t.eq_ignore_ascii_case(c)));
        let chosen = free.next().unwrap_or_default();
        self.0.push(chosen.clone());
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_names_give_way() {
        let mut names = Names::default();
        let given: Vec<_> = [
            ("lr", "train.lr"),
            ("LR", "phase.lr"),
            ("Lr", "train.lr"),
            ("lr", ""),
        ]
        .map(|(name, path)| names.fresh(name, path))
        .into();
        assert_eq!(given, ["lr", "phase.lr", "train.lr", "lr_2"]);
    }
}
