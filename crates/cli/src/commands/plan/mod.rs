//! `plan`: what a file asks for, without training.

use crate::args::PlanArgs;
use crate::context::Context;
use crate::exit::{self, Code, Exit, Failure};
use crate::output::stdout::{say, say_json};
use crate::output::table::plain;
use crate::planning::cost::Cost;
use crate::planning::difference::{Held, Standing, counts};
use anyhow::Result;
use convsweep_plan::{Plan, Planned, StagePlan};
use convsweep_spec::data::SplitScheme;
use convsweep_spec::id::JobId;
use convsweep_spec::log::MemberJob;
use convsweep_spec::shape::ModelSummary;
use convsweep_spec::task::{RangeTest, Task};
use convsweep_spec::train::{Clock, Phase, Schedule, TrainSpec};
use convsweep_spec::words::{counted, short, thousands};
use convsweep_store::{Reader, literal};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

mod json;
mod simulate;

/// Rows of a table, and architectures and learning rates, that are shown without `--all`.
const MOST_ROWS: usize = 50;
const MOST_GROUPS: usize = 8;

/// Prints the plans of the files.
pub fn plan(context: &Context, args: &PlanArgs) -> Result<Exit> {
    let (mut plans, mut wrong) = (Vec::new(), Vec::new());
    for file in &args.files {
        match context.plan(file, &args.changes) {
            Ok(plan) => plans.push(plan),
            Err(error) => wrong.push(error),
        }
    }
    if let Some(first) = wrong.first() {
        // What is wrong with all of the files, at once.
        let message = wrong
            .iter()
            .map(|e| e.to_string().trim_end().to_string())
            .collect::<Vec<_>>()
            .join("\n\n");
        let same = wrong.iter().all(|e| exit::of(e) == exit::of(first));
        return Err(Failure {
            exit: if same { exit::of(first) } else { Exit::Wrong },
            message,
        }
        .into());
    }
    let mut wholes = Vec::new();
    // The program ends after this: to give a large plan back piece by piece would only take time.
    let plans: &'static [Plan] = plans.leak();
    for plan in plans {
        if let Some(rule) = &args.simulate {
            simulate::simulate(context, plan, rule)?;
            continue;
        }
        let standings = Held::look(&context.results, plan)?.standings(plan);
        let gone = no_longer_asked(context, plan)?;
        let cost = Cost::of(context, plan, &standings)?;
        let whole = Whole {
            plan,
            standings,
            gone,
            cost,
        };
        if args.json {
            wholes.push(whole);
        } else {
            say(&as_text(&whole, args.all))?;
        }
    }
    if args.json && args.simulate.is_none() {
        say_json(&wholes.iter().map(json::PlanJson).collect::<Vec<_>>())?;
    }
    Ok(Exit::Complete)
}

/// A plan with what is known of it.
pub struct Whole<'a> {
    plan: &'a Plan,
    standings: Vec<(usize, &'a MemberJob, Standing)>,
    /// Jobs that the newest revision asked for and this plan does not.
    gone: Vec<JobId>,
    cost: Cost,
}

/// Jobs that the newest revision of the experiment asked for and this plan does not.
fn no_longer_asked(context: &Context, plan: &Plan) -> Result<Vec<JobId>> {
    if !context.results.database().exists() {
        return Ok(vec![]);
    }
    let reader = Reader::open(&context.results).code(Exit::Results)?;
    let sql = format!(
        "select m.job from member_jobs m join experiments e using (experiment, revision) where experiment = {}",
        literal(&plan.name)
    );
    let asked: HashSet<&str> = plan
        .configurations
        .iter()
        .flat_map(|c| &c.member.jobs)
        .map(|j| j.job.0.as_str())
        .collect();
    let before = reader
        .query(&sql)
        .code(Exit::Results)?
        .rows
        .into_iter()
        .flatten()
        .map(|cell| cell.to_string());
    Ok(before
        .filter(|job| !asked.contains(job.as_str()))
        .map(JobId)
        .collect())
}

fn as_text(whole: &Whole, all: bool) -> String {
    let Whole {
        plan,
        standings,
        gone,
        cost,
    } = whole;
    let mut text = plan.name.clone();
    if let Some(question) = &plan.question {
        text += &format!(": {question}");
    }
    text += &format!(
        "\n{}, {}: {}\n",
        counted(plan.configurations.len() as u64, "configuration"),
        counted(plan.jobs() as u64, "job"),
        counts(standings.iter().map(|(_, _, standing)| standing)),
    );
    if !gone.is_empty() {
        text += &format!(
            "{} jobs of before are no longer asked for; their results are kept\n",
            gone.len()
        );
    }
    text += &format!("compared by {}\n", plan.metric.name);
    if let Some(first) = plan.configurations.first() {
        text += &format!("data: {}\n", data_line(first));
    }
    for note in &plan.notes {
        text += &format!("note: {note}\n");
    }
    for stage in &plan.stages {
        text += &format!("{}\n", stage_line(stage));
    }
    let most = if all { usize::MAX } else { MOST_ROWS };
    let shown = plan.configurations.len().min(most);
    let mut own: Vec<Vec<&Standing>> = vec![vec![]; shown];
    standings
        .iter()
        .filter(|(i, ..)| *i < shown)
        .for_each(|(i, _, standing)| own[*i].push(standing));
    let rows: Vec<Vec<String>> = plan
        .configurations
        .iter()
        .zip(own)
        .map(|(c, own)| row(c, &own, cost))
        .collect();
    text += "\n";
    let columns = [
        "configuration",
        "parameters",
        "MACs",
        "receptive field",
        "epochs",
        "a job",
        "memory",
        "jobs",
    ];
    text += &plain(&columns, &rows);
    if plan.configurations.len() > rows.len() {
        text += &format!(
            "\nand {} more configurations (--all shows them)",
            plan.configurations.len() - rows.len()
        );
    }
    let most = if all { usize::MAX } else { MOST_GROUPS };
    let architectures = architectures(plan);
    let left = architectures.len().saturating_sub(most);
    for (names, planned) in architectures.into_iter().take(most) {
        text += &format!(
            "\n\nlayers of {names}: {} → {} classes\n",
            planned.summary.input,
            planned.facts.classes.len()
        );
        text += &layers(planned);
    }
    if left > 0 {
        text += &format!("\n\nand {left} more architectures (--all shows them)");
    }
    let rates = rates(plan);
    let left = rates.len().saturating_sub(most);
    for (names, planned) in rates.into_iter().take(most) {
        text += &format!("\n\nlearning rate of {names}\n{}", rate_lines(planned));
    }
    if left > 0 {
        text += &format!("\n\nand {left} more courses of the learning rate (--all shows them)");
    }
    format!("{text}\n\n{}", cost.words())
}

fn stage_line(stage: &StagePlan) -> String {
    let StagePlan {
        name,
        count,
        jobs,
        candidates,
        decision,
    } = stage;
    let (configurations, jobs) = (
        counted(*count as u64, "configuration"),
        counted(*jobs as u64, "job"),
    );
    let whence = match (decision, candidates.is_empty()) {
        (Some(decision), _) => format!("chose {} of {count} configurations", decision.label),
        (None, false) => format!("{configurations}, {jobs}; chooses when they are trained"),
        (None, true) => format!("{configurations}, {jobs} for whatever is chosen before it"),
    };
    format!("stage \"{name}\": {whence}")
}

fn data_line(planned: &Planned) -> String {
    let (data, facts) = (&planned.member.resolved.data, &planned.facts);
    let pool = data
        .limit
        .map_or(facts.train_images, |limit| limit.min(facts.train_images));
    let split = match &data.split.scheme {
        SplitScheme::Validation(share) => {
            let validation = (f64::from(pool) * share).round() as u32;
            format!(
                "{} train, {} validate",
                thousands((pool - validation).into()),
                thousands(validation.into())
            )
        }
        SplitScheme::Listed(rows) => {
            let validation = SplitScheme::rows(rows).map_or(0, |rows| rows.len() as u64);
            format!("{} listed images validate", thousands(validation))
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

fn row(planned: &Planned, own: &[&Standing], cost: &Cost) -> Vec<String> {
    let field = planned
        .summary
        .layers
        .iter()
        .rev()
        .find_map(|l| l.receptive_field);
    let cost = cost.of_job(planned);
    vec![
        planned.member.label.clone(),
        thousands(planned.summary.parameters),
        thousands(planned.summary.macs),
        field.map_or("–".into(), |[v, h]| {
            if v == h {
                v.to_string()
            } else {
                format!("{v}×{h}")
            }
        }),
        planned.member.resolved.train.epochs().to_string(),
        cost.time(),
        cost.memory(),
        counts(own.iter().copied()),
    ]
}

/// Each distinct architecture with the names of the configurations that have it.
fn architectures(plan: &Plan) -> Vec<(String, &Planned)> {
    // Summaries are shared: equal ones that lie in two places are few.
    let mut known: HashMap<*const ModelSummary, String> = HashMap::new();
    for planned in &plan.configurations {
        let place = Arc::as_ptr(&planned.summary);
        known
            .entry(place)
            .or_insert_with(|| format!("{:?}", planned.summary.layers));
    }
    grouped(plan, |p| known[&Arc::as_ptr(&p.summary)].as_str())
}

/// Each distinct course of the learning rate; none where all are constant in one phase.
fn rates(plan: &Plan) -> Vec<(String, &Planned)> {
    let plain = |p: &Planned| {
        let phases = &p.member.resolved.train.phases;
        p.member.resolved.task == Task::Train
            && phases.len() == 1
            && phases[0].schedule == Schedule::CONSTANT
    };
    if plan.configurations.iter().all(plain) {
        return vec![];
    }
    let groups = grouped(plan, rate_lines);
    groups.into_iter().filter(|(_, p)| !plain(p)).collect()
}

/// The first configuration for each `key`, with the names of all that share it, in the plan's
/// order.
fn grouped<'a, K: Hash + Eq>(
    plan: &'a Plan,
    key: impl Fn(&'a Planned) -> K,
) -> Vec<(String, &'a Planned)> {
    let mut groups: Vec<(Vec<&str>, &Planned)> = Vec::new();
    let mut known: HashMap<K, usize> = HashMap::new();
    for planned in &plan.configurations {
        let group = *known.entry(key(planned)).or_insert_with(|| {
            groups.push((vec![], planned));
            groups.len() - 1
        });
        groups[group].0.push(&planned.member.label);
    }
    let name = |labels: Vec<&str>| match labels.len() {
        n if n == plan.configurations.len() => "all configurations".to_string(),
        1..=3 => labels.join("; "),
        n => format!("{}; {} and {} more", labels[0], labels[1], n - 2),
    };
    groups
        .into_iter()
        .map(|(labels, planned)| (name(labels), planned))
        .collect()
}

fn layers(planned: &Planned) -> String {
    let pair = |p: Option<[u32; 2]>| {
        p.map_or("–".into(), |[a, b]| {
            if a == b {
                a.to_string()
            } else {
                format!("{a}×{b}")
            }
        })
    };
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
    plain(
        &[
            "layer",
            "what",
            "output",
            "parameters",
            "MACs",
            "receptive field",
        ],
        &rows,
    )
}

/// Lines at most for a phase's rates.
const MOST_RATES: usize = 10;
const STEPS: u32 = 1000;

fn range_test_lines(test: RangeTest, train: &TrainSpec) -> String {
    let line = |phase: &Phase| {
        format!(
            "  range test of {} steps: {} to {} ({})",
            test.steps,
            short(test.from),
            short(phase.optimizer.lr),
            phase.optimizer.name()
        )
    };
    train.phases.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn rate_lines(planned: &Planned) -> String {
    let mut first = 0;
    let mut lines = Vec::new();
    let resolved = &planned.member.resolved;
    if let Task::RangeTest(test) = resolved.task {
        return range_test_lines(test, &resolved.train);
    }
    for phase in &resolved.train.phases {
        // The rate at each epoch's first and last step; how many steps an epoch has makes no
        // difference that is seen here.
        let rate = |epoch: u32, last: u32| {
            let clock = Clock {
                step: u64::from(epoch * STEPS + last * (STEPS - 1)),
                steps_per_epoch: STEPS,
                measured: &[],
            };
            phase.schedule.rate(phase.optimizer.lr, &clock)
        };
        let ends: Vec<u32> = (1..=phase.epochs)
            .filter(|&e| {
                e == phase.epochs
                    || [rate(e - 1, 1), rate(e, 0), rate(e, 1)]
                        .iter()
                        .any(|r| *r != rate(e - 1, 0))
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
                (a, b) if a == b => short(a),
                (a, b) => format!("{a:.3e} to {b:.3e}"),
            };
            let falls = if phase.schedule.metric().is_some() {
                ", lower at each plateau"
            } else {
                ""
            };
            lines.push(format!(
                "  epochs {from} to {to}: {rates} ({}{falls})",
                phase.optimizer.name()
            ));
            since = epoch;
        }
        first += phase.epochs;
    }
    lines.join("\n")
}
