//! Resolves stage after stage. Each starts from what the one before chose; after a stage that has
//! not chosen yet, later ones are only checked, for everything that it may choose.

use super::occurrences::ProblemOccurrences;
use super::resolver::{ResolvedPoint, Resolver};
use crate::grid::axes::Axes;
use crate::grid::point::{AxisChoice, GridPoint, overlaid};
use crate::grid::points::points;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::log::Choice;
use convsweep_spec::words::counted_as;

/// Points of stages after one that has not chosen that are checked at most.
const MAX_CHECKED: usize = 20_000;

/// A stage with its points. A file without stages is one stage.
pub(crate) struct ResolvedStage {
    pub name: String,
    /// Number of its points before equal ones are merged.
    pub count: usize,
    /// Its points; empty after a stage that has not chosen yet.
    pub points: Vec<(GridPoint, ResolvedPoint)>,
    pub decision: Option<Choice>,
    /// What the user should know.
    pub note: Option<String>,
}

/// Resolves all stages; `None` if there are problems.
pub(crate) fn resolve_stages(
    resolver: &mut Resolver,
    root: &Node,
    axes: &Axes,
    decisions: &[Choice],
    sink: &mut ProblemSink,
) -> Option<Vec<ResolvedStage>> {
    let mut walk = StageWalk {
        resolver,
        axes,
        starts: vec![GridPoint::new()],
        has_chosen: true,
        budget: MAX_CHECKED,
    };
    let mut stages = Vec::new();
    for number in 0..axes.stages.len().max(1) {
        let own = points(axes, number);
        if own.is_empty() && sink.is_empty() {
            sink.report(no_points(root));
        }
        stages.push(walk.stage(number, &own, decisions.get(number), sink));
    }
    sink.is_empty().then_some(stages)
}

struct StageWalk<'a, 'r> {
    resolver: &'a mut Resolver<'r>,
    axes: &'a Axes,
    /// The points from which the next stage may start.
    starts: Vec<GridPoint>,
    /// Whether every stage so far has chosen.
    has_chosen: bool,
    /// Points that may still be checked.
    budget: usize,
}

impl StageWalk<'_, '_> {
    fn stage(
        &mut self,
        number: usize,
        own: &[GridPoint],
        decision: Option<&Choice>,
        sink: &mut ProblemSink,
    ) -> ResolvedStage {
        if !self.has_chosen {
            self.starts
                .truncate((self.budget / own.len().max(1)).max(1));
            self.budget = self.budget.saturating_sub(self.starts.len() * own.len());
        }
        let mut points: Vec<GridPoint> = Vec::with_capacity(self.starts.len() * own.len());
        for start in &self.starts {
            points.extend(own.iter().map(|point| overlaid(start, point)));
        }
        let resolved = self.resolve(&points, sink);
        let mut stage = ResolvedStage {
            name: self.axes.stages.get(number).cloned().unwrap_or_default(),
            count: own.len(),
            points: vec![],
            decision: None,
            note: None,
        };
        if !self.has_chosen {
            self.starts = points;
            return stage;
        }
        let decision = decision.filter(|decision| decision.stage == stage.name);
        let chosen = decision.and_then(|d| chosen_point(d, self.axes, &points, &resolved));
        self.has_chosen = chosen.is_some();
        let is_last = number + 1 >= self.axes.stages.len();
        self.starts = match chosen {
            _ if is_last => vec![],
            Some(i) => vec![points[i].clone()],
            None => points.clone(),
        };
        stage.note = decision.and_then(|d| decision_note(d, chosen.is_some(), points.len()));
        stage.decision = decision.filter(|_| chosen.is_some()).cloned();
        for (point, resolved) in points.into_iter().zip(resolved) {
            if let Some(resolved) = resolved {
                stage.points.push((point, resolved));
            }
        }
        stage
    }

    fn resolve(
        &mut self,
        points: &[GridPoint],
        sink: &mut ProblemSink,
    ) -> Vec<Option<ResolvedPoint>> {
        let mut occurrences = ProblemOccurrences::default();
        let mut resolved = Vec::with_capacity(points.len());
        for (i, point) in points.iter().enumerate() {
            resolved.push(self.resolver.resolve(point, i, &mut occurrences));
        }
        sink.problems
            .extend(occurrences.into_problems(self.axes, points));
        resolved
    }
}

/// The index of the point that a stage chose: the same configuration by the same values.
fn chosen_point(
    decision: &Choice,
    axes: &Axes,
    points: &[GridPoint],
    resolved: &[Option<ResolvedPoint>],
) -> Option<usize> {
    for (i, (point, resolved)) in points.iter().zip(resolved).enumerate() {
        let id = resolved.as_ref().map(|r| r.digest.configuration_id());
        if id.as_ref() == Some(&decision.configuration) && has_values_of(point, decision, axes) {
            return Some(i);
        }
    }
    None
}

fn has_values_of(point: &GridPoint, decision: &Choice, axes: &Axes) -> bool {
    let mut choices = point.iter();
    point.len() == decision.values.len()
        && choices.all(|choice| is_recorded(choice, decision, axes))
}

fn is_recorded(choice: &AxisChoice, decision: &Choice, axes: &Axes) -> bool {
    let axis = &axes.all[choice.axis as usize];
    let value = axis.values[choice.value as usize].node.json();
    let mut recorded = decision.values.iter();
    recorded.any(|v| v.path == axis.path && v.value == value)
}

/// What a user should know about a recorded decision: that it no longer applies, or that there are
/// new points.
fn decision_note(decision: &Choice, applies: bool, points: usize) -> Option<String> {
    let Choice { stage, label, .. } = decision;
    if !applies {
        return Some(format!(
            "stage \"{stage}\" no longer contains its earlier choice, {label}, and will choose \
             again"
        ));
    }
    let new = points.saturating_sub(decision.evidence.len());
    if new == 0 {
        return None;
    }
    let added = counted_as(new as u64, "configuration was", "configurations were");
    Some(format!(
        "stage \"{stage}\" chose {label} before {added} added: use --redecide to let it choose \
         again"
    ))
}

fn no_points(root: &Node) -> Problem {
    let (title, label) = ("the sweep has no points", "every combination is excluded");
    let help = "remove an exclusion, or all of [[sweep]] to train one configuration";
    let problem = match root.entry("sweep").or(root.entry("stage")) {
        Some(sweep) => Problem::at(ProblemCode::Missing, sweep.key_span, title),
        None => Problem::nowhere(ProblemCode::Missing, title),
    };
    problem.label(label).help(help)
}
