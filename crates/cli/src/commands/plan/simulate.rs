//! `plan --simulate`: what a stopping rule would have spared and lost on recorded curves.

use crate::context::Context;
use crate::exit::{Code, Exit, Failure};
use crate::output::stdout::say;
use crate::planning::search::search_input;
use anyhow::Result;
use convsweep_plan::{Plan, rule_of};
use convsweep_runner::search::{JobStatus, Simulation, simulate as play};
use convsweep_spec::id::JobId;
use convsweep_store::Reader;

/// Prints what the rule named by `text` would have done.
pub fn simulate(context: &Context, plan: &Plan, text: &str) -> Result<()> {
    let wrong = |message: String| {
        anyhow::Error::from(Failure {
            exit: Exit::Wrong,
            message,
        })
    };
    let settings = rule_of(text).ok_or_else(|| {
        wrong(format!(
            "--simulate {text}: name successive-halving, asha, median or race, with options like asha:eta=3,first=2"
        ))
    })?;
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let ids: Vec<JobId> = plan
        .configurations
        .iter()
        .flat_map(|c| &c.member.jobs)
        .map(|j| j.job.clone())
        .collect();
    let states = reader.job_states(&ids).code(Exit::Results)?;
    let input = search_input(plan, &settings, &states, &reader).code(Exit::Results)?;
    let mut jobs = input.jobs;
    let all = jobs.len();
    jobs.retain(|job| matches!(job.status, JobStatus::Finished | JobStatus::Unsuccessful));
    let unknown = all - jobs.len();
    if jobs.is_empty() {
        return Err(wrong(format!(
            "{}: none of its jobs is trained, so there is nothing to simulate on",
            plan.name
        )));
    }
    let found = play(&input.rules, &jobs);
    say(&describe(plan, text, &found, unknown))
}

fn describe(plan: &Plan, rule: &str, found: &Simulation, unknown: usize) -> String {
    let name = |place: Option<(usize, f64)>| match place {
        Some((i, value)) => format!(
            "{} ({} {value:.4})",
            plan.configurations[i].member.label, plan.metric.name
        ),
        None => "none".to_string(),
    };
    let mut text = format!(
        "{}: {rule} over {} recorded jobs\n  epochs    {} of {} would have been trained, {:.0} % spared\n  jobs      {} would have been spared in part or whole\n  best      {}\n",
        plan.name,
        found.jobs,
        found.spent,
        found.epochs,
        100.0 * found.saved_fraction(),
        found.pruned,
        name(found.best),
    );
    text += &match found.best.map(|b| b.0) == found.found.map(|f| f.0) {
        true => "  found     the same".to_string(),
        false => format!(
            "  found     {}, worse by {:.4}",
            name(found.found),
            found.regret()
        ),
    };
    if unknown > 0 {
        text +=
            &format!("\n  note      {unknown} jobs are not trained to their end and were left out");
    }
    text
}
