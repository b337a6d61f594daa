//! A file that was checked as it is written, ready to be expanded and resolved.

use super::as_written::{check_as_written, check_missing, unused_alternatives};
use super::lookup::Inputs;
use super::resolver::Resolver;
use super::section_values::SectionValues;
use super::settings::{Settings, SweepSize};
use super::stages::{ResolvedStage, resolve_stages};
use super::unused_parameters::check_unused_parameters;
use crate::document::alternatives::Alternatives;
use crate::document::overrides::{OverriddenPath, Overrides};
use crate::grid::axes::Axes;
use crate::grid::overridden::check_overridden;
use crate::grid::points::count;
use crate::grid::selection::Selection;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::tree::Node;
use convsweep_spec::log::Choice;
use convsweep_spec::words::counted;

/// Axes whose lengths the message about too many jobs mentions.
const MAX_MENTIONED: usize = 8;
/// Largest limit that `experiment.limit` can set.
const LARGEST_LIMIT: u128 = 1_000_000;

/// The file with everything that does not depend on a point of the grid.
pub(crate) struct CheckedFile {
    pub root: Node,
    pub axes: Axes,
    pub alternatives: Alternatives,
    /// `None` if something is wrong with them, or after they have been taken.
    pub settings: Option<Settings>,
    pub baseline: Option<Selection>,
    pub priorities: Vec<Selection>,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl CheckedFile {
    /// Checks everything that does not depend on a point of the grid.
    pub(crate) fn check(
        root: Node,
        axes: Axes,
        overrides: &Overrides,
        overridden: &[OverriddenPath],
        sink: &mut ProblemSink,
    ) -> CheckedFile {
        let alternatives = Alternatives::of(&root);
        check_overridden(overridden, &axes, sink);
        let settings = Settings::resolve(&root, overrides, sink);
        let baseline = baseline(settings.as_ref(), &axes, sink);
        let priorities = priorities(&root, &axes, sink);
        let mut notes = check_unused_parameters(&root, &alternatives, &axes, sink);
        notes.extend(unused_alternatives(&alternatives, &axes));
        check_missing(&root, &axes, sink);
        check_as_written(&root, &alternatives, sink);
        CheckedFile {
            root,
            axes,
            alternatives,
            settings,
            baseline,
            priorities,
            notes,
        }
    }

    /// The sections with the values of points.
    pub(crate) fn sections(&self) -> SectionValues<'_> {
        SectionValues {
            root: &self.root,
            axes: &self.axes,
            alternatives: &self.alternatives,
        }
    }

    /// Expands the grid and resolves every point; `None` if there are problems.
    pub(crate) fn resolve(
        &self,
        inputs: Inputs,
        decisions: &[Choice],
        sink: &mut ProblemSink,
    ) -> Option<Vec<ResolvedStage>> {
        let size = match &self.settings {
            Some(settings) => settings.size(),
            None => SweepSize::of_wrong_settings(&self.root),
        };
        let jobs = count(&self.axes).saturating_mul(size.seeds.max(1) as u128);
        self.check_size(jobs, size, sink)?;
        let experiment = self.settings.as_ref().map(|s| &s.experiment);
        let kind = experiment.map(|e| e.kind).unwrap_or_default();
        let mut resolver = Resolver::new(self.sections(), inputs, kind);
        let stages = resolve_stages(&mut resolver, &self.root, &self.axes, decisions, sink)?;
        // Only now the numbers of folds are known.
        let points = stages.iter().flat_map(|stage| &stage.points);
        let jobs_per_seed: u128 = points.map(|(_, point)| u128::from(point.folds())).sum();
        self.check_size(jobs_per_seed * size.seeds as u128, size, sink)?;
        Some(stages)
    }

    fn check_size(&self, jobs: u128, size: SweepSize, sink: &mut ProblemSink) -> Option<()> {
        if jobs <= u128::from(size.limit) {
            return Some(());
        }
        sink.report(self.too_many(jobs, size));
        None
    }

    fn too_many(&self, jobs: u128, size: SweepSize) -> Problem {
        let root = &self.root;
        let place = root
            .entry("sweep")
            .or(root.entry("stage"))
            .or(root.entry("experiment"));
        let limit = size.limit;
        let title = format!("the sweep has {jobs} jobs, more than the limit of {limit}");
        let problem = match place {
            Some(entry) => Problem::at(ProblemCode::TooMany, entry.key_span, title),
            None => Problem::nowhere(ProblemCode::TooMany, title),
        };
        let axes = self.axes.all.iter().take(MAX_MENTIONED);
        let lengths = axes.map(|axis| format!("{} {}", axis.values.len(), axis.name));
        let mut factors: Vec<_> = lengths.collect();
        factors.push(counted(size.seeds as u64, "seed"));
        let needed = jobs.min(LARGEST_LIMIT);
        let help = format!(
            "if this is intended, set experiment.limit = {needed}; if not, use fewer values or a \
             second [[sweep]]"
        );
        problem.label(factors.join(" × ")).help(help)
    }
}

fn baseline(settings: Option<&Settings>, axes: &Axes, sink: &mut ProblemSink) -> Option<Selection> {
    let node = settings?.experiment.baseline.as_ref()?;
    sink.ok(Selection::baseline(node, axes))
}

fn priorities(root: &Node, axes: &Axes, sink: &mut ProblemSink) -> Vec<Selection> {
    let Some(list) = root.get("run").and_then(|run| run.get("priority")) else {
        return vec![];
    };
    sink.ok(Selection::priorities(list, axes))
        .unwrap_or_default()
}
