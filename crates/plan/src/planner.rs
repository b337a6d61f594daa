//! The plan itself: every point of the grid resolved, checked, identified and named.

use crate::axes::Axes;
use crate::check::Sink;
use crate::expand::{self, Point};
use crate::merge::Alternatives;
use crate::overrides::Overrides;
use crate::points::{Hits, Points, Resolved};
use crate::problem::{Problem, Problems, Source};
use crate::resolve::experiment::{Experiment, experiment, seeds};
use crate::resolve::run::{RunSettings, run};
use crate::resolve::search::{SearchSettings, search};
use crate::tree::{Node, parse_document};
use crate::{baseline, label, sections};
use convsweep_spec::data::{DataFacts, DataSpec};
use convsweep_spec::job::{ConfigurationDigest, ConfigurationId, JobId, Question};
use convsweep_spec::log::{Axis, AxisValue, Member, MemberJob};
use convsweep_spec::metric::Metric;
use convsweep_spec::shape::ModelSummary;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Largest file that is read, in bytes.
const LARGEST_FILE: u64 = 512 << 10;

/// What planning asks about an image set: its facts, or why there are none, in words for the user.
pub type Facts<'a> = dyn Fn(&DataSpec, Option<&Path>) -> Result<DataFacts, String> + 'a;

/// All that is needed to answer an experiment's question.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the experiment, which is a safe folder name; `NAME+<hash>` where the command line overrides the file.
    pub name: String,
    /// Absolute path of the file.
    pub file: PathBuf,
    /// The file's text.
    pub text: String,
    /// Overrides as they are recorded.
    pub overrides: Vec<String>,
    /// The question in words.
    pub question: Option<String>,
    /// What configurations are compared by.
    pub metric: Metric,
    /// Configuration that the others are compared with.
    pub baseline: Option<ConfigurationId>,
    /// Axes in the order of the file.
    pub axes: Vec<Axis>,
    /// Class names, by label; of the first configuration's images.
    pub classes: Vec<String>,
    /// Whether the report shows test figures of all configurations.
    pub show_test: bool,
    /// How jobs are run.
    pub run: RunSettings,
    /// Which jobs are spared.
    pub search: SearchSettings,
    /// Configurations in the order of the grid, each once.
    pub configurations: Vec<Planned>,
    /// What the user should know though nothing is wrong.
    pub notes: Vec<String>,
}

/// A configuration of the plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its place in the experiment, with its jobs.
    pub member: Member,
    /// Shapes and costs of its layers.
    pub summary: ModelSummary,
    /// Facts of its image set.
    pub facts: DataFacts,
    /// Folder or file of its images, where the file names one.
    pub data_path: Option<PathBuf>,
    /// Digests of its sections, from which ids come.
    pub digest: ConfigurationDigest,
}

impl Plan {
    /// Every job: the index of its configuration, its id and what it asks.
    pub fn questions(&self) -> impl Iterator<Item = (usize, JobId, Question)> + '_ {
        self.configurations.iter().enumerate().flat_map(|(i, planned)| {
            planned.member.jobs.iter().map(move |job| (i, job.job.clone(), planned.question(job)))
        })
    }

    /// Number of jobs.
    pub fn jobs(&self) -> usize {
        self.configurations.iter().map(|c| c.member.jobs.len()).sum()
    }
}

impl Planned {
    /// What one of its jobs asks.
    pub fn question(&self, job: &MemberJob) -> Question {
        Question {
            configuration: self.member.resolved.clone(),
            data_hash: self.member.data_hash.clone(),
            seed: job.seed,
            fold: job.fold,
        }
    }
}

/// Reads, checks and expands an experiment file. Nothing is trained and no image is read; `facts` answers for the data.
///
/// # Errors
/// Everything that is wrong with the file, the overrides or the image sets, at once.
pub fn plan(file: &Path, overrides: &Overrides, facts: &Facts) -> Result<Plan, Problems> {
    let name = file.display().to_string();
    let text = read(file).map_err(|problem| {
        let source = Source { name: name.clone(), text: String::new() };
        Problems::new(vec![source], vec![*problem])
    })?;
    let mut sources = vec![Source { name, text: text.clone() }];
    sources.extend(overrides.sources());
    let folder = file.parent().unwrap_or(Path::new(""));
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    plan_text(&text, folder, overrides, facts)
        .map(|plan| Plan { file: absolute, text, ..plan })
        .map_err(|problems| Problems::new(sources, problems))
}

fn read(file: &Path) -> Result<String, Box<Problem>> {
    let unreadable =
        |e: std::io::Error| Box::new(Problem::nowhere("the experiment file cannot be read", e.to_string()));
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    if size > LARGEST_FILE {
        let label = format!("{size} bytes; an experiment file has at most {LARGEST_FILE}");
        return Err(Box::new(Problem::nowhere("the experiment file is too large", label)));
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|e| {
        let good = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..good].iter().filter(|b| **b == b'\n').count() + 1;
        let label = format!("line {line} has a byte that is not UTF-8");
        Box::new(Problem::nowhere("the experiment file is not a text", label).help("save it as UTF-8"))
    })
}

fn plan_text(text: &str, folder: &Path, overrides: &Overrides, facts: &Facts) -> Result<Plan, Vec<Problem>> {
    let mut root = parse_document(text, 0)?;
    let sink = &mut Sink::new(false);
    let axes = Axes::read(root.get("sweep"), sink);
    let before = sections::alternatives(&root);
    overrides.apply(&mut root, &axes, &before, &mut sink.problems);
    let others = sections::alternatives(&root);
    let head = head(&root, overrides, sink);
    let baseline = head.0.as_ref().and_then(|e| e.baseline.as_ref()).map(|node| baseline::values(node, &axes));
    let baseline = baseline.transpose().unwrap_or_else(|problem| {
        sink.push(*problem);
        None
    });
    let mut notes = sections::check_parameters(&root, &others, &axes, sink);
    notes.extend(sections::unused_alternatives(&others, &axes));
    sections::check_missing(&root, &axes, sink);
    let expanded = expanded(&root, folder, &axes, &others, &head, facts, sink);
    sections::check_written(&root, &others, sink);
    match (expanded, head) {
        (Some(expanded), (Some(experiment), Some(run))) if sink.problems.is_empty() => {
            assemble(expanded, experiment, baseline, run, &axes, overrides, notes).map_err(|problem| vec![*problem])
        }
        _ => Err(std::mem::take(&mut sink.problems)),
    }
}

type Head = (Option<Experiment>, Option<(RunSettings, SearchSettings)>);

fn head(root: &Node, overrides: &Overrides, sink: &mut Sink) -> Head {
    let experiment = root.get("experiment").and_then(|node| experiment(node, sink));
    let experiment = experiment.map(|e| match &overrides.seeds {
        Some(seeds) => Experiment { seeds: seeds.0.clone(), ..e },
        None => e,
    });
    let seeds = experiment.as_ref().map(|e| e.seeds.len());
    let settings = (run(root.get("run"), sink), search(root.get("search"), seeds, sink));
    let settings = match settings {
        (Some(run), Some(search)) => Some((run, search)),
        _ => None,
    };
    (experiment, settings)
}

/// Every point with what it resolves to; `None` if there are problems.
fn expanded(
    root: &Node,
    folder: &Path,
    axes: &Axes,
    others: &Alternatives,
    head: &Head,
    facts: &Facts,
    sink: &mut Sink,
) -> Option<Vec<(Point, Resolved)>> {
    let number_of_seeds = match &head.0 {
        Some(experiment) => experiment.seeds.len(),
        None => root
            .get("experiment")
            .and_then(|e| e.get("seeds"))
            .and_then(|s| seeds(s, &mut Sink::new(true)))
            .map_or(1, |s| s.len()),
    };
    let limit = head.0.as_ref().map_or(10_000, |e| e.limit);
    let jobs = expand::count(axes).saturating_mul(number_of_seeds.max(1) as u128);
    if jobs > u128::from(limit) {
        sink.push(too_many(root, axes, jobs, number_of_seeds, limit));
        return None;
    }
    let points = expand::points(axes);
    if points.is_empty() && sink.problems.is_empty() {
        let help = "remove an exclusion, or all of [[sweep]] to train one configuration";
        let (title, label) = ("the sweep has no points", "every combination is excluded");
        let problem = match root.entry("sweep") {
            Some(sweep) => Problem::new(sweep.key_at, title, label),
            None => Problem::nowhere(title, label),
        };
        sink.push(problem.help(help));
    }
    let mut resolver = Points::new(root, folder, axes, others, facts);
    let mut hits = Hits::default();
    let resolved: Vec<_> = points.iter().enumerate().map(|(i, p)| resolver.resolve(p, i, &mut hits)).collect();
    sink.problems.extend(hits.into_problems(axes, &points));
    let folds = |r: &Resolved| r.data.spec.split.folds().unwrap_or(1) as usize;
    let resolved = resolved.into_iter().collect::<Option<Vec<_>>>()?;
    let jobs = resolved.iter().map(|r| folds(r) * number_of_seeds).sum::<usize>() as u128;
    if jobs > u128::from(limit) {
        sink.push(too_many(root, axes, jobs, number_of_seeds, limit));
        return None;
    }
    Some(points.into_iter().zip(resolved).collect())
}

fn too_many(root: &Node, axes: &Axes, jobs: u128, seeds: usize, limit: u64) -> Problem {
    let lengths: Vec<_> = axes.all.iter().map(|a| format!("{} {}", a.values.len(), a.name)).take(8).collect();
    let at = root.entry("sweep").or(root.entry("experiment")).map(|e| e.key_at);
    let title = format!("the sweep has {jobs} jobs, more than the limit of {limit}");
    let label = format!("{} × {seeds} seeds", if lengths.is_empty() { "1".into() } else { lengths.join(" × ") });
    let help = format!(
        "if it is meant: experiment.limit = {}; else use fewer values or a second [[sweep]]",
        jobs.min(1_000_000)
    );
    match at {
        Some(at) => Problem::new(at, title, label),
        None => Problem::nowhere(title, label),
    }
    .help(help)
}

fn assemble(
    expanded: Vec<(Point, Resolved)>,
    experiment: Experiment,
    baseline: Option<Point>,
    (run, search): (RunSettings, SearchSettings),
    axes: &Axes,
    overrides: &Overrides,
    mut notes: Vec<String>,
) -> Result<Plan, Box<Problem>> {
    let mut configurations: Vec<Planned> = Vec::new();
    let mut points: Vec<Point> = Vec::new();
    let mut known: HashMap<ConfigurationId, usize> = HashMap::new();
    let mut equal = Collapsed::default();
    let mut everywhere: Vec<(Point, usize)> = Vec::with_capacity(expanded.len());
    for (point, resolved) in expanded {
        let digest = ConfigurationDigest::new(&resolved.configuration(), &resolved.facts.hash);
        let id = digest.configuration_id();
        if let Some(&first) = known.get(&id) {
            equal.add(axes, &points[first], &point);
            everywhere.push((point, first));
            continue;
        }
        known.insert(id.clone(), configurations.len());
        configurations.push(planned(configurations.len(), id, digest, &experiment.seeds, axes, &point, resolved));
        everywhere.push((point.clone(), points.len()));
        points.push(point);
    }
    notes.extend(equal.notes());
    for (planned, label) in configurations.iter_mut().zip(labels(axes, &points, &experiment.name)) {
        planned.member.label = label;
    }
    let baseline = match (&experiment.baseline, baseline) {
        (Some(node), Some(wanted)) => {
            let index = baseline::find(node, &wanted, &everywhere, &configurations)?;
            Some(configurations[index].member.configuration.clone())
        }
        _ => None,
    };
    let classes = configurations.first().map(|c| c.facts.classes.clone()).unwrap_or_default();
    Ok(Plan {
        name: experiment.name.clone() + &overrides.suffix(),
        file: PathBuf::new(),
        text: String::new(),
        overrides: overrides.words(),
        question: experiment.question,
        metric: experiment.metric,
        baseline,
        axes: axes.all.iter().map(log_axis).collect(),
        classes,
        show_test: experiment.show_test,
        run,
        search,
        configurations,
        notes,
    })
}

fn log_axis(axis: &crate::axes::Axis) -> Axis {
    let labels = axis.values.iter().map(|v| v.label.clone()).collect();
    Axis { path: axis.path.clone(), name: axis.name.clone(), labels }
}

fn planned(
    position: usize,
    id: ConfigurationId,
    digest: ConfigurationDigest,
    seeds: &[u64],
    axes: &Axes,
    point: &Point,
    resolved: Resolved,
) -> Planned {
    let value = |&(axis, value): &(u32, u32)| {
        let axis = &axes.all[axis as usize];
        let value = &axis.values[value as usize];
        AxisValue { path: axis.path.clone(), label: value.label.clone(), value: value.node.json() }
    };
    let folds: Vec<Option<u32>> = match resolved.data.spec.split.folds() {
        Some(folds) => (0..folds).map(Some).collect(),
        None => vec![None],
    };
    let job = |seed: u64, fold: Option<u32>| MemberJob { job: digest.job_id(seed, fold), seed, fold };
    let jobs = seeds.iter().flat_map(|s| folds.iter().map(|f| job(*s, *f))).collect();
    let member = Member {
        configuration: id,
        position: u32::try_from(position).unwrap_or(u32::MAX),
        label: String::new(),
        values: point.iter().map(value).collect(),
        resolved: resolved.configuration(),
        data_hash: resolved.facts.hash.clone(),
        parameters: resolved.summary.parameters,
        macs: resolved.summary.macs,
        jobs,
    };
    let (summary, facts) = ((*resolved.summary).clone(), (*resolved.facts).clone());
    Planned { member, summary, facts, data_path: resolved.data.path.clone(), digest }
}

/// Labels of the configurations, all different.
fn labels(axes: &Axes, points: &[Point], experiment: &str) -> Vec<String> {
    let label = |point: &Point, named| match point.is_empty() {
        true => experiment.to_string(),
        false => label::configuration(&axes.all, point, named),
    };
    let short: Vec<String> = points.iter().map(|p| label(p, false)).collect();
    let mut count: BTreeMap<&str, u32> = BTreeMap::new();
    short.iter().for_each(|l| *count.entry(l).or_default() += 1);
    points.iter().zip(&short).map(|(p, l)| if count[l.as_str()] > 1 { label(p, true) } else { l.clone() }).collect()
}

/// Points that resolve to a configuration that is already there.
#[derive(Default)]
struct Collapsed {
    /// For each pair of names that differ in nothing else: how many, and the first.
    groups: BTreeMap<String, (u32, String, String)>,
}

impl Collapsed {
    fn add(&mut self, axes: &Axes, first: &Point, again: &Point) {
        let name = |point: &Point| label::configuration(&axes.all, point, true);
        let differing = again.iter().filter(|v| !first.contains(v)).map(|(a, _)| axes.all[*a as usize].path.clone());
        let key = differing.collect::<Vec<_>>().join(", ");
        self.groups.entry(key).or_insert_with(|| (0, name(again), name(first))).0 += 1;
    }

    fn notes(self) -> Vec<String> {
        let note = |(axes, (count, again, first)): (String, (u32, String, String))| {
            let first = if first.is_empty() { "the file as it stands".into() } else { first };
            let what = match axes.as_str() {
                "" => "stand in the sweep twice".to_string(),
                axes => format!("differ only in {axes}, which changes nothing there"),
            };
            format!("{count} points {what}: they are one configuration and trained once (first: {again} is {first})")
        };
        self.groups.into_iter().map(note).collect()
    }
}
