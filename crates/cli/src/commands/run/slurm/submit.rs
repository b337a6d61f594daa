//! Handing runs to the cluster.

use super::failure::slurm_failure;
use super::submission::Submission;
use super::wait::wait_for;
use crate::commands::run::args::RunArgs;
use crate::context::Context;
use crate::exit::{Code, Exit, failure, runner_failure};
use crate::output::json::say_line;
use crate::output::stdout::say;
use crate::planning::experiment_file::read;
use crate::planning::frozen_files::FrozenFiles;
use crate::planning::job_action::JobAction;
use crate::planning::recorded_jobs::RecordedJobs;
use crate::streams::say_error;
use anyhow::Result;
use convsweep_files::{Durability, write};
use convsweep_plan::Plan;
use convsweep_runner::ExperimentLog;
use convsweep_slurm::{BatchOrder, Partition, QueuedAllocation, batch_script, cluster};
use convsweep_spec::run_settings::SlurmSettings;
use convsweep_spec::words::{counted, duration};
use serde_json::json;
use std::fs;
use std::path::Path;

/// Hands the runs of these files to the cluster, or shows the batch scripts.
///
/// # Errors
/// What is wrong with a file or what it asks the cluster for; nothing is handed over then.
pub fn submit(context: &Context, args: &RunArgs) -> Result<Exit> {
    let mut plans = Vec::new();
    for file in &args.files {
        plans.push(read(context, file, &args.changes)?);
    }
    let partitions = cluster::partitions().map_err(slurm_failure)?;
    for plan in &plans {
        refuse_limits(&plan.run.slurm, &partitions)?;
    }
    if args.dry_run {
        for plan in &plans {
            show_script(context, args, plan)?;
        }
        return Ok(Exit::Complete);
    }
    let queue = cluster::queue().map_err(slurm_failure)?;
    let mut submitted = Vec::new();
    for plan in &plans {
        submitted.extend(submit_one(context, args, plan, (&partitions, &queue))?);
    }
    match args.wait {
        true => wait_for(context, &submitted),
        false => Ok(Exit::Complete),
    }
}

/// Refuses what the cluster would never start, or would let wait for ever.
fn refuse_limits(settings: &SlurmSettings, partitions: &[Partition]) -> Result<()> {
    let wrong = |message: String| Err(failure(Exit::Wrong, message));
    for name in settings.partition.iter().flat_map(|names| names.split(',')) {
        if !partitions.iter().any(|partition| partition.name == name) {
            let names: Vec<&str> = partitions.iter().map(|known| known.name.as_str()).collect();
            return wrong(format!(
                "run.slurm.partition: this cluster has no partition \"{name}\"; it has {}",
                names.join(", ")
            ));
        }
    }
    for partition in chosen(settings, partitions) {
        let name = &partition.name;
        if let (Some(time), Some(most)) = (settings.time, partition.max_time)
            && time > most
        {
            let (asked, most) = (duration(time.as_secs_f64()), duration(most.as_secs_f64()));
            return wrong(format!(
                "run.slurm.time: {asked}, but partition {name} allows {most}: Slurm would let it \
                wait for ever; write at most \"{most}\" (what is not trained by then continues in \
                the next allocation)"
            ));
        }
        if let Some(most) = partition.max_nodes.filter(|most| settings.nodes > *most) {
            return wrong(format!(
                "run.slurm.nodes: {}, but partition {name} allows {most}",
                settings.nodes
            ));
        }
    }
    Ok(())
}

/// The partitions that an allocation may go to.
fn chosen<'a>(settings: &SlurmSettings, partitions: &'a [Partition]) -> Vec<&'a Partition> {
    let is_chosen = |partition: &&Partition| match &settings.partition {
        Some(names) => names.split(',').any(|name| name == partition.name),
        None => partition.is_default,
    };
    partitions.iter().filter(is_chosen).collect()
}

/// Prints the batch script, and says what the cluster would do with it.
fn show_script(context: &Context, args: &RunArgs, plan: &Plan) -> Result<()> {
    let submission = submission_of(plan);
    let text = script(context, args, plan, &submission)?;
    say(text.trim_end())?;
    match cluster::try_script(&text).map_err(slurm_failure)? {
        Some(start) => say_error(&format!("it would start at {}", start.replace('T', " "))),
        None => say_error("the cluster would take it"),
    }
    Ok(())
}

/// Hands over what is missing of a plan. The answer is the folder of the submission; `None` if
/// nothing is missing.
fn submit_one(
    context: &Context,
    args: &RunArgs,
    plan: &Plan,
    (partitions, queue): (&[Partition], &[QueuedAllocation]),
) -> Result<Option<Submission>> {
    refuse_second(context, plan, queue)?;
    let (missing, all) = missing_jobs(context, plan)?;
    if missing == 0 && plan.stages.len() == plan.decisions.len() {
        let jobs = counted(all as u64, "job");
        say_error(&format!(
            "{}: nothing is left to train of {jobs}; `convsweep report {}` renders the report",
            plan.name, plan.name
        ));
        return Ok(None);
    }
    let mut submission = submission_of(plan);
    let text = script(context, args, plan, &submission)?;
    // What was begun can be found by its token, whatever happens from here on.
    let folder = submission.keep(&context.results)?;
    let path = Submission::script(&folder);
    write(&path, text.as_bytes(), Durability::ContentAndName).code(Exit::Results)?;
    let handed_over =
        cluster::try_script(&text).and_then(|start| Ok((cluster::submit(&path)?, start)));
    let (id, start) = match handed_over {
        Ok(handed_over) => handed_over,
        Err(error) => {
            // Nothing came of it. A folder that stays does no harm.
            _ = fs::remove_dir_all(&folder);
            return Err(slurm_failure(error));
        }
    };
    submission.allocation = Some(id.clone());
    submission.keep(&context.results)?;
    let waiting = chosen(&plan.run.slurm, partitions);
    let waiting = waiting.first().and_then(|first| {
        let others = cluster::waiting_in(&first.name).ok()?.saturating_sub(1);
        Some((first.name.clone(), others))
    });
    let told = SubmissionNotice {
        submission: &submission,
        jobs: (missing, all),
        start,
        waiting,
        folder: &folder,
    };
    told.say(args.json)?;
    Ok(Some(submission))
}

fn submission_of(plan: &Plan) -> Submission {
    Submission::new(
        &plan.name,
        FrozenFiles::of_plan(plan),
        plan.run.slurm.requeue,
    )
}

/// Refuses a second allocation for an experiment: it would find the results folder in use.
fn refuse_second(context: &Context, plan: &Plan, queue: &[QueuedAllocation]) -> Result<()> {
    for earlier in Submission::all(&context.results, &plan.name)? {
        if let Some(found) = queue.iter().find(|line| line.comment == earlier.token) {
            let (id, words) = (&found.id, found.words());
            return Err(failure(
                Exit::Results,
                format!(
                    "allocation {id} has the same to do: it {words}; `convsweep status` follows \
                    it, `scancel {id}` ends it, and its jobs then continue from their checkpoints"
                ),
            ));
        }
    }
    Ok(())
}

/// How many jobs a run would train, and how many there are.
fn missing_jobs(context: &Context, plan: &Plan) -> Result<(usize, usize)> {
    let database = context.database_if_any()?;
    let history = ExperimentLog::decisions(&context.results, &plan.name);
    let history = history.map_err(runner_failure)?;
    let recorded = RecordedJobs::of(database.as_ref(), plan, &history)?;
    let jobs = recorded.planned_jobs(plan);
    let is_missing = |action: &JobAction| {
        matches!(
            action,
            JobAction::Train | JobAction::Retry | JobAction::Resume { .. } | JobAction::Extend(_)
        )
    };
    let missing = jobs.iter().filter(|job| is_missing(&job.action)).count();
    Ok((missing, jobs.len()))
}

/// The batch script: it runs this program with the same arguments, within the submission.
fn script(
    context: &Context,
    args: &RunArgs,
    plan: &Plan,
    submission: &Submission,
) -> Result<String> {
    let folder = submission.folder(&context.results);
    let mut arguments = vec!["run".to_string(), path_text(&plan.file)?];
    let mut option = |name: &str, value: String| arguments.extend([name.to_string(), value]);
    option("--allocation", path_text(&folder)?);
    option("--results", path_text(&context.results.0)?);
    if let Ok(data) = context.data() {
        option("--data", path_text(data)?);
    }
    for set in &args.changes.set {
        option("--set", set.clone());
    }
    for job in &args.only {
        option("--only", job.clone());
    }
    for (name, value) in [
        ("--seeds", &args.changes.seeds),
        ("--devices", &args.devices),
        ("--slots", &args.slots),
        ("--notify", &args.notify),
    ] {
        if let Some(value) = value {
            option(name, value.clone());
        }
    }
    for (name, is_given) in [
        ("--redecide", args.changes.redecide),
        ("--redecide-lost", args.redecide_lost),
        ("--ignore-memory", args.changes.ignore_memory),
    ] {
        if is_given {
            arguments.push(name.to_string());
        }
    }
    let order = BatchOrder {
        experiment: &plan.name,
        token: &submission.token,
        settings: &plan.run.slurm,
        logs: &Submission::logs(&folder),
        folder: &std::env::current_dir()?,
        program: &std::env::current_exe()?,
        arguments: &arguments,
    };
    batch_script(&order).map_err(slurm_failure)
}

fn path_text(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) => Ok(text.to_string()),
        None => {
            let message = format!("the path {} is not UTF-8: name another one", path.display());
            Err(failure(Exit::Wrong, message))
        }
    }
}

/// What is told after a submission.
struct SubmissionNotice<'a> {
    submission: &'a Submission,
    /// Jobs that are to be trained, and all.
    jobs: (usize, usize),
    start: Option<String>,
    /// The partition, and how many jobs of others wait in it.
    waiting: Option<(String, usize)>,
    folder: &'a Path,
}

impl SubmissionNotice<'_> {
    fn say(&self, as_json: bool) -> Result<()> {
        let Submission {
            experiment,
            allocation,
            ..
        } = self.submission;
        let id = allocation.as_deref().unwrap_or_default();
        let (missing, all) = self.jobs;
        let logs = Submission::logs(self.folder).join(format!("{id}.log"));
        let script = Submission::script(self.folder);
        if as_json {
            return say_line(&json!({ "submitted": {
                "experiment": experiment,
                "allocation": id,
                "token": self.submission.token,
                "jobs": all,
                "left": missing,
                "start": self.start,
                "script": script,
                "log": logs,
            }}));
        }
        let jobs = counted(all as u64, "job");
        let start = match &self.start {
            Some(start) => format!("expected at {}", start.replace('T', " ")),
            None => "not known".to_string(),
        };
        let before = match &self.waiting {
            Some((partition, 0)) => format!("; nothing else waits in partition {partition}"),
            Some((partition, others)) => format!("; {others} others wait in partition {partition}"),
            None => String::new(),
        };
        say(&format!(
            "submitted  {experiment}: allocation {id}, {missing} of {jobs} are to be trained\n\
             start      {start}{before}\n\
             script     {}\n\
             log        {}\n\
             follow     convsweep status; once it runs, convsweep watch {experiment}\n\
             end        scancel {id}; the same command then continues",
            script.display(),
            logs.display()
        ))
    }
}
