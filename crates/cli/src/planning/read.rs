//! Reading an experiment file: image sets and trained weights come from this machine's folders.

use super::stages;
use crate::args::FileArgs;
use crate::context::Context;
use crate::exit::{Code, Exit, plan_failure};
use crate::planning::find::find;
use anyhow::Result;
use convsweep_plan::{Lookup, Overrides, Plan, PlanRequest, Seeds, WeightsOf};
use convsweep_spec::data::{DataFacts, DataSpec};
use convsweep_spec::id::JobId;
use convsweep_spec::layout;
use convsweep_spec::log::Choice;
use convsweep_store::{Reader, Value, literal};
use std::path::{Path, PathBuf};

impl Context {
    /// Reads, checks and expands an experiment file; stages stand where its log says, or begin
    /// anew.
    pub fn plan(&self, file: &Path, changes: &FileArgs) -> Result<Plan> {
        let plan = self.plan_decided(file, changes, &[])?;
        match stages::recorded(self, &plan.name) {
            decisions if plan.stages.is_empty() || decisions.is_empty() || changes.redecide => {
                Ok(plan)
            }
            decisions => self.plan_decided(file, changes, &decisions),
        }
    }

    /// The plan after the file's stages have made these choices.
    pub fn plan_decided(
        &self,
        file: &Path,
        changes: &FileArgs,
        decisions: &[Choice],
    ) -> Result<Plan> {
        let seeds = changes
            .seeds
            .as_deref()
            .map(str::parse::<Seeds>)
            .transpose()
            .code(Exit::Wrong)?;
        let overrides = Overrides {
            set: changes.set.clone(),
            seeds,
        };
        let request = PlanRequest {
            file,
            read: &convsweep_plan::from_disk,
            overrides: &overrides,
            decisions,
            lookup: self,
        };
        convsweep_plan::plan_request(&request).map_err(plan_failure)
    }
}

impl Lookup for Context {
    fn facts(&self, spec: &DataSpec, path: Option<&Path>) -> Result<DataFacts, String> {
        convsweep_data::facts(self.location(path), spec).map_err(|error| error.to_string())
    }

    fn weights(&self, of: WeightsOf) -> Result<PathBuf, String> {
        let words = |error: &dyn std::fmt::Display| error.to_string();
        let reader = Reader::open(&self.results).map_err(|e| words(&e))?;
        let job = match of {
            WeightsOf::Job(prefix) => find(&reader, prefix).map_err(|e| words(&e))?,
            WeightsOf::Experiment(name) => best_job(&reader, name)?,
        };
        let path = self.results.job(&job).join(layout::MODEL);
        if path.exists() {
            Ok(path)
        } else {
            Err(format!("job {job} has not left any; has it finished?"))
        }
    }
}

/// The best job of an experiment's best configuration, by the experiment's metric.
fn best_job(reader: &Reader, experiment: &str) -> Result<JobId, String> {
    let name = literal(experiment);
    let ask = |sql: &str| {
        reader
            .query(sql)
            .map(|found| found.rows)
            .map_err(|error| error.to_string())
    };
    let known = ask(&format!(
        "select metric, direction from experiments where experiment = {name}"
    ))?;
    let Some([Value::Text(metric), Value::Text(direction)]) = known.first().map(|row| &row[..])
    else {
        return Err("no such experiment has run here".into());
    };
    let (metric, order) = (
        literal(metric),
        if direction == "min" { "asc" } else { "desc" },
    );
    let sql = format!(
        "select j.job from summary s
         join experiments e on e.experiment = s.experiment
         join member_jobs m on m.experiment = s.experiment and m.revision = e.revision and m.configuration = s.configuration
         join jobs j on j.job = m.job and j.outcome = 'finished'
         join metrics x on x.job = j.job and x.name = s.metric and x.epoch = coalesce((select cast(b.value as integer)
           from metrics b where b.job = j.job and b.epoch = j.epoch and b.name = 'best_epoch'), j.epoch)
         where s.experiment = {name} and s.metric = {metric} and s.mean is not null and x.value is not null
         order by s.mean {order}, s.configuration, x.value {order}, j.job limit 1"
    );
    match ask(&sql)?.first().map(|row| &row[..]) {
        Some([Value::Text(job)]) => Ok(JobId(job.clone())),
        _ => Err("none of its jobs has finished".into()),
    }
}
