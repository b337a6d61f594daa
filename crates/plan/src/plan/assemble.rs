//! The plan itself: every point of the grid resolved, checked, identified and named.

use crate::document::files::{self, ReadFile, Sources};
use crate::document::merge::Alternatives;
use crate::document::overrides::Overrides;
use crate::grid::axes::Axes;
use crate::grid::points::{self, Point};
use crate::grid::{baseline, labels};
use crate::language::check::Sink;
use crate::plan::provenance::{self, Origins};
use crate::resolve::experiment::{Experiment, experiment, seeds};
use crate::resolve::lookup::Known;
use crate::resolve::resolver::{Around, Points, Resolved};
use crate::resolve::run::run;
use crate::resolve::search::search;
use crate::resolve::sections;
use crate::resolve::stages::{self, Stage};
use crate::source::problem::{Problem, Problems};
use crate::source::tree::Node;
use convsweep_spec::configuration::ConfigurationDigest;
use convsweep_spec::data::DataFacts;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::job::Question;
use convsweep_spec::log::{Axis, AxisValue, Choice, Included, Member, MemberJob};
use convsweep_spec::metric::Metric;
use convsweep_spec::run_settings::RunSettings;
use convsweep_spec::search::SearchSettings;
use convsweep_spec::shape::ModelSummary;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All that is needed to answer an experiment's question.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the experiment, which is a safe folder name; `NAME+<hash>` where the command line
    /// overrides the file.
    pub name: String,
    /// Absolute path of the file.
    pub file: PathBuf,
    /// The file's text.
    pub text: String,
    /// Files that it includes, directly or not.
    pub includes: Vec<Included>,
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
    /// The stages, where the file has any; configurations are those of the stages up to the first
    /// that has not chosen.
    pub stages: Vec<StagePlan>,
    /// What the first stages have chosen.
    pub decisions: Vec<Choice>,
}

/// A stage of the plan.
#[derive(Clone, Debug)]
pub struct StagePlan {
    /// Its name.
    pub name: String,
    /// Number of its configurations; equal ones count once where they are known.
    pub count: usize,
    /// Number of its jobs; without folds where the stage is planned as a mere number.
    pub jobs: usize,
    /// What it chooses from; empty while the stages before it have not chosen.
    pub candidates: Vec<Candidate>,
    /// What it chose.
    pub decision: Option<Choice>,
}

/// A configuration that a stage may choose.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Index in [`Plan::configurations`].
    pub configuration: usize,
    /// Its label within the stage.
    pub label: String,
    /// Its values on all axes so far.
    pub values: Vec<AxisValue>,
}

/// A configuration of the plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its place in the experiment, with its jobs.
    pub member: Member,
    /// Shapes and costs of its layers.
    pub summary: Arc<ModelSummary>,
    /// Facts of its image set.
    pub facts: Arc<DataFacts>,
    /// Folder or file of its images, where the file names one.
    pub data_path: Option<PathBuf>,
    /// File of the weights that its jobs start from, where the file names some.
    pub weights: Option<PathBuf>,
    /// Digests of its sections, from which ids come.
    pub digest: ConfigurationDigest,
    /// The first entry of `run.priority` that it fits, their number where it fits none: lower ones
    /// start first.
    pub rank: u32,
}

impl Plan {
    /// Every job: the index of its configuration, its id and what it asks.
    pub fn questions(&self) -> impl Iterator<Item = (usize, JobId, Question)> + '_ {
        self.configurations
            .iter()
            .enumerate()
            .flat_map(|(i, planned)| {
                planned
                    .member
                    .jobs
                    .iter()
                    .map(move |job| (i, job.job.clone(), planned.question(job)))
            })
    }

    /// Number of jobs.
    pub fn jobs(&self) -> usize {
        self.configurations
            .iter()
            .map(|c| c.member.jobs.len())
            .sum()
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

/// Reads, checks and expands an experiment file. Nothing is trained and no image is read; `known`
/// answers for data and weights.
///
/// # Errors
/// Everything that is wrong with the file, the overrides or the image sets, at once.
pub fn plan(file: &Path, overrides: &Overrides, known: &dyn Known) -> Result<Plan, Problems> {
    plan_with(file, &files::from_disk, overrides, &[], known)
}

/// [`plan`], where files are read by `read` (so that a revision is planned again from the texts
/// that were recorded) and stages have chosen `decisions` before.
///
/// # Errors
/// As [`plan`].
pub fn plan_with(
    file: &Path,
    read: &ReadFile,
    overrides: &Overrides,
    decisions: &[Choice],
    known: &dyn Known,
) -> Result<Plan, Problems> {
    with_sources(file, read, overrides, |root, sources| {
        let checked = checked(
            root,
            &Around {
                sources,
                read,
                known,
            },
            overrides,
            decisions,
        )?;
        let (file, includes) = texts(sources, overrides);
        let plan = assemble(checked, overrides).map_err(|problem| vec![*problem])?;
        Ok(Plan {
            file: file.path,
            text: file.text,
            includes,
            ..plan
        })
    })
}

/// Where each value of a configuration comes from; `None` where the plan has no such configuration.
///
/// # Errors
/// As [`plan`].
pub fn origins(
    file: &Path,
    read: &ReadFile,
    overrides: &Overrides,
    decisions: &[Choice],
    known: &dyn Known,
    configuration: &ConfigurationId,
) -> Result<Option<Vec<Origins>>, Problems> {
    with_sources(file, read, overrides, |root, sources| {
        let around = Around {
            sources,
            read,
            known,
        };
        let checked = checked(root, &around, overrides, decisions)?;
        let mut points = checked.stages.iter().flat_map(|s| &s.points);
        let found = points.find(|(_, r)| r.digest.configuration_id() == *configuration);
        let Some((point, _)) = found else {
            return Ok(None);
        };
        let resolver = Points::new(&checked.root, &around, &checked.axes, &checked.others);
        Ok(Some(provenance::of(
            &resolver,
            point,
            &checked.axes,
            &checked.others,
            sources,
        )))
    })
}

/// Loads the file, hands its tree over, and shows problems in its texts.
fn with_sources<T>(
    file: &Path,
    read: &ReadFile,
    overrides: &Overrides,
    work: impl FnOnce(Node, &Sources) -> Result<T, Vec<Problem>>,
) -> Result<T, Problems> {
    let (mut sources, root) = files::load(file, read);
    sources.texts.extend(overrides.sources());
    let outcome = root.and_then(|root| work(root, &sources));
    outcome.map_err(|problems| Problems::new(sources.texts, problems))
}

/// The file and what it includes, as they are recorded.
fn texts(sources: &Sources, overrides: &Overrides) -> (Included, Vec<Included>) {
    let files = sources.texts.len() - overrides.set.len();
    let named = sources.texts[..files].iter().zip(&sources.paths);
    let mut all: Vec<_> = named
        .map(|(s, path)| Included {
            path: path.clone(),
            text: s.text.clone(),
        })
        .collect();
    (all.remove(0), all)
}

/// A file that is right, and all that it resolves to.
struct Checked {
    root: Node,
    axes: Axes,
    others: Alternatives,
    experiment: Experiment,
    settings: (RunSettings, SearchSettings),
    baseline: Option<Point>,
    priority: Vec<(Node, Point)>,
    notes: Vec<String>,
    stages: Vec<Stage>,
}

fn checked(
    mut root: Node,
    around: &Around,
    overrides: &Overrides,
    decisions: &[Choice],
) -> Result<Checked, Vec<Problem>> {
    let sink = &mut Sink::new(false);
    let axes = Axes::read(root.get("sweep"), root.get("stage"), sink);
    let before = sections::alternatives(&root);
    overrides.apply(
        around.sources.folders.len(),
        &mut root,
        &axes,
        &before,
        &mut sink.problems,
    );
    let others = sections::alternatives(&root);
    let head = head(&root, overrides, sink);
    let baseline = head
        .0
        .as_ref()
        .and_then(|e| e.baseline.as_ref())
        .map(|node| baseline::baseline(node, &axes));
    let baseline = baseline.transpose().unwrap_or_else(|problem| {
        sink.push(*problem);
        None
    });
    let priority = root
        .get("run")
        .and_then(|run| run.get("priority"))
        .map(|list| baseline::priority(list, &axes));
    let priority = priority.unwrap_or(Ok(vec![])).unwrap_or_else(|problem| {
        sink.push(*problem);
        vec![]
    });
    let mut notes = sections::check_parameters(&root, &others, &axes, sink);
    notes.extend(sections::unused_alternatives(&others, &axes));
    sections::check_missing(&root, &axes, sink);
    let stages = expanded(&root, around, &axes, &others, &head, decisions, sink);
    sections::check_written(&root, &others, sink);
    match (stages, head) {
        (Some(stages), (Some(experiment), Some(settings))) if sink.problems.is_empty() => {
            Ok(Checked {
                root,
                axes,
                others,
                experiment,
                settings,
                baseline,
                priority,
                notes,
                stages,
            })
        }
        _ => Err(std::mem::take(&mut sink.problems)),
    }
}

type Head = (Option<Experiment>, Option<(RunSettings, SearchSettings)>);

fn head(root: &Node, overrides: &Overrides, sink: &mut Sink) -> Head {
    let experiment = root
        .get("experiment")
        .and_then(|node| experiment(node, sink));
    let experiment = experiment.map(|e| match &overrides.seeds {
        Some(seeds) => Experiment {
            seeds: seeds.0.clone(),
            ..e
        },
        None => e,
    });
    let seeds = experiment.as_ref().map(|e| e.seeds.len());
    let settings = (
        run(root.get("run"), sink),
        search(root.get("search"), seeds, sink),
    );
    match settings {
        (Some(run), Some((search, max_seeds))) => (
            experiment.map(|e| e.with_seeds(max_seeds)),
            Some((run, search)),
        ),
        _ => (experiment, None),
    }
}

/// Every stage with its points and what they resolve to; `None` if there are problems.
fn expanded(
    root: &Node,
    around: &Around,
    axes: &Axes,
    others: &Alternatives,
    head: &Head,
    decisions: &[Choice],
    sink: &mut Sink,
) -> Option<Vec<Stage>> {
    let number_of_seeds = match &head.0 {
        Some(experiment) => experiment.seeds.len(),
        None => root
            .get("experiment")
            .and_then(|e| e.get("seeds"))
            .and_then(|s| seeds(s, &mut Sink::new(true)))
            .map_or(1, |s| s.len()),
    };
    let limit = head.0.as_ref().map_or(10_000, |e| e.limit);
    let jobs = points::count(axes).saturating_mul(number_of_seeds.max(1) as u128);
    if jobs > u128::from(limit) {
        sink.push(too_many(root, axes, jobs, number_of_seeds, limit));
        return None;
    }
    let mut resolver = Points::new(root, around, axes, others);
    let stages = stages::stages(
        &mut resolver,
        axes,
        decisions,
        root.entry("sweep").or(root.entry("stage")),
        sink,
    )?;
    let folds = |r: &Resolved| r.data.spec.split.folds().unwrap_or(1) as usize;
    let jobs = |s: &Stage| {
        s.points
            .iter()
            .map(|(_, r)| folds(r) * number_of_seeds)
            .sum::<usize>() as u128
    };
    let jobs = stages.iter().map(jobs).sum::<u128>();
    if jobs > u128::from(limit) {
        sink.push(too_many(root, axes, jobs, number_of_seeds, limit));
        return None;
    }
    Some(stages)
}

fn too_many(root: &Node, axes: &Axes, jobs: u128, seeds: usize, limit: u64) -> Problem {
    let lengths: Vec<_> = axes
        .all
        .iter()
        .map(|a| format!("{} {}", a.values.len(), a.name))
        .take(8)
        .collect();
    let at = root
        .entry("sweep")
        .or(root.entry("stage"))
        .or(root.entry("experiment"))
        .map(|e| e.key_at);
    let title = format!("the sweep has {jobs} jobs, more than the limit of {limit}");
    let label = format!(
        "{} × {seeds} seeds",
        if lengths.is_empty() {
            "1".into()
        } else {
            lengths.join(" × ")
        }
    );
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

fn assemble(checked: Checked, overrides: &Overrides) -> Result<Plan, Box<Problem>> {
    let Checked {
        axes,
        experiment,
        settings: (run, search),
        baseline,
        priority,
        mut notes,
        stages,
        ..
    } = checked;
    let axes = &axes;
    let mut configurations: Vec<Planned> = Vec::new();
    let mut points: Vec<Point> = Vec::new();
    let mut known: HashMap<ConfigurationId, usize> = HashMap::new();
    let mut equal = Collapsed::default();
    // Looked at for the baseline and the priority only.
    let mut everywhere: Vec<(Point, usize)> = Vec::new();
    let (mut planned_stages, mut decisions) = (Vec::new(), Vec::new());
    for stage in stages {
        let first_of_stage = points.len();
        let mut candidates = Vec::new();
        for (point, resolved) in stage.points {
            if let Some((_, note)) = resolved
                .weights
                .as_ref()
                .filter(|(_, note)| !notes.contains(note))
            {
                notes.push(note.clone());
            }
            let id = resolved.digest.configuration_id();
            let index = match known.get(&id) {
                Some(&first) => {
                    // Of an earlier stage: what was chosen there, unchanged.
                    if first >= first_of_stage {
                        equal.add(axes, &points[first], &point);
                    }
                    first
                }
                None => {
                    known.insert(id.clone(), points.len());
                    configurations.push(planned(
                        points.len(),
                        id,
                        &experiment.seeds,
                        axes,
                        &point,
                        resolved,
                    ));
                    points.push(point.clone());
                    points.len() - 1
                }
            };
            if !axes.stages.is_empty()
                && candidates
                    .iter()
                    .all(|c: &Candidate| c.configuration != index)
            {
                let label = labels::configuration(&axes.all, &point, false);
                candidates.push(Candidate {
                    configuration: index,
                    label,
                    values: values(axes, &point),
                });
            }
            if baseline.is_some() || !priority.is_empty() {
                everywhere.push((point, index));
            }
        }
        notes.extend(stage.note);
        decisions.extend(stage.decision.clone());
        if !axes.stages.is_empty() {
            let jobs = match candidates.is_empty() {
                true => stage.count * experiment.seeds.len(),
                false => candidates
                    .iter()
                    .map(|c| configurations[c.configuration].member.jobs.len())
                    .sum(),
            };
            let count = if candidates.is_empty() {
                stage.count
            } else {
                candidates.len()
            };
            let (name, decision) = (stage.name, stage.decision);
            planned_stages.push(StagePlan {
                name,
                count,
                jobs,
                candidates,
                decision,
            });
        }
    }
    notes.extend(equal.notes());
    for (planned, label) in
        configurations
            .iter_mut()
            .zip(configuration_labels(axes, &points, &experiment.name))
    {
        planned.member.label = label;
    }
    let ranks = baseline::ranks(
        &priority,
        &everywhere,
        configurations.len(),
        !axes.stages.is_empty(),
    )?;
    configurations
        .iter_mut()
        .zip(ranks)
        .for_each(|(planned, rank)| planned.rank = rank);
    let baseline = match (&experiment.baseline, baseline) {
        (Some(node), Some(wanted)) => {
            let index = baseline::find(node, &wanted, &everywhere, &configurations)?;
            Some(configurations[index].member.configuration.clone())
        }
        _ => None,
    };
    let classes = configurations
        .first()
        .map(|c| c.facts.classes.clone())
        .unwrap_or_default();
    Ok(Plan {
        name: experiment.name.clone() + &overrides.suffix(),
        file: PathBuf::new(),
        text: String::new(),
        includes: vec![],
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
        stages: planned_stages,
        decisions,
    })
}

fn log_axis(axis: &crate::grid::axes::Axis) -> Axis {
    let labels = axis.values.iter().map(|v| v.label.clone()).collect();
    Axis {
        path: axis.path.clone(),
        name: axis.name.clone(),
        labels,
    }
}

fn planned(
    position: usize,
    id: ConfigurationId,
    seeds: &[u64],
    axes: &Axes,
    point: &Point,
    resolved: Resolved,
) -> Planned {
    let digest = resolved.digest.clone();
    let folds: Vec<Option<u32>> = match resolved.data.spec.split.folds() {
        Some(folds) => (0..folds).map(Some).collect(),
        None => vec![None],
    };
    let job = |seed: u64, fold: Option<u32>| MemberJob {
        job: digest.job_id(seed, fold),
        seed,
        fold,
    };
    let jobs = seeds
        .iter()
        .flat_map(|s| folds.iter().map(|f| job(*s, *f)))
        .collect();
    let member = Member {
        configuration: id,
        position: u32::try_from(position).unwrap_or(u32::MAX),
        label: String::new(),
        values: values(axes, point),
        resolved: resolved.configuration(),
        data_hash: resolved.facts.hash.clone(),
        parameters: resolved.summary.parameters,
        macs: resolved.summary.macs,
        jobs,
    };
    let weights = resolved.weights.map(|(path, _)| path);
    let data_path = resolved.data.path.clone();
    Planned {
        member,
        summary: resolved.summary,
        facts: resolved.facts,
        data_path,
        weights,
        digest,
        rank: 0,
    }
}

/// The values that a point has on its axes.
fn values(axes: &Axes, point: &Point) -> Vec<AxisValue> {
    let value = |&(axis, value): &(u32, u32)| {
        let axis = &axes.all[axis as usize];
        let value = &axis.values[value as usize];
        AxisValue {
            path: axis.path.clone(),
            label: value.label.clone(),
            value: value.node.json(),
        }
    };
    point.iter().map(value).collect()
}

/// Labels of the configurations, all different.
fn configuration_labels(axes: &Axes, points: &[Point], experiment: &str) -> Vec<String> {
    let label = |point: &Point, named| match point.is_empty() {
        true => experiment.to_string(),
        false => labels::configuration(&axes.all, point, named),
    };
    let short: Vec<String> = points.iter().map(|p| label(p, false)).collect();
    let mut count: HashMap<&str, u32> = HashMap::with_capacity(short.len());
    short.iter().for_each(|l| *count.entry(l).or_default() += 1);
    points
        .iter()
        .zip(&short)
        .map(|(p, l)| {
            if count[l.as_str()] > 1 {
                label(p, true)
            } else {
                l.clone()
            }
        })
        .collect()
}

/// Points that resolve to a configuration that is already there.
#[derive(Default)]
struct Collapsed {
    /// For each pair of names that differ in nothing else: how many, and the first.
    groups: BTreeMap<String, (u32, String, String)>,
}

impl Collapsed {
    fn add(&mut self, axes: &Axes, first: &Point, again: &Point) {
        let name = |point: &Point| labels::configuration(&axes.all, point, true);
        let differing = again
            .iter()
            .filter(|v| !first.contains(v))
            .map(|(a, _)| axes.all[*a as usize].path.clone());
        let key = differing.collect::<Vec<_>>().join(", ");
        self.groups
            .entry(key)
            .or_insert_with(|| (0, name(again), name(first)))
            .0 += 1;
    }

    fn notes(self) -> Vec<String> {
        let note = |(axes, (count, again, first)): (String, (u32, String, String))| {
            let first = if first.is_empty() {
                "the file as it stands".into()
            } else {
                first
            };
            let (points, stand, differ) = if count == 1 {
                ("point", "stands", "differs")
            } else {
                ("points", "stand", "differ")
            };
            let what = match axes.as_str() {
                "" => format!("{stand} in the sweep twice"),
                axes => format!("{differ} only in {axes}, which changes nothing there"),
            };
            format!(
                "{count} {points} {what}: equal configurations are trained once (first: {again} is {first})"
            )
        };
        self.groups.into_iter().map(note).collect()
    }
}
