//! Stages: each starts from what the one before it chose; without a choice every possible one is
//! checked.

use crate::grid::axes::Axes;
use crate::grid::points::{self, Point, overlaid};
use crate::language::check::Sink;
use crate::resolve::resolver::{Hits, Points, Resolved};
use crate::source::problem::Problem;
use crate::source::tree::Entry;
use convsweep_spec::log::Choice;

/// Points of stages that are not yet reached that are checked at most: of many possible beginnings
/// the first ones.
const MOST_CHECKED: usize = 20_000;

/// A stage with its points; a file without stages is one.
pub(crate) struct Stage {
    pub name: String,
    /// Points before equal ones are put together.
    pub count: usize,
    /// Each with what it resolves to; empty while a stage before it has not chosen.
    pub points: Vec<(Point, Resolved)>,
    pub decision: Option<Choice>,
    /// What the user should know.
    pub note: Option<String>,
}

/// All stages; `None` if there are problems. `written` is the place of the sweep.
pub(crate) fn stages(
    resolver: &mut Points,
    axes: &Axes,
    decisions: &[Choice],
    written: Option<&Entry>,
    sink: &mut Sink,
) -> Option<Vec<Stage>> {
    let mut stages = Vec::new();
    let mut bases = vec![Point::new()];
    // Whether every stage before has chosen.
    let mut reached = true;
    let mut left = MOST_CHECKED;
    for number in 0..axes.stages.len().max(1) {
        let own = points::points(axes, number);
        if own.is_empty() && sink.problems.is_empty() {
            sink.push(no_points(written));
        }
        if !reached {
            bases.truncate((left / own.len().max(1)).max(1));
            left = left.saturating_sub(bases.len() * own.len());
        }
        let points: Vec<Point> = bases
            .iter()
            .flat_map(|base| own.iter().map(|p| overlaid(base, p)))
            .collect();
        let mut hits = Hits::default();
        let resolved: Vec<_> = points
            .iter()
            .enumerate()
            .map(|(i, p)| resolver.resolve(p, i, &mut hits))
            .collect();
        sink.problems.extend(hits.into_problems(axes, &points));
        let (name, count) = (
            axes.stages.get(number).cloned().unwrap_or_default(),
            own.len(),
        );
        let mut stage = Stage {
            name,
            count,
            points: vec![],
            decision: None,
            note: None,
        };
        if !reached {
            bases = points;
            stages.push(stage);
            continue;
        }
        let held = decisions.get(number).filter(|d| d.stage == stage.name);
        let chosen = held.and_then(|d| {
            points
                .iter()
                .zip(&resolved)
                .position(|(p, r)| is_chosen(d, axes, p, r))
        });
        stage.decision = held.filter(|_| chosen.is_some()).cloned();
        stage.note = held.and_then(|held| note(held, chosen.is_some(), points.len()));
        reached = chosen.is_some();
        bases = chosen.map_or_else(|| points.clone(), |i| vec![points[i].clone()]);
        stage.points = points
            .into_iter()
            .zip(resolved)
            .filter_map(|(p, r)| Some((p, r?)))
            .collect();
        stages.push(stage);
    }
    sink.problems.is_empty().then_some(stages)
}

/// Whether a point is the configuration that a stage chose: the same one, by the same values.
fn is_chosen(decision: &Choice, axes: &Axes, point: &Point, resolved: &Option<Resolved>) -> bool {
    let has = |&(axis, value): &(u32, u32)| {
        let axis = &axes.all[axis as usize];
        let json = axis.values[value as usize].node.json();
        decision
            .values
            .iter()
            .any(|v| v.path == axis.path && v.value == json)
    };
    let same = |r: &Resolved| r.digest.configuration_id() == decision.configuration;
    point.len() == decision.values.len()
        && point.iter().all(has)
        && resolved.as_ref().is_some_and(same)
}

/// What is to be said of a choice: that it no longer stands, or that others have come since.
fn note(held: &Choice, stands: bool, points: usize) -> Option<String> {
    let Choice {
        stage,
        label,
        evidence,
        ..
    } = held;
    if !stands {
        return Some(format!(
            "stage \"{stage}\" no longer has what it chose ({label}): it chooses anew"
        ));
    }
    let more = points.saturating_sub(evidence.len());
    (more > 0).then(|| {
        format!(
            "stage \"{stage}\" chose {label} before {more} of its points were there: --redecide lets it choose anew"
        )
    })
}

fn no_points(written: Option<&Entry>) -> Problem {
    let help = "remove an exclusion, or all of [[sweep]] to train one configuration";
    let (title, label) = ("the sweep has no points", "every combination is excluded");
    match written {
        Some(sweep) => Problem::new(sweep.key_at, title, label),
        None => Problem::nowhere(title, label),
    }
    .help(help)
}
