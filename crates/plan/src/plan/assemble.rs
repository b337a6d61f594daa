//! Puts the plan together: every resolved point as a configuration with its label, ids and jobs.

use super::equal_points::EqualPoints;
use super::selected::{IndexedPoint, baseline_index, ranks};
use super::single_values;
use super::types::{Plan, Planned, StageCandidate, StagePlan};
use crate::document::documents::Documents;
use crate::document::overrides::Overrides;
use crate::grid::axes::Axes;
use crate::grid::axis::GridAxis;
use crate::grid::labels::configuration_label;
use crate::grid::point::{AxisChoice, GridPoint};
use crate::resolve::CheckedFile;
use crate::resolve::resolver::ResolvedPoint;
use crate::resolve::settings::Settings;
use crate::resolve::stages::ResolvedStage;
use crate::source::problem::Problem;
use convsweep_spec::id::ConfigurationId;
use convsweep_spec::log::{Axis, AxisValue, Included, Member, MemberJob};
use std::collections::{HashMap, HashSet};

/// Puts the plan together.
///
/// # Errors
/// A baseline or priority that does not name what it must.
pub(crate) fn assemble(
    file: CheckedFile,
    settings: Settings,
    stages: Vec<ResolvedStage>,
    documents: &Documents,
    overrides: &Overrides,
) -> Result<Plan, Box<Problem>> {
    let CheckedFile {
        axes,
        baseline,
        priorities,
        notes,
        ..
    } = file;
    let Settings {
        experiment,
        run,
        search,
    } = settings;
    let mut collector = Collector::new(&axes, notes);
    let stages: Vec<_> = stages.into_iter().map(|s| collector.stage(s)).collect();
    let Collector {
        distinct,
        all_points,
        mut notes,
        equal,
        ..
    } = collector;
    notes.extend(equal.notes());
    let labels = labels(&axes, &distinct, &experiment.name);
    let ranks = ranks(&priorities, &all_points, distinct.len(), axes.has_stages())?;
    let baseline = match &baseline {
        Some(selection) => Some(baseline_index(selection, &all_points, &labels)?),
        None => None,
    };
    let mut configurations = Vec::with_capacity(distinct.len());
    for ((found, label), rank) in distinct.into_iter().zip(labels).zip(ranks) {
        let position = configurations.len();
        configurations.push(planned(
            found,
            &axes,
            &experiment.seeds,
            label,
            rank,
            position,
        ));
    }
    notes.extend(single_values::notes(&configurations));
    let first = configurations.first();
    let classes = first.map(|c: &Planned| c.facts.classes.clone());
    let baseline = baseline.map(|i| configurations[i].member.configuration.clone());
    let seeds = experiment.seeds.len();
    let stages: Vec<_> = if axes.has_stages() {
        let plans = stages.into_iter();
        plans
            .map(|stage| stage_plan(stage, &configurations, seeds))
            .collect()
    } else {
        vec![]
    };
    let (file, includes) = recorded(documents);
    Ok(Plan {
        name: experiment.name + &overrides.suffix(),
        file: file.path,
        text: file.text,
        includes,
        overrides: overrides.words(),
        question: experiment.question,
        metric: experiment.metric,
        margin: experiment.margin,
        baseline,
        axes: axes.all.iter().map(recorded_axis).collect(),
        classes: classes.unwrap_or_default(),
        show_test: experiment.show_test,
        run,
        search,
        configurations,
        notes,
        decisions: stages.iter().filter_map(|s| s.decision.clone()).collect(),
        stages,
    })
}

/// A configuration as it is found first.
struct Distinct {
    id: ConfigurationId,
    point: GridPoint,
    resolved: ResolvedPoint,
}

/// A stage whose points are known as configurations.
struct CollectedStage {
    stage: ResolvedStage,
    candidates: Vec<StageCandidate>,
}

/// Collects distinct configurations from the points of all stages.
struct Collector<'a> {
    axes: &'a Axes,
    distinct: Vec<Distinct>,
    indices: HashMap<ConfigurationId, usize>,
    /// All points, which may be equal, for the baseline and priorities.
    all_points: Vec<IndexedPoint>,
    equal: EqualPoints,
    notes: Vec<String>,
}

impl<'a> Collector<'a> {
    fn new(axes: &'a Axes, notes: Vec<String>) -> Collector<'a> {
        Collector {
            axes,
            distinct: vec![],
            indices: HashMap::new(),
            all_points: vec![],
            equal: EqualPoints::default(),
            notes,
        }
    }

    fn stage(&mut self, mut stage: ResolvedStage) -> CollectedStage {
        let first_of_stage = self.distinct.len();
        let mut candidates = Vec::new();
        let mut seen = HashSet::new();
        for (point, resolved) in std::mem::take(&mut stage.points) {
            let index = self.point(&point, resolved, first_of_stage);
            if self.axes.has_stages() && seen.insert(index) {
                candidates.push(StageCandidate {
                    configuration: index,
                    label: configuration_label(&self.axes.all, &point, false),
                    values: values(self.axes, &point),
                });
            }
            self.all_points.push((point, index));
        }
        self.notes.extend(stage.note.clone());
        CollectedStage { stage, candidates }
    }

    /// Index of the configuration of a point.
    fn point(
        &mut self,
        point: &GridPoint,
        resolved: ResolvedPoint,
        first_of_stage: usize,
    ) -> usize {
        let of_weights = resolved.weights.iter().map(|weights| &weights.note);
        for note in resolved.data.notes.in_order().chain(of_weights) {
            if !self.notes.contains(note) {
                self.notes.push(note.clone());
            }
        }
        let id = resolved.digest.configuration_id();
        if let Some(&index) = self.indices.get(&id) {
            // A configuration of an earlier stage is the one that was chosen there.
            if index >= first_of_stage {
                self.equal
                    .add(self.axes, &self.distinct[index].point, point);
            }
            return index;
        }
        let index = self.distinct.len();
        self.indices.insert(id.clone(), index);
        self.distinct.push(Distinct {
            id,
            point: point.clone(),
            resolved,
        });
        index
    }
}

fn planned(
    found: Distinct,
    axes: &Axes,
    seeds: &[u64],
    label: String,
    rank: u32,
    position: usize,
) -> Planned {
    let Distinct {
        id,
        point,
        resolved,
    } = found;
    let member = Member {
        configuration: id,
        position: u32::try_from(position).unwrap_or(u32::MAX),
        label,
        values: values(axes, &point),
        resolved: resolved.configuration(),
        data_hash: resolved.facts.hash.clone(),
        parameters: resolved.summary.parameters,
        macs: resolved.summary.macs,
        jobs: jobs(&resolved, seeds),
    };
    Planned {
        member,
        summary: resolved.summary,
        facts: resolved.facts,
        data_path: resolved.data.path.clone(),
        set_notes: resolved.data.notes.recorded().into(),
        image_limits: resolved.data.limits,
        weights: resolved.weights.map(|weights| weights.path),
        digest: resolved.digest,
        rank,
    }
}

/// The jobs of a configuration: every seed with every fold.
fn jobs(resolved: &ResolvedPoint, seeds: &[u64]) -> Vec<MemberJob> {
    let folds: Vec<Option<u32>> = match resolved.data.spec.split.folds() {
        Some(folds) => (0..folds).map(Some).collect(),
        None => vec![None],
    };
    let mut jobs = Vec::with_capacity(seeds.len() * folds.len());
    for &seed in seeds {
        for &fold in &folds {
            jobs.push(MemberJob {
                job: resolved.digest.job_id(seed, fold),
                seed,
                fold,
            });
        }
    }
    jobs
}

fn stage_plan(collected: CollectedStage, configurations: &[Planned], seeds: usize) -> StagePlan {
    let CollectedStage { stage, candidates } = collected;
    let (count, jobs) = if candidates.is_empty() {
        (stage.count, stage.count * seeds)
    } else {
        let jobs = candidates
            .iter()
            .map(|c| configurations[c.configuration].member.jobs.len());
        (candidates.len(), jobs.sum())
    };
    StagePlan {
        name: stage.name,
        count,
        jobs,
        candidates,
        decision: stage.decision,
    }
}

/// The values of a point on its axes, as they are recorded.
fn values(axes: &Axes, point: &GridPoint) -> Vec<AxisValue> {
    point.iter().map(|choice| value(axes, choice)).collect()
}

fn value(axes: &Axes, choice: &AxisChoice) -> AxisValue {
    let axis = &axes.all[choice.axis as usize];
    let value = &axis.values[choice.value as usize];
    AxisValue {
        path: axis.path.clone(),
        label: value.label.clone(),
        value: value.node.json(),
    }
}

/// Labels of the configurations. Those that would be equal name the axes of all values.
fn labels(axes: &Axes, distinct: &[Distinct], experiment: &str) -> Vec<String> {
    let points = distinct.iter().map(|d| &d.point);
    let short: Vec<String> = points
        .map(|point| label(axes, point, experiment, false))
        .collect();
    let mut counts: HashMap<&str, u32> = HashMap::with_capacity(short.len());
    for label in &short {
        *counts.entry(label).or_default() += 1;
    }
    let mut labels = Vec::with_capacity(short.len());
    for (found, short) in distinct.iter().zip(&short) {
        labels.push(if counts[short.as_str()] > 1 {
            label(axes, &found.point, experiment, true)
        } else {
            short.clone()
        });
    }
    labels
}

/// The label of a point; without axes, the name of the experiment.
fn label(axes: &Axes, point: &GridPoint, experiment: &str, named: bool) -> String {
    if point.is_empty() {
        experiment.to_string()
    } else {
        configuration_label(&axes.all, point, named)
    }
}

fn recorded_axis(axis: &GridAxis) -> Axis {
    Axis {
        path: axis.path.clone(),
        name: axis.name.clone(),
        labels: axis.values.iter().map(|v| v.label.clone()).collect(),
    }
}

/// The experiment file and the files that it includes, as they are recorded.
fn recorded(documents: &Documents) -> (Included, Vec<Included>) {
    let mut files = Vec::with_capacity(documents.paths.len());
    for (path, text) in documents.paths.iter().zip(&documents.texts) {
        files.push(Included {
            path: path.clone(),
            text: text.text.clone(),
        });
    }
    let file = files.remove(0);
    (file, files)
}
