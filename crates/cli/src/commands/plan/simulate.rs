//! `plan --simulate`: what a stopping rule would have saved and lost on recorded curves.

use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::planning::recorded_jobs::RecordedJobs;
use crate::planning::search_input::search_input;
use anyhow::Result;
use convsweep_plan::{Plan, rule_of};
use convsweep_runner::search::{JobStatus, SearchHistory, Simulation, simulate as simulate_search};
use convsweep_spec::words::counted;
use serde_json::{Value, json};

/// Prints what the rule named by `text` would have done for each of the plans.
///
/// # Errors
/// If there is no such rule, or no job of a plan has been trained.
pub fn simulate(context: &Context, plans: &[Plan], text: &str, as_json: bool) -> Result<()> {
    let mut objects = Vec::new();
    for plan in plans {
        let (simulation, unfinished) = simulation(context, plan, text)?;
        match as_json {
            true => objects.push(object(plan, text, &simulation, unfinished)),
            false => say(&describe(plan, text, &simulation, unfinished))?,
        }
    }
    match as_json {
        true => say_json(&json!({ "simulations": objects })),
        false => Ok(()),
    }
}

/// What the rule would have done, and the number of jobs that it says nothing of, because they were
/// not trained to their end.
fn simulation(context: &Context, plan: &Plan, text: &str) -> Result<(Simulation, usize)> {
    let Some(settings) = rule_of(text) else {
        let message = format!(
            "--simulate {text}: name successive-halving, asha, median or race, \
            with options like asha:eta=3,first=2"
        );
        return Err(failure(Exit::Wrong, message));
    };
    let database = context.database()?;
    // A rule that is tried decides everything anew.
    let history = SearchHistory::default();
    let recorded = RecordedJobs::of(Some(&database), plan, &history)?;
    let input = search_input(&database, plan, &settings, &recorded, history, &[])?;
    let mut jobs = input.jobs;
    let all = jobs.len();
    for job in &mut jobs {
        if job.status == JobStatus::Trained {
            job.status = JobStatus::Finished;
        }
    }
    jobs.retain(|job| matches!(job.status, JobStatus::Finished | JobStatus::Unsuccessful));
    if jobs.is_empty() {
        let message = format!(
            "{}: none of its jobs is trained, so there is nothing to simulate on",
            plan.name
        );
        return Err(failure(Exit::Wrong, message));
    }
    let unfinished = all - jobs.len();
    Ok((simulate_search(&input.rules, &jobs), unfinished))
}

fn object(plan: &Plan, rule: &str, simulation: &Simulation, unfinished: usize) -> Value {
    let named = |place: Option<(usize, f64)>| {
        place.map(|(configuration, value)| {
            let label = &plan.configurations[configuration].member.label;
            json!({ "label": label, "value": value })
        })
    };
    json!({
        "experiment": plan.name,
        "rule": rule,
        "metric": plan.metric,
        "jobs": simulation.jobs,
        "unfinished": unfinished,
        "epochs": simulation.epochs,
        "epochs_trained": simulation.spent,
        "jobs_stopped": simulation.pruned,
        "best": named(simulation.best),
        "found": named(simulation.found),
        "worse_by": simulation.regret(),
    })
}

fn describe(plan: &Plan, rule: &str, simulation: &Simulation, unfinished: usize) -> String {
    let name = |place: Option<(usize, f64)>| match place {
        Some((configuration, value)) => {
            let label = &plan.configurations[configuration].member.label;
            format!("{label} ({} {value:.4})", plan.metric.name)
        }
        None => "none".to_string(),
    };
    let recorded = counted(simulation.jobs as u64, "recorded job");
    let mut text = format!("{}: {rule} over {recorded}\n", plan.name);
    text += &format!(
        "  epochs    {} of {} would have been trained, {:.0} % saved\n",
        simulation.spent,
        simulation.epochs,
        100.0 * simulation.saved_fraction()
    );
    let stopped = counted(simulation.pruned as u64, "job");
    text += &format!("  jobs      {stopped} would have been pruned\n");
    text += &format!("  best      {}\n", name(simulation.best));
    let best = simulation.best.map(|(configuration, _)| configuration);
    let found = simulation.found.map(|(configuration, _)| configuration);
    text += &if best == found {
        "  found     the same".to_string()
    } else {
        let regret = simulation.regret();
        format!(
            "  found     {}, worse by {regret:.4}",
            name(simulation.found)
        )
    };
    match unfinished {
        0 => {}
        1 => text += "\n  note      1 job was left out because its training is incomplete",
        n => {
            text += &format!(
                "\n  note      {n} jobs were left out because their training is incomplete"
            )
        }
    }
    text
}
