//! Recording the plan in the experiment's log and in the database.

use crate::exit::{Code, Exit, failure, runner_failure};
use crate::planning::recorded_jobs::RecordedJobs;
use anyhow::Result;
use convsweep_files::exists;
use convsweep_plan::Plan;
use convsweep_runner::ExperimentLog;
use convsweep_spec::id::JobId;
use convsweep_spec::log::{Decision, JobVerdict, Member, PERSON, Record, RecordedSet, Revision};
use convsweep_store::DatabaseWriter;
use std::path::Path;

/// Refuses to run an experiment whose name another file uses already.
///
/// # Errors
/// If the log's newest revision belongs to another file. A file that was moved, and keeps its name,
/// is accepted.
pub fn refuse_other_file(log: &ExperimentLog, plan: &Plan) -> Result<()> {
    let Some(revision) = log.revision() else {
        return Ok(());
    };
    if revision.experiment != plan.name {
        let message = format!(
            "the folder of the experiment \"{}\" is that of \"{}\": the file system does not \
            tell their names apart; give one of them another name",
            plan.name, revision.experiment
        );
        return Err(failure(Exit::Wrong, message));
    }
    let (recorded, file) = (&revision.file, plan.file.display().to_string());
    let has_same_name = Path::new(recorded).file_name() == plan.file.file_name();
    let was_moved = has_same_name && matches!(exists(Path::new(recorded)), Ok(false));
    if *recorded == file || was_moved {
        return Ok(());
    }
    let message = format!(
        "the experiment \"{}\" belongs to {recorded}, this is {file}: give one of them another \
        name, or, if this project is a copy of that one, give it another results folder (--results)",
        plan.name
    );
    Err(failure(Exit::Wrong, message))
}

/// Appends the plan to the log as a new revision, unless the newest one equals it. The decisions of
/// the lines `redecided` are made again from now on.
///
/// # Errors
/// If the log or the database cannot be written.
pub fn record_plan(
    writer: &DatabaseWriter,
    log: &mut ExperimentLog,
    plan: &Plan,
    redecided: Vec<u64>,
) -> Result<()> {
    let mut revision = revision(plan);
    if let Some(newest) = log.revision() {
        revision.redecided.clone_from(&newest.redecided);
    }
    revision.redecided.extend(redecided);
    let members: Vec<Member> = plan
        .configurations
        .iter()
        .map(|planned| planned.member.clone())
        .collect();
    let revised = log.revise(revision, members).map_err(runner_failure)?;
    for entry in revised.entries {
        writer.entry(&plan.name, entry);
    }
    writer.flush().code(Exit::Results)
}

/// Records that a person has jobs trained to their end which a rule had stopped: from now on no rule
/// judges them.
///
/// # Errors
/// If the log cannot be written.
pub fn record_overruled(
    writer: &DatabaseWriter,
    log: &mut ExperimentLog,
    plan: &Plan,
    jobs: &[JobId],
    recorded: &RecordedJobs,
) -> Result<()> {
    let mut records = Vec::with_capacity(jobs.len());
    for job in jobs {
        let state = recorded.states.get(job);
        records.push(Record::Decision(Decision {
            job: job.clone(),
            attempt: Some(state.map_or(0, |state| state.attempts)),
            epoch: state.map_or(0, |state| state.epoch),
            verdict: JobVerdict::GoOn,
            rule: PERSON.to_string(),
            reason: "it was named to be trained to its end".to_string(),
        }));
    }
    if records.is_empty() {
        return Ok(());
    }
    for entry in log.append_all(records, true).map_err(runner_failure)? {
        writer.entry(&plan.name, entry);
    }
    Ok(())
}

/// The plan as a revision; the log gives it its number.
fn revision(plan: &Plan) -> Revision {
    Revision {
        revision: 0,
        experiment: plan.name.clone(),
        file: plan.file.display().to_string(),
        text: plan.text.clone(),
        includes: plan.includes.clone(),
        overrides: plan.overrides.clone(),
        question: plan.question.clone(),
        metric: plan.metric.clone(),
        margin: plan.margin,
        baseline: plan.baseline.clone(),
        axes: plan.axes.clone(),
        classes: plan.classes.clone(),
        show_test: plan.show_test,
        images: recorded_sets(plan),
        decisions: plan.decisions.clone(),
        redecided: vec![],
    }
}

/// What was read of each image set of the plan that is a folder or a table. Sets that differ only
/// in how their images are resized are one.
fn recorded_sets(plan: &Plan) -> Vec<RecordedSet> {
    let mut looked_at = Vec::new();
    let mut sets: Vec<RecordedSet> = Vec::new();
    let mut set_of = Vec::with_capacity(plan.configurations.len());
    for planned in &plan.configurations {
        let key = (&planned.member.data_hash, &planned.member.resolved.data);
        let place = looked_at.iter().position(|(known, _)| *known == key);
        if let Some(place) = place {
            set_of.push(looked_at[place].1);
            continue;
        }
        let path = planned.data_path.as_ref();
        let path = path.map_or(String::new(), |path| {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            absolute.display().to_string()
        });
        let found = RecordedSet::of(&planned.facts, key.1, path, &planned.set_notes);
        let index = found.map(|found| match sets.iter().position(|set| *set == found) {
            Some(index) => index,
            None => {
                sets.push(found);
                sets.len() - 1
            }
        });
        looked_at.push((key, index));
        set_of.push(index);
    }
    let is_everywhere = |index| set_of.iter().all(|of| *of == Some(index));
    let is_single = sets.len() == 1 && is_everywhere(0);
    for (planned, index) in plan.configurations.iter().zip(&set_of) {
        if let (Some(index), false) = (index, is_single) {
            let configuration = planned.member.configuration.clone();
            sets[*index].configurations.push(configuration);
        }
    }
    sets
}
