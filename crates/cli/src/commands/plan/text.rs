//! A plan as text.

use super::class_table::table_of_classes;
use super::compared::ComparedPlan;
use super::layers::{layer_tables, receptive_field};
use super::rates::rate_tables;
use crate::output::table::plain;
use crate::planning::cost::CostEstimate;
use crate::planning::job_action::{JobAction, counts};
use convsweep_plan::{Planned, StagePlan};
use convsweep_spec::data::{Split, SplitScheme};
use convsweep_spec::split::ClassCounts;
use convsweep_spec::words::{counted, counted_as, printable, thousands};

/// Configurations that are listed without `--all`.
const MAX_ROWS: usize = 50;
/// Architectures and learning-rate schedules that are shown without `--all`.
const MAX_GROUPS: usize = 8;
const COLUMNS: [&str; 8] = [
    "configuration",
    "parameters",
    "MACs",
    "receptive field",
    "epochs",
    "a job",
    "memory",
    "jobs",
];

/// How much is shown.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// All configurations, architectures and schedules.
    pub all: bool,
    /// All layers of every architecture.
    pub layers: bool,
}

/// The plan with its configurations, layers, learning rates and cost.
pub fn text(compared: &ComparedPlan, amount: Amount) -> String {
    let (most_rows, most_groups) = if amount.all {
        (usize::MAX, usize::MAX)
    } else {
        (MAX_ROWS, MAX_GROUPS)
    };
    let plan = compared.plan;
    [
        head(compared, amount.all),
        String::from("\n"),
        configurations(compared, most_rows),
        layer_tables(plan, most_groups, amount.layers),
        rate_tables(plan, most_groups),
        format!("\n\n{}", compared.cost.words()),
    ]
    .concat()
}

fn head(compared: &ComparedPlan, shows_all: bool) -> String {
    let plan = compared.plan;
    let mut text = plan.name.clone();
    if let Some(question) = &plan.question {
        text += &format!(": {question}");
    }
    text += &format!(
        "\n{}, {}: {}\n",
        counted(plan.configurations.len() as u64, "configuration"),
        counted(plan.jobs() as u64, "job"),
        counts(compared.jobs.iter().map(|job| &job.action)),
    );
    match compared.dropped.len() {
        0 => {}
        1 => text += "1 earlier job is no longer asked for; its results are kept\n",
        n => text += &format!("{n} earlier jobs are no longer asked for; their results are kept\n"),
    }
    text += &format!("compared by {}", plan.metric.name);
    if let Some(margin) = plan.margin {
        text += &format!("; differences up to {margin} count as practically equal");
    }
    text += "\n";
    if let Some(first) = plan.configurations.first() {
        text += &format!("data: {}\n", data_line(first));
        text += &image_sets(&plan.configurations, shows_all);
    }
    for note in &plan.notes {
        text += &format!("note: {note}\n");
    }
    for stage in &plan.stages {
        text += &format!("{}\n", stage_line(stage));
    }
    text
}

/// What was read of the sets that are folders or tables, each different division once.
fn image_sets(configurations: &[Planned], shows_all: bool) -> String {
    let mut shown: Vec<(&str, &Split, Option<u32>)> = Vec::new();
    let mut text = String::new();
    for planned in configurations {
        let data = &planned.member.resolved.data;
        let Some(reading) = &planned.facts.reading else {
            continue;
        };
        let key = (planned.facts.hash.as_str(), &data.split, data.limit);
        if shown.contains(&key) {
            continue;
        }
        let of = match shown.is_empty() {
            true => String::new(),
            false => format!(" of {}", planned.member.label),
        };
        shown.push(key);
        if shown.len() > MAX_GROUPS {
            return text + "further sets are not shown\n";
        }
        text += &format!("images{of}: {}\n", printable(&reading.places_in_words()));
        text += &table_of_classes(planned, reading, shows_all);
    }
    text
}

fn stage_line(stage: &StagePlan) -> String {
    let configurations = counted(stage.count as u64, "configuration");
    let jobs = counted(stage.jobs as u64, "job");
    let state = match &stage.decision {
        Some(decision) => format!("chose {} of {configurations}", decision.label),
        None if stage.candidates.is_empty() => {
            format!("{configurations}, {jobs} for the choice of the stage before it")
        }
        None => format!("{configurations}, {jobs}; chooses when they are trained"),
    };
    format!("stage \"{}\": {state}", stage.name)
}

fn data_line(planned: &Planned) -> String {
    let (data, facts) = (&planned.member.resolved.data, &planned.facts);
    let available = facts.train_images - facts.validation_images;
    let pool = data.limit.unwrap_or(available).min(available);
    let counted = facts.reading.as_deref().and_then(|reading| {
        let fold = data.split.folds().map(|_| 0);
        ClassCounts::of(facts, reading, data, fold).ok()
    });
    let parts = |train: u32, validation: u32| {
        let (train, validation) = (thousands(train.into()), thousands(validation.into()));
        format!("{train} training and {validation} validation images")
    };
    let split = match (&data.split.scheme, counted) {
        (SplitScheme::Folds(folds), _) => {
            format!("{} images in {folds} folds", thousands(pool.into()))
        }
        (_, Some(counts)) => {
            let sum = |numbers: &[u32]| numbers.iter().sum();
            parts(sum(&counts.training), sum(&counts.validation))
        }
        (SplitScheme::Validation(share), None) => {
            let validation = (f64::from(pool) * share).round() as u32;
            parts(pool - validation, validation)
        }
        (SplitScheme::Given, None) => parts(pool, facts.validation_images),
        (SplitScheme::Listed(rows), None) => {
            let listed = SplitScheme::rows(rows).map_or(0, |rows| rows.len() as u64);
            format!("{} listed validation images", thousands(listed))
        }
    };
    let seed = match data.split.scheme {
        SplitScheme::Given | SplitScheme::Listed(_) => String::new(),
        SplitScheme::Validation(_) | SplitScheme::Folds(_) => {
            format!(" (split seed {})", data.split.seed)
        }
    };
    format!(
        "{}, {}×{}×{}, {}, {split}{seed}, {} sealed test images",
        data.source.name(),
        facts.channels,
        facts.height,
        facts.width,
        counted_as(facts.classes.len() as u64, "class", "classes"),
        thousands(facts.test_images.into())
    )
}

/// A row for each configuration, at most `most` of them.
fn configurations(compared: &ComparedPlan, most: usize) -> String {
    let configurations = &compared.plan.configurations;
    let shown = &configurations[..configurations.len().min(most)];
    let mut actions: Vec<Vec<&JobAction>> = vec![vec![]; shown.len()];
    for job in &compared.jobs {
        if let Some(actions) = actions.get_mut(job.configuration) {
            actions.push(&job.action);
        }
    }
    let mut rows = Vec::with_capacity(shown.len());
    for (planned, actions) in shown.iter().zip(actions) {
        rows.push(configuration(planned, &actions, &compared.cost));
    }
    let mut text = plain(&COLUMNS, &rows);
    let left = configurations.len() - shown.len();
    if left > 0 {
        let left = counted(left as u64, "more configuration");
        text += &format!("\nand {left} (--all shows them)");
    }
    text
}

fn configuration(planned: &Planned, actions: &[&JobAction], cost: &CostEstimate) -> Vec<String> {
    let summary = &planned.summary;
    let fields = summary.layers.iter().rev();
    let field = fields.filter_map(|layer| layer.receptive_field).next();
    let cost = cost.of_job(planned);
    vec![
        planned.member.label.clone(),
        thousands(summary.parameters),
        thousands(summary.macs),
        receptive_field(field),
        planned.member.resolved.train.epochs().to_string(),
        cost.time(),
        cost.memory(),
        counts(actions.iter().copied()),
    ]
}
