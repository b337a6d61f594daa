//! `plan`: what a file asks for, without training.

use super::{say, say_json};
use crate::args::PlanArgs;
use crate::context::Context;
use crate::difference::{Standing, counts, standing};
use crate::exit::{Code, Exit};
use crate::table::{plain, thousands};
use anyhow::Result;
use convsweep_plan::{Plan, Planned};
use convsweep_spec::data::SplitScheme;
use convsweep_spec::job::{JobId, Question, StateKey};
use convsweep_spec::train::{Clock, Schedule};
use convsweep_store::{JobState, Reader};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Prints the plans of the files.
pub fn plan(context: &Context, args: &PlanArgs) -> Result<Exit> {
    let mut plans = Vec::new();
    for file in &args.files {
        plans.push(context.plan(file, &args.changes)?);
    }
    let mut list = Vec::new();
    for plan in &plans {
        if let Some(rule) = &args.simulate {
            super::simulate::simulate(context, plan, rule)?;
            continue;
        }
        let standings = standings(context, plan)?;
        if args.json {
            list.push(as_json(plan, &standings));
        } else {
            say(&as_text(plan, &standings))?;
        }
    }
    if args.json && args.simulate.is_none() {
        say_json(&list)?;
    }
    Ok(Exit::Complete)
}

/// Every job of the plan with its standing, in the plan's order.
pub fn standings(context: &Context, plan: &Plan) -> Result<Vec<(usize, JobId, Question, Standing)>> {
    let questions: Vec<(usize, JobId, Question)> = plan.questions().collect();
    if !context.results.database().exists() {
        return Ok(questions.into_iter().map(|(i, id, question)| (i, id, question, Standing::New)).collect());
    }
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let ids: Vec<JobId> = questions.iter().map(|(_, id, _)| id.clone()).collect();
    let states = reader.job_states(&ids).code(Exit::Results)?;
    let keys = starts(plan, &questions, &states, reader.saved_epochs().code(Exit::Results)?);
    let wanted: Vec<StateKey> = keys.values().flatten().cloned().collect();
    let mut saved = reader.saved_states(&wanted).code(Exit::Results)?;
    saved.retain(|_, state| state.path.is_dir());
    let place = |(index, id, question): (usize, JobId, Question)| {
        let standing = standing(states.get(&id), keys.get(&id).map_or(&[], Vec::as_slice), &saved);
        (index, id, question, standing)
    };
    Ok(questions.into_iter().map(place).collect())
}

/// Keys of the states that each open job could start from, the longest first; `saved` are epochs after which there are any.
fn starts(
    plan: &Plan,
    questions: &[(usize, JobId, Question)],
    states: &HashMap<JobId, JobState>,
    saved: Vec<u32>,
) -> HashMap<JobId, Vec<StateKey>> {
    let mut keys = HashMap::new();
    for jobs in questions.chunk_by(|a, b| a.0 == b.0) {
        let open = |(_, id, _): &&(usize, JobId, Question)| !states.get(id).is_some_and(|s| s.finished);
        let Some((index, ..)) = jobs.iter().find(open) else { continue };
        let planned = &plan.configurations[*index];
        let own = planned.member.resolved.train.epochs();
        let epochs: Vec<u32> = saved.iter().rev().copied().filter(|&epoch| epoch <= own).collect();
        let makes = planned.digest.state_keys(&planned.member.resolved, &epochs);
        for (_, id, question) in jobs.iter().filter(open) {
            keys.insert(id.clone(), makes.of(question.seed, question.fold));
        }
    }
    keys
}

fn as_text(plan: &Plan, standings: &[(usize, JobId, Question, Standing)]) -> String {
    let all: Vec<Standing> = standings.iter().map(|(_, _, _, s)| s.clone()).collect();
    let mut text = plan.name.clone();
    if let Some(question) = &plan.question {
        text += &format!(": {question}");
    }
    text += &format!(
        "\n{} configurations, {} jobs: {}\ncompared by {}\n",
        plan.configurations.len(),
        plan.jobs(),
        counts(&all),
        plan.metric.name
    );
    if let Some(first) = plan.configurations.first() {
        text += &format!("data: {}\n", data_line(first));
    }
    for note in &plan.notes {
        text += &format!("note: {note}\n");
    }
    // The jobs of a configuration stand together.
    let own: HashMap<usize, &[_]> = standings.chunk_by(|a, b| a.0 == b.0).map(|jobs| (jobs[0].0, jobs)).collect();
    let row = |(i, planned)| row(planned, own.get(&i).copied().unwrap_or_default());
    let rows: Vec<Vec<String>> = plan.configurations.iter().enumerate().map(row).collect();
    text += "\n";
    text += &plain(&["configuration", "parameters", "MACs", "receptive field", "epochs", "jobs"], &rows);
    for (names, planned) in architectures(plan) {
        text +=
            &format!("\n\nlayers of {names}: {} → {} classes\n", planned.summary.input, planned.facts.classes.len());
        text += &layers(planned);
    }
    for (names, planned) in rates(plan) {
        text += &format!("\n\nlearning rate of {names}\n{}", rate_lines(planned));
    }
    text
}

fn data_line(planned: &Planned) -> String {
    let (data, facts) = (&planned.member.resolved.data, &planned.facts);
    let pool = data.limit.map_or(facts.train_images, |limit| limit.min(facts.train_images));
    let split = match data.split.scheme {
        SplitScheme::Validation(share) => {
            let validation = (f64::from(pool) * share).round() as u32;
            format!("{} train, {} validate", thousands((pool - validation).into()), thousands(validation.into()))
        }
        SplitScheme::Folds(k) => format!("{} in {k} folds", thousands(pool.into())),
    };
    let (c, h, w) = (facts.channels, facts.height, facts.width);
    format!(
        "{}, {c}×{h}×{w}, {} classes, {split} (split seed {}), {} sealed test images",
        data.source.name(),
        facts.classes.len(),
        data.split.seed,
        thousands(facts.test_images.into())
    )
}

fn row(planned: &Planned, jobs: &[(usize, JobId, Question, Standing)]) -> Vec<String> {
    let own: Vec<Standing> = jobs.iter().map(|(_, _, _, s)| s.clone()).collect();
    let field = planned.summary.layers.iter().rev().find_map(|l| l.receptive_field);
    vec![
        planned.member.label.clone(),
        thousands(planned.summary.parameters),
        thousands(planned.summary.macs),
        field.map_or("–".into(), |[v, h]| if v == h { v.to_string() } else { format!("{v}×{h}") }),
        planned.member.resolved.train.epochs().to_string(),
        counts(&own),
    ]
}

/// Each distinct architecture with the labels of the configurations that have it.
fn architectures(plan: &Plan) -> Vec<(String, &Planned)> {
    grouped(plan, |planned| Some(serde_json::to_string(&planned.summary).unwrap_or_default()))
}

/// Each distinct course of the learning rate; none where all are constant in one phase.
fn rates(plan: &Plan) -> Vec<(String, &Planned)> {
    let plain = |p: &Planned| {
        let phases = &p.member.resolved.train.phases;
        phases.len() == 1 && phases[0].schedule == Schedule::CONSTANT
    };
    grouped(plan, |planned| (!plain(planned)).then(|| rate_lines(planned)))
}

/// The configurations by what `key` says of them, in the order of the plan; those without a key are left out.
fn grouped(plan: &Plan, key: impl Fn(&Planned) -> Option<String>) -> Vec<(String, &Planned)> {
    let mut groups: Vec<(Vec<&str>, &Planned)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for planned in &plan.configurations {
        let Some(key) = key(planned) else { continue };
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((labels, _)) => labels.push(&planned.member.label),
            None => groups.push((vec![&planned.member.label], planned)),
        }
    }
    let name = |labels: Vec<&str>| match labels.len() {
        n if n == plan.configurations.len() => "all configurations".to_string(),
        1..=3 => labels.join("; "),
        n => format!("{}; {} and {} more", labels[0], labels[1], n - 2),
    };
    groups.into_iter().map(|(labels, planned)| (name(labels), planned)).collect()
}

fn layers(planned: &Planned) -> String {
    let pair =
        |p: Option<[u32; 2]>| p.map_or("–".into(), |[a, b]| if a == b { a.to_string() } else { format!("{a}×{b}") });
    let rows: Vec<Vec<String>> = planned
        .summary
        .layers
        .iter()
        .map(|l| {
            vec![
                l.name.clone(),
                l.description.clone(),
                l.output.to_string(),
                thousands(l.parameters),
                thousands(l.macs),
                pair(l.receptive_field),
            ]
        })
        .collect();
    plain(&["layer", "what", "output", "parameters", "MACs", "receptive field"], &rows)
}

/// Lines at most for a phase's rates.
const MOST_RATES: usize = 10;
const STEPS: u32 = 1000;

fn rate_lines(planned: &Planned) -> String {
    let mut first = 0;
    let mut lines = Vec::new();
    for phase in &planned.member.resolved.train.phases {
        // The rate at each epoch's first and last step; how many steps an epoch has makes no difference that is seen here.
        let rate = |epoch: u32, last: u32| {
            let clock =
                Clock { step: u64::from(epoch * STEPS + last * (STEPS - 1)), steps_per_epoch: STEPS, measured: &[] };
            phase.schedule.rate(phase.optimizer.lr, &clock)
        };
        let ends: Vec<u32> = (1..=phase.epochs)
            .filter(|&e| {
                e == phase.epochs || [rate(e - 1, 1), rate(e, 0), rate(e, 1)].iter().any(|r| *r != rate(e - 1, 0))
            })
            .collect();
        let shown = ends.len().div_ceil(MOST_RATES);
        let mut since = 0;
        for (i, &epoch) in ends.iter().enumerate() {
            if (i + 1) % shown != 0 && epoch != phase.epochs {
                continue;
            }
            let (from, to) = (first + since + 1, first + epoch);
            let rates = match (rate(since, 0), rate(epoch - 1, 1)) {
                (a, b) if a == b => a.to_string(),
                (a, b) => format!("{a:.3e} to {b:.3e}"),
            };
            let falls = if phase.schedule.metric().is_some() { ", lower at each plateau" } else { "" };
            lines.push(format!("  epochs {from} to {to}: {rates} ({}{falls})", phase.optimizer.name()));
            since = epoch;
        }
        first += phase.epochs;
    }
    lines.join("\n")
}

fn as_json(plan: &Plan, standings: &[(usize, JobId, Question, Standing)]) -> Value {
    let jobs: Vec<Value> = standings
        .iter()
        .map(|(index, id, question, standing)| {
            json!({
                "job": id, "configuration": plan.configurations[*index].member.label,
                "seed": question.seed, "fold": question.fold, "standing": standing.word(),
            })
        })
        .collect();
    let configurations: Vec<Value> = plan
        .configurations
        .iter()
        .map(|c| json!({ "id": c.member.configuration, "label": c.member.label, "values": c.member.values, "summary": c.summary, "resolved": c.member.resolved }))
        .collect();
    json!({ "experiment": plan.name, "question": plan.question, "axes": plan.axes, "notes": plan.notes,
            "configurations": configurations, "jobs": jobs })
}
